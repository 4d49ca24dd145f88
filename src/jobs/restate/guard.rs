//! What may be told of a number that is another by now (INDICATORS P1: a change of fewer than k people is
//! withheld). Whoever knows whose reads came late would learn from a list of changes what that one read. So both
//! values stand only where they count people and differ by k or more, or count links, which are no people. Of
//! every other number it is told that it changed, and where only so roughly that no week, place or write-up is
//! named.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

/// Counts of distinct people, by the end of their path: each is a person's at most once, so that a difference of
/// k is k people at least.
const PEOPLE: [&str; 3] = [
    "indicators.R3.results.readers",
    "indicators.A1.results.attendance.people",
    "indicators.C2.results.commenters.distinct",
];

/// The same of each entry of a list.
const PEOPLE_OF_EACH: [(&str, &str); 2] = [("writeups", "readers"), ("reviews", "attendees")];

/// Counts of links.
const LINKS: &str = "indicators.K1.results.links.";

/// The changes that may be told, in the order of their paths; nothing is withheld where `k` is 1.
pub(super) fn told(changes: Vec<Json>, k: u64) -> Vec<Json> {
    if k <= 1 {
        return changes;
    }
    let (mut told, mut rough) = (Vec::new(), BTreeSet::new());
    for change in changes {
        let path = change["path"].as_str().unwrap_or_default();
        if path.ends_with(".suppressed") {
            continue;
        }
        if is_told(path, &change, k) {
            if let Some(entry) = entry_of(path) {
                rough.insert(entry.to_owned());
            }
            told.push(change);
        } else {
            rough.insert(roughly(path).to_owned());
        }
    }
    told.extend(rough.into_iter().map(|path| withheld(&path)));
    told.sort_by(|a, b| a["path"].as_str().cmp(&b["path"].as_str()));
    told
}

/// How many lines were received: of fewer than k more they are withheld, since they are fewer than k people's.
pub(super) fn lines(change: Json, k: u64) -> Json {
    match k <= 1 || differs_by_many(&change, k) {
        true => change,
        false => withheld(change["path"].as_str().unwrap_or_default()),
    }
}

fn withheld(path: &str) -> Json {
    json!({ "path": path, "before": null, "after": null, "suppressed": true })
}

fn is_told(path: &str, change: &Json, k: u64) -> bool {
    let is_whole = |side: &str| change[side].is_u64();
    if path.starts_with(LINKS) {
        return is_whole("before") && is_whole("after");
    }
    let of_each = || {
        let ends = |(list, field): &(&str, &str)| {
            let rest = path.strip_prefix(list).filter(|rest| rest.starts_with('['));
            rest.is_some_and(|rest| rest.ends_with(&format!("].{field}")))
        };
        PEOPLE_OF_EACH.iter().any(ends)
    };
    (PEOPLE.contains(&path) || of_each()) && differs_by_many(change, k)
}

fn differs_by_many(change: &Json, k: u64) -> bool {
    let number = |side: &str| change[side].as_u64();
    let both = number("before").zip(number("after"));
    both.is_some_and(|(before, after)| before.abs_diff(after) >= k)
}

/// The entry of a list that a path lies in, such as `writeups[INC-1]`.
fn entry_of(path: &str) -> Option<&str> {
    let end = path.rfind("].")?;
    Some(&path[..=end])
}

/// A path as far as it names no week, no place and no write-up: `indicators.L1.results.curve`, `health.reads`,
/// `writeups`.
fn roughly(path: &str) -> &str {
    let path = path.split('[').next().unwrap_or_default();
    let names = match path.split('.').next() {
        Some("indicators") => 4,
        Some("health") => 2,
        _ => 1,
    };
    let end = path.match_indices('.').nth(names - 1);
    end.map_or(path, |(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(all: &[(&str, Json, Json)]) -> Vec<Json> {
        let all = all
            .iter()
            .map(|(path, before, after)| json!({ "path": path, "before": before, "after": after }));
        all.collect()
    }

    /// Three reads of one new person, as they were told once.
    #[test]
    fn a_person_who_came_late_is_not_told() {
        let one = changes(&[
            ("health.received.by_kind.read.kept", json!(40), json!(43)),
            ("health.received.kept.read", json!(40), json!(43)),
            ("indicators.L1.results.curve[13].k", json!(296), json!(297)),
            (
                "indicators.L1.results.curve[13].rate",
                json!(0.45),
                json!(0.46),
            ),
            (
                "indicators.L12.results.cross_team.share.suppressed",
                Json::Null,
                json!(true),
            ),
            (
                "indicators.L9.results.bursts[INC-1].bursts[#0].weight",
                json!(3.5),
                json!(3.6),
            ),
            ("indicators.R3.results.readers", json!(145), json!(146)),
            ("indicators.R4.results.class.read", json!(20), json!(22)),
            (
                "writeups[INC-1010].last_read_week",
                json!("2026-W23"),
                json!("2026-W24"),
            ),
            ("writeups[INC-1010].readers", json!(42), json!(43)),
            ("writeups[INC-1011].reads", json!(420), json!(421)),
        ]);
        let told = told(one, 5);
        let paths: Vec<&str> = told.iter().filter_map(|one| one["path"].as_str()).collect();
        assert_eq!(
            paths,
            [
                "health.received",
                "indicators.L1.results.curve",
                "indicators.L9.results.bursts",
                "indicators.R3.results.readers",
                "indicators.R4.results.class",
                "writeups",
            ]
        );
        for one in &told {
            assert!(one["before"].is_null() && one["after"].is_null(), "{one}");
            assert_eq!(one["suppressed"], true);
        }
    }

    #[test]
    fn many_people_and_links_are_told() {
        let many = changes(&[
            (
                "indicators.K1.results.links.live.commit",
                json!(7),
                json!(8),
            ),
            (
                "indicators.K1.results.links.places_mean",
                json!(1.5),
                json!(1.6),
            ),
            ("indicators.R3.results.readers", json!(145), json!(150)),
            ("reviews[m1].attendees", json!(9), json!(13)),
            ("writeups[INC-1].late_reads", json!(42), json!(99)),
            ("writeups[INC-1].readers", json!(42), json!(48)),
            ("writeups[INC-2].readers", Json::Null, json!(48)),
        ]);
        let told = told(many, 5);
        let told: Vec<(&str, bool)> = told
            .iter()
            .map(|one| (one["path"].as_str().unwrap(), one["suppressed"] == true))
            .collect();
        assert_eq!(
            told,
            [
                ("indicators.K1.results.links", true),
                ("indicators.K1.results.links.live.commit", false),
                ("indicators.R3.results.readers", false),
                ("reviews", true),
                ("writeups", true),
                ("writeups[INC-1]", true),
                ("writeups[INC-1].readers", false),
            ]
        );
    }

    #[test]
    fn where_nothing_is_withheld_all_is_told() {
        let one = changes(&[("writeups[INC-1].readers", json!(42), json!(43))]);
        assert_eq!(told(one.clone(), 1), one);
        let lines = |by: u64, k| {
            let change = json!({ "path": "health.received.lines", "before": 10, "after": 10 + by });
            super::lines(change, k)["after"].as_u64()
        };
        assert_eq!(
            (lines(3, 5), lines(5, 5), lines(3, 1)),
            (None, Some(15), Some(13))
        );
    }
}
