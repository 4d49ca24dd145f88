//! The organisation's calendar: its IANA zone for days, weeks and months, and its holidays.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Weekday};
use chrono_tz::Tz;

use super::time::Millis;

/// Days as the organisation lives them.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// The organisation's zone.
    pub timezone: Tz,
    /// Days off, apart from weekends.
    pub holidays: BTreeSet<NaiveDate>,
}

impl Calendar {
    /// A calendar without holidays.
    pub fn new(timezone: Tz) -> Self {
        Calendar {
            timezone,
            holidays: BTreeSet::new(),
        }
    }

    /// The local date of an instant.
    pub fn date(&self, at: Millis) -> NaiveDate {
        self.clock(at).date()
    }

    /// What the local clocks show at an instant.
    pub fn clock(&self, at: Millis) -> NaiveDateTime {
        match self.timezone.timestamp_millis_opt(at) {
            LocalResult::Single(time) => time.naive_local(),
            _ => NaiveDateTime::MIN,
        }
    }

    /// The instant at which a local time of a local date begins. Where the clocks skip it, the
    /// first instant after the gap; where they repeat it, the earlier one.
    pub fn instant(&self, date: NaiveDate, time: NaiveTime) -> Millis {
        let mut local = date.and_time(time);
        // Gaps are at most a few hours; Samoa once skipped a whole day.
        for _ in 0..(26 * 4) {
            match self.timezone.from_local_datetime(&local) {
                LocalResult::Single(found) => return found.timestamp_millis(),
                LocalResult::Ambiguous(first, _) => return first.timestamp_millis(),
                LocalResult::None => local += chrono::TimeDelta::minutes(15),
            }
        }
        local.and_utc().timestamp_millis()
    }

    /// Local midnight at the start of a date.
    pub fn midnight(&self, date: NaiveDate) -> Millis {
        self.instant(date, NaiveTime::MIN)
    }

    /// Local noon of a date; where a day's count stands.
    pub fn noon(&self, date: NaiveDate) -> Millis {
        self.instant(
            date,
            NaiveTime::from_hms_opt(12, 0, 0).unwrap_or(NaiveTime::MIN),
        )
    }

    /// Monday to Friday and no holiday.
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && !self.holidays.contains(&date)
    }
}

/// The first day of a date's month.
pub fn month_of(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

/// The first day of the month after.
pub fn next_month(month: NaiveDate) -> NaiveDate {
    month_of(month_of(month) + Days::new(31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_local() {
        let berlin = Calendar::new(chrono_tz::Europe::Berlin);
        let before = crate::model::parse_rfc3339("2025-03-30T21:59:30Z").unwrap();
        assert_eq!(berlin.date(before).to_string(), "2025-03-30");
        assert_eq!(berlin.date(before + 60_000).to_string(), "2025-03-31");
        let spring = NaiveDate::from_ymd_opt(2025, 3, 30).unwrap();
        assert_eq!(
            berlin.midnight(spring + Days::new(1)) - berlin.midnight(spring),
            23 * 3_600_000
        );
    }

    #[test]
    fn a_skipped_midnight_is_the_first_instant_after() {
        let sao = Calendar::new(chrono_tz::America::Sao_Paulo);
        let date = NaiveDate::from_ymd_opt(2018, 11, 4).unwrap();
        assert_eq!(
            super::super::time::to_rfc3339(sao.midnight(date)),
            "2018-11-04T03:00:00Z"
        );
    }

    #[test]
    fn months_follow_each_other() {
        let january = NaiveDate::from_ymd_opt(2024, 1, 31).unwrap();
        assert_eq!(next_month(january).to_string(), "2024-02-01");
    }
}
