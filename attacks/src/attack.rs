//! The attack: its trait, its description, and its result.

use std::fmt;

use greenmark_lm::text_rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::split::is_latin;

/// An attack with all that it needs.
pub trait Attack {
    /// Returns its description.
    fn about(&self) -> About;

    /// Returns the other options that determine its result, for reports.
    fn options(&self) -> Map<String, Value> {
        Map::new()
    }

    /// Returns the number of texts at a time that is fastest.
    fn batch(&self) -> usize {
        1
    }

    /// Changes texts, each as if it were alone. The same text, strength and seed give the same;
    /// strength 0 gives the text itself.
    ///
    /// - returns: for each text what became of it, or why it was not attacked.
    fn attack(&mut self, texts: &[&str], strength: Strength, seed: u64) -> Vec<Result<Attacked, AttackError>>;
}

/// Kind of things that an attack works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words come, go, change or change places, each by itself.
    Words,
    /// Letters, marks and spaces.
    Characters,
    /// The order of the parts of a text, and its format.
    Structure,
    /// Stretches of text are written anew by a program that minds their sense.
    Rewriting,
    /// Attacks of more than one kind, one after the other.
    Several,
}

/// Description of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct About {
    /// Name on the command line and in reports.
    pub name: &'static str,
    /// Kind of things that it works on.
    pub kind: Kind,
    /// Noun for a place: "word", "sentence".
    pub place: &'static str,
    /// The editor or the accident that it models, in a sentence.
    pub models: &'static str,
    /// Its origin: papers and data.
    pub source: &'static str,
    /// Its limits.
    pub limits: &'static str,
    /// True if it knows English alone, and refuses other scripts.
    #[serde(default)]
    pub is_english: bool,
    /// True if it may find nothing of use for a place, which then stays as it is.
    #[serde(default)]
    pub may_find_nothing: bool,
    /// Its needs outside this program.
    #[serde(default, deserialize_with = "for_ever")]
    pub needs: &'static [Need],
    /// The options that it reads.
    #[serde(default, deserialize_with = "for_ever")]
    pub settings: &'static [Setting],
}

/// Reads a list that is never dropped: the catalogue is read once.
fn for_ever<'de, D: Deserializer<'de>, T: Deserialize<'de>>(list: D) -> Result<&'static [T], D::Error> {
    Ok(Vec::leak(Vec::deserialize(list)?))
}

impl About {
    /// Several attacks, one after the other.
    pub const SEVERAL: Self = Self {
        name: "several",
        kind: Kind::Several,
        place: "as each has it",
        models: "several attacks one after the other, each as it is described by itself",
        source: "theirs",
        limits: "as theirs",
        is_english: false,
        may_find_nothing: false,
        needs: &[],
        settings: &[],
    };

    /// Returns true if it needs no model, data or program: it takes microseconds, and other texts
    /// at most.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.needs.iter().all(|&need| need == Need::Text)
    }

    /// Returns true if it reads an option.
    #[must_use]
    pub fn reads(&self, setting: &str) -> bool {
        self.settings.iter().any(|known| known.name == setting)
    }
}

/// A need of an attack outside this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Need {
    /// Another text, the option `with`.
    Text,
    /// WordNet's files.
    WordNet,
    /// A paraphrase table.
    Table,
    /// A language model.
    Model,
    /// A model that follows instructions.
    Chat,
    /// The program Apertium.
    Apertium,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "another text",
            Self::WordNet => "WordNet",
            Self::Table => "a paraphrase table",
            Self::Model => "a language model",
            Self::Chat => "a chat model",
            Self::Apertium => "Apertium",
        })
    }
}

/// An option that an attack reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Setting {
    /// Its name, as on the command line.
    pub name: &'static str,
    /// Value where it is not given; `None` if it must be given.
    pub default: Option<&'static str>,
}

/// Share of the places that is changed: from 0 (none) to 1 (all).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Strength(pub(super) f64);

