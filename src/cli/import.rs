//! `readback import KIND FILES`: files into the store.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::engine::Installing;
use super::joining::{Joined, Joining, OWN, in_words};
use super::plain::line;
use super::progress;
use crate::app::House;
use crate::collect::{Keys, input};
use crate::config::{Config, SourceConfig};
use crate::jobs::ingest::{self, Import, Ingested, NotRead};
use crate::jobs::order::{self, Order};
use crate::jobs::preview::{self, Way, said_as};
use crate::jobs::undo::called;
use crate::sources::{self, Kind};

/// With more files than this, those without anything to say are told in one sum.
const MANY: usize = 10;

/// What to import.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The kind of file; `readback list sources` tells which there are
    kind: String,
    /// The files, plain, .gz or .zst; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The `source` of the events: the id of a configured source, or any name [default: the kind]
    #[arg(long)]
    source: Option<String>,
    /// A parameter of the kind, such as base=https://wiki.example.org; may be repeated
    #[arg(long = "param", short = 'p', value_name = "KEY=VALUE", value_parser = super::parameter)]
    params: Vec<(String, toml::Value)>,
    /// Say what would be imported and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Show what a file of meetings would come to, people by name, and store nothing
    #[arg(long, conflicts_with_all = ["dry_run", "follow"])]
    look: bool,
    /// The meeting that the file is of, as `readback meetings list` names it: 2026-06-03T15:00; `own` for one of its
    /// own [default: of a list, the planned one of its hour and write-up, if there is one such]
    #[arg(long, value_name = "MEETING", conflicts_with_all = ["dry_run", "follow"])]
    meeting: Option<String>,
    /// Who is who of those whom an attendance list shows by name alone; may be repeated
    #[arg(long = "match", value_name = "NAME=ADDRESS", value_parser = matched)]
    matches: Vec<(String, String)>,
    /// A name of an attendance list that is no person; may be repeated
    #[arg(long, value_name = "NAME")]
    nobody: Vec<String>,
    /// Take back what earlier imports of this kind told of the same meetings, and of no others: this list takes
    /// their place
    #[arg(long, conflicts_with_all = ["dry_run", "look", "follow"])]
    replace: bool,
    /// Go on with what is written to the files, through rotations, until interrupted
    #[arg(long, conflicts_with = "dry_run")]
    follow: bool,
    /// Seconds between two looks at followed files
    #[arg(long, value_name = "SECONDS", default_value_t = 1, requires = "follow", value_parser = clap::value_parser!(u64).range(1..))]
    interval: u64,
    /// The result as JSON on standard output
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let kind = find(&args.kind)?;
    let timezone = config.organisation.calendar.timezone;
    let sources = &config.sources;
    let mut params = args.params.clone();
    params.extend(who_is_who(&args));
    if args.meeting.as_deref().is_some_and(|name| name != OWN) {
        // Any name will do until it is known what the meeting is called.
        params.push(("meeting".to_owned(), "known".into()));
    }
    if args.follow {
        params.push(("path".to_owned(), super::follow::paths(&args.files)?));
    }
    let order = Order::of(
        kind,
        args.source.clone(),
        &params,
        order::House { sources, timezone },
    )?;
    if let Some(words) = other_source(&order, sources) {
        writeln!(std::io::stderr(), "{words}")?;
    }
    for file in args.files.iter().filter(|file| file.as_os_str() != "-") {
        std::fs::File::open(file).with_context(|| file.display().to_string())?;
    }
    let house = match args.dry_run {
        true => None,
        false => {
            let installing = Installing::new();
            Some(House::open(config, move |progress| installing.show(progress)).await?)
        }
    };
    let house = match house {
        Some(house) if args.follow => {
            let every = Duration::from_secs(args.interval);
            let done = super::follow::run(&house, &order, every, args.json).await;
            house.close().await;
            return done;
        }
        house => house,
    };
    let joining = match &house {
        Some(house) => Joining::of(house, &order, args.meeting.as_deref()).await,
        None => Ok(None),
    };
    let joining = joining.and_then(|joining| {
        names_are_there(&args, &order, timezone)?;
        Ok(joining)
    });
    let (house, joining) = match (house, joining) {
        (Some(house), Ok(joining)) if args.look => {
            let done = super::looking::run(&house, (&order, joining.as_ref()), &args.files).await;
            house.close().await;
            return done;
        }
        (house, Ok(joining)) => (house, joining),
        (house, Err(error)) => {
            if let Some(house) = house {
                house.close().await;
            }
            return Err(error);
        }
    };
    // A dry run stores nothing, so any key will do.
    let keys = house
        .as_ref()
        .map_or_else(|| Keys::new([0; 32]), |house| house.keys.clone());
    let mut outcomes: Vec<(String, Ingested)> = Vec::new();
    let mut unread = 0;
    for path in &args.files {
        let size = std::fs::metadata(path)
            .ok()
            .filter(|meta| meta.is_file())
            .map(|meta| meta.len());
        let bar = progress::bytes(&path.display().to_string(), size);
        let done = async {
            let joined = match (&house, &joining) {
                (Some(house), Some(joining)) => joining.joined(house, &order, path).await?,
                _ => Joined {
                    order: order.clone(),
                    meeting: None,
                    notes: Vec::new(),
                },
            };
            let import = Import {
                kind,
                source: joined.order.source,
                params: joined.order.params,
                timezone,
                path: path.clone(),
                progress: progress::counter(&bar),
                gate: house.as_ref().map(House::gate).unwrap_or_default(),
                now: super::now(),
                meeting: joined.meeting,
            };
            let store = house.as_ref().map(|house| &house.store);
            let mut done = ingest::import(store, &keys, import).await?;
            let own =
                done.notes
                    .iter()
                    .map(|note| match preview::OF_MEETINGS.contains(&kind.name) {
                        true => said_as(Way::CommandLine, note),
                        false => note.clone(),
                    });
            done.notes = own.chain(joined.notes).collect();
            if let (Some(house), Some(import), true) =
                (&house, done.import, preview::is_list(kind.name))
            {
                let own = outcomes.iter().filter_map(|(_, done)| done.import);
                let own: Vec<u64> = own.chain([import]).collect();
                let beside = super::replacing::beside(house, (kind, &own), args.replace);
                done.notes.extend(beside.await?);
            }
            anyhow::Ok(done)
        };
        let done = done.await.map_err(|error| in_words(error, path));
        bar.finish_and_clear();
        let done = match done {
            Ok(done) => done,
            // One file that is something else must not keep the others out.
            Err(error) if args.files.len() > 1 && error.is::<NotRead>() => {
                writeln!(std::io::stderr(), "{}", super::error::words(&error))?;
                unread += 1;
                continue;
            }
            Err(error) => {
                if let Some(house) = house {
                    house.close().await;
                }
                return Err(error);
            }
        };
        if args.files.len() <= MANY || !done.is_plain() {
            tell(&path.display().to_string(), &done, args.dry_run)?;
        }
        outcomes.push((path.display().to_string(), done));
    }
    let all = total(outcomes.iter().map(|(_, done)| done));
    if args.files.len() > MANY {
        let files = counted(outcomes.len() as u64, "file", "files");
        tell(&format!("{files} in all"), &all, args.dry_run)?;
    }
    if let Some(house) = house {
        let old = super::retain::again(&house).await;
        house.close().await;
        old.context("what is older than [retention] keeps")?;
    }
    if args.json {
        let list: Vec<_> = outcomes
            .iter()
            .map(|(name, done)| as_json(name, done))
            .collect();
        writeln!(
            std::io::stdout(),
            "{}",
            serde_json::to_string_pretty(&list)?
        )?;
    }
    if unread > 0 {
        let files = args.files.len();
        bail!(
            "{unread} of {files} files can't be read as {}; the others are done",
            kind.name
        );
    }
    // A file of another kind is rejected line by line; a script should not take that for done.
    if all.rejected > 0 && all.total() == 0 && all.left_out.is_empty() {
        bail!("nothing was taken as {}: all of it was rejected", kind.name);
    }
    Ok(())
}

