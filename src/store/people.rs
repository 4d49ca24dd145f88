//! People in the store: taken out, given other pseudonyms, searched for. Landed events are never
//! rewritten but for this.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clickhouse::Row;
use serde::Deserialize;

use super::landing::bits;
use super::{Batch, Named, Store, StoreError};
use crate::model::Pseudonym;

const ACQUAINTED: &str = include_str!("../../sql/queries/acquainted.sql");
const ERASE: [(&str, &str); 9] = [
    (
        "erase_people_in_reads",
        include_str!("../../sql/queries/erase_people_in_reads.sql"),
    ),
    (
        "erase_people_in_attendance",
        include_str!("../../sql/queries/erase_people_in_attendance.sql"),
    ),
    (
        "erase_people_in_replaced",
        include_str!("../../sql/queries/erase_people_in_replaced.sql"),
    ),
    (
        "erase_people_in_comments",
        include_str!("../../sql/queries/erase_people_in_comments.sql"),
    ),
    (
        "erase_people_in_edits",
        include_str!("../../sql/queries/erase_people_in_edits.sql"),
    ),
    (
        "erase_people_in_links",
        include_str!("../../sql/queries/erase_people_in_links.sql"),
    ),
    (
        "erase_people_in_writeups",
        include_str!("../../sql/queries/erase_people_in_writeups.sql"),
    ),
    (
        "erase_people_in_roster",
        include_str!("../../sql/queries/erase_people_in_roster.sql"),
    ),
    ("erase_person_numbers", ERASE_NUMBERS),
];
/// The last: as long as it stands, a run that was cut off finds all names of a person again.
const ERASE_ENTRIES: &str = include_str!("../../sql/queries/erase_entries_of_roster.sql");

const RENAME: [(&str, &str); 9] = [
    (
        "renumber_people",
        include_str!("../../sql/queries/renumber_people.sql"),
    ),
    (
        "rename_people_in_reads",
        include_str!("../../sql/queries/rename_people_in_reads.sql"),
    ),
    (
        "rename_people_in_attendance",
        include_str!("../../sql/queries/rename_people_in_attendance.sql"),
    ),
    (
        "rename_people_in_replaced",
        include_str!("../../sql/queries/rename_people_in_replaced.sql"),
    ),
    (
        "rename_people_in_comments",
        include_str!("../../sql/queries/rename_people_in_comments.sql"),
    ),
    (
        "rename_people_in_edits",
        include_str!("../../sql/queries/rename_people_in_edits.sql"),
    ),
    (
        "rename_people_in_links",
        include_str!("../../sql/queries/rename_people_in_links.sql"),
    ),
    (
        "rename_people_in_writeups",
        include_str!("../../sql/queries/rename_people_in_writeups.sql"),
    ),
    (
        "rename_people_in_roster",
        include_str!("../../sql/queries/rename_people_in_roster.sql"),
    ),
];
const ERASE_NUMBERS: &str = include_str!("../../sql/queries/erase_person_numbers.sql");
const RESET_STATE: &str = include_str!("../../sql/queries/reset_derived_state.sql");
const RESET_BASIS: &str = include_str!("../../sql/queries/reset_derive_basis.sql");
const NAMES: &str = include_str!("../../sql/queries/names_of_people.sql");
const COLUMNS: &str = include_str!("../../sql/queries/columns_with_people.sql");
const IN_COLUMN: &str = include_str!("../../sql/queries/people_in_column.sql");
const IN_LIST: &str = include_str!("../../sql/queries/people_in_list.sql");
const WRITEUPS: &str = include_str!("../../sql/queries/writeups_of_people.sql");

/// So many pseudonyms are named in one statement: each is up to 39 digits, twice.
const AT_ONCE: usize = 500;

/// Who becomes whom; `None` is nobody.
pub type Renamed = BTreeMap<Pseudonym, Option<Pseudonym>>;

#[derive(Row, Deserialize)]
struct Column {
    table: String,
    column: String,
    list: bool,
}

/// How many people write-ups name as contributors, how many are named as readers, and how many are both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Row, Deserialize)]
pub struct Acquainted {
    /// Contributors.
    pub authors: u64,
    /// Readers.
    pub readers: u64,
    /// Contributors who are among the readers.
    pub both: u64,
}

impl Store {
    /// Whether authors are known among readers, as of the last run of the derive job.
    pub async fn acquainted(&self) -> Result<Acquainted, StoreError> {
        self.query(ACQUAINTED).fetch_one().await.named("acquainted")
    }

