//! Bringing events in: files by import, everything else by scan. Both go the same way: a source in
//! a thread of its own, the intake, batches, one insert for each kind in a batch. Batches carry
//! names made of content and run, so that work taken up again after a crash is no redelivery.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use chrono_tz::Tz;
use tokio::sync::mpsc;
use tokio::time::timeout;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::gate::Gate;
use super::load::{Pace, Trouble};
use super::undo;
use crate::collect::input::Input;
use crate::collect::receive::Scope;
use crate::collect::{Intake, Keys, input};
use crate::model::target::without_user;
use crate::model::{Event, Millis, Vocabulary};
use crate::sources::{self, File, Kind, KnownWriteup, Problem, Pull, Setting, Sink, SourceError};
use crate::store::{self, Batch, Renamed, Store};

/// Rows in a batch. What is inserted in fewer and larger pieces is merged less often; three of them are
/// in memory at once, about 100 MB each.
const BATCH_ROWS: usize = 500_000;

/// Problems that are told; a file with more is not what its kind reads, and the rest is counted.
const TOLD_PROBLEMS: usize = 100_000;

/// What came of bringing events in.
#[derive(Clone, Debug, Default)]
pub struct Ingested {
    /// Events taken, by kind.
    pub events: BTreeMap<&'static str, u64>,
    /// Entries that should have been events and were not.
    pub rejected: u64,
    /// What is wrong with them, up to a hundred thousand; several things of one entry stand together.
    pub problems: Vec<Problem>,
    /// How many of the rejected entries have nothing in `problems`.
    pub untold: u64,
    /// Input left out on purpose, by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// What was assumed or seen.
    pub notes: Vec<String>,
    /// What can't be read of what is pulled, one sentence for each part.
    pub unread: Vec<String>,
    /// The first and the last instant of the events taken.
    pub span: Option<(Millis, Millis)>,
    /// The number of the import, where it can be taken back ([`super::undo`]).
    pub import: Option<u64>,
}

impl Ingested {
    /// Events taken, of all kinds.
    pub fn total(&self) -> u64 {
        self.events.values().sum()
    }

    /// Whether there is nothing that somebody would have to know of this one file.
    pub fn is_plain(&self) -> bool {
        self.rejected == 0 && self.notes.is_empty()
    }
}

/// What to import and how.
pub struct Import {
    /// The kind of source.
    pub kind: &'static Kind,
    /// The `source` of its events.
    pub source: String,
    /// The kind's parameters.
    pub params: toml::Table,
    /// The organisation's zone.
    pub timezone: Tz,
    /// The file, or `-`.
    pub path: PathBuf,
    /// Told of every packed byte that is read.
    pub progress: Arc<dyn Fn(u64) + Send + Sync>,
    /// What every batch waits for.
    pub gate: Gate,
    /// What time it is.
    pub now: Millis,
    /// The hash of the meeting that all of it is about, where somebody said so.
    pub meeting: Option<u64>,
}

/// Imports a file; with no store, only says what it would import. Returns when all of it can be
/// queried.
pub async fn import(
    store: Option<&Store>,
    keys: &Keys,
    import: Import,
) -> anyhow::Result<Ingested> {
    let plan = Plan {
        kind: import.kind,
        source: import.source.clone(),
        params: import.params.clone(),
        timezone: import.timezone,
        gate: import.gate.clone(),
        what: import.path.display().to_string(),
        changed: changed(&import.path),
        now: import.now,
        scope: Scope::default(),
        meeting: import.meeting,
    };
    let path = import.path.clone();
    let progress = Arc::clone(&import.progress);
    let open = move || {
        input::open(&path, move |n| progress(n)).with_context(|| path.display().to_string())
    };
    bring(store, keys, plan, move || identity(&import), open).await
}

/// An import, wherever its bytes come from.
pub(super) struct Plan {
    pub(super) kind: &'static Kind,
    pub(super) source: String,
    pub(super) params: toml::Table,
    pub(super) timezone: Tz,
    pub(super) gate: Gate,
    /// What errors call it.
    pub(super) what: String,
    /// When it was last changed.
    pub(super) changed: Millis,
    /// What time it is.
    pub(super) now: Millis,
    /// What its sender may send.
    pub(super) scope: Scope,
    /// See [`Import::meeting`].
    pub(super) meeting: Option<u64>,
}

