// Profiles, and texts that are asked about under several of them. SPEC §12.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import greenmark, { GREEN, GUMBEL, keyOf, root, write } from "./package.mjs";

const { detect, Detector, Key, Profile, StreamDetector, Tokenizer } = greenmark;
const demo = Tokenizer.demo();
/** Another tokenizer: the demo's with its first thousand merges. */
const json = JSON.parse(readFileSync(new URL("text/src/tokenizer/demo.json", `file://${root}`)));
json.model.merges.splice(1000);
const other = Tokenizer.fromJson(new TextEncoder().encode(JSON.stringify(json)), "other.json");

const members = (key, { name = "support-bot", scheme = GREEN, tokenizer = demo, ...more } = {}) => ({
  greenmark: "profile/1",
  name,
  scheme,
  tokenizer: { name: tokenizer.name, fingerprint: tokenizer.fingerprint },
  key_id: key.id,
  ...more,
});
const profileOf = (key, options) => Profile.parse(JSON.stringify(members(key, options)));
const key = keyOf(7);

test("a profile says what it holds, and survives being written", () => {
  const master = keyOf(3);
  const given = members(master.subkey("2026-11"), { scheme: GUMBEL, subkey: "2026-11", key_file: "keys/a.key", owner: "ignored" });
  given.tokenizer.file = "tokenizer.json";
  const text = JSON.stringify(given);
  const profile = Profile.parse(text);
  for (const found of [profile, Profile.parse(new TextEncoder().encode(text)), Profile.parse(profile.toJson()), profile.clone()]) {
    assert.deepEqual([found.name, found.scheme, found.keyId, found.subkey], ["support-bot", GUMBEL, given.key_id, "2026-11"]);
    assert.deepEqual([found.keyFile, found.tokenizerFile], ["keys/a.key", "tokenizer.json"]);
    assert.deepEqual(found.tokenizer, { name: "demo", fingerprint: demo.fingerprint });
  }
  assert.doesNotMatch(profile.toJson(), /ignored/);
  const plain = profileOf(key);
  assert.deepEqual([plain.subkey, plain.keyFile, plain.tokenizerFile], [undefined, undefined, undefined]);
});

test("a broken profile is refused by the name of its failure", () => {
  const good = members(key);
  const refused = (change, failure) => assert.throws(() => Profile.parse(JSON.stringify({ ...good, ...change })), new RegExp(`^Error: ${failure}: `));
  refused({ greenmark: "profile/2" }, "version");
  refused({ key_id: undefined }, "member");
  refused({ subkey: null }, "member");
  refused({ name: "Support" }, "name");
  refused({ scheme: "gm1:green" }, "scheme");
  refused({ tokenizer: { name: "demo", fingerprint: "0" } }, "fingerprint");
  refused({ key_id: good.key_id.toUpperCase().replace(/^\d*$/, "A".repeat(16)) }, "key-id");
  refused({ subkey: "" }, "subkey");
  refused({ key_file: "/etc/a.key" }, "path");
  for (const text of ["", "[]", "{", "\ufeff{}", Uint8Array.of(0x7b, 0xff)]) assert.throws(() => Profile.parse(text), /^Error: json: /);
  assert.throws(() => Profile.parse(JSON.stringify(good).replace("{", '{"name": "twice",')), /^Error: duplicate: `name`/);
  for (const wrong of [5, null, undefined, {}, []]) assert.throws(() => Profile.parse(wrong), /json: a .*Uint8Array.* is needed/);
});

test("the key that is used is the stored key, or the sub-key of the label", () => {
  assert.equal(profileOf(key).keyFrom(key).toText(), key.toText());
  const master = keyOf(3);
  const used = master.subkey("customer-17");
  const profile = profileOf(used, { subkey: "customer-17" });
  assert.equal(profile.keyFrom(master).toText(), used.toText());
  assert.throws(() => profileOf(key).keyFrom(master), new RegExp(`key-mismatch: the profile support-bot needs the key ${key.id}, and this one is ${master.id}`));
  assert.throws(() => profile.keyFrom(key), /key-mismatch: the profile support-bot needs a sub-key `customer-17` with the id [0-9a-f]{16}, and that of the key [0-9a-f]{16} has another/);
  // The sub-key itself is not what it is derived from.
  assert.throws(() => profile.keyFrom(used), /key-mismatch/);
  for (const label of ["", "é".repeat(128)]) assert.throws(() => master.subkey(label), /1 to 255 bytes/);
  assert.throws(() => master.subkey(5), /label: a string is needed/);
});

