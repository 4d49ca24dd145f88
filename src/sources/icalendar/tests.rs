//! The kind as a whole: a calendar goes in, events come out.

use std::collections::BTreeMap;

use super::reading::MOST;
use super::*;
use crate::model::{parse_rfc3339, to_rfc3339};
use crate::sources::KnownWriteup;
use crate::sources::collected::Collected;

pub(super) fn setting() -> Setting {
    Setting {
        source: "calendar".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: chrono_tz::Europe::Berlin,
        writeups: vec![KnownWriteup {
            id: "pm-12".to_owned(),
            title: None,
            aliases: vec![
                "INC-12".to_owned(),
                "https://wiki.example.org/pm/12".to_owned(),
                "planned@example.org".to_owned(),
            ],
        }],
    }
}

pub(super) fn import(params: &str, bytes: &[u8]) -> Result<Collected, SourceError> {
    let mut sink = Collected::default();
    build_file(toml::from_str(params).unwrap(), &setting())?.read(
        "reviews.ics",
        &mut &*bytes,
        &mut sink,
    )?;
    Ok(sink)
}

pub(super) fn calendar(events: &str) -> Vec<u8> {
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Readback//test//EN\n{events}END:VCALENDAR\n"
    );
    text.replace('\n', "\r\n").into_bytes()
}

pub(super) fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\n{lines}END:VEVENT\n")
}

pub(super) fn attendance(event: &Event) -> &Attendance {
    match &event.body {
        Body::Attendance(attendance) => attendance,
        _ => panic!("no attendance"),
    }
}

/// Every event as `meeting person role`.
pub(super) fn rows(found: &Collected) -> Vec<String> {
    let row = |event| {
        let attendance = attendance(event);
        let person = attendance
            .person
            .as_ref()
            .map_or("-", |person| person.value.as_str());
        let stated = if attendance.role_stated { "" } else { "?" };
        format!(
            "{} {person} {}{stated}",
            attendance.meeting,
            attendance.role.as_deref().unwrap_or("-")
        )
    };
    found.events.iter().map(row).collect()
}

/// The starts, in order.
pub(super) fn starts(found: &Collected) -> Vec<String> {
    found
        .events
        .iter()
        .map(|event| to_rfc3339(event.time))
        .collect()
}

#[test]
fn who_is_expected_and_how() {
    let found = import(
        "",
        &calendar(&event(
            "UID:a\nDTSTART:20250304T140000Z\nDTEND:20250304T150000Z\nSEQUENCE:2\n\
             SUMMARY:Review of INC-12\nORGANIZER:mailto:Ada@example.org\n\
             ATTENDEE:MAILTO:ada@example.org\n\
             ATTENDEE;ROLE=opt-participant;PARTSTAT=accepted;MEMBER=\"mailto:all@example.org\":mailto:b@example.org\n\
             ATTENDEE;PARTSTAT=DELEGATED;ROLE=NON-PARTICIPANT:mailto:c@example.org\n\
             ATTENDEE;DELEGATED-FROM=\"mailto:c@example.org\":mailto:d@example.org\n\
             ATTENDEE;ROLE=X-BOSS:mailto:e@example.org\n\
             ATTENDEE:mailto:b@example.org\n\
             ATTENDEE;CUTYPE=ROOM:mailto:room@example.org\n\
             ATTENDEE;CUTYPE=GROUP:mailto:all@example.org\n\
             ATTENDEE;CN=Eve;CUTYPE=UNKNOWN:invalid:nomail\n\
             ATTENDEE;EMAIL=f@example.org:urn:uuid:17\n\
             ATTENDEE:invalid:nomail\n",
        )),
    )
    .unwrap();
    assert_eq!(
        rows(&found),
        [
            "a ada@example.org CHAIR?",
            "a b@example.org OPT-PARTICIPANT",
            "a c@example.org NON-PARTICIPANT",
            "a d@example.org NON-PARTICIPANT",
            "a e@example.org REQ-PARTICIPANT",
            "a Eve REQ-PARTICIPANT?",
            "a f@example.org REQ-PARTICIPANT?",
        ]
    );
    let second = attendance(&found.events[1]);
    assert_eq!(
        (second.via.as_deref(), second.partstat.as_deref()),
        (Some("all@example.org"), Some("ACCEPTED"))
    );
    assert_eq!(
        (second.meeting_ms, second.present_ms),
        (Some(3_600_000), None)
    );
    assert_eq!(found.events[0].subject, "pm-12");
    assert_eq!(
        found.left_out.values().sum::<u64>(),
        4,
        "{:?}",
        found.left_out
    );

    let alone = import(
        "",
        &calendar(&event(
            "UID:a\nDTSTART:20250304T140000Z\nORGANIZER:mailto:a@example.org\n",
        )),
    )
    .unwrap();
    assert_eq!(rows(&alone), ["a a@example.org CHAIR?"]);
}

