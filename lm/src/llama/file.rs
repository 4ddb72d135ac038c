//! A llama model in a GGUF file: its dimensions, and its tensors by name and shape.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::{Content, Value};

use super::attention::Heads;
use super::matrix::{self, Matrix};
use greenmark_text::gguf;

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
pub(super) struct ModelFile {
    path: PathBuf,
    reader: BufReader<File>,
    size: u64,
    content: Content,
    read: HashSet<String>,
    keep_floats: bool,
}

impl ModelFile {
    /// Reads the header.
    pub(super) fn open(path: &Path) -> Result<Self, LmError> {
        let io = |source| LmError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let damaged = |reason: String| LmError::Model { path: path.to_owned(), reason };
        // candle divides by it.
        if matches!(alignment(&mut reader), Ok(Some(0))) {
            return Err(damaged("metadata `general.alignment` is 0".to_owned()));
        }
        reader.rewind().map_err(io)?;
        let content = Content::read(&mut reader).map_err(|error| {
            // Our own reader names the part. What it can read leaves the list of tensors.
            if let Err(error) = gguf::read_metadata(path) {
                return error.into();
            }
            // candle adds a backtrace below its message where the environment asks for one.
            let message = error.to_string();
            let reason = match message.lines().next().unwrap_or_default() {
                "failed to fill whole buffer" => "the file ends early",
                reason if reason.contains("exceeds remaining file bytes") => "the file ends early",
                reason => reason,
            };
            damaged(format!("the list of tensors cannot be read: {reason}"))
        })?;

        match content.metadata.get("general.architecture") {
            Some(Value::String(name)) if name == "llama" => {}
            Some(Value::String(name)) => {
                return Err(LmError::Architecture { path: path.to_owned(), architecture: name.clone() });
            }
            _ => return Err(damaged("metadata `general.architecture` is missing".to_owned())),
        }
        let exact = content.tensor_infos.values().filter(|info| is_float(info.ggml_dtype)).fold(0u64, |sum, info| {
            let elements = info.shape.dims().iter().fold(4u64, |n, &d| n.saturating_mul(d as u64));
            sum.saturating_add(elements)
        });
        let keep_floats = exact <= EXACT_LIMIT;
        Ok(Self { path: path.to_owned(), reader, size, content, read: HashSet::new(), keep_floats })
    }

    /// An error about this file.
    pub(super) fn error(&self, reason: impl Into<String>) -> LmError {
        LmError::Model { path: self.path.clone(), reason: reason.into() }
    }

    /// The dimensions, checked against each other.
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
        let kind = match self.content.metadata.get("llama.rope.scaling.type") {
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
        let Some(value) = self.content.metadata.get(key) else { return Ok(None) };
        let number = match value {
            Value::I32(v) => u64::try_from(*v).ok(),
            Value::I64(v) => u64::try_from(*v).ok(),
            value => value.to_u64().ok(),
        };
        // No dimension comes near 2^31, and below it no product of two overflows.
        match number.filter(|&n| n < 1 << 31) {
            Some(number) => Ok(Some(number as usize)),
            None => Err(self.error(format!("metadata `{key}` is not a count"))),
        }
    }

    fn number(&self, key: &str) -> Result<Option<f64>, LmError> {
        match self.content.metadata.get(key) {
            None => Ok(None),
            Some(Value::F32(v)) => Ok(Some(f64::from(*v))),
            Some(Value::F64(v)) => Ok(Some(*v)),
            Some(_) => Err(self.error(format!("metadata `{key}` is not a number"))),
        }
    }

    /// Whether the file holds a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// Rows and columns of a matrix.
    pub(super) fn shape(&self, name: &str) -> Result<(usize, usize), LmError> {
        match self.content.tensor_infos.get(name).map(|info| info.shape.dims()) {
            Some(&[rows, columns]) => Ok((rows, columns)),
            Some(dims) => Err(self.error(format!("tensor `{name}` has shape {dims:?}, not that of a matrix"))),
            None => Err(self.error(format!("tensor `{name}` is missing"))),
        }
    }

    /// A matrix of this shape.
    pub(super) fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix, LmError> {
        let (dtype, data) = self.tensor(name, &[rows, columns])?;
        Matrix::new(dtype, rows, columns, &data, self.keep_floats)
            .map_err(|reason| self.error(format!("tensor `{name}`: {reason}")))
    }

