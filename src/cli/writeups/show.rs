//! What `readback writeups` prints.

use std::borrow::Cow;
use std::io::Write as _;

use serde_json::{Value, json};

use super::super::import::{counted, events};
use super::super::plain::{self, line, shown};
use crate::jobs::registry::{Registry, Unregistered, told};
use crate::model::{Calendar, Marks, Millis};
use crate::store::RegistryWriteup;

/// Targets that are shown unless all are asked for.
const SHOWN: usize = 20;

pub(super) fn list(
    registry: &Registry,
    calendar: &Calendar,
    k: u32,
    as_json: bool,
) -> anyhow::Result<()> {
    if as_json {
        let each = registry.writeups().map(|writeup| told::brief(writeup, k));
        return print(&each.collect());
    }
    let rows = registry.writeups().map(|writeup| {
        let date = |at: Option<Millis>| at.map(|at| calendar.date(at).to_string());
        let mut title = writeup.title.clone().unwrap_or_default();
        let marks = marked(writeup);
        let parts = registry.parts(writeup).count() as u64;
        let asides = [
            date(writeup.deleted_at).map(|deleted| format!("retired {deleted}")),
            writeup.restricted.then(|| "restricted".to_owned()),
            (parts > 0).then(|| format!("with {}", counted(parts, "part", "parts"))),
            (!marks.is_empty()).then(|| marks.join(", ")),
        ];
        for aside in asides.into_iter().flatten() {
            title = format!("{title} ({aside})").trim_start().to_owned();
        }
        [
            writeup.id.clone(),
            date(writeup.published_at).unwrap_or_else(|| "no date".to_owned()),
            writeup.owner_team.clone().unwrap_or_else(|| "-".to_owned()),
            title,
        ]
    });
    let rows: Vec<_> = rows.collect();
    table(&rows)?;
    if rows.is_empty() {
        tell(format_args!(
            "no write-up is registered; a scan finds them, or `readback writeups add ID`"
        ))?;
    }
    Ok(())
}

/// The marks that a write-up has.
fn marked(writeup: &RegistryWriteup) -> Vec<&'static str> {
    let marks = Marks::NAMES.into_iter().zip(told::marks(writeup).values());
    let has = marks.filter(|(_, mark)| *mark == Some(true));
    has.map(|(name, _)| words_of(name)).collect()
}

fn words_of(mark: &str) -> &'static str {
    match mark {
        "surprised" => "what surprised",
        "difficult" => "what was difficult",
        "unclear" => "what is unclear",
        _ => "several accounts",
    }
}

pub(super) fn unregistered(
    found: &[Unregistered],
    calendar: &Calendar,
    all: bool,
    as_json: bool,
) -> anyhow::Result<()> {
    let shown = if all { found.len() } else { SHOWN };
    let shown = found.get(..shown).unwrap_or(found);
    if as_json {
        let each = shown.iter().map(|one| {
            json!({
                "target": one.target,
                "events": one.events,
                "first": calendar.date(one.first_at).to_string(),
                "last": calendar.date(one.last_at).to_string(),
            })
        });
        return print(&each.collect());
    }
    let rows = shown.iter().map(|one| {
        let kinds = one.events.iter().map(|(kind, n)| events(kind, *n));
        let days = [one.first_at, one.last_at].map(|at| calendar.date(at).to_string());
        [
            one.target.clone(),
            kinds.collect::<Vec<_>>().join(", "),
            format!("{} to {}", days[0], days[1]),
        ]
    });
    table(&rows.collect::<Vec<_>>())?;
    match found.len() {
        0 => tell(format_args!("every event speaks of a registered write-up")),
        n => tell(format_args!(
            "{} without a write-up, {} shown; `readback writeups add ID --alias TARGET` makes one, \
             `alias ID TARGET` adds it to one",
            counted(n as u64, "target", "targets"),
            shown.len()
        )),
    }
}

