//! `readback people import | suggest | merge | split | exclude | include | list`: which names are one
//! person. No name is ever shown; what is shown of people is counted, and small counts are withheld.

mod alike;
mod bring;
mod list;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::audit::note;
use super::engine::Installing;
use crate::app::House;
use crate::collect::roster::{self, Account, Format, Reading, Roster};
use crate::collect::{Keys, input};
use crate::config::Config;
use crate::jobs::people::BY_HAND;
use crate::jobs::roster::{Everybody, Word};
use crate::model::{Calendar, Pseudonym};
use crate::web::audit::Act;
use alike::suggest;
use bring::{bring, told};
use list::list;

/// Stands below the help of `import`.
const COLUMNS: &str = "\
CSV: rows with a header. `email` and the kinds of accounts below name columns; email2, github_3 are more of
the same, and a cell may hold several with semicolons between them. The first name of a row is the person:
several rows of one person are teams with dates. Other columns: team, from, to (the first day no longer in
it), joined, left, kind (person, room, bot, service), name (for `people suggest`; never stored). A date is
2026-03-01 or an RFC 3339 instant.
LDIF: mail, mailAlternateAddress, proxyAddresses, userPrincipalName, uid, sAMAccountName, department,
departmentNumber, ou, employeeType. SCIM: userName, emails, active, userType, meta, and department of the
enterprise extension. .mailmap: addresses on one line are one person's.

Kinds of accounts, also in `people merge KIND:NAME`:
  account            what events carry as `person`
  access_log         a user of the web server
  bitbucket          an Atlassian account at Bitbucket Cloud
  bitbucket_name     a user name at Bitbucket Data Center
  bitbucket_uuid     what Bitbucket Cloud calls who has no account
  bookstack          a user's number in BookStack
  chat               a user's id in the chat
  confluence         an Atlassian account at Confluence Cloud
  confluence_key     a userKey at Confluence Data Center
  confluence_name    a user name at Confluence Data Center
  dokuwiki           a login name in DokuWiki
  drive              what permissions of Google Drive call a user
  drive_name         a name in Google Docs
  git                a name in the header of a write-up
  git_account        what stands for an address in commits
  gitea              a login at Gitea, Forgejo or Gogs
  github             a login at GitHub
  gitlab             a user name at GitLab
  google             a user's number in Google Workspace (users/ID in Meet)
  icalendar          an address in calendars that is no mail address
  icalendar_name     a name in calendars
  mediawiki          a user name in the wiki
  notion             a user's id in Notion
  outline            a user's id in Outline
  wikijs             a user's number in Wiki.js
  xapi               home page, two colons, name
  xapi_mbox_sha1sum  40 hexadecimal digits
  xapi_openid        an OpenID

Somebody who is missing from a later file stays; a date in `left` ends them.";

/// What to do with people.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read rosters: who has which names, in which team and when
    #[command(after_help = COLUMNS)]
    Import {
        /// The files, plain, .gz or .zst; - is standard input
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        how: How,
        /// Whose word it is; what the same one said earlier of a person is replaced [default: roster, or mailmap]
        #[arg(long)]
        source: Option<String>,
        /// Say what would be taken and store nothing
        #[arg(long)]
        dry_run: bool,
        /// The result as JSON on standard output
        #[arg(long)]
        json: bool,
    },
    /// Names in events that look like somebody's of a roster and are nobody's; for you to decide
    Suggest {
        /// The roster; it stays in memory
        #[arg(long, value_name = "FILE")]
        roster: PathBuf,
        #[command(flatten)]
        how: How,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Say that two names are one person: addresses, accounts as KIND:NAME, or pseudonyms
    Merge {
        /// One name
        a: String,
        /// Another name
        b: String,
    },
    /// Say that two names are two people: takes a merge back, and holds apart what a roster unites
    Split {
        /// One name
        a: String,
        /// The name that leaves
        b: String,
    },
    /// Keep somebody's events and count them no more: test accounts, Readback's own staff
    Exclude {
        /// Any name of theirs
        identity: String,
    },
    /// Count somebody's events again
    Include {
        /// Any name of theirs
        identity: String,
    },
    /// How many people are known, by kind and team; nobody by name
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// How a roster is read.
#[derive(Debug, clap::Args)]
pub(super) struct How {
    /// csv, ldif, scim or mailmap [default: by name and content]
    #[arg(long, value_parser = format)]
    format: Option<Format>,
    /// What logins of directories (uid, userName) are accounts of; may be repeated [default: account]
    #[arg(long = "logins-of", value_name = "KIND", value_parser = account)]
    logins: Vec<&'static Account>,
}

fn format(name: &str) -> Result<Format, String> {
    Format::from_name(name).ok_or_else(|| "valid are csv, ldif, scim, mailmap".to_owned())
}

fn account(name: &str) -> Result<&'static Account, String> {
    roster::account(name).ok_or_else(|| {
        let known: Vec<&str> = roster::ACCOUNTS.iter().map(|one| one.name).collect();
        format!("known are {}", known.join(", "))
    })
}

