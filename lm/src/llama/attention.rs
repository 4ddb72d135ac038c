//! Attention over the earlier positions of a sequence, and the cache of their keys and values.

use super::lanes::{Lanes, Work};
use super::matrix::LANES;

/// Number of positions in a tile of the cache.
const TILE: usize = LANES;

/// Number of tiles added when a cache is full: 64 positions, so that a short text takes little
/// memory and a long one rarely grows.
const GROWTH: usize = 8;

/// Keys and values of one layer for one sequence.
///
/// Numbers have 16 bits, with a scale per position and head. That halves the memory traffic of f32,
/// which limits a large batch, and rounds to 2⁻¹⁶ of the largest number in a head. Keys lie as
/// `[tile][head][dimension][8 positions]`, so eight scores come out of one register; values as
/// `[tile][head][8 positions][dimension]`.
#[derive(Debug, Default, Clone)]
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
    /// Stores the keys and values of one position; positions come in order.
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
}

/// Keys and values that the queries of one key-value head see: the first `length` positions.
pub(super) struct Attend<'a> {
    pub(super) cache: &'a Cache,
    pub(super) heads: Heads,
    pub(super) head: usize,
    pub(super) length: usize,
    /// Rotated queries of this head, `[group · dimension]`.
    pub(super) queries: &'a [f32],
    /// Buffer that is reused.
    pub(super) scores: &'a mut Vec<f32>,
    /// Output, `[group · dimension]`.
    pub(super) out: &'a mut [f32],
}

impl Work for Attend<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        // Queries that share a head go together, so that a cached number is converted once for up
        // to four of them.
        let mut first = 0;
        while first < self.heads.group() {
            let count = (self.heads.group() - first).min(4);
            match count {
                4 => self.few::<L, 4>(lanes, first),
                3 => self.few::<L, 3>(lanes, first),
                2 => self.few::<L, 2>(lanes, first),
                _ => self.few::<L, 1>(lanes, first),
            }
            first += count;
        }
    }
}

impl Attend<'_> {
    #[inline(always)]
    fn few<L: Lanes, const Q: usize>(&mut self, lanes: L, first: usize) {
        let Heads { key_value, dimension, .. } = self.heads;
        let tiles = self.length.div_ceil(TILE);
        let range = first * dimension..(first + Q) * dimension;
        let (queries, out) = (&self.queries[range.clone()], &mut self.out[range]);
        self.scores.resize(Q * tiles * TILE, 0.0);
        let scores = self.scores.as_chunks_mut::<TILE>().0;

        // Scores, `[query][tile][8]`.
        let unit = lanes.splat(1.0 / (dimension as f32).sqrt());
        for tile in 0..tiles {
            let index = tile * key_value + self.head;
            let keys = &self.cache.keys[index * dimension * TILE..][..dimension * TILE];
            let mut sums = [lanes.splat(0.0); Q];
            for (d, keys) in keys.as_chunks::<TILE>().0.iter().enumerate() {
                let keys = lanes.widen(keys);
                for q in 0..Q {
                    let query = lanes.splat(queries[q * dimension + d]);
                    sums[q] = lanes.add(sums[q], lanes.mul(query, keys));
                }
            }
            let scale = lanes.mul(lanes.load(&self.cache.key_scales[index]), unit);
            for q in 0..Q {
                scores[q * tiles + tile] = lanes.store(lanes.mul(sums[q], scale));
            }
        }

        let mut inverses = [0.0f32; Q];
        for (scores, inverse) in scores.chunks_exact_mut(tiles).zip(&mut inverses) {
            *inverse = 1.0 / soften(scores, self.length);
        }

        out.fill(0.0);
        for tile in 0..tiles {
            let index = tile * key_value + self.head;
            let values = &self.cache.values[index * dimension * TILE..][..dimension * TILE];
            let scale = lanes.load(&self.cache.value_scales[index]);
            let mut weights = [[0.0f32; TILE]; Q];
            for q in 0..Q {
                weights[q] = lanes.store(lanes.mul(lanes.load(&scores[q * tiles + tile]), scale));
            }
            let mut at = 0;
            while at + LANES <= dimension {
                let mut sums = [lanes.splat(0.0); Q];
                for position in 0..TILE {
                    let values = lanes.widen(&values[position * dimension + at..].as_chunks().0[0]);
                    for q in 0..Q {
                        sums[q] = lanes.add(sums[q], lanes.mul(lanes.splat(weights[q][position]), values));
                    }
                }
                for q in 0..Q {
                    let out = &mut out[q * dimension + at..].as_chunks_mut().0[0];
                    *out = lanes.store(lanes.add(lanes.load(out), sums[q]));
                }
                at += LANES;
            }
            // The rest of a head whose dimension is not a multiple of eight.
            for d in at..dimension {
                for q in 0..Q {
                    for position in 0..TILE {
                        out[q * dimension + d] += weights[q][position] * f32::from(values[position * dimension + d]);
                    }
                }
            }
        }
        for (out, inverse) in out.chunks_exact_mut(dimension).zip(inverses) {
            for out in out {
                *out *= inverse;
            }
        }
    }
}

/// Replaces scores by weights, not yet divided by their sum, and returns the sum.
#[inline(always)]
fn soften(scores: &mut [[f32; TILE]], length: usize) -> f32 {
    // Later positions of the last tile must not count, nor raise the maximum.
    scores.as_flattened_mut()[length..].fill(f32::NEG_INFINITY);
    let mut largest = [f32::NEG_INFINITY; TILE];
    for eight in scores.iter() {
        for lane in 0..TILE {
            largest[lane] = if eight[lane] > largest[lane] { eight[lane] } else { largest[lane] };
        }
    }
    let largest = largest.iter().fold(f32::NEG_INFINITY, |m, s| m.max(*s));
    for score in scores.as_flattened_mut() {
        *score = exp(*score - largest);
    }
    // `exp` does not reach zero.
    scores.as_flattened_mut()[length..].fill(0.0);
    let mut sums = [0.0f32; TILE];
    for eight in scores.iter() {
        for lane in 0..TILE {
            sums[lane] += eight[lane];
        }
    }
    sums.iter().sum()
}

/// Returns the scale that fits numbers into 16 bits, and its inverse.
fn scale_of(numbers: &[f32]) -> (f32, f32) {
    let largest = numbers.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    if largest > 0.0 { (largest / 32767.0, 32767.0 / largest) } else { (0.0, 0.0) }
}

/// Returns the nearest integer, by an addition that leaves it in the low mantissa bits.
#[inline(always)]
fn round(number: f32) -> i16 {
    (number + 12_582_912.0).to_bits() as i16
}

/// Returns eˣ to a relative error of 2·10⁻⁷, for x clamped to [−87, 88].
///
/// The standard library's is a call per number; this one becomes vector code, with the same bits on
/// every target.
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

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn exp_is_the_library_s() {
        for i in -87_000..88_000 {
            let x = i as f32 / 1000.0;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2e-7, "exp({x}): relative error {error}");
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(f32::INFINITY).is_finite());
    }
}
