//! One pull: calendar by calendar what changed since the last time, by its token; all of it where there is no
//! token or Google knows it no more, and then what is not there any longer is taken back. What comes nearer
//! is asked for by its time, since nothing of it need change. A pull that is cut off goes on at its page.
//!
//! Google says of what is deleted no more than its id. So the id of each occurrence that was told is
//! remembered, as a hash, with what stands for the meeting in the memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Google;
use crate::model::{DAY_MS, Millis, to_rfc3339};
use crate::sources::forge::{
    Blame, Client, Stop, concluded, is_too_early, refusal, remembered, written,
};
use crate::sources::google::Key;
use crate::sources::google::event::{self, ITEMS, Item, Meeting, State, Zones};
use crate::sources::icalendar::doubt::Doubt;
use crate::sources::icalendar::memory::{
    Memory, Telling, choice, hashed, kept, occurrence, setup_of, window,
};
use crate::sources::icalendar::reading::{UNWANTED, Window};
use crate::sources::{Problem, Sink, SourceError};

/// Events of one answer; Google gives no more.
const AT_ONCE: &str = "2500";

/// What an answer about a list holds.
const LIST: &str = "nextPageToken,nextSyncToken,timeZone,accessRole";

/// What a pull hands to the next. Nobody is named in it: ids are hashes.
#[derive(Default, Serialize, Deserialize)]
struct Checkpoint {
    /// Google wants to be left alone until then.
    not_before: Option<Millis>,
    /// What the last pull was refused.
    #[serde(default)]
    refused: Option<String>,
    /// How all was read.
    setup: String,
    /// By which configuration.
    #[serde(default)]
    choice: String,
    calendars: BTreeMap<String, Stand>,
    memory: Memory,
}

/// How far a calendar was read.
#[derive(Default, Serialize, Deserialize)]
struct Stand {
    /// Changes since this are asked for; without it all of it.
    token: Option<String>,
    /// The page at which a list that was cut off goes on.
    page: Option<String>,
    /// From when on all of it is listed, while that lasts.
    since: Millis,
    /// Until when occurrences were told.
    until: Millis,
    /// How often all of it was listed.
    round: u32,
    /// Whether a list that lacks most of what was told is believed.
    #[serde(default)]
    doubt: Doubt,
    /// What was told, by the series or the event that is none, then by the occurrence.
    series: BTreeMap<String, BTreeMap<String, Known>>,
    /// What the list that is read says to be there no more, and, as they are remembered, the ids of what was first
    /// told of it: what it means for a series shows when all of the list is known.
    #[serde(default)]
    parted: Vec<Known>,
    #[serde(default)]
    fresh: BTreeSet<String>,
}

/// An occurrence that was told: its UID and its id as they are remembered, its start, and the round of the
/// list that it was met in last.
#[derive(Clone, Serialize, Deserialize)]
struct Known(String, String, Millis, u32);

/// A pull under way.
struct Run<'a> {
    google: &'a Google,
    client: Client,
    window: Window,
    telling: Telling<'a>,
    sink: &'a mut dyn Sink,
    stands: &'a mut BTreeMap<String, Stand>,
    /// In which calendars an occurrence stands.
    owners: HashMap<String, BTreeSet<String>>,
    /// Meetings of which not all guests are told.
    partial: u64,
    /// Guests whom others bring along.
    guests: u64,
    got: bool,
    /// How often pages were forgotten, by the calendar's place.
    lost: HashMap<usize, u32>,
}

/// So often a calendar may forget its pages within a pull.
const MOST_LOST: u32 = 3;

/// What was answered.
enum Answer {
    Page(Value),
    /// The token or the page is not known any more.
    Forgotten,
}

