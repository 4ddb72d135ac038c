//! The test of a whole text: one hypothesis, evidence and no verdict. SPEC §7.2 to §7.4.

use super::tally::Tally;
use crate::stats::Null;

/// The level α to decide at unless there is a reason for another one.
pub const DEFAULT_ALPHA: f64 = 1e-6;

/// Counts of one text under one key and scheme, with their p-value.
///
/// A detection says that a text depends on a key statistically. It isn't a signature, and says
/// nothing about authorship; the absence of one isn't evidence of a human author. SPEC §13.3, §14.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// The law of the scores where there is no mark.
    pub null: Null,
    /// The counts.
    pub tally: Tally,
    /// (G − γT)/√(Tγ(1−γ)) or (S − T)/√T, for readers; `None` when nothing was scored. SPEC §7.3,
    /// §7.4.
    pub z_score: Option<f64>,
    /// ln P(X ≥ score), X ~ Binomial(T, γ) or Gamma(T, 1), in nats, ≤ 0: the exact tail. 0 when
    /// nothing was scored. SPEC §7.2, §7.4.
    pub ln_p: f64,
}

impl Detection {
    pub(crate) fn new(null: Null, tally: Tally) -> Self {
        let Tally { scored, score, .. } = tally;
        Self { null, tally, z_score: null.z_score(score, scored), ln_p: ln_tail(null, score, scored) }
    }

    /// Returns the mean score of a scored token; `None` when nothing was scored.
    ///
    /// By chance it's [`Null::mean`] on average. In green it's the green fraction, in [0, 1].
    pub fn mean_score(&self) -> Option<f64> {
        (self.tally.scored > 0).then(|| self.tally.score / self.tally.scored as f64)
    }

    /// Returns G, the number of greens; `None` where scores aren't counts.
    pub fn green(&self) -> Option<u64> {
        matches!(self.null, Null::Bernoulli(_)).then_some(self.tally.score as u64)
    }

    /// Returns G/T, in [0, 1], γ by chance; `None` when nothing was scored or scores aren't counts.
    pub fn green_fraction(&self) -> Option<f64> {
        self.green().and(self.mean_score())
    }

    /// Returns exp([`ln_p`](Self::ln_p)); 0 where that underflows, below ln p ≈ −745.
    pub fn p_value(&self) -> f64 {
        self.ln_p.exp()
    }

    /// Returns true if p ≤ α. Choose α before looking; any number is compared as it is.
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.ln_p <= alpha.ln()
    }
}

/// Returns ln P(X ≥ score) by chance, of `scored` scores that sum to `score`. SPEC §7.2, §7.4.
pub(crate) fn ln_tail(null: Null, score: f64, scored: u64) -> f64 {
    null.ln_sf(score, scored).expect("no more greens than scored, or a sum of finite scores from 0 up")
}
