//! Weights of the scored pairs of green in the test of the whole text. SPEC §7.8.

use crate::token::TokenId;

/// Returns the weight of a pair: 3 to 11.
///
/// A pair that repeats is green more often than one that doesn't, and the low ids of a byte-pair
/// vocabulary (bytes, punctuation, the commonest pieces) could be moved least. Where ids are
/// numbered otherwise this costs power and never validity.
///
/// - `multiplicity`: positions of the text at which the pair occurs, 1 or more.
pub(crate) fn weight(multiplicity: u32, token: TokenId) -> u32 {
    let by_multiplicity = match multiplicity {
        ..=1 => 5,
        2 => 8,
        3 | 4 => 9,
        5..=8 => 10,
        _ => 11,
    };
    let off = match token {
        ..256 => 2,
        256..512 => 1,
        _ => 0,
    };
    by_multiplicity - off
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_at_their_edges() {
        let of = |multiplicity| weight(multiplicity, 512);
        assert_eq!([1, 2, 3, 4, 5, 8, 9, u32::MAX].map(of), [5, 8, 9, 9, 10, 10, 11, 11]);
        assert_eq!([0, 255, 256, 511, 512, u32::MAX].map(|token| weight(1, token)), [3, 3, 4, 4, 5, 5]);
    }
}
