// Vite's development server takes the package as it is, without a word in its configuration.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { createServer } from "vite";
import { launchOptions } from "../browser.mjs";
import { folder } from "../package.mjs";

test("a page in Vite's development server finds a mark", { skip: !existsSync(launchOptions.executablePath) && "no Chromium" }, async () => {
  const root = mkdtempSync(join(tmpdir(), "greenmark-vite-"));
  mkdirSync(join(root, "node_modules"));
  symlinkSync(folder, join(root, "node_modules", "greenmark"));
  writeFileSync(join(root, "package.json"), '{ "private": true, "type": "module" }');
  writeFileSync(join(root, "index.html"), '<!doctype html><title>x</title><p id="said"></p><script type="module" src="/main.js"></script>');
  writeFileSync(join(root, "main.js"), `
    import init, { Embedder, Detector, Key } from "greenmark";
    await init();
    const key = Key.fromBytes(new Uint8Array(32).fill(7));
    const [embedder, ids] = [new Embedder(key, { delta: 4 }), []];
    for (let i = 0; i < 200; i++) {
      const logits = new Float32Array(64);
      embedder.bias(logits, Uint32Array.from(ids));
      const greens = [...logits.keys()].filter((id) => logits[id] > 0);
      ids.push(greens[(i * 31) % greens.length] ?? i % 64);
    }
    document.getElementById("said").textContent = new Detector({ keys: [key] }).evidenceIds(ids).verdict;`);
  const server = await createServer({ root, configFile: false, logLevel: "error", server: { host: "127.0.0.1", port: 0, fs: { strict: false } } });
  const browser = await chromium.launch(launchOptions);
  try {
    await server.listen();
    const page = await browser.newPage();
    await page.goto(server.resolvedUrls.local[0]);
    await page.locator("#said", { hasText: /./ }).waitFor();
    assert.equal(await page.locator("#said").textContent(), "marked");
  } finally {
    await browser.close();
    await server.close();
    rmSync(root, { recursive: true });
  }
});
