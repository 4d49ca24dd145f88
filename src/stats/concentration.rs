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
    fn a_fifth_is_rounded_up() {
        assert_eq!(top_fifth(&[1, 1, 1, 1, 1, 5]), Some(0.6));
        assert_eq!(top_fifth(&[7]), Some(1.0));
        assert_eq!(top_fifth(&[0, 0]), None);
        assert_eq!((herfindahl(&[]), herfindahl(&[0])), (None, None));
    }
}
