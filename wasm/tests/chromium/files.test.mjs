// Texts and tokenizers that come as files: opened, dropped, refused, remembered.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { check, complaint, drop, file, open, pageTest, ready, useDemo, verdict } from "./page.mjs";
import { demoKey, detect, greenmark, keyOf, marked, otherTokenizer, pOf, tokenizerJson, unmarked } from "./texts.mjs";

const folder = mkdtempSync(join(tmpdir(), "greenmark-page-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const onDisk = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
/** A file that takes no room: zeros, so many. */
const sparse = (name, size) => {
  const path = onDisk(name, "");
  truncateSync(path, size);
  return path;
};

pageTest("a text is opened, and checked as it stands in the file", {}, async ({ page }) => {
  await useDemo(page);
  // A field has no carriage returns; the file's are checked all the same. A byte-order mark is no part of the text.
  const text = marked.replace(/\. /g, ".\r\n");
  assert.notEqual(pOf(detect(text)), pOf(detect(text.replaceAll("\r", ""))));
  await open(page, "#text-open", file("story.txt", `\ufeff${text}`));
  const { p } = await verdict(page, /^Marked$/);
  assert.equal(p, pOf(detect(text)));
  assert.match(await page.locator("#text-size").textContent(), /story\.txt/);
  await open(page, "#text-open", file("empty.txt", ""));
  await verdict(page, /^Nothing to check yet$/);
  assert.equal(await page.locator("#text-size").textContent(), "empty.txt, empty");
});

pageTest("several texts are a list of texts, and what cannot be read is named", {}, async ({ page }) => {
  await useDemo(page);
  await drop(page, "#text-zone", [onDisk("one.txt", marked), onDisk("two.txt", unmarked), onDisk("bad.txt", Buffer.from([0x61, 0, 1])), onDisk("a.key", keyOf(5).toText())]);
  await page.locator("#key-list", { hasText: keyOf(5).id }).waitFor();
  await page.locator("#lines-summary", { hasText: "2 texts: 1 marked, 1 without a mark found; 1 document could not be checked." }).waitFor();
  assert.deepEqual(await page.locator("#lines-body button").allTextContents(), ["one.txt", "two.txt"]);
  assert.match(await page.locator("#lines-body .is-refused").textContent(), /bad\.txt: not a text/);
  await page.getByRole("button", { name: "two.txt" }).click();
  await verdict(page, /^No mark of the demo found$/);
  assert.equal(await page.locator("#coloured").evaluate(element => element.textContent), unmarked);

  await drop(page, "#text-zone", [onDisk("broken.txt", Buffer.from([0]))]);
  await page.locator("#text-error", { hasText: /^broken\.txt: not a text/ }).waitFor();
  await drop(page, "#text-zone", [onDisk("x.txt", marked), onDisk("y.jsonl", JSON.stringify({ text: unmarked }))]);
  await page.locator("#text-error", { hasText: "y.jsonl is, and the other is not" }).waitFor();
});

pageTest("a file that is slow to read does not replace what was typed meanwhile", {
  prepare: context => context.addInitScript(() => {
    const { arrayBuffer } = Blob.prototype;
    const wait = new Promise(resolve => (globalThis.letRead = resolve));
    Blob.prototype.arrayBuffer = async function () {
      await wait;
      return arrayBuffer.call(this);
    };
  }),
}, async ({ page }) => {
  await useDemo(page);
  await open(page, "#text-open", file("slow.txt", marked));
  await check(page, unmarked);
  await verdict(page, /^No mark of the demo found$/);
  await page.evaluate(() => letRead());
  await page.locator("#text-error", { hasText: "slow.txt is not taken: the text was changed while reading" }).waitFor();
  assert.equal(await page.locator("#text").inputValue(), unmarked);
  await open(page, "#text-open", file("next.txt", marked));
  await verdict(page, /^Marked$/);
});

pageTest("a file that is dropped on the write view is seen in the view that takes it", {}, async ({ page }) => {
  await page.locator("#nav-write").click();
  await page.locator("#write").waitFor();
  await drop(page, "h1", [onDisk("bad.txt", Buffer.from([0]))]);
  await page.locator("#text-error", { hasText: "bad.txt" }).waitFor();
  assert.ok(await page.locator("#write").isHidden());
  await page.goBack();
  await page.locator("#write").waitFor();
  await drop(page, "h1", [onDisk("mine.key", keyOf(3).toText())]);
  await page.locator("#key-list", { hasText: keyOf(3).id }).waitFor();
});

pageTest("files are dropped on their fields, and anywhere", {}, async ({ page }) => {
  const key = keyOf(3);
  await drop(page, "#key-zone", [onDisk("mine.key", `${key.toText()}\n`)]);
  await page.locator("#key-list", { hasText: key.id }).waitFor();
  await useDemo(page);
  await drop(page, "#text-zone", [onDisk("story.txt", marked)]);
  assert.equal((await verdict(page, /^Marked$/)).p, pOf(detect(marked, { keys: [key, demoKey] })));
  assert.equal(await page.locator(".dropping").count(), 0);

  // Beside every field: the page takes it, and is not left for it.
  await drop(page, "h1", [onDisk("other.txt", unmarked)]);
  await verdict(page, /^No mark of the demo found$/);
  assert.equal(await page.locator("#text").inputValue(), unmarked);
  // A key is a key wherever it falls, and does not become the text.
  const second = keyOf(4);
  await drop(page, "#text-zone", [onDisk("noname", second.toText())]);
  await page.locator("#key-list", { hasText: second.id }).waitFor();
  assert.equal(await page.locator("#text").inputValue(), unmarked);
});

pageTest("what is no text is refused with its reason, and the text before it stays", {}, async ({ page }) => {
  await useDemo(page);
  await check(page, marked);
  const { p } = await verdict(page, /^Marked$/);
  const refused = async (given, pattern) => {
    await open(page, "#text-open", given);
    await page.locator("#text-error", { hasText: pattern }).waitFor();
    await complaint(page, "#text", "#text-error");
    assert.equal(await page.locator("#text").inputValue(), marked);
    assert.equal((await verdict(page, /^Marked$/)).p, p);
  };
  const bytes = (...values) => Buffer.concat(values.map(value => Buffer.from(value)));
  await refused(file("photo.png", bytes([0x89, 0x50, 0x4e, 0x47, 0, 0])), /photo\.png: an image/);
  await refused(file("a.bin", bytes("a text and", [0, 1])), /a\.bin: not a text: it holds bytes that no text has\. The text that was there before stays, with its verdict$/);
  await refused(file("scan.docx", bytes("PK\x03\x04 and no more")), /scan\.docx: a broken/);
  await refused(sparse("large.pdf", 101_000_000), /large\.pdf has 101 MB; the limit for a document is 100 MB\. The text that was there/);
  // The next text takes the message away.
  await check(page, unmarked);
  assert.ok(await page.locator("#text-error").isHidden());
});

pageTest("a tokenizer is refused with its reason, and the one before it stays", {}, async ({ page }) => {
  await useDemo(page);
  await check(page, marked);
  await verdict(page, /^Marked$/);
  const refused = async (given, pattern) => {
    await open(page, "#tokenizer-open", given);
    await page.locator("#tokenizer-error", { hasText: pattern }).waitFor();
    await complaint(page, "#tokenizer", "#tokenizer-error");
    assert.equal(await page.locator("#tokenizer").inputValue(), "demo");
    await verdict(page, /^Marked$/);
  };
  const changed = change => file("tokenizer.json", tokenizerJson(change));
  await refused(file("broken.json", "{"), /tokenizer of broken\.json: not JSON/);
  await refused(file("tokenizer.json", "{}"), /no `model\.vocab`/);
  await refused(changed(json => (json.model.dropout = 0.1)), /dropout/);
  await refused(changed(json => (json.pre_tokenizer = { type: "Split", behavior: "Isolated", pattern: { Regex: String.raw`t|\s+` } })), /`Split` pattern/);
  await refused(changed(json => (json.model.type = "Unheard")), /Unheard/);
  await refused(sparse("tokenizer-large.json", 101_000_000), /tokenizer-large\.json has 101 MB; the limit for a tokenizer\.json is 100 MB/);
});

pageTest("a tokenizer is remembered until it is forgotten", {}, async ({ page }) => {
  const tokenizer = greenmark.Tokenizer.fromJson(otherTokenizer, "tokenizer-other.json");
  const expected = detect(marked, { tokenizer });
  const choice = page.locator("#tokenizer");
  const names = () => choice.locator("option").allTextContents();
  await useDemo(page);
  await open(page, "#tokenizer-open", file("tokenizer-other.json", otherTokenizer));
  await page.locator("#tokenizer-info", { hasText: tokenizer.fingerprint }).waitFor();
  await check(page, marked);
  assert.equal((await verdict(page)).p, pOf(expected));
  await page.locator("#details", { hasText: tokenizer.fingerprint }).waitFor();

  await page.reload();
  await ready(page);
  const label = (await names())[2];
  assert.match(label, /tokenizer-other\.json/);
  await useDemo(page);
  await choice.selectOption({ label });
  await page.locator("#tokenizer-info", { hasText: tokenizer.fingerprint }).waitFor();
  await check(page, marked);
  assert.equal((await verdict(page)).p, pOf(expected));

  await page.locator("#tokenizer-forget").click();
  // No other takes its place unasked.
  await verdict(page, /^Cannot say$/);
  assert.deepEqual(await names(), ["choose one…", "demo (of the model in this page)"]);
  await page.reload();
  await ready(page);
  assert.equal((await names()).length, 2);
});

pageTest("two tokenizers of one name can be told apart", {}, async ({ page }) => {
  const shorter = [100, 1000].map(merges => tokenizerJson(json => json.model.merges.splice(merges)));
  const expected = shorter.map(bytes => greenmark.Tokenizer.fromJson(bytes, "tokenizer.json"));
  for (const [i, bytes] of shorter.entries()) {
    await open(page, "#tokenizer-open", file("tokenizer.json", bytes));
    await page.locator("#tokenizer-info", { hasText: expected[i].fingerprint }).waitFor();
  }
  const options = (await page.locator("#tokenizer option").allTextContents()).slice(2);
  assert.deepEqual(options, expected.map(({ vocabSize, fingerprint }) => `tokenizer.json · ${vocabSize.toLocaleString("en-GB")} tokens · ${fingerprint.slice(0, 8)}`));
  assert.notEqual(options[0], options[1]);
});

pageTest("where the browser keeps nothing, a tokenizer works all the same", {
  prepare: context => context.addInitScript(() => {
    IDBFactory.prototype.open = () => { throw new DOMException("switched off", "SecurityError"); };
  }),
}, async ({ page }) => {
  await useDemo(page);
  await open(page, "#tokenizer-open", file("tokenizer-other.json", otherTokenizer));
  await page.locator("#tokenizer-error", { hasText: /could not remember/ }).waitFor();
  await check(page, marked);
  const tokenizer = greenmark.Tokenizer.fromJson(otherTokenizer, "tokenizer-other.json");
  assert.equal((await verdict(page)).p, pOf(detect(marked, { tokenizer })));
});
