//! Texts as they come in: plain files, standard input, JSON Lines.

use std::{
    ffi::OsString,
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow, bail};
#[cfg(feature = "eval")]
pub(crate) use greenmark_text::lines::Document;
#[cfg(feature = "eval")]
use greenmark_text::lines::documents;
pub(crate) use greenmark_text::lines::{Content, Prompt, Text};
use greenmark_text::lines::{prompts, text_lines};

use serde::Serialize;
use walkdir::WalkDir;

use crate::{memory, output::without_number, stdin::Stdin};

/// A source of texts.
pub(crate) struct Source {
    path: Option<PathBuf>,
    is_lines: bool,
}

impl Source {
    /// `-` is standard input; JSON Lines are known by the file's name or by the caller.
    pub(crate) fn new(path: &Path, jsonl: bool) -> Self {
        let is_lines = jsonl || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("jsonl"));
        Self { path: Some(path).filter(|path| *path != Path::new("-")).map(PathBuf::from), is_lines }
    }

    pub(crate) fn is_lines(&self) -> bool {
        self.is_lines
    }

    /// Returns true if it can be read twice.
    pub(crate) fn is_file(&self) -> bool {
        self.path.as_ref().is_some_and(|path| path.is_file())
    }

    /// For messages.
    pub(crate) fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| "standard input".into(), |path| path.display().to_string())
    }

    /// Returns the name of the file, without its folders.
    pub(crate) fn file_name(&self) -> OsString {
        let name = self.path.as_deref().and_then(Path::file_name);
        name.map_or_else(|| "standard-input".into(), ToOwned::to_owned)
    }

    /// Returns the id of the one text of a plain file, for its evidence.
    pub(crate) fn id(&self) -> String {
        self.path.as_ref().map_or_else(|| "-".into(), |path| path.display().to_string())
    }

    pub(crate) fn open(&self) -> Result<Box<dyn BufRead>> {
        match &self.path {
            None => Ok(Box::new(BufReader::new(Stdin::new()))),
            Some(path) if path.is_dir() => Err(anyhow!("{} is a folder: give files in it", path.display())),
            Some(path) if path.exists() && !path.is_file() => Ok(Box::new(BufReader::new(Stdin::of(path)))),
            Some(path) => {
                let file = File::open(path).map_err(|error| self.unreadable(&error))?;
                Ok(Box::new(BufReader::new(file)))
            }
        }
    }

    /// [`open`](Self::open), unless a file is something else than text.
    fn open_lines(&self) -> Result<Box<dyn BufRead>> {
        let mut reader = self.open()?;
        // Of a pipe nothing is awaited before its time.
        if self.is_file()
            && let Some(kind) = kind(reader.fill_buf().map_err(|error| self.unreadable(&error))?)
        {
            bail!("{}: {kind}", self.name());
        }
        Ok(reader)
    }

    fn unreadable(&self, error: &io::Error) -> anyhow::Error {
        anyhow!("cannot read {}: {}", self.name(), without_number(error))
    }

    /// Lines of a file, for a progress bar; unknown for standard input and what else cannot be read
    /// twice.
    pub(crate) fn count_lines(&self) -> Option<u64> {
        let path = self.path.as_ref().filter(|path| path.is_file())?;
        let mut reader = BufReader::new(File::open(path).ok()?);
        let (mut lines, mut line) = (0, Vec::new());
        while reader.read_until(b'\n', &mut line).ok()? > 0 {
            lines += u64::from(!line.trim_ascii().is_empty());
            line.clear();
        }
        Some(lines)
    }

    /// Returns the whole of a plain file, as it is. SPEC §9.1.
    pub(crate) fn read_whole(&self) -> Result<String> {
        let bytes = self.bytes()?;
        plain(&self.name(), bytes)
    }

    /// Returns the content of a file that is one text, unless that is too much.
    fn bytes(&self) -> Result<Vec<u8>> {
        let name = self.name();
        // Before any of it is read, where that can be told.
        let length = self.path.as_ref().and_then(|path| path.metadata().ok()).map_or(0, |metadata| metadata.len());
        memory::admit(&name, length)?;
        let mut bytes = Vec::new();
        let read = self.open()?.take(memory::LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.unreadable(&error))?;
        memory::admit(&name, bytes.len() as u64)?;
        Ok(bytes)
    }

    /// Returns the one text of a plain file.
    pub(crate) fn text(&self) -> Result<Text> {
        Ok(Text::new(self.id(), Content::Characters(self.read_whole()?)))
    }

    /// Returns the documents of a file: one, or those of an archive.
    pub(crate) fn read_documents(&self) -> Result<Vec<Found>> {
        let bytes = self.bytes()?;
        Ok(read(&self.id(), bytes))
    }

    /// Returns the texts of a JSON Lines file, one at a time; see [`text_lines`].
    pub(crate) fn text_lines(&self, prefer_ids: bool) -> Result<impl Iterator<Item = Result<Text>>> {
        Ok(text_lines(self.open_lines()?, self.name(), prefer_ids).map(|line| line.map_err(Into::into)))
    }

    /// Returns the texts of a corpus, one at a time: one of a plain file, or one a line.
    #[cfg(feature = "eval")]
    pub(crate) fn documents(&self) -> Result<Box<dyn Iterator<Item = Result<Document>>>> {
        if !self.is_lines {
            let content = Content::Characters(self.read_whole()?);
            return Ok(Box::new(std::iter::once(Ok(Document { content, lang: None, source: None }))));
        }
        Ok(Box::new(documents(self.open_lines()?, self.name()).map(|line| line.map_err(Into::into))))
    }

    /// Returns the prompts of a JSON Lines file, one at a time.
    pub(crate) fn prompts(&self) -> Result<impl Iterator<Item = Result<Prompt>> + use<>> {
        Ok(prompts(self.open_lines()?, self.name()).map(|line| line.map_err(Into::into)))
    }
}

