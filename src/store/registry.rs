//! The registry: what has landed about write-ups and people, and the generations that the derive
//! job makes of it.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::rows::{PersonRow, WriteupRow};
use super::{Fingerprint, Named, Store, StoreError};

const LANDED_WRITEUPS: &str = include_str!("../../sql/queries/landed_writeups.sql");
const WRITEUPS_PRINT: &str = include_str!("../../sql/queries/writeups_print.sql");
const LANDED_PEOPLE: &str = include_str!("../../sql/queries/landed_people.sql");
const ACTING_PEOPLE: &str = include_str!("../../sql/queries/acting_people.sql");
const ASSIGN_PERSON_NUMBERS: &str = include_str!("../../sql/queries/assign_person_numbers.sql");
const PERSON_NUMBERS: &str = include_str!("../../sql/queries/person_numbers.sql");
const WRITEUP_NUMBERS: &str = include_str!("../../sql/queries/writeup_numbers.sql");
const TARGETS: &str = include_str!("../../sql/queries/targets.sql");
const SPOKEN_OF: &str = include_str!("../../sql/queries/spoken_of.sql");
const REGISTRY_WRITEUPS: &str = include_str!("../../sql/queries/registry_writeups.sql");
const REGISTRY_ASSIGNMENTS: &str = include_str!("../../sql/queries/registry_assignments.sql");
const SWEEP: [(&str, &str); 6] = [
    (
        "sweep_registry_team",
        include_str!("../../sql/queries/sweep_registry_team.sql"),
    ),
    (
        "sweep_registry_assignment",
        include_str!("../../sql/queries/sweep_registry_assignment.sql"),
    ),
    (
        "sweep_registry_person",
        include_str!("../../sql/queries/sweep_registry_person.sql"),
    ),
    (
        "sweep_registry_writeup",
        include_str!("../../sql/queries/sweep_registry_writeup.sql"),
    ),
    (
        "sweep_registry_target",
        include_str!("../../sql/queries/sweep_registry_target.sql"),
    ),
    (
        "sweep_registry_source",
        include_str!("../../sql/queries/sweep_registry_source.sql"),
    ),
];

const DISCARD: [(&str, &str); 13] = [
    (
        "discard_registry_team",
        include_str!("../../sql/queries/discard_registry_team.sql"),
    ),
    (
        "discard_registry_assignment",
        include_str!("../../sql/queries/discard_registry_assignment.sql"),
    ),
    (
        "discard_registry_person",
        include_str!("../../sql/queries/discard_registry_person.sql"),
    ),
    (
        "discard_registry_writeup",
        include_str!("../../sql/queries/discard_registry_writeup.sql"),
    ),
    (
        "discard_registry_target",
        include_str!("../../sql/queries/discard_registry_target.sql"),
    ),
    (
        "discard_registry_source",
        include_str!("../../sql/queries/discard_registry_source.sql"),
    ),
    (
        "discard_derived_read",
        include_str!("../../sql/queries/discard_derived_read.sql"),
    ),
    (
        "discard_derived_count",
        include_str!("../../sql/queries/discard_derived_count.sql"),
    ),
    (
        "discard_derived_reader_day",
        include_str!("../../sql/queries/discard_derived_reader_day.sql"),
    ),
    (
        "discard_derived_read_day",
        include_str!("../../sql/queries/discard_derived_read_day.sql"),
    ),
    (
        "discard_derived_reader_cell",
        include_str!("../../sql/queries/discard_derived_reader_cell.sql"),
    ),
    (
        "discard_derived_sitting_day",
        include_str!("../../sql/queries/discard_derived_sitting_day.sql"),
    ),
    (
        "discard_derived_source_day",
        include_str!("../../sql/queries/discard_derived_source_day.sql"),
    ),
];

/// Tells what has landed about write-ups from what had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct WriteupsPrint {
    rows: u64,
    keys: u64,
    versions: u64,
}

