//! The choice of the next token against SPEC §8.2 over every token, whatever is given for probabilities.
//!
//! Input: a head of 20 bytes, then the text's ids, a byte each, then what the probabilities are made from.
//!
//! | byte | says |
//! |---|---|
//! | 0 | the key: 32 times this byte |
//! | 1 | the family, byte mod 3: gumbel, gumbel in the dual form, green |
//! | 2 | h = 1 + byte mod 16 |
//! | 3 | the mixing share, in 255ths |
//! | 4 | ids in the text |
//! | 5, 6 | how many probabilities: byte 5, and 256 more for each that byte 6 is above 244 |
//! | 7 | how they are made, see `weights` |
//! | 8 | the tokens of `choose_among`: order, how far they lie apart and where they begin, see `tokens` |
//! | 9 | above 191: what is wrong with them, see `spoil` |
//! | 10 | what their sum is off by, in 100,000ths, signed |
//! | 11 | seed of what is random |
//! | 12 to 19 | the uniform number: 53 bits of it, or if odd the bits of an `f64` |

#![no_main]

use greenmark::{ChoiceError, Embedder, Family, Field, Key, MixingShare, Scheme, SchemeParams, Seed, Subkey, TokenId};
use libfuzzer_sys::fuzz_target;

/// How far from 1 a sum may be.
const TOLERANCE: f64 = 1e-3;

fuzz_target!(|input: &[u8]| {
    let Some((&[key, family, h, share, text_len, few, many, shape, order, fault, off, random, ref uniform @ ..], rest)) =
        input.split_first_chunk::<20>()
    else {
        return;
    };
    let context_width = 1 + h % 16;
    let params = match family % 3 {
        2 => SchemeParams::Green { context_width, gamma_numerator: 64 },
        family => SchemeParams::Gumbel { context_width, dual: family == 1 },
    };
    let scheme = Scheme::new(params).expect("in range");
    let (text, rest) = rest.split_at(rest.len().min(text_len.into()));
    let text: Vec<TokenId> = text.iter().map(|&id| id.into()).collect();
    let mut random = Random(random.into());
    let n = usize::from(few) + 256 * usize::from(many.saturating_sub(244));
    let mut probabilities = weights(shape, rest, n, &mut random);
    spoil(&mut probabilities, fault, f32::from(off as i8) / 100_000.0, &mut random);
    let mut tokens = tokens(probabilities.len(), order, &mut random);
    match fault {
        255 => tokens.push(7),
        254 => drop(tokens.pop()),
        _ => {}
    }
    let uniform = u64::from_le_bytes(*uniform);
    let uniform = if uniform % 2 == 0 { (uniform >> 11) as f64 / (1u64 << 53) as f64 } else { f64::from_bits(uniform) };

    let key = Key::from_bytes([key; 32]);
    let share = f64::from(share) / 255.0;
    let embedder = Embedder::new(&key, scheme).mixing_share(MixingShare::new(share).expect("a probability"));
    assert_eq!(embedder.chooses(), scheme.gamma().is_none());
    let state = embedder.resume(&text);
    let means = means(&key, scheme, share, &text, uniform);

    let row: Vec<TokenId> = (0..).take(probabilities.len()).collect();
    let chosen = state.choose(&probabilities, uniform);
    // The key's row is summed in single precision, 64 numbers at a time: 63 roundings of 2^-24 each.
    let slack = if matches!(means, Means::Key(..)) { 4e-6 } else { 1e-12 };
    check(chosen, &means, &row, &probabilities, uniform, slack);
    let chosen = state.choose_among(&tokens, &probabilities, uniform);
    check(chosen, &means, &tokens, &probabilities, uniform, 1e-12);
});

/// What the next token is to be chosen with.
enum Means {
    Key(Seed, Subkey),
    Draw,
}

/// SPEC §8.2, steps 1 and 2.
fn means(key: &Key, scheme: Scheme, share: f64, text: &[TokenId], uniform: f64) -> Means {
    let Family::Gumbel { dual } = scheme.family() else { return Means::Draw };
    let h = scheme.context_width().get();
    let Some(from) = text.len().checked_sub(h) else { return Means::Draw };
    let context = &text[from..];
    if (h..text.len()).any(|i| text[i - h..i] == *context) {
        return Means::Draw;
    }
    let subkey = if dual && uniform < share { Subkey::Second } else { Subkey::First };
    Means::Key(Field::new(key, scheme.context_width()).seed(context), subkey)
}

