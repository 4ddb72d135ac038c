//! A text as a scheme reads it, before any key: which of its positions count. SPEC §6.2, §6.4.

use std::sync::OnceLock;

use super::{
    dedup::Seen,
    detection::{Detection, Detector},
    scorer::{Position, Tally, scores_at},
    search::{self, Search},
    stream,
    weight::{self, weight},
};
use crate::{
    field::LANES,
    scheme::Scheme,
    stats::{WeightedBinomial, sum},
    token::TokenId,
};

/// Which positions of a text count: the same for every key, so many keys share one.
///
/// ```
/// use greenmark::{Detector, Key, Reading};
/// let scheme = "gm1:green,h=1,gamma=64/256".parse()?;
/// let ids = [3, 1, 4, 1, 5, 9, 2, 6];
/// let reading = Reading::new(scheme, &ids, 7);
/// for byte in 0..100 {
///     let mut detector = Detector::new(&Key::from_bytes([byte; 32]), scheme);
///     assert_eq!(detector.score(&reading).detection(), detector.detect(&ids));
/// }
/// # Ok::<(), greenmark::SchemeError>(())
/// ```
///
/// SPEC §6.2 steps 1 to 3, §6.4.
#[derive(Debug, Clone)]
pub struct Reading<'t> {
    scheme: Scheme,
    ids: &'t [TokenId],
    /// Positions that count, ascending.
    scored: Vec<usize>,
    /// By position, how often what is counted there stands in the text.
    multiplicity: Vec<u32>,
    weights: OnceLock<Option<Weights>>,
}

/// What the positions that count weigh, and the law of their sum by chance. SPEC §7.8.
#[derive(Debug, Clone)]
struct Weights {
    /// Of each position that counts.
    of: Vec<u32>,
    law: WeightedBinomial,
}

impl<'t> Reading<'t> {
    /// Reads a text: `[n]` ids, any n.
    ///
    /// - `salt`: a number that whoever wrote the text does not know, so that he cannot make the table slow.
    pub fn new(scheme: Scheme, ids: &'t [TokenId], salt: u64) -> Self {
        let mut seen = Seen::new(scheme, salt);
        seen.reserve(ids.len());
        let mut scored = Vec::with_capacity(ids.len());
        let mut multiplicity = vec![0u32; ids.len()];
        for (position, &id) in ids.iter().enumerate() {
            let Some(first) = seen.first(id) else { continue };
            multiplicity[first] = multiplicity[first].saturating_add(1);
            if first == position {
                scored.push(position);
            }
        }
        Self { scheme, ids, scored, multiplicity, weights: OnceLock::new() }
    }

    /// Keeps the counted positions for which `keep` holds, and counts the others as repeated.
    ///
    /// `keep` sees what is counted once: the h ids of the context, in green with the token behind them. Any choice that the ids alone
    /// determine leaves the test valid; it is made to count what many texts share in one of them only.
    pub fn retain(&mut self, mut keep: impl FnMut(&[TokenId]) -> bool) {
        let (width, behind) = (self.scheme.context_width().get(), usize::from(self.scheme.gamma().is_some()));
        let ids = self.ids;
        self.scored.retain(|&at| keep(&ids[at - width..at + behind]));
        self.weights = OnceLock::new();
    }

    /// Positions that count: T.
    pub fn scored(&self) -> usize {
        self.scored.len()
    }

    /// The weights, made when they are first asked for; `None` where positions count alike.
    fn weights(&self) -> Option<&Weights> {
        let make = || {
            let gamma = self.scheme.gamma().filter(|_| self.scored.len() <= weight::LONGEST)?;
            let of: Vec<u32> = self.scored.iter().map(|&at| weight(self.multiplicity[at], self.ids[at])).collect();
            let mut classes = [0u64; 12];
            of.iter().for_each(|&weight| classes[weight as usize] += 1);
            let classes: Vec<(u32, u64)> = (0..).zip(classes).collect();
            let law = WeightedBinomial::new(&classes, gamma.fraction()).expect("a gamma is within (0, 1)");
            Some(Weights { of, law })
        };
        self.weights.get_or_init(make).as_ref()
    }
}

/// What a text scores under one key, and all that is concluded from it. [`Detector::score`] gives it.
#[derive(Debug, Clone)]
pub struct Scores<'r> {
    reading: &'r Reading<'r>,
    key_id: crate::KeyId,
    scores: Vec<f64>,
}

impl Detector {
    /// As [`detect`](Self::detect), and searches the text for marked spans.
    pub fn search(&mut self, text: &[TokenId]) -> (Detection, Search) {
        let salt = self.seeds().field().table_salt();
        let reading = Reading::new(self.scheme(), text, salt);
        let scores = self.score(&reading);
        (scores.detection(), scores.search())
    }

    /// Scores a text that has been read.
    ///
    /// # Panics
    /// If the text was read for another scheme.
    pub fn score<'r>(&mut self, reading: &'r Reading<'_>) -> Scores<'r> {
        assert_eq!(reading.scheme, self.scheme(), "a text is read for the detector's scheme");
        let (key_id, family) = (self.key_id(), reading.scheme.family());
        let seeds = self.seeds();
        let mut scores = Vec::with_capacity(reading.scored.len());
        for taken in reading.scored.chunks(LANES) {
            scores.extend_from_slice(&scores_at(seeds, family, reading.ids, taken)[..taken.len()]);
        }
        Scores { reading, key_id, scores }
    }
}

