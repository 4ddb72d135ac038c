// Writing a text, attacking it, and handing it over.

import assert from "node:assert/strict";

import { complaint, pageTest, useDemo, verdict } from "./page.mjs";
import { demoKey, detect, pOf, write } from "./texts.mjs";

const PROMPT = "Once upon a time";
/** What the page writes with its first settings. */
const written = (key, options) => write(key, { prompt: PROMPT, delta: 2, seed: 1, tokens: 200, ...options });
/** As the write view asks. */
const evidence = (text, options) => detect(text, { normalise: false, ...options }).evidence;

const shown = page => page.locator("#write-tokens").evaluate(element => element.textContent);
const slide = (page, name, value) => page.locator(`#${name}`).fill(String(value));

/** To the write view, with the demonstration key to write with. */
async function goToWrite(page) {
  await useDemo(page);
  await page.locator("#nav-write").click();
  await page.locator("#write-key").selectOption(demoKey.id);
}

/** Writes, and does not wait for the text to come token by token. */
async function writeNow(page, button = "#write-marked") {
  await page.locator(button).click();
  const skip = page.locator("#write-skip");
  await skip.click();
  await skip.waitFor({ state: "hidden" });
}

/** Waits until the evidence is that of `text`, and gives its ln p. */
async function evidenceOf(page, text, options) {
  const { ln_p: lnP } = evidence(text, options);
  const said = lnP < -Math.log(1e6) ? `once in 10^${Math.floor(-lnP / Math.LN10 + 1e-9)} texts` : null;
  await page.waitForFunction(([text, said]) => {
    const { textContent } = document.getElementById("write-tokens");
    return textContent === text && (said === null || document.getElementById("write-number").textContent === said);
  }, [text, said]);
  return lnP;
}

pageTest("writes with a mark and without, as the package does", {}, async ({ page }) => {
  await goToWrite(page);
  await page.locator("#write-marked").click();
  // It comes token by token.
  await page.locator("#write-tokens span").nth(3).waitFor();
  assert.ok((await shown(page)).length < written(demoKey).length, "there is more to come");
  await page.locator("#write-skip").click();
  await evidenceOf(page, written(demoKey));
  assert.equal(await page.locator("#write-word").textContent(), "Marked");
  await writeNow(page, "#write-plain");
  await evidenceOf(page, written(null));
  assert.equal(await page.locator("#write-word").textContent(), "No mark found");

  for (const [name, value] of Object.entries({ seed: 7, prompt: "A dog", delta: 4, temperature: 0.8, length: 100 })) await slide(page, name, value);
  await writeNow(page);
  const model = { prompt: "A dog", seed: 7, tokens: 100, delta: 4, temperature: 0.8 };
  await evidenceOf(page, write(demoKey, model));
  await page.getByLabel("gumbel, h = 2").check();
  assert.ok(await page.locator("#delta").isDisabled());
  await writeNow(page);
  await evidenceOf(page, write(demoKey, { ...model, scheme: "gm1:gumbel,h=2" }), { scheme: "gm1:gumbel,h=2" });
});

pageTest("every attack lowers the evidence, and none is the text itself", {}, async ({ page }) => {
  await goToWrite(page);
  await slide(page, "delta", 4);
  await writeNow(page);
  const text = written(demoKey, { delta: 4 });
  const whole = await evidenceOf(page, text);
  for (const name of ["replace", "delete", "shuffle"]) {
    let before = whole;
    for (const [strength, factor] of [[30, 0.9], [100, 0.3]]) {
      await slide(page, `attack-${name}`, strength);
      await page.waitForFunction(text => document.getElementById("write-tokens").textContent !== text, text);
      await page.waitForTimeout(100);
      const attacked = await shown(page);
      const left = await evidenceOf(page, attacked);
      assert.ok(left > factor * whole && left > before, `${name} at ${strength} %: ln p ${left}, it was ${before}`);
      assert.equal(await page.locator(`#attack-${name}-value`).textContent(), `${strength} %`);
      before = left;
    }
    await slide(page, `attack-${name}`, 0);
    assert.equal(await evidenceOf(page, text), whole, "strength 0 is the text itself");
  }
  assert.equal(await page.locator("#write-word").textContent(), "Marked");
  await slide(page, "attack-replace", 50);
  await slide(page, "attack-delete", 50);
  await page.waitForFunction(text => document.getElementById("write-tokens").textContent !== text, text);
  const once = await shown(page);
  await page.locator("#attack-seed").click();
  await page.waitForFunction(text => document.getElementById("write-tokens").textContent !== text, once);
  await page.locator("#attack-reset").click();
  await evidenceOf(page, text);
  for (const name of ["replace", "delete", "shuffle"]) assert.equal(await page.locator(`#attack-${name}`).inputValue(), "0");
});

