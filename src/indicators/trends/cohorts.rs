//! Publication cohorts: what a new template or review format changes, it changes for the write-ups
//! published after it, so their reading is also shown by month of publication.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use polars::prelude::*;

use crate::indicators::frames::{counts, ints, reads_by_age, sums_by_age};
use crate::indicators::observed::comparable_reads;
use crate::indicators::{Context, Facts};
use crate::model::calendar::month_of;

/// The write-ups published in one month.
#[derive(Debug)]
pub(super) struct Cohort {
    /// First day of the month.
    pub(super) first: NaiveDate,
    /// Write-ups, at least one.
    pub(super) writeups: u64,
    /// Their reads at an age in `[late, 2 late)`.
    pub(super) reads: u64,
    /// Distinct people behind them.
    pub(super) people: u64,
}

impl Cohort {
    /// Reads per write-up.
    pub(super) fn per_writeup(&self) -> f64 {
        self.reads as f64 / self.writeups as f64
    }
}

/// The cohorts, oldest first, and how many write-ups are old enough for one and were not watched
/// all the time.
pub(super) fn cohorts(facts: &Facts, context: &Context) -> PolarsResult<(Vec<Cohort>, usize)> {
    let late = context.parameters.late_days;
    let comparable = comparable_reads(facts, context, 2 * late);
    let span = (i64::from(late), 2 * i64::from(late));
    let reads = sums_by_age(reads_by_age(facts), &comparable.writeups, span.0, span.1)?;

    let mut cohorts: BTreeMap<NaiveDate, Cohort> = BTreeMap::new();
    for (&number, (late, _)) in comparable.writeups.iter().zip(reads) {
        let Some(published) = facts.writeups[number as usize].published_at else {
            continue;
        };
        let first = month_of(context.calendar.date(published));
        let cohort = cohorts.entry(first).or_insert(Cohort {
            first,
            writeups: 0,
            reads: 0,
            people: 0,
        });
        cohort.writeups += 1;
        cohort.reads += late as u64;
    }
    let frame = &facts.people_by_cohort;
    for (month, people) in ints(frame, "month")?
        .into_iter()
        .zip(counts(frame, "people")?)
    {
        if let Some(cohort) = month
            .and_then(epoch_date)
            .and_then(|date| cohorts.get_mut(&date))
        {
            cohort.people = people;
        }
    }
    Ok((cohorts.into_values().collect(), comparable.not_yet_observed))
}

/// Months from one month to another.
pub(super) fn months_between(from: NaiveDate, to: NaiveDate) -> i64 {
    let count = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
    count(to) - count(from)
}

/// The date of a day since 1970.
pub(super) fn epoch_date(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(i32::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Windows;
    use crate::indicators::test_support::{context, date, day, read_facts, writeup};

    #[test]
    fn cohorts_take_what_was_watched_for_twice_late() {
        let mut gap = writeup("gap", Some(day(1.0)));
        gap.reads_steady = Windows(vec![(day(2.0), day(400.0))]);
        let writeups = vec![
            writeup("a", Some(day(0.0))),
            writeup("b", Some(day(3.0))),
            gap,
            writeup("c", Some(day(60.0))),
            writeup("young", Some(day(220.1))),
        ];
        let rows = [
            (0, 89.0, 9),
            (0, 90.0, 1),
            (1, 179.0, 2),
            (1, 180.0, 9),
            (2, 100.0, 9),
            (4, 95.0, 9),
        ];
        let mut facts = read_facts(writeups, &rows);
        facts.people_by_cohort = df!("month" => [date(2025, 1, 1)], "people" => [3u64]).unwrap();
        let (found, not_yet_observed) = cohorts(&facts, &context()).unwrap();
        assert_eq!(not_yet_observed, 1);
        let cells: Vec<_> = found
            .iter()
            .map(|cohort| {
                (
                    cohort.first.to_string(),
                    cohort.writeups,
                    cohort.reads,
                    cohort.people,
                )
            })
            .collect();
        assert_eq!(
            cells,
            [
                ("2025-01-01".to_owned(), 2, 3, 3),
                ("2025-03-01".to_owned(), 1, 0, 0)
            ]
        );
        assert_eq!(months_between(found[0].first, found[1].first), 2);
    }
}
