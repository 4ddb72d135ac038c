//! The product of a matrix and many rows of activations, which takes nearly all of a model's time.
//!
//! Activations are rounded to eight bits, with a scale per 32, as in llama.cpp. Products of levels
//! are summed as integers within a block and as f32 over blocks, in column order. So the bits of an
//! output depend on its own row alone: not on the other rows of the batch, the number of threads or
//! the instruction set.
//!
//! Why not a general matrix product in f32? Eight outputs × 32 columns would take 32 fused
//! multiply-adds in place of 8 byte multiply-adds, and weights 32 bits in place of six.

use std::ops::Range;

use rayon::prelude::*;

use super::lanes::{self, Lanes, Work};
use super::matrix::{BLOCK, ByteBlock, LANES, Matrix, NibbleBlock, Weights};

/// 32 activations at eight bits: activation ≈ scale · level.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ActivationBlock {
    /// Four levels each, lowest byte first: one broadcast feeds them to all lanes.
    quads: [i32; 8],
    scale: f32,
    /// Scale · Σ levels, the factor of a weight block's min.
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

    /// Returns the rows to be filled, `together` at a time: floats `[rows][width]` and blocks
    /// `[rows][⌈width / 32⌉]`.
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
        // Eight running maxima, because a single one is a chain of 32 dependent steps.
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
        // Adding 1.5 · 2²³ leaves the nearest integer in the low mantissa bits, and every target
        // vectorises it.
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

/// The outputs of one or more matrices over the same rows, `[group][row][8]`, matrix after matrix.
/// `values` may be longer, from a larger product.
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
        // It never shrinks: products of all sizes alternate, and growing writes zeros.
        if self.values.len() < groups * per_group {
            self.values.resize(groups * per_group, 0.0);
        }

        // Several tasks a thread, so that a thread slowed by another process does not delay the
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

    /// Returns eight outputs for each of some rows, `[rows][8]`.
    #[inline(always)]
    pub(super) fn group(&self, group: usize, rows: Range<usize>) -> &[[f32; LANES]] {
        &self.values.as_chunks().0[group * self.rows..][rows]
    }

    /// Returns the number of rows for a thread to take at a time. A single row would use only half
    /// of each cache line.
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

/// Computes the products of the groups of a matrix from `first` on, as many as `out` has room for.
fn multiply(matrix: &Matrix, first: usize, x: &Activations, out: &mut [f32]) {
    let (columns, blocks) = (matrix.columns, matrix.columns.div_ceil(BLOCK));
    match &matrix.weights {
        Weights::Nibbles(weights) => {
            lanes::run(Sweep { weights: &weights[first * blocks..], per_row: blocks, x: &x.blocks, out });
        }
        Weights::Bytes(weights) => {
            lanes::run(Sweep { weights: &weights[first * blocks..], per_row: blocks, x: &x.blocks, out });
        }
        Weights::Floats(weights) => {
            lanes::run(Sweep { weights: &weights[first * columns..], per_row: columns, x: &x.floats, out });
        }
    }
}

/// The weights of eight rows at one column, or at the columns of one block.
trait Weight: Sized {
    /// The activations that such a weight meets.
    type Input;

    /// Multiplies one group of a matrix with `C` rows: the innermost arithmetic.
    ///
    /// - `weights`: one group, `[n]`.
    /// - `x`: `[n]` each.
    /// - returns: eight outputs a row.
    fn tile<L: Lanes, const C: usize>(lanes: L, weights: &[Self], x: [&[Self::Input]; C]) -> [[f32; LANES]; C];
}

/// A run of groups against all rows.
struct Sweep<'a, W: Weight> {
    weights: &'a [W],
    per_row: usize,
    x: &'a [W::Input],
    out: &'a mut [f32],
}

impl<W: Weight> Work for Sweep<'_, W> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { weights, per_row, x, out } = self;
        let rows = x.len() / per_row;
        let row = |r: usize| &x[r * per_row..(r + 1) * per_row];
        // A group stays in the first-level cache while all rows pass it.
        for (group, out) in weights.chunks_exact(per_row).zip(out.as_chunks_mut::<LANES>().0.chunks_exact_mut(rows)) {
            let mut r = 0;
            while r + 4 <= rows {
                let y = W::tile(lanes, group, [row(r), row(r + 1), row(r + 2), row(r + 3)]);
                out[r..r + 4].copy_from_slice(&y);
                r += 4;
            }
            match rows - r {
                1 => out[r..].copy_from_slice(&W::tile(lanes, group, [row(r)])),
                2 => out[r..].copy_from_slice(&W::tile(lanes, group, [row(r), row(r + 1)])),
                3 => out[r..].copy_from_slice(&W::tile(lanes, group, [row(r), row(r + 1), row(r + 2)])),
                _ => {}
            }
        }
    }
}

impl Weight for [f32; LANES] {
    type Input = f32;

    #[inline(always)]
    fn tile<L: Lanes, const C: usize>(lanes: L, weights: &[Self], x: [&[f32]; C]) -> [[f32; LANES]; C] {
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

impl Weight for NibbleBlock {
    type Input = ActivationBlock;

    #[inline(always)]
    fn tile<L: Lanes, const C: usize>(lanes: L, weights: &[Self], x: [&[ActivationBlock]; C]) -> [[f32; LANES]; C] {
        let x = x.map(|x| &x[..weights.len()]);
        let mut sums = [lanes.splat(0.0); C];
        for (b, block) in weights.iter().enumerate() {
            let levels = lanes.dot_nibbles(&block.levels, x.map(|x| &x[b].quads));
            let (scale, min) = (lanes.load(&block.scale), lanes.load(&block.min));
            for c in 0..C {
                let x = &x[c][b];
                sums[c] = lanes.add(sums[c], lanes.mul(levels[c], lanes.mul(scale, lanes.splat(x.scale))));
                sums[c] = lanes.add(sums[c], lanes.mul(min, lanes.splat(x.sum)));
            }
        }
        sums.map(|sums| lanes.store(sums))
    }
}

impl Weight for ByteBlock {
    type Input = ActivationBlock;

    #[inline(always)]
    fn tile<L: Lanes, const C: usize>(lanes: L, weights: &[Self], x: [&[ActivationBlock]; C]) -> [[f32; LANES]; C] {
        let x = x.map(|x| &x[..weights.len()]);
        let mut sums = [lanes.splat(0.0); C];
        for (b, block) in weights.iter().enumerate() {
            let levels = lanes.dot_bytes(&block.levels, x.map(|x| &x[b].quads));
            let scale = lanes.load(&block.scale);
            for c in 0..C {
                let scale = lanes.mul(scale, lanes.splat(x[c][b].scale));
                sums[c] = lanes.add(sums[c], lanes.mul(levels[c], scale));
            }
        }
        sums.map(|sums| lanes.store(sums))
    }
}

#[cfg(target_arch = "x86_64")]
#[cfg(test)]
mod tests {
    use super::lanes::{Portable, avx2::Avx2};
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
            assert_eq!(ByteBlock::tile(Avx2(simd), &bytes, x), ByteBlock::tile(Portable, &bytes, x));
            assert_eq!(NibbleBlock::tile(Avx2(simd), &nibbles, x), NibbleBlock::tile(Portable, &nibbles, x));
        }
    }
}
