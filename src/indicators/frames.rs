//! What several indicators ask of the frames: columns as vectors, the registry as a frame, and the
//! sums by age that every comparison at a fixed horizon starts from.

use polars::prelude::*;

use super::{Facts, WriteupFact};
use crate::model::Millis;

/// A column as 64-bit integers, nulls kept.
pub(super) fn ints(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<i64>>> {
    Ok(frame
        .column(name)?
        .cast(&DataType::Int64)?
        .i64()?
        .iter()
        .collect())
}

/// A column of counts; a null counts nothing.
pub(super) fn counts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<u64>> {
    let values = ints(frame, name)?.into_iter();
    Ok(values
        .map(|value| u64::try_from(value.unwrap_or(0)).unwrap_or(0))
        .collect())
}

/// A frame whose flags are booleans whatever they came as: an engine's comparisons are small
/// integers, of which `not` is another one.
pub(super) fn with_flags(frame: &DataFrame, flags: &[&str]) -> LazyFrame {
    let cast = |name: &&str| col(*name).cast(DataType::Boolean).fill_null(lit(false));
    frame
        .clone()
        .lazy()
        .with_columns(flags.iter().map(cast).collect::<Vec<_>>())
}

/// The only value of the only row.
pub(super) fn scalar(frame: LazyFrame, value: Expr) -> PolarsResult<u64> {
    let one = frame.select([value.alias("value")]).collect()?;
    Ok(counts(&one, "value")?.first().copied().unwrap_or(0))
}

/// How many different people; polars counts null as one more.
pub(super) fn distinct_people(frame: LazyFrame) -> PolarsResult<u64> {
    scalar(
        frame.filter(col("person").is_not_null()),
        col("person").n_unique(),
    )
}

/// Every dated write-up: `writeup: u32, published: i64`.
pub(super) fn dated(facts: &Facts) -> PolarsResult<LazyFrame> {
    let rows = facts.writeups.iter().enumerate();
    let (numbers, published): (Vec<u32>, Vec<Millis>) = rows
        .filter_map(|(number, writeup)| Some((index(number), writeup.published_at?)))
        .unzip();
    Ok(df!("writeup" => numbers, "published" => published)?.lazy())
}

/// The write-ups that pass a test, by number, ascending.
pub(super) fn chosen(facts: &Facts, test: impl Fn(&WriteupFact) -> bool) -> Vec<u32> {
    let rows = facts.writeups.iter().enumerate();
    rows.filter(|(_, writeup)| test(writeup))
        .map(|(number, _)| index(number))
        .collect()
}

/// For each of these write-ups, in their order: what happened at an age in `[late, horizon)`, and
/// in `[0, horizon)`. `frame` has `writeup`, `age` and `weight: u64`; `late` and `horizon` are in
/// the unit of `age`. Write-ups to which nothing happened count with 0 and 0.
pub(super) fn sums_by_age(
    frame: LazyFrame,
    writeups: &[u32],
    late: i64,
    horizon: i64,
) -> PolarsResult<Vec<(f64, f64)>> {
    let age = || col("age").cast(DataType::Int64);
    let of_late = when(age().gt_eq(lit(late)))
        .then(col("weight"))
        .otherwise(lit(0u64));
    let sums = frame
        .filter(age().gt_eq(lit(0i64)).and(age().lt(lit(horizon))))
        .group_by([col("writeup")])
        .agg([
            col("weight").sum().alias("all"),
            of_late.sum().alias("late"),
        ]);
    let table = df!("writeup" => writeups)?
        .lazy()
        .join(
            sums,
            [col("writeup")],
            [col("writeup")],
            JoinArgs::new(JoinType::Left),
        )
        .sort(["writeup"], SortMultipleOptions::default())
        .collect()?;
    let late = counts(&table, "late")?.into_iter().map(|sum| sum as f64);
    Ok(late
        .zip(counts(&table, "all")?.into_iter().map(|sum| sum as f64))
        .collect())
}

/// The rows of `daily` as [`sums_by_age`] takes them, ages in days.
pub(super) fn reads_by_age(facts: &Facts) -> LazyFrame {
    facts.daily.clone().lazy().select([
        col("writeup"),
        col("age_day").alias("age"),
        col("reads").cast(DataType::UInt64).alias("weight"),
    ])
}

/// A write-up's number as the frames hold it. The registry is far below four thousand million.
pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