/// Pulls the calendars once.
pub(super) fn pull(
    google: &Google,
    checkpoint: Option<&str>,
    now: Millis,
    sink: &mut dyn Sink,
) -> Result<String, SourceError> {
    let mut state: Checkpoint = remembered(checkpoint, sink);
    if is_too_early(state.not_before.take(), now, "the calendar", sink) {
        return Ok(checkpoint.unwrap_or_default().to_owned());
    }
    let reading = &google.reading;
    let setup = setup_of(reading, &google.params);
    if std::mem::replace(&mut state.setup, setup.clone()) != setup {
        // All is read as if it was new; what was told stays known.
        state.calendars.values_mut().for_each(Stand::forget);
    }
    let window = window(reading, now);
    let key = google.key.as_ref().map_or("", Key::known_by);
    let choice = choice(&reading.setting, &google.params);
    let is_chosen_anew = !state.choice.is_empty() && state.choice != choice;
    let ended = google.client(now).map(|client| {
        let telling = Telling::new(&mut state.memory, &reading.setting, key, (now, window));
        let mut run = Run {
            google,
            client,
            window,
            telling: telling.keeping_past(is_chosen_anew),
            sink: &mut *sink,
            owners: owners(&state.calendars),
            stands: &mut state.calendars,
            partial: 0,
            guests: 0,
            got: false,
            lost: HashMap::new(),
        };
        let ended = run.all();
        if !matches!(ended, Ok(()) | Err(Stop::Refused(..))) {
            // The next one goes on in the same way.
            run.telling.is_cut_off();
        }
        run.tell();
        (ended, run.got)
    });
    let (ended, got) = match ended {
        Ok(ended) => ended,
        Err(stop) => (Err(stop), false),
    };
    state.refused = refusal(&ended);
    if ended.is_ok() {
        state.choice = choice;
    }
    state.not_before = concluded(ended, got, sink)?;
    written(&state)
}

fn owners(stands: &BTreeMap<String, Stand>) -> HashMap<String, BTreeSet<String>> {
    let mut owners: HashMap<String, BTreeSet<String>> = HashMap::new();
    for (calendar, stand) in stands {
        for known in stand.series.values().flat_map(BTreeMap::values) {
            owners
                .entry(known.1.clone())
                .or_default()
                .insert(calendar.clone());
        }
    }
    owners
}

impl Stand {
    /// All of it is to be listed.
    fn forget(&mut self) {
        self.token = None;
        self.page = None;
    }

    /// What the window left behind stays as it was told.
    fn leaves_behind(&mut self, from: Millis) {
        self.series.retain(|_, series| {
            series.retain(|_, known| known.2 >= from);
            !series.is_empty()
        });
    }
}

