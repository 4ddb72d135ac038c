// The view that checks: a text from the field, a file, or a line of many; asked about as it changes.

import { Superseded } from './client.js';
import { $, complain, debounced } from './dom.js';
import { LIMITS, acceptFiles, bytesOf, checkSize, sizeOf } from './files.js';
import { looksLikeLines, parseLine } from './json-lines.js';
import { LinesView } from './lines-view.js';
import { ResultView } from './result.js';
import { byteLength, decodeText } from './utf8.js';

/** Characters that the field takes: a longer text is held beside it, and its beginning shown. */
const FIELD_LIMIT = 1_000_000;
const BEGINNING = 5_000;
const FIELDS = ['text', 'scheme', 'tokenizer', 'settings', 'key'];

export class CheckView {
  constructor({ state, client, keys, tokenizers }) {
    Object.assign(this, { state, client, keys, tokenizers });
    this.result = new ResultView();
    this.lines = new LinesView(client, row => this.openLine(row));
    // `text` is what is asked about: of a file, it has the line breaks that the field would change.
    this.document = { kind: 'typed', text: '', name: '-' };
    this.took = 0;
    const soon = debounced(() => this.ask(), () => Math.min(1500, 120 + 1.5 * this.took), 500);

    $('text').addEventListener('input', () => {
      this.document = { kind: 'typed', text: $('text').value, name: '-' };
      this.#describe();
      this.#changed();
      soon();
    });
    acceptFiles({ button: $('text-open'), input: $('text-file'), zone: $('text-zone'), take: file => this.takeFile(file) });
    $('text-clear').addEventListener('click', () => {
      this.setText('');
      $('text').focus();
    });
    $('text-to-lines').addEventListener('click', () => this.setLines(new Blob([this.document.text]), 'the text'));
    state.addEventListener('change', () => {
      this.#changed();
      this.ask();
    });
  }

  /** A file by what it is: a key and a tokenizer are not texts, wherever they are dropped. */
  async takeFile(file) {
    if (/\.key$/i.test(file.name)) return this.keys.takeFile(file);
    if (/tokenizer.*\.json$/i.test(file.name)) return this.tokenizers.takeFile(file);
    if (/\.(jsonl|ndjson)$/i.test(file.name)) return this.setLines(file, file.name);
    complain($('text'), $('text-error'));
    try {
      checkSize(file, LIMITS.text);
      const bytes = await bytesOf(file);
      if (file.size <= LIMITS.key.bytes && /^gmk1[0-9a-f]{20}/.test(new TextDecoder().decode(bytes))) return this.keys.takeFile(file);
      this.setText(decodeText(bytes), file.name);
    } catch (error) {
      // What was there before stays, with its verdict.
      complain($('text'), $('text-error'), error.message.startsWith(file.name) ? error.message : `${file.name}: ${error.message}`);
    }
  }

  setText(text, name = '-') {
    this.lines.hide();
    this.document = { kind: name === '-' ? 'typed' : 'file', text, name };
    const fits = text.length <= FIELD_LIMIT;
    $('text').value = fits ? text : `${text.slice(0, BEGINNING)}…`;
    $('text').readOnly = !fits;
    this.#describe();
    this.#changed();
    this.ask();
  }

  setLines(file, name) {
    this.document = { kind: 'lines', file, name, text: '' };
    $('text').value = '';
    this.#describe();
    this.#changed();
    this.ask();
  }

  #describe() {
    const { kind, text, name, file } = this.document;
    const isLines = kind === 'lines';
    $('text').hidden = isLines;
    if (kind === 'typed') $('text').readOnly = false;
    $('text-hint').hidden = isLines;
    $('text-clear').hidden = text === '' && !isLines;
    $('text-clear').textContent = kind === 'typed' ? 'Clear' : 'Close';
    $('text-size').textContent = isLines
      ? `${name}, ${sizeOf(file.size)}`
      : `${kind === 'file' ? `${name}, ` : ''}${text === '' ? '' : `${text.length.toLocaleString('en-GB')} characters`}`;
    const notes = {
      lines: 'One text a line. Nothing of the file is kept but the verdicts.',
      file: text.length > FIELD_LIMIT ? 'Only the beginning is shown here. The whole text is checked.' : 'As it stands in the file. If you change it, the changed text is checked.',
    };
    $('text-note').hidden = !(kind in notes);
    $('text-note').textContent = notes[kind] ?? '';
    $('text-as-lines').hidden = isLines || !looksLikeLines(text);
  }

  #changed() {
    this.client.forget('check');
    this.result.wait();
  }

  /** Asks about what is there now; whatever is answered about anything older is dropped. */
  async ask() {
    const { document: asked, state } = this;
    for (const field of FIELDS) if (field !== 'key') complain(fieldOf(field), $(`${field}-error`));
    if (asked.text === '' && asked.kind !== 'lines') return this.result.none('Nothing to check yet', 'Paste a text above, or open a file.');
    if (state.keys.length === 0) {
      this.lines.hide();
      return this.result.none('A key is needed', 'A mark can only be found with the key that it was made with. Add one, or use the public demonstration key.');
    }
    if (asked.kind === 'lines') return this.askLines(asked);
    if (asked.text.length > LIMITS.text.bytes / 3 && byteLength(asked.text) > LIMITS.text.bytes) {
      complain($('text'), $('text-error'), `this text has ${sizeOf(byteLength(asked.text))}; the limit for a text is ${LIMITS.text.said}`);
      return this.result.none('Not checked', 'The text is too long.');
    }
    await this.askText(asked.text, null, asked.name);
  }

  async askText(text, ids, name, of) {
    const config = this.state.config();
    const started = performance.now();
    try {
      const detection = await this.client.newest('check', 'detect', { text, ids, name, config });
      this.took = performance.now() - started;
      this.result.show(text ?? detection.text, detection, {
        searches: config.segments,
        several: config.keys.length > 1,
        keyLabel: id => this.state.keys.find(key => key.id === id)?.label,
        of,
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  async askLines({ file, name }) {
    this.result.none('Choose a text', 'Each line has its own verdict: choose one to see it in full.');
    try {
      await this.lines.run(file, name, this.state.config());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Reads one line again, and shows it in full. */
  async openLine({ number, start, end, evidence }) {
    const { file } = this.document;
    this.#changed();
    try {
      const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
      const { text, ids } = parseLine({ number, bytes });
      await this.askText(text ?? null, ids ?? null, evidence.id, `Line ${number.toLocaleString('en-GB')}: ${evidence.id}`);
      $('result').scrollIntoView({ block: 'start', behavior: 'smooth' });
    } catch (error) {
      complain($('text'), $('text-error'), `line ${number} cannot be read again: ${error.message}`);
      this.result.none('Not checked', 'The file has changed or gone.');
    }
  }

  #fail(error) {
    if (error instanceof Superseded) return;
    const field = FIELDS.includes(error.field) ? error.field : null;
    if (field) {
      complain(fieldOf(field), $(`${field}-error`), error.message);
      // A message that is folded away is none.
      $(`${field}-error`).closest('details')?.setAttribute('open', '');
    }
    this.result.none('Not checked', field ? 'There is a message beside the field.' : `${error.message}.`);
  }
}

const fieldOf = name => $({ key: 'key-text', scheme: $('scheme').value === '' ? 'scheme-text' : 'scheme', settings: 'alpha' }[name] ?? name);
