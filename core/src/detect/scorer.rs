//! Adding up what the tokens of a text score, each context or (context, token) pair once. SPEC §6.2, §6.4.

use core::array;

use super::dedup::Seen;
use crate::{
    field::{Field, LANES, Seed, Seeds, Subkey, field_bytes, field_words},
    key::Key,
    mark::{self, Colour, colour},
    scheme::{Family, Scheme},
    stats::add,
    token::TokenId,
};

/// What a scorer says of one position of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Position {
    /// Fewer than h tokens precede it: it has no context.
    Unscored,
    /// Its (context, token) pair (green) or its context (gumbel) stood in the text before: not counted again.
    Repeated,
    /// Counted, with what the token scores: 1 if it is green and 0 if it is red, or −ln(1 − u), ≥ 0, in gumbel.
    Scored(f64),
}

/// The counts of one text: `tokens = min(tokens, h) + repeated + scored`. SPEC §6.2, §6.4.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// Positions in the text.
    pub tokens: u64,
    /// T: positions counted.
    pub scored: u64,
    /// Positions of a kind that had been counted already.
    pub repeated: u64,
    /// What the scored positions score together: in green G, the number of greens, exactly; in gumbel S, in nats.
    pub score: f64,
}

impl Tally {
    /// Counts a position; the scorer adds its score.
    fn count(&mut self, position: Position) {
        self.tokens += 1;
        match position {
            Position::Unscored => {}
            Position::Repeated => self.repeated += 1,
            Position::Scored(_) => self.scored += 1,
        }
    }
}

/// What a token scores in the context of the seed. SPEC §6.1, §6.3.
fn score(family: Family, seed: &Seed, token: TokenId) -> f64 {
    match family {
        Family::Green { gamma } => colour(seed, token, gamma).score(),
        Family::Gumbel { dual } => mark::score(seed, token, dual),
    }
}

/// [`score`] of several tokens, each under a seed of its own.
fn scores(family: Family, seeds: &[[u8; 32]; LANES], tokens: &[TokenId; LANES]) -> [f64; LANES] {
    match family {
        Family::Green { gamma } => field_bytes(seeds, tokens).map(|byte| Colour::of(byte, gamma).score()),
        Family::Gumbel { dual: false } => field_words(seeds, Subkey::First.stream(), tokens).map(mark::score_of_one),
        Family::Gumbel { dual: true } => {
            let first = field_words(seeds, Subkey::First.stream(), tokens);
            let second = field_words(seeds, Subkey::Second.stream(), tokens);
            array::from_fn(|lane| mark::score_of_two(first[lane], second[lane]))
        }
    }
}

/// What a text scores at some of its positions that have a context, `LANES` at most; further lanes hold anything.
pub(crate) fn scores_at(seeds: &mut Seeds, family: Family, ids: &[TokenId], taken: &[usize]) -> [f64; LANES] {
    let width = seeds.field().context_width().get();
    // Lanes not taken do the last one's work again.
    let at: [usize; LANES] = array::from_fn(|lane| taken[lane.min(taken.len() - 1)]);
    let seeds = seeds.seeds(at.map(|at| &ids[at - width..at]));
    scores(family, &seeds, &at.map(|at| ids[at]))
}

/// A stream of tokens in, a stream of positions out, counts at the end.
///
/// [`push_slice`](Self::push_slice) gives what as many [`push`](Self::push) give, bit for bit and several times faster. Memory
/// grows with the text, about 40 bytes a token: what was seen must be remembered.
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
    family: Family,
    seen: Seen,
    positions: Vec<Position>,
    tally: Tally,
    /// What rounding has added to the score.
    excess: f64,
}

impl Scorer {
    /// Prepares a scorer for one text.
    pub fn new(key: &Key, scheme: Scheme) -> Self {
        let field = Field::new(key, scheme.context_width());
        let salt = field.table_salt();
        Self {
            family: scheme.family(),
            seen: Seen::new(scheme, salt),
            positions: Vec::new(),
            tally: Tally::default(),
            excess: 0.0,
            seeds: Seeds::new(field),
        }
    }

