//! As much English as attacks on words need.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde::Deserialize;

use super::split::{Words, in_case_of};

/// Lists of English words.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct English {
    /// Words that hold a sentence together and have no synonyms that fit everywhere.
    function_words: HashSet<&'static str>,
    /// Words that no verb follows in its base or its third person.
    pub(super) before_nouns: Vec<&'static str>,
    /// Words that neither a noun nor an adjective follows.
    pub(super) before_verbs: Vec<&'static str>,
    /// Words before a participle rather than a past.
    pub(super) helpers: Vec<&'static str>,
    /// Irregular forms in WordNet's lists that few would write today, or write for a word's usual
    /// sense.
    pub(super) unusual: Vec<&'static str>,
    /// Verbs whose past looks like themselves; WordNet's lists leave them out.
    pub(super) unchanged: Vec<&'static str>,
    /// Endings of each part of speech, as WordNet's files name it, and the endings of their lemmas:
    /// the rules of morphy(7WN).
    pub(super) endings: HashMap<&'static str, Vec<(&'static str, &'static str)>>,
    /// Openings of a line that leads up to an answer, which must end in a colon.
    pub(super) leads: Vec<&'static str>,
    /// Two words, and the one that stands for them.
    pub(super) contractions: Vec<(&'static str, &'static str)>,
    /// Words and a common misspelling of each.
    pub(super) misspellings: HashMap<&'static str, &'static str>,
}

pub(super) static ENGLISH: LazyLock<English> =
    LazyLock::new(|| serde_json::from_str(include_str!("data/english.json")).expect("the file is sound"));

/// Returns true if a word, in small letters, is a function word: “the”, “of”, “is”.
pub(super) fn is_function_word(word: &str) -> bool {
    ENGLISH.function_words.contains(word)
}

/// Of each word, whether a sentence, a line or a quotation begins with it, so that its capital says
/// nothing.
pub(super) fn openings(words: &Words<'_>) -> Vec<bool> {
    let opening = ['.', '!', '?', ':', '…', '\n', '"', '“', '‘', '\''];
    let mut from = 0;
    let openings = words.at.iter().map(|&at| {
        let is_opening = from == 0 || words.pieces[from..at].iter().any(|piece| piece.contains(opening));
        from = at + 1;
        is_opening
    });
    openings.collect()
}

/// Returns true if a word's capitals make it a name or an abbreviation. “I” is neither.
pub(super) fn is_name(word: &str, opens: bool) -> bool {
    let mut letters = word.chars();
    let first = letters.next().is_some_and(char::is_uppercase);
    word != "I" && (letters.any(char::is_uppercase) || (first && !opens))
}

/// The article that a word wants, where `article` is one that depends on it.
pub(super) fn agreeing(article: &str, word: &str) -> Option<String> {
    matches!(&*article.to_lowercase(), "a" | "an")
        .then(|| in_case_of(if begins_with_vowel(&word.to_lowercase()) { "an" } else { "a" }, &article[..1]))
}

/// By sound, as far as letters tell.
fn begins_with_vowel(word: &str) -> bool {
    const LIKE_YOU: [&str; 9] = ["uni", "use", "usu", "uti", "eu", "ewe", "one", "once", "ubi"];
    const SILENT: [&str; 5] = ["hour", "honest", "honor", "honour", "heir"];
    // “unimportant” begins like “under”.
    const LIKE_UNDER: [&str; 4] = ["unim", "unin", "unid", "unir"];
    let begins = |with: &[&str]| with.iter().any(|with| word.starts_with(with));
    (word.starts_with(['a', 'e', 'i', 'o', 'u']) && (!begins(&LIKE_YOU) || begins(&LIKE_UNDER))) || begins(&SILENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_words_are_found() {
        assert!(is_function_word("the") && is_function_word("yourselves") && !is_function_word("house"));
    }

    #[test]
    fn capitals_at_an_opening_say_nothing() {
        let text = "The old man, John, met Mary. She said: \"Come!\" I did\nToday";
        let words = Words::of(text);
        let openings = openings(&words);
        let names: Vec<&str> = words
            .at
            .iter()
            .zip(openings)
            .map(|(&at, opens)| (words.pieces[at], opens))
            .filter(|(word, opens)| is_name(word, *opens))
            .map(|(word, _)| word)
            .collect();
        assert_eq!(names, ["John", "Mary"]);
        assert!(is_name("NATO", true));
    }

    #[test]
    fn articles_agree_by_sound() {
        for (article, word, expected) in [
            ("a", "important", "an"),
            ("an", "big", "a"),
            ("An", "useful", "A"),
            ("A", "hour", "An"),
            ("a", "unimportant", "an"),
            ("an", "European", "a"),
        ] {
            assert_eq!(agreeing(article, word).as_deref(), Some(expected), "{word}");
        }
        assert_eq!(agreeing("the", "important"), None);
    }
}