    /// Takes people out of everything that has landed. Derived tables are made anew by the next run of
    /// the derive job, see [`Store::rederive`]. The caller holds the data folder's turn.
    pub async fn erase_people(&self, people: &[Pseudonym]) -> Result<(), StoreError> {
        for part in people.chunks(AT_ONCE) {
            let list = numbers(part.iter().copied());
            for (name, sql) in ERASE {
                let query = self.query(sql).param("people", &list);
                query.execute().await.named(name)?;
            }
            let query = self.query(ERASE_ENTRIES).param("people", &list);
            query.execute().await.named("erase_entries_of_roster")?;
        }
        Ok(())
    }

    /// Gives people other pseudonyms in everything that has landed; they keep their numbers. What was
    /// done before a run was cut off is done again without harm. The caller holds the data folder's turn.
    pub async fn rename_people(&self, people: &[(Pseudonym, Pseudonym)]) -> Result<(), StoreError> {
        for part in people.chunks(AT_ONCE) {
            let from = numbers(part.iter().map(|(from, _)| *from));
            let to = numbers(part.iter().map(|(_, to)| *to));
            for (name, sql) in RENAME {
                let query = self.query(sql).param("from", &from).param("to", &to);
                query.execute().await.named(name)?;
            }
            let query = self.query(ERASE_NUMBERS).param("people", &from);
            query.execute().await.named("erase_person_numbers")?;
        }
        Ok(())
    }

    /// Makes the next run of the derive job build everything again, though no event came.
    pub async fn rederive(&self) -> Result<(), StoreError> {
        let query = self.query(RESET_STATE);
        query.execute().await.named("reset_derived_state")?;
        self.look_again().await
    }

    /// Makes the next run of the derive job look again at what landed, though no event came; what it derives of
    /// write-ups whose events are the same stays as it is.
    pub async fn look_again(&self) -> Result<(), StoreError> {
        let query = self.query(RESET_BASIS);
        query.execute().await.named("reset_derive_basis")
    }

    /// All pseudonyms of the people who have one of these, as a generation of the registry has them.
    pub async fn all_names(
        &self,
        registry: u32,
        people: &[Pseudonym],
    ) -> Result<Vec<Pseudonym>, StoreError> {
        let query = self.query(NAMES).param("registry", registry);
        let query = query.param("people", numbers(people.iter().copied()));
        let found: Vec<u128> = query.fetch_all().await.named("names_of_people")?;
        Ok(found.into_iter().map(of_bits).collect())
    }

    /// Where people stand in the store: rows by table and column, only those where there are any.
    pub async fn people_found(
        &self,
        people: &[Pseudonym],
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let query = self.query(COLUMNS).param("database", &self.database);
        let columns: Vec<Column> = query.fetch_all().await.named("columns_with_people")?;
        let mut found = BTreeMap::new();
        for column in columns {
            let (name, sql) = match column.list {
                true => ("people_in_list", IN_LIST),
                false => ("people_in_column", IN_COLUMN),
            };
            for part in people.chunks(AT_ONCE) {
                let list = numbers(part.iter().copied());
                let query = self.query(sql).param("people", &list);
                let query = query.param("table", &column.table);
                let query = query.param("column", &column.column);
                let rows: u64 = query.fetch_one().await.named(name)?;
                if rows > 0 {
                    let place = format!("{}.{}", column.table, column.column);
                    *found.entry(place).or_default() += rows;
                }
            }
        }
        Ok(found)
    }

    /// Every pseudonym of every table.
    pub async fn everybody(&self) -> Result<BTreeSet<Pseudonym>, StoreError> {
        let mut all = BTreeSet::new();
        let columns = self.columns().await?;
        for column in columns.iter().filter(|column| column.is_pseudonym()) {
            all.extend(self.pseudonyms(column).await?.into_iter().map(of_bits));
        }
        Ok(all)
    }

    /// How many write-ups name one of these people, in any role.
    pub async fn writeups_of(&self, people: &[Pseudonym]) -> Result<usize, StoreError> {
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for part in people.chunks(AT_ONCE) {
            let list = numbers(part.iter().copied());
            let query = self.query(WRITEUPS).param("people", &list);
            let found: Vec<String> = query.fetch_all().await.named("writeups_of_people")?;
            ids.extend(found);
        }
        Ok(ids.len())
    }
}

