//! HTML: the text between the tags.

use std::cell::RefCell;

use html5ever::{
    buffer_queue::BufferQueue,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, states::RawKind},
};

use crate::{Document, DocumentError, Format, encoding::decode_as};

/// Returns true if a file begins as HTML does.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let begins = |with: &[u8]| start.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    begins(b"<!doctype html") || begins(b"<html")
}

/// Reads a file.
pub(crate) fn read(bytes: &[u8]) -> Result<Document, DocumentError> {
    let (html, encoding) = decode_as(bytes, claimed(bytes))?;
    Ok(Document { text: text(&html), format: Format::Html, encoding: Some(encoding) })
}

/// Returns the encoding that the first kilobyte names.
fn claimed(bytes: &[u8]) -> Option<&[u8]> {
    let start = &bytes[..bytes.len().min(1024)];
    let at = start.windows(8).position(|eight| eight.eq_ignore_ascii_case(b"charset="))? + 8;
    let name = start[at..].trim_ascii_start();
    let name = name.strip_prefix(b"\"").or(name.strip_prefix(b"'")).unwrap_or(name);
    let end = name.iter().position(|&byte| !(byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte)));
    Some(&name[..end.unwrap_or(name.len())])
}

/// Returns the text: paragraphs with an empty line between them, white space as a browser shows it.
pub(crate) fn text(html: &str) -> String {
    let tokenizer = Tokenizer::new(Sink::default(), Default::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(html));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let mut text = tokenizer.sink.0.into_inner().text;
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Takes the tokens of the markup.
#[derive(Default)]
struct Sink(RefCell<Walk>);

#[derive(Default)]
struct Walk {
    text: String,
    /// Line breaks due before the next word.
    breaks: usize,
    /// A space is due before the next word.
    space: bool,
    /// Elements that are open within one that is not shown, with it.
    hidden: Vec<String>,
    /// Open `pre`.
    pre: usize,
    /// Open lists: the next number, or none for bullets.
    lists: Vec<Option<u64>>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut walk = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => walk.characters(&text),
            Token::TagToken(tag) => return walk.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Walk {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let (name, is_start) = (&*tag.name, tag.kind == TagKind::StartTag);
        let raw = match name {
            "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
            "title" | "textarea" => Some(RawKind::Rcdata),
            _ => None,
        };
        let is_hidden =
            raw.is_some() || matches!(name, "head" | "template" | "svg" | "math" | "object" | "select" | "noscript");
        if is_hidden && !tag.self_closing {
            if is_start {
                self.hidden.push(name.to_owned());
            } else if let Some(at) = self.hidden.iter().rposition(|open| open == name) {
                self.hidden.truncate(at);
            }
            return match raw {
                Some(kind) if is_start => TokenSinkResult::RawData(kind),
                _ => TokenSinkResult::Continue,
            };
        }
        // A page may leave its head open.
        if name == "body" {
            self.hidden.clear();
        }
        match name {
            "br" => {
                self.breaks += 1;
                self.space = false;
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre" | "table" | "article" | "section"
            | "header" | "footer" | "main" | "aside" | "nav" | "figure" | "hr" | "form" | "address" | "dl" => {
                self.block(2);
            }
            "ul" | "ol" => {
                if !is_start {
                    self.lists.pop();
                }
                // A list within a list stands close.
                self.block(if self.lists.is_empty() { 2 } else { 1 });
                if is_start {
                    self.lists.push((name == "ol").then_some(1));
                }
            }
            "li" => {
                self.block(1);
                if is_start {
                    let marker = match self.lists.last_mut() {
                        Some(Some(number)) => {
                            *number += 1;
                            format!("{}. ", *number - 1)
                        }
                        _ => "- ".to_owned(),
                    };
                    self.characters(&marker);
                }
            }
            "div" | "tr" | "dt" | "dd" | "figcaption" | "option" | "caption" => self.block(1),
            "td" | "th" => self.space = true,
            _ => {}
        }
        if name == "pre" {
            self.pre = if is_start { self.pre + 1 } else { self.pre.saturating_sub(1) };
        }
        TokenSinkResult::Continue
    }

    fn block(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
        self.space = false;
    }

    fn characters(&mut self, text: &str) {
        if !self.hidden.is_empty() {
            return;
        }
        for c in text.chars() {
            match c {
                '\n' if self.pre > 0 => self.breaks += 1,
                ' ' | '\t' | '\n' | '\r' | '\u{c}' if self.pre == 0 => self.space = true,
                c => {
                    if self.breaks > 0 {
                        if !self.text.is_empty() {
                            self.text.extend(std::iter::repeat_n('\n', self.breaks.min(1000)));
                        }
                    } else if self.space && !self.text.is_empty() && !self.text.ends_with(' ') {
                        self.text.push(' ');
                    }
                    (self.breaks, self.space) = (0, false);
                    self.text.push(c);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_as_a_browser_shows_it() {
        for (html, expected) in [
            (
                "<!doctype html><html><head><title>No</title><style>p{}</style></head><body><p>One\n two<p>three",
                "One two\n\nthree\n",
            ),
            ("a<br>b<br/><br>c", "a\nb\n\nc\n"),
            ("<ul><li>x</li><li>y<ol><li>one<li>two</ol></li></ul>z", "- x\n- y\n1. one\n2. two\n\nz\n"),
            ("<p>a<script>if (1 < 2) document.write('<p>no')</script>b</p>", "ab\n"),
            ("1 &lt; 2 &amp;&nbsp;&eacute;&#x20AC;", "1 < 2 &\u{a0}é€\n"),
            ("<pre>a  b\n  c</pre>d", "a  b\n  c\n\nd\n"),
            ("<b>bo</b>ld and <i> it</i>", "bold and it\n"),
            ("<head><body>seen", "seen\n"),
            ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc\n"),
            ("<!-- no --><p></p>", "\n"),
            ("<template><p>no</template>yes<svg><text>no</text></svg>", "yes\n"),
        ] {
            assert_eq!(text(html), expected, "{html}");
        }
    }

    #[test]
    fn the_named_encoding_is_believed_where_it_can_be() {
        let html = b"<html><head><meta charset=\"iso-8859-2\"></head><body>Za\xbf\xf3\xb3\xe6</body></html>";
        let document = read(html).expect("text");
        assert_eq!((document.text.as_str(), document.encoding), ("Zażółć\n", Some("ISO-8859-2")));
        let document = read("<meta charset=latin1><p>é".as_bytes()).expect("text");
        assert_eq!((document.text.as_str(), document.encoding), ("é\n", Some("UTF-8")));
    }
}