    /// A vector of this length, stored as floats.
    pub(super) fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, LmError> {
        let (dtype, data) = self.tensor(name, &[length])?;
        if !is_float(dtype) {
            return Err(self.error(format!("tensor `{name}` has type {dtype:?}, expected floats")));
        }
        Ok(matrix::floats(dtype, &data).collect())
    }

    /// The bytes of a tensor; nothing is allocated before shape and file are known to agree.
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<(GgmlDType, Vec<u8>), LmError> {
        let Some(info) = self.content.tensor_infos.get(name) else {
            return Err(self.error(format!("tensor `{name}` is missing")));
        };
        let dtype = info.ggml_dtype;
        if info.shape.dims() != shape {
            let dims = info.shape.dims();
            return Err(self.error(format!("tensor `{name}` has shape {dims:?}, expected {shape:?}")));
        }
        if matches!(dtype, GgmlDType::Q8_1 | GgmlDType::Q8K) {
            return Err(self.error(format!("tensor `{name}` has type {dtype:?}, which is not one for storage")));
        }
        let columns = shape.last().copied().unwrap_or(0);
        if columns == 0 || !columns.is_multiple_of(dtype.block_size()) {
            return Err(self.error(format!("tensor `{name}` of type {dtype:?} cannot have rows of {columns}")));
        }
        let length = shape
            .iter()
            .try_fold(dtype.type_size(), |n, &d| n.checked_mul(d))
            .map(|n| (n / dtype.block_size()) as u64)
            .unwrap_or(u64::MAX);
        let start = self.content.tensor_data_offset.saturating_add(info.offset);
        if length > self.size.saturating_sub(start) {
            let size = self.size;
            return Err(self.error(format!(
                "tensor `{name}` needs {length} bytes from offset {start}, but the file ends at {size}"
            )));
        }
        self.read.insert(name.to_owned());
        let mut data = vec![0; length as usize];
        let read = self.reader.seek(SeekFrom::Start(start)).and_then(|_| self.reader.read_exact(&mut data));
        read.map_err(|source| LmError::Io { path: self.path.clone(), source })?;
        Ok((dtype, data))
    }

    /// Refuses a file with weights that were not asked for: it is some other model (biases, experts, adapters),
    /// and without them it would talk nonsense.
    pub(super) fn finish(self) -> Result<(), LmError> {
        let unknown = self.content.tensor_infos.keys().filter(|name| {
            // An old converter's copy of the rotation frequencies.
            !self.read.contains(*name) && !name.ends_with("attn_rot_embd")
        });
        match unknown.min() {
            None => Ok(()),
            Some(name) => Err(self.error(format!("tensor `{name}` has no place in a llama model"))),
        }
    }
}

fn is_float(dtype: GgmlDType) -> bool {
    matches!(dtype, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16)
}

/// The alignment a header asks for, if it does before it ends or stops making sense.
fn alignment(reader: &mut BufReader<File>) -> std::io::Result<Option<u64>> {
    fn bytes<const N: usize>(reader: &mut impl Read) -> std::io::Result<[u8; N]> {
        let mut bytes = [0; N];
        reader.read_exact(&mut bytes).map(|()| bytes)
    }
    let word = |reader: &mut _| bytes(reader).map(u32::from_le_bytes);
    word(reader)?;
    let version = word(reader)?;
    let count =
        |reader: &mut _| if version == 1 { word(reader).map(u64::from) } else { bytes(reader).map(u64::from_le_bytes) };
    // Relative, which keeps what is buffered: a tokenizer alone is a hundred thousand strings.
    let skip = |reader: &mut BufReader<File>, length: u64| {
        reader.seek_relative(i64::try_from(length).map_err(|_| std::io::ErrorKind::InvalidData)?)
    };
    count(reader)?;
    for _ in 0..count(reader)? {
        let length = count(reader)?;
        let mut key = Vec::new();
        reader.take(length.min(32)).read_to_end(&mut key)?;
        skip(reader, length.saturating_sub(32))?;
        let mut kind = word(reader)?;
        let mut values = 1;
        if kind == 9 {
            (kind, values) = (word(reader)?, count(reader)?);
        }
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => {
                for _ in 0..values {
                    let length = count(reader)?;
                    skip(reader, length)?;
                }
                continue;
            }
            // Arrays in arrays do not occur, and no other kind exists.
            _ => return Ok(None),
        };
        if key == b"general.alignment" && width <= 8 && values == 1 {
            let mut value = [0; 8];
            reader.read_exact(&mut value[..width as usize])?;
            return Ok(Some(u64::from_le_bytes(value)));
        }
        skip(reader, u64::saturating_mul(values, width))?;
    }
    Ok(None)
}
