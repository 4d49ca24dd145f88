//! Says something of write-ups, for the API and for the page of the registry: one more event each time,
//! through the spool as all events.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::AppState;
use super::access::Access;
use super::health::Opened;
use super::hidden::Hidden;
use super::problem::Refusal;
use super::receive::Door;
use super::who::Who;
use crate::collect::lost;
use crate::collect::receive::{Received, Request, Terms};
use crate::jobs::people::BY_HAND;
use crate::jobs::registry::closed::names_of;
use crate::jobs::registry::{MergeError, Registry};
use crate::model::{Body, EventKind, Millis, RETRACTED, Writeup, parse_rfc3339, to_rfc3339};
use crate::sources::events;
use crate::store::{RegistryWriteup, Store};

/// How long the engine may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// So many write-ups are remembered before those are forgotten of which nothing was said just now.
const REMEMBERED: usize = 1024;

/// When something was last said of a write-up by this door. The registry knows it only when it is loaded;
/// of two requests in one instant the later one has to be the last word all the same.
#[derive(Default)]
pub(super) struct Said(Mutex<HashMap<String, Millis>>);

impl Said {
    /// `at`, or the instant behind the last that was given for this write-up.
    fn after(&self, id: &str, at: Millis) -> Millis {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= REMEMBERED {
            // Whoever speaks of these next does so later anyway.
            last.retain(|_, said| *said >= at);
        }
        let at = last.get(id).map_or(at, |said| at.max(said + 1));
        last.insert(id.to_owned(), at);
        at
    }
}

/// Whether somebody may look at the registry and add to it.
pub(super) fn may(who: Result<Who, Refusal>) -> Result<Who, Refusal> {
    let who = who?;
    let Who::Token(token) = &who else {
        return Ok(who);
    };
    // A token for every source was made for senders of events: it shows nobody what is restricted.
    let is_named = token.sources.iter().any(|source| source == BY_HAND);
    match is_named && token.scope().takes_kind(EventKind::Writeup) {
        true => Ok(who),
        false => {
            let words = "the token is not for the registry; it has to name the source `registry`, and take \
                         the type `writeup`";
            Err(Refusal::new(StatusCode::FORBIDDEN, words))
        }
    }
}

/// The registry as it is now, as far as somebody may see it.
pub(super) struct Look {
    pub(super) registry: Registry,
    pub(super) store: Box<Store>,
    pub(super) k: u32,
    sees_restricted: bool,
}

impl Look {
    pub(super) async fn of(state: &AppState, who: &Who) -> Result<Self, Refusal> {
        let Some(parts) = &state.parts else {
            let words = "only `readback serve` has the registry";
            return Err(Refusal::new(StatusCode::NOT_FOUND, words));
        };
        let opened = parts.engine.borrow().clone();
        let Opened::Open(store, _) = opened else {
            return Err(Refusal::later(AWAY));
        };
        let registry = in_time(Registry::now(&store)).await?;
        Ok(Look {
            registry,
            store,
            k: parts.k,
            sees_restricted: who.sees_restricted(),
        })
    }

    /// Whether a write-up may be shown.
    pub(super) fn shows(&self, writeup: &RegistryWriteup) -> bool {
        self.sees_restricted || !writeup.restricted
    }

    /// The write-ups that may be shown, by id.
    pub(super) fn writeups(&self) -> impl Iterator<Item = &RegistryWriteup> {
        let all = self.registry.writeups();
        all.filter(|writeup| self.shows(writeup))
    }

    /// The write-up of this name.
    pub(super) fn entry(&self, name: &str) -> Result<&RegistryWriteup, Refusal> {
        let found = self.registry.entry(name);
        found.filter(|known| self.shows(known)).ok_or_else(|| {
            let words = "no write-up has this name; /v1/writeups lists those there are";
            Refusal::new(StatusCode::NOT_FOUND, words)
        })
    }

