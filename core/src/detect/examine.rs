//! Several questions about one text, and one p-value that pays for all of them. SPEC §7.7.

use std::collections::HashMap;

use super::{detection::Detection, detector::Detector, reading::Reading, scores::Scores, search::Span};
use crate::{
    key::{Key, KeyId},
    scheme::Scheme,
    token::TokenId,
};

/// One question that is paid for: does this version of a text depend on this key, under this
/// scheme?
///
/// A version is one reading of a text: the ids that a tokenizer makes of it as it is, or
/// normalised. Which versions a text has must follow from the text alone.
#[derive(Debug, Clone, Copy)]
pub struct Look<'k> {
    /// The key.
    pub key: &'k Key,
    /// The scheme.
    pub scheme: Scheme,
    /// Index into the versions given to [`Examiner::examine`].
    pub version: usize,
    /// Index of the version that is the text as it is, in this look's tokenizer: its counts are
    /// reported beside what is found.
    pub raw: usize,
}

impl<'k> Look<'k> {
    /// Makes a look at version 0, the text as it is.
    pub fn new(key: &'k Key, scheme: Scheme) -> Self {
        Self { key, scheme, version: 0, raw: 0 }
    }

    /// Makes a look for every key, scheme and version.
    ///
    /// - `versions`: number of versions, of which version 0 is the text as it is.
    /// - returns: looks in the order of keys, then schemes, then versions.
    pub fn all(keys: impl IntoIterator<Item = &'k Key>, schemes: &[Scheme], versions: usize) -> Vec<Self> {
        let of_key = |key| schemes.iter().map(move |&scheme| Self::new(key, scheme));
        let looks = keys.into_iter().flat_map(of_key);
        looks.flat_map(|look| (0..versions).map(move |version| Self { version, ..look })).collect()
    }
}

/// Answers a list of looks at each text, and pays for all of them.
///
/// With m looks the least p counts m times (Bonferroni). A look with the key, the scheme and the
/// ids of an earlier one isn't a look of its own. Each version is read once per scheme for all
/// keys, so the cost of a further key is the hashing of its scored positions.
///
/// ```
/// use greenmark::{Embedder, Examiner, Key, Look, Verdict};
///
/// let keys: Vec<Key> = (0..50).map(|byte| Key::from_bytes([byte; 32])).collect();
/// let scheme = "gm1:gumbel,h=2".parse()?;
/// let mut text = Embedder::new(&keys[7], scheme).start();
/// let mut ids = Vec::new();
/// for _ in 0..60 {
///     let token = text.choose(&[0.02; 50], 0.5)?;
///     text.push(token);
///     ids.push(token);
/// }
///
/// let found = Examiner::new(Look::all(&keys, &[scheme], 1)).examine(&[&ids], 1e-6);
/// assert_eq!((found.looks, found.verdict), (50, Verdict::Marked));
/// assert_eq!(found.hits[0].key_id, keys[7].id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// SPEC §7.7.
#[derive(Debug, Clone)]
pub struct Examiner {
    panels: Vec<Panel>,
    searches: bool,
}

/// The questions asked under one scheme.
#[derive(Debug, Clone)]
struct Panel {
    scheme: Scheme,
    askers: Vec<Asker>,
}

/// The questions asked about one key under one scheme.
#[derive(Debug, Clone)]
struct Asker {
    detector: Detector,
    questions: Vec<Question>,
}

/// A key, and the indices of its panel and asker.
type Known<'k> = (&'k Key, [usize; 2]);

/// A look without its key and scheme.
#[derive(Debug, Clone, Copy)]
struct Question {
    /// Its place in the list of looks.
    look: usize,
    version: usize,
    raw: usize,
}

/// Result of all the looks at one text.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Examination {
    /// m, the number of looks that were paid for.
    pub looks: u64,
    /// ln p of everything together, in nats, ≤ 0: the least ln p of a look, plus ln m. 0 without a
    /// look.
    pub ln_p: f64,
    /// The look with the least p, significant or not, and of several the first in the list; `None`
    /// if there was no look.
    pub best: Option<Finding>,
    /// Significant looks at the α asked for, strongest first: of each key and scheme the best one.
    pub hits: Vec<Finding>,
    /// The answer at the α asked for.
    pub verdict: Verdict,
}

