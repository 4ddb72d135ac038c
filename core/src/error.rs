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
    /// A key file's bytes are no text.
    NotText {
        /// Byte offset into the file, from 0.
        position: usize,
    },
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
            Self::NotText { position } => write!(f, "not text from byte {position} on, so it is no key file"),
        }
    }
}

impl std::error::Error for KeyError {}

/// Why a scheme string or its parameters were refused. SPEC §3, in the order of its checks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemeError {
    /// The string does not begin with `gm1:`.
    Version {
        /// The version that it is of, if it begins as a scheme of another one.
        found: Option<u32>,
    },
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
    /// The context width is 0 where each context is used once: nothing would be left to mark.
    NoContext,
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
            Self::Version { found: None } => write!(f, "a scheme begins with \"gm1:\", this one does not"),
            Self::Version { found: Some(version) } => {
                write!(
                    f,
                    "this is a scheme of version {version} (\"gm{version}:\"), and version 1 (\"gm1:\") alone is known here"
                )
            }
            Self::Family { found } => write!(f, "unknown family {found:?}; version 1 has \"green\" and \"gumbel\""),
            Self::Syntax { position } => write!(
                f,
                "not the canonical spelling from character {} on; expected the form gm1:green,h=1,gamma=64/256, \
                 gm1:gumbel,h=4 or gm1:gumbel,h=4,dual (no spaces, no leading zeros)",
                position + 1
            ),
            Self::NoContext => write!(f, "gumbel marks each context once, and h=0 has but one; take h=1..=16"),
            Self::ContextWidth { found } => write!(f, "context width h={found} is outside 0..=16"),
            Self::Gamma { found } => write!(f, "gamma={found}/256 is outside 1/256..=255/256"),
        }
    }
}

impl std::error::Error for SchemeError {}

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

/// Why no token could be chosen: what was given is no probability distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ChoiceError {
    /// A probability is negative, infinite or not a number.
    Probability {
        /// Its index in the slice.
        index: usize,
        /// The value.
        found: f32,
    },
    /// The probabilities do not add up to 1 (a thousandth more or less is taken for rounding).
    Sum {
        /// What they add up to; 0 if all are 0 or none was given.
        found: f64,
    },
    /// There are not as many tokens as probabilities.
    Lengths {
        /// Tokens given.
        tokens: usize,
        /// Probabilities given.
        probabilities: usize,
    },
    /// The random number is not in [0, 1).
    Uniform {
        /// The value.
        found: f64,
    },
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Probability { index, found } => write!(f, "probability {index} is {found}, but must be 0 to 1"),
            Self::Sum { found } => write!(f, "the probabilities add up to {found}, not 1"),
            Self::Lengths { tokens, probabilities } => {
                write!(f, "{tokens} tokens were given with {probabilities} probabilities")
            }
            Self::Uniform { found } => write!(f, "the random number is {found}, but must be in [0, 1)"),
        }
    }
}

impl std::error::Error for ChoiceError {}

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
