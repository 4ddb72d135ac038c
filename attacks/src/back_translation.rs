//! A text goes into another language and back, by machine.
//!
//! Sentence by sentence, through Apertium (Forcada et al. 2011, doi:10.1007/s10590-011-9090-0), a
//! translator that works by dictionaries and rules, English to Spanish and back. The strength is
//! the share of sentences that do. A translator of this kind is quick, says the same every time,
//! and is literal: pronouns get lost, words are taken in the wrong one of their senses, and what it
//! knows in one direction alone stays Spanish. Neural translators keep the sense better, and change
//! less.

mod apertium;
mod parts;

use std::time::Duration;

use serde_json::{Map, Value, json};

use self::{
    apertium::{Apertium, Pair},
    parts::{kept, parts},
};
use crate::{
    attack::{About, Attack, AttackError, Attacked, Strength, refuse_other_scripts, rng_of},
    descriptions::described,
    paraphrase::{Unit, units::units},
    places::struck,
    split::in_case_of,
};

pub(super) const NAME: &str = "back-translate";

/// There and back.
const WAY: [Pair; 2] = [Pair("eng-spa"), Pair("spa-eng")];

/// Texts at a time: a process takes longer to start than to translate a text.
const BATCH: usize = 64;

/// The attack with its translator.
///
/// A translation that is empty, or less than a third or more than three times as long as its
/// sentence, is not taken: the sentence stays and counts as unusable. White space between sentences
/// stays, and so does a capital at the beginning; within a sentence it becomes single blanks. A
/// sentence is translated in parts around what must not change or would be lost: links, signs that
/// Apertium swallows, and words of more than 1,000 characters, for which it needs time that grows
/// with the square of their length. Where there is nothing else, a sentence is no place.
#[derive(Debug)]
pub(crate) struct BackTranslation {
    apertium: Apertium,
}

impl BackTranslation {
    /// With the Apertium that is installed.
    ///
    /// - `time_limit`: how long one way of a batch of texts may take.
    ///
    /// # Errors
    /// [`AttackError::Unavailable`] if Apertium is not installed, or not with English and Spanish.
    pub(crate) fn new(time_limit: Duration) -> Result<Self, AttackError> {
        Self::with_command("apertium", time_limit)
    }

    fn with_command(command: &str, time_limit: Duration) -> Result<Self, AttackError> {
        let apertium = Apertium::new(command, time_limit, &WAY);
        let apertium = apertium.map_err(|reason| AttackError::Unavailable { attack: NAME, reason })?;
        Ok(Self { apertium })
    }

    /// There and back.
    fn translate(&self, sentences: &[&str]) -> Result<Vec<String>, AttackError> {
        let mut said: Vec<String> = sentences.iter().map(|&sentence| sentence.to_owned()).collect();
        if said.is_empty() {
            return Ok(said);
        }
        for pair in WAY {
            let translated = self.apertium.translate(pair, &said);
            said = translated.map_err(|reason| AttackError::Model { attack: NAME, reason })?;
        }
        Ok(said)
    }
}

impl Attack for BackTranslation {
    fn about(&self) -> About {
        described(NAME)
    }