fn matched(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((name, address)) if !name.trim().is_empty() && address.contains('@') => {
            Ok((name.trim().to_owned(), address.trim().to_owned()))
        }
        _ => Err("valid is NAME=ADDRESS, such as \"Ada's phone=ada@example.org\"".to_owned()),
    }
}

/// Who is who, as a parameter.
fn who_is_who(args: &Args) -> Option<(String, toml::Value)> {
    let nobody = args.nobody.iter().map(|name| (name.as_str(), ""));
    let matches = args.matches.iter();
    let matches = matches.map(|(name, address)| (name.as_str(), address.as_str()));
    let people = nobody.chain(matches);
    let people: toml::Table = people
        .map(|(name, address)| (name.to_owned(), address.into()))
        .collect();
    (!people.is_empty()).then(|| ("people".to_owned(), people.into()))
}

/// Refuses to say who somebody is whom no file shows.
fn names_are_there(args: &Args, order: &Order, timezone: chrono_tz::Tz) -> anyhow::Result<()> {
    let nobody = args.nobody.iter().map(String::as_str);
    let said = || {
        let matches = args.matches.iter().map(|(name, _)| name.as_str());
        nobody.clone().chain(matches)
    };
    if said().next().is_none() {
        return Ok(());
    }
    if args.files.iter().any(|file| file.as_os_str() == "-") {
        bail!(
            "--match and --nobody are looked for in the list first: give a file, not standard input"
        );
    }
    let (mut known, mut read) = (BTreeSet::new(), 0);
    for path in &args.files {
        let mut opened = input::open(path, |_| ()).with_context(|| path.display().to_string())?;
        let mut bytes = Vec::new();
        opened
            .reader
            .read_to_end(&mut bytes)
            .with_context(|| path.display().to_string())?;
        // What can't be read is told of by the import itself.
        if let Ok(names) = preview::names(order, (&opened.name, bytes), (timezone, super::now())) {
            known.extend(names);
            read += 1;
        }
    }
    match preview::missing(said(), &known) {
        Some((name, near)) if read > 0 => {
            let near = match near.is_empty() {
                true => "`--look` shows the names that stand there".to_owned(),
                false => format!("near it are {}", near.join(", ")),
            };
            bail!("nobody in the list is called {name:?}; {near}")
        }
        _ => Ok(()),
    }
}

