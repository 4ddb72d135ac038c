// Marking what a model writes in a page, with transformers.js (@huggingface/transformers).
//
//   const { input_ids } = tokenizer(prompt);
//   const processors = new LogitsProcessorList();
//
//   processors.push(new GreenProcessor(new Embedder(key)));
//   await model.generate({ inputs: input_ids, max_new_tokens: 300, do_sample: true, logits_processor: processors });
//
//   processors.push(new GumbelProcessor(new Embedder(key, { scheme: "gm1:gumbel,h=2" }), 0.8));
//   await model.generate({ inputs: input_ids, max_new_tokens: 300, do_sample: false, logits_processor: processors });
//
// To detect, decode the new tokens alone with `skip_special_tokens: true`, and give `Tokenizer.fromJson` the same tokenizer.json that
// AutoTokenizer loads: ids of another one are noise. The key is in the page, so it is public: use one made for demonstration.
import { LogitsProcessor, type Tensor } from "@huggingface/transformers";
import type { Embedder } from "greenmark";

/** Follows one text. It takes a processor of its own for each text: what stands there when it is first asked is the prompt. */
abstract class MarkProcessor extends LogitsProcessor {
  #prompt = -1;
  #length = 0;

  /** - `ids`: what was written so far, without the prompt, which a detector never sees. */
  protected abstract mark(logits: Float32Array, ids: number[]): void;

  override _call(inputIds: bigint[][], logits: Tensor): Tensor {
    const [row] = inputIds;
    if (inputIds.length !== 1 || row === undefined) throw new Error("a batch of one is needed: one processor marks one text");
    if (this.#prompt < 0) this.#prompt = row.length;
    else if (row.length !== this.#length + 1) throw new Error("another text has begun: a new processor is needed");
    this.#length = row.length;
    this.mark(logits.data as Float32Array, row.slice(this.#prompt).map(Number));
    return logits;
  }
}

/**
 * Green: adds δ to the logits of green tokens.
 *
 * transformers.js has applied the repetition penalty, and with `do_sample` the temperature, before it asks; δ is meant for logits before temperature. So
 * give the embedder `delta: 2 / temperature` to have what δ = 2 is elsewhere.
 */
export class GreenProcessor extends MarkProcessor {
  constructor(private readonly embedder: Embedder) {
    super();
    if (embedder.chooses) throw new Error("a gumbel scheme leaves no mark in logits: take GumbelProcessor");
  }

  protected mark(logits: Float32Array, ids: number[]) {
    this.embedder.bias(logits, ids);
  }
}

/**
 * Gumbel: draws the token itself, and leaves the sampler no other. Generate with `do_sample: false`, so that transformers.js neither divides by a
 * temperature before nor cuts to its `top_k` after.
 */
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

  protected mark(logits: Float32Array, ids: number[]) {
    const token = this.embedder.choose(softmax(logits, this.temperature), ids, Math.random());
    logits.fill(-Infinity);
    logits[token] = 0;
  }
}

function softmax(logits: Float32Array, temperature: number): Float32Array {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = logits.map((logit) => Math.exp((logit - highest) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}
