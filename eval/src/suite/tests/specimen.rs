//! A run's results as they could be, from a seed, for tests of what is made of them.

use greenmark::stats::clopper_pearson;
use greenmark_lm::text_rng;
use rand_chacha::{ChaCha8Rng, rand_core::Rng};
use serde_json::Map;

use crate::suite::results::{
    AttackRow, CellRow, Damage, Estimate, FORMAT, Kind, MarkRow, PerDetector, Rate, Results, Run, Skipped,
};

/// Texts of a cell.
const N: u64 = 200;

/// Attacks, their strengths, what they leave of the letters and of the sense at full strength, and
/// how much of the mark.
const ATTACKS: [(&str, &[f64], [f64; 3]); 24] = [
    ("none", &[0.0], [1.0, 1.0, 1.0]),
    ("replace", &[0.1, 0.2, 0.35, 0.5], [0.1, 0.1, -0.4]),
    ("delete", &[0.2, 0.35, 0.5], [0.2, 0.4, 0.0]),
    ("insert", &[0.2, 0.5], [0.6, 0.5, 0.1]),
    ("swap", &[0.2, 0.5], [0.6, 0.8, -0.3]),
    ("shuffle-sentences", &[1.0], [0.75, 0.9, 0.95]),
    ("typos", &[0.2, 0.5], [0.5, 0.2, 0.0]),
    ("misspell", &[1.0], [0.99, 0.99, 0.98]),
    ("contractions", &[1.0], [0.98, 0.99, 0.98]),
    ("case", &[0.2, 0.5], [0.4, 0.97, -0.5]),
    ("punctuation", &[0.5, 1.0], [0.9, 0.93, 0.8]),
    ("homoglyphs", &[0.2, 1.0], [0.05, 0.1, 0.97]),
    ("zero-width", &[0.2], [-2.0, -2.0, 0.9]),
    ("spaces", &[0.2, 1.0], [0.8, 0.9, 0.97]),
    ("disguise", &[0.2], [-2.0, -2.5, 0.9]),
    ("truncate", &[0.5, 0.75], [0.0, 0.5, 0.0]),
    ("format", &[1.0], [0.95, 0.97, 0.98]),
    ("paste", &[0.5, 0.75, 0.9, 0.95], [0.6, 0.1, 0.4]),
    ("mix", &[0.25, 0.5], [0.0, 0.2, -0.2]),
    ("replace 0.1, delete 0.05, insert 0.05, punctuation 0.2, typos 0.05", &[0.1], [-1.0, -0.5, -1.5]),
    ("resample, span 1", &[0.2, 0.5], [0.3, 0.5, -0.4]),
    ("resample, span 5", &[0.2, 0.5], [0.25, 0.4, -0.1]),
    ("resample, span 20", &[0.2, 0.5], [0.2, 0.3, 0.1]),
    ("paraphrase, by sentence", &[1.0], [0.35, 0.62, 0.3]),
];

/// Marks, their cost, how well they are found, and whether they are chief.
const MARKS: [(&str, f64, f64, bool); 5] = [
    ("gm1:green,h=1,gamma=64/256, delta 2", 1.56, 1.0, true),
    ("gm1:gumbel,h=2", 0.97, 1.5, true),
    ("gm1:green,h=0,gamma=64/256, delta 2", 1.04, 0.9, false),
    ("gm1:green,h=1,gamma=64/256, delta 4", 3.18, 1.4, false),
    ("gm1:gumbel,h=4", 0.99, 0.95, false),
];

