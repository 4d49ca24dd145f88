//! Derived tables: built from landing by write-up and generation, switched over at once.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::{Named, Store, StoreError};
use crate::model::Millis;

const FINGERPRINTS: &str = include_str!("../../sql/queries/fingerprints.sql");
const STATES: &str = include_str!("../../sql/queries/derived_states.sql");
const LAST_RUN: &str = include_str!("../../sql/queries/last_derive_run.sql");
const NEXT_GENERATION: &str = include_str!("../../sql/queries/next_generation.sql");
const BASIS: &str = include_str!("../../sql/queries/derive_basis.sql");
const RECEIPTS_FINGERPRINT: &str = include_str!("../../sql/queries/receipts_fingerprint.sql");
const CLEAR_STAGE: &str = include_str!("../../sql/queries/clear_staged_reads.sql");
const STAGE: &str = include_str!("../../sql/queries/stage_reads.sql");
const READS: &str = include_str!("../../sql/queries/derive_reads.sql");
const COUNTS: &str = include_str!("../../sql/queries/derive_counts.sql");
const READER_DAYS: &str = include_str!("../../sql/queries/derive_reader_days.sql");
const READ_DAYS: &str = include_str!("../../sql/queries/derive_read_days.sql");
const READER_CELLS: &str = include_str!("../../sql/queries/derive_reader_cells.sql");
const SITTING_DAYS: &str = include_str!("../../sql/queries/derive_sitting_days.sql");
const CLEAR_MACHINES: &str = include_str!("../../sql/queries/clear_staged_machines.sql");
const SUSPECTED: &str = include_str!("../../sql/queries/suspected_machines.sql");
const MACHINE_PRINTS: &str = include_str!("../../sql/queries/machine_prints.sql");
const MACHINES: [(&str, &str); 3] = [
    (
        "suspect_machines",
        include_str!("../../sql/queries/suspect_machines.sql"),
    ),
    (
        "derive_machine_hours",
        include_str!("../../sql/queries/derive_machine_hours.sql"),
    ),
    (
        "derive_machine_runs",
        include_str!("../../sql/queries/derive_machine_runs.sql"),
    ),
];
const SOURCE_DAYS: &str = include_str!("../../sql/queries/derive_source_days.sql");
const CLEAR_WATCH: &str = include_str!("../../sql/queries/clear_staged_watch.sql");
const STAGE_WATCH: &str = include_str!("../../sql/queries/stage_watch.sql");
const WATCH_PRINTS: &str = include_str!("../../sql/queries/watch_prints.sql");
const COUNTED_DAYS: &str = include_str!("../../sql/queries/derive_counted_days.sql");
const RESTAGE: &str = include_str!("../../sql/queries/restage_reads.sql");
/// The generation of staged reads that are not reconciled yet; no run has it.
const UNRECONCILED: u32 = 0;
const SWEEP: [(&str, &str); 7] = [
    (
        "sweep_derived_read",
        include_str!("../../sql/queries/sweep_derived_read.sql"),
    ),
    (
        "sweep_derived_count",
        include_str!("../../sql/queries/sweep_derived_count.sql"),
    ),
    (
        "sweep_derived_reader_day",
        include_str!("../../sql/queries/sweep_derived_reader_day.sql"),
    ),
    (
        "sweep_derived_read_day",
        include_str!("../../sql/queries/sweep_derived_read_day.sql"),
    ),
    (
        "sweep_derived_reader_cell",
        include_str!("../../sql/queries/sweep_derived_reader_cell.sql"),
    ),
    (
        "sweep_derived_sitting_day",
        include_str!("../../sql/queries/sweep_derived_sitting_day.sql"),
    ),
    (
        "sweep_derived_source_day",
        include_str!("../../sql/queries/sweep_derived_source_day.sql"),
    ),
];

/// What has landed for one write-up from one source.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct Fingerprint {
    /// The kind of event.
    pub kind: String,
    /// The source.
    pub source: String,
    /// The write-up's number; 0 for unknown targets.
    pub writeup: u32,
    /// The first event, UTC ms.
    pub first_at: i64,
    /// The last event, UTC ms.
    pub last_at: i64,
    /// How many.
    pub events: u64,
    /// How many of them name a person.
    pub named: u64,
    /// A sum of hashes over (key, version).
    pub fingerprint: u64,
}

/// From when on somebody reads as only programs do (INDICATORS section 2).
#[derive(Clone, Copy, Debug)]
pub struct MachineLimits {
    /// More distinct write-ups than these in an hour.
    pub writeups: u32,
    /// Or more than these in a run without engaged time ...
    pub run: u32,
    /// ... whose reads are less than this apart, ms.
    pub gap_ms: i64,
}

