//! The laws that scores obey where there is no mark.

use super::{
    binomial::{ln_binomial_sf, z_score},
    error::{StatsError, check_probability},
    gamma::{gamma_z_score, ln_gamma_sf},
};

/// A probability strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Chance(f64);

impl Chance {
    /// Makes a chance of its value.
    ///
    /// # Errors
    /// [`StatsError::ProbabilityOutOfRange`] unless 0 < `probability` < 1.
    pub fn new(probability: f64) -> Result<Self, StatsError> {
        check_probability(probability)?;
        Ok(Self(probability))
    }

    /// Returns the value, in (0, 1).
    pub fn get(self) -> f64 {
        self.0
    }
}

/// Law of every score where there is no mark, whatever the scores before it.
///
/// All that is concluded from scores (tails, search, stream) follows from this law alone, so a mark
/// that isn't ours can be detected in the same way as long as its scores obey one of these.
///
/// SPEC §7.1.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Null {
    /// 1 with this chance, and 0 otherwise: a green token, and a red one.
    Bernoulli(Chance),
    /// Exponential of mean 1, or below it: a Gumbel score, in nats.
    Exponential,
}

impl Null {
    /// Returns the mean of a score.
    pub fn mean(self) -> f64 {
        match self {
            Self::Bernoulli(chance) => chance.get(),
            Self::Exponential => 1.0,
        }
    }

    /// Returns true if this law can give the score: 0 or 1, or a finite number from 0 up.
    pub fn admits(self, score: f64) -> bool {
        match self {
            Self::Bernoulli(_) => score == 0.0 || score == 1.0,
            Self::Exponential => score.is_finite() && score >= 0.0,
        }
    }

    /// Returns ln P(X ≥ score) of the sum of `scored` scores: nats, ≤ 0, exact at every depth.
    ///
    /// - `score`: the sum; a whole number under [`Bernoulli`](Self::Bernoulli).
    ///
    /// # Errors
    /// [`StatsError`] if no `scored` scores have such a sum.
    ///
    /// SPEC §7.2, §7.4.
    pub fn ln_sf(self, score: f64, scored: u64) -> Result<f64, StatsError> {
        match self {
            Self::Bernoulli(chance) => ln_binomial_sf(score as u64, scored, chance.get()),
            Self::Exponential => ln_gamma_sf(score, scored),
        }
    }

    /// Returns the z-score of the sum of `scored` scores; `None` if there are no scores.
    ///
    /// For reading, not for deciding. SPEC §7.3, §7.4.
    pub fn z_score(self, score: f64, scored: u64) -> Option<f64> {
        match self {
            Self::Bernoulli(chance) => z_score(score as u64, scored, chance.get()),
            Self::Exponential => gamma_z_score(score, scored),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_law_has_its_own_tail() {
        let coin = Null::Bernoulli(Chance::new(0.25).expect("in range"));
        assert_eq!(coin.ln_sf(13.0, 20), ln_binomial_sf(13, 20, 0.25));
        assert_eq!(Null::Exponential.ln_sf(13.0, 20), ln_gamma_sf(13.0, 20));
        assert_eq!((coin.mean(), Null::Exponential.mean()), (0.25, 1.0));
        assert!(coin.admits(1.0) && !coin.admits(0.5) && !Null::Exponential.admits(-0.1));
        for chance in [0.0, 1.0, f64::NAN] {
            assert!(Chance::new(chance).is_err());
        }
    }
}
