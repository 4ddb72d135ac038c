//! Surprise of a text under a language model: −ln p.

use crate::{LanguageModel, LmError, SequenceId, TokenId};
use anyhow::{Result, ensure};
use greenmark_text::Tokenizer;
#[cfg(feature = "llama")]
use rayon::prelude::*;

/// Number of tokens whose logits are held at once: as many as pass the model's layers together.
const PIECE: usize = 128;

/// Returns the average −ln p that a model gives the tokens of a text, in nats, at temperature 1:
/// the logarithm of its perplexity.
///
/// Each token is judged after all that precede it. If prompt and text are longer than the model's
/// context, the text is read in windows. Each begins with the prompt, and at least half of the room
/// after it holds tokens that were judged before.
///
/// - `prompt`: tokens before the text, at least one; those of [`opening`] for a text without a
///   prompt.
/// - `ids`: the text, at least one token.
///
/// # Errors
/// If the prompt or the text is empty, the prompt leaves no room in the context, or a token is not
/// below V.
///
/// ```
/// use greenmark_lm::DemoModel;
/// use greenmark_text::demo_tokenizer;
/// use greenmark_lm::{opening, surprise};
///
/// let (mut model, tokenizer) = (DemoModel::new()?, demo_tokenizer()?);
/// let opening = opening(&tokenizer)?;
/// let mut of = |text| surprise(&mut model, &opening, &tokenizer.encode(text)?);
/// assert!(of("Once upon a time there was a fox.")? < of("Once fox a upon was time there a.")?);
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn surprise(model: &mut dyn LanguageModel, prompt: &[TokenId], ids: &[TokenId]) -> Result<f64> {
    ensure!(!prompt.is_empty(), "nothing precedes the text: give the model's opening as its prompt");
    ensure!(!ids.is_empty(), "the text has no token");
    let (vocab_size, context_length) = (model.vocab_size(), model.context_length());
    if let Some(&token) = ids.iter().find(|&&token| token as usize >= vocab_size) {
        return Err(LmError::TokenOutOfRange { token, vocab_size }.into());
    }
    // The last token of a window is judged, not read.
    let room = (context_length + 1).saturating_sub(prompt.len());
    ensure!(room > 1, "the prompt has {} tokens, the model's context holds {context_length}", prompt.len());
    let (mut begin, mut judged, mut total) = (0, 0, 0.0);
    while judged < ids.len() {
        let end = ids.len().min(begin + room);
        let sequence = model.open();
        let lead = [prompt, &ids[begin..judged]].concat();
        let result = window(model, sequence, &lead, &ids[judged..end]);
        model.close(sequence);
        total += result?;
        judged = end;
        begin = judged - room / 2;
    }
    Ok(total / ids.len() as f64)
}

/// Returns the ids to feed a model before a text without a prompt: those that its tokenizer puts
/// before texts or, if there are none, its first end token.
///
/// # Errors
/// If the tokenizer has neither.
pub fn opening(tokenizer: &Tokenizer) -> Result<Vec<TokenId>> {
    let opening = match tokenizer.prefix_ids() {
        [] => tokenizer.eos_ids().first().into_iter().copied().collect(),
        prefix => prefix.to_vec(),
    };
    ensure!(!opening.is_empty(), "{}: no token begins or ends a text", tokenizer.name());
    Ok(opening)
}

/// Returns the sum of −ln p of some tokens after a lead.
fn window(
    model: &mut dyn LanguageModel,
    sequence: SequenceId,
    lead: &[TokenId],
    ids: &[TokenId],
) -> Result<f64, LmError> {
    let vocab_size = model.vocab_size();
    let mut logits = vec![0.0; PIECE.min(ids.len()) * vocab_size];
    model.forward(&[(sequence, lead)], &mut logits[..vocab_size])?;
    let mut total = nats(&logits[..vocab_size], ids[0]);
    for (read, judged) in ids[..ids.len() - 1].chunks(PIECE).zip(ids[1..].chunks(PIECE)) {
        let rows = &mut logits[..read.len() * vocab_size];
        model.forward_each(sequence, read, rows)?;
        // Without the Llama models there are no threads.
        #[cfg(feature = "llama")]
        let rows = rows.par_chunks(vocab_size);
        #[cfg(not(feature = "llama"))]
        let rows = rows.chunks(vocab_size);
        let each: Vec<f64> = rows.zip(judged).map(|(row, &id)| nats(row, id)).collect();
        // In order, so that the last digits do not depend on the number of threads.
        total += each.iter().sum::<f64>();
    }
    Ok(total)
}

/// Returns −ln p of a token at temperature 1, in nats.
///
/// - `logits`: `[V]`, raw.
pub fn nats(logits: &[f32], token: TokenId) -> f64 {
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from((logit - greatest).exp())).sum();
    f64::from(greatest - logits[token as usize]) + sum.ln()
}

#[cfg(test)]
mod tests {
    use crate::DemoModel;
    use greenmark_text::demo_tokenizer;

    use super::*;

    /// The demo model with a short context, which it counts.
    struct Short(DemoModel<'static>, usize, usize);

    impl LanguageModel for Short {
        fn vocab_size(&self) -> usize {
            self.0.vocab_size()
        }
        fn context_length(&self) -> usize {
            self.1
        }
        fn preferred_batch(&self) -> usize {
            1
        }
        fn open(&mut self) -> SequenceId {
            self.2 = 0;
            self.0.open()
        }
        fn fork(&mut self, sequence: SequenceId) -> Result<SequenceId, LmError> {
            self.0.fork(sequence)
        }
        fn close(&mut self, sequence: SequenceId) {
            self.0.close(sequence);
        }
        fn forward(&mut self, inputs: &[(SequenceId, &[TokenId])], logits: &mut [f32]) -> Result<(), LmError> {
            self.2 += inputs[0].1.len();
            assert!(self.2 <= self.1, "outgrew the context");
            self.0.forward(inputs, logits)
        }
    }

    #[test]
    fn a_text_longer_than_the_context_is_read_in_windows() {
        let (mut whole, tokenizer) = (DemoModel::new().expect("built in"), demo_tokenizer().expect("built in"));
        let text = "One day a fox went down to the river, where it met a bear who was very old. ".repeat(12);
        let ids = tokenizer.encode(&text).expect("ASCII");
        let prompt = opening(&tokenizer).expect("an end token");
        let expected = surprise(&mut whole, &prompt, &ids).expect("a text");
        for context_length in [20, 21, 200, ids.len(), ids.len() - 1] {
            let mut short = Short(DemoModel::new().expect("built in"), context_length, 0);
            let got = surprise(&mut short, &prompt, &ids).expect("a text");
            // The model remembers fewer tokens than half a window, so windows show only if they are
            // cut wrongly.
            assert!((got - expected).abs() < 1e-9, "{context_length}: {got} {expected}");
        }
    }

    #[test]
    fn what_cannot_be_judged_is_refused() {
        let mut model = Short(DemoModel::new().expect("built in"), 3, 0);
        let mut message =
            |prompt: &[TokenId], ids: &[TokenId]| surprise(&mut model, prompt, ids).expect_err("refused").to_string();
        assert_eq!(message(&[], &[1]), "nothing precedes the text: give the model's opening as its prompt");
        assert_eq!(message(&[0], &[]), "the text has no token");
        assert_eq!(message(&[0, 1, 2], &[1]), "the prompt has 3 tokens, the model's context holds 3");
        assert!(message(&[0], &[TokenId::MAX]).starts_with("token 4294967295 is not below the vocabulary size"));
    }
}
