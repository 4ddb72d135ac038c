//! Plans of suites: marks, lengths, attacks and numbers of texts.

use std::fmt;

use super::results::AttackRow;
use crate::{corpus::Mark, setup::parse_mark};
use greenmark_attacks::{About, EndpointOptions, Strength, Unit, about};

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

/// Extent of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All that the plan has.
    Whole,
    /// No further than it went before: what is missing is named as skipped.
    AsItIs,
}

/// Plan of a suite.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which suite this is.
    pub suite: Suite,
    /// Description for people.
    pub about: String,
    /// `demo`, `smollm2` or a GGUF file: it writes the texts.
    pub model: String,
    /// The same of the attacks that need a model.
    pub attacker: String,
    /// Model behind a URL that paraphrases in its place.
    pub endpoint: Option<EndpointOptions>,
    /// Divides the logits.
    pub temperature: f64,
    /// Texts of each mark, each under a key of its own.
    pub texts: usize,
    /// Marks that are measured at every length, with all attacks; the first is the default.
    pub chief: Vec<Mark>,
    /// Marks that are measured at the chief length, by a few attacks.
    pub others: Vec<Mark>,
    /// Tokens of a text, ascending: texts are written at the greatest length, and shorter ones are
    /// their beginnings.
    pub lengths: Vec<usize>,
    /// The length that most is measured at; one of `lengths`.
    pub chief_length: usize,
    /// The attacks, in the order in which they are made.
    pub attacks: Vec<AttackPlan>,
    /// Texts of a cell whose likeness in sense is measured, of the chief marks at the chief length:
    /// it takes longer than all else without a model.
    pub likened: usize,
    /// Texts of a cell whose perplexity is measured, of the first mark at the chief length: that
    /// takes longer still.
    pub reread: usize,
}

/// An attack of one strength, as the suite makes it.
#[derive(Debug, Clone)]
pub struct AttackPlan {
    /// Names it in reports, without its strength.
    pub name: String,
    /// Share of the places of its first step.
    pub strength: Strength,
    /// Attacks, one after the other; none leaves the texts as they are.
    pub steps: Vec<(&'static About, Strength)>,
    /// Tokens that a model writes anew at a time.
    pub span: Option<usize>,
    /// Part of the text that is paraphrased at a time.
    pub unit: Option<Unit>,
    /// Marked texts of a cell that it is made on, at most.
    pub texts: usize,
    /// Unmarked texts.
    pub unmarked: usize,
    /// Marks and lengths that it is made on.
    pub scope: Scope,
}

/// The marks and lengths that an attack is made at: what takes long is made where it matters most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All marks, at every length that they have.
    Everything,
    /// The chief marks at every length.
    ChiefMarks,
    /// The chief marks at the chief length.
    ChiefCells,
}

impl AttackPlan {
    /// Plans attacks that need no model, one after the other.
    pub fn plain(steps: &[(&str, f64)], texts: usize, scope: Scope) -> Self {
        let steps: Vec<_> = steps.iter().map(|&(name, share)| (known(name), strength(share))).collect();
        let name = match &steps[..] {
            [] => "none".to_owned(),
            [(about, _)] => about.name.to_owned(),
            steps => {
                let steps = steps.iter().map(|(about, strength)| format!("{} {}", about.name, strength.share()));
                steps.collect::<Vec<_>>().join(", ")
            }
        };
        let strength = steps.first().map_or_else(|| strength(0.0), |(_, strength)| *strength);
        Self { name, strength, steps, span: None, unit: None, texts, unmarked: texts, scope }
    }

    /// Returns its description in reports; `None` if nothing is done.
    fn row(&self) -> Option<AttackRow> {
        let about = match self.steps[..] {
            [] => return None,
            [(about, _)] => about,
            _ => &About::SEVERAL,
        };
        let &About { kind, place, models, source, limits, .. } = about;
        let [place, models, source, limits] = [place, models, source, limits].map(str::to_owned);
        Some(AttackRow { attack: self.name.clone(), kind, place, models, source, limits })
    }
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

/// Of those, what every mark is compared by.
const COMMON: [&str; 6] = ["none", "replace", "delete", "swap", "case", "paste"];

/// The attacks that make up careless editing.
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
    /// Returns a suite as it is.
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
        let attacks = plain(texts).into_iter().chain(rewriting(suite)).collect();
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
            attacks,
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
        for attack in &mut self.attacks {
            attack.texts = attack.texts.min(texts);
            attack.unmarked = attack.unmarked.min(texts);
        }
        self
    }

    /// Returns true if a model is asked to paraphrase.
    pub fn paraphrases(&self) -> bool {
        self.attacks.iter().any(|attack| attack.unit.is_some())
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

    /// Returns every attack once, in their order.
    pub(super) fn rows(&self) -> Vec<AttackRow> {
        let mut rows: Vec<AttackRow> = Vec::new();
        for row in self.attacks.iter().filter_map(AttackPlan::row) {
            if rows.iter().all(|known| known.attack != row.attack) {
                rows.push(row);
            }
        }
        rows
    }

    /// Returns true if likeness in sense is measured.
    pub fn is_likened(&self, mark: &Mark, tokens: usize) -> bool {
        self.likened > 0 && self.chief.contains(mark) && tokens == self.chief_length
    }

    /// Returns true if perplexity is measured.
    pub fn is_reread(&self, mark: &Mark, tokens: usize) -> bool {
        self.reread > 0 && self.chief.first() == Some(mark) && tokens == self.chief_length
    }

    /// Returns true if an attack is made on texts of a mark and length.
    pub fn has(&self, attack: &AttackPlan, mark: &Mark, tokens: usize) -> bool {
        match attack.scope {
            Scope::Everything => true,
            Scope::ChiefMarks => self.chief.contains(mark),
            Scope::ChiefCells => self.chief.contains(mark) && tokens == self.chief_length,
        }
    }
}

