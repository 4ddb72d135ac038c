//! Power of a detector: the share of texts found, by length.

use anyhow::{Result, anyhow};
use greenmark::{
    Family,
    stats::{ln_binomial_sf, ln_gamma_sf},
};
use rand_chacha::rand_core::Rng;

use crate::operating::recording::unit;

/// The least score at which the exact test has p ≤ α, by the number of scored positions T.
#[derive(Debug, Clone)]
pub struct Critical(Vec<f64>);

impl Critical {
    /// For T = 0 … `longest`, p ≤ `alpha`, `alpha` in (0, 1).
    ///
    /// # Errors
    /// Numbers that the tails refuse.
    pub fn new(family: Family, alpha: f64, longest: usize) -> Result<Self> {
        let ln_alpha = alpha.ln();
        let mut least = vec![f64::INFINITY];
        match family {
            Family::Green { gamma } => {
                let share = f64::from(gamma.numerator()) / 256.0;
                // One position more moves it by 0 or 1.
                let mut greens = 0;
                for scored in 1..=longest as u64 {
                    while greens <= scored && ln_binomial_sf(greens, scored, share)? > ln_alpha {
                        greens += 1;
                    }
                    least.push(if greens <= scored { greens as f64 } else { f64::INFINITY });
                }
            }
            Family::Gumbel { .. } => {
                for scored in 1..=longest as u64 {
                    let (mut low, mut high) = (0.0, 2.0 * scored as f64 + 100.0 - 2.0 * ln_alpha);
                    if ln_gamma_sf(high, scored)? > ln_alpha {
                        return Err(anyhow!("alpha = {alpha} is beyond the search at {scored} positions"));
                    }
                    while high - low > 1e-9 * high {
                        let middle = 0.5 * (low + high);
                        if ln_gamma_sf(middle, scored)? > ln_alpha { low = middle } else { high = middle }
                    }
                    least.push(high);
                }
            }
        }
        Ok(Self(least))
    }

    /// Returns true if p ≤ α for this score of `scored` positions.
    pub fn is_reached(&self, score: f64, scored: usize) -> bool {
        score >= self.0[scored]
    }
}

/// Number of trials (keys, or simulated keys) that found one text, by length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// `[n]`: of the first 1, 2, … n tokens.
    pub found: Vec<u32>,
    /// Trials.
    pub trials: u32,
}

impl Curve {
    /// No trial yet, up to `length` tokens.
    pub fn new(length: usize) -> Self {
        Self { found: vec![0; length], trials: 0 }
    }
}

/// The least length from which on the rate is at least `share`; `None` if it is below at the
/// greatest length.
///
/// - `rates`: `[n]`, of texts of 1, 2, … n tokens.
pub fn least_length(rates: impl DoubleEndedIterator<Item = f64> + ExactSizeIterator, share: f64) -> Option<usize> {
    let longest = rates.len();
    // From the back: what counts is the last length that falls short.
    let enough = rates.rev().take_while(|&rate| rate >= share).count();
    (enough > 0).then(|| longest - enough + 1)
}

/// [`least_length`] of texts with equal weight and equally many trials.
///
/// # Panics
/// If the curves are of different lengths.
pub fn tokens_needed<'c>(curves: impl IntoIterator<Item = &'c Curve>, share: f64) -> Option<usize> {
    let (found, trials) = total(curves);
    least_length(found.iter().map(|&found| found as f64 / trials as f64), share)
}

fn total<'c>(curves: impl IntoIterator<Item = &'c Curve>) -> (Vec<u64>, u64) {
    let mut curves = curves.into_iter();
    let Some(first) = curves.next() else { return (Vec::new(), 0) };
    let mut sum: Vec<u64> = first.found.iter().map(|&found| u64::from(found)).collect();
    let mut trials = u64::from(first.trials);
    for curve in curves {
        assert_eq!(curve.found.len(), sum.len(), "curves of one length");
        trials += u64::from(curve.trials);
        sum.iter_mut().zip(&curve.found).for_each(|(sum, &found)| *sum += u64::from(found));
    }
    (sum, trials)
}

