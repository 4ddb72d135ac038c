//! The score of one token under a key. SPEC §6.1, §6.3.

mod green;
mod gumbel;

use core::array;

use crate::{
    field::{LANES, Seed, Subkey, field_bytes, field_words},
    scheme::Family,
    stats::{Chance, Null},
    token::TokenId,
};

pub use self::green::{Colour, colour};
pub(crate) use self::gumbel::clock;

impl Family {
    /// Returns the law that scores obey where there is no mark. SPEC §7.1.
    ///
    /// # Panics
    /// Never: γ is within (0, 1).
    pub fn null(self) -> Null {
        match self {
            Self::Green { gamma } => Null::Bernoulli(Chance::new(gamma.fraction()).expect("a gamma is within (0, 1)")),
            Self::Gumbel { .. } => Null::Exponential,
        }
    }

    /// Returns the highest score that a token can have: 1, or in gumbel 22.18 or 21.49 nats.
    pub fn greatest_score(self) -> f64 {
        match self {
            Self::Green { .. } => Colour::Green.score(),
            Self::Gumbel { dual: false } => gumbel::score_of_one(u32::MAX),
            Self::Gumbel { dual: true } => gumbel::score_of_two(u32::MAX, u32::MAX),
        }
    }

    /// Returns true if the mark makes a score frequent: that of a green token, or one in the
    /// highest quarter by chance (ln 4 and above). For showing a text.
    pub fn favours(self, score: f64) -> bool {
        match self {
            Self::Green { .. } => score > 0.0,
            Self::Gumbel { .. } => score >= 2.0 * core::f64::consts::LN_2,
        }
    }
}

/// Returns the score of a token in the context of the seed: the plain form.
pub(crate) fn score(family: Family, seed: &Seed, token: TokenId) -> f64 {
    match family {
        Family::Green { gamma } => colour(seed, token, gamma).score(),
        Family::Gumbel { dual } => gumbel::score(seed, token, dual),
    }
}

/// Returns the scores of several tokens, each under a seed of its own: [`score`], all lanes at a
/// time.
pub(crate) fn scores(family: Family, seeds: &[[u8; 32]; LANES], tokens: &[TokenId; LANES]) -> [f64; LANES] {
    let words = |subkey: Subkey| field_words(seeds, subkey.stream(), tokens);
    match family {
        Family::Green { gamma } => field_bytes(seeds, tokens).map(|byte| Colour::of(byte, gamma).score()),
        Family::Gumbel { dual: false } => words(Subkey::First).map(gumbel::score_of_one),
        Family::Gumbel { dual: true } => {
            let (first, second) = (words(Subkey::First), words(Subkey::Second));
            array::from_fn(|lane| gumbel::score_of_two(first[lane], second[lane]))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Scheme;

    #[test]
    fn no_word_scores_above_the_greatest() {
        let greatest = |scheme: &str| scheme.parse::<Scheme>().expect("canonical").family().greatest_score();
        assert_eq!(greatest("gm1:green,h=1,gamma=3/256"), 1.0);
        assert!((greatest("gm1:gumbel,h=1") - 32.0 * 2f64.ln()).abs() < 1e-9);
        assert!((greatest("gm1:gumbel,h=1,dual") - 31.0 * 2f64.ln()).abs() < 1e-9);
    }
}
