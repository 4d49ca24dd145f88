//! The kind as a whole: a list goes in, events come out.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::model::{Attendance, Body, Event, Millis, to_rfc3339};
use crate::sources::KnownWriteup;
use crate::sources::collected::{Collected, skipped};

fn import(params: &str, bytes: &[u8]) -> Result<Collected, SourceError> {
    let setting = Setting {
        source: "reviews".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: chrono_tz::Europe::Berlin,
        writeups: vec![KnownWriteup {
            id: "pm-12".to_owned(),
            title: None,
            aliases: vec!["INC-12".to_owned()],
        }],
    };
    let mut sink = Collected::default();
    let mut reader = build(toml::from_str(params).unwrap(), &setting)?;
    reader.dated(CHANGED);
    reader.read("list.csv", &mut &*bytes, &mut sink)?;
    Ok(sink)
}

/// When the files were changed last: 2025-03-05.
const CHANGED: Millis = 1_741_132_800_000;

#[test]
fn a_file_that_was_changed_later_replaces_the_earlier() {
    let list = b"meeting,person,start\nm,ada@example.org,2025-03-04T15:00\n";
    let version = |changed: Millis, params: &str| {
        let writeups = vec![KnownWriteup {
            id: "pm-12".to_owned(),
            title: None,
            aliases: vec!["m".to_owned()],
        }];
        let setting = Setting {
            source: "reviews".to_owned(),
            vocabulary: crate::model::Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: if params.is_empty() {
                writeups
            } else {
                Vec::new()
            },
        };
        let mut sink = Collected::default();
        let mut reader = build(toml::Table::new(), &setting).unwrap();
        reader.dated(changed);
        reader.read("list.csv", &mut &list[..], &mut sink).unwrap();
        (sink.events[0].version, sink.events[0].subject.clone())
    };
    let unknown = version(CHANGED, "registered later");
    assert_eq!(unknown.1, "", "a meeting's name is no subject");
    let known = version(CHANGED, "");
    assert_eq!(known.1, "pm-12");
    let later = version(CHANGED + 1000, "registered later");
    assert!(unknown.0 < known.0 && known.0 < later.0);
    assert_eq!(version(CHANGED, ""), known);
}

fn attendance(event: &Event) -> &Attendance {
    match &event.body {
        Body::Attendance(attendance) => attendance,
        _ => panic!("no attendance"),
    }
}

/// Seconds present by address; `None` for somebody unknown.
fn present(found: &Collected) -> Vec<(Option<&str>, Option<u64>)> {
    let row = |event| {
        let attendance = attendance(event);
        (
            attendance
                .person
                .as_ref()
                .map(|person| person.value.as_str()),
            attendance.present_ms.map(|ms| ms / 1000),
        )
    };
    people(found).map(row).collect()
}

/// What is told of people.
fn people(found: &Collected) -> impl Iterator<Item = &Event> {
    let is_of = |event: &&Event| matches!(event.body, Body::Attendance(_));
    found.events.iter().filter(is_of)
}

/// How many rooms and telephones are told of.
fn rooms(found: &Collected) -> Option<u32> {
    found.events.iter().find_map(|event| match &event.body {
        Body::Meeting(meeting) => meeting.rooms,
        _ => None,
    })
}

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect()
}

const REPORT: &str = "1. Summary\n\
    Meeting title\tReview INC-12\n\
    Attended participants\t4\n\
    Start time\t3/4/25, 3:00:00 PM\n\
    End time\t3/4/25, 4:00:00 PM\n\
    Meeting duration\t1h 0m 0s\n\
    \n\
    2. Participants\n\
    Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\n\
    Ada L\t3/4/25, 2:55:00 PM\t3/4/25, 4:05:00 PM\t50m 0s\tAda@example.org\tada@example.org\tOrganizer\n\
    Grace H\t3/4/25, 3:10:00 PM\t3/4/25, 3:20:00 PM\t10m 0s\tgrace@example.org\tgrace@example.org\tPresenter\n\
    Only Listed\t3/4/25, 3:10:00 PM\t3/4/25, 3:20:00 PM\t5m 0s\tlisted@example.org\tlisted@example.org\tPresenter\n\
    \n\
    3. In-Meeting Activities\n\
    Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\n\
    Ada L\t3/4/25, 2:55:00 PM\t3/4/25, 3:30:00 PM\t35m 0s\tada@example.org\tOrganizer\n\
    Ada L\t3/4/25, 3:20:00 PM\t3/4/25, 3:40:00 PM\t20m 0s\tada@example.org\tOrganizer\n\
    Ada L\t3/4/25, 3:50:00 PM\t3/4/25, 4:05:00 PM\t15m 0s\tada@example.org\tOrganizer\n\
    Grace H\t3/4/25, 3:10:00 PM\t3/4/25, 3:20:00 PM\t10m 0s\t\tPresenter\n\
    +49 30 *****12\t3/4/25, 3:10:00 PM\t3/4/25, 3:11:00 PM\t1m 0s\t\tAttendee\n\
    \t3/4/25, 3:10:00 PM\t3/4/25, 3:12:00 PM\t2m 0s\t\tAttendee\n";

