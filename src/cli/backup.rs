//! `readback backup` and `readback restore`: all that cannot be had again, in a folder and back.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::engine::Installing;
use super::{plain, progress};
use crate::app::folder::{DataFolder, Turn};
use crate::app::reporting::{self, Reporting};
use crate::app::{Bare, House};
use crate::config::{Config, EngineMode};
use crate::engine::backups;
use crate::jobs::backup::{Making, Part, Server, Whole};
use crate::store::{Shelf, Store};

/// Stands below `readback backup --help`.
const HELP: &str = "\
In it are the tables, what waits in the spool, dead letters, tokens, accounts, the audit log and the key of the
pseudonyms: keep it as safe as the data folder. It may be made while `readback serve` runs: events are taken in
meanwhile and loaded afterwards. With engine.mode = \"remote\" the server keeps the tables itself, where its
`backups.allowed_path` or --disk says; the folder says under which name. Whoever is erased with `forget` is still
in older backups: keep them no longer than needed.";

/// Stands below `readback restore --help`.
const RESTORE_HELP: &str = "\
Restores into a data folder that is new or empty, and with a server into a database that is not there; the
configuration names both. The backup is looked through first, and nothing is changed where it is not whole. An
older backup is brought to this program's schema by the next command; one of a newer program is refused.";

/// What to back up.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// The backup, a new folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// With a server: its disk for backups, one of its `backups.allowed_disk`
    #[arg(long, value_name = "NAME")]
    disk: Option<String>,
}

/// What to restore.
#[derive(Debug, clap::Args)]
#[command(after_help = RESTORE_HELP)]
pub(super) struct RestoreArgs {
    /// A folder that `readback backup` made
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// What an embedded engine's own copy is called until it is in the backup's folder.
const OURS: &str = "of-readback-backup";

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let embedded = matches!(config.engine.mode, EngineMode::Embedded);
    if embedded && args.disk.is_some() {
        bail!(
            "--disk: is for engine.mode = \"remote\"; an embedded engine's tables come into the folder"
        );
    }
    if DataFolder::look(&config.data_dir, config.k)?.is_none() {
        bail!(
            "{}: is no data folder yet; --data-dir names the one to back up",
            config.data_dir.display()
        );
    }
    let making = Making::begin(&args.folder, &config.data_dir)?;
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let done = backed_up(&house, making, &args).await;
    house.close().await;
    let (files, bytes) = done?;
    let mib = bytes.div_ceil(1 << 20);
    writeln!(
        std::io::stderr(),
        "{}: a backup of {files} files, {mib} MiB; it holds the key of the pseudonyms, so keep it as safe as \
         the data folder",
        plain::shown(&args.folder.display().to_string())
    )?;
    Ok(())
}

async fn backed_up(house: &House, mut making: Making, args: &Args) -> anyhow::Result<(usize, u64)> {
    let config = &house.config;
    let bar = progress::spinner("waiting for other commands");
    // Nobody loads, derives or takes anything away meanwhile.
    let _turn = house.turn().await?;
    bar.set_message("the tables");
    let now = super::now();
    let reporting = Reporting::open(config).await?;
    let (server, published) = match config.engine.mode {
        EngineMode::Embedded => {
            written(&house.store, &config.data_dir, &mut making, Part::Store).await?;
            if let (Some(reporting), Some(data)) = (&reporting, reporting::data(config)) {
                let tables = reporting.published.tables();
                written(tables, &data, &mut making, Part::Published).await?;
            }
            (None, reporting.is_some())
        }
        EngineMode::Remote { .. } => {
            let server = Server {
                name: format!("readback-{now}"),
                disk: args.disk.clone(),
            };
            house.store.back_up(server.shelf(&server.name)).await?;
            if let Some(reporting) = &reporting {
                let name = server.published();
                let tables = reporting.published.tables();
                tables.back_up(server.shelf(&name)).await?;
            }
            (Some(server), reporting.is_some())
        }
    };
    if let Some(reporting) = reporting {
        reporting.close().await;
    }
    bar.set_message("the data folder");
    making.data(&config.data_dir)?;
    bar.finish_and_clear();
    let own = config.engine.database.as_str();
    let published = published.then_some(config.reporting.database.as_str());
    making.finish(now, (own, published), server)
}

/// Has an embedded engine copy its tables, and takes that into the backup.
async fn written(
    store: &Store,
    data: &Path,
    making: &mut Making,
    part: Part,
) -> anyhow::Result<()> {
    let path = backups(data).join(OURS);
    // Of a backup that was cut off.
    cleared(&path)?;
    let shelf = Shelf {
        name: OURS,
        disk: None,
    };
    store.back_up(shelf).await?;
    let taken = making.tables(part, &path);
    cleared(&path)?;
    taken
}

