//! The kind as a whole: lists of Teams in several languages and encodings, and Graph's JSON.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::model::to_rfc3339;
use crate::sources::collected::{Collected, skipped};
use crate::sources::presence::trial::{self, attendance, left_out, present};

fn import(params: &str, bytes: &[u8]) -> Result<Collected, SourceError> {
    trial::import(build, params, "list", bytes)
}

fn refusal(params: &str, text: &str) -> String {
    trial::refusal(import(params, text.as_bytes()))
}

fn report(start: &str, stays: &[(&str, &str, &str, &str)]) -> String {
    let mut text = format!(
        "1. Summary\nMeeting title\tReview INC-12\nAttended participants\t9\nStart time\t{start}\n\n\
         2. Participants\nName\tFirst join\n\n3. In-Meeting activities\n\
         Name\tJoin time\tLeave time\tDuration\tEmail\tRole\n"
    );
    for (name, from, until, email) in stays {
        text += &format!("{name}\t{from}\t{until}\t1m\t{email}\tPresenter\n");
    }
    text
}

#[test]
fn people_are_those_with_an_address() {
    let text = report(
        "14/03/2025, 15:00:00",
        &[
            (
                "Ada",
                "14/03/2025, 14:50:00",
                "14/03/2025, 15:10:00",
                "ada@example.org",
            ),
            (
                "Ada (phone)",
                "14/03/2025, 15:05:00",
                "14/03/2025, 15:20:00",
                "ADA@example.org",
            ),
            (
                "Ada",
                "14/03/2025, 15:30:00",
                "14/03/2025, 15:40:00",
                "ada@example.org",
            ),
            ("Grace", "14/03/2025, 15:00:00", "14/03/2025, 15:30:00", ""),
            ("Grace", "14/03/2025, 15:20:00", "14/03/2025, 15:50:00", ""),
            (
                "Meeting Room 4",
                "14/03/2025, 15:00:00",
                "14/03/2025, 16:00:00",
                "",
            ),
            (
                "Turing",
                "14/03/2025, 15:00:00",
                "14/03/2025, 16:00:00",
                "room-9@example.org",
            ),
            (
                "+49 30 *****17",
                "14/03/2025, 15:00:00",
                "14/03/2025, 16:00:00",
                "",
            ),
            (
                "Read.ai Notetaker",
                "14/03/2025, 15:00:00",
                "14/03/2025, 16:00:00",
                "",
            ),
        ],
    );
    let found = import("rooms = ['Room-9@example.org']", text.as_bytes()).unwrap();
    assert_eq!(
        present(&found),
        [(Some("ada@example.org"), Some(1800)), (None, Some(3000))]
    );
    assert_eq!(
        left_out(&found),
        [("note-taker", 1), ("room", 2), ("telephone", 1)]
    );
    assert!(
        found
            .notes
            .iter()
            .any(|note| note.contains("telephones: 3") && note.contains("more than the 2")),
        "{:?}",
        found.notes
    );
    let first = &found.events[0];
    assert_eq!(
        (first.subject.as_str(), attendance(first).role.as_deref()),
        ("pm-12", None)
    );
    assert_eq!(to_rfc3339(first.time), "2025-03-14T14:00:00Z");
}

