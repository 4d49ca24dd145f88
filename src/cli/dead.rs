//! `readback dead list | retry | drop`: what the store refused for good, and why.

use std::io::Write as _;

use anyhow::bail;
use serde_json::json;

use super::engine::Installing;
use super::import::counted;
use crate::app::House;
use crate::app::collector;
use crate::config::Config;
use crate::jobs::load::{self, Again};
use crate::model::to_rfc3339;
use crate::spool::{Dead, Letter};

/// What to do with dead letters.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// The letters there are, with their reasons
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Load letters once more; those that the store takes whole are gone afterwards
    ///
    /// A letter of which only a part is taken stays; a later retry changes nothing of that part.
    Retry(Which),
    /// Remove letters; what is in them is lost for good
    Drop(Which),
}

/// Which letters.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Names as `list` shows them; a beginning is enough
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    names: Vec<String>,
    /// All of them
    #[arg(long)]
    all: bool,
}

impl Which {
    fn letters(&self, dead: &Dead) -> anyhow::Result<Vec<Letter>> {
        if self.all {
            return Ok(dead.letters()?);
        }
        let found: Result<Vec<_>, _> = self.names.iter().map(|name| dead.find(name)).collect();
        Ok(found?)
    }
}

pub(super) async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    let dead = collector::dead(&config);
    match command {
        Command::List { json } => list(&dead, json),
        Command::Retry(which) => {
            let letters = which.letters(&dead)?;
            retry(&dead, letters, config).await
        }
        Command::Drop(which) => {
            for letter in which.letters(&dead)? {
                letter.remove()?;
                writeln!(std::io::stderr(), "{}: removed", short(&letter))?;
            }
            Ok(())
        }
    }
}

fn list(dead: &Dead, json: bool) -> anyhow::Result<()> {
    let letters = dead.letters()?;
    let mut out = std::io::stdout().lock();
    if json {
        let list: Vec<_> = letters
            .iter()
            .map(|letter| {
                json!({
                    "name": letter.name(),
                    "reason": letter.told.reason,
                    "requests": letter.told.entries,
                    "bytes": letter.told.bytes,
                    "at": to_rfc3339(letter.told.at),
                })
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        return Ok(());
    }
    for letter in &letters {
        let told = &letter.told;
        writeln!(
            out,
            "{}  {}  {}, {}  {}",
            short(letter),
            to_rfc3339(told.at),
            counted(told.entries, "request", "requests"),
            counted(told.bytes, "byte", "bytes"),
            told.reason
        )?;
    }
    if letters.is_empty() {
        writeln!(std::io::stderr(), "there are no dead letters")?;
    }
    Ok(())
}

async fn retry(dead: &Dead, letters: Vec<Letter>, config: Config) -> anyhow::Result<()> {
    if letters.is_empty() {
        writeln!(std::io::stderr(), "there are no dead letters")?;
        return Ok(());
    }
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let mut failed = 0;
    for letter in &letters {
        let owner = (house.keys.fingerprint(), house.k);
        let gate = house.gate();
        let done = match load::again(&house.store, owner, dead, letter, &gate).await {
            Ok(done) if done.is_all() => letter.remove().map(|()| done).map_err(Into::into),
            done => done,
        };
        match done {
            Ok(done) => {
                failed += usize::from(!done.is_all());
                writeln!(std::io::stderr(), "{}: {}", short(letter), loaded(&done))?;
            }
            Err(error) => {
                failed += 1;
                let words = super::error::words(&error);
                writeln!(std::io::stderr(), "{}: {words}", short(letter))?;
            }
        }
    }
    house.close().await;
    if failed > 0 {
        let all = letters.len();
        bail!("{failed} of {all} letters were refused again, in whole or in part; they are kept");
    }
    Ok(())
}

/// What came of a letter of which something was loaded.
fn loaded(done: &Again) -> String {
    let mut words = format!("loaded {}", counted(done.rows, "event", "events"));
    if let Some(reason) = &done.reason {
        let requests = counted(done.refused, "request is", "requests are");
        words += &format!("; {requests} still refused: {reason}");
    }
    if done.missing > 0 {
        let requests = counted(done.missing, "request", "requests");
        words += &format!("; {requests} of it can't be read any more");
    }
    if done.damaged > 0 {
        let bytes = counted(done.damaged, "byte", "bytes");
        words += &format!("; {bytes} of it are damaged and kept");
    }
    words
}

/// Enough of a name to tell letters apart.
fn short(letter: &Letter) -> String {
    let name = letter.name();
    name.get(..12).unwrap_or(&name).to_owned()
}