test("of several profiles each is asked under its own scheme and tokenizer, and the one that hit is named", () => {
  const [a, b, c] = [keyOf(1), keyOf(2), keyOf(3)];
  const profiles = [
    { profile: profileOf(a, { name: "green", tokenizer: other }), key: a, tokenizer: other },
    { profile: profileOf(b, { name: "gumbel", scheme: GUMBEL }), key: b, tokenizer: demo },
    { profile: profileOf(c.subkey("may"), { name: "sub", subkey: "may" }), key: c, tokenizer: demo },
  ];
  const detector = new Detector({ profiles });
  for (const [name, by, scheme, tokenizer] of [["gumbel", b, GUMBEL, demo], ["sub", c.subkey("may"), GREEN, demo]]) {
    const { text } = write(by, { scheme });
    const { evidence, ids, starts, places } = detector.detect(text);
    assert.deepEqual([evidence.verdict, evidence.profile, evidence.key_id, evidence.scheme], ["marked", name, by.id, scheme]);
    assert.deepEqual(evidence.tokenizer, { name: tokenizer.name, fingerprint: tokenizer.fingerprint });
    assert.ok(evidence.spans.length > 0 && evidence.spans.every(({ profile }) => profile === name));
    assert.deepEqual(ids, tokenizer.encode(text));
    assert.equal(starts.length, ids.length);
    assert.equal(places.length, 2 * evidence.spans.length);
    // Three looks are paid for.
    const alone = detect(text, { keys: [by], scheme, tokenizer }).evidence;
    assert.deepEqual([evidence.looks, alone.looks, alone.profile], [3, 1, null]);
    assert.ok(Math.abs(evidence.ln_p - alone.ln_p - Math.log(3)) < 1e-9);
    assert.equal(evidence.unpaid_ln_p, alone.unpaid_ln_p, "which pays for none");
  }
  const unmarked = detector.evidence(write(null).text);
  assert.deepEqual([unmarked.verdict, unmarked.looks, unmarked.spans], ["no_mark_found", 3, []]);
});

test("the tokenizer is read by the profile whose mark it is", () => {
  // Read with the other tokenizer the mark is gone: what a profile is for.
  const { text } = write(key, { tokens: 300 });
  const cut = text.replaceAll(" ", "  ");
  const right = new Detector({ profiles: [{ profile: profileOf(key), key, tokenizer: demo }] }).evidence(text);
  assert.equal(right.verdict, "marked");
  const wrong = { profile: profileOf(key, { tokenizer: other }), key, tokenizer: other };
  assert.notEqual(new Detector({ profiles: [wrong] }).evidence(cut).ln_p, right.ln_p);
});

test("bare keys are asked besides, under the scheme and tokenizer that are given", () => {
  const [a, b] = [keyOf(1), keyOf(2)];
  const profiles = [{ profile: profileOf(a), key: a, tokenizer: demo }];
  const { text } = write(b, { scheme: GUMBEL });
  const options = { profiles, keys: [b], scheme: [GREEN, GUMBEL], tokenizer: demo };
  const { evidence } = detect(text, options);
  assert.deepEqual([evidence.verdict, evidence.profile, evidence.key_id, evidence.looks], ["marked", null, b.id, 3]);
  // A key that a profile names is asked under its profiles alone: the stored key and the one that is used.
  assert.equal(detect(text, { ...options, keys: [a, b] }).evidence.looks, 3);
  const used = a.subkey("may");
  const sub = [{ profile: profileOf(used, { subkey: "may" }), key: a, tokenizer: demo }];
  assert.equal(detect(text, { ...options, profiles: sub, keys: [a, used, b] }).evidence.looks, 3);
  assert.equal(detect(text, { profiles, keys: [] }).evidence.looks, 1);
  assert.equal(detect(text, { profiles, keys: [a] }).evidence.looks, 1);
});

