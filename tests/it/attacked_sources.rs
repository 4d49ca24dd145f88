//! The attack on organisations whose write-ups stand in several wikis: parts by source are all of the whole, so
//! that each is what the others lack of it.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use readback::simulate::Options;
use serde_json::{Value, json};

use super::attacked::{Attack, few, is_secret, put_together, small};
use super::attacked_sums::slices_in_place;
use super::way::{Way, event, instant, lines};

/// What comes out of a summary that withholds below `k`, and is somebody's secret.
fn told(truth: &Value, shown: &Value, k: u32) -> (BTreeSet<String>, usize) {
    let (own, placed) = (put_together(truth, shown), slices_in_place(truth, shown));
    let attack = Attack::of(&own, &placed);
    let mut told = attack.told();
    told.retain(|place| is_secret(truth, place, k));
    let hidden = attack.truth.keys();
    let hidden = hidden.filter(|place| place.starts_with("/slices/"));
    (told, hidden.count())
}

/// The names of the parts of a kind that a summary offers.
fn offered<'a>(shown: &'a Value, by: &str) -> Vec<&'a str> {
    let slices = shown["slices"].as_array().into_iter().flatten();
    let own = slices.filter(|slice| slice["by"] == by);
    own.filter_map(|slice| slice["name"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sums_of_sources_are_attacked_with_success() {
    let (mut failed, mut hidden) = (Vec::new(), 0);
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for seed in 1..=6 {
        let Some(way) = Way::fresh(&format!("attacked_sources_{seed}")).await else {
            return;
        };
        // Two wikis that name readers; of every third organisation a counter that names nobody besides.
        let options = Options {
            writeups: 14,
            late: 0.4,
            late_after: 0.05,
            counted: if seed % 3 == 0 { 0.25 } else { 0.0 },
            ..small(seed)
        };
        way.events(&lines(&options)).await;
        way.derive().await;
        let truth = way.report_only(options.as_of(), 1).await.json();
        assert!(offered(&truth, "source").len() > 1, "seed {seed}");
        for k in [3, 5, 8] {
            let shown = way.report_only(options.as_of(), k).await.json();
            let (told, slices) = told(&truth, &shown, k);
            if !told.is_empty() {
                failed.push(format!("seed {seed}, k = {k}: {told:#?}"));
            }
            few(&shown, k, &format!("seed {seed}"));
            hidden += slices;
            let names = offered(&shown, "source").into_iter();
            seen.extend(names.map(str::to_owned));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    // Some were told, and some of what they hold was not, or nothing was tried.
    assert!(seen.len() > 1 && hidden > 0, "{seen:?}, {hidden} withheld");
}

/// Two wikis of four write-ups each, read by twenty people each. `lonely` is one more of the first, read by one.
/// The team of the first wiki's others owns all of it but that one.
fn two_wikis() -> Vec<String> {
    let date = NaiveDate::from_ymd_opt(2025, 3, 3).expect("a day");
    let mut events = Vec::new();
    let mut add = |id: &str, wiki: &str, team: &str, readers: std::ops::Range<u32>| {
        let url = format!("https://{wiki}.example.org/{id}");
        let at = format!("{date}T08:00:00Z");
        let data = json!({ "id": id, "aliases": [url], "url": url, "owner_team": team, "published_at": at });
        events.push(event("writeup", id, id, &at, data));
        for (n, reader) in readers.enumerate() {
            let day = date + Days::new(1 + 9 * n as u64);
            let data = json!({ "person": format!("p{reader}@example.org") });
            let read = event(
                "read",
                &format!("{id}-{reader}"),
                id,
                &format!("{day}T09:00:00Z"),
                data,
            );
            events.push(read.replace("\"source\":\"test\"", &format!("\"source\":\"{wiki}\"")));
        }
    };
    for n in 0..4 {
        add(&format!("inc-{n}"), "first", "search", 0..20);
        add(&format!("inc-1{n}"), "second", "payments", 20..40);
    }
    add("lonely", "first", "platform", 0..1);
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_and_a_team_that_differ_by_one_reader_are_not_both_told() {
    let Some(way) = Way::fresh("attacked_source_and_team").await else {
        return;
    };
    way.events(&two_wikis()).await;
    way.derive().await;
    let as_of = instant("2026-02-01T00:00:00Z");
    let truth = way.report_only(as_of, 1).await.json();
    assert_eq!(offered(&truth, "source"), ["first", "second"]);
    assert_eq!(offered(&truth, "team"), ["payments", "search"]);
    let shown = way.report_only(as_of, 5).await.json();
    assert_eq!(truth["writeups"][8]["reads"], 1);
    assert_eq!(shown["writeups"][8]["reads"], Value::Null);
    let (told, _) = told(&truth, &shown, 5);
    assert_eq!(told, BTreeSet::new());
    let both = [("source", "first"), ("team", "search")];
    let both = both.map(|(by, name)| offered(&shown, by).contains(&name));
    assert_ne!(both, [true, true], "they differ by one reader");
    assert_ne!(both, [false, false], "one of them tells nobody of it");
}
