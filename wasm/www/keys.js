// The panel of keys: added from a file, a field, or the public demonstration key; listed by id;
// removed.

import { $, complain, el } from './dom.js';
import { LIMITS, acceptFiles, bytesOf, checkSize, save } from './files.js';
import { keyOf } from './profiles.js';

export class KeyPanel {
  constructor(state, client) {
    this.state = state;
    this.client = client;
    acceptFiles({ button: $('key-open'), input: $('key-file'), take: files => this.takeFiles(files) });
    $('key-add').addEventListener('click', () => this.takeField());
    $('key-text').addEventListener('keydown', event => {
      if (event.key === 'Enter') this.takeField();
    });
    $('key-text').addEventListener('input', () => complain($('key-text'), $('key-error')));
    $('key-demo').addEventListener('click', () => this.add({ isDemo: true }, 'public demonstration key: everybody has it'));
    state.addEventListener('change', ({ detail }) => (detail.includes('keys') || detail.includes('profiles')) && this.list());
  }

  /** Adds a key; its id if it is there now. */
  async add(source, label) {
    const [id] = await this.addAll([{ source, label }]);
    return id ?? null;
  }

  async takeFiles(files) {
    const [found, refused] = [[], []];
    for (const file of files) {
      try {
        checkSize(file, LIMITS.key);
        found.push({ source: { bytes: await bytesOf(file) }, label: file.name });
      } catch (error) {
        refused.push(error.message);
      }
    }
    await this.addAll(found, refused);
  }

  /** Adds keys that come together; the ids of those that are there now. While a profile waits for its key, a key that is none is refused. */
  async addAll(given, refused = []) {
    complain($('key-text'), $('key-error'));
    const { keys, profiles } = this.state;
    const found = [];
    for (const { source, label } of given) {
      try {
        found.push({ ...(await this.client.ask('addKey', source)), source, label });
      } catch (error) {
        refused.push(`${label}: ${error.message}`);
      }
    }
    const fitting = profile => found.find(({ fits }) => fits.includes(profile.name))?.id;
    const matched = profiles.map(profile => ({ ...profile, key: profile.key ?? fitting(profile) ?? null }));
    const waiting = matched.find(({ key }) => key === null);
    const isKnown = id => keys.some(key => key.id === id);
    // The keys that are made here are asked for by name, and are no mistake.
    const isRefused = ({ id, fits, source }) => waiting && fits.length === 0 && !isKnown(id) && !source.isDemo && !source.fresh;
    for (const { id, label } of found.filter(isRefused)) {
      refused.push(`${label}: this key, ${id}, is not the one that the profile ${waiting.name} needs: ${keyOf(waiting)}`);
      await this.client.ask('removeKey', { key: id });
    }
    const taken = found.filter(key => !isRefused(key));
    const added = taken.filter(({ id }, at) => !isKnown(id) && taken.findIndex(key => key.id === id) === at);
    const again = taken.filter(key => !added.includes(key));
    $('key-note').textContent = [
      ...added.map(({ id, label }) => `Added the key ${id} (${label}).`),
      ...again.map(({ id, label }) => `The key ${id} (${label}) is here already.`),
    ].join(' ');
    if (added.length > 0) {
      const listed = added.map(({ id, label, source }) => ({ id, label, source, isFresh: 'fresh' in source }));
      this.state.set({ keys: [...this.state.keys, ...listed], profiles: matched });
    }
    if (refused.length > 0) complain($('key-text'), $('key-error'), refused.join('; '));
    return taken.map(({ id }) => id);
  }

  async takeField() {
    const field = $('key-text');
    const text = field.value;
    if (text.trim() === '') {
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
    const profiles = this.state.profiles.map(profile => (profile.key === id ? { ...profile, key: null } : profile));
    this.state.set({ keys: this.state.keys.filter(key => key.id !== id), profiles });
    $('key-note').textContent = `Removed the key ${id}.`;
    $('key-open').focus();
    await this.client.ask('removeKey', { key: id });
  }

  async saveFile(id) {
    const text = await this.client.ask('keyText', { key: id });
    save(new Blob([`${text}\n`], { type: 'application/octet-stream' }), `${id}.key`);
  }

  list() {
    const { keys, profiles } = this.state;
    const items = keys.map(({ id, label, isFresh }) =>
      el(
        'li',
        { class: 'key-item' },
        el('code', {}, id),
        isFresh ? el('button', { type: 'button', class: 'small', 'aria-label': `Save key ${id} as a file`, onclick: () => this.saveFile(id).catch(() => {}) }, 'Save') : '',
        el('button', { type: 'button', class: 'small', 'aria-label': `Remove key ${id}`, onclick: () => this.remove(id).catch(() => {}) }, 'Remove'),
        el('span', { class: 'faint' }, [label, ...profiles.filter(({ key }) => key === id).map(({ name }) => `of the profile ${name}`)].join(', ')),
      ),
    );
    $('key-list').replaceChildren(...items);
  }
}
