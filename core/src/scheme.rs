//! The public contract between embedder and detector, and its one spelling. SPEC §3.

use core::{fmt, str::FromStr};

use thiserror::Error;

/// The context width h: how many preceding tokens seed one target, 0 to 16. 0 is one list for all
/// (Unigram).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextWidth(u8);

impl ContextWidth {
    /// The widest context, in tokens.
    pub const MAX: usize = 16;

    /// Makes a width of a number of tokens.
    ///
    /// # Errors
    /// [`SchemeError::ContextWidth`] above 16.
    pub fn new(width: u8) -> Result<Self, SchemeError> {
        if usize::from(width) > Self::MAX {
            return Err(SchemeError::ContextWidth { found: width.to_string() });
        }
        Ok(Self(width))
    }

    /// Returns h, in tokens.
    pub fn get(self) -> usize {
        self.0.into()
    }
}

/// The green fraction γ = g/256, g in 1..=255: the exact chance that a token is green, in steps of
/// 2⁻⁸.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gamma(u8);

impl Gamma {
    /// Makes a fraction of the numerator g of g/256.
    ///
    /// # Errors
    /// [`SchemeError::Gamma`] outside 1..=255.
    pub fn new(numerator: u16) -> Result<Self, SchemeError> {
        match u8::try_from(numerator) {
            Ok(g) if g > 0 => Ok(Self(g)),
            _ => Err(SchemeError::Gamma { found: numerator.to_string() }),
        }
    }

    /// Returns g, which the field's bytes are compared with.
    pub fn numerator(self) -> u8 {
        self.0
    }

    /// Returns γ, exact in binary floating point.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 256.0
    }
}

/// The kind of a mark: how it is made, and what a token scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// A share γ of the tokens is green and made likelier; a green token scores 1, a red one 0.
    /// SPEC §6.1, §8.1.
    Green {
        /// γ.
        gamma: Gamma,
    },
    /// The next token is drawn with the key's numbers; a token scores −ln(1 − u), u being its
    /// number. SPEC §6.3, §8.2.
    Gumbel {
        /// True if each token has two numbers, for variety among answers to one prompt.
        dual: bool,
    },
}

/// The parts of a [`Scheme`], as a plain literal: a new field changes the format and should break
/// the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemeParams {
    /// `gm1:green,h=…,gamma=…/256`
    Green {
        /// h, 0..=16.
        context_width: u8,
        /// g of γ = g/256, 1..=255.
        gamma_numerator: u16,
    },
    /// `gm1:gumbel,h=…`, `gm1:gumbel,h=…,dual`
    Gumbel {
        /// h, 1..=16.
        context_width: u8,
        /// True if a second number is mixed in.
        dual: bool,
    },
}

/// A scheme: all that embedder and detector must agree on besides the key. It is public, and has
/// one spelling.
///
/// ```
/// use greenmark::{Scheme, SchemeParams};
/// let scheme: Scheme = "gm1:green,h=1,gamma=64/256".parse()?;
/// assert_eq!(scheme, Scheme::new(SchemeParams::Green { context_width: 1, gamma_numerator: 64 })?);
/// assert_eq!(scheme.to_string(), "gm1:green,h=1,gamma=64/256");
/// let scheme = Scheme::new(SchemeParams::Gumbel { context_width: 4, dual: true })?;
/// assert_eq!(scheme.to_string(), "gm1:gumbel,h=4,dual");
/// assert!("gm1:green,h=01,gamma=64/256".parse::<Scheme>().is_err());
/// # Ok::<(), greenmark::SchemeError>(())
/// ```
///
/// SPEC §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scheme {
    context_width: ContextWidth,
    family: Family,
}

impl Scheme {
    /// The scheme to use unless there is a reason for another one: green, h = 1, γ = ¼.
    pub const DEFAULT: Self = Self { context_width: ContextWidth(1), family: Family::Green { gamma: Gamma(64) } };

