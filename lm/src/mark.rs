//! The library's embedder as a hook of the model's loop.

use greenmark::{Embedder, MarkedText, uniform_from};
use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use crate::{Candidates, LogitsHook, TokenId};

/// Marks one text, by a scheme of either family.
#[derive(Debug)]
pub struct MarkHook {
    text: MarkedText,
}

impl MarkHook {
    /// Makes the hook of a new text. All texts of an embedder share what it remembers.
    pub fn new(embedder: &Embedder) -> Self {
        Self { text: embedder.start() }
    }
}

impl LogitsHook for MarkHook {
    fn adjust(&mut self, logits: &mut [f32]) {
        self.text.bias(logits);
    }

    fn choose(&mut self, candidates: Candidates<'_>, rng: &mut ChaCha8Rng) -> Option<TokenId> {
        if !self.text.chooses() {
            return None;
        }
        let Candidates { tokens, probabilities } = candidates;
        let chosen = self.text.choose_among(tokens, probabilities, uniform_from(rng.next_u64()));
        Some(chosen.expect("the sampler's candidates are a distribution"))
    }

    fn push(&mut self, token: TokenId) {
        self.text.push(token);
    }
}
