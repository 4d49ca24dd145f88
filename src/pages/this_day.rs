//! Write-ups of this day in earlier years that still do something: read lately by as many as may be told, or
//! linked from the work. What was forgotten is not dug out, and nobody is named.

use chrono::Datelike as _;
use serde::Serialize;
use serde_json::Value;

use super::{Links, linked, list, signals, view, words};
use crate::charts::reading::{self, cell};

/// As many as a glance takes in.
const MOST: usize = 3;

/// A write-up of this day.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Remembered {
    title: String,
    href: String,
    restricted: bool,
    /// Such as `published 12 Jun 2024, 3 live links`.
    facts: String,
}

/// Those of the local day of the summary, the oldest first.
pub(super) fn of(summary: &Value, links: Links) -> Vec<Remembered> {
    let zone = reading::zone(summary);
    let Some(today) = reading::day(reading::text(summary, "as_of"), zone) else {
        return Vec::new();
    };
    let mut found: Vec<_> = reading::list(summary, "writeups")
        .iter()
        .filter(|writeup| writeup.get("deleted_at").is_none_or(Value::is_null))
        .filter_map(|writeup| {
            let day = reading::day(reading::text(writeup, "published_at"), zone)?;
            let is_this = (day.month(), day.day()) == (today.month(), today.day());
            let signs = signs(summary, writeup);
            (is_this && day.year() < today.year() && !signs.is_empty())
                .then_some((day, writeup, signs))
        })
        .collect();
    found.sort_by_key(|(day, writeup, _)| (*day, reading::text(writeup, "id")));
    found.truncate(MOST);
    let remembered = found.into_iter().map(|(day, writeup, signs)| Remembered {
        title: list::title(writeup),
        href: links.writeup(reading::text(writeup, "id")),
        restricted: view::restricted(writeup),
        facts: format!("published {}, {signs}", day.format("%-d %b %Y")),
    });
    remembered.collect()
}

/// What it still does, as its row in the list tells it; nothing where that may not be told.
fn signs(summary: &Value, writeup: &Value) -> String {
    let mut signs = Vec::new();
    if list::is_marked(writeup)
        && let Some(readers) = cell(writeup, "readers_trailing").get()
    {
        let lately = words::stretch(signals::days(summary, "trailing", 28.0));
        signs.push(format!(
            "{} {} in the last {lately}",
            words::count(readers),
            words::plural(readers, "reader", "readers")
        ));
    }
    let live = linked::live_links(writeup);
    if linked::is_linked(writeup) && live > 0.0 {
        signs.push(format!(
            "{} live {}",
            words::count(live),
            words::plural(live, "link", "links")
        ));
    }
    words::row(&signs, "and")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(writeups: Value) -> Vec<String> {
        let summary = json!({
            "as_of": "2026-06-11T22:30:00Z",
            "organisation": { "timezone": "Europe/Berlin" },
            "writeups": writeups,
        });
        let found = of(&summary, Links::Report { inside: false });
        found
            .into_iter()
            .map(|one| format!("{}: {}", one.title, one.facts))
            .collect()
    }

    fn writeup(id: &str, published: &str, readers: Value, still_read: bool) -> Value {
        json!({
            "id": id,
            "published_at": published,
            "still_read": still_read,
            "readers_trailing": readers,
        })
    }

    #[test]
    fn what_is_alive_of_this_day_is_remembered() {
        // It is the twelfth by local time.
        let mine = "2024-06-12T08:00:00Z";
        let found = told(json!([
            writeup("younger", "2025-06-11T22:00:00Z", json!(7), true),
            writeup("older", mine, json!(12), true),
            writeup("this year", "2026-06-12T08:00:00Z", json!(9), true),
            writeup("yesterday", "2024-06-11T08:00:00Z", json!(9), true),
            writeup("forgotten", mine, json!(0), false),
            writeup("of few", mine, json!(null), true),
            writeup("undated", "", json!(9), true),
        ]));
        assert_eq!(
            found,
            [
                "older: published 12 Jun 2024, 12 readers in the last four weeks",
                "younger: published 12 Jun 2025, 7 readers in the last four weeks",
            ]
        );
    }
}