#[test]
fn a_report_unites_and_clips_stays() {
    let found = import("", &utf16(REPORT)).unwrap();
    assert_eq!(
        present(&found),
        [
            (Some("ada@example.org"), Some(3000)),
            (Some("grace@example.org"), Some(600)),
            (Some("listed@example.org"), Some(300)),
        ]
    );
    assert_eq!(found.left_out.get("telephone"), Some(&2));
    assert_eq!(rooms(&found), Some(2));
    let first = &found.events[0];
    assert_eq!(to_rfc3339(first.time), "2025-03-04T14:00:00Z");
    assert_eq!(first.subject, "pm-12");
    assert_eq!(attendance(first).meeting_ms, Some(3_600_000));
    assert!(attendance(first).meeting.starts_with("teams-") && attendance(first).role.is_none());
    assert!(!first.id.contains("ada"));
    // 3/4 could be in April: both that and the zone are told.
    assert_eq!(found.notes.len(), 3, "and telephones: {:?}", found.notes);
    assert!(found.problems.is_empty());

    let given = import(
        "meeting = 'm1'\nwriteup = 'pm-9'\ndate_order = 'dmy'\ntimezone = 'UTC'",
        &utf16(REPORT),
    )
    .unwrap();
    assert_eq!(
        (
            given.events[0].subject.as_str(),
            attendance(&given.events[0]).meeting.as_str()
        ),
        ("pm-9", "m1")
    );
    assert_eq!(to_rfc3339(given.events[0].time), "2025-04-03T15:00:00Z");
    assert_eq!(given.notes.len(), 1, "telephones: {:?}", given.notes);
}

#[test]
fn a_report_in_another_language_and_with_windows_line_ends() {
    let text = REPORT
        .replace("Meeting title", "Besprechungstitel")
        .replace('\n', "\r\n");
    let found = import("", &utf16(&text)).unwrap();
    assert_eq!(
        (people(&found).count(), found.events[0].subject.as_str()),
        (3, "pm-12")
    );
}

#[test]
fn the_report_of_2021() {
    let text = "Meeting Summary\n\
        Total Number of Participants,2\n\
        Meeting Title,Review\n\
        Meeting Start Time,\"6/21/2021, 9:00:00 AM\"\n\
        Meeting End Time,\"6/21/2021, 10:00:00 AM\"\n\
        \n\
        Full Name,Join Time,Leave Time,Duration,Email,Role,Participant ID (UPN)\n\
        Ada L,\"6/21/2021, 9:00:00 AM\",\"6/21/2021, 9:30:00 AM\",30m,ada@example.org,Organizer,ada@example.org\n\
        Grace H,\"6/21/2021, soon\",\"6/21/2021, 9:30:00 AM\",30m,grace@example.org,Presenter,grace@example.org\n";
    let found = import("", text.as_bytes()).unwrap();
    assert_eq!(present(&found), [(Some("ada@example.org"), Some(1800))]);
    assert_eq!(found.events[0].subject, "", "of no write-up that is known");
    assert_eq!(found.problems[0].place, "line 9");
    assert!(!found.problems[0].to_string().contains("Grace"));
}

const LIST: &str = "Full Name\tUser Action\tTimestamp\n\
    Ada L\tJoined before\t11/12/2020, 12:00:00\n\
    Ada L\tLeft\t11/12/2020, 12:10:00\n\
    Ada L\tJoined\t11/12/2020, 12:20:00\n\
    Grace H\tJoined\t11/12/2020, 12:05:00\n\
    Grace H\tLeft\t11/12/2020, 12:06:00\n";

