//! Models and tokenizers by the names that users give them.

use std::path::Path;

use anyhow::{Context, Result, bail};
pub(crate) use greenmark_lm::DEMO;
use greenmark_lm::{ChatTemplate, LanguageModel, LmError, Loaded, TokenId, locate};
use greenmark_text::{Tokenizer, demo_tokenizer};

use crate::args::ModelArgs;

/// A model with all that turns a prompt into its ids and its ids into text.
pub(crate) struct Writer {
    pub(crate) model: Box<dyn LanguageModel>,
    pub(crate) reader: PromptReader,
}

/// From a prompt to ids: the model's tokenizer and its chat template.
pub(crate) struct PromptReader {
    pub(crate) tokenizer: Tokenizer,
    template: Template,
}

enum Template {
    /// The demo model was trained on plain text.
    Plain,
    /// A base model: its prompts must be asked to be taken raw.
    Missing,
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
        let Loaded { model, tokenizer, chat } = Loaded::named(name, tokenizer)?;
        let template = match chat {
            Some(chat) => Template::Chat(Box::new(chat)),
            None if name == DEMO => Template::Plain,
            None => Template::Missing,
        };
        Ok(Self { model, reader: PromptReader { tokenizer, template } })
    }
}

impl PromptReader {
    /// Returns the ids that the model continues: the prompt in the model's chat template, or as it
    /// is.
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
