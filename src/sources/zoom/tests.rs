//! The kind as a whole: reports with a head and without.

use super::*;
use crate::model::{Body, Event, to_rfc3339};
use crate::sources::collected::Collected;
use crate::sources::presence::trial::{self, attendance, left_out, present};

fn import(params: &str, text: &str) -> Result<Collected, SourceError> {
    trial::import(build_file, params, "participants.csv", text.as_bytes())
}

fn refusal(params: &str, text: &str) -> String {
    trial::refusal(import(params, text))
}

const HEAD: &str = "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants,\n\
    812 3456 7890,Review INC-12,03/14/2025 03:00:00 PM,03/14/2025 04:00:00 PM,ada@example.org,60,5,\n\
    \n";

const LIST: &str = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room\n\
    Ada,ada@example.org,03/14/2025 02:50:00 PM,03/14/2025 02:59:00 PM,9,No,Y,Yes\n\
    Ada,ada@example.org,03/14/2025 02:59:00 PM,03/14/2025 03:20:00 PM,21,No,Y,No\n\
    Ada # iPad,Ada@example.org,03/14/2025 03:10:00 PM,03/14/2025 03:30:00 PM,20,No,Y,No\n\
    Nick (Grace Hopper),,03/14/2025 03:00:00 PM,03/14/2025 03:10:00 PM,10,Yes,,No\n\
    Nick (Grace Hopper),,03/14/2025 03:40:00 PM,03/14/2025 03:50:00 PM,10,Yes,,No\n\
    1415***1234,,03/14/2025 03:00:00 PM,03/14/2025 04:00:00 PM,60,Yes,,No\n\
    Zoom Rooms Berlin,rooms@example.org,03/14/2025 03:00:00 PM,03/14/2025 04:00:00 PM,60,No,,No\n\
    Otter.ai (Ada),,03/14/2025 03:00:00 PM,03/14/2025 04:00:00 PM,60,Yes,,No\n";

#[test]
fn a_report_with_its_head() {
    let found = import("", &format!("{HEAD}{LIST}")).unwrap();
    assert_eq!(
        present(&found),
        [(Some("ada@example.org"), Some(1800)), (None, Some(1200))]
    );
    assert_eq!(
        left_out(&found),
        [
            ("note-taker", 1),
            ("room", 1),
            ("telephone", 1),
            ("waiting room", 1)
        ]
    );
    // The meeting's own event, with where it was held, comes first.
    let is_attendance = |event: &&Event| matches!(event.body, Body::Attendance(_));
    let first = found.events.iter().find(is_attendance).unwrap();
    assert_eq!(
        (first.subject.as_str(), to_rfc3339(first.time).as_str()),
        ("pm-12", "2025-03-14T14:00:00Z")
    );
    let meeting = &attendance(first).meeting;
    assert!(
        meeting.starts_with("zoom-") && !meeting.contains("812"),
        "{meeting}"
    );
    assert_eq!(attendance(first).meeting_ms, Some(3_600_000));
    assert!(
        found.problems.is_empty() && found.notes.len() == 2,
        "{:?}",
        found.notes
    );
}

#[test]
fn a_report_without_its_head() {
    assert!(refusal("", LIST).contains("set `meeting`"));
    let found = import("meeting = 'm1'\nwriteup = 'pm-12'", LIST).unwrap();
    // Nothing says when the meeting began, so the minute before it counts.
    assert_eq!(present(&found)[0].1, Some(1860));
    assert_eq!(attendance(&found.events[0]).meeting_ms, None);
    let bounded = import(
        "meeting = 'm1'\nstart = '2025-03-14T15:00'\nend = '2025-03-14T16:00'",
        LIST,
    );
    assert_eq!(present(&bounded.unwrap())[0].1, Some(1800));
}

#[test]
fn users_that_are_shown_once() {
    let list = "Name (original name),Email,Total duration (minutes),Guest,In waiting room\n\
        Ada,ada@example.org,75,No,No\n\
        Grace,,10,Yes,No\n\
        Grace,,ten,Yes,No\n";
    let head = "Topic,ID,Host,Duration (minutes),Start time,End time,Participants\n\
        Review INC-12,812 3456 7890,Ada,60,2025-03-14 15:00:00,2025-03-14 16:00:00,2\n";
    let found = import("", &format!("{head}{list}")).unwrap();
    assert_eq!(
        present(&found),
        [(Some("ada@example.org"), Some(3600)), (None, Some(600))]
    );
    let problem = found.problems[0].to_string();
    assert!(
        problem.starts_with("line 6: Duration") && !problem.contains("ten"),
        "{problem}"
    );
    assert!(refusal("meeting = 'm'", list).contains("set `start`"));
}

#[test]
fn whoever_changed_their_name_is_one() {
    let list = |header: &str, rows: &[(&str, &str, &str)]| {
        let mut text = format!("{header},User Email,Join Time,Leave Time,Duration (Minutes)\n");
        for (name, from, until) in rows {
            text += &format!("{name},,03/14/2025 03:{from}:00 PM,03/14/2025 03:{until}:00 PM,9\n");
        }
        import("meeting = 'm'\nstart = '2025-03-14T15:00'", &text).unwrap()
    };
    let seconds = |found: &Collected| -> Vec<Option<u64>> {
        present(found).into_iter().map(|row| row.1).collect()
    };
    let (with_original, shown) = ("Name (Original Name)", "Name");
    let again = [
        ("Nick (Grace Hopper)", "00", "10"),
        ("Grace Hopper", "05", "20"),
        ("Ada", "00", "10"),
        ("Nicky (Grace Hopper)", "30", "40"),
    ];
    assert_eq!(
        seconds(&list(with_original, &again)),
        [Some(1800), Some(600)]
    );
    // A program is not whom it serves.
    let served = [("Otter.ai (Ada)", "00", "30"), ("Ada", "00", "10")];
    let found = list(with_original, &served);
    assert_eq!(seconds(&found), [Some(600)]);
    assert_eq!(left_out(&found), [("note-taker", 1)]);
    // Without the header what stands in brackets is anything.
    assert_eq!(list(shown, &again).events.len(), 4);
    // Two at once under one name in brackets: that is where they come from.
    let company = [
        ("Ada (Acme)", "00", "30"),
        ("Grace (Acme)", "10", "20"),
        ("Ada (Acme)", "40", "50"),
    ];
    assert_eq!(
        seconds(&list(with_original, &company)),
        [Some(2400), Some(600)]
    );
}

#[test]
fn dates_that_may_be_two_and_other_files() {
    let list = LIST.replace("03/14/2025", "03/04/2025");
    for (text, says) in [
        (list.as_str(), "3 April 2025"),
        ("a,b\n1,2\n", "Join Time"),
        ("Nom,Courriel\nAda,ada@example.org\n", "in English"),
    ] {
        let told = refusal("meeting = 'm'", text);
        assert!(told.contains(says) && !told.contains("ada@"), "{told}");
    }
    let settled = import("meeting = 'm'\ndate_order = 'mdy'", &list).unwrap();
    assert_eq!(to_rfc3339(settled.events[0].time), "2025-03-04T13:59:00Z");
}
