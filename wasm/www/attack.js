// Crude attacks on the words of a text: replace, delete, shuffle. No paraphrase.
//
// Every word has a fixed rank between 0 and 1 for each attack, drawn from a seed; a strength of s
// touches the words whose rank is below s. So the same strengths give the same text, and a greater
// one touches more words and no others.

const WORD = /[\p{L}\p{N}]+(?:['’\-][\p{L}\p{N}]+)*/gu;

const COMMON =
  'about after again also always another around away back because before better between both bring call change city come could country day different early even every example fact family far feel few find first follow form found friend give good great group hand head hear help high home idea important keep kind know large last later lead learn leave left letter life light line list little live long look made make many mean might money more morning most move much music must name near need never new next night number often old once only open order other over own paper part people place plan play point question quite read real reason right room same school second see set show side small social some sound start still story strong such sure table take talk tell thing think time together told toward turn under until voice walk want water way week well while white whole word work world write year young'.split(
    ' ',
  );

/** A stream of numbers in [0, 1) from a seed (mulberry32): for places in a text, not for secrets. */
export function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A text made ready to be attacked: its words, what stands between, and the ranks. */
export function prepare(text, seed) {
  const words = [];
  const gaps = [];
  let from = 0;
  for (const match of text.matchAll(WORD)) {
    gaps.push(text.slice(from, match.index));
    words.push(match[0]);
    from = match.index + match[0].length;
  }
  gaps.push(text.slice(from));
  const draw = numbers(seed);
  const pool = [...words, ...COMMON];
  const strangers = words.map(word => {
    // Another word than the one that stands there; the pool has enough of them.
    for (;;) {
      const other = pool[Math.floor(draw() * pool.length)];
      if (other !== word) return other;
    }
  });
  const replaceRanks = words.map(draw);
  const deleteRanks = words.map(draw);
  return { words, gaps, strangers, replaceRanks, deleteRanks, pairs: pair(words.length, draw) };
}

// A random matching of the places, each pair with a rank: shuffling more swaps further pairs, and
// no pair back.
function pair(n, draw) {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  const pairs = [];
  for (let i = 0; i + 1 < n; i += 2) pairs.push({ a: order[i], b: order[i + 1], rank: draw() });
  return pairs;
}

/**
 * The attacked text.
 *
 * - `strengths`: `{ replace, delete, shuffle }`, each from 0 (nothing) to 1 (everything).
 */
export function attack(prepared, strengths) {
  const { gaps, strangers, replaceRanks, deleteRanks, pairs } = prepared;
  const words = prepared.words.map((word, i) => (replaceRanks[i] < (strengths.replace ?? 0) ? strangers[i] : word));
  for (const { a, b, rank } of pairs) {
    if (rank < (strengths.shuffle ?? 0)) [words[a], words[b]] = [words[b], words[a]];
  }
  let out = '';
  words.forEach((word, i) => {
    // A deleted word takes the blanks before it along; punctuation stays.
    if (deleteRanks[i] < (strengths.delete ?? 0)) out += gaps[i].replace(/\s+$/u, '');
    else out += gaps[i] + word;
  });
  return out + gaps[gaps.length - 1];
}
