// The worker: holds the module, the keys and the tokenizer, and answers one request at a time.
//
// A request is { id, op, data }; the answer { id, value } or { id, error: { message, field } }, and
// { fatal: message } once the module cannot go on. A long request also sends { id, progress }.

import init, * as greenmark from './greenmark/greenmark.js';
import { HEAD, errorRow, verdictRow } from './csv.js';
import { splitLines, parseLine } from './json-lines.js';

const DEMO_KEY = new TextEncoder().encode('a demonstration key known to all');
const SHOWN_LINES = 1000;
/** Texts of JSON Lines between two looks at the clock are few: a request must not wait long for its turn. */
const TURN_MS = 40;
const PROGRESS_MS = 200;
const PART_CHARACTERS = 1_000_000;
/** Of a GGUF so much is read, and twice as much each time that it is not enough. */
const FIRST_SLICE = 1 << 20;
const LAST_SLICE = 1 << 28;
const MOST_JSON = 100_000_000;
const KEY_GONE = 'the key is not in this page any more';

/** The demo model's bytes: asked for as the page loads, so that it works without a network from then on. */
let model = null;
let documents = null;
const keys = new Map();
const profiles = new Map();
const tokenizers = new Map();
let detector = null;
const cancelled = new Set();

/** A file that grows. A Blob may live on disk; a string may not. */
class Written {
  parts = [];
  part = '';

  constructor(type) {
    this.type = type;
  }

  add(text) {
    this.part += text;
    if (this.part.length < PART_CHARACTERS) return;
    this.parts.push(new Blob([this.part]));
    this.part = '';
  }

  blob() {
    return new Blob([...this.parts, this.part], { type: this.type });
  }
}

/** An error that belongs to a field of the page. */
class FieldError extends Error {
  constructor(message, field) {
    super(message);
    this.field = field;
  }
}

function at(field, act) {
  try {
    return act();
  } catch (error) {
    if (isFatal(error)) throw error;
    throw new FieldError(messageOf(error), field);
  }
}

// The module has trapped or is out of memory: nothing in it can be relied on any more.
const isFatal = error => error instanceof WebAssembly.RuntimeError || error instanceof RangeError;

const messageOf = error => (error instanceof Error ? error.message : String(error));

/** The detector for a configuration, kept until another is asked for. */
function detectorFor(config) {
  const asked = JSON.stringify(config);
  if (detector?.asked === asked) return detector;
  dropDetector();
  const asks = [...config.profiles.map(({ key }) => key), ...config.keys];
  if (asks.length === 0) throw new FieldError('no key', 'key');
  if (!asks.every(id => keys.has(id))) throw new FieldError(KEY_GONE, 'key');
  if (config.keys.length > 0) at('scheme', () => greenmark.parseScheme(config.scheme));
  const value = at('settings', () => {
    const { scheme, alpha, search, normalise } = config;
    return new greenmark.Detector({
      profiles: config.profiles.map(({ name, key, tokenizer }) => ({ profile: profiles.get(name), key: keys.get(key), ...loaded(tokenizer) })),
      keys: config.keys.map(id => keys.get(id)),
      // Without a key of its own, no scheme is asked about but those of the profiles.
      ...(config.keys.length > 0 ? { scheme } : {}),
      ...loaded(config.tokenizer),
      alpha,
      search,
      normalise,
    });
  });
  detector = { asked, value };
  return detector;
}

/** The option `tokenizer`, which token ids can do without. */
function loaded(id) {
  if (id === null) return {};
  const tokenizer = tokenizers.get(id);
  if (!tokenizer) throw new FieldError('the tokenizer is not loaded', 'tokenizer');
  return { tokenizer };
}

/** Whether a profile's key comes from this one. */
function fits(profile, key) {
  try {
    profile.keyFrom(key).free();
    return true;
  } catch (error) {
    if (isFatal(error)) throw error;
    return false;
  }
}

/** Adds a key; its id, and the names of the profiles that it fits. */
function addKey(key) {
  const { id } = key;
  if (keys.has(id)) key.free();
  else keys.set(id, key);
  return { id, fits: [...profiles.values()].filter(profile => fits(profile, keys.get(id))).map(({ name }) => name) };
}

function dropDetector() {
  detector?.value.free();
  detector = null;
}

function addTokenizer(id, tokenizer) {
  tokenizers.get(id)?.free();
  tokenizers.set(id, tokenizer);
  dropDetector();
  return { name: tokenizer.name, fingerprint: tokenizer.fingerprint, vocabSize: tokenizer.vocabSize };
}

