// What was freed is used again: the module's memory, which never shrinks, stays where it is after a while.
import assert from "node:assert/strict";
import { test } from "node:test";
import greenmark, { demoModel, GREEN, GUMBEL, memory, write } from "./package.mjs";

const { Detector, Embedder, Key, StreamDetector, Tokenizer } = greenmark;
const secret = new Uint8Array(32).fill(7);

/** Bytes that the memory grew by in `rounds` more rounds, after as many as a plateau takes. */
function growth(rounds, first, round) {
  for (let n = 0; n < first; n += 1) round(n);
  const before = memory.buffer.byteLength;
  for (let n = 0; n < rounds; n += 1) round(n);
  return memory.buffer.byteLength - before;
}

test("2,000 texts by one detector", () => {
  const key = Key.fromBytes(secret);
  const detector = new Detector({ keys: [key], scheme: [GREEN, GUMBEL], tokenizer: Tokenizer.demo() });
  const texts = [0, 1, 2, 3, 4, 5, 6, 7].map((seed) => write(seed % 2 ? key : null, { seed }).text);
  assert.equal(growth(2000, 100, (n) => detector.detect(texts[n % texts.length])), 0);
  detector.free();
});

test("2,000 detectors, streams, embedders, keys and tokenizers, freed", () => {
  const shared = Tokenizer.demo();
  const round = () => {
    const key = Key.fromBytes(secret);
    const tokenizer = shared.clone();
    const all = [
      new Detector({ keys: [key], tokenizer }),
      new StreamDetector({ keys: [key], tokenizer }),
      new Embedder(key),
      Key.parse(key.toText()),
    ];
    all[0].detect("Once upon a time there was a lighthouse.");
    all[1].push("Once upon a time ");
    all[2].bias(new Float32Array(100), [1]);
    [...all, key, tokenizer].forEach((object) => object.free());
  };
  assert.equal(growth(2000, 100, round), 0);
});

test("2,000 refused calls", () => {
  const key = Key.fromBytes(secret);
  const detector = new Detector({ keys: [key], tokenizer: Tokenizer.demo() });
  const calls = [
    () => detector.detect("a\ud800b"),
    () => detector.detectIds([1, 2, -1]),
    () => Key.parse("gmk1"),
    () => new Detector({ keys: [key, {}] }),
    () => Tokenizer.fromJson(new TextEncoder().encode('{"model": {}}'), "name"),
    () => new Embedder(key).choose([0.5], [1], 0.5),
    () => greenmark.writeDemo(demoModel.subarray(0, 5000), key, { prompt: "a" }),
  ];
  const round = (n) => assert.throws(calls[n % calls.length], Error);
  assert.equal(growth(2000, 200, round), 0);
});
