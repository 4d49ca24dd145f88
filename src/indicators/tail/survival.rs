//! L5, survival of readership: how long a write-up keeps being read.

use polars::prelude::PolarsResult;

use super::quiet::clock;
use crate::indicators::shapes::survival;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results};
use crate::stats::KaplanMeier;

/// L5.
pub(in crate::indicators) struct ReadershipSurvival;

/// Ages at which the curve is read off, days.
const DAYS: [u32; 5] = [90, 120, 180, 270, 365];

static SPEC: Spec = Spec {
    code: "L5",
    title: "Survival of readership",
    unit: "probability; days",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &["fact_daily"],
    says: "How long a write-up keeps being read before it goes quiet for {quiet_time}.",
    definition: "The clock starts at publication. A write-up is declared quiet at T, the first age \
        at which {quiet_days} days have passed without a kept read (a gap of exactly {quiet_days} \
        days counts; without any read T = {quiet_days}). If observation ends first (as_of, \
        deletion, or the first gap in watching its reads) it is censored there. Taken in: dated, \
        published write-ups that were being observed at publication; the others are counted as \
        not_yet_observed. Kaplan-Meier S(t) = product of (1 - d/n), events before censorings; 95 % \
        limits by Greenwood on the scale log(-log S), none where S = 0; median = first t with S <= \
        1/2; rmst = area under S up to day {horizon_days}. {watched_by_the_same}",
    caveat: "No write-up can be called quiet before {quiet_time} have gone by. A single read keeps \
        one alive, whoever it was by. A later return is told apart, under write-ups that came \
        back.",
};

impl Indicator for ReadershipSurvival {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        readership(facts, context).map_err(|source| IndicatorError::of("L5", source))
    }
}

fn readership(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let clock = clock(facts, context)?;
    let lives: Vec<(f64, bool)> = clock
        .lives
        .iter()
        .map(|life| (life.days, life.quiet))
        .collect();
    let fit = KaplanMeier::fit(&lives);
    Ok(Results::new()
        .with(
            "readership_survival",
            // One reader's last read, plus 90 days, is when a write-up went quiet.
            survival(&fit, &DAYS, context.parameters.horizon_days, |value| {
                value.of_people(facts.totals.readers)
            }),
        )
        .with("not_yet_observed", clock.not_yet_observed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, empty, read_facts, writeup};
    use crate::model::{Guard, Value};

    fn field(results: &Results, name: &str) -> Value {
        let Some(Value::Map(map)) = results.get("readership_survival") else {
            panic!("{results:?}")
        };
        map.get(name).unwrap().bare().clone()
    }

    #[test]
    fn one_of_two_goes_quiet() {
        let writeups = vec![writeup("a", Some(day(0.0))), writeup("b", Some(day(0.0)))];
        let rows = [
            (0, 10.0, 1),
            (1, 80.0, 1),
            (1, 160.0, 1),
            (1, 240.0, 1),
            (1, 320.0, 1),
        ];
        let found = readership(&read_facts(writeups, &rows), &context()).unwrap();
        assert_eq!(field(&found, "S_90"), Value::Float(1.0));
        assert_eq!(field(&found, "S_120"), Value::Float(0.5));
        assert_eq!(field(&found, "median"), Value::Float(100.0));
        assert_eq!(field(&found, "rmst_365"), Value::Float(100.0 + 0.5 * 265.0));
        assert_eq!(
            (field(&found, "n"), field(&found, "events")),
            (Value::Int(2), Value::Int(1))
        );
        let Value::List(curve) = field(&found, "curve") else {
            panic!("no curve")
        };
        // Every week, and the horizon itself.
        assert_eq!(curve.len(), 54);
    }

    #[test]
    fn one_reader_gives_no_instant_away() {
        let mut facts = read_facts(vec![writeup("a", Some(day(0.0)))], &[(0, 10.25, 1)]);
        facts.totals.readers = 1;
        let found = readership(&facts, &context()).unwrap();
        let Some(Value::Map(curve)) = found.get("readership_survival") else {
            panic!("{found:?}")
        };
        for name in ["S_120", "median", "rmst_365", "curve"] {
            let guarded = matches!(curve.get(name), Some(Value::Guarded(Guard::Count(1), _)));
            assert!(guarded, "{name}");
        }
    }

    #[test]
    fn of_nothing_every_name_is_there() {
        let found = readership(&empty(), &context()).unwrap();
        assert_eq!(field(&found, "S_365_hi"), Value::Null);
        assert_eq!(field(&found, "n"), Value::Int(0));
    }
}
