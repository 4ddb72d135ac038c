//! Language models behind one trait: token ids in, next-token logits out.
//!
//! This crate knows nothing of watermarks. It loads a model (a [`LanguageModel`]) and its tokenizer,
//! turns logits into a choice ([`Sampling`]) and runs many prompts as one batch ([`generate`]).
//! A watermark enters as a [`LogitsHook`], called between the model and the sampler.

mod error;
mod generate;
mod llama;
mod model;
mod sampling;

pub use error::LmError;
pub use generate::{Event, Finish, GenerateOptions, LogitsHook, NoHook, Request, generate};
pub use llama::LlamaModel;
pub use model::{LanguageModel, SequenceId, TokenId};
pub use sampling::{Candidate, Sampling, SamplingParams, Scratch, text_rng};
