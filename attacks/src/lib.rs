//! What others do to a text. An attack knows neither key nor scheme.
//!
//! An [`Attack`] is text in, text out, by a strength and a seed; [`ALL`] has those that need nothing else. What needs a language model is
//! an [`Attacker`]: [`Resample`] writes spans anew, [`Paraphrase`] has a chat model say it in other words, [`Phrases`] takes phrases of a table. So is what needs
//! data or a program that are not ours: [`Synonyms`] WordNet, [`Phrases`] its table, [`BackTranslation`] Apertium. A [`Method`] is any of them by its name. [`substitute`] works on ids, where an
//! experiment wants exact shares of tokens.

mod attacker;
mod back_translation;
mod branches;
mod characters;
pub mod damage;
mod english;
mod lexical;
mod links;
mod paraphrase;
mod phrases;
mod places;
mod resample;
mod sentences;
mod structure;
mod synonyms;
mod tokens;
mod words;

use std::fmt;

use greenmark_lm::text_rng;
use rand_chacha::ChaCha8Rng;

pub use attacker::{About, Attacker, Kind, METHODS, Method, Plain};
pub use back_translation::BackTranslation;
pub use paraphrase::{Answer, Chat, LocalChat, PARAPHRASE_TEMPERATURE, Paraphrase, Question, Unit};
#[cfg(feature = "endpoint")]
pub use paraphrase::{Endpoint, EndpointOptions, Secret};
pub use phrases::{Phrases, PhrasesOptions, Table, table_path};
pub use resample::{Resample, ResampleOptions};
pub use synonyms::{Synonyms, wordnet_path};
pub use tokens::{substitute, substitute_some};

/// How much of what could be changed is: a share, from 0 (nothing) to 1 (all of it).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Strength(f64);

impl Strength {
    /// # Errors
    /// [`AttackError::Strength`] outside [0, 1].
    pub fn new(share: f64) -> Result<Self, AttackError> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(AttackError::Strength { found: share }) }
    }

    /// The share, in [0, 1].
    pub fn share(self) -> f64 {
        self.0
    }

    /// The share of `n`, rounded.
    fn of(self, n: usize) -> usize {
        (self.0 * n as f64).round() as usize
    }
}

/// An attacked text, and what was done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attacked {
    /// The text.
    pub text: String,
    /// Places that were changed. Such a change may leave a place as it was: a word may be drawn in its own stead.
    pub changed: usize,
    /// Places that could have been.
    pub places: usize,
    /// Places that were to be changed and are as they were, as a model gave nothing usable for them; not among `changed`.
    pub unusable: usize,
}

impl Attacked {
    /// Share of the places that were changed, in [0, 1]: the strength asked for, up to rounding, where an attack has places at all.
    pub fn rate(&self) -> f64 {
        if self.places == 0 { 0.0 } else { self.changed as f64 / self.places as f64 }
    }
}

/// One way to change a text.
#[derive(Clone, Copy)]
pub struct Attack {
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
    /// Whether it knows English alone, and refuses other scripts.
    pub is_english: bool,
    /// Whether it needs another text.
    pub needs_other: bool,
    apply: fn(&str, Strength, &Other<'_>, &mut ChaCha8Rng) -> Result<Attacked, AttackError>,
}

/// What an attack takes from elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Other<'a> {
    /// Words that may come in, as often as texts have them.
    pub words: &'a [String],
    /// A text to mix the attacked one with.
    pub text: Option<&'a str>,
}

/// Every attack that needs no model.
pub const ALL: [Attack; 18] = [
    lexical::REPLACE,
    lexical::DELETE,
    lexical::INSERT,
    lexical::SWAP,
    lexical::SENTENCES,
    lexical::TYPOS,
    lexical::MISSPELLINGS,
    lexical::CONTRACTIONS,
    lexical::CASE,
    lexical::PUNCTUATION,
    characters::HOMOGLYPHS,
    characters::ZERO_WIDTH,
    characters::SPACES,
    characters::DISGUISE,
    structure::TRUNCATE,
    structure::FORMAT,
    structure::PASTE,
    structure::MIX,
];

impl Attack {
    /// The attack of this name.
    ///
    /// # Errors
    /// [`AttackError::Unknown`].
    pub fn named(name: &str) -> Result<Self, AttackError> {
        ALL.into_iter().find(|attack| attack.name == name).ok_or_else(|| AttackError::Unknown { name: name.into() })
    }

