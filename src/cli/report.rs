//! `readback report`: the summary, charts, pages and digest as of an instant.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use serde_json::Value as Json;

use super::engine::Installing;
use super::{privacy, progress};
use crate::app::House;
use crate::app::folder::Turn;
use crate::app::reporting::Reporting;
use crate::config::Config;
use crate::indicators::Context;
use crate::jobs::machines::Configured;
use crate::jobs::report::Reports;
use crate::jobs::{derive, forges, published, report, restate};
use crate::model::{Calendar, Millis, SENSIBLE, parse_rfc3339};
use crate::pages;
use crate::summary::Document;
use crate::summary::document::SCHEMA;
use crate::summary::schema;

/// What to report.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Events at or after it have not happened: an RFC 3339 instant, or a date (local midnight at
    /// its start) [default: now]
    #[arg(long, value_name = "T")]
    as_of: Option<String>,
    /// The folder to write to
    #[arg(long, default_value = "readback-report")]
    out: PathBuf,
    /// An earlier summary.json (or its folder): what it would say now, into restatements.json [default: the
    /// report that the folder holds, if it does]
    #[arg(long, value_name = "REPORT")]
    since: Option<PathBuf>,
    /// The summary on standard output as well
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let as_of = instant(args.as_of.as_deref(), &config.organisation.calendar)?;
    let earlier = match &args.since {
        Some(since) => Some(earlier(since)?),
        None => kept(&args.out)?,
    };
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let done = write(&house, as_of, &args.out, earlier.as_ref()).await;
    house.close().await;
    let bytes = done?;
    writeln!(
        std::io::stderr(),
        "report written to {}",
        args.out.display()
    )?;
    if args.json {
        std::io::stdout().write_all(&bytes)?;
    }
    Ok(())
}

/// Derives, computes and writes the report's folder. Returns the bytes of `summary.json`.
async fn write(
    house: &House,
    as_of: Millis,
    out: &Path,
    earlier: Option<&Json>,
) -> anyhow::Result<Vec<u8>> {
    let reports = summaries(house, as_of).await?;
    let before = remembered(out)?;
    let restated = match earlier {
        Some(earlier) => {
            let found = match restate::as_of(earlier)? == as_of {
                true => restated_by(&reports, earlier)?,
                false => restated_since(house, earlier).await?,
            };
            Some(restate::recorded(found, super::now(), before.as_ref()))
        }
        // Nothing is compared; what was found before is not forgotten.
        None => before,
    };
    let told = restated.as_ref().filter(|_| earlier.is_some());
    let told = told.map(restate::told).unwrap_or_default();
    let document = reports.open;
    let bytes = put_all(&document, (&privacy::noted(house).await?, &told), out)?;
    if let Some(reporting) = Reporting::open(&house.config).await? {
        let put = publish(house, &reporting, &document).await;
        reporting.close().await;
        put?;
    }
    if let Some(restated) = restated {
        let mut text = serde_json::to_vec_pretty(&restated)?;
        text.push(b'\n');
        put(out, RESTATED, &text)?;
    }
    let zone = house.config.organisation.calendar.timezone;
    if let Some(said) = pages::restated(&told, zone) {
        writeln!(
            std::io::stderr(),
            "{said} Which ones: {}",
            out.join(RESTATED).display()
        )?;
    }
    Ok(bytes)
}

/// What an earlier report would say now, in its folder.
const RESTATED: &str = "restatements.json";

/// The restatements that a folder holds already; nothing where there are none of this program.
fn remembered(out: &Path) -> anyhow::Result<Option<Json>> {
    let path = out.join(RESTATED);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let found: Option<Json> = serde_json::from_slice(&bytes).ok();
    Ok(found.filter(|found| found["schema"] == restate::SCHEMA))
}

/// What an earlier summary would say now.
pub(super) async fn restated_since(house: &House, earlier: &Json) -> anyhow::Result<Json> {
    restated_by(&summaries(house, restate::as_of(earlier)?).await?, earlier)
}

/// The same by reports of its own instant.
fn restated_by(reports: &Reports, earlier: &Json) -> anyhow::Result<Json> {
    // Read back from its bytes like the earlier one, so that equal numbers are equal.
    let now = serde_json::from_slice(&report::to_json(&reports.open)?)?;
    let mut earlier = earlier.clone();
    reports.clean(&mut earlier);
    Ok(restate::restatements(&earlier, &now))
}

