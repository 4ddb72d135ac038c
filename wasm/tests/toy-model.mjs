// A model that knows nothing: logits of some vocabulary, the same for the same text so far.
import { random } from "./package.mjs";

/** Logits for the token after `ids`: raw, of about two nats' spread. */
export function logitsAfter(ids, vocabSize) {
  let hash = 2166136261;
  for (const id of ids.slice(-3)) hash = Math.imul(hash ^ id, 16777619);
  const number = random(hash ^ ids.length);
  return Float32Array.from({ length: vocabSize }, () => 8 * number() - 4);
}

/** The distribution that logits stand for. */
export function softmax(logits, temperature = 1) {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = logits.map((logit) => Math.exp((logit - highest) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/** A token drawn from a distribution. */
export function draw(probabilities, uniform) {
  let left = uniform;
  for (let token = 0; token < probabilities.length; token += 1) {
    left -= probabilities[token];
    if (left < 0) return token;
  }
  return probabilities.findLastIndex((probability) => probability > 0);
}
