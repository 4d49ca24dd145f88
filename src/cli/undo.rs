//! `readback undo`: takes an import of meetings back.

use std::io::Write as _;

use serde_json::json;

use super::audit::note;
use super::engine::Installing;
use super::import::counted;
use super::plain::line;
use crate::app::House;
use crate::config::Config;
use crate::jobs::undo::{self, REMEMBERED_DAYS, Unknown, called};
use crate::model::to_rfc3339;
use crate::store::Imported;
use crate::web::audit::Act;

/// Which import.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For a list that was read as another meeting's, or in the wrong zone: what the import brought goes, and what it
had replaced stands again. Imports of calendars, attendance lists and transcripts are remembered for that for
90 days; what was read of a wiki, a repository or a log goes with its whole source, by `readback purge`.")]
pub(super) struct Args {
    /// The import, as `readback import` named it; without it, those that can be taken back
    #[arg(value_name = "IMPORT")]
    import: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let installing = Installing::new();
    let house = House::open(config.clone(), move |progress| installing.show(progress)).await?;
    let done = match &args.import {
        None => undo::list(&house.store, super::now()).await,
        Some(name) => undo::run(&house.store, &house.gate(), name, super::now())
            .await
            .map(|one| vec![one])
            .map_err(|error| match error.is::<Unknown>() {
                true => anyhow::anyhow!("{error} (`readback undo` tells it)"),
                false => error,
            }),
    };
    house.close().await;
    let done = done?;
    if let (Some(_), [one]) = (&args.import, &done[..]) {
        note(&config, Act::ImportUndone, &what(one))?;
    }
    if args.json {
        let each: Vec<_> = done.iter().map(as_json).collect();
        writeln!(
            std::io::stdout(),
            "{}",
            serde_json::to_string_pretty(&each)?
        )?;
        return Ok(());
    }
    let calendar = &config.organisation.calendar;
    if done.is_empty() {
        let words = "no import of meetings in the last";
        return Ok(writeln!(
            std::io::stderr(),
            "{words} {REMEMBERED_DAYS} days"
        )?);
    }
    // A list is what was asked for; that something was done is news.
    let mut out: Box<dyn std::io::Write> = match args.import {
        None => Box::new(std::io::stdout().lock()),
        Some(_) => Box::new(std::io::stderr().lock()),
    };
    for one in &done {
        let verb = match args.import {
            Some(_) => "taken back",
            None if one.superseded_by != 0 || one.standing == 0 => "replaced by a later one",
            None => "can be taken back",
        };
        line(
            &mut out,
            format_args!(
                "{} {verb}: {} of {}, {}, read on {} as {}",
                called(one.import),
                counted(one.events, "event", "events"),
                counted(one.meetings, "meeting", "meetings"),
                days(calendar.date(one.first_at), calendar.date(one.last_at)),
                calendar.date(one.imported_at),
                what(one),
            ),
        )?;
    }
    Ok(())
}

fn days(first: chrono::NaiveDate, last: chrono::NaiveDate) -> String {
    match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    }
}

fn what(one: &Imported) -> String {
    format!("{} of the source {}", one.reader, one.source)
}

fn as_json(one: &Imported) -> serde_json::Value {
    json!({
        "import": called(one.import),
        "imported_at": to_rfc3339(one.imported_at),
        "kind": one.reader,
        "source": one.source,
        "events": one.events,
        "meetings": one.meetings,
        "standing": one.standing,
        "superseded_by": (one.superseded_by != 0).then(|| called(one.superseded_by)),
        "first_at": to_rfc3339(one.first_at),
        "last_at": to_rfc3339(one.last_at),
    })
}
