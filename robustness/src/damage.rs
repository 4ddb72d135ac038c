//! What an attack does to a text, whatever it does to the mark.

/// Words beyond which the distance is not computed: it takes time with the product of the lengths.
const LONGEST: usize = 20_000;

/// Word edit distance as a share: insertions, deletions and replacements of words that lead from one text to the other, least in number,
/// over the words of the longer one. In [0, 1]; 0 for texts of the same words, `None` beyond 20,000 words.
///
/// Words are what stands between white space, so a changed comma changes a word. Levenshtein 1966; on words, the WER of speech recognition
/// but for the denominator.
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
    // Distances from the words of `before` seen so far to every beginning of `after`.
    let mut row: Vec<usize> = (0..=after.len()).collect();
    for (i, word) in before.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in after.iter().enumerate() {
            let replaced = diagonal + usize::from(word != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    Some(row[after.len()] as f64 / longest as f64)
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
}
