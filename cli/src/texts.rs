//! Texts as they come in: plain files, standard input, JSON Lines.

// By its path, as fuzz/ takes this file in by a path too.
#[path = "texts/members.rs"]
mod members;

use std::{
    borrow::Cow,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use greenmark::TokenId;
use serde::{Deserialize, de::DeserializeOwned};

pub(crate) use self::members::Member;
use self::members::members;
use crate::stdin::Stdin;

/// One text to ask about, or why it could not be read. The rest goes on either way.
pub(crate) struct Text {
    /// Names it in evidence and complaints.
    pub(crate) id: String,
    pub(crate) content: Content,
    /// Its line of JSON Lines; empty for a plain file.
    line: String,
}

impl Text {
    /// What else its line has.
    pub(crate) fn rest(&self) -> impl Iterator<Item = Member> {
        members(&self.line).into_iter().filter(|member| !TextLine::MEMBERS.contains(&&*member.name))
    }
}

pub(crate) enum Content {
    Characters(String),
    Ids(Vec<TokenId>),
}

/// A name in JSON Lines: a string, or a whole number.
#[derive(Deserialize)]
#[serde(untagged, expecting = "`id` must be a string or a whole number")]
enum Id {
    String(String),
    Number(u64),
}

impl Id {
    fn into_string(self) -> String {
        match self {
            Self::String(id) => id,
            Self::Number(id) => id.to_string(),
        }
    }
}

#[derive(Deserialize)]
struct TextLine {
    id: Option<Id>,
    text: Option<String>,
    tokens: Option<Vec<TokenId>>,
}

impl TextLine {
    const MEMBERS: [&str; 3] = ["id", "text", "tokens"];
}

/// A prompt of a prompt file.
pub(crate) struct Prompt {
    /// Its name: `id`, or the number of its line.
    pub(crate) id: String,
    pub(crate) prompt: String,
    /// Its line, from 1.
    pub(crate) line: u64,
}

#[derive(Deserialize)]
struct PromptLine {
    id: Option<Id>,
    prompt: String,
}

/// A text of a corpus.
pub(crate) struct Document {
    pub(crate) content: Content,
    /// Its language and where it is from, to be counted apart.
    pub(crate) lang: Option<String>,
    pub(crate) source: Option<String>,
}

#[derive(Deserialize)]
struct DocumentLine {
    text: Option<String>,
    tokens: Option<Vec<TokenId>>,
    lang: Option<String>,
    source: Option<String>,
}

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
        Ok(Text { id: self.id(), content: Content::Characters(self.read_whole()?), line: String::new() })
    }

    /// The texts of a JSON Lines file, one at a time; see [`text_lines`].
    pub(crate) fn text_lines(&self, prefer_ids: bool) -> Result<impl Iterator<Item = Result<Text>>> {
        Ok(text_lines(self.open()?, self.name(), prefer_ids))
    }

    /// The texts of a corpus, one at a time: one of a plain file, or one a line.
    pub(crate) fn documents(&self) -> Result<Box<dyn Iterator<Item = Result<Document>>>> {
        if !self.is_lines {
            let content = Content::Characters(self.read_whole()?);
            return Ok(Box::new(std::iter::once(Ok(Document { content, lang: None, source: None }))));
        }
        let lines = lines::<DocumentLine>(self.open()?, self.name());
        Ok(Box::new(lines.map(|line| {
            let Line { place, value: line, .. } = line?;
            let content = match (line.text, line.tokens) {
                (Some(text), _) => Content::Characters(text),
                (None, Some(ids)) => Content::Ids(ids),
                (None, None) => return Err(anyhow!("{place}: neither `text` nor `tokens`")),
            };
            Ok(Document { content, lang: line.lang, source: line.source })
        })))
    }

    /// The prompts of a JSON Lines file, one at a time.
    pub(crate) fn prompts(&self) -> Result<impl Iterator<Item = Result<Prompt>> + use<>> {
        Ok(prompts(self.open()?, self.name()))
    }
}

/// The texts of JSON Lines, one at a time.
///
/// - `name`: what messages call `reader`.
/// - `prefer_ids`: take `tokens` even where a line has `text`.
pub(crate) fn text_lines(reader: impl BufRead, name: String, prefer_ids: bool) -> impl Iterator<Item = Result<Text>> {
    lines::<TextLine>(reader, name).map(move |line| {
        let Line { number, place, written, value: line } = line?;
        let id = line.id.map_or_else(|| number.to_string(), Id::into_string);
        let content = match (line.text, line.tokens) {
            (_, Some(ids)) if prefer_ids => Content::Ids(ids),
            (Some(text), _) => Content::Characters(text),
            (None, Some(ids)) => Content::Ids(ids),
            (None, None) => return Err(anyhow!("{place}: neither `text` nor `tokens`")),
        };
        Ok(Text { id, content, line: written })
    })
}