fn cleared(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

impl Server {
    fn shelf<'a>(&'a self, name: &'a str) -> Shelf<'a> {
        let disk = self.disk.as_deref();
        Shelf { name, disk }
    }

    /// What it calls the backup of the published tables.
    fn published(&self) -> String {
        format!("{}-published", self.name)
    }
}

pub(super) async fn restore(args: RestoreArgs, config: Config) -> anyhow::Result<()> {
    let bar = progress::spinner("looking through the backup");
    let whole = Whole::open(&args.folder)?;
    let manifest = &whole.manifest;
    fits(&whole, &config)?;
    let data = config.data_dir.clone();
    let _turn = Turn::take(&data)?;
    whole.refuse_used(&data)?;
    if manifest.server.is_some() {
        vacant(&config).await?;
    }
    bar.finish_and_clear();
    let half = || {
        format!(
            "{} is half restored; remove it before you try again",
            data.display()
        )
    };
    put_back(&whole, &config).await.with_context(half)?;
    whole.seal(&data).with_context(half)?;
    writeln!(
        std::io::stderr(),
        "{}: restored as of {}; `readback check` looks at it",
        plain::shown(&data.display().to_string()),
        plain::shown(&manifest.made_at)
    )?;
    Ok(())
}

/// Refuses what would come back elsewhere than it was, and be looked for where it was.
fn fits(whole: &Whole, config: &Config) -> anyhow::Result<()> {
    let manifest = &whole.manifest;
    let embedded = matches!(config.engine.mode, EngineMode::Embedded);
    match (&manifest.server, embedded) {
        (None, true) | (Some(_), false) => {}
        (None, false) => bail!(
            "engine.mode: is \"remote\", and the backup has the tables of an embedded engine; restore it with \"embedded\""
        ),
        (Some(server), true) => bail!(
            "engine.mode: is \"embedded\", and the tables are in the server's backup {:?}; name the server in [engine]",
            server.name
        ),
    }
    let published = manifest.published.as_ref();
    for (key, was, is) in [
        (
            "engine.database",
            Some(&manifest.database),
            &config.engine.database,
        ),
        ("reporting.database", published, &config.reporting.database),
    ] {
        if let Some(was) = was.filter(|was| *was != is) {
            bail!("{key}: is {is:?}, and the backup is of {was:?}; name it so");
        }
    }
    Ok(())
}

/// Refuses a server that has the tables.
async fn vacant(config: &Config) -> anyhow::Result<()> {
    let (own, second) = (
        Bare::open(config, |_| {}).await?,
        Reporting::bare(config).await?,
    );
    for store in [&own.store, second.published.tables()] {
        if store.behind().await?.is_some() {
            bail!(
                "the database {:?} is there already; restore into a server that does not have it",
                store.database()
            );
        }
    }
    Ok(())
}

async fn put_back(whole: &Whole, config: &Config) -> anyhow::Result<()> {
    let bar = progress::spinner("the data folder");
    whole.put(Part::Data, &config.data_dir)?;
    bar.set_message("the tables");
    let installing = Installing::new();
    let bare = Bare::open(config, move |progress| installing.show(progress)).await?;
    let restored = tables(whole, &bare.store, Part::Store, Some(&config.data_dir)).await;
    bare.close().await;
    restored?;
    if whole.manifest.published.is_some() {
        let second = Reporting::bare(config).await?;
        let data = reporting::data(config);
        let store = second.published.tables();
        let restored = tables(whole, store, Part::Published, data.as_deref()).await;
        second.close().await;
        restored?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// Has an engine make its tables again: an embedded one from the backup's folder, a server from its own backup.
async fn tables(
    whole: &Whole,
    store: &Store,
    part: Part,
    data: Option<&Path>,
) -> anyhow::Result<()> {
    if let Some(server) = &whole.manifest.server {
        let name = match part {
            Part::Published => server.published(),
            _ => server.name.clone(),
        };
        return Ok(store.restore(server.shelf(&name)).await?);
    }
    let Some(data) = data.filter(|_| whole.has(part)) else {
        bail!("the backup names tables that it does not hold");
    };
    let path = backups(data).join(OURS);
    whole.put(part, &path)?;
    let shelf = Shelf {
        name: OURS,
        disk: None,
    };
    let restored = store.restore(shelf).await;
    cleared(&path)?;
    Ok(restored?)
}
