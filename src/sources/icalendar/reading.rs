//! From the bytes of a calendar to what is planned: the occurrences that are wanted, each with the people
//! whom it expects. Files and what is asked over the network are read by this alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use calcard::icalendar::{ICalendar, ICalendarComponentType};
use chrono::NaiveDate;
use regex::Regex;

use super::calendars::{self, decoded, is_answer, method, parse};
use super::expand::{Occurrence, cancelled, occurrences, original, starts};
use super::lists::{Given, Lists};
use super::occasion::{Broken, Except, Occasion};
use super::people::{self, Expected, Invitation};
use super::zones::{Local, Zones};
use crate::model::Occurrence::Named;
use crate::model::{Body, Calendar, Event, Meeting, Millis, Venue, parse_rfc3339, to_rfc3339};
use crate::sources::collected::Collected;
use crate::sources::links::Finder;
use crate::sources::{Problem, Setting, Sink, SourceError, venue};

/// Why an event is left out that [`Reading::wants`] does not take.
pub(in crate::sources) const UNWANTED: &str = "neither title, category, link nor key fits";

/// The occurrences of one series that are taken.
pub(super) const MOST: usize = 2_000;

/// What is taken of a calendar, as the configuration has it.
#[derive(Default)]
pub(in crate::sources) struct Choice {
    /// Patterns of titles and categories; every event where there are none.
    pub(in crate::sources) matching: Vec<String>,
    /// What an incident key looks like.
    pub(in crate::sources) key: Option<String>,
    /// The write-up of events that mention none.
    pub(in crate::sources) writeup: Option<String>,
    /// The first day.
    pub(in crate::sources) from: Option<String>,
    /// The day after the last.
    pub(in crate::sources) to: Option<String>,
    /// The members of groups that are invited.
    pub(in crate::sources) lists: Given,
}

/// Which occurrences are taken, by their starts.
#[derive(Clone, Copy, Default)]
pub(in crate::sources) struct Window {
    pub(in crate::sources) from: Millis,
    pub(in crate::sources) to: Millis,
    /// Until when it is looked for what comes after `to`.
    pub(in crate::sources) beyond: Millis,
}

/// Reads calendars for one source.
pub(in crate::sources) struct Reading {
    matching: Vec<Regex>,
    key: Option<Regex>,
    writeup: Option<String>,
    /// The bounds that the configuration gives.
    pub(in crate::sources) from: Option<Millis>,
    pub(in crate::sources) to: Option<Millis>,
    /// The members of groups.
    pub(in crate::sources) lists: Lists,
    finder: Finder,
    /// Write-ups by name, see [`Setting::names`].
    names: HashMap<String, String>,
    pub(in crate::sources) setting: Setting,
}

/// An occurrence as its calendar states it, found in a file or told by a calendar that works out the
/// occurrences of a series itself.
pub(in crate::sources) struct Stated<'a> {
    pub(in crate::sources) uid: &'a str,
    /// Of a series: the start that it gave this occurrence.
    pub(in crate::sources) original: Option<Millis>,
    pub(in crate::sources) at: Millis,
    pub(in crate::sources) length_ms: Option<u64>,
    pub(in crate::sources) sequence: i64,
    pub(in crate::sources) stamped: Millis,
    /// Texts in which a write-up may be named, the most telling first.
    pub(in crate::sources) texts: &'a [String],
    pub(in crate::sources) invitations: &'a [Invitation],
}

impl Stated<'_> {
    /// The id of the meeting.
    pub(in crate::sources) fn meeting(&self) -> String {
        match self.original {
            Some(original) => of_series(self.uid, original),
            None => self.uid.to_owned(),
        }
    }
}

/// The id of an occurrence of a series, by the start that the series gave it.
fn of_series(uid: &str, original: Millis) -> String {
    format!("{uid}/{}", to_rfc3339(original))
}

/// An occurrence that is wanted.
pub(in crate::sources) struct Plan {
    pub(in crate::sources) uid: String,
    /// The UID, and of a series the start that it gave this occurrence.
    pub(in crate::sources) meeting: String,
    pub(in crate::sources) subject: String,
    pub(in crate::sources) at: Millis,
    pub(in crate::sources) length_ms: Option<u64>,
    pub(in crate::sources) sequence: i64,
    pub(in crate::sources) stamped: Millis,
    pub(in crate::sources) people: Vec<Expected>,
    /// Where it is held by video, if its texts tell.
    pub(in crate::sources) venue: Option<String>,
}

impl Plan {
    /// Whether it names anybody who was invited, beside who leads it.
    pub(in crate::sources) fn names_guests(&self) -> bool {
        let mut people = self.people.iter();
        people.any(|one| one.person.is_some() && one.role != "CHAIR")
    }

