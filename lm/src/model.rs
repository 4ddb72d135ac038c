//! The trait every language model stands behind.

use crate::LmError;

/// A token id. The same bare alias as in the core crate, so that slices cross uncopied.
pub type TokenId = u32;

/// Names one open sequence of a model: its ids so far and their cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SequenceId(pub(crate) usize);

/// A causal language model with a cache per sequence.
///
/// Several sequences are open at once and advance together in one [`forward`](Self::forward), each from its own
/// length: generation of many prompts is a loop over one call, and a finished sequence makes room for the next.
pub trait LanguageModel: Send {
    /// Width V of the logits. May exceed the tokenizer's vocabulary (padding).
    fn vocab_size(&self) -> usize;

    /// Longest sequence the model can attend to, in tokens.
    fn context_length(&self) -> usize;

    /// How many sequences a batch should hold for the best throughput on this machine.
    fn preferred_batch(&self) -> usize;

    /// Opens an empty sequence.
    fn open(&mut self) -> SequenceId;

    /// Opens a sequence that holds what another does, and goes its own way from there.
    ///
    /// # Errors
    /// [`LmError::Sequence`] if there is no such sequence.
    fn fork(&mut self, sequence: SequenceId) -> Result<SequenceId, LmError>;

    /// Closes a sequence and frees its cache. Closing twice is a caller's bug and does nothing.
    fn close(&mut self, sequence: SequenceId);

    /// Appends tokens to each named sequence and writes the logits that follow its last token.
    ///
    /// - `inputs`: distinct open sequences, each with at least one new token.
    /// - `logits`: `[inputs.len() × V]`, row i for `inputs[i]`, raw (before temperature).
    ///
    /// # Errors
    /// [`LmError`] if a token id is not below V, a sequence outgrows the context, or the arithmetic fails. The
    /// sequences named are then in no defined state and should be closed.
    fn forward(&mut self, inputs: &[(SequenceId, &[TokenId])], logits: &mut [f32]) -> Result<(), LmError>;

    /// Appends tokens to one sequence and writes the logits that follow each of them: what [`forward`](Self::forward) writes if it is
    /// called with one token after another.
    ///
    /// - `logits`: `[tokens.len() × V]`, row i after token i, raw. Long texts are cheaper in pieces: SmolLM2 writes 25 MB for 128 tokens.
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    fn forward_each(&mut self, sequence: SequenceId, tokens: &[TokenId], logits: &mut [f32]) -> Result<(), LmError> {
        let expected = tokens.len() * self.vocab_size();
        if logits.len() != expected {
            return Err(LmError::LogitsLength { length: logits.len(), expected });
        }
        let rows = logits.chunks_exact_mut(self.vocab_size());
        tokens.iter().zip(rows).try_for_each(|(&token, row)| self.forward(&[(sequence, &[token])], row))
    }
}
