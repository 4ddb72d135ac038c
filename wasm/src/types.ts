/** A scheme string, parsed. SPEC §3. */
export interface SchemeInfo {
  scheme: string;
  family: "green" | "gumbel";
  context_width: number;
  /** Fraction of tokens that are green by chance; null in gumbel. */
  gamma: number | null;
  dual: boolean;
  /** Average score of a counted token by chance. */
  chance_score: number;
}

/** Options of detection. */
export interface DetectOptions {
  /** Profiles of deployments. Each is tested with its own scheme and tokenizer, and paid for; the evidence names the best. */
  profiles?: ProfileAsk[];
  /** Keys without a profile: at least one, unless there are profiles. Each is paid for. */
  keys?: Key[];
  /** One scheme or several, for `keys`. Default: `gm1:green,h=1,gamma=64/256`. */
  scheme?: string | string[];
  /** Level of the test, between 0 and 1. Default: 1e-6. Choose it before detecting. */
  alpha?: number;
  /** True (the default) to search for marked passages; false to test each version of the text as a whole. */
  search?: boolean;
  /** @deprecated The former name of `search`, which the next release will refuse. */
  segments?: boolean;
  /** True (the default) to test the normalised text too. */
  normalise?: boolean;
  /** Tokenizer for `keys`: the one that the text was written with. Ids need none. */
  tokenizer?: Tokenizer;
}

/** A profile with its key and tokenizer. */
export interface ProfileAsk {
  profile: Profile;
  /** Stored key. If the profile has the label of a sub-key, this is the key that the sub-key is derived from. */
  key: Key;
  /** The profile's tokenizer. Ids need none. */
  tokenizer?: Tokenizer;
}

/** Evidence of SPEC §10, with the members that `greenmark detect --json` prints. Natural logs are in nats. */
export interface Evidence {
  /** Version of the test. */
  test: "gm1";
  id: string;
  /** `too_short` if no text with this few counted tokens could be `marked`. */
  verdict: "marked" | "no_mark_found" | "too_short";
  /** True if `ln_p` ≤ ln(`alpha`). */
  detected: boolean;
  alpha: number;
  /** Natural log of the p-value that decides: it pays for places, versions, profiles, keys and schemes. */
  ln_p: number;
  p_value: number;
  looks: number;
  /** Name of the profile of the best look, or null. */
  profile: string | null;
  key_id: string;
  scheme: string;
  normalised: boolean;
  tokenizer: TokenizerName | null;
  tokens: number;
  scored: number;
  repeated: number;
  score: number;
  mean_score: number | null;
  green: number | null;
  gamma: number | null;
  green_fraction: number | null;
  z_score: number | null;
  /** Natural log of the p-value of the whole raw text under this key and scheme alone. It pays for no look, so it decides nothing. */
  unpaid_ln_p: number;
  spans: SpanEvidence[];
}

export interface TokenizerName {
  name: string;
  fingerprint: string;
}

/** A marked passage. SPEC §10. */
export interface SpanEvidence {
  /** Range in tokens, `end` exclusive. */
  start: number;
  end: number;
  /** Range in Unicode code points of the raw text (a detection's `places` are in UTF-16); null if ids were given. */
  text_start: number | null;
  text_end: number | null;
  scored: number;
  score: number;
  green: number | null;
  /** Natural log of the p-value of this passage alone. It does not pay for the search. */
  ln_p: number;
  normalised: boolean;
  profile: string | null;
  key_id: string;
  scheme: string;
}

/** Evidence, and the part of each token of the raw text in it. */
export interface Detection {
  evidence: Evidence;
  ids: Uint32Array;
  /** UTF-16 offsets of the tokens, in order; neighbours may share a character. Empty if ids were given. */
  starts: Uint32Array;
  ends: Uint32Array;
  /** Shade of each token. 0: without context; 1: repeated; 2: counted, red or of a low score; 3: counted, green or of a high score. */
  shades: Uint8Array;
  /** Score of each token: 0 or 1 in green, nats in gumbel; 0 if it is not counted. */
  scores: Float64Array;
  /** UTF-16 start and end of each of `evidence.spans`, in turn. Empty if ids were given. */
  places: Uint32Array;
}

/** Evidence of SPEC §10 for a text that arrives in pieces. */
export interface StreamEvidence {
  /** `detected`: this piece made the evidence significant; `end`: the text has ended. */
  event?: "detected" | "end";
  test: "gm1";
  id: string;
  profile: string | null;
  scheme: string;
  key_id: string;
  tokenizer: TokenizerName | null;
  tokens: number;
  scored: number;
  repeated: number;
  score: number;
  /** Natural log of the e-value: the amount that a stake of 1 has become. */
  ln_e: number;
  /** Natural log of the p-value, valid at any time of stopping. */
  ln_p: number;
  alpha: number;
  detected: boolean;
}

/** Options for marking. */
export interface EmbedOptions {
  /** Default: `gm1:green,h=1,gamma=64/256`. */
  scheme?: string;
  /** Green: nats added to the logits of green tokens. Default: 2. Gumbel ignores it. */
  delta?: number;
  /** Dual gumbel: share of draws that use the second number. Default: 0.5. */
  mixingShare?: number;
  /** Green: true to leave a position unmarked if its context was used before. Default: false. */
  skipRepeats?: boolean;
}

/** The tokens of a text. */
export interface Encoding {
  ids: Uint32Array;
  /** UTF-16 offsets. */
  starts: Uint32Array;
  ends: Uint32Array;
}

/** Options of a text that the demo model writes. */
export interface WriteOptions {
  prompt: string;
  /** Longest text, in tokens: at most 10,000. Default: 200. */
  tokens?: number;
  /** Default: 1; 0 always takes the likeliest token. */
  temperature?: number;
  /** Seed of the random draws, a whole number. Default: 0. */
  seed?: number;
  scheme?: string;
  delta?: number;
  /** True to continue where the model would end the text. Default: false. */
  ignoreEnd?: boolean;
}

/** A text and its tokens. */
export interface Written extends Encoding {
  text: string;
}