/// Result of one look.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finding {
    /// Index of the look in the list given to [`Examiner::new`].
    pub look: usize,
    /// The id of its key.
    pub key_id: KeyId,
    /// Its scheme.
    pub scheme: Scheme,
    /// Its version.
    pub version: usize,
    /// ln p of this look with all looks paid for, in nats, ≤ 0.
    pub ln_p: f64,
    /// Spans of [`version`](Self::version), in its tokens; none if the look isn't significant or
    /// places weren't searched.
    pub spans: Vec<Span>,
    /// The test of the whole text as it is ([`Look::raw`]) under this key and scheme: one test,
    /// which pays for no look.
    pub raw: Detection,
    /// Scores of the raw text under this key and scheme.
    pub raw_scores: Scores,
}

/// The answer at a level α, everything paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// p ≤ α.
    Marked,
    /// p > α, and a text with as many scored positions could have had p ≤ α.
    NoMarkFound,
    /// p > α, and p would be > α even if every scored position had the highest score.
    TooShort,
}

impl Verdict {
    /// Returns the name in evidence: `marked`, `no_mark_found` or `too_short`. SPEC §10.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Marked => "marked",
            Self::NoMarkFound => "no_mark_found",
            Self::TooShort => "too_short",
        }
    }
}

/// Returns ln p of the best of several looks, in nats, ≤ 0. SPEC §7.7.
///
/// - `least`: the least ln p of a look, which may have been any of them.
/// - `looks`: number of looks, 1 or more.
pub fn pay_for_looks(least: f64, looks: u64) -> f64 {
    (least + (looks as f64).ln()).min(0.0)
}

impl Examination {
    /// Returns exp([`ln_p`](Self::ln_p)); 0 where that underflows.
    pub fn p_value(&self) -> f64 {
        self.ln_p.exp()
    }

    /// Returns true if p ≤ α, everything paid for.
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.ln_p <= alpha.ln()
    }
}

impl Examiner {
    /// Keys for which seeds are remembered from text to text; more would take much memory.
    const REMEMBERED: usize = 16;

