//! The metadata of a GGUF file, without its tensors.
//!
//! A length that the file states is never trusted: it says how far to read at most, and the end of
//! the file is the end.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Error, ErrorKind, Read};
use std::path::Path;

use crate::TextError;

/// A value of the metadata.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the types of the format, by their own names")]
pub enum Value {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    U64(u64),
    I64(i64),
    F32(f32),
    F64(f64),
    Bool(bool),
    String(String),
    /// Values of one type, none of them an array.
    Array(Vec<Value>),
}

/// Whether a file begins as GGUF files do.
///
/// # Errors
/// [`TextError::Io`] if it cannot be read.
pub(crate) fn is_gguf(path: &Path) -> Result<bool, TextError> {
    let mut magic = Vec::new();
    File::open(path)
        .and_then(|file| file.take(4).read_to_end(&mut magic))
        .map_err(|reason| TextError::Io { path: path.to_owned(), reason })?;
    Ok(magic == b"GGUF")
}

/// The metadata in a GGUF file's header. Versions 1 to 3, little-endian.
///
/// # Errors
/// [`TextError::Io`] if the file cannot be opened, [`TextError::Gguf`] if its header is damaged.
pub fn read_metadata(path: &Path) -> Result<HashMap<String, Value>, TextError> {
    let file = File::open(path).map_err(|reason| TextError::Io { path: path.to_owned(), reason })?;
    Header::read(BufReader::with_capacity(1 << 20, file))
        .map_err(|e| TextError::Gguf { path: path.to_owned(), reason: format!("the header cannot be read: {e}") })
}

struct Header<R> {
    reader: R,
    /// Version 1 counts in 32 bits.
    short_counts: bool,
}

fn invalid(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::InvalidData, reason)
}

/// Half a download, most often.
fn ends() -> Error {
    Error::new(ErrorKind::UnexpectedEof, "the file ends early")
}

impl<R: Read> Header<R> {
    fn read(reader: R) -> Result<HashMap<String, Value>, Error> {
        let mut header = Self { reader, short_counts: false };
        if &header.bytes()? != b"GGUF" {
            return Err(invalid("it does not begin with `GGUF`"));
        }
        let version = u32::from_le_bytes(header.bytes()?);
        if !(1..=3).contains(&version) {
            return Err(invalid(format!("version {version} is not known")));
        }
        header.short_counts = version == 1;
        let _tensors = header.count()?;
        let entries = header.count()?;
        let mut metadata = HashMap::new();
        for i in 1..=entries {
            let within = |e: Error| Error::new(e.kind(), format!("entry {i} of {entries}: {e}"));
            let key = header.string().map_err(within)?;
            let kind = u32::from_le_bytes(header.bytes().map_err(within)?);
            let value = header.value(kind).map_err(|e| Error::new(e.kind(), format!("metadata `{key}`: {e}")))?;
            metadata.insert(key, value);
        }
        Ok(metadata)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).map(|()| bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => ends(),
            _ => error,
        })
    }

    fn count(&mut self) -> Result<u64, Error> {
        if self.short_counts {
            return self.bytes().map(|b| u32::from_le_bytes(b).into());
        }
        self.bytes().map(u64::from_le_bytes)
    }

    fn string(&mut self) -> Result<String, Error> {
        let length = self.count()?;
        let mut bytes = Vec::new();
        // Grows with what is really there.
        self.reader.by_ref().take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != length {
            return Err(ends());
        }
        String::from_utf8(bytes).map_err(invalid)
    }

    fn value(&mut self, kind: u32) -> Result<Value, Error> {
        if kind != 9 {
            return self.scalar(kind);
        }
        let kind = u32::from_le_bytes(self.bytes()?);
        let mut values = Vec::new();
        for _ in 0..self.count()? {
            values.push(self.scalar(kind)?);
        }
        Ok(Value::Array(values))
    }

    fn scalar(&mut self, kind: u32) -> Result<Value, Error> {
        Ok(match kind {
            0 => Value::U8(u8::from_le_bytes(self.bytes()?)),
            1 => Value::I8(i8::from_le_bytes(self.bytes()?)),
            2 => Value::U16(u16::from_le_bytes(self.bytes()?)),
            3 => Value::I16(i16::from_le_bytes(self.bytes()?)),
            4 => Value::U32(u32::from_le_bytes(self.bytes()?)),
            5 => Value::I32(i32::from_le_bytes(self.bytes()?)),
            6 => Value::F32(f32::from_le_bytes(self.bytes()?)),
            7 => Value::Bool(self.bytes::<1>()? != [0]),
            8 => Value::String(self.string()?),
            10 => Value::U64(u64::from_le_bytes(self.bytes()?)),
            11 => Value::I64(i64::from_le_bytes(self.bytes()?)),
            12 => Value::F64(f64::from_le_bytes(self.bytes()?)),
            kind => return Err(invalid(format!("value type {kind} is not known here"))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Vec<u8> {
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }

    fn header(entries: &[(&str, u32, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(7u64.to_le_bytes());
        bytes.extend((entries.len() as u64).to_le_bytes());
        for (key, kind, value) in entries {
            bytes.extend(string(key));
            bytes.extend(kind.to_le_bytes());
            bytes.extend(value);
        }
        bytes
    }

    fn sample() -> Vec<u8> {
        let array = [8u32.to_le_bytes().to_vec(), 2u64.to_le_bytes().to_vec(), string("a"), string("bc")].concat();
        header(&[("name", 8, string("Tiny")), ("tokens", 9, array), ("eos", 4, vec![2, 0, 0, 0]), ("bos", 7, vec![1])])
    }

    #[test]
    fn reads_what_is_there() {
        let metadata = Header::read(&sample()[..]).unwrap();
        assert_eq!(metadata.len(), 4);
        assert_eq!(metadata["name"], Value::String("Tiny".into()));
        assert_eq!(metadata["tokens"], Value::Array(["a", "bc"].map(|t| Value::String(t.into())).into()));
        assert_eq!(metadata["eos"], Value::U32(2));
        assert_eq!(metadata["bos"], Value::Bool(true));
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error() {
        let whole = sample();
        for end in 0..whole.len() {
            let message = Header::read(&whole[..end]).unwrap_err().to_string();
            assert!(message.ends_with("the file ends early"), "cut at {end}: {message}");
        }
        let message = Header::read(&whole[..whole.len() - 1]).unwrap_err().to_string();
        assert_eq!(message, "metadata `bos`: the file ends early");
    }

    #[test]
    fn damaged_bytes_are_errors_or_other_values_but_never_the_end_of_the_process() {
        let whole = sample();
        for at in 0..whole.len() {
            for value in [0x00, 0x7F, 0xFF] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                let _ = Header::read(&bytes[..]);
            }
        }
        let message = Header::read(&header(&[("k", 77, vec![])])[..]).unwrap_err().to_string();
        assert_eq!(message, "metadata `k`: value type 77 is not known here");
    }
}
