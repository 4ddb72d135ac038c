// A worker that dies: the page says so, starts another, and goes on with the reader's keys and text.

import assert from "node:assert/strict";

import { check, file, open, pageTest, useDemo, verdict } from "./page.mjs";
import { detect, greenmark, marked, otherTokenizer, pOf, unmarked } from "./texts.mjs";

/** Serves the module with a trap in it: WebAssembly's own, for a text that asks for it. */
const trap = context =>
  context.route("**/greenmark/greenmark.js", async route => {
    const response = await route.fetch();
    const code = `
      {
        const { detect } = Detector.prototype;
        // A module of one function, whose only instruction is \`unreachable\`.
        const bytes = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11);
        Detector.prototype.detect = function (text, ...rest) {
          if (text.includes("please trap")) new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f();
          return detect.call(this, text, ...rest);
        };
      }`;
    await route.fulfill({ response, body: (await response.text()) + code });
  });

const notice = /notice: The detector stopped/;

pageTest("after a trap in WebAssembly the next text has its verdict, with the same keys", { prepare: trap, faults: [notice] }, async ({ page }) => {
  await useDemo(page);
  await check(page, `please trap ${marked}`);
  await page.locator("#notice", { hasText: /unreachable.*started again/ }).waitFor();
  assert.equal((await verdict(page)).word, "Not checked");
  await check(page, marked);
  assert.equal((await verdict(page, /^Marked$/)).p, pOf(detect(marked)));
  // And once more: a worker that has worked may be replaced as often as it takes.
  await check(page, `please trap ${unmarked}`);
  await verdict(page, /^Not checked$/);
  await check(page, unmarked);
  assert.equal((await verdict(page, /^No mark of the demo found$/)).p, pOf(detect(unmarked)));
});

pageTest("after an uncaught error in the worker, too, and with the tokenizer that was opened", { faults: [notice, /planted/] }, async ({ page }) => {
  const tokenizer = greenmark.Tokenizer.fromJson(otherTokenizer, "tokenizer-other.json");
  await useDemo(page);
  await open(page, "#tokenizer-open", file("tokenizer-other.json", otherTokenizer));
  await page.locator("#tokenizer-info", { hasText: tokenizer.fingerprint }).waitFor();
  await page.workers()[0].evaluate(() => void setTimeout(() => { throw new Error("planted"); }));
  await page.locator("#notice", { hasText: /planted.*started again/ }).waitFor();
  await page.locator("#tokenizer-info", { hasText: tokenizer.fingerprint }).waitFor();
  await check(page, marked);
  assert.equal((await verdict(page, /arked/)).p, pOf(detect(marked, { tokenizer })));
});

pageTest("a worker that never starts is given up, and the page says what to do", {
  prepare: context => context.route("**/greenmark/greenmark_bg.wasm", route => route.fulfill({ status: 500, body: "" })),
  isReady: false,
  faults: [/500/, /notice: The detector cannot be started.*Load the page again/],
}, async ({ page, watched }) => {
  await page.locator("#notice", { hasText: "cannot be started" }).waitFor();
  await page.waitForTimeout(300);
  const tries = watched.requests.filter(request => request.endsWith(".wasm")).length;
  await page.waitForTimeout(700);
  assert.equal(watched.requests.filter(request => request.endsWith(".wasm")).length, tries, "it is not tried for ever");
  assert.ok(tries <= 3);
  // What is asked of it now has an answer, too.
  await page.locator("#text").fill(marked);
  await page.locator("#key-demo").click();
  await page.waitForFunction(() => document.getElementById("result").getAttribute("aria-busy") === "false");
});
