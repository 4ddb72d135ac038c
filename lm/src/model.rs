//! The trait of all language models.

use crate::LmError;

/// A token id: the same bare alias as in the core crate, so that slices need no copy.
pub type TokenId = u32;

/// The number of an open sequence of a model: its ids so far and their cache.
///
/// A model chooses the numbers of its sequences; no two open ones have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SequenceId(pub usize);

/// A causal language model with a cache per sequence.
///
/// Several sequences are open at once and advance together in one [`forward`](Self::forward), each
/// from its own length. So many prompts are continued by calling it in a loop, and a finished
/// sequence makes room for the next.
///
/// A model of your own works with everything in this crate. This one counts upwards from the last
/// token of its prompt:
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
///         SequenceId(self.0.len() - 1)
///     }
///     fn fork(&mut self, sequence: SequenceId) -> Result<SequenceId, LmError> {
///         let fork = self.open();
///         self.0[fork.0] = self.0[sequence.0];
///         Ok(fork)
///     }
///     fn close(&mut self, _: SequenceId) {}
///     fn forward(&mut self, inputs: &[(SequenceId, &[TokenId])], logits: &mut [f32]) -> Result<(), LmError> {
///         for ((sequence, tokens), row) in inputs.iter().zip(logits.chunks_exact_mut(100)) {
///             let last = *tokens.last().ok_or(LmError::Sequence { index: 0, reason: "gets no token" })?;
///             self.0[sequence.0] = last;
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
    /// Returns the width V of the logits, which padding may make larger than the tokenizer's
    /// vocabulary.
    fn vocab_size(&self) -> usize;

    /// Returns the length of the longest sequence that the model can attend to, in tokens.
    fn context_length(&self) -> usize;

    /// Returns the batch size, in sequences, with the best throughput on this machine.
    fn preferred_batch(&self) -> usize;

    /// Opens an empty sequence.
    fn open(&mut self) -> SequenceId;

    /// Opens a copy of a sequence; the two are independent from then on.
    ///
    /// # Errors
    /// [`LmError::Sequence`] if the sequence is not open.
    fn fork(&mut self, sequence: SequenceId) -> Result<SequenceId, LmError>;

    /// Closes a sequence and frees its cache. Closing it again does nothing.
    fn close(&mut self, sequence: SequenceId);

    /// Appends tokens to each named sequence and writes the logits that follow its last token.
    ///
    /// - `inputs`: distinct open sequences, each with at least one new token.
    /// - `logits`: `[inputs.len() × V]`, row i for `inputs[i]`, raw (before temperature).
    ///
    /// # Errors
    /// [`LmError`] if a token id is not below V, a sequence is not open or outgrows the context, or
    /// `logits` has another length. The sequences should then be closed: their state is undefined.
    fn forward(&mut self, inputs: &[(SequenceId, &[TokenId])], logits: &mut [f32]) -> Result<(), LmError>;

    /// Appends tokens to one sequence and writes the logits that follow each of them, the same ones
    /// as [`forward`](Self::forward) does with one token after another.
    ///
    /// - `logits`: `[tokens.len() × V]`, row i after token i, raw. Split long texts to save memory:
    ///   128 tokens of SmolLM2 take 25 MB.
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
