//! The secret key, its text form and its public id. SPEC §2.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const PREFIX: &str = "gmk1";
const KEY_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;
const TEXT_BYTES: usize = PREFIX.len() + 2 * (KEY_BYTES + CHECKSUM_BYTES);

/// A 256-bit watermark key.
///
/// Whoever holds it can detect, strip and forge the mark, so it offers no `Display`, a redacted `Debug`, and is erased
/// when dropped. There is no default key: draw 32 random bytes, or [`parse`](Self::parse) a key text.
///
/// ```
/// use greenmark::Key;
/// let key = Key::from_bytes([7; 32]);
/// let again = Key::parse(&key.to_text())?;
/// assert_eq!(key.id(), again.id());
/// assert_eq!(format!("{key:?}"), format!("Key(id {})", key.id()));
/// # Ok::<(), greenmark::KeyError>(())
/// ```
///
/// SPEC §2.1.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; KEY_BYTES]);

impl Key {
    /// Takes 32 bytes drawn uniformly at random.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads the text form: `gmk1`, 64 hex digits, 8 hex digits of checksum.
    ///
    /// # Errors
    /// [`KeyError`] for any other spelling; it names the place and quotes nothing. SPEC §2.2.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let digits = text.strip_prefix(PREFIX).ok_or(KeyError::Prefix)?.as_bytes();
        if text.len() != TEXT_BYTES {
            return Err(KeyError::Length { found: text.len() });
        }
        let mut bytes = Zeroizing::new([0u8; KEY_BYTES + CHECKSUM_BYTES]);
        for (i, &digit) in digits.iter().enumerate() {
            let position = PREFIX.len() + i;
            let nibble = hex_value(digit).ok_or(KeyError::Character { position })?;
            bytes[i / 2] = bytes[i / 2] << 4 | nibble;
        }
        let mut key = Self([0; KEY_BYTES]);
        key.0.copy_from_slice(&bytes[..KEY_BYTES]);
        if key.checksum() != bytes[KEY_BYTES..] {
            return Err(KeyError::Checksum);
        }
        Ok(key)
    }

    /// Reads what a key file holds: the text form, and at most one line ending.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse), and [`KeyError::NotText`]. SPEC §2.3.
    pub fn parse_file(bytes: &[u8]) -> Result<Self, KeyError> {
        let text = core::str::from_utf8(bytes).map_err(|error| KeyError::NotText { position: error.valid_up_to() })?;
        Self::parse(text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line)))
    }

    /// The text form, erased when dropped. Write it to a file readable by its owner alone. SPEC §2.2.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Room for all of it at once: a string that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(TEXT_BYTES));
        text.push_str(PREFIX);
        for byte in self.0.iter().chain(&self.checksum()) {
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
        text
    }

    /// The public name of this key. SPEC §2.4.
    pub fn id(&self) -> KeyId {
        let tag = self.mac(&[b"greenmark/v1/key-id"]);
        let mut id = [0; 8];
        id.copy_from_slice(&tag[..8]);
        KeyId(id)
    }

    /// Whether two keys are the same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// A secret number to salt hash tables with, where a text is read for several fields.
    pub(crate) fn table_salt(&self) -> u64 {
        let tag = self.mac(&[b"greenmark/v1/table-salt"]);
        u64::from_le_bytes(tag[..8].try_into().expect("eight of 32 bytes"))
    }

    /// HMAC-SHA-256 under this key of the concatenated parts; every caller begins with its own label.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
        }
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    fn checksum(&self) -> [u8; CHECKSUM_BYTES] {
        let digest = Sha256::new().chain_update(b"greenmark/v1/key-checksum").chain_update(self.0).finalize();
        let mut checksum = [0; CHECKSUM_BYTES];
        checksum.copy_from_slice(&digest[..CHECKSUM_BYTES]);
        checksum
    }
}

/// Why a key text was refused. SPEC §2.2, in the order of its checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text does not begin with `gmk1`.
    Prefix,
    /// The text is not 76 bytes long.
    Length {
        /// Bytes found.
        found: usize,
    },
    /// A byte after the prefix is not a lower-case hexadecimal digit.
    Character {
        /// Byte offset into the text, from 0.
        position: usize,
    },
    /// The last eight digits are not the checksum of the others.
    Checksum,
    /// A key file's bytes are no text.
    NotText {
        /// Byte offset into the file, from 0.
        position: usize,
    },
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix => write!(f, "a key begins with \"gmk1\", this text does not"),
            Self::Length { found } => write!(f, "a key is 76 characters long, this text has {found} bytes"),
            Self::Character { position } => {
                write!(f, "character {} of the key is not a lower-case hexadecimal digit (0-9, a-f)", position + 1)
            }
            Self::Checksum => write!(f, "the key's checksum does not match: a character was changed or lost"),
            Self::NotText { position } => write!(f, "not text from byte {position} on, so it is no key file"),
        }
    }
}

impl std::error::Error for KeyError {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key(id {})", self.id())
    }
}

/// The public id of a key: 8 bytes, shown as 16 hexadecimal digits. SPEC §2.4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        let key = Key::from_bytes(core::array::from_fn(|i| i as u8));
        let text = key.to_text();
        assert_eq!(text.len(), TEXT_BYTES);
        assert_eq!(Key::parse(&text).expect("own text").0, key.0);
    }

    #[test]
    fn a_key_file_ends_at_most_one_line() {
        let text = Key::from_bytes([7; 32]).to_text();
        for ending in ["", "\n", "\r\n"] {
            assert!(Key::parse_file(format!("{}{ending}", *text).as_bytes()).is_ok());
        }
        for ending in ["\n\n", "\r", " \n"] {
            assert!(Key::parse_file(format!("{}{ending}", *text).as_bytes()).is_err());
        }
        assert_eq!(Key::parse_file(b"gmk1\xff").expect_err("no text"), KeyError::NotText { position: 4 });
    }

    #[test]
    fn any_changed_character_is_refused() {
        let text = Key::from_bytes([0x5a; 32]).to_text();
        for i in 0..text.len() {
            let mut changed = text.as_bytes().to_vec();
            changed[i] = if changed[i] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(Key::parse(&changed).is_err(), "character {i}");
        }
    }

    #[test]
    fn debug_and_errors_show_no_key_material() {
        let key = Key::from_bytes([0xab; 32]);
        assert!(!format!("{key:?}").contains("abab"));
        let error = Key::parse(&key.to_text().to_uppercase().replace("GMK1", "gmk1")).expect_err("upper case");
        assert_eq!(error, KeyError::Character { position: 4 });
        assert!(!format!("{error} {error:?}").to_lowercase().contains("abab"));
    }
}
