//! Facts: the bounded answers that indicators are made of, as of one instant.

use clickhouse::Row;
use clickhouse::query::Query;
use polars::prelude::DataFrame;
use serde::Deserialize;

use super::links::LinkRules;
use super::which::{Each, Which};
use super::{Named, Store, StoreError, frames};
use crate::model::{ARRIVALS, Millis};

/// As of when, and by which rules, facts are asked.
#[derive(Clone, Debug)]
pub struct FactSettings {
    /// Events at or after this instant have not happened.
    pub as_of: Millis,
    /// The first local day, since 1970, that the day roll-up can't serve: the one in which
    /// `as_of` less the double-click window lies.
    pub boundary: i32,
    /// The organisation's zone.
    pub timezone: String,
    /// The registry's generation.
    pub registry: u32,
    /// Age from which a sign is late, days.
    pub late_days: i32,
    /// Which reads are meant; not every fact asks.
    pub which: Which,
    /// By which rules links play their parts.
    pub links: LinkRules,
}

/// Events of one kind with one label.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct LabelCount {
    /// The kind.
    pub kind: String,
    /// 0 kept, 1 unknown write-up, 2 after deletion, 3 robot, 4 contributor's own, 5 draft, 6 somebody
    /// excluded, 10 an AI agent, 11 somebody who reads as only programs do.
    pub label: u8,
    /// Events before `as_of`.
    pub before: u64,
    /// Events at or after it.
    pub future: u64,
}

/// What became of the reads.
#[derive(Clone, Copy, Debug, Default, Row, Deserialize)]
pub struct HealthCounts {
    /// Reads that passed every exclusion.
    pub clicks: u64,
    /// Those left after double clicks.
    pub kept: u64,
    /// Those without a person.
    pub anonymous: u64,
    /// Daily counts.
    pub aggregated_rows: u64,
    /// Reads in them.
    pub aggregated_reads: u64,
    /// Distinct people behind contributors' own reads.
    pub own_people: u64,
    /// Distinct people behind reads of drafts.
    pub draft_people: u64,
    /// Distinct people behind reads that another source saw better.
    pub other_people: u64,
    /// Distinct people whose reads of the same write-ups that one saw.
    pub compared_people: u64,
    /// Distinct people for whom AI agents read.
    pub agent_people: u64,
    /// Distinct people who read as only programs do.
    pub machine_people: u64,
}

/// Excluded people who did something of one kind.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ExcludedRow {
    /// The kind of event; empty: any.
    pub kind: String,
    /// Distinct people.
    pub people: u64,
}

/// Two sources that saw reads of the same write-ups, and how many each saw on the days that both
/// watched.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ComparedRow {
    /// One of them.
    pub one: String,
    /// The other; its name comes later in the alphabet.
    pub other: String,
    /// Write-ups that both saw.
    pub writeups: u64,
    /// Distinct people whom either is known to have seen.
    pub people: u64,
    /// Those whom one saw.
    pub one_people: u64,
    /// Those whom the other saw.
    pub other_people: u64,
    /// What one saw.
    pub one_reads: u64,
    /// What the other saw.
    pub other_reads: u64,
}

/// Kept reads of a write-up whose readers came from one kind of place.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ArrivalRow {
    /// The write-up's number; 0: all of them together.
    pub writeup: u32,
    /// The kind of place.
    pub class: String,
    /// How many.
    pub reads: u64,
    /// Distinct people known among their readers.
    pub people: u64,
}

/// Which source delivered what for which write-up.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ObservedRow {
    /// The kind of event.
    pub kind: String,
    /// The source.
    pub source: String,
    /// The write-up's number; 0 for unknown targets.
    pub writeup: u32,
    /// The first event, UTC ms.
    pub first_at: Millis,
    /// The last event, UTC ms.
    pub last_at: Millis,
    /// How many.
    pub events: u64,
    /// How many of them name a person.
    pub named: u64,
}

