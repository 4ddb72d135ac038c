//! Calibration: how often unmarked texts are called marked. Counts p ≤ α over many texts and keys,
//! for every test.
//!
//! Each pair of a text and a key has a key of its own, so that all pairs are independent and the
//! intervals of their rates exact. One further key asks every text, as a deployed key does: under
//! it, texts that share phrases share their fate (SPEC §14, point 3), unless what they share is
//! counted in the first of them alone.

mod plot;
mod report;
mod run;

use std::{
    collections::BTreeMap,
    ops::{AddAssign, Range},
};

use anyhow::{Result, ensure};
use fastbloom::BloomFilter;
use greenmark::{Detector, Key, Reading, Scheme, TokenId, pay_for_looks};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::summary::distinct;

pub use plot::svg;
pub use report::{About, CorpusFile, Excess, Report, Row, Seen};
pub use run::{Ask, Options, Run, State};

/// Number of levels.
const LEVELS: usize = 22;

/// The levels α at which p ≤ α is counted, descending.
pub const ALPHAS: [f64; LEVELS] = [
    1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 5e-5, 2e-5, 1e-5, 5e-6, 2e-6, 1e-6, 5e-7,
    2e-7, 1e-7,
];

/// Number of p-values, and of those at or below each of [`ALPHAS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// P-values.
    pub n: u64,
    /// Number of p ≤ α, by the place of α in [`ALPHAS`].
    pub hits: [u64; LEVELS],
}

impl Counts {
    /// Counts a p-value by its logarithm, as a decision at each level would be taken.
    pub fn add(&mut self, ln_p: f64) {
        self.n += 1;
        for (hits, alpha) in self.hits.iter_mut().zip(ALPHAS) {
            // Written so that NaN, which no test gives, would count.
            if ln_p > alpha.ln() {
                break;
            }
            *hits += 1;
        }
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        self.n += other.n;
        self.hits.iter_mut().zip(other.hits).for_each(|(sum, hits)| *sum += hits);
    }
}

/// A question that a detector can ask of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// The whole text as it is, one key.
    Whole,
    /// Marked spans in the text as it is, one key. SPEC §7.5.
    Search,
    /// The text as a stream, stopped wherever it looks most marked, one key. SPEC §7.6.
    Stream,
    /// Marked spans in the text as it is and normalised, one key.
    BothVersions,
    /// Marked spans in the text as it is, several keys.
    Keys,
    /// Marked spans in the text as it is and normalised, several keys.
    Everything,
}

impl Test {
    /// All, in the order of a [`Panel`].
    pub const ALL: [Self; 6] =
        [Self::Whole, Self::Search, Self::Stream, Self::BothVersions, Self::Keys, Self::Everything];

    /// Returns its name in tables and plots.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole text",
            Self::Search => "segments",
            Self::Stream => "stream",
            Self::BothVersions => "normalised",
            Self::Keys => "several keys",
            Self::Everything => "everything",
        }
    }
}

/// The counts of each [`Test`].
pub type Panel = [Counts; Test::ALL.len()];

/// Plan of a calibration.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    schemes: Vec<Scheme>,
    keys: u64,
    together: u64,
    seed: u64,
}

impl Plan {
    /// Greatest number of keys a text.
    pub const MOST_KEYS: u64 = 1_000_000_000;
    /// Greatest number of keys at once: their detectors are held together.
    pub const MOST_TOGETHER: u64 = 1_000;