    /// Changes a text. The same text, strength, seed and `other` give the same; strength 0 gives the text itself.
    ///
    /// # Errors
    /// [`AttackError`] if the attack cannot be made on this text, or lacks what it needs.
    pub fn apply(&self, text: &str, strength: Strength, seed: u64, other: &Other<'_>) -> Result<Attacked, AttackError> {
        if self.is_english && !words::is_latin(text) {
            return Err(AttackError::NotEnglish { attack: self.name });
        }
        if self.needs_other && other.text.is_none() {
            return Err(AttackError::NoOther { attack: self.name });
        }
        (self.apply)(text, strength, other, &mut rng_of(self.name, seed))
    }
}

/// Random numbers of its own for each attack, so that one after the other does not choose the same places.
fn rng_of(attack: &str, seed: u64) -> ChaCha8Rng {
    let stream = attack.bytes().fold(0, |stream: u64, byte| stream << 5 ^ stream >> 59 ^ u64::from(byte));
    text_rng(seed, stream)
}

impl fmt::Debug for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attack").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a text was not attacked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AttackError {
    /// A strength is no share.
    Strength {
        /// The value given.
        found: f64,
    },
    /// No attack has this name.
    Unknown {
        /// The name.
        name: String,
    },
    /// An attack on English met a text in other letters.
    NotEnglish {
        /// The attack.
        attack: &'static str,
    },
    /// Another text is needed and was not given.
    NoOther {
        /// The attack.
        attack: &'static str,
    },
    /// The other text has too few words.
    OtherTooShort {
        /// The attack.
        attack: &'static str,
        /// Words it has.
        found: usize,
        /// Words it needs.
        needed: usize,
    },
    /// An attack brings in words, and there are none to draw from.
    NoWords {
        /// The attack.
        attack: &'static str,
    },
    /// The text does not fit the context of the model that attacks it.
    TooLong {
        /// The attack.
        attack: &'static str,
        /// Tokens of the text, with those that the model wants before any text.
        tokens: usize,
        /// Tokens that the model can attend to.
        context_length: usize,
    },
    /// What the attack needs is not on this machine.
    Unavailable {
        /// The attack.
        attack: &'static str,
        /// What is missing, and how to get it.
        reason: String,
    },
    /// The model that was to make the attack, or the program, failed.
    Model {
        /// The attack.
        attack: &'static str,
        /// The model's reason.
        reason: String,
    },
}

impl fmt::Display for AttackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strength { found } => write!(f, "a strength is a share from 0 to 1, not {found}"),
            Self::Unknown { name } => {
                let known: Vec<&str> = METHODS.iter().map(|method| method.about().name).collect();
                write!(f, "no attack is called `{name}` (there are: {})", known.join(", "))
            }
            Self::NotEnglish { attack } => {
                write!(f, "{attack} knows English alone, and most letters of this text are of another script")
            }
            Self::NoOther { attack } => write!(f, "{attack} needs another text"),
            Self::OtherTooShort { attack, found, needed } => {
                let words = if *needed == 1 { "a word".to_owned() } else { format!("{needed} words") };
                write!(f, "{attack} needs {words} of the other text, which has {found}")
            }
            Self::NoWords { attack } => write!(f, "{attack} brings in words, and none are given to draw from"),
            Self::TooLong { attack, tokens, context_length } => {
                write!(f, "{attack}: the text has {tokens} tokens, and the model attends to {context_length}")
            }
            Self::Unavailable { attack, reason } | Self::Model { attack, reason } => write!(f, "{attack}: {reason}"),
        }
    }
}

