//! The open sequences of a model, by their ids.

use std::collections::HashMap;

use crate::{LmError, SequenceId};

/// State of each open sequence of a model. No id is given twice.
#[derive(Default)]
pub(crate) struct Sequences<S> {
    held: HashMap<SequenceId, S>,
    next: usize,
}

impl<S: Clone> Sequences<S> {
    pub(crate) fn open(&mut self, sequence: S) -> SequenceId {
        let id = SequenceId::new(self.next);
        self.next += 1;
        self.held.insert(id, sequence);
        id
    }

    pub(crate) fn fork(&mut self, id: SequenceId) -> Result<SequenceId, LmError> {
        let held = self.get(id).cloned().ok_or(LmError::Sequence { index: 0, reason: "is closed" })?;
        Ok(self.open(held))
    }

    /// Closes a sequence.
    pub(crate) fn take(&mut self, id: SequenceId) -> Option<S> {
        self.held.remove(&id)
    }

    /// Opens again what was taken.
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

    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }
}
