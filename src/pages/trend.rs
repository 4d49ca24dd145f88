//! Verdicts in words: rising, falling, no clear trend, or too early, and then from when.

use chrono::{Datelike as _, Days};
use serde_json::Value;

use super::words::{capital, count, measure, month, plural, signed_percents};
use super::{health, opening, signals, view};
use crate::charts::reading::{self, Cell, cell, month_index};
use crate::charts::together::{self, Told};

/// Fewer months than this and no test is made (INDICATORS T1).
const MONTHS_NEEDED: usize = 12;

/// What may be said of a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    /// `rising`, `falling`, `no clear trend`, `too early`, `no data`, `withheld`.
    pub(super) word: &'static str,
    /// The whole of it: with its size and interval, or with the date from which it can be told.
    /// Numbers stand between guillemets.
    pub(super) sentence: String,
    /// What is to be said after the word: `About +1.6 % a month (95 % interval +0.1 % to +3.2 %).`
    pub(super) more: String,
}

/// The verdict on the age-matched reads of the organisation.
pub(super) fn reads(summary: &Value) -> Verdict {
    let results = reading::results(summary, "T1");
    let trend = results.get("trend").unwrap_or(&Value::Null);
    let found = together::of_months(summary);
    let told = found.verdict;
    // Where months are withheld the verdict stands, and what would tell them does not.
    let is_withheld = reading::suppressed(trend) || cell(results, "trend") == Cell::Withheld;
    if told.is_empty() && is_withheld {
        return withheld(summary);
    }
    let mut verdict = match told {
        "rising" => clear(summary, "rising", "more", trend),
        "falling" => clear(summary, "falling", "less", trend),
        "no clear trend" => unclear(summary, trend),
        _ => return early(summary, &seen(summary)),
    };
    let judged = judged(&found);
    verdict.more.push_str(&judged);
    verdict.sentence.push_str(&judged);
    verdict
}

/// What the verdict rests on: the p of its test, judged with the others of the page (T7), and whether months were
/// compared with the same months of other years (T3).
fn judged(found: &Told<'_>) -> String {
    let p = match found.adjusted {
        None => String::new(),
        Some(p) if p < 0.001 => "p is below «0.001»".to_owned(),
        Some(p) => format!("p is «{p:.3}»"),
    };
    match (found.by_seasons, p.is_empty()) {
        (true, true) => " Each month is compared with the same months of other years.".to_owned(),
        (true, false) => format!(
            " Each month compared with the same months of other years, and judged with the other tests of this \
             page, {p}."
        ),
        (false, true) => String::new(),
        (false, false) => format!(" Judged with the other tests of this page, {p}."),
    }
}

/// How much is read now.
pub(super) enum Level {
    /// In the latest month: `«1.2» times a working day in June 2026`.
    Now(String),
    /// Nothing is of that age any more: `No write-up has been three to six months old and watched since June
    /// 2025.`
    Past(String),
}