/// R1 and R3 as counted.
#[derive(Clone, Copy, Debug, Default, Row, Deserialize)]
pub struct RosterCounts {
    /// R1.
    pub total_reads: u64,
    /// R3: people.
    pub readers: u64,
    /// R3: (person, write-up).
    pub reader_writeup_pairs: u64,
    /// R3: (person, local date).
    pub reader_days: u64,
    /// Reads without a person.
    pub anonymous: u64,
}

/// A statement and its name.
pub(super) type Statement = (&'static str, &'static str);

macro_rules! statement {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../sql/queries/", $name, ".sql")),
        )
    };
}

const DAILY: Statement = statement!("fact_daily");
const PEOPLE_BY_AGE_WEEK: Statement = statement!("fact_people_by_age_week");
const PEOPLE_BY_MONTH: Statement = statement!("fact_people_by_month");
const PEOPLE_BY_WEEKDAY: Statement = statement!("fact_people_by_weekday");
const PEOPLE_BY_COHORT: Statement = statement!("fact_people_by_cohort");
const HORIZON_PEOPLE: Statement = statement!("fact_horizon_people");
const TRAILING: Statement = statement!("fact_trailing");
const READER_TOTALS: Statement = statement!("fact_reader_totals");
const UNIQUE_READS: Statement = statement!("fact_unique_reads");
const CLASSES: Statement = statement!("fact_classes");
const MEDIAN_AGE: Statement = statement!("fact_median_age");
const MEDIAN_AGE_PEOPLE: Statement = statement!("fact_median_age_people");
const MEDIAN_AGE_BY_WRITEUP: Statement = statement!("fact_median_age_by_writeup");
const LATE_READERS: Statement = statement!("fact_late_readers");
const ATTENDANCE: Statement = statement!("fact_attendance");
const CONTRIBUTIONS: Statement = statement!("fact_contributions");
const COMMENTS: Statement = statement!("fact_comments");
const WRITEUP_READERS: Statement = statement!("writeup_readers");
const ARRIVALS_OF: Statement = statement!("fact_arrivals");
const AGENT_READS: Statement = statement!("writeup_agent_reads");
const WRITEUP_CURVE: Statement = statement!("writeup_curve");
const SLICE_PEOPLE: Statement = statement!("slice_people");
const RECEIPTS: Statement = statement!("receipts");
const LABELS: Statement = statement!("health_labels");
const READ_HEALTH: Statement = statement!("health_reads");
const COMPARED_SOURCES: Statement = statement!("health_sources");
const EXCLUDED_PEOPLE: Statement = statement!("health_excluded");
const OBSERVED: Statement = statement!("registry_sources");
const COVERAGE: Statement = statement!("landed_coverage");

/// A window of ages whose median is asked for.
#[derive(Clone, Debug)]
pub struct AgeWindow<'a> {
    /// Reads from this instant on.
    pub from: Millis,
    /// The local day in which it lies, since 1970.
    pub date: i32,
    /// Ages below so many days.
    pub below_days: i32,
    /// Of these write-ups (numbers).
    pub writeups: &'a [u32],
}

/// One class of R4: name, person-days, people, (write-up, person) pairs.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ClassCount {
    /// `read`, `skimmed`, `opened`, `unknown`.
    pub class: String,
    /// Person-days.
    pub days: u64,
    /// Distinct people.
    pub people: u64,
    /// Distinct (write-up, person).
    pub pairs: u64,
}

/// The limits of R4.
#[derive(Clone, Copy, Debug)]
pub struct ReadingLimits {
    /// Less engaged time is an opening only, ms.
    pub skim_ms: u32,
    /// What a fast reader needs for a word of the part to be read, ms.
    pub ms_per_word: f64,
    /// The depth to be reached, thousandths.
    pub depth_milli: u16,
}

