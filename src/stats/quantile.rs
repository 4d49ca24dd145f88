//! Quantiles of type 7 (Hyndman and Fan), the kind NumPy, R and ClickHouse's
//! `quantileExactInclusive` compute by default; polars' default is another.

use super::Weighted;

/// The `q`-quantile of values in any order; `None` of nothing.
///
/// Values must be numbers; `q` is cut to [0, 1].
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    Weighted::new(values.iter().map(|&value| (value, 1)).collect()).quantile(q)
}

/// The median; the midpoint of the middle two of an even number. `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, numbers, one};

    #[test]
    fn fits_the_worked_examples() {
        let attendees = one("A1", 0);
        let per_meeting = numbers(&attendees.input["n"]);
        for (name, q) in [("q1", 0.25), ("median", 0.5), ("q3", 0.75)] {
            let found = quantile(&per_meeting, q).unwrap();
            assert!(close(found, &attendees.expect[name]), "A1 {name}: {found}");
        }
        let half_life = one("L2", 0);
        let found = median(&numbers(&half_life.input["ages"])).unwrap();
        assert!(close(found, &half_life.expect["half_life_days"]));

        let weighted = one("L2", 1);
        let ages: Vec<f64> = numbers(&weighted.input["ages"])
            .into_iter()
            .zip(numbers(&weighted.input["n"]))
            .flat_map(|(age, n)| vec![age; n as usize])
            .collect();
        assert!(close(
            median(&ages).unwrap(),
            &weighted.expect["half_life_days"]
        ));
    }

    #[test]
    fn edges() {
        assert_eq!(median(&[]), None);
        assert_eq!(quantile(&[12.5], 0.9), Some(12.5));
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.25), Some(1.75));
        assert_eq!(quantile(&[1.0, 2.0], 1.0), Some(2.0));
    }
}
