// TypeScript and the packages that the examples are for: `npm install` in wasm/ puts them there, in the versions of wasm/package.json.
import { execFileSync } from "node:child_process";
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { folder, root } from "../package.mjs";

const wasm = join(root, "wasm");
const modules = join(wasm, "node_modules");

/** Links the package under test beside the others, once they are there. */
export function link() {
  if (!existsSync(join(modules, "typescript"))) throw new Error("run `npm install` in wasm/ first");
  rmSync(join(modules, "greenmark"), { recursive: true, force: true });
  symlinkSync(folder, join(modules, "greenmark"), "junction");
}

/** Runs tsc on a project of wasm/ and gives what it complains of. */
export function compile(project) {
  try {
    return execFileSync(process.execPath, [join(modules, "typescript/bin/tsc"), "--project", join(wasm, project)], { encoding: "utf8" });
  } catch (error) {
    return `${error.stdout}${error.stderr}`;
  }
}

/** Where the examples are compiled to. */
export const examples = join(modules, ".cache/examples");
