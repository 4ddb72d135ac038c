//! Rules that make one p-value of a text's scored positions: the plain count, and others that
//! weigh.

use std::collections::BTreeMap;

use greenmark::stats::{ln_binomial_sf, ln_gamma_sf};
use serde::Deserialize;

use crate::weights::{
    fit::{Fit, Model, Row, isotonic},
    tails::{Law, coin, ln_gamma_sf_real, ln_lattice_sf, ln_weighted_exp_sf, regamma},
    traits::{Classes, Trait},
};

/// A scored position: what its text says of it, and what the key says.
#[derive(Debug, Clone, Copy)]
pub struct Scored {
    /// Classes from the ids.
    pub classes: Classes,
    /// 1 for green and 0 for red, or nats in gumbel.
    pub score: f64,
    /// A token that the text lacks, whose colour only some rules look at.
    pub absent: bool,
}

/// A way to weigh.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub enum Rule {
    /// SPEC §7.
    Plain,
    /// Green: weights that say nothing, 64 to 79 by place. What they gain is that fewer outcomes
    /// tie: the control for all others.
    Ties,
    /// The sum of a whole number for each trait's class, at least 1.
    Table(Vec<(Trait, Vec<i32>)>),
    /// Green: the log-likelihood ratio by these traits. Gumbel: weights 1 − 1/mean, the best for
    /// exponential scores.
    Fitted(Vec<Trait>),
    /// Green, h = 0: as `Fitted`, with the frequent tokens that the text lacks.
    WithAbsent(Vec<Trait>),
    /// Gumbel: every score as one of a gamma law of this shape.
    Shape(f64),
    /// Gumbel: the log-likelihood ratio of the score itself, in steps, for each class of the trait,
    /// if one is given.
    Steps(Option<Trait>),
}

/// ln p of the scored positions of a text.
pub type Test = Box<dyn Fn(&[Scored]) -> f64>;

/// Greatest weight of a fitted rule; the others are rounded to whole numbers.
const GREEN_LEVELS: f64 = 16.0;
const GUMBEL_LEVELS: f64 = 8.0;
/// Positions' worth of evidence against any effect.
const RIDGE: f64 = 10.0;
/// Starts of the steps of a score function, in nats.
const STEPS: [f64; 14] = [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];

impl Rule {
    /// Returns the test, fitted on some positions of marked texts.
    ///
    /// - `gamma`: of green schemes; `None` is gumbel.
    ///
    /// # Panics
    /// If the rule is not one of the family.
    pub fn test(&self, gamma: Option<f64>, fitting: &[Scored]) -> Test {
        match (self, gamma) {
            (Self::Plain, Some(gamma)) => Box::new(move |text| {
                let (count, green) = sums(text);
                ln_binomial_sf(green as u64, count, gamma).expect("no more greens than positions")
            }),
            (Self::Plain, None) => Box::new(|text| {
                let (count, sum) = sums(text);
                ln_gamma_sf(sum, count).expect("a finite sum")
            }),
            (Self::Ties, Some(gamma)) => {
                lattice(gamma, false, |i, _| 64 + ((i as u32).wrapping_mul(0x9e37_79b9) >> 28) as i32)
            }
            (Self::Table(effects), Some(gamma)) => {
                let effects = effects.clone();
                lattice(gamma, false, move |_, scored| sum_of(&effects, scored))
            }
            (Self::Fitted(traits), Some(gamma)) => fitted_green(traits, gamma, fitting, false),
            (Self::WithAbsent(traits), Some(gamma)) => fitted_green(traits, gamma, fitting, true),
            (Self::Table(effects), None) => {
                let effects = effects.clone();
                weighted_gumbel(move |scored| sum_of(&effects, scored).into())
            }
            (Self::Fitted(traits), None) => fitted_gumbel(traits, fitting),
            (Self::Shape(shape), None) => {
                let shape = *shape;
                Box::new(move |text| {
                    let sum = text.iter().map(|scored| regamma(scored.score, shape)).sum();
                    ln_gamma_sf_real(sum, shape * text.len() as f64)
                })
            }
            (Self::Steps(which), None) => steps(*which, fitting),
            _ => panic!("{self:?} is of the other family"),
        }
    }
}

