//! The header of a GGUF file: its metadata, and the descriptions of its tensors.
//!
//! A length that the file states is never trusted: memory grows only with the bytes that are read.
//! An array takes about as much memory as it takes room in the file.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, Error, ErrorKind, Read};
use std::path::Path;

use crate::TextError;

/// A value of the metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An integer of any of the format's widths.
    Integer(i128),
    /// A number in floating point, single or double.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A string.
    String(String),
    /// An array.
    Array(Array),
}

impl Value {
    /// Returns the integer; `None` for another type, and above `i64::MAX`.
    pub fn integer(&self) -> Option<i64> {
        if let Self::Integer(number) = *self { i64::try_from(number).ok() } else { None }
    }

    /// Returns the string; `None` for another type.
    pub fn string(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// Returns the array; `None` for another type.
    pub fn array(&self) -> Option<&Array> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }
}

/// Values of one type, which are not arrays themselves, side by side as in the file: a vocabulary
/// has a hundred thousand strings.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    kind: u32,
    bytes: Vec<u8>,
    /// End of each string in `bytes`; empty if the values are not strings.
    ends: Vec<usize>,
}

impl Array {
    /// Returns the string at an index; `None` past the end, and in an array of another type.
    pub fn string(&self, at: usize) -> Option<&str> {
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        std::str::from_utf8(&self.bytes[start..*self.ends.get(at)?]).ok()
    }

    /// Returns the strings, or `None` if the array has another type.
    pub fn strings(&self) -> Option<impl Iterator<Item = &str>> {
        (self.kind == STRING).then(|| (0..self.ends.len()).filter_map(|at| self.string(at)))
    }

    /// Returns the integers, or `None` if the array has another type or one is above `i64::MAX`.
    pub fn integers(&self) -> Option<Vec<i64>> {
        let width = width(self.kind)?;
        self.bytes.chunks_exact(width).map(|bytes| scalar(self.kind, bytes)?.integer()).collect()
    }
}

impl<'a> FromIterator<&'a str> for Array {
    fn from_iter<I: IntoIterator<Item = &'a str>>(strings: I) -> Self {
        let mut array = Self { kind: STRING, bytes: Vec::new(), ends: Vec::new() };
        for string in strings {
            array.bytes.extend_from_slice(string.as_bytes());
            array.ends.push(array.bytes.len());
        }
        array
    }
}

impl FromIterator<i32> for Array {
    fn from_iter<I: IntoIterator<Item = i32>>(numbers: I) -> Self {
        Self { kind: I32, bytes: numbers.into_iter().flat_map(i32::to_le_bytes).collect(), ends: Vec::new() }
    }
}

/// The metadata, by key.
pub type Metadata = HashMap<String, Value>;

/// Description of one tensor of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its dimensions, the one that varies fastest last.
    pub shape: Vec<u64>,
    /// Number of the format that its numbers are stored in.
    pub kind: u32,
    /// Its start in the file, in bytes.
    pub start: u64,
}

/// The header of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Gguf {
    /// Metadata: what the file says of its model.
    pub metadata: Metadata,
    /// Its tensors by name.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Gguf {
    /// Reads the header of a file. Versions 1 to 3, little-endian.
    ///
    /// # Errors
    /// [`TextError::Io`] if the file cannot be opened, [`TextError::Gguf`] if its header is
    /// damaged, or if its alignment is not a power of two.
    pub fn read(path: &Path) -> Result<Self, TextError> {
        Self::read_from(open(path)?).map_err(|reason| damaged(path, reason))
    }

    fn read_from(reader: impl Read) -> Result<Self, String> {
        let mut reader = Reader { reader, position: 0, version: 0 };
        let (metadata, tensors) = reader.metadata()?;
        let alignment = alignment(&metadata)?;
        let in_list = |error: Error| format!("the list of tensors cannot be read: {error}");
        let mut tensors = reader.tensors(tensors).map_err(in_list)?;
        // Offsets count from the end of the header, and the tensors begin at a multiple.
        let begin = reader.position.next_multiple_of(alignment);
        for tensor in tensors.values_mut() {
            tensor.start = tensor.start.saturating_add(begin);
        }
        Ok(Self { metadata, tensors })
    }
}

/// Returns true if a file begins as GGUF files do.
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

/// Reads the metadata in a file's header, and nothing after it: a file may be cut short there.
///
/// # Errors
/// [`TextError::Io`] if the file cannot be opened, [`TextError::Gguf`] if its metadata is damaged.
pub fn read_metadata(path: &Path) -> Result<Metadata, TextError> {
    let mut reader = Reader { reader: open(path)?, position: 0, version: 0 };
    reader.metadata().map(|(metadata, _)| metadata).map_err(|reason| damaged(path, reason))
}

