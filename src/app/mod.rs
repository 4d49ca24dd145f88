//! The composition root: long-lived parts are built here, in order, and passed on. No logic.

pub mod collector;
pub mod folder;
pub mod look;
pub mod posting;
pub mod reporting;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::collect::{Keys, LeftOut, left_out};
use crate::config::{Config, EngineMode, Mode};
use crate::engine::{self, Endpoint, Engine, EngineSettings, EngineState, Password, Progress};
use crate::jobs::gate::{Gate, in_turn};
use crate::store::{Store, StoreError};

use folder::{DataFolder, Turn};

/// How long the tables may take to be made or looked at. A server that is stuck does not say so, and
/// other commands wait for the data folder meanwhile.
const PREPARE: Duration = Duration::from_secs(120);

/// Everything a command works with.
pub struct House {
    /// The checked configuration.
    pub config: Config,
    /// The data folder's keys.
    pub keys: Keys,
    /// The smallest number of people that is shown.
    pub k: u32,
    /// What is kept of people.
    pub mode: Mode,
    /// The tables.
    pub store: Store,
    engine: Option<Engine>,
}

impl House {
    /// Opens the data folder, starts or finds the engine, brings the schema up to date.
    /// `progress` is told of the engine's installation.
    pub async fn open(
        config: Config,
        progress: impl FnMut(Progress) + Send + 'static,
    ) -> anyhow::Result<House> {
        // Folder, key and tables are made by one command at a time.
        let made = folder(&config).await?;
        made.1.has_one_key()?;
        House::furnish(config, made, progress).await
    }

    /// The same of a folder whose key may be half way to the next.
    pub async fn open_rotating(
        config: Config,
        progress: impl FnMut(Progress) + Send + 'static,
    ) -> anyhow::Result<House> {
        let made = folder(&config).await?;
        House::furnish(config, made, progress).await
    }

    async fn furnish(
        config: Config,
        (turn, folder, keys): (Turn, DataFolder, Keys),
        progress: impl FnMut(Progress) + Send + 'static,
    ) -> anyhow::Result<House> {
        let Bare { store, engine } = Bare::open(&config, progress).await?;
        let where_to = match &config.engine.mode {
            EngineMode::Remote { url, .. } => url.clone(),
            EngineMode::Embedded => "the embedded engine".to_owned(),
        };
        let prepared = timeout(PREPARE, prepare(&store, &keys, folder.k)).await;
        drop(turn);
        let house = House {
            keys,
            k: folder.k,
            mode: folder.mode,
            store,
            engine,
            config,
        };
        let silent = |_| {
            let cause = clickhouse::error::Error::TimedOut;
            let what = "preparing the tables";
            Err(StoreError::Engine { what, cause }.into())
        };
        if let Err(error) = prepared.unwrap_or_else(silent) {
            // An engine that is left to end by itself would be in the next command's way.
            house.close().await;
            return Err(error).with_context(|| format!("preparing the tables in {where_to}"));
        }
        Ok(house)
    }

    /// Waits for this house's turn to derive and to read what is derived: a run of another command
    /// would give both the same numbers twice, or take the rows away that are being read.
    pub async fn turn(&self) -> anyhow::Result<Turn> {
        turn(&self.config).await
    }

    /// Waits until no other command scans for this data folder.
    pub async fn scan_turn(&self) -> anyhow::Result<Turn> {
        let folder = self.config.data_dir.clone();
        let tell = || tracing::warn!("waiting for another scan of this data folder to end");
        let turn = in_turn(move || Turn::scan(&folder), tell).await;
        Ok(turn.context("waiting for another scan")??)
    }

    /// What batches wait for on their way into the store: that nobody derives or reports on this data
    /// folder, in this process or another.
    pub fn gate(&self) -> Gate {
        gate(&self.config)
    }

    /// The embedded engine's state, where there is one.
    pub fn engine(&self) -> Option<watch::Receiver<EngineState>> {
        self.engine.as_ref().map(Engine::state)
    }

    /// Ends the engine, if this house started it.
    pub async fn close(self) {
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}

/// A store whose tables nobody looked at: what a backup is restored into.
pub struct Bare {
    /// The tables.
    pub store: Store,
    engine: Option<Engine>,
}

impl Bare {
    /// Starts or finds the engine; `progress` is told of its installation.
    ///
    /// # Errors
    /// There is no engine.
    pub async fn open(
        config: &Config,
        progress: impl FnMut(Progress) + Send + 'static,
    ) -> anyhow::Result<Bare> {
        let (endpoint, engine) = match remote(config) {
            Some(endpoint) => (endpoint, None),
            None => {
                let library = library(config, progress).await?;
                let engine = start(&config.data_dir, &library).await?;
                (engine.endpoint().clone(), Some(engine))
            }
        };
        let store = Store::new(engine::client(&endpoint), &config.engine.database);
        Ok(Bare { store, engine })
    }

