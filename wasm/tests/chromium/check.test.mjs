// Checking a text that was pasted or typed.

import assert from "node:assert/strict";

import { addKey, check, complaint, pageTest, saved, useDemo, verdict } from "./page.mjs";
import { demoKey, detect, keyOf, marked, pOf, partly, unmarked, write } from "./texts.mjs";

const withClipboard = { permissions: ["clipboard-read", "clipboard-write"] };

pageTest("a pasted text gets its verdict, and its evidence can be copied and saved", { context: withClipboard }, async ({ page }) => {
  assert.equal((await verdict(page)).word, "Nothing to check yet");
  await page.evaluate(text => navigator.clipboard.writeText(text), marked);
  await page.locator("#text").focus();
  await page.keyboard.press("Control+V");
  assert.equal((await verdict(page)).word, "A key is needed");
  assert.equal(await page.locator("#text").inputValue(), marked);

  await useDemo(page);
  const expected = detect(marked);
  const { word, p, sentence } = await verdict(page, /^Marked$/);
  assert.ok(expected.evidence.detected && word === "Marked");
  assert.equal(p, pOf(expected));
  assert.match(sentence, new RegExp(`${expected.evidence.scored} counted tokens; ${(100 * expected.evidence.green_fraction).toFixed(0)} % green`));

  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await page.locator("#copy-json").click();
  await page.locator("#copied", { hasText: "Copied" }).waitFor();
  assert.deepEqual(JSON.parse(await clipboard()), expected.evidence);
  assert.deepEqual(JSON.parse((await saved(page, "#save-json")).text), expected.evidence);
  await page.locator("#copy-words").click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith("Marked."));
  assert.ok((await clipboard()).includes(`key ${demoKey.id}`));
});

pageTest("every token has its colour, and every passage its place", {}, async ({ page }) => {
  await useDemo(page);
  await check(page, partly);
  const { evidence, places, shades } = detect(partly);
  assert.equal(evidence.spans.length, 1);
  assert.equal((await verdict(page)).word, "Marked in one passage");

  assert.equal(await page.locator("#coloured").evaluate(element => element.textContent), partly, "the text is shown whole");
  const counted = await page.locator("#coloured").evaluate(async element => {
    // A long text has elements for its tokens only near the eye.
    const seen = {};
    for (element.scrollTop = 0; ; element.scrollTop += element.clientHeight) {
      await new Promise(resolve => setTimeout(resolve, 50));
      if (element.scrollTop + element.clientHeight >= element.scrollHeight - 1) break;
    }
    for (const name of ["t-none", "t-again", "t-red", "t-green"]) seen[name] = element.querySelectorAll(`.${name}`).length;
    return seen;
  });
  const expected = Object.fromEntries(["t-none", "t-again", "t-red", "t-green"].map((name, i) => [name, shades.filter(shade => shade === i).length]));
  assert.deepEqual(counted, expected);
  const inPassage = await page.locator("#coloured .t-in").allTextContents();
  const passage = partly.slice(places[0], places[1]);
  assert.equal(inPassage.join("").trim(), passage.trim());

  await page.locator("#passage-list button").click();
  assert.equal(await page.locator("#coloured .t-found").textContent(), inPassage[0], "the passage's button goes to its first token");
  await page.waitForFunction(() => {
    const { top, bottom } = document.querySelector("#coloured .t-found").getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });
});

pageTest("unmarked text, short text, other keys and other questions", {}, async ({ page }) => {
  await useDemo(page);
  await check(page, unmarked);
  let { word, p } = await verdict(page);
  assert.deepEqual([word, p], ["No mark of the demo found", pOf(detect(unmarked))]);

  await check(page, "Once");
  assert.equal((await verdict(page)).word, "Too short to say");
  await check(page, "Once upon a time");
  assert.match((await verdict(page, /^Too short to say$/)).sentence, /could not reach one in a million even if all of them were green\.$/);
  await page.locator("#text-clear").click();
  assert.equal((await verdict(page)).word, "Nothing to check yet");
  assert.equal(await page.locator("#text").inputValue(), "");

  // Marked with another key: with the wrong one it looks like any text, with both the right one is named.
  const other = keyOf(1);
  const text = write(other);
  await check(page, text);
  ({ word, p } = await verdict(page));
  assert.deepEqual([word, p], ["No mark of the demo found", pOf(detect(text))]);
  await addKey(page, other.toText());
  ({ p } = await verdict(page, /^Marked$/));
  const both = detect(text, { keys: [demoKey, other] });
  assert.equal(p, pOf(both));
  assert.equal(both.evidence.key_id, other.id);
  await page.locator("#details", { hasText: other.id }).waitFor();

  // The same text under another scheme and back, and at other levels.
  await page.locator("#scheme").selectOption("gm1:gumbel,h=2");
  ({ p } = await verdict(page, /^No mark of the demo found$/));
  assert.equal(p, pOf(detect(text, { keys: [demoKey, other], scheme: "gm1:gumbel,h=2" })));
  await page.locator("#scheme").selectOption({ index: 0 });
  await verdict(page, /^Marked$/);
  await page.getByLabel("Look for marked passages").uncheck();
  await page.waitForFunction(p => document.getElementById("verdict-p").textContent === p, pOf(detect(text, { keys: [demoKey, other], search: false })));
});

