//! The count of green positions against the binomial law it follows by chance.

use core::f64::consts::TAU;

use super::error::{StatsError, check_count, check_probability};
use super::saddle::{deviance, stirling_remainder};

/// Returns the natural log of P(X ≥ successes), X ~ Binomial(trials, probability): the detector's
/// p-value.
///
/// Exact tail, not the normal one: at 20 trials with probability ¼, 13 successes (z = 4.13) the
/// normal tail claims 1.8e-5 where the truth is 1.8e-4. In logs, because `1 - cdf` is 0 past z ≈
/// 8.3 and `sf` is 0 past z ≈ 37.
///
/// - `successes`, `trials`: counts, `successes ≤ trials`.
/// - `probability`: chance of success in one trial, dimensionless, in (0, 1).
/// - returns: nats, in (−∞, 0]. Exactly 0 for no successes; `trials · ln(probability)` when all
///   succeed.
///
/// # Accuracy
/// For up to 10^7 trials the relative error *of the returned logarithm* is below 1e-10, and below
/// 1e-12 wherever it was measured (`tests/vectors/binomial-tail.json`), at every depth. This holds
/// for p near 1 too, where ln p ≈ −P(X < successes): only when that complement is below 1e-308 does
/// it lose digits, and below 4.9e-324 the result is 0. A `probability` that is no multiple of 1/256
/// is taken at its `f64` value.
///
/// # Cost
/// The continued fraction needs up to √trials steps next to the mean and a few far from it: 0.3 µs
/// for 200 trials, 2 µs for 10^5 and 10 µs for 10^7 at worst, 0.2 µs at ten standard deviations
/// (one core of a 2026 server).
///
/// # Errors
/// [`StatsError::CountExceedsTotal`] if `successes > trials`; [`StatsError::ProbabilityOutOfRange`]
/// unless 0 < `probability` < 1.
///
/// # Examples
/// ```
/// use greenmark::stats::ln_binomial_sf;
///
/// let ln_p = ln_binomial_sf(13, 20, 0.25)?;
/// assert!((ln_p.exp() - 1.837e-4).abs() < 1e-7);
/// // 5000 green of 5000: far below the smallest f64, and still a number.
/// assert_eq!(ln_binomial_sf(5000, 5000, 0.25)?, 5000.0 * 0.25_f64.ln());
/// # Ok::<(), greenmark::stats::StatsError>(())
/// ```
///
/// SPEC §7.2. Fraction: A. R. DiDonato and A. H. Morris, ACM TOMS 18 (1992) 360–373, "BFRAC".
pub fn ln_binomial_sf(successes: u64, trials: u64, probability: f64) -> Result<f64, StatsError> {
    check_count(successes, trials)?;
    check_probability(probability)?;
    if successes == 0 {
        return Ok(0.0);
    }
    let law = Law::new(trials, probability);
    if law.is_upper(successes) {
        return Ok(law.ln_upper_tail(successes).min(0.0));
    }
    // Left of the mean p is large, and its distance from 1 is what can be computed to full
    // precision: fewer than `successes` hits is at least `trials - successes + 1` misses.
    let complement = law.mirrored().ln_upper_tail(trials - successes + 1);
    // `+ 0.0` turns the −0 of a vanished complement into 0.
    Ok((-complement.exp()).ln_1p() + 0.0)
}

/// Returns the natural log of P(X = successes), X ~ Binomial(trials, probability).
///
/// The step that makes a discrete p-value continuous: P(X > x) + u · P(X = x) with u uniform on (0,
/// 1) is itself uniform under the null, where the p-value P(X ≥ x) is stochastically larger.
///
/// - `successes`, `trials`: counts, `successes ≤ trials`.
/// - `probability`: chance of success in one trial, dimensionless, in (0, 1).
/// - returns: nats, in (−∞, 0], absolute error below 1e-12 + 1e-14 |result| for up to 10^7 trials.
///
/// # Errors
/// As [`ln_binomial_sf`].
///
/// # Examples
/// ```
/// use greenmark::stats::ln_binomial_pmf;
///
/// // Two of four: 6 · ¼² · ¾²
/// let ln_p = ln_binomial_pmf(2, 4, 0.25)?;
/// assert!((ln_p.exp() - 0.2109375).abs() < 1e-15);
/// # Ok::<(), greenmark::stats::StatsError>(())
/// ```
///
/// C. Loader, "Fast and Accurate Computation of Binomial Probabilities", 2000.
pub fn ln_binomial_pmf(successes: u64, trials: u64, probability: f64) -> Result<f64, StatsError> {
    check_count(successes, trials)?;
    check_probability(probability)?;
    Ok(Law::new(trials, probability).ln_mass(successes))
}

