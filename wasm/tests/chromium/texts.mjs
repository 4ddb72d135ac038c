// The texts, keys and answers that the tests of the page compare with: from the package, in Node.

import { readFileSync } from "node:fs";

import greenmark, { demoModel } from "../package.mjs";

export { greenmark };

export const SCHEME = "gm1:green,h=1,gamma=64/256";
const bytes = seed => Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + seed * 101 + 7) % 256);

/** The key that the page calls the public demonstration key. */
export const demoKey = greenmark.Key.fromBytes(new TextEncoder().encode("a demonstration key known to all"));
/** Another key, from a small number. */
export const keyOf = seed => greenmark.Key.fromBytes(bytes(seed));
/** The digits of the text form of `keyOf(seed)`, which must be found nowhere. */
export const secretOf = seed => Buffer.from(bytes(seed)).toString("hex");

/** A text of the demo model; marked, if there is a key. */
export function write(key, { seed = 1, tokens = 200, scheme = SCHEME, delta = 3, temperature = 1, prompt = "The old lighthouse" } = {}) {
  return greenmark.writeDemo(demoModel, key ?? undefined, { prompt, tokens, temperature, seed, scheme, delta, ignoreEnd: true }).text;
}

export const marked = write(demoKey, { seed: 1 });
export const unmarked = write(null, { seed: 2 });
/** A marked passage within an unmarked text. */
export const partly = `${write(null, { seed: 3, tokens: 300 })}\n\n${write(demoKey, { seed: 4, tokens: 200 })}\n\n${write(null, { seed: 5, tokens: 300 })}`;

/** What the package answers, asked as the page asks. */
export function detect(text, { keys = [demoKey], id = "-", ...options } = {}) {
  const detector = new greenmark.Detector({ keys, scheme: SCHEME, tokenizer: greenmark.Tokenizer.demo(), ...options });
  try {
    return typeof text === "string" ? detector.detect(text, id) : detector.detectIds(text, id);
  } finally {
    detector.free();
  }
}

/** The p that the page shows. */
export const pOf = detection => `p = ${greenmark.formatP(detection.evidence.ln_p, 3)}`;

const demoTokenizer = JSON.parse(readFileSync(new URL("../../../text/src/tokenizer/demo.json", import.meta.url)));

/** A tokenizer.json: the demo's, changed. */
export function tokenizerJson(change) {
  const json = structuredClone(demoTokenizer);
  change(json);
  return Buffer.from(JSON.stringify(json));
}

/** One that works and is another than the demo's: with its first thousand merges. */
export const otherTokenizer = tokenizerJson(json => json.model.merges.splice(1000));