    /// Makes an examiner of a list of looks; costs a few hashes for each key and scheme.
    pub fn new<'k>(looks: impl IntoIterator<Item = Look<'k>>) -> Self {
        let mut panels: Vec<Panel> = Vec::new();
        // By the id of the key, since keys can't be hashed; keys of one id are told apart.
        let mut known: HashMap<(KeyId, Scheme), Vec<Known<'k>>> = HashMap::new();
        for (look, Look { key, scheme, version, raw }) in looks.into_iter().enumerate() {
            let key_id = key.id();
            let known = known.entry((key_id, scheme)).or_default();
            let [panel, asker] = match known.iter().find(|(earlier, _)| *earlier == key) {
                Some(&(_, at)) => at,
                None => {
                    let panel = panels.iter().position(|panel| panel.scheme == scheme).unwrap_or_else(|| {
                        panels.push(Panel { scheme, askers: Vec::new() });
                        panels.len() - 1
                    });
                    let asker = Asker { detector: Detector::with_id(key, key_id, scheme), questions: Vec::new() };
                    panels[panel].askers.push(asker);
                    let at = [panel, panels[panel].askers.len() - 1];
                    known.push((key, at));
                    at
                }
            };
            panels[panel].askers[asker].questions.push(Question { look, version, raw });
        }
        let askers = || panels.iter().map(|panel| panel.askers.len());
        if askers().sum::<usize>() > Self::REMEMBERED {
            panels.iter_mut().flat_map(|panel| &mut panel.askers).for_each(|asker| asker.detector.forget());
        }
        Self { panels, searches: true }
    }

    /// Sets whether to search each version for marked spans (the default), or to test it as a whole
    /// and nothing else.
    #[must_use]
    pub fn searches(mut self, searches: bool) -> Self {
        self.searches = searches;
        self
    }

    /// Takes all looks at a text.
    ///
    /// - `versions`: the ids of each version. A look is left out if its version or its raw version
    ///   isn't given: leave out the last ones if there is nothing to normalise.
    /// - `alpha`: the level to answer at, chosen before looking.
    ///
    /// # Panics
    /// Never: every version that is asked about has been read.
    pub fn examine(&mut self, versions: &[&[TokenId]], alpha: f64) -> Examination {
        // Of versions with the same ids only the first is read.
        let same = |version: usize| versions[..version].iter().position(|ids| *ids == versions[version]);
        let firsts: Vec<usize> = (0..versions.len()).map(|version| same(version).unwrap_or(version)).collect();

        let askers = self.panels.iter().flat_map(|panel| &panel.askers);
        let looks = askers.map(|asker| distinct(&asker.questions, &firsts).len() as u64).sum();
        if looks == 0 {
            return Examination { looks, ln_p: 0.0, best: None, hits: Vec::new(), verdict: Verdict::NoMarkFound };
        }
        let (price, limit) = ((looks as f64).ln(), alpha.ln());

        // Findings that are significant, or were the best when they were met.
        let mut findings: Vec<Finding> = Vec::new();
        let mut best_of_all = (f64::INFINITY, usize::MAX);
        // The least ln p that any key could give.
        let mut least_possible = f64::INFINITY;
        for Panel { scheme, askers } in &mut self.panels {
            // Made for the first key that asks, with its salt, and kept for the others.
            let mut readings: Vec<Option<Reading<'_>>> = versions.iter().map(|_| None).collect();
            for Asker { detector, questions } in askers {
                let questions = distinct(questions, &firsts);
                for &Question { version, raw, .. } in &questions {
                    for version in [version, raw] {
                        readings[version].get_or_insert_with(|| detector.read(versions[version]));
                    }
                }
                let read = |version: usize| readings[version].as_ref().expect("read above");

                let mut best: Option<(f64, Question, Scores)> = None;
                for question in questions {
                    let version = question.version;
                    least_possible = least_possible.min(read(version).least_ln_p(self.searches));
                    let scores = detector.score(read(version));
                    let ln_p = if self.searches { scores.ln_p_of_search() } else { scores.detection().ln_p };
                    if best.as_ref().is_none_or(|(least, ..)| ln_p < *least) {
                        best = Some((ln_p, question, scores));
                    }
                }
                let Some((ln_p, Question { look, version, raw }, scores)) = best else { continue };
                let is_hit = ln_p + price <= limit;
                // Among equals the first look counts, whichever panel it's in.
                let is_best = ln_p < best_of_all.0 || (ln_p == best_of_all.0 && look < best_of_all.1);
                if is_best {
                    best_of_all = (ln_p, look);
                }
                if is_hit || is_best {
                    let raw_scores = if raw == version { scores.clone() } else { detector.score(read(raw)) };
                    findings.push(Finding {
                        look,
                        key_id: detector.key_id(),
                        scheme: *scheme,
                        version,
                        // Above 0 until the findings are in order: the least of many is still the
                        // best where all are paid up to p = 1.
                        ln_p: ln_p + price,
                        spans: if is_hit && self.searches { scores.search().spans(alpha).to_vec() } else { Vec::new() },
                        raw: raw_scores.detection(),
                        raw_scores,
                    });
                }
            }
        }
        findings.sort_by(|a, b| a.ln_p.total_cmp(&b.ln_p).then(a.look.cmp(&b.look)));
        findings.iter_mut().for_each(|finding| finding.ln_p = finding.ln_p.min(0.0));
        let ln_p = pay_for_looks(best_of_all.0, looks);
        let is_hit = |finding: &Finding| finding.ln_p <= limit;
        // A finding is large. The best is among the hits, or else there are none.
        let best = match findings.first().map(is_hit) {
            Some(false) => Some(findings.swap_remove(0)),
            _ => findings.first().cloned(),
        };
        findings.retain(is_hit);
        let verdict = match () {
            () if ln_p <= limit => Verdict::Marked,
            () if least_possible + price > limit => Verdict::TooShort,
            () => Verdict::NoMarkFound,
        };
        Examination { looks, ln_p, best, hits: findings, verdict }
    }
}

