//! Several questions about one text, and one p-value that pays for all of them. SPEC §7.7.

use super::{
    detection::{Detection, Detector},
    reading::{Reading, Scores},
    scorer::Position,
    search::Span,
};
use crate::{key::Key, scheme::Scheme, token::TokenId};

/// Asks whether a text depends on any of several keys, under any of several schemes, as it is and normalised.
///
/// Every question is a *look*, and each is paid for: with m looks the least p counts m times (Bonferroni). The text is read
/// once for all keys, so the cost of a further key is the hashing of its scored positions.
///
/// ```
/// use greenmark::{Detector, Embedder, Examiner, Key};
///
/// let keys: Vec<Key> = (0..50).map(|byte| Key::from_bytes([byte; 32])).collect();
/// let scheme = "gm1:gumbel,h=2".parse()?;
/// let embedder = Embedder::new(&keys[7], scheme);
/// let mut text = embedder.start();
/// let mut ids = Vec::new();
/// for _ in 0..60 {
///     let token = embedder.choose(&text, &[0.02; 50], 0.5)?;
///     text.push(token);
///     ids.push(token);
/// }
///
/// let found = Examiner::new(&keys, &[scheme]).examine(&[&ids], 1e-6);
/// assert_eq!(found.looks, 50);
/// assert!(found.is_significant(1e-6));
/// assert_eq!(found.hits[0].detection.key_id, keys[7].id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// SPEC §7.7.
#[derive(Debug, Clone)]
pub struct Examiner {
    /// By scheme, in the order given.
    panels: Vec<Vec<Detector>>,
    schemes: Vec<Scheme>,
    searches: bool,
    salt: u64,
}

/// What came of all the looks at one text.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Examination {
    /// How many looks were paid for.
    pub looks: u64,
    /// ln p of everything together, in nats, ≤ 0: the least ln p of a look, plus ln of their number. 0 without a look.
    pub ln_p: f64,
    /// The look with the least p, significant or not; `None` if there was no look.
    pub best: Option<Finding>,
    /// What is significant at the α asked for, strongest first: of each key and scheme its best look.
    pub hits: Vec<Finding>,
}

/// One key and scheme, in the version of the text that speaks most for them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finding {
    /// Which version of the text: its place in the list given to [`Examiner::examine`].
    pub version: usize,
    /// The test of the whole of the **first** version: one test, which pays for no look.
    pub detection: Detection,
    /// What the first version scores at each position.
    pub positions: Vec<Position>,
    /// The spans of this look's version, in its tokens; none if it is not significant, or places were not searched.
    pub spans: Vec<Span>,
    /// ln p of this look with all looks paid for, in nats, ≤ 0.
    pub ln_p: f64,
}

impl Examination {
    /// exp([`ln_p`](Self::ln_p)); 0 where that underflows.
    pub fn p_value(&self) -> f64 {
        self.ln_p.exp()
    }

    /// Whether p ≤ α, everything paid for.
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.ln_p <= alpha.ln()
    }
}

impl Examiner {
    /// Keys for which seeds are remembered from text to text; with more of them the memory would not stay small.
    const REMEMBERED: usize = 16;

    /// Every key under every scheme. One given twice is asked once.
    pub fn new(keys: &[Key], schemes: &[Scheme]) -> Self {
        let keys: Vec<&Key> = (keys.iter().enumerate())
            .filter_map(|(i, key)| keys[..i].iter().all(|earlier| earlier != key).then_some(key))
            .collect();
        let mut distinct: Vec<Scheme> = Vec::new();
        for &scheme in schemes {
            if !distinct.contains(&scheme) {
                distinct.push(scheme);
            }
        }
        let forgets = keys.len() * distinct.len() > Self::REMEMBERED;
        let detector = |key: &Key, scheme| {
            let mut detector = Detector::new(key, scheme);
            if forgets {
                detector.seeds().forget();
            }
            detector
        };
        let panels: Vec<Vec<Detector>> =
            distinct.iter().map(|&scheme| keys.iter().map(|key| detector(key, scheme)).collect()).collect();
        let salt = panels.first().and_then(|panel| panel.first()).map_or(0, Detector::table_salt);
        Self { panels, schemes: distinct, searches: true, salt }
    }

