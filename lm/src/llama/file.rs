//! A llama model in a GGUF file: its dimensions, and its tensors by name and shape.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use greenmark_text::gguf::{Gguf, Tensor, Value};

use super::attention::Heads;
use super::matrix::Matrix;
use super::types::Type;
use crate::LmError;

/// Limit in bytes, as f32, up to which float weights stay exact; beyond, they are rounded to eight
/// bits.
const EXACT_LIMIT: u64 = 4 << 30;

/// The dimensions of a model.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) layers: usize,
    pub(super) width: usize,
    pub(super) hidden: usize,
    pub(super) heads: Heads,
    /// Count of leading numbers of a head that are rotated; the rest are not.
    pub(super) rotated: usize,
    pub(super) rope_base: f64,
    /// Divisor of positions before rotation.
    pub(super) rope_stretch: f64,
    pub(super) epsilon: f32,
    pub(super) context_length: usize,
}

/// An open GGUF file of architecture `llama`.
pub(super) struct ModelFile<'h> {
    path: PathBuf,
    reader: BufReader<File>,
    size: u64,
    header: &'h Gguf,
    read: HashSet<String>,
    keep_floats: bool,
}

impl<'h> ModelFile<'h> {
    /// Opens the file that a header was read from.
    pub(super) fn open(path: &Path, header: &'h Gguf) -> Result<Self, LmError> {
        let io = |reason| LmError::Io { path: path.to_owned(), reason };
        let file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let reader = BufReader::with_capacity(1 << 20, file);
        let floats = header.tensors.values().filter(|tensor| Type::numbered(tensor.kind).is_some_and(Type::is_float));
        let exact = floats.fold(0u64, |sum, tensor| {
            sum.saturating_add(tensor.shape.iter().fold(4, |n, &dimension| n.saturating_mul(dimension)))
        });
        let keep_floats = exact <= EXACT_LIMIT;
        Ok(Self { path: path.to_owned(), reader, size, header, read: HashSet::new(), keep_floats })
    }

    /// Returns an error about this file.
    fn error(&self, reason: impl Into<String>) -> LmError {
        LmError::Model { path: self.path.clone(), reason: reason.into() }
    }

    /// Returns the dimensions, checked against each other.
    pub(super) fn config(&self) -> Result<Config, LmError> {
        let refuse = |reason: String| Err(self.error(reason));
        let architecture = self.required("general.architecture", self.string("general.architecture")?)?;
        if architecture != "llama" {
            return refuse(format!("models of architecture `{architecture}` are not supported, only `llama`"));
        }
        let count = |key| self.required(key, self.count(key)?);
        let width = count("llama.embedding_length")?;
        let query = count("llama.attention.head_count")?;
        let key_value = self.count("llama.attention.head_count_kv")?.unwrap_or(query);
        if query == 0 || key_value == 0 || !query.is_multiple_of(key_value) {
            return refuse(format!("{query} heads cannot share {key_value} key-value heads"));
        }
        let dimension = match self.count("llama.attention.key_length")? {
            Some(length) => length,
            None if width.is_multiple_of(query) => width / query,
            None => return refuse(format!("width {width} is not divisible by {query} heads")),
        };
        let values = self.count("llama.attention.value_length")?.unwrap_or(dimension);
        if values != dimension {
            return refuse(format!("values of length {values} beside keys of {dimension} are not supported"));
        }
        let rotated = self.count("llama.rope.dimension_count")?.unwrap_or(dimension);
        if dimension == 0 || !rotated.is_multiple_of(2) || rotated > dimension {
            return refuse(format!("a head of {dimension} with {rotated} rotated dimensions makes no sense"));
        }
        let experts = self.count("llama.expert_count")?.unwrap_or(0);
        if experts > 0 {
            return refuse(format!("a mixture of {experts} experts is not supported"));
        }
        let epsilon = "llama.attention.layer_norm_rms_epsilon";
        Ok(Config {
            layers: count("llama.block_count")?,
            width,
            hidden: count("llama.feed_forward_length")?,
            heads: Heads { query, key_value, dimension },
            rotated,
            rope_base: self.number("llama.rope.freq_base")?.unwrap_or(10_000.0),
            rope_stretch: self.rope_stretch()?,
            epsilon: self.required(epsilon, self.number(epsilon)?)? as f32,
            context_length: count("llama.context_length")?,
        })
    }

    fn rope_stretch(&self) -> Result<f64, LmError> {
        let stretch = match self.string("llama.rope.scaling.type")? {
            Some("none") => None,
            Some("linear") => self.number("llama.rope.scaling.factor")?,
            None => self.number("llama.rope.scale_linear")?,
            Some(other) => return Err(self.error(format!("rope scaling `{other}` is not supported"))),
        };
        match stretch.unwrap_or(1.0) {
            stretch if stretch.is_finite() && stretch > 0.0 => Ok(stretch),
            stretch => Err(self.error(format!("rope scaling factor {stretch} makes no sense"))),
        }
    }

