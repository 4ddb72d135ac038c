//! A text as a scheme reads it, before any key: which of its positions count. SPEC §6.2, §6.4.

use crate::{
    TokenId,
    detect::{Detection, Detector},
    lanes::LANES,
    scheme::Scheme,
    score::{Position, Tally, scores_at},
    seen::Seen,
    segment::{self, Search},
    stream,
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
}

impl<'t> Reading<'t> {
    /// Reads a text: `[n]` ids, any n.
    ///
    /// - `salt`: a number that whoever wrote the text does not know, so that he cannot make the table slow.
    pub fn new(scheme: Scheme, ids: &'t [TokenId], salt: u64) -> Self {
        let mut seen = Seen::new(scheme, salt);
        seen.reserve(ids.len());
        let scored = (ids.iter().enumerate())
            .filter_map(|(position, &id)| (seen.push(id) == Some(true)).then_some(position))
            .collect();
        Self { scheme, ids, scored }
    }

    /// Keeps the counted positions for which `keep` holds, and counts the others as repeated.
    ///
    /// `keep` sees what is counted once: the h ids of the context, in green with the token behind them. Any choice that the ids alone
    /// determine leaves the test valid; it is made to count what many texts share in one of them only.
    pub fn retain(&mut self, mut keep: impl FnMut(&[TokenId]) -> bool) {
        let (width, behind) = (self.scheme.context_width().get(), usize::from(self.scheme.gamma().is_some()));
        let ids = self.ids;
        self.scored.retain(|&at| keep(&ids[at - width..at + behind]));
    }

    /// Positions that count: T.
    pub fn scored(&self) -> usize {
        self.scored.len()
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
        let tally = Tally { tokens, scored, repeated: tokens - unscored - scored, score: segment::sum(&self.scores) };
        Detection::new(self.key_id, self.reading.scheme, tally)
    }

    /// ln p of the search for marked spans, without the spans: [`Search::ln_p`].
    pub fn ln_p_of_search(&self) -> f64 {
        segment::ln_p(self.reading.scheme.family(), &self.scores)
    }

    /// The search, with its spans.
    pub fn search(&self) -> Search {
        Search::new(self.reading.scheme, &self.positions())
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
