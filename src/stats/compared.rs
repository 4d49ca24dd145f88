//! Two ratios of sums side by side, each with a standard error between its own clusters: what was before, and
//! what came after.

use super::{Ratio, Z95, ratio};

/// Fewer clusters than this on one side tell nothing of how much they differ by themselves (INDICATORS L1).
pub const LEAST_CLUSTERS: usize = 5;

/// One side divided by the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// What was before.
    pub before: Ratio,
    /// What came after.
    pub after: Ratio,
    /// `after / before`; `None` where one of them is nought or undefined.
    pub quotient: Option<f64>,
    /// Its 95 % interval; `None` with fewer than five clusters on one side.
    pub interval: Option<(f64, f64)>,
}

/// Compares the ratio of `(numerator, denominator)` pairs after something with that before it, one pair for each
/// cluster (a month of publication, a review). With q = after / before and the standard errors of [`ratio`]:
/// se(ln q) = √((se_a / a)² + (se_b / b)²), the interval is q · exp(∓z se(ln q)) (delta method on the logarithm).
pub fn compared(before: &[(f64, f64)], after: &[(f64, f64)]) -> Compared {
    let [before, after] = [before, after].map(|pairs| ratio(pairs, f64::INFINITY));
    let level = |side: &Ratio| side.ratio.filter(|level| *level > 0.0);
    let levels = level(&before).zip(level(&after));
    let quotient = levels.map(|(b, a)| a / b);
    let enough = before.clusters.min(after.clusters) >= LEAST_CLUSTERS;
    let interval = levels.zip(before.se.zip(after.se)).filter(|_| enough);
    let interval = interval.map(|((b, a), (se_b, se_a))| {
        let reach = Z95 * (se_b / b).hypot(se_a / a);
        (a / b * (-reach).exp(), a / b * reach.exp())
    });
    Compared {
        before,
        after,
        quotient,
        interval,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_level_is_two_with_its_interval() {
        let before = [(9.0, 3.0), (4.0, 2.0), (11.0, 4.0), (2.0, 1.0), (14.0, 5.0)];
        let after: Vec<(f64, f64)> = before.iter().map(|(y, x)| (2.0 * y, *x)).collect();
        let found = compared(&before, &after);
        assert_eq!(found.quotient, Some(2.0));
        // By hand: S = 40/15, squares of y - S x are 1, 16/9, 1/9, 4/9, 4/9; se = √(5/4 · 34/9) / 15.
        let relative = (5.0_f64 / 4.0 * 34.0 / 9.0).sqrt() / 15.0 / (40.0 / 15.0);
        let reach = Z95 * relative * 2.0_f64.sqrt();
        let (lo, hi) = found.interval.unwrap();
        assert!((lo - 2.0 * (-reach).exp()).abs() < 1e-12, "{lo}");
        assert!((hi - 2.0 * reach.exp()).abs() < 1e-12, "{hi}");
    }

    #[test]
    fn few_clusters_have_no_interval_and_nought_no_quotient() {
        let four = [(1.0, 2.0), (2.0, 2.0), (1.0, 1.0), (3.0, 2.0)];
        let five = [(1.0, 2.0), (2.0, 2.0), (1.0, 1.0), (3.0, 2.0), (1.0, 1.0)];
        let found = compared(&four, &five);
        assert!(found.quotient.is_some() && found.interval.is_none());
        let none = [(0.0, 1.0); 6];
        let found = compared(&none, &five);
        assert_eq!((found.quotient, found.interval), (None, None));
        assert_eq!(compared(&[], &[]).after.ratio, None);
    }
}
