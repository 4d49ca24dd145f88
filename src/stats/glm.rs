//! Regression of counts: Poisson with a logarithmic link and an offset, by iteratively reweighted
//! least squares, with standard errors that know how much wider than Poisson the counts scatter.

use statrs::function::gamma::ln_gamma;

use super::least_squares::{dot, least_squares};

/// Counts, what goes with them, and what they are counted over.
#[derive(Clone, Copy, Debug)]
pub struct Counts<'a> {
    /// The counts.
    pub y: &'a [f64],
    /// The design, one column for each coefficient, a column of ones for the constant included.
    pub columns: &'a [Vec<f64>],
    /// Logarithms of the exposures.
    pub offset: &'a [f64],
}

/// A fitted Poisson regression: `log E y = Xb + offset`.
#[derive(Clone, Debug, PartialEq)]
pub struct PoissonRegression {
    /// b, in the order of the columns.
    pub coef: Vec<f64>,
    /// Covariance of `coef` if the counts scatter as Poisson's do: the inverse of Fisher's information.
    pub covariance: Vec<Vec<f64>>,
    /// Pearson's χ² / (n - p), by which the variance is wider than Poisson's; `None` where there are as
    /// many coefficients as counts.
    pub dispersion: Option<f64>,
    /// Logarithm of the likelihood, constants included.
    pub loglik: f64,
    /// What is expected of each count.
    pub fitted: Vec<f64>,
}

impl PoissonRegression {
    /// Standard errors if the counts scatter as Poisson's do.
    pub fn se(&self) -> Vec<f64> {
        diagonal(&self.covariance).map(f64::sqrt).collect()
    }

    /// Covariance of `coef` with the dispersion found (quasi-Poisson), be it above or below 1.
    pub fn covariance_quasi(&self) -> Option<Vec<Vec<f64>>> {
        let dispersion = self.dispersion?;
        let scaled = |row: &Vec<f64>| row.iter().map(|v| v * dispersion).collect();
        Some(self.covariance.iter().map(scaled).collect())
    }

    /// Standard errors with the dispersion found (quasi-Poisson).
    pub fn se_quasi(&self) -> Option<Vec<f64>> {
        let covariance = self.covariance_quasi()?;
        Some(diagonal(&covariance).map(f64::sqrt).collect())
    }
}

/// Fits by largest likelihood. `None` where no finite one exists: no count above 0, counts that one side
/// of a column has none of (separation), columns that depend on one another, fewer counts than columns,
/// a number that is negative or not finite.
pub fn poisson_regression(counts: &Counts) -> Option<PoissonRegression> {
    let fit = irls(counts, 0.0)?;
    let degrees = counts.y.len() - counts.columns.len();
    let pearson: f64 = counts
        .y
        .iter()
        .zip(&fit.fitted)
        .map(|(y, mu)| (y - mu).powi(2) / mu)
        .sum();
    Some(PoissonRegression {
        dispersion: (degrees > 0).then(|| pearson / degrees as f64),
        loglik: fit.kernel - log_factorials(counts.y),
        coef: fit.coef,
        covariance: fit.inverse,
        fitted: fit.fitted,
    })
}

/// What the rounds end with.
pub(super) struct Fit {
    pub(super) coef: Vec<f64>,
    /// Inverse of the observed information of `coef`, which for α = 0 is Fisher's.
    pub(super) inverse: Vec<Vec<f64>>,
    pub(super) fitted: Vec<f64>,
    /// Logarithm of the likelihood but for what doesn't depend on the coefficients.
    pub(super) kernel: f64,
}

