//! The library's embedder as a hook of the model's loop.

use std::cell::RefCell;

use greenmark::{Embedder, TextState};
use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use crate::{Candidate, LogitsHook, TokenId};

/// Marks one text, by a scheme of either family.
///
/// All texts of a run share the embedder and what it remembers; each has a state of its own.
#[derive(Debug)]
pub struct MarkHook<'e> {
    embedder: &'e RefCell<Embedder>,
    text: TextState,
    // Kept from step to step, so that a step allocates nothing.
    tokens: Vec<TokenId>,
    probabilities: Vec<f32>,
}

impl<'e> MarkHook<'e> {
    /// The hook of a new text.
    pub fn new(embedder: &'e RefCell<Embedder>) -> Self {
        Self { embedder, text: embedder.borrow().start(), tokens: Vec::new(), probabilities: Vec::new() }
    }
}

impl LogitsHook for MarkHook<'_> {
    fn adjust(&mut self, logits: &mut [f32]) {
        self.embedder.borrow_mut().bias(&self.text, logits);
    }

    fn choose(&mut self, candidates: &[Candidate], rng: &mut ChaCha8Rng) -> Option<TokenId> {
        let embedder = self.embedder.borrow();
        if !embedder.chooses() {
            return None;
        }
        self.tokens.clear();
        self.tokens.extend(candidates.iter().map(|candidate| candidate.token));
        self.probabilities.clear();
        self.probabilities.extend(candidates.iter().map(|candidate| candidate.probability));
        // 53 bits, so that it is below 1.
        let uniform = (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let chosen = embedder.choose_among(&self.text, &self.tokens, &self.probabilities, uniform);
        Some(chosen.expect("the sampler's candidates are a distribution"))
    }

    fn push(&mut self, token: TokenId) {
        self.text.push(token);
    }
}
