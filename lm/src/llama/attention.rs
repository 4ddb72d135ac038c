//! Attention over what a sequence has seen so far, and the cache that remembers it.

use super::matrix::LANES;

/// Positions that share a tile of the cache.
const TILE: usize = LANES;

/// Tiles added when a cache is full: 64 positions, so that a short text takes little and a long one grows seldom.
const GROWTH: usize = 8;

/// Keys and values of one layer for one sequence.
///
/// 16 bits a number with a scale per position and head: half the memory traffic of f32, which is what limits a
/// large batch, at a rounding of 2⁻¹⁶ of the largest in its head. Keys lie as `[tile][head][dimension][8 positions]`,
/// so eight scores come out of one register; values as `[tile][head][8 positions][dimension]`.
#[derive(Debug, Default)]
pub(super) struct Cache {
    keys: Vec<i16>,
    values: Vec<i16>,
    key_scales: Vec<[f32; TILE]>,
    value_scales: Vec<[f32; TILE]>,
}

/// The shape of a model's attention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    /// Query heads.
    pub(super) query: usize,
    /// Key-value heads; each serves `query / key_value` query heads in a row.
    pub(super) key_value: usize,
    /// Numbers in a head.
    pub(super) dimension: usize,
}

impl Heads {
    pub(super) fn group(self) -> usize {
        self.query / self.key_value
    }
}

impl Cache {
    /// Remembers one position; positions come in order.
    ///
    /// - `keys`, `values`: `[key_value · dimension]`, keys already rotated.
    pub(super) fn append(&mut self, heads: Heads, position: usize, keys: &[f32], values: &[f32]) {
        let Heads { key_value, dimension, .. } = heads;
        let (tile, lane) = (position / TILE, position % TILE);
        let tile_len = key_value * dimension * TILE;
        if self.keys.len() < (tile + 1) * tile_len {
            if self.keys.capacity() < (tile + 1) * tile_len {
                self.keys.reserve_exact(GROWTH * tile_len);
                self.values.reserve_exact(GROWTH * tile_len);
            }
            self.keys.resize((tile + 1) * tile_len, 0);
            self.values.resize((tile + 1) * tile_len, 0);
            self.key_scales.resize((tile + 1) * key_value, [0.0; TILE]);
            self.value_scales.resize((tile + 1) * key_value, [0.0; TILE]);
        }
        let heads = keys.chunks_exact(dimension).zip(values.chunks_exact(dimension));
        for (head, (keys, values)) in heads.enumerate() {
            let index = tile * key_value + head;
            let at = index * dimension * TILE;
            let (scale, inverse) = scale_of(keys);
            self.key_scales[index][lane] = scale;
            for (slot, key) in self.keys[at..].as_chunks_mut::<TILE>().0.iter_mut().zip(keys) {
                slot[lane] = round(key * inverse);
            }
            let (scale, inverse) = scale_of(values);
            self.value_scales[index][lane] = scale;
            for (slot, value) in self.values[at + lane * dimension..].iter_mut().zip(values) {
                *slot = round(value * inverse);
            }
        }
    }

    /// What the queries of one key-value head see in the first `length` positions.
    ///
    /// - `queries`: `[group · dimension]`, the rotated queries this head serves.
    /// - `scratch`: room that is reused.
    /// - `out`: `[group · dimension]`.
    #[inline(always)]
    pub(super) fn attend(
        &self,
        heads: Heads,
        head: usize,
        length: usize,
        queries: &[f32],
        scratch: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        // Queries that share a head go together, so that a cached number is converted once for up to four of them.
        let dimension = heads.dimension;
        let mut first = 0;
        while first < heads.group() {
            let count = (heads.group() - first).min(4);
            let range = first * dimension..(first + count) * dimension;
            let (queries, out) = (&queries[range.clone()], &mut out[range]);
            match count {
                4 => self.attend_few::<4>(heads, head, length, queries, scratch, out),
                3 => self.attend_few::<3>(heads, head, length, queries, scratch, out),
                2 => self.attend_few::<2>(heads, head, length, queries, scratch, out),
                _ => self.attend_few::<1>(heads, head, length, queries, scratch, out),
            }
            first += count;
        }
    }

