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
  /** At least one. Each is paid for; all that are significant are named. */
  keys: Key[];
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
  /** The one that the text was written with. Ids need none. */
  tokenizer?: Tokenizer;
}

/** SPEC §10, member for member what `greenmark detect --json` prints. Natural logs are in nats. */
export interface Evidence {
  id: string;
  scheme: string;
  key_id: string;
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
  /** Of the raw text as a whole, one test. */
  ln_p: number;
  p_value: number;
  /** What decides: places, versions, keys and schemes paid for. */
  search_ln_p: number;
  looks: number;
  normalised: boolean;
  alpha: number;
  detected: boolean;
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
  id: string;
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
