//! Character encodings of plain text.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::DocumentError;

/// Returns a text and the name of its encoding: by its byte-order mark, as UTF-8 if it is that, else by
/// the frequencies of its bytes (Windows-1252 for most Western text). The mark is no part of the text.
///
/// # Errors
/// [`DocumentError::Binary`] if it holds bytes that no text has, such as NUL.
pub fn decode(bytes: &[u8]) -> Result<(String, &'static str), DocumentError> {
    decode_as(bytes, None)
}

/// The same of bytes that claim to be in an encoding, which is believed if they are possible there.
pub(crate) fn decode_as(bytes: &[u8], claimed: Option<&[u8]>) -> Result<(String, &'static str), DocumentError> {
    let marked = Encoding::for_bom(bytes);
    let rest = &bytes[marked.map_or(0, |(_, length)| length)..];
    if let Some((encoding, _)) = marked {
        return strict(rest, encoding).ok_or(DocumentError::Binary);
    }
    // What is UTF-8 is so by no accident, and may hold a control character or two, as a model's or a
    // terminal's text does.
    if let Ok(text) = std::str::from_utf8(rest)
        && controls(text) * 100 <= text.len()
        && !text.contains('\0')
    {
        return Ok((text.to_owned(), UTF_8.name()));
    }
    let wide = wide(rest);
    if wide.is_none() && rest.contains(&0) {
        return Err(DocumentError::Binary);
    }
    let claimed = claimed.and_then(Encoding::for_label).filter(|encoding| *encoding != UTF_8);
    if let Some(text) = wide.or(claimed).and_then(|encoding| strict(rest, encoding)) {
        return Ok(text);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(rest, true);
    strict(rest, detector.guess(None, Utf8Detection::Allow)).ok_or(DocumentError::Binary)
}

/// Returns UTF-16 without a byte-order mark if every second byte of the beginning is zero, as in
/// Western text.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs = bytes[..bytes.len().min(512)].as_chunks::<2>().0;
    if pairs.is_empty() || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    match (zeros(0) * 10 > pairs.len() * 7, zeros(1) * 10 > pairs.len() * 7) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// Returns the text if the encoding has no fault in it and nothing that no text has.
fn strict(bytes: &[u8], encoding: &'static Encoding) -> Option<(String, &'static str)> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    (controls(&text) == 0).then(|| (text.into_owned(), encoding.name()))
}

/// Returns the number of control characters, but for those that part lines and words.
fn controls(text: &str) -> usize {
    let is_space = |c| matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}');
    text.chars().filter(|&c| c.is_control() && !is_space(c)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told() {
        let text = "“Café,” she said — naïve?\nStraße, 5 €";
        let utf16 = |big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let with = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        for (bytes, name) in [
            (text.as_bytes().to_vec(), "UTF-8"),
            (with(b"\xef\xbb\xbf", text.as_bytes().to_vec()), "UTF-8"),
            (with(b"\xff\xfe", utf16(false)), "UTF-16LE"),
            (with(b"\xfe\xff", utf16(true)), "UTF-16BE"),
            (utf16(false), "UTF-16LE"),
            (utf16(true), "UTF-16BE"),
            (encoding_rs::WINDOWS_1252.encode(text).0.into_owned(), "windows-1252"),
        ] {
            assert_eq!(decode(&bytes), Ok((text.to_owned(), name)), "{name}");
        }
        assert_eq!(decode(b""), Ok((String::new(), "UTF-8")));
        let said = format!("\x1b[1mA line\x1b[0m of a log, {}", "and words ".repeat(40));
        assert_eq!(decode(said.as_bytes()), Ok((said.clone(), "UTF-8")));
        for binary in [&b"\x01\x02ab"[..], &b"\x7fELF\x02\x01\x01\0\0\0"[..], b"a\0b", b"\x00", b"\xff\xfe\x00"] {
            assert_eq!(decode(binary), Err(DocumentError::Binary), "{binary:?}");
        }
    }

    #[test]
    fn latin_1_is_read_as_windows_1252_which_contains_it() {
        let bytes = b"Le caf\xe9 du coin, o\xf9 l'on va le matin, est d\xe9j\xe0 ouvert.";
        let (text, name) = decode(bytes).expect("text");
        assert_eq!((text.as_str(), name), ("Le café du coin, où l'on va le matin, est déjà ouvert.", "windows-1252"));
    }
}
