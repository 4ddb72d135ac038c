//! JSON Lines: texts, prompts and documents, one object a line.
//!
//! A line that cannot be used is an error of its own, which names its place; the lines after it are
//! still read.
//!
//! ```
//! use greenmark_text::lines::{Content, text_lines};
//!
//! let file = "{\"id\": \"a\", \"text\": \"Once\"}\n\n{\"tokens\": [7, 8]}\nbroken\n";
//! let texts: Vec<_> = text_lines(file.as_bytes(), "texts.jsonl".into(), false).collect();
//! let [Ok(first), Ok(second), Err(error)] = &texts[..] else { panic!("three lines") };
//! assert!(matches!(&first.content, Content::Characters(text) if text == "Once"));
//! assert_eq!(second.id, "3");
//! assert_eq!(error.to_string(), "texts.jsonl, line 4: not a JSON object");
//! ```

use std::{
    borrow::Cow,
    io::{self, BufRead, Read},
};

use greenmark::TokenId;
use serde::{Deserialize, de::DeserializeOwned};

pub use crate::members::Member;
use crate::members::members;

/// Reason why a line could not be used.
///
/// Every message begins with the place: the name of the input and the line, from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The input could not be read. Nothing follows.
    #[error("cannot read {place}: {reason}")]
    Io {
        /// Input and line.
        place: String,
        /// The operating system's reason. No `source`: the message holds it already.
        reason: io::Error,
    },
    /// The line is not UTF-8, not an object, begins with a byte-order mark, or has a member that is
    /// missing or of another type.
    #[error("{place}: {fault}")]
    Line {
        /// Input and line; for a fault in the JSON also the column, from 1.
        place: String,
        /// The fault.
        fault: String,
    },
}

impl LineError {
    fn new(place: String, fault: impl Into<String>) -> Self {
        Self::Line { place, fault: fault.into() }
    }
}

/// One text to ask about.
#[derive(Debug, Clone)]
pub struct Text {
    /// Its name in evidence and messages: `id`, or the number of its line.
    pub id: String,
    /// Its content.
    pub content: Content,
    /// Its line as it is written; empty if it does not come from a file.
    line: String,
}

impl Text {
    /// Makes a text that does not come from a file of JSON Lines.
    pub fn new(id: String, content: Content) -> Self {
        Self { id, content, line: String::new() }
    }

    /// Returns the members of its line other than `id`, `text` and `tokens`, in order.
    pub fn rest(&self) -> impl Iterator<Item = Member<'_>> {
        members(&self.line).into_iter().filter(|member| !TextLine::MEMBERS.contains(&&*member.name))
    }
}

/// A text, in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Characters, which a tokenizer has to read.
    Characters(String),
    /// Token ids.
    Ids(Vec<TokenId>),
}

impl Content {
    /// Takes the text or the ids of a line; of both, the ids if they are preferred.
    fn of(text: Option<String>, ids: Option<Vec<TokenId>>, prefer_ids: bool, place: String) -> Result<Self, LineError> {
        match (text, ids) {
            (Some(text), ids) if ids.is_none() || !prefer_ids => Ok(Self::Characters(text)),
            (_, Some(ids)) => Ok(Self::Ids(ids)),
            _ => Err(LineError::new(place, "neither `text` nor `tokens`")),
        }
    }
}

/// The name of a text or prompt: a string, or a whole number.
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
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Its name: `id`, or the number of its line.
    pub id: String,
    /// Text that the model continues or answers.
    pub prompt: String,
    /// Its line, from 1.
    pub line: u64,
}

#[derive(Deserialize)]
struct PromptLine {
    id: Option<Id>,
    prompt: String,
}

/// A text of a corpus.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its content.
    pub content: Content,
    /// Its language, for counts by language.
    pub lang: Option<String>,
    /// Its source, for counts by source.
    pub source: Option<String>,
}

#[derive(Deserialize)]
struct DocumentLine {
    text: Option<String>,
    tokens: Option<Vec<TokenId>>,
    lang: Option<String>,
    source: Option<String>,
}

/// Reads the texts of JSON Lines, one at a time.
///
/// - `name`: name of `reader` in messages.
/// - `prefer_ids`: take `tokens` even where a line has `text`.
pub fn text_lines(
    reader: impl BufRead,
    name: String,
    prefer_ids: bool,
) -> impl Iterator<Item = Result<Text, LineError>> {
    lines::<TextLine>(reader, name).map(move |line| {
        let Line { number, place, written, value: line } = line?;
        let id = line.id.map_or_else(|| number.to_string(), Id::into_string);
        let content = Content::of(line.text, line.tokens, prefer_ids, place)?;
        Ok(Text { id, content, line: written })
    })
}