impl Scores<'_> {
    /// The test of the whole text, as [`Detector::detect`] gives it.
    pub fn detection(&self) -> Detection {
        let (tokens, scored) = (self.reading.ids.len() as u64, self.scores.len() as u64);
        let unscored = tokens.min(self.reading.scheme.context_width().get() as u64);
        let tally = Tally { tokens, scored, repeated: tokens - unscored - scored, score: sum(&self.scores) };
        Detection::new(self.key_id, self.reading.scheme, tally)
    }

    /// ln W, in nats, ≤ 0: the test of the whole text that the search takes for its own.
    ///
    /// In green that of the weighted count: pairs that repeat weigh more, and the lowest ids less, which finds more than the plain count
    /// of [`detection`](Self::detection). With more than 1,024 scored positions, and in gumbel, the same as there. SPEC §7.8.
    pub fn ln_whole(&self) -> f64 {
        let Some(weights) = self.reading.weights() else { return self.detection().ln_p };
        let hits = self.scores.iter().zip(&weights.of).filter(|&(&score, _)| score > 0.0);
        weights.law.ln_sf(hits.map(|(_, &weight)| u64::from(weight)).sum())
    }

    /// ln p of the search for marked spans, without the spans: [`Search::ln_p`].
    pub fn ln_p_of_search(&self) -> f64 {
        search::ln_p(self.reading.scheme.family(), &self.scores, self.ln_whole())
    }

    /// The search, with its spans.
    pub fn search(&self) -> Search {
        Search::of(self.reading.scheme.family(), &self.reading.scored, &self.scores, self.ln_whole())
    }

    /// ln p of a stream that has read the text to its end: what the boldest reader could have claimed at any token of it.
    pub fn ln_p_of_stream(&self) -> f64 {
        stream::ln_p(self.reading.scheme.family(), &self.scores)
    }

    /// What was found at each position: `[n]`, in the order of the text.
    pub fn positions(&self) -> Vec<Position> {
        let width = self.reading.scheme.context_width().get();
        let mut positions = vec![Position::Repeated; self.reading.ids.len()];
        positions.iter_mut().take(width).for_each(|position| *position = Position::Unscored);
        for (&at, &score) in self.reading.scored.iter().zip(&self.scores) {
            positions[at] = Position::Scored(score);
        }
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Key, Stream};

    /// Ids that repeat.
    fn ids(n: u32, spread: u32) -> Vec<TokenId> {
        (0..n).map(|i| (i.wrapping_mul(2_654_435_761) >> 7) % spread).collect()
    }

    #[test]
    fn a_text_read_once_scores_as_one_read_for_the_key() {
        for scheme in
            ["gm1:green,h=0,gamma=64/256", "gm1:green,h=2,gamma=9/256", "gm1:gumbel,h=1", "gm1:gumbel,h=3,dual"]
        {
            let scheme: Scheme = scheme.parse().expect("canonical");
            for ids in [ids(0, 1), ids(1, 1), ids(3, 5), ids(300, 4), ids(6000, 700)] {
                let reading = Reading::new(scheme, &ids, 3);
                for byte in 0..3 {
                    let key = Key::from_bytes([byte; 32]);
                    let mut detector = Detector::new(&key, scheme);
                    let (detection, positions) = detector.detect_positions(&ids);
                    let scores = detector.score(&reading);
                    assert_eq!((scores.detection(), scores.positions()), (detection, positions));
                    let (_, search) = detector.clone().search(&ids);
                    assert_eq!((scores.ln_p_of_search(), scores.search()), (search.ln_p, search));
                    let mut stream = Stream::new(&key, scheme);
                    ids.iter().for_each(|&id| _ = stream.push(id));
                    let expected = stream.finish().ln_p;
                    assert!((scores.ln_p_of_stream() - expected).abs() <= 1e-9 * (1.0 + expected.abs()));
                }
            }
        }
    }

    #[test]
    fn the_whole_is_the_weighted_count() {
        let (key, scheme) = (Key::from_bytes([5; 32]), "gm1:green,h=0,gamma=64/256".parse().expect("canonical"));
        // Ids that stand 1 to 10 times each, on both sides of 256 and 512.
        let ids: Vec<TokenId> = (0..10u32).flat_map(|i| vec![200 + 40 * i; i as usize + 1]).collect();
        let reading = Reading::new(scheme, &ids, 0);
        let scores = { Detector::new(&key, scheme) }.score(&reading);
        let weights = [3, 6, 8, 8, 9, 9, 9, 9, 11, 11];
        let green: u32 = scores.scores.iter().zip(weights).map(|(&score, weight)| score as u32 * weight).sum();
        let classes = [(3, 1), (6, 1), (8, 2), (9, 4), (11, 2)];
        let law = WeightedBinomial::new(&classes, 0.25).expect("in range");
        assert_eq!(scores.ln_whole(), law.ln_sf(green.into()));
        assert!(green > 0 && scores.ln_whole() < 0.0);
        // Too long to be weighed, and a family without weights.
        let long: Vec<TokenId> = (0..2000).collect();
        for (scheme, ids) in [(scheme, &long), ("gm1:gumbel,h=1".parse().expect("canonical"), &ids)] {
            let reading = Reading::new(scheme, ids, 0);
            let scores = { Detector::new(&key, scheme) }.score(&reading);
            assert_eq!(scores.ln_whole(), scores.detection().ln_p);
        }
    }

    #[test]
    fn what_is_not_kept_counts_as_repeated() {
        let scheme: Scheme = "gm1:green,h=1,gamma=64/256".parse().expect("canonical");
        let ids = [1, 2, 3, 1, 2, 4];
        let mut reading = Reading::new(scheme, &ids, 0);
        assert_eq!(reading.scored(), 4);
        reading.retain(|ngram| ngram != [2, 3]);
        let tally = Detector::new(&Key::from_bytes([1; 32]), scheme).score(&reading).detection().tally;
        assert_eq!((tally.tokens, tally.scored, tally.repeated), (6, 3, 2));
    }
}
