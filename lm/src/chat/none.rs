//! The chat template of a build whose models have none.

use greenmark_text::Tokenizer;

use crate::{LmError, TokenId};

/// A model's chat template. Without the feature `llama` no model has one, so there are no values of
/// this type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatTemplate {}

impl ChatTemplate {
    /// Renders the prompt and returns its tokens.
    ///
    /// # Errors
    /// Never: there is no template.
    pub fn encode(&self, _: &Tokenizer, _: Option<&str>, _: &str) -> Result<Vec<TokenId>, LmError> {
        match *self {}
    }
}
