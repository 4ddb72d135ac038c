//! Units of a text that are rewritten one at a time.

use std::ops::Range;

use super::Unit;
use crate::sentences::sentences;

/// Returns the places of the units of a text, without the white space around them. A unit holds a
/// letter or a digit.
pub(crate) fn units(text: &str, unit: Unit) -> Vec<Range<usize>> {
    let pieces: Vec<(usize, &str)> = match unit {
        Unit::Sentence => sentences(text),
        Unit::Paragraph => paragraphs(text),
        Unit::Text => vec![(0, text)],
    };
    let trimmed = pieces.into_iter().map(|(at, piece)| {
        let begin = at + piece.len() - piece.trim_start().len();
        begin..begin + piece.trim().len()
    });
    trimmed.filter(|unit| text[unit.clone()].contains(char::is_alphanumeric)).collect()
}

/// Lines that are not blank, together as they stand together.
fn paragraphs(text: &str) -> Vec<(usize, &str)> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    let mut is_open = false;
    for line in text.split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        match found.last_mut().filter(|_| is_open) {
            Some(paragraph) if !is_blank => paragraph.end = at + line.len(),
            None if !is_blank => found.push(at..at + line.len()),
            _ => {}
        }
        is_open = !is_blank;
        at += line.len();
    }
    found.into_iter().map(|paragraph| (paragraph.start, &text[paragraph])).collect()
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
