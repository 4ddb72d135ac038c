// The objects that come out are what greenmark.d.ts declares.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import greenmark, { folder, GREEN, GUMBEL, keyOf, write } from "./package.mjs";

const { Detector, parseScheme, StreamDetector, Tokenizer } = greenmark;

/** The interfaces of a file, by name: members with type and whether they may be missing. Inherited ones too. */
function readInterfaces(source) {
  const found = {};
  // What the module itself exports comes after the interfaces, and is none of the API.
  const code = source.split("export type InitInput")[0].replace(/\/\*[\s\S]*?\*\//g, "");
  for (const [, name, base, body] of code.matchAll(/^export interface (\w+)(?: extends (\w+))? \{\n([\s\S]*?)^\}/gm)) {
    const members = [...body.matchAll(/^\s*(\w+)(\??): (.+);$/gm)];
    assert.equal(members.length, body.split("\n").filter((line) => line.trim()).length, `every line of ${name} is a member`);
    found[name] = { ...found[base], ...Object.fromEntries(members.map(([, member, mark, type]) => [member, { type, optional: mark === "?" }])) };
  }
  return found;
}

const interfaces = readInterfaces(readFileSync(join(folder, "greenmark.d.ts"), "utf8"));
const TYPED = { Uint8Array, Uint32Array, Float64Array };

/** What of a value does not fit a type, in words. */
function faults(value, type, path) {
  const choices = type.split(" | ");
  if (choices.length > 1) return choices.some((choice) => faults(value, choice, path).length === 0) ? [] : [`${path} is no ${type}`];
  if (type.endsWith("[]")) {
    if (!Array.isArray(value)) return [`${path} is no ${type}`];
    return value.flatMap((item, at) => faults(item, type.slice(0, -2), `${path}[${at}]`));
  }
  if (interfaces[type]) return value !== null && typeof value === "object" ? misfits(value, type, path) : [`${path} is no ${type}`];
  const fits =
    type === "null"
      ? value === null
      : type.startsWith('"')
        ? value === JSON.parse(type)
        : TYPED[type]
          ? value instanceof TYPED[type]
          : typeof value === type && !Number.isNaN(value);
  return fits ? [] : [`${path} is no ${type}`];
}

/** Members that are missing, too many or of another type. */
function misfits(object, name, path = name) {
  const declared = interfaces[name];
  const missing = Object.keys(declared).filter((member) => !(member in object) && !declared[member].optional);
  return [
    ...missing.map((member) => `${path}.${member} is missing`),
    ...Object.entries(object).flatMap(([member, value]) =>
      declared[member] ? faults(value, declared[member].type, `${path}.${member}`) : [`${path}.${member} is not declared`],
    ),
  ];
}

const tokenizer = Tokenizer.demo();
const key = keyOf(7);
const texts = [write(key).text, write(key, { scheme: GUMBEL }).text, write(null).text, "", "word", [...write(key).text].join("\u200b")];

test("the interfaces are there", () => {
  const names = ["Detection", "Encoding", "Evidence", "SchemeInfo", "SpanEvidence", "StreamEvidence", "TokenizerName", "Written"];
  names.forEach((name) => assert.ok(interfaces[name], name));
  assert.deepEqual(Object.keys(interfaces.Written), ["ids", "starts", "ends", "text"]);
});

test("a misfit is noticed", () => {
  const good = parseScheme(GREEN);
  assert.deepEqual(misfits(good, "SchemeInfo"), []);
  const { dual, ...less } = good;
  assert.deepEqual(misfits(less, "SchemeInfo"), ["SchemeInfo.dual is missing"]);
  assert.deepEqual(misfits({ ...good, more: 1 }, "SchemeInfo"), ["SchemeInfo.more is not declared"]);
  assert.deepEqual(misfits({ ...good, family: "red", gamma: undefined }, "SchemeInfo").length, 2);
});

test("schemes", () => [GREEN, GUMBEL, "gm1:gumbel,h=4,dual"].forEach((scheme) => assert.deepEqual(misfits(parseScheme(scheme), "SchemeInfo"), [])));

test("encodings and what was written", () => {
  for (const text of texts) assert.deepEqual(misfits(tokenizer.encodeWithOffsets(text), "Encoding"), []);
  for (const some of [key, null]) assert.deepEqual(misfits(write(some), "Written"), []);
});

test("detections, with evidence and spans", () => {
  const spans = [];
  for (const scheme of [GREEN, GUMBEL, [GREEN, GUMBEL]]) {
    const detector = new Detector({ keys: [key, keyOf(8)], scheme, tokenizer });
    for (const text of texts) {
      const found = detector.detect(text, "name");
      const fromIds = detector.detectIds(tokenizer.encode(text));
      for (const detection of [found, fromIds]) assert.deepEqual(misfits(detection, "Detection"), []);
      for (const evidence of [detector.evidence(text), detector.evidenceIds([1, 2, 3])]) assert.deepEqual(misfits(evidence, "Evidence"), []);
      spans.push(...found.evidence.spans, ...fromIds.evidence.spans);
    }
  }
  // Both sides of what may be null were seen.
  for (const member of ["green", "text_start"]) {
    assert.ok(spans.some((span) => span[member] === null) && spans.some((span) => span[member] !== null), member);
  }
});

test("a stream's evidence, with and without an event", () => {
  const events = new Set();
  for (const scheme of [GREEN, GUMBEL]) {
    const detector = new StreamDetector({ keys: [key], scheme, tokenizer });
    for (const text of texts) {
      for (const evidence of [detector.push(text), detector.pushIds([1]), detector.finish()]) {
        assert.deepEqual(misfits(evidence, "StreamEvidence"), []);
        events.add(evidence.event);
      }
    }
  }
  assert.deepEqual(events, new Set(["detected", "end", undefined]));
});