/// Reads the prompts of JSON Lines, one at a time.
///
/// - `name`: name of `reader` in messages.
pub fn prompts(reader: impl BufRead, name: String) -> impl Iterator<Item = Result<Prompt, LineError>> {
    lines::<PromptLine>(reader, name).map(|line| {
        let Line { number, value: line, .. } = line?;
        let id = line.id.map_or_else(|| number.to_string(), Id::into_string);
        Ok(Prompt { id, prompt: line.prompt, line: number })
    })
}

/// Reads the documents of a corpus in JSON Lines, one at a time.
///
/// - `name`: name of `reader` in messages.
pub fn documents(reader: impl BufRead, name: String) -> impl Iterator<Item = Result<Document, LineError>> {
    lines::<DocumentLine>(reader, name).map(|line| {
        let Line { place, value: line, .. } = line?;
        let content = Content::of(line.text, line.tokens, false, place)?;
        Ok(Document { content, lang: line.lang, source: line.source })
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

/// Bytes of the longest line that is read: 256 MiB.
const LONGEST: u64 = 1 << 28;

/// Returns the lines of an input, without their breaks, up to the first that cannot be read or is too
/// long.
fn split(mut reader: impl BufRead, longest: u64) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    let mut is_over = false;
    std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        let mut line = Vec::new();
        let read = reader.by_ref().take(longest + 1).read_until(b'\n', &mut line).and_then(|_| {
            let is_ended = line.pop_if(|byte| *byte == b'\n').is_some();
            if line.len() as u64 > longest {
                return Err(io::Error::other(format!("a line is longer than {} MiB", longest >> 20)));
            }
            Ok(is_ended)
        });
        match read {
            Ok(is_ended) if is_ended || !line.is_empty() => Some(Ok(line)),
            Ok(_) => None,
            Err(error) => {
                is_over = true;
                Some(Err(error))
            }
        }
    })
}

/// Parses the lines that are not blank, up to the first that cannot be read.
fn lines<T: DeserializeOwned>(reader: impl BufRead, name: String) -> impl Iterator<Item = Result<Line<T>, LineError>> {
    let read = split(reader, LONGEST);
    (1..).zip(read).filter_map(move |(number, bytes)| {
        let place = format!("{name}, line {number}");
        match bytes {
            Ok(bytes) if bytes.trim_ascii().is_empty() => None,
            Ok(bytes) => Some(parse_line(bytes, number, place)),
            Err(reason) => Some(Err(LineError::Io { place, reason })),
        }
    })
}

fn parse_line<T: DeserializeOwned>(bytes: Vec<u8>, number: u64, place: String) -> Result<Line<T>, LineError> {
    let written = match String::from_utf8(bytes) {
        Ok(written) => written,
        Err(error) => {
            let byte = error.utf8_error().valid_up_to();
            return Err(LineError::new(place, format!("not valid UTF-8 from byte {byte} of the line on")));
        }
    };
    let text = written.trim_end();
    // Invisible in an editor, and so in "not a JSON object".
    if text.starts_with('\u{feff}') {
        return Err(LineError::new(place, "begins with a byte-order mark (BOM): save the file as UTF-8 without one"));
    }
    // Serde would take an array too: its elements for the members, in order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(LineError::new(place, "not a JSON object"));
    }
    match serde_json::from_str(text) {
        Ok(value) => Ok(Line { number, place, written, value }),
        // The line number within the line is always 1.
        Err(error) => Err(LineError::new(format!("{place}, column {}", error.column()), reason(&error))),
    }
}

/// Returns the fault in some JSON, without the place.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    // From the end: what the message quotes may hold these words too.
    let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
    let message = message.replace("expected u32", "expected a token id from 0 to 4294967295");
    shorten(&message).into_owned()
}

/// Returns a message, with its middle left out if it is long: quotations are there.
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
        text.expect_err("refused").to_string()
    }

    #[test]
    fn a_line_is_an_object() {
        for line in [r#"["a", "b", null]"#, r#""text""#, "null"] {
            assert_eq!(complaint(line), "input, line 1: not a JSON object", "{line}");
        }
    }

    #[test]
    fn an_input_ends_where_a_line_is_too_long() {
        let lines = |text: &str, longest| {
            split(text.as_bytes(), longest)
                .map(|line| line.map(|line| String::from_utf8(line).expect("text")).map_err(|error| error.to_string()))
                .collect::<Vec<_>>()
        };
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(lines("ab\n\nabc\nd", 3), [ok("ab"), ok(""), ok("abc"), ok("d")]);
        assert_eq!(lines("ab\nabcd\ne", 3), [ok("ab"), Err("a line is longer than 0 MiB".into())]);
        assert_eq!(lines("abcd", 3), [Err("a line is longer than 0 MiB".into())]);
        assert_eq!(lines("", 3), []);
        // A line without an end.
        let endless = io::BufReader::new(io::repeat(b'x'));
        assert_eq!(split(endless, 1 << 20).map(|line| line.is_err()).collect::<Vec<_>>(), [true]);
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
