//! A language model that is part of the program.

mod ngrams;

use std::fmt;

use self::ngrams::{NGrams, RowScratch};
use crate::sequences::Sequences;
use crate::{LanguageModel, LmError, SequenceId, TokenId};

static MODEL: &[u8] = include_bytes!("demo/model.bin");

/// Name of the embedded file in errors.
const NAME: &str = "demo";

/// The token that ends a text, and stands before its beginning.
const END: TokenId = 0;

/// A small language model for demonstrations: embedded, instantaneous, and of clumsy English.
///
/// It is an n-gram model of short stories that SmolLM2-135M-Instruct wrote through this crate
/// (`scripts/train-demo-model.py`), so it continues a text and follows no instructions. Its logits
/// are natural logarithms of probabilities, every one finite.
///
/// Kneser-Ney smoothing leaves a good part of every row to tokens that fit the last word or none,
/// and a watermark's bias multiplies such a tail by up to e^δ where the likely tokens are red. So
/// the training script sharpens: it multiplies the back-off weights by factors below 1, and those
/// in the midst of a word by nearly 0. That costs perplexity on unseen text (the script prints both
/// values) and buys whole words, and phrases that hold together at temperature 1 and δ = 2.
///
/// ```
/// use greenmark_lm::{DemoModel, LanguageModel};
/// use greenmark_text::demo_tokenizer;
///
/// let (mut model, tokenizer) = (DemoModel::new()?, demo_tokenizer()?);
/// let prompt = tokenizer.encode("Once upon a")?;
/// let mut logits = vec![0.0; model.vocab_size()];
/// let sequence = model.open();
/// model.forward(&[(sequence, &prompt)], &mut logits)?;
/// let best = (0..).zip(&logits).max_by(|a, b| a.1.total_cmp(b.1)).map(|(token, _)| token);
/// assert_eq!(tokenizer.decode(best.as_slice()), " time");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DemoModel<'m> {
    ngrams: NGrams<'m>,
    /// The last tokens of each open sequence, as many as matter.
    sequences: Sequences<Vec<TokenId>>,
    scratch: RowScratch,
}

impl DemoModel<'static> {
    /// Reads the embedded model, in a few milliseconds.
    ///
    /// # Errors
    /// [`LmError::Model`] if it is damaged.
    pub fn new() -> Result<Self, LmError> {
        Self::read(MODEL)
    }
}

impl<'m> DemoModel<'m> {
    /// Reads the model's file, for programs that had rather not carry it with them.
    ///
    /// # Errors
    /// [`LmError::Model`] if it is damaged.
    pub fn read(bytes: &'m [u8]) -> Result<Self, LmError> {
        let ngrams = NGrams::parse(bytes).map_err(|reason| LmError::Model { path: NAME.into(), reason })?;
        Ok(Self { ngrams, sequences: Sequences::default(), scratch: RowScratch::default() })
    }
}

impl LanguageModel for DemoModel<'_> {
    fn vocab_size(&self) -> usize {
        self.ngrams.vocab_size()
    }

    /// More than memory holds: what the model does not remember takes no room.
    fn context_length(&self) -> usize {
        1 << 30
    }

    /// 1: a batch gains nothing.
    fn preferred_batch(&self) -> usize {
        1
    }

    fn open(&mut self) -> SequenceId {
        // Every training text follows an end token, so a sequence that begins is one that follows it.
        self.sequences.open(vec![END])
    }

    fn fork(&mut self, sequence: SequenceId) -> Result<SequenceId, LmError> {
        self.sequences.fork(sequence)
    }

    fn close(&mut self, sequence: SequenceId) {
        self.sequences.take(sequence);
    }

    fn forward(&mut self, inputs: &[(SequenceId, &[TokenId])], logits: &mut [f32]) -> Result<(), LmError> {
        let vocab_size = self.ngrams.vocab_size();
        let expected = inputs.len() * vocab_size;
        if logits.len() != expected {
            return Err(LmError::LogitsLength { length: logits.len(), expected });
        }
        for (index, ((id, tokens), out)) in inputs.iter().zip(logits.chunks_exact_mut(vocab_size)).enumerate() {
            let Some(history) = self.sequences.get_mut(*id) else {
                return Err(LmError::Sequence { index, reason: "is closed" });
            };
            if tokens.is_empty() {
                return Err(LmError::Sequence { index, reason: "gets no token" });
            }
            if let Some(&token) = tokens.iter().find(|&&token| token as usize >= vocab_size) {
                return Err(LmError::TokenOutOfRange { token, vocab_size });
            }
            let reach = self.ngrams.reach();
            history.extend_from_slice(&tokens[tokens.len().saturating_sub(reach)..]);
            history.drain(..history.len().saturating_sub(reach));
            self.ngrams.row(history, &mut self.scratch, out);
        }
        Ok(())
    }
}

impl fmt::Debug for DemoModel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoModel")
            .field("vocab_size", &self.ngrams.vocab_size())
            .field("sequences", &self.sequences.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
