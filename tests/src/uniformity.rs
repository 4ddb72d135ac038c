//! Whether p-values are uniform, as they must be when the null holds.

/// One-sample Kolmogorov–Smirnov test against the uniform law on (0, 1).
///
/// For continuous p-values. Those of a binomial count are stochastically larger than uniform: pass
/// them through [`randomised_p`] first, or the test rejects a sound detector.
///
/// - `values`: any order, each in [0, 1], at least one.
/// - returns: (D, p). D is the largest distance between the two distribution functions; p is the
///   asymptotic chance of so large a one, with Stephens' correction for small samples (at p = 0.05
///   right to 0.002 from 5 values up).
///
/// # Panics
/// If `values` is empty or holds anything outside [0, 1].
///
/// M. A. Stephens, J. R. Stat. Soc. B 32 (1970) 115–122; Press et al., *Numerical Recipes*, 3rd
/// ed., §14.3.3.
pub fn ks_uniform(values: &[f64]) -> (f64, f64) {
    assert!(!values.is_empty(), "a sample has at least one value");
    assert!(values.iter().all(|value| (0.0..=1.0).contains(value)), "a p-value is in [0, 1]");
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let distance = sorted
        .iter()
        .enumerate()
        .map(|(rank, value)| (value - rank as f64 / n).max((rank + 1) as f64 / n - value))
        .fold(0.0, f64::max);
    let root = n.sqrt();
    (distance, kolmogorov_sf((root + 0.12 + 0.11 / root) * distance))
}

/// Returns a p-value that is exactly uniform under the null, from a binomial count: P(X >
/// successes) + u · P(X = successes).
///
/// - `u`: uniform on [0, 1), drawn by the caller independently of the count; ½ gives the
///   mid-p-value.
///
/// # Panics
/// If `successes > trials`, or `probability` is not in (0, 1).
pub fn randomised_p(successes: u64, trials: u64, probability: f64, u: f64) -> f64 {
    let mass = greenmark::stats::ln_binomial_pmf(successes, trials, probability).expect("a count and a chance");
    let above = if successes == trials {
        0.0
    } else {
        greenmark::stats::ln_binomial_sf(successes + 1, trials, probability).expect("as above").exp()
    };
    (above + u * mass.exp()).min(1.0)
}

/// P(K > x) of Kolmogorov's limiting distribution.
fn kolmogorov_sf(x: f64) -> f64 {
    use core::f64::consts::PI;
    if x <= 0.0 {
        return 1.0;
    }
    // Two series of the same theta function; either side of 1.18 four terms reach the last digit.
    if x < 1.18 {
        let y = -PI * PI / (8.0 * x * x);
        let sum: f64 = [1.0, 9.0, 25.0, 49.0].map(|odd_square| (odd_square * y).exp()).iter().sum();
        return 1.0 - (2.0 * PI).sqrt() / x * sum;
    }
    let y = -2.0 * x * x;
    2.0 * (y.exp() - (4.0 * y).exp() + (9.0 * y).exp() - (16.0 * y).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limiting_distribution_meets_its_table() {
        // N. Smirnov, Ann. Math. Stat. 19 (1948) 279–281: 1 − L(x), six decimals.
        for (x, expected) in
            [(0.5, 0.963_945), (1.0, 0.270_000), (1.36, 0.049_486), (1.63, 0.009_846), (2.0, 0.000_671)]
        {
            assert!((kolmogorov_sf(x) - expected).abs() < 1e-6, "{x}: {}", kolmogorov_sf(x));
        }
        assert!((kolmogorov_sf(1.18 - 1e-12) - kolmogorov_sf(1.18)).abs() < 1e-11);
        assert_eq!(kolmogorov_sf(0.0), 1.0);
        assert_eq!(kolmogorov_sf(1e-3), 1.0);
        assert_eq!(kolmogorov_sf(100.0), 0.0);
    }

    #[test]
    fn distance_of_known_samples() {
        assert_eq!(ks_uniform(&[0.5]).0, 0.5);
        assert_eq!(ks_uniform(&[0.9, 0.1]).0, 0.4);
        assert_eq!(ks_uniform(&[1.0]).0, 1.0);
        let grid: Vec<f64> = (0..1000).map(|i| (f64::from(i) + 0.5) / 1000.0).collect();
        let (distance, p) = ks_uniform(&grid);
        assert!((distance - 0.0005).abs() < 1e-12);
        assert!(p > 0.999_999);
    }

    #[test]
    fn tail_of_small_samples_is_nearly_exact() {
        // Upper 5 % points of D (Massey 1951, Table 1): n = 5, 10, 20.
        for (n, critical) in [(5, 0.565), (10, 0.410), (20, 0.294)] {
            let root = f64::from(n).sqrt();
            let p = kolmogorov_sf((root + 0.12 + 0.11 / root) * critical);
            assert!((p - 0.05).abs() < 0.002, "n {n}: {p}");
        }
    }

    #[test]
    fn randomising_makes_a_binomial_p_value_uniform() {
        // All (count, u) on a grid, weighted by the count's mass: the distribution function is then exact.
        let (trials, gamma) = (12, 0.25);
        for level in [0.001, 0.02, 0.3, 0.5, 0.97] {
            let steps = 2000;
            let mut chance = 0.0;
            for count in 0..=trials {
                let mass = greenmark::stats::ln_binomial_pmf(count, trials, gamma).unwrap().exp();
                let hits = (0..steps)
                    .filter(|&i| randomised_p(count, trials, gamma, (f64::from(i) + 0.5) / f64::from(steps)) <= level)
                    .count();
                chance += mass * hits as f64 / f64::from(steps);
            }
            assert!((chance - level).abs() < 1.0 / f64::from(steps), "{level}: {chance}");
        }
    }
}