test("ids need no tokenizer, and a text needs each", () => {
  const { ids, text } = write(key);
  const profiles = [{ profile: profileOf(key), key }];
  const detector = new Detector({ profiles });
  assert.deepEqual([detector.evidenceIds(ids).verdict, detector.evidenceIds(ids).profile], ["marked", "support-bot"]);
  assert.throws(() => detector.detect(text), /options\.profiles\[0\]\.tokenizer: a text needs one/);
  const more = { profiles: [{ ...profiles[0], tokenizer: demo }], keys: [keyOf(8)] };
  assert.throws(() => new Detector(more).detect(text), /options\.tokenizer: a text needs one/);
  assert.equal(new Detector({ ...more, tokenizer: other }).detect(text).evidence.verdict, "marked");
});

test("another key and another tokenizer are refused", () => {
  const profile = profileOf(key);
  for (const make of [(options) => new Detector(options), (options) => detect("a text", options), (options) => new StreamDetector(options)]) {
    assert.throws(() => make({ profiles: [{ profile, key: keyOf(8), tokenizer: demo }] }), /^Error: key-mismatch: /);
    assert.throws(
      () => make({ profiles: [{ profile, key, tokenizer: other }] }),
      new RegExp(`^Error: tokenizer-mismatch: the profile support-bot needs demo with the fingerprint ${demo.fingerprint}, and this one has ${other.fingerprint}`),
    );
    const refused = (profiles, message) => assert.throws(() => make({ profiles }), message);
    for (const wrong of [5, null, {}, "profile"]) refused(wrong, /options\.profiles: an array is needed/);
    for (const wrong of [5, null, "profile"]) refused([wrong], /options\.profiles\[0\]: an object is needed/);
    for (const wrong of [undefined, null, {}, key]) refused([{ profile: wrong, key }], /options\.profiles\[0\]\.profile is no Profile, or was freed/);
    for (const wrong of [undefined, null, {}, profile]) refused([{ profile, key: wrong }], /options\.profiles\[0\]\.key is no Key, or was freed/);
    for (const wrong of ["demo", {}, key]) refused([{ profile, key, tokenizer: wrong }], /options\.profiles\[0\]\.tokenizer is no Tokenizer, or was freed/);
    refused([{ profile, key, scheme: GREEN }], /options\.profiles\[0\]\.scheme is no option \(there are: profile, key, tokenizer\)/);
    assert.throws(() => make({ profiles: [] }), /options\.keys: an array of Key is needed/);
  }
});

test("a stream names the profile that leads, and is read with one tokenizer", () => {
  const [a, b] = [keyOf(1), keyOf(2)];
  const profiles = [
    { profile: profileOf(a, { name: "one" }), key: a, tokenizer: demo },
    { profile: profileOf(b, { name: "two", scheme: GUMBEL }), key: b, tokenizer: demo },
  ];
  const { text, ids } = write(b, { scheme: GUMBEL });
  const stream = new StreamDetector({ profiles });
  assert.equal(stream.push(text).test, "gm1");
  assert.deepEqual([stream.finish()].map(({ detected, profile, key_id }) => [detected, profile, key_id]), [[true, "two", b.id]]);
  stream.pushIds(ids);
  assert.equal(stream.finish().profile, "two");
  const third = { profile: profileOf(key, { name: "three", tokenizer: other }), key, tokenizer: other };
  assert.throws(() => new StreamDetector({ profiles: [...profiles, third] }), /options\.profiles: a stream is read with one tokenizer, and several are given/);
});

test("freeing a profile leaves the detector", () => {
  const [profile, own] = [profileOf(key), Key.fromBytes(new Uint8Array(32).fill(7))];
  const detector = new Detector({ profiles: [{ profile, key: own, tokenizer: demo }] });
  [profile, own].forEach((object) => object.free());
  assert.equal(detector.evidence(write(key).text).verdict, "marked");
  assert.throws(() => profile.name, Error);
});
