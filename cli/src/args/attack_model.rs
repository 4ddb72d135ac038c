//! Arguments of the attacks that need a language model, or data.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use greenmark_attacks::Unit;

use super::EndpointArgs;

#[derive(Debug, Args)]
#[command(next_help_heading = "Language models, tables and thesauri")]
pub(crate) struct AttackModelArgs {
    /// Model of resample, phrases and paraphrase: demo (not paraphrase), smollm2 (the default), or
    /// a GGUF file of the Llama family
    #[arg(short, long, value_name = "demo|smollm2|PATH.gguf")]
    pub(crate) model: Option<String>,
    /// Temperature; by default 1 for resample and 0.7 for paraphrase
    #[arg(short, long, value_name = "T", allow_negative_numbers = true)]
    pub(crate) temperature: Option<f64>,
    /// Tokens that resample writes at a time, usually 1, 5 or 20; by default 1
    #[arg(long, value_name = "L", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) span: Option<u16>,
    /// Drafts of a span, of which resample keeps the one that leads on best to what follows, by
    /// default 4; or entries of a phrase that phrases chooses among, by default 8
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) candidates: Option<u16>,
    /// Paraphrase table of phrases; by default the one that scripts/fetch-paraphrase-table.sh
    /// fetches
    #[arg(long, value_name = "FILE")]
    pub(crate) table: Option<PathBuf>,
    /// Folder of WordNet's files, for synonyms; by default where it is usually installed
    #[arg(long, value_name = "DIR")]
    pub(crate) wordnet: Option<PathBuf>,
    /// Part of the text that paraphrase rewrites at a time; by default a sentence
    #[arg(long, value_enum)]
    pub(crate) unit: Option<UnitName>,
    #[command(flatten)]
    pub(crate) at: EndpointArgs,
}

/// [`Unit`] as an argument.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum UnitName {
    Sentence,
    Paragraph,
    Text,
}

impl From<UnitName> for Unit {
    fn from(name: UnitName) -> Self {
        match name {
            UnitName::Sentence => Self::Sentence,
            UnitName::Paragraph => Self::Paragraph,
            UnitName::Text => Self::Text,
        }
    }
}
