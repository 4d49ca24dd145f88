//! Who reads as only programs do (INDICATORS section 2, class 3): kept, labelled apart, and restated when a
//! limit changes or more comes in.

use std::collections::BTreeSet;

use readback::jobs::machines::Configured;
use readback::jobs::restate::restatements;
use readback::model::{Millis, Parameters, to_rfc3339};
use serde_json::{Value, json};

use super::way::{Way, event, instant};

const FROM: &str = "2026-03-02T10:00:00Z";
const AS_OF: &str = "2026-04-01T00:00:00Z";
const HOUR_MS: Millis = 3_600_000;

/// A house with so many write-ups; `INC-n` is also called `alias-n`.
async fn with_writeups(name: &str, count: usize) -> Option<Way> {
    let way = Way::within(name, chrono_tz::UTC).await?;
    let names: Vec<(String, String)> = (0..count)
        .map(|n| (format!("INC-{n}"), format!("alias-{n}")))
        .collect();
    let aliases: Vec<[&str; 1]> = names.iter().map(|(_, alias)| [alias.as_str()]).collect();
    let registered: Vec<(&str, &[&str], &str)> = names
        .iter()
        .zip(&aliases)
        .map(|((id, _), aliases)| (id.as_str(), &aliases[..], "2026-03-01T00:00:00Z"))
        .collect();
    way.register(&registered).await;
    Some(way)
}

/// Reads of these targets, so far apart.
fn reads(who: &str, targets: &[String], from: Millis, gap: Millis, data: &Value) -> Vec<String> {
    let each = (0..).zip(targets);
    each.map(|(n, target)| {
        let id = format!("{who} {n} {from}");
        event(
            "read",
            &id,
            target,
            &to_rfc3339(from + n * gap),
            data.clone(),
        )
    })
    .collect()
}

fn targets(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}-{n}")).collect()
}

fn by(person: &str) -> Value {
    json!({ "person": format!("{person}@example.org") })
}

