//! Figures of many texts: medians, means with their errors, rates with their intervals.

use greenmark::stats::clopper_pearson;
use serde::{Deserialize, Serialize};

/// Returns the median; `None` of nothing.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        len if len % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

/// A mean and its standard error, from at least two values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// Its standard error: the sample's standard deviation over √n.
    pub error: f64,
    /// Values.
    pub n: usize,
}

impl Mean {
    /// `None` of fewer than two values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n < 2 {
            return None;
        }
        let value = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|x| (x - value).powi(2)).sum::<f64>() / (n - 1) as f64;
        Some(Self { value, error: (variance / n as f64).sqrt(), n })
    }

    /// Returns the 95 % interval by the normal law, which n ≥ 100 values allow.
    pub fn interval(self) -> (f64, f64) {
        (self.value - 1.96 * self.error, self.value + 1.96 * self.error)
    }
}

/// Hits among n, with the exact 95 % interval of Clopper and Pearson.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Hits.
    pub hits: u64,
    /// Number of trials.
    pub n: u64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Rate {
    /// `None` of nothing.
    pub fn of(hits: impl Iterator<Item = bool>) -> Option<Self> {
        let (mut count, mut n) = (0, 0);
        for hit in hits {
            n += 1;
            count += u64::from(hit);
        }
        let (low, high) = clopper_pearson(count, n, 0.95).ok().filter(|_| n > 0)?;
        Some(Self { hits: count, n, low, high })
    }

    /// hits / n.
    pub fn value(self) -> f64 {
        self.hits as f64 / self.n as f64
    }
}

/// Returns each item once, in the order of its first coming.
pub(crate) fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut all = Vec::new();
    for item in items {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_few_values() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(Mean::of(&[1.0]), None);
        let mean = Mean::of(&[1.0, 2.0, 3.0, 4.0]).expect("four values");
        assert!((mean.value - 2.5).abs() < 1e-12 && (mean.error - (5.0f64 / 3.0 / 4.0).sqrt()).abs() < 1e-12);
        let rate = Rate::of([true, false, true, true].into_iter()).expect("four");
        assert_eq!((rate.hits, rate.n), (3, 4));
        assert!(rate.low < 0.75 && rate.high > 0.75);
        assert_eq!(Rate::of(std::iter::empty()), None);
    }
}
