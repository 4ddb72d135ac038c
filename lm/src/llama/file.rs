//! A llama model in a GGUF file: its dimensions, and its tensors by name and shape.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use greenmark_text::gguf::{Gguf, Value};

use super::attention::Heads;
use super::matrix::Matrix;
use super::types::Type;
use crate::LmError;

/// Float weights beyond this, in bytes as f32, are rounded to eight bits instead of kept exact.
const EXACT_LIMIT: u64 = 4 << 30;

/// The dimensions of a model.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) layers: usize,
    pub(super) width: usize,
    pub(super) hidden: usize,
    pub(super) heads: Heads,
    /// Leading numbers of a head that are rotated; the rest keep still.
    pub(super) rotated: usize,
    pub(super) rope_base: f64,
    /// Positions are divided by it before rotation.
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
        match header.metadata.get("general.architecture") {
            Some(Value::String(name)) if name == "llama" => {}
            Some(Value::String(name)) => {
                return Err(LmError::Architecture { path: path.to_owned(), architecture: name.clone() });
            }
            _ => {
                let reason = "metadata `general.architecture` is missing".to_owned();
                return Err(LmError::Model { path: path.to_owned(), reason });
            }
        }
        let floats = header.tensors.values().filter(|tensor| Type::numbered(tensor.kind).is_some_and(Type::is_float));
        let exact = floats.fold(0u64, |sum, tensor| {
            sum.saturating_add(tensor.shape.iter().fold(4, |n, &dimension| n.saturating_mul(dimension)))
        });
        let keep_floats = exact <= EXACT_LIMIT;
        Ok(Self { path: path.to_owned(), reader, size, header, read: HashSet::new(), keep_floats })
    }

    /// Returns an error about this file.
    pub(super) fn error(&self, reason: impl Into<String>) -> LmError {
        LmError::Model { path: self.path.clone(), reason: reason.into() }
    }

    /// Returns the dimensions, checked against each other.
    pub(super) fn config(&self) -> Result<Config, LmError> {
        let width = self.required("llama.embedding_length")?;
        let query = self.required("llama.attention.head_count")?;
        let key_value = self.integer("llama.attention.head_count_kv")?.unwrap_or(query);
        if query == 0 || key_value == 0 || !query.is_multiple_of(key_value) {
            return Err(self.error(format!("{query} heads cannot share {key_value} key-value heads")));
        }
        let dimension = match self.integer("llama.attention.key_length")? {
            Some(length) => length,
            None if width.is_multiple_of(query) => width / query,
            None => return Err(self.error(format!("width {width} is not divisible by {query} heads"))),
        };
        if let Some(length) = self.integer("llama.attention.value_length")?
            && length != dimension
        {
            return Err(self.error(format!("values of length {length} beside keys of {dimension} are not supported")));
        }
        let rotated = self.integer("llama.rope.dimension_count")?.unwrap_or(dimension);
        if dimension == 0 || !rotated.is_multiple_of(2) || rotated > dimension {
            return Err(self.error(format!("a head of {dimension} with {rotated} rotated dimensions makes no sense")));
        }
        if let Some(experts) = self.integer("llama.expert_count")?
            && experts > 0
        {
            return Err(self.error(format!("a mixture of {experts} experts is not supported")));
        }
        Ok(Config {
            layers: self.required("llama.block_count")?,
            width,
            hidden: self.required("llama.feed_forward_length")?,
            heads: Heads { query, key_value, dimension },
            rotated,
            rope_base: self.number("llama.rope.freq_base")?.unwrap_or(10_000.0),
            rope_stretch: self.rope_stretch()?,
            epsilon: match self.number("llama.attention.layer_norm_rms_epsilon")? {
                Some(epsilon) => epsilon as f32,
                None => {
                    return Err(self.error("metadata `llama.attention.layer_norm_rms_epsilon` is missing"));
                }
            },
            context_length: self.required("llama.context_length")?,
        })
    }

    fn rope_stretch(&self) -> Result<f64, LmError> {
        let kind = match self.header.metadata.get("llama.rope.scaling.type") {
            None => None,
            Some(Value::String(kind)) => Some(kind.as_str()),
            Some(_) => return Err(self.error("metadata `llama.rope.scaling.type` is not a string")),
        };
        let stretch = match kind {
            Some("none") => None,
            Some("linear") => self.number("llama.rope.scaling.factor")?,
            None => self.number("llama.rope.scale_linear")?,
            Some(other) => return Err(self.error(format!("rope scaling `{other}` is not supported"))),
        };
        match stretch {
            None => Ok(1.0),
            Some(stretch) if stretch.is_finite() && stretch > 0.0 => Ok(stretch),
            Some(stretch) => Err(self.error(format!("rope scaling factor {stretch} makes no sense"))),
        }
    }

    fn required(&self, key: &str) -> Result<usize, LmError> {
        self.integer(key)?.ok_or_else(|| self.error(format!("metadata `{key}` is missing")))
    }

    fn integer(&self, key: &str) -> Result<Option<usize>, LmError> {
        let Some(value) = self.header.metadata.get(key) else { return Ok(None) };
        // No dimension comes near 2^31, and below it no product of two overflows.
        match value.integer().filter(|n| (0..1 << 31).contains(n)) {
            Some(number) => Ok(Some(number as usize)),
            None => Err(self.error(format!("metadata `{key}` is not a count"))),
        }
    }

    fn number(&self, key: &str) -> Result<Option<f64>, LmError> {
        match self.header.metadata.get(key) {
            None => Ok(None),
            Some(&Value::Float(number)) => Ok(Some(number)),
            Some(_) => Err(self.error(format!("metadata `{key}` is not a number"))),
        }
    }

    /// Returns true if the file holds a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.header.tensors.contains_key(name)
    }

    /// Returns the rows and columns of a matrix.
    pub(super) fn shape(&self, name: &str) -> Result<(usize, usize), LmError> {
        match self.header.tensors.get(name).map(|tensor| &*tensor.shape) {
            // No dimension comes near 2^31, and below it no product of two overflows.
            Some(&[rows, columns]) if rows < 1 << 31 && columns < 1 << 31 => Ok((rows as usize, columns as usize)),
            Some(shape) => Err(self.error(format!("tensor `{name}` has shape {shape:?}, not that of a matrix"))),
            None => Err(self.error(format!("tensor `{name}` is missing"))),
        }
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
        let Some(tensor) = self.header.tensors.get(name) else {
            return Err(self.error(format!("tensor `{name}` is missing")));
        };
        let found = &tensor.shape;
        if !found.iter().copied().eq(shape.iter().map(|&dimension| dimension as u64)) {
            return Err(self.error(format!("tensor `{name}` has shape {found:?}, expected {shape:?}")));
        }
        let Some(dtype) = Type::numbered(tensor.kind) else {
            return Err(self.error(format!("tensor `{name}` has type {}, which is not known here", tensor.kind)));
        };
        let columns = shape.last().copied().unwrap_or(0);
        if columns == 0 || !columns.is_multiple_of(dtype.block_size()) {
            return Err(self.error(format!("tensor `{name}` of type {dtype:?} cannot have rows of {columns}")));
        }
        let length = shape
            .iter()
            .try_fold(dtype.block_bytes(), |n, &d| n.checked_mul(d))
            .map(|n| (n / dtype.block_size()) as u64)
            .unwrap_or(u64::MAX);
        let start = tensor.start;
        if length > self.size.saturating_sub(start) {
            let size = self.size;
            return Err(self.error(format!(
                "tensor `{name}` needs {length} bytes from offset {start}, but the file ends at {size}"
            )));
        }
        self.read.insert(name.to_owned());
        let mut data = vec![0; length as usize];
        let read = self.reader.seek(SeekFrom::Start(start)).and_then(|_| self.reader.read_exact(&mut data));
        read.map_err(|reason| LmError::Io { path: self.path.clone(), reason })?;
        Ok((dtype, data))
    }

    /// Refuses a file with weights that were not asked for: it is some other model (biases,
    /// experts, adapters), and without them it would talk nonsense.
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
