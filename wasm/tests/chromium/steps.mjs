// What a reader does with the page, and reads from it.

import assert from "node:assert/strict";

/** Waits until the detector has answered and the tokenizers are listed. */
export async function ready(page) {
  await page.locator("#version", { hasText: /\d/ }).waitFor();
  await page.locator("#tokenizer option[value=demo]").waitFor({ state: "attached" });
}

/** Opens the settings, which a narrow window folds. */
export async function unfold(page) {
  if (!(await page.locator("#scheme").isVisible())) await page.getByText("Scheme, tokenizer, question").click();
}

/** Adds the public demonstration key, and chooses the demo's tokenizer. */
export async function useDemo(page) {
  await chooseTokenizer(page, "demo");
  await page.getByRole("button", { name: "Use the public demonstration key" }).click();
  await page.getByRole("list", { name: "Keys in memory" }).getByRole("listitem").first().waitFor();
}

/** Chooses a tokenizer, whether or not the settings are folded. */
export const chooseTokenizer = (page, id) => page.locator("#tokenizer").selectOption(id, { force: true });

/** Types a key into its field and adds it. */
export async function addKey(page, text) {
  await page.locator("#key-text").fill(text);
  await page.locator("#key-add").click();
}

/** Puts a text into the field and waits for its verdict. */
export async function check(page, text) {
  await page.locator("#text").fill(text);
  return verdict(page);
}

/** The verdict of what was asked last: its word, sentence and p as they are read. Polls until `word` is there, if it is given. */
export async function verdict(page, word = /./) {
  await page.waitForFunction(
    ([source, flags]) => {
      const shown = document.getElementById("verdict-word").textContent;
      const isBusy = document.getElementById("result").getAttribute("aria-busy") === "true";
      return !isBusy && shown !== "Checking…" && new RegExp(source, flags).test(shown);
    },
    [word.source, word.flags],
    { timeout: 15_000 },
  ).catch(async error => {
    const shown = await page.locator("#verdict-word").textContent();
    throw new assert.AssertionError({ message: `the verdict is “${shown}”, not ${word}: ${error.message.split("\n")[0]}` });
  });
  const read = async id => (await page.locator(`#verdict-${id}`).textContent()).trim();
  return { word: await read("word"), p: await read("p"), sentence: await read("sentence") };
}

/** Opens a file through its button, as a reader does. */
export async function open(page, button, ...files) {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.locator(button).click()]);
  await chooser.setFiles(files);
}

/** A file for `open`. */
export const file = (name, content) => ({ name, mimeType: "", buffer: Buffer.from(content) });

/** Drops files from the disk on an element, as the mouse would. */
export async function drop(page, selector, paths) {
  const target = page.locator(selector);
  await target.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await target.boundingBox();
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x: x + width / 2, y: y + height / 2, data });
  }
  await session.detach();
}

/** Downloads what a button saves, as text. */
export async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
  const parts = [];
  for await (const part of await download.createReadStream()) parts.push(part);
  return { name: download.suggestedFilename(), text: Buffer.concat(parts).toString() };
}

/** The message beside a field; it must be marked as wrong, and name the message as what describes it. */
export async function complaint(page, field, place) {
  const message = page.locator(place);
  await message.waitFor();
  assert.equal(await page.locator(field).getAttribute("aria-invalid"), "true", `${field} says that it is wrong`);
  const described = (await page.locator(field).getAttribute("aria-describedby")) ?? "";
  assert.ok(described.split(" ").includes(place.slice(1)), `${field} is described by ${place}`);
  return message.textContent();
}
