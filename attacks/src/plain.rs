//! Attacks that need no model: what they draw on, and their one form.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;

use crate::{
    attack::{About, Attack, AttackError, Attacked, Need, Strength, refuse_other_scripts, rng_of},
    places::struck,
};

/// Everything that a plain attack draws on.
pub(super) struct Means<'a> {
    pub(super) attack: &'static str,
    pub(super) strength: Strength,
    pub(super) rng: ChaCha8Rng,
    /// Words that may come in, as often as texts have them.
    words: &'a [String],
    /// A text to mix the attacked one with; empty where it is not needed.
    pub(super) other: &'a str,
}

impl<'a> Means<'a> {
    /// Draws the places that are struck, of `n`: `[n]`.
    pub(super) fn struck(&mut self, n: usize) -> Vec<bool> {
        struck(n, self.strength, &mut self.rng)
    }

    /// Returns the words to draw from, if a text of `places` words needs any.
    pub(super) fn words(&self, places: usize) -> Result<&'a [String], AttackError> {
        let is_missing = self.words.is_empty() && self.strength.of(places) > 0;
        if is_missing { Err(AttackError::NoWords { attack: self.attack }) } else { Ok(self.words) }
    }

    /// Changes a share of the places of a text, which are in order and apart.
    ///
    /// - `change`: writes what comes in for a place.
    pub(super) fn rewrite(
        &mut self,
        text: &str,
        places: &[Range<usize>],
        mut change: impl FnMut(&str, &mut ChaCha8Rng, &mut String),
    ) -> Attacked {
        let struck = self.struck(places.len());
        let mut attacked = Attacked { text: String::with_capacity(text.len()), ..Attacked::of("", &struck) };
        let mut from = 0;
        for (place, _) in places.iter().zip(struck).filter(|(_, struck)| *struck) {
            attacked.text += &text[from..place.start];
            change(&text[place.clone()], &mut self.rng, &mut attacked.text);
            from = place.end;
        }
        attacked.text += &text[from..];
        attacked
    }
}

/// A function that makes a plain attack.
pub(super) type Apply = fn(&str, &mut Means<'_>) -> Result<Attacked, AttackError>;

/// An attack that needs no model, with what it takes from elsewhere.
pub(super) struct Plain<'a> {
    pub(super) about: &'static About,
    pub(super) apply: Apply,
    pub(super) words: &'a [String],
    pub(super) other: Option<&'a str>,
}

impl Plain<'_> {
    fn attack_one(&self, text: &str, strength: Strength, seed: u64) -> Result<Attacked, AttackError> {
        let &About { name: attack, is_english, needs, .. } = self.about;
        if is_english {
            refuse_other_scripts(attack, text)?;
        }
        if needs.contains(&Need::Text) && self.other.is_none() {
            return Err(AttackError::NoOther { attack });
        }
        let (rng, other) = (rng_of(attack, seed), self.other.unwrap_or_default());
        (self.apply)(text, &mut Means { attack, strength, rng, words: self.words, other })
    }
}

impl Attack for Plain<'_> {
    fn about(&self) -> About {
        *self.about
    }

    fn attack(&mut self, texts: &[&str], strength: Strength, seed: u64) -> Vec<Result<Attacked, AttackError>> {
        texts.iter().map(|text| self.attack_one(text, strength, seed)).collect()
    }
}
