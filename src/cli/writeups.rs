//! `readback writeups list | show | add | alias | retire`: which pages are which write-ups, by hand.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::audit::note;
use super::engine::Installing;
use super::import::{counted, events};
use super::report::moment;
use crate::app::House;
use crate::config::Config;
use crate::jobs::registry::{Registry, Unregistered};
use crate::model::{Calendar, Identity, Millis, RETRACTED, Writeup, to_rfc3339};
use crate::store::RegistryWriteup;
use crate::web::audit::Act;

/// Targets that are shown unless all are asked for.
const SHOWN: usize = 20;

/// What to do with write-ups.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// The write-ups there are, or the targets that gather events and are none
    List {
        /// Targets that events speak of and that belong to no write-up, those with the most events first
        #[arg(long)]
        unregistered: bool,
        /// All of them, not the first twenty
        #[arg(long, requires = "unregistered")]
        all: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// One write-up, with all its names and who said what of it
    Show {
        /// Its id, or any other name of it
        id: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Register a write-up, or say more of one; what is left out stays as it is
    Add(Said),
    /// Give a write-up more names: addresses, page ids, incident keys, paths
    Alias {
        /// Its id, or any other name of it
        id: String,
        /// Names; events that speak of them are its own, also those that came before
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Say when a write-up was deleted: its history stays, and nobody is expected to read it any more
    Retire {
        /// Its id, or any other name of it
        id: String,
        /// When: a date, or an RFC 3339 instant [default: now]
        #[arg(long, value_name = "WHEN")]
        at: Option<String>,
    },
}

/// What is said of a write-up.
#[derive(Debug, clap::Args)]
pub(super) struct Said {
    /// Its id for ever, such as INC-123 or 2026-03-queue-overflow
    id: String,
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// Its address
    #[arg(long)]
    url: Option<String>,
    /// When it was published: a date, or an RFC 3339 instant
    #[arg(long, value_name = "WHEN")]
    published: Option<String>,
    /// The team that had the incident
    #[arg(long)]
    team: Option<String>,
    /// Another name of it: an address, a page id, an incident key, a path; may be repeated
    #[arg(long = "alias", value_name = "NAME")]
    aliases: Vec<String>,
    /// Who wrote it, an e-mail address or account; may be repeated, stored as a pseudonym
    #[arg(long = "author", value_name = "PERSON")]
    authors: Vec<String>,
    /// Who responded to the incident; may be repeated, stored as a pseudonym
    #[arg(long = "responder", value_name = "PERSON")]
    responders: Vec<String>,
    /// A tag; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// The template it was made from
    #[arg(long)]
    template: Option<String>,
    /// Not everybody may see it; `--restricted false` opens it again
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    restricted: Option<bool>,
}

pub(super) async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    let calendar = config.organisation.calendar.clone();
    let wanted = Wanted::of(&command, &calendar)?;
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let changes = !matches!(command, Command::List { .. } | Command::Show { .. });
    let done = act(command, wanted, &house, &calendar).await;
    let noted = match changes && done.is_ok() {
        true => note(&house.config, Act::RegistryChanged, "write-ups"),
        false => Ok(()),
    };
    house.close().await;
    done.and(noted)
}

/// Instants that a command names; wrong ones are told before any work.
#[derive(Default)]
struct Wanted {
    published_at: Option<Millis>,
    deleted_at: Option<Millis>,
}

impl Wanted {
    fn of(command: &Command, calendar: &Calendar) -> anyhow::Result<Self> {
        let at = |flag: &str, text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| moment(flag, text, calendar)).transpose()
        };
        Ok(match command {
            Command::Add(said) => Wanted {
                published_at: at("--published", &said.published)?,
                ..Wanted::default()
            },
            Command::Retire { at: when, .. } => Wanted {
                deleted_at: at("--at", when)?,
                ..Wanted::default()
            },
            _ => Wanted::default(),
        })
    }
}

