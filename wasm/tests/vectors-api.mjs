// Replays the test vectors (SPEC §11) through the JavaScript API: a function of the API and the parsed files, for Node and for pages.
//
// The API speaks of keys, profiles, schemes, ids and texts. It cannot express tails.json, binomial-tail.json and gamma-tail.json (numbers without a text), nor
// the cases of search.json that give scores and those of weighted.json that give counts, nor accumulated.json's gumbel lines (sums of words). Of
// field.json and words.json it sees shades and scores, not seeds, bytes and words; of samples.json what a vocabulary of a million tokens holds. All of
// them are replayed inside WebAssembly by vectors.test.mjs.
import { bpe, bytesOf } from "./tokenizer-json.mjs";

const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));
const utf8 = (text) => new TextEncoder().encode(text);
const le32 = (number) => Uint8Array.of(number, number >>> 8, number >>> 16, number >>> 24);
const concat = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const first32 = (bytes) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);

/** Which check a message about a key or a scheme is of. */
const KEY_FAILURES = { prefix: /begins with "gmk1"/, length: /76 characters long/, character: /^character \d+ /, checksum: /checksum/, "not-text": /^not text from byte/ };
const PROFILE_FAILURES = Object.fromEntries(
  ["json", "duplicate", "version", "member", "name", "scheme", "fingerprint", "key-id", "subkey", "path"].map((name) => [name, new RegExp(`^${name}: `)]),
);
const SCHEME_FAILURES = {
  version: /version 1 \("gm1:"\)|begins with "gm1:"/,
  family: /^unknown family/,
  syntax: /^not the canonical spelling/,
  "context-width": /^context width|^gumbel marks each context once/,
  gamma: /^gamma=/,
};

/** Tokens that logits or probabilities are made for. */
const WIDEST = 1 << 20;

/**
 * Replays what the API can express.
 *
 * - `files`: the parsed files by name, `keys.json` and so on; those that are not there are left out.
 * - `sha256`: bytes to bytes; the browser's where none is given.
 * - returns: of each file how many `cases` it has and how many were `replayed`, and all `failures`, in words.
 */
