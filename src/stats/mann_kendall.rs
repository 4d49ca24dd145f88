//! Mann and Kendall's test for a trend, with a correction for months that resemble their
//! neighbours. INDICATORS 0.1 says why the usual corrections are not used: with all lags they cry
//! wolf in up to 45 % of quiet series.

use std::f64::consts::SQRT_2;

use statrs::function::erf::erfc;

use super::theil_sen::theil_sen;

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannKendall {
    /// Values tested.
    pub n: usize,
    /// Rises less falls over all pairs.
    pub s: f64,
    /// The variance of S were the months independent; ties lower it.
    pub var_s: f64,
    /// The plain test's statistic.
    pub z: f64,
    /// The plain test's p.
    pub p: f64,
    /// S over the number of pairs.
    pub tau_a: Option<f64>,
    /// Kendall's tau with ties; `None` where all values are equal.
    pub tau_b: Option<f64>,
    /// The test to go by.
    pub recommended: Recommended,
}

impl MannKendall {
    /// By how much the recommended variance is wider than that of independent months.
    pub fn inflation(&self) -> f64 {
        match self.var_s > 0.0 {
            true => self.recommended.var_s / self.var_s,
            false => 1.0,
        }
    }
}

/// The test with Yue and Wang's correction for the first lag, the variance never let below that of
/// independent months.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recommended {
    /// The corrected variance.
    pub var_s: f64,
    /// The statistic.
    pub z: f64,
    /// Two-sided p.
    pub p: f64,
    /// What to say.
    pub verdict: Direction,
}

/// The verdict of a test at the 5 % level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It rises.
    Rising,
    /// It falls.
    Falling,
    /// One can't say.
    Unclear,
}

impl Direction {
    /// By the sign of S and its p.
    pub fn of(s: f64, p: f64) -> Self {
        match p < LEVEL {
            true if s > 0.0 => Direction::Rising,
            true => Direction::Falling,
            false => Direction::Unclear,
        }
    }

    /// The words for it.
    pub const fn words(self) -> &'static str {
        match self {
            Direction::Rising => "rising",
            Direction::Falling => "falling",
            Direction::Unclear => "no clear trend",
        }
    }
}

/// The level of the test.
const LEVEL: f64 = 0.05;

/// Tests `(time, value)` points in the order of time (INDICATORS T1); `None` of nothing. Gaps in
/// time count for the slope that is taken out before the autocorrelation, not for S.
pub fn mann_kendall(points: &[(f64, f64)]) -> Option<MannKendall> {
    if points.is_empty() {
        return None;
    }
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    let n = values.len();
    let s = rises_less_falls(&values);
    let var_s = variance(&values);
    let corrected = var_s * lag_one(points).max(1.0);
    let z = standardise(s, var_s);
    let best = standardise(s, corrected);
    let p = two_sided(best);
    let pairs = n as f64 * (n as f64 - 1.0) / 2.0;
    let tied: f64 = ties(&values).into_iter().map(|t| t * (t - 1.0) / 2.0).sum();
    Some(MannKendall {
        n,
        s,
        var_s,
        z,
        p: two_sided(z),
        tau_a: (pairs > 0.0).then(|| s / pairs),
        tau_b: (pairs > tied).then(|| s / (pairs * (pairs - tied)).sqrt()),
        recommended: Recommended {
            var_s: corrected,
            z: best,
            p,
            verdict: Direction::of(s, p),
        },
    })
}

/// The variance of S for independent values with these ties.
pub(super) fn variance(values: &[f64]) -> f64 {
    let term = |t: f64| t * (t - 1.0) * (2.0 * t + 5.0);
    let tied: f64 = ties(values).into_iter().map(term).sum();
    (term(values.len() as f64) - tied) / 18.0
}

/// Sizes of the groups of equal values.
fn ties(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
        .chunk_by(|a, b| a == b)
        .map(|group| group.len() as f64)
        .collect()
}

/// Rises less falls over all pairs.
pub(super) fn rises_less_falls(values: &[f64]) -> f64 {
    let mut s = 0i64;
    for (i, first) in values.iter().enumerate() {
        for second in &values[i + 1..] {
            s += i64::from(second > first) - i64::from(second < first);
        }
    }
    s as f64
}

