//! Writes texts, marked and unmarked, each under its own key: what scripts compare other marks with.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use greenmark_robustness::{
    corpus::{Job, Mark, Recipe},
    setup::{Setup, file_name, parse_mark},
};

/// Writes texts into JSON Lines, one file a mark; broken off, it goes on where it was
#[derive(Debug, Parser)]
#[command(after_help = "\
Example:
  texts some-texts --marks gm1:green,h=1,gamma=64/256@2 gm1:gumbel,h=2 --texts 20

Line i has the text of prompt i (`index`, `text`, `ids`, and `surprise`, the unmarked model's mean -ln p), marked under key i of the seed.")]
struct Args {
    /// Folder of the texts, written as far as it lacks them
    out: PathBuf,
    /// smollm2, demo, or a GGUF file with a chat template
    #[arg(long, default_value = "smollm2")]
    model: String,
    /// JSON Lines with prompts; may be given several times
    #[arg(long, default_values = ["eval/prompts.jsonl", "eval/more-prompts.jsonl"])]
    prompts: Vec<PathBuf>,
    /// Texts of a mark, each of its own prompt and under its own key
    #[arg(long, default_value_t = 200)]
    texts: usize,
    /// Tokens of a text
    #[arg(long, default_value_t = 200)]
    tokens: usize,
    /// Divides the logits
    #[arg(long, default_value_t = 1.0)]
    temperature: f64,
    /// A scheme, and a green one's delta after @; unmarked texts are written besides
    #[arg(long, num_args = 1.., value_name = "SCHEME[@DELTA]", value_parser = parse_mark)]
    marks: Vec<Mark>,
    /// Seed of keys and draws
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    fs::create_dir_all(&args.out).with_context(|| format!("{}", args.out.display()))?;
    let mut setup = Setup::load(&args.model)?;
    let prompts = setup.prompts(&args.prompts)?;
    ensure!(prompts.len() >= args.texts, "{} texts of {} prompts", args.texts, prompts.len());
    let jobs: Vec<Job> = (0..)
        .zip(prompts.into_iter().take(args.texts))
        .map(|(index, prompt)| Job { index, prompt, key: index })
        .collect();
    for mark in std::iter::once(None).chain(args.marks.iter().copied().map(Some)) {
        let recipe = Recipe { mark, temperature: args.temperature, tokens: args.tokens, seed: args.seed };
        setup.texts(&args.out, &file_name(mark, args.temperature), &recipe, &jobs)?;
    }
    Ok(())
}
