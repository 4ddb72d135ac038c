// Every test vector, inside WebAssembly under Node. First: scripts/build-wasm.sh --vectors
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { NATIVE, load, replay } from "./vectors.mjs";

const built = new URL("../../target/wasm-vectors/", import.meta.url);
const folder = new URL("../../tests/vectors/", import.meta.url);
const all = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));
const files = all.filter((name) => !NATIVE.includes(name));
const read = (name) => readFileSync(new URL(`${name}.json`, folder), "utf8");

const module = await load(new URL("vectors.js", built), readFileSync(new URL("vectors_bg.wasm", built)));

test("no vector file is left out, and none has changed since the build", () => {
  assert.deepEqual(module.names().sort(), files.sort());
  assert.equal(all.length, files.length + NATIVE.length);
  for (const name of files) assert.equal(module.file(name), read(name), name);
});

for (const name of files) {
  test(`every case of ${name}.json`, () => {
    const { cases } = JSON.parse(read(name));
    assert.deepEqual(replay(module, name), { name, cases: cases.length, failure: null });
  });
}

/** For each file, a member of a case that the replay must read. */
const READ = {
  accumulated: "sha256",
  "binomial-tail": "ln_p",
  field: "seed",
  "gamma-tail": "ln_p",
  "gumbel-scores": "score",
  "key-files": "key_id",
  keys: "key_id",
  looks: "ln_p",
  normalise: "normalised",
  "normalise-edges": "normalised",
  samples: "token",
  "samples-edges": "token",
  schemes: "h",
  scores: "green",
  search: "ln_p",
  "search-edges": "ln_p",
  stream: "ln_p",
  subkeys: "key_id",
  tails: "ln_p",
  weighted: "ln_whole",
  words: "seed",
};

/** Another value of the same kind, where there is one. */
function spoilt(value) {
  if (Array.isArray(value)) return [...value.slice(0, -1), spoilt(value.at(-1))];
  if (typeof value === "number") return Number.isInteger(value) ? value + 1 : value * 1.001;
  // The first digit: the last of a decimal number may be within the tolerance.
  return value.replace(/[0-9a-z]/i, (first) => (first === "1" ? "2" : "1"));
}

for (const name of files) {
  test(`a spoilt case of ${name}.json is found and named`, () => {
    const file = JSON.parse(read(name));
    const member = READ[name];
    const valid = file.cases.filter((it) => it.result !== "invalid" && it[member] != null && it[member] !== "0.0");
    const last = valid.at(-1);
    last[member] = spoilt(last[member]);
    const { failure } = replay(module, name, JSON.stringify(file));
    assert.ok(failure?.includes(`tcId ${last.tcId}: `), `tcId ${last.tcId}: ${failure}`);
  });
}
