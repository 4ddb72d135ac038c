// The example for Node in the package's README, as it stands there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { folder } from "./package.mjs";

test("the README's example for Node runs and finds its mark", () => {
  const examples = readFileSync(join(folder, "README.md"), "utf8").match(/(?<=```js\n).*?(?=```)/gs);
  const example = examples.find((text) => text.includes("node:fs"));
  const place = mkdtempSync(join(tmpdir(), "greenmark-readme-"));
  try {
    mkdirSync(join(place, "node_modules"));
    symlinkSync(folder, join(place, "node_modules", "greenmark"));
    const options = { cwd: place, encoding: "utf8" };
    const answer = execFileSync(process.execPath, ["--input-type=module", "-e", example], options);
    // Under a random key: of 200 such texts the least evidence was ln p = -33.
    assert.match(answer, /^marked -\d/);
  } finally {
    rmSync(place, { recursive: true });
  }
});
