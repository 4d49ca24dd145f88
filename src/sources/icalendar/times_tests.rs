//! Times that are hard to read: without a zone of their own, in zones that nobody knows, in summer and winter.

use super::tests::{ADA, attendance, calendar, event, import, starts};
use super::*;
use crate::model::to_rfc3339;

/// A series at eight in the evening in New York, from Tuesday, 4 March 2025, for four days.
fn series(lines: &str) -> String {
    event(&format!(
        "UID:s\nDTSTART;TZID=America/New_York:20250304T200000\nDURATION:PT1H\n\
         RRULE:FREQ=DAILY;COUNT=4\n{lines}{ADA}"
    ))
}

/// Starts and notes.
fn told(events: &str) -> (Vec<String>, Vec<String>) {
    let found = import("", &calendar(events)).unwrap();
    assert_eq!(found.problems.len(), 0);
    (starts(&found), found.notes)
}

fn lengths(events: &str) -> Vec<Option<u64>> {
    let found = import("", &calendar(events)).unwrap();
    let length = |event: &Event| attendance(event).meeting_ms;
    found.events.iter().map(length).collect()
}

/// The days of March on which it is held.
fn days(events: &str) -> Vec<String> {
    let (starts, notes) = told(events);
    assert_eq!(notes, [""; 0]);
    starts
        .iter()
        .map(|start| start["2025-03-".len()..].to_owned())
        .collect()
}

/// The organisation is in Berlin, where all of them would mean another hour.
#[test]
fn times_without_a_zone_are_on_the_clock_of_their_series() {
    let [first, _, third, fourth] =
        ["05T01", "06T01", "07T01", "08T01"].map(|start| format!("{start}:00:00Z"));
    for line in [
        "EXDATE:20250305T200000\n",
        "EXDATE;VALUE=DATE:20250305\n",
        "EXDATE:20250306T010000Z\n",
    ] {
        assert_eq!(days(&series(line)), [&*first, &third, &fourth], "{line}");
    }
    let added =
        series("RDATE:20250310T200000\nRDATE;VALUE=PERIOD:20250311T200000/20250311T203000\n");
    let rest = ["11T00:00:00Z", "12T00:00:00Z"];
    assert_eq!(days(&added)[4..], rest, "where the clocks were changed");
    assert_eq!(lengths(&added)[5], Some(1_800_000));

    for line in [
        "RECURRENCE-ID:20250305T200000\n",
        "RECURRENCE-ID;VALUE=DATE:20250305\n",
    ] {
        // The change itself is told in UTC: it is the series that has the clock.
        let change = event(&format!(
            "UID:s\n{line}DTSTART:20250306T033000Z\nDTEND:20250306T040000\n{ADA}"
        ));
        let both = [series(""), change].concat();
        assert_eq!(
            days(&both),
            [&*first, "06T03:30:00Z", &third, &fourth],
            "{line}"
        );
        assert_eq!(lengths(&both)[1], Some(1_800_000), "{line}");
    }
    let ends = event(&format!(
        "UID:a\nDTSTART;TZID=America/New_York:20250304T140000\nDTEND:20250304T150000\n{ADA}"
    ));
    assert_eq!(lengths(&ends), [Some(3_600_000)]);
}

#[test]
fn a_day_among_days_is_known_by_its_date() {
    let series = event(&format!(
        "UID:d\nDTSTART;VALUE=DATE:20250304\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20250305T000000Z\n{ADA}"
    ));
    assert_eq!(days(&series), ["03T23:00:00Z", "05T23:00:00Z"]);
}

const OWN: &str = "BEGIN:VTIMEZONE\nTZID:NAME\n\
    BEGIN:STANDARD\nDTSTART:20001029T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n\
    BEGIN:DAYLIGHT\nDTSTART:20000326T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\n\
    END:VTIMEZONE\n";

#[test]
fn a_zone_that_the_calendar_brings_along_goes_before_an_offset_in_its_name() {
    for (name, alone, note) in [
        (
            "(UTC+01:00) Our Town",
            "13:00",
            Some("at +01:00 all the year"),
        ),
        (
            "(GMT+01.00) Sarajevo/Warsaw/Zagreb",
            "13:00",
            Some("at +01:00 all the year"),
        ),
        (
            "(GMT -0330) Our Bay",
            "17:30",
            Some("at -03:30 all the year"),
        ),
        ("(UTC) Our Ship", "14:00", Some("at +00:00 all the year")),
        ("GMT+0200", "12:00", Some("at +02:00 all the year")),
        ("UTC-3", "17:00", Some("at -03:00 all the year")),
        ("tzone://Microsoft/Utc", "14:00", None),
        ("W. Europe Standard Time 1", "12:00", None),
        (
            "Our Town 1",
            "12:00",
            Some("is not known; read in Europe/Berlin"),
        ),
        // By its words, which everybody knows.
        (
            "(UTC+01:00) Amsterdam\\, Berlin\\, Bern\\, Rome\\, Stockholm\\, Vienna",
            "12:00",
            None,
        ),
        (
            "Our Town",
            "12:00",
            Some("is not known; read in Europe/Berlin"),
        ),
    ] {
        let meeting = event(&format!(
            "UID:a\nDTSTART;TZID=\"{}\":20250704T140000\n{ADA}",
            name.replace('\\', "")
        ));
        let (starts, notes) = told(&meeting);
        assert_eq!(starts, [format!("2025-07-04T{alone}:00Z")], "{name}");
        match note {
            Some(note) => assert!(notes.len() == 1 && notes[0].ends_with(note), "{notes:?}"),
            None => assert_eq!(notes, [""; 0], "{name}"),
        }
        let (starts, notes) = told(&(OWN.replace("NAME", name) + &meeting));
        assert_eq!(starts, ["2025-07-04T12:00:00Z"], "{name}");
        assert_eq!(notes, [""; 0], "{name}");
    }
}

