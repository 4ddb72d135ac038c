// Marking what a model writes. SPEC §8.
import assert from "node:assert/strict";
import { test } from "node:test";
import greenmark, { GREEN, keyOf, random } from "./package.mjs";
import { draw, logitsAfter, softmax } from "./toy-model.mjs";

const { Detector, Embedder } = greenmark;
const key = keyOf(7);
const V = 500;
const flat = () => new Float32Array(V).fill(1);

/** The tokens whose logits were raised after `ids`. */
function greens(embedder, ids, logits = flat()) {
  const before = logits.slice();
  embedder.bias(logits, ids);
  return Array.from(logits.keys()).filter((token) => logits[token] !== before[token]);
}

/** `length` ids of the toy model, chosen by `next(logits, ids, number)`. */
function written(length, seed, next) {
  const number = random(seed);
  const ids = [];
  while (ids.length < length) ids.push(next(logitsAfter(ids, V), ids, number()));
  return ids;
}

test("bias adds delta to the green tokens, and nothing to others", () => {
  for (const delta of [undefined, 1, 0.5, 7]) {
    const logits = Float32Array.from({ length: V }, (_, token) => Math.sin(token) * 5);
    const before = logits.slice();
    new Embedder(key, delta === undefined ? {} : { delta }).bias(logits, [3, 5]);
    const raised = logits.filter((logit, token) => logit !== before[token]).length;
    assert.ok(raised > V / 8 && raised < V / 2, `${raised} of ${V} are green`);
    logits.forEach((logit, token) => assert.ok(logit === before[token] || logit === Math.fround(before[token] + (delta ?? 2))));
  }
});

test("green is what the detector calls green", () => {
  const detector = new Detector({ keys: [key] });
  const green = new Set(greens(new Embedder(key), [3, 5]));
  for (let token = 0; token < V; token += 1) {
    // Colours 2 and 3 are of counted tokens: red and green.
    assert.equal(detector.detectIds([3, 5, token]).shades[2], green.has(token) ? 3 : 2, String(token));
  }
});

test("nothing is biased where there is no context", () => {
  assert.deepEqual(greens(new Embedder(key), []), []);
  assert.deepEqual(greens(new Embedder(key, { scheme: "gm1:green,h=4,gamma=64/256" }), [1, 2, 3]), []);
  assert.ok(greens(new Embedder(key, { scheme: "gm1:green,h=0,gamma=64/256" }), []).length > 0);
  assert.deepEqual(greens(new Embedder(key, { delta: 0 }), [1]), []);
});

test("padded logits and none at all are biased as they are", () => {
  const few = greens(new Embedder(key), [3]);
  const many = greens(new Embedder(key), [3], new Float32Array(4 * V));
  assert.deepEqual(many.filter((token) => token < V), few);
  assert.deepEqual(greens(new Embedder(key), [3], new Float32Array(0)), []);
  const masked = new Float32Array(V).fill(-Infinity);
  assert.deepEqual(greens(new Embedder(key), [3], masked), []);
});

test("ids that go on, start again or shrink are as for a new embedder", () => {
  const texts = [[], [1], [1, 2], [1, 2, 3, 1], [1, 2, 3, 1, 2], [1, 2, 3], [9, 8], [9, 8, 9], [], [1, 2, 3, 1, 2]];
  for (const scheme of [GREEN, "gm1:green,h=2,gamma=128/256"]) {
    for (const skipRepeats of [false, true]) {
      const embedder = new Embedder(key, { scheme, skipRepeats });
      for (const ids of [...texts, ...texts.map((ids) => Uint32Array.from(ids))]) {
        assert.deepEqual(greens(embedder, ids), greens(new Embedder(key, { scheme, skipRepeats }), ids), `after ${ids}`);
      }
    }
  }
  const options = { scheme: "gm1:gumbel,h=1" };
  const embedder = new Embedder(key, options);
  for (const ids of texts) {
    const even = new Float32Array(V).fill(1 / V);
    assert.equal(embedder.choose(even, ids, 0.3), new Embedder(key, options).choose(even, ids, 0.3), `after ${ids}`);
  }
});

test("skipRepeats leaves a context alone that was used before", () => {
  const embedder = new Embedder(key, { skipRepeats: true });
  assert.ok(greens(embedder, [1, 2, 3]).length > 0);
  assert.deepEqual(greens(embedder, [1, 2, 1]), []);
  assert.ok(greens(new Embedder(key), [1, 2, 1]).length > 0);
});

test("a text written through bias is detected", () => {
  const embedder = new Embedder(key);
  const ids = written(300, 1, (logits, soFar, number) => {
    embedder.bias(logits, soFar);
    return draw(softmax(logits), number);
  });
  assert.equal(new Detector({ keys: [key] }).evidenceIds(ids).detected, true);
  assert.equal(new Detector({ keys: [keyOf(8)] }).evidenceIds(ids).detected, false);
  const plain = written(300, 1, (logits, _, number) => draw(softmax(logits), number));
  assert.equal(new Detector({ keys: [key] }).evidenceIds(plain).detected, false);
});