    /// Whether to search each version for marked spans (the default), or to test it as a whole and nothing else.
    #[must_use]
    pub fn searches(mut self, searches: bool) -> Self {
        self.searches = searches;
        self
    }

    /// Looks at a text.
    ///
    /// - `versions`: the text as it is, then whatever else it may be read as (normalised). A version with the ids of an earlier one is no look
    ///   of its own. Which versions there are must follow from the text alone.
    /// - `alpha`: the level to collect [`hits`](Examination::hits) at, chosen before looking.
    pub fn examine(&mut self, versions: &[&[TokenId]], alpha: f64) -> Examination {
        let distinct: Vec<usize> = (0..versions.len()).filter(|&i| !versions[..i].contains(&versions[i])).collect();
        let keys = self.panels.first().map_or(0, Vec::len);
        let looks = (keys * self.panels.len() * distinct.len()) as u64;
        if looks == 0 {
            return Examination { looks, ln_p: 0.0, best: None, hits: Vec::new() };
        }
        let price = (looks as f64).ln();

        // What is significant, and what was the best so far when it was met.
        let mut findings: Vec<Finding> = Vec::new();
        let mut least = f64::INFINITY;
        for (panel, &scheme) in self.panels.iter_mut().zip(&self.schemes) {
            let read = |&version: &usize| (version, Reading::new(scheme, versions[version], self.salt));
            let readings: Vec<(usize, Reading<'_>)> = distinct.iter().map(read).collect();
            for detector in panel {
                let scores = readings.iter().map(|(version, reading)| (*version, detector.score(reading)));
                let scores: Vec<(usize, Scores<'_>)> = scores.collect();
                let mut best = (f64::INFINITY, 0);
                for (at, (_, scores)) in scores.iter().enumerate() {
                    let ln_p = if self.searches { scores.ln_p_of_search() } else { scores.detection().ln_p };
                    if ln_p < best.0 {
                        best = (ln_p, at);
                    }
                }
                let is_hit = best.0 + price <= alpha.ln();
                if is_hit || best.0 < least {
                    least = least.min(best.0);
                    let ((_, first), (version, scores)) = (&scores[0], &scores[best.1]);
                    findings.push(Finding {
                        version: *version,
                        detection: first.detection(),
                        positions: first.positions(),
                        spans: if is_hit && self.searches { scores.search().spans(alpha).to_vec() } else { Vec::new() },
                        // Above 0 until the findings are in order: the least of many is still the best where all are paid up to p = 1.
                        ln_p: best.0 + price,
                    });
                }
            }
        }
        findings.sort_by(|a, b| a.ln_p.total_cmp(&b.ln_p));
        findings.iter_mut().for_each(|finding| finding.ln_p = finding.ln_p.min(0.0));
        let best = findings.first().cloned();
        findings.retain(|finding| finding.ln_p <= alpha.ln());
        Examination { looks, ln_p: best.as_ref().map_or(0.0, |best| best.ln_p), best, hits: findings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Embedder;

    fn key(byte: u8) -> Key {
        Key::from_bytes([byte; 32])
    }

    fn scheme(scheme: &str) -> Scheme {
        scheme.parse().expect("canonical")
    }

    fn marked(key: &Key, scheme: Scheme, n: usize) -> Vec<TokenId> {
        let embedder = Embedder::new(key, scheme);
        let (mut text, mut ids) = (embedder.start(), Vec::new());
        for i in 0..n {
            let mut chances = [0.0; 2000];
            chances[i * 61 % 1900..][..50].fill(0.02);
            let token = embedder.choose(&text, &chances, (i * 7919 % 1000) as f64 / 1000.0).expect("a distribution");
            text.push(token);
            ids.push(token);
        }
        ids
    }

    #[test]
    fn nothing_to_ask_is_an_answer() {
        for (keys, schemes, versions) in [(0, 1, 1), (1, 0, 1), (1, 1, 0)] {
            let keys: Vec<Key> = (0..keys).map(key).collect();
            let schemes = vec![scheme("gm1:gumbel,h=1"); schemes];
            let found = Examiner::new(&keys, &schemes).examine(&vec![&[1, 2, 3][..]; versions], 0.5);
            assert_eq!((found.looks, found.ln_p, found.best.is_none(), found.hits.len()), (0, 0.0, true, 0));
        }
    }

    #[test]
    fn one_look_is_the_search() {
        let (key, scheme) = (key(3), scheme("gm1:gumbel,h=2"));
        for ids in [vec![], vec![7], vec![7, 7], marked(&key, scheme, 40)] {
            // The same key, scheme and version again are no looks of their own.
            let mut examiner = Examiner::new(&[key.clone(), key.clone()], &[scheme, scheme]);
            let found = examiner.examine(&[&ids, &ids], 1e-6);
            let (detection, search) = Detector::new(&key, scheme).search(&ids);
            let best = found.best.expect("a look");
            assert_eq!((found.looks, found.ln_p, best.ln_p), (1, search.ln_p, search.ln_p));
            assert_eq!((best.version, best.detection, &best.spans[..]), (0, detection, search.spans(1e-6)));
            assert_eq!(found.hits.len(), usize::from(ids.len() == 40));
            let whole = examiner.searches(false).examine(&[&ids], 1e-6);
            assert_eq!(whole.ln_p, detection.ln_p);
        }
    }

    #[test]
    fn every_look_is_paid_for() {
        let schemes = [scheme("gm1:green,h=1,gamma=64/256"), scheme("gm1:gumbel,h=2")];
        let keys: Vec<Key> = (0..20).map(key).collect();
        let normalised = marked(&keys[5], schemes[1], 80);
        let raw: Vec<TokenId> =
            normalised.iter().enumerate().map(|(i, &id)| if i % 2 == 0 { 9999 } else { id }).collect();
        let found = Examiner::new(&keys, &schemes).examine(&[&raw, &normalised], 1e-6);
        assert_eq!(found.looks, 80);
        let (_, search) = Detector::new(&keys[5], schemes[1]).search(&normalised);
        assert_eq!(found.ln_p, search.ln_p + 80f64.ln());
        let [hit] = &found.hits[..] else { panic!("{found:?}") };
        assert_eq!((hit.version, hit.detection.key_id, hit.detection.scheme), (1, keys[5].id(), schemes[1]));
        assert_eq!(hit.detection, Detector::new(&keys[5], schemes[1]).detect(&raw));
        assert_eq!(hit.positions.len(), raw.len());
    }

    #[test]
    fn the_best_look_is_named_though_no_p_is_below_1() {
        let scheme = scheme("gm1:green,h=1,gamma=64/256");
        let keys: Vec<Key> = (0..200).map(key).collect();
        let ids: Vec<TokenId> = (0..60u32).map(|i| i.wrapping_mul(2_654_435_761) >> 18).collect();
        let found = Examiner::new(&keys, &[scheme]).examine(&[&ids], 1e-6);
        assert_eq!(found.ln_p, 0.0);
        let least = keys.iter().min_by(|a, b| {
            let ln_p = |key: &Key| Detector::new(key, scheme).search(&ids).1.ln_p;
            ln_p(a).total_cmp(&ln_p(b))
        });
        assert_eq!(found.best.map(|best| best.detection.key_id), least.map(Key::id));
    }

    #[test]
    fn two_keys_in_one_text_are_both_named() {
        let scheme = scheme("gm1:gumbel,h=2");
        let keys: Vec<Key> = (0..30).map(key).collect();
        let mut ids = marked(&keys[4], scheme, 100);
        ids.extend((0..400u32).map(|i| i.wrapping_mul(2_654_435_761) >> 18));
        ids.extend(marked(&keys[21], scheme, 60));
        let found = Examiner::new(&keys, &[scheme]).examine(&[&ids], 1e-6);
        let names: Vec<_> = found.hits.iter().map(|hit| hit.detection.key_id).collect();
        assert_eq!(names, [keys[4].id(), keys[21].id()]);
        assert!(found.hits[1].spans[0].start >= 490);
    }
}
