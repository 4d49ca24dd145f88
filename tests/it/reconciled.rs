//! One write-up, watched by several sources: on each day the best of them counts, the others are compared
//! with it. The truth is known here: who read when, and what each source missed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use readback::collect::Keys;
use readback::config::{Environment, Flags, load};
use readback::jobs::machines::Configured;
use readback::jobs::report::to_json;
use readback::model::{DAY_MS, Millis, Parameters, to_rfc3339};
use serde_json::{Value, json};

use super::checked::agrees;
use super::way::{Way, event, instant};

pub(crate) const FROM: &str = "2025-03-03T00:00:00Z";
const DAYS: i64 = 60;
pub(crate) const HOUR_MS: i64 = DAY_MS / 24;

/// Reads of a day: as many as its number says, by people in turn, hours apart.
fn truth(day: i64) -> impl Iterator<Item = (Millis, String)> {
    let from = instant(FROM) + day * DAY_MS;
    (0..=day % 5).map(move |n| {
        (
            from + (6 + 2 * n) * HOUR_MS,
            format!("reader{}@example.org", (day + n) % 9),
        )
    })
}

/// An event of one of the sources.
fn of(source: &str, kind: &str, id: &str, at: Millis, data: Value) -> String {
    let line = event(kind, id, "INC-1", &to_rfc3339(at), data);
    line.replace("\"source\":\"test\"", &format!("\"source\":\"{source}\""))
}

/// What each source saw, by day: the beacon misses every fifth read and ten days, the log names nobody
/// and misses the last days, the counter misses nothing.
fn seen() -> (Vec<String>, Seen) {
    let (mut lines, mut seen) = (Vec::new(), Seen::default());
    let mut number = 0;
    for day in 0..DAYS {
        for (at, person) in truth(day) {
            number += 1;
            if number % 5 != 0 && !(20..30).contains(&day) && day < 50 {
                let data = json!({ "person": person, "engaged_s": 40.0 });
                lines.push(of("beacon", "read", &format!("b{number}"), at, data));
                seen.beacon.entry(day).or_default().push(person);
            }
            if day < 50 {
                lines.push(of(
                    "log",
                    "read",
                    &format!("l{number}"),
                    at + 700,
                    json!({}),
                ));
                *seen.log.entry(day).or_default() += 1;
            }
            *seen.counter.entry(day).or_default() += 1;
        }
    }
    for (day, count) in &seen.counter {
        let at = instant(FROM) + day * DAY_MS;
        let data = json!({ "granularity": "day", "count": count });
        lines.push(of("counter", "read_count", &format!("c{day}"), at, data));
    }
    (lines, seen)
}

