// Puts the rows of docs/glossary.md into the page's help: `node wasm/glossary.mjs GLOSSARY HELP`.
import { readFileSync, writeFileSync } from "node:fs";

const [glossary, help] = process.argv.slice(2);
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const inline = (text) => escape(text).replace(/`([^`]+)`/g, "<code>$1</code>");
const rows = readFileSync(glossary, "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(1)
  .map((line) => line.slice(2, -2).split(" | "));
const table = `<table>\n<thead><tr><th scope="col">word</th><th scope="col">meaning</th></tr></thead>\n<tbody>\n${rows
  .map(([word, meaning]) => `<tr><td>${inline(word)}</td><td>${inline(meaning)}</td></tr>\n`)
  .join("")}</tbody>\n</table>`;
const page = readFileSync(help, "utf8");
const place = "<!-- glossary -->";
if (rows.length === 0 || !page.includes(place)) throw new Error(`no rows in ${glossary}, or no ${place} in ${help}`);
writeFileSync(help, page.replace(place, () => table));
