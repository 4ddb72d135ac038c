//! Inputs that the benches share: made-up texts of a fixed seed.

/// Widths of logits: SmolLM2, the Llama 3 family (rounded up), Gemma 3.
pub const VOCAB_SIZES: [u32; 3] = [49_152, 131_072, 262_144];

/// `count` ids below `vocab_size`, independent, by the law P(id) ∝ 1/(id + 2.7).
///
/// Zipf's law as Mandelbrot bent it, with the commonest token first, as tokenizers built by merging
/// number them. Drawn by inverting the continuous law: id = ⌊q·((V + q)/q)^u − q⌋, q = 2.7, u
/// uniform from SplitMix64.
///
/// Independent tokens repeat their contexts less than prose does, so what is measured over them is
/// on the slow side for h ≥ 1.
pub fn zipf_ids(vocab_size: u32, count: usize, seed: u64) -> Vec<u32> {
    const Q: f64 = 2.7;
    let ratio = (f64::from(vocab_size) + Q) / Q;
    let mut state = seed;
    let mut uniform = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ (word >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..count).map(|_| ((Q * ratio.powf(uniform()) - Q) as u32).min(vocab_size - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_the_law() {
        let (vocab_size, count) = (131_072, 200_000);
        let ids = zipf_ids(vocab_size, count, 1);
        assert!(ids.iter().all(|&id| id < vocab_size));
        let total = ((f64::from(vocab_size) + 2.7) / 2.7).ln();
        for below in [1, 100, 10_000] {
            let expected = ((f64::from(below) + 2.7) / 2.7).ln() / total;
            let found = ids.iter().filter(|&&id| id < below).count() as f64 / count as f64;
            let standard_error = (expected * (1.0 - expected) / count as f64).sqrt();
            assert!((found - expected).abs() < 5.0 * standard_error, "below {below}: {found}, not {expected}");
        }
    }
}