#[test]
fn one_report_in_the_spellings_of_many_places() {
    let spellings = [
        ("14/03/2025, 15:00:00", "14/03/2025, 15:30:00"),
        ("3/14/2025, 3:00:00 PM", "3/14/2025, 3:30:00 PM"),
        ("14.03.25, 15:00:00", "14.03.25, 15:30:00"),
        ("2025-03-14 15:00:00", "2025-03-14 15:30:00"),
        ("2025/3/14 下午3:00:00", "2025/3/14 下午3:30:00"),
        ("2025. 3. 14. 오후 3:00:00", "2025. 3. 14. 오후 3:30:00"),
        ("14.3.2025 klo 15.00.00", "14.3.2025 klo 15.30.00"),
        ("14/3/2025, 3:00:00 p. m.", "14/3/2025, 3:30:00 p. m."),
    ];
    for (start, until) in spellings {
        let tabs = report(start, &[("Ada", start, until, "ada@example.org")]);
        let commas: String = tabs
            .lines()
            .map(|line| {
                let cells: Vec<String> =
                    line.split('\t').map(|cell| format!("\"{cell}\"")).collect();
                cells.join(",") + "\r\n"
            })
            .collect();
        let wide = tabs.encode_utf16();
        for bytes in [
            [
                &[0xff, 0xfe][..],
                &wide.clone().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
            ]
            .concat(),
            [
                &[0xfe, 0xff][..],
                &wide.flat_map(u16::to_be_bytes).collect::<Vec<_>>(),
            ]
            .concat(),
            [&[0xef, 0xbb, 0xbf][..], commas.as_bytes()].concat(),
        ] {
            let found = import("", &bytes).unwrap();
            assert_eq!(
                present(&found),
                [(Some("ada@example.org"), Some(1800))],
                "{start}"
            );
            assert_eq!(
                to_rfc3339(found.events[0].time),
                "2025-03-14T14:00:00Z",
                "{start}"
            );
            assert_eq!(found.notes.len(), 1, "the zone: {:?}", found.notes);
        }
    }
}

/// Lists without stays: whoever left and came again was there for as long as the list states, in its language.
#[test]
fn lengths_count_in_the_language_of_the_list() {
    let list = |times: [&str; 3], lengths: [&str; 2], separator: &str| {
        let rows = [
            vec!["1. 概要"],
            vec!["会議のタイトル", "Review INC-12"],
            vec!["開始時刻", times[0]],
            vec!["終了時刻", times[1]],
            vec!["2. 参加者"],
            vec!["名前", "最初の参加", "最後の退出", "長さ", "メール", "役割"],
            vec![
                "Ada",
                times[0],
                times[1],
                lengths[0],
                "ada@example.org",
                "主催者",
            ],
            vec![
                "Bob",
                times[0],
                times[2],
                lengths[1],
                "bob@example.org",
                "発表者",
            ],
        ];
        let rows = rows.iter().map(|row| {
            let cells: Vec<String> = row.iter().map(|cell| format!("\"{cell}\"")).collect();
            cells.join(separator)
        });
        rows.collect::<Vec<_>>().join("\r\n")
    };
    let dotted = [
        "14.03.2025, 15:00:00",
        "14.03.2025, 16:05:03",
        "14.03.2025, 15:55:00",
    ];
    let slashed = [
        "14/03/2025, 15:00:00",
        "14/03/2025, 16:05:03",
        "14/03/2025, 15:55:00",
    ];
    let american = [
        "3/14/25, 3:00:00\u{202f}PM",
        "3/14/25, 4:05:03\u{202f}PM",
        "3/14/25, 3:55:00\u{202f}PM",
    ];
    let spanish = [
        "14/3/25, 3:00:00 p.\u{202f}m.",
        "14/3/25, 4:05:03\u{202f}p.\u{a0}m.",
        "14/3/25, 3:55:00 p. m.",
    ];
    let year_first = [
        "2025/3/14 15:00:00",
        "2025/3/14 16:05:03",
        "2025/3/14 15:55:00",
    ];
    for (times, lengths) in [
        (slashed, ["1 h 5 min 3 s", "30 min 2 s"]),
        (spanish, ["1h 5min 3s", "30min 2s"]),
        (american, ["1h 5m 3s", "30m 2s"]),
        (dotted, ["1 godz. 5 min 3 s", "30 min 2 s"]),
        (dotted, ["1 Std. 5 Min. 3 Sek.", "30 Min. 2 Sek."]),
        (year_first, ["1 tim 5 min 3 sek", "30 min 2 sek"]),
        (year_first, ["1時間5分3秒", "30分2秒"]),
        (slashed, ["1 u 5 m 3 s", "30 m 2 s"]),
    ] {
        for separator in ["\t", ";", ","] {
            let text = list(times, lengths, separator);
            // Without a mark that says so.
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for bytes in [text.into_bytes(), little, big] {
                let found = import("", &bytes).unwrap();
                assert_eq!(
                    present(&found),
                    [
                        (Some("ada@example.org"), Some(3_903)),
                        (Some("bob@example.org"), Some(1_802))
                    ],
                    "{lengths:?}"
                );
                let unclear = found.notes.iter().any(|note| note.contains("durations"));
                assert!(!unclear, "{:?}", found.notes);
            }
        }
    }
    // A number alone may be minutes or seconds: that is said.
    let found = import("", list(dotted, ["65", "30"], "\t").as_bytes()).unwrap();
    assert_eq!(present(&found)[1].1, Some(3_300));
    let words = found.notes.join(" ");
    assert!(
        words.contains("durations that are not understood: 2"),
        "{words}"
    );
}

