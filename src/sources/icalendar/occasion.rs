//! One VEVENT, as far as Readback wants to know it.

use calcard::icalendar::{
    ICalendarComponent, ICalendarDuration, ICalendarEntry, ICalendarMethod, ICalendarParameterName,
    ICalendarPeriod, ICalendarProperty, ICalendarRecurrenceRule, ICalendarStatus, ICalendarValue,
};
use chrono::{NaiveDateTime, TimeDelta};

use super::people::{Invitation, invitations};
use super::zones::{Local, Zone, Zones};
use crate::model::{DAY_MS, Millis};

/// A meeting, a series of meetings, or a changed occurrence of one.
pub(super) struct Occasion<'a> {
    pub(super) uid: String,
    /// The occurrence that this changes, by its start in the series.
    pub(super) recurrence: Option<Local<'a>>,
    /// That start names no zone: it is on the clock of the series.
    pub(super) recurrence_floats: bool,
    /// The change also holds for the occurrences that follow.
    pub(super) and_following: bool,
    pub(super) start: Local<'a>,
    length: Length,
    pub(super) sequence: i64,
    /// DTSTAMP, 0 if there is none.
    pub(super) stamped: Millis,
    pub(super) cancelled: bool,
    pub(super) rules: Vec<ICalendarRecurrenceRule>,
    /// Every RRULE could be read.
    pub(super) rules_complete: bool,
    /// RDATE: start and, for periods, length.
    pub(super) more: Vec<(Millis, Option<u64>)>,
    pub(super) except: Vec<Except>,
    pub(super) summary: String,
    pub(super) categories: Vec<String>,
    /// Texts in which a write-up may be named, the most telling first.
    pub(super) texts: Vec<String>,
    pub(super) invitations: Vec<Invitation>,
    /// What is to be said of a zone that it names and that is not understood.
    pub(super) zone_doubt: Option<String>,
}

/// How long it lasts (RFC 5545, 3.8.5.3).
#[derive(Clone, Copy)]
enum Length {
    /// To DTEND: all occurrences last equally long, ms.
    Exact(Millis),
    /// DURATION: days end at the same time of day, also where the clocks are changed; and ms beside them.
    Nominal(TimeDelta, Millis),
}

/// An EXDATE.
pub(super) enum Except {
    At(Millis),
    /// A whole day, given as its bounds.
    Day(Millis, Millis),
}

/// What is wrong with an event: a property, and what stands there for a time.
pub(super) struct Broken {
    pub(super) property: &'static str,
    pub(super) value: Option<String>,
}

/// What stands for a time and is none, for a message: a text may name somebody unless it begins as a time does.
fn no_time(component: &ICalendarComponent, property: &ICalendarProperty) -> Option<String> {
    const LONGEST: usize = 40;
    let value = component.property(property)?.values.first()?;
    let is_digit = |c: char| c.is_ascii_digit();
    Some(match value {
        ICalendarValue::Text(text) if text.len() <= LONGEST && text.starts_with(is_digit) => {
            format!("{text:?}")
        }
        ICalendarValue::PartialDateTime(time) => {
            let number = |part: Option<u16>, width: usize| {
                part.map_or_else(String::new, |part| format!("{part:0width$}"))
            };
            let two = |part: Option<u8>| number(part.map(u16::from), 2);
            let date = number(time.year, 4) + &two(time.month) + &two(time.day);
            let clock = two(time.hour) + &two(time.minute) + &two(time.second);
            match clock.is_empty() {
                true => date,
                false => format!("{date}T{clock}"),
            }
        }
        _ => "this".to_owned(),
    })
}

