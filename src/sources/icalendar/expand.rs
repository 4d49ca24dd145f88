//! Recurrence: from a series and its exceptions to the occurrences.
//!
//! The rule itself is worked out by calcard, in local time without a zone, because that is how the
//! RFC means it. Zones, extra dates, exceptions and changed occurrences are dealt with here.

use std::collections::BTreeMap;

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarProperty,
    ICalendarRecurrenceRule, ICalendarValue,
};
use chrono::{Datelike, NaiveDateTime, Timelike};

use super::occasion::Occasion;
use crate::model::Millis;

/// So many dates of one rule are looked at: daily for half a century.
const STEPS: usize = 20_000;

/// One occurrence of a meeting.
pub(super) struct Occurrence<'a> {
    /// Its start in the series, before it was moved; `None` for a meeting that does not recur.
    pub(super) original: Option<Millis>,
    /// When it starts.
    pub(super) at: Millis,
    /// How long it lasts, ms.
    pub(super) length_ms: Option<u64>,
    /// What is known of it.
    pub(super) of: &'a Occasion<'a>,
}

/// A rule that could not be worked out.
pub(super) struct BadRule;

/// The occurrences of one UID: those of the series, with the changed ones in their places.
/// Cancelled ones are left out. `until` ends series without end. The second result is false if a rule
/// could not be worked out, and its dates are missing.
pub(super) fn occurrences<'a>(
    series: Option<&'a Occasion<'a>>,
    changes: &[&'a Occasion<'a>],
    until: Millis,
) -> (Vec<Occurrence<'a>>, bool) {
    let mut complete = true;
    let mut found: BTreeMap<Millis, Occurrence<'a>> = BTreeMap::new();
    if let Some(series) = series.filter(|series| !series.cancelled) {
        let (starts, all) = starts(series, until);
        complete = all;
        for (at, length_ms) in starts {
            let original = series.recurs().then_some(at);
            found.insert(
                at,
                Occurrence {
                    original,
                    at,
                    length_ms,
                    of: series,
                },
            );
        }
    }
    // Those that go on for the following occurrences first, in order; single ones have the last word.
    let mut changes: Vec<(Millis, &Occasion<'_>)> = changes
        .iter()
        .filter_map(|change| Some((original(change, series)?, *change)))
        .filter(|(original, change)| {
            !series.is_some_and(|series| is_superseded(series, change, *original))
        })
        .collect();
    changes.sort_by_key(|(original, change)| (!change.and_following, *original));
    for (original, change) in changes {
        if change.and_following {
            follow(&mut found, original, change);
        } else if change.cancelled {
            found.remove(&original);
        } else {
            let occurrence = Occurrence {
                original: Some(original),
                at: change.start.at(),
                length_ms: change.length_ms,
                of: change,
            };
            found.insert(original, occurrence);
        }
    }
    (found.into_values().collect(), complete)
}

/// The occurrence that a change is about. In a series of days it is known by its day: some calendars
/// write midnight in another zone.
pub(super) fn original(change: &Occasion<'_>, series: Option<&Occasion<'_>>) -> Option<Millis> {
    let local = change.recurrence?;
    Some(match series.filter(|series| series.start.all_day) {
        Some(series) => series
            .start
            .zone
            .instant(local.clock.date().and_time(chrono::NaiveTime::MIN)),
        None => local.at(),
    })
}

/// Whether a newer version of the series has taken the changed occurrence out.
fn is_superseded(series: &Occasion<'_>, change: &Occasion<'_>, original: Millis) -> bool {
    series.sequence > change.sequence && series.is_excluded(original)
}

/// Applies a change with RANGE=THISANDFUTURE: everything from then on moves as this one moved.
fn follow<'a>(
    found: &mut BTreeMap<Millis, Occurrence<'a>>,
    original: Millis,
    change: &'a Occasion<'a>,
) {
    if change.cancelled {
        found.split_off(&original);
        return;
    }
    found.entry(original).or_insert(Occurrence {
        original: Some(original),
        at: original,
        length_ms: change.length_ms,
        of: change,
    });
    let shift = change.start.at() - original;
    for (at, occurrence) in found.range_mut(original..) {
        occurrence.at = at + shift;
        occurrence.length_ms = change.length_ms;
        occurrence.of = change;
    }
}

