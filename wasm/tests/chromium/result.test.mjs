// A result to keep: on paper, as a page of its own, as words, as a table.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { check, drop, file, open, pageTest, saved, useDemo, verdict } from "./page.mjs";
import { detect, marked, partly, unmarked } from "./texts.mjs";

const folder = mkdtempSync(join(tmpdir(), "greenmark-result-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const sha256 = text => createHash("sha256").update(text).digest("hex");

pageTest("a saved report stands alone, and says which text it is about", {}, async ({ page, context }) => {
  await useDemo(page);
  await open(page, "#text-open", file("story.txt", partly));
  await verdict(page, /^Marked in one passage$/);
  const { name, text } = await saved(page, "#save-report");
  assert.equal(name, "greenmark.html");
  assert.doesNotMatch(text, /<(script|link|img|iframe|button|input)\b|\bsrc=|url\(http/, "it loads nothing and asks for nothing");

  const report = await context.newPage();
  await report.setContent(text);
  assert.equal(await report.title(), "Greenmark: story.txt");
  const said = await report.locator("body").innerText();
  for (const part of ["Marked in one passage", "text, UTF-8", sha256(partly), "with Greenmark", "UTC", "What a verdict does not prove", "It is not a signature", "gm1:green,h=1,gamma=64/256"]) {
    assert.ok(said.includes(part), part);
  }
  assert.equal(await report.locator("#coloured").evaluate(element => element.textContent), partly, "the text is whole");
  const { shades } = detect(partly);
  assert.equal(await report.locator("#coloured .t-green").count(), shades.filter(shade => shade === 3).length, "with all its colours");
  assert.ok(await report.locator("#coloured").evaluate(element => element.scrollHeight <= element.clientHeight + 1), "nothing is cut");
});

pageTest("on paper the result stands alone, and nothing is cut", {}, async ({ page }) => {
  await useDemo(page);
  await check(page, partly);
  await verdict(page, /^Marked in one passage$/);
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  for (const hidden of ["#text", "#key-zone", "#samples", "nav", "#copy-json", "#print"]) assert.ok(await page.locator(hidden).isHidden(), hidden);
  for (const shown of ["#verdict", ".limits ul", "#details", "#coloured"]) assert.ok(await page.locator(shown).isVisible(), shown);
  assert.ok(await page.locator("#coloured").evaluate(element => element.scrollHeight <= element.clientHeight + 1));
  const { shades } = detect(partly);
  assert.equal(await page.locator("#coloured .t-green").count(), shades.filter(shade => shade === 3).length);
});

pageTest("a result in words says as much as the page", { context: { permissions: ["clipboard-read", "clipboard-write"] } }, async ({ page }) => {
  await useDemo(page);
  await check(page, marked);
  await verdict(page, /^Marked$/);
  await page.locator("#copy-words").click();
  await page.locator("#copied", { hasText: "Copied" }).waitFor();
  const words = await page.evaluate(() => navigator.clipboard.readText());
  for (const part of ["Text: pasted or typed", `SHA-256 of the text: ${sha256(marked)}`, "Checked: ", "Read with the tokenizer of the demo model", "It is no signature"]) assert.ok(words.includes(part), part);
});

pageTest("a text that is marked throughout has no passage among others", {}, async ({ page }) => {
  await useDemo(page);
  await check(page, marked);
  await verdict(page, /^Marked$/);
  assert.equal(await page.locator("#passages-title").textContent(), "Marked throughout");
  assert.equal(await page.locator("#passages-hint").textContent(), "");
});

pageTest("no line breaks where the text has none, and each paragraph runs in its own direction", {}, async ({ page }) => {
  await useDemo(page);
  const long = Array.from({ length: 12 }, () => marked.replace(/\s+/g, " ")).join(" ");
  await check(page, `${long}\nשלום עולם`);
  await verdict(page);
  assert.equal(await page.locator("#coloured .paragraph").count(), 1);
  assert.ok((await page.locator("#coloured .chunk").count()) > 2, "a long paragraph has several chunks");
  assert.ok((await page.locator("#coloured .chunk").evaluateAll(chunks => chunks.map(chunk => getComputedStyle(chunk).display))).every(display => display === "inline"));
  // The Hebrew line begins at the right.
  const [gapLeft, gapRight] = await page.locator("#coloured").evaluate(element => {
    element.scrollTop = element.scrollHeight;
    const range = document.createRange();
    range.selectNodeContents([...element.querySelectorAll(".chunk")].at(-1).lastChild);
    const [line, box] = [range.getBoundingClientRect(), element.querySelector(".paragraph").getBoundingClientRect()];
    return [line.left - box.left, box.right - line.right];
  });
  assert.ok(gapLeft > gapRight, `${gapLeft} px to the left, ${gapRight} to the right`);
});

pageTest("a folder of documents becomes a table, with what cannot be read", {}, async ({ page }) => {
  await useDemo(page);
  const documents = join(folder, "inbox");
  mkdirSync(join(documents, "more"), { recursive: true });
  writeFileSync(join(documents, "a.txt"), marked);
  writeFileSync(join(documents, "b.html"), `<!doctype html><title>x</title><p>${unmarked}`);
  writeFileSync(join(documents, "more", "c.bin"), Buffer.from([0, 1, 2, 3]));
  writeFileSync(join(documents, "latin.txt"), Buffer.from(`Caf\u00e9, d\u00e9j\u00e0 vu, na\u00efve. ${marked}`, "latin1"));
  writeFileSync(join(documents, ".hidden"), "no");
  const chosen = await Promise.all([page.waitForEvent("filechooser"), page.locator("#folder-open").click()]);
  await chosen[0].setFiles(documents);
  await page.locator("#lines-summary", { hasText: "3 texts: 2 marked, 1 without a mark found; 1 document could not be checked." }).waitFor();
  assert.deepEqual((await page.locator("#lines-body tr").allTextContents()).map(row => /inbox\/(more\/)?[a-z]+\.[a-z]+/.exec(row)?.[0]).sort(), ["inbox/a.txt", "inbox/b.html", "inbox/latin.txt", "inbox/more/c.bin"]);

  const lines = (await saved(page, "#lines-save")).text.trimEnd().split("\n").map(line => JSON.parse(line));
  assert.deepEqual(lines.map(({ line }) => line), [1, 2, 3, 4]);
  assert.match(lines.find(({ error }) => error).error, /c\.bin: not a text/);
  const table = (await saved(page, "#lines-table-save")).text.trimEnd().split("\r\n");
  assert.equal(table.length, 5);
  assert.match(table[0], /^line,name,verdict,p,/);
  await drop(page, "h1", [join(documents, "latin.txt")]);
  await verdict(page, /^Marked/);
  assert.match(await page.locator("#text-note").textContent(), /^The file is in windows-1252\./);
});