/// Rounds of Newton's method for counts with variance μ + αμ² at a fixed α, each of them least squares
/// with weights w = μ(1 + αy)/(1 + αμ)² and z = η + (y - μ)/((1 + αμ)w): these weights are never negative,
/// so the likelihood has one maximum. It begins as statsmodels does, from means half way between each count and the
/// average, and ends when no count's η moves any more. That of a count that belongs to a coefficient
/// without a finite value moves on for ever, however little the likelihood gains by it.
pub(super) fn irls(counts: &Counts, alpha: f64) -> Option<Fit> {
    let Counts { y, columns, offset } = *counts;
    let n = y.len();
    let fits = columns.iter().all(|column| column.len() == n) && offset.len() == n;
    if !fits || n < columns.len() || y.iter().any(|y| !y.is_finite() || *y < 0.0) {
        return None;
    }
    let mean = y.iter().sum::<f64>() / n as f64;
    if mean.is_nan() || mean <= 0.0 {
        return None;
    }
    let mut eta: Vec<f64> = y.iter().map(|y| f64::midpoint(*y, mean).ln()).collect();
    let mut kernel = f64::NEG_INFINITY;
    for _ in 0..ROUNDS {
        let fitted: Vec<f64> = eta.iter().map(|eta| eta.exp()).collect();
        let weights: Vec<f64> = (0..n).map(|i| curvature(y[i], fitted[i], alpha)).collect();
        let slope = |i: usize| (y[i] - fitted[i]) / (1.0 + alpha * fitted[i]);
        let z: Vec<f64> = (0..n)
            .map(|i| eta[i] - offset[i] + slope(i) / weights[i])
            .collect();
        let step = least_squares(columns, &weights, &z)?;
        let mut next = predictors(columns, offset, &step.coef);
        // A first step may be too long: half of it, until the likelihood does not fall.
        let mut reached = likelihood(y, &next, alpha);
        let mut halves = 0;
        while kernel.is_finite() && falls(reached, kernel) && halves < HALVES {
            next.iter_mut()
                .zip(&eta)
                .for_each(|(next, eta)| *next = f64::midpoint(*next, *eta));
            reached = likelihood(y, &next, alpha);
            halves += 1;
        }
        let moved = next
            .iter()
            .zip(&eta)
            .map(|(next, eta)| (next - eta).abs())
            .fold(0.0, f64::max);
        (eta, kernel) = (next, reached);
        if !kernel.is_finite() {
            return None;
        }
        if halves == 0 && moved <= STILL {
            return Some(Fit {
                fitted: eta.iter().map(|eta| eta.exp()).collect(),
                coef: step.coef,
                inverse: step.inverse,
                kernel,
            });
        }
    }
    None
}

/// Rounds after which there is no finite answer: usually there are five or six.
const ROUNDS: usize = 200;
/// Halvings of a step.
const HALVES: usize = 40;
/// A move of η that is rounding.
const STILL: f64 = 1e-11;

/// How much the likelihood of one count bends at its η.
pub(super) fn curvature(y: f64, mu: f64, alpha: f64) -> f64 {
    mu * (1.0 + alpha * y) / (1.0 + alpha * mu).powi(2)
}

fn falls(reached: f64, before: f64) -> bool {
    reached.is_nan() || reached < before - 1e-12 * (1.0 + before.abs())
}

fn predictors(columns: &[Vec<f64>], offset: &[f64], coef: &[f64]) -> Vec<f64> {
    let mut eta = offset.to_vec();
    for (column, b) in columns.iter().zip(coef) {
        eta.iter_mut()
            .zip(column)
            .for_each(|(eta, x)| *eta += b * x);
    }
    eta
}

/// Σ yη - (y + 1/α) ln(1 + αμ), which for α = 0 is Σ yη - μ.
fn likelihood(y: &[f64], eta: &[f64], alpha: f64) -> f64 {
    let spent = |y: f64, mu: f64| match alpha > 0.0 {
        true => (y + 1.0 / alpha) * (alpha * mu).ln_1p(),
        false => mu,
    };
    dot(y, eta)
        - y.iter()
            .zip(eta)
            .map(|(y, eta)| spent(*y, eta.exp()))
            .sum::<f64>()
}

/// Σ ln y!
pub(super) fn log_factorials(y: &[f64]) -> f64 {
    y.iter().map(|y| ln_gamma(y + 1.0)).sum()
}

