// Keys: taken, refused, removed; and never to be found anywhere but in memory.

import assert from "node:assert/strict";

import { addKey, check, chooseTokenizer, complaint, file, open, pageTest, ready, saved, useDemo, verdict } from "./page.mjs";
import { demoKey, greenmark, keyOf, secretOf, unmarked, write } from "./texts.mjs";

const keyIds = page => page.locator("#key-list code").allTextContents();

/** Where in the page and its stores a string is to be found. */
async function placesOf(page, needle) {
  return page.evaluate(async needle => {
    const found = [];
    const look = (where, text) => String(text).toLowerCase().includes(needle) && found.push(where);
    look("document", document.documentElement.outerHTML);
    for (const field of document.querySelectorAll("input, textarea, select, output")) look(`value of ${field.id}`, field.value);
    look("address", location.href);
    look("title", document.title);
    look("history", JSON.stringify(history.state));
    look("cookies", document.cookie);
    look("window name", window.name);
    look("local storage", JSON.stringify({ ...localStorage }));
    look("session storage", JSON.stringify({ ...sessionStorage }));
    look("requests", performance.getEntries().map(entry => entry.name).join());
    for (const name of await caches.keys()) look("caches", name);
    const hex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
    const written = async value => {
      if (value instanceof Blob) return written(new Uint8Array(await value.arrayBuffer()));
      if (value instanceof ArrayBuffer) return written(new Uint8Array(value));
      if (ArrayBuffer.isView(value)) return `${hex(value)} ${new TextDecoder().decode(value)}`;
      if (value && typeof value === "object") return (await Promise.all(Object.values(value).map(written))).join();
      return String(value);
    };
    const settled = request => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    for (const { name } of await indexedDB.databases()) {
      const database = await settled(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const all = await settled(database.transaction(store).objectStore(store).getAll());
        for (const value of all) look(`database ${name}, ${store}`, await written(value));
      }
      database.close();
    }
    return found;
  }, needle);
}

pageTest("a broken key is refused at its field, says what is wrong, and nothing else is lost", {}, async ({ page }) => {
  await useDemo(page);
  await check(page, unmarked);
  const text = keyOf(1).toText();
  const refused = async (given, pattern) => {
    await addKey(page, given);
    await page.locator("#key-error", { hasText: pattern }).waitFor();
    const message = await complaint(page, "#key-text", "#key-error");
    assert.ok(given.length < 8 || !message.includes(given.slice(4, 20)), `no part of the key is in “${message}”`);
    assert.equal(await page.locator("#key-text").inputValue(), given, "to be mended");
    assert.deepEqual(await keyIds(page), [demoKey.id]);
    assert.equal(await page.locator("#text").inputValue(), unmarked);
    assert.equal((await verdict(page)).word, "No mark of the demo found");
  };
  await refused(text.slice(0, -1), /characters/);
  await refused(text.toUpperCase(), /./);
  await refused(`${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}`, /checksum/);
  await refused(`gmk2${text.slice(4)}`, /gmk1/);
  await refused(`${text.slice(0, 30)}x${text.slice(31)}`, /./);
  // Typing takes the message away, and what is right is taken.
  await page.locator("#key-text").fill(text);
  assert.ok(await page.locator("#key-error").isHidden());
  await page.locator("#key-text").press("Enter");
  await page.locator("#key-list", { hasText: keyOf(1).id }).waitFor();
  assert.equal(await page.locator("#key-text").inputValue(), "");
  await addKey(page, "");
  await page.locator("#key-error", { hasText: /paste a key/ }).waitFor();
});

pageTest("a key that is pasted as a text goes to the keys, and out of sight", {}, async ({ page }) => {
  const [key, secret] = [keyOf(1), secretOf(1)];
  await page.locator("#text").fill(` ${key.toText()}\n`);
  await page.locator("#key-list", { hasText: key.id }).waitFor();
  await page.locator("#text-note", { hasText: /among the keys/ }).waitFor();
  assert.equal(await page.locator("#text").inputValue(), "");
  await verdict(page, /^Nothing to check yet$/);
  assert.deepEqual(await placesOf(page, secret), []);
  // One with a mistake in its end holds the secret all the same.
  const other = keyOf(2).toText();
  await page.locator("#text").fill(`${other.slice(0, -1)}${other.endsWith("0") ? 1 : 0}`);
  await page.locator("#key-error").waitFor();
  await page.locator("#text-note", { hasText: /looked like a key/ }).waitFor();
  assert.deepEqual(await placesOf(page, secretOf(2)), []);
  assert.deepEqual(await keyIds(page), [key.id]);
  // A text about a key is a text.
  await check(page, `The key is ${key.toText()}`);
  assert.notEqual(await page.locator("#text").inputValue(), "");
});

