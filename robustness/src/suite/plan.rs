//! What a suite measures: marks, lengths, attacks and how many texts.

use std::fmt;

use crate::{
    attack::{Attack, Strength, Unit},
    corpus::Mark,
    setup::parse_mark,
};

/// A suite by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// The built-in model, minutes, nothing to download.
    Quick,
    /// SmolLM2, within eight hours on two cores.
    Standard,
    /// SmolLM2 or a larger model, for bigger machines.
    Full,
}

impl Suite {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a suite measures.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which suite this is.
    pub suite: Suite,
    /// What it measures, for people.
    pub about: String,
    /// `demo`, `smollm2` or a GGUF file: it writes the texts, and makes the attacks that need a model.
    pub model: String,
    /// Divides the logits.
    pub temperature: f64,
    /// Texts of each mark, each under a key of its own.
    pub texts: usize,
    /// Marks that are measured at every length, with all attacks; the first is the default.
    pub chief: Vec<Mark>,
    /// Marks that are measured at the chief length, by attacks without a model.
    pub others: Vec<Mark>,
    /// Tokens of a text, ascending: texts are written at the greatest length, and shorter ones are their beginnings.
    pub lengths: Vec<usize>,
    /// The length that most is measured at; one of `lengths`.
    pub chief_length: usize,
    /// The attacks, in the order in which they are made.
    pub strikes: Vec<Strike>,
    /// Texts of a cell whose likeness in sense and perplexity are measured, at the chief length; these take longest.
    pub sample: usize,
}

/// An attack of one strength, as the suite makes it.
#[derive(Debug, Clone)]
pub struct Strike {
    /// Names it in reports, without its strength.
    pub name: String,
    /// Share of its places.
    pub strength: Strength,
    /// How it is made.
    pub means: Means,
    /// Texts that it is made on, at most.
    pub texts: usize,
}

/// What makes an attack.
#[derive(Debug, Clone)]
pub enum Means {
    /// Nothing but a seed and other texts; several, one after the other, each with its strength.
    Plain(Vec<(Attack, Strength)>),
    /// The model writes spans of so many tokens anew.
    Resample(usize),
    /// The model says it in other words.
    Paraphrase(Unit),
}

/// Attacks that need no model, and their strengths, weakest first.
const PLAIN: [(&str, &[f64]); 18] = [
    ("replace", &[0.1, 0.2, 0.35, 0.5]),
    ("delete", &[0.2, 0.35, 0.5]),
    ("insert", &[0.2, 0.5]),
    ("swap", &[0.2, 0.5]),
    ("shuffle-sentences", &[1.0]),
    ("typos", &[0.2, 0.5]),
    ("misspell", &[1.0]),
    ("contractions", &[1.0]),
    ("case", &[0.2, 0.5]),
    ("punctuation", &[0.5, 1.0]),
    ("homoglyphs", &[0.2, 1.0]),
    ("zero-width", &[0.2]),
    ("spaces", &[0.2, 1.0]),
    ("disguise", &[0.2]),
    ("truncate", &[0.5, 0.75]),
    ("format", &[1.0]),
    ("paste", &[0.5, 0.75, 0.9, 0.95]),
    ("mix", &[0.25, 0.5]),
];

/// What careless editing does all at once.
const EDITED: [(&str, f64); 5] =
    [("replace", 0.1), ("delete", 0.05), ("insert", 0.05), ("punctuation", 0.2), ("typos", 0.05)];

const GREEN: &str = "gm1:green,h=1,gamma=64/256@2";
const GUMBEL: &str = "gm1:gumbel,h=2";
const OTHERS: [&str; 8] = [
    "gm1:green,h=0,gamma=64/256@2",
    "gm1:green,h=2,gamma=64/256@2",
    "gm1:green,h=4,gamma=64/256@2",
    "gm1:green,h=1,gamma=64/256@1",
    "gm1:green,h=1,gamma=64/256@4",
    "gm1:green,h=1,gamma=128/256@2.38",
    "gm1:gumbel,h=1",
    "gm1:gumbel,h=4",
];

