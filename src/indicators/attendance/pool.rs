//! What a number over several reviews may tell by its change (INDICATORS P1). Of one review only its total and
//! who need not have come are told, but a number taken before it and after tells the rest of it: whether the one
//! person came who had accepted. So a number is withheld as long as those whom it counts in the reviews of the
//! last week are few, those of earlier ones with which they became many aside; and how many came in all waits
//! until they are many.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, Days, NaiveDate};
use polars::prelude::*;

use crate::indicators::Context;
use crate::indicators::frames::ints;
use crate::model::{DAY_MS, Millis};

/// So long what few people changed is held back.
const WEEK: Millis = 7 * DAY_MS;

/// A year, and which of its quarters.
pub(super) type Quarter = (i32, u32);

/// The quarter of an instant.
pub(super) fn quarter(at: Millis, context: &Context) -> Quarter {
    let date = context.calendar.date(at);
    (date.year(), date.month0() / 3)
}

/// Whether a review that was held then may still be told by what it changed.
pub(crate) fn is_new(at: Millis, context: &Context) -> bool {
    context.k > 1 && context.as_of - at < WEEK
}

/// Who came before this instant may be told as somebody who came for the first time: months come in when they are
/// over for a week.
pub(crate) fn months_until(context: &Context) -> Millis {
    if context.k <= 1 {
        return context.as_of;
    }
    let week = |date: NaiveDate| date.checked_sub_days(Days::new(7));
    let date = week(context.calendar.date(context.as_of));
    let first = date.and_then(|date| date.with_day(1));
    first.map_or(context.as_of, |first| context.calendar.midnight(first))
}

/// Whether so many people are withheld.
fn are_few(people: &BTreeSet<i64>, k: u32) -> bool {
    !people.is_empty() && (people.len() as u64) < u64::from(k)
}

/// Of those who came at each review, in order: which reviews are told together, so that as many people stand
/// between any two of the numbers, and who waits for more.
pub(crate) fn together<'a>(
    reviews: impl IntoIterator<Item = &'a BTreeSet<i64>>,
    k: u32,
) -> (Vec<std::ops::Range<usize>>, BTreeSet<i64>) {
    let (mut told, mut first) = (Vec::new(), 0);
    let mut waiting: BTreeSet<i64> = BTreeSet::new();
    for (at, people) in reviews.into_iter().enumerate() {
        waiting.extend(people);
        if !are_few(&waiting, k) {
            told.push(first..at + 1);
            first = at + 1;
            waiting.clear();
        }
    }
    (told, waiting)
}

/// Of these people, each with the review's instant, how many wait for others: those of the last week.
pub(super) fn lately(came: impl IntoIterator<Item = (Millis, i64)>, context: &Context) -> u64 {
    if context.k <= 1 {
        return 0;
    }
    let reviews = by_review(came);
    let mut waiting: BTreeSet<i64> = BTreeSet::new();
    let mut last = None;
    for (at, people) in &reviews {
        // What was there for a week was told meanwhile.
        if last.is_some_and(|last| at - last >= WEEK) {
            waiting.clear();
        }
        last = Some(*at);
        waiting.extend(people);
        if !are_few(&waiting, context.k) {
            waiting.clear();
        }
    }
    match last {
        Some(last) if is_new(last, context) => waiting.len() as u64,
        _ => 0,
    }
}

/// The same of all who came, who wait however long it takes: how many came to a review of few is withheld for good.
pub(super) fn at_last(came: impl IntoIterator<Item = (Millis, i64)>, context: &Context) -> u64 {
    match context.k {
        0 | 1 => 0,
        k => together(by_review(came).values(), k).1.len() as u64,
    }
}

fn by_review(came: impl IntoIterator<Item = (Millis, i64)>) -> BTreeMap<Millis, BTreeSet<i64>> {
    let mut reviews: BTreeMap<Millis, BTreeSet<i64>> = BTreeMap::new();
    for (at, person) in came {
        reviews.entry(at).or_default().insert(person);
    }
    reviews
}

/// Who stands in these rows, with the instant of the review.
pub(super) fn of_rows(rows: LazyFrame) -> PolarsResult<Vec<(Millis, i64)>> {
    let frame = rows.select([col("at"), col("person")]).collect()?;
    let all = ints(&frame, "at")?.into_iter().zip(ints(&frame, "person")?);
    Ok(all.filter_map(|(at, person)| at.zip(person)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{at, context};

    #[test]
    fn months_come_in_a_week_after_their_end() {
        let until = |as_of: &str, k| {
            months_until(&Context {
                as_of: at(as_of),
                k,
                ..context()
            })
        };
        for (as_of, expected) in [
            ("2026-04-07T23:59:59Z", "2026-03-01T00:00:00Z"),
            ("2026-04-08T00:00:00Z", "2026-04-01T00:00:00Z"),
            ("2026-01-03T00:00:00Z", "2025-12-01T00:00:00Z"),
        ] {
            assert_eq!(until(as_of, 5), at(expected), "{as_of}");
            // Where everything is told there is nothing to wait for.
            assert_eq!(until(as_of, 1), at(as_of));
        }
    }

    /// Reviews by the day before the report, and who came to each.
    fn waiting(reviews: &[(i64, std::ops::Range<i64>)], k: u32) -> (u64, u64) {
        let context = Context {
            as_of: at("2026-04-07T00:00:00Z"),
            k,
            ..context()
        };
        let each = reviews.iter();
        let came = each.flat_map(|(days, people)| {
            let at = context.as_of - days * DAY_MS;
            people.clone().map(move |person| (at, person))
        });
        let came: Vec<(Millis, i64)> = came.collect();
        (
            lately(came.iter().copied(), &context),
            at_last(came, &context),
        )
    }

    #[test]
    fn few_of_the_last_week_wait_for_others() {
        assert_eq!(waiting(&[(300, 0..9), (3, 0..9)], 5), (0, 0));
        assert_eq!(waiting(&[(300, 0..9), (6, 0..2)], 5), (2, 2));
        assert_eq!(waiting(&[(300, 0..9), (6, 0..2), (3, 2..5)], 5), (0, 0));
        // The same two again are two.
        assert_eq!(waiting(&[(6, 0..2), (3, 0..2)], 5), (2, 2));
        // Many on one day and one on another: the second would be told.
        assert_eq!(waiting(&[(6, 0..9), (1, 3..4)], 5), (1, 1));
        assert_eq!(waiting(&[(6, 0..9), (1, 3..4)], 1), (0, 0));
    }

    #[test]
    fn a_week_later_they_are_told_but_for_the_total() {
        assert_eq!(waiting(&[(300, 0..9), (7, 0..2)], 5), (0, 2));
        // The two were told meanwhile, and of the others there are four.
        assert_eq!(waiting(&[(12, 0..2), (4, 2..6)], 5), (4, 0));
    }
}
