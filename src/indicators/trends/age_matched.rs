//! T0, the age-matched series: late reading by month and by publication cohort, made comparable.

use polars::prelude::PolarsResult;

use super::cohorts::Cohort;
use super::series::{Month, series};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};

/// T0.
pub(in crate::indicators) struct AgeMatched;

static SPEC: Spec = Spec {
    code: "T0",
    title: "Age-matched late reading",
    unit: "reads per 100 write-up-working-days; reads per write-up",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &[
        "fact_daily",
        "fact_people_by_month",
        "fact_people_by_cohort",
    ],
    says: "Whether write-ups of the same age are read more than they used to be.",
    definition: "By complete local month. late_reads = kept reads at an age >= {late_days} days, \
        window_reads = those at an age in [{late_days}, {late_days_twice}) days, weekends \
        included, on days whose whole length lies in a window in which the write-up's reads were \
        observed. exposure = sum over the month's working days (Monday to Friday less holidays) of \
        the write-ups with published_at + {late_days} d <= local midnight of the day, not deleted \
        by then, observed all day; window_exposure the same with local midnight < published_at + \
        {late_days_twice} d. per_100 = 100 * reads / exposure, null without exposure. late_readers \
        = distinct people with such a read in the month, observed days or not. Cohorts: by local \
        month of publication, write-ups whose reads were observed without a gap for their first \
        {late_days_twice} days; per_writeup = reads at an age in [{late_days}, {late_days_twice}) \
        days / write-ups; months without such write-ups are left out. not_yet_observed counts \
        write-ups old enough for a cohort but not observed whole. {watched_by_all}",
    caveat: "Totals of late reading grow with every new write-up, and the average over all ages \
        falls as the stock grows older; so only write-ups of {late_window}, and those published in \
        one month, are compared from month to month. The age of a write-up, the time of year and \
        the month it was written can't be told apart all three at once.",
};

impl Indicator for AgeMatched {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        age_matched(facts, context).map_err(|source| IndicatorError::of("T0", source))
    }
}

fn age_matched(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let series = series(facts, context)?;
    Ok(Results::new()
        .with(
            "series",
            series.months.iter().map(month).collect::<Vec<_>>(),
        )
        .with(
            "cohorts",
            series.cohorts.iter().map(cohort).collect::<Vec<_>>(),
        )
        .with("not_yet_observed", series.not_yet_observed))
}

/// What T0 tells of each month in the window, of a part of the write-ups.
pub(in crate::indicators) fn window_months(
    facts: &Facts,
    context: &Context,
) -> PolarsResult<Vec<Results>> {
    let series = series(facts, context)?;
    let months = series.months.iter().map(|Month { first, window, .. }| {
        let told = |value: Value| value.of_people(window.certain);
        Results::new()
            .with("month", first.format("%Y-%m").to_string())
            .with("window_reads", told(window.reads.into()))
            .with("window_exposure", window.exposure)
            .with("window_per_100", told(window.per_100().into()))
    });
    Ok(months.collect())
}

fn month(month: &Month) -> Results {
    let Month {
        first,
        working_days,
        late,
        window,
    } = month;
    let late_cell = |value: Value| value.cell("late", late.certain);
    let window_cell = |value: Value| value.cell("window", window.certain);
    Results::new()
        .with("month", first.format("%Y-%m").to_string())
        .with("late_reads", late_cell(late.reads.into()))
        .with("late_readers", late_cell(late.people.into()))
        .with("working_days", *working_days)
        .with("exposure", late.exposure)
        .with("per_100", late_cell(late.per_100().into()))
        .with("window_reads", window_cell(window.reads.into()))
        .with("window_exposure", window.exposure)
        .with("window_per_100", window_cell(window.per_100().into()))
}

fn cohort(cohort: &Cohort) -> Results {
    let cell = |value: Value| value.cell("cohort", cohort.people);
    Results::new()
        .with("month", cohort.first.format("%Y-%m").to_string())
        .with("writeups", cohort.writeups)
        .with("reads_90_180", cell(cohort.reads.into()))
        .with("per_writeup", cell(cohort.per_writeup().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, date, day, read_facts, writeup};
    use polars::prelude::df;

    #[test]
    fn months_rest_on_the_people_behind_them() {
        let mut facts = read_facts(
            vec![writeup("a", Some(day(0.0)))],
            &[(0, 95.0, 11), (0, 240.0, 3)],
        );
        facts.people_by_month =
            df!("month" => [date(2025, 4, 1)], "late" => [6u64], "window" => [2u64]).unwrap();
        let found = age_matched(&facts, &context()).unwrap();
        let Some(Value::List(months)) = found.get("series") else {
            panic!("{found:?}")
        };
        let Value::Map(april) = &months[0] else {
            panic!("{months:?}")
        };
        assert_eq!(april.get("month"), Some(&Value::Text("2025-04".to_owned())));
        assert_eq!(
            april.get("late_reads"),
            Some(&Value::Int(11).cell("late", 6))
        );
        assert_eq!(
            april.get("per_100"),
            Some(&Value::Float(50.0).cell("late", 6))
        );
        assert_eq!(
            april.get("window_per_100"),
            Some(&Value::Float(50.0).cell("window", 2))
        );
    }
}
