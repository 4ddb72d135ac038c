// Every test vector in headless Chromium: inside WebAssembly, and through the JavaScript API. First: scripts/build-wasm.sh, with and without --vectors.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { HEADERS, serve } from "../../serve.mjs";
import { launchOptions } from "../browser.mjs";
import greenmark from "../package.mjs";
import { replay } from "../vectors-api.mjs";
import { NATIVE } from "../vectors.mjs";

const root = new URL("../../../", import.meta.url);
const names = readdirSync(new URL("tests/vectors/", root));
const files = Object.fromEntries(names.map((name) => [name, JSON.parse(readFileSync(new URL(`tests/vectors/${name}`, root), "utf8"))]));

let server;
let browser;
let page;
before(async () => {
  server = await serve(fileURLToPath(root));
  browser = await chromium.launch(launchOptions);
  page = await browser.newPage();
  // An empty page under the policy that the detector's page has.
  const address = `http://127.0.0.1:${server.address().port}/`;
  await page.route(`${address}empty.html`, (route) => route.fulfill({ headers: HEADERS, contentType: "text/html", body: "<!doctype html>" }));
  await page.goto(`${address}empty.html`);
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

test("every case of every file, inside WebAssembly", { timeout: 120_000 }, async () => {
  const results = await page.evaluate(async () => {
    const { replayAll } = await import("/wasm/tests/vectors.mjs");
    return replayAll("/target/wasm-vectors/vectors.js");
  });
  const replayed = names.map((name) => name.replace(/\.json$/, "")).filter((name) => !NATIVE.includes(name));
  const expected = replayed.map((name) => ({ name, cases: files[`${name}.json`].cases.length, failure: null }));
  const byName = (a, b) => (a.name < b.name ? -1 : 1);
  assert.deepEqual(results.sort(byName), expected.sort(byName));
});

test("a wrong vector is noticed there", async () => {
  const wrong = structuredClone(files["keys.json"]);
  const last = wrong.cases.findLast(({ result }) => result === "valid");
  last.key_id = last.key_id.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
  const { failure } = await page.evaluate(async (wrong) => {
    const { load, replay } = await import("/wasm/tests/vectors.mjs");
    return replay(await load("/target/wasm-vectors/vectors.js"), "keys", wrong);
  }, JSON.stringify(wrong));
  assert.ok(failure?.includes(`tcId ${last.tcId}: `), `tcId ${last.tcId}: ${failure}`);
});

const throughApi = (files) =>
  page.evaluate(async (files) => {
    const [{ default: init, ...api }, { replay }] = await Promise.all([import("/wasm/pkg/greenmark.js"), import("/wasm/tests/vectors-api.mjs")]);
    await init();
    return replay(api, files);
  }, files);

test("every case that the JavaScript API can express", { timeout: 120_000 }, async () => {
  const [found, inNode] = await Promise.all([throughApi(files), replay(greenmark, files)]);
  assert.deepEqual(found.failures.slice(0, 20), []);
  assert.deepEqual(found.results, inNode.results, "as many as in Node");
});

test("a wrong vector is noticed through the API", async () => {
  const wrong = structuredClone({ "scores.json": files["scores.json"] });
  wrong["scores.json"].cases.at(-1).ln_p *= 1 + 1e-9;
  assert.equal((await throughApi(wrong)).failures.length, 1);
});