/// What a source said of when it was watching.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct CoverageRow {
    /// Key of the event.
    pub key: u64,
    /// Version of the event.
    pub version: u64,
    /// When it was said.
    pub at: Millis,
    /// By whom.
    pub source: String,
    /// The kind of event observed.
    pub kind: String,
    /// A source or the prefix of targets.
    pub scope: String,
    /// From when.
    pub from_at: Millis,
    /// Until when.
    pub to_at: Option<Millis>,
}

/// A receipt's line.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct Receipt {
    /// The kind of event, or `rejected`.
    pub kind: String,
    /// The source.
    pub source: String,
    /// Lines received.
    pub lines: u64,
}

#[derive(Row, Deserialize)]
struct Median {
    reads: u64,
    median: f64,
}

#[derive(Row, Deserialize)]
struct WriteupMedian {
    #[expect(dead_code, reason = "the statement orders by it")]
    writeup: u32,
    median: f64,
}

impl Store {
    /// `Facts::daily`; `writeup` is the registry's number here.
    pub async fn daily(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        self.frame(DAILY, settings).await
    }

    /// `Facts::people_by_age_week`.
    pub async fn people_by_age_week(
        &self,
        settings: &FactSettings,
    ) -> Result<DataFrame, StoreError> {
        self.frame(PEOPLE_BY_AGE_WEEK, settings).await
    }

    /// `Facts::people_by_month`.
    pub async fn people_by_month(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        self.frame(PEOPLE_BY_MONTH, settings).await
    }

    /// `Facts::people_by_weekday`.
    pub async fn people_by_weekday(
        &self,
        settings: &FactSettings,
    ) -> Result<DataFrame, StoreError> {
        self.frame(PEOPLE_BY_WEEKDAY, settings).await
    }

    /// `Facts::people_by_cohort`, of these write-ups (numbers).
    pub async fn people_by_cohort(
        &self,
        settings: &FactSettings,
        writeups: &[u32],
    ) -> Result<DataFrame, StoreError> {
        let query = self.ask(PEOPLE_BY_COHORT, settings);
        frames::fetch(query.param("writeups", writeups), PEOPLE_BY_COHORT.0).await
    }

    /// L3: distinct people with an early and with a late read, within `horizon` days, of these
    /// write-ups (numbers).
    pub async fn horizon_people(
        &self,
        settings: &FactSettings,
        horizon: i32,
        writeups: &[u32],
    ) -> Result<Each<(u64, u64)>, StoreError> {
        let query = self.ask(HORIZON_PEOPLE, settings).param("horizon", horizon);
        each(query.param("writeups", writeups), HORIZON_PEOPLE).await
    }

    /// `Facts::trailing`; the window's first instant, and the local day (since 1970) in which it lies.
    pub async fn trailing(
        &self,
        settings: &FactSettings,
        since: (Millis, i32),
    ) -> Result<DataFrame, StoreError> {
        frames::fetch(self.ask_since(TRAILING, settings, since), TRAILING.0).await
    }

    /// R1 and R3.
    pub async fn reader_totals(
        &self,
        settings: &FactSettings,
    ) -> Result<Each<RosterCounts>, StoreError> {
        each(self.ask(READER_TOTALS, settings), READER_TOTALS).await
    }

    /// R2.
    pub async fn unique_reads(&self, settings: &FactSettings) -> Result<u64, StoreError> {
        self.ask(UNIQUE_READS, settings)
            .fetch_one()
            .await
            .named(UNIQUE_READS.0)
    }

    /// R4.
    pub async fn classes(
        &self,
        settings: &FactSettings,
        limits: ReadingLimits,
    ) -> Result<Vec<ClassCount>, StoreError> {
        self.ask(CLASSES, settings)
            .param("skim_ms", limits.skim_ms)
            .param("ms_per_word", limits.ms_per_word)
            .param("depth_milli", limits.depth_milli)
            .fetch_all()
            .await
            .named(CLASSES.0)
    }

