//! Who is who: which names are one person, what rosters say of them, and who was in which team when. The
//! derive job makes a generation of the registry of it; people merge, split and exclude by hand. What is
//! said is one more event of the source `registry`; nothing that landed is changed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::store::{PersonRow, RegistryPerson, RegistryTeam};

/// The source of what is said by hand.
pub const BY_HAND: &str = "registry";

/// The kind of somebody whose events are kept and not counted.
pub const EXCLUDED: &str = "excluded";

/// Nobody and nothing is older or younger.
const ALWAYS: (i64, i64) = (i64::MIN, i64::MAX);

/// The names of all and what is known of them.
pub(super) struct People {
    /// One row a pseudonym.
    pub(super) rows: Vec<RegistryPerson>,
    /// Teams, by person and time.
    pub(super) teams: Vec<RegistryTeam>,
}

/// What rosters say of one person.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Described {
    /// See [`RegistryPerson::kind`].
    pub(super) kind: String,
    pub(super) joined_at: Option<i64>,
    pub(super) left_at: Option<i64>,
    /// (from, to, team), by time, without overlap.
    pub(super) teams: Vec<(i64, i64, String)>,
    /// The team that was said last.
    pub(super) team: String,
}

/// Every pseudonym with the number of the person it stands for, and what is known of that person.
pub(super) fn people(generation: u32, numbers: &[(u128, u32)], landed: &[PersonRow]) -> People {
    let number: HashMap<u128, u32> = numbers.iter().copied().collect();
    let names = Names::of(landed);
    let described = names.described(landed);
    let nothing = Described {
        kind: "person".to_owned(),
        ..Described::default()
    };
    let mut teams: BTreeMap<(u32, i64), RegistryTeam> = BTreeMap::new();
    let mut rows = Vec::with_capacity(numbers.len());
    for &(pseudonym, own) in numbers {
        let stands_for = names.stands_for(pseudonym);
        let known = described.get(&stands_for).unwrap_or(&nothing);
        let number = number.get(&stands_for).copied().unwrap_or(own);
        rows.push(RegistryPerson {
            generation,
            pseudonym,
            number,
            team: known.team.clone(),
            kind: known.kind.clone(),
            joined_at: known.joined_at,
            left_at: known.left_at,
        });
        for (from_at, to_at, team) in &known.teams {
            teams
                .entry((number, *from_at))
                .or_insert_with(|| RegistryTeam {
                    generation,
                    number,
                    from_at: *from_at,
                    to_at: *to_at,
                    team: team.clone(),
                });
        }
    }
    People {
        rows,
        teams: teams.into_values().collect(),
    }
}

/// Which names are one person.
pub(super) struct Names {
    /// Who a name is claimed by; nothing where two claim it.
    claims: HashMap<u128, Option<u128>>,
    /// Who a person was merged with by hand.
    merged: HashMap<u128, u128>,
    /// Pairs that are held apart by hand.
    apart: HashSet<(u128, u128)>,
}

impl Names {
    /// As rosters claim it and as it was merged and split by hand. An alias that two people claim stays
    /// its own person; one that has an entry of its own is still who claims it: two sources know one
    /// person by two names. Of what is said of two names the last word holds, and what is held apart is
    /// not united by others.
    pub(super) fn of(landed: &[PersonRow]) -> Self {
        let mut claims: HashMap<u128, Option<u128>> = HashMap::new();
        for (person, rows) in standing(landed) {
            let aliases: BTreeSet<u128> =
                rows.iter().flat_map(|row| &row.aliases).copied().collect();
            for alias in aliases {
                if alias != person {
                    claims
                        .entry(alias)
                        .and_modify(|claimed| *claimed = None)
                        .or_insert(Some(person));
                }
            }
        }
        let ties = Ties::of(landed);
        let mut names = Names {
            claims,
            merged: HashMap::new(),
            apart: ties.apart,
        };
        for &(stays, goes) in &ties.splits {
            names.cut(stays, goes);
        }
        for &(one, other) in &ties.merges {
            names.unite(one, other);
        }
        names
    }

