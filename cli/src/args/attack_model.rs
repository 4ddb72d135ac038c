//! Arguments of the attacks that need a language model, or data.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use greenmark_robustness::attack::Unit;

#[derive(Debug, Args)]
#[command(next_help_heading = "Language models, tables and thesauri")]
pub(crate) struct AttackModelArgs {
    /// Model of resample, phrases and paraphrase: demo (not paraphrase), smollm2 (the default), or a GGUF file of the Llama family
    #[arg(short, long, value_name = "demo|smollm2|PATH.gguf")]
    pub(crate) model: Option<String>,
    /// Temperature; by default 1 for resample and 0.7 for paraphrase
    #[arg(short, long, value_name = "T", allow_negative_numbers = true)]
    pub(crate) temperature: Option<f64>,
    /// Tokens that resample writes at a time, usually 1, 5 or 20; by default 1
    #[arg(long, value_name = "L", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) span: Option<u16>,
    /// Drafts of a span, of which resample keeps the one that leads on best to what follows, by default 4; or entries of a phrase that phrases chooses among, by default 8
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) candidates: Option<u16>,
    /// Paraphrase table of phrases; by default the one that scripts/fetch-paraphrase-table.sh fetches
    #[arg(long, value_name = "FILE")]
    pub(crate) table: Option<PathBuf>,
    /// Folder of WordNet's files, for synonyms; by default where it is usually installed
    #[arg(long, value_name = "DIR")]
    pub(crate) wordnet: Option<PathBuf>,
    /// What paraphrase rewrites at a time; by default a sentence
    #[arg(long, value_enum)]
    pub(crate) unit: Option<UnitName>,
    /// Have paraphrase ask a model behind a URL that speaks OpenAI's protocol, as https://host/v1: the texts go there
    #[arg(long, value_name = "URL", requires = "endpoint_model")]
    pub(crate) endpoint: Option<String>,
    /// The model's name there
    #[arg(long, value_name = "NAME", requires = "endpoint")]
    pub(crate) endpoint_model: Option<String>,
    /// Environment variable that holds the key to it; without, none is sent
    #[arg(long, value_name = "VAR", requires = "endpoint")]
    pub(crate) endpoint_key_env: Option<String>,
    /// Seconds that one attempt may take; by default 120
    #[arg(long, value_name = "SECONDS", requires = "endpoint", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) endpoint_timeout: Option<u32>,
    /// Further attempts where the endpoint is overloaded or out of reach; by default 4, after 1, 2, 4 and 8 seconds
    #[arg(long, value_name = "N", requires = "endpoint", value_parser = clap::value_parser!(u32).range(..=20))]
    pub(crate) endpoint_retries: Option<u32>,
    /// Folder that keeps the endpoint's answers, so that an interrupted run pays for none twice
    #[arg(long, value_name = "DIR", requires = "endpoint")]
    pub(crate) cache: Option<PathBuf>,
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
