//! The beauty coefficient of a sleeping beauty (Ke, Ferrara, Radicchi, Flammini, PNAS 2015): how far reading
//! stayed below the straight line from its beginning to its peak.

/// Fewer bins than this have no shape.
const LEAST_BINS: usize = 3;

/// Distances that differ by less are one: sums in another order end otherwise.
const STEPS: f64 = 1e12;

/// What the coefficient says of one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beauty {
    /// The coefficient B, dimensionless: 0 where the first bin is the peak, large after a long sleep.
    pub b: f64,
    /// The bin of the peak, the first of equals.
    pub t_m: usize,
    /// The bin in which it woke up: the one furthest from the line, the first of equals.
    pub t_a: usize,
    /// How many at the peak.
    pub c_tm: u64,
}

/// B = Σ over t ≤ t_m of `(ℓ_t - c_t) / max(1, c_t)`, ℓ the line from `c_0` to `c_tm`; `None` of fewer than three
/// bins, and of nothing.
pub fn beauty(bins: &[u64]) -> Option<Beauty> {
    let most = *bins.iter().max()?;
    if bins.len() < LEAST_BINS || most == 0 {
        return None;
    }
    let t_m = bins.iter().position(|count| *count == most)?;
    let (first, peak) = (bins[0] as f64, most as f64);
    let mut found = Beauty {
        b: 0.0,
        t_m,
        t_a: 0,
        c_tm: most,
    };
    if t_m == 0 {
        return Some(found);
    }
    let end = t_m as f64;
    let length = (peak - first).hypot(end);
    let mut furthest = -1.0;
    for (t, count) in bins.iter().enumerate().take(t_m + 1) {
        let (at, count) = (t as f64, *count as f64);
        let line = (peak - first) / end * at + first;
        found.b += (line - count) / count.max(1.0);
        let distance = ((peak - first) * at - end * count + end * first).abs() / length;
        let distance = (distance * STEPS).round();
        if distance > furthest {
            (furthest, found.t_a) = (distance, t);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, numbers, one};

    fn check(bins: &serde_json::Value, expect: &serde_json::Value) {
        let bins: Vec<u64> = numbers(bins).into_iter().map(|n| n as u64).collect();
        let found = beauty(&bins).unwrap();
        assert!(close(found.b, &expect["B"]), "{found:?}");
        assert_eq!(Some(found.t_m as u64), expect["t_m"].as_u64());
        assert_eq!(Some(found.t_a as u64), expect["t_a"].as_u64());
        assert!(close(found.c_tm as f64, &expect["c_tm"]));
    }

    #[test]
    fn fits_the_worked_examples() {
        let sleeping = one("L8", 0);
        check(&sleeping.input["c"], &sleeping.expect);
        let ordinary = one("L8", 1);
        for name in ["a", "b"] {
            check(&ordinary.input[name], &ordinary.expect[name]);
        }
    }

    #[test]
    fn edges() {
        assert_eq!(beauty(&[1, 9]), None);
        assert_eq!(beauty(&[0, 0, 0, 0]), None);
        assert_eq!(beauty(&[]), None);
        // Above the line all the way.
        assert!(beauty(&[0, 9, 10]).unwrap().b < 0.0);
        // On the line: the first bin of all that are as near.
        let straight = beauty(&[1, 2, 3]).unwrap();
        assert_eq!((straight.b, straight.t_a), (0.0, 0));
    }
}
