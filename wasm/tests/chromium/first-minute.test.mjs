// The first minute with the page: samples, the verdict in sight, words that do not mislead, and what a reload keeps.

import assert from "node:assert/strict";

import { addKey, chooseTokenizer, complaint, file, open, pageTest, ready, useDemo, verdict } from "./page.mjs";
import { SCHEME, demoKey, greenmark, keyOf, marked, otherTokenizer, unmarked, write } from "./texts.mjs";

const WIDTHS = [360, 768, 1280];

/** Whether an element is wholly within the window. */
const inSight = (page, selector) =>
  page.locator(selector).evaluate(element => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
  });

for (const width of WIDTHS) {
  pageTest(`a sample shows its verdict at once: ${width} px`, { context: { viewport: { width, height: 640 } } }, async ({ page }) => {
    for (const [sample, word] of [["marked", /^Marked$/], ["edited", /^Marked$/], ["person", /^No mark of the demo found$/]]) {
      await page.locator(`[data-sample=${sample}]`).dispatchEvent("click");
      await verdict(page, word);
      assert.ok(await inSight(page, "#verdict .verdict-head"), `${sample}: the verdict is in sight`);
    }
    // What it says is of the demonstration, and of nothing else.
    assert.match(await page.locator("#verdict-caveat").textContent(), /texts of the small model in this page, and of no other/);
  });

  pageTest(`after a paste the verdict is in sight, above the settings: ${width} px`, {
    context: { viewport: { width, height: 640 }, permissions: ["clipboard-read", "clipboard-write"] },
  }, async ({ page }) => {
    await useDemo(page);
    await page.evaluate(text => navigator.clipboard.writeText(text), marked);
    await page.locator("#text").focus();
    await page.keyboard.press("Control+V");
    await verdict(page, /^Marked$/);
    assert.ok(await inSight(page, "#verdict .verdict-head"));
    if (width < 960) {
      const [result, settings] = await Promise.all(["#verdict", "#key-zone"].map(id => page.locator(id).boundingBox()));
      assert.ok(result.y < settings.y);
    }
  });
}

pageTest("without a key the page says who has one", {}, async ({ page }) => {
  await page.locator("#text").fill(marked);
  const { sentence } = await verdict(page, /^A key is needed$/);
  assert.match(sentence, /whoever runs the model has it.*nothing can be said of this text\.$/);
  await page.getByRole("link", { name: "Open or paste a key" }).click();
  assert.ok(await inSight(page, "#key-text"));
  await page.getByRole("link", { name: "Who has a key?" }).click();
  assert.match(await page.locator("main").textContent(), /Without a key nothing can be known/);
  assert.ok((await page.locator("#glossary ~ table tbody tr").count()) > 20, "the glossary is there");
});

pageTest("a tokenizer chosen by hand is a guess, and the verdict says so", {}, async ({ page }) => {
  const key = keyOf(1);
  await addKey(page, key.toText());
  await open(page, "#tokenizer-open", file("tokenizer.json", otherTokenizer));
  await page.locator("#text").fill(unmarked);
  await verdict(page, /^No mark found with this tokenizer$/);
  assert.match(await page.locator("#verdict-caveat").textContent(), /^If another model wrote the text, this says nothing/);
});

pageTest("a mark of the demonstration key proves nothing, and the page says so", {}, async ({ page }) => {
  await useDemo(page);
  await page.locator("#text").fill(marked);
  await verdict(page, /^Marked$/);
  assert.match(await page.locator("#verdict-caveat").textContent(), /Everybody has it, so this proves nothing/);
});

