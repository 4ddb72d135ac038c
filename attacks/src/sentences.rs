//! The sentences and paragraphs of a text.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::links::meets_link;

/// Sentences as UAX #29 has them, each with where it begins; together they are the text. No
/// sentence ends within a link, as it would after the question mark of an address.
pub(super) fn sentences(text: &str) -> Vec<(usize, &str)> {
    let mut is_within_link = meets_link(text);
    let starts = text.split_sentence_bound_indices().map(|(at, _)| at);
    let starts: Vec<usize> = starts.filter(|&at| !is_within_link(at..at)).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(&start, end)| (start, &text[start..end])).collect()
}

/// Returns the places of the paragraphs of a text, which are runs of lines that are not blank.
pub(super) fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        match found.last_mut().filter(|paragraph| paragraph.end == at) {
            _ if line.trim().is_empty() => {}
            Some(paragraph) => paragraph.end = end,
            None => found.push(at..end),
        }
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sentence_ends_within_a_link() {
        let text = "See http://x.org/a?B=c!D for more. Or ask (me@x.org). Why? It is so.";
        let found: Vec<&str> = sentences(text).into_iter().map(|(_, sentence)| sentence).collect();
        assert_eq!(found, ["See http://x.org/a?B=c!D for more. ", "Or ask (me@x.org). ", "Why? ", "It is so."]);
        assert!(sentences("").is_empty());
        let without = "One. Two?\nThree… “Four.” 5.";
        assert_eq!(sentences(without), without.split_sentence_bound_indices().collect::<Vec<_>>());
    }
}