/// The sum of many files, for people.
fn total<'a>(files: impl Iterator<Item = &'a Ingested>) -> Ingested {
    let mut all = Ingested::default();
    for one in files {
        all.rejected += one.rejected;
        for (kind, n) in &one.events {
            *all.events.entry(kind).or_default() += n;
        }
        for (reason, n) in &one.left_out {
            *all.left_out.entry(reason).or_default() += n;
        }
    }
    all
}

/// The kind of this name; says which there are.
pub(super) fn find(name: &str) -> anyhow::Result<&'static Kind> {
    sources::find(name).with_context(|| {
        let known: Vec<_> = sources::KINDS.iter().map(|kind| kind.name).collect();
        format!(
            "unknown kind of source {name:?}; known are {}",
            known.join(", ")
        )
    })
}

/// What came of it, for people.
pub(super) fn tell(name: &str, done: &Ingested, dry_run: bool) -> std::io::Result<()> {
    let mut err = std::io::stderr().lock();
    let verb = if dry_run { "would import" } else { "read" };
    line(
        &mut err,
        format_args!("{name}: {verb} {}", taken(&done.events)),
    )?;
    for (reason, n) in &done.left_out {
        line(&mut err, format_args!("  left out {n}: {reason}"))?;
    }
    for note in &done.notes {
        line(&mut err, format_args!("  note: {note}"))?;
    }
    if done.rejected > 0 {
        let colon = if done.problems.is_empty() { "" } else { ":" };
        line(
            &mut err,
            format_args!("  rejected {}{colon}", done.rejected),
        )?;
    }
    for problem in &done.problems {
        line(&mut err, format_args!("    {problem}"))?;
    }
    if done.untold > 0 {
        line(&mut err, format_args!("    and {} more", done.untold))?;
    }
    if let Some(import) = done.import {
        let name = called(import);
        line(
            &mut err,
            format_args!("  `readback undo {name}` takes it back"),
        )?;
    }
    Ok(())
}

