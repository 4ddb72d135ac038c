// The page's parts that need no browser: `node --test wasm/tests/page-units.test.mjs`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { attack, prepare } from '../www/attack.js';
import { looksLikeLines, parseLine, splitLines } from '../www/json-lines.js';
import { band, lowerBound, series, thin } from '../www/series.js';
import { byteLength, invalidFrom } from '../www/utf8.js';
import { State } from '../www/state.js';
import { HEAD, errorRow, verdictRow } from '../www/csv.js';
import { brief, isThroughout, kind, level, oneIn, onceIn, readWith, report, words } from '../www/verdict.js';

const evidence = {
  id: '-',
  scheme: 'gm1:green,h=1,gamma=64/256',
  key_id: '71b43e72d4ba2e48',
  tokenizer: { name: 'demo', fingerprint: 'ca8610a49363a1be' },
  tokens: 220,
  scored: 212,
  repeated: 7,
  score: 123,
  mean_score: 123 / 212,
  green: 123,
  gamma: 0.25,
  green_fraction: 123 / 212,
  z_score: 11.1,
  ln_p: -51.7,
  p_value: Math.exp(-51.7),
  unpaid_ln_p: -52.4,
  profile: null,
  verdict: 'marked',
  looks: 1,
  normalised: false,
  alpha: 1e-6,
  detected: true,
  spans: [],
};
const span = { start: 40, end: 100, text_start: 200, text_end: 460, scored: 55, score: 33, green: 33, ln_p: -20, scheme: 'gm1:green,h=1,gamma=64/256' };
const unmarked = { ...evidence, score: 55, green: 55, unpaid_ln_p: -0.9, ln_p: Math.log(0.34), detected: false, verdict: 'no_mark_found' };
const short = { ...unmarked, verdict: 'too_short' };

test('chance in words, from the logarithm', () => {
  for (const [p, said] of [
    [1, 'in every text'],
    [0.9, 'in most texts'],
    [0.6, 'in 3 of 5 texts'],
    [0.4, 'in 2 of 5 texts'],
    [1 / 3, 'once in 3 texts'],
    [0.34, 'in 3 of 8 texts'],
    [0.12, 'once in 8 texts'],
    [0.1, 'once in 10 texts'],
    [0.05, 'once in 20 texts'],
    [1 / 1234, 'once in 1,200 texts'],
    [1 / 23_456, 'once in 23,000 texts'],
    [1 / 999_999, 'once in 990,000 texts'],
    [1e-6, 'once in 10^6 texts'],
    [2.8e-15, 'once in 10^14 texts'],
  ]) {
    assert.equal(onceIn(Math.log(p)), said);
  }
  assert.equal(Math.exp(-5000), 0, 'p underflows here');
  assert.equal(onceIn(-5000), 'once in 10^2171 texts');
  assert.equal(onceIn(-100_000), 'once in 10^43429 texts');
  assert.equal(onceIn(-0), 'in every text');
  assert.deepEqual([1e-2, 1e-6, 2.5e-10].map(level), ['1e-2', '1e-6', '2.5e-10']);
  assert.deepEqual([1e-2, 1e-6, 1e-9].map(oneIn), ['one in 100', 'one in a million', 'one in a billion']);
});

test('never more is said than p says', () => {
  for (let lnP = -0.6; lnP > -60; lnP -= 0.0137) {
    const said = /(?:once in|in (\d) of) ([\d,]+)(?:\^(\d+))? /.exec(onceIn(lnP));
    const times = (said[3] ? 10 ** said[3] : Number(said[2].replaceAll(',', ''))) / (said[1] ?? 1);
    assert.ok(times <= Math.exp(-lnP) * (1 + 1e-6), `${onceIn(lnP)} for p = ${Math.exp(lnP)}`);
    if (lnP > Math.log(0.1)) assert.ok(1 / times - Math.exp(lnP) < 0.06, `${onceIn(lnP)} is near p = ${Math.exp(lnP)}`);
  }
});

