//! Which contexts, or (context, token) pairs, a text has held before. SPEC §6.2 step 3, §6.4.

use hashbrown::HashTable;

use crate::{
    scheme::{Family, Scheme},
    token::TokenId,
};

/// The ids of a text so far, and which of its positions are the first of their kind.
///
/// What a family counts once is an n-gram: a context and its token (green), or a context alone (gumbel). Membership is exact:
/// candidates with the same hash are compared id by id. The hash is salted with a secret, so that a text cannot be
/// written to make its n-grams collide.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// h.
    width: usize,
    /// Ids of an n-gram that stand behind the context: 1 or 0.
    behind: usize,
    salt: u64,
    ids: Vec<TokenId>,
    /// Positions of first occurrences, by hash of the n-gram.
    first: HashTable<usize>,
}

impl Seen {
    pub(crate) fn new(scheme: Scheme, salt: u64) -> Self {
        let behind = match scheme.family() {
            Family::Green { .. } => 1,
            Family::Gumbel { .. } => 0,
        };
        Self { width: scheme.context_width().get(), behind, salt, ids: Vec::new(), first: HashTable::new() }
    }

    /// Makes room for so many tokens, which spares a long text the growing.
    pub(crate) fn reserve(&mut self, tokens: usize) {
        let Self { width, behind, salt, ids, first } = self;
        ids.reserve(tokens);
        first.reserve(tokens, |&at| hash(*salt, &ids[at - *width..at + *behind]));
    }

    /// Appends a token; returns whether its position is the first of its kind, or `None` if it has no context.
    pub(crate) fn push(&mut self, token: TokenId) -> Option<bool> {
        let position = self.ids.len();
        self.first(token).map(|first| first == position)
    }

    /// Appends a token; returns the first position of its kind, its own if there was none before, or `None` if it has no context.
    pub(crate) fn first(&mut self, token: TokenId) -> Option<usize> {
        let Self { width, behind, salt, ids, first } = self;
        let position = ids.len();
        ids.push(token);
        position.checked_sub(*width)?;
        let ngram_at = |at: usize| &ids[at - *width..at + *behind];
        let ngram = ngram_at(position);
        let hash = |ngram: &[TokenId]| hash(*salt, ngram);
        let entry = first.entry(hash(ngram), |&at| ngram_at(at) == ngram, |&at| hash(ngram_at(at)));
        Some(*entry.or_insert(position).get())
    }

    /// The context of a position that has one: `[h]` ids.
    pub(crate) fn context(&self, position: usize) -> &[TokenId] {
        &self.ids[position - self.width..position]
    }

    /// The text so far.
    pub(crate) fn ids(&self) -> &[TokenId] {
        &self.ids
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
