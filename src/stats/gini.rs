//! The Gini coefficient: how unevenly something is shared out.

/// The mean difference of all pairs, as a share of twice the mean: 0 where all have the same, (n-1)/n
/// where one has it all. `None` of fewer than two, and where there is nothing to share.
pub fn gini(values: &[u64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let total: u128 = sorted.iter().map(|value| u128::from(*value)).sum();
    let n = sorted.len() as u128;
    if n < 2 || total == 0 {
        return None;
    }
    let ranked: u128 = (1_u128..)
        .zip(&sorted)
        .map(|(rank, value)| rank * u128::from(*value))
        .sum();
    // In order, 2 Σ rank·x is never less than (n + 1) Σ x.
    Some((2 * ranked - (n + 1) * total) as f64 / (n * total) as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{close, numbers, one};

    #[test]
    fn fits_the_worked_examples() {
        let example = one("A5", 0);
        let spoke: Vec<u64> = numbers(&example.input["spoke_s"])
            .into_iter()
            .map(|s| (s * 1000.0) as u64)
            .collect();
        assert!(close(gini(&spoke).unwrap(), &example.expect["gini"]));
        let expect = one("A5", 1).expect;
        assert!(close(gini(&[100; 6]).unwrap(), &expect["equal"]));
        assert!(gini(&[0; 6]).is_none() && expect["silent"].is_null());
    }

    #[test]
    fn one_alone_shares_with_nobody() {
        assert_eq!(gini(&[7]), None);
        assert_eq!(gini(&[]), None);
        assert_eq!(gini(&[0, 0, 0, 9]), Some(0.75));
    }

    proptest! {
        #[test]
        fn it_is_the_mean_difference(values in prop::collection::vec(0_u64..10_000_000, 2..30)) {
            let n = values.len() as f64;
            let mean = values.iter().sum::<u64>() as f64 / n;
            prop_assume!(mean > 0.0);
            let pairs = values.iter().flat_map(|a| values.iter().map(move |b| a.abs_diff(*b)));
            let expected = pairs.sum::<u64>() as f64 / (2.0 * n * n * mean);
            prop_assert!((gini(&values).unwrap() - expected).abs() < 1e-9);
        }
    }
}