impl Plan {
    /// A suite as it is.
    pub fn of(suite: Suite) -> Self {
        let marks = |names: &[&str]| names.iter().map(|name| parse_mark(name).expect("a mark")).collect();
        let (texts, few, resample, paraphrase): (_, _, &[(usize, f64)], &[(Unit, f64)]) = match suite {
            Suite::Quick => (200, 60, &[(5, 0.2), (5, 0.5)], &[]),
            Suite::Standard => (
                200,
                200,
                &[(1, 0.2), (1, 0.5), (5, 0.2), (5, 0.5), (20, 0.2), (20, 0.5)],
                &[(Unit::Sentence, 1.0), (Unit::Paragraph, 1.0)],
            ),
            Suite::Full => (
                1000,
                1000,
                &[(1, 0.2), (1, 0.35), (1, 0.5), (5, 0.2), (5, 0.35), (5, 0.5), (20, 0.2), (20, 0.35), (20, 0.5)],
                &[(Unit::Sentence, 0.5), (Unit::Sentence, 1.0), (Unit::Paragraph, 1.0), (Unit::Text, 1.0)],
            ),
        };
        let (about, model, lengths, others, sample): (_, _, &[usize], _, _) = match suite {
            Suite::Quick => (
                "The built-in model's texts, and no download: a look at everything, on a model whose English is clumsy and whose \
                 entropy is low. Its figures are not those of a real model.",
                "demo",
                &[50, 200],
                Vec::new(),
                60,
            ),
            Suite::Standard => (
                "SmolLM2-135M-Instruct writes, and is the attacker where one needs a model.",
                "smollm2",
                &[50, 100, 200, 400, 600],
                marks(&OTHERS),
                32,
            ),
            Suite::Full => (
                "As the standard suite, with more texts and strengths, for bigger machines.",
                "smollm2",
                &[50, 100, 200, 400, 600],
                marks(&OTHERS),
                1000,
            ),
        };
        let mut strikes = plain_strikes(texts);
        strikes.extend(resample.iter().map(|&(span, share)| Strike {
            name: format!("resample, span {span}"),
            strength: strength(share),
            means: Means::Resample(span),
            texts: few,
        }));
        strikes.extend(paraphrase.iter().map(|&(unit, share)| Strike {
            name: format!("paraphrase, by {}", unit.name()),
            strength: strength(share),
            means: Means::Paraphrase(unit),
            texts: few,
        }));
        Self {
            suite,
            about: about.to_owned(),
            model: model.to_owned(),
            temperature: 1.0,
            texts,
            chief: marks(&[GREEN, GUMBEL]),
            others,
            lengths: lengths.to_vec(),
            chief_length: 200,
            strikes,
            sample,
        }
    }

    /// With so many texts in place of the suite's own number.
    #[must_use]
    pub fn with_texts(mut self, texts: usize) -> Self {
        self.texts = texts;
        self.sample = self.sample.min(texts);
        self.strikes.iter_mut().for_each(|strike| strike.texts = strike.texts.min(texts));
        self
    }

    /// What is measured of a mark: its lengths, and whether attacks by a model are made.
    pub fn lengths_of(&self, mark: &Mark) -> &[usize] {
        let chief = std::slice::from_ref(&self.chief_length);
        if self.chief.contains(mark) { &self.lengths } else { chief }
    }

    /// Chief marks, then the others.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.chief.iter().chain(&self.others)
    }

    /// Whether an attack is made on texts of a mark and length. What a model has to do takes long, so it is done where it matters most.
    pub fn has(&self, strike: &Strike, mark: &Mark, tokens: usize) -> bool {
        let is_plain = matches!(strike.means, Means::Plain(_));
        is_plain || tokens == self.chief_length && self.chief.contains(mark)
    }
}

/// Nothing, every attack without a model, and several of them together.
fn plain_strikes(texts: usize) -> Vec<Strike> {
    let none = Strike { name: "none".into(), strength: strength(0.0), means: Means::Plain(Vec::new()), texts };
    let alone = PLAIN.iter().flat_map(|&(name, strengths)| {
        strengths.iter().map(move |&share| {
            let (attack, strength) = (attack(name), strength(share));
            Strike { name: name.into(), strength, means: Means::Plain(vec![(attack, strength)]), texts }
        })
    });
    let steps: Vec<(Attack, Strength)> = EDITED.iter().map(|&(name, share)| (attack(name), strength(share))).collect();
    let edited = Strike { name: edited_name(), strength: strength(EDITED[0].1), means: Means::Plain(steps), texts };
    std::iter::once(none).chain(alone).chain([edited]).collect()
}

/// "replace 0.1, delete 0.05, …"
fn edited_name() -> String {
    EDITED.map(|(name, share)| format!("{name} {share}")).join(", ")
}

fn attack(name: &str) -> Attack {
    Attack::named(name).expect("the suites name attacks that there are")
}

fn strength(share: f64) -> Strength {
    Strength::new(share).expect("a share")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::ALL;

    #[test]
    fn every_attack_without_a_model_is_in_every_suite() {
        for suite in [Suite::Quick, Suite::Standard, Suite::Full] {
            let plan = Plan::of(suite);
            for attack in ALL {
                assert!(plan.strikes.iter().any(|strike| strike.name == attack.name), "{suite}: {}", attack.name);
            }
            assert!(plan.lengths.is_sorted() && plan.lengths.contains(&plan.chief_length));
            assert!(plan.strikes.iter().all(|strike| strike.texts <= plan.texts));
            let mut names: Vec<_> =
                plan.strikes.iter().map(|s| (s.name.clone(), s.strength.share().to_bits())).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), plan.strikes.len(), "{suite}: two rows of one name");
        }
    }
}