impl Run<'_> {
    fn all(&mut self) -> Result<(), Stop> {
        let google = self.google;
        let wanted: BTreeSet<String> = google.calendars.ids().iter().map(|id| hashed(id)).collect();
        self.unwanted(&wanted);
        let mut refused = None;
        for (place, calendar) in google.calendars.ids().iter().enumerate() {
            match self.calendar(place, &hashed(calendar)) {
                // The others are read all the same.
                Err(stop @ Stop::Refused(..)) => refused = refused.or(Some(stop)),
                done => done?,
            }
        }
        self.telling.leaves_behind();
        let from = self.window.from;
        self.stands
            .values_mut()
            .for_each(|stand| stand.leaves_behind(from));
        match refused {
            Some(stop) => Err(stop),
            None => {
                self.telling.is_read(self.sink);
                Ok(())
            }
        }
    }

    fn calendar(&mut self, place: usize, name: &str) -> Result<(), Stop> {
        match self.changes(place, name)? {
            true => self.nearer(place, name),
            false => self.whole(place, name),
        }
    }

    /// Takes back what calendars told that are no longer read.
    fn unwanted(&mut self, wanted: &BTreeSet<String>) {
        let names: Vec<String> = self.stands.keys().cloned().collect();
        for name in names.into_iter().filter(|name| !wanted.contains(name)) {
            let stand = self.stands.remove(&name).unwrap_or_default();
            for known in stand.series.into_values().flat_map(BTreeMap::into_values) {
                self.left(&name, &known);
            }
        }
    }

    fn stand(&mut self, calendar: &str) -> &mut Stand {
        self.stands.entry(calendar.to_owned()).or_default()
    }

    /// Asks for a page of a list.
    fn ask(
        &mut self,
        place: usize,
        query: &[(&str, &str)],
        page: Option<&str>,
    ) -> Result<Answer, Stop> {
        let fields = format!("{LIST},{ITEMS}");
        let mut all = vec![
            ("singleEvents", "true"),
            ("showDeleted", "true"),
            ("maxResults", AT_ONCE),
            ("fields", &fields),
        ];
        all.extend_from_slice(query);
        all.extend(page.map(|page| ("pageToken", page)));
        let is_remembered = page.is_some() || query.iter().any(|(name, _)| *name == "syncToken");
        let calendars = &self.google.calendars;
        match calendars.events(&mut self.client, place, &all) {
            Ok(Some(list)) => {
                self.got = true;
                Ok(Answer::Page(list))
            }
            Ok(None) | Err(Stop::Refused(_, Blame::Question)) if is_remembered => {
                let lost = self.lost.entry(place).or_default();
                *lost += u32::from(page.is_some());
                match *lost > MOST_LOST {
                    true => Err(calendars.endless(place)),
                    false => Ok(Answer::Forgotten),
                }
            }
            Ok(None) => Err(calendars.absent(place)),
            Err(stop) => Err(stop),
        }
    }

    /// Tells what changed. False where Google does not know any more since when, or never did.
    fn changes(&mut self, place: usize, calendar: &str) -> Result<bool, Stop> {
        let stand = self.stand(calendar);
        let Some(token) = stand.token.clone() else {
            return Ok(false);
        };
        let mut page = stand.page.clone();
        loop {
            let query = [("syncToken", token.as_str())];
            match self.ask(place, &query, page.as_deref())? {
                Answer::Page(list) => {
                    self.items(calendar, &list, None);
                    page = text(&list, "nextPageToken");
                    let stand = self.stand(calendar);
                    stand.page = kept(page.as_deref());
                    if page.is_none() {
                        stand.token = kept(text(&list, "nextSyncToken").as_deref());
                        self.settle(calendar);
                        return Ok(true);
                    }
                }
                // The same changes are told again from their first page.
                Answer::Forgotten if page.is_some() => {
                    page = None;
                    self.stand(calendar).page = None;
                }
                Answer::Forgotten => {
                    self.stand(calendar).forget();
                    return Ok(false);
                }
            }
        }
    }

    /// Lists all of it, and takes back what is there no more.
    fn whole(&mut self, place: usize, calendar: &str) -> Result<(), Stop> {
        let window = self.window;
        let stand = self.stand(calendar);
        let mut page = stand.page.clone();
        if page.is_none() {
            // What ends at that very moment is not listed.
            stand.since = window.from.saturating_sub(DAY_MS);
            stand.round = stand.round.wrapping_add(1);
        }
        let since = to_rfc3339(stand.since);
        loop {
            // Without an end: the token from its last page is for changes of all that follows.
            let query = [("timeMin", since.as_str())];
            match self.ask(place, &query, page.as_deref())? {
                Answer::Page(list) => {
                    self.items(calendar, &list, None);
                    page = text(&list, "nextPageToken");
                    self.stand(calendar).page = kept(page.as_deref());
                    if page.is_none() {
                        // Until it is believed there is no token, and all is listed again.
                        self.missing(calendar)
                            .map_err(|reason| self.google.calendars.unlikely(place, &reason))?;
                        let stand = self.stand(calendar);
                        stand.token = kept(text(&list, "nextSyncToken").as_deref());
                        stand.until = window.to;
                        self.settle(calendar);
                        return Ok(());
                    }
                }
                Answer::Forgotten => {
                    page = None;
                    let stand = self.stand(calendar);
                    stand.page = None;
                    stand.round = stand.round.wrapping_add(1);
                }
            }
        }
    }

    /// Tells what begins in the time that the window has come to reach since.
    fn nearer(&mut self, place: usize, calendar: &str) -> Result<(), Stop> {
        let (from, to) = (self.stand(calendar).until, self.window.to);
        if to < from + DAY_MS {
            return Ok(());
        }
        let bounds = (to_rfc3339(from.saturating_sub(DAY_MS)), to_rfc3339(to));
        let mut page = None;
        loop {
            let query = [
                ("timeMin", bounds.0.as_str()),
                ("timeMax", bounds.1.as_str()),
            ];
            match self.ask(place, &query, page.as_deref())? {
                Answer::Page(list) => {
                    self.items(calendar, &list, Some(from));
                    page = text(&list, "nextPageToken");
                    if page.is_none() {
                        self.stand(calendar).until = to;
                        self.settle(calendar);
                        return Ok(());
                    }
                }
                Answer::Forgotten => page = None,
            }
        }
    }

    /// Takes the items of a page; `from` a time on only, if there is one.
    fn items(&mut self, calendar: &str, list: &Value, from: Option<Millis>) {
        let organisation = self.google.reading.setting.timezone;
        let named: Option<Tz> = list["timeZone"].as_str().and_then(|name| name.parse().ok());
        let zones = Zones {
            calendar: named.unwrap_or(organisation),
            organisation,
        };
        for value in list["items"].as_array().into_iter().flatten() {
            let Some(item) = event::item(value, zones, &self.google.groups) else {
                continue;
            };
            match &item.state {
                State::There(meeting) if from.is_some_and(|from| meeting.at < from) => {}
                State::There(meeting) => self.there(calendar, &item, meeting),
                State::Gone => self.gone(calendar, &item, "cancelled"),
                State::Other => self.gone(calendar, &item, "no meeting (eventType)"),
                State::Broken(field) => self.sink.problem(Problem {
                    place: "an event".to_owned(),
                    field: (*field).to_owned(),
                    reason: "should be there, times as 2025-03-04T14:00:00Z or 2025-03-04"
                        .to_owned(),
                }),
            }
        }
    }

    /// An occurrence that takes place.
    fn there(&mut self, calendar: &str, item: &Item, meeting: &Meeting) {
        let window = self.window;
        let reading = &self.google.reading;
        let is_ahead = meeting.at >= window.to && window.to < window.beyond;
        if is_ahead {
            // Its time comes.
        } else if !(window.from..window.to).contains(&meeting.at) {
            self.sink.left_out("outside from and to");
        } else if !reading.wants(&meeting.title, &[], &meeting.texts) {
            self.sink.left_out(UNWANTED);
        } else {
            return self.told(calendar, item, meeting);
        }
        self.forget(calendar, item);
    }

    fn told(&mut self, calendar: &str, item: &Item, meeting: &Meeting) {
        let plan = self.google.reading.planned(&meeting.stated(), self.sink);
        let round = self.stand(calendar).round;
        let known = Known(hashed(&plan.uid), occurrence(&plan.meeting), plan.at, round);
        self.partial += u64::from(meeting.is_partial);
        self.guests = self.guests.saturating_add(meeting.guests);
        let owners = self.owners.entry(known.1.clone()).or_default();
        owners.insert(calendar.to_owned());
        let series = hashed(item.series.as_deref().unwrap_or(&item.id));
        let id = hashed(&item.id);
        let all = self
            .stand(calendar)
            .series
            .entry(series.clone())
            .or_default();
        let before = all.insert(id.clone(), known.clone());
        // What was no series is one now, or the other way round: Google need not say so of each.
        let others: Vec<String> = match item.series {
            Some(_) => all
                .keys()
                .filter(|other| **other == series)
                .cloned()
                .collect(),
            None => all.keys().filter(|other| **other != id).cloned().collect(),
        };
        let others = others.iter().filter_map(|other| all.remove(other));
        let mut left: Vec<Known> = others.collect();
        left.extend(before.filter(|before| before.1 != known.1));
        for known in left {
            self.left(calendar, &known);
        }
        self.telling.tell(plan, self.sink);
        if self.telling.is_fresh(&known.1) {
            self.stand(calendar).fresh.insert(known.1);
        }
    }

    /// An item that is no meeting that takes place.
    fn gone(&mut self, calendar: &str, item: &Item, reason: &'static str) {
        self.sink.left_out(reason);
        self.forget(calendar, item);
    }

    /// Takes back what was told of an item.
    fn forget(&mut self, calendar: &str, item: &Item) {
        let id = hashed(&item.id);
        // An occurrence's id is that of its series and its start, which is all that may be said of it.
        let series = match (&item.series, item.id.rsplit_once('_')) {
            (Some(series), _) => Some(hashed(series)),
            (None, Some((series, _))) => Some(hashed(series)),
            (None, None) => None,
        };
        let all = &mut self.stand(calendar).series;
        let of_series = series.and_then(|series| all.get_mut(&series)?.remove(&id));
        let mut left: Vec<Known> = of_series.into_iter().collect();
        if item.series.is_none() {
            left.extend(all.remove(&id).into_iter().flat_map(BTreeMap::into_values));
        }
        self.stand(calendar).parted.extend(left);
    }

    /// Takes back what a list said to be there no more. What of a series is past stays, unless the series goes on
    /// without it.
    fn settle(&mut self, calendar: &str) {
        let stand = self.stand(calendar);
        let parted = std::mem::take(&mut stand.parted);
        let fresh = std::mem::take(&mut stand.fresh);
        let there = stand.series.values().flat_map(BTreeMap::values);
        let there: BTreeSet<String> = there.map(|known| known.1.clone()).collect();
        let gone: BTreeSet<&str> = parted.iter().map(|known| known.1.as_str()).collect();
        for known in parted.iter().filter(|known| !there.contains(&known.1)) {
            let stands = |_: &Telling<'_>, id: &str| !gone.contains(id) && !fresh.contains(id);
            match self.telling.stays(&known.0, &known.1, stands) {
                true => {
                    let owners = self.owners.entry(known.1.clone()).or_default();
                    owners.remove(calendar);
                }
                false => self.left(calendar, known),
            }
        }
    }

    /// An occurrence stands no more in a calendar.
    fn left(&mut self, calendar: &str, known: &Known) {
        let others = self.owners.entry(known.1.clone()).or_default();
        others.remove(calendar);
        if others.is_empty() {
            self.telling.takes_back(&known.0, &known.1, self.sink);
        }
        // What another one says of it was perhaps told before this one's, and is read again.
        for other in others.iter() {
            if let Some(stand) = self.stands.get_mut(other) {
                stand.forget();
            }
        }
    }

    /// Takes back what a list of all did not hold.
    ///
    /// # Errors
    /// That is so much that it is not believed yet.
    fn missing(&mut self, calendar: &str) -> Result<(), String> {
        let from = self.window.from;
        let stand = self.stands.entry(calendar.to_owned()).or_default();
        let round = stand.round;
        let told = stand.series.values().flat_map(BTreeMap::values);
        let told: Vec<&Known> = told.filter(|known| known.2 >= from).collect();
        let gone = told.iter().filter(|known| known.3 != round);
        let gone = gone.filter(|known| !self.telling.may_stay_by_id(&known.0, &known.1));
        let gone = gone.count();
        stand.doubt.weigh((gone, told.len()), self.sink)?;
        for series in stand.series.values_mut() {
            let ids = series.iter().filter(|(_, known)| known.3 != round);
            let ids: Vec<String> = ids.map(|(id, _)| id.clone()).collect();
            let missed = ids.iter().filter_map(|id| series.remove(id));
            stand.parted.extend(missed);
        }
        Ok(())
    }

    /// What could not be had, in sentences.
    fn tell(&mut self) {
        if self.partial > 0 {
            self.sink.note(format!(
                "meetings of which Google does not tell all guests: {}; let the account of key_file see them, in \
                 the calendar of who organises",
                self.partial
            ));
        }
        if self.guests > 0 {
            self.sink.note(format!(
                "guests whom others said they would bring along, and whom nobody names: {}",
                self.guests
            ));
        }
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    let text = value[name].as_str().filter(|text| !text.is_empty())?;
    Some(text.to_owned())
}
