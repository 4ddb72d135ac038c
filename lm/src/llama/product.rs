//! Matrix × many rows of activations: nearly all the time a language model takes.
//!
//! Activations are rounded to eight bits, a scale per 32, as llama.cpp does; products of levels are
//! summed as integers within a block and as f32 over blocks, in column order. An output therefore
//! depends on its own row alone, bit for bit: not on the rows that happen to share the batch, nor
//! on the number of threads, nor on the instruction set.
//!
//! Why not f32 and a general matrix product: eight outputs × 32 columns cost 32 fused multiply-adds
//! there and 8 byte multiply-adds here, and the weights stay at five bits in memory instead of 32.

use std::ops::Range;

use rayon::prelude::*;

use super::lanes::{self, Lanes};
use super::matrix::{BLOCK, ByteBlock, LANES, Matrix, NibbleBlock, Weights};

/// 32 activations at eight bits: activation ≈ scale · level.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ActivationBlock {
    /// Four levels each, lowest byte first: what one broadcast feeds to all lanes.
    quads: [i32; 8],
    scale: f32,
    /// Scale · Σ levels, which is what a weight block's min multiplies.
    sum: f32,
}

/// Rows of activations, all of one width, as the matrices read them.
#[derive(Debug, Default)]
pub(super) struct Activations {
    pub(super) rows: usize,
    pub(super) width: usize,
    pub(super) floats: Vec<f32>,
    pub(super) blocks: Vec<ActivationBlock>,
}

impl Activations {
    /// Makes room for `rows` rows of `width`.
    pub(super) fn resize(&mut self, rows: usize, width: usize) {
        self.rows = rows;
        self.width = width;
        self.floats.resize(rows * width, 0.0);
        self.blocks.resize(rows * width.div_ceil(BLOCK), ActivationBlock::default());
    }

    /// Its rows, `together` at a time, as floats `[rows][width]` and blocks `[rows][⌈width / 32⌉]`,
    /// to be filled.
    pub(super) fn rows_mut(
        &mut self,
        together: usize,
    ) -> impl IndexedParallelIterator<Item = (&mut [f32], &mut [ActivationBlock])> {
        let blocks = self.width.div_ceil(BLOCK);
        self.floats.par_chunks_mut(together * self.width).zip(self.blocks.par_chunks_mut(together * blocks))
    }
}

/// Rounds one row of activations to eight bits.
#[inline(always)]
pub(super) fn quantise_row(floats: &[f32], blocks: &mut [ActivationBlock]) {
    for (values, block) in floats.chunks(BLOCK).zip(blocks) {
        let mut padded = [0.0f32; BLOCK];
        padded[..values.len()].copy_from_slice(values);
        // Eight running maxima, because one alone is a chain of 32 dependent steps.
        let mut largest = [0.0f32; 8];
        for eight in padded.as_chunks::<8>().0 {
            for (m, v) in largest.iter_mut().zip(eight) {
                let v = v.abs();
                *m = if v > *m { v } else { *m };
            }
        }
        let largest = largest.iter().fold(0.0f32, |m, v| if *v > m { *v } else { m });
        let scale = largest / 127.0;
        let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        // 1.5 · 2²³ leaves the nearest integer in the low mantissa bits: rounding that every target
        // vectorises.
        let mut levels = [0i8; BLOCK];
        let mut total = 0;
        for (level, value) in levels.iter_mut().zip(&padded) {
            *level = (value * inverse + 12_582_912.0).to_bits() as i8;
            total += i32::from(*level);
        }
        for (quad, levels) in block.quads.iter_mut().zip(levels.as_chunks::<4>().0) {
            *quad = i32::from_le_bytes(levels.map(i8::cast_unsigned));
        }
        block.scale = scale;
        block.sum = scale * total as f32;
    }
}

/// Outputs of one or more matrices over the same rows, `[group][row][8]`, matrix after matrix. What
/// lies beyond them is left from larger products.
#[derive(Debug, Default)]
pub(super) struct Product {
    rows: usize,
    values: Vec<f32>,
}

