//! Arguments of `calibrate`.

use std::path::PathBuf;

use clap::Args;
use greenmark::Scheme;
use greenmark_eval::calibration::Plan;

use super::DEFAULT_SCHEME;

#[derive(Debug, Args)]
#[command(after_help = "\
Asks about texts that nobody marked, and counts how often each test says p <= alpha: the whole text, its segments (the search for marked \
spans), the stream (stopped wherever it looks most marked), the text as it is and normalised, several keys at once, and everything together. \
If the tests are right, no rate exceeds its alpha.

Every pair of a text and a key has a key of its own, which follows from --seed, so all pairs are independent and the intervals (95 %, \
Clopper-Pearson) are exact. These keys can be made again by anyone: they are for measuring. No rate finer than 3/n is claimed from n pairs.

One further key, yours if you give it, asks every text, as a deployed key does: each text by itself, and with phrases that texts share \
counted in the first of them only. Under one key the texts share their fate where they share phrases: this is the rate that this \
key will have on texts like these.

Progress is kept in DIR/state.json; the same command goes on after an interruption, which costs the last batch at most, some seconds of work. \
Results: DIR/calibration.md (tables), .json (everything) and .svg (plots).

Examples:
  greenmark calibrate --corpus essays.jsonl --keys 100 --tokenizer smollm2 --passage 200 --out essays
  greenmark calibrate --corpus *.txt --scheme gm1:gumbel,h=2 --scheme gm1:green,h=1,gamma=64/256
  greenmark calibrate --corpus mail.jsonl --profile production.profile.json --keys 4")]
pub(crate) struct CalibrateArgs {
    /// Unmarked texts: plain files, or JSON Lines (.jsonl) with `text` or `tokens` and, optionally,
    /// `lang` and `source` to count apart
    #[arg(short, long, required = true, num_args = 1.., value_name = "FILES")]
    pub(crate) corpus: Vec<PathBuf>,
    /// Keys a text, up to a billion
    #[arg(short = 'n', long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=Plan::MOST_KEYS))]
    pub(crate) keys: u64,
    /// Keys to examine at once, where several are, up to a thousand; of --keys, what is left over
    /// at the end makes no group and is not asked together
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=Plan::MOST_TOGETHER))]
    pub(crate) together: u64,
    /// Cut documents into passages of N tokens, and leave out what is shorter; without it,
    /// documents are taken whole, and those without a token left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) passage: Option<u64>,
    /// gm1:green,h=H,gamma=G/256 or gm1:gumbel,h=H[,dual]; may be given several times
    #[arg(short, long, default_value = DEFAULT_SCHEME, conflicts_with = "profile")]
    pub(crate) scheme: Vec<Scheme>,
    /// demo, smollm2, a tokenizer.json, or a GGUF file with a known tokenizer [default: the
    /// profile's, or demo]
    #[arg(short, long, value_name = "demo|smollm2|FILE")]
    pub(crate) tokenizer: Option<String>,
    /// Profile whose key asks every text, under its scheme and tokenizer
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Key file of the one key that asks every text; without it, that key too follows from the seed
    #[arg(short, long, value_name = "FILE", env = "GREENMARK_KEY_FILE", hide_env_values = true)]
    pub(crate) key_file: Option<PathBuf>,
    /// The keys follow from it
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
