//! Published tables: what leaves the house for reporting tools, written after suppression into a
//! database of its own. No pseudonym, no dense number of a person and no restricted write-up is in it.
//!
//! Each report is a generation. Its rows are seen when its row in `published_meta_row` stands, which is
//! written last, so nobody sees half of a report.

use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};

use super::migrate::MigrateError;
use super::{Named, Store, StoreError};
use crate::model::Millis;

const GENERATION: &str = include_str!("../../sql/queries/published_generation.sql");
const ROWS: &str = include_str!("../../sql/queries/published_rows.sql");
const META: &str = include_str!("../../sql/queries/published_meta.sql");
const SWEEP: [(&str, &str); 6] = [
    (
        "sweep_published_indicator",
        include_str!("../../sql/queries/sweep_published_indicator.sql"),
    ),
    (
        "sweep_published_writeup",
        include_str!("../../sql/queries/sweep_published_writeup.sql"),
    ),
    (
        "sweep_published_review",
        include_str!("../../sql/queries/sweep_published_review.sql"),
    ),
    (
        "sweep_published_series",
        include_str!("../../sql/queries/sweep_published_series.sql"),
    ),
    (
        "sweep_published_health",
        include_str!("../../sql/queries/sweep_published_health.sql"),
    ),
    (
        "sweep_published_meta",
        include_str!("../../sql/queries/sweep_published_meta.sql"),
    ),
];

/// The database with the published tables.
#[derive(Clone)]
pub struct Published(pub(super) Store);

/// Of which report a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The local day of `as_of`, days since 1970.
    pub day: u16,
    /// Told by [`Published::put`].
    pub generation: u64,
    /// UTC ms.
    pub as_of: Millis,
}

/// A number of an indicator.
#[derive(Clone, Debug, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct IndicatorRow {
    /// See [`Stamp`].
    pub day: u16,
    /// See [`Stamp`].
    pub generation: u64,
    /// See [`Stamp`].
    pub as_of: Millis,
    /// Its code.
    pub code: String,
    /// Its title.
    pub name: String,
    /// The place of the number in the result, as a JSON pointer.
    pub path: String,
    /// The number.
    pub value: Option<f64>,
    /// What is no number.
    pub text: Option<String>,
    /// It is withheld.
    pub suppressed: bool,
}

/// A write-up of the list.
#[derive(Clone, Debug, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct WriteupLine {
    /// See [`Stamp`].
    pub day: u16,
    /// See [`Stamp`].
    pub generation: u64,
    /// See [`Stamp`].
    pub as_of: Millis,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: Option<String>,
    /// UTC ms.
    pub published_at: Option<Millis>,
    /// The team that owns it.
    pub owner_team: Option<String>,
    /// Its template.
    pub template: Option<String>,
    /// Days since publication.
    pub age_days: Option<i64>,
    /// Words of prose.
    pub words: Option<i64>,
    /// Reads.
    pub reads: Option<i64>,
    /// People who read it.
    pub readers: Option<i64>,
    /// Reads months later.
    pub late_reads: Option<i64>,
    /// People who read it months later.
    pub late_readers: Option<i64>,
    /// People who read it lately.
    pub readers_trailing: Option<i64>,
    /// It is still read.
    pub still_read: Option<bool>,
    /// The week of its last read.
    pub last_read_week: Option<String>,
    /// Comments.
    pub comments: Option<i64>,
    /// Comments months later.
    pub late_comments: Option<i64>,
    /// Links that stand.
    pub links_live: i64,
    /// Links ever made.
    pub links_created: i64,
    /// A number is withheld.
    pub suppressed: bool,
}

/// A review.
#[derive(Clone, Debug, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct ReviewLine {
    /// See [`Stamp`].
    pub day: u16,
    /// See [`Stamp`].
    pub generation: u64,
    /// See [`Stamp`].
    pub as_of: Millis,
    /// The nth of its day.
    pub meeting: String,
    /// Its day, days since 1970.
    pub date: u16,
    /// The write-up, where it is listed.
    pub writeup: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Who came.
    pub attendees: Option<i64>,
    /// How many of them need not have come.
    pub need_not_have_come: Option<i64>,
    /// Nobody said who came: there is no number, and none is withheld.
    pub not_recorded: bool,
    /// A number is withheld.
    pub suppressed: bool,
}

/// A number of a month or quarter.
#[derive(Clone, Debug, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct SeriesRow {
    /// See [`Stamp`].
    pub day: u16,
    /// See [`Stamp`].
    pub generation: u64,
    /// See [`Stamp`].
    pub as_of: Millis,
    /// The indicator.
    pub code: String,
    /// The series.
    pub series: String,
    /// Its first day, days since 1970.
    pub month: u16,
    /// Which number.
    pub name: String,
    /// The number.
    pub value: Option<f64>,
    /// It is withheld.
    pub suppressed: bool,
}

