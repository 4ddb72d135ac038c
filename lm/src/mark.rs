//! The embedder as a hook of the generation loop.

use greenmark::{Embedder, MarkedText, uniform_from};
use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use crate::{Candidates, LogitsHook, TokenId};

/// A hook that marks one text, by a scheme of either family.
#[derive(Debug)]
pub struct MarkHook(MarkedText);

impl MarkHook {
    /// Returns the hook of a new text. All texts of an embedder share its cache.
    pub fn new(embedder: &Embedder) -> Self {
        Self(embedder.start())
    }
}

impl LogitsHook for MarkHook {
    fn adjust(&mut self, logits: &mut [f32]) {
        self.0.bias(logits);
    }

    fn choose(&mut self, candidates: Candidates<'_>, rng: &mut ChaCha8Rng) -> Option<TokenId> {
        if !self.0.chooses() {
            return None;
        }
        let Candidates { tokens, probabilities } = candidates;
        let chosen = self.0.choose_among(tokens, probabilities, uniform_from(rng.next_u64()));
        Some(chosen.expect("the sampler's candidates are a distribution"))
    }

    fn push(&mut self, token: TokenId) {
        self.0.push(token);
    }
}
