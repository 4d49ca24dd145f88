//! A smooth line through scattered points, which follows them where they bend: for the eye, no test.

/// Lines are fitted to this part of the points, those that are nearest.
const SPAN: f64 = 2.0 / 3.0;

/// Fewer points than this have no course.
const LEAST: usize = 10;

/// Deviations smaller than this are none.
const NONE: f64 = 1e-12;

/// LOESS of `(x, y)`: the value on the line at each distinct x, in order of x; nothing below ten points or
/// three distinct x.
///
/// At each x a straight line is fitted by least squares to the nearest two thirds of the points, each with
/// the tricube weight (1 - (d / h)³)³ of its distance d, h = the distance of the farthest of them. Where all
/// of those stand at x itself it is their mean. The first step of Cleveland (1979), *Robust locally weighted
/// regression and smoothing scatterplots*, without the robust ones that follow. Units of y.
pub fn loess(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<(f64, f64)> = points
        .iter()
        .copied()
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    // Also y, so that sums do not depend on the order in which points come.
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut places: Vec<f64> = sorted.iter().map(|point| point.0).collect();
    places.dedup();
    if sorted.len() < LEAST || places.len() < 3 {
        return Vec::new();
    }
    let near = (SPAN * sorted.len() as f64 + 1e-10) as usize;
    let each = places.into_iter();
    each.map(|x| (x, at(x, &sorted, near))).collect()
}

/// The value at `x` of the line through the `near` points that are nearest.
fn at(x: f64, points: &[(f64, f64)], near: usize) -> f64 {
    let mut distances: Vec<f64> = points.iter().map(|point| (point.0 - x).abs()).collect();
    distances.sort_by(f64::total_cmp);
    let reach = distances
        .get(near.saturating_sub(1))
        .copied()
        .unwrap_or(0.0);
    let weight = |place: f64| match (place - x).abs() {
        0.0 => 1.0,
        distance if distance < reach => (1.0 - (distance / reach).powi(3)).powi(3),
        _ => 0.0,
    };
    let weighed: Vec<(f64, f64, f64)> = points
        .iter()
        .map(|(place, y)| (weight(*place), *place, *y))
        .collect();
    let sum = |of: fn(&(f64, f64, f64)) -> f64| weighed.iter().fold(0.0, |sum, one| sum + of(one));
    let all = sum(|(w, _, _)| *w);
    let (middle, mean) = (sum(|(w, x, _)| w * x) / all, sum(|(w, _, y)| w * y) / all);
    let spread = weighed
        .iter()
        .fold(0.0, |sum, (w, x, _)| sum + w * (x - middle).powi(2));
    if spread < NONE {
        return mean;
    }
    let together = weighed
        .iter()
        .fold(0.0, |sum, (w, x, y)| sum + w * (x - middle) * (y - mean));
    mean + together / spread * (x - middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `statsmodels.nonparametric.lowess(y, x, frac=2/3, it=0)`.
    #[test]
    fn is_what_another_implementation_finds() {
        let y = [
            1.2, 0.7, 2.9, 3.1, 2.2, 4.8, 5.5, 4.1, 6.9, 7.2, 6.4, 5.0, 4.4, 3.9, 2.5,
        ];
        let expected = [
            1.6560209212452803,
            1.7430784268980648,
            2.001865044783841,
            2.4258187329262393,
            3.0038872232431277,
            3.7178385649200663,
            4.558437542429463,
            5.439277866711839,
            6.001284679299201,
            6.034474535270834,
            5.742150180742035,
            5.251559434450805,
            4.488243605838619,
            3.637813882264374,
            2.704267911049321,
        ];
        let points: Vec<(f64, f64)> = (0_u32..)
            .map(f64::from)
            .map(|n| n * n / 10.0)
            .zip(y)
            .collect();
        let found = loess(&points);
        assert_eq!(found.len(), expected.len());
        for ((_, found), expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        let mut turned = points;
        turned.reverse();
        assert_eq!(loess(&turned), found);
    }

    #[test]
    fn a_straight_line_stays_one_and_a_crowd_has_its_mean() {
        let line: Vec<(f64, f64)> = (0..12)
            .map(|n| (f64::from(n), 3.0 * f64::from(n) - 1.0))
            .collect();
        for (x, y) in loess(&line) {
            assert!((y - (3.0 * x - 1.0)).abs() < 1e-9, "{x} {y}");
        }
        // All but three stand at 1, so the nearest two thirds of it do.
        let crowd = (0..9).map(|n| (1.0, f64::from(n)));
        let crowd: Vec<(f64, f64)> = crowd.chain([(0.0, 9.0), (2.0, 9.0), (3.0, 9.0)]).collect();
        let found = loess(&crowd);
        assert_eq!(found.len(), 4);
        assert!((found[1].1 - 4.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn few_have_no_course() {
        let points: Vec<(f64, f64)> = (0..9).map(|n| (f64::from(n), 1.0)).collect();
        assert!(loess(&points).is_empty());
        let two: Vec<(f64, f64)> = (0..20).map(|n| (f64::from(n % 2), 1.0)).collect();
        assert!(loess(&two).is_empty());
    }
}
