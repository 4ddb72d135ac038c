//! Attackers who know the scheme and not the key, and learn from marked text which tokens it
//! favours.
//!
//! The idea is that of Jovanović, Staab and Vechev 2024 (arXiv:2402.19361): marked text is biased,
//! and bias can be counted. Here the counts become a belief by Bayes' rule, of which two attacks
//! live: [`strip`](strip::strip) exchanges words of a marked text so that the mark is
//! lost, [`Forger`] writes text that the victim's key calls marked.
//!
//! Colours of one context say nothing of those of another: the field is a PRF of the *whole*
//! context. So nothing is learnt from shorter contexts, only from more text; prompts may differ as
//! they like.
//!
//! [`Inserting`] is an attack at the time of writing, which learns nothing: the model is told to
//! put a token between words, and the attacker deletes it.

mod forge;
mod insert;
mod learner;
pub mod strip;

pub use forge::Forger;
pub use insert::Inserting;
pub use learner::{Counts, Learner, Scored};

use greenmark_lm::TokenId;
use greenmark_text::Tokenizer;

/// Returns the worth to the detector of one more position of a pair, by the number of its positions
/// so far: the steps of SPEC §7.8, over 5.
///
/// An attacker reads the specification: a pair that occurs twice is worth little more than one that
/// occurs once.
fn worth_of_one_more(times_already: u32) -> f64 {
    match times_already {
        0 => 1.0,
        1 => 0.6,
        2 | 4 | 8 => 0.2,
        _ => 0.0,
    }
}

/// Relation of a tokenizer's ids to words.
#[derive(Debug, Clone)]
pub struct Words {
    whole: Vec<bool>,
    begins: Vec<bool>,
    goes_on: Vec<bool>,
}

impl Words {
    /// Looks at every id.
    pub fn new(tokenizer: &Tokenizer) -> Self {
        let texts: Vec<String> = (0..tokenizer.vocab_size() as TokenId)
            .map(|id| if tokenizer.is_special(id) { String::new() } else { tokenizer.decode(&[id]) })
            .collect();
        let whole = |text: &String| {
            text.strip_prefix(' ').is_some_and(|rest| !rest.is_empty() && rest.chars().all(char::is_alphabetic))
        };
        let goes_on =
            |text: &String| text.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '\'' || c == '\u{fffd}');
        Self {
            begins: texts.iter().map(|text| text.starts_with(char::is_whitespace)).collect(),
            goes_on: texts.iter().map(goes_on).collect(),
            whole: texts.iter().map(whole).collect(),
        }
    }

    /// Returns true if an id is a space and letters: a word, if none goes on after it.
    pub fn is_whole(&self, id: TokenId) -> bool {
        self.whole.get(id as usize).copied().unwrap_or(false)
    }

    /// Returns true if an id begins with white space.
    pub fn begins(&self, id: TokenId) -> bool {
        self.begins.get(id as usize).copied().unwrap_or(false)
    }

    /// Returns true if an id prolongs the word before it.
    pub fn goes_on(&self, id: TokenId) -> bool {
        self.goes_on.get(id as usize).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests;
