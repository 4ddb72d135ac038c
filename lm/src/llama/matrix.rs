//! Weight matrices, laid out for eight output rows at a time.
//!
//! Eight rows of a matrix form a *group*; a group holds its columns in order, and beside each other what the eight
//! rows have at the same columns. One vector register then computes eight outputs, and no sum runs across its lanes.

use half::{bf16, f16};
use rayon::prelude::*;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Shape};

/// Output rows that share a group.
pub(super) const LANES: usize = 8;

/// Columns that share a scale, in the file's quantised types and in activations alike.
pub(super) const BLOCK: usize = 32;

/// 8 × 32 weights of four bits: weight = scale · level + min.
///
/// Q4_0, Q4_1 and Q4_K come over without loss. Byte `4 · lane + i` of `levels[h]` holds columns `8 · h + i` (low
/// nibble) and `8 · h + 4 + i` (high nibble) of row `lane`. 192 bytes, three cache lines.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct NibbleBlock {
    pub(super) scale: [f32; LANES],
    pub(super) min: [f32; LANES],
    pub(super) levels: [[u8; 32]; 4],
}

/// 8 × 32 weights of eight bits: weight = scale · level.
///
/// Q8_0 comes over without loss, everything else in between is rounded to it. Byte `4 · lane + i` of `levels[g]`
/// holds column `4 · g + i` of row `lane`.
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
    /// - `data`: the tensor as stored, row after row; its length fits `rows`, `columns` and `dtype`.
    /// - `keep_floats`: whether F32, F16 and BF16 stay exact (as f32) or are rounded to eight bits.
    ///
    /// # Errors
    /// Why candle cannot expand the type, as text.
    pub(super) fn new(
        dtype: GgmlDType,
        rows: usize,
        columns: usize,
        data: &[u8],
        keep_floats: bool,
    ) -> Result<Self, String> {
        let is_float = matches!(dtype, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
        let blocks = columns.div_ceil(BLOCK);
        let row_bytes = columns / dtype.block_size() * dtype.type_size();
        let groups = rows.div_ceil(LANES);
        let row = |r: usize| &data[r * row_bytes..(r + 1) * row_bytes];
        let group_rows = |group: usize| group * LANES..((group + 1) * LANES).min(rows);

        let weights = if is_float && keep_floats {
            let mut out = vec![[0.0; LANES]; groups * columns];
            out.par_chunks_mut(columns).enumerate().for_each(|(group, out)| {
                for (lane, r) in group_rows(group).enumerate() {
                    for (slot, value) in out.iter_mut().zip(floats(dtype, row(r))) {
                        slot[lane] = value;
                    }
                }
            });
            Weights::Floats(out)
        } else if matches!(dtype, GgmlDType::Q4_0 | GgmlDType::Q4_1 | GgmlDType::Q4K) {
            let zero = NibbleBlock { scale: [0.0; LANES], min: [0.0; LANES], levels: [[0; 32]; 4] };
            let mut out = vec![zero; groups * blocks];
            out.par_chunks_mut(blocks).enumerate().for_each(|(group, out)| {
                for (lane, r) in group_rows(group).enumerate() {
                    nibble_row(dtype, row(r), |block, scale, min, levels| {
                        let out = &mut out[block];
                        out.scale[lane] = scale;
                        out.min[lane] = min;
                        for (column, level) in levels.iter().enumerate() {
                            let shift = if column % 8 < 4 { 0 } else { 4 };
                            out.levels[column / 8][4 * lane + column % 4] |= level << shift;
                        }
                    });
                }
            });
            Weights::Nibbles(out)
        } else {
            let zero = ByteBlock { scale: [0.0; LANES], levels: [[0; 32]; 8] };
            let mut out = vec![zero; groups * blocks];
            out.par_chunks_mut(blocks).enumerate().try_for_each(|(group, out)| {
                for (lane, r) in group_rows(group).enumerate() {
                    byte_row(dtype, columns, row(r), |block, scale, levels| {
                        let out = &mut out[block];
                        out.scale[lane] = scale;
                        for (column, level) in levels.iter().enumerate() {
                            out.levels[column / 4][4 * lane + column % 4] = *level;
                        }
                    })?;
                }
                Ok::<(), String>(())
            })?;
            Weights::Bytes(out)
        };
        Ok(Self { rows, columns, weights })
    }

    /// Groups of eight rows, the last one padded.
    pub(super) fn groups(&self) -> usize {
        self.rows.div_ceil(LANES)
    }

    /// Whether its products read the quantised form of the activations.
    pub(super) fn is_quantised(&self) -> bool {
        !matches!(self.weights, Weights::Floats(_))
    }

    /// Writes one row, expanded: an embedding.
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

/// A half float at a byte offset.
fn half_at(bytes: &[u8], offset: usize) -> f32 {
    f16::from_le_bytes([bytes[offset], bytes[offset + 1]]).to_f32()
}

/// The values of a tensor stored as floats.
pub(super) fn floats(dtype: GgmlDType, bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(dtype.type_size()).map(move |b| match dtype {
        GgmlDType::F16 => f16::from_le_bytes([b[0], b[1]]).to_f32(),
        GgmlDType::BF16 => bf16::from_le_bytes([b[0], b[1]]).to_f32(),
        _ => f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
    })
}

/// Feeds the blocks of one row of a four-bit type to `sink(block, scale, min, levels)`.
fn nibble_row(dtype: GgmlDType, bytes: &[u8], mut sink: impl FnMut(usize, f32, f32, &[u8; BLOCK])) {
    let split = |packed: &[u8]| -> [u8; BLOCK] {
        std::array::from_fn(|i| if i < 16 { packed[i] & 15 } else { packed[i - 16] >> 4 })
    };
    for (index, block) in bytes.chunks_exact(dtype.type_size()).enumerate() {
        match dtype {
            GgmlDType::Q4_0 => {
                let scale = half_at(block, 0);
                sink(index, scale, -8.0 * scale, &split(&block[2..]));
            }
            GgmlDType::Q4_1 => sink(index, half_at(block, 0), half_at(block, 2), &split(&block[4..])),
            // Q4_K: 256 weights, eight sub-blocks with a scale and a min of six bits each.
            _ => {
                let (scale, min) = (half_at(block, 0), half_at(block, 2));
                let (packed, levels) = (&block[4..16], &block[16..144]);
                for sub in 0..8 {
                    let (s, m) = if sub < 4 {
                        (packed[sub] & 63, packed[sub + 4] & 63)
                    } else {
                        (
                            (packed[sub + 4] & 15) | ((packed[sub - 4] >> 6) << 4),
                            (packed[sub + 4] >> 4) | ((packed[sub] >> 6) << 4),
                        )
                    };
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
fn byte_row(
    dtype: GgmlDType,
    columns: usize,
    bytes: &[u8],
    mut sink: impl FnMut(usize, f32, &[i8; BLOCK]),
) -> Result<(), String> {
    if dtype == GgmlDType::Q8_0 {
        for (index, block) in bytes.chunks_exact(dtype.type_size()).enumerate() {
            sink(index, half_at(block, 0), &std::array::from_fn(|i| block[2 + i].cast_signed()));
        }
        return Ok(());
    }
    let values: Vec<f32> = match dtype {
        GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 => floats(dtype, bytes).collect(),
        _ => expand(dtype, columns, bytes).map_err(|error| error.to_string())?,
    };
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
    Ok(())
}

/// One row of a quantised type, expanded by candle.
fn expand(dtype: GgmlDType, columns: usize, bytes: &[u8]) -> candle_core::Result<Vec<f32>> {
    let storage = QStorage::from_data(bytes.into(), &Device::Cpu, dtype)?;
    QTensor::new(storage, Shape::from(columns))?.dequantize(&Device::Cpu)?.to_vec1()
}

#[cfg(test)]
mod tests {
    use candle_core::Tensor;

    use super::*;

    /// Rows come back as candle expands them: exactly where nothing is rounded, else to half a level.
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
        let lossless = [GgmlDType::Q4_0, GgmlDType::Q4_1, GgmlDType::Q4K, GgmlDType::Q8_0, GgmlDType::F32];
        let rounded =
            [GgmlDType::Q5_0, GgmlDType::Q5_1, GgmlDType::Q2K, GgmlDType::Q3K, GgmlDType::Q5K, GgmlDType::Q6K];
        for dtype in lossless.into_iter().chain(rounded).chain([GgmlDType::F16, GgmlDType::BF16]) {
            let stored = QTensor::quantize(&tensor, dtype).unwrap();
            let expected = stored.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
            for keep_floats in [true, false] {
                let matrix = Matrix::new(dtype, rows, columns, &stored.data().unwrap(), keep_floats).unwrap();
                let is_exact = !rounded.contains(&dtype) && (keep_floats || lossless[..4].contains(&dtype));
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
