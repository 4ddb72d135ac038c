//! The binomial tail against statrs, and against itself. SPEC §7.2.

use greenmark::stats::{clopper_pearson, format_p_value, ln_binomial_pmf, ln_binomial_sf};
use proptest::prelude::*;
use statrs::distribution::{Beta, Binomial, ContinuousCDF, DiscreteCDF};

#[test]
fn brute_force_agrees_up_to_sixty() {
    for g in [1, 2, 64, 100, 128, 200, 255u32] {
        let gamma = f64::from(g) / 256.0;
        for trials in 0..=60u64 {
            let mut choose = 1.0; // C(60, 30) is 1.2e17: rounded a little, never far
            let mut masses = Vec::new();
            for count in 0..=trials {
                masses.push(choose * gamma.powi(count as i32) * (1.0 - gamma).powi((trials - count) as i32));
                choose = choose * (trials - count) as f64 / (count + 1) as f64;
            }
            for count in 0..=trials {
                let sum: f64 = masses[count as usize..].iter().rev().sum();
                let found = ln_binomial_sf(count, trials, gamma).unwrap().exp();
                assert!((found / sum - 1.0).abs() < 1e-12, "{count} of {trials} at {g}/256: {found:e} {sum:e}");
                let mass = ln_binomial_pmf(count, trials, gamma).unwrap().exp();
                assert!((mass / masses[count as usize] - 1.0).abs() < 1e-12, "{count} of {trials} at {g}/256");
            }
        }
    }
}

#[test]
fn interval_agrees_with_statrs_where_that_is_sound() {
    for (successes, trials) in [(1u64, 20u64), (7, 20), (95, 100), (12, 1000), (500, 1000), (9_999, 10_000)] {
        let (hits, misses) = (successes as f64, (trials - successes) as f64);
        let (lower, upper) = clopper_pearson(successes, trials, 0.95).unwrap();
        let expected_lower = Beta::new(hits, misses + 1.0).unwrap().inverse_cdf(0.025);
        let expected_upper = Beta::new(hits + 1.0, misses).unwrap().inverse_cdf(0.975);
        assert!((lower - expected_lower).abs() < 1e-9, "{successes} of {trials}");
        assert!((upper - expected_upper).abs() < 1e-9, "{successes} of {trials}");
    }
}

#[test]
fn a_deep_p_value_prints_its_leading_digits() {
    // 50,000 green of 100,000 at γ = ¼: ln p = −14390.69…, 6.7e-6250 or so; nothing an f64 could hold.
    let ln_p = ln_binomial_sf(50_000, 100_000, 0.25).unwrap();
    let text = format_p_value(ln_p, 3);
    let (mantissa, exponent) = text.split_once("e-").expect("an exponent");
    let mantissa: f64 = mantissa.parse().unwrap();
    let exponent: f64 = exponent.parse().unwrap();
    assert!((mantissa.log10() - exponent - ln_p / std::f64::consts::LN_10).abs() < 1e-3, "{text}");
}

/// Returns a count, its total (short and long ones alike), and g.
fn counts() -> impl Strategy<Value = (u64, u64, u32)> {
    (0..24u32, any::<u64>(), any::<u64>(), 1..256u32).prop_map(|(bits, total, count, g)| {
        let trials = 1 + total % (1 << bits);
        (count % (trials + 1), trials, g)
    })
}

/// Returns a count within ten standard deviations of its mean, where the two branches meet; totals
/// below 2^(bits − 1).
fn counts_near_the_mean(bits: u32) -> impl Strategy<Value = (u64, u64, u32)> {
    (0..bits, any::<u64>(), -10.0..10.0f64, 1..256u32).prop_map(|(bits, total, deviations, g)| {
        let trials = 1 + total % (1 << bits);
        let gamma = f64::from(g) / 256.0;
        let mean = trials as f64 * gamma;
        let count = mean + deviations * (mean * (1.0 - gamma)).sqrt();
        (count.clamp(0.0, trials as f64) as u64, trials, g)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn more_successes_are_never_likelier((count, trials, g) in prop_oneof![counts(), counts_near_the_mean(24)]) {
        prop_assume!(count < trials);
        let gamma = f64::from(g) / 256.0;
        let here = ln_binomial_sf(count, trials, gamma).unwrap();
        let next = ln_binomial_sf(count + 1, trials, gamma).unwrap();
        prop_assert!(next <= here, "{here:e} {next:e}");
        prop_assert!(here <= 0.0 && next.is_finite());
    }

    #[test]
    fn tail_is_the_next_tail_and_the_mass((count, trials, g) in prop_oneof![counts(), counts_near_the_mean(24)]) {
        prop_assume!(count < trials);
        let gamma = f64::from(g) / 256.0;
        let here = ln_binomial_sf(count, trials, gamma).unwrap();
        let next = ln_binomial_sf(count + 1, trials, gamma).unwrap();
        let mass = ln_binomial_pmf(count, trials, gamma).unwrap();
        let (high, low) = if next > mass { (next, mass) } else { (mass, next) };
        let sum = high + (low - high).exp().ln_1p();
        prop_assert!((here - sum).abs() <= 1e-11 + 1e-13 * here.abs(), "{here:e} {sum:e}");
    }

    #[test]
    fn hits_and_misses_are_complementary((count, trials, g) in prop_oneof![counts(), counts_near_the_mean(24)]) {
        prop_assume!(count > 0);
        let gamma = f64::from(g) / 256.0;
        let at_least = ln_binomial_sf(count, trials, gamma).unwrap().exp();
        let fewer = ln_binomial_sf(trials - count + 1, trials, 1.0 - gamma).unwrap().exp();
        prop_assert!((at_least + fewer - 1.0).abs() < 1e-12, "{at_least} + {fewer}");
    }

    #[test]
    fn statrs_agrees_in_shallow_tails((count, trials, g) in counts_near_the_mean(17)) {
        prop_assume!(count > 0);
        let gamma = f64::from(g) / 256.0;
        let expected = Binomial::new(gamma, trials).unwrap().sf(count - 1);
        let found = ln_binomial_sf(count, trials, gamma).unwrap().exp();
        prop_assert!((found / expected - 1.0).abs() < 2e-9, "{found:e} {expected:e}");
    }
}
