//! Which meetings of an account are reviews, and what each is called. A meeting's number stands for all
//! its occurrences; where the calendar has the series, its name for an occurrence is taken.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveTime};
use regex::RegexSet;
use serde::Deserialize;

use crate::model::Occurrence::Named;
use crate::model::{Body, Calendar, Event, Meeting, Millis, Venue, to_rfc3339};
use crate::sources::presence::{Desk, event_id};
use crate::sources::{SourceError, presence, venue};

/// A series of the calendar as the parameters give it.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "valid is the UID of a series, or { series = UID, at = \"14:00\" }"
)]
pub(super) enum Given {
    /// Its UID.
    Uid(String),
    /// Its UID, and the time of day at which it begins.
    Daily(Timed),
}

/// See [`Given::Daily`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Timed {
    series: String,
    at: String,
}

/// A series of the calendar.
struct Series {
    uid: String,
    /// When it begins, where that is said; otherwise Zoom has to know.
    at: Option<NaiveTime>,
}

/// Which meetings are reviews.
pub(super) struct Reviews {
    numbers: BTreeSet<String>,
    topics: RegexSet,
    series: BTreeMap<String, Series>,
}

/// What an occurrence is called.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// By this name.
    Known(String),
    /// As a series of this UID calls it, with the start that Zoom's schedule has.
    Scheduled(String),
}

/// When a meeting takes place, as Zoom has it planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Schedule {
    /// Once: the calendar has no series.
    Once,
    /// At these times, each with the one that the series gave it first.
    At(Vec<(Millis, Millis)>),
    /// Whenever somebody comes, or Zoom does not say.
    #[default]
    Unknown,
}

/// What is opened longer before its start, or after it, is something else, ms: somebody tries the room.
const FAR: u64 = 3 * 3_600_000;

impl Reviews {
    /// From the parameters.
    ///
    /// # Errors
    /// Something is no number of a meeting, no regular expression or no time of day.
    pub(super) fn new(
        numbers: &[String],
        matching: &[String],
        series: &BTreeMap<String, Given>,
    ) -> Result<Reviews, SourceError> {
        // One table holds many meetings: all that is wrong with them is told.
        let mut wrong = Vec::new();
        let mut known = BTreeMap::new();
        for (number, given) in series {
            let (uid, at) = match given {
                Given::Uid(uid) => (uid, None),
                Given::Daily(Timed { series, at }) => (series, Some(at)),
            };
            let uid = uid.trim().to_owned();
            if uid.is_empty() {
                wrong.push(format!(
                    "meetings: {number:?} should name the UID of a series of the calendar"
                ));
            }
            let number = digits("meetings", number).map_err(|reason| wrong.push(reason));
            let at = at.map(|at| time(at)).transpose();
            let at = at.map_err(|reason| wrong.push(reason));
            if let (Ok(number), Ok(at)) = (number, at) {
                known.insert(number, Series { uid, at });
            }
        }
        if !wrong.is_empty() {
            return Err(SourceError::Params(wrong.join("; ")));
        }
        let listed = numbers.iter().map(|number| digits("numbers", number));
        let listed: Result<BTreeSet<String>, String> = listed.collect();
        let mut listed = listed.map_err(SourceError::Params)?;
        listed.extend(known.keys().cloned());
        let topics = RegexSet::new(matching).map_err(|error| {
            SourceError::Params(format!("match: is no regular expression: {error}"))
        })?;
        Ok(Reviews {
            numbers: listed,
            topics,
            series: known,
        })
    }

    /// The numbers that are named.
    pub(super) fn numbers(&self) -> impl Iterator<Item = &str> {
        self.numbers.iter().map(String::as_str)
    }

    /// Whether a meeting is a review: its number is named, its topic fits, or mentions a write-up.
    pub(super) fn holds(&self, desk: &Desk, number: &str, topic: &str) -> bool {
        self.numbers.contains(&bare(number))
            || self.topics.is_match(topic)
            || desk.mentioned(topic).is_some()
    }

    /// What an occurrence is called that began then.
    pub(super) fn name(&self, desk: &Desk, number: &str, start: Millis) -> Name {
        match self.series.get(&bare(number)) {
            None => Name::Known(own(desk, number, start)),
            Some(Series { uid, at: None }) => Name::Scheduled(uid.clone()),
            Some(Series { uid, at: Some(at) }) => {
                let planned = nearest(*at, &desk.calendar, start);
                let name = planned.map(|planned| occurrence(uid, planned));
                Name::Known(name.unwrap_or_else(|| own(desk, number, start)))
            }
        }
    }

    /// Whether there is a series whose times Zoom has to tell.
    pub(super) fn asks_for_plans(&self) -> bool {
        self.series.values().any(|series| series.at.is_none())
    }

    /// Tells whether meetings are called by other names than before.
    pub(super) fn text(&self) -> String {
        let series = self.series.iter();
        let series: Vec<_> = series
            .map(|(number, one)| (number, &one.uid, one.at))
            .collect();
        // Earlier programs did not say where meetings were held.
        let venues = "with venues";
        format!(
            "{:?} {:?} {series:?} {venues}",
            self.numbers,
            self.topics.patterns()
        )
    }
}

impl Schedule {
    /// What an occurrence of a series is called that began then; nothing where none was planned about
    /// that time.
    pub(super) fn name(&self, uid: &str, start: Millis) -> Option<String> {
        match self {
            Schedule::Once => Some(uid.to_owned()),
            Schedule::At(all) => {
                let near = all.iter().filter(|(at, _)| at.abs_diff(start) <= FAR);
                let (_, first) = near.min_by_key(|(at, _)| at.abs_diff(start))?;
                Some(occurrence(uid, *first))
            }
            Schedule::Unknown => None,
        }
    }
}

