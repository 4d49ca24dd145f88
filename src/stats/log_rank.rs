//! The log-rank test: do lives in these groups end at the same pace?

use statrs::function::gamma::checked_gamma_ur;

/// The outcome of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogRank {
    /// The statistic; chi-squared where there is no difference.
    pub chi2: f64,
    /// Groups less one.
    pub df: usize,
    /// How often chance alone gives as much.
    pub p: f64,
}

/// Compares groups of `(duration, ended)`. Empty groups are left out; `None` with fewer than two,
/// or where no life ended. Same as lifelines' `multivariate_logrank_test`.
pub fn log_rank(groups: &[Vec<(f64, bool)>]) -> Option<LogRank> {
    let groups: Vec<&Vec<(f64, bool)>> = groups.iter().filter(|group| !group.is_empty()).collect();
    let mut ends: Vec<f64> = groups
        .iter()
        .flat_map(|group| group.iter().filter(|life| life.1).map(|life| life.0))
        .collect();
    ends.sort_unstable_by(f64::total_cmp);
    ends.dedup();
    if groups.len() < 2 || ends.is_empty() {
        return None;
    }

    let sorted: Vec<Counts> = groups.iter().map(|group| Counts::of(group)).collect();
    // The last group follows from the others: leave it out, and the matrix can be inverted.
    let df = groups.len() - 1;
    let mut surplus = vec![0.0; df];
    let mut covariance = vec![vec![0.0; df]; df];
    for &time in &ends {
        let at_risk: Vec<f64> = sorted.iter().map(|group| group.at_risk(time)).collect();
        let events: Vec<f64> = sorted.iter().map(|group| group.events(time)).collect();
        let (n, d): (f64, f64) = (at_risk.iter().sum(), events.iter().sum());
        let spread = if n > 1.0 {
            d * (n - d) / (n - 1.0)
        } else {
            0.0
        };
        for i in 0..df {
            surplus[i] += events[i] - d * at_risk[i] / n;
            for j in 0..df {
                let own = if i == j { at_risk[i] / n } else { 0.0 };
                covariance[i][j] += spread * (own - at_risk[i] * at_risk[j] / (n * n));
            }
        }
    }
    let chi2 = quadratic_form(covariance, surplus);
    let p = if chi2 > 0.0 {
        checked_gamma_ur(df as f64 / 2.0, chi2 / 2.0).ok()?
    } else {
        1.0
    };
    Some(LogRank { chi2, df, p })
}

/// The durations of a group, sorted: all of them, and those that ended.
struct Counts {
    all: Vec<f64>,
    ended: Vec<f64>,
}

impl Counts {
    fn of(group: &[(f64, bool)]) -> Self {
        let mut all: Vec<f64> = group.iter().map(|life| life.0).collect();
        let mut ended: Vec<f64> = group
            .iter()
            .filter(|life| life.1)
            .map(|life| life.0)
            .collect();
        all.sort_unstable_by(f64::total_cmp);
        ended.sort_unstable_by(f64::total_cmp);
        Counts { all, ended }
    }

    fn at_risk(&self, time: f64) -> f64 {
        (self.all.len() - self.all.partition_point(|&t| t < time)) as f64
    }

    fn events(&self, time: f64) -> f64 {
        let from = self.ended.partition_point(|&t| t < time);
        let to = self.ended.partition_point(|&t| t <= time);
        (to - from) as f64
    }
}

/// `vᵀ M⁺ v` of a symmetric matrix without negative eigenvalues, by elimination. A pivot that is
/// zero but for rounding belongs to a group that was never at risk when a life ended; it has no
/// surplus either and is skipped.
fn quadratic_form(mut matrix: Vec<Vec<f64>>, mut vector: Vec<f64>) -> f64 {
    let scale = matrix
        .iter()
        .enumerate()
        .map(|(i, row)| row[i])
        .fold(0.0, f64::max);
    let mut form = 0.0;
    for pivot in 0..vector.len() {
        let diagonal = matrix[pivot][pivot];
        if diagonal <= 1e-12 * scale {
            continue;
        }
        form += vector[pivot] * vector[pivot] / diagonal;
        let above = matrix[pivot].clone();
        for row in pivot + 1..vector.len() {
            let factor = matrix[row][pivot] / diagonal;
            vector[row] -= factor * vector[pivot];
            for (cell, above) in matrix[row].iter_mut().zip(&above).skip(pivot + 1) {
                *cell -= factor * above;
            }
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, numbers, one};

    fn lives(input: &serde_json::Value, times: &str, ended: &str) -> Vec<(f64, bool)> {
        let ended = numbers(&input[ended]).into_iter().map(|e| e > 0.0);
        numbers(&input[times]).into_iter().zip(ended).collect()
    }

    #[test]
    fn fits_the_worked_example() {
        let first = lives(&one("K3", 0).input, "T", "E");
        let example = one("K3", 1);
        let second = lives(&example.input, "T2", "E2");
        let found = log_rank(&[first, Vec::new(), second]).unwrap();
        assert_eq!(found.df, 1);
        assert!(close(found.chi2, &example.expect["chi2"]), "{found:?}");
        assert!(close(found.p, &example.expect["p"]), "{found:?}");
    }

    #[test]
    fn three_groups_do_not_depend_on_their_order() {
        let a = vec![(1.0, true), (4.0, true), (6.0, false)];
        let b = vec![(2.0, true), (3.0, true), (3.0, true)];
        let c = vec![(5.0, true), (7.0, false), (8.0, true), (9.0, false)];
        let one = log_rank(&[a.clone(), b.clone(), c.clone()]).unwrap();
        let other = log_rank(&[c, a, b]).unwrap();
        assert_eq!((one.df, other.df), (2, 2));
        assert!((one.chi2 - other.chi2).abs() < 1e-12);
    }

    #[test]
    fn no_test_of_one_group_or_without_an_end() {
        assert_eq!(log_rank(&[vec![(1.0, true)]]), None);
        assert_eq!(log_rank(&[vec![(1.0, false)], vec![(2.0, false)]]), None);
    }

    #[test]
    fn a_group_never_at_risk_takes_no_part() {
        let found = log_rank(&[
            vec![(1.0, false)],
            vec![(2.0, true), (5.0, false)],
            vec![(3.0, true)],
        ]);
        assert!(found.is_some_and(|found| found.chi2.is_finite() && found.p > 0.0));
    }
}