#[test]
fn what_follows_a_change_keeps_the_clock() {
    let series = event(&format!(
        "UID:s\nDTSTART;TZID=Europe/Berlin:20250321T140000\nDURATION:PT1H\n\
         RRULE:FREQ=WEEKLY;COUNT=4\n{ADA}"
    ));
    // From Friday to Monday, over the night in which the clocks are changed.
    for start in [";TZID=Europe/Berlin:20250331T140000", ":20250331T120000Z"] {
        let change = event(&format!(
            "UID:s\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20250328T140000\n\
             DTSTART{start}\nDURATION:PT30M\n{ADA}"
        ));
        let both = [&*series, &change].concat();
        let (starts, _) = told(&both);
        assert_eq!(
            starts,
            [
                "2025-03-21T13:00:00Z",
                "2025-03-31T12:00:00Z",
                "2025-04-07T12:00:00Z",
                "2025-04-14T12:00:00Z"
            ]
        );
        assert_eq!(lengths(&both)[3], Some(1_800_000));
    }
}

#[test]
fn days_of_a_duration_end_at_the_same_hour() {
    let lasting = |duration: &str| {
        lengths(&event(&format!(
            "UID:s\nDTSTART;TZID=Europe/Berlin:20250328T140000\nDURATION:{duration}\n\
             RRULE:FREQ=DAILY;COUNT=2\n{ADA}"
        )))
    };
    let hours = |hours: [u64; 2]| hours.map(|hours| Some(hours * 3_600_000));
    assert_eq!(lasting("P1D"), hours([24, 23]));
    assert_eq!(lasting("P1DT1H"), hours([25, 24]));
    assert_eq!(lasting("PT24H"), hours([24, 24]));
    assert_eq!(lasting("-P1D"), [None, None]);
}

#[test]
fn a_rule_that_can_not_be_followed_is_told_and_not_guessed() {
    let ruled = |rule: &str| {
        told(&event(&format!(
            "UID:a\nDTSTART:20250304T140000Z\nRRULE:{rule}\n{ADA}"
        )))
    };
    for rule in [
        "RSCALE=CHINESE;FREQ=YEARLY",
        "RSCALE=HEBREW;FREQ=YEARLY;BYMONTH=5L;BYMONTHDAY=8;SKIP=FORWARD",
        "RSCALE=ETHIOPIC;FREQ=MONTHLY;BYMONTH=13",
        "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=00;INTERVAL=2",
        "FREQ=DAILY;UNTIL=20251331T000000Z",
    ] {
        let (starts, notes) = ruled(rule);
        assert_eq!(starts, ["2025-03-04T14:00:00Z"], "{rule}");
        assert_eq!(notes.len(), 1, "{rule}");
    }
    for rule in [
        "RSCALE=GREGORIAN;FREQ=DAILY;COUNT=10",
        "RSCALE=GREGORIAN;FREQ=DAILY;COUNT=10;SKIP=OMIT",
    ] {
        let (starts, notes) = ruled(rule);
        assert_eq!((starts.len(), notes.len()), (10, 0), "{rule}");
    }
}

#[test]
fn a_message_adds_a_meeting_to_its_series() {
    let series = calendar(&series("SEQUENCE:1\n"));
    let added = String::from_utf8(calendar(&format!(
        "METHOD:ADD\n{}",
        event(&format!(
            "UID:s\nDTSTART;TZID=America/New_York:20250310T090000\nSEQUENCE:2\n{ADA}"
        ))
    )));
    let both = [series, added.unwrap().into_bytes()].concat();
    let found = import("", &both).unwrap();
    let meetings: Vec<&str> = found
        .events
        .iter()
        .map(|event| attendance(event).meeting.as_str())
        .collect();
    assert_eq!(meetings.len(), 5);
    assert_eq!(meetings[4], "s/2025-03-10T13:00:00Z");
    assert_eq!(to_rfc3339(found.events[4].time), "2025-03-10T13:00:00Z");
}
