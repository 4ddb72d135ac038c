// The entry for Node: the module is read and started at import.
import { readFileSync } from "node:fs";
import { initSync } from "./greenmark.js";

const exports = initSync({ module: readFileSync(new URL("./greenmark_bg.wasm", import.meta.url)) });

export * from "./greenmark.js";

/** Nothing is left to do: it is here so that one program runs in Node and in browsers. */
export default async function init() {
  return exports;
}