#[derive(Default)]
struct Seen {
    beacon: BTreeMap<i64, Vec<String>>,
    log: BTreeMap<i64, u64>,
    counter: BTreeMap<i64, u64>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_source_of_each_day_counts() {
    let Some(way) = Way::within("reconciled", chrono_tz::UTC).await else {
        return;
    };
    let (lines, seen) = seen();
    let registered = [("INC-1", &[][..], "2025-03-01T00:00:00Z")];
    way.register(&registered).await;
    // One source after the other: what comes late takes the place of what was there.
    for source in ["counter", "log", "beacon"] {
        let own = format!("\"source\":\"{source}\"");
        let own: Vec<String> = lines
            .iter()
            .filter(|line| line.contains(&own))
            .cloned()
            .collect();
        assert_eq!(way.events(&own).await.rejected, 0);
        way.derive().await;
    }
    let as_of = instant(FROM) + 90 * DAY_MS;
    let report = way.report(as_of).await;

    let beacon_days: Vec<i64> = seen.beacon.keys().copied().collect();
    let log_days: Vec<i64> = seen.log.keys().copied().collect();
    let (mut total, mut beside) = (0, 0);
    let mut readers: BTreeSet<&str> = BTreeSet::new();
    for day in 0..DAYS {
        let by_beacon = seen
            .beacon
            .get(&day)
            .map_or(0, |people| people.len() as u64);
        let by_log = seen.log.get(&day).copied().unwrap_or(0);
        let beacon_watches = beacon_days.contains(&day);
        let log_watches = log_days.contains(&day);
        total += match (beacon_watches, log_watches) {
            (true, _) => by_beacon,
            (false, true) => by_log,
            (false, false) => seen.counter[&day],
        };
        if beacon_watches {
            beside += by_log;
        }
        // A counter's day is one event.
        beside += u64::from(beacon_watches || log_watches);
        readers.extend(
            seen.beacon
                .get(&day)
                .into_iter()
                .flatten()
                .map(String::as_str),
        );
    }
    let summary = report.json();
    assert_eq!(summary["indicators"]["R1"]["results"]["total_reads"], total);
    assert_eq!(
        summary["indicators"]["R3"]["results"]["readers"],
        readers.len()
    );
    assert_eq!(summary["health"]["reads"]["other_source"], beside);

    // What each saw of another, on the days between the first and the last that both saw.
    let watched = |from: i64, to: i64| {
        let log: u64 = seen.log.range(from..=to).map(|(_, n)| n).sum();
        let beacon = seen
            .beacon
            .range(from..=to)
            .map(|(_, people)| people.len() as u64);
        let counter: u64 = seen.counter.range(from..=to).map(|(_, n)| n).sum();
        (beacon.sum::<u64>(), log, counter)
    };
    let first = *seen.beacon.keys().next().expect("a day");
    let last = *seen.beacon.keys().next_back().expect("a day");
    let (beacon, log, counter) = watched(first, last);
    let (_, by_log, by_counter) = watched(0, 49);
    let expected = [
        ("counter", "beacon", counter, beacon),
        ("log", "beacon", log, beacon),
        ("counter", "log", by_counter, by_log),
    ];
    let expected = expected.map(|(of, seen_by, reads, seen)| {
        let share = (seen as f64 / reads as f64 * 100.0).round() / 100.0;
        json!({ "of": of, "seen_by": seen_by, "writeups": 1, "share": share })
    });
    assert_eq!(summary["health"]["sources"], json!(expected));
    let all = [vec![registration()], lines].concat();
    is_right(&way, "reconciled", &all, as_of).await;
}

/// The registered write-up as an event.
fn registration() -> String {
    let data = json!({ "id": "INC-1", "aliases": [], "published_at": "2025-03-01T00:00:00Z" });
    event("writeup", "INC-1", "INC-1", "2025-03-01T00:00:00Z", data)
}

/// Asks the independent program whether the report is what these events say.
async fn is_right(way: &Way, name: &str, lines: &[String], as_of: Millis) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    let (events, report) = (folder.join("events.ndjson"), folder.join("summary.json"));
    std::fs::write(&events, lines.join("\n") + "\n").expect("a file");
    let summary = to_json(&way.summary(as_of, 1).await).expect("JSON");
    std::fs::write(&report, summary).expect("a file");
    agrees(&events, &report, "UTC");
}