/// Where an occurrence was held that goes by a name of its own: the calendar may have it by another one.
pub(super) fn held(desk: &Desk, number: &str, meeting: &presence::Meeting) -> Option<Event> {
    let venue = Venue::new(venue::zoom(number)?, false);
    Some(Event {
        source: desk.setting.source.as_str().into(),
        id: event_id(&meeting.id, "venue"),
        subject: String::new(),
        time: meeting.at,
        version: desk.version(""),
        body: Body::Meeting(Meeting {
            venue: Some(venue),
            ..Meeting::new(Named(meeting.id.clone()))
        }),
    })
}

/// What an occurrence is called that no calendar has: as a report's head calls it.
pub(super) fn own(desk: &Desk, number: &str, start: Millis) -> String {
    desk.made(&key(number), start)
}

/// As the calendar calls an occurrence of a series.
fn occurrence(uid: &str, at: Millis) -> String {
    format!("{uid}/{}", to_rfc3339(at))
}

/// The instant of a time of day about another one.
fn nearest(at: NaiveTime, calendar: &Calendar, to: Millis) -> Option<Millis> {
    let day = calendar.date(to);
    let days = [
        day.checked_sub_days(Days::new(1)),
        Some(day),
        day.checked_add_days(Days::new(1)),
    ];
    let instants = days.into_iter().flatten();
    let instants = instants.map(|day| calendar.instant(day, at));
    let near = instants.filter(|instant| instant.abs_diff(to) <= FAR);
    near.min_by_key(|instant| instant.abs_diff(to))
}

/// A meeting's number as Zoom writes it for people, with spaces; reports have it so, or without. What is
/// no number stays as it is.
pub(super) fn key(number: &str) -> String {
    let digits = bare(number);
    let ends = match digits.len() {
        9 | 10 => [3, 6],
        11 => [3, 7],
        _ => return number.to_owned(),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.to_owned();
    }
    format!(
        "{} {} {}",
        &digits[..ends[0]],
        &digits[ends[0]..ends[1]],
        &digits[ends[1]..]
    )
}

/// A number without what stands between its digits.
fn bare(number: &str) -> String {
    let between = |c: char| c.is_whitespace() || c == '-';
    number.chars().filter(|c| !between(*c)).collect()
}

fn digits(parameter: &str, number: &str) -> Result<String, String> {
    let digits = bare(number);
    let fits = (9..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    match fits {
        true => Ok(digits),
        false => Err(format!(
            "{parameter}: {number:?} should be the number of a meeting, such as \"812 3456 7890\""
        )),
    }
}

fn time(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M")
        .map_err(|_| format!("meetings: at: {text:?} should be a time of day, such as \"15:00\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_rfc3339;

    fn at(text: &str) -> Millis {
        parse_rfc3339(text).expect("a time")
    }

    #[test]
    fn a_number_is_written_in_one_way() {
        for (given, expected) in [
            ("81234567890", "812 3456 7890"),
            ("812 3456 7890", "812 3456 7890"),
            ("812-345-6789", "812 345 6789"),
            ("812345678", "812 345 678"),
            ("123", "123"),
            ("Review of a day", "Review of a day"),
            ("ä1234567", "ä1234567"),
        ] {
            assert_eq!(key(given), expected);
        }
    }

    #[test]
    fn whoever_opens_late_opens_the_same_occurrence() {
        let berlin = Calendar::new(chrono_tz::Europe::Berlin);
        let three = NaiveTime::from_hms_opt(15, 0, 0).expect("a time");
        let midnight = NaiveTime::MIN;
        for (time, opened, expected) in [
            (three, "2025-03-04T14:17:03Z", "2025-03-04T14:00:00Z"),
            (three, "2025-03-04T13:41:00Z", "2025-03-04T14:00:00Z"),
            // Summer: the time of day is the same, and the instant is not.
            (three, "2025-04-01T13:05:00Z", "2025-04-01T13:00:00Z"),
            // Before midnight and after it.
            (midnight, "2025-03-03T22:55:00Z", "2025-03-03T23:00:00Z"),
            (midnight, "2025-03-03T23:05:00Z", "2025-03-03T23:00:00Z"),
        ] {
            assert_eq!(
                nearest(time, &berlin, at(opened)),
                Some(at(expected)),
                "{opened}"
            );
        }
        assert_eq!(nearest(three, &berlin, at("2025-03-04T10:50:00Z")), None);
        let tuesday = at("2025-03-04T14:00:00Z");
        // The second was moved by a day.
        let planned = Schedule::At(vec![
            (tuesday, tuesday),
            (at("2025-03-12T14:00:00Z"), at("2025-03-11T14:00:00Z")),
        ]);
        let name = |opened: &str| planned.name("u", at(opened));
        assert_eq!(
            name("2025-03-04T14:40:00Z").as_deref(),
            Some("u/2025-03-04T14:00:00Z")
        );
        assert_eq!(
            name("2025-03-12T13:55:00Z").as_deref(),
            Some("u/2025-03-11T14:00:00Z")
        );
        assert_eq!(name("2025-03-11T14:00:00Z"), None);
        assert_eq!(Schedule::Once.name("u", 0).as_deref(), Some("u"));
    }
}
