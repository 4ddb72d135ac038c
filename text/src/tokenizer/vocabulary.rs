//! Strings by token id, in one piece of memory.

use crate::TokenId;

/// Byte strings by token id. Ids may be missing.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    bytes: Vec<u8>,
    /// Start and length in `bytes`, by id.
    places: Vec<Option<(u32, u32)>>,
}

/// A token id past this is a damaged file, not a vocabulary: the largest in use are below 2^19.
const LARGEST_ID: TokenId = 1 << 24;

impl Vocabulary {
    /// Adds a token.
    ///
    /// # Errors
    /// A message if the id is taken or out of range.
    pub(crate) fn insert(&mut self, id: TokenId, bytes: &[u8]) -> Result<(), String> {
        if id > LARGEST_ID {
            return Err(format!("token id {id} is out of range"));
        }
        let index = id as usize;
        if index >= self.places.len() {
            self.places.resize(index + 1, None);
        }
        if self.places[index].is_some() {
            return Err(format!(
                "token id {id} is both {:?} and {:?}",
                String::from_utf8_lossy(self.bytes(id)),
                String::from_utf8_lossy(bytes)
            ));
        }
        self.places[index] = Some((self.bytes.len() as u32, bytes.len() as u32));
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Returns one above the largest id.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns the bytes of a token, empty if there is none.
    pub(crate) fn bytes(&self, id: TokenId) -> &[u8] {
        match self.places.get(id as usize) {
            Some(&Some((start, length))) => &self.bytes[start as usize..][..length as usize],
            _ => &[],
        }
    }

    /// Returns the token as text; `None` if there is none or it is not UTF-8.
    pub(crate) fn get(&self, id: TokenId) -> Option<&str> {
        self.places.get(id as usize)?.as_ref()?;
        std::str::from_utf8(self.bytes(id)).ok()
    }

    /// Iterates over the tokens that are UTF-8, by ascending id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TokenId, &str)> {
        (0..self.places.len() as TokenId).filter_map(|id| self.get(id).map(|name| (id, name)))
    }
}

/// Returns the byte that a character of a byte-level vocabulary stands for.
///
/// GPT-2's map: printable ASCII and Latin-1 stand for themselves, the other 68 bytes, in order, for
/// U+0100 and up.
fn byte_of(c: char) -> Option<u8> {
    match c as u32 {
        c @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => Some(c as u8),
        c @ 0x100..=0x120 => Some((c - 0x100) as u8),
        c @ 0x121..=0x142 => Some((c - 0x121 + 0x7F) as u8),
        0x143 => Some(0xAD),
        _ => None,
    }
}

/// Returns the 256 characters that stand for bytes in a byte-level vocabulary.
pub(crate) fn byte_alphabet() -> impl Iterator<Item = char> {
    ('!'..='\u{143}').filter(|&c| byte_of(c).is_some())
}

/// Returns the bytes of a byte-level token. A character outside the alphabet stands for itself.
pub(crate) fn byte_level_bytes(token: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(token.len());
    for c in token.chars() {
        match byte_of(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// Returns the bytes of a token of a vocabulary that is not byte-level, as far as the token alone
/// shows them: `▁` is a space, `<0x0A>` a byte.
pub(crate) fn spoken_bytes(token: &str) -> Vec<u8> {
    if let Some(hex) = token.strip_prefix("<0x").and_then(|t| t.strip_suffix('>'))
        && hex.len() == 2
        && let Ok(byte) = u8::from_str_radix(hex, 16)
    {
        return vec![byte];
    }
    token.replace('▁', " ").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_byte_alphabet_is_a_bijection() {
        let mut seen = [false; 256];
        for c in (0..0x2000).filter_map(char::from_u32) {
            if let Some(byte) = byte_of(c) {
                assert!(!std::mem::replace(&mut seen[byte as usize], true), "{byte} twice");
            }
        }
        assert!(seen.iter().all(|&s| s));
        assert_eq!(byte_alphabet().count(), 256);
        assert_eq!(byte_level_bytes("Ġthe"), b" the");
        assert_eq!(byte_level_bytes("ĊĉÂł"), b"\n\t\xc2\xa0");
    }

    #[test]
    fn sentencepiece_tokens_are_spoken() {
        assert_eq!(spoken_bytes("▁the"), b" the");
        assert_eq!(spoken_bytes("<0x0A>"), b"\n");
        assert_eq!(spoken_bytes("<0x0AB>"), b"<0x0AB>");
    }

    #[test]
    fn ids_may_be_missing_but_not_twice() {
        let mut vocabulary = Vocabulary::default();
        vocabulary.insert(3, b"three").unwrap();
        vocabulary.insert(1, b"").unwrap();
        assert_eq!(vocabulary.len(), 4);
        assert_eq!(vocabulary.iter().collect::<Vec<_>>(), [(1, ""), (3, "three")]);
        assert_eq!(vocabulary.bytes(2), b"");
        assert_eq!(vocabulary.insert(3, b"x").unwrap_err(), "token id 3 is both \"three\" and \"x\"");
        assert!(vocabulary.insert(u32::MAX, b"x").is_err());
    }
}
