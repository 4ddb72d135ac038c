//! Texts under a suite's attacks. What a model took long to make is kept, by the content that it was made of.

use std::{collections::HashMap, path::Path, time::Duration};

use anyhow::{Context, Result, anyhow, ensure};
use greenmark_text::fmt::hex;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::plan::{Means, Plan, Strike};
use crate::{journal::Journal, setup::Setup};
use greenmark_attacks::{
    Attack, AttackError, Attacked, Attacker, BackTranslation, Chat, Endpoint, LocalChat, Other, PARAPHRASE_TEMPERATURE,
    Paraphrase, Phrases, PhrasesOptions, Resample, ResampleOptions, Strength, Synonyms, Table,
};

/// Unmarked texts that each attacked text gets words and sentences from.
const OTHERS: usize = 20;

/// Of a span that is written anew: half of what the command makes, in half the time.
const DRAFTS: usize = 2;

/// How long a batch of texts may be on its way into Spanish and back.
const TRANSLATION_LIMIT: Duration = Duration::from_secs(300);

/// A text after an attack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Done {
    /// The text.
    pub(super) text: String,
    /// Share of its places that were changed.
    pub(super) rate: f64,
}

/// A text after an attack, or why there is none.
pub(super) type Struck = Result<Done, AttackError>;

impl From<Attacked> for Done {
    fn from(attacked: Attacked) -> Self {
        let rate = attacked.rate();
        Self { text: attacked.text, rate }
    }
}

/// Unmarked texts, of the prompts of the attacked ones in the same order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pool<'a> {
    /// The texts.
    pub(super) texts: &'a [String],
    /// Seed of all attacks.
    pub(super) seed: u64,
}

impl Pool<'_> {
    /// Each text after attacks that need no model, one after the other.
    pub(super) fn strike(&self, texts: &[String], steps: &[(Attack, Strength)]) -> Vec<Struck> {
        let strike = |(index, text): (usize, &String)| {
            let others: Vec<&str> = self.others(index).collect();
            let others = others.join("\n\n");
            let words: Vec<String> = others.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
            let other = Other { words: &words, text: Some(&others) };
            // A step's seed is the text's and its place, so that an attack made twice chooses other places.
            let seed = self.seed.wrapping_add(1000 * index as u64);
            let mut done = Done { text: text.clone(), rate: 0.0 };
            for (step, (attack, strength)) in steps.iter().enumerate() {
                let attacked = attack.apply(&done.text, *strength, seed.wrapping_add(step as u64), &other)?;
                done = Done { rate: if step == 0 { attacked.rate() } else { done.rate }, text: attacked.text };
            }
            Ok(done)
        };
        texts.par_iter().enumerate().map(strike).collect()
    }

    /// Unmarked texts of the prompts that follow.
    fn others(&self, index: usize) -> impl Iterator<Item = &str> {
        let others = OTHERS.min(self.texts.len().saturating_sub(1));
        (1..=others).map(move |next| &*self.texts[(index + next) % self.texts.len()])
    }
}

/// A word without what stands about it, small.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// The attacker that a strike needs, with the model that makes the plan's attacks.
///
/// # Errors
/// What is missing, and what to do about it.
pub(super) fn attacker(means: &Means, plan: &Plan) -> Result<Option<Box<dyn Attacker>>> {
    let model = &*plan.attacker;
    Ok(match means {
        Means::Plain(_) => None,
        Means::Resample(span) => {
            let options = ResampleOptions { span: *span, candidates: DRAFTS, ..ResampleOptions::default() };
            let Setup { model: lm, tokenizer, .. } = Setup::load(model)?;
            Some(Box::new(Resample::new(lm, tokenizer, model, options)?))
        }
        Means::Synonyms => Some(Box::new(Synonyms::new(None)?)),
        Means::Phrases => {
            let table = Table::load(None, Table::LEAST)?;
            let Setup { model: lm, tokenizer, .. } = Setup::load(model)?;
            Some(Box::new(Phrases::new(table, lm, tokenizer, model, PhrasesOptions::default())?))
        }
        Means::BackTranslation => Some(Box::new(BackTranslation::new(TRANSLATION_LIMIT)?)),
        Means::Paraphrase(unit) => {
            let chat: Box<dyn Chat> = match &plan.endpoint {
                Some(options) => Box::new(Endpoint::new(options.clone()).map_err(|reason| anyhow!(reason))?),
                None => {
                    let Setup { model: lm, tokenizer, chat, .. } = Setup::load(model)?;
                    let chat = chat.context("the model follows no instructions")?;
                    Box::new(LocalChat::new(lm, tokenizer, chat, model, PARAPHRASE_TEMPERATURE)?)
                }
            };
            Some(Box::new(Paraphrase::new(chat, *unit)))
        }
    })
}

