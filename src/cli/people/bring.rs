//! `readback people import`: rosters into the registry, and what came of them in words.

use anyhow::bail;
use serde_json::{Value, json};

use super::super::import::counted;
use super::super::now;
use super::{File, print, say};
use crate::app::House;
use crate::collect::Keys;
use crate::collect::roster;
use crate::jobs::roster::{Imported, import};
use crate::sources::Problem;

/// Problems that are told; the rest is counted.
const TOLD: usize = 50;

/// What came of all files.
pub(super) struct Outcome {
    imported: Imported,
    people: u64,
    problems: Vec<Problem>,
    notes: Vec<String>,
}

/// Files of one source are one roster.
pub(super) async fn bring(
    house: Option<&House>,
    keys: &Keys,
    source: Option<&str>,
    files: Vec<File>,
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome {
        imported: Imported::default(),
        people: 0,
        problems: Vec::new(),
        notes: Vec::new(),
    };
    let many = files.len() > 1;
    let mut sources: Vec<(String, Vec<roster::Entry>)> = Vec::new();
    for File {
        name,
        format,
        roster,
    } in files
    {
        let place = |place: String| {
            if many {
                format!("{name}, {place}")
            } else {
                place
            }
        };
        let problems = roster.problems.into_iter().map(|problem| Problem {
            place: place(problem.place),
            ..problem
        });
        outcome.problems.extend(problems);
        outcome.notes.extend(roster.notes.into_iter().map(&place));
        let own = source.unwrap_or_else(|| format.source());
        let entries = roster.entries.into_iter().map(|entry| roster::Entry {
            place: place(entry.place),
            ..entry
        });
        match sources.iter_mut().find(|(known, _)| known == own) {
            Some((_, known)) => known.extend(entries),
            None => sources.push((own.to_owned(), entries.collect())),
        }
    }
    let gate = house.map(House::gate);
    let way = house.map(|house| &house.store).zip(gate.as_ref());
    for (source, entries) in sources {
        let members = roster::unite(entries, &mut outcome.problems);
        let done = import(way, keys, &source, &members, now()).await?;
        outcome.people += members.len() as u64 - done.refused;
        let all = &mut outcome.imported;
        all.new += done.new;
        all.changed += done.changed;
        all.same += done.same;
        all.missing += done.missing;
        outcome.problems.extend(done.problems);
    }
    if outcome.people == 0 && !outcome.problems.is_empty() {
        tell_problems(&outcome.problems)?;
        bail!("nobody was taken: every entry is wrong");
    }
    Ok(outcome)
}

pub(super) fn told(outcome: &Outcome, dry_run: bool, as_json: bool) -> anyhow::Result<()> {
    let Imported {
        new,
        changed,
        same,
        missing,
        ..
    } = outcome.imported;
    if as_json {
        let problems = outcome.problems.iter();
        let problems: Vec<Value> = problems
            .map(|p| json!({ "place": p.place, "field": p.field, "reason": p.reason }))
            .collect();
        return print(&json!({
            "people": outcome.people,
            "new": new,
            "changed": changed,
            "same": same,
            "missing": missing,
            "problems": problems,
            "notes": outcome.notes,
        }));
    }
    let verb = if dry_run { "would take" } else { "took" };
    let people = counted(outcome.people, "person", "people");
    match dry_run {
        true => say(format_args!("{verb} {people}"))?,
        false => say(format_args!(
            "{verb} {people}: {new} new, {changed} changed, {same} as before"
        ))?,
    }
    if missing > 0 {
        say(format_args!(
            "  {} of earlier files not in this one: they stay; a date in `left` ends them",
            counted(missing, "person", "people")
        ))?;
    }
    for note in &outcome.notes {
        say(format_args!("  note: {note}"))?;
    }
    tell_problems(&outcome.problems)
}

pub(super) fn tell_problems(problems: &[Problem]) -> anyhow::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    say(format_args!(
        "  {}:",
        counted(problems.len() as u64, "problem", "problems")
    ))?;
    for problem in problems.iter().take(TOLD) {
        say(format_args!("    {problem}"))?;
    }
    if problems.len() > TOLD {
        say(format_args!("    and {} more", problems.len() - TOLD))?;
    }
    Ok(())
}
