//! Eight numbers at a time, with the instruction set chosen at run time.
//!
//! Compilers often leave plain loops over `[f32; 8]` scalar once they carry sums, so the hot ones
//! name their registers. Each product and each sum is rounded, without fused multiply-add, so every
//! target gives the same bits.

use super::matrix::LANES;

/// Arithmetic on eight f32, one for each row of a group of weights.
pub(super) trait Lanes: Copy {
    type Eight: Copy;

    fn splat(self, number: f32) -> Self::Eight;
    fn load(self, numbers: &[f32; LANES]) -> Self::Eight;
    fn widen(self, numbers: &[i16; LANES]) -> Self::Eight;
    fn store(self, eight: Self::Eight) -> [f32; LANES];
    fn mul(self, a: Self::Eight, b: Self::Eight) -> Self::Eight;
    fn add(self, a: Self::Eight, b: Self::Eight) -> Self::Eight;

    /// Returns the exact sum of level · activation over the 32 columns of a block, for each of `C`
    /// rows.
    ///
    /// - `levels`: as in [`NibbleBlock`](super::matrix::NibbleBlock).
    /// - `quads`: four activations of −127..=127 each, lowest byte first.
    fn dot_nibbles<const C: usize>(self, levels: &[[u8; 32]; 4], quads: [&[i32; 8]; C]) -> [Self::Eight; C];

    /// Returns the same as [`dot_nibbles`](Self::dot_nibbles), for levels as in
    /// [`ByteBlock`](super::matrix::ByteBlock).
    fn dot_bytes<const C: usize>(self, levels: &[[i8; 32]; 8], quads: [&[i32; 8]; C]) -> [Self::Eight; C];
}

/// Work that is written once over [`Lanes`].
pub(super) trait Work {
    fn run<L: Lanes>(self, lanes: L);
}

/// Runs some work with the best instruction set of this machine.
#[inline(always)]
pub(super) fn run(work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(Direct(
            #[inline(always)]
            || work.run(avx2::Avx2(simd)),
        ));
    }
    vectorise(
        #[inline(always)]
        || work.run(Portable),
    );
}

/// Runs a closure that is compiled for the best instruction set, so that plain loops become vector
/// code.
#[inline(always)]
pub(super) fn vectorise(work: impl FnOnce()) {
    pulp::Arch::new().dispatch(Direct(work));
}

/// A closure to be called directly: pulp calls a bare one through a shim that keeps the plain
/// instruction set.
struct Direct<F>(F);

impl<F: FnOnce()> pulp::NullaryFnOnce for Direct<F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        (self.0)();
    }
}

/// Portable lanes, for every machine.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Lanes for Portable {
    type Eight = [f32; LANES];

    #[inline(always)]
    fn splat(self, number: f32) -> [f32; LANES] {
        [number; LANES]
    }

    #[inline(always)]
    fn load(self, numbers: &[f32; LANES]) -> [f32; LANES] {
        *numbers
    }

    #[inline(always)]
    fn widen(self, numbers: &[i16; LANES]) -> [f32; LANES] {
        let mut wide = [0.0; LANES];
        for lane in 0..LANES {
            wide[lane] = f32::from(numbers[lane]);
        }
        wide
    }

    #[inline(always)]
    fn store(self, eight: [f32; LANES]) -> [f32; LANES] {
        eight
    }

    #[inline(always)]
    fn mul(self, mut a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
        for lane in 0..LANES {
            a[lane] *= b[lane];
        }
        a
    }

    #[inline(always)]
    fn add(self, mut a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
        for lane in 0..LANES {
            a[lane] += b[lane];
        }
        a
    }

    #[inline(always)]
    fn dot_nibbles<const C: usize>(self, levels: &[[u8; 32]; 4], quads: [&[i32; 8]; C]) -> [[f32; LANES]; C] {
        quads.map(|quads| {
            let mut totals = [0i32; LANES];
            for (levels, quads) in levels.iter().zip(quads.as_chunks::<2>().0) {
                let [low, high] = quads.map(four_levels);
                for (total, levels) in totals.iter_mut().zip(levels.as_chunks::<4>().0) {
                    for i in 0..4 {
                        *total += i32::from(levels[i] & 15) * low[i] + i32::from(levels[i] >> 4) * high[i];
                    }
                }
            }
            totals.map(|total| total as f32)
        })
    }

    #[inline(always)]
    fn dot_bytes<const C: usize>(self, levels: &[[i8; 32]; 8], quads: [&[i32; 8]; C]) -> [[f32; LANES]; C] {
        quads.map(|quads| {
            let mut totals = [0i32; LANES];
            for (levels, quad) in levels.iter().zip(quads) {
                let quad = four_levels(*quad);
                for (total, levels) in totals.iter_mut().zip(levels.as_chunks::<4>().0) {
                    for i in 0..4 {
                        *total += i32::from(levels[i]) * quad[i];
                    }
                }
            }
            totals.map(|total| total as f32)
        })
    }
}

