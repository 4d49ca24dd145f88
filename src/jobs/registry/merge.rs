//! What has been said of each write-up, put together: the last that says something wins, field by
//! field; names are gathered. A write-up that is part of another one gives it its names and people.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::NOT_DELETED;
use super::carried::carried;
use super::names::{EVER, NEVER};
use crate::jobs::people::BY_HAND;
use crate::model::{DAY_MS, Millis, RETRACTED};
use crate::store::{RegistryWriteup, WriteupRow};

/// A write-up's first revision is the one that stands so long after its publication: popular ones get
/// improved later (INDICATORS section 8).
const PUBLICATION: Millis = 14 * DAY_MS;

/// The write-ups as all rows describe them, by id. Numbers are those known, and new ones.
pub(in crate::jobs) fn merge(
    generation: u32,
    landed: &[WriteupRow],
    known: &HashMap<String, u32>,
    person_of: &HashMap<u128, u32>,
) -> Vec<RegistryWriteup> {
    let mut by_id: BTreeMap<&str, Vec<&WriteupRow>> = BTreeMap::new();
    let carried = carried(landed);
    // What a source took back is registered nowhere.
    for row in landed.iter().filter(|row| !row.id.ends_with(RETRACTED)) {
        by_id.entry(carried.id(&row.id)).or_default().push(row);
    }
    let mut next = known.values().max().copied().unwrap_or(0);
    let mut all = Vec::with_capacity(by_id.len());
    let mut parents: HashMap<&str, &str> = HashMap::new();
    for (id, mut rows) in by_id {
        rows.sort_by_key(|row| (row.at, row.version, row.key));
        let number = known.get(id).copied().unwrap_or_else(|| {
            next += 1;
            next
        });
        let into = rows.iter().rev().find_map(|row| row.merged_into.as_deref());
        let into = into.map(|into| carried.id(into));
        if let Some(into) = into.filter(|into| *into != id) {
            parents.insert(id, into);
        }
        let mut entry = RegistryWriteup {
            generation,
            number,
            id: id.to_owned(),
            ..RegistryWriteup::default()
        };
        describe(&mut entry, &rows, person_of);
        at_publication(&mut entry, &rows, person_of);
        call(&mut entry, &rows);
        all.push(entry);
    }
    carried.close_others(landed, &mut all);
    put_together(&mut all, &parents);
    all
}

fn describe(entry: &mut RegistryWriteup, rows: &[&WriteupRow], person_of: &HashMap<u128, u32>) {
    for row in rows {
        say(&mut entry.title, &row.title);
        say(&mut entry.url, &row.url);
        say(&mut entry.published_at, &row.published_at);
        say(&mut entry.deleted_at, &row.deleted_at);
        entry.deleted_at.take_if(|at| *at == NOT_DELETED);
        say(&mut entry.owner_team, &row.owner_team);
        say(&mut entry.template, &row.template);
        say(&mut entry.words, &row.words);
        say(&mut entry.diagrams, &row.diagrams);
        say(&mut entry.hyperlinks, &row.hyperlinks);
        say(&mut entry.acronyms, &row.acronyms);
        say(&mut entry.acronyms_unexplained, &row.acronyms_unexplained);
        say(&mut entry.data_sources, &row.data_sources);
        say(&mut entry.quotations, &row.quotations);
        say(&mut entry.surprised, &row.surprised);
        say(&mut entry.difficult, &row.difficult);
        say(&mut entry.unclear, &row.unclear);
        say(&mut entry.several_accounts, &row.several_accounts);
        people(&mut entry.contributors, &row.contributors, person_of);
        // Sources that know who made a page name them first.
        let maker = row
            .contributors
            .first()
            .and_then(|first| person_of.get(first));
        entry.maker = maker.copied().unwrap_or(entry.maker);
        people(&mut entry.responders, &row.responders, person_of);
        people(&mut entry.reviewers, &row.reviewers, person_of);
        people(&mut entry.facilitators, &row.facilitators, person_of);
        list(&mut entry.contributor_teams, &row.contributor_teams);
        list(&mut entry.tags, &row.tags);
    }
    entry.restricted = restricted(rows);
}

/// Whether not everybody may see it. What was said by hand holds, whatever sources say before or after:
/// a scan must not open what somebody closed. Else the last whole description says it: a new count of
/// words or a deletion opens nothing.
pub(super) fn restricted(rows: &[&WriteupRow]) -> bool {
    let speaks = |row: &WriteupRow| row.restricted || row.opened;
    let by_hand = rows
        .iter()
        .rev()
        .find(|row| row.source == BY_HAND && speaks(row));
    let described = || {
        let says =
            |row: &&&WriteupRow| row.source != BY_HAND && (speaks(row) || row.title.is_some());
        rows.iter().rev().find(says)
    };
    let last = by_hand.or_else(described);
    // Of what two programs said by hand in one instant nobody knows which was the last word: then it
    // stays closed.
    let at_once =
        |row: &WriteupRow| row.source == BY_HAND && by_hand.is_some_and(|last| last.at == row.at);
    last.is_some_and(|row| row.restricted) || rows.iter().any(|row| row.restricted && at_once(row))
}

