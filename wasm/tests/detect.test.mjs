// Detection in whole texts. SPEC §7, §10.
import assert from "node:assert/strict";
import { test } from "node:test";
import greenmark, { GREEN, GUMBEL, keyOf, write } from "./package.mjs";

const { detect, Detector, Key, Tokenizer } = greenmark;
const key = keyOf(7);
const tokenizer = Tokenizer.demo();
const marked = write(key);
const unmarked = write(null);
const human = "It was a bright cold day in the village, and the clocks of both churches were striking thirteen. ";

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const count = (shades, shade) => shades.filter((found) => found === shade).length;

/** What must hold of any detection in a text. */
function coherent(text, { evidence, ids, starts, ends, shades, scores, places }) {
  assert.deepEqual(ids, tokenizer.encode(text));
  for (const list of [starts, ends, shades, scores]) assert.equal(list.length, ids.length);
  assert.ok(starts instanceof Uint32Array && ends instanceof Uint32Array && places instanceof Uint32Array);
  assert.ok(shades instanceof Uint8Array && scores instanceof Float64Array);
  // The shades are those of the evidence, unless the best look was at the normalised text.
  if (!evidence.normalised) {
    const [unscored, repeated, plain, favoured] = [0, 1, 2, 3].map((shade) => count(shades, shade));
    assert.equal(unscored + repeated + plain + favoured, evidence.tokens);
    assert.equal(repeated, evidence.repeated);
    assert.equal(plain + favoured, evidence.scored);
    if (evidence.green !== null) assert.equal(favoured, evidence.green);
    assert.ok(Math.abs(sum(scores) - evidence.score) <= 1e-9 * Math.max(1, evidence.score));
  }
  shades.forEach((shade, at) => assert.ok(shade >= 2 || scores[at] === 0));
  assert.equal(evidence.detected, evidence.ln_p <= Math.log(evidence.alpha));
  assert.equal(evidence.detected, evidence.verdict === "marked");
  assert.ok(evidence.ln_p <= 0 && evidence.unpaid_ln_p <= 0);
  assert.equal(places.length, 2 * evidence.spans.length);
  const points = [...text];
  evidence.spans.forEach((span, at) => {
    const place = text.slice(places[2 * at], places[2 * at + 1]);
    assert.equal(place, points.slice(span.text_start, span.text_end).join(""));
    if (!span.normalised) assert.ok(tokenizer.decode(ids.subarray(span.start, span.end)).trim().length > 0);
  });
}

test("a marked text is detected, with all members", () => {
  const found = detect(marked.text, { keys: [key], tokenizer });
  coherent(marked.text, found);
  const { evidence } = found;
  assert.deepEqual([evidence.test, evidence.verdict, evidence.profile], ["gm1", "marked", null]);
  assert.equal(evidence.id, "-");
  assert.equal(evidence.scheme, GREEN);
  assert.equal(evidence.key_id, key.id);
  assert.deepEqual(evidence.tokenizer, { name: "demo", fingerprint: tokenizer.fingerprint });
  assert.equal(evidence.alpha, 1e-6);
  assert.equal(evidence.gamma, 0.25);
  assert.equal(evidence.score, evidence.green);
  assert.equal(evidence.green_fraction, evidence.green / evidence.scored);
  assert.equal(evidence.mean_score, evidence.green_fraction);
  assert.ok(Math.abs(evidence.p_value - Math.exp(evidence.ln_p)) <= 1e-12 * evidence.p_value);
  const z = (evidence.green - evidence.scored / 4) / Math.sqrt((evidence.scored * 3) / 16);
  assert.ok(Math.abs(evidence.z_score - z) < 1e-9);
  assert.equal(evidence.looks, 1, "a text that normalising does not change is one look");
  assert.equal(evidence.normalised, false);
  assert.equal(evidence.detected, true);
  assert.ok(evidence.spans.length >= 1);
});

test("an unmarked text is not, and another key's neither", () => {
  for (const [text, other] of [[unmarked.text, key], [marked.text, keyOf(8)], [human.repeat(5), key]]) {
    const found = detect(text, { keys: [other], tokenizer });
    coherent(text, found);
    assert.equal(found.evidence.detected, false);
    assert.deepEqual(found.evidence.spans, []);
  }
});

