//! Places that an attack strikes.

use std::ops::Range;

use rand_chacha::rand_core::Rng;

use crate::attack::Strength;

/// Returns a share of `n` places, drawn without repetition: `[n]`, true where the attack strikes.
pub(super) fn struck(n: usize, strength: Strength, rng: &mut impl Rng) -> Vec<bool> {
    drawn(n, strength.of(n), rng)
}

/// `count` of `n` places, drawn without repetition: `[n]`. At most `n`.
fn drawn(n: usize, count: usize, rng: &mut impl Rng) -> Vec<bool> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut drawn = vec![false; n];
    shuffle(&mut order, count, rng);
    order[..count].iter().for_each(|&place| drawn[place] = true);
    drawn
}

/// Stretches of `length` that together are a share of `n` places, in order and apart: every way to
/// lay them is as likely. One of them, anywhere among the others, is as short as the share wants
/// it. A strength above 0 strikes one place at least.
pub(super) fn spans(n: usize, length: usize, strength: Strength, rng: &mut impl Rng) -> Vec<Range<usize>> {
    let least = usize::from(strength.share() > 0.0).min(n);
    let struck = strength.of(n).max(least);
    let count = struck.div_ceil(length);
    if count == 0 {
        return Vec::new();
    }
    let short = below(count, rng);
    // Each stretch shrunk to one place: which of the places left are stretches?
    let is_span = drawn(n - struck + count, count, rng);
    let mut spans = Vec::with_capacity(count);
    let mut at = 0;
    for is_span in is_span {
        if !is_span {
            at += 1;
            continue;
        }
        let length = if spans.len() == short { struck - (count - 1) * length } else { length };
        spans.push(at..at + length);
        at += length;
    }
    spans
}

/// Draws the first `count` elements from all of a slice.
pub(super) fn shuffle<T>(all: &mut [T], count: usize, rng: &mut impl Rng) {
    for i in 0..count {
        let other = i + below(all.len() - i, rng);
        all.swap(i, other);
    }
}

/// Returns one of a slice that is not empty.
pub(super) fn one_of<'a, T>(choices: &'a [T], rng: &mut impl Rng) -> &'a T {
    &choices[below(choices.len(), rng)]
}

/// Returns a number below `n`, `n` ≥ 1. The bias of the remainder is below 1e-12 for every length a
/// text has.
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

    #[test]
    fn spans_are_apart_and_anywhere_and_their_share() {
        let mut hits = [0u32; 50];
        for seed in 0..2000 {
            let spans = spans(50, 4, Strength(0.3), &mut text_rng(seed, 0));
            let lengths: Vec<usize> = spans.iter().map(Range::len).collect();
            assert_eq!((lengths.len(), lengths.iter().sum::<usize>()), (4, 15), "{spans:?}");
            assert_eq!(lengths.iter().filter(|&&length| length == 4).count(), 3, "{spans:?}");
            assert!(spans.windows(2).all(|two| two[0].end <= two[1].start) && spans[3].end <= 50, "{spans:?}");
            spans.into_iter().flatten().for_each(|place| hits[place] += 1);
        }
        // Fewer stretches reach the ends than the midst, where 600 are expected, with a standard deviation
        // of 20.5.
        assert!(hits[4..46].iter().all(|hits| (490..=710).contains(hits)), "{hits:?}");
        assert!(hits[0] > 100 && hits[49] > 100, "{hits:?}");
    }

    #[test]
    fn spans_at_the_ends_of_their_range() {
        let spans = |n, length, share| spans(n, length, Strength(share), &mut text_rng(1, 0));
        assert!(spans(10, 5, 0.0).is_empty() && spans(0, 5, 1.0).is_empty());
        assert_eq!(spans(100, 20, 0.001).iter().map(Range::len).sum::<usize>(), 1);
        assert_eq!(spans(7, 20, 1.0).first(), Some(&(0..7)));
        assert_eq!(spans(47, 20, 1.0).into_iter().flatten().collect::<Vec<_>>(), (0..47).collect::<Vec<_>>());
    }
}
