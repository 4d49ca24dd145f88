//! Frames: how entries lie in a segment, and how they are found again in one that was cut off or
//! damaged. Pure functions on bytes.
//!
//! ```text
//! frame   magic "RBf1" | length u32 | sum u64 | head u32 | body        little endian
//! body    rows u32 | marks u8 | marks x u128 | payload
//! ```
//!
//! `sum` is xxh3 over the body, `head` the lower half of xxh3 over what stands before it. Both are
//! seeded with the segment's random id: bytes of another segment, or of a payload that looks like a
//! frame, are none here. Since the head has a sum of its own, a damaged body costs one frame, and
//! looking for the next frame never hashes what only looks like one.

use std::ops::Range;

use memchr::memmem;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const MAGIC: [u8; 4] = *b"RBf1";
const HEAD: usize = 20;

/// The longest body, bytes. One request makes one entry; the longest request has 16 MiB.
pub(super) const MAX_BODY: usize = 128 << 20;

/// The most marks of one entry.
pub(super) const MAX_MARKS: usize = u8::MAX as usize;

/// The length of the body of an entry.
pub(super) const fn length(marks: usize, payload: usize) -> usize {
    5 + 16 * marks + payload
}

/// The body of an entry.
pub(super) fn body(rows: u32, marks: &[u128], payload: &[u8]) -> Vec<u8> {
    let marks = &marks[..marks.len().min(MAX_MARKS)];
    let mut body = Vec::with_capacity(length(marks.len(), payload.len()));
    body.extend_from_slice(&rows.to_le_bytes());
    body.push(marks.len() as u8);
    for mark in marks {
        body.extend_from_slice(&mark.to_le_bytes());
    }
    body.extend_from_slice(payload);
    body
}

/// The length of the frame around a body.
pub(super) const fn framed(body: usize) -> usize {
    HEAD + body
}

/// Appends a frame to `into`.
pub(super) fn put(into: &mut Vec<u8>, segment: u128, body: &[u8]) {
    let start = into.len();
    into.extend_from_slice(&MAGIC);
    into.extend_from_slice(&(body.len() as u32).to_le_bytes());
    into.extend_from_slice(&xxh3_64_with_seed(body, seed(segment)).to_le_bytes());
    let head = head_sum(&into[start..], segment);
    into.extend_from_slice(&head.to_le_bytes());
    into.extend_from_slice(body);
}

/// An entry as it lies in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Rows that it makes in the store.
    pub(super) rows: u32,
    /// What it is known by.
    pub(super) marks: Vec<u128>,
    /// Where its payload lies.
    pub(super) payload: Range<usize>,
}

/// What a segment holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Whole entries in their order.
    pub(super) frames: Vec<Frame>,
    /// What is no entry and has entries after it.
    pub(super) damage: Vec<Range<usize>>,
    /// Where the last whole entry ends.
    pub(super) end: usize,
    /// Where the last entry ends that has all its bytes, whether they fit their sum or not: up to here
    /// what is no entry is damage. What follows was cut off while it was written, or its head is
    /// damaged; nothing tells which.
    pub(super) reach: usize,
}

/// Looks through a segment.
pub(super) fn scan(bytes: &[u8], segment: u128) -> Found {
    let mut found = Found::default();
    let mut at = 0;
    while at < bytes.len() {
        let next = match look(&bytes[at..], segment) {
            Look::Frame(frame, length) => {
                if found.end < at {
                    found.damage.push(found.end..at);
                }
                found.frames.push(Frame {
                    payload: at + frame.payload.start..at + frame.payload.end,
                    ..frame
                });
                found.end = at + length;
                found.reach = found.end;
                found.end
            }
            Look::Damaged(length) => {
                found.reach = at + length;
                found.reach
            }
            Look::Nothing => match memmem::find(&bytes[at + 1..], &MAGIC) {
                Some(further) => at + 1 + further,
                None => bytes.len(),
            },
        };
        at = next;
    }
    found
}

/// What lies at the beginning of some bytes.
enum Look {
    /// A whole entry; its length with the head.
    Frame(Frame, usize),
    /// An entry whose body does not fit its sum; its length with the head.
    Damaged(usize),
    /// No entry, or the beginning of one that ends beyond the bytes.
    Nothing,
}