test("gumbel has scores in place of greens", () => {
  const { text } = write(key, { scheme: GUMBEL });
  const found = detect(text, { keys: [key], tokenizer, scheme: GUMBEL });
  coherent(text, found);
  const { evidence } = found;
  assert.equal(evidence.detected, true);
  assert.deepEqual([evidence.green, evidence.gamma, evidence.green_fraction], [null, null, null]);
  assert.equal(evidence.mean_score, evidence.score / evidence.scored);
  assert.ok(evidence.spans.every((span) => span.green === null));
});

test("a marked passage is found where it stands", () => {
  const before = `Ein Löwe 🦁 steht da, e\u0301. ${human.repeat(4)}`;
  const text = `${before}${marked.text} ${human.repeat(4)}`;
  const found = detect(text, { keys: [key], tokenizer });
  coherent(text, found);
  assert.equal(found.evidence.detected, true);
  const [start, end] = [found.places[0], found.places.at(-1)];
  const near = 60;
  assert.ok(Math.abs(start - before.length) < near, `${start} for ${before.length}`);
  assert.ok(Math.abs(end - before.length - marked.text.length) < near, `${end}`);
  // Without a search the text is one.
  const whole = detect(text, { keys: [key], tokenizer, search: false }).evidence;
  assert.deepEqual(whole.spans, []);
  assert.equal(whole.unpaid_ln_p, found.evidence.unpaid_ln_p);
});

test("search: false tests the text as a whole", () => {
  const { evidence } = detect(marked.text, { keys: [key], tokenizer, search: false, normalise: false });
  assert.equal(evidence.looks, 1);
  assert.equal(evidence.ln_p, evidence.unpaid_ln_p);
});

test("segments, the former name of search, is still taken", () => {
  const options = { keys: [key], tokenizer };
  for (const search of [true, false]) {
    assert.deepEqual(detect(marked.text, { ...options, segments: search }), detect(marked.text, { ...options, search }));
  }
  assert.throws(() => new Detector({ ...options, segments: 1 }), /options\.segments is neither true nor false/);
  assert.throws(() => new Detector({ ...options, segments: true, search: true }), /options\.segments is the former name of options\.search: give one of them/);
});

test("of several keys and schemes the one that hit is named, and all are paid for", () => {
  const { text } = write(keyOf(9), { scheme: GUMBEL });
  const keys = [1, 2, 9, 4].map(keyOf);
  const { evidence } = detect(text, { keys, tokenizer, scheme: [GREEN, GUMBEL] });
  assert.deepEqual([evidence.key_id, evidence.scheme, evidence.looks, evidence.detected], [keyOf(9).id, GUMBEL, 8, true]);
  const alone = detect(text, { keys: [keyOf(9)], tokenizer, scheme: GUMBEL }).evidence;
  assert.ok(Math.abs(evidence.ln_p - alone.ln_p - Math.log(8)) < 1e-9);
  const twice = detect(text, { keys: [keyOf(9), keyOf(9)], tokenizer, scheme: [GUMBEL, GUMBEL] }).evidence;
  assert.equal(twice.looks, 1);
});

test("characters that nobody sees are taken away", () => {
  const hidden = [...marked.text].join("\u200b");
  const seen = detect(hidden, { keys: [key], tokenizer });
  coherent(hidden, seen);
  assert.deepEqual([seen.evidence.detected, seen.evidence.normalised, seen.evidence.looks], [true, true, 2]);
  assert.ok(seen.evidence.spans.every((span) => span.normalised));
  const blind = detect(hidden, { keys: [key], tokenizer, normalise: false });
  assert.deepEqual([blind.evidence.detected, blind.evidence.looks], [false, 1]);
});

