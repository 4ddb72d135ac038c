//! Greenmark marks text while a language model writes it, and detects the mark later from the text
//! and a secret key.
//!
//! ```
//! use greenmark::{DEFAULT_ALPHA, Detector, Embedder, Key, Scheme};
//!
//! let key = Key::from_bytes([7; 32]); // 32 bytes from your system's generator
//! let mut text = Embedder::new(&key, Scheme::DEFAULT).start();
//! let mut ids = Vec::new();
//! while ids.len() < 300 {
//!     let mut logits = your_model(&ids);
//!     text.bias(&mut logits);
//!     let token = your_sampler(&logits);
//!     text.push(token);
//!     ids.push(token);
//! }
//! assert!(Detector::new(&key, Scheme::DEFAULT).detect(&ids).is_significant(DEFAULT_ALPHA));
//! # fn your_model(ids: &[u32]) -> Vec<f32> {
//! #     (0..50).map(|v| ((ids.len() * 7 + v * 13) % 17) as f32 / 8.0).collect()
//! # }
//! # fn your_sampler(logits: &[f32]) -> u32 {
//! #     (0..50).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("a token") as u32
//! # }
//! ```
//!
//! Embedder and detector agree on one pure function, (key, context, token) → number, which
//! `SPEC.md` defines: [`Field`]. Two families of marks use it. *Green* makes a share of the tokens
//! likelier, and *gumbel* draws the next token with the key's numbers, which leaves its
//! distribution as it was. The detector scores how well the tokens agree with the key, and says how
//! surprising that is by chance.
//!
//! There is no I/O, clock, entropy, tokenizer or model here. The feature `runtime-detect` (default)
//! lets the stream cipher choose the processor's instructions at run time; `normalise` adds the
//! normaliser of texts that were tampered with.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod detect;
mod embed;
mod field;
mod key;
mod mark;
#[cfg(feature = "normalise")]
mod normalise;
mod scheme;
pub mod stats;
mod token;

// The contract
pub use key::{Key, KeyError, KeyId, KeyIdClash, KeyIdError, KeySet, SubkeyError};
pub use scheme::{ContextWidth, Family, Gamma, Scheme, SchemeError, SchemeParams};
pub use token::TokenId;

// Embedding
pub use embed::{
    ChoiceError, Delta, DeltaError, Embedder, MarkedText, MixingShare, MixingShareError, draw, uniform_from,
};

// Detecting
pub use detect::{
    DEFAULT_ALPHA, Detection, Detector, Examination, Examiner, Finding, Look, Position, Reading, Scorer, Scores,
    ScoresError, Search, Span, Stake, Stream, StreamEvidence, Tally, Verdict, pay_for_looks,
};
#[cfg(feature = "normalise")]
pub use normalise::{Normalised, normalise};

// The field
pub use field::{Field, Seed, Subkey};
pub use mark::{Colour, colour};

// Statistics: the module `stats`.
