//! `readback forget` and `readback opt-out`: people who are not to be kept.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::audit::note;
use super::engine::Installing;
use super::import::counted;
use crate::app::folder::DataFolder;
use crate::app::{self, House, collector};
use crate::collect::{Keys, left_out};
use crate::config::Config;
use crate::jobs::derive;
use crate::jobs::forget::{Forgotten, Places, erase, pseudonym, search, segments, texts};
use crate::jobs::load::{Loader, Pace};
use crate::jobs::machines::Configured;
use crate::model::Pseudonym;
use crate::spool::{Drain, Limits, Spool, SpoolError};
use crate::web::audit::Act;

/// Whom to forget.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The person is put on the opt-out list first, so that what comes in later is kept without the person.
Then everything is gone through: store, spool, dead letters, what was derived. Reads, comments and
presence stay as counts. At the end all of it is searched; exit code 1 says that something is left.

All names of the person go that a roster or `readback people merge` united; names of the same
person that nobody united have to be given as well. Reports that were written to folders before are
not changed: they name nobody. ClickHouse removes the files behind erased rows within minutes; backups
are yours to erase.")]
pub(super) struct Args {
    /// Addresses of one person, accounts as KIND:NAME (`readback people import --help` lists the kinds),
    /// what events carry as `person`; `-` reads them from standard input, one a line, so that no
    /// shell remembers them
    #[arg(required = true, value_name = "IDENTITY")]
    identities: Vec<String>,
    /// Count what would be erased, and erase nothing
    #[arg(long)]
    dry_run: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What to do with the opt-out list.
#[derive(Debug, clap::Subcommand)]
pub(super) enum OptOut {
    /// What these people do from now on is kept without them; `readback forget` erases what was before
    Add(Who),
    /// Keep them again from now on
    Remove(Who),
    /// How many are on it: their pseudonyms tell nothing more
    List,
    /// Begin an empty list where the old one is lost for good: all who were on it are counted again until
    /// they are put on it again
    Restart,
}

/// Whom.
#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// Addresses, accounts as KIND:NAME; `-` reads them from standard input, one a line
    #[arg(required = true, value_name = "IDENTITY")]
    identities: Vec<String>,
}

/// How long a collector that runs may take to load what it holds.
const SPOOL: Duration = Duration::from_secs(120);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Within that time a collector that runs has read the opt-out list again.
const TOLD: Duration = Duration::from_millis(1500);

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let names = names(args.identities)?;
    let installing = Installing::new();
    let house = House::open(config.clone(), move |progress| installing.show(progress)).await?;
    let done = forget(&house, &names, args.dry_run).await;
    let counts_only = house.keys.left_out().everybody();
    house.close().await;
    let (people, done) = done?;
    if !args.dry_run {
        note(&config, Act::PrivacyChanged, "a person was forgotten")?;
    }
    if args.json {
        let value = json!({
            "names": people,
            "erased": !args.dry_run,
            "rows": done.rows,
            "dead_letters": done.letters.changed,
            "dead_letters_damaged": done.letters.damaged,
            "left": done.left,
            "texts": done.texts,
        });
        let text = serde_json::to_string_pretty(&value)?;
        writeln!(std::io::stdout(), "{text}")?;
    } else {
        tell(people, &done, (args.dry_run, counts_only))?;
    }
    match done.left.is_empty() {
        true => Ok(()),
        false => bail!(
            "not all of it could be erased; run it again, and look at {}",
            list(&done.left)
        ),
    }
}

async fn forget(
    house: &House,
    names: &[String],
    dry_run: bool,
) -> anyhow::Result<(usize, Forgotten)> {
    let config = &house.config;
    let places = places(config);
    let mut people = all(&house.keys, names)?;
    let turn = house.turn().await?;
    let derived = derive(house).await?;
    people.extend(house.store.all_names(derived, &people).await?);
    people.sort_unstable();
    people.dedup();
    if dry_run {
        // Also in what waits in the spool.
        let rows = search(&house.store, &places, &people).await?;
        let known = known(house, derived, &people).await?;
        return Ok((
            known,
            Forgotten {
                rows,
                ..Forgotten::default()
            },
        ));
    }
    let known = known(house, derived, &people).await?;
    // A folder that keeps counts only keeps no pseudonym, on no list either.
    if !house.keys.left_out().everybody() {
        let folder = DataFolder::look(&config.data_dir, config.k)?;
        let mut folder = folder.context("the data folder is gone")?;
        folder.opt_out(&people, true)?;
    }
    drop(turn);
    if empty(house, &places).await?.is_none() {
        wait(&places.spool, config.spool.load_seconds).await?;
    }
    let turn = house.turn().await?;
    let mut done = erase(&house.store, &places, &people).await?;
    derive(house).await?;
    done.left = search(&house.store, &places, &people).await?;
    done.texts = texts(&house.store, names).await?;
    drop(turn);
    Ok((known, done))
}

