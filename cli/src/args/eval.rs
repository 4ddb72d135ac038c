//! Arguments of `eval`.

use std::path::PathBuf;

use clap::Args;
use greenmark_eval::{corpus::Mark, setup::parse_mark, suite::Suite};

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
    /// Mark to measure in place of the suite's own: a scheme and, for green, its delta, as
    /// gm1:green,h=1,gamma=64/256@2; may be given several times
    #[arg(long = "mark", value_name = "SCHEME[@DELTA]", value_parser = parse_mark)]
    pub(crate) marks: Vec<Mark>,
    /// Temperature at which the texts are written [default: 1]
    #[arg(short, long, value_name = "T", allow_negative_numbers = true, value_parser = parse_temperature)]
    pub(crate) temperature: Option<f64>,
    /// JSON Lines with a prompt a line, in place of the suite's own
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) prompts: Option<PathBuf>,
    /// JSON Lines of texts by people, of which false positives are counted in place of the model's
    /// unmarked texts
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) human: Option<PathBuf>,
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

fn parse_temperature(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(temperature) if temperature > 0.0 && f64::is_finite(temperature) => Ok(temperature),
        Ok(_) => Err("above 0: at 0 a gumbel mark has nothing to choose".to_owned()),
        Err(_) => Err("not a number".to_owned()),
    }
}
