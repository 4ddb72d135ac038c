//! Exact tails of weighted sums: what a test needs that does not count every scored position alike.

use greenmark::stats::ln_gamma_sf;
use statrs::function::gamma::ln_gamma;

/// Scores that a position may have, and their chances under H0.
///
/// A green position of weight w is `[(0, 1 − γ), (w, γ)]`.
pub type Law = Vec<(u32, f64)>;

/// Returns the law of a green position: `weight` if green; if it is negative, its absolute value if
/// red, which is the same test.
pub fn coin(weight: i32, gamma: f64) -> Law {
    let hit = if weight < 0 { 1.0 - gamma } else { gamma };
    vec![(0, 1.0 - hit), (weight.unsigned_abs(), hit)]
}

/// Returns ln P(X ≥ score), X the sum of independent whole scores, `count` of each law.
///
/// Exact to rounding at every depth: the chances are made under a tilted measure, where `score` is
/// the mean, and each is brought back by a factor below 1, so nothing cancels and nothing
/// underflows that matters.
///
/// - `laws`: laws with their counts; each law's chances sum to 1.
/// - returns: nats, in [−∞, 0]; −∞ if no outcome reaches `score`.
///
/// # Cost
/// Positions × outcomes of a law × the greatest sum.
pub fn ln_lattice_sf(laws: &[(Law, usize)], score: u64) -> f64 {
    let most: u64 = laws.iter().map(|(law, count)| u64::from(top(law)) * *count as u64).sum();
    if score == 0 {
        return 0.0;
    }
    if score > most {
        return f64::NEG_INFINITY;
    }
    let theta = tilt(laws, score as f64);
    let mut ln_moment = 0.0;
    let mut chances = vec![1.0];
    for (law, count) in laws {
        // Weights relative to the greatest, so that a strong tilt does not overflow.
        let greatest = f64::from(top(law));
        let tilted: Vec<(usize, f64)> = law
            .iter()
            .map(|&(value, chance)| (value as usize, chance * (theta * (f64::from(value) - greatest)).exp()))
            .collect();
        let sum: f64 = tilted.iter().map(|(_, chance)| chance).sum();
        ln_moment += *count as f64 * (sum.ln() + theta * greatest);
        let tilted: Vec<(usize, f64)> = tilted.into_iter().map(|(value, chance)| (value, chance / sum)).collect();
        for _ in 0..*count {
            chances = convolve(&chances, &tilted);
        }
    }
    let tail: f64 =
        chances[score as usize..].iter().zip(0..).map(|(chance, over)| chance * (-theta * f64::from(over)).exp()).sum();
    (tail.ln() - theta * score as f64 + ln_moment).min(0.0)
}

/// Returns the greatest score.
fn top(law: &Law) -> u32 {
    law.iter().filter(|(_, chance)| *chance > 0.0).map(|&(value, _)| value).max().unwrap_or(0)
}

fn convolve(chances: &[f64], law: &[(usize, f64)]) -> Vec<f64> {
    let most = law.iter().map(|&(value, _)| value).max().unwrap_or(0);
    let mut sums = vec![0.0; chances.len() + most];
    for &(value, chance) in law {
        for (sum, before) in sums[value..].iter_mut().zip(chances) {
            *sum += chance * before;
        }
    }
    sums
}

/// θ ≥ 0 under which the mean is `score`, roughly: a tail at θ = 0 left of the mean, and near the
/// greatest sum a large θ, serve too.
fn tilt(laws: &[(Law, usize)], score: f64) -> f64 {
    let mean = |theta: f64| -> f64 {
        let of = |law: &Law| {
            let greatest = f64::from(top(law));
            let parts = law.iter().map(|&(value, chance)| {
                let weight = chance * (theta * (f64::from(value) - greatest)).exp();
                (weight, weight * f64::from(value))
            });
            let (mass, moment) = parts.fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
            moment / mass
        };
        laws.iter().map(|(law, count)| *count as f64 * of(law)).sum()
    };
    let (mut low, mut high) = (0.0, 30.0);
    if mean(low) >= score {
        return 0.0;
    }
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if mean(middle) < score { low = middle } else { high = middle }
    }
    low
}