/// What was made of texts before, in a file.
#[derive(Debug)]
pub(super) struct Kept {
    journal: Journal<Line>,
    known: HashMap<String, Done>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    /// Of text, attack, strength, seed and options.
    of: String,
    #[serde(flatten)]
    done: Done,
}

impl Kept {
    /// What a file has; it need not be there.
    ///
    /// # Errors
    /// The line that is none of its kind.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let (journal, lines) = Journal::open(path)?;
        let mut known = HashMap::new();
        for (number, Line { of, done }) in (1..).zip(lines) {
            let is_sound = (0.0..=1.0).contains(&done.rate);
            ensure!(is_sound, "{}, line {number}: {} is no share of places", path.display(), done.rate);
            known.insert(of, done);
        }
        Ok(Self { journal, known })
    }

    /// Each text after an attack. Those that are not kept are made, some at a time.
    ///
    /// - `tick`: told how many are there, now and then.
    ///
    /// # Errors
    /// If the file cannot be written, or a model failed.
    pub(super) fn strike(
        &mut self,
        texts: &[String],
        strike: &Strike,
        seed: u64,
        attacker: &mut dyn Attacker,
        tick: &dyn Fn(usize),
    ) -> Result<Vec<Struck>> {
        let options = Value::Object(attacker.options()).to_string();
        let name = |text: &str| {
            let about = format!("{}\0{}\0{seed}\0{options}\0{text}", strike.name, strike.strength.share());
            hex(&Sha256::digest(about)[..16])
        };
        let names: Vec<String> = texts.iter().map(|text| name(text)).collect();
        let mut refused: HashMap<usize, AttackError> = HashMap::new();
        let missing: Vec<usize> = (0..texts.len()).filter(|&at| !self.known.contains_key(&names[at])).collect();
        let mut left = missing.len();
        for batch in missing.chunks(attacker.batch().max(1)) {
            tick(texts.len() - left);
            left -= batch.len();
            let raw: Vec<&str> = batch.iter().map(|&at| &*texts[at]).collect();
            for (&at, attacked) in batch.iter().zip(attacker.attack(&raw, strike.strength, seed)) {
                match attacked {
                    Ok(attacked) => {
                        let line = Line { of: names[at].clone(), done: attacked.into() };
                        self.journal.add(&line)?;
                        self.known.insert(line.of, line.done);
                    }
                    Err(error @ AttackError::Model { .. }) => return Err(error.into()),
                    Err(error) => drop(refused.insert(at, error)),
                }
            }
        }
        Ok((0..texts.len())
            .map(|at| match refused.remove(&at) {
                Some(error) => Err(error),
                None => Ok(self.known[&names[at]].clone()),
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Suite;
    use greenmark_attacks::{EndpointOptions, Unit};

    #[test]
    fn a_plan_with_an_endpoint_asks_it_for_paraphrases() {
        let url = "http://localhost:9/v1";
        let options = EndpointOptions {
            url: url.into(),
            model: "m".into(),
            key: None,
            temperature: PARAPHRASE_TEMPERATURE,
            timeout: Duration::from_secs(1),
            retries: 0,
            pause: Duration::ZERO,
            cache: None,
        };
        let mut plan = Plan { endpoint: Some(options), attacker: "demo".into(), ..Plan::of(Suite::Standard) };
        let means = Means::Paraphrase(Unit::Sentence);
        let mut asked = attacker(&means, &plan).expect("nothing is asked yet").expect("an attacker");
        assert_eq!(asked.options()["endpoint"], url);
        let whole = Strength::new(1.0).expect("a share");
        let answer = asked.attack(&["It rains."], whole, 1).remove(0);
        assert!(matches!(&answer, Err(AttackError::Model { reason, .. }) if reason.contains(url)), "{answer:?}");
        plan.endpoint = None;
        let error = attacker(&means, &plan).err().expect("the built-in model follows no instructions");
        assert!(error.to_string().contains("follows no instructions"), "{error}");
    }
}