test('the verdict in words', () => {
  const marked = words(evidence);
  assert.equal(marked.word, 'Marked');
  assert.equal(
    marked.sentence,
    'A text that has nothing to do with this key would look like this once in 10^22 texts. 212 counted tokens; 58 % green where chance gives 25 %.',
  );
  assert.match(marked.caveat, /does not say who wrote it/);
  assert.equal(words({ ...evidence, spans: [span] }).word, 'Marked in one passage');
  assert.match(words({ ...evidence, spans: [span] }).sentence, /\. The passage: 55 counted tokens; 60 % green/);
  assert.equal(words({ ...evidence, spans: [{ ...span, scored: 210 }] }).word, 'Marked');
  assert.equal(words({ ...evidence, spans: [span, span] }).word, 'Marked in 2 passages');
  assert.match(words(evidence, { several: true }).sentence, /nothing to do with these keys/);

  const none = words(unmarked);
  assert.equal(none.word, 'No mark found');
  assert.match(none.sentence, /Chance alone gives something like this in 3 of 8 texts\.$/);
  assert.match(none.caveat, /does not say that a person wrote it/);
  assert.match(words({ ...unmarked, ln_p: Math.log(1e-4) }).sentence, /once in 10,000 texts, which is more often than the one in a million asked for/);
});

test('a mark of the normalised text is not explained with the counts of the raw text', () => {
  const raw = { ...evidence, normalised: true, score: 51, green: 51, unpaid_ln_p: -0.5, z_score: -0.27 };
  const found = { ...span, normalised: true, scored: 190, score: 110 };
  const text = 'It was th\u0435 best of times.';
  const why = / Found once the text was normalised: it holds letters that only look like others\./;
  for (const spans of [[], [found], [{ ...found, scored: 40, score: 30 }], [found, found]]) {
    const said = words({ ...raw, spans }, { text });
    assert.deepEqual([said.kind, said.word], ['marked', 'Marked'], 'however many tokens the text as it is has');
    assert.match(said.sentence, why);
    assert.doesNotMatch(said.sentence, /24 %|212/);
    assert.doesNotMatch(brief({ ...raw, spans }), /24 %/);
  }
  assert.match(words({ ...raw, spans: [] }, { text }).sentence, /^A text that has nothing to do with this key would look like this once in 10\^22 texts\. Found.*others\.$/);
  assert.match(words({ ...raw, spans: [found] }).sentence, /The passage so found: 190 counted tokens; 58 % green where chance gives 25 %\./);
  assert.match(words({ ...raw, spans: [found, found] }).sentence, /The 2 passages so found: 380 counted tokens; 58 % green/);
  const copied = report({ ...raw, spans: [found] }, { p: '3.5e-23', unpaidP: '0.6' });
  assert.match(copied, /^Marked\. A text that has nothing to do.* Found once the text was normalised/);
  assert.match(copied, /Whole text as it is, not normalised, this key alone, not paid for: p = 0\.6, z = −0\.27\./);
  assert.match(copied, /Passage 1: characters 201 to 460, once normalised, 190 counted/);
  // Of a text whose own ids hold the mark, a passage that was found normalised is not among those counted.
  assert.equal(kind({ ...evidence, spans: [{ ...span, scored: 120 }, { ...found, scored: 90 }] }), 'partly');
  assert.match(words({ ...unmarked, normalised: true }).sentence, /26 % green where chance gives 25 % in the text as it is\. Of the text normalised, chance alone gives/);
});

test('a text is accused of nothing that a word processor does', () => {
  const found = { ...evidence, normalised: true };
  const why = text => /normalised: (.*?)\./.exec(words(found, { text }).sentence)[1];
  assert.match(why('A zero\u200bwidth space.'), /invisible characters/);
  assert.match(why('A tag\u{e0041} character.'), /invisible characters/);
  assert.match(why('L\u043e\u043ek-alike.'), /only look like others/);
  for (const text of ['\ufeffA byte-order mark.', 'No\u00a0break, “smart” quotes…', 'Soft\u00adhyphens', 'Слово и word', 'plain']) {
    assert.match(why(text), /written in another form, as word processors do/, text);
  }
});

test('without a mark no more is said than was asked', () => {
  assert.equal(words(unmarked, { reach: 'profiles' }).word, 'No mark found');
  const chosen = words(unmarked, { reach: 'chosen' });
  assert.equal(chosen.word, 'No mark found with this tokenizer');
  assert.match(chosen.caveat, /^If another model wrote the text, this says nothing/);
  const demo = words(unmarked, { reach: 'demo' });
  assert.equal(demo.word, 'No mark of the demo found');
  assert.match(demo.caveat, /of no other/);
  assert.equal(words(unmarked, { reach: 'ids' }).word, 'No mark found');
  assert.match(words(evidence, { isPublic: true }).caveat, /proves nothing about who wrote the text/);
});

test('a text that is marked throughout has no one passage', () => {
  const whole = { ...evidence, spans: [{ ...span, scored: 210 }] };
  assert.ok(isThroughout(whole));
  assert.match(report(whole, { p: '3.5e-23', unpaidP: '1.7e-23' }), /Throughout: characters 201 to 460/);
  assert.ok(!isThroughout({ ...evidence, spans: [span] }));
  assert.ok(!isThroughout({ ...evidence, spans: [] }));
});

