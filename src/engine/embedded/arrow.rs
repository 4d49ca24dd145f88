//! Joins ArrowStream chunks: keeps the first schema, drops the others and every end marker, and
//! writes one end marker at last.
//!
//! A stream is a row of messages, each `0xFFFFFFFF`, the length of its metadata, the metadata (a
//! FlatBuffer `Message`), and a body whose length the metadata names; a length of zero ends it.
//! <https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format>

use bytes::Bytes;

const CONTINUATION: [u8; 4] = [0xff; 4];
/// `MessageHeader.Schema` of Arrow's `Message.fbs`.
const SCHEMA: u8 = 1;
/// Fields of the table `Message`: version, header_type, header, bodyLength.
const HEADER_TYPE: usize = 1;
const BODY_LENGTH: usize = 3;

/// The state between chunks.
#[derive(Debug, Default)]
pub(super) struct ArrowJoin {
    schema_sent: bool,
}

impl ArrowJoin {
    /// What a chunk adds; `None` when it is no Arrow stream.
    pub(super) fn join(&mut self, chunk: &Bytes) -> Option<Vec<Bytes>> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < chunk.len() {
            let rest = &chunk[at..];
            let size = u32_at(rest, 4).filter(|_| rest.starts_with(&CONTINUATION))?;
            if size == 0 {
                break;
            }
            let metadata_end = 8 + usize::try_from(size).ok()?;
            let metadata = rest.get(8..metadata_end)?;
            let (kind, body) = message(metadata)?;
            let end = metadata_end.checked_add(body)?;
            rest.get(..end)?;
            if kind != SCHEMA || !self.schema_sent {
                self.schema_sent |= kind == SCHEMA;
                pieces.push(chunk.slice(at..at + end));
            }
            at += end;
        }
        Some(pieces)
    }

    /// The end marker.
    pub(super) fn end() -> Bytes {
        Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])
    }
}

/// The kind of a message and the length of its body.
fn message(metadata: &[u8]) -> Option<(u8, usize)> {
    let table = usize::try_from(u32_at(metadata, 0)?).ok()?;
    let back = u32_at(metadata, table)?.cast_signed();
    let vtable = usize::try_from(i64::try_from(table).ok()? - i64::from(back)).ok()?;
    let vtable_size = u16_at(metadata, vtable)?;
    let field = |index: usize| -> Option<usize> {
        let slot = 4 + 2 * index;
        if slot + 2 > usize::from(vtable_size) {
            return Some(0);
        }
        Some(usize::from(u16_at(metadata, vtable + slot)?))
    };
    let kind = match field(HEADER_TYPE)? {
        0 => 0,
        offset => *metadata.get(table + offset)?,
    };
    let body = match field(BODY_LENGTH)? {
        0 => 0,
        offset => {
            let bytes = metadata.get(table + offset..table + offset + 8)?;
            usize::try_from(i64::from_le_bytes(bytes.try_into().ok()?)).ok()?
        }
    };
    Some((kind, body))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}