#[test]
fn what_may_be_two_dates_is_refused() {
    let ada = (
        "Ada",
        "3/4/2025, 3:00:00 PM",
        "3/4/2025, 3:30:00 PM",
        "ada@example.org",
    );
    let text = report("3/4/2025, 3:00:00 PM", &[ada]);
    let told = refusal("", &text);
    for part in [
        "line 4",
        "3 April 2025 15:00",
        "4 March 2025 15:00",
        "date_order",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("ada"));
    let settled = import("date_order = 'mdy'", text.as_bytes()).unwrap();
    assert_eq!(to_rfc3339(settled.events[0].time), "2025-03-04T14:00:00Z");

    let twice = report(
        "26/10/2025, 02:30:00",
        &[(
            "Ada",
            "26/10/2025, 02:30:00",
            "26/10/2025, 03:30:00",
            "ada@example.org",
        )],
    );
    let told = refusal("", &twice);
    assert!(
        told.contains("line 4") && told.contains("Europe/Berlin"),
        "{told}"
    );
    let settled = import("timezone = 'Etc/GMT-2'", twice.as_bytes()).unwrap();
    assert_eq!(to_rfc3339(settled.events[0].time), "2025-10-26T00:30:00Z");
}

#[test]
fn the_older_list_has_unknown_people() {
    let list = "Full Name\tUser Action\tTimestamp\n\
        Ada L\tJoined before\t14/12/2020, 12:00:00\n\
        Ada L\tLeft\t14/12/2020, 12:10:00\n\
        Ada L\tJoined\t14/12/2020, 12:20:00\n\
        Grace H\tJoined\t14/12/2020, 12:05:00\n\
        Grace H\tLeft\t14/12/2020, 12:06:00\n";
    let found = import("meeting = 'm1'\nend = '2020-12-14 12:30'", list.as_bytes()).unwrap();
    assert_eq!(present(&found), [(None, Some(1200)), (None, Some(60))]);
    assert_ne!(found.events[0].id, found.events[1].id);
    assert!(refusal("", list).contains("set `meeting`"));
}

#[test]
fn whoever_is_gone_first_had_come_before() {
    let list = "Vollständiger Name\tBenutzeraktion\tZeitstempel\n\
        Ada L\tVerlassen\t14/12/2020, 12:10:00\n\
        Ada L\tBeigetreten\t14/12/2020, 12:15:00\n\
        Ada L\tVerlassen\t14/12/2020, 12:25:00\n\
        Grace H\tBeigetreten\t14/12/2020, 12:05:00\n\
        Grace H\tVerlassen\t14/12/2020, 12:20:00\n";
    let words = |coming: &str, going: &str| {
        list.replace("Beigetreten", coming)
            .replace("Verlassen", going)
    };
    // In a language that nobody knows here, too.
    for list in [
        list.to_owned(),
        words("Dołączono", "Opuszczono"),
        words("Ingressou", "Deixou"),
        words("Katıldı", "Ayrıldı"),
        words("入室", "退室"),
        list.replace("Beigetreten", "Zzin")
            .replace("Verlassen", "Zzaus"),
    ] {
        let found = import("meeting = 'm1'", list.as_bytes()).unwrap();
        assert_eq!(present(&found), [(None, Some(600)), (None, Some(900))]);
        assert_eq!(
            left_out(&found),
            [("departure of somebody who had not come", 1)]
        );
    }
}

