//! Sums of many scores that keep their digits.

/// Adds a score to a sum. Kahan's summation, so that millions of scores keep their digits: `excess` is what rounding has added.
pub(crate) fn add(sum: &mut f64, excess: &mut f64, score: f64) {
    let term = score - *excess;
    let next = *sum + term;
    *excess = (next - *sum) - term;
    *sum = next;
}

/// The sum of some scores, as the scorer adds them.
pub(crate) fn sum(scores: &[f64]) -> f64 {
    let (mut sum, mut excess) = (0.0, 0.0);
    scores.iter().for_each(|&score| add(&mut sum, &mut excess, score));
    sum
}