    fn conflict(&self, holder: &RegistryWriteup) -> Refusal {
        let words = match self.shows(holder) {
            true => format!(
                "a name of it is one of the write-up {:?} already",
                holder.id
            ),
            false => "a name of it is another write-up's already".to_owned(),
        };
        Refusal::new(StatusCode::CONFLICT, words)
    }
}

/// Waits for the engine, but not for one that is stuck.
pub(super) async fn in_time<T>(
    asked: impl Future<Output = anyhow::Result<T>>,
) -> Result<T, Refusal> {
    match timeout(PATIENCE, asked).await {
        Ok(answered) => answered.map_err(away),
        Err(_) => Err(Refusal::later(AWAY)),
    }
}

const AWAY: &str = "the engine is away, and the registry with it";

/// What the engine says is the operator's business; it stands in the log.
fn away(error: anyhow::Error) -> Refusal {
    tracing::error!(error = format!("{error:#}"), "the registry can't be read");
    Refusal::later(AWAY)
}

fn unmergeable(error: MergeError) -> Refusal {
    let status = match error {
        MergeError::Itself(_) => StatusCode::BAD_REQUEST,
        MergeError::Cycle { .. } | MergeError::Whole(_) => StatusCode::CONFLICT,
    };
    Refusal::new(status, error.to_string())
}

/// What is said of a write-up.
pub(super) type Data = Map<String, Value>;