fn numbers(summary: &Value) -> (u64, u64) {
    let kept = summary["indicators"]["R1"]["results"]["total_reads"].as_u64();
    let automated = summary["health"]["reads"]["automated"].as_u64();
    (kept.expect("a number"), automated.unwrap_or(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_write_ups_in_an_hour_are_a_programs() {
    let Some(way) = with_writeups("machines_hour", 61).await else {
        return;
    };
    let from = instant(FROM);
    let minute = 55_000;
    let ids = targets("INC", 61);
    let mut lines = reads("fast", &ids, from, minute, &by("fast"));
    lines.extend(reads("keen", &ids[..60], from, minute, &by("keen")));
    // Sixty names and sixty aliases of the same write-ups; and sixty-one over the border of an hour, and in
    // just sixty minutes.
    let twice = [targets("INC", 60), targets("alias", 60)].concat();
    lines.extend(reads("twice", &twice, from, 20_000, &by("twice")));
    lines.extend(reads(
        "border",
        &ids,
        from + HOUR_MS / 2,
        minute,
        &by("border"),
    ));
    lines.extend(reads(
        "slow",
        &ids,
        from,
        60_000,
        &json!({ "session": "slow" }),
    ));
    // Nobody's name, one session.
    lines.extend(reads(
        "session",
        &ids,
        from,
        minute,
        &json!({ "session": "s" }),
    ));
    // Half of the reads come later than the rest, and their write-ups are other ones.
    let (early, late): (Vec<String>, Vec<String>) = lines
        .into_iter()
        .partition(|line| line.contains("INC-1") || line.contains("INC-2"));
    way.events(&early).await;
    assert_eq!(numbers(&way.report(instant(AS_OF)).await.json()).1, 0);
    way.events(&late).await;
    let before = way.report(instant(AS_OF)).await.json();
    assert_eq!(numbers(&before), (60 + 120 + 61, 61 + 61 + 61));
    assert_eq!(before["health"]["received"]["bot"], 183);
    assert_eq!(before["parameters"]["machine_writeups"], 60);

    let stricter = Parameters {
        machine_writeups: 59,
        ..Parameters::default()
    };
    way.derive_by(&stricter, &Configured::default()).await;
    let document = way.summary_by(instant(AS_OF), 1, stricter).await;
    let after = serde_json::to_value(&document).expect("JSON");
    assert_eq!(numbers(&after), (0, 61 + 60 + 120 + 61 + 61 + 61));
    let restated = restatements(&before, &after);
    let cause = &restated["causes"][0];
    assert_eq!(cause["kind"], "parameter");
    assert_eq!(cause["path"], "parameters.machine_writeups");
    // Four accounts: with k = 5 it is not told how much they read.
    let few = way.report_only(instant(AS_OF), 5).await.json();
    assert_eq!(few["health"]["reads"]["automated"], Value::Null);
    assert_eq!(few["health"]["received"]["bot"], Value::Null);
    assert_eq!(few["health"]["reads"]["suppressed"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_a_look_is_a_programs() {
    let Some(way) = with_writeups("machines_run", 30).await else {
        return;
    };
    let from = instant(FROM) + HOUR_MS - 20_000;
    let with = |person: &str, engaged: f64| {
        let mut data = by(person);
        data["engaged_s"] = json!(engaged);
        data
    };
    let ids = targets("INC", 30);
    // Over the border of the hour, too; the last one is longer apart than the others.
    let mut lines = reads("run", &ids[..21], from, 1_999, &with("run", 0.0));
    lines.extend(reads("short", &ids[..20], from, 1_999, &with("short", 0.0)));
    lines.extend(reads("slow", &ids[..21], from, 2_000, &with("slow", 0.0)));
    lines.extend(reads(
        "looked",
        &ids[..21],
        from,
        1_000,
        &with("looked", 0.1),
    ));
    lines.extend(reads("unknown", &ids[..21], from, 1_000, &by("unknown")));
    // Before and after the run somebody reads like anybody.
    lines.extend(reads(
        "own",
        &ids[..3],
        from + HOUR_MS,
        600_000,
        &with("run", 30.0),
    ));
    way.events(&lines).await;
    let summary = way.report(instant(AS_OF)).await.json();
    assert_eq!(numbers(&summary), (20 + 21 + 21 + 21 + 3, 21));
}

/// Numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// One read of the model.
#[derive(Clone, Copy)]
struct One {
    at: Millis,
    writeup: u64,
    idle: bool,
}

/// What the definition says of one reader, read by read.
fn labelled(own: &[One], most: usize, run: usize) -> usize {
    let mut sorted = own.to_vec();
    sorted.sort_by_key(|one| one.at);
    let mut stretches: Vec<(Millis, Millis)> = Vec::new();
    for last in &sorted {
        let from = last.at - HOUR_MS + 1;
        let within = sorted
            .iter()
            .filter(|one| (from..=last.at).contains(&one.at));
        let read: BTreeSet<u64> = within.map(|one| one.writeup).collect();
        if read.len() > most {
            stretches.push((from, last.at + 1));
        }
    }
    let idle: Vec<&One> = sorted.iter().filter(|one| one.idle).collect();
    for part in idle.chunk_by(|a, b| b.at - a.at < 2_000) {
        let read: BTreeSet<u64> = part.iter().map(|one| one.writeup).collect();
        if read.len() > run {
            stretches.push((part[0].at, part[part.len() - 1].at + 1));
        }
    }
    let inside = |one: &&One| {
        stretches
            .iter()
            .any(|(from, to)| (*from..*to).contains(&one.at))
    };
    sorted.iter().filter(inside).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_find_what_the_definition_says() {
    let Some(way) = with_writeups("machines_model", 12).await else {
        return;
    };
    let limits = Parameters {
        machine_writeups: 6,
        machine_run: 3,
        ..Parameters::default()
    };
    let (mut dice, mut lines, mut expected) = (Dice(7), Vec::new(), 0);
    for reader in 0..60 {
        let mut at = instant(FROM) + i64::try_from(dice.below(3_600_000)).expect("small");
        let pace = [900, 2_500, 400_000, 1_500_000][usize::try_from(dice.below(4)).expect("small")];
        let own: Vec<One> = (0..40)
            .map(|_| {
                at += 1 + i64::try_from(dice.below(2 * pace)).expect("small");
                One {
                    at,
                    writeup: dice.below(12),
                    idle: dice.below(5) > 0,
                }
            })
            .collect();
        expected += labelled(&own, 6, 3);
        lines.extend(own.iter().enumerate().map(|(n, one)| {
            let mut data = by(&format!("r{reader}"));
            if one.idle {
                data["engaged_s"] = json!(0);
            } else if n % 2 == 0 {
                data["engaged_s"] = json!(12);
            }
            let target = format!("INC-{}", one.writeup);
            event(
                "read",
                &format!("{reader} {n}"),
                &target,
                &to_rfc3339(one.at),
                data,
            )
        }));
    }
    assert_eq!(way.events(&lines).await.rejected, 0);
    way.derive_by(&limits, &Configured::default()).await;
    let document = way.summary_by(instant(AS_OF), 1, limits).await;
    let summary = serde_json::to_value(&document).expect("JSON");
    let found = summary["health"]["reads"]["automated"].as_u64();
    assert_eq!(found, Some(expected as u64));
    assert!((200..2200).contains(&expected), "{expected}");
}
