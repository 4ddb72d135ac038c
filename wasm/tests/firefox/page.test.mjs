// The page in Firefox: the ways through it that readers take, at three widths. Chromium has the details.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import axe from "axe-core";
import puppeteer from "puppeteer-core";

import { serve } from "../../serve.mjs";
import { demoKey, detect, keyOf, marked, pOf, unmarked, write } from "../chromium/texts.mjs";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "greenmark-firefox-"));
const onDisk = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

let server;
let browser;
before(async () => {
  server = await serve(DIST);
  browser = await puppeteer.launch({ browser: "firefox", executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr", headless: true });
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const text = (page, selector) => page.$eval(selector, element => element.textContent);

/** Waits until an element's text matches. */
async function until(page, selector, pattern) {
  const said = () => text(page, selector).catch(() => "nothing");
  await page
    .waitForFunction(([selector, source]) => new RegExp(source).test(document.querySelector(selector)?.textContent ?? ""), { timeout: 15_000 }, [selector, pattern.source])
    .catch(async () => assert.fail(`${selector} says “${await said()}”, not ${pattern}`));
}

/** A test of the page in a fresh context, which any fault of the page fails. */
function pageTest(name, width, act) {
  test(`${name}: ${width} px`, { timeout: 60_000 }, async () => {
    const context = await browser.createBrowserContext();
    try {
      const page = await context.newPage();
      const faults = [];
      page.on("pageerror", error => faults.push(error.message));
      page.on("console", message => message.type() === "error" && faults.push(message.text()));
      await page.setViewport({ width, height: 740 });
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      await until(page, "#version", /\d/);
      await page.waitForSelector("#tokenizer option[value=demo]");
      await act(page);
      assert.ok(await page.$eval("#notice", element => element.hidden), await text(page, "#notice"));
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  });
}

/** Gives the hidden field of a button its files, as the reader's choice would. */
async function open(page, field, ...paths) {
  const input = await page.$(field);
  await input.uploadFile(...paths);
}

async function type(page, selector, value) {
  await page.$eval(selector, (element, value) => {
    element.value = value;
    element.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, value);
}

for (const width of [360, 768, 1280]) {
  pageTest("samples have their verdicts in sight, and axe finds nothing serious", width, async page => {
    await page.evaluate(axe.source);
    for (const [sample, word] of [["marked", /^Marked$/], ["edited", /^Marked$/], ["person", /^No mark of the demo found$/]]) {
      await page.$eval(`[data-sample=${sample}]`, element => element.click());
      await until(page, "#verdict-word", word);
      const isSeen = await page.$eval(".verdict-head", element => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });
      assert.ok(isSeen, `${sample}: the verdict is in sight`);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      assert.deepEqual(violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id }) => id), []);
    }
    const isWide = await page.evaluate(() => document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth);
    assert.ok(!isWide, "nothing has to be scrolled sideways");
  });

  pageTest("a text with its key and profile has the package's verdict, and a reload keeps the profile", width, async page => {
    const key = keyOf(1);
    const story = write(key);
    const { fingerprint } = detect(story).evidence.tokenizer;
    const profile = onDisk("bot.profile.json", JSON.stringify({ greenmark: "profile/1", name: "bot", scheme: "gm1:green,h=1,gamma=64/256", tokenizer: { name: "demo", fingerprint }, key_id: key.id }));
    await open(page, "#text-file", profile, onDisk("mine.key", `${key.toText()}\n`), onDisk("story.txt", story));
    await until(page, "#verdict-word", /^Marked$/);
    assert.equal(await text(page, "#verdict-p"), pOf(detect(story, { keys: [key] })));
    await page.reload();
    await until(page, "#profile-list", new RegExp(`bot.*waits for its key: ${key.id}`));
    await type(page, "#key-text", demoKey.toText());
    await page.$eval("#key-add", element => element.click());
    await until(page, "#key-error", /is not the one that the profile bot needs/);
  });

  pageTest("documents become a table, and one of them a report", width, async page => {
    await page.$eval("#key-demo", element => element.click());
    await page.select("#tokenizer", "demo");
    await open(page, "#text-file", onDisk("a.txt", marked), onDisk("b.html", `<!doctype html><p>${unmarked}`), onDisk("c.bin", Buffer.from([0, 1, 2])));
    await until(page, "#lines-summary", /^2 texts: 1 marked, 1 without a mark found; 1 document could not be checked\./);
    await page.$eval("#lines-body button", element => element.click());
    await until(page, "#verdict-word", /^Marked$/);
    assert.match(await text(page, "#details"), /SHA-256 of the text[0-9a-f]{64}/);
  });
}