pageTest("look-alike letters are seen through once the text is normalised", {}, async ({ page }) => {
  await useDemo(page);
  // Cyrillic a, e, o, and a zero-width space now and then.
  const disguised = marked.replace(/[aeo]/g, letter => ({ a: "а", e: "е", o: "о" })[letter]).replace(/ (?=t)/g, " \u200b");
  const expected = detect(disguised);
  assert.ok(expected.evidence.detected && expected.evidence.normalised);
  await check(page, disguised);
  const said = await verdict(page, /^Marked$/);
  assert.equal(said.p, pOf(expected));
  assert.match(said.sentence, /Found once the text was normalised/);
  const [span] = expected.evidence.spans;
  assert.ok(said.sentence.includes(`${span.scored} counted tokens; ${(100 * span.green / span.scored).toFixed(0)} % green`), "the counts are of the text normalised");
  assert.ok(await page.locator("#coloured-note").isVisible());
  await page.getByLabel("Look at the text normalised, too").uncheck();
  const { p } = await verdict(page, /^No mark of the demo found$/);
  assert.equal(p, pOf(detect(disguised, { normalise: false })));
});

pageTest("a scheme of a version to come is refused at its field, and nothing else is lost", {}, async ({ page }) => {
  await useDemo(page);
  await check(page, marked);
  await page.locator("#scheme").selectOption("");
  await page.locator("#scheme-text").fill("gm2:green,h=1,gamma=64/256");
  assert.match(await complaint(page, "#scheme-text", "#scheme-error"), /gm1:/);
  assert.equal((await verdict(page)).word, "Not checked");
  assert.equal(await page.locator("#text").inputValue(), marked);
  await page.locator("#scheme-text").fill("gm1:green,h=1,gamma=64/256");
  await verdict(page, /^Marked$/);
  assert.ok(await page.locator("#scheme-error").isHidden());
  assert.equal(await page.locator("#scheme-text").getAttribute("aria-invalid"), null);
  // A listed scheme that is chosen just after typing holds.
  await page.locator("#scheme-text").fill("gm1:gumbel,h=3");
  await page.locator("#scheme").selectOption({ index: 0 });
  await page.waitForTimeout(500);
  assert.equal((await verdict(page)).word, "Marked");
});

pageTest("half a surrogate pair is named with its place", {}, async ({ page }) => {
  await useDemo(page);
  await page.locator("#text").evaluate((element, text) => {
    element.value = text;
    element.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, `${marked.slice(0, 20)}\ud83d${marked.slice(20)}`);
  assert.match(await complaint(page, "#text", "#text-error"), /half a surrogate pair at UTF-16 offset 20/);
  await check(page, marked);
  await verdict(page, /^Marked$/);
  assert.ok(await page.locator("#text-error").isHidden());
});

pageTest("markup in a text is text", {}, async ({ page }) => {
  await useDemo(page);
  const text = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script> &amp; ${marked}`;
  await check(page, text);
  await verdict(page, /^Marked/);
  assert.equal(await page.locator("#coloured").evaluate(element => element.textContent), text);
  assert.equal(await page.locator("#result img, #result script").count(), 0);
  assert.match(await page.title(), /^Greenmark/);
});

pageTest("the newest text wins, however fast they come", {}, async ({ page }) => {
  await useDemo(page);
  // Long enough to be still under way when the next one comes.
  const long = Array.from({ length: 4000 }, () => marked).join("\n");
  const seen = await page.evaluate(async ([long, short]) => {
    const field = document.getElementById("text");
    const word = document.getElementById("verdict-word");
    const type = async (text, pause) => {
      field.value = text;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
      await new Promise(resolve => setTimeout(resolve, pause));
    };
    await type(long, 200);
    const isUnderWay = document.getElementById("result").getAttribute("aria-busy") === "true";
    await type(short, 0);
    // Whatever is said from now on is of the last text.
    const said = new Set();
    const until = performance.now() + 4000;
    while (performance.now() < until) {
      if (document.getElementById("result").getAttribute("aria-busy") === "false") said.add(word.textContent);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    return { isUnderWay, said: [...said] };
  }, [long, unmarked]);
  assert.deepEqual(seen, { isUnderWay: true, said: ["No mark of the demo found"] });
});

pageTest("a text of 100,000 words has its verdict, and typing goes on", {}, async ({ page }) => {
  await useDemo(page);
  const words = unmarked.split(/\s+/);
  const text = `${marked} ${Array.from({ length: 100_000 }, (_, i) => words[(i * i + (i >> 7)) % words.length]).join(" ")}`;
  await page.locator("#text").fill(text);
  const { word } = await verdict(page);
  assert.equal(word, detect(text).evidence.detected ? "Marked in one passage" : "No mark of the demo found");

  // While the detector is busy with the whole text, the field takes what is typed.
  const slowest = await page.evaluate(async () => {
    const field = document.getElementById("text");
    field.focus();
    field.setSelectionRange(0, 0);
    let slowest = 0;
    for (const letter of "typed while it is checked ") {
      const from = performance.now();
      document.execCommand("insertText", false, letter);
      await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
      slowest = Math.max(slowest, performance.now() - from);
    }
    return slowest;
  });
  assert.ok((await page.locator("#text").inputValue()).startsWith("typed while it is checked "));
  assert.ok(slowest < 1500, `a letter took ${Math.round(slowest)} ms`);
  await verdict(page, /^Marked in one passage$/);
});
