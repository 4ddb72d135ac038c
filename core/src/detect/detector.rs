//! A detector for one key and scheme.

use std::sync::OnceLock;

use super::{detection::Detection, reading::Reading, scores::Scores};
use crate::{
    field::{Field, Seeds},
    key::{Key, KeyId},
    scheme::Scheme,
    token::TokenId,
};

/// Asks one question of many texts: does this text depend on this key, under this scheme?
///
/// It remembers the key's numbers from text to text, so make one (a thread) and reuse it. For
/// several keys or schemes, and an answer that pays for all of them, see
/// [`Examiner`](crate::Examiner).
///
/// ```
/// use greenmark::{Detector, Key, Scheme};
/// let mut detector = Detector::new(&Key::from_bytes([7; 32]), Scheme::DEFAULT);
/// let detection = detector.detect(&[3, 1, 4, 1, 5, 9, 2, 6]);
/// assert_eq!((detection.tally.tokens, detection.tally.scored), (8, 7));
/// assert!(!detection.is_significant(1e-6));
/// assert_eq!(detector.detect(&[]).p_value(), 1.0); // a short text is an answer, not an error
/// ```
#[derive(Debug, Clone)]
pub struct Detector {
    key_id: KeyId,
    scheme: Scheme,
    seeds: Seeds,
    /// Salt of the tables of texts that are read with this key: made for the first of them.
    salt: OnceLock<u64>,
}

impl Detector {
    /// Makes a detector; costs a few hashes.
    pub fn new(key: &Key, scheme: Scheme) -> Self {
        Self::with_id(key, key.id(), scheme)
    }

    /// As [`new`](Self::new), where the id of the key is known.
    pub(crate) fn with_id(key: &Key, key_id: KeyId, scheme: Scheme) -> Self {
        let seeds = Seeds::new(Field::new(key, scheme.context_width()));
        Self { key_id, scheme, seeds, salt: OnceLock::new() }
    }

    /// Tests a whole text: `[n]` ids, any n. Short for the detection of its
    /// [`scores`](Self::scores).
    pub fn detect(&mut self, ids: &[TokenId]) -> Detection {
        self.scores(ids).detection()
    }

    /// Scores a text: `[n]` ids, any n.
    pub fn scores(&mut self, ids: &[TokenId]) -> Scores {
        let reading = self.read(ids);
        reading.score(&mut self.seeds)
    }