    /// Makes a scheme of its parts.
    ///
    /// # Errors
    /// [`SchemeError::ContextWidth`], [`SchemeError::NoContext`] or [`SchemeError::Gamma`] for a
    /// value outside its range.
    pub fn new(params: SchemeParams) -> Result<Self, SchemeError> {
        Ok(match params {
            SchemeParams::Green { context_width, gamma_numerator } => Self {
                context_width: ContextWidth::new(context_width)?,
                family: Family::Green { gamma: Gamma::new(gamma_numerator)? },
            },
            SchemeParams::Gumbel { context_width: 0, .. } => return Err(SchemeError::NoContext),
            SchemeParams::Gumbel { context_width, dual } => {
                Self { context_width: ContextWidth::new(context_width)?, family: Family::Gumbel { dual } }
            }
        })
    }

    /// Returns h.
    pub fn context_width(self) -> ContextWidth {
        self.context_width
    }

    /// Returns the family.
    pub fn family(self) -> Family {
        self.family
    }

    /// Returns γ; `None` for a gumbel scheme.
    pub fn gamma(self) -> Option<Gamma> {
        match self.family {
            Family::Green { gamma } => Some(gamma),
            Family::Gumbel { .. } => None,
        }
    }
}

impl Default for Scheme {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let h = self.context_width.0;
        match self.family {
            Family::Green { gamma } => write!(f, "gm1:green,h={h},gamma={}/256", gamma.0),
            Family::Gumbel { dual: false } => write!(f, "gm1:gumbel,h={h}"),
            Family::Gumbel { dual: true } => write!(f, "gm1:gumbel,h={h},dual"),
        }
    }
}

impl FromStr for Scheme {
    type Err = SchemeError;

    fn from_str(text: &str) -> Result<Self, SchemeError> {
        // SPEC §3, checks 1 to 5 in order.
        let rest = text.strip_prefix("gm1:").ok_or_else(|| SchemeError::Version { found: version(text) })?;
        let family = rest.split(',').next().unwrap_or_default();
        if !["green", "gumbel"].contains(&family) {
            return Err(SchemeError::Family { found: shorten(family) });
        }
        let mut cursor = Cursor { text, at: text.len() - rest.len() + family.len() };
        cursor.literal(",h=")?;
        let width = cursor.number()?;
        // A number too long for its type is out of range, not misspelt.
        let context_width = || width.parse().map_err(|_| SchemeError::ContextWidth { found: shorten(width) });
        if family == "green" {
            cursor.literal(",gamma=")?;
            let numerator = cursor.number()?;
            cursor.literal("/256")?;
            cursor.end()?;
            let context_width = context_width()?;
            let gamma_numerator = numerator.parse().or_else(|_| {
                // The width is refused first, whatever the numerator.
                ContextWidth::new(context_width)?;
                Err(SchemeError::Gamma { found: shorten(numerator) })
            })?;
            return Self::new(SchemeParams::Green { context_width, gamma_numerator });
        }
        let dual = !cursor.rest().is_empty();
        if dual {
            cursor.literal(",dual")?;
            cursor.end()?;
        }
        Self::new(SchemeParams::Gumbel { context_width: context_width()?, dual })
    }
}

/// Reason why a scheme string or its parameters were refused. SPEC §3, in the order of its checks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchemeError {
    /// The string does not begin with `gm1:`.
    #[error("{}", version_message(*.found))]
    Version {
        /// The version of the string, if it begins as a scheme of another version does.
        found: Option<u32>,
    },
    /// The version has no such family.
    #[error("unknown family {found:?}; version 1 has \"green\" and \"gumbel\"")]
    Family {
        /// The family as spelt, shortened to 32 characters.
        found: String,
    },
    /// The parameters are not spelt in the one canonical way.
    #[error(
        "not the canonical spelling from character {} on; expected the form gm1:green,h=1,gamma=64/256, \
         gm1:gumbel,h=4 or gm1:gumbel,h=4,dual (no spaces, no leading zeros)",
        .position + 1
    )]
    Syntax {
        /// Byte offset of the first difference from a canonical spelling, from 0.
        position: usize,
    },
    /// The context width is 0 where each context is used once: nothing would be left to mark.
    #[error("gumbel marks each context once, and h=0 has only one: take h=1..=16")]
    NoContext,
    /// The context width is above 16.
    #[error("context width h={found} is outside 0..=16")]
    ContextWidth {
        /// The width as spelt, shortened to 32 characters.
        found: String,
    },
    /// The numerator of gamma is not in 1..=255.
    #[error("gamma={found}/256 is outside 1/256..=255/256")]
    Gamma {
        /// The numerator as spelt, shortened to 32 characters.
        found: String,
    },
}