test('a result in words says which text it is about, and what it does not prove', () => {
  const said = report(evidence, { p: '3.5e-23', unpaidP: '1.7e-23', facts: [['Text', 'a.txt'], ['Checked', 'today']], read: 'Read with x.' });
  for (const part of ['Text: a.txt\nChecked: today\n', 'Read with x.', 'It is no signature', 'does not say that a person wrote']) assert.ok(said.includes(part), part);
});

test('a table for a spreadsheet holds every line, and no formula', () => {
  const table = [HEAD, verdictRow(1, { ...evidence, id: '=cmd("x")' }, '3.5e-23'), errorRow(2, 'b.pdf: a scan, "no" text')].join('');
  assert.deepEqual(table.trimEnd().split('\r\n').map(line => line.slice(0, 40)), [
    'line,name,verdict,p,ln_p,tokens,counted,',
    `1,"'=cmd(""x"")",marked,3.5e-23,-51.7,22`,
    '2,,,,,,,,,,,,"b.pdf: a scan, ""no"" text',
  ]);
});

test('a text can be too short', () => {
  const none = { ...short, scored: 0, score: 0 };
  assert.equal(kind(short), 'short');
  assert.equal(words(short).word, 'Too short to say');
  assert.match(words({ ...none, tokens: 1 }).sentence, /^One token has nothing/);
  assert.match(words({ ...none, tokens: 0 }).sentence, /no tokens/);
  assert.match(words({ ...short, scored: 10, score: 3 }).sentence, /^10 counted tokens; 30 % green where chance gives 25 %\. So few tokens could not reach one in a million even if all of them were green\.$/);
  assert.match(words({ ...short, scored: 4, score: 3, gamma: null }).sentence, /even if every one had the highest score\.$/);
});

test('the page says which tokenizer a text was read with', () => {
  const demo = { id: 'demo', name: 'demo', fingerprint: 'ca8610a49363a1be' };
  const other = { id: 'd21208e9d0e11339', name: 'tokenizer.json', fingerprint: 'd21208e9d0e11339' };
  assert.equal(readWith([demo]), 'Read with the tokenizer of the demo model in this page. A text of another model needs that model’s tokenizer.');
  assert.match(readWith([demo, other]), /^Read with the tokenizer of the demo model in this page and the tokenizer tokenizer\.json \(d21208e9d0e11339\)\. /);
});

test('a state asks each key once: under its profiles, or by what was chosen by hand', () => {
  const state = new State();
  const profile = { name: 'bot', scheme: 'gm1:gumbel,h=2', tokenizer: { name: 'smollm2', fingerprint: 'd21208e9d0e11339' }, keyId: 'aa', subkey: '2026', key: 'bb' };
  Object.assign(state, { keys: ['aa', 'bb', 'cc'].map(id => ({ id })), profiles: [profile], tokenizers: [{ id: 'demo', fingerprint: 'ca8610a49363a1be' }] });
  assert.deepEqual(state.bareKeys.map(({ id }) => id), ['cc'], 'neither the master key nor the sub-key');
  assert.match(state.config().missing, /^cannot say: the profile bot needs its tokenizer, smollm2 with the fingerprint d21208e9d0e11339$/);
  state.tokenizers.push({ id: 'd21208e9d0e11339', fingerprint: 'd21208e9d0e11339' });
  assert.deepEqual(state.config().profiles, [{ name: 'bot', key: 'bb', tokenizer: 'd21208e9d0e11339' }]);
  assert.equal(state.config().missing, 'cannot say: choose a tokenizer or a profile');
  assert.deepEqual(state.tokenizersAsked.map(({ id }) => id), ['d21208e9d0e11339']);
  state.tokenizer = 'demo';
  assert.deepEqual([state.config().missing, state.config().tokenizer, state.tokenizersAsked.length, state.reach], [null, 'demo', 2, 'chosen']);
  state.keys.pop();
  assert.deepEqual([state.config().keys, state.config().tokenizer, state.tokenizersAsked.length], [[], null, 1], 'without a key it is not asked about');
  assert.equal(state.reach, 'profiles');
  Object.assign(state, { profiles: [], keys: [{ id: 'cc' }] });
  assert.equal(state.reach, 'demo');
});

test('gumbel has no colours', () => {
  const gumbel = { ...evidence, gamma: null, green: null, green_fraction: null, score: 424 };
  assert.match(words(gumbel).sentence, / 212 counted tokens; mean score 2\.00 where chance gives 1\.$/);
  assert.equal(brief(gumbel), 'mean score 2.00');
});

