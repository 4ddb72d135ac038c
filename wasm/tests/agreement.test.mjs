// The command line and the package say the same of the same texts.
//
// The command is target/release/greenmark, or what GREENMARK_BIN names; without one the test fails.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import greenmark, { demoModel, GREEN, GUMBEL, keyOf, random, root } from "./package.mjs";

const { Detector, StreamDetector, Tokenizer, writeDemo } = greenmark;
const binary = resolve(root, process.env.GREENMARK_BIN ?? "target/release/greenmark");
const tokenizer = Tokenizer.demo();
const keys = [keyOf(7), keyOf(8)];
const SCHEMES = [GREEN, "gm1:green,h=2,gamma=128/256", GUMBEL, "gm1:gumbel,h=4,dual"];
const PROMPTS = ["Once upon a time", "The lighthouse keeper", "She opened the old letter", "In the market"];

let folder;
const keyFiles = [];
let texts;

const command = (args, input = "") => execFileSync(binary, args, { input, encoding: "utf8", maxBuffer: 1 << 28 });
const lines = (output) => output.trimEnd().split("\n").filter(Boolean).map((line) => JSON.parse(line));
const jsonl = (objects) => objects.map((object) => `${JSON.stringify(object)}\n`).join("");
const flags = (name, values) => values.flatMap((value) => [name, value]);

/** One text to each prompt. */
const embed = (...args) =>
  lines(command(["embed", "--model", "demo", "--ignore-eos", "--prompts", "-", ...args], jsonl(PROMPTS.map((prompt) => ({ prompt })))))
    .sort((a, b) => a.id - b.id)
    .map(({ text }) => text);

const PROSE =
  "The survey of the northern coast was finished in October, when the weather no longer allowed the boats to land. " +
  "Of forty-one villages, nine had a school, and in three of those the teacher was also the postmaster. ";
const LOOK_ALIKE = { a: "а", e: "е", o: "о", p: "р", c: "с", x: "х" };
const OTHER_SCRIPTS = [
  "Привет, мир! Это обычный текст без всякой отметки. ".repeat(6),
  "你好，世界。这是一段没有标记的文字。".repeat(6),
  "مرحبا بالعالم، هذا نص عادي. ".repeat(6),
  "नमस्ते दुनिया, यह एक साधारण पाठ है। ".repeat(6),
  "こんにちは、世界。これは普通の文章です。".repeat(6),
  "👩‍👧 🦁 e\u0301 u\u0308\u0323 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \ufffd ".repeat(6),
];
const SHORT = ["", " ", "\n", "a", "word", "😀", "\u200b", "\ufeffOnce"];

/** A hundred texts, the same each time. */
function make() {
  const marked = keyFiles.flatMap((file, at) =>
    SCHEMES.flatMap((scheme, which) => embed("-k", file, "--scheme", scheme, "--seed", String(10 * at + which), "-n", String([200, 400, 120, 60][which]))),
  );
  const plain = embed("--no-watermark", "--seed", "99", "-n", "200").concat(embed("--no-watermark", "--seed", "98", "-n", "50"));
  const number = random(1);
  const edited = (change, rate) => (text) => [...text].map((letter) => (number() < rate ? change(letter) : letter)).join("");
  const all = [
    ...marked,
    ...plain,
    ...marked.slice(0, 16).map((text, at) => `${PROSE.repeat(1 + (at % 5))}${text} ${PROSE.repeat(at % 4)}`),
    ...marked.slice(0, 4).map((text, at) => `${text} ${marked[16 + at]} ${plain[at]}`),
    ...marked.slice(0, 8).map(edited((letter) => `${letter}\u200b`, 0.3)),
    ...marked.slice(8, 16).map(edited((letter) => LOOK_ALIKE[letter] ?? letter, 0.5)),
    ...marked.slice(16, 20).map(edited((letter) => (letter === " " ? "\u00a0" : letter), 1)),
    ...marked.slice(20, 24).map((text) => `Ein Löwe 🦁, e\u0301: ${text.toUpperCase()}`),
    ...OTHER_SCRIPTS,
    ...SHORT,
    PROSE.repeat(300) + marked[0] + PROSE.repeat(300),
    marked.join("\n\n"),
  ];
  return all.map((text, at) => ({ id: `text ${at}`, text }));
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), "greenmark-agreement-"));
  keys.forEach((key, at) => {
    keyFiles.push(join(folder, `${at}.key`));
    writeFileSync(keyFiles[at], `${key.toText()}\n`, { mode: 0o600 });
  });
  texts = make();
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Equal in all members; numbers to 1e-12, since a double may be rounded otherwise on another machine. */
function agree(found, expected, path) {
  if (typeof expected === "number" && typeof found === "number") {
    assert.ok(Math.abs(found - expected) <= 1e-12 * Math.abs(expected), `${path}: ${found} for ${expected}`);
  } else if (expected !== null && typeof expected === "object") {
    assert.deepEqual(Object.keys(found), Object.keys(expected), path);
    for (const member of Object.keys(expected)) agree(found[member], expected[member], `${path}.${member}`);
  } else {
    assert.equal(found, expected, path);
  }
}