test("a text written through choose is detected, in both forms of gumbel", () => {
  for (const scheme of ["gm1:gumbel,h=2", "gm1:gumbel,h=2,dual"]) {
    const embedder = new Embedder(key, { scheme });
    assert.equal(embedder.chooses, true);
    const ids = written(200, 1, (logits, soFar, number) => embedder.choose(softmax(logits), soFar, number));
    assert.equal(new Detector({ keys: [key], scheme }).evidenceIds(ids).detected, true, scheme);
    assert.equal(new Detector({ keys: [keyOf(8)], scheme }).evidenceIds(ids).detected, false, scheme);
  }
});

test("each family leaves the other's part alone", () => {
  assert.deepEqual(greens(new Embedder(key, { scheme: "gm1:gumbel,h=1" }), [1]), []);
  const green = new Embedder(key);
  assert.equal(green.chooses, false);
  assert.deepEqual([0.1, 0.3, 0.9].map((uniform) => green.choose([0.2, 0.3, 0.5], [1], uniform)), [0, 1, 2]);
});

test("the mixing share says how often uniform decides which number is taken", () => {
  const chosen = (mixingShare, uniform) => {
    const embedder = new Embedder(key, { scheme: "gm1:gumbel,h=1,dual", mixingShare });
    return Array.from({ length: 50 }, (_, id) => embedder.choose(new Float32Array(V).fill(1 / V), [id], uniform)).join();
  };
  const [first, second] = [chosen(0, 0.5), chosen(1, 0.5)];
  assert.notEqual(first, second);
  assert.equal(new Set([first, second, chosen(0.5, 0.01), chosen(0.5, 0.99)]).size, 2);
});

test("what is no distribution is refused", () => {
  const embedder = new Embedder(key, { scheme: "gm1:gumbel,h=1" });
  const refused = (probabilities, message) => {
    for (const ids of [[], [1]]) assert.throws(() => embedder.choose(probabilities, ids, 0.5), message);
  };
  refused([], /add up to 0, not 1/);
  refused([0, 0], /add up to 0, not 1/);
  refused([0.5, 0.2], /add up to 0\.7/);
  refused([0.5, NaN, 0.5], /probability 1 is NaN/);
  refused([1.5, -0.5], /probability \d is/);
  refused([1, -1, 1], /probability 1 is -1/);
  refused(["1"], /probabilities\[0\] is no number/);
  for (const wrong of [null, undefined, "1", 1, new Uint8Array([1])]) refused(wrong, /probabilities: a Float32Array or an array of numbers/);
  for (const wrong of [1, -0.1, NaN, undefined, Infinity]) assert.throws(() => embedder.choose([1], [1], wrong), /the random number is/);
  assert.equal(embedder.choose([0, 1], [1], 0), 1, "and the embedder goes on");
});

test("arguments are checked, and the embedder goes on", () => {
  const embedder = new Embedder(key);
  for (const wrong of [[1, 2], new Float64Array(8), null, undefined, "logits"]) assert.throws(() => embedder.bias(wrong, [1]), /logits: a Float32Array is needed/);
  for (const wrong of [null, undefined, "12", 5]) assert.throws(() => embedder.bias(flat(), wrong), /ids: a Uint32Array or an array of numbers/);
  assert.throws(() => embedder.bias(flat(), [5n]), /ids\[0\] is no number \(convert a BigInt with Number\)/);
  assert.throws(() => embedder.bias(flat(), [-5]), /ids\[0\] is -5/);
  assert.ok(greens(embedder, [1]).length > 0);
});

test("a part of a larger buffer is biased, and the rest is not", () => {
  const buffer = new Float32Array(3 * V);
  const row = buffer.subarray(V, 2 * V);
  const green = greens(new Embedder(key), [4], row);
  assert.deepEqual(Array.from(buffer.keys()).filter((at) => buffer[at] !== 0), green.map((token) => token + V));
});

test("options are checked", () => {
  const refused = (options, message) => assert.throws(() => new Embedder(key, options), message);
  for (const wrong of [5, "gm1:gumbel,h=1", true]) refused(wrong, /options: an object is needed/);
  refused({ gamma: 0.5 }, /options\.gamma is no option \(there are: scheme, delta, mixingShare, skipRepeats\)/);
  refused({ scheme: 5 }, /options\.scheme is no string/);
  refused({ scheme: "gm2:green,h=1,gamma=64/256" }, /version 2 .*"gm1:"/);
  refused({ delta: "2" }, /options\.delta is no number/);
  for (const wrong of [-1, NaN, Infinity, 1e39]) refused({ delta: wrong }, /delta is .*, but must be a finite number of nats, 0 or above/);
  for (const wrong of [-0.1, 1.1, NaN]) refused({ mixingShare: wrong }, /the mixing share is .*, but must be a probability/);
  refused({ skipRepeats: 1 }, /options\.skipRepeats is neither true nor false/);
  for (const wrong of [undefined, null, {}, "gmk1"]) assert.throws(() => new Embedder(wrong), /key is no Key, or was freed/);
  for (const none of [undefined, null, {}]) assert.equal(new Embedder(key, none).chooses, false);
});
