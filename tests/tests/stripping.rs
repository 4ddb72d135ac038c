//! Marks under attack: no change may lose robustness unseen.
//!
//! The demo model writes texts, every attack that needs no model is made on them, and detection must stay above floors. A floor follows from
//! `eval/stripping-demo.md`, which `eval/stripping.sh` measured on 200 texts: the lower end of the measured rate's interval, less
//! what chance does to as few texts as are tried here.

use std::path::Path;

use greenmark::stats::{clopper_pearson, ln_binomial_sf};
use greenmark_robustness::{
    corpus::{Job, Mark, Recipe, Text},
    setup::{Setup, parse_mark},
    stripping::{ATTACKS, Bout, Cell, Strike},
};

const MEASURED: &str = include_str!("../../eval/stripping-demo.md");
const TEXTS: usize = 60;
const MARKS: [&str; 2] = ["gm1:green,h=1,gamma=64/256@2", "gm1:gumbel,h=2"];
/// A floor is missed by chance as rarely as this.
const CHANCE: f64 = 1e-4;

/// One measured row: attack and strength, and of each α the texts that were detected and how many there were.
struct Row {
    attack: String,
    hits: [(u64, u64); 3],
}

/// The rows of a mark's table.
fn measured(mark: &str) -> Vec<Row> {
    let title = mark.replace('@', ", delta ");
    let (_, section) = MEASURED.split_once(&format!("### {title}\n")).expect("the mark was measured");
    let section = section.split("###").next().unwrap_or(section);
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| attack"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let hits = |cell: &str| {
            let (hits, rest) = cell.split_once('/').expect("hits of n");
            (hits.parse().expect("a count"), rest.split(' ').next().expect("n").parse().expect("a count"))
        };
        Row { attack: cells[1].to_owned(), hits: [hits(cells[4]), hits(cells[5]), hits(cells[6])] }
    })
    .collect()
}

/// The fewest of `n` texts that must be detected, where `hits` of `of` were.
fn floor((hits, of): (u64, u64), n: u64) -> u64 {
    let (low, _) = clopper_pearson(hits, of, 0.95).expect("a rate");
    if low <= 0.0 {
        return 0;
    }
    // The most that at least so many reach with all but that chance: P(X >= k) >= 1 - CHANCE.
    let reached = |k: u64| k == 0 || ln_binomial_sf(k, n, low).expect("in range") >= (1.0 - CHANCE).ln();
    (0..=n).rev().find(|&k| reached(k)).unwrap_or(0)
}

fn texts(setup: &mut Setup, folder: &Path, mark: Option<Mark>, jobs: &[Job]) -> Vec<Text> {
    let recipe = Recipe { mark, temperature: 1.0, tokens: 200, seed: 1 };
    let name = format!(
        "texts-{}",
        mark.map_or("none".to_owned(), |mark| mark.scheme.to_string().replace([':', '/', ','], "-"))
    );
    setup.texts(folder, &name, &recipe, jobs).expect("the demo model writes")
}

#[test]
fn detection_stays_above_what_was_measured() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut setup = Setup::load("demo").expect("built in");
    let prompts = setup.prompts(&["../eval/prompts.jsonl"]).expect("prompts");
    let jobs: Vec<Job> =
        (0..).zip(prompts.into_iter().take(TEXTS)).map(|(index, prompt)| Job { index, prompt, key: index }).collect();
    assert_eq!(jobs.len(), TEXTS);
    let plain = texts(&mut setup, folder.path(), None, &jobs);
    for name in MARKS {
        let mark = parse_mark(name).expect("a mark");
        let marked = texts(&mut setup, folder.path(), Some(mark), &jobs);
        let bout = Bout { plain: &plain, tokenizer: &setup.tokenizer, seed: 1 };
        let rows = measured(name);
        assert_eq!(
            rows.len(),
            1 + ATTACKS.iter().map(|(_, strengths)| strengths.len()).sum::<usize>(),
            "every attack was measured"
        );
        let mut floors = 0;
        for row in rows {
            let strike = match row.attack.rsplit_once(' ') {
                Some((attack, strength)) => {
                    Strike::alone(attack, strength.parse().expect("a strength")).expect("an attack")
                }
                None => Strike { steps: Vec::new() },
            };
            let outcomes = bout.outcomes(&marked, mark.scheme, &strike).expect("attacked");
            let cell = Cell::of(&outcomes, &[]).expect("there are texts");
            for (rate, measured) in cell.rates[1].iter().zip(row.hits) {
                let floor = floor(measured, TEXTS as u64);
                floors += u64::from(floor > 0);
                assert!(
                    rate.hits >= floor,
                    "{name}, {}: {} of {TEXTS} detected, at least {floor} after {measured:?}",
                    row.attack,
                    rate.hits
                );
            }
        }
        assert!(floors > 60, "{name}: {floors} floors hold something");
    }
}

#[test]
fn floors_are_below_what_was_measured_and_not_nothing() {
    assert_eq!(floor((0, 200), 60), 0);
    assert!((50..60).contains(&floor((200, 200), 60)));
    // The interval of 100 in 200 begins at .43, where 26 of 60 are expected, give or take 3.8.
    assert!((9..17).contains(&floor((100, 200), 60)));
}

#[test]
fn an_attack_that_takes_everything_is_noticed() {
    // Were attacks to do nothing, or detection to find anything, the floors above would hold as well.
    let folder = tempfile::tempdir().expect("a folder");
    let mut setup = Setup::load("demo").expect("built in");
    let prompts = setup.prompts(&["../eval/prompts.jsonl"]).expect("prompts");
    let jobs: Vec<Job> =
        (0..).zip(prompts.into_iter().take(30)).map(|(index, prompt)| Job { index, prompt, key: index }).collect();
    let plain = texts(&mut setup, folder.path(), None, &jobs);
    let mark = parse_mark(MARKS[0]).expect("a mark");
    let marked = texts(&mut setup, folder.path(), Some(mark), &jobs);
    let bout = Bout { plain: &plain, tokenizer: &setup.tokenizer, seed: 1 };
    for (attack, strength) in [("replace", 1.0), ("mix", 1.0)] {
        let strike = Strike::alone(attack, strength).expect("an attack");
        let cell = Cell::of(&bout.outcomes(&marked, mark.scheme, &strike).expect("attacked"), &[]).expect("texts");
        // By chance one in a hundred: 6 of 30 would be 1 in 2 million.
        assert!(cell.rates[1][0].hits < 6, "{attack}: {:?}", cell.rates[1][0]);
    }
}
