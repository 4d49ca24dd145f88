//! Reads in columns, as the engine's Native format has them. Nearly everything that is ever inserted is a
//! read, and the engine takes them so in half of the time that rows cost. The client's own writer of this
//! format knows no dictionaries, and six of the columns are texts that millions of reads share: with them
//! a read is 60 bytes instead of 180.
//!
//! <https://clickhouse.com/docs/reference/formats/Native>; of `LowCardinality` see the client's reader,
//! `clickhouse::native`.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::rows::ReadRow;

/// A column of `landing_read`: its name, its type, and what writes its values.
type Column = (&'static str, &'static str, fn(&[ReadRow], &mut Vec<u8>));

const TEXT: &str = "LowCardinality(String)";

const COLUMNS: [Column; 15] = [
    ("key", "UInt64", |rows, out| {
        fixed(rows, out, |row| row.key.to_le_bytes());
    }),
    ("version", "UInt64", |rows, out| {
        fixed(rows, out, |row| row.version.to_le_bytes());
    }),
    ("at", "DateTime64(3, 'UTC')", |rows, out| {
        fixed(rows, out, |row| row.at.to_le_bytes());
    }),
    ("source", TEXT, |rows, out| {
        texts(rows, out, |row| &row.source)
    }),
    ("target", TEXT, |rows, out| {
        texts(rows, out, |row| &row.target)
    }),
    ("canonical", TEXT, |rows, out| {
        texts(rows, out, |row| &row.canonical);
    }),
    ("person", "UInt128", |rows, out| {
        fixed(rows, out, |row| row.person.to_le_bytes());
    }),
    ("team", TEXT, |rows, out| texts(rows, out, |row| &row.team)),
    ("session", "UInt64", |rows, out| {
        fixed(rows, out, |row| row.session.to_le_bytes());
    }),
    ("engaged_ms", "Nullable(UInt32)", |rows, out| {
        nullable(rows, out, |row| row.engaged_ms.map(u32::to_le_bytes));
    }),
    ("scroll_milli", "Nullable(UInt16)", |rows, out| {
        nullable(rows, out, |row| row.scroll_milli.map(u16::to_le_bytes));
    }),
    ("bot", "Bool", |rows, out| {
        fixed(rows, out, |row| [u8::from(row.bot)]);
    }),
    ("agent", TEXT, |rows, out| {
        texts(rows, out, |row| &row.agent)
    }),
    ("arrival", TEXT, |rows, out| {
        texts(rows, out, |row| &row.arrival);
    }),
    ("assigned", "Bool", |rows, out| {
        fixed(rows, out, |row| [u8::from(row.assigned)]);
    }),
];

/// A block of these reads, in pieces that follow each other. An empty one would end the stream: there is
/// none.
pub(super) fn reads(rows: &[ReadRow]) -> impl Iterator<Item = Vec<u8>> {
    let columns = match rows {
        [] => &[],
        _ => &COLUMNS[..],
    };
    columns.iter().enumerate().map(|(at, (name, kind, write))| {
        let mut out = Vec::new();
        if at == 0 {
            count(&mut out, COLUMNS.len());
            count(&mut out, rows.len());
        }
        text(&mut out, name);
        text(&mut out, kind);
        write(rows, &mut out);
        out
    })
}

fn fixed<const N: usize>(rows: &[ReadRow], out: &mut Vec<u8>, value: impl Fn(&ReadRow) -> [u8; N]) {
    out.reserve(N * rows.len());
    rows.iter().for_each(|row| out.extend(value(row)));
}

/// Which are null, then all of them.
fn nullable<const N: usize>(
    rows: &[ReadRow],
    out: &mut Vec<u8>,
    value: impl Fn(&ReadRow) -> Option<[u8; N]>,
) {
    fixed(rows, out, |row| [u8::from(value(row).is_none())]);
    fixed(rows, out, |row| value(row).unwrap_or([0; N]));
}

