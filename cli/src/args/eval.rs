//! Arguments of `eval`.

use std::path::PathBuf;

use clap::Args;
use greenmark_eval::suite::Suite;

use super::EndpointArgs;

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/eval.txt").trim_end())]
pub(crate) struct EvalArgs {
    /// Suite to measure
    #[arg(long, value_enum)]
    pub(crate) suite: Suite,
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
    /// Model for the attacks that need one [default: the one that writes]
    #[arg(long, value_name = "demo|smollm2|PATH.gguf")]
    pub(crate) attacker: Option<String>,
    #[command(flatten)]
    pub(crate) at: EndpointArgs,
    /// Seed of keys, draws and attacks
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Report an unfinished run's results so far, and make nothing more; not while the run is at
    /// work
    #[arg(long)]
    pub(crate) report: bool,
    /// Print results.json in place of the table
    #[arg(long)]
    pub(crate) json: bool,
}