/// Parses the metadata at the beginning of a file, given some of its first bytes. Returns `None` if the
/// metadata goes on after them.
///
/// - `name`: the file's name, for errors.
///
/// # Errors
/// [`TextError::Gguf`] if the metadata is damaged.
pub fn parse_metadata(start: &[u8], name: &str) -> Result<Option<Metadata>, TextError> {
    match (Reader { reader: start, position: 0, version: 0 }).entries() {
        Ok((metadata, _)) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(damaged(Path::new(name), format!("the header cannot be read: {error}"))),
    }
}

fn open(path: &Path) -> Result<BufReader<File>, TextError> {
    let file = File::open(path).map_err(|reason| TextError::Io { path: path.to_owned(), reason })?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

fn damaged(path: &Path, reason: String) -> TextError {
    TextError::Gguf { path: path.to_owned(), reason }
}

fn alignment(metadata: &Metadata) -> Result<u64, String> {
    let Some(value) = metadata.get("general.alignment") else { return Ok(32) };
    match value.integer().map(u64::try_from) {
        Some(Ok(0)) => Err("metadata `general.alignment` is 0".to_owned()),
        Some(Ok(n)) if n.is_power_of_two() && n <= 1 << 30 => Ok(n),
        Some(Ok(n)) => Err(format!("metadata `general.alignment` is {n}, which is not a power of two up to 2^30")),
        _ => Err("metadata `general.alignment` is not a count".to_owned()),
    }
}

const I32: u32 = 5;
const STRING: u32 = 8;
const ARRAY: u32 = 9;
/// Largest number of dimensions that a tensor may have.
const MOST_DIMENSIONS: u32 = 4;

/// Returns the number of bytes of a value, for types whose values all have the same; `None` for
/// others.
fn width(kind: u32) -> Option<usize> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// Returns a value of such a type from its bytes, little-endian; `None` for another type.
fn scalar(kind: u32, bytes: &[u8]) -> Option<Value> {
    let bits = bytes.iter().rev().fold(0u64, |bits, &byte| bits << 8 | u64::from(byte));
    Some(match kind {
        0 | 2 | 4 | 10 => Value::Integer(bits.into()),
        1 => Value::Integer((bits as i8).into()),
        3 => Value::Integer((bits as i16).into()),
        I32 => Value::Integer((bits as i32).into()),
        11 => Value::Integer((bits as i64).into()),
        6 => Value::Float(f32::from_bits(bits as u32).into()),
        12 => Value::Float(f64::from_bits(bits)),
        7 => Value::Bool(bits != 0),
        _ => return None,
    })
}

struct Reader<R> {
    reader: R,
    /// Bytes read so far.
    position: u64,
    /// Version 1 counts in 32 bits.
    version: u32,
}

fn invalid(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::InvalidData, reason)
}

/// Returns the error of a file that ends early: half a download, most often.
fn ends() -> Error {
    Error::new(ErrorKind::UnexpectedEof, "the file ends early")
}

impl<R: Read> Reader<R> {
    /// Returns the metadata, and the number of tensors.
    fn metadata(&mut self) -> Result<(Metadata, u64), String> {
        self.entries().map_err(|error| format!("the header cannot be read: {error}"))
    }

    fn entries(&mut self) -> Result<(Metadata, u64), Error> {
        if &self.bytes()? != b"GGUF" {
            return Err(invalid("it does not begin with `GGUF`"));
        }
        self.version = u32::from_le_bytes(self.bytes()?);
        if !(1..=3).contains(&self.version) {
            return Err(invalid(format!("version {} is not known", self.version)));
        }
        let tensors = self.count()?;
        let entries = self.count()?;
        let mut metadata = HashMap::new();
        for i in 1..=entries {
            let within = |e: Error| Error::new(e.kind(), format!("entry {i} of {entries}: {e}"));
            let key = self.string().map_err(within)?;
            let kind = self.word().map_err(within)?;
            let value = self.value(kind).map_err(|e| Error::new(e.kind(), format!("metadata `{key}`: {e}")))?;
            if metadata.insert(key.clone(), value).is_some() {
                return Err(invalid(format!("metadata `{key}` is there twice")));
            }
        }
        Ok((metadata, tensors))
    }

