//! Pettitt's test: did the level of a series change once, and after which value?

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pettitt {
    /// The largest |U|.
    pub k: f64,
    /// The last value of the old level, counted from 0; the first where several are as good.
    pub last_before: usize,
    /// Approximate two-sided p; good below one half.
    pub p: f64,
}

/// Pettitt (1979): U_t = Σ_{i≤t<j} sgn(x_i - x_j) = 2 Σ_{i≤t} rank_i - t(n + 1), ties with their middle
/// rank; K = max |U|, p ≈ min(1, 2 exp(-6K²/(n³ + n²))). `None` of fewer than two values.
pub fn pettitt(values: &[f64]) -> Option<Pettitt> {
    let n = values.len();
    if n < 2 {
        return None;
    }
    let ranks = twice_ranks(values);
    let (mut u, mut k, mut last_before) = (0i64, -1i64, 0);
    for (place, rank) in ranks.iter().enumerate().take(n - 1) {
        u += rank - (n as i64 + 1);
        if u.abs() > k {
            (k, last_before) = (u.abs(), place);
        }
    }
    let (k, n) = (k as f64, n as f64);
    Some(Pettitt {
        k,
        last_before,
        p: (2.0 * (-6.0 * k * k / (n.powi(3) + n.powi(2))).exp()).min(1.0),
    })
}

/// Twice the middle rank of every value: 2 (values below) + (values as large) + 1.
fn twice_ranks(values: &[f64]) -> Vec<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = |value: &f64| {
        let below = sorted.partition_point(|other| other < value);
        let until = sorted.partition_point(|other| other <= value);
        (below + until + 1) as i64
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{close, each, numbers};

    #[test]
    fn fits_the_worked_examples() {
        for example in each().into_iter().filter(|example| example.id == "T4") {
            let found = pettitt(&numbers(&example.input["y"])).unwrap();
            let expect = &example.expect;
            assert!(close(found.k, &expect["K"]), "{found:?}");
            assert!(close(found.p, &expect["p_approx"]), "{found:?}");
            let last = expect["last_index_before"].as_u64().unwrap();
            assert_eq!(found.last_before as u64, last);
            assert_eq!(expect["cp"].as_u64().unwrap(), last + 1);
        }
    }

    #[test]
    fn edges() {
        assert_eq!(pettitt(&[]), None);
        assert_eq!(pettitt(&[1.0]), None);
        let flat = pettitt(&[2.0; 6]).unwrap();
        assert_eq!((flat.k, flat.last_before, flat.p), (0.0, 0, 1.0));
    }

    proptest! {
        #[test]
        fn ranks_are_the_double_sum(values in prop::collection::vec(0_u8..9, 2..25)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let u = |t: usize| -> f64 {
                let pairs = values[..=t].iter().flat_map(|a| values[t + 1..].iter().map(move |b| (a, b)));
                pairs.map(|(a, b)| f64::from(i8::from(a > b) - i8::from(a < b))).sum()
            };
            let all: Vec<f64> = (0..values.len() - 1).map(|t| u(t).abs()).collect();
            let k = all.iter().copied().fold(0.0, f64::max);
            let found = pettitt(&values).unwrap();
            prop_assert_eq!(found.k, k);
            prop_assert_eq!(found.last_before, all.iter().position(|u| *u == k).unwrap());
        }
    }
}
