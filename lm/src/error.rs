//! What can go wrong between a model file and its text.

use std::fmt;
use std::path::PathBuf;

use greenmark_text::TextError;

use crate::TokenId;

/// A failure to load or to run a language model or its tokenizer.
///
/// Messages are lower case, without a full stop, and name the thing and the place.
#[derive(Debug)]
#[non_exhaustive]
pub enum LmError {
    /// A file could not be read.
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A name is that of no model.
    Name {
        /// What is wrong with it.
        reason: String,
    },
    /// A model file is damaged, lacks something, or asks for what is not supported.
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A model file holds another kind of model than the one asked for.
    Architecture {
        /// The file.
        path: PathBuf,
        /// Its kind, as it names itself.
        architecture: String,
    },
    /// A token id is not below the width of the logits.
    TokenOutOfRange {
        /// The token.
        token: TokenId,
        /// Width V of the logits.
        vocab_size: usize,
    },
    /// A sequence would outgrow the model's context.
    ContextFull {
        /// The length it would have, in tokens.
        length: usize,
        /// What the context holds, in tokens.
        context_length: usize,
    },
    /// A batch names a sequence that cannot be advanced.
    Sequence {
        /// Its index in the batch.
        index: usize,
        /// Why not.
        reason: &'static str,
    },
    /// The room for logits does not fit the batch.
    LogitsLength {
        /// The length given.
        length: usize,
        /// Sequences × V.
        expected: usize,
    },
    /// A tokenizer, or the header of a model file.
    Text(TextError),
    /// The model brings no chat template.
    ChatTemplateMissing,
    /// The model's chat template failed.
    ChatTemplate {
        /// The template engine's or the template's own message.
        reason: String,
    },
    /// A sampling parameter is out of range.
    SamplingParameter {
        /// Its name.
        name: &'static str,
        /// The value given.
        value: f64,
        /// The range allowed.
        expected: &'static str,
    },
    /// A logit is NaN or +∞.
    BadLogit {
        /// The token whose logit it is.
        token: TokenId,
        /// The value.
        value: f32,
    },
    /// Every logit is −∞: no token may follow.
    NoCandidate,
    /// A prompt holds no token, so there is nothing for the model to continue.
    EmptyPrompt {
        /// Index of the text.
        index: u64,
    },
    /// A prompt leaves no room for one generated token.
    PromptTooLong {
        /// Index of the text.
        index: u64,
        /// Length of the prompt, in tokens.
        tokens: usize,
        /// Context length of the model, in tokens.
        context_length: usize,
    },
}

impl fmt::Display for LmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "cannot read {}: {source}", path.display()),
            Self::Name { reason } => f.write_str(reason),
            Self::Model { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::Architecture { path, architecture } => {
                write!(f, "{}: models of architecture `{architecture}` are not supported, only `llama`", path.display())
            }
            Self::TokenOutOfRange { token, vocab_size } => {
                write!(f, "token {token} is not below the vocabulary size {vocab_size}")
            }
            Self::ContextFull { length, context_length } => {
                write!(f, "a sequence of {length} tokens does not fit the context of {context_length}")
            }
            Self::Sequence { index, reason } => write!(f, "sequence {index} of the batch {reason}"),
            Self::LogitsLength { length, expected } => {
                write!(f, "room for {length} logits where the batch gives {expected}")
            }
            Self::Text(error) => write!(f, "{error}"),
            Self::ChatTemplateMissing => {
                write!(f, "the model has no chat template: give --raw to continue the prompt as it is")
            }
            Self::ChatTemplate { reason } => write!(f, "chat template: {reason}"),
            Self::SamplingParameter { name, value, expected } => {
                write!(f, "{name} is {value}, expected {expected}")
            }
            Self::BadLogit { token, value } => write!(f, "logit of token {token} is {value}"),
            Self::NoCandidate => write!(f, "every logit is -inf, no token can follow"),
            Self::EmptyPrompt { .. } => write!(f, "the prompt is empty"),
            Self::PromptTooLong { tokens, context_length, .. } => {
                write!(f, "the prompt has {tokens} tokens, the model's context holds {context_length}")
            }
        }
    }
}

/// Without a source: the message holds it already, and who prints the whole chain would read it twice.
impl std::error::Error for LmError {}

impl From<TextError> for LmError {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}
