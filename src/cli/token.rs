//! `readback token add | list | revoke`: who may bring events over HTTP.

use std::io::Write as _;

use anyhow::bail;
use serde_json::json;

use crate::app::folder::DataFolder;
use crate::app::{self, collector};
use crate::config::Config;
use crate::model::to_rfc3339;
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
        /// A kind of event that it may send, such as read; may be repeated [default: all]
        #[arg(long = "type", value_name = "KIND")]
        types: Vec<String>,
    },
    /// The tokens there are
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
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
            writeln!(std::io::stdout(), "{token}")?;
            writeln!(
                std::io::stderr(),
                "send it as `Authorization: Bearer TOKEN`; it is not shown again"
            )?;
        }
        Command::List { json } => {
            let all = tokens::read(&path)?;
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
                writeln!(
                    out,
                    "{}: {}; {}; made {}",
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
        Command::Revoke { name } => {
            if DataFolder::look(&config.data_dir, config.k)?.is_none() {
                bail!("{}: there is no data folder", config.data_dir.display());
            }
            tokens::revoke(&path, &name)?;
            writeln!(std::io::stderr(), "{name} is revoked")?;
        }
    }
    Ok(())
}
