//! How far an observed rate may be from the true one.

use statrs::function::beta::inv_beta_reg;

use super::error::{StatsError, check_count, check_probability};

/// Exact two-sided confidence interval of a success rate (Clopper–Pearson).
///
/// Never covers less than `confidence` claims, at any rate; the normal interval around 0 of 1000 is the point 0, where the truth
/// may well be 0.3 %.
///
/// - `successes`, `trials`: counts, `successes ≤ trials`. No trials: the interval is (0, 1).
/// - `confidence`: coverage, dimensionless, in (0, 1), commonly 0.95.
/// - returns: (lower, upper) rates with 0 ≤ lower ≤ successes/trials ≤ upper ≤ 1. Lower is exactly 0 without
///   successes and upper exactly 1 without failures.
///
/// # Errors
/// [`StatsError::CountExceedsTotal`] if `successes > trials`; [`StatsError::ProbabilityOutOfRange`] unless
/// 0 < `confidence` < 1.
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

/// The rate at which `successes` or more of `trials` have probability `tail`; 0 without successes.
fn lower_limit(successes: u64, trials: u64, tail: f64) -> f64 {
    if successes == 0 {
        return 0.0;
    }
    let (hits, misses) = (successes as f64, (trials - successes) as f64);
    if successes == trials {
        return tail.powf(1.0 / hits);
    }
    inv_beta_reg(hits, misses + 1.0, tail)
}