async fn act(
    command: Command,
    wanted: Wanted,
    house: &House,
    calendar: &Calendar,
) -> anyhow::Result<()> {
    let registry = Registry::now(&house.store).await?;
    match command {
        Command::List {
            unregistered: false,
            json,
            ..
        } => list(&registry, calendar, json),
        Command::List { all, json, .. } => {
            let found = registry.unregistered(&house.store).await?;
            unregistered(&found, calendar, all, json)
        }
        Command::Show { id, json } => show(&registry, find(&registry, &id)?, calendar, json),
        Command::Add(said) => add(house, &registry, said, wanted).await,
        Command::Alias { id, names } => {
            let known = find(&registry, &id)?;
            free(&registry, &known.id, &names)?;
            let writeup = Writeup {
                aliases: names,
                ..same(known)
            };
            say(house, &registry, writeup).await?;
            tell(format_args!("{}: has more names", known.id))
        }
        Command::Retire { id, .. } => {
            let known = find(&registry, &id)?;
            let at = wanted.deleted_at.unwrap_or_else(super::now);
            if known.published_at.is_some_and(|published| at < published) {
                bail!("--at: lies before the write-up was published");
            }
            let writeup = Writeup {
                deleted_at: Some(at),
                ..same(known)
            };
            say(house, &registry, writeup).await?;
            tell(format_args!("{}: retired {}", known.id, calendar.date(at)))
        }
    }
}

async fn add(house: &House, registry: &Registry, said: Said, wanted: Wanted) -> anyhow::Result<()> {
    if said.id.trim().is_empty() || said.id.ends_with(RETRACTED) {
        bail!(
            "{:?} is no id; valid is any name that stays, such as INC-123",
            said.id
        );
    }
    let names: Vec<String> = said.aliases.iter().chain(&said.url).cloned().collect();
    let known = registry.find(&said.id);
    if let Some(known) = known.filter(|known| known.id != said.id) {
        bail!(
            "{:?} is a name of the write-up {:?}; say more of that one, or choose another id",
            said.id,
            known.id
        );
    }
    free(registry, &said.id, &names)?;
    let people = |names: &[String]| names.iter().map(|name| Identity::bare(name)).collect();
    let id = said.id.clone();
    let is_new = known.is_none();
    let writeup = Writeup {
        title: said.title,
        url: said.url,
        published_at: wanted.published_at,
        owner_team: said.team,
        aliases: said.aliases,
        contributors: people(&said.authors),
        responders: people(&said.responders),
        tags: said.tags,
        template: said.template,
        restricted: said
            .restricted
            .unwrap_or_else(|| known.is_some_and(|known| known.restricted)),
        ..Writeup::new(said.id)
    };
    let has_date = writeup
        .published_at
        .or(known.and_then(|known| known.published_at));
    say(house, registry, writeup).await?;
    match is_new {
        true => tell(format_args!("{id}: registered"))?,
        false => tell(format_args!("{id}: more is known"))?,
    }
    if has_date.is_none() {
        tell(format_args!(
            "  note: without a date of publication it counts in no indicator that looks at age; \
             --published says it"
        ))?;
    }
    Ok(())
}

/// A write-up of which nothing new is said.
fn same(known: &RegistryWriteup) -> Writeup {
    Writeup {
        restricted: known.restricted,
        ..Writeup::new(known.id.clone())
    }
}

async fn say(house: &House, registry: &Registry, writeup: Writeup) -> anyhow::Result<()> {
    let (store, keys, gate) = (&house.store, &house.keys, house.gate());
    registry
        .say(store, keys, &gate, writeup, super::now())
        .await
        .context("the write-up was not changed")
}

fn find<'a>(registry: &'a Registry, name: &str) -> anyhow::Result<&'a RegistryWriteup> {
    registry.find(name).with_context(|| {
        format!("no write-up is called {name:?}; `readback writeups list` shows those there are")
    })
}

/// Whether these names belong to nobody else.
fn free(registry: &Registry, id: &str, names: &[String]) -> anyhow::Result<()> {
    for name in names {
        if name.trim().is_empty() {
            bail!("a name is empty; valid are addresses, page ids, incident keys and paths");
        }
        if let Some(other) = registry.find(name).filter(|other| other.id != id) {
            bail!("{name:?} is a name of the write-up {:?} already", other.id);
        }
    }
    Ok(())
}

fn list(registry: &Registry, calendar: &Calendar, as_json: bool) -> anyhow::Result<()> {
    let writeups = registry.writeups();
    if as_json {
        return print(&writeups.iter().map(in_json).collect());
    }
    let rows = writeups.iter().map(|writeup| {
        let date = |at: Option<Millis>| at.map(|at| calendar.date(at).to_string());
        let mut title = writeup.title.clone().unwrap_or_default();
        if let Some(deleted) = date(writeup.deleted_at) {
            title = format!("{title} (retired {deleted})")
                .trim_start()
                .to_owned();
        }
        [
            writeup.id.clone(),
            date(writeup.published_at).unwrap_or_else(|| "no date".to_owned()),
            writeup.owner_team.clone().unwrap_or_else(|| "-".to_owned()),
            title,
        ]
    });
    table(&rows.collect::<Vec<_>>())?;
    if writeups.is_empty() {
        tell(format_args!(
            "no write-up is registered; a scan finds them, or `readback writeups add ID`"
        ))?;
    }
    Ok(())
}

