//! What there is of a house, found without making anything: no folder, no key, no table, no
//! installed library.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;

use super::collector;
use super::folder::{DEFAULT_K, DataFolder};
use super::{remote, start};
use crate::collect::{Keys, left_out};
use crate::config::{AccessMode, Config, Mode};
use crate::engine;
use crate::jobs::expiry::{self, Taken};
use crate::jobs::ledger::{self, Ledger};
use crate::model::{Millis, to_rfc3339};
use crate::sources::{self, Kind};
use crate::spool;
use crate::store::{Acquainted, Store};

/// A data folder as it is found.
#[derive(Debug)]
pub struct Ground {
    /// It is there; else the next command makes it.
    pub made: bool,
    /// The smallest number of people that is or will be shown.
    pub k: u32,
    /// What is or will be kept of people.
    pub mode: Mode,
    /// Its key, told apart from others; `None` where it has none yet.
    fingerprint: Option<u64>,
}

/// Looks at the data folder.
pub fn ground(config: &Config) -> anyhow::Result<Ground> {
    let Some(mut folder) = DataFolder::look(&config.data_dir, config.k)? else {
        return Ok(Ground {
            made: false,
            k: config.k.unwrap_or(DEFAULT_K),
            mode: config.mode.unwrap_or_default(),
            fingerprint: None,
        });
    };
    folder.settle_mode(config.mode)?;
    let keys = Keys::open(&folder.key_file())?;
    if let Some(keys) = &keys {
        folder.has_key(keys.fingerprint())?;
        folder.refuse_retired(keys.people_mark())?;
    }
    folder.has_one_key()?;
    folder.has_list()?;
    Ok(Ground {
        made: true,
        k: folder.k,
        mode: folder.mode,
        fingerprint: keys.map(|keys| keys.fingerprint()),
    })
}

/// What is wrong with what lies in a data folder that is there, as far as files show it.
pub fn contents(config: &Config) -> Vec<anyhow::Error> {
    let mut found = Vec::new();
    let folder = &config.data_dir;
    // Several may look at once.
    let probe = folder.join(format!("check-{}.probe", std::process::id()));
    if let Err(error) = spool::probe(&probe) {
        let what = format!("{}: can't be written to", folder.display());
        found.push(anyhow::Error::new(error).context(what));
    }
    for secret in [
        "key",
        "key.next",
        "rotation.json",
        "tokens.json",
        "opted-out.json",
        "access.json",
        "privacy.ndjson",
    ] {
        let path = folder.join(secret);
        if let Some(mode) = open_to_others(&path) {
            found.push(anyhow::anyhow!(
                "{path}: others may open it (mode {mode:o}); `chmod 600 {path}` closes it",
                path = path.display()
            ));
        }
    }
    if let Err(error) = left_out::read(&folder.join("opted-out.json")) {
        found.push(error.into());
    }
    if let Err(error) = Ledger::read(&folder.join(ledger::FILE)) {
        found.push(error.into());
    }
    match collector::dead(config).count() {
        Ok(0) => {}
        Ok(letters) => found.push(anyhow::anyhow!(
            "{letters} dead letters wait; `readback dead list` shows them"
        )),
        Err(error) => found.push(error.into()),
    }
    found
}

/// What is no fault and may yet be more open, or more shut, than it was meant to be.
pub fn doubts(config: &Config) -> Vec<String> {
    let mut doubts = Vec::new();
    let mut look = |what: &str, path: &Path, closed: &str| {
        if let Some(mode) = open_to_others(path) {
            let path = path.display();
            doubts.push(format!(
                "{what}: {path}: others on this machine may open it (mode {mode:o}); `chmod {closed} {path}` \
                 closes it"
            ));
        }
    };
    look("data_dir", &config.data_dir, "700");
    look("data_dir", &config.data_dir.join("audit"), "700");
    for file in &config.secret_files {
        look(&file.key, &file.path, "600");
    }
    let is_local = config.listen.ip().to_canonical().is_loopback();
    if config.access.mode == AccessMode::Loopback && !is_local {
        doubts.push(format!(
            "server.listen: {} can be reached from elsewhere, and access.mode is \"loopback\": events are \
             taken there, and pages are refused to everybody; valid is an address of this machine alone, such \
             as 127.0.0.1:8080, or one of the modes \"oidc\", \"proxy\" and \"password\"",
            config.listen
        ));
    }
    doubts
}

/// The mode of a file or folder that group or others may open.
fn open_to_others(path: &Path) -> Option<u32> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// An engine and its tables as they are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// The embedded engine's library is not installed yet.
    NoLibrary,
    /// The embedded engine has no store yet; it was not started.
    NoStore,
    /// The engine answers and has no tables of ours.
    None,
    /// It answers, and so many migrations are to come.
    Behind(usize),
    /// It answers, and the tables are this program's.
    Current,
}

/// Where each source's last scan ended, by the source's id.
pub type Checkpoints = BTreeMap<String, String>;

