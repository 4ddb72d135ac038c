//! Where the spans that were found stand in the text.

use std::ops::Range;

use crate::error::TextError;
use crate::tokenizer::Tokenizer;
use greenmark::{Examination, KeyId, Normalised, Scheme, Span};
use unicode_segmentation::GraphemeCursor;

/// A text in characters, as it is and as it was examined besides.
pub(crate) struct Characters<'a> {
    pub(crate) raw: &'a str,
    /// `None` where nothing changes.
    pub(crate) normalised: Option<&'a Normalised<'a>>,
    pub(crate) tokenizer: &'a Tokenizer,
}

/// A span, what it is evidence of, and where it stands.
#[derive(Debug, Clone)]
pub struct Passage {
    /// Its tokens and counts.
    pub span: Span,
    /// Whose mark it is.
    pub key_id: KeyId,
    /// The mark's scheme.
    pub scheme: Scheme,
    /// Whether the span's tokens are those of the normalised text.
    pub normalised: bool,
    /// `None` where ids were given.
    pub place: Option<Place>,
}

/// A stretch of the raw text, of whole grapheme clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In UTF-8.
    pub bytes: Range<usize>,
    /// Unicode code points.
    pub characters: Range<usize>,
}

/// The passages of everything that is significant, in the order of the text.
///
/// - `place`: the bytes of the raw text behind a span of a version, if there are characters.
pub(crate) fn passages<E>(
    examination: &Examination,
    mut place: impl FnMut(usize, Span) -> Result<Option<Range<usize>>, E>,
) -> Result<Vec<Passage>, E> {
    let mut passages = Vec::new();
    for hit in &examination.hits {
        for &span in &hit.spans {
            let place = place(hit.version, span)?.map(|bytes| Place { bytes, characters: 0..0 });
            let (key_id, scheme) = (hit.key_id, hit.scheme);
            passages.push(Passage { span, key_id, scheme, normalised: hit.version > 0, place });
        }
    }
    passages.sort_by_key(|passage| (passage.place.as_ref().map(|place| place.bytes.start), passage.span.start));
    Ok(passages)
}

/// [`passages`], with their places in a text.
pub(crate) fn placed_passages(examination: &Examination, text: &Characters<'_>) -> Result<Vec<Passage>, TextError> {
    // Of each version, once it is asked for.
    let mut ranges: [Option<Vec<Range<usize>>>; 2] = [None, None];
    let mut passages = passages(examination, |version, span| bytes(text, &mut ranges, version, span).map(Some))?;
    count_characters(text.raw, &mut passages);
    Ok(passages)
}

/// The bytes of the raw text behind a span.
fn bytes(
    text: &Characters<'_>,
    ranges: &mut [Option<Vec<Range<usize>>>; 2],
    version: usize,
    span: Span,
) -> Result<Range<usize>, TextError> {
    // The first version is the raw text.
    let normalised = text.normalised.filter(|_| version > 0);
    let ranges = match &mut ranges[version] {
        Some(ranges) => ranges,
        none => none.insert(text.tokenizer.encode_with_offsets(normalised.map_or(text.raw, Normalised::text))?.1),
    };
    let bytes = ranges[span.start].start..ranges[span.end - 1].end;
    let bytes = normalised.map_or(bytes.clone(), |normalised| normalised.raw_range(bytes));
    Ok(whole_graphemes(text.raw, bytes))
}

/// The least stretch of whole grapheme clusters that holds one on character boundaries: a token may be a part of what a reader takes for
/// one character.
fn whole_graphemes(text: &str, bytes: Range<usize>) -> Range<usize> {
    let boundary = |at: usize, next: bool| {
        let mut cursor = GraphemeCursor::new(at, text.len(), true);
        // The whole text is one chunk, so the cursor never asks for more of it.
        match cursor.is_boundary(text, 0) {
            Ok(false) if next => cursor.next_boundary(text, 0).ok().flatten().unwrap_or(text.len()),
            Ok(false) => cursor.prev_boundary(text, 0).ok().flatten().unwrap_or(0),
            _ => at,
        }
    };
    boundary(bytes.start, false)..boundary(bytes.end, true)
}

/// Fills in code points, in one walk over the text.
fn count_characters(text: &str, passages: &mut [Passage]) {
    let mut edges: Vec<usize> = passages
        .iter()
        .flat_map(|passage| &passage.place)
        .flat_map(|place| [place.bytes.start, place.bytes.end])
        .collect();
    edges.sort_unstable();
    let (mut at, mut characters) = (0, 0);
    let counts: Vec<(usize, usize)> = (edges.into_iter())
        .map(|edge| {
            characters += text[at..edge].chars().count();
            at = edge;
            (edge, characters)
        })
        .collect();
    let count = |edge: usize| counts[counts.partition_point(|&(at, _)| at < edge)].1;
    for place in passages.iter_mut().filter_map(|passage| passage.place.as_mut()) {
        place.characters = count(place.bytes.start)..count(place.bytes.end);
    }
}

/// For each stretch that begins at one of `starts`, ascending, whether it begins in a passage: places in bytes, or tokens where ids were given.
pub fn within(passages: &[Passage], starts: impl Iterator<Item = usize>) -> impl Iterator<Item = bool> {
    let stretch = |passage: &Passage| {
        passage.place.as_ref().map_or(passage.span.start..passage.span.end, |place| place.bytes.clone())
    };
    let mut stretches = passages.iter().map(stretch).peekable();
    let mut end = 0;
    starts.map(move |start| {
        while let Some(begun) = stretches.next_if(|stretch| stretch.start <= start) {
            end = end.max(begun.end);
        }
        start < end
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenmark::{Key, Position, Scores};

    #[test]
    fn places_are_widened_to_what_a_reader_takes_for_one_character() {
        let text = "ae\u{301}👩\u{200d}👧b";
        let at = |part: &str| text.find(part).expect("a part");
        assert_eq!(whole_graphemes(text, at("\u{301}")..at("👧")), 1..at("b"));
        assert_eq!(whole_graphemes(text, 0..1), 0..1);
        assert_eq!(whole_graphemes(text, 0..text.len()), 0..text.len());
        assert_eq!(whole_graphemes("", 0..0), 0..0);
    }

    #[test]
    fn what_begins_in_a_passage() {
        let scheme: Scheme = "gm1:gumbel,h=1".parse().expect("canonical");
        let span =
            Scores::new(scheme.family().null(), &[Position::Scored(20.0); 3]).expect("admitted").search().spans(1.0)[0];
        let passage = |range: Range<usize>| Passage {
            span,
            key_id: Key::from_bytes([1; 32]).id(),
            scheme,
            normalised: false,
            place: Some(Place { bytes: range.clone(), characters: range }),
        };
        let passages = [passage(2..4), passage(3..3), passage(3..6), passage(8..9)];
        let found: Vec<bool> = within(&passages, 0..10).collect();
        assert_eq!(found, [0, 0, 1, 1, 1, 1, 0, 0, 1, 0].map(|yes| yes == 1));
    }
}
