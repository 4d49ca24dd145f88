//! From the spool into the store: one sealed segment is one batch, loaded in order, and gone from the
//! spool only when the store has confirmed it.
//!
//! What fails is tried again with longer and longer pauses, for ever: an engine that is away, a full
//! disk, a schema of another version. Only what the engine refuses because of its own content is set
//! apart: the batch is halved until the entries are found that nobody can load, and these are buried
//! with the reason. A batch that is loaded again has the same name, so its receipt replaces its own.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::gate::Gate;
use crate::engine::EngineState;
use crate::model::Millis;
use crate::spool::{Content, Dead, DeadError, Drain, Letter, Segment};
use crate::store::{Batch, ForeignStore, MigrateError, Store, StoreError};
use crate::telemetry::Metrics;

/// How long to try and when to try again.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The first pause after a failure; it doubles up to the last.
    pub first_pause: Duration,
    /// The longest pause.
    pub last_pause: Duration,
    /// How long a batch may take. An engine that is stuck, or whose machine went without a word, does
    /// not say so itself.
    pub patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            first_pause: Duration::from_millis(200),
            last_pause: Duration::from_secs(30),
            patience: Duration::from_secs(300),
        }
    }
}

/// How long the schema is taken for what it was. Another program may bring it further meanwhile.
const SCHEMA_TRUSTED: Duration = Duration::from_secs(30);

/// When so many parts of a batch were refused, it is not about single entries any more: the rest is
/// buried as it comes, halved no further.
const MANY_REFUSED: usize = 16;