    /// - `schemes`: one given twice is measured once.
    /// - `keys`: keys a text, 1 to [`MOST_KEYS`](Self::MOST_KEYS).
    /// - `together`: how many of them are examined at once for [`Test::Keys`] and
    ///   [`Test::Everything`], 1 to [`MOST_TOGETHER`](Self::MOST_TOGETHER).
    /// - `seed`: the keys follow from it.
    ///
    /// # Errors
    /// Without a scheme or a key, with more keys than the most, and where fewer keys are than are
    /// to be examined at once.
    pub fn new(schemes: &[Scheme], keys: u64, together: u64, seed: u64) -> Result<Self> {
        ensure!(keys > 0, "no keys: a text needs one at least");
        ensure!(together > 0, "no keys at once: one is the least");
        ensure!(keys <= Self::MOST_KEYS, "{keys} keys a text: {} are the most", Self::MOST_KEYS);
        ensure!(together <= Self::MOST_TOGETHER, "{together} keys at once: {} are the most", Self::MOST_TOGETHER);
        ensure!(together <= keys, "{together} keys at once, but only {keys} a text");
        ensure!(!schemes.is_empty(), "no scheme");
        Ok(Self { schemes: distinct(schemes.iter().copied()), keys, together, seed })
    }

    /// Returns the schemes that are tested for.
    pub fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    /// Keys a text.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// Keys examined at once.
    pub fn together(&self) -> u64 {
        self.together
    }

    /// Returns the seed of the keys.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A key that anyone can make again, and that no other pair has: for measuring alone.
    fn key(&self, text: u64, number: u64) -> Key {
        key(&format!("{}/{text}/{number}", self.seed))
    }

    /// Returns the key that asks every text, where the user has none: for measuring alone.
    pub fn deployed_key(&self) -> Key {
        key(&format!("{}/deployed", self.seed))
    }
}

fn key(name: &str) -> Key {
    Key::from_bytes(Sha256::digest(format!("greenmark/calibrate/key/{name}")).into())
}

/// A text to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The ids as it is, and normalised if they differ.
    pub versions: Vec<Vec<TokenId>>,
    /// Parts of the corpus that it belongs to, such as "lang en".
    pub parts: Vec<String>,
}

/// One key asks all texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Deployed {
    /// The whole of each text by itself.
    pub whole: Counts,
    /// Marked spans in each text by itself.
    pub segments: Counts,
    /// The whole, without what earlier texts held.
    pub whole_once: Counts,
    /// Marked spans, without what earlier texts held.
    pub segments_once: Counts,
    /// Positions counted in all texts by themselves.
    pub scored: u64,
    /// Positions counted without what earlier texts held.
    pub scored_once: u64,
    /// Texts in which nothing is scored, in no version: no key can call them marked.
    pub unscored: u64,
}

impl AddAssign<&Self> for Deployed {
    fn add_assign(&mut self, other: &Self) {
        self.whole += &other.whole;
        self.segments += &other.segments;
        self.whole_once += &other.whole_once;
        self.segments_once += &other.segments_once;
        self.scored += other.scored;
        self.scored_once += other.scored_once;
        self.unscored += other.unscored;
    }
}

/// Everything counted so far. What is counted in pieces, in any order, adds up to the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tables {
    /// The counts by scheme, in the order of the plan.
    pub all: Vec<Panel>,
    /// Everything under all schemes at once; nothing if there is one scheme.
    pub joint: Counts,
    /// The same by parts of the corpus.
    pub parts: BTreeMap<String, Vec<Panel>>,
    /// One key for all texts, by scheme.
    pub deployed: Vec<Deployed>,
}

/// Parts that are told apart; texts of further ones are counted in the whole only, so that memory
/// stays bounded.
const PARTS: usize = 100;

impl Tables {
    /// Nothing counted yet.
    pub fn new(plan: &Plan) -> Self {
        let schemes = plan.schemes.len();
        Self { all: vec![Panel::default(); schemes], deployed: vec![Deployed::default(); schemes], ..Self::default() }
    }

    fn add(&mut self, text: &Text, found: &Found) {
        add_panels(&mut self.all, &found.panels);
        self.joint += &found.joint;
        for part in &text.parts {
            if self.parts.len() < PARTS || self.parts.contains_key(part) {
                let panels =
                    self.parts.entry(part.clone()).or_insert_with(|| vec![Panel::default(); found.panels.len()]);
                add_panels(panels, &found.panels);
            }
        }
    }
}

