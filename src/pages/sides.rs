//! What lies before and after a date, of what a summary tells by month or by review: pairs of numerators and
//! denominators. What is withheld or not known is on neither side.

use chrono::{Datelike as _, Days, NaiveDate};
use serde_json::Value;

use super::{attendance, signals};
use crate::charts::reading::{self, cell, month_index};
use crate::stats::{Cluster, LEAST_CLUSTERS};

/// Months on either side: a year has each season once.
const SPAN: i32 = 12;

/// Days in a month, on average.
const MONTH_DAYS: f64 = 30.4375;

/// The months or reviews before, and those after.
pub(super) type Pairs = [Vec<Cluster>; 2];

/// Both sides of a date, in months that go up by one.
pub(super) struct Sides {
    /// The date itself.
    pub(super) on: NaiveDate,
    /// The first month that is after it as a whole.
    after: i32,
    /// The month that it lies in: of a date after the first it is half of each, and on neither side.
    month: i32,
}

impl Sides {
    /// Those of a date.
    pub(super) fn of(on: NaiveDate) -> Sides {
        let month = on.year() * 12 + on.month0() as i32;
        Sides {
            on,
            month,
            after: month + i32::from(on.day() > 1),
        }
    }

    /// 0 before it, 1 after it; nothing for a month further away than a year.
    fn side(&self, month: i32) -> Option<usize> {
        let is_before = (self.month - SPAN..self.month).contains(&month);
        let is_after = (self.after..self.after + SPAN).contains(&month);
        match (is_before, is_after) {
            (true, _) => Some(0),
            (_, true) => Some(1),
            _ => None,
        }
    }

    fn split(&self, each: impl Iterator<Item = Option<(i32, f64, f64)>>) -> Pairs {
        let mut sides = [Vec::new(), Vec::new()];
        for (month, num, den) in each.flatten().filter(|(_, _, den)| *den > 0.0) {
            if let Some(side) = self.side(month).and_then(|side| sides.get_mut(side)) {
                side.push(Cluster { month, num, den });
            }
        }
        sides
    }
}

fn months<'a>(
    list: &'a [Value],
    num: &'static str,
    den: &'static str,
) -> impl Iterator<Item = Option<(i32, f64, f64)>> + 'a {
    list.iter().map(move |one| {
        let month = month_index(reading::text(one, "month"))?;
        Some((month, cell(one, num).get()?, cell(one, den).get()?))
    })
}

pub(super) fn by_publication(summary: &Value, sides: &Sides) -> Pairs {
    let cohorts = reading::list(reading::results(summary, "T0"), "cohorts").iter();
    sides.split(cohorts.map(|cohort| {
        let month = month_index(reading::text(cohort, "month"))?;
        let writeups = cell(cohort, "writeups").get()?;
        // Its reads have their parameters in their name.
        Some((
            month,
            cell(cohort, "per_writeup").get()? * writeups,
            writeups,
        ))
    }))
}

/// For how many months a write-up is of the age that is compared.
pub(super) fn window(summary: &Value) -> f64 {
    signals::days(summary, "late", 90.0) / MONTH_DAYS
}

/// Nothing is in two of them.
pub(super) fn apart(_: &Value) -> f64 {
    0.0
}

/// Five months of publication after it, and the last of them old enough.
pub(super) fn once_published(summary: &Value, sides: &Sides) -> Option<i32> {
    let last = sides.after + LEAST_CLUSTERS as i32;
    let late = signals::days(summary, "late", 90.0);
    let end = NaiveDate::from_ymd_opt(last.div_euclid(12), last.rem_euclid(12) as u32 + 1, 1)?;
    let old = end.checked_add_days(Days::new(2 * late as u64))?;
    Some(old.year() * 12 + old.month0() as i32)
}

pub(super) fn by_month(summary: &Value, sides: &Sides) -> Pairs {
    let series = reading::list(reading::results(summary, "T0"), "series");
    sides.split(months(series, "window_reads", "window_exposure"))
}

pub(super) fn by_depth(summary: &Value, sides: &Sides) -> Pairs {
    let series = reading::list(reading::results(summary, "R4"), "months");
    sides.split(months(series, "read", "known"))
}

/// Five whole months after it.
pub(super) fn once_over(_: &Value, sides: &Sides) -> Option<i32> {
    Some(sides.after + LEAST_CLUSTERS as i32)
}

/// Reviews are not cut by the month: of that in which it happened each is before it or after it.
fn reviews(summary: &Value, sides: &Sides, of: impl Fn(&Value) -> Option<(f64, f64)>) -> Pairs {
    let zone = reading::zone(summary);
    let each = reading::list(summary, "reviews").iter();
    let held = each.filter(|review| !attendance::is_planned(review));
    let told = held.map(|review| {
        let date = reading::day(reading::text(review, "date"), zone)?;
        let month = date.year() * 12 + date.month0() as i32;
        let (num, den) = of(review)?;
        let month = match (month == sides.month, date < sides.on) {
            (true, true) => sides.month - 1,
            (true, false) => sides.after,
            _ => month,
        };
        Some((month, num, den))
    });
    sides.split(told)
}

pub(super) fn by_review(summary: &Value, sides: &Sides) -> Pairs {
    reviews(summary, sides, |review| {
        Some((cell(review, "attendees").get()?, 1.0))
    })
}

pub(super) fn by_freedom(summary: &Value, sides: &Sides) -> Pairs {
    if attendance::uninvited(summary) {
        return [Vec::new(), Vec::new()];
    }
    reviews(summary, sides, |review| {
        let freely = cell(review, "need_not_have_come").get()?;
        Some((freely, cell(review, "attendees").get()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_of_the_change_is_on_neither_side() {
        let sides = Sides::of("2025-06-10".parse().unwrap());
        let june = 2025 * 12 + 5;
        assert_eq!(sides.side(june), None);
        assert_eq!(
            (sides.side(june - 1), sides.side(june + 1)),
            (Some(0), Some(1))
        );
        assert_eq!((sides.side(june - 13), sides.side(june + 13)), (None, None));
        let first = Sides::of("2025-06-01".parse().unwrap());
        assert_eq!(first.side(june), Some(1));
    }
}
