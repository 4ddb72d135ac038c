//! One hypothesis about one text: evidence, not a verdict. SPEC §7 and §10.

use super::scorer::{Position, Scorer, Tally};
use crate::{
    field::Seeds,
    key::{Key, KeyId},
    scheme::{Family, Scheme},
    stats::{gamma_z_score, ln_binomial_sf, ln_gamma_sf, z_score},
    token::TokenId,
};

/// The level α to decide at where nothing speaks for another.
pub const DEFAULT_ALPHA: f64 = 1e-6;

/// ln P(X ≥ score) by chance, of `scored` scores that sum to `score`. SPEC §7.2, §7.4.
pub(crate) fn ln_tail(family: Family, score: f64, scored: u64) -> f64 {
    match family {
        Family::Green { gamma } => ln_binomial_sf(score as u64, scored, gamma.fraction()),
        Family::Gumbel { .. } => ln_gamma_sf(score, scored),
    }
    .expect("0 < gamma < 1, no more greens than scored, and a sum of finite scores from 0 up")
}

/// Everything computed about one text under one key and scheme.
///
/// A detection says that a text is statistically dependent on a key. It is no signature and does not speak of
/// authorship; no detection is no evidence of a human. SPEC §13.3, §14.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// Names the key, without giving it away.
    pub key_id: KeyId,
    /// What was tested for.
    pub scheme: Scheme,
    /// The counts.
    pub tally: Tally,
    /// (G − γT)/√(Tγ(1−γ)) or (S − T)/√T, for readers; `None` when nothing was scored. SPEC §7.3, §7.4.
    pub z_score: Option<f64>,
    /// ln P(X ≥ score), X ~ Binomial(T, γ) or Gamma(T, 1), in nats, ≤ 0: the exact tail. 0 when nothing was scored.
    /// SPEC §7.2, §7.4.
    pub ln_p: f64,
}

impl Detection {
    pub(crate) fn new(key_id: KeyId, scheme: Scheme, tally: Tally) -> Self {
        let Tally { scored, score, .. } = tally;
        let z_score = match scheme.family() {
            // A count, so exact in an f64.
            Family::Green { gamma } => z_score(score as u64, scored, gamma.fraction()),
            Family::Gumbel { .. } => gamma_z_score(score, scored),
        };
        Self { key_id, scheme, tally, z_score, ln_p: ln_tail(scheme.family(), score, scored) }
    }

    /// The score of a scored token, on average; `None` when nothing was scored. By chance
    /// [`Family::chance_score`]. In green the green fraction, in [0, 1].
    pub fn mean_score(&self) -> Option<f64> {
        (self.tally.scored > 0).then(|| self.tally.score / self.tally.scored as f64)
    }

    /// G, the number of greens; `None` in a scheme without colours.
    pub fn green(&self) -> Option<u64> {
        self.scheme.gamma().map(|_| self.tally.score as u64)
    }

    /// Greens among the scored, in [0, 1]; `None` when nothing was scored, or in a scheme without colours. By chance γ.
    pub fn green_fraction(&self) -> Option<f64> {
        self.green().and(self.mean_score())
    }

    /// exp([`ln_p`](Self::ln_p)); 0 where that underflows, below ln p ≈ −745.
    pub fn p_value(&self) -> f64 {
        self.ln_p.exp()
    }

    /// Whether p ≤ α. A caller's choice, made before looking; α outside (0, 1) is compared as it stands.
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.ln_p <= alpha.ln()
    }
}

/// Asks one question of many texts: does this text depend on this key, under this scheme?
///
/// Keeps its tables from text to text, so make one (a thread) and reuse it.
///
/// ```
/// use greenmark::{Detector, Key};
/// let key = Key::from_bytes([7; 32]);
/// let mut detector = Detector::new(&key, "gm1:green,h=1,gamma=64/256".parse()?);
/// let detection = detector.detect(&[3, 1, 4, 1, 5, 9, 2, 6]);
/// assert_eq!((detection.tally.tokens, detection.tally.scored), (8, 7));
/// assert!(!detection.is_significant(1e-6));
/// assert_eq!(detector.detect(&[]).p_value(), 1.0); // a short text is an answer, not an error
/// # Ok::<(), greenmark::SchemeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Detector {
    key_id: KeyId,
    scheme: Scheme,
    scorer: Scorer,
}

impl Detector {
    /// Prepares a detector; costs a few hashes.
    pub fn new(key: &Key, scheme: Scheme) -> Self {
        Self { key_id: key.id(), scheme, scorer: Scorer::new(key, scheme) }
    }

    /// Scores a whole text: `[n]` ids, any n.
    pub fn detect(&mut self, text: &[TokenId]) -> Detection {
        self.scorer.push_slice(text);
        self.finish()
    }

    /// As [`detect`](Self::detect), and what was found at each position: `[n]`, in the order of the text.
    pub fn detect_positions(&mut self, text: &[TokenId]) -> (Detection, Vec<Position>) {
        self.scorer.push_slice(text);
        let positions = self.scorer.positions().collect();
        (self.finish(), positions)
    }

    /// Names the key.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// What is tested for.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(crate) fn table_salt(&self) -> u64 {
        self.scorer.field().table_salt()
    }

    pub(crate) fn seeds(&mut self) -> &mut Seeds {
        self.scorer.seeds()
    }

    fn finish(&mut self) -> Detection {
        Detection::new(self.key_id, self.scheme, self.scorer.finish())
    }
}
