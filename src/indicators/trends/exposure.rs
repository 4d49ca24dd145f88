//! Write-up-working-days: how many write-ups could have been read, day by day. Counted by sorting
//! into days and summing up, since a loop over days and write-ups would take minutes where this
//! takes milliseconds.

use chrono::NaiveDate;

use crate::indicators::Windows;
use crate::model::{Calendar, Millis};

/// Consecutive local days.
pub(super) struct Days {
    first: NaiveDate,
    /// Local midnight at the start of each day, and at the end of the last.
    midnights: Vec<Millis>,
    working: Vec<bool>,
}

/// A half-open range of days, by their place in [`Days`].
pub(super) type Range = std::ops::Range<usize>;

impl Days {
    /// The days of `[first, end)`.
    pub(super) fn new(calendar: &Calendar, first: NaiveDate, end: NaiveDate) -> Self {
        let dates = || first.iter_days().take_while(|&date| date < end);
        let mut midnights: Vec<Millis> = dates().map(|date| calendar.midnight(date)).collect();
        midnights.push(calendar.midnight(end.max(first)));
        Days {
            first,
            midnights,
            working: dates().map(|d| calendar.is_working_day(d)).collect(),
        }
    }

    /// How many days.
    pub(super) fn len(&self) -> usize {
        self.working.len()
    }

    /// The day's date as days since 1970.
    pub(super) fn epoch_day(&self, place: usize) -> i32 {
        let place = i32::try_from(place).unwrap_or(i32::MAX);
        self.first.to_epoch_days().saturating_add(place)
    }

    /// The place of a date, which may lie outside.
    pub(super) fn place(&self, date: NaiveDate) -> i64 {
        i64::from(date.to_epoch_days()) - i64::from(self.first.to_epoch_days())
    }

    /// Whether people work on that day.
    pub(super) fn is_working(&self, place: usize) -> bool {
        self.working[place]
    }

    /// The days that lie in `[from, to)` as a whole.
    pub(super) fn whole(&self, from: Millis, to: Millis) -> Range {
        let start = self.midnights.partition_point(|&midnight| midnight < from);
        let end = self.midnights[1..].partition_point(|&midnight| midnight <= to);
        start..end.max(start)
    }

    /// The days that begin in `[from, to)`.
    pub(super) fn beginning(&self, from: Millis, to: Millis) -> Range {
        let starts = &self.midnights[..self.len()];
        let start = starts.partition_point(|&midnight| midnight < from);
        start..starts.partition_point(|&midnight| midnight < to).max(start)
    }
}

/// How many write-ups are at risk on each day, collected range by range.
pub(super) struct AtRisk(Vec<i64>);

impl AtRisk {
    /// None on any of these days.
    pub(super) fn new(days: &Days) -> Self {
        AtRisk(vec![0; days.len() + 1])
    }

    /// One more write-up on the days that begin in `[from, to)` and were observed as a whole.
    pub(super) fn add(&mut self, days: &Days, windows: &Windows, from: Millis, to: Millis) {
        let life = days.beginning(from, to);
        for &(a, b) in &windows.0 {
            let seen = days.whole(a, b);
            let (start, end) = (life.start.max(seen.start), life.end.min(seen.end));
            if start < end {
                self.0[start] += 1;
                self.0[end] -= 1;
            }
        }
    }

    /// Write-ups by day.
    pub(super) fn by_day(self) -> Vec<i64> {
        let mut standing = 0;
        let days = self.0.len() - 1;
        let sums = self.0.into_iter().map(|change| {
            standing += change;
            standing
        });
        sums.take(days).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::at;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn berlin(first: &str, end: &str) -> Days {
        let mut calendar = Calendar::new(chrono_tz::Europe::Berlin);
        calendar.holidays.insert(date("2024-03-29"));
        Days::new(&calendar, date(first), date(end))
    }

    #[test]
    fn working_days_fit_the_worked_example() {
        let march = berlin("2024-03-01", "2024-04-01");
        assert_eq!(march.len(), 31);
        assert_eq!((0..31).filter(|&place| march.is_working(place)).count(), 20);
    }

    #[test]
    fn a_day_with_23_hours_is_whole() {
        let days = berlin("2025-03-29", "2025-04-01");
        // The clocks go forward on the 30th: midnights are 23:00Z, 23:00Z and 22:00Z.
        assert_eq!(
            days.whole(at("2025-03-29T23:00:00Z"), at("2025-03-30T22:00:00Z")),
            1..2
        );
        assert_eq!(
            days.whole(at("2025-03-29T23:00:00.001Z"), at("2025-03-30T22:00:00Z")),
            2..2
        );
        assert_eq!(days.whole(0, i64::MAX), 0..3);
        assert_eq!(
            days.beginning(at("2025-03-29T23:00:00Z"), at("2025-03-30T22:00:00Z")),
            1..2
        );
    }

    #[test]
    fn counts_are_those_of_the_double_loop() {
        let days = berlin("2024-10-20", "2024-11-10");
        let hour = 3_600_000;
        let start = at("2024-10-20T00:00:00Z");
        let mut at_risk = AtRisk::new(&days);
        let mut lives = Vec::new();
        for number in 0..40i64 {
            let from = start + number * 11 * hour;
            let to = from + (number % 9) * 40 * hour;
            let gap = start + number * 13 * hour;
            let windows = Windows(vec![(0, gap), (gap + hour, i64::MAX / 2)]);
            at_risk.add(&days, &windows, from, to);
            lives.push((from, to, windows));
        }
        let slow: Vec<i64> = (0..days.len())
            .map(|place| {
                let (midnight, next) = (days.midnights[place], days.midnights[place + 1]);
                let counted = lives.iter().filter(|(from, to, windows)| {
                    *from <= midnight && midnight < *to && windows.covers(midnight, next)
                });
                counted.count() as i64
            })
            .collect();
        assert_eq!(at_risk.by_day(), slow);
        assert!(slow.iter().sum::<i64>() > 40);
    }

    #[test]
    fn no_days() {
        let days = berlin("2024-03-01", "2024-03-01");
        assert_eq!(days.len(), 0);
        let mut at_risk = AtRisk::new(&days);
        at_risk.add(&days, &Windows(vec![(0, i64::MAX)]), 0, i64::MAX);
        assert!(at_risk.by_day().is_empty());
    }
}