const RECORDS: &str = r#"[
    {"emailAddress": "ada@example.org", "role": "Organizer", "totalAttendanceInSeconds": 1200,
     "identity": {"id": "a1", "displayName": "Ada"},
     "attendanceIntervals": [
        {"joinDateTime": "2025-03-14T13:50:00.1234567Z", "leaveDateTime": "2025-03-14T14:10:00Z", "durationInSeconds": 1199},
        {"joinDateTime": "2025-03-14T14:05:00Z", "leaveDateTime": "2025-03-14T14:20:00Z", "durationInSeconds": 900}]},
    {"emailAddress": "", "role": "Attendee", "totalAttendanceInSeconds": 600,
     "identity": {"id": "g1", "displayName": "Guest"}, "attendanceIntervals": []},
    {"emailAddress": null, "role": "Attendee", "totalAttendanceInSeconds": 900,
     "identity": {"id": "g2", "displayName": "Guest"}, "attendanceIntervals": null},
    {"emailAddress": "grace@example.org", "identity": null,
     "attendanceIntervals": [{"joinDateTime": "soon", "leaveDateTime": null}]}]"#;

fn graph(id: &str, start: &str, end: &str) -> String {
    format!(
        r#"{{"id": "{id}", "meetingStartDateTime": "{start}", "meetingEndDateTime": "{end}",
            "attendanceRecords": {RECORDS}}}"#
    )
}

#[test]
fn graph_is_read_by_its_content() {
    let one = graph("r1", "2025-03-14T14:00:00Z", "2025-03-14T15:00:00Z");
    let found = import("writeup = 'pm-12'", one.as_bytes()).unwrap();
    assert_eq!(
        present(&found),
        [
            (Some("ada@example.org"), Some(1200)),
            (None, Some(600)),
            (None, Some(900))
        ]
    );
    assert!(
        found.notes.is_empty(),
        "its times have a zone: {:?}",
        found.notes
    );
    let problem = found.problems[0].to_string();
    assert!(
        problem.starts_with("record 4: joinDateTime") && !problem.contains("grace"),
        "{problem}"
    );
    assert!(found.events.iter().all(|event| event.subject == "pm-12"));

    // Opened again: each report is an occurrence, or all are one.
    let again = graph("r2", "2025-03-14T15:10:00Z", "2025-03-14T15:20:00Z");
    let both = format!(r#"{{"value": [{one}, {again}]}}"#);
    let found = import("meeting = 'm'", both.as_bytes()).unwrap();
    assert_eq!(found.events.len(), 3);
    assert_eq!(attendance(&found.events[0]).meeting_ms, Some(4_800_000));
    let found = import("", both.as_bytes()).unwrap();
    let meetings: std::collections::BTreeSet<_> = found
        .events
        .iter()
        .map(|event| &attendance(event).meeting)
        .collect();
    assert_eq!((found.events.len(), meetings.len()), (6, 2));

    let later = graph("r3", "2025-04-14T14:00:00Z", "2025-04-14T15:00:00Z");
    let months = format!("[{one}, {later}]");
    assert!(refusal("meeting = 'm'", &months).contains("more than one day"));
    let alone = import("meeting = 'm'", RECORDS.as_bytes()).unwrap();
    assert_eq!(to_rfc3339(alone.events[0].time), "2025-03-14T13:50:00.123Z");
    assert_eq!(present(&alone)[0].1, Some(1799));
}

#[test]
fn lengths_that_graph_does_not_know_are_unknown() {
    let record = |email: &str, total: u64, intervals: &str| {
        format!(
            r#"{{"emailAddress": "{email}@example.org", "totalAttendanceInSeconds": {total},
                "attendanceIntervals": [{intervals}]}}"#
        )
    };
    let nulls = r#"{"joinDateTime": null, "leaveDateTime": null, "durationInSeconds": 0}"#;
    let open = r#"{"joinDateTime": "2025-03-14T14:06:00Z", "leaveDateTime": null"#;
    let records = [
        record("nulls", 0, nulls),
        record("stated", 700, nulls),
        record("nought", 0, &format!("{open}, \"durationInSeconds\": 0}}")),
        record("open", 900, &format!("{open}}}")),
        record("still", 0, &format!("{open}}}")),
        record(
            "length",
            0,
            &format!("{open}, \"durationInSeconds\": 400}}"),
        ),
    ];
    let report = format!(
        r#"{{"id": "r", "meetingStartDateTime": "2025-03-14T14:00:00Z",
            "meetingEndDateTime": "2025-03-14T15:00:00Z", "attendanceRecords": [{}]}}"#,
        records.join(",")
    );
    let found = import("", report.as_bytes()).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let seconds: Vec<Option<u64>> = present(&found).into_iter().map(|row| row.1).collect();
    assert_eq!(
        seconds,
        [None, Some(700), None, Some(900), Some(3240), Some(400)]
    );
    let first = attendance(&found.events[0]);
    assert_eq!(first.attended, Some(true), "they came");
}