/// What the revision of its publication held: as was said last in the first days, or else first.
fn at_publication(
    entry: &mut RegistryWriteup,
    rows: &[&WriteupRow],
    person_of: &HashMap<u128, u32>,
) {
    let Some(end) = entry
        .published_at
        .and_then(|published| published.checked_add(PUBLICATION))
    else {
        return;
    };
    let first = |of: &dyn Fn(&WriteupRow) -> Option<u32>| {
        let early = rows.iter().rev().filter(|row| row.at < end);
        let early = early.filter_map(|row| of(row)).next();
        early.or_else(|| rows.iter().find_map(|row| of(row)))
    };
    entry.first_words = first(&|row| row.words);
    entry.first_diagrams = first(&|row| row.diagrams);
    entry.first_hyperlinks = first(&|row| row.hyperlinks);
    entry.first_acronyms = first(&|row| row.acronyms);
    entry.first_acronyms_unexplained = first(&|row| row.acronyms_unexplained);
    entry.first_data_sources = first(&|row| row.data_sources);
    entry.first_quotations = first(&|row| row.quotations);
    entry.first_contributors = first(&|row| {
        let people = numbers_of(&row.contributors, person_of);
        some(people.len())
    });
    entry.first_contributor_teams = first(&|row| {
        let teams: HashSet<&String> = row.contributor_teams.iter().collect();
        some(teams.len())
    });
}

/// None of them means that nobody has said.
fn some(count: usize) -> Option<u32> {
    u32::try_from(count).ok().filter(|count| *count > 0)
}

/// Gathers the names. What is said of one last holds: for all time, or for these spans; for no time at
/// all takes it away.
fn call(entry: &mut RegistryWriteup, rows: &[&WriteupRow]) {
    let mut names: BTreeMap<&str, Vec<(Millis, Millis)>> = BTreeMap::new();
    for row in rows {
        for name in row.url.iter().chain(&row.aliases) {
            names.insert(name, Vec::new());
        }
        let mut dated: BTreeMap<&str, Vec<(Millis, Millis)>> = BTreeMap::new();
        for (name, from, to) in &row.dated_aliases {
            let span = (from.unwrap_or(EVER), to.unwrap_or(NEVER));
            dated.entry(name).or_default().push(span);
        }
        for (name, mut spans) in dated {
            spans.retain(|(from, to)| from < to);
            match spans.is_empty() {
                true => names.remove(name),
                false => names.insert(name, spans),
            };
        }
    }
    // Its id is its own whatever is said.
    names.insert(&entry.id, Vec::new());
    let spans = names.iter().flat_map(|(name, spans)| {
        let spans = spans.iter();
        spans.map(|(from, to)| ((*name).to_owned(), *from, *to))
    });
    entry.spans = spans.collect();
    entry.names = names.into_keys().map(str::to_owned).collect();
}

/// Gives what parts of others have to these. One that names no write-up, or itself in the end, is none.
fn put_together(all: &mut [RegistryWriteup], parents: &HashMap<&str, &str>) {
    let at: HashMap<String, usize> = all
        .iter()
        .enumerate()
        .map(|(at, entry)| (entry.id.clone(), at))
        .collect();
    for part in 0..all.len() {
        let whole = whole(&all[part].id, parents, &at);
        let Some(whole) = whole.and_then(|id| at.get(id).copied()) else {
            continue;
        };
        let taken = all[part].clone();
        all[part].merged_into = all[whole].number;
        let entry = &mut all[whole];
        let always = |writeup: &RegistryWriteup, name: &String| {
            writeup.names.contains(name) && !writeup.spans.iter().any(|(dated, _, _)| dated == name)
        };
        // A name that one of the two has for all time the whole has for all time.
        let spans = taken
            .spans
            .iter()
            .filter(|(name, _, _)| !always(entry, name));
        let spans: Vec<_> = spans.cloned().collect();
        entry.spans.retain(|(name, _, _)| !always(&taken, name));
        entry.spans.extend(spans);
        entry.spans.sort();
        entry.spans.dedup();
        entry.names.extend(taken.names);
        entry.names.sort();
        entry.names.dedup();
        for (own, more) in [
            (&mut entry.contributors, taken.contributors),
            (&mut entry.responders, taken.responders),
            (&mut entry.reviewers, taken.reviewers),
            (&mut entry.facilitators, taken.facilitators),
        ] {
            own.extend(more);
            own.sort_unstable();
            own.dedup();
        }
        // Whoever wrote or had a part has a share in the whole.
        for team in taken.contributor_teams.into_iter().chain(taken.owner_team) {
            let is_known =
                entry.owner_team.as_ref() == Some(&team) || entry.contributor_teams.contains(&team);
            if !team.is_empty() && !is_known {
                entry.contributor_teams.push(team);
            }
        }
        entry.restricted |= taken.restricted;
    }
    // What is part of something restricted would name it.
    for part in 0..all.len() {
        let whole = usize::try_from(all[part].merged_into).ok();
        let whole = whole.and_then(|number| all.get(number.checked_sub(1)?));
        let restricted = whole.is_some_and(|whole| whole.restricted);
        all[part].restricted |= restricted;
    }
}