    /// Ends the engine, if it was started here.
    pub async fn close(self) {
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}

/// What batches wait for that go into a data folder's store.
pub fn gate(config: &Config) -> Gate {
    let folder = config.data_dir.clone();
    Gate::new(move || Ok(Box::new(Turn::share(&folder)?)))
}

/// The data folder and its keys, made where they are missing, and the folder's turn.
pub async fn folder(config: &Config) -> anyhow::Result<(Turn, DataFolder, Keys)> {
    let turn = turn(config).await?;
    let mut folder = DataFolder::open_or_create(&config.data_dir, config.k)?;
    folder.settle_mode(config.mode)?;
    let keys = Keys::open_or_create(&folder.key_file())?;
    folder.keep_key(keys.fingerprint())?;
    let keys = leaving_out(&folder, keys)?;
    // A folder that an earlier program made does not say so yet.
    folder.note_list()?;
    Ok((turn, folder, keys))
}

/// Begins an empty list of those who opted out, where the old one is lost. False where it is not.
pub async fn restart_opted_out(config: &Config) -> anyhow::Result<bool> {
    let _turn = turn(config).await?;
    let Some(folder) = DataFolder::look(&config.data_dir, config.k)? else {
        return Ok(false);
    };
    let path = folder.opted_out();
    let lost = folder.has_list().is_err() || left_out::read(&path).is_err();
    if lost {
        left_out::begin(&path)?;
    }
    Ok(lost)
}

/// The same without its turn. What is made already needs none: a door must not wait for another
/// command's report.
pub async fn ready_folder(config: &Config) -> anyhow::Result<(DataFolder, Keys)> {
    if let Some(mut folder) = DataFolder::look(&config.data_dir, config.k)?
        && let Some(keys) = Keys::open(&folder.key_file())?
        && folder.has_key(keys.fingerprint())?
    {
        folder.has_one_key()?;
        folder.settle_mode(config.mode)?;
        let keys = leaving_out(&folder, keys)?;
        return Ok((folder, keys));
    }
    let (_turn, folder, keys) = folder(config).await?;
    Ok((folder, keys))
}

/// The keys with those whom the folder leaves out.
fn leaving_out(folder: &DataFolder, keys: Keys) -> anyhow::Result<Keys> {
    folder.refuse_retired(keys.people_mark())?;
    folder.has_list()?;
    let everybody = folder.mode == Mode::CountsOnly;
    let left_out = LeftOut::open(&folder.opted_out(), everybody)?;
    tracing::debug!(
        privacy.mode = folder.mode.name(),
        privacy.opted_out = left_out.len(),
        "privacy"
    );
    Ok(keys.leaving_out(left_out))
}

async fn turn(config: &Config) -> anyhow::Result<Turn> {
    let folder = config.data_dir.clone();
    let tell = || tracing::warn!("waiting for another command on this data folder");
    let turn = in_turn(move || Turn::take(&folder), tell).await;
    Ok(turn.context("waiting for the data folder")??)
}

/// The server's address and login, where the engine is a server.
fn remote(config: &Config) -> Option<Endpoint> {
    match &config.engine.mode {
        EngineMode::Embedded => None,
        EngineMode::Remote {
            url,
            user,
            password,
        } => Some(Endpoint::Remote {
            url: url.clone(),
            user: user.clone(),
            password: Password::new(password.0.clone()),
        }),
    }
}

/// Starts the data folder's engine, or joins it.
async fn start(data: &Path, library: &Path) -> anyhow::Result<Engine> {
    let settings = EngineSettings::of_this_program(data, library)?;
    Ok(Engine::start(settings).await?)
}

/// Brings the tables up to date and makes sure whose they are.
async fn prepare(store: &Store, keys: &Keys, k: u32) -> anyhow::Result<()> {
    store.migrate().await?;
    store.claim(keys.fingerprint(), k).await??;
    Ok(())
}

/// The engine's library, installed where it is missing.
pub async fn library(
    config: &Config,
    mut progress: impl FnMut(Progress) + Send + 'static,
) -> anyhow::Result<PathBuf> {
    let engine = &config.engine;
    if let Some(found) = engine::find(engine.libchdb.as_deref(), &engine.cache_dir)? {
        return Ok(found);
    }
    let cache = engine.cache_dir.clone();
    let installed = tokio::task::spawn_blocking(move || engine::install(&cache, &mut progress));
    Ok(installed.await.context("the installation was cut off")??)
}
