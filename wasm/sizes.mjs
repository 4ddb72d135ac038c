// Prints how large the builds are, and fails where one is over its budget.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** Bytes after gzip -9, for the module and its JavaScript together. */
const BUDGETS = { core: 150_000, full: 900_000, documents: 2_200_000 };
const FOLDERS = { core: "pkg/core/greenmark", full: "pkg/greenmark", documents: "pkg/documents/documents" };

const row = (cells) => `| ${cells.join(" | ")} |`;
console.log(row(["build", "raw", "gzip -9", "brotli", "budget (gzip)"]));
console.log("|---|--:|--:|--:|--:|");
for (const [build, budget] of Object.entries(BUDGETS)) {
  const files = ["_bg.wasm", ".js"].map((end) => readFileSync(new URL(FOLDERS[build] + end, import.meta.url)));
  const total = (measure) => files.reduce((sum, file) => sum + measure(file).length, 0);
  const gzipped = total((file) => gzipSync(file, { level: 9 }));
  const sizes = [total((file) => file), gzipped, total((file) => brotliCompressSync(file)), budget];
  console.log(row([build, ...sizes.map((size) => `${(size / 1000).toFixed(1)} kB`)]));
  if (gzipped > budget) {
    console.error(`${build}: ${gzipped} bytes gzipped, over the budget of ${budget}`);
    process.exitCode = 1;
  }
}
