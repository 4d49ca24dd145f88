//! R5, engaged time: how long people stay, as a distribution and never as a mean.

use polars::prelude::{DataFrame, PolarsError};

use crate::indicators::frames::{counts, ints};
use crate::indicators::shapes::fewest;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Guard, Layer, Results, Value};
use crate::stats::{Weighted, log_normal, weibull};

/// R5.
pub(in crate::indicators) struct EngagedTime;

static SPEC: Spec = Spec {
    code: "R5",
    title: "Engaged time",
    unit: "seconds",
    version: 1,
    layer: Layer::H,
    state: false,
    facts: &["fact_engaged", "fact_engaged_bins", "fact_engaged_people"],
    says: "How long those who open a write-up stay with it, with the page in front of them.",
    definition: "Over the kept reads of R1 whose engaged time is known and more than 0, each cut at \
        1,800 s: n; geometric mean, median and ninth decile (type 7) in seconds; how \
        many fall between powers of two of a second; a log-normal distribution (mean and standard \
        deviation of the logarithms) and a Weibull distribution, both of largest likelihood, each \
        with its log-likelihood and its distance of Kolmogorov and Smirnov. Reads with an engaged \
        time of 0 are in the histogram only.",
    caveat: "A tab that was forgotten looks like a long read, and a printout like none. Openings \
        that were a mistake, reading and forgotten tabs are three heaps: no curve fits them well, \
        so look at the histogram. Long is not good: a clear write-up is read faster.",
};

impl Indicator for EngagedTime {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        engaged(facts).map_err(|error| IndicatorError::of(SPEC.code, error))
    }
}

fn engaged(facts: &Facts) -> Result<Results, PolarsError> {
    let ms = ints(&facts.engaged, "engaged_ms")?.into_iter();
    let pairs = ms
        .zip(counts(&facts.engaged, "reads")?)
        .filter_map(|(ms, reads)| Some((ms? as f64 / 1000.0, reads)));
    let times = Weighted::new(pairs.collect());
    let guarded = |value: Value| value.of_people(facts.totals.engaged_people);
    let number = |value: Option<f64>| value.map_or(Value::Null, |value| guarded(value.into()));
    let log_normal = log_normal(&times);
    let weibull = weibull(&times);
    let engaged = Results::new()
        // R1 less these is the others.
        .with(
            "n",
            Value::from(times.count()).of_people(fewest(&[
                facts.totals.engaged_people,
                facts.totals.unengaged_people,
            ])),
        )
        .with(
            "geometric_mean_s",
            number(log_normal.map(|fit| fit.mu.exp())),
        )
        .with("median_s", number(times.quantile(0.5)))
        .with("p90_s", number(times.quantile(0.9)))
        .with("lognormal_mu", number(log_normal.map(|fit| fit.mu)))
        .with("lognormal_sigma", number(log_normal.map(|fit| fit.sigma)))
        .with(
            "lognormal_loglik",
            number(log_normal.and_then(|fit| fit.loglik)),
        )
        .with("weibull_shape", number(weibull.map(|fit| fit.shape)))
        .with("weibull_scale", number(weibull.map(|fit| fit.scale)))
        .with("weibull_loglik", number(weibull.map(|fit| fit.loglik)))
        .with(
            "ks_lognormal",
            number(log_normal.and_then(|fit| fit.distance)),
        )
        .with("ks_weibull", number(weibull.map(|fit| fit.distance)))
        .with(
            "histogram",
            histogram(&facts.engaged_bins, facts.totals.untimed_people)?,
        );
    Ok(Results::new().with("engaged", engaged))
}

