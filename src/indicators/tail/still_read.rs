//! L4, still read: the share of old write-ups that people read lately.

use polars::prelude::*;

use crate::indicators::assigned::{People, with_and_without};
use crate::indicators::frames::{chosen, counts};
use crate::indicators::observed::read_windows;
use crate::indicators::shapes::{fewest, proportion};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec, WriteupFact};
use crate::model::{DAY_MS, Layer, Millis, Results, Value};

/// L4.
pub(in crate::indicators) struct StillRead;

static SPEC: Spec = Spec {
    code: "L4",
    title: "Still read",
    unit: "share; people per day",
    version: 2,
    layer: Layer::L,
    state: false,
    facts: &["fact_trailing", "fact_late_readers", "fact_counts_only"],
    says: "The share of write-ups older than {late_time} that others still read.",
    definition: "Eligible: dated, observed age >= {late_days} days, not deleted at as_of, its \
        reads observed over the whole of [as_of - {trailing_days} d, as_of), by a source that \
        names readers. k = eligible write-ups with kept reads by at least {min_readers} distinct \
        people in that window; Wilson's 95 % interval. unknown: old write-ups of which no source \
        names readers; not_observed: those that were not watched all through the window. Beside it \
        late reader-days per day: distinct (person, local date) with a read at an age >= \
        {late_days} days in the window, divided by {trailing_days}. It is null where no such read could have been seen: no write-up was that \
        old, there, and watched by a source that names readers at any time of the window. {watched_by_all}",
    caveat: "It moves with the age of the stock: when nobody writes, old write-ups pile up and \
        the share changes by itself. Write-ups are counted, never the readers. Who read is not \
        who learned.",
};

impl Indicator for StillRead {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        let people: [People; 2] = [|totals| totals.readers, |totals| totals.late_readers];
        with_and_without(facts, &people, |facts| still_read(facts, context))
            .map_err(|source| IndicatorError::of("L4", source))
    }
}

fn still_read(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let (as_of, parameters) = (context.as_of, &context.parameters);
    let from = as_of - i64::from(parameters.trailing_days) * DAY_MS;
    let late = i64::from(parameters.late_days) * DAY_MS;
    let old = |writeup: &WriteupFact| standing(writeup, as_of, late);
    let watched = |writeup: &WriteupFact| writeup.reads_observed.covers(from, as_of);

    let eligible = chosen(facts, |writeup| {
        old(writeup) && !writeup.counts_only && watched(writeup)
    });
    let unknown = chosen(facts, |writeup| old(writeup) && writeup.counts_only);
    let not_observed = chosen(facts, |writeup| {
        old(writeup) && !writeup.counts_only && !watched(writeup)
    });

    let read = df!("writeup" => &eligible)?
        .lazy()
        .join(
            facts.trailing.clone().lazy(),
            [col("writeup")],
            [col("writeup")],
            JoinArgs::new(JoinType::Inner),
        )
        .filter(col("readers").gt_eq(lit(parameters.min_readers)))
        .select([len().alias("read")])
        .collect()?;
    let k = counts(&read, "read")?.first().copied().unwrap_or(0);

    let totals = &facts.totals;
    let days = f64::from(parameters.trailing_days);
    let people = [
        totals.late_readers,
        totals.fewest_of_days(totals.late_reader_days),
    ];
    let could_be_seen = facts.writeups.iter().any(|writeup| {
        let late_at = writeup.published_at.map(|published| published + late);
        let windows = read_windows(writeup, as_of);
        let mut parts = windows.0.iter();
        let seen = |late_at: Millis| parts.any(|&(a, b)| a.max(from).max(late_at) < b);
        !writeup.counts_only && late_at.is_some_and(seen)
    });
    let per_day = match (could_be_seen, totals.late_reader_days) {
        (false, 0) => Value::Null,
        (_, reader_days) => Value::from(reader_days as f64 / days).of_people(fewest(&people)),
    };
    Ok(Results::new()
        .with("still_read", proportion(k, eligible.len() as u64))
        .with("unknown", unknown.len())
        .with("not_observed", not_observed.len())
        .with("late_reader_days_per_day", per_day))
}

