// What the page was asked, for both views. In memory alone: keys must not outlive the page.

export class State extends EventTarget {
  /** [{ id, label, source, isFresh }]; `source` is what the worker made the key from, to make it again after a restart. */
  keys = [];
  /**
   * [{ name, scheme, tokenizer: { name, fingerprint }, keyId, subkey, json, key }]; `key` is the id of the one of `keys` that the profile's key
   * comes from, null while there is none.
   */
  profiles = [];
  /** [{ id, name, fingerprint, vocabSize, blob }]; the demo's has the id `demo` and no blob. */
  tokenizers = [];
  /** The id of the one that the reader chose for keys without a profile. None is chosen for them. */
  tokenizer = null;
  scheme = 'gm1:green,h=1,gamma=64/256';
  alpha = 1e-6;
  search = true;
  normalise = true;

  /** The keys that no profile names. */
  get bareKeys() {
    const named = new Set(this.profiles.flatMap(({ key, keyId }) => [key, keyId]));
    return this.keys.filter(({ id }) => !named.has(id));
  }

  /** The tokenizer of a profile, if it is here. */
  tokenizerOf(profile) {
    return this.tokenizers.find(({ fingerprint }) => fingerprint === profile.tokenizer.fingerprint);
  }

  /** The tokenizers that a text is read with. */
  get tokenizersAsked() {
    const chosen = this.bareKeys.length > 0 ? this.tokenizers.filter(({ id }) => id === this.tokenizer) : [];
    return [...new Set([...this.profiles.flatMap(profile => this.tokenizerOf(profile) ?? []), ...chosen])];
  }

  /** What a text without a mark can be said of: that of `profiles`, of a tokenizer that was `chosen` by hand, or of the `demo` alone. */
  get reach() {
    if (this.tokenizersAsked.every(({ id }) => id === 'demo')) return 'demo';
    return this.bareKeys.length > 0 ? 'chosen' : 'profiles';
  }

  /** What the worker is asked with. `missing` says why a text cannot be read, if it cannot; token ids can all the same. */
  config() {
    const { tokenizer, scheme, alpha, search, normalise } = this;
    const profiles = this.profiles.map(profile => ({ name: profile.name, key: profile.key, tokenizer: this.tokenizerOf(profile)?.id ?? null }));
    const keys = this.bareKeys.map(({ id }) => id);
    return { profiles, keys, tokenizer: keys.length > 0 ? tokenizer : null, missing: this.#missing(), scheme, alpha, search, normalise };
  }

  #missing() {
    const profile = this.profiles.find(profile => !this.tokenizerOf(profile));
    if (profile) return `cannot say: the profile ${profile.name} needs its tokenizer, ${profile.tokenizer.name} with the fingerprint ${profile.tokenizer.fingerprint}`;
    return this.bareKeys.length > 0 && this.tokenizer === null ? 'cannot say: choose a tokenizer or a profile' : null;
  }

  /** Takes over the given members and tells who listens. */
  set(changes) {
    Object.assign(this, changes);
    this.dispatchEvent(new CustomEvent('change', { detail: Object.keys(changes) }));
  }
}
