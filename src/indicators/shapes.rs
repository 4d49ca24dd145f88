//! The shapes in which results are written, the same for every indicator: `k` of `n` with its
//! interval, a ratio over clusters, a survival curve; and the guards of what rests on people.

use crate::model::{Guard, Results, Value};
use crate::stats::{KaplanMeier, Ratio, bootstrap, sorted_median, wilson};

/// Fewer clusters than this have no interval.
const MIN_CLUSTERS: usize = 5;

/// The step of drawn survival curves, days.
const CURVE_STEP: u32 = 7;

/// The people on both sides of a share, for suppression.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sides {
    /// Distinct people in the numerator.
    pub(super) with: u64,
    /// Distinct people in the complement. Where the share counts days or presences, somebody may
    /// stand on both sides.
    pub(super) without: u64,
    /// Distinct people in all.
    pub(super) all: u64,
}

impl Sides {
    /// A value that tells how the people split: withheld when either side is too few.
    pub(super) fn share(self, value: impl Into<Value>) -> Value {
        value
            .into()
            .share_of_people(self.with, self.with + self.without)
    }

    /// A value that tells how many there are.
    pub(super) fn total(self, value: impl Into<Value>) -> Value {
        value.into().of_people(self.all)
    }
}

/// The smallest number of people that is anybody at all: a value that rests on several groups is
/// withheld when one of them is too few. 0 where all are empty.
pub(crate) fn fewest(people: &[u64]) -> u64 {
    people
        .iter()
        .copied()
        .filter(|&people| people > 0)
        .min()
        .unwrap_or(0)
}

/// How many people stand for certain behind `counted` of `all` reads, when `people` stand behind
/// all of them: those left out may each be the only read of somebody. At least one where anybody
/// may be, none where nothing is counted.
pub(super) fn people_in_value(people: u64, all: u64, counted: u64) -> u64 {
    if people == 0 || counted == 0 {
        return 0;
    }
    people.saturating_sub(all.saturating_sub(counted)).max(1)
}

/// `k` of `n` with Wilson's interval; null where `n` is 0.
pub(super) fn proportion(k: u64, n: u64) -> Value {
    wilson(k, n).map_or(Value::Null, |found| {
        Results::new()
            .with("k", found.k)
            .with("n", found.n)
            .with("p", found.p)
            .with("lo", found.lo)
            .with("hi", found.hi)
            .into()
    })
}

/// The same where people stand behind it.
pub(super) fn people_proportion(k: u64, n: u64, people: Sides) -> Value {
    wilson(k, n).map_or(Value::Null, |found| {
        Results::new()
            .with("k", people.share(found.k))
            .with("n", people.total(found.n))
            .with("p", people.share(found.p))
            .with("lo", people.share(found.lo))
            .with("hi", people.share(found.hi))
            .into()
    })
}

/// A ratio over clusters. Below five clusters there is a ratio and no interval. `guard` wraps what
/// tells the split (everything but the denominator), `total` the denominator.
pub(super) fn clustered(
    found: &Ratio,
    guard: impl Fn(Value) -> Value,
    total: impl Fn(Value) -> Value,
) -> Results {
    let enough = found.clusters >= MIN_CLUSTERS;
    let optional = |value: Option<f64>| value.map_or(Value::Null, |value| guard(value.into()));
    let limit = |value: Option<f64>| optional(value.filter(|_| enough));
    Results::new()
        .with("num", guard(found.num.into()))
        .with("den", total(found.den.into()))
        .with("clusters", found.clusters)
        .with("ratio", optional(found.ratio))
        .with("se", limit(found.se))
        .with("lo", limit(found.lo))
        .with("hi", limit(found.hi))
}

/// The curve at these days (`S_90`, `S_90_lo`, `S_90_hi`, …), the median, the mean of lives cut at
/// `horizon`, how many lives and ends, and the drawn curve in steps of a week and at the horizon.
/// `guard` wraps all but the numbers of lives and ends.
pub(super) fn survival(
    fit: &KaplanMeier,
    days: &[u32],
    horizon: u32,
    guard: impl Fn(Value) -> Value,
) -> Results {
    let results = survival_at(fit, days, &guard);
    let optional = |value: Option<f64>| value.map_or(Value::Null, |value| guard(value.into()));
    results
        .with("median", optional(fit.median()))
        .with(
            format!("rmst_{horizon}"),
            optional(fit.rmst(f64::from(horizon))),
        )
        .with("n", fit.n)
        .with("events", fit.events)
        .with("curve", guard(curve(fit, horizon).into()))
}