pageTest("keys are announced: added, there already, removed; and the focus stays", {}, async ({ page }) => {
  const note = text => page.locator("#key-note[role=status]", { hasText: text }).waitFor();
  await page.getByRole("button", { name: "Use the public demonstration key" }).focus();
  await page.keyboard.press("Enter");
  await note(`Added the key ${demoKey.id}`);
  assert.equal(await page.evaluate(() => document.activeElement.id), "key-demo");
  await page.keyboard.press("Enter");
  await note(`The key ${demoKey.id}`);
  await note("is here already");
  await addKey(page, keyOf(1).toText());
  await note(`Added the key ${keyOf(1).id} (pasted key)`);
  await page.getByRole("button", { name: `Remove key ${keyOf(1).id}` }).click();
  await note(`Removed the key ${keyOf(1).id}`);
});

pageTest("a key file is read alike, pasted and opened", {}, async ({ page }) => {
  const text = keyOf(1).toText();
  for (const broken of [`${text} `, ` ${text}`, `\ufeff${text}`]) {
    await addKey(page, broken);
    const pasted = (await complaint(page, "#key-text", "#key-error")).replace(/^pasted key: /, "");
    await open(page, "#key-open", file("a.key", broken));
    await page.locator("#key-error", { hasText: /^a\.key: / }).waitFor();
    assert.equal((await complaint(page, "#key-text", "#key-error")).replace(/^a\.key: /, ""), pasted);
  }
  assert.equal(await page.locator("#key-list li").count(), 0);
});

pageTest("a reload keeps what was chosen, and the verdict with it", {}, async ({ page }) => {
  const key = keyOf(1);
  const scheme = "gm1:gumbel,h=2";
  const json = JSON.stringify({ greenmark: "profile/1", name: "bot", scheme: SCHEME, tokenizer: { name: "demo", fingerprint: greenmark.Tokenizer.demo().fingerprint }, key_id: key.id });
  await open(page, "#text-open", file("bot.profile.json", json));
  await page.locator("#profile-list", { hasText: "bot" }).waitFor();
  await useDemo(page);
  await page.locator("#scheme").selectOption(scheme);
  await page.reload();
  await ready(page);
  await page.locator("#profile-list", { hasText: `waits for its key: ${key.id}` }).waitFor();
  assert.equal(await page.locator("#key-list li").count(), 0, "keys are not kept");
  await page.locator("#text").fill(write(key));
  await verdict(page, /^A key is needed$/);
  await addKey(page, key.toText());
  await verdict(page, /^Marked$/);
  assert.equal(await page.locator("#tokenizer").inputValue(), "demo");
  assert.equal(await page.locator("#scheme").inputValue(), scheme);
  // What was removed stays away.
  await page.getByRole("button", { name: "Remove profile bot" }).click();
  await page.reload();
  await ready(page);
  assert.equal(await page.locator("#profile-list li").count(), 0);
});

pageTest("a chosen tokenizer that is gone is missed aloud", {}, async ({ page }) => {
  await open(page, "#tokenizer-open", file("tokenizer.json", otherTokenizer));
  await page.locator("#tokenizer-info", { hasText: "Fingerprint" }).waitFor();
  await page.evaluate(() => new Promise(resolve => {
    const request = indexedDB.open("greenmark");
    request.onsuccess = () => {
      const transaction = request.result.transaction("tokenizers", "readwrite");
      transaction.objectStore("tokenizers").clear();
      transaction.oncomplete = () => resolve(request.result.close());
    };
  }));
  await page.reload();
  await page.locator("#tokenizer-error", { hasText: "the tokenizer that was chosen before, tokenizer.json, is not in this browser any more" }).waitFor();
  await useDemo(page);
  await chooseTokenizer(page, "");
  await page.locator("#text").fill(marked);
  await verdict(page, /^Cannot say$/);
});

pageTest("a window that changes its width raises no alarm", {}, async ({ page }) => {
  await useDemo(page);
  await page.locator("#text").fill(marked);
  await verdict(page, /^Marked$/);
  for (const width of [900, 700, 500, 360, 1100, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    await page.waitForTimeout(60);
  }
  assert.ok(await page.locator("#notice").isHidden());
});
