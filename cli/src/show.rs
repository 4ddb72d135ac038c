//! A text with its colours: which stretch of characters each position stands for, and how a terminal shows it.

use std::{fmt::Write, ops::Range};

use anstyle::{AnsiColor, Effects, Style};
use greenmark::{Colour, Position};

/// A stretch of a text and what the detector says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    pub(crate) position: Position,
}

/// Cuts a text where its tokens end. Characters that no token covers go with the token before; tokens that share a
/// character show it once, with the first of them.
pub(crate) fn pieces<'a>(text: &'a str, ranges: &[Range<usize>], positions: &[Position]) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = Vec::with_capacity(positions.len());
    let mut from = 0;
    for (i, &position) in positions.iter().enumerate() {
        let to = ranges.get(i + 1).map_or(text.len(), |next| next.start.max(from));
        if to > from {
            pieces.push(Piece { text: &text[from..to], position });
            from = to;
        }
    }
    pieces
}

/// How a kind of position looks.
fn style(position: Position) -> Style {
    let colour = |colour: Colour| if colour.is_green() { AnsiColor::Green } else { AnsiColor::Red };
    match position {
        Position::Unscored => Style::new().effects(Effects::DIMMED),
        Position::Repeated(c) => colour(c).on_default().effects(Effects::DIMMED),
        Position::Scored(Colour::Green) => AnsiColor::Black.on(AnsiColor::Green),
        Position::Scored(Colour::Red) => AnsiColor::Red.on_default(),
    }
}

/// The text for a terminal; without colour, green tokens stand in brackets.
pub(crate) fn coloured(pieces: &[Piece<'_>], has_colour: bool) -> String {
    let mut out = String::new();
    for piece in pieces {
        let style = style(piece.position);
        // A background must not run to the edge of the screen: line breaks stay outside.
        // Nor may a text speak to the terminal itself.
        let text = piece.text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "\u{fffd}");
        for (i, line) in text.split('\n').enumerate() {
            if i > 0 {
                out.push('\n');
            }
            let _ = match (line.is_empty(), has_colour, piece.position) {
                (true, ..) => Ok(()),
                (_, true, _) => write!(out, "{style}{line}{style:#}"),
                (_, false, Position::Scored(Colour::Green)) => write!(out, "[{line}]"),
                (_, false, _) => write!(out, "{line}"),
            };
        }
    }
    out
}

/// What the colours mean.
pub(crate) fn legend(has_colour: bool) -> String {
    if !has_colour {
        return "  [green, counted]  all else: red, repeated or without context\n".to_owned();
    }
    let entry = |name: &str, position| format!("{0}{name}{0:#}", style(position));
    format!(
        "  {}  {}  {}  {}\n",
        entry("green", Position::Scored(Colour::Green)),
        entry("red", Position::Scored(Colour::Red)),
        entry("repeated, not counted again", Position::Repeated(Colour::Green)),
        entry("without context", Position::Unscored),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_text() {
        let text = "añ😀b ";
        // Three tokens share the emoji; the last space belongs to none.
        let ranges = [0..1, 1..3, 3..7, 3..7, 3..7, 7..8];
        let positions = [Position::Scored(Colour::Green); 6];
        let pieces = pieces(text, &ranges, &positions);
        assert_eq!(pieces.iter().map(|p| p.text).collect::<String>(), text);
        assert_eq!(pieces.len(), 4);
    }

    #[test]
    fn without_colour_green_stands_in_brackets() {
        let piece = |text, position| Piece { text, position };
        let pieces = [piece("a", Position::Scored(Colour::Green)), piece(" b\n", Position::Scored(Colour::Red))];
        assert_eq!(coloured(&pieces, false), "[a] b\n");
    }
}
