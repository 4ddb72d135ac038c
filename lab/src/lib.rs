//! The programs behind `docs/`, and what they share. Nothing depends on this crate.
//!
//! | module | holds |
//! |---|---|
//! | `operating` | how many tokens a detector needs, simulated along recorded distributions |
//! | `stealing` | attackers who learn from marked text what a key favours, and forge or strip |
//! | `table` | tables in Markdown |
//! | `weights` | rules that weigh a text's scored positions, and their exact tails |
//!
//! `results/` has every measured output.

pub mod operating;
pub mod stealing;
pub mod table;
pub mod weights;

use anyhow::Result;
use greenmark_eval::corpus::Recipe;
use greenmark_lm::{GenerateOptions, Sampling, SamplingParams, TokenId};

/// Returns the options of texts that only their length ends.
///
/// - `stop`: tokens that are never drawn.
///
/// # Errors
/// If the recipe's temperature is out of range.
pub fn options(recipe: &Recipe, stop: &[TokenId]) -> Result<GenerateOptions> {
    Ok(GenerateOptions {
        max_tokens: recipe.tokens,
        min_tokens: 0,
        sampling: Sampling::new(SamplingParams { temperature: recipe.temperature, ..SamplingParams::default() })?,
        seed: recipe.seed,
        stop: stop.to_vec(),
        ignore_stop: true,
        batch: None,
    })
}

/// Returns the finaliser of SplitMix64 (Steele, Lea and Flood 2014) after its step: a bijection.
#[must_use]
pub fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
