//! Assigned reading: who is told to read which write-up, and when, as it was said last.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};
use xxhash_rust::xxh3::xxh3_64;

use super::registry::{LATEST, Names, carried};
use crate::model::target::canonical;
use crate::model::{Assignment, Whom, to_rfc3339};
use crate::store::{RegistryAssignment, RegistryRows, WriteupRow};

/// The assignments of all write-ups. Whoever speaks of a write-up's assignments last says all of them.
pub(super) fn assignments(
    generation: u32,
    landed: &[WriteupRow],
    names: &Names,
) -> Vec<RegistryAssignment> {
    let mut by_id: BTreeMap<&str, Vec<&WriteupRow>> = BTreeMap::new();
    let carried = carried(landed);
    for row in landed {
        by_id.entry(carried.id(&row.id)).or_default().push(row);
    }
    let mut all = Vec::new();
    for (id, rows) in by_id {
        let Some(writeup) = names.number(id, &canonical(id), LATEST) else {
            continue;
        };
        let said = said_last(rows.into_iter());
        all.extend(
            said.into_iter()
                .flatten()
                .map(|(from_at, to_at, team, newcomers)| RegistryAssignment {
                    generation,
                    writeup,
                    from_at: *from_at,
                    to_at: *to_at,
                    team: team.clone(),
                    newcomers: *newcomers,
                }),
        );
    }
    all
}

/// The assignments of one write-up, of all that is said of it.
pub(super) fn of<'a>(said: impl Iterator<Item = &'a WriteupRow>) -> Vec<Assignment> {
    let list = said_last(said).into_iter().flatten();
    list.map(|(from, to, team, newcomers)| Assignment {
        from: *from,
        to: *to,
        whom: match (newcomers, team.as_str()) {
            (true, _) => Whom::Newcomers,
            (false, "") => Whom::Everybody,
            (false, team) => Whom::Team(team.to_owned()),
        },
    })
    .collect()
}

/// The assignments of one write-up as the summary tells them.
pub(super) fn told(all: &[RegistryAssignment], writeup: u32) -> Vec<Json> {
    let own = all.iter().filter(|one| one.writeup == writeup);
    own.map(|one| {
        json!({
            "from": to_rfc3339(one.from_at),
            "to": to_rfc3339(one.to_at),
            "team": Some(&one.team).filter(|team| !team.is_empty()),
            "newcomers": one.newcomers,
        })
    })
    .collect()
}

fn said_last<'a>(
    rows: impl Iterator<Item = &'a WriteupRow>,
) -> Option<&'a Vec<(i64, i64, String, bool)>> {
    let speaking = rows.filter(|row| row.assigns);
    let last = speaking.max_by_key(|row| (row.at, row.version, row.key));
    last.map(|row| &row.assignments)
}

/// What the reads of each write-up with assignments are labelled by.
pub(super) fn fingerprints(rows: &RegistryRows, newcomer_days: u32) -> HashMap<u32, u64> {
    // Only where something is assigned do teams and newcomers change what is derived.
    let mut people = None;
    let mut texts: HashMap<u32, String> = HashMap::new();
    for one in &rows.assignments {
        let text = texts.entry(one.writeup).or_default();
        text.push_str(&format!(
            "{} {} {:?} {};",
            one.from_at, one.to_at, one.team, one.newcomers
        ));
        if one.newcomers || !one.team.is_empty() {
            let people = people.get_or_insert_with(|| of_people(rows, newcomer_days));
            text.push_str(&people.to_string());
        }
    }
    texts
        .into_iter()
        .map(|(writeup, text)| (writeup, xxh3_64(text.as_bytes())))
        .collect()
}

/// Who was in which team and who came when.
fn of_people(rows: &RegistryRows, newcomer_days: u32) -> u64 {
    let mut text = newcomer_days.to_string();
    for one in &rows.teams {
        text.push_str(&format!(
            "{} {} {} {:?};",
            one.number, one.from_at, one.to_at, one.team
        ));
    }
    for one in rows.people.iter().filter(|one| one.joined_at.is_some()) {
        text.push_str(&format!("{} {:?};", one.pseudonym, one.joined_at));
    }
    xxh3_64(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(at: i64, assignments: Option<&[(i64, i64, &str, bool)]>) -> WriteupRow {
        WriteupRow {
            at,
            id: "a".to_owned(),
            assigns: assignments.is_some(),
            assignments: assignments
                .unwrap_or_default()
                .iter()
                .map(|(from, to, team, new)| (*from, *to, (*team).to_owned(), *new))
                .collect(),
            ..WriteupRow::default()
        }
    }

    #[test]
    fn the_last_that_speaks_of_assignments_says_all_of_them() {
        let rows = [
            said(1, Some(&[(1, 2, "", true), (3, 4, "search", false)])),
            said(3, None),
        ];
        let both = of(rows.iter());
        assert_eq!(both.len(), 2);
        assert_eq!(both[0].whom, Whom::Newcomers);
        assert_eq!(both[1].whom, Whom::Team("search".to_owned()));
        let taken_back = [rows[0].clone(), said(2, Some(&[]))];
        assert!(of(taken_back.iter()).is_empty());
    }
}