test('the report names the places as people count', () => {
  const said = report({ ...evidence, spans: [span] }, { p: '3.5e-23', unpaidP: '1.7e-23' });
  assert.match(said, /Passage 1: characters 201 to 460, 55 counted tokens/);
  assert.match(said, /p = 3\.5e-23, level 1e-6; 1 look, all paid for/);
  assert.match(said, /key 71b43e72d4ba2e48, tokenizer demo \(ca8610a49363a1be\)/);
});

const TEXT = "Once upon a time, a girl's cat — old and grey — sat on the mat.\n\n  “So what?” said the well-known dog, and ran, ran, ran away.\n";
const STRENGTHS = [0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1];

test('an attack of strength 0 changes nothing', () => {
  for (const text of [TEXT, '', ' ', 'word', '…', 'a b']) {
    for (const seed of [1, 2, 3]) assert.equal(attack(prepare(text, seed), { replace: 0, delete: 0, shuffle: 0 }), text);
  }
});

test('an attack is its seed and strength', () => {
  const strengths = { replace: 0.4, delete: 0.2, shuffle: 0.3 };
  assert.equal(attack(prepare(TEXT, 5), strengths), attack(prepare(TEXT, 5), strengths));
  assert.notEqual(attack(prepare(TEXT, 5), strengths), attack(prepare(TEXT, 6), strengths));
});

test('a stronger attack touches the same words and more', () => {
  // Words that are all different show where each came from.
  const text = Array.from({ length: 60 }, (_, i) => `w${i}`).join(' ');
  for (const name of ['replace', 'shuffle', 'delete']) {
    const prepared = prepare(text, 9);
    let before = new Set();
    for (const strength of STRENGTHS) {
      const now = attack(prepared, { [name]: strength }).split(/\s+/);
      const touched = new Set(
        prepared.words.flatMap((word, i) => ((name === 'delete' ? !now.includes(word) : now[i] !== word) ? [i] : [])),
      );
      for (const i of before) assert.ok(touched.has(i), `${name} ${strength}: word ${i} was touched before`);
      before = touched;
    }
    assert.equal(before.size, 60, `${name} at full strength touches all`);
  }
});

test('a shuffled text has the same words, a replaced one the same gaps', () => {
  const prepared = prepare(TEXT, 3);
  const sorted = text => [...prepare(text, 0).words].sort();
  assert.deepEqual(sorted(attack(prepared, { shuffle: 1 })), sorted(TEXT));
  assert.deepEqual(prepare(attack(prepared, { replace: 1 }), 0).gaps, prepared.gaps);
  assert.equal(prepare(attack(prepared, { delete: 1 }), 0).words.length, 0);
});

test('the first invalid byte of UTF-8', () => {
  const bytes = (...values) => Uint8Array.from(values);
  for (const [input, at] of [
    [bytes(), 0],
    [bytes(0x61, 0xff), 1],
    [bytes(0x61, 0xc3), 1],
    [bytes(0xc0, 0x80), 0],
    [bytes(0xe2, 0x82, 0xac, 0xe2, 0x82), 3],
    [bytes(0xe0, 0x9f, 0x80), 0],
    [bytes(0xed, 0xa0, 0x80), 0],
    [bytes(0xf4, 0x90, 0x80, 0x80), 0],
    [bytes(0xf0, 0x9f, 0x98, 0x80, 0x80), 4],
  ]) {
    assert.equal(invalidFrom(input), at, `${input}`);
  }
  const valid = new TextEncoder().encode('a\u00e9€😀\ufeffz\u{10ffff}');
  assert.equal(invalidFrom(valid), valid.length);
});

