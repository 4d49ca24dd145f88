//! `readback key rotate`: a new key for pseudonyms.

use std::collections::BTreeSet;
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
use crate::jobs::machines::Configured;
use crate::jobs::rotate::{Files, Held, LetGo, Rotated};
use crate::jobs::{derive, rotate};
use crate::model::{Identity, Pseudonym};
use crate::web::audit::Act;

/// What to do with the key.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a new key; whoever stands in these rosters keeps the history
    #[command(after_help = "\
Everybody else's pseudonyms stay in the store as they are, belong to nobody who comes from then on, and
can't be tried against a staff list any more: the old key is gone, also from this folder. Keep no copy of
it. With --drop-missing they become random ones, each old one always the same: every number stays, and not
even who has a copy of the old key can tell whose they were. Who comes back is a new person.

Names of people who opted out or were forgotten have to stand in the rosters, too: they are kept out by
their pseudonym alone, and without the old key nothing can tell them from others. --drop-opted-out takes
those who are missing off the list; what they do from then on is counted as anybody's.

--dry-run tells what would become of how many, and changes nothing.

Stop `readback serve` and everything else on this data folder first. A rotation that was cut off goes on
where it is run again with the same rosters and options; until then other commands refuse to work.")]
    Rotate(Rotate),
}

/// How to rotate.
#[derive(Debug, clap::Args)]
pub(super) struct Rotate {
    /// Rosters, as `readback people import` takes them
    #[arg(required = true)]
    rosters: Vec<PathBuf>,
    /// Give random pseudonyms to those whom the rosters do not name
    #[arg(long)]
    drop_missing: bool,
    /// Take those off the opt-out list whom the rosters do not name: they are counted again
    #[arg(long)]
    drop_opted_out: bool,
    /// Say what would become of whom, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    how: How,
}

pub(super) async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    let Command::Rotate(args) = command;
    let identities = named(&args, &config)?;
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
    if args.dry_run {
        folder.has_one_key()?;
    }
    let installing = Installing::new();
    let house =
        House::open_rotating(config.clone(), move |progress| installing.show(progress)).await?;
    let done = rotate(&house, &mut folder, &identities, &args).await;
    house.close().await;
    let words = done?;
    if !args.dry_run {
        note(&config, Act::PrivacyChanged, "the key was rotated")?;
    }
    writeln!(std::io::stderr(), "{words}")?;
    Ok(())
}

