//! What the source has said so far, so that it can take it back.
//!
//! Events can be replaced under their id but not erased, and a history can change under what was
//! said of it: force-pushes, other globs, a key corrected in a heading. So each id is kept with a
//! fingerprint of what was last said under it. An event goes out only if it says something else,
//! with a version greater than any before; and when the history has been read from its beginning,
//! what was said and was not found again is retracted. A pull that goes on thereby ends where a
//! first pull would have ended.
//!
//! Versions are the second of the pull, so that they are greater even if a checkpoint was lost.
//! Fingerprints hold no identity: events hide it in their debug form.
//!
//! A retraction moves the event to a write-up that nobody registered, [`retracted`]: a link to it
//! counts nowhere, and a write-up of that name is deleted before anything happened to it. A link in a
//! commit that the branch no longer leads to stays what it was, with a label that says so: history
//! that was rewritten did happen.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{
    Body, Event, Identity, Link, LinkForm, LinkLabel, LinkRole, Millis, Person, PersonKind, Place,
    RETRACTED, Writeup,
};

/// Where versions begin, 2020, in seconds; they last until 2156.
const FIRST_SECOND: i64 = 1_577_836_800;

/// The write-up that retracted events point to.
pub(super) fn retracted(repository: &str) -> String {
    format!("{repository}{RETRACTED}")
}

/// Everything said, by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Told {
    links: BTreeMap<String, Saying>,
    /// What the links that were told are, to say it again of those that can no longer be reached.
    standing: BTreeMap<String, Standing>,
    writeups: BTreeMap<String, Saying>,
    /// Hashes of the accounts that were called bots.
    bots: BTreeSet<u64>,
    /// The least version of this pull.
    #[serde(skip)]
    version: u32,
    /// Ids that this pull came upon.
    #[serde(skip)]
    found: HashSet<String>,
}

/// What was last said under an id: version, fingerprint (none once retracted), the event's time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Saying(u32, Option<u64>, Millis);

/// A link without its author.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Standing {
    subject: String,
    place: String,
    stands_in: String,
    removed_at: Option<Millis>,
    form: String,
    template: bool,
}

impl Standing {
    fn of(event: &Event) -> Option<Standing> {
        let Body::Link(link) = &event.body else {
            return None;
        };
        Some(Standing {
            subject: event.subject.clone(),
            place: link.place.name().to_owned(),
            stands_in: link.stands_in.clone()?,
            removed_at: link.removed_at,
            form: link.form.map_or("", LinkForm::name).to_owned(),
            template: link.role == Some(LinkRole::Template),
        })
    }

    /// The commit in `repo@commit:path#L12`.
    fn commit(&self) -> Option<&str> {
        self.stands_in.split_once('@')?.1.split(':').next()
    }

    fn unreachable(self) -> (String, Link) {
        let link = Link {
            person: None,
            team: None,
            place: self.place.parse().unwrap_or(Place::Other),
            stands_in: Some(self.stands_in),
            removed_at: self.removed_at,
            role: self.template.then_some(LinkRole::Template),
            form: LinkForm::ALL
                .into_iter()
                .find(|form| form.name() == self.form),
            label: Some(LinkLabel::Unreachable),
        };
        (self.subject, link)
    }
}

/// Of an event which says that its link can no longer be reached: whether the link stood until then.
pub(super) fn unreachable(event: &Event) -> Option<bool> {
    match &event.body {
        Body::Link(link) if link.label == Some(LinkLabel::Unreachable) => {
            Some(link.removed_at.is_none())
        }
        _ => None,
    }
}

impl Told {
    /// Begins a pull.
    pub(super) fn begin(&mut self, now: Millis) {
        let second = (now / 1000 - FIRST_SECOND).clamp(0, i64::from(u32::MAX));
        self.version = u32::try_from(second).unwrap_or(u32::MAX);
        self.found.clear();
    }

    /// Whether this pull came upon the id.
    pub(super) fn found(&self, id: &str) -> bool {
        self.found.contains(id)
    }

