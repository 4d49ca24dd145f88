//! One pull of calendars of Exchange Online: calendar by calendar what changed since the last time.
//!
//! What Graph says of changes is taken for a hint. An occurrence stands there with its times alone, and one
//! that was deleted is not told of at all; so a series of which anything changed is asked for whole, and
//! what of it was told before and is not there any more is taken back.
//!
//! A link to changes keeps the stretch of time that it was asked with. It is asked with more than is wanted
//! (by three months), what comes after the window waits until it is its turn, and when the window reaches the
//! end of the stretch, all is listed anew. So it is when the server knows its link no more, or the source is
//! set up in another way; what was told stays known, and what is not listed any more is taken back.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::Calendars;
use super::groups::Groups;
use super::state::{Checkpoint, Known, Owner, Stand, changes, is_whole, kept, owners};
use super::subscribe;
use crate::model::Millis;
use crate::sources::forge::{Stop, concluded, is_too_early, refusal, remembered, written};
use crate::sources::icalendar::memory::{Telling, choice, hashed, setup, window};
use crate::sources::icalendar::people;
use crate::sources::icalendar::reading::{Plan, Reading, UNWANTED, Window};
use crate::sources::microsoft::calendar::{Found, Next, Site};
use crate::sources::microsoft::event::{Broken, Event};
use crate::sources::microsoft::{Place, graph::Graph};
use crate::sources::{Sink, SourceError, venue};

/// A pull under way.
struct Run<'a> {
    reading: &'a Reading,
    window: Window,
    telling: Telling<'a>,
    sink: &'a mut dyn Sink,
    stands: &'a mut BTreeMap<String, Stand>,
    /// In which entries a UID stands.
    owners: HashMap<String, BTreeSet<Owner>>,
    /// Entries that this pull read.
    read: HashSet<Owner>,
    /// UIDs of which something may be gone.
    touched: BTreeSet<String>,
    groups: Option<Groups>,
    got: bool,
}

/// Pulls the calendars once.
pub(super) fn pull(
    calendars: &Calendars,
    checkpoint: Option<&str>,
    now: Millis,
    sink: &mut dyn Sink,
) -> Result<String, SourceError> {
    let mut state: Checkpoint = remembered(checkpoint, sink);
    if is_too_early(state.not_before.take(), now, "Microsoft Graph", sink) {
        return Ok(checkpoint.unwrap_or_default().to_owned());
    }
    let reading = &calendars.reading;
    let setup = setup(&reading.setting, &calendars.params);
    if std::mem::replace(&mut state.setup, setup.clone()) != setup {
        // All is read as if it was new; what was told stays known.
        state
            .calendars
            .values_mut()
            .for_each(|stand| stand.link = None);
    }
    let window = window(reading, now);
    let key = calendars.signin.known_by();
    let owners = owners(&state.calendars);
    let choice = choice(&reading.setting, &calendars.params);
    let is_chosen_anew = !state.choice.is_empty() && state.choice != choice;
    let telling = Telling::new(&mut state.memory, &reading.setting, &key, (now, window));
    let mut run = Run {
        reading,
        window,
        telling: telling.keeping_past(is_chosen_anew),
        sink,
        owners,
        stands: &mut state.calendars,
        read: HashSet::new(),
        touched: BTreeSet::new(),
        groups: calendars.expands.then(Groups::default),
        got: false,
    };
    let mut subscriptions = state.subscriptions;
    let ended = match calendars.signin.graph(now, false) {
        Ok(graph) => {
            let mut site = Site::new(graph);
            let ended = run.all(&mut site, &calendars.places);
            if let (Ok(()), Some(subscriber)) = (&ended, &calendars.subscriber) {
                subscribe::all(
                    subscriber,
                    &mut site,
                    &calendars.places,
                    (&mut subscriptions, now),
                    run.sink,
                );
            }
            ended
        }
        Err(stop) => Err(stop),
    };
    run.settle();
    match &ended {
        Ok(()) => {
            run.telling.is_read(run.sink);
            state.choice = choice;
        }
        Err(Stop::Refused(..)) => {}
        // The next one goes on in the same way.
        Err(_) => run.telling.is_cut_off(),
    }
    state.refused = refusal(&ended);
    let ended = concluded(ended, run.got, run.sink);
    state.subscriptions = subscriptions;
    state.not_before = ended?;
    written(&state)
}

