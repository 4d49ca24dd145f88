//! A table as the bytes of a file: CSV, Parquet.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::table::{Cell, Column, Kind, Table};
use crate::charts::plain;

/// As CSV with a head; no cell is a formula.
pub(super) fn csv(table: &Table, rows: &[Vec<Cell>]) -> Result<Vec<u8>, csv::Error> {
    let mut made = csv::Writer::from_writer(Vec::new());
    made.write_record(table.columns.iter().map(|column| column.name))?;
    for row in rows {
        made.write_record(row.iter().map(|cell| match cell {
            Cell::Text(text) => plain(text),
            other => other.text(),
        }))?;
    }
    made.into_inner().map_err(|error| error.into_error().into())
}

/// As a Parquet file of one row group; `as_of` stands in its metadata.
pub(super) fn parquet(
    table: &Table,
    rows: &[Vec<Cell>],
    as_of: &str,
) -> Result<Vec<u8>, ParquetError> {
    let fields: Result<Vec<_>, _> = table.columns.iter().map(field).collect();
    let schema = Type::group_type_builder(table.name).with_fields(fields?);
    let about = KeyValue::new("as_of".to_owned(), as_of.to_owned());
    let properties = WriterProperties::builder()
        .set_created_by(concat!("readback version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![about]));
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(
        &mut bytes,
        Arc::new(schema.build()?),
        Arc::new(properties.build()),
    )?;
    let mut group = writer.next_row_group()?;
    for (at, column) in table.columns.iter().enumerate() {
        let Some(mut writing) = group.next_column()? else {
            break;
        };
        let cells = || rows.iter().filter_map(|row| row.get(at));
        let there: Vec<i16> = cells()
            .map(|cell| (*cell != Cell::Nothing).into())
            .collect();
        let there = column.may_lack.then_some(&there[..]);
        match writing.untyped() {
            ColumnWriter::BoolColumnWriter(typed) => {
                let flags = cells().filter_map(|cell| match cell {
                    Cell::Flag(flag) => Some(*flag),
                    _ => None,
                });
                typed.write_batch(&flags.collect::<Vec<_>>(), there, None)?;
            }
            ColumnWriter::Int32ColumnWriter(typed) => {
                let days = cells().filter_map(|cell| match cell {
                    Cell::Day(day) => Some(i32::from(*day)),
                    _ => None,
                });
                typed.write_batch(&days.collect::<Vec<_>>(), there, None)?;
            }
            ColumnWriter::Int64ColumnWriter(typed) => {
                let numbers = cells().filter_map(|cell| match cell {
                    Cell::Integer(n) | Cell::Instant(n) => Some(*n),
                    _ => None,
                });
                typed.write_batch(&numbers.collect::<Vec<_>>(), there, None)?;
            }
            ColumnWriter::DoubleColumnWriter(typed) => {
                let numbers = cells().filter_map(|cell| match cell {
                    Cell::Number(n) => Some(*n),
                    _ => None,
                });
                typed.write_batch(&numbers.collect::<Vec<_>>(), there, None)?;
            }
            ColumnWriter::ByteArrayColumnWriter(typed) => {
                let texts = cells().filter_map(|cell| match cell {
                    Cell::Text(text) => Some(ByteArray::from(text.as_str())),
                    _ => None,
                });
                typed.write_batch(&texts.collect::<Vec<_>>(), there, None)?;
            }
            _ => {
                let words = format!("{} has a type that no table has", column.name);
                return Err(ParquetError::General(words));
            }
        }
        writing.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(bytes)
}

fn field(column: &Column) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Integer => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Flag => (Physical::BOOLEAN, None),
        Kind::Instant => {
            let utc = LogicalType::timestamp(true, TimeUnit::MILLIS);
            (Physical::INT64, Some(utc))
        }
        Kind::Day => (Physical::INT32, Some(LogicalType::Date)),
    };
    let repetition = match column.may_lack {
        true => Repetition::OPTIONAL,
        false => Repetition::REQUIRED,
    };
    let built = Type::primitive_type_builder(column.name, physical)
        .with_logical_type(logical)
        .with_repetition(repetition);
    built.build().map(Arc::new)
}