/// Why a batch is not in the store yet. All of these may pass.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The engine is away or unwilling.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The schema is not this program's.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// The tables are somebody else's.
    #[error(transparent)]
    Foreign(#[from] ForeignStore),
    /// The segment can't be read or removed.
    #[error("the spool: {0}")]
    Spool(#[from] std::io::Error),
    /// Nobody can tell whether somebody derives.
    #[error("waiting for the data folder: {0}")]
    Gate(#[source] std::io::Error),
    /// What is refused can't be buried.
    #[error(transparent)]
    Dead(#[from] DeadError),
    /// The engine does not say whether it took the batch.
    #[error("the engine has not answered for {} s", .0.as_secs())]
    Silent(Duration),
    /// A defect of ours.
    #[error("loading was cut off")]
    CutOff,
}

impl Trouble {
    /// What is the matter, in words that hold nothing of what is loaded: `/readyz` shows them.
    pub fn words(&self) -> String {
        match self {
            Trouble::Store(error) => error.class(),
            Trouble::Schema(MigrateError::Store(error)) => error.class(),
            Trouble::Schema(error) => error.to_string(),
            Trouble::Foreign(_) => "the tables belong to another data folder".to_owned(),
            Trouble::Spool(error) => format!("the spool can't be read: {}", error.kind()),
            Trouble::Gate(error) => format!("the data folder can't be locked: {}", error.kind()),
            Trouble::Dead(DeadError::Full { .. }) => "the dead-letter folder is full".to_owned(),
            Trouble::Dead(_) => "the dead-letter folder can't be written to".to_owned(),
            Trouble::Silent(_) | Trouble::CutOff => self.to_string(),
        }
    }
}

/// How loading goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadState {
    /// Why nothing can be loaded just now.
    pub trouble: Option<String>,
    /// Attempts since it could.
    pub attempts: u32,
    /// Batches that were loaded.
    pub batches: u64,
    /// Batches that described write-ups; links are looked for anew when it grows.
    pub described: u64,
}

/// What a loader works with.
pub struct Loader {
    /// The tables.
    pub store: Store,
    /// Tells the key of the tables' data folder, and its k.
    pub owner: (u64, u32),
    /// The spool's exit.
    pub drain: Arc<Drain>,
    /// What is refused for good.
    pub dead: Dead,
    /// Counts what happens.
    pub metrics: Arc<Metrics>,
    /// The embedded engine's state, where there is one: a loader that waits is woken when it is back.
    pub engine: Option<watch::Receiver<EngineState>>,
    /// What time it is.
    pub now: fn() -> Millis,
    /// How it tries.
    pub pace: Pace,
    /// What every batch waits for.
    pub gate: Gate,
}

impl Loader {
    /// Loads what comes until told to stop; says how it goes.
    pub async fn run(
        &mut self,
        state: &watch::Sender<LoadState>,
        stop: &mut watch::Receiver<bool>,
    ) {
        let mut pause = self.pace.first_pause;
        let mut checked: Option<Instant> = None;
        loop {
            let segment = tokio::select! {
                segment = self.drain.next() => segment,
                () = stopped(stop) => return,
            };
            let turn = tokio::select! {
                turn = self.gate.pass() => turn,
                () = stopped(stop) => return,
            };
            let done = match turn {
                Err(error) => Err(Trouble::Gate(error)),
                Ok(_turn) => tokio::select! {
                    done = timeout(self.pace.patience, self.load(&segment, &mut checked)) => {
                        done.unwrap_or(Err(Trouble::Silent(self.pace.patience)))
                    }
                    () = stopped(stop) => return,
                },
            };
            match done {
                Ok(described) => {
                    pause = self.pace.first_pause;
                    state.send_modify(|state| {
                        if state.trouble.take().is_some() {
                            tracing::info!(attempts = state.attempts, "loading goes on");
                        }
                        state.attempts = 0;
                        state.batches += 1;
                        state.described += u64::from(described);
                    });
                }
                Err(trouble) => {
                    checked = None;
                    self.metrics.load_failed();
                    let words = trouble.words();
                    state.send_modify(|state| {
                        if state.trouble.as_ref() != Some(&words) {
                            // Each of them says its cause itself.
                            tracing::error!(error = %trouble, "a batch can't be loaded; it is tried again");
                        }
                        state.attempts += 1;
                        state.trouble = Some(words);
                    });
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = came_back(&mut self.engine) => {}
                        () = stopped(stop) => return,
                    }
                    pause = (pause * 2).min(self.pace.last_pause);
                }
            }
        }
    }

    /// Loads what is sealed now, until something fails.
    pub async fn rest(&self) -> Result<(), Trouble> {
        while let Some(segment) = self.drain.oldest() {
            let _turn = self.gate.pass().await.map_err(Trouble::Gate)?;
            self.load(&segment, &mut None).await?;
        }
        Ok(())
    }

    /// Loads a segment. Says whether it described write-ups.
    async fn load(
        &self,
        segment: &Segment,
        checked: &mut Option<Instant>,
    ) -> Result<bool, Trouble> {
        if checked.is_none_or(|at| at.elapsed() > SCHEMA_TRUSTED) {
            fit(&self.store, self.owner).await?;
            *checked = Some(Instant::now());
        }
        let reading = segment.clone();
        let content = match blocking(move || reading.read()).await? {
            // It was loaded while this process was told to end, or somebody removed it by hand.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                tracing::warn!("a segment of the spool is gone");
                let (drain, segment) = (Arc::clone(&self.drain), segment.clone());
                blocking(move || drain.lost(&segment)).await?;
                return Ok(false);
            }
            content => Arc::new(content?),
        };
        let damaged = self.bury_damage(segment.id(), &content).await?;
        let id = segment.id();
        let whole = 0..content.entries().len();
        let name = |range: &Range<usize>| match *range == whole {
            true => id,
            false => named(id, "part", range),
        };
        let mut described = false;
        let refused = halve(&self.store, self.owner, &content, name, |batch| {
            described |= batch.has_writeups();
            self.metrics.loaded(batch.len() as u64);
        });
        let refused = self.bury(&content, refused.await?).await?;
        self.acknowledge(segment).await?;
        // Only now: a batch that is tried again buries the same letters.
        for _ in 0..damaged + refused {
            self.metrics.buried();
        }
        Ok(described)
    }

    async fn acknowledge(&self, segment: &Segment) -> Result<(), Trouble> {
        let (drain, segment) = (Arc::clone(&self.drain), segment.clone());
        blocking(move || drain.done(&segment)).await??;
        Ok(())
    }

    /// Buries what of a segment is no entry any more. Gives how many letters that makes.
    async fn bury_damage(&self, id: u128, content: &Arc<Content>) -> Result<usize, Trouble> {
        let (dead, content, now) = (self.dead.clone(), Arc::clone(content), self.now);
        let buried = blocking(move || {
            let mut count = 0;
            for (n, damage) in content.damage().enumerate() {
                tracing::error!(bytes = damage.len(), "a segment of the spool is damaged");
                let name = named(id, "damage", &(n..n));
                dead.bury_damage(name, damage, &damaged(damage.len()), now())?;
                count += 1;
            }
            Ok::<_, DeadError>(count)
        });
        Ok(buried.await??)
    }

    /// Buries what the store refuses. Gives how many letters that makes.
    async fn bury(&self, content: &Arc<Content>, refused: Vec<Refused>) -> Result<usize, Trouble> {
        if refused.is_empty() {
            return Ok(0);
        }
        let (dead, content, now) = (self.dead.clone(), Arc::clone(content), self.now);
        let buried = blocking(move || {
            for part in &refused {
                tracing::error!(
                    entries = part.range.len(),
                    reason = part.reason,
                    "the store refuses part of a batch for good; `readback dead list` shows it"
                );
                dead.bury(part.name, part.entries(&content), &part.reason, now())?;
            }
            Ok::<_, DeadError>(refused.len())
        });
        Ok(buried.await??)
    }
}

