// What the tests of the page share: a Chromium for the file, a fresh context for each test, and a watch that fails it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { serve } from "../serve.mjs";
import { launchOptions } from "./browser.mjs";
import { watch } from "./watch.mjs";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

let server;
let browser;
after(async () => {
  await (await browser)?.close();
  const started = await server;
  started?.closeAllConnections();
  started?.close();
});

/** Where the page is served, with the headers that its users get. */
async function site() {
  assert.ok(existsSync(`${DIST}index.html`), "there is no page in wasm/dist: run scripts/build-wasm.sh");
  server ??= serve(DIST);
  return `http://127.0.0.1:${(await server).address().port}/`;
}

/**
 * A test of the page, in a context of its own.
 *
 * - `context`: options of playwright's context; `prepare(context)` runs before the page loads.
 * - `faults`: patterns of the faults that the test is about. Any other fails it, and so does a pattern that nothing matched.
 * - `launch`: further arguments, for a Chromium of its own.
 * - `isReady`: whether to wait until the detector has answered.
 * - `act({ page, context, watched })`: what is tested.
 */
export function pageTest(name, { context: options, prepare, faults = [], launch, isReady = true, timeout = 40_000 }, act) {
  test(name, { timeout }, async () => {
    browser ??= chromium.launch(launchOptions);
    const own = launch && (await chromium.launch({ ...launchOptions, args: [...launchOptions.args, ...launch] }));
    const context = await (own ?? (await browser)).newContext({ viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(10_000);
    const watched = await watch(context);
    try {
      await prepare?.(context);
      const page = await context.newPage();
      await page.goto(await site());
      if (isReady) await ready(page);
      await act({ page, context, watched });
      await watched.settle(page);
      assert.deepEqual(watched.faultsBut(faults), [], "nothing goes wrong unsaid");
      for (const pattern of faults) assert.ok(watched.faults.some(fault => pattern.test(fault)), `${pattern} was to be seen`);
    } finally {
      watched.stop();
      await context.close();
      await own?.close();
    }
  });
}

/** Waits until the detector has answered and the tokenizers are listed. */
export async function ready(page) {
  await page.locator("#version", { hasText: /\d/ }).waitFor();
  await page.locator("#tokenizer-info", { hasText: /[0-9a-f]{16}/ }).waitFor({ state: "attached" });
}

/** Adds the public demonstration key. */
export async function addDemoKey(page) {
  await page.getByRole("button", { name: "Use the public demonstration key" }).click();
  await page.getByRole("list", { name: "Keys in memory" }).getByRole("listitem").first().waitFor();
}

/** Types a key into its field and adds it. */
export async function addKey(page, text) {
  await page.locator("#key-text").fill(text);
  await page.locator("#key-add").click();
}

/** Puts a text into the field and waits for its verdict. */
export async function check(page, text) {
  await page.locator("#text").fill(text);
  return verdict(page);
}

/** The verdict of what was asked last: its word, sentence and p as they are read. Polls until `word` is there, if it is given. */
export async function verdict(page, word = /./) {
  await page.waitForFunction(
    ([source, flags]) => {
      const shown = document.getElementById("verdict-word").textContent;
      const isBusy = document.getElementById("result").getAttribute("aria-busy") === "true";
      return !isBusy && shown !== "Checking…" && new RegExp(source, flags).test(shown);
    },
    [word.source, word.flags],
    { timeout: 15_000 },
  ).catch(async error => {
    const shown = await page.locator("#verdict-word").textContent();
    throw new assert.AssertionError({ message: `the verdict is “${shown}”, not ${word}: ${error.message.split("\n")[0]}` });
  });
  const read = async id => (await page.locator(`#verdict-${id}`).textContent()).trim();
  return { word: await read("word"), p: await read("p"), sentence: await read("sentence") };
}

/** Opens a file through its button, as a reader does. */
export async function open(page, button, ...files) {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.locator(button).click()]);
  await chooser.setFiles(files);
}

/** A file for `open`. */
export const file = (name, content) => ({ name, mimeType: "", buffer: Buffer.from(content) });

/** Drops files from the disk on an element, as the mouse would. */
export async function drop(page, selector, paths) {
  const target = page.locator(selector);
  await target.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await target.boundingBox();
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x: x + width / 2, y: y + height / 2, data });
  }
  await session.detach();
}

/** Downloads what a button saves, as text. */
export async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
  const parts = [];
  for await (const part of await download.createReadStream()) parts.push(part);
  return { name: download.suggestedFilename(), text: Buffer.concat(parts).toString() };
}

/** The message beside a field; it must be marked as wrong, and name the message as what describes it. */
export async function complaint(page, field, place) {
  const message = page.locator(place);
  await message.waitFor();
  assert.equal(await page.locator(field).getAttribute("aria-invalid"), "true", `${field} says that it is wrong`);
  const described = (await page.locator(field).getAttribute("aria-describedby")) ?? "";
  assert.ok(described.split(" ").includes(place.slice(1)), `${field} is described by ${place}`);
  return message.textContent();
}
