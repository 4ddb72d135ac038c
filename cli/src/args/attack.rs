//! Arguments of `attack`.

use std::path::PathBuf;

use clap::Args;
use greenmark_attacks::{About, Strength, about};

use super::AttackModelArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
An attack knows neither key nor scheme. Its strength is the share of its places (words, letters, sentences) that are changed, from 0 to 1; the \
same text, strength and seed give the same result. `greenmark attack --list` says of each attack whom it models, where it comes from \
and what it does not do.

synonyms needs WordNet, phrases a paraphrase table, and back-translate Apertium; each says what to install or run where it is missing.

resample, phrases and paraphrase need a language model, SmolLM2 where no other is named. phrases asks it what fits; resample has it write spans of tokens anew; paraphrase asks it to say \
sentences, paragraphs or the whole in other words, for which a model as small as SmolLM2 is a poor writer: --endpoint asks a better one, over the network.

The attacked text goes to standard output, and what was done to standard error. JSON Lines (`text`, and optionally `id`) come out as JSON \
Lines, with what was done to each in `attacks` and `word_edit_rate`, in place of any that a line had; what else it has follows as it was (an `id` as a string), but for \
`tokens`, which were those of the text before.

Attacks that imitate a writer leave links alone, as https://host/page, www.host or user@host; --list says which.

Examples:
  greenmark attack replace --strength 0.2 --seed 1 story.txt > edited.txt
  greenmark attack replace -s 0.1 --then typos:0.05 --then shuffle-sentences:0.3 story.txt
  greenmark attack paste -s 0.75 --with article.txt story.txt
  greenmark attack homoglyphs -s 0.5 answers.jsonl | greenmark detect -k my.key --jsonl
  greenmark attack synonyms -s 1 story.txt
  greenmark attack phrases -s 0.5 --model demo answers.jsonl
  greenmark attack back-translate -s 1 story.txt
  greenmark attack resample -s 0.3 --span 5 --model demo story.txt
  greenmark attack paraphrase -s 1 --unit paragraph --then typos:0.02 answers.jsonl
  greenmark attack paraphrase -s 1 --endpoint https://host.example/v1 --endpoint-model NAME --endpoint-key-env API_KEY --cache said answers.jsonl
  greenmark attack --list")]
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
