//! The standard operating point, measured: how often marked text is found at α = 1e-6, and whether
//! unmarked text gives p-values as uniform as they should be.
//!
//! `first-look keys DIR N SEED` writes N keys that anyone can make again, for experiments alone;
//! `first-look report MARKED.jsonl UNMARKED.jsonl` reads what `greenmark detect --json` wrote under
//! them. `lab/scripts/first-look.sh` runs the whole of it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use greenmark::Key;
use greenmark_eval::summary::{Rate, median};
use greenmark_tests::uniformity::{ks_uniform, randomised_p};
use serde::Deserialize;
use sha2::{Digest, Sha256};

const ALPHAS: [f64; 3] = [1e-2, 1e-4, 1e-6];

/// Measures the standard operating point; `lab/scripts/first-look.sh` runs it
#[derive(Debug, Parser)]
enum Cli {
    /// Writes keys that anyone can make again, for experiments alone
    Keys { folder: PathBuf, count: u32, seed: String },
    /// Prints the tables of what `greenmark detect --json` wrote
    Report { marked: PathBuf, unmarked: PathBuf },
}

fn main() -> Result<()> {
    match Cli::parse() {
        Cli::Keys { folder, count, seed } => write_keys(&folder, count, &seed),
        Cli::Report { marked, unmarked } => report(&read(&marked)?, &read(&unmarked)?),
    }
}

fn write_keys(folder: &Path, count: u32, seed: &str) -> Result<()> {
    for i in 0..count {
        let bytes = Sha256::digest(format!("greenmark/eval/key/{seed}/{i}"));
        let path = folder.join(format!("{i:03}.key"));
        let text = Key::from_bytes(bytes.into()).to_text();
        fs::write(&path, text.as_bytes()).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// One line of `greenmark detect --json`.
#[derive(Deserialize)]
struct Evidence {
    key_id: String,
    scheme: String,
    tokens: u64,
    scored: u64,
    green: u64,
    gamma: f64,
    unpaid_ln_p: f64,
}

fn read(path: &Path) -> Result<Vec<Evidence>> {
    let name = path.display();
    let text = fs::read_to_string(path).with_context(|| name.to_string())?;
    let line = |(line, i)| serde_json::from_str(line).with_context(|| format!("{name}, line {i}"));
    let evidence: Vec<Evidence> = text.lines().zip(1..).map(line).collect::<Result<_>>()?;
    ensure!(!evidence.is_empty(), "{name} holds no evidence");
    Ok(evidence)
}

fn report(marked: &[Evidence], unmarked: &[Evidence]) -> Result<()> {
    let keys: BTreeSet<_> = unmarked.iter().map(|evidence| &evidence.key_id).collect();
    println!(
        "| scheme {} | n | tokens (median) | green fraction | ln p (median) | p ≤ 1e-2 | p ≤ 1e-4 | p ≤ 1e-6 |",
        marked[0].scheme
    );
    println!("|---|---|---|---|---|---|---|---|");
    row("marked", marked)?;
    row("unmarked, other keys", unmarked)?;
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

fn row(name: &str, evidence: &[Evidence]) -> Result<()> {
    let (green, scored) = evidence.iter().fold((0, 0), |(g, s), e| (g + e.green, s + e.scored));
    let middle = |value: fn(&Evidence) -> f64| median(evidence.iter().map(value).collect()).context("no evidence");
    print!(
        "| {name} | {} | {} | {:.3} | {:.1} |",
        evidence.len(),
        middle(|e| e.tokens as f64)?,
        green as f64 / scored.max(1) as f64,
        middle(|e| e.unpaid_ln_p)?,
    );
    for alpha in ALPHAS {
        let rate = Rate::of(evidence.iter().map(|e| e.unpaid_ln_p <= alpha.ln())).context("no evidence")?;
        print!(" {}/{} ({:.4}–{:.4}) |", rate.hits, rate.n, rate.low, rate.high);
    }
    println!();
    Ok(())
}

/// A number in [0, 1) for each case, the same every time.
fn uniform(i: usize) -> f64 {
    let digest = Sha256::digest(format!("greenmark/eval/randomised/{i}"));
    let word = u64::from_le_bytes(digest[..8].try_into().expect("eight of 32 bytes"));
    (word >> 11) as f64 * (-53f64).exp2()
}
