//! Verdicts in words: rising, falling, no clear trend, or too early, and then from when.

use serde_json::Value;

use super::words::{capital, count, measure, month};
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
    /// The same in few words, without unit: `rising, about +4 % a month (95 % interval 1 to 7)`.
    pub(super) brief: String,
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
            brief: "withheld, too few people stand behind some months".to_owned(),
            sentence: "The trend is withheld: too few people stand behind some months.".to_owned(),
        };
    }
    match told {
        "rising" => clear("rising", trend, &known),
        "falling" => clear("falling", trend, &known),
        "no clear trend" => Verdict {
            word: "no clear trend",
            brief: "no clear trend".to_owned(),
            sentence: unclear(trend),
        },
        _ => early(&known),
    }
}

fn clear(word: &'static str, trend: &Value, known: &[(i32, f64)]) -> Verdict {
    let slope = trend.get("theil_sen").unwrap_or(&Value::Null);
    let (Some(b), Some((lo, hi))) = (cell(slope, "slope").get(), reading::interval(slope)) else {
        let sentence = format!("{}.", capital(word));
        return Verdict {
            word,
            sentence,
            brief: word.to_owned(),
        };
    };
    let sentence = format!(
        "{}, by «{}» reads per 100 write-up-working-days each month (95 % interval «{}» to «{}»).",
        capital(word),
        measure(b),
        measure(lo),
        measure(hi)
    );
    let usual = median(known).filter(|usual| *usual > 0.0);
    let brief = usual.map_or_else(
        || word.to_owned(),
        |usual| {
            let percent = |slope: f64| measure(slope / usual * 100.0);
            let sign = if b > 0.0 { "+" } else { "" };
            format!(
                "{word}, about «{sign}{} %» a month (95 % interval «{}» to «{}»)",
                percent(b),
                percent(lo),
                percent(hi)
            )
        },
    );
    Verdict {
        word,
        sentence,
        brief,
    }
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
            brief: "nothing to say yet".to_owned(),
            sentence: "Nothing to say yet: a trend needs twelve complete months in which some \
                       write-up was three to six months old."
                .to_owned(),
        };
    };
    let missing = MONTHS_NEEDED.saturating_sub(known.len()) as i32;
    if missing == 0 {
        return Verdict {
            word: "too early",
            brief: "too early to say".to_owned(),
            sentence: "Too early: these months do not make a trend yet.".to_owned(),
        };
    }
    // The month after the last one needed, when that one is complete.
    let when = month(last + missing + 1);
    let are = if known.len() == 1 { "is" } else { "are" };
    Verdict {
        word: "too early",
        brief: format!("too early to say; it can first be told in {when}"),
        sentence: format!(
            "Too early: a trend needs twelve months, «{}» {are} seen. It can first be told in \
             {when}.",
            known.len()
        ),
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