fn version_message(found: Option<u32>) -> String {
    match found {
        None => "a scheme begins with \"gm1:\", this one does not".to_owned(),
        Some(version) => format!(
            "this is a scheme of version {version} (\"gm{version}:\"), and version 1 (\"gm1:\") alone is known here"
        ),
    }
}

/// A place in a scheme string, to point at a misspelling.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn literal(&mut self, expected: &str) -> Result<(), SchemeError> {
        let same = self.rest().bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
        self.at += same;
        if same == expected.len() { Ok(()) } else { Err(SchemeError::Syntax { position: self.at }) }
    }

    /// Takes one or more ASCII digits without a leading zero.
    fn number(&mut self) -> Result<&'a str, SchemeError> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let number = &self.rest()[..digits];
        if digits == 0 || (digits > 1 && number.starts_with('0')) {
            return Err(SchemeError::Syntax { position: self.at });
        }
        self.at += digits;
        Ok(number)
    }

    fn end(&self) -> Result<(), SchemeError> {
        if self.rest().is_empty() { Ok(()) } else { Err(SchemeError::Syntax { position: self.at }) }
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(32).collect()
}

/// Returns the version of a scheme string, for a message.
fn version(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("gm")?.split_once(':')?.0;
    digits.parse().ok().filter(|version: &u32| version.to_string() == digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_of_another_version_is_named() {
        let message = |text: &str| text.parse::<Scheme>().expect_err("not of version 1").to_string();
        assert!(message("gm2:green,h=1").starts_with("this is a scheme of version 2 (\"gm2:\")"));
        for text in ["", "gm", "gm:", "gmx:green", "GM1:green", "gm01:green", "gm+2:green"] {
            assert!(message(text).starts_with("a scheme begins with"), "{text}");
        }
    }

    #[test]
    fn every_scheme_round_trips() {
        for context_width in 0..=16 {
            for gamma_numerator in 1..=255 {
                let scheme = Scheme::new(SchemeParams::Green { context_width, gamma_numerator }).expect("in range");
                assert_eq!(scheme.to_string().parse(), Ok(scheme));
            }
        }
        for context_width in 1..=16 {
            for dual in [false, true] {
                let scheme = Scheme::new(SchemeParams::Gumbel { context_width, dual }).expect("in range");
                assert_eq!(scheme.to_string().parse(), Ok(scheme));
            }
        }
        let none = SchemeParams::Gumbel { context_width: 0, dual: false };
        assert_eq!(Scheme::new(none), Err(SchemeError::NoContext));
    }

    #[test]
    fn a_misspelling_is_pointed_at() {
        let syntax = |position| Err(SchemeError::Syntax { position });
        assert_eq!("gm1:green".parse::<Scheme>(), syntax(9));
        assert_eq!("gm1:green,h=1, gamma=64/256".parse::<Scheme>(), syntax(14));
        assert_eq!("gm1:green,h=01,gamma=64/256".parse::<Scheme>(), syntax(12));
        assert_eq!("gm1:green,h=1,gamma=64/256\n".parse::<Scheme>(), syntax(26));
        assert_eq!("gm1:green,h=1é".parse::<Scheme>(), syntax(13));
        assert_eq!("gm1:gumbel,h=4,dula".parse::<Scheme>(), syntax(17));
        assert_eq!("gm1:gumbel,h=4,dual ".parse::<Scheme>(), syntax(19));
    }
}
