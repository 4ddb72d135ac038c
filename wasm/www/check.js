// The view that checks: a text from the field, a file, or a line of many; asked about as it
// changes.

import { Superseded } from './client.js';
import { $, complain, count, debounced } from './dom.js';
import { LIMITS, acceptFiles, bytesOf, checkSize, isProfile, sizeOf } from './files.js';
import { looksLikeLines, parseLine } from './json-lines.js';
import { LinesView } from './lines-view.js';
import { keyOf } from './profiles.js';
import { ResultView } from './result.js';
import { byteLength, decodeText } from './utf8.js';
import { readWith } from './verdict.js';

/** Characters that the field takes: a longer text is held beside it, and its beginning shown. */
const FIELD_LIMIT = 1_000_000;
const BEGINNING = 5_000;
/** A key, whole or with its end missing, and nothing else. */
const KEY = /^\s*gmk1[0-9a-f]{64,}\s*$/i;
const FIELDS = ['text', 'scheme', 'tokenizer', 'settings', 'key'];

export class CheckView {
  constructor({ state, client, keys, profiles, tokenizers }) {
    Object.assign(this, { state, client, keys, profiles, tokenizers });
    this.result = new ResultView();
    this.lines = new LinesView(client, row => this.openLine(row));
    // `text` is what is asked about: of a file, it has the line breaks that the field would change.
    this.document = { kind: 'typed', text: '', name: '-' };
    this.took = 0;
    /** Grows with every text that is given, so that a file that takes long to read does not replace a later one. */
    this.given = 0;
    const soon = debounced(() => this.ask(), () => Math.min(1500, 120 + 1.5 * this.took), 500);

    $('text').addEventListener('input', () => {
      this.given += 1;
      if (KEY.test($('text').value)) return this.#moveKey($('text').value.trim());
      this.document = { kind: 'typed', text: $('text').value, name: '-' };
      this.#describe();
      this.#changed();
      soon();
    });
    acceptFiles({ button: $('text-open'), input: $('text-file'), zone: $('text-zone'), take: files => this.takeFiles(files) });
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

  /**
   * Files by what they are: profiles, keys and tokenizers are not texts, wherever they are dropped. Several texts are a list of texts.
   * Profiles come first: they say which keys and tokenizers are expected.
   */
  async takeFiles(files) {
    const [profiles, keys, tokenizers, texts] = [[], [], [], []];
    for (const file of files) {
      if (isProfile(file)) profiles.push(file);
      else if (/\.key$/i.test(file.name)) keys.push(file);
      else if (/tokenizer.*\.json$/i.test(file.name)) tokenizers.push(file);
      else texts.push(file);
    }
    const others = this.#takeOthers(profiles, keys, tokenizers);
    if (texts.length === 0) return others;
    const lines = texts.find(file => /\.(jsonl|ndjson)$/i.test(file.name));
    if (!lines) return this.#takeTexts(texts);
    this.setLines(lines, lines.name);
    if (texts.length > 1) complain(null, $('text-error'), `one file of JSON Lines is taken at a time: ${lines.name} is, and the others are not`);
  }

  async #takeOthers(profiles, keys, tokenizers) {
    if (profiles.length > 0) await this.profiles.takeFiles(profiles);
    if (keys.length > 0) await this.keys.takeFiles(keys);
    if (tokenizers.length > 0) await this.tokenizers.takeFiles(tokenizers);
  }

