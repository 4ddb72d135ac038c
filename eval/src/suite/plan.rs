//! What a suite measures: marks, lengths, attacks and how many texts.

use std::fmt;

use super::results::AttackRow;
use crate::{corpus::Mark, setup::parse_mark};
use greenmark_attacks::{About, Attack, EndpointOptions, Kind, Method, Strength, Unit};

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

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All that the plan has.
    Whole,
    /// No further than it went before: what is missing is named as skipped.
    AsItIs,
}

/// What a suite measures.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which suite this is.
    pub suite: Suite,
    /// What it measures, for people.
    pub about: String,
    /// `demo`, `smollm2` or a GGUF file: it writes the texts.
    pub model: String,
    /// The same of the attacks that need a model.
    pub attacker: String,
    /// What paraphrases in its place, behind a URL.
    pub endpoint: Option<EndpointOptions>,
    /// Divides the logits.
    pub temperature: f64,
    /// Texts of each mark, each under a key of its own.
    pub texts: usize,
    /// Marks that are measured at every length, with all attacks; the first is the default.
    pub chief: Vec<Mark>,
    /// Marks that are measured at the chief length, by a few attacks.
    pub others: Vec<Mark>,
    /// Tokens of a text, ascending: texts are written at the greatest length, and shorter ones are their beginnings.
    pub lengths: Vec<usize>,
    /// The length that most is measured at; one of `lengths`.
    pub chief_length: usize,
    /// The attacks, in the order in which they are made.
    pub strikes: Vec<Strike>,
    /// Texts of a cell whose likeness in sense is measured, of the chief marks at the chief length: it takes longer than all else without a
    /// model.
    pub likened: usize,
    /// Texts of a cell whose perplexity is measured, of the first mark at the chief length: that takes longer still.
    pub reread: usize,
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
    /// Marked texts of a cell that it is made on, at most.
    pub texts: usize,
    /// Unmarked ones.
    pub unmarked: usize,
    /// Where it is made.
    pub reach: Reach,
}

/// At which marks and lengths an attack is made: what takes long is made where it matters most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On all marks, at every length that they have.
    Everything,
    /// On the chief marks at every length.
    ChiefMarks,
    /// On the chief marks at the chief length.
    ChiefCells,
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
    /// Words give way to WordNet's synonyms.
    Synonyms,
    /// Phrases give way to those of a paraphrase table that the model finds fitting.
    Phrases,
    /// Sentences go into Spanish and back through Apertium.
    BackTranslation,
}

impl Means {
    /// Names an attack in reports; one of several steps by all of them.
    pub fn name(&self) -> String {
        match self {
            Self::Plain(steps) => match &steps[..] {
                [] => "none".to_owned(),
                [(attack, _)] => attack.name.to_owned(),
                steps => {
                    let steps = steps.iter().map(|(attack, strength)| format!("{} {}", attack.name, strength.share()));
                    steps.collect::<Vec<_>>().join(", ")
                }
            },
            Self::Resample(span) => format!("resample, span {span}"),
            Self::Paraphrase(unit) => format!("paraphrase, by {}", unit.name()),
            Self::Synonyms => "synonyms".to_owned(),
            Self::Phrases => "phrases".to_owned(),
            Self::BackTranslation => "back-translate".to_owned(),
        }
    }
}

impl Means {
    /// The attacks that it is made of.
    fn methods(&self) -> Vec<Method> {
        match self {
            Self::Plain(steps) => steps.iter().map(|(attack, _)| Method::Plain(*attack)).collect(),
            Self::Resample(_) => vec![Method::Resample],
            Self::Paraphrase(_) => vec![Method::Paraphrase],
            Self::Synonyms => vec![Method::Synonyms],
            Self::Phrases => vec![Method::Phrases],
            Self::BackTranslation => vec![Method::BackTranslation],
        }
    }