/// How many of these pseudonyms anything was ever known by.
async fn known(house: &House, registry: u32, people: &[Pseudonym]) -> anyhow::Result<usize> {
    let known = house.store.all_names(registry, people).await?;
    Ok(known.len())
}

async fn derive(house: &House) -> anyhow::Result<u32> {
    let calendar = &house.config.organisation.calendar;
    let parameters = &house.config.parameters;
    let configured = Configured::of(&house.config, &house.keys)?;
    let derived = derive::run(&house.store, calendar, parameters, &configured).await?;
    Ok(derived.generation)
}

/// Where people stand in a data folder beside the store.
pub(super) fn places(config: &Config) -> Places {
    Places {
        spool: config.data_dir.join("spool"),
        dead: collector::dead(config),
        letters: config.data_dir.join("dead"),
    }
}

/// Brings what waits in the spool into the store, and gives the exit that keeps others from it. `None`
/// where a collector runs: it does so itself.
pub(super) async fn empty(house: &House, places: &Places) -> anyhow::Result<Option<Arc<Drain>>> {
    let path = places.spool.clone();
    let opened = tokio::task::spawn_blocking(move || Spool::open(&path, Limits::default()));
    let (spool, drain, _) = match opened.await.context("opening the spool")? {
        Ok(opened) => opened,
        Err(SpoolError::Taken { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    spool.close().await;
    let drain = Arc::new(drain);
    let loader = Loader {
        store: house.store.clone(),
        owner: (house.keys.fingerprint(), house.k),
        drain: Arc::clone(&drain),
        dead: places.dead.clone(),
        metrics: Arc::default(),
        engine: house.engine(),
        now: super::now,
        pace: Pace::default(),
        gate: house.gate(),
    };
    let loaded = loader.rest().await;
    loaded.context("loading what waits in the spool")?;
    Ok(Some(drain))
}

/// Waits until the collector that runs has loaded all that came in before it knew.
async fn wait(spool: &Path, load_seconds: u32) -> anyhow::Result<()> {
    tokio::time::sleep(TOLD).await;
    let before = segments(spool)?;
    if !before.is_empty() {
        writeln!(
            std::io::stderr(),
            "the person is on the opt-out list; waiting until the collector that runs has loaded what came in \
             before (spool.load_seconds = {load_seconds})"
        )?;
    }
    let most = SPOOL.max(Duration::from_secs(load_seconds.into()) + SPOOL / 2);
    let loaded = async {
        loop {
            let now = segments(spool)?;
            if before.is_disjoint(&now) {
                return anyhow::Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let loaded = tokio::time::timeout(most, loaded).await;
    loaded.unwrap_or_else(|_| {
        bail!(
            "the collector has not loaded its spool for {} s, /readyz/load says why. The person is on \
             the opt-out list; run this again when it has",
            most.as_secs()
        )
    })
}

pub(super) async fn opt_out(command: OptOut, config: Config) -> anyhow::Result<()> {
    if matches!(command, OptOut::Restart) {
        return restart(&config).await;
    }
    let (turn, mut folder, keys) = app::folder(&config).await?;
    folder.has_one_key()?;
    let path = folder.opted_out();
    if keys.left_out().everybody() && matches!(command, OptOut::Add(_)) {
        bail!(
            "this data folder keeps counts only (privacy.mode): whatever anybody does is kept without them"
        );
    }
    let changes = !matches!(command, OptOut::List);
    let words = match command {
        OptOut::List | OptOut::Restart => {
            let n = left_out::read(&path)?.len() as u64;
            writeln!(std::io::stdout(), "{n}")?;
            format!(
                "{} on the list",
                counted(n, "pseudonym is", "pseudonyms are")
            )
        }
        OptOut::Add(who) => {
            let people = all(&keys, &names(who.identities)?)?;
            folder.opt_out(&people, true)?;
            "on the list: from now on what is done under these names is kept without them. Other names of \
             the same people have to be given as well; `readback forget` takes all that are known, and \
             erases what was before"
                .to_owned()
        }
        OptOut::Remove(who) => {
            let people = all(&keys, &names(who.identities)?)?;
            match folder.opt_out(&people, false)? {
                0 => "nobody of these was on the list".to_owned(),
                _ => "off the list".to_owned(),
            }
        }
    };
    drop(turn);
    if changes {
        note(&config, Act::PrivacyChanged, "the opt-out list")?;
    }
    writeln!(std::io::stderr(), "{words}")?;
    Ok(())
}

/// Begins the list anew, where that is what is left to do.
async fn restart(config: &Config) -> anyhow::Result<()> {
    if !app::restart_opted_out(config).await? {
        bail!(
            "the list of those who opted out is not lost; `readback opt-out remove` takes people off it"
        );
    }
    note(
        config,
        Act::PrivacyChanged,
        "the opt-out list was begun anew",
    )?;
    writeln!(
        std::io::stderr(),
        "the list is empty: whoever opted out is counted from now on, until `readback opt-out add` puts them \
         on it again"
    )?;
    Ok(())
}

fn all(keys: &Keys, names: &[String]) -> anyhow::Result<Vec<Pseudonym>> {
    let each = names.iter().map(|name| {
        pseudonym(keys, name).map_err(|reason| anyhow::anyhow!("one of the names {reason}"))
    });
    each.collect()
}

/// The names on the command line, `-` for those on standard input.
fn names(given: Vec<String>) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for name in given {
        if name != "-" {
            names.push(name);
            continue;
        }
        for line in std::io::stdin().lock().lines() {
            let line = line.context("standard input")?;
            names.extend((!line.trim().is_empty()).then_some(line));
        }
    }
    match names.iter().any(|name| name.trim().is_empty()) || names.is_empty() {
        true => bail!("an identity is empty; valid are mail addresses and names of accounts"),
        false => Ok(names),
    }
}

fn tell(
    names: usize,
    done: &Forgotten,
    (dry_run, counts_only): (bool, bool),
) -> anyhow::Result<()> {
    let mut err = std::io::stderr().lock();
    let count = counted(names as u64, "name", "names");
    let nothing = names == 0 && done.rows.is_empty() && done.letters.changed == 0;
    match (dry_run, names) {
        (_, 0) if !nothing => writeln!(err, "known from what had not been counted yet")?,
        (_, 0) if counts_only => writeln!(
            err,
            "this data folder keeps counts only: no name is kept of anybody; what was done stays a count that \
             belongs to nobody"
        )?,
        (_, 0) => writeln!(err, "nothing is known under this name")?,
        (true, _) => writeln!(err, "{count} of this person would be erased")?,
        (false, _) => writeln!(err, "{count} of this person erased")?,
    }
    for (place, rows) in &done.rows {
        writeln!(err, "  {place}: {}", counted(*rows, "row", "rows"))?;
    }
    if done.letters.changed > 0 {
        writeln!(err, "  dead letters: {}", done.letters.changed)?;
    }
    if done.letters.damaged > 0 {
        writeln!(
            err,
            "  {} of them could not be searched as a whole, because part of them is damaged: that part is \
             removed, and what could be read of them is kept",
            done.letters.damaged
        )?;
    }
    if !done.texts.is_empty() {
        writeln!(
            err,
            "  the name itself stands in texts that sources delivered, such as the address of a page: {}. \
             Nothing takes it out there; rename the page, or leave it out at its source",
            list(&done.texts)
        )?;
    }
    if !dry_run && done.left.is_empty() {
        writeln!(
            err,
            "store, spool and dead letters were searched: no pseudonym is left; what comes in later is kept \
             without the person"
        )?;
    }
    Ok(())
}

fn list(left: &BTreeMap<String, u64>) -> String {
    left.keys().cloned().collect::<Vec<_>>().join(", ")
}