/// Start and length of every occurrence that the series itself has, and whether every rule could be
/// worked out.
fn starts(series: &Occasion<'_>, until: Millis) -> (BTreeMap<Millis, Option<u64>>, bool) {
    let mut found = BTreeMap::new();
    let mut complete = series.rules_complete;
    // DTSTART is the first of the series, whether the rule has it or not.
    found.insert(series.start.at(), series.length_ms);
    let zone = series.start.zone;
    if let Some(end) = zone.clock(until) {
        for rule in &series.rules {
            match expand_rule(&local_until(rule, series), series.start.clock, end) {
                Ok(clocks) => {
                    found.extend(
                        clocks
                            .into_iter()
                            .map(|clock| (zone.instant(clock), series.length_ms)),
                    );
                }
                Err(BadRule) => complete = false,
            }
        }
    }
    for &(at, length_ms) in &series.more {
        found.insert(at, length_ms.or(series.length_ms));
    }
    found.retain(|at, _| !series.is_excluded(*at));
    (found, complete)
}

/// The rule with its UNTIL on the clock of the series: calcard compares the two as they stand. A day
/// as UNTIL includes that day.
fn local_until(rule: &ICalendarRecurrenceRule, series: &Occasion<'_>) -> ICalendarRecurrenceRule {
    let mut rule = rule.clone();
    let Some(until) = &rule.until else {
        return rule;
    };
    let clock = until.to_date_time().and_then(|parts| match parts.offset {
        _ if !until.has_time() => parts.date_time.date().and_hms_opt(23, 59, 59),
        None => Some(parts.date_time),
        Some(offset) => {
            let utc = parts.date_time.checked_sub_offset(offset)?;
            series.start.zone.clock(utc.and_utc().timestamp_millis())
        }
    });
    rule.until = clock.map(written);
    rule
}

/// The local times of a rule from `start` on, before `end`.
pub(super) fn expand_rule(
    rule: &ICalendarRecurrenceRule,
    start: NaiveDateTime,
    end: NaiveDateTime,
) -> Result<Vec<NaiveDateTime>, BadRule> {
    let mut rule = rule.clone();
    let stated = rule.until.as_ref().and_then(PartialDateTime::to_date_time);
    let end = stated.map_or(end, |stated| stated.date_time.min(end));
    if end < start {
        return Ok(Vec::new());
    }
    rule.until = Some(written(end));
    let entry = |name, value| ICalendarEntry {
        name,
        params: Vec::new(),
        values: vec![value],
    };
    let event = ICalendarComponent {
        component_type: ICalendarComponentType::VEvent,
        entries: vec![
            entry(
                ICalendarProperty::Dtstart,
                ICalendarValue::PartialDateTime(Box::new(written(start))),
            ),
            entry(
                ICalendarProperty::Rrule,
                ICalendarValue::RecurrenceRule(Box::new(rule)),
            ),
        ],
        component_ids: Vec::new(),
    };
    let expanded = ICalendar {
        components: vec![event],
    }
    .expand_dates(Tz::Floating, STEPS);
    if !expanded.errors.is_empty() {
        return Err(BadRule);
    }
    Ok(expanded
        .events
        .iter()
        .map(|event| event.start.naive_local())
        .collect())
}

/// A local time as calcard holds it.
fn written(clock: NaiveDateTime) -> PartialDateTime {
    // Years beyond 65535 and before 0 don't come out of a calendar file, and the other parts of a
    // date fit their types.
    PartialDateTime {
        year: u16::try_from(clock.year()).ok(),
        month: u8::try_from(clock.month()).ok(),
        day: u8::try_from(clock.day()).ok(),
        hour: u8::try_from(clock.hour()).ok(),
        minute: u8::try_from(clock.minute()).ok(),
        second: u8::try_from(clock.second()).ok(),
        ..PartialDateTime::default()
    }
}
