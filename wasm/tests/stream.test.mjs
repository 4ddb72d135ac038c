// Detection of a text while it comes. SPEC §7.6.
import assert from "node:assert/strict";
import { test } from "node:test";
import greenmark, { GREEN, GUMBEL, keyOf, random, write } from "./package.mjs";

const { StreamDetector, Tokenizer } = greenmark;
const key = keyOf(7);
const tokenizer = Tokenizer.demo();
const options = { keys: [key], tokenizer };
const marked = write(key);
const spoken = `${marked.text} A 👩‍👧 and a 🦁, e\u0301: done. `;

/** All events, and the last evidence. */
function read(detector, pieces) {
  const seen = pieces.map((piece) => detector.push(piece));
  const end = detector.finish();
  return { events: [...seen, end].flatMap(({ event }) => event ?? []), seen, end };
}

/** A text cut anywhere, within characters too. */
function cut(text, seed) {
  const number = random(seed);
  const pieces = [];
  for (let at = 0; at < text.length; ) {
    const next = at + Math.floor(number() * 9);
    pieces.push(text.slice(at, next));
    at = next;
  }
  return pieces;
}

const whole = read(new StreamDetector(options), [spoken]);

test("a marked text is found before its end, and once", () => {
  const { events, seen, end } = read(new StreamDetector(options, "name"), [...spoken]);
  assert.deepEqual(events, ["detected", "end"]);
  const at = seen.findIndex(({ event }) => event === "detected");
  assert.ok(seen.slice(0, at).every(({ detected }) => !detected));
  assert.ok(seen.slice(at).every(({ detected }) => detected), "what was found stays found");
  assert.ok(at < spoken.length * 0.9);
  assert.deepEqual([end.id, end.scheme, end.key_id, end.alpha], ["name", GREEN, key.id, 1e-6]);
  assert.equal(end.tokens, tokenizer.encode(spoken).length);
  assert.ok(end.ln_p <= -end.ln_e);
});

test("an unmarked text is not found", () => {
  const { events, end } = read(new StreamDetector(options), cut(write(null).text, 1));
  assert.deepEqual(events, ["end"]);
  assert.equal(end.detected, false);
});

test("pieces cut anywhere are the text at once", () => {
  const bySingleUnits = Array.from({ length: spoken.length }, (_, at) => spoken[at]);
  assert.ok(bySingleUnits.some((unit) => !unit.isWellFormed()), "some cuts are within surrogate pairs");
  for (const pieces of [bySingleUnits, ...[1, 2, 3, 4, 5].map((seed) => cut(spoken, seed))]) {
    const found = read(new StreamDetector(options), pieces);
    assert.deepEqual(found.events, ["detected", "end"]);
    assert.deepEqual(found.end, whole.end);
  }
});

test("ids are the text", () => {
  const detector = new StreamDetector({ keys: [key] });
  const seen = Array.from(tokenizer.encode(spoken), (id) => detector.pushIds([id]));
  assert.equal(seen.filter(({ event }) => event === "detected").length, 1);
  assert.deepEqual({ ...detector.finish(), tokenizer: whole.end.tokenizer }, whole.end);
  assert.throws(() => detector.push("text"), /options\.tokenizer: a text needs one \(ids do not: pushIds\)/);
});

test("a detector takes another text after the end", () => {
  const detector = new StreamDetector(options);
  for (let round = 0; round < 3; round += 1) {
    assert.deepEqual(read(detector, cut(spoken, round)).end, whole.end);
    assert.equal(read(detector, ["Nothing ", "at all."]).end.detected, false);
  }
});

test("of several keys and schemes the one that leads is named", () => {
  const { text } = write(keyOf(9), { scheme: GUMBEL });
  const detector = new StreamDetector({ keys: [1, 9, 4].map(keyOf), scheme: [GREEN, GUMBEL], tokenizer });
  const { events, end } = read(detector, cut(text, 1));
  assert.deepEqual(events, ["detected", "end"]);
  assert.deepEqual([end.key_id, end.scheme], [keyOf(9).id, GUMBEL]);
});

test("alpha says when it is enough", () => {
  const found = (alpha) => read(new StreamDetector({ ...options, alpha }), [...marked.text]).seen.findIndex(({ event }) => event);
  const [strict, lax] = [found(1e-6), found(1e-2)];
  assert.ok(lax > 0 && lax < strict, `${lax}, ${strict}`);
});

test("nothing read is an answer", () => {
  const detector = new StreamDetector(options);
  const nothing = detector.push("");
  assert.deepEqual([nothing.tokens, nothing.ln_e, nothing.ln_p, nothing.detected], [0, 0, 0, false]);
  assert.ok(!("event" in nothing));
  assert.deepEqual(detector.finish(), { ...nothing, event: "end" });
});

test("half a surrogate pair is refused where no other half follows", () => {
  const detector = new StreamDetector(options);
  assert.throws(() => detector.push("a\udc00b"), /half a surrogate pair at UTF-16 offset 1 /);
  detector.push("a\ud83d");
  assert.throws(() => detector.push("b"), /half a surrogate pair at UTF-16 offset 0 /);
  detector.push("\ud83d");
  assert.throws(() => detector.finish(), /it ends with half a surrogate pair/);
  assert.equal(detector.finish().event, "end");
  assert.deepEqual(read(detector, [spoken]).end, whole.end, "and the detector goes on");
});

test("arguments are checked, and the detector goes on", () => {
  const detector = new StreamDetector(options);
  for (const wrong of [5, null, undefined, {}]) assert.throws(() => detector.push(wrong), /text: a string is needed/);
  assert.throws(() => detector.pushIds("abc"), /ids: a Uint32Array or an array of numbers is needed/);
  assert.throws(() => detector.pushIds([1n]), /ids\[0\] is no number/);
  assert.throws(() => new StreamDetector(options, 5), /id: a string is needed/);
  assert.deepEqual(read(detector, [spoken]).end, whole.end);
});
