// One text's evidence on the page: verdict, plot, passages, tokens, details.

import { $, count, debounced, el, withPowers } from './dom.js';
import { EvidencePlot } from './evidence-plot.js';
import { copy, save } from './files.js';
import { TextView, legend } from './text-view.js';
import { page } from './report-page.js';
import { IN_PART, fixed, isThroughout, level, place, report, spanCounts, words } from './verdict.js';

const SLOW_MS = 250;

/** Shows a verdict's word, with the shape that goes with it. */
export function showVerdict(card, { kind, word, sentence = '', caveat = '', p = '', read = '' }) {
  card.dataset.kind = kind;
  const [wordPlace, sentencePlace, caveatPlace, pPlace] = ['word', 'sentence', 'caveat', 'p'].map(name => $(`verdict-${name}`));
  wordPlace.textContent = word;
  sentencePlace.replaceChildren(withPowers(sentence));
  caveatPlace.textContent = caveat;
  $('verdict-read').textContent = read;
  pPlace.textContent = p === '' ? '' : `p = ${p}`;
}

export class ResultView {
  constructor() {
    this.plot = new EvidencePlot($('plot'), { id: 'plot-title', title: 'Evidence along the text', pick: token => this.coloured.reveal(token) });
    this.coloured = new TextView($('coloured'));
    this.announce = debounced(text => {
      if ($('announcement').textContent !== text) $('announcement').textContent = text;
    }, () => 1200);
    $('colours').addEventListener('change', () => this.#toggle());
    $('copy-json').addEventListener('click', () => this.#copy(this.json()));
    $('copy-words').addEventListener('click', () => this.#copy(this.words()));
    $('save-json').addEventListener('click', () => save(new Blob([this.json()], { type: 'application/json' }), 'greenmark.json'));
    $('save-report').addEventListener('click', () => save(new Blob([this.page()], { type: 'text/html' }), 'greenmark.html'));
    $('print').addEventListener('click', () => print());
    addEventListener('beforeprint', () => this.coloured.renderAll());
    this.#toggle();
  }

  #toggle() {
    $('coloured').classList.toggle('colourless', !$('colours').checked);
    $('legend').hidden = !$('colours').checked;
  }

  /** What is shown is of a text or question that has changed. */
  wait() {
    $('result').setAttribute('aria-busy', 'true');
    clearTimeout(this.slow);
    this.slow = setTimeout(() => {
      $('evidence').classList.add('is-stale');
      showVerdict($('verdict'), { kind: 'none', word: 'Checking…' });
    }, SLOW_MS);
  }

  /** There is no verdict, and why. */
  none(word, sentence = '', { needsKey = false } = {}) {
    this.#settle();
    $('verdict-action').hidden = !needsKey;
    this.detection = null;
    $('evidence').hidden = true;
    $('verdict-of').hidden = true;
    showVerdict($('verdict'), { kind: 'none', word, sentence });
    this.announce(`${word}. ${sentence}`);
  }

  #settle() {
    clearTimeout(this.slow);
    $('evidence').classList.remove('is-stale');
    $('result').setAttribute('aria-busy', 'false');
  }

  /**
   * - `how`: what `words` takes, and `{ searches, keyLabel, of, read, name, origin }`; `of` names the text, if it is one of many, `read` says which
   *   tokenizer it was read with, and `name` and `origin` where it is from.
   */
  show(text, detection, how) {
    this.#settle();
    Object.assign(this, { text, detection, how: { ...how, text }, checked: new Date() });
    const { evidence, scheme, p } = detection;
    const said = words(evidence, this.how);
    showVerdict($('verdict'), { ...said, p, read: how.read });
    $('verdict-of').hidden = !how.of;
    $('verdict-of').textContent = how.of ?? '';
    $('verdict-action').hidden = true;
    $('evidence').hidden = false;
    $('coloured-note').hidden = !evidence.normalised || !evidence.detected;
    $('legend').replaceChildren(...legend(scheme.family, evidence.spans.length > 0));
    this.plot.show(detection);
    this.coloured.show(text, detection);
    this.#listPassages();
    this.#listDetails();
    $('copied').textContent = '';
    this.announce([`${said.word}.`, said.sentence, said.caveat, how.read].filter(Boolean).join(' '));
  }

  #listPassages() {
    const { evidence, places, starts, spanPs } = this.detection;
    const whole = isThroughout(evidence);
    $('passages').hidden = evidence.spans.length === 0;
    $('passages-title').textContent = whole ? 'Marked throughout' : 'Marked passages';
    $('passages-hint').textContent = whole ? '' : IN_PART;
    $('passage-list').replaceChildren(
      ...evidence.spans.map((span, i) => {
        const [from, to] = [places[2 * i], places[2 * i + 1]];
        const token = starts.findIndex(start => start >= from);
        const about = [
          `${whole ? '' : `${i + 1}. `}${sentenceCase(place(span))}`,
          spanCounts(span),
          `p = ${spanPs[i]} for these tokens alone`,
          ...(span.normalised ? ['once normalised'] : []),
          ...(this.how.several ? [span.profile === null ? `key ${span.key_id}` : `profile ${span.profile}`] : []),
        ].join(' · ');
        return el(
          'li',
          {},
          el('button', { type: 'button', onclick: () => this.coloured.reveal(token) }, el('span', { class: 'numbers hint' }, about), el('span', { class: 'excerpt', dir: 'auto' }, excerpt(this.text, from, to))),
        );
      }),
    );
  }