/// Returns ln P(X ≥ score), X the sum of independent w·Exp(1), `count` of each weight w > 0.
///
/// With the least weight as the unit, w·Exp(1) is a sum of as many Exp(1) as a geometric variable
/// says (1 and more), so X is Gamma(T + N, 1) with N a sum of geometric variables, and the tail a
/// sum of gamma tails with positive factors. It is cut where the rest, by Chernoff's bound, is
/// below 1e-13 of it; the bound is added. So the result is an upper bound, and exact to 1e-12 or
/// so.
///
/// - `weights`: weights with their counts, the greatest at most some 50 times the least.
/// - returns: nats, in (−∞, 0].
///
/// # Panics
/// If `score` is no finite number of units.
///
/// P. G. Moschopoulos, "The distribution of the sum of independent gamma random variables", 1985.
pub fn ln_weighted_exp_sf(weights: &[(f64, usize)], score: f64) -> f64 {
    let unit = weights.iter().filter(|(_, count)| *count > 0).map(|&(weight, _)| weight).fold(f64::INFINITY, f64::min);
    let shape: usize = weights.iter().map(|&(_, count)| count).sum();
    if shape == 0 || score <= 0.0 {
        return 0.0;
    }
    let score = score / unit;
    // (r, count): the geometric variables' chances of going on.
    let ratios: Vec<(f64, usize)> = weights
        .iter()
        .map(|&(weight, count)| (1.0 - unit / weight, count))
        .filter(|&(r, count)| r > 1e-12 && count > 0)
        .collect();
    let greatest = ratios.iter().map(|&(r, _)| r).fold(0.0, f64::max);
    let ln_start: f64 = ratios.iter().map(|&(r, count)| count as f64 * (1.0 - r).ln()).sum();
    let tail = |k: usize| ln_gamma_sf(score, (shape + k) as u64).expect("a finite score");
    if ratios.is_empty() {
        return tail(0);
    }
    let mut terms = 2 * shape.max(64);
    loop {
        // P(N = k) / P(N = 0), by one division by 1 − rz for every variable.
        let mut factors = vec![0.0; terms];
        factors[0] = 1.0;
        for &(r, count) in &ratios {
            for _ in 0..count {
                for k in 1..terms {
                    factors[k] += r * factors[k - 1];
                }
            }
        }
        let logs: Vec<f64> = factors.iter().enumerate().map(|(k, factor)| ln_start + factor.ln() + tail(k)).collect();
        let sum = ln_sum(&logs);
        // P(N ≥ K) ≤ z^-K E z^N for every z from 1 up to 1/r.
        let bound = (1..100)
            .map(|step| {
                let z = 1.0 + (1.0 / greatest - 1.0) * f64::from(step) / 100.0;
                let ln_moment: f64 =
                    ratios.iter().map(|&(r, count)| count as f64 * ((1.0 - r) / (1.0 - r * z)).ln()).sum();
                ln_moment - terms as f64 * z.ln()
            })
            .fold(f64::INFINITY, f64::min);
        if bound < sum - 30.0 || terms > 1 << 20 {
            return ln_sum(&[sum, bound]).min(0.0);
        }
        terms *= 2;
    }
}

/// ln Σ e^x.
fn ln_sum(logs: &[f64]) -> f64 {
    let greatest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    greatest + logs.iter().map(|x| (x - greatest).exp()).sum::<f64>().ln()
}

/// Returns ln P(X ≥ score), X ~ Gamma(shape, 1) for a shape that need not be whole.
///
/// - `shape`: > 0. `score`: ≥ 0.
/// - returns: nats, in [−∞, 0], to some 1e-12.
///
/// NIST DLMF 8.11.4 (series, left of the shape) and 8.9.2 (Legendre's fraction, right of it).
pub fn ln_gamma_sf_real(score: f64, shape: f64) -> f64 {
    if score <= 0.0 {
        return 0.0;
    }
    let ln_factor = shape * score.ln() - score - ln_gamma(shape);
    if score < shape + 1.0 {
        return (-(ln_factor + ln_lower_series(score, shape)).exp()).ln_1p();
    }
    let mut b = score + 1.0 - shape;
    let (mut c, mut d) = (1e300, 1.0 / b);
    let mut fraction = d;
    for i in 1..10_000 {
        let a = -f64::from(i) * (f64::from(i) - shape);
        b += 2.0;
        d = 1.0 / (a * d + b);
        c = b + a / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (ln_factor + fraction.ln()).min(0.0)
}

/// ln Σ x^n / (a (a+1) … (a+n)).
fn ln_lower_series(score: f64, shape: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0 / shape, 1.0 / shape, shape);
    while term > 1e-17 * sum {
        n += 1.0;
        term *= score / n;
        sum += term;
    }
    sum.ln()
}

