//! Verdicts in words: rising, falling, no clear trend, or too early, and then from when.

use serde_json::Value;

use super::words::{count, measure, month};
use crate::charts::reading::{self, Cell, cell, month_index};

/// Fewer months than this and no test is made (INDICATORS T1).
const MONTHS_NEEDED: usize = 12;

/// What may be said of a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    /// `rising`, `falling`, `no clear trend`, `too early`, `no data`.
    pub(super) word: &'static str,
    /// The same with its size, interval and unit, or with the date from which it can be told.
    /// Numbers stand between guillemets.
    pub(super) sentence: String,
}

/// The verdict on the age-matched reads of the organisation.
pub(super) fn reads(summary: &Value) -> Verdict {
    let series = reading::list(reading::results(summary, "T0"), "series");
    let known: Vec<(i32, f64)> = series
        .iter()
        .filter_map(|entry| {
            let month = month_index(reading::text(entry, "month"))?;
            Some((month, cell(entry, "window_per_100").get()?))
        })
        .collect();
    let results = reading::results(summary, "T1");
    let trend = results.get("trend").unwrap_or(&Value::Null);
    let told = trend
        .get("recommended")
        .map_or("", |found| reading::text(found, "verdict"));
    if reading::suppressed(trend) || cell(results, "trend") == Cell::Withheld {
        return Verdict {
            word: "withheld",
            sentence: "The trend is withheld: too few people stand behind some months.".to_owned(),
        };
    }
    match told {
        "rising" => clear("rising", trend, &known),
        "falling" => clear("falling", trend, &known),
        "no clear trend" => Verdict {
            word: "no clear trend",
            sentence: unclear(trend),
        },
        _ => early(&known),
    }
}

fn clear(word: &'static str, trend: &Value, known: &[(i32, f64)]) -> Verdict {
    let slope = trend.get("theil_sen").unwrap_or(&Value::Null);
    let sentence = match (cell(slope, "slope").get(), reading::interval(slope)) {
        (Some(b), Some((lo, hi))) => {
            let part = median(known)
                .filter(|usual| *usual > 0.0)
                .map(|usual| {
                    format!(
                        ", about «{} %» of a usual month",
                        measure(b / usual * 100.0)
                    )
                })
                .unwrap_or_default();
            format!(
                "{}, by «{}» reads per 100 write-up-working-days each month (95 % interval «{}» to \
                 «{}»){part}.",
                super::words::capital(word),
                measure(b),
                measure(lo),
                measure(hi)
            )
        }
        _ => format!("{}.", super::words::capital(word)),
    };
    Verdict { word, sentence }
}

fn unclear(trend: &Value) -> String {
    let slope = trend.get("theil_sen").unwrap_or(&Value::Null);
    let months = cell(trend, "n")
        .get()
        .map_or_else(String::new, |n| format!(" over «{}» months", count(n)));
    match reading::interval(slope) {
        Some((lo, hi)) => format!(
            "No clear trend{months}: between «{}» and «{}» reads per 100 write-up-working-days each \
             month (95 % interval).",
            measure(lo),
            measure(hi)
        ),
        None => format!("No clear trend{months}."),
    }
}

fn early(known: &[(i32, f64)]) -> Verdict {
    let Some((last, _)) = known.last() else {
        return Verdict {
            word: "no data",
            sentence: "Nothing to say yet: a trend needs twelve complete months in which some \
                       write-up was three to six months old."
                .to_owned(),
        };
    };
    let missing = MONTHS_NEEDED.saturating_sub(known.len()) as i32;
    let sentence = if missing == 0 {
        "Too early: these months do not make a trend yet.".to_owned()
    } else {
        // The month after the last one needed, when that one is complete.
        format!(
            "Too early: a trend needs twelve months, «{}» {} seen. It can first be told in {}.",
            known.len(),
            if known.len() == 1 { "is" } else { "are" },
            month(last + missing + 1)
        )
    };
    Verdict {
        word: "too early",
        sentence,
    }
}

fn median(known: &[(i32, f64)]) -> Option<f64> {
    let mut values: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
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
