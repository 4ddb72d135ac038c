// What the tests of the page share: a Chromium for the file, a fresh context for each test, and a watch that fails it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { serve } from "../../serve.mjs";
import { launchOptions } from "../browser.mjs";
import { ready } from "./steps.mjs";
import { watch } from "./watch.mjs";

export * from "./steps.mjs";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

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