    /// L2: the median age in ms; `None`: no reads.
    pub async fn median_age(
        &self,
        settings: &FactSettings,
        window: &AgeWindow<'_>,
    ) -> Result<Option<f64>, StoreError> {
        let query = in_window(self.ask(MEDIAN_AGE, settings), window);
        let median: Median = query.fetch_one().await.named(MEDIAN_AGE.0)?;
        Ok((median.reads > 0).then_some(median.median))
    }

    /// L2: the people behind a median of ages.
    pub async fn people_in_window(
        &self,
        settings: &FactSettings,
        window: &AgeWindow<'_>,
    ) -> Result<Each<u64>, StoreError> {
        let query = in_window(self.ask(MEDIAN_AGE_PEOPLE, settings), window);
        each(query, MEDIAN_AGE_PEOPLE).await
    }

    /// L2: the median age, ms, of each write-up with at least `least` such reads.
    pub async fn median_age_by_writeup(
        &self,
        settings: &FactSettings,
        window: &AgeWindow<'_>,
        least: u64,
    ) -> Result<Vec<f64>, StoreError> {
        let query = in_window(self.ask(MEDIAN_AGE_BY_WRITEUP, settings), window);
        let rows: Vec<WriteupMedian> = query
            .param("least", least)
            .fetch_all()
            .await
            .named(MEDIAN_AGE_BY_WRITEUP.0)?;
        Ok(rows.into_iter().map(|row| row.median).collect())
    }

    /// L4: (person-days, people) with a late read since an instant, which lies in this local day.
    pub async fn late_readers(
        &self,
        settings: &FactSettings,
        since: (Millis, i32),
    ) -> Result<Each<(u64, u64)>, StoreError> {
        each(self.ask_since(LATE_READERS, settings, since), LATE_READERS).await
    }

    /// `Facts::attendance`.
    pub async fn attendance(
        &self,
        settings: &FactSettings,
        min_present_ms: u64,
    ) -> Result<DataFrame, StoreError> {
        let query = self
            .ask(ATTENDANCE, settings)
            .param("min_present_ms", min_present_ms);
        frames::fetch(query, ATTENDANCE.0).await
    }

    /// `Facts::contributions`.
    pub async fn contributions(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        self.frame(CONTRIBUTIONS, settings).await
    }

    /// `Facts::comments`.
    pub async fn comments(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        self.frame(COMMENTS, settings).await
    }

    /// Distinct readers, ever and late, of each write-up.
    pub async fn writeup_readers(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        self.frame(WRITEUP_READERS, settings).await
    }

    /// Kept reads by the kind of place that their readers came from.
    pub async fn arrivals(&self, settings: &FactSettings) -> Result<Vec<ArrivalRow>, StoreError> {
        let query = self
            .ask(ARRIVALS_OF, settings)
            .param("classes", &ARRIVALS[..]);
        query.fetch_all().await.named(ARRIVALS_OF.0)
    }

    /// Reads of each write-up by AI agents, and the people for whom.
    pub async fn agent_reads(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        self.frame(AGENT_READS, settings).await
    }

    /// Reads of each write-up by four weeks of age.
    pub async fn writeup_curve(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        self.frame(WRITEUP_CURVE, settings).await
    }

    /// Distinct people behind the reads of each slice (numbers of write-ups) and of each write-up.
    pub async fn slice_people(
        &self,
        settings: &FactSettings,
        slices: &[Vec<u32>],
    ) -> Result<DataFrame, StoreError> {
        let query = self.ask(SLICE_PEOPLE, settings).param("slices", slices);
        frames::fetch(query, SLICE_PEOPLE.0).await
    }

    /// What was received.
    pub async fn receipts(&self) -> Result<Vec<Receipt>, StoreError> {
        self.query(RECEIPTS.1).fetch_all().await.named(RECEIPTS.0)
    }

