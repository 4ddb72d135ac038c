// The panel of tokenizers: the demo's, and those that were opened and are remembered in this browser.

import { $, complain, el } from './dom.js';
import { LIMITS, acceptFiles, checkSize, sizeOf } from './files.js';
import * as store from './store.js';

export class TokenizerPanel {
  constructor(state, client) {
    this.state = state;
    this.client = client;
    /** The one besides the demo's that the worker holds. */
    this.loaded = null;
    acceptFiles({ button: $('tokenizer-open'), input: $('tokenizer-file'), zone: $('tokenizer-zone'), take: files => files.forEach(file => this.takeFile(file)) });
    $('tokenizer').addEventListener('change', () => this.choose($('tokenizer').value));
    $('tokenizer-forget').addEventListener('click', () => this.forget(this.state.tokenizer));
    state.addEventListener('change', ({ detail }) => {
      if (detail.includes('tokenizers') || detail.includes('tokenizer')) this.list();
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

  find(id) {
    return this.state.tokenizers.find(tokenizer => tokenizer.id === id);
  }

  async takeFile(file) {
    complain($('tokenizer'), $('tokenizer-error'));
    this.busy(`Reading ${file.name} (${sizeOf(file.size)}) …`);
    try {
      checkSize(file, LIMITS.tokenizer);
      // A copy in the browser's hands: the file may change or go.
      const blob = new Blob([await file.arrayBuffer()]);
      const { name, fingerprint, vocabSize } = await this.client.ask('loadTokenizer', { blob, name: file.name });
      this.loaded = fingerprint;
      const tokenizer = { id: fingerprint, fingerprint, name, vocabSize, blob };
      const others = this.state.tokenizers.filter(({ id }) => id !== fingerprint);
      this.state.set({ tokenizers: [...others, tokenizer], tokenizer: fingerprint });
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
      await this.load(id);
      this.state.set({ tokenizer: id });
    } catch (error) {
      complain($('tokenizer'), $('tokenizer-error'), error.message);
      this.list();
    }
  }

  async load(id) {
    if (id === 'demo' || id === this.loaded) return;
    const { blob, name } = this.find(id);
    this.busy(`Loading ${name} …`);
    await this.client.ask('loadTokenizer', { blob, name });
    this.loaded = id;
  }

  async forget(id) {
    this.state.set({ tokenizers: this.state.tokenizers.filter(tokenizer => tokenizer.id !== id), tokenizer: 'demo' });
    $('tokenizer').focus();
    await store.forget(id).catch(error => complain($('tokenizer'), $('tokenizer-error'), `it could not be forgotten: ${error.message}`));
  }

  busy(message) {
    $('tokenizer-info').textContent = message;
  }

  list() {
    const { tokenizers, tokenizer } = this.state;
    $('tokenizer').replaceChildren(
      ...tokenizers.map(tokenizer => el('option', { value: tokenizer.id }, tokenizer.id === 'demo' ? 'demo (in this page)' : told(tokenizer))),
    );
    $('tokenizer').value = tokenizer;
    const { fingerprint, vocabSize } = this.find(tokenizer);
    $('tokenizer-info').textContent = `Fingerprint ${fingerprint}; ${vocabSize.toLocaleString('en-GB')} tokens`;
    $('tokenizer-forget').hidden = tokenizer === 'demo';
  }
}

// Most files are called tokenizer.json, so the name alone tells none from another.
const told = ({ name, vocabSize, fingerprint }) => `${name} · ${vocabSize.toLocaleString('en-GB')} tokens · ${fingerprint.slice(0, 8)}`;
