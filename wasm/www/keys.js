// The panel of keys: added from a file, a field, or the public demonstration key; listed by id; removed.

import { $, complain, el } from './dom.js';
import { LIMITS, acceptFiles, bytesOf, checkSize, save } from './files.js';

export class KeyPanel {
  constructor(state, client) {
    this.state = state;
    this.client = client;
    acceptFiles({ button: $('key-open'), input: $('key-file'), zone: $('key-zone'), take: files => files.forEach(file => this.takeFile(file)) });
    $('key-add').addEventListener('click', () => this.takeField());
    $('key-text').addEventListener('keydown', event => {
      if (event.key === 'Enter') this.takeField();
    });
    $('key-text').addEventListener('input', () => complain($('key-text'), $('key-error')));
    $('key-demo').addEventListener('click', () => this.add({ isDemo: true }, 'public demonstration key: everybody has it'));
    state.addEventListener('change', ({ detail }) => detail.includes('keys') && this.list());
  }

  /** Adds a key; true if it is there now. */
  async add(source, label) {
    complain($('key-text'), $('key-error'));
    try {
      const { id } = await this.client.ask('addKey', source);
      const { keys } = this.state;
      if (!keys.some(key => key.id === id)) {
        this.state.set({ keys: [...keys, { id, label, source, isFresh: 'fresh' in source }] });
      }
      return id;
    } catch (error) {
      complain($('key-text'), $('key-error'), `${label}: ${error.message}`);
      return null;
    }
  }

  async takeFile(file) {
    try {
      checkSize(file, LIMITS.key);
      await this.add({ bytes: await bytesOf(file) }, file.name);
    } catch (error) {
      complain($('key-text'), $('key-error'), error.message);
    }
  }

  async takeField() {
    const field = $('key-text');
    const text = field.value.trim();
    if (text === '') {
      complain(field, $('key-error'), 'paste a key here, or open a key file');
      field.focus();
    } else if (await this.add({ text }, 'pasted key')) {
      // A secret does not stay where it can be seen or copied.
      field.value = '';
    }
  }

  /** A new random key of this browser. */
  fresh() {
    return this.add({ fresh: crypto.getRandomValues(new Uint8Array(32)) }, 'fresh, drawn here');
  }

  async remove(id) {
    this.state.set({ keys: this.state.keys.filter(key => key.id !== id) });
    await this.client.ask('removeKey', { key: id });
    $('key-open').focus();
  }

  async saveFile(id) {
    const text = await this.client.ask('keyText', { key: id });
    save(new Blob([`${text}\n`], { type: 'application/octet-stream' }), `${id}.key`);
  }

  list() {
    const items = this.state.keys.map(({ id, label, isFresh }) =>
      el(
        'li',
        { class: 'key-item' },
        el('code', {}, id),
        isFresh ? el('button', { type: 'button', class: 'small', 'aria-label': `Save key ${id} as a file`, onclick: () => this.saveFile(id).catch(() => {}) }, 'Save') : '',
        el('button', { type: 'button', class: 'small', 'aria-label': `Remove key ${id}`, onclick: () => this.remove(id).catch(() => {}) }, 'Remove'),
        el('span', { class: 'faint' }, label),
      ),
    );
    $('key-list').replaceChildren(...items);
    $('key-demo').disabled = this.state.keys.some(key => key.source.isDemo);
  }
}