pub(super) const ADA: &str = "ATTENDEE:mailto:ada@example.org\n";

#[test]
fn series_keep_their_clock_and_their_changes() {
    let series = event(&format!(
        "UID:s\nDTSTART;TZID=Europe/Berlin:20250320T150000\nDURATION:PT1H\nSUMMARY:Weekly\n\
         RRULE:FREQ=WEEKLY;UNTIL=20250417T130000Z\nEXDATE;TZID=Europe/Berlin:20250403T150000\n{ADA}"
    ));
    let moved = event(
        "UID:s\nRECURRENCE-ID;TZID=Europe/Berlin:20250327T150000\nDTSTART;TZID=Europe/Berlin:20250328T090000\n\
         DTEND;TZID=Europe/Berlin:20250328T093000\nSEQUENCE:1\nATTENDEE;ROLE=OPT-PARTICIPANT:mailto:bob@example.org\n",
    );
    let cancelled = event(
        "UID:s\nRECURRENCE-ID:20250410T130000Z\nDTSTART:20250410T130000Z\nSTATUS:CANCELLED\n",
    );
    let found = import("", &calendar(&[series.clone(), moved, cancelled].concat())).unwrap();
    assert_eq!(
        rows(&found),
        [
            "s/2025-03-20T14:00:00Z ada@example.org REQ-PARTICIPANT?",
            "s/2025-03-27T14:00:00Z bob@example.org OPT-PARTICIPANT",
            "s/2025-04-17T13:00:00Z ada@example.org REQ-PARTICIPANT?",
        ]
    );
    assert_eq!(
        starts(&found),
        [
            "2025-03-20T14:00:00Z",
            "2025-03-28T08:00:00Z",
            "2025-04-17T13:00:00Z"
        ]
    );
    assert_eq!(attendance(&found.events[1]).meeting_ms, Some(1_800_000));
    assert_eq!(found.left_out, BTreeMap::from([("cancelled", 1)]));

    let onwards = event(&format!(
        "UID:s\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20250410T150000\n\
         DTSTART;TZID=Europe/Berlin:20250410T170000\nSEQUENCE:1\n{ADA}"
    ));
    let found = import(
        "from = '2025-04-01'",
        &calendar(&[series, onwards].concat()),
    )
    .unwrap();
    assert_eq!(
        starts(&found),
        ["2025-04-10T15:00:00Z", "2025-04-17T15:00:00Z"]
    );
}

#[test]
fn the_newest_version_counts() {
    let version = |sequence: u32, stamp: &str, more: &str| {
        event(&format!(
            "UID:a\nDTSTART:20250304T140000Z\nSEQUENCE:{sequence}\nDTSTAMP:{stamp}\n{more}"
        ))
    };
    let old = version(1, "20250303T000000Z", "ATTENDEE:mailto:old@example.org\n");
    let new = version(2, "20250301T000000Z", "ATTENDEE:mailto:new@example.org\n");
    let newer = version(2, "20250302T000000Z", "ATTENDEE:mailto:newer@example.org\n");
    let found = import(
        "",
        &calendar(&[new.clone(), newer.clone(), old.clone()].concat()),
    )
    .unwrap();
    assert_eq!(rows(&found), ["a newer@example.org REQ-PARTICIPANT?"]);
    let versions =
        [old, new, newer].map(|event| import("", &calendar(&event)).unwrap().events[0].version);
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");

    let dated = |changed: &str| {
        let mut sink = Collected::default();
        let mut reader = build_file(toml::Table::new(), &setting()).unwrap();
        reader.dated(parse_rfc3339(changed).unwrap());
        let file = calendar(&version(2, "20250302T000000Z", ADA));
        reader.read("reviews.ics", &mut &*file, &mut sink).unwrap();
        sink.events[0].version
    };
    let corrected = ["2025-03-05T00:00:00Z", "2025-03-05T00:00:04Z"].map(dated);
    assert!(corrected[0] < corrected[1], "the later file counts");
    assert_eq!(corrected[0], dated("2025-03-05T00:00:00Z"));

    let cancelled = version(3, "20250302T000000Z", "STATUS:CANCELLED\n");
    let found = import(
        "",
        &calendar(&(version(2, "20250302T000000Z", ADA) + &cancelled)),
    )
    .unwrap();
    assert!(found.events.is_empty());
    let method = |name: &str| {
        calendar(&format!(
            "METHOD:{name}\n{}",
            version(1, "20250302T000000Z", ADA)
        ))
    };
    assert_eq!(
        import("", &method("CANCEL")).unwrap().left_out,
        BTreeMap::from([("cancelled", 1)])
    );
    assert!(import("", &method("REPLY")).unwrap().events.is_empty());
    assert_eq!(import("", &method("REQUEST")).unwrap().events.len(), 1);
}