    /// What it says of itself in reports; `None` where nothing is done.
    fn about(&self) -> Option<AttackRow> {
        let about = match self.methods()[..] {
            [] => return None,
            [one] => one.about(),
            _ => SEVERAL,
        };
        let About { kind, place, models, source, limits, .. } = about;
        let [place, models, source, limits] = [place, models, source, limits].map(str::to_owned);
        Some(AttackRow { attack: self.name(), kind, place, models, source, limits })
    }
}

/// What several attacks say of themselves together.
const SEVERAL: About = About {
    name: "several",
    kind: Kind::Several,
    place: "as each has it",
    models: "several attacks one after the other, each as it is described by itself",
    source: "theirs",
    limits: "as theirs",
};

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

/// Of those, what every mark is compared by.
const COMMON: [&str; 6] = ["none", "replace", "delete", "swap", "case", "paste"];

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
    ///
    /// # Panics
    /// Never: a test makes every suite.
    pub fn of(suite: Suite) -> Self {
        let marks = |names: &[&str]| names.iter().map(|name| parse_mark(name).expect("a mark")).collect();
        let texts = if suite == Suite::Full { 1000 } else { 200 };
        let (about, model, lengths, others, (likened, reread)): (_, _, &[usize], _, _) = match suite {
            Suite::Quick => (
                "The built-in model's texts, and no download: a look at everything, on a model whose English is clumsy and whose \
                 entropy is low. Its figures are not those of a real model.",
                "demo",
                &[50, 200],
                Vec::new(),
                (10, 10),
            ),
            Suite::Standard => (
                "SmolLM2-135M-Instruct writes, and is the attacker where one needs a model.",
                "smollm2",
                &[50, 100, 200, 400, 600],
                marks(&OTHERS),
                (32, 12),
            ),
            Suite::Full => (
                "As the standard suite, with more texts and strengths, for bigger machines.",
                "smollm2",
                &[50, 100, 200, 400, 600],
                marks(&OTHERS),
                (1000, 200),
            ),
        };
        let mut strikes = plain_strikes(texts);
        strikes.extend(strikes_with_means(suite));
        Self {
            suite,
            about: about.to_owned(),
            model: model.to_owned(),
            attacker: model.to_owned(),
            endpoint: None,
            temperature: 1.0,
            texts,
            chief: marks(&[GREEN, GUMBEL]),
            others,
            lengths: lengths.to_vec(),
            chief_length: 200,
            strikes,
            likened,
            reread,
        }
    }

    /// With so many texts in place of the suite's own number.
    #[must_use]
    pub fn with_texts(mut self, texts: usize) -> Self {
        self.texts = texts;
        self.likened = self.likened.min(texts);
        self.reread = self.reread.min(texts);
        for strike in &mut self.strikes {
            strike.texts = strike.texts.min(texts);
            strike.unmarked = strike.unmarked.min(texts);
        }
        self
    }

    /// Whether a model is asked to paraphrase.
    pub fn paraphrases(&self) -> bool {
        self.strikes.iter().any(|strike| matches!(strike.means, Means::Paraphrase(_)))
    }

    /// Lengths that a mark is measured at.
    pub fn lengths_of(&self, mark: &Mark) -> &[usize] {
        let chief = std::slice::from_ref(&self.chief_length);
        if self.chief.contains(mark) { &self.lengths } else { chief }
    }

    /// Chief marks, then the others.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.chief.iter().chain(&self.others)
    }

    /// Every attack once, in their order.
    pub(super) fn attacks(&self) -> Vec<AttackRow> {
        let mut rows: Vec<AttackRow> = Vec::new();
        for row in self.strikes.iter().filter_map(|strike| strike.means.about()) {
            if rows.iter().all(|known| known.attack != row.attack) {
                rows.push(row);
            }
        }
        rows
    }

    /// Whether likeness in sense is measured.
    pub fn is_likened(&self, mark: &Mark, tokens: usize) -> bool {
        self.likened > 0 && self.chief.contains(mark) && tokens == self.chief_length
    }

    /// Whether perplexity is measured.
    pub fn is_reread(&self, mark: &Mark, tokens: usize) -> bool {
        self.reread > 0 && self.chief.first() == Some(mark) && tokens == self.chief_length
    }

    /// Whether an attack is made on texts of a mark and length.
    pub fn has(&self, strike: &Strike, mark: &Mark, tokens: usize) -> bool {
        match strike.reach {
            Reach::Everything => true,
            Reach::ChiefMarks => self.chief.contains(mark),
            Reach::ChiefCells => self.chief.contains(mark) && tokens == self.chief_length,
        }
    }
}

