// Browsers that lack what the page needs: it says so in words, and throws nothing.

import assert from "node:assert/strict";

import { pageTest } from "./page.mjs";

const without = (name, reason, how, faults = []) =>
  pageTest(`without ${name}`, { isReady: false, faults: [/^notice: This page cannot work here/, ...faults], ...how }, async ({ page }) => {
    const notice = page.locator("#unsupported");
    await notice.waitFor();
    assert.match(await notice.textContent(), reason);
    assert.match(await notice.textContent(), /greenmark detect/, "and what does the same without a browser");
    await page.waitForTimeout(500);
    assert.equal(await notice.getAttribute("role"), "alert");
    const box = await notice.boundingBox();
    assert.ok(box.y < 500 && box.height > 20, "it is in sight");
  });

// Without its compiler V8 has no WebAssembly, neither in the page nor in the worker.
without("WebAssembly", /no WebAssembly/, { launch: ["--js-flags=--jitless"] });

without("SIMD", /no SIMD/, {
  prepare: context => context.addInitScript(() => {
    WebAssembly.validate = () => false;
  }),
});

without("module workers", /module workers/, {
  prepare: context => context.addInitScript(() => {
    const Original = Worker;
    globalThis.Worker = class extends Original {
      constructor(address) {
        super(address);
      }
    };
  }),
});

without("files as streams", /streams/, { prepare: context => context.addInitScript(() => void delete Blob.prototype.stream) });

pageTest("without JavaScript there is a word about it", { context: { javaScriptEnabled: false }, isReady: false }, async ({ page }) => {
  assert.ok(await page.locator("noscript").isVisible());
  assert.match(await page.locator("noscript").textContent(), /JavaScript/);
});

pageTest("a part of the page that does not come is told", {
  prepare: context => context.route("**/app.js", route => route.fulfill({ status: 404, body: "" })),
  isReady: false,
  faults: [/^notice: .*could not be loaded/, /404|not loaded: <script src="app\.js"/],
}, async ({ page }) => {
  await page.locator("#unsupported", { hasText: "could not be loaded" }).waitFor();
});