#[test]
fn a_year_of_two_digits_that_may_come_first_is_refused() {
    let ada = |at: &str| ("Ada", at.to_owned(), at.replace("14:05", "14:35"));
    let list = |at: &str| {
        let (name, from, until) = ada(at);
        report(at, &[(name, &from, &until, "ada@example.org")])
    };
    let text = list("25/03/14, 14:05");
    let told = refusal("", &text);
    for part in ["25 March 2014", "14 March 2025", "\"ymd\""] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let settled = import("date_order = 'ymd'", text.as_bytes()).unwrap();
    assert_eq!(to_rfc3339(settled.events[0].time), "2025-03-14T13:05:00Z");
    // There were no such lists in 2014.
    let sure = import("", list("14/03/25, 14:05").as_bytes()).unwrap();
    assert_eq!(to_rfc3339(sure.events[0].time), "2025-03-14T13:05:00Z");
}

#[test]
fn other_files_are_refused() {
    for (text, says) in [
        ("a,b\n1,2\n", "1. Summary"),
        ("{\"a\": 1}", "attendanceRecords"),
        ("[{\"ada@example.org\": 1}]", "attendanceRecords"),
        ("{\"meetingStartDateTime\": \"x\"}", "$expand"),
        ("{\"ada@example.org\"", "no JSON"),
        (RECORDS, "set `meeting`"),
    ] {
        let told = refusal("", text);
        assert!(
            told.contains(says) && !told.contains("ada@"),
            "{text}: {told}"
        );
    }
}

#[test]
fn real_files() {
    let Some(fixtures) = std::env::var_os("READBACK_FIXTURES").map(PathBuf::from) else {
        return skipped("READBACK_FIXTURES is not set");
    };
    let read = |path: &str| fs::read(fixtures.join(path)).unwrap();
    let found = import("", &read("teams_attendance/IDL-14-11-22.csv")).unwrap();
    assert!(
        found.problems.is_empty() && found.notes.len() == 1,
        "{:?}",
        found.notes
    );
    let known = found
        .events
        .iter()
        .filter(|event| attendance(event).person.is_some());
    assert_eq!((found.events.len(), known.count()), (7, 7));

    let list = read("teams_attendance/meetingAttendanceList.csv");
    assert!(
        import("meeting = 'm'", &list).is_err(),
        "11/12 is two dates"
    );
    let found = import("meeting = 'm'\ndate_order = 'mdy'", &list).unwrap();
    assert!(found.problems.is_empty() && found.events.len() > 2);
    assert!(
        found
            .events
            .iter()
            .all(|event| attendance(event).person.is_none())
    );

    // The vendor's example has its stays half a year before its meeting.
    let graph = read("msgraph_attendance/meetingAttendanceReport.expand.json");
    let found = import("", &graph).unwrap();
    assert_eq!(
        present(&found).iter().map(|row| row.1).collect::<Vec<_>>(),
        [Some(1152)]
    );
    assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
}
