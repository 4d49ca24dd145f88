//! The kind as a whole: reports with times of day, and where their day comes from.

use super::*;
use crate::model::to_rfc3339;
use crate::sources::collected::Collected;
use crate::sources::presence::trial::{self, attendance, left_out, present};

fn import(params: &str, file: &str, text: &str) -> Result<Collected, SourceError> {
    trial::import(build, params, file, text.as_bytes())
}

fn refusal(params: &str, file: &str, text: &str) -> String {
    trial::refusal(import(params, file, text))
}

const REPORT: &str = "First name,Last name,Email,Duration,Time joined,Time exited\n\
    Ada,Lovelace,ada@example.org,1 hr 2 min,2:58 PM,4:02 PM\n\
    Grace,Hopper,grace@example.org,20 min,3:05 PM,3:50 PM\n\
    Grace,Hopper,Grace@example.org,5 min,3:52 PM,3:57 PM\n\
    Margaret,Hamilton,,12 min,3:00 PM,3:12 PM\n\
    Alan,Turing,alan@example.org,20 zz,3:00 PM,3:20 PM\n\
    ,,,30 min,3:00 PM,3:30 PM\n\
    Konferenzraum 3,,raum3@example.org,30 min,3:00 PM,3:30 PM\n\
    Ada,L,ada2@example.org,20 min,soon,3:20 PM\n";

#[test]
fn the_day_comes_from_the_start() {
    let params = "meeting = 'm'\nstart = '2025-03-14T15:00'\nend = '2025-03-14T16:00'";
    let found = import(params, "report.csv", REPORT).unwrap();
    assert_eq!(
        present(&found),
        [
            (Some("ada@example.org"), Some(3600)),
            (Some("grace@example.org"), Some(1500)),
            (None, Some(720)),
            (Some("alan@example.org"), Some(1200)),
        ]
    );
    assert_eq!(to_rfc3339(found.events[0].time), "2025-03-14T14:00:00Z");
    assert_eq!(left_out(&found), [("room", 1), ("telephone", 1)]);
    let problem = found.problems[0].to_string();
    assert!(
        problem.starts_with("line 9: Time joined") && !problem.contains("soon"),
        "{problem}"
    );
    assert_eq!(
        found.notes.len(),
        3,
        "zone, length, rooms: {:?}",
        found.notes
    );
}

#[test]
fn the_day_comes_from_the_file() {
    let named = import("meeting = 'm'", "abc-defg-hij 2025-03-14 15:00.csv", REPORT).unwrap();
    assert_eq!(to_rfc3339(named.events[0].time), "2025-03-14T13:58:00Z");
    assert_eq!(attendance(&named.events[0]).meeting_ms, None);
    for file in ["report.csv", "12025-03-140.csv", "2025-14-03.csv", ""] {
        let told = refusal("meeting = 'm'", file, REPORT);
        assert!(told.contains("set `start`"), "{file}: {told}");
    }
    assert!(refusal("", "2025-03-14.csv", REPORT).contains("set `meeting`"));
    let dated = "Name,Email,Duration,Time joined,Time exited\n\
        Ada,ada@example.org,42m,2025-05-25 11:01:14,2025-05-25 11:43:08\n\
        Grace,grace@example.org,,2025-05-25T09:00:00Z,2025-05-25T09:10:00Z\n";
    let found = import("meeting = 'm'\ntimezone = 'UTC'", "report.csv", dated).unwrap();
    assert_eq!(
        present(&found),
        [
            (Some("ada@example.org"), Some(2514)),
            (Some("grace@example.org"), Some(600))
        ]
    );
}

#[test]
fn meetings_past_midnight() {
    let text = "Name,Email,Duration,Time joined,Time exited\n\
        Ada,ada@example.org,40 min,23:50,0:30\n\
        Grace,grace@example.org,10 min,0:10,0:20\n";
    let params = "meeting = 'm'\nstart = '2025-03-14T23:45'\nend = '2025-03-15T00:25'";
    let found = import(params, "report.csv", text).unwrap();
    assert_eq!(
        present(&found),
        [
            (Some("ada@example.org"), Some(2100)),
            (Some("grace@example.org"), Some(600))
        ]
    );
}

#[test]
fn without_a_start_the_morning_is_that_of_the_day_after() {
    let text = "Name,Email,Duration,Time joined,Time exited\n\
        Grace,grace@example.org,10 min,12:05 AM,12:15 AM\n\
        Ada,ada@example.org,40 min,11:50 PM,12:30 AM\n";
    let found = import("meeting = 'm'", "abc 2025-03-14.csv", text).unwrap();
    // Both at the meeting, which began before midnight.
    assert_eq!(to_rfc3339(found.events[0].time), "2025-03-14T22:50:00Z");
    assert_eq!(
        present(&found),
        [
            (Some("grace@example.org"), Some(600)),
            (Some("ada@example.org"), Some(2400))
        ]
    );
    let told = |note: &String| note.contains("the day after 2025-03-14");
    assert!(found.notes.iter().any(told), "{:?}", found.notes);
}

#[test]
fn other_files_and_starts_that_may_be_two_are_refused() {
    assert!(refusal("meeting = 'm'", "a.csv", "a,b\n1,2\n").contains("Time joined"));
    let told = refusal("meeting = 'm'\nstart = '3/4/2025 15:00'", "a.csv", REPORT);
    assert!(
        told.contains("3 April 2025") && told.contains("`start`"),
        "{told}"
    );
    let settled = "meeting = 'm'\nstart = '3/4/2025 15:00'\ndate_order = 'mdy'";
    let found = import(settled, "a.csv", REPORT).unwrap();
    assert_eq!(to_rfc3339(found.events[0].time), "2025-03-04T14:00:00Z");
}
