// Nothing leaves the page once it is loaded: no request of any kind, whatever is done with it.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { docx } from "../files.mjs";
import { addKey, check, chooseTokenizer, drop, file, open, pageTest, saved, useDemo, verdict } from "./page.mjs";
import { greenmark, keyOf, marked, otherTokenizer, partly, unmarked, write } from "./texts.mjs";

pageTest("no request leaves the page after it is loaded", { context: { permissions: ["clipboard-read", "clipboard-write"] } }, async ({ page, context, watched }) => {
  // What the page is made of is asked for as it loads, the demo model by the worker.
  await page.waitForLoadState("networkidle");
  const own = new URL(page.url()).origin;
  for (const request of watched.requests) assert.ok(request.startsWith(`GET ${own}/`), request);
  for (const part of ["app.js", "worker.js", "greenmark_bg.wasm", "documents_bg.wasm", "demo-model.bin"]) {
    assert.ok(watched.requests.some(request => request.endsWith(part)), `${part} is loaded`);
  }
  for (const list of [watched.requests, watched.arrived]) list.length = 0;
  // From here on there is no network, and nothing may miss it.
  await context.setOffline(true);

  const key = keyOf(1);
  await useDemo(page);
  await addKey(page, key.toText());
  await addKey(page, "gmk1broken");
  await open(page, "#key-open", file("second.key", keyOf(2).toText()));
  await check(page, marked);
  await verdict(page, /^Marked$/);
  await page.locator("#copy-json").click();
  await page.locator("#copy-words").click();
  await saved(page, "#save-json");
  await check(page, partly);
  await verdict(page, /^Marked in one passage$/);
  await page.locator("#passage-list button").click();
  // Addresses in a text are text.
  await check(page, `<img src="http://planted.invalid/a.png"> <link rel=stylesheet href="/planted.css"> https://planted.invalid/ ${unmarked}`);
  await page.locator("#scheme").selectOption("gm1:gumbel,h=2");
  await page.locator("#scheme").selectOption("");
  await page.locator("#scheme-text").fill("gm9:none");
  await page.locator("#scheme").selectOption({ index: 0 });
  await page.locator("#alpha").selectOption("1e-9");

  await open(page, "#tokenizer-open", file("tokenizer.json", otherTokenizer));
  const profile = { greenmark: "profile/1", name: "own", scheme: "gm1:gumbel,h=2", tokenizer: { name: "other", fingerprint: greenmark.Tokenizer.fromJson(otherTokenizer, "x").fingerprint }, key_id: key.id };
  await open(page, "#profile-open", file("own.profile.json", JSON.stringify(profile)));
  await page.locator("#profile-list", { hasText: `its key: ${key.id}` }).waitFor();
  await page.getByRole("button", { name: "Remove profile own" }).click();
  await chooseTokenizer(page, greenmark.Tokenizer.fromJson(otherTokenizer, "x").fingerprint);
  await page.locator("#tokenizer-forget").click();
  await chooseTokenizer(page, "demo");
  await open(page, "#tokenizer-open", file("tokenizer.json", "{"));
  await page.locator("#tokenizer-error").waitFor();

  await open(page, "#text-open", file("photo.png", Uint8Array.of(0x89, 0x50, 0)));
  await page.locator("#text-error").waitFor();
  await open(page, "#text-open", file("story.docx", docx([marked, '<img src="http://planted.invalid/b.png">'])));
  await verdict(page, /^Marked/);
  await saved(page, "#save-report");
  const lines = [{ text: marked }, { text: unmarked }, { text: write(key) }, { nothing: 1 }].map(line => JSON.stringify(line)).join("\n");
  await open(page, "#text-open", file("lines.jsonl", lines));
  await page.locator("#lines-save").waitFor();
  await saved(page, "#lines-save");
  await page.locator("#lines-body button").first().click();
  await verdict(page, /arked/);
  await page.locator("#text-clear").click();
  await drop(page, "#text-zone", [fileURLToPath(new URL("../../../README.md", import.meta.url))]);
  await verdict(page, /^No mark of the demo found$/);

  await page.locator("#nav-write").click();
  for (const button of ["#write-marked", "#write-plain"]) {
    await page.locator(button).click();
    await page.locator("#write-skip").click();
  }
  for (const name of ["replace", "delete", "shuffle"]) await page.locator(`#attack-${name}`).fill("40");
  await page.locator("#to-check").click();
  await verdict(page);
  await page.getByRole("button", { name: `Remove key ${key.id}` }).click();
  await verdict(page);
  // Time for whatever is sent at leisure, and at the page's end.
  await page.waitForTimeout(500);
  assert.deepEqual([watched.requests, watched.arrived], [[], []]);
  await context.setOffline(false);
  await page.close({ runBeforeUnload: true });
  await new Promise(resolve => setTimeout(resolve, 300));
  assert.deepEqual([watched.requests, watched.arrived], [[], []], "nor as it closes");
});
