//! Evidence that may be read after every token. SPEC §7.6.

use super::{
    bet::{BETS, Bet},
    scorer::{Scorer, Tally},
};
use crate::{
    key::{Key, KeyId},
    scheme::{Family, Scheme},
    stats::add,
    token::TokenId,
};

/// What is known of a text so far.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct StreamEvidence {
    /// Names the key, without giving it away; of several, the one that had most evidence when the stake was greatest, which is what
    /// [`ln_p`](Self::ln_p) speaks of.
    pub key_id: KeyId,
    /// What is tested for; of several, as the key.
    pub scheme: Scheme,
    /// The counts so far, under that key and scheme.
    pub tally: Tally,
    /// ln of what a stake of 1 has become, in nats: falls as well as rises. At any stopping time, the stake is at most 1 on average
    /// by chance. 0 when nothing was scored.
    pub ln_e: f64,
    /// −ln of the greatest stake so far, in nats, ≤ 0: valid at any stopping time, so it never rises again.
    pub ln_p: f64,
}

impl StreamEvidence {
    /// exp([`ln_p`](Self::ln_p)); 0 where that underflows.
    pub fn p_value(&self) -> f64 {
        self.ln_p.exp()
    }

    /// Whether p ≤ α, now or at any token before. With α chosen before looking, this is true of an unmarked text with chance at most
    /// α, however often it is asked and whenever one stops.
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.ln_p <= alpha.ln()
    }
}

/// Reads a text token by token, and says after each how much evidence there is. Stop when you like: the error stays ≤ α.
///
/// A [`Detector`](crate::Detector) asked again and again until p ≤ α would in the end say so of any text. This one pays for
/// looking: where an exact test of fixed length takes n tokens to find 95 % of the texts that are marked from the first token on, it has
/// found as many after some 1.2 n (or n + 4, for the strongest marks), and stops after 0.75 n (or n + 1) on average. It looks for a mark that
/// begins with the text: for one inside a longer text see [`Search`](crate::Search).
///
/// ```
/// use greenmark::{Key, Stream};
/// let mut stream = Stream::new(&Key::from_bytes([7; 32]), "gm1:green,h=1,gamma=64/256".parse()?);
/// for token in [3, 1, 4, 1, 5, 9, 2, 6] {
///     if stream.push(token).is_significant(1e-6) {
///         break; // found
///     }
/// }
/// assert!(!stream.evidence().is_significant(1e-6));
/// # Ok::<(), greenmark::SchemeError>(())
/// ```
///
/// SPEC §7.6.
#[derive(Debug, Clone)]
pub struct Stream {
    /// One a hypothesis, at least one.
    stakes: Vec<Stake>,
    ln_peak: f64,
    /// Which hypothesis had most when the stake was greatest.
    leader: usize,
}

/// One hypothesis, and what is staked on it.
#[derive(Debug, Clone)]
struct Stake {
    key_id: KeyId,
    scheme: Scheme,
    bets: [Bet; BETS],
    scorer: Scorer,
}

impl Stake {
    fn new(key: &Key, scheme: Scheme) -> Self {
        let bets = Bet::all(scheme.family());
        Self { key_id: key.id(), scheme, bets, scorer: Scorer::new(key, scheme) }
    }

    fn ln_e(&self) -> f64 {
        ln_stake(&self.bets, self.scorer.tally())
    }
}

impl Stream {
    /// Prepares to read one text; costs a few hashes.
    pub fn new(key: &Key, scheme: Scheme) -> Self {
        Self { stakes: vec![Stake::new(key, scheme)], ln_peak: 0.0, leader: 0 }
    }

    /// Asks about a further key or scheme at the same time. The stake is parted equally among them, so that the evidence pays for all.
    ///
    /// Ends the text that was being read.
    #[must_use]
    pub fn and(mut self, key: &Key, scheme: Scheme) -> Self {
        self.finish();
        let known = |stake: &Stake| stake.key_id == key.id() && stake.scheme == scheme;
        if !self.stakes.iter().any(known) {
            self.stakes.push(Stake::new(key, scheme));
        }
        self
    }

    /// Reads one token, and says what is known with it.
    pub fn push(&mut self, token: TokenId) -> StreamEvidence {
        for stake in &mut self.stakes {
            stake.scorer.push(token);
        }
        let gains = self.gains();
        let ln_e = ln_mean_exp(&gains);
        if ln_e > self.ln_peak {
            self.ln_peak = ln_e;
            self.leader = (1..gains.len()).fold(0, |best, at| if gains[at] > gains[best] { at } else { best });
        }
        self.evidence_of(ln_e)
    }

    /// What is known so far.
    pub fn evidence(&self) -> StreamEvidence {
        self.evidence_of(ln_mean_exp(&self.gains()))
    }

    /// Ends the text: what is known of it. The stream is then ready for another text.
    pub fn finish(&mut self) -> StreamEvidence {
        let evidence = self.evidence();
        for stake in &mut self.stakes {
            stake.scorer.finish();
        }
        (self.ln_peak, self.leader) = (0.0, 0);
        evidence
    }

    fn gains(&self) -> Vec<f64> {
        self.stakes.iter().map(Stake::ln_e).collect()
    }

    fn evidence_of(&self, ln_e: f64) -> StreamEvidence {
        let stake = &self.stakes[self.leader];
        StreamEvidence {
            key_id: stake.key_id,
            scheme: stake.scheme,
            tally: stake.scorer.tally(),
            ln_e,
            ln_p: 0.0 - self.ln_peak,
        }
    }
}

/// ln p at the end of a text, of the scores of the scored positions.
pub(crate) fn ln_p(family: Family, scores: &[f64]) -> f64 {
    let bets = Bet::all(family);
    let mut tally = Tally::default();
    let (mut excess, mut ln_peak) = (0.0, 0.0f64);
    for &score in scores {
        tally.scored += 1;
        add(&mut tally.score, &mut excess, score);
        ln_peak = ln_peak.max(ln_stake(&bets, tally));
    }
    0.0 - ln_peak
}

/// ln of the mean of what the bets have made of 1: the counts so far are all that it takes.
fn ln_stake(bets: &[Bet; BETS], tally: Tally) -> f64 {
    ln_mean_exp(&bets.map(|bet| bet.ln_gain(tally.score, tally.scored)))
}

/// ln of the mean of e^gain; of one gain, the gain itself.
fn ln_mean_exp(gains: &[f64]) -> f64 {
    let greatest = gains.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = gains.iter().map(|gain| (gain - greatest).exp()).sum();
    greatest + (sum / gains.len() as f64).ln()
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
            // Named is who led when the stake was greatest, whoever leads now.
            if together.ln_p < before {
                leader = if one.ln_e >= two.ln_e { one.key_id } else { two.key_id };
            }
            assert_eq!(together.key_id, leader);
            assert!(together.ln_p <= 0.0 && -together.ln_p >= together.ln_e);
        }
    }

    #[test]
    fn ten_million_tokens_stay_finite() {
        for scheme in ["gm1:green,h=1,gamma=1/256", "gm1:green,h=1,gamma=255/256", "gm1:gumbel,h=1"] {
            let bets = Bet::all(scheme.parse::<Scheme>().expect("canonical").family());
            let most = if scheme.contains("green") { 1e7 } else { 22.2e7 };
            for score in [0.0, 1e6, most] {
                let tally = Tally { tokens: 10_000_001, scored: 10_000_000, repeated: 0, score };
                assert!(ln_stake(&bets, tally).is_finite());
            }
        }
    }
}