fn add_panels(sums: &mut [Panel], panels: &[Panel]) {
    let sums = sums.iter_mut().flatten();
    sums.zip(panels.iter().flatten()).for_each(|(sum, counts)| *sum += counts);
}

/// Counts of one text under some keys.
struct Found {
    panels: Vec<Panel>,
    joint: Counts,
}

/// Pairs and contexts of the texts so far, by scheme, in memory of a fixed size.
///
/// A Bloom filter: what it takes for seen by mistake is a position lost, and depends on the ids
/// alone, so every test stays valid.
#[derive(Debug)]
pub struct Ngrams {
    filters: Vec<BloomFilter>,
}

impl Ngrams {
    /// 32 MiB a scheme: one n-gram in a hundred is lost after 28 million.
    const BITS: usize = 1 << 28;
    const HASHES: u32 = 6;

    /// Nothing seen yet.
    pub fn new(plan: &Plan) -> Self {
        let filter = || BloomFilter::with_num_bits(Self::BITS).seed(&1).hashes(Self::HASHES);
        Self { filters: plan.schemes.iter().map(|_| filter()).collect() }
    }
}

/// Some texts, read once for all keys.
#[derive(Debug)]
pub struct Batch<'t> {
    plan: &'t Plan,
    /// The number of the first text in the corpus.
    first: u64,
    texts: &'t [Text],
    /// The readings by text, scheme and version.
    readings: Vec<Vec<Vec<Reading<'t>>>>,
}

impl<'t> Batch<'t> {
    /// Scores of one task, so that the threads share evenly.
    const TASK: usize = 1 << 16;

    /// - `first`: the number of the first text in the corpus, which its keys follow from.
    pub fn new(plan: &'t Plan, first: u64, texts: &'t [Text]) -> Self {
        // Which positions count is the same for every key, so the first key of the plan reads for all.
        let key = plan.key(0, 0);
        let readers: Vec<Detector> = plan.schemes.iter().map(|&scheme| Detector::new(&key, scheme)).collect();
        let read = |text: &'t Text, reader: &Detector| -> Vec<Reading<'t>> {
            text.versions.iter().map(|ids| reader.read(ids)).collect()
        };
        let readings = texts.par_iter().map(|text| readers.iter().map(|reader| read(text, reader)).collect());
        Self { plan, first, texts, readings: readings.collect() }
    }

    /// Returns the cost of one key for each text, in scored positions.
    pub fn cost(&self) -> usize {
        self.readings.iter().map(|readings| cost(readings)).sum()
    }

    /// Asks each text under its keys of these numbers.
    ///
    /// - `keys`: begins at a multiple of the keys examined at once. What is left over at its end
    ///   makes no group.
    pub fn measure(&self, keys: Range<u64>, tables: &mut Tables) {
        let tasks: Vec<(usize, Range<u64>)> = (self.readings.iter().enumerate())
            .flat_map(|(text, readings)| {
                let groups = Self::TASK / cost(readings) / self.plan.together as usize;
                let step = self.plan.together * groups.max(1) as u64;
                let keys = keys.clone();
                keys.clone().step_by(step as usize).map(move |from| (text, from..keys.end.min(from + step)))
            })
            .collect();
        let found: Vec<Found> = tasks.par_iter().map(|(text, keys)| self.measure_text(*text, keys.clone())).collect();
        for ((text, _), found) in tasks.iter().zip(&found) {
            tables.add(&self.texts[*text], found);
        }
    }

    fn measure_text(&self, text: usize, keys: Range<u64>) -> Found {
        let mut found = Found { panels: vec![Panel::default(); self.plan.schemes.len()], joint: Counts::default() };
        for from in keys.clone().step_by(self.plan.together as usize) {
            let numbers = from..keys.end.min(from + self.plan.together);
            let is_group = numbers.end - numbers.start == self.plan.together;
            let keys: Vec<Key> = numbers.map(|number| self.plan.key(self.first + text as u64, number)).collect();
            let said = say(&self.plan.schemes, &self.readings[text], &keys);
            for (panel, said) in found.panels.iter_mut().zip(&said.schemes) {
                for (at, &ln_p) in said.each.iter().flat_map(|tests| tests.iter().enumerate()) {
                    panel[at].add(ln_p);
                }
                if is_group {
                    panel[Test::Keys as usize].add(said.keys);
                    panel[Test::Everything as usize].add(said.everything);
                }
            }
            if is_group && said.schemes.len() > 1 {
                found.joint.add(said.joint);
            }
        }
        found
    }

