// A detector's evidence (SPEC §10) in plain words.

const MARKED_WHOLE = 0.8;

/**
 * How often chance gives as much: "in 2 of 5 texts", "once in 23,000 texts", "once in 10^14 texts".
 * From the logarithm of p, since p itself underflows; rounded so that it never says rarer than p.
 */
export function onceIn(lnP) {
  if (!(lnP < 0)) return 'in every text';
  if (lnP > Math.log(0.6)) return 'in most texts';
  const exponent = Math.floor(-lnP / Math.LN10 + 1e-9);
  if (exponent >= 6) return `once in 10^${exponent} texts`;
  const times = Math.exp(-lnP);
  if (times < 10) return fraction(1 / times);
  const unit = 10 ** (Math.floor(Math.log10(times)) - 1);
  return `once in ${(Math.floor(times / unit + 1e-9) * unit).toLocaleString('en-GB')} texts`;
}

/** The least fraction with a small denominator that is not below `p`. */
function fraction(p) {
  let [best, of] = [1, 1];
  for (let texts = 2; texts <= 10; texts++) {
    const n = Math.ceil(p * texts - 1e-9);
    if (n / texts < best / of) [best, of] = [n, texts];
  }
  return best === 1 ? `once in ${of} texts` : `in ${best} of ${of} texts`;
}

/** Alpha as a share of texts: "one in a million". */
export function oneIn(alpha) {
  const n = Math.round(1 / alpha);
  const names = { 1000000: 'a million', 1000000000: 'a billion', 10000: '10,000', 100: '100' };
  return `one in ${names[n] ?? n.toLocaleString('en-GB')}`;
}

/** Alpha in figures: "1e-6". */
export const level = alpha => alpha.toExponential().replace(/\.?0*e/, 'e');

/** A number with so many decimals, and the minus that the plots have. */
export const fixed = (value, decimals) => value.toFixed(decimals).replace('-', '−');

const percent = share => `${(100 * share).toFixed(Math.abs(share) < 0.0995 ? 1 : 0)} %`;

/** "212 counted tokens; 58 % green where chance gives 25 %", of anything that has counts. */
export function counts({ scored, score, gamma }) {
  const tokens = `${scored.toLocaleString('en-GB')} counted token${scored === 1 ? '' : 's'}`;
  if (scored === 0) return 'no counted tokens';
  if (gamma !== null) return `${tokens}; ${percent(score / scored)} green where chance gives ${percent(gamma)}`;
  return `${tokens}; mean score ${(score / scored).toFixed(2)} where chance gives 1`;
}

/** The green fraction by chance of a green scheme, null of a gumbel scheme. */
export function gammaOf(scheme) {
  const match = /gamma=(\d+)\/256/.exec(scheme);
  return match ? Number(match[1]) / 256 : null;
}

/** `counts` of a passage. */
export const spanCounts = span => counts({ ...span, gamma: gammaOf(span.scheme) });

/** Whether a mark was found in the normalised text: the counts of the evidence are the raw text's (SPEC §10), and no reason for it. */
const isNormalised = evidence => evidence.detected && evidence.normalised;

/** The passages found in the version of the text that the verdict is about. */
const passages = ({ normalised, spans }) => spans.filter(span => Boolean(span.normalised) === normalised);

/** `counts` of several passages together. */
function sumOf(spans) {
  const sum = name => spans.reduce((total, span) => total + span[name], 0);
  return { scored: sum('scored'), score: sum('score'), gamma: gammaOf(spans[0].scheme) };
}

/** Whether one passage is the whole of a text, or nearly. */
export const isThroughout = evidence => evidence.spans.length === 1 && kind(evidence) === 'marked' && !isNormalised(evidence);

/** Which of the answers it is: the evidence's verdict, with `partly` for a passage of a longer text. */
export function kind(evidence) {
  if (evidence.verdict === 'too_short') return 'short';
  if (evidence.verdict === 'no_mark_found') return 'unmarked';
  // How long the normalised text is, evidence does not say, and so not how much of it a passage is.
  if (isNormalised(evidence)) return 'marked';
  const inSpans = passages(evidence).reduce((sum, span) => sum + span.scored, 0);
  return evidence.spans.length === 0 || inSpans >= MARKED_WHOLE * evidence.scored ? 'marked' : 'partly';
}

