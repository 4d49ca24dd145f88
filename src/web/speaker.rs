//! Says something of write-ups, for the API and for the page of the registry: one more event each time,
//! through the spool as all events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::sync::OwnedMutexGuard;

use super::AppState;
use super::access::Access;
use super::health::Parts;
use super::hidden::Hidden;
use super::look::{Look, away};
use super::problem::Refusal;
use super::receive::Door;
use super::who::Who;
use crate::collect::lost;
use crate::collect::receive::{Received, Request, Terms};
use crate::jobs::people::BY_HAND;
use crate::jobs::registry::closed::names_of;
use crate::jobs::registry::file::shown;
use crate::jobs::registry::{MergeError, NOT_DELETED, NoName, deed, fit};
use crate::model::{Body, EventKind, Millis, RETRACTED, Writeup, parse_rfc3339, to_rfc3339};
use crate::sources::events;
use crate::store::RegistryWriteup;

/// A clock of somebody's that goes ahead by so much is not taken for the future, milliseconds.
const AHEAD: Millis = 60_000;

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

    /// Whether something was said of it by this door not long ago.
    pub(super) fn has(&self, id: &str) -> bool {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.contains_key(id)
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

fn unmergeable(error: MergeError) -> Refusal {
    let status = match error {
        MergeError::Itself(_) => StatusCode::BAD_REQUEST,
        MergeError::Cycle { .. } | MergeError::Whole(_) => StatusCode::CONFLICT,
    };
    Refusal::new(status, error.to_string())
}

/// What is said of a write-up.
pub(super) type Data = Map<String, Value>;

/// Refuses what has other fields than these.
pub(super) fn only(body: &Data, known: &[&str]) -> Result<(), Refusal> {
    let mut names = body.keys();
    match names.find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(strange(name, known)),
    }
}

/// A field that there is not.
fn strange(field: &str, known: &[&str]) -> Refusal {
    let valid = match known {
        [] => "there are none here".to_owned(),
        known => format!("valid are {}", known.join(", ")),
    };
    let words = format!("there is no field {}; {valid}", shown(field));
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words)
}

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
    parts: Option<Arc<Parts>>,
    who: Who,
    /// Nobody else says anything meanwhile.
    _turn: OwnedMutexGuard<()>,
}

