// Tokenizers. SPEC §9.
import assert from "node:assert/strict";
import { test } from "node:test";
import greenmark from "./package.mjs";
import { bpe, bytesOf, gguf } from "./tokenizer-json.mjs";

const { Tokenizer } = greenmark;
const demo = Tokenizer.demo();
const small = Tokenizer.fromJson(bytesOf(bpe()), "small.json");

const TEXTS = [
  "",
  "word",
  "Once upon a time, the other day.",
  "emoji 😀 and 👩‍👧, in the rain",
  "e\u0301 is é, and u\u0308\u0323 two marks",
  "naïve Привет 你好 مرحبا नमस्ते",
  "\ufeff\r\n\ttabs\u00a0and\u200bnothing \ufffd",
  "𝔘𝔫𝔦 𐍈 \u{10ffff}",
];

test("the demo model's tokenizer is in the package", () => {
  assert.equal(demo.name, "demo");
  assert.match(demo.fingerprint, /^[0-9a-f]{16}$/);
  assert.equal(demo.vocabSize, 5897);
  assert.equal(Tokenizer.demo().fingerprint, demo.fingerprint);
});

test("a tokenizer.json gives the ids that its merges give", () => {
  assert.equal(small.name, "small.json");
  assert.equal(small.vocabSize, 262);
  const [space, e, o, r] = [..." eor"].map((letter) => letter.charCodeAt(0));
  const [the, spaceThe, a] = [257, 258, 261];
  // "the" comes before "er".
  assert.deepEqual([...small.encode(" the other")], [spaceThe, space, o, the, r]);
  assert.deepEqual([...small.encode("e r a")], [e, space, r, a]);
  assert.deepEqual([...small.encode("é")], [0xc3, 0xa9]);
});

test("name and fingerprint: the name is given, the fingerprint is of what it does", () => {
  const again = Tokenizer.fromJson(bytesOf(bpe()), "another name");
  assert.equal(again.name, "another name");
  assert.equal(again.fingerprint, small.fingerprint);
  const fewer = bpe();
  fewer.model.merges.pop();
  assert.notEqual(Tokenizer.fromJson(bytesOf(fewer), "small.json").fingerprint, small.fingerprint);
});

for (const tokenizer of [demo, small]) {
  test(`${tokenizer.name}: offsets cut the string as the tokens do`, () => {
    for (const text of TEXTS) {
      const { ids, starts, ends } = tokenizer.encodeWithOffsets(text);
      assert.ok([ids, starts, ends].every((list) => list instanceof Uint32Array && list.length === ids.length));
      assert.deepEqual(ids, tokenizer.encode(text));
      assert.equal(tokenizer.decode(ids), text);
      let reached = 0;
      for (let at = 0; at < ids.length; at += 1) {
        const piece = text.slice(starts[at], ends[at]);
        const label = `${JSON.stringify(text)}, token ${at}`;
        assert.ok(starts[at] <= reached && ends[at] >= reached && ends[at] > starts[at], `no gap at ${label}`);
        assert.ok(piece.isWellFormed(), `no half character at ${label}`);
        // A token of whole characters is what stands at its place; a part of one stands at the whole.
        const alone = tokenizer.decode(ids.subarray(at, at + 1));
        if (!alone.includes("\ufffd")) assert.equal(piece, alone, label);
        reached = ends[at];
      }
      assert.equal(reached, text.length, JSON.stringify(text));
    }
  });
}

test("a token's offset counts UTF-16", () => {
  const { starts, ends } = small.encodeWithOffsets("a😀e\u0301b");
  assert.deepEqual([...starts], [0, 1, 1, 1, 1, 3, 4, 4, 5]);
  assert.deepEqual([...ends], [1, 3, 3, 3, 3, 4, 5, 5, 6]);
});

test("half a surrogate pair is refused, and its place named", () => {
  for (const [text, place] of [["\ud800abc", 0], ["ab\udc00c", 2], ["😀\ufffd\ud83d", 3], ["\udc00\ud800", 0]]) {
    const message = new RegExp(`half a surrogate pair at UTF-16 offset ${place} `);
    assert.throws(() => demo.encode(text), message);
    assert.throws(() => demo.encodeWithOffsets(text), message);
  }
  assert.equal(demo.decode(demo.encode("a\ufffdb")), "a\ufffdb", "the replacement character is a character");
});

