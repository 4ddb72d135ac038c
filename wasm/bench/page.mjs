// The bench as a page: two files in, a table out.
import init, * as api from "../greenmark/greenmark.js";
import { measure } from "./cases.mjs";

const at = (id) => document.getElementById(id);
const ready = init();

at("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("state").textContent = "Measuring; the page stands still meanwhile.";
  try {
    await ready;
    const text = await at("text").files[0].text();
    const tokenizer = new Uint8Array(await at("tokenizer").files[0].arrayBuffer());
    // One frame, so that the message is seen.
    await new Promise((done) => setTimeout(done, 50));
    show(measure(api, text, tokenizer, Number(at("rounds").value)));
    at("state").textContent = "Done.";
  } catch (error) {
    at("state").textContent = `Not measured: ${error.message}`;
  }
});

function show([{ bytes, tokens }, ...rows]) {
  const table = at("results");
  table.caption.textContent = `${bytes.toLocaleString()} bytes, ${tokens.toLocaleString()} tokens`;
  table.tBodies[0].replaceChildren(
    ...rows.map(({ case: name, seconds }) => {
      const middle = [...seconds].sort((a, b) => a - b)[seconds.length >> 1];
      const rate = (amount) => (name === "load" ? "" : (amount / middle / 1e6).toFixed(2));
      const row = document.createElement("tr");
      for (const value of [name, `${(1000 * middle).toFixed(1)} ms`, rate(tokens) && `${rate(tokens)} M`, rate(bytes)]) {
        row.append(Object.assign(document.createElement("td"), { textContent: value }));
      }
      return row;
    }),
  );
  table.hidden = false;
  at("json").textContent = JSON.stringify([{ case: "text", bytes, tokens }, ...rows]);
}
