// The panel of profiles: which key, scheme and tokenizer belong together. A profile waits for its
// key and its tokenizer, and refuses others.

import { $, complain, el } from './dom.js';
import { LIMITS, acceptFiles, bytesOf, checkSize } from './files.js';

export class ProfilePanel {
  constructor(state, client) {
    Object.assign(this, { state, client });
    acceptFiles({ button: $('profile-open'), input: $('profile-file'), take: files => this.takeFiles(files) });
    state.addEventListener('change', ({ detail }) => {
      if (['profiles', 'keys', 'tokenizers'].some(name => detail.includes(name))) this.list();
    });
  }

  async takeFiles(files) {
    complain($('profile-open'), $('profile-error'));
    const refused = [];
    for (const file of files) {
      try {
        checkSize(file, LIMITS.profile);
        await this.#add({ bytes: await bytesOf(file) });
      } catch (error) {
        refused.push(error.message.startsWith(file.name) ? error.message : `${file.name}: ${error.message}`);
      }
    }
    if (refused.length > 0) complain($('profile-open'), $('profile-error'), refused.join('; '));
  }

  /** Takes the profiles that this browser kept; what cannot be read any more is said. */
  async recall(kept) {
    for (const json of kept) {
      try {
        await this.#add({ json });
      } catch (error) {
        complain($('profile-open'), $('profile-error'), `a profile that this browser kept cannot be read: ${error.message}`);
      }
    }
  }

  async #add(source) {
    const profile = await this.client.ask('addProfile', source);
    const others = this.state.profiles.filter(({ name }) => name !== profile.name);
    this.state.set({ profiles: [...others, profile] });
  }

  async remove(name) {
    this.state.set({ profiles: this.state.profiles.filter(profile => profile.name !== name) });
    $('profile-open').focus();
    await this.client.ask('removeProfile', { name });
  }

  list() {
    const { profiles, bareKeys } = this.state;
    $('profile-list').replaceChildren(...profiles.map(profile => this.#item(profile)));
    // A profile says which scheme and tokenizer: what is chosen by hand is for other keys.
    for (const id of ['mark-by-hand', 'mark-hint']) $(id).hidden = profiles.length > 0 && bareKeys.length === 0;
    $('mark-by-profile').hidden = profiles.length === 0;
    $('mark-by-profile').textContent =
      bareKeys.length === 0 ? 'The profile says which scheme and tokenizer.' : 'A profile brings its own. These are for the keys without a profile.';
  }

  #item(profile) {
    const { name, scheme, tokenizer } = profile;
    const line = (isHere, text) => el('span', { class: isHere ? 'faint' : 'waits' }, text);
    return el(
      'li',
      { class: 'key-item' },
      el('strong', {}, name),
      el('button', { type: 'button', class: 'small', 'aria-label': `Remove profile ${name}`, onclick: () => this.remove(name).catch(() => {}) }, 'Remove'),
      line(true, scheme),
      line(profile.key, profile.key ? `its key: ${keyOf(profile)}` : `waits for its key: ${keyOf(profile)}`),
      line(this.state.tokenizerOf(profile), `${this.state.tokenizerOf(profile) ? 'its' : 'waits for its'} tokenizer: ${tokenizer.name} · ${tokenizer.fingerprint}`),
    );
  }
}

/** Names the key of a profile. */
export const keyOf = ({ keyId, subkey }) => (subkey === null ? keyId : `sub-key “${subkey}”, ${keyId}`);
