//! ggml's types: how a GGUF file stores the numbers of a tensor, and their values.
//!
//! Products and sums are taken in ggml's order, so that the values are the same bits.

use half::{bf16, f16};

/// A type for storage; its discriminant is its number in the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q2K = 10,
    Q3K = 11,
    Q4K = 12,
    Q5K = 13,
    Q6K = 14,
    BF16 = 30,
}

/// Every type, with the number of values in a block, which is stored as a whole, and its bytes.
const BLOCKS: [(Type, usize, usize); 13] = [
    (Type::F32, 1, 4),
    (Type::F16, 1, 2),
    (Type::Q4_0, 32, 18),
    (Type::Q4_1, 32, 20),
    (Type::Q5_0, 32, 22),
    (Type::Q5_1, 32, 24),
    (Type::Q8_0, 32, 34),
    (Type::Q2K, 256, 84),
    (Type::Q3K, 256, 110),
    (Type::Q4K, 256, 144),
    (Type::Q5K, 256, 176),
    (Type::Q6K, 256, 210),
    (Type::BF16, 1, 2),
];

impl Type {
    /// Returns the type with this number, if it is known here.
    pub(super) fn numbered(kind: u32) -> Option<Self> {
        BLOCKS.iter().find(|(own, ..)| *own as u32 == kind).map(|&(own, ..)| own)
    }

    /// Returns the number of values in a block and the number of its bytes.
    fn block(self) -> (usize, usize) {
        let &(_, values, bytes) = BLOCKS.iter().find(|(own, ..)| *own == self).expect("every type is listed");
        (values, bytes)
    }

    /// Returns the number of values in a block, which is stored as a whole.
    pub(super) fn block_size(self) -> usize {
        self.block().0
    }

    /// Returns the number of bytes in a block.
    pub(super) fn block_bytes(self) -> usize {
        self.block().1
    }

    /// Returns true if values are stored as floats.
    pub(super) fn is_float(self) -> bool {
        self.block_size() == 1
    }

    /// Returns the values of a tensor stored as floats. Its type must be one of floats.
    pub(super) fn floats(self, bytes: &[u8]) -> impl Iterator<Item = f32> {
        bytes.chunks_exact(self.block_bytes()).map(move |b| match self {
            Self::F16 => half_at(b, 0),
            Self::BF16 => bf16::from_le_bytes([b[0], b[1]]).to_f32(),
            _ => f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        })
    }

    /// Returns the values of whole blocks of a quantised type that no matrix keeps as it is.
    ///
    /// - `self`: one of Q5_0, Q5_1, Q2K, Q3K, Q5K and Q6K.
    pub(super) fn expand(self, bytes: &[u8]) -> Vec<f32> {
        let blocks = bytes.chunks_exact(self.block_bytes());
        let mut values = Vec::with_capacity(blocks.len() * self.block_size());
        for block in blocks {
            match self {
                Self::Q5_0 => {
                    let scale = half_at(block, 0);
                    values.extend(five_bits(&block[2..]).map(|level| (i32::from(level) - 16) as f32 * scale));
                }
                Self::Q5_1 => {
                    let (scale, min) = (half_at(block, 0), half_at(block, 2));
                    values.extend(five_bits(&block[4..]).map(|level| f32::from(level) * scale + min));
                }
                Self::Q2K => q2k(block, &mut values),
                Self::Q3K => q3k(block, &mut values),
                Self::Q5K => q5k(block, &mut values),
                Self::Q6K => q6k(block, &mut values),
                other => unreachable!("{other:?} is laid out as it is"),
            }
        }
        values
    }
}

/// Reads a half float at a byte offset.
pub(super) fn half_at(bytes: &[u8], offset: usize) -> f32 {
    f16::from_le_bytes([bytes[offset], bytes[offset + 1]]).to_f32()
}

/// Returns the scale and the min, of six bits each, of one of the eight sub-blocks of Q4_K and
/// Q5_K.
///
/// - `packed`: 12 bytes.
pub(super) fn scale_and_min(packed: &[u8], sub: usize) -> (u8, u8) {
    if sub < 4 {
        (packed[sub] & 63, packed[sub + 4] & 63)
    } else {
        ((packed[sub + 4] & 15) | ((packed[sub - 4] >> 6) << 4), (packed[sub + 4] >> 4) | ((packed[sub] >> 6) << 4))
    }
}

/// Returns the levels of a block of Q5_0 and Q5_1: a word of fifth bits, then 16 bytes of nibbles.
fn five_bits(packed: &[u8]) -> impl Iterator<Item = u8> {
    let fifth = u32::from_le_bytes([packed[0], packed[1], packed[2], packed[3]]);
    (0..32).map(move |i| {
        let nibble = if i < 16 { packed[4 + i] & 15 } else { packed[4 + i - 16] >> 4 };
        nibble | (((fifth >> i) & 1) as u8) << 4
    })
}

/// Appends the values of a block with two bits a level: 16 bytes of scales and mins, 64 of levels,
/// and the scales of both.
fn q2k(block: &[u8], values: &mut Vec<f32>) {
    let (scales, levels) = (&block[..16], &block[16..80]);
    let (scale, min) = (half_at(block, 80), half_at(block, 82));
    for (sub, &packed) in scales.iter().enumerate() {
        let (scale, min) = (scale * f32::from(packed & 15), min * f32::from(packed >> 4));
        let (at, shift) = two_bits_of(sub);
        values.extend(levels[at..at + 16].iter().map(|&level| scale * f32::from((level >> shift) & 3) - min));
    }
}