/// Whether the choice, or the refusal, is the one that is due.
///
/// - `slack`: how far outside the tolerance a sum may be and still be taken for 1.
fn check(
    chosen: Result<TokenId, ChoiceError>,
    means: &Means,
    tokens: &[TokenId],
    probabilities: &[f32],
    uniform: f64,
    slack: f64,
) {
    let chosen = match chosen {
        Ok(chosen) => chosen,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            let expected = failure(tokens, probabilities, uniform, TOLERANCE - 1e-12);
            return assert!(expected.is_some_and(|expected| is_same(error, expected)), "{error:?}, not {expected:?}");
        }
    };
    let failure = failure(tokens, probabilities, uniform, TOLERANCE + slack);
    assert!(failure.is_none(), "token {chosen} chosen, not {failure:?}");
    match means {
        Means::Key(seed, subkey) => check_first(chosen, seed, *subkey, tokens, probabilities),
        Means::Draw => check_drawn(chosen, tokens, probabilities, uniform),
    }
}

/// SPEC §8.2, step 3, every token looked at.
fn check_first(chosen: TokenId, seed: &Seed, subkey: Subkey, tokens: &[TokenId], probabilities: &[f32]) {
    let ratio = |(&token, &probability): (&TokenId, &f32)| {
        // 33 bits, so exact.
        let u = (f64::from(seed.word(subkey, token)) + 0.5) / 4_294_967_296.0;
        (-u.ln() / f64::from(probability), token)
    };
    let ratios: Vec<_> = tokens.iter().zip(probabilities).filter(|(_, p)| **p > 0.0).map(ratio).collect();
    let least = |ratios: &mut dyn Iterator<Item = &(f64, TokenId)>| {
        ratios.copied().min_by(|(a, v), (b, w)| a.total_cmp(b).then(v.cmp(w)))
    };
    let (first, winner) = least(&mut ratios.iter()).expect("a token of probability above 0");
    let (second, _) = least(&mut ratios.iter().filter(|(_, token)| *token == chosen)).expect("one of these");
    // Where two ratios agree to all digits but the last, logarithms decide; where they are equal, the id does.
    let is_close = second > first && second <= first * (1.0 + 1e-14);
    assert!(chosen == winner || is_close, "{chosen} chosen at {second}, not {winner} at {first}");
}

/// That the running sum passes the random number, times the whole sum, at the token.
fn check_drawn(chosen: TokenId, tokens: &[TokenId], probabilities: &[f32], uniform: f64) {
    let target = uniform * sum(probabilities);
    let mut before = 0.0;
    let passes = tokens.iter().zip(probabilities).any(|(&token, &probability)| {
        let after = before + f64::from(probability);
        let passes = probability > 0.0 && before <= target + 1e-12 && target <= after + 1e-12;
        before = after;
        token == chosen && passes
    });
    assert!(passes, "{chosen} drawn at {target}");
}

/// Why nothing is to be chosen: in the order in which the checks are documented.
fn failure(tokens: &[TokenId], probabilities: &[f32], uniform: f64, tolerance: f64) -> Option<ChoiceError> {
    if !(0.0..1.0).contains(&uniform) {
        return Some(ChoiceError::Uniform { found: uniform });
    }
    if tokens.len() != probabilities.len() {
        return Some(ChoiceError::Lengths { tokens: tokens.len(), probabilities: probabilities.len() });
    }
    if let Some(index) = probabilities.iter().position(|&p| p.is_nan() || p.is_infinite() || p < 0.0) {
        return Some(ChoiceError::Probability { index, found: probabilities[index] });
    }
    let found = sum(probabilities);
    ((found - 1.0).abs() > tolerance).then_some(ChoiceError::Sum { found })
}

