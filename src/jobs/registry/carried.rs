//! What was said by hand of a write-up that goes by another id now. A source gives a renamed page a new
//! id and names the old one as an alias; what somebody said of the old id is meant for the page, and must
//! not stay behind: a write-up that was closed by hand would be open once its file has another name.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::merge::restricted;
use crate::jobs::people::BY_HAND;
use crate::model::RETRACTED;
use crate::store::{RegistryWriteup, WriteupRow};

/// Ids of which only people speak any more, and the write-ups of sources that bear them as aliases.
pub(in crate::jobs) struct Carried<'a>(BTreeMap<&'a str, BTreeSet<&'a str>>);

/// What these rows carry from ids to others.
pub(in crate::jobs) fn carried(landed: &[WriteupRow]) -> Carried<'_> {
    let of_sources = || {
        let rows = landed.iter();
        rows.filter(|row| row.source != BY_HAND && !row.id.ends_with(RETRACTED))
    };
    let registered: HashSet<&str> = of_sources().map(|row| row.id.as_str()).collect();
    let left: HashSet<&str> = landed
        .iter()
        .filter(|row| row.source == BY_HAND)
        .map(|row| row.id.as_str())
        .filter(|id| !registered.contains(id))
        .collect();
    let mut bearers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    if left.is_empty() {
        return Carried(bearers);
    }
    for row in of_sources() {
        for name in &row.aliases {
            if let Some(id) = left.get(name.as_str()) {
                bearers.entry(*id).or_default().insert(row.id.as_str());
            }
        }
    }
    Carried(bearers)
}

impl<'a> Carried<'a> {
    /// The id of the write-up that is spoken of under this one: of several that bear it the first.
    pub(in crate::jobs) fn id(&self, id: &'a str) -> &'a str {
        let bearers = self.0.get(id);
        bearers.and_then(BTreeSet::first).copied().unwrap_or(id)
    }

    /// Closes the other write-ups that bear an id which was closed by hand: which of them was meant,
    /// nobody knows.
    pub(super) fn close_others(&self, landed: &[WriteupRow], all: &mut [RegistryWriteup]) {
        for (id, bearers) in self.0.iter().filter(|(_, bearers)| bearers.len() > 1) {
            let mut rows: Vec<&WriteupRow> = landed.iter().filter(|row| row.id == *id).collect();
            rows.sort_by_key(|row| (row.at, row.version, row.key));
            if restricted(&rows) {
                let bearing = all.iter_mut();
                bearing
                    .filter(|entry| bearers.contains(entry.id.as_str()))
                    .for_each(|entry| entry.restricted = true);
            }
        }
    }
}

/// Puts what is carried under the ids that it holds for.
pub(super) fn carry(landed: &mut [WriteupRow]) {
    let carried = carried(landed);
    if carried.0.is_empty() {
        return;
    }
    let moved = |row: &WriteupRow| {
        let into = row.merged_into.as_deref();
        let into = into.map(|into| carried.id(into).to_owned());
        (carried.id(&row.id).to_owned(), into)
    };
    let moved: Vec<_> = landed.iter().map(moved).collect();
    for (row, (id, into)) in landed.iter_mut().zip(moved) {
        row.id = id;
        row.merged_into = into;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::merge;
    use super::*;

    fn said(source: &str, id: &str, at: i64) -> WriteupRow {
        WriteupRow {
            key: u64::try_from(at).unwrap_or(0),
            at,
            source: source.to_owned(),
            id: id.to_owned(),
            ..WriteupRow::default()
        }
    }

    fn page(id: &str, at: i64, aliases: &[&str]) -> WriteupRow {
        WriteupRow {
            title: Some("Disk full".to_owned()),
            aliases: aliases.iter().map(|name| (*name).to_owned()).collect(),
            ..said("handbook", id, at)
        }
    }

    fn closed(id: &str, at: i64) -> WriteupRow {
        WriteupRow {
            restricted: true,
            aliases: vec!["INC-77".to_owned()],
            owner_team: Some("search".to_owned()),
            ..said(BY_HAND, id, at)
        }
    }

    fn merged(rows: &[WriteupRow]) -> Vec<RegistryWriteup> {
        merge(1, rows, &HashMap::new(), &HashMap::new())
    }

    #[test]
    fn what_was_said_by_hand_holds_for_the_page_under_its_new_name() {
        let rows = [page("h:new.md", 1, &["h:old.md"]), closed("h:old.md", 2)];
        let all = merged(&rows);
        assert_eq!(all.len(), 1, "the old id is no write-up any more");
        assert!(all[0].restricted);
        assert_eq!(all[0].id, "h:new.md");
        assert_eq!(all[0].names, ["INC-77", "h:new.md", "h:old.md"]);
        assert_eq!(all[0].owner_team.as_deref(), Some("search"));
        // What is said under the new id later is the last word.
        let opened = WriteupRow {
            opened: true,
            ..said(BY_HAND, "h:new.md", 3)
        };
        let all = merged(&[rows[0].clone(), rows[1].clone(), opened]);
        assert_eq!((all.len(), all[0].restricted), (1, false));
    }

    #[test]
    fn an_id_that_a_source_still_registers_keeps_what_is_its_own() {
        let rows = [
            page("h:new.md", 1, &["h:old.md"]),
            page("h:old.md", 1, &[]),
            closed("h:old.md", 2),
        ];
        let closed: Vec<bool> = merged(&rows).iter().map(|one| one.restricted).collect();
        assert_eq!(closed, [false, true]);
        // Nobody bears an id that is registered by hand alone: it is a write-up.
        let rows = [page("h:new.md", 1, &[]), self::closed("h:old.md", 2)];
        assert_eq!(merged(&rows).len(), 2);
    }

    #[test]
    fn all_that_bear_a_closed_id_are_closed() {
        let rows = [
            page("h:a.md", 1, &["INC-5"]),
            page("h:b.md", 1, &["INC-5"]),
            closed("INC-5", 2),
        ];
        let all = merged(&rows);
        assert_eq!(all.len(), 2);
        assert!(all.iter().all(|one| one.restricted));
        // Whose the words are is settled: the first's.
        assert!(all[0].owner_team.is_some() && all[1].owner_team.is_none());
    }

    #[test]
    fn parts_and_wholes_go_along() {
        let mut rows = vec![
            page("h:new.md", 1, &["h:old.md"]),
            page("h:whole.md", 1, &["h:begun.md"]),
            closed("h:begun.md", 2),
            WriteupRow {
                merged_into: Some("h:begun.md".to_owned()),
                ..said(BY_HAND, "h:old.md", 2)
            },
        ];
        let all = merged(&rows);
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].merged_into, all[1].merged_into), (2, 0));
        assert!(all.iter().all(|one| one.restricted));
        carry(&mut rows);
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["h:new.md", "h:whole.md", "h:whole.md", "h:new.md"]);
        assert_eq!(rows[3].merged_into.as_deref(), Some("h:whole.md"));
        assert_eq!(merged(&rows), all);
    }
}
