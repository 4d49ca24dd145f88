//! One pull of a CalDAV server: calendar by calendar what changed since the last time, by its token; all
//! of it, compared by tags, where there is no token or the server knows it no more. A pull that is cut off
//! goes on from what it has read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use url::Url;

use super::CalDav;
use super::site::{Change, Changes, Site, named};
use crate::model::Millis;
use crate::sources::forge::{Stop, concluded, is_too_early, refusal, remembered, written};
use crate::sources::icalendar::asking::Asking;
use crate::sources::icalendar::doubt::Doubt;
use crate::sources::icalendar::memory::{Memory, Telling, choice, hashed, kept, setup_of, window};
use crate::sources::icalendar::reading::{Off, Plan, Reading, Window};
use crate::sources::{Sink, SourceError};

/// Resources that are asked for at once.
const AT_ONCE: usize = 50;

/// What a pull hands to the next. Addresses stand in it as hashes: they can hold names.
#[derive(Default, Serialize, Deserialize)]
struct Checkpoint {
    /// The server wants to be left alone until then.
    not_before: Option<Millis>,
    /// What the last pull was refused.
    #[serde(default)]
    refused: Option<String>,
    /// How all was read.
    setup: String,
    /// What of that is the configuration's.
    #[serde(default)]
    choice: String,
    calendars: BTreeMap<String, Stand>,
    memory: Memory,
}

/// How far a calendar was read.
#[derive(Default, Serialize, Deserialize)]
struct Stand {
    token: Option<String>,
    /// Whether a list that lacks most of what was told is believed.
    #[serde(default)]
    doubt: Doubt,
    resources: BTreeMap<String, Known>,
}

/// A resource that was read: a meeting or a series.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Known {
    /// The hash of its tag; empty where it should be read once more.
    tag: String,
    /// When its first occurrence starts that lay behind the window.
    next: Option<Millis>,
    /// Its UIDs as they are remembered.
    uids: BTreeSet<String>,
}

/// A pull under way.
struct Run<'a> {
    reading: &'a Reading,
    window: Window,
    telling: Telling<'a>,
    sink: &'a mut dyn Sink,
    /// In which resources a UID stands: by calendar and name.
    owners: HashMap<String, BTreeSet<(String, String)>>,
    stands: &'a mut BTreeMap<String, Stand>,
    /// Resources that could not be read.
    unread: u64,
    got: bool,
}

/// What became of a calendar.
struct News {
    there: Vec<Change>,
    /// By names.
    gone: Vec<String>,
    token: Option<String>,
    /// All of it was listed: what is gone is only what the list lacks.
    is_list: bool,
}

/// Pulls a server once.
pub(super) fn pull(
    caldav: &CalDav,
    checkpoint: Option<&str>,
    now: Millis,
    sink: &mut dyn Sink,
) -> Result<String, SourceError> {
    let mut state: Checkpoint = remembered(checkpoint, sink);
    if is_too_early(state.not_before.take(), now, "the calendar", sink) {
        return Ok(checkpoint.unwrap_or_default().to_owned());
    }
    let reading = &caldav.reading;
    let setup = setup_of(reading, &caldav.params);
    if std::mem::replace(&mut state.setup, setup.clone()) != setup {
        // All is read as if it was new; what was told stays known.
        state.calendars.values_mut().for_each(Stand::forget);
    }
    let window = window(reading, now);
    let key = caldav.place.known_by();
    let choice = choice(&reading.setting, &caldav.params);
    let is_chosen_anew = !state.choice.is_empty() && state.choice != choice;
    let telling = Telling::new(&mut state.memory, &reading.setting, &key, (now, window));
    let mut run = Run {
        reading,
        window,
        telling: telling.keeping_past(is_chosen_anew),
        sink,
        owners: owners(&state.calendars),
        stands: &mut state.calendars,
        unread: 0,
        got: false,
    };
    let mut site = Site::new(Asking::new(&caldav.place, now));
    let ended = run.all(&mut site, &caldav.calendars);
    if run.unread > 0 {
        run.sink.note(format!(
            "meetings that can't be read, and stay as they were told before: {}",
            run.unread
        ));
    }
    if ended.is_ok() {
        // A pull that was cut off goes on in the same way.
        state.choice = choice;
    }
    state.refused = refusal(&ended);
    state.not_before = concluded(ended, run.got, run.sink)?;
    written(&state)
}

