//! Joins the chunks of a streamed result into one valid output.
//!
//! Each chunk that the engine gives is a complete output of its own, with header and end marker.
//! Formats of bare rows may simply be joined; those with a header keep the first one; ArrowStream
//! keeps the first schema and the last end marker; all others (JSON, Parquet, …) cannot be joined,
//! and their result is taken whole.

use bytes::Bytes;

use super::arrow::ArrowJoin;
use super::exception::{CORRUPTED_DATA, Exception};

/// How the chunks of a format are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Rows or blocks alone.
    Plain,
    /// So many lines first; a name in CSV may hold a line end inside its quotes.
    Lines { count: usize, quoted: bool },
    /// The count of columns, their names, and their types too.
    RowBinary { types: bool },
    /// Schema, batches, end marker.
    Arrow,
    /// Cannot be joined.
    Whole,
}

/// The framing of a format by its name; ClickHouse reads names in any case.
pub(super) fn framing(format: &str) -> Framing {
    const PLAIN: &[&str] = &[
        "native",
        "rowbinary",
        "tabseparated",
        "tsv",
        "tabseparatedraw",
        "tsvraw",
        "raw",
        "csv",
        "jsoneachrow",
        "jsonlines",
        "ndjson",
        "jsonstringseachrow",
        "jsoncompacteachrow",
        "jsoncompactstringseachrow",
        "msgpack",
        "bsoneachrow",
        "lineasstring",
        "null",
    ];
    let name = format.to_ascii_lowercase();
    if PLAIN.contains(&name.as_str()) {
        return Framing::Plain;
    }
    let (base, count) = match (
        name.strip_suffix("withnamesandtypes"),
        name.strip_suffix("withnames"),
    ) {
        (Some(base), _) => (base, 2),
        (None, Some(base)) => (base, 1),
        (None, None) => {
            return match name.as_str() {
                "arrowstream" => Framing::Arrow,
                _ => Framing::Whole,
            };
        }
    };
    match base {
        "rowbinary" => Framing::RowBinary { types: count == 2 },
        "csv" => Framing::Lines {
            count,
            quoted: true,
        },
        "tabseparated" | "tsv" | "jsoncompacteachrow" | "jsoncompactstringseachrow" => {
            Framing::Lines {
                count,
                quoted: false,
            }
        }
        _ => Framing::Whole,
    }
}

/// Joins chunks of one result.
pub(super) struct Joiner {
    framing: Framing,
    arrow: ArrowJoin,
    begun: bool,
}

impl Joiner {
    /// Starts a result.
    pub(super) fn new(framing: Framing) -> Self {
        Self {
            framing,
            arrow: ArrowJoin::default(),
            begun: false,
        }
    }

    /// What a chunk adds to the result: pieces in their order.
    pub(super) fn join(&mut self, chunk: Bytes) -> Result<Vec<Bytes>, Exception> {
        let header = if self.begun {
            match self.framing {
                Framing::Lines { count, quoted } => lines(&chunk, count, quoted),
                Framing::RowBinary { types } => row_binary(&chunk, types),
                _ => Some(0),
            }
        } else {
            Some(0)
        };
        self.begun = true;
        let header = header.ok_or_else(torn)?;
        if self.framing == Framing::Arrow {
            return self.arrow.join(&chunk).ok_or_else(torn);
        }
        Ok(vec![chunk.slice(header..)])
    }

    /// What ends the result.
    pub(super) fn finish(&mut self) -> Option<Bytes> {
        (self.framing == Framing::Arrow && self.begun).then(ArrowJoin::end)
    }

    /// Whether anything was joined.
    pub(super) fn begun(&self) -> bool {
        self.begun
    }
}

fn torn() -> Exception {
    Exception::new(
        CORRUPTED_DATA,
        "a chunk of the result does not begin with the header of its format",
    )
}

/// The length of the first `count` lines.
fn lines(chunk: &[u8], count: usize, quoted: bool) -> Option<usize> {
    let mut left = count;
    let mut inside = false;
    for (at, byte) in chunk.iter().enumerate() {
        match byte {
            b'"' if quoted => inside = !inside,
            b'\n' if !inside => {
                left -= 1;
                if left == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The length of `count`, `count` names and, with `types`, `count` types.
fn row_binary(chunk: &[u8], types: bool) -> Option<usize> {
    let mut at = 0;
    let columns = varint(chunk, &mut at)?;
    let strings = if types {
        columns.checked_mul(2)?
    } else {
        columns
    };
    for _ in 0..strings {
        let length = usize::try_from(varint(chunk, &mut at)?).ok()?;
        at = at.checked_add(length).filter(|end| *end <= chunk.len())?;
    }
    Some(at)
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(format: &str, chunks: &[&'static [u8]]) -> Vec<u8> {
        let mut joiner = Joiner::new(framing(format));
        let mut whole = Vec::new();
        for chunk in chunks {
            for piece in joiner.join(Bytes::from_static(chunk)).unwrap() {
                whole.extend_from_slice(&piece);
            }
        }
        whole
    }

    #[test]
    fn one_header_is_kept() {
        assert_eq!(
            joined("TSVWithNamesAndTypes", &[b"a\nU\n1\n", b"a\nU\n2\n"]),
            b"a\nU\n1\n2\n"
        );
        assert_eq!(
            joined(
                "CSVWithNames",
                &[b"\"a\n\"\"b\"\n1\n", b"\"a\n\"\"b\"\n2\n"]
            ),
            b"\"a\n\"\"b\"\n1\n2\n"
        );
        assert_eq!(
            joined(
                "RowBinaryWithNamesAndTypes",
                &[b"\x01\x01a\x05UInt8\x07", b"\x01\x01a\x05UInt8\x08"]
            ),
            b"\x01\x01a\x05UInt8\x07\x08"
        );
        assert_eq!(joined("CSV", &[b"1\n", b"2\n"]), b"1\n2\n");
    }

    #[test]
    fn what_cannot_be_joined_is_whole() {
        for format in [
            "JSON",
            "Parquet",
            "Arrow",
            "PrettyCompact",
            "Values",
            "CustomSeparatedWithNames",
            "TSVRawWithNames",
        ] {
            assert_eq!(framing(format), Framing::Whole, "{format}");
        }
    }
}
