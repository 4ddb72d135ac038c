//! Models and tokenizers by the names that users give them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
#[cfg(feature = "models")]
use greenmark_lm::LlamaModel;
use greenmark_lm::{ChatTemplate, DemoModel, LanguageModel, LmError, TokenId};
use greenmark_text::{Tokenizer, demo_tokenizer, model_path};

use crate::args::ModelArgs;

pub(crate) const DEMO: &str = "demo";
/// Names of models that live in the cache, without a path.
const CACHED: [&str; 1] = ["smollm2"];

/// A model with all that turns a prompt into its ids and its ids into text.
pub(crate) struct Writer {
    pub(crate) model: Box<dyn LanguageModel>,
    pub(crate) reader: PromptReader,
}

/// How a prompt becomes ids: the model's tokenizer and its chat template.
pub(crate) struct PromptReader {
    pub(crate) tokenizer: Tokenizer,
    template: Template,
}

enum Template {
    /// The demo model was trained on plain text.
    Plain,
    /// A base model: its prompts must be asked to be taken raw.
    #[cfg_attr(not(feature = "models"), expect(dead_code, reason = "no model of this build lacks one"))]
    Missing,
    #[cfg_attr(not(feature = "models"), expect(dead_code, reason = "no model of this build has one"))]
    Chat(Box<ChatTemplate>),
}

impl Writer {
    pub(crate) fn load(args: &ModelArgs) -> Result<Self> {
        if args.model == DEMO && args.tokenizer.is_some() {
            bail!("--tokenizer does not go with --model demo, which has its own");
        }
        Self::named(&args.model, args.tokenizer.as_deref())
    }

    /// - `tokenizer`: a file for it, where the model's does not do.
    pub(crate) fn named(name: &str, tokenizer: Option<&Path>) -> Result<Self> {
        if name == DEMO {
            let tokenizer = demo_tokenizer().context("the built-in tokenizer")?;
            let model = DemoModel::new().context("the built-in model")?;
            return Ok(Self { model: Box::new(model), reader: PromptReader { tokenizer, template: Template::Plain } });
        }
        Self::in_file(name, tokenizer)
    }

    #[cfg(not(feature = "models"))]
    fn in_file(name: &str, _: Option<&Path>) -> Result<Self> {
        bail!("{name}: this build has the demo model alone; others need the feature `models`")
    }

    #[cfg(feature = "models")]
    fn in_file(name: &str, tokenizer: Option<&Path>) -> Result<Self> {
        let path = locate(name)?;
        let model = LlamaModel::load(&path)?;
        let tokenizer = Tokenizer::from_file(tokenizer.unwrap_or(&path))?;
        let template = match ChatTemplate::from_gguf(&path) {
            Ok(chat) => Template::Chat(Box::new(chat)),
            Err(LmError::ChatTemplateMissing) => Template::Missing,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { model: Box::new(model), reader: PromptReader { tokenizer, template } })
    }
}

impl PromptReader {
    /// Tokenizer and chat template, of a model that answers.
    pub(crate) fn into_chat(self) -> Result<(Tokenizer, ChatTemplate)> {
        match self.template {
            Template::Chat(chat) => Ok((self.tokenizer, *chat)),
            Template::Plain => bail!("the demo model goes on with a text and follows no instructions"),
            Template::Missing => {
                bail!("the model has no chat template: it goes on with a text and follows no instructions")
            }
        }
    }

    /// The ids that the model continues: the prompt in the model's chat template, or as it is.
    pub(crate) fn ids(&self, prompt: &str, system: Option<&str>, raw: bool) -> Result<Vec<TokenId>> {
        match &self.template {
            Template::Chat(chat) if !raw => Ok(chat.encode(&self.tokenizer, system, prompt)?),
            Template::Missing if !raw => Err(LmError::ChatTemplateMissing.into()),
            _ => {
                let mut ids = self.tokenizer.prefix_ids().to_vec();
                ids.extend(self.tokenizer.encode(prompt)?);
                Ok(ids)
            }
        }
    }
}

/// The tokenizer that a text was written with.
pub(crate) fn tokenizer(name: &str) -> Result<Tokenizer> {
    if name == DEMO {
        return demo_tokenizer().context("the built-in tokenizer");
    }
    Ok(Tokenizer::from_file(locate(name)?)?)
}

/// The file behind a name: a model in the cache, or the path itself.
fn locate(name: &str) -> Result<PathBuf> {
    if CACHED.contains(&name) {
        return Ok(model_path(name)?);
    }
    if name.is_empty() {
        bail!("an empty name, where a file or a model known by name (demo, smollm2) belongs");
    }
    if Path::new(name).is_dir() {
        bail!("{name} is a directory: name a file in it");
    }
    if !Path::new(name).exists() {
        bail!("{name} is no file, and no model known by name (demo, smollm2)");
    }
    Ok(name.into())
}
