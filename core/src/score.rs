//! Counting greens, every (context, token) pair once. SPEC §6.2.

use core::array;

use crate::{
    TokenId,
    field::Field,
    green::{Colour, colour},
    key::Key,
    lanes::{LANES, field_bytes},
    scheme::{Gamma, Scheme},
    seeds::Seeds,
    seen::Seen,
};

/// What a scorer says of one position of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Position {
    /// Fewer than h tokens precede it: it has no context and no colour.
    Unscored,
    /// Its (context, token) pair stood in the text before: coloured, but not counted again.
    Repeated(Colour),
    /// Counted.
    Scored(Colour),
}

impl Position {
    /// The colour, if the position has a context.
    pub fn colour(self) -> Option<Colour> {
        match self {
            Self::Unscored => None,
            Self::Repeated(colour) | Self::Scored(colour) => Some(colour),
        }
    }
}

/// The counts of one text: `tokens = min(tokens, h) + repeated + scored`, `green ≤ scored`. SPEC §6.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Positions in the text.
    pub tokens: u64,
    /// T: distinct (context, token) pairs, each counted once.
    pub scored: u64,
    /// Positions whose pair had been counted already.
    pub repeated: u64,
    /// G: greens among the scored.
    pub green: u64,
}

impl Tally {
    fn count(&mut self, position: Position) {
        self.tokens += 1;
        match position {
            Position::Unscored => {}
            Position::Repeated(_) => self.repeated += 1,
            Position::Scored(colour) => {
                self.scored += 1;
                self.green += u64::from(colour.is_green());
            }
        }
    }
}

/// A stream of tokens in, a stream of colours out, counts at the end.
///
/// [`push_slice`](Self::push_slice) gives what as many [`push`](Self::push) give, several times faster. Memory grows with
/// the text, about 25 bytes a token: what was seen must be remembered.
///
/// ```
/// use greenmark::{Key, Position, Scorer};
/// let mut scorer = Scorer::new(&Key::from_bytes([7; 32]), "gm1:green,h=1,gamma=64/256".parse()?);
/// assert_eq!(scorer.push(12), Position::Unscored); // no context yet
/// assert!(matches!(scorer.push(34), Position::Scored(_)));
/// let tally = scorer.finish();
/// assert_eq!((tally.tokens, tally.scored), (2, 1));
/// # Ok::<(), greenmark::SchemeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scorer {
    seeds: Seeds,
    gamma: Gamma,
    seen: Seen,
    positions: Vec<Position>,
    tally: Tally,
}

impl Scorer {
    /// Prepares a scorer for one text.
    pub fn new(key: &Key, scheme: Scheme) -> Self {
        let field = Field::new(key, scheme.context_width());
        let salt = field.table_salt();
        Self {
            gamma: scheme.gamma(),
            seen: Seen::new(scheme.context_width(), salt),
            positions: Vec::new(),
            tally: Tally::default(),
            seeds: Seeds::new(field),
        }
    }

    /// Appends one token of the text. The plain transcription of SPEC §6.2, and the oracle of `push_slice`.
    pub fn push(&mut self, token: TokenId) -> Position {
        let here = self.positions.len();
        let position = match self.seen.push(token) {
            None => Position::Unscored,
            Some(first) if first == here => {
                let seed = self.seeds.field().seed(self.seen.context(here));
                Position::Scored(colour(&seed, token, self.gamma))
            }
            Some(first) => self.repeat_of(first),
        };
        self.positions.push(position);
        self.tally.count(position);
        position
    }

    /// Appends many tokens: several times faster than one by one, with the same result.
    pub fn push_slice(&mut self, tokens: &[TokenId]) {
        self.seen.reserve(tokens.len());
        self.positions.reserve(tokens.len());
        for chunk in tokens.chunks(1 << 12) {
            self.push_chunk(chunk);
        }
    }