pub(super) async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    let calendar = config.organisation.calendar.clone();
    // What can't be read is told before any work.
    let read = match &command {
        Command::Import {
            files, how, source, ..
        } => {
            if source.as_deref() == Some(BY_HAND) {
                bail!("--source {BY_HAND:?}: is the word of people; any other name is valid");
            }
            files
                .iter()
                .map(|file| read(file, how, &calendar))
                .collect::<anyhow::Result<Vec<_>>>()?
        }
        Command::Suggest { roster, how, .. } => vec![read(roster, how, &calendar)?],
        Command::Merge { a, b } | Command::Split { a, b } => {
            check_names(&[a, b])?;
            Vec::new()
        }
        Command::Exclude { identity } | Command::Include { identity } => {
            check_names(&[identity])?;
            Vec::new()
        }
        Command::List { .. } => Vec::new(),
    };
    if let Command::Import {
        source,
        dry_run: true,
        json,
        ..
    } = &command
    {
        // A dry run stores nothing, so any key will do.
        let outcome = bring(None, &Keys::new([0; 32]), source.as_deref(), read).await?;
        return told(&outcome, true, *json);
    }
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let changes = !matches!(command, Command::Suggest { .. } | Command::List { .. });
    let done = act(command, read, &house).await;
    let noted = match changes && done.is_ok() {
        true => note(&house.config, Act::RegistryChanged, "people"),
        false => Ok(()),
    };
    house.close().await;
    done.and(noted)
}

/// A file as it was read.
pub(super) struct File {
    pub(super) name: String,
    format: Format,
    pub(super) roster: Roster,
}

/// Reads a roster.
pub(super) fn read(path: &Path, how: &How, calendar: &Calendar) -> anyhow::Result<File> {
    let name = path.display().to_string();
    let mut input = input::open(path, |_| {}).with_context(|| name.clone())?;
    let mut bytes = Vec::new();
    input
        .reader
        .read_to_end(&mut bytes)
        .with_context(|| name.clone())?;
    let format = how
        .format
        .unwrap_or_else(|| Format::guess(path, &roster::text(&bytes)));
    let plain: Vec<&'static Account> = roster::account("account").into_iter().collect();
    let logins = if how.logins.is_empty() {
        &plain
    } else {
        &how.logins
    };
    let reading = Reading { calendar, logins };
    let roster = roster::read(format, &bytes, &reading);
    let roster = roster.map_err(|reason| anyhow::anyhow!("{name}: {reason}"))?;
    Ok(File {
        name,
        format,
        roster,
    })
}

