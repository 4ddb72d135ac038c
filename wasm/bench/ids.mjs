// Speed of detection from ids under Node, to compare builds: node wasm/bench/ids.mjs [FOLDER], by default wasm/pkg/core.
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const TOKENS = 1_000_000;
const ROUNDS = 5;

const folder = resolve(process.argv[2] ?? fileURLToPath(new URL("../pkg/core", import.meta.url)));
const { Detector, Key } = await import(pathToFileURL(`${folder}/node.js`));

// Drawn from 49,152 tokens, small ids more often.
let state = 12345;
const ids = Uint32Array.from({ length: TOKENS }, () => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor(((state >>> 8) / 2 ** 24) ** 2 * 49152);
});
const keys = [Key.fromBytes(new Uint8Array(32).fill(7))];
for (const scheme of ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=2"]) {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const detector = new Detector({ keys, scheme, search: false });
    const started = performance.now();
    detector.evidenceIds(ids);
    const seconds = (performance.now() - started) / 1000;
    detector.free();
    return seconds;
  });
  console.log(`${scheme}: ${(TOKENS / Math.min(...rounds) / 1e6).toFixed(2)} M tokens/s, best of ${ROUNDS}`);
}
