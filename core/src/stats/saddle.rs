//! The two pieces that binomial, Poisson and gamma densities are put together from.
//!
//! ln n! grows like n ln n, so a difference of three log-factorials loses ten digits at n = 10^7.
//! Loader's form has no such difference: it is a sum of deviances, each zero at its mean, and of
//! Stirling remainders below 0.09.
//!
//! C. Loader, "Fast and Accurate Computation of Binomial Probabilities", 2000 (the algorithm of R's
//! `dbinom`).

/// ln n! − ln(√(2πn) (n/e)^n) for n = 1..=15, rounded from 60 digits; index 0 is not used.
const STIRLING_REMAINDER: [f64; 16] = [
    0.0,
    0.081_061_466_795_327_26,
    0.041_340_695_955_409_3,
    0.027_677_925_684_998_34,
    0.020_790_672_103_765_093,
    0.016_644_691_189_821_193,
    0.013_876_128_823_070_748,
    0.011_896_709_945_891_77,
    0.010_411_265_261_972_096,
    0.009_255_462_182_712_733,
    0.008_330_563_433_362_87,
    0.007_573_675_487_951_841,
    0.006_942_840_107_209_53,
    0.006_408_994_188_004_207,
    0.005_951_370_112_758_847_5,
    0.005_554_733_551_962_801,
];

/// Returns the error of Stirling's formula: ln n! − ln(√(2πn) (n/e)^n), for a whole number n ≥
/// 1.
///
/// A table to 15, then five terms of the asymptotic series; the sixth is 1.1e-16 at n = 16 and
/// shrinks as n^-11.
///
/// - returns: nats, in (0, 0.0811], absolute error below 2e-16.
pub(super) fn stirling_remainder(n: u64) -> f64 {
    if let Some(&tabulated) = usize::try_from(n).ok().and_then(|index| STIRLING_REMAINDER.get(index)) {
        return tabulated;
    }
    let inverse = 1.0 / n as f64;
    let square = inverse * inverse;
    let series = 1.0 / 1680.0 - square * (1.0 / 1188.0);
    let series = 1.0 / 1260.0 - square * series;
    let series = 1.0 / 360.0 - square * series;
    (1.0 / 12.0 - square * series) * inverse
}

/// Returns half the Poisson deviance, x ln(x/mean) + mean − x: what an observed `x` costs in nats
/// against its `mean`.
///
/// Near the mean the three terms cancel to second order: at x = 10^7, one standard deviation out,
/// they leave 0.5 of 10^7. There the series in v = (x − mean)/(x + mean), x ln((1+v)/(1−v)) less
/// its linear part, keeps all digits.
///
/// - `x`, `mean`: finite, > 0.
/// - returns: nats, ≥ 0, relative error about 4e-15 for the arguments as given.
pub(super) fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    let sum = x + mean;
    if difference.abs() >= 0.1 * sum {
        let quotient = x / mean;
        // Past the largest f64 the logarithms are far enough apart to be subtracted.
        let ln_quotient = if quotient.is_finite() { quotient.ln() } else { x.ln() - mean.ln() };
        return x * ln_quotient - difference;
    }
    let v = difference / sum;
    let square = v * v;
    let mut total = difference * v;
    let mut power = 2.0 * x * v;
    let mut odd = 1.0;
    // |v| < 0.1: every term is below a hundredth of the one before, so this ends within ten turns.
    loop {
        power *= square;
        odd += 2.0;
        let next = total + power / odd;
        if next == total {
            return total;
        }
        total = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainder_joins_its_series_smoothly() {
        // 60-digit values either side of the switch at 15, and far out.
        for (n, expected) in [
            (15, 0.005_554_733_551_962_801),
            (16, 0.005_207_655_919_609_64),
            (17, 0.004_901_395_948_434_738),
            (30, 0.002_777_674_929_752_693_6),
        ] {
            let error = stirling_remainder(n) - expected;
            assert!(error.abs() < 2e-16, "n {n}: error {error:e}");
        }
        assert_eq!(stirling_remainder(1 << 60), 1.0 / 12.0 / (1u64 << 60) as f64);
    }

    #[test]
    fn deviance_agrees_on_both_sides_of_the_series_limit() {
        for mean in [1e-300, 0.25, 40.0, 1e6] {
            let edge = mean * 1.1 / 0.9;
            let inside = deviance(edge * (1.0 - 1e-9), mean);
            let outside = deviance(edge * (1.0 + 1e-9), mean);
            // d/dx = ln(x/mean) = 0.2007: the step of 2e-9 x accounts for the difference.
            let slope = (outside - inside) / (2e-9 * edge);
            assert!((slope - (1.1_f64 / 0.9).ln()).abs() < 1e-5, "mean {mean}");
        }
    }

    #[test]
    fn deviance_is_zero_at_the_mean_and_finite_at_extremes() {
        assert_eq!(deviance(7.0, 7.0), 0.0);
        assert!(deviance(1e7, f64::from_bits(1)).is_finite());
        assert!(deviance(1.0, 1e300).is_finite());
    }
}
