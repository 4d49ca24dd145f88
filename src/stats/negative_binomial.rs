//! Regression of counts that scatter wider than Poisson's: the negative binomial distribution with
//! Var = μ + αμ² (NB2), a logarithmic link and an offset.

use statrs::function::gamma::ln_gamma;

use super::glm::{Counts, Fit, curvature, diagonal, irls, log_factorials};
use super::least_squares::{dot, least_squares};

/// A fitted NB2 regression: `log E y = Xb + offset`.
#[derive(Clone, Debug, PartialEq)]
pub struct NegativeBinomial {
    /// b, in the order of the columns.
    pub coef: Vec<f64>,
    /// Their standard errors, from the curvature of the likelihood in b and α together, as statsmodels
    /// has them.
    pub se: Vec<f64>,
    /// α.
    pub alpha: f64,
    /// Logarithm of the likelihood, constants included.
    pub loglik: f64,
    /// What is expected of each count.
    pub fitted: Vec<f64>,
}

impl NegativeBinomial {
    /// The likelihood again, term by term as the distribution is written, by logarithms of the gamma
    /// function: where it differs from `loglik`, rounding has had its way.
    pub fn loglik_by_gamma(&self, y: &[f64]) -> f64 {
        let size = 1.0 / self.alpha;
        let terms = y.iter().zip(&self.fitted).map(|(y, mu)| {
            ln_gamma(y + size) - ln_gamma(size) - ln_gamma(y + 1.0)
                + size * (size / (size + mu)).ln()
                + y * (mu / (size + mu)).ln()
        });
        terms.sum()
    }
}

/// Why there is no such regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The counts scatter no wider than Poisson's: the likelihood is largest at α = 0, and a Poisson
    /// regression with the dispersion found is what they deserve.
    NotWider,
    /// No finite coefficients have the largest likelihood, not even Poisson's.
    NoMaximum,
}

/// Fits by largest likelihood, for whole counts.
///
/// For each α the coefficients come by Newton's method ([`irls`]), which needs no standardised columns
/// since it orthogonalises them; what is left is one dimension, α, on a logarithmic scale: the slope of
/// the likelihood along it (that of b is nought there) is followed by Newton's method inside a bracket
/// that every step narrows. Where that slope is not positive as α leaves 0, it is [`Unfit::NotWider`].
pub fn negative_binomial(counts: &Counts) -> Result<NegativeBinomial, Unfit> {
    let poisson = irls(counts, 0.0).ok_or(Unfit::NoMaximum)?;
    let y = counts.y;
    let wider: f64 = y
        .iter()
        .zip(&poisson.fitted)
        .map(|(y, mu)| (y - mu).powi(2) - y)
        .sum();
    let squares: f64 = poisson.fitted.iter().map(|mu| mu * mu).sum();
    // The same sum over that of the squares is Cameron and Trivedi's α of moments, where to begin.
    let start = wider / squares;
    let tails = Tails::of(y);
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let least = LEAST / mean;
    if wider.is_nan() || wider <= 0.0 || start < least {
        return Err(Unfit::NotWider);
    }
    let (mut below, mut above) = (least, f64::INFINITY);
    let mut alpha = start;
    for _ in 0..ROUNDS {
        let fit = irls(counts, alpha).ok_or(Unfit::NoMaximum)?;
        let curved = Curvature::of(counts, &fit, alpha, &tails).ok_or(Unfit::NoMaximum)?;
        if curved.slope > 0.0 {
            below = alpha;
        } else {
            above = alpha;
        }
        // In ln α: slope α·g, curvature α²·h + α·g.
        let (g, h) = (
            alpha * curved.slope,
            alpha * alpha * curved.along + alpha * curved.slope,
        );
        let newton = alpha * (-g / h).clamp(-2.0, 2.0).exp();
        let next = if h < 0.0 && newton > below && newton < above {
            newton
        } else if above.is_finite() {
            (below * above).sqrt()
        } else {
            4.0 * alpha
        };
        if (next / alpha - 1.0).abs() <= STILL {
            return Ok(curved.end(counts, fit, alpha, &tails));
        }
        if next <= least * 2.0 {
            return Err(Unfit::NotWider);
        }
        alpha = next;
    }
    Err(Unfit::NoMaximum)
}