    /// What was received, by label.
    pub async fn labels(&self, settings: &FactSettings) -> Result<Vec<LabelCount>, StoreError> {
        self.ask(LABELS, settings).fetch_all().await.named(LABELS.0)
    }

    /// Distinct people who did anything and are excluded, by kind of event; kind `""` is all together.
    pub async fn excluded_people(
        &self,
        settings: &FactSettings,
    ) -> Result<Vec<ExcludedRow>, StoreError> {
        self.ask(EXCLUDED_PEOPLE, settings)
            .fetch_all()
            .await
            .named(EXCLUDED_PEOPLE.0)
    }

    /// What became of the reads.
    pub async fn read_health(&self, settings: &FactSettings) -> Result<HealthCounts, StoreError> {
        self.ask(READ_HEALTH, settings)
            .fetch_one()
            .await
            .named(READ_HEALTH.0)
    }

    /// Sources that saw the same write-ups, two by two.
    pub async fn compared_sources(
        &self,
        settings: &FactSettings,
    ) -> Result<Vec<ComparedRow>, StoreError> {
        self.ask(COMPARED_SOURCES, settings)
            .fetch_all()
            .await
            .named(COMPARED_SOURCES.0)
    }

    /// Which source delivered what before an instant.
    pub async fn observed(
        &self,
        registry: u32,
        before: Millis,
    ) -> Result<Vec<ObservedRow>, StoreError> {
        let query = self.query(OBSERVED.1).param("registry", registry);
        let rows: Vec<ObservedRow> = query.fetch_all().await.named(OBSERVED.0)?;
        if rows.iter().all(|row| row.last_at < before) {
            return Ok(rows);
        }
        // Of what came later nothing was known then: landing is gone through for it.
        let landed = self.fingerprints(registry, before).await?;
        Ok(landed
            .into_iter()
            .map(|row| ObservedRow {
                kind: row.kind,
                source: row.source,
                writeup: row.writeup,
                first_at: row.first_at,
                last_at: row.last_at,
                events: row.events,
                named: row.named,
            })
            .collect())
    }

    /// What sources said of when they were watching.
    pub async fn coverage(&self) -> Result<Vec<CoverageRow>, StoreError> {
        self.query(COVERAGE.1).fetch_all().await.named(COVERAGE.0)
    }

    async fn frame(
        &self,
        statement: Statement,
        settings: &FactSettings,
    ) -> Result<DataFrame, StoreError> {
        frames::fetch(self.ask(statement, settings), statement.0).await
    }

    /// The same with an instant, and the local day (since 1970) in which it lies.
    pub(super) fn ask_since(
        &self,
        statement: Statement,
        settings: &FactSettings,
        (since, date): (Millis, i32),
    ) -> Query {
        let query = self.ask(statement, settings).param("since", since);
        query.param("date", date)
    }

    /// A statement with the parameters that any fact may ask for.
    pub(super) fn ask(&self, statement: Statement, settings: &FactSettings) -> Query {
        self.query(statement.1)
            .param("as_of", settings.as_of)
            .param("boundary", settings.boundary)
            .param("tz", &settings.timezone)
            .param("registry", settings.registry)
            .param("late", settings.late_days)
            .param("which", settings.which.number())
    }
}

/// What a statement says in three rows.
pub(super) async fn each<T>(query: Query, statement: Statement) -> Result<Each<T>, StoreError>
where
    T: clickhouse::RowOwned + clickhouse::RowRead + Copy + Default,
{
    let rows: Vec<T> = query.fetch_all().await.named(statement.0)?;
    Ok(Each::of_rows(&rows))
}

fn in_window(query: Query, window: &AgeWindow<'_>) -> Query {
    query
        .param("from", window.from)
        .param("date", window.date)
        .param("below", i64::from(window.below_days) * crate::model::DAY_MS)
        .param("below_days", window.below_days)
        .param("writeups", window.writeups)
}
