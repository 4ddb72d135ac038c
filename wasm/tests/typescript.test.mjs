// What TypeScript says of the API, and the examples: they compile against the real packages, and what they write is detected.
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { compile, examples, install } from "./compiler.mjs";
import greenmark, { GREEN, GUMBEL, keyOf, random } from "./package.mjs";
import { draw, logitsAfter, softmax } from "./toy-model.mjs";

const { Detector, Embedder } = greenmark;
const key = keyOf(7);
const V = 500;
const PROMPT = [11, 22, 33, 44];
const LENGTH = 300;

before(install);

test("the whole API has its types, and what must not compile does not", () => assert.equal(compile("tests/types"), ""));

test("the examples compile against the real packages", () => assert.equal(compile("examples"), ""));

/** Whether ids are found to be marked under the key, and under no other. */
function isMarked(ids, scheme) {
  const found = (some) => new Detector({ keys: [some], scheme }).evidenceIds(ids).detected;
  assert.equal(found(keyOf(8)), false);
  return found(key);
}

test("transformers.js: what the processors write is detected", async () => {
  const { LogitsProcessorList, Tensor } = await import("@huggingface/transformers");
  const { GreenProcessor, GumbelProcessor } = await import(pathToFileURL(join(examples, "transformers-js.js")));

  /** As `generate` does: all ids with the prompt in front, and logits of one row. */
  const written = (processor, sample) => {
    const list = new LogitsProcessorList();
    if (processor) list.push(processor);
    const ids = [PROMPT.map(BigInt)];
    while (ids[0].length < PROMPT.length + LENGTH) {
      const logits = new Tensor("float32", logitsAfter(ids[0].map(Number), V), [1, V]);
      ids[0].push(BigInt(sample(list(ids, logits).data)));
    }
    return ids[0].slice(PROMPT.length).map(Number);
  };
  const number = random(1);
  const sampled = (logits) => draw(softmax(logits), number());
  const greedy = (logits) => logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));

  assert.equal(isMarked(written(new GreenProcessor(new Embedder(key)), sampled), GREEN), true);
  const gumbel = () => new GumbelProcessor(new Embedder(key, { scheme: GUMBEL }), 0.8);
  assert.equal(isMarked(written(gumbel(), greedy), GUMBEL), true);
  assert.equal(isMarked(written(null, sampled), GREEN), false);

  // The prompt is no context: the first token is drawn without a mark, the next ones in contexts of their own.
  const processor = new GreenProcessor(new Embedder(key));
  const first = new Tensor("float32", new Float32Array(V), [1, V]);
  processor([PROMPT.map(BigInt)], first);
  assert.ok(first.data.every((logit) => logit === 0));
  assert.throws(() => processor([PROMPT.map(BigInt)], first), /another text has begun/);
  assert.throws(() => gumbel()([[1n], [2n]], first), /a batch of one/);
  assert.throws(() => new GreenProcessor(new Embedder(key, { scheme: GUMBEL })), /take GumbelProcessor/);
  assert.throws(() => new GumbelProcessor(new Embedder(key)), /take GreenProcessor/);
  assert.throws(() => new GumbelProcessor(new Embedder(key, { scheme: GUMBEL }), 0), /above 0/);
});

test("WebLLM: what the processors write is detected", async () => {
  const { GreenProcessor, GumbelProcessor } = await import(pathToFileURL(join(examples, "web-llm.js")));
  const number = random(2);

  /** As the engine does: logits of a step, temperature, a draw, and word of what was drawn. */
  const written = (processor, temperature) => {
    const ids = [];
    while (ids.length < LENGTH) {
      const logits = processor.processLogits(logitsAfter([...PROMPT, ...ids], V));
      ids.push(draw(softmax(logits, temperature), number()));
      processor.processSampledToken(ids.at(-1));
    }
    return ids;
  };
  for (const [processor, scheme] of [
    [new GreenProcessor(new Embedder(key)), GREEN],
    [new GumbelProcessor(new Embedder(key, { scheme: GUMBEL })), GUMBEL],
  ]) {
    assert.equal(isMarked(written(processor, 1), scheme), true, scheme);
    processor.resetState();
    assert.equal(isMarked(written(processor, 1), scheme), true, `${scheme}, another answer`);
  }
  assert.throws(() => new GreenProcessor(new Embedder(key, { scheme: GUMBEL })), /take GumbelProcessor/);
  assert.throws(() => new GumbelProcessor(new Embedder(key)), /take GreenProcessor/);
});
