//! Damage that an attack does to a text, apart from the mark.

use std::collections::HashMap;

/// Words beyond which the distance is not computed: it takes time with the product of the lengths.
const LONGEST: usize = 20_000;

/// Word edit distance as a share: insertions, deletions and replacements of words that lead from
/// one text to the other, least in number, over the words of the longer one. In [0, 1]; 0 for texts
/// of the same words, `None` beyond 20,000 words.
///
/// Words are what stands between white space, so a changed comma changes a word. Levenshtein 1966;
/// on words, the WER of speech recognition but for the denominator.
pub fn word_edit_rate(before: &str, after: &str) -> Option<f64> {
    let before: Vec<&str> = before.split_whitespace().collect();
    let after: Vec<&str> = after.split_whitespace().collect();
    let longest = before.len().max(after.len());
    if longest > LONGEST {
        return None;
    }
    if longest == 0 {
        return Some(0.0);
    }
    Some(strsim::generic_levenshtein(&before, &after) as f64 / longest as f64)
}

/// Orders of the character n-grams of [`chrf`].
const ORDERS: usize = 6;

/// chrF2: how many character n-grams of one text are the other's, in [0, 1]; 1 for texts of the
/// same characters.
///
/// n from 1 to 6, white space left out, precision and recall averaged over those n that both texts
/// are long enough for, recall weighing twice. `after` is judged by `before`. Popović 2015, as
/// sacreBLEU computes it.
pub fn chrf(before: &str, after: &str) -> f64 {
    let characters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<Vec<char>>();
    let (before, after) = (characters(before), characters(after));
    if before == after {
        return 1.0;
    }
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for n in 1..=ORDERS.min(before.len()).min(after.len()) {
        let mut left: HashMap<&[char], usize> = HashMap::new();
        for ngram in before.windows(n) {
            *left.entry(ngram).or_default() += 1;
        }
        let mut shared = 0;
        for ngram in after.windows(n) {
            if let Some(count) = left.get_mut(ngram).filter(|count| **count > 0) {
                *count -= 1;
                shared += 1;
            }
        }
        precision += shared as f64 / (after.len() + 1 - n) as f64;
        recall += shared as f64 / (before.len() + 1 - n) as f64;
        orders += 1.0;
    }
    if orders == 0.0 || precision + recall == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (precision / orders, recall / orders);
    5.0 * precision * recall / (4.0 * precision + recall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_edits_are_counted() {
        for (before, after, expected) in [
            ("", "", 0.0),
            ("a b", "", 1.0),
            ("a  b\n", " a b", 0.0),
            ("the cat sat", "the dog sat", 1.0 / 3.0),
            ("the cat sat on it", "cat sat on the", 2.0 / 5.0),
            ("a b c d", "b a c d", 0.5),
        ] {
            assert_eq!(word_edit_rate(before, after), Some(expected), "{before:?} {after:?}");
            assert_eq!(word_edit_rate(after, before), Some(expected), "{before:?} {after:?}");
        }
        assert_eq!(word_edit_rate(&"a ".repeat(LONGEST + 1), "a"), None);
    }

    #[test]
    fn chrf_is_sacrebleu_s() {
        // sacrebleu 2.6.0: CHRF().sentence_score(after, [before]).score / 100
        for (before, after, expected) in [
            ("the cat sat on the mat", "the cat sat on the mat", 1.0),
            ("the cat sat on the mat", "the dog sat on the rug", 0.431_843_442_505),
            ("a stitch in time saves nine", "time saves a stitch", 0.588_828_561_952),
            ("abc", "abd", 0.388_888_888_889),
            ("naïve Straße, 日本語", "naive Strasse, 日本", 0.419_924_519_924),
            ("a", "b", 0.0),
            ("", "b", 0.0),
        ] {
            assert!((chrf(before, after) - expected).abs() < 1e-6, "{before:?} {after:?}: {}", chrf(before, after));
        }
    }
}
