//! A token between words, which the attacker deletes afterwards.

use greenmark_lm::{Candidates, LogitsHook, TokenId};
use rand_chacha::ChaCha8Rng;

use super::Words;
use crate::operating::recording::unit;

/// A model that was told to write an emoji, or another token, after every word or every n-th word,
/// and obeys.
///
/// The mark sees the token in its contexts; the text that is left has it no longer. Obedience is
/// assumed, and so is that the words are those the model would have written without: it is asked
/// for the next word after the text without the emoji. Whether a word begins is drawn from the
/// model's own distribution, and the mark then acts among the tokens that begin a word, or among
/// those that do not.
#[derive(Debug)]
pub struct Inserting<'w, H> {
    mark: H,
    words: &'w Words,
    inserted: TokenId,
    every: usize,
    begun: usize,
    written: bool,
    rng: ChaCha8Rng,
}

impl<'w, H> Inserting<'w, H> {
    /// Returns the hook of one text.
    ///
    /// - `every`: words between two insertions; 0 inserts nothing.
    /// - `rng`: draws whether a word begins.
    pub fn new(mark: H, words: &'w Words, inserted: TokenId, every: usize, rng: ChaCha8Rng) -> Self {
        Self { mark, words, inserted, every, begun: 0, written: false, rng }
    }
}

impl<H: LogitsHook> LogitsHook for Inserting<'_, H> {
    fn adjust(&mut self, logits: &mut [f32]) {
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut beginning, mut all) = (0.0, 0.0);
        for (token, logit) in (0..).zip(&*logits) {
            let weight = f64::from((logit - greatest).exp());
            all += weight;
            beginning += if self.words.begins(token) { weight } else { 0.0 };
        }
        let begins = unit(&mut self.rng) * all < beginning;
        for (token, logit) in (0..).zip(&mut *logits) {
            if self.words.begins(token) != begins {
                *logit = f32::NEG_INFINITY;
            }
        }
        if begins && self.written {
            self.begun += 1;
            if self.every > 0 && self.begun.is_multiple_of(self.every) {
                self.mark.push(self.inserted);
            }
        }
        self.mark.adjust(logits);
    }

    fn choose(&mut self, candidates: Candidates<'_>, rng: &mut ChaCha8Rng) -> Option<TokenId> {
        self.mark.choose(candidates, rng)
    }

    fn push(&mut self, token: TokenId) {
        self.written = true;
        self.mark.push(token);
    }
}
