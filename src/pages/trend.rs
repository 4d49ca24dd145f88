//! Verdicts in words: rising, falling, no clear trend, or too early, and then from when.

use chrono::{Datelike as _, Days};
use serde_json::Value;

use super::signals;
use super::words::{capital, count, measure, month};
use crate::charts::reading::{self, Cell, cell, month_index};

/// Fewer months than this and no test is made (INDICATORS T1).
const MONTHS_NEEDED: usize = 12;

/// What may be said of a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    /// `rising`, `falling`, `no clear trend`, `too early`, `no data`, `withheld`.
    pub(super) word: &'static str,
    /// The same with its size and interval, or with the date from which it can be told. Numbers
    /// stand between guillemets.
    pub(super) sentence: String,
    /// The same in few words: `rising, about +4 % a month (95 % interval 1 to 7)`.
    pub(super) brief: String,
}

/// The verdict on the age-matched reads of the organisation.
pub(super) fn reads(summary: &Value) -> Verdict {
    let known = known(summary);
    let results = reading::results(summary, "T1");
    let trend = results.get("trend").unwrap_or(&Value::Null);
    let told = trend
        .get("recommended")
        .map_or("", |found| reading::text(found, "verdict"));
    if reading::suppressed(trend) || cell(results, "trend") == Cell::Withheld {
        return Verdict {
            word: "withheld",
            brief: "withheld, too few people stand behind some months".to_owned(),
            sentence: "The trend is withheld: too few people stand behind some months.".to_owned(),
        };
    }
    match told {
        "rising" => clear("rising", trend),
        "falling" => clear("falling", trend),
        "no clear trend" => unclear(trend),
        _ => early(summary, &known),
    }
}

/// The latest month with its reads: `«1.2» times a working day in June 2026`.
pub(super) fn level(summary: &Value) -> Option<String> {
    let (month_, per_100) = known(summary).last().copied()?;
    Some(format!(
        "«{}» times a working day in {}",
        measure(per_100 / 100.0),
        month(month_)
    ))
}

/// The months whose value is known.
fn known(summary: &Value) -> Vec<(i32, f64)> {
    reading::list(reading::results(summary, "T0"), "series")
        .iter()
        .filter_map(|entry| {
            let month = month_index(reading::text(entry, "month"))?;
            Some((month, cell(entry, "window_per_100").get()?))
        })
        .collect()
}

/// The change of a month in per cent of the usual month, with the limits that belong to the test
/// that was made.
fn change(trend: &Value) -> Option<(f64, (f64, f64))> {
    let percent = trend.get("percent_per_month")?;
    Some((cell(percent, "slope").get()?, reading::interval(percent)?))
}

fn clear(word: &'static str, trend: &Value) -> Verdict {
    let Some((slope, (lo, hi))) = change(trend) else {
        return Verdict {
            word,
            sentence: format!("{}.", capital(word)),
            brief: word.to_owned(),
        };
    };
    let size = format!(
        "about «{} %» a month (95 % interval «{}» to «{}»)",
        signed(slope),
        measure(lo),
        measure(hi)
    );
    Verdict {
        word,
        sentence: format!("{}, {size}.", capital(word)),
        brief: format!("{word}, {size}"),
    }
}

fn unclear(trend: &Value) -> Verdict {
    let months = cell(trend, "n")
        .get()
        .map_or_else(String::new, |n| format!(" over «{}» months", count(n)));
    let between = change(trend).map_or_else(String::new, |(_, (lo, hi))| {
        format!(
            ": between «{} %» and «{} %» a month (95 % interval)",
            signed(lo),
            signed(hi)
        )
    });
    Verdict {
        word: "no clear trend",
        sentence: format!("No clear trend{months}{between}."),
        brief: format!("no clear trend{between}"),
    }
}

fn signed(value: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", measure(value))
}

fn early(summary: &Value, known: &[(i32, f64)]) -> Verdict {
    let Some((last, _)) = known.last() else {
        let when = first_told(summary).map_or_else(String::new, |when| {
            format!(" It can first be told in {}.", month(when))
        });
        return Verdict {
            word: "no data",
            brief: "nothing to say yet".to_owned(),
            sentence: format!(
                "Nothing to say yet: a trend needs twelve complete months in which some write-up \
                 was three to six months old.{when}"
            ),
        };
    };
    let missing = MONTHS_NEEDED.saturating_sub(known.len()) as i32;
    if missing == 0 {
        return Verdict {
            word: "too early",
            brief: "too early".to_owned(),
            sentence: "Too early: these months do not make a trend yet.".to_owned(),
        };
    }
    // The month after the last one needed, when that one is complete.
    let when = month(last + missing + 1);
    let are = if known.len() == 1 { "is" } else { "are" };
    Verdict {
        word: "too early",
        brief: format!("too early; it can first be told in {when}"),
        sentence: format!(
            "Too early: a trend needs twelve months, «{}» {are} seen. It can first be told in \
             {when}.",
            known.len()
        ),
    }
}

/// The month after the twelfth in which some write-up is old enough, where none has been yet.
fn first_told(summary: &Value) -> Option<i32> {
    let zone = reading::zone(summary);
    let late = Days::new(signals::days(summary, "late", 90.0) as u64);
    let oldest = reading::list(summary, "writeups")
        .iter()
        .filter_map(|writeup| reading::day(reading::text(writeup, "published_at"), zone))
        .min()?
        .checked_add_days(late)?;
    let as_of = reading::day(reading::text(summary, "as_of"), zone)?;
    (oldest >= as_of).then(|| oldest.year() * 12 + oldest.month0() as i32 + MONTHS_NEEDED as i32)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn too_early_names_the_month() {
        let series: Vec<Value> = (1..=5)
            .map(|m| json!({"month": format!("2026-{m:02}"), "window_per_100": 1.0}))
            .collect();
        let summary = json!({"indicators": {"T0": {"results": {"series": series}}}});
        let verdict = reads(&summary);
        assert_eq!(verdict.word, "too early");
        assert!(
            verdict.sentence.contains("first be told in January 2027"),
            "{}",
            verdict.sentence
        );
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(reads(&Value::Null).word, "no data");
    }
}
