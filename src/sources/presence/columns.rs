//! Columns of a table by what its header calls them, in whatever order.

use super::text::Row;

/// A header: which columns stand where.
pub(in crate::sources) struct Columns {
    names: Vec<String>,
}

impl Columns {
    /// The columns that this row names.
    pub(in crate::sources) fn of(header: &Row) -> Self {
        Columns {
            names: header.cells().map(str::to_lowercase).collect(),
        }
    }

    /// The place of the first column that begins with one of these words, lower case. A word that
    /// stands earlier in the list wins.
    pub(in crate::sources) fn find(&self, words: &[&str]) -> Option<usize> {
        words
            .iter()
            .find_map(|word| self.names.iter().position(|name| name.starts_with(word)))
    }

    /// The cell of a row in such a column, if there is one and it is not empty.
    pub(in crate::sources) fn cell<'a>(&self, row: &'a Row, words: &[&str]) -> Option<&'a str> {
        let cell = row.cell(self.find(words)?);
        (!cell.is_empty()).then_some(cell)
    }
}