/// Results that a seed determines.
pub(crate) fn results(seed: u64) -> Results {
    let mut rng = text_rng(seed, 0);
    let mut cells = Vec::new();
    for (mark, _, power, is_chief) in MARKS {
        for &tokens in if is_chief { &[50, 100, 200, 400][..] } else { &[200] } {
            for (attack, strengths, left) in ATTACKS {
                let is_by_model = attack.starts_with("resample") || attack.starts_with("paraphrase");
                if is_by_model && (tokens != 200 || !is_chief) {
                    continue;
                }
                for &strength in strengths {
                    cells.push(cell(&mut rng, mark, power, tokens, attack, strength, left));
                }
            }
        }
    }
    let plain = ("none", 1.0, 0.0, false);
    Results {
        format: FORMAT.to_owned(),
        run: Run {
            suite: "standard".to_owned(),
            about: "A specimen: figures from a seed, which nothing was measured for.".to_owned(),
            date: "2026-11-24".to_owned(),
            version: "0.1.0".to_owned(),
            commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            machine: "a processor, 2 cores".to_owned(),
            model: "Specimen 135M".to_owned(),
            model_sha256: Some("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned()),
            chief_length: 200,
            chief_marks: MARKS.iter().filter(|mark| mark.3).map(|mark| mark.0.to_owned()).collect(),
            temperature: 1.0,
            seed,
            others: "unmarked texts by the same model".to_owned(),
            command: format!("greenmark eval --suite standard --seed {seed} --out eval/standard"),
            seconds: 20_000.0,
        },
        attacks: ATTACKS.iter().skip(1).map(|(name, ..)| attack_row(name)).collect(),
        marks: std::iter::once(&plain).chain(&MARKS).map(|mark| mark_row(&mut rng, mark.0, mark.1)).collect(),
        cells,
        skipped: vec![Skipped {
            what: "paraphrase, by paragraph".to_owned(),
            why: "no chat model was given; --chat-url names one".to_owned(),
        }],
    }
}

fn attack_row(name: &str) -> AttackRow {
    let kind = match name.split(',').next() {
        Some("resample" | "paraphrase") => Kind::Rewriting,
        Some("truncate" | "paste" | "mix" | "format") => Kind::Structure,
        Some("homoglyphs" | "zero-width" | "spaces" | "disguise" | "case") => Kind::Characters,
        Some(name) if name.contains(' ') => Kind::Several,
        _ => Kind::Words,
    };
    let said = |what: &str| format!("{what} of {name}");
    let [place, models, source, limits] = ["a place", "the model", "the source", "the limits"].map(said);
    AttackRow { attack: name.to_owned(), kind, place, models, source, limits }
}

fn mark_row(rng: &mut ChaCha8Rng, mark: &str, cost: f64) -> MarkRow {
    let mut around = |value: f64, width: f64| estimate(value + 0.2 * width * normal(rng), width, N as usize);
    let perplexity_factor = if mark == "none" { around(1.0, 0.0) } else { around(cost, 0.1 * cost) };
    let (surprise, repeated_4grams) = (around(3.2 + cost.ln(), 0.1), around(0.03, 0.01));
    let distinct = [0.6, 0.9, 0.97].map(|share| around(share, 0.01));
    MarkRow {
        mark: mark.to_owned(),
        n: N as usize,
        tokens: 200,
        perplexity_factor,
        surprise,
        repeated_4grams,
        distinct,
    }
}

fn cell(
    rng: &mut ChaCha8Rng,
    mark: &str,
    power: f64,
    tokens: usize,
    attack: &str,
    strength: f64,
    left: [f64; 3],
) -> CellRow {
    let [chrf, similarity, evidence] = left.map(|at_full| 1.0 - strength * (1.0 - at_full));
    let z = 11.0 * power * evidence.max(0.0) * (tokens as f64 / 200.0).sqrt();
    let mut detection = |loss: f64| {
        [2.3, 3.7, 4.75].map(|critical: f64| {
            let share = 1.0 / (1.0 + (-1.3 * (z - loss - critical)).exp());
            rate((0..N).filter(|_| uniform(rng) < share).count() as u64, N)
        })
    };
    let detection = PerDetector {
        whole: detection(0.0),
        search: detection(0.5),
        normalised: detection(0.5),
        stream: detection(1.0),
        detect: detection(0.6),
    };
    let mut chance = || [0.007, 0.0, 0.0].map(|share| rate((0..N).filter(|_| uniform(rng) < share).count() as u64, N));
    let false_positives =
        PerDetector { whole: chance(), search: chance(), normalised: chance(), stream: chance(), detect: chance() };
    let is_attacked = attack != "none";
    let mut mean =
        |value: f64, width: f64, n: usize| Some(estimate(value.clamp(0.02, 9.0) + 0.2 * width * normal(rng), width, n));
    let sampled = is_attacked && tokens == 200;
    let mut options = Map::new();
    if attack.starts_with("resample") {
        options.insert("model".to_owned(), "Specimen 135M".into());
        options.insert("temperature".to_owned(), 1.0.into());
    }
    CellRow {
        mark: mark.to_owned(),
        attack: attack.to_owned(),
        strength,
        options,
        tokens,
        n: N as usize,
        refused: usize::from(attack.starts_with("paraphrase")) * 7,
        achieved: is_attacked.then(|| mean(strength, 0.01, N as usize)).flatten(),
        detection,
        false_positives: Some(false_positives),
        median_ln_p: detection.map(|_| -z * z / 2.0 - 0.7),
        auc: Some(detection.map(|rates| 0.5 + 0.5 * rates[0].value())),
        damage: if is_attacked {
            Damage {
                word_edit_rate: mean(1.0 - chrf, 0.02, N as usize),
                chrf: mean(chrf, 0.02, N as usize),
                similarity: if sampled && (mark.ends_with("h=2") || mark.ends_with("delta 2")) {
                    mean(similarity, 0.05, 32)
                } else {
                    None
                },
                perplexity_factor: if sampled {
                    mean(1.0 + 3.0 * strength * (1.0 - similarity), 0.2, 32)
                } else {
                    None
                },
            }
        } else {
            Damage {
                word_edit_rate: mean(0.02, 0.0, N as usize),
                chrf: mean(1.0, 0.0, N as usize),
                similarity: None,
                perplexity_factor: None,
            }
        },
    }
}

/// Rates of nothing.
pub(crate) fn nothing() -> PerDetector<[Rate; 3]> {
    let none = [Rate { hits: 0, n: 0, low: 0.0, high: 1.0 }; 3];
    PerDetector { whole: none, search: none, normalised: none, stream: none, detect: none }
}

/// Hits of n, with their interval.
pub(crate) fn rate(hits: u64, n: u64) -> Rate {
    let (low, high) = clopper_pearson(hits, n, 0.95).expect("no more hits than n");
    Rate { hits, n, low, high }
}

fn estimate(value: f64, width: f64, n: usize) -> Estimate {
    Estimate { value, low: value - width, high: value + width, n }
}

fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    f64::from(rng.next_u32()) / 2f64.powi(32)
}

/// Nearly: the sum of twelve.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| uniform(rng)).sum::<f64>() - 6.0
}