/// Events in all and what they are about: several may be about one link or one write-up.
fn taken(by_kind: &BTreeMap<&'static str, u64>) -> String {
    let all = match by_kind.values().sum() {
        0 => return "no events".to_owned(),
        n => counted(n, "event", "events"),
    };
    let mut each = by_kind.iter().map(|(kind, n)| (*n, subject(kind)));
    match (each.next(), each.next()) {
        (Some((_, subject)), None) => format!("{all} about {subject}"),
        (first, second) => {
            let each = first.into_iter().chain(second).chain(each);
            let each: Vec<_> = each.map(|(n, of)| format!("{n} about {of}")).collect();
            format!("{all}: {}", each.join(", "))
        }
    }
}

/// What events of a kind are about.
fn subject(kind: &str) -> &str {
    match kind {
        "read" => "reads",
        "read_count" => "page counts",
        "comment" => "comments",
        "edit" => "edits",
        "link" => "links",
        "writeup" => "write-ups",
        "person" => "people",
        "attendance" => "attendance",
        "meeting" => "meetings",
        "story" => "story rounds",
        "annotation" => "changes",
        other => other,
    }
}

/// What is to be known where a file is of no configured source, and there are such of its kind.
fn other_source(order: &Order, sources: &[SourceConfig]) -> Option<String> {
    let same = |one: &&SourceConfig| one.kind == order.kind.name;
    if sources.iter().any(|one| one.id == order.source) {
        return None;
    }
    let ids: Vec<&str> = sources
        .iter()
        .filter(same)
        .map(|one| one.id.as_str())
        .collect();
    (!ids.is_empty()).then(|| {
        format!(
            "note: the events count as those of a source of their own, {}; the configuration has {} of this \
             kind: for the same pages say --source",
            order.source,
            ids.join(", ")
        )
    })
}

/// So many events of a kind, in words.
pub(super) fn events(kind: &str, n: u64) -> String {
    match kind {
        "read" => counted(n, "read", "reads"),
        "read_count" => counted(n, "page count", "page counts"),
        "comment" => counted(n, "comment", "comments"),
        "edit" => counted(n, "edit", "edits"),
        "link" => counted(n, "link", "links"),
        "writeup" => counted(n, "write-up", "write-ups"),
        "person" => counted(n, "person", "people"),
        "attendance" => counted(n, "attendance", "attendances"),
        "meeting" => counted(n, "meeting", "meetings"),
        "story" => counted(n, "count of a story round", "counts of story rounds"),
        "annotation" => counted(n, "annotation", "annotations"),
        _ => format!("{n} {kind}"),
    }
}

/// A number and its noun.
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

pub(super) fn as_json(name: &str, done: &Ingested) -> serde_json::Value {
    let problems: Vec<_> = done
        .problems
        .iter()
        .map(|p| json!({ "place": p.place, "field": p.field, "reason": p.reason }))
        .collect();
    json!({
        "name": name,
        "events": done.events,
        "rejected": done.rejected,
        "problems": problems,
        "left_out": done.left_out,
        "notes": done.notes,
    })
}