pageTest("key files are opened, broken ones refused; keys are removed", {}, async ({ page }) => {
  const [first, second] = [keyOf(1), keyOf(2)];
  await open(page, "#key-open", file("first.key", `${first.toText()}\n`), file("second.key", second.toText()));
  await page.locator("#key-list", { hasText: first.id }).waitFor();
  await page.locator("#key-list", { hasText: second.id }).waitFor();
  await open(page, "#key-open", file("broken.key", "no key\n"));
  await page.locator("#key-error", { hasText: /broken\.key/ }).waitFor();
  await open(page, "#key-open", file("large.key", "x".repeat(5000)));
  await page.locator("#key-error", { hasText: /large\.key has 5\.0 kB; the limit for a key file is 4 kB/ }).waitFor();
  // A second time it is the same key.
  await open(page, "#key-open", file("again.key", first.toText()));
  await page.locator("#key-error").waitFor({ state: "hidden" });
  assert.deepEqual((await keyIds(page)).sort(), [first.id, second.id].sort());

  const text = write(second);
  await chooseTokenizer(page, "demo");
  await check(page, text);
  await verdict(page, /^Marked$/);
  await page.getByRole("button", { name: `Remove key ${second.id}` }).click();
  await verdict(page, /^No mark of the demo found$/);
  await page.getByRole("button", { name: `Remove key ${first.id}` }).click();
  await verdict(page, /^A key is needed$/);
  assert.deepEqual(await keyIds(page), []);
});

pageTest("a key is nowhere but in memory: not while it is used, not once it is removed, not after a reload", {}, async ({ page }) => {
  const secret = secretOf(1);
  const key = keyOf(1);
  assert.ok(key.toText().includes(secret));
  // What looks for it finds it, where it is.
  await page.locator("#key-text").fill(key.toText());
  assert.deepEqual(await placesOf(page, secret), ["value of key-text"]);
  await page.evaluate(async secret => {
    localStorage.planted = secret;
    const request = indexedDB.open("planted", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("store").put({ blob: new Blob([secret]) }, 1);
    await new Promise(resolve => (request.onsuccess = resolve));
    request.result.close();
  }, secret);
  assert.deepEqual(await placesOf(page, secret), ["value of key-text", "local storage", "database planted, store"]);
  await page.evaluate(() => {
    localStorage.clear();
    indexedDB.deleteDatabase("planted");
  });

  await page.locator("#key-add").click();
  await page.locator("#key-list", { hasText: key.id }).waitFor();
  await chooseTokenizer(page, "demo");
  await check(page, write(key));
  await verdict(page, /^Marked$/);
  assert.deepEqual(await placesOf(page, secret), []);
  await page.getByRole("button", { name: `Remove key ${key.id}` }).click();
  await verdict(page, /^A key is needed$/);
  assert.deepEqual(await placesOf(page, secret), []);

  await addKey(page, key.toText());
  await page.locator("#key-list", { hasText: key.id }).waitFor();
  await page.reload();
  await ready(page);
  assert.deepEqual(await placesOf(page, secret), []);
  assert.deepEqual(await keyIds(page), []);
  assert.equal(await page.locator("#key-text").inputValue(), "");
});

pageTest("a fresh key writes, is saved, and finds its mark again", {}, async ({ page }) => {
  await page.locator("#nav-write").click();
  // So strong that it is marked throughout, whatever the key.
  await page.locator("#delta").fill("6");
  await page.locator("#write-marked").click();
  await page.locator("#written").waitFor();
  const { name, text } = await saved(page, "#write-key-save");
  const key = greenmark.Key.parseFile(Buffer.from(text));
  assert.equal(name, `${key.id}.key`);
  assert.deepEqual(await placesOf(page, text.trim().slice(4, 68)), []);
  await page.locator("#to-check").click();
  await verdict(page, /^Marked$/);
  assert.deepEqual(await keyIds(page), [key.id]);
});
