// The page with the keyboard alone, and by its addresses.

import assert from "node:assert/strict";

import { check, pageTest, ready, useDemo, verdict } from "./page.mjs";
import { demoKey, partly } from "./texts.mjs";

/** What has the focus: its id, or else its name. */
const focused = page => page.evaluate(() => {
  const { activeElement: element } = document;
  return element.id || element.getAttribute("aria-label") || element.textContent.trim().slice(0, 40);
});

/** Presses Tab until `id` has the focus. */
async function tabTo(page, id) {
  const stops = [];
  while (stops.length < 80) {
    await page.keyboard.press("Tab");
    stops.push(await focused(page));
    if (stops.at(-1) === id) return;
  }
  assert.fail(`${id} is not reached: ${stops.join(", ")}`);
}

/** Walks through the whole page with Tab: every stop must be in sight and look different from without the focus; none may be left out. */
async function walk(page) {
  const wanted = await page.evaluate(() => {
    document.activeElement.blur();
    scrollTo(0, 0);
    const usable = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    const isStop = element => element.checkVisibility({ visibilityProperty: true }) && !element.disabled && !(element.type === "radio" && !element.checked);
    globalThis.stops = [...document.querySelectorAll(usable)].filter(isStop);
    globalThis.looks = stops.map(element => look(element));
    function look(element) {
      return [element, element.parentElement].map(of => ["outline", "boxShadow", "borderColor", "backgroundColor", "stroke"].map(name => getComputedStyle(of)[name]).join()).join();
    }
    globalThis.look = look;
    return stops.map(element => element.id || element.textContent.trim().slice(0, 30));
  });
  const reached = new Set();
  for (let i = 0; i < wanted.length + 5 && reached.size < wanted.length; i++) {
    await page.keyboard.press("Tab");
    const { at, name, isSeen, isShown } = await page.evaluate(async () => {
      const element = document.activeElement;
      await Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => {})));
      const at = stops.indexOf(element);
      const { width, height, top, bottom } = element.getBoundingClientRect();
      return {
        at,
        name: element.id || element.textContent.trim().slice(0, 30),
        isSeen: width > 0 && height > 0 && bottom > 0 && top < innerHeight,
        isShown: at === -1 || look(element) !== looks[at],
      };
    });
    if (at === -1) continue;
    reached.add(at);
    assert.ok(isSeen, `${name} has the focus and is in sight`);
    assert.ok(isShown, `${name} looks as it does without the focus`);
  }
  assert.deepEqual(wanted.filter((_, i) => !reached.has(i)), [], "Tab leaves these out");
}

pageTest("Tab goes everywhere, and shows where it is", {}, async ({ page }) => {
  await walk(page);
  await useDemo(page);
  await check(page, partly);
  await walk(page);
  await page.locator("#nav-write").click();
  await page.locator("#write").waitFor();
  await walk(page);
  await page.locator("#write-marked").click();
  await page.locator("#write-skip").click();
  await page.locator("#write-skip").waitFor({ state: "hidden" });
  await walk(page);
});

