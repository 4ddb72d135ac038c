//! Evidence that may be read after every token. SPEC §7.6.

use super::{
    scorer::Scorer,
    stake::{Stake, ln_mean_exp},
    tally::{Position, Tally},
};
use crate::{
    key::{Key, KeyId},
    scheme::Scheme,
    token::TokenId,
};

/// Evidence in a text so far.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct StreamEvidence {
    /// The id of the key; with several, that of the key with most evidence when the stake was
    /// greatest, which is when [`ln_p`](Self::ln_p) was reached.
    pub key_id: KeyId,
    /// The scheme that is tested for; with several, chosen as the key is.
    pub scheme: Scheme,
    /// The counts so far, under that key and scheme.
    pub tally: Tally,
    /// ln of the present stake, which began as 1, in nats: it rises and falls. At any stopping
    /// time, the stake is at most 1 on average by chance. 0 when nothing was scored.
    pub ln_e: f64,
    /// −ln of the greatest stake so far, in nats, ≤ 0: valid at any stopping time, so it never
    /// rises.
    pub ln_p: f64,
}

impl StreamEvidence {
    /// Returns exp([`ln_p`](Self::ln_p)); 0 where that underflows.
    pub fn p_value(&self) -> f64 {
        self.ln_p.exp()
    }

    /// Returns true if p ≤ α, now or at any token before.
    ///
    /// With α chosen before looking, this is true of an unmarked text with chance at most α,
    /// however often it's asked and whenever you stop.
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.ln_p <= alpha.ln()
    }
}

/// Reads a text token by token, and says after each how much evidence there is. Stop when you like:
/// the error stays ≤ α.
///
/// A [`Detector`](crate::Detector) asked again and again until p ≤ α would in the end say so of any
/// text. This one pays for looking: where an exact test of fixed length takes n tokens to find 95 %
/// of the texts that are marked from the first token on, it has found as many after some 1.2 n (or
/// n + 4, for the strongest marks), and stops after 0.75 n (or n + 1) on average. It looks for a
/// mark that begins with the text: for one inside a longer text see [`Search`](crate::Search).
///
/// ```
/// use greenmark::{Key, Scheme, Stream};
/// let mut stream = Stream::new(&Key::from_bytes([7; 32]), Scheme::DEFAULT);
/// for token in [3, 1, 4, 1, 5, 9, 2, 6] {
///     if stream.push(token).is_significant(1e-6) {
///         break; // found
///     }
/// }
/// assert!(!stream.evidence().is_significant(1e-6));
/// ```
///
/// SPEC §7.6.
#[derive(Debug, Clone)]
pub struct Stream {
    /// At least one.
    hypotheses: Vec<Hypothesis>,
    ln_peak: f64,
    /// Index of the hypothesis that had most when the stake was greatest.
    leader: usize,
}

/// One key and scheme, and what is staked on them.
#[derive(Debug, Clone)]
struct Hypothesis {
    /// Kept to tell keys apart: an id is a name, and two keys may share it.
    key: Key,
    key_id: KeyId,
    scheme: Scheme,
    scorer: Scorer,
    stake: Stake,
}

impl Hypothesis {
    fn new(key: &Key, scheme: Scheme) -> Self {
        let (scorer, stake) = (Scorer::new(key, scheme), Stake::new(scheme.family().null()));
        Self { key: key.clone(), key_id: key.id(), scheme, scorer, stake }
    }

    fn push(&mut self, token: TokenId) {
        if let Position::Scored(score) = self.scorer.push(token) {
            self.stake.push(score);
        }
    }

    /// Ends the text.
    fn finish(&mut self) {
        self.scorer.finish();
        self.stake = Stake::new(self.scheme.family().null());
    }
}

impl Stream {
    /// Makes a stream for one text; costs a few hashes.
    pub fn new(key: &Key, scheme: Scheme) -> Self {
        Self { hypotheses: vec![Hypothesis::new(key, scheme)], ln_peak: 0.0, leader: 0 }
    }