/// Returns the z-score of a count: (green − γT)/√(Tγ(1−γ)).
///
/// For reading, not for deciding: the normal tail of it is wrong by a factor of ten at T = 20 and
/// by many orders of magnitude at the depths a marked text reaches. Decisions use
/// [`ln_binomial_sf`].
///
/// - `green`, `scored`: counts of positions after dedup, `green ≤ scored`.
/// - `gamma`: green fraction, dimensionless, in (0, 1).
/// - returns: standard deviations; `None` when nothing was scored, or `gamma` leaves the spread
///   zero or undefined.
///
/// # Examples
/// ```
/// use greenmark::stats::z_score;
///
/// assert_eq!(z_score(75, 100, 0.5), Some(5.0));
/// assert_eq!(z_score(0, 0, 0.5), None);
/// ```
///
/// SPEC §7.3; Kirchenbauer et al. 2023, arXiv:2301.10226, equation 2.
#[must_use]
pub fn z_score(green: u64, scored: u64, gamma: f64) -> Option<f64> {
    if scored == 0 || check_probability(gamma).is_err() {
        return None;
    }
    let scored = scored as f64;
    Some((green as f64 - gamma * scored) / (scored * gamma * (1.0 - gamma)).sqrt())
}

/// A binomial law with both of its chances, so that swapping hits and misses loses no digits.
#[derive(Debug, Clone, Copy)]
struct Law {
    trials: u64,
    hit: f64,
    miss: f64,
}

impl Law {
    /// Makes the law. `probability` is in (0, 1); its complement is exact from ½ up and for every
    /// g/256.
    fn new(trials: u64, probability: f64) -> Self {
        Self { trials, hit: probability, miss: 1.0 - probability }
    }

    /// Returns the law of the misses.
    fn mirrored(self) -> Self {
        Self { trials: self.trials, hit: self.miss, miss: self.hit }
    }

    /// Returns ln of the chance of a hit, from whichever of the two numbers is far from 1.
    fn ln_hit(self) -> f64 {
        if self.hit < 0.5 { self.hit.ln() } else { (-self.miss).ln_1p() }
    }

    /// Returns true if `hits` lies right of (trials + 1) · hit, where the fraction below has only
    /// positive terms.
    ///
    /// If not, then the mirrored law is right of its own limit: the two distances sum to zero. On
    /// the right the tail is at most ¾, so its logarithm is well conditioned. The chance that all
    /// are hits may be near 1, but has a closed form.
    fn is_upper(self, hits: u64) -> bool {
        hits == self.trials || self.excess(hits) >= 0.0
    }

    /// Returns hits − (trials + 1) · hit.
    fn excess(self, hits: u64) -> f64 {
        // One more is added as a float: `u64::MAX` trials are absurd, but not a reason to panic.
        hits as f64 - (self.trials as f64 + 1.0) * self.hit
    }

    /// Returns ln P(X = hits).
    fn ln_mass(self, hits: u64) -> f64 {
        let misses = self.trials - hits;
        let n = self.trials as f64;
        if misses == 0 {
            return n * self.ln_hit();
        }
        if hits == 0 {
            return n * self.mirrored().ln_hit();
        }
        let (x, y) = (hits as f64, misses as f64);
        let remainder = stirling_remainder(self.trials) - stirling_remainder(hits) - stirling_remainder(misses);
        let cost = deviance(x, n * self.hit) + deviance(y, n * self.miss);
        remainder - cost - 0.5 * (TAU * x * (y / n)).ln()
    }

