//! Files that come over HTTP: the same way as `readback import`, from memory. What was sent is written
//! nowhere as it came, since it names people.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{NaiveDate, NaiveDateTime};
use tokio::sync::{Mutex, MutexGuard, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::gate::Gate;
use super::ingest::{self, Ingested, Plan, begun};
use super::order::{House, Order, OrderError};
use super::preview::{self, Chosen, Planned, Reading};
use super::undo;
use crate::collect::receive::Scope;
use crate::collect::{Keys, input};
use crate::config::SourceConfig;
use crate::indicators::Context;
use crate::model::{Calendar, Millis, Parameters, SENSIBLE, parse_rfc3339};
use crate::sources::Kind;
use crate::sources::machine::holds_address;
use crate::store::{Imported, Store};

/// So many files are read at once: what is made of one takes many times its room.
const AT_ONCE: usize = 1;
/// How long the next one waits for that.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest name of a source or a file.
const LONGEST_NAME: usize = 200;

/// Where files are handed in.
pub struct Desk {
    keys: Keys,
    sources: Vec<SourceConfig>,
    calendar: Calendar,
    parameters: Parameters,
    gate: Gate,
    turns: Semaphore,
    settling: Mutex<()>,
    /// When the last file came, as its events tell it.
    last: AtomicI64,
}

/// A file that was handed in.
pub struct Upload {
    /// What it is.
    pub order: Order,
    /// What its sender calls it; empty for no name.
    pub name: String,
    /// What is in it, unpacked.
    pub bytes: Vec<u8>,
    /// When it came.
    pub now: Millis,
    /// What its sender may send.
    pub scope: Scope,
    /// Only say what would come of it.
    pub dry_run: bool,
    /// The hash of the meeting that it is about, where somebody said so.
    pub meeting: Option<u64>,
}

/// Too many files wait to be read.
#[derive(Debug, thiserror::Error)]
#[error("other files are being read; try again")]
pub struct Busy;

/// What is asked for can't be taken over HTTP.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Parameters that name files of this machine are for those who may read them.
    #[error(
        "{0}: a parameter that names a file is taken from the configuration and the command line alone"
    )]
    File(String),
    /// A name that may be somebody's, or can't stand in a line.
    #[error(
        "{0}: valid are names without mail or network addresses, of at most {LONGEST_NAME} bytes in one line"
    )]
    Name(&'static str),
    /// See [`OrderError`].
    #[error(transparent)]
    Order(#[from] OrderError),
}

impl Desk {
    /// A desk of a house with these keys and sources.
    pub fn new(
        keys: Keys,
        sources: Vec<SourceConfig>,
        (calendar, parameters): (Calendar, Parameters),
        gate: Gate,
    ) -> Self {
        Desk {
            keys,
            sources,
            calendar,
            parameters,
            gate,
            turns: Semaphore::new(AT_ONCE),
            settling: Mutex::new(()),
            last: AtomicI64::new(0),
        }
    }

    /// What is asked for, if it can be done.
    ///
    /// # Errors
    /// Source, file or parameters can't be taken.
    pub fn order(
        &self,
        kind: &'static Kind,
        source: Option<String>,
        given: &[(String, toml::Value)],
    ) -> Result<Order, AskError> {
        if !source.as_deref().is_none_or(is_plain) {
            return Err(AskError::Name("source"));
        }
        if let Some((key, _)) = given.iter().find(|(key, _)| key.ends_with("_file")) {
            return Err(AskError::File(key.clone()));
        }
        let house = House {
            sources: &self.sources,
            timezone: self.calendar.timezone,
        };
        let source = source.filter(|source| !source.is_empty());
        Ok(Order::of(kind, source, given, house)?)
    }

    /// How numbers are made as of an instant, of at least so many people.
    pub fn context(&self, as_of: Millis, k: u32) -> Context {
        Context {
            as_of,
            calendar: self.calendar.clone(),
            parameters: self.parameters.clone(),
            k,
        }
    }

    /// The local day of an instant.
    pub fn date(&self, at: Millis) -> String {
        self.calendar.date(at).to_string()
    }

    /// The instant that somebody means by a date or an RFC 3339 instant.
    pub fn instant(&self, text: &str) -> Option<Millis> {
        let date = || {
            let date: NaiveDate = text.parse().ok()?;
            Some(self.calendar.midnight(date))
        };
        let at = parse_rfc3339(text).or_else(date)?;
        SENSIBLE.contains(&at).then_some(at)
    }

    /// The ids of the configured sources of files, with their kinds.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        let each = self.sources.iter();
        each.map(|source| (source.id.as_str(), source.kind.as_str()))
    }

    /// The id of the one configured source of a kind; nothing where there are several.
    pub fn source_of(&self, kind: &str) -> Option<&str> {
        let mut own = self.sources().filter(|(_, known)| *known == kind);
        match (own.next(), own.next()) {
            (Some((id, _)), None) => Some(id),
            _ => None,
        }
    }

    /// The organisation's zone.
    pub fn timezone(&self) -> chrono_tz::Tz {
        self.calendar.timezone
    }

    /// What the organisation's clocks show at an instant.
    pub fn clock(&self, at: Millis) -> NaiveDateTime {
        self.calendar.clock(at)
    }

    /// Which kind of file of meetings something is, see [`preview::guess`].
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn guess(
        &self,
        name: &str,
        bytes: &Arc<Vec<u8>>,
    ) -> anyhow::Result<Option<&'static Kind>> {
        let turn = timeout(PATIENCE, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| Busy)?.context("the desk is closed")?;
        let (name, bytes) = (name.to_owned(), Arc::clone(bytes));
        let timezone = self.calendar.timezone;
        let guessed = spawn_blocking(move || preview::guess(&name, &bytes, timezone)).await;
        guessed.context("the file's thread ended early")
    }

    /// What a file of meetings would come to, see [`preview::joined`]: of `planned` meetings that which was
    /// chosen, or that which it must be.
    ///
    /// # Errors
    /// [`Busy`], and what that says.
    pub async fn look(
        &self,
        store: &Store,
        (order, bytes): (Order, Arc<Vec<u8>>),
        (name, now): (&str, Millis),
        (planned, chosen): (&[Planned], Chosen),
    ) -> anyhow::Result<Reading> {
        let turn = timeout(PATIENCE, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| Busy)?.context("the desk is closed")?;
        let look = preview::Look {
            order,
            name: plain_name(name),
            bytes,
            timezone: self.calendar.timezone,
            now,
            meeting: None,
        };
        let known = preview::Known {
            planned,
            // Whoever looks sees how it was read, and says so before anything is stored.
            assumes: true,
        };
        preview::joined((store, &self.keys), look, known, chosen).await
    }

    /// Waits until nobody else brings anything in or takes anything back: what somebody saw of earlier imports
    /// holds until theirs is done.
    pub async fn alone(&self) -> MutexGuard<'_, ()> {
        self.settling.lock().await
    }

    /// Imports that can be taken back, the newest first.
    pub async fn imports(&self, store: &Store, now: Millis) -> anyhow::Result<Vec<Imported>> {
        undo::list(store, now).await
    }

    /// Takes an import back.
    ///
    /// # Errors
    /// [`undo::Unknown`], or the store's.
    pub async fn undo(&self, store: &Store, name: &str, now: Millis) -> anyhow::Result<Imported> {
        undo::run(store, &self.gate, name, now).await
    }

    /// Lets an import take the place of an earlier one.
    ///
    /// # Errors
    /// [`undo::Unknown`], or the store's.
    pub async fn supersede(
        &self,
        store: &Store,
        (name, by): (&str, u64),
    ) -> anyhow::Result<Imported> {
        undo::supersede(store, &self.gate, (name, by)).await
    }

    /// How long somebody has to be at a meeting to have come (A1), ms.
    pub fn min_present_ms(&self) -> u64 {
        u64::from(self.parameters.min_present_s) * 1000
    }

    /// Brings a file in. Returns when all of it can be queried.
    ///
    /// # Errors
    /// [`Busy`], what `readback import` says, and [`ingest::NotRead`] where it is no such file.
    pub async fn bring(&self, store: &Store, upload: Upload) -> anyhow::Result<Ingested> {
        let turn = timeout(PATIENCE, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| Busy)?.context("the desk is closed")?;
        let Upload {
            order,
            name,
            bytes,
            now,
            scope,
            dry_run,
            meeting,
        } = upload;
        let name = plain_name(&name);
        // Versions are seconds: of two files of one second the later still replaces the earlier.
        let changed = now.max(self.last.load(Ordering::Relaxed) + 1000);
        self.last.store(changed, Ordering::Relaxed);
        let mut hash = begun(order.kind, &order.source, &order.params);
        hash.update(&bytes);
        let identity = hash.digest128();
        let plan = Plan {
            kind: order.kind,
            source: order.source,
            params: order.params,
            timezone: self.calendar.timezone,
            gate: self.gate.clone(),
            what: "the file".to_owned(),
            changed,
            now,
            scope,
            meeting,
        };
        let open = move || Ok(input::of_bytes(name, bytes));
        let store = (!dry_run).then_some(store);
        ingest::bring(store, &self.keys, plan, move || Ok(identity), open).await
    }
}

