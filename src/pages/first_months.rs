//! The first months, before twelve of them make a trend: what history tells already, two like periods side by
//! side once there are enough months, and for what can't be told yet the date on which it first can.

use chrono::{Days, NaiveDate};
use serde::Serialize;
use serde_json::Value;

use super::opening::Said;
use super::view::{Part, say, say_all};
use super::words::{self, count, plural};
use super::{Links, attendance, health, linked, opening, panels, sides, signals, trend};
use crate::charts::reading::{self, cell, month_index};
use crate::stats::{Cluster, LEAST_CLUSTERS, compared};

/// What stands on the page in the first months.
#[derive(Serialize)]
pub(super) struct FirstMonths {
    /// What goes back further than the first read.
    history: Vec<Vec<Part>>,
    /// Two like periods.
    compared: Vec<Part>,
    /// Question, when it can first be answered, and its definition.
    waiting: Vec<(String, String, String)>,
}

/// What is told in the first months; nothing once a trend can be, or where no write-up is known.
pub(super) fn first_months(summary: &Value, links: Links) -> Option<FirstMonths> {
    let verdict = trend::reads(summary);
    let is_early = matches!(verdict.word, "too early" | "no data");
    if !is_early || reading::list(summary, "writeups").is_empty() {
        return None;
    }
    Some(FirstMonths {
        history: history(summary)
            .iter()
            .map(|said| say_all(links, said))
            .collect(),
        compared: say(links, "T0", &two_periods(summary)),
        waiting: waiting(summary, links),
    })
}

/// What was there before anybody watched: each with the day from which on.
fn history(summary: &Value) -> Vec<Vec<Said>> {
    let zone = reading::zone(summary);
    let writeups = reading::list(summary, "writeups");
    let date = |day: NaiveDate| day.format("%-d %b %Y").to_string();
    let first = |days: &mut dyn Iterator<Item = Option<NaiveDate>>| days.flatten().min();
    let day = |entry: &Value, key: &str| reading::day(reading::text(entry, key), zone);
    let mut told: Vec<Vec<Said>> = Vec::new();
    if let Some(oldest) = first(&mut writeups.iter().map(|one| day(one, "published_at"))) {
        let all = writeups.len() as f64;
        let said = format!(
            "Write-ups go back to {}; «{}» {} known.",
            date(oldest),
            count(all),
            plural(all, "is", "are")
        );
        told.push(vec![("L4", said)]);
    }
    let evidence = writeups
        .iter()
        .flat_map(|one| reading::list(one, "link_evidence"));
    let mut uptake = evidence
        .filter(|link| linked::is_uptake(link))
        .map(|link| day(link, "since"));
    if let Some((oldest, (linked, of_all))) = first(&mut uptake).zip(linked::of_all(summary)) {
        let said = format!(
            "Links that others made go back to {}: {of_all} {} linked from the work.",
            date(oldest),
            plural(linked, "is", "are")
        );
        told.push(vec![("K1", said)]);
    }
    let reviews = reading::list(summary, "reviews").iter();
    let held = reviews.filter(|review| !attendance::is_planned(review));
    if let Some(oldest) = first(&mut held.map(|review| day(review, "date"))) {
        let held = attendance::meetings(summary).held as f64;
        let said = format!(
            "Reviews go back to {}: «{}» {} held.",
            date(oldest),
            count(held),
            plural(held, "was", "were")
        );
        told.push(vec![("A1", said)]);
    }
    for (code, kind) in [("C1", "Comments"), ("E1", "Edits")] {
        if let Some(said) = signals::told(summary, code) {
            told.push(vec![(code, format!("{kind}: {said}"))]);
        }
    }
    told
}

/// The later half of the months beside the earlier one, at like age: a comparison, no trend.
fn two_periods(summary: &Value) -> String {
    let series = reading::list(reading::results(summary, "T0"), "series").iter();
    let known: Vec<Cluster> = series
        .filter_map(|month| {
            let at = month_index(reading::text(month, "month"))?;
            let num = cell(month, "window_reads").get()?;
            let den = cell(month, "window_exposure").get()?;
            (den > 0.0).then_some(Cluster {
                month: at,
                num,
                den,
            })
        })
        .collect();
    let half = known.len() / 2;
    let (Some(earlier), Some(later)) = (known.get(..half), known.get(known.len() - half..)) else {
        return String::new();
    };
    let found = compared(earlier, later, sides::window(summary));
    let (Some(quotient), Some((lo, hi)), Some(start)) =
        (found.quotient, found.interval, later.first())
    else {
        return match trend::told_in(summary, 2 * LEAST_CLUSTERS) {
            Some(month) => format!(
                "Two like periods of «{LEAST_CLUSTERS}» months each can be compared in {}, at like age.",
                words::month(month)
            ),
            None => String::new(),
        };
    };
    format!(
        "A comparison and no trend: in the «{half}» months from {} on a write-up of the same age is read «{quotient:.2}» \
         times as much as in the «{half}» before (95 % interval {lo:.2} to {hi:.2}).",
        words::month(start.month)
    )
}