    /// What tells where it will be held.
    pub(in crate::sources) fn venue(&self, head: (&str, String, u32)) -> Option<Event> {
        let (source, id, version) = head;
        let venue = Venue::new(self.venue.clone()?, true);
        Some(Event {
            source: source.into(),
            id,
            subject: String::new(),
            time: self.at,
            version,
            body: Body::Meeting(Meeting {
                venue: Some(venue),
                ..Meeting::new(Named(self.meeting.clone()))
            }),
        })
    }
}

/// What a calendar holds beside its plans.
#[derive(Default)]
pub(in crate::sources) struct Held {
    /// Every UID.
    pub(in crate::sources) uids: BTreeSet<String>,
    /// Those of which the series or the meeting itself is there, and not only changed occurrences.
    pub(in crate::sources) whole: BTreeSet<String>,
    /// The start of the earliest single event: so far back the calendar goes. How long ago a series began
    /// says nothing of that.
    pub(in crate::sources) reaches: Option<Millis>,
    /// When the first wanted occurrence after the window starts.
    pub(in crate::sources) next: Option<Millis>,
    /// Meetings and series of which something is wanted, whenever it is.
    pub(in crate::sources) wanted: u64,
    /// Occurrences that it says are cancelled, with the people whom it still names.
    pub(in crate::sources) cancelled: Vec<Plan>,
    /// Occurrences of series that were called off one by one.
    pub(in crate::sources) off: Off,
}

/// Occurrences of series that a calendar calls off one by one: cancelled, or excluded (EXDATE).
#[derive(Default)]
pub(in crate::sources) struct Off {
    /// The ids of their meetings.
    pub(in crate::sources) meetings: BTreeSet<String>,
    /// Whole days of a series, by its UID.
    pub(in crate::sources) days: Vec<(String, std::ops::Range<Millis>)>,
}

impl Off {
    fn read(&mut self, uid: &str, versions: &Versions<'_>, until: Millis) {
        let single = |change: &&&Occasion<'_>| change.cancelled && !change.and_following;
        let mut changes = versions.changes.iter().filter(single).peekable();
        let series = versions.series.filter(|_| changes.peek().is_some());
        let all = series.map_or_else(BTreeMap::new, |series| starts(series, until).0);
        let cancelled = changes.filter_map(|change| original(change, versions.series, &all));
        let cancelled = cancelled.map(|original| of_series(uid, original));
        self.meetings.extend(cancelled);
        for except in versions.series.iter().flat_map(|series| &series.except) {
            match except {
                Except::At(at) => _ = self.meetings.insert(of_series(uid, *at)),
                Except::Day(from, to) => self.days.push((uid.to_owned(), *from..*to)),
            }
        }
    }
}

impl Held {
    fn comes(&mut self, at: Millis) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}

/// Takes what is planned.
pub(in crate::sources) type Take<'t> = &'t mut dyn FnMut(Plan, &mut dyn Sink);

impl Reading {
    /// Reads what is chosen.
    pub(in crate::sources) fn new(
        choice: Choice,
        setting: &Setting,
    ) -> Result<Reading, SourceError> {
        let regex = |name: &str, pattern: &str| {
            Regex::new(pattern)
                .map_err(|error| SourceError::Params(format!("{name}: {pattern:?}: {error}")))
        };
        let date = |name: &str, text: Option<&str>| {
            let day = |text: &str| {
                let day = text.parse::<NaiveDate>().ok()?;
                Some(Calendar::new(setting.timezone).midnight(day))
            };
            let read = |text: &str| {
                parse_rfc3339(text).or_else(|| day(text)).ok_or_else(|| {
                    SourceError::Params(format!(
                        "{name}: {text:?} is no date such as \"2025-03-04\""
                    ))
                })
            };
            text.map(read).transpose()
        };
        let matching = choice.matching.iter();
        let matching: Result<Vec<Regex>, SourceError> =
            matching.map(|pattern| regex("match", pattern)).collect();
        let key = choice.key.as_deref();
        Ok(Reading {
            matching: matching?,
            key: key.map(|pattern| regex("key", pattern)).transpose()?,
            writeup: choice.writeup,
            from: date("from", choice.from.as_deref())?,
            to: date("to", choice.to.as_deref())?,
            lists: Lists::new(&choice.lists)?,
            finder: Finder::new(&setting.writeups),
            names: setting.names(),
            setting: setting.clone(),
        })
    }