/// Reads by powers of two of a second; before them those shorter than one, and those of no time at all,
/// which begin and end at 0. R1 less all of them is the reads of which no time is known, by `untimed` people.
fn histogram(bins: &DataFrame, untimed: u64) -> Result<Value, PolarsError> {
    let rows = ints(bins, "power")?
        .into_iter()
        .zip(counts(bins, "reads")?)
        .zip(counts(bins, "people")?);
    let bars = rows.filter_map(|((power, reads), people)| {
        let power = power? as f64;
        let guard = Guard::Cell {
            group: "R5.histogram",
            people,
        };
        let edge = |power: f64| if power < 0.0 { 0.0 } else { power.exp2() };
        let bar = Results::new()
            .with("from_s", edge(power))
            .with("below_s", edge(power + 1.0))
            .with(
                "reads",
                Value::Guarded(guard, Box::new(Value::from(reads).of_people(untimed))),
            );
        Some(Value::Map(bar))
    });
    Ok(Value::List(bars.collect()))
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::*;
    use crate::indicators::test_support::{context, empty, field};
    use crate::stats::examples::{close, numbers, one};

    fn ten(people: u64) -> Facts {
        let seconds = numbers(&one("R5", 0).input["engaged_s"]);
        let ms: Vec<i64> = seconds.iter().map(|s| (s * 1000.0) as i64).collect();
        let mut facts = Facts {
            engaged: df!("engaged_ms" => ms, "reads" => vec![1_u64; 10]).unwrap(),
            engaged_bins:
                df!("power" => [-1_i32, 2, 3], "reads" => [1_u64, 4, 5], "people" => [1_u64, 3, 5])
                    .unwrap(),
            ..empty()
        };
        facts.totals.engaged_people = people;
        facts
    }

    /// R1 is told: what is not told of it here would be theirs.
    #[test]
    fn what_is_left_of_all_reads_is_of_many_or_nobody() {
        let shown = |unengaged: u64, untimed: u64| {
            let mut facts = ten(10);
            facts.totals.unengaged_people = unengaged;
            facts.totals.untimed_people = untimed;
            let results = EngagedTime.compute(&facts, &context()).unwrap();
            let n = field(&results, &["engaged", "n"]).clone();
            let Value::List(bars) = field(&results, &["engaged", "histogram"]) else {
                panic!("no list");
            };
            let Value::Map(bar) = &bars[0] else {
                panic!("no bar");
            };
            let Some(Value::Guarded(_, inner)) = bar.get("reads") else {
                panic!("no guard");
            };
            (n, (**inner).clone())
        };
        let (n, bar) = shown(2, 1);
        assert_eq!(n, Value::Int(10).of_people(2));
        assert_eq!(bar, Value::Int(1).of_people(1));
        assert_eq!(shown(0, 0).0, Value::Int(10).of_people(10));
    }

    #[test]
    fn fits_the_worked_examples() {
        let results = EngagedTime.compute(&ten(10), &context()).unwrap();
        let found = |name: &str| match field(&results, &["engaged", name]).bare() {
            Value::Float(value) => *value,
            other => panic!("{name} {other:?}"),
        };
        for (index, expected, name) in [
            (0, "geometric_mean", "geometric_mean_s"),
            (0, "median", "median_s"),
            (0, "p90", "p90_s"),
            (0, "ln_sd_mle", "lognormal_sigma"),
            (1, "loglik", "weibull_loglik"),
            (1, "lognormal_loglik", "lognormal_loglik"),
        ] {
            let expected = &one("R5", index).expect[expected];
            assert!(close(found(name), expected), "{name} {}", found(name));
        }
        // See the fit's own test.
        let shape = one("R5", 1).expect["shape"].as_f64().unwrap();
        assert!((found("weibull_shape") / shape - 1.0).abs() < 1e-6);
    }

    #[test]
    fn every_number_rests_on_the_people_behind_it() {
        let results = EngagedTime.compute(&ten(3), &context()).unwrap();
        let median = field(&results, &["engaged", "median_s"]);
        assert_eq!(median, Value::Float(32.5).of_people(3));
        let Value::List(bars) = field(&results, &["engaged", "histogram"]) else {
            panic!("no list")
        };
        let Value::Map(first) = &bars[0] else {
            panic!("no map")
        };
        assert_eq!(first.get("from_s"), Some(&Value::Float(0.0)));
        assert_eq!(first.get("below_s"), Some(&Value::Float(1.0)));
        assert!(matches!(
            first.get("reads"),
            Some(Value::Guarded(Guard::Cell { people: 1, .. }, _))
        ));
    }

    #[test]
    fn one_time_that_came_often_has_no_shape() {
        let mut facts = ten(9);
        facts.engaged = df!("engaged_ms" => [5000_i64], "reads" => [40_u64]).unwrap();
        let results = EngagedTime.compute(&facts, &context()).unwrap();
        assert_eq!(field(&results, &["engaged", "weibull_shape"]), Value::Null);
        assert_eq!(field(&results, &["engaged", "ks_lognormal"]), Value::Null);
        assert_eq!(
            field(&results, &["engaged", "lognormal_sigma"]).bare(),
            &Value::Float(0.0)
        );
    }
}
