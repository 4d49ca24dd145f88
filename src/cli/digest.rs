//! `readback digest`: the month in a page of sentences, printed or sent.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use serde_json::Value as Json;

use super::engine::Installing;
use super::{after_review, report};
use crate::app::House;
use crate::app::posting::{self, Way};
use crate::config::Config;
use crate::model::Millis;
use crate::pages;

/// What to do with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`readback serve` sends it by itself on digest.day of each month, once for each way. In readback.toml:

  [digest]
  day = 1                       # of each month; without it only --send sends
  hour = 9                      # from this hour on, in the organisation's zone

  [reviews]                     # a mail after each review: how many came and need not have, what came of it
  mail_after = 14               # days; without it only --review sends
  mail_hour = 9
  mail_to = [\"reviews@example.org\"]   # without it those of [mail]

  [mail]
  server = \"mail.example.org\"
  tls = \"starttls\"              # or \"implicit\", or \"none\" for a relay on this machine
  port = 587
  user = \"readback\"
  password_file = \"/etc/readback/mail\"
  from = \"Readback <readback@example.org>\"
  to = [\"leads@example.org\"]

  [[chat]]
  kind = \"slack\"                # or \"teams\" (a workflow), or \"mattermost\"
  name = \"leads\"
  url_file = \"/etc/readback/leads\"
  template = \"leads.json\"       # optional: JSON with {{ title }}, {{ markdown }}, {{ text }}, {{ slack }}, {{ pages }}

It holds what the pages hold for everybody: nobody is named, and what tells of few is withheld.")]
pub(super) struct Args {
    /// Events at or after it have not happened: an RFC 3339 instant, or a date (local midnight at
    /// its start) [default: now]
    #[arg(long, value_name = "T")]
    as_of: Option<String>,
    /// Print it as HTML in place of Markdown
    #[arg(long, conflicts_with = "send")]
    html: bool,
    /// Send it every configured way, now
    #[arg(long)]
    send: bool,
    /// Only this way: "mail", or the name of a chat
    #[arg(long, value_name = "NAME", requires = "send")]
    only: Option<String>,
    /// In place of the month what came of one review, named as `readback meetings list` names it; or of every
    /// review whose mail is due: "due"
    #[arg(long, value_name = "MEETING|due", conflicts_with = "only")]
    review: Option<String>,
    /// Print what would go, and send nothing
    #[arg(long, requires = "send")]
    dry_run: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let as_of = report::instant(args.as_of.as_deref(), &config.organisation.calendar)?;
    if args.send && args.review.is_none() {
        // Who has nowhere to send to learns it before an engine starts.
        chosen(&config, args.only.as_deref())?;
    }
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let done = match &args.review {
        Some(name) => {
            let asked = after_review::Asked {
                name,
                html: args.html,
                send: args.send,
                dry_run: args.dry_run,
            };
            after_review::put(&asked, &house, as_of).await
        }
        None => put(&args, &house, as_of).await,
    };
    house.close().await;
    done
}

async fn put(args: &Args, house: &House, as_of: Millis) -> anyhow::Result<()> {
    let summary = serde_json::to_value(report::summary(house, as_of).await?)?;
    if !args.send {
        let text = match args.html {
            true => pages::letter(&summary, posting::address(&house.config))?.html,
            false => pages::digest(&summary),
        };
        std::io::stdout().write_all(text.as_bytes())?;
        return Ok(());
    }
    let ways = chosen(&house.config, args.only.as_deref())?;
    let pages = posting::address(&house.config).map(str::to_owned);
    let mut failed = None;
    for way in ways {
        if args.dry_run {
            let draft = way.drafted(&summary, pages.as_deref())?;
            writeln!(std::io::stderr(), "{} would get:", way.name())?;
            let mut out = std::io::stdout().lock();
            out.write_all(&draft)?;
            out.write_all(b"\n")?;
            continue;
        }
        match send(&house.config, &way.name(), &summary, pages.clone()).await {
            Ok(()) => writeln!(std::io::stderr(), "sent: {}", way.name())?,
            // One that is away keeps nothing from the others.
            Err(error) => {
                if let Some(before) = failed.replace(error) {
                    writeln!(std::io::stderr(), "error: {before:#}")?;
                }
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The ways that are meant.
fn chosen<'a>(config: &'a Config, only: Option<&str>) -> anyhow::Result<Vec<Way<'a>>> {
    let ways = posting::ways(config);
    if ways.is_empty() {
        bail!(
            "--send: there is nowhere to send to; [mail] or [[chat]] in the configuration says where, \
             and `readback digest --help` shows both"
        );
    }
    let Some(only) = only else {
        return Ok(ways);
    };
    let names: Vec<String> = ways.iter().map(Way::name).collect();
    let meant = |name: &str| name == only || name.strip_prefix("chat ") == Some(only);
    let chosen: Vec<Way<'a>> = ways.into_iter().filter(|way| meant(&way.name())).collect();
    if chosen.is_empty() {
        bail!(
            "--only {only:?}: no such way; valid are {}",
            names.join(", ")
        );
    }
    Ok(chosen)
}

/// Sends one way, on a thread that may wait.
pub(super) async fn send(
    config: &Config,
    way: &str,
    summary: &Json,
    pages: Option<String>,
) -> anyhow::Result<()> {
    let (config, name) = (config.clone(), way.to_owned());
    let summary = summary.clone();
    let sending = tokio::task::spawn_blocking(move || {
        let ways = posting::ways(&config);
        let way = ways.into_iter().find(|way| way.name() == name);
        way.map_or(Ok(()), |way| way.send(&summary, pages.as_deref()))
    });
    Ok(sending.await.context("sending the digest")??)
}
