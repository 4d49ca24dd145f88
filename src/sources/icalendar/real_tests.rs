//! Calendars that programs of all sorts wrote, against what another program reads in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::calendars::{decoded, parse};
use super::expand::occurrences;
use super::reading::{by_uid, read_events};
use super::tests::import;
use super::zones::Zones;
use super::*;
use crate::model::{parse_rfc3339, to_rfc3339};
use crate::sources::collected::{Collected, skipped};

fn fixtures() -> Option<PathBuf> {
    let found = std::env::var_os("READBACK_FIXTURES").map(PathBuf::from);
    if found.is_none() {
        skipped("READBACK_FIXTURES is not set");
    }
    found
}

/// Cells of a table of the other program's, without its header.
fn expected(fixtures: &Path, name: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(fixtures.join("EXPECTED").join(name)).unwrap();
    text.lines()
        .skip(1)
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

#[test]
fn real_calendars_have_the_attendees_that_another_program_found() {
    let Some(fixtures) = fixtures() else { return };
    let rows = expected(&fixtures, "ical_attendees.tsv");
    let mut files: BTreeMap<String, Vec<[String; 5]>> = BTreeMap::new();
    for row in &rows {
        let address = row[4].to_lowercase();
        // Two UIDs in one event are printed by that program as a list of Python.
        let uid = row[1]
            .strip_prefix("[vText(b'")
            .and_then(|rest| rest.split('\'').next())
            .unwrap_or(&row[1]);
        files.entry(row[0].clone()).or_default().push([
            uid.to_owned(),
            row[3].clone(),
            address,
            row[5].to_uppercase(),
            row[6].to_uppercase(),
        ]);
    }
    let mut checked = 0;
    for (file, mut theirs) in files {
        let bytes = fs::read(fixtures.join("icalendar").join(&file)).unwrap();
        let mut ours: Vec<[String; 5]> = attendees(&bytes)
            .into_iter()
            .map(|one| {
                let property = if one.organizer {
                    "ORGANIZER"
                } else {
                    "ATTENDEE"
                };
                let text = |text: Option<String>| text.unwrap_or_default();
                [
                    one.uid,
                    property.to_owned(),
                    one.address.to_lowercase(),
                    text(one.role),
                    text(one.partstat),
                ]
            })
            .collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{file}");
        checked += theirs.len();
    }
    assert_eq!(checked, rows.len());
}

/// UID, start and end of an occurrence.
type Row = (String, String, String);

/// How often each row is there.
type Rows = BTreeMap<Row, usize>;

/// Every occurrence of theirs is looked for by UID, start and end, as often as it is there. What differs stands
/// row by row in `differences.tsv`, with which side is right by the RFC.
#[test]
fn real_calendars_make_no_panic_and_the_same_occurrences() {
    let Some(fixtures) = fixtures() else { return };
    let mut theirs: BTreeMap<String, Rows> = BTreeMap::new();
    for row in expected(&fixtures, "ical_occurrences.tsv") {
        let time = |text: &str| text.replace("(floating)", "Z");
        let key = (row[1].clone(), time(&row[2]), time(&row[3]));
        *theirs
            .entry(row[0].clone())
            .or_default()
            .entry(key)
            .or_default() += 1;
    }
    let (mut same, mut all, mut files) = (0, 0, 0);
    let mut different = String::new();
    for status in expected(&fixtures, "ical_status.tsv") {
        let file = &status[0];
        let bytes = fs::read(fixtures.join("icalendar").join(file)).unwrap();
        let _any_result_but_a_panic = import("", &bytes).is_ok();
        for cut in (0..bytes.len()).step_by(bytes.len() / 7 + 1) {
            let _any_result_but_a_panic = import("", &bytes[cut..]).is_ok();
            let _any_result_but_a_panic = import("", &bytes[..cut]).is_ok();
        }
        // Where they gave up, nothing is known of them.
        if !status[1].starts_with("ok") {
            continue;
        }
        files += 1;
        let theirs = theirs.remove(file).unwrap_or_default();
        let mut ours = occurrences_of(&bytes);
        if status[1] == "ok_first_300" {
            let last = theirs
                .keys()
                .map(|row| row.1.as_str())
                .max()
                .unwrap_or_default();
            ours.retain(|row, _| row.1.as_str() <= last);
        }
        all += theirs.values().sum::<usize>();
        let both: BTreeSet<&Row> = theirs.keys().chain(ours.keys()).collect();
        for row in both {
            let count = |rows: &Rows| rows.get(row).copied().unwrap_or(0);
            let (our, their) = (count(&ours), count(&theirs));
            same += our.min(their);
            if our != their {
                let (uid, start, end) = row;
                let _ = writeln!(different, "{file}\t{our}\t{their}\t{uid}\t{start}\t{end}");
            }
        }
    }
    let known: String = include_str!("differences.tsv")
        .lines()
        .skip(2)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [row @ .., right, why] = cells.as_slice() else {
                panic!("{line:?}");
            };
            let sides = ["ours", "theirs", "neither"];
            assert!(sides.contains(right) && !why.is_empty(), "{line}");
            row.join("\t") + "\n"
        })
        .collect();
    assert_eq!(different, known);
    let share = format!("{same} of {all} in {files} files");
    assert!(same * 100 >= all * 97, "{share}");
    assert_eq!(share, "7623 of 7640 in 180 files");
}

/// Of each occurrence UID, start and end in the other program's notation.
fn occurrences_of(bytes: &[u8]) -> Rows {
    let (calendars, _) = parse(&decoded(bytes));
    let zones: Vec<Zones<'_>> = calendars
        .iter()
        .map(|calendar| Zones::new(calendar, chrono_tz::UTC))
        .collect();
    let occasions = read_events(&calendars, &zones, &mut Collected::default());
    let to = parse_rfc3339("2027-01-01T00:00:00Z").unwrap();
    let mut found = Rows::new();
    for (uid, versions) in by_uid(&occasions) {
        for occurrence in occurrences(versions.series, &versions.changes, to).0 {
            let length = Millis::try_from(occurrence.length_ms.unwrap_or(0)).unwrap();
            let [start, end] = [occurrence.at, occurrence.at + length].map(|at| {
                let text = to_rfc3339(at);
                match occurrence.of.start.all_day {
                    true => format!("{}(date)", &text[..10]),
                    false => text,
                }
            });
            let uid = if uid.starts_with("no-uid-") { "" } else { uid };
            if start.as_str() >= "1995" {
                *found.entry((uid.to_owned(), start, end)).or_default() += 1;
            }
        }
    }
    found
}
