//! Arguments of `calibrate`.

use std::path::PathBuf;

use clap::Args;
use greenmark::Scheme;
use greenmark_eval::calibration::Plan;

use super::DEFAULT_SCHEME;

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/calibrate.txt").trim_end())]
pub(crate) struct CalibrateArgs {
    /// Unmarked texts: plain files, or JSON Lines (.jsonl) with `text` or `tokens` and, optionally,
    /// `lang` and `source` to count apart
    #[arg(short, long, required = true, num_args = 1.., value_name = "FILES")]
    pub(crate) corpus: Vec<PathBuf>,
    /// Keys a text, up to a billion
    #[arg(short = 'n', long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=Plan::MOST_KEYS))]
    pub(crate) keys: u64,
    /// Keys in a group, for the tests of several keys at once, up to a thousand; left-over --keys make
    /// no group
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=Plan::MOST_TOGETHER))]
    pub(crate) together: u64,
    /// Cut documents into passages of N tokens, and leave out shorter rests; without it, documents
    /// are taken whole
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) passage: Option<u64>,
    /// gm1:green,h=H,gamma=G/256 or gm1:gumbel,h=H[,dual]; may be given several times
    #[arg(short, long, default_value = DEFAULT_SCHEME, conflicts_with = "profile")]
    pub(crate) scheme: Vec<Scheme>,
    /// demo, smollm2, a tokenizer.json, or a GGUF file with a known tokenizer [default: the
    /// profile's, or demo]
    #[arg(short, long, value_name = "demo|smollm2|FILE")]
    pub(crate) tokenizer: Option<String>,
    /// Profile whose key tests every text, under its scheme and tokenizer
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Key file of the one key that tests every text [default: a key derived from the seed]
    #[arg(short, long, value_name = "FILE", env = "GREENMARK_KEY_FILE", hide_env_values = true)]
    pub(crate) key_file: Option<PathBuf>,
    /// Seed of the keys
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Folder for progress and results
    #[arg(short, long, default_value = "calibration", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Print the results as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Read every file as JSON Lines, whatever its name
    #[arg(long)]
    pub(crate) jsonl: bool,
}