/// What a file is called in what its kind says: its name may be somebody's.
fn plain_name(name: &str) -> String {
    match is_plain(name) && !name.is_empty() {
        true => name.to_owned(),
        false => "the file".to_owned(),
    }
}

/// Whether a name names nobody and can be told in a line.
fn is_plain(name: &str) -> bool {
    name.len() <= LONGEST_NAME && !name.chars().any(char::is_control) && !holds_address(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources;

    #[test]
    fn names_of_people_and_files_of_the_machine_are_refused() {
        let desk = Desk::new(
            Keys::new([7; 32]),
            Vec::new(),
            (Calendar::new(chrono_tz::Tz::UTC), Parameters::default()),
            Gate::default(),
        );
        assert_eq!(desk.instant("2026-03-02"), Some(1_772_409_600_000));
        assert_eq!(desk.instant("1870-01-01"), None);
        let events = sources::find("events").unwrap();
        let taken = |source: &str| desk.order(events, Some(source.to_owned()), &[]);
        assert_eq!(taken("wiki").unwrap().source, "wiki");
        assert_eq!(taken("").unwrap().source, "events");
        let long = "x".repeat(LONGEST_NAME + 1);
        for source in ["zzmail@example.org", "203.0.113.7", "a\nb", &long] {
            let words = taken(source).err().expect("refused").to_string();
            assert!(words.starts_with("source: ") && !words.contains("zzmail"));
        }
        let file = [("secret_file".to_owned(), "/etc/passwd".into())];
        let github = sources::find("github").unwrap();
        let error = desk.order(github, None, &file).err().expect("refused");
        assert!(matches!(error, AskError::File(_)), "{error}");
    }
}
