//! Eight numbers at a time, with the instruction set chosen at run time.
//!
//! Plain loops over `[f32; 8]` stay scalar as often as not once sums run through them, so the hot
//! ones say which register they mean. Products and sums are rounded one by one everywhere: no fused
//! multiply-add, hence the same bits on every target.

use super::matrix::LANES;

/// Arithmetic on eight f32.
pub(super) trait Lanes: Copy {
    type Eight: Copy;

    fn splat(self, number: f32) -> Self::Eight;
    fn load(self, numbers: &[f32; LANES]) -> Self::Eight;
    fn widen(self, numbers: &[i16; LANES]) -> Self::Eight;
    fn store(self, eight: Self::Eight) -> [f32; LANES];
    fn mul(self, a: Self::Eight, b: Self::Eight) -> Self::Eight;
    fn add(self, a: Self::Eight, b: Self::Eight) -> Self::Eight;
}

/// Work that is written once over [`Lanes`].
pub(super) trait Work {
    fn run<L: Lanes>(self, lanes: L);
}

/// Runs it with the best instruction set of this machine.
#[inline(always)]
pub(super) fn run(work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(Call { work, lanes: avx2::Avx2(simd) });
    }
    pulp::Arch::new().dispatch(Call { work, lanes: Portable });
}

/// Runs a closure compiled for the best instruction set, where plain loops do become vector code.
#[inline(always)]
pub(super) fn vectorise(work: impl FnMut()) {
    pulp::Arch::new().dispatch(Direct(work));
}

struct Call<W, L> {
    work: W,
    lanes: L,
}

impl<W: Work, L: Lanes> pulp::NullaryFnOnce for Call<W, L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.work.run(self.lanes);
    }
}

/// Handed to pulp as it is, a closure is called through a shim that keeps the plain instruction
/// set.
struct Direct<F>(F);

impl<F: FnMut()> pulp::NullaryFnOnce for Direct<F> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
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
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::__m256;

    use pulp::bytemuck::cast;
    use pulp::x86::V3;

    use super::{LANES, Lanes};

    #[derive(Clone, Copy)]
    pub(super) struct Avx2(pub(super) V3);

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
    }
}
