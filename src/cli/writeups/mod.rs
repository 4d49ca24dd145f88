//! `readback writeups …`: which pages are which write-ups, by hand.

mod show;

use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::assign;
use super::audit::note;
use super::engine::Installing;
use super::import::counted;
use super::report::moment;
use crate::app::House;
use crate::collect::roster::somebody;
use crate::config::Config;
use crate::jobs::registry::file::{self, Table};
use crate::jobs::registry::{Hand, Imported, NOT_DELETED, Registry, Unregistered, deed, fit};
use crate::model::target::{RULES, canonical, nameless};
use crate::model::{Assignment, Calendar, DatedAlias, Marks, Millis, RETRACTED, Writeup};
use crate::store::RegistryWriteup;
use crate::web::audit::Act;

use show::{print_canonical, tell};

pub(super) use show::table as columns;

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
    Add(Box<Said>),
    /// Many at once, from a table
    #[command(after_help = IMPORT_HELP)]
    Import {
        /// A CSV file with a header; - is standard input
        file: PathBuf,
        /// Say what would come of it and store nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Give a write-up more names: addresses, page ids, incident keys, paths
    #[command(after_help = ALIAS_HELP)]
    Alias {
        /// Its id, or any other name of it
        id: String,
        /// Names; events that speak of them are its own, also those that came before
        #[arg(required = true)]
        names: Vec<String>,
        /// Only events from then on are its own: a date, or an RFC 3339 instant
        #[arg(long, value_name = "WHEN")]
        from: Option<String>,
        /// Only events before then are its own: a date, or an RFC 3339 instant
        #[arg(long, value_name = "WHEN")]
        to: Option<String>,
    },
    /// Take names away from a write-up: events that speak of them are its own no more
    #[command(after_help = UNALIAS_HELP)]
    Unalias {
        /// Its id, or any other name of it
        id: String,
        /// Names of it, as `writeups show` lists them
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Make a write-up part of another one: its events, names and people count for that one
    Merge {
        /// The one that becomes part: its id, or any other name of it
        id: String,
        /// The one that it becomes part of
        into: String,
    },
    /// Make a write-up that was merged one of its own again; nothing is lost
    Split {
        /// Its id
        id: String,
    },
    /// Say when a write-up was deleted: its history stays, and nobody is expected to read it any more
    Retire {
        /// Its id, or any other name of it
        id: String,
        /// When: a date, or an RFC 3339 instant [default: now]
        #[arg(long, value_name = "WHEN")]
        at: Option<String>,
        /// It is there again
        #[arg(long, conflicts_with = "at")]
        undo: bool,
    },
    /// Tell a team, newcomers or everybody to read it: what they read of it then is labelled as assigned
    Assign(assign::Args),
    /// What was assigned of a write-up
    Assignments {
        /// Its id, or any other name of it
        id: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Take an assignment back
    Unassign {
        /// Its id, or any other name of it
        id: String,
        /// Its number in `writeups assignments`
        number: usize,
    },
    /// The one spelling of addresses, by which two spellings of one page are the same target
    #[command(after_help = RULES)]
    Canonical {
        /// Addresses
        #[arg(required = true, value_name = "URL")]
        urls: Vec<String>,
    },
}

const IMPORT_HELP: &str = "\
Between values stand commas, semicolons or tabs. The header names columns, in any order: id, title, url,
published, deleted, team, authors, responders, reviewers, facilitators, aliases, tags, template, words,
diagrams, restricted, surprised, difficult, unclear, several_accounts. Only id is needed. Lists are split
at `;`, dates are such as 2026-07-01 or RFC 3339 instants, the last five are yes or no. An empty value
leaves what is known as it is. People become pseudonyms. Rows that are wrong are told by line and column,
and the others are kept; a file that is imported again changes nothing.";

const ALIAS_HELP: &str = "\
A name that ends in * stands for every target that begins like it; the longest wins, and a name before
all of them. With --from or --to the time of an event decides, so that an address that changed hands is
each write-up's in its time; what is said of a name last holds.";

const UNALIAS_HELP: &str = "\
A name that a source gives (a wiki, a repository, events) comes back when that source says it again.";

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
    /// Who reviewed it before it was published; may be repeated, stored as a pseudonym
    #[arg(long = "reviewer", value_name = "PERSON")]
    reviewers: Vec<String>,
    /// Who led its review; may be repeated, stored as a pseudonym
    #[arg(long = "facilitator", value_name = "PERSON")]
    facilitators: Vec<String>,
    /// What you found in it: surprised, difficult, unclear (it says what surprised people, was difficult,
    /// is still unclear), several-accounts (it gives more than one); `surprised=no` says that it does not;
    /// may be repeated
    #[arg(long = "mark", value_name = "MARK[=yes|no]", value_parser = mark)]
    marks: Vec<(&'static str, bool)>,
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

/// A mark and whether the write-up has it.
fn mark(text: &str) -> Result<(&'static str, bool), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, "yes"));
    let plain = name.trim().to_ascii_lowercase().replace('-', "_");
    let known = Marks::NAMES.into_iter().find(|known| *known == plain);
    let value = match value.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    };
    known.zip(value).ok_or_else(|| {
        "valid are surprised, difficult, unclear and several-accounts, alone or with =yes or =no"
            .to_owned()
    })
}

pub(super) async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    if let Command::Canonical { urls } = &command {
        return print_canonical(urls.iter().map(|url| canonical(url)));
    }
    let calendar = config.organisation.calendar.clone();
    let wanted = Wanted::of(&command, &calendar)?;
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let done = act(command, wanted, &house, &calendar).await;
    house.close().await;
    done
}

/// What a command names and what can be wrong with it by itself: told before any work.
#[derive(Default)]
struct Wanted {
    published_at: Option<Millis>,
    deleted_at: Option<Millis>,
    assignment: Option<Assignment>,
    from: Option<Millis>,
    to: Option<Millis>,
    table: Table,
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
            Command::Alias { from, to, .. } => {
                let (from, to) = (at("--from", from)?, at("--to", to)?);
                if from.zip(to).is_some_and(|(from, to)| to < from) {
                    bail!("--to: lies before --from");
                }
                Wanted {
                    from,
                    to,
                    ..Wanted::default()
                }
            }
            Command::Assign(args) => Wanted {
                assignment: Some(args.assignment(calendar)?),
                ..Wanted::default()
            },
            Command::Import { file, .. } => Wanted {
                table: table(file, calendar).with_context(|| file.display().to_string())?,
                ..Wanted::default()
            },
            _ => Wanted::default(),
        })
    }
}

