//! Weights fitted on marked texts: how the chance of green, or the mean score, depends on classes.

/// A response and the classes it is explained by.
#[derive(Debug, Clone)]
pub struct Row {
    /// One class for each factor.
    pub classes: Vec<usize>,
    /// 1 or 0 for green; a score for gumbel.
    pub response: f64,
}

/// Model that is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Chance of green; the predictor is its logit.
    Green,
    /// Mean of an exponential score; the predictor is its logarithm.
    Gumbel,
}

/// A sum of one number for each class of each factor.
#[derive(Debug, Clone)]
pub struct Fit {
    intercept: f64,
    effects: Vec<Vec<f64>>,
}

impl Fit {
    /// Maximises the likelihood less half the ridge times the sum of squared effects, by Fisher
    /// scoring.
    ///
    /// - `sizes`: classes of each factor. `ridge`: > 0, the number of positions of unit
    ///   information that say "no effect".
    pub fn new(model: Model, rows: &[Row], sizes: &[usize], ridge: f64) -> Self {
        let starts: Vec<usize> =
            sizes.iter().scan(1, |next, size| Some(std::mem::replace(next, *next + size))).collect();
        let width = 1 + sizes.iter().sum::<usize>();
        let mean = rows.iter().map(|row| row.response).sum::<f64>() / rows.len().max(1) as f64;
        let mut beta = vec![0.0; width];
        beta[0] = match model {
            Model::Green => (mean / (1.0 - mean)).clamp(0.01, 100.0).ln(),
            Model::Gumbel => mean.clamp(0.01, 100.0).ln(),
        };
        for _ in 0..30 {
            let mut gradient: Vec<f64> =
                beta.iter().enumerate().map(|(i, effect)| if i == 0 { 0.0 } else { -ridge * effect }).collect();
            let mut information = vec![vec![0.0; width]; width];
            (1..width).for_each(|i| information[i][i] = ridge);
            information[0][0] = 1e-9;
            for row in rows {
                let columns =
                    || std::iter::once(0).chain(row.classes.iter().zip(&starts).map(|(class, start)| start + class));
                let predictor: f64 = columns().map(|i| beta[i]).sum();
                let (slope, weight) = match model {
                    Model::Green => {
                        let chance = 1.0 / (1.0 + (-predictor).exp());
                        (row.response - chance, chance * (1.0 - chance))
                    }
                    Model::Gumbel => (row.response / predictor.exp() - 1.0, 1.0),
                };
                for i in columns() {
                    gradient[i] += slope;
                    columns().for_each(|j| information[i][j] += weight);
                }
            }
            let step = solve(information, gradient);
            beta.iter_mut().zip(&step).for_each(|(effect, step)| *effect += step.clamp(-2.0, 2.0));
            if step.iter().all(|step| step.abs() < 1e-9) {
                break;
            }
        }
        let effects = sizes.iter().zip(&starts).map(|(&size, &start)| beta[start..start + size].to_vec()).collect();
        Self { intercept: beta[0], effects }
    }

    /// Returns the predictor without any effect.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// Returns the effect of each class of each factor on the predictor.
    pub fn effects(&self) -> &[Vec<f64>] {
        &self.effects
    }

    /// Returns the predictor for some classes: a logit, or ln of a mean.
    pub fn predict(&self, classes: &[usize]) -> f64 {
        self.intercept + self.effects.iter().zip(classes).map(|(effects, &class)| effects[class]).sum::<f64>()
    }
}

/// Solves a positive definite system: elimination without pivots.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for i in 0..n {
        let (above, below) = matrix.split_at_mut(i + 1);
        for (row, j) in below.iter_mut().zip(i + 1..) {
            let factor = row[i] / above[i][i];
            row.iter_mut().zip(&above[i]).for_each(|(entry, pivot)| *entry -= factor * pivot);
            right[j] -= factor * right[i];
        }
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| matrix[i][j] * right[j]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    right
}

/// Values of a rising step function that are nearest to `values` in squares, each weighted: pooling
/// of adjacent violators.
pub fn isotonic(values: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (&value, &weight) in values.iter().zip(weights) {
        let mut block = (value, weight, 1);
        while let Some(&(before, mass, count)) = blocks.last().filter(|last| last.0 > block.0) {
            block = ((before * mass + block.0 * block.1) / (mass + block.1), mass + block.1, count + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(value, _, count)| std::iter::repeat_n(value, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_factor_gives_each_class_its_own_rate() {
        let rate = |class: usize| [2, 5, 8][class];
        let rows: Vec<Row> = (0..3000)
            .map(|i| Row { classes: vec![i % 3], response: f64::from(u8::from(i / 3 % 10 < rate(i % 3))) })
            .collect();
        let fit = Fit::new(Model::Green, &rows, &[3], 1e-6);
        for class in 0..3 {
            let expected = rate(class) as f64 / 10.0;
            assert!((fit.predict(&[class]) - (expected / (1.0 - expected)).ln()).abs() < 1e-6);
        }
    }

    #[test]
    fn two_factors_add_up() {
        let rows: Vec<Row> = (0..40)
            .map(|i| Row {
                classes: vec![i % 2, i / 2 % 2],
                response: 1.5_f64.powi((i % 2) as i32) * 4_f64.powi((i / 2 % 2) as i32),
            })
            .collect();
        let fit = Fit::new(Model::Gumbel, &rows, &[2, 2], 1e-9);
        for (classes, expected) in [([0, 0], 1.0), ([1, 0], 1.5), ([0, 1], 4.0), ([1, 1], 6.0_f64)] {
            assert!((fit.predict(&classes) - expected.ln()).abs() < 1e-6);
        }
    }

    #[test]
    fn violators_are_pooled() {
        assert_eq!(isotonic(&[1.0, 3.0, 2.0, 5.0, 0.0], &[1.0, 1.0, 1.0, 1.0, 2.0]), [1.0, 2.0, 2.0, 2.0, 2.0]);
        assert_eq!(isotonic(&[1.0, 2.0], &[1.0, 1.0]), [1.0, 2.0]);
    }
}
