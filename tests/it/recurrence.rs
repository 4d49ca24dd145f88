//! Recurrence against an independent library: random rules, each with the occurrences that python-dateutil
//! finds (`tests/checker/recurrence.py`). They go in as one calendar, by the way of files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Command;

use readback::model::{Body, Vocabulary, to_rfc3339};
use readback::sources::collected::Collected;
use readback::sources::{self, Setting};
use serde_json::Value;

/// Rules of one run.
const RULES: &str = "150";

#[test]
fn random_rules_recur_as_another_library_says() {
    let Some(python) = std::env::var_os("CHECKER_PYTHON") else {
        let words = "skipped: CHECKER_PYTHON is not set (tests/checker/requirements.txt)";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checker/recurrence.py");
    let mut different = Vec::new();
    for seed in ["1", "2"] {
        let asked = Command::new(&python).args([script, seed, RULES]).output();
        let asked = asked.expect("python runs");
        let words = String::from_utf8_lossy(&asked.stderr);
        assert!(asked.status.success(), "{words}");
        let text = String::from_utf8(asked.stdout).expect("UTF-8");
        let cases: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(cases.len().to_string(), RULES);
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
    let mut calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n".to_owned();
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
    calendar.push_str("END:VCALENDAR\r\n");
    let setting = Setting {
        source: "calendar".to_owned(),
        vocabulary: Vocabulary::default(),
        timezone: chrono_tz::UTC,
        writeups: Vec::new(),
    };
    let build = sources::find("icalendar").and_then(|kind| kind.file);
    let params = "from = \"2024-01-01T00:00:00Z\"\nto = \"2028-01-01T00:00:00Z\"";
    let params = params.parse().expect("TOML");
    let mut reader = build.expect("a kind")(params, &setting).expect("a reader");
    let mut heard = Collected::default();
    let read = reader.read("rules.ics", &mut calendar.as_bytes(), &mut heard);
    read.expect("a calendar");
    assert_eq!(heard.notes, [""; 0]);
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