    /// Asks every text under one key.
    ///
    /// - `ngrams`: what the texts before this batch held; what these hold is added.
    pub fn deploy(&self, key: &Key, ngrams: &mut Ngrams, tables: &mut Tables) {
        let once = self.once(ngrams);
        for (at, (&scheme, sum)) in self.plan.schemes.iter().zip(&mut tables.deployed).enumerate() {
            let ask = |detector: &mut Detector, (readings, once): (&Vec<Vec<Reading<'t>>>, &Vec<Reading<'t>>)| {
                let (reading, once) = (&readings[at][0], &once[at]);
                let mut deployed = Deployed {
                    scored: reading.scored() as u64,
                    scored_once: once.scored() as u64,
                    unscored: u64::from(readings[at].iter().all(|reading| reading.scored() == 0)),
                    ..Deployed::default()
                };
                let scores = detector.score(reading);
                deployed.whole.add(scores.detection().ln_p);
                deployed.segments.add(scores.ln_p_of_search());
                let scores = detector.score(once);
                deployed.whole_once.add(scores.detection().ln_p);
                deployed.segments_once.add(scores.ln_p_of_search());
                deployed
            };
            let pairs = self.readings.par_iter().zip(&once);
            let found: Vec<Deployed> = pairs.map_init(|| Detector::new(key, scheme), ask).collect();
            found.iter().for_each(|deployed| *sum += deployed);
        }
    }

    /// Adds to `ngrams` what these texts hold, where all else about them is known already.
    pub fn remember(&self, ngrams: &mut Ngrams) {
        self.once(ngrams);
    }

    /// Returns by text and scheme what no earlier text held.
    fn once(&self, ngrams: &mut Ngrams) -> Vec<Vec<Reading<'t>>> {
        let once = |readings: &Vec<Vec<Reading<'t>>>| {
            let schemes = readings.iter().zip(&mut ngrams.filters);
            let once = schemes.map(|(versions, seen)| {
                let mut reading = versions[0].clone();
                reading.retain(|ngram| !seen.insert(ngram));
                reading
            });
            once.collect()
        };
        self.readings.iter().map(once).collect()
    }
}