/// A document that was read.
pub(crate) struct Found {
    /// Path of its file and, in an archive, its path there.
    pub(crate) id: String,
    /// Its text, or why there is none.
    pub(crate) text: Result<String>,
    pub(crate) origin: Origin,
}

/// The kind of document that a text is from, for its evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Origin {
    /// `text`, `docx`, `pdf` and so on.
    pub(crate) format: &'static str,
    /// The encoding of its characters; `None` where the format has one of its own.
    pub(crate) encoding: Option<&'static str>,
}

/// What evidence says of the document that a text is from.
#[derive(Debug, Serialize)]
pub(crate) struct DocumentFacts {
    #[serde(flatten)]
    pub(crate) origin: Origin,
    /// SHA-256 of the text in UTF-8.
    pub(crate) sha256: String,
    /// An earlier document with the same text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) same_as: Option<String>,
}

impl Origin {
    pub(crate) const PLAIN: Self = Self { format: "text", encoding: Some("UTF-8") };
}

impl fmt::Display for Origin {
    /// "docx", "windows-1252"; nothing for plain text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self, self.encoding) {
            (Self::PLAIN, _) => Ok(()),
            (_, Some(encoding)) if self.format == "text" => f.write_str(encoding),
            (_, Some(encoding)) if encoding != "UTF-8" => write!(f, "{}, {encoding}", self.format),
            _ => f.write_str(self.format),
        }
    }
}

#[cfg(feature = "documents")]
fn read(id: &str, bytes: Vec<u8>) -> Vec<Found> {
    let found = greenmark_documents::read(id, &bytes).into_iter().map(|found| match found.content {
        Ok(document) => {
            let origin = Origin { format: document.format.as_str(), encoding: document.encoding };
            Found { id: found.name, text: Ok(document.text), origin }
        }
        Err(error) => {
            let text = Err(anyhow!("{}: {error}", found.name));
            Found { id: found.name, text, origin: Origin::PLAIN }
        }
    });
    found.collect()
}

#[cfg(not(feature = "documents"))]
fn read(id: &str, bytes: Vec<u8>) -> Vec<Found> {
    vec![Found { id: id.to_owned(), text: plain(id, bytes), origin: Origin::PLAIN }]
}

