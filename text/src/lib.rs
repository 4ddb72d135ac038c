//! Detection of texts: from characters to evidence, for every frontend. SPEC §9, §10, §12.
//!
//! The library `greenmark` scores token ids. Here an [`Examiner`] reads a text, as it is and
//! normalised, with the tokenizer of each [`Ask`], and pays for all looks. Its [`Answer`] holds the
//! passages that were found and their places in the text; [`Evidence`] is the JSON object of
//! SPEC §10. A [`Profile`] says which key, scheme and tokenizer belong together, and [`lines`]
//! reads texts from JSON Lines.
//!
//! ```
//! use greenmark::{Key, Scheme};
//! use greenmark_text::{Ask, Evidence, Examiner, demo_tokenizer};
//!
//! let key = Key::from_bytes([7; 32]);
//! let mut examiner = Examiner::new([Ask::new(&key,
//! Scheme::DEFAULT).tokenizer(demo_tokenizer()?.into())]); let answer = examiner.examine("Once upon
//! a time")?; assert!(!answer.is_marked());
//! let json = serde_json::to_string(&Evidence::new("example", &answer))?;
//! assert!(json.contains(r#""detected":false"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod answer;
mod cache;
mod error;
mod examiner;
#[cfg(not(target_arch = "wasm32"))]
pub mod files;
pub mod fmt;
pub mod gguf;
mod json;
pub mod lines;
mod members;
mod profile;
mod shade;
mod spans;
mod tokenizer;

pub use greenmark::TokenId;

pub use answer::Answer;
pub use cache::{cache_folder, model_path, tokenizer_named_by};
pub use error::TextError;
pub use examiner::{Ask, Examiner};
pub use json::{Event, Evidence, SpanEvidence, StreamReport, TokenizerName};
pub use profile::{
    Deployment, Profile, ProfileError, ProfileParams, ProfileTokenizer, Registry, RegistryError, relative_path,
};
pub use shade::Shade;
pub use spans::{Passage, Place, within};
pub use tokenizer::{Encoded, FINGERPRINT_PROBE, StreamDecoder, StreamEncoder, Tokenizer, demo_tokenizer};
