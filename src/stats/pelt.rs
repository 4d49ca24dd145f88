//! PELT: several changes of level at once, by exact optimal partitioning that leaves out what can never
//! be the best (Killick, Fearnhead and Eckley 2012).

use super::quantile::median;

/// The shortest segment.
const SHORTEST: usize = 2;

/// Segments of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Pelt {
    /// What one more segment costs.
    pub penalty: f64,
    /// The noise between neighbours.
    pub sigma: f64,
    /// Where each segment after the first begins, counted from 0.
    pub breaks: Vec<usize>,
}

/// The segments of least Σ Σ (x - mean)² + penalty · (segments - 1), each of two values at least, with
/// penalty = 2 σ² ln n and σ = 1.4826 · MAD(Δx)/√2, which changes of level hardly move (INDICATORS T5).
/// `None` of fewer than three values, and where σ is 0: without noise every step would be a break.
pub fn pelt(values: &[f64]) -> Option<Pelt> {
    let differences: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if differences.len() < 2 {
        return None;
    }
    let middle = median(&differences)?;
    let deviations: Vec<f64> = differences.iter().map(|d| (d - middle).abs()).collect();
    let sigma = 1.4826 * median(&deviations)? / std::f64::consts::SQRT_2;
    if sigma <= 0.0 {
        return None;
    }
    let penalty = 2.0 * sigma * sigma * (values.len() as f64).ln();
    Some(Pelt {
        penalty,
        sigma,
        breaks: partition(values, penalty),
    })
}

/// The best breaks for a penalty. Of several as good the one whose last segment begins first.
fn partition(values: &[f64], penalty: f64) -> Vec<usize> {
    let n = values.len();
    let costs = Costs::new(values);
    // The least cost of the first t values, and where their last segment begins.
    let mut best = vec![f64::INFINITY; n + 1];
    let mut begins = vec![0; n + 1];
    best[0] = -penalty;
    // Where the last segment may begin; and, once it can't any more, from which end on: a start that is
    // worse than a break at t stays until a segment from t on is long enough.
    let mut starts: Vec<(usize, usize)> = Vec::new();
    for end in SHORTEST..=n {
        let newest = end - SHORTEST;
        if best[newest].is_finite() {
            starts.push((newest, usize::MAX));
        }
        starts.retain(|&(_, until)| end < until);
        let mut sums = Vec::with_capacity(starts.len());
        for &(start, _) in &starts {
            let sum = best[start] + costs.of(start, end);
            sums.push(sum);
            if sum + penalty < best[end] {
                best[end] = sum + penalty;
                begins[end] = start;
            }
        }
        for ((_, until), sum) in starts.iter_mut().zip(sums) {
            if sum > best[end] {
                *until = (*until).min(end + SHORTEST);
            }
        }
    }
    let mut breaks = Vec::new();
    let mut end = n;
    while begins[end] > 0 {
        end = begins[end];
        breaks.push(end);
    }
    breaks.reverse();
    breaks
}

/// Squared distances from the mean, for any stretch.
struct Costs {
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Costs {
    fn new(values: &[f64]) -> Self {
        // Less the mean of all: sums of squares of large values would swallow small differences.
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let (mut sums, mut squares) = (vec![0.0], vec![0.0]);
        let (mut sum, mut square) = (0.0, 0.0);
        for value in values.iter().map(|value| value - mean) {
            sum += value;
            square += value * value;
            sums.push(sum);
            squares.push(square);
        }
        Costs { sums, squares }
    }

    fn of(&self, start: usize, end: usize) -> f64 {
        let sum = self.sums[end] - self.sums[start];
        let squares = self.squares[end] - self.squares[start];
        (squares - sum * sum / (end - start) as f64).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{close, each, numbers};

    #[test]
    fn fits_the_worked_examples() {
        for example in each().into_iter().filter(|example| example.id == "T5") {
            let found = pelt(&numbers(&example.input["y"])).unwrap();
            let expect = &example.expect;
            assert!(close(found.penalty, &expect["penalty"]), "{found:?}");
            assert!(close(found.sigma, &expect["sigma_mad"]), "{found:?}");
            let breaks: Vec<f64> = found.breaks.iter().map(|&at| at as f64).collect();
            assert_eq!(breaks, numbers(&expect["breaks"]));
        }
    }

    #[test]
    fn edges() {
        assert_eq!(pelt(&[]), None);
        assert_eq!(pelt(&[1.0, 2.0]), None);
        // Without noise there is nothing to tell a step from.
        assert_eq!(pelt(&[3.0; 20]), None);
    }

    fn cost_of(values: &[f64], breaks: &[usize], penalty: f64) -> f64 {
        let ends = breaks.iter().copied().chain([values.len()]);
        let mut start = 0;
        let mut cost = penalty * breaks.len() as f64;
        for end in ends {
            let own = &values[start..end];
            let mean = own.iter().sum::<f64>() / own.len() as f64;
            cost += own.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
            start = end;
        }
        cost
    }

    /// Every way to cut a series into pieces of two values at least.
    fn every_way(n: usize) -> Vec<Vec<usize>> {
        let cuts = |set: u32| {
            (1..n)
                .filter(move |at| set >> at & 1 == 1)
                .collect::<Vec<_>>()
        };
        let long = |breaks: &Vec<usize>| {
            let ends: Vec<usize> = [0]
                .into_iter()
                .chain(breaks.iter().copied())
                .chain([n])
                .collect();
            ends.windows(2).all(|pair| pair[1] - pair[0] >= SHORTEST)
        };
        (0..1_u32 << n).step_by(2).map(cuts).filter(long).collect()
    }

    proptest! {
        #[test]
        fn nothing_is_better(
            values in prop::collection::vec(-20_i8..20, 4..13),
            penalty in 0.01_f64..200.0,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let breaks = partition(&values, penalty);
            let found = cost_of(&values, &breaks, penalty);
            for way in every_way(values.len()) {
                let other = cost_of(&values, &way, penalty);
                prop_assert!(found <= other + 1e-9, "{:?} {} {:?} {}", breaks, found, way, other);
            }
        }
    }
}
