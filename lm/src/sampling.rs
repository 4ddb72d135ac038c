//! Sampling: from logits to the distribution after temperature and filters, then a draw from it.

use greenmark::uniform_from;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::{LmError, TokenId};

/// Parameters of sampling, which [`Sampling::new`] checks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplingParams {
    /// Divisor of the logits, in [0.001, 1000]; or 0, which is greedy.
    pub temperature: f64,
    /// Number of most probable tokens to keep. 0 keeps all.
    pub top_k: usize,
    /// Total probability, in (0, 1], that the fewest tokens are kept to reach. 1 keeps all.
    pub top_p: f64,
    /// Least probability of a token to keep, as a fraction in [0, 1] of the most probable one's.
    /// 0 keeps all.
    pub min_p: f64,
}

impl Default for SamplingParams {
    /// Returns plain sampling: temperature 1 and no filter.
    fn default() -> Self {
        Self { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0 }
    }
}

/// Valid sampling parameters.
///
/// The order is fixed: temperature, then top-k, then top-p, then min-p. Top-p applies to the
/// renormalised distribution that top-k leaves, as in Hugging Face's processors and in llama.cpp.
/// Min-p compares with the most probable token, so renormalising does not affect it.
///
/// ```
/// use greenmark_lm::{Sampling, SamplingParams, Scratch, text_rng};
///
/// let sampling = Sampling::new(SamplingParams { temperature: 0.7, top_p: 0.95, ..Default::default() })?;
/// let mut scratch = Scratch::default();
/// let candidates = sampling.distribution(&[0.1, 3.0, -1.0], &mut scratch)?;
/// let token = Sampling::draw(candidates, &mut text_rng(7, 0));
/// assert!(token < 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling(SamplingParams);

/// The tokens that may be drawn, and their probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidates<'a> {
    /// `[n]`, in ascending order; at least one.
    pub tokens: &'a [TokenId],
    /// `[n]`, each in (0, 1]; they sum to 1, up to rounding.
    pub probabilities: &'a [f32],
}

/// Memory for one distribution, kept between tokens so that sampling allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    tokens: Vec<TokenId>,
    probabilities: Vec<f32>,
    ranked: Vec<Ranked>,
}

/// A token and the value by which a filter ranks it: its logit, or its weight.
#[derive(Debug, Clone, Copy)]
struct Ranked {
    token: TokenId,
    value: f32,
}