impl Batch {
    /// Gives people in it other pseudonyms, or takes them out. Says whether anybody was among them.
    pub fn rename_people(&mut self, renamed: &Renamed) -> bool {
        // Taken apart by name: a new kind can't be forgotten here.
        let Batch {
            reads,
            read_counts: _,
            attendance,
            comments,
            edits,
            links,
            writeups,
            people,
            coverage: _,
            lines: _,
            meetings: _,
            stories: _,
            annotations: _,
        } = self;
        let mut any = false;
        // Says whether somebody was taken out.
        let mut one = |person: &mut u128| {
            let Some(to) = renamed.get(&of_bits(*person)) else {
                return false;
            };
            any = true;
            *person = to.map_or(0, bits);
            to.is_none()
        };
        for row in reads {
            if one(&mut row.person) {
                row.team = Arc::default();
                row.session = 0;
            }
        }
        for row in attendance {
            if one(&mut row.person) {
                row.team.clear();
            }
        }
        for row in comments {
            if one(&mut row.person) {
                row.team.clear();
            }
        }
        for row in edits {
            if one(&mut row.person) {
                row.team.clear();
            }
        }
        for row in links {
            if one(&mut row.person) {
                row.team.clear();
            }
        }
        for row in writeups {
            for role in [
                &mut row.contributors,
                &mut row.responders,
                &mut row.reviewers,
                &mut row.facilitators,
            ] {
                any |= all(role, renamed);
            }
        }
        for row in people.iter_mut() {
            any |= all(&mut row.aliases, renamed);
            any |= all(&mut row.apart, renamed);
            if let Some(to) = renamed.get(&of_bits(row.person)) {
                any = true;
                row.person = to.map_or(0, bits);
            }
        }
        people.retain(|row| row.person != 0);
        any
    }

    /// Everybody in it.
    pub fn people(&self) -> BTreeSet<Pseudonym> {
        // Taken apart by name, as above.
        let Batch {
            reads,
            read_counts: _,
            attendance,
            comments,
            edits,
            links,
            writeups,
            people,
            coverage: _,
            lines: _,
            meetings: _,
            stories: _,
            annotations: _,
        } = self;
        let lists = writeups.iter().flat_map(|row| {
            [
                &row.contributors,
                &row.responders,
                &row.reviewers,
                &row.facilitators,
            ]
        });
        let lists = lists.chain(people.iter().flat_map(|row| [&row.aliases, &row.apart]));
        let each = reads.iter().map(|row| row.person);
        let each = each.chain(attendance.iter().map(|row| row.person));
        let each = each.chain(comments.iter().map(|row| row.person));
        let each = each.chain(edits.iter().map(|row| row.person));
        let each = each.chain(links.iter().map(|row| row.person));
        let each = each.chain(people.iter().map(|row| row.person));
        let each = each.chain(lists.flatten().copied());
        each.filter(|person| *person != 0).map(of_bits).collect()
    }
}

fn all(people: &mut Vec<u128>, renamed: &Renamed) -> bool {
    let mut any = false;
    people.retain_mut(|person| match renamed.get(&of_bits(*person)) {
        None => true,
        Some(to) => {
            any = true;
            *person = to.map_or(0, bits);
            to.is_some()
        }
    });
    any
}

fn numbers(people: impl Iterator<Item = Pseudonym>) -> String {
    let each: Vec<String> = people.map(|person| bits(person).to_string()).collect();
    each.join(",")
}

/// A pseudonym, as the tables hold it.
pub(super) fn of_bits(person: u128) -> Pseudonym {
    Pseudonym(person.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::rows::{PersonRow, ReadRow, WriteupRow};

    #[test]
    fn whoever_is_taken_out_of_a_batch_is_gone() {
        let [ada, ben, new] = [1, 2, 3].map(|n| Pseudonym([n; 16]));
        let person = |person: Pseudonym, aliases: &[Pseudonym]| PersonRow {
            person: bits(person),
            aliases: aliases.iter().copied().map(bits).collect(),
            ..PersonRow::default()
        };
        let mut batch = Batch {
            reads: [ada, ben]
                .map(|person| ReadRow {
                    person: bits(person),
                    session: 7,
                    team: "payments".into(),
                    ..ReadRow::default()
                })
                .into(),
            writeups: vec![WriteupRow {
                contributors: vec![bits(ada), bits(ben)],
                ..WriteupRow::default()
            }],
            people: vec![person(ada, &[]), person(ben, &[ada])],
            ..Batch::default()
        };
        let renamed = Renamed::from([(ada, None), (ben, Some(new))]);
        assert_eq!(batch.people(), BTreeSet::from([ada, ben]));
        assert!(batch.rename_people(&renamed));
        assert_eq!(batch.people(), BTreeSet::from([new]));
        let reads: Vec<_> = batch
            .reads
            .iter()
            .map(|row| (row.person, row.session))
            .collect();
        assert_eq!(reads, [(0, 0), (bits(new), 7)]);
        assert_eq!(batch.writeups[0].contributors, [bits(new)]);
        assert_eq!(batch.people.len(), 1);
        assert!(batch.people[0].aliases.is_empty());
        assert!(!batch.rename_people(&renamed));
    }
}
