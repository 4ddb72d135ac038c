//! Scores of a text, whatever made them, and all that is concluded from them.

use std::sync::{Arc, OnceLock};

use thiserror::Error;

use super::{
    detection::{Detection, ln_tail},
    search::{self, Search},
    stake::Stake,
    tally::{Position, Tally},
};
use crate::stats::{Null, WeightedBinomial, sum};

/// Scored positions up to which a text is weighed: the exact tail costs about their square, and
/// what longer texts gain hasn't been measured.
pub(crate) const MOST_WEIGHED: usize = 1024;

/// Scores of a text under one key: one or none for each position, and the law that scores obey by
/// chance.
///
/// [`Detector`](crate::Detector) makes it for our marks. The scores of another mark can be tested
/// in the same way:
///
/// ```
/// use greenmark::{Position, Scores, stats::{Chance, Null}};
/// // Another mark, whose green list held all of 40 tokens but every eighth.
/// let positions = [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0].repeat(5);
/// let positions: Vec<_> = positions.into_iter().map(Position::Scored).collect();
/// let scores = Scores::new(Null::Bernoulli(Chance::new(0.5)?), &positions)?;
/// assert_eq!(scores.detection().green(), Some(35));
/// assert!(scores.search().is_significant(1e-5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// SPEC §6.2, §6.4.
#[derive(Debug, Clone)]
pub struct Scores {
    places: Arc<Places>,
    /// The score of each position that counts: `[T]`.
    scores: Vec<f64>,
}

/// The positions of a text that count, and their weights: the same for every key, so many keys
/// share one.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) null: Null,
    /// Positions in the text.
    pub(crate) tokens: usize,
    /// Positions without a context, ascending.
    pub(crate) unscored: Vec<usize>,
    /// Positions that count, ascending: `[T]`.
    pub(crate) scored: Vec<usize>,
    /// `None` where all count alike.
    pub(crate) weights: Option<Weights>,
}

/// Weights of the positions that count, and the law of their sum by chance. SPEC §7.8.
#[derive(Debug)]
pub(crate) struct Weights {
    /// The weight of each position that counts: `[T]`.
    of: Vec<u32>,
    /// Made when it's first asked for.
    law: OnceLock<WeightedBinomial>,
}

impl Weights {
    pub(crate) fn new(of: Vec<u32>) -> Self {
        Self { of, law: OnceLock::new() }
    }

    fn law(&self, chance: f64) -> &WeightedBinomial {
        self.law.get_or_init(|| {
            let heaviest = self.of.iter().copied().max().unwrap_or(0) as usize;
            let mut classes: Vec<(u32, u64)> = (0..).zip(vec![0; heaviest + 1]).collect();
            self.of.iter().for_each(|&weight| classes[weight as usize].1 += 1);
            WeightedBinomial::new(&classes, chance).expect("a chance is within (0, 1)")
        })
    }
}

impl Scores {
    /// Makes the scores of any mark, one of ours or another.
    ///
    /// - `positions`: `[n]`, in the order of the text.
    ///
    /// # Errors
    /// [`ScoresError::Score`] at the first score that the law can't give.
    pub fn new(null: Null, positions: &[Position]) -> Result<Self, ScoresError> {
        let (mut unscored, mut scored, mut scores) = (Vec::new(), Vec::new(), Vec::new());
        for (at, &position) in positions.iter().enumerate() {
            match position {
                Position::Unscored => unscored.push(at),
                Position::Repeated => {}
                Position::Scored(score) if null.admits(score) => {
                    scored.push(at);
                    scores.push(score);
                }
                Position::Scored(found) => return Err(ScoresError::Score { position: at, found }),
            }
        }
        let places = Places { null, tokens: positions.len(), unscored, scored, weights: None };
        Ok(Self::of(Arc::new(places), scores))
    }

    /// Weighs the positions that count in the test of the whole text, as
    /// [`ln_whole`](Self::ln_whole) does for green.
    ///
    /// The weights must follow from the text alone, and not from the key. With more than 1,024
    /// scored positions they are left out.
    ///
    /// - `weights`: `[T]`. The tail costs about the square of their sum.
    ///
    /// # Errors
    /// [`ScoresError::Weights`] if there aren't as many weights as scores, or the scores aren't 0
    /// and 1.
    pub fn with_weights(self, weights: &[u32]) -> Result<Self, ScoresError> {
        let Places { null, tokens, ref unscored, ref scored, .. } = *self.places;
        if weights.len() != scored.len() || !matches!(null, Null::Bernoulli(_)) {
            return Err(ScoresError::Weights { weights: weights.len(), scored: scored.len() });
        }
        let weights = (weights.len() <= MOST_WEIGHED).then(|| Weights::new(weights.to_vec()));
        let places = Places { null, tokens, unscored: unscored.clone(), scored: scored.clone(), weights };
        Ok(Self { places: Arc::new(places), scores: self.scores })
    }

    /// Makes the scores of a text whose places are known.
    ///
    /// - `scores`: `[T]`, of the positions that count.
    pub(crate) fn of(places: Arc<Places>, scores: Vec<f64>) -> Self {
        debug_assert_eq!(places.scored.len(), scores.len());
        Self { places, scores }
    }

