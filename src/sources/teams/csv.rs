//! The two lists that Teams lets organisers download: the report with its sections, and the older list
//! of comings and goings.

use super::{log, people, report};
use crate::sources::presence::dates::Stamp;
use crate::sources::presence::text::Row;
use crate::sources::presence::{DATED, Desk, Said, unread};
use crate::sources::{Sink, SourceError};

/// Whether the rows are a list of Teams that says so itself.
pub(in crate::sources) fn is_report(rows: &[Row]) -> bool {
    report::is_report(rows)
}

/// Whether the rows look like the older list.
pub(in crate::sources) fn is_log(rows: &[Row]) -> bool {
    log::is_log(rows)
}

/// Reads the report.
pub(in crate::sources) fn read_report(
    desk: &Desk,
    name: &str,
    rows: &[Row],
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let report = report::parse(rows);
    unread(&report.unread, DATED, sink);
    let bounds = report
        .bounds
        .iter()
        .map(|(place, stamp)| (place.as_str(), *stamp));
    let entries = report.participants.iter().chain(&report.stays);
    let of_entry = |entry: &report::Entry| [Some(entry.joined), entry.left];
    let stamps: Vec<(&str, Stamp)> = bounds
        .chain(entries.flat_map(|entry| {
            let stamps = of_entry(entry).into_iter().flatten();
            stamps.map(|stamp| (entry.place.as_str(), stamp))
        }))
        .collect();
    let order = desk.order(name, &stamps, true, sink)?;
    let summary = |index: usize| report.bounds.get(index).map(|(_, stamp)| *stamp);
    let bounds = desk.bounds(name, (summary(0), summary(1)), order, sink);
    // Their stays one by one say more than a sum.
    let vague = report.participants.iter().filter(|one| one.is_vague);
    let vague = vague.count();
    if vague > 0 && report.stays.is_empty() {
        sink.note(format!(
            "{name}: durations that are not understood: {vague}; they should be written as \"1h 5m 3s\"; whoever left \
             and came again counts as if they had stayed"
        ));
    }
    let people = people::of_report(&report, |stamp| stamp.at(order, &desk.calendar), sink);
    let said = Said {
        key: &report.title,
        title: &report.title,
        has_dates: !(stamps.is_empty() && report.unread.is_empty()),
    };
    let meeting = desk.meeting(name, said, bounds, &people, sink)?;
    desk.emit(name, &meeting, &people, sink);
    Ok(())
}

/// Reads the older list.
pub(in crate::sources) fn read_log(
    desk: &Desk,
    name: &str,
    rows: &[Row],
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let (actions, problems) = log::parse(rows);
    unread(&problems, DATED, sink);
    let stamps: Vec<(&str, Stamp)> = actions
        .iter()
        .map(|action| (action.place.as_str(), action.stamp))
        .collect();
    let order = desk.order(name, &stamps, true, sink)?;
    let has_dates = !(stamps.is_empty() && problems.is_empty());
    let bounds = desk.bounds(name, (None, None), order, sink);
    let people = people::of_log(actions, |stamp| stamp.at(order, &desk.calendar), sink);
    let open = people
        .iter()
        .filter(|person| person.stays.iter().any(|stay| stay.1.is_none()))
        .count();
    if open > 0 && bounds.end.is_none() {
        sink.note(format!(
            "{name}: {open} attendees have no departure, so how long they stayed is unknown; \
             set `end` to the meeting's end"
        ));
    }
    let said = Said {
        has_dates,
        ..Said::default()
    };
    let meeting = desk.meeting(name, said, bounds, &people, sink)?;
    desk.emit(name, &meeting, &people, sink);
    Ok(())
}
