//! Records what SmolLM2 makes of the built-in model's marked texts, so that tests attack with it
//! where it is not to be had.
//!
//!     scripts/fetch-model.sh && cargo run --release -p greenmark-lab --bin record-attacked
//!
//! Writes `tests/data/attacked.jsonl`, a text a line, and `tests/data/attacked-measured.jsonl`,
//! what was detected of them. Some minutes.

use std::fs;

use anyhow::Result;
use greenmark_attacks::{Options, Strength, build};
use greenmark_eval::{
    corpus::{Job, Recipe, key},
    detectors::{ALPHAS, PerDetector},
    setup::{Setup, parse_mark},
};
use serde_json::json;

const TEXTS: usize = 60;
const SEED: u64 = 1;
const MARKS: [&str; 2] = ["gm1:green,h=1,gamma=64/256@2", "gm1:gumbel,h=2"];

fn main() -> Result<()> {
    let mut demo = Setup::load("demo")?;
    let prompts = demo.prompts(&["eval/prompts/prompts.jsonl"])?;
    let jobs: Vec<Job> =
        (0..).zip(prompts.into_iter().take(TEXTS)).map(|(index, prompt)| Job { index, prompt, key: index }).collect();
    let options = Options { span: Some(5), ..Options::default() };
    let mut attacks =
        [("paraphrase", 1.0, build("paraphrase", &options)?), ("resample", 0.5, build("resample", &options)?)];
    let folder = tempfile::tempdir()?;
    let (mut recorded, mut measured) = (String::new(), String::new());
    for name in MARKS {
        let mark = parse_mark(name).map_err(anyhow::Error::msg)?;
        let recipe = Recipe { mark: Some(mark), temperature: 1.0, tokens: 200, seed: SEED };
        let texts = demo.texts(folder.path(), &name.replace([':', '/'], "-"), &recipe, &jobs)?;
        for (attack, strength, attacker) in &mut attacks {
            let raw: Vec<&str> = texts.iter().map(|text| &*text.text).collect();
            let mut hits = [0; ALPHAS.len()];
            for (batch, from) in raw.chunks(attacker.batch()).zip((0..).step_by(attacker.batch())) {
                for (at, done) in attacker.attack(batch, Strength::new(*strength)?, SEED).into_iter().enumerate() {
                    let (text, index) = (done?.text, (from + at) as u64);
                    let found = PerDetector::of(&text, &key(SEED, index), mark.scheme, &demo.tokenizer)?;
                    hits.iter_mut()
                        .zip(ALPHAS)
                        .for_each(|(hits, alpha)| *hits += u64::from(found.detect <= alpha.ln()));
                    recorded += &json!({"mark": name, "attack": attack, "index": index, "text": text}).to_string();
                    recorded.push('\n');
                }
            }
            let row = json!({"mark": name, "attack": attack, "strength": strength, "options": attacker.options(), "n": TEXTS, "hits": hits});
            eprintln!("{row}");
            measured += &row.to_string();
            measured.push('\n');
        }
    }
    fs::write("tests/data/attacked.jsonl", recorded)?;
    fs::write("tests/data/attacked-measured.jsonl", measured)?;
    Ok(())
}