/// Dated, old enough, and still there.
fn standing(writeup: &WriteupFact, as_of: Millis, late: Millis) -> bool {
    writeup.deleted_at.is_none_or(|deleted| deleted >= as_of)
        && writeup.observed_age(as_of).is_some_and(|age| age >= late)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Windows;
    use crate::indicators::test_support::{context, day, empty, writeup};
    use crate::stats::examples::{close, one};

    #[test]
    fn fits_the_worked_example() {
        let mut facts = empty();
        let old = |id: &str| writeup(id, Some(day(0.0)));
        let mut aggregated = old("aggregated");
        aggregated.counts_only = true;
        let mut deleted = old("deleted");
        deleted.deleted_at = Some(day(390.0));
        let mut outage = old("outage");
        outage.reads_observed = Windows(vec![(day(0.0), day(380.0)), (day(381.0), day(400.0))]);
        let young = writeup("young", Some(day(310.1)));
        facts.writeups = vec![
            old("a"),
            old("b"),
            old("c"),
            aggregated,
            deleted,
            outage,
            young,
            writeup("u", None),
        ];
        facts.trailing = df!(
            "writeup" => [0u32, 1, 4, 5, 6, 7],
            "readers" => [2u64, 3, 9, 9, 9, 9],
        )
        .unwrap();
        facts.totals.late_reader_days = 42;
        facts.totals.late_readers = 7;

        let found = still_read(&facts, &context()).unwrap();
        let Some(Value::Map(share)) = found.get("still_read") else {
            panic!("{found:?}")
        };
        let expect = one("L4", 1).expect;
        for (name, value) in &share.0 {
            match value {
                Value::Int(count) => assert_eq!(Some(*count), expect[name].as_i64(), "{name}"),
                Value::Float(value) => assert!(close(*value, &expect[name]), "{name}"),
                other => panic!("{name} {other:?}"),
            }
        }
        assert_eq!(found.get("unknown"), Some(&Value::Int(1)));
        assert_eq!(found.get("not_observed"), Some(&Value::Int(1)));
        assert_eq!(
            found.get("late_reader_days_per_day"),
            Some(&Value::Float(1.5).of_people(7))
        );
    }

    #[test]
    fn nothing_old_no_share() {
        let found = still_read(&empty(), &context()).unwrap();
        assert_eq!(found.get("still_read"), Some(&Value::Null));
        assert_eq!(found.get("late_reader_days_per_day"), Some(&Value::Null));
    }

    /// Nobody came is known only where somebody would have been seen.
    #[test]
    fn no_late_reader_is_nought_only_where_one_could_be_seen() {
        let per_day = |writeup: WriteupFact| {
            let facts = Facts {
                writeups: vec![writeup],
                ..empty()
            };
            let found = still_read(&facts, &context()).unwrap();
            found
                .get("late_reader_days_per_day")
                .unwrap()
                .bare()
                .clone()
        };
        let old = || writeup("a", Some(day(0.0)));
        assert_eq!(per_day(old()), Value::Float(0.0));
        assert_eq!(per_day(writeup("a", Some(day(310.1)))), Value::Null);
        assert_eq!(per_day(writeup("a", None)), Value::Null);
        for gone in [day(371.0), day(373.0)] {
            let mut deleted = old();
            deleted.deleted_at = Some(gone);
            let seen = gone > day(372.0);
            assert_eq!(per_day(deleted) == Value::Null, !seen, "{gone}");
        }
        let mut counted = old();
        counted.counts_only = true;
        assert_eq!(per_day(counted), Value::Null);
        let mut unwatched = old();
        unwatched.reads_observed = Windows(vec![(day(0.0), day(372.0))]);
        assert_eq!(per_day(unwatched), Value::Null);
    }
}