    /// Appends one token of the text. The plain transcription of SPEC §6.2 and §6.4, and the oracle of `push_slice`.
    pub fn push(&mut self, token: TokenId) -> Position {
        let position = match self.seen.push(token) {
            None => Position::Unscored,
            Some(false) => Position::Repeated,
            Some(true) => {
                let seed = self.seeds.field().seed(self.seen.context(self.positions.len()));
                Position::Scored(score(self.family, &seed, token))
            }
        };
        self.positions.push(position);
        self.tally.count(position);
        if let Position::Scored(score) = position {
            self.add(score);
        }
        position
    }

    fn add(&mut self, score: f64) {
        add(&mut self.tally.score, &mut self.excess, score);
    }

    /// Appends many tokens: several times faster than one by one, with the same result.
    pub fn push_slice(&mut self, tokens: &[TokenId]) {
        self.seen.reserve(tokens.len());
        self.positions.reserve(tokens.len());
        for chunk in tokens.chunks(1 << 12) {
            self.push_chunk(chunk);
        }
    }

    /// Finds what counts first, then scores it, all lanes at a time.
    fn push_chunk(&mut self, tokens: &[TokenId]) {
        // A score is known only when its lanes are; until then the position keeps its place.
        const PENDING: f64 = 0.0;
        let start = self.positions.len();
        let mut fresh = Vec::with_capacity(tokens.len());
        for (here, &token) in (start..).zip(tokens) {
            let position = match self.seen.push(token) {
                None => Position::Unscored,
                Some(false) => Position::Repeated,
                Some(true) => {
                    fresh.push(here);
                    Position::Scored(PENDING)
                }
            };
            self.tally.count(position);
            self.positions.push(position);
        }
        for taken in fresh.chunks(LANES) {
            let scores = scores_at(&mut self.seeds, self.family, self.seen.ids(), taken);
            for (&at, score) in taken.iter().zip(scores) {
                // In the order of the text, as `push` adds them.
                self.add(score);
                self.positions[at] = Position::Scored(score);
            }
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

    pub(crate) fn field(&self) -> &Field {
        self.seeds.field()
    }

    pub(crate) fn seeds(&mut self) -> &mut Seeds {
        &mut self.seeds
    }

    /// Ends the text: its counts. The scorer is then ready for another text.
    pub fn finish(&mut self) -> Tally {
        self.seen.clear();
        self.positions.clear();
        self.excess = 0.0;
        core::mem::take(&mut self.tally)
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
        let families = |h: u32| {
            let green = format!("gm1:green,h={h},gamma=90/256");
            let gumbel = (h > 0).then(|| [format!("gm1:gumbel,h={h}"), format!("gm1:gumbel,h={h},dual")]);
            std::iter::once(green).chain(gumbel.into_iter().flatten())
        };
        for scheme in [0, 1, 2, 3, 4, 13, 14, 16].into_iter().flat_map(families) {
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
                assert!(whole.positions().eq(positions), "{scheme}, n = {n}");
                assert_eq!(whole.finish(), single.finish(), "{scheme}, n = {n}");
            }
        }
    }

    #[test]
    fn counts_add_up() {
        for scheme in ["gm1:green,h=2,gamma=64/256", "gm1:gumbel,h=2"] {
            let mut scorer = scorer(scheme);
            scorer.push_slice(&ids(1000, 9));
            let Tally { tokens, scored, repeated, score } = scorer.finish();
            assert_eq!(tokens, 2 + scored + repeated);
            assert!(score > 0.0 && repeated > 0);
        }
    }

    #[test]
    fn one_token_a_million_times_is_one_pair() {
        for scheme in ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=1"] {
            let mut scorer = scorer(scheme);
            scorer.push_slice(&vec![7; 1_000_000]);
            assert_eq!(scorer.finish().scored, 1);
        }
    }

    #[test]
    fn gumbel_uses_a_context_once() {
        let text = [1, 2, 9, 1, 3];
        let mut pairs = scorer("gm1:green,h=1,gamma=64/256");
        let mut contexts = scorer("gm1:gumbel,h=1");
        pairs.push_slice(&text);
        contexts.push_slice(&text);
        assert_eq!(pairs.finish().scored, 4);
        assert_eq!(contexts.finish().scored, 3, "context 1 comes twice");
    }
}
