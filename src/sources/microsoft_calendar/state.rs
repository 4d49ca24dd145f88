//! What pulls of calendars hand from one to the next, and what a part of the changes says by meetings and
//! series.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::subscribe::Subscription;
use crate::model::{DAY_MS, Millis};
use crate::sources::icalendar::doubt::Doubt;
use crate::sources::icalendar::memory::Memory;
use crate::sources::icalendar::reading::{Reading, Window};
use crate::sources::microsoft::event::{Sort, texts};

/// How far behind the window changes are asked for: so long a link is good.
const AHEAD: Millis = 92 * DAY_MS;

/// The longest link that is kept, bytes.
const LONGEST_LINK: usize = 16 << 10;

/// What a pull hands to the next. Calendars stand in it as hashes: their names hold addresses. Graph's ids
/// of events name nobody.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// Microsoft wants to be left alone until then.
    pub(super) not_before: Option<Millis>,
    /// What the last pull was refused.
    #[serde(default)]
    pub(super) refused: Option<String>,
    /// How all was read.
    pub(super) setup: String,
    /// By which configuration.
    #[serde(default)]
    pub(super) choice: String,
    pub(super) calendars: BTreeMap<String, Stand>,
    pub(super) memory: Memory,
    /// How we are told of changes, by calendars.
    #[serde(default)]
    pub(super) subscriptions: BTreeMap<String, Subscription>,
}

/// How far a calendar was read.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Stand {
    /// The stretch of time that is asked about.
    pub(super) stretch: (Millis, Millis),
    /// What is asked next: the query of a link, without whose mailbox it is.
    pub(super) link: Option<String>,
    /// While all is listed, what was met so far.
    pub(super) listed: Option<BTreeSet<String>>,
    /// Whether a list that lacks most of what was told is believed.
    #[serde(default)]
    pub(super) doubt: Doubt,
    /// What something is told of, or will be, by the hashes of their ids.
    pub(super) entries: BTreeMap<String, Known>,
}

impl Stand {
    /// All of it is to be listed; `end` is where the configuration ends the window.
    pub(super) fn begin(&mut self, window: Window, end: Option<Millis>) {
        let until = end.unwrap_or(window.to.saturating_add(AHEAD));
        self.stretch = (window.from, until);
        self.link = None;
        self.listed = Some(BTreeSet::new());
    }
}

/// A meeting or series that was read.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) is_series: bool,
    /// It is the organiser's copy.
    pub(super) is_own: bool,
    /// It should be read once more.
    pub(super) is_due: bool,
    /// When its first occurrence starts that lay behind the window.
    pub(super) next: Option<Millis>,
    /// Its UIDs as they are remembered.
    pub(super) uids: BTreeSet<String>,
    /// The hashes of its occurrences' ids.
    pub(super) parts: BTreeSet<String>,
}

/// What a part of the changes says of one meeting or series.
#[derive(Default)]
pub(super) struct Change<'a> {
    pub(super) is_series: bool,
    pub(super) is_gone: bool,
    /// What is said of the meeting or series itself.
    pub(super) whole: Option<&'a Value>,
    /// Occurrences that were changed.
    pub(super) exceptions: Vec<&'a Value>,
}

impl Change<'_> {
    /// Whether something of a series that was never wanted could be so now.
    pub(super) fn may_be_wanted(&self, reading: &Reading) -> bool {
        let wants = |value: &Value| {
            let categories = value["categories"].as_array().into_iter().flatten();
            let categories = categories.filter_map(Value::as_str).map(str::to_owned);
            let categories: Vec<String> = categories.collect();
            let title = value["subject"].as_str().unwrap_or_default();
            reading.wants(title, &categories, &texts(value))
        };
        // What leaves out its title or its text says nothing of whether it is wanted.
        let is_told = |master: &&Value| master["subject"].is_string() && !master["body"].is_null();
        let master = self.whole.filter(is_told);
        master.is_none_or(wants) || self.exceptions.iter().any(|one| wants(one))
    }
}

/// A calendar and the hash of its id.
pub(super) type Owner = (String, String);

pub(super) fn owners(stands: &BTreeMap<String, Stand>) -> HashMap<String, BTreeSet<Owner>> {
    let mut owners: HashMap<String, BTreeSet<Owner>> = HashMap::new();
    for (calendar, stand) in stands {
        for (entry, known) in &stand.entries {
            for uid in &known.uids {
                let owner = (calendar.clone(), entry.clone());
                owners.entry(uid.clone()).or_default().insert(owner);
            }
        }
    }
    owners
}

/// A link, if it may be kept: some hold the mailbox's address.
pub(super) fn kept(link: &str) -> Option<String> {
    let has_address = link.contains('@') || link.to_ascii_lowercase().contains("%40");
    (!has_address && link.len() <= LONGEST_LINK).then(|| link.to_owned())
}

/// Whether an entry of the changes says all of a meeting, and not only what of it changed.
pub(super) fn is_whole(value: &Value) -> bool {
    let has = |name: &str| !value[name].is_null();
    has("iCalUId") && has("start") && has("subject") && has("attendees")
}

/// What a part says, by meetings and series.
pub(super) fn changes(items: &[Value]) -> BTreeMap<&str, Change<'_>> {
    let mut all: BTreeMap<&str, Change<'_>> = BTreeMap::new();
    for item in items {
        let Some(id) = item["id"].as_str() else {
            continue;
        };
        let sort = Sort::of(item);
        let series = item["seriesMasterId"].as_str().filter(|id| !id.is_empty());
        match (sort, series) {
            _ if !item["@removed"].is_null() => all.entry(id).or_default().is_gone = true,
            (Sort::Occurrence | Sort::Exception, Some(series)) => {
                let change = all.entry(series).or_default();
                change.is_series = true;
                change
                    .exceptions
                    .extend((sort == Sort::Exception).then_some(item));
            }
            _ => {
                let change = all.entry(id).or_default();
                change.is_series |= sort == Sort::Master;
                change.whole = Some(item);
                change.is_gone = false;
            }
        }
    }
    all
}
