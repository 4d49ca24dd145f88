//! `readback import KIND FILES`: files into the store.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::engine::Installing;
use super::plain::line;
use super::progress;
use crate::app::House;
use crate::collect::Keys;
use crate::config::Config;
use crate::jobs::ingest::{self, Import, Ingested, NotRead};
use crate::jobs::order::{self, Order};
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
    if args.follow {
        params.push(("path".to_owned(), super::follow::paths(&args.files)?));
    }
    let order = Order::of(
        kind,
        args.source.clone(),
        &params,
        order::House { sources, timezone },
    )?;
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
    // A dry run stores nothing, so any key will do.
    let keys = house
        .as_ref()
        .map_or_else(|| Keys::new([0; 32]), |house| house.keys.clone());
    let mut outcomes = Vec::new();
    let mut unread = 0;
    for path in &args.files {
        let size = std::fs::metadata(path)
            .ok()
            .filter(|meta| meta.is_file())
            .map(|meta| meta.len());
        let bar = progress::bytes(&path.display().to_string(), size);
        let import = Import {
            kind,
            source: order.source.clone(),
            params: order.params.clone(),
            timezone,
            path: path.clone(),
            progress: progress::counter(&bar),
            gate: house.as_ref().map(House::gate).unwrap_or_default(),
        };
        let done = ingest::import(house.as_ref().map(|house| &house.store), &keys, import).await;
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
        other => other,
    }
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
