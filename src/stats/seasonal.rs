//! Hirsch and Slack's seasonal trend test: Januaries are compared with Januaries only, so that a
//! quiet August is no fall and a busy spring no rise.

use super::mann_kendall::{Direction, rises_less_falls, standardise, two_sided, variance};
use super::quantile::median;

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seasonal {
    /// Values tested.
    pub n: usize,
    /// Rises less falls over all pairs of one season.
    pub s: f64,
    /// The sum of the seasons' variances, as for independent values.
    pub var_s: f64,
    /// The statistic.
    pub z: f64,
    /// Two-sided p.
    pub p: f64,
    /// The median slope between values of one season, a cycle; `None` where no season has two.
    pub slope_per_period: Option<f64>,
    /// What to say at the 5 % level.
    pub verdict: Direction,
}

/// Tests `(time, value)` points in the order of time; points with the same time modulo `period` are of
/// one season. S = Σ S_g, Var = Σ Var_g over the seasons (Hirsch, Slack and Smith 1982; seasons taken to
/// be independent), Z = (S ∓ 1)/√Var, 0 where S is. `None` of nothing, and without a period.
pub fn seasonal(points: &[(usize, f64)], period: usize) -> Option<Seasonal> {
    if points.is_empty() || period == 0 {
        return None;
    }
    let (mut s, mut var_s) = (0.0, 0.0);
    let mut slopes = Vec::new();
    for season in 0..period {
        let own: Vec<(usize, f64)> = points
            .iter()
            .copied()
            .filter(|(time, _)| time % period == season)
            .collect();
        let values: Vec<f64> = own.iter().map(|point| point.1).collect();
        s += rises_less_falls(&values);
        if values.len() > 1 {
            var_s += variance(&values);
        }
        for (i, first) in own.iter().enumerate() {
            for second in own[i + 1..].iter().filter(|second| second.0 > first.0) {
                let cycles = (second.0 - first.0) as f64 / period as f64;
                slopes.push((second.1 - first.1) / cycles);
            }
        }
    }
    let z = standardise(s, var_s);
    let p = two_sided(z);
    Some(Seasonal {
        n: points.len(),
        s,
        var_s,
        z,
        p,
        slope_per_period: median(&slopes),
        verdict: Direction::of(s, p),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, numbers, one};

    fn numbered(values: &[f64]) -> Vec<(usize, f64)> {
        values.iter().copied().enumerate().collect()
    }

    #[test]
    fn fits_the_worked_example() {
        let example = one("T3", 0);
        let period = example.input["period"].as_u64().unwrap() as usize;
        let found = seasonal(&numbered(&numbers(&example.input["y"])), period).unwrap();
        let expect = &example.expect["seasonal"];
        for (name, value) in [
            ("S", found.s),
            ("var_s", found.var_s),
            ("z", found.z),
            ("p", found.p),
            ("slope_per_period", found.slope_per_period.unwrap()),
        ] {
            assert!(close(value, &expect[name]), "{name} {value}");
        }
        assert_eq!(found.verdict, Direction::Rising);
    }

    #[test]
    fn a_season_alone_is_no_trend() {
        // Every August is low, nothing else happens.
        let values: Vec<f64> = (0..36)
            .map(|month| f64::from(u8::from(month % 12 != 7)))
            .collect();
        let found = seasonal(&numbered(&values), 12).unwrap();
        assert_eq!((found.s, found.z, found.p), (0.0, 0.0, 1.0));
        assert_eq!(found.slope_per_period, Some(0.0));
    }

    #[test]
    fn a_missing_month_keeps_its_season_and_its_time() {
        let found = seasonal(&[(0, 1.0), (13, 9.0), (24, 3.0)], 12).unwrap();
        assert_eq!((found.n, found.s), (3, 1.0));
        assert_eq!(found.slope_per_period, Some(1.0));
    }

    #[test]
    fn edges() {
        assert_eq!(seasonal(&[], 12), None);
        assert_eq!(seasonal(&[(0, 1.0)], 0), None);
        let single = seasonal(&[(0, 1.0)], 12).unwrap();
        assert_eq!((single.p, single.slope_per_period), (1.0, None));
    }
}