/// Whether two failures are one: NaN is NaN, and sums may have been taken in another order.
fn is_same(found: ChoiceError, expected: ChoiceError) -> bool {
    match (found, expected) {
        (ChoiceError::Uniform { found: a }, ChoiceError::Uniform { found: b }) => a.to_bits() == b.to_bits(),
        (ChoiceError::Probability { index: i, found: a }, ChoiceError::Probability { index: j, found: b }) => {
            i == j && a.to_bits() == b.to_bits()
        }
        (ChoiceError::Sum { found: a }, ChoiceError::Sum { found: b }) => (a - b).abs() <= 1e-12 * b,
        (found, expected) => found == expected,
    }
}

fn sum(probabilities: &[f32]) -> f64 {
    probabilities.iter().rev().map(|&p| f64::from(p)).sum()
}

/// Probabilities of several shapes: `[n]` but for the first and the second, which are as long as the bytes allow.
fn weights(shape: u8, bytes: &[u8], n: usize, random: &mut Random) -> Vec<f32> {
    let floats = bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
    match shape % 7 {
        // Any bits at all.
        0 => floats.collect(),
        1 => normalised(floats.map(|p| if p.is_finite() { p.abs() } else { 0.0 }).collect()),
        // Logits, again and again.
        2 => normalised(bytes.iter().cycle().take(n).map(|&byte| (-f32::from(byte) / 4.0).exp()).collect()),
        // Few among zeros: where, and the logit.
        3 => {
            let mut row = vec![0.0; n];
            for &[low, high, logit] in bytes.as_chunks().0 {
                if let Some(at) = usize::from(u16::from_le_bytes([low, high])).checked_rem(n) {
                    row[at] = (-f32::from(logit) / 4.0).exp();
                }
            }
            normalised(row)
        }
        // All alike but one, which may be so likely that the words of the others need not be made, or hardly.
        4 => {
            let mut row = vec![(-f32::from(bytes.first().copied().unwrap_or(0)) / 4.0).exp(); n];
            if let Some(likeliest) = row.get_mut(random.below(n.max(1))) {
                *likeliest = 1.0;
            }
            normalised(row)
        }
        5 => normalised((0..n).map(|_| random.fraction()).collect()),
        // From a few likely ones down to none at all.
        _ => normalised((0..n).map(|_| (-110.0 * random.fraction()).exp()).collect()),
    }
}

fn normalised(mut weights: Vec<f32>) -> Vec<f32> {
    let sum = sum(&weights);
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight = (f64::from(*weight) / sum) as f32);
    }
    weights
}

/// Makes the sum wrong by `off`, and one probability or two what none can be, or hardly.
fn spoil(probabilities: &mut [f32], fault: u8, off: f32, random: &mut Random) {
    if off != 0.0 {
        probabilities.iter_mut().for_each(|p| *p *= 1.0 + off);
    }
    let times = if fault > 191 { 1 + fault / 16 % 2 } else { 0 };
    for _ in 0..times {
        let at = random.below(probabilities.len().max(1));
        let Some(p) = probabilities.get_mut(at) else { return };
        *p = match fault % 16 {
            0 => f32::NAN,
            1 => -f32::NAN,
            2 => f32::INFINITY,
            3 => f32::NEG_INFINITY,
            4 => f32::MAX,
            5 => f32::MIN,
            6 => f32::from_bits(1),
            7 => -f32::from_bits(1),
            8 => f32::MIN_POSITIVE,
            9 => -*p,
            10 => 1.0,
            11 => 2.0,
            12 => 0.0,
            _ => -0.0,
        };
    }
}

/// `[n]` tokens, each once unless they lie 0 apart.
fn tokens(n: usize, order: u8, random: &mut Random) -> Vec<TokenId> {
    let apart = [0, 1, 2, 19, 20, 21, 40_009, random.next() as u32 | 1][usize::from(order / 4 % 8)];
    let begin = if order < 128 { u32::from(order / 32) } else { random.next() as u32 };
    let mut tokens: Vec<TokenId> = (0..n as u32).map(|i| i.wrapping_mul(apart).wrapping_add(begin)).collect();
    match order % 4 {
        0 => {}
        1 => tokens.reverse(),
        2 => tokens.rotate_left(n / 2),
        _ => (1..n).for_each(|i| tokens.swap(i, random.below(i + 1))),
    }
    tokens
}

/// A linear congruential generator: the input decides everything.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }

    /// In [0, 1).
    fn fraction(&mut self) -> f32 {
        (self.next() >> 7) as f32 / (1 << 24) as f32
    }
}
