//! The ordinary draw from a distribution, and the checks of one.

use thiserror::Error;

/// Largest distance from 1 of a sum of probabilities; softmax in half precision stays well within.
const SUM_TOLERANCE: f64 = 1e-3;

/// Draws from a distribution by inverting its cumulative sum, without a key.
///
/// - `probabilities`: `[n]`, any n, adding up to 1 within a thousandth.
/// - `uniform`: a random number in [0, 1).
/// - returns: an index of probability above 0: the first at which the running sum exceeds `uniform`
///   times the whole sum.
///
/// # Errors
/// [`ChoiceError`] if the probabilities aren't a distribution, or `uniform` is outside [0, 1).
pub fn draw(probabilities: &[f32], uniform: f64) -> Result<usize, ChoiceError> {
    check_uniform(uniform)?;
    let sum = check(probabilities)?;
    let mut left = uniform * sum;
    let mut last = 0;
    for (index, &probability) in probabilities.iter().enumerate() {
        if probability > 0.0 {
            left -= f64::from(probability);
            last = index;
            if left < 0.0 {
                break;
            }
        }
    }
    Ok(last)
}

/// Returns a number in [0, 1) made of the upper 53 bits of a random word.
pub fn uniform_from(word: u64) -> f64 {
    // Every such number is exact in an f64, and below 1.
    (word >> 11) as f64 / (1u64 << 53) as f64
}

pub(super) fn check_uniform(uniform: f64) -> Result<(), ChoiceError> {
    if (0.0..1.0).contains(&uniform) { Ok(()) } else { Err(ChoiceError::Uniform { found: uniform }) }
}

pub(super) fn is_one(sum: f64) -> bool {
    (sum - 1.0).abs() <= SUM_TOLERANCE
}

/// Checks the probabilities one by one, and returns their sum.
pub(super) fn check(probabilities: &[f32]) -> Result<f64, ChoiceError> {
    let mut sum = 0.0;
    for (index, &found) in probabilities.iter().enumerate() {
        if !(found.is_finite() && found >= 0.0) {
            return Err(ChoiceError::Probability { index, found });
        }
        sum += f64::from(found);
    }
    if is_one(sum) { Ok(sum) } else { Err(ChoiceError::Sum { found: sum }) }
}

/// Reason why no token could be chosen: the arguments aren't a probability distribution and a
/// random number.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// A probability is negative, infinite or not a number.
    #[error("probability {index} is {found}, but must be 0 to 1")]
    Probability {
        /// Its index in the slice.
        index: usize,
        /// The value.
        found: f32,
    },
    /// The probabilities do not add up to 1 (a thousandth more or less is taken for rounding).
    #[error("the probabilities add up to {found}, not 1")]
    Sum {
        /// Their sum; 0 if all are 0 or there are none.
        found: f64,
    },
    /// There are not as many tokens as probabilities.
    #[error("{tokens} tokens were given with {probabilities} probabilities")]
    Lengths {
        /// Tokens given.
        tokens: usize,
        /// Probabilities given.
        probabilities: usize,
    },
    /// The random number is not in [0, 1).
    #[error("the random number is {found}, but must be in [0, 1)")]
    Uniform {
        /// The value.
        found: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_numbers_below_1() {
        assert_eq!([0, 1 << 11, 1 << 63].map(uniform_from), [0.0, 2f64.powi(-53), 0.5]);
        assert!(uniform_from(u64::MAX) < 1.0);
    }

    #[test]
    fn a_draw_follows_the_running_sum() {
        let row = [0.0, 0.25, 0.0, 0.75, 0.0];
        assert_eq!(draw(&row, 0.0), Ok(1));
        assert_eq!(draw(&row, 0.249), Ok(1));
        assert_eq!(draw(&row, 0.25), Ok(3));
        assert_eq!(draw(&row, 0.999_999_999), Ok(3));
    }
}
