//! A ratio of two sums over clusters (write-ups, meetings) with a standard error that knows that
//! what happens in one cluster goes together.

use super::Z95;

/// `num / den` with the interval between clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// Sum of the numerators.
    pub num: f64,
    /// Sum of the denominators.
    pub den: f64,
    /// How many clusters, those with an empty denominator included.
    pub clusters: usize,
    /// `num / den`; `None` where `den` is 0.
    pub ratio: Option<f64>,
    /// Its linearised standard error; `None` below two clusters.
    pub se: Option<f64>,
    /// Lower 95 % limit, not below 0.
    pub lo: Option<f64>,
    /// Upper 95 % limit, not above the ceiling.
    pub hi: Option<f64>,
}

/// The ratio of `(numerator, denominator)` pairs, one for each cluster, none negative. INDICATORS
/// L3: se = √(n/(n-1) · Σ(y - Sx)²) / Σx; the interval S ± z·se is cut to [0, `ceiling`] (1 for a
/// share, infinity for a rate).
///
/// The interval is given from two clusters on; whether so few deserve one is the caller's matter.
pub fn ratio(clusters: &[(f64, f64)], ceiling: f64) -> Ratio {
    let n = clusters.len();
    // From 0 on: the empty `sum` is -0, and would be written so.
    let num = clusters.iter().fold(0.0, |sum, (y, _)| sum + y);
    let den = clusters.iter().fold(0.0, |sum, (_, x)| sum + x);
    let ratio = (den > 0.0).then(|| num / den);
    let se = ratio.filter(|_| n >= 2).map(|ratio| {
        let squares: f64 = clusters.iter().map(|(y, x)| (y - ratio * x).powi(2)).sum();
        (n as f64 / (n as f64 - 1.0) * squares).sqrt() / den
    });
    let limit = |side: f64| {
        let (ratio, se) = (ratio?, se?);
        Some((ratio + side * Z95 * se).clamp(0.0, ceiling))
    };
    Ratio {
        num,
        den,
        clusters: n,
        ratio,
        se,
        lo: limit(-1.0),
        hi: limit(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{Example, close, numbers, one};

    #[test]
    fn nothing_is_nought() {
        let nothing = ratio(&[], 1.0);
        assert!(nothing.num.is_sign_positive() && nothing.den.is_sign_positive());
        assert_eq!((nothing.ratio, nothing.clusters), (None, 0));
    }

    fn check(example: &Example, pairs: &[(f64, f64)]) {
        let found = ratio(pairs, 1.0);
        assert_eq!(
            found.clusters as u64,
            example.expect["clusters"].as_u64().unwrap()
        );
        for (name, value) in [
            ("num", Some(found.num)),
            ("den", Some(found.den)),
            ("ratio", found.ratio),
            ("se", found.se),
            ("lo", found.lo),
            ("hi", found.hi),
        ] {
            assert!(
                close(value.unwrap(), &example.expect[name]),
                "{} {name} {value:?}",
                example.id
            );
        }
    }

    fn pairs(example: &Example) -> Vec<(f64, f64)> {
        numbers(&example.input["y"])
            .into_iter()
            .zip(numbers(&example.input["x"]))
            .collect()
    }

    #[test]
    fn fits_the_worked_examples() {
        let tail = one("L3", 0);
        check(&tail, &pairs(&tail));
        let voluntary = one("A2", 1);
        check(&voluntary, &pairs(&voluntary));
        check(
            &one("C1", 1),
            &[(3.0, 10.0), (0.0, 4.0), (0.0, 0.0), (2.0, 6.0)],
        );
    }

    #[test]
    fn edges() {
        let nothing = ratio(&[], 1.0);
        assert_eq!((nothing.ratio, nothing.se, nothing.lo), (None, None, None));
        assert_eq!(ratio(&[(0.0, 0.0), (0.0, 0.0)], 1.0).ratio, None);
        let single = ratio(&[(1.0, 2.0)], 1.0);
        assert_eq!(
            (single.ratio, single.se, single.hi),
            (Some(0.5), None, None)
        );
        let sure = ratio(&[(3.0, 3.0), (0.0, 1.0)], 1.0);
        assert_eq!(sure.hi, Some(1.0));
        assert!(ratio(&[(9.0, 1.0), (1.0, 1.0)], f64::INFINITY).hi.unwrap() > 9.0);
    }
}