/// Attacks that need more than a seed, at the chief cells alone.
fn rewriting(suite: Suite) -> Vec<AttackPlan> {
    let plan = |name: &str, share, texts, unmarked| {
        let steps = vec![(known(name), strength(share))];
        let (strength, scope) = (strength(share), Scope::ChiefCells);
        AttackPlan { name: name.to_owned(), strength, steps, span: None, unit: None, texts, unmarked, scope }
    };
    let resample = |span, share, texts, unmarked| {
        let name = format!("resample, span {span}");
        AttackPlan { name, span: Some(span), ..plan("resample", share, texts, unmarked) }
    };
    let paraphrase = |unit: Unit, share, texts, unmarked| {
        let name = format!("paraphrase, by {}", unit.name());
        AttackPlan { name, unit: Some(unit), ..plan("paraphrase", share, texts, unmarked) }
    };
    match suite {
        // It finds the same everywhere: nothing has to be installed.
        Suite::Quick => vec![resample(5, 0.2, 60, 60), resample(5, 0.5, 60, 60)],
        Suite::Standard => vec![
            plan("synonyms", 0.5, 200, 200),
            plan("synonyms", 1.0, 200, 200),
            plan("back-translate", 1.0, 200, 200),
            paraphrase(Unit::Sentence, 1.0, 200, 100),
            plan("phrases", 1.0, 200, 100),
            resample(5, 0.5, 200, 100),
            paraphrase(Unit::Paragraph, 1.0, 100, 100),
            resample(20, 0.5, 100, 100),
            resample(5, 0.2, 100, 100),
            resample(1, 0.2, 100, 100),
        ],
        Suite::Full => {
            let spans = [1, 5, 20].into_iter().flat_map(|span| [0.2, 0.35, 0.5].map(|share| (span, share)));
            let mut all: Vec<AttackPlan> = spans.map(|(span, share)| resample(span, share, 1000, 1000)).collect();
            let alone = [("synonyms", 0.25), ("synonyms", 0.5), ("synonyms", 1.0), ("phrases", 0.5), ("phrases", 1.0)];
            let translated = [("back-translate", 0.5), ("back-translate", 1.0)];
            all.extend(alone.into_iter().chain(translated).map(|(name, share)| plan(name, share, 1000, 1000)));
            all.push(paraphrase(Unit::Sentence, 0.5, 1000, 1000));
            all.extend([Unit::Sentence, Unit::Paragraph, Unit::Text].map(|unit| paraphrase(unit, 1.0, 1000, 1000)));
            all
        }
    }
}

/// Nothing, every attack without a model, and several of them together.
fn plain(texts: usize) -> Vec<AttackPlan> {
    let scope = |name: &str| if COMMON.contains(&name) { Scope::Everything } else { Scope::ChiefMarks };
    let alone = PLAIN.iter().flat_map(|&(name, strengths)| {
        strengths.iter().map(move |&share| AttackPlan::plain(&[(name, share)], texts, scope(name)))
    });
    std::iter::once(AttackPlan::plain(&[], texts, scope("none")))
        .chain(alone)
        .chain([AttackPlan::plain(&EDITED, texts, Scope::ChiefMarks)])
        .collect()
}

fn known(name: &str) -> &'static About {
    about(name).expect("the suites name attacks that there are")
}

fn strength(share: f64) -> Strength {
    Strength::new(share).expect("a share")
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenmark_attacks::catalogue;

    #[test]
    fn every_attack_without_a_model_is_in_every_suite() {
        for suite in [Suite::Quick, Suite::Standard, Suite::Full] {
            let plan = Plan::of(suite);
            for about in catalogue().iter().filter(|about| about.is_plain()) {
                assert!(plan.attacks.iter().any(|attack| attack.name == about.name), "{suite}: {}", about.name);
            }
            assert!(plan.lengths.is_sorted() && plan.lengths.contains(&plan.chief_length));
            assert!(plan.attacks.iter().all(|attack| attack.texts <= plan.texts));
            let mut names: Vec<_> =
                plan.attacks.iter().map(|s| (s.name.clone(), s.strength.share().to_bits())).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), plan.attacks.len(), "{suite}: two rows of one name");
        }
    }
}
