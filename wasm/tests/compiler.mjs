// TypeScript and the packages that the examples are for, installed into wasm/node_modules as wasm/package.json pins them.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { folder, root } from "./package.mjs";

const wasm = join(root, "wasm");
const modules = join(wasm, "node_modules");

/** Installs what is missing or of another version, and links the package under test beside it. */
export function install() {
  const { devDependencies } = JSON.parse(readFileSync(join(wasm, "package.json"), "utf8"));
  const installed = ([name, version]) => {
    const file = join(modules, name, "package.json");
    return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).version === version;
  };
  if (!Object.entries(devDependencies).every(installed)) {
    const flags = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", ["install", ...flags], { cwd: wasm, stdio: ["ignore", "ignore", "inherit"] });
  }
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
