//! The field: (key, context, token) → number. SPEC §4, §5.

mod cache;
mod chacha_lanes;
mod context;
mod prf;
mod seed;
mod sha_lanes;

pub use self::seed::{Field, Seed, Subkey};
pub(crate) use self::{
    cache::Seeds,
    chacha_lanes::{LANES, field_bytes, field_words},
    context::ContextWindow,
};
