//! Arguments of `eval`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use greenmark_eval::suite::Suite;

use super::EndpointArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Lets a language model write texts, marked in several ways and unmarked, makes every attack on them, and counts at p <= 1e-2, 1e-4 and 1e-6 \
how many are still found, beside what the attack did to the text.

  quick      the built-in model, 200 texts a mark: a few minutes, nothing to download
  standard   SmolLM2 (scripts/fetch-model.sh): 200 texts a mark up to 600 tokens long, hours on two cores
  full       1,000 texts a mark and more attacks by a model: for bigger machines

DIR gets results.json, results.csv, report.html (with everything in it; it asks for nothing) and the plots as SVG. All that took long \
is kept in DIR too: broken off and started again, the same command goes on where it was. Files there are looked through for what cannot be, and otherwise believed. \
What cannot be done here is skipped, said, and named in the report. --endpoint is for the suites that paraphrase, standard and full.

Every text has a key of its own, which follows from --seed, so the figures are of no single key. These keys can be made again by anyone: they are for measuring.

Examples:
  greenmark eval --suite quick --out look
  scripts/fetch-model.sh && greenmark eval --suite standard --out standard
  greenmark eval --suite standard --out standard --report          after Ctrl-C: what there is so far
  greenmark eval --suite standard --out strong --endpoint https://host.example/v1 --endpoint-model NAME --endpoint-key-env API_KEY --cache said
  greenmark eval --suite quick --texts 30 --json --out look | jq '.cells[0]'")]
pub(crate) struct EvalArgs {
    /// Suite to measure
    #[arg(long, value_enum)]
    pub(crate) suite: SuiteName,
    /// Folder for progress and results; new, or of the same run
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Texts of each mark, in place of the suite's own number; intervals and the report follow
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(30..=100_000))]
    pub(crate) texts: Option<u32>,
    /// Model that writes, and attacks if no other does: demo, smollm2 or a GGUF file with a chat
    /// template; by default the suite's
    #[arg(short, long, value_name = "demo|smollm2|PATH.gguf")]
    pub(crate) model: Option<String>,
    /// Model that makes the attacks that need one, where it is another
    #[arg(long, value_name = "demo|smollm2|PATH.gguf")]
    pub(crate) attacker: Option<String>,
    #[command(flatten)]
    pub(crate) at: EndpointArgs,
    /// Seed of keys, draws and attacks
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Report what an unfinished run has found so far, and make nothing more; not while the run is
    /// at work
    #[arg(long)]
    pub(crate) report: bool,
    /// Print results.json in place of the table
    #[arg(long)]
    pub(crate) json: bool,
}

/// [`Suite`] as an argument.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SuiteName {
    Quick,
    Standard,
    Full,
}

impl From<SuiteName> for Suite {
    fn from(name: SuiteName) -> Self {
        match name {
            SuiteName::Quick => Self::Quick,
            SuiteName::Standard => Self::Standard,
            SuiteName::Full => Self::Full,
        }
    }
}
