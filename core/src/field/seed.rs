//! The pseudorandom byte and words of every (context, token), whatever they are used for. SPEC §5.

use core::fmt;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::prf::Prf;
use crate::{key::Key, scheme::ContextWidth, token::TokenId};

/// The field of one key and context width: context → [`Seed`] → a byte and two words per token.
#[derive(Clone)]
pub struct Field {
    /// HMAC under the field key.
    prf: Prf,
    width: ContextWidth,
}

impl Field {
    /// Makes the field of a key. SPEC §5.1.
    pub fn new(key: &Key, width: ContextWidth) -> Self {
        let field_key = key.mac(&[b"greenmark/v1/field", &[0x00], &[width.get() as u8]]);
        Self { prf: Prf::new(&field_key), width }
    }

    /// Returns the context width h that this field was made for.
    pub fn context_width(&self) -> ContextWidth {
        self.width
    }

    /// Returns the seed of a context: `[h]` ids, oldest first. SPEC §5.2.
    ///
    /// # Panics
    /// If `context` is not h ids long, for another length would be another field.
    pub fn seed(&self, context: &[TokenId]) -> Seed {
        assert_eq!(context.len(), self.width.get(), "a context has as many ids as the field is wide");
        let [seed] = self.seeds([context]);
        Seed(seed)
    }

    /// Returns the bytes of [`seed`](Self::seed) of several contexts, each `[h]`, faster than one
    /// by one.
    pub(crate) fn seeds<const N: usize>(&self, contexts: [&[TokenId]; N]) -> [[u8; 32]; N] {
        let mut messages = [[0u8; 4 * ContextWidth::MAX]; N];
        for (message, context) in messages.iter_mut().zip(contexts) {
            for (slot, id) in message.chunks_exact_mut(4).zip(context) {
                slot.copy_from_slice(&id.to_le_bytes());
            }
        }
        self.prf.macs(messages.each_ref().map(|message| &message[..4 * self.width.get()]))
    }

    /// Returns a secret number to salt hash tables with. Its message is longer than any context, so
    /// it isn't a seed.
    pub(crate) fn table_salt(&self) -> u64 {
        let tag = self.prf.mac(&[0; 4 * ContextWidth::MAX + 1]);
        u64::from_le_bytes(tag[..8].try_into().expect("eight of 32 bytes"))
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("width", &self.width).finish_non_exhaustive()
    }
}

/// One of a token's two words. SPEC §5.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subkey {
    /// W_1.
    First,
    /// W_2, of the dual form.
    Second,
}

impl Subkey {
    /// Returns the number of its keystream.
    pub(crate) fn stream(self) -> u32 {
        match self {
            Self::First => 1,
            Self::Second => 2,
        }
    }
}

/// 256 bits from which the numbers of all tokens in one context follow. As secret as they are.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Returns the byte of one token, by random access. SPEC §5.3.
    pub fn byte(&self, token: TokenId) -> u8 {
        let mut stream = self.stream(0);
        stream.set_word_pos(u128::from(token / 4));
        stream.next_u32().to_le_bytes()[(token % 4) as usize]
    }

    /// Fills in the bytes of tokens 0, 1, …, one linear keystream: `bytes` is `[V]`, any V.
    /// SPEC §5.3.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.stream(0).fill_bytes(bytes);
    }

    /// Returns a word of one token, by random access. SPEC §5.4.
    pub fn word(&self, subkey: Subkey, token: TokenId) -> u32 {
        let mut stream = self.words(subkey);
        stream.set_word_pos(u128::from(token));
        stream.next_u32()
    }

    /// Returns the words of tokens 0, 1, … as one linear keystream, four little-endian bytes each.
    /// SPEC §5.4.
    pub(crate) fn words(&self, subkey: Subkey) -> ChaCha8Rng {
        self.stream(subkey.stream())
    }

    /// Returns the 32 bytes themselves, to compare with test vectors.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// Returns a keystream from block 0, in the layout of SPEC §5.3. Number 0 holds the bytes of
    /// tokens 0, 1, …
    pub(crate) fn stream(&self, number: u32) -> ChaCha8Rng {
        let mut stream = ChaCha8Rng::from_seed(self.0);
        stream.set_stream(number.into());
        stream
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_is_the_byte_of_the_row() {
        let field = Field::new(&Key::from_bytes([3; 32]), ContextWidth::new(2).expect("in range"));
        let seed = field.seed(&[5, u32::MAX]);
        let mut row = [0; 1000];
        seed.fill(&mut row);
        for (token, &byte) in row.iter().enumerate() {
            assert_eq!(seed.byte(token as TokenId), byte, "token {token}");
        }
        for len in [0, 1, 63, 64, 65, 257] {
            let mut part = vec![0; len];
            seed.fill(&mut part);
            assert_eq!(part, row[..len]);
        }
    }

    #[test]
    fn words_are_those_of_the_row() {
        let field = Field::new(&Key::from_bytes([3; 32]), ContextWidth::new(2).expect("in range"));
        let seed = field.seed(&[5, u32::MAX]);
        for subkey in [Subkey::First, Subkey::Second] {
            let mut row = seed.words(subkey);
            for token in 0..100 {
                assert_eq!(seed.word(subkey, token), row.next_u32(), "token {token}");
            }
        }
        assert_ne!(seed.word(Subkey::First, 7), seed.word(Subkey::Second, 7));
    }

    #[test]
    fn contexts_and_widths_have_seeds_of_their_own() {
        let key = Key::from_bytes([3; 32]);
        let width = |h| ContextWidth::new(h).expect("in range");
        let two = Field::new(&key, width(2));
        assert_ne!(two.seed(&[1, 2]).0, two.seed(&[2, 1]).0);
        assert_ne!(Field::new(&key, width(1)).seed(&[0]).0, two.seed(&[0, 0]).0);
    }
}