    /// Who a name stands for in the end.
    pub(super) fn stands_for(&self, name: u128) -> u128 {
        let mut person = claimed_by(&self.claims, name);
        while let Some(next) = self.merged.get(&person) {
            person = *next;
        }
        person
    }

    /// Whether somebody said that two names are two people.
    pub(super) fn is_apart(&self, a: u128, b: u128) -> bool {
        self.apart.contains(&pair(a, b))
    }

    /// Takes claims away until two names are two people: what one claims of the other, then what others
    /// claim of the second, then of the first.
    fn cut(&mut self, stays: u128, goes: u128) {
        for (alias, person) in [(goes, stays), (stays, goes)] {
            if self.claims.get(&alias) == Some(&Some(person)) {
                self.claims.remove(&alias);
            }
        }
        while claimed_by(&self.claims, stays) == claimed_by(&self.claims, goes) {
            let removed = self.claims.remove(&goes).flatten();
            if removed.is_none() && self.claims.remove(&stays).flatten().is_none() {
                return;
            }
        }
    }

    fn unite(&mut self, one: u128, other: u128) {
        let ends = pair(self.stands_for(one), self.stands_for(other));
        let held_apart =
            |&(a, b): &(u128, u128)| ends == pair(self.stands_for(a), self.stands_for(b));
        if ends.0 != ends.1 && !self.apart.iter().any(held_apart) {
            self.merged.insert(ends.1, ends.0);
        }
    }

    /// What is known of each person, by who they stand for.
    pub(super) fn described(&self, landed: &[PersonRow]) -> HashMap<u128, Described> {
        let mut said: HashMap<u128, Vec<&PersonRow>> = HashMap::new();
        for (person, rows) in standing(landed) {
            said.entry(self.stands_for(person))
                .or_default()
                .extend(rows);
        }
        let mut known: HashMap<u128, Described> = said
            .into_iter()
            .map(|(person, rows)| (person, describe(&rows)))
            .collect();
        for (person, excluded) in self.excluded(landed) {
            let entry = known.entry(person).or_insert_with(|| describe(&[]));
            if excluded {
                EXCLUDED.clone_into(&mut entry.kind);
            }
        }
        known
    }

    /// Of whom it was said last that they are not counted, and of whom that they are.
    fn excluded(&self, landed: &[PersonRow]) -> HashMap<u128, bool> {
        let mut words: Vec<&PersonRow> =
            landed.iter().filter(|row| row.excluded.is_some()).collect();
        words.sort_by_key(|row| when(row));
        let said = words
            .iter()
            .filter_map(|row| Some((self.stands_for(row.person), row.excluded?)));
        said.collect()
    }
}

/// What is said by hand, or by anybody, of two names.
struct Ties {
    /// Pairs that are two people.
    apart: HashSet<(u128, u128)>,
    /// The same as they were said first, in that order: what is taken back and said again is as before.
    splits: Vec<(u128, u128)>,
    /// Pairs that are one person, in the same way.
    merges: Vec<(u128, u128)>,
}

impl Ties {
    fn of(landed: &[PersonRow]) -> Self {
        let mut words: Vec<(&PersonRow, u128, bool)> = Vec::new();
        for row in landed {
            words.extend(row.apart.iter().map(|other| (row, *other, false)));
            // What a roster calls an alias is a claim, not a merge.
            if row.source == BY_HAND {
                words.extend(row.aliases.iter().map(|other| (row, *other, true)));
            }
        }
        words.retain(|(row, other, _)| row.person != *other);
        words.sort_by_key(|(row, other, _)| (when(row), *other));
        let last: HashMap<(u128, u128), bool> = words
            .iter()
            .map(|(row, other, united)| (pair(row.person, *other), *united))
            .collect();
        let mut ties = Ties {
            apart: HashSet::new(),
            splits: Vec::new(),
            merges: Vec::new(),
        };
        let mut known = HashSet::new();
        for (row, other, united) in words {
            let both = pair(row.person, other);
            if last.get(&both) != Some(&united) || !known.insert(both) {
                continue;
            }
            if united {
                ties.merges.push((row.person, other));
            } else {
                ties.apart.insert(both);
                ties.splits.push((row.person, other));
            }
        }
        ties
    }
}

