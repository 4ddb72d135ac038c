//! From a word of the field to a score, for the detector, and a clock, for the sampler.
//! SPEC §6.3, §8.2.

use crate::{
    field::{Seed, Subkey},
    token::TokenId,
};

/// Number of words.
const WORDS: f64 = 4_294_967_296.0;

/// Returns the score of a token: at most Exp(1) by chance, from 0 to 22.18 nats. SPEC §6.3.
pub(crate) fn score(seed: &Seed, token: TokenId, dual: bool) -> f64 {
    let first = seed.word(Subkey::First, token);
    if dual { score_of_two(first, seed.word(Subkey::Second, token)) } else { score_of_one(first) }
}

/// Returns −ln(1 − x), x = w/2^32: no word is 2^32, so this is finite.
pub(crate) fn score_of_one(word: u32) -> f64 {
    // Plus zero: the score of word 0 is 0, not −0.
    0.0 - (-f64::from(word) / WORDS).ln_1p()
}

/// Returns −ln(1 − x²), x from the greater word: from whichever of x² and 1 − x² keeps its digits.
pub(crate) fn score_of_two(first: u32, second: u32) -> f64 {
    let square = u64::from(first.max(second)).pow(2);
    let part = |of: u64| of as f64 / (WORDS * WORDS);
    if square >> 63 == 0 { 0.0 - (-part(square)).ln_1p() } else { -part(square.wrapping_neg()).ln() }
}

/// Returns −ln u, u = (w + ½)/2^32: the time at which a clock of rate 1 rings, above 0. SPEC §8.2
/// step 3.
pub(crate) fn clock(word: u32) -> f64 {
    // 1 − u has 33 bits, so it is exact; ln_1p keeps the digits where u is near 1.
    -(-(f64::from(!word) + 0.5) / WORDS).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_and_clocks_at_the_ends() {
        assert!(score_of_one(0) == 0.0 && score_of_one(0).is_sign_positive());
        assert!(score_of_two(0, 0) == 0.0 && score_of_two(0, 0).is_sign_positive());
        assert_eq!(score_of_one(1 << 31), 2.0_f64.ln());
        assert!((score_of_one(u32::MAX) - 32.0 * 2.0_f64.ln()).abs() < 1e-14);
        assert!((score_of_two(1 << 31, 7) - (4.0_f64 / 3.0).ln()).abs() < 1e-15);
        assert!((score_of_two(u32::MAX, 0) - 31.0 * 2.0_f64.ln()).abs() < 1e-9);
        assert!((score_of_two(2, 1) * 2.0_f64.powi(62) - 1.0).abs() < 1e-15, "small scores keep their digits");
        assert_eq!(score_of_two(7, 1 << 31), score_of_two(1 << 31, 7));
        assert!((clock(u32::MAX) - 2.0_f64.powi(-33)).abs() < 1e-19);
        assert!((clock(0) - 33.0 * 2.0_f64.ln()).abs() < 1e-13);
    }
}