/// One write-up, `(k, as JSON)`.
pub(super) fn one(
    registry: &Registry,
    writeup: &RegistryWriteup,
    calendar: &Calendar,
    (k, as_json): (u32, bool),
) -> anyhow::Result<()> {
    if as_json {
        return print(&told::whole(registry, writeup, k));
    }
    let date = |at: Option<Millis>| at.map(|at| calendar.date(at).to_string());
    let mut out = std::io::stdout().lock();
    line(&mut out, format_args!("{}", writeup.id))?;
    for (word, value) in [
        ("title", writeup.title.clone()),
        ("address", writeup.url.clone()),
        ("published", date(writeup.published_at)),
        ("retired", date(writeup.deleted_at)),
        ("team", writeup.owner_team.clone()),
        ("template", writeup.template.clone()),
        (
            "tags",
            (!writeup.tags.is_empty()).then(|| writeup.tags.join(", ")),
        ),
        ("restricted", writeup.restricted.then(|| "yes".to_owned())),
        (
            "part of",
            registry.whole(writeup).map(|whole| whole.id.clone()),
        ),
    ] {
        if let Some(value) = value {
            line(&mut out, format_args!("  {word:<11}{value}"))?;
        }
    }
    let marks = Marks::NAMES.into_iter().zip(told::marks(writeup).values());
    for (name, mark) in marks {
        if let Some(mark) = mark {
            let says = if mark { "yes" } else { "no" };
            line(
                &mut out,
                format_args!("  {:<11}{}: {says}", "marked", words_of(name)),
            )?;
        }
    }
    for (role, count) in told::roles(writeup).into_iter().filter(|(_, n)| *n > 0) {
        line(
            &mut out,
            format_args!(
                "  {:<11}{role}: {}",
                "people",
                plain(&told::people(count, k))
            ),
        )?;
    }
    let measured = told::descriptors(writeup, k);
    for (name, first, latest) in measured.into_iter().filter(|(_, _, now)| !now.is_null()) {
        let name = name.replace('_', " ");
        match first {
            Value::Null => line(
                &mut out,
                format_args!("  {:<11}{name}: {}", "text", plain(&latest)),
            )?,
            first if first == latest => {
                line(
                    &mut out,
                    format_args!("  {:<11}{name}: {}", "text", plain(&latest)),
                )?;
            }
            first => line(
                &mut out,
                format_args!(
                    "  {:<11}{name}: {} at publication, {} now",
                    "text",
                    plain(&first),
                    plain(&latest)
                ),
            )?,
        }
    }
    for part in registry.parts(writeup) {
        line(&mut out, format_args!("  {:<11}{}", "part", part.id))?;
    }
    for name in writeup.names.iter().filter(|name| **name != writeup.id) {
        let spans: Vec<String> = writeup
            .spans
            .iter()
            .filter(|(dated, _, _)| dated == name)
            .map(|dated| {
                let (from, to) = told::span(dated);
                let from = date(from).map(|from| format!(" from {from}"));
                let to = date(to).map(|to| format!(" until {to}"));
                format!("{}{}", from.unwrap_or_default(), to.unwrap_or_default())
            })
            .collect();
        line(
            &mut out,
            format_args!("  {:<11}{name}{}", "also", spans.join(",")),
        )?;
    }
    for (source, n) in registry.sources(&writeup.id) {
        line(
            &mut out,
            format_args!(
                "  {:<11}{source}, {}",
                "said by",
                counted(n, "time", "times")
            ),
        )?;
    }
    Ok(())
}

/// A count, or the words in its place.
fn plain(value: &Value) -> String {
    match value {
        Value::String(words) => words.clone(),
        other => other.to_string(),
    }
}

pub(super) fn print_canonical<'a>(
    addresses: impl Iterator<Item = Cow<'a, str>>,
) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for address in addresses {
        line(&mut out, format_args!("{address}"))?;
    }
    Ok(())
}

fn print(value: &Value) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{}", plain::json(value)?)?;
    Ok(())
}

pub(super) fn tell(words: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    line(&mut std::io::stderr(), words)?;
    Ok(())
}

/// Rows in columns as wide as what is in them; the last one ends where it ends.
pub(in crate::cli) fn table<const N: usize>(rows: &[[String; N]]) -> std::io::Result<()> {
    let cells = |row: &[String; N]| row.each_ref().map(|cell| shown(cell).into_owned());
    let rows: Vec<[String; N]> = rows.iter().map(cells).collect();
    let width = |column: usize| {
        let lengths = rows.iter().map(|row| row[column].chars().count());
        lengths.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut out = std::io::stdout().lock();
    for row in &rows {
        let cells = row.iter().zip(widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        writeln!(out, "{}", line.join("  ").trim_end())?;
    }
    Ok(())
}
