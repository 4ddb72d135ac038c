//! Every attack there is, and the one place where an attack is made ready.

use std::{path::Path, time::Duration};

use anyhow::{Result, bail};
use greenmark_lm::{ChatTemplate, Loaded};

#[cfg(feature = "endpoint")]
use crate::{Endpoint, EndpointOptions};
use crate::{
    attack::Attack,
    back_translation::{self, BackTranslation},
    characters,
    descriptions::about,
    paraphrase::{self, Chat, LocalChat, PARAPHRASE_TEMPERATURE, Paraphrase, Unit},
    phrases::{self, Phrases, PhrasesOptions, Table},
    plain::{Apply, Plain},
    resample::{self, Resample, ResampleOptions},
    structure,
    synonyms::{self, Synonyms},
    words,
};

/// Attacks that need no model.
const PLAIN: [(&str, Apply); 18] = [
    ("replace", words::replace),
    ("delete", words::delete),
    ("insert", words::insert),
    ("swap", words::swap),
    ("shuffle-sentences", structure::shuffle_sentences),
    ("typos", characters::typos),
    ("misspell", words::misspell),
    ("contractions", words::contract),
    ("case", characters::case),
    ("punctuation", characters::punctuation),
    ("homoglyphs", characters::homoglyphs),
    ("zero-width", characters::zero_width),
    ("spaces", characters::spaces),
    ("disguise", characters::disguise),
    ("truncate", structure::truncate),
    ("format", structure::format),
    ("paste", structure::paste),
    ("mix", structure::mix),
];

/// Settings of attacks. [`About::settings`](crate::About::settings) lists those that an attack reads, with their defaults.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Words that may come in, as often as texts have them.
    pub words: &'a [String],
    /// A text to mix the attacked one with.
    pub with: Option<&'a str>,
    /// The folder of WordNet's files.
    pub wordnet: Option<&'a Path>,
    /// A paraphrase table.
    pub table: Option<&'a Path>,
    /// The language model: `demo`, `smollm2`, or a GGUF file.
    pub model: Option<&'a str>,
    /// The temperature at which the model writes.
    pub temperature: Option<f64>,
    /// Tokens that are written at a time.
    pub span: Option<usize>,
    /// Drafts or entries that the model chooses among.
    pub candidates: Option<usize>,
    /// Part of the text that is paraphrased at a time.
    pub unit: Option<Unit>,
    /// A chat model behind a URL, with its own temperature.
    #[cfg(feature = "endpoint")]
    pub endpoint: Option<&'a EndpointOptions>,
}

/// Of one way of a batch of texts.
const TRANSLATION_LIMIT: Duration = Duration::from_secs(300);

/// Makes an attack ready: loads its model and its data, looks for its program.
///
/// ```
/// use greenmark_attacks::{Options, Strength, build};
///
/// let mut attack = build("resample", &Options { model: Some("demo"), span: Some(5), ..Options::default() })?;
/// let text = "Once upon a time there was a fox who lived by the river.";
/// let attacked = attack.attack(&[text], Strength::new(0.5)?, 1).remove(0)?;
/// assert_eq!((attacked.changed, attacked.places), (8, 15));
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// An unknown name, an option out of range, and what is missing, with what to do about it.
pub fn build<'a>(name: &str, options: &Options<'a>) -> Result<Box<dyn Attack + 'a>> {
    let about = about(name)?;
    if let Some(&(_, apply)) = PLAIN.iter().find(|(plain, _)| *plain == name) {
        return Ok(Box::new(Plain { about, apply, words: options.words, other: options.with }));
    }
    let model =
        options.model.or_else(|| about.settings.iter().find(|s| s.name == "model")?.default).unwrap_or_default();
    let load = || Loaded::named(model, None);
    Ok(match name {
        synonyms::NAME => Box::new(Synonyms::new(options.wordnet)?),
        back_translation::NAME => Box::new(BackTranslation::new(TRANSLATION_LIMIT)?),
        phrases::NAME => {
            let defaults = PhrasesOptions::default();
            let chosen = PhrasesOptions { candidates: options.candidates.unwrap_or(defaults.candidates), ..defaults };
            let table = Table::load(options.table, Table::LEAST)?;
            let Loaded { model: lm, tokenizer, .. } = load()?;
            Box::new(Phrases::new(table, lm, tokenizer, model, chosen)?)
        }
        resample::NAME => {
            let defaults = ResampleOptions::default();
            let chosen = ResampleOptions {
                span: options.span.unwrap_or(defaults.span),
                candidates: options.candidates.unwrap_or(defaults.candidates),
                temperature: options.temperature.unwrap_or(defaults.temperature),
                ..defaults
            };
            let Loaded { model: lm, tokenizer, .. } = load()?;
            Box::new(Resample::new(lm, tokenizer, model, chosen)?)
        }
        _ => Box::new(Paraphrase::new(chat(model, options)?, options.unit.unwrap_or(Unit::Sentence))),
    })
}