/// Version of the dictionary's form.
const SHARED: u64 = 1;
/// The dictionary follows, and is the block's own.
const OWN_KEYS: u64 = 0x200 | 0x400;

/// The different texts, then which of them each row has.
fn texts<'a>(rows: &'a [ReadRow], out: &mut Vec<u8>, value: impl Fn(&'a ReadRow) -> &'a Arc<str>) {
    let mut keys = Keys::default();
    let indexes: Vec<u32> = rows.iter().map(|row| keys.index(value(row))).collect();
    let (width, bytes) = match keys.texts.len() {
        0..=0x100 => (0, 1),
        0x101..=0x1_0000 => (1, 2),
        _ => (2, 4),
    };
    out.extend(SHARED.to_le_bytes());
    out.extend((OWN_KEYS | width).to_le_bytes());
    out.extend((keys.texts.len() as u64).to_le_bytes());
    keys.texts.iter().for_each(|one| text(out, one));
    out.extend((indexes.len() as u64).to_le_bytes());
    out.reserve(bytes * indexes.len());
    for index in indexes {
        out.extend_from_slice(&index.to_le_bytes()[..bytes]);
    }
}

/// The different texts of a column, in the order in which they came.
#[derive(Default)]
struct Keys<'a> {
    texts: Vec<&'a str>,
    known: HashMap<&'a str, u32, RandomState>,
    /// By where they lie in memory: what is shared need not be compared.
    places: HashMap<usize, u32, RandomState>,
}

impl<'a> Keys<'a> {
    fn index(&mut self, text: &'a Arc<str>) -> u32 {
        let place = text.as_ptr().addr();
        // Nothing has a place of its own that has no length.
        if !text.is_empty()
            && let Some(index) = self.places.get(&place)
        {
            return *index;
        }
        let texts = &mut self.texts;
        let index = *self.known.entry(text).or_insert_with(|| {
            texts.push(text);
            (texts.len() - 1) as u32
        });
        self.places.insert(place, index);
        index
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// A number in as few bytes as it needs (LEB128).
fn count(out: &mut Vec<u8>, mut n: usize) {
    while n > 0x7f {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

#[cfg(test)]
mod tests {
    use clickhouse::Row as _;

    use super::*;

    #[test]
    fn every_field_of_a_row_is_a_column() {
        let names = COLUMNS.map(|(name, _, _)| name);
        assert_eq!(names, ReadRow::COLUMN_NAMES);
    }

    #[test]
    fn a_text_is_written_once() {
        let shared: Arc<str> = "a".into();
        let row = |target: &Arc<str>| ReadRow {
            target: Arc::clone(target),
            ..ReadRow::default()
        };
        let rows = [
            row(&shared),
            row(&Arc::default()),
            row(&"a".into()),
            row(&shared),
        ];
        let mut out = Vec::new();
        texts(&rows, &mut out, |row| &row.target);
        let numbers = [1, 0x600, 2].map(u64::to_le_bytes).concat();
        let (head, rest) = out.split_at(24);
        assert_eq!(head, numbers);
        assert_eq!(
            rest,
            [b"\x01a\x00".as_slice(), &4_u64.to_le_bytes(), &[0, 1, 0, 0]].concat()
        );
    }

    #[test]
    fn many_texts_have_wide_indexes() {
        for (many, bytes) in [(256, 1), (257, 2), (65_536, 2), (65_537, 4)] {
            let rows: Vec<ReadRow> = (0..many)
                .map(|n| ReadRow {
                    target: format!("{n:05}").into(),
                    ..ReadRow::default()
                })
                .collect();
            let mut out = Vec::new();
            texts(&rows, &mut out, |row| &row.target);
            assert_eq!(out.len(), 24 + 6 * many + 8 + bytes * many);
        }
        assert_eq!(reads(&[]).count(), 0);
    }
}
