//! Stands in for the chat template where no model has one.

use greenmark_text::Tokenizer;

use crate::{LmError, TokenId};

/// A model's chat template. This build reads no models that have one (feature `llama`), so there
/// are no values of this type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatTemplate {}

impl ChatTemplate {
    /// Lays out a message, as tokens.
    ///
    /// # Errors
    /// Never: there is no template.
    pub fn encode(&self, _: &Tokenizer, _: Option<&str>, _: &str) -> Result<Vec<TokenId>, LmError> {
        match *self {}
    }
}
