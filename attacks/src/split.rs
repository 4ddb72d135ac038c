//! A text as words and what stands between them. UAX #29.

use unicode_segmentation::UnicodeSegmentation;

/// The pieces of a text, which put together are the text again.
pub(super) struct Words<'t> {
    pub(super) text: &'t str,
    pub(super) pieces: Vec<&'t str>,
    /// Which pieces are words.
    pub(super) at: Vec<usize>,
}

impl<'t> Words<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let pieces: Vec<&str> = text.split_word_bounds().collect();
        let at = (0..pieces.len()).filter(|&i| is_word(pieces[i])).collect();
        Self { text, pieces, at }
    }

    pub(super) fn len(&self) -> usize {
        self.at.len()
    }
}

fn is_word(piece: &str) -> bool {
    piece.chars().any(char::is_alphanumeric)
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
