//! Whether a few have most of something: the share of the largest fifth, and the index of Herfindahl and
//! Hirschman. The Gini coefficient and entropy have files of their own.

/// The share of the largest ⌈n/5⌉ of these; `None` where there is nothing to share.
pub fn top_fifth(values: &[u64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let total: u64 = sorted.iter().sum();
    let top: u64 = sorted.iter().take(values.len().div_ceil(5)).sum();
    (total > 0).then(|| top as f64 / total as f64)
}

/// Σp² over the shares of these: 1 where one has all, 1/n where all have the same. `None` where there is nothing
/// to share.
pub fn herfindahl(values: &[u64]) -> Option<f64> {
    let total: u128 = values.iter().map(|value| u128::from(*value)).sum();
    let squares: u128 = values.iter().map(|value| u128::from(*value).pow(2)).sum();
    (total > 0).then(|| squares as f64 / total.pow(2) as f64)
}

/// The curve of Lorenz: with the values in ascending order, after so many of them each (ascending) their share
/// of the values and of the sum; the last point is (1, 1). `None` where there is nothing to share.
pub fn lorenz(values: &[u64], cuts: &[usize]) -> Option<Vec<(f64, f64)>> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let total: u64 = sorted.iter().sum();
    let after = |cut: usize| {
        let sum: u64 = sorted.iter().take(cut).sum();
        (cut as f64 / sorted.len() as f64, sum as f64 / total as f64)
    };
    let ends = cuts.iter().copied().chain([sorted.len()]);
    (total > 0).then(|| ends.map(after).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, numbers, one};
    use crate::stats::{entropy, gini};

    #[test]
    fn fits_the_worked_examples() {
        let (input, expect) = (one("L10", 0).input, one("L10", 0).expect);
        let counts = |name: &str| -> Vec<u64> {
            numbers(&input[name])
                .into_iter()
                .map(|n| n as u64)
                .collect()
        };
        assert!(close(gini(&counts("a")).unwrap(), &expect["a"]));
        let one_has_all = gini(&counts("b")).unwrap();
        assert!(close(one_has_all, &expect["b"]));
        assert!(close(one_has_all * 4.0 / 3.0, &expect["b_unbiased"]));

        let example = one("L10", 1);
        let reads: Vec<u64> = numbers(&example.input["shares"])
            .into_iter()
            .map(|share| (share * 100.0).round() as u64)
            .collect();
        let spread = entropy(&reads).unwrap();
        assert!(close(spread, &example.expect["entropy"]));
        assert!(close(spread.exp(), &example.expect["effective"]));
        assert!(close(herfindahl(&reads).unwrap(), &example.expect["hhi"]));
        assert!(close(top_fifth(&reads).unwrap(), &example.expect["top20"]));
    }

    #[test]
    fn the_curve_of_lorenz_is_below_the_even_one() {
        let found = lorenz(&[4, 1, 3, 2], &[1, 2, 3]).unwrap();
        assert_eq!(found, [(0.25, 0.1), (0.5, 0.3), (0.75, 0.6), (1.0, 1.0)]);
        // Twice the area between it and the even one is what Gini's is.
        let mut area = 0.0;
        let mut before = (0.0, 0.0);
        for point in found {
            area += (point.0 - before.0) * (point.1 + before.1);
            before = point;
        }
        assert!((1.0 - area - gini(&[1, 2, 3, 4]).unwrap()).abs() < 1e-12);
        assert_eq!(lorenz(&[0, 0], &[1]), None);
    }

    #[test]
    fn a_fifth_is_rounded_up() {
        assert_eq!(top_fifth(&[1, 1, 1, 1, 1, 5]), Some(0.6));
        assert_eq!(top_fifth(&[7]), Some(1.0));
        assert_eq!(top_fifth(&[0, 0]), None);
        assert_eq!((herfindahl(&[]), herfindahl(&[0])), (None, None));
    }
}
