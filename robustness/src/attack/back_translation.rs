//! A text goes into another language and back, by machine.
//!
//! Sentence by sentence, through Apertium (Forcada et al. 2011, doi:10.1007/s10590-011-9090-0), a translator that works by dictionaries and
//! rules, English to Spanish and back. The strength is the share of sentences that do. A translator of this kind is quick, says the same every time, and is
//! literal: pronouns get lost, words are taken in the wrong one of their senses, and what it knows in one direction alone stays Spanish. Neural
//! translators keep the sense better, and change less.

mod apertium;

use std::time::Duration;

use serde_json::{Map, Value, json};

use self::apertium::{Apertium, Pair};
use super::{
    About, AttackError, Attacked, Attacker, Kind, Strength,
    paraphrase::{Unit, units::units},
    places::struck,
    rng_of,
    words::{in_case_of, is_latin},
};

pub(super) const ABOUT: About = About {
    name: "back-translate",
    kind: Kind::Rewriting,
    place: "sentence",
    models: "a writer who has a machine put the text into Spanish and back",
    source: "a usual baseline of paraphrasing; the translator is Apertium (Forcada et al. 2011, doi:10.1007/s10590-011-9090-0), by dictionaries and rules",
    limits: "English by way of Spanish alone; literal, so pronouns get lost and some words change their sense or stay Spanish; \
        the result depends on the installed version",
};

/// There and back.
const WAY: [Pair; 2] = [Pair("eng-spa"), Pair("spa-eng")];

/// Texts at a time: a process takes longer to start than to translate a text.
const BATCH: usize = 64;

/// The attack with its translator.
///
/// A translation that is empty, or less than a third or more than three times as long as its sentence, is not taken: the
/// sentence stays and counts as unusable. White space between sentences stays, and so does a capital at the beginning.
#[derive(Debug)]
pub struct BackTranslation {
    apertium: Apertium,
}

impl BackTranslation {
    /// With the Apertium that is installed.
    ///
    /// - `time_limit`: how long one way of a batch of texts may take.
    ///
    /// # Errors
    /// [`AttackError::Unavailable`] if Apertium is not installed, or not with English and Spanish.
    pub fn new(time_limit: Duration) -> Result<Self, AttackError> {
        Self::with_command("apertium", time_limit)
    }

    fn with_command(command: &str, time_limit: Duration) -> Result<Self, AttackError> {
        let apertium = Apertium::new(command, time_limit, &WAY);
        let apertium = apertium.map_err(|reason| AttackError::Unavailable { attack: ABOUT.name, reason })?;
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
            said = translated.map_err(|reason| AttackError::Model { attack: ABOUT.name, reason })?;
        }
        Ok(said)
    }
}

impl Attacker for BackTranslation {
    fn about(&self) -> About {
        ABOUT
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
        // Of each text the sentences, and which of them are to be translated.
        let plans: Vec<_> = texts
            .iter()
            .map(|text| {
                if !is_latin(text) {
                    return Err(AttackError::NotEnglish { attack: ABOUT.name });
                }
                let sentences = units(text, Unit::Sentence);
                let struck = struck(sentences.len(), strength, &mut rng_of(ABOUT.name, seed));
                let chosen = sentences.iter().zip(struck).filter(|(_, struck)| *struck);
                Ok((*text, sentences.len(), chosen.map(|(range, _)| range.clone()).collect::<Vec<_>>()))
            })
            .collect();
        let chosen: Vec<&str> = plans
            .iter()
            .flatten()
            .flat_map(|(text, _, chosen)| chosen.iter().map(|range| &text[range.clone()]))
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
                for range in chosen {
                    match translated.next().and_then(|said| usable(&said, &text[range.clone()])) {
                        None => done.unusable += 1,
                        Some(said) => {
                            done.text += &text[from..range.start];
                            done.text += &said;
                            from = range.end;
                            done.changed += 1;
                        }
                    }
                }
                done.text += &text[from..];
                Ok(done)
            })
            .collect()
    }
}

/// A translation in the dress of its sentence, or nothing if it cannot be one.
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

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The people of the town did not believe their friend.  She had been away for a week; nobody knew why!\n\n\
        - What is the price of this house?\n- It is too high [and rising], I think.\n";

    fn installed() -> Option<BackTranslation> {
        BackTranslation::new(Duration::from_secs(60)).inspect_err(|error| eprintln!("SKIPPED: {error}")).ok()
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
    fn what_is_missing_is_named() {
        let error =
            BackTranslation::with_command("greenmark-no-such-command", Duration::from_secs(1)).expect_err("none");
        assert!(matches!(error, AttackError::Unavailable { attack: "back-translate", .. }));
        assert!(error.to_string().contains("apt install apertium apertium-eng-spa"), "{error}");
    }

    #[test]
    fn strength_zero_is_the_identity_and_a_share_is_a_share() {
        let Some(mut attack) = installed() else { return };
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
    fn sentences_do_not_depend_on_their_companions_and_lines_stay() {
        let Some(mut attack) = installed() else { return };
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
}
