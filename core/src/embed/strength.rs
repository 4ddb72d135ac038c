//! How strongly a text is marked: the embedder's own business, on which detection does not depend. SPEC §8.

use core::fmt;

/// The bias δ that green tokens get: nats, finite, ≥ 0. 0 marks nothing.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Delta(f32);

impl Delta {
    /// # Errors
    /// [`DeltaError`] if `nats` is negative, infinite or not a number.
    pub fn new(nats: f32) -> Result<Self, DeltaError> {
        if nats.is_finite() && nats >= 0.0 { Ok(Self(nats)) } else { Err(DeltaError { found: nats }) }
    }

    /// δ, in nats.
    pub fn nats(self) -> f32 {
        self.0
    }
}

/// How often the dual form of gumbel draws with the second number: a probability. ½ gives the most variety.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct MixingShare(f64);

impl MixingShare {
    /// # Errors
    /// [`MixingShareError`] outside [0, 1].
    pub fn new(share: f64) -> Result<Self, MixingShareError> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(MixingShareError { found: share }) }
    }

    /// ρ, in [0, 1].
    pub fn get(self) -> f64 {
        self.0
    }
}

/// Why a bias strength was refused: δ is finite and ≥ 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeltaError {
    /// The value refused.
    pub found: f32,
}

impl fmt::Display for DeltaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delta is {}, but must be a finite number of nats, 0 or above", self.found)
    }
}

impl std::error::Error for DeltaError {}

/// Why a mixing share was refused: it is a probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixingShareError {
    /// The value refused.
    pub found: f64,
}

impl fmt::Display for MixingShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the mixing share is {}, but must be a probability, 0 to 1", self.found)
    }
}

impl std::error::Error for MixingShareError {}
