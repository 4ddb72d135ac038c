//! What is left of a mark after an attack, and what of the text.

use anyhow::Result;
use greenmark::{Detector, Examiner, Key, Normalised, Scheme, Stream, TokenId, normalise};
use greenmark_lm::Tokenizer;
use rayon::prelude::*;

use crate::{
    attack::{Attack, AttackError, Other, Strength},
    corpus::{self, Text},
    damage::{chrf, word_edit_rate},
    summary::{Mean, Rate, median},
};

/// Levels that detection is counted at.
pub const ALPHAS: [f64; 3] = [1e-2, 1e-4, 1e-6];

/// Attacks and their strengths, weakest first.
pub const ATTACKS: [(&str, &[f64]); 18] = [
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
    ("paste", &[0.5, 0.75, 0.9]),
    ("mix", &[0.25, 0.5]),
];

/// Attacks one after the other.
#[derive(Debug, Clone)]
pub struct Strike {
    /// Each with its strength.
    pub steps: Vec<(Attack, Strength)>,
}

impl Strike {
    /// An attack alone.
    ///
    /// # Errors
    /// If there is no such attack or strength.
    pub fn alone(name: &str, strength: f64) -> Result<Self, AttackError> {
        Ok(Self { steps: vec![(Attack::named(name)?, Strength::new(strength)?)] })
    }

    /// Attacks a text. A step's seed is the first one's and its place, so that an attack made twice chooses other places.
    ///
    /// # Errors
    /// As [`Attack::apply`].
    pub fn apply(&self, text: &str, seed: u64, other: &Other<'_>) -> Result<String, AttackError> {
        let mut attacked = text.to_owned();
        for (i, (attack, strength)) in self.steps.iter().enumerate() {
            attacked = attack.apply(&attacked, *strength, seed.wrapping_add(i as u64), other)?.text;
        }
        Ok(attacked)
    }
}

/// Unmarked texts that each attacked text gets words and sentences from.
pub const OTHERS: usize = 20;

/// Many texts under attack.
#[derive(Debug, Clone, Copy)]
pub struct Bout<'a> {
    /// Unmarked texts, of the same prompts in the same order: more than [`OTHERS`].
    pub plain: &'a [Text],
    /// What made the ids.
    pub tokenizer: &'a Tokenizer,
    /// Seed of the keys and of the attacks.
    pub seed: u64,
}

impl Bout<'_> {
    /// What is said of every text after an attack, under the key that marks the text of its prompt.
    ///
    /// # Errors
    /// As [`Strike::apply`] and [`Outcome::of`].
    pub fn outcomes(&self, texts: &[Text], scheme: Scheme, strike: &Strike) -> Result<Vec<Outcome>> {
        texts
            .par_iter()
            .map(|text| {
                let others: Vec<&str> = self.others(text.index).collect();
                let others = others.join("\n\n");
                let words: Vec<String> = others.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
                let other = Other { words: &words, text: Some(&others) };
                let seed = self.seed.wrapping_add(1000 * text.index);
                let attacked = strike.apply(&text.text, seed, &other)?;
                Outcome::of(&text.text, &attacked, &corpus::key(self.seed, text.index), scheme, self.tokenizer)
            })
            .collect()
    }

    /// Unmarked texts of the prompts that follow.
    fn others(&self, index: u64) -> impl Iterator<Item = &str> {
        (1..=OTHERS).map(move |next| &*self.plain[(index as usize + next) % self.plain.len()].text)
    }
}

/// A word without what stands about it, small.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// What detectors say of one text, and how much of it is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// ln p of the whole text as it is, one test.
    pub whole: f64,
    /// ln p of `greenmark detect`: searched for passages, as it is and normalised, all paid for.
    pub detect: f64,
    /// ln p of the stream at its best token.
    pub stream: f64,
    /// Share of its words that were edited; `None` where the text is too long to tell.
    pub word_edit_rate: Option<f64>,
    /// chrF2 against the text before.
    pub chrf: f64,
}