fn owners(stands: &BTreeMap<String, Stand>) -> HashMap<String, BTreeSet<(String, String)>> {
    let mut owners: HashMap<String, BTreeSet<(String, String)>> = HashMap::new();
    for (calendar, stand) in stands {
        for (name, known) in &stand.resources {
            for uid in &known.uids {
                let owner = (calendar.clone(), name.clone());
                owners.entry(uid.clone()).or_default().insert(owner);
            }
        }
    }
    owners
}

impl Stand {
    /// All of it is to be read again.
    fn forget(&mut self) {
        self.token = None;
        for known in self.resources.values_mut() {
            known.tag.clear();
        }
    }
}

impl Run<'_> {
    fn all(&mut self, site: &mut Site<'_>, wanted: &[String]) -> Result<(), Stop> {
        let mut refused = Ok(());
        for calendar in site.calendars(wanted, false)? {
            match self.calendar(site, &calendar.url) {
                // The others are read all the same.
                Err(stop @ Stop::Refused(..)) => refused = refused.and(Err(stop)),
                done => done?,
            }
        }
        refused
    }

    fn calendar(&mut self, site: &mut Site<'_>, url: &Url) -> Result<(), Stop> {
        let calendar = hashed(&named(url));
        let news = self.news(site, url, &calendar)?;
        let believed = match news.is_list {
            true => self.weigh(&calendar, &news.gone),
            false => Ok(()),
        };
        for gone in news.gone.iter().filter(|_| believed.is_ok()) {
            self.gone(&calendar, gone);
        }
        let known = &self.stand(&calendar).resources;
        let wanted = news.there.into_iter().filter(|change| {
            let known = known.get(&hashed(&named(&change.url)));
            known.is_none_or(|known| known.tag.is_empty() || known.tag != tag(&change.etag))
        });
        let wanted: Vec<Change> = wanted.collect();
        for some in wanted.chunks(AT_ONCE) {
            self.some(site, url, &calendar, some)?;
        }
        if let Err(reason) = believed {
            // All is to be listed once more.
            self.stand(&calendar).token = None;
            return Err(site.refused(&reason));
        }
        // Only now: a pull that was cut off hears of the same changes again.
        self.stand(&calendar).token = kept(news.token.as_deref());
        Ok(())
    }

    /// Whether a list is believed that lacks these resources.
    fn weigh(&mut self, calendar: &str, gone: &[String]) -> Result<(), String> {
        let stand = self.stands.entry(calendar.to_owned()).or_default();
        let uids = |known: &Known| known.uids.clone();
        let told: BTreeSet<String> = stand.resources.values().flat_map(uids).collect();
        let lacked = gone.iter().filter_map(|name| stand.resources.get(name));
        let lacked: BTreeSet<String> = lacked.flat_map(uids).collect();
        let past = self.telling.past(&Off::default());
        let telling = &self.telling;
        let gone = telling.count(|one| lacked.contains(one.uid) && !past.holds(one));
        let told = telling.count(|one| told.contains(one.uid));
        stand.doubt.weigh((gone, told), self.sink)
    }

    /// Asks for these resources; in halves where all of them together can't be had.
    fn some(
        &mut self,
        site: &mut Site<'_>,
        url: &Url,
        calendar: &str,
        wanted: &[Change],
    ) -> Result<(), Stop> {
        let found = match site.resources(url, wanted) {
            Ok(found) => found,
            Err(Stop::Refused(..)) if wanted.len() > 1 => {
                let (one, other) = wanted.split_at(wanted.len() / 2);
                self.some(site, url, calendar, one)?;
                return self.some(site, url, calendar, other);
            }
            Err(Stop::Refused(..)) => Vec::new(),
            Err(stop) => return Err(stop),
        };
        let names = wanted.iter().map(|change| hashed(&named(&change.url)));
        let mut left: BTreeSet<String> = names.collect();
        for resource in found {
            let name = hashed(&named(&resource.url));
            self.got = true;
            match &resource.text {
                Some(text) => self.resource(calendar, &name, text, &resource.etag),
                None => self.gone(calendar, &name),
            }
            left.remove(&name);
        }
        // What was listed and is not answered is asked for again the next time.
        for name in left {
            self.unread += 1;
            let resources = &mut self.stand(calendar).resources;
            resources.entry(name).or_default().tag.clear();
        }
        Ok(())
    }

    fn stand(&mut self, calendar: &str) -> &mut Stand {
        self.stands.entry(calendar.to_owned()).or_default()
    }

    /// What changed, with what is to be looked at again though it did not.
    fn news(&mut self, site: &mut Site<'_>, url: &Url, calendar: &str) -> Result<News, Stop> {
        let to = self.window.to;
        let stand = self.stand(calendar);
        let mut is_due = false;
        for known in stand.resources.values_mut() {
            if known.next.is_some_and(|next| next < to) {
                known.tag.clear();
            }
            is_due |= known.tag.is_empty();
        }
        let token = stand.token.clone().filter(|_| !is_due);
        if let Some(token) = token
            && let Some(changes) = site.since(url, &token)?
        {
            self.got = true;
            let Changes { there, gone, token } = changes;
            let gone = gone.iter().map(|url| hashed(&named(url))).collect();
            return Ok(News {
                there,
                gone,
                token,
                is_list: false,
            });
        }
        // What changes while it is listed is told by the token from before.
        let token = site.token(url)?;
        let there = site.all(url, self.window.from)?;
        self.got = true;
        let names = there.iter().map(|change| hashed(&named(&change.url)));
        let listed: BTreeSet<String> = names.collect();
        let known = self.stand(calendar).resources.keys();
        let gone = known.filter(|name| !listed.contains(*name)).cloned();
        Ok(News {
            gone: gone.collect(),
            there,
            token,
            is_list: true,
        })
    }

    /// Reads a meeting or series, new or changed.
    fn resource(&mut self, calendar: &str, name: &str, text: &str, etag: &str) {
        let telling = &mut self.telling;
        let mut take = |plan: Plan, sink: &mut dyn Sink| telling.tell(plan, sink);
        let bytes = ("a meeting", text.as_bytes());
        let read = self
            .reading
            .read(bytes, true, self.window, &mut take, self.sink);
        let Ok(held) = read else {
            self.unread += 1;
            let known = self.stand(calendar).resources.entry(name.to_owned());
            known.or_default().tag = tag(etag);
            return;
        };
        let now = Known {
            tag: tag(etag),
            next: held.next,
            uids: held.uids.iter().map(|uid| hashed(uid)).collect(),
        };
        let owner = (calendar.to_owned(), name.to_owned());
        for uid in &now.uids {
            let owners = self.owners.entry(uid.clone()).or_default();
            owners.insert(owner.clone());
        }
        let uids = now.uids.clone();
        let resources = &mut self.stand(calendar).resources;
        let before = resources.insert(name.to_owned(), now).unwrap_or_default();
        let left = before.uids.difference(&uids).cloned().collect();
        self.left(&owner, &left);
        // While a meeting stands in two calendars, neither says what the other should not hold.
        let alone = |uid: &String| self.owners.get(uid).is_some_and(|all| all.len() == 1);
        let own = uids.into_iter().filter(alone).collect();
        let past = self.telling.past(&held.off);
        self.telling.missing(&own, |one| past.holds(one), self.sink);
    }

    /// Takes back what a resource told that is there no more.
    fn gone(&mut self, calendar: &str, name: &str) {
        if let Some(known) = self.stand(calendar).resources.remove(name) {
            self.left(&(calendar.to_owned(), name.to_owned()), &known.uids);
        }
    }

    /// These UIDs stand no more in this resource.
    fn left(&mut self, owner: &(String, String), uids: &BTreeSet<String>) {
        let mut nowhere = BTreeSet::new();
        for uid in uids {
            let others = self.owners.entry(uid.clone()).or_default();
            others.remove(owner);
            if others.is_empty() {
                nowhere.insert(uid.clone());
            }
            // What another one says of it was perhaps told before this one's, and is read again.
            for (calendar, name) in others.iter() {
                let stand = self.stands.get_mut(calendar);
                if let Some(known) = stand.and_then(|stand| stand.resources.get_mut(name)) {
                    known.tag.clear();
                }
            }
        }
        let past = self.telling.past(&Off::default());
        self.telling
            .missing(&nowhere, |one| past.holds(one), self.sink);
    }
}

/// The tag of a resource as it is remembered; empty where it has none.
fn tag(etag: &str) -> String {
    match etag {
        "" => String::new(),
        etag => hashed(etag),
    }
}
