//! The public contract between embedder and detector, and its one spelling. SPEC §3.

use core::{fmt, str::FromStr};

use crate::error::SchemeError;

/// The context width h: how many preceding tokens seed one target, 0 to 16. 0 is one list for all (Unigram).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextWidth(u8);

impl ContextWidth {
    /// The widest context, in tokens.
    pub const MAX: usize = 16;

    /// # Errors
    /// [`SchemeError::ContextWidth`] above 16.
    pub fn new(width: u8) -> Result<Self, SchemeError> {
        if usize::from(width) > Self::MAX {
            return Err(SchemeError::ContextWidth { found: width.to_string() });
        }
        Ok(Self(width))
    }

    /// h, in tokens.
    pub fn get(self) -> usize {
        self.0.into()
    }

    /// h as it enters the field key. SPEC §5.1.
    pub(crate) fn byte(self) -> u8 {
        self.0
    }
}

/// The green fraction γ = g/256, g in 1..=255: the exact chance that a token is green, in steps of 2⁻⁸.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gamma(u8);

impl Gamma {
    /// Takes the numerator g of g/256.
    ///
    /// # Errors
    /// [`SchemeError::Gamma`] outside 1..=255.
    pub fn new(numerator: u16) -> Result<Self, SchemeError> {
        match u8::try_from(numerator) {
            Ok(g) if g > 0 => Ok(Self(g)),
            _ => Err(SchemeError::Gamma { found: numerator.to_string() }),
        }
    }

    /// g: what the field's bytes are compared with.
    pub fn numerator(self) -> u8 {
        self.0
    }

    /// γ, exact in binary floating point.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 256.0
    }
}

/// The parts of a [`Scheme`], as a plain literal: a new field changes the format and should break the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemeParams {
    /// h, 0..=16.
    pub context_width: u8,
    /// g of γ = g/256, 1..=255.
    pub gamma_numerator: u16,
}

/// What embedder and detector must agree on besides the key. Public, and written one way only.
///
/// ```
/// use greenmark::{Scheme, SchemeParams};
/// let scheme: Scheme = "gm1:green,h=1,gamma=64/256".parse()?;
/// assert_eq!(scheme, Scheme::new(SchemeParams { context_width: 1, gamma_numerator: 64 })?);
/// assert_eq!(scheme.to_string(), "gm1:green,h=1,gamma=64/256");
/// assert!("gm1:green,h=01,gamma=64/256".parse::<Scheme>().is_err());
/// # Ok::<(), greenmark::SchemeError>(())
/// ```
///
/// SPEC §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scheme {
    context_width: ContextWidth,
    gamma: Gamma,
}

impl Scheme {
    /// # Errors
    /// [`SchemeError::ContextWidth`] or [`SchemeError::Gamma`] for a value outside its range.
    pub fn new(params: SchemeParams) -> Result<Self, SchemeError> {
        Ok(Self { context_width: ContextWidth::new(params.context_width)?, gamma: Gamma::new(params.gamma_numerator)? })
    }

    /// h.
    pub fn context_width(self) -> ContextWidth {
        self.context_width
    }

    /// γ.
    pub fn gamma(self) -> Gamma {
        self.gamma
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gm1:green,h={},gamma={}/256", self.context_width.0, self.gamma.0)
    }
}

impl FromStr for Scheme {
    type Err = SchemeError;

    fn from_str(text: &str) -> Result<Self, SchemeError> {
        // SPEC §3, checks 1 to 5 in order.
        let rest = text.strip_prefix("gm1:").ok_or(SchemeError::Version)?;
        let family = rest.split(',').next().unwrap_or_default();
        if family != "green" {
            return Err(SchemeError::Family { found: shorten(family) });
        }
        let mut cursor = Cursor { text, at: text.len() - rest.len() + family.len() };
        cursor.literal(",h=")?;
        let width = cursor.number()?;
        cursor.literal(",gamma=")?;
        let numerator = cursor.number()?;
        cursor.literal("/256")?;
        cursor.end()?;
        // A number too long for its type is out of range, not misspelt.
        let context_width = width
            .parse()
            .ok()
            .and_then(|h| ContextWidth::new(h).ok())
            .ok_or_else(|| SchemeError::ContextWidth { found: shorten(width) })?;
        let gamma = numerator
            .parse()
            .ok()
            .and_then(|g| Gamma::new(g).ok())
            .ok_or_else(|| SchemeError::Gamma { found: shorten(numerator) })?;
        Ok(Self { context_width, gamma })
    }
}

/// A place in a scheme string, so that a misspelling can be pointed at.
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

    /// One or more ASCII digits without a leading zero.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_round_trips() {
        for context_width in 0..=16 {
            for gamma_numerator in 1..=255 {
                let scheme = Scheme::new(SchemeParams { context_width, gamma_numerator }).expect("in range");
                assert_eq!(scheme.to_string().parse(), Ok(scheme));
            }
        }
    }

    #[test]
    fn a_misspelling_is_pointed_at() {
        let syntax = |position| Err(SchemeError::Syntax { position });
        assert_eq!("gm1:green".parse::<Scheme>(), syntax(9));
        assert_eq!("gm1:green,h=1, gamma=64/256".parse::<Scheme>(), syntax(14));
        assert_eq!("gm1:green,h=01,gamma=64/256".parse::<Scheme>(), syntax(12));
        assert_eq!("gm1:green,h=1,gamma=64/256\n".parse::<Scheme>(), syntax(26));
        assert_eq!("gm1:green,h=1é".parse::<Scheme>(), syntax(13));
    }
}