#[test]
fn the_older_list_may_end_open() {
    let found = import("meeting = 'm1'", LIST.as_bytes()).unwrap();
    assert_eq!(present(&found), [(None, None), (None, Some(60))]);
    assert_eq!(attendance(&found.events[0]).attended, Some(true));
    assert_eq!(attendance(&found.events[1]).attended, None);
    assert_eq!(to_rfc3339(found.events[0].time), "2020-12-11T11:00:00Z");
    assert_eq!(
        found.notes.len(),
        3,
        "zone, order, open ends: {:?}",
        found.notes
    );

    let closed = import(
        "meeting = 'm1'\nend = '2020-12-11 12:30'\ndate_order = 'dmy'",
        LIST.as_bytes(),
    )
    .unwrap();
    assert_eq!(present(&closed), [(None, Some(1200)), (None, Some(60))]);
    assert!(matches!(
        import("", LIST.as_bytes()),
        Err(SourceError::Format { .. })
    ));

    let german = LIST
        .replace("Joined before", "Zuvor beigetreten")
        .replace("Joined", "Beigetreten");
    let german = german
        .replace("Left", "Verlassen")
        .replace("Full Name\tUser Action", "Name\tAktion");
    assert_eq!(
        present(&import("meeting = 'm1'", german.as_bytes()).unwrap()),
        present(&found)
    );
}

#[test]
fn times_before_their_dates_are_told() {
    for text in [
        "Full Name\tUser Action\tTimestamp\nAda L\tJoined\t9:29:07 14/11/22\n",
        "1. Summary\nMeeting title\tReview\nStart time\t9:29:07 14/11/22\n\n2. Participants\n\
         Name\tFirst Join\tLast Leave\nAda L\t9:29:07 14/11/22\t9:59:07 14/11/22\n",
    ] {
        let refused = import("", text.as_bytes())
            .err()
            .map(|error| error.to_string());
        assert!(
            refused
                .as_deref()
                .is_some_and(|told| told.contains("dates are not understood")),
            "{refused:?}"
        );
    }
}

#[test]
fn the_plain_table() {
    let text = "meeting;person;start;role;partstat;meeting_minutes;present_minutes;attended;mandatory;team;writeup\n\
        m1;ada@example.org;2025-03-04 15:00;opt;accepted;60;12,5;;;db;pm-12\n\
        m1;p0002;2025-03-04T14:00:00Z;;declined;60;;no;;;\n\
        m1;;2025-03-04 15:00;;;60;7;yes;true;;\n\
        m1;Grace Hopper;2025-03-04 15:00;Grace Hopper;;60;7;;;;\n\
        m1;p0003;yesterday;;;60;7;;;;\n\
        m1;p0003;2025-03-04 15:00;;;60;-7;;;;\n";
    let found = import("", text.as_bytes()).unwrap();
    assert_eq!(
        present(&found),
        [
            (Some("ada@example.org"), Some(750)),
            (Some("p0002"), None),
            (None, Some(420))
        ]
    );
    assert!(
        found
            .events
            .iter()
            .all(|event| to_rfc3339(event.time) == "2025-03-04T14:00:00Z")
    );
    let [ada, second, third] = [0, 1, 2].map(|index| attendance(&found.events[index]));
    assert_eq!(
        (
            ada.role.as_deref(),
            ada.partstat.as_deref(),
            ada.role_stated
        ),
        (Some("OPT-PARTICIPANT"), Some("ACCEPTED"), true)
    );
    assert_eq!(
        (second.role.as_deref(), second.role_stated, second.attended),
        (Some("REQ-PARTICIPANT"), false, Some(false))
    );
    assert_eq!(
        (third.role.as_deref(), third.role_stated, third.mandatory),
        (None, true, true)
    );
    let fields: Vec<_> = found
        .problems
        .iter()
        .map(|p| (p.place.as_str(), p.field.as_str()))
        .collect();
    assert_eq!(
        fields,
        [
            ("line 5", "role"),
            ("line 6", "start"),
            ("line 7", "present_minutes")
        ]
    );
    assert!(
        found
            .problems
            .iter()
            .all(|problem| !problem.to_string().contains("Grace"))
    );
}