/// A write-up in one generation of the registry; instants are UTC ms.
#[derive(Clone, Debug, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct RegistryWriteup {
    /// The generation.
    pub generation: u32,
    /// Its number, from 1; kept for ever.
    pub number: u32,
    /// Its id.
    pub id: String,
    /// Every name of it, its id included, sorted.
    pub names: Vec<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// When it was published.
    pub published_at: Option<i64>,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
    /// The team that had the incident.
    pub owner_team: Option<String>,
    /// Numbers of its authors, sorted.
    pub contributors: Vec<u32>,
    /// Numbers of who responded, sorted.
    pub responders: Vec<u32>,
    /// Words of prose.
    pub words: Option<u32>,
    /// The template it was made from.
    pub template: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Not everybody may see it.
    pub restricted: bool,
    /// Numbers of its reviewers, sorted.
    pub reviewers: Vec<u32>,
    /// Numbers of who led its review, sorted.
    pub facilitators: Vec<u32>,
    /// Teams of its authors.
    pub contributor_teams: Vec<String>,
    /// Diagrams.
    pub diagrams: Option<u32>,
    /// Hyperlinks.
    pub hyperlinks: Option<u32>,
    /// Acronyms.
    pub acronyms: Option<u32>,
    /// Acronyms that are not explained.
    pub acronyms_unexplained: Option<u32>,
    /// Sources of data that it names.
    pub data_sources: Option<u32>,
    /// Passages in other people's words.
    pub quotations: Option<u32>,
    /// Words at its publication; so with all that follow.
    pub first_words: Option<u32>,
    /// Diagrams.
    pub first_diagrams: Option<u32>,
    /// Hyperlinks.
    pub first_hyperlinks: Option<u32>,
    /// Acronyms.
    pub first_acronyms: Option<u32>,
    /// Acronyms that were not explained.
    pub first_acronyms_unexplained: Option<u32>,
    /// Sources of data.
    pub first_data_sources: Option<u32>,
    /// Passages in other people's words.
    pub first_quotations: Option<u32>,
    /// Authors.
    pub first_contributors: Option<u32>,
    /// Teams of its authors.
    pub first_contributor_teams: Option<u32>,
    /// It says what surprised people; so far as anybody said, as with the next three.
    pub surprised: Option<bool>,
    /// It says what was difficult.
    pub difficult: Option<bool>,
    /// It says what is still unclear.
    pub unclear: Option<bool>,
    /// It gives more than one account.
    pub several_accounts: Option<bool>,
    /// The number of the write-up that it counts for; 0 for itself.
    pub merged_into: u32,
    /// Names that are its own only between two instants.
    pub spans: Vec<(String, i64, i64)>,
    /// The number of who is named first among its authors; 0 for nobody.
    pub maker: u32,
}

/// A pseudonym in one generation of the registry.
#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
pub struct RegistryPerson {
    /// The generation.
    pub generation: u32,
    /// The pseudonym.
    pub pseudonym: u128,
    /// The person it stands for.
    pub number: u32,
    /// Their team, or empty.
    pub team: String,
    /// `person`, `room`, `bot`, `service`, or `excluded`: kept, and not counted.
    pub kind: String,
    /// When they joined, UTC ms.
    pub joined_at: Option<i64>,
    /// When they left, UTC ms.
    pub left_at: Option<i64>,
}

/// A person's team in one generation of the registry, in `[from_at, to_at)`; instants are UTC ms.
#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
pub struct RegistryTeam {
    /// The generation.
    pub generation: u32,
    /// The person.
    pub number: u32,
    /// Since when.
    pub from_at: i64,
    /// Until when.
    pub to_at: i64,
    /// The team.
    pub team: String,
}

/// Reading that is assigned in one generation of the registry, in `[from_at, to_at)`; instants are UTC
/// ms.
#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
pub struct RegistryAssignment {
    /// The generation.
    pub generation: u32,
    /// The write-up's number.
    pub writeup: u32,
    /// From when.
    pub from_at: i64,
    /// Until when.
    pub to_at: i64,
    /// To this team; empty: to no team in particular.
    pub team: String,
    /// To newcomers; neither: to everybody.
    pub newcomers: bool,
}

/// Whose a target is from an instant on.
#[derive(Clone, Debug, Row, Serialize, Deserialize)]
pub struct RegistryTarget {
    /// The generation.
    pub generation: u32,
    /// The target as it landed.
    pub target: String,
    /// Since when, UTC ms.
    pub from_ms: i64,
    /// The write-up's number; 0: unknown.
    pub number: u32,
    /// The number of the write-up whose page it is, if that was merged into the other; else the same.
    pub page: u32,
}

#[derive(Row, Serialize, Deserialize)]
struct RegistrySource {
    generation: u32,
    kind: String,
    source: String,
    writeup: u32,
    first_at: i64,
    last_at: i64,
    events: u64,
    named: u64,
}

#[derive(Row, Deserialize)]
struct PersonNumber {
    pseudonym: u128,
    number: u32,
}

#[derive(Row, Deserialize)]
struct WriteupNumber {
    id: String,
    number: u32,
}

#[derive(Row, Deserialize)]
struct Target {
    target: String,
    canonical: String,
}

/// What events of one kind name, and how many do.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct SpokenOf {
    /// As it was given.
    pub target: String,
    /// Its one spelling.
    pub canonical: String,
    /// The kind of the events.
    pub kind: String,
    /// How many, those of robots among them.
    pub events: u64,
    /// The first of them, UTC ms.
    pub first_at: i64,
    /// The last of them, UTC ms.
    pub last_at: i64,
}

/// One generation, complete.
#[derive(Clone, Debug, Default)]
pub struct RegistryRows {
    /// The write-ups.
    pub writeups: Vec<RegistryWriteup>,
    /// The pseudonyms.
    pub people: Vec<RegistryPerson>,
    /// Who was in which team when.
    pub teams: Vec<RegistryTeam>,
    /// Who is told to read what.
    pub assignments: Vec<RegistryAssignment>,
    /// Every target that events name, for all parts of time.
    pub targets: Vec<RegistryTarget>,
}

