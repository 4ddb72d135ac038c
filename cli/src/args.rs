//! Arguments and their help.

mod attack;
mod attack_model;
#[cfg(feature = "eval")]
mod calibrate;
#[cfg(feature = "endpoint")]
mod endpoint;
#[cfg(not(feature = "endpoint"))]
#[path = "args/endpoint/none.rs"]
mod endpoint;
#[cfg(feature = "eval")]
mod eval;

use std::path::PathBuf;

use clap::{
    Args, ColorChoice, Parser, Subcommand,
    error::{ContextKind, ContextValue},
};
use greenmark::{Delta, Embedder, Family, MixingShare, Scheme};

pub(crate) use attack::{AttackArgs, First, parse_step};
pub(crate) use attack_model::AttackModelArgs;
#[cfg(feature = "eval")]
pub(crate) use calibrate::CalibrateArgs;
pub(crate) use endpoint::EndpointArgs;
#[cfg(feature = "eval")]
pub(crate) use eval::EvalArgs;

/// Write watermarked text, and detect it later from text and key alone.
#[derive(Debug, Parser)]
#[command(name = "greenmark", version, max_term_width = 110, after_help = include_str!("args/help/top.txt").trim_end())]
pub(crate) struct Cli {
    /// When to use colour; auto respects NO_COLOR and pipes
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a key file, or a profile
    Keygen(KeygenArgs),
    /// Show the public ids of keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Show fingerprints of tokenizers, or write the tokenizer of a model file
    #[command(subcommand)]
    Tokenizer(TokenizerCommand),
    /// Let a language model write watermarked text
    Embed(EmbedArgs),
    /// Ask whether texts are marked with a key
    Detect(DetectArgs),
    /// Attack the mark of a text: edit, resample or paraphrase it
    Attack(AttackArgs),
    /// Measure how often unmarked texts are called marked
    #[cfg(feature = "eval")]
    Calibrate(CalibrateArgs),
    /// Measure what is left of marks after attacks, and write a report
    #[cfg(feature = "eval")]
    Eval(EvalArgs),
    /// See a text marked, detected and attacked, in a few seconds
    Demo(DemoArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// Returns the command that an error is about, and its feature, if this build leaves that out.
pub(crate) fn left_out(error: &clap::Error) -> Option<(&str, &'static str)> {
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    ["calibrate", "eval"].contains(&&**name).then_some((name, "eval"))
}

#[derive(Debug, Args)]
#[command(after_help = include_str!("args/help/keygen.txt").trim_end())]
pub(crate) struct KeygenArgs {
    /// File to write the key to [default: greenmark.key]; with --profile a file, or a folder that
    /// gets NAME.key and NAME.profile.json [default: .]; with --key-file the folder of the profile
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Write a profile of this name too: 1 to 64 of a-z, 0-9, ".", "_" and "-"
    #[arg(short, long, value_name = "NAME", requires = "tokenizer")]
    pub(crate) profile: Option<String>,
    /// The profile's scheme: gm1:green,h=H,gamma=G/256 or gm1:gumbel,h=H[,dual] [default:
    /// gm1:green,h=1,gamma=64/256]
    #[arg(short, long, requires = "profile")]
    pub(crate) scheme: Option<Scheme>,
    /// The profile's tokenizer, that of the model that will write: demo, smollm2, a tokenizer.json,
    /// or a GGUF file with a known tokenizer
    #[arg(short, long, value_name = "demo|smollm2|FILE", requires = "profile")]
    pub(crate) tokenizer: Option<String>,
    /// Use the key in this file in place of a new one
    #[arg(short, long, value_name = "FILE", requires = "profile")]
    pub(crate) key_file: Option<PathBuf>,
    /// Use the sub-key with this label, derived from the key in --key-file
    #[arg(long, value_name = "LABEL", requires = "key_file")]
    pub(crate) subkey: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Print the public id of each key, by which evidence, profiles and logs name it
    Show(KeyShowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct KeyShowArgs {
    /// Key files, or folders of *.key files; - is standard input
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenizerCommand {
    /// Print fingerprint, name and size of each tokenizer
    Show(TokenizerShowArgs),
    /// Write the tokenizer of a GGUF model as a tokenizer.json, for detectors that have no model file
    Export(TokenizerExportArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TokenizerShowArgs {
    /// demo, smollm2, a tokenizer.json, or a GGUF file
    #[arg(required = true, value_name = "demo|smollm2|FILE")]
    pub(crate) tokenizers: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TokenizerExportArgs {
    /// smollm2, or a GGUF file with a known tokenizer
    #[arg(value_name = "smollm2|PATH.gguf")]
    pub(crate) model: String,
    /// File to write; an existing one is left as it is
    #[arg(short, long, default_value = "tokenizer.json", value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// Strength of the mark. Each option belongs to one family, and is refused with the other.
#[derive(Debug, Args)]
pub(crate) struct StrengthArgs {
    /// green: nats added to the logits of green tokens [default: 2]; 0 marks nothing
    #[arg(short, long, value_name = "NATS", allow_negative_numbers = true, value_parser = parse_delta)]
    delta: Option<Delta>,
    /// gumbel, dual: how often the second number is drawn with, 0 to 1 [default: 0.5, the most
    /// variety]
    #[arg(long, value_name = "P", allow_negative_numbers = true, value_parser = parse_share)]
    mixing_share: Option<MixingShare>,
}

impl StrengthArgs {
    pub(crate) fn apply(&self, embedder: Embedder, scheme: Scheme) -> anyhow::Result<Embedder> {
        let is_dual = matches!(scheme.family(), Family::Gumbel { dual: true });
        if self.delta.is_some() && scheme.gamma().is_none() {
            anyhow::bail!("--delta is the bias of green schemes; {scheme} has none");
        }
        if self.mixing_share.is_some() && !is_dual {
            anyhow::bail!(
                "--mixing-share is for the dual form, such as gm1:gumbel,h=4,dual; {scheme} has one number a token"
            );
        }
        let (delta, share) = (self.delta.unwrap_or_default(), self.mixing_share.unwrap_or_default());
        Ok(embedder.delta(delta).mixing_share(share))
    }

    /// δ, where the scheme has it.
    pub(crate) fn delta_of(&self, scheme: Scheme) -> Option<f32> {
        scheme.gamma().map(|_| self.delta.unwrap_or_default().nats())
    }

    /// The mixing share, where the scheme has it.
    pub(crate) fn mixing_share_of(&self, scheme: Scheme) -> Option<f64> {
        let is_dual = matches!(scheme.family(), Family::Gumbel { dual: true });
        is_dual.then(|| self.mixing_share.unwrap_or_default().get())
    }

    /// ", delta = 2", or what else there is to say.
    pub(crate) fn describe(&self, scheme: Scheme) -> String {
        let delta = self.delta_of(scheme).map(|delta| format!(", delta = {delta}"));
        let share = self.mixing_share_of(scheme).map(|share| format!(", mixing share {share}"));
        delta.or(share).unwrap_or_default()
    }
}

pub(crate) const DEFAULT_SCHEME: &str = "gm1:green,h=1,gamma=64/256";

#[derive(Debug, Args)]
#[command(after_help = include_str!("args/help/embed.txt").trim_end())]
pub(crate) struct EmbedArgs {
    /// File with the secret key (make one with `greenmark keygen`), or a folder of *.key files; of
    /// several keys, each text is marked with one; - is standard input [env: GREENMARK_KEY_FILE]
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) key_file: Vec<PathBuf>,
    /// Profile, which names key, scheme and tokenizer; the model must have that tokenizer
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key_file", "scheme", "no_watermark", "save_profile"])]
    pub(crate) profile: Option<PathBuf>,
    /// Write a profile of key, scheme and the model's tokenizer, for `detect --profile`; its name
    /// is the file's, as NAME.profile.json
    #[arg(long, value_name = "FILE", conflicts_with = "no_watermark")]
    pub(crate) save_profile: Option<PathBuf>,
    /// Scheme; the detector has to be told the same: gm1:green,h=H,gamma=G/256 or
    /// gm1:gumbel,h=H[,dual] [default: gm1:green,h=1,gamma=64/256]
    #[arg(short, long)]
    pub(crate) scheme: Option<Scheme>,
    #[command(flatten)]
    pub(crate) strength: StrengthArgs,
    /// Write without a mark, for comparison; needs no key
    #[arg(long, conflicts_with_all = ["key_file", "scheme", "delta", "mixing_share", "skip_repeats"])]
    pub(crate) no_watermark: bool,
    /// Leave positions unmarked whose context the text has held before: less looping (gumbel always
    /// does)
    #[arg(long)]
    pub(crate) skip_repeats: bool,
    /// Print one JSON object instead of the text alone; --prompts always prints one a text
    #[arg(long)]
    pub(crate) json: bool,
    /// Print no summary on standard error
    #[arg(short, long)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) model: ModelArgs,

    /// The prompt
    #[arg(short, long, value_name = "TEXT", group = "source", help_heading = "Prompt")]
    pub(crate) prompt: Option<String>,
    /// File with the prompt; - is standard input
    #[arg(long, value_name = "FILE", group = "source", help_heading = "Prompt")]
    pub(crate) prompt_file: Option<PathBuf>,
    /// JSON Lines with many prompts, written as a batch; - is standard input
    #[arg(long, value_name = "FILE.jsonl", group = "source", help_heading = "Prompt")]
    pub(crate) prompts: Option<PathBuf>,
    /// With --prompts, write the lines to FILE; if an earlier run of the same command was broken off
    /// there, go on after its lines
    #[arg(short, long, value_name = "FILE.jsonl", requires = "prompts", help_heading = "Prompt")]
    pub(crate) output: Option<PathBuf>,
    /// Texts written at a time with --prompts [default: the fastest for the model]
    #[arg(long, value_name = "N", conflicts_with_all = ["prompt", "prompt_file"], help_heading = "Prompt")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) batch: Option<u16>,
    /// With --prompts, print texts as they end, in any order
    #[arg(long, conflicts_with_all = ["prompt", "prompt_file"], help_heading = "Prompt")]
    pub(crate) unordered: bool,
    /// Continue the prompt as it is, without the model's chat template
    #[arg(long, help_heading = "Prompt")]
    pub(crate) raw: bool,
    /// A system message for the chat template
    #[arg(long, value_name = "TEXT", conflicts_with = "raw", help_heading = "Prompt")]
    pub(crate) system: Option<String>,

    #[command(flatten)]
    pub(crate) sampling: SamplingArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArgs {
    /// demo (built in, clumsy English), smollm2 (fetched by scripts/fetch-model.sh), or a GGUF file
    /// of the Llama family
    #[arg(short, long, default_value = "demo", value_name = "demo|smollm2|PATH.gguf")]
    pub(crate) model: String,
    /// The model's tokenizer.json, where the tokenizer in its GGUF file is not known exactly
    #[arg(long, value_name = "FILE")]
    pub(crate) tokenizer: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Sampling")]
pub(crate) struct SamplingArgs {
    /// Longest text, in tokens
    #[arg(short = 'n', long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_tokens: u32,
    /// Write --max-tokens tokens even where the model would end the text
    #[arg(long)]
    pub(crate) ignore_eos: bool,
    /// Temperature; 0 is greedy
    #[arg(short, long, default_value_t = 1.0, value_name = "T", allow_negative_numbers = true)]
    pub(crate) temperature: f64,
    /// Keep the K likeliest tokens; 0 keeps all
    #[arg(long, default_value_t = 0, value_name = "K")]
    pub(crate) top_k: usize,
    /// Keep the fewest tokens that hold probability P together; 1 keeps all
    #[arg(long, default_value_t = 1.0, value_name = "P", allow_negative_numbers = true)]
    pub(crate) top_p: f64,
    /// Keep tokens at least P times as likely as the likeliest; 0 keeps all
    #[arg(long, default_value_t = 0.0, value_name = "P", allow_negative_numbers = true)]
    pub(crate) min_p: f64,
    /// Seed of the random draws [default: a new one]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = include_str!("args/help/detect.txt").trim_end())]
pub(crate) struct DetectArgs {
    /// File with a secret key, or a folder of keys and profiles; may be given several times. Every
    /// key is a look that is paid for; - is standard input [env: GREENMARK_KEY_FILE]
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) key_file: Vec<PathBuf>,
    /// Profile, which says key, scheme and tokenizer (`greenmark keygen --profile`); may be given
    /// several times, each paid for
    #[arg(short, long, value_name = "FILE")]
    pub(crate) profile: Vec<PathBuf>,
    /// Scheme of keys without a profile: gm1:green,h=H,gamma=G/256 or
    /// gm1:gumbel,h=H[,dual]; may be given several times, each paid for [default:
    /// gm1:green,h=1,gamma=64/256]
    #[arg(short, long)]
    pub(crate) scheme: Vec<Scheme>,
    /// Tokenizer of the model that may have written the texts: demo, smollm2, a tokenizer.json, or
    /// a GGUF file with a known tokenizer
    #[arg(short, long, value_name = "demo|smollm2|FILE")]
    pub(crate) tokenizer: Option<String>,
    /// Level: call a text marked if p is at most this
    #[arg(short, long, default_value = "1e-6", value_name = "P", allow_negative_numbers = true, value_parser = parse_alpha)]
    pub(crate) alpha: f64,
    /// Test each text as a whole, without looking for marked passages in it
    #[arg(long)]
    pub(crate) no_search: bool,
    /// Test each text only as it is: keep invisible characters and look-alike letters
    #[arg(long)]
    pub(crate) no_normalise: bool,
    /// Read one text as it comes in, and report as soon as it is found to be marked, still at level
    /// alpha. For a text marked from its beginning: passages are not searched, nothing is
    /// normalised
    #[arg(long, conflicts_with_all = ["show", "html", "jsonl", "tokens", "no_search", "no_normalise"])]
    pub(crate) stream: bool,
    /// Print one JSON object a text; with --stream one when the mark is found and one at the end
    #[arg(long)]
    pub(crate) json: bool,
    /// Show the text with its green and red tokens; marked passages are underlined
    #[arg(long, conflicts_with = "json")]
    pub(crate) show: bool,
    /// Write the evidence and the coloured tokens: FILE.html is one page for all texts, DIR gets an
    /// overview and a page for each text
    #[arg(long, value_name = "FILE.html|DIR")]
    pub(crate) html: Option<PathBuf>,
    /// With --html, replace a file that no earlier `detect --html` wrote; never an input
    #[arg(long, requires = "html")]
    pub(crate) force: bool,
    /// Print one line a text, and the numbers of verdicts at the end; folders are shown so anyway
    #[arg(long, conflicts_with_all = ["json", "show", "stream"])]
    pub(crate) brief: bool,
    /// Exit with status 1 if a text is marked
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Read every input as JSON Lines, whatever its name
    #[arg(long)]
    pub(crate) jsonl: bool,
    /// In JSON Lines, score `tokens` even where a line has `text`
    #[arg(long)]
    pub(crate) tokens: bool,
    /// Texts and documents, or folders of them; JSON Lines if the name ends in .jsonl or with
    /// --jsonl; - or nothing is standard input
    #[arg(value_name = "FILE|DIR")]
    pub(crate) files: Vec<PathBuf>,
}

impl EmbedArgs {
    /// Returns true if the prompts come from standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        [&self.prompt_file, &self.prompts].into_iter().flatten().any(|path| path.as_os_str() == "-")
    }
}

impl DetectArgs {
    /// Returns true if a text comes from standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.files.is_empty() || self.files.iter().any(|path| path.as_os_str() == "-")
    }

    /// Returns the schemes that keys without a profile are asked under.
    pub(crate) fn schemes(&self) -> Vec<Scheme> {
        if self.scheme.is_empty() { vec![Scheme::DEFAULT] } else { self.scheme.clone() }
    }
}

#[derive(Debug, Args)]
#[command(after_help = include_str!("args/help/demo.txt").trim_end())]
pub(crate) struct DemoArgs {
    /// Text that the model continues
    #[arg(short, long, default_value = DEMO_PROMPT)]
    pub(crate) prompt: String,
    /// Tokens to write
    #[arg(short = 'n', long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_tokens: u32,
    /// gm1:green,h=H,gamma=G/256 or gm1:gumbel,h=H[,dual]
    #[arg(short, long, default_value = DEFAULT_SCHEME)]
    pub(crate) scheme: Scheme,
    #[command(flatten)]
    pub(crate) strength: StrengthArgs,
    /// Seed of key and draws, to see the same again [default: a new one]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

const DEMO_PROMPT: &str = "One morning, a girl named Mia";

#[derive(Debug, Args)]
#[command(after_help = include_str!("args/help/completions.txt").trim_end())]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// A green token is then e^100 times likelier: beyond, single precision loses the logits.
const STRONGEST: f32 = 100.0;

fn parse_delta(text: &str) -> Result<Delta, String> {
    let nats = text.parse().map_err(|_| "not a number".to_owned())?;
    if nats > STRONGEST {
        return Err(format!("above {STRONGEST} nats nothing of the model's own choice is left"));
    }
    Delta::new(nats).map_err(|error| error.to_string())
}

fn parse_share(text: &str) -> Result<MixingShare, String> {
    MixingShare::new(text.parse().map_err(|_| "not a number".to_owned())?).map_err(|error| error.to_string())
}

fn parse_alpha(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(alpha) if alpha > 0.0 && alpha < 1.0 => Ok(alpha),
        Ok(_) => Err("alpha is a probability above 0 and below 1".to_owned()),
        Err(_) => Err("not a number".to_owned()),
    }
}

/// Checked here so that a test needs no process: clap's own assertions over the whole tree.
#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_tree_is_sound() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn a_command_is_here_or_said_to_be_left_out() {
        for name in ["calibrate", "eval"] {
            let error = super::Cli::command().try_get_matches_from(["greenmark", name]).expect_err("nothing is given");
            let expected = (!cfg!(feature = "eval")).then_some((name, "eval"));
            assert_eq!(super::left_out(&error), expected);
        }
        let error = super::Cli::command().try_get_matches_from(["greenmark", "evil"]).expect_err("no command");
        assert_eq!(super::left_out(&error), None);
    }
}