/// A number of the measurement's health.
#[derive(Clone, Debug, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct HealthRow {
    /// See [`Stamp`].
    pub day: u16,
    /// See [`Stamp`].
    pub generation: u64,
    /// See [`Stamp`].
    pub as_of: Millis,
    /// Its place, as a JSON pointer.
    pub path: String,
    /// The number.
    pub value: Option<f64>,
    /// What is no number.
    pub text: Option<String>,
    /// It is withheld.
    pub suppressed: bool,
}

/// The report itself.
#[derive(Clone, Debug, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct MetaRow {
    /// See [`Stamp`].
    pub day: u16,
    /// See [`Stamp`].
    pub generation: u64,
    /// See [`Stamp`].
    pub as_of: Millis,
    /// The shape of `summary.json` that it was made from.
    pub schema: String,
    /// The smallest number of people that is shown.
    pub k: u32,
    /// Whose report it is.
    pub organisation: String,
    /// Its zone.
    pub timezone: String,
    /// Its events are simulated.
    pub simulated: bool,
    /// Tells whether two reports say the same.
    pub fingerprint: String,
}

macro_rules! stamped {
    ($($row:ty),*) => {
        $(impl $row {
            /// The same as a row of this report.
            fn stamp(&mut self, stamp: Stamp) {
                self.day = stamp.day;
                self.generation = stamp.generation;
                self.as_of = stamp.as_of;
            }
        })*
    };
}

stamped!(
    IndicatorRow,
    WriteupLine,
    ReviewLine,
    SeriesRow,
    HealthRow,
    MetaRow
);

/// All rows of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// See [`IndicatorRow`].
    pub indicators: Vec<IndicatorRow>,
    /// See [`WriteupLine`].
    pub writeups: Vec<WriteupLine>,
    /// See [`ReviewLine`].
    pub reviews: Vec<ReviewLine>,
    /// See [`SeriesRow`].
    pub series: Vec<SeriesRow>,
    /// See [`HealthRow`].
    pub health: Vec<HealthRow>,
}

/// A published number as it stands.
#[derive(Clone, Debug, PartialEq, Row, Deserialize)]
pub struct Standing {
    /// Where it stands.
    pub place: String,
    /// The number.
    pub value: Option<f64>,
    /// It, or something beside it, is withheld.
    pub suppressed: bool,
}

/// The last report.
#[derive(Clone, Debug, PartialEq, Row, Deserialize)]
pub struct Last {
    /// UTC ms.
    pub as_of: Millis,
    /// The smallest number of people that it shows.
    pub k: u32,
    /// Tells it from others.
    pub fingerprint: String,
}

impl Published {
    /// The published tables of a database, reached by `client`.
    pub fn new(client: Client, database: &str) -> Self {
        Published(Store::new(client, database))
    }

    /// The same as a database to be looked through.
    pub fn store(&self) -> &Store {
        &self.0
    }

    /// Brings the tables up to date.
    pub async fn migrate(&self) -> Result<usize, MigrateError> {
        self.0.migrate_published().await
    }

    /// Puts a report in, `meta` last. What it replaces is removed afterwards. Only one report is put
    /// in at a time; `now` tells its generation from those before.
    pub async fn put(
        &self,
        (day, as_of): (u16, Millis),
        mut rows: Rows,
        mut meta: MetaRow,
        now: Millis,
    ) -> Result<(), StoreError> {
        let now = u64::try_from(now).unwrap_or_default();
        let query = self.0.query(GENERATION).param("now", now);
        let generation = query.fetch_one().await.named("published_generation")?;
        let stamp = Stamp {
            day,
            generation,
            as_of,
        };
        rows.indicators.iter_mut().for_each(|row| row.stamp(stamp));
        rows.writeups.iter_mut().for_each(|row| row.stamp(stamp));
        rows.reviews.iter_mut().for_each(|row| row.stamp(stamp));
        rows.series.iter_mut().for_each(|row| row.stamp(stamp));
        rows.health.iter_mut().for_each(|row| row.stamp(stamp));
        meta.stamp(stamp);
        let store = &self.0;
        store
            .insert_all("published_indicator_row", &rows.indicators)
            .await?;
        store
            .insert_all("published_writeup_row", &rows.writeups)
            .await?;
        store
            .insert_all("published_review_row", &rows.reviews)
            .await?;
        store
            .insert_all("published_series_row", &rows.series)
            .await?;
        store
            .insert_all("published_health_row", &rows.health)
            .await?;
        store.insert_all("published_meta_row", &[meta]).await?;
        for (name, sql) in SWEEP {
            store.query(sql).execute().await.named(name)?;
        }
        Ok(())
    }

    /// The last report, if there is one.
    pub async fn last(&self) -> Result<Option<Last>, StoreError> {
        let query = self.0.query(META);
        query.fetch_optional().await.named("published_meta")
    }

    /// Every number of the last report.
    pub async fn rows(&self) -> Result<Vec<Standing>, StoreError> {
        let query = self.0.query(ROWS);
        query.fetch_all().await.named("published_rows")
    }
}
