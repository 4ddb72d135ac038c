// The reader of documents: what it reads of each kind is what the command line reads.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { docx, odt, pdf, zip } from "./files.mjs";
import greenmark, { folder as packageFolder } from "./package.mjs";

const { readDocuments } = await import(pathToFileURL(resolve(packageFolder, "documents/node.js")));

const GREENMARK = process.env.GREENMARK_BIN ?? fileURLToPath(new URL("../../target/release/greenmark", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "greenmark-documents-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const PARAGRAPHS = ["The old lighthouse stood on the cliff, and nobody lit it any more.", "On Tuesdays a boy climbed up to count the ships & the gulls."];
const TEXT = PARAGRAPHS.join("\n\n");
const html = `<!doctype html><title>no</title>${PARAGRAPHS.map(text => `<p>${text.replace("&", "&amp;")}`).join("")}`;
const FILES = {
  "plain.txt": TEXT,
  "bom.txt": `\ufeff${TEXT}`,
  "latin.txt": Buffer.from(`${TEXT} Le caf\u00e9 d\u00e9j\u00e0 ferm\u00e9.`, "latin1"),
  "wide.txt": Buffer.from(`\ufeff${TEXT}`, "utf16le"),
  "page.html": html,
  "letter.eml": `From: a@example.org\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${TEXT.replaceAll("\n", "\r\n")}\r\n`,
  "story.docx": docx(PARAGRAPHS),
  "story.odt": odt(PARAGRAPHS),
  "story.pdf": pdf(PARAGRAPHS),
  "all.zip": zip({ "one.txt": TEXT, "two/story.docx": docx(PARAGRAPHS) }),
};

/** What `greenmark detect` says of the documents of a file, by name. */
function commandLine(path) {
  const key = join(folder, "a.key");
  writeFileSync(key, `${greenmark.Key.fromBytes(new Uint8Array(32)).toText()}\n`);
  const { stdout, stderr } = spawnSync(GREENMARK, ["detect", "--json", "--tokenizer", "demo", "--key-file", key, path], { encoding: "utf8" });
  assert.ok(stdout !== "", stderr);
  return stdout.trimEnd().split("\n").map(line => JSON.parse(line)).map(({ id, document }) => [id.slice(folder.length + 1), document]);
}

for (const [name, content] of Object.entries(FILES)) {
  test(`${name} is read as the command line reads it`, () => {
    const path = join(folder, name);
    writeFileSync(path, content);
    const found = readDocuments(name, Buffer.from(content)).map(({ name, text, format, encoding, error }) => {
      assert.equal(error, undefined);
      assert.ok(text.includes("nobody lit it any more"), text);
      return [name, { format, encoding, sha256: greenmark.sha256(text) }];
    });
    const expected = commandLine(path).map(([id, { format, encoding, sha256 }]) => [id, { format, encoding, sha256 }]);
    assert.deepEqual(found, expected);
  });
}

test("a file without a text gives its reason, and no trap", () => {
  const reason = (name, bytes) => readDocuments(name, Buffer.from(bytes)).map(({ error }) => error).join();
  assert.match(reason("a.bin", [1, 0, 2]), /not a text/);
  assert.match(reason("photo.png", [0x89, 0x50, 0x4e, 0x47]), /an image/);
  assert.match(reason("scan.pdf", pdf([])), /without a text layer/);
  const whole = FILES["story.docx"];
  for (let length = 4; length < whole.length; length += 97) assert.ok(reason("story.docx", whole.subarray(0, length)) !== "", `${length} bytes`);
  const broken = Buffer.from(FILES["story.pdf"]);
  for (let at = 0; at < broken.length; at += 53) {
    const copy = Buffer.from(broken);
    copy[at] ^= 0x55;
    for (const { name, text, error } of readDocuments("story.pdf", copy)) assert.ok(name === "story.pdf" && (text === undefined) !== (error === undefined));
  }
});
