//! What a detector says of a text, put together once for every frontend. SPEC §9.5, §10.
//!
//! The library `greenmark` scores token ids. Here a text is read as it is and normalised, all its looks are paid for, the passages that
//! were found get their places in the text ([`Answer`]), and the whole becomes the JSON object of SPEC §10 ([`Evidence`]).
//!
//! ```
//! use greenmark::{Examiner, Key, Look, Scheme};
//! use greenmark_text::{Answer, Evidence};
//! use greenmark_text::demo_tokenizer;
//!
//! let tokenizer = demo_tokenizer()?;
//! let key = Key::from_bytes([7; 32]);
//! let mut examiner = Examiner::new(Look::all([&key], &[Scheme::DEFAULT], 2));
//! let answer = Answer::of_text(&mut examiner, "Once upon a time", true, &tokenizer, 1e-6)?;
//! assert!(!answer.is_marked());
//! let json = serde_json::to_string(&Evidence::new("example", Some(&tokenizer), &answer))?;
//! assert!(json.contains(r#""detected":false"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod answer;
mod cache;
mod error;
#[cfg(not(target_arch = "wasm32"))]
pub mod files;
pub mod fmt;
pub mod gguf;
mod json;
pub mod lines;
mod profile;
mod shade;
mod spans;
mod tokenizer;

pub use greenmark::TokenId;

pub use answer::Answer;
pub use cache::{cache_folder, model_path, tokenizer_named_by};
pub use error::TextError;
pub use json::{Event, Evidence, SpanEvidence, StreamReport, TokenizerName};
pub use profile::{Deployment, Profile, ProfileError, ProfileParams, Registry, RegistryError, relative_path};
pub use shade::Shade;
pub use spans::{Passage, Place, within};
pub use tokenizer::{FINGERPRINT_PROBE, StreamDecoder, StreamEncoder, Tokenizer, demo_tokenizer};
