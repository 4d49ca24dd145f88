//! Columns of a frame as plain vectors: what the lists of the summary are made from.

use polars::prelude::{DataFrame, DataType, PolarsResult};

/// Whole numbers of any width; null stays null.
pub(super) fn ints(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<i64>>> {
    let column = frame.column(name)?.cast(&DataType::Int64)?;
    Ok(column.i64()?.iter().collect())
}

/// Texts; null stays null.
pub(super) fn texts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<String>>> {
    let column = frame.column(name)?;
    Ok(column
        .str()?
        .iter()
        .map(|text| text.map(str::to_owned))
        .collect())
}

/// Flags; ClickHouse's Bool comes as one.
pub(super) fn flags(frame: &DataFrame, name: &str) -> PolarsResult<Vec<bool>> {
    let column = frame.column(name)?.cast(&DataType::Boolean)?;
    Ok(column
        .bool()?
        .iter()
        .map(|flag| flag.unwrap_or(false))
        .collect())
}
