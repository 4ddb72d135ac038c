//! What strips a mark: detection after every model-free attack, beside the damage that it does to the text.
//!
//! `stripping OUT_DIR` writes what OUT_DIR lacks of the texts, then prints the tables. Broken off, it goes on where it was.
//! `eval/stripping.sh` runs it.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use greenmark_robustness::{
    corpus::{Job, Mark, Recipe, Text},
    setup::{Setup, bar, describe, file_name, parse_mark},
    stripping::{ALPHAS, ATTACKS, Bout, Cell, OTHERS, Strike},
    summary::{Mean, Rate},
};

const MARKS: [&str; 4] =
    ["gm1:green,h=1,gamma=64/256@2", "gm1:green,h=0,gamma=64/256@2", "gm1:gumbel,h=1", "gm1:gumbel,h=2"];

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

    let strikes: Vec<Strike> = ATTACKS
        .iter()
        .flat_map(|(name, strengths)| strengths.iter().map(|&share| Strike::alone(name, share)))
        .collect::<Result<_, _>>()?;
    let strikes: Vec<Strike> = std::iter::once(Strike { steps: Vec::new() }).chain(strikes).collect();
    let bout = Bout { plain: &plain, tokenizer: &setup.tokenizer, seed: args.seed };
    for (mark, texts) in &marked {
        table(&bout, *mark, texts, &strikes)?;
    }
    Ok(())
}

fn table(bout: &Bout<'_>, mark: Mark, texts: &[Text], strikes: &[Strike]) -> Result<()> {
    let [first, second, third] = ALPHAS;
    println!("\n### {}\n", describe(Some(mark)));
    println!(
        "| attack | words edited | chrF | p ≤ {first:e} | p ≤ {second:e} | p ≤ {third:e} | whole text, stream: p ≤ {third:e} | AUC | median ln p | unmarked, p ≤ {first:e} |"
    );
    println!("|---|--:|--:|---|---|---|---|--:|--:|---|");
    let progress = bar(strikes.len() as u64, &describe(Some(mark)))?;
    for strike in strikes {
        let marked = bout.outcomes(texts, mark.scheme, strike)?;
        let unmarked = bout.outcomes(bout.plain, mark.scheme, strike)?;
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