impl Product {
    /// Sets it to the products of each matrix with each row.
    pub(super) fn compute(&mut self, matrices: &[&Matrix], x: &Activations) {
        self.rows = x.rows;
        let per_group = LANES * x.rows;
        let groups: usize = matrices.iter().map(|m| m.groups()).sum();
        // Never shorter again: products of all sizes take turns, and growing writes zeros.
        if self.values.len() < groups * per_group {
            self.values.resize(groups * per_group, 0.0);
        }

        // A few tasks a thread, so that a thread that lost time to another process does not hold up the
        // rest.
        let chunk = groups.div_ceil(4 * rayon::current_num_threads()).max(4);
        let mut tasks = Vec::new();
        let mut rest = &mut self.values[..groups * per_group];
        for matrix in matrices {
            debug_assert_eq!(matrix.columns, x.width);
            let (out, tail) = rest.split_at_mut(matrix.groups() * per_group);
            rest = tail;
            tasks.extend(out.chunks_mut(chunk * per_group).enumerate().map(|(i, out)| (*matrix, i * chunk, out)));
        }
        tasks.into_par_iter().for_each(|(matrix, first, out)| multiply(matrix, first, x, out));
    }

    /// Eight outputs for each of some rows, `[rows][8]`, as they lie in memory.
    #[inline(always)]
    pub(super) fn group(&self, group: usize, rows: Range<usize>) -> &[[f32; LANES]] {
        &self.values.as_chunks().0[group * self.rows..][rows]
    }

    /// Returns the number of rows that a thread should take at a time. A single row uses only half
    /// of the cache line that it touches in each group.
    pub(super) fn rows_together(&self) -> usize {
        self.rows.div_ceil(2 * rayon::current_num_threads()).min(8)
    }

    /// Returns one row of the outputs of a matrix that starts at `group`, eight at a time.
    pub(super) fn row(&self, group: usize, row: usize) -> impl Iterator<Item = &[f32; LANES]> {
        self.values.as_chunks::<LANES>().0[group * self.rows + row..].iter().step_by(self.rows)
    }

    /// Copies one row of the outputs of a matrix that starts at `group`.
    #[inline(always)]
    pub(super) fn copy_row(&self, group: usize, row: usize, out: &mut [f32]) {
        for (out, values) in out.chunks_mut(LANES).zip(self.row(group, row)) {
            out.copy_from_slice(&values[..out.len()]);
        }
    }
}

/// Products of the groups of a matrix from `first` on, as many as `out` has room for.
fn multiply(matrix: &Matrix, first: usize, x: &Activations, out: &mut [f32]) {
    let blocks = matrix.columns.div_ceil(BLOCK);
    match &matrix.weights {
        Weights::Nibbles(weights) => {
            let weights = &weights[first * blocks..];
            #[cfg(target_arch = "x86_64")]
            if let Some(simd) = pulp::x86::V3::try_new() {
                return simd.vectorize(Sweep {
                    tile: avx2::Nibbles(simd),
                    weights,
                    per_row: blocks,
                    x: &x.blocks,
                    out,
                });
            }
            pulp::Arch::new().dispatch(Sweep { tile: PortableNibbles, weights, per_row: blocks, x: &x.blocks, out });
        }
        Weights::Bytes(weights) => {
            let weights = &weights[first * blocks..];
            #[cfg(target_arch = "x86_64")]
            if let Some(simd) = pulp::x86::V3::try_new() {
                return simd.vectorize(Sweep { tile: avx2::Bytes(simd), weights, per_row: blocks, x: &x.blocks, out });
            }
            pulp::Arch::new().dispatch(Sweep { tile: PortableBytes, weights, per_row: blocks, x: &x.blocks, out });
        }
        Weights::Floats(weights) => {
            let weights = &weights[first * matrix.columns..];
            lanes::run(FloatSweep { weights, per_row: matrix.columns, x: &x.floats, out });
        }
    }
}