#[test]
fn which_events_and_which_write_up() {
    let file = calendar(
        &[
            event(&format!("UID:1\nDTSTART:20250304T140000Z\nSUMMARY:Lunch\nDESCRIPTION:INC-12\n{ADA}")),
            event(&format!("UID:2\nDTSTART:20250304T140000Z\nSUMMARY:Review\nDESCRIPTION:see https://wiki.example.org/pm/12\\, all\n{ADA}")),
            event(&format!("UID:3\nDTSTART:20250304T140000Z\nSUMMARY:Review of INC-99\n{ADA}")),
            event(&format!("UID:4\nDTSTART:20250304T140000Z\nSUMMARY:Talk\nCATEGORIES:Post-mortem,Other\n{ADA}")),
        ]
        .concat(),
    );
    let subjects = |params: &str| -> Vec<String> {
        import(params, &file)
            .unwrap()
            .events
            .into_iter()
            .map(|event| event.subject)
            .collect()
    };
    assert_eq!(subjects(""), ["pm-12", "pm-12", "", ""]);
    // Lunch, because its text names what was reviewed.
    assert_eq!(
        subjects("match = ['Review', '^Post']\nkey = 'INC-\\d+'\nwriteup = 'other'"),
        ["pm-12", "pm-12", "INC-99", "other"]
    );
    assert_eq!(subjects("match = ['^Post']"), ["pm-12", "pm-12", ""]);
    assert_eq!(
        subjects("match = ['^Post']\nkey = 'INC-\\d+'"),
        ["pm-12", "pm-12", "INC-99", ""]
    );
}

#[test]
fn a_meeting_that_is_an_alias_finds_its_write_up() {
    let series = event(&format!(
        "UID:planned@example.org\nDTSTART:20250304T140000Z\nRRULE:FREQ=WEEKLY;COUNT=2\n{ADA}"
    ));
    let found = import("", &calendar(&series)).unwrap();
    let subjects: Vec<_> = found.events.iter().map(|event| &*event.subject).collect();
    assert_eq!(subjects, ["pm-12", "pm-12"]);
}

#[test]
fn times_of_all_sorts() {
    let start = |line: &str| {
        starts(&import("", &calendar(&event(&format!("UID:a\n{line}\n{ADA}")))).unwrap())
    };
    for (line, expected) in [
        ("DTSTART:20250704T140000", "2025-07-04T12:00:00Z"),
        ("DTSTART;VALUE=DATE:20250704", "2025-07-03T22:00:00Z"),
        (
            "DTSTART;TZID=Eastern Standard Time:20250704T140000",
            "2025-07-04T18:00:00Z",
        ),
        (
            "DTSTART;TZID=/freeassociation.sourceforge.net/Asia/Tokyo:20250704T140000",
            "2025-07-04T05:00:00Z",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20250330T023000",
            // The clocks skip it; by the clock before the gap.
            "2025-03-30T01:30:00Z",
        ),
    ] {
        assert_eq!(start(line), [expected], "{line}");
    }
    let own = "BEGIN:VTIMEZONE\nTZID:House\n\
        BEGIN:STANDARD\nDTSTART:20001029T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nTZOFFSETFROM:+0400\nTZOFFSETTO:+0300\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:20000326T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0400\nEND:DAYLIGHT\n\
        END:VTIMEZONE\n";
    let meeting = event(&format!(
        "UID:a\nDTSTART;TZID=House:20250704T140000\nRRULE:FREQ=MONTHLY;INTERVAL=6;COUNT=2\n{ADA}"
    ));
    let found = import("", &calendar(&format!("{own}{meeting}"))).unwrap();
    assert_eq!(
        starts(&found),
        ["2025-07-04T10:00:00Z", "2026-01-04T11:00:00Z"]
    );
    assert!(found.notes.is_empty());
    let skipped = event(&format!("UID:a\nDTSTART;TZID=House:20250330T023000\n{ADA}"));
    let found = import("", &calendar(&format!("{own}{skipped}"))).unwrap();
    assert_eq!(starts(&found), ["2025-03-29T23:30:00Z"]);
    let found = import("", &calendar(&meeting)).unwrap();
    assert_eq!(
        (found.notes.len(), starts(&found)[0].as_str()),
        (1, "2025-07-04T12:00:00Z")
    );
}