impl Outcome {
    /// Asks a text about one key.
    ///
    /// - `before`: the text that it was made from.
    ///
    /// # Errors
    /// If the text cannot be encoded.
    pub fn of(before: &str, after: &str, key: &Key, scheme: Scheme, tokenizer: &Tokenizer) -> Result<Self> {
        let raw = tokenizer.encode(after)?;
        let normalised = Some(normalise(after)).filter(Normalised::is_changed);
        let normalised = normalised.map(|text| tokenizer.encode(text.text())).transpose()?;
        let versions: Vec<&[TokenId]> = std::iter::once(&raw).chain(&normalised).map(Vec::as_slice).collect();
        let mut stream = Stream::new(key, scheme);
        raw.iter().for_each(|&id| {
            stream.push(id);
        });
        Ok(Self {
            whole: Detector::new(key, scheme).detect(&raw).ln_p,
            detect: Examiner::new(std::slice::from_ref(key), &[scheme]).examine(&versions, ALPHAS[0]).ln_p,
            stream: stream.evidence().ln_p,
            word_edit_rate: word_edit_rate(before, after),
            chrf: chrf(before, after),
        })
    }
}

/// Many texts of one mark after one attack.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Texts.
    pub n: usize,
    /// Share with p ≤ α, by α of [`ALPHAS`]: of the whole text, of `detect`, of the stream.
    pub rates: [[Rate; 3]; 3],
    /// Median ln p of `detect`.
    pub median_ln_p: f64,
    /// Chance that a marked text has a smaller p (of `detect`) than an unmarked one that was attacked alike, ties counted half.
    pub auc: Option<f64>,
    /// Mean share of edited words.
    pub word_edit_rate: Option<Mean>,
    /// Mean chrF2.
    pub chrf: Option<Mean>,
}

impl Cell {
    /// `None` of nothing.
    ///
    /// - `unmarked`: outcomes of unmarked texts after the same attack; may be none.
    pub fn of(outcomes: &[Outcome], unmarked: &[Outcome]) -> Option<Self> {
        let rate = |ln_p: fn(&Outcome) -> f64, alpha: f64| Rate::of(outcomes.iter().map(|o| ln_p(o) <= alpha.ln()));
        let detectors: [fn(&Outcome) -> f64; 3] = [|o| o.whole, |o| o.detect, |o| o.stream];
        let mut rates = Vec::new();
        for ln_p in detectors {
            let of: Option<Vec<Rate>> = ALPHAS.into_iter().map(|alpha| rate(ln_p, alpha)).collect();
            rates.push(of?.try_into().ok()?);
        }
        let edits: Option<Vec<f64>> = outcomes.iter().map(|o| o.word_edit_rate).collect();
        Some(Self {
            n: outcomes.len(),
            rates: rates.try_into().ok()?,
            median_ln_p: median(outcomes.iter().map(|o| o.detect).collect())?,
            auc: auc(outcomes, unmarked),
            word_edit_rate: edits.and_then(|edits| Mean::of(&edits)),
            chrf: Mean::of(&outcomes.iter().map(|o| o.chrf).collect::<Vec<f64>>()),
        })
    }
}

/// Mann and Whitney's statistic over the number of pairs.
fn auc(marked: &[Outcome], unmarked: &[Outcome]) -> Option<f64> {
    let mut negatives: Vec<f64> = unmarked.iter().map(|o| o.detect).collect();
    negatives.sort_by(f64::total_cmp);
    if marked.is_empty() || negatives.is_empty() {
        return None;
    }
    let wins = marked.iter().map(|o| {
        let (below, up_to) =
            (negatives.partition_point(|&p| p < o.detect), negatives.partition_point(|&p| p <= o.detect));
        (negatives.len() - up_to) as f64 + (up_to - below) as f64 / 2.0
    });
    Some(wins.sum::<f64>() / (marked.len() * negatives.len()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(detect: f64) -> Outcome {
        Outcome { whole: detect, detect, stream: 0.0, word_edit_rate: Some(0.5), chrf: 0.25 }
    }

    #[test]
    fn a_cell_counts() {
        let marked: Vec<Outcome> = [-20.0, -10.0, -5.0, 0.0].map(outcome).to_vec();
        let cell = Cell::of(&marked, &[-5.0, 0.0].map(outcome)).expect("four");
        assert_eq!(cell.rates[1].map(|rate| rate.hits), [3, 2, 1]);
        assert_eq!(cell.rates[2].map(|rate| rate.hits), [0, 0, 0]);
        assert_eq!(cell.median_ln_p, -7.5);
        // Of eight pairs: 2 + 2 + (½ + 1) + (0 + ½).
        assert_eq!(cell.auc, Some(0.75));
        assert!(Cell::of(&[], &[]).is_none());
        assert_eq!(Cell::of(&marked, &[]).expect("four").auc, None);
    }
}