impl<'a> Occasion<'a> {
    /// Reads an event of a calendar with this METHOD.
    pub(super) fn read(
        component: &ICalendarComponent,
        zones: &'a Zones<'_>,
        method: Option<&ICalendarMethod>,
    ) -> Result<Self, Broken> {
        let single = |property: &ICalendarProperty, floating: Zone<'a>| {
            let entry = component.property(property)?;
            let ICalendarValue::PartialDateTime(time) = entry.values.first()? else {
                return None;
            };
            zones.local(entry, time, floating)
        };
        // Times beside DTSTART that name no zone are in DTSTART's.
        let start = single(&ICalendarProperty::Dtstart, zones.organisation());
        let floating = start.map_or(zones.organisation(), |start| start.zone);
        let recurrence = single(&ICalendarProperty::RecurrenceId, floating);
        let start = start.or(recurrence).ok_or_else(|| Broken {
            property: "DTSTART",
            value: no_time(component, &ICalendarProperty::Dtstart),
        })?;
        // A message that adds a meeting to a series names it by its start.
        let is_added = method == Some(&ICalendarMethod::Add);
        let recurrence = recurrence.or(Some(start).filter(|_| is_added));
        let summary = text(component, &ICalendarProperty::Summary);
        let uid = match component.uid() {
            Some(uid) if !uid.trim().is_empty() => uid.trim().to_owned(),
            // UID was optional once. Start and title are the best key left; the title is hashed
            // because ids are kept.
            _ => format!(
                "no-uid-{:016x}",
                xxhash_rust::xxh3::xxh3_64(format!("{}{summary}", start.at()).as_bytes())
            ),
        };
        let rules = rules(component);
        Ok(Occasion {
            uid,
            recurrence,
            recurrence_floats: component
                .property(&ICalendarProperty::RecurrenceId)
                .is_some_and(floats),
            and_following: component
                .property(&ICalendarProperty::RecurrenceId)
                .is_some_and(|entry| entry.has_parameter(&ICalendarParameterName::Range)),
            start,
            length: length(
                component,
                start,
                single(&ICalendarProperty::Dtend, start.zone),
            ),
            sequence: integer(component, &ICalendarProperty::Sequence),
            stamped: single(&ICalendarProperty::Dtstamp, zones.organisation()).map_or(0, Local::at),
            cancelled: component.status() == Some(&ICalendarStatus::Cancelled)
                || method == Some(&ICalendarMethod::Cancel),
            rules_complete: rules.len() == component.properties(&ICalendarProperty::Rrule).count(),
            rules,
            more: more(component, zones, start),
            except: exceptions(component, zones, start),
            categories: texts(component, &ICalendarProperty::Categories),
            texts: mentions(component),
            invitations: invitations(component),
            zone_doubt: component
                .property(&ICalendarProperty::Dtstart)
                .and_then(ICalendarEntry::tz_id)
                .and_then(|name| zones.doubt(name)),
            summary,
        })
    }

    /// Whether it is a series or one of a series, so that UID alone does not name an occurrence.
    pub(super) fn recurs(&self) -> bool {
        !self.rules.is_empty() || !self.more.is_empty() || self.recurrence.is_some()
    }

    /// The start of what is no series.
    pub(super) fn single(&self) -> Option<Millis> {
        let recurs = !self.rules.is_empty() || !self.more.is_empty();
        (!recurs).then(|| self.start.at())
    }

    /// How long the occurrence lasts that starts at this local time, ms; nothing where nobody says it.
    pub(super) fn length_from(&self, clock: NaiveDateTime) -> Option<u64> {
        let length = match self.length {
            Length::Exact(length) => length,
            Length::Nominal(days, rest) => {
                let zone = self.start.zone;
                let end = clock.checked_add_signed(days)?;
                zone.instant(end) - zone.instant(clock) + rest
            }
        };
        u64::try_from(length).ok().filter(|length| *length > 0)
    }

    /// The same of its own start.
    pub(super) fn length_ms(&self) -> Option<u64> {
        self.length_from(self.start.clock)
    }

    /// Whether an EXDATE takes this occurrence out.
    pub(super) fn is_excluded(&self, at: Millis) -> bool {
        self.except.iter().any(|except| match except {
            Except::At(excluded) => *excluded == at,
            Except::Day(from, to) => (*from..*to).contains(&at),
        })
    }

    /// Of two versions of one occasion, the greater of these is newer.
    pub(super) fn age(&self) -> (i64, Millis) {
        (self.sequence, self.stamped)
    }
}

fn length(component: &ICalendarComponent, start: Local<'_>, end: Option<Local<'_>>) -> Length {
    let duration = component
        .property(&ICalendarProperty::Duration)
        .and_then(|entry| entry.values.first());
    match (end, duration) {
        (Some(end), _) => Length::Exact(end.at() - start.at()),
        (None, Some(ICalendarValue::Duration(duration))) => nominal(duration),
        // A day without an end is one day; a time without an end has no length.
        _ if start.all_day => Length::Exact(DAY_MS),
        _ => Length::Exact(0),
    }
}

