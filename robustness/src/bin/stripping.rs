//! What strips a mark: detection after every model-free attack, beside the damage that it does to the text.
//!
//! `stripping OUT_DIR` writes what OUT_DIR lacks of the texts, then prints the tables. Broken off, it goes on where it was.
//! `eval/stripping.sh` runs it.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use greenmark_lm::Tokenizer;
use greenmark_robustness::{
    attack::Other,
    corpus::{self, Job, Mark, Recipe, Text},
    setup::{Setup, bar, describe, file_name, parse_mark},
    stripping::{ALPHAS, Cell, Outcome, Strike},
    summary::{Mean, Rate},
};
use rayon::prelude::*;

const MARKS: [&str; 4] =
    ["gm1:green,h=1,gamma=64/256@2", "gm1:green,h=0,gamma=64/256@2", "gm1:gumbel,h=1", "gm1:gumbel,h=2"];
/// Attacks and their strengths, weakest first.
const ATTACKS: [(&str, &[f64]); 18] = [
    ("replace", &[0.1, 0.2, 0.35, 0.5]),
    ("delete", &[0.2, 0.35, 0.5]),
    ("insert", &[0.2, 0.5]),
    ("swap", &[0.2, 0.5]),
    ("shuffle-sentences", &[1.0]),
    ("typos", &[0.2, 0.5]),
    ("misspell", &[1.0]),
    ("contractions", &[1.0]),
    ("case", &[0.2, 0.5]),
    ("punctuation", &[0.5, 1.0]),
    ("homoglyphs", &[0.2, 1.0]),
    ("zero-width", &[0.2]),
    ("spaces", &[0.2, 1.0]),
    ("disguise", &[0.2]),
    ("truncate", &[0.5, 0.75]),
    ("format", &[1.0]),
    ("paste", &[0.5, 0.75, 0.9]),
    ("mix", &[0.25, 0.5]),
];
/// Unmarked texts that are mixed with one, or that one is pasted into.
const OTHERS: usize = 20;

/// Measures what is left of a mark, and of the text, after every attack that needs no model
#[derive(Debug, Parser)]
#[command(after_help = "\
Example:
  stripping texts-of-stripping --texts 20

eval/stripping.sh runs it with date and machine above the tables.")]
struct Args {
    /// Folder of the texts, written as far as it lacks them
    out: PathBuf,
    /// smollm2, demo, or a GGUF file with a chat template
    #[arg(long, default_value = "smollm2")]
    model: String,
    /// JSON Lines with prompts; may be given several times
    #[arg(long, default_values = ["eval/prompts.jsonl", "eval/more-prompts.jsonl"])]
    prompts: Vec<PathBuf>,
    /// Texts of a cell, each of its own prompt and under its own key
    #[arg(long, default_value_t = 200)]
    texts: usize,
    /// Tokens of a text
    #[arg(long, default_value_t = 200)]
    tokens: usize,
    /// Divides the logits
    #[arg(long, default_value_t = 1.0)]
    temperature: f64,
    /// A scheme, and a green one's delta after @
    #[arg(long, num_args = 1.., default_values = MARKS, value_name = "SCHEME[@DELTA]", value_parser = parse_mark)]
    marks: Vec<Mark>,
    /// Seed of keys, draws and attacks
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    fs::create_dir_all(&args.out).with_context(|| format!("{}", args.out.display()))?;
    let mut setup = Setup::load(&args.model)?;
    let prompts = setup.prompts(&args.prompts)?;
    if prompts.len() < args.texts || args.texts <= OTHERS {
        bail!(
            "{} texts of {} prompts: more than {OTHERS}, and no more than there are prompts",
            args.texts,
            prompts.len()
        );
    }
    let jobs: Vec<Job> = (0..)
        .zip(prompts.into_iter().take(args.texts))
        .map(|(index, prompt)| Job { index, prompt, key: index })
        .collect();
    let mut texts = |mark| {
        let recipe = Recipe { mark, temperature: args.temperature, tokens: args.tokens, seed: args.seed };
        setup.texts(&args.out, &file_name(mark, args.temperature), &recipe, &jobs)
    };
    let plain = texts(None)?;
    let marked: Vec<(Mark, Vec<Text>)> =
        args.marks.iter().map(|&mark| Ok((mark, texts(Some(mark))?))).collect::<Result<_>>()?;