/// Returns the weight of a position by a table.
fn sum_of(effects: &[(Trait, Vec<i32>)], scored: &Scored) -> i32 {
    effects.iter().map(|(of, effects)| effects[of.of(&scored.classes)]).sum::<i32>().max(1)
}

/// Returns T and the sum of scores.
fn sums(text: &[Scored]) -> (u64, f64) {
    text.iter().filter(|scored| !scored.absent).fold((0, 0.0), |(count, sum), scored| (count + 1, sum + scored.score))
}

fn rows(traits: &[Trait], fitting: &[Scored], absent: bool) -> Vec<Row> {
    let of = |scored: &Scored| traits.iter().map(|of| of.of(&scored.classes)).collect();
    let used = fitting.iter().filter(|scored| absent || !scored.absent);
    used.map(|scored| Row { classes: of(scored), response: scored.score }).collect()
}

/// The log-likelihood ratio of green that a fitted rule gives: the base, and what each class of
/// each trait adds.
pub fn effects(traits: &[Trait], gamma: f64, fitting: &[Scored]) -> (f64, Vec<Vec<f64>>) {
    let fit = fit(Model::Green, traits, &rows(traits, fitting, false));
    (fit.intercept() - (gamma / (1.0 - gamma)).ln(), fit.effects().to_vec())
}

fn fit(model: Model, traits: &[Trait], rows: &[Row]) -> Fit {
    Fit::new(model, rows, &traits.iter().map(|of| of.classes().len()).collect::<Vec<_>>(), RIDGE)
}

/// Returns the exact test of Σ weight × green.
fn lattice(gamma: f64, absent: bool, weight: impl Fn(usize, &Scored) -> i32 + 'static) -> Test {
    Box::new(move |text| {
        let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
        let mut sum = 0;
        for (i, scored) in text.iter().filter(|scored| absent || !scored.absent).enumerate() {
            let weight = weight(i, scored);
            if weight != 0 {
                *counts.entry(weight).or_default() += 1;
                let hit = (scored.score > 0.5) == (weight > 0);
                sum += if hit { u64::from(weight.unsigned_abs()) } else { 0 };
            }
        }
        let laws: Vec<(Law, usize)> = counts.into_iter().map(|(weight, count)| (coin(weight, gamma), count)).collect();
        ln_lattice_sf(&laws, sum)
    })
}

fn fitted_green(traits: &[Trait], gamma: f64, fitting: &[Scored], absent: bool) -> Test {
    let rows = rows(traits, fitting, absent);
    let fit = fit(Model::Green, traits, &rows);
    let by_chance = (gamma / (1.0 - gamma)).ln();
    let weight = move |classes: &[usize]| fit.predict(classes) - by_chance;
    let greatest = rows.iter().map(|row| weight(&row.classes).abs()).fold(1e-9, f64::max);
    let traits = traits.to_vec();
    lattice(gamma, absent, move |_, scored| {
        let classes: Vec<usize> = traits.iter().map(|of| of.of(&scored.classes)).collect();
        (weight(&classes) * GREEN_LEVELS / greatest).round() as i32
    })
}

fn fitted_gumbel(traits: &[Trait], fitting: &[Scored]) -> Test {
    let rows = rows(traits, fitting, false);
    let fit = fit(Model::Gumbel, traits, &rows);
    let weight = move |classes: &[usize]| 1.0 - (-fit.predict(classes)).exp();
    let greatest = rows.iter().map(|row| weight(&row.classes)).fold(1e-9, f64::max);
    let traits = traits.to_vec();
    weighted_gumbel(move |scored| {
        let classes: Vec<usize> = traits.iter().map(|of| of.of(&scored.classes)).collect();
        (weight(&classes) * GUMBEL_LEVELS / greatest).round().clamp(1.0, GUMBEL_LEVELS)
    })
}

