//! One module a subcommand.

pub(crate) mod attack;
#[cfg(feature = "eval")]
pub(crate) mod calibrate;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod detect;
pub(crate) mod embed;
#[cfg(feature = "eval")]
pub(crate) mod eval;
pub(crate) mod key;
pub(crate) mod keygen;
pub(crate) mod stream;
pub(crate) mod tokenizer;