test("there are a hundred texts", () => assert.equal(texts.length, 100));

const both = [0, 1];
const SETS = [
  { name: "the defaults", key: [0], scheme: [], args: [], options: {}, least: 5 },
  { name: "several keys and schemes", key: both, scheme: SCHEMES, args: [], options: {}, least: 40 },
  { name: "no search", key: both, scheme: [GREEN, GUMBEL], args: ["--no-search"], options: { search: false }, least: 20 },
  { name: "no normalising", key: both, scheme: [GREEN, GUMBEL], args: ["--no-normalise"], options: { normalise: false }, least: 20 },
  { name: "neither", key: [1], scheme: [GUMBEL], args: ["--no-search", "--no-normalise"], options: { search: false, normalise: false }, least: 4 },
  { name: "another alpha", key: [0], scheme: [GREEN], args: ["--alpha", "0.01"], options: { alpha: 0.01 }, least: 8 },
];

for (const { name, key, scheme, args, options, least } of SETS) {
  test(`evidence is the command's: ${name}`, () => {
    const given = [...flags("-k", key.map((at) => keyFiles[at])), ...flags("--scheme", scheme)];
    const expected = lines(command(["detect", "--jsonl", "--json", "--tokenizer", "demo", ...given, ...args, "-"], jsonl(texts)));
    assert.equal(expected.length, texts.length);
    const schemes = scheme.length > 0 ? { scheme } : {};
    const detector = new Detector({ keys: key.map((at) => keys[at]), tokenizer, ...schemes, ...options });
    texts.forEach(({ id, text }, at) => agree(detector.evidence(text, id), expected[at], id));
    const detected = expected.filter((evidence) => evidence.detected);
    assert.ok(detected.length >= least && detected.length < texts.length - 10, `${detected.length} are detected`);
    if (options.search !== false) assert.ok(detected.some(({ spans }) => spans.length > 0));
    if (options.normalise !== false) assert.ok(detected.some(({ normalised }) => normalised), "some only normalised");
  });
}

test("evidence from ids is the command's", () => {
  const tokens = texts.map(({ id, text }) => ({ id, tokens: [...tokenizer.encode(text)] }));
  const expected = lines(command(["detect", "--jsonl", "--json", "-k", keyFiles[0], "-"], jsonl(tokens)));
  const detector = new Detector({ keys: [keys[0]] });
  tokens.forEach(({ id, tokens }, at) => agree(detector.evidenceIds(tokens, id), expected[at], id));
});

test("a stream's evidence is the command's, both events", () => {
  const events = [];
  for (const { text } of texts.filter(({ text }, at) => at % 6 === 0 || text.length > 50_000)) {
    for (const [some, scheme] of [[[0], [GREEN]], [both, [GREEN, GUMBEL]]]) {
      const given = [...flags("-k", some.map((at) => keyFiles[at])), ...flags("--scheme", scheme)];
      const expected = lines(command(["detect", "--stream", "--json", "--tokenizer", "demo", ...given], text));
      const detector = new StreamDetector({ keys: some.map((at) => keys[at]), scheme, tokenizer });
      const seen = Array.from(tokenizer.encode(text), (id) => detector.pushIds([id])).filter(({ event }) => event);
      const end = detector.finish();
      agree([...seen, end], expected, text.slice(0, 20));
      detector.push(text);
      agree(detector.finish(), end, "as text");
      events.push(...expected.map(({ event }) => event));
    }
  }
  assert.ok(events.filter((event) => event === "detected").length >= 5, String(events));
});

test("the demo model writes what the command writes", () => {
  const cases = [
    { prompt: "Once upon a time", seed: 5 },
    { prompt: "The lamp — «é» 😀", seed: 2 ** 53 - 1, tokens: 90 },
    { prompt: "She ran", seed: 6, temperature: 0.7, delta: 4, tokens: 150 },
    { prompt: "She ran", seed: 6, temperature: 0 },
    { prompt: "Rain", seed: 1, scheme: "gm1:green,h=2,gamma=128/256", delta: 0.5, ignoreEnd: true },
    { prompt: "Rain", seed: 1, scheme: GUMBEL, ignoreEnd: true, tokens: 300 },
    { prompt: "Rain", seed: 2, scheme: "gm1:gumbel,h=4,dual", temperature: 0.9 },
  ];
  for (const options of cases) {
    const { prompt, seed, tokens = 200, temperature = 1, scheme = GREEN, delta, ignoreEnd } = options;
    const args = ["embed", "--model", "demo", "--prompt", prompt, "--seed", String(seed), "-n", String(tokens), "-t", String(temperature), "--json"];
    if (ignoreEnd) args.push("--ignore-eos");
    const strength = delta === undefined ? [] : ["--delta", String(delta)];
    const [marked] = lines(command([...args, "-k", keyFiles[0], "--scheme", scheme, ...strength]));
    assert.equal(writeDemo(demoModel, keys[0], options).text, marked.text, JSON.stringify(options));
    const [plain] = lines(command([...args, "--no-watermark"]));
    assert.equal(writeDemo(demoModel, null, options).text, plain.text, JSON.stringify(options));
  }
});
