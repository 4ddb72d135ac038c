// The package as a user gets it: packed, installed into an empty folder, and imported there by name.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const pkg = fileURLToPath(new URL("../pkg/", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));
const [vector] = JSON.parse(readFileSync(join(root, "tests/vectors/keys.json"), "utf8")).cases;

let folder;
let packed;
const run = (command, args) =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", env: { ...process.env, npm_config_loglevel: "error" } });

before(() => {
  folder = mkdtempSync(join(tmpdir(), "greenmark-package-"));
  [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder, pkg]));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  run("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", join(folder, packed.filename)]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program in the folder and gives what it hands to `answer`. */
function program(source) {
  const text = `const answer = (it) => console.log(JSON.stringify(it));\n${source}`;
  return JSON.parse(run(process.execPath, ["--input-type=module", "-e", text]));
}

test("the package holds what it needs and nothing else", () => {
  const build = ["greenmark.d.ts", "greenmark.js", "greenmark_bg.wasm", "node.js"];
  const expected = [
    ...build,
    ...build.map((file) => `core/${file}`),
    ...build.map((file) => `documents/${file.replace("greenmark", "documents")}`),
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "demo-model.bin",
    "package.json",
  ];
  assert.deepEqual(packed.files.map(({ path }) => path).sort(), expected.sort());
});

test("its version is the workspace's", () => {
  const [, workspace] = readFileSync(join(root, "Cargo.toml"), "utf8").match(/^version = "(.+)"/m);
  assert.equal(packed.version, workspace);
  for (const entry of ["greenmark", "greenmark/core"]) {
    assert.equal(program(`import { version } from "${entry}"; answer(version());`), workspace, entry);
  }
});

for (const entry of ["greenmark", "greenmark/core"]) {
  test(`${entry} parses keys and schemes`, () => {
    const found = program(`
      import init, { Key, parseScheme } from "${entry}";
      await init(); // needed in browsers, allowed here
      const key = Key.parse(${JSON.stringify(vector.text)});
      let refusal;
      try { Key.parse("gmk1"); } catch (error) { refusal = [error instanceof Error, error.message]; }
      answer({ id: key.id, text: key.toText(), scheme: parseScheme("gm1:green,h=1,gamma=64/256"), refusal });`);
    assert.equal(found.id, vector.key_id);
    assert.equal(found.text, vector.text);
    assert.deepEqual([found.scheme.family, found.scheme.gamma], ["green", 0.25]);
    assert.equal(found.refusal[0], true);
    assert.match(found.refusal[1], /76/);
  });

  test(`${entry} detects from ids`, () => {
    const found = program(`
      import { Detector, Embedder, Key } from "${entry}";
      const key = Key.fromBytes(new Uint8Array(32).fill(7));
      const embedder = new Embedder(key, { delta: 4 });
      // A model that finds every token equally likely, and a sampler that takes the likeliest of eight.
      const ids = [];
      for (let i = 0; i < 200; i++) {
        const logits = new Float32Array(64);
        embedder.bias(logits, Uint32Array.from(ids));
        const greens = [...logits.keys()].filter((id) => logits[id] > 0);
        ids.push(greens[(i * 31) % greens.length] ?? i % 64);
      }
      const look = (key) => new Detector({ keys: [key] }).evidenceIds(Uint32Array.from(ids));
      answer([look(key), look(Key.fromBytes(new Uint8Array(32).fill(8)))]);`);
    assert.deepEqual(found.map(({ detected }) => detected), [true, false]);
  });
}

test("the full build reads text", () => {
  const found = program(`
    import { readFileSync } from "node:fs";
    import { Key, Tokenizer, detect, writeDemo } from "greenmark";
    const model = readFileSync(new URL(import.meta.resolve("greenmark/demo-model.bin")));
    const key = Key.fromBytes(new Uint8Array(32).fill(7));
    const { text } = writeDemo(model, key, { prompt: "One morning, ", tokens: 200, seed: 1, ignoreEnd: true });
    const { evidence } = detect(text, { keys: [key], tokenizer: Tokenizer.demo() });
    answer({ detected: evidence.detected, characters: text.length });`);
  assert.equal(found.detected, true);
  assert.ok(found.characters > 200);
});

test("the reader of documents is in the package", () => {
  const found = program(`
    import init, { readDocuments } from "greenmark/documents";
    await init();
    answer(readDocuments("a.html", new TextEncoder().encode("<p>Caf&eacute;")));`);
  assert.deepEqual(found, [{ name: "a.html", text: "Caf\u00e9\n", format: "html", encoding: "UTF-8" }]);
});

test("the small build has no tokenizer", () => {
  assert.equal(program(`import * as core from "greenmark/core"; answer("Tokenizer" in core);`), false);
});