/// Puts a summary into the published tables.
pub(super) async fn publish(
    house: &House,
    reporting: &Reporting,
    document: &Document,
) -> anyhow::Result<()> {
    let summary = serde_json::to_value(document)?;
    let calendar = &house.config.organisation.calendar;
    // One report at a time.
    let _turn = house.turn().await?;
    published::put(&reporting.published, &summary, calendar, super::now()).await
}

/// An earlier summary, by its file or its folder.
pub(super) fn earlier(path: &Path) -> anyhow::Result<Json> {
    let file = if path.is_dir() {
        path.join("summary.json")
    } else {
        path.to_owned()
    };
    let what = || format!("--since {}", file.display());
    let bytes = std::fs::read(&file).with_context(what)?;
    let earlier: Json = serde_json::from_slice(&bytes).with_context(what)?;
    match earlier["schema"].as_str() {
        Some(SCHEMA) => {}
        Some(other) => bail!("{}: its schema is {other:?}; valid is {SCHEMA:?}", what()),
        None => bail!("{}: has no schema; valid is a summary.json", what()),
    }
    restate::as_of(&earlier).with_context(what)?;
    Ok(earlier)
}

/// The report that a folder holds, before another takes its place; nothing where that is of another shape.
fn kept(out: &Path) -> anyhow::Result<Option<Json>> {
    let bytes = match std::fs::read(out.join("summary.json")) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| out.display().to_string()),
    };
    let found: Option<Json> = serde_json::from_slice(&bytes).ok();
    Ok(found.filter(|found| found["schema"] == SCHEMA && restate::as_of(found).is_ok()))
}

/// Writes every file of the report, with the terms and what is told of an earlier one. Returns the bytes of
/// `summary.json`.
pub(super) fn put_all(
    document: &Document,
    (terms, restated): (&Json, &Json),
    out: &Path,
) -> anyhow::Result<Vec<u8>> {
    let bytes = report::to_json(document)?;
    make_room(out)?;
    put(out, "summary.json", &bytes)?;
    let mut schema = serde_json::to_vec_pretty(&schema::summary())?;
    schema.push(b'\n');
    put(out, "summary.schema.json", &schema)?;
    let published = serde_json::to_value(document)?;
    for (path, bytes) in pages::report(&published, terms, restated).context("the report's pages")? {
        put(out, &path, &bytes)?;
    }
    Ok(bytes)
}

/// How the names of a report's pages begin.
const OWN_PAGES: [&str; 7] = [
    "index",
    "writeups",
    "slices",
    "reviews",
    "links",
    "definitions",
    "privacy",
];

/// Makes the folder, or takes the pages and charts of an earlier report out of it: a page of a
/// write-up that is restricted or deleted by now must not stay. Whatever else lies there is left
/// alone.
fn make_room(out: &Path) -> anyhow::Result<()> {
    let named = || out.display().to_string();
    std::fs::create_dir_all(out).with_context(named)?;
    if !is_report(out) {
        if let Some(found) = ["summary.json", "index.html"]
            .iter()
            .find(|name| out.join(name).exists())
        {
            bail!(
                "--out {}: holds a {found} that is no report of readback; name another folder",
                out.display()
            );
        }
        return Ok(());
    }
    let restated = out.join(RESTATED);
    if restated.exists() {
        std::fs::remove_file(&restated).with_context(|| restated.display().to_string())?;
    }
    for (folder, names, endings) in [
        ("", &OWN_PAGES[..], &["html"][..]),
        ("writeups", &[""], &["html"]),
        ("slices", &[""], &["html"]),
        ("charts", &[""], &["svg", "png"]),
    ] {
        let folder = out.join(folder);
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).with_context(named)? {
            let path = entry.with_context(named)?.path();
            let name = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
            let ending = path.extension().and_then(OsStr::to_str);
            if names.iter().any(|own| name.starts_with(own))
                && ending.is_some_and(|ending| endings.contains(&ending))
            {
                std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
            }
        }
    }
    Ok(())
}

