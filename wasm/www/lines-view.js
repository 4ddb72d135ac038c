// The texts of a JSON Lines file: read in the worker, listed here as their verdicts come.

import { $, count, el } from './dom.js';
import { save, sizeOf } from './files.js';
import { brief, kind } from './verdict.js';

const SAVES = ['lines-save', 'lines-table-save'];
const WORDS = { marked: 'Marked', partly: 'Marked in part', unmarked: 'No mark found', short: 'Too short' };

export class LinesView {
  /** - `open`: called with a row, when the reader wants to see its text. */
  constructor(client, open) {
    this.client = client;
    this.open = open;
    $('lines-cancel').addEventListener('click', () => this.cancel());
    const name = () => this.name.replace(/\.[^.]*$/, '');
    $('lines-save').addEventListener('click', () => save(this.results, `${name()}.evidence.jsonl`));
    $('lines-table-save').addEventListener('click', () => save(this.table, `${name()}.csv`));
  }

  /**
   * Reads a file from the start; what was under way is given up.
   *
   * - `of`: what there is one text of, `lines` or `documents`.
   */
  async run(file, name, config, of) {
    this.stop();
    Object.assign(this, { name, thing: of === 'documents' ? 'document' : 'line' });
    Object.assign(this, { results: null, table: null });
    this.shown = { texts: 0, refused: 0 };
    $('lines').hidden = false;
    $('lines-body').replaceChildren();
    for (const id of SAVES) $(id).hidden = true;
    $('lines-cancel').hidden = false;
    $('lines-progress').hidden = false;
    $('lines-more').hidden = true;
    $('lines-title').textContent = `Texts of ${name}`;
    const asked = this.client.ask('lines', { file, config }, progress => this.request === asked.request && this.#progress(progress));
    this.request = asked.request;
    $('lines-progress').value = 0;
    $('lines-summary').textContent = `Reading ${sizeOf(file.size)} …`;
    try {
      const ended = await asked;
      if (this.request !== asked.request) return;
      this.request = null;
      Object.assign(this, { results: ended.results, table: ended.table });
      this.#summarise(ended, ended.cancelled ? ' Cancelled: the rest was not looked at.' : '');
      for (const id of SAVES) $(id).hidden = ended.texts + ended.refused === 0;
    } catch (error) {
      if (this.request !== asked.request) return;
      this.request = null;
      $('lines-summary').textContent = `It stopped: ${/NotReadable|NotFound/.test(error.message) ? 'the file cannot be read any more' : error.message}.`;
      throw error;
    } finally {
      if (this.request === null) {
        $('lines-cancel').hidden = true;
        $('lines-progress').hidden = true;
      }
    }
  }

  cancel() {
    if (this.request) this.client.ask('cancel', { request: this.request }).catch(() => {});
  }

  /** Gives up what is under way, and does not listen to it any more. */
  stop() {
    this.cancel();
    this.request = null;
  }

  hide() {
    this.stop();
    $('lines').hidden = true;
    Object.assign(this, { results: null, table: null });
  }

  #progress(progress) {
    const { rows, bytes, size } = progress;
    $('lines-body').append(...rows.map(row => this.#row(row)));
    for (const { error } of rows) this.shown[error ? 'refused' : 'texts'] += 1;
    $('lines-progress').value = size > 0 ? bytes / size : 1;
    this.#summarise(progress, ` ${Math.floor((100 * bytes) / Math.max(1, size))} % read.`);
  }

  #summarise({ texts, marked, short, refused }, more) {
    const parts = [[marked, 'marked'], [texts - marked - short, 'without a mark found'], ...(short > 0 ? [[short, 'too short']] : [])];
    const said = parts.map(([n, what]) => `${n.toLocaleString('en-GB')} ${what}`).join(', ');
    const lines = refused > 0 ? `; ${count(refused, this.thing)} could not be checked` : '';
    $('lines-summary').textContent = `${count(texts, 'text')}: ${said}${lines}.${more}`;
    const { shown } = this;
    const hidden = [
      ...(texts > shown.texts ? [`${count(texts - shown.texts, 'more text')} counted, and in the saved results`] : []),
      ...(refused > shown.refused ? [`${count(refused - shown.refused, `more ${this.thing}`)} that could not be checked`] : []),
    ];
    $('lines-more').hidden = hidden.length === 0;
    $('lines-more').textContent = `Shown are the first ${count(shown.texts + shown.refused, this.thing)}. Besides: ${hidden.join('; ')}.`;
  }

  #row(row) {
    const { number, evidence, error, p } = row;
    const line = el('td', { class: 'numbers' }, number.toLocaleString('en-GB'));
    if (error) return el('tr', { class: 'is-refused' }, line, el('td', { class: 'wide', colSpan: 5 }, el('span', { class: 'error' }, this.thing === 'line' ? `line ${number}: ${error}` : error)));
    const button = el('button', { type: 'button', class: 'link' }, shorten(evidence.id));
    const element = el(
      'tr',
      { class: evidence.detected ? 'is-marked' : '' },
      line,
      el('td', { class: 'wide' }, button),
      el('td', { class: 'verdict-cell' }, `${evidence.detected ? '■' : '□'} ${WORDS[kind(evidence)]}`),
      el('td', { class: 'number numbers' }, p),
      el('td', { class: 'number numbers' }, evidence.scored.toLocaleString('en-GB')),
      el('td', { class: 'number numbers' }, brief(evidence)),
    );
    button.addEventListener('click', () => {
      $('lines-body').querySelector('[aria-current]')?.removeAttribute('aria-current');
      element.setAttribute('aria-current', 'true');
      this.open(row);
    });
    return element;
  }
}

const shorten = id => (id === '' ? '(no name)' : id.length > 80 ? `${id.slice(0, 60)} … ${id.slice(-15)}` : id);