fn unregistered(
    found: &[Unregistered],
    calendar: &Calendar,
    all: bool,
    as_json: bool,
) -> anyhow::Result<()> {
    let shown = if all { found.len() } else { SHOWN };
    let shown = found.get(..shown).unwrap_or(found);
    if as_json {
        let each = shown.iter().map(|one| {
            json!({
                "target": one.target,
                "events": one.events,
                "first": calendar.date(one.first_at).to_string(),
                "last": calendar.date(one.last_at).to_string(),
            })
        });
        return print(&each.collect());
    }
    let rows = shown.iter().map(|one| {
        let kinds = one.events.iter().map(|(kind, n)| events(kind, *n));
        let days = [one.first_at, one.last_at].map(|at| calendar.date(at).to_string());
        [
            one.target.clone(),
            kinds.collect::<Vec<_>>().join(", "),
            format!("{} to {}", days[0], days[1]),
        ]
    });
    table(&rows.collect::<Vec<_>>())?;
    match found.len() {
        0 => tell(format_args!("every event speaks of a registered write-up")),
        n => tell(format_args!(
            "{} without a write-up, {} shown; `readback writeups add ID --alias TARGET` makes one, \
             `alias ID TARGET` adds it to one",
            counted(n as u64, "target", "targets"),
            shown.len()
        )),
    }
}

fn show(
    registry: &Registry,
    writeup: &RegistryWriteup,
    calendar: &Calendar,
    as_json: bool,
) -> anyhow::Result<()> {
    let mut sources: BTreeMap<&str, u64> = BTreeMap::new();
    for row in registry.said(&writeup.id) {
        *sources.entry(&row.source).or_default() += 1;
    }
    if as_json {
        let mut value = in_json(writeup);
        value["said_by"] = json!(sources);
        return print(&value);
    }
    let date = |at: Option<Millis>| at.map(|at| calendar.date(at).to_string());
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", writeup.id)?;
    for (word, value) in [
        ("title", writeup.title.clone()),
        ("address", writeup.url.clone()),
        ("published", date(writeup.published_at)),
        ("retired", date(writeup.deleted_at)),
        ("team", writeup.owner_team.clone()),
        ("template", writeup.template.clone()),
        ("words", writeup.words.map(|words| words.to_string())),
        (
            "tags",
            (!writeup.tags.is_empty()).then(|| writeup.tags.join(", ")),
        ),
        ("restricted", writeup.restricted.then(|| "yes".to_owned())),
    ] {
        if let Some(value) = value {
            writeln!(out, "  {word:<11}{value}")?;
        }
    }
    for name in writeup.names.iter().filter(|name| **name != writeup.id) {
        writeln!(out, "  {:<11}{name}", "also")?;
    }
    for (source, n) in sources {
        writeln!(
            out,
            "  {:<11}{source}, {}",
            "said by",
            counted(n, "time", "times")
        )?;
    }
    Ok(())
}

fn in_json(writeup: &RegistryWriteup) -> Value {
    json!({
        "id": writeup.id,
        "title": writeup.title,
        "url": writeup.url,
        "names": writeup.names,
        "published_at": writeup.published_at.map(to_rfc3339),
        "deleted_at": writeup.deleted_at.map(to_rfc3339),
        "owner_team": writeup.owner_team,
        "template": writeup.template,
        "words": writeup.words,
        "tags": writeup.tags,
        "restricted": writeup.restricted,
    })
}

fn print(value: &Value) -> anyhow::Result<()> {
    writeln!(
        std::io::stdout(),
        "{}",
        serde_json::to_string_pretty(value)?
    )?;
    Ok(())
}

fn tell(words: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    writeln!(std::io::stderr(), "{words}")?;
    Ok(())
}

/// Rows in columns as wide as what is in them; the last one ends where it ends.
fn table<const N: usize>(rows: &[[String; N]]) -> std::io::Result<()> {
    let width = |column: usize| {
        let lengths = rows.iter().map(|row| row[column].chars().count());
        lengths.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut out = std::io::stdout().lock();
    for row in rows {
        let cells = row.iter().zip(widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        writeln!(out, "{}", line.join("  ").trim_end())?;
    }
    Ok(())
}
