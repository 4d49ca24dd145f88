//! Times as forges write them.

use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

use crate::model::{Millis, SENSIBLE, parse_rfc3339};

/// An instant: RFC 3339, or what older programs write. `None` also for times before anything could be
/// observed, which stand for none.
pub(in crate::sources) fn instant(value: &Value) -> Option<Millis> {
    let text = value.as_str()?;
    let at = parse_rfc3339(text).or_else(|| old(text));
    at.filter(|at| SENSIBLE.contains(at))
}

/// `2015-05-17 18:08:09 UTC`, `2015-05-17 18:08:09 +0200`, `2019-03-01T10:37:14+0100`.
fn old(text: &str) -> Option<Millis> {
    if !text.is_ascii() || text.len() > 40 {
        return None;
    }
    if let Some(utc) = text.strip_suffix(" UTC") {
        let at = NaiveDateTime::parse_from_str(utc, "%Y-%m-%d %H:%M:%S%.f").ok()?;
        return Some(at.and_utc().timestamp_millis());
    }
    let parsed = ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f %z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok());
    Some(parsed?.timestamp_millis())
}

/// An instant in milliseconds since 1970.
pub(in crate::sources) fn of_millis(value: &Value) -> Option<Millis> {
    value.as_i64().filter(|at| SENSIBLE.contains(at))
}

/// No server means longer where it asks to be left alone, ms.
pub(in crate::sources) const LONGEST_WAIT: Millis = 24 * 3_600_000;

/// How long from `now` on a server wants to be left alone, ms, as it says in Retry-After: in seconds, or
/// until a date (RFC 9110, 10.2.3).
pub(in crate::sources) fn wait(text: &str, now: Millis) -> Option<Millis> {
    let text = text.trim();
    let seconds = text.parse::<Millis>().ok();
    let date = || {
        let date = DateTime::parse_from_rfc2822(text).ok()?;
        Some(date.timestamp_millis().saturating_sub(now))
    };
    let wait = seconds.and_then(|seconds| seconds.checked_mul(1000));
    wait.or_else(date).map(|wait| wait.clamp(0, LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_says_how_long_to_wait_in_seconds_or_until_when() {
        let now = 1_431_886_089_000;
        for (text, expected) in [
            ("120", Some(120_000)),
            (" 0 ", Some(0)),
            ("Sun, 17 May 2015 18:10:09 GMT", Some(120_000)),
            ("Sun, 17 May 2015 18:00:00 GMT", Some(0)),
            ("Sun, 17 May 2026 18:00:00 GMT", Some(LONGEST_WAIT)),
            ("999999999999", Some(LONGEST_WAIT)),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(wait(text, now), expected, "{text:?}");
        }
    }

    #[test]
    fn every_spelling_is_one_instant() {
        let at = Some(1_431_886_089_000);
        for text in [
            "2015-05-17 18:08:09 UTC",
            "2015-05-17T18:08:09Z",
            "2015-05-17T18:08:09.000000+00:00",
            "2015-05-17 20:08:09 +0200",
            "2015-05-17T20:08:09+0200",
        ] {
            assert_eq!(instant(&json!(text)), at, "{text}");
        }
        assert_eq!(of_millis(&json!(1_431_886_089_000_i64)), at);
        for none in [
            json!("0001-01-01T00:00:00Z"),
            json!("yesterday"),
            json!(""),
            json!("\u{661} UTC"),
            json!(null),
            json!(5),
        ] {
            assert_eq!(instant(&none), None, "{none}");
            assert_eq!(of_millis(&none), None, "{none}");
        }
    }
}
