// Serves a folder to this machine's browsers: `node wasm/serve.mjs [PORT [FOLDER]]`, by default wasm/dist.
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** What a page that reads secret keys should be served with: it loads nothing from elsewhere and sends nothing anywhere. */
export const HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};

/** The file that a request's path names, or undefined where it names none inside the folder. */
async function find(folder, path) {
  try {
    const inside = decodeURIComponent(new URL(path, "http://localhost").pathname);
    let file = await realpath(join(folder, inside));
    let facts = await stat(file);
    if (facts.isDirectory()) {
      // Without the slash, a page's relative addresses would be those of the folder above.
      if (!inside.endsWith("/")) return undefined;
      file = await realpath(join(file, "index.html"));
      facts = await stat(file);
    }
    return facts.isFile() && file.startsWith(folder + sep) ? { file, size: facts.size } : undefined;
  } catch {
    return undefined; // no such file, or no such address
  }
}

/**
 * Serves `folder` on 127.0.0.1. Port 0 takes a free one: `server.address().port` is the one taken.
 *
 * @param {string | URL} folder
 * @returns {Promise<import("node:http").Server>} listening
 */
export async function serve(folder, port = 0) {
  const root = await realpath(folder);
  const server = createServer(async (request, response) => {
    const refuse = (status, why, headers = {}) => {
      response.writeHead(status, { ...HEADERS, "Content-Type": TYPES[".txt"], ...headers }).end(why + "\n");
    };
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refuse(405, "only GET and HEAD", { Allow: "GET, HEAD" });
    }
    const found = await find(root, request.url);
    if (!found) return refuse(404, "not found");
    response.writeHead(200, {
      ...HEADERS,
      "Content-Type": TYPES[extname(found.file)] ?? "application/octet-stream",
      "Content-Length": found.size,
    });
    if (request.method === "HEAD") return response.end();
    createReadStream(found.file).on("error", () => response.destroy()).pipe(response);
  });
  await new Promise((done, failed) => server.once("error", failed).listen(port, "127.0.0.1", done));
  return server;
}

if (process.argv[1] && import.meta.url === pathToFileURL(await realpath(process.argv[1])).href) {
  const [port = "8080", folder = fileURLToPath(new URL("dist/", import.meta.url)), ...rest] = process.argv.slice(2);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535 || rest.length > 0) {
    console.error("usage: node wasm/serve.mjs [PORT [FOLDER]]");
    process.exit(2);
  }
  try {
    const server = await serve(resolve(folder), Number(port));
    console.log(`http://127.0.0.1:${server.address().port}/`);
  } catch (error) {
    const why = { ENOENT: `no folder ${folder}: run scripts/build-wasm.sh`, EADDRINUSE: `port ${port} is taken` };
    console.error(why[error.code] ?? String(error));
    process.exit(1);
  }
}
