//! Units of a text that are rewritten one at a time.

use std::ops::Range;

use super::Unit;
use crate::sentences::{paragraphs, sentences};

/// Returns the places of the units of a text, without the white space around them. A unit holds a
/// letter or a digit.
pub(crate) fn units(text: &str, unit: Unit) -> Vec<Range<usize>> {
    let pieces: Vec<Range<usize>> = match unit {
        Unit::Sentence => sentences(text).into_iter().map(|(at, sentence)| at..at + sentence.len()).collect(),
        Unit::Paragraph => paragraphs(text),
        Unit::Text => std::iter::once(0..text.len()).collect(),
    };
    let trimmed = pieces.into_iter().map(|place| {
        let piece = &text[place.clone()];
        let begin = place.end - piece.trim_start().len();
        begin..begin + piece.trim().len()
    });
    trimmed.filter(|unit| text[unit.clone()].contains(char::is_alphanumeric)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, unit: Unit) -> Vec<&str> {
        units(text, unit).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_text_falls_into_units() {
        let text = "  One. Two?\nStill two.\n \n\n***\n\n\tThree: “four.” \n";
        assert_eq!(found(text, Unit::Sentence), ["One.", "Two?", "Still two.", "Three: “four.”"]);
        assert_eq!(found(text, Unit::Paragraph), ["One. Two?\nStill two.", "Three: “four.”"]);
        assert_eq!(found(text, Unit::Text), [text.trim()]);
        for unit in [Unit::Sentence, Unit::Paragraph, Unit::Text] {
            assert!(units("", unit).is_empty() && units(" \n\n", unit).is_empty() && units("…!", unit).is_empty());
        }
    }
}