pub(super) fn fields<const N: usize>(fields: [(&str, Value); N]) -> Data {
    let each = fields.into_iter();
    each.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Somebody who may say something.
pub(super) struct Speaker {
    pub(super) look: Look,
    access: Arc<Access>,
    hidden: Arc<Hidden>,
    door: Arc<Door>,
    who: Who,
}

impl Speaker {
    pub(super) async fn open(
        state: &AppState,
        door: &Arc<Door>,
        who: Who,
    ) -> Result<Self, Refusal> {
        Ok(Speaker {
            look: Look::of(state, &who).await?,
            access: Arc::clone(&state.access),
            hidden: Arc::clone(&state.hidden),
            door: Arc::clone(door),
            who,
        })
    }

    /// Whether something can be said of a write-up under this id.
    pub(super) fn is_id(&self, id: &str) -> Result<(), Refusal> {
        let is_plain = id.trim() == id && !id.chars().any(char::is_control);
        if id.is_empty() || !is_plain || id.ends_with('*') || id.ends_with(RETRACTED) {
            let words =
                "the address names no write-up; valid is any name that stays, such as INC-123";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        }
        let own = self.look.registry.entry(id);
        let other = own.filter(|known| known.id != id || !self.look.shows(known));
        other.map_or(Ok(()), |other| Err(self.look.conflict(other)))
    }

    /// What makes a write-up part of another one.
    pub(super) fn merged(&self, part: &RegistryWriteup, body: &Data) -> Result<Data, Refusal> {
        let Some(into) = body.get("into").and_then(Value::as_str) else {
            let words = "into: missing; valid is {\"into\": \"ID\"}";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        };
        let into = self.look.entry(into)?;
        let merging = self.look.registry.merging(part, into);
        merging.map_err(unmergeable)?;
        Ok(fields([("merged_into", into.id.as_str().into())]))
    }

    /// What makes a write-up one of its own again.
    pub(super) fn split(&self, part: &RegistryWriteup, _: &Data) -> Result<Data, Refusal> {
        self.look.registry.splitting(part).map_err(unmergeable)?;
        Ok(fields([("merged_into", part.id.as_str().into())]))
    }

    /// What says that a write-up was deleted.
    pub(super) fn retired(&self, known: &RegistryWriteup, body: &Data) -> Result<Data, Refusal> {
        if let Some(whole) = self.look.registry.whole(known) {
            return Err(self.look.conflict(whole));
        }
        let at = match body.get("at").filter(|at| !at.is_null()) {
            None => self.door.now(),
            Some(at) => at.as_str().and_then(parse_rfc3339).ok_or_else(|| {
                let words = "at: valid is an RFC 3339 instant such as 2026-07-01T00:00:00Z";
                Refusal::new(StatusCode::BAD_REQUEST, words)
            })?,
        };
        if known.published_at.is_some_and(|published| at < published) {
            let words = "at: lies before the write-up was published";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words));
        }
        Ok(fields([("deleted_at", to_rfc3339(at).into())]))
    }

    /// Says something of a write-up: one more event.
    pub(super) async fn speak(self, id: &str, mut data: Data) -> Result<Received, Refusal> {
        let registry = &self.look.registry;
        data.insert("id".to_owned(), id.into());
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| away(anyhow::anyhow!("{error}")))?;
        let name = u128::from_be_bytes(random);
        let now = self.door.now();
        let at = self.door.said.after(id, registry.after(id, now));
        let event = json!({
            "specversion": "1.0",
            "type": "org.readback.writeup.v1",
            "source": BY_HAND,
            "id": format!("{id} {name:032x}"),
            "subject": id,
            "time": to_rfc3339(at),
            "data": data,
        });
        let body = event.to_string().into_bytes();
        // What can't be read is told by the door.
        let read = events::decode(&body).ok();
        let writeup = read.and_then(|event| match event.body {
            Body::Writeup(writeup) => Some(writeup),
            _ => None,
        });
        if let Some(writeup) = &writeup {
            // What would not be kept is refused: whoever says it by hand can say it otherwise.
            if let Some(lost) = lost(writeup) {
                return Err(Refusal::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    lost.to_string(),
                ));
            }
            self.fits(id, writeup)?;
        }
        let terms = Terms {
            scope: self.who.scope(),
            source: BY_HAND.to_owned(),
            whole: false,
        };
        let media = "application/cloudevents+json".to_owned();
        let request = Request {
            headers: vec![("content-type".to_owned(), media)],
            body,
            now,
        };
        let received = self.door.take(self.door.events(), request, terms).await?;
        if let Some(writeup) = writeup.filter(|_| received.accepted > 0) {
            // It is hidden from now on, and not only when it is loaded.
            if writeup.restricted {
                self.hidden.close(id, at, self.names(id, &writeup));
            } else if writeup.opened {
                self.hidden.open(id);
            }
        }
        if received.accepted == 0 {
            return Ok(received);
        }
        let (mark, what) = self.who.told("write-ups");
        match self.access.note_change(mark, what).await {
            true => Ok(received),
            false => Err(Refusal::later(
                "it is done, and can't be written into the audit log",
            )),
        }
    }

    /// Whether what is said can be: names are nobody else's, and nothing ends before it began.
    fn fits(&self, id: &str, writeup: &Writeup) -> Result<(), Refusal> {
        let registry = &self.look.registry;
        let known = registry.entry(id).and_then(|known| known.published_at);
        let published = writeup.published_at.or(known);
        if published
            .zip(writeup.deleted_at)
            .is_some_and(|(published, deleted)| deleted < published)
        {
            let words = "deleted_at: lies before the write-up was published";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words));
        }
        let plain = writeup.url.iter().chain(&writeup.aliases);
        let plain = plain.map(|name| (name, None));
        let dated = writeup.dated_aliases.iter().map(|dated| {
            let from = dated.from.unwrap_or(Millis::MIN);
            (&dated.alias, Some((from, dated.to.unwrap_or(Millis::MAX))))
        });
        let taken = plain
            .chain(dated)
            .find_map(|(name, span)| registry.holder(id, name, span));
        taken.map_or(Ok(()), |holder| Err(self.look.conflict(holder)))
    }

    /// Every name of a write-up, those that are being said among them.
    fn names(&self, id: &str, writeup: &Writeup) -> Vec<String> {
        let registry = &self.look.registry;
        let known = registry.entry(id);
        // Where a part is restricted all of it is.
        let whole = known.and_then(|known| registry.whole(known));
        let mut names = vec![id.to_owned()];
        names.extend(known.into_iter().chain(whole).flat_map(names_of));
        names.extend(writeup.url.iter().chain(&writeup.aliases).cloned());
        let dated = writeup.dated_aliases.iter();
        names.extend(dated.map(|dated| dated.alias.clone()));
        names
    }
}
