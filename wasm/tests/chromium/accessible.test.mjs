// The page for those who do not see it, or have a narrow window: axe in every state, reflow, announcements. The keyboard has keyboard.test.mjs.

import assert from "node:assert/strict";

import axe from "axe-core";

import { addKey, check, chooseTokenizer, file, open, pageTest, unfold, useDemo, verdict } from "./page.mjs";
import { SCHEME, keyOf, marked, partly, unmarked } from "./texts.mjs";

async function writeText(page) {
  await page.locator("#write-marked").click();
  await page.locator("#write-skip").click();
  await page.locator("#write-skip").waitFor({ state: "hidden" });
}

/** The states of the page, in an order in which each is reached from the one before. */
const STATES = {
  empty: () => {},
  "no key": page => check(page, unmarked),
  "broken key": async page => {
    await addKey(page, "gmk1broken");
    await page.locator("#key-error").waitFor();
  },
  "a profile that waits": async page => {
    const profile = { greenmark: "profile/1", name: "a-name-of-sixty-four-characters.that-is-as-long-as-a-name-can-be", scheme: SCHEME, tokenizer: { name: "smollm2", fingerprint: "d21208e9d0e11339" }, key_id: keyOf(1).id, subkey: "2026-11" };
    await open(page, "#profile-open", file("x.profile.json", JSON.stringify(profile)));
    await open(page, "#key-open", file("other.key", keyOf(2).toText()));
    await page.locator("#key-error", { hasText: "is not the one" }).waitFor();
    await open(page, "#profile-open", file("y.profile.json", "{"));
    await page.locator("#profile-error").waitFor();
  },
  "no tokenizer": async page => {
    await page.getByRole("button", { name: /^Remove profile/ }).click();
    await page.getByRole("button", { name: "Use the public demonstration key" }).click();
    await verdict(page, /^Cannot say$/);
  },
  unmarked: async page => {
    await chooseTokenizer(page, "demo");
    await verdict(page, /^No mark of the demo found$/);
  },
  marked: async page => {
    await check(page, marked);
    await verdict(page, /^Marked$/);
  },
  passages: async page => {
    await check(page, partly);
    await verdict(page, /^Marked in one passage$/);
    await page.locator("#passage-list button").click();
  },
  "broken scheme": async page => {
    await unfold(page);
    await page.locator("#scheme").selectOption("");
    await page.locator("#scheme-text").fill("gm2:green");
    await page.locator("#scheme-error").waitFor();
  },
  "JSON Lines": async page => {
    await page.locator("#scheme").selectOption({ index: 0 });
    const lines = [{ id: "first", text: marked }, { id: "second", text: unmarked }, { id: 3 }, { text: partly }];
    await open(page, "#text-open", file("lines.jsonl", lines.map(line => JSON.stringify(line)).join("\n")));
    await page.locator("#lines-save").waitFor();
    await page.getByRole("button", { name: "first" }).click();
    await verdict(page, /^Marked$/);
  },
  "before writing": page => page.locator("#nav-write").click(),
  written: writeText,
  attacked: async page => {
    const before = await page.locator("#write-number").textContent();
    await page.locator("#attack-replace").fill("50");
    await page.waitForFunction(before => document.getElementById("write-number").textContent !== before, before);
  },
};

const looks = ["light", "dark"].flatMap(colorScheme => [360, 768, 1280].map(width => ({ colorScheme, width })));
for (const { colorScheme, width } of looks) {
  pageTest(`axe finds nothing serious: ${colorScheme}, ${width} px`, { context: { colorScheme, viewport: { width, height: 800 } }, timeout: 90_000 }, async ({ page }) => {
    await page.evaluate(axe.source);
    for (const [state, reach] of Object.entries(STATES)) {
      await reach(page);
      // Colours that fade are measured when they have arrived.
      await page.waitForFunction(() => document.getAnimations().every(animation => animation.playState !== "running"));
      const { violations, passes } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
      const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      const said = grave.map(({ id, help, nodes }) => `${id} (${help}): ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join("\n    ")}`);
      assert.deepEqual(said, [], state);
      assert.ok(passes.some(({ id }) => id === "color-contrast"), `${state}: contrast was looked at`);
    }
  });
}

pageTest("axe would find what is wrong", {}, async ({ page }) => {
  await page.evaluate(axe.source);
  await page.evaluate(() => {
    document.getElementById("scheme").removeAttribute("aria-describedby");
    document.querySelector("label[for=scheme]").remove();
    document.getElementById("key-hint").style.color = "#999";
  });
  const { violations } = await page.evaluate(() => axe.run(document));
  assert.deepEqual(violations.map(({ id }) => id).sort(), ["color-contrast", "select-name"]);
});

pageTest("at 320 px nothing has to be scrolled sideways", { context: { viewport: { width: 320, height: 640 } } }, async ({ page }) => {
  for (const [state, reach] of Object.entries(STATES)) {
    await reach(page);
    const wide = await page.evaluate(() => {
      const page = document.scrollingElement;
      if (page.scrollWidth <= page.clientWidth) return [];
      const elements = [...document.querySelectorAll("main *, header *, footer *")];
      return [`${page.scrollWidth} px`, ...elements.filter(element => element.getBoundingClientRect().right > innerWidth + 1).map(element => `${element.tagName} ${element.id} ${element.className}`).slice(0, 8)];
    });
    assert.deepEqual(wide, [], state);
  }
});

pageTest("at 320 px the letters of the plots do not run into each other", { context: { viewport: { width: 320, height: 640 } } }, async ({ page }) => {
  await STATES["before writing"](page);
  await writeText(page);
  await page.locator("#strength-chart text").first().waitFor();
  const overlaps = await page.evaluate(() =>
    ["strength-chart", "write-plot", "meter"].flatMap(id => {
      const texts = [...document.querySelectorAll(`#${id} text`)].map(element => ({ said: element.textContent, box: element.getBoundingClientRect() }));
      const meet = (a, b) => a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom;
      // The line before each name of the key is no text, but must not be written over either.
      const lines = [...document.querySelectorAll("#strength-chart path[d$='h20']")].map(element => ({ said: "line of the key", box: element.getBoundingClientRect() }));
      return texts.flatMap((a, i) => [...texts.slice(i + 1), ...lines].filter(b => meet(a.box, { left: b.box.left, right: b.box.right, top: b.box.top - 3, bottom: b.box.bottom + 3 })).map(b => `${id}: ${a.said}, ${b.said}`));
    }),
  );
  assert.deepEqual(overlaps, []);
});

pageTest("where colours are forced the current view still shows", { context: { forcedColors: "active" } }, async ({ page }) => {
  const border = id => page.locator(id).evaluate(element => getComputedStyle(element).borderBottomColor);
  const canvas = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  for (const [current, other] of [["#nav-check", "#nav-write"], ["#nav-write", "#nav-check"]]) {
    await page.locator(current).click();
    // The view changes with the address, which the click does not wait for.
    await page.locator(`${current}[aria-current]`).waitFor();
    assert.equal(await border(other), canvas);
    assert.notEqual(await border(current), canvas);
  }
});

pageTest("a verdict is told to who cannot see it", {}, async ({ page }) => {
  await useDemo(page);
  await check(page, marked);
  await verdict(page, /^Marked$/);
  const told = page.locator("[aria-live=polite]", { hasText: /^Marked\. .*would look like this/ });
  await told.waitFor({ state: "attached" });
  // In words and in the tree of names, not in colours alone.
  const tree = await page.locator("#result").ariaSnapshot();
  assert.match(tree, /paragraph: Marked/);
});