/// Returns the exact test of Σ weight × score, for whole weights from 1 up.
fn weighted_gumbel(weight: impl Fn(&Scored) -> f64 + 'static) -> Test {
    Box::new(move |text| {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        let mut sum = 0.0;
        for scored in text {
            let weight = weight(scored);
            *counts.entry(weight as u32).or_default() += 1;
            sum += weight * scored.score;
        }
        let counts: Vec<(f64, usize)> = counts.into_iter().map(|(weight, count)| (weight.into(), count)).collect();
        ln_weighted_exp_sf(&counts, sum)
    })
}

/// Which step a score is on.
fn step(score: f64) -> usize {
    STEPS.iter().rposition(|&start| score >= start).unwrap_or(0)
}

fn steps(which: Option<Trait>, fitting: &[Scored]) -> Test {
    let class = move |scored: &Scored| which.map_or(0, |of| of.of(&scored.classes));
    let classes = which.map_or(1, |of| of.classes().len());
    let by_chance: Vec<f64> =
        (0..STEPS.len()).map(|i| (-STEPS[i]).exp() - STEPS.get(i + 1).map_or(0.0, |end| (-end).exp())).collect();
    let mut counts = vec![vec![0.0; STEPS.len()]; classes];
    let mut all = vec![0.0; STEPS.len()];
    for scored in fitting {
        counts[class(scored)][step(scored.score)] += 1.0;
        all[step(scored.score)] += 1.0 / fitting.len() as f64;
    }
    // Each class leans on what all classes do, as by fifty positions, and that on chance as by
    // five.
    let n = fitting.len() as f64;
    let prior: Vec<f64> =
        all.iter().zip(&by_chance).map(|(share, chance)| (n * share + 5.0 * chance) / (n + 5.0)).collect();
    let ratios: Vec<Vec<f64>> = counts
        .iter()
        .map(|counts| {
            let n: f64 = counts.iter().sum();
            let logs: Vec<f64> =
                (0..STEPS.len()).map(|i| ((counts[i] + 50.0 * prior[i]) / (n + 50.0) / by_chance[i]).ln()).collect();
            isotonic(&logs, &by_chance)
        })
        .collect();
    let greatest = ratios.iter().map(|logs| logs[STEPS.len() - 1] - logs[0]).fold(1e-9, f64::max);
    let levels: Vec<Vec<u32>> = ratios
        .iter()
        .map(|logs| logs.iter().map(|ln| ((ln - logs[0]) * 2.0 * GREEN_LEVELS / greatest).round() as u32).collect())
        .collect();
    let laws: Vec<Law> = levels
        .iter()
        .map(|levels| {
            let mut law: BTreeMap<u32, f64> = BTreeMap::new();
            levels.iter().zip(&by_chance).for_each(|(&level, chance)| *law.entry(level).or_default() += chance);
            law.into_iter().collect()
        })
        .collect();
    Box::new(move |text| {
        let mut counts = vec![0; classes];
        let mut sum = 0;
        for scored in text {
            counts[class(scored)] += 1;
            sum += u64::from(levels[class(scored)][step(scored.score)]);
        }
        let laws: Vec<(Law, usize)> = laws.iter().cloned().zip(counts).filter(|&(_, count)| count > 0).collect();
        ln_lattice_sf(&laws, sum)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::traits::{Table, classes, classes_of_absent};
    use greenmark::{ContextWidth, Detector, Field, Gamma, Position, Scheme, TokenId, colour};
    use greenmark_eval::corpus::key;
    use greenmark_text::demo_tokenizer;

    /// Returns a repetitive text: many pairs come again.
    fn text() -> Vec<TokenId> {
        (0..120u32).map(|i| (i * i + i / 7) % 41 % (5 + i % 13)).collect()
    }

    fn positions(scheme: Scheme, text: &[TokenId], table: &Table, number: u64) -> Vec<Scored> {
        let width = scheme.context_width().get();
        let green = scheme.gamma();
        let scores = Detector::new(&key(5, number), scheme).scores(text).positions();
        let mut scored: Vec<Scored> = classes(text, width, green.is_some(), table)
            .into_iter()
            .map(|(at, classes)| {
                let Position::Scored(score) = scores[at] else { panic!("{at} is scored") };
                Scored { classes, score, absent: false }
            })
            .collect();
        if let (Some(gamma), 0) = (green, width) {
            let seed = Field::new(&key(5, number), ContextWidth::new(0).expect("in range")).seed(&[]);
            for token in 100..140 {
                let score = f64::from(u8::from(colour(&seed, token, gamma).is_green()));
                scored.push(Scored { classes: classes_of_absent(token, table), score, absent: true });
            }
        }
        scored
    }

    /// P(p ≤ α) over 4000 keys on one text: no more than α, and not absurdly less.
    #[test]
    fn every_rule_is_valid() {
        const KEYS: u64 = 4000;
        let text = text();
        let table = Table::new([&text[..]], &demo_tokenizer().expect("built in"));
        let green = [
            Rule::Plain,
            Rule::Ties,
            Rule::Table(vec![(Trait::Multiplicity, vec![0, 1, 2, 3, 4, 5])]),
            Rule::Table(vec![(Trait::Multiplicity, vec![0, 3, 2, 1, 1, 1])]),
            Rule::Table(vec![
                (Trait::Multiplicity, vec![3, 3, 4, 5, 6, 7]),
                (Trait::TokenCount, vec![0, 0, -1, -2, -3, -4]),
            ]),
            Rule::Fitted(vec![Trait::Multiplicity]),
            Rule::Fitted(vec![Trait::Multiplicity, Trait::TokenCount, Trait::TokenRank, Trait::Kind]),
            Rule::WithAbsent(vec![Trait::Multiplicity, Trait::TokenRank]),
        ];
        let gumbel = [
            Rule::Plain,
            Rule::Fitted(vec![Trait::Branching]),
            Rule::Table(vec![(Trait::Id, vec![5, 6, 8, 9, 9, 9])]),
            Rule::Shape(0.125),
            Rule::Shape(2.0),
            Rule::Steps(None),
            Rule::Steps(Some(Trait::Multiplicity)),
        ];
        let cases = [
            ("gm1:green,h=0,gamma=64/256", &green[..]),
            ("gm1:green,h=1,gamma=64/256", &green),
            ("gm1:gumbel,h=1", &gumbel),
        ];
        for (scheme, rules) in cases {
            let scheme: Scheme = scheme.parse().expect("canonical");
            let gamma = scheme.gamma().map(Gamma::fraction);
            // Marks of a sort to fit on: greens and great scores are the likelier, the oftener the
            // token.
            let mut fitting = positions(scheme, &text, &table, 1_000_000);
            for (scored, i) in fitting.iter_mut().zip(0..) {
                let strong = i % (6 - Trait::TokenCount.of(&scored.classes)) == 0;
                scored.score = if gamma.is_some() {
                    f64::from(u8::from(strong))
                } else {
                    scored.score + 3.0 * f64::from(u8::from(strong))
                };
            }
            let texts: Vec<Vec<Scored>> = (0..KEYS).map(|number| positions(scheme, &text, &table, number)).collect();
            for rule in rules {
                let test = rule.test(gamma, &fitting);
                let ln_p: Vec<f64> = texts.iter().map(|text| test(text)).collect();
                for alpha in [0.3, 0.1, 0.01_f64] {
                    let share = ln_p.iter().filter(|&&ln_p| ln_p <= alpha.ln()).count() as f64 / KEYS as f64;
                    let error = (alpha * (1.0 - alpha) / KEYS as f64).sqrt();
                    assert!(share <= alpha + 5.0 * error, "{scheme}, {rule:?}: {share} at {alpha}");
                    assert!(share >= alpha / 3.0 - 5.0 * error, "{scheme}, {rule:?}: {share} at {alpha}");
                }
            }
        }
    }

    #[test]
    fn equal_weights_are_the_plain_count() {
        let text = text();
        let table = Table::new([&text[..]], &demo_tokenizer().expect("built in"));
        let scheme: Scheme = "gm1:green,h=1,gamma=64/256".parse().expect("canonical");
        for number in 0..50 {
            let positions = positions(scheme, &text, &table, number);
            let plain = Rule::Plain.test(Some(0.25), &[])(&positions);
            let equal = Rule::Table(vec![(Trait::Multiplicity, vec![1; 6])]).test(Some(0.25), &[])(&positions);
            assert!((plain - equal).abs() < 1e-10 * plain.abs().max(1.0));
        }
    }
}
