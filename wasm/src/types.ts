/** What a scheme string says. SPEC §3. */
export interface SchemeInfo {
  scheme: string;
  family: "green" | "gumbel";
  context_width: number;
  /** The green fraction by chance; null in gumbel. */
  gamma: number | null;
  dual: boolean;
  /** What a counted token scores by chance, on average. */
  chance_score: number;
}

/** What is asked of a text. */
export interface DetectOptions {
  /** Deployments: each is asked under its own scheme and tokenizer, and paid for; the one that hit is named. */
  profiles?: ProfileAsk[];
  /** Keys without a profile; at least one, unless there are profiles. Each is paid for; all that are significant are named. */
  keys?: Key[];
  /** One or several; `gm1:green,h=1,gamma=64/256` where none is given. */
  scheme?: string | string[];
  /** The level to decide at, between 0 and 1; 1e-6 where none is given. Choose it before looking. */
  alpha?: number;
  /** Whether to search for marked passages (the default), or to test each version of the text as a whole. */
  search?: boolean;
  /** @deprecated The former name of `search`; the next release will not take it. */
  segments?: boolean;
  /** Whether to look at the normalised text besides (the default). */
  normalise?: boolean;
  /** For `keys`: the one that the text was written with. Ids need none. */
  tokenizer?: Tokenizer;
}

/** A profile with what it names. */
export interface ProfileAsk {
  profile: Profile;
  /** The stored key: if the profile has the label of a sub-key, the key that this comes from. */
  key: Key;
  /** Ids need none. */
  tokenizer?: Tokenizer;
}

/** SPEC §10, member for member what `greenmark detect --json` prints. Natural logs are in nats. */
export interface Evidence {
  /** The version of the test. */
  test: "gm1";
  id: string;
  /** `too_short`: no text with so few counted tokens could be `marked`. */
  verdict: "marked" | "no_mark_found" | "too_short";
  /** `ln_p` ≤ ln(`alpha`). */
  detected: boolean;
  alpha: number;
  /** What decides: places, versions, profiles, keys and schemes are all paid for. */
  ln_p: number;
  p_value: number;
  looks: number;
  /** The name of the profile that the best look belongs to. */
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
  /** Of the raw text as a whole, under this key and scheme alone. It pays for no look, and decides nothing. */
  unpaid_ln_p: number;
  spans: SpanEvidence[];
}

export interface TokenizerName {
  name: string;
  fingerprint: string;
}

/** A marked passage. SPEC §10. */
export interface SpanEvidence {
  /** In tokens, `end` exclusive. */
  start: number;
  end: number;
  /** In Unicode code points of the raw text (`places` of a detection has UTF-16); null where ids were given. */
  text_start: number | null;
  text_end: number | null;
  scored: number;
  score: number;
  green: number | null;
  /** Does not pay for the search. */
  ln_p: number;
  normalised: boolean;
  profile: string | null;
  key_id: string;
  scheme: string;
}

/** Evidence, and what each token of the raw text has to do with it. */
export interface Detection {
  evidence: Evidence;
  ids: Uint32Array;
  /** UTF-16 offsets of the tokens, in order; neighbours may share a character. Empty where ids were given. */
  starts: Uint32Array;
  ends: Uint32Array;
  /** 0: without context; 1: repeated; 2: counted, and red or of a low score; 3: counted, and green or of a high score. */
  shades: Uint8Array;
  /** Of counted tokens: 0 or 1 in green, nats in gumbel. 0 elsewhere. */
  scores: Float64Array;
  /** UTF-16 start and end of each of `evidence.spans`, in turn. Empty where ids were given. */
  places: Uint32Array;
}

/** SPEC §10, of a text that is read as it comes. */
export interface StreamEvidence {
  /** `detected`: with this piece it is enough; `end`: the text has ended. */
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
  /** What a stake of 1 has become, as a natural log. */
  ln_e: number;
  /** Valid whenever one stops. */
  ln_p: number;
  alpha: number;
  detected: boolean;
}

/** How a text is marked. */
export interface EmbedOptions {
  /** `gm1:green,h=1,gamma=64/256` where none is given. */
  scheme?: string;
  /** Green: nats added to green logits; 2 where none is given. Gumbel has no use for it. */
  delta?: number;
  /** Dual gumbel: how often the second number is drawn with; 0.5 where none is given. */
  mixingShare?: number;
  /** Green: whether to leave a position alone whose context was used before. */
  skipRepeats?: boolean;
}

/** The tokens of a text. */
export interface Encoding {
  ids: Uint32Array;
  /** UTF-16 offsets. */
  starts: Uint32Array;
  ends: Uint32Array;
}

/** What the demo model is to write. */
export interface WriteOptions {
  prompt: string;
  /** At most 10,000; 200 where none is given. */
  tokens?: number;
  /** 1 where none is given; 0 takes the likeliest token each time. */
  temperature?: number;
  /** A whole number; 0 where none is given. */
  seed?: number;
  scheme?: string;
  delta?: number;
  /** Whether to go on where the model would end the text. */
  ignoreEnd?: boolean;
}

/** A text and its tokens. */
export interface Written extends Encoding {
  text: string;
}
