//! Seeds that were computed before, since text repeats its contexts.

use core::fmt;

use crate::{TokenId, field::Field};

/// Slots, a power of two: 2.6 MB, and every token of a vocabulary of 65,536 its own slot for h = 1.
const SLOTS: usize = 1 << 16;

/// Field and memory: the seeds of one key, kept from text to text.
///
/// Contexts of up to two ids fit a machine word and recur; they are kept, one a slot, the latest wins. Wider contexts
/// hardly recur, and are computed each time.
#[derive(Clone)]
pub(crate) struct Seeds {
    field: Field,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    /// The context packed into a word, plus 1; 0 is an empty slot.
    tag: u64,
    seed: [u8; 32],
}

impl Seeds {
    pub(crate) fn new(field: Field) -> Self {
        Self { field, slots: Vec::new() }
    }

    pub(crate) fn field(&self) -> &Field {
        &self.field
    }

    /// [`Field::seed`] of a context, remembered.
    pub(crate) fn seed(&mut self, context: &[TokenId]) -> [u8; 32] {
        let Some(tag) = tag(context) else { return self.field.seed(context).to_bytes() };
        if self.slots.is_empty() {
            self.slots = vec![Slot::default(); SLOTS];
        }
        // One id is its own slot. Two are spread by a multiplication; a clash costs a hash, not a wrong answer.
        let spread = if context.len() < 2 { tag } else { tag.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 };
        let slot = &mut self.slots[spread as usize % SLOTS];
        if slot.tag != tag {
            *slot = Slot { tag, seed: self.field.seed(context).to_bytes() };
        }
        slot.seed
    }
}

/// A non-zero word that stands for a context of at most two ids, or `None` for one that does not fit.
fn tag(context: &[TokenId]) -> Option<u64> {
    let packed = match *context {
        [] => 0,
        [id] => u64::from(id),
        [older, id] => u64::from(older) << 32 | u64::from(id),
        _ => return None,
    };
    packed.checked_add(1)
}

impl fmt::Debug for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.field.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContextWidth, Key};

    #[test]
    fn memory_never_changes_a_seed() {
        let ids = [0, 1, 65_535, 65_536, 131_072, u32::MAX];
        for h in 0..4u8 {
            let width = ContextWidth::new(h).expect("in range");
            let mut seeds = Seeds::new(Field::new(&Key::from_bytes([1; 32]), width));
            for round in 0..2000usize {
                let context: Vec<_> = (0..h.into()).map(|j: usize| ids[round / 6_usize.pow(j as u32) % 6]).collect();
                let fresh = seeds.field().seed(&context).to_bytes();
                assert_eq!(seeds.seed(&context), fresh, "{context:?}");
            }
        }
    }
}