/// The innermost arithmetic: one group of a matrix against `C` rows.
trait Tile: Copy {
    type Weight;
    type Input;

    /// - `weights`: one group, `[n]`.
    /// - `x`: `[n]` each.
    /// - returns: eight outputs a row.
    fn tile<const C: usize>(self, weights: &[Self::Weight], x: [&[Self::Input]; C]) -> [[f32; LANES]; C];
}

/// A run of groups against all rows; its own type, because pulp compiles such a thing once per
/// instruction set.
struct Sweep<'a, T: Tile> {
    tile: T,
    weights: &'a [T::Weight],
    per_row: usize,
    x: &'a [T::Input],
    out: &'a mut [f32],
}

impl<T: Tile> Sweep<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Self { tile, weights, per_row, x, out } = self;
        let rows = x.len() / per_row;
        let row = |r: usize| &x[r * per_row..(r + 1) * per_row];
        // A group stays in the first-level cache while all rows pass it.
        for (group, out) in weights.chunks_exact(per_row).zip(out.as_chunks_mut::<LANES>().0.chunks_exact_mut(rows)) {
            let mut r = 0;
            while r + 4 <= rows {
                let y = tile.tile(group, [row(r), row(r + 1), row(r + 2), row(r + 3)]);
                out[r..r + 4].copy_from_slice(&y);
                r += 4;
            }
            match rows - r {
                1 => out[r..].copy_from_slice(&tile.tile(group, [row(r)])),
                2 => out[r..].copy_from_slice(&tile.tile(group, [row(r), row(r + 1)])),
                3 => out[r..].copy_from_slice(&tile.tile(group, [row(r), row(r + 1), row(r + 2)])),
                _ => {}
            }
        }
    }
}

impl<T: Tile> pulp::NullaryFnOnce for Sweep<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.run();
    }
}

#[derive(Clone, Copy)]
struct Floats<L>(L);

impl<L: Lanes> Tile for Floats<L> {
    type Weight = [f32; LANES];
    type Input = f32;

    #[inline(always)]
    fn tile<const C: usize>(self, weights: &[[f32; LANES]], x: [&[f32]; C]) -> [[f32; LANES]; C] {
        let Self(lanes) = self;
        let mut sums = [lanes.splat(0.0); C];
        for (i, weights) in weights.iter().enumerate() {
            let weights = lanes.load(weights);
            for c in 0..C {
                sums[c] = lanes.add(sums[c], lanes.mul(weights, lanes.splat(x[c][i])));
            }
        }
        sums.map(|sums| lanes.store(sums))
    }
}

/// [`Sweep`] before it is known which lanes there are.
struct FloatSweep<'a> {
    weights: &'a [[f32; LANES]],
    per_row: usize,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl lanes::Work for FloatSweep<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { weights, per_row, x, out } = self;
        Sweep { tile: Floats(lanes), weights, per_row, x, out }.run();
    }
}

/// Adds what one block gives to eight outputs; the order of the operations is the same on every
/// target.
#[inline(always)]
fn add_block(sums: &mut [f32; LANES], levels: &[i32; LANES], scale: &[f32; LANES], x: &ActivationBlock) {
    for lane in 0..LANES {
        sums[lane] += levels[lane] as f32 * (scale[lane] * x.scale);
    }
}

#[derive(Clone, Copy)]
struct PortableNibbles;

impl Tile for PortableNibbles {
    type Weight = NibbleBlock;
    type Input = ActivationBlock;