    /// Whether a link of this id was told and not retracted.
    pub(super) fn stands(&self, id: &str) -> bool {
        self.links.get(id).is_some_and(|said| said.1.is_some())
    }

    /// The event with its version, if it says anything new. `content` stands for what the event
    /// does not show.
    pub(super) fn say(&mut self, mut event: Event, content: &str) -> Option<Event> {
        event.version = 0;
        let print = Some(xxh3_64(format!("{event:?} {content}").as_bytes()));
        self.found.insert(event.id.clone());
        let table = match event.body {
            Body::Writeup(_) => &mut self.writeups,
            _ => &mut self.links,
        };
        let before = table.get(&event.id);
        if before.is_some_and(|said| said.1 == print) {
            return None;
        }
        event.version = next(self.version, before);
        let said = Saying(event.version, print, event.time);
        if let Some(standing) = Standing::of(&event) {
            self.standing.insert(event.id.clone(), standing);
        }
        table.insert(event.id.clone(), said);
        Some(event)
    }

    /// Events that take back every link that this pull did not come upon; those in commits that are
    /// not reached any more are told once more with that label.
    pub(super) fn retract_links(
        &mut self,
        source: &Arc<str>,
        repository: &str,
        reached: impl Fn(&str) -> bool,
    ) -> Vec<Event> {
        let retraction = |at| Link {
            person: None,
            team: None,
            place: Place::Other,
            stands_in: None,
            removed_at: Some(at),
            role: None,
            form: None,
            label: None,
        };
        let mut events = Vec::new();
        for (id, said) in take_back(&mut self.links, &self.found, self.version) {
            let standing = self.standing.remove(&id);
            let is_lost = |standing: &Standing| standing.commit().is_some_and(|c| !reached(c));
            let (subject, link) = match standing.filter(is_lost) {
                Some(standing) => standing.unreachable(),
                None => (retracted(repository), retraction(said.2)),
            };
            events.push(event(source, id, &subject, said, Body::Link(link)));
        }
        events
    }

    /// Events that take back every write-up that this pull did not come upon.
    pub(super) fn retract_writeups(&mut self, source: &Arc<str>, repository: &str) -> Vec<Event> {
        let subject = retracted(repository);
        let body = || {
            Body::Writeup(Box::new(Writeup {
                deleted_at: Some(0),
                ..Writeup::new(subject.clone())
            }))
        };
        take_back(&mut self.writeups, &self.found, self.version)
            .into_iter()
            .map(|(id, said)| event(source, id, &subject, said, body()))
            .collect()
    }

    /// An event that calls an account a bot, the first time.
    pub(super) fn bot(&mut self, source: &Arc<str>, account: &Identity) -> Option<Event> {
        let id = account.value.clone();
        if !self.bots.insert(xxh3_64(id.as_bytes())) {
            return None;
        }
        let person = Person {
            kind: PersonKind::Bot,
            ..Person::new(account.clone())
        };
        Some(event(
            source,
            id,
            "",
            Saying(0, None, 0),
            Body::Person(Box::new(person)),
        ))
    }
}

/// Marks as retracted all that was not found.
fn take_back(
    table: &mut BTreeMap<String, Saying>,
    found: &HashSet<String>,
    version: u32,
) -> Vec<(String, Saying)> {
    let lost = table
        .iter_mut()
        .filter(|(id, said)| said.1.is_some() && !found.contains(*id));
    lost.map(|(id, said)| {
        *said = Saying(next(version, Some(said)), None, said.2);
        (id.clone(), *said)
    })
    .collect()
}

fn next(version: u32, before: Option<&Saying>) -> u32 {
    before.map_or(version, |said| version.max(said.0.saturating_add(1)))
}

fn event(source: &Arc<str>, id: String, subject: &str, said: Saying, body: Body) -> Event {
    Event {
        source: Arc::clone(source),
        id,
        subject: subject.to_owned(),
        time: said.2,
        version: said.0,
        body,
    }
}
