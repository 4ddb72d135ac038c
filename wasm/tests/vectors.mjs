// Replays the test vectors inside WebAssembly. Runs in Node and in pages alike: it knows neither files nor test runners.

/** Files that need tokenizers or profiles, not the core library alone: see tests/tests/vectors.rs. */
export const NATIVE = ["evidence", "fingerprint", "registry"];

/**
 * Starts the module that `scripts/build-wasm.sh --vectors` wrote.
 *
 * @param {string | URL} address of vectors.js
 * @param {BufferSource} [bytes] of vectors_bg.wasm; where none are given they are fetched from beside vectors.js
 */
export async function load(address, bytes) {
  const module = await import(address);
  await module.default(bytes && { module_or_path: bytes });
  return module;
}

/**
 * Runs every case of one vector file, or of `file` in its place.
 *
 * @returns {{ name: string, cases: number, failure: string | null }} `failure` names the first case that is not met
 */
export function replay(module, name, file = module.file(name)) {
  try {
    return { name, cases: module.replay(name, file), failure: null };
  } catch (trap) {
    return { name, cases: 0, failure: module.panicMessage() || String(trap) };
  }
}

/** Runs every case of every vector file: one result a file. Arguments as for `load`. */
export async function replayAll(address, bytes) {
  const module = await load(address, bytes);
  return module.names().map((name) => replay(module, name));
}