/// Returns the four signed bytes of a word, lowest first.
fn four_levels(quad: i32) -> [i32; 4] {
    quad.to_le_bytes().map(|level| i32::from(level.cast_signed()))
}

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2 {
    use std::arch::x86_64::{__m256, __m256i};

    use pulp::bytemuck::cast;
    use pulp::x86::V3;

    use super::{LANES, Lanes};

    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(pub(in super::super) V3);

    impl Lanes for Avx2 {
        type Eight = __m256;

        #[inline(always)]
        fn splat(self, number: f32) -> __m256 {
            self.0.avx._mm256_set1_ps(number)
        }

        #[inline(always)]
        fn load(self, numbers: &[f32; LANES]) -> __m256 {
            cast(*numbers)
        }

        #[inline(always)]
        fn widen(self, numbers: &[i16; LANES]) -> __m256 {
            self.0.avx._mm256_cvtepi32_ps(self.0.avx2._mm256_cvtepi16_epi32(cast(*numbers)))
        }

        #[inline(always)]
        fn store(self, eight: __m256) -> [f32; LANES] {
            cast(eight)
        }

        #[inline(always)]
        fn mul(self, a: __m256, b: __m256) -> __m256 {
            self.0.avx._mm256_mul_ps(a, b)
        }

        #[inline(always)]
        fn add(self, a: __m256, b: __m256) -> __m256 {
            self.0.avx._mm256_add_ps(a, b)
        }

        // `vpmaddubsw` multiplies unsigned bytes with signed ones and adds neighbours to 16 bits.

        #[inline(always)]
        fn dot_nibbles<const C: usize>(self, levels: &[[u8; 32]; 4], quads: [&[i32; 8]; C]) -> [__m256; C] {
            let (avx, avx2) = (self.0.avx, self.0.avx2);
            let low_nibbles = avx._mm256_set1_epi8(15);
            // 16 bits hold the sum of a whole block: 8 · 2 · 15 · 127 = 30,480.
            let mut totals = [avx._mm256_setzero_si256(); C];
            for (h, levels) in levels.iter().enumerate() {
                let levels: __m256i = cast(*levels);
                let low = avx2._mm256_and_si256(levels, low_nibbles);
                let high = avx2._mm256_and_si256(avx2._mm256_srli_epi16::<4>(levels), low_nibbles);
                for c in 0..C {
                    let a = avx2._mm256_maddubs_epi16(low, avx._mm256_set1_epi32(quads[c][2 * h]));
                    let b = avx2._mm256_maddubs_epi16(high, avx._mm256_set1_epi32(quads[c][2 * h + 1]));
                    totals[c] = avx2._mm256_add_epi16(totals[c], avx2._mm256_add_epi16(a, b));
                }
            }
            let ones = avx._mm256_set1_epi16(1);
            totals.map(|total| avx._mm256_cvtepi32_ps(avx2._mm256_madd_epi16(total, ones)))
        }

        #[inline(always)]
        fn dot_bytes<const C: usize>(self, levels: &[[i8; 32]; 8], quads: [&[i32; 8]; C]) -> [__m256; C] {
            let (avx, avx2) = (self.0.avx, self.0.avx2);
            let ones = avx._mm256_set1_epi16(1);
            let mut totals = [avx._mm256_setzero_si256(); C];
            for (g, levels) in levels.iter().enumerate() {
                // The instruction wants one side unsigned: the weight's sign moves to the
                // activation. Two products fit 16 bits (2 · 128 · 127 = 32,512), four would not.
                let levels: __m256i = cast(*levels);
                let magnitude = avx2._mm256_abs_epi8(levels);
                for c in 0..C {
                    let quad = avx2._mm256_sign_epi8(avx._mm256_set1_epi32(quads[c][g]), levels);
                    let pairs = avx2._mm256_maddubs_epi16(magnitude, quad);
                    totals[c] = avx2._mm256_add_epi32(totals[c], avx2._mm256_madd_epi16(pairs, ones));
                }
            }
            totals.map(|total| avx._mm256_cvtepi32_ps(total))
        }
    }
}
