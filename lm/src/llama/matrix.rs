//! Weight matrices, laid out for eight output rows at a time.
//!
//! Eight rows of a matrix form a *group*. A group holds its columns in order, with the weights of
//! its eight rows side by side. So one vector register computes eight outputs, and no sum runs
//! across its lanes.

use rayon::prelude::*;

use super::types::{Type, half_at, scale_and_min};

/// Number of output rows in a group.
pub(super) const LANES: usize = 8;

/// Number of columns that share a scale, in the file's quantised types and in activations.
pub(super) const BLOCK: usize = 32;

/// 8 × 32 weights of four bits: weight = scale · level + min.
///
/// It holds Q4_0, Q4_1 and Q4_K without loss. Byte `4 · lane + i` of `levels[h]` holds columns `8 ·
/// h + i` (low nibble) and `8 · h + 4 + i` (high nibble) of row `lane`. It has 192 bytes, three
/// cache lines.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct NibbleBlock {
    pub(super) scale: [f32; LANES],
    pub(super) min: [f32; LANES],
    pub(super) levels: [[u8; 32]; 4],
}

/// 8 × 32 weights of eight bits: weight = scale · level.
///
/// It holds Q8_0 without loss; types between four and eight bits, and below four, are rounded to
/// it. Byte `4 · lane + i` of `levels[g]` holds column `4 · g + i` of row `lane`.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
pub(super) struct ByteBlock {
    pub(super) scale: [f32; LANES],
    pub(super) levels: [[i8; 32]; 8],
}

/// The weights of a matrix, `[group][column or block]`; rows past the last are zero.
#[derive(Debug)]
pub(super) enum Weights {
    Nibbles(Vec<NibbleBlock>),
    Bytes(Vec<ByteBlock>),
    Floats(Vec<[f32; LANES]>),
}

/// A matrix of a linear layer: `rows` outputs from `columns` inputs.
#[derive(Debug)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) weights: Weights,
}

impl Matrix {
    /// Lays out a tensor of a GGUF file.
    ///
    /// - `data`: the tensor as stored, row after row; its length fits `rows`, `columns` and
    ///   `dtype`.
    /// - `keep_floats`: true if F32, F16 and BF16 stay exact (as f32), false if they are rounded to
    ///   eight bits.
    pub(super) fn new(dtype: Type, rows: usize, columns: usize, data: &[u8], keep_floats: bool) -> Self {
        let blocks = columns.div_ceil(BLOCK);
        let row_bytes = columns / dtype.block_size() * dtype.block_bytes();
        let row = |r: usize| &data[r * row_bytes..(r + 1) * row_bytes];
        let weights = if dtype.is_float() && keep_floats {
            Weights::Floats(lay_out(rows, columns, [0.0; LANES], |r, lane, out| {
                for (slot, value) in out.iter_mut().zip(dtype.floats(row(r))) {
                    slot[lane] = value;
                }
            }))
        } else if matches!(dtype, Type::Q4_0 | Type::Q4_1 | Type::Q4K) {
            let zero = NibbleBlock { scale: [0.0; LANES], min: [0.0; LANES], levels: [[0; 32]; 4] };
            Weights::Nibbles(lay_out(rows, blocks, zero, |r, lane, out| {
                nibble_row(dtype, row(r), |block, scale, min, levels| {
                    let out = &mut out[block];
                    out.scale[lane] = scale;
                    out.min[lane] = min;
                    for (column, level) in levels.iter().enumerate() {
                        let shift = if column % 8 < 4 { 0 } else { 4 };
                        out.levels[column / 8][4 * lane + column % 4] |= level << shift;
                    }
                });
            }))
        } else {
            let zero = ByteBlock { scale: [0.0; LANES], levels: [[0; 32]; 8] };
            Weights::Bytes(lay_out(rows, blocks, zero, |r, lane, out| {
                byte_row(dtype, row(r), |block, scale, levels| {
                    let out = &mut out[block];
                    out.scale[lane] = scale;
                    for (column, level) in levels.iter().enumerate() {
                        out.levels[column / 4][4 * lane + column % 4] = *level;
                    }
                });
            }))
        };
        Self { rows, columns, weights }
    }

    /// Returns the number of groups of eight rows, the last one padded.
    pub(super) fn groups(&self) -> usize {
        self.rows.div_ceil(LANES)
    }

    /// Returns true if its products read the quantised form of the activations.
    pub(super) fn is_quantised(&self) -> bool {
        !matches!(self.weights, Weights::Floats(_))
    }

    /// Writes the values of one row: an embedding.
    ///
    /// - `out`: `[columns]`.
    pub(super) fn expand_row(&self, row: usize, out: &mut [f32]) {
        let (group, lane) = (row / LANES, row % LANES);
        let blocks = self.columns.div_ceil(BLOCK);
        match &self.weights {
            Weights::Floats(weights) => {
                for (out, weight) in out.iter_mut().zip(&weights[group * self.columns..]) {
                    *out = weight[lane];
                }
            }
            Weights::Nibbles(weights) => {
                for (out, block) in out.chunks_mut(BLOCK).zip(&weights[group * blocks..]) {
                    for (column, out) in out.iter_mut().enumerate() {
                        let pair = block.levels[column / 8][4 * lane + column % 4];
                        let level = if column % 8 < 4 { pair & 15 } else { pair >> 4 };
                        *out = block.scale[lane] * f32::from(level) + block.min[lane];
                    }
                }
            }
            Weights::Bytes(weights) => {
                for (out, block) in out.chunks_mut(BLOCK).zip(&weights[group * blocks..]) {
                    for (column, out) in out.iter_mut().enumerate() {
                        *out = block.scale[lane] * f32::from(block.levels[column / 4][4 * lane + column % 4]);
                    }
                }
            }
        }
    }
}