/// Whether a folder holds a report, by its summary.
fn is_report(folder: &Path) -> bool {
    let bytes = std::fs::read(folder.join("summary.json")).unwrap_or_default();
    let summary: Option<Json> = serde_json::from_slice(&bytes).ok();
    summary.is_some_and(|summary| summary["schema"] == SCHEMA)
}

/// Derives what changed and computes the summary for everybody as of an instant.
pub(super) async fn summary(house: &House, as_of: Millis) -> anyhow::Result<Document> {
    Ok(summaries(house, as_of).await?.open)
}

/// The same beside one with nobody withheld, for comparing alone: both of the same events.
pub(super) async fn shown_and_true(
    house: &House,
    as_of: Millis,
) -> anyhow::Result<(Document, Document)> {
    let [shown, truth] = summaries_with(house, as_of, [house.k, 1]).await?;
    Ok((shown.open, truth.open))
}

/// The summary for everybody, with the one for those who may see restricted write-ups.
pub(super) async fn summaries(house: &House, as_of: Millis) -> anyhow::Result<Reports> {
    let [reports] = summaries_with(house, as_of, [house.k]).await?;
    Ok(reports)
}

/// Derives what changed. The data folder is the caller's as long as it keeps the turn.
pub(super) async fn derived(house: &House) -> anyhow::Result<Turn> {
    let organisation = &house.config.organisation;
    let configured = Configured::of(&house.config, &house.keys)?;
    let bar = progress::spinner("waiting for other commands");
    let turn = house.turn().await?;
    bar.set_message("deriving");
    let parameters = &house.config.parameters;
    let derived = derive::run(
        &house.store,
        &organisation.calendar,
        parameters,
        &configured,
    )
    .await?;
    for conflict in &derived.conflicts {
        tracing::warn!(
            writeup.alias = %conflict.name,
            writeup.id = %conflict.has,
            writeup.other_id = %conflict.claims,
            "{conflict}"
        );
    }
    bar.finish_and_clear();
    Ok(turn)
}

/// The same with people withheld below each of these numbers.
async fn summaries_with<const N: usize>(
    house: &House,
    as_of: Millis,
    ks: [u32; N],
) -> anyhow::Result<[Reports; N]> {
    let organisation = &house.config.organisation;
    let calendar = organisation.calendar.clone();
    let parameters = house.config.parameters.clone();
    let configured = Configured::of(&house.config, &house.keys)?;
    let _turn = derived(house).await?;
    let bar = progress::spinner("computing");
    let context = Context {
        as_of,
        calendar,
        parameters,
        k: house.k,
    };
    let mut all = Vec::with_capacity(N);
    for k in ks {
        let reported = report::Reported {
            name: organisation.name.clone(),
            simulated: organisation.simulated,
            k,
            forges: forges::configured(&house.config.sources),
            accounts: configured.machines.print(),
            wholes: configured.wholes.clone(),
        };
        all.push(report::summaries(&house.store, &context, &reported).await?);
    }
    bar.finish_and_clear();
    let many = "as many reports as were asked for";
    all.try_into().map_err(|_| anyhow::anyhow!(many))
}

/// The instant that `--as-of` means.
pub(super) fn instant(text: Option<&str>, calendar: &Calendar) -> anyhow::Result<Millis> {
    match text {
        None => Ok(chrono::Utc::now().timestamp_millis()),
        Some(text) => moment("--as-of", text, calendar),
    }
}

/// The instant that a flag means.
pub(super) fn moment(flag: &str, text: &str, calendar: &Calendar) -> anyhow::Result<Millis> {
    let date = || {
        text.parse::<NaiveDate>()
            .ok()
            .map(|date| calendar.midnight(date))
    };
    match parse_rfc3339(text).or_else(date) {
        Some(at) if !SENSIBLE.contains(&at) => {
            bail!("{flag} {text:?}: valid are instants from 1990 to the end of 2200")
        }
        Some(at) => Ok(at),
        None => bail!(
            "{flag} {text:?}: valid are an RFC 3339 instant such as 2026-07-01T00:00:00Z and a date such as 2026-07-01"
        ),
    }
}

/// Writes a file of the report, whole or not at all.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    let beside = path.with_extension("part");
    std::fs::write(&beside, bytes).with_context(|| beside.display().to_string())?;
    std::fs::rename(&beside, &path).with_context(|| path.display().to_string())
}
