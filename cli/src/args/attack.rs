//! Arguments of `attack`.

use std::path::PathBuf;

use clap::Args;
use greenmark_attacks::{About, Strength, about};

use super::AttackModelArgs;

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/attack.txt").trim_end())]
pub(crate) struct AttackArgs {
    /// Attack to run (--list shows the names), or a file with an attack and its strength, NAME:S, on
    /// each line
    #[arg(value_name = "NAME|@FILE", required_unless_present = "list", value_parser = parse_first)]
    pub(crate) name: Option<First>,
    /// Share of the attack's places to change, from 0 to 1
    #[arg(short, long, value_name = "S", allow_negative_numbers = true, value_parser = parse_strength)]
    pub(crate) strength: Option<Strength>,
    /// Seed of all draws
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// A further attack on what comes out, and its strength; may be given several times
    #[arg(long, value_name = "NAME:S", value_parser = parse_step)]
    pub(crate) then: Vec<(&'static About, Strength)>,
    /// Another text, for paste and mix
    #[arg(long, value_name = "FILE")]
    pub(crate) with: Option<PathBuf>,
    /// Text whose words replace and insert draw from; by default the demo model writes one
    #[arg(long, value_name = "FILE")]
    pub(crate) words: Option<PathBuf>,
    /// Print one JSON object a text, with what was done
    #[arg(long)]
    pub(crate) json: bool,
    /// Read every input as JSON Lines, whatever its name
    #[arg(long)]
    pub(crate) jsonl: bool,
    /// Say what attacks there are, and what they model
    #[arg(long, exclusive = true)]
    pub(crate) list: bool,
    /// Folder for the attacked texts, each under the name of its file; needed for several files
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// With --output, replace files; never an input
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
    /// Texts, or JSON Lines where the name ends in .jsonl or with --jsonl; - or nothing is standard
    /// input
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) model: AttackModelArgs,
}

/// The attack to begin with.
#[derive(Debug, Clone)]
pub(crate) enum First {
    /// An attack, with the strength of `--strength`.
    One(&'static About),
    /// The attacks of a file.
    Steps(PathBuf),
}

fn parse_first(text: &str) -> Result<First, String> {
    match text.strip_prefix('@') {
        Some(path) => Ok(First::Steps(path.into())),
        None => about(text).map(First::One).map_err(|error| error.to_string()),
    }
}

fn parse_strength(text: &str) -> Result<Strength, String> {
    let share = text.parse().map_err(|_| "not a number".to_owned())?;
    Strength::new(share).map_err(|error| error.to_string())
}

/// Parses an attack and its strength, `typos:0.05`.
pub(crate) fn parse_step(text: &str) -> Result<(&'static About, Strength), String> {
    let (name, strength) = text.split_once(':').ok_or("a name and a strength, as typos:0.05")?;
    Ok((about(name).map_err(|error| error.to_string())?, parse_strength(strength)?))
}
