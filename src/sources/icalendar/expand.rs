//! Recurrence: from a series and its exceptions to the occurrences.
//!
//! The rule itself is worked out by calcard, in local time without a zone, because that is how the
//! RFC means it. Zones, extra dates, exceptions and changed occurrences are dealt with here.

use std::collections::BTreeMap;

use calcard::common::timezone::Tz;
use calcard::common::{CalendarScale, PartialDateTime};
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarProperty,
    ICalendarRecurrenceRule, ICalendarSkip, ICalendarValue,
};
use chrono::{Datelike, NaiveDateTime, Timelike};

use super::occasion::Occasion;
use super::zones::Zone;
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
        .filter_map(|change| Some((original(change, series, &found)?, *change)))
        .filter(|(original, change)| {
            !series.is_some_and(|series| is_superseded(series, change, *original))
        })
        .collect();
    changes.sort_by_key(|(original, change)| (!change.and_following, *original));
    for (original, change) in changes {
        if change.and_following {
            let zone = series.map_or(change.start.zone, |series| series.start.zone);
            follow(&mut found, original, change, zone);
        } else if change.cancelled {
            found.remove(&original);
        } else {
            let occurrence = Occurrence {
                original: Some(original),
                at: change.start.at(),
                length_ms: change.length_ms(),
                of: change,
            };
            found.insert(original, occurrence);
        }
    }
    (found.into_values().collect(), complete)
}

/// The occurrences that the calendar says are cancelled, as far as it still tells which they were.
pub(super) fn cancelled<'a>(
    series: Option<&'a Occasion<'a>>,
    changes: &[&'a Occasion<'a>],
    until: Millis,
) -> Vec<Occurrence<'a>> {
    let all = series.map_or_else(BTreeMap::new, |series| starts(series, until).0);
    let is_over = series.is_some_and(|series| series.cancelled);
    let mut gone: BTreeMap<Millis, Occurrence<'a>> = BTreeMap::new();
    let one = |original: Option<Millis>, at: Millis, of: &'a Occasion<'a>| Occurrence {
        original,
        at,
        length_ms: None,
        of,
    };
    if let Some(series) = series.filter(|series| series.cancelled) {
        let known = all.keys();
        gone.extend(known.map(|at| (*at, one(series.recurs().then_some(*at), *at, series))));
    }
    for change in changes.iter().filter(|change| is_over || change.cancelled) {
        let Some(own) = original(change, series, &all) else {
            continue;
        };
        if change.and_following {
            let following = all.range(own..);
            gone.extend(following.map(|(at, _)| (*at, one(Some(*at), *at, change))));
        }
        gone.insert(own, one(Some(own), change.start.at(), change));
    }
    gone.into_values().collect()
}

/// The occurrence that a change is about. In a series of days it is known by its day: some calendars
/// write midnight in another zone. A day in a series of times means what begins on it.
pub(super) fn original<T>(
    change: &Occasion<'_>,
    series: Option<&Occasion<'_>>,
    found: &BTreeMap<Millis, T>,
) -> Option<Millis> {
    let local = change.recurrence?;
    let Some(series) = series.map(|series| series.start) else {
        return Some(local.at());
    };
    if series.all_day {
        return Some(series.zone.day(local.clock.date()).0);
    }
    let (from, to) = series.zone.day(local.clock.date());
    match found.range(from..to.max(from)).next() {
        Some((at, _)) if local.all_day => Some(*at),
        _ if change.recurrence_floats => Some(series.zone.instant(local.clock)),
        _ => Some(local.at()),
    }
}

/// Whether a newer version of the series has taken the changed occurrence out.
fn is_superseded(series: &Occasion<'_>, change: &Occasion<'_>, original: Millis) -> bool {
    series.sequence > change.sequence && series.is_excluded(original)
}