test("ids need no tokenizer", () => {
  const detector = new Detector({ keys: [key] });
  const found = detector.detectIds(marked.ids, "from ids");
  assert.equal(found.evidence.id, "from ids");
  assert.equal(found.evidence.tokenizer, null);
  assert.deepEqual(found.ids, marked.ids);
  for (const list of [found.starts, found.ends, found.places]) assert.equal(list.length, 0);
  assert.ok(found.evidence.spans.every((span) => span.text_start === null && span.text_end === null));
  const text = detect(marked.text, { keys: [key], tokenizer });
  assert.deepEqual(found.shades, text.shades);
  assert.deepEqual(found.scores, text.scores);
  assert.equal(found.evidence.ln_p, text.evidence.ln_p);
  assert.deepEqual(detector.detectIds([...marked.ids], "from ids"), found);
  assert.deepEqual(detector.evidenceIds(marked.ids, "from ids"), found.evidence);
  assert.throws(() => detector.detect("a text"), /options\.tokenizer: a text needs one \(ids do not: detectIds\)/);
  assert.throws(() => detector.evidence("a text"), /options\.tokenizer/);
});

test("evidence is detect's, text after text", () => {
  const detector = new Detector({ keys: [key], tokenizer });
  for (const text of [marked.text, unmarked.text, "", marked.text]) {
    const found = detector.detect(text, "name");
    assert.deepEqual(detector.evidence(text, "name"), found.evidence);
    assert.deepEqual(detect(text, { keys: [key], tokenizer }).shades, found.shades);
  }
});

test("a short text is an answer", () => {
  for (const text of ["", "a", "word", " ", "😀"]) {
    const found = detect(text, { keys: [key], tokenizer });
    coherent(text, found);
    const { evidence } = found;
    assert.equal(evidence.detected, false);
    if (evidence.scored === 0) {
      assert.deepEqual([evidence.mean_score, evidence.green_fraction, evidence.z_score], [null, null, null]);
      assert.deepEqual([evidence.ln_p, evidence.p_value, evidence.unpaid_ln_p, evidence.verdict], [0, 1, 0, "too_short"]);
    }
  }
});

test("there are three answers, and too short is none of the other two", () => {
  const detector = new Detector({ keys: [key], tokenizer });
  const found = (text) => detector.evidence(text).verdict;
  assert.deepEqual([marked.text, unmarked.text, "Once upon a time"].map(found), ["marked", "no_mark_found", "too_short"]);
  // Ten greens of ten have a p of 2 · 4^-10, above a millionth; eleven have less, whatever these are.
  const others = keyOf(8);
  const ids = (count) => Array.from({ length: count + 1 }, (_, at) => at * at);
  assert.equal(new Detector({ keys: [others] }).evidenceIds(ids(10)).verdict, "too_short");
  assert.equal(new Detector({ keys: [others] }).evidenceIds(ids(11)).verdict, "no_mark_found");
  assert.equal(new Detector({ keys: [key, others, keyOf(9)] }).evidenceIds(ids(11)).verdict, "too_short", "three looks are paid for");
});

test("half a surrogate pair is refused, and its place named", () => {
  const detector = new Detector({ keys: [key], tokenizer });
  for (const [text, place] of [["\udc00 after", 0], ["in \ud83d the middle", 3], ["at the end \ud83d", 11], ["😀\ufffd\udc00", 3]]) {
    const message = new RegExp(`not Unicode text: half a surrogate pair at UTF-16 offset ${place} `);
    assert.throws(() => detector.detect(text), message);
    assert.throws(() => detector.evidence(text), message);
    assert.throws(() => detect(text, { keys: [key], tokenizer }), message);
  }
  const text = "the character \ufffd stands in this \ufffd";
  coherent(text, detector.detect(text));
});

test("a text over the limit is refused", () => {
  const detector = new Detector({ keys: [key], tokenizer });
  const limit = 32 * 2 ** 20;
  const message = /the text has \d+ bytes or more; at most 33554432 are examined in one piece/;
  assert.throws(() => detector.evidence("a".repeat(limit + 1)), message);
  assert.throws(() => detector.evidence("é".repeat(limit / 2 + 1)), message);
});

