//! Greenmark: a keyed statistical watermark for text that a language model writes.
//!
//! The embedder lets a secret key have a say in which token comes next; the detector, from text and key alone, scores how
//! well the tokens agree with the key and says how surprising that is. Both stand on one pure function, (key, context,
//! token) → number, defined in `SPEC.md`. Two families of marks use it: *green* makes a share of the tokens likelier, and
//! *gumbel* draws the next token with the key's numbers, which leaves its distribution as it was.
//!
//! ```
//! use greenmark::{Detector, Embedder, Key};
//!
//! let key = Key::from_bytes([7; 32]); // 32 bytes from your system's generator
//! for scheme in ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=2"] {
//!     let scheme = scheme.parse()?;
//!
//!     // While the model writes. Green acts in `bias`, gumbel in `choose`; the same loop serves both.
//!     let mut embedder = Embedder::new(&key, scheme);
//!     let mut text = embedder.start();
//!     let mut ids = Vec::new();
//!     for step in 0..300u32 {
//!         let mut logits: Vec<f32> = (0..50).map(|v| ((step * 7 + v * 13) % 17) as f32 / 8.0).collect(); // your model
//!         embedder.bias(&text, &mut logits);
//!         let sum: f32 = logits.iter().map(|logit| logit.exp()).sum();
//!         let probabilities: Vec<f32> = logits.iter().map(|logit| logit.exp() / sum).collect(); // your filters
//!         let uniform = f64::from(step * 7919 % 1000) / 1000.0; // your random numbers, in [0, 1)
//!         let token = embedder.choose(&text, &probabilities, uniform)?;
//!         text.push(token);
//!         ids.push(token);
//!     }
//!
//!     // Later, from the text's ids and the key:
//!     let detection = Detector::new(&key, scheme).detect(&ids);
//!     assert!(detection.is_significant(1e-6));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! No I/O, clock, entropy, tokenizer or model here. The feature `runtime-detect` (default) lets the stream cipher
//! choose the processor's instructions at run time; `normalise` adds the normaliser of texts that were tampered with.

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
pub use embed::{ChoiceError, Delta, DeltaError, Embedder, MixingShare, MixingShareError, TextState};

// Detecting
pub use detect::{
    DEFAULT_ALPHA, Detection, Detector, Examination, Examiner, Finding, Position, Reading, Scorer, Scores, Search,
    Span, Stream, StreamEvidence, Tally,
};
#[cfg(feature = "normalise")]
pub use normalise::{Normalised, normalise};

// The field
pub use field::{Field, Seed, Subkey};
pub use mark::{Colour, colour};
