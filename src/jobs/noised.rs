//! P3: counts with noise, for export, and the record of the privacy that they cost, DATA/noised.ndjson. What is
//! spent is written down before anything is told: an export that breaks off costs as much as one that does not.

use std::num::NonZeroU32;
use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compute;
use crate::indicators::{Context, NOISED};
use crate::model::calendar::{month_of, next_month};
use crate::model::time::to_rfc3339;
use crate::spool::lines;
use crate::stats::DiscreteLaplace;
use crate::store::{BoundedReaders, Store};

/// Names the shape and its version.
pub const SCHEMA: &str = "https://readback.dev/schemas/noised/v1";

/// The record's name in the data folder.
pub const FILE: &str = "noised.ndjson";

/// JSON Schema (draft 2020-12) of what is exported.
pub fn schema() -> Value {
    schemars::schema_for!(Noised).to_value()
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Epsilon, thousandths.
    pub milli: NonZeroU32,
    /// In how many cells one person may be.
    pub bound: NonZeroU32,
    /// The first month, by its first day.
    pub first: NaiveDate,
    /// The last month.
    pub last: NaiveDate,
}

/// A line of the record: an export and what it cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// The local day.
    pub date: NaiveDate,
    /// Epsilon, thousandths.
    pub epsilon_milli: u32,
    /// In how many cells one person could be.
    pub bound: u32,
    /// The first month.
    pub from: String,
    /// The last month.
    pub to: String,
}

/// Counts with noise.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Noised {
    /// The shape's name and version.
    pub schema: String,
    /// The indicator's code.
    pub code: String,
    /// The version of its definition.
    pub version: u32,
    /// Events at or after this instant are not in it.
    pub as_of: String,
    /// What it says.
    pub says: String,
    /// The formula.
    pub definition: String,
    /// What it can't tell.
    pub caveat: String,
    /// What was spent, and how large the noise is.
    pub noise: Noise,
    /// Age from which a write-up is late, days.
    pub late_days: u32,
    /// The counts, in order of time.
    pub cells: Vec<NoisedCell>,
}

/// The noise in every cell.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Noise {
    /// The privacy that this export costs.
    pub epsilon: f64,
    /// c: in how many cells one person is at most.
    pub bound: u32,
    /// a = e^(-epsilon/c).
    pub a: f64,
    /// Its standard deviation, people.
    pub sd: f64,
    /// 95 % of it lies between this and its negative, people.
    pub half_width_95: u64,
    /// What was spent by all exports so far, this one among them: epsilons add up.
    pub epsilon_so_far: f64,
    /// How many exports these were.
    pub exports: u64,
}

/// One count.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NoisedCell {
    /// The local month, such as 2026-03.
    pub month: String,
    /// `young`: of write-ups younger than `late_days`; `late`: of the others.
    pub age: String,
    /// People, with noise; may be below zero.
    pub people: i64,
}

/// Counts readers as of `context.as_of` and adds noise; `path` is the record's. `random` gives 64 random bits.
pub async fn export(
    store: &Store,
    context: &Context,
    asked: Asked,
    (path, random): (&Path, &mut impl FnMut() -> anyhow::Result<u64>),
) -> anyhow::Result<Noised> {
    let (generation, _) = store
        .last_derive_run()
        .await?
        .context("nothing has been derived yet; run the derive job first")?;
    let settings = compute::settings(context, generation);
    let days = asked.first.to_epoch_days()..next_month(asked.last).to_epoch_days();
    let counted = store
        .noised_readers(&settings, days, asked.bound.get())
        .await?;
    let (epsilon_so_far, exports) = spend(path, context, asked)?;
    let noise = DiscreteLaplace::new(asked.milli, asked.bound);
    let cells = with_noise(&counted, asked, noise, random)?;
    let told = NOISED.told(&context.parameters);
    Ok(Noised {
        schema: SCHEMA.to_owned(),
        code: NOISED.code.to_owned(),
        version: NOISED.version,
        as_of: to_rfc3339(context.as_of),
        says: told.says,
        definition: told.definition,
        caveat: told.caveat,
        noise: Noise {
            epsilon: f64::from(asked.milli.get()) / 1000.0,
            bound: asked.bound.get(),
            a: noise.a(),
            sd: noise.sd(),
            half_width_95: noise.half_width(),
            epsilon_so_far,
            exports,
        },
        late_days: context.parameters.late_days,
        cells,
    })
}

/// Writes down what is spent. Returns what was spent so far, and by how many exports.
fn spend(path: &Path, context: &Context, asked: Asked) -> anyhow::Result<(f64, u64)> {
    let mut all: Vec<Spent> = lines::read(path)?;
    let spent = Spent {
        date: context.calendar.date(context.as_of),
        epsilon_milli: asked.milli.get(),
        bound: asked.bound.get(),
        from: named(asked.first),
        to: named(asked.last),
    };
    lines::append(path, &spent)?;
    all.push(spent);
    let milli: u64 = all.iter().map(|one| u64::from(one.epsilon_milli)).sum();
    Ok((milli as f64 / 1000.0, all.len() as u64))
}

/// Every cell of the months that were asked for, whether anybody is in it or not.
fn with_noise(
    counted: &[BoundedReaders],
    asked: Asked,
    noise: DiscreteLaplace,
    random: &mut impl FnMut() -> anyhow::Result<u64>,
) -> anyhow::Result<Vec<NoisedCell>> {
    let mut cells = Vec::new();
    let mut month = month_of(asked.first);
    while month <= asked.last {
        for (is_late, age) in [(false, "young"), (true, "late")] {
            let found = counted
                .iter()
                .find(|one| one.month == month.to_epoch_days() && one.is_late == is_late);
            let people = i64::try_from(found.map_or(0, |one| one.people))?;
            cells.push(NoisedCell {
                month: named(month),
                age: age.to_owned(),
                people: people.saturating_add(noise.draw(random)?),
            });
        }
        month = next_month(month);
    }
    Ok(cells)
}

fn named(month: NaiveDate) -> String {
    month.format("%Y-%m").to_string()
}

/// 64 bits of the system's randomness.
pub fn of_the_system() -> anyhow::Result<u64> {
    let mut bits = [0; 8];
    getrandom::fill(&mut bits).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(u64::from_ne_bytes(bits))
}
