//! One VEVENT, as far as Readback wants to know it.

use calcard::icalendar::{
    ICalendarComponent, ICalendarEntry, ICalendarMethod, ICalendarParameterName, ICalendarPeriod,
    ICalendarProperty, ICalendarRecurrenceRule, ICalendarStatus, ICalendarValue,
};

use super::people::{Invitation, invitations};
use super::zones::{Local, Zones};
use crate::model::{DAY_MS, Millis};

/// A meeting, a series of meetings, or a changed occurrence of one.
pub(super) struct Occasion<'a> {
    pub(super) uid: String,
    /// The occurrence that this changes, by its start in the series.
    pub(super) recurrence: Option<Local<'a>>,
    /// The change also holds for the occurrences that follow.
    pub(super) and_following: bool,
    pub(super) start: Local<'a>,
    pub(super) length_ms: Option<u64>,
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
    /// A zone that it names and nobody knows.
    pub(super) unknown_zone: Option<String>,
}

/// An EXDATE.
pub(super) enum Except {
    At(Millis),
    /// A whole day, given as its bounds.
    Day(Millis, Millis),
}

/// What is wrong with an event: the property.
pub(super) struct Broken(pub(super) &'static str);

impl<'a> Occasion<'a> {
    /// Reads an event of a calendar with this METHOD.
    pub(super) fn read(
        component: &ICalendarComponent,
        zones: &'a Zones<'_>,
        method: Option<&ICalendarMethod>,
    ) -> Result<Self, Broken> {
        let single = |property: &ICalendarProperty| {
            let entry = component.property(property)?;
            let ICalendarValue::PartialDateTime(time) = entry.values.first()? else {
                return None;
            };
            zones.local(entry, time)
        };
        let recurrence = single(&ICalendarProperty::RecurrenceId);
        let start = single(&ICalendarProperty::Dtstart)
            .or(recurrence)
            .ok_or(Broken("DTSTART"))?;
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
            and_following: component
                .property(&ICalendarProperty::RecurrenceId)
                .is_some_and(|entry| entry.has_parameter(&ICalendarParameterName::Range)),
            start,
            length_ms: length(component, start, single(&ICalendarProperty::Dtend)),
            sequence: integer(component, &ICalendarProperty::Sequence),
            stamped: single(&ICalendarProperty::Dtstamp).map_or(0, Local::at),
            cancelled: component.status() == Some(&ICalendarStatus::Cancelled)
                || method == Some(&ICalendarMethod::Cancel),
            rules_complete: rules.len() == component.properties(&ICalendarProperty::Rrule).count(),
            rules,
            more: more(component, zones),
            except: exceptions(component, zones),
            categories: texts(component, &ICalendarProperty::Categories),
            texts: mentions(component),
            invitations: invitations(component),
            unknown_zone: component
                .property(&ICalendarProperty::Dtstart)
                .and_then(ICalendarEntry::tz_id)
                .filter(|name| !zones.knows(name))
                .map(str::to_owned),
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

fn length(component: &ICalendarComponent, start: Local<'_>, end: Option<Local<'_>>) -> Option<u64> {
    let duration = component
        .property(&ICalendarProperty::Duration)
        .and_then(|entry| entry.values.first());
    let length = match (end, duration) {
        (Some(end), _) => end.at() - start.at(),
        (None, Some(ICalendarValue::Duration(duration))) => duration.as_seconds() * 1000,
        // A day without an end is one day; a time without an end has no length.
        _ if start.all_day => DAY_MS,
        _ => 0,
    };
    u64::try_from(length).ok().filter(|length| *length > 0)
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

fn more(component: &ICalendarComponent, zones: &Zones<'_>) -> Vec<(Millis, Option<u64>)> {
    let mut found = Vec::new();
    for entry in component.properties(&ICalendarProperty::Rdate) {
        for value in &entry.values {
            let date = match value {
                ICalendarValue::PartialDateTime(time) => {
                    zones.local(entry, time).map(|start| (start.at(), None))
                }
                ICalendarValue::Period(ICalendarPeriod::Range { start, end }) => zones
                    .local(entry, start)
                    .zip(zones.local(entry, end))
                    .map(|(start, end)| (start.at(), u64::try_from(end.at() - start.at()).ok())),
                ICalendarValue::Period(ICalendarPeriod::Duration { start, duration }) => zones
                    .local(entry, start)
                    .map(|start| (start.at(), u64::try_from(duration.as_seconds() * 1000).ok())),
                _ => None,
            };
            found.extend(date);
        }
    }
    found
}

fn exceptions(component: &ICalendarComponent, zones: &Zones<'_>) -> Vec<Except> {
    let mut found = Vec::new();
    for entry in component.properties(&ICalendarProperty::Exdate) {
        for value in &entry.values {
            let ICalendarValue::PartialDateTime(time) = value else {
                continue;
            };
            let Some(local) = zones.local(entry, time) else {
                continue;
            };
            found.push(if local.all_day {
                let next = local.clock + chrono::TimeDelta::days(1);
                Except::Day(local.at(), local.zone.instant(next))
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
