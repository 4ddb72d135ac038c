//! What can be wrong with what a caller hands in, each with its place.
//!
//! None of these ever carries key material: a refused key is described by position alone.

use core::fmt;

/// Why a key text was refused. SPEC §2.2, in the order of its checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text does not begin with `gmk1`.
    Prefix,
    /// The text is not 76 bytes long.
    Length {
        /// Bytes found.
        found: usize,
    },
    /// A byte after the prefix is not a lower-case hexadecimal digit.
    Character {
        /// Byte offset into the text, from 0.
        position: usize,
    },
    /// The last eight digits are not the checksum of the others.
    Checksum,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix => write!(f, "a key begins with \"gmk1\", this text does not"),
            Self::Length { found } => write!(f, "a key is 76 characters long, this text has {found} bytes"),
            Self::Character { position } => {
                write!(f, "character {} of the key is not a lower-case hexadecimal digit (0-9, a-f)", position + 1)
            }
            Self::Checksum => write!(f, "the key's checksum does not match: a character was changed or lost"),
        }
    }
}

impl std::error::Error for KeyError {}

/// Why a scheme string or its parameters were refused. SPEC §3, in the order of its checks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemeError {
    /// The string does not begin with `gm1:`.
    Version,
    /// The family is none of this version's.
    Family {
        /// The family as spelt, shortened to 32 characters.
        found: String,
    },
    /// The parameters are not spelt in the one canonical way.
    Syntax {
        /// Byte offset into the string where the spelling departs, from 0.
        position: usize,
    },
    /// The context width is above 16.
    ContextWidth {
        /// The width as spelt, shortened to 32 characters.
        found: String,
    },
    /// The numerator of gamma is not in 1..=255.
    Gamma {
        /// The numerator as spelt, shortened to 32 characters.
        found: String,
    },
}

impl fmt::Display for SchemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => write!(f, "a scheme begins with \"gm1:\", this one does not"),
            Self::Family { found } => write!(f, "unknown family {found:?}; version 1 has \"green\""),
            Self::Syntax { position } => write!(
                f,
                "not the canonical spelling from character {} on; expected the form gm1:green,h=1,gamma=64/256 \
                 (no spaces, no leading zeros)",
                position + 1
            ),
            Self::ContextWidth { found } => write!(f, "context width h={found} is outside 0..=16"),
            Self::Gamma { found } => write!(f, "gamma={found}/256 is outside 1/256..=255/256"),
        }
    }
}

impl std::error::Error for SchemeError {}

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