/// Returns the cost of a key in a text, in scored positions.
fn cost(readings: &[Vec<Reading<'_>>]) -> usize {
    /// Cost of a text in which nothing is scored: a detector is still made from the key.
    const LEAST: usize = 16;
    readings.iter().flatten().map(|reading| LEAST + reading.scored()).sum::<usize>().max(1)
}

/// Results of the tests on one text under a group of keys: ln p, in nats.
struct Said {
    schemes: Vec<SaidOfScheme>,
    /// Everything, under all schemes.
    joint: f64,
}

struct SaidOfScheme {
    /// The tests of one key, by key, in the order of [`Test::ALL`].
    each: Vec<[f64; 4]>,
    keys: f64,
    everything: f64,
}

/// - `readings`: by scheme and version.
fn say(schemes: &[Scheme], readings: &[Vec<Reading<'_>>], keys: &[Key]) -> Said {
    let (mut least_of_all, mut looks_at_all) = (f64::INFINITY, 0);
    let said = schemes.iter().zip(readings).map(|(&scheme, versions)| {
        let (mut least_as_it_is, mut least) = (f64::INFINITY, f64::INFINITY);
        let each: Vec<[f64; 4]> = (keys.iter())
            .map(|key| {
                let mut detector = Detector::new(key, scheme);
                let as_it_is = detector.score(&versions[0]);
                let segments = as_it_is.ln_p_of_search();
                let others = versions[1..].iter().map(|version| detector.score(version).ln_p_of_search());
                let best = others.fold(segments, f64::min);
                least_as_it_is = least_as_it_is.min(segments);
                least = least.min(best);
                [
                    as_it_is.detection().ln_p,
                    segments,
                    as_it_is.ln_p_of_stream(),
                    pay_for_looks(best, versions.len() as u64),
                ]
            })
            .collect();
        least_of_all = least_of_all.min(least);
        looks_at_all += keys.len() * versions.len();
        SaidOfScheme {
            each,
            keys: pay_for_looks(least_as_it_is, keys.len() as u64),
            everything: pay_for_looks(least, (keys.len() * versions.len()) as u64),
        }
    });
    Said { schemes: said.collect(), joint: pay_for_looks(least_of_all, looks_at_all as u64) }
}

#[cfg(test)]
mod tests {
    use greenmark::{Examiner, Look};

    use super::*;

    const GREEN: &str = "gm1:green,h=1,gamma=64/256";

    fn plan(keys: u64, together: u64) -> Plan {
        let schemes = [GREEN, "gm1:gumbel,h=2", GREEN].map(|scheme| scheme.parse().expect("canonical"));
        Plan::new(&schemes, keys, together, 7).expect("a plan")
    }

    fn ids(seed: u32, n: u32) -> Vec<TokenId> {
        (0..n)
            .map(|i| ((i + 1).wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(0x9e37_79b9)) >> 9) % 700)
            .collect()
    }

    /// Texts of all lengths, the shortest included; every third has a second version.
    fn texts(n: u32) -> Vec<Text> {
        let text = |i: u32| {
            let ids = ids(i, [0, 1, 2, 40, 200][i as usize % 5]);
            let normalised = i.is_multiple_of(3).then(|| ids.iter().map(|id| id / 2).collect());
            let versions = std::iter::once(ids).chain(normalised).collect();
            Text { versions, parts: vec![format!("lang {}", i % 2)] }
        };
        (0..n).map(text).collect()
    }

    fn all(plan: &Plan, texts: &[Text], batch: usize, step: u64) -> Tables {
        let (mut tables, mut ngrams) = (Tables::new(plan), Ngrams::new(plan));
        for (number, texts) in texts.chunks(batch).enumerate() {
            let batch = Batch::new(plan, (number * batch) as u64, texts);
            batch.deploy(&plan.deployed_key(), &mut ngrams, &mut tables);
            for from in (0..plan.keys()).step_by(step as usize) {
                batch.measure(from..plan.keys().min(from + step), &mut tables);
            }
        }
        tables
    }

    #[test]
    fn a_plan_is_checked() {
        let scheme = GREEN.parse().expect("canonical");
        for (schemes, keys, together) in
            [(1, 0, 1), (1, 3, 4), (1, 3, 0), (0, 3, 1), (1, u64::MAX, 1), (1, 1_000_000, 1_001)]
        {
            assert!(Plan::new(&vec![scheme; schemes], keys, together, 1).is_err());
        }
        assert_eq!(plan(4, 4).schemes().len(), 2);
    }

    #[test]
    fn p_is_counted_at_every_level_that_it_reaches() {
        let mut counts = Counts::default();
        for p in [1.0, 0.5, 0.049, 1e-6f64, 1e-300] {
            counts.add(p.ln());
        }
        assert_eq!(counts.n, 5);
        for (alpha, hits) in [(1.0, 5), (0.5, 4), (0.1, 3), (0.02, 2), (1e-6, 2), (5e-7, 1), (1e-7, 1)] {
            let at = ALPHAS.iter().position(|&level| level == alpha).expect("a level");
            assert_eq!(counts.hits[at], hits, "{alpha}");
        }
    }

    #[test]
    fn tests_decide_as_the_detector_does() {
        let plan = plan(3, 3);
        let keys: Vec<Key> = (0..3).map(|number| plan.key(5, number)).collect();
        for text in texts(15) {
            let versions: Vec<&[TokenId]> = text.versions.iter().map(Vec::as_slice).collect();
            let readings: Vec<Vec<Reading<'_>>> = (plan.schemes.iter())
                .map(|&scheme| versions.iter().map(|ids| Detector::new(&keys[0], scheme).read(ids)).collect())
                .collect();
            let said = say(&plan.schemes, &readings, &keys);
            let examined = |keys: &[Key], schemes: &[Scheme], versions: &[&[TokenId]]| {
                Examiner::new(Look::all(keys, schemes, 2)).examine(versions, 1e-6).ln_p
            };
            assert_eq!(said.joint, examined(&keys, &plan.schemes, &versions));
            for (&scheme, said) in plan.schemes.iter().zip(&said.schemes) {
                assert_eq!(said.everything, examined(&keys, &[scheme], &versions));
                assert_eq!(said.keys, examined(&keys, &[scheme], &versions[..1]));
                for (key, &[whole, segments, stream, normalised]) in keys.iter().zip(&said.each) {
                    let scores = Detector::new(key, scheme).scores(versions[0]);
                    assert_eq!((whole, segments), (scores.detection().ln_p, scores.ln_p_of_search()));
                    assert_eq!(normalised, examined(std::slice::from_ref(key), &[scheme], &versions));
                    let mut read = greenmark::Stream::new(key, scheme);
                    versions[0].iter().for_each(|&id| _ = read.push(id));
                    assert!((stream - read.finish().ln_p).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn counts_do_not_depend_on_how_the_work_is_cut() {
        let (plan, texts) = (plan(10, 4), texts(23));
        let whole = all(&plan, &texts, 23, 12);
        assert_eq!(all(&plan, &texts, 4, 4), whole);
        for panel in &whole.all {
            assert_eq!(panel[Test::Whole as usize].n, 230);
            assert_eq!(panel[Test::Everything as usize].n, 46, "ten keys make two groups of four");
            assert_eq!(panel[Test::Whole as usize].hits[0], 230);
        }
        // Of five texts one has no token and one a single token, with no context; gumbel's of two tokens
        // has none of two.
        assert_eq!(whole.deployed.iter().map(|deployed| deployed.unscored).collect::<Vec<_>>(), [10, 15]);
        assert_eq!(whole.joint.n, 46);
        let mut sum = vec![Panel::default(); 2];
        whole.parts.values().for_each(|panels| add_panels(&mut sum, panels));
        assert_eq!((whole.parts.len(), sum), (2, whole.all));
    }

    #[test]
    fn what_texts_share_counts_once() {
        let (plan, text) = (plan(1, 1), Text { versions: vec![ids(3, 200)], parts: Vec::new() });
        let tables = all(&plan, &vec![text.clone(); 5], 2, 1);
        let one = all(&plan, &[text], 1, 1);
        for (five, one) in tables.deployed.iter().zip(&one.deployed) {
            assert_eq!((five.scored, five.scored_once), (5 * one.scored, one.scored_once));
            assert_eq!(one.scored, one.scored_once, "nothing is lost to the filter here");
            assert_eq!(five.whole.hits, one.whole.hits.map(|hits| 5 * hits), "one fate");
            assert_eq!(five.whole_once.hits[1..], one.whole.hits[1..], "and the others have none");
        }
    }

    #[test]
    fn part_names_are_bounded() {
        let plan = plan(1, 1);
        let text = |i: u32| Text { versions: vec![vec![i]], parts: vec![format!("source {i}")] };
        let texts: Vec<Text> = (0..500).map(text).collect();
        assert_eq!(all(&plan, &texts, 100, 1).parts.len(), PARTS);
    }

    #[test]
    fn one_token_a_hundred_thousand_times_is_no_mark() {
        let plan = plan(100, 1);
        let text = Text { versions: vec![vec![7; 100_000]], parts: Vec::new() };
        let tables = all(&plan, &[text], 1, 100);
        assert_eq!(tables.all.iter().map(|panel| panel[Test::Stream as usize].hits[4]).sum::<u64>(), 0);
    }

    fn about() -> About {
        About {
            tokenizer: "none".into(),
            fingerprint: "0".into(),
            passage: None,
            corpus: vec![CorpusFile { name: "a|b".into(), bytes: 1, sha256: "0".repeat(64) }],
            seen: Seen { documents: 1, texts: 1, ..Seen::default() },
            deployed_key: "0".into(),
            deployed_key_is_given: false,
        }
    }

    #[test]
    fn independent_keys_exceed_no_level() {
        let (plan, texts) = (plan(40, 4), texts(250));
        let report = Report::new(&plan, about(), &all(&plan, &texts, 100, 40));
        assert!(report.exceeds.is_empty(), "{}", report.verdict());
        // The texts with something to count, of which there are 2 in 5, do come near.
        for table in report.tables.iter().filter(|table| table.part.is_none() && table.scheme.contains("gumbel")) {
            assert!(table.rows[3].rate > 0.01, "{table:?}");
        }
    }

    #[test]
    fn an_excess_is_said_and_chance_is_not() {
        let plan = plan(4, 4);
        let mut tables = Tables::new(&plan);
        let rates = |factor: f64| Counts {
            n: 1_000_000,
            hits: ALPHAS.map(|alpha| ((1e6 * alpha * factor) as u64).min(1_000_000)),
        };
        tables.all.iter_mut().flatten().for_each(|counts| *counts = rates(1.0));
        let report = Report::new(&plan, about(), &tables);
        assert!(report.exceeds.is_empty() && report.verdict().starts_with("No rate"), "{}", report.verdict());
        tables.all[1][Test::Stream as usize] = rates(1.2);
        tables.deployed[0].whole = rates(1.2);
        let report = Report::new(&plan, about(), &tables);
        assert!(report.exceeds.iter().all(|excess| excess.place == "gm1:gumbel,h=2, stream" && excess.row.is_above()));
        assert!(report.exceeds.len() > 5 && report.verdict().contains("EXCEED THEIR ALPHA"));
        assert!(report.exceeds_by_sharing.iter().all(|excess| excess.place.contains("one key, whole text")));
        assert!(report.verdict().contains("share phrases"));
        assert!(report.summary().contains(&report.verdict()) && report.markdown().contains(&report.verdict()));
    }

    #[test]
    fn a_report_is_whole() {
        let (plan, texts) = (plan(12, 4), texts(60));
        let report = Report::new(
            &plan,
            About { seen: Seen { documents: 60, texts: 60, ..Seen::default() }, ..about() },
            &all(&plan, &texts, 60, 12),
        );
        let markdown = report.markdown();
        for part in
            ["| α | whole text (n = 720)", "several keys (n = 180)", "| lang 1 |", "a\\|b", "All schemes at once"]
        {
            assert!(markdown.contains(part), "{part}: {markdown}");
        }
        let columns = |line: &&str| line.matches('|').count();
        for table in markdown.split("\n\n").filter(|part| part.starts_with("| α")) {
            let head = table.lines().next().expect("a head");
            assert!(table.lines().all(|line| columns(&line) == columns(&head)), "{table}");
        }
        let image = svg(&report).expect("it draws");
        assert!(image.starts_with("<svg") && image.trim_end().ends_with("</svg>"));
        for part in ["prefers-color-scheme: dark", "<polyline", "several keys", "gm1:gumbel,h=2, one key"] {
            assert!(image.contains(part), "{part}");
        }
        for (said, unscored) in [("In 24 of 60 texts", 24), ("In 36 of 60 texts", 36)] {
            assert!(markdown.contains(said) && report.summary().contains(said), "{said}: {markdown}");
            assert!(report.deployed.iter().any(|deployed| deployed.unscored == unscored));
        }
    }
}
