//! Rows of field bytes that were used lately, so that a frequent context costs no second keystream.

use core::fmt;

use crate::{TokenId, field::Field};

/// Bytes of keystream kept: 32 rows at V = 131,072.
const CAPACITY_BYTES: usize = 4 << 20;

/// The rows of one field, least recently used first.
#[derive(Clone, Default)]
pub(crate) struct Lists {
    /// A handful of rows, so a scan beats a map: comparing h ids is nothing beside biasing V logits.
    rows: Vec<Row>,
}

#[derive(Clone)]
struct Row {
    context: Box<[TokenId]>,
    bytes: Box<[u8]>,
}

impl Lists {
    /// The bytes of tokens 0..`vocab_size` in a context.
    pub(crate) fn bytes(&mut self, field: &Field, context: &[TokenId], vocab_size: usize) -> &[u8] {
        let found = self.rows.iter().rposition(|row| *row.context == *context && row.bytes.len() == vocab_size);
        let row = match found {
            Some(at) => self.rows.remove(at),
            None => {
                let mut bytes = self.recycle(vocab_size);
                field.seed(context).fill(&mut bytes);
                Row { context: context.into(), bytes }
            }
        };
        self.rows.push(row);
        &self.rows.last().expect("a row was just pushed").bytes
    }

    /// Room for a row: the oldest row's where the cache is full.
    fn recycle(&mut self, vocab_size: usize) -> Box<[u8]> {
        let full = (self.rows.len() + 1) * vocab_size > CAPACITY_BYTES;
        if full && !self.rows.is_empty() {
            let oldest = self.rows.remove(0).bytes;
            if oldest.len() == vocab_size {
                return oldest;
            }
        }
        vec![0; vocab_size].into()
    }
}

impl fmt::Debug for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lists").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}
