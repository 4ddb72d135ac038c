//! The library's embedder as a hook of the model's loop.

use greenmark::{Embedder, MarkedText, uniform_from};
use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use crate::{Candidate, LogitsHook, TokenId};

/// Marks one text, by a scheme of either family.
#[derive(Debug)]
pub struct MarkHook {
    text: MarkedText,
    // Kept from step to step, so that a step allocates nothing.
    tokens: Vec<TokenId>,
    probabilities: Vec<f32>,
}

impl MarkHook {
    /// Makes the hook of a new text. All texts of an embedder share what it remembers.
    pub fn new(embedder: &Embedder) -> Self {
        Self { text: embedder.start(), tokens: Vec::new(), probabilities: Vec::new() }
    }
}

impl LogitsHook for MarkHook {
    fn adjust(&mut self, logits: &mut [f32]) {
        self.text.bias(logits);
    }

    fn choose(&mut self, candidates: &[Candidate], rng: &mut ChaCha8Rng) -> Option<TokenId> {
        if !self.text.chooses() {
            return None;
        }
        self.tokens.clear();
        self.tokens.extend(candidates.iter().map(|candidate| candidate.token));
        self.probabilities.clear();
        self.probabilities.extend(candidates.iter().map(|candidate| candidate.probability));
        let chosen = self.text.choose_among(&self.tokens, &self.probabilities, uniform_from(rng.next_u64()));
        Some(chosen.expect("the sampler's candidates are a distribution"))
    }

    fn push(&mut self, token: TokenId) {
        self.text.push(token);
    }
}
