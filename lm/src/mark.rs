//! The library's embedder as a hook of the model's loop.

use std::{cell::RefCell, rc::Rc};

use greenmark::{Embedder, TextState};
use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use crate::{Candidate, LogitsHook, TokenId};

/// Marks one text, by a scheme of either family.
///
/// All texts of a run share the embedder and what it remembers; each has a state of its own.
#[derive(Debug)]
pub struct MarkHook<'e> {
    embedder: Owner<'e>,
    text: TextState,
    // Kept from step to step, so that a step allocates nothing.
    tokens: Vec<TokenId>,
    probabilities: Vec<f32>,
}

/// Who keeps the embedder: whoever runs the texts, or the texts together.
#[derive(Debug)]
enum Owner<'e> {
    Borrowed(&'e RefCell<Embedder>),
    Shared(Rc<RefCell<Embedder>>),
}

impl Owner<'_> {
    fn get(&self) -> &RefCell<Embedder> {
        match self {
            Self::Borrowed(embedder) => embedder,
            Self::Shared(embedder) => embedder,
        }
    }
}

impl<'e> MarkHook<'e> {
    /// The hook of a new text.
    pub fn new(embedder: &'e RefCell<Embedder>) -> Self {
        Self::of(Owner::Borrowed(embedder))
    }

    /// As [`new`](Self::new), of an embedder that is dropped with the last text that it marks.
    pub fn shared(embedder: Rc<RefCell<Embedder>>) -> Self {
        Self::of(Owner::Shared(embedder))
    }

    fn of(embedder: Owner<'e>) -> Self {
        let text = embedder.get().borrow().start();
        Self { embedder, text, tokens: Vec::new(), probabilities: Vec::new() }
    }
}

impl LogitsHook for MarkHook<'_> {
    fn adjust(&mut self, logits: &mut [f32]) {
        self.embedder.get().borrow_mut().bias(&self.text, logits);
    }

    fn choose(&mut self, candidates: &[Candidate], rng: &mut ChaCha8Rng) -> Option<TokenId> {
        let embedder = self.embedder.get().borrow();
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
