//! Models by the names that users give them.

use std::path::{Path, PathBuf};

#[cfg(feature = "llama")]
use greenmark_text::gguf::Gguf;
use greenmark_text::{Tokenizer, demo_tokenizer, model_path};

#[cfg(feature = "llama")]
use crate::LlamaModel;
use crate::{ChatTemplate, DemoModel, LanguageModel, LmError};

/// The name of the model that is part of the program.
pub const DEMO: &str = "demo";
/// Names of models that live in the cache, without a path.
const CACHED: [&str; 1] = ["smollm2"];

/// A model with its tokenizer and, if it follows instructions, its chat template.
pub struct Loaded {
    /// The model.
    pub model: Box<dyn LanguageModel>,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// Its chat template; `None` for a model that continues texts and follows no instructions.
    pub chat: Option<ChatTemplate>,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("tokenizer", &self.tokenizer).finish_non_exhaustive()
    }
}

impl Loaded {
    /// Loads `demo`, `smollm2` or a GGUF file of the Llama family, whose header is read once.
    ///
    /// - `tokenizer`: a file to take the tokenizer from, in place of the model's.
    ///
    /// # Errors
    /// [`LmError::Name`] if there is no such model, or this build reads no files; what is wrong
    /// with a file.
    pub fn named(name: &str, tokenizer: Option<&Path>) -> Result<Self, LmError> {
        if name == DEMO {
            return Ok(Self { model: Box::new(DemoModel::new()?), tokenizer: demo_tokenizer()?, chat: None });
        }
        Self::in_file(name, tokenizer)
    }

    #[cfg(not(feature = "llama"))]
    fn in_file(name: &str, _: Option<&Path>) -> Result<Self, LmError> {
        let reason = format!("{name}: this build has the demo model alone; others need the feature `models`");
        Err(LmError::Name { reason })
    }

    #[cfg(feature = "llama")]
    fn in_file(name: &str, tokenizer: Option<&Path>) -> Result<Self, LmError> {
        let path = locate(name)?;
        let header = Gguf::read(&path)?;
        let model = Box::new(LlamaModel::with_header(&path, &header)?);
        let tokenizer = match tokenizer {
            Some(file) => Tokenizer::from_file(file)?,
            None => Tokenizer::from_gguf_metadata(&header.metadata)?,
        };
        let chat = match ChatTemplate::from_gguf_metadata(&header.metadata) {
            Err(LmError::ChatTemplateMissing) => None,
            chat => Some(chat?),
        };
        Ok(Self { model, tokenizer, chat })
    }
}

/// Returns the file behind a name: that of a model in the cache, or the path itself.
///
/// # Errors
/// [`LmError::Name`] if the name is that of no model and no file.
pub fn locate(name: &str) -> Result<PathBuf, LmError> {
    let refused = |reason: String| Err(LmError::Name { reason });
    if CACHED.contains(&name) {
        return Ok(model_path(name)?);
    }
    if name.is_empty() {
        return refused("an empty name, where a file or a model known by name (demo, smollm2) belongs".into());
    }
    if Path::new(name).is_dir() {
        return refused(format!("{name} is a directory: name a file in it"));
    }
    if !Path::new(name).exists() {
        return refused(format!("{name} is no file, and no model known by name (demo, smollm2)"));
    }
    Ok(name.into())
}
