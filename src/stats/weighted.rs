//! Values that came several times: sorted, each with its number. What a million engaged times are
//! after their milliseconds were counted.

/// Values in ascending order, each with how often it came; none of them 0 times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weighted(Vec<(f64, u64)>);

impl Weighted {
    /// From pairs of a value and its number, in any order; a value may stand in several.
    pub fn new(mut pairs: Vec<(f64, u64)>) -> Self {
        pairs.retain(|pair| pair.1 > 0);
        pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut merged: Vec<(f64, u64)> = Vec::with_capacity(pairs.len());
        for (value, times) in pairs {
            match merged.last_mut() {
                Some(last) if last.0 == value => last.1 += times,
                _ => merged.push((value, times)),
            }
        }
        Weighted(merged)
    }

    /// The pairs, ascending.
    pub fn pairs(&self) -> &[(f64, u64)] {
        &self.0
    }

    /// How many values came, repetitions counted.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|pair| pair.1).sum()
    }

    /// The mean of what `of` makes of the values; `None` of nothing.
    pub fn mean(&self, of: impl Fn(f64) -> f64) -> Option<f64> {
        let n = self.count();
        let sum: f64 = self.0.iter().map(|&(x, times)| times as f64 * of(x)).sum();
        (n > 0).then(|| sum / n as f64)
    }

    /// The `q`-quantile of type 7, of the values written out.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let last = self.count().checked_sub(1)?;
        let place = last as f64 * q.clamp(0.0, 1.0);
        let below = place.floor();
        let a = self.nth(below as u64)?;
        let b = self.nth((below as u64 + 1).min(last))?;
        Some(a + (b - a) * (place - below))
    }

    fn nth(&self, place: u64) -> Option<f64> {
        let mut passed = 0;
        self.0
            .iter()
            .find(|&&(_, times)| {
                passed += times;
                place < passed
            })
            .map(|&(value, _)| value)
    }

    /// The distance of Kolmogorov and Smirnov: the furthest that the share of values up to some x
    /// is from `cdf(x)`. `None` of nothing.
    pub fn distance(&self, cdf: impl Fn(f64) -> f64) -> Option<f64> {
        let n = self.count() as f64;
        let mut passed = 0;
        self.0
            .iter()
            .map(|&(x, times)| {
                let before = passed as f64 / n;
                passed += times;
                let f = cdf(x);
                (f - before).max(passed as f64 / n - f)
            })
            .reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{close, numbers, one};

    #[test]
    fn fits_the_worked_examples() {
        let example = one("R5", 0);
        let times = Weighted::new(
            numbers(&example.input["engaged_s"])
                .into_iter()
                .map(|x| (x, 1))
                .collect(),
        );
        for (name, found) in [
            ("median", times.quantile(0.5)),
            ("p90", times.quantile(0.9)),
            ("geometric_mean", times.mean(f64::ln).map(f64::exp)),
        ] {
            assert!(
                close(found.unwrap(), &example.expect[name]),
                "{name} {found:?}"
            );
        }
    }

    #[test]
    fn nothing_has_no_middle_and_no_distance() {
        let nothing = Weighted::new(vec![(3.0, 0)]);
        assert_eq!(nothing.quantile(0.5), None);
        assert_eq!(nothing.mean(|x| x), None);
        assert_eq!(nothing.distance(|_| 0.5), None);
    }

    #[test]
    fn the_distance_looks_at_both_sides_of_a_step() {
        // Against the uniform distribution on [0, 1]: before 0.8 nothing has come, after it all.
        let late = Weighted::new(vec![(0.8, 3)]);
        assert!((late.distance(|x| x).unwrap() - 0.8).abs() < 1e-15);
        let early = Weighted::new(vec![(0.1, 2)]);
        assert!((early.distance(|x| x).unwrap() - 0.9).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn is_what_the_values_written_out_are(
            pairs in prop::collection::vec((0_u32..50, 0_u64..5), 0..40),
            q in 0.0..=1.0_f64,
        ) {
            let pairs: Vec<(f64, u64)> =
                pairs.into_iter().map(|(x, times)| (f64::from(x), times)).collect();
            let mut written: Vec<f64> =
                pairs.iter().flat_map(|&(x, times)| vec![x; times as usize]).collect();
            written.sort_unstable_by(f64::total_cmp);
            let expected = written.len().checked_sub(1).map(|last| {
                let place = last as f64 * q;
                let below = place.floor() as usize;
                let (a, b) = (written[below], written[(below + 1).min(last)]);
                a + (b - a) * (place - place.floor())
            });
            prop_assert_eq!(Weighted::new(pairs).quantile(q), expected);
        }
    }
}
