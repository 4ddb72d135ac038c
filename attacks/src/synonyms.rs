//! Words give way to synonyms out of WordNet.
//!
//! A word is taken in the most frequent sense of its most frequent part of speech; what comes in
//! shares that sense and takes the word's form: houses become homes, and began becomes started.
//! Names, words that hold a sentence together and parts of set phrases stay.
//!
//! WordNet 3.0 (Miller 1995, doi:10.1145/219717.219748) is read where it is installed (Debian's
//! `wordnet-base`); nothing of it is here.

mod forms;
mod wordnet;

use std::path::{Path, PathBuf};

use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use self::{
    forms::{Form, Reading, inflected, readings},
    wordnet::{Pos, WordNet},
};
use crate::{
    attack::{About, Attack, AttackError, Attacked, Strength, refuse_other_scripts, rng_of},
    descriptions::described,
    english::{ENGLISH, agreeing, is_function_word, is_name, openings},
    links::linked,
    places::{below, struck},
    split::{Words, in_case_of},
};

pub(super) const NAME: &str = "synonyms";

/// Usual folders of WordNet's files.
const FOLDERS: [&str; 3] = ["/usr/share/wordnet", "/usr/share/wordnet/dict", "/usr/local/WordNet-3.0/dict"];

/// Returns the folder of WordNet's files: `$WNSEARCHDIR`, `$WNHOME/dict`, or where it is usually
/// installed.
///
/// # Errors
/// [`AttackError::Unavailable`], with what to install.
pub(crate) fn wordnet_path() -> Result<PathBuf, AttackError> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = [variable("WNSEARCHDIR"), variable("WNHOME").map(|home| home.join("dict"))];
    let mut folders = named.into_iter().flatten().chain(FOLDERS.map(PathBuf::from));
    folders.find(|folder| holds(folder)).ok_or_else(|| missing(Path::new(FOLDERS[0])))
}

fn holds(folder: &Path) -> bool {
    folder.join("data.noun").is_file()
}

fn missing(folder: &Path) -> AttackError {
    let folder = folder.display();
    unavailable(format!(
        "WordNet is not in {folder}: install it (Debian: apt install wordnet-base), or name its folder"
    ))
}

fn unavailable(reason: String) -> AttackError {
    AttackError::Unavailable { attack: NAME, reason }
}

/// The attack with its thesaurus.
///
/// A word is a place if three in four of its uses in tagged texts are of one part of speech, as far
/// as the word before allows it, its most frequent sense has another single word in it, and that
/// word's form is clear. Capitals are kept, and “a” and “an” before a word follow it.
pub(crate) struct Synonyms {
    wordnet: WordNet,
}

impl Synonyms {
    /// Reads WordNet's files.
    ///
    /// - `folder`: where they are; by default, where [`wordnet_path`] finds them.
    ///
    /// # Errors
    /// [`AttackError::Unavailable`] if they are not there, or are not WordNet's.
    pub(crate) fn new(folder: Option<&Path>) -> Result<Self, AttackError> {
        let folder = folder.map_or_else(wordnet_path, |folder| Ok(folder.to_owned()))?;
        if !holds(&folder) {
            return Err(missing(&folder));
        }
        let wordnet = WordNet::load(&folder).map_err(unavailable)?;
        Ok(Self { wordnet })
    }

    /// Returns the synonyms of each word with their frequencies: `[words]`, empty if there are
    /// none.
    ///
    /// - `linked`: of each word, whether it belongs to a link.
    fn choices(&self, words: &Words<'_>, linked: &[bool]) -> Vec<Vec<(String, u32)>> {
        let small: Vec<String> = words.at.iter().map(|&at| words.pieces[at].to_lowercase()).collect();
        let openings = openings(words);
        (0..words.len())
            .map(|i| {
                let (at, word) = (words.at[i], &*small[i]);
                let is_plain = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
                let joins =
                    |side: Option<&&str>| side.is_some_and(|piece| matches!(*piece, "-" | "_" | "/" | "@" | "’" | "'"));
                let is_joined = joins(words.pieces.get(at + 1)) || at > 0 && joins(words.pieces.get(at - 1));
                if linked[i]
                    || !is_plain
                    || is_joined
                    || is_function_word(word)
                    || is_name(words.pieces[at], openings[i])
                {
                    return Vec::new();
                }
                let before = i.checked_sub(1).map(|before| &*small[before]);
                let Some(reading) = self.reading(word, before) else { return Vec::new() };
                let has_capital = words.pieces[at].starts_with(char::is_uppercase);
                let next = small.get(i + 1).map(String::as_str);
                let is_part = |word: &str| {
                    next.is_some_and(|next| self.wordnet.is_pair(word, next))
                        || before.is_some_and(|before| self.wordnet.is_pair(before, word))
                };
                if has_capital && self.wordnet.has_capital(&reading.lemma) || is_part(&reading.lemma) || is_part(word) {
                    return Vec::new();
                }
                self.alike(&reading, before)
            })
            .collect()
    }