/// Returns the random numbers of one text: ChaCha8, seeded by the run's seed and the text's index.
///
/// Each text has its own stream, so it does not depend on the others in its batch.
#[must_use]
pub fn text_rng(seed: u64, index: u64) -> ChaCha8Rng {
    let mut key = *b"................greenmark-text/1";
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&index.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

impl Sampling {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`LmError::SamplingParameter`] naming the first one out of range.
    pub fn new(params: SamplingParams) -> Result<Self, LmError> {
        let SamplingParams { temperature, top_k: _, top_p, min_p } = params;
        // The lower bound keeps 1/temperature and its products finite in f32.
        let tempers = temperature == 0.0 || (0.001..=1000.0).contains(&temperature);
        let checks = [
            ("temperature", temperature, "0 or 0.001 to 1000", tempers),
            ("top_p", top_p, "above 0, at most 1", top_p > 0.0 && top_p <= 1.0),
            ("min_p", min_p, "0 to 1", (0.0..=1.0).contains(&min_p)),
        ];
        if let Some(&(name, value, expected, _)) = checks.iter().find(|(.., holds)| !holds) {
            return Err(LmError::SamplingParameter { name, value, expected });
        }
        Ok(Self(params))
    }

    /// Returns the rule that takes the most probable token, the lowest id among equals.
    #[must_use]
    pub fn greedy() -> Self {
        Self(SamplingParams { temperature: 0.0, ..SamplingParams::default() })
    }

    /// Returns the parameters given.
    #[must_use]
    pub fn params(&self) -> SamplingParams {
        self.0
    }

    /// Returns the tokens that may follow and their probabilities, after temperature and filters.
    ///
    /// The whole vocabulary is never sorted: top-k is a running selection, and top-p sorts only
    /// tokens whose probability is at least (1 − top_p)/V, as all the others together are not
    /// needed.
    ///
    /// - `logits`: `[V]`, raw. −∞ bars a token.
    /// - returns: at least one candidate, in ascending order of token, without tokens whose
    ///   probability underflows f32; greedy returns one. Among equal logits, every filter prefers
    ///   the lower id.
    ///
    /// # Errors
    /// [`LmError::BadLogit`] at the first NaN or +∞, [`LmError::NoCandidate`] if all are −∞.
    pub fn distribution<'s>(&self, logits: &[f32], scratch: &'s mut Scratch) -> Result<Candidates<'s>, LmError> {
        let (argmax, max) = maximum(logits)?;
        let SamplingParams { temperature, top_k, top_p, min_p } = self.0;
        let Scratch { tokens, probabilities, ranked } = scratch;
        tokens.clear();
        probabilities.clear();
        if temperature == 0.0 || top_k == 1 {
            tokens.push(argmax);
            probabilities.push(1.0);
            return Ok(Candidates { tokens, probabilities });
        }

        // A weight is relative to the largest, so in [0, 1].
        let inverse_temperature = (1.0 / temperature) as f32;
        let weight = |logit: f32| ((logit - max) * inverse_temperature).exp();
        let least = (min_p as f32).max(f32::MIN_POSITIVE);
        let mut keep = |token, weight| {
            if weight >= least {
                tokens.push(token);
                probabilities.push(weight);
            }
        };
        let filtered_by_k = top_k > 0 && top_k < logits.len();
        if filtered_by_k || top_p < 1.0 {
            ranked.clear();
            if filtered_by_k {
                keep_top_k(logits, top_k, ranked);
            } else {
                ranked.extend((0..).zip(logits).map(|(token, &value)| Ranked { token, value }));
            }
            ranked.iter_mut().for_each(|ranked| ranked.value = weight(ranked.value));
            if top_p < 1.0 {
                keep_top_p(ranked, top_p);
            }
            ranked.sort_unstable_by_key(|ranked| ranked.token);
            ranked.iter().for_each(|ranked| keep(ranked.token, ranked.value));
        } else {
            (0..).zip(logits).for_each(|(token, &logit)| keep(token, weight(logit)));
        }

        let scale = (1.0 / total(probabilities.iter().copied())) as f32;
        let mut kept = 0;
        for i in 0..tokens.len() {
            let probability = probabilities[i] * scale;
            // Scaling may underflow where the filter did not.
            if probability > 0.0 {
                (tokens[kept], probabilities[kept]) = (tokens[i], probability);
                kept += 1;
            }
        }
        tokens.truncate(kept);
        probabilities.truncate(kept);
        Ok(Candidates { tokens, probabilities })
    }

    /// Draws a token from a distribution by inverting its cumulative sum, with one 64-bit word of
    /// `rng`.
    ///
    /// # Panics
    /// If `candidates` is not a distribution; [`distribution`](Self::distribution) returns one.
    pub fn draw(candidates: Candidates<'_>, rng: &mut impl Rng) -> TokenId {
        let drawn = greenmark::draw(candidates.probabilities, uniform_from(rng.next_u64()));
        candidates.tokens[drawn.expect("the sampler's candidates are a distribution")]
    }
}

/// Sums in f64: a sum of 49,152 terms in f32 would lose four digits.
fn total(weights: impl Iterator<Item = f32>) -> f64 {
    weights.map(f64::from).sum()
}

/// Returns the largest logit and the lowest id that has it.
fn maximum(logits: &[f32]) -> Result<(TokenId, f32), LmError> {
    let mut max = f32::NEG_INFINITY;
    let mut argmax = None;
    for (token, &value) in (0..).zip(logits) {
        // One comparison in the usual case. It is false for NaN too, which is checked below.
        if value <= max {
            continue;
        }
        if value.is_nan() || value == f32::INFINITY {
            return Err(LmError::BadLogit { token, value });
        }
        (max, argmax) = (value, Some(token));
    }
    argmax.map(|token| (token, max)).ok_or(LmError::NoCandidate)
}

/// Orders the higher value first, the lower id among equals: a total order, so selection has one
/// answer.
fn rank(a: &Ranked, b: &Ranked) -> std::cmp::Ordering {
    b.value.total_cmp(&a.value).then(a.token.cmp(&b.token))
}