    /// Finds the new pairs first, then colours them, all lanes at a time.
    fn push_chunk(&mut self, tokens: &[TokenId]) {
        // A colour is known only when its lanes are; until then the position keeps its place.
        const PENDING: Colour = Colour::Red;
        let start = self.positions.len();
        let mut fresh = Vec::with_capacity(tokens.len());
        let mut repeats = Vec::new();
        for (here, &token) in (start..).zip(tokens) {
            let position = match self.seen.push(token) {
                None => Position::Unscored,
                Some(first) if first == here => {
                    fresh.push(here);
                    Position::Scored(PENDING)
                }
                Some(first) => {
                    repeats.push((here, first));
                    Position::Repeated(PENDING)
                }
            };
            self.positions.push(position);
        }
        let mut green = 0;
        for taken in fresh.chunks(LANES) {
            // Lanes not taken do the last one's work again.
            let at: [usize; LANES] = array::from_fn(|lane| taken[lane.min(taken.len() - 1)]);
            let seeds = self.seeds.seeds(at.map(|at| self.seen.context(at)));
            let bytes = field_bytes(&seeds, &at.map(|at| self.seen.token(at)));
            for (&at, byte) in taken.iter().zip(bytes) {
                let colour = Colour::of(byte, self.gamma);
                green += u64::from(colour.is_green());
                self.positions[at] = Position::Scored(colour);
            }
        }
        self.tally.tokens += tokens.len() as u64;
        self.tally.scored += fresh.len() as u64;
        self.tally.repeated += repeats.len() as u64;
        self.tally.green += green;
        for (here, first) in repeats {
            self.positions[here] = self.repeat_of(first);
        }
    }

    /// What was found at each position so far.
    pub fn positions(&self) -> impl ExactSizeIterator<Item = Position> {
        self.positions.iter().copied()
    }

    /// The counts so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Ends the text: its counts. The scorer is then ready for another text.
    pub fn finish(&mut self) -> Tally {
        self.seen.clear();
        self.positions.clear();
        core::mem::take(&mut self.tally)
    }

    fn repeat_of(&self, first: usize) -> Position {
        let colour = self.positions[first].colour().expect("a first occurrence has a context");
        Position::Repeated(colour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scorer(scheme: &str) -> Scorer {
        Scorer::new(&Key::from_bytes([11; 32]), scheme.parse().expect("canonical"))
    }

    /// Ids that repeat, with some at the edge of the range.
    fn ids(n: usize, spread: u32) -> Vec<TokenId> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if (state >> 16).is_multiple_of(spread) { u32::MAX } else { (state >> 16) % spread }
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn slices_score_as_single_tokens_do() {
        for h in [0, 1, 2, 3, 4, 13, 14, 16] {
            let scheme = format!("gm1:green,h={h},gamma=90/256");
            for (n, spread) in [(0, 5), (1, 5), (17, 2), (300, 3), (5000, 40), (9000, 60_000)] {
                let ids = ids(n, spread);
                let mut single = scorer(&scheme);
                let positions: Vec<_> = ids.iter().map(|&id| single.push(id)).collect();
                let mut whole = scorer(&scheme);
                // A second text through the same scorer, in two parts.
                whole.push_slice(&ids);
                whole.finish();
                let (left, right) = ids.split_at(n / 3);
                whole.push_slice(left);
                whole.push_slice(right);
                assert!(whole.positions().eq(positions), "h = {h}, n = {n}");
                assert_eq!(whole.finish(), single.finish(), "h = {h}, n = {n}");
            }
        }
    }

    #[test]
    fn counts_add_up() {
        let mut scorer = scorer("gm1:green,h=2,gamma=64/256");
        scorer.push_slice(&ids(1000, 9));
        let Tally { tokens, scored, repeated, green } = scorer.finish();
        assert_eq!(tokens, 2 + scored + repeated);
        assert!(green <= scored && repeated > 0);
    }

    #[test]
    fn one_token_a_million_times_is_one_pair() {
        let mut scorer = scorer("gm1:green,h=1,gamma=64/256");
        scorer.push_slice(&vec![7; 1_000_000]);
        assert_eq!(scorer.finish().scored, 1);
    }
}
