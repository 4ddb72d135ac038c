//! Errors of loading and running models.

use std::path::PathBuf;

use greenmark_text::TextError;

use crate::TokenId;

/// A failure to load or to run a language model or its tokenizer.
///
/// Messages are lower case, without a full stop, and name the thing and the place. No error has a
/// source, because its message includes the cause; printing the chain would repeat it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LmError {
    /// A file could not be read.
    #[error("cannot read {}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: std::io::Error,
    },
    /// No model has the name given.
    #[error("{0}")]
    Name(String),
    /// A model file is damaged, lacks something, or asks for what is not supported, such as an
    /// architecture other than `llama`.
    #[error("{}: {reason}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
    /// A token id is not below the width V of the logits.
    #[error("token {token} is not below the vocabulary size {vocab_size}")]
    TokenOutOfRange {
        /// The token.
        token: TokenId,
        /// Width V of the logits.
        vocab_size: usize,
    },
    /// A sequence would outgrow the model's context.
    #[error("a sequence of {length} tokens does not fit the context of {context_length}")]
    ContextFull {
        /// The length it would have, in tokens.
        length: usize,
        /// Length of the context, in tokens.
        context_length: usize,
    },
    /// A batch names a sequence that cannot be advanced.
    #[error("sequence {index} of the batch {reason}")]
    Sequence {
        /// Its index in the batch.
        index: usize,
        /// Why not.
        reason: &'static str,
    },
    /// The slice for logits does not fit the batch.
    #[error("room for {length} logits where the batch gives {expected}")]
    LogitsLength {
        /// The length given.
        length: usize,
        /// Number of logits that the batch gives: rows × V.
        expected: usize,
    },
    /// A tokenizer, or the header of a model file.
    #[error("{0}")]
    Text(TextError),
    /// The model brings no chat template.
    #[error("the model has no chat template: give --raw to continue the prompt as it is")]
    ChatTemplateMissing,
    /// The model's chat template failed.
    ///
    /// Holds the template engine's or the template's own message.
    #[error("chat template: {0}")]
    ChatTemplate(String),
    /// A sampling parameter is out of range.
    #[error("{name} is {value}, expected {expected}")]
    SamplingParameter {
        /// Its name.
        name: &'static str,
        /// The value given.
        value: f64,
        /// The range allowed.
        expected: &'static str,
    },
    /// A logit is NaN or +∞.
    #[error("logit of token {token} is {value}")]
    BadLogit {
        /// The token of this logit.
        token: TokenId,
        /// The value.
        value: f32,
    },
    /// Every logit is −∞: no token may follow.
    #[error("every logit is -inf, no token can follow")]
    NoCandidate,
    /// A prompt holds no token, so there is nothing for the model to continue.
    #[error("the prompt is empty")]
    EmptyPrompt,
    /// A prompt leaves no room for one generated token.
    #[error("the prompt has {tokens} tokens, the model's context holds {context_length}")]
    PromptTooLong {
        /// Length of the prompt, in tokens.
        tokens: usize,
        /// Context length of the model, in tokens.
        context_length: usize,
    },
}

impl From<TextError> for LmError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Io { path, reason } => Self::Io { path, reason },
            TextError::Gguf { path, reason } => Self::Model { path, reason },
            error => Self::Text(error),
        }
    }
}
