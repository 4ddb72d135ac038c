//! A text scored token by token: the plain transcription of SPEC §6.2 and §6.4.

use super::{
    dedup::Dedup,
    tally::{Position, Tally},
};
use crate::{field::Field, key::Key, mark, scheme::Scheme, stats::Sum, token::TokenId};

/// Scores a text as it comes, token by token.
///
/// It's the plain form of what [`Detector`](crate::Detector) does several times faster with a text
/// that is there as a whole, and its oracle. Memory grows with the text, about 20 bytes a token:
/// what has counted must be remembered.
///
/// ```
/// use greenmark::{Key, Position, Scheme, Scorer};
/// let mut scorer = Scorer::new(&Key::from_bytes([7; 32]), Scheme::DEFAULT);
/// assert_eq!(scorer.push(12), Position::Unscored); // no context yet
/// assert!(matches!(scorer.push(34), Position::Scored(_)));
/// let tally = scorer.finish();
/// assert_eq!((tally.tokens, tally.scored), (2, 1));
/// ```
#[derive(Debug, Clone)]
pub struct Scorer {
    field: Field,
    scheme: Scheme,
    ids: Vec<TokenId>,
    dedup: Dedup,
    tally: Tally,
    score: Sum,
}

impl Scorer {
    /// Makes a scorer for one text; costs a few hashes.
    pub fn new(key: &Key, scheme: Scheme) -> Self {
        let field = Field::new(key, scheme.context_width());
        let dedup = Dedup::new(scheme, field.table_salt());
        Self { field, scheme, ids: Vec::new(), dedup, tally: Tally::default(), score: Sum::default() }
    }

    /// Appends one token of the text, and returns what is found there.
    pub fn push(&mut self, token: TokenId) -> Position {
        let at = self.ids.len();
        self.ids.push(token);
        self.tally.tokens += 1;
        match self.dedup.first(&self.ids, at) {
            None => Position::Unscored,
            Some(first) if first < at => {
                self.tally.repeated += 1;
                Position::Repeated
            }
            Some(_) => {
                let seed = self.field.seed(&self.ids[at - self.scheme.context_width().get()..at]);
                let score = mark::score(self.scheme.family(), &seed, token);
                self.tally.scored += 1;
                self.score.add(score);
                self.tally.score = self.score.get();
                Position::Scored(score)
            }
        }
    }

    /// Returns the counts so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Ends the text and returns its counts. The scorer is then ready for another text.
    pub fn finish(&mut self) -> Tally {
        // One giant text leaves no giant room behind.
        const KEEP: usize = 1 << 14;
        self.ids.clear();
        self.ids.shrink_to(KEEP);
        self.dedup.clear(KEEP);
        self.score = Sum::default();
        core::mem::take(&mut self.tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(scheme: &str, ids: &[TokenId]) -> Tally {
        let mut scorer = Scorer::new(&Key::from_bytes([11; 32]), scheme.parse().expect("canonical"));
        let mut read = || {
            ids.iter().for_each(|&id| _ = scorer.push(id));
            scorer.finish()
        };
        let first = read();
        assert_eq!(read(), first, "a second text through the same scorer");
        first
    }

    #[test]
    fn counts_add_up() {
        for scheme in ["gm1:green,h=2,gamma=64/256", "gm1:gumbel,h=2"] {
            let ids: Vec<TokenId> = (0..1000u32).map(|i| i.wrapping_mul(2_654_435_761) >> 28).collect();
            let Tally { tokens, scored, repeated, score } = tally(scheme, &ids);
            assert_eq!(tokens, 2 + scored + repeated);
            assert!(score > 0.0 && repeated > 0);
        }
    }

    #[test]
    fn one_token_a_million_times_is_one_pair() {
        for scheme in ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=1"] {
            assert_eq!(tally(scheme, &vec![7; 1_000_000]).scored, 1);
        }
    }

    #[test]
    fn gumbel_uses_a_context_once() {
        let text = [1, 2, 9, 1, 3];
        assert_eq!(tally("gm1:green,h=1,gamma=64/256", &text).scored, 4);
        assert_eq!(tally("gm1:gumbel,h=1", &text).scored, 3, "context 1 occurs twice");
    }
}
