//! Theil and Sen's slope: the median of the slopes between all pairs, which one wild month does
//! not move, with Sen's interval.

use super::Z95;
use super::mann_kendall::variance;
use super::quantile::median;

/// A fitted line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TheilSen {
    /// Units per unit of time.
    pub slope: f64,
    /// The line at time 0: median value less slope times median time, as SciPy has it.
    pub intercept: f64,
    /// Lower 95 % limit of the slope.
    pub lo: f64,
    /// Upper 95 % limit of the slope.
    pub hi: f64,
}

/// Fits `(time, value)` points. Sen's limits are those of `scipy.stats.theilslopes` (ranks rounded
/// half to even) with the variance multiplied by `inflation`: 1 for the reference, Var*/Var of the
/// trend test for an interval that knows of autocorrelation. `None` where no two points differ in
/// time.
pub fn theil_sen(points: &[(f64, f64)], inflation: f64) -> Option<TheilSen> {
    let slopes = slopes(points);
    let slope = median(&slopes)?;
    let times: Vec<f64> = points.iter().map(|point| point.0).collect();
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    let intercept = median(&values)? - slope * median(&times)?;

    let count = slopes.len() as f64;
    let reach = Z95 * (variance(&values) * inflation).max(0.0).sqrt();
    let last = slopes.len() - 1;
    let lower = (((count - reach) / 2.0).round_ties_even() - 1.0).max(0.0) as usize;
    let upper = ((count + reach) / 2.0).round_ties_even() as usize;
    Some(TheilSen {
        slope,
        intercept,
        lo: slopes[lower.min(last)],
        hi: slopes[upper.min(last)],
    })
}

/// The slopes between all pairs that differ in time, ascending.
fn slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (i, first) in points.iter().enumerate() {
        for second in &points[i + 1..] {
            if second.0 != first.0 {
                slopes.push((second.1 - first.1) / (second.0 - first.0));
            }
        }
    }
    slopes.sort_unstable_by(f64::total_cmp);
    slopes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, monthly, numbers, one};

    #[test]
    fn fits_the_worked_examples() {
        for (id, index) in [("T1", 0), ("T1", 1), ("T2", 0)] {
            let example = one(id, index);
            let expect = example.expect.get("theil_sen").unwrap_or(&example.expect);
            let found = theil_sen(&monthly(&numbers(&example.input["y"])), 1.0).unwrap();
            for (name, value) in [
                ("slope", found.slope),
                ("intercept_scipy", found.intercept),
                ("lo", found.lo),
                ("hi", found.hi),
            ] {
                assert!(close(value, &expect[name]), "{id} {name}: {value}");
            }
        }
        let wild = [
            5.0, 6.0, 6.0, 7.0, 90.0, 8.0, 10.0, 12.0, 11.0, 13.0, 13.0, 15.0,
        ];
        let found = theil_sen(&monthly(&wild), 1.0).unwrap();
        assert!(close(found.slope, &one("T2", 1).expect["theil_sen"]));
    }

    #[test]
    fn a_missing_month_keeps_its_time() {
        let found = theil_sen(&[(0.0, 1.0), (1.0, 2.0), (3.0, 4.0)], 1.0).unwrap();
        assert_eq!(found.slope, 1.0);
    }

    #[test]
    fn edges() {
        assert_eq!(theil_sen(&[], 1.0), None);
        assert_eq!(theil_sen(&[(1.0, 2.0)], 1.0), None);
        assert_eq!(theil_sen(&[(1.0, 2.0), (1.0, 3.0)], 1.0), None);
        let flat = theil_sen(&monthly(&[2.0; 5]), 1.0).unwrap();
        assert_eq!((flat.slope, flat.lo, flat.hi), (0.0, 0.0, 0.0));
        let wide = theil_sen(&monthly(&[1.0, 3.0, 2.0]), 100.0).unwrap();
        assert_eq!((wide.lo, wide.hi), (-1.0, 2.0));
    }
}