/// Two names, whichever is said first.
fn pair(a: u128, b: u128) -> (u128, u128) {
    (a.min(b), a.max(b))
}

/// What was said later counts more; of what was said at once the same one everywhere.
fn when(row: &PersonRow) -> (i64, u64, u64) {
    (row.at, row.version, row.key)
}

/// The entries of rosters that hold, by person: of each source what it said last, or all of it where it
/// gives dates to teams.
fn standing(landed: &[PersonRow]) -> BTreeMap<u128, Vec<&PersonRow>> {
    let mut by_source: BTreeMap<(u128, &str), Vec<&PersonRow>> = BTreeMap::new();
    for row in landed.iter().filter(|row| row.source != BY_HAND) {
        let rows = by_source.entry((row.person, &row.source)).or_default();
        rows.push(row);
    }
    let mut standing: BTreeMap<u128, Vec<&PersonRow>> = BTreeMap::new();
    for ((person, _), mut rows) in by_source {
        rows.sort_by_key(|row| when(row));
        if !rows.iter().any(|row| is_dated(row)) {
            rows.drain(..rows.len().saturating_sub(1));
        }
        standing.entry(person).or_default().extend(rows);
    }
    standing
}

fn is_dated(row: &PersonRow) -> bool {
    row.team_from.is_some() || row.team_to.is_some()
}

/// Whether an entry says anything but names: a list of addresses takes no team back.
fn says_more(row: &PersonRow) -> bool {
    let dated = row.joined_at.is_some() || row.left_at.is_some() || is_dated(row);
    dated || !row.team.is_empty() || row.kind != "person"
}

/// One person from all that holds of them. The source that spoke last is believed, as a whole.
fn describe(rows: &[&PersonRow]) -> Described {
    let mut known = Described {
        kind: "person".to_owned(),
        ..Described::default()
    };
    let speaking = || rows.iter().filter(|row| says_more(row));
    let Some(last) = speaking().max_by_key(|row| when(row)) else {
        return known;
    };
    let mut own: Vec<&PersonRow> = speaking()
        .filter(|row| row.source == last.source)
        .copied()
        .collect();
    if own.iter().any(|row| is_dated(row)) {
        own.sort_by_key(|row| (since(row), when(row)));
    } else {
        own = vec![last];
    }
    known.kind.clone_from(&last.kind);
    known.joined_at = own.iter().rev().find_map(|row| row.joined_at);
    known.left_at = own.last().and_then(|row| row.left_at);
    known.team = own.last().map_or_else(String::new, |row| row.team.clone());
    for (at, row) in own.iter().enumerate() {
        let next = own.get(at + 1).map_or(ALWAYS.1, |next| since(next));
        let to = row.team_to.unwrap_or(ALWAYS.1).min(next);
        if !row.team.is_empty() && since(row) < to {
            known.teams.push((since(row), to, row.team.clone()));
        }
    }
    known
}

/// Since when somebody has been in the team of an entry.
fn since(row: &PersonRow) -> i64 {
    row.team_from.or(row.joined_at).unwrap_or(ALWAYS.0)
}

/// Who a name is claimed by in the end. Of people who claim each other the least pseudonym is it.
fn claimed_by(claims: &HashMap<u128, Option<u128>>, name: u128) -> u128 {
    let mut way = vec![name];
    while let Some(last) = way.last()
        && let Some(next) = claims.get(last).copied().flatten()
    {
        if let Some(start) = way.iter().position(|known| *known == next) {
            return way[start..].iter().copied().min().unwrap_or(next);
        }
        way.push(next);
    }
    way.pop().unwrap_or(name)
}

#[cfg(test)]
mod tests;