/// Collects the k largest logits, in no order.
///
/// `out` holds 2k at most. When it is full, the lower half is dropped, and the least logit kept is
/// the bar for later ones. A later logit equal to the bar would lose its tie on id, so the
/// comparison is strict.
fn keep_top_k(logits: &[f32], k: usize, out: &mut Vec<Ranked>) {
    let capacity = (2 * k).max(64);
    let mut bar = f32::NEG_INFINITY;
    for (token, &value) in (0..).zip(logits) {
        if value > bar {
            out.push(Ranked { token, value });
            if out.len() == capacity {
                bar = out.select_nth_unstable_by(k - 1, rank).1.value;
                out.truncate(k);
            }
        }
    }
    if out.len() > k {
        out.select_nth_unstable_by(k - 1, rank);
        out.truncate(k);
    }
}

/// Keeps the fewest tokens that reach `top_p` of the total weight, the heaviest first.
fn keep_top_p(weights: &mut Vec<Ranked>, top_p: f64) {
    let sum = total(weights.iter().map(|ranked| ranked.value));
    // All weights under this bar add up to less than (1 − top_p)·sum; half of it, against rounding.
    let bar = (0.5 * (1.0 - top_p) * sum / weights.len() as f64) as f32;
    weights.retain(|ranked| ranked.value >= bar);
    weights.sort_unstable_by(rank);
    let mut held = 0.0;
    let kept = weights.iter().position(|ranked| {
        held += f64::from(ranked.value);
        held >= top_p * sum
    });
    if let Some(last) = kept {
        weights.truncate(last + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling(params: SamplingParams) -> Sampling {
        Sampling::new(params).unwrap()
    }

    fn candidates(params: SamplingParams, logits: &[f32]) -> (Vec<TokenId>, Vec<f32>) {
        let mut scratch = Scratch::default();
        let Candidates { tokens, probabilities } = sampling(params).distribution(logits, &mut scratch).unwrap();
        (tokens.to_vec(), probabilities.to_vec())
    }

    fn tokens(params: SamplingParams, logits: &[f32]) -> Vec<TokenId> {
        candidates(params, logits).0
    }

    /// Normal-ish logits with many exact ties, from a fixed stream.
    fn logits(seed: u64, n: usize) -> Vec<f32> {
        let mut rng = text_rng(seed, 99);
        (0..n).map(|_| (0..8).map(|_| (rng.next_u32() >> 26) as f32 / 8.0).sum::<f32>() / 2.0).collect()
    }

    /// Returns the same filters with nothing clever: sort everything, cut, renormalise.
    fn naive(p: SamplingParams, logits: &[f32]) -> Vec<(TokenId, f64)> {
        let mut all: Vec<(TokenId, f64)> = (0..).zip(logits).map(|(t, &l)| (t, f64::from(l) / p.temperature)).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let max = all[0].1;
        for (_, w) in &mut all {
            *w = (*w - max).exp();
        }
        if p.top_k > 0 {
            all.truncate(p.top_k);
        }
        let sum: f64 = all.iter().map(|a| a.1).sum();
        let mut held = 0.0;
        let mut n = 0;
        while n < all.len() && held < p.top_p * sum {
            held += all[n].1;
            n += 1;
        }
        if p.top_p < 1.0 {
            all.truncate(n);
        }
        all.retain(|a| a.1 >= p.min_p.max(f64::from(f32::MIN_POSITIVE)));
        let sum: f64 = all.iter().map(|a| a.1).sum();
        all.iter_mut().for_each(|a| a.1 /= sum);
        all.sort_by_key(|a| a.0);
        all
    }

    #[test]
    fn agrees_with_a_full_sort() {
        for seed in 0..40 {
            let logits = logits(seed, 1000 + 37 * seed as usize);
            for temperature in [0.3, 1.0, 1.7] {
                for top_k in [0, 2, 40, 700, 5000] {
                    for top_p in [0.1, 0.9, 0.999, 1.0] {
                        for min_p in [0.0, 0.05] {
                            let p = SamplingParams { temperature, top_k, top_p, min_p };
                            let ((tokens, got), want) = (candidates(p, &logits), naive(p, &logits));
                            let ids: Vec<_> = want.iter().map(|w| w.0).collect();
                            assert_eq!(tokens, ids, "{p:?} seed {seed}");
                            for (g, w) in got.iter().zip(&want) {
                                assert!((f64::from(*g) / w.1 - 1.0).abs() < 2e-5, "{p:?} {g:?} {w:?}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn greedy_takes_the_lowest_id_among_equals() {
        assert_eq!(tokens(Sampling::greedy().params(), &[1.0, 5.0, 5.0, 2.0]), [1]);
    }

    #[test]
    fn filters_prefer_the_lower_id_among_equals() {
        let base = SamplingParams::default();
        assert_eq!(tokens(SamplingParams { top_k: 2, ..base }, &[0.0, 7.0, 7.0, 7.0]), [1, 2]);
        assert_eq!(tokens(SamplingParams { top_p: 0.5, ..base }, &[7.0; 4]), [0, 1]);
        assert_eq!(tokens(SamplingParams { top_k: 3, ..base }, &[1.0; 1000]), [0, 1, 2]);
    }

    #[test]
    fn barred_tokens_are_no_candidates() {
        let logits = [f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY, 0.0];
        for top_k in [0, 3] {
            assert_eq!(tokens(SamplingParams { top_k, ..Default::default() }, &logits), [1, 3]);
        }
    }

    #[test]
    fn extreme_logits_stay_finite() {
        let p = SamplingParams { temperature: 0.001, ..Default::default() };
        assert_eq!(candidates(p, &[f32::MAX, f32::MIN, 0.0]), (vec![0], vec![1.0]));
    }

    #[test]
    fn bad_logits_are_refused_where_they_stand() {
        let sampling = sampling(SamplingParams::default());
        let mut scratch = Scratch::default();
        for bad in [f32::NAN, f32::INFINITY] {
            let mut row = [1.0, 2.0, 0.0, -1.0];
            row[2] = bad;
            let error = sampling.distribution(&row, &mut scratch).unwrap_err();
            assert!(matches!(error, LmError::BadLogit { token: 2, .. }), "{error}");
        }
        let error = sampling.distribution(&[f32::NEG_INFINITY; 3], &mut scratch).unwrap_err();
        assert!(matches!(error, LmError::NoCandidate));
        assert!(matches!(sampling.distribution(&[], &mut scratch).unwrap_err(), LmError::NoCandidate));
    }

    #[test]
    fn parameters_out_of_range_are_named() {
        let base = SamplingParams::default();
        for (params, name) in [
            (SamplingParams { temperature: -1.0, ..base }, "temperature"),
            (SamplingParams { temperature: 1e-9, ..base }, "temperature"),
            (SamplingParams { temperature: f64::NAN, ..base }, "temperature"),
            (SamplingParams { top_p: 0.0, ..base }, "top_p"),
            (SamplingParams { top_p: 1.1, ..base }, "top_p"),
            (SamplingParams { min_p: f64::NAN, ..base }, "min_p"),
        ] {
            let message = Sampling::new(params).unwrap_err().to_string();
            assert!(message.starts_with(name), "{message}");
        }
    }

    #[test]
    fn draws_follow_the_distribution() {
        let logits: Vec<f32> = [0.5f32, 0.3, 0.15, 0.05].iter().map(|p| p.ln()).collect();
        let n = 100_000;
        let mut counts = [0u32; 4];
        let (mut rng, mut scratch) = (text_rng(1, 2), Scratch::default());
        let sampling = sampling(SamplingParams::default());
        for _ in 0..n {
            let candidates = sampling.distribution(&logits, &mut scratch).unwrap();
            counts[Sampling::draw(candidates, &mut rng) as usize] += 1;
        }
        for (count, p) in counts.iter().zip([0.5, 0.3, 0.15, 0.05]) {
            let se = (n as f64 * p * (1.0 - p)).sqrt();
            assert!((f64::from(*count) - n as f64 * p).abs() < 5.0 * se, "{counts:?}");
        }
    }

    #[test]
    fn every_text_has_its_own_numbers() {
        assert_eq!(text_rng(1, 2).next_u64(), text_rng(1, 2).next_u64());
        assert_ne!(text_rng(1, 2).next_u64(), text_rng(2, 1).next_u64());
        assert_ne!(text_rng(1, 2).next_u64(), text_rng(1, 3).next_u64());
    }
}