pageTest("an attacked text is handed over to be checked, with its scheme", {}, async ({ page }) => {
  await goToWrite(page);
  await page.getByLabel("gumbel, h = 2").check();
  await writeNow(page);
  await slide(page, "attack-replace", 10);
  await page.waitForFunction(text => document.getElementById("write-tokens").textContent !== text, written(demoKey, { scheme: "gm1:gumbel,h=2" }));
  const attacked = await shown(page);
  await page.locator("#to-check").click();
  assert.equal((await verdict(page, /^Marked/)).p, pOf(detect(attacked, { scheme: "gm1:gumbel,h=2" })));
  assert.equal(await page.locator("#text").inputValue(), attacked);
  assert.equal(await page.locator("#scheme").inputValue(), "gm1:gumbel,h=2");
  assert.equal(new URL(page.url()).hash, "#check");
  assert.ok(await page.locator("#text").evaluate(element => element === document.activeElement));
});

pageTest("without its key nothing is said of a text, until the key is back or another text is written", {}, async ({ page }) => {
  await goToWrite(page);
  await writeNow(page);
  await slide(page, "attack-replace", 20);
  await page.waitForFunction(text => document.getElementById("write-tokens").textContent !== text, written(demoKey));
  const attacked = await shown(page);
  const lnP = await evidenceOf(page, attacked);
  await page.locator("#nav-check").click();
  await page.getByRole("button", { name: `Remove key ${demoKey.id}` }).click();
  await page.locator("#nav-write").click();
  await page.locator("#write-word", { hasText: /^The key was removed$/ }).waitFor();
  assert.match(await page.locator("#write-sentence").textContent(), new RegExp(`${demoKey.id}.*Add it again in Check, or write a new text`));
  assert.equal(await page.locator("#write-number").textContent(), "");
  for (const part of ["#attack", "#write-plots", "#meter", "#write-legend"]) assert.ok(await page.locator(part).isHidden(), part);
  assert.ok(await page.locator("#write-error").isHidden());
  assert.equal(await shown(page), attacked, "the text stays");

  await page.locator("#nav-check").click();
  await useDemo(page);
  await page.locator("#nav-write").click();
  assert.equal(await evidenceOf(page, attacked), lnP);
  assert.ok(await page.locator("#attack").isVisible());
  assert.match(await page.locator("#write-word").textContent(), /^Marked/);

  await page.locator("#nav-check").click();
  await page.getByRole("button", { name: `Remove key ${demoKey.id}` }).click();
  await page.locator("#nav-write").click();
  await slide(page, "delta", 6);
  await writeNow(page);
  await page.locator("#write-word", { hasText: /^Marked$/ }).waitFor();
  assert.ok(await page.locator("#write-plots").isVisible());
});

pageTest("settings that cannot be are refused at their fields", {}, async ({ page }) => {
  await goToWrite(page);
  for (const seed of ["-1", "1.5", "4294967296", ""]) {
    await slide(page, "seed", seed);
    await page.locator("#write-marked").click();
    assert.match(await complaint(page, "#seed", "#seed-error"), /whole number/);
  }
  await slide(page, "seed", 3);
  await slide(page, "prompt", "x".repeat(10_001));
  await page.locator("#write-marked").click();
  assert.match(await complaint(page, "#prompt", "#prompt-error"), /limit/);
  assert.ok(await page.locator("#written").isHidden());
  await slide(page, "prompt", "");
  await page.locator("#write-plain").click();
  assert.match(await complaint(page, "#prompt", "#prompt-error"), /the prompt is empty/);
  await slide(page, "prompt", PROMPT);
  await writeNow(page, "#write-plain");
  await evidenceOf(page, written(null, { seed: 3 }), { keys: [demoKey] });
  assert.ok(await page.locator("#write-error").isHidden());
  await page.locator("#seed-new").click();
  assert.notEqual(await page.locator("#seed").inputValue(), "3");
});

pageTest("who asked for less motion has the text at once", { context: { reducedMotion: "reduce" } }, async ({ page }) => {
  await goToWrite(page);
  await page.evaluate(() => {
    globalThis.lengths = new Set();
    new MutationObserver(() => lengths.add(document.getElementById("write-tokens").textContent.length)).observe(document.getElementById("write-tokens"), { childList: true, subtree: true, characterData: true });
  });
  await page.locator("#write-marked").click();
  const text = written(demoKey);
  await evidenceOf(page, text);
  assert.deepEqual(await page.evaluate(() => [...lengths]), [text.length], "it was never there in part");
  assert.ok(await page.locator("#write-skip").isHidden());
  const moving = await page.evaluate(() => document.getAnimations().filter(animation => animation.effect.getComputedTiming().duration > 1).length);
  assert.equal(moving, 0);
});