/// What stands on the diagonal.
pub(super) fn diagonal(matrix: &[Vec<f64>]) -> impl Iterator<Item = f64> + '_ {
    matrix.iter().enumerate().map(|(i, row)| row[i])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{Example, close, numbers, one};

    fn logs(exposures: &[f64]) -> Vec<f64> {
        exposures.iter().map(|e| e.ln()).collect()
    }

    #[test]
    fn fits_the_worked_examples_of_an_interrupted_series() {
        for index in 0..2 {
            let Example { input, expect, .. } = one("T6", index);
            let (y, exposure) = (numbers(&input["k"]), numbers(&input["e"]));
            let from = input["i0"].as_f64().unwrap();
            let column = |of: &dyn Fn(f64) -> f64| (0..y.len()).map(|c| of(c as f64)).collect();
            let columns = [
                column(&|_| 1.0),
                column(&|c| c),
                column(&|c| f64::from(u8::from(c >= from))),
                column(&|c| (c - from).max(0.0)),
            ];
            let fit = poisson_regression(&Counts {
                y: &y,
                columns: &columns,
                offset: &logs(&exposure),
            })
            .unwrap();
            let se = fit.se_quasi().unwrap();
            for i in 0..4 {
                assert!(close(fit.coef[i], &expect["coef"][i]), "{i} {fit:?}");
                assert!(close(se[i], &expect["se_quasi"][i]), "{i} {se:?}");
            }
            assert!(close(fit.dispersion.unwrap(), &expect["dispersion"]));
            assert!(close(fit.coef[2].exp(), &expect["level_ratio"]));
        }
    }

    #[test]
    fn fits_the_worked_example_of_the_descriptors() {
        // The counts stand with the first example.
        let (input, expect) = (one("D2", 0).input, one("D2", 1).expect);
        let y = numbers(&input["y"]);
        let columns = [vec![1.0; y.len()], numbers(&input["x"])];
        let offset = logs(&numbers(&input["e"]));
        let fit = poisson_regression(&Counts {
            y: &y,
            columns: &columns,
            offset: &offset,
        })
        .unwrap();
        assert!(close(fit.coef[1], &expect["diagrams"]), "{fit:?}");
        // statsmodels' error is that of the round before its last: it has eight digits.
        let se = expect["se_poisson"].as_f64().unwrap();
        assert!((fit.se()[1] / se - 1.0).abs() < 1e-7, "{fit:?}");
        assert!(
            close(fit.dispersion.unwrap(), &expect["dispersion"]),
            "{fit:?}"
        );
    }

    #[test]
    fn one_column_is_the_rate() {
        let fit = poisson_regression(&Counts {
            y: &[3.0, 5.0, 4.0],
            columns: &[vec![1.0; 3]],
            offset: &logs(&[10.0, 20.0, 10.0]),
        })
        .unwrap();
        assert!((fit.coef[0] - 0.3_f64.ln()).abs() < 1e-14, "{fit:?}");
        assert!((fit.se()[0] - 1.0 / 12.0_f64.sqrt()).abs() < 1e-14);
        let poisson = |y: f64, mu: f64| y * mu.ln() - mu - ln_gamma(y + 1.0);
        let loglik = poisson(3.0, 3.0) + poisson(5.0, 6.0) + poisson(4.0, 3.0);
        assert!((fit.loglik - loglik).abs() < 1e-13, "{fit:?}");
    }

    #[test]
    fn what_has_no_finite_answer_has_none() {
        let fit = |y: &[f64], x: &[f64]| {
            poisson_regression(&Counts {
                y,
                columns: &[vec![1.0; y.len()], x.to_vec()],
                offset: &vec![0.0; y.len()],
            })
        };
        // Whatever has the column has no count: its coefficient runs away.
        assert_eq!(fit(&[3.0, 2.0, 0.0, 0.0], &[0.0, 0.0, 1.0, 1.0]), None);
        assert_eq!(fit(&[0.0, 0.0, 0.0], &[0.0, 1.0, 2.0]), None);
        assert_eq!(fit(&[1.0, 2.0, 3.0], &[4.0, 4.0, 4.0]), None);
        assert_eq!(fit(&[1.0], &[2.0]), None);
        assert_eq!(fit(&[], &[]), None);
        assert_eq!(fit(&[1.0, -2.0, 3.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(fit(&[1.0, f64::NAN, 3.0], &[1.0, 2.0, 3.0]), None);
        let exact = fit(&[2.0, 5.0], &[0.0, 1.0]).unwrap();
        assert_eq!((exact.dispersion, exact.se_quasi()), (None, None));
    }

    proptest! {
        /// At the maximum what is expected adds up to what was counted, in every column.
        #[test]
        fn the_score_is_nought(
            rows in prop::collection::vec((0_u32..400, 0_u32..9, 1_u32..400), 4..60),
        ) {
            let y: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let x: Vec<f64> = rows.iter().map(|row| 1000.0 + f64::from(row.1)).collect();
            let offset: Vec<f64> = rows.iter().map(|row| f64::from(row.2).ln()).collect();
            let columns = [vec![1.0; y.len()], x];
            let fit = poisson_regression(&Counts { y: &y, columns: &columns, offset: &offset });
            if let Some(fit) = fit {
                for column in &columns {
                    let (counted, expected) = (dot(column, &y), dot(column, &fit.fitted));
                    prop_assert!((counted - expected).abs() <= 1e-7 * counted, "{} {}", counted, expected);
                }
                prop_assert!(fit.dispersion.is_none_or(|d| d >= 0.0));
            }
        }
    }
}
