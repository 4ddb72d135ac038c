//! Texts under a suite's attacks. What a model took long to make is kept, by the content that it
//! was made of.

use std::{collections::HashMap, path::Path};

use anyhow::{Result, ensure};
use greenmark_text::fmt::hex;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::plan::{AttackPlan, Plan};
use crate::journal::Journal;
use greenmark_attacks::{About, Attack, AttackError, Attacked, Options, Strength, build};

/// Unmarked texts that each attacked text gets words and sentences from.
const OTHERS: usize = 20;

/// Drafts of a span that is written anew: half of what the command makes, in half the time.
const DRAFTS: usize = 2;

/// A text after an attack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct AttackedText {
    /// The text.
    pub(super) text: String,
    /// Share of its places that were changed.
    pub(super) rate: f64,
}

/// A text after an attack, or why there is none.
pub(super) type Outcome = Result<AttackedText, AttackError>;

impl From<Attacked> for AttackedText {
    fn from(attacked: Attacked) -> Self {
        let rate = attacked.rate();
        Self { text: attacked.text, rate }
    }
}

/// Unmarked texts, of the prompts of the attacked ones in the same order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Donors<'a> {
    /// The texts.
    pub(super) texts: &'a [String],
    /// Seed of all attacks.
    pub(super) seed: u64,
}

impl Donors<'_> {
    /// Returns each text after plain attacks, one after the other.
    pub(super) fn attack(&self, texts: &[String], steps: &[(&About, Strength)]) -> Result<Vec<Outcome>> {
        let attack = |(index, text): (usize, &String)| -> Result<Outcome> {
            let others: Vec<&str> = self.others(index).collect();
            let others = others.join("\n\n");
            let words: Vec<String> = others.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
            let options = Options { words: &words, with: Some(&others), ..Options::default() };
            // A step's seed is the text's and its place, so that an attack made twice chooses other places.
            let seed = self.seed.wrapping_add(1000 * index as u64);
            let mut done = AttackedText { text: text.clone(), rate: 0.0 };
            for (step, (about, strength)) in steps.iter().enumerate() {
                let mut attack = build(about.name, &options)?;
                match attack.attack(&[&done.text], *strength, seed.wrapping_add(step as u64)).remove(0) {
                    Ok(attacked) => {
                        let rate = if step == 0 { attacked.rate() } else { done.rate };
                        done = AttackedText { rate, text: attacked.text };
                    }
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(done))
        };
        texts.par_iter().enumerate().map(attack).collect()
    }

    /// Unmarked texts of the prompts that follow.
    fn others(&self, index: usize) -> impl Iterator<Item = &str> {
        let others = OTHERS.min(self.texts.len().saturating_sub(1));
        (1..=others).map(move |next| &*self.texts[(index + next) % self.texts.len()])
    }
}

/// Returns a word without what stands about it, small.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// Makes ready the attack of a plan that needs more than other texts, with the suite's model.
///
/// # Errors
/// The thing that is missing, and how to get it.
pub(super) fn ready<'p>(attack: &AttackPlan, plan: &'p Plan) -> Result<Option<Box<dyn Attack + 'p>>> {
    let [(about, _)] = attack.steps[..] else { return Ok(None) };
    if about.is_plain() {
        return Ok(None);
    }
    let options = Options {
        model: Some(&plan.attacker),
        span: attack.span,
        candidates: attack.span.map(|_| DRAFTS),
        unit: attack.unit,
        endpoint: plan.endpoint.as_ref(),
        ..Options::default()
    };
    build(about.name, &options).map(Some)
}

/// Attacked texts of earlier runs, in a file.
#[derive(Debug)]
pub(super) struct Kept {
    journal: Journal<Line>,
    known: HashMap<String, AttackedText>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    /// Digest of text, attack, strength, seed and options.
    of: String,
    #[serde(flatten)]
    done: AttackedText,
}

impl Kept {
    /// Returns the content of a file, which need not exist.
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

    /// Returns each text after an attack. Those that are not kept are made, some at a time.
    ///
    /// - `tick`: told how many are there, now and then.
    ///
    /// # Errors
    /// If the file cannot be written, or a model failed.
    pub(super) fn attack(
        &mut self,
        texts: &[String],
        plan: &AttackPlan,
        seed: u64,
        attack: &mut dyn Attack,
        tick: &dyn Fn(usize),
    ) -> Result<Vec<Outcome>> {
        let options = Value::Object(attack.options()).to_string();
        let name = |text: &str| {
            let about = format!("{}\0{}\0{seed}\0{options}\0{text}", plan.name, plan.strength.share());
            hex(&Sha256::digest(about)[..16])
        };
        let names: Vec<String> = texts.iter().map(|text| name(text)).collect();
        let mut refused: HashMap<usize, AttackError> = HashMap::new();
        let missing: Vec<usize> = (0..texts.len()).filter(|&at| !self.known.contains_key(&names[at])).collect();
        let mut left = missing.len();
        for batch in missing.chunks(attack.batch().max(1)) {
            tick(texts.len() - left);
            left -= batch.len();
            let raw: Vec<&str> = batch.iter().map(|&at| &*texts[at]).collect();
            for (&at, attacked) in batch.iter().zip(attack.attack(&raw, plan.strength, seed)) {
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
    use std::time::Duration;

    use greenmark_attacks::{EndpointOptions, PARAPHRASE_TEMPERATURE, Unit};

    use super::*;
    use crate::suite::Suite;

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
        let by_sentence = plan.attacks.iter().find(|attack| attack.unit == Some(Unit::Sentence)).cloned();
        let by_sentence = by_sentence.expect("the standard suite paraphrases");
        let mut asked = ready(&by_sentence, &plan).expect("nothing is asked yet").expect("an attacker");
        assert_eq!(asked.options()["endpoint"], url);
        let whole = Strength::new(1.0).expect("a share");
        let answer = asked.attack(&["It rains."], whole, 1).remove(0);
        assert!(matches!(&answer, Err(AttackError::Model { reason, .. }) if reason.contains(url)), "{answer:?}");
        drop(asked);
        plan.endpoint = None;
        let error = ready(&by_sentence, &plan).err().expect("the built-in model follows no instructions");
        assert!(error.to_string().contains("follows no instructions"), "{error}");
    }
}