    /// Reads a calendar. What is wrong with its form is an error or a note: as `is_strict` says, for one
    /// that is cut off would seem to have lost the rest.
    pub(in crate::sources) fn read(
        &self,
        (name, bytes): (&str, &[u8]),
        is_strict: bool,
        window: Window,
        take: Take<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Held, String> {
        let (calendars, problems) = parse(&decoded(bytes));
        if calendars.is_empty() && (is_strict || !bytes.is_empty()) {
            return Err(
                "holds no whole calendar; it should begin with BEGIN:VCALENDAR and end with END:VCALENDAR"
                    .to_owned(),
            );
        }
        if let Some(reason) = problems.iter().find(|one| calendars::is_loss(one))
            && is_strict
        {
            return Err((*reason).to_owned());
        }
        for reason in problems {
            sink.note(format!("{name}: {reason}"));
        }
        let zones: Vec<Zones<'_>> = calendars
            .iter()
            .map(|calendar| Zones::new(calendar, self.setting.timezone))
            .collect();
        let occasions = read_events(&calendars, &zones, sink);
        let doubts: BTreeSet<&str> = occasions
            .iter()
            .filter_map(|occasion| occasion.zone_doubt.as_deref())
            .collect();
        for doubt in doubts {
            sink.note(format!("{name}: {doubt}"));
        }
        let mut held = Held {
            uids: occasions.iter().map(|one| one.uid.clone()).collect(),
            reaches: occasions.iter().filter_map(Occasion::single).min(),
            ..Held::default()
        };
        for (uid, versions) in by_uid(&occasions) {
            if versions.series.is_some() {
                held.whole.insert(uid.to_owned());
            }
            held.off.read(uid, &versions, window.to);
            let mut all = versions.series.iter().chain(&versions.changes);
            held.wanted += u64::from(all.any(|occasion| self.is_wanted(occasion)));
            self.meeting(name, &versions, (window, &mut held, &mut *take), sink);
        }
        Ok(held)
    }

    /// Whether an event with this title and these categories is taken: because one of them fits, or because
    /// its texts name a write-up, by an address or an incident key.
    pub(in crate::sources) fn wants(
        &self,
        title: &str,
        categories: &[String],
        texts: &[String],
    ) -> bool {
        let fits = |text: &str| self.matching.iter().any(|pattern| pattern.is_match(text));
        self.matching.is_empty()
            || fits(title)
            || categories.iter().any(|one| fits(one))
            || self.mentioned(texts).is_some()
    }

    /// The write-up that texts name: a registered one, or an incident key.
    fn mentioned(&self, texts: &[String]) -> Option<String> {
        let texts = || texts.iter().map(String::as_str);
        let by_key = || {
            let key = self.key.as_ref()?;
            let found = texts().find_map(|text| key.captures(text))?;
            let found = found.get(1).or_else(|| found.get(0))?;
            Some(found.as_str().to_owned())
        };
        let registered = self.finder.first(texts());
        let registered = registered.map(|writeup| self.setting.writeups[writeup].id.clone());
        registered.or_else(by_key)
    }

    /// The write-up that was reviewed, as far as the event's texts or the parameters tell; nothing where
    /// they don't. The meeting's id can hold names and is no subject; it, or the UID of its series, finds
    /// the write-up that has it for an alias.
    pub(in crate::sources) fn subject(
        &self,
        texts: &[String],
        (uid, meeting): (&str, &str),
    ) -> String {
        let by_alias = || {
            let named = self.names.get(meeting);
            named.or_else(|| self.names.get(uid)).cloned()
        };
        self.mentioned(texts)
            .or_else(|| self.writeup.clone())
            .or_else(by_alias)
            .unwrap_or_default()
    }
}

/// A series or a single meeting, with its changed occurrences, each in its newest version.
pub(super) struct Versions<'a> {
    pub(super) series: Option<&'a Occasion<'a>>,
    pub(super) changes: Vec<&'a Occasion<'a>>,
}

impl Versions<'_> {
    /// Whether it may have more occurrences than those that were looked at.
    fn goes_on(&self) -> bool {
        self.series.is_some_and(|series| !series.rules.is_empty())
    }
}