    fn required<T>(&self, key: &str, value: Option<T>) -> Result<T, LmError> {
        value.ok_or_else(|| self.error(format!("metadata `{key}` is missing")))
    }

    fn count(&self, key: &str) -> Result<Option<usize>, LmError> {
        // No dimension comes near 2^31, and below it no product of two overflows.
        let count = |value: &Value| value.integer().filter(|n| (0..1 << 31).contains(n));
        Ok(self.value(key, "a count", count)?.map(|number| number as usize))
    }

    fn number(&self, key: &str) -> Result<Option<f64>, LmError> {
        self.value(key, "a number", |value| if let Value::Float(number) = *value { Some(number) } else { None })
    }

    fn string(&self, key: &str) -> Result<Option<&'h str>, LmError> {
        self.value(key, "a string", Value::string)
    }

    /// Returns a value of the metadata, read by `read`, or an error that it is not `kind`.
    fn value<T>(&self, key: &str, kind: &str, read: impl Fn(&'h Value) -> Option<T>) -> Result<Option<T>, LmError> {
        let Some(value) = self.header.metadata.get(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.error(format!("metadata `{key}` is not {kind}")))
    }

    /// Returns true if the file holds a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.header.tensors.contains_key(name)
    }

    /// Returns the rows and columns of a matrix.
    pub(super) fn shape(&self, name: &str) -> Result<(usize, usize), LmError> {
        match *self.find(name)?.shape {
            // No dimension comes near 2^31, and below it no product of two overflows.
            [rows, columns] if rows < 1 << 31 && columns < 1 << 31 => Ok((rows as usize, columns as usize)),
            ref shape => Err(self.error(format!("tensor `{name}` has shape {shape:?}, not that of a matrix"))),
        }
    }

    fn find(&self, name: &str) -> Result<&'h Tensor, LmError> {
        self.header.tensors.get(name).ok_or_else(|| self.error(format!("tensor `{name}` is missing")))
    }

    /// Returns a matrix of this shape.
    pub(super) fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix, LmError> {
        let (dtype, data) = self.tensor(name, &[rows, columns])?;
        Ok(Matrix::new(dtype, rows, columns, &data, self.keep_floats))
    }

    /// Returns a vector of this length, stored as floats.
    pub(super) fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, LmError> {
        let (dtype, data) = self.tensor(name, &[length])?;
        if !dtype.is_float() {
            return Err(self.error(format!("tensor `{name}` has type {dtype:?}, expected floats")));
        }
        Ok(dtype.floats(&data).collect())
    }

    /// Returns the bytes of a tensor; nothing is allocated before shape and file are known to
    /// agree.
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<(Type, Vec<u8>), LmError> {
        let Tensor { shape: ref found, start, kind } = *self.find(name)?;
        let refuse = |reason: String| Err(self.error(format!("tensor `{name}` {reason}")));
        if !found.iter().copied().eq(shape.iter().map(|&dimension| dimension as u64)) {
            return refuse(format!("has shape {found:?}, expected {shape:?}"));
        }
        let Some(dtype) = Type::numbered(kind) else {
            return refuse(format!("has type {kind}, which is not known here"));
        };
        let (&columns, others) = shape.split_last().expect("a vector or a matrix");
        if columns == 0 || !columns.is_multiple_of(dtype.block_size()) {
            return refuse(format!("of type {dtype:?} cannot have rows of {columns}"));
        }
        let row = (columns / dtype.block_size()).saturating_mul(dtype.block_bytes());
        let (length, size) = (others.iter().fold(row, |n, &d| n.saturating_mul(d)), self.size);
        if length as u64 > size.saturating_sub(start) {
            return refuse(format!("needs {length} bytes from offset {start}, but the file ends at {size}"));
        }
        self.read.insert(name.to_owned());
        let mut data = vec![0; length];
        let read = self.reader.seek(SeekFrom::Start(start)).and_then(|_| self.reader.read_exact(&mut data));
        read.map_err(|reason| LmError::Io { path: self.path.clone(), reason })?;
        Ok((dtype, data))
    }

    /// Refuses a file with weights that were not read: it holds another kind of model (with biases,
    /// experts or adapters), which would write nonsense without them.
    pub(super) fn finish(self) -> Result<(), LmError> {
        let unknown = self.header.tensors.keys().filter(|name| {
            // An old converter's copy of the rotation frequencies.
            !self.read.contains(*name) && !name.ends_with("attn_rot_embd")
        });
        match unknown.min() {
            None => Ok(()),
            Some(name) => Err(self.error(format!("tensor `{name}` has no place in a llama model"))),
        }
    }
}