/// Brings in what `open` gives; `identity` tells it from other imports and is asked where something is
/// stored.
pub(super) async fn bring(
    store: Option<&Store>,
    keys: &Keys,
    plan: Plan,
    identity: impl FnOnce() -> anyhow::Result<u128> + Send + 'static,
    open: impl FnOnce() -> anyhow::Result<Input> + Send + 'static,
) -> anyhow::Result<Ingested> {
    let what = plan.what;
    let build = plan.kind.file.with_context(|| {
        format!(
            "{} does not read files; `readback list sources` tells which do",
            plan.kind.name
        )
    })?;
    let writeups = match store {
        Some(store) => known_writeups(store).await?,
        None => Vec::new(),
    };
    let setting = Setting {
        source: plan.source.clone(),
        vocabulary: Vocabulary::default(),
        timezone: plan.timezone,
        writeups,
    };
    let mut reader = build(plan.params, &setting)
        .with_context(|| format!("parameters of {}", plan.kind.name))?;
    reader.dated(plan.changed);
    reader.begun(plan.now);
    let work = move |sink: &mut dyn Sink| -> anyhow::Result<()> {
        let mut input = open()?;
        reader
            .read(&input.name, &mut input.reader, sink)
            .map_err(unnamed)
    };
    // A large file takes a while to be told from others; it is read meanwhile.
    let mut run = None;
    let begun = async {
        let Some(store) = store else { return Ok(0) };
        let name = tokio::task::spawn_blocking(identity).await??;
        let begun = store.begin_import(name).await?;
        run = Some(begun);
        Ok(xxh3_128(
            format!("{:x} {}", begun.file, begun.run).as_bytes(),
        ))
    };
    let way = match store {
        None => None,
        Some(store) => Some(Way {
            store,
            gate: &plan.gate,
            import: Some(undo::begin(plan.kind.name, plan.now)?),
            meeting: plan.meeting,
        }),
    };
    let ((), mut ingested) = drive(way, keys, (&plan.source, plan.scope), begun, work)
        .await
        .context(what)?;
    if ingested.total() == 0 && ingested.rejected > 0 {
        ingested.notes.push(format!(
            "NOTHING WAS TAKEN: everything that should have been an event was refused; is it a file of \
             the kind {}?",
            plan.kind.name
        ));
    }
    if let (Some(store), Some(run)) = (store, run) {
        store.finish_import(run).await?;
    }
    Ok(ingested)
}

/// What to pull.
pub struct Scan {
    /// The kind of source.
    pub kind: &'static Kind,
    /// The `source` of its events.
    pub source: String,
    /// The kind's parameters.
    pub params: toml::Table,
    /// The organisation's zone.
    pub timezone: Tz,
    /// What the words of write-ups are measured against.
    pub vocabulary: Vocabulary,
    /// What time it is.
    pub now: Millis,
    /// What every batch waits for.
    pub gate: Gate,
}

/// Pulls a source once, from its checkpoint on. Returns when all of it can be queried.
pub async fn scan(store: &Store, keys: &Keys, scan: Scan) -> anyhow::Result<Ingested> {
    let build = scan.kind.pull.with_context(|| {
        format!(
            "{} can't be scanned; `readback list sources` tells which kinds can",
            scan.kind.name
        )
    })?;
    let writeups = said_by_others(store, Some(&scan.source)).await?;
    let setting = Setting {
        source: scan.source.clone(),
        vocabulary: scan.vocabulary.clone(),
        timezone: scan.timezone,
        writeups,
    };
    let mut puller =
        build(scan.params.clone(), &setting).with_context(|| format!("source {}", scan.source))?;
    // Pulls come by the hour: nothing is kept for longer than is said.
    undo::sweep(store, scan.now).await?;
    let checkpoint = store.checkpoint(&scan.source).await?;
    let version = checkpoint.as_ref().map_or(0, |(version, _)| *version);
    let prefix = xxh3_128(format!("scan {} {version}", scan.source).as_bytes());
    let begun = std::future::ready(Ok(prefix));
    let now = scan.now;
    let work = move |sink: &mut dyn Sink| -> anyhow::Result<String> {
        Ok(puller.pull(
            // A purged source begins anew.
            checkpoint
                .as_ref()
                .map(|(_, value)| value.as_str())
                .filter(|value| !value.is_empty()),
            now,
            sink,
        )?)
    };
    let what = || format!("source {}", scan.source);
    let way = Way {
        store,
        gate: &scan.gate,
        import: None,
        meeting: None,
    };
    let (next, mut ingested) = drive(
        Some(way),
        keys,
        (&scan.source, Scope::default()),
        begun,
        work,
    )
    .await
    .with_context(what)?;
    let pulled_at = match sources::is_whole(&next) {
        true => now,
        // Only what was whole moves the time on; of a source that never was, it is that of the first try.
        false => {
            let whole = store.last_pulls().await?;
            let last = whole.iter().find(|(source, _)| *source == scan.source);
            last.map_or(now, |(_, at)| *at)
        }
    };
    store
        .set_checkpoint(&scan.source, (version + 1, &next), pulled_at)
        .await?;
    ingested.unread = sources::unread(&next);
    Ok(ingested)
}