pageTest("a text is checked with the keyboard alone", { context: { permissions: ["clipboard-read", "clipboard-write"] } }, async ({ page }) => {
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the content");
  await page.keyboard.press("Enter");
  await tabTo(page, "text");
  await page.keyboard.insertText(partly);
  await verdict(page, /^A key is needed$/);

  await tabTo(page, "key-text");
  await page.keyboard.type("gmk1nonsense");
  await page.keyboard.press("Enter");
  await page.locator("#key-error").waitFor();
  assert.equal(await focused(page), "key-text", "where the mistake can be mended");
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(demoKey.toText());
  await tabTo(page, "key-add");
  await page.keyboard.press("Space");
  await verdict(page, /^Cannot say$/);
  await tabTo(page, "tokenizer");
  await page.keyboard.press("ArrowDown");
  await verdict(page, /^Marked in one passage$/);

  await tabTo(page, "alpha");
  await page.keyboard.press("End");
  await page.locator("#details", { hasText: "p ≤ 1e-9" }).waitFor();
  await tabTo(page, "search");
  await page.keyboard.press("Space");
  await verdict(page, /^No mark of the demo found$|^Marked$/);
  await page.keyboard.press("Space");
  await verdict(page, /^Marked in one passage$/);

  // Along the curve, and to the place in the text.
  await page.keyboard.press("Tab");
  while ((await page.evaluate(() => document.activeElement.getAttribute("role"))) !== "slider") await page.keyboard.press("Tab");
  await page.keyboard.press("Home");
  for (let i = 0; i < 5; i++) await page.keyboard.press("PageUp");
  assert.ok(Number(await page.evaluate(() => document.activeElement.getAttribute("aria-valuenow"))) > 100);
  await page.keyboard.press("Enter");
  await page.locator("#coloured .t-found").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("#coloured .t-found.t-in").waitFor();

  await tabTo(page, "copy-json");
  await page.keyboard.press("Enter");
  await page.locator("#copied", { hasText: "Copied" }).waitFor();
  assert.equal(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())).key_id, demoKey.id);

  // The focus is not lost with the button that is gone.
  await page.getByRole("button", { name: `Remove key ${demoKey.id}` }).focus();
  await page.keyboard.press("Enter");
  await verdict(page, /^A key is needed$/);
  assert.equal(await focused(page), "key-open");
});

pageTest("a text is written and attacked with the keyboard alone", {}, async ({ page }) => {
  await tabTo(page, "nav-write");
  await page.keyboard.press("Enter");
  await page.locator("#write").waitFor();
  await tabTo(page, "delta");
  await page.keyboard.press("End");
  assert.equal(await page.locator("#delta-value").textContent(), "6.00");
  await tabTo(page, "write-marked");
  await page.keyboard.press("Enter");
  await page.locator("#write-tokens span").first().waitFor();
  await tabTo(page, "write-skip");
  await page.keyboard.press("Enter");
  await page.locator("#write-skip").waitFor({ state: "hidden" });
  const before = await page.locator("#write-number").textContent();
  await page.locator("#attack-reset").focus();
  await tabTo(page, "attack-replace");
  await page.keyboard.press("PageUp");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(before => document.getElementById("write-number").textContent !== before, before);
  await page.keyboard.press("Home");
  await page.waitForFunction(before => document.getElementById("write-number").textContent === before, before);
  await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(page), "to-check");
  await page.keyboard.press("Enter");
  await verdict(page, /^Marked$/);
  assert.equal(await focused(page), "text");
});

pageTest("views have addresses, and the browser's back and forward go through them", {}, async ({ page }) => {
  const shown = async () => [await page.locator("#check").isVisible(), await page.locator("#write").isVisible(), await page.title()];
  const check = [true, false, "Greenmark: is this text marked?"];
  const write = [false, true, "Greenmark: write a marked text and attack it"];
  assert.deepEqual(await shown(), check);
  await page.locator("#text").fill("kept");
  const nowShown = async view => {
    await page.locator(view).waitFor();
    return shown();
  };
  await page.locator("#nav-write").click();
  assert.deepEqual(await nowShown("#write"), write);
  assert.equal(await page.locator("#nav-write").getAttribute("aria-current"), "page");
  assert.equal(await page.locator("#nav-check").getAttribute("aria-current"), null);
  await page.goBack();
  assert.deepEqual(await nowShown("#check"), check);
  assert.equal(await page.locator("#text").inputValue(), "kept");
  await page.goForward();
  assert.deepEqual(await nowShown("#write"), write);
  // An address that names no view leaves the view that is there; one that names it opens it.
  for (const name of ["main", "constructor"]) {
    await page.goto(new URL(`#${name}`, page.url()).href);
    await page.waitForTimeout(50);
    assert.deepEqual(await shown(), write);
  }
  await page.reload();
  await ready(page);
  assert.deepEqual(await shown(), check);
  await page.goto(new URL("#write", page.url()).href);
  assert.deepEqual(await nowShown("#write"), write);
  await page.reload();
  await ready(page);
  assert.deepEqual(await shown(), write);
});
