//! Recurrence against an independent library: random rules, each with the occurrences that python-dateutil
//! finds, and random series with changes, each with what a model in Python makes of them
//! (`tests/checker/recurrence.py`). They go in as one calendar, by the way of files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Command;

use readback::model::{Body, Vocabulary, to_rfc3339};
use readback::sources::collected::Collected;
use readback::sources::{self, Setting};
use serde_json::Value;

/// Rules of one run.
const RULES: usize = 150;

/// Series of one run.
const SERIES: usize = 300;

/// A hundred or two of the other program's cases; nothing where it is not there.
fn cases(seed: &str, count: usize, more: &[&str]) -> Option<Vec<Value>> {
    let Some(python) = std::env::var_os("CHECKER_PYTHON") else {
        let words = "skipped: CHECKER_PYTHON is not set (tests/checker/requirements.txt)";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checker/recurrence.py");
    let mut command = Command::new(&python);
    let asked = command.args([script, seed, &count.to_string()]).args(more);
    let asked = asked.output().expect("python runs");
    let words = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.success(), "{words}");
    let text = String::from_utf8(asked.stdout).expect("UTF-8");
    let cases: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(cases.len(), count);
    Some(cases)
}

/// RDATE, EXDATE, RECURRENCE-ID and THISANDFUTURE, with times in the zone of the series, in another, in UTC, in
/// none, and as days: each occurrence keeps its name, and has its start and its length.
#[test]
fn random_series_with_changes_are_what_a_model_says() {
    let mut different = Vec::new();
    for seed in ["1", "2", "3"] {
        let Some(cases) = cases(seed, SERIES, &["changed"]) else {
            return;
        };
        let mut calendar = String::new();
        for (number, case) in cases.iter().enumerate() {
            for event in case["events"].as_array().expect("events") {
                let lines = event.as_array().expect("lines").iter();
                let lines: Vec<&str> = lines.filter_map(Value::as_str).collect();
                calendar.push_str(&format!(
                    "BEGIN:VEVENT\r\nUID:{number}\r\n{}\r\nATTENDEE:mailto:ada@example.org\r\nEND:VEVENT\r\n",
                    lines.join("\r\n")
                ));
            }
        }
        let mut ours: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        let heard = heard(&calendar, chrono_tz::Asia::Tokyo);
        for event in &heard.events {
            let Body::Attendance(attendance) = &event.body else {
                panic!("no attendance");
            };
            let (uid, original) = attendance.meeting.split_once('/').expect("a series");
            let seconds = attendance.meeting_ms.map(|ms| ms as f64 / 1000.0);
            let row = serde_json::json!([original, to_rfc3339(event.time), seconds]);
            ours.entry(uid).or_default().push(row);
        }
        for (number, case) in cases.iter().enumerate() {
            let uid = number.to_string();
            let mut ours = ours.remove(&*uid).unwrap_or_default();
            ours.sort_by_key(|row| row.to_string());
            let theirs = case["expected"].as_array().expect("a list");
            let seconds = |row: &Value| row[2].as_f64();
            let same = ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(our, their)| {
                    our[0] == their[0] && our[1] == their[1] && seconds(our) == seconds(their)
                });
            if !same {
                let events = serde_json::to_string_pretty(&case["events"]).expect("JSON");
                different.push(format!(
                    "{seed}: {events}\nours   {}\ntheirs {}",
                    Value::from(ours),
                    case["expected"]
                ));
            }
        }
    }
    different.truncate(5);
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn random_rules_recur_as_another_library_says() {
    let mut different = Vec::new();
    for seed in ["1", "2"] {
        let Some(cases) = cases(seed, RULES, &[]) else {
            return;
        };
        let found = occurrences(&cases);
        for (number, case) in cases.iter().enumerate() {
            let theirs = case["expected"].as_array().expect("a list");
            let theirs: BTreeSet<&str> = theirs.iter().filter_map(Value::as_str).collect();
            let ours = found.get(&number.to_string()).cloned().unwrap_or_default();
            let ours: BTreeSet<&str> = ours.iter().map(String::as_str).collect();
            if ours != theirs {
                let missing: Vec<_> = theirs.difference(&ours).take(3).collect();
                let extra: Vec<_> = ours.difference(&theirs).take(3).collect();
                different.push(format!(
                    "{seed}: {} from {} in {}: missing {missing:?} extra {extra:?}",
                    case["rule"], case["start"], case["zone"]
                ));
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} different:\n{}",
        different.len(),
        different.join("\n")
    );
}

/// The starts of each case's occurrences, by the number of the case.
fn occurrences(cases: &[Value]) -> BTreeMap<String, BTreeSet<String>> {
    let mut calendar = String::new();
    for (number, case) in cases.iter().enumerate() {
        let text = |name: &str| case[name].as_str().expect("a text");
        calendar.push_str(&format!(
            "BEGIN:VEVENT\r\nUID:{number}\r\nDTSTART;TZID={}:{}\r\nRRULE:{}\r\n\
             ATTENDEE:mailto:ada@example.org\r\nEND:VEVENT\r\n",
            text("zone"),
            text("start"),
            text("rule"),
        ));
    }
    let heard = heard(&calendar, chrono_tz::UTC);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in &heard.events {
        let Body::Attendance(attendance) = &event.body else {
            panic!("no attendance");
        };
        let uid = attendance.meeting.split('/').next().expect("a UID");
        let starts = found.entry(uid.to_owned()).or_default();
        starts.insert(to_rfc3339(event.time));
    }
    found
}

/// What these events tell a house in this zone.
fn heard(events: &str, timezone: chrono_tz::Tz) -> Collected {
    let calendar = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n");
    let setting = Setting {
        source: "calendar".to_owned(),
        vocabulary: Vocabulary::default(),
        timezone,
        writeups: Vec::new(),
    };
    let build = sources::find("icalendar").and_then(|kind| kind.file);
    let params = "from = \"2023-12-01T00:00:00Z\"\nto = \"2028-01-01T00:00:00Z\"";
    let params = params.parse().expect("TOML");
    let mut reader = build.expect("a kind")(params, &setting).expect("a reader");
    let mut heard = Collected::default();
    let read = reader.read("rules.ics", &mut calendar.as_bytes(), &mut heard);
    read.expect("a calendar");
    assert_eq!(heard.notes, [""; 0]);
    heard
        .events
        .retain(|event| !event.subject.ends_with(":retracted"));
    heard
}
