//! Which (context, token) pairs a text has held before. SPEC §6.2 step 3.

use hashbrown::HashTable;

use crate::{TokenId, scheme::ContextWidth};

/// The ids of a text so far, and where each (context, token) pair first stood.
///
/// Membership is exact: candidates with the same hash are compared id by id. The hash is salted with a secret, so that
/// a text cannot be written to make its pairs collide.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    width: usize,
    salt: u64,
    ids: Vec<TokenId>,
    /// Positions of first occurrences, by hash of the pair that ends there.
    first: HashTable<usize>,
}

impl Seen {
    pub(crate) fn new(width: ContextWidth, salt: u64) -> Self {
        Self { width: width.get(), salt, ids: Vec::new(), first: HashTable::new() }
    }

    /// Makes room for so many tokens, which spares a long text the growing.
    pub(crate) fn reserve(&mut self, tokens: usize) {
        let Self { width, salt, ids, first } = self;
        ids.reserve(tokens);
        first.reserve(tokens, |&at| hash(*salt, &ids[at - *width..=at]));
    }

    /// Appends a token; returns the first position of the pair that ends with it (the token's own position if the pair
    /// is new), or `None` if the token has no context.
    pub(crate) fn push(&mut self, token: TokenId) -> Option<usize> {
        let Self { width, salt, ids, first } = self;
        let position = ids.len();
        ids.push(token);
        let start = position.checked_sub(*width)?;
        let pair = &ids[start..];
        let pair_at = |end: usize| &ids[end - *width..=end];
        let hash = |pair: &[TokenId]| hash(*salt, pair);
        let entry = first.entry(hash(pair), |&at| pair_at(at) == pair, |&at| hash(pair_at(at)));
        Some(*entry.or_insert(position).get())
    }

    /// The context of a position that has one: `[h]` ids.
    pub(crate) fn context(&self, position: usize) -> &[TokenId] {
        &self.ids[position - self.width..position]
    }

    /// The token of a position.
    pub(crate) fn token(&self, position: usize) -> TokenId {
        self.ids[position]
    }

    /// Forgets the text and keeps the room, unless one giant text made it giant.
    pub(crate) fn clear(&mut self) {
        const KEEP: usize = 1 << 14;
        if self.first.capacity() > KEEP {
            *self = Self { ids: Vec::new(), first: HashTable::new(), ..*self };
        } else {
            self.ids.clear();
            self.first.clear();
        }
    }
}

/// Multiply and fold, one id at a time: quality enough for a table, and a few cycles an id.
fn hash(salt: u64, ids: &[TokenId]) -> u64 {
    ids.iter().fold(salt, |state, &id| {
        let product = u128::from(state ^ u64::from(id)) * 0x9e37_79b9_7f4a_7c15_u128;
        (product as u64).rotate_left(23) ^ (product >> 64) as u64
    })
}