fn nominal(duration: &ICalendarDuration) -> Length {
    let days = i64::from(duration.weeks) * 7 + i64::from(duration.days);
    let days = if duration.neg { -days } else { days };
    Length::Nominal(
        TimeDelta::days(days),
        duration.as_seconds() * 1000 - days * DAY_MS,
    )
}

/// Whether a time names no zone.
fn floats(entry: &ICalendarEntry) -> bool {
    let time = entry.values.first();
    let has_offset =
        matches!(time, Some(ICalendarValue::PartialDateTime(time)) if time.tz_hour.is_some());
    entry.tz_id().is_none() && !has_offset
}

fn rules(component: &ICalendarComponent) -> Vec<ICalendarRecurrenceRule> {
    let entries = component.properties(&ICalendarProperty::Rrule);
    let mut rules: Vec<ICalendarRecurrenceRule> = Vec::new();
    for value in entries.flat_map(|entry| &entry.values) {
        if let ICalendarValue::RecurrenceRule(rule) = value {
            rules.push((**rule).clone());
        }
    }
    rules
}

fn more(
    component: &ICalendarComponent,
    zones: &Zones<'_>,
    start: Local<'_>,
) -> Vec<(Millis, Option<u64>)> {
    let floating = start.zone;
    let mut found = Vec::new();
    for entry in component.properties(&ICalendarProperty::Rdate) {
        for value in &entry.values {
            let date = match value {
                ICalendarValue::PartialDateTime(time) => zones
                    .local(entry, time, floating)
                    .map(|start| (start.at(), None)),
                ICalendarValue::Period(ICalendarPeriod::Range { start, end }) => zones
                    .local(entry, start, floating)
                    .zip(zones.local(entry, end, floating))
                    .map(|(start, end)| (start.at(), u64::try_from(end.at() - start.at()).ok())),
                ICalendarValue::Period(ICalendarPeriod::Duration { start, duration }) => zones
                    .local(entry, start, floating)
                    .map(|start| (start.at(), u64::try_from(duration.as_seconds() * 1000).ok())),
                _ => None,
            };
            found.extend(date);
        }
    }
    found
}

/// A day takes out what begins on it by the clock of the series, whatever zone writes it. In a series of days
/// it is a day that is meant, also where midnight is written.
fn exceptions(component: &ICalendarComponent, zones: &Zones<'_>, start: Local<'_>) -> Vec<Except> {
    let mut found = Vec::new();
    for entry in component.properties(&ICalendarProperty::Exdate) {
        for value in &entry.values {
            let ICalendarValue::PartialDateTime(time) = value else {
                continue;
            };
            let Some(local) = zones.local(entry, time, start.zone) else {
                continue;
            };
            found.push(if local.all_day || start.all_day {
                let (from, to) = start.zone.day(local.clock.date());
                Except::Day(from, to)
            } else {
                Except::At(local.at())
            });
        }
    }
    found
}

/// Title, address, attachments, description, place, and what joins it by video, in this order.
fn mentions(component: &ICalendarComponent) -> Vec<String> {
    [
        ICalendarProperty::Summary,
        ICalendarProperty::Url,
        ICalendarProperty::Attach,
        ICalendarProperty::Description,
        ICalendarProperty::Location,
        ICalendarProperty::Conference,
    ]
    .iter()
    .flat_map(|property| texts(component, property))
    .collect()
}

fn text(component: &ICalendarComponent, property: &ICalendarProperty) -> String {
    texts(component, property)
        .into_iter()
        .next()
        .unwrap_or_default()
}

fn texts(component: &ICalendarComponent, property: &ICalendarProperty) -> Vec<String> {
    let mut found = Vec::new();
    for entry in component.properties(property) {
        found.extend(
            entry
                .values
                .iter()
                .filter_map(|value| value.as_text())
                .map(str::to_owned),
        );
    }
    found
}

fn integer(component: &ICalendarComponent, property: &ICalendarProperty) -> i64 {
    let value = component
        .property(property)
        .and_then(|entry| entry.values.first());
    value.and_then(ICalendarValue::as_integer).unwrap_or(0)
}
