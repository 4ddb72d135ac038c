// The demo model.
import assert from "node:assert/strict";
import { test } from "node:test";
import greenmark, { demoModel, GREEN, GUMBEL, keyOf, write } from "./package.mjs";

const { detect, Tokenizer, writeDemo } = greenmark;
const key = keyOf(7);
const tokenizer = Tokenizer.demo();
const prompt = "Once upon a time";

test("a seed gives a text, and another seed another", () => {
  assert.deepEqual(write(key), write(key));
  assert.notEqual(write(key, { seed: 2 }).text, write(key).text);
  assert.notEqual(write(keyOf(8)).text, write(key).text);
  assert.notEqual(write(null).text, write(key).text);
});

test("the defaults are those that are documented", () => {
  const plain = writeDemo(demoModel, key, { prompt });
  assert.deepEqual(plain, writeDemo(demoModel, key, { prompt, tokens: 200, temperature: 1, seed: 0, scheme: GREEN, delta: 2, ignoreEnd: false }));
});

test("what was written comes with its tokens", () => {
  const { text, ids, starts, ends } = write(key);
  assert.deepEqual({ ids, starts, ends }, tokenizer.encodeWithOffsets(text));
  assert.ok(ids.length > 150);
});

test("with a key it is marked, without one it is not", () => {
  for (const scheme of [GREEN, GUMBEL]) {
    const found = (text) => detect(text, { keys: [key], scheme, tokenizer }).evidence.detected;
    assert.equal(found(write(key, { scheme }).text), true, scheme);
    for (const none of [null, undefined]) assert.equal(found(write(none, { scheme }).text), false, scheme);
    assert.equal(found(write(keyOf(8), { scheme }).text), false, scheme);
  }
});

test("strength, temperature and length do what they say", () => {
  const lnP = (options) => detect(write(key, options).text, { keys: [key], tokenizer }).evidence.unpaid_ln_p;
  assert.ok(lnP({ delta: 4 }) < lnP({ delta: 1 }));
  assert.equal(write(key, { delta: 0 }).text, write(null).text);
  assert.equal(write(null, { temperature: 0, seed: 1 }).text, write(null, { temperature: 0, seed: 2 }).text);
  assert.equal(write(key, { tokens: 0 }).text, "");
  assert.ok(write(key, { tokens: 20 }).ids.length <= 25);
});

test("a text ends where the model ends it, unless it is to go on", () => {
  const lengths = Array.from({ length: 8 }, (_, seed) => write(null, { seed, tokens: 1000, ignoreEnd: false }).ids.length);
  assert.ok(lengths.some((length) => length < 900), String(lengths));
  assert.ok(write(null, { tokens: 1000 }).ids.length > 900);
});

test("options are checked", () => {
  const refused = (options, message) => assert.throws(() => writeDemo(demoModel, key, options), message);
  for (const wrong of [undefined, null, 5, "a"]) refused(wrong, /options: an object is needed/);
  for (const wrong of [undefined, 5, null]) refused({ prompt: wrong }, /options\.prompt: a string is needed/);
  refused({ prompt: "" }, /the prompt is empty/);
  refused({ prompt: "a\ud800" }, /half a surrogate pair at UTF-16 offset 1/);
  for (const wrong of [1.5, -1, 10_001, NaN]) refused({ prompt, tokens: wrong }, /options\.tokens is .*, not a whole number from 0 to 10000/);
  for (const wrong of [-1, 0.5, 2 ** 53]) refused({ prompt, seed: wrong }, /options\.seed is .*, not a whole number/);
  for (const wrong of [-1, 1e-4, 1e4, NaN, Infinity]) refused({ prompt, temperature: wrong }, /temperature is/);
  for (const wrong of [-1, NaN, Infinity]) refused({ prompt, delta: wrong }, /delta is/);
  for (const option of ["tokens", "seed", "temperature", "delta"]) refused({ prompt, [option]: "1" }, new RegExp(`options\\.${option} is no number`));
  refused({ prompt, scheme: "gm2:x" }, /version 2 .*"gm1:"/);
  refused({ prompt, ignoreEnd: "yes" }, /options\.ignoreEnd is neither true nor false/);
  refused({ prompt, maxTokens: 5 }, /options\.maxTokens is no option \(there are: prompt, tokens, /);
});

test("key and model are checked", () => {
  const freed = keyOf(1);
  freed.free();
  for (const wrong of ["gmk1", 5, {}, tokenizer, freed]) assert.throws(() => writeDemo(demoModel, wrong, { prompt }), /key is no Key, or was freed/);
  for (const wrong of [undefined, "model", 5]) assert.throws(() => writeDemo(wrong, key, { prompt }), /model: a Uint8Array is needed/);
  assert.throws(() => writeDemo(new Uint8Array(0), key, { prompt }), /demo: /);
  assert.throws(() => writeDemo(demoModel.subarray(0, -9), key, { prompt }), /demo: ends too soon/);
  const damaged = Uint8Array.from(demoModel, (byte, at) => (at % 97 === 50 ? byte ^ 0x55 : byte));
  assert.throws(() => writeDemo(damaged, key, { prompt }), /demo: /);
});
