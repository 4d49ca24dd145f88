//! Reading a summary: a number in it is there, withheld, or absent, and the three are never mixed.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;

/// A number that may be withheld or missing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// It is known.
    Value(f64),
    /// It is known and not told: it would speak of fewer than k people.
    Withheld,
    /// It is not known, or not defined.
    Missing,
}

impl Cell {
    /// The number, if it may be told.
    pub fn get(self) -> Option<f64> {
        match self {
            Cell::Value(value) => Some(value),
            Cell::Withheld | Cell::Missing => None,
        }
    }
}

/// A share with its counts and its interval: `k` of `n` with `p`, or `num`/`den` with `ratio`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The share, 0 to 1.
    pub value: Cell,
    /// Numerator.
    pub num: Cell,
    /// Denominator.
    pub den: Cell,
    /// What the interval rests on, where it is not the denominator: write-ups or meetings.
    pub clusters: Cell,
    /// 95 % interval.
    pub interval: Option<(f64, f64)>,
}

/// The number under `key`; withheld where `"suppressed": true` stands beside a null.
pub fn cell(parent: &Value, key: &str) -> Cell {
    match parent.get(key) {
        Some(Value::Number(number)) => number.as_f64().map_or(Cell::Missing, Cell::Value),
        Some(Value::Null) if suppressed(parent) => Cell::Withheld,
        Some(found @ Value::Object(_)) if suppressed(found) => Cell::Withheld,
        _ => Cell::Missing,
    }
}

/// Whether something in this object is withheld.
pub fn suppressed(object: &Value) -> bool {
    object
        .get("suppressed")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// The interval `lo` to `hi` of an object.
pub fn interval(object: &Value) -> Option<(f64, f64)> {
    Some((cell(object, "lo").get()?, cell(object, "hi").get()?))
}

/// The share under `key`.
pub fn share(parent: &Value, key: &str) -> Share {
    let missing = Share {
        value: cell(parent, key),
        num: Cell::Missing,
        den: Cell::Missing,
        clusters: Cell::Missing,
        interval: None,
    };
    match parent.get(key) {
        Some(found @ Value::Object(_)) => Share {
            value: either(found, "p", "ratio"),
            num: either(found, "k", "num"),
            den: either(found, "n", "den"),
            clusters: cell(found, "clusters"),
            interval: interval(found),
        },
        _ => missing,
    }
}

/// The results of an indicator; null where the summary has none.
pub fn results<'a>(summary: &'a Value, code: &str) -> &'a Value {
    indicator(summary, code)
        .get("results")
        .unwrap_or(&Value::Null)
}

/// An indicator of the summary; null where it has none.
pub fn indicator<'a>(summary: &'a Value, code: &str) -> &'a Value {
    summary
        .get("indicators")
        .and_then(|all| all.get(code))
        .unwrap_or(&Value::Null)
}

/// The text under `key`, or nothing.
pub fn text<'a>(parent: &'a Value, key: &str) -> &'a str {
    parent.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The zone in which the organisation's days begin; UTC where the summary names none.
pub fn zone(summary: &Value) -> Tz {
    let organisation = summary.get("organisation").unwrap_or(&Value::Null);
    text(organisation, "timezone").parse().unwrap_or(Tz::UTC)
}

/// The local day of an instant, or a date as it stands.
pub fn day(text: &str, zone: Tz) -> Option<NaiveDate> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => Some(instant.with_timezone(&zone).date_naive()),
        Err(_) => text.parse().ok(),
    }
}

/// The list under `key`, or an empty one.
pub fn list<'a>(parent: &'a Value, key: &str) -> &'a [Value] {
    parent
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A month `YYYY-MM` as a number that goes up by one a month: year times twelve plus month less 1.
pub fn month_index(month: &str) -> Option<i32> {
    let (year, month) = (month.get(..4)?, month.get(5..7)?);
    let (year, month): (i32, i32) = (year.parse().ok()?, month.parse().ok()?);
    (1..=12).contains(&month).then_some(year * 12 + month - 1)
}

/// A whole number with its thousands apart.
pub fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut said = if value <= -0.5 { "−" } else { "" }.to_owned();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// A measure: two figures that matter, no more.
pub fn measure(value: f64) -> String {
    let size = value.abs();
    let whole = size >= 1.0 && size.fract() < 1e-9;
    if size >= 10.0 || size == 0.0 || whole {
        return count(value);
    }
    let said = if size >= 1.0 {
        format!("{size:.1}")
    } else if size >= 0.1 {
        format!("{size:.2}")
    } else {
        let three = format!("{size:.3}");
        three.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    format!("{}{said}", if value < 0.0 { "−" } else { "" })
}

/// Names of the months, short.
pub const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A month's number as words, such as `Mar 2026`.
pub fn month_name(index: i32) -> String {
    let month = MONTHS
        .get(index.rem_euclid(12) as usize)
        .copied()
        .unwrap_or_default();
    format!("{month} {}", index.div_euclid(12))
}

fn either(object: &Value, first: &str, second: &str) -> Cell {
    match cell(object, first) {
        Cell::Missing => cell(object, second),
        found => found,
    }
}
/// The quarters in which other invitations were sent to the same people, such as `2026-Q2`.
pub fn changed_habits(summary: &Value) -> Vec<&str> {
    let quarters = list(summary, "attendance_by_quarter").iter();
    let changed = quarters.filter(|quarter| quarter["invitation_habit_changed"] == true);
    changed.map(|quarter| text(quarter, "quarter")).collect()
}
