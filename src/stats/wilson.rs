//! Wilson's interval of a proportion: stays inside [0, 1] and is honest for few cases and for
//! shares near 0 or 1, where the textbook interval is not.

use super::Z95;

/// `k` of `n` with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proportion {
    /// Cases that have the property.
    pub k: u64,
    /// Cases.
    pub n: u64,
    /// `k / n`.
    pub p: f64,
    /// Lower limit.
    pub lo: f64,
    /// Upper limit.
    pub hi: f64,
}

/// The share `k` of `n`; `None` where there is nothing to have a share of (`n = 0`), or where `k`
/// is greater than `n`. Wilson 1927, without continuity correction.
pub fn wilson(k: u64, n: u64) -> Option<Proportion> {
    if n == 0 || k > n {
        return None;
    }
    let (cases, p) = (n as f64, k as f64 / n as f64);
    let z2 = Z95 * Z95;
    let scale = 1.0 + z2 / cases;
    let centre = (p + z2 / (2.0 * cases)) / scale;
    let half = Z95 / scale * (p * (1.0 - p) / cases + z2 / (4.0 * cases * cases)).sqrt();
    // At both ends one limit is exactly the share; rounding must not move it off.
    let lo = if k == 0 {
        0.0
    } else {
        (centre - half).max(0.0)
    };
    let hi = if k == n {
        1.0
    } else {
        (centre + half).min(1.0)
    };
    Some(Proportion { k, n, p, lo, hi })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, each};

    #[test]
    fn fits_the_worked_examples() {
        // L3 example 2, L4, L11, L13, A2, C1, C2, the rates of A3 and others.
        let mut seen = 0;
        for example in each() {
            example.for_each_map(&mut |map| {
                let (Some(p), Some(lo), Some(hi)) = (map.get("p"), map.get("lo"), map.get("hi"))
                else {
                    return;
                };
                let count = |name: &str| map.get(name).or(example.input.get(name))?.as_u64();
                let (Some(k), Some(n)) = (count("k"), count("n")) else {
                    return;
                };
                let found = wilson(k, n).unwrap();
                for (found, expected) in [(found.p, p), (found.lo, lo), (found.hi, hi)] {
                    assert!(
                        close(found, expected),
                        "{} {k} of {n}: {found} {expected}",
                        example.id
                    );
                }
                seen += 1;
            });
        }
        assert!(seen >= 15, "only {seen} proportions in the worked examples");
    }

    #[test]
    fn nothing_has_no_share() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(2, 1), None);
    }
}