/// Returns the questions left for a text: of those about versions of equal ids, the first.
///
/// - `firsts`: for each version that is given, the first version with the same ids.
fn distinct(questions: &[Question], firsts: &[usize]) -> Vec<Question> {
    let mut distinct: Vec<Question> = Vec::with_capacity(questions.len());
    for &Question { look, version, raw } in questions {
        if let (Some(&version), Some(&raw)) = (firsts.get(version), firsts.get(raw))
            && distinct.iter().all(|earlier| earlier.version != version)
        {
            distinct.push(Question { look, version, raw });
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Embedder, Position};

    fn key(byte: u8) -> Key {
        Key::from_bytes([byte; 32])
    }

    fn scheme(scheme: &str) -> Scheme {
        scheme.parse().expect("canonical")
    }

    fn examiner(keys: &[Key], schemes: &[Scheme], versions: usize) -> Examiner {
        Examiner::new(Look::all(keys, schemes, versions))
    }

    fn marked(key: &Key, scheme: Scheme, n: usize) -> Vec<TokenId> {
        let (mut text, mut ids) = (Embedder::new(key, scheme).start(), Vec::new());
        for i in 0..n {
            let mut chances = [0.0; 2000];
            chances[i * 61 % 1900..][..50].fill(0.02);
            let token = text.choose(&chances, (i * 7919 % 1000) as f64 / 1000.0).expect("a distribution");
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
            let found = examiner(&keys, &schemes, 2).examine(&vec![&[1, 2, 3][..]; versions], 0.5);
            assert_eq!((found.looks, found.ln_p, found.best.is_none(), found.hits.len()), (0, 0.0, true, 0));
            assert_eq!(found.verdict, Verdict::NoMarkFound);
        }
    }

    #[test]
    fn one_look_is_the_search() {
        let (key, scheme) = (key(3), scheme("gm1:gumbel,h=2"));
        for ids in [vec![], vec![7], vec![7, 7], marked(&key, scheme, 40)] {
            // The same key, scheme and ids again are no looks of their own.
            let mut examiner = examiner(&[key.clone(), key.clone()], &[scheme, scheme], 2);
            let found = examiner.examine(&[&ids, &ids], 1e-6);
            let scores = Detector::new(&key, scheme).scores(&ids);
            let (detection, search) = (scores.detection(), scores.search());
            let best = found.best.expect("a look");
            assert_eq!((found.looks, found.ln_p, best.ln_p), (1, search.ln_p, search.ln_p));
            assert_eq!((best.look, best.version, best.raw, &best.spans[..]), (0, 0, detection, search.spans(1e-6)));
            assert_eq!(best.raw_scores.positions(), scores.positions());
            let long = ids.len() == 40;
            assert_eq!(found.hits.len(), usize::from(long));
            assert_eq!(found.verdict, if long { Verdict::Marked } else { Verdict::TooShort });
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
        let found = examiner(&keys, &schemes, 2).examine(&[&raw, &normalised], 1e-6);
        assert_eq!(found.looks, 80);
        let mut detector = Detector::new(&keys[5], schemes[1]);
        let search = detector.scores(&normalised).search();
        assert_eq!(found.ln_p, search.ln_p + 80f64.ln());
        assert_eq!(found.ln_p, pay_for_looks(search.ln_p, 80));
        let [hit] = &found.hits[..] else { panic!("{found:?}") };
        assert_eq!((hit.look, hit.version), (5 * 4 + 2 + 1, 1));
        assert_eq!((hit.key_id, hit.scheme), (keys[5].id(), schemes[1]));
        assert_eq!(hit.raw, detector.detect(&raw));
        assert_eq!(hit.raw_scores.positions().len(), raw.len());
        // Versions that are not there are not asked about.
        assert_eq!(examiner(&keys, &schemes, 3).examine(&[&raw], 1e-6).looks, 40);
    }

    #[test]
    fn each_key_is_asked_about_the_versions_named_and_no_others() {
        let scheme = scheme("gm1:gumbel,h=2");
        let keys = [key(1), key(2)];
        // Two tokenizers: versions 0 and 1 by the first, 2 and 3 by the second.
        let looks = [(0, 0, 0), (0, 1, 0), (1, 2, 2), (1, 3, 2)];
        let looks = looks.map(|(key, version, raw)| Look { key: &keys[key], scheme, version, raw });
        let (first, second) = (marked(&keys[0], scheme, 60), marked(&keys[1], scheme, 60));
        let changed: Vec<TokenId> = second.iter().map(|id| id + 1).collect();
        let mut examiner = Examiner::new(looks);
        // Each text where the other key is asked, and then where its own is.
        let found = examiner.examine(&[&second, &changed, &first, &changed], 1e-6);
        assert_eq!((found.looks, found.hits.len(), found.verdict), (4, 0, Verdict::NoMarkFound));
        let found = examiner.examine(&[&changed, &first, &changed, &second], 1e-6);
        let hits: Vec<_> = found.hits.iter().map(|hit| (hit.key_id, hit.version)).collect();
        assert!(hits.contains(&(keys[0].id(), 1)) && hits.contains(&(keys[1].id(), 3)), "{hits:?}");
        for hit in &found.hits {
            let asked = usize::from(hit.version == 3);
            assert_eq!(hit.raw, Detector::new(&keys[asked], scheme).detect(&changed));
        }
    }

    #[test]
    fn among_equal_looks_the_first_counts() {
        let schemes = [scheme("gm1:green,h=1,gamma=64/256"), scheme("gm1:gumbel,h=2")];
        let keys = [key(1), key(2)];
        // Nothing is scored, so p = 1 of every look. Schemes in turn, so that they are not asked in
        // order.
        let mut looks = Look::all(&keys, &schemes, 2);
        for _ in 0..looks.len() {
            let found = Examiner::new(looks.clone()).examine(&[&[5], &[6]], 1e-6);
            let best = found.best.expect("a look");
            assert_eq!((best.look, best.key_id), (0, looks[0].key.id()));
            assert_eq!((best.scheme, best.version), (looks[0].scheme, looks[0].version));
            looks.rotate_left(1);
        }
    }

    #[test]
    fn a_text_is_too_short_where_the_highest_scores_would_not_do() {
        for scheme in
            ["gm1:green,h=1,gamma=64/256", "gm1:green,h=0,gamma=200/256", "gm1:gumbel,h=1", "gm1:gumbel,h=2,dual"]
                .map(scheme)
        {
            for (looks, alpha) in [(1, 1e-6), (20, 0.04)] {
                let keys: Vec<Key> = (0..looks)
                    .map(|i: u32| Key::from_bytes([i.to_le_bytes(); 8].concat().try_into().expect("32")))
                    .collect();
                for searches in [true, false] {
                    let mut examiner = examiner(&keys, &[scheme], 1).searches(searches);
                    let mut verdicts = Vec::new();
                    for n in (0..100u32).step_by(3) {
                        let ids: Vec<TokenId> = (0..n).map(|i| i * 7919 + 1).collect();
                        let found = examiner.examine(&[&ids], alpha);
                        // The same test of the highest scores there are.
                        let highest =
                            found.best.expect("a look").raw_scores.positions().into_iter().map(
                                |position| match position {
                                    Position::Scored(_) => Position::Scored(scheme.family().greatest_score()),
                                    other => other,
                                },
                            );
                        let highest =
                            Scores::new(scheme.family().null(), &highest.collect::<Vec<_>>()).expect("admitted");
                        let ln_p = if searches { highest.ln_p_of_search() } else { highest.detection().ln_p };
                        let reaches = pay_for_looks(ln_p, looks.into()) <= alpha.ln();
                        assert_eq!(found.verdict != Verdict::TooShort, reaches, "{scheme}, {n} tokens");
                        verdicts.push(found.verdict);
                    }
                    assert!(verdicts.contains(&Verdict::TooShort) && verdicts.contains(&Verdict::NoMarkFound));
                }
            }
        }
    }

    #[test]
    fn the_best_look_is_named_though_no_p_is_below_1() {
        let scheme = scheme("gm1:green,h=1,gamma=64/256");
        let keys: Vec<Key> = (0..200).map(key).collect();
        let ids: Vec<TokenId> = (0..60u32).map(|i| i.wrapping_mul(2_654_435_761) >> 18).collect();
        let found = examiner(&keys, &[scheme], 1).examine(&[&ids], 1e-6);
        assert_eq!(found.ln_p, 0.0);
        let ln_p = |key: &Key| Detector::new(key, scheme).scores(&ids).ln_p_of_search();
        let least = keys.iter().min_by(|a, b| ln_p(a).total_cmp(&ln_p(b)));
        assert_eq!(found.best.map(|best| best.key_id), least.map(Key::id));
    }

    #[test]
    fn two_keys_in_one_text_are_both_named() {
        let scheme = scheme("gm1:gumbel,h=2");
        let keys: Vec<Key> = (0..30).map(key).collect();
        let mut ids = marked(&keys[4], scheme, 100);
        ids.extend((0..400u32).map(|i| i.wrapping_mul(2_654_435_761) >> 18));
        ids.extend(marked(&keys[21], scheme, 60));
        let found = examiner(&keys, &[scheme], 1).examine(&[&ids], 1e-6);
        let names: Vec<_> = found.hits.iter().map(|hit| hit.key_id).collect();
        assert_eq!(names, [keys[4].id(), keys[21].id()]);
        assert!(found.hits[1].spans[0].start >= 490);
    }
}
