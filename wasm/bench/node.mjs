// The bench under Node: node wasm/bench/node.mjs TEXT TOKENIZER.json ROUNDS. One line of JSON a case.
import { readFileSync } from "node:fs";
import * as api from "../pkg/node.js";
import { measure } from "./cases.mjs";

const [text, tokenizer, rounds] = process.argv.slice(2);
for (const row of measure(api, readFileSync(text, "utf8"), readFileSync(tokenizer), Number(rounds))) {
  console.log(JSON.stringify(row));
}
