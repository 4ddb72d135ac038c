//! Where an attack strikes.

use rand_chacha::rand_core::Rng;

use super::Strength;

/// A share of `n` places, drawn without repetition: `[n]`, true where the attack strikes.
pub(super) fn struck(n: usize, strength: Strength, rng: &mut impl Rng) -> Vec<bool> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut struck = vec![false; n];
    for i in 0..strength.of(n) {
        let other = i + below(n - i, rng);
        order.swap(i, other);
        struck[order[i]] = true;
    }
    struck
}

/// One of a slice that is not empty.
pub(super) fn one_of<'a, T>(choices: &'a [T], rng: &mut impl Rng) -> &'a T {
    &choices[below(choices.len(), rng)]
}

/// A number below `n`, `n` ≥ 1. The bias of the remainder is below 1e-12 for every length a text has.
pub(super) fn below(n: usize, rng: &mut impl Rng) -> usize {
    (rng.next_u64() % n as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenmark_lm::text_rng;

    #[test]
    fn the_share_asked_for_is_struck_anywhere() {
        let mut hits = [0u32; 40];
        for seed in 0..2000 {
            let struck = struck(40, Strength(0.25), &mut text_rng(seed, 0));
            assert_eq!(struck.iter().filter(|&&is| is).count(), 10);
            for (hits, struck) in hits.iter_mut().zip(struck) {
                *hits += u32::from(struck);
            }
        }
        // 500 are expected, with a standard deviation of 19.4.
        assert!(hits.iter().all(|&hits| (403..=597).contains(&hits)), "{hits:?}");
        assert!(struck(0, Strength(1.0), &mut text_rng(1, 0)).is_empty());
    }
}