fn table(path: &Path, calendar: &Calendar) -> anyhow::Result<Table> {
    let mut bytes = Vec::new();
    let most = file::MAX_FILE + 1;
    match path.as_os_str() == "-" {
        true => std::io::stdin().take(most).read_to_end(&mut bytes)?,
        false => std::fs::File::open(path)?
            .take(most)
            .read_to_end(&mut bytes)?,
    };
    if bytes.len() as u64 == most {
        bail!("is longer than {} MiB", file::MAX_FILE >> 20);
    }
    file::read(&bytes, calendar)
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
        } => show::list(&registry, calendar, house.k, json),
        Command::List { all, json, .. } => {
            let found = registry.unregistered(&house.store).await?;
            show::unregistered(&found, calendar, all, json)
        }
        Command::Show { id, json } => {
            show::one(&registry, find(&registry, &id)?, calendar, (house.k, json))
        }
        Command::Add(said) => add(house, &registry, *said, wanted).await,
        Command::Import { file, dry_run } => {
            let hand = hand(house);
            let done = registry.import(&hand, wanted.table, dry_run).await?;
            let taken = (done.new + done.more) as u64;
            if taken > 0 && !dry_run {
                let words = counted(taken, "write-up", "write-ups");
                let words = format!("{words} from a table");
                note(&house.config, Act::RegistryChanged, &words)?;
            }
            imported(&file, &done, dry_run)
        }
        Command::Alias { id, names, .. } => {
            let known = whole(&registry, &id)?;
            let (from, to) = (wanted.from, wanted.to);
            let is_dated = from.or(to).is_some();
            let span = is_dated.then_some((from.unwrap_or(Millis::MIN), to.unwrap_or(Millis::MAX)));
            free(&registry, &known.id, &names, span)?;
            let dated = |alias| DatedAlias { alias, from, to };
            let writeup = match is_dated {
                false => Writeup {
                    aliases: names,
                    ..registry.same(known)
                },
                true => Writeup {
                    dated_aliases: names.into_iter().map(dated).collect(),
                    ..registry.same(known)
                },
            };
            // Of dated names the time of each event decides: that is for the next report.
            let reached = match is_dated {
                true => 0,
                false => reached(&registry, &writeup.aliases, house).await?,
            };
            say(house, &registry, writeup).await?;
            tell(format_args!("{}: has more names", known.id))?;
            if reached > 0 {
                let events = counted(reached, "event", "events");
                tell(format_args!(
                    "  {events} that belonged to no write-up count for it now"
                ))?;
            }
            Ok(())
        }
        Command::Unalias { id, names } => {
            let known = find(&registry, &id)?;
            let writeup = registry
                .unnaming(known, names)
                .with_context(|| known.id.clone())?;
            say(house, &registry, writeup).await?;
            tell(format_args!("{}: has fewer names", known.id))
        }
        Command::Retire { id, undo: true, .. } => {
            let known = find(&registry, &id)?;
            if known.deleted_at.is_none() {
                bail!("{:?} is not retired; there is nothing to undo", known.id);
            }
            let writeup = Writeup {
                deleted_at: Some(NOT_DELETED),
                ..registry.same(known)
            };
            say(house, &registry, writeup).await?;
            tell(format_args!("{}: is there again", known.id))
        }
        Command::Retire { id, .. } => {
            let known = find(&registry, &id)?;
            if let Some(whole) = registry.whole(known) {
                // A duplicate that is deleted must not end the history of the one that lives on.
                bail!(
                    "{:?} is part of the write-up {:?}; name that one, or split it first",
                    known.id,
                    whole.id
                );
            }
            let at = wanted.deleted_at.unwrap_or_else(super::now);
            if at > super::now() {
                bail!("--at: lies in the future; valid is when it was deleted");
            }
            if known.published_at.is_some_and(|published| at < published) {
                bail!("--at: lies before the write-up was published");
            }
            let writeup = Writeup {
                deleted_at: Some(at),
                ..registry.same(known)
            };
            say(house, &registry, writeup).await?;
            tell(format_args!("{}: retired {}", known.id, calendar.date(at)))
        }
        Command::Merge { id, into } => {
            let (part, into) = (find(&registry, &id)?, find(&registry, &into)?);
            if registry.parent(&part.id) == Some(&into.id) {
                return tell(format_args!("{}: is part of {} already", part.id, into.id));
            }
            let writeup = registry.merging(part, into)?;
            say(house, &registry, writeup).await?;
            // The other may be part of a third one itself.
            let whole = registry.whole(into).unwrap_or(into);
            tell(format_args!("{}: counts for {} now", part.id, whole.id))
        }
        Command::Split { id } => {
            let part = find(&registry, &id)?;
            let writeup = registry.splitting(part)?;
            say(house, &registry, writeup).await?;
            tell(format_args!("{}: is a write-up of its own again", part.id))
        }
        Command::Assign(args) => {
            let known = whole(&registry, &args.id)?;
            match wanted.assignment {
                Some(assignment) => assign::assign(house, &registry, known, assignment).await,
                None => Ok(()),
            }
        }
        Command::Assignments { id, json } => {
            // Also of one that is part of another: what was said of it is taken back there.
            assign::list(&registry, find(&registry, &id)?, calendar, json)
        }
        Command::Unassign { id, number } => {
            assign::unassign(house, &registry, find(&registry, &id)?, number).await
        }
        // Needs no data folder.
        Command::Canonical { .. } => Ok(()),
    }
}