/// Tokens needed for each share with the 95 % interval of a bootstrap over texts (percentiles).
/// `None`: more than there are.
///
/// Resamples texts, not trials, because texts differ more than keys do. For shares so near 1 that a
/// text or two decide, the interval says little: a bootstrap knows no text but those it has.
pub fn needed_with_interval(curves: &[Curve], shares: &[f64], resamples: usize, rng: &mut impl Rng) -> Vec<Needed> {
    let mut drawn: Vec<Vec<usize>> = vec![Vec::new(); shares.len()];
    for _ in 0..resamples {
        let sample = (0..curves.len()).map(|_| &curves[(unit(rng) * curves.len() as f64) as usize]);
        let (found, trials) = total(sample);
        for (drawn, &share) in drawn.iter_mut().zip(shares) {
            let rates = found.iter().map(|&found| found as f64 / trials as f64);
            drawn.push(least_length(rates, share).unwrap_or(usize::MAX));
        }
    }
    let interval = |mut drawn: Vec<usize>| {
        drawn.sort_unstable();
        let at = |share: f64| drawn.get((share * drawn.len() as f64) as usize).copied().filter(|&n| n < usize::MAX);
        (at(0.025), at(0.975))
    };
    let values = shares.iter().map(|&share| tokens_needed(curves, share));
    values.zip(drawn).map(|(value, drawn)| Needed { value, interval: interval(drawn) }).collect()
}

/// Tokens needed; `None` is more than the texts have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// Of all texts.
    pub value: Option<usize>,
    /// The 95 % interval.
    pub interval: (Option<usize>, Option<usize>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenmark::Scheme;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    fn family(scheme: &str) -> Family {
        scheme.parse::<Scheme>().expect("canonical").family()
    }

    #[test]
    fn critical_scores_are_where_p_crosses_alpha() {
        for alpha in [1e-2, 1e-6] {
            let critical = Critical::new(family("gm1:green,h=1,gamma=64/256"), alpha, 300).expect("in range");
            for scored in [1, 3, 4, 9, 10, 11, 50, 300] {
                for greens in 0..=scored {
                    let p = ln_binomial_sf(greens, scored, 0.25).expect("in range");
                    assert_eq!(
                        critical.is_reached(greens as f64, scored as usize),
                        p <= alpha.ln(),
                        "{greens} of {scored}"
                    );
                }
            }
            let critical = Critical::new(family("gm1:gumbel,h=1"), alpha, 300).expect("in range");
            for scored in [1u64, 2, 17, 300] {
                let least = critical.0[scored as usize];
                assert!(ln_gamma_sf(least, scored).expect("in range") <= alpha.ln());
                assert!(ln_gamma_sf(least * (1.0 - 1e-8), scored).expect("in range") > alpha.ln());
            }
            assert!(!critical.is_reached(1e300, 0), "nothing scored is never found");
        }
    }

    #[test]
    fn the_length_from_which_on_it_holds() {
        let length = |rates: &[f64], share| least_length(rates.iter().copied(), share);
        assert_eq!(length(&[0.1, 0.5, 0.6, 0.9], 0.5), Some(2));
        assert_eq!(length(&[0.1, 0.5, 0.4, 0.9], 0.5), Some(4), "a dip after it counts against it");
        assert_eq!(length(&[0.1, 0.5, 0.4, 0.3], 0.5), None);
        assert_eq!(length(&[0.7, 0.7], 0.5), Some(1));
        assert_eq!(length(&[], 0.5), None);
    }

    #[test]
    fn trials_add_up_over_texts() {
        let curves = [Curve { found: vec![0, 5, 10], trials: 10 }, Curve { found: vec![0, 0, 10], trials: 10 }];
        assert_eq!(tokens_needed(&curves, 0.25), Some(2));
        assert_eq!(tokens_needed(&curves, 0.26), Some(3));
        assert_eq!(tokens_needed(&curves, 1.0), Some(3));
    }

    #[test]
    fn the_bootstrap_covers_what_texts_differ_by() {
        // Text k is found from k tokens on; half of them by 50.
        let curve = |k: usize| Curve { found: (1..=100).map(|n| u32::from(n >= k)).collect(), trials: 1 };
        let curves: Vec<Curve> = (1..=100).map(curve).collect();
        let needed = needed_with_interval(&curves, &[0.5, 0.999], 2000, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(needed[0].value, Some(50));
        let (Some(low), Some(high)) = needed[0].interval else { panic!("within the texts") };
        // The median of 100 draws from 1 … 100 has a standard error of 5.
        assert!((37..44).contains(&low) && (57..64).contains(&high), "{low} to {high}");
        assert_eq!(needed[1].value, Some(100));
    }
}
