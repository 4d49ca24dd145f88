//! `readback audit show`: what was changed, and how often somebody signed in or looked at a restricted
//! write-up.

use std::io::Write as _;

use chrono::NaiveDate;
use serde_json::json;

use super::plain::line;
use crate::config::Config;
use crate::web::audit::{self, Act, Entry};

/// What to do with the audit log.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Changes one by one; sign-ins and looks at restricted write-ups by day
    #[command(after_help = "\
The log lies in DATA/audit, a file a day, and is kept for retention.audit_days (365). Accounts stand there
as marks made with the data folder's key. Nobody's reading of other pages is written down.")]
    Show {
        /// From this day on, such as 2026-07-01 [default: all]
        #[arg(long, value_name = "DAY")]
        since: Option<NaiveDate>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: Command, config: &Config) -> anyhow::Result<()> {
    let Command::Show { since, json } = command;
    let entries = audit::read(&config.data_dir, since)?;
    let days = audit::by_day(&entries);
    let changes = entries.iter().filter(|entry| !entry.act.is_of_somebody());
    let mut out = std::io::stdout().lock();
    if json {
        let told = |entry: &Entry| Entry {
            at: entry.told_at().to_owned(),
            ..entry.clone()
        };
        let changes: Vec<_> = changes.map(told).collect();
        let days: Vec<_> = days
            .iter()
            .map(|((day, act), times)| json!({ "day": day, "act": act, "times": times }))
            .collect();
        let all = json!({ "changes": changes, "days": days });
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        return Ok(());
    }
    for entry in changes {
        let what = entry.what.as_deref().unwrap_or("");
        let who = match (entry.is_of_command(), &entry.who) {
            (true, _) => "  (command line)",
            (false, Some(_)) => "  (reader)",
            // It stands there already.
            (false, None) => "",
        };
        let (at, act) = (entry.told_at(), entry.act.name());
        line(&mut out, format_args!("{at}  {act}  {what}{who}"))?;
    }
    for ((day, act), times) in &days {
        writeln!(out, "{day}  {}  {times} times", act.name())?;
    }
    if entries.is_empty() {
        writeln!(std::io::stderr(), "nothing stands in the audit log")?;
    }
    Ok(())
}

/// Writes down what a command did.
pub(super) fn note(config: &Config, act: Act, what: &str) -> anyhow::Result<()> {
    use anyhow::Context as _;
    audit::note_command(&config.data_dir, super::now(), act, Some(what))
        .context("it is done, but can't be written into the audit log")
}
