//! Zip files, with a bound on what they unpack to.

use std::io::{Cursor, Read};

use crate::{DocumentError, Format};

/// Something of a member, with its name.
pub(crate) type Named<T> = (String, T);

/// A zip file.
pub(crate) struct Archive<'b>(zip::ZipArchive<Cursor<&'b [u8]>>);

impl<'b> Archive<'b> {
    pub(crate) fn open(bytes: &'b [u8]) -> Result<Self, DocumentError> {
        zip::ZipArchive::new(Cursor::new(bytes)).map(Self).map_err(|error| DocumentError::broken("zip", error))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the format if the archive is a document by itself.
    pub(crate) fn office(&mut self) -> Option<Format> {
        if self.0.index_for_name("word/document.xml").is_some() {
            return Some(Format::Word);
        }
        let mimetype = self.named("mimetype", &mut 256).ok()?;
        mimetype.starts_with(b"application/vnd.oasis.opendocument.text").then_some(Format::OpenDocument)
    }

    /// Unpacks the member of a name.
    pub(crate) fn named(&mut self, name: &str, left: &mut u64) -> Result<Vec<u8>, DocumentError> {
        let member = self.0.by_name(name).map_err(|error| DocumentError::broken("zip", error))?;
        unpack(member, left)
    }

    /// Unpacks a member, with its name; `None` for folders, and for what systems add unseen.
    pub(crate) fn member(
        &mut self,
        index: usize,
        left: &mut u64,
    ) -> Result<Option<Named<Vec<u8>>>, Named<DocumentError>> {
        let broken = |error| (format!("number {}", index + 1), DocumentError::broken("zip", error));
        let member = self.0.by_index(index).map_err(broken)?;
        let name = member.name().map_err(broken)?.into_owned();
        let unseen = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX" || part == "Thumbs.db");
        if member.is_dir() || unseen {
            return Ok(None);
        }
        match unpack(member, left) {
            Ok(bytes) => Ok(Some((name, bytes))),
            Err(error) => Err((name, error)),
        }
    }
}

fn unpack(member: impl Read, left: &mut u64) -> Result<Vec<u8>, DocumentError> {
    let mut bytes = Vec::new();
    let read = member.take(*left + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > *left {
        *left = 0;
        return Err(DocumentError::Large);
    }
    *left -= bytes.len() as u64;
    read.map_err(|error| DocumentError::broken("zip", error))?;
    Ok(bytes)
}
