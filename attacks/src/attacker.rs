//! Attacks by their names, and what is ready to make them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    ALL, Attack, AttackError, Attacked, Other, Strength, back_translation, paraphrase, phrases, resample, synonyms,
};

/// What attacks work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words come, go, change or change places, each by itself.
    Words,
    /// Letters, marks and spaces.
    Characters,
    /// What stands where, and how it is set.
    Structure,
    /// Stretches of text are written anew by a program that minds their sense.
    Rewriting,
    /// Attacks of more than one kind, one after the other.
    Several,
}

/// What an attack says of itself.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Names it on the command line and in reports.
    pub name: &'static str,
    /// What it works on.
    pub kind: Kind,
    /// What a place is: "word", "sentence".
    pub place: &'static str,
    /// Whom it models, in a sentence.
    pub models: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What it does not do.
    pub limits: &'static str,
}

/// An attack with all that it needs, ready to be made.
pub trait Attacker {
    /// Which attack it is.
    fn about(&self) -> About;

    /// What else determines its result, for reports; empty where nothing does.
    fn options(&self) -> Map<String, Value> {
        Map::new()
    }

    /// How many texts at once go fastest.
    fn batch(&self) -> usize {
        1
    }

    /// Changes texts, each as if it were alone. The same text, strength and seed give the same; strength 0 gives the text itself.
    ///
    /// - returns: for each text what became of it, or why it was not attacked.
    fn attack(&mut self, texts: &[&str], strength: Strength, seed: u64) -> Vec<Result<Attacked, AttackError>>;
}

/// An attack that needs no model, with what it takes from elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Plain<'a> {
    /// The attack.
    pub attack: Attack,
    /// What it takes from elsewhere.
    pub other: Other<'a>,
}

impl Attacker for Plain<'_> {
    fn about(&self) -> About {
        Method::Plain(self.attack).about()
    }

    fn attack(&mut self, texts: &[&str], strength: Strength, seed: u64) -> Vec<Result<Attacked, AttackError>> {
        texts.iter().map(|text| self.attack.apply(text, strength, seed, &self.other)).collect()
    }
}

/// An attack by its name, before it has what it needs.
#[derive(Debug, Clone, Copy)]
pub enum Method {
    /// One that needs no model.
    Plain(Attack),
    /// [`Synonyms`](super::Synonyms).
    Synonyms,
    /// [`Phrases`](super::Phrases).
    Phrases,
    /// [`BackTranslation`](super::BackTranslation).
    BackTranslation,
    /// [`Resample`](super::Resample).
    Resample,
    /// [`Paraphrase`](super::Paraphrase).
    Paraphrase,
}

/// Those that are not plain.
const OTHERS: [Method; 5] =
    [Method::Synonyms, Method::Phrases, Method::BackTranslation, Method::Resample, Method::Paraphrase];

/// Every attack there is.
pub const METHODS: [Method; ALL.len() + OTHERS.len()] = {
    let mut methods = [Method::Resample; ALL.len() + OTHERS.len()];
    let mut i = 0;
    while i < methods.len() {
        methods[i] = if i < ALL.len() { Method::Plain(ALL[i]) } else { OTHERS[i - ALL.len()] };
        i += 1;
    }
    methods
};

impl Method {
    /// The attack of this name.
    ///
    /// # Errors
    /// [`AttackError::Unknown`].
    pub fn named(name: &str) -> Result<Self, AttackError> {
        let found = METHODS.into_iter().find(|method| method.about().name == name);
        found.ok_or_else(|| AttackError::Unknown { name: name.into() })
    }

    /// What it says of itself.
    pub fn about(&self) -> About {
        match *self {
            Self::Plain(Attack { name, kind, place, models, source, limits, .. }) => {
                About { name, kind, place, models, source, limits }
            }
            Self::Synonyms => synonyms::ABOUT,
            Self::Phrases => phrases::ABOUT,
            Self::BackTranslation => back_translation::ABOUT,
            Self::Resample => resample::ABOUT,
            Self::Paraphrase => paraphrase::ABOUT,
        }
    }
}