/// A part of a batch that the store refuses for good.
struct Refused {
    name: u128,
    range: Range<usize>,
    reason: String,
}

impl Refused {
    fn entries<'a>(&self, content: &'a Content) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        content
            .entries()
            .skip(self.range.start)
            .take(self.range.len())
    }
}

/// Loads all entries that the store takes: what it refuses is halved until the entries are found that
/// nobody can load. `name` names a part, `loaded` is told of each that the store has.
async fn halve(
    store: &Store,
    owner: (u64, u32),
    content: &Arc<Content>,
    name: impl Fn(&Range<usize>) -> u128,
    mut loaded: impl FnMut(&Batch),
) -> Result<Vec<Refused>, Trouble> {
    let whole = 0..content.entries().len();
    let mut waiting = vec![whole];
    let mut refused: Vec<Refused> = Vec::new();
    while let Some(range) = waiting.pop() {
        if range.is_empty() {
            continue;
        }
        let name = name(&range);
        let (reading, part) = (Arc::clone(content), range.clone());
        let unpacked = blocking(move || unpack(&reading, part)).await?;
        let reason = match unpacked {
            Ok(batch) => match store.load(name, &batch).await {
                Ok(()) => {
                    loaded(&batch);
                    continue;
                }
                Err(error) if error.is_for_good() => {
                    if refused.is_empty() {
                        // Tables that were brought further a moment ago may refuse what is no
                        // fault of the rows.
                        fit(store, owner).await?;
                    }
                    error.to_string()
                }
                Err(error) => return Err(error.into()),
            },
            Err(reason) => reason,
        };
        if range.len() > 1 && refused.len() < MANY_REFUSED {
            let middle = range.start + range.len() / 2;
            waiting.push(middle..range.end);
            waiting.push(range.start..middle);
            continue;
        }
        refused.push(Refused {
            name,
            range,
            reason,
        });
    }
    Ok(refused)
}

/// What came of a letter that was loaded once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Events of it that the store has now.
    pub rows: u64,
    /// Requests that it still refuses, which the letter holds now.
    pub refused: u64,
    /// Why it does.
    pub reason: Option<String>,
    /// Bytes of the letter that can't be read any more.
    pub damaged: u64,
    /// Requests that were in the letter once and can't be read any more.
    pub missing: u64,
}

impl Again {
    /// Whether all that was ever in the letter is in the store, so that the letter can go.
    pub fn is_all(&self) -> bool {
        self.refused == 0 && self.damaged == 0 && self.missing == 0
    }
}

