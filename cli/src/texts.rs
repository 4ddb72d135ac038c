//! Texts as they come in: plain files, standard input, JSON Lines.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
#[cfg(feature = "eval")]
pub(crate) use greenmark_text::lines::Document;
#[cfg(feature = "eval")]
use greenmark_text::lines::documents;
pub(crate) use greenmark_text::lines::{Content, Prompt, Text};
use greenmark_text::lines::{prompts, text_lines};

use crate::stdin::Stdin;

/// Where texts come from.
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

    /// For messages.
    pub(crate) fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| "standard input".into(), |path| path.display().to_string())
    }

    /// What evidence calls the one text of a plain file.
    pub(crate) fn id(&self) -> String {
        self.path.as_ref().map_or_else(|| "-".into(), |path| path.display().to_string())
    }

    pub(crate) fn open(&self) -> Result<Box<dyn BufRead>> {
        match &self.path {
            None => Ok(Box::new(BufReader::new(Stdin::new()))),
            Some(path) if path.is_dir() => Err(anyhow!("{} is a directory", path.display())),
            Some(path) => {
                let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
                Ok(Box::new(BufReader::new(file)))
            }
        }
    }

    /// Lines of a file, for a progress bar; unknown for standard input and what else cannot be read twice.
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

    /// The whole of a plain file, as it is. SPEC §9.1.
    pub(crate) fn read_whole(&self) -> Result<String> {
        let mut bytes = Vec::new();
        self.open()?.read_to_end(&mut bytes).with_context(|| format!("cannot read {}", self.name()))?;
        String::from_utf8(bytes).map_err(|error| {
            anyhow!("{}: not valid UTF-8 from byte {} on", self.name(), error.utf8_error().valid_up_to())
        })
    }

    /// The one text of a plain file.
    pub(crate) fn text(&self) -> Result<Text> {
        Ok(Text::new(self.id(), Content::Characters(self.read_whole()?)))
    }

    /// The texts of a JSON Lines file, one at a time; see [`text_lines`].
    pub(crate) fn text_lines(&self, prefer_ids: bool) -> Result<impl Iterator<Item = Result<Text>>> {
        Ok(text_lines(self.open()?, self.name(), prefer_ids).map(|line| line.map_err(Into::into)))
    }

    /// The texts of a corpus, one at a time: one of a plain file, or one a line.
    #[cfg(feature = "eval")]
    pub(crate) fn documents(&self) -> Result<Box<dyn Iterator<Item = Result<Document>>>> {
        if !self.is_lines {
            let content = Content::Characters(self.read_whole()?);
            return Ok(Box::new(std::iter::once(Ok(Document { content, lang: None, source: None }))));
        }
        Ok(Box::new(documents(self.open()?, self.name()).map(|line| line.map_err(Into::into))))
    }

    /// The prompts of a JSON Lines file, one at a time.
    pub(crate) fn prompts(&self) -> Result<impl Iterator<Item = Result<Prompt>> + use<>> {
        Ok(prompts(self.open()?, self.name()).map(|line| line.map_err(Into::into)))
    }
}
