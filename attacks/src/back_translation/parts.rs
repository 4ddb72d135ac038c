//! Parts of a sentence: those for a rule-based translator, and those that stay as they are.

use std::ops::Range;

use crate::links::links;

/// Characters of the longest word that is translated. Apertium's `lt-proc` and `lrx-proc` need time
/// that grows with the square of a word's length: together 0.7 s for 30,000 letters and 12 s for
/// 120,000 (processor time from English, lttoolbox as Apertium 3.8.3 has it).
pub(super) const LONGEST_WORD: usize = 1000;

/// Signs that Apertium swallows whether they are escaped or not: a zero byte ends a sentence in its
/// stream, U+FFFF is its end of file, and `~` says where letters of two words join.
const SWALLOWED: [char; 3] = ['\0', '\u{ffff}', '~'];

/// Returns the parts of a text that stay, in order and apart: links, words that are too long, and
/// signs that would be lost.
pub(super) fn kept(text: &str) -> Vec<Range<usize>> {
    let mut kept = links(text);
    kept.extend(text.match_indices(SWALLOWED).map(|(at, sign)| at..at + sign.len()));
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        // A byte is no more than a character.
        if word.len() > LONGEST_WORD && word.trim_end().chars().count() > LONGEST_WORD {
            kept.push(at..at + word.trim_end().len());
        }
        at += word.len();
    }
    kept.sort_by_key(|range| range.start);
    // One may stand within another.
    kept.dedup_by(|next, before| {
        let meets = next.start < before.end;
        if meets {
            before.end = before.end.max(next.end);
        }
        meets
    });
    kept
}

/// Returns the parts of a sentence between what is kept, without the white space around them. What
/// holds no letter or digit is none.
pub(super) fn parts(text: &str, sentence: Range<usize>, kept: &[Range<usize>]) -> Vec<Range<usize>> {
    let first = kept.partition_point(|kept| kept.end <= sentence.start);
    let within = kept[first..].iter().take_while(|kept| kept.start < sentence.end);
    let ends = within.clone().map(|kept| kept.start).chain([sentence.end]);
    let begins = [sentence.start].into_iter().chain(within.map(|kept| kept.end));
    let parts = begins.zip(ends).filter(|(begin, end)| begin < end).map(|(begin, end)| {
        let part = &text[begin..end];
        let begin = end - part.trim_start().len();
        begin..begin + part.trim().len()
    });
    parts.filter(|part| text[part.clone()].contains(char::is_alphanumeric)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        parts(text, 0..text.len(), &kept(text)).into_iter().map(|part| &text[part]).collect()
    }

    #[test]
    fn a_sentence_without_anything_to_keep_is_one_part() {
        assert_eq!(found("A sentence^, [as] it is."), ["A sentence^, [as] it is."]);
        assert!(found("").is_empty() && found("…").is_empty());
    }

    #[test]
    fn links_long_words_and_lost_signs_part_a_sentence() {
        assert_eq!(
            found("See http://x.org/~jo/a, it~s\0old, or ask jo@x.org now\u{ffff}."),
            ["See", ", it", "s", "old, or ask", "now"]
        );
        let (long, longest) = ("é".repeat(LONGEST_WORD + 1), "é".repeat(LONGEST_WORD));
        assert_eq!(found(&format!("A {long} and {longest}\tb ~{long}")), ["A", &*format!("and {longest}\tb")]);
        assert!(found(&long).is_empty() && found("http://x.org/ ~\0").is_empty());
    }

    #[test]
    fn a_link_may_go_beyond_a_sentence() {
        let text = "See http://x.org/?B=c now. Go.";
        // UAX #29 ends a sentence after the question mark.
        let kept = kept(text);
        let found = [0..18, 18..26, 27..30].map(|sentence| {
            let parts = parts(text, sentence, &kept).into_iter();
            parts.map(|part| &text[part]).collect::<Vec<_>>()
        });
        assert_eq!(found, [["See"], ["now."], ["Go."]]);
    }
}
