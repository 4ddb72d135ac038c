// Schemes, and what goes with any evidence. SPEC §3.
import assert from "node:assert/strict";
import { test } from "node:test";
import greenmark, { keyOf } from "./package.mjs";

const { Detector, defaultScheme, formatP, parseScheme, version } = greenmark;

test("a scheme says what it is", () => {
  assert.deepEqual(parseScheme("gm1:green,h=1,gamma=64/256"), {
    scheme: "gm1:green,h=1,gamma=64/256",
    family: "green",
    context_width: 1,
    gamma: 0.25,
    dual: false,
    chance_score: 0.25,
  });
  assert.deepEqual(parseScheme("gm1:gumbel,h=4,dual"), {
    scheme: "gm1:gumbel,h=4,dual",
    family: "gumbel",
    context_width: 4,
    gamma: null,
    dual: true,
    chance_score: 1,
  });
});

test("the default is a scheme, and is taken where none is named", () => {
  assert.equal(parseScheme(defaultScheme()).scheme, defaultScheme());
  assert.equal(new Detector({ keys: [keyOf(1)] }).evidenceIds([]).scheme, defaultScheme());
});

test("a version to come is refused as one", () => {
  assert.throws(() => parseScheme("gm2:green,h=1,gamma=64/256"), /version 2 .*"gm1:"/);
  assert.throws(() => new Detector({ keys: [keyOf(1)], scheme: "gm2:green,h=1,gamma=64/256" }), /version 2 .*"gm1:"/);
});

test("there is one spelling", () => {
  const wrong = ["", "gm1:", "gm1:red,h=1", "gm1:green,h=1", "gm1:green,h=01,gamma=64/256", "gm1:green,h=1,gamma=1/4"];
  wrong.push("GM1:green,h=1,gamma=64/256", " gm1:gumbel,h=4", "gm1:gumbel,h=4 ", "gm1:gumbel,h=0", "gm1:gumbel,h=17");
  wrong.push("gm1:green,h=1,gamma=0/256", "gm1:green,h=1,gamma=256/256", "gm1:gumbel,h=4,dual,dual", "gm1:gumbel,h=\ud800");
  for (const text of wrong) assert.throws(() => parseScheme(text), Error, text);
  for (const value of [undefined, null, 5, {}]) assert.throws(() => parseScheme(value), /scheme: a string is needed/);
});

test("a p-value has digits where a double has none", () => {
  assert.equal(formatP(0, 3), "1");
  assert.equal(formatP(Math.log(0.031), 2), "0.031");
  assert.equal(formatP(-1000, 3), "5.08e-435");
  assert.equal(formatP(-100_000, 3), "3.56e-43430");
  assert.equal(Math.exp(-1000), 0);
});

test("a p-value takes any number of digits, and any number", () => {
  assert.equal(formatP(-1, 0), formatP(-1, 1));
  assert.equal(formatP(-1, 99), formatP(-1, 17));
  for (const odd of [NaN, Infinity, -Infinity, 5, undefined]) assert.equal(typeof formatP(odd, 3), "string");
});

test("the version is a version", () => assert.match(version(), /^\d+\.\d+\.\d+/));
