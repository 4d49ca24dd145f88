//! The numbers behind a picture as CSV, for spreadsheets: what its table shows, and no more.

use super::Table;

/// The table as CSV, head first.
///
/// # Errors
/// None that writing into memory has.
pub fn csv(table: &Table) -> Result<Vec<u8>, csv::Error> {
    // Rows may lack what stands last in others.
    let mut made = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(Vec::new());
    for row in std::iter::once(&table.head).chain(&table.rows) {
        made.write_record(row.iter().map(|cell| plain(cell)))?;
    }
    made.into_inner().map_err(|error| error.into_error().into())
}

/// A text that no spreadsheet takes for a formula; a number is none.
pub fn plain(text: &str) -> String {
    let acts = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    match acts && text.parse::<f64>().is_err() {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_numbers_stay() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let table = Table {
            head: row(&["quarter", "change"]),
            rows: vec![
                row(&["2026 Q1", "-0.5"]),
                row(&["=1+1", "a, \"b\""]),
                row(&["-x"]),
            ],
        };
        let made = String::from_utf8(csv(&table).unwrap()).unwrap();
        assert_eq!(
            made,
            "quarter,change\n2026 Q1,-0.5\n'=1+1,\"a, \"\"b\"\"\"\n'-x\n"
        );
    }
}