impl Run<'_> {
    fn all(&mut self, site: &mut Site, places: &[Place]) -> Result<(), Stop> {
        let mut refused = Ok(());
        for place in places {
            match self.calendar(site, place) {
                // The others may be read all the same.
                Err(stop @ Stop::Refused(..)) if refused.is_ok() => refused = Err(stop),
                Ok(()) | Err(Stop::Refused(..)) => {}
                Err(stop) => return Err(stop),
            }
        }
        let wanted: BTreeSet<String> = places.iter().map(|place| hashed(&place.key())).collect();
        let left: Vec<String> = self
            .stands
            .keys()
            .filter(|one| !wanted.contains(*one))
            .cloned()
            .collect();
        for calendar in left {
            self.drop_calendar(&calendar);
        }
        refused
    }

    /// A calendar that is not asked any more says nothing.
    fn drop_calendar(&mut self, calendar: &str) {
        let stand = self.stands.remove(calendar).unwrap_or_default();
        for (entry, known) in stand.entries {
            self.left(&(calendar.to_owned(), entry), &known.uids);
        }
    }

    fn calendar(&mut self, site: &mut Site, place: &Place) -> Result<(), Stop> {
        let calendar = hashed(&place.key());
        let found = site.find(place, false)?;
        let mut at = self.begun(&calendar);
        let mut is_new = at.is_none();
        loop {
            let stretch = self.stand(&calendar).stretch;
            let Some(part) = site.part(&found, at.as_deref(), stretch)? else {
                if std::mem::replace(&mut is_new, true) {
                    return Err(site.lost());
                }
                self.begin(&calendar);
                at = None;
                continue;
            };
            self.got = true;
            self.part(site, &found, &calendar, &part.items)?;
            match part.next {
                Next::Part(link) => {
                    self.stand(&calendar).link = kept(&link);
                    at = Some(link);
                }
                Next::Changes(link) => {
                    if let Err(reason) = self.ended(&calendar) {
                        // All is to be listed once more.
                        self.stand(&calendar).link = None;
                        return Err(site.graph.refused(&reason));
                    }
                    self.stand(&calendar).link = kept(&link);
                    break;
                }
            }
        }
        self.due(site, &found, &calendar)
    }

    /// Where the calendar is gone on with; from its beginning where that is not known.
    fn begun(&mut self, calendar: &str) -> Option<String> {
        let (from, to) = (self.window.from, self.window.to);
        let stand = self.stand(calendar);
        // A window that was set farther back is another set-up, and begins anew.
        let fits = stand.stretch.0 <= from && stand.stretch.1 >= to;
        let link = stand.link.take().filter(|_| fits);
        match link {
            Some(link) => {
                self.stand(calendar).link = Some(link.clone());
                Some(link)
            }
            None => {
                self.begin(calendar);
                None
            }
        }
    }

    /// All of it is to be listed.
    fn begin(&mut self, calendar: &str) {
        let (window, end) = (self.window, self.reading.to);
        self.stand(calendar).begin(window, end);
    }

    /// All was listed, or all that changed.
    ///
    /// # Errors
    /// All was listed, and lacks so much that it is not believed yet.
    fn ended(&mut self, calendar: &str) -> Result<(), String> {
        let stand = self.stands.entry(calendar.to_owned()).or_default();
        let Some(listed) = stand.listed.take() else {
            return Ok(());
        };
        let known = stand.entries.keys();
        let gone: Vec<String> = known
            .filter(|one| !listed.contains(*one))
            .cloned()
            .collect();
        let uids = |known: &Known| known.uids.clone();
        let told: BTreeSet<String> = stand.entries.values().flat_map(uids).collect();
        let lacked = gone.iter().filter_map(|entry| stand.entries.get(entry));
        let lacked: BTreeSet<String> = lacked.flat_map(uids).collect();
        let telling = &self.telling;
        let told = telling.count(|one| told.contains(one.uid));
        let lacked = telling.count(|one| lacked.contains(one.uid) && !telling.may_stay(one));
        stand.doubt.weigh((lacked, told), self.sink)?;
        for entry in gone {
            self.gone(calendar, &entry);
        }
        Ok(())
    }

    fn stand(&mut self, calendar: &str) -> &mut Stand {
        self.stands.entry(calendar.to_owned()).or_default()
    }

    /// Reads what a part of the list, or of the changes, speaks of.
    fn part(
        &mut self,
        site: &mut Site,
        found: &Found,
        calendar: &str,
        items: &[Value],
    ) -> Result<(), Stop> {
        for (id, change) in &changes(items) {
            let entry = hashed(id);
            if change.is_gone {
                self.removed(site, found, calendar, &entry)?;
                continue;
            }
            if let Some(listed) = &mut self.stand(calendar).listed {
                listed.insert(entry.clone());
            }
            let is_known = self.stand(calendar).entries.contains_key(&entry);
            if change.is_series {
                if is_known || change.may_be_wanted(self.reading) {
                    self.series(site, found, calendar, id)?;
                }
                continue;
            }
            match change.whole {
                Some(whole) if is_whole(whole) => {
                    self.take(
                        site,
                        (calendar, &entry, id),
                        false,
                        std::slice::from_ref(whole),
                    )?;
                }
                _ => self.single(site, found, calendar, id)?,
            }
        }
        Ok(())
    }

    /// Something is there no more: an entry, or an occurrence of one.
    fn removed(
        &mut self,
        site: &mut Site,
        found: &Found,
        calendar: &str,
        entry: &str,
    ) -> Result<(), Stop> {
        let entries = &self.stand(calendar).entries;
        if entries.contains_key(entry) {
            self.gone(calendar, entry);
            return Ok(());
        }
        let mut series = entries.values().filter(|known| known.parts.contains(entry));
        match series.next().map(|known| known.id.clone()) {
            Some(id) => self.series(site, found, calendar, &id),
            None => Ok(()),
        }
    }

    /// Reads again what comes into the window now, and what another calendar has said something of.
    fn due(&mut self, site: &mut Site, found: &Found, calendar: &str) -> Result<(), Stop> {
        let to = self.window.to;
        let entries = &self.stand(calendar).entries;
        let due = entries
            .values()
            .filter(|known| known.is_due || known.next.is_some_and(|next| next < to));
        let due: Vec<(String, bool)> = due
            .map(|known| (known.id.clone(), known.is_series))
            .collect();
        for (id, is_series) in due {
            match is_series {
                true => self.series(site, found, calendar, &id)?,
                false => self.single(site, found, calendar, &id)?,
            }
        }
        Ok(())
    }

    fn series(
        &mut self,
        site: &mut Site,
        found: &Found,
        calendar: &str,
        id: &str,
    ) -> Result<(), Stop> {
        let entry = hashed(id);
        if self.read.contains(&(calendar.to_owned(), entry.clone())) {
            return Ok(());
        }
        let stretch = (self.window.from, self.stand(calendar).stretch.1);
        match site.occurrences(found, id, stretch)? {
            Some(all) => self.take(site, (calendar, &entry, id), true, &all),
            None => {
                self.gone(calendar, &entry);
                Ok(())
            }
        }
    }

    fn single(
        &mut self,
        site: &mut Site,
        found: &Found,
        calendar: &str,
        id: &str,
    ) -> Result<(), Stop> {
        let entry = hashed(id);
        if self.read.contains(&(calendar.to_owned(), entry.clone())) {
            return Ok(());
        }
        match site.event(found, id)? {
            Some(event) => self.take(
                site,
                (calendar, &entry, id),
                false,
                std::slice::from_ref(&event),
            ),
            None => {
                self.gone(calendar, &entry);
                Ok(())
            }
        }
    }

    /// Takes what is there now of a meeting or series.
    fn take(
        &mut self,
        site: &mut Site,
        (calendar, entry, id): (&str, &str, &str),
        is_series: bool,
        values: &[Value],
    ) -> Result<(), Stop> {
        let mut events = Vec::new();
        let mut is_complete = true;
        for value in values {
            match Event::read(value, &self.reading.setting) {
                Ok(event) => events.push(event),
                Err(Broken(field)) => {
                    is_complete = false;
                    self.sink.note(format!(
                        "an event whose {field} is missing or not understood is not read, and stays as it was \
                         told before"
                    ));
                }
            }
        }
        let owner = (calendar.to_owned(), entry.to_owned());
        let reading = self.reading;
        let wants = |event: &Event| reading.wants(&event.title, &event.categories, &event.texts);
        let is_wanted = events.iter().any(wants);
        let before = self.stand(calendar).entries.remove(entry);
        if !is_wanted && is_complete && before.is_none() {
            events.iter().for_each(|_| self.sink.left_out(UNWANTED));
            return Ok(());
        }
        let before = before.unwrap_or_default();
        let mut known = Known {
            id: id.to_owned(),
            is_series,
            is_own: events.iter().any(|event| event.is_own),
            uids: events.iter().map(|event| hashed(&event.uid)).collect(),
            ..Known::default()
        };
        if is_series {
            known.parts = events.iter().map(|event| hashed(&event.id)).collect();
        }
        for uid in &known.uids {
            let owners = self.owners.entry(uid.clone()).or_default();
            owners.insert(owner.clone());
        }
        if is_complete {
            self.read.insert(owner.clone());
        }
        self.touched
            .extend(known.uids.iter().chain(&before.uids).cloned());
        let left = before.uids.difference(&known.uids).cloned().collect();
        self.stand(calendar)
            .entries
            .insert(entry.to_owned(), known.clone());
        self.left(&owner, &left);
        let goes_on = is_series && events.iter().any(|event| !event.is_cancelled);
        let is_silent = !known.is_own && known.uids.iter().any(|uid| self.has_own(uid));
        for event in events {
            let wanted = wants(&event);
            let is_next = event.at >= self.window.to && self.window.to < self.window.beyond;
            if event.is_cancelled {
                if goes_on {
                    self.telling.calls_off(&event.meeting());
                }
                self.sink.left_out("cancelled");
            } else if event.is_draft {
                self.sink.left_out("draft that was not sent");
            } else if is_next {
                if wanted {
                    known.next = Some(known.next.map_or(event.at, |next| next.min(event.at)));
                }
            } else if !(self.window.from..self.window.to).contains(&event.at) {
                self.sink.left_out("outside from and to");
            } else if !wanted {
                self.sink.left_out(UNWANTED);
            } else if !is_silent {
                let plan = self.plan(event, &mut site.graph)?;
                self.telling.tell(plan, self.sink);
            }
        }
        self.stand(calendar).entries.insert(entry.to_owned(), known);
        Ok(())
    }

    fn plan(&mut self, mut event: Event, graph: &mut Graph) -> Result<Plan, Stop> {
        if let Some(groups) = &mut self.groups {
            groups.expand(&mut event.invitations, graph)?;
        }
        let people = people::expected(&event.invitations, |reason| self.sink.left_out(reason));
        people::look(&people, self.sink);
        let meeting = event.meeting();
        Ok(Plan {
            subject: self.reading.subject(&event.texts, (&event.uid, &meeting)),
            meeting,
            at: event.at,
            length_ms: event.length_ms,
            // Pulls count by their time.
            sequence: 0,
            stamped: 0,
            people,
            venue: venue::of(&event.texts),
            uid: event.uid,
        })
    }

    /// Whether an entry is the organiser's copy.
    fn is_own(&self, (calendar, entry): &Owner) -> bool {
        let stand = self.stands.get(calendar);
        let known = stand.and_then(|stand| stand.entries.get(entry));
        known.is_some_and(|known| known.is_own)
    }

    /// Whether the organiser's own copy of a meeting is among what is read.
    fn has_own(&self, uid: &str) -> bool {
        let mut owners = self.owners.get(uid).into_iter().flatten();
        owners.any(|owner| self.is_own(owner))
    }

    /// Takes back what an entry told that is there no more.
    fn gone(&mut self, calendar: &str, entry: &str) {
        if let Some(known) = self.stand(calendar).entries.remove(entry) {
            self.left(&(calendar.to_owned(), entry.to_owned()), &known.uids);
        }
    }

    /// These UIDs stand no more in this entry.
    fn left(&mut self, owner: &Owner, uids: &BTreeSet<String>) {
        for uid in uids {
            let others = self.owners.entry(uid.clone()).or_default();
            others.remove(owner);
            self.touched.insert(uid.clone());
            // What another one says of it was perhaps told before this one's, and is read again.
            for (calendar, entry) in others.iter() {
                let stand = self.stands.get_mut(calendar);
                if let Some(known) = stand.and_then(|stand| stand.entries.get_mut(entry)) {
                    known.is_due = true;
                }
            }
        }
    }

    /// Takes back what was told of meetings and is there no more. While a meeting stands in several
    /// calendars, the organiser's says what it does not hold; else all of them together do, once all were
    /// read. What of a series is past stays, unless the series goes on without it.
    fn settle(&mut self) {
        let read = |uid: &String| {
            let owners = self.owners.get(uid).into_iter().flatten();
            let mut all = owners.clone();
            let mut own = owners.filter(|owner| self.is_own(owner));
            own.any(|owner| self.read.contains(owner)) || all.all(|owner| self.read.contains(owner))
        };
        let settled: BTreeSet<String> = self
            .touched
            .iter()
            .filter(|uid| read(uid))
            .cloned()
            .collect();
        self.telling.missing_of_read(&settled, self.sink);
    }
}
