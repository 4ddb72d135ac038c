//! Green lists that were used lately, so that a frequent context costs no second keystream.
//! SPEC §8.1.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_chacha::rand_core::Rng;
use wide::u8x16;

use crate::{field::Field, scheme::Gamma, token::TokenId};

/// Words of a list that are made at once, from 4 kB of field bytes.
const CHUNK: usize = 128;
/// Tokens of one word of a list.
pub(crate) const WORD: usize = u32::BITS as usize;
/// Bytes of lists kept: 256 of them at V = 131,072.
const CAPACITY_BYTES: usize = 4 << 20;

/// The lists of one field and γ, shared by all texts of an embedder.
pub(crate) struct Lists {
    gamma: Gamma,
    /// Least recently used first. Few enough that a scan beats a map: comparing h ids is nothing
    /// beside biasing V logits.
    rows: Mutex<Vec<Row>>,
}

struct Row {
    context: Box<[TokenId]>,
    green: Arc<[u32]>,
}

impl Lists {
    pub(crate) fn new(gamma: Gamma) -> Self {
        Self { gamma, rows: Mutex::default() }
    }

    /// Returns the green tokens of a context as set bits: token v is bit v % 32 of word v / 32.
    ///
    /// Bits, not field bytes: they are an eighth of the memory, and a mask of four logits follows
    /// from one word faster than from four bytes.
    ///
    /// - returns: `[⌈vocab_size / 32⌉]`.
    pub(crate) fn green(&self, field: &Field, context: &[TokenId], vocab_size: usize) -> Arc<[u32]> {
        let words = vocab_size.div_ceil(WORD);
        let mut rows = self.lock();
        if let Some(at) = rows.iter().rposition(|row| *row.context == *context && row.green.len() == words) {
            rows[at..].rotate_left(1);
            return rows[rows.len() - 1].green.clone();
        }
        // Other texts needn't wait while this list is made.
        drop(rows);
        let green: Arc<[u32]> = self.list(field, context, words).into();
        let mut rows = self.lock();
        if (rows.len() + 1) * words * size_of::<u32>() > CAPACITY_BYTES && !rows.is_empty() {
            rows.remove(0);
        }
        rows.push(Row { context: context.into(), green: green.clone() });
        green
    }

    fn list(&self, field: &Field, context: &[TokenId], words: usize) -> Vec<u32> {
        let seed = field.seed(context);
        let mut stream = seed.stream(0);
        let mut bytes = [[0; WORD]; CHUNK];
        let mut green = Vec::with_capacity(words);
        while green.len() < words {
            let bytes = &mut bytes[..CHUNK.min(words - green.len())];
            stream.fill_bytes(bytes.as_flattened_mut());
            green.extend(bytes.iter().map(|bytes| bits_below(bytes, self.gamma.numerator())));
        }
        green
    }

    /// Locks the rows. No panic can have left them half made.
    fn lock(&self) -> MutexGuard<'_, Vec<Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns bits, of which bit i is set if byte i is below `numerator`, which is at least 1.
fn bits_below(bytes: &[u8; WORD], numerator: u8) -> u32 {
    let greatest = u8x16::splat(numerator - 1);
    let half = |bytes: [u8; WORD / 2]| {
        let bytes = u8x16::new(bytes);
        bytes.min(greatest).simd_eq(bytes).to_bitmask()
    };
    let [low, high] = bytes.as_chunks().0 else { unreachable!("two halves") };
    half(*low) | half(*high) << (WORD / 2)
}

impl fmt::Debug for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lists").field("rows", &self.lock().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_bytes_below() {
        let bytes: [u8; WORD] = core::array::from_fn(|i| (i * 37) as u8);
        for bytes in [bytes, [0; WORD], [255; WORD]] {
            for numerator in 1..=255 {
                let bits = bits_below(&bytes, numerator);
                for (i, &byte) in bytes.iter().enumerate() {
                    assert_eq!(bits >> i & 1 == 1, byte < numerator, "byte {byte}, numerator {numerator}");
                }
            }
        }
    }
}
