//! The published tables: a summary, already suppressed, as rows for reporting tools.

use anyhow::Context as _;
use chrono::NaiveDate;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::model::{Calendar, Millis, parse_rfc3339};
use crate::store::Published;
use crate::store::published::{
    HealthRow, IndicatorRow, MetaRow, ReviewLine, Rows, SeriesRow, WriteupLine,
};

/// Puts a summary into the published tables. Only one is put in at a time.
pub async fn put(
    published: &Published,
    summary: &Json,
    calendar: &Calendar,
    now: Millis,
) -> anyhow::Result<()> {
    let as_of = summary["as_of"].as_str().and_then(parse_rfc3339);
    let as_of = as_of.context("the summary has no as_of")?;
    let organisation = &summary["organisation"];
    let k = organisation["k"]
        .as_u64()
        .and_then(|k| u32::try_from(k).ok());
    let meta = MetaRow {
        organisation: text(organisation, "name").unwrap_or_default(),
        timezone: text(organisation, "timezone").unwrap_or_default(),
        simulated: organisation["simulated"] == true,
        schema: text(summary, "schema").unwrap_or_default(),
        k: k.context("the summary has no k")?,
        fingerprint: fingerprint(summary),
        ..MetaRow::default()
    };
    let day = days(calendar.date(as_of));
    published
        .put((day, as_of), rows(summary), meta, now)
        .await
        .context("writing the published tables")
}

