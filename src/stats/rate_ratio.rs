//! Two rates of rare events: how many times as large is one as the other, with an exact interval.

use statrs::function::beta::checked_beta_reg;

/// The ratio of two rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateRatio {
    /// `(k1/e1) / (k2/e2)`; `None` where the second is 0.
    pub ratio: Option<f64>,
    /// Lower 95 % limit; 0 without events in the first.
    pub lo: f64,
    /// Upper 95 % limit; `None` without events in the second: there is none.
    pub hi: Option<f64>,
}

/// `k1` events in `e1` against `k2` in `e2`. Given k1 + k2, k1 is binomial with p = r·e1/(r·e1 + e2), so
/// Clopper and Pearson's limits of p, turned round, are those of the ratio r (INDICATORS T8). `None`
/// without exposure on either side, and without any event.
pub fn rate_ratio((k1, e1): (u64, f64), (k2, e2): (u64, f64)) -> Option<RateRatio> {
    let watched = |e: f64| e.is_finite() && e > 0.0;
    if !watched(e1) || !watched(e2) || k1 + k2 == 0 {
        return None;
    }
    let (a, b) = (k1 as f64, k2 as f64);
    let turned = |p: f64| p / (1.0 - p) * (e2 / e1);
    Some(RateRatio {
        ratio: (k2 > 0).then(|| (a / e1) / (b / e2)),
        lo: match k1 {
            0 => 0.0,
            _ => turned(beta_quantile(a, b + 1.0, 0.025)),
        },
        hi: (k2 > 0).then(|| turned(beta_quantile(a + 1.0, b, 0.975))),
    })
}

/// The `p`-quantile of the beta distribution: halving an interval, since nothing faster is needed and
/// nothing is surer.
fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    let (mut below, mut above) = (0.0_f64, 1.0_f64);
    loop {
        let middle = (below + above) / 2.0;
        if middle <= below || middle >= above {
            return middle;
        }
        match checked_beta_reg(a, b, middle) {
            Ok(reached) if reached < p => below = middle,
            _ => above = middle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, one};

    #[test]
    fn fits_the_worked_example() {
        let example = one("T8", 1);
        let number = |name: &str| example.input[name].as_u64().unwrap();
        let found = rate_ratio(
            (number("k1"), number("e1") as f64),
            (number("k2"), number("e2") as f64),
        )
        .unwrap();
        for (name, value) in [
            ("ratio", found.ratio.unwrap()),
            ("lo", found.lo),
            ("hi", found.hi.unwrap()),
        ] {
            assert!(close(value, &example.expect[name]), "{name} {value}");
        }
    }

    #[test]
    fn sides_that_are_turned_round_give_the_reciprocal() {
        let one = rate_ratio((7, 3.0), (2, 5.0)).unwrap();
        let other = rate_ratio((2, 5.0), (7, 3.0)).unwrap();
        assert!((one.lo * other.hi.unwrap() - 1.0).abs() < 1e-12);
        assert!((one.hi.unwrap() * other.lo - 1.0).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        assert_eq!(rate_ratio((0, 1.0), (0, 1.0)), None);
        assert_eq!(rate_ratio((1, 0.0), (1, 1.0)), None);
        let none_before = rate_ratio((3, 1.0), (0, 1.0)).unwrap();
        assert_eq!((none_before.ratio, none_before.hi), (None, None));
        assert!(none_before.lo > 0.0);
        let none_now = rate_ratio((0, 1.0), (3, 1.0)).unwrap();
        assert_eq!((none_now.ratio, none_now.lo), (Some(0.0), 0.0));
        assert!(none_now.hi.unwrap() > 0.0);
    }
}
