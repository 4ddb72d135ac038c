//! The token that the key draws from a distribution. SPEC §8.2 step 3.
//!
//! Every token has a clock whose word is the key's and whose rate is its probability; the first to
//! ring is taken. That is the Gumbel-max trick without its two logarithms. The tests hold the plain
//! form, `first_by_definition`, against the two here, which skip most words or most logarithms:
//!
//! - 1 − u ≤ −ln u, so a token can beat the ratio r found so far only if 1 − u < r·p: a
//!   multiplication and a comparison.
//! - 2^-33 ≤ 1 − u, so a token with p ≤ 2^-33 / r cannot beat it whatever its word, which need not
//!   be made.
//!
//! Both are conditions that a winner must meet, so the result is that of the definition over all
//! tokens.

use core::array;

use rand_chacha::rand_core::Rng;

use super::draw::{ChoiceError, check, is_one};
use crate::{
    field::{LANES, Seed, Subkey, field_words},
    mark::clock,
    token::TokenId,
};

/// Tokens tested at once in a row of words.
const GROUP: usize = 32;
/// Words made at once: 4 kB, which stay in the innermost cache until they are compared.
const CHUNK: usize = 1024;
/// 2^-33: no 1 − u is smaller.
const LEAST: f64 = 1.0 / 8_589_934_592.0;
/// Number of words in a row that cost as much as one by random access.
const JUMP: usize = 20;

/// The front runner.
#[derive(Debug, Clone, Copy)]
struct Leader {
    ratio: f64,
    token: TokenId,
}

impl Leader {
    const NONE: Self = Self { ratio: f64::INFINITY, token: TokenId::MAX };

    /// Does [`meet`](Self::meet), without the logarithm where 1 − u says that the token cannot win.
    fn meet_if_near(&mut self, token: TokenId, probability: f32, word: u32) {
        if (f64::from(!word) + 0.5) * (2.0 * LEAST) <= self.ratio * f64::from(probability) {
            self.meet(token, probability, word);
        }
    }

    /// Lets tokens in a row run, as far as they have a chance.
    fn meet_all(&mut self, start: TokenId, probabilities: &[f32], words: &[[u8; 4]]) {
        for ((&p, &word), token) in probabilities.iter().zip(words).zip(start..) {
            if p > 0.0 {
                self.meet_if_near(token, p, u32::from_le_bytes(word));
            }
        }
    }

    /// Lets a token of probability above 0 run. Among equals, the lowest id wins.
    fn meet(&mut self, token: TokenId, probability: f32, word: u32) {
        let ratio = clock(word) / f64::from(probability);
        if ratio < self.ratio || (ratio == self.ratio && token < self.token) {
            *self = Self { ratio, token };
        }
    }
}

/// Returns the first of tokens 0, 1, …: `probabilities` is `[V]`.
///
/// # Errors
/// [`ChoiceError`] if the probabilities aren't a distribution.
pub(crate) fn first_of_row(seed: &Seed, subkey: Subkey, probabilities: &[f32]) -> Result<TokenId, ChoiceError> {
    let mut words = seed.words(subkey);
    let mut bytes = [0; 4 * CHUNK];
    let mut leader = Leader::NONE;
    let mut sum = 0.0;
    let mut signs = 0;
    for (chunk, start) in probabilities.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
        let bytes = &mut bytes[..4 * chunk.len()];
        words.fill_bytes(bytes);
        let words = bytes.as_chunks().0;
        let (partial, bits) = sum_and_signs(chunk);
        sum += partial;
        signs |= bits;

        let (groups, rest) = chunk.as_chunks::<GROUP>();
        let (word_groups, word_rest) = words.as_chunks::<GROUP>();
        let starts = (start..).step_by(GROUP);
        for ((group, words), start) in groups.iter().zip(word_groups).zip(starts) {
            if any_is_near(group, words, leader.ratio) {
                leader.meet_all(start, group, words);
            }
        }
        leader.meet_all(start + (groups.len() * GROUP) as TokenId, rest, word_rest);
    }
    // A number that isn't a probability shows in the sum, or in its sign.
    if signs >> 31 == 1 || !is_one(sum) {
        check(probabilities)?;
    }
    Ok(leader.token)
}

