//! Language models behind one trait: token ids in, next-token logits out.
//!
//! It loads a model (a [`LanguageModel`]) and its tokenizer ([`Tokenizer`]), turns logits into a choice ([`Sampling`])
//! and runs many prompts as one batch ([`generate`]). A watermark enters as a [`LogitsHook`], called between the model and
//! the sampler: [`MarkHook`] is the one that marks, and the only place here that knows of watermarks.
//!
//! Without the feature `llama` (default) there are the demo model and `tokenizer.json` files, and no GGUF.

#[cfg(feature = "llama")]
mod cache;
#[cfg(feature = "llama")]
mod chat;
mod demo;
mod error;
mod generate;
#[cfg(feature = "llama")]
mod gguf;
#[cfg(feature = "llama")]
mod gguf_tokenizer;
#[cfg(feature = "llama")]
mod llama;
mod mark;
mod model;
mod offsets;
mod sampling;
mod sequences;
mod stream_decoder;
mod stream_encoder;
mod tokenizer;
mod vocabulary;

#[cfg(feature = "llama")]
pub use cache::{cache_folder, model_path};
#[cfg(feature = "llama")]
pub use chat::ChatTemplate;
pub use demo::{DemoModel, demo_tokenizer};
pub use error::LmError;
pub use generate::{Event, Finish, GenerateOptions, LogitsHook, NoHook, Request, generate};
#[cfg(feature = "llama")]
pub use llama::LlamaModel;
pub use mark::MarkHook;
pub use model::{LanguageModel, SequenceId, TokenId};
pub use sampling::{Candidate, Sampling, SamplingParams, Scratch, text_rng};
pub use stream_decoder::StreamDecoder;
pub use stream_encoder::StreamEncoder;
pub use tokenizer::{FINGERPRINT_PROBE, Tokenizer};