/// Tells whether two summaries say the same.
pub fn fingerprint(summary: &Json) -> String {
    let digest = Sha256::digest(summary.to_string().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The rows of a summary.
pub fn rows(summary: &Json) -> Rows {
    Rows {
        indicators: indicators(summary),
        writeups: writeups(summary),
        reviews: reviews(summary),
        series: months(summary),
        health: health(summary),
    }
}

/// Every number of every indicator.
pub fn indicators(summary: &Json) -> Vec<IndicatorRow> {
    let mut rows = Vec::new();
    for (code, indicator) in summary["indicators"].as_object().into_iter().flatten() {
        let of = IndicatorRow {
            code: code.clone(),
            name: text(indicator, "title").unwrap_or_default(),
            ..IndicatorRow::default()
        };
        let mut leaves = Vec::new();
        flatten(&indicator["results"], String::new(), false, &mut leaves);
        rows.extend(leaves.into_iter().map(|leaf| IndicatorRow {
            path: leaf.path,
            value: leaf.value,
            text: leaf.text,
            suppressed: leaf.suppressed,
            ..of.clone()
        }));
    }
    rows
}

/// The list of write-ups.
pub fn writeups(summary: &Json) -> Vec<WriteupLine> {
    list(&summary["writeups"]).map(writeup).collect()
}

/// The reviews.
pub fn reviews(summary: &Json) -> Vec<ReviewLine> {
    list(&summary["reviews"]).filter_map(review).collect()
}

/// What is told by month or quarter.
pub fn months(summary: &Json) -> Vec<SeriesRow> {
    let mut rows = Vec::new();
    for (code, name) in [("T0", "series"), ("T0", "cohorts")] {
        for month in list(&summary["indicators"][code]["results"][name]) {
            let first = month["month"].as_str().and_then(first_day);
            series(code, name, month, first, &mut rows);
        }
    }
    for quarter in list(&summary["attendance_by_quarter"]) {
        let first = quarter["quarter"].as_str().and_then(first_of_quarter);
        series("A1", "roles", &quarter["by_role"], first, &mut rows);
    }
    rows
}

/// How the measurement went.
pub fn health(summary: &Json) -> Vec<HealthRow> {
    let mut leaves = Vec::new();
    let mut health = summary["health"].clone();
    let coverage = health.get_mut("coverage").and_then(Json::as_array_mut);
    for row in coverage.into_iter().flatten() {
        if row["scope"].as_str().is_some_and(is_place) {
            row["scope"] = PAGES.into();
        }
    }
    flatten(&health, String::new(), false, &mut leaves);
    // Signs that do not agree belong to how well it was seen.
    let notes = list(&summary["notes"]).flat_map(note);
    leaves.extend(notes);
    let rows = leaves.into_iter().map(|leaf| HealthRow {
        value: leaf.value,
        text: leaf.text,
        suppressed: leaf.suppressed,
        path: leaf.path,
        ..HealthRow::default()
    });
    rows.collect()
}

/// Stands for the pages that a source says it watches: parts of addresses name homes of people, and
/// write-ups that may be restricted one day.
const PAGES: &str = "pages";

/// Whether what is watched is told by an address or a path, not by the id of a source.
fn is_place(scope: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
    !scope.chars().all(plain)
}

fn writeup(entry: &Json) -> WriteupLine {
    let links = |name: &str| -> i64 {
        let by_place = entry["links"][name].as_object();
        by_place
            .into_iter()
            .flatten()
            .filter_map(|(_, n)| n.as_i64())
            .sum()
    };
    WriteupLine {
        url: text(entry, "url"),
        published_at: entry["published_at"].as_str().and_then(parse_rfc3339),
        owner_team: text(entry, "owner_team"),
        template: text(entry, "template"),
        age_days: entry["age_days"].as_i64(),
        words: entry["words"].as_i64(),
        reads: entry["reads"].as_i64(),
        readers: entry["readers"].as_i64(),
        late_reads: entry["late_reads"].as_i64(),
        late_readers: entry["late_readers"].as_i64(),
        readers_trailing: entry["readers_trailing"].as_i64(),
        still_read: entry["still_read"].as_bool(),
        last_read_week: text(entry, "last_read_week"),
        comments: entry["comments"].as_i64(),
        late_comments: entry["late_comments"].as_i64(),
        links_live: links("live"),
        links_created: links("created"),
        suppressed: entry["suppressed"] == true,
        id: text(entry, "id").unwrap_or_default(),
        title: text(entry, "title").unwrap_or_default(),
        ..WriteupLine::default()
    }
}

fn review(entry: &Json) -> Option<ReviewLine> {
    let date: NaiveDate = entry["date"].as_str()?.parse().ok()?;
    Some(ReviewLine {
        writeup: text(entry, "writeup"),
        title: text(entry, "title"),
        attendees: entry["attendees"].as_i64(),
        need_not_have_come: entry["need_not_have_come"].as_i64(),
        not_recorded: entry["not_recorded"] == true,
        suppressed: entry["suppressed"] == true,
        meeting: text(entry, "meeting")?,
        date: days(date),
        ..ReviewLine::default()
    })
}

/// The numbers of a month.
fn series(
    code: &str,
    name: &str,
    month: &Json,
    first: Option<NaiveDate>,
    rows: &mut Vec<SeriesRow>,
) {
    let Some(first) = first else { return };
    let withheld = month["suppressed"] == true;
    for (field, value) in month.as_object().into_iter().flatten() {
        if value.is_number() || (value.is_null() && withheld) {
            rows.push(SeriesRow {
                value: value.as_f64(),
                suppressed: value.is_null(),
                code: code.to_owned(),
                series: name.to_owned(),
                month: days(first),
                name: field.clone(),
                ..SeriesRow::default()
            });
        }
    }
}

/// What a note says, and on which indicators it rests, by its code: `/notes/bunched_reads/text`.
fn note(note: &Json) -> impl Iterator<Item = Leaf> {
    let code = text(note, "code").unwrap_or_default();
    let codes: Vec<&str> = list(&note["rests_on"]).filter_map(Json::as_str).collect();
    let said = [
        ("text", text(note, "text")),
        ("rests_on", Some(codes.join(", "))),
    ];
    said.into_iter().map(move |(name, text)| Leaf {
        path: format!("/notes/{code}/{name}"),
        value: None,
        text,
        suppressed: false,
    })
}

/// A number or word and where it stands.
struct Leaf {
    path: String,
    value: Option<f64>,
    text: Option<String>,
    suppressed: bool,
}

/// Every number and word of a result. `withheld` says that what is null beside it is withheld.
fn flatten(value: &Json, path: String, withheld: bool, leaves: &mut Vec<Leaf>) {
    match value {
        Json::Object(map) => {
            let withheld = map.get("suppressed") == Some(&Json::Bool(true));
            for (name, inner) in map.iter().filter(|(name, _)| *name != "suppressed") {
                flatten(inner, format!("{path}/{name}"), withheld, leaves);
            }
        }
        Json::Array(list) => {
            for (at, inner) in list.iter().enumerate() {
                flatten(inner, format!("{path}/{at}"), withheld, leaves);
            }
        }
        other => leaves.push(Leaf {
            path,
            value: other.as_f64(),
            text: match other {
                Json::String(text) => Some(text.clone()),
                Json::Bool(flag) => Some(flag.to_string()),
                _ => None,
            },
            suppressed: withheld && other.is_null(),
        }),
    }
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn text(parent: &Json, name: &str) -> Option<String> {
    parent[name].as_str().map(str::to_owned)
}

/// The first day of `2026-03`.
fn first_day(month: &str) -> Option<NaiveDate> {
    format!("{month}-01").parse().ok()
}

/// The first day of `2026-Q1`.
fn first_of_quarter(quarter: &str) -> Option<NaiveDate> {
    let (year, quarter) = quarter.split_once("-Q")?;
    let quarter: u32 = quarter.parse().ok().filter(|n| (1..=4).contains(n))?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, 3 * quarter - 2, 1)
}

/// Days since 1970, as the engine keeps dates; those that it can't keep are its first or last.
fn days(date: NaiveDate) -> u16 {
    let days = date.signed_duration_since(NaiveDate::default()).num_days();
    u16::try_from(days.max(0)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_withheld_has_no_number() {
        let summary = json!({
            "indicators": { "R3": { "title": "Readers", "results": { "readers": null, "suppressed": true, "pairs": 9 } } },
            "writeups": [{ "id": "a", "title": "A", "readers": null, "reads": null, "suppressed": true,
                "links": { "live": { "commit": 2, "diagram": 1 }, "created": { "commit": 4 } } }],
            "reviews": [{ "meeting": "2026-03-02/1", "date": "2026-03-02", "attendees": 7, "need_not_have_come": null, "suppressed": true },
                { "meeting": "2026-03-09/1", "date": "2026-03-09", "attendees": null, "not_recorded": true }],
            "attendance_by_quarter": [{ "quarter": "2026-Q2", "reviews": 3, "by_role": { "CHAIR": null, "walk_in": 6, "suppressed": true } }],
            "health": { "received": { "lines": 12 }, "coverage": [{ "scope": "wiki", "events": null },
                { "scope": "https://wiki.example.org/~ada/" }] },
            "notes": [{ "code": "bunched_reads", "text": "One day.", "rests_on": ["R3", "T0"] }],
        });
        let rows = rows(&summary);
        let shown: Vec<_> = rows
            .indicators
            .iter()
            .map(|r| (r.path.as_str(), r.value, r.suppressed))
            .collect();
        assert_eq!(
            shown,
            [("/readers", None, true), ("/pairs", Some(9.0), false)]
        );
        assert_eq!(
            (rows.writeups[0].readers, rows.writeups[0].suppressed),
            (None, true)
        );
        assert_eq!(
            (rows.writeups[0].links_live, rows.writeups[0].links_created),
            (3, 4)
        );
        assert_eq!(
            (
                rows.reviews[0].attendees,
                rows.reviews[0].need_not_have_come
            ),
            (Some(7), None)
        );
        let unsaid: Vec<bool> = rows
            .reviews
            .iter()
            .map(|review| review.not_recorded)
            .collect();
        assert_eq!(unsaid, [false, true]);
        let april = days(NaiveDate::from_ymd_opt(2026, 4, 1).unwrap());
        let shown: Vec<_> = rows
            .series
            .iter()
            .map(|r| (r.month, r.name.as_str(), r.value, r.suppressed))
            .collect();
        assert_eq!(
            shown,
            [
                (april, "CHAIR", None, true),
                (april, "walk_in", Some(6.0), false)
            ]
        );
        let texts: Vec<_> = rows
            .health
            .iter()
            .filter_map(|row| row.text.as_deref())
            .collect();
        assert_eq!(
            (rows.health.len(), texts),
            (6, vec!["wiki", "pages", "One day.", "R3, T0"])
        );
        assert_eq!(rows.health[4].path, "/notes/bunched_reads/text");
    }

    #[test]
    fn quarters_begin_with_their_first_month() {
        assert_eq!(
            first_of_quarter("2026-Q4"),
            NaiveDate::from_ymd_opt(2026, 10, 1)
        );
        assert_eq!(first_of_quarter("2026-Q5"), None);
        assert_eq!(first_day("2026-02"), NaiveDate::from_ymd_opt(2026, 2, 1));
    }
}
