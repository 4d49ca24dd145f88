//! Signs of life of a write-up: the latest read, comment or new link, whichever came last.

use chrono::NaiveDate;
use serde_json::Value;

use super::{signals, words};
use crate::charts::reading::{self, cell};

/// The latest sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sign {
    /// Monday of its week.
    pub(super) week: NaiveDate,
    /// What it was.
    pub(super) kind: &'static str,
}

/// The latest sign of life of a write-up; of several in one week a link, then a comment, since
/// they cost more than a read.
pub(super) fn sign(writeup: &Value) -> Option<Sign> {
    let read = words::monday(reading::text(writeup, "last_read_week"))
        .map(|week| Sign { week, kind: "read" });
    let comment = words::monday(reading::text(writeup, "last_comment_week")).map(|week| Sign {
        week,
        kind: "comment",
    });
    let link = reading::list(writeup, "link_evidence")
        .iter()
        .filter_map(|link| NaiveDate::parse_from_str(reading::text(link, "since"), "%Y-%m-%d").ok())
        .max()
        .map(|since| Sign {
            week: since.week(chrono::Weekday::Mon).first_day(),
            kind: "link",
        });
    [link, comment, read]
        .into_iter()
        .flatten()
        .reduce(|best, next| if next.week > best.week { next } else { best })
}

/// The sign in words: `read, week of 30 Mar 2026`.
pub(super) fn sign_words(summary: &Value, writeup: &Value) -> String {
    sign(writeup).map_or_else(
        || "no sign seen".to_owned(),
        |sign| {
            let kind = match sign.kind {
                "read" if read_by_unknown(summary, writeup) => "read by somebody unknown",
                "link" => "new link",
                kind => kind,
            };
            format!("{kind}, week of {}", sign.week.format("%-d %b %Y"))
        },
    )
}

/// Whether it was read in the trailing window, and nobody known was seen reading it.
pub(super) fn read_by_unknown(summary: &Value, writeup: &Value) -> bool {
    let trailing = signals::days(summary, "trailing", 28.0) as u64;
    let as_of = reading::day(reading::text(summary, "as_of"), reading::zone(summary));
    let start = as_of.and_then(|day| day.checked_sub_days(chrono::Days::new(trailing)));
    let read = words::monday(reading::text(writeup, "last_read_week"));
    cell(writeup, "readers_trailing").get() == Some(0.0)
        && start.zip(read).is_some_and(|(start, week)| week >= start)
}

/// Live links of a write-up over all places.
pub(super) fn live_links(writeup: &Value) -> f64 {
    let live = writeup
        .get("links")
        .and_then(|links| links.get("live"))
        .and_then(Value::as_object);
    live.into_iter()
        .flat_map(|places| places.values())
        .filter_map(Value::as_f64)
        .sum()
}

/// Whether it is linked from something that people tend: code, drawings, documents. Commits,
/// tickets and chat never go away, so a link from there says less.
pub(super) fn stands(writeup: &Value) -> bool {
    let links = writeup.get("links").unwrap_or(&Value::Null);
    let live = links.get("live").and_then(Value::as_object);
    live.into_iter().flatten().any(|(place, n)| {
        !matches!(place.as_str(), "commit" | "ticket" | "chat" | "other")
            && n.as_f64().is_some_and(|n| n > 0.0)
    })
}

/// Write-ups older than `late` days that are still read or linked, latest sign first.
pub(super) fn still_alive(summary: &Value, late: f64, most: usize) -> Vec<&Value> {
    let mut alive: Vec<(&Value, Sign)> = reading::list(summary, "writeups")
        .iter()
        .filter(|writeup| {
            cell(writeup, "age_days")
                .get()
                .is_some_and(|age| age >= late)
        })
        .filter(|writeup| writeup.get("deleted_at").is_none_or(Value::is_null))
        .filter(|writeup| {
            writeup.get("still_read").and_then(Value::as_bool).unwrap_or(false)
                // Named as still read only where the number of its readers may be told.
                && cell(writeup, "readers_trailing").get().is_some_and(|n| n > 0.0)
        })
        .filter_map(|writeup| Some((writeup, sign(writeup)?)))
        .collect();
    // The oldest first: what lives longest says most. Ties by id, so that the order is settled.
    alive.sort_by(|(a, _), (b, _)| {
        let age = |writeup: &Value| cell(writeup, "age_days").get().unwrap_or(0.0);
        age(b)
            .total_cmp(&age(a))
            .then_with(|| reading::text(a, "id").cmp(reading::text(b, "id")))
    });
    alive
        .into_iter()
        .take(most)
        .map(|(writeup, _)| writeup)
        .collect()
}

/// The newest links that still stand, with the write-up each leads to.
pub(super) fn newest_links(summary: &Value, most: usize) -> Vec<(&Value, &Value)> {
    let mut links: Vec<(&Value, &Value)> = reading::list(summary, "writeups")
        .iter()
        .flat_map(|writeup| {
            reading::list(writeup, "link_evidence")
                .iter()
                .map(move |link| (writeup, link))
        })
        .filter(|(_, link)| link.get("removed").is_none_or(Value::is_null))
        .collect();
    links.sort_by(|(a, x), (b, y)| {
        let key = |writeup, link| (reading::text(link, "since"), reading::text(writeup, "id"));
        key(b, y).cmp(&key(a, x))
    });
    // One from each place first: three commits in a row say less.
    let mut chosen: Vec<(&Value, &Value)> = Vec::new();
    for link in &links {
        let place = reading::text(link.1, "place");
        if chosen.len() < most
            && !chosen
                .iter()
                .any(|(_, c)| reading::text(c, "place") == place)
        {
            chosen.push(*link);
        }
    }
    chosen
}
