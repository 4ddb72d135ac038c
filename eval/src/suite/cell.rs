//! One mark under one attack at one length: from texts to a row of the results.

use anyhow::Result;
use greenmark::{Key, Scheme};
use greenmark_attacks::damage::{chrf, word_edit_rate};
use greenmark_text::Tokenizer;
use rayon::prelude::*;

use super::results::{ALPHAS, Estimate, PerDetector, Rate};
use crate::{
    corpus,
    summary::{Mean, median},
};

use super::attacked::Outcome;

/// Texts of one mark, asked about their keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The mark's scheme.
    pub(super) scheme: Scheme,
    /// Makes the ids.
    pub(super) tokenizer: &'a Tokenizer,
    /// Seed of the keys.
    pub(super) seed: u64,
}

impl Asked<'_> {
    /// ln p of each attacked text by each detector, under the key of the marked text of its prompt;
    /// those that were refused are left out.
    ///
    /// # Errors
    /// If a text cannot be encoded.
    pub(super) fn about(&self, attacked: &[Outcome]) -> Result<Vec<PerDetector<f64>>> {
        let of = |(index, done): (usize, &Outcome)| {
            let key: Key = corpus::key(self.seed, index as u64);
            done.as_ref().ok().map(|done| PerDetector::of(&done.text, &key, self.scheme, self.tokenizer))
        };
        attacked.par_iter().enumerate().filter_map(of).collect()
    }
}

/// Returns the share of texts with p ≤ α, by α, of each detector; `None` of no text.
pub(super) fn rates(asked: &[PerDetector<f64>]) -> Option<PerDetector<[Rate; 3]>> {
    let of = |ln_p: fn(&PerDetector<f64>) -> f64| -> Option<[Rate; 3]> {
        let rate = |alpha: f64| Rate::of(asked.iter().map(|asked| ln_p(asked) <= alpha.ln())).map(Rate::rounded);
        let rates: Option<Vec<Rate>> = ALPHAS.into_iter().map(rate).collect();
        rates?.try_into().ok()
    };
    each(of)
}

/// Returns each detector's median ln p; `None` of no text.
pub(super) fn medians(asked: &[PerDetector<f64>]) -> Option<PerDetector<f64>> {
    each(|ln_p| median(asked.iter().map(ln_p).collect()))
}

/// Chance that a marked text has a smaller p than an unmarked one, ties counted half, by each
/// detector; `None` where either are none.
pub(super) fn auc(marked: &[PerDetector<f64>], unmarked: &[PerDetector<f64>]) -> Option<PerDetector<f64>> {
    each(|ln_p| mann_whitney(marked.iter().map(ln_p), unmarked.iter().map(ln_p).collect()))
}

/// Returns the same of every detector.
fn each<T>(of: impl Fn(fn(&PerDetector<f64>) -> f64) -> Option<T>) -> Option<PerDetector<T>> {
    Some(PerDetector {
        whole: of(|asked| asked.whole)?,
        search: of(|asked| asked.search)?,
        normalised: of(|asked| asked.normalised)?,
        stream: of(|asked| asked.stream)?,
        detect: of(|asked| asked.detect)?,
    })
}

/// Mann and Whitney's statistic over the number of pairs.
fn mann_whitney(smaller: impl ExactSizeIterator<Item = f64>, mut greater: Vec<f64>) -> Option<f64> {
    greater.sort_by(f64::total_cmp);
    let pairs = smaller.len() * greater.len();
    if pairs == 0 {
        return None;
    }
    let wins = smaller.map(|p| {
        let (below, up_to) =
            (greater.partition_point(|&other| other < p), greater.partition_point(|&other| other <= p));
        (greater.len() - up_to) as f64 + (up_to - below) as f64 / 2.0
    });
    Some(wins.sum::<f64>() / pairs as f64)
}

/// Returns the damage that the texts alone show: words edited, and chrF2.
pub(super) fn wear(before: &[String], after: &[Outcome]) -> (Option<Estimate>, Option<Estimate>) {
    let pairs: Vec<(&String, &str)> =
        before.iter().zip(after).filter_map(|(before, after)| Some((before, &*after.as_ref().ok()?.text))).collect();
    let edits: Option<Vec<f64>> = pairs.par_iter().map(|(before, after)| word_edit_rate(before, after)).collect();
    let chrfs: Vec<f64> = pairs.par_iter().map(|(before, after)| chrf(before, after)).collect();
    (edits.and_then(|edits| mean(&edits)), mean(&chrfs))
}

/// Returns the mean of at least two values.
pub(super) fn mean(values: &[f64]) -> Option<Estimate> {
    Mean::of(values).map(Estimate::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(ln_p: f64) -> PerDetector<f64> {
        PerDetector { whole: ln_p, search: ln_p, normalised: ln_p, stream: 0.0, detect: ln_p }
    }

    #[test]
    fn a_cell_counts() {
        let marked = [-20.0, -10.0, -5.0, 0.0].map(asked);
        let counted = rates(&marked).expect("four");
        assert_eq!(counted.detect.map(|rate| rate.hits), [3, 2, 1]);
        assert_eq!(counted.stream.map(|rate| rate.hits), [0, 0, 0]);
        assert_eq!(medians(&marked).expect("four").whole, -7.5);
        // Of eight pairs: 2 + 2 + (½ + 1) + (0 + ½).
        assert_eq!(auc(&marked, &[-5.0, 0.0].map(asked)).expect("both").detect, 0.75);
        assert!(rates(&[]).is_none() && medians(&[]).is_none() && auc(&marked, &[]).is_none());
    }
}