    #[inline(always)]
    fn tile<const C: usize>(self, weights: &[NibbleBlock], x: [&[ActivationBlock]; C]) -> [[f32; LANES]; C] {
        let mut sums = [[0.0; LANES]; C];
        for (b, block) in weights.iter().enumerate() {
            for c in 0..C {
                let x = &x[c][b];
                let mut totals = [0i32; LANES];
                for (levels, quads) in block.levels.iter().zip(x.quads.as_chunks::<2>().0) {
                    let [low, high] = quads.map(|q| q.to_le_bytes().map(|v| i32::from(v.cast_signed())));
                    for (total, levels) in totals.iter_mut().zip(levels.as_chunks::<4>().0) {
                        for i in 0..4 {
                            *total += i32::from(levels[i] & 15) * low[i] + i32::from(levels[i] >> 4) * high[i];
                        }
                    }
                }
                add_block(&mut sums[c], &totals, &block.scale, x);
                for (sum, min) in sums[c].iter_mut().zip(block.min) {
                    *sum += min * x.sum;
                }
            }
        }
        sums
    }
}

#[derive(Clone, Copy)]
struct PortableBytes;

impl Tile for PortableBytes {
    type Weight = ByteBlock;
    type Input = ActivationBlock;

    #[inline(always)]
    fn tile<const C: usize>(self, weights: &[ByteBlock], x: [&[ActivationBlock]; C]) -> [[f32; LANES]; C] {
        let mut sums = [[0.0; LANES]; C];
        for (b, block) in weights.iter().enumerate() {
            for c in 0..C {
                let x = &x[c][b];
                let mut totals = [0i32; LANES];
                for (levels, quad) in block.levels.iter().zip(x.quads) {
                    let quad = quad.to_le_bytes().map(|v| i32::from(v.cast_signed()));
                    for (total, levels) in totals.iter_mut().zip(levels.as_chunks::<4>().0) {
                        for i in 0..4 {
                            *total += i32::from(levels[i]) * quad[i];
                        }
                    }
                }
                add_block(&mut sums[c], &totals, &block.scale, x);
            }
        }
        sums
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    //! The same sums with byte multiply-adds (`vpmaddubsw`: unsigned × signed bytes, neighbours
    //! added to 16 bits).

    use std::arch::x86_64::{__m256, __m256i};

    use pulp::bytemuck::cast;
    use pulp::x86::V3;

    use super::{ActivationBlock, ByteBlock, LANES, NibbleBlock, Tile};

    #[derive(Clone, Copy)]
    pub(super) struct Nibbles(pub(super) V3);

    impl Tile for Nibbles {
        type Weight = NibbleBlock;
        type Input = ActivationBlock;

        #[inline(always)]
        fn tile<const C: usize>(self, weights: &[NibbleBlock], x: [&[ActivationBlock]; C]) -> [[f32; LANES]; C] {
            let Self(simd) = self;
            let (avx, avx2) = (simd.avx, simd.avx2);
            let ones = avx._mm256_set1_epi16(1);
            let low_nibbles = avx._mm256_set1_epi8(15);
            let x = x.map(|x| &x[..weights.len()]);
            let mut sums = [avx._mm256_setzero_ps(); C];
            for (b, block) in weights.iter().enumerate() {
                // 16 bits hold the sum of a whole block: 8 · 2 · 15 · 127 = 30,480.
                let mut totals = [avx._mm256_setzero_si256(); C];
                for (h, levels) in block.levels.iter().enumerate() {
                    let levels: __m256i = cast(*levels);
                    let low = avx2._mm256_and_si256(levels, low_nibbles);
                    let high = avx2._mm256_and_si256(avx2._mm256_srli_epi16::<4>(levels), low_nibbles);
                    for c in 0..C {
                        let quads = &x[c][b].quads;
                        let a = avx2._mm256_maddubs_epi16(low, avx._mm256_set1_epi32(quads[2 * h]));
                        let b = avx2._mm256_maddubs_epi16(high, avx._mm256_set1_epi32(quads[2 * h + 1]));
                        totals[c] = avx2._mm256_add_epi16(totals[c], avx2._mm256_add_epi16(a, b));
                    }
                }
                let (scale, min): (__m256, __m256) = (cast(block.scale), cast(block.min));
                for c in 0..C {
                    let x = &x[c][b];
                    let levels = avx._mm256_cvtepi32_ps(avx2._mm256_madd_epi16(totals[c], ones));
                    let scale = avx._mm256_mul_ps(scale, avx._mm256_set1_ps(x.scale));
                    sums[c] = avx._mm256_add_ps(sums[c], avx._mm256_mul_ps(levels, scale));
                    sums[c] = avx._mm256_add_ps(sums[c], avx._mm256_mul_ps(min, avx._mm256_set1_ps(x.sum)));
                }
            }
            sums.map(cast)
        }
    }

    #[derive(Clone, Copy)]
    pub(super) struct Bytes(pub(super) V3);

    impl Tile for Bytes {
        type Weight = ByteBlock;
        type Input = ActivationBlock;

        #[inline(always)]
        fn tile<const C: usize>(self, weights: &[ByteBlock], x: [&[ActivationBlock]; C]) -> [[f32; LANES]; C] {
            let Self(simd) = self;
            let (avx, avx2) = (simd.avx, simd.avx2);
            let ones = avx._mm256_set1_epi16(1);
            let x = x.map(|x| &x[..weights.len()]);
            let mut sums = [avx._mm256_setzero_ps(); C];
            for (b, block) in weights.iter().enumerate() {
                let mut totals = [avx._mm256_setzero_si256(); C];
                for (g, levels) in block.levels.iter().enumerate() {
                    // The instruction wants one side unsigned: the weight's sign moves to the activation. Two products
                    // fit 16 bits (2 · 128 · 127 = 32,512), four would not.
                    let levels: __m256i = cast(*levels);
                    let magnitude = avx2._mm256_abs_epi8(levels);
                    for c in 0..C {
                        let quad = avx2._mm256_sign_epi8(avx._mm256_set1_epi32(x[c][b].quads[g]), levels);
                        let pairs = avx2._mm256_maddubs_epi16(magnitude, quad);
                        totals[c] = avx2._mm256_add_epi32(totals[c], avx2._mm256_madd_epi16(pairs, ones));
                    }
                }
                let scale: __m256 = cast(block.scale);
                for c in 0..C {
                    let levels = avx._mm256_cvtepi32_ps(totals[c]);
                    let scale = avx._mm256_mul_ps(scale, avx._mm256_set1_ps(x[c][b].scale));
                    sums[c] = avx._mm256_add_ps(sums[c], avx._mm256_mul_ps(levels, scale));
                }
            }
            sums.map(cast)
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    /// The portable sums and the vector ones are the same bits, at the extremes of all levels too.
    #[test]
    fn instruction_sets_agree() {
        let Some(simd) = pulp::x86::V3::try_new() else { return };
        let mut state = 1u64;
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        for round in 0..50 {
            let x: [Vec<ActivationBlock>; 3] = std::array::from_fn(|_| {
                let mut blocks = vec![ActivationBlock::default(); 4];
                let floats: Vec<f32> =
                    (0..128).map(|_| if round == 0 { 1.0 } else { f32::from(byte()) - 128.0 }).collect();
                quantise_row(&floats, &mut blocks);
                blocks
            });
            let x = [&x[0][..], &x[1][..], &x[2][..]];
            let bytes: Vec<ByteBlock> = (0..4)
                .map(|_| ByteBlock {
                    scale: std::array::from_fn(|_| f32::from(byte())),
                    levels: std::array::from_fn(|_| {
                        std::array::from_fn(|_| if round == 0 { i8::MIN } else { byte().cast_signed() })
                    }),
                })
                .collect();
            let nibbles: Vec<NibbleBlock> = (0..4)
                .map(|_| NibbleBlock {
                    scale: std::array::from_fn(|_| f32::from(byte())),
                    min: std::array::from_fn(|_| -f32::from(byte())),
                    levels: std::array::from_fn(|_| std::array::from_fn(|_| if round == 0 { u8::MAX } else { byte() })),
                })
                .collect();
            assert_eq!(avx2::Bytes(simd).tile(&bytes, x), PortableBytes.tile(&bytes, x));
            assert_eq!(avx2::Nibbles(simd).tile(&nibbles, x), PortableNibbles.tile(&nibbles, x));
        }
    }
}
