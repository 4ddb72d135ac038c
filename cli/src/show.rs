//! A text with its colours: which stretch of characters each position stands for, and how a
//! terminal shows it.

use std::{fmt::Write, ops::Range};

use anstyle::{AnsiColor, Effects, Style};
use greenmark::Family;
use greenmark_text::{Passage, Shade, within};

/// A stretch of a text and what the detector says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    pub(crate) look: Shade,
    /// True if it stands in a marked passage.
    pub(crate) within: bool,
}

/// Cuts a text where its tokens end. Characters that no token covers go with the token before;
/// tokens that share a character show it once, with the first of them.
pub(crate) fn pieces<'a>(text: &'a str, ranges: &[Range<usize>], looks: &[Shade]) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = Vec::with_capacity(looks.len());
    let mut from = 0;
    for (i, &look) in looks.iter().enumerate() {
        let to = ranges.get(i + 1).map_or(text.len(), |next| next.start.max(from));
        if to > from {
            pieces.push(Piece { text: &text[from..to], look, within: false });
            from = to;
        }
    }
    pieces
}

/// Notes which pieces stand in a passage.
///
/// - `are_tokens`: whether each piece is a token of its own, as where ids were given; else they are
///   the text, in order.
pub(crate) fn note_passages(pieces: &mut [Piece<'_>], passages: &[Passage], are_tokens: bool) {
    let mut at = 0;
    let lengths: Vec<usize> = pieces.iter().map(|piece| if are_tokens { 1 } else { piece.text.len() }).collect();
    let starts = lengths.into_iter().map(|length| {
        at += length;
        at - length
    });
    for (piece, within) in pieces.iter_mut().zip(within(passages, starts)) {
        piece.within = within;
    }
}

fn style(look: Shade) -> Style {
    match look {
        Shade::Favoured => AnsiColor::Black.on(AnsiColor::Green),
        Shade::Plain => AnsiColor::Red.on_default(),
        Shade::Repeated => Style::new().effects(Effects::DIMMED | Effects::ITALIC),
        Shade::Unscored => Style::new().effects(Effects::DIMMED),
    }
}

/// Returns the text for a terminal; without colour, favoured tokens stand in brackets and passages
/// between guillemets.
pub(crate) fn coloured(pieces: &[Piece<'_>], has_colour: bool) -> String {
    let mut out = String::new();
    let mut within = false;
    for piece in pieces {
        if piece.within != within && !has_colour {
            out.push(if within { '»' } else { '«' });
        }
        within = piece.within;
        let style = if piece.within { style(piece.look).underline() } else { style(piece.look) };
        // A background must not run to the edge of the screen: line breaks stay outside.
        // Nor may a text speak to the terminal itself.
        let text = piece.text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "\u{fffd}");
        for (i, line) in text.split('\n').enumerate() {
            if i > 0 {
                out.push('\n');
            }
            let _ = match (line.is_empty(), has_colour, piece.look) {
                (true, ..) => Ok(()),
                (_, true, _) => write!(out, "{style}{line}{style:#}"),
                (_, false, Shade::Favoured) => write!(out, "[{line}]"),
                (_, false, _) => write!(out, "{line}"),
            };
        }
    }
    if within && !has_colour {
        out.push('»');
    }
    out
}

/// Returns the legend of the colours.
///
/// - `families`: of the schemes that were asked about.
/// - `has_passages`: whether passages are shown.
pub(crate) fn legend(families: &[Family], has_passages: bool, has_colour: bool) -> String {
    let is_green = |family: &Family| matches!(family, Family::Green { .. });
    let (favoured, plain) = match (families.iter().any(is_green), families.iter().all(is_green)) {
        (true, true) => ("green", "red"),
        (true, false) => ("green or high score", "red or low score"),
        (false, _) => ("high score", "low score"),
    };
    if !has_colour {
        let passages = if has_passages { "  «marked passage»" } else { "" };
        return format!("  [{favoured}, counted]{passages}  all else: {plain}, repeated or without context\n");
    }
    let entry = |name: &str, look| format!("{0}{name}{0:#}", style(look));
    let underlined = Style::new().underline();
    let passages = if has_passages { format!("  {underlined}marked passage{underlined:#}") } else { String::new() };
    format!(
        "  {}  {}  {}  {}{passages}\n",
        entry(favoured, Shade::Favoured),
        entry(plain, Shade::Plain),
        entry("repeated, not counted again", Shade::Repeated),
        entry("without context", Shade::Unscored),
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
        let pieces = pieces(text, &ranges, &[Shade::Favoured; 6]);
        assert_eq!(pieces.iter().map(|p| p.text).collect::<String>(), text);
        assert_eq!(pieces.len(), 4);
    }

    #[test]
    fn without_colour_favoured_tokens_stand_in_brackets() {
        let piece = |text, look| Piece { text, look, within: false };
        let pieces = [piece("a", Shade::Favoured), piece(" b\n", Shade::Plain)];
        assert_eq!(coloured(&pieces, false), "[a] b\n");
        let within = |text, look| Piece { text, look, within: true };
        let pieces = [piece("a", Shade::Plain), within("b", Shade::Favoured), within("c", Shade::Plain)];
        assert_eq!(coloured(&pieces, false), "a«[b]c»");
    }
}