#[test]
fn wrong_input_is_told() {
    let found = import("", &calendar(&event(&format!("UID:a\n{ADA}")))).unwrap();
    assert_eq!(
        found.problems[0].to_string(),
        "event 1: DTSTART: is missing; valid is a time such as 20250304T140000Z"
    );
    let bad_rule = event(&format!(
        "UID:a\nDTSTART:20250304T140000Z\nRRULE:FREQ=SOMETIMES\n{ADA}"
    ));
    let found = import("", &calendar(&bad_rule)).unwrap();
    assert_eq!((found.events.len(), found.notes.len()), (1, 1));
    assert_eq!(found.rejected, 0, "no event was lost");
    let endless = event(&format!(
        "UID:a\nDTSTART:20000101T140000Z\nRRULE:FREQ=DAILY\n{ADA}"
    ));
    let found = import("", &calendar(&endless)).unwrap();
    assert_eq!((found.events.len(), found.notes.len()), (MOST, 1));
    let cut_off = calendar(&event(&format!(
        "UID:a\nDTSTART:20250304T140000Z\n{ADA}SUMMARY:long"
    )))
    .len()
        - 35;
    let whole = calendar(&event(&format!(
        "UID:a\nDTSTART:20250304T140000Z\n{ADA}SUMMARY:long\n"
    )));
    let cut = import("", &whole[..cut_off]).unwrap();
    assert_eq!((cut.notes.len(), cut.rejected), (1, 0));
    assert!(matches!(
        import("", b"<html></html>"),
        Err(SourceError::Format { .. })
    ));
    for params in ["match = ['(']", "from = 'March'", "matches = []"] {
        assert!(
            matches!(import(params, b""), Err(SourceError::Params(_))),
            "{params}"
        );
    }
}

/// Roles, as `person role`, of an event with these lines.
fn roles(lines: &str) -> Vec<String> {
    let text = format!("UID:a\nDTSTART:20250304T140000Z\n{lines}");
    let found = import("", &calendar(&event(&text))).unwrap();
    let rows = rows(&found).into_iter();
    rows.map(|row| row["a ".len()..].to_owned()).collect()
}

#[test]
fn members_have_the_role_of_their_group() {
    assert_eq!(
        roles(
            "ATTENDEE;CUTYPE=GROUP;ROLE=OPT-PARTICIPANT:mailto:All@example.org\n\
             ATTENDEE;MEMBER=\"mailto:all@example.org\":mailto:a@example.org\n\
             ATTENDEE;ROLE=REQ-PARTICIPANT;MEMBER=\"mailto:all@example.org\":mailto:b@example.org\n\
             ATTENDEE;MEMBER=\"mailto:others@example.org\":mailto:c@example.org\n\
             ATTENDEE;DELEGATED-FROM=\"mailto:a@example.org\":mailto:d@example.org\n"
        ),
        [
            "a@example.org OPT-PARTICIPANT",
            "b@example.org REQ-PARTICIPANT",
            "c@example.org REQ-PARTICIPANT?",
            "d@example.org OPT-PARTICIPANT",
        ]
    );
}

