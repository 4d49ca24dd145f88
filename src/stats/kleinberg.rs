//! Bursts of a stream, by Kleinberg's automaton of two states for batches (KDD 2002): in a burst, twice as large
//! a share of all that happens falls to what is watched. The cheapest sequence of states is found exactly, by
//! Viterbi's dynamic programming.

/// How much larger the share is in a burst.
const SCALE: f64 = 2.0;

/// What it costs to go up, in units of `ln n`.
const GAMMA: f64 = 1.0;

/// No share is larger.
const MOST: f64 = 0.9999;

/// Sequences that differ by less cost the same: sums in another order end otherwise.
const SLACK: f64 = 1e-9;

/// The bursts of one stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Bursts {
    /// The usual share.
    pub p0: f64,
    /// The share in a burst.
    pub p1: f64,
    /// How many batches.
    pub n: usize,
    /// In order.
    pub bursts: Vec<Burst>,
}

/// One burst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// Its first batch, from 0 on.
    pub begin: usize,
    /// Its last one.
    pub end: usize,
    /// What it saves against the usual share, nats.
    pub weight: f64,
}

/// The bursts of batches `(relevant, all)`. Costs are `-[r ln p + (d-r) ln(1-p)]`, nothing where `d` is 0;
/// going up costs `γ ln n`, going down nothing; the sequence starts low, and of two that cost the same the
/// lower state is taken. `None` where nothing is relevant, or all is.
pub fn kleinberg(batches: &[(u64, u64)]) -> Option<Bursts> {
    let (relevant, all) = batches
        .iter()
        .fold((0, 0), |(r, d), batch| (r + batch.0, d + batch.1));
    if relevant == 0 {
        return None;
    }
    let p0 = relevant as f64 / all as f64;
    let p1 = (SCALE * p0).min(MOST);
    if p0 >= p1 {
        return None;
    }
    let saved: Vec<f64> = batches
        .iter()
        .map(|batch| cost(*batch, p0) - cost(*batch, p1))
        .collect();
    let up = GAMMA * (batches.len() as f64).ln();
    let high = states(&saved, up);
    let mut bursts: Vec<Burst> = Vec::new();
    for (at, _) in high.iter().enumerate().filter(|(_, high)| **high) {
        match bursts.last_mut() {
            Some(last) if last.end + 1 == at => {
                last.end = at;
                last.weight += saved[at];
            }
            _ => bursts.push(Burst {
                begin: at,
                end: at,
                weight: saved[at],
            }),
        }
    }
    Some(Bursts {
        p0,
        p1,
        n: batches.len(),
        bursts,
    })
}

fn cost((relevant, all): (u64, u64), p: f64) -> f64 {
    let others = all.saturating_sub(relevant);
    -(relevant as f64 * p.ln() + others as f64 * (-p).ln_1p())
}

/// Which batches are in the high state, on the cheapest way. `saved` is what the high state saves in each; so
/// the low state costs nothing.
fn states(saved: &[f64], up: f64) -> Vec<bool> {
    // Of each batch, whether the cheapest way to either state comes from the high one.
    let mut from_high: Vec<[bool; 2]> = Vec::with_capacity(saved.len());
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    for saved in saved {
        let down = high < low - SLACK;
        let stays = high < low + up - SLACK;
        from_high.push([down, stays]);
        let next_low = if down { high } else { low };
        let next_high = if stays { high } else { low + up };
        (low, high) = (next_low, next_high - saved);
    }
    let mut is_high = high < low - SLACK;
    let mut way = vec![false; saved.len()];
    for (at, from) in from_high.iter().enumerate().rev() {
        way[at] = is_high;
        is_high = from[usize::from(is_high)];
    }
    way
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{close, numbers, one};

    #[test]
    fn fits_the_worked_examples() {
        for at in 0..2 {
            let example = one("L9", at);
            let counts = |name: &str| numbers(&example.input[name]).into_iter().map(|n| n as u64);
            let batches: Vec<(u64, u64)> = counts("r").zip(counts("d")).collect();
            let found = kleinberg(&batches).unwrap();
            let expect = &example.expect;
            assert!(close(found.p0, &expect["p0"]) && close(found.p1, &expect["p1"]));
            assert_eq!(Some(found.n as u64), expect["n"].as_u64());
            let bursts = expect["bursts"].as_array().unwrap();
            assert_eq!(found.bursts.len(), bursts.len());
            for (found, expected) in found.bursts.iter().zip(bursts) {
                assert_eq!(Some(found.begin as u64), expected["begin"].as_u64());
                assert_eq!(Some(found.end as u64), expected["end"].as_u64());
                assert!(close(found.weight, &expected["weight"]));
            }
        }
    }

    #[test]
    fn nothing_and_everything_have_no_bursts() {
        assert_eq!(kleinberg(&[]), None);
        assert_eq!(kleinberg(&[(0, 0), (0, 40)]), None);
        assert_eq!(kleinberg(&[(3, 3), (2, 2)]), None);
        assert_eq!(kleinberg(&[(9_999, 10_000), (9_999, 10_000)]), None);
    }

    #[test]
    fn a_week_of_nothing_ends_no_burst() {
        let found = kleinberg(&[(0, 90), (9, 30), (0, 0), (9, 30), (0, 90), (0, 90)]).unwrap();
        assert_eq!(found.bursts.len(), 1);
        assert_eq!((found.bursts[0].begin, found.bursts[0].end), (1, 3));
    }

    proptest! {
        /// Of all sequences none is cheaper.
        #[test]
        fn no_sequence_is_cheaper(
            batches in prop::collection::vec((0_u64..12, 0_u64..30), 1..11),
        ) {
            let batches: Vec<(u64, u64)> = batches.into_iter().map(|(r, more)| (r, r + more)).collect();
            let Some(found) = kleinberg(&batches) else { return Ok(()) };
            let up = (batches.len() as f64).ln();
            let price = |high: &dyn Fn(usize) -> bool| -> f64 {
                let of = |at: usize| {
                    let went_up = high(at) && (at == 0 || !high(at - 1));
                    cost(batches[at], if high(at) { found.p1 } else { found.p0 })
                        + if went_up { up } else { 0.0 }
                };
                (0..batches.len()).map(of).sum()
            };
            let own = price(&|at| found.bursts.iter().any(|b| b.begin <= at && at <= b.end));
            for way in 0_u32..(1 << batches.len()) {
                prop_assert!(own <= price(&|at| way >> at & 1 == 1) + 1e-6);
            }
        }
    }
}
