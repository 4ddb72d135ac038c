// The package under test: wasm/pkg, which scripts/build-wasm.sh makes, or the folder that GREENMARK_PKG names.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url));
/** The package. */
export const folder = process.env.GREENMARK_PKG ? resolve(process.env.GREENMARK_PKG) : resolve(root, "wasm/pkg");

const greenmark = await import(pathToFileURL(resolve(folder, "node.js")));
export default greenmark;

/** What the demo model is made of. */
export const demoModel = readFileSync(resolve(folder, "demo-model.bin"));
/** The module's memory. */
export const { memory } = await greenmark.default();

/** Keys for tests alone: 32 times the same byte. */
export const keyOf = (byte) => greenmark.Key.fromBytes(new Uint8Array(32).fill(byte));

export const GREEN = "gm1:green,h=1,gamma=64/256";
export const GUMBEL = "gm1:gumbel,h=2";

/** A text by the demo model; without a key unmarked. */
export const write = (key, options = {}) =>
  greenmark.writeDemo(demoModel, key, { prompt: "Once upon a time", tokens: 200, seed: 1, ignoreEnd: true, ...options });

/** A generator of numbers in [0, 1) from a seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
