// Pictures of the page for docs/page, by scripts/screenshots.sh: the same text, seed and settings each time.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { serve } from "./serve.mjs";
import { launchOptions } from "./tests/browser.mjs";
import { ready, useDemo, verdict } from "./tests/chromium/steps.mjs";
import { demoKey, write } from "./tests/chromium/texts.mjs";

const OUT = fileURLToPath(new URL("../docs/page/", import.meta.url));
const WIDTH = 1280;

/** A marked passage in an unmarked text. */
const text = [
  write(null, { prompt: "The museum opened", seed: 11, tokens: 80 }),
  write(demoKey, { prompt: "The museum opened", seed: 12, tokens: 130 }),
  write(null, { prompt: "The museum opened", seed: 13, tokens: 80 }),
]
  .map(part => part.trim())
  .join("\n\n");

/** Each goes to its view and gives the element that the picture ends with. */
const VIEWS = {
  async check(page) {
    await useDemo(page);
    await page.locator("#text").fill(text);
    await verdict(page, /^Marked in one passage$/);
    await page.locator("#text").evaluate(element => (element.scrollTop = 0));
    return page.locator("#coloured");
  },
  async write(page) {
    await useDemo(page);
    await page.locator("#nav-write").click();
    await page.locator("#write-key").selectOption(demoKey.id);
    await page.locator("#seed").fill("4");
    await page.locator("#write-marked").click();
    await page.locator("#written").waitFor();
    await page.locator("#strength-chart path.line").first().waitFor();
    const before = await page.locator("#write-number").textContent();
    await page.locator("#attack-replace").fill("15");
    await page.waitForFunction(before => document.getElementById("write-number").textContent !== before, before);
    return page.locator("#write-plot");
  },
};

mkdirSync(OUT, { recursive: true });
const server = await serve(fileURLToPath(new URL("dist/", import.meta.url)), 0);
const browser = await chromium.launch(launchOptions);
try {
  for (const [view, reach] of Object.entries(VIEWS)) {
    const page = await browser.newPage({ colorScheme: "light", viewport: { width: WIDTH, height: 900 }, deviceScaleFactor: 1, reducedMotion: "reduce" });
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await ready(page);
    const last = await reach(page);
    await page.evaluate(() => {
      document.activeElement.blur();
      scrollTo(0, 0);
    });
    const { y, height } = await last.boundingBox();
    const clip = { x: 0, y: 0, width: WIDTH, height: Math.ceil(y + height + 24) };
    const name = `${view}-${WIDTH}-light.png`;
    writeFileSync(`${OUT}${name}`, await page.screenshot({ fullPage: true, clip, animations: "disabled", caret: "hide" }));
    console.log(`docs/page/${name}`);
    await page.close();
  }
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