/// α times the mean count below which nobody can tell α from 0.
const LEAST: f64 = 1e-7;
/// Rounds of the search for α: usually there are five or six.
const ROUNDS: usize = 200;
/// A move of α that is rounding.
const STILL: f64 = 1e-11;

/// How many counts are larger than j, for each j: `ln Γ(y + 1/α) - ln Γ(1/α) + y ln α` is the sum of
/// `ln(1 + αj)` over j < y, exact for the smallest α.
struct Tails(Vec<f64>);

impl Tails {
    fn of(y: &[f64]) -> Self {
        let largest = y.iter().copied().fold(0.0, f64::max) as usize;
        let mut larger = vec![0.0; largest];
        for y in y {
            larger
                .iter_mut()
                .take(*y as usize)
                .for_each(|many| *many += 1.0);
        }
        Tails(larger)
    }

    fn sum(&self, of: impl Fn(f64) -> f64) -> f64 {
        let each = self.0.iter().enumerate();
        each.map(|(j, many)| many * of(j as f64)).sum()
    }
}

/// The likelihood around its largest b for one α.
struct Curvature {
    /// ∂ℓ/∂α.
    slope: f64,
    /// d²ℓ/dα² along the largest b: what is left of ∂²ℓ/∂α² when b follows.
    along: f64,
    /// Inverse of the observed information of b alone.
    inverse: Vec<Vec<f64>>,
    /// That inverse times ∂²ℓ/∂b∂α: how b follows.
    follows: Vec<f64>,
}

impl Curvature {
    fn of(counts: &Counts, fit: &Fit, alpha: f64, tails: &Tails) -> Option<Self> {
        let mut slope = tails.sum(|j| j / (1.0 + alpha * j));
        let mut second = -tails.sum(|j| (j / (1.0 + alpha * j)).powi(2));
        let (mut weights, mut mixed) = (Vec::new(), Vec::new());
        for (&y, &mu) in counts.y.iter().zip(&fit.fitted) {
            let spread = 1.0 + alpha * mu;
            let log = (alpha * mu).ln_1p();
            slope += log / (alpha * alpha) - (y + 1.0 / alpha) * mu / spread;
            second += -2.0 * log / alpha.powi(3)
                + 2.0 * mu / (alpha * alpha * spread)
                + (y + 1.0 / alpha) * (mu / spread).powi(2);
            weights.push(curvature(y, mu, alpha));
            mixed.push(-(y - mu) * mu / (spread * spread));
        }
        // (XᵀWX)⁻¹ Xᵀv is what least squares give for z = v/w.
        let z: Vec<f64> = mixed.iter().zip(&weights).map(|(v, w)| v / w).collect();
        let solved = least_squares(counts.columns, &weights, &z)?;
        let with: Vec<f64> = counts.columns.iter().map(|x| dot(x, &mixed)).collect();
        Some(Curvature {
            slope,
            along: second + dot(&with, &solved.coef),
            inverse: solved.inverse,
            follows: solved.coef,
        })
    }

