//! `readback list sources | indicators`: what this program knows.

use std::io::Write as _;

use serde_json::{Value as Json, json};

use crate::config::{Config, Problems};
use crate::indicators::{self, Spec};
use crate::model::Parameters;
use crate::sources::{KINDS, Kind, Memory};

/// What to list.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to list
    what: What,
    /// One of them, in full: its documentation and a sample of its configuration, its definition
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

/// Definitions say the configured parameters, so only they need a configuration: who writes one
/// looks up the kinds of sources meanwhile.
pub(super) fn run(
    args: Args,
    load: impl FnOnce() -> Result<Config, Problems>,
) -> anyhow::Result<()> {
    let text = match (args.what, args.name) {
        (What::Sources, Some(name)) => {
            let kind = super::import::find(&name)?;
            match args.json {
                true => pretty(&source_in_full(kind))?,
                false => format!(
                    "{}: {}\n\n{}\n\n{}{}\n",
                    kind.name,
                    kind.summary,
                    kind.documentation.trim(),
                    remembers(kind),
                    kind.sample.trim()
                ),
            }
        }
        (What::Sources, None) if args.json => {
            pretty(&KINDS.iter().map(|kind| source(kind)).collect())?
        }
        (What::Sources, None) => KINDS.iter().map(|kind| source_line(kind)).collect(),
        (What::Indicators, Some(code)) => {
            let Some(indicator) = indicators::find(&code) else {
                let known: Vec<_> = indicators::ALL.iter().map(|i| i.spec().code).collect();
                anyhow::bail!("unknown indicator {code:?}; known are {}", known.join(", "));
            };
            let (spec, parameters) = (indicator.spec(), load()?.parameters);
            match args.json {
                true => pretty(&indicator_json(spec, &parameters))?,
                false => indicator_in_full(spec, &parameters),
            }
        }
        (What::Indicators, None) => {
            let parameters = load()?.parameters;
            let specs = indicators::ALL.iter().map(|indicator| indicator.spec());
            match args.json {
                true => pretty(
                    &specs
                        .map(|spec| indicator_json(spec, &parameters))
                        .collect(),
                )?,
                false => specs
                    .map(|spec| indicator_line(spec, &parameters))
                    .collect(),
            }
        }
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn pretty(value: &Json) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// What it forgets, as a paragraph; nothing where it does not.
fn remembers(kind: &Kind) -> String {
    let forgets = |memory: &Memory| {
        format!(
            "Remembered for {} days: {}. `readback check`, /readyz and /registry warn from half of that on.\n\n",
            memory.days, memory.what
        )
    };
    kind.memory.as_ref().map_or_else(String::new, forgets)
}

fn source(kind: &Kind) -> Json {
    json!({
        "name": kind.name,
        "summary": kind.summary,
        "import": kind.file.is_some(),
        "scan": kind.pull.is_some(),
        "receive": kind.push.is_some(),
        "sample": kind.sample,
        "remembers_days": kind.memory.as_ref().map(|memory| memory.days),
    })
}

fn source_in_full(kind: &Kind) -> Json {
    let mut source = source(kind);
    source["documentation"] = kind.documentation.trim().into();
    source
}

fn source_line(kind: &Kind) -> String {
    let mut abilities = Vec::new();
    abilities.extend(kind.file.is_some().then_some("import"));
    abilities.extend(kind.pull.is_some().then_some("scan"));
    abilities.extend(kind.push.is_some().then_some("receive"));
    let abilities = abilities.join(", ");
    format!("{:<18} {abilities:<16} {}\n", kind.name, kind.summary)
}

fn indicator_json(spec: &Spec, parameters: &Parameters) -> Json {
    let told = spec.told(parameters);
    json!({
        "code": spec.code,
        "title": told.title,
        "unit": spec.unit,
        "layer": spec.layer.name(),
        "version": spec.version,
        "says": told.says,
        "definition": told.definition,
        "caveat": told.caveat,
    })
}

fn indicator_in_full(spec: &Spec, parameters: &Parameters) -> String {
    let told = spec.told(parameters);
    format!(
        "{} {} ({}, version {})\n\n{}\n\nDefinition: {}\n\nWhat it can't tell: {}\n",
        spec.code, told.title, spec.unit, spec.version, told.says, told.definition, told.caveat
    )
}

fn indicator_line(spec: &Spec, parameters: &Parameters) -> String {
    let told = spec.told(parameters);
    format!("{:<4} {:<28} {}\n", spec.code, told.title, told.says)
}