/** Says which tokenizers a text was read with, given those. */
export function readWith(tokenizers) {
  const names = tokenizers.map(({ id, name, fingerprint }) => (id === 'demo' ? 'the tokenizer of the demo model in this page' : `the tokenizer ${name} (${fingerprint})`));
  const listed = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names[0];
  return `Read with ${listed}. A text of another model needs that model’s tokenizer.`;
}

/** The verdicts without a mark, and what each leaves open: they speak of no more than was asked. */
const UNMARKED = {
  profiles: {
    word: 'No mark found',
    caveat: 'It does not say that a person wrote it: other models, other keys, and short, paraphrased or translated texts look the same.',
  },
  chosen: {
    word: 'No mark found with this tokenizer',
    caveat:
      'If another model wrote the text, this says nothing: only the tokenizer and the scheme of the model that wrote a text show its mark. Nor does it say that a person wrote it.',
  },
  demo: {
    word: 'No mark of the demo found',
    caveat:
      'This speaks of texts of the small model in this page, and of no other. A text of another model is checked with that model’s key and tokenizer, or its profile.',
  },
  ids: {
    word: 'No mark found',
    caveat: 'It does not say that a person wrote it: other models, other keys and other schemes look the same.',
  },
};

/**
 * The verdict: a word, the sentence with its number, and the caveat that belongs to it.
 *
 * - `several`: whether more than one key was asked about.
 * - `reach`: what a text without a mark can be said of: `profiles`, a tokenizer that was `chosen` by hand, the `demo`, or `ids`.
 * - `isPublic`: whether the key that hit is the public demonstration key.
 * - `text`: the text, if there is one.
 */
export function words(evidence, { several = false, reach = 'profiles', isPublic = false, text = '' } = {}) {
  const which = several ? 'one of these keys' : 'this key';
  const none = several ? 'these keys' : 'this key';
  const chance = onceIn(evidence.ln_p);
  const spans = evidence.spans.length;
  const answer = kind(evidence);
  switch (answer) {
    case 'short':
      return {
        kind: answer,
        word: 'Too short to say',
        sentence: shortReason(evidence),
        caveat: 'So little text says nothing for a mark, and nothing against one.',
      };
    case 'marked':
    case 'partly': {
      const nothingToDo = `A text that has nothing to do with ${none} would look like this ${chance}.`;
      const found = {
        kind: answer,
        caveat: isPublic
          ? 'The key is the public demonstration key. Everybody has it, so this proves nothing about who wrote the text.'
          : `It says that the text depends on ${which}. It does not say who wrote it, nor that nobody changed it.`,
      };
      if (evidence.normalised) return { ...found, word: 'Marked', sentence: `${nothingToDo} ${normalisedReason(evidence, text)}` };
      const where = spans === 1 ? 'in one passage' : `in ${spans} passages`;
      const sentence =
        answer === 'marked' || spans !== 1
          ? `${answer === 'marked' ? '' : 'Of the whole text: '}${counts(evidence)}.`
          : `The passage: ${spanCounts(evidence.spans[0])}.`;
      return { ...found, word: answer === 'marked' ? 'Marked' : `Marked ${where}`, sentence: `${nothingToDo} ${sentence}` };
    }
    default:
      return {
        kind: answer,
        ...UNMARKED[reach],
        sentence: `${sentenceCase(counts(evidence))}${
          evidence.normalised ? ' in the text as it is. Of the text normalised, chance' : '. Chance'
        } alone gives something like this ${chance}${
          evidence.ln_p < Math.log(0.01) ? `, which is more often than the ${oneIn(evidence.alpha)} asked for` : ''
        }.`,
      };
  }
}

function shortReason({ tokens, scored, score, gamma, alpha }) {
  if (tokens === 0) return 'There are no tokens.';
  if (scored === 0) return `${tokens === 1 ? 'One token has' : `${tokens} tokens have`} nothing to be counted: each needs others before it.`;
  const best = gamma === null ? 'every one had the highest score' : 'all of them were green';
  return `${sentenceCase(counts({ scored, score, gamma }))}. So few tokens could not reach ${oneIn(alpha)} even if ${best}.`;
}

