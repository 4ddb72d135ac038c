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

/**
 * The verdict: a word, the sentence with its number, and the caveat that belongs to it.
 *
 * - `several`: whether more than one key was asked about.
 */
export function words(evidence, { several = false } = {}) {
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
        caveat: `It says that the text depends on ${which}. It does not say who wrote it, nor that nobody changed it.`,
      };
      if (evidence.normalised) return { ...found, word: 'Marked', sentence: `${normalisedReason(evidence)} ${nothingToDo}` };
      const where = spans === 1 ? 'in one passage' : `in ${spans} passages`;
      const sentence =
        answer === 'marked' || spans !== 1
          ? `${answer === 'marked' ? '' : 'Of the whole text: '}${counts(evidence)}.`
          : `The passage: ${spanCounts(evidence.spans[0])}.`;
      return { ...found, word: answer === 'marked' ? 'Marked' : `Marked ${where}`, sentence: `${sentence} ${nothingToDo}` };
    }
    default:
      return {
        kind: answer,
        word: 'No mark found',
        sentence: `${sentenceCase(counts(evidence))}${
          evidence.normalised ? ' in the text as it is. Of the text normalised, chance' : '. Chance'
        } alone gives something like this ${chance}${
          evidence.ln_p < Math.log(0.01) ? `, which is more often than the ${oneIn(evidence.alpha)} asked for` : ''
        }.`,
        caveat:
          'It does not say that a person wrote it: other keys, schemes and tokenizers, short, paraphrased or translated texts look the same.',
      };
  }
}

function shortReason({ tokens, scored, score, gamma, alpha }) {
  if (tokens === 0) return 'There are no tokens.';
  if (scored === 0) return `${tokens === 1 ? 'One token has' : `${tokens} tokens have`} nothing to be counted: each needs others before it.`;
  const best = gamma === null ? 'every one had the highest score' : 'all of them were green';
  return `${sentenceCase(counts({ scored, score, gamma }))}. So few tokens could not reach ${oneIn(alpha)} even if ${best}.`;
}

function normalisedReason(evidence) {
  const spans = passages(evidence);
  const why = 'Found once the text was normalised: it holds invisible characters, or letters that only look like others.';
  if (spans.length === 0) return why;
  return `${why} The ${spans.length === 1 ? 'passage' : `${spans.length} passages`} so found: ${counts(sumOf(spans))}.`;
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

/** The whole result as text, to be pasted somewhere. */
export function report(evidence, { p, unpaidP, ...how }) {
  const said = words(evidence, how);
  const lines = [
    `${said.word}. ${said.sentence}`,
    said.caveat,
    '',
    `Everything looked at: p = ${p}, level ${level(evidence.alpha)}; ${evidence.looks} look${evidence.looks === 1 ? '' : 's'}, all paid for.`,
    `Whole text${isNormalised(evidence) ? ' as it is, not normalised' : ''}, this key alone, not paid for: p = ${unpaidP}${evidence.z_score === null ? '' : `, z = ${fixed(evidence.z_score, 2)}`}.`,
    `${evidence.tokens} tokens${isNormalised(evidence) ? ' of the text as it is' : ''}: ${evidence.scored} counted, ${evidence.repeated} repeated.`,
    ...evidence.spans.map((span, i) => `Passage ${i + 1}: ${place(span)}${span.normalised ? ', once normalised' : ''}, ${spanCounts(span)}.`),
    ...(evidence.spans.length > 0 ? ['A text that is marked in part can show a passage in unmarked words too, with a chance of up to 1 in 20 a text.'] : []),
    ...(evidence.profile === null ? [] : [`Profile ${evidence.profile}.`]),
    `Scheme ${evidence.scheme}, key ${evidence.key_id}${
      evidence.tokenizer ? `, tokenizer ${evidence.tokenizer.name} (${evidence.tokenizer.fingerprint})` : ', token ids as given'
    }.`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Where a passage stands: characters from 1, both ends included, as people count. */
export function place(span) {
  return span.text_start === null
    ? `tokens ${span.start + 1} to ${span.end}`
    : `characters ${(span.text_start + 1).toLocaleString('en-GB')} to ${span.text_end.toLocaleString('en-GB')}`;
}
