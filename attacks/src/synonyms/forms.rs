//! Forms of English words: what a form is a form of, and the same form of another word.

use super::wordnet::{Pos, WordNet};
use crate::english::ENGLISH;

/// A form of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Base,
    /// Of a noun: houses, men.
    Plural,
    /// Of a verb: goes.
    Third,
    /// Going.
    Gerund,
    /// Went.
    Past,
    /// Gone.
    Participle,
    /// Of an adjective: bigger, more useful.
    Comparative,
    /// Biggest, most useful.
    Superlative,
}

impl Form {
    fn of(pos: Pos) -> &'static [Self] {
        match pos {
            Pos::Noun => &[Self::Base, Self::Plural],
            Pos::Verb => &[Self::Base, Self::Third, Self::Gerund, Self::Past, Self::Participle],
            Pos::Adjective => &[Self::Base, Self::Comparative, Self::Superlative],
            Pos::Adverb => &[Self::Base],
        }
    }
}

/// A reading of a word in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) pos: Pos,
    pub(super) lemma: String,
    /// Forms of the lemma that look so: of most verbs the past and the participle do.
    pub(super) forms: Vec<Form>,
}

/// Returns all that a word in small letters might be a form of. A form is recognised if it is the
/// one that would be made.
pub(super) fn readings(wordnet: &WordNet, word: &str) -> Vec<Reading> {
    let mut readings: Vec<Reading> = Vec::new();
    for pos in Pos::ALL {
        let by_rule = ENGLISH.endings[pos.suffix()]
            .iter()
            .filter_map(|(end, other)| Some(word.strip_suffix(end)?.to_owned() + other));
        let irregular = wordnet.lemmas_of(pos, word).iter().map(ToString::to_string);
        for lemma in std::iter::once(word.to_owned()).chain(irregular).chain(by_rule) {
            if !wordnet.knows(pos, &lemma) || readings.iter().any(|known| known.pos == pos && known.lemma == lemma) {
                continue;
            }
            let forms = Form::of(pos).iter().copied().filter(|&form| inflected(wordnet, pos, &lemma, form) == word);
            let forms: Vec<Form> = forms.collect();
            if !forms.is_empty() {
                readings.push(Reading { pos, lemma, forms });
            }
        }
    }
    readings
}

/// Returns a form of a lemma: an irregular one if it has any.
pub(super) fn inflected(wordnet: &WordNet, pos: Pos, lemma: &str, form: Form) -> String {
    let usual = wordnet.irregular(pos, lemma).iter().map(|form| &**form);
    let irregular: Vec<&str> =
        usual.filter(|form| !ENGLISH.unusual.contains(form) && (!form.contains('-') || lemma.contains('-'))).collect();
    let ending = |end: &str| irregular.iter().find(|form| form.ends_with(end)).map(|form| (*form).to_owned());
    match form {
        Form::Base => lemma.to_owned(),
        Form::Plural => irregular.first().map_or_else(|| with_s(lemma, false), |form| (*form).to_owned()),
        Form::Third => with_s(lemma, true),
        Form::Gerund => ending("ing").unwrap_or_else(|| with_ing(lemma)),
        Form::Past | Form::Participle => {
            let past: Vec<&str> = irregular.into_iter().filter(|form| !form.ends_with("ing")).collect();
            past_of(lemma, &past, form)
        }
        Form::Comparative => ending("er").unwrap_or_else(|| compared(lemma, "er", "more")),
        Form::Superlative => ending("est").unwrap_or_else(|| compared(lemma, "est", "most")),
    }
}

/// - `irregular`: all forms that are neither regular nor gerunds. The lists do not say which is
///   which: participles end as “taken” does, or have the “u” of “sung” beside “sang”.
fn past_of(lemma: &str, irregular: &[&str], form: Form) -> String {
    let participle = irregular
        .iter()
        .find(|form| ["en", "wn", "rn", "ne", "in"].iter().any(|end| form.ends_with(end)))
        .or_else(|| {
            let has_other = |vowel| irregular.iter().any(|form| form.contains(vowel));
            irregular.iter().find(|form| form.contains('u') && has_other('a') && !form.contains('a'))
        });
    let past = irregular.iter().find(|form| Some(form) != participle.as_ref());
    let is_like_come = lemma.ends_with("come") || lemma.ends_with("run");
    match form {
        Form::Participle if is_like_come => lemma.to_owned(),
        Form::Participle if participle.is_some() => (*participle.expect("it is some")).to_owned(),
        _ if ENGLISH.unchanged.contains(&lemma) => lemma.to_owned(),
        _ => past.map_or_else(|| with_ed(lemma), |form| (*form).to_owned()),
    }
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u')
}

/// The last letters of a word are a consonant and this.
fn ends_after_consonant(word: &str, end: char) -> bool {
    let letters = word.as_bytes();
    word.ends_with(end) && letters.len() > 1 && !is_vowel(letters[letters.len() - 2])
}

fn with_s(word: &str, is_verb: bool) -> String {
    if ends_after_consonant(word, 'y') {
        return word[..word.len() - 1].to_owned() + "ies";
    }
    let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end));
    // Of nouns in “o” the lists have those with “es”.
    word.to_owned() + if hisses || (is_verb && ends_after_consonant(word, 'o')) { "es" } else { "s" }
}

/// One syllable that ends as “stop” does. The lists have the longer words that double their last
/// letter.
fn doubles(word: &str) -> bool {
    let letters = word.as_bytes();
    let [.., before, vowel, last] = letters else { return false };
    let vowels = letters.iter().filter(|&&letter| is_vowel(letter) || letter == b'y').count();
    vowels == 1 && !is_vowel(*before) && is_vowel(*vowel) && !is_vowel(*last) && !matches!(last, b'w' | b'x' | b'y')
}

fn doubled(word: &str) -> String {
    let last = word.chars().next_back().filter(|_| doubles(word));
    word.chars().chain(last).collect()
}

fn with_ed(word: &str) -> String {
    match word {
        _ if word.ends_with('e') => word.to_owned() + "d",
        _ if ends_after_consonant(word, 'y') => word[..word.len() - 1].to_owned() + "ied",
        _ => doubled(word) + "ed",
    }
}

fn with_ing(word: &str) -> String {
    match word {
        _ if word.ends_with("ie") => word[..word.len() - 2].to_owned() + "ying",
        _ if word.ends_with('e') && !["ee", "oe", "ye"].iter().any(|end| word.ends_with(end)) && word != "be" => {
            word[..word.len() - 1].to_owned() + "ing"
        }
        _ => doubled(word) + "ing",
    }
}

fn compared(word: &str, end: &str, more: &str) -> String {
    let vowels = word.bytes().collect::<Vec<u8>>();
    let syllables = vowels.chunk_by(|&a, &b| is_vowel(a) == is_vowel(b)).filter(|run| is_vowel(run[0])).count();
    // A last “e” is silent, and “simple” is compared as “big” is.
    let is_silent = word.ends_with('e');
    match word {
        _ if ends_after_consonant(word, 'y') && syllables <= 1 => word[..word.len() - 1].to_owned() + "i" + end,
        _ if syllables > 1 + usize::from(is_silent) => format!("{more} {word}"),
        _ if word.ends_with('e') => word.to_owned() + &end[1..],
        _ => doubled(word) + end,
    }
}