/// Attacks that need more than a seed: what, how strong, on how many texts of each chief mark and on how many unmarked ones.
fn strikes_with_means(suite: Suite) -> Vec<Strike> {
    use Means::{BackTranslation, Paraphrase, Phrases, Resample, Synonyms};
    // The quick suite finds the same everywhere: it asks for nothing that has to be installed.
    let all: Vec<(Means, f64, usize, usize)> = match suite {
        Suite::Quick => vec![(Resample(5), 0.2, 60, 60), (Resample(5), 0.5, 60, 60)],
        Suite::Standard => vec![
            (Synonyms, 0.5, 200, 200),
            (Synonyms, 1.0, 200, 200),
            (BackTranslation, 1.0, 200, 200),
            (Paraphrase(Unit::Sentence), 1.0, 200, 100),
            (Phrases, 1.0, 200, 100),
            (Resample(5), 0.5, 200, 100),
            (Paraphrase(Unit::Paragraph), 1.0, 100, 100),
            (Resample(20), 0.5, 100, 100),
            (Resample(5), 0.2, 100, 100),
            (Resample(1), 0.2, 100, 100),
        ],
        Suite::Full => {
            let resampled =
                [1, 5, 20].into_iter().flat_map(|span| [0.2, 0.35, 0.5].map(|share| (Resample(span), share)));
            let mut all: Vec<(Means, f64)> = resampled.collect();
            all.extend([(Synonyms, 0.25), (Synonyms, 0.5), (Synonyms, 1.0), (Phrases, 0.5), (Phrases, 1.0)]);
            all.extend([(BackTranslation, 0.5), (BackTranslation, 1.0), (Paraphrase(Unit::Sentence), 0.5)]);
            all.extend([Unit::Sentence, Unit::Paragraph, Unit::Text].map(|unit| (Paraphrase(unit), 1.0)));
            all.into_iter().map(|(means, share)| (means, share, 1000, 1000)).collect()
        }
    };
    let strike = |(means, share, texts, unmarked): (Means, f64, usize, usize)| Strike {
        name: means.name(),
        strength: strength(share),
        means,
        texts,
        unmarked,
        reach: Reach::ChiefCells,
    };
    all.into_iter().map(strike).collect()
}

/// Nothing, every attack without a model, and several of them together.
fn plain_strikes(texts: usize) -> Vec<Strike> {
    let strike = |steps: Vec<(Attack, Strength)>| {
        let strength = steps.first().map_or_else(|| strength(0.0), |(_, strength)| *strength);
        let means = Means::Plain(steps);
        let name = means.name();
        let reach = if COMMON.contains(&&*name) { Reach::Everything } else { Reach::ChiefMarks };
        Strike { name, strength, means, texts, unmarked: texts, reach }
    };
    let alone = PLAIN.iter().flat_map(|&(name, strengths)| {
        strengths.iter().map(move |&share| strike(vec![(attack(name), strength(share))]))
    });
    let edited = EDITED.iter().map(|&(name, share)| (attack(name), strength(share))).collect();
    std::iter::once(strike(Vec::new())).chain(alone).chain([strike(edited)]).collect()
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
    use greenmark_attacks::ALL;

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
