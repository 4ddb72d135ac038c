// Many texts in a file of JSON Lines: the page says of them what the command line says.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

import { addKey, file, open, pageTest, saved, useDemo, verdict } from "./page.mjs";
import { demoKey, keyOf, marked, partly, unmarked, write } from "./texts.mjs";

const folder = mkdtempSync(join(tmpdir(), "greenmark-lines-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const GREENMARK = process.env.GREENMARK_BIN ?? fileURLToPath(new URL("../../../target/release/greenmark", import.meta.url));

/** What `greenmark detect` prints of a file, parsed, and its complaints. */
function commandLine(path, keys, scheme) {
  assert.ok(existsSync(GREENMARK), "there is no greenmark to compare with: cargo build --release --package greenmark-cli");
  const files = keys.map((key, i) => {
    const name = join(folder, `${i}.key`);
    writeFileSync(name, `${key.toText()}\n`);
    return ["--key-file", name];
  });
  const { stdout, stderr, status } = spawnSync(GREENMARK, ["detect", "--jsonl", "--json", "--tokenizer", "demo", "--scheme", scheme, ...files.flat(), path], { encoding: "utf8" });
  return { evidence: parseLines(stdout), stderr, status };
}

const parseLines = text => text.trimEnd().split("\n").map(line => JSON.parse(line));

/** Equal, but for floats: to 1e-12 of their size. */
function assertAlike(found, expected, where) {
  if (typeof expected === "number" && typeof found === "number" && !Number.isInteger(expected)) {
    assert.ok(Math.abs(found - expected) <= 1e-12 * Math.abs(expected), `${where}: ${found}, not ${expected}`);
  } else if (expected && typeof expected === "object") {
    assert.deepEqual(Object.keys(found), Object.keys(expected), where);
    for (const name of Object.keys(expected)) assertAlike(found[name], expected[name], `${where}.${name}`);
  } else assert.deepEqual(found, expected, where);
}

/** A hundred texts of many kinds, with what stands beside texts in a file. */
function hundred(scheme) {
  const keys = [demoKey, keyOf(1), keyOf(2), keyOf(9)];
  const disguise = text => text.replace(/[aeo]/g, letter => ({ a: "а", e: "е", o: "о" })[letter]);
  const kinds = [
    i => write(keys[i % 4], { seed: i, scheme, tokens: 60 + (i % 7) * 40 }),
    i => write(null, { seed: i, tokens: 120 }),
    i => `${write(null, { seed: i, tokens: 200 })}\n${write(keys[i % 3], { seed: i, scheme })}\n${write(null, { seed: i + 1, tokens: 150 })}`,
    i => `${write(keys[0], { seed: i, scheme })} ${write(keys[1], { seed: i + 1, scheme })}`,
    i => disguise(write(keys[i % 4], { seed: i, scheme })),
    i => write(keys[0], { seed: i, scheme }).replaceAll(" ", " \u200b").toUpperCase(),
    i => ["Маяк стоял на краю земли. ", "灯台は丘の上に立っていた。", "كان المنارة القديمة. ", "🌊🗼👩‍👩‍👧‍👦 ", "e\u0301a\u0308 \u0000\t\r\n"][i % 5].repeat(3 + (i % 40)),
    i => ["", " ", "a", "\n\n", "\ufeff", "ab"][i % 6],
    i => "the same again and again ".repeat(i),
    i => write(keys[2], { seed: i, scheme, delta: 1 + (i % 4) }),
  ];
  return Array.from({ length: 100 }, (_, i) => ({ id: i % 3 === 0 ? undefined : i % 3 === 1 ? `text ${i} “é”` : i, text: kinds[i % kinds.length](i) }));
}

for (const scheme of ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=2"]) {
  pageTest(`a hundred texts of many kinds have the command line's evidence: ${scheme}`, {}, async ({ page }) => {
    const lines = hundred(scheme).map(line => JSON.stringify(line));
    lines.splice(10, 0, '{"text": "cut off', "", '{"id": "ids", "tokens": [5, 6, 7, 8, 5, 6, 7, 8, 9]}');
    lines.splice(50, 0, '{"id": 1}', '["no object"]', "{\"text\": \"\\ud83d\"}", '{"id": 1.5, "text": ""}', '{"tokens": [-1]}');
    const path = join(folder, "texts.jsonl");
    writeFileSync(path, `${lines.join("\n")}\n`);
    const keys = [demoKey, keyOf(1), keyOf(2)];
    const expected = commandLine(path, keys, scheme);

    await useDemo(page);
    for (const key of keys.slice(1)) {
      await addKey(page, key.toText());
      await page.locator("#key-list", { hasText: key.id }).waitFor();
    }
    await page.locator("#scheme").selectOption(scheme);
    await open(page, "#text-open", path);
    await page.locator("#lines-save").waitFor();
    const { name, text } = await saved(page, "#lines-save");
    assert.equal(name, "texts.evidence.jsonl");
    // Every line has its row, with its number; those that could not be read, their reason.
    const rows = parseLines(text);
    assert.deepEqual(rows.map(({ line }) => line), lines.flatMap((line, i) => (line.trim() === "" ? [] : [i + 1])));
    const found = rows.filter(({ error }) => error === undefined).map(({ line, ...evidence }) => evidence);
    assert.equal(found.length, expected.evidence.length);
    found.forEach((evidence, i) => assertAlike(evidence, expected.evidence[i], `text ${i} (${evidence.id})`));

    // The kinds are there: each answer is given, by each key, of raw and of normalised text.
    assert.ok(found.length > 100 && found.some(({ detected }) => !detected));
    assert.deepEqual([...new Set(found.filter(({ detected }) => detected).map(({ key_id }) => key_id))].sort(), keys.map(key => key.id).sort());
    for (const normalised of [true, false]) assert.ok(found.some(evidence => evidence.detected && evidence.normalised === normalised));

    // Both refuse the same lines, and say which.
    assert.equal(expected.status, 2);
    const refused = await page.locator("#lines-body .is-refused").allTextContents();
    assert.equal(refused.length, 6);
    const numbers = refused.map(row => /line (\d+):/.exec(row)[1]);
    assert.deepEqual(rows.filter(({ error }) => error).map(({ line }) => String(line)), numbers);
    assert.deepEqual(numbers, [...expected.stderr.matchAll(/texts\.jsonl[^\n]*?\bline (\d+)/g)].map(match => match[1]), expected.stderr);
    const count = found.filter(({ detected }) => detected).length;
    const short = (await page.locator("#lines-body .verdict-cell").allTextContents()).filter(verdict => /Too short/.test(verdict)).length;
    assert.ok(short > 0);
    const summary = await page.locator("#lines-summary").textContent();
    assert.match(summary, new RegExp(`^${found.length} texts: ${count} marked, ${found.length - count - short} without a mark found, ${short} too short; ${refused.length} lines could not be checked`));
    assert.equal(await page.locator("#lines-body tr").count(), found.length + refused.length);
  });
}

pageTest("a line is opened in full, and the list stays", {}, async ({ page }) => {
  await useDemo(page);
  const lines = [{ id: "first", text: unmarked }, { text: marked }, { id: "third", text: partly }, { tokens: [1, 2, 3] }].map(line => JSON.stringify(line));
  await open(page, "#text-open", file("four.ndjson", lines.join("\r\n")));
  await page.locator("#lines-save").waitFor();
  await page.getByRole("button", { name: "third" }).click();
  await verdict(page, /^Marked in one passage$/);
  assert.equal(await page.locator("#coloured").evaluate(element => element.textContent), partly);
  assert.match(await page.locator("#verdict-of").textContent(), /third/);
  await page.getByRole("button", { name: "first" }).click();
  await verdict(page, /^No mark of the demo found$/);
  await page.locator("#lines-body").getByRole("button", { name: "4" }).click();
  await verdict(page, /^Too short/);
  assert.equal(await page.locator("#lines-body tr").count(), 4);
  // Closed, it makes room for a text.
  await page.locator("#text-clear").click();
  assert.ok(await page.locator("#lines").isHidden());
  assert.ok(await page.locator("#text").isVisible());
});

pageTest("ids of another model are pointed out", { faults: [/console warning: ids\[0\] is 70000/] }, async ({ page }) => {
  await useDemo(page);
  await open(page, "#text-open", file("ids.jsonl", '{"id": "a", "tokens": [70000, 1, 2]}'));
  await page.locator("#lines-body").getByRole("button", { name: "a" }).click();
  await page.locator("#verdict-read", { hasText: "The id 70,000 is beyond the vocabulary of the tokenizer chosen here" }).waitFor();
});

pageTest("pasted lines are taken as lines when the reader says so", {}, async ({ page }) => {
  await useDemo(page);
  await page.locator("#text").fill(`${JSON.stringify({ text: marked })}\n${JSON.stringify({ text: unmarked })}\n`);
  await page.locator("#text-to-lines").click();
  await page.locator("#lines-summary", { hasText: "2 texts: 1 marked, 1 without" }).waitFor();
});

pageTest("of a long list the rest is counted: texts, and lines that could not be checked", {}, async ({ page }) => {
  await useDemo(page);
  const lines = [...Array(1003).fill('{"tokens":[1,2,3]}'), "no object", '{"tokens":[1]}'];
  await open(page, "#text-open", file("many.jsonl", lines.join("\n")));
  await page.locator("#lines-save").waitFor();
  assert.equal(await page.locator("#lines-summary").textContent(), "1,004 texts: 0 marked, 0 without a mark found, 1,004 too short; 1 line could not be checked.");
  assert.equal(await page.locator("#lines-more").textContent(), "Shown are the first 1,000 lines. Besides: 4 more texts counted, and in the saved results; 1 more line that could not be checked.");
  assert.equal(parseLines((await saved(page, "#lines-save")).text).length, 1005);
});

pageTest("a long file can be cancelled, and what was read is kept", {}, async ({ page }) => {
  await useDemo(page);
  const path = join(folder, "long.jsonl");
  writeFileSync(path, `${JSON.stringify({ text: partly.repeat(4) })}\n`.repeat(4000));
  await open(page, "#text-open", path);
  await page.locator("#lines-body tr").nth(3).waitFor();
  await page.locator("#lines-cancel").click();
  await page.locator("#lines-summary", { hasText: "Cancelled" }).waitFor();
  assert.ok(await page.locator("#lines-cancel").isHidden());
  const { text } = await saved(page, "#lines-save");
  const found = parseLines(text);
  assert.ok(found.length >= 4 && found.length < 4000, `${found.length} texts were read`);
  assert.match(await page.locator("#lines-summary").textContent(), new RegExp(`^${found.length.toLocaleString("en-GB")} texts`));
  // The detector is free for the next question.
  await page.locator("#text-clear").click();
  await page.locator("#text").fill(marked);
  await verdict(page, /^Marked$/);
});
