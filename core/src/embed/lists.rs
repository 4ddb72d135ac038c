//! Green lists that were used lately, so that a frequent context costs no second keystream.

use core::fmt;

use wide::u8x16;

use crate::{field::Field, scheme::Gamma, token::TokenId};

/// Tokens of one word of a list.
pub(crate) const WORD: usize = u32::BITS as usize;
/// Bytes of lists kept: 256 of them at V = 131,072.
const CAPACITY_BYTES: usize = 4 << 20;

/// The lists of one field and γ, least recently used first.
#[derive(Clone)]
pub(crate) struct Lists {
    gamma: Gamma,
    /// Few enough that a scan beats a map: comparing h ids is nothing beside biasing V logits.
    rows: Vec<Row>,
    /// Room for the field bytes of one row.
    bytes: Vec<u8>,
}

#[derive(Clone)]
struct Row {
    context: Box<[TokenId]>,
    green: Box<[u32]>,
}

impl Lists {
    pub(crate) fn new(gamma: Gamma) -> Self {
        Self { gamma, rows: Vec::new(), bytes: Vec::new() }
    }

    /// Who is green in a context, as bits: token v is bit v % 32 of word v / 32. `[⌈vocab_size / 32⌉]`.
    ///
    /// Bits, not field bytes: they are an eighth of the memory, and a mask of four logits follows from one word faster than
    /// from four bytes.
    pub(crate) fn green(&mut self, field: &Field, context: &[TokenId], vocab_size: usize) -> &[u32] {
        let words = vocab_size.div_ceil(WORD);
        let found = self.rows.iter().rposition(|row| *row.context == *context && row.green.len() == words);
        let row = match found {
            Some(at) => self.rows.remove(at),
            None => {
                let mut green = self.recycle(words);
                self.bytes.resize(words * WORD, 0);
                field.seed(context).fill(&mut self.bytes);
                for (word, bytes) in green.iter_mut().zip(self.bytes.as_chunks().0) {
                    *word = bits_below(bytes, self.gamma.numerator());
                }
                Row { context: context.into(), green }
            }
        };
        self.rows.push(row);
        &self.rows.last().expect("a row was just pushed").green
    }

    /// Room for a row: the oldest row's where the cache is full.
    fn recycle(&mut self, words: usize) -> Box<[u32]> {
        let full = (self.rows.len() + 1) * words * size_of::<u32>() > CAPACITY_BYTES;
        if full && !self.rows.is_empty() {
            let oldest = self.rows.remove(0).green;
            if oldest.len() == words {
                return oldest;
            }
        }
        vec![0; words].into()
    }
}

/// Bit i is set if byte i is below `numerator`, which is at least 1.
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
        f.debug_struct("Lists").field("rows", &self.rows.len()).finish_non_exhaustive()
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
