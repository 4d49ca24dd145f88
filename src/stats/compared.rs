//! Two ratios of sums side by side, each with a standard error between its own clusters: what was before, and
//! what came after.
//!
//! Months of one age window are no clusters of their own: a write-up stays in the window for some months and takes
//! its level along. How much two months share is known from the window, so it is taken into account and not
//! estimated from a dozen months.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::{Ratio, ratio};

/// Fewer clusters than this on one side tell nothing of how much they differ by themselves (INDICATORS L1).
pub const LEAST_CLUSTERS: usize = 5;

/// One of the things that are put together: a month of publication, a calendar month, a review.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cluster {
    /// The month that it lies in; what has no month of its own shares nothing with others.
    pub month: i32,
    /// Its numerator.
    pub num: f64,
    /// Its denominator.
    pub den: f64,
}

/// One side divided by the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// What was before.
    pub before: Ratio,
    /// What came after.
    pub after: Ratio,
    /// `after / before`; `None` where one of them is nought or undefined.
    pub quotient: Option<f64>,
    /// Its 95 % interval; `None` with fewer than five clusters on one side, and where nothing differs within
    /// the sides.
    pub interval: Option<(f64, f64)>,
}

/// Compares the ratio of some clusters after something with that before it. `window` is for how many months the same
/// write-ups are in: 0 where each cluster is of its own ones.
///
/// With q = after / before, the relative variances v of both sides and their degrees of freedom f (see `spread`),
/// the interval is q · exp(∓t √(v_a + v_b)): delta method on the logarithm, t the quantile .975 of Student's with
/// (v_a + v_b)² / (v_a²/f_a + v_b²/f_b) degrees of freedom (Welch and Satterthwaite).
pub fn compared(before: &[Cluster], after: &[Cluster], window: f64) -> Compared {
    let spreads = [before, after].map(|parts| spread(parts, window));
    let [before, after] = [before, after].map(|parts| {
        let pairs: Vec<(f64, f64)> = parts.iter().map(|part| (part.num, part.den)).collect();
        ratio(&pairs, f64::INFINITY)
    });
    let level = |side: &Ratio| side.ratio.filter(|level| *level > 0.0);
    let quotient = level(&before).zip(level(&after)).map(|(b, a)| a / b);
    let enough = before.clusters.min(after.clusters) >= LEAST_CLUSTERS;
    let interval = match (quotient, spreads) {
        (Some(quotient), [Some(b), Some(a)]) if enough => reach(b, a)
            .map(|reach| (quotient * (-reach).exp(), quotient * reach.exp()))
            .filter(|(lo, hi)| lo.is_finite() && hi.is_finite()),
        _ => None,
    };
    Compared {
        before,
        after,
        quotient,
        interval,
    }
}

/// The relative variance of a ratio, and its degrees of freedom.
type Spread = (f64, f64);

fn reach((v_b, f_b): Spread, (v_a, f_a): Spread) -> Option<f64> {
    let variance = v_b + v_a;
    let freedom = variance * variance / (v_b * v_b / f_b + v_a * v_a / f_a);
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(student.inverse_cdf(0.975) * variance.sqrt())
}

/// With S = Σy/Σx, r = y - Sx, R the correlations of the parts and M = I - 11'/n: σ² = r'r / tr(MR), the variance of
/// S is σ² 1'R1 / (Σx)², relative to S², with tr(MR)² / tr(MRMR) degrees of freedom (Satterthwaite). Of parts that
/// share nothing it is the square of [`ratio`]'s standard error, with n - 1.
fn spread(parts: &[Cluster], window: f64) -> Option<Spread> {
    let n = parts.len() as f64;
    let num: f64 = parts.iter().map(|part| part.num).sum();
    let den: f64 = parts.iter().map(|part| part.den).sum();
    let left = |part: &Cluster| part.num - num / den * part.den;
    let squares: f64 = parts.iter().map(|part| left(part).powi(2)).sum();
    let rows: Vec<Vec<f64>> = parts
        .iter()
        .enumerate()
        .map(|(i, one)| {
            let each = parts.iter().enumerate();
            each.map(|(j, other)| match i == j {
                true => 1.0,
                false => shared(one.month.abs_diff(other.month), window),
            })
            .collect()
        })
        .collect();
    let sums: Vec<f64> = rows.iter().map(|row| row.iter().sum()).collect();
    let all: f64 = sums.iter().sum();
    let trace = n - all / n;
    // R is symmetric: the element (i, j) of MR is that of R less the mean of its row j.
    let centred = |i: usize, j: usize| rows[i][j] - sums[j] / n;
    let places = || 0..parts.len();
    let squared: f64 = places()
        .flat_map(|i| places().map(move |j| (i, j)))
        .map(|(i, j)| centred(i, j) * centred(j, i))
        .sum();
    let variance = squares / trace * all / (num * num);
    let freedom = trace * trace / squared;
    (parts.len() >= 2 && variance > 0.0 && variance.is_finite() && freedom > 0.0)
        .then_some((variance, freedom))
}

