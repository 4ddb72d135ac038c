//! Greenmark for JavaScript: convert, call one function of the library, convert back.
//!
//! Text offsets here are UTF-16 code units, as in JavaScript, except in `Evidence` of
//! [`types.ts`](../src/types.ts), which is exactly the JSON object of SPEC §10. A key inside a page
//! is public: SPEC §13.1.

mod arguments;
#[cfg(feature = "text")]
mod characters;
mod convert;
#[cfg(feature = "text")]
mod demo;
mod detect;
#[cfg(feature = "text")]
mod detect_text;
mod embed;
mod key;
mod options;
#[cfg(feature = "text")]
mod profile;
mod scheme;
mod stream;
#[cfg(feature = "text")]
mod text_encoder;
#[cfg(feature = "text")]
mod tokenizer;

#[cfg(feature = "text")]
pub use demo::write_demo;
pub use detect::Detector;
#[cfg(feature = "text")]
pub use detect_text::{detect, sha256};
pub use embed::Embedder;
pub use key::Key;
#[cfg(feature = "text")]
pub use profile::Profile;
pub use scheme::{default_scheme, format_p, parse_scheme, version};
pub use stream::StreamDetector;
#[cfg(feature = "text")]
pub use tokenizer::Tokenizer;

use wasm_bindgen::prelude::*;

/// TypeScript types of the plain objects that go in and come out.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.ts");

/// Types that the build for ids alone mentions but does not have.
#[cfg(not(feature = "text"))]
#[wasm_bindgen(typescript_custom_section)]
const NO_TEXT: &str =
    "/** This build takes ids alone. */\nexport type Tokenizer = never;\nexport type Profile = never;\n";
