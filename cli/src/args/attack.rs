//! Arguments of `attack`.

use std::path::PathBuf;

use clap::Args;
use greenmark_attacks::{About, Strength, about};

use super::AttackModelArgs;

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/attack.txt").trim_end())]
pub(crate) struct AttackArgs {
    /// Attack to run; --list shows the names
    #[arg(value_name = "NAME", required_unless_present = "list", value_parser = about)]
    pub(crate) name: Option<&'static About>,
    /// Share of its places to change, from 0 to 1
    #[arg(short, long, required_unless_present = "list", value_name = "S", allow_negative_numbers = true, value_parser = parse_strength)]
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
    /// Read the input as JSON Lines, whatever its name
    #[arg(long)]
    pub(crate) jsonl: bool,
    /// Say what attacks there are, and what they model
    #[arg(long, exclusive = true)]
    pub(crate) list: bool,
    /// The text, or JSON Lines where the name ends in .jsonl or with --jsonl; - or nothing is
    /// standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) model: AttackModelArgs,
}

fn parse_strength(text: &str) -> Result<Strength, String> {
    let share = text.parse().map_err(|_| "not a number".to_owned())?;
    Strength::new(share).map_err(|error| error.to_string())
}

fn parse_step(text: &str) -> Result<(&'static About, Strength), String> {
    let (name, strength) = text.split_once(':').ok_or("a name and a strength, as typos:0.05")?;
    Ok((about(name).map_err(|error| error.to_string())?, parse_strength(strength)?))
}