/// Returns the score that a Gamma(shape, 1) variable exceeds as often as an Exp(1) variable exceeds
/// `exp_score`.
///
/// Rising, so a score that is at most Exp(1) becomes one that is at most Gamma(shape, 1), and such
/// scores add up to a gamma variable of the shapes' sum. A small shape makes little of small scores
/// and leaves great ones nearly whole; H. O. Lancaster, "The combination of probabilities: an
/// application of orthonormal functions", 1961, weighted tests by it.
///
/// - `exp_score`: ≥ 0, finite. `shape`: in (0, 10].
pub fn regamma(exp_score: f64, shape: f64) -> f64 {
    if shape == 1.0 || exp_score <= 0.0 {
        return exp_score.max(0.0);
    }
    // Bisection in the logarithm, ended where it is finer than the sum's digits.
    let ln_cdf = (-(-exp_score).exp_m1()).ln();
    // P(X < x) ≤ x^shape / Γ(shape + 1): a lower bound for x.
    let mut low = ((ln_cdf + ln_gamma(shape + 1.0)) / shape).max(-700.0);
    let mut high = (exp_score + 12.0 + 4.0 * shape).ln();
    if low >= high {
        return low.exp();
    }
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if ln_gamma_sf_real(middle.exp(), shape) > -exp_score { low = middle } else { high = middle }
    }
    low.exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenmark::stats::ln_binomial_sf;

    fn close(a: f64, b: f64, relative: f64) -> bool {
        (a - b).abs() <= relative * b.abs().max(1e-3)
    }

    #[test]
    fn a_lattice_sum_is_what_enumeration_says() {
        let (gamma, weights) = (0.25, [1, 1, 3, 3, 3, 7, 2, -2, -5, 4, 4, 11]);
        let laws: Vec<(Law, usize)> = weights.iter().map(|&weight| (coin(weight, gamma), 1)).collect();
        for score in 0..=46 {
            let mut expected = 0.0;
            for outcome in 0..1u32 << weights.len() {
                let (mut sum, mut chance) = (0, 1.0);
                for (i, &weight) in weights.iter().enumerate() {
                    let green = outcome >> i & 1 == 1;
                    chance *= if green { gamma } else { 1.0 - gamma };
                    if green == (weight > 0) {
                        sum += weight.abs();
                    }
                }
                expected += if sum >= score { chance } else { 0.0 };
            }
            let found = ln_lattice_sf(&laws, score as u64);
            assert!(close(found, expected.ln(), 1e-11), "{score}: {found} {}", expected.ln());
        }
        assert_eq!(ln_lattice_sf(&laws, 47), f64::NEG_INFINITY);
    }

    #[test]
    fn a_lattice_sum_of_several_outcomes_is_what_enumeration_says() {
        let law = vec![(0, 0.5), (1, 0.3), (4, 0.2)];
        for score in 1..=16 {
            let mut expected = 0.0;
            for outcome in 0..81usize {
                let draws = [outcome % 3, outcome / 3 % 3, outcome / 9 % 3, outcome / 27];
                let sum: u32 = draws.iter().map(|&draw| law[draw].0).sum();
                expected += if sum >= score { draws.iter().map(|&draw| law[draw].1).product() } else { 0.0 };
            }
            assert!(close(ln_lattice_sf(&[(law.clone(), 4)], score.into()), expected.ln(), 1e-11), "{score}");
        }
    }

    #[test]
    fn equal_weights_are_the_binomial_tail() {
        for (trials, weight) in [(1u64, 3), (40, 1), (200, 2), (1500, 1)] {
            let laws = [(coin(weight, 0.25), trials as usize)];
            for green in [0, trials / 8, trials / 4, trials / 2, trials - 1, trials] {
                let expected = ln_binomial_sf(green, trials, 0.25).expect("in range");
                let found = ln_lattice_sf(&laws, green * weight as u64);
                assert!(close(found, expected, 1e-10), "{green} of {trials}: {found} {expected}");
            }
        }
    }

    #[test]
    fn weighted_exponentials_are_the_closed_form() {
        // P(Σ w_i E_i ≥ x) = Σ e^(−x/w_i) Π_{j ≠ i} w_i / (w_i − w_j), for different weights.
        let weights = [1.0, 1.7, 3.0, 8.0];
        for score in [0.1_f64, 1.0, 5.0, 20.0, 100.0, 900.0] {
            let terms = weights.iter().map(|&w| {
                let others = weights.iter().filter(|&&other| other != w);
                (-score / w).exp() * others.map(|other| w / (w - other)).product::<f64>()
            });
            let expected = terms.sum::<f64>().ln();
            let found = ln_weighted_exp_sf(&weights.map(|w| (w, 1)), score);
            assert!(close(found, expected, 1e-9), "{score}: {found} {expected}");
        }
    }

    #[test]
    fn equal_exponentials_are_the_gamma_tail() {
        for (count, score) in [(1, 4.0), (50, 30.0), (50, 300.0), (200, 500.0)] {
            let expected = ln_gamma_sf(score, count as u64).expect("finite");
            assert!(close(ln_weighted_exp_sf(&[(2.0, count)], 2.0 * score), expected, 1e-12));
            // Nearly equal weights, by the long way.
            let found = ln_weighted_exp_sf(&[(1.0, count), (1.0 + 1e-9, count)], score);
            let expected = ln_gamma_sf(score, 2 * count as u64).expect("finite");
            assert!(close(found, expected, 1e-6), "{found} {expected}");
            assert!(close(
                ln_gamma_sf_real(score, count as f64),
                ln_gamma_sf(score, count as u64).expect("finite"),
                1e-11
            ));
        }
    }

    #[test]
    fn a_score_of_another_shape_has_the_same_tail() {
        for shape in [0.05, 0.125, 0.5, 1.0, 2.0, 7.5] {
            for score in [1e-6, 0.01, 0.3, 1.0, 4.0, 22.0] {
                let other = regamma(score, shape);
                let back = ln_gamma_sf_real(other, shape);
                // A score that the shape takes to nothing has to be at most 0.
                assert!(close(back, -score, 1e-9) || other < 1e-300, "{shape} {score}: {other} {back}");
            }
        }
    }
}
