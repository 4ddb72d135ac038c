// The whole API as a program uses it. It is compiled, not run; the lines after `@ts-expect-error` must not compile.
import init, {
  type Detection,
  type DetectOptions,
  type EmbedOptions,
  type Encoding,
  type Evidence,
  type ProfileAsk,
  type SchemeInfo,
  type SpanEvidence,
  type StreamEvidence,
  type TokenizerName,
  type WriteOptions,
  type Written,
  defaultScheme,
  detect,
  Detector,
  Embedder,
  formatP,
  initSync,
  Key,
  parseScheme,
  Profile,
  StreamDetector,
  Tokenizer,
  version,
  writeDemo,
} from "greenmark";
import * as core from "greenmark/core";

await init();
await init({ module_or_path: new URL("greenmark_bg.wasm", "https://example.org/") });
initSync({ module: new Uint8Array() });

const bytes = new Uint8Array(32);
const key: Key = Key.fromBytes(bytes);
const keys: Key[] = [Key.parse("gmk1"), Key.parseFile(bytes), key.clone()];
const texts: string[] = [key.id, key.toText(), version(), defaultScheme(), formatP(-1000, 3)];
key.free();
// @ts-expect-error a key is made by its functions
new Key();
// @ts-expect-error the id cannot be set
key.id = "0123456789abcdef";
// @ts-expect-error bytes are bytes
Key.fromBytes("07".repeat(32));
// @ts-expect-error and no list
Key.fromBytes([7, 7]);
// @ts-expect-error a file's content is bytes
Key.parseFile("gmk1");

const scheme: SchemeInfo = parseScheme(defaultScheme());
if (scheme.family === "gumbel") scheme.dual satisfies boolean;
const gamma: number | null = scheme.gamma;
[scheme.context_width, scheme.chance_score] satisfies number[];
// @ts-expect-error gamma may be null
scheme.gamma.toFixed(2);
// @ts-expect-error there are two families
scheme.family === "red";

const tokenizer: Tokenizer = Tokenizer.fromJson(bytes, "tokenizer.json");
Tokenizer.demo().clone().free();
const encoding: Encoding = tokenizer.encodeWithOffsets("a text");
[tokenizer.encode("a text"), encoding.ids, encoding.starts, encoding.ends] satisfies Uint32Array[];
tokenizer.decode(encoding.ids).slice(tokenizer.vocabSize);
[tokenizer.name, tokenizer.fingerprint] satisfies string[];
// @ts-expect-error a name is needed
Tokenizer.fromJson(bytes);
// @ts-expect-error a text is a string
tokenizer.encode(bytes);

const least: DetectOptions = { keys };
const most: DetectOptions = { keys, scheme: ["gm1:gumbel,h=2"], alpha: 1e-6, search: false, normalise: true, tokenizer };
const detector = new Detector(most);
const detection: Detection = detector.detect("a text", "its id");
detector.detect("a text", null);
detector.detectIds([1, 2, 3]) satisfies Detection;
detector.evidence("a text") satisfies Evidence;
detector.evidenceIds(new Uint32Array(3), "its id") satisfies Evidence;
detect("a text", least) satisfies Detection;
[detection.ids, detection.starts, detection.ends, detection.places] satisfies Uint32Array[];
detection.shades satisfies Uint8Array;
detection.scores satisfies Float64Array;
const profile: Profile = Profile.parse("{}");
profile.tokenizer satisfies TokenizerName;
[profile.name, profile.scheme, profile.keyId, profile.toJson()] satisfies string[];
profile.subkey satisfies string | undefined;
profile.keyFrom(key.subkey("2026-11")) satisfies Key;
const ask: ProfileAsk = { profile, key, tokenizer };
new Detector({ profiles: [ask, { profile, key }], keys });
new Detector({ profiles: [ask] });
// @ts-expect-error a profile needs its key
new Detector({ profiles: [{ profile }] });
// @ts-expect-error it is `normalise`
new Detector({ keys, normalize: false });
// @ts-expect-error alpha is a number
new Detector({ keys, alpha: "1e-6" });
// @ts-expect-error keys are objects
new Detector({ keys: ["gmk1"] });
// @ts-expect-error options are needed
detect("a text");
// @ts-expect-error ids are numbers
detector.detectIds([1n]);