  async #takeTexts(files) {
    const given = (this.given += 1);
    complain($('text'), $('text-error'));
    const [texts, refused] = [[], []];
    for (const file of files) {
      try {
        checkSize(file, LIMITS.text);
        const bytes = await bytesOf(file);
        if (file.size <= LIMITS.key.bytes && /^gmk1[0-9a-f]{20}/.test(new TextDecoder().decode(bytes))) this.keys.takeFiles([file]);
        else texts.push({ id: file.name, text: decodeText(bytes) });
      } catch (error) {
        refused.push(error.message.startsWith(file.name) ? error.message : `${file.name}: ${error.message}`);
      }
    }
    if (given !== this.given) {
      refused.push(...texts.map(({ id }) => `${id} is not taken: the text was changed while it was read`));
    } else if (files.length === 1) texts.forEach(({ id, text }) => this.setText(text, id));
    else if (texts.length > 0) this.setLines(new Blob([texts.map(line => JSON.stringify(line)).join('\n')]), count(texts.length, 'file'), 'files');
    // What was there before stays, with its verdict, if there is nothing else.
    if (refused.length > 0) complain(texts.length === 0 ? $('text') : null, $('text-error'), refused.join('; '));
  }

  /** A key that was pasted as a text: it goes where keys are, and is not kept in sight. */
  async #moveKey(key) {
    this.setText('');
    const isTaken = await this.keys.add({ text: key }, 'pasted key');
    $('text-note').textContent = isTaken
      ? 'That was a key and no text: it is among the keys now.'
      : 'That looked like a key, and was taken out of this field. Keys belong in the field for keys, which says what is wrong with it.';
    $('text-note').hidden = false;
  }

  setText(text, name = '-') {
    this.given += 1;
    this.lines.hide();
    this.document = { kind: name === '-' ? 'typed' : 'file', text, name };
    const fits = text.length <= FIELD_LIMIT;
    $('text').value = fits ? text : `${text.slice(0, BEGINNING)}…`;
    $('text').readOnly = !fits;
    this.#describe();
    this.#changed();
    this.ask();
  }

  /** - `of`: what there is one text of, `lines` or `files`. */
  setLines(file, name, of = 'lines') {
    this.given += 1;
    this.document = { kind: 'lines', of, file, name, text: '' };
    $('text').value = '';
    this.#describe();
    this.#changed();
    this.ask();
  }

  #describe() {
    const { kind, of, text, name, file } = this.document;
    const isLines = kind === 'lines';
    $('text').hidden = isLines;
    if (kind === 'typed') $('text').readOnly = false;
    $('text-hint').hidden = isLines;
    $('text-clear').hidden = text === '' && !isLines;
    $('text-clear').textContent = kind === 'typed' ? 'Clear' : 'Close';
    $('text-size').textContent = isLines
      ? `${name}, ${sizeOf(file.size)}`
      : [...(kind === 'file' ? [name] : []), ...(text !== '' ? [count(text.length, 'character')] : kind === 'file' ? ['empty'] : [])].join(', ');
    const notes = {
      lines: of === 'files' ? 'One text a file.' : 'One text a line. Nothing of the file is kept but the verdicts.',
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
    const waiting = state.profiles.find(({ key }) => key === null);
    if (waiting) {
      this.lines.hide();
      return this.result.none('A key is needed', `The profile ${waiting.name} needs its key, ${keyOf(waiting)}. Open it, or remove the profile: without it, “no mark found” would mislead.`);
    }
    if (state.keys.length === 0) {
      this.lines.hide();
      return this.result.none('A key is needed', 'Only the key that made a mark finds it. Add a key, open a profile, or use the public demonstration key.');
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
    if (ids === null && config.missing) return this.#cannotSay(config.missing);
    const started = performance.now();
    try {
      await this.tokenizers.load(this.state.tokenizersAsked.map(({ id }) => id));
      const detection = await this.client.newest('check', 'detect', { text, ids, name, config });
      this.took = performance.now() - started;
      this.result.show(text ?? detection.text, detection, {
        searches: config.search,
        several: config.keys.length + config.profiles.length > 1,
        read: ids === null ? readWith(this.state.tokenizersAsked) : '',
        keyLabel: id => this.state.keys.find(key => key.id === id)?.label,
        of,
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  async askLines({ file, name }) {
    const { missing } = this.state.config();
    this.result.none('Choose a text', `Each line has its own verdict: choose one to see it in full.${missing ? ` Of texts the page ${missing}; token ids need none.` : ''}`);
    try {
      await this.tokenizers.load(this.state.tokenizersAsked.map(({ id }) => id));
      if (this.document.file === file) await this.lines.run(file, name, this.state.config());
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

  /** A text that is read with another model's tokenizer looks unmarked, so none is guessed. */
  #cannotSay(missing) {
    const [word, ...why] = missing.split(': ');
    this.result.none(sentenceCase(word), `${sentenceCase(why.join(': '))}. Only the tokenizer of the model that wrote a text shows its mark: under another one, every text looks unmarked.`);
  }

  #fail(error) {
    if (error instanceof Superseded) return;
    const field = FIELDS.includes(error.field) ? error.field : null;
    if (field) {
      complain(fieldOf(field), $(`${field}-error`), error.message);
    }
    this.result.none('Not checked', field ? 'There is a message beside the field.' : `${error.message}.`);
  }
}

const sentenceCase = text => text[0].toUpperCase() + text.slice(1);

const fieldOf = name => $({ key: 'key-text', scheme: $('scheme').value === '' ? 'scheme-text' : 'scheme', settings: 'alpha' }[name] ?? name);
