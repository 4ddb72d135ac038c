//! A chat model is asked to say a text in other words.
//!
//! The text goes to the model sentence by sentence, paragraph by paragraph or whole; the strength
//! is the share of these units that do. What stands between units stays. A unit is given to the
//! model without the others, so what ties sentences together may suffer.
//!
//! Krishna et al. 2023 (arXiv:2303.13408) and Kirchenbauer et al. 2023 (arXiv:2306.04634) strip
//! marks so, with models of 11 billion parameters and more. The result is as good as the model, so
//! a report must name it. SmolLM2-135M, which answers where no other is named, is far too small to
//! paraphrase well: its answers for 19 % of the sentences of a text were of no use
//! (lab/results/tables/model-attacks.md), and many of the others, when read, say something else.
//! It strips marks at the expense of the sense.

mod answer;
#[cfg(feature = "endpoint")]
mod cache;
#[cfg(feature = "endpoint")]
mod endpoint;
mod local;
pub(super) mod units;

use serde_json::{Map, Value, json};

#[cfg(feature = "endpoint")]
pub use endpoint::{Endpoint, EndpointOptions, Secret};
pub(crate) use local::LocalChat;

use self::{answer::usable, units::units};
use crate::{
    attack::{About, Attack, AttackError, Attacked, Strength, rng_of},
    descriptions::described,
    places::struck,
};

pub(super) const NAME: &str = "paraphrase";

/// Temperature of a model that paraphrases, where no other is asked for: drafts should differ, and
/// sentences hold together.
pub const PARAPHRASE_TEMPERATURE: f64 = 0.7;

/// Part of a text that a model rewrites at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Sentence by sentence. UAX #29.
    Sentence,
    /// Paragraph by paragraph: what stands between blank lines.
    Paragraph,
    /// All of it. A strength below a half then rewrites nothing.
    Text,
}

impl Unit {
    /// "sentence", "paragraph", "text".
    pub fn name(self) -> &'static str {
        match self {
            Self::Sentence => "sentence",
            Self::Paragraph => "paragraph",
            Self::Text => "text",
        }
    }
}

/// A question to a model.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The whole of the message.
    pub(crate) prompt: String,
    /// The part to be rewritten.
    pub(crate) unit: String,
}

impl Question {
    fn about(text: &str, unit: Unit) -> Self {
        let name = unit.name();
        let prompt = format!(
            "Rewrite the following {name} in other words. Keep its meaning and its language. Answer with the rewritten {name} alone.\n\n{text}"
        );
        Self { prompt, unit: text.to_owned() }
    }
}

/// An answer as it comes, `None` if it was cut off or withheld; or the model's reason for none at
/// all.
pub(crate) type Answer = Result<Option<String>, String>;

/// A model that answers questions.
pub(crate) trait Chat {
    /// Returns the options that determine its answers, for reports.
    fn options(&self) -> Map<String, Value>;

    /// Returns the number of questions that it answers best at a time.
    fn batch(&self) -> usize;

    /// Answers each question, as if it were alone. The same question and seed give the same, as far
    /// as the model does its part.
    fn answer(&mut self, questions: &[Question], seed: u64) -> Vec<Answer>;
}

/// The attack with its model.
///
/// An answer is taken without quotation marks around it and without what leads up to it ("Here is a
/// paraphrase:"). Where nothing is left, or more than three times the length of what was asked for,
/// the unit stays as it was and counts as unusable.
pub(crate) struct Paraphrase {
    chat: Box<dyn Chat>,
    unit: Unit,
}

impl Paraphrase {
    /// Asks this model for these units.
    pub(crate) fn new(chat: Box<dyn Chat>, unit: Unit) -> Self {
        Self { chat, unit }
    }
}

impl Attack for Paraphrase {
    fn about(&self) -> About {
        About { place: self.unit.name(), ..described(NAME) }
    }

    fn options(&self) -> Map<String, Value> {
        let mut options = self.chat.options();
        options.insert("unit".into(), json!(self.unit.name()));
        options
    }

    fn batch(&self) -> usize {
        self.chat.batch()
    }

    fn attack(&mut self, texts: &[&str], strength: Strength, seed: u64) -> Vec<Result<Attacked, AttackError>> {
        // Of each text the units, and which of them are to be rewritten.
        let plans: Vec<_> = texts
            .iter()
            .map(|text| {
                let units = units(text, self.unit);
                let struck = struck(units.len(), strength, &mut rng_of(NAME, seed));
                (*text, units, struck)
            })
            .collect();
        let questions: Vec<Question> = plans
            .iter()
            .flat_map(|(text, units, struck)| {
                let chosen = units.iter().zip(struck).filter(|(_, struck)| **struck);
                chosen.map(|(unit, _)| Question::about(&text[unit.clone()], self.unit))
            })
            .collect();
        let mut answers =
            if questions.is_empty() { Vec::new() } else { self.chat.answer(&questions, seed) }.into_iter();
        plans
            .into_iter()
            .map(|(text, units, struck)| {
                let mut done = Attacked { text: String::new(), changed: 0, places: units.len(), unusable: 0 };
                let mut failed = None;
                let mut from = 0;
                for unit in units.into_iter().zip(struck).filter_map(|(unit, struck)| struck.then_some(unit)) {
                    let answer = answers.next().unwrap_or_else(|| Err("a question was not answered".into()));
                    match answer.map(|answer| answer.and_then(|answer| usable(&answer, &text[unit.clone()]))) {
                        Ok(Some(answer)) => {
                            done.text += &text[from..unit.start];
                            done.text += &answer;
                            from = unit.end;
                            done.changed += 1;
                        }
                        Ok(None) => done.unusable += 1,
                        Err(reason) => failed = failed.or(Some(reason)),
                    }
                }
                done.text += &text[from..];
                match failed {
                    Some(reason) => Err(AttackError::Model { attack: NAME, reason }),
                    None => Ok(done),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
