//! Greenmark: a keyed statistical watermark for text that a language model writes.
//!
//! The embedder nudges the model towards tokens that a secret key calls green; the detector, from text and key alone,
//! counts how many tokens are green and says how surprising that is. Both stand on one pure function,
//! (key, context, token) → green or red, defined in `SPEC.md`.
//!
//! ```
//! use greenmark::{Delta, Detector, Embedder, Key};
//!
//! let key = Key::from_bytes([7; 32]); // 32 bytes from your system's generator
//! let scheme = "gm1:green,h=1,gamma=64/256".parse()?;
//!
//! // While the model writes: bias the logits, sample as always, tell the embedder what was chosen.
//! let mut embedder = Embedder::new(&key, scheme, Delta::new(2.0)?);
//! let mut text = embedder.start();
//! let mut ids = Vec::new();
//! for step in 0..200u32 {
//!     let mut logits: Vec<f32> = (0..50u32).map(|v| ((step * 7 + v * 13) % 17) as f32 / 8.0).collect(); // your model
//!     embedder.bias(&text, &mut logits);
//!     let token = (0..50).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap() as u32; // your sampler
//!     text.push(token);
//!     ids.push(token);
//! }
//!
//! // Later, from the text's ids and the key:
//! let detection = Detector::new(&key, scheme).detect(&ids);
//! assert!(detection.is_significant(1e-6));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! No I/O, clock, entropy, tokenizer or model here. The feature `std` (default) lets the stream cipher choose the
//! processor's instructions at run time.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod context;
mod detect;
mod embed;
mod error;
mod field;
mod green;
mod key;
mod lanes;
mod lists;
mod prf;
mod scheme;
mod score;
mod seeds;
mod seen;
pub mod stats;

/// A token id, as the model's tokenizer gives it. A bare alias: bulk data crosses boundaries uncopied.
pub type TokenId = u32;

pub use detect::{Detection, Detector};
pub use embed::{Delta, Embedder, TextState};
pub use error::{DeltaError, KeyError, SchemeError};
pub use field::{Field, Seed};
pub use green::{Colour, colour};
pub use key::{Key, KeyId};
pub use scheme::{ContextWidth, Gamma, Scheme, SchemeParams};
pub use score::{Position, Scorer, Tally};