/// The write-up that one counts for in the end; `None` for itself.
fn whole<'a>(
    id: &'a str,
    parents: &HashMap<&str, &'a str>,
    known: &HashMap<String, usize>,
) -> Option<&'a str> {
    let mut way = vec![id];
    while let Some(last) = way.last()
        && let Some(next) = parents.get(last).filter(|next| known.contains_key(**next))
    {
        // Those that name each other are each one of their own; who names one of them is part of that.
        if let Some(start) = way.iter().position(|earlier| earlier == next) {
            return way[start..].first().copied().filter(|_| start > 0);
        }
        way.push(next);
    }
    way.pop().filter(|end| *end != id)
}

fn say<T: Clone>(field: &mut Option<T>, said: &Option<T>) {
    if said.is_some() {
        field.clone_from(said);
    }
}

fn list(field: &mut Vec<String>, said: &[String]) {
    if !said.is_empty() {
        *field = said.to_vec();
    }
}

fn people(field: &mut Vec<u32>, said: &[u128], person_of: &HashMap<u128, u32>) {
    if !said.is_empty() {
        *field = numbers_of(said, person_of);
    }
}

fn numbers_of(people: &[u128], person_of: &HashMap<u128, u32>) -> Vec<u32> {
    let mut numbers: Vec<u32> = people
        .iter()
        .filter_map(|pseudonym| person_of.get(pseudonym).copied())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn landed(id: &str, at: i64) -> WriteupRow {
        WriteupRow {
            key: 1,
            at,
            source: "wiki".to_owned(),
            id: id.to_owned(),
            ..WriteupRow::default()
        }
    }

    fn merged(rows: &[WriteupRow]) -> Vec<RegistryWriteup> {
        let people = (1..10).map(|n| (u128::from(n), n)).collect();
        merge(1, rows, &HashMap::new(), &people)
    }

    fn part(id: &str, at: i64, into: &str) -> WriteupRow {
        WriteupRow {
            merged_into: Some(into.to_owned()),
            aliases: vec![format!("also {id}")],
            ..landed(id, at)
        }
    }

    #[test]
    fn what_is_not_said_again_stays_said() {
        let rows = [
            WriteupRow {
                aliases: vec!["y".to_owned()],
                difficult: Some(false),
                ..landed("a", 2)
            },
            WriteupRow {
                title: Some("First".to_owned()),
                aliases: vec!["x".to_owned()],
                difficult: Some(true),
                surprised: Some(true),
                reviewers: vec![3, 2, 3],
                contributors: vec![5, 4],
                ..landed("a", 1)
            },
        ];
        let merged = merged(&rows);
        assert_eq!(merged[0].title.as_deref(), Some("First"));
        assert_eq!(merged[0].names, ["a", "x", "y"]);
        let marks = (merged[0].surprised, merged[0].difficult, merged[0].unclear);
        assert_eq!(marks, (Some(true), Some(false), None));
        assert_eq!(merged[0].reviewers, [2, 3]);
        assert_eq!((merged[0].maker, &merged[0].contributors), (5, &vec![4, 5]));
    }

    #[test]
    fn what_is_said_of_a_name_last_holds() {
        let dated = |at, from, to| WriteupRow {
            dated_aliases: vec![("x".to_owned(), from, to), ("a".to_owned(), from, to)],
            ..landed("a", at)
        };
        let plain = |at| WriteupRow {
            aliases: vec!["x".to_owned()],
            ..landed("a", at)
        };
        let spans = |rows: &[WriteupRow]| merged(rows).remove(0).spans;
        let span = |from, to| vec![("x".to_owned(), from, to)];
        assert_eq!(spans(&[plain(1), dated(2, Some(5), None)]), span(5, NEVER));
        assert_eq!(spans(&[dated(1, Some(5), None), plain(2)]), []);
        let later = [dated(1, Some(5), None), dated(2, None, Some(9))];
        assert_eq!(spans(&later), span(EVER, 9));
    }

    #[test]
    fn publication_is_what_stood_two_weeks_later() {
        let said = |day: i64, words: Option<u32>, diagrams: Option<u32>| WriteupRow {
            words,
            diagrams,
            published_at: Some(100 * DAY_MS),
            ..landed("a", day * DAY_MS)
        };
        let rows = [
            said(100, Some(10), None),
            said(113, Some(20), None),
            said(114, Some(30), Some(4)),
            said(200, Some(40), Some(5)),
        ];
        let entry = merged(&rows).remove(0);
        assert_eq!((entry.first_words, entry.words), (Some(20), Some(40)));
        // Nobody had counted them by then: the first count is the nearest.
        assert_eq!((entry.first_diagrams, entry.diagrams), (Some(4), Some(5)));
    }

    #[test]
    fn parts_count_for_the_end_of_the_chain() {
        let rows = [
            landed("a", 1),
            part("b", 1, "a"),
            part("c", 1, "b"),
            WriteupRow {
                restricted: true,
                contributors: vec![4],
                owner_team: Some("search".to_owned()),
                contributor_teams: vec!["payments".to_owned()],
                ..part("d", 1, "c")
            },
        ];
        let all = merged(&rows);
        let whole: Vec<u32> = all.iter().map(|entry| entry.merged_into).collect();
        assert_eq!(whole, [0, 1, 1, 1]);
        let names = ["a", "also b", "also c", "also d", "b", "c", "d"];
        assert_eq!(all[0].names, names);
        assert!(all[0].restricted);
        assert_eq!(all[0].contributors, [4]);
        assert_eq!(all[0].contributor_teams, ["payments", "search"]);
        // What is in the middle becomes one of its own and keeps what was part of it.
        let mut split = rows.to_vec();
        split.push(part("b", 2, "b"));
        let all = merged(&split);
        let whole: Vec<u32> = all.iter().map(|entry| entry.merged_into).collect();
        assert_eq!(whole, [0, 0, 2, 2]);
        assert_eq!(all[0].names, ["a"]);
        assert!(!all[0].restricted);
    }

    proptest! {
        /// However parts name each other, each counts for a whole or for itself, and every name stays.
        #[test]
        fn a_part_counts_for_a_whole(parents in prop::collection::vec(0usize..9, 8)) {
            let rows: Vec<WriteupRow> = parents
                .iter()
                .enumerate()
                .map(|(n, into)| part(&format!("w{n}"), 1, &format!("w{into}")))
                .collect();
            let all = merged(&rows);
            for entry in &all {
                let whole = all.iter().find(|whole| whole.number == entry.merged_into);
                let whole = whole.unwrap_or(entry);
                prop_assert_eq!(whole.merged_into, 0);
                let name = format!("also {}", entry.id);
                prop_assert!(whole.names.contains(&name));
            }
        }
    }

    #[test]
    fn a_new_count_opens_nothing() {
        let closed = WriteupRow {
            restricted: true,
            source: BY_HAND.to_owned(),
            ..landed("a", 1)
        };
        let counted = WriteupRow {
            words: Some(7),
            ..landed("a", 2)
        };
        let described = WriteupRow {
            title: Some("Open".to_owned()),
            ..landed("a", 3)
        };
        let opened = WriteupRow {
            source: BY_HAND.to_owned(),
            opened: true,
            ..landed("a", 3)
        };
        let by_source = WriteupRow {
            restricted: true,
            ..landed("a", 1)
        };
        let silent = WriteupRow {
            source: BY_HAND.to_owned(),
            ..landed("a", 4)
        };
        let is_restricted = |rows: &[&WriteupRow]| restricted(rows);
        assert!(is_restricted(&[&closed, &counted]));
        assert!(is_restricted(&[&closed, &silent]));
        assert!(is_restricted(&[&closed, &counted, &described]));
        assert!(!is_restricted(&[&by_source, &counted, &described]));
        assert!(is_restricted(&[&by_source, &counted, &silent]));
        assert!(!is_restricted(&[&closed, &opened]));
        let at_once = WriteupRow {
            at: opened.at,
            ..closed.clone()
        };
        assert!(is_restricted(&[&at_once, &opened]) && is_restricted(&[&opened, &at_once]));
        assert!(!is_restricted(&[&counted]));
    }

    #[test]
    fn a_circle_and_nothing_are_no_harm() {
        let rows = [
            part("a", 1, "b"),
            part("b", 1, "a"),
            part("c", 1, "a"),
            part("d", 1, "nowhere"),
            part("e", 1, "e"),
        ];
        let whole: Vec<u32> = merged(&rows)
            .iter()
            .map(|entry| entry.merged_into)
            .collect();
        assert_eq!(whole, [0, 0, 1, 0, 0]);
    }
}