    /// Asks about a further key or scheme at the same time. The stake is parted equally among them,
    /// so that the evidence pays for all. One that is there already is not added.
    ///
    /// Ends the text that was being read.
    #[must_use]
    pub fn and(mut self, key: &Key, scheme: Scheme) -> Self {
        self.finish();
        let is_known = |known: &Hypothesis| known.key == *key && known.scheme == scheme;
        if !self.hypotheses.iter().any(is_known) {
            self.hypotheses.push(Hypothesis::new(key, scheme));
        }
        self
    }

    /// Reads one token, and returns the evidence so far.
    pub fn push(&mut self, token: TokenId) -> StreamEvidence {
        self.hypotheses.iter_mut().for_each(|hypothesis| hypothesis.push(token));
        let gains = self.gains();
        let ln_e = ln_mean_exp(&gains);
        if ln_e > self.ln_peak {
            self.ln_peak = ln_e;
            self.leader = (1..gains.len()).fold(0, |best, at| if gains[at] > gains[best] { at } else { best });
        }
        self.evidence_of(ln_e)
    }

    /// Returns the evidence so far.
    pub fn evidence(&self) -> StreamEvidence {
        self.evidence_of(ln_mean_exp(&self.gains()))
    }

    /// Ends the text and returns the evidence in it. The stream is then ready for another text.
    pub fn finish(&mut self) -> StreamEvidence {
        let evidence = self.evidence();
        self.hypotheses.iter_mut().for_each(Hypothesis::finish);
        (self.ln_peak, self.leader) = (0.0, 0);
        evidence
    }

    fn gains(&self) -> Vec<f64> {
        self.hypotheses.iter().map(|hypothesis| hypothesis.stake.ln_e()).collect()
    }

    fn evidence_of(&self, ln_e: f64) -> StreamEvidence {
        let Hypothesis { key_id, scheme, ref scorer, .. } = self.hypotheses[self.leader];
        StreamEvidence { key_id, scheme, tally: scorer.tally(), ln_e, ln_p: 0.0 - self.ln_peak }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(scheme: &str) -> Stream {
        Stream::new(&Key::from_bytes([11; 32]), scheme.parse().expect("canonical"))
    }

    #[test]
    fn nothing_scored_is_no_evidence() {
        for scheme in ["gm1:green,h=0,gamma=64/256", "gm1:gumbel,h=2,dual"] {
            let evidence = stream(scheme).evidence();
            assert_eq!((evidence.ln_e, evidence.ln_p, evidence.p_value()), (0.0, 0.0, 1.0));
            assert!(evidence.ln_p.is_sign_positive());
        }
    }

    #[test]
    fn p_never_rises_and_never_beats_the_stake() {
        for scheme in ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=1"] {
            let mut stream = stream(scheme);
            let mut last = 0.0;
            for token in 0..2000u32 {
                let evidence = stream.push(token.wrapping_mul(2_654_435_761) >> 12);
                assert!(evidence.ln_p <= last && -evidence.ln_p >= evidence.ln_e);
                last = evidence.ln_p;
            }
            assert_eq!(stream.evidence(), stream.finish());
            assert_eq!(stream.finish().tally, Tally::default());
        }
    }

    #[test]
    fn several_hypotheses_share_the_stake() {
        let (green, gumbel) = ("gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=2");
        let other = Key::from_bytes([12; 32]);
        let scheme = |scheme: &str| scheme.parse().expect("canonical");
        // Naming one twice changes nothing.
        let mut together = stream(green).and(&other, scheme(gumbel)).and(&other, scheme(gumbel));
        let (mut one, mut two) = (stream(green), Stream::new(&other, scheme(gumbel)));
        let mut leader = one.evidence().key_id;
        for token in 0..300u32 {
            let token = token.wrapping_mul(2_654_435_761) >> 20;
            let before = together.evidence().ln_p;
            let (together, one, two) = (together.push(token), one.push(token), two.push(token));
            let mean = ((one.ln_e.exp() + two.ln_e.exp()) / 2.0).ln();
            assert!((together.ln_e - mean).abs() < 1e-9, "{} for {mean}", together.ln_e);
            // The one that led when the stake was greatest is named, whichever leads now.
            if together.ln_p < before {
                leader = if one.ln_e >= two.ln_e { one.key_id } else { two.key_id };
            }
            assert_eq!(together.key_id, leader);
            assert!(together.ln_p <= 0.0 && -together.ln_p >= together.ln_e);
        }
    }
}
