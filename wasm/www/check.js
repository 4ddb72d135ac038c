// The view that checks: a text from the field, a file, or a line of many; asked about as it
// changes.

import { Superseded } from './client.js';
import { $, complain, count, debounced } from './dom.js';
import { LIMITS, acceptFiles, bytesOf, checkSize, nameOf, sizeOf } from './files.js';
import { looksLikeLines, parseLine } from './json-lines.js';
import { kindOf } from './kinds.js';
import { LinesView } from './lines-view.js';
import { keyOf } from './profiles.js';
import { ResultView } from './result.js';
import { byteLength } from './utf8.js';
import { readWith } from './verdict.js';

/** Characters that the field takes: a longer text is held beside it, and its beginning shown. */
const FIELD_LIMIT = 1_000_000;
const BEGINNING = 5_000;
/** Hidden files in a folder are none of the reader's documents. */
const isShown = file => !nameOf(file).split('/').some(part => part.startsWith('.'));
/** Why a document was not read, with its name. */
const reasonOf = ({ name, error }) => (error.startsWith(name) ? error : `${name}: ${error}`);
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
    // What was pasted wants its verdict in sight; of what is typed, the field is.
    $('text').addEventListener('paste', () => setTimeout(() => $('verdict').scrollIntoView({ block: 'nearest' })));
    acceptFiles({ button: $('text-open'), input: $('text-file'), take: files => this.takeFiles(files) });
    acceptFiles({ button: $('folder-open'), input: $('folder-file'), take: files => this.takeFiles(files.filter(isShown).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) });
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
   * Files of any kind, each to its place. Several documents are a list of texts. Profiles come first: they say which keys and tokenizers are
   * expected.
   */
  async takeFiles(files) {
    const before = this.given;
    const of = { profile: [], key: [], tokenizer: [], lines: [], document: [] };
    for (const file of files) of[await kindOf(file)].push(file);
    const { lines, document: documents } = of;
    const others = this.#takeOthers(of);
    if (lines.length + documents.length === 0) await others;
    else if (before !== this.given) this.#tooLate(documents.length > 0 ? documents : lines);
    else if (lines.length === 0) await this.#takeDocuments(documents);
    else {
      this.setLines(lines[0], lines[0].name);
      const left = lines.length + documents.length - 1;
      if (left > 0) complain(null, $('text-error'), `one file of JSON Lines is taken at a time: ${lines[0].name} is, and ${left === 1 ? 'the other is' : 'the others are'} not`);
    }
  }

  async #takeOthers({ profile, key, tokenizer }) {
    if (profile.length > 0) await this.profiles.takeFiles(profile);
    if (key.length > 0) await this.keys.takeFiles(key);
    if (tokenizer.length > 0) await this.tokenizers.takeFiles(tokenizer);
  }

  async #takeDocuments(files) {
    const given = (this.given += 1);
    complain($('text'), $('text-error'));
    const found = [];
    for (const [i, file] of files.entries()) {
      this.#note(files.length === 1 ? `Reading ${nameOf(file)} …` : `Reading ${i + 1} of ${count(files.length, 'file')} …`);
      try {
        checkSize(file, LIMITS.document);
        found.push(...(await this.client.ask('documents', { name: nameOf(file), bytes: await bytesOf(file) })));
      } catch (error) {
        found.push({ name: nameOf(file), error: error.message });
      }
      if (given !== this.given) break;
    }
    const read = found.filter(({ text }) => text !== undefined);
    if (given !== this.given) return this.#tooLate(files);
    if (found.length === 1 && read.length === 1) {
      this.setText(read[0].text, read[0].name, read[0]);
      return $('verdict').scrollIntoView({ block: 'nearest' });
    }
    if (read.length === 0) {
      this.#describe();
      const before = this.document.text === '' ? '' : '. The text that was there before stays, with its verdict';
      return complain($('text'), $('text-error'), `${found.map(reasonOf).join('; ')}${before}`);
    }
    const lines = found.map(one => JSON.stringify(one.text === undefined ? { id: one.name, unread: reasonOf(one) } : { id: one.name, text: one.text }));
    this.setLines(new Blob([lines.join('\n')]), count(found.length, 'document'), 'documents');
  }

  #tooLate(files) {
    const which = files.length === 1 ? `${nameOf(files[0])} is` : `${count(files.length, 'file')} are`;
    complain(null, $('text-error'), `${which} not taken: the text was changed while reading`);
  }

  /** A key that was pasted as a text: it goes where keys are, and is not kept in sight. */
  async #moveKey(key) {
    this.setText('');
    const isTaken = await this.keys.add({ text: key }, 'pasted key');
    this.#note(
      isTaken
        ? 'That was a key and no text: it is among the keys now.'
        : 'That looked like a key, and was taken out of this field. Keys belong in the field for keys, which says what is wrong with it.',
    );
  }

  #note(text) {
    $('text-note').textContent = text;
    $('text-note').hidden = text === '';
  }

  /** - `origin`: `{ format, encoding }` of the document that the text is from, or a `note` of its own. */
  setText(text, name = '-', origin = null) {
    this.given += 1;
    this.lines.hide();
    this.document = { kind: name === '-' ? 'typed' : 'file', text, name, origin };
    const fits = text.length <= FIELD_LIMIT;
    $('text').value = fits ? text : `${text.slice(0, BEGINNING)}…`;
    $('text').readOnly = !fits;
    this.#describe();
    this.#changed();
    this.ask();
  }

  /** - `of`: what there is one text of, `lines` or `documents`. */
  setLines(file, name, of = 'lines') {
    this.given += 1;
    this.document = { kind: 'lines', of, file, name, text: '' };
    $('text').value = '';
    this.#describe();
    this.#changed();
    this.ask();
  }

  #describe() {
    const { kind, of, text, name, file, origin } = this.document;
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
      lines: of === 'documents' ? 'One text a document.' : 'One text a line. Nothing of the file is kept but the verdicts.',
      file: `${origin && said(origin)} ${text.length > FIELD_LIMIT ? 'Only the beginning is shown here. The whole text is checked.' : 'If you change it, the changed text is checked.'}`,
    };
    this.#note(notes[kind] ?? '');
    document.body.classList.toggle('has-text', text !== '' || isLines);
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
    if (asked.text === '' && asked.kind !== 'lines') return this.result.none('Nothing to check yet', 'Paste a text, open a file, or try a sample.');
    const waiting = state.profiles.find(({ key }) => key === null);
    if (waiting) {
      this.lines.hide();
      return this.result.none('A key is needed', `The profile ${waiting.name} needs its key, ${keyOf(waiting)}. Open it, or remove the profile: without it, “no mark found” would mislead.`, { needsKey: true });
    }
    if (state.keys.length === 0) {
      this.lines.hide();
      return this.result.none('A key is needed', 'Only the key that made a mark finds it, and whoever runs the model has it. Ask them to check the text, or open their key or profile here. Without a key, nothing can be said of this text.', { needsKey: true });
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
        reach: ids === null ? this.state.reach : 'ids',
        isPublic: this.state.keys.some(({ id, source }) => source.isDemo && id === detection.evidence.key_id),
        read: ids === null ? readWith(this.state.tokenizersAsked) : this.#beyond(ids),
        keyLabel: id => this.state.keys.find(key => key.id === id)?.label,
        name,
        origin: this.document.origin,
        of,
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  async askLines({ file, name }) {
    const { missing } = this.state.config();
    this.result.none('Choose a text', `Each has its own verdict: choose one to see it in full.${missing ? ` Of texts the page ${missing}; token ids need none.` : ''}`);
    try {
      await this.tokenizers.load(this.state.tokenizersAsked.map(({ id }) => id));
      if (this.document.file === file) await this.lines.run(file, name, this.state.config(), this.document.of);
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

  /** A word about ids that no tokenizer here has. */
  #beyond(ids) {
    const sizes = this.state.tokenizersAsked.map(({ vocabSize }) => vocabSize);
    const beyond = sizes.length === 0 ? undefined : ids.find(id => id >= Math.max(...sizes));
    return beyond === undefined ? '' : `The id ${beyond.toLocaleString('en-GB')} is beyond the vocabulary of the tokenizer chosen here: the ids are another model’s.`;
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

/** What a text is from. */
function said(origin) {
  if (origin.note) return origin.note;
  if (origin.format !== 'text') return `The text of the ${FORMATS[origin.format] ?? origin.format}.`;
  return origin.encoding === 'UTF-8' ? 'As it stands in the file.' : `The file is in ${origin.encoding}.`;
}

const FORMATS = { html: 'web page', eml: 'e-mail', docx: 'Word document', odt: 'OpenDocument text', pdf: 'PDF' };

const fieldOf = name => $({ key: 'key-text', scheme: $('scheme').value === '' ? 'scheme-text' : 'scheme', settings: 'alpha' }[name] ?? name);