    /// Returns ln P(X ≥ hits), for 1 ≤ hits and `is_upper(hits)`.
    ///
    /// The tail is I_hit(a, b), a = hits, b = misses + 1; its leading factor hit^a miss^b / B(a, b)
    /// is a · miss · P(X = hits), and what remains is a continued fraction.
    fn ln_upper_tail(self, hits: u64) -> f64 {
        let misses = self.trials - hits;
        let ln_mass = self.ln_mass(hits);
        if misses == 0 {
            return ln_mass;
        }
        let a = hits as f64;
        let b = misses as f64 + 1.0;
        // Clamped, as rounding may take the mirrored distance of a tie below zero.
        let excess = self.excess(hits).max(0.0);
        let slope = 1.0 + self.miss;

        // Lentz's evaluation of β0 + α1/(β1 + α2/(β2 + …)). Every α and β up to m = b − 1 is
        // positive, so no division can meet a zero, and α_b = 0 ends the fraction exactly.
        let mut fraction = a * (excess + 1.0) / (a + 1.0);
        let mut numerator_ratio = fraction;
        let mut denominator_ratio = 0.0;
        let mut m = 1.0;
        while m < b {
            let odd = a + 2.0 * m - 1.0;
            let gap = m * (b - m) * self.hit;
            let alpha = (a + m - 1.0) / odd * ((a + b + m - 1.0) / odd) * gap * self.hit;
            let beta = m + gap / odd + (a + m) / (odd + 2.0) * (excess + 1.0 + m * slope);
            denominator_ratio = 1.0 / (beta + alpha * denominator_ratio);
            numerator_ratio = beta + alpha / numerator_ratio;
            let step = numerator_ratio * denominator_ratio;
            fraction *= step;
            if (step - 1.0).abs() <= 2.0 * f64::EPSILON {
                break;
            }
            m += 1.0;
        }
        ln_mass + (a * self.miss / fraction).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_arguments_are_refused() {
        assert_eq!(ln_binomial_sf(6, 5, 0.5), Err(StatsError::CountExceedsTotal { count: 6, total: 5 }));
        assert_eq!(ln_binomial_pmf(6, 5, 0.5), Err(StatsError::CountExceedsTotal { count: 6, total: 5 }));
        for probability in [0.0, 1.0, -0.5, f64::NAN, f64::INFINITY] {
            assert!(ln_binomial_sf(1, 2, probability).is_err());
            assert!(ln_binomial_pmf(1, 2, probability).is_err());
        }
    }

    #[test]
    fn ends_are_closed_forms() {
        for g in 1..=255u16 {
            let gamma = f64::from(g) / 256.0;
            for trials in [1, 2, 17, 200, 10_000_000] {
                assert_eq!(ln_binomial_sf(0, trials, gamma), Ok(0.0));
                let all = trials as f64 * gamma.ln();
                let ln_p = ln_binomial_sf(trials, trials, gamma).unwrap();
                assert!((ln_p - all).abs() <= 4.0 * f64::EPSILON * all.abs(), "g {g} trials {trials}");
            }
        }
        assert_eq!(ln_binomial_sf(0, 0, 0.25), Ok(0.0));
        assert_eq!(ln_binomial_pmf(0, 0, 0.25), Ok(0.0));
    }

    #[test]
    fn certainty_is_plain_zero() {
        // The complement is e^-2876821.
        let ln_p = ln_binomial_sf(1, 10_000_000, 0.25).unwrap();
        assert_eq!(ln_p, 0.0);
        assert!(ln_p.is_sign_positive());
    }

    #[test]
    fn extreme_chances_stay_finite_and_accurate() {
        // One of two at chance p: 2p − p², so ln p = ln(2p) to first order; at chance 1 − p both:
        // −2p.
        for tiny in [f64::from_bits(1), 1e-300, 1e-30] {
            let ln_p = ln_binomial_sf(1, 2, tiny).unwrap();
            let expected = 2.0_f64.ln() + tiny.ln();
            assert!((ln_p - expected).abs() < 1e-12 * expected.abs(), "{tiny:e}: {ln_p}");
        }
        let nearly_one = 1.0 - f64::EPSILON;
        let ln_p = ln_binomial_sf(2, 2, nearly_one).unwrap();
        assert!((ln_p + 2.0 * f64::EPSILON).abs() < 1e-15 * f64::EPSILON.sqrt());
        for trials in [1, 50, u64::MAX] {
            for successes in [trials / 1000, trials / 2 + 1, trials] {
                for probability in [f64::from_bits(1), 1e-9, nearly_one] {
                    let ln_p = ln_binomial_sf(successes, trials, probability).unwrap();
                    assert!(ln_p <= 0.0 && ln_p > f64::NEG_INFINITY);
                }
            }
        }
    }

    #[test]
    fn z_needs_trials_and_spread() {
        assert_eq!(z_score(0, 0, 0.25), None);
        assert_eq!(z_score(1, 2, 1.0), None);
        assert_eq!(z_score(1, 2, f64::NAN), None);
        assert_eq!(z_score(50, 100, 0.25), Some(25.0 / 18.75_f64.sqrt()));
        assert!(z_score(0, 100, 0.25).unwrap() < 0.0);
    }
}
