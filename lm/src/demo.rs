//! The demo model, which is part of the program.

mod ngrams;

use std::fmt;

use self::ngrams::{NGrams, RowScratch};
use crate::sequences::Sequences;
use crate::{LanguageModel, LmError, SequenceId, TokenId};

static MODEL: &[u8] = include_bytes!("demo/model.bin");

/// The token that ends a text and precedes the next one.
const END: TokenId = 0;

/// A small language model for demonstrations: embedded and instantaneous; its English is clumsy.
///
/// It is an n-gram model of short stories that SmolLM2-135M-Instruct wrote through this crate
/// (`scripts/train-demo-model.py`), so it continues a text and follows no instructions. Its logits
/// are natural logarithms of probabilities, every one finite.
///
/// Kneser-Ney smoothing gives a good part of every row to tokens that fit only the last word or no
/// context at all, and where the likely tokens are red, a watermark's bias multiplies this tail by
/// up to e^δ. So the training script sharpens: it multiplies the back-off weights by factors below
/// 1, and those inside a word by nearly 0. This raises the perplexity of unseen text (the script
/// prints both values), but gives whole words and coherent phrases at temperature 1 and δ = 2.
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
    /// Last tokens of each open sequence, as many as a row depends on.
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
    /// Reads the model's file, for programs that do not embed it.
    ///
    /// # Errors
    /// [`LmError::Model`] if it is damaged.
    pub fn read(bytes: &'m [u8]) -> Result<Self, LmError> {
        let ngrams = NGrams::parse(bytes).map_err(|reason| LmError::Model { path: "demo".into(), reason })?;
        Ok(Self { ngrams, sequences: Sequences::default(), scratch: RowScratch::default() })
    }
}

impl LanguageModel for DemoModel<'_> {
    fn vocab_size(&self) -> usize {
        self.ngrams.vocab_size()
    }

    /// Returns 2³⁰: the model keeps the last few tokens alone, so a text may be of any length.
    fn context_length(&self) -> usize {
        1 << 30
    }

    /// Returns 1: a batch gains nothing.
    fn preferred_batch(&self) -> usize {
        1
    }

    fn open(&mut self) -> SequenceId {
        // Every training text follows an end token, so a new sequence begins after one too.
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
        self.sequences.check(inputs, vocab_size, inputs.len(), logits)?;
        let reach = self.ngrams.reach();
        for ((id, tokens), out) in inputs.iter().zip(logits.chunks_exact_mut(vocab_size)) {
            let history = self.sequences.get_mut(*id).expect("a sequence that was checked");
            history.extend_from_slice(&tokens[tokens.len().saturating_sub(reach)..]);
            history.drain(..history.len().saturating_sub(reach));
            self.ngrams.row(history, &mut self.scratch, out);
        }
        Ok(())
    }
}

impl fmt::Debug for DemoModel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoModel").field("vocab_size", &self.ngrams.vocab_size()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