export async function replay(api, files, sha256 = digest) {
  const { Detector, Embedder, Key, Profile, StreamDetector, Tokenizer, parseScheme } = api;
  const failures = [];
  const results = {};
  let label = "";

  const same = (what, found, expected) => {
    if (!Object.is(found, expected)) failures.push(`${label}, ${what}: ${found} for ${expected}`);
  };
  const close = (what, found, expected, tolerance, floor) => {
    if (expected === null || found === null) return same(what, found, expected);
    const near = Math.abs(found - expected) <= tolerance * Math.max(Math.abs(expected), floor);
    if (!near) failures.push(`${label}, ${what}: ${found} for ${expected}`);
  };
  const tenDigits = (what, found, expected) => close(what, found, expected, 1e-10, 0);
  const nineDigits = (what, found, expected) => close(what, found, expected, 1e-9, 1);

  /** Members by members; of numbers, nine digits. */
  const compare = (found, expected, path) => {
    if (typeof expected === "number" && typeof found === "number") return nineDigits(path, found, expected);
    if (expected === null || typeof expected !== "object") return same(path, found, expected);
    same(`members of ${path}`, Object.keys(found ?? {}).sort().join(), Object.keys(expected).sort().join());
    for (const member of Object.keys(expected)) compare(found?.[member], expected[member], `${path}.${member}`);
  };

  const keyOf = (testCase) => Key.fromBytes(fromHex(testCase.key));
  const marks = (shades, letters) => Array.from(shades, (shade) => letters[shade]).join("");
  const look = (testCase, scheme, ids, more = {}) => {
    const detector = new Detector({ keys: [keyOf(testCase)], scheme, ...more });
    return detector.detectIds(ids);
  };

  /** Whether `call` is refused in the way that a case says. */
  const refused = (testCase, messages, call) => {
    try {
      call();
      same("refused", false, true);
    } catch (error) {
      const failure = Object.keys(messages).find((name) => messages[name].test(error.message));
      same("failure", failure, testCase.failure);
    }
  };

  const givenIds = async (testCase) => {
    if (testCase.ids) return Uint32Array.from(testCase.ids);
    const ids = new Uint32Array(testCase.count);
    for (let j = 0; j < ids.length; j += 1) {
      ids[j] = first32(await sha256(concat(utf8(`greenmark/v1/vectors/${testCase.label}/`), le32(j)))) % testCase.size;
    }
    return ids;
  };

  /** The lines of accumulated.json so far. */
  const greenLines = [];

  const samples = (testCase) => {
    const width = 1 + Math.max(...testCase.tokens);
    if (width > WIDEST) return false;
    const probabilities = new Float32Array(width);
    testCase.tokens.forEach((token, at) => (probabilities[token] = testCase.probabilities[at]));
    const embedder = new Embedder(keyOf(testCase), { scheme: `gm1:gumbel,h=${testCase.h},dual`, mixingShare: testCase.subkey - 1 });
    same("token", embedder.choose(probabilities, testCase.context, 0.5), testCase.token);
  };

  const replays = {
    "keys.json"(testCase) {
      if (testCase.result === "invalid") return refused(testCase, KEY_FAILURES, () => Key.parse(testCase.text));
      const key = keyOf(testCase);
      same("text", key.toText(), testCase.text);
      for (const again of [key, Key.parse(testCase.text), Key.parseFile(utf8(`${testCase.text}\n`))]) same("key_id", again.id, testCase.key_id);
    },

    "schemes.json"(testCase) {
      if (testCase.result === "invalid") return refused(testCase, SCHEME_FAILURES, () => parseScheme(testCase.text));
      const scheme = parseScheme(testCase.text);
      same("scheme", scheme.scheme, testCase.text);
      same("h", scheme.context_width, testCase.h);
      same("gamma", scheme.gamma, testCase.g === undefined ? null : testCase.g / 256);
      same("dual", scheme.dual, testCase.dual ?? false);
    },

    "key-files.json"(testCase) {
      const content = fromHex(testCase.content);
      if (testCase.result === "invalid") return refused(testCase, KEY_FAILURES, () => Key.parseFile(content));
      same("key_id", Key.parseFile(content).id, testCase.key_id);
      same("key", Key.parseFile(content).toText(), keyOf(testCase).toText());
    },

    "subkeys.json"(testCase) {
      // A label is a string here: bytes that are no UTF-8 cannot be given.
      if (testCase.label_bytes) return false;
      if (testCase.result === "invalid") return refused(testCase, { label: /1 to 255 bytes/ }, () => keyOf(testCase).subkey(testCase.label));
      const subkey = keyOf(testCase).subkey(testCase.label);
      same("key_id", subkey.id, testCase.key_id);
      same("subkey", subkey.toText(), Key.fromBytes(fromHex(testCase.subkey)).toText());
    },

    "fingerprint.json"(testCase) {
      if (!testCase.tokenizer_json) return false;
      const read = () => Tokenizer.fromJson(utf8(testCase.tokenizer_json), "toy");
      if (testCase.result === "invalid") return refused(testCase, { "two-strings": /is both/ }, read);
      same("fingerprint", read().fingerprint, testCase.fingerprint);
    },

    "registry.json"(testCase) {
      // A folder is the caller's affair: here its files are a page's, or Node's.
      if (testCase.files) return false;
      const parse = () => Profile.parse(testCase.profile ?? fromHex(testCase.profile_bytes));
      if (testCase.result === "invalid") return refused(testCase, PROFILE_FAILURES, parse);
      for (const profile of [parse(), Profile.parse(parse().toJson()), parse().clone()]) {
        const { name, scheme, key_id, key_file, subkey, tokenizer } = testCase.members;
        const found = [profile.name, profile.scheme, profile.keyId, profile.keyFile ?? null, profile.subkey ?? null];
        [name, scheme, key_id, key_file, subkey].forEach((expected, at) => same(`member ${at}`, found[at], expected));
        same("tokenizer's name", profile.tokenizer.name, tokenizer.name);
        same("fingerprint", profile.tokenizer.fingerprint, tokenizer.fingerprint);
        same("tokenizer's file", profile.tokenizerFile ?? null, tokenizer.file);
      }
    },

    // Of the texts that are given as ids: the normalised one of a text is made by the API itself.
    "evidence.json"(testCase) {
      if (testCase.normalised_ids) return false;
      const { asked, ids, alpha, searches: search } = testCase;
      const of = (entry) => {
        const key = Key.fromBytes(fromHex(entry.key));
        const { scheme } = entry;
        const profile = { greenmark: "profile/1", name: entry.profile, scheme, tokenizer: { name: "any", fingerprint: "0".repeat(16) }, key_id: key.id };
        return { key, profile: Profile.parse(JSON.stringify(profile)) };
      };
      const profiles = asked.filter(({ profile }) => profile !== null).map(of);
      const bare = asked.filter(({ profile }) => profile === null);
      const [keys, schemes] = ["key", "scheme"].map((member) => [...new Set(bare.map((entry) => entry[member]))]);
      // The API asks every key about every scheme, and profiles first.
      const order = [...asked.filter(({ profile }) => profile !== null), ...keys.flatMap((key) => schemes.map((scheme) => ({ profile: null, key, scheme })))];
      if (JSON.stringify(order.map(({ profile, key, scheme }) => [profile, key, scheme])) !== JSON.stringify(asked.map(({ profile, key, scheme }) => [profile, key, scheme]))) return false;
      const options = { profiles, keys: keys.map((key) => Key.fromBytes(fromHex(key))), ...(schemes.length > 0 && { scheme: schemes }), alpha, search };
      compare(new Detector(options).evidenceIds(ids, testCase.id), testCase.evidence, "evidence");
    },

    "field.json"(testCase) {
      const key = keyOf(testCase);
      for (const [g, colours] of Object.entries(testCase.colours)) {
        const scheme = `gm1:green,h=${testCase.h},gamma=${g}/256`;
        const detector = new Detector({ keys: [key], scheme });
        const found = testCase.ids.map((id) => detector.detectIds([...testCase.context, id]).shades.at(-1));
        same(`colours of ${g}`, marks(found, "-rRG"), colours);
        // What the detector calls green is what the embedder raises.
        const logits = new Float32Array(1 << 12);
        new Embedder(key, { scheme, delta: 1 }).bias(logits, testCase.context);
        testCase.ids.forEach((id, at) => id < logits.length && same(`bias of ${id}`, logits[id], colours[at] === "G" ? 1 : 0));
      }
    },

    "scores.json"(testCase) {
      const { evidence, shades } = look(testCase, testCase.scheme, testCase.ids);
      for (const member of ["tokens", "scored", "repeated", "green"]) same(member, evidence[member], testCase[member]);
      same("colours", marks(shades, "-rRG"), testCase.colours);
      for (const member of ["green_fraction", "z_score"]) tenDigits(member, evidence[member], testCase[member]);
      tenDigits("ln_p", evidence.unpaid_ln_p, testCase.ln_p);
    },

    "words.json"(testCase) {
      for (const [form, member] of [["", "scores"], [",dual", "scores_dual"]]) {
        const detector = new Detector({ keys: [keyOf(testCase)], scheme: `gm1:gumbel,h=${testCase.h}${form}` });
        testCase.ids.forEach((id, at) => {
          const { evidence, scores } = detector.detectIds([...testCase.context, id]);
          tenDigits(`${member} of ${id}`, scores.at(-1), testCase[member][at]);
          tenDigits(`score of ${id}`, evidence.score, testCase[member][at]);
        });
      }
    },

    "gumbel-scores.json"(testCase) {
      const { evidence, shades } = look(testCase, testCase.scheme, testCase.ids);
      for (const member of ["tokens", "scored", "repeated"]) same(member, evidence[member], testCase[member]);
      same("marks", marks(shades, "-rSS"), testCase.marks);
      for (const member of ["score", "z_score"]) tenDigits(member, evidence[member], testCase[member]);
      tenDigits("ln_p", evidence.unpaid_ln_p, testCase.ln_p);
    },

    "samples.json": samples,
    "samples-edges.json": samples,

    "search.json"(testCase) {
      if (!testCase.ids) return false;
      const { evidence } = look(testCase, testCase.scheme, testCase.ids, { alpha: testCase.alpha });
      for (const member of ["tokens", "scored", "repeated", "detected"]) same(member, evidence[member], testCase[member]);
      same("looks", evidence.looks, 1);
      nineDigits("score", evidence.score, testCase.score);
      nineDigits("ln_p", evidence.ln_p, testCase.ln_p);
      same("spans", evidence.spans.length, testCase.spans.length);
      testCase.spans.forEach((expected, at) => {
        const span = evidence.spans[at] ?? {};
        for (const member of ["start", "end", "scored"]) same(`${member} of span ${at}`, span[member], expected[member]);
        for (const member of ["score", "ln_p"]) nineDigits(`${member} of span ${at}`, span[member], expected[member]);
      });
    },

    async "stream.json"(testCase) {
      const ids = await givenIds(testCase);
      const stream = new StreamDetector({ keys: [keyOf(testCase)], scheme: testCase.scheme });
      let read = 0;
      testCase.after.forEach((after, row) => {
        const evidence = stream.pushIds(ids.subarray(read, after));
        read = after;
        same(`tokens after ${after}`, evidence.tokens, after);
        same(`scored after ${after}`, evidence.scored, testCase.scored[row]);
        for (const member of ["score", "ln_e", "ln_p"]) nineDigits(`${member} after ${after}`, evidence[member], testCase[member][row]);
      });
      same("read", read, ids.length);
    },

    async "weighted.json"(testCase) {
      if (testCase.counts) return false;
      const { evidence } = look(testCase, testCase.scheme, await givenIds(testCase));
      for (const member of ["scored", "repeated", "green"]) same(member, evidence[member], testCase[member]);
      tenDigits("ln_p", evidence.unpaid_ln_p, testCase.ln_p);
      // SPEC §7.5: p ≤ 2W. W itself is not told.
      same("ln_p ≤ ln 2W", evidence.ln_p <= testCase.ln_whole + Math.LN2 + 1e-9, true);
    },

    async "accumulated.json"(testCase) {
      if (testCase.family !== "green") return false;
      for (let i = greenLines.length; i < testCase.count; i += 1) {
        const r = await sha256(concat(utf8("greenmark/v1/vectors/case/"), le32(i)));
        const key = Key.fromBytes(await sha256(concat(utf8("greenmark/v1/vectors/key/"), le32(i))));
        const [h, g, n, bits] = [r[0] % 17, 1 + (r[1] % 255), 1 + (r[2] % 64), 1 + (r[3] % 32)];
        const ids = new Uint32Array(n);
        for (let j = 0; j < n; j += 1) {
          ids[j] = first32(await sha256(concat(utf8("greenmark/v1/vectors/token/"), le32(i), le32(j)))) % 2 ** bits;
        }
        const detector = new Detector({ keys: [key], scheme: `gm1:green,h=${h},gamma=${g}/256`, search: false });
        const { evidence, shades } = detector.detectIds(ids);
        const { key_id, scheme, tokens, scored, repeated, green } = evidence;
        greenLines.push([i, key_id, scheme, tokens, scored, repeated, green, marks(shades, "-rRG")].join(" "));
        [detector, key].forEach((object) => object.free());
      }
      testCase.lines?.forEach((expected, at) => same(`line ${at}`, greenLines[at], expected));
      same("sha256", toHex(await sha256(utf8(greenLines.slice(0, testCase.count).map((line) => `${line}\n`).join("")))), testCase.sha256);
    },

    // Bytes are tokens here. The normalised text is a second look if it is another text; and where that look is the better one, its p is twice what
    // the expected text has: the tail of a sum of real numbers that hang on every byte.
    "normalise.json"(testCase) {
      const tokenizer = Tokenizer.fromJson(bytesOf(bpe([])), "bytes");
      for (let byte = 0; byte < 64; byte += 1) {
        const key = Key.fromBytes(new Uint8Array(32).fill(byte));
        const options = { keys: [key], scheme: "gm1:gumbel,h=1", tokenizer, search: false };
        const { looks, normalised, ln_p } = new Detector(options).evidence(testCase.text);
        same("looks", looks, testCase.changed ? 2 : 1);
        if (!testCase.changed) return;
        if (!normalised || ln_p === 0) continue;
        const expected = new Detector({ ...options, normalise: false }).evidence(testCase.normalised);
        nineDigits("ln_p of the normalised text", ln_p - Math.LN2, expected.ln_p);
        results["normalise.json"].byContent += 1;
        return;
      }
    },
  };

  for (const [name, replayCase] of Object.entries(replays)) {
    if (!files[name]) continue;
    const { cases } = files[name];
    results[name] = { cases: cases.length, replayed: 0, ...(name === "normalise.json" && { byContent: 0 }) };
    for (const testCase of cases) {
      label = `${name}, case ${testCase.tcId}`;
      try {
        if ((await replayCase(testCase)) !== false) results[name].replayed += 1;
      } catch (error) {
        failures.push(`${label}: ${error}`);
      }
    }
  }
  return { results, failures };
}