  #listDetails() {
    const { evidence, unpaidP, p, scheme } = this.detection;
    const { scored, repeated, tokens, z_score: z, tokenizer } = evidence;
    const asItIs = evidence.detected && evidence.normalised ? ' of the text as it is' : '';
    const rows = [
      ...this.facts(),
      ['p', `${p} (ln p = ${fixed(evidence.ln_p, 2)}); ${count(evidence.looks, 'look')}${this.how.searches ? ' and all places' : ''} paid for`],
      ['Level', `marked if p ≤ ${level(evidence.alpha)}`],
      ['Whole text, unpaid', `p = ${unpaidP} (ln p = ${fixed(evidence.unpaid_ln_p, 2)})${asItIs} under this key and scheme alone: it pays for no look, and decides nothing`],
      ['z-score of the whole text', z === null ? 'none: nothing was counted' : fixed(z, 2)],
      [`Tokens${asItIs}`, `${count(tokens, 'token')}: ${scored.toLocaleString('en-GB')} counted, ${repeated.toLocaleString('en-GB')} repeated, ${(tokens - scored - repeated).toLocaleString('en-GB')} without context`],
      scheme.family === 'green'
        ? [`Green tokens${asItIs}`, `${evidence.green.toLocaleString('en-GB')} of ${scored.toLocaleString('en-GB')} counted${scored ? `: ${(100 * evidence.green_fraction).toFixed(1)} %` : ''}, by chance ${(100 * evidence.gamma).toFixed(1)} %`]
        : [`Score${asItIs}`, `${fixed(evidence.score, 1)} nats${scored ? `, ${evidence.mean_score.toFixed(2)} a token` : ''}; by chance 1 a token`],
      ['Least p at', evidence.normalised ? 'the text normalised' : 'the text as it is'],
      ...(evidence.profile === null ? [] : [['Profile', evidence.profile]]),
      ['Scheme', evidence.scheme],
      ['Key', `${evidence.key_id}${this.how.keyLabel ? ` (${this.how.keyLabel(evidence.key_id)})` : ''}`],
      ['Tokenizer', tokenizer ? `${tokenizer.name} (${tokenizer.fingerprint})` : 'token ids as given'],
    ];
    $('details').replaceChildren(...rows.map(([name, value]) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', { class: 'numbers' }, value))));
  }

  /** Which text was checked, when, and with what. */
  facts() {
    const { name, origin } = this.how;
    return [
      ['Text', name === '-' ? 'pasted or typed' : name],
      ...(origin?.format ? [['Document', [origin.format, origin.encoding].filter(Boolean).join(', ')]] : []),
      ...(this.detection.sha256 ? [['SHA-256 of the text', this.detection.sha256]] : []),
      ['Checked', `${this.checked.toISOString().replace('T', ' ').slice(0, 16)} UTC, with Greenmark ${this.version}`],
    ];
  }

  page() {
    this.coloured.renderAll();
    return page($('result'), this.facts());
  }

  json() {
    return `${JSON.stringify(this.detection.evidence)}\n`;
  }

  words() {
    const { evidence, p, unpaidP } = this.detection;
    return report(evidence, { p, unpaidP, facts: this.facts(), ...this.how });
  }

  async #copy(text) {
    $('copied').textContent = (await copy(text)) ? 'Copied' : 'Your browser does not let this page copy: use Save';
  }
}

const sentenceCase = text => text[0].toUpperCase() + text.slice(1);

/** The two ends of a passage, if it is long; in one line. */
function excerpt(text, from, to) {
  const whole = text.slice(from, Math.min(to, from + 400)).trim().replace(/\s+/g, ' ');
  if (to - from <= 140) return `“${whole}”`;
  const end = text.slice(Math.max(from, to - 200), to).trim().replace(/\s+/g, ' ');
  return `“${cut(whole, 0, 80)} … ${cut(end, -50)}”`;
}

// A surrogate pair is not cut in two.
const cut = (text, from, to) => [...text].slice(from, to).join('');