/// The correlation of two months so far apart, when each write-up is in for `window` months that begin anywhere in
/// a month: what a month holds of it is a trapezium, and this is how it overlaps with itself, c(d) / c(0) with
/// c(d) = G(d+1) - 2 G(d) + G(d-1) and G(x) = (|x+w|³ - 2|x|³ + |x-w|³) / 12.
fn shared(apart: u32, window: f64) -> f64 {
    if window <= 0.0 {
        return 0.0;
    }
    let cube = |x: f64| x.abs().powi(3);
    let twice = |x: f64| (cube(x + window) - 2.0 * cube(x) + cube(x - window)) / 12.0;
    let overlap = |d: f64| twice(d + 1.0) - 2.0 * twice(d) + twice(d - 1.0);
    (overlap(f64::from(apart)) / overlap(0.0)).max(0.0)
}

#[cfg(test)]
mod tests {
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn parts(pairs: &[(f64, f64)]) -> Vec<Cluster> {
        let each = pairs.iter().zip(0..);
        each.map(|(&(num, den), month)| Cluster { month, num, den })
            .collect()
    }

    #[test]
    fn a_doubled_level_is_two_with_its_interval() {
        let before = parts(&[(9.0, 3.0), (4.0, 2.0), (11.0, 4.0), (2.0, 1.0), (14.0, 5.0)]);
        let after: Vec<Cluster> = before
            .iter()
            .map(|part| Cluster {
                num: 2.0 * part.num,
                ..*part
            })
            .collect();
        let found = compared(&before, &after, 0.0);
        assert_eq!(found.quotient, Some(2.0));
        // By hand: S = 40/15, squares of y - S x are 1, 16/9, 1/9, 4/9, 4/9; se = √(5/4 · 34/9) / 15; both sides have
        // four degrees of freedom and the same variance, so eight: t is 2.306.
        let relative = (5.0_f64 / 4.0 * 34.0 / 9.0).sqrt() / 15.0 / (40.0 / 15.0);
        let reach = 2.306_004_135 * relative * 2.0_f64.sqrt();
        let (lo, hi) = found.interval.unwrap();
        assert!((lo - 2.0 * (-reach).exp()).abs() < 1e-8, "{lo}");
        assert!((hi - 2.0 * reach.exp()).abs() < 1e-8, "{hi}");
        // What is shared makes less of it.
        let (lower, higher) = compared(&before, &after, 3.0).interval.unwrap();
        assert!(lower < lo && hi < higher, "{lower} {higher}");
    }

    #[test]
    fn few_clusters_have_no_interval_and_nought_no_quotient() {
        let four = parts(&[(1.0, 2.0), (2.0, 2.0), (1.0, 1.0), (3.0, 2.0)]);
        let five = parts(&[(1.0, 2.0), (2.0, 2.0), (1.0, 1.0), (3.0, 2.0), (1.0, 1.0)]);
        let found = compared(&four, &five, 0.0);
        assert!(found.quotient.is_some() && found.interval.is_none());
        let none = parts(&[(0.0, 1.0); 6]);
        let found = compared(&none, &five, 0.0);
        assert_eq!((found.quotient, found.interval), (None, None));
        assert_eq!(compared(&[], &[], 3.0).after.ratio, None);
        // Months that are all alike do not tell how much months differ.
        let alike = parts(&[(2.0, 1.0); 6]);
        assert_eq!(compared(&alike, &alike, 0.0).interval, None);
    }

    #[test]
    fn a_window_of_three_months_is_shared_by_four() {
        for (apart, expected) in [(0, 1.0), (1, 0.75), (2, 0.375), (3, 0.0625), (4, 0.0)] {
            assert!((shared(apart, 3.0) - expected).abs() < 1e-12, "{apart}");
        }
        assert_eq!(shared(1, 0.0), 0.0);
    }

    /// Months in which write-ups of very different levels, four a month, come of age and leave; nothing
    /// changes. Reads are what is expected of them: chance of its own would only hide what is shared.
    fn unchanged(rng: &mut ChaCha8Rng, months: i32) -> Vec<Cluster> {
        let mut unit = || (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let writeups: Vec<(f64, f64)> = (0..(months + 3) * 4)
            .map(|_| {
                let normal = (0..12).map(|_| unit()).sum::<f64>() - 6.0;
                (unit() * f64::from(months + 3) - 3.0, normal.exp())
            })
            .collect();
        (0..months)
            .map(|month| {
                let from = f64::from(month);
                let (num, den) = writeups.iter().fold((0.0, 0.0), |(num, den), (at, level)| {
                    let here = ((at + 3.0).min(from + 1.0) - at.max(from)).max(0.0);
                    (num + 15.0 * level * here, den + here)
                });
                Cluster { month, num, den }
            })
            .collect()
    }

    #[test]
    fn where_nothing_changed_a_change_is_seldom_found() {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        for after in [12, 8, 5] {
            let found = |window: f64, rng: &mut ChaCha8Rng| {
                let alarms = (0..400).filter(|_| {
                    let all = unchanged(rng, 13 + after);
                    let found = compared(&all[..12], &all[13..], window);
                    found.interval.is_some_and(|(lo, hi)| lo > 1.0 || hi < 1.0)
                });
                alarms.count()
            };
            // 20 of 400 are expected; as if each month were of its own write-ups it is a third.
            let (shared, own) = (found(3.0, &mut rng), found(0.0, &mut rng));
            assert!(shared <= 34, "{after}: {shared}");
            assert!(own >= 80, "{after}: {own}");
        }
    }
}
