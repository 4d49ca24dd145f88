//! The Weibull distribution of largest likelihood. A shape below 1 is negative aging: the longer
//! somebody stays, the less likely they leave (Liu, White, Dumais, SIGIR 2010).

use super::Weighted;

/// A fitted Weibull distribution with its origin at 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weibull {
    /// Its shape.
    pub shape: f64,
    /// Its scale, in the unit of the values.
    pub scale: f64,
    /// Logarithm of the likelihood.
    pub loglik: f64,
    /// Distance of Kolmogorov and Smirnov.
    pub distance: f64,
}

/// Fits positive values; `None` unless two of them differ.
///
/// The shape k is the root of `Σ xᵏ ln x / Σ xᵏ - 1/k - mean ln x`, which rises with k: Newton's
/// method inside a bracket that every step narrows. Values are divided by the largest first, so
/// that no power overflows.
pub fn weibull(values: &Weighted) -> Option<Weibull> {
    let pairs = values.pairs();
    let (least, largest) = (pairs.first()?.0, pairs.last()?.0);
    if least <= 0.0 || pairs.len() < 2 {
        return None;
    }
    let logs: Vec<(f64, f64)> = pairs
        .iter()
        .map(|&(x, times)| ((x / largest).ln(), times as f64))
        .collect();
    let n = values.count() as f64;
    let mean = logs.iter().map(|&(y, times)| times * y).sum::<f64>() / n;
    let shape = root(&logs, mean)?;
    let powers: f64 = logs
        .iter()
        .map(|&(y, times)| times * (shape * y).exp())
        .sum();
    let scale = largest * (powers / n).powf(1.0 / shape);
    let mean_log = mean + largest.ln();
    // At the maximum the powers of x/scale add up to n.
    let loglik = n * (shape.ln() - shape * scale.ln() + (shape - 1.0) * mean_log - 1.0);
    let distance = values.distance(|x| -(-(x / scale).powf(shape)).exp_m1())?;
    (shape.is_finite() && scale > 0.0).then_some(Weibull {
        shape,
        scale,
        loglik,
        distance,
    })
}

/// The shape at which the likelihood's slope is 0; `logs` are at most 0, with their numbers.
fn root(logs: &[(f64, f64)], mean: f64) -> Option<f64> {
    let at = |k: f64| {
        let (mut s0, mut s1, mut s2) = (0.0, 0.0, 0.0);
        for &(y, times) in logs {
            let power = times * (k * y).exp();
            s0 += power;
            s1 += power * y;
            s2 += power * y * y;
        }
        let value = s1 / s0 - 1.0 / k - mean;
        let slope = s2 / s0 - (s1 / s0).powi(2) + 1.0 / (k * k);
        (value, slope)
    };
    let (mut below, mut above) = (0.0, f64::INFINITY);
    let mut k = 1.0;
    for _ in 0..200 {
        let (value, slope) = at(k);
        if value < 0.0 {
            below = k;
        } else {
            above = k;
        }
        let newton = k - value / slope;
        let next = if newton.is_finite() && newton > below && newton < above {
            newton
        } else if above.is_finite() {
            f64::midpoint(below, above)
        } else {
            2.0 * k
        };
        let step = (next - k).abs();
        k = next;
        if step <= 1e-15 * k {
            return Some(k);
        }
    }
    (k.is_finite() && k > 0.0).then_some(k)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{close, numbers, one};

    #[test]
    fn fits_the_worked_example() {
        let example = one("R5", 1);
        let times = numbers(&example.input["engaged_s"]);
        let fit = weibull(&Weighted::new(times.into_iter().map(|x| (x, 1)).collect())).unwrap();
        assert!(close(fit.loglik, &example.expect["loglik"]), "{fit:?}");
        for (name, found) in [("shape", fit.shape), ("scale", fit.scale)] {
            // The example's own search stopped six digits in, where the likelihood is flat.
            let expected = example.expect[name].as_f64().unwrap();
            assert!((found / expected - 1.0).abs() < 1e-6, "{name} {found}");
        }
    }

    #[test]
    fn what_does_not_vary_has_no_shape() {
        assert_eq!(weibull(&Weighted::new(vec![(5.0, 9)])), None);
        assert_eq!(weibull(&Weighted::new(vec![(0.0, 1), (5.0, 9)])), None);
        assert_eq!(weibull(&Weighted::default()), None);
    }

    proptest! {
        /// No shape nearby is likelier, whatever came and however often.
        #[test]
        fn nothing_near_is_likelier(
            pairs in prop::collection::vec((1_u32..1_800_000, 1_u64..1_000), 2..40),
        ) {
            let values = Weighted::new(
                pairs.into_iter().map(|(ms, times)| (f64::from(ms) / 1000.0, times)).collect());
            prop_assume!(values.pairs().len() > 1);
            let fit = weibull(&values).unwrap();
            let loglik = |k: f64| {
                let n = values.count() as f64;
                let scale = values.mean(|x| x.powf(k)).unwrap().powf(1.0 / k);
                let mean_log = values.mean(f64::ln).unwrap();
                n * (k.ln() - k * scale.ln() + (k - 1.0) * mean_log - 1.0)
            };
            prop_assert!((0.0..=1.0).contains(&fit.distance));
            for k in [fit.shape * 0.99, fit.shape * 1.01] {
                let other = loglik(k);
                if other.is_finite() {
                    prop_assert!(fit.loglik >= other - 1e-9 * other.abs(), "{} {}", fit.loglik, other);
                }
            }
        }
    }
}