/// Everybody whom the rosters name.
fn named(args: &Rotate, config: &Config) -> anyhow::Result<Vec<Identity>> {
    let calendar = &config.organisation.calendar;
    let mut identities: Vec<Identity> = Vec::new();
    for file in &args.rosters {
        let file = read(file, &args.how, calendar)?;
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
    Ok(identities)
}

/// Rotates the key, or looks what that would do. Gives what is to be told.
async fn rotate(
    house: &House,
    folder: &mut DataFolder,
    identities: &[Identity],
    args: &Rotate,
) -> anyhow::Result<String> {
    let places = places(&house.config);
    // Nothing comes in meanwhile: whoever serves has the spool.
    let spool = empty(house, &places).await?;
    if spool.is_none() && places.spool.exists() {
        bail!("`readback serve` runs on this data folder; stop it first");
    }
    let _turn = house.turn().await?;
    // Opening the house may have noted something in it.
    let looked = DataFolder::look(&house.config.data_dir, house.config.k)?;
    *folder = looked.context("the data folder is gone")?;
    let (key, next) = (folder.key_file(), folder.next_key_file());
    let each = identities.iter();
    let old: BTreeSet<Pseudonym> = each.map(|one| house.keys.pseudonym(one)).collect();
    let files = Files {
        opted_out: folder.opted_out(),
        under_way: folder.rotation_file(),
    };
    if !next.exists() {
        // Of a rotation that was cut off when all was done.
        rotate::ended(&files)?;
        // Looked at before anything is begun, so that the folder stays as it is.
        let lost = rotate::missing_opted_out(&folder.opted_out(), &old)?.len();
        if args.dry_run {
            let held = rotate::held(&house.store, &places, &old).await?;
            return foreseen(house, &held, old.len(), lost).await;
        }
        if lost > 0 && !args.drop_opted_out {
            bail!(rotate::refusal(lost));
        }
    }
    let new = house.keys.next(&next)?;
    let pairs = rotate::pairs(&house.keys, &new, identities);
    let drop = LetGo {
        missing: args.drop_missing,
        opted_out: args.drop_opted_out,
    };
    let done = rotate::run(&house.store, &places, &files, &pairs, drop).await?;
    std::fs::rename(&next, &key).with_context(|| key.display().to_string())?;
    std::fs::File::open(&house.config.data_dir)
        .and_then(|folder| folder.sync_all())
        .with_context(|| house.config.data_dir.display().to_string())?;
    rotate::ended(&files)?;
    let mark = house.keys.people_mark();
    if mark != new.people_mark() {
        folder.retire(mark)?;
    }
    let config = &house.config;
    let configured = Configured::of(config, &new)?;
    derive::run(
        &house.store,
        &config.organisation.calendar,
        &config.parameters,
        &configured,
    )
    .await?;
    Ok(told(done, pairs.len(), house.k))
}

/// What a rotation did.
fn told(done: Rotated, named: usize, k: u32) -> String {
    let mut words = format!(
        "the key is new; {} of the rosters keep their history. Import the rosters again when something in \
         them changes, and erase copies of the old key",
        part(done.found, named, k, "names")
    );
    if done.dropped > 0 {
        let dropped = part(done.dropped, usize::MAX, k, "pseudonyms");
        words = format!("{words}\n{dropped} that the rosters do not name became random ones");
    }
    if done.opted_out > 0 {
        let out = counted(done.opted_out as u64, "entry", "entries");
        words =
            format!("{words}\n{out} of the opt-out list dropped: these people are counted again");
    }
    if done.letters.damaged > 0 {
        let letters = counted(done.letters.damaged as u64, "dead letter", "dead letters");
        words = format!("{words}\n{letters} lost a damaged part that nobody can read");
    }
    words
}

/// What a rotation would find.
async fn foreseen(house: &House, held: &Held, named: usize, lost: usize) -> anyhow::Result<String> {
    let (all, k) = (held.people.len(), house.k);
    let missing: Vec<Pseudonym> = held.missing.iter().copied().collect();
    let mut words = format!(
        "{} of the rosters are known here and would keep their history\n{} that are kept are not named by \
         the rosters",
        part(held.found.len(), named, k, "names"),
        part(missing.len(), all, k, "pseudonyms")
    );
    // What few did is not told either.
    if missing.len() >= usize::try_from(k).unwrap_or(usize::MAX) {
        let rows = house.store.people_found(&missing).await?;
        let acts = ["read", "attendance", "comment", "edit", "link"];
        let of = |kind: &str| rows.get(&format!("landing_{kind}.person")).copied();
        let events: u64 = acts.iter().filter_map(|kind| of(kind)).sum();
        let writeups = house.store.writeups_of(&missing).await? as u64;
        words = format!(
            "{words}: {} and roles in {}",
            counted(events, "event", "events"),
            counted(writeups, "write-up", "write-ups")
        );
    }
    words.push_str("; --drop-missing would give them random pseudonyms");
    if lost > 0 {
        words = format!(
            "{words}\nit would not begin without --drop-opted-out: {}",
            rotate::refusal(lost)
        );
    }
    Ok(words)
}

/// So many of all, where neither they nor the others are few people.
fn part(n: usize, all: usize, k: u32, what: &str) -> String {
    let k = usize::try_from(k).unwrap_or(usize::MAX);
    let few = |n: usize| n > 0 && n < k;
    match (few(n), few(all.saturating_sub(n))) {
        _ if all < k => format!("some or none of fewer than {k} {what}"),
        (true, _) => format!("fewer than {k} {what}"),
        (false, true) => format!("all but fewer than {k} {what}"),
        (false, false) => format!("{n} {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_not_counted() {
        let of = |n, all| part(n, all, 5, "names");
        assert_eq!(of(0, 40), "0 names");
        assert_eq!(of(4, 40), "fewer than 5 names");
        assert_eq!(of(5, 40), "5 names");
        assert_eq!(of(36, 40), "all but fewer than 5 names");
        assert_eq!(of(40, 40), "40 names");
        // Whoever is on a roster of one must not be told by it.
        assert_eq!(of(0, 1), of(1, 1));
        assert_eq!(of(3, 7), "fewer than 5 names");
        assert_eq!(part(1, 1, 1, "names"), "1 names");
    }
}
