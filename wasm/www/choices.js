// What the reader chose, kept in this browser: the tokenizer, the scheme, and the profiles, which
// are public. Keys and texts are never kept.

const NAME = 'greenmark';

/** `{ tokenizer: { id, name } or null, scheme, profiles: [text of its file] }`, as far as it is there. */
export function recall() {
  try {
    const { tokenizer = null, scheme = null, profiles = [] } = JSON.parse(localStorage.getItem(NAME)) ?? {};
    return { tokenizer, scheme, profiles: Array.isArray(profiles) ? profiles : [] };
  } catch {
    // No store, as in some private windows, or nothing of ours in it.
    return { tokenizer: null, scheme: null, profiles: [] };
  }
}

export function keep({ tokenizer, tokenizers, scheme, profiles }) {
  const chosen = tokenizers.find(({ id }) => id === tokenizer);
  const choices = { tokenizer: chosen ? { id: chosen.id, name: chosen.name } : null, scheme, profiles: profiles.map(({ json }) => json) };
  try {
    localStorage.setItem(NAME, JSON.stringify(choices));
  } catch {
    // As above: the page works all the same.
  }
}