/// S moved one step towards 0, in standard deviations; 0 where S is.
pub(super) fn standardise(s: f64, variance: f64) -> f64 {
    if s == 0.0 || variance <= 0.0 {
        0.0
    } else {
        (s - s.signum()) / variance.sqrt()
    }
}

/// By `erfc`: 1 - Φ is 0 in floats beyond 8.3 standard deviations.
pub(super) fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / SQRT_2)
}

/// Yue and Wang's factor with the first lag only: 1 + 2(1 - 1/n) r₁ of the series less its slope.
fn lag_one(points: &[(f64, f64)]) -> f64 {
    let slope = theil_sen(points, 1.0).map_or(0.0, |line| line.slope);
    let rest: Vec<f64> = points
        .iter()
        .map(|(time, value)| value - slope * time)
        .collect();
    let n = rest.len() as f64;
    let mean = rest.iter().sum::<f64>() / n;
    let squares: f64 = rest.iter().map(|x| (x - mean).powi(2)).sum();
    let size = points.iter().map(|point| point.1.abs()).fold(0.0, f64::max);
    // A straight line leaves nothing but rounding, and rounding has no autocorrelation worth naming.
    if squares.sqrt() <= 1e-12 * size * n.sqrt() {
        return 1.0;
    }
    let products: f64 = rest
        .windows(2)
        .map(|pair| (pair[0] - mean) * (pair[1] - mean))
        .sum();
    1.0 + 2.0 * (1.0 - 1.0 / n) * products / squares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, monthly, numbers, one};

    #[test]
    fn fits_the_worked_examples() {
        for index in [0, 1] {
            let example = one("T1", index);
            let expect = &example.expect;
            let points = monthly(&numbers(&example.input["y"]));
            let found = mann_kendall(&points).unwrap();
            let best = found.recommended;
            let lag_one = found.var_s * lag_one(&points);
            let z = standardise(found.s, lag_one);
            for (name, value, expected) in [
                ("S", found.s, &expect["S"]),
                ("var_s", found.var_s, &expect["var_s"]),
                ("z", found.z, &expect["z"]),
                ("p", found.p, &expect["p"]),
                ("tau_a", found.tau_a.unwrap(), &expect["tau_a"]),
                ("tau_b", found.tau_b.unwrap(), &expect["tau_b"]),
                ("lag 1 var_s", lag_one, &expect["yue_wang_lag1"]["var_s"]),
                ("lag 1 z", z, &expect["yue_wang_lag1"]["z"]),
                ("lag 1 p", two_sided(z), &expect["yue_wang_lag1"]["p"]),
                (
                    "recommended var_s",
                    best.var_s,
                    &expect["recommended"]["var_s"],
                ),
                ("recommended z", best.z, &expect["recommended"]["z"]),
                ("recommended p", best.p, &expect["recommended"]["p"]),
            ] {
                assert!(close(value, expected), "{index} {name}: {value} {expected}");
            }
            assert_eq!(found.n as u64, expect["n"].as_u64().unwrap());
            assert_eq!(
                best.verdict.words(),
                expect["recommended"]["verdict"].as_str().unwrap()
            );
        }
    }

    #[test]
    fn agrees_with_the_plain_p_of_the_seasonal_example() {
        let example = one("T3", 0);
        let found = mann_kendall(&monthly(&numbers(&example.input["y"]))).unwrap();
        assert!(close(found.p, &example.expect["plain_p"]), "{found:?}");
    }

    #[test]
    fn edges() {
        assert_eq!(mann_kendall(&[]), None);
        let flat = mann_kendall(&monthly(&[3.0; 14])).unwrap();
        assert_eq!(
            (flat.s, flat.var_s, flat.z, flat.p, flat.tau_b),
            (0.0, 0.0, 0.0, 1.0, None)
        );
        assert_eq!(flat.recommended.verdict, Direction::Unclear);
        let line: Vec<f64> = (0..24).map(|month| 7.0 - 0.1 * f64::from(month)).collect();
        let falling = mann_kendall(&monthly(&line)).unwrap();
        assert_eq!(falling.recommended.verdict, Direction::Falling);
        assert_eq!(falling.recommended.var_s, falling.var_s);
        assert_eq!(mann_kendall(&monthly(&[1.0])).unwrap().tau_a, None);
    }
}
