//! A count whose hits weigh differently, against the law that it follows by chance.

use super::binomial::ln_binomial_pmf;
use super::error::{StatsError, check_probability};

/// Below this a tail is summed anew under a tilted law, where nothing underflows.
const DEEP: f64 = 1e-200;
/// No tilt is steeper than this, nor its product with a weight than eleven times this: chances of a
/// hit stay below 1, and at the greatest total nearly all of the tilted law is there.
const STEEPEST: f64 = 2.5;

/// The law of Σ w·X_w, X_w ~ Binomial(n_w, probability) independent, for whole weights w: made
/// once, asked for many totals.
///
/// ```
/// use greenmark::stats::{WeightedBinomial, ln_binomial_sf};
///
/// // Three coins of weight 2 and one of weight 5: 7 or more is the heavy one and another.
/// let law = WeightedBinomial::new(&[(2, 3), (5, 1)], 0.5)?;
/// assert!((law.ln_sf(7).exp() - 0.5 * 7.0 / 8.0).abs() < 1e-15);
/// // One weight is a binomial law.
/// let law = WeightedBinomial::new(&[(3, 200)], 0.25)?;
/// assert!((law.ln_sf(3 * 90) / ln_binomial_sf(90, 200, 0.25)? - 1.0).abs() < 1e-12);
/// # Ok::<(), greenmark::stats::StatsError>(())
/// ```
///
/// SPEC §7.8.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedBinomial {
    classes: Vec<(u32, u64)>,
    probability: f64,
    /// P(X ≥ s) and P(X < s) for s = 0, 1, … up to the greatest total: `[greatest + 1]`.
    upper: Vec<f64>,
    lower: Vec<f64>,
}

impl WeightedBinomial {
    /// Makes the law.
    ///
    /// - `classes`: pairs of a weight and how many trials have it. Weights of 0 add nothing.
    /// - `probability`: chance of a hit in one trial, dimensionless, in (0, 1).
    ///
    /// # Cost
    /// About half the square of the greatest total in multiplications, less where one weight is
    /// much more frequent than the others; 16 bytes for each possible total. Made for totals up to
    /// some ten thousand.
    ///
    /// # Errors
    /// [`StatsError::ProbabilityOutOfRange`] unless 0 < `probability` < 1.
    pub fn new(classes: &[(u32, u64)], probability: f64) -> Result<Self, StatsError> {
        check_probability(probability)?;
        let classes: Vec<(u32, u64)> = classes.iter().copied().filter(|&(weight, n)| weight > 0 && n > 0).collect();
        let masses = masses(&classes, |_| probability)?;
        let mut lower = Vec::with_capacity(masses.len());
        let mut sum = 0.0;
        for mass in &masses {
            lower.push(sum);
            sum += mass;
        }
        let mut upper = masses;
        sum = 0.0;
        for mass in upper.iter_mut().rev() {
            sum += *mass;
            *mass = sum;
        }
        Ok(Self { classes, probability, upper, lower })
    }

    /// Returns the natural log of P(X ≥ total): exact, at every depth.
    ///
    /// - returns: nats, in [−∞, 0]; exactly 0 for a total of 0, −∞ above the greatest total.
    ///
    /// # Accuracy
    /// 1e-11 relative, or 1e-11 nats if that is more. Sums of positive terms throughout, so nothing
    /// cancels.
    ///
    /// # Cost
    /// A table look-up, except where p is below 1e-200: there as much as [`new`](Self::new).
    ///
    /// # Panics
    /// Never: a tilted chance is within (0, 1).
    pub fn ln_sf(&self, total: u64) -> f64 {
        let Some(at) = usize::try_from(total).ok().filter(|&at| at < self.upper.len()) else {
            return f64::NEG_INFINITY;
        };
        match self.upper[at] {
            _ if at == 0 => 0.0,
            // `+ 0.0` turns the −0 of a vanished complement into 0.
            p if p > 0.5 => (-self.lower[at]).ln_1p() + 0.0,
            p if p >= DEEP => p.ln(),
            _ => self.ln_deep_sf(at),
        }
    }

    /// Returns [`ln_sf`](Self::ln_sf) far right of the mean: under chances at which the total is
    /// the mean, each total then brought back by a factor below 1.
    fn ln_deep_sf(&self, total: usize) -> f64 {
        let theta = self.tilt(total as f64);
        let tilted = |weight: u32| {
            let odds = self.probability / (1.0 - self.probability) * (theta * f64::from(weight)).exp();
            odds / (1.0 + odds)
        };
        let masses = masses(&self.classes, tilted).expect("a tilted chance is within (0, 1)");
        let tail: f64 =
            masses[total..].iter().zip(0..).map(|(mass, over)| mass * (-theta * f64::from(over)).exp()).sum();
        let ln_moment =
            |&(weight, n): &(u32, u64)| n as f64 * (self.probability * (theta * f64::from(weight)).exp_m1()).ln_1p();
        tail.ln() + self.classes.iter().map(ln_moment).sum::<f64>() - theta * total as f64
    }