/// The latest month with its reads, if there was something to read at that age.
pub(super) fn level(summary: &Value) -> Option<Level> {
    if !health::seen_reads(summary) {
        return None;
    }
    let (month_, per_100) = known(summary).last().copied()?;
    let months = reading::list(reading::results(summary, "T0"), "series").iter();
    let later = |entry: &&Value| month_index(reading::text(entry, "month")) > Some(month_);
    let is_empty = |entry: &Value| cell(entry, "window_exposure") == Cell::Value(0.0);
    let later: Vec<&Value> = months.filter(later).collect();
    // A month that is only withheld is no month without.
    if later.last().is_some_and(|entry| is_empty(entry)) {
        let last = seen(summary).last().copied().unwrap_or(month_);
        return Some(Level::Past(format!(
            "No write-up has been {} old and watched since {}.",
            window(summary),
            month(last)
        )));
    }
    Some(Level::Now(format!(
        "«{}» times a working day in {}",
        measure(per_100 / 100.0),
        month(month_)
    )))
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

/// Something was read, and by too few to say more.
fn withheld(summary: &Value) -> Verdict {
    let k = view::k(summary);
    Verdict {
        word: "withheld",
        more: format!("Fewer than {k} readers."),
        sentence: format!(
            "Withheld: in too many months fewer than {k} readers stand behind it, and a trend would speak of \
             them."
        ),
    }
}

/// The months in which something could be read at that age, told or not.
fn seen(summary: &Value) -> Vec<i32> {
    let told = |entry: &Value| match cell(entry, "window_per_100") {
        Cell::Value(_) => true,
        Cell::Withheld => cell(entry, "window_exposure")
            .get()
            .is_some_and(|exposure| exposure > 0.0),
        Cell::Missing => false,
    };
    reading::list(reading::results(summary, "T0"), "series")
        .iter()
        .filter(|entry| told(entry))
        .filter_map(|entry| month_index(reading::text(entry, "month")))
        .collect()
}

/// The change of a month in per cent of the usual month, with the limits that belong to the test
/// that was made.
fn change(trend: &Value) -> Option<(f64, (f64, f64))> {
    let percent = trend.get("percent_per_month")?;
    Some((cell(percent, "slope").get()?, reading::interval(percent)?))
}

fn clear(summary: &Value, word: &'static str, way: &str, trend: &Value) -> Verdict {
    let said = format!("{} are read {way} than before", subject(summary));
    let Some((slope, (lo, hi))) = change(trend) else {
        return Verdict {
            word,
            sentence: format!("{said}."),
            more: String::new(),
        };
    };
    let [slope, lo, hi] = signed_percents([slope, lo, hi]);
    let size = format!("about «{slope}» a month (95 % interval «{lo}» to «{hi}»).");
    Verdict {
        word,
        sentence: format!("{said}: {size}"),
        more: capital(&size),
    }
}

fn unclear(summary: &Value, trend: &Value) -> Verdict {
    let months = cell(trend, "n").get().map_or_else(String::new, |n| {
        format!("over «{}» {} ", count(n), plural(n, "month", "months"))
    });
    let between = change(trend).map(|(_, (lo, hi))| {
        // Of one test it may leave nothing in doubt that all of them do.
        let alone = match lo > 0.0 || hi < 0.0 {
            true => " of one test by itself",
            false => "",
        };
        let [lo, hi] = signed_percents([lo, hi]);
        format!("between «{lo}» and «{hi}» a month (95 % interval{alone}).")
    });
    let said = format!(
        "Whether {} are read more than before can't be told",
        subject(summary).replacen('W', "w", 1)
    );
    Verdict {
        word: "no clear trend",
        sentence: match &between {
            Some(between) => format!("{said}: {months}the change lies {between}"),
            None => format!("{said}."),
        },
        more: between.map_or_else(String::new, |between| capital(&between)),
    }
}

/// What is compared.
pub(super) fn subject(summary: &Value) -> String {
    format!("Write-ups {} old", window(summary))
}

fn window(summary: &Value) -> String {
    opening::window_words(signals::days(summary, "late", 90.0))
}

fn early(summary: &Value, seen: &[i32]) -> Verdict {
    let Some(last) = seen.last() else {
        let when = first_told(summary).map_or_else(String::new, |when| {
            format!(" It can first be told in {}.", month(when))
        });
        return Verdict {
            word: "no data",
            more: String::new(),
            sentence: format!(
                "Nothing to say yet: a trend needs twelve complete months in which some write-up \
                 was {} old and watched.{when}",
                window(summary)
            ),
        };
    };
    let missing = MONTHS_NEEDED.saturating_sub(seen.len()) as i32;
    if missing == 0 {
        return Verdict {
            word: "too early",
            more: String::new(),
            sentence: "Too early: these months do not make a trend yet.".to_owned(),
        };
    }
    let when = next(summary, *last, missing);
    let are = plural(seen.len() as f64, "is", "are");
    Verdict {
        word: "too early",
        sentence: format!(
            "Too early: a trend needs twelve months, «{}» {are} seen. {when}",
            seen.len()
        ),
        more: when,
    }
}

/// From when it can be told, counted from the date of the report: months that did not come are not
/// made up for.
fn next(summary: &Value, last: i32, missing: i32) -> String {
    let as_of = reading::day(reading::text(summary, "as_of"), reading::zone(summary));
    let running = as_of.map_or(last + 1, |day| day.year() * 12 + day.month0() as i32);
    // The month that runs is not complete, the one before it is.
    if running <= last + 1 {
        return format!("It can first be told in {}.", month(last + missing + 1));
    }
    format!(
        "No write-up was {} old and watched since {}, so it can first be told in {}, if some are \
         from now on.",
        window(summary),
        month(last),
        month(running + missing)
    )
}

/// The month in which so many months of the series can be known, if each from now on is; nothing where they
/// are, or where nothing can be foreseen.
pub(super) fn told_in(summary: &Value, needed: usize) -> Option<i32> {
    let seen = seen(summary);
    let Some(last) = seen.last() else {
        return Some(first_told(summary)? - MONTHS_NEEDED as i32 + needed as i32);
    };
    let missing = needed.checked_sub(seen.len()).filter(|n| *n > 0)? as i32;
    let as_of = reading::day(reading::text(summary, "as_of"), reading::zone(summary));
    let running = as_of.map_or(last + 1, |day| day.year() * 12 + day.month0() as i32);
    Some(running.max(last + 1) + missing)
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
        let summary = json!({
            "as_of": "2026-06-10T00:00:00Z",
            "indicators": {"T0": {"results": {"series": series}}},
        });
        let verdict = reads(&summary);
        assert_eq!(verdict.word, "too early");
        assert!(
            verdict.sentence.contains("first be told in January 2027"),
            "{}",
            verdict.sentence
        );
    }

    #[test]
    fn nothing_is_promised_for_the_past() {
        let series = [json!({"month": "2015-05", "window_per_100": 0.0})];
        let verdict = reads(&json!({
            "as_of": "2026-11-25T13:06:46Z",
            "indicators": {"T0": {"results": {"series": series}}},
        }));
        assert!(
            verdict
                .more
                .starts_with("No write-up was three to six months old and watched since May 2015"),
            "{}",
            verdict.more
        );
        // Eleven months more, the first of them November 2026: told when October 2027 is over.
        assert!(verdict.more.contains("in October 2027"), "{}", verdict.more);
    }

    #[test]
    fn a_change_keeps_its_unit_and_sign() {
        let trend = json!({
            "n": 33,
            "recommended": {"verdict": "rising"},
            "percent_per_month": {"slope": 1.5612, "lo": 0.0528, "hi": 3.1796},
        });
        let verdict = reads(&json!({"indicators": {"T1": {"results": {"trend": trend}}}}));
        assert_eq!(
            verdict.sentence,
            "Write-ups three to six months old are read more than before: about «+1.6 %» a month \
             (95 % interval «+0.1 %» to «+3.2 %»)."
        );
    }

    #[test]
    fn what_does_not_stand_beside_the_other_tests_is_no_trend() {
        let of = |adjusted: f64, seasons: &str| {
            let trend = json!({
                "n": 39, "recommended": {"verdict": "rising"},
                "percent_per_month": {"slope": 0.6, "lo": 0.1, "hi": 1.4},
            });
            let tests = [
                json!({"code": "T1", "of": "trend", "adjusted": adjusted}),
                json!({"code": "T3", "of": "months", "adjusted": 0.091}),
            ];
            reads(&json!({"indicators": {
                "T1": {"results": {"trend": trend}},
                "T3": {"results": {"months": {"verdict": seasons}}},
                "T7": {"results": {"tests": tests}},
            }}))
        };
        for (adjusted, seasons, word, ends) in [
            (
                0.0001,
                "too early",
                "rising",
                "+1.4 %»). Judged with the other tests of this page, p is below «0.001».",
            ),
            (
                0.0912,
                "too early",
                "no clear trend",
                "(95 % interval of one test by itself). Judged with the other tests of this page, p is «0.091».",
            ),
            (
                0.03,
                "no clear trend",
                "no clear trend",
                "(95 % interval of one test by itself). Each month compared with the same months of other years, \
                 and judged with the other tests of this page, p is «0.091».",
            ),
        ] {
            let verdict = of(adjusted, seasons);
            assert_eq!(verdict.word, word);
            for said in [verdict.sentence, verdict.more] {
                assert!(said.ends_with(ends), "{said}");
            }
        }
    }

    #[test]
    fn too_few_readers_are_not_too_early() {
        let trend = json!({"n": null, "recommended": {"verdict": null}, "suppressed": true});
        let verdict = reads(&json!({
            "organisation": {"k": 5},
            "indicators": {"T1": {"results": {"trend": trend}}},
        }));
        assert_eq!(verdict.more, "Fewer than 5 readers.");
        assert!(verdict.sentence.contains("fewer than 5 readers"));
    }

    #[test]
    fn withheld_months_are_months_seen() {
        let series: Vec<Value> = (1..=5)
            .map(|m| {
                let per_100 = (m < 4).then_some(1.0);
                json!({
                    "month": format!("2026-{m:02}"),
                    "window_per_100": per_100,
                    "window_exposure": 20,
                    "suppressed": m >= 4,
                })
            })
            .collect();
        let summary = json!({"indicators": {"T0": {"results": {"series": series}}}});
        let sentence = reads(&summary).sentence;
        assert!(sentence.contains("«5» are seen"), "{sentence}");
        assert!(sentence.contains("in January 2027"), "{sentence}");
    }

    #[test]
    fn what_was_read_long_ago_is_not_now() {
        let of = |months: &[(&str, Option<f64>, u32)]| {
            let month = |&(month, per_100, exposure): &(&str, Option<f64>, u32)| {
                json!({ "month": month, "window_per_100": per_100, "window_exposure": exposure,
                        "suppressed": per_100.is_none() && exposure > 0 })
            };
            let series: Vec<Value> = months.iter().map(month).collect();
            let summary = json!({
                "health": {"coverage": [{"kind": "read", "scope": "wiki"}]},
                "indicators": {"R1": {"results": {"total_reads": 9}}, "T0": {"results": {"series": series}}},
            });
            match level(&summary).unwrap() {
                Level::Now(said) | Level::Past(said) => said,
            }
        };
        let read = ("2025-06", Some(50.0), 20);
        assert_eq!(of(&[read]), "«0.50» times a working day in June 2025");
        let hidden = ("2025-07", None, 20);
        assert_eq!(of(&[read, hidden]), of(&[read]));
        assert_eq!(
            of(&[read, hidden, ("2026-06", None, 0)]),
            "No write-up has been three to six months old and watched since July 2025."
        );
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(reads(&Value::Null).word, "no data");
    }
}
