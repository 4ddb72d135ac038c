//! E-mails: the body, and attachments.

use mail_parser::{MessageParser, MimeHeaders, PartType};

use crate::{Document, DocumentError, Format, html};

/// The documents of an e-mail.
pub(crate) struct Mail {
    pub(crate) body: Result<Document, DocumentError>,
    /// Names and contents.
    pub(crate) attachments: Vec<(String, Vec<u8>)>,
}

/// Reads an e-mail.
pub(crate) fn read(bytes: &[u8]) -> Result<Mail, DocumentError> {
    let message = MessageParser::default().parse(bytes).ok_or_else(|| DocumentError::broken("eml", "no header"))?;
    let text = (0..message.text_body_count())
        .filter_map(|part| match &message.text_part(part as u32)?.body {
            // Made by the writer where there is one; the parser's own rendering of HTML is not ours.
            PartType::Html(body) => Some(html::text(body)),
            PartType::Text(body) => Some(body.replace("\r\n", "\n")),
            _ => None,
        })
        .collect::<Vec<_>>()
        .join("\n");
    let attachments = message
        .attachments()
        .enumerate()
        .map(|(at, part)| {
            let name = part.attachment_name().map_or_else(|| format!("attachment {}", at + 1), str::to_owned);
            (name, part.contents().to_vec())
        })
        .collect();
    Ok(Mail { body: Ok(Document { text, format: Format::Mail, encoding: None }), attachments })
}