function normalisedReason(evidence, text) {
  const spans = passages(evidence);
  const why = `Found once the text was normalised: ${disguise(text)}.`;
  if (spans.length === 0) return why;
  return `${why} The ${spans.length === 1 ? 'passage' : `${spans.length} passages`} so found: ${counts(sumOf(spans))}.`;
}

/** What of a text the normalised text has not. A word processor changes spaces and quotation marks, which is no disguise. */
function disguise(text) {
  // A byte-order mark is how some programs begin a file, and soft hyphens are a typesetter's.
  if (/[\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\u{e0000}-\u{e0fff}]|(?!^)\ufeff/u.test(text)) return 'it holds invisible characters';
  if (/\p{Script=Latin}[\p{Script=Cyrillic}\p{Script=Greek}]|[\p{Script=Cyrillic}\p{Script=Greek}]\p{Script=Latin}/u.test(text)) return 'it holds letters that only look like others';
  return 'some of its characters were written in another form, as word processors do';
}

const sentenceCase = text => text[0].toUpperCase() + text.slice(1);

/** One line for a table. */
export function brief(evidence) {
  const spans = passages(evidence);
  if (isNormalised(evidence) && spans.length === 0) return 'once normalised';
  const { scored, score, gamma } = isNormalised(evidence) ? sumOf(spans) : evidence;
  if (scored === 0) return 'nothing counted';
  const mean = score / scored;
  return gamma !== null ? `${percent(mean)} green` : `mean score ${mean.toFixed(2)}`;
}

/** What a verdict does not prove, for a result that is read without the page. */
const NOT_PROVEN = [
  'Marked says that a text depends on a key. It is no signature: it does not say who wrote the text, nor that nobody changed it. Whoever has the key, or has learnt enough from marked text, can forge the mark.',
  'No mark found does not say that a person wrote the text. Other models, other keys, and paraphrased or translated texts look the same.',
];

/**
 * The whole result as text, to be pasted somewhere.
 *
 * - `facts`: rows of name and value that say which text was checked, and when.
 */
export function report(evidence, { p, unpaidP, facts = [], read = '', ...how }) {
  const said = words(evidence, how);
  const whole = isThroughout(evidence);
  const lines = [
    `${said.word}. ${said.sentence}`,
    said.caveat,
    ...(read === '' ? [] : [read]),
    '',
    ...facts.map(([name, value]) => `${name}: ${value}`),
    `Everything looked at: p = ${p}, level ${level(evidence.alpha)}; ${evidence.looks} look${evidence.looks === 1 ? '' : 's'}, all paid for.`,
    `Whole text${isNormalised(evidence) ? ' as it is, not normalised' : ''}, this key alone, not paid for: p = ${unpaidP}${evidence.z_score === null ? '' : `, z = ${fixed(evidence.z_score, 2)}`}.`,
    `${evidence.tokens} tokens${isNormalised(evidence) ? ' of the text as it is' : ''}: ${evidence.scored} counted, ${evidence.repeated} repeated.`,
    ...evidence.spans.map((span, i) => `${whole ? 'Throughout' : `Passage ${i + 1}`}: ${place(span)}${span.normalised ? ', once normalised' : ''}, ${spanCounts(span)}.`),
    ...(evidence.spans.length > 0 && !whole ? [IN_PART] : []),
    ...(evidence.profile === null ? [] : [`Profile ${evidence.profile}.`]),
    `Scheme ${evidence.scheme}, key ${evidence.key_id}${
      evidence.tokenizer ? `, tokenizer ${evidence.tokenizer.name} (${evidence.tokenizer.fingerprint})` : ', token ids as given'
    }.`,
    '',
    ...NOT_PROVEN,
  ];
  return `${lines.join('\n')}\n`;
}

export const IN_PART = 'A text that is marked in part can show a passage in unmarked words too, with a chance of up to 1 in 20 a text.';

/** Where a passage stands: characters from 1, both ends included, as people count. */
export function place(span) {
  return span.text_start === null
    ? `tokens ${span.start + 1} to ${span.end}`
    : `characters ${(span.text_start + 1).toLocaleString('en-GB')} to ${span.text_end.toLocaleString('en-GB')}`;
}
