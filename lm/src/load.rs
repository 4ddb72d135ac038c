//! Loading of models by name.

use std::path::{Path, PathBuf};

#[cfg(feature = "llama")]
use greenmark_text::gguf::Gguf;
use greenmark_text::{Tokenizer, demo_tokenizer, model_path};

#[cfg(feature = "llama")]
use crate::LlamaModel;
use crate::{ChatTemplate, DemoModel, LanguageModel, LmError};

/// Name of the model that is part of the program.
pub const DEMO: &str = "demo";

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
    /// - `tokenizer`: file of a tokenizer to use in place of the model's; the demo model ignores
    ///   it.
    ///
    /// # Errors
    /// [`LmError::Name`] if there is no such model, or if this build reads no files; else the fault
    /// of a file, as [`LmError::Io`], [`LmError::Model`] or [`LmError::Text`].
    pub fn named(name: &str, tokenizer: Option<&Path>) -> Result<Self, LmError> {
        if name == DEMO {
            return Ok(Self { model: Box::new(DemoModel::new()?), tokenizer: demo_tokenizer()?, chat: None });
        }
        Self::in_file(name, tokenizer)
    }

    #[cfg(not(feature = "llama"))]
    fn in_file(name: &str, _: Option<&Path>) -> Result<Self, LmError> {
        let reason = "this build has the demo model alone; others need the feature `models`";
        Err(LmError::Name(format!("{name}: {reason}")))
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
        Ok(Self { model, tokenizer, chat: ChatTemplate::from_gguf_metadata(&header.metadata) })
    }
}

/// Returns the file that a name stands for: that of a model in the cache, or the name as a path.
///
/// # Errors
/// [`LmError::Name`] if no model and no file has this name.
pub fn locate(name: &str) -> Result<PathBuf, LmError> {
    let path = Path::new(name);
    Err(LmError::Name(match name {
        "smollm2" => return Ok(model_path(name)?),
        "" => "an empty name, where a file or a model known by name (demo, smollm2) belongs".into(),
        _ if path.is_dir() => format!("{name} is a directory: name a file in it"),
        _ if path.exists() => return Ok(path.into()),
        _ => format!("{name} is no file, and no model known by name (demo, smollm2)"),
    }))
}
