//! Word and OpenDocument: the paragraphs of an XML file within a zip file.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use crate::{Document, DocumentError, Format, decode, zip::Archive};

/// Reads the text of a document.
pub(crate) fn read(archive: &mut Archive<'_>, format: Format, left: &mut u64) -> Result<Document, DocumentError> {
    let (name, is_word) = match format {
        Format::Word => ("word/document.xml", true),
        _ => ("content.xml", false),
    };
    let xml = archive.named(name, left)?;
    let (xml, _) = decode(&xml)?;
    let paragraphs = paragraphs(&xml, is_word).map_err(|error| DocumentError::broken(format.as_str(), error))?;
    Ok(Document { text: joined(&paragraphs), format, encoding: None })
}

/// Joins paragraphs by an empty line; by a line break where the document has empty paragraphs of its
/// own, as a text has that was pasted line by line.
fn joined(paragraphs: &[String]) -> String {
    let inner = paragraphs.iter().skip_while(|p| p.is_empty()).collect::<Vec<_>>();
    let end = inner.iter().rposition(|p| !p.is_empty()).map_or(0, |last| last + 1);
    let inner = &inner[..end];
    let between = if inner.iter().any(|p| p.is_empty()) { "\n" } else { "\n\n" };
    let mut text = inner.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(between);
    text.push('\n');
    text
}

fn paragraphs(xml: &str, is_word: bool) -> Result<Vec<String>, quick_xml::Error> {
    let mut reader = Reader::from_str(xml);
    let mut walk = Walk { is_word, ..Walk::default() };
    loop {
        match reader.read_event()? {
            Event::Start(tag) => walk.start(&tag),
            Event::Empty(tag) => {
                walk.start(&tag);
                walk.end(tag.local_name().as_ref());
            }
            Event::End(tag) => walk.end(tag.local_name().as_ref()),
            Event::Text(text) => walk.text(&text),
            Event::CData(text) => walk.text(&text),
            Event::GeneralRef(entity) => {
                let resolved = match entity.resolve_char_ref()? {
                    Some(c) => c.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&entity).unwrap_or_default().to_owned(),
                };
                walk.text(&resolved);
            }
            Event::Eof => return Ok(walk.paragraphs),
            _ => {}
        }
    }
}

/// A walk along the XML.
#[derive(Default)]
struct Walk {
    is_word: bool,
    paragraphs: Vec<String>,
    paragraph: String,
    /// Paragraphs that are open: those of a text box are within another.
    open: usize,
    /// Text elements of Word that are open.
    texts: usize,
    /// Elements that are open within one that is not part of the text, with it.
    skipped: usize,
}

impl Walk {
    fn start(&mut self, tag: &BytesStart<'_>) {
        let name = tag.local_name();
        if self.skipped > 0 || self.is_skipped(name.as_ref()) {
            self.skipped += 1;
            return;
        }
        match name.as_ref() {
            "p" => self.open += 1,
            "h" if !self.is_word => self.open += 1,
            "t" if self.is_word => self.texts += 1,
            "tab" if self.open > 0 => self.paragraph.push('\t'),
            "br" | "cr" | "line-break" => self.paragraph.push('\n'),
            "noBreakHyphen" => self.paragraph.push('-'),
            "s" if !self.is_word => {
                let count = tag.attributes().flatten().find(|at| at.key.local_name().as_ref() == "c");
                let count = count.and_then(|at| at.value.parse().ok()).unwrap_or(1usize);
                self.paragraph.extend(std::iter::repeat_n(' ', count.min(1000)));
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match name {
            "p" => self.end_paragraph(),
            "h" if !self.is_word => self.end_paragraph(),
            "t" if self.is_word => self.texts = self.texts.saturating_sub(1),
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        self.open = self.open.saturating_sub(1);
        self.paragraphs.push(std::mem::take(&mut self.paragraph).trim_end().to_owned());
    }

    fn text(&mut self, text: &str) {
        let is_content = if self.is_word { self.texts > 0 } else { self.open > 0 };
        if is_content && self.skipped == 0 {
            self.paragraph.push_str(text);
        }
    }

    /// Returns true for elements that hold no part of the text as it is read.
    fn is_skipped(&self, name: &str) -> bool {
        if self.is_word {
            // Deleted text; and the copy of a text box for old readers; and tab stops.
            matches!(name, "del" | "moveFrom" | "Fallback" | "tabs")
        } else {
            matches!(name, "tracked-changes" | "annotation" | "note" | "table-of-content")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_of_word() {
        let xml = "<w:document xmlns:w='w'><w:body><w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>One &amp; a</w:t></w:r><w:r>\
            <w:t xml:space='preserve'> half</w:t><w:br/><w:t>line</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>\n\
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>cell</w:t><w:tab/><w:t>&#233;</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>";
        assert_eq!(paragraphs(xml, true).expect("XML"), ["One & a half\nline", "cell\té"]);
    }

    #[test]
    fn paragraphs_of_opendocument() {
        let xml = "<o:text xmlns:text='t'><text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:h>Title</text:h>\
            <text:p>two<text:s text:c='3'/>spaces<text:line-break/>and <text:span>more</text:span><text:note><text:p>a note</text:p></text:note></text:p></o:text>";
        assert_eq!(paragraphs(xml, false).expect("XML"), ["Title", "two   spaces\nand more"]);
    }

    #[test]
    fn empty_paragraphs_are_kept_as_they_are() {
        let of = |paragraphs: &[&str]| joined(&paragraphs.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["a", "b"]), "a\n\nb\n");
        assert_eq!(of(&["", "a", "", "b", ""]), "a\n\nb\n");
        assert_eq!(of(&["", ""]), "\n");
    }
}