/// Returns true if one of the tokens may beat `ratio`: never wrongly false. Without branches, so
/// that it becomes vectors.
fn any_is_near(probabilities: &[f32; GROUP], words: &[[u8; 4]; GROUP], ratio: f64) -> bool {
    // Half of 2^32 (1 − u), so that it fits a signed integer, which is what converts fast. The
    // margins are for the rounding of that conversion and of the product.
    let limit = (ratio * 2_147_483_648.0 * (1.0 + 1e-6)) as f32;
    let mut any = 0;
    for (&p, &word) in probabilities.iter().zip(words) {
        let half = (!u32::from_le_bytes(word) >> 1) as i32;
        any |= if half as f32 <= p * limit + 1.0 { u32::MAX } else { 0 };
    }
    any != 0
}

/// Returns the sum of a chunk, and all its bits or-ed together.
///
/// In many sums, since an addition waits for the one before it.
fn sum_and_signs(probabilities: &[f32]) -> (f64, u32) {
    let (groups, rest) = probabilities.as_chunks::<16>();
    let (mut sums, mut bits) = ([0.0; 16], [0; 16]);
    for group in groups {
        for ((sum, bits), &p) in sums.iter_mut().zip(&mut bits).zip(group) {
            *sum += p;
            *bits |= p.to_bits();
        }
    }
    let sum = sums.iter().chain(rest).map(|&part| f64::from(part)).sum();
    (sum, bits.iter().copied().chain(rest.iter().map(|p| p.to_bits())).fold(0, |all, bits| all | bits))
}

