// The panel of tokenizers: the demo's, and those that were opened and are remembered in this
// browser.

import { $, complain, el } from './dom.js';
import { acceptFiles, sizeOf } from './files.js';
import * as store from './store.js';

export class TokenizerPanel {
  constructor(state, client) {
    this.state = state;
    this.client = client;
    /** Those besides the demo's that the worker holds. */
    this.loaded = new Set();
    /** What is being loaded: one at a time. */
    this.turn = Promise.resolve();
    acceptFiles({ button: $('tokenizer-open'), input: $('tokenizer-file'), take: files => this.takeFiles(files) });
    $('tokenizer').addEventListener('change', () => this.choose($('tokenizer').value || null));
    $('tokenizer-forget').addEventListener('click', () => this.forget(this.state.tokenizer));
    state.addEventListener('change', ({ detail }) => {
      if (['tokenizers', 'tokenizer', 'profiles', 'keys'].some(name => detail.includes(name))) this.list();
    });
  }

  async start(demo) {
    this.state.set({ tokenizers: [{ ...demo, id: 'demo' }] });
    try {
      const kept = await store.remembered();
      const known = kept.map(tokenizer => ({ ...tokenizer, id: tokenizer.fingerprint }));
      this.state.set({ tokenizers: [...this.state.tokenizers, ...known] });
    } catch {
      // A browser without a store, or in private mode: nothing is remembered.
    }
  }

  /** Chooses what was chosen before, or says that it is gone. */
  async recall(chosen) {
    if (chosen === null) return;
    if (this.find(chosen.id)) return this.choose(chosen.id);
    complain($('tokenizer'), $('tokenizer-error'), `the tokenizer that was chosen before, ${chosen.name}, is not in this browser any more: open it again`);
  }

  find(id) {
    return this.state.tokenizers.find(tokenizer => tokenizer.id === id);
  }

  async takeFiles(files) {
    for (const file of files) await this.takeFile(file);
  }

  /** Reads a tokenizer.json, or the tokenizer of a GGUF model. While a profile waits for its tokenizer, another is refused. */
  async takeFile(file) {
    complain($('tokenizer'), $('tokenizer-error'));
    this.busy(`Reading ${file.name} (${sizeOf(file.size)}) …`);
    try {
      const { fingerprint, name, vocabSize, bytes } = await this.#inTurn(() => this.#read(file, file.name));
      // A copy in the browser's hands: the file may change or go.
      const blob = new Blob([await file.slice(0, bytes).arrayBuffer()]);
      const { profiles, tokenizers } = this.state;
      const isExpected = profiles.some(({ tokenizer }) => tokenizer.fingerprint === fingerprint);
      const waiting = profiles.find(profile => !this.state.tokenizerOf(profile));
      if (waiting && !isExpected) {
        const { tokenizer } = waiting;
        throw new Error(
          `${file.name}: this tokenizer has the fingerprint ${fingerprint}, and the profile ${waiting.name} needs ${tokenizer.name} with the fingerprint ${tokenizer.fingerprint}`,
        );
      }
      const tokenizer = { id: fingerprint, fingerprint, name, vocabSize, blob };
      const others = tokenizers.filter(({ id }) => id !== fingerprint);
      this.state.set({ tokenizers: [...others, tokenizer], ...(isExpected ? {} : { tokenizer: fingerprint }) });
      await store.remember({ fingerprint, name, vocabSize, blob }).catch(() => {
        complain(null, $('tokenizer-error'), 'this tokenizer works, but your browser could not remember it');
      });
    } catch (error) {
      complain($('tokenizer'), $('tokenizer-error'), error instanceof DOMException ? `${file.name} cannot be read` : error.message);
    }
    this.list();
  }

  /** Loads one into the worker, if need be, and takes it. */
  async choose(id) {
    complain($('tokenizer'), $('tokenizer-error'));
    try {
      if (id !== null) await this.load([id]);
      this.state.set({ tokenizer: id });
    } catch (error) {
      complain($('tokenizer'), $('tokenizer-error'), error.message);
      this.list();
    }
  }

  /** Has the worker hold these. */
  async load(ids) {
    if (ids.every(id => id === 'demo' || this.loaded.has(id))) return;
    await this.#inTurn(async () => {
      for (const id of ids) {
        if (id === 'demo' || this.loaded.has(id)) continue;
        const { blob, name } = this.find(id);
        this.busy(`Loading ${name} …`);
        await this.#read(blob, name, ids);
      }
    });
    this.list();
  }

  #inTurn(act) {
    const done = this.turn.then(act);
    this.turn = done.catch(() => {});
    return done;
  }

  /** Reads a file in the worker, which then holds it and what is asked with: tokenizers are large. */
  async #read(blob, name, besides = []) {
    const asked = [...this.state.tokenizersAsked.map(({ id }) => id), this.state.tokenizer, ...besides];
    const keep = [...this.loaded].filter(id => asked.includes(id));
    const read = await this.client.ask('loadTokenizer', { blob, name, keep });
    this.loaded = new Set([...keep, read.fingerprint]);
    return read;
  }

  async forget(id) {
    this.state.set({ tokenizers: this.state.tokenizers.filter(tokenizer => tokenizer.id !== id), tokenizer: null });
    $('tokenizer').focus();
    await store.forget(id).catch(error => complain($('tokenizer'), $('tokenizer-error'), `it could not be forgotten: ${error.message}`));
  }

  busy(message) {
    $('tokenizer-info').textContent = message;
  }

  list() {
    const { tokenizers, tokenizer } = this.state;
    $('tokenizer').replaceChildren(
      el('option', { value: '' }, 'choose one…'),
      ...tokenizers.map(tokenizer => el('option', { value: tokenizer.id }, tokenizer.id === 'demo' ? 'demo (of the model in this page)' : told(tokenizer))),
    );
    $('tokenizer').value = tokenizer ?? '';
    const chosen = this.find(tokenizer);
    const isByProfile = this.state.profiles.length > 0 && this.state.bareKeys.length === 0;
    const about = chosen
      ? `Fingerprint ${chosen.fingerprint}; ${chosen.vocabSize.toLocaleString('en-GB')} tokens`
      : 'None is chosen: a text is read with the tokenizer of the model that wrote it.';
    $('tokenizer-info').textContent = isByProfile ? '' : about;
    $('tokenizer-forget').hidden = !chosen || tokenizer === 'demo';
  }
}

// Most files are called tokenizer.json, so the name alone tells none from another.
const told = ({ name, vocabSize, fingerprint }) => `${name} · ${vocabSize.toLocaleString('en-GB')} tokens · ${fingerprint.slice(0, 8)}`;
