//! `readback people list`: how many people are known, small numbers withheld.

use serde_json::json;

use super::super::now;
use super::print;
use crate::app::House;
use crate::jobs::roster::{Counts, Everybody};
use crate::summary::suppress;

pub(super) async fn list(house: &House, as_json: bool) -> anyhow::Result<()> {
    let everybody = Everybody::now(&house.store).await?;
    let rows = rows(&everybody.counts(now()), house.k.into());
    if as_json {
        let each = rows.iter().map(|row| {
            let mut one = json!({ "kind": row.kind, "team": row.team, "people": row.people });
            if row.people.is_none() {
                one["suppressed"] = true.into();
            }
            one
        });
        return print(&each.collect());
    }
    let mut out = std::io::stdout().lock();
    for row in rows {
        let people = row
            .people
            .map_or_else(|| "withheld".to_owned(), |n| n.to_string());
        let team = match (row.kind.as_str(), &row.team) {
            ("person", None) => "(no team)",
            (_, team) => team.as_deref().unwrap_or_default(),
        };
        let line = format!("{people:>8}  {:<12}{team}", row.kind);
        super::super::plain::line(&mut out, format_args!("{}", line.trim_end()))?;
    }
    Ok(())
}

/// A row of the list.
struct Row {
    kind: String,
    team: Option<String>,
    people: Option<u64>,
}

/// People as cells of one table, whose sum is known to whoever knows the organisation; machines are no
/// people and told as they are.
fn rows(counts: &Counts, k: u64) -> Vec<Row> {
    let mut cells: Vec<(String, Option<String>, u64)> = counts
        .teams
        .iter()
        .map(|(team, n)| {
            (
                "person".to_owned(),
                Some(team.clone()).filter(|t| !t.is_empty()),
                *n,
            )
        })
        .collect();
    for (kind, n) in [
        ("left", counts.left),
        ("unknown", counts.unknown),
        ("excluded", counts.excluded),
    ] {
        cells.push((kind.to_owned(), None, n));
    }
    let people: Vec<u64> = cells.iter().map(|cell| cell.2).collect();
    let shown = suppress::cells(&people, k);
    let people = cells
        .into_iter()
        .zip(shown)
        .filter(|((_, _, n), _)| *n > 0)
        .map(|((kind, team, n), shown)| Row {
            kind,
            team,
            people: shown.then_some(n),
        });
    let machines = counts.machines.iter().map(|(kind, n)| Row {
        kind: kind.clone(),
        team: None,
        people: Some(*n),
    });
    people.chain(machines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_withheld_together() {
        let counts = Counts {
            teams: [("payments", 12), ("search", 3), ("", 7)]
                .map(|(team, n)| (team.to_owned(), n))
                .into(),
            excluded: 20,
            machines: [("bot".to_owned(), 1)].into(),
            ..Counts::default()
        };
        let shown: Vec<_> = rows(&counts, 5)
            .into_iter()
            .map(|row| (row.kind, row.team.unwrap_or_default(), row.people))
            .collect();
        let row = |kind: &str, team: &str, people| (kind.to_owned(), team.to_owned(), people);
        // Three alone could be had from the sum: the next smallest goes with it.
        assert_eq!(
            shown,
            [
                row("person", "", None),
                row("person", "payments", Some(12)),
                row("person", "search", None),
                row("excluded", "", Some(20)),
                row("bot", "", Some(1)),
            ]
        );
    }
}