const evidence: Evidence = detection.evidence;
const counts: number[] = [evidence.tokens, evidence.scored, evidence.repeated, evidence.looks, evidence.score];
const logs: number[] = [evidence.ln_p, evidence.unpaid_ln_p, evidence.p_value, evidence.alpha];
const maybe: (number | null)[] = [evidence.mean_score, evidence.green, evidence.gamma, evidence.green_fraction, evidence.z_score];
const name: TokenizerName | null = evidence.tokenizer;
const names: string[] = [evidence.id, evidence.scheme, evidence.key_id, name?.name ?? "", name?.fingerprint ?? ""];
const verdicts: boolean[] = [evidence.detected, evidence.normalised];
for (const span of evidence.spans satisfies SpanEvidence[]) {
  [span.start, span.end, span.scored, span.score, span.ln_p] satisfies number[];
  [span.text_start, span.text_end, span.green] satisfies (number | null)[];
  [span.key_id, span.scheme] satisfies string[];
  span.normalised satisfies boolean;
}
// @ts-expect-error z may be null
evidence.z_score.toFixed(2);
evidence.verdict satisfies "marked" | "no_mark_found" | "too_short";
evidence.profile satisfies string | null;
// @ts-expect-error nothing is called so
evidence.search_ln_p;

const stream = new StreamDetector(most, "its id");
const soFar: StreamEvidence = stream.push("a piece");
stream.pushIds([1, 2]) satisfies StreamEvidence;
if (stream.finish().event === "end") [soFar.ln_e, soFar.ln_p] satisfies number[];
// @ts-expect-error there are two events
soFar.event === "start";

const options: EmbedOptions = { scheme: "gm1:gumbel,h=4,dual", delta: 2, mixingShare: 0.5, skipRepeats: true };
new Embedder(key);
const embedder = new Embedder(key, options);
const logits = new Float32Array(10);
embedder.bias(logits, encoding.ids);
const token: number = embedder.choose([0.5, 0.5], [1, 2], Math.random());
embedder.chooses satisfies boolean;
// @ts-expect-error logits are changed in place
embedder.bias([0, 1], [1]);
// @ts-expect-error a random number is needed
embedder.choose(logits, [1]);
// @ts-expect-error it is `mixingShare`
new Embedder(key, { mixing_share: 0.5 });

const request: WriteOptions = { prompt: "Once", tokens: 100, temperature: 0.8, seed: 1, scheme: defaultScheme(), delta: 2, ignoreEnd: true };
const written: Written = writeDemo(bytes, key, request);
for (const none of [null, undefined]) writeDemo(bytes, none, { prompt: "Once" }).text satisfies string;
written satisfies Encoding;
// @ts-expect-error a prompt is needed
writeDemo(bytes, key, {});

// All objects can be freed, also by `using`.
for (const object of [key, tokenizer, detector, stream, embedder]) object[Symbol.dispose]();

const ids: core.Evidence = new core.Detector({ keys: [core.Key.fromBytes(bytes)] }).evidenceIds([1, 2, 3]);
new core.Embedder(core.Key.fromBytes(bytes)).bias(logits, []);
new core.StreamDetector({ keys: [core.Key.fromBytes(bytes)] }).pushIds([1]) satisfies core.StreamEvidence;
// @ts-expect-error the small build has no tokenizer
core.Tokenizer.demo();
// @ts-expect-error nor texts
core.detect("a text", { keys: [] });
// @ts-expect-error nor these
new core.Detector({ keys: [] }).detect("a text");
