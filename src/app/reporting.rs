//! The published tables' own place: with an embedded engine a second engine over a second folder, which
//! reporting tools may ask; with a server a database beside Readback's own.

use std::path::PathBuf;

use anyhow::Context as _;
use tokio::sync::watch;

use super::{library, remote, start};
use crate::config::Config;
use crate::engine::{self, Engine, EngineSettings, EngineState};
use crate::store::Published;

/// The folder of the second engine, in the data folder. It holds published tables alone.
const FOLDER: &str = "published";

/// Where published tables are written.
pub struct Reporting {
    /// The tables.
    pub published: Published,
    engine: Option<Engine>,
}

/// The folder of the engine with published tables alone, for whoever runs that engine by itself.
///
/// # Errors
/// There is none: nothing was published, or a server has the tables.
pub fn folder(config: &Config) -> anyhow::Result<PathBuf> {
    if remote(config).is_some() {
        anyhow::bail!(
            "with engine.mode = \"remote\" the server itself has the published tables; `readback reporting \
             grants` prints the rights that reporting tools need there"
        );
    }
    let folder = config.data_dir.join(FOLDER).join("engine");
    if !folder.is_dir() {
        anyhow::bail!(
            "nothing was published in {}; with `tables = true` in [reporting], `readback report` does it",
            config.data_dir.display()
        );
    }
    Ok(folder)
}

/// The second engine's own data folder; with a server there is none.
pub fn data(config: &Config) -> Option<PathBuf> {
    let own = || config.data_dir.join(FOLDER);
    remote(config).is_none().then(own)
}

impl Reporting {
    /// The second engine or the server, whose tables nobody looked at: what a backup is restored into.
    ///
    /// # Errors
    /// There is no engine.
    pub async fn bare(config: &Config) -> anyhow::Result<Reporting> {
        let (endpoint, engine) = match remote(config) {
            Some(endpoint) => (endpoint, None),
            None => {
                let library = library(config, |_| {}).await?;
                let started = start(&config.data_dir.join(FOLDER), &library).await;
                let engine = started.context("the engine of the published tables")?;
                (engine.endpoint().clone(), Some(engine))
            }
        };
        let published = Published::new(engine::client(&endpoint), &config.reporting.database);
        Ok(Reporting { published, engine })
    }

    /// Starts or joins the second engine, or takes the server, and brings the tables up to date. `None`
    /// where nobody asked for them.
    pub async fn open(config: &Config) -> anyhow::Result<Option<Reporting>> {
        let reporting = &config.reporting;
        if !reporting.tables {
            return Ok(None);
        }
        let (endpoint, engine) = match remote(config) {
            Some(endpoint) => (endpoint, None),
            None => {
                let library = library(config, |_| {}).await?;
                let folder = config.data_dir.join(FOLDER);
                let mut settings = EngineSettings::of_this_program(&folder, &library)?;
                if let (Some(address), Some(file)) = (reporting.listen, &reporting.password_file) {
                    settings = settings.listening(address, file)?;
                }
                let engine = Engine::start(settings)
                    .await
                    .context("the engine of the published tables")?;
                (engine.endpoint().clone(), Some(engine))
            }
        };
        let published = Published::new(engine::client(&endpoint), &reporting.database);
        let opened = Reporting { published, engine };
        match opened.published.migrate().await {
            Ok(_) => Ok(Some(opened)),
            Err(error) => {
                // An engine that is left to end by itself would be in the next command's way.
                opened.close().await;
                Err(error).context("preparing the published tables")
            }
        }
    }

    /// The second engine's state, where there is one.
    pub fn engine(&self) -> Option<watch::Receiver<EngineState>> {
        self.engine.as_ref().map(Engine::state)
    }

    /// Ends the engine, if it was started here.
    pub async fn close(self) {
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}
