//! Sums of millions of scores that keep their digits.

/// A sum by Kahan's method.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    sum: f64,
    /// Error that rounding has added to `sum`.
    excess: f64,
}

impl Sum {
    /// Adds a score.
    pub(crate) fn add(&mut self, score: f64) {
        let term = score - self.excess;
        let next = self.sum + term;
        self.excess = (next - self.sum) - term;
        self.sum = next;
    }

    /// Returns the sum so far.
    pub(crate) fn get(self) -> f64 {
        self.sum
    }
}

/// Returns the sum of some scores, in their order.
pub(crate) fn sum(scores: &[f64]) -> f64 {
    let mut sum = Sum::default();
    scores.iter().for_each(|&score| sum.add(score));
    sum.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_tenths_are_a_hundred_thousand() {
        assert!((sum(&vec![0.1; 1_000_000]) - 1e5).abs() < 1e-10);
    }
}