fn imported(path: &Path, done: &Imported, dry_run: bool) -> anyhow::Result<()> {
    let name = path.display();
    for problem in &done.problems {
        tell(format_args!("{name}: {problem}"))?;
    }
    let Imported {
        new,
        more,
        unchanged,
        refused,
        ..
    } = done;
    let store = if dry_run { "would be " } else { "" };
    tell(format_args!(
        "{name}: {} {store}registered, more {store}known of {more}, {unchanged} unchanged, {} refused",
        counted(*new as u64, "write-up", "write-ups"),
        counted(*refused as u64, "row", "rows"),
    ))?;
    if *refused > 0 && new + more + unchanged == 0 {
        bail!("nothing was taken of {name}: every row was refused");
    }
    Ok(())
}

async fn add(house: &House, registry: &Registry, said: Said, wanted: Wanted) -> anyhow::Result<()> {
    for (flag, values) in [
        ("--author", &said.authors),
        ("--responder", &said.responders),
        ("--reviewer", &said.reviewers),
        ("--facilitator", &said.facilitators),
        ("--tag", &said.tags),
    ] {
        if values.iter().any(|value| value.trim().is_empty()) {
            bail!("{flag}: is empty; leave it out, and what is known stays");
        }
    }
    for (flag, value) in [
        ("--title", &said.title),
        ("--url", &said.url),
        ("--team", &said.team),
        ("--template", &said.template),
    ] {
        if value.as_ref().is_some_and(|value| value.trim().is_empty()) {
            bail!("{flag}: is empty; leave it out, and what is known stays");
        }
    }
    let is_plain = said.id.trim() == said.id && !said.id.chars().any(char::is_control);
    if said.id.is_empty() || !is_plain || said.id.ends_with('*') || said.id.ends_with(RETRACTED) {
        bail!(
            "{:?} is no id; valid is any name that stays, such as INC-123",
            said.id
        );
    }
    let names: Vec<String> = said.aliases.iter().chain(&said.url).cloned().collect();
    let known = registry.entry(&said.id);
    if let Some(known) = known.filter(|known| known.id != said.id) {
        bail!(
            "{:?} is a name of the write-up {:?}; say more of that one, or choose another id",
            said.id,
            known.id
        );
    }
    free(registry, &said.id, &names, None)?;
    let people = |names: &[String]| names.iter().map(|name| somebody(name)).collect();
    let id = said.id.clone();
    let is_new = known.is_none();
    let mut marks = Marks::default();
    for (name, value) in &said.marks {
        if let Some(mark) = marks.named(name) {
            *mark = Some(*value);
        }
    }
    let writeup = Writeup {
        title: said.title,
        url: said.url,
        published_at: wanted.published_at,
        owner_team: said.team,
        aliases: said.aliases,
        contributors: people(&said.authors),
        responders: people(&said.responders),
        reviewers: people(&said.reviewers),
        facilitators: people(&said.facilitators),
        tags: said.tags,
        template: said.template,
        marks,
        restricted: said.restricted == Some(true),
        opened: said.restricted == Some(false),
        ..Writeup::new(said.id)
    };
    let has_date = writeup
        .published_at
        .or(known.and_then(|known| known.published_at));
    let hides = writeup.restricted;
    let mut urls = writeup.url.iter().chain(&writeup.aliases);
    let somebody = urls.any(|url| matches!(nameless(url), Cow::Owned(_)));
    say(house, registry, writeup).await?;
    match is_new {
        true => tell(format_args!("{id}: registered"))?,
        false => tell(format_args!("{id}: more is known"))?,
    }
    if somebody {
        tell(format_args!(
            "  note: an address names somebody; it is kept without the name, which still matches, and pages \
             have no link to it"
        ))?;
    }
    if hides {
        tell(format_args!(
            "  note: the pages of `readback serve` hide it from now on, reports and published tables from \
             the next one on"
        ))?;
    }
    if has_date.is_none() {
        tell(format_args!(
            "  note: without a date of publication it counts in no indicator that looks at age; \
             --published says it"
        ))?;
    }
    Ok(())
}