    #[inline(always)]
    fn attend_few<const Q: usize>(
        &self,
        heads: Heads,
        head: usize,
        length: usize,
        queries: &[f32],
        scratch: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        let Heads { key_value, dimension, .. } = heads;
        let tiles = length.div_ceil(TILE);
        let queries: [&[f32]; Q] = std::array::from_fn(|q| &queries[q * dimension..(q + 1) * dimension]);
        scratch.clear();
        scratch.resize(Q * tiles * TILE, 0.0);
        let scores = scratch.as_chunks_mut::<TILE>().0;

        // Scores, `[query][tile][8]`.
        let unit = 1.0 / (dimension as f32).sqrt();
        for tile in 0..tiles {
            let index = tile * key_value + head;
            let keys = &self.keys[index * dimension * TILE..][..dimension * TILE];
            let mut sums = [[0.0f32; TILE]; Q];
            for (d, keys) in keys.as_chunks::<TILE>().0.iter().enumerate() {
                let keys = keys.map(f32::from);
                for q in 0..Q {
                    for lane in 0..TILE {
                        sums[q][lane] += queries[q][d] * keys[lane];
                    }
                }
            }
            for q in 0..Q {
                for lane in 0..TILE {
                    scores[q * tiles + tile][lane] = sums[q][lane] * (self.key_scales[index][lane] * unit);
                }
            }
        }

        // Softmax, its division left to the end.
        let mut totals = [0.0f32; Q];
        for (scores, total) in scores.chunks_exact_mut(tiles).zip(&mut totals) {
            let scores = scores.as_flattened_mut();
            scores[length..].fill(f32::NEG_INFINITY);
            let mut largest = [f32::NEG_INFINITY; TILE];
            for eight in scores.as_chunks::<TILE>().0 {
                for (m, s) in largest.iter_mut().zip(eight) {
                    *m = if *s > *m { *s } else { *m };
                }
            }
            let largest = largest.iter().fold(f32::NEG_INFINITY, |m, s| m.max(*s));
            let mut sums = [0.0f32; TILE];
            for eight in scores.as_chunks_mut::<TILE>().0 {
                for (sum, score) in sums.iter_mut().zip(eight) {
                    *score = exp(*score - largest);
                    *sum += *score;
                }
            }
            // `exp` does not reach zero: what a later position left in the last tile must not be seen at all.
            for (lane, score) in scores[length..].iter_mut().enumerate() {
                sums[length % TILE + lane] -= *score;
                *score = 0.0;
            }
            *total = sums.iter().sum();
        }

        out.fill(0.0);
        for tile in 0..tiles {
            let index = tile * key_value + head;
            let values = &self.values[index * dimension * TILE..][..dimension * TILE];
            let weights: [[f32; TILE]; Q] = std::array::from_fn(|q| {
                std::array::from_fn(|lane| scores[q * tiles + tile][lane] * self.value_scales[index][lane])
            });
            let mut at = 0;
            while at + LANES <= dimension {
                let mut sums = [[0.0f32; LANES]; Q];
                for position in 0..TILE {
                    let values: [f32; LANES] =
                        std::array::from_fn(|i| f32::from(values[position * dimension + at + i]));
                    for q in 0..Q {
                        for lane in 0..LANES {
                            sums[q][lane] += weights[q][position] * values[lane];
                        }
                    }
                }
                for q in 0..Q {
                    for (out, sum) in out[q * dimension + at..][..LANES].iter_mut().zip(sums[q]) {
                        *out += sum;
                    }
                }
                at += LANES;
            }
            for d in at..dimension {
                for q in 0..Q {
                    for position in 0..TILE {
                        out[q * dimension + d] += weights[q][position] * f32::from(values[position * dimension + d]);
                    }
                }
            }
        }
        for (out, total) in out.chunks_exact_mut(dimension).zip(totals) {
            let inverse = 1.0 / total;
            out.iter_mut().for_each(|v| *v *= inverse);
        }
    }
}

/// The scale that fits numbers into 16 bits, and its inverse.
fn scale_of(numbers: &[f32]) -> (f32, f32) {
    let largest = numbers.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    if largest > 0.0 { (largest / 32767.0, 32767.0 / largest) } else { (0.0, 0.0) }
}

/// Nearest integer, by the addition that leaves it in the low mantissa bits.
#[inline(always)]
fn round(number: f32) -> i16 {
    (number + 12_582_912.0).to_bits() as i16
}

/// eˣ to a relative 2·10⁻⁷ for x in [−87, 88], which it is cut to.
///
/// The library's is a call per number; this one becomes vector code, and it is the same on every target.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = if x > -87.0 { x } else { -87.0 };
    let x = if x < 88.0 { x } else { 88.0 };
    let shifted = x * std::f32::consts::LOG2_E + 12_582_912.0;
    let n = shifted - 12_582_912.0;
    // ln 2 in two parts, the first short enough for n · part to be exact.
    let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 5.000_000_3e-1;
    let p = p * r * r + r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    p * power
}
