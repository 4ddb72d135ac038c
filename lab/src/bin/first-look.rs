//! The standard operating point, measured: how often marked text is found at α = 1e-6, and whether
//! unmarked text gives p-values as uniform as they should be.
//!
//! `first-look keys DIR N SEED` writes N keys that anyone can make again, for experiments alone;
//! `first-look report MARKED.jsonl UNMARKED.jsonl` reads what `greenmark detect --json` wrote under
//! them. `lab/scripts/first-look.sh` runs the whole of it.

use std::{env, fs, path::Path, process::ExitCode};

use greenmark::{Key, stats::clopper_pearson};
use greenmark_tests::uniformity::{ks_uniform, randomised_p};
use serde_json::Value;
use sha2::{Digest, Sha256};

const ALPHAS: [f64; 3] = [1e-2, 1e-4, 1e-6];
const CONFIDENCE: f64 = 0.95;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["keys", folder, count, seed] => write_keys(Path::new(folder), count, seed),
        ["report", marked, unmarked] => report(marked, unmarked),
        _ => Err("usage: first-look keys DIR N SEED | report MARKED.jsonl UNMARKED.jsonl".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("first-look: {message}");
            ExitCode::from(2)
        }
    }
}

fn write_keys(folder: &Path, count: &str, seed: &str) -> Result<(), String> {
    let count: u32 = count.parse().map_err(|_| format!("{count:?} is no number of keys"))?;
    for i in 0..count {
        let bytes = Sha256::digest(format!("greenmark/eval/key/{seed}/{i}"));
        let path = folder.join(format!("{i:03}.key"));
        let text = Key::from_bytes(bytes.into()).to_text();
        fs::write(&path, text.as_bytes()).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// One line of `greenmark detect --json`.
struct Evidence {
    key_id: String,
    scheme: String,
    tokens: u64,
    scored: u64,
    green: u64,
    gamma: f64,
    ln_p: f64,
}

fn read(path: &str) -> Result<Vec<Evidence>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let line = |(i, line): (usize, &str)| {
        let value: Value = serde_json::from_str(line).map_err(|error| format!("{path}, line {}: {error}", i + 1))?;
        let count = |name: &str| value[name].as_u64().ok_or(format!("{path}, line {}: no {name}", i + 1));
        Ok(Evidence {
            key_id: value["key_id"].as_str().unwrap_or_default().to_owned(),
            scheme: value["scheme"].as_str().unwrap_or_default().to_owned(),
            tokens: count("tokens")?,
            scored: count("scored")?,
            green: count("green")?,
            gamma: value["gamma"].as_f64().ok_or(format!("{path}, line {}: no gamma", i + 1))?,
            ln_p: value["unpaid_ln_p"].as_f64().ok_or(format!("{path}, line {}: no unpaid_ln_p", i + 1))?,
        })
    };
    let evidence: Vec<_> = text.lines().enumerate().map(line).collect::<Result<_, String>>()?;
    if evidence.is_empty() { Err(format!("{path} holds no evidence")) } else { Ok(evidence) }
}

fn report(marked: &str, unmarked: &str) -> Result<(), String> {
    let (marked, unmarked) = (read(marked)?, read(unmarked)?);
    let keys: std::collections::BTreeSet<_> = unmarked.iter().map(|evidence| &evidence.key_id).collect();
    println!(
        "| scheme {} | n | tokens (median) | green fraction | ln p (median) | p ≤ 1e-2 | p ≤ 1e-4 | p ≤ 1e-6 |",
        marked[0].scheme
    );
    println!("|---|---|---|---|---|---|---|---|");
    row("marked", &marked)?;
    row("unmarked, other keys", &unmarked)?;
    println!();

    // The count is discrete, so its p-value is larger than uniform; the randomised one is uniform
    // exactly.
    let p: Vec<f64> =
        unmarked.iter().enumerate().map(|(i, e)| randomised_p(e.green, e.scored, e.gamma, uniform(i))).collect();
    let (distance, ks_p) = ks_uniform(&p);
    println!(
        "Unmarked texts: {} text–key pairs over {} keys; randomised p-values against uniform, Kolmogorov–Smirnov \
         D = {distance:.4}, p = {ks_p:.3}.",
        p.len(),
        keys.len()
    );
    Ok(())
}

fn row(name: &str, evidence: &[Evidence]) -> Result<(), String> {
    let n = evidence.len() as u64;
    let (green, scored) = evidence.iter().fold((0, 0), |(g, s), e| (g + e.green, s + e.scored));
    print!(
        "| {name} | {n} | {} | {:.3} | {:.1} |",
        median(evidence.iter().map(|e| e.tokens as f64)),
        green as f64 / scored.max(1) as f64,
        median(evidence.iter().map(|e| e.ln_p)),
    );
    for alpha in ALPHAS {
        let hits = evidence.iter().filter(|e| e.ln_p <= alpha.ln()).count() as u64;
        let (low, high) = clopper_pearson(hits, n, CONFIDENCE).map_err(|error| error.to_string())?;
        print!(" {hits}/{n} ({low:.4}–{high:.4}) |");
    }
    println!();
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// A number in [0, 1) for each case, the same every time.
fn uniform(i: usize) -> f64 {
    let digest = Sha256::digest(format!("greenmark/eval/randomised/{i}"));
    let word = u64::from_le_bytes(digest[..8].try_into().expect("eight of 32 bytes"));
    (word >> 11) as f64 * (-53f64).exp2()
}