impl std::error::Error for AttackError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "The people of the town did not believe their friend, who had been away; I am told they weren't alone.\n\n\
        **Until** tomorrow, because of the weather: which road is it? \"Yours,\" she said - and laughed! Nobody knew why.\n\n\
        Different days, different ways. We'll receive a necessary surprise.\n";
    const OTHER: &str = "A stranger came to the door. Rain fell on the roof and on the fields behind the house, and the old dog slept. \
        Nothing else happened that day, nor on the next one. In the evening there was bread, and soup, and little talk of it. \
        Later the lamp went out. The wind had turned to the west by then, and the clouds were breaking over the hills.";

    fn words() -> Vec<String> {
        ["stone", "river", "quickly", "over"].map(String::from).to_vec()
    }

    fn attacked(attack: &Attack, text: &str, strength: f64, seed: u64) -> Result<Attacked, AttackError> {
        let (words, strength) = (words(), Strength::new(strength).expect("a share"));
        attack.apply(text, strength, seed, &Other { words: &words, text: Some(OTHER) })
    }

    #[test]
    fn strength_zero_is_the_identity() {
        for attack in ALL {
            for text in [TEXT, "", "word", "  \n", "naïve Straße"] {
                let found = attacked(&attack, text, 0.0, 7).expect("nothing is asked");
                assert_eq!((&*found.text, found.changed, found.rate()), (text, 0, 0.0), "{}", attack.name);
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_and_another_another() {
        for attack in ALL {
            let found = |seed| attacked(&attack, TEXT, 0.5, seed).expect("English").text;
            assert_eq!(found(1), found(1), "{}", attack.name);
            let others = (2..40).filter(|&seed| found(seed) != found(1)).count();
            assert!(others > 0 || attack.name == "truncate", "{}", attack.name);
            assert_ne!(found(1), TEXT, "{}", attack.name);
        }
    }

    #[test]
    fn the_share_asked_for_is_changed() {
        for attack in ALL {
            for share in [0.25, 0.5, 1.0] {
                let found = attacked(&attack, TEXT, share, 3).expect("English");
                assert!(found.places > 0, "{}", attack.name);
                // Of three kinds of places, each rounds.
                assert!((found.rate() - share).abs() <= 1.5 / found.places as f64, "{} {}", attack.name, found.rate());
            }
        }
    }

    #[test]
    fn an_english_attack_refuses_other_scripts() {
        let refusing = ALL.iter().filter(|attack| attack.is_english);
        for attack in refusing {
            let found = attacked(attack, "Съешь ещё этих мягких французских булок", 0.5, 1);
            assert_eq!(found, Err(AttackError::NotEnglish { attack: attack.name }));
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let half = Strength::new(0.5).expect("a share");
        let without = |name: &str| Attack::named(name).expect("known").apply(TEXT, half, 1, &Other::default());
        assert_eq!(without("replace"), Err(AttackError::NoWords { attack: "replace" }));
        assert_eq!(without("paste"), Err(AttackError::NoOther { attack: "paste" }));
        assert!(matches!(
            attacked(&Attack::named("paste").expect("known"), TEXT, 0.9, 1),
            Err(AttackError::OtherTooShort { .. })
        ));
        assert!(Attack::named("telepathy").expect_err("unknown").to_string().contains("swap"));
        for share in [-0.1, 1.1, f64::NAN] {
            assert!(Strength::new(share).is_err());
        }
    }

    #[test]
    fn paste_leaves_the_text_its_share_of_words() {
        let own: Vec<String> = (0..30).map(|i| format!("own{i}")).collect();
        let text = own.join(" ");
        for share in [0.25, 0.5] {
            let found = attacked(&Attack::named("paste").expect("known"), &text, share, 5).expect("long enough").text;
            let all = found.split_whitespace().count() as f64;
            let kept: Vec<&str> = found.split_whitespace().filter(|word| word.starts_with("own")).collect();
            assert_eq!(kept, own, "all of it, in order");
            assert!((30.0 / all - (1.0 - share)).abs() < 0.03, "{share}: 30 of {all}");
        }
    }

    #[test]
    fn contractions_go_both_ways() {
        let attack = Attack::named("contractions").expect("known");
        let found = |text: &str| attacked(&attack, text, 1.0, 1).expect("English").text;
        assert_eq!(found("Do not go. I am here, they weren't."), "Don't go. I'm here, they were not.");
        assert_eq!(found("i'm DON'T"), "I am DO NOT".replace("DO NOT", "Do not"));
    }

    #[test]
    fn writers_leave_links_alone() {
        let links = [
            "http://friend.org/their-people?do=not&which=Until",
            "www.friend.org/do",
            "mailto:people@friend.org",
            "their.friend@people.org",
        ];
        // Contractions must not reach out of a link, or into one.
        let text = links.map(|link| format!("People do not {link} not believe, do {link}!")).join(" ");
        for name in ["typos", "misspell", "contractions", "case", "punctuation"] {
            let attack = Attack::named(name).expect("known");
            for seed in 0..20 {
                let found = attacked(&attack, &text, 1.0, seed).expect("English");
                assert!(found.changed >= 4, "{name}: {found:?}");
                for link in links {
                    assert_eq!(found.text.matches(link).count(), 2, "{name}: {}", found.text);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_attacked_or_refused(text in "\\PC{0,80}|(?s).{0,60}|([a-z' ]{0,9}[.,;] ){0,9}", share in 0.0..=1.0f64, seed: u64) {
            for attack in ALL {
                match attacked(&attack, &text, share, seed) {
                    Ok(found) => prop_assert!(found.changed <= found.places),
                    Err(AttackError::NotEnglish { .. } | AttackError::OtherTooShort { .. }) => {}
                    Err(error) => prop_assert!(false, "{}: {error}", attack.name),
                }
            }
        }
    }
}