/// With what rows are derived.
#[derive(Clone, Debug)]
pub struct DeriveSettings {
    /// The generation they get.
    pub generation: u32,
    /// The organisation's zone.
    pub timezone: String,
    /// The window of a double click, ms.
    pub double_click_ms: i64,
    /// How long somebody is new, ms.
    pub newcomer_ms: i64,
    /// The numbers of accounts that are AI agents.
    pub agents: Vec<u32>,
    /// Sources that see all reads, the one that counts before the others first.
    pub wholes: Vec<String>,
}

#[derive(Row, Serialize, Deserialize)]
struct State {
    writeup: u32,
    generation: u32,
    fingerprint: u64,
}

#[derive(Row, Serialize, Deserialize)]
struct Run {
    generation: u32,
    fingerprint: u64,
}

#[derive(Row, Deserialize)]
struct MachinePrint {
    writeup: u32,
    print: u64,
}

#[derive(Row, Deserialize)]
struct WatchPrint {
    source: String,
    date: i32,
    print: u64,
}

#[derive(Row, Serialize, Deserialize)]
struct Start {
    generation: u32,
}

#[derive(Row, Serialize, Deserialize)]
struct Basis {
    generation: u32,
    basis: u64,
}

impl Store {
    /// A generation for a new run, which no run has had before, finished or not. The caller sees to
    /// it that no other run begins meanwhile.
    pub async fn begin_derive(&self) -> Result<u32, StoreError> {
        let query = self.query(NEXT_GENERATION);
        let generation: u32 = query.fetch_one().await.named("next_generation")?;
        self.insert_all("derive_start", &[Start { generation }])
            .await?;
        Ok(generation)
    }

    /// What the last whole run was made from, and its generation.
    pub async fn derive_basis(&self) -> Result<Option<(u32, u64)>, StoreError> {
        let found: Option<Basis> = self
            .query(BASIS)
            .fetch_optional()
            .await
            .named("derive_basis")?;
        Ok(found.map(|found| (found.generation, found.basis)))
    }

    /// Says what a run was made from, when all of it stands.
    pub async fn set_derive_basis(&self, generation: u32, basis: u64) -> Result<(), StoreError> {
        self.insert_all("derive_basis", &[Basis { generation, basis }])
            .await
    }

    /// One number for all that has been received.
    pub async fn receipts_fingerprint(&self) -> Result<u64, StoreError> {
        let query = self.query(RECEIPTS_FINGERPRINT);
        query.fetch_one().await.named("receipts_fingerprint")
    }

    /// The last derive run that changed something: generation and fingerprint.
    pub async fn last_derive_run(&self) -> Result<Option<(u32, u64)>, StoreError> {
        let run: Option<Run> = self
            .query(LAST_RUN)
            .fetch_optional()
            .await
            .named("last_derive_run")?;
        Ok(run.map(|run| (run.generation, run.fingerprint)))
    }

    /// What has landed of what happened before an instant, by kind, source and write-up, resolved
    /// by a generation of the registry.
    pub async fn fingerprints(
        &self,
        registry: u32,
        before: Millis,
    ) -> Result<Vec<Fingerprint>, StoreError> {
        let query = self.query(FINGERPRINTS).param("registry", registry);
        let query = query.param("before", before);
        query.fetch_all().await.named("fingerprints")
    }

    /// What the current derived rows of each write-up were made from.
    pub async fn derived_states(&self) -> Result<Vec<(u32, u64)>, StoreError> {
        let rows: Vec<State> = self
            .query(STATES)
            .fetch_all()
            .await
            .named("derived_states")?;
        Ok(rows
            .into_iter()
            .map(|row| (row.writeup, row.fingerprint))
            .collect())
    }

    /// Adds the reads of some write-ups to the stage: landing is gone through once, however many
    /// statements build derived rows from it.
    pub async fn stage(
        &self,
        settings: &DeriveSettings,
        writeups: &[u32],
    ) -> Result<(), StoreError> {
        self.stage_as(settings.generation, settings, writeups).await
    }

    /// Notes on which days which source watches, before [`Store::stage_reconciled`]. Gives one number for each
    /// day (since 1970) of each source, and how well it sees on it, by source and day.
    pub async fn stage_watch(
        &self,
        settings: &DeriveSettings,
    ) -> Result<Vec<(String, i32, u64)>, StoreError> {
        let query = self.query(STAGE_WATCH).param("tz", &settings.timezone);
        let query = query.param("registry", settings.generation);
        let query = query.param("wholes", &settings.wholes);
        query.execute().await.named("stage_watch")?;
        let query = self.query(WATCH_PRINTS);
        let rows: Vec<WatchPrint> = query.fetch_all().await.named("watch_prints")?;
        Ok(rows
            .into_iter()
            .map(|row| (row.source, row.date, row.print))
            .collect())
    }

