//! Plans of suites: marks, lengths, attacks and numbers of texts.

use std::{collections::HashMap, fmt};

use clap::ValueEnum;
use serde::Deserialize;

use super::results::AttackRow;
use crate::{corpus::Mark, setup::parse_mark};
use greenmark_attacks::{About, EndpointOptions, Strength, Unit, about};

/// A suite by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    /// The built-in model, 200 texts a mark: a few minutes, nothing to download
    Quick,
    /// SmolLM2 (scripts/fetch-model.sh), 200 texts a mark up to 600 tokens long: hours on two cores
    Standard,
    /// 1,000 texts a mark and more attacks by a model: for bigger machines
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
    /// Prompts in place of the suite's own.
    pub prompts: Option<Own>,
    /// Texts by people, which false positives are counted of in place of the model's unmarked ones.
    pub human: Option<Own>,
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

/// Prompts or texts that the reader of the results brought along.
#[derive(Debug, Clone)]
pub struct Own {
    /// Name of the file.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The prompts, or the texts.
    pub texts: Vec<String>,
}

impl Own {
    /// Names the file for reports: "questions.jsonl (SHA-256 0123…)".
    pub fn describe(&self) -> String {
        format!("{} (SHA-256 {})", self.name, self.sha256)
    }
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

/// `suites.json`: the marks, attacks and numbers of the suites.
#[derive(Deserialize)]
struct Suites {
    /// Chief marks of every suite, the default first.
    chief: Vec<String>,
    /// Attacks that need no model, and their strengths, weakest first.
    plain: Vec<(String, Vec<f64>)>,
    /// Of those, the ones that every mark is compared by.
    common: Vec<String>,
    /// The attacks that make up careless editing.
    edited: Vec<(String, f64)>,
    suites: HashMap<String, Numbers>,
}

/// The rest of one suite, as in [`Plan`].
#[derive(Deserialize)]
struct Numbers {
    about: String,
    model: String,
    texts: usize,
    lengths: Vec<usize>,
    others: Vec<String>,
    likened: usize,
    reread: usize,
    rewriting: Vec<Rewriting>,
}

/// An attack that needs more than a seed, at the chief cells alone.
#[derive(Deserialize)]
struct Rewriting {
    name: String,
    strength: f64,
    span: Option<usize>,
    unit: Option<String>,
    texts: usize,
    unmarked: usize,
}

impl Rewriting {
    fn plan(self) -> AttackPlan {
        let Self { name, span, texts, unmarked, .. } = self;
        let (about, strength) = (known(&name), strength(self.strength));
        let unit = self.unit.map(|unit| UNITS.into_iter().find(|known| known.name() == unit).expect("a unit"));
        let name = match (span, unit) {
            (Some(span), _) => format!("{name}, span {span}"),
            (_, Some(unit)) => format!("{name}, by {}", unit.name()),
            _ => name,
        };
        let (steps, scope) = (vec![(about, strength)], Scope::ChiefCells);
        AttackPlan { name, strength, steps, span, unit, texts, unmarked, scope }
    }
}

const UNITS: [Unit; 3] = [Unit::Sentence, Unit::Paragraph, Unit::Text];

impl Plan {
    /// Returns a suite as it is.
    ///
    /// # Panics
    /// Never: a test makes every suite.
    pub fn of(suite: Suite) -> Self {
        let mut all: Suites = serde_json::from_str(include_str!("suites.json")).expect("the suites");
        let of = all.suites.remove(suite.name()).expect("every suite");
        let marks = |names: &[String]| names.iter().map(|name| parse_mark(name).expect("a mark")).collect();
        let plain = |steps: &[(&str, f64)]| {
            let is_common = steps.iter().all(|(name, _)| all.common.iter().any(|common| common == name));
            AttackPlan::plain(steps, of.texts, if is_common { Scope::Everything } else { Scope::ChiefMarks })
        };
        let alone = all.plain.iter().flat_map(|(name, strengths)| strengths.iter().map(move |&share| (&**name, share)));
        let edited: Vec<_> = all.edited.iter().map(|(name, share)| (&**name, *share)).collect();
        let attacks = std::iter::once(plain(&[])).chain(alone.map(|step| plain(&[step])));
        let rewriting = of.rewriting.into_iter().map(Rewriting::plan);
        Self {
            suite,
            attacks: attacks.chain([plain(&edited)]).chain(rewriting).collect(),
            about: of.about,
            attacker: of.model.clone(),
            model: of.model,
            endpoint: None,
            temperature: 1.0,
            prompts: None,
            human: None,
            texts: of.texts,
            chief: marks(&all.chief),
            others: marks(&of.others),
            lengths: of.lengths,
            chief_length: 200,
            likened: of.likened,
            reread: of.reread,
        }
    }

    /// Sets the number of texts in place of the suite's own.
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

    /// Sets the marks in place of the suite's own: each is measured at every length, with all attacks.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn with_marks(self, marks: Vec<Mark>) -> Self {
        assert!(!marks.is_empty(), "a suite measures a mark");
        Self { chief: marks, others: Vec::new(), ..self }
    }

    /// Sets prompts in place of the suite's own.
    #[must_use]
    pub fn with_prompts(mut self, prompts: Own) -> Self {
        self.about += &format!(" The prompts are those of {}.", prompts.describe());
        Self { prompts: Some(prompts), ..self }
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
