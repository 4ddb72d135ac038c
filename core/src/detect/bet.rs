//! Bets against chance: what the search and the stream multiply up. SPEC §7.5.

use crate::scheme::Family;

/// How many bets there are: what evidence is lost by mixing them is at most ln 6 nats, and in practice half of that.
pub(crate) const BETS: usize = 6;

/// A bet on scores being higher than by chance: a score s multiplies the stake by exp(θs − ψ), which by chance is at most 1
/// on average, whatever came before.
///
/// It is the likelihood ratio of the law of a score tilted by θ > 0 against the law by chance: a green rate of
/// γe^θ / (1 − γ + γe^θ), which is what a bias of δ = θ gives a text of high entropy; or, in gumbel, a mean of 1/(1 − θ).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bet {
    theta: f64,
    psi: f64,
}

impl Bet {
    /// The bets for a family, from faint marks to strong ones: green rates of 0.30 to 0.94 at γ = ¼, mean scores of 1.14 to 8.
    pub(crate) fn all(family: Family) -> [Self; BETS] {
        match family {
            Family::Green { gamma } => [0.25, 0.5, 1.0, 1.5, 2.25, 4.0].map(|theta: f64| {
                let psi = (gamma.fraction() * theta.exp_m1()).ln_1p();
                Self { theta, psi }
            }),
            Family::Gumbel { .. } => [0.125, 0.25, 0.375, 0.5, 0.6875, 0.875].map(|theta: f64| {
                let psi = -(-theta).ln_1p();
                Self { theta, psi }
            }),
        }
    }

    /// Nats won by `scored` scores that sum to `score`.
    pub(crate) fn ln_gain(self, score: f64, scored: u64) -> f64 {
        self.theta * score - self.psi * scored as f64
    }
}

/// What a score multiplies the stake on each bet by: exp of [`Bet::ln_gain`], with one exponential for all bets or none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Factors {
    /// Of a red and of a green.
    Green([[f64; BETS]; 2]),
    /// Of a score of 0: 1 − θ.
    Gumbel([f64; BETS]),
}

impl Factors {
    pub(crate) fn new(family: Family) -> Self {
        let of = |score| Bet::all(family).map(|bet| bet.ln_gain(score, 1).exp());
        match family {
            Family::Green { .. } => Self::Green([of(0.0), of(1.0)]),
            Family::Gumbel { .. } => Self::Gumbel(of(0.0)),
        }
    }

    pub(crate) fn of(&self, score: f64) -> [f64; BETS] {
        match self {
            Self::Green(of) => of[usize::from(score > 0.0)],
            Self::Gumbel(of_zero) => {
                // Every θ is a whole number of sixteenths.
                let x1 = (score / 16.0).exp();
                let x2 = x1 * x1;
                let x4 = x2 * x2;
                let x8 = x4 * x4;
                let powers = [x2, x4, x4 * x2, x8, x8 * (x2 * x1), x8 * (x4 * x2)];
                core::array::from_fn(|bet| powers[bet] * of_zero[bet])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_exponentials_of_gains() {
        for family in families() {
            let factors = Factors::new(family);
            let scores: &[f64] =
                if let Family::Green { .. } = family { &[0.0, 1.0] } else { &[0.0, 1e-9, 0.7, 4.0, 22.18] };
            for &score in scores {
                for (factor, bet) in factors.of(score).into_iter().zip(Bet::all(family)) {
                    let expected = bet.ln_gain(score, 1).exp();
                    assert!((factor / expected - 1.0).abs() < 2e-14, "{family:?} {bet:?} {score}: {factor}");
                }
            }
        }
    }

    fn families() -> impl Iterator<Item = Family> {
        ["gm1:green,h=1,gamma=1/256", "gm1:green,h=1,gamma=64/256", "gm1:green,h=1,gamma=255/256", "gm1:gumbel,h=1"]
            .into_iter()
            .map(|scheme| scheme.parse::<crate::Scheme>().expect("canonical").family())
    }

    /// The one fact that validity rests on: E exp(θs − ψ) is 1 for a green coin and for Exp(1).
    #[test]
    fn bets_are_fair() {
        for family in families() {
            for bet in Bet::all(family) {
                let mean = match family {
                    Family::Green { gamma } => {
                        let gamma = gamma.fraction();
                        gamma * bet.ln_gain(1.0, 1).exp() + (1.0 - gamma) * bet.ln_gain(0.0, 1).exp()
                    }
                    // ∫ (1 − θ) e^(θs) e^(−s) ds, the midpoint rule in u = e^(−(1 − θ)s): the integrand is constant.
                    Family::Gumbel { .. } => {
                        let rate = 1.0 - bet.theta;
                        let s = -(0.5f64.ln()) / rate;
                        (bet.ln_gain(s, 1) - s).exp() / (rate * 0.5)
                    }
                };
                assert!((mean - 1.0).abs() < 1e-14, "{family:?} {bet:?}: {mean}");
            }
        }
    }
}
