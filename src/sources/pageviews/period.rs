//! What a file of page counts is about: an hour, a day or a month, of UTC.

use chrono::{Datelike as _, Duration, NaiveDate, NaiveDateTime};

use crate::model::{DAY_MS, Millis};

/// The span of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Period {
    /// It begins then.
    Hour(NaiveDateTime),
    Day(NaiveDate),
    /// Its first day.
    Month(NaiveDate),
}

impl Period {
    /// As somebody gives it: `2024-01-01T05`, `2024-01-01`, `2024-01`.
    pub(super) fn given(text: &str) -> Result<Period, String> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let shape: String = text
            .chars()
            .map(|c| if c.is_ascii_digit() { '9' } else { c })
            .collect();
        let period = match shape.as_str() {
            "9999-99-99T99" | "9999-99-99 99" | "9999-99-99T99:99:99" => {
                hour(digits.get(..8), digits.get(8..10)).map(Period::Hour)
            }
            "9999-99-99" => day(&digits).map(Period::Day),
            "9999-99" => day(&format!("{digits}01")).map(Period::Month),
            _ => None,
        };
        period.ok_or_else(|| {
            format!("date: {text:?} is none; valid are 2024-01-01T05, 2024-01-01 and 2024-01")
        })
    }

    /// As the file is named.
    pub(super) fn named(name: &str) -> Result<Period, String> {
        let mut parts = name.split(['-', '.']);
        let (kind, date, rest) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        if matches!(rest, "spider" | "automated") {
            return Err(
                "it holds the views of machines; import the file that ends in -user".to_owned(),
            );
        }
        let date = date.unwrap_or_default();
        let period = match (kind, date.len()) {
            (Some("pageviews"), 8) if rest == "user" => day(date).map(Period::Day),
            (Some("pageviews"), 6) if rest == "user" => {
                day(&format!("{date}01")).map(Period::Month)
            }
            (Some("pageviews"), 8) => hour(Some(date), rest.get(..2)).map(Period::Hour),
            // Named after the end of their hour.
            (Some("pagecounts"), 8) => hour(Some(date), rest.get(..2))
                .and_then(|end| end.checked_sub_signed(Duration::hours(1)))
                .map(Period::Hour),
            _ => None,
        };
        period.ok_or_else(|| {
            "its name does not say of which hour or day it is, as pageviews-20240101-050000 and \
             pageviews-20240101-user do; say it in the parameter date"
                .to_owned()
        })
    }

    /// The instants of all its days, or of its hour, each with its name in ids. A day stands at noon: then
    /// it is the same day nearly everywhere.
    pub(super) fn when(self, nth_day: u32) -> Option<(String, Millis)> {
        match self {
            Period::Hour(begin) => Some((
                begin.format("%Y-%m-%dT%H").to_string(),
                begin.and_utc().timestamp_millis(),
            )),
            Period::Day(date) => Some((date.to_string(), noon(date))),
            Period::Month(first) => {
                let date = first.with_day(nth_day)?;
                Some((date.to_string(), noon(date)))
            }
        }
    }
}

/// Noon of UTC.
pub(super) fn noon(date: NaiveDate) -> Millis {
    date.and_time(chrono::NaiveTime::MIN)
        .and_utc()
        .timestamp_millis()
        + DAY_MS / 2
}

fn day(digits: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(digits, "%Y%m%d").ok()
}

fn hour(date: Option<&str>, hour: Option<&str>) -> Option<NaiveDateTime> {
    day(date?)?.and_hms_opt(hour?.parse().ok()?, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_words() {
        let shown = |period: Result<Period, String>| {
            let (name, at) = period.ok()?.when(7)?;
            Some(format!("{name} {}", crate::model::to_rfc3339(at)))
        };
        for (name, when) in [
            (
                "pageviews-20240101-050000.gz",
                "2024-01-01T05 2024-01-01T05:00:00Z",
            ),
            (
                "pagecounts-20140101-000000.gz",
                "2013-12-31T23 2013-12-31T23:00:00Z",
            ),
            (
                "pageviews-20240101-user.bz2",
                "2024-01-01 2024-01-01T12:00:00Z",
            ),
            ("pageviews-202401-user", "2024-01-07 2024-01-07T12:00:00Z"),
        ] {
            assert_eq!(shown(Period::named(name)).as_deref(), Some(when), "{name}");
        }
        for name in [
            "stdin",
            "pageviews-20241301-user",
            "pageviews-20240101-spider",
            "pageviews-x",
        ] {
            assert!(Period::named(name).is_err(), "{name}");
        }
        for (text, when) in [
            ("2024-01-01T05", "2024-01-01T05 2024-01-01T05:00:00Z"),
            ("2024-01-01", "2024-01-01 2024-01-01T12:00:00Z"),
            ("2024-01", "2024-01-07 2024-01-07T12:00:00Z"),
        ] {
            assert_eq!(shown(Period::given(text)).as_deref(), Some(when), "{text}");
        }
        assert!(Period::given("yesterday").is_err() && Period::given("2024-02-30").is_err());
    }
}
