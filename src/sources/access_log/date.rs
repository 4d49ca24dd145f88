//! The time of a log line, `17/May/2015:10:05:03 +0000`, by plain arithmetic: it stands in every
//! line, and a general date parser would take longer than all the rest of the line.

use crate::model::{DAY_MS, Millis};

/// The length of the text.
pub(super) const LENGTH: usize = 26;

/// Reads the text; `None` if it is no such time or outside the years 1900 to 2299.
pub(super) fn parse(text: &[u8]) -> Option<Millis> {
    let text: &[u8; LENGTH] = text.try_into().ok()?;
    let separators = text[2] == b'/'
        && text[6] == b'/'
        && text[11] == b':'
        && text[14] == b':'
        && text[17] == b':'
        && text[20] == b' ';
    if !separators {
        return None;
    }
    let day = two(text[0], text[1])?;
    let month = month([text[3], text[4], text[5]])?;
    let year = two(text[7], text[8])? * 100 + two(text[9], text[10])?;
    let (hour, minute, second) = (
        two(text[12], text[13])?,
        two(text[15], text[16])?,
        two(text[18], text[19])?,
    );
    let (zone_hours, zone_minutes) = (two(text[22], text[23])?, two(text[24], text[25])?);
    let sign = match text[21] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    // :60 is a leap second; it is taken as the second before.
    let sane = (1900..2300).contains(&year)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
        && zone_hours < 24
        && zone_minutes < 60;
    if !sane {
        return None;
    }
    let seconds =
        hour * 3600 + minute * 60 + second.min(59) - sign * (zone_hours * 3600 + zone_minutes * 60);
    Some(days_since_1970(year, month, day) * DAY_MS + seconds * 1000)
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

fn month(name: [u8; 3]) -> Option<i64> {
    Some(match &name.map(|byte| byte | 0x20) {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the proleptic Gregorian calendar since 1970-01-01, with years counted from March so that
/// the leap day comes last (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, NaiveDate};

    #[test]
    fn agrees_with_chrono_on_every_day() {
        let mut date = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap();
        while date < NaiveDate::from_ymd_opt(2299, 12, 31).unwrap() {
            let text = date.format("%d/%b/%Y:23:59:58 -0130").to_string();
            let expected = DateTime::parse_from_str(&text, "%d/%b/%Y:%H:%M:%S %z").unwrap();
            assert_eq!(
                parse(text.as_bytes()),
                Some(expected.timestamp_millis()),
                "{text}"
            );
            date = date.succ_opt().unwrap();
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "29/Feb/2015:10:05:03 +0000",
            "31/Apr/2015:10:05:03 +0000",
            "17/Mai/2015:10:05:03 +0000",
            "17/May/2015:24:05:03 +0000",
            "17/May/2015 10:05:03 +0000",
            "17/May/2015:10:05:03 00000",
            "17/May/2015:10:05:03 +000",
            "00/May/2015:10:05:03 +0000",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(
            parse(b"31/Dec/2016:23:59:60 +0000"),
            parse(b"31/Dec/2016:23:59:59 +0000")
        );
    }
}
