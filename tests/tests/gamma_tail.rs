//! The gamma tail against statrs, and against itself. SPEC §7.4.

use greenmark::stats::ln_gamma_sf;
use proptest::prelude::*;
use statrs::function::{factorial::ln_factorial, gamma::gamma_ur};

#[test]
fn brute_force_agrees_up_to_sixty() {
    for shape in 2..=60u64 {
        for score in [0.01, 0.5, 1.0, 7.3, 20.0, 40.0, 59.9, 60.0, 90.0, 200.0, 700.0f64] {
            let mut mass = (-score).exp();
            let mut masses = vec![mass];
            for k in 1..shape + 400 {
                mass *= score / k as f64;
                masses.push(mass);
            }
            let (tail, rest) = masses.split_at(shape as usize);
            let (tail, rest): (f64, f64) = (tail.iter().sum(), rest.iter().rev().sum());
            let ln_p = ln_gamma_sf(score, shape).unwrap();
            assert!((ln_p.exp() / tail - 1.0).abs() < 1e-12, "{score} of {shape}: {ln_p:e} {tail:e}");
            if score < 200.0 {
                let complement = -ln_p.exp_m1();
                assert!((complement / rest - 1.0).abs() < 1e-12, "{score} of {shape}: {complement:e} {rest:e}");
            }
        }
    }
}

/// Returns a shape up to 2^(bits − 1), and a score from nothing to a hundred times its mean.
fn scores(bits: u32) -> impl Strategy<Value = (f64, u64)> {
    (0..bits, any::<u64>(), -8.0..2.0f64).prop_map(|(bits, shape, magnitude)| {
        let shape = 1 + shape % (1 << bits);
        (shape as f64 * 10.0_f64.powf(magnitude), shape)
    })
}

/// Returns a score within ten standard deviations of its mean, where the two branches meet; shapes
/// up to 2^(bits − 1).
fn scores_near_the_mean(bits: u32) -> impl Strategy<Value = (f64, u64)> {
    (0..bits, any::<u64>(), -10.0..10.0f64).prop_map(|(bits, shape, deviations)| {
        let shape = 1 + shape % (1 << bits);
        let mean = shape as f64;
        ((mean + deviations * mean.sqrt()).max(0.0), shape)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_higher_score_is_never_likelier(
        (score, shape) in prop_oneof![scores(24), scores_near_the_mean(24)],
        step in 1e-6..1.0f64,
    ) {
        let here = ln_gamma_sf(score, shape).unwrap();
        let next = ln_gamma_sf(score + step * (1.0 + score), shape).unwrap();
        prop_assert!(next <= here, "{here:e} {next:e}");
        prop_assert!(here <= 0.0 && next.is_finite());
    }

    #[test]
    fn more_scores_of_the_same_sum_are_never_less_likely(
        (score, shape) in prop_oneof![scores(24), scores_near_the_mean(24)],
    ) {
        let here = ln_gamma_sf(score, shape).unwrap();
        let next = ln_gamma_sf(score, shape + 1).unwrap();
        prop_assert!(here <= next, "{here:e} {next:e}");
    }

    #[test]
    fn next_shape_is_this_one_and_the_poisson_mass(
        (score, shape) in prop_oneof![scores(13), scores_near_the_mean(13)],
    ) {
        let here = ln_gamma_sf(score, shape).unwrap();
        let next = ln_gamma_sf(score, shape + 1).unwrap();
        // Past this a complement is no normal number.
        prop_assume!(next < -1e-300);
        let mass = shape as f64 * score.ln() - score - ln_factorial(shape);
        // Right of the mean the tails differ by the mass, left of it their complements do: whichever is small.
        let complement = |ln_p: f64| (-ln_p.exp_m1()).ln();
        let (whole, part) =
            if score >= shape as f64 { (next, here) } else { (complement(here), complement(next)) };
        let (high, low) = if part > mass { (part, mass) } else { (mass, part) };
        let sum = high + (low - high).exp().ln_1p();
        prop_assert!((whole - sum).abs() <= 1e-11 + 1e-13 * whole.abs(), "{whole:e} {sum:e}");
    }

    #[test]
    fn statrs_agrees_in_shallow_tails((score, shape) in scores_near_the_mean(17)) {
        prop_assume!(score > 0.0);
        let expected = gamma_ur(shape as f64, score);
        let found = ln_gamma_sf(score, shape).unwrap().exp();
        prop_assert!((found / expected - 1.0).abs() < 2e-9, "{found:e} {expected:e}");
    }
}
