//! Bets against chance, which the search and the stream multiply up. SPEC §7.5.

use crate::stats::Null;

/// Number of bets. Mixing them loses at most ln 6 nats of evidence, and in practice half
/// of that.
pub(crate) const BETS: usize = 6;

/// A bet on scores being higher than by chance: a score s multiplies the stake by exp(θs − ψ),
/// which by chance is at most 1 on average, whatever came before.
///
/// It's the likelihood ratio of the law of a score tilted by θ > 0 against the law by chance: a
/// green rate of γe^θ / (1 − γ + γe^θ), which is what a bias of δ = θ gives a text of high entropy;
/// or, in gumbel, a mean of 1/(1 − θ).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bet {
    theta: f64,
    psi: f64,
}

impl Bet {
    /// Returns the bets for a law, from faint marks to strong ones: green rates of 0.30 to 0.94 at
    /// γ = ¼, mean scores of 1.14 to 8.
    pub(crate) fn all(null: Null) -> [Self; BETS] {
        match null {
            Null::Bernoulli(chance) => [0.25, 0.5, 1.0, 1.5, 2.25, 4.0].map(|theta: f64| {
                let psi = (chance.get() * theta.exp_m1()).ln_1p();
                Self { theta, psi }
            }),
            Null::Exponential => [0.125, 0.25, 0.375, 0.5, 0.6875, 0.875].map(|theta: f64| {
                let psi = -(-theta).ln_1p();
                Self { theta, psi }
            }),
        }
    }

    /// Returns the nats won by `scored` scores that sum to `score`.
    pub(crate) fn ln_gain(self, score: f64, scored: u64) -> f64 {
        self.theta * score - self.psi * scored as f64
    }
}

/// Factors by which a score multiplies the stake on each bet: exp of [`Bet::ln_gain`], with one
/// exponential for all bets or none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Factors {
    /// The factors of a score of 0, and of a score of 1.
    Bernoulli([[f64; BETS]; 2]),
    /// The factors of a score of 0: 1 − θ.
    Exponential([f64; BETS]),
}

impl Factors {
    pub(crate) fn new(null: Null) -> Self {
        let of = |score| Bet::all(null).map(|bet| bet.ln_gain(score, 1).exp());
        match null {
            Null::Bernoulli(_) => Self::Bernoulli([of(0.0), of(1.0)]),
            Null::Exponential => Self::Exponential(of(0.0)),
        }
    }

    pub(crate) fn of(&self, score: f64) -> [f64; BETS] {
        match self {
            Self::Bernoulli(of) => of[usize::from(score > 0.0)],
            Self::Exponential(of_zero) => {
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
    use crate::stats::Chance;

    #[test]
    fn factors_are_exponentials_of_gains() {
        for null in nulls() {
            let factors = Factors::new(null);
            let scores: &[f64] =
                if let Null::Bernoulli(_) = null { &[0.0, 1.0] } else { &[0.0, 1e-9, 0.7, 4.0, 22.18] };
            for &score in scores {
                for (factor, bet) in factors.of(score).into_iter().zip(Bet::all(null)) {
                    let expected = bet.ln_gain(score, 1).exp();
                    assert!((factor / expected - 1.0).abs() < 2e-14, "{null:?} {bet:?} {score}: {factor}");
                }
            }
        }
    }

    fn nulls() -> [Null; 4] {
        let coin = |numerator: f64| Null::Bernoulli(Chance::new(numerator / 256.0).expect("in range"));
        [coin(1.0), coin(64.0), coin(255.0), Null::Exponential]
    }

    /// The one fact that validity rests on: E exp(θs − ψ) is 1 for a green coin and for Exp(1).
    #[test]
    fn bets_are_fair() {
        for null in nulls() {
            for bet in Bet::all(null) {
                let mean = match null {
                    Null::Bernoulli(chance) => {
                        let gamma = chance.get();
                        gamma * bet.ln_gain(1.0, 1).exp() + (1.0 - gamma) * bet.ln_gain(0.0, 1).exp()
                    }
                    // ∫ (1 − θ) e^(θs) e^(−s) ds, the midpoint rule in u = e^(−(1 − θ)s): the
                    // integrand is constant.
                    Null::Exponential => {
                        let rate = 1.0 - bet.theta;
                        let s = -(0.5f64.ln()) / rate;
                        (bet.ln_gain(s, 1) - s).exp() / (rate * 0.5)
                    }
                };
                assert!((mean - 1.0).abs() < 1e-14, "{null:?} {bet:?}: {mean}");
            }
        }
    }
}