/** A tokenizer, and the number of bytes at the file's beginning that hold it. */
async function readTokenizer(blob, name) {
  const start = async bytes => new Uint8Array(await blob.slice(0, bytes).arrayBuffer());
  const isGguf = new TextDecoder().decode(await start(4)) === 'GGUF';
  if (!isGguf) {
    if (blob.size > MOST_JSON) throw new FieldError(`${name} has ${Math.round(blob.size / 1e6)} MB; the limit for a tokenizer.json is 100 MB`, 'tokenizer');
    const file = await start(blob.size);
    return { tokenizer: at('tokenizer', () => greenmark.Tokenizer.fromJson(file, name)), bytes: blob.size };
  }
  for (let bytes = FIRST_SLICE; ; bytes *= 2) {
    const slice = await start(bytes);
    const tokenizer = at('tokenizer', () => greenmark.Tokenizer.fromGguf(slice, name));
    if (tokenizer) return { tokenizer, bytes: slice.length };
    if (bytes >= blob.size) throw new FieldError(`${name}: the file ends before its tokenizer does`, 'tokenizer');
    if (bytes >= LAST_SLICE) throw new FieldError(`${name}: no tokenizer in its first 256 MB`, 'tokenizer');
  }
}

function loadModel() {
  model ??= (async () => {
    try {
      const response = await fetch(new URL('./greenmark/demo-model.bin', import.meta.url));
      if (!response.ok) throw new Error(`status ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      throw new FieldError(`the demo model could not be loaded (${messageOf(error)})`, 'write');
    }
  })();
  // The next call tries again.
  model.catch(() => {
    model = null;
  });
  return model;
}

/** The reader of documents: a module of its own, asked for once the detector is there. */
function loadDocuments() {
  documents ??= import('./greenmark/documents.js').then(async module => {
    await module.default();
    return module;
  });
  // The next call tries again.
  documents.catch(() => {
    documents = null;
  });
  return documents;
}

/** The result in a form that can be sent, with its numbers written as the library writes them. */
function whole(detection, text, ids) {
  const { evidence, shades, scores, places } = detection;
  // Of ids there is no text: each stands for itself.
  const shown = ids ? idsAsText(ids) : { starts: detection.starts, ends: detection.ends };
  return {
    evidence,
    scheme: greenmark.parseScheme(evidence.scheme),
    shades,
    scores,
    starts: shown.starts,
    ends: shown.ends,
    text: shown.text,
    places: ids ? Uint32Array.from(evidence.spans.flatMap(span => [shown.starts[span.start], shown.ends[span.end - 1]])) : places,
    p: greenmark.formatP(evidence.ln_p, 3),
    unpaidP: greenmark.formatP(evidence.unpaid_ln_p, 3),
    spanPs: evidence.spans.map(span => greenmark.formatP(span.ln_p, 2)),
    sha256: text === null ? null : greenmark.sha256(text),
  };
}

function idsAsText(ids) {
  const starts = new Uint32Array(ids.length);
  const ends = new Uint32Array(ids.length);
  const written = Array.from(ids, String);
  let at = 0;
  written.forEach((id, i) => {
    starts[i] = at;
    ends[i] = at + id.length;
    at += id.length + 1;
  });
  return { starts, ends, text: written.join(' ') };
}

const operations = {
  hello() {
    return { version: greenmark.version(), demo: addTokenizer('demo', greenmark.Tokenizer.demo()) };
  },

  addKey({ bytes, text, isDemo, fresh }) {
    if (isDemo) return addKey(greenmark.Key.fromBytes(DEMO_KEY));
    if (fresh) return addKey(greenmark.Key.fromBytes(fresh));
    // A pasted key is read as its file would be.
    return at('key', () => addKey(greenmark.Key.parseFile(bytes ?? new TextEncoder().encode(text))));
  },

  /** Adds a profile from the bytes of its file, or as it was told before; what it says, and the key that fits it, if it is there. */
  addProfile({ bytes, json }) {
    const profile = at('profile', () => greenmark.Profile.parse(bytes ?? json));
    const { name, scheme, keyId, tokenizer } = profile;
    const told = profile.toJson();
    const known = profiles.get(name);
    if (known && known.toJson() !== told) {
      profile.free();
      throw new FieldError(`another profile is called ${name}: remove it first`, 'profile');
    }
    if (known) profile.free();
    else profiles.set(name, profile);
    const kept = profiles.get(name);
    const key = [...keys.keys()].find(id => fits(kept, keys.get(id))) ?? null;
    return { name, scheme, keyId, tokenizer, subkey: kept.subkey ?? null, json: told, key };
  },

  removeProfile({ name }) {
    dropDetector();
    profiles.get(name)?.free();
    profiles.delete(name);
  },

  removeKey({ key }) {
    dropDetector();
    keys.get(key)?.free();
    keys.delete(key);
  },

  keyText: ({ key }) => keys.get(key).toText(),

  /**
   * Reads a tokenizer.json or the tokenizer of a GGUF; of the others it holds those in `keep`, and the demo's. `bytes` says how much of the file
   * was read: of a model its beginning alone.
   */
  async loadTokenizer({ blob, name, keep }) {
    const { tokenizer, bytes } = await readTokenizer(blob, name);
    for (const id of [...tokenizers.keys()]) {
      if (id !== 'demo' && !keep.includes(id)) {
        tokenizers.get(id).free();
        tokenizers.delete(id);
      }
    }
    return { ...addTokenizer(tokenizer.fingerprint, tokenizer), bytes };
  },

  /** The texts of a file: of an archive several. `[{ name, text, format, encoding }` or `{ name, error }]`. */
  async documents({ name, bytes }) {
    const { readDocuments } = await loadDocuments();
    return readDocuments(name, bytes);
  },

  scheme: ({ scheme }) => at('scheme', () => greenmark.parseScheme(scheme)),

  detect({ text, ids, name, config }) {
    const { value } = detectorFor(config);
    return at('text', () => whole(ids ? value.detectIds(ids, name) : value.detect(text, name), text, ids));
  },

  evidence({ texts, config }) {
    const { value } = detectorFor(config);
    return texts.map(text => at('text', () => value.evidence(text, '-')));
  },

  async write({ key, options }) {
    const bytes = await loadModel();
    // Without its key a text would be written without its mark.
    if (key !== null && !keys.has(key)) throw new FieldError(KEY_GONE, 'key');
    const { text } = at('write', () => greenmark.writeDemo(bytes, key === null ? undefined : keys.get(key), options));
    return { text };
  },

  async lines({ file, config, id: request }) {
    detectorFor(config);
    const total = { texts: 0, marked: 0, short: 0, refused: 0, bytes: 0, size: file.size };
    let rows = [];
    let listed = 0;
    const results = new Written('application/jsonl');
    const table = new Written('text/csv');
    table.add(HEAD);
    let turn = performance.now();
    let told = turn;
    const tell = () => {
      postMessage({ id: request, progress: { ...total, rows } });
      rows = [];
      told = performance.now();
    };
    const list = row => {
      if (listed < SHOWN_LINES) rows.push(row);
      listed += 1;
    };
    for await (const line of splitLines(file.stream())) {
      const { number, start, end } = line;
      total.bytes = end;
      try {
        const { id, text, ids } = parseLine(line);
        if (!ids && config.missing) throw new Error(config.missing);
        // Another configuration may have been asked about in between.
        const { value } = detectorFor(config);
        const evidence = ids ? value.evidenceIds(ids, id) : value.evidence(text, id);
        total.texts += 1;
        total.marked += evidence.detected ? 1 : 0;
        total.short += evidence.verdict === 'too_short' ? 1 : 0;
        const p = greenmark.formatP(evidence.ln_p, 2);
        results.add(`${JSON.stringify({ line: number, ...evidence })}\n`);
        table.add(verdictRow(number, evidence, p));
        list({ number, start, end, evidence, p });
      } catch (error) {
        if (isFatal(error) || error instanceof FieldError) throw error;
        total.refused += 1;
        const reason = messageOf(error);
        results.add(`${JSON.stringify({ line: number, error: reason })}\n`);
        table.add(errorRow(number, reason));
        list({ number, start, end, error: reason });
      }
      const now = performance.now();
      if (now - told > PROGRESS_MS) tell();
      if (now - turn > TURN_MS) {
        await new Promise(resolve => setTimeout(resolve));
        turn = performance.now();
      }
      if (cancelled.delete(request)) {
        total.cancelled = true;
        break;
      }
    }
    if (!total.cancelled) total.bytes = file.size;
    tell();
    return { ...total, results: results.blob(), table: table.blob() };
  },

  cancel({ request }) {
    cancelled.add(request);
  },
};

// Everything that owns its buffer is handed over, not copied.
const transferable = value =>
  value && typeof value === 'object'
    ? Object.values(value).filter(ArrayBuffer.isView).filter(view => view.byteLength === view.buffer.byteLength).map(view => view.buffer)
    : [];

async function answer(id, op, data) {
  try {
    const value = await operations[op]({ ...data, id });
    postMessage({ id, value }, transferable(value));
  } catch (error) {
    if (isFatal(error)) postMessage({ id, fatal: messageOf(error) });
    else postMessage({ id, error: { message: messageOf(error), field: error.field ?? null } });
  }
}

loadModel();

// Requests are answered in their order: one may need the tokenizer that the one before it loads.
// Only what takes long lets others by.
let turn = init().then(() => void loadDocuments().catch(() => {})).catch(error => postMessage({ id: 0, fatal: `the module could not be loaded (${messageOf(error)})` }));

self.onmessage = ({ data: { id, op, data } }) => {
  if (op === 'cancel') answer(id, op, data);
  else turn = turn.then(() => {
    const answered = answer(id, op, data);
    return op === 'lines' ? undefined : answered;
  });
};
