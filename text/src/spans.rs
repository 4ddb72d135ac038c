//! Places of spans in the text.

use std::{cell::OnceCell, collections::BTreeMap, ops::Range, sync::Arc};

use greenmark::{Examination, KeyId, Normalised, Scheme, Span, TokenId};
use unicode_segmentation::GraphemeCursor;

use crate::tokenizer::Tokenizer;

/// A text of characters, and its versions.
pub(crate) struct Characters<'a> {
    raw: &'a str,
    /// `None` if normalising changes nothing.
    normalised: Option<&'a Normalised<'a>>,
    tokenizers: &'a [Option<Arc<Tokenizer>>],
    /// The ids of the raw text as each tokenizer reads it, then of the normalised one.
    versions: &'a [Vec<TokenId>],
    /// The places of each version's tokens, once they are asked for.
    places: Vec<OnceCell<Vec<Range<usize>>>>,
}

impl<'a> Characters<'a> {
    /// - `versions`: the ids of the raw text as each tokenizer reads it, then of the normalised one.
    pub(crate) fn new(
        raw: &'a str,
        normalised: Option<&'a Normalised<'a>>,
        tokenizers: &'a [Option<Arc<Tokenizer>>],
        versions: &'a [Vec<TokenId>],
    ) -> Self {
        Self { raw, normalised, tokenizers, versions, places: vec![OnceCell::new(); versions.len()] }
    }

    fn is_normalised(&self, version: usize) -> bool {
        version >= self.tokenizers.len()
    }

    fn places(&self, version: usize) -> &[Range<usize>] {
        self.places[version].get_or_init(|| {
            let tokenizer = self.tokenizers[version % self.tokenizers.len()].as_ref().expect("it read the text");
            let text = self.normalised.filter(|_| self.is_normalised(version)).map_or(self.raw, Normalised::text);
            tokenizer.places(text, &self.versions[version])
        })
    }

    /// Returns the bytes of the raw text behind a span.
    fn bytes(&self, version: usize, span: Span) -> Range<usize> {
        let places = self.places(version);
        let bytes = places[span.start].start..places[span.end - 1].end;
        match self.normalised {
            Some(normalised) if self.is_normalised(version) => whole_graphemes(self.raw, normalised.raw_range(bytes)),
            _ => whole_graphemes(self.raw, bytes),
        }
    }
}

/// A marked span: whose mark it holds, and its place in the text.
#[derive(Debug, Clone)]
pub struct Passage {
    /// Its tokens and counts.
    pub span: Span,
    /// The id of the mark's key.
    pub key_id: KeyId,
    /// The mark's scheme.
    pub scheme: Scheme,
    /// The profile of the look that found it, if it has one.
    pub profile: Option<Arc<str>>,
    /// True if the span's tokens are those of the normalised text.
    pub normalised: bool,
    /// Its place in the text; `None` if ids were given.
    pub place: Option<Place>,
}

/// A stretch of the raw text, of whole grapheme clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Bytes of its UTF-8.
    pub bytes: Range<usize>,
    /// The same in Unicode code points.
    pub characters: Range<usize>,
}

/// Returns the passages of every significant look, in the order of the text. SPEC §10.2.
///
/// - `profile`: returns the profile of a look.
/// - `raws`: number of versions that are of the raw text.
/// - `place`: returns the place of a span of a version; code points are counted later.
pub(crate) fn passages(
    examination: &Examination,
    profile: impl Fn(usize) -> Option<Arc<str>>,
    raws: usize,
    place: impl Fn(usize, Span) -> Option<Place>,
) -> Vec<Passage> {
    let mut passages = Vec::new();
    // The best look comes first; the sort is stable, so it stays first among equal places.
    for hit in &examination.hits {
        let normalised = hit.version >= raws;
        for &span in &hit.spans {
            let place = place(hit.version, span);
            let (key_id, scheme, profile) = (hit.key_id, hit.scheme, profile(hit.look));
            passages.push(Passage { span, key_id, scheme, profile, normalised, place });
        }
    }
    passages.sort_by_key(|passage| (passage.place.as_ref().map(|place| place.bytes.start), passage.span.start));
    passages
}

/// Returns the passages in a text of characters.
pub(crate) fn passages_in(
    examination: &Examination,
    profile: impl Fn(usize) -> Option<Arc<str>>,
    text: &Characters<'_>,
) -> Vec<Passage> {
    let place = |version, span| Some(Place { bytes: text.bytes(version, span), characters: 0..0 });
    let mut passages = passages(examination, profile, text.tokenizers.len(), place);
    count_characters(text.raw, &mut passages);
    passages
}

/// Widens a range, on character boundaries, to whole grapheme clusters: a token may be a part of
/// what a reader takes for one character.
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

/// Fills in the code points of each place, in one walk over the text.
fn count_characters(text: &str, passages: &mut [Passage]) {
    let places = passages.iter().flat_map(|passage| &passage.place);
    let edges = places.flat_map(|place| [place.bytes.start, place.bytes.end]);
    let mut counts: BTreeMap<usize, usize> = edges.map(|edge| (edge, 0)).collect();
    let (mut at, mut characters) = (0, 0);
    for (&edge, count) in &mut counts {
        characters += text[at..edge].chars().count();
        (at, *count) = (edge, characters);
    }
    for place in passages.iter_mut().filter_map(|passage| passage.place.as_mut()) {
        place.characters = counts[&place.bytes.start]..counts[&place.bytes.end];
    }
}

/// Returns, for each start, true if it lies in a passage.
///
/// - `starts`: ascending; in bytes of the text, or in tokens if ids were given.
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
            profile: None,
            normalised: false,
            place: Some(Place { bytes: range.clone(), characters: range }),
        };
        let passages = [passage(2..4), passage(3..3), passage(3..6), passage(8..9)];
        let found: Vec<bool> = within(&passages, 0..10).collect();
        assert_eq!(found, [0, 0, 1, 1, 1, 1, 0, 0, 1, 0].map(|yes| yes == 1));
    }
}
