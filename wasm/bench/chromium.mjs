// The bench in headless Chromium, by its page.
import { chromium } from "playwright-core";
import { launchOptions } from "../tests/browser.mjs";
import { serve } from "../serve.mjs";

/** Rows as of `measure`, and the browser's version. */
export async function inChromium(text, tokenizer, rounds) {
  const server = await serve(new URL("../dist/", import.meta.url), 0);
  const browser = await chromium.launch(launchOptions);
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${server.address().port}/bench/`);
    await page.setInputFiles("#text", text);
    await page.setInputFiles("#tokenizer", tokenizer);
    await page.fill("#rounds", String(rounds));
    await page.click("button");
    await page.waitForFunction(() => /^Done|^Not/.test(document.getElementById("state").textContent), null, { timeout: 600_000 });
    const state = await page.textContent("#state");
    if (!state.startsWith("Done")) throw new Error(state);
    return { version: browser.version(), rows: JSON.parse(await page.textContent("#json")) };
  } finally {
    await browser.close();
    server.close();
  }
}
