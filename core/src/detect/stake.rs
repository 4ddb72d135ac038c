//! The bet of the stream. SPEC §7.6.

use super::bet::{BETS, Bet};
use crate::stats::{Null, Sum};

/// Wealth that a stake of 1 grows to when it is laid on scores being higher than by chance.
///
/// By chance it's at most 1 on average at any stopping time, so the greatest value that it has had
/// is evidence that may be read after every score.
///
/// ```
/// use greenmark::{Stake, stats::Null};
/// let mut stake = Stake::new(Null::Exponential);
/// for score in [3.0, 5.1, 2.2, 4.0] {
///     stake.push(score);
/// }
/// assert!(stake.ln_e() > 2.0 && stake.ln_p() == -stake.ln_e());
/// ```
///
/// SPEC §7.6.
#[derive(Debug, Clone)]
pub struct Stake {
    bets: [Bet; BETS],
    scored: u64,
    score: Sum,
    ln_e: f64,
    ln_peak: f64,
}

impl Stake {
    /// Lays a stake of 1 on scores that obey this law by chance.
    pub fn new(null: Null) -> Self {
        Self { bets: Bet::all(null), scored: 0, score: Sum::default(), ln_e: 0.0, ln_peak: 0.0 }
    }

    /// Takes the next score. A score that the law can't give isn't refused, but makes the evidence
    /// worthless.
    pub fn push(&mut self, score: f64) {
        self.scored += 1;
        self.score.add(score);
        // The counts so far are all that it takes.
        self.ln_e = ln_mean_exp(&self.bets.map(|bet| bet.ln_gain(self.score.get(), self.scored)));
        self.ln_peak = self.ln_peak.max(self.ln_e);
    }

    /// Returns ln of the present stake, in nats; 0 before the first score.
    pub fn ln_e(&self) -> f64 {
        self.ln_e
    }

    /// Returns −ln of the greatest stake so far, in nats, ≤ 0: valid at any stopping
    /// time.
    pub fn ln_p(&self) -> f64 {
        0.0 - self.ln_peak
    }
}

/// Returns ln of the mean of e^gain; of one gain, the gain itself.
pub(crate) fn ln_mean_exp(gains: &[f64]) -> f64 {
    let greatest = gains.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = gains.iter().map(|gain| (gain - greatest).exp()).sum();
    greatest + (sum / gains.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Chance;

    #[test]
    fn ten_million_scores_stay_finite() {
        let coin = |chance| (Null::Bernoulli(Chance::new(chance).expect("in range")), 1.0);
        for (null, high) in [coin(1.0 / 256.0), coin(255.0 / 256.0), (Null::Exponential, 22.2)] {
            for score in [0.0, 0.1 * high, high] {
                let gains = Bet::all(null).map(|bet| bet.ln_gain(1e7 * score, 10_000_000));
                assert!(ln_mean_exp(&gains).is_finite());
            }
        }
    }
}