/// The registered write-ups as link finders need them, with all their names.
pub async fn known_writeups(store: &Store) -> anyhow::Result<Vec<KnownWriteup>> {
    said_by_others(store, None).await
}

/// The same without what one source said itself: it must not hear its own former names as if
/// somebody else stood by them.
async fn said_by_others(store: &Store, itself: Option<&str>) -> anyhow::Result<Vec<KnownWriteup>> {
    let mut known: BTreeMap<String, KnownWriteup> = BTreeMap::new();
    let mut dated: BTreeSet<String> = BTreeSet::new();
    let rows = store.landed_writeups().await?;
    for row in rows
        .into_iter()
        .filter(|row| Some(row.source.as_str()) != itself)
    {
        let entry = known.entry(row.id.clone()).or_insert_with(|| KnownWriteup {
            id: row.id.clone(),
            title: None,
            aliases: Vec::new(),
        });
        if row.title.is_some() {
            entry.title = row.title;
        }
        entry.aliases.extend(row.url);
        entry.aliases.extend(row.aliases);
        dated.extend(row.dated_aliases.into_iter().map(|(name, _, _)| name));
    }
    for writeup in known.values_mut() {
        writeup.aliases.retain(|name| !dated.contains(name));
        writeup.aliases.sort();
        writeup.aliases.dedup();
    }
    // Whose a name with a time is, is decided by the time of each link: the link keeps the name.
    for name in dated.into_iter().filter(|name| !name.ends_with('*')) {
        let id = name.clone();
        known.entry(name).or_insert_with(|| KnownWriteup {
            id,
            title: None,
            aliases: Vec::new(),
        });
    }
    Ok(known.into_values().collect())
}

/// A source names the file that it can't read; an import says which file it is by its whole path.
fn unnamed(error: SourceError) -> anyhow::Error {
    match error {
        SourceError::Format { reason, .. } => anyhow::Error::new(NotRead(reason)),
        SourceError::Io { cause, .. } => anyhow::Error::new(NotRead(cause.to_string())),
        other => other.into(),
    }
}

/// A file is not what its kind reads, or can't be read to its end. Other files may do better.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotRead(pub String);

/// Where what a source finds goes to.
struct Way<'a> {
    store: &'a Store,
    gate: &'a Gate,
    /// What it is noted as, so that it can be taken back.
    import: Option<store::Import>,
    /// See [`Import::meeting`].
    meeting: Option<u64>,
}

/// Runs a source in a thread of its own and loads what it finds, batch by batch. `begun` names the run.
async fn drive<T: Send + 'static>(
    way: Option<Way<'_>>,
    keys: &Keys,
    (source, scope): (&str, Scope),
    begun: impl Future<Output = anyhow::Result<u128>>,
    work: impl FnOnce(&mut dyn Sink) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<(T, Ingested)> {
    // One batch being read, one waiting, one being loaded: bounded memory, both cores at work.
    let (sender, mut receiver) = mpsc::channel::<Batch>(1);
    let mut collector = Collector {
        intake: Intake::new(keys.clone()),
        source: without_user(source).into_owned(),
        scope,
        batch: Batch::default(),
        ingested: Ingested::default(),
        sender,
        closed: false,
        line: 0,
    };
    let reading = tokio::task::spawn_blocking(move || {
        let done = work(&mut collector);
        collector.flush();
        done.map(|value| (value, collector.ingested))
    });
    let prefix = begun.await?;
    let mut number: u32 = 0;
    let (mut noted, mut is_of_meetings) = (None, true);
    while let Some(mut batch) = receiver.recv().await {
        if let Some(Way {
            store,
            gate,
            import,
            meeting,
        }) = way
        {
            let name = xxh3_128(format!("{prefix:x} {number}").as_bytes());
            let _passed = gate.pass().await.context("waiting for the data folder")?;
            // Whoever was forgotten meanwhile does not come back with what was read before.
            keys.left_out().refresh_now();
            let gone: Renamed = keys.left_out().people().into_iter().collect();
            if !gone.is_empty() {
                batch.rename_people(&gone);
            }
            if let Some(meeting) = meeting {
                batch.move_to(meeting);
            }
            // All of a file can be taken back, or nothing.
            is_of_meetings &= batch.is_of_meetings();
            if let Some(import) = import {
                if is_of_meetings {
                    store.note_import(import, &batch).await?;
                    noted = Some(import.number);
                } else if let Some(number) = noted.take() {
                    store.forget_import(number).await?;
                }
            }
            // Others wait meanwhile; an engine that went without a word does not say so itself.
            let patience = Pace::default().patience;
            let loaded = timeout(patience, store.load(name, &batch)).await;
            loaded.map_err(|_| Trouble::Silent(patience))??;
        }
        number += 1;
    }
    let (value, ingested) = reading.await.context("the source's thread ended early")??;
    let ingested = Ingested {
        import: noted,
        ..ingested
    };
    Ok((value, ingested))
}