#[test]
fn delegates_of_delegates_have_the_role_of_the_first() {
    assert_eq!(
        roles(
            "ATTENDEE;ROLE=OPT-PARTICIPANT;DELEGATED-TO=\"mailto:b@example.org\":mailto:a@example.org\n\
             ATTENDEE;DELEGATED-FROM=\"mailto:a@example.org\":mailto:b@example.org\n\
             ATTENDEE;DELEGATED-FROM=\"mailto:b@example.org\":mailto:c@example.org\n\
             ATTENDEE;DELEGATED-FROM=\"mailto:e@example.org\":mailto:d@example.org\n\
             ATTENDEE;DELEGATED-FROM=\"mailto:d@example.org\":mailto:e@example.org\n"
        ),
        [
            "a@example.org OPT-PARTICIPANT",
            "b@example.org OPT-PARTICIPANT",
            "c@example.org OPT-PARTICIPANT",
            "d@example.org REQ-PARTICIPANT?",
            "e@example.org REQ-PARTICIPANT?",
        ]
    );
}

#[test]
fn whoever_organises_is_in_the_chair() {
    assert_eq!(
        roles(
            "ORGANIZER:mailto:a@example.org\n\
             ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:a@example.org\n\
             ATTENDEE;CN=Fireflies Notetaker:mailto:fred@fireflies.ai\n\
             ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:b@example.org\n"
        ),
        ["a@example.org CHAIR", "b@example.org REQ-PARTICIPANT"]
    );
}

/// A group stands for itself where nobody is said to be of it.
#[test]
fn a_group_whose_members_are_not_known_is_told() {
    let of = |lines: &str| {
        let text = format!("UID:a\nDTSTART:20250304T140000Z\n{lines}");
        let found = import("", &calendar(&event(&text))).unwrap();
        let groups = found.events.iter().map(attendance);
        let groups: Vec<_> = groups
            .filter(|one| one.is_group())
            .map(|one| (one.via.clone(), one.role.clone(), one.role_stated))
            .collect();
        (groups, found.left_out)
    };
    let group = "ATTENDEE;CUTYPE=GROUP;ROLE=OPT-PARTICIPANT:mailto:all@example.org\n";
    let (groups, left_out) = of(group);
    let told = (
        Some("all@example.org".to_owned()),
        Some("OPT-PARTICIPANT".to_owned()),
        true,
    );
    assert_eq!(groups, [told]);
    assert_eq!(
        left_out,
        BTreeMap::from([("event without attendees", 1), ("group", 1)])
    );
    let member = "ATTENDEE;MEMBER=\"mailto:all@example.org\":mailto:a@example.org\n";
    assert_eq!(of(&format!("{group}{member}")).0, []);
}

/// What stands after some files, one after the other, each a day later.
fn standing(files: &[String]) -> Vec<String> {
    let mut newest: BTreeMap<String, Event> = BTreeMap::new();
    for (day, file) in files.iter().enumerate() {
        let mut sink = Collected::default();
        let mut reader = build_file(toml::Table::new(), &setting()).unwrap();
        let changed = parse_rfc3339("2025-03-01T00:00:00Z").unwrap();
        reader.dated(changed + i64::try_from(day).unwrap() * crate::model::DAY_MS);
        reader
            .read("f.ics", &mut &*calendar(file), &mut sink)
            .unwrap();
        for event in sink.events {
            let known = newest.get(&event.id);
            if known.is_none_or(|known| known.version <= event.version) {
                newest.insert(event.id.clone(), event);
            }
        }
    }
    let mut found = Collected::default();
    let standing = newest.into_values();
    found.events = standing
        .filter(|event| !event.subject.ends_with(RETRACTED))
        .collect();
    let mut rows = rows(&found);
    rows.sort();
    rows
}