/// What is needed to say something by hand.
pub(super) fn hand(house: &House) -> Hand<'_> {
    Hand {
        store: &house.store,
        keys: &house.keys,
        gate: house.gate(),
        now: super::now(),
    }
}

pub(super) async fn say(
    house: &House,
    registry: &Registry,
    writeup: Writeup,
) -> anyhow::Result<()> {
    let is_new = registry.said(&writeup.id).next().is_none();
    let what = deed(&writeup, is_new);
    registry
        .say(&hand(house), writeup)
        .await
        .context("the write-up was not changed")?;
    note(&house.config, Act::RegistryChanged, &what)
}

/// The write-up of this name, also where it is part of another one.
fn find<'a>(registry: &'a Registry, name: &str) -> anyhow::Result<&'a RegistryWriteup> {
    registry.entry(name).with_context(|| {
        format!("no write-up is called {name:?}; `readback writeups list` shows those there are")
    })
}

/// The write-up that this name counts for.
fn whole<'a>(registry: &'a Registry, name: &str) -> anyhow::Result<&'a RegistryWriteup> {
    let known = find(registry, name)?;
    Ok(registry.whole(known).unwrap_or(known))
}

/// How many events speak of these names and belong to no write-up.
async fn reached(registry: &Registry, names: &[String], house: &House) -> anyhow::Result<u64> {
    let patterns: Vec<(String, bool)> = names
        .iter()
        .map(|name| match name.strip_suffix('*') {
            Some(begin) => (canonical(begin).into_owned(), true),
            None => (canonical(name).into_owned(), false),
        })
        .collect();
    let is_one = |target: &str| {
        patterns.iter().any(|(name, begins)| match begins {
            true => target.starts_with(name.as_str()),
            false => target == name,
        })
    };
    let found = registry.unregistered(&house.store).await?;
    let found = found.iter().filter(|one| is_one(&one.target));
    Ok(found.map(Unregistered::total).sum())
}

/// Whether these names belong to nobody else, always or in a span of time.
fn free(
    registry: &Registry,
    id: &str,
    names: &[String],
    span: Option<(Millis, Millis)>,
) -> anyhow::Result<()> {
    for name in names {
        fit(name)?;
        if let Some(other) = registry.holder(id, name, span) {
            bail!("{name:?} is a name of the write-up {:?} already", other.id);
        }
    }
    Ok(())
}