impl Speaker {
    pub(super) async fn open(
        state: &AppState,
        door: &Arc<Door>,
        who: Who,
    ) -> Result<Self, Refusal> {
        let turn = door.unloaded.turn().await?;
        Ok(Speaker {
            _turn: turn,
            look: Look::to_speak(state, &who).await?,
            access: Arc::clone(&state.access),
            hidden: Arc::clone(&state.hidden),
            door: Arc::clone(door),
            parts: state.parts.clone(),
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
        only(body, &["into"])?;
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
    pub(super) fn split(&self, part: &RegistryWriteup, body: &Data) -> Result<Data, Refusal> {
        only(body, &[])?;
        self.look.registry.splitting(part).map_err(unmergeable)?;
        Ok(fields([("merged_into", part.id.as_str().into())]))
    }

    /// What takes names away from a write-up.
    pub(super) fn unnamed(&self, known: &RegistryWriteup, body: &Data) -> Result<Data, Refusal> {
        only(body, &["names"])?;
        let bad = |words: &str| Refusal::new(StatusCode::BAD_REQUEST, words);
        let texts = |list: &Vec<Value>| -> Option<Vec<String>> {
            let each = list.iter().map(|name| name.as_str().map(str::to_owned));
            each.collect()
        };
        let names = body.get("names").and_then(Value::as_array).and_then(texts);
        let Some(names) = names.filter(|names| !names.is_empty()) else {
            return Err(bad(
                "names: valid is {\"names\": [\"NAME\", …]}, one at least",
            ));
        };
        let without = self.look.registry.unnaming(known, names);
        // Not the words of commands: they repeat the name.
        let without = without.map_err(|error| match error {
            NoName::Id(_) => bad("names: its id is one of them, and stays"),
            NoName::None(_) => bad(
                "names: one is no name of it; valid are those that /v1/writeups/{id} lists under \
                 `names`, its id not among them",
            ),
        })?;
        let never = without.dated_aliases.into_iter().map(|never| {
            let at = |at: Option<Millis>| at.map(to_rfc3339);
            json!({ "alias": never.alias, "from": at(never.from), "to": at(never.to) })
        });
        Ok(fields([("alias_validity", never.collect())]))
    }

    /// What takes the retirement of a write-up back.
    fn unretired(&self, known: &RegistryWriteup) -> Result<Data, Refusal> {
        if known.deleted_at.is_none() {
            let words = "it is not retired; there is nothing to undo";
            return Err(Refusal::new(StatusCode::CONFLICT, words));
        }
        Ok(fields([("deleted_at", to_rfc3339(NOT_DELETED).into())]))
    }

    /// What says that a write-up was deleted, or that it was not.
    pub(super) fn retired(&self, known: &RegistryWriteup, body: &Data) -> Result<Data, Refusal> {
        only(body, &["at", "undo"])?;
        let given = |name: &str| body.get(name).filter(|value| !value.is_null());
        match given("undo").map(|undo| (undo.as_bool(), given("at"))) {
            None | Some((Some(false), _)) => {}
            Some((Some(true), None)) => return self.unretired(known),
            Some((Some(true), Some(_))) => {
                let words = "undo: can't stand beside `at`; leave one of them out";
                return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
            }
            Some((None, _)) => {
                let words = "undo: valid are true and false";
                return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
            }
        }
        if let Some(whole) = self.look.registry.whole(known) {
            return Err(self.look.conflict(whole));
        }
        let at = match given("at") {
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
        if let Some((field, known)) = events::unknown(EventKind::Writeup, &data) {
            return Err(strange(&field, &known));
        }
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
        let saying = self.door.unloaded.saying();
        let received = self.door.take(self.door.events(), request, terms).await?;
        drop(saying);
        let Some(writeup) = writeup.filter(|_| received.accepted > 0) else {
            return Ok(received);
        };
        // It is hidden from now on, and not only when it is loaded: with names that the door does not
        // know.
        if writeup.restricted {
            self.hidden.close(id, at, self.names(id, &writeup));
        }
        if writeup.restricted || writeup.opened {
            self.hurry();
        }
        let is_new = registry.said(id).next().is_none();
        let (mark, what) = self.who.told(&deed(&writeup, is_new));
        match self.access.note_change(mark, what).await {
            true => Ok(received),
            false => Err(Refusal::later(
                "it is done, and can't be written into the audit log",
            )),
        }
    }

    /// Has a report made as soon as what was said is loaded: published tables are as old as the last one.
    fn hurry(&self) {
        let Some(parts) = self.parts.clone() else {
            return;
        };
        let door = Arc::clone(&self.door);
        tokio::spawn(async move {
            if door.unloaded.loaded(&parts).await.is_ok() {
                parts.hurry();
            }
        });
    }

    /// Whether what is said can be: names are nobody else's, and nothing ends before it began.
    fn fits(&self, id: &str, writeup: &Writeup) -> Result<(), Refusal> {
        let registry = &self.look.registry;
        let known = registry.entry(id).and_then(|known| known.published_at);
        let published = writeup.published_at.or(known);
        let unfit = |words: &str| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words);
        if let Some(deleted) = writeup.deleted_at.filter(|at| *at != NOT_DELETED) {
            if published.is_some_and(|published| deleted < published) {
                return Err(unfit("deleted_at: lies before the write-up was published"));
            }
            if deleted > self.door.now().saturating_add(AHEAD) {
                let words = "deleted_at: lies in the future; valid is an instant until now";
                return Err(unfit(words));
            }
        }
        let plain = writeup.url.iter().chain(&writeup.aliases);
        let plain = plain.map(|name| (name, None));
        let dated = writeup.dated_aliases.iter().map(|dated| {
            let from = dated.from.unwrap_or(Millis::MIN);
            (&dated.alias, Some((from, dated.to.unwrap_or(Millis::MAX))))
        });
        // What is a name at no time is taken away.
        let dated = dated.filter(|(_, span)| span.is_none_or(|(from, to)| from < to));
        let dated: Vec<_> = dated.collect();
        for (name, _) in plain.clone().chain(dated.iter().copied()) {
            fit(name).map_err(|wrong| unfit(&wrong.to_string()))?;
        }
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