/// Loads a dead letter once more. One of which all was loaded stays: whoever removes it knows that it
/// is loaded. One of which a part was loaded holds from then on what is still refused; what of it is
/// damaged is kept as well, beside it or in it.
///
/// # Errors
/// What the store says, or that there is nothing in it that could be loaded; it stays as it was.
pub async fn again(
    store: &Store,
    owner: (u64, u32),
    dead: &Dead,
    letter: &Letter,
    gate: &Gate,
) -> anyhow::Result<Again> {
    let read = letter.clone();
    let content = Arc::new(blocking(move || read.read()).await??);
    let count = content.entries().len();
    if count == 0 {
        anyhow::bail!("holds nothing that can be read any more; `readback dead drop` removes it");
    }
    let mut done = Again {
        damaged: content.damage().map(|bytes| bytes.len() as u64).sum(),
        missing: letter.told.entries.saturating_sub(count as u64),
        ..Again::default()
    };
    // Parts are named by what is in them: the places of entries change when the letter is written
    // anew, and a receipt of this turn must not take the place of one of the turn before.
    let name = |range: &Range<usize>| match range.len() == count {
        true => letter.batch,
        false => named_by_content(letter.batch, &content, range),
    };
    let _passed = gate.pass().await.map_err(Trouble::Gate)?;
    let patience = Pace::default().patience;
    let halved = halve(store, owner, &content, name, |batch| {
        done.rows += batch.len() as u64;
    });
    let refused = timeout(patience, halved).await;
    let refused = refused.map_err(|_| Trouble::Silent(patience))??;
    done.refused = refused.iter().map(|part| part.range.len() as u64).sum();
    let Some(first) = refused.first() else {
        return Ok(done);
    };
    let reason = first.reason.clone();
    if done.refused == count as u64 {
        anyhow::bail!(reason);
    }
    done.reason = Some(reason.clone());
    let (dead, letter, content) = (dead.clone(), letter.clone(), Arc::clone(&content));
    let written = blocking(move || {
        let damage: Vec<u8> = content.damage().flatten().copied().collect();
        if !damage.is_empty() {
            let words = damaged(damage.len());
            dead.bury_damage(letter.batch, &damage, &words, letter.told.at)?;
        }
        let entries = refused.iter().flat_map(|part| part.entries(&content));
        dead.bury(letter.batch, entries, &reason, letter.told.at)
    });
    written.await??;
    Ok(done)
}

/// Makes sure that the tables are this program's and belong to this data folder; brings them up to
/// date where they are behind.
pub async fn fit(store: &Store, owner: (u64, u32)) -> Result<(), Trouble> {
    if store.behind().await? != Some(0) {
        store.migrate().await?;
    }
    let (fingerprint, k) = owner;
    store.claim(fingerprint, k).await??;
    Ok(())
}

/// The entries of a range as one batch, or why they are none.
fn unpack(content: &Content, range: Range<usize>) -> Result<Batch, String> {
    let mut batch = Batch::default();
    for entry in content.entries().skip(range.start).take(range.len()) {
        batch.append(Batch::unpack(entry).map_err(|error| error.to_string())?);
    }
    Ok(batch)
}

/// The name of a part of a batch: the same whenever the batch is loaded again.
fn named(batch: u128, what: &str, range: &Range<usize>) -> u128 {
    xxh3_128(format!("{batch:x} {what} {} {}", range.start, range.end).as_bytes())
}

/// The name of a part of a letter: the same wherever its entries lie in it.
fn named_by_content(batch: u128, content: &Content, range: &Range<usize>) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(&batch.to_le_bytes());
    for entry in content.entries().skip(range.start).take(range.len()) {
        hash.update(&xxh3_128(entry).to_le_bytes());
    }
    hash.digest128()
}

/// Why bytes are buried that are no entries.
fn damaged(bytes: usize) -> String {
    format!("{bytes} bytes don't fit their sums: the disk damaged them")
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Trouble> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Trouble::CutOff)
}

/// Waits for the stop; a sender that is gone counts as one.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Waits until an engine that was down is up again; for ever where there is none to wait for.
async fn came_back(engine: &mut Option<watch::Receiver<EngineState>>) {
    if let Some(engine) = engine {
        let starts = engine.borrow_and_update().starts;
        let again = engine.wait_for(|state| state.up && state.starts > starts);
        if again.await.is_ok() {
            return;
        }
    }
    std::future::pending().await
}
