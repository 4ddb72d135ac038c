//! Inputs of an experiment: a model, its prompts, marks by their names.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use greenmark::{Delta, Scheme, TokenId};
use greenmark_lm::{ChatTemplate, DEMO, LanguageModel, Loaded, locate};
use greenmark_text::Tokenizer;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use crate::corpus::{self, Job, Mark, Recipe, Text};

/// Options of an experiment on texts in files.
#[derive(Debug, Args)]
pub struct SetupArgs {
    /// Folder of the texts, written as far as it lacks them
    pub out: PathBuf,
    /// smollm2, demo, or a GGUF file with a chat template
    #[arg(long, default_value = "smollm2")]
    pub model: String,
    /// JSON Lines with prompts; may be given several times
    #[arg(long, default_values = ["eval/prompts/prompts.jsonl", "eval/prompts/more-prompts.jsonl"])]
    pub prompts: Vec<PathBuf>,
    /// Seed of keys, draws and attacks
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl SetupArgs {
    /// Makes the folder, and loads the model and its prompts.
    ///
    /// # Errors
    /// Fewer prompts than `needed`; what is wrong with the folder or a file.
    pub fn load(&self, needed: usize) -> Result<(Setup, Vec<Vec<TokenId>>)> {
        fs::create_dir_all(&self.out).with_context(|| format!("{}", self.out.display()))?;
        let setup = Setup::load(&self.model)?;
        let prompts = setup.prompts(&self.prompts)?;
        ensure!(prompts.len() >= needed, "{needed} prompts are needed, and the files hold {}", prompts.len());
        Ok((setup, prompts))
    }
}

/// A model with its tokenizer and, if it has one, its chat template.
pub struct Setup {
    /// Its name: the built-in model's own, others' by their files.
    pub name: String,
    /// The model.
    pub model: Box<dyn LanguageModel>,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// Its chat template.
    pub chat: Option<ChatTemplate>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Setup {
    /// `demo`, `smollm2`, or a GGUF file with a chat template.
    ///
    /// # Errors
    /// A fault in the file.
    pub fn load(model: &str) -> Result<Self> {
        let Loaded { model: lm, tokenizer, chat } = Loaded::named(model, None)?;
        let name = if model == DEMO {
            tokenizer.name().to_owned()
        } else {
            ensure!(chat.is_some(), "{model} has no chat template");
            let path = locate(model)?;
            path.file_stem().map_or_else(|| model.to_owned(), |stem| stem.to_string_lossy().into_owned())
        };
        Ok(Self { name, model: lm, tokenizer, chat })
    }

    /// Returns the ids of the prompts in JSON Lines (`{"prompt": …}`), as the model wants them.
    ///
    /// # Errors
    /// A fault in a file or a line.
    pub fn prompts(&self, files: &[impl AsRef<Path>]) -> Result<Vec<Vec<TokenId>>> {
        let mut prompts = Vec::new();
        for file in files {
            let file = file.as_ref();
            let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
            prompts.extend(
                prompts_in(&text)
                    .and_then(|lines| self.prompt_ids(&lines))
                    .with_context(|| format!("{}", file.display()))?,
            );
        }
        Ok(prompts)
    }

    /// Returns the ids of prompts, as the model wants them.
    ///
    /// # Errors
    /// A prompt that the tokenizer or the chat template cannot take.
    pub fn prompt_ids(&self, prompts: &[String]) -> Result<Vec<Vec<TokenId>>> {
        let of = |prompt: &String| {
            anyhow::Ok(match &self.chat {
                Some(chat) => chat.encode(&self.tokenizer, None, prompt)?,
                None => self.tokenizer.encode(prompt)?,
            })
        };
        prompts.iter().enumerate().map(|(i, prompt)| of(prompt).with_context(|| format!("prompt {}", i + 1))).collect()
    }

    /// Returns the texts of a recipe, in a file of that name in `folder`; a bar shows how far it
    /// is.
    ///
    /// # Errors
    /// As [`corpus::texts`].
    pub fn texts(&mut self, folder: &Path, name: &str, recipe: &Recipe, jobs: &[Job]) -> Result<Vec<Text>> {
        let bar = bar(jobs.len() as u64, name);
        let file = folder.join(format!("{name}.jsonl"));
        let texts = corpus::texts(&file, recipe, jobs, self.model.as_mut(), &self.tokenizer, &bar)?;
        bar.finish_and_clear();
        Ok(texts)
    }
}

/// Returns a progress bar on stderr, which shows if that is a terminal.
pub fn bar(length: u64, message: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:40} {wide_bar} {pos}/{len} {elapsed} (left: {eta})");
    let bar = ProgressBar::new(length).with_message(message.to_owned());
    // The template is sound, and the default style would do as well.
    if let Ok(style) = style { bar.with_style(style) } else { bar }
}

/// Returns the prompts of JSON Lines.
///
/// # Errors
/// A line that has none.
pub fn prompts_in(lines: &str) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Line {
        prompt: String,
    }
    let prompt = |(i, line)| {
        let line: Line = serde_json::from_str(line).with_context(|| format!("line {}", i + 1))?;
        Ok(line.prompt)
    };
    lines.lines().enumerate().map(prompt).collect()
}

/// `SCHEME[@DELTA]`, δ being 2 where it is not given.
///
/// # Errors
/// A message about the part that is wrong.
pub fn parse_mark(text: &str) -> Result<Mark, String> {
    let (scheme, delta) = text.split_once('@').unwrap_or((text, "2"));
    let scheme = scheme.parse::<Scheme>().map_err(|error| error.to_string())?;
    let delta = delta.parse().map_err(|_| format!("{delta:?} is no number of nats"))?;
    Ok(Mark { scheme, delta: Delta::new(delta).map_err(|error| error.to_string())? })
}

/// "gm1:green,h=1,gamma=64/256, delta 2", or "none".
pub fn describe(mark: Option<Mark>) -> String {
    match mark {
        None => "none".to_owned(),
        Some(Mark { scheme, delta }) if scheme.gamma().is_some() => format!("{scheme}, delta {}", delta.nats()),
        Some(Mark { scheme, .. }) => scheme.to_string(),
    }
}

/// Returns a mark in the name of a file.
pub fn file_name_part(mark: Option<Mark>) -> String {
    let mark = mark.map_or_else(|| "plain".to_owned(), |mark| describe(Some(mark)));
    mark.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// Returns a name for a file of texts so marked.
pub fn file_name(mark: Option<Mark>, temperature: f64) -> String {
    format!("t{temperature}-{}", file_name_part(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_have_names() {
        let mark = parse_mark("gm1:green,h=1,gamma=64/256@1.5").expect("canonical");
        assert_eq!(mark.delta.nats(), 1.5);
        assert_eq!(describe(Some(mark)), "gm1:green,h=1,gamma=64/256, delta 1.5");
        assert_eq!(file_name(Some(mark), 0.7), "t0.7-gm1-green-h-1-gamma-64-256--delta-1-5");
        assert_eq!(file_name(None, 1.0), "t1-plain");
        assert_eq!(describe(parse_mark("gm1:gumbel,h=2").ok()), "gm1:gumbel,h=2");
        assert!(parse_mark("gm1:green,h=1,gamma=64/256@many").is_err());
    }
}
