//! Errors of the statistics.

use thiserror::Error;

/// An argument outside the domain of a statistic.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum StatsError {
    /// More successes were claimed than trials made.
    #[error("count {count} exceeds total {total}")]
    CountExceedsTotal {
        /// The count given.
        count: u64,
        /// The total it exceeds.
        total: u64,
    },
    /// A probability was not strictly between 0 and 1 (or was not a number).
    #[error("probability {probability} is not strictly between 0 and 1")]
    ProbabilityOutOfRange {
        /// The value given.
        probability: f64,
    },
    /// A sum of scores was negative, infinite or not a number.
    #[error("score {score} is not a finite number at or above 0")]
    ScoreOutOfRange {
        /// The value given.
        score: f64,
    },
}

/// Refuses a count above its total.
pub(super) fn check_count(count: u64, total: u64) -> Result<(), StatsError> {
    if count <= total { Ok(()) } else { Err(StatsError::CountExceedsTotal { count, total }) }
}

/// Refuses 0, 1, everything outside them, and NaN.
pub(super) fn check_probability(probability: f64) -> Result<(), StatsError> {
    let is_within = probability > 0.0 && probability < 1.0;
    if is_within { Ok(()) } else { Err(StatsError::ProbabilityOutOfRange { probability }) }
}

/// Refuses everything below 0, infinity and NaN.
pub(super) fn check_score(score: f64) -> Result<(), StatsError> {
    if score >= 0.0 && score.is_finite() { Ok(()) } else { Err(StatsError::ScoreOutOfRange { score }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_value() {
        assert_eq!(check_count(3, 2).unwrap_err().to_string(), "count 3 exceeds total 2");
        assert_eq!(
            check_probability(f64::NAN).unwrap_err().to_string(),
            "probability NaN is not strictly between 0 and 1"
        );
        assert_eq!(check_score(-1.5).unwrap_err().to_string(), "score -1.5 is not a finite number at or above 0");
    }

    #[test]
    fn ends_of_the_unit_interval_are_refused() {
        for probability in [0.0, -0.0, 1.0, -0.25, 1.5, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(check_probability(probability).is_err(), "{probability}");
        }
        assert!(check_probability(f64::MIN_POSITIVE).is_ok());
        assert!(check_probability(1.0 - f64::EPSILON).is_ok());
    }
}
