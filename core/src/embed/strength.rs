//! Strength of a mark: the embedder's choice alone. Detection doesn't depend on it.
//! SPEC §8.

use thiserror::Error;

/// The bias δ that green tokens get: nats, finite, ≥ 0. 0 marks nothing.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Delta(f32);

impl Delta {
    /// δ = 2.
    pub const DEFAULT: Self = Self(2.0);

    /// Makes a bias of a number of nats.
    ///
    /// # Errors
    /// [`DeltaError`] if `nats` is negative, infinite or not a number.
    pub fn new(nats: f32) -> Result<Self, DeltaError> {
        if nats.is_finite() && nats >= 0.0 { Ok(Self(nats)) } else { Err(DeltaError { found: nats }) }
    }

    /// Returns δ, in nats.
    pub fn nats(self) -> f32 {
        self.0
    }
}

impl Default for Delta {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Probability with which the dual form of gumbel draws with the second number.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct MixingShare(f64);

impl MixingShare {
    /// ρ = ½, which gives the most variety.
    pub const DEFAULT: Self = Self(0.5);

    /// Makes a share of a probability.
    ///
    /// # Errors
    /// [`MixingShareError`] outside [0, 1].
    pub fn new(share: f64) -> Result<Self, MixingShareError> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(MixingShareError { found: share }) }
    }

    /// Returns ρ, in [0, 1].
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Default for MixingShare {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Reason why a bias was refused: it's negative, infinite or not a number.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("delta is {found}, but must be a finite number of nats, 0 or above")]
pub struct DeltaError {
    /// The value refused.
    pub found: f32,
}

/// Reason why a mixing share was refused: it isn't in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("the mixing share is {found}, but must be a probability, 0 to 1")]
pub struct MixingShareError {
    /// The value refused.
    pub found: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_none_is_refused() {
        for share in [-0.1, 1.1, f64::NAN] {
            assert!(MixingShare::new(share).is_err());
        }
    }

    #[test]
    fn a_strength_that_is_none_is_refused() {
        for nats in [-0.1, f32::NAN, f32::INFINITY] {
            assert!(Delta::new(nats).is_err());
        }
    }
}
