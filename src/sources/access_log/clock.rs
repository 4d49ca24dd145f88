//! Times as logs write them, where they are not those of Common format.

use chrono::{DateTime, Duration, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;

use super::date;
use crate::model::Millis;

/// How a field writes its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// `17/May/2015:10:05:03 +0000`.
    Common,
    /// RFC 3339 and its kin: a blank for the T, no colon or no zone at all.
    Iso,
    /// Seconds since 1970, with or without a fraction.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
    /// Microseconds since 1970.
    Micros,
    /// As chrono and strftime write patterns.
    Pattern(String),
}

impl Clock {
    /// A pattern of strftime, or why it is none that a time can be read by.
    pub(super) fn pattern(text: &str) -> Result<Clock, String> {
        let items = chrono::format::StrftimeItems::new(text);
        let valid = !text.is_empty()
            && items
                .into_iter()
                .all(|item| item != chrono::format::Item::Error);
        if valid {
            return Ok(Clock::Pattern(text.to_owned()));
        }
        Err(format!(
            "{text:?} is no pattern of a time; valid is one such as %Y-%m-%d %H:%M:%S"
        ))
    }

    /// The instant; times without zone are those of `zone`.
    pub(super) fn read(&self, text: &[u8], zone: Tz) -> Option<Millis> {
        if matches!(self, Clock::Common) {
            return date::parse(text);
        }
        let text = std::str::from_utf8(text).ok()?.trim();
        match self {
            Clock::Common => None,
            Clock::Iso => iso(text, zone),
            Clock::Seconds => seconds(text),
            Clock::Millis => text.parse().ok(),
            Clock::Micros => text.parse::<i64>().ok().map(|micros| micros / 1000),
            Clock::Pattern(pattern) => by_pattern(text, pattern, zone),
        }
    }
}

/// A time of which nothing is known but that it is one: a number, or a text in any usual spelling.
pub(super) fn any(text: &str, zone: Tz) -> Option<Millis> {
    if let Some(at) = date::parse(text.trim_matches(['[', ']']).as_bytes()) {
        return Some(at);
    }
    if text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && !text.is_empty()
    {
        let whole: i64 = text.split('.').next()?.parse().ok()?;
        // Seconds of today have ten digits, and each unit three more.
        return match whole.checked_ilog10().unwrap_or(0) {
            0..11 => seconds(text),
            11..14 => Some(whole),
            14..17 => Some(whole / 1000),
            _ => Some(whole / 1_000_000),
        };
    }
    iso(text, zone)
}

fn seconds(text: &str) -> Option<Millis> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let whole: i64 = whole.parse().ok()?;
    whole
        .checked_mul(1000)?
        .checked_add(thousandths.parse().ok()?)
}

fn iso(text: &str, zone: Tz) -> Option<Millis> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.timestamp_millis());
    }
    for pattern in ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f %z"] {
        if let Ok(at) = DateTime::parse_from_str(text, pattern) {
            return Some(at.timestamp_millis());
        }
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|pattern| local(text, pattern, zone))
}

fn by_pattern(text: &str, pattern: &str, zone: Tz) -> Option<Millis> {
    if let Ok(at) = DateTime::parse_from_str(text, pattern) {
        return Some(at.timestamp_millis());
    }
    local(text, pattern, zone)
}

fn local(text: &str, pattern: &str, zone: Tz) -> Option<Millis> {
    instant(NaiveDateTime::parse_from_str(text, pattern).ok()?, zone)
}

/// The instant of a local time; one that the clocks skipped is taken an hour later.
pub(super) fn instant(local: NaiveDateTime, zone: Tz) -> Option<Millis> {
    let found = zone.from_local_datetime(&local).earliest();
    let found = match found {
        Some(found) => found,
        None => zone
            .from_local_datetime(&local.checked_add_signed(Duration::hours(1))?)
            .earliest()?,
    };
    Some(found.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Berlin;

    #[test]
    fn times_in_many_spellings() {
        let at = 1_706_788_852_682;
        for text in [
            "1706788852.6825173",
            "1706788852682",
            "1706788852682517",
            "1706788852682517000",
            "2024-02-01T12:00:52.682Z",
            "2024-02-01T13:00:52.682+01:00",
            "2024-02-01T13:00:52.682+0100",
            "2024-02-01 13:00:52.682 +0100",
            "2024-02-01 13:00:52.682",
        ] {
            assert_eq!(any(text, Berlin), Some(at), "{text}");
        }
        for text in ["", "x", "1.2.3.4", "-", "2024-02-30T00:00:00Z", "."] {
            assert_eq!(any(text, Berlin), None, "{text}");
        }
        assert_eq!(
            any("[01/Feb/2024:13:00:52 +0100]", Berlin),
            Some(1_706_788_852_000)
        );
    }

    #[test]
    fn patterns() {
        let clock = Clock::pattern("%B - %d, %Y:%H:%M:%S").unwrap();
        let at = clock.read(b"February - 10, 2012:16:42:07", Berlin);
        assert_eq!(at, Some(1_328_888_527_000));
        assert_eq!(clock.read(b"Februar - 10, 2012:16:42:07", Berlin), None);
        assert!(Clock::pattern("%!").is_err() && Clock::pattern("").is_err());
        // 02:30 did not happen that night.
        let skipped = Clock::Iso.read(b"2024-03-31T02:30:00", Berlin);
        assert_eq!(skipped, Some(1_711_848_600_000));
    }
}
