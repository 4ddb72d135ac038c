//! The secret key, its text form, its public id, its sub-keys, and sets of keys. SPEC §2.

use core::{array, fmt, hint::black_box, str::FromStr};
use std::collections::HashMap;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const PREFIX: &str = "gmk1";
const KEY_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;
const TEXT_BYTES: usize = PREFIX.len() + 2 * (KEY_BYTES + CHECKSUM_BYTES);
/// The longest label of a sub-key.
const LABEL_BYTES: usize = 255;

/// A 256-bit watermark key.
///
/// Anyone who has it can detect, remove and forge the mark, so it has no `Display`, a redacted
/// `Debug`, a comparison in constant time, and is erased when dropped. There is no default key:
/// draw 32 bytes from the system's generator, or parse the text form of a key that was drawn.
///
/// ```
/// use greenmark::Key;
/// let key = Key::from_bytes([7; 32]);
/// let again: Key = key.to_text().parse()?;
/// assert!(key == again);
/// assert_eq!(format!("{key:?}"), format!("Key(id {})", key.id()));
/// # Ok::<(), greenmark::KeyError>(())
/// ```
///
/// SPEC §2.1.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; KEY_BYTES]);

impl Key {
    /// Makes a key of 32 bytes drawn uniformly at random by a cryptographic generator.
    ///
    /// A passphrase isn't one: its guesses can be tried against marked text.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Parses the contents of a key file: the text form, and at most one line ending.
    ///
    /// # Errors
    /// As for parsing the text form, and [`KeyError::NotText`]. SPEC §2.3.
    pub fn parse_file(bytes: &[u8]) -> Result<Self, KeyError> {
        let text = core::str::from_utf8(bytes).map_err(|error| KeyError::NotText { position: error.valid_up_to() })?;
        text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line)).parse()
    }

    /// Returns the text form, erased when dropped. Write it to a file that only its owner can read.
    /// SPEC §2.2.
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

    /// Derives a key from this one, for a customer, a month or a model, so that it needs no
    /// storing.
    ///
    /// HMAC-SHA-256 under this key, so no key derived from it gives away this one or another.
    ///
    /// - `label`: 1 to 255 bytes. The same label always gives the same key.
    ///
    /// # Errors
    /// [`SubkeyError`] for a label of another length.
    ///
    /// ```
    /// use greenmark::Key;
    /// let master = Key::from_bytes([7; 32]);
    /// let may = master.subkey("2027-05")?;
    /// assert!(may != master && may == master.subkey("2027-05")?);
    /// # Ok::<(), greenmark::SubkeyError>(())
    /// ```
    ///
    /// SPEC §2.5.
    pub fn subkey(&self, label: &str) -> Result<Self, SubkeyError> {
        if !(1..=LABEL_BYTES).contains(&label.len()) {
            return Err(SubkeyError { found: label.len() });
        }
        Ok(Self(*self.mac(&[b"greenmark/v1/subkey", &[0x00], label.as_bytes()])))
    }

    /// Returns the public name of this key. SPEC §2.4.
    pub fn id(&self) -> KeyId {
        let tag = self.mac(&[b"greenmark/v1/key-id"]);
        KeyId(array::from_fn(|at| tag[at]))
    }

    /// Returns HMAC-SHA-256 under this key of the concatenated parts; every caller begins with its
    /// own label.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
        }
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    fn checksum(&self) -> [u8; CHECKSUM_BYTES] {
        let digest = Sha256::new().chain_update(b"greenmark/v1/key-checksum").chain_update(self.0).finalize();
        array::from_fn(|at| digest[at])
    }
}

