//! For the tests of kinds that read lists: a list goes in, and what came out in few words.

use crate::model::{Attendance, Body, Event, Vocabulary};
use crate::sources::collected::Collected;
use crate::sources::{Build, File, KnownWriteup, Setting, SourceError};

/// Reads a list in Berlin, where one write-up is known: `pm-12`, also called `INC-12`.
pub(in crate::sources) fn import(
    build: Build<dyn File>,
    params: &str,
    file: &str,
    bytes: &[u8],
) -> Result<Collected, SourceError> {
    let setting = Setting {
        source: "reviews".to_owned(),
        vocabulary: Vocabulary::default(),
        timezone: chrono_tz::Europe::Berlin,
        writeups: vec![KnownWriteup {
            id: "pm-12".to_owned(),
            title: None,
            aliases: vec!["INC-12".to_owned()],
        }],
    };
    let mut sink = Collected::default();
    let mut reader = build(toml::from_str(params).expect("parameters"), &setting)?;
    reader.read(file, &mut &*bytes, &mut sink)?;
    Ok(sink)
}

/// What a refusal says; empty where nothing was refused.
pub(in crate::sources) fn refusal(imported: Result<Collected, SourceError>) -> String {
    let refused = imported.err();
    refused.map(|error| error.to_string()).unwrap_or_default()
}

/// The attendance of an event.
pub(in crate::sources) fn attendance(event: &Event) -> &Attendance {
    match &event.body {
        Body::Attendance(attendance) => attendance,
        _ => panic!("no attendance"),
    }
}

/// Seconds present by address; `None` for somebody unknown.
pub(in crate::sources) fn present(found: &Collected) -> Vec<(Option<&str>, Option<u64>)> {
    let attendances = found.events.iter().filter_map(|event| match &event.body {
        Body::Attendance(attendance) => Some(attendance),
        // What is told of the meeting beside its people.
        _ => None,
    });
    let rows = attendances.map(|attendance| {
        let person = attendance.person.as_ref();
        let address = person.map(|person| person.value.as_str());
        (address, attendance.present_ms.map(|ms| ms / 1000))
    });
    rows.collect()
}

/// What was left out, and how often.
pub(in crate::sources) fn left_out(found: &Collected) -> Vec<(&str, u64)> {
    found.left_out.iter().map(|(why, n)| (*why, *n)).collect()
}
