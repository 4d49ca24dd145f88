//! `readback check`: is everything as it has to be? Every problem is named, not just the first.

use std::io::Write as _;

use super::engine::Installing;
use super::import;
use crate::app::House;
use crate::config::{Config, EngineMode};
use crate::sources::Setting;

/// What to check.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Leave the engine alone: check configuration and sources only
    #[arg(long)]
    no_engine: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let file = config
        .file
        .as_ref()
        .map_or("none; defaults hold".to_owned(), |file| {
            file.display().to_string()
        });
    writeln!(out, "configuration  {file}")?;
    writeln!(out, "data folder    {}", config.data_dir.display())?;
    writeln!(
        out,
        "organisation   {}, {}",
        config.organisation.name, config.organisation.calendar.timezone
    )?;
    let mut problems = Vec::new();
    for source in &config.sources {
        let setting = Setting {
            source: source.id.clone(),
            timezone: config.organisation.calendar.timezone,
            writeups: Vec::new(),
        };
        match check_source(&source.kind, source.params.clone(), &setting) {
            Ok(()) => writeln!(
                out,
                "source         {} ({}): parameters are fine",
                source.id, source.kind
            )?,
            Err(error) => problems.push(format!("source {}: {error:#}", source.id)),
        }
    }
    if !args.no_engine {
        let what = match &config.engine.mode {
            EngineMode::Embedded => "embedded".to_owned(),
            EngineMode::Remote { url, .. } => url.clone(),
        };
        let installing = Installing::new();
        match House::open(config, move |progress| installing.show(progress)).await {
            Ok(house) => {
                writeln!(out, "engine         {what}: answers, tables are up to date")?;
                writeln!(out, "privacy        people below {} are withheld", house.k)?;
                house.close().await;
            }
            Err(error) => problems.push(format!("engine {what}: {error:#}")),
        }
    }
    if problems.is_empty() {
        writeln!(out, "all is well")?;
        return Ok(());
    }
    anyhow::bail!(
        "{} found\n  {}",
        import::counted(problems.len() as u64, "problem", "problems"),
        problems.join("\n  ")
    )
}

fn check_source(kind: &str, params: toml::Table, setting: &Setting) -> anyhow::Result<()> {
    Ok(import::find(kind)?.check(params, setting)?)
}