/// Parses the text form: `gmk1`, 64 hexadecimal digits, 8 hexadecimal digits of checksum.
/// SPEC §2.2.
impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let digits = text.strip_prefix(PREFIX).ok_or(KeyError::Prefix)?.as_bytes();
        if text.len() != TEXT_BYTES {
            return Err(KeyError::Length { found: text.len() });
        }
        let mut bytes = Zeroizing::new([0u8; KEY_BYTES + CHECKSUM_BYTES]);
        parse_hex(digits, &mut *bytes).map_err(|at| KeyError::Character { position: PREFIX.len() + at })?;
        let mut key = Self([0; KEY_BYTES]);
        key.0.copy_from_slice(&bytes[..KEY_BYTES]);
        if key.checksum() != bytes[KEY_BYTES..] {
            return Err(KeyError::Checksum);
        }
        Ok(key)
    }
}

/// Compares in constant time.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        let difference = self.0.iter().zip(&other.0).fold(0, |difference, (a, b)| difference | (a ^ b));
        // Hidden from the optimiser, which could otherwise stop at the first difference.
        black_box(difference) == 0
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key(id {})", self.id())
    }
}

/// The public id of a key: 8 bytes, written as 16 lower-case hexadecimal digits. SPEC §2.4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let digits: &[u8; 16] = text.as_bytes().try_into().map_err(|_| KeyIdError)?;
        let mut id = [0; 8];
        parse_hex(digits, &mut id).map_err(|_| KeyIdError)?;
        Ok(Self(id))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Keys in the order in which they were added, each once, with their ids.
///
/// ```
/// use greenmark::{Key, KeySet};
/// let mut keys = KeySet::new();
/// assert!(keys.insert(Key::from_bytes([7; 32]))?);
/// assert!(!keys.insert(Key::from_bytes([7; 32]))?);
/// assert_eq!(keys.len(), 1);
/// # Ok::<(), greenmark::KeyIdClash>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<(KeyId, Key)>,
    index: HashMap<KeyId, usize>,
}

impl KeySet {
    /// Returns an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key, and returns true if it is new.
    ///
    /// # Errors
    /// [`KeyIdClash`] if another key in the set has the same id: evidence couldn't tell them apart.
    pub fn insert(&mut self, key: Key) -> Result<bool, KeyIdClash> {
        let id = key.id();
        if let Some(known) = self.get(id) {
            return if *known == key { Ok(false) } else { Err(KeyIdClash { id }) };
        }
        self.index.insert(id, self.keys.len());
        self.keys.push((id, key));
        Ok(true)
    }

    /// Returns the key that has this id.
    pub fn get(&self, id: KeyId) -> Option<&Key> {
        self.index.get(&id).map(|&at| &self.keys[at].1)
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns true if there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Iterates over the keys and their ids, in the order in which they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (KeyId, &Key)> {
        self.keys.iter().map(|(id, key)| (*id, key))
    }

    /// Iterates over the keys alone.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Key> {
        self.keys.iter().map(|(_, key)| key)
    }
}

/// Reason why a key text was refused. SPEC §2.2, in the order of its checks. Quotes no part of the
/// text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text does not begin with `gmk1`.
    #[error("a key begins with \"gmk1\", this text does not")]
    Prefix,
    /// The text is not 76 bytes long.
    #[error("a key is 76 characters long, this text has {found} bytes")]
    Length {
        /// Bytes found.
        found: usize,
    },
    /// A byte after the prefix is not a lower-case hexadecimal digit.
    #[error("character {} of the key is not a lower-case hexadecimal digit (0-9, a-f)", .position + 1)]
    Character {
        /// Byte offset into the text, from 0.
        position: usize,
    },
    /// The last eight digits are not the checksum of the others.
    #[error("the key's checksum does not match: a character was changed or lost")]
    Checksum,
    /// The bytes of a key file are not text.
    #[error("not text from byte {position} on, so it is no key file")]
    NotText {
        /// Byte offset into the file, from 0.
        position: usize,
    },
}

/// Reason why a label was refused: it is not 1 to 255 bytes long. SPEC §2.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the label of a sub-key is 1 to 255 bytes long, this one has {found}")]
pub struct SubkeyError {
    /// Bytes found.
    pub found: usize,
}