    /// Reads the descriptions of the tensors. Their starts count from the end of the header.
    fn tensors(&mut self, count: u64) -> Result<BTreeMap<String, Tensor>, Error> {
        let mut tensors = BTreeMap::new();
        for _ in 0..count {
            let name = self.string()?;
            let dimensions = self.word()?;
            if dimensions > MOST_DIMENSIONS {
                return Err(invalid(format!("tensor `{name}` has {dimensions} dimensions")));
            }
            let mut shape = (0..dimensions).map(|_| self.count()).collect::<Result<Vec<u64>, Error>>()?;
            // The file has the one that varies fastest first.
            shape.reverse();
            let kind = self.word()?;
            let start = self.bytes().map(u64::from_le_bytes)?;
            if tensors.insert(name.clone(), Tensor { shape, kind, start }).is_some() {
                return Err(invalid(format!("tensor `{name}` is there twice")));
            }
        }
        Ok(tensors)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.position += N as u64;
        self.reader.read_exact(&mut bytes).map(|()| bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => ends(),
            _ => error,
        })
    }

    fn word(&mut self) -> Result<u32, Error> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn count(&mut self) -> Result<u64, Error> {
        if self.version == 1 { self.word().map(u64::from) } else { self.bytes().map(u64::from_le_bytes) }
    }

    /// Appends `length` bytes. The buffer grows with the bytes that are there.
    fn append(&mut self, length: u64, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let read = self.reader.by_ref().take(length).read_to_end(bytes)? as u64;
        self.position += read;
        if read == length { Ok(()) } else { Err(ends()) }
    }

    fn string(&mut self) -> Result<String, Error> {
        let length = self.count()?;
        let mut bytes = Vec::new();
        self.append(length, &mut bytes)?;
        String::from_utf8(bytes).map_err(invalid)
    }

    fn value(&mut self, kind: u32) -> Result<Value, Error> {
        match (kind, width(kind)) {
            (STRING, _) => self.string().map(Value::String),
            (ARRAY, _) => self.array().map(Value::Array),
            (_, Some(width)) => {
                let mut bytes = Vec::new();
                self.append(width as u64, &mut bytes)?;
                Ok(scalar(kind, &bytes).expect("a type with a width"))
            }
            (_, None) => Err(unknown(kind)),
        }
    }

    fn array(&mut self) -> Result<Array, Error> {
        let kind = self.word()?;
        let count = self.count()?;
        let mut array = Array { kind, bytes: Vec::new(), ends: Vec::new() };
        if kind == STRING {
            for _ in 0..count {
                let (start, length) = (array.bytes.len(), self.count()?);
                self.append(length, &mut array.bytes)?;
                std::str::from_utf8(&array.bytes[start..]).map_err(invalid)?;
                array.ends.push(array.bytes.len());
            }
        } else {
            let width = width(kind).ok_or_else(|| unknown(kind))?;
            self.append(count.checked_mul(width as u64).ok_or_else(ends)?, &mut array.bytes)?;
        }
        Ok(array)
    }
}

