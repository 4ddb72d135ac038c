// What throws while it is read is an error like any other: the object that it was given to works on.

import assert from "node:assert/strict";
import { test } from "node:test";
import greenmark, { GREEN, GUMBEL, keyOf } from "./package.mjs";

const { Detector, Embedder, StreamDetector, Tokenizer } = greenmark;

const ids = Uint32Array.from({ length: 40 }, (_, i) => (i * 31) % 97);

function detached(Type) {
  const view = new Type(8);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}
const throwing = Object.defineProperty([1, 2, 3], 1, {
  get() {
    throw new Error("mine");
  },
});
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
};
const endless = Object.assign([], { length: 4e9 });
const bad = [() => detached(Uint32Array), () => throwing, revoked, () => endless, () => new Uint32Array(33_600_000)];

test("a detector", () => {
  const detector = new Detector({ keys: [keyOf(1)] });
  const expected = detector.evidenceIds(ids);
  for (const make of bad) {
    assert.throws(() => detector.evidenceIds(make()), /^Error: ids: /);
    assert.deepEqual(detector.evidenceIds(ids), expected);
  }
  // A getter that asks the very detector that reads it.
  const entering = Object.defineProperty([1, 2], 0, { get: () => detector.evidenceIds(ids).tokens });
  assert.throws(() => detector.evidenceIds(entering), /^Error: ids: /);
  assert.deepEqual(detector.evidenceIds(ids), expected);
  detector.free();
});

test("a stream", () => {
  const stream = new StreamDetector({ keys: [keyOf(1)] });
  for (const make of bad) assert.throws(() => stream.pushIds(make()), /^Error: ids: /);
  assert.equal(stream.pushIds(ids).tokens, ids.length);
  stream.free();
});

test("an embedder", () => {
  for (const scheme of [GREEN, GUMBEL]) {
    const embedder = new Embedder(keyOf(1), { scheme });
    for (const make of bad) assert.throws(() => embedder.bias(new Float32Array(9), make()), /^Error: ids: /);
    assert.throws(() => embedder.bias(detached(Float32Array), ids), /^Error: logits: /);
    assert.throws(() => embedder.choose(detached(Float32Array), ids, 0.5), /^Error: probabilities: /);
    assert.throws(() => embedder.choose(throwing, ids, 0.5), /^Error: probabilities: /);
    assert.ok(embedder.choose([0.5, 0.5], ids, 0.5) < 2);
    embedder.bias(new Float32Array(9), ids);
    embedder.free();
  }
});

test("logits whose memory goes while the ids are read", () => {
  const embedder = new Embedder(keyOf(1));
  const logits = new Float32Array(8);
  const taking = Object.defineProperty([1], 0, { get: () => (logits.byteLength && structuredClone(logits.buffer, { transfer: [logits.buffer] }), 1) });
  assert.throws(() => embedder.bias(logits, taking), /^Error: logits: /);
  embedder.bias(new Float32Array(8), [1]);
  embedder.free();
});

test("options", () => {
  const options = { keys: [keyOf(1)], get alpha() { throw new Error("mine"); } };
  assert.throws(() => new Detector(options), /^Error: options\.alpha: cannot be read/);
  assert.throws(() => new Detector({ keys: revoked() }), /^Error: options\.keys: /);
  assert.throws(() => new Detector({ keys: [keyOf(1)], scheme: revoked() }), /^Error: options\.scheme: /);
  assert.throws(() => Tokenizer.fromJson(detached(Uint8Array), "x"), /^Error: /);
});
