//! Language models behind one trait: token ids in, next-token logits out.
//!
//! It loads a model (a [`LanguageModel`]) and its tokenizer ([`Tokenizer`]), turns logits into a choice ([`Sampling`])
//! and runs many prompts as one batch ([`generate`]). A watermark enters as a [`LogitsHook`], called between the model and
//! the sampler: [`MarkHook`] is the one that marks, and the only place here that knows of watermarks.

mod cache;
mod chat;
mod demo;
mod error;
mod generate;
mod gguf;
mod gguf_tokenizer;
mod llama;
mod mark;
mod model;
mod offsets;
mod sampling;
mod stream_decoder;
mod stream_encoder;
mod tokenizer;
mod vocabulary;

pub use cache::model_path;
pub use chat::ChatTemplate;
pub use demo::{DemoModel, demo_tokenizer};
pub use error::LmError;
pub use generate::{Event, Finish, GenerateOptions, LogitsHook, NoHook, Request, generate};
pub use llama::LlamaModel;
pub use mark::MarkHook;
pub use model::{LanguageModel, SequenceId, TokenId};
pub use sampling::{Candidate, Sampling, SamplingParams, Scratch, text_rng};
pub use stream_decoder::StreamDecoder;
pub use stream_encoder::StreamEncoder;
pub use tokenizer::{FINGERPRINT_PROBE, Tokenizer};