    /// The inverse of the information in b and α together has this block for b.
    fn end(self, counts: &Counts, fit: Fit, alpha: f64, tails: &Tails) -> NegativeBinomial {
        let of_alpha = -1.0 / self.along;
        let se = diagonal(&self.inverse)
            .zip(&self.follows)
            .map(|(own, follows)| (own + follows * follows * of_alpha).sqrt());
        NegativeBinomial {
            se: se.collect(),
            alpha,
            loglik: fit.kernel + tails.sum(|j| (alpha * j).ln_1p()) - log_factorials(counts.y),
            coef: fit.coef,
            fitted: fit.fitted,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{Example, close, numbers, one};
    use crate::stats::poisson_regression;

    #[test]
    fn fits_the_worked_examples() {
        let Example { input, expect, .. } = one("D2", 0);
        let y = numbers(&input["y"]);
        let offset: Vec<f64> = numbers(&input["e"]).iter().map(|e| e.ln()).collect();
        let columns = [vec![1.0; y.len()], numbers(&input["x"])];
        let counts = Counts {
            y: &y,
            columns: &columns,
            offset: &offset,
        };
        let fit = negative_binomial(&counts).unwrap();
        // The example's own search stopped seven digits in, where the likelihood is flat.
        let near = |found: f64, expected: &serde_json::Value, slack: f64| {
            (found / expected.as_f64().unwrap() - 1.0).abs() < slack
        };
        assert!(near(fit.coef[0], &expect["const"], 1e-6), "{fit:?}");
        assert!(near(fit.coef[1], &expect["diagrams"], 1e-6), "{fit:?}");
        assert!(near(fit.alpha, &expect["alpha"], 1e-5), "{fit:?}");
        assert!(near(
            fit.coef[1].exp(),
            &expect["rate_ratio_per_diagram"],
            1e-6
        ));
        assert!(close(fit.loglik, &expect["loglik"]), "{fit:?}");
        assert!(close(fit.loglik_by_gamma(&y), &expect["loglik"]), "{fit:?}");
        assert!(fit.loglik >= expect["loglik"].as_f64().unwrap() - 1e-11);
        let se = &one("D2", 1).expect["se_negbin"];
        assert!(near(fit.se[1], se, 1e-4), "{fit:?}");
    }

    #[test]
    fn what_scatters_no_wider_is_poissons() {
        let counts = |y: &[f64]| {
            negative_binomial(&Counts {
                y,
                columns: &[vec![1.0; y.len()]],
                offset: &vec![0.0; y.len()],
            })
        };
        assert_eq!(counts(&[5.0; 6]), Err(Unfit::NotWider));
        assert_eq!(counts(&[4.0, 5.0, 6.0, 5.0]), Err(Unfit::NotWider));
        assert_eq!(counts(&[0.0; 6]), Err(Unfit::NoMaximum));
        let wide = counts(&[0.0, 1.0, 0.0, 12.0, 3.0, 40.0]).unwrap();
        assert!(wide.alpha > 1.0, "{wide:?}");
        assert!((wide.coef[0].exp() - 56.0 / 6.0).abs() < 1e-9, "{wide:?}");
    }

    #[test]
    fn what_one_side_has_none_of_has_no_maximum() {
        let fit = negative_binomial(&Counts {
            y: &[0.0, 0.0, 0.0, 9.0, 1.0, 30.0],
            columns: &[vec![1.0; 6], vec![1.0, 1.0, 1.0, 0.0, 0.0, 0.0]],
            offset: &[0.0; 6],
        });
        assert_eq!(fit, Err(Unfit::NoMaximum));
    }

    proptest! {
        /// No α nearby is likelier, nor is Poisson's; and the columns' scale and place change only the
        /// coefficients.
        #[test]
        fn nothing_near_is_likelier(
            rows in prop::collection::vec((0_u32..60, 0_u32..9, 1_u32..400), 6..40),
        ) {
            let y: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let x: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            let offset: Vec<f64> = rows.iter().map(|row| f64::from(row.2).ln()).collect();
            let moved: Vec<f64> = x.iter().map(|x| 1000.0 + 50.0 * x).collect();
            let columns = [vec![1.0; y.len()], x];
            let moved = [vec![1.0; y.len()], moved];
            let counts = Counts { y: &y, columns: &columns, offset: &offset };
            if let Ok(fit) = negative_binomial(&counts) {
                let tails = Tails::of(&y);
                for alpha in [fit.alpha * 0.98, fit.alpha * 1.02] {
                    let other = irls(&counts, alpha).unwrap();
                    let loglik = other.kernel + tails.sum(|j| (alpha * j).ln_1p()) - log_factorials(&y);
                    prop_assert!(fit.loglik >= loglik - 1e-9 * loglik.abs(), "{} {}", fit.loglik, loglik);
                }
                let poisson = poisson_regression(&counts).unwrap();
                prop_assert!(fit.loglik >= poisson.loglik - 1e-9 * poisson.loglik.abs());
                let again = negative_binomial(&Counts { columns: &moved, ..counts }).unwrap();
                prop_assert!((again.coef[1] * 50.0 - fit.coef[1]).abs() < 1e-6, "{:?} {:?}", fit, again);
                prop_assert!((again.loglik - fit.loglik).abs() < 1e-7 * fit.loglik.abs());
                prop_assert!(fit.se.iter().all(|se| se.is_finite()), "{:?}", fit);
            }
        }
    }
}
