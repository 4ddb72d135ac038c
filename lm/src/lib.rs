//! Language models behind one trait: token ids in, next-token logits out.
//!
//! It loads a model (a [`LanguageModel`]), draws tokens from its logits ([`Sampling`]), and
//! continues many prompts as one batch ([`generate`]). A [`LogitsHook`] is called between the model
//! and the sampler. [`MarkHook`] is the one that marks, and the only item here that knows of
//! watermarks.
//!
//! Without the feature `llama` (default) there is the demo model alone, and no GGUF.

#[cfg(feature = "llama")]
mod chat;
#[cfg(not(feature = "llama"))]
#[path = "chat/none.rs"]
mod chat;
mod demo;
mod error;
mod generate;
#[cfg(feature = "llama")]
mod llama;
mod load;
mod mark;
mod model;
mod sampling;
mod sequences;
mod surprise;

pub use chat::ChatTemplate;
pub use demo::DemoModel;
pub use error::LmError;
pub use generate::{Event, Finish, GenerateOptions, LogitsHook, NoHook, Request, generate};
#[cfg(feature = "llama")]
pub use llama::LlamaModel;
pub use load::{DEMO, Loaded, locate};
pub use mark::MarkHook;
pub use model::{LanguageModel, SequenceId, TokenId};
pub use sampling::{Candidates, Sampling, SamplingParams, Scratch, text_rng};
pub use surprise::{nats, opening, surprise};
