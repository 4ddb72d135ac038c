// Nothing of a key is shown, quoted or left.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import greenmark, { demoModel, memory } from "./package.mjs";

const { Detector, Embedder, Key, StreamDetector, Tokenizer } = greenmark;
const secret = Buffer.from(Uint8Array.from({ length: 32 }, (_, at) => (at * 89 + 41) % 251));
const hex = secret.toString("hex");

/** Whether any six bytes of the secret in a row, or eight of its digits, stand in it. */
function shows(text) {
  const runs = (whole, length) => Array.from({ length: whole.length - length + 1 }, (_, at) => whole.slice(at, at + length));
  const numbers = Array.from(secret).map(String);
  return runs(hex, 8).some((run) => text.includes(run)) || runs(numbers, 6).some((run) => text.includes(run.join(", ")));
}

/** Where in the module's memory the bytes stand, above the stack, which is its first MiB. */
function onHeap(bytes) {
  const found = [];
  const all = Buffer.from(memory.buffer);
  for (let at = all.indexOf(bytes, 1 << 20); at >= 0; at = all.indexOf(bytes, at + 1)) found.push(at);
  return found;
}

test("printing an object shows nothing", () => {
  const key = Key.fromBytes(secret);
  const all = [key, new Detector({ keys: [key] }), new StreamDetector({ keys: [key] }), new Embedder(key)];
  for (const object of all) {
    const views = [inspect(object, { depth: 9, showHidden: true }), JSON.stringify(object), String(object)];
    for (const view of views) assert.ok(!shows(view), object.constructor.name);
  }
  assert.ok(shows(key.toText()), "the search finds a secret where one stands");
});

test("no error quotes a key", () => {
  const key = Key.fromBytes(secret);
  const text = key.toText();
  const wrong = [
    text + "\n",
    text.slice(0, -1),
    text.slice(4),
    text.toUpperCase(),
    "gmk1" + text.slice(4).toUpperCase(),
    text.slice(0, -1) + (text.endsWith("0") ? "1" : "0"),
    text.slice(0, 40) + "x" + text.slice(41),
    text.slice(0, 40) + "\ud800" + text.slice(41),
  ];
  const calls = wrong.flatMap((form) => [
    () => Key.parse(form),
    () => Key.parseFile(new TextEncoder().encode(form + "\n")),
    () => new Detector({ keys: [form] }),
    () => new Detector({ keys: form }),
    () => new Embedder(form),
    () => greenmark.writeDemo(demoModel, form, { prompt: "a" }),
  ]);
  calls.push(() => Key.fromBytes(secret.subarray(1)), () => Key.fromBytes(hex), () => new Detector({ keys: [secret] }));
  for (const call of calls) {
    assert.throws(call, (error) => {
      assert.ok(error instanceof Error && !(error instanceof WebAssembly.RuntimeError), String(call));
      assert.ok(!shows(inspect(error, { depth: 9 })), error.message);
      return true;
    });
  }
});

test("free leaves no copy on the heap", () => {
  // The other tests' keys are still there.
  const fresh = Buffer.from(secret).reverse();
  const key = Key.fromBytes(fresh);
  assert.equal(onHeap(fresh).length, 1);
  const text = key.toText();
  const all = [key, key.clone(), Key.parse(text), Key.parseFile(Buffer.from(text + "\r\n"))];
  const detector = new Detector({ keys: all, tokenizer: Tokenizer.demo() });
  detector.detect("Once upon a time there was a lighthouse.");
  const stream = new StreamDetector({ keys: all });
  const embedder = new Embedder(key);
  embedder.bias(new Float32Array(100), [1]);
  [...all, detector, stream, embedder].forEach((object) => object.free());
  assert.deepEqual(onHeap(fresh), []);
  assert.deepEqual(onHeap(Buffer.from(Buffer.from(fresh).toString("hex"))), []);
});