fn look(bytes: &[u8], segment: u128) -> Look {
    let Some((head, rest)) = bytes.split_at_checked(HEAD) else {
        return Look::Nothing;
    };
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    if head[..4] != MAGIC || word(16) != head_sum(&head[..16], segment) {
        return Look::Nothing;
    }
    let length = word(4) as usize;
    let Some(body) = rest.get(..length) else {
        return Look::Nothing;
    };
    let sum = u64::from(word(8)) | u64::from(word(12)) << 32;
    let whole = xxh3_64_with_seed(body, seed(segment)) == sum;
    match parts(body).filter(|_| whole) {
        Some(frame) => Look::Frame(frame, HEAD + length),
        None => Look::Damaged(HEAD + length),
    }
}

fn parts(body: &[u8]) -> Option<Frame> {
    let rows = u32::from_le_bytes(body.get(..4)?.try_into().ok()?);
    let count = usize::from(*body.get(4)?);
    let marks = body.get(5..5 + 16 * count)?;
    let marks = marks
        .chunks_exact(16)
        .filter_map(|mark| Some(u128::from_le_bytes(mark.try_into().ok()?)));
    Some(Frame {
        rows,
        marks: marks.collect(),
        payload: HEAD + 5 + 16 * count..HEAD + body.len(),
    })
}

fn head_sum(head: &[u8], segment: u128) -> u32 {
    // The lower half is enough for twelve bytes.
    xxh3_64_with_seed(head, seed(segment)) as u32
}

/// The id is random in all its bits: half of them tell segments apart.
fn seed(segment: u128) -> u64 {
    segment as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEGMENT: u128 = 0x0123_4567_89ab_cdef_0011_2233_4455_6677;

    fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
        // Some hold what looks like the beginning of a frame.
        let piece = prop_oneof![
            Just(MAGIC.to_vec()),
            proptest::collection::vec(any::<u8>(), 0..40)
        ];
        let payload = proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat());
        proptest::collection::vec(payload, 1..8)
    }

    fn written(payloads: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (n, payload) in payloads.iter().enumerate() {
            put(&mut bytes, SEGMENT, &body(n as u32, &[n as u128], payload));
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn read<'a>(bytes: &'a [u8], found: &Found) -> Vec<&'a [u8]> {
        let frames = found.frames.iter();
        frames.map(|frame| &bytes[frame.payload.clone()]).collect()
    }

    proptest! {
        #[test]
        fn what_is_put_is_found(payloads in payloads()) {
            let (bytes, _) = written(&payloads);
            let found = scan(&bytes, SEGMENT);
            prop_assert_eq!(read(&bytes, &found), payloads.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!((found.end, found.reach), (bytes.len(), bytes.len()));
            prop_assert!(found.damage.is_empty());
            for (n, frame) in found.frames.iter().enumerate() {
                prop_assert_eq!((frame.rows, frame.marks.clone()), (n as u32, vec![n as u128]));
            }
            prop_assert!(scan(&bytes, SEGMENT ^ 1).frames.is_empty());
        }

        /// Cut off at every byte: what was whole is found, and nothing else.
        #[test]
        fn a_cut_costs_what_was_cut(payloads in payloads()) {
            let (bytes, ends) = written(&payloads);
            for cut in 0..=bytes.len() {
                let found = scan(&bytes[..cut], SEGMENT);
                let whole = ends.iter().filter(|end| **end <= cut).count();
                prop_assert_eq!(found.frames.len(), whole);
                prop_assert_eq!(found.end, ends[..whole].last().copied().unwrap_or(0));
                prop_assert_eq!(found.reach, found.end);
                prop_assert!(found.damage.is_empty());
            }
        }

        /// One bit that flipped costs the entry that it is in.
        #[test]
        fn a_flipped_bit_costs_one_entry(payloads in payloads(), at in any::<prop::sample::Index>(), bit in 0..8) {
            let (mut bytes, ends) = written(&payloads);
            let at = at.index(bytes.len());
            bytes[at] ^= 1u8 << bit;
            let hit = ends.iter().filter(|end| **end <= at).count();
            let found = scan(&bytes, SEGMENT);
            let rows: Vec<usize> = found.frames.iter().map(|frame| frame.rows as usize).collect();
            prop_assert_eq!(rows, (0..payloads.len()).filter(|n| *n != hit).collect::<Vec<_>>());
            let start = if hit == 0 { 0 } else { ends[hit - 1] };
            let mut reach = bytes.len();
            if hit + 1 < payloads.len() {
                prop_assert_eq!(found.damage, vec![start..ends[hit]]);
            } else if at < start + HEAD {
                // Without its head nobody knows how long it was.
                reach = start;
            }
            prop_assert_eq!(found.reach, reach);
        }

        #[test]
        fn any_bytes_can_be_looked_through(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(scan(&bytes, SEGMENT).frames.is_empty());
        }
    }
}