/// The prompts of JSON Lines, one at a time.
pub(crate) fn prompts(reader: impl BufRead, name: String) -> impl Iterator<Item = Result<Prompt>> {
    lines::<PromptLine>(reader, name).map(|line| {
        let Line { number, value: line, .. } = line?;
        let id = line.id.map_or_else(|| number.to_string(), Id::into_string);
        Ok(Prompt { id, prompt: line.prompt, line: number })
    })
}

/// A line of JSON Lines.
struct Line<T> {
    /// From 1.
    number: u64,
    /// For messages.
    place: String,
    written: String,
    value: T,
}

/// Lines that are not blank, parsed.
fn lines<T: DeserializeOwned>(mut reader: impl BufRead, name: String) -> impl Iterator<Item = Result<Line<T>>> {
    let mut number = 0;
    let mut failed = false;
    std::iter::from_fn(move || {
        while !failed {
            number += 1;
            let place = format!("{name}, line {number}");
            let mut bytes = Vec::new();
            match reader.read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) if bytes.trim_ascii().is_empty() => {}
                Ok(_) => return Some(parse_line(bytes, number, place)),
                Err(error) => {
                    failed = true;
                    return Some(Err(anyhow!("cannot read {place}: {error}")));
                }
            }
        }
        None
    })
}

fn parse_line<T: DeserializeOwned>(bytes: Vec<u8>, number: u64, place: String) -> Result<Line<T>> {
    let written = String::from_utf8(bytes).map_err(|error| {
        anyhow!("{place}: not valid UTF-8 from byte {} of the line on", error.utf8_error().valid_up_to())
    })?;
    let text = written.trim_end();
    // Invisible in an editor, and so in "not a JSON object".
    if text.starts_with('\u{feff}') {
        return Err(anyhow!("{place}: begins with a byte-order mark (BOM): save the file as UTF-8 without one"));
    }
    // An array would do for serde: its elements for the members, in order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(anyhow!("{place}: not a JSON object"));
    }
    let value = serde_json::from_str(text).map_err(|error| {
        // The line number within the line is always 1; only the column tells.
        let column = error.column();
        let message = error.to_string();
        // From the end: what the message quotes may hold these words too.
        let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
        let message = message.replace("expected u32", "expected a token id from 0 to 4294967295");
        anyhow!("{place}, column {column}: {}", shorten(&message))
    })?;
    Ok(Line { number, place, written, value })
}

/// The two ends of a message, if what it quotes in between is long.
fn shorten(message: &str) -> Cow<'_, str> {
    const KEPT: usize = 80;
    let from = message.char_indices().nth(KEPT).map(|(at, _)| at);
    let to = message.char_indices().nth_back(KEPT - 1).map(|(at, _)| at);
    match (from, to) {
        (Some(from), Some(to)) if from < to => format!("{} … {}", &message[..from], &message[to..]).into(),
        _ => message.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(line: &str) -> String {
        let text = text_lines(line.as_bytes(), "input".into(), false).next().expect("a line");
        text.err().expect("refused").to_string()
    }

    #[test]
    fn a_line_is_an_object() {
        for line in [r#"["a", "b", null]"#, r#""text""#, "null"] {
            assert_eq!(complaint(line), "input, line 1: not a JSON object", "{line}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_named() {
        assert!(complaint("\u{feff}{\"text\": \"\"}").starts_with("input, line 1: begins with a byte-order mark"));
    }

    #[test]
    fn a_long_quotation_is_cut_in_its_middle() {
        let complaint = complaint(&format!("{{\"tokens\": \"{}\"}}", "é".repeat(10_000)));
        assert!(complaint.starts_with("input, line 1, column ") && complaint.contains("invalid type: string \"éé"));
        assert!(complaint.chars().count() < 200 && complaint.ends_with("expected a sequence"), "{complaint}");
    }

    #[test]
    fn a_complaint_is_told_whole() {
        let complaint = complaint(r#"{"tokens": " at line "}"#);
        assert!(complaint.contains(r#"string " at line ", expected"#), "{complaint}");
    }
}
