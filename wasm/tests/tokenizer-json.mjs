// A small byte-level BPE, made here: the 256 bytes, and some merges.

/** The letter that a byte-level vocabulary writes a byte as: the byte's own where it can be seen, else one from U+0100 on. */
const LETTERS = (() => {
  const seen = (byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(seen(byte) ? byte : next++));
})();

const spelling = (text) => [...new TextEncoder().encode(text)].map((byte) => LETTERS[byte]).join("");

/** Pairs of pieces, in order of preference; ids from 256 on are theirs. */
const MERGES = [["t", "h"], ["th", "e"], [" ", "the"], ["i", "n"], ["e", "r"], [" ", "a"]];

/** What a tokenizer.json of it holds. Without merges its ids are bytes. */
export function bpe(pairs = MERGES) {
  const merges = pairs.map((pair) => pair.map(spelling));
  const tokens = [...LETTERS, ...merges.map((pair) => pair.join(""))];
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map((pair) => pair.join(" ")),
    },
  };
}

/** As the bytes of a file. */
export const bytesOf = (json) => new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json));
