//! Attacks on ids.

use greenmark_text::TokenId;
use rand_chacha::rand_core::Rng;

use super::places::below;

/// Replaces a share of the tokens, at places drawn without repetition, by tokens drawn from `pool`.
///
/// Models an editor who changes words without knowing which of them matter. `pool` holds tokens as
/// often as texts do, so what comes in is ordinary; it does not fit its place, and a real editor
/// would keep the sense. A token may be replaced by itself.
///
/// - `share`: in [0, 1]; the number of places is `share · n`, rounded.
/// - `pool`: at least one token, unless `share` is 0.
pub fn substitute(text: &[TokenId], share: f64, pool: &[TokenId], rng: &mut impl Rng) -> Vec<TokenId> {
    substitute_some(text, share, pool, |_| true, rng)
}

/// As [`substitute`], at places whose token `may_go` alone: an editor of content words, say. If
/// those are fewer than `share` of the text, all of them go.
pub fn substitute_some(
    text: &[TokenId],
    share: f64,
    pool: &[TokenId],
    may_go: impl Fn(TokenId) -> bool,
    rng: &mut impl Rng,
) -> Vec<TokenId> {
    let mut attacked = text.to_vec();
    let count = (share.clamp(0.0, 1.0) * text.len() as f64).round() as usize;
    let mut places: Vec<usize> = (0..text.len()).filter(|&place| may_go(text[place])).collect();
    for i in 0..count.min(places.len()) {
        let other = i + below(places.len() - i, rng);
        places.swap(i, other);
        attacked[places[i]] = pool[below(pool.len(), rng)];
    }
    attacked
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenmark_lm::text_rng;

    #[test]
    fn the_share_asked_for_is_replaced() {
        let text: Vec<TokenId> = (0..200).collect();
        for (share, expected) in [(0.0, 0), (0.2, 40), (0.35, 70), (1.0, 200)] {
            let attacked = substitute(&text, share, &[1000], &mut text_rng(1, 0));
            assert_eq!(attacked.iter().filter(|&&token| token == 1000).count(), expected);
            assert_eq!(attacked.len(), 200);
        }
    }

    #[test]
    fn strength_zero_is_the_identity_and_a_seed_gives_the_same() {
        let text: Vec<TokenId> = (0..50).collect();
        assert_eq!(substitute(&text, 0.0, &[], &mut text_rng(1, 0)), text);
        let pool: Vec<TokenId> = (500..600).collect();
        let attack = |seed| substitute(&text, 0.5, &pool, &mut text_rng(seed, 0));
        assert_eq!(attack(3), attack(3));
        assert_ne!(attack(3), attack(4));
        assert!(substitute(&[], 0.5, &pool, &mut text_rng(1, 0)).is_empty());
    }

    #[test]
    fn only_some_tokens_go() {
        let text: Vec<TokenId> = (0..200).collect();
        for (share, expected) in [(0.1, 20), (0.5, 50)] {
            let attacked = substitute_some(&text, share, &[1000], |token| token >= 150, &mut text_rng(1, 0));
            assert_eq!(attacked.iter().filter(|&&token| token == 1000).count(), expected);
            assert_eq!(attacked[..150], text[..150]);
        }
    }
}