async fn act(command: Command, read: Vec<File>, house: &House) -> anyhow::Result<()> {
    if house.keys.left_out().everybody() && !matches!(command, Command::List { .. }) {
        bail!(
            "this data folder keeps counts only (privacy.mode): no name is kept of anybody, so there are none \
             to unite, tell apart or leave out"
        );
    }
    match command {
        Command::Import { source, json, .. } => {
            let outcome = bring(Some(house), &house.keys, source.as_deref(), read).await?;
            told(&outcome, false, json)
        }
        Command::Suggest { json, .. } => suggest(house, read, json).await,
        Command::Merge { a, b } => {
            let (a, b) = (pseudonym(&a, &house.keys)?, pseudonym(&b, &house.keys)?);
            tie(house, Word::One(a, b)).await
        }
        Command::Split { a, b } => {
            let (a, b) = (pseudonym(&a, &house.keys)?, pseudonym(&b, &house.keys)?);
            tie(house, Word::Two(a, b)).await
        }
        Command::Exclude { identity } => {
            let name = pseudonym(&identity, &house.keys)?;
            counts(house, name, false).await
        }
        Command::Include { identity } => {
            let name = pseudonym(&identity, &house.keys)?;
            counts(house, name, true).await
        }
        Command::List { json } => list(house, json).await,
    }
}

/// Says that two names are one person or two, and looks whether it holds.
async fn tie(house: &House, word: Word) -> anyhow::Result<()> {
    let (a, b, wanted) = match word {
        Word::One(a, b) => (a, b, true),
        Word::Two(a, b) => (a, b, false),
        Word::Counts(..) => return Ok(()),
    };
    let before = Everybody::now(&house.store).await?;
    if a == b {
        bail!("both are the same name; two names are valid");
    }
    for (which, name) in [("first", a), ("second", b)] {
        if !before.is_known(name) {
            bail!("no event and no roster knows the {which} name; a known one is valid");
        }
    }
    let words = if wanted { "one person" } else { "two people" };
    if before.is_one(a, b) == wanted {
        return say(format_args!("they are {words} already"));
    }
    let gate = house.gate();
    before
        .say(&house.store, &house.keys, &gate, word, super::now())
        .await?;
    let after = Everybody::now(&house.store).await?;
    if after.is_one(a, b) != wanted {
        bail!(
            "they can't be {words}: what was said of other names of theirs holds against it; take that back \
             first"
        );
    }
    say(format_args!(
        "they are {words}; the next report says everything anew"
    ))
}

async fn counts(house: &House, name: Pseudonym, counts: bool) -> anyhow::Result<()> {
    let everybody = Everybody::now(&house.store).await?;
    if !everybody.is_known(name) {
        bail!("no event and no roster knows this name; a known one is valid");
    }
    let word = Word::Counts(name, counts);
    let gate = house.gate();
    everybody
        .say(&house.store, &house.keys, &gate, word, super::now())
        .await?;
    say(match counts {
        true => format_args!("they count again, from the next report on"),
        false => format_args!("they are kept and not counted, from the next report on"),
    })
}

/// Whether these are names at all; told before any work, and without repeating them.
fn check_names(names: &[&String]) -> anyhow::Result<()> {
    let words = ["the first name", "the second name"];
    for (name, which) in names.iter().zip(words) {
        if Pseudonym::from_hex(name.trim()).is_none() {
            roster::identity(name).map_err(|reason| anyhow::anyhow!("{which}: {reason}"))?;
        }
    }
    Ok(())
}

/// Somebody's pseudonym, however they are named.
fn pseudonym(text: &str, keys: &Keys) -> anyhow::Result<Pseudonym> {
    match Pseudonym::from_hex(text.trim()) {
        Some(pseudonym) => Ok(pseudonym),
        None => {
            let identity = roster::identity(text).map_err(|reason| anyhow::anyhow!("{reason}"))?;
            Ok(keys.pseudonym(&identity))
        }
    }
}

fn print(value: &Value) -> anyhow::Result<()> {
    writeln!(
        std::io::stdout(),
        "{}",
        serde_json::to_string_pretty(value)?
    )?;
    Ok(())
}

fn say(words: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    super::plain::line(&mut std::io::stderr(), words)?;
    Ok(())
}