/// The curve at these days alone: `S_90`, `S_90_lo`, `S_90_hi`, and so on.
pub(super) fn survival_at(
    fit: &KaplanMeier,
    days: &[u32],
    guard: impl Fn(Value) -> Value,
) -> Results {
    let optional = |value: Option<f64>| value.map_or(Value::Null, |value| guard(value.into()));
    let mut results = Results::new();
    for &day in days {
        let point = fit.at(f64::from(day));
        results = results
            .with(format!("S_{day}"), optional(point.map(|point| point.s)))
            .with(
                format!("S_{day}_lo"),
                optional(point.and_then(|point| point.lo)),
            )
            .with(
                format!("S_{day}_hi"),
                optional(point.and_then(|point| point.hi)),
            );
    }
    results
}

fn curve(fit: &KaplanMeier, horizon: u32) -> Vec<Results> {
    let days = (0..horizon)
        .step_by(CURVE_STEP as usize)
        .chain(std::iter::once(horizon));
    curve_at(fit, days)
}

/// The curve on each of these days, with its limits and how many are followed so far.
pub(super) fn curve_at(fit: &KaplanMeier, days: impl Iterator<Item = u32>) -> Vec<Results> {
    days.filter_map(|day| {
        let point = fit.at(f64::from(day))?;
        Some(
            Results::new()
                .with("day", day)
                .with("S", point.s)
                .with("lo", point.lo)
                .with("hi", point.hi)
                .with("at_risk", fit.at_risk(f64::from(day))),
        )
    })
    .collect()
}

/// A number as it is told where people are withheld (k over 1): in whole hundredths, since all its digits
/// together may tell the few numbers that it was made of.
pub(super) fn in_hundredths(value: f64, k: u32) -> f64 {
    match k {
        0 | 1 => value,
        _ => (value * 100.0).round() / 100.0,
    }
}

/// The same in two digits, whatever its size.
pub(super) fn in_two_digits(value: f64, k: u32) -> f64 {
    if k <= 1 || value == 0.0 || !value.is_finite() {
        return value;
    }
    // Powers of ten are exact this way round, and the quotient has the two digits alone.
    let places = 1 - value.abs().log10().floor() as i32;
    let power = 10_f64.powi(places.abs());
    match places < 0 {
        true => (value / power).round() * power,
        false => (value * power).round() / power,
    }
}

/// A number that may be missing, guarded by [`Guard::Count`] where it is there.
pub(super) fn guarded(value: Option<f64>, people: u64) -> Value {
    match value {
        Some(value) => Value::Guarded(Guard::Count(people), Box::new(value.into())),
        None => Value::Null,
    }
}

/// The same where the value counts people itself: how many came to the middle one of the reviews. Fewer
/// than k are some review's own number, and where the sum is known the middle of few tells all of them.
pub(super) fn guarded_middle(value: Option<f64>, many: usize, people: u64) -> Value {
    let whole = value.filter(|value| *value > 0.0).map(f64::floor);
    // Below one it is half of somebody.
    let own = whole.map_or(0, |whole| whole.max(1.0) as u64);
    match guarded_median(value, many, people) {
        Value::Null => Value::Null,
        value => value.of_people(own),
    }
}

/// The limits of a median over meetings or write-ups (INDICATORS T8), lower and upper, each guarded as the
/// median itself is; there are none below eight.
pub(super) fn limits_of_median(
    values: &[f64],
    guard: impl Fn(Option<f64>) -> Value,
) -> (Value, Value) {
    limits_of(values, sorted_median, guard)
}

/// The same of another statistic, which is given values in ascending order.
pub(super) fn limits_of(
    values: &[f64],
    statistic: impl Fn(&[f64]) -> Option<f64>,
    guard: impl Fn(Option<f64>) -> Value,
) -> (Value, Value) {
    let found = bootstrap(values, statistic);
    (
        guard(found.and_then(|found| found.lo)),
        guard(found.and_then(|found| found.hi)),
    )
}

/// The median or a quartile over `many` meetings or write-ups, with `people` behind them: too few
/// of either and it is one of them that is told.
pub(super) fn guarded_median(value: Option<f64>, many: usize, people: u64) -> Value {
    match guarded(value, people) {
        Value::Null => Value::Null,
        value => value.of_at_least(many as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_their_last_digits_where_people_are_withheld() {
        assert_eq!(in_hundredths(0.123_456, 1), 0.123_456);
        assert_eq!(in_hundredths(0.123_456, 5), 0.12);
        for (value, told) in [
            (12_345.0, 12_000.0),
            (22.6, 23.0),
            (0.0123, 0.012),
            (-4.449, -4.4),
            (0.0, 0.0),
            (9.99, 10.0),
        ] {
            assert_eq!(in_two_digits(value, 5), told);
            assert_eq!(in_two_digits(value, 1), value);
        }
    }
}
