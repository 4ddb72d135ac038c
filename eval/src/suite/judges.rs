//! Damage that takes a model to see: how alike two texts are in what they say, and how likely they
//! are.

use std::collections::HashMap;

use anyhow::{Context, Result};
use greenmark_lm::{LanguageModel, TokenId};
use greenmark_text::Tokenizer;

use super::{
    attacked::Outcome,
    cell::mean,
    results::{Estimate, Skipped},
};
use crate::similarity::{SentenceEncoder, cosine};
use greenmark_lm::surprise;

/// Greatest length of a text that counts as the same one, as a multiple of the original's.
const LONGER: usize = 3;

/// Judges of texts.
#[derive(Debug)]
pub(super) struct Judges {
    encoder: Option<SentenceEncoder>,
    /// Texts of a cell whose likeness is told.
    likened: usize,
    /// Texts of a cell that are read anew by the model.
    reread: usize,
    /// Vectors of the texts before an attack, which come again with every attack; and below, their
    /// −ln p a token after which prompt.
    vectors: HashMap<String, Vec<f32>>,
    nats: HashMap<(usize, String), f64>,
}

impl Judges {
    /// Returns the sentence encoder if it is here, and what to say if it is not.
    ///
    /// - `likened`, `reread`: texts of a cell whose likeness and perplexity are told; none are for
    ///   0.
    pub(super) fn load(likened: usize, reread: usize) -> (Self, Option<Skipped>) {
        let encoder = (likened > 0).then(SentenceEncoder::from_cache).transpose();
        let why = encoder.as_ref().err().map(|error| format!("{error:#}"));
        let skipped = why.map(|why| Skipped { what: "similarity in sense".into(), why });
        let encoder = encoder.ok().flatten();
        (Self { encoder, likened, reread, vectors: HashMap::new(), nats: HashMap::new() }, skipped)
    }

    /// Returns true if likeness in sense can be told.
    pub(super) fn has_encoder(&self) -> bool {
        self.encoder.is_some()
    }

    /// Returns the mean cosine of sentence embeddings before and after.
    ///
    /// # Errors
    /// An error of the encoder.
    pub(super) fn similarity(&mut self, before: &[String], after: &[Outcome]) -> Result<Option<Estimate>> {
        let Some(encoder) = &self.encoder else { return Ok(None) };
        let pairs = sample(before, after, self.likened);
        let new: Vec<&str> =
            pairs.iter().map(|pair| pair.before).filter(|&text| !self.vectors.contains_key(text)).collect();
        self.vectors.extend(new.iter().map(|&text| text.to_owned()).zip(encoder.embed(&new)?));
        let after: Vec<&str> = pairs.iter().map(|pair| pair.after).collect();
        let vectors = pairs.iter().map(|pair| &self.vectors[pair.before]).zip(encoder.embed(&after)?);
        Ok(mean(&vectors.map(|(before, after)| cosine(before, &after)).collect::<Vec<f64>>()))
    }

    /// Perplexity after as a factor of perplexity before, each text after its prompt. Left out are
    /// texts of which nothing is left, and those that are several times as long: their
    /// perplexity is that of what came in.
    ///
    /// # Errors
    /// An error of the model.
    pub(super) fn perplexity_factor(
        &mut self,
        model: &mut dyn LanguageModel,
        tokenizer: &Tokenizer,
        prompts: &[Vec<TokenId>],
        before: &[String],
        after: &[Outcome],
    ) -> Result<Option<Estimate>> {
        let mut nats = |index: usize, text: &str| -> Result<Option<f64>> {
            let ids = tokenizer.encode(text)?;
            let nats = (!ids.is_empty()).then(|| surprise(model, &prompts[index], &ids));
            nats.transpose().with_context(|| format!("text {index}"))
        };
        let mut differences = Vec::new();
        for Pair { index, before, after } in sample(before, after, self.reread) {
            if after.len() > LONGER * before.len() {
                continue;
            }
            let place = (index, before.to_owned());
            let known = self.nats.get(&place).copied();
            let before = known.map_or_else(|| nats(index, before), |nats| Ok(Some(nats)))?;
            if let (Some(before), Some(after)) = (before, nats(index, after)?) {
                self.nats.insert(place, before);
                differences.push(after - before);
            }
        }
        Ok(mean(&differences).map(Estimate::exp))
    }
}

/// A text before an attack and after.
struct Pair<'t> {
    index: usize,
    before: &'t str,
    after: &'t str,
}

/// Returns the first texts that were not refused.
fn sample<'t>(before: &'t [String], after: &'t [Outcome], n: usize) -> Vec<Pair<'t>> {
    let pairs = before.iter().zip(after).enumerate();
    let pairs =
        pairs.filter_map(|(index, (before, after))| Some(Pair { index, before, after: &after.as_ref().ok()?.text }));
    pairs.take(n).collect()
}
