//! Errors of documents.

use thiserror::Error;

/// The reason that a document has no text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// A kind of file that is not read.
    #[error("{what}")]
    NoText {
        /// The kind, and what to do about it.
        what: &'static str,
    },
    /// Bytes that are text in no encoding.
    #[error("not a text: it holds bytes that no text has")]
    Binary,
    /// A PDF of images.
    #[error("a PDF without a text layer, such as a scan: recognise its text first (OCR)")]
    NoTextLayer,
    /// A PDF that opens with a password alone.
    #[error("a PDF that needs a password")]
    Password,
    /// A document without text.
    #[error("it holds no text")]
    Empty,
    /// Archives within archives.
    #[error("packed too deep: archives within archives are opened three deep")]
    Deep,
    /// More unpacked bytes than [`LARGEST`](crate::LARGEST).
    #[error("more than 256 MiB when unpacked")]
    Large,
    /// A file that ends early or is no such file.
    #[error("a broken {format} file: {reason}")]
    Broken {
        /// The kind of file.
        format: &'static str,
        /// The fault.
        reason: String,
    },
}

impl DocumentError {
    pub(crate) fn broken(format: &'static str, reason: impl ToString) -> Self {
        Self::Broken { format, reason: reason.to_string() }
    }
}
