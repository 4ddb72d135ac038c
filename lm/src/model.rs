//! The trait every language model stands behind.

use crate::LmError;

/// A token id. The same bare alias as in the core crate, so that slices cross uncopied.
pub type TokenId = u32;

/// Names one open sequence of a model: its ids so far and their cache.
///
/// A model that implements [`LanguageModel`] makes these names and decides what the number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SequenceId(usize);

impl SequenceId {
    /// Makes a name of a number that the model has given to no other open sequence.
    #[must_use]
    pub fn new(number: usize) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub fn get(self) -> usize {
        self.0
    }
}

/// A causal language model with a cache per sequence.
///
/// Several sequences are open at once and advance together in one [`forward`](Self::forward), each
/// from its own length: generation of many prompts is a loop over one call, and a finished sequence
/// makes room for the next.
///
/// A model of your own, here one that counts upwards whatever its prompt, works with everything in
/// this crate:
///
/// ```
/// use greenmark_lm::{LanguageModel, LmError, SequenceId, TokenId};
/// use greenmark_lm::{Event, GenerateOptions, NoHook, Request, Sampling, generate};
/// use std::ops::ControlFlow;
///
/// /// The last token of each sequence that was ever opened.
/// #[derive(Default)]
/// struct Counting(Vec<TokenId>);
///
/// impl LanguageModel for Counting {
///     fn vocab_size(&self) -> usize {
///         100
///     }
///     fn context_length(&self) -> usize {
///         1 << 20
///     }
///     fn preferred_batch(&self) -> usize {
///         1
///     }
///     fn open(&mut self) -> SequenceId {
///         self.0.push(0);
///         SequenceId::new(self.0.len() - 1)
///     }
///     fn fork(&mut self, sequence: SequenceId) -> Result<SequenceId, LmError> {
///         let fork = self.open();
///         self.0[fork.get()] = self.0[sequence.get()];
///         Ok(fork)
///     }
///     fn close(&mut self, _: SequenceId) {}
///     fn forward(&mut self, inputs: &[(SequenceId, &[TokenId])], logits: &mut [f32]) -> Result<(), LmError> {
///         for ((sequence, tokens), row) in inputs.iter().zip(logits.chunks_exact_mut(100)) {
///             let last = *tokens.last().ok_or(LmError::Sequence { index: 0, reason: "gets no token" })?;
///             self.0[sequence.get()] = last;
///             row.fill(0.0);
///             row[(last as usize + 1) % 100] = 10.0;
///         }
///         Ok(())
///     }
/// }
///
/// let options = GenerateOptions {
///     max_tokens: 3,
///     min_tokens: 0,
///     sampling: Sampling::greedy(),
///     seed: 1,
///     stop: Vec::new(),
///     ignore_stop: false,
///     batch: None,
/// };
/// let request = Request { index: 0, prompt: vec![5] };
/// let mut written = Vec::new();
/// generate(&mut Counting::default(), [request], &options, |_| NoHook, |event| {
///     if let Event::Token { id, .. } = event {
///         written.push(id);
///     }
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(written, [6, 7, 8]);
/// # Ok::<(), LmError>(())
/// ```
pub trait LanguageModel: Send {
    /// Returns the width V of the logits. May exceed the tokenizer's vocabulary (padding).
    fn vocab_size(&self) -> usize;

    /// Returns the length of the longest sequence that the model can attend to, in tokens.
    fn context_length(&self) -> usize;

    /// Returns the batch size, in sequences, with the best throughput on this machine.
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
    /// [`LmError`] if a token id is not below V, a sequence outgrows the context, or the arithmetic
    /// fails. The sequences named are then in no defined state and should be closed.
    fn forward(&mut self, inputs: &[(SequenceId, &[TokenId])], logits: &mut [f32]) -> Result<(), LmError>;

    /// Appends tokens to one sequence and writes the logits that follow each of them: what
    /// [`forward`](Self::forward) writes if it is called with one token after another.
    ///
    /// - `logits`: `[tokens.len() × V]`, row i after token i, raw. Long texts are cheaper in
    ///   pieces: SmolLM2 writes 25 MB for 128 tokens.
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
