// Marking what a model writes in a page, with WebLLM (@mlc-ai/web-llm).
//
//   const mark = new GreenProcessor(new Embedder(key));
//   const engine = await CreateMLCEngine(model, { logitProcessorRegistry: new Map([[model, mark]]) });
//   mark.resetState();
//   await engine.chat.completions.create({ messages, temperature: 1, max_tokens: 300 });
//
// Or `new GumbelProcessor(new Embedder(key, { scheme: "gm1:gumbel,h=2" }), 0.8)`.
//
// Call `resetState` before each answer. WebLLM calls it for a new conversation alone, and in one that goes on an answer would be taken for a continuation
// of the answer before, which a detector never sees. With a model in a worker the registry belongs into the worker: WebLLM ignores the page's.
//
// To detect, take the answer's text and the tokenizer.json of the same model (`Tokenizer.fromJson`): ids of another one are noise. The key is in
// the page, so it is public: use one made for demonstration.
import type { LogitProcessor } from "@mlc-ai/web-llm";
import type { Embedder } from "greenmark";

/** Follows one answer. WebLLM tells of the tokens that were sampled, and of none of the prompt's. */
abstract class MarkProcessor implements LogitProcessor {
  protected ids: number[] = [];

  abstract processLogits(logits: Float32Array): Float32Array;

  processSampledToken(token: number) {
    this.ids.push(token);
  }

  resetState() {
    this.ids = [];
  }
}

/**
 * Green: adds δ to the logits of green tokens. They are raw here: temperature comes after, and so do `logit_bias` and the penalties for repetition, which
 * push against the mark where they are strong.
 */
export class GreenProcessor extends MarkProcessor {
  constructor(private readonly embedder: Embedder) {
    super();
    if (embedder.chooses) throw new Error("a gumbel scheme leaves no mark in logits: take GumbelProcessor");
  }

  processLogits(logits: Float32Array) {
    this.embedder.bias(logits, this.ids);
    return logits;
  }
}

/** Gumbel: draws the token itself, and leaves the sampler no other. So temperature, `top_p`, `logit_bias` and penalties of the request do nothing. */
export class GumbelProcessor extends MarkProcessor {
  /** - `temperature`: above 0; at 0 there would be no choice, and no mark. */
  constructor(
    private readonly embedder: Embedder,
    private readonly temperature = 1,
  ) {
    super();
    if (!embedder.chooses) throw new Error("a green scheme is no way to choose: take GreenProcessor");
    if (!(temperature > 0)) throw new Error("a temperature above 0 is needed");
  }

  processLogits(logits: Float32Array) {
    const token = this.embedder.choose(softmax(logits, this.temperature), this.ids, Math.random());
    // Not -Infinity, which shaders need not know; and 0 is what no repetition penalty changes.
    logits.fill(-1e30);
    logits[token] = 0;
    return logits;
  }
}

function softmax(logits: Float32Array, temperature: number): Float32Array {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = logits.map((logit) => Math.exp((logit - highest) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}
