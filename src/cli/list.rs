//! `readback list sources | indicators`: what this program knows.

use std::io::Write as _;

use serde_json::json;

use crate::indicators;
use crate::sources::KINDS;

/// What to list.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to list
    what: What,
    /// One of them, in full: its documentation and a sample of its configuration
    name: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum What {
    /// Kinds of sources
    Sources,
    /// Indicators
    Indicators,
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    match (args.what, args.name) {
        (What::Sources, Some(name)) => {
            let kind = super::import::find(&name)?;
            let mut out = std::io::stdout().lock();
            writeln!(
                out,
                "{}: {}\n\n{}\n\n{}",
                kind.name,
                kind.summary,
                kind.documentation.trim(),
                kind.sample.trim()
            )?;
        }
        (What::Sources, None) => sources(args.json)?,
        (What::Indicators, Some(code)) => {
            let Some(indicator) = indicators::find(&code) else {
                let known: Vec<_> = indicators::ALL.iter().map(|i| i.spec().code).collect();
                anyhow::bail!("unknown indicator {code:?}; known are {}", known.join(", "));
            };
            let spec = indicator.spec();
            let mut out = std::io::stdout().lock();
            writeln!(
                out,
                "{} {} ({}, version {})\n\n{}\n\nDefinition: {}\n\nWhat it can't tell: {}",
                spec.code,
                spec.title,
                spec.unit,
                spec.version,
                spec.says,
                spec.definition,
                spec.caveat
            )?;
        }
        (What::Indicators, None) => list_indicators(args.json)?,
    }
    Ok(())
}

fn sources(as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        let list: Vec<_> = KINDS
            .iter()
            .map(|kind| {
                json!({
                    "name": kind.name,
                    "summary": kind.summary,
                    "import": kind.file.is_some(),
                    "scan": kind.pull.is_some(),
                    "receive": kind.push.is_some(),
                    "sample": kind.sample,
                })
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        return Ok(());
    }
    for kind in KINDS {
        let mut abilities = Vec::new();
        abilities.extend(kind.file.is_some().then_some("import"));
        abilities.extend(kind.pull.is_some().then_some("scan"));
        abilities.extend(kind.push.is_some().then_some("receive"));
        writeln!(
            out,
            "{:<16} {:<16} {}",
            kind.name,
            abilities.join(", "),
            kind.summary
        )?;
    }
    Ok(())
}

fn list_indicators(as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        let list: Vec<_> = indicators::ALL
            .iter()
            .map(|indicator| {
                let spec = indicator.spec();
                json!({
                    "code": spec.code,
                    "title": spec.title,
                    "unit": spec.unit,
                    "layer": spec.layer.name(),
                    "version": spec.version,
                    "says": spec.says,
                    "definition": spec.definition,
                    "caveat": spec.caveat,
                })
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        return Ok(());
    }
    for indicator in indicators::ALL {
        let spec = indicator.spec();
        writeln!(out, "{:<4} {:<28} {}", spec.code, spec.title, spec.says)?;
    }
    Ok(())
}
