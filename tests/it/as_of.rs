//! What happened later changes nothing in a report as of the end of an earlier day: whatever sources begin, name
//! readers or see agents then, and whoever turned out that day to read like a program.

use readback::model::{DAY_MS, Millis, to_rfc3339};
use serde_json::{Value, json};

use super::reconciled::{FROM, HOUR_MS};
use super::way::{Way, assert_same, event, instant};

/// A source that begins after the instant was not watching by then, and one that ends after it still was.
#[tokio::test]
async fn nobody_watched_before_they_began() {
    let Some(way) = Way::fresh("as_of_watching").await else {
        return;
    };
    let of = |source: &str, kind: &str, id: &str, at: &str, data: Value| {
        let line = event(kind, id, "INC-1", at, data);
        line.replace("\"source\":\"test\"", &format!("\"source\":\"{source}\""))
    };
    let by = json!({ "person": "p1@example.org" });
    let watches = |scope: &str, from: &str, to: &str| {
        let data = json!({ "kind": "read", "scope": scope, "from": from, "to": to });
        of(scope, "coverage", scope, "2026-01-01T00:00:00Z", data)
    };
    let before = "2026-06-30T09:00:00Z";
    let after = "2026-07-02T09:00:00Z";
    way.events(&[
        of("wiki", "writeup", "w", before, json!({ "id": "INC-1" })),
        of("log", "read", "1", before, by.clone()),
        of("portal", "read", "2", after, by),
        watches("beacon", "2026-07-02T00:00:00Z", "2026-08-01T00:00:00Z"),
        watches("proxy", "2026-01-01T00:00:00Z", "2026-08-01T00:00:00Z"),
        watches("gone", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
    ])
    .await;
    let report = way.report(instant("2026-07-01T00:00:00Z")).await.json();
    let coverage = report["health"]["coverage"].as_array().expect("a list");
    let reads = coverage.iter().filter(|row| row["kind"] == "read");
    let told: Vec<(&str, bool)> = reads
        .map(|row| (row["scope"].as_str().expect("a scope"), row["to"].is_null()))
        .collect();
    assert_eq!(
        told,
        [("gone", false), ("log", true), ("proxy", true)],
        "{coverage:#?}"
    );
}

/// Numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).expect("small") % limit
    }
}

const DAYS: i64 = 16;
const WRITEUPS: i64 = 70;

/// Reads of sixteen days, with their instants. The log sees all, and names readers from the ninth day on;
/// the beacon begins on the fifth, misses some and some days; the portal sees one host; a counter counts.
fn happened() -> Vec<(Millis, String)> {
    let mut dice = Dice(11);
    let mut all: Vec<(Millis, String)> = Vec::new();
    let mut put = |source: &str, kind: &str, at: Millis, page: &str, data: Value| {
        let id = format!("{source} {}", all.len());
        let line = event(kind, &id, page, &to_rfc3339(at), data);
        all.push((
            at,
            line.replace("\"source\":\"test\"", &format!("\"source\":\"{source}\"")),
        ));
    };
    for day in 0..DAYS {
        for _ in 0..12 {
            let at = instant(FROM) + day * DAY_MS + dice.below(DAY_MS - 60_000);
            let host = ["wiki", "blog"][usize::try_from(dice.below(4) / 3).expect("small")];
            let page = format!("https://{host}.example.org/{}", dice.below(3));
            let who = format!("r{}@example.org", dice.below(6));
            let clicks = 1 + dice.below(2);
            let agent = dice.below(9) == 0;
            for click in 0..clicks {
                let when = at + click * 9_000;
                let mut logged = json!({});
                if day >= 8 {
                    logged["person"] = json!(who);
                }
                if agent {
                    logged["agent"] = json!("helper");
                }
                put("log", "read", when + 300, &page, logged);
                if day >= 4 && day != 9 && day != 10 && dice.below(6) > 0 {
                    let mut seen = json!({ "session": who });
                    if day >= 6 {
                        seen["engaged_s"] = json!(dice.below(300));
                    }
                    if agent && day >= 11 {
                        seen["agent"] = json!("helper");
                    }
                    put("beacon", "read", when, &page, seen);
                }
                if host == "blog" && day >= 12 {
                    put(
                        "portal",
                        "read",
                        when + 100,
                        &page,
                        json!({ "person": who, "engaged_s": 50 }),
                    );
                }
            }
        }
        let midnight = instant(FROM) + day * DAY_MS;
        let data = json!({ "granularity": "day", "count": 12 });
        put(
            "counter",
            "read_count",
            midnight,
            "https://wiki.example.org/0",
            data,
        );
    }
    // Somebody goes through everything, within less than an hour and over the border of two.
    for n in 0..WRITEUPS {
        let at = instant(FROM) + 8 * DAY_MS + 10 * HOUR_MS + HOUR_MS / 2 + n * 45_000;
        let page = format!("https://wiki.example.org/{n}");
        put(
            "log",
            "read",
            at,
            &page,
            json!({ "person": "fast@example.org" }),
        );
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn later_events_change_no_earlier_report() {
    let all = happened();
    // Before and after days on which something begins.
    let instants = [4, 5, 7, 9, 13, 16].map(|day| instant(FROM) + day * DAY_MS);
    let Some(way) = Way::within("as_of_later", chrono_tz::UTC).await else {
        return;
    };
    let names: Vec<[String; 2]> = (0..WRITEUPS)
        .map(|n| ["wiki", "blog"].map(|host| format!("https://{host}.example.org/{n}")))
        .collect();
    let ids: Vec<String> = (0..WRITEUPS).map(|n| format!("INC-{n}")).collect();
    let names: Vec<[&str; 2]> = names
        .iter()
        .map(|[a, b]| [a.as_str(), b.as_str()])
        .collect();
    let registered: Vec<(&str, &[&str], &str)> = ids
        .iter()
        .zip(&names)
        .map(|(id, names)| (id.as_str(), &names[..], "2025-03-01T00:00:00Z"))
        .collect();
    way.register(&registered).await;
    // What was received is told as of today: what is not counted yet is the future there.
    let told = async |as_of: Millis| {
        let mut summary = way.report_only(as_of, 1).await.json();
        let received = &mut summary["health"]["received"];
        received["future"].take();
        for kind in received["by_kind"].as_object_mut().into_iter().flatten() {
            kind.1["future"].take();
            kind.1["events"].take();
        }
        summary
    };
    let mut before = Vec::new();
    let mut from = 0;
    for as_of in instants {
        let upto = all.partition_point(|(at, _)| *at < as_of);
        let lines: Vec<String> = all[from..upto]
            .iter()
            .map(|(_, line)| line.clone())
            .collect();
        assert_eq!(way.events(&lines).await.rejected, 0);
        way.derive().await;
        before.push(told(as_of).await);
        from = upto;
    }
    let rest: Vec<String> = all[from..].iter().map(|(_, line)| line.clone()).collect();
    way.events(&rest).await;
    way.derive().await;
    for (as_of, before) in instants.into_iter().zip(&before) {
        assert_same(before, &told(as_of).await, &to_rfc3339(as_of));
    }
    // And something of it did change within these days.
    let kept = |report: &Value| report["indicators"]["R1"]["results"]["total_reads"].as_u64();
    assert!(
        before
            .windows(2)
            .all(|pair| kept(&pair[0]) != kept(&pair[1]))
    );
    let last = before.last().expect("a report");
    assert!(
        last["health"]["reads"]["automated"].as_u64() > Some(60),
        "{}",
        last["health"]["reads"]
    );
    assert!(last["health"]["reads"]["other_source"].as_u64() > Some(100));
}