#[test]
fn a_cancellation_in_a_later_file_takes_back_what_it_names() {
    let bob = "ATTENDEE:mailto:bob@example.org\n";
    let single = event(&format!(
        "UID:a\nDTSTART:20250304T140000Z\nSEQUENCE:1\n{ADA}{bob}"
    ));
    let gone = |lines: &str| {
        event(&format!(
            "UID:a\nDTSTART:20250304T140000Z\nSEQUENCE:2\nSTATUS:CANCELLED\n{lines}"
        ))
    };
    assert_eq!(standing(std::slice::from_ref(&single)).len(), 2);
    assert_eq!(
        standing(&[single.clone(), gone(&format!("{ADA}{bob}"))]),
        [""; 0]
    );
    // Whoever it does not name stays.
    assert_eq!(
        standing(&[single.clone(), format!("METHOD:CANCEL\n{}", gone(ADA))]),
        ["a bob@example.org REQ-PARTICIPANT?"]
    );
    // It takes place after all.
    let again = single.replace("SEQUENCE:1", "SEQUENCE:3");
    assert_eq!(standing(&[single, gone(ADA), again]).len(), 2);

    let series = event(&format!(
        "UID:s\nDTSTART:20250304T140000Z\nRRULE:FREQ=WEEKLY;COUNT=3\n{ADA}"
    ));
    let one = event(&format!(
        "UID:s\nRECURRENCE-ID:20250311T140000Z\nDTSTART:20250311T140000Z\nSEQUENCE:1\nSTATUS:CANCELLED\n{ADA}"
    ));
    let rest = [
        "s/2025-03-04T14:00:00Z ada@example.org REQ-PARTICIPANT?",
        "s/2025-03-18T14:00:00Z ada@example.org REQ-PARTICIPANT?",
    ];
    assert_eq!(standing(&[series.clone(), one.clone()]), rest);
    assert_eq!(standing(&[series.clone(), [&*series, &one].concat()]), rest);
    let following = one.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE");
    assert_eq!(
        standing(&[series.clone(), [&*series, &following].concat()]),
        rest[..1]
    );
    let all = series.replace("RRULE", "STATUS:CANCELLED\nSEQUENCE:1\nRRULE");
    assert_eq!(standing(&[series, all]), [""; 0]);
}

/// What ADDRESS, ROLE and the like come to where others would take them for something else.
#[test]
fn addresses_are_read_as_addresses_of_mail() {
    let invited = [
        "ATTENDEE:mailto:kai%40example.org",
        "ATTENDEE:MAILTO:lea%2Bsre@example.org",
        "ATTENDEE:mailto:jana@example.org?subject=Review%20of%20it",
        "ATTENDEE:mailto:a+b@example.org",
        "ATTENDEE:mailto:50%off@example.org",
        "ATTENDEE;ROLE=OPT-PARTICIPANT:mailto:ole@example.org",
        "ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:ole@example.org",
        "ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:ute@example.org",
        "ATTENDEE;ROLE=OPT-PARTICIPANT:mailto:ute@example.org",
    ];
    let lines = format!("UID:a\nDTSTART:20250304T140000Z\n{}\n", invited.join("\n"));
    let found = import("", &calendar(&event(&lines))).unwrap();
    assert_eq!(
        rows(&found),
        [
            "a kai@example.org REQ-PARTICIPANT?",
            "a lea+sre@example.org REQ-PARTICIPANT?",
            "a jana@example.org REQ-PARTICIPANT?",
            "a a+b@example.org REQ-PARTICIPANT?",
            "a 50%off@example.org REQ-PARTICIPANT?",
            "a ole@example.org REQ-PARTICIPANT",
            "a ute@example.org REQ-PARTICIPANT",
        ]
    );
}

#[test]
fn what_is_wrong_or_left_open_is_told() {
    for (start, said) in [
        (
            "DTSTART:2026-07-19T10:00:00Z",
            "\"2026-07-19T10:00:00Z\" is no time",
        ),
        ("DTSTART:20260230T100000Z", "20260230T100000 is no time"),
        ("DTSTART:Ada Lovelace", "this is no time"),
        ("SUMMARY:Review", "is missing"),
    ] {
        let found = import("", &calendar(&event(&format!("UID:a\n{start}\n{ADA}")))).unwrap();
        let [problem] = &found.problems[..] else {
            panic!("{start}: {:?}", found.problems)
        };
        assert_eq!(
            (problem.place.as_str(), problem.field.as_str()),
            ("event 1", "DTSTART")
        );
        assert!(
            problem.reason.starts_with(said),
            "{start}: {}",
            problem.reason
        );
    }
    let empty = import("", b"").unwrap();
    assert_eq!(empty.notes, ["reviews.ics: is empty"]);
    // Whom a cancellation does not name stays invited, and that is said.
    let cancelled = |people: &str| {
        let lines = format!("UID:a\nDTSTART:20250304T140000Z\nSTATUS:CANCELLED\n{people}");
        import("", &calendar(&event(&lines))).unwrap().notes
    };
    let notes = cancelled("ORGANIZER:mailto:eve@example.org\n");
    assert!(
        notes
            .iter()
            .any(|note| note.contains("without a word on who was invited: 1")),
        "{notes:?}"
    );
    assert!(cancelled(ADA).is_empty());
}