/// Applies a change with RANGE=THISANDFUTURE: everything from then on moves as this one moved, on the clock of
/// the series; what was at two o'clock is at the new hour also where the clocks were changed meanwhile.
fn follow<'a>(
    found: &mut BTreeMap<Millis, Occurrence<'a>>,
    original: Millis,
    change: &'a Occasion<'a>,
    zone: Zone<'_>,
) {
    if change.cancelled {
        found.split_off(&original);
        return;
    }
    found.entry(original).or_insert(Occurrence {
        original: Some(original),
        at: original,
        length_ms: change.length_ms(),
        of: change,
    });
    let start = change.start.at();
    let shift = zone
        .clock(start)
        .zip(zone.clock(original))
        .map(|(new, old)| new - old);
    let moved = |at: Millis| {
        let clock = zone.clock(at)?.checked_add_signed(shift?)?;
        Some((zone.instant(clock), clock))
    };
    for (at, occurrence) in found.range_mut(original..) {
        let moved = moved(*at);
        occurrence.at = match moved {
            _ if *at == original => start,
            Some((at, _)) => at,
            None => at + (start - original),
        };
        occurrence.length_ms = match moved {
            Some((_, clock)) => change.length_from(clock),
            None => change.length_ms(),
        };
        occurrence.of = change;
    }
}

/// Start and length of every occurrence that the series itself has, and whether every rule could be
/// worked out.
pub(super) fn starts(
    series: &Occasion<'_>,
    until: Millis,
) -> (BTreeMap<Millis, Option<u64>>, bool) {
    let mut found = BTreeMap::new();
    let mut complete = series.rules_complete;
    // DTSTART is the first of the series, whether the rule has it or not.
    found.insert(series.start.at(), series.length_ms());
    let zone = series.start.zone;
    if let Some(end) = zone.clock(until) {
        for rule in &series.rules {
            let rule = local_until(rule, series);
            match rule.and_then(|rule| expand_rule(&rule, series.start.clock, end)) {
                Ok(clocks) => {
                    found.extend(
                        clocks
                            .into_iter()
                            .map(|clock| (zone.instant(clock), series.length_from(clock))),
                    );
                }
                Err(BadRule) => complete = false,
            }
        }
    }
    for &(at, length_ms) in &series.more {
        let own = || series.length_from(zone.clock(at)?);
        found.insert(at, length_ms.or_else(own));
    }
    found.retain(|at, _| !series.is_excluded(*at));
    (found, complete)
}

/// The rule with its UNTIL on the clock of the series: calcard compares the two as they stand. A day
/// as UNTIL includes that day. One that is no date is an error: the rule would go on for ever without it.
fn local_until(
    rule: &ICalendarRecurrenceRule,
    series: &Occasion<'_>,
) -> Result<ICalendarRecurrenceRule, BadRule> {
    let mut rule = rule.clone();
    let Some(until) = &rule.until else {
        return Ok(rule);
    };
    let clock = until.to_date_time().and_then(|parts| match parts.offset {
        _ if !until.has_time() => parts.date_time.date().and_hms_opt(23, 59, 59),
        None => Some(parts.date_time),
        Some(offset) => {
            let utc = parts.date_time.checked_sub_offset(offset)?;
            series.start.zone.clock(utc.and_utc().timestamp_millis())
        }
    });
    rule.until = Some(written(clock.ok_or(BadRule)?));
    Ok(rule)
}

/// The local times of a rule from `start` on, before `end`.
pub(super) fn expand_rule(
    rule: &ICalendarRecurrenceRule,
    start: NaiveDateTime,
    end: NaiveDateTime,
) -> Result<Vec<NaiveDateTime>, BadRule> {
    if !is_followed(rule) {
        return Err(BadRule);
    }
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

/// Whether calcard works out what the rule says: it reads RSCALE and SKIP (RFC 7529), and counts by the
/// Gregorian calendar whatever they say.
fn is_followed(rule: &ICalendarRecurrenceRule) -> bool {
    let is_gregorian = matches!(rule.rscale, None | Some(CalendarScale::Gregorian));
    is_gregorian && matches!(rule.skip, None | Some(ICalendarSkip::Omit))
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
