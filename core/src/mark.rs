//! What one token scores under a key: SPEC §6.

mod green;
mod gumbel;

pub use green::{Colour, colour};
pub(crate) use gumbel::{clock, score, score_of_one, score_of_two};
