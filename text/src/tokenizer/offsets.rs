//! Places of tokens in the text.
//!
//! The tokenizer returns ids alone. For most vocabularies the bytes of the tokens put together are
//! the text, and then the places follow. Some rewrite the text first (Unicode composition, a space
//! in front); then the two are laid side by side.

use std::ops::Range;

/// A stretch of the tokens' text, and the stretch of the text that it stands for.
struct Stretch {
    spoken: Range<usize>,
    text: Range<usize>,
    /// Equal byte for byte; otherwise all of one stands for all of the other.
    equal: bool,
}

/// Returns the byte range of `text` behind each piece: in order, in bounds, on character
/// boundaries.
pub(crate) fn align<'a>(text: &str, pieces: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<Range<usize>> {
    let spoken: Vec<u8> = pieces.clone().flatten().copied().collect();
    let stretches = if spoken == text.as_bytes() {
        vec![Stretch { spoken: 0..text.len(), text: 0..text.len(), equal: true }]
    } else {
        lay_side_by_side(text, &String::from_utf8_lossy(&spoken), spoken.len())
    };

    let mut at = 0;
    let mut current = 0;
    pieces
        .map(|piece| {
            let (start, end) = (at, at + piece.len());
            at = end;
            while current + 1 < stretches.len() && stretches[current].spoken.end <= start {
                current += 1;
            }
            let mut last = current;
            while last + 1 < stretches.len() && stretches[last].spoken.end < end {
                last += 1;
            }
            let Some((first, last)) = stretches.get(current).zip(stretches.get(last)) else {
                return text.len()..text.len();
            };
            let from = if first.equal { first.text.start + (start - first.spoken.start) } else { first.text.start };
            let to = if last.equal { last.text.start + (end - last.spoken.start) } else { last.text.end };
            let from = text.floor_char_boundary(from.min(text.len()));
            from..text.ceil_char_boundary(to.min(text.len())).max(from)
        })
        .collect()
}

/// Largest drift between the two, in characters; beyond it the rest is taken as one stretch.
const LARGEST_DRIFT: usize = 200;

/// Pairs the stretches of both strings that are equal and, between them, those that are not.
///
/// After a difference, the nearest pair of equal characters counts as common ground again: a wrong
/// guess costs precision for a few characters, never order or bounds.
fn lay_side_by_side(text: &str, spoken: &str, spoken_length: usize) -> Vec<Stretch> {
    let a: Vec<(usize, char)> = text.char_indices().collect();
    let b: Vec<(usize, char)> = spoken.char_indices().collect();
    let (text_at, spoken_at) = (
        |i: usize| a.get(i).map_or(text.len(), |c| c.0),
        // The lossy copy may be longer than the bytes; no piece reaches past their end.
        |j: usize| b.get(j).map_or(spoken.len().max(spoken_length), |c| c.0),
    );
    let mut stretches = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let (i0, j0) = (i, j);
        while i < a.len() && j < b.len() && a[i].1 == b[j].1 {
            (i, j) = (i + 1, j + 1);
        }
        if i > i0 {
            let (text, spoken) = (text_at(i0)..text_at(i), spoken_at(j0)..spoken_at(j));
            stretches.push(Stretch { spoken, text, equal: true });
            continue;
        }
        (i, j) = common_ground(&a, &b, i, j);
        let (text, spoken) = (text_at(i0)..text_at(i), spoken_at(j0)..spoken_at(j));
        stretches.push(Stretch { spoken, text, equal: false });
    }
    stretches
}

/// Returns the nearest later pair of equal characters, or both ends.
fn common_ground(a: &[(usize, char)], b: &[(usize, char)], i: usize, j: usize) -> (usize, usize) {
    for distance in 1..=LARGEST_DRIFT {
        for k in 0..=distance {
            let (i, j) = (i + distance - k, j + k);
            if i < a.len() && j < b.len() && a[i].1 == b[j].1 {
                return (i, j);
            }
        }
    }
    (a.len(), b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices<'a>(text: &'a str, pieces: &[&str]) -> Vec<&'a str> {
        align(text, pieces.iter().map(|p| p.as_bytes())).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn pieces_that_are_the_text_are_placed_exactly() {
        assert_eq!(slices("the cat", &["the", " c", "at"]), ["the", " c", "at"]);
        assert_eq!(slices("", &[]), Vec::<&str>::new());
        assert_eq!(slices("ab", &["a", "", "b"]), ["a", "", "b"]);
    }

    #[test]
    fn parts_of_a_character_get_all_of_it() {
        let text = "a\u{1f44d}b";
        let bytes = text.as_bytes();
        let ranges = align(text, [&bytes[..3], &bytes[3..5], &bytes[5..]].into_iter());
        assert_eq!(ranges, [0..5, 1..5, 5..6]);
    }

    #[test]
    fn rewritten_text_is_laid_beside_the_original() {
        assert_eq!(
            slices("re\u{301}sume\u{301} done", &["r\u{e9}", "sum", "\u{e9}", " done"]),
            ["re\u{301}", "sum", "e\u{301}", " done"]
        );
        assert_eq!(slices("the cat", &[" the", " cat"]), ["the", " cat"], "a space in front");
        assert_eq!(slices("a  <s>  b", &["a", "<s>", "b"]), ["a", "<s>", "b"], "stripped around a special token");
        assert_eq!(slices("abc", &["xyz"]), ["abc"]);
        assert_eq!(slices("abc", &["xyz", "uvw"]), ["abc", "abc"]);
    }

    #[test]
    fn order_and_bounds_hold_for_anything() {
        let texts = ["", "aab\u{301}", "\u{1f44d}\u{1f3fd} x", "abcabcabc", "\u{ac00}\u{ac01}"];
        let pieces: [&[&[u8]]; 4] = [&[b"a", b"", b"\xff\xfe"], &[b"abc", b"zz"], &[], &[b"\xea\xb0", b"\x80", b"b"]];
        for text in texts {
            for pieces in pieces {
                let ranges = align(text, pieces.iter().copied());
                assert_eq!(ranges.len(), pieces.len());
                assert!(ranges.iter().all(|r| text.get(r.clone()).is_some()), "{text:?} {pieces:?} {ranges:?}");
                assert!(ranges.windows(2).all(|w| w[0].start <= w[1].start && w[0].end <= w[1].end));
            }
        }
    }
}
