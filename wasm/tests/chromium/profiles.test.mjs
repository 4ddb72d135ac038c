// Profiles: which key, scheme and tokenizer belong together. What does not belong is refused, and nothing is guessed.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { addKey, check, chooseTokenizer, complaint, drop, file, open, pageTest, ready, useDemo, verdict } from "./page.mjs";
import { SCHEME, demoKey, detect, greenmark, keyOf, marked, otherTokenizer, pOf, unmarked, write } from "./texts.mjs";

const GUMBEL = "gm1:gumbel,h=2";
const folder = mkdtempSync(join(tmpdir(), "greenmark-profiles-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const onDisk = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const demo = greenmark.Tokenizer.demo();
const other = greenmark.Tokenizer.fromJson(otherTokenizer, "tokenizer.json");

/** The text of a profile. */
const profileOf = (key, { name = "support-bot", scheme = SCHEME, tokenizer = demo, ...more } = {}) =>
  JSON.stringify({
    greenmark: "profile/1",
    name,
    scheme,
    tokenizer: { name: tokenizer.name, fingerprint: tokenizer.fingerprint },
    key_id: key.id,
    ...more,
  });
const keyFile = (key, name = "mine.key") => file(name, `${key.toText()}\n`);
/** What the package answers of these. */
const ask = (text, asks, options = {}) =>
  detect(text, { keys: [], profiles: asks.map(([json, key, tokenizer]) => ({ profile: greenmark.Profile.parse(json), key, tokenizer })), ...options });

const sentence = page => page.locator("#verdict-sentence").textContent();
const listed = page => page.locator("#profile-list li").allTextContents();

pageTest("without a tokenizer nothing is said of a text", {}, async ({ page }) => {
  await page.getByRole("button", { name: "Use the public demonstration key" }).click();
  for (const text of [marked, unmarked]) {
    await page.locator("#text").fill(text);
    const { word, sentence, p } = await verdict(page, /^Cannot say$/);
    assert.deepEqual([word, p], ["Cannot say", ""]);
    assert.match(sentence, /^Choose a tokenizer or a profile\. .*under another one, every text looks unmarked\.$/);
    assert.ok(await page.locator("#evidence").isHidden());
  }
  // Of JSON Lines the ids have their verdicts, and the texts the reason.
  const lines = [{ text: marked }, { tokens: [...demo.encode(marked)] }].map(line => JSON.stringify(line)).join("\n");
  await open(page, "#text-open", file("both.jsonl", lines));
  await page.locator("#lines-summary", { hasText: "1 text: 1 marked, 0 without a mark found; 1 line could not be checked." }).waitFor();
  assert.match(await page.locator("#lines-body .is-refused").textContent(), /line 1: cannot say: choose a tokenizer or a profile$/);
  await page.locator("#text-clear").click();

  await page.locator("#text").fill(marked);
  await chooseTokenizer(page, "demo");
  assert.equal((await verdict(page, /^Marked$/)).p, pOf(detect(marked)));
  assert.equal(await page.locator("#verdict-read").textContent(), "Read with the tokenizer of the demo model in this page. A text of another model needs that model’s tokenizer.");
  await chooseTokenizer(page, "");
  await verdict(page, /^Cannot say$/);
  assert.equal(await page.locator("#verdict-read").textContent(), "");
});

pageTest("a profile waits for its key, takes no other, and asks as it says", {}, async ({ page }) => {
  const key = keyOf(1);
  const text = write(key, { scheme: GUMBEL });
  const json = profileOf(key, { scheme: GUMBEL });
  await page.locator("#text").fill(text);
  await verdict(page, /^A key is needed$/);
  await open(page, "#profile-open", file("support-bot.profile.json", json));
  await verdict(page, /^A key is needed$/);
  await page.locator("#verdict-sentence", { hasText: `The profile support-bot needs its key, ${key.id}.` }).waitFor();
  assert.match((await listed(page))[0], new RegExp(`support-bot.*gm1:gumbel,h=2.*waits for its key: ${key.id}.*its tokenizer: demo`));
  // The scheme and the tokenizer are the profile's: there is nothing to choose.
  assert.ok(await page.locator("#scheme").isHidden());
  assert.ok(await page.locator("#tokenizer").isHidden());

  await open(page, "#key-open", keyFile(keyOf(2), "wrong.key"));
  assert.equal(
    await complaint(page, "#key-text", "#key-error"),
    `wrong.key: this key, ${keyOf(2).id}, is not the one that the profile support-bot needs: ${key.id}`,
  );
  await addKey(page, keyOf(2).toText());
  await page.locator("#key-error", { hasText: `pasted key: this key, ${keyOf(2).id}, is not the one` }).waitFor();
  assert.equal(await page.locator("#key-list li").count(), 0);

  await open(page, "#key-open", keyFile(key));
  assert.equal((await verdict(page, /^Marked$/)).p, pOf(ask(text, [[json, key, demo]])));
  assert.match(await page.locator("#details").textContent(), /Profilesupport-bot/);
  assert.match(await page.locator("#key-list li").textContent(), /mine\.key, of the profile support-bot/);
  assert.match((await listed(page))[0], new RegExp(`its key: ${key.id}`));
  assert.match(await page.locator("#details").textContent(), /1 look and all places paid for/);

  // Now that it has its key, another one is a key of its own, and needs a tokenizer.
  await open(page, "#key-open", keyFile(keyOf(2), "second.key"));
  await verdict(page, /^Cannot say$/);
  assert.ok(await page.locator("#scheme").isVisible());
  await chooseTokenizer(page, "demo");
  const both = ask(text, [[json, key, demo]], { keys: [keyOf(2)] });
  assert.equal((await verdict(page, /^Marked$/)).p, pOf(both));
  assert.equal(both.evidence.looks, 2);
  await page.getByRole("button", { name: "Remove profile support-bot" }).click();
  assert.equal((await verdict(page, /^No mark of the demo found$/)).p, pOf(detect(text, { keys: [key, keyOf(2)] })));
  assert.equal((await listed(page)).length, 0);
});

pageTest("a profile waits for its tokenizer, takes no other, and remembers it", {}, async ({ page }) => {
  const key = keyOf(1);
  const text = write(key);
  const json = profileOf(key, { tokenizer: other });
  await page.locator("#text").fill(text);
  await drop(page, "h1", [onDisk("support-bot.profile.json", json), onDisk("mine.key", key.toText())]);
  await verdict(page, /^Cannot say$/);
  assert.match(await sentence(page), new RegExp(`The profile support-bot needs its tokenizer, tokenizer\\.json with the fingerprint ${other.fingerprint}\\.`));
  const wrong = JSON.parse(otherTokenizer);
  wrong.model.merges.splice(500);
  const bytes = Buffer.from(JSON.stringify(wrong));
  const found = greenmark.Tokenizer.fromJson(bytes, "x").fingerprint;
  await open(page, "#tokenizer-open", file("tokenizer-other.json", bytes));
  await page.locator("#tokenizer-error", { hasText: /./ }).waitFor();
  assert.equal(
    await page.locator("#tokenizer-error").textContent(),
    `tokenizer-other.json: this tokenizer has the fingerprint ${found}, and the profile support-bot needs tokenizer.json with the fingerprint ${other.fingerprint}`,
  );
  await verdict(page, /^Cannot say$/);

  await open(page, "#tokenizer-open", file("tokenizer.json", otherTokenizer));
  assert.equal((await verdict(page, /^(Marked.*|No mark found)$/)).p, pOf(ask(text, [[json, key, other]])));
  assert.match(await page.locator("#verdict-read").textContent(), new RegExp(`^Read with the tokenizer tokenizer\\.json \\(${other.fingerprint}\\)\\. A text of another model`));
  assert.equal(await page.locator("#tokenizer").inputValue(), "", "it is the profile's, and chosen for nothing else");

  // The browser has kept the tokenizer and the profile; the key it has not.
  await page.reload();
  await ready(page);
  await page.locator("#profile-list", { hasText: "waits for its key" }).waitFor();
  assert.equal(await page.locator("#key-list li").count(), 0);
  await page.locator("#text").fill(text);
  await drop(page, "#key-zone", [onDisk("mine.key", key.toText()), onDisk("support-bot.profile.json", json)]);
  assert.equal((await verdict(page, /^(Marked.*|No mark found)$/)).p, pOf(ask(text, [[json, key, other]])));
});

pageTest("a sub-key is derived from the key that is opened", {}, async ({ page }) => {
  const master = keyOf(1);
  const used = master.subkey("2026-11");
  const text = write(used);
  const json = profileOf(used, { subkey: "2026-11" });
  // The key first: it is one without a profile until the profile comes.
  await open(page, "#key-open", keyFile(master, "master.key"));
  await page.locator("#text").fill(text);
  await verdict(page, /^Cannot say$/);
  await open(page, "#profile-open", file("sub.profile.json", json));
  assert.equal((await verdict(page, /^Marked$/)).p, pOf(ask(text, [[json, master, demo]])));
  assert.match((await listed(page))[0], new RegExp(`its key: sub-key “2026-11”, ${used.id}`));
  assert.match(await page.locator("#details").textContent(), new RegExp(`Key${used.id}`));
  // Without it the profile waits again.
  await page.getByRole("button", { name: `Remove key ${master.id}` }).click();
  await verdict(page, /^A key is needed$/);
  await addKey(page, keyOf(2).toText());
  await page.locator("#key-error", { hasText: `is not the one that the profile support-bot needs: sub-key “2026-11”, ${used.id}` }).waitFor();
});

pageTest("of several profiles the one that hit is named, and all are paid for", {}, async ({ page }) => {
  const [a, b] = [keyOf(1), keyOf(2)];
  const asks = [
    [profileOf(a, { name: "one", tokenizer: other }), a, other],
    [profileOf(b, { name: "two", scheme: GUMBEL }), b, demo],
  ];
  const text = write(b, { scheme: GUMBEL });
  await page.locator("#text").fill(text);
  // Keys before their profiles, in any order.
  await drop(page, "#text-zone", [
    onDisk("b.key", b.toText()),
    onDisk("tokenizer.json", otherTokenizer),
    onDisk("one.profile.json", asks[0][0]),
    onDisk("a.key", a.toText()),
    onDisk("two.profile.json", asks[1][0]),
  ]);
  const expected = ask(text, asks);
  assert.deepEqual([expected.evidence.profile, expected.evidence.looks], ["two", 2]);
  assert.equal((await verdict(page, /^Marked$/)).p, pOf(expected));
  const details = await page.locator("#details").textContent();
  for (const said of ["Profiletwo", "2 looks", "pays for no look"]) assert.ok(details.includes(said), said);
  assert.match(await page.locator("#passage-list").textContent(), /profile two/);
  assert.match(await page.locator("#verdict-read").textContent(), /tokenizer tokenizer\.json .* and the tokenizer of the demo model/);
  assert.equal(await page.locator("#coloured").evaluate(element => element.textContent), text);

  const lines = [text, unmarked, write(a)].map(text => JSON.stringify({ text })).join("\n");
  await open(page, "#text-open", file("three.jsonl", lines));
  await page.locator("#lines-save").waitFor();
  const marks = [text, unmarked, write(a)].filter(text => ask(text, asks).evidence.detected).length;
  await page.locator("#lines-summary", { hasText: `3 texts: ${marks} marked, ${3 - marks} without a mark found.` }).waitFor();
});

pageTest("a broken profile is refused with its reason", {}, async ({ page }) => {
  const good = profileOf(demoKey);
  const refused = async (content, message, name = "broken.profile.json") => {
    await open(page, "#profile-open", file(name, content));
    await page.locator("#profile-error", { hasText: message }).waitFor();
    await complaint(page, "#profile-open", "#profile-error");
    assert.equal((await listed(page)).length, 0);
  };
  await refused("{", /^broken\.profile\.json: json: /);
  await refused(good.replace("profile/1", "profile/2"), /: version: /);
  await refused(good.replace("{", '{"name": "again",'), /: duplicate: `name` occurs twice$/);
  await refused(Buffer.alloc(100_001, 32), /broken\.profile\.json has .*; the limit for a profile is 100 kB$/);
  await open(page, "#profile-open", file("good.profile.json", good));
  await page.locator("#profile-list", { hasText: "support-bot" }).waitFor();
  assert.ok(await page.locator("#profile-error").isHidden());
  // The same again is nothing new; another of its name is.
  await open(page, "#profile-open", file("good.profile.json", good));
  assert.equal((await listed(page)).length, 1);
  await open(page, "#profile-open", file("other.profile.json", profileOf(keyOf(1))));
  await page.locator("#profile-error", { hasText: "other.profile.json: another profile is called support-bot: remove it first" }).waitFor();
  // The demonstration key fits it.
  await page.locator("#text").fill(marked);
  await useDemo(page);
  assert.equal((await verdict(page, /^Marked$/)).p, pOf(ask(marked, [[good, demoKey, demo]])));
});

pageTest("a detector that was lost is started again with its profiles", { faults: [/notice: The detector stopped/, /planted/] }, async ({ page }) => {
  const key = keyOf(1);
  const json = profileOf(key);
  await drop(page, "h1", [onDisk("support-bot.profile.json", json), onDisk("mine.key", key.toText())]);
  const text = write(key);
  await check(page, text);
  await verdict(page, /^Marked$/);
  await page.workers()[0].evaluate(() => void setTimeout(() => { throw new Error("planted"); }));
  await page.locator("#notice", { hasText: /planted.*started again/ }).waitFor();
  await check(page, `${text} `);
  assert.equal((await verdict(page, /^Marked$/)).p, pOf(ask(`${text} `, [[json, key, demo]])));
});
