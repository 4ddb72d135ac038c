import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { serve } from "../serve.mjs";

/** The answer to a path sent as it is: `fetch` would take the dots out. */
function raw(port, path) {
  return new Promise((done, failed) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1");
    socket
      .on("data", (part) => (answer += part))
      .on("end", () => done(answer))
      .on("error", failed)
      .write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  });
}

test("the server gives the folder's files and no others", async () => {
  const above = mkdtempSync(join(tmpdir(), "greenmark-serve-"));
  const folder = join(above, "dist");
  mkdirSync(join(folder, "greenmark"), { recursive: true });
  writeFileSync(join(above, "secret.txt"), "secret");
  writeFileSync(join(folder, "index.html"), "<p>page");
  writeFileSync(join(folder, "greenmark", "module.wasm"), "wasm");
  symlinkSync(join(above, "secret.txt"), join(folder, "link.txt"));
  const server = await serve(folder);
  const { port } = server.address();
  const url = `http://127.0.0.1:${port}/`;
  try {
    const page = await fetch(url);
    assert.equal(page.status, 200);
    assert.equal(await page.text(), "<p>page");
    assert.match(page.headers.get("content-type"), /^text\/html/);
    assert.match(page.headers.get("content-security-policy"), /^default-src 'self'; script-src 'self' 'wasm-unsafe-eval'/);
    const module = await fetch(new URL("greenmark/module.wasm?v=1", url));
    assert.equal(module.headers.get("content-type"), "application/wasm");
    assert.equal((await fetch(url, { method: "POST" })).status, 405);
    assert.equal(await (await fetch(url, { method: "HEAD" })).text(), "");

    const outside = ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/greenmark/..%2f..%2fsecret.txt"];
    for (const path of [...outside, "/link.txt", "/greenmark", "/greenmark/", "/none", "/%", "/%00", "//", "http://"]) {
      const answer = await raw(port, path);
      assert.match(answer, /^HTTP\/1\.1 404 /, path);
      assert.doesNotMatch(answer, /\r\n\r\n.*secret/s, path);
    }
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(above, { recursive: true });
  }
});