test("options are checked", () => {
  const refused = (options, message) => {
    assert.throws(() => new Detector(options), message);
    assert.throws(() => detect("a text", options), message);
    assert.throws(() => new greenmark.StreamDetector(options), message);
  };
  const keys = [key];
  for (const wrong of [undefined, null, 5, "keys"]) refused(wrong, /options: an object is needed/);
  for (const wrong of [undefined, null, key, "gmk1"]) refused({ keys: wrong }, /options\.keys: an array of Key is needed/);
  refused({ keys: [] }, /options\.keys: no key is given/);
  for (const wrong of [null, {}, "gmk1", tokenizer]) refused({ keys: [key, wrong] }, /options\.keys\[1\] is no Key/);
  refused({ keys, schemes: [GREEN] }, /options\.schemes is no option \(there are: profiles, keys, scheme, alpha, /);
  refused({ keys, normalize: false }, /options\.normalize is no option/);
  for (const wrong of [5, null, [5]]) refused({ keys, scheme: wrong }, /options\.scheme is no string/);
  refused({ keys, scheme: {} }, /options\.scheme: a string or an array of strings is needed/);
  refused({ keys, scheme: [] }, /options\.scheme: no scheme is given/);
  refused({ keys, scheme: [GREEN, "gm1:green"] }, Error);
  for (const wrong of ["0.01", null, true]) refused({ keys, alpha: wrong }, /options\.alpha is no number/);
  for (const wrong of [0, 1, -1, NaN, Infinity]) refused({ keys, alpha: wrong }, /options\.alpha is .*, not between 0 and 1/);
  for (const wrong of ["no", 0, null]) {
    refused({ keys, search: wrong }, /options\.search is neither true nor false/);
    refused({ keys, normalise: wrong }, /options\.normalise is neither true nor false/);
  }
  for (const wrong of [{}, "demo", key]) refused({ keys, tokenizer: wrong }, /options\.tokenizer is no Tokenizer, or was freed/);
});

test("undefined options are not given", () => {
  const options = { keys: [key], scheme: undefined, alpha: undefined, search: undefined, normalise: undefined, tokenizer };
  assert.deepEqual(detect(marked.text, options), detect(marked.text, { keys: [key], tokenizer }));
});

test("arguments are checked, and the detector goes on", () => {
  const detector = new Detector({ keys: [key], tokenizer });
  for (const wrong of [5, null, undefined, {}, ["a"]]) {
    assert.throws(() => detector.detect(wrong), /text: a string is needed/);
    assert.throws(() => detector.evidence(wrong), /text: a string is needed/);
  }
  for (const wrong of [5, {}, []]) {
    assert.throws(() => detector.detect("a", wrong), /id: a string is needed/);
    assert.throws(() => detector.evidenceIds([1], wrong), /id: a string is needed/);
  }
  for (const wrong of ["abc", 5, null, undefined, {}, new Float32Array(2), new BigInt64Array(2)]) {
    assert.throws(() => detector.detectIds(wrong), /ids: a Uint32Array or an array of numbers is needed/);
  }
  for (const wrong of [-1, 1.5, 2 ** 32, NaN]) assert.throws(() => detector.evidenceIds([0, wrong]), /ids\[1\] is .*, not a whole number from 0 to 4294967295/);
  for (const wrong of [1n, "1", null]) assert.throws(() => detector.evidenceIds([wrong]), /ids\[0\] is no number/);
  assert.equal(detector.evidence(marked.text, null).id, "-");
  assert.equal(detector.evidence(marked.text, "").id, "");
  assert.equal(detector.evidence(marked.text).detected, true);
});

test("a freed detector is an error", () => {
  const detector = new Detector({ keys: [Key.fromBytes(new Uint8Array(32))], tokenizer });
  detector.free();
  assert.throws(() => detector.detect("a"), Error);
  assert.equal(tokenizer.name, "demo", "and the tokenizer stays");
});

test("ids that the given tokenizer does not have are warned of", () => {
  const warnings = [];
  const { warn } = console;
  console.warn = (message) => warnings.push(message);
  try {
    const tokenizer = greenmark.Tokenizer.demo();
    const detector = new greenmark.Detector({ keys: [keyOf(7)], tokenizer });
    detector.evidenceIds([1, tokenizer.vocabSize - 1]);
    assert.deepEqual(warnings, []);
    detector.evidenceIds([1, tokenizer.vocabSize]);
    detector.detectIds([70_000]);
    new greenmark.Detector({ keys: [keyOf(7)] }).detectIds([70_000]);
  } finally {
    console.warn = warn;
  }
  assert.deepEqual(warnings, [
    "ids[1] is 5897, and no given tokenizer has more than 5897 ids: another model's?",
    "ids[0] is 70000, and no given tokenizer has more than 5897 ids: another model's?",
  ]);
});