    fn options(&self) -> Map<String, Value> {
        let way: Vec<&str> = WAY.iter().map(|pair| pair.0).collect();
        let options = json!({ "translator": self.apertium.version(), "way": way });
        options.as_object().cloned().unwrap_or_default()
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn attack(&mut self, texts: &[&str], strength: Strength, seed: u64) -> Vec<Result<Attacked, AttackError>> {
        // Of each text how many sentences can be translated, and the parts of those that are to be.
        let plans: Vec<_> = texts
            .iter()
            .map(|text| {
                refuse_other_scripts(NAME, text)?;
                let kept = kept(text);
                let sentences = units(text, Unit::Sentence).into_iter();
                let sentences = sentences.map(|sentence| (sentence.start, parts(text, sentence, &kept)));
                let sentences: Vec<_> = sentences.filter(|(_, parts)| !parts.is_empty()).collect();
                let struck = struck(sentences.len(), strength, &mut rng_of(NAME, seed));
                let places = sentences.len();
                let chosen = sentences.into_iter().zip(struck).filter(|(_, struck)| *struck);
                Ok((*text, places, chosen.map(|(sentence, _)| sentence).collect::<Vec<_>>()))
            })
            .collect();
        let chosen: Vec<&str> = plans
            .iter()
            .flatten()
            .flat_map(|(text, _, chosen)| chosen.iter().flat_map(|(_, parts)| parts).map(|part| &text[part.clone()]))
            .collect();
        let translated = self.translate(&chosen);
        let mut translated = translated.map(Vec::into_iter);
        plans
            .into_iter()
            .map(|plan| {
                let (text, places, chosen) = plan?;
                let translated = translated.as_mut().map_err(|error| error.clone())?;
                let mut done = Attacked { text: String::new(), changed: 0, places, unusable: 0 };
                let mut from = 0;
                for (start, parts) in chosen {
                    let mut is_changed = false;
                    for part in parts {
                        if let Some(said) = translated.next().and_then(|said| usable(&said, &text[part.clone()])) {
                            let goes_on = part.start > start && !text[part.clone()].starts_with(char::is_uppercase);
                            done.text += &text[from..part.start];
                            done.text += &if goes_on { begun_small(&said) } else { said };
                            from = part.end;
                            is_changed = true;
                        }
                    }
                    *(if is_changed { &mut done.changed } else { &mut done.unusable }) += 1;
                }
                done.text += &text[from..];
                Ok(done)
            })
            .collect()
    }
}

/// Returns a translation in the dress of its sentence, or nothing if it cannot be one.
fn usable(said: &str, sentence: &str) -> Option<String> {
    // What a rule left out leaves two blanks behind, or one before a mark.
    let mut text = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for mark in [",", ".", ";", ":", "!", "?", ")"] {
        if !sentence.contains(&format!(" {mark}")) {
            text = text.replace(&format!(" {mark}"), mark);
        }
    }
    let (length, before) = (text.chars().count(), sentence.chars().count());
    let is_sound = text.contains(char::is_alphanumeric) && length <= 3 * before && before <= 3 * length;
    is_sound.then(|| {
        let begins = |text: &str| text.char_indices().find(|(_, c)| c.is_alphabetic()).map(|(at, _)| at);
        match (begins(&text), begins(sentence)) {
            // The first letter alone, or `in_case_of` would take one in capitals for a word of them.
            (Some(at), Some(before)) => {
                let model: String = sentence[before..].chars().take(1).collect();
                let (head, tail) = text.split_at(at);
                head.to_owned() + &in_case_of(tail, &model)
            }
            _ => text.clone(),
        }
    })
}

/// Returns the continuation of a sentence without the capital that a translator begins with. “I”
/// and names in capitals keep theirs.
fn begun_small(said: &str) -> String {
    let mut letters = said.chars();
    let Some(first) = letters.next() else { return String::new() };
    let word = said.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    if word == "I" || word.chars().skip(1).any(char::is_uppercase) {
        return said.to_owned();
    }
    first.to_lowercase().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The people of the town did not believe their friend.  She had been away for a week; nobody knew why!\n\n\
        - What is the price of this house?\n- It is too high [and rising], I think.\n";

    fn installed() -> BackTranslation {
        BackTranslation::new(Duration::from_secs(60)).expect("Apertium")
    }

    fn attacked(attack: &mut BackTranslation, text: &str, share: f64, seed: u64) -> Attacked {
        attack.attack(&[text], Strength::new(share).expect("a share"), seed).remove(0).expect("translated")
    }

    #[test]
    fn a_translation_takes_its_sentence_s_dress() {
        let usable = |said: &str, sentence: &str| usable(said, sentence);
        assert_eq!(usable(" is a good house .", "It is a nice house."), Some("Is a good house.".into()));
        assert_eq!(usable("\"oh  no\"", "\"Oh dear\""), Some("\"Oh no\"".into()));
        assert_eq!(usable("The end", "the end"), Some("The end".into()));
        for nonsense in ["", " . ", "a", "a a a a a a a a a a a a a a a a a a a a a a a a a a"] {
            assert_eq!(usable(nonsense, "The end"), None, "{nonsense:?}");
        }
    }

    #[test]
    fn what_goes_on_begins_small() {
        for (said, expected) in [
            ("For the town", "for the town"),
            ("I think", "I think"),
            ("NATO is", "NATO is"),
            (", And", ", And"),
            ("", ""),
        ] {
            assert_eq!(begun_small(said), expected);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let error =
            BackTranslation::with_command("greenmark-no-such-command", Duration::from_secs(1)).expect_err("none");
        assert!(matches!(error, AttackError::Unavailable { attack: "back-translate", .. }));
        assert!(error.to_string().contains("apt install apertium apertium-eng-spa"), "{error}");
    }

    #[test]
    #[ignore = "needs Apertium"]
    fn strength_zero_is_the_identity_and_a_share_is_a_share() {
        let mut attack = installed();
        for text in [TEXT, "", "word", " \n", "naïve Straße ^x$ \\ [ ] {*} @ \0"] {
            let found = attacked(&mut attack, text, 0.0, 7);
            assert_eq!((&*found.text, found.changed), (text, 0));
        }
        for share in [0.25, 0.5, 1.0] {
            let found = attacked(&mut attack, TEXT, share, 3);
            assert_eq!(found.changed + found.unusable, (4.0 * share).round() as usize, "{found:?}");
            assert_ne!(found.text, TEXT);
            assert_eq!(found, attacked(&mut attack, TEXT, share, 3));
        }
        assert_eq!(
            attack.attack(&["Съешь ещё этих мягких булок"], Strength(0.5), 1).remove(0),
            Err(AttackError::NotEnglish { attack: "back-translate" })
        );
    }

    #[test]
    #[ignore = "needs Apertium"]
    fn sentences_do_not_depend_on_their_companions_and_lines_stay() {
        let mut attack = installed();
        let all = Strength::new(1.0).expect("a share");
        let texts =
            [TEXT, "We went home because it was late", "", "so change them, to conserve", "^x$ \\ [a] {*} @ </b>"];
        for (text, together) in texts.iter().zip(attack.attack(&texts, all, 1)) {
            let together = together.expect("translated");
            assert_eq!(together, attacked(&mut attack, text, 1.0, 1));
            let shape = |text: &str| text.chars().filter(|&c| c == '\n').count();
            assert_eq!(shape(&together.text), shape(text), "{}", together.text);
        }
        let found = attacked(&mut attack, TEXT, 1.0, 1).text;
        assert!(found.contains("\n\n- ") && found.contains("[and ") && found.ends_with(".\n"), "{found}");
    }

    #[test]
    #[ignore = "needs Apertium"]
    fn links_stay_and_what_stands_around_them_is_translated() {
        let mut attack = installed();
        let text = "They did not believe their friend, see https://example.org/the-house?Of=their%20friend or write to \
            their.friend@the.house.example, as the people of the town do.";
        let found = attacked(&mut attack, text, 1.0, 1);
        for link in [" https://example.org/the-house?Of=their%20friend or ", " their.friend@the.house.example, "] {
            assert!(found.text.contains(link), "{}", found.text);
        }
        assert_eq!((found.changed, found.unusable), (found.places, 0));
        assert!(!found.text.contains("the town"), "{}", found.text);
        let alone = attacked(&mut attack, "https://example.org/the-house", 1.0, 1);
        assert_eq!((&*alone.text, alone.places), ("https://example.org/the-house", 0));
    }

    #[test]
    #[ignore = "needs Apertium"]
    fn a_word_too_long_for_the_translator_stays() {
        let mut attack = installed();
        // A million letters take it longer than the limit of 60 s, by far.
        let word = "a".repeat(1_000_000);
        let found = attacked(&mut attack, &format!("They did not believe {word}, the people of the town."), 1.0, 1);
        assert!(found.text.contains(&format!(" {word}, ")) && found.changed == 1 && !found.text.contains("the town"));
    }

    #[test]
    #[ignore = "needs Apertium"]
    fn no_sign_is_swallowed_or_taken_for_another() {
        let mut attack = installed();
        let signs = ('\0'..='\u{a0}').chain([
            '\u{200b}',
            '\u{2028}',
            '\u{fdd0}',
            '\u{feff}',
            '\u{fffd}',
            '\u{ffff}',
            '\u{10ffff}',
        ]);
        let signs: Vec<char> = signs.filter(|c| !c.is_alphanumeric() && !c.is_whitespace()).collect();
        let texts = signs.iter().enumerate();
        let texts: Vec<String> =
            texts.map(|(i, c)| format!("The house {c} is good{c} for the {i} towns {c}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let all = Strength::new(1.0).expect("a share");
        for (i, (found, sign)) in attack.attack(&texts, all, 1).into_iter().zip(signs).enumerate() {
            let found = found.expect("translated").text;
            assert_eq!(found.matches(sign).count(), 3, "{found:?}");
            assert!(found.contains(&format!(" {i} ")), "{found:?}");
        }
    }
}