test('where the finder and the decoder meet', () => {
  // Every string of three bytes from the edges of the table, after a character and before one.
  const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const isValid = bytes => {
    try {
      decoder.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  for (const a of edges) {
    for (const b of edges) {
      for (const c of edges) {
        const bytes = Uint8Array.of(0x61, a, b, c, 0x80, 0x7a);
        const at = invalidFrom(bytes);
        assert.equal(at === bytes.length, isValid(bytes), `${bytes}`);
        assert.ok(isValid(bytes.subarray(0, at)), `what is before byte ${at} of ${bytes} is valid`);
      }
    }
  }
});

test('bytes of a text are counted without making them', () => {
  for (const text of ['', 'abc', 'é€😀', TEXT]) assert.equal(byteLength(text), new TextEncoder().encode(text).length);
});

const stream = (bytes, size) =>
  new ReadableStream({
    start(controller) {
      for (let from = 0; from < bytes.length; from += size) controller.enqueue(bytes.slice(from, from + size));
      controller.close();
    },
  });

async function linesOf(text, size, max) {
  const lines = [];
  for await (const line of splitLines(stream(new TextEncoder().encode(text), size), max)) lines.push(line);
  return lines;
}

test('lines are the same however the file arrives', async () => {
  const text = '{"text":"é"}\n\n  \r\n{"text":"b","id":7}\r\n{"tokens":[1,2]}';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, 1000]) {
    const lines = await linesOf(text, size);
    assert.deepEqual(
      lines.map(line => line.number),
      [1, 4, 5],
    );
    assert.deepEqual(lines.map(parseLineOf), [
      { id: '1', text: 'é' },
      { id: '7', text: 'b' },
      { id: '5', ids: Uint32Array.of(1, 2) },
    ]);
    for (const { start, end, bytes: line } of lines) assert.deepEqual(bytes.slice(start, end), line);
  }
});

const parseLineOf = line => parseLine(line);

test('a line that is too long is not kept, and the next is read', async () => {
  const lines = await linesOf(`{"text":"${'x'.repeat(100)}"}\n{"text":"b"}\n`, 16, 50);
  assert.equal(lines[0].bytes, null);
  assert.throws(() => parseLine(lines[0], 10e6), /longer than 10 MB/);
  assert.deepEqual(parseLine(lines[1]), { id: '2', text: 'b' });
});

test('what is wrong with a line is said', () => {
  const refused = line => {
    const bytes = typeof line === 'string' ? new TextEncoder().encode(line) : line;
    try {
      parseLine({ number: 3, bytes });
    } catch (error) {
      return error.message;
    }
    return 'accepted';
  };
  assert.equal(refused('[1]'), 'not a JSON object');
  assert.equal(refused('{}'), 'neither `text` nor `tokens`');
  assert.equal(refused('{"text":null,"tokens":null}'), 'neither `text` nor `tokens`');
  assert.match(refused('{"text":'), /^not valid JSON: /);
  assert.match(refused('\ufeff{"text":""}'), /^begins with a byte-order mark/);
  assert.match(refused('{"text":1}'), /`text` must be a string/);
  assert.match(refused('{"tokens":[1,-1]}'), /`tokens` must be/);
  assert.match(refused('{"tokens":[4294967296]}'), /`tokens` must be/);
  assert.match(refused('{"id":1.5,"text":""}'), /`id` must be/);
  assert.match(refused('{"id":12345678901234567890,"text":""}'), /`id` is too large/);
  assert.equal(refused(Uint8Array.of(0x7b, 0xff)), 'not valid UTF-8 from byte 1 of the line on');
  assert.equal(refused('{"text":"", "other": 1}'), 'accepted');
});

test('JSON Lines are known by their first line', () => {
  assert.ok(looksLikeLines('\n{"text":"a"}\n{"text":"b"}'));
  assert.ok(looksLikeLines('{"tokens":[1]}'));
  for (const text of ['', 'text', '{', '{"a":1}', '["text"]']) assert.ok(!looksLikeLines(text), text);
});

test('the series counts what is counted', () => {
  const detection = { shades: Uint8Array.of(0, 3, 2, 1, 3), scores: Float64Array.of(0, 1, 0, 0, 1) };
  const { at, ahead, variance } = series(detection, { family: 'green', chance_score: 0.25 });
  assert.deepEqual([...at], [1, 2, 4]);
  assert.deepEqual([...ahead], [0.75, 0.5, 1.25]);
  assert.equal(variance, 0.1875);
  assert.equal(band(16, 0.25), 4);
  assert.equal(series(detection, { family: 'gumbel', chance_score: 1 }).variance, 1);
});

test('a thinned line keeps its ends and extremes', () => {
  const ahead = Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i / 300) * i);
  ahead[4321] = 1e6;
  const points = thin(ahead, 500);
  assert.ok(points.length <= 1002);
  assert.deepEqual(points[0], [0, 0]);
  assert.deepEqual(points.at(-1), [10_000, ahead[9999]]);
  assert.ok(points.some(([n, value]) => n === 4322 && value === 1e6));
  assert.ok(points.every(([n], i) => i === 0 || n > points[i - 1][0]));
  assert.deepEqual(thin(new Float64Array(), 500), [[0, 0]]);
});

test('lower bound', () => {
  assert.deepEqual([0, 1, 2, 5, 6].map(value => lowerBound([1, 1, 3, 5], value)), [0, 0, 2, 3, 4]);
});