struct Collector {
    intake: Intake,
    source: String,
    scope: Scope,
    batch: Batch,
    ingested: Ingested,
    sender: mpsc::Sender<Batch>,
    closed: bool,
    /// The line of the input that is being read, where it has lines; else 0.
    line: u64,
}

impl Collector {
    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() && self.sender.blocking_send(batch).is_err() {
            // The loader gave up; its error is what the user sees.
            self.closed = true;
        }
    }

    /// Where the event is that is being looked at.
    fn place(&self) -> String {
        let nth = self.ingested.total() + self.ingested.rejected + 1;
        match self.line {
            0 => format!("event {nth}"),
            line => format!("line {line}"),
        }
    }

    /// Counts one entry, whatever the number of things wrong with it.
    fn reject(&mut self, problems: Vec<Problem>) {
        self.ingested.rejected += 1;
        self.batch.rejected(&self.source, 1);
        if problems.is_empty() || self.ingested.problems.len() >= TOLD_PROBLEMS {
            self.ingested.untold += 1;
        } else {
            self.ingested.problems.extend(problems);
        }
    }
}

impl Sink for Collector {
    fn line(&mut self, number: u64) {
        self.line = number;
    }

    fn event(&mut self, event: Event) {
        if self.closed {
            return;
        }
        let kind = event.body.kind().name();
        let at = event.time;
        if let Some((field, reason)) = self.scope.fault(&event) {
            let place = self.place();
            let field = field.to_owned();
            return self.reject(vec![Problem {
                place,
                field,
                reason,
            }]);
        }
        match self.intake.accept(event) {
            Ok(record) => {
                *self.ingested.events.entry(kind).or_default() += 1;
                let (first, last) = self.ingested.span.unwrap_or((at, at));
                self.ingested.span = Some((first.min(at), last.max(at)));
                self.batch.push(record);
                if self.batch.len() >= BATCH_ROWS {
                    self.flush();
                }
            }
            Err(rejection) => {
                self.reject(vec![Problem {
                    place: self.place(),
                    field: rejection.field.to_owned(),
                    reason: rejection.reason,
                }]);
            }
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.reject(vec![problem]);
    }

    fn rejected(&mut self, problems: Vec<Problem>) {
        self.reject(problems);
    }

    fn left_out(&mut self, reason: &'static str) {
        *self.ingested.left_out.entry(reason).or_default() += 1;
    }

    fn note(&mut self, text: String) {
        self.ingested.notes.push(text);
    }
}

/// When the file was last changed; what can't say so, a pipe for instance, is as it is now.
fn changed(path: &Path) -> Millis {
    let changed = std::fs::metadata(path)
        .ok()
        .filter(|meta| meta.is_file())
        .and_then(|meta| meta.modified().ok())
        .unwrap_or_else(std::time::SystemTime::now);
    let since = changed.duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Names a file by what is in it and how it is read. Standard input and pipes can't be read twice: they get
/// a name of their own each time.
fn identity(import: &Import) -> anyhow::Result<u128> {
    let mut hash = begun(import.kind, &import.source, &import.params);
    if import.path == Path::new("-") || !std::fs::metadata(&import.path)?.is_file() {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        hash.update(&random);
        return Ok(hash.digest128());
    }
    let mut file = std::fs::File::open(&import.path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(hash.digest128());
        }
        hash.update(&buffer[..n]);
    }
}

/// The name of an import before its bytes are known.
pub(super) fn begun(kind: &Kind, source: &str, params: &toml::Table) -> Xxh3 {
    let mut hash = Xxh3::new();
    hash.update(format!("{}\u{1f}{source}\u{1f}{params}\u{1f}", kind.name).as_bytes());
    hash
}

/// Both abilities end up in the same thread; they have to be able to go there.
const _: fn() = || {
    fn goes<T: Send + ?Sized>() {}
    goes::<dyn File>();
    goes::<dyn Pull>();
};