impl Reading {
    fn meeting(
        &self,
        name: &str,
        versions: &Versions<'_>,
        (window, held, take): (Window, &mut Held, Take<'_>),
        sink: &mut dyn Sink,
    ) {
        let all = || versions.series.iter().chain(&versions.changes);
        for _ in all().filter(|occasion| occasion.cancelled) {
            sink.left_out("cancelled");
        }
        if all().any(|occasion| occasion.cancelled) {
            let gone = cancelled(versions.series, &versions.changes, window.to);
            let gone = gone.iter().take(MOST);
            let is_in = |one: &&Occurrence<'_>| (window.from..window.to).contains(&one.at);
            // Nobody who is left out of these is left out once more.
            let plan = |one| self.plan(one, &mut Collected::default());
            held.cancelled.extend(gone.filter(is_in).map(plan));
        }
        if versions.series.is_some_and(|series| series.cancelled) {
            return;
        }
        let (found, complete) = occurrences(versions.series, &versions.changes, window.beyond);
        if !complete {
            sink.note(format!(
                "{name}: the RRULE of a series breaks RFC 5545, or counts by another calendar than the \
                 Gregorian (RSCALE, SKIP); only its occurrences named by date are read"
            ));
        }
        let is_next = |at: Millis| window.to < window.beyond && at >= window.to;
        let mut taken = 0;
        for occurrence in &found {
            let is_wanted = self.is_wanted(occurrence.of);
            if is_next(occurrence.at) {
                if is_wanted {
                    held.comes(occurrence.at);
                }
            } else if !(window.from..window.to).contains(&occurrence.at) {
                sink.left_out("outside from and to");
            } else if !is_wanted {
                sink.left_out(UNWANTED);
            } else if taken == MOST {
                sink.note(format!(
                    "{name}: a series has more than {MOST} occurrences; the first are taken"
                ));
                break;
            } else {
                taken += 1;
                take(self.plan(occurrence, sink), sink);
            }
        }
        // What lies beyond is looked for another time.
        if is_next(window.to) && versions.goes_on() {
            held.comes(window.beyond);
        }
    }

    fn is_wanted(&self, occasion: &Occasion<'_>) -> bool {
        self.wants(&occasion.summary, &occasion.categories, &occasion.texts)
    }

    fn plan(&self, occurrence: &Occurrence<'_>, sink: &mut dyn Sink) -> Plan {
        let occasion = occurrence.of;
        let stated = Stated {
            uid: &occasion.uid,
            original: occurrence.original,
            at: occurrence.at,
            length_ms: occurrence.length_ms,
            sequence: occasion.sequence,
            stamped: occasion.stamped,
            texts: &occasion.texts,
            invitations: &occasion.invitations,
        };
        self.planned(&stated, sink)
    }

    /// What is planned of an occurrence that somebody states.
    pub(in crate::sources) fn planned(&self, stated: &Stated<'_>, sink: &mut dyn Sink) -> Plan {
        let meeting = stated.meeting();
        let invitations = self.lists.expanded(stated.invitations);
        let people = people::expected(&invitations, |reason| sink.left_out(reason));
        people::look(&people, sink);
        Plan {
            uid: stated.uid.to_owned(),
            subject: self.subject(stated.texts, (stated.uid, &meeting)),
            meeting,
            at: stated.at,
            length_ms: stated.length_ms,
            sequence: stated.sequence,
            stamped: stated.stamped,
            people,
            venue: venue::of(stated.texts),
        }
    }
}

pub(super) fn read_events<'a>(
    calendars: &[ICalendar],
    zones: &'a [Zones<'_>],
    sink: &mut dyn Sink,
) -> Vec<Occasion<'a>> {
    let mut occasions = Vec::new();
    let mut number = 0;
    for (calendar, zones) in calendars.iter().zip(zones) {
        let method = method(calendar);
        for component in &calendar.components {
            if component.component_type != ICalendarComponentType::VEvent {
                continue;
            }
            number += 1;
            if method.is_some_and(is_answer) {
                sink.left_out("an answer to an invitation");
                continue;
            }
            match Occasion::read(component, zones, method) {
                Ok(occasion) => occasions.push(occasion),
                Err(Broken { property, value }) => sink.problem(Problem {
                    place: format!("event {number}"),
                    field: property.to_owned(),
                    reason: match value {
                        Some(value) => {
                            format!("{value} is no time; valid is such as 20250304T140000Z")
                        }
                        None => "is missing; valid is a time such as 20250304T140000Z".to_owned(),
                    },
                }),
            }
        }
    }
    occasions
}

/// The occasions by UID, in the order of the file, the newest version of each.
pub(super) fn by_uid<'a>(occasions: &'a [Occasion<'a>]) -> Vec<(&'a str, Versions<'a>)> {
    let mut order: Vec<&str> = Vec::new();
    let mut newest: HashMap<&str, Vec<&'a Occasion<'a>>> = HashMap::new();
    for occasion in occasions {
        let versions = newest.entry(&occasion.uid).or_insert_with(|| {
            order.push(&occasion.uid);
            Vec::new()
        });
        let which = |occasion: &Occasion<'_>| occasion.recurrence.map(Local::at);
        match versions
            .iter_mut()
            .find(|known| which(known) == which(occasion))
        {
            Some(known) if occasion.age() >= known.age() => *known = occasion,
            Some(_) => {}
            None => versions.push(occasion),
        }
    }
    let split = |uid: &'a str| {
        let (series, changes): (Vec<_>, Vec<_>) = newest
            .remove(uid)
            .unwrap_or_default()
            .into_iter()
            .partition(|one| one.recurrence.is_none());
        let series = series.into_iter().next();
        (uid, Versions { series, changes })
    };
    order.into_iter().map(split).collect()
}