/// Returns groups of `per_group` weights, filled by `fill(row, lane, group)` for each row.
fn lay_out<W: Copy + Send + Sync>(
    rows: usize,
    per_group: usize,
    zero: W,
    fill: impl Fn(usize, usize, &mut [W]) + Sync,
) -> Vec<W> {
    let mut out = vec![zero; rows.div_ceil(LANES) * per_group];
    out.par_chunks_mut(per_group).enumerate().for_each(|(group, out)| {
        let rows = group * LANES..((group + 1) * LANES).min(rows);
        rows.enumerate().for_each(|(lane, row)| fill(row, lane, out));
    });
    out
}

/// Feeds the blocks of one row of a four-bit type to `sink(block, scale, min, levels)`.
fn nibble_row(dtype: Type, bytes: &[u8], mut sink: impl FnMut(usize, f32, f32, &[u8; BLOCK])) {
    let split = |packed: &[u8]| -> [u8; BLOCK] {
        std::array::from_fn(|i| if i < 16 { packed[i] & 15 } else { packed[i - 16] >> 4 })
    };
    for (index, block) in bytes.chunks_exact(dtype.block_bytes()).enumerate() {
        match dtype {
            Type::Q4_0 => {
                let scale = half_at(block, 0);
                sink(index, scale, -8.0 * scale, &split(&block[2..]));
            }
            Type::Q4_1 => sink(index, half_at(block, 0), half_at(block, 2), &split(&block[4..])),
            // Q4_K: 256 weights, eight sub-blocks with a scale and a min of six bits each.
            _ => {
                let (scale, min) = (half_at(block, 0), half_at(block, 2));
                let (packed, levels) = (&block[4..16], &block[16..144]);
                for sub in 0..8 {
                    let (s, m) = scale_and_min(packed, sub);
                    let shift = if sub % 2 == 0 { 0 } else { 4 };
                    let part = &levels[sub / 2 * 32..][..32];
                    let part: [u8; BLOCK] = std::array::from_fn(|i| (part[i] >> shift) & 15);
                    sink(index * 8 + sub, scale * f32::from(s), -min * f32::from(m), &part);
                }
            }
        }
    }
}

/// Feeds the blocks of one row, at eight bits, to `sink(block, scale, levels)`.
fn byte_row(dtype: Type, bytes: &[u8], mut sink: impl FnMut(usize, f32, &[i8; BLOCK])) {
    if dtype == Type::Q8_0 {
        for (index, block) in bytes.chunks_exact(dtype.block_bytes()).enumerate() {
            sink(index, half_at(block, 0), &std::array::from_fn(|i| block[2 + i].cast_signed()));
        }
        return;
    }
    let values: Vec<f32> = if dtype.is_float() { dtype.floats(bytes).collect() } else { dtype.expand(bytes) };
    for (index, values) in values.chunks(BLOCK).enumerate() {
        let largest = values.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let scale = largest / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let mut levels = [0i8; BLOCK];
        for (level, value) in levels.iter_mut().zip(values) {
            *level = (value * inverse).round_ties_even() as i8;
        }
        sink(index, scale, &levels);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};

    use super::*;

    /// Rows come back as candle expands them: exactly where nothing is rounded, else to half a
    /// level.
    #[test]
    fn every_type_keeps_its_weights() {
        // A row more than a group, so that one is padded.
        let (rows, columns) = (9, 512);
        let mut state = 1u32;
        let values: Vec<f32> = (0..rows * columns)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 24) as f32 - 0.4
            })
            .collect();
        let tensor = Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap();
        let lossless = [
            (Type::Q4_0, GgmlDType::Q4_0),
            (Type::Q4_1, GgmlDType::Q4_1),
            (Type::Q4K, GgmlDType::Q4K),
            (Type::Q8_0, GgmlDType::Q8_0),
            (Type::F32, GgmlDType::F32),
        ];
        let rounded = [
            (Type::Q5_0, GgmlDType::Q5_0),
            (Type::Q5_1, GgmlDType::Q5_1),
            (Type::Q2K, GgmlDType::Q2K),
            (Type::Q3K, GgmlDType::Q3K),
            (Type::Q5K, GgmlDType::Q5K),
            (Type::Q6K, GgmlDType::Q6K),
        ];
        let halves = [(Type::F16, GgmlDType::F16), (Type::BF16, GgmlDType::BF16)];
        for (dtype, candle) in lossless.into_iter().chain(rounded).chain(halves) {
            let stored = QTensor::quantize(&tensor, candle).unwrap();
            let expected = stored.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
            for keep_floats in [true, false] {
                let matrix = Matrix::new(dtype, rows, columns, &stored.data().unwrap(), keep_floats);
                let is_exact =
                    !rounded.contains(&(dtype, candle)) && (keep_floats || lossless[..4].contains(&(dtype, candle)));
                for (row, expected) in expected.iter().enumerate() {
                    let mut got = vec![0.0; columns];
                    matrix.expand_row(row, &mut got);
                    for (got, expected) in got.chunks(BLOCK).zip(expected.chunks(BLOCK)) {
                        let largest = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
                        // Q4_0's min is rounded apart from its product.
                        let tolerance = if is_exact { largest * 1e-6 } else { largest / 253.0 };
                        for (got, expected) in got.iter().zip(expected) {
                            assert!((got - expected).abs() <= tolerance, "{dtype:?} row {row}: {got}, not {expected}");
                        }
                    }
                }
            }
        }
    }
}
