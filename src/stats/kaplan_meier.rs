//! Kaplan and Meier's survival curve: how long something lasts when much of it is still going on.
//! Averages over what has ended would see the short lives only.

use super::Z95;

/// A fitted curve.
#[derive(Clone, Debug, PartialEq)]
pub struct KaplanMeier {
    /// Lives that went in.
    pub n: usize,
    /// How many of them ended.
    pub events: usize,
    /// One for each time at which a life ended, ascending.
    pub steps: Vec<Step>,
    /// Every time, ended or not, ascending.
    times: Vec<f64>,
}

/// What an end of lives does to the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub time: f64,
    /// Lives still going on just before.
    pub at_risk: usize,
    /// Lives that ended.
    pub events: usize,
    /// The curve from here on.
    pub survival: Survival,
}

/// The curve at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Survival {
    /// The share that lasts longer.
    pub s: f64,
    /// Lower 95 % limit; none where nothing is left.
    pub lo: Option<f64>,
    /// Upper 95 % limit; none where nothing is left.
    pub hi: Option<f64>,
}

/// Before the first event everything lasts, and the limits say so, as in lifelines.
const WHOLE: Survival = Survival {
    s: 1.0,
    lo: Some(1.0),
    hi: Some(1.0),
};

/// Slack at one half: the product that should be exactly ½ comes out a rounding above or below it.
const HALF: f64 = 0.5 + 1e-9;

impl KaplanMeier {
    /// Fits `(duration, ended)` pairs; a life that has not ended is censored at its duration. Where
    /// an end and a censoring fall together the censored life was still at risk. Intervals are
    /// Greenwood's on the scale log(-log S).
    pub fn fit(lives: &[(f64, bool)]) -> Self {
        let mut sorted = lives.to_vec();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let n = sorted.len();
        let mut steps = Vec::new();
        let (mut s, mut greenwood, mut start) = (1.0, 0.0, 0);
        while start < n {
            let time = sorted[start].0;
            let tied = sorted[start..]
                .iter()
                .take_while(|life| life.0 <= time)
                .count()
                .max(1);
            let events = sorted[start..start + tied]
                .iter()
                .filter(|life| life.1)
                .count();
            let at_risk = n - start;
            if events > 0 {
                let (d, risk) = (events as f64, at_risk as f64);
                s *= 1.0 - d / risk;
                greenwood += d / (risk * (risk - d));
                steps.push(Step {
                    time,
                    at_risk,
                    events,
                    survival: limits(s, greenwood),
                });
            }
            start += tied;
        }
        KaplanMeier {
            n,
            events: steps.iter().map(|step| step.events).sum(),
            steps,
            times: sorted.into_iter().map(|life| life.0).collect(),
        }
    }

    /// The curve at `time`, which goes on flat after the last observation; `None` of no lives.
    pub fn at(&self, time: f64) -> Option<Survival> {
        let passed = self.steps.partition_point(|step| step.time <= time);
        (self.n > 0).then(|| {
            passed
                .checked_sub(1)
                .map_or(WHOLE, |last| self.steps[last].survival)
        })
    }

    /// Lives still observed at `time`: as old at least.
    pub fn at_risk(&self, time: f64) -> usize {
        self.n - self.times.partition_point(|&t| t < time)
    }

    /// The first time at which no more than half are left; `None` where it is not reached.
    pub fn median(&self) -> Option<f64> {
        self.steps
            .iter()
            .find(|step| step.survival.s <= HALF)
            .map(|step| step.time)
    }

    /// Mean of the lives cut at `horizon` (restricted mean survival time): the area under the
    /// curve up to there. `None` of no lives.
    pub fn rmst(&self, horizon: f64) -> Option<f64> {
        if self.n == 0 {
            return None;
        }
        let (mut area, mut from, mut s) = (0.0, 0.0, 1.0);
        for step in self.steps.iter().take_while(|step| step.time < horizon) {
            area += s * (step.time - from);
            (from, s) = (step.time, step.survival.s);
        }
        Some(area + s * (horizon - from))
    }
}

/// S^exp(±z·σ), σ² = Greenwood's sum / (ln S)².
fn limits(s: f64, greenwood: f64) -> Survival {
    if s <= 0.0 {
        return Survival {
            s: 0.0,
            lo: None,
            hi: None,
        };
    }
    let spread = Z95 * greenwood.sqrt() / s.ln().abs();
    Survival {
        s,
        lo: Some(s.powf(spread.exp())),
        hi: Some(s.powf((-spread).exp())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{Example, close, numbers, one};

    fn lives(example: &Example) -> Vec<(f64, bool)> {
        let ended = numbers(&example.input["E"]).into_iter().map(|e| e > 0.0);
        numbers(&example.input["T"])
            .into_iter()
            .zip(ended)
            .collect()
    }

    /// Checks every `S_…`, `median`, `rmst_365`, `n` and `events` of the expected map.
    fn check(expect: &serde_json::Value, lives: &[(f64, bool)]) {
        let fit = KaplanMeier::fit(lives);
        for (name, value) in expect.as_object().unwrap() {
            let found = match name.as_str() {
                "n" => Some(fit.n as f64),
                "events" => Some(fit.events as f64),
                "median" => fit.median(),
                "rmst_365" => fit.rmst(365.0),
                "answered_7d" => Some(1.0 - fit.at(7.0).unwrap().s),
                point => {
                    let mut parts = point.split('_').skip(1);
                    let at = fit.at(parts.next().unwrap().parse().unwrap()).unwrap();
                    match parts.next() {
                        None => Some(at.s),
                        Some("lo") => at.lo,
                        _ => at.hi,
                    }
                }
            };
            assert!(
                found.is_some_and(|found| close(found, value)),
                "{name}: {found:?} {value}"
            );
        }
    }

    #[test]
    fn fits_the_worked_examples() {
        let quiet = one("L5", 0);
        let first: Vec<(f64, bool)> = quiet.expect["T_event"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (pair[0].as_f64().unwrap(), pair[1].as_u64() == Some(1)))
            .collect();
        check(&quiet.expect["km"], &first);
        for example in [one("L5", 1), one("L13", 1), one("K3", 0)] {
            check(&example.expect, &lives(&example));
        }
        let answers = [
            (0.2, true),
            (1.5, true),
            (30.0, true),
            (2.0, false),
            (10.0, false),
            (400.0, false),
        ];
        check(&one("C4", 0).expect, &answers);
    }

    #[test]
    fn before_the_first_event_all_last() {
        let fit = KaplanMeier::fit(&[(5.0, true), (9.0, false)]);
        assert_eq!(fit.at(4.9), Some(WHOLE));
        assert_eq!(fit.at_risk(5.0), 2);
        assert_eq!(fit.at_risk(5.1), 1);
    }

    #[test]
    fn where_nothing_is_left_there_is_no_interval() {
        let fit = KaplanMeier::fit(&[(1.0, true), (2.0, true)]);
        assert_eq!(
            fit.at(2.0),
            Some(Survival {
                s: 0.0,
                lo: None,
                hi: None
            })
        );
        assert_eq!(fit.median(), Some(1.0));
        assert_eq!(fit.rmst(10.0), Some(1.5));
    }

    #[test]
    fn of_nothing_nothing() {
        let fit = KaplanMeier::fit(&[]);
        assert_eq!(
            (fit.at(1.0), fit.median(), fit.rmst(1.0), fit.at_risk(0.0)),
            (None, None, None, 0)
        );
    }
}