    /// Finds in landing who reads as only programs do, and when, by a generation of the registry. Gives one
    /// number for the reads of each write-up that fall into such a time.
    pub async fn find_machines(
        &self,
        registry: u32,
        limits: MachineLimits,
    ) -> Result<Vec<(u32, u64)>, StoreError> {
        for (name, sql) in MACHINES {
            self.query(sql)
                .param("registry", registry)
                .param("machine_writeups", limits.writeups)
                .param("machine_run", limits.run)
                .param("machine_gap_ms", limits.gap_ms)
                .execute()
                .await
                .named(name)?;
            // Mostly nobody does, and then landing is gone through once.
            let suspected: u64 = self
                .query(SUSPECTED)
                .fetch_one()
                .await
                .named("suspected_machines")?;
            if suspected == 0 {
                return Ok(Vec::new());
            }
        }
        let query = self.query(MACHINE_PRINTS).param("registry", registry);
        let rows: Vec<MachinePrint> = query.fetch_all().await.named("machine_prints")?;
        Ok(rows
            .into_iter()
            .map(|row| (row.writeup, row.print))
            .collect())
    }

    /// The same for write-ups that several sources watch: of each page and day those reads count that are of
    /// the highest fidelity (naming readers before knowing engaged time before neither, and of one fidelity a
    /// source that sees all before parts) among the sources that watch and had seen the page by then; the others
    /// get a label.
    pub async fn stage_reconciled(
        &self,
        settings: &DeriveSettings,
        writeups: &[u32],
    ) -> Result<(), StoreError> {
        self.stage_as(UNRECONCILED, settings, writeups).await?;
        for (name, sql) in [
            ("derive_source_days", SOURCE_DAYS),
            ("restage_reads", RESTAGE),
        ] {
            self.query(sql)
                .param("generation", settings.generation)
                .param("tz", &settings.timezone)
                .param("writeups", writeups)
                .execute()
                .await
                .named(name)?;
        }
        Ok(())
    }

    async fn stage_as(
        &self,
        stage: u32,
        settings: &DeriveSettings,
        writeups: &[u32],
    ) -> Result<(), StoreError> {
        let query = self.query(STAGE).param("registry", settings.generation);
        let query = query.param("newcomer_ms", settings.newcomer_ms);
        let query = query.param("agents", &settings.agents);
        let query = query.param("stage", stage).param("writeups", writeups);
        query.execute().await.named("stage_reads")
    }

    /// What counters saw of write-ups that several sources watch, beside what is known of their reads.
    /// After [`Store::derive`].
    pub async fn add_counted_days(
        &self,
        settings: &DeriveSettings,
        writeups: &[u32],
    ) -> Result<(), StoreError> {
        let query = self
            .query(COUNTED_DAYS)
            .param("generation", settings.generation);
        let query = query.param("writeups", writeups);
        query.execute().await.named("derive_counted_days")
    }

    /// Empties the stage: before a run of what an unfinished one left, and after it.
    pub async fn clear_stage(&self) -> Result<(), StoreError> {
        for (name, sql) in [
            ("clear_staged_reads", CLEAR_STAGE),
            ("clear_staged_machines", CLEAR_MACHINES),
            ("clear_staged_watch", CLEAR_WATCH),
        ] {
            self.query(sql).execute().await.named(name)?;
        }
        Ok(())
    }

    /// Builds the derived rows of some write-ups, whose reads are staged. They count once
    /// [`Store::switch`] has named them.
    pub async fn derive(
        &self,
        settings: &DeriveSettings,
        writeups: &[u32],
    ) -> Result<(), StoreError> {
        for (name, sql) in [
            ("derive_reads", READS),
            ("derive_counts", COUNTS),
            ("derive_reader_days", READER_DAYS),
            ("derive_read_days", READ_DAYS),
            // From the days that now stand.
            ("derive_reader_cells", READER_CELLS),
            ("derive_sitting_days", SITTING_DAYS),
        ] {
            self.query(sql)
                .param("generation", settings.generation)
                .param("registry", settings.generation)
                .param("double_click_ms", settings.double_click_ms)
                .param("tz", &settings.timezone)
                .param("writeups", writeups)
                .execute()
                .await
                .named(name)?;
        }
        Ok(())
    }

    /// Makes the rows of a generation the current ones of these write-ups.
    pub async fn switch(&self, generation: u32, writeups: &[(u32, u64)]) -> Result<(), StoreError> {
        let rows: Vec<_> = writeups
            .iter()
            .map(|&(writeup, fingerprint)| State {
                writeup,
                generation,
                fingerprint,
            })
            .collect();
        self.insert_all("derived_state", &rows).await
    }

    /// Names the generation: from now on it is the registry's, and what this run was made from is
    /// known.
    pub async fn finish_derive(&self, generation: u32, fingerprint: u64) -> Result<(), StoreError> {
        self.insert_all(
            "derive_run",
            &[Run {
                generation,
                fingerprint,
            }],
        )
        .await
    }

    /// Removes derived rows that are no longer current.
    pub async fn sweep_derived(&self) -> Result<(), StoreError> {
        for (name, sql) in SWEEP {
            self.query(sql).execute().await.named(name)?;
        }
        Ok(())
    }
}
