//! Damage that takes a model to see: how alike two texts are in what they say, and how likely they are.

use anyhow::{Context, Result};
use greenmark_lm::{LanguageModel, TokenId, Tokenizer};

use super::{
    attacked::Struck,
    cell::mean,
    results::{Estimate, Skipped},
};
use crate::{similarity::Embedder, surprise::surprise};

/// What judges texts.
#[derive(Debug)]
pub(super) struct Judges {
    encoder: Option<Embedder>,
    /// Texts of a cell that are judged.
    sample: usize,
}

impl Judges {
    /// The sentence encoder if it is here, and what to say if it is not.
    ///
    /// - `sample`: texts of a cell that are judged; none are for 0.
    pub(super) fn load(sample: usize) -> (Self, Option<Skipped>) {
        let encoder = if sample == 0 { None } else { Some(Embedder::from_cache()) };
        let (encoder, error) = encoder.map_or((None, None), |encoder| match encoder {
            Ok(encoder) => (Some(encoder), None),
            Err(error) => (None, Some(error)),
        });
        let skipped = error.map(|error| Skipped { what: "similarity in sense".into(), why: format!("{error:#}") });
        (Self { encoder, sample }, skipped)
    }

    /// Whether likeness in sense can be told.
    pub(super) fn has_encoder(&self) -> bool {
        self.encoder.is_some()
    }

    /// The mean cosine of sentence embeddings before and after.
    ///
    /// # Errors
    /// What the encoder has against a text.
    pub(super) fn similarity(&self, before: &[String], after: &[Struck]) -> Result<Option<Estimate>> {
        let Some(encoder) = &self.encoder else { return Ok(None) };
        let pairs: Vec<(&str, &str)> = self.sample(before, after).map(|(_, before, after)| (before, after)).collect();
        Ok(mean(&encoder.similarity(&pairs)?))
    }

    /// Perplexity after as a factor of perplexity before, each text after its prompt.
    ///
    /// # Errors
    /// What the model has against a text.
    pub(super) fn perplexity_factor(
        &self,
        model: &mut dyn LanguageModel,
        tokenizer: &Tokenizer,
        prompts: &[Vec<TokenId>],
        before: &[String],
        after: &[Struck],
    ) -> Result<Option<Estimate>> {
        let mut differences = Vec::new();
        for (index, before, after) in self.sample(before, after) {
            let mut nats = |text: &str| -> Result<Option<f64>> {
                let ids = tokenizer.encode(text)?;
                if ids.is_empty() {
                    return Ok(None);
                }
                surprise(model, &prompts[index], &ids).map(Some).with_context(|| format!("text {index}"))
            };
            if let (Some(before), Some(after)) = (nats(before)?, nats(after)?) {
                differences.push(after - before);
            }
        }
        Ok(mean(&differences).map(Estimate::exp))
    }

    fn sample<'t>(&self, before: &'t [String], after: &'t [Struck]) -> impl Iterator<Item = (usize, &'t str, &'t str)> {
        let pairs = before.iter().zip(after).enumerate();
        let pairs = pairs.filter_map(|(at, (before, after))| Some((at, &**before, &*after.as_ref().ok()?.text)));
        pairs.take(self.sample)
    }
}
