//! `readback token add | list | rotate | revoke`: which programs may bring events over HTTP, or read what is published.

use std::io::Write as _;

use anyhow::bail;
use serde_json::json;

use super::audit::note;
use crate::app::folder::DataFolder;
use crate::app::{self, collector};
use crate::config::Config;
use crate::model::{Millis, to_rfc3339};
use crate::web::audit::Act;
use crate::web::tokens;

/// What to do with tokens.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a token and print it; it is never shown again, only its hash is kept
    #[command(after_help = "\
Events of write-ups and of persons reach across sources: what one source says of a write-up or a person
holds for the events of all. So limit a token by --type, too, not by --source alone.")]
    Add {
        /// Its name: who uses it
        name: String,
        /// A source whose events it may send, or a beginning followed by *; may be repeated [default:
        /// all]
        #[arg(long = "source", value_name = "SOURCE")]
        sources: Vec<String>,
        /// A kind of event that it may send, such as read; may be repeated [default: all]. `metrics` by
        /// itself reads /metrics from elsewhere, `published` by itself reads /api/v1; both send nothing
        #[arg(long = "type", value_name = "KIND")]
        types: Vec<String>,
    },
    /// The tokens there are
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a token another secret and print it; scopes and name stay
    #[command(after_help = "\
The secret before it is taken until the grace is over, so that senders change over one by one without an
event being refused. `--grace 0h` ends it at once, as after a leak.")]
    Rotate {
        /// Its name
        name: String,
        /// How long the secret before is still taken, such as 90m, 24h or 7d
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = grace)]
        grace: Millis,
    },
    /// Take a token away; a running `readback serve` refuses it within a second
    Revoke {
        /// Its name
        name: String,
    },
}

pub(super) async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    let path = collector::tokens(&config);
    match command {
        Command::Add {
            name,
            sources,
            types,
        } => {
            if DataFolder::look(&config.data_dir, config.k)?.is_none() {
                app::folder(&config).await?;
            }
            let made_at = to_rfc3339(super::now());
            let token = tokens::add(&path, &name, sources, types, made_at)?;
            note(&config, Act::TokenAdded, &name)?;
            writeln!(std::io::stdout(), "{token}")?;
            writeln!(
                std::io::stderr(),
                "send it as `Authorization: Bearer TOKEN`; it is not shown again"
            )?;
        }
        Command::List { json } => {
            let all = tokens::read(&path)?;
            let used = tokens::last_used(&path);
            let now = super::now();
            let mut out = std::io::stdout().lock();
            if json {
                let list: Vec<_> = all
                    .iter()
                    .map(|token| {
                        json!({
                            "name": token.name,
                            "sources": token.sources,
                            "types": token.types,
                            "made_at": token.made_at,
                            "rotated_at": token.rotated_at,
                            "overlaps_until": token.overlaps_until(now),
                            "last_used": used.get(&token.name),
                        })
                    })
                    .collect();
                writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
                return Ok(());
            }
            for token in &all {
                let named = |what: &str, names: &[String]| match names.is_empty() {
                    true => format!("all {what}"),
                    false => format!("{what} {}", names.join(", ")),
                };
                let last = used.get(&token.name);
                let last =
                    last.map_or_else(|| "never used".to_owned(), |day| format!("last used {day}"));
                let overlap = token.overlaps_until(now).map_or_else(String::new, |until| {
                    format!("; the secret before it is taken until {until}")
                });
                writeln!(
                    out,
                    "{}: {}; {}; made {}; {last}{overlap}",
                    token.name,
                    named("sources", &token.sources),
                    named("types", &token.types),
                    token.made_at
                )?;
            }
            if all.is_empty() {
                writeln!(
                    std::io::stderr(),
                    "there are none; `readback token add NAME` makes one"
                )?;
            }
        }
        Command::Rotate { name, grace } => {
            let token = tokens::rotate(&path, &name, grace, super::now())?;
            note(&config, Act::TokenRotated, &name)?;
            writeln!(std::io::stdout(), "{token}")?;
            writeln!(
                std::io::stderr(),
                "send it as `Authorization: Bearer TOKEN`; it is not shown again"
            )?;
        }
        Command::Revoke { name } => {
            if DataFolder::look(&config.data_dir, config.k)?.is_none() {
                bail!("{}: there is no data folder", config.data_dir.display());
            }
            tokens::revoke(&path, &name)?;
            note(&config, Act::TokenRevoked, &name)?;
            writeln!(std::io::stderr(), "{name} is revoked")?;
        }
    }
    Ok(())
}

/// How long a secret overlaps, at most thirty days.
fn grace(text: &str) -> Result<Millis, String> {
    let parse = || {
        let unit = match text.chars().last()? {
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => return None,
        };
        let number: Millis = text[..text.len() - 1].parse().ok()?;
        let grace = number.checked_mul(unit)?;
        (0..=30 * 86_400_000).contains(&grace).then_some(grace)
    };
    parse().ok_or_else(|| "valid are 0h to 30d, such as 90m, 24h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grace_has_a_unit() {
        assert_eq!(grace("90m"), Ok(5_400_000));
        assert_eq!((grace("0h"), grace("30d")), (Ok(0), Ok(2_592_000_000)));
        for odd in ["", "24", "31d", "-1h", "1w", "h", "1é"] {
            assert!(grace(odd).is_err(), "{odd}");
        }
    }
}