impl Store {
    /// What has landed about write-ups, oldest first within an id.
    pub async fn landed_writeups(&self) -> Result<Vec<WriteupRow>, StoreError> {
        self.query(LANDED_WRITEUPS)
            .fetch_all()
            .await
            .named("landed_writeups")
    }

    /// Whether something has landed about write-ups since: cheap enough for every request of a page.
    pub async fn writeups_print(&self) -> Result<WriteupsPrint, StoreError> {
        let query = self.query(WRITEUPS_PRINT);
        query.fetch_one().await.named("writeups_print")
    }

    /// What has landed about people, oldest first within a person.
    pub async fn landed_people(&self) -> Result<Vec<PersonRow>, StoreError> {
        self.query(LANDED_PEOPLE)
            .fetch_all()
            .await
            .named("landed_people")
    }

    /// Every pseudonym that events name, those of the roster alone left out.
    pub async fn acting_people(&self) -> Result<Vec<u128>, StoreError> {
        self.query(ACTING_PEOPLE)
            .fetch_all()
            .await
            .named("acting_people")
    }

    /// Gives every pseudonym that has landed a dense number, and returns all numbers.
    pub async fn number_people(&self) -> Result<Vec<(u128, u32)>, StoreError> {
        let assign = self.query(ASSIGN_PERSON_NUMBERS);
        assign.execute().await.named("assign_person_numbers")?;
        let rows: Vec<PersonNumber> = self
            .query(PERSON_NUMBERS)
            .fetch_all()
            .await
            .named("person_numbers")?;
        Ok(rows
            .into_iter()
            .map(|row| (row.pseudonym, row.number))
            .collect())
    }

    /// Numbers of write-ups that earlier generations gave.
    pub async fn writeup_numbers(&self) -> Result<Vec<(String, u32)>, StoreError> {
        let rows: Vec<WriteupNumber> = self
            .query(WRITEUP_NUMBERS)
            .fetch_all()
            .await
            .named("writeup_numbers")?;
        Ok(rows.into_iter().map(|row| (row.id, row.number)).collect())
    }

    /// Every (target, canonical target) that events name.
    pub async fn targets(&self) -> Result<Vec<(String, String)>, StoreError> {
        let rows: Vec<Target> = self.query(TARGETS).fetch_all().await.named("targets")?;
        Ok(rows
            .into_iter()
            .map(|row| (row.target, row.canonical))
            .collect())
    }

    /// Every target with its events, by kind, and apart for each part of time between these instants.
    pub async fn spoken_of(&self, bounds: &[i64]) -> Result<Vec<SpokenOf>, StoreError> {
        let query = self.query(SPOKEN_OF).param("bounds", bounds);
        query.fetch_all().await.named("spoken_of")
    }

    /// Writes write-ups, people and targets of a new generation. It counts once
    /// [`Store::finish_derive`] has named it.
    pub async fn write_registry(&self, rows: &RegistryRows) -> Result<(), StoreError> {
        self.insert_all("registry_writeup", &rows.writeups).await?;
        self.insert_all("registry_person", &rows.people).await?;
        self.insert_all("registry_team", &rows.teams).await?;
        self.insert_all("registry_assignment", &rows.assignments)
            .await?;
        self.insert_all("registry_target", &rows.targets).await
    }

    /// Writes which source delivered what, from the fingerprints.
    pub async fn write_sources(
        &self,
        generation: u32,
        fingerprints: &[Fingerprint],
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = fingerprints
            .iter()
            .map(|row| RegistrySource {
                generation,
                kind: row.kind.clone(),
                source: row.source.clone(),
                writeup: row.writeup,
                first_at: row.first_at,
                last_at: row.last_at,
                events: row.events,
                named: row.named,
            })
            .collect();
        self.insert_all("registry_source", &rows).await
    }

    /// The write-ups of a generation, by id.
    pub async fn registry_writeups(
        &self,
        generation: u32,
    ) -> Result<Vec<RegistryWriteup>, StoreError> {
        let query = self.query(REGISTRY_WRITEUPS).param("registry", generation);
        query.fetch_all().await.named("registry_writeups")
    }

    /// The assigned reading of a generation, by write-up.
    pub async fn registry_assignments(
        &self,
        generation: u32,
    ) -> Result<Vec<RegistryAssignment>, StoreError> {
        let query = self
            .query(REGISTRY_ASSIGNMENTS)
            .param("registry", generation);
        query.fetch_all().await.named("registry_assignments")
    }

    /// Removes every generation before this one.
    pub async fn sweep_registry(&self, generation: u32) -> Result<(), StoreError> {
        self.for_generation(&SWEEP, generation).await
    }

    /// Removes what an unfinished run left behind: every row from this generation on.
    pub async fn sweep_registry_from(&self, generation: u32) -> Result<(), StoreError> {
        self.for_generation(&DISCARD, generation).await
    }

    async fn for_generation(
        &self,
        statements: &[(&'static str, &'static str)],
        generation: u32,
    ) -> Result<(), StoreError> {
        for (name, sql) in statements {
            let query = self.query(sql).param("generation", generation);
            query.execute().await.named(name)?;
        }
        Ok(())
    }
}
