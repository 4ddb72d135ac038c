// Speed of whole detections on one text: what lab/src/bin/text-speed.rs measures without a browser.

const SCHEMES = ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=2"];

/**
 * Times every case, once for nothing and then `rounds` times.
 *
 * - `api`: the package, initialised.
 * - returns: `{case, seconds: [of each round]}`, after one object that says how long the text is.
 */
export function measure(api, text, tokenizerJson, rounds) {
  const tokenizer = api.Tokenizer.fromJson(tokenizerJson, "tokenizer.json");
  const ids = tokenizer.encode(text);
  const key = api.Key.fromBytes(new Uint8Array(32).fill(7));
  const rows = [{ case: "text", bytes: new TextEncoder().encode(text).length, tokens: ids.length }];
  // `prepare` is not timed, and `tidy` neither.
  const time = (name, run, prepare = () => undefined, tidy = () => undefined) => {
    const seconds = [];
    for (let round = 0; round <= rounds; round++) {
      const prepared = prepare();
      const started = performance.now();
      const made = run(prepared);
      seconds.push((performance.now() - started) / 1000);
      tidy(prepared, made);
    }
    rows.push({ case: name, seconds: seconds.slice(1) });
  };

  const load = () => api.Tokenizer.fromJson(tokenizerJson, "tokenizer.json");
  time("load", load, undefined, (_, made) => made.free());
  // Nothing is known of the words of the text, nor of its contexts.
  const cold = () => {
    const fresh = load();
    const detector = new api.Detector({ keys: [key], scheme: SCHEMES[0], tokenizer: fresh });
    fresh.free();
    return detector;
  };
  time("green/text, cold", (detector) => detector.evidence(text), cold, (detector) => detector.free());
  time("encode", () => tokenizer.encode(text));
  for (const scheme of SCHEMES) {
    const family = api.parseScheme(scheme).family;
    const options = { keys: [key], scheme, tokenizer };
    const whole = new api.Detector({ ...options, search: false });
    time(`${family}/ids`, () => whole.evidenceIds(ids));
    const search = new api.Detector(options);
    time(`${family}/ids, search`, () => search.evidenceIds(ids));
    const texts = new api.Detector(options);
    time(`${family}/text`, () => texts.evidence(text));
    for (const detector of [whole, search, texts]) detector.free();
  }
  return rows;
}
