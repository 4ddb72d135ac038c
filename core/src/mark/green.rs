//! The membership test that embedder and detector share. SPEC §6.1.

use crate::{field::Seed, scheme::Gamma, token::TokenId};

/// Colour that the key gives a token in its context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colour {
    /// The embedder favours it; by chance a share γ of tokens is green.
    Green,
    /// All others.
    Red,
}

impl Colour {
    /// Returns the colour of a field byte.
    pub(crate) fn of(byte: u8, gamma: Gamma) -> Self {
        if byte < gamma.numerator() { Self::Green } else { Self::Red }
    }

    /// Returns 1 for green and 0 for red.
    pub(crate) fn score(self) -> f64 {
        if self.is_green() { 1.0 } else { 0.0 }
    }

    /// Returns true for [`Colour::Green`].
    pub fn is_green(self) -> bool {
        self == Self::Green
    }
}

/// Returns the colour of `token` in the context that `seed` came from. SPEC §6.1.
pub fn colour(seed: &Seed, token: TokenId, gamma: Gamma) -> Colour {
    Colour::of(seed.byte(token), gamma)
}