/// Returns the text of a file that has to be plain UTF-8.
///
/// - `name`: for messages.
fn plain(name: &str, bytes: Vec<u8>) -> Result<String> {
    if let Some(kind) = kind(&bytes) {
        bail!("{name}: {kind}");
    }
    String::from_utf8(bytes)
        .map_err(|error| anyhow!("{name}: not valid UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
}

/// Returns the files of a folder and of those in it, in the order of their names. Hidden files, keys
/// and profiles are no documents; folders that are links are left alone.
///
/// # Errors
/// Those folders that cannot be read and links that lead nowhere, beside the files that can.
pub(crate) fn files_in(folder: &Path) -> Vec<Result<PathBuf, (PathBuf, anyhow::Error)>> {
    let is_shown = |name: &str| !name.starts_with('.') && !name.ends_with(".key") && !name.ends_with(".profile.json");
    WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || is_shown(&entry.file_name().to_string_lossy()))
        .filter_map(|entry| match entry {
            Ok(entry) if entry.path().is_file() => Some(Ok(entry.into_path())),
            Ok(entry) if entry.path_is_symlink() && !entry.path().exists() => {
                let path = entry.into_path();
                let error = anyhow!("cannot read {}: a link to nothing", path.display());
                Some(Err((path, error)))
            }
            Ok(_) => None,
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                let reason = error.io_error().map_or_else(|| "a loop of links".into(), without_number);
                let error = anyhow!("cannot read {}: {reason}", path.display());
                Some(Err((path, error)))
            }
        })
        .collect()
}

/// Returns the kind of a file that is no text, and what to do about it, as far as its first bytes
/// tell.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 9] = [
        (b"%PDF-", "a PDF document: copy its text into a file of plain text"),
        (b"\xd0\xcf\x11\xe0", "an Office document: save it as plain text"),
        (b"{\\rtf", "a document in Rich Text Format: save it as plain text"),
        (b"\x1f\x8b", "compressed by gzip: unpack it first"),
        (b"GGUF", "a language model, where a text belongs"),
        (b"\x89PNG", "an image, where a text belongs"),
        (b"\xff\xd8\xff", "an image, where a text belongs"),
        (b"\xff\xfe", "UTF-16: save it as UTF-8"),
        (b"\xfe\xff", "UTF-16: save it as UTF-8"),
    ];
    if bytes.starts_with(b"PK\x03\x04") {
        let holds = |part: &[u8]| bytes.windows(part.len()).take(1 << 16).any(|window| window == part);
        let is_document = [&b"[Content_Types].xml"[..], b"word/", b"mimetypeapplication/"].into_iter().any(holds);
        return Some(if is_document {
            "an Office document (DOCX or the like): save it as plain text"
        } else {
            "a ZIP archive: unpack it first"
        });
    }
    let known = KINDS.into_iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, kind)| kind);
    known.or_else(|| {
        let (start, rest) = (&bytes[..bytes.len().min(1 << 12)], bytes.len().min(1 << 12) / 4);
        let zeros = start.iter().filter(|&&byte| byte == 0).count();
        (zeros > rest).then_some("UTF-16 or no text at all: every other byte is 0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_told_by_kind() {
        let utf16: Vec<u8> = "Once upon a time".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let docx = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml \xa2";
        for (bytes, word) in [
            (&b"%PDF-1.7\n"[..], "PDF"),
            (docx, "DOCX"),
            (b"PK\x03\x04\x14\0a.txt", "ZIP"),
            (&utf16, "UTF-16"),
            (&[&b"\xff\xfe"[..], &utf16].concat(), "UTF-16"),
        ] {
            assert!(kind(bytes).is_some_and(|kind| kind.contains(word)), "{word}: {:?}", kind(bytes));
        }
        for text in ["", "a", "PK", "\u{feff}Once upon a time", "a\0bcdefgh", "100 % PDF-"] {
            assert_eq!(kind(text.as_bytes()), None, "{text:?}");
        }
    }
}
