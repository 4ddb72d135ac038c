//! Confidence intervals of a rate.

use statrs::function::erf::erfc_inv;

use super::binomial::{ln_binomial_pmf, ln_binomial_sf};
use super::error::{StatsError, check_count, check_probability};

/// Returns the exact two-sided confidence interval of a success rate (Clopper–Pearson).
///
/// Covers the true rate at least as often as `confidence` says, whatever that rate is; the normal
/// interval around 0 of 1000 is the point 0, where the truth may well be 0.3 %.
///
/// - `successes`, `trials`: counts, `successes ≤ trials`. No trials: the interval is (0, 1).
/// - `confidence`: coverage, dimensionless, in (0, 1), commonly 0.95.
/// - returns: (lower, upper) rates, absolute error below 1e-12, with 0 ≤ lower ≤ successes/trials ≤
///   upper ≤ 1. Lower is exactly 0 without successes and upper exactly 1 without failures.
///
/// # Errors
/// [`StatsError::CountExceedsTotal`] if `successes > trials`; [`StatsError::ProbabilityOutOfRange`]
/// unless 0 < `confidence` < 1.
///
/// # Examples
/// ```
/// use greenmark::stats::clopper_pearson;
///
/// // No false positive among 1000 texts does not mean a rate below 0.1 %.
/// let (lower, upper) = clopper_pearson(0, 1000, 0.95)?;
/// assert_eq!(lower, 0.0);
/// assert!((upper - 0.003_682).abs() < 1e-6);
/// # Ok::<(), greenmark::stats::StatsError>(())
/// ```
///
/// C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404–413.
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Result<(f64, f64), StatsError> {
    check_count(successes, trials)?;
    check_probability(confidence)?;
    let tail = 0.5 * (1.0 - confidence);
    let lower = lower_limit(successes, trials, tail);
    let upper = 1.0 - lower_limit(trials - successes, trials, tail);
    Ok((lower, upper))
}

/// Returns the rate at which `successes` or more of `trials` have probability `tail`; 0 without
/// successes.
fn lower_limit(successes: u64, trials: u64, tail: f64) -> f64 {
    if successes == 0 {
        return 0.0;
    }
    if successes == trials {
        return tail.powf(1.0 / successes as f64);
    }
    polish(score_limit(successes, trials, tail), successes, trials, tail.ln())
}

/// Returns the starting point of the iteration: the lower limit of the score interval (Wilson
/// 1927).
fn score_limit(successes: u64, trials: u64, tail: f64) -> f64 {
    let (n, observed) = (trials as f64, successes as f64 / trials as f64);
    // Half of z²/n, z the normal quantile of the tail.
    let half = erfc_inv(2.0 * tail).powi(2) / n;
    let spread = (2.0 * half * observed * (1.0 - observed) + half * half).sqrt();
    (observed + half - spread) / (1.0 + 2.0 * half)
}

/// Solves by Newton's method on the log tail as a function of the log rate, from any start.
///
/// The log tail is concave in the log rate, so a step lands left of the solution at most once and
/// then climbs to it. (Not begun with the inverse beta function of statrs 0.19, which does not end
/// at 79 of 10,150,784.)
fn polish(start: f64, successes: u64, trials: u64, ln_tail: f64) -> f64 {
    let observed = successes as f64 / trials as f64;
    let mut rate = if start > 0.0 && start < observed { start } else { observed };
    // A few turns in practice; the bound only says that it ends.
    for _ in 0..50 {
        let (Ok(ln_sf), Ok(ln_pmf)) =
            (ln_binomial_sf(successes, trials, rate), ln_binomial_pmf(successes, trials, rate))
        else {
            break;
        };
        // d ln P(X ≥ k) / d ln rate = k P(X = k) / P(X ≥ k)
        let slope = successes as f64 * (ln_pmf - ln_sf).exp();
        let step = (ln_tail - ln_sf) / slope;
        rate = (rate * step.exp()).min(observed);
        if step.abs() <= 1e-14 {
            break;
        }
    }
    rate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_exact() {
        for trials in [1, 2, 10, 1000, 10_000_000] {
            let (lower, upper) = clopper_pearson(0, trials, 0.95).unwrap();
            assert_eq!(lower, 0.0);
            let closed = -(0.025_f64.ln() / trials as f64).exp_m1();
            assert!((upper - closed).abs() < 1e-15 + 1e-12 * closed, "{trials}: {upper} {closed}");
            let (lower, upper) = clopper_pearson(trials, trials, 0.95).unwrap();
            assert_eq!(upper, 1.0);
            assert!((1.0 - lower - closed).abs() < 1e-15, "{trials}");
        }
        assert_eq!(clopper_pearson(0, 0, 0.95), Ok((0.0, 1.0)));
    }

    #[test]
    fn bad_arguments_are_refused() {
        assert!(clopper_pearson(3, 2, 0.95).is_err());
        assert!(clopper_pearson(1, 2, 1.0).is_err());
        assert!(clopper_pearson(1, 2, f64::NAN).is_err());
    }

    #[test]
    fn limits_give_back_the_tail_they_were_made_from() {
        for trials in [1u64, 2, 3, 10, 32, 100, 500, 1000, 10_000, 100_000, 1_000_000, 10_150_784] {
            let counts = [0, 1, 2, 79, trials / 10, trials / 4, trials / 2, trials - trials / 50, trials - 1, trials];
            for successes in counts.into_iter().filter(|&count| count <= trials) {
                for confidence in [0.5, 0.9, 0.95, 0.99, 0.999_999] {
                    let tail = 0.5 * (1.0 - confidence);
                    let (lower, upper) = clopper_pearson(successes, trials, confidence).unwrap();
                    let rate = successes as f64 / trials as f64;
                    let name = format!("{successes} of {trials} at {confidence}: {lower} to {upper}");
                    assert!(0.0 <= lower && lower <= rate && rate <= upper && upper <= 1.0, "{name}");
                    let failures = trials - successes;
                    for (count, limit) in [(successes, lower), (failures, 1.0 - upper)] {
                        if count == 0 {
                            continue;
                        }
                        // `1 - upper` is known to one rounding of 1, which the tail feels `count`
                        // times.
                        let known = count as f64 * f64::EPSILON / limit;
                        let found = ln_binomial_sf(count, trials, limit).unwrap().exp();
                        assert!((found / tail - 1.0).abs() < 1e-9 + known, "{name}: tail {found:e}");
                    }
                }
            }
        }
    }
}