#[test]
fn a_table_of_those_who_came() {
    let text = "meeting,person,start\n\
        m1,ada@example.org,2026-03-04T14:00Z\n\
        m1,grace@example.org,2026-03-04T14:00+01:00\n\
        m1,alan@example.org,2026-03-04\n\
        m1,Konferenzraum 2,2026-03-04\n\
        m1,Notta Bot,2026-03-04\n";
    let found = import("", text.as_bytes()).unwrap();
    let told: Vec<_> = people(&found)
        .map(|event| (to_rfc3339(event.time), attendance(event).attended))
        .collect();
    assert_eq!(rooms(&found), Some(1));
    let at = |text: &str| (text.to_owned(), Some(true));
    assert_eq!(
        told,
        [
            at("2026-03-04T14:00:00Z"),
            at("2026-03-04T13:00:00Z"),
            at("2026-03-03T23:00:00Z")
        ]
    );
    assert_eq!(
        (found.left_out.get("room"), found.left_out.get("note-taker")),
        (Some(&1), Some(&1))
    );
    let says = |words: &str| found.notes.iter().any(|note| note.contains(words));
    assert!(
        says("to have been there") && says("a day without a time: 3"),
        "{:?}",
        found.notes
    );
    // Where a column says how somebody was invited, the others are not taken to have come.
    let invited = "meeting,person,start,role\nm1,ada@example.org,2026-03-04T14:00Z,opt\n\
        m1,grace@example.org,2026-03-04T14:00Z,\n";
    let found = import("", invited.as_bytes()).unwrap();
    let attended = found.events.iter().map(|event| attendance(event).attended);
    assert_eq!(attended.collect::<Vec<_>>(), [None, None]);
}

#[test]
fn stays_of_a_table_are_united() {
    let text = "meeting,person,start,meeting_minutes,joined,left,role\n\
        m1,ada@example.org,2025-03-04 15:00,60,2025-03-04 14:50,2025-03-04 15:10,opt\n\
        m1,Ada@example.org,2025-03-04 15:00,60,2025-03-04 15:05,2025-03-04 15:20,opt\n\
        m1,grace@example.org,2025-03-04 15:00,60,2025-03-04 15:50,,\n\
        m1,,2025-03-04 15:00,60,2025-03-04 15:00,2025-03-04 15:06,\n\
        m1,,2025-03-04 15:00,60,2025-03-04 15:00,2025-03-04 15:07,\n\
        m1,alan@example.org,2025-03-04 15:00,60,,,chair\n\
        m2,alan@example.org,2025-03-05 15:00,,2025-03-05 15:00,,\n\
        m2,ada@example.org,2025-03-05 15:00,,2025-03-05 15:30,2025-03-05 15:20,\n\
        m2,ada@example.org,2025-03-05 15:00,,,2025-03-05 15:20,\n";
    let found = import("", text.as_bytes()).unwrap();
    let told: Vec<_> = present(&found)
        .into_iter()
        .zip(found.events.iter().map(|event| attendance(event).attended))
        .collect();
    assert_eq!(
        told,
        [
            ((Some("ada@example.org"), Some(1200)), None),
            ((Some("grace@example.org"), Some(600)), None),
            ((None, Some(360)), None),
            ((None, Some(420)), None),
            ((Some("alan@example.org"), None), None),
            ((Some("alan@example.org"), None), Some(true)),
        ]
    );
    let problems: Vec<_> = found
        .problems
        .iter()
        .map(|problem| (problem.place.as_str(), problem.field.as_str()))
        .collect();
    assert_eq!(problems, [("line 9", "left"), ("line 10", "joined")]);
}

#[test]
fn rooms_and_names_of_teams_lists_are_nobody() {
    let list = "Full Name\tUser Action\tTimestamp\n\
        Ada L\tJoined\t14/12/2020, 12:00:00\n\
        Konferenzraum 2\tJoined\t14/12/2020, 12:05:00\n";
    let found = import("meeting = 'm1'", list.as_bytes()).unwrap();
    assert_eq!(present(&found), [(None, None)]);
    assert_eq!(
        (found.left_out.get("room"), rooms(&found)),
        (Some(&1), Some(1))
    );
}

#[test]
fn other_files_are_refused() {
    for text in [
        "a,b\n1,2\n",
        "Name,Age,Town\nAda,36,London\n",
        "<html></html>\n",
    ] {
        assert!(
            matches!(
                import("meeting = 'm'", text.as_bytes()),
                Err(SourceError::Format { .. })
            ),
            "{text}"
        );
    }
    for params in [
        "timezone = 'Berlin'",
        "end = 'soon'",
        "date_order = 'ydm'",
        "meeting = 3",
    ] {
        assert!(
            matches!(import(params, b""), Err(SourceError::Params(_))),
            "{params}"
        );
    }
}

