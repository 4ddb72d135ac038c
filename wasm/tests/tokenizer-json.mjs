// A small byte-level BPE, made here: the 256 bytes, and some merges; as a tokenizer.json and as a GGUF.

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

const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const string = (text) => Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text)]);
const strings = (list) => Buffer.concat([u32(9), u32(8), u64(list.length), ...list.map(string)]);

/** The header of a GGUF model with the tokenizer of a tokenizer.json. The tensors, which would follow, are not there. */
export function gguf({ model }, { name = "Little", pre = "gpt-2" } = {}) {
  const vocabulary = Object.entries(model.vocab).sort(([, a], [, b]) => a - b).map(([token]) => token);
  const entries = {
    "general.name": Buffer.concat([u32(8), string(name)]),
    "tokenizer.ggml.model": Buffer.concat([u32(8), string("gpt2")]),
    "tokenizer.ggml.pre": Buffer.concat([u32(8), string(pre)]),
    "tokenizer.ggml.tokens": strings(vocabulary),
    "tokenizer.ggml.token_type": Buffer.concat([u32(9), u32(5), u64(vocabulary.length), ...vocabulary.map(() => u32(1))]),
    "tokenizer.ggml.merges": strings(model.merges),
  };
  const written = Object.entries(entries).map(([key, value]) => Buffer.concat([string(key), value]));
  return Buffer.concat([Buffer.from("GGUF"), u32(3), u64(0), u64(written.length), ...written]);
}
