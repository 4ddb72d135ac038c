//! As much English as attacks on words need.

use super::split::{Words, in_case_of};

/// Words that hold a sentence together and have no synonyms that fit everywhere; ascending.
#[rustfmt::skip]
const FUNCTION: &[&str] = &[
    "a", "about", "above", "across", "after", "again", "against", "ago", "all", "almost", "along", "already", "also",
    "although", "always", "am", "among", "an", "and", "another", "any", "anybody", "anyone", "anything", "are",
    "around", "as", "at", "away", "back", "be", "because", "been", "before", "behind", "being", "below", "beneath",
    "beside", "between", "beyond", "both", "but", "by", "can", "cannot", "could", "did", "do", "does", "doing",
    "done", "down", "during", "each", "either", "else", "enough", "even", "ever", "every", "everybody", "everyone",
    "everything", "except", "few", "first", "five", "for", "four", "from", "get", "gets", "getting", "got", "had",
    "has", "have", "having", "he", "her", "here", "hers", "herself", "him", "himself", "his", "how", "i", "if", "in",
    "into", "is", "it", "its", "itself", "just", "least", "less", "let", "like", "many", "may", "me", "might", "mine",
    "more", "most", "much", "must", "my", "myself", "near", "neither", "never", "no", "nobody", "none", "nor", "not",
    "nothing", "now", "of", "off", "often", "on", "once", "one", "ones", "only", "onto", "or", "other", "others",
    "ought", "our", "ours", "ourselves", "out", "over", "own", "per", "quite", "rather", "same", "second", "shall",
    "she", "should", "since", "so", "some", "somebody", "someone", "something", "still", "such", "than", "that",
    "the", "their", "theirs", "them", "themselves", "then", "there", "these", "they", "this", "those", "though",
    "three", "through", "thus", "till", "to", "together", "too", "toward", "towards", "two", "under", "unless",
    "until", "up", "upon", "us", "very", "was", "we", "well", "were", "what", "whatever", "when", "where", "whether",
    "which", "while", "who", "whom", "whose", "why", "will", "with", "within", "without", "would", "yet", "you",
    "your", "yours", "yourself", "yourselves",
];

/// Returns true if a word, in small letters, is a function word: “the”, “of”, “is”.
pub(super) fn is_function_word(word: &str) -> bool {
    FUNCTION.binary_search(&word).is_ok()
}

/// Of each word, whether a sentence, a line or a quotation begins with it, so that its capital says
/// nothing.
pub(super) fn openings(words: &Words<'_>) -> Vec<bool> {
    let mut from = 0;
    let mut openings = Vec::with_capacity(words.len());
    for &at in &words.at {
        let between = words.pieces[from..at].iter().flat_map(|piece| piece.chars());
        let mut is_opening = from == 0;
        for c in between {
            is_opening |= matches!(c, '.' | '!' | '?' | ':' | '…' | '\n' | '"' | '“' | '‘' | '\'');
        }
        openings.push(is_opening);
        from = at + 1;
    }
    openings
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
        assert!(FUNCTION.is_sorted() && FUNCTION.windows(2).all(|two| two[0] != two[1]));
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
