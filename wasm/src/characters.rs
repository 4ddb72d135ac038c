//! Strings, which are UTF-16 in JavaScript and UTF-8 here.

use std::ops::Range;

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::convert::Fallible;

/// Length of the longest text that is examined in one piece, in bytes of UTF-8. A longer one would
/// not fit a 32-bit memory.
pub(crate) const LONGEST: usize = 32 << 20;

/// Returns the text of a string.
///
/// # Errors
/// If it is too long, or holds half a surrogate pair, which is not a character and would silently
/// be scored as another one.
pub(crate) fn text(string: &JsString) -> Fallible<String> {
    if !string.is_string() {
        return Err(JsError::new("text: a string is needed"));
    }
    // A code unit takes at least one byte.
    if string.length() as usize > LONGEST {
        return Err(too_long(string.length() as usize));
    }
    let text = String::from(string);
    if text.len() > LONGEST {
        return Err(too_long(text.len()));
    }
    // The conversion replaces a lone surrogate with U+FFFD.
    let mut place = Utf16::new(&text);
    for (at, _) in text.match_indices('\u{fffd}') {
        let unit = place.of_byte(at);
        if string.char_code_at(unit) != f64::from(0xfffd) {
            return Err(JsError::new(&format!(
                "not Unicode text: half a surrogate pair at UTF-16 offset {unit} (a broken emoji, most often)"
            )));
        }
    }
    Ok(text)
}

fn too_long(length: usize) -> JsError {
    JsError::new(&format!(
        "the text has {length} bytes or more; at most {LONGEST} are examined in one piece, a StreamDetector takes more"
    ))
}

/// A counter of UTF-16 code units, which moves forwards or back from its last offset.
pub(crate) struct Utf16<'t> {
    text: &'t str,
    byte: usize,
    unit: u32,
}

impl<'t> Utf16<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, byte: 0, unit: 0 }
    }

    /// Returns the offset in code units of a byte that begins a character, or of the text's end.
    pub(crate) fn of_byte(&mut self, byte: usize) -> u32 {
        let units = |part: &str| part.chars().map(|c| c.len_utf16() as u32).sum::<u32>();
        if byte >= self.byte {
            self.unit += units(&self.text[self.byte..byte]);
        } else {
            self.unit -= units(&self.text[byte..self.byte]);
        }
        self.byte = byte;
        self.unit
    }
}

/// Returns the starts and ends of ranges of bytes, in UTF-16 code units.
pub(crate) fn utf16_ranges(text: &str, ranges: &[Range<usize>]) -> (Vec<u32>, Vec<u32>) {
    let (mut start, mut end) = (Utf16::new(text), Utf16::new(text));
    ranges.iter().map(|range| (start.of_byte(range.start), end.of_byte(range.end))).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_javascript_s() {
        let text = "añ😀b";
        let mut place = Utf16::new(text);
        let found: Vec<u32> = [0, 1, 3, 7, 8, 3, 0, 8].map(|byte| place.of_byte(byte)).into();
        assert_eq!(found, [0, 1, 2, 4, 5, 2, 0, 5]);
    }
}
