//! Marks under attack: no change may lose robustness unseen.
//!
//! The built-in model writes texts, every attack of the quick suite is made on them, and detection
//! must stay above floors. A floor follows from `lab/results/quick/results.json`, which `greenmark
//! eval --suite quick` measured on 200 texts: the lower end of the measured rate's interval, less
//! what chance does to as few texts as are tried here. What SmolLM2 makes of such texts is recorded
//! (`cargo run --release -p greenmark-lab --bin record-attacked`), so that it is tried without
//! SmolLM2.

use std::collections::BTreeMap;

use greenmark::stats::{clopper_pearson, ln_binomial_sf};
use greenmark_eval::{
    corpus::key,
    detectors::{ALPHAS, PerDetector},
    setup::{Setup, describe, parse_mark},
    suite::{self, About, AttackPlan, Extent, Folder, Identity, Plan, Scope, Suite, results::Results},
};
use greenmark_text::demo_tokenizer;
use serde_json::Value;

const MEASURED: &str = include_str!("../../lab/results/quick/results.json");
const RECORDED: &str = include_str!("../data/attacked.jsonl");
const RECORDED_MEASURED: &str = include_str!("../data/attacked-measured.jsonl");
const TEXTS: usize = 60;
const SEED: u64 = 1;
/// A floor is missed by chance as rarely as this.
const CHANCE: f64 = 1e-4;

/// The fewest of `n` texts that must be detected, where `hits` of `of` were.
fn floor(hits: u64, of: u64, n: u64) -> u64 {
    let (low, _) = clopper_pearson(hits, of, 0.95).expect("a rate");
    if low <= 0.0 {
        return 0;
    }
    // The most that at least so many reach with all but that chance: P(X >= k) >= 1 - CHANCE.
    let reached = |k: u64| k == 0 || ln_binomial_sf(k, n, low).expect("in range") >= (1.0 - CHANCE).ln();
    (0..=n).rev().find(|&k| reached(k)).unwrap_or(0)
}

fn run(plan: &Plan) -> Results {
    let parent = tempfile::tempdir().expect("a folder");
    let identity = Identity::of(plan, None, None, SEED);
    let mut folder = Folder::open(&parent.path().join("run"), Extent::Whole, identity, None).expect("a new folder");
    let setup = Setup::load(&plan.model).expect("built in");
    let about = About { machine: String::new(), date: String::new(), command: String::new(), model_sha256: None };
    suite::run(plan, Extent::Whole, SEED, setup, about, &mut folder, &|line| eprintln!("{line}"))
        .expect("the quick suite needs nothing")
}

#[test]
fn detection_stays_above_what_was_measured() {
    let measured: Results = serde_json::from_str(MEASURED).expect("results");
    let mut plan = Plan::of(Suite::Quick).with_texts(TEXTS);
    // Sense and perplexity are not looked at here.
    (plan.likened, plan.reread) = (0, 0);
    let found = run(&plan);
    assert_eq!(found.skipped, [], "the quick suite needs nothing");
    assert_eq!(found.cells.len(), measured.cells.len(), "every attack was measured: greenmark eval --suite quick");
    let mut floors = 0;
    for then in &measured.cells {
        let name = format!("{}, {} {}, {} tokens", then.mark, then.attack, then.strength, then.tokens);
        let now = found.cell(&then.mark, &then.attack, then.strength, then.tokens);
        let now = now.unwrap_or_else(|| panic!("{name} was not made"));
        for ((detector, now), (_, then)) in now.detection.named().into_iter().zip(then.detection.named()) {
            for ((now, then), alpha) in now.iter().zip(then).zip(ALPHAS) {
                let floor = floor(then.hits, then.n, now.n);
                floors += u64::from(floor > 0);
                assert!(
                    now.hits >= floor,
                    "{name}, {detector} at {alpha:e}: {} of {} detected, at least {floor} after {} of {}",
                    now.hits,
                    now.n,
                    then.hits,
                    then.n
                );
            }
        }
    }
    assert!(floors > 1000, "{floors} floors hold something");
}

#[test]
fn what_a_language_model_made_of_texts_is_still_detected() {
    let tokenizer = demo_tokenizer().expect("built in");
    let mut found: BTreeMap<(String, String), [u64; ALPHAS.len()]> = BTreeMap::new();
    let text_of = |value: &Value, member: &str| value[member].as_str().expect("text").to_owned();
    for line in RECORDED.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let (name, attack) = (text_of(&line, "mark"), text_of(&line, "attack"));
        let mark = parse_mark(&name).expect("a mark");
        let key = key(SEED, line["index"].as_u64().expect("a place"));
        let ln_p = PerDetector::of(&text_of(&line, "text"), &key, mark.scheme, &tokenizer).expect("text").detect;
        let hits = found.entry((name, attack)).or_default();
        hits.iter_mut().zip(ALPHAS).for_each(|(hits, alpha)| *hits += u64::from(ln_p <= alpha.ln()));
    }
    let mut floors = 0;
    for line in RECORDED_MEASURED.lines() {
        let then: Value = serde_json::from_str(line).expect("JSON");
        let n = then["n"].as_u64().expect("a count");
        let now = found[&(text_of(&then, "mark"), text_of(&then, "attack"))];
        for (now, then) in now.into_iter().zip(then["hits"].as_array().expect("counts")) {
            let floor = floor(then.as_u64().expect("a count"), n, n);
            floors += u64::from(floor > 0);
            assert!(now >= floor, "{now} of {n} detected, at least {floor}: {line}");
        }
    }
    assert!(floors > 4, "{floors} floors hold something");
}

#[test]
fn floors_are_below_what_was_measured_and_not_nothing() {
    assert_eq!(floor(0, 200, 60), 0);
    assert!((50..60).contains(&floor(200, 200, 60)));
    // The interval of 100 in 200 begins at .43, where 26 of 60 are expected, give or take 3.8.
    assert!((9..17).contains(&floor(100, 200, 60)));
}

#[test]
fn an_attack_that_takes_everything_is_noticed() {
    // Were attacks to do nothing, or detection to find anything, the floors above would hold as well.
    let mut plan = Plan::of(Suite::Quick).with_texts(30);
    (plan.likened, plan.reread) = (0, 0);
    plan.lengths = vec![200];
    plan.chief.truncate(1);
    plan.attacks = ["replace", "mix"].map(|name| AttackPlan::plain(&[(name, 1.0)], 30, Scope::Everything)).to_vec();
    let found = run(&plan);
    assert_eq!(found.cells.len(), 2, "{}", describe(plan.chief.first().copied()));
    for row in found.cells {
        // By chance one in a hundred: 6 of 30 would be 1 in 2 million.
        assert!(row.detection.detect[0].hits < 6, "{}: {:?}", row.attack, row.detection.detect[0]);
    }
}