    let strikes: Vec<Strike> = std::iter::once(Ok(Strike { steps: Vec::new() }))
        .chain(ATTACKS.iter().flat_map(|(name, strengths)| strengths.iter().map(|&share| Strike::alone(name, share))))
        .collect::<Result<_, _>>()?;
    let bench = Bench { args: &args, tokenizer: &setup.tokenizer, plain: &plain };
    for (mark, texts) in &marked {
        bench.table(*mark, texts, &strikes)?;
    }
    Ok(())
}

struct Bench<'a> {
    args: &'a Args,
    tokenizer: &'a Tokenizer,
    plain: &'a [Text],
}

impl Bench<'_> {
    fn table(&self, mark: Mark, texts: &[Text], strikes: &[Strike]) -> Result<()> {
        let [first, second, third] = ALPHAS;
        println!("\n### {}\n", describe(Some(mark)));
        println!(
            "| attack | words edited | chrF | p ≤ {first:e} | p ≤ {second:e} | p ≤ {third:e} | whole text, stream: p ≤ {third:e} | AUC | median ln p | unmarked, p ≤ {first:e} |"
        );
        println!("|---|--:|--:|---|---|---|---|--:|--:|---|");
        let progress = bar(strikes.len() as u64, &describe(Some(mark)))?;
        for strike in strikes {
            let marked = self.outcomes(mark, texts, strike)?;
            let unmarked = self.outcomes(mark, self.plain, strike)?;
            let cell = Cell::of(&marked, &unmarked).context("there are texts")?;
            let rest = Cell::of(&unmarked, &[]).context("there are texts")?;
            let [low, middle, high] = cell.rates[1].map(rate);
            println!(
                "| {} | {} | {} | {low} | {middle} | {high} | {}, {} | {} | {:.1} | {} |",
                name(strike),
                mean(cell.word_edit_rate),
                mean(cell.chrf),
                short(cell.rates[0][2]),
                short(cell.rates[2][2]),
                cell.auc.map_or("–".to_owned(), |auc| format!("{auc:.3}")),
                cell.median_ln_p,
                rate(rest.rates[1][0]),
            );
            progress.inc(1);
        }
        progress.finish_and_clear();
        Ok(())
    }

    /// What is said of every text after an attack, under the key that marked the text of its prompt.
    fn outcomes(&self, mark: Mark, texts: &[Text], strike: &Strike) -> Result<Vec<Outcome>> {
        texts
            .par_iter()
            .map(|text| {
                let others: Vec<&str> = self.others(text.index).collect();
                let others = others.join("\n\n");
                let words: Vec<String> = others.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
                let other = Other { words: &words, text: Some(&others) };
                let seed = self.args.seed.wrapping_add(1000 * text.index);
                let attacked = strike.apply(&text.text, seed, &other)?;
                let key = corpus::key(self.args.seed, text.index);
                Outcome::of(&text.text, &attacked, &key, mark.scheme, self.tokenizer)
            })
            .collect()
    }

    /// Unmarked texts of the prompts that follow.
    fn others(&self, index: u64) -> impl Iterator<Item = &str> {
        (1..=OTHERS).map(move |next| &*self.plain[(index as usize + next) % self.plain.len()].text)
    }
}

/// A word without what stands about it, small.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

fn name(strike: &Strike) -> String {
    let steps: Vec<String> =
        strike.steps.iter().map(|(attack, strength)| format!("{} {}", attack.name, strength.share())).collect();
    if steps.is_empty() { "none".to_owned() } else { steps.join(", then ") }
}

fn rate(rate: Rate) -> String {
    format!("{}/{} ({:.2}–{:.2})", rate.hits, rate.n, rate.interval.0, rate.interval.1)
}

fn short(rate: Rate) -> String {
    format!("{:.2}", rate.value())
}

fn mean(mean: Option<Mean>) -> String {
    mean.map_or("–".to_owned(), |mean| format!("{:.2}", mean.value))
}
