//! Repetition within a text, and resemblance between texts.

use std::collections::{HashMap, HashSet};

use greenmark::TokenId;

/// Returns the share of a text's n-grams that stood in it before: 0 where none comes twice.
///
/// - `n`: ≥ 1. A text shorter than n has none, and repeats nothing.
pub fn repeated_ngrams(text: &[TokenId], n: usize) -> f64 {
    let ngrams = text.windows(n);
    let count = ngrams.len();
    if count == 0 {
        return 0.0;
    }
    1.0 - ngrams.collect::<HashSet<_>>().len() as f64 / count as f64
}

/// Different n-grams over all n-grams of a text, in (0, 1]: 1 where none comes twice. Li et al.
/// 2016 (distinct-n), of one text.
///
/// - `n`: ≥ 1. A text shorter than n has none, and 1.
pub fn distinct_ngrams(text: &[TokenId], n: usize) -> f64 {
    1.0 - repeated_ngrams(text, n)
}

/// Self-BLEU: the BLEU-4 of each text against all the others, on average; 1 where all are equal,
/// near 0 where they share no phrase.
///
/// BLEU of token ids as Papineni et al. 2002 define it (clipped precisions of 1- to 4-grams,
/// geometric mean, brevity penalty against the closest length), a precision of 0 counted as
/// 1/(2·n-grams), which is NIST's smoothing. `None` for fewer than two texts. Zhu et al. 2018
/// (Texygen).
pub fn self_bleu(texts: &[Vec<TokenId>]) -> Option<f64> {
    if texts.len() < 2 {
        return None;
    }
    let scores = (0..texts.len()).map(|i| {
        let others: Vec<&[TokenId]> =
            texts.iter().enumerate().filter(|&(j, _)| j != i).map(|(_, text)| text.as_slice()).collect();
        bleu(&texts[i], &others)
    });
    Some(scores.sum::<f64>() / texts.len() as f64)
}

const LONGEST: usize = 4;

fn bleu(text: &[TokenId], references: &[&[TokenId]]) -> f64 {
    if text.is_empty() {
        return 0.0;
    }
    let mut ln_precision = 0.0;
    for n in 1..=LONGEST {
        let total = text.len().saturating_sub(n - 1);
        let mut most = HashMap::new();
        for reference in references {
            for (ngram, count) in counts(reference, n) {
                let best = most.entry(ngram).or_insert(0);
                *best = count.max(*best);
            }
        }
        let clipped =
            counts(text, n).into_iter().map(|(ngram, count)| count.min(most.get(ngram).copied().unwrap_or(0)));
        let precision = match clipped.sum::<usize>() {
            0 => 0.5 / total.max(1) as f64,
            hits => hits as f64 / total as f64,
        };
        ln_precision += precision.ln() / LONGEST as f64;
    }
    let closest = references.iter().map(|r| r.len()).min_by_key(|&len| len.abs_diff(text.len())).unwrap_or(0);
    let ln_brevity = (1.0 - closest as f64 / text.len() as f64).min(0.0);
    (ln_precision + ln_brevity).exp()
}

fn counts(text: &[TokenId], n: usize) -> HashMap<&[TokenId], usize> {
    let mut counts = HashMap::new();
    for ngram in text.windows(n) {
        *counts.entry(ngram).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetition_is_of_ngrams() {
        assert_eq!(repeated_ngrams(&[1, 2, 3, 4, 5], 4), 0.0);
        assert_eq!(repeated_ngrams(&[1, 2, 1, 2, 1, 2], 2), 1.0 - 2.0 / 5.0);
        assert_eq!(repeated_ngrams(&[1, 2], 4), 0.0);
        assert_eq!(repeated_ngrams(&[7; 13], 4), 0.9);
    }

    #[test]
    fn self_bleu_is_one_for_copies_and_small_for_strangers() {
        let text: Vec<TokenId> = (0..40).collect();
        let copies = self_bleu(&[text.clone(), text.clone(), text.clone()]).expect("three texts");
        assert!((copies - 1.0).abs() < 1e-12);
        let strangers: Vec<Vec<TokenId>> = (0..3).map(|i| (100 * i..100 * i + 40).collect()).collect();
        assert!(self_bleu(&strangers).expect("three texts") < 0.02);
        assert_eq!(self_bleu(&[text]), None);
    }

    #[test]
    fn bleu_by_hand() {
        // 1-grams 4 of 5, 2-grams 3 of 4, 3-grams 2 of 3, 4-grams 1 of 2; as long as the reference.
        let found = bleu(&[1, 2, 3, 4, 9], &[&[1, 2, 3, 4, 5]]);
        let expected = (0.8f64 * 0.75 * (2.0 / 3.0) * 0.5).powf(0.25);
        assert!((found - expected).abs() < 1e-12);
        // Shorter than the reference by a half: the brevity penalty is e^-1.
        let short = bleu(&[1, 2, 3, 4, 5], &[&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
        assert!((short - (-1.0f64).exp()).abs() < 1e-12);
    }
}