/// What a question waits for.
enum Wait {
    /// So many months of the age-matched series.
    Months(usize),
    /// So many days after the oldest write-up was published.
    Age(&'static str, f64),
    /// So many days after the first write-up that was watched from its first day on.
    Watched(&'static str, f64),
    /// So many days after the first day on which attendance was seen.
    Attended(f64),
}

/// What needs time alone, in the order of the page.
static WAITING: [(&str, Wait); 7] = [
    ("T1", Wait::Months(12)),
    ("T3", Wait::Months(24)),
    ("L4", Wait::Age("late", 90.0)),
    ("L3", Wait::Watched("horizon", 365.0)),
    ("L5", Wait::Watched("quiet", 90.0)),
    ("C1", Wait::Age("late", 90.0)),
    // Half a year without them before a first review, and another to come again in.
    ("A7", Wait::Attended(360.0)),
];

fn waiting(summary: &Value, links: Links) -> Vec<(String, String, String)> {
    let as_of = reading::day(reading::text(summary, "as_of"), reading::zone(summary));
    let each = WAITING.iter().filter_map(|(code, wait)| {
        if is_told(summary, code) || health::missing(summary, code).is_some() {
            return None;
        }
        // What is withheld does not wait for a day.
        let why = opening::nothing(summary, code);
        if why.starts_with("Withheld") {
            return None;
        }
        let day = |date: Option<NaiveDate>| {
            let date = date.filter(|date| as_of.is_none_or(|as_of| *date > as_of))?;
            Some(format!("{}.", date.format("%-d %b %Y")))
        };
        let when = match wait {
            Wait::Months(needed) => {
                let month = trend::told_in(summary, *needed)?;
                format!(
                    "{}, if every month until then is watched.",
                    words::month(month)
                )
            }
            Wait::Age(name, usual) => {
                let late = signals::days(summary, name, *usual);
                day(after(first_published(summary, None), late))?
            }
            Wait::Watched(name, usual) => {
                let span = signals::days(summary, name, *usual);
                let from = first_seen(summary, &["read", "read_count"])?;
                match first_published(summary, Some(from)) {
                    None => format!(
                        "{} after the first write-up that is published from now on.",
                        words::capital(&words::stretch(span))
                    ),
                    published => day(after(published, span))?,
                }
            }
            Wait::Attended(span) => day(after(first_seen(summary, &["attendance"]), *span))?,
        };
        Some((question(code), when, links.definition(code)))
    });
    each.collect()
}

fn is_told(summary: &Value, code: &str) -> bool {
    match code {
        // A verdict that it is too early is none.
        "T1" => false,
        "T3" => {
            let months = reading::results(summary, "T3").get("months");
            months
                .is_some_and(|months| !matches!(reading::text(months, "verdict"), "" | "too early"))
        }
        _ => signals::told(summary, code).is_some(),
    }
}

/// What the leader's page asks of it.
fn question(code: &str) -> String {
    match code {
        "T1" => "Are write-ups of the same age read more than before?".to_owned(),
        "T3" => "Is it the calendar, or more than last year?".to_owned(),
        code => {
            // The file of panels belongs to the program and a test reads it.
            let panels = panels::panels()
                .map(|panels| panels.section)
                .unwrap_or_default();
            let mut all = panels.into_iter().flat_map(|section| section.panels);
            let found = all.find(|panel| panel.code == code);
            found.map_or_else(|| code.to_owned(), |panel| panel.asks)
        }
    }
}

fn after(date: Option<NaiveDate>, days: f64) -> Option<NaiveDate> {
    date?.checked_add_days(Days::new(days as u64))
}

/// The day of the first write-up, or of the first from a day on.
fn first_published(summary: &Value, from: Option<NaiveDate>) -> Option<NaiveDate> {
    let zone = reading::zone(summary);
    let writeups = reading::list(summary, "writeups").iter();
    let days = writeups.filter_map(|one| reading::day(reading::text(one, "published_at"), zone));
    days.filter(|day| from.is_none_or(|from| *day >= from))
        .min()
}

/// The first day on which any source saw events of these kinds.
fn first_seen(summary: &Value, kinds: &[&str]) -> Option<NaiveDate> {
    let zone = reading::zone(summary);
    let health = summary.get("health")?;
    let coverage = reading::list(health, "coverage").iter();
    let own = coverage.filter(|window| kinds.contains(&reading::text(window, "kind")));
    own.filter_map(|window| reading::day(reading::text(window, "from"), zone))
        .min()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(parts: &[Part]) -> String {
        parts
            .iter()
            .map(|part| part.text.replace('\u{a0}', " "))
            .collect()
    }

    /// Reads are watched from January 2026 on, over so many months of the series.
    fn summary(months: u32) -> Value {
        let month = |n: u32| {
            let reads = if n <= months / 2 {
                20 + n % 2
            } else {
                60 + n % 2
            };
            json!({"month": format!("2026-{n:02}"), "window_reads": reads, "window_exposure": 40,
                   "window_per_100": f64::from(reads) * 2.5})
        };
        let link =
            json!({"place": "commit", "part": "uptake", "since": "2021-03-04", "removed": null});
        json!({
            "as_of": format!("2026-{:02}-03T00:00:00Z", months + 1),
            "health": {"received": {"lines": 9}, "coverage": [
                {"kind": "read", "scope": "wiki", "from": "2025-12-20T00:00:00Z"},
                {"kind": "link", "scope": "git", "from": "2021-01-01T00:00:00Z"},
                {"kind": "attendance", "scope": "lists", "from": "2026-01-02T00:00:00Z"},
            ]},
            "writeups": [
                {"id": "a", "published_at": "2021-02-01T00:00:00Z", "age_days": 1800, "link_evidence": [link],
                 "links": {"live": {"commit": 1}}},
                {"id": "b", "published_at": "2026-01-10T00:00:00Z", "age_days": 100},
            ],
            "reviews": [{"meeting": "m", "date": "2022-05-06", "attendees": 9}],
            "indicators": {"T0": {"results": {"series": (1..=months).map(month).collect::<Vec<_>>()}},
                           "K1": {"results": {"links": {"writeups_linked": 1}}}},
        })
    }

    fn told(summary: &Value) -> FirstMonths {
        first_months(summary, Links::Server).expect("first months")
    }

    #[test]
    fn what_can_not_be_told_yet_has_its_date() {
        let found = told(&summary(4));
        let when = |question: &str| {
            let one = found.waiting.iter().find(|one| one.0.starts_with(question));
            one.map(|one| one.1.as_str())
        };
        let trend = when("Are write-ups of the same age");
        assert_eq!(
            trend,
            Some("January 2027, if every month until then is watched.")
        );
        assert_eq!(
            when("Is it the calendar"),
            Some("January 2028, if every month until then is watched.")
        );
        // The first write-up that was watched from its first day on is of 10 January.
        assert_eq!(when("How much of the reading"), Some("10 Jan 2027."));
        assert_eq!(when("Do people come back"), Some("28 Dec 2026."));
        // A day that has been promises nothing.
        assert_eq!(when("How long before a write-up goes quiet"), None);
        assert!(
            text(&found.compared).contains("can be compared in November 2026"),
            "{}",
            text(&found.compared)
        );
    }

    #[test]
    fn history_goes_back_further_than_the_first_read() {
        let found = told(&summary(4));
        let said: Vec<String> = found.history.iter().map(|said| text(said)).collect();
        assert_eq!(said[0], "Write-ups go back to 1 Feb 2021; 2 are known.");
        assert!(
            said[1].starts_with("Links that others made go back to 4 Mar 2021:"),
            "{said:?}"
        );
        assert_eq!(said[2], "Reviews go back to 6 May 2022: 1 was held.");
    }

    #[test]
    fn two_like_periods_are_compared_from_ten_months_on() {
        let said = text(&told(&summary(10)).compared);
        assert!(
            said.starts_with("A comparison and no trend: in the 5 months from June 2026 on"),
            "{said}"
        );
        assert!(
            said.contains("2.9") && said.contains("95 % interval 2."),
            "{said}"
        );
    }

    #[test]
    fn they_are_over_once_there_is_a_trend() {
        let mut grown = summary(4);
        grown["indicators"]["T1"] =
            json!({"results": {"trend": {"n": 14, "recommended": {"verdict": "rising"}}}});
        assert!(first_months(&grown, Links::Server).is_none());
        assert!(first_months(&json!({}), Links::Server).is_none());
    }
}
