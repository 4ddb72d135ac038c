//! Letting a model write: the options of a run.

use anyhow::{Result, anyhow};
use greenmark::TokenId;
use greenmark_lm::{GenerateOptions, Sampling, SamplingParams};

use crate::args::SamplingArgs;

/// Returns a seed from the system, for runs that name none.
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
