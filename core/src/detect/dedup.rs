//! Contexts, or (context, token) pairs, that occur earlier in a text. SPEC §6.2 step 3, §6.4.

use hashbrown::HashTable;

use crate::{
    scheme::{Family, Scheme},
    token::TokenId,
};

/// The n-grams that a text has held so far, by the position at which each occurs first.
///
/// An n-gram is what a family counts once: a context and its token (green), or a context alone
/// (gumbel). Membership is exact: candidates with the same hash are compared id by id. The hash is
/// salted with a secret, so that a text can't be written to make its n-grams collide.
#[derive(Debug, Clone)]
pub(crate) struct Dedup {
    /// h.
    width: usize,
    /// Number of ids of an n-gram after the context: 1 or 0.
    behind: usize,
    salt: u64,
    /// Positions of first occurrences, by hash of the n-gram.
    first: HashTable<usize>,
}

impl Dedup {
    pub(crate) fn new(scheme: Scheme, salt: u64) -> Self {
        let behind = match scheme.family() {
            Family::Green { .. } => 1,
            Family::Gumbel { .. } => 0,
        };
        Self { width: scheme.context_width().get(), behind, salt, first: HashTable::new() }
    }

    /// As [`new`](Self::new), with room for a text of `tokens` tokens, so that the table needn't
    /// grow. In a long text most n-grams come again, so there it grows with those that don't.
    pub(crate) fn with_capacity(scheme: Scheme, salt: u64, tokens: usize) -> Self {
        const LONG: usize = 1 << 16;
        Self { first: HashTable::with_capacity(tokens.min(LONG)), ..Self::new(scheme, salt) }
    }

    /// Returns the first position of the n-gram at a position, which is that position itself if
    /// there was none before; or `None` if the position has no context.
    ///
    /// - `ids`: the text at least up to `position`; the same at each call, but for what is added.
    /// - `position`: 0, 1, … in turn.
    #[inline]
    pub(crate) fn first(&mut self, ids: &[TokenId], position: usize) -> Option<usize> {
        let Self { width, behind, salt, first } = self;
        position.checked_sub(*width)?;
        let ngram_at = |at: usize| &ids[at - *width..at + *behind];
        let ngram = ngram_at(position);
        let hash = |ngram: &[TokenId]| hash(*salt, ngram);
        let entry = first.entry(hash(ngram), |&at| ngram_at(at) == ngram, |&at| hash(ngram_at(at)));
        Some(*entry.or_insert(position).get())
    }

    /// Forgets the text. Room for more than `keep` n-grams isn't kept.
    pub(crate) fn clear(&mut self, keep: usize) {
        if self.first.capacity() > keep { self.first = HashTable::new() } else { self.first.clear() }
    }
}

/// Multiplies and folds, one id at a time: quality enough for a table, and a few cycles an id.
fn hash(salt: u64, ids: &[TokenId]) -> u64 {
    ids.iter().fold(salt, |state, &id| {
        let product = u128::from(state ^ u64::from(id)) * 0x9e37_79b9_7f4a_7c15_u128;
        (product as u64).rotate_left(23) ^ (product >> 64) as u64
    })
}
