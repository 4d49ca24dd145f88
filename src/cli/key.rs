//! `readback key rotate`: a new key for pseudonyms.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use super::audit::note;
use super::engine::Installing;
use super::forget::{empty, places};
use super::import::counted;
use super::people::{How, read};
use crate::app::House;
use crate::app::folder::DataFolder;
use crate::config::{Config, Mode};
use crate::jobs::{derive, rotate};
use crate::model::Identity;
use crate::web::audit::Act;

/// What to do with the key.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a new key; whoever stands in these rosters keeps the history
    #[command(after_help = "\
Everybody else's pseudonyms stay in the store as they are, belong to nobody who comes from then on, and
can't be tried against a staff list any more: the old key is gone, also from this folder. Keep no copy of
it. Names of people who opted out have to stand in the rosters, too; without them they would come back.

Stop `readback serve` and everything else on this data folder first. A rotation that was cut off goes on
where it is run again with the same rosters; until then other commands refuse to work.")]
    Rotate {
        /// Rosters, as `readback people import` takes them
        #[arg(required = true)]
        rosters: Vec<PathBuf>,
        #[command(flatten)]
        how: How,
    },
}

pub(super) async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    let Command::Rotate { rosters, how } = command;
    let calendar = config.organisation.calendar.clone();
    let mut identities: Vec<Identity> = Vec::new();
    for file in &rosters {
        let file = read(file, &how, &calendar)?;
        if let Some(problem) = file.roster.problems.first() {
            // Whoever stands there would lose the history for good.
            bail!(
                "{}: {problem}; a rotation needs rosters without faults",
                file.name
            );
        }
        let entries = file.roster.entries.into_iter();
        identities.extend(entries.flat_map(|entry| entry.identities));
    }
    if identities.is_empty() {
        bail!("the rosters name nobody: with a new key everybody would lose the history");
    }
    let data = config.data_dir.clone();
    let Some(mut folder) = DataFolder::look(&data, config.k)? else {
        bail!(
            "{}: is no data folder; there is no key to rotate",
            data.display()
        );
    };
    if folder.mode == Mode::CountsOnly {
        bail!(
            "this data folder keeps counts only: there is no pseudonym that a new key would change"
        );
    }
    let installing = Installing::new();
    let house =
        House::open_rotating(config.clone(), move |progress| installing.show(progress)).await?;
    let done = rotate(&house, &mut folder, &identities).await;
    house.close().await;
    let done = done?;
    note(&config, Act::PrivacyChanged, "the key was rotated")?;
    let names = counted(done.names as u64, "name", "names");
    writeln!(
        std::io::stderr(),
        "the key is new; {names} of the rosters keep their history. Import the rosters again when \
         something in them changes, and erase copies of the old key"
    )?;
    Ok(())
}

async fn rotate(
    house: &House,
    folder: &mut DataFolder,
    identities: &[Identity],
) -> anyhow::Result<rotate::Rotated> {
    let places = places(&house.config);
    // Nothing comes in meanwhile: whoever serves has the spool.
    let spool = empty(house, &places).await?;
    if spool.is_none() && places.spool.exists() {
        bail!("`readback serve` runs on this data folder; stop it first");
    }
    let (key, next) = (folder.key_file(), folder.next_key_file());
    let resumed = next.exists();
    let new = house.keys.next(&next)?;
    let pairs = rotate::pairs(&house.keys, &new, identities);
    let _turn = house.turn().await?;
    let missing = rotate::missing(&folder.opted_out(), &pairs)?;
    if missing > 0 && !resumed {
        // Nothing was changed yet, so the folder is as it was. What a rotation that was cut off has
        // changed belongs to the next key, which must not go.
        std::fs::remove_file(&next).with_context(|| next.display().to_string())?;
    }
    let done = rotate::run(&house.store, &places, &folder.opted_out(), &pairs).await?;
    std::fs::rename(&next, &key).with_context(|| key.display().to_string())?;
    std::fs::File::open(&house.config.data_dir)
        .and_then(|folder| folder.sync_all())
        .with_context(|| house.config.data_dir.display().to_string())?;
    let old = house.keys.people_mark();
    if old != new.people_mark() {
        folder.retire(old)?;
    }
    let config = &house.config;
    derive::run(
        &house.store,
        &config.organisation.calendar,
        &config.parameters,
    )
    .await?;
    Ok(done)
}
