//! From files to texts: plain text in any encoding, Markdown, HTML, e-mail, Word, OpenDocument, PDF,
//! and zip files of these.
//!
//! A document's kind is told by its first bytes, and by its name where these are not enough. The text
//! is what a reader of the document reads, in paragraphs with an empty line between them.
//!
//! ```
//! use greenmark_documents::{Format, read};
//!
//! let found = read("letter.html", b"<p>Caf&eacute;<p>at <b>noon</b>");
//! let document = found[0].content.as_ref().unwrap();
//! assert_eq!(document.text, "Caf\u{e9}\n\nat noon\n");
//! assert_eq!(document.format, Format::Html);
//! ```
//!
//! Files are hostile until read. What is unpacked from one file is at most [`LARGEST`] bytes, and
//! archives within archives are opened three deep. Nothing that a document refers to is fetched.

mod encoding;
mod error;
mod html;
mod mail;
mod office;
mod pdf;
mod zip;

pub use self::{encoding::decode, error::DocumentError};

/// Most bytes that are unpacked from one file, in all its parts together: 256 MiB.
pub const LARGEST: u64 = 1 << 28;
/// Archives within archives, and e-mails within e-mails, that are opened.
const DEEPEST: usize = 3;

/// The kind of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Plain text, and Markdown, as it is.
    Text,
    /// HTML: the text without the markup, scripts and styles.
    Html,
    /// An e-mail: its body, as plain text where it has that, else from its HTML.
    Mail,
    /// Word (`.docx`): paragraphs and tables; no headers, footnotes, comments or deleted text.
    Word,
    /// OpenDocument text (`.odt`), the same.
    OpenDocument,
    /// PDF: its text layer, lines joined to paragraphs.
    Pdf,
}

impl Format {
    /// Returns the name in evidence: `text`, `html`, `eml`, `docx`, `odt` or `pdf`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Html => "html",
            Self::Mail => "eml",
            Self::Word => "docx",
            Self::OpenDocument => "odt",
            Self::Pdf => "pdf",
        }
    }
}

/// The text of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Document {
    /// The text.
    pub text: String,
    /// The document's kind.
    pub format: Format,
    /// Character encoding by its name in the WHATWG's standard, as `windows-1252`; `None` where the
    /// format has one of its own.
    pub encoding: Option<&'static str>,
}

/// A document of a file, or why it has no text.
#[derive(Debug)]
#[non_exhaustive]
pub struct Found {
    /// Path within the file, as `letters.zip/2026/May.docx`; of a single document the file's name.
    pub name: String,
    /// The document.
    pub content: Result<Document, DocumentError>,
}

/// Reads all documents of a file: one, or those of an archive or of an e-mail with its attachments, in
/// their order there.
///
/// - `name`: the file's name, whose ending is asked where the first bytes don't tell the kind.
pub fn read(name: &str, bytes: &[u8]) -> Vec<Found> {
    let mut reader = Reader { left: LARGEST, found: Vec::new() };
    reader.read(name.to_owned(), bytes, 0);
    reader.found
}

/// Reading a file and those within it.
struct Reader {
    /// Bytes that may still be unpacked.
    left: u64,
    found: Vec<Found>,
}

impl Reader {
    fn read(&mut self, name: String, bytes: &[u8], depth: usize) {
        let content = match Kind::of(&name, bytes) {
            Kind::Archive if depth >= DEEPEST => Err(DocumentError::Deep),
            Kind::Archive => match self.archive(&name, bytes, depth) {
                Ok(None) => return,
                Ok(Some(document)) => Ok(document),
                Err(error) => Err(error),
            },
            Kind::Mail if depth < DEEPEST => match mail::read(bytes) {
                Ok(mail) => {
                    self.push(name.clone(), mail.body);
                    for (attachment, bytes) in mail.attachments {
                        self.read(format!("{name}/{attachment}"), &bytes, depth + 1);
                    }
                    return;
                }
                Err(error) => Err(error),
            },
            Kind::Mail => Err(DocumentError::Deep),
            Kind::Pdf => pdf::read(bytes),
            Kind::Html => html::read(bytes),
            Kind::Text => {
                decode(bytes).map(|(text, encoding)| Document { text, format: Format::Text, encoding: Some(encoding) })
            }
            Kind::Other(what) => Err(DocumentError::NoText { what }),
        };
        self.push(name, content);
    }

    fn push(&mut self, name: String, content: Result<Document, DocumentError>) {
        let content = content.and_then(|document| match document.text.trim().is_empty() {
            true if document.format == Format::Pdf => Err(DocumentError::NoTextLayer),
            true if document.format != Format::Text => Err(DocumentError::Empty),
            _ => Ok(document),
        });
        self.found.push(Found { name, content });
    }

    /// Reads the documents of an archive; or returns the one that the archive is, as a Word file.
    fn archive(&mut self, name: &str, bytes: &[u8], depth: usize) -> Result<Option<Document>, DocumentError> {
        let mut archive = zip::Archive::open(bytes)?;
        if let Some(format) = archive.office() {
            return office::read(&mut archive, format, &mut self.left).map(Some);
        }
        for index in 0..archive.len() {
            match archive.member(index, &mut self.left) {
                Ok(None) => {}
                Ok(Some((member, bytes))) => self.read(format!("{name}/{member}"), &bytes, depth + 1),
                Err((member, error)) => self.push(format!("{name}/{member}"), Err(error)),
            }
        }
        Ok(None)
    }
}

/// The kind of a file.
enum Kind {
    Archive,
    Pdf,
    Html,
    Mail,
    Text,
    /// A kind that holds no text that is read here.
    Other(&'static str),
}

impl Kind {
    fn of(name: &str, bytes: &[u8]) -> Self {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        let begins = |magic: &[u8]| bytes.starts_with(magic);
        match ending.as_deref() {
            _ if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") => Self::Archive,
            _ if bytes[..bytes.len().min(1024)].windows(5).any(|five| five == b"%PDF-") => Self::Pdf,
            _ if begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => Self::Other("an old Office file: save it as .docx"),
            _ if begins(b"{\\rtf") => Self::Other("a rich text file: save it as .docx or .txt"),
            _ if begins(b"\x89PNG") || begins(b"\xff\xd8\xff") || begins(b"GIF8") => Self::Other("an image"),
            _ if begins(b"\x1f\x8b") => Self::Other("a gzip file: unpack it first"),
            _ if begins(b"7z\xbc\xaf") || begins(b"Rar!") => Self::Other("an archive: only zip is opened"),
            Some("html" | "htm" | "xhtml") => Self::Html,
            Some("eml") => Self::Mail,
            _ if html::begins(bytes) => Self::Html,
            _ => Self::Text,
        }
    }
}