/// Returns the first of some tokens, `[n]` each, in any order.
///
/// # Errors
/// [`ChoiceError`] if the probabilities aren't a distribution.
pub(crate) fn first_of_few(
    seed: &Seed,
    subkey: Subkey,
    tokens: &[TokenId],
    probabilities: &[f32],
) -> Result<TokenId, ChoiceError> {
    check(probabilities)?;
    let greatest = tokens.iter().copied().max().unwrap_or_default() as usize;
    // Tokens that aren't ascending, or lie too far apart for a row, run one by one.
    if tokens.is_sorted_by(|a, b| a < b) && greatest / JUMP < tokens.len() {
        if tokens.len() == greatest + 1 {
            return first_of_row(seed, subkey, probabilities);
        }
        let mut row = vec![0.0; greatest + 1];
        for (&token, &probability) in tokens.iter().zip(probabilities) {
            row[token as usize] = probability;
        }
        return first_of_row(seed, subkey, &row);
    }

    let mut leader = Leader::NONE;
    // The likeliest first: it sets a ratio that spares most of the others their words.
    let likeliest = (0..tokens.len()).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let mut waiting = [0; LANES];
    let mut filled = 0;
    let seeds = [seed.to_bytes(); LANES];
    let run = |leader: &mut Leader, waiting: &[usize]| {
        // Lanes not taken do the last one's work again.
        let at: [usize; LANES] = array::from_fn(|lane| waiting[lane.min(waiting.len() - 1)]);
        let words = field_words(&seeds, subkey.stream(), &at.map(|at| tokens[at]));
        for (&at, word) in waiting.iter().zip(words) {
            leader.meet_if_near(tokens[at], probabilities[at], word);
        }
    };
    if let Some(at) = likeliest {
        run(&mut leader, &[at]);
    }
    for (at, &probability) in probabilities.iter().enumerate() {
        if probability > 0.0 && f64::from(probability) * leader.ratio >= LEAST {
            waiting[filled] = at;
            filled += 1;
            if filled == LANES {
                run(&mut leader, &waiting);
                filled = 0;
            }
        }
    }
    if filled > 0 {
        run(&mut leader, &waiting[..filled]);
    }
    Ok(leader.token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContextWidth, Field, Key};

    /// Returns the first of all tokens, each of them looked at: SPEC §8.2 step 3 as it is written.
    /// `None` if none has a chance.
    fn first_by_definition(seed: &Seed, subkey: Subkey, tokens: &[TokenId], probabilities: &[f32]) -> Option<TokenId> {
        let mut leader = Leader::NONE;
        for (&token, &probability) in tokens.iter().zip(probabilities) {
            if probability > 0.0 {
                leader.meet(token, probability, seed.word(subkey, token));
            }
        }
        (leader.ratio < f64::INFINITY).then_some(leader.token)
    }

    fn field() -> Field {
        Field::new(&Key::from_bytes([3; 32]), ContextWidth::new(1).expect("in range"))
    }

    /// Weights of several shapes, from all alike to a few far above the rest, with zeros.
    fn weights(n: usize, shape: u32) -> Vec<f32> {
        let mut state = shape.wrapping_mul(77) + 1;
        let mut weights: Vec<f32> = (0..n)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let x = (state >> 8) as f32 / (1 << 24) as f32;
                match shape % 4 {
                    0 => 1.0,
                    1 => (-30.0 * x).exp(),
                    2 if x < 0.7 => 0.0,
                    2 => x,
                    _ => (-100.0 * x * x).exp(),
                }
            })
            .collect();
        weights[0] += 1e-3;
        let sum: f32 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= sum);
        weights
    }

    #[test]
    fn spared_words_and_logarithms_change_nothing() {
        let field = field();
        for round in 0..300u32 {
            let n = [1, 2, 31, 32, 33, 700, 1023, 1024, 1025, 5000][round as usize % 10];
            let seed = field.seed(&[round]);
            let subkey = if round % 3 == 0 { Subkey::Second } else { Subkey::First };
            let row = weights(n, round / 10);
            let all: Vec<TokenId> = (0..n as u32).collect();
            let expected = first_by_definition(&seed, subkey, &all, &row);
            assert_eq!(first_of_row(&seed, subkey, &row).ok(), expected, "a row of {n}");
            assert_eq!(first_of_few(&seed, subkey, &all, &row).ok(), expected, "{n} tokens in a row");
            // Far apart, and in another order.
            let spread: Vec<TokenId> = all.iter().rev().map(|v| v * 40_009).collect();
            let expected = first_by_definition(&seed, subkey, &spread, &row);
            assert_eq!(first_of_few(&seed, subkey, &spread, &row).ok(), expected, "{n} tokens far apart");
        }
    }

    #[test]
    fn tokens_win_as_often_as_they_are_likely() {
        // 20,000 contexts; 5 standard errors.
        let field = field();
        let row = [0.5, 0.0, 0.25, 0.125, 0.0625, 0.0625];
        let mut wins = [0u32; 6];
        let n = 20_000;
        for context in 0..n {
            wins[first_of_row(&field.seed(&[context]), Subkey::First, &row).expect("a distribution") as usize] += 1;
        }
        for (&p, &won) in row.iter().zip(&wins) {
            let (p, n) = (f64::from(p), f64::from(n));
            assert!((f64::from(won) - n * p).abs() <= 5.0 * (n * p * (1.0 - p)).sqrt(), "{wins:?}");
        }
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let seed = field().seed(&[1]);
        for (row, error) in [
            (vec![], ChoiceError::Sum { found: 0.0 }),
            (vec![0.0; 3], ChoiceError::Sum { found: 0.0 }),
            (vec![0.25; 3], ChoiceError::Sum { found: 0.75 }),
            (vec![0.5; 3], ChoiceError::Sum { found: 1.5 }),
            (vec![0.75, -0.25, 0.5], ChoiceError::Probability { index: 1, found: -0.25 }),
            (vec![1.0, f32::INFINITY], ChoiceError::Probability { index: 1, found: f32::INFINITY }),
        ] {
            let tokens: Vec<TokenId> = (0..row.len() as u32).collect();
            assert_eq!(first_of_row(&seed, Subkey::First, &row), Err(error));
            assert_eq!(first_of_few(&seed, Subkey::First, &tokens, &row), Err(error));
            assert_eq!(crate::draw(&row, 0.5), Err(error));
        }
        let nan = [0.5, f32::NAN, 0.5];
        let refused = |result| matches!(result, Err(ChoiceError::Probability { index: 1, .. }));
        assert!(refused(first_of_row(&seed, Subkey::First, &nan)));
        assert!(refused(first_of_few(&seed, Subkey::First, &[0, 1, 2], &nan)));
    }
}
