//! T3, seasonality: is it the calendar?

use polars::prelude::PolarsResult;

use super::comparisons::Family;
use super::series::{Tested, series};
use super::week::around;
use crate::indicators::frames::{counts, ints};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{Direction, seasonal, weekday_factors};

/// T3.
pub(in crate::indicators) struct Seasons;

/// Fewer months than this have no two of a kind to compare for each month of the year.
const MIN_MONTHS: usize = 24;
/// Months of a year.
const YEAR: usize = 12;
/// A weekday needs so many days.
const MIN_DAYS: usize = 8;

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

static SPEC: Spec = Spec {
    code: "T3",
    title: "Seasons: months and weekdays",
    unit: "Z; p; units a year; factor",
    version: 2,
    layer: Layer::L,
    state: false,
    facts: &[
        "fact_daily",
        "fact_edits",
        "fact_people_by_month",
        "fact_people_by_cohort",
        "fact_people_by_weekday",
    ],
    says: "Whether late reading still changes when each month is compared with the same month of other \
        years, and on which weekdays people read.",
    definition: "Seasonal Mann-Kendall test (Hirsch-Slack) of both series that T1 tests (months = T0's \
        window_per_100, which is a rate per working day; cohorts = its per_writeup): S = sum over the twelve \
        months of the year of the rises less the falls among that month's values, var_s = sum of the twelve \
        variances with ties, z = (S -/+ 1) / sqrt(var_s), p two-sided; the verdict is rising or falling where \
        p, judged with the other tests of T7, is < 0.05, otherwise no clear trend. slope_per_year = median of the slopes between values of one month of \
        the year. Fewer than 24 values: too early, no test. weekdays: factor = median over days of reads of the \
        day / mean of the seven days around it, of write-ups observed on all seven; days around which \
        nobody read have none, and a weekday with fewer than 8 days has no factor. 1 is a day like any other.",
    caveat: "The test takes months of one year to be independent of each other; where they resemble their \
        neighbours it errs more often than five times in a hundred, so read it with T1. With two years each \
        month has one pair only. Holidays of one site count for all.",
};

impl Indicator for Seasons {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        seasons(facts, context).map_err(|source| IndicatorError::of("T3", source))
    }
}

fn seasons(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let series = series(facts, context)?;
    let family = Family::of(facts, context)?;
    let guarded = |of: &str, series: Tested| {
        Value::from(test(&series, family.adjusted("T3", of))).of_people(series.people)
    };
    Ok(Results::new()
        .with("months", guarded("months", series.by_month()))
        .with("cohorts", guarded("cohorts", series.by_cohort()))
        .with("weekdays", weekdays(facts, context)?))
}

/// The seasonal test of a series that is long enough.
pub(super) fn tested(series: &Tested) -> Option<crate::stats::Seasonal> {
    seasonal(&series.points, YEAR).filter(|found| found.n >= MIN_MONTHS)
}

/// `adjusted`: the p that is left beside the other tests of T7.
fn test(series: &Tested, adjusted: Option<f64>) -> Results {
    let found = tested(series);
    let verdict = found.map(|found| match adjusted {
        Some(p) => Direction::of(found.s, p),
        None => found.verdict,
    });
    Results::new()
        .with("n", series.points.len())
        .with("S", found.map(|found| found.s))
        .with("var_s", found.map(|found| found.var_s))
        .with("z", found.map(|found| found.z))
        .with("p", found.map(|found| found.p))
        .with(
            "slope_per_year",
            found.and_then(|found| found.slope_per_period),
        )
        .with("verdict", verdict.map_or("too early", Direction::words))
}

fn weekdays(facts: &Facts, context: &Context) -> PolarsResult<Vec<Results>> {
    let factors = weekday_factors(&around(facts, context)?);
    let mut people = [0; 7];
    let frame = &facts.people_by_weekday;
    for (weekday, count) in ints(frame, "weekday")?
        .into_iter()
        .zip(counts(frame, "people")?)
    {
        let place = weekday.and_then(|weekday| usize::try_from(weekday).ok());
        if let Some(own) = place.and_then(|place| people.get_mut(place)) {
            *own = count;
        }
    }
    let each = WEEKDAYS.into_iter().zip(factors).zip(people);
    Ok(each
        .map(|((weekday, found), people)| {
            let factor = found.factor.filter(|_| found.days >= MIN_DAYS);
            Results::new()
                .with("weekday", weekday)
                .with("days", found.days)
                .with("factor", Value::from(factor).cell("weekday", people))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, field, read_facts, writeup};
    use crate::model::Guard;
    use polars::prelude::df;

    #[test]
    fn twenty_three_months_are_too_early() {
        let facts = read_facts(
            (0..40)
                .map(|n| writeup(&format!("w{n}"), Some(day(f64::from(n) * 30.0 - 1200.0))))
                .collect(),
            &[(3, 100.0, 4), (20, 120.0, 9)],
        );
        let found = series(&facts, &context()).unwrap();
        let mut tested = found.by_month();
        assert!(tested.points.len() > 24);
        assert_eq!(
            field(&test(&tested, None), &["verdict"]),
            Value::from("no clear trend")
        );
        tested.points.truncate(23);
        let early = test(&tested, None);
        assert_eq!(field(&early, &["verdict"]), Value::from("too early"));
        assert_eq!(field(&early, &["n"]), Value::Int(23));
        assert_eq!(field(&early, &["p"]), Value::Null);
    }

    #[test]
    fn a_week_without_weekends() {
        // 2025-01-01 is a Wednesday: ages 5 and 6 are Monday and Tuesday.
        let rows: Vec<(u32, f64, u64)> = (3..95)
            .filter(|day| !matches!((day + 2) % 7, 5 | 6))
            .map(|day| (0, f64::from(day), if (day + 2) % 7 == 0 { 12 } else { 6 }))
            .collect();
        let mut facts = read_facts(vec![writeup("a", Some(day(0.0)))], &rows);
        facts.people_by_weekday = df!("weekday" => [0i32, 1], "people" => [9u64, 3]).unwrap();
        let found = weekdays(&facts, &context()).unwrap();
        assert_eq!(field(&found[0], &["weekday"]), Value::from("Monday"));
        // A week holds 36 reads.
        let factor = |place: usize| field(&found[place], &["factor"]).bare().clone();
        assert_eq!(factor(0), Value::Float(12.0 * 7.0 / 36.0));
        assert_eq!(factor(1), Value::Float(6.0 * 7.0 / 36.0));
        assert_eq!(factor(6), Value::Float(0.0));
        let Value::Guarded(guard, _) = field(&found[1], &["factor"]) else {
            panic!("{found:?}")
        };
        assert_eq!(
            guard,
            Guard::Cell {
                group: "weekday",
                people: 3
            }
        );
    }

    #[test]
    fn seven_days_of_a_kind_are_too_few() {
        let rows: Vec<(u32, f64, u64)> = (0..50).map(|day| (0, f64::from(day), 2)).collect();
        let mut short = writeup("a", Some(day(0.0)));
        // Seven weeks and six days: seven of each weekday have three days on either side.
        short.reads_observed = crate::indicators::Windows(vec![(day(0.0), day(55.0))]);
        let found = weekdays(&read_facts(vec![short], &rows), &context()).unwrap();
        assert!(
            found
                .iter()
                .all(|one| field(one, &["days"]) == Value::Int(7))
        );
        assert!(
            found
                .iter()
                .all(|one| *field(one, &["factor"]).bare() == Value::Null)
        );
    }
}
