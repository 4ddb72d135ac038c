// Keys. SPEC §2.
import assert from "node:assert/strict";
import { test } from "node:test";
import greenmark, { keyOf } from "./package.mjs";

const { Detector, Embedder, Key } = greenmark;
const bytes = (text) => new TextEncoder().encode(text);
const text = keyOf(7).toText();

test("a key goes to text and back", () => {
  assert.match(text, /^gmk1[0-9a-f]{72}$/);
  assert.equal(text.slice(4, 68), "07".repeat(32));
  const again = Key.parse(text);
  assert.equal(again.id, keyOf(7).id);
  assert.equal(again.toText(), text);
});

test("the id is 16 hexadecimal digits, and of one key", () => {
  const ids = [0, 1, 2, 3].map((byte) => keyOf(byte).id);
  ids.forEach((id) => assert.match(id, /^[0-9a-f]{16}$/));
  assert.equal(new Set(ids).size, 4);
});

test("a file ends with one line ending or none", () => {
  for (const end of ["", "\n", "\r\n"]) assert.equal(Key.parseFile(bytes(text + end)).id, keyOf(7).id);
  for (const end of ["\r", "\n\n", "\n" + text, "\nsecond line\n", " \n"]) {
    assert.throws(() => Key.parseFile(bytes(text + end)), /a key is 76 characters long/, JSON.stringify(end));
  }
  assert.throws(() => Key.parseFile(bytes("\ufeff" + text)), /begins with "gmk1"/);
  assert.throws(() => Key.parseFile(Uint8Array.of(0x67, 0xff)), Error);
});

test("another spelling is refused, with the place", () => {
  const wrong = (at, letter) => text.slice(0, at) + letter + text.slice(at + 1);
  assert.throws(() => Key.parse(""), /begins with "gmk1"/);
  assert.throws(() => Key.parse("gmk2" + text.slice(4)), /begins with "gmk1"/);
  assert.throws(() => Key.parse(text.slice(0, -1)), /75 bytes/);
  assert.throws(() => Key.parse(wrong(10, "A")), /character 11 of the key/);
  assert.throws(() => Key.parse(wrong(75, text[75] === "0" ? "1" : "0")), /checksum/);
});

test("bytes are 32, and are bytes", () => {
  assert.equal(Key.fromBytes(Buffer.alloc(32, 7)).id, keyOf(7).id);
  for (const length of [0, 31, 33]) {
    assert.throws(() => Key.fromBytes(new Uint8Array(length)), new RegExp(`a key has 32 bytes, not ${length}`));
  }
  // Taken for bytes, every letter would be 0: a key that anybody has.
  for (const wrong of ["a".repeat(32), new Array(32).fill(7), new Float32Array(32), new ArrayBuffer(32), 32, null, undefined]) {
    assert.throws(() => Key.fromBytes(wrong), /secret: a Uint8Array is needed/);
  }
  for (const wrong of [text, undefined]) assert.throws(() => Key.parseFile(wrong), /file: a Uint8Array is needed/);
  for (const wrong of [5, {}, null, bytes(text)]) assert.throws(() => Key.parse(wrong), /text: a string is needed/);
});

test("a clone is freed on its own", () => {
  const key = keyOf(7);
  const clone = key.clone();
  key.free();
  assert.equal(clone.id, keyOf(7).id);
});

test("a freed key is an error, wherever it is used", () => {
  const key = keyOf(7);
  key.free();
  assert.throws(() => key.id, Error);
  assert.throws(() => key.toText(), Error);
  assert.throws(() => key.clone(), Error);
  assert.throws(() => new Detector({ keys: [keyOf(1), key] }), /options\.keys\[1\] is no Key, or was freed/);
  assert.throws(() => new Embedder(key), /key is no Key, or was freed/);
});

test("a detector outlives its key", () => {
  const key = keyOf(7);
  const detector = new Detector({ keys: [key] });
  key.free();
  assert.equal(detector.evidenceIds([1, 2, 3]).key_id, keyOf(7).id);
});

test("there is no key by default, and none by new", () => {
  assert.throws(() => Reflect.construct(Key, []).id, Error);
});

test("a key's text with a line ending is for `parseFile`, and `parse` says so", () => {
  const text = keyOf(7).toText();
  for (const ending of ["\n", "\r\n"]) {
    assert.throws(() => Key.parse(text + ending), /`Key\.parseFile` reads the bytes of a key file/);
    assert.equal(Key.parseFile(new TextEncoder().encode(text + ending)).id, keyOf(7).id);
  }
  // What a key file may not hold, neither takes.
  for (const broken of [`${text}\n\n`, `${text} `, `\ufeff${text}`]) {
    assert.throws(() => Key.parse(broken), (error) => !error.message.includes("parseFile"));
    assert.throws(() => Key.parseFile(new TextEncoder().encode(broken)));
  }
});
