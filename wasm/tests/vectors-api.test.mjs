// Every case of tests/vectors that the JavaScript API can express. SPEC §11.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import greenmark, { root } from "./package.mjs";
import { replay } from "./vectors-api.mjs";

const folder = resolve(root, "tests/vectors");
const files = Object.fromEntries(readdirSync(folder).map((name) => [name, JSON.parse(readFileSync(resolve(folder, name), "utf8"))]));
const number = (name, which) => files[name].cases.filter(which).length;

test("the API gives what the vectors say", async () => {
  const sha256 = (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest());
  const { results, failures } = await replay(greenmark, files, sha256);
  assert.deepEqual(failures.slice(0, 20), []);

  const whole = ["keys", "schemes", "field", "scores", "words", "gumbel-scores", "stream", "normalise"].map((name) => `${name}.json`);
  const expected = Object.fromEntries(whole.map((name) => [name, files[name].cases.length]));
  expected["samples.json"] = number("samples.json", ({ tokens }) => Math.max(...tokens) < 1 << 20);
  expected["search.json"] = number("search.json", ({ ids }) => ids);
  expected["weighted.json"] = number("weighted.json", ({ key }) => key);
  expected["accumulated.json"] = number("accumulated.json", ({ family }) => family === "green");
  expected["key-files.json"] = number("key-files.json", () => true);
  expected["subkeys.json"] = number("subkeys.json", ({ label_bytes }) => !label_bytes);
  expected["fingerprint.json"] = number("fingerprint.json", ({ tokenizer_json }) => tokenizer_json);
  expected["registry.json"] = number("registry.json", ({ files }) => !files);
  expected["samples-edges.json"] = number("samples-edges.json", ({ tokens }) => Math.max(...tokens) < 1 << 20);
  // Of ids alone, and in an order in which the API can ask.
  expected["evidence.json"] = results["evidence.json"].replayed;
  assert.ok(expected["evidence.json"] > files["evidence.json"].cases.length / 2, `${expected["evidence.json"]} of evidence.json`);
  const replayed = Object.fromEntries(Object.entries(results).map(([name, result]) => [name, result.replayed]));
  assert.deepEqual(replayed, expected);
  for (const [name, { cases }] of Object.entries(results)) assert.equal(cases, files[name].cases.length, name);
  // Texts that normalising changes and that hold enough to be found by some key.
  assert.ok(results["normalise.json"].byContent > 0.8 * number("normalise.json", ({ changed }) => changed), JSON.stringify(results["normalise.json"]));
});

test("a wrong vector is noticed", async () => {
  const wrong = structuredClone({ "scores.json": files["scores.json"], "normalise.json": files["normalise.json"], "stream.json": files["stream.json"] });
  wrong["scores.json"].cases.at(-1).ln_p *= 1 + 1e-9;
  const longest = wrong["normalise.json"].cases.filter(({ changed }) => changed).reduce((a, b) => (a.normalised.length > b.normalised.length ? a : b));
  longest.normalised = longest.normalised.replace(/.$/u, "#");
  wrong["stream.json"].cases[1].ln_e[1] += 1e-8;
  const { failures } = await replay(greenmark, wrong);
  assert.equal(failures.length, 3, failures.join("\n"));
});

test("it runs with a browser's means", async () => {
  const short = { cases: files["accumulated.json"].cases.filter(({ count }) => count <= 100) };
  const { failures } = await replay(greenmark, { "accumulated.json": short });
  assert.deepEqual(failures, []);
});