fn unknown(kind: u32) -> Error {
    invalid(format!("value type {kind} is not known here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Vec<u8> {
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }

    fn array(kind: u32, values: &[Vec<u8>]) -> Vec<u8> {
        [kind.to_le_bytes().to_vec(), (values.len() as u64).to_le_bytes().to_vec(), values.concat()].concat()
    }

    fn header(entries: &[(&str, u32, Vec<u8>)], tensors: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend((tensors.len() as u64).to_le_bytes());
        bytes.extend((entries.len() as u64).to_le_bytes());
        for (key, kind, value) in entries {
            bytes.extend(string(key));
            bytes.extend(kind.to_le_bytes());
            bytes.extend(value);
        }
        bytes.extend(tensors.concat());
        bytes
    }

    fn tensor(name: &str, shape: &[u64], kind: u32, offset: u64) -> Vec<u8> {
        let mut bytes = string(name);
        bytes.extend((shape.len() as u32).to_le_bytes());
        shape.iter().for_each(|dimension| bytes.extend(dimension.to_le_bytes()));
        bytes.extend(kind.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        bytes
    }

    fn sample() -> Vec<u8> {
        let entries = [
            ("name", 8, string("Tiny")),
            ("tokens", 9, array(8, &[string("a"), string("bc"), string("")])),
            ("kinds", 9, array(5, &[vec![1, 0, 0, 0], vec![0xFF; 4]])),
            ("eos", 4, vec![2, 0, 0, 0]),
            ("bos", 7, vec![1]),
        ];
        header(&entries, &[tensor("weight", &[32, 3], 8, 0), tensor("norm", &[32], 0, 128)])
    }

    fn refusal(bytes: &[u8]) -> String {
        Gguf::read_from(bytes).expect_err("damaged")
    }

    #[test]
    fn reads_what_is_there() {
        let bytes = sample();
        let Gguf { metadata, tensors } = Gguf::read_from(&bytes[..]).expect("a sound file");
        assert_eq!(metadata.len(), 5);
        assert_eq!(metadata["name"], Value::String("Tiny".into()));
        let Value::Array(tokens) = &metadata["tokens"] else { panic!("an array") };
        assert_eq!(tokens, &["a", "bc", ""].into_iter().collect());
        assert_eq!(tokens.strings().expect("strings").collect::<Vec<_>>(), ["a", "bc", ""]);
        assert_eq!((tokens.string(1), tokens.string(3)), (Some("bc"), None));
        assert_eq!(tokens.integers(), None);
        let Value::Array(kinds) = &metadata["kinds"] else { panic!("an array") };
        assert_eq!((kinds.integers(), kinds.string(0)), (Some(vec![1, -1]), None));
        assert!(kinds.strings().is_none());
        assert_eq!(metadata["eos"], Value::Integer(2));
        assert_eq!(metadata["bos"], Value::Bool(true));
        // Tensors begin at the first multiple of 32 past the header.
        let begin = (bytes.len() as u64).next_multiple_of(32);
        assert_eq!(tensors["weight"], Tensor { shape: vec![3, 32], kind: 8, start: begin });
        assert_eq!(tensors["norm"], Tensor { shape: vec![32], kind: 0, start: begin + 128 });
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error() {
        let whole = sample();
        for end in 0..whole.len() {
            let message = refusal(&whole[..end]);
            assert!(message.ends_with("the file ends early"), "cut at {end}: {message}");
        }
        let message = refusal(&whole[..whole.len() - 1]);
        assert_eq!(message, "the list of tensors cannot be read: the file ends early");
        let entry = header(&[("bos", 7, vec![])], &[]);
        assert_eq!(refusal(&entry), "the header cannot be read: metadata `bos`: the file ends early");
    }

    #[test]
    fn damaged_bytes_are_errors_or_other_values_but_never_the_end_of_the_process() {
        let whole = sample();
        for at in 0..whole.len() {
            for value in [0x00, 0x7F, 0xFF] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                let _ = Gguf::read_from(&bytes[..]);
            }
        }
        let message = |key, kind, value| refusal(&header(&[(key, kind, value)], &[]));
        let prefix = "the header cannot be read: ";
        let unknown = message("k", 77, vec![]);
        assert_eq!(unknown, format!("{prefix}metadata `k`: value type 77 is not known here"));
        let nested = message("k", 9, array(9, &[array(0, &[])]));
        assert_eq!(nested, format!("{prefix}metadata `k`: value type 9 is not known here"));
        let endless = message("k", 9, [vec![10, 0, 0, 0], vec![0xFF; 8]].concat());
        assert_eq!(endless, format!("{prefix}metadata `k`: the file ends early"));
    }

    #[test]
    fn nothing_is_there_twice() {
        let twice = header(&[("k", 7, vec![1]), ("k", 7, vec![0])], &[]);
        assert_eq!(refusal(&twice), "the header cannot be read: metadata `k` is there twice");
        let twice = header(&[], &[tensor("w", &[1], 0, 0), tensor("w", &[1], 0, 0)]);
        assert_eq!(refusal(&twice), "the list of tensors cannot be read: tensor `w` is there twice");
    }

    #[test]
    fn alignment_is_a_power_of_two() {
        let aligned = |alignment: u32| {
            header(&[("general.alignment", 4, alignment.to_le_bytes().to_vec())], &[tensor("w", &[1], 0, 64)])
        };
        for alignment in [1, 32, 4096] {
            let bytes = aligned(alignment);
            let begin = (bytes.len() as u64).next_multiple_of(alignment.into());
            assert_eq!(Gguf::read_from(&bytes[..]).expect("sound").tensors["w"].start, begin + 64);
        }
        assert_eq!(refusal(&aligned(0)), "metadata `general.alignment` is 0");
        assert!(refusal(&aligned(48)).contains("is 48, which is not a power of two"));
        assert!(refusal(&aligned(1 << 31)).contains("up to 2^30"));
        let text = header(&[("general.alignment", 8, string("32"))], &[]);
        assert_eq!(refusal(&text), "metadata `general.alignment` is not a count");
        let many = header(&[], &[tensor("w", &[1; 5], 0, 0)]);
        assert_eq!(refusal(&many), "the list of tensors cannot be read: tensor `w` has 5 dimensions");
    }

    #[test]
    fn version_1_counts_in_32_bits() {
        let short = |text: &str| [(text.len() as u32).to_le_bytes().to_vec(), text.as_bytes().to_vec()].concat();
        let mut bytes = b"GGUF\x01\0\0\0\x01\0\0\0\x01\0\0\0".to_vec();
        bytes.extend([short("k"), vec![9, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0], short("v")].concat());
        bytes.extend([short("w"), vec![1, 0, 0, 0, 5, 0, 0, 0], vec![0; 12]].concat());
        let Gguf { metadata, tensors } = Gguf::read_from(&bytes[..]).expect("sound");
        assert_eq!(metadata["k"], Value::Array(["v"].into_iter().collect()));
        assert_eq!(tensors["w"].shape, [5]);
    }
}