impl Strength {
    /// Checks that a number is a share.
    ///
    /// # Errors
    /// [`AttackError::Strength`] outside [0, 1].
    pub fn new(share: f64) -> Result<Self, AttackError> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(AttackError::Strength { found: share }) }
    }

    /// Returns the share, in [0, 1].
    pub fn share(self) -> f64 {
        self.0
    }

    /// Returns the share of `n`, rounded.
    pub(super) fn of(self, n: usize) -> usize {
        (self.0 * n as f64).round() as usize
    }
}

/// An attacked text, and what was done to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attacked {
    /// The text.
    pub text: String,
    /// Places that were changed. Such a change may leave a place as it was: a word may be drawn in
    /// its own stead.
    pub changed: usize,
    /// Places that could have been.
    pub places: usize,
    /// Places that were to be changed and are as they were, as a model gave nothing usable for
    /// them; not among `changed`.
    pub unusable: usize,
}

impl Attacked {
    /// - `struck`: of each place, whether it was changed.
    pub(super) fn of(text: impl Into<String>, struck: &[bool]) -> Self {
        let changed = struck.iter().filter(|&&struck| struck).count();
        Self { text: text.into(), changed, places: struck.len(), unusable: 0 }
    }

    /// Share of the places that were changed, in [0, 1]: the strength asked for, up to rounding,
    /// where an attack has places at all.
    pub fn rate(&self) -> f64 {
        if self.places == 0 { 0.0 } else { self.changed as f64 / self.places as f64 }
    }
}

/// Refuses a text whose letters are mostly not Latin.
pub(super) fn refuse_other_scripts(attack: &'static str, text: &str) -> Result<(), AttackError> {
    if is_latin(text) { Ok(()) } else { Err(AttackError::NotEnglish { attack }) }
}

/// Returns random numbers of its own for each attack, so that one after the other does not choose
/// the same places.
pub(super) fn rng_of(attack: &str, seed: u64) -> ChaCha8Rng {
    let stream = attack.bytes().fold(0, |stream: u64, byte| stream << 5 ^ stream >> 59 ^ u64::from(byte));
    text_rng(seed, stream)
}

/// Reason why a text was not attacked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AttackError {
    /// A strength is no share.
    #[error("a strength is a share from 0 to 1, not {found}")]
    Strength {
        /// The value given.
        found: f64,
    },
    /// No attack has this name.
    #[error("no attack is called `{name}` (there are: {})", known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// An attack on English met a text in other letters.
    #[error("{attack} knows English alone, and most letters of this text are of another script")]
    NotEnglish {
        /// The attack.
        attack: &'static str,
    },
    /// Another text is needed and was not given.
    #[error("{attack} needs another text")]
    NoOther {
        /// The attack.
        attack: &'static str,
    },
    /// The other text has too few words.
    #[error("{attack} needs {} of the other text, which has {found}", words_needed(*needed))]
    OtherTooShort {
        /// The attack.
        attack: &'static str,
        /// Words it has.
        found: usize,
        /// Words it needs.
        needed: usize,
    },
    /// An attack brings in words, and there are none to draw from.
    #[error("{attack} brings in words, and none are given to draw from")]
    NoWords {
        /// The attack.
        attack: &'static str,
    },
    /// The text does not fit the context of the model that attacks it.
    #[error("{attack}: the text has {tokens} tokens, and the model attends to {context_length}")]
    TooLong {
        /// The attack.
        attack: &'static str,
        /// Tokens of the text, with those that the model wants before any text.
        tokens: usize,
        /// Tokens that the model can attend to.
        context_length: usize,
    },
    /// Something that the attack needs is not on this machine.
    #[error("{attack}: {reason}")]
    Unavailable {
        /// The attack.
        attack: &'static str,
        /// The thing that is missing, and how to get it.
        reason: String,
    },
    /// The model that was to make the attack, or the program, failed.
    #[error("{attack}: {reason}")]
    Model {
        /// The attack.
        attack: &'static str,
        /// The model's reason.
        reason: String,
    },
}

fn words_needed(needed: usize) -> String {
    if needed == 1 { "a word".to_owned() } else { format!("{needed} words") }
}