/// The model that is asked to paraphrase.
fn chat(model: &str, options: &Options<'_>) -> Result<Box<dyn Chat>> {
    #[cfg(feature = "endpoint")]
    if let Some(endpoint) = options.endpoint {
        return Ok(Box::new(Endpoint::new(endpoint.clone()).map_err(|reason| anyhow::anyhow!(reason))?));
    }
    let Loaded { model: lm, tokenizer, chat } = Loaded::named(model, None)?;
    let Some(template): Option<ChatTemplate> = chat else {
        bail!("{}: the model {model} goes on with a text and follows no instructions", paraphrase::NAME);
    };
    let temperature = options.temperature.unwrap_or(PARAPHRASE_TEMPERATURE);
    Ok(Box::new(LocalChat::new(lm, tokenizer, template, model, temperature)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        attack::{About, AttackError, Attacked, Need, Strength},
        descriptions::catalogue,
    };

    const TEXT: &str = "The people of the town did not believe their friend, who had been away; I am told they weren't alone.\n\n\
        **Until** tomorrow, because of the weather: which road is it? \"Yours,\" she said - and laughed! Nobody knew why.\n\n\
        Different days, different ways. We'll receive a necessary surprise.\n";
    const OTHER: &str = "A stranger came to the door. Rain fell on the roof and on the fields behind the house, and the old dog slept. \
        Nothing else happened that day, nor on the next one. In the evening there was bread, and soup, and little talk of it. \
        Later the lamp went out. The wind had turned to the west by then, and the clouds were breaking over the hills.";

    fn words() -> Vec<String> {
        ["stone", "river", "quickly", "over"].map(String::from).to_vec()
    }

    fn plain() -> impl Iterator<Item = &'static About> {
        catalogue().iter().filter(|about| about.is_plain())
    }

    fn attacked(name: &str, text: &str, strength: f64, seed: u64) -> Result<Attacked, AttackError> {
        let words = words();
        let options = Options { words: &words, with: Some(OTHER), ..Options::default() };
        let mut attack = build(name, &options).expect("a plain attack");
        attack.attack(&[text], Strength::new(strength).expect("a share"), seed).remove(0)
    }

    #[test]
    fn strength_zero_is_the_identity() {
        for attack in plain() {
            for text in [TEXT, "", "word", "  \n", "naïve Straße"] {
                let found = attacked(attack.name, text, 0.0, 7).expect("nothing is asked");
                assert_eq!((&*found.text, found.changed, found.rate()), (text, 0, 0.0), "{}", attack.name);
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_and_another_another() {
        for attack in plain() {
            let found = |seed| attacked(attack.name, TEXT, 0.5, seed).expect("English").text;
            assert_eq!(found(1), found(1), "{}", attack.name);
            let others = (2..40).filter(|&seed| found(seed) != found(1)).count();
            assert!(others > 0 || attack.name == "truncate", "{}", attack.name);
            assert_ne!(found(1), TEXT, "{}", attack.name);
        }
    }

    #[test]
    fn the_share_asked_for_is_changed() {
        for attack in plain() {
            for share in [0.25, 0.5, 1.0] {
                let found = attacked(attack.name, TEXT, share, 3).expect("English");
                assert!(found.places > 0, "{}", attack.name);
                // Of three kinds of places, each rounds.
                assert!((found.rate() - share).abs() <= 1.5 / found.places as f64, "{} {}", attack.name, found.rate());
            }
        }
    }

    #[test]
    fn an_english_attack_refuses_other_scripts() {
        let refusing = plain().filter(|attack| attack.is_english);
        for attack in refusing {
            let found = attacked(attack.name, "Съешь ещё этих мягких французских булок", 0.5, 1);
            assert_eq!(found, Err(AttackError::NotEnglish { attack: attack.name }));
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let half = Strength::new(0.5).expect("a share");
        let without = |name: &str| {
            let mut attack = build(name, &Options::default()).expect("a plain attack");
            attack.attack(&[TEXT], half, 1).remove(0)
        };
        assert_eq!(without("replace"), Err(AttackError::NoWords { attack: "replace" }));
        assert_eq!(without("paste"), Err(AttackError::NoOther { attack: "paste" }));
        assert!(matches!(attacked("paste", TEXT, 0.9, 1), Err(AttackError::OtherTooShort { .. })));
        assert!(about("telepathy").expect_err("unknown").to_string().contains("swap"));
        for share in [-0.1, 1.1, f64::NAN] {
            assert!(Strength::new(share).is_err());
        }
    }

    #[test]
    fn paste_leaves_the_text_its_share_of_words() {
        let own: Vec<String> = (0..30).map(|i| format!("own{i}")).collect();
        let text = own.join(" ");
        for share in [0.25, 0.5] {
            let found = attacked("paste", &text, share, 5).expect("long enough").text;
            let all = found.split_whitespace().count() as f64;
            let kept: Vec<&str> = found.split_whitespace().filter(|word| word.starts_with("own")).collect();
            assert_eq!(kept, own, "all of it, in order");
            assert!((30.0 / all - (1.0 - share)).abs() < 0.03, "{share}: 30 of {all}");
        }
    }

    #[test]
    fn contractions_go_both_ways() {
        let found = |text: &str| attacked("contractions", text, 1.0, 1).expect("English").text;
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
            for seed in 0..20 {
                let found = attacked(name, &text, 1.0, seed).expect("English");
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
            for attack in plain() {
                match attacked(attack.name, &text, share, seed) {
                    Ok(found) => prop_assert!(found.changed <= found.places),
                    Err(AttackError::NotEnglish { .. } | AttackError::OtherTooShort { .. }) => {}
                    Err(error) => prop_assert!(false, "{}: {error}", attack.name),
                }
            }
        }
    }

    #[test]
    fn the_catalogue_names_each_attack_once_and_says_all_of_it() {
        let names: BTreeSet<&str> = catalogue().iter().map(|about| about.name).collect();
        assert_eq!(names.len(), catalogue().len());
        for about in catalogue() {
            for said in [about.name, about.place, about.models, about.source, about.limits] {
                assert!(!said.is_empty(), "{about:?}");
            }
            let needs_text = about.needs.contains(&Need::Text);
            assert_eq!(about.settings.iter().any(|setting| setting.default.is_none()), needs_text, "{about:?}");
        }
    }

    #[test]
    fn what_is_built_is_what_was_named() {
        for about in plain() {
            let mut attack = build(about.name, &Options { with: Some(OTHER), ..Options::default() }).expect("plain");
            assert_eq!(attack.about(), *about);
            let none = Strength::new(0.0).expect("a share");
            assert_eq!(attack.attack(&[TEXT], none, 1).remove(0).expect("nothing is asked").text, TEXT);
        }
        assert!(build("telepathy", &Options::default()).is_err());
    }
}
