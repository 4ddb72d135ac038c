//! The open sequences of a model, by their ids.

use std::collections::{HashMap, HashSet};

use crate::{LmError, SequenceId, TokenId};

/// The state of each open sequence of a model. No id is used twice.
#[derive(Default)]
pub(crate) struct Sequences<S> {
    pub(crate) held: HashMap<SequenceId, S>,
    next: usize,
}

impl<S: Clone> Sequences<S> {
    pub(crate) fn open(&mut self, sequence: S) -> SequenceId {
        let id = SequenceId(self.next);
        self.next += 1;
        self.held.insert(id, sequence);
        id
    }

    pub(crate) fn fork(&mut self, id: SequenceId) -> Result<SequenceId, LmError> {
        let held = self.get(id).cloned().ok_or(LmError::Sequence { index: 0, reason: "is closed" })?;
        Ok(self.open(held))
    }

    /// Closes a sequence and returns its state.
    pub(crate) fn take(&mut self, id: SequenceId) -> Option<S> {
        self.held.remove(&id)
    }

    /// Opens a sequence again that was taken.
    #[cfg(feature = "llama")]
    pub(crate) fn put_back(&mut self, id: SequenceId, sequence: S) {
        self.held.insert(id, sequence);
    }

    pub(crate) fn get(&self, id: SequenceId) -> Option<&S> {
        self.held.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: SequenceId) -> Option<&mut S> {
        self.held.get_mut(&id)
    }

    /// Refuses a batch that cannot be computed, before anything is.
    ///
    /// - `rows`: number of rows of logits that the batch gives.
    pub(crate) fn check(
        &self,
        inputs: &[(SequenceId, &[TokenId])],
        vocab_size: usize,
        rows: usize,
        logits: &[f32],
    ) -> Result<(), LmError> {
        let (length, expected) = (logits.len(), rows * vocab_size);
        if length != expected {
            return Err(LmError::LogitsLength { length, expected });
        }
        let mut seen = HashSet::new();
        for (index, (id, tokens)) in inputs.iter().enumerate() {
            if !self.held.contains_key(id) || !seen.insert(id) {
                return Err(LmError::Sequence { index, reason: "is closed or named twice" });
            }
            if tokens.is_empty() {
                return Err(LmError::Sequence { index, reason: "gets no token" });
            }
            if let Some(&token) = tokens.iter().find(|&&token| token as usize >= vocab_size) {
                return Err(LmError::TokenOutOfRange { token, vocab_size });
            }
        }
        Ok(())
    }
}