    /// Reads a text, to [`score`](Self::score) it under several keys: `[n]` ids, any n.
    ///
    /// ```
    /// use greenmark::{Detector, Key, Scheme};
    /// let ids = [3, 1, 4, 1, 5, 9, 2, 6];
    /// let mut detectors =
    ///     [1, 2, 3].map(|byte| Detector::new(&Key::from_bytes([byte; 32]), Scheme::DEFAULT));
    /// let reading = detectors[0].read(&ids);
    /// for detector in &mut detectors {
    ///     assert_eq!(detector.score(&reading).detection(), detector.detect(&ids));
    /// }
    /// ```
    pub fn read<'t>(&self, ids: &'t [TokenId]) -> Reading<'t> {
        let salt = self.salt.get_or_init(|| self.seeds.field().table_salt());
        Reading::new(self.scheme, ids, *salt)
    }

    /// Scores a text that was read, by this detector or another one of the same scheme.
    ///
    /// # Panics
    /// If the text was read for another scheme.
    pub fn score(&mut self, reading: &Reading<'_>) -> Scores {
        assert_eq!(reading.scheme(), self.scheme, "a text is read for the detector's scheme");
        reading.score(&mut self.seeds)
    }

    /// Returns the id of the key.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Returns the scheme that is tested for.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Stops remembering seeds: 8 MB a key is too much where there are many keys.
    pub(crate) fn forget(&mut self) {
        self.seeds.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Position, Scorer, Stream, stats::WeightedBinomial};

    /// Ids that repeat, with some at the edge of the range.
    fn ids(n: usize, spread: u32) -> Vec<TokenId> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if (state >> 16).is_multiple_of(spread) { u32::MAX } else { (state >> 16) % spread }
        };
        (0..n).map(|_| next()).collect()
    }

    fn key(byte: u8) -> Key {
        Key::from_bytes([byte; 32])
    }

    #[test]
    fn texts_score_as_single_tokens_do() {
        let families = |h: u32| {
            let green = format!("gm1:green,h={h},gamma=90/256");
            let gumbel = (h > 0).then(|| [format!("gm1:gumbel,h={h}"), format!("gm1:gumbel,h={h},dual")]);
            std::iter::once(green).chain(gumbel.into_iter().flatten())
        };
        for scheme in [0, 1, 2, 3, 4, 13, 14, 16].into_iter().flat_map(families) {
            let scheme: Scheme = scheme.parse().expect("canonical");
            for (n, spread) in [(0, 5), (1, 5), (17, 2), (300, 3), (5000, 40), (9000, 60_000)] {
                let ids = ids(n, spread);
                let mut single = Scorer::new(&key(11), scheme);
                let positions: Vec<_> = ids.iter().map(|&id| single.push(id)).collect();
                let mut detector = Detector::new(&key(11), scheme);
                // The second text finds seeds that the first has left.
                for scores in [detector.scores(&ids), detector.scores(&ids)] {
                    assert_eq!(scores.positions(), positions, "{scheme}, n = {n}");
                    assert_eq!(scores.detection().tally, single.tally(), "{scheme}, n = {n}");
                }
            }
        }
    }

    #[test]
    fn a_text_read_once_scores_as_one_read_for_the_key() {
        for scheme in
            ["gm1:green,h=0,gamma=64/256", "gm1:green,h=2,gamma=9/256", "gm1:gumbel,h=1", "gm1:gumbel,h=3,dual"]
        {
            let scheme: Scheme = scheme.parse().expect("canonical");
            for ids in [ids(0, 1), ids(1, 1), ids(3, 5), ids(300, 4), ids(6000, 700)] {
                let reading = Detector::new(&key(9), scheme).read(&ids);
                for key in [0, 1, 2].map(key) {
                    let mut detector = Detector::new(&key, scheme);
                    let (scores, own) = (detector.score(&reading), detector.scores(&ids));
                    assert_eq!(scores.detection(), own.detection());
                    assert_eq!((scores.positions(), scores.search()), (own.positions(), own.search()));
                    assert_eq!(scores.ln_p_of_search(), scores.search().ln_p);
                    let mut stream = Stream::new(&key, scheme);
                    ids.iter().for_each(|&id| _ = stream.push(id));
                    assert_eq!(scores.ln_p_of_stream(), stream.finish().ln_p);
                    assert!(reading.least_ln_p(true) <= scores.ln_p_of_search());
                    assert!(reading.least_ln_p(false) <= scores.detection().ln_p);
                }
            }
        }
    }

    #[test]
    fn the_whole_is_the_weighted_count() {
        let scheme = "gm1:green,h=0,gamma=64/256".parse().expect("canonical");
        // Ids that occur 1 to 10 times each, on both sides of 256 and 512.
        let ids: Vec<TokenId> = (0..10u32).flat_map(|i| vec![200 + 40 * i; i as usize + 1]).collect();
        let scores = Detector::new(&key(5), scheme).scores(&ids);
        let weights = [3, 6, 8, 8, 9, 9, 9, 9, 11, 11];
        let found = scores.positions().into_iter().filter_map(|position| match position {
            Position::Scored(score) => Some(score),
            _ => None,
        });
        let green: u32 = found.zip(weights).map(|(score, weight)| score as u32 * weight).sum();
        let classes = [(3, 1), (6, 1), (8, 2), (9, 4), (11, 2)];
        let law = WeightedBinomial::new(&classes, 0.25).expect("in range");
        assert_eq!(scores.ln_whole(), law.ln_sf(green.into()));
        assert!(green > 0 && scores.ln_whole() < 0.0);
        // Too long to be weighed, and a family without weights.
        let long: Vec<TokenId> = (0..2000).collect();
        for (scheme, ids) in [(scheme, &long), ("gm1:gumbel,h=1".parse().expect("canonical"), &ids)] {
            let scores = Detector::new(&key(5), scheme).scores(ids);
            assert_eq!(scores.ln_whole(), scores.detection().ln_p);
        }
    }

    #[test]
    fn what_is_not_kept_counts_as_repeated() {
        let mut detector = Detector::new(&key(1), Scheme::DEFAULT);
        let ids = [1, 2, 3, 1, 2, 4];
        let mut reading = detector.read(&ids);
        assert_eq!(reading.scored(), 4);
        reading.retain(|ngram| ngram != [2, 3]);
        let tally = detector.score(&reading).detection().tally;
        assert_eq!((tally.tokens, tally.scored, tally.repeated), (6, 3, 2));
    }
}
