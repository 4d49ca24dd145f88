//! From a file's bytes to rows of cells. Teams writes UTF-16 with tabs or UTF-8 with commas, as
//! country and version have it; spreadsheets add semicolons and Windows-1252.

use std::io::{self, BufRead, Read};

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::sources::{Sink, SourceError};

/// The largest file that is read, bytes. A report of a thousand people is a tenth of a megabyte.
const LARGEST: u64 = 64 << 20;

/// One row, with the line of the file it starts on.
pub(in crate::sources) struct Row {
    pub(in crate::sources) line: u64,
    cells: StringRecord,
}

impl Row {
    /// The cell without white space around it, empty where the row is shorter.
    pub(in crate::sources) fn cell(&self, index: usize) -> &str {
        self.cells.get(index).unwrap_or("").trim_matches(is_blank)
    }

    /// All cells, trimmed.
    pub(in crate::sources) fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(|cell| cell.trim_matches(is_blank))
    }

    /// How many cells hold something.
    pub(in crate::sources) fn filled(&self) -> usize {
        self.cells().filter(|cell| !cell.is_empty()).count()
    }

    /// Where a reader of the problem will find it.
    pub(in crate::sources) fn place(&self) -> String {
        format!("line {}", self.line)
    }
}

/// White space, and the marks of direction that Windows puts around dates.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{feff}')
}

/// The whole file as text, and its encoding if that had to be guessed.
fn text(input: &mut dyn BufRead) -> io::Result<(String, Option<&'static str>)> {
    let mut bytes = Vec::new();
    input.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!(
            "larger than {LARGEST} bytes, too large for an attendance list"
        )));
    }
    let (encoding, guessed) = encoding_of(&bytes);
    // Takes a byte order mark off.
    let (text, _) = encoding.decode_with_bom_removal(&bytes);
    Ok((text.into_owned(), guessed.then(|| encoding.name())))
}

/// All rows that hold something.
fn rows(text: &str) -> io::Result<Vec<Row>> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut lines = Lines {
        text,
        at: 0,
        line: 1,
    };
    for record in reader.records() {
        // The text is UTF-8 by now, and rows of any length are allowed: no other error is left.
        let cells = record.map_err(io::Error::other)?;
        let row = Row {
            line: lines.line_at(cells.position().map_or(0, csv::Position::byte)),
            cells,
        };
        if row.filled() > 0 {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The text of a file with a note where its encoding had to be guessed, and its rows.
pub(in crate::sources) fn table(
    name: &str,
    input: &mut dyn BufRead,
    sink: &mut dyn Sink,
) -> Result<(String, Vec<Row>), SourceError> {
    let failed = |cause| SourceError::Io {
        name: name.to_owned(),
        cause,
    };
    let (text, guessed) = text(input).map_err(failed)?;
    if let Some(encoding) = guessed {
        sink.note(format!(
            "{name}: does not say its encoding; read as {encoding}"
        ));
    }
    let rows = rows(&text).map_err(failed)?;
    Ok((text, rows))
}

/// Counts lines as an editor does. The csv crate has a record begin at the line end before it.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first character from this byte on that ends no line. Bytes must not fall.
    fn line_at(&mut self, byte: u64) -> u64 {
        let bytes = self.text.as_bytes();
        let from = usize::try_from(byte).unwrap_or(usize::MAX).min(bytes.len());
        let blank = bytes[from..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let to = (from + blank).max(self.at);
        self.line += bytes[self.at..to]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count() as u64;
        self.at = to;
        self.line
    }
}

/// By the byte order mark; without one by the zeros that UTF-16 puts beside ASCII; else UTF-8, or
/// what Windows calls ANSI.
fn encoding_of(bytes: &[u8]) -> (&'static Encoding, bool) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding, false);
    }
    // A list has digits, separators and line ends in every language; no text of one byte a letter has zeros.
    let head = &bytes[..bytes.len().min(4096)];
    let zeros = |place: usize| {
        head.iter()
            .skip(place)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    match (zeros(0), zeros(1)) {
        (first, second) if second > first => (UTF_16LE, true),
        (first, second) if first > second => (UTF_16BE, true),
        _ if std::str::from_utf8(bytes).is_ok() => (UTF_8, false),
        _ => (WINDOWS_1252, true),
    }
}

/// A tab if the first lines hold one, else what is more frequent in them.
fn delimiter(text: &str) -> u8 {
    let head = || text.lines().take(20).flat_map(str::bytes);
    let count = |delimiter: u8| head().filter(|byte| *byte == delimiter).count();
    if count(b'\t') > 0 {
        b'\t'
    } else if count(b';') > count(b',') {
        b';'
    } else {
        b','
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        let (text, _) = text(&mut &*bytes).unwrap();
        let rows = rows(&text).unwrap();
        rows.iter()
            .map(|row| row.cells().map(str::to_owned).collect())
            .collect()
    }

    #[test]
    fn lines_are_counted_from_one() {
        for text in ["a,b\r\n\r\n1,2\r\n3,4\r\n", "a,b\n\n1,2\n3,4"] {
            let rows = rows(text).unwrap();
            assert_eq!(
                rows.iter().map(|row| row.line).collect::<Vec<_>>(),
                [1, 3, 4]
            );
        }
    }

    #[test]
    fn one_table_in_six_encodings() {
        let tabs = "Náme\tAt\r\n\r\nÁda L\t1, 2\r\n";
        let commas = "Náme,At\n\nÁda L,\"1, 2\"\n";
        let little = |text: &str| {
            text.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<_>>()
        };
        let big = |text: &str| {
            text.encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect::<Vec<_>>()
        };
        let windows: Vec<u8> = tabs
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect();
        let expected = [["Náme", "At"], ["Áda L", "1, 2"]];
        for bytes in [
            [&[0xff, 0xfe][..], &little(tabs)].concat(),
            [&[0xfe, 0xff][..], &big(tabs)].concat(),
            little(tabs),
            big(tabs),
            [&[0xef, 0xbb, 0xbf][..], commas.as_bytes()].concat(),
            commas.replace(',', ";").replace("1;", "1,").into_bytes(),
            windows,
        ] {
            assert_eq!(cells(&bytes), expected);
        }
        assert!(cells(b"").is_empty());
        // The first letters have no zeros in them.
        let japanese = "氏名\t参加時刻\n山田\t2022/11/14 9:29:07\n";
        for bytes in [little(japanese), big(japanese)] {
            assert_eq!(
                cells(&bytes),
                [["氏名", "参加時刻"], ["山田", "2022/11/14 9:29:07"]]
            );
        }
    }
}
