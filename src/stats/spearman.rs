//! Spearman's rank correlation: whether two things rise together, whatever the shape of the rise.

use statrs::function::beta::beta_reg;

/// Below so many pairs there is no p: the approximation by Student's t is no good.
const LEAST_FOR_P: usize = 3;

/// A rank correlation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spearman {
    /// Between -1 and 1.
    pub rho: f64,
    /// Two-sided, by t = ρ √((n-2)/(1-ρ²)) with n - 2 degrees of freedom, as SciPy has it; 0 where ρ is
    /// ±1, `None` below three pairs.
    pub p: Option<f64>,
}

/// Pearson's correlation of the ranks of `(x, y)` pairs, those that tie sharing the average of their
/// ranks. `None` where one of the two does not vary, or below two pairs.
pub fn spearman(pairs: &[(f64, f64)]) -> Option<Spearman> {
    let n = pairs.len();
    let x = ranks(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>());
    let y = ranks(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>());
    let middle = (n as f64 + 1.0) / 2.0;
    // Ranks are halves of whole numbers: these sums are exact.
    let sum = |a: &[f64], b: &[f64]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(a, b)| (a - middle) * (b - middle)).sum()
    };
    let (xx, yy) = (sum(&x, &x), sum(&y, &y));
    if n < 2 || xx <= 0.0 || yy <= 0.0 {
        return None;
    }
    let rho = (sum(&x, &y) / (xx * yy).sqrt()).clamp(-1.0, 1.0);
    Some(Spearman {
        rho,
        p: (n >= LEAST_FOR_P).then(|| p_value(rho, n)),
    })
}

/// P(|T| ≥ |t|) = I_{ν/(ν+t²)}(ν/2, ½), and ν/(ν+t²) is 1 - ρ².
fn p_value(rho: f64, n: usize) -> f64 {
    let rest = (1.0 - rho) * (1.0 + rho);
    if rest <= 0.0 {
        return 0.0;
    }
    beta_reg((n as f64 - 2.0) / 2.0, 0.5, rest)
}

/// The ranks from 1 on; those that tie share their average.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        // -0 is 0, though it sorts before.
        let tied = order[start..]
            .iter()
            .take_while(|&&at| values[at] == value)
            .count()
            .max(1);
        let shared = start as f64 + (tied as f64 + 1.0) / 2.0;
        for &at in &order[start..start + tied] {
            ranks[at] = shared;
        }
        start += tied;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{close, one};

    #[test]
    fn fits_the_worked_examples() {
        let diagrams = [0.0, 1.0, 1.0, 2.0, 4.0];
        let rates = [0.1, 0.3, 0.2, 0.5, 0.4];
        let pairs: Vec<(f64, f64)> = diagrams.into_iter().zip(rates).collect();
        let found = spearman(&pairs).unwrap();
        let expect = one("D1", 0).expect;
        assert!(close(found.rho, &expect["rho"]), "{found:?}");
        assert!(close(found.p.unwrap(), &expect["p"]), "{found:?}");

        let constant: Vec<(f64, f64)> = rates.map(|rate| (2.0, rate)).to_vec();
        assert!(one("D1", 1).expect["rho"].is_null());
        assert_eq!(spearman(&constant), None);
    }

    #[test]
    fn edges() {
        assert_eq!(spearman(&[]), None);
        assert_eq!(spearman(&[(1.0, 2.0)]), None);
        let two = spearman(&[(1.0, 2.0), (2.0, 1.0)]).unwrap();
        assert_eq!((two.rho, two.p), (-1.0, None));
        let sure = spearman(&[(1.0, 1.0), (2.0, 4.0), (3.0, 9.0)]).unwrap();
        assert_eq!((sure.rho, sure.p), (1.0, Some(0.0)));
        // Both are nought.
        assert_eq!(ranks(&[0.0, -0.0, 1.0]), [1.5, 1.5, 3.0]);
    }

    proptest! {
        /// Any rising change of x leaves everything as it was, any falling one turns it round.
        #[test]
        fn only_the_order_counts(pairs in prop::collection::vec((-50_i32..50, -50_i32..50), 3..40)) {
            let with = |of: &dyn Fn(f64) -> f64| {
                let changed = pairs.iter().map(|&(x, y)| (of(f64::from(x)), f64::from(y)));
                spearman(&changed.collect::<Vec<_>>())
            };
            let plain = with(&|x| x);
            prop_assert_eq!(plain, with(&|x| x * x * x + 5.0));
            if let (Some(plain), Some(turned)) = (plain, with(&|x| -x)) {
                prop_assert_eq!(plain.rho, -turned.rho);
                prop_assert_eq!(plain.p, turned.p);
                prop_assert!((0.0..=1.0).contains(&plain.p.unwrap()));
            }
        }
    }
}
