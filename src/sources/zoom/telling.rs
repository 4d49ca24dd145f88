//! How the people of an occurrence are told: one event each, and what an earlier telling said otherwise is
//! taken back.

use std::collections::BTreeSet;

use crate::model::{Attendance, Body, Event, Millis, RETRACTED};
use crate::sources::Sink;
use crate::sources::collected::Collected;
use crate::sources::presence::people::Attendee;
use crate::sources::presence::stays::Bounds;
use crate::sources::presence::{Meeting, event_id};

use super::answer::{self, Past, Stay};
use super::{Zoom, numbers};

/// What an occurrence is called.
pub(super) struct Called {
    /// Its name.
    pub(super) name: String,
    /// No calendar has that name.
    pub(super) is_own: bool,
    /// A calendar should have it, and Zoom does not know when it was planned.
    pub(super) is_unplanned: bool,
}

/// An occurrence that is over.
pub(super) struct Telling<'a> {
    /// Who tells.
    pub(super) zoom: &'a Zoom,
    /// The occurrence, without pauses.
    pub(super) past: &'a Past,
    /// What it is called.
    pub(super) called: &'a Called,
    /// Who was there.
    pub(super) stays: &'a [Stay],
    /// When it was opened, if it was told by names that no calendar has.
    pub(super) own_before: &'a [Millis],
}

/// What is told of an occurrence.
pub(super) struct People {
    meeting: Meeting,
    people: Vec<Attendee>,
    /// Names that their devices showed, and that nobody is known by.
    shown: BTreeSet<String>,
    hidden: u64,
    told: Collected,
    /// The events.
    pub(super) events: Vec<Event>,
}

impl Telling<'_> {
    /// The write-up, empty where none is known, and what is to be told.
    pub(super) fn people(&self) -> (String, People) {
        let Past {
            topic, start, end, ..
        } = self.past;
        let desk = &self.zoom.desk;
        let bounds = Bounds {
            start: Some(*start),
            end: *end,
        };
        let meeting = desk.occurrence(self.called.name.clone(), topic, *start, bounds);
        let (people, shown) = answer::people(self.stays);
        let mut told = Collected::default();
        let (_, hidden) = desk.tell(&meeting, &people, &mut told);
        let mut events = std::mem::take(&mut told.events);
        if self.called.is_own && !events.is_empty() {
            events.extend(numbers::held(desk, &self.past.number, &meeting));
        }
        let subject = meeting.subject.clone();
        let people = People {
            meeting,
            people,
            shown,
            hidden,
            told,
            events,
        };
        (subject, people)
    }

    /// Tells them. Says how many were left out who may have been people.
    pub(super) fn tell(&self, people: People, is_again: bool, sink: &mut dyn Sink) -> u64 {
        let waiting = self.stays.iter().filter(|stay| stay.waits);
        for _ in waiting {
            sink.left_out("waiting room");
        }
        for (reason, count) in &people.told.left_out {
            for _ in 0..*count {
                sink.left_out(reason);
            }
        }
        let at = people.meeting.at;
        let all = &people.people;
        // An earlier report may have known somebody by the name of a device alone.
        if is_again {
            for name in &people.shown {
                sink.event(self.taken_back(&people.meeting.id, name, at));
            }
        }
        // Under the calendar's name it is not told under its own any more.
        for start in self.own_before.iter().filter(|_| !self.called.is_own) {
            let own = numbers::own(&self.zoom.desk, &self.past.number, *start);
            for one in all {
                sink.event(self.taken_back(&own, &one.key, at));
            }
        }
        for event in people.events {
            sink.event(event);
        }
        people.hidden
    }

    /// That nobody was at a meeting under this name.
    fn taken_back(&self, meeting: &str, person: &str, at: Millis) -> Event {
        let desk = &self.zoom.desk;
        let source = desk.setting.source.as_str();
        let subject = format!("{source}{RETRACTED}");
        Event {
            source: source.into(),
            id: event_id(meeting, person),
            version: desk.version(&subject),
            subject,
            time: at,
            body: Body::Attendance(Box::new(Attendance {
                meeting: meeting.to_owned(),
                person: None,
                team: None,
                role: None,
                partstat: None,
                role_stated: false,
                via: None,
                meeting_ms: None,
                attended: None,
                present_ms: None,
                spoke_ms: None,
                mandatory: false,
                stay: None,
            })),
        }
    }
}