/// What earlier scans left in the store.
#[derive(Debug, Default)]
pub struct Before {
    /// Where they ended.
    pub checkpoints: Checkpoints,
    /// When each source was last taken from.
    pub taken: Vec<Taken>,
    /// Sources that were pulled and are configured no more.
    pub left: Vec<String>,
    /// Whether authors are known among readers.
    pub acquainted: Acquainted,
}

/// Looks at the engine and whose its tables are, and what earlier scans left there.
pub async fn tables(config: &Config, ground: &Ground) -> anyhow::Result<(Tables, Before)> {
    let (endpoint, engine) = match remote(config) {
        Some(endpoint) => (endpoint, None),
        None => {
            let settings = &config.engine;
            let library = engine::find(settings.libchdb.as_deref(), &settings.cache_dir)?;
            let Some(library) = library else {
                return Ok((Tables::NoLibrary, Before::default()));
            };
            if !config.data_dir.join("engine").exists() {
                return Ok((Tables::NoStore, Before::default()));
            }
            let engine = start(&config.data_dir, &library).await?;
            (engine.endpoint().clone(), Some(engine))
        }
    };
    let store = Store::new(engine::client(&endpoint), &config.engine.database);
    let found = found(config, &store, ground).await;
    if let Some(engine) = engine {
        engine.stop().await;
    }
    found.context("looking at the tables")
}

/// What sources say that they can't read, by where their scans ended.
pub fn unread(checkpoints: &Checkpoints) -> Vec<String> {
    let parts = checkpoints.iter().flat_map(|(source, checkpoint)| {
        let parts = sources::unread(checkpoint).into_iter();
        parts.map(move |part| format!("source {source}: {part}"))
    });
    parts.collect()
}

/// Fewer authors or readers than these may be strangers by chance.
const SOME: u64 = 3;

/// What is to be known where nobody who wrote is known among those who read.
pub fn strangers(found: Acquainted) -> Option<String> {
    let is_odd = found.both == 0 && found.authors.min(found.readers) >= SOME;
    is_odd.then(|| {
        "no author of a write-up is among its readers by name: if the wiki and what tells of reads call people \
         by different accounts, authors' own reads count as others'; a roster says which are one person \
         (`readback people import --help`)"
            .to_owned()
    })
}

/// What is to be known of sources that are configured no more.
pub fn left(sources: &[String]) -> Vec<String> {
    let each = sources.iter().map(|id| {
        format!(
            "source {id}: what it told counts, and it is configured no more; if it has another id now, \
             all of it counts twice, until `readback purge {id}`"
        )
    });
    each.collect()
}

/// Which sources wait, because what they pull from asked for it, by where their scans ended.
pub fn waiting(checkpoints: &Checkpoints, now: Millis) -> Vec<String> {
    let waiting = checkpoints.iter().filter_map(|(source, checkpoint)| {
        let until = sources::waits_until(checkpoint).filter(|until| now < *until)?;
        let until = to_rfc3339(until);
        Some(format!(
            "source {source}: it asked for patience and is left alone until {until}; scans bring nothing \
             until then"
        ))
    });
    waiting.collect()
}

/// The configured sources whose kind is known: id, kind, and whether they are pulled.
pub fn configured(config: &Config) -> Vec<(String, &'static Kind, bool)> {
    let each = config.sources.iter().filter_map(|source| {
        let kind = sources::find(&source.kind)?;
        Some((source.id.clone(), kind, kind.is_pulled(&source.params)))
    });
    each.collect()
}

async fn found(
    config: &Config,
    store: &Store,
    ground: &Ground,
) -> anyhow::Result<(Tables, Before)> {
    let tables = of(store, ground).await?;
    let mut checkpoints = Checkpoints::new();
    if tables != Tables::Current {
        return Ok((tables, Before::default()));
    }
    for source in &config.sources {
        if let Some((_, checkpoint)) = store.checkpoint(&source.id).await? {
            checkpoints.insert(source.id.clone(), checkpoint);
        }
    }
    let taken = expiry::taken(store, &configured(config), config.schedule.scan_minutes).await?;
    let pulled = store
        .last_pulls()
        .await?
        .into_iter()
        .map(|(source, _)| source);
    let left = pulled.filter(|id| config.sources.iter().all(|source| source.id != *id));
    let left = left.collect();
    Ok((
        tables,
        Before {
            checkpoints,
            taken,
            left,
            acquainted: store.acquainted().await?,
        },
    ))
}

async fn of(store: &Store, ground: &Ground) -> anyhow::Result<Tables> {
    let Some(behind) = store.behind().await? else {
        return Ok(Tables::None);
    };
    if behind > 0 {
        // The table that tells the owner may be among those to come.
        return Ok(Tables::Behind(behind));
    }
    store.owned(ground.fingerprint, ground.k).await??;
    Ok(Tables::Current)
}