    /// Returns a θ ≥ 0 under which the mean is about `total`. Any θ gives the right tail; this one
    /// gives it with all its digits.
    fn tilt(&self, total: f64) -> f64 {
        let mean = |theta: f64| -> f64 {
            let part = |&(weight, n): &(u32, u64)| {
                let weight = f64::from(weight);
                let miss = (1.0 - self.probability) / self.probability * (-theta * weight).exp();
                n as f64 * weight / (1.0 + miss)
            };
            self.classes.iter().map(part).sum()
        };
        let heaviest = self.classes.iter().map(|&(weight, _)| weight).max().unwrap_or(1);
        let (mut low, mut high) = (0.0, STEEPEST.min(11.0 * STEEPEST / f64::from(heaviest)));
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if mean(middle) < total { low = middle } else { high = middle }
        }
        low
    }
}

/// Returns P(Σ w·X_w = s) for s = 0, 1, …, where a hit of weight w has the chance `chance(w)`.
fn masses(classes: &[(u32, u64)], chance: impl Fn(u32) -> f64) -> Result<Vec<f64>, StatsError> {
    // Small classes first: each step costs as much as the total so far, times its trials.
    let mut classes = classes.to_vec();
    classes.sort_by_key(|&(weight, n)| u64::from(weight) * n);
    let mut masses = vec![1.0];
    for (weight, n) in classes {
        let probability = chance(weight);
        let step = weight as usize;
        let mut sums = vec![0.0; masses.len() + step * n as usize];
        for hits in 0..=n {
            let mass = ln_binomial_pmf(hits, n, probability)?.exp();
            for (sum, before) in sums[step * hits as usize..].iter_mut().zip(&masses) {
                *sum += mass * before;
            }
        }
        masses = sums;
    }
    Ok(masses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ln_binomial_sf;

    fn close(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-11 * expected.abs().max(1.0)
    }

    #[test]
    fn a_few_trials_are_enumerated() {
        let classes = [(3, 3u64), (5, 2), (11, 4), (4, 1)];
        let weights: Vec<u32> = classes.iter().flat_map(|&(weight, n)| vec![weight; n as usize]).collect();
        for g in [1u32, 64, 255] {
            let gamma = f64::from(g) / 256.0;
            let law = WeightedBinomial::new(&classes, gamma).unwrap();
            for total in 0..=70u64 {
                let mut p = 0.0;
                for hits in 0u32..1 << weights.len() {
                    let sum: u32 = weights.iter().enumerate().filter(|(i, _)| hits >> i & 1 == 1).map(|(_, w)| w).sum();
                    if u64::from(sum) >= total {
                        let count = hits.count_ones() as i32;
                        p += gamma.powi(count) * (1.0 - gamma).powi(weights.len() as i32 - count);
                    }
                }
                let found = law.ln_sf(total);
                assert!(
                    close(found, p.ln()) || (p == 0.0 && found == f64::NEG_INFINITY),
                    "g {g} total {total}: {found}"
                );
            }
        }
    }

    #[test]
    fn one_weight_is_a_binomial_law_at_every_depth() {
        for g in [1u32, 64, 200, 255] {
            let gamma = f64::from(g) / 256.0;
            for n in [1u64, 30, 700] {
                // In two classes of the same weight, too.
                for classes in [vec![(7, n)], vec![(7, n / 3), (7, n - n / 3)]] {
                    let law = WeightedBinomial::new(&classes, gamma).unwrap();
                    for hits in 0..=n {
                        let expected = ln_binomial_sf(hits, n, gamma).unwrap();
                        for total in [7 * hits, (7 * hits).saturating_sub(3)] {
                            let found = law.ln_sf(total);
                            assert!(close(found, expected), "g {g}, {hits} of {n}: {found} for {expected}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn tilted_and_plain_sums_agree() {
        let classes = [(3, 60), (5, 200), (8, 40), (11, 12)];
        let law = WeightedBinomial::new(&classes, 0.25).unwrap();
        for total in [500, 700, 900, 1200] {
            let (plain, tilted) = (law.ln_sf(total), law.ln_deep_sf(total as usize));
            assert!(plain < -1.0 && close(tilted, plain), "{total}: {tilted} for {plain}");
        }
        let deepest = law.ln_sf(60 * 3 + 200 * 5 + 40 * 8 + 12 * 11);
        assert!(close(deepest, 312.0 * 0.25f64.ln()), "{deepest}");
    }

    #[test]
    fn heavy_weights_keep_their_digits() {
        for weight in [11, 12, 15, 200] {
            let law = WeightedBinomial::new(&[(weight, 60)], 1.0 / 256.0).unwrap();
            for hits in [15, 50, 57, 60] {
                let (found, expected) =
                    (law.ln_sf(u64::from(weight) * hits), ln_binomial_sf(hits, 60, 1.0 / 256.0).unwrap());
                assert!(close(found, expected), "{weight}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn ends_and_refusals() {
        let law = WeightedBinomial::new(&[(3, 0), (0, 5)], 0.25).unwrap();
        assert_eq!((law.ln_sf(0), law.ln_sf(1)), (0.0, f64::NEG_INFINITY));
        let law = WeightedBinomial::new(&[(3, 900)], 255.0 / 256.0).unwrap();
        assert!(law.ln_sf(1) == 0.0 && law.ln_sf(1).is_sign_positive());
        for probability in [0.0, 1.0, f64::NAN] {
            assert!(WeightedBinomial::new(&[(3, 1)], probability).is_err());
        }
    }
}