/// Reason why a key id was refused: it is not 16 lower-case hexadecimal digits. SPEC §2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a key id is 16 lower-case hexadecimal digits (0-9, a-f)")]
#[non_exhaustive]
pub struct KeyIdError;

/// Two different keys with one id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("another key has the same id, {id}")]
pub struct KeyIdClash {
    /// The id of both.
    pub id: KeyId,
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Parses lower-case hexadecimal digits into half as many bytes, which are 0 before.
///
/// # Errors
/// The index of the first other character.
fn parse_hex(digits: &[u8], bytes: &mut [u8]) -> Result<(), usize> {
    for (at, digit) in digits.iter().enumerate() {
        let nibble = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return Err(at),
        };
        bytes[at / 2] = bytes[at / 2] << 4 | nibble;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        let key = Key::from_bytes(core::array::from_fn(|i| i as u8));
        let text = key.to_text();
        assert_eq!(text.len(), TEXT_BYTES);
        assert_eq!(text.parse::<Key>().expect("own text").0, key.0);
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
            assert!(changed.parse::<Key>().is_err(), "character {i}");
        }
    }

    #[test]
    fn keys_are_equal_in_every_bit_or_not_at_all() {
        let key = Key::from_bytes([0x5a; 32]);
        assert!(key == key.clone());
        for bit in 0..256 {
            let mut bytes = [0x5a; 32];
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(key != Key::from_bytes(bytes), "bit {bit}");
        }
    }

    #[test]
    fn labels_are_1_to_255_bytes_and_have_keys_of_their_own() {
        let key = Key::from_bytes([7; 32]);
        for length in [0, 256] {
            assert_eq!(key.subkey(&"a".repeat(length)).expect_err("too short or too long").found, length);
        }
        let mut keys = KeySet::new();
        for label in ["a", "b", "a\0", "é", &"a".repeat(255)] {
            assert!(keys.insert(key.subkey(label).expect("1 to 255 bytes")).expect("other ids"), "{label}");
        }
        // HMAC-SHA-256 under 32 bytes of 7, by Python's hmac module.
        assert_eq!(
            *key.subkey("customer-42").expect("a label").to_text(),
            "gmk13ec16a5f98cf5b9e7e2f89fe19e9751890b3489851bdde124da918a2eed04f851b59f8fe"
        );
    }

    #[test]
    fn ids_round_trip_and_nothing_else_is_one() {
        let id = Key::from_bytes([7; 32]).id();
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "0123456789abcde", "0123456789ABCDEF", "0123456789abcdef0", "0123456789abcde\u{e9}"] {
            assert_eq!(text.parse::<KeyId>(), Err(KeyIdError), "{text}");
        }
    }

    #[test]
    fn a_set_keeps_each_key_once_and_in_order() {
        let mut keys = KeySet::new();
        for byte in [3, 1, 3, 2, 1] {
            keys.insert(Key::from_bytes([byte; 32])).expect("other ids");
        }
        let expected = [3, 1, 2].map(|byte| Key::from_bytes([byte; 32]));
        assert!(keys.keys().eq(&expected) && keys.len() == 3);
        for (at, (id, key)) in keys.iter().enumerate() {
            assert!(id == key.id() && keys.get(id) == Some(key) && keys.index[&id] == at);
        }
        // Two keys with one id cannot be found, so one is put in by hand.
        let id = Key::from_bytes([9; 32]).id();
        keys.index.insert(id, 0);
        assert_eq!(keys.insert(Key::from_bytes([9; 32])), Err(KeyIdClash { id }));
    }

    #[test]
    fn debug_and_errors_show_no_key_material() {
        let key = Key::from_bytes([0xab; 32]);
        assert!(!format!("{key:?}").contains("abab"));
        let upper = key.to_text().to_uppercase().replace("GMK1", "gmk1");
        let error = upper.parse::<Key>().expect_err("upper case");
        assert_eq!(error, KeyError::Character { position: 4 });
        assert!(!format!("{error} {error:?}").to_lowercase().contains("abab"));
    }
}
