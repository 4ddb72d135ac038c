//! Seeds of contexts, remembered where texts repeat their contexts.

use core::fmt;

use super::{chacha_lanes::LANES, seed::Field};
use crate::token::TokenId;

/// Tokens whose seeds are kept for h = 1: 8 MB, of which only what is touched takes memory.
const REMEMBERED: usize = 1 << 18;
/// Contexts asked for before seeds are kept: earlier, fresh memory costs more than hashing.
const COLD: usize = 1 << 12;

/// Field and memory: the seeds of one key, kept from text to text.
///
/// For h = 0 there is one. For h = 1 a vocabulary has few enough to keep. Wider contexts hardly
/// recur, and a table large enough to find those that do is slower than hashing: at h = 2, 370 ns a
/// token with one of 65,536 slots, 150 ns without.
#[derive(Clone)]
pub(crate) struct Seeds {
    field: Field,
    /// The seed of the empty context, if h = 0.
    only: Option<Kept>,
    /// Seeds by token, if h = 1.
    by_token: Vec<Kept>,
    asked: usize,
    forgetful: bool,
}

/// A seed, all zeros if it hasn't been computed: a true one of zeros would be computed each time,
/// and still be right.
#[derive(Clone, Copy)]
#[repr(align(32))]
struct Kept([u8; 32]);

impl Seeds {
    pub(crate) fn new(field: Field) -> Self {
        let only = (field.context_width().get() == 0).then(|| Kept(field.seed(&[]).to_bytes()));
        Self { field, only, by_token: Vec::new(), asked: 0, forgetful: false }
    }

    /// Stops keeping seeds: 8 MB a key are too much where keys are many.
    pub(crate) fn forget(&mut self) {
        self.forgetful = true;
        self.by_token = Vec::new();
    }

    pub(crate) fn field(&self) -> &Field {
        &self.field
    }

    /// Returns [`Field::seed`] of several contexts, each `[h]`.
    pub(crate) fn seeds(&mut self, contexts: [&[TokenId]; LANES]) -> [[u8; 32]; LANES] {
        if let Some(Kept(seed)) = self.only {
            return [seed; LANES];
        }
        if self.forgetful || self.asked < COLD || self.field.context_width().get() > 1 {
            self.asked += LANES;
            return self.field.seeds(contexts);
        }
        if self.by_token.is_empty() {
            self.by_token = vec![Kept([0; 32]); REMEMBERED];
        }
        contexts.map(|context| match self.by_token.get_mut(context[0] as usize) {
            Some(Kept(seed)) => {
                if *seed == [0; 32] {
                    *seed = self.field.seed(context).to_bytes();
                }
                *seed
            }
            None => self.field.seed(context).to_bytes(),
        })
    }
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
        let ids = [0, 1, 65_535, 65_536, 262_143, 262_144, u32::MAX];
        for h in 0..4u8 {
            let width = ContextWidth::new(h).expect("in range");
            let mut seeds = Seeds::new(Field::new(&Key::from_bytes([1; 32]), width));
            for round in 0..2 * COLD / LANES {
                let contexts: [Vec<_>; LANES] = core::array::from_fn(|lane| {
                    (0..h.into()).map(|j: usize| ids[(round + lane) / 7_usize.pow(j as u32) % 7]).collect()
                });
                let fresh = contexts.each_ref().map(|context| seeds.field().seed(context).to_bytes());
                assert_eq!(seeds.seeds(contexts.each_ref().map(Vec::as_slice)), fresh, "{contexts:?}");
            }
        }
    }
}
