//! Errors between a file or a text and its ids.

use std::path::PathBuf;

/// A failure to read a tokenizer, or to read a text with it.
///
/// Messages are lower case, without a full stop, and name the thing and the place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A file could not be read.
    #[error("cannot read {}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason. No `source`: the message holds it already.
        reason: std::io::Error,
    },
    /// A GGUF file is damaged.
    #[error("{}: {reason}", path.display())]
    Gguf {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
    /// A GGUF file lacks a metadata key, or has another type under it.
    #[error("GGUF metadata `{key}`: expected {expected}")]
    Metadata {
        /// The metadata key.
        key: String,
        /// Type expected there.
        expected: &'static str,
    },
    /// A model known by name is not in the cache.
    #[error("model `{name}` is not at {}: run `{remedy}`", path.display())]
    ModelMissing {
        /// Its name, as on the command line.
        name: String,
        /// The path where it should be.
        path: PathBuf,
        /// The command that puts it there.
        remedy: &'static str,
    },
    /// No model goes by this name.
    #[error("no model is called `{name}` (known: {known})")]
    ModelUnknown {
        /// The name asked for.
        name: String,
        /// The known names.
        known: &'static str,
    },
    /// A tokenizer file is damaged, or asks for something this build cannot do exactly.
    #[error("tokenizer of {origin}: {reason}")]
    Tokenizer {
        /// The file or container, for display.
        origin: String,
        /// The fault.
        reason: String,
    },
    /// A text of characters was given to an examiner that knows no tokenizer for a key.
    #[error("a text needs a tokenizer (ids do not)")]
    TokenizerMissing,
    /// A GGUF file names a tokenizer whose rules are not known here exactly.
    #[error(
        "the GGUF's tokenizer is not known exactly ({key} = `{value}`): \
         give the model's own file with --tokenizer tokenizer.json"
    )]
    TokenizerUnknown {
        /// The metadata key.
        key: &'static str,
        /// Its value.
        value: String,
    },
}
