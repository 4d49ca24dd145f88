//! Efron's bootstrap, bias-corrected and accelerated (BCa): the interval of a median, a mean or a Gini
//! coefficient, for which there is no formula that holds.

use std::f64::consts::SQRT_2;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::function::erf::{erfc, erfc_inv};

use super::Z95;

/// Resamples: with 9,999 the limits are order statistics of ten thousand parts.
const RESAMPLES: usize = 9_999;
/// Fewer values than this say too little of what they were drawn from.
pub const BOOTSTRAP_LEAST: usize = 8;
/// The same values give the same limits, today and tomorrow.
const SEED: u64 = 0x5245_4144_4241_434b;

/// A statistic with its interval, or its range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrapped {
    /// The statistic of the values.
    pub value: f64,
    /// Lower 95 % limit; `None` below eight values, or where no resample has the statistic.
    pub lo: Option<f64>,
    /// Upper 95 % limit.
    pub hi: Option<f64>,
}

/// The statistic of the values and its BCa limits (Efron 1987, as SciPy computes them) from 9,999
/// resamples of whole values. `statistic` is given values in ascending order, and may have none. The
/// limits depend on the values alone: not on their order, nor on anything else that was computed.
pub fn bootstrap(
    values: &[f64],
    statistic: impl Fn(&[f64]) -> Option<f64>,
) -> Option<Bootstrapped> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let value = statistic(&sorted)?;
    let limits = (sorted.len() >= BOOTSTRAP_LEAST)
        .then(|| limits(&sorted, value, &statistic))
        .flatten();
    Some(Bootstrapped {
        value,
        lo: limits.map(|limits| limits.0),
        hi: limits.map(|limits| limits.1),
    })
}

fn limits(
    sorted: &[f64],
    value: f64,
    statistic: impl Fn(&[f64]) -> Option<f64>,
) -> Option<(f64, f64)> {
    let mut resampled = resampled(sorted, &statistic);
    if resampled.is_empty() {
        return None;
    }
    resampled.sort_unstable_by(f64::total_cmp);
    let many = resampled.len() as f64;
    let below = resampled.partition_point(|other| *other < value) as f64;
    let until = resampled.partition_point(|other| *other <= value) as f64;
    // Half of what is equal counts as below; never all or none of it, which would have no quantile.
    let share = ((below + until) / (2.0 * many)).clamp(0.5 / many, 1.0 - 0.5 / many);
    let bias = normal_quantile(share);
    let acceleration = acceleration(sorted, statistic);
    let place = |z: f64| {
        let moved = bias + z;
        let level = normal(bias + moved / (1.0 - acceleration * moved));
        of_sorted(&resampled, level)
    };
    Some((place(-Z95), place(Z95)))
}

/// The statistic of every resample that has one.
fn resampled(sorted: &[f64], statistic: impl Fn(&[f64]) -> Option<f64>) -> Vec<f64> {
    let n = sorted.len();
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let (mut drawn, mut resample) = (vec![0_u32; n], Vec::with_capacity(n));
    let mut found = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        drawn.fill(0);
        for _ in 0..n {
            // The high half of a product: uniform to one part in 2^64 / n.
            let place = (u128::from(rng.next_u64()) * n as u128) >> 64;
            drawn[place as usize] += 1;
        }
        // In order without sorting.
        resample.clear();
        for (&value, &times) in sorted.iter().zip(&drawn) {
            resample.extend(std::iter::repeat_n(value, times as usize));
        }
        found.extend(statistic(&resample));
    }
    found
}

/// By leaving out one value after the other: Σ d³ / (6 (Σ d²)^1.5), 0 where leaving out changes nothing.
fn acceleration(sorted: &[f64], statistic: impl Fn(&[f64]) -> Option<f64>) -> f64 {
    let mut left = sorted[1..].to_vec();
    let mut found = Vec::with_capacity(sorted.len());
    for place in 0..sorted.len() {
        if place > 0 {
            left[place - 1] = sorted[place - 1];
        }
        found.extend(statistic(&left));
    }
    let mean = found.iter().sum::<f64>() / found.len() as f64;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for distance in found.iter().map(|one| mean - one) {
        squares += distance.powi(2);
        cubes += distance.powi(3);
    }
    match squares > 0.0 {
        true => cubes / (6.0 * squares.powf(1.5)),
        false => 0.0,
    }
}

fn normal(z: f64) -> f64 {
    erfc(-z / SQRT_2) / 2.0
}

fn normal_quantile(p: f64) -> f64 {
    -SQRT_2 * erfc_inv(2.0 * p)
}

/// Quantile of type 7 of values in order.
fn of_sorted(sorted: &[f64], q: f64) -> f64 {
    let last = sorted.len() - 1;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let low = place.floor() as usize;
    let high = (low + 1).min(last);
    sorted[low] + (sorted[high] - sorted[low]) * (place - low as f64)
}

/// The mean of values in any order.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The median of values in ascending order.
pub fn sorted_median(sorted: &[f64]) -> Option<f64> {
    (!sorted.is_empty()).then(|| of_sorted(sorted, 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{numbers, one};
    use crate::stats::{median, quantile};

    #[test]
    fn fits_the_worked_example() {
        let example = one("T8", 0);
        let found = bootstrap(&numbers(&example.input["x"]), mean).unwrap();
        // The resamples are others than SciPy's: to within five per cent.
        for (name, value) in [
            ("mean", found.value),
            ("lo", found.lo.unwrap()),
            ("hi", found.hi.unwrap()),
        ] {
            let expected = example.expect[name].as_f64().unwrap();
            assert!(
                (value - expected).abs() <= 0.05 * expected,
                "{name} {value}"
            );
        }
    }

    #[test]
    fn the_order_of_values_does_not_matter() {
        let values = [3.0, 0.0, 1.0, 7.0, 2.0, 0.0, 4.0, 21.0, 5.0];
        let mut turned = values;
        turned.reverse();
        assert_eq!(
            bootstrap(&values, sorted_median),
            bootstrap(&turned, sorted_median)
        );
    }

    #[test]
    fn seven_values_have_no_interval() {
        let found = bootstrap(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], sorted_median).unwrap();
        assert_eq!((found.value, found.lo, found.hi), (4.0, None, None));
        assert_eq!(bootstrap(&[], mean), None);
    }

    #[test]
    fn equal_values_are_sure() {
        let found = bootstrap(&[2.0; 9], mean).unwrap();
        assert_eq!((found.lo, found.hi), (Some(2.0), Some(2.0)));
    }

    #[test]
    fn a_true_mean_lies_inside_as_often_as_it_should() {
        // 40 samples of 30 exponential values of mean 1, from another seed.
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut unit = || (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let inside = (0..40)
            .filter(|_| {
                let sample: Vec<f64> = (0..30).map(|_| -(1.0 - unit()).ln()).collect();
                let found = bootstrap(&sample, mean).unwrap();
                found.lo.unwrap() <= 1.0 && 1.0 <= found.hi.unwrap()
            })
            .count();
        // 95 of 100 for large samples; 92 to 94 for so skewed ones of thirty.
        assert!(inside >= 34, "{inside} of 40");
    }

    #[test]
    fn medians_are_those_of_type_seven() {
        for values in [&[1.0, 2.0, 4.0, 9.0][..], &[5.0], &[1.0, 3.0, 8.0]] {
            assert_eq!(sorted_median(values), median(values));
            assert_eq!(of_sorted(values, 0.3), quantile(values, 0.3).unwrap());
        }
    }
}