    /// Returns the reading of a word if the word before and the frequencies of its readings make it
    /// clear.
    fn reading(&self, word: &str, before: Option<&str>) -> Option<Reading> {
        let follows = |words: &[&str]| before.is_some_and(|before| words.contains(&before));
        let frequency = |reading: &Reading| self.wordnet.frequency(reading.pos, &reading.lemma);
        let mut all = readings(&self.wordnet, word);
        all.retain(|reading| match reading.pos {
            Pos::Verb => {
                !follows(&ENGLISH.before_nouns)
                    || !reading.forms.iter().all(|form| [Form::Base, Form::Third].contains(form))
            }
            Pos::Noun | Pos::Adjective => !follows(&ENGLISH.before_verbs),
            Pos::Adverb => true,
        });
        // Of one part of speech the most frequent: “larger” is a lemma, and of “large”.
        let total: u32 = all.iter().map(frequency).sum();
        let first = all.iter().rev().max_by_key(|reading| frequency(reading))?.clone();
        let alike: u32 = all.iter().filter(|reading| reading.pos == first.pos).map(frequency).sum();
        let is_alone = all.iter().all(|reading| reading.pos == first.pos);
        (is_alone || total > 0 && 4 * alike >= 3 * total).then_some(first)
    }

    /// Synonyms in the form of a reading.
    fn alike(&self, reading: &Reading, before: Option<&str>) -> Vec<(String, u32)> {
        let mut forms = reading.forms.clone();
        if forms.contains(&Form::Past) && forms.contains(&Form::Participle) {
            let is_helped = before.is_some_and(|before| ENGLISH.helpers.contains(&before) || before.ends_with("n't"));
            forms.retain(|&form| form != if is_helped { Form::Past } else { Form::Participle });
        }
        let synonyms = self.wordnet.synonyms(reading.pos, &reading.lemma).into_iter();
        synonyms
            .filter_map(|(lemma, count)| {
                let mut made = forms.iter().map(|&form| inflected(&self.wordnet, reading.pos, lemma, form));
                let first = made.next()?;
                made.all(|other| other == first).then_some((first, count))
            })
            .collect()
    }
}

impl Attack for Synonyms {
    fn about(&self) -> About {
        described(NAME)
    }

    fn options(&self) -> Map<String, Value> {
        json!({ "wordnet": self.wordnet.version() }).as_object().cloned().unwrap_or_default()
    }

    fn attack(&mut self, texts: &[&str], strength: Strength, seed: u64) -> Vec<Result<Attacked, AttackError>> {
        let attack = |text: &&str| {
            refuse_other_scripts(NAME, text)?;
            let mut rng = rng_of(NAME, seed);
            let words = Words::of(text);
            let linked = linked(&words);
            let choices = self.choices(&words, &linked);
            let places: Vec<usize> = (0..words.len()).filter(|&i| !choices[i].is_empty()).collect();
            let struck = struck(places.len(), strength, &mut rng);
            let mut pieces: Vec<String> = words.pieces.iter().map(|&piece| piece.to_owned()).collect();
            for (_, &i) in struck.iter().zip(&places).filter(|(struck, _)| **struck) {
                let at = words.at[i];
                pieces[at] = in_case_of(drawn(&choices[i], &mut rng), words.pieces[at]);
                if let Some(article) = i
                    .checked_sub(1)
                    .filter(|&before| !linked[before])
                    .map(|before| words.at[before])
                    .filter(|&article| article + 2 == at)
                    && let Some(agreeing) = agreeing(words.pieces[article], &pieces[at])
                {
                    pieces[article] = agreeing;
                }
            }
            Ok(Attacked::of(pieces.concat(), &struck))
        };
        texts.iter().map(attack).collect()
    }
}

/// Returns one of several, as often as it is used.
fn drawn<'c>(choices: &'c [(String, u32)], rng: &mut ChaCha8Rng) -> &'c str {
    let total: u32 = choices.iter().map(|(_, count)| count).sum();
    let mut left = below(total as usize, rng) as u32;
    let found = choices.iter().find(|(_, count)| {
        let is_here = left < *count;
        left = left.saturating_sub(*count);
        is_here
    });
    &found.expect("the counts add up to their total").0
}

#[cfg(test)]
mod tests;