#[test]
fn real_lists() {
    let Some(fixtures) = std::env::var_os("READBACK_FIXTURES").map(PathBuf::from) else {
        return skipped("READBACK_FIXTURES is not set");
    };
    let folder = fixtures.join("teams_attendance");
    let report = fs::read(folder.join("IDL-14-11-22.csv")).unwrap();
    let found = import("timezone = 'Europe/Brussels'", &report).unwrap();
    assert!(
        found.problems.is_empty() && found.notes.is_empty(),
        "{:?} {:?}",
        found.problems,
        found.notes
    );
    let seconds: Vec<_> = present(&found)
        .into_iter()
        .map(|(_, seconds)| seconds.unwrap())
        .collect();
    // The file's own durations are cut to whole seconds from finer times: one second off at most.
    let stated = [1166, 1160, 1161, 1158, 1130, 1061, 890];
    assert_eq!(seconds.len(), stated.len());
    assert!(
        seconds
            .iter()
            .zip(stated)
            .all(|(ours, theirs)| ours.abs_diff(theirs) <= 1),
        "{seconds:?}"
    );
    assert_eq!(to_rfc3339(found.events[0].time), "2022-11-14T08:29:07Z");
    assert_eq!(attendance(&found.events[0]).meeting_ms, Some(1_267_000));

    let list = fs::read(folder.join("meetingAttendanceList.csv")).unwrap();
    let found = import("meeting = 'm'\ndate_order = 'mdy'", &list).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let people = present(&found);
    assert!(
        people.contains(&(None, Some(372 + 348 + 1024 + 998))),
        "{people:?}"
    );
}

#[test]
fn a_plain_table_takes_the_words_of_people() {
    let flags = [
        ("ja", Some(true)),
        ("X", Some(true)),
        ("Oui", Some(true)),
        ("1", Some(true)),
        ("nein", Some(false)),
        ("no", Some(false)),
        ("vielleicht", None),
        ("2", None),
    ];
    for (word, expected) in flags {
        let text =
            format!("meeting,person,start,attended\nm,a@example.org,2026-03-01T15:00,{word}\n");
        let found = import("", text.as_bytes()).unwrap();
        let came = found.events.first().map(|event| attendance(event).attended);
        assert_eq!(came, expected.map(Some), "{word}");
    }
    for (word, expected) in [
        ("OPT", Some("OPT-PARTICIPANT")),
        ("optional", Some("OPT-PARTICIPANT")),
        ("Required", Some("REQ-PARTICIPANT")),
        ("chair", Some("CHAIR")),
        ("Organizer", None),
        ("BOSS", None),
    ] {
        let text = format!("meeting,person,start,role\nm,a@example.org,2026-03-01T15:00,{word}\n");
        let found = import("", text.as_bytes()).unwrap();
        let role = found
            .events
            .first()
            .and_then(|event| attendance(event).role.as_deref());
        assert_eq!(role, expected, "{word}");
    }
    // A value that can be nobody's name is repeated.
    for (start, said) in [
        ("2026-03-01T25:00", "\"2026-03-01T25:00\" is no date"),
        ("1@example.org", "this word is no date"),
        ("Ada", "this word is no date"),
    ] {
        let text = format!("meeting,person,start\nm,a@example.org,{start}\n");
        let found = import("", text.as_bytes()).unwrap();
        let reason = &found.problems[0].reason;
        assert!(reason.starts_with(said), "{start}: {reason}");
    }
    // Clocks go forward at two, and back at three.
    for (start, at) in [
        ("2026-03-29T02:30", "2026-03-29T01:00:00Z"),
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        ("2026-10-25T03:30", "2026-10-25T02:30:00Z"),
    ] {
        let text = format!("meeting,person,start\nm,a@example.org,{start}\n");
        let found = import("", text.as_bytes()).unwrap();
        assert_eq!(to_rfc3339(found.events[0].time), at);
        let mut notes = found.notes.iter();
        let is_told = notes.any(|note| note.contains("showed twice or not at all: 1"));
        assert_eq!(is_told, start.contains("T02"), "{start}: {:?}", found.notes);
    }
}
