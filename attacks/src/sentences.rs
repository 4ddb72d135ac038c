//! The sentences of a text.

use unicode_segmentation::UnicodeSegmentation;

use super::links::links;

/// Sentences as UAX #29 has them, each with where it begins; together they are the text. No
/// sentence ends within a link, as it would after the question mark of an address.
pub(super) fn sentences(text: &str) -> Vec<(usize, &str)> {
    let mut links = links(text).into_iter().peekable();
    let mut is_within = |at: usize| {
        while links.next_if(|link| link.end <= at).is_some() {}
        links.peek().is_some_and(|link| link.start < at)
    };
    let starts = text.split_sentence_bound_indices().map(|(at, _)| at);
    let starts: Vec<usize> = starts.filter(|&at| !is_within(at)).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(&start, end)| (start, &text[start..end])).collect()
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