    /// Tests the whole text. SPEC §7.2, §7.4.
    pub fn detection(&self) -> Detection {
        let Places { null, tokens, unscored, scored, .. } = &*self.places;
        let repeated = (tokens - unscored.len() - scored.len()) as u64;
        let (tokens, scored) = (*tokens as u64, scored.len() as u64);
        Detection::new(*null, Tally { tokens, scored, repeated, score: sum(&self.scores) })
    }

    /// Returns ln W, in nats, ≤ 0: the test of the whole text that the search counts as its own.
    ///
    /// In green it's that of the weighted count: pairs that repeat weigh more, and the lowest ids
    /// less, which finds more than the plain count of [`detection`](Self::detection). With more
    /// than 1,024 scored positions, and in gumbel, it's the same as there. SPEC §7.8.
    pub fn ln_whole(&self) -> f64 {
        let Places { null, weights, .. } = &*self.places;
        let (Null::Bernoulli(chance), Some(weights)) = (null, weights) else {
            return ln_tail(*null, sum(&self.scores), self.scores.len() as u64);
        };
        let hits = self.scores.iter().zip(&weights.of).filter(|&(&score, _)| score > 0.0);
        weights.law(chance.get()).ln_sf(hits.map(|(_, &weight)| u64::from(weight)).sum())
    }

    /// Searches the text for marked spans. SPEC §7.5.
    ///
    /// Time and memory grow with n: 0.07 s and 24 MB for a million positions.
    pub fn search(&self) -> Search {
        Search::of(self.places.null, &self.places.scored, &self.scores, self.ln_whole())
    }

    /// Returns [`Search::ln_p`], without the work of finding the spans.
    pub fn ln_p_of_search(&self) -> f64 {
        search::ln_p(self.places.null, &self.scores, self.ln_whole())
    }

    /// Returns ln p of a stream that has read the text to its end, in nats, ≤ 0: the most that
    /// anyone reading along could have claimed. SPEC §7.6.
    pub fn ln_p_of_stream(&self) -> f64 {
        let mut stake = Stake::new(self.places.null);
        self.scores.iter().for_each(|&score| stake.push(score));
        stake.ln_p()
    }

    /// Returns the finding at each position: `[n]`, in the order of the text.
    pub fn positions(&self) -> Vec<Position> {
        let Places { tokens, unscored, scored, .. } = &*self.places;
        let mut positions = vec![Position::Repeated; *tokens];
        unscored.iter().for_each(|&at| positions[at] = Position::Unscored);
        for (&at, &score) in scored.iter().zip(&self.scores) {
            positions[at] = Position::Scored(score);
        }
        positions
    }
}

/// Reason why scores were refused.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum ScoresError {
    /// The law can't give one of the scores.
    #[error("the score at position {position} is {found}; a score is 0 or 1, or a finite number from 0 up")]
    Score {
        /// Position in the text, from 0.
        position: usize,
        /// The score.
        found: f64,
    },
    /// There are not as many weights as scores, or the scores are not 0 and 1.
    #[error("{weights} weights were given for {scored} scores; each score of 0 or 1 has one, and no other score has")]
    Weights {
        /// Weights given.
        weights: usize,
        /// Positions that count.
        scored: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Chance, ln_gamma_sf};

    fn coin(chance: f64) -> Null {
        Null::Bernoulli(Chance::new(chance).expect("in range"))
    }

    #[test]
    fn positions_go_in_and_come_out() {
        use Position::{Repeated, Scored, Unscored};
        let positions = [Unscored, Scored(0.5), Repeated, Unscored, Scored(3.0), Scored(0.0)];
        let scores = Scores::new(Null::Exponential, &positions).expect("admitted");
        assert_eq!(scores.positions(), positions);
        let detection = scores.detection();
        assert_eq!(detection.tally, Tally { tokens: 6, scored: 3, repeated: 1, score: 3.5 });
        assert_eq!((Ok(detection.ln_p), scores.ln_whole()), (ln_gamma_sf(3.5, 3), detection.ln_p));
        assert_eq!((detection.green(), detection.mean_score()), (None, Some(3.5 / 3.0)));
    }

    #[test]
    fn scores_of_another_law_are_refused() {
        for (null, found) in [(coin(0.25), 0.5), (coin(0.25), f64::NAN), (Null::Exponential, -0.5)] {
            let positions = [Position::Scored(1.0), Position::Scored(found)];
            let error = Scores::new(null, &positions).expect_err("no such score");
            assert!(matches!(error, ScoresError::Score { position: 1, .. }), "{error}");
        }
    }

    #[test]
    fn weights_are_those_of_the_caller() {
        let positions = [1.0, 0.0, 1.0].map(Position::Scored);
        let scores = Scores::new(coin(0.5), &positions).expect("admitted").with_weights(&[5, 2, 1]).expect("three");
        // 6 or more of 8: the heaviest and one of the others, or both.
        assert!((scores.ln_whole().exp() - 3.0 / 8.0).abs() < 1e-15);
        let error = ScoresError::Weights { weights: 2, scored: 3 };
        assert_eq!(scores.with_weights(&[1, 1]).expect_err("two for three"), error);
        let nats = Scores::new(Null::Exponential, &positions).expect("admitted");
        assert!(nats.with_weights(&[1, 1, 1]).is_err());
    }
}
