// What the page was asked, for both views. In memory alone: keys must not outlive the page.

export class State extends EventTarget {
  /** [{ id, label, source, isFresh }]; `source` is what the worker made the key from, to make it again after a restart. */
  keys = [];
  /** [{ id, name, fingerprint, vocabSize, blob }]; the demo's has the id `demo` and no blob. */
  tokenizers = [];
  tokenizer = 'demo';
  scheme = 'gm1:green,h=1,gamma=64/256';
  alpha = 1e-6;
  search = true;
  normalise = true;

  /** What the worker is asked with. */
  config() {
    const { tokenizer, scheme, alpha, search, normalise } = this;
    return { keys: this.keys.map(key => key.id), tokenizer, scheme, alpha, search, normalise };
  }

  /** Takes over the given members and tells who listens. */
  set(changes) {
    Object.assign(this, changes);
    this.dispatchEvent(new CustomEvent('change', { detail: Object.keys(changes) }));
  }
}