/// Reads of one day, two minutes apart, by these readers; each as the beacon and as the log saw it.
fn seen_twice(readers: &[&str], log_names: impl Fn(usize) -> bool) -> Vec<String> {
    let from = instant(FROM) + 9 * HOUR_MS;
    let each = readers.iter().enumerate().flat_map(|(n, reader)| {
        let at = from + n as i64 * 120_000;
        let person = if reader.is_empty() {
            json!(null)
        } else {
            json!(reader)
        };
        let logged = if log_names(n) {
            json!(format!("l{n}@example.org"))
        } else {
            json!(null)
        };
        [
            of(
                "beacon",
                "read",
                &format!("b{n}"),
                at,
                json!({ "person": person, "engaged_s": 40.0 }),
            ),
            of(
                "log",
                "read",
                &format!("l{n}"),
                at + 500,
                json!({ "person": logged }),
            ),
        ]
    });
    each.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_does_not_come_back_by_another_source() {
    let Some(way) = Way::within("reconciled_own", chrono_tz::UTC).await else {
        return;
    };
    let data = json!({ "id": "INC-1", "published_at": "2025-03-01T00:00:00Z", "contributors": ["author@example.org"] });
    let mut lines = vec![event("writeup", "w", "INC-1", "2025-03-01T00:00:00Z", data)];
    lines.extend(seen_twice(&["author@example.org"; 15], |_| false));
    way.events(&lines).await;
    let report = way.report(instant(FROM) + 30 * DAY_MS).await.json();
    assert_eq!(report["indicators"]["R1"]["results"]["total_reads"], 0);
    assert_eq!(report["health"]["reads"]["self"], 15);
    assert_eq!(report["health"]["reads"]["other_source"], 15);
    assert_eq!(report["health"]["sources"][0]["share"], 1.0);
    is_right(&way, "reconciled_own", &lines, instant(FROM) + 30 * DAY_MS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_readers_is_not_replaced_by_who_names_none() {
    let Some(way) = Way::within("reconciled_named", chrono_tz::UTC).await else {
        return;
    };
    way.register(&[("INC-1", &[], "2025-03-01T00:00:00Z")])
        .await;
    way.events(&seen_twice(&[""; 19], |n| n < 4)).await;
    let report = way.report(instant(FROM) + 30 * DAY_MS).await.json();
    assert_eq!(report["indicators"]["R1"]["results"]["total_reads"], 19);
    assert_eq!(report["indicators"]["R3"]["results"]["readers"], 4);
}

/// Two pages that are merged into one write-up: the beacon's and the log's reads of one or both.
async fn merged(name: &str, log_sees: &[&str], beacon_sees: &[&str]) -> Option<u64> {
    let way = Way::within(name, chrono_tz::UTC).await?;
    let day = "2025-03-01T00:00:00Z";
    way.register(&[("INC-1", &["a"], day), ("INC-2", &["b"], day)])
        .await;
    let both = seen_twice(&["reader@example.org"; 13], |_| false);
    let mut lines = Vec::new();
    for (source, pages) in [("log", log_sees), ("beacon", beacon_sees)] {
        for (n, page) in pages.iter().enumerate() {
            let own = format!("\"source\":\"{source}\"");
            for line in both.iter().filter(|line| line.contains(&own)) {
                let line =
                    line.replace("\"subject\":\"INC-1\"", &format!("\"subject\":\"{page}\""));
                lines.push(
                    line.replace("\"id\":\"", &format!("\"id\":\"{n}"))
                        .replace("T09:", &format!("T1{n}:")),
                );
            }
        }
    }
    let merge = json!({ "id": "INC-2", "merged_into": "INC-1" });
    let merge = event("writeup", "merge", "INC-2", day, merge);
    lines.push(merge.replace("\"source\":\"test\"", "\"source\":\"registry\""));
    assert_eq!(way.events(&lines).await.rejected, 0);
    let report = way.report(instant(FROM) + 30 * DAY_MS).await.json();
    report["indicators"]["R1"]["results"]["total_reads"].as_u64()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_pages_that_became_one_write_up_each_is_compared_by_itself() {
    let Some(apart) = merged("reconciled_apart", &["INC-2"], &["INC-1"]).await else {
        return;
    };
    assert_eq!(apart, 26);
    let both = merged("reconciled_both", &["INC-1", "b"], &["a", "INC-2"]).await;
    assert_eq!(both, Some(26));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_reads_seen_twice_count_once() {
    let Some(way) = Way::within("reconciled_few", chrono_tz::UTC).await else {
        return;
    };
    way.register(&[("INC-1", &[], "2025-03-01T00:00:00Z")])
        .await;
    way.events(&seen_twice(&["reader@example.org"; 4], |_| false))
        .await;
    let report = way.report(instant(FROM) + 30 * DAY_MS).await.json();
    assert_eq!(report["indicators"]["R1"]["results"]["total_reads"], 4);
}

/// The beacon knows engaged time of every read; the log of ten reads of each of three days names `named` readers
/// on the first.
async fn with_named(name: &str, named: i64) -> Option<(Way, Vec<String>)> {
    let way = Way::within(name, chrono_tz::UTC).await?;
    way.register(&[("INC-1", &[], "2025-03-01T00:00:00Z")])
        .await;
    let mut lines = Vec::new();
    for day in 0..3 {
        for n in 0..10 {
            let at = instant(FROM) + day * DAY_MS + n * HOUR_MS;
            let id = format!("{day} {n}");
            let mut data = json!({});
            if day == 0 && n < named {
                data["person"] = json!("a@example.org");
            }
            lines.push(of("log", "read", &id, at, data));
            if n < 4 {
                lines.push(of("beacon", "read", &id, at, json!({ "engaged_s": 30.0 })));
            }
        }
    }
    assert_eq!(way.events(&lines).await.rejected, 0);
    Some((way, lines))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_now_and_then_makes_no_better_source() {
    let total = async |way: &Way| {
        let report = way.report(instant(FROM) + 30 * DAY_MS).await.json();
        report["indicators"]["R1"]["results"]["total_reads"].as_u64()
    };
    // One of ten is a tenth on the first day, and less on the others.
    let Some((way, lines)) = with_named("reconciled_names", 1).await else {
        return;
    };
    assert_eq!(total(&way).await, Some(10 + 4 + 4));
    let all = [vec![registration()], lines.clone()].concat();
    is_right(&way, "reconciled_names", &all, instant(FROM) + 30 * DAY_MS).await;
    // A correction takes the name back: the store says at once what one that never heard it says.
    let named = lines.iter().find(|line| line.contains("a@example.org"));
    let corrected = named.expect("a named read").replace(
        "\"person\":\"a@example.org\"",
        "\"session\":\"s\",\"version\":1",
    );
    assert_eq!(way.events(&[corrected]).await.rejected, 0);
    assert_eq!(total(&way).await, Some(4 + 4 + 4));
}

/// The beacon sees people from the second day on, and never an agent; two logs see agents.
#[tokio::test(flavor = "multi_thread")]
async fn agents_give_way_to_who_sees_agents() {
    let Some(way) = Way::within("reconciled_agents", chrono_tz::UTC).await else {
        return;
    };
    way.register(&[("INC-1", &[], "2025-03-01T00:00:00Z")])
        .await;
    let mut lines = Vec::new();
    for day in 0..4 {
        let at = instant(FROM) + day * DAY_MS + 9 * HOUR_MS;
        let mut put = |source: &str, n: i64, data: Value| {
            let id = format!("{source} {day} {n}");
            lines.push(of(source, "read", &id, at + n * HOUR_MS, data));
        };
        if day > 0 {
            put(
                "beacon",
                0,
                json!({ "person": "a@example.org", "engaged_s": 50.0 }),
            );
        }
        put("log", 0, json!({}));
        for n in 1..=2 {
            put("log", n, json!({ "agent": "helper" }));
            // The gateway knows whose agent it is.
            if day > 1 {
                put(
                    "gateway",
                    n,
                    json!({ "agent": "helper", "person": "b@example.org" }),
                );
            }
        }
        put("gateway", 4, json!({ "person": "b@example.org" }));
    }
    assert_eq!(way.events(&lines).await.rejected, 0);
    let report = way.report(instant(FROM) + 30 * DAY_MS).await.json();
    // The gateway's own person-reads rank before the log's from the first day; the beacon's before both.
    assert_eq!(report["indicators"]["R1"]["results"]["total_reads"], 1 + 3);
    // Two a day, by the log until the gateway sees them.
    assert_eq!(report["health"]["reads"]["agents"], 8);
    assert_eq!(
        report["health"]["reads"]["other_source"],
        4 + 3 + 2 * 2,
        "{}",
        report["health"]["reads"]
    );
    let all = [vec![registration()], lines].concat();
    is_right(&way, "reconciled_agents", &all, instant(FROM) + 30 * DAY_MS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_counters_one_that_sees_all_counts() {
    let Some(way) = Way::within("reconciled_counters", chrono_tz::UTC).await else {
        return;
    };
    way.register(&[("INC-1", &[], "2025-03-01T00:00:00Z")])
        .await;
    let mut lines = Vec::new();
    for day in 0..10 {
        let at = instant(FROM) + day * DAY_MS;
        let mut put = |source: &str, count: u32| {
            let data = json!({ "granularity": "day", "count": count });
            lines.push(of(source, "read_count", &format!("{day}"), at, data));
        };
        put("edge", 10);
        // It begins on the third day and ends on the fifth.
        if (2..5).contains(&day) {
            put("wiki", 12);
        }
    }
    way.events(&lines).await;
    let total = async |wholes: &[&str]| {
        let configured = Configured {
            wholes: wholes.iter().map(|one| (*one).to_owned()).collect(),
            ..Configured::default()
        };
        way.derive_by(&Parameters::default(), &configured).await;
        let summary = way.report_only(instant(FROM) + 60 * DAY_MS, 1).await.json();
        summary["indicators"]["R1"]["results"]["total_reads"].as_u64()
    };
    assert_eq!(total(&[]).await, Some(100 + 36));
    assert_eq!(total(&["wiki"]).await, Some(20 + 36 + 50));
    assert_eq!(total(&["edge", "wiki"]).await, Some(100));
}

/// Three sources of one fidelity with twelve reads each: all on the first day, `first` on the sixth, `second`
/// on the twenty-first.
async fn of_one_fidelity(name: &str) -> Option<Way> {
    let way = Way::within(name, chrono_tz::UTC).await?;
    way.register(&[("INC-1", &[], "2025-03-01T00:00:00Z")])
        .await;
    let at = |day: i64, n: i64| instant(FROM) + day * DAY_MS + (6 + n) * HOUR_MS;
    let mut lines = Vec::new();
    let sources: [(&str, &[i64]); 3] = [("first", &[0, 5]), ("second", &[0, 20]), ("south", &[0])];
    for (source, days) in sources {
        for day in days {
            for n in 0..12 / i64::try_from(days.len()).expect("few") {
                lines.push(of(
                    source,
                    "read",
                    &format!("{day} {n}"),
                    at(*day, n),
                    json!({}),
                ));
            }
        }
    }
    assert_eq!(way.events(&lines).await.rejected, 0);
    Some(way)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sources_that_see_all_reads_one_counts() {
    let Some(way) = of_one_fidelity("reconciled_wholes").await else {
        return;
    };
    let total = async |wholes: &[&str]| {
        let configured = Configured {
            wholes: wholes.iter().map(|one| (*one).to_owned()).collect(),
            ..Configured::default()
        };
        way.derive_by(&Parameters::default(), &configured).await;
        let summary = way.report_only(instant(FROM) + 60 * DAY_MS, 1).await.json();
        let beside = summary["health"]["reads"]["other_source"].as_u64();
        let total = summary["indicators"]["R1"]["results"]["total_reads"].as_u64();
        (total.expect("a number"), beside.unwrap_or(0))
    };
    // Nobody says so: they are parts, and all count.
    assert_eq!(total(&[]).await, (36, 0));
    // The first sees all: the others count where it does not watch.
    assert_eq!(total(&["first"]).await, (12 + 6, 6 + 12));
    // Two see all, and the one that is named first counts; where it does not watch, the other.
    assert_eq!(total(&["first", "second"]).await, (12 + 6, 6 + 12));
    assert_eq!(total(&["second", "first"]).await, (6 + 6 + 6, 6 + 12));
    // Who is said to see all and has never been heard of changes nothing.
    assert_eq!(total(&["nobody"]).await, (36, 0));
}

#[test]
fn two_beacons_of_a_page_see_the_same_reads() {
    let configured = |more: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("readback.toml");
        let beacon = |id: &str| {
            format!(
                "[[source]]\nid = \"{id}\"\nkind = \"beacon\"\norigins = [\"https://wiki.example.org\"]\n"
            )
        };
        let log = "[[source]]\nid = \"log\"\nkind = \"access-log\"\nbase = \"https://wiki.example.org\"\n";
        let text = format!("{}{}{log}{more}", beacon("one"), beacon("two"));
        std::fs::write(&path, text).expect("a file");
        let flags = Flags {
            config: Some(path),
            ..Flags::default()
        };
        let config = load(&flags, &Environment::default()).expect("a configuration");
        Configured::of(&config, &Keys::new([1; 32]))
            .expect("what it says")
            .wholes
    };
    assert_eq!(configured(""), ["one", "two"]);
    assert_eq!(configured("sees = \"whole\"\n"), ["one", "two", "log"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_of_the_same_fidelity_all_count() {
    let Some(way) = Way::within("reconciled_equal", chrono_tz::UTC).await else {
        return;
    };
    way.register(&[("INC-1", &[], "2025-03-01T00:00:00Z")])
        .await;
    let at = instant(FROM) + 9 * HOUR_MS;
    let lines: Vec<String> = ["north", "south"]
        .iter()
        .flat_map(|source| {
            (0..3).map(|n| of(source, "read", &format!("{n}"), at + n * HOUR_MS, json!({})))
        })
        .collect();
    way.events(&lines).await;
    let report = way.report(at + 30 * DAY_MS).await.json();
    assert_eq!(report["indicators"]["R1"]["results"]["total_reads"], 6);
    assert!(report["health"]["reads"].get("other_source").is_none());
    assert_eq!(report["health"]["sources"][0]["share"], 1.0);
}
