//! Time is UTC milliseconds in 64 bits. A year of them does not fit into 32.

use chrono::{DateTime, FixedOffset};

/// From 1990 to the end of 2200, UTC: nothing was observed before, and far beyond it days and months
/// can't be counted any more. Whoever means another time has slipped on a key.
pub const SENSIBLE: std::ops::Range<Millis> = 631_152_000_000..7_289_654_400_000;

/// UTC milliseconds since 1970.
pub type Millis = i64;

/// One day of elapsed time, ms.
pub const DAY_MS: i64 = 86_400_000;

/// An RFC 3339 instant: either case of `T` and `Z`, any offset, up to nine fractional digits
/// (fractions of a millisecond are cut off), `:60` read as the second before. `None` if it is none.
///
/// Years outside 1900 to 2299 are refused: the store's `DateTime64` ends there.
pub fn parse_rfc3339(text: &str) -> Option<Millis> {
    let bytes = text.as_bytes();
    if !(20..=35).contains(&bytes.len()) || !matches!(bytes[10], b'T' | b't') {
        return None;
    }
    let is_lower = bytes[10] == b't' || bytes.last() == Some(&b'z');
    let parsed: DateTime<FixedOffset> = match is_lower {
        true => DateTime::parse_from_rfc3339(&text.to_ascii_uppercase()).ok()?,
        false => DateTime::parse_from_rfc3339(text).ok()?,
    };
    let millis = parsed.timestamp_millis();
    // chrono counts a leap second as 1,000 to 1,999 ms after :59; the store has no such place.
    let leap = parsed.timestamp_subsec_millis() >= 1000;
    let millis = if leap {
        parsed.timestamp() * 1000 + 999
    } else {
        millis
    };
    (MIN..MAX).contains(&millis).then_some(millis)
}

/// 1900-01-01T00:00:00Z.
const MIN: Millis = -2_208_988_800_000;
/// 2300-01-01T00:00:00Z.
const MAX: Millis = 10_413_792_000_000;

/// The instant as RFC 3339 in UTC, milliseconds only where there are any.
pub fn to_rfc3339(at: Millis) -> String {
    match DateTime::from_timestamp_millis(at) {
        Some(time) if at % 1000 == 0 => time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Some(time) => time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        None => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_contract_allows() {
        let at = 1_743_371_970_000;
        for text in [
            "2025-03-30T21:59:30Z",
            "2025-03-30t21:59:30z",
            "2025-03-30T23:59:30+02:00",
            "2025-03-30T21:59:30.000999999Z",
        ] {
            assert_eq!(parse_rfc3339(text), Some(at), "{text}");
        }
        assert_eq!(
            parse_rfc3339("2016-12-31T23:59:60Z"),
            Some(1_483_228_799_999)
        );
        for text in [
            "2025-03-30",
            "2025-03-30 21:59:30Z",
            "2025-02-30T00:00:00Z",
            "yesterday",
            "",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        assert_eq!(to_rfc3339(1_743_371_970_000), "2025-03-30T21:59:30Z");
        assert_eq!(to_rfc3339(1_743_371_970_001), "2025-03-30T21:59:30.001Z");
    }
}