/// Appends the values of a block with three bits a level: 32 bytes of third bits, 64 of the two
/// others, 12 of scales, and their scale.
fn q3k(block: &[u8], values: &mut Vec<f32>) {
    let (third, levels, scales, scale) = (&block[..32], &block[32..96], &block[96..108], half_at(block, 108));
    for sub in 0..16 {
        let low = if sub < 8 { scales[sub] & 15 } else { scales[sub - 8] >> 4 };
        let packed = low | ((scales[8 + sub % 4] >> (2 * (sub / 4))) & 3) << 4;
        let scale = scale * (i32::from(packed) - 32) as f32;
        let (at, shift) = two_bits_of(sub);
        // The bits of a byte of `third` belong to different stretches of 32.
        let bit = 1 << (sub / 2);
        let third = &third[sub % 2 * 16..][..16];
        values.extend(levels[at..at + 16].iter().zip(third).map(|(&level, &third)| {
            let level = i32::from((level >> shift) & 3) - if third & bit == 0 { 4 } else { 0 };
            scale * level as f32
        }));
    }
}

/// Returns the start of the 16 levels of a sub-block of two bits, and their shift in bits. Each
/// half of a block has 32 bytes; each of its four stretches of 32 levels takes two bits of them.
fn two_bits_of(sub: usize) -> (usize, usize) {
    (sub / 8 * 32 + sub % 2 * 16, sub % 8 / 2 * 2)
}

/// Appends the values of a block with five bits a level: the scales as in Q4_K, 32 bytes of fifth
/// bits, 128 of nibbles.
fn q5k(block: &[u8], values: &mut Vec<f32>) {
    let (scale, min) = (half_at(block, 0), half_at(block, 2));
    let (packed, fifth, nibbles) = (&block[4..16], &block[16..48], &block[48..176]);
    for sub in 0..8 {
        let (s, m) = scale_and_min(packed, sub);
        let (scale, min) = (scale * f32::from(s), min * f32::from(m));
        let shift = if sub % 2 == 0 { 0 } else { 4 };
        values.extend(nibbles[sub / 2 * 32..][..32].iter().zip(fifth).map(|(&nibbles, &fifth)| {
            let level = ((nibbles >> shift) & 15) | ((fifth >> sub) & 1) << 4;
            scale * f32::from(level) - min
        }));
    }
}

/// Appends the values of a block with six bits a level: 128 bytes of the lower four, 64 of the
/// upper two, 16 scales, and their scale.
fn q6k(block: &[u8], values: &mut Vec<f32>) {
    let (lower, upper, scales, scale) = (&block[..128], &block[128..192], &block[192..208], half_at(block, 208));
    // Each half of a block has four stretches of 32 levels.
    for stretch in 0..8 {
        let (half, quarter) = (stretch / 4, stretch % 4);
        let lower = &lower[half * 64 + quarter % 2 * 32..][..32];
        let upper = &upper[half * 32..][..32];
        let shift = if quarter < 2 { 0 } else { 4 };
        for (i, (&lower, &upper)) in lower.iter().zip(upper).enumerate() {
            let level = ((lower >> shift) & 15) | ((upper >> (2 * quarter)) & 3) << 4;
            let own = f32::from(scales[stretch * 2 + i / 16].cast_signed());
            values.push(scale * own * (i32::from(level) - 32) as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::{GgmlDType, QStorage, QTensor};
    use candle_core::{Device, Shape};

    use super::*;

    /// Any bytes at all are blocks, and what they say is what candle reads in them.
    #[test]
    fn blocks_expand_as_candle_expands_them() {
        let mut state = 1u64;
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        for (own, dtype) in [
            (Type::Q5_0, GgmlDType::Q5_0),
            (Type::Q5_1, GgmlDType::Q5_1),
            (Type::Q2K, GgmlDType::Q2K),
            (Type::Q3K, GgmlDType::Q3K),
            (Type::Q5K, GgmlDType::Q5K),
            (Type::Q6K, GgmlDType::Q6K),
        ] {
            let blocks = 500;
            let mut bytes: Vec<u8> = (0..blocks * own.block_bytes()).map(|_| byte()).collect();
            // Exponents below the greatest, lest a scale be infinite or no number.
            let halves = match own {
                Type::Q5_0 => &[1][..],
                Type::Q5_1 | Type::Q5K => &[1, 3],
                Type::Q2K => &[81, 83],
                Type::Q3K => &[109],
                _ => &[209],
            };
            for block in bytes.chunks_exact_mut(own.block_bytes()) {
                halves.iter().for_each(|&at| block[at] &= 0b1011_1111);
            }
            let storage = QStorage::from_data(bytes.clone().into(), &Device::Cpu, dtype).unwrap();
            let tensor = QTensor::new(storage, Shape::from(blocks * own.block_size())).unwrap();
            let expected: Vec<f32> = tensor.dequantize(&Device::Cpu).unwrap().to_vec1().unwrap();
            let same = own.expand(&bytes).iter().zip(&expected).filter(|(a, b)| a.to_bits() == b.to_bits()).count();
            assert_eq!(same, blocks * own.block_size(), "{own:?}");
        }
    }

    #[test]
    fn sizes_are_candle_s() {
        for (kind, dtype) in [
            (0, GgmlDType::F32),
            (1, GgmlDType::F16),
            (2, GgmlDType::Q4_0),
            (3, GgmlDType::Q4_1),
            (6, GgmlDType::Q5_0),
            (7, GgmlDType::Q5_1),
            (8, GgmlDType::Q8_0),
            (10, GgmlDType::Q2K),
            (11, GgmlDType::Q3K),
            (12, GgmlDType::Q4K),
            (13, GgmlDType::Q5K),
            (14, GgmlDType::Q6K),
            (30, GgmlDType::BF16),
        ] {
            let own = Type::numbered(kind).expect("a known type");
            assert_eq!((own.block_size(), own.block_bytes()), (dtype.block_size(), dtype.type_size()), "{own:?}");
        }
    }
}
