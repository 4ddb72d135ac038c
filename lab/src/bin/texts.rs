//! Writes texts, marked and unmarked, each under its own key: what scripts compare other marks
//! with.

use anyhow::Result;
use clap::Parser;
use greenmark_eval::{
    corpus::{Mark, Recipe, jobs},
    setup::{SetupArgs, file_name, parse_mark},
};

/// Writes texts into JSON Lines, one file a mark; broken off, it goes on where it was
#[derive(Debug, Parser)]
#[command(after_help = "\
Example:
  texts some-texts --marks gm1:green,h=1,gamma=64/256@2 gm1:gumbel,h=2 --texts 20

Line i has the text of prompt i (`index`, `text`, `ids`, and `surprise`, the unmarked model's mean -ln p), marked under key i of the seed.")]
struct Args {
    #[command(flatten)]
    setup: SetupArgs,
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
}

fn main() -> Result<()> {
    let args = Args::parse();
    let (mut setup, prompts) = args.setup.load(args.texts)?;
    let jobs = jobs(&prompts[..args.texts]);
    for mark in std::iter::once(None).chain(args.marks.iter().copied().map(Some)) {
        let recipe = Recipe { mark, temperature: args.temperature, tokens: args.tokens, seed: args.setup.seed };
        setup.texts(&args.setup.out, &file_name(mark, args.temperature), &recipe, &jobs)?;
    }
    Ok(())
}
