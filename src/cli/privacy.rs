//! `readback privacy show | log | agree | prove`: the terms on which people are counted, since when they
//! hold, and whether what is promised holds on the running system.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use super::audit::note;
use super::engine::Installing;
use super::proving;
use crate::app::{self, House, look};
use crate::config::Config;
use crate::jobs::ledger::{self, Entry, Ledger, What};
use crate::jobs::terms;
use crate::model::PrivacyTerms;
use crate::web::audit::{self, Act};

/// What to do.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The same as `prove`
    #[arg(long)]
    prove: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// The file that the log of `readback serve` is kept in, to be looked through by `--prove`
    #[arg(long, value_name = "FILE", requires = "prove")]
    log: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The terms that hold, with their fingerprint
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Every change of the terms, and every agreement
    Log {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Mark the terms that hold as agreed
    Agree {
        /// Which body agreed, such as "works council"; no person
        #[arg(long, value_name = "TEXT")]
        by: String,
    },
    /// Look for names, addresses, pseudonyms and numbers of few people in all that is stored and shown
    Prove {
        /// The file that the log of `readback serve` is kept in: it writes it to standard error
        #[arg(long, value_name = "FILE")]
        log: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let command = match (args.command, args.prove) {
        (Some(command), _) => command,
        (None, true) => Command::Prove {
            log: args.log,
            json: args.json,
        },
        (None, false) => Command::Show { json: args.json },
    };
    match command {
        Command::Show { json } => show(&config, json),
        Command::Log { json } => log(&config, json),
        Command::Agree { by } => agree(&config, &by).await,
        Command::Prove { log, json } => prove(config, log.as_deref(), json).await,
    }
}

/// What the audit log says of an agreement.
const AGREED: &str = "the terms were agreed";

/// Says so where the audit log knows of an agreement that the record of terms does not have, nor one of
/// later: somebody's word is lost.
pub(super) fn lost_agreement(config: &Config) -> anyhow::Result<Option<String>> {
    let entries = audit::read(&config.data_dir, None)?;
    let mut agreed = entries
        .iter()
        .filter(|entry| entry.act == Act::PrivacyChanged && entry.what.as_deref() == Some(AGREED));
    let last = agreed.next_back().and_then(|entry| entry.at.get(..10));
    let last = last.and_then(|day| day.parse::<NaiveDate>().ok());
    let Some(last) = last else {
        return Ok(None);
    };
    let ledger = Ledger::read(&file(config))?;
    let kept = ledger.agreed().map(|agreed| agreed.date);
    // The log's days are those of UTC.
    let is_there = kept.is_some_and(|kept| Some(kept) >= last.pred_opt());
    Ok((!is_there).then(|| {
        format!(
            "{}: the agreement of {last} is missing, which the audit log has; restore the file from a backup, \
             or have the terms agreed again",
            file(config).display()
        )
    }))
}

fn file(config: &Config) -> PathBuf {
    config.data_dir.join(ledger::FILE)
}

/// The local day of now.
fn today(config: &Config) -> NaiveDate {
    config.organisation.calendar.date(super::now())
}

/// Notes the terms that hold, and gives them with their record, as the page `/privacy` takes them.
pub(super) async fn noted(house: &House) -> anyhow::Result<Json> {
    let config = &house.config;
    let terms = terms::of(config, house.k, house.mode);
    let _turn = house.turn().await?;
    let ledger = ledger::keep(&file(config), &terms, today(config))?;
    Ok(told(&terms, &ledger))
}

/// Terms and record as JSON.
fn told(terms: &PrivacyTerms, ledger: &Ledger) -> Json {
    let each = terms.0.iter();
    let each = each.map(|term| json!({ "name": term.name, "value": term.value }));
    let agreed = ledger.agreed().map(
        |agreed| json!({ "date": agreed.date, "by": agreed.by, "fingerprint": agreed.fingerprint }),
    );
    let changes = ledger
        .since_agreed()
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Term { name, old, new } => {
                Some(json!({ "date": entry.date, "name": name, "old": old, "new": new }))
            }
            What::Agreed { .. } => None,
        });
    json!({
        "terms": each.collect::<Vec<_>>(),
        "fingerprint": terms::fingerprint(terms),
        "agreed": agreed,
        "changes": changes.collect::<Vec<_>>(),
    })
}

fn show(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let ground = look::ground(config)?;
    let terms = terms::of(config, ground.k, ground.mode);
    let ledger = Ledger::read(&file(config))?;
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{:#}", told(&terms, &ledger))?;
        return Ok(());
    }
    for term in &terms.0 {
        writeln!(out, "{}: {}", term.name, term.value)?;
    }
    let present = terms::fingerprint(&terms);
    writeln!(out, "fingerprint: {present}")?;
    match ledger.agreed() {
        Some(agreed) => {
            let same = match agreed.fingerprint == present {
                true => "the same today",
                false => "not the same any more",
            };
            let (date, by, then) = (agreed.date, agreed.by, agreed.fingerprint);
            writeln!(out, "agreed: {date} by {by}, {then}; {same}")?;
        }
        None => writeln!(out, "agreed: by nobody yet")?,
    }
    if let Some(lost) = lost_agreement(config)? {
        writeln!(std::io::stderr(), "{lost}")?;
    }
    Ok(())
}

fn log(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let ledger = Ledger::read(&file(config))?;
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{:#}", serde_json::to_value(&ledger.entries)?)?;
        return Ok(());
    }
    for entry in &ledger.entries {
        writeln!(out, "{}", line(entry))?;
    }
    Ok(())
}

fn line(entry: &Entry) -> String {
    let date = entry.date;
    let or_nothing = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    match &entry.what {
        What::Agreed { by, fingerprint } => format!("{date} agreed by {by}: {fingerprint}"),
        What::Term { name, old, new } => {
            format!("{date} {name}: {} -> {}", or_nothing(old), or_nothing(new))
        }
    }
}

async fn agree(config: &Config, by: &str) -> anyhow::Result<()> {
    let (turn, folder, _) = app::folder(config).await?;
    let terms = terms::of(config, folder.k, folder.mode);
    ledger::agree(&file(config), &terms, by, today(config))?;
    drop(turn);
    note(config, Act::PrivacyChanged, AGREED)?;
    writeln!(std::io::stdout(), "{}", terms::fingerprint(&terms))?;
    Ok(())
}

async fn prove(config: Config, log: Option<&Path>, as_json: bool) -> anyhow::Result<()> {
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let checks = proving::all(&house, log).await;
    house.close().await;
    let checks = checks.context("looking at what is stored and shown")?;
    let failed = checks
        .iter()
        .filter(|check| check.holds == Some(false))
        .count();
    let mut out = std::io::stdout().lock();
    if as_json {
        let each = checks.iter().map(
            |check| json!({ "promise": check.promise, "holds": check.holds, "words": check.words }),
        );
        let all = json!({ "holds": failed == 0, "checks": each.collect::<Vec<_>>() });
        writeln!(out, "{all:#}")?;
    } else {
        for check in &checks {
            let mark = match check.holds {
                Some(true) => "holds  ",
                Some(false) => "FAILS  ",
                None => "skipped",
            };
            writeln!(out, "{mark} {}: {}", check.promise, check.words)?;
        }
    }
    drop(out);
    match failed {
        0 => Ok(()),
        1 => bail!("one promise is not kept; the line that begins with FAILS says where"),
        failed => {
            bail!("{failed} promises are not kept; the lines that begin with FAILS say where")
        }
    }
}