test("what the package does not have is named", () => {
  const refused = (change, message) => {
    const json = bpe();
    change(json);
    assert.throws(() => Tokenizer.fromJson(bytesOf(json), "other.json"), (error) => {
      assert.match(error.message, /other\.json/);
      assert.match(error.message, message);
      return true;
    });
  };
  refused((json) => (json.model.dropout = 0.1), /dropout/);
  refused((json) => (json.pre_tokenizer = { type: "Magic" }), /`Magic` pre-tokenizer/);
  refused((json) => (json.normalizer = { type: "Magic" }), /`Magic` normalizer/);
  refused((json) => (json.model = { type: "WordPiece", unk_token: "a", vocab: { a: 0 } }), /WordPiece/);
  refused((json) => (json.model = { type: "Unigram", unk_id: 0, vocab: [["a", -1]] }), /Unigram/);
  const lookbehind = { type: "Split", pattern: { Regex: "(?<=x)y+" }, behavior: "Isolated", invert: false };
  refused((json) => (json.pre_tokenizer = { type: "Sequence", pretokenizers: [lookbehind, json.pre_tokenizer] }), /`Split` pattern/);
  refused((json) => (json.model.vocab.twice = 5), /id 5 is both/);
  refused((json) => (json.model.vocab.far = 2 ** 32 - 1), /4294967295 is out of range/);
  refused((json) => json.model.merges.push("q zz"), /`zz`/);
  refused((json) => delete json.model, /no `model\.vocab`/);
});

test("what is no tokenizer.json is named", () => {
  const refused = (file, message) => assert.throws(() => Tokenizer.fromJson(file, "f"), message);
  refused(new Uint8Array(0), /the file is empty/);
  refused(bytesOf("hello"), /neither a tokenizer\.json/);
  refused(Uint8Array.of(0xff, 0xfe, 0x7b), /neither a tokenizer\.json/);
  refused(bytesOf("GGUF\x03\0\0\0\x10"), /a GGUF file, which `fromGguf` reads/);
  refused(bytesOf(JSON.stringify(bpe()).slice(0, 500)), /not JSON: EOF .* line 1 column/);
  refused(bytesOf('{"a":'.repeat(100_000)), /not JSON: recursion limit/);
  refused(bytesOf("{}"), /no `model\.vocab`/);
  refused(JSON.stringify(bpe()), /file: a Uint8Array is needed/);
  assert.throws(() => Tokenizer.fromJson(bytesOf(bpe())), /name: a string is needed/);
});

test("arguments of another type are refused", () => {
  for (const wrong of [5, null, undefined, ["a"]]) {
    assert.throws(() => demo.encode(wrong), /text: a string is needed/);
    assert.throws(() => demo.encodeWithOffsets(wrong), /text: a string is needed/);
  }
  assert.throws(() => demo.decode("abc"), /ids: a Uint32Array or an array of numbers is needed/);
  assert.throws(() => demo.decode([1, -1]), /ids\[1\] is -1, not a whole number/);
});

test("ids that are no token's decode to nothing", () => assert.equal(demo.decode([2 ** 32 - 1, demo.vocabSize]), ""));

test("a clone is freed on its own", () => {
  const first = Tokenizer.demo();
  const clone = first.clone();
  first.free();
  assert.throws(() => first.name, Error);
  assert.deepEqual(clone.encode("a word"), demo.encode("a word"));
  const detector = new greenmark.Detector({ keys: [greenmark.Key.fromBytes(new Uint8Array(32))], tokenizer: clone });
  clone.free();
  assert.equal(detector.evidence("a word").tokenizer.fingerprint, demo.fingerprint);
});

test("a GGUF gives the ids and the fingerprint of its tokenizer.json, once its first bytes hold it", () => {
  const file = gguf(bpe());
  const tokenizer = Tokenizer.fromGguf(file, "little.gguf");
  assert.deepEqual([tokenizer.name, tokenizer.fingerprint, tokenizer.vocabSize], ["Little", small.fingerprint, small.vocabSize]);
  for (const text of TEXTS) assert.deepEqual(tokenizer.encode(text), small.encode(text), text);
  // What follows it does not matter, and what is missing is asked for.
  assert.equal(Tokenizer.fromGguf(Buffer.concat([file, Buffer.alloc(1000, 7)]), "x").fingerprint, small.fingerprint);
  for (let length = 0; length < file.length; length += 211) {
    if (length === 0) continue;
    assert.equal(Tokenizer.fromGguf(file.subarray(0, length), "x"), undefined, `${length} of ${file.length} bytes`);
  }
});

test("a GGUF that is damaged or not known is refused by name", () => {
  const refused = (bytes, pattern) => assert.throws(() => Tokenizer.fromGguf(bytes, "x.gguf"), pattern);
  refused(gguf(bpe(), { pre: "unheard" }), /tokenizer of x\.gguf: .*unheard/);
  refused(bytesOf("{}, and no more"), /x\.gguf: the header cannot be read: it does not begin with `GGUF`/);
  const file = gguf(bpe());
  file[4] = 9;
  refused(file, /x\.gguf: the header cannot be read: version 9 is not known/);
  // A length that the file states is not believed.
  const huge = Buffer.concat([gguf(bpe()).subarray(0, 24), Buffer.alloc(8, 0xff)]);
  assert.equal(Tokenizer.fromGguf(huge, "x.gguf"), undefined);
  assert.throws(() => Tokenizer.fromJson(gguf(bpe()), "x.gguf"), /a GGUF file, which `fromGguf` reads/);
});
