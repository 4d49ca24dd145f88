//! Assigned reading, dated teams, names held together and apart, people left out: a whole report with all
//! of it, checked by the independent program; and what an operator says of it at the command line.

use std::path::PathBuf;

use readback::jobs::report::to_json;
use readback::model::{DAY_MS, to_rfc3339};
use serde_json::{Value, json};

use super::binary::Home;
use super::checked::agrees;
use super::way::{Way, event, lines, small};

/// The e-mail addresses of the roster and the ids of write-ups in these lines.
fn known(lines: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut people, mut writeups) = (Vec::new(), Vec::new());
    for line in lines {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let data = &event["data"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event["type"].as_str().unwrap_or_default() {
            "org.readback.person.v1" if data["joined_at"].is_string() => {
                people.push(text(&data["person"]));
            }
            "org.readback.writeup.v1" if data["published_at"].is_string() => {
                writeups.push(text(&event["subject"]));
            }
            _ => {}
        }
    }
    people.sort();
    people.dedup();
    writeups.sort();
    writeups.dedup();
    (people, writeups)
}

/// An event of the operator's own.
fn said(kind: &str, source: &str, id: &str, time: &str, data: &Value) -> String {
    let line = event(kind, id, "", time, data.clone());
    line.replace("\"source\":\"test\"", &format!("\"source\":\"{source}\""))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_is_right_whoever_was_told_to_read() {
    let options = small();
    let Some(way) = Way::within("assigned", options.timezone).await else {
        return;
    };
    let mut events = lines(&options);
    let (people, writeups) = known(&events);
    let day = |n: i64| to_rfc3339(options.as_of() - n * DAY_MS);
    let assigned = |n: usize, list: Value| {
        let data = json!({ "id": writeups[n], "assignments": list });
        said(
            "writeup",
            "registry",
            &format!("assign {n}"),
            &day(1),
            &data,
        )
    };
    let whole = |more: Value| {
        let mut one = json!({ "from": day(500), "to": day(20) });
        let fields = more.as_object().into_iter().flatten();
        one.as_object_mut()
            .expect("an object")
            .extend(fields.map(|(a, b)| (a.clone(), b.clone())));
        one
    };
    for n in 0..writeups.len() {
        let list = match n % 4 {
            0 => json!([whole(json!({}))]),
            1 => json!([whole(json!({ "team": "alpha" }))]),
            2 => json!([
                whole(json!({ "newcomers": true })),
                whole(json!({ "team": "beta" }))
            ]),
            _ => continue,
        };
        events.push(assigned(n, list));
    }
    for (n, person) in people.iter().enumerate() {
        let team = |place: u32, more: Value| {
            let mut data = json!({ "person": person, "joined_at": day(400 - 10 * (n as i64)) });
            let fields = more.as_object().into_iter().flatten();
            data.as_object_mut()
                .expect("an object")
                .extend(fields.map(|(a, b)| (a.clone(), b.clone())));
            said("person", "teams", &format!("{n} {place}"), &day(2), &data)
        };
        match n % 4 {
            0 => events.extend([
                team(0, json!({ "team": "alpha", "team_to": day(100) })),
                team(1, json!({ "team": "beta", "team_from": day(200) })),
            ]),
            1 => events.push(team(0, json!({ "team": "alpha" }))),
            _ => {}
        }
    }
    let hand = |id: &str, time: i64, data: Value| said("person", "registry", id, &day(time), &data);
    events.extend([
        hand(
            "m1",
            9,
            json!({ "person": people[0], "aliases": [people[1]] }),
        ),
        hand(
            "m2",
            8,
            json!({ "person": people[2], "aliases": [people[3]] }),
        ),
        hand(
            "m3",
            7,
            json!({ "person": people[3], "apart": [people[2]] }),
        ),
        hand("x1", 6, json!({ "person": people[4], "excluded": true })),
        hand("x2", 5, json!({ "person": people[5], "excluded": true })),
        hand("x3", 4, json!({ "person": people[5], "excluded": false })),
    ]);
    let taken = way.events(&events).await;
    assert_eq!(taken.rejected, 0, "{:?}", taken.problems);
    way.derive().await;
    let document = way.summary(options.as_of(), 1).await;
    let bytes = to_json(&document).expect("JSON");

    let summary: Value = serde_json::from_slice(&bytes).expect("JSON");
    let results = |code: &str| &summary["indicators"][code]["results"];
    for (code, name) in [
        ("R1", "total_reads"),
        ("R2", "unique_reads"),
        ("R3", "readers"),
    ] {
        let number = |value: &Value| value[name].as_u64().expect(code);
        let all = number(results(code));
        let without = number(&results(code)["without_assigned"]);
        // Everybody read something of their own accord, too.
        let fewer = if code == "R3" {
            without <= all
        } else {
            without < all
        };
        assert!(fewer, "{code}");
        assert!(without > 0, "{code}");
    }
    let share = &results("L3")["without_assigned"]["tail_share"];
    assert!(share["den"].is_number(), "{share}");
    assert!(results("L4")["without_assigned"]["still_read"]["n"].is_number());
    assert!(summary["health"]["received"]["excluded"].as_u64() > Some(0));

    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("assigned");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (file, report) = (folder.join("events.ndjson"), folder.join("summary.json"));
    std::fs::write(&file, events.join("\n")).expect("a file");
    std::fs::write(&report, bytes).expect("a file");
    agrees(&file, &report, options.timezone.name());

    // The team at the read: the event's own word, else the roster's at that time.
    let teams = format!(
        "SELECT count() FROM team_read(as_of = {}, registry = (SELECT max(generation) FROM derive_run)) \
         WHERE team IN ('alpha', 'beta')",
        options.as_of()
    );
    assert!(way.count(&teams).await > 0);
    // With few between the two numbers, the second is withheld.
    let document = way.summary(options.as_of(), 1000).await;
    let hidden = &document.indicators["R1"]["results"]["without_assigned"];
    assert_eq!(
        (&hidden["total_reads"], &hidden["suppressed"]),
        (&Value::Null, &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn teams_hold_from_their_day_on() {
    let Some(way) = Way::fresh("dated_teams").await else {
        return;
    };
    way.register(&[("a", &[], "2025-01-01T00:00:00Z")]).await;
    let assigned = json!({ "id": "a", "assignments": [
        { "from": "2025-02-01T00:00:00Z", "to": "2025-06-01T00:00:00Z", "team": "search" },
        { "from": "2025-02-01T00:00:00Z", "to": "2025-06-01T00:00:00Z", "newcomers": true },
    ]});
    let person = |id: &str, data: Value| event("person", id, "", "2025-01-01T00:00:00Z", data);
    let read = |id: &str, who: &str, time: &str, team: Value| {
        let data = json!({ "person": who, "team": team });
        event("read", id, "a", time, data)
    };
    // What it is, who read when, the team of the event and the one that holds, whether it was assigned.
    let reads = [
        (
            "before the team",
            "ada 2025-02-28T23:59:00Z",
            "",
            "old",
            false,
        ),
        (
            "in the team",
            "ada 2025-03-01T00:00:00Z",
            "",
            "search",
            true,
        ),
        ("after the team", "ada 2025-04-01T00:00:00Z", "", "", false),
        (
            "by the event's word",
            "ada 2025-04-02T00:00:00Z",
            "search",
            "search",
            true,
        ),
        (
            "another by its word",
            "ada 2025-03-02T00:00:00Z",
            "other",
            "other",
            false,
        ),
        (
            "not yet assigned",
            "bob 2025-01-31T23:59:00Z",
            "",
            "search",
            false,
        ),
        (
            "always there",
            "bob 2025-02-01T00:00:00Z",
            "",
            "search",
            true,
        ),
        (
            "no longer assigned",
            "bob 2025-06-01T00:00:00Z",
            "",
            "search",
            false,
        ),
        ("on the first day", "eve 2025-03-01T00:00:00Z", "", "", true),
        ("no longer new", "eve 2025-05-30T00:00:00Z", "", "", false),
        ("somebody else", "mia 2025-03-01T00:00:00Z", "", "", false),
    ];
    let mut events: Vec<String> = reads
        .iter()
        .map(|(id, who, own, _, _)| {
            let (who, time) = who.split_once(' ').expect("a time");
            read(
                id,
                who,
                time,
                json!(Some(own).filter(|own| !own.is_empty())),
            )
        })
        .collect();
    events.extend([
        event("writeup", "assigned", "a", "2025-01-02T00:00:00Z", assigned),
        person("1", json!({ "person": "ada", "team": "old" })),
        person(
            "2",
            json!({ "person": "ada", "team": "search", "team_from": "2025-03-01T00:00:00Z",
            "team_to": "2025-04-01T00:00:00Z" }),
        ),
        person("3", json!({ "person": "bob", "team": "search" })),
        person(
            "4",
            json!({ "person": "eve", "joined_at": "2025-03-01T00:00:00Z" }),
        ),
    ]);
    let taken = way.events(&events).await;
    assert_eq!(taken.rejected, 0, "{:?}", taken.problems);
    way.derive().await;
    for (id, who, _, team, assigned) in &reads {
        let (who, time) = who.split_once(' ').expect("a time");
        let sql = format!(
            "SELECT count() FROM team_read(as_of = {}, registry = (SELECT max(generation) FROM derive_run)) \
             WHERE assigned = {assigned} AND team = '{team}' \
             AND ms = toUnixTimestamp64Milli(parseDateTime64BestEffort('{time}', 3, 'UTC')) \
             AND person IN (SELECT number FROM registry_person WHERE pseudonym = toUInt128('{}'))",
            i64::MAX / 2_000_000,
            pseudonym(&way, who)
        );
        assert_eq!(way.count(&sql).await, 1, "{id}");
    }
    // Another team, and only what is assigned to a team is derived again.
    let moved = person("5", json!({ "person": "mia", "team": "search" }));
    way.events(&[moved]).await;
    assert_eq!(way.derive().await.rebuilt, 1);
    way.register(&[("b", &[], "2025-01-01T00:00:00Z")]).await;
    way.derive().await;
    let moved = person("6", json!({ "person": "noa", "team": "search" }));
    way.events(&[moved]).await;
    assert_eq!(way.derive().await.rebuilt, 1);
}

fn pseudonym(way: &Way, who: &str) -> u128 {
    let identity = readback::model::Identity::bare(who);
    u128::from_be_bytes(way.keys.pseudonym(&identity).0)
}

#[test]
fn reading_is_assigned_by_hand() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let home = home.with("READBACK_PRIVACY_K", "1");
    let read = |n: usize| {
        let data = json!({ "person": format!("p{n}@example.org") });
        event(
            "read",
            &format!("r{n}"),
            "INC-1",
            "2025-03-02T09:00:00Z",
            data,
        )
    };
    let reads: Vec<String> = (0..4).map(read).collect();
    let file = home.file("events.ndjson", reads.join("\n"));
    home.done(&["import", "events", &file]);
    let roster = home.file(
        "people.csv",
        "email,team\np0@example.org,search\np1@example.org,search\n",
    );
    home.done(&["people", "import", &roster]);
    home.done(&["writeups", "add", "INC-1", "--published", "2025-03-01"]);
    let report = |out: &str| -> Value {
        home.done(&["report", "--as-of", "2025-07-01", "--out", out]);
        let bytes = std::fs::read(home.path(out).join("summary.json")).expect("a summary");
        let summary: Value = serde_json::from_slice(&bytes).expect("JSON");
        summary["indicators"]["R1"]["results"].clone()
    };
    let before = report("before");
    assert_eq!(before, json!({ "total_reads": 4 }));
    let assign = |whom: &[&str]| {
        let words = [
            "writeups",
            "assign",
            "INC-1",
            "--from",
            "2025-03-01",
            "--to",
            "2025-04-01",
        ];
        home.done(&[&words, whom].concat()).err
    };
    assert_eq!(assign(&["--newcomers"]), "INC-1: assigned, number 1\n");
    assert_eq!(assign(&["--team", "search"]), "INC-1: assigned, number 2\n");
    let told = report("assigned");
    assert_eq!(told["without_assigned"], json!({ "total_reads": 2 }));
    let page = std::fs::read_to_string(home.path("assigned").join("report.html"));
    let page = page.or_else(|_| std::fs::read_to_string(home.path("assigned").join("index.html")));
    assert!(page.expect("a page").contains("Without assigned reading"));
    let page = std::fs::read_dir(home.path("assigned").join("writeups")).expect("a folder");
    let page = page
        .flatten()
        .find_map(|entry| std::fs::read_to_string(entry.path()).ok());
    assert!(
        page.expect("a page")
            .contains("team search, from 1 Mar 2025 until 1 Apr 2025"),
        "the write-up tells who was told to read it"
    );
    let listed = home.done(&["writeups", "assignments", "INC-1"]);
    assert_eq!(
        listed.out,
        "1  2025-03-01 to 2025-04-01  newcomers\n2  2025-03-01 to 2025-04-01  team search\n"
    );
    let listed = home.done(&["writeups", "assignments", "INC-1", "--json"]);
    let listed: Value = serde_json::from_str(&listed.out).expect("JSON");
    assert_eq!(
        (&listed[0]["newcomers"], &listed[1]["team"]),
        (&json!(true), &json!("search"))
    );
    home.done(&["writeups", "unassign", "INC-1", "2"]);
    assert_eq!(report("after"), before);
    for (words, told) in [
        (
            vec!["unassign", "INC-1", "2"],
            "has no assignment 2; it has 1",
        ),
        (
            vec!["unassign", "INC-2", "1"],
            "no write-up is called \"INC-2\"",
        ),
        (
            vec![
                "assign",
                "INC-1",
                "--from",
                "2025-04-01",
                "--to",
                "2025-03-01",
                "--everybody",
            ],
            "is not after --from",
        ),
        (
            vec![
                "assign",
                "INC-1",
                "--from",
                "2025-03-01",
                "--to",
                "2025-04-01",
                "--newcomers",
            ],
            "is assigned already",
        ),
    ] {
        let said = home.run(&[&["writeups"], words.as_slice()].concat());
        assert_eq!(said.code, Some(1), "{words:?}: {}", said.err);
        assert!(said.err.contains(told), "{words:?}: {}", said.err);
    }
    let said = home.run(&[
        "writeups",
        "assign",
        "INC-1",
        "--from",
        "2025-03-01",
        "--to",
        "2025-04-01",
    ]);
    assert_eq!(said.code, Some(2), "{}", said.err);
}
