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
        };
        for &(stays, goes) in &ties.splits {
            names.cut(stays, goes);
        }
        for &(one, other) in &ties.merges {
            names.unite(one, other, &ties.apart);
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

    fn unite(&mut self, one: u128, other: u128, apart: &HashSet<(u128, u128)>) {
        let ends = pair(self.stands_for(one), self.stands_for(other));
        let held_apart =
            |&(a, b): &(u128, u128)| ends == pair(self.stands_for(a), self.stands_for(b));
        if ends.0 != ends.1 && !apart.iter().any(held_apart) {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(person: u128, aliases: &[u128]) -> PersonRow {
        PersonRow {
            source: "roster".to_owned(),
            person,
            aliases: aliases.to_vec(),
            kind: "person".to_owned(),
            ..PersonRow::default()
        }
    }

    fn by_hand(at: i64, person: u128, aliases: &[u128], apart: &[u128]) -> PersonRow {
        PersonRow {
            at,
            key: u64::try_from(at).unwrap(),
            source: BY_HAND.to_owned(),
            apart: apart.to_vec(),
            ..entry(person, aliases)
        }
    }

    fn numbered(landed: &[PersonRow]) -> Vec<u32> {
        let numbers = [(10, 1), (11, 2), (12, 3), (13, 4)];
        let people = people(1, &numbers, landed);
        people.rows.iter().map(|row| row.number).collect()
    }

    #[test]
    fn an_alias_is_its_person_unless_two_claim_it() {
        assert_eq!(
            numbered(&[entry(10, &[12, 13]), entry(11, &[13])]),
            [1, 2, 1, 4]
        );
        // 11 has an entry of its own and is 10's other name; 12 and 13 claim each other.
        let entries = [
            entry(10, &[11]),
            entry(11, &[]),
            entry(12, &[13]),
            entry(13, &[12]),
        ];
        assert_eq!(numbered(&entries), [1, 1, 3, 3]);
    }

    #[test]
    fn the_last_word_on_two_names_holds() {
        let merge = by_hand(1, 10, &[11], &[]);
        let split = by_hand(2, 11, &[], &[10]);
        let again = by_hand(3, 11, &[10], &[]);
        assert_eq!(numbered(std::slice::from_ref(&merge)), [1, 1, 3, 4]);
        assert_eq!(numbered(&[split.clone(), merge.clone()]), [1, 2, 3, 4]);
        assert_eq!(numbered(&[again, split, merge]), [1, 1, 3, 4]);
        // Split, merged and split again, the other way round: as it was after the first time.
        let words = [
            entry(10, &[11, 12]),
            by_hand(1, 11, &[], &[12]),
            by_hand(2, 11, &[12], &[]),
            by_hand(3, 12, &[], &[11]),
        ];
        assert_eq!(numbered(&words), [1, 1, 3, 4]);
    }

    #[test]
    fn a_split_holds_apart_what_a_roster_unites() {
        let roster = entry(10, &[11, 12]);
        // The alias from its person, the person from the alias, two aliases.
        for (a, b, expected) in [
            (10, 11, [1, 2, 1, 4]),
            (11, 10, [1, 2, 1, 4]),
            (11, 12, [1, 1, 3, 4]),
        ] {
            let split = by_hand(1, a, &[], &[b]);
            assert_eq!(numbered(&[roster.clone(), split]), expected, "{a} {b}");
        }
        // Not by way of a third, either.
        let words = [
            by_hand(1, 10, &[13], &[]),
            by_hand(2, 13, &[12], &[]),
            by_hand(3, 10, &[], &[12]),
        ];
        assert_eq!(numbered(&words), [1, 2, 3, 1]);
    }

    #[test]
    fn teams_have_their_time() {
        let dated = |team: &str, from: Option<i64>, to: Option<i64>| PersonRow {
            team: team.to_owned(),
            team_from: from,
            team_to: to,
            ..entry(10, &[])
        };
        let landed = [
            dated("search", Some(50), None),
            dated("payments", None, None),
            dated("away", Some(70), Some(80)),
            dated("back", Some(90), None),
        ];
        let known = people(1, &[(10, 1)], &landed);
        let teams: Vec<_> = known
            .teams
            .iter()
            .map(|team| (team.from_at, team.to_at, team.team.as_str()))
            .collect();
        assert_eq!(
            teams,
            [
                (i64::MIN, 50, "payments"),
                (50, 70, "search"),
                (70, 80, "away"),
                (90, i64::MAX, "back")
            ]
        );
        assert_eq!(known.rows[0].team, "back");
    }

    #[test]
    fn without_dates_the_last_word_of_a_roster_holds() {
        let said = |at: i64, source: &str, team: &str, aliases: &[u128]| PersonRow {
            at,
            source: source.to_owned(),
            team: team.to_owned(),
            joined_at: Some(5),
            ..entry(10, aliases)
        };
        let names = PersonRow {
            at: 9,
            source: "mailmap".to_owned(),
            ..entry(10, &[12])
        };
        let landed = [
            said(1, "hr", "old", &[11]),
            said(2, "hr", "new", &[]),
            names,
        ];
        let known = people(1, &[(10, 1), (11, 2), (12, 3)], &landed);
        assert_eq!(known.teams.len(), 1);
        assert_eq!((known.teams[0].from_at, &*known.teams[0].team), (5, "new"));
        // The alias was taken back; a list of addresses takes nothing back.
        let seen: Vec<u32> = known.rows.iter().map(|row| row.number).collect();
        assert_eq!(seen, [1, 2, 1]);
        assert_eq!(known.rows[2].team, "new");
    }

    #[test]
    fn somebody_is_excluded_under_all_their_names() {
        let said = |at: i64, person: u128, excluded: bool| PersonRow {
            excluded: Some(excluded),
            ..by_hand(at, person, &[], &[])
        };
        let kinds = |landed: &[PersonRow]| -> Vec<String> {
            let people = people(1, &[(10, 1), (11, 2), (12, 3)], landed);
            people.rows.into_iter().map(|row| row.kind).collect()
        };
        let roster = entry(10, &[11]);
        let out = said(1, 11, true);
        assert_eq!(
            kinds(&[roster.clone(), out.clone()]),
            ["excluded", "excluded", "person"]
        );
        assert_eq!(kinds(&[roster, out, said(2, 10, false)]), ["person"; 3]);
    }

    fn words() -> impl Strategy<Value = Vec<PersonRow>> {
        let names = || prop::collection::vec(0_u128..6, 0..3);
        let word = (0_u128..6, names(), names(), any::<bool>());
        prop::collection::vec(word, 0..8).prop_map(|words| {
            let row = |(at, (person, aliases, apart, hand)): (usize, _)| {
                let at = i64::try_from(at).unwrap();
                let apart: Vec<u128> = if hand { apart } else { Vec::new() };
                PersonRow {
                    source: if hand { BY_HAND } else { "roster" }.to_owned(),
                    ..by_hand(at, person, &aliases, &apart)
                }
            };
            words.into_iter().enumerate().map(row).collect()
        })
    }

    proptest! {
        /// Whatever was said, the last word of two names keeps them apart; a merge that a split takes back
        /// leaves everything as it was; and the order in which rows come changes nothing.
        #[test]
        fn a_split_undoes_a_merge(landed in words(), a in 0_u128..6, b in 0_u128..6) {
            let both = pair(a, b);
            let spoken = |row: &PersonRow| {
                let others = row.aliases.iter().chain(&row.apart);
                row.source == BY_HAND && others.into_iter().any(|other| pair(row.person, *other) == both)
            };
            prop_assume!(a != b && !landed.iter().any(spoken));
            let all = |landed: &[PersonRow]| -> Vec<u128> {
                let names = Names::of(landed);
                (0..6).map(|name| names.stands_for(name)).collect()
            };
            let before = all(&landed);
            let [left, right] = [both.0, both.1].map(|name| usize::try_from(name).unwrap());
            let merged = [landed.clone(), vec![by_hand(100, a, &[b], &[])]].concat();
            let split = [merged.clone(), vec![by_hand(101, b, &[], &[a])]].concat();
            let after = all(&split);
            prop_assert_ne!(after[left], after[right]);
            if before[left] != before[right] {
                prop_assert_eq!(&before, &after);
            }
            let mut turned = merged.clone();
            turned.reverse();
            prop_assert_eq!(all(&merged), all(&turned));
        }
    }
}
