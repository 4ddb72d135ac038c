//! Letting a model write with a mark: the library's embedder as a hook of the model's loop.

use std::cell::RefCell;

use anyhow::{Result, anyhow};
use greenmark::{Embedder, TextState, TokenId};
use greenmark_lm::{GenerateOptions, LogitsHook, Sampling, SamplingParams, Tokenizer};

use crate::args::SamplingArgs;

/// Marks one text. All texts of a run share the embedder and its cache; each has a state of its own.
pub(crate) struct GreenHook<'e> {
    embedder: &'e RefCell<Embedder>,
    text: TextState,
}

impl<'e> GreenHook<'e> {
    pub(crate) fn new(embedder: &'e RefCell<Embedder>) -> Self {
        Self { embedder, text: embedder.borrow().start() }
    }
}

impl LogitsHook for GreenHook<'_> {
    fn adjust(&mut self, logits: &mut [f32]) {
        self.embedder.borrow_mut().bias(&self.text, logits);
    }

    fn push(&mut self, token: TokenId) {
        self.text.push(token);
    }
}

/// A seed from the system, for runs that name none.
pub(crate) fn fresh_seed() -> Result<u64> {
    // Short enough to be typed again.
    Ok(getrandom::u32().map_err(|error| anyhow!("the system gives no random bytes: {error}"))?.into())
}

pub(crate) fn options(args: &SamplingArgs, seed: u64, stop: &[TokenId], batch: Option<u16>) -> Result<GenerateOptions> {
    let SamplingArgs { temperature, top_k, top_p, min_p, .. } = *args;
    Ok(GenerateOptions {
        max_tokens: args.max_tokens as usize,
        min_tokens: 0,
        sampling: Sampling::new(SamplingParams { temperature, top_k, top_p, min_p })?,
        seed,
        stop: stop.to_vec(),
        ignore_stop: args.ignore_eos,
        batch: batch.map(usize::from),
    })
}

/// The characters of a finished text; a character that the last token left unfinished is dropped. SPEC §9.3.
pub(crate) fn decode(tokenizer: &Tokenizer, ids: &[TokenId]) -> String {
    let mut text = String::new();
    let mut decoder = tokenizer.stream_decoder();
    for &id in ids {
        text.extend(decoder.push(id));
    }
    text
}
