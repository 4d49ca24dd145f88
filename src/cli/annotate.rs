//! `readback annotate list | add | remove`: what changed, and from which day on.

use std::io::Write as _;

use anyhow::Context as _;
use chrono::NaiveDate;
use serde_json::json;

use super::audit::note;
use super::engine::Installing;
use super::plain::{self, line};
use super::writeups::hand;
use crate::app::House;
use crate::config::Config;
use crate::indicators::AnnotationFact;
use crate::jobs::annotations::{deed, event, standing};
use crate::jobs::meetings;
use crate::model::{ActsOn, Annotation};
use crate::web::audit::Act;

/// What to do with annotations.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// The annotations there are, the oldest first
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Enter what changed; do it when it changes, not when the numbers have moved
    Add {
        /// The day from which on it holds: 2026-03-01
        #[arg(value_name = "DATE")]
        on: NaiveDate,
        /// What changed, in a few words that name nobody: "New template"
        text: String,
        /// What it is expected to act on: writeups (those published from then on), reviews, reading or
        /// organisation
        #[arg(long, value_name = "WHAT", default_value = "writeups", value_parser = acts_on)]
        acts_on: ActsOn,
    },
    /// Take one back
    Remove {
        /// Its number in the list
        number: usize,
    },
}

fn acts_on(text: &str) -> Result<ActsOn, String> {
    ActsOn::from_name(text).ok_or_else(|| {
        let known = ActsOn::ALL.map(ActsOn::name);
        format!("valid are {}", known.join(", "))
    })
}

/// `readback annotate …`
pub(super) async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let done = act(command, &house).await;
    house.close().await;
    done
}

async fn act(command: Command, house: &House) -> anyhow::Result<()> {
    let said = house.store.annotations().await?;
    let there = standing(&said);
    let annotation = match command {
        Command::List { json } => return list(&there, json),
        Command::Add { on, text, acts_on } => Annotation {
            on,
            text: text.trim().to_owned(),
            acts_on,
            removed: false,
        },
        Command::Remove { number } => {
            let found = number.checked_sub(1).and_then(|place| there.get(place));
            let found = found.with_context(|| {
                format!(
                    "there is no annotation {number}; there are {}, and `readback annotate list` shows them",
                    there.len()
                )
            })?;
            Annotation {
                on: found.on,
                text: found.text.clone(),
                acts_on: found.acts_on,
                removed: true,
            }
        }
    };
    let deed = deed(&annotation);
    let event = event(&said, annotation, super::now())?;
    meetings::say(&hand(house), event)
        .await
        .context("nothing was said")?;
    note(&house.config, Act::RegistryChanged, &deed)?;
    line(&mut std::io::stderr(), format_args!("{deed}"))?;
    Ok(())
}

fn list(there: &[AnnotationFact], as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        let each = (1..).zip(there).map(|(number, one)| {
            json!({
                "number": number,
                "on": one.on.to_string(),
                "text": one.text,
                "acts_on": one.acts_on.name(),
            })
        });
        writeln!(out, "{}", plain::json(&each.collect())?)?;
        return Ok(());
    }
    for (number, one) in (1..).zip(there) {
        let acts_on = one.acts_on.name();
        line(
            &mut out,
            format_args!("{number}  {}  {}  ({acts_on})", one.on, one.text),
        )?;
    }
    if there.is_empty() {
        line(
            &mut std::io::stderr(),
            format_args!("there are no annotations"),
        )?;
    }
    Ok(())
}
