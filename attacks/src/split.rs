//! A text as words and what stands between them. UAX #29.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// The pieces of a text, which put together are the text again.
pub(super) struct Words<'t> {
    pub(super) text: &'t str,
    pub(super) pieces: Vec<&'t str>,
    /// Byte at which each piece begins.
    starts: Vec<usize>,
    /// Indices of the pieces that are words.
    pub(super) at: Vec<usize>,
}

impl<'t> Words<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let (starts, pieces): (Vec<usize>, Vec<&str>) = text.split_word_bound_indices().unzip();
        let at = (0..pieces.len()).filter(|&i| pieces[i].contains(char::is_alphanumeric)).collect();
        Self { text, pieces, starts, at }
    }

    pub(super) fn len(&self) -> usize {
        self.at.len()
    }

    /// Returns the byte at which a word begins; behind the last word, the end of the text.
    pub(super) fn start(&self, word: usize) -> usize {
        self.at.get(word).map_or(self.text.len(), |&at| self.starts[at])
    }

    /// Returns the bytes of a word.
    pub(super) fn place(&self, word: usize) -> Range<usize> {
        let start = self.start(word);
        start..start + self.pieces[self.at[word]].len()
    }

    /// Returns the bytes of each word.
    pub(super) fn places(&self) -> Vec<Range<usize>> {
        (0..self.len()).map(|word| self.place(word)).collect()
    }
}

/// Returns a word in the case of another: small, with a capital, or in capitals throughout.
pub(super) fn in_case_of(word: &str, model: &str) -> String {
    let mut letters = model.chars().filter(|c| c.is_alphabetic());
    match letters.next() {
        Some(first) if first.is_uppercase() => {
            let rest: Vec<char> = letters.collect();
            if !rest.is_empty() && rest.iter().all(|c| c.is_uppercase()) {
                return word.to_uppercase();
            }
            let mut chars = word.chars();
            chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
        }
        _ => word.to_owned(),
    }
}

/// Returns true if most letters of a text are Latin, or if it has none.
pub(super) fn is_latin(text: &str) -> bool {
    let (mut latin, mut letters) = (0u64, 0u64);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        letters += 1;
        latin += u64::from(c.is_ascii() || matches!(c, '\u{c0}'..='\u{24f}'));
    }
    2 * latin >= letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_text() {
        let text = "Don't — it's 3.14, 日本語 «é»!\n";
        let words = Words::of(text);
        assert_eq!(words.pieces.concat(), text);
        let found: Vec<&str> = words.at.iter().map(|&at| words.pieces[at]).collect();
        assert_eq!(found, ["Don't", "it's", "3.14", "日", "本", "語", "é"]);
    }

    #[test]
    fn a_word_takes_the_case_of_another() {
        assert_eq!(in_case_of("house", "Tree"), "House");
        assert_eq!(in_case_of("house", "TREE"), "HOUSE");
        assert_eq!(in_case_of("house", "tree"), "house");
        assert_eq!(in_case_of("house", "I"), "House");
        assert_eq!(in_case_of("house", "12"), "house");
    }

    #[test]
    fn scripts_are_told_apart() {
        assert!(is_latin("") && is_latin("12") && is_latin("naïve Straße"));
        assert!(!is_latin("Привет, world"));
    }
}
