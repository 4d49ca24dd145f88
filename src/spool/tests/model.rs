//! The spool against a model that is a list: random operations, clean and hard ends, torn tails and
//! bits that flip.

use std::collections::{HashSet, VecDeque};
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;

use super::super::{AppendError, Drain, Entry, Limits, Recovered, Spool};
use super::crash::segments;
use super::{MANUAL, frame, open, size};

const LIMITS: Limits = Limits {
    bytes: 9_000,
    seal_bytes: 3_000,
    seal_rows: 6,
    ..MANUAL
};

#[derive(Clone, Debug)]
enum Op {
    Append(Shape),
    Seal,
    /// Takes the oldest out; whether it is done then.
    Take(bool),
    /// Closes and opens again.
    Close,
    /// Opens again what a `kill -9` leaves.
    Crash(Tail),
    /// Flips a bit of a sealed segment.
    Flip(Index, Index, u8),
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    payload: usize,
    marks: usize,
    rows: u32,
}

/// What stands behind the last acknowledged entry.
#[derive(Clone, Debug)]
enum Tail {
    None,
    /// The folder is the same: the process just ended.
    Dropped,
    /// A write of these entries that came to some byte, behind the others or in a new segment.
    Unfinished(Vec<Shape>, Index),
    /// Blocks that the file system gave and that were never filled.
    Rubbish(Vec<u8>),
}

fn shape() -> impl Strategy<Value = Shape> {
    let payload = prop_oneof![0..40_usize, 0..2000_usize];
    (payload, 0..4_usize, 0..4_u32).prop_map(|(payload, marks, rows)| Shape {
        payload,
        marks,
        rows,
    })
}

fn op() -> impl Strategy<Value = Op> {
    let tail = prop_oneof![
        Just(Tail::None),
        Just(Tail::Dropped),
        (proptest::collection::vec(shape(), 1..4), any::<Index>())
            .prop_map(|(shapes, cut)| Tail::Unfinished(shapes, cut)),
        proptest::collection::vec(prop_oneof![Just(0), any::<u8>()], 1..50).prop_map(Tail::Rubbish),
    ];
    prop_oneof![
        12 => shape().prop_map(Op::Append),
        2 => Just(Op::Seal),
        5 => any::<bool>().prop_map(Op::Take),
        1 => Just(Op::Close),
        2 => tail.prop_map(Op::Crash),
        1 => (any::<Index>(), any::<Index>(), 0..8_u8)
            .prop_map(|(segment, at, bit)| Op::Flip(segment, at, bit)),
    ]
}

/// An entry that was acknowledged and is not done.
#[derive(Clone, Debug)]
struct Kept {
    entry: Entry,
    is_damaged: bool,
    /// The damage is in its head: nobody knows any more how long it was.
    is_headless: bool,
}

#[derive(Clone, Debug, Default)]
struct Batch {
    entries: Vec<Kept>,
    /// Its marks, as far as they were not lost with a damaged entry.
    marks: Vec<u128>,
}

impl Batch {
    fn bytes(&self) -> u64 {
        self.entries.iter().map(|kept| size(&kept.entry)).sum()
    }

    fn damaged(&self) -> u64 {
        let damaged = self.entries.iter().filter(|kept| kept.is_damaged);
        damaged.map(|kept| size(&kept.entry)).sum()
    }

    fn whole(&self) -> impl Iterator<Item = &Entry> {
        let whole = self.entries.iter().filter(|kept| !kept.is_damaged);
        whole.map(|kept| &kept.entry)
    }

    fn rows(&self) -> u64 {
        self.entries
            .iter()
            .map(|kept| u64::from(kept.entry.rows))
            .sum()
    }

    fn push(&mut self, entry: Entry) {
        self.marks.extend(&entry.marks);
        self.entries.push(Kept {
            entry,
            is_damaged: false,
            is_headless: false,
        });
    }
}

/// What no entry is, behind the last.
#[derive(Clone, Copy, Default)]
struct Behind {
    bytes: u64,
    /// It lies in a segment that was begun with it.
    in_new_segment: bool,
}

#[derive(Default)]
struct Model {
    sealed: VecDeque<Batch>,
    open: Batch,
    /// Marks of what is done.
    done: HashSet<u128>,
    /// How many entries were made, of which nothing is the same.
    made: u128,
}

impl Model {
    fn make(&mut self, shape: Shape) -> Entry {
        self.made += 1;
        let marks = (0..shape.marks as u128).map(|n| self.made * 10 + n);
        let bytes = self.made.to_be_bytes();
        Entry {
            rows: shape.rows,
            marks: marks.collect(),
            payload: bytes
                .into_iter()
                .rev()
                .cycle()
                .take(shape.payload)
                .collect(),
        }
    }

    fn bytes(&self) -> u64 {
        self.open.bytes() + self.sealed.iter().map(Batch::bytes).sum::<u64>()
    }

    fn append(&mut self, entry: Entry) {
        self.open.push(entry);
        if self.open.bytes() >= LIMITS.seal_bytes || self.open.rows() >= LIMITS.seal_rows {
            self.seal();
        }
    }

    fn seal(&mut self) {
        if !self.open.entries.is_empty() {
            self.sealed.push_back(std::mem::take(&mut self.open));
        }
    }

    /// What is found when the folder is opened again.
    fn reopen(&mut self, behind: Behind) -> Recovered {
        self.seal();
        let mut torn = behind.bytes;
        // Nothing tells an entry without a head at the end of the last segment from what was never
        // acknowledged.
        let last = self.sealed.back_mut().filter(|_| !behind.in_new_segment);
        if let Some(last) = last {
            while let Some(kept) = last.entries.pop_if(|kept| kept.is_headless) {
                torn += size(&kept.entry);
            }
        }
        self.sealed.retain(|batch| !batch.entries.is_empty());
        for batch in &mut self.sealed {
            batch.marks = batch
                .whole()
                .flat_map(|entry| &entry.marks)
                .copied()
                .collect();
        }
        Recovered {
            segments: self.sealed.len(),
            entries: self
                .sealed
                .iter()
                .map(|batch| batch.whole().count() as u64)
                .sum(),
            torn,
            damaged: self.sealed.iter().map(Batch::damaged).sum(),
        }
    }

    fn known(&self) -> HashSet<u128> {
        let waiting = self.sealed.iter().chain([&self.open]);
        let waiting = waiting.flat_map(|batch| &batch.marks).copied();
        waiting.chain(self.done.iter().copied()).collect()
    }
}

/// The spool, the model of it, and where it lies.
struct Tested {
    folder: TempDir,
    spool: Spool,
    drain: Drain,
    model: Model,
}

impl Tested {
    async fn step(mut self, op: &Op) -> Self {
        match op {
            Op::Append(shape) => {
                let entry = self.model.make(*shape);
                let (used, limit) = (self.model.bytes(), LIMITS.bytes);
                let appended = self.spool.append(&entry).await;
                if used + size(&entry) > limit {
                    assert_eq!(appended, Err(AppendError::Full { used, limit }));
                } else {
                    assert_eq!(appended, Ok(()));
                    self.model.append(entry);
                }
            }
            Op::Seal => {
                self.spool.seal().await;
                self.model.seal();
            }
            Op::Take(is_done) => {
                if let Some(segment) = self.drain.oldest()
                    && *is_done
                {
                    self.drain.done(&segment).unwrap();
                    let batch = self.model.sealed.pop_front().unwrap();
                    self.model.done.extend(batch.marks);
                }
            }
            Op::Close => {
                self.spool.close().await;
                return self.reopened(None, Behind::default());
            }
            Op::Crash(tail) => return self.crash(tail),
            Op::Flip(segment, at, bit) => {
                let sealed = &mut self.model.sealed;
                if !sealed.is_empty() {
                    let n = segment.index(sealed.len());
                    let path = segments(self.folder.path()).remove(n);
                    flip(&path, &mut sealed[n], at, *bit);
                }
            }
        }
        self
    }

    fn crash(mut self, tail: &Tail) -> Self {
        if matches!(tail, Tail::Dropped) {
            return self.reopened(None, Behind::default());
        }
        let copy = tempfile::tempdir().unwrap();
        for file in fs::read_dir(self.folder.path()).unwrap() {
            let path = file.unwrap().path();
            fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
        }
        let in_new_segment = self.model.open.entries.is_empty();
        let mut files = segments(copy.path());
        let (number, _) = files.last().map_or((0, 0), |path| named(path));
        // One that is empty was made ahead: it is what the next first write goes to.
        let ahead = files.pop_if(|path| fs::metadata(path).unwrap().len() == 0);
        let path = match in_new_segment {
            true => ahead,
            false => files.pop(),
        };
        // The crash came with the first write of a segment.
        let made = || {
            let id = 77 + self.model.made;
            let name = format!("{:012}-{id:032x}.seg", number + 1);
            copy.path().join(name)
        };
        let path = path.unwrap_or_else(made);
        let (_, id) = named(&path);
        let mut behind = Vec::new();
        match tail {
            Tail::None | Tail::Dropped => return self.reopened(Some(copy), Behind::default()),
            Tail::Rubbish(bytes) => behind.clone_from(bytes),
            Tail::Unfinished(shapes, cut) => {
                let mut ends = Vec::new();
                for shape in shapes {
                    let entry = self.model.make(*shape);
                    let body = frame::body(entry.rows, &entry.marks, &entry.payload);
                    frame::put(&mut behind, id, &body);
                    ends.push((behind.len(), entry));
                }
                behind.truncate(cut.index(behind.len() + 1));
                // Whole ones are kept, though nobody was told.
                for (end, entry) in ends {
                    if end <= behind.len() {
                        self.model.open.push(entry);
                    }
                }
            }
        }
        let mut bytes = fs::read(&path).unwrap_or_default();
        bytes.extend(&behind);
        fs::write(&path, &bytes).unwrap();
        let behind = Behind {
            bytes: bytes.len() as u64 - self.model.open.bytes(),
            in_new_segment: in_new_segment && !bytes.is_empty(),
        };
        self.reopened(Some(copy), behind)
    }

    /// Opens it again, here or in another folder.
    fn reopened(self, copy: Option<TempDir>, behind: Behind) -> Self {
        let Tested {
            folder,
            spool,
            drain,
            mut model,
        } = self;
        drop((spool, drain));
        let folder = copy.unwrap_or(folder);
        let (spool, drain, recovered) = open(folder.path(), LIMITS);
        assert_eq!(recovered, model.reopen(behind));
        Tested {
            folder,
            spool,
            drain,
            model,
        }
    }

    fn check(&self) {
        let usage = self.spool.usage();
        assert_eq!(usage.bytes, self.model.bytes());
        let open = usize::from(!self.model.open.entries.is_empty());
        assert_eq!(usage.segments, self.model.sealed.len() + open);
        assert_eq!(usage.failing, None);
        let known = self.model.known();
        let marks = (1..=self.model.made).flat_map(|made| (0..4).map(move |n| made * 10 + n));
        for mark in marks {
            assert_eq!(self.spool.knows(&[mark]), known.contains(&mark), "{mark}");
        }
        self.check_oldest();
    }

    fn check_oldest(&self) {
        let (segment, batch) = match (self.drain.oldest(), self.model.sealed.front()) {
            (Some(segment), Some(batch)) => (segment, batch),
            (segment, batch) => {
                assert!(segment.is_none() && batch.is_none());
                return;
            }
        };
        assert_eq!(segment.bytes, batch.bytes());
        let content = segment.read().unwrap();
        let whole = batch.whole().map(|entry| entry.payload.as_slice());
        assert_eq!(
            content.entries().collect::<Vec<_>>(),
            whole.collect::<Vec<_>>()
        );
        let damage: usize = content.damage().map(<[u8]>::len).sum();
        assert_eq!(damage as u64, batch.damaged());
    }
}

/// The number and the id of a segment.
fn named(path: &Path) -> (u64, u128) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let (number, id) = name.split_once('-').unwrap();
    (
        number.parse().unwrap(),
        u128::from_str_radix(id, 16).unwrap(),
    )
}

/// One that is damaged already stays as it is: the same bit would make it whole again.
fn flip(path: &Path, batch: &mut Batch, at: &Index, bit: u8) {
    let mut bytes = fs::read(path).unwrap();
    let at = at.index(bytes.len());
    let mut end = 0;
    let hit = batch.entries.iter_mut().find(|kept| {
        end += size(&kept.entry);
        at < end as usize
    });
    let hit = hit.unwrap();
    if !hit.is_damaged {
        hit.is_damaged = true;
        let start = end - size(&hit.entry);
        hit.is_headless = at < start as usize + frame::framed(0);
        bytes[at] ^= 1 << bit;
        fs::write(path, &bytes).unwrap();
    }
}

async fn run(ops: &[Op]) {
    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, recovered) = open(folder.path(), LIMITS);
    assert_eq!(recovered, Recovered::default());
    let mut tested = Tested {
        folder,
        spool,
        drain,
        model: Model::default(),
    };
    for op in ops {
        tested = tested.step(op).await;
        tested.check();
    }
    tested.spool.seal().await;
    tested.model.seal();
    while let Some(segment) = tested.drain.oldest() {
        tested.check_oldest();
        tested.drain.done(&segment).unwrap();
        let batch = tested.model.sealed.pop_front().unwrap();
        tested.model.done.extend(batch.marks);
    }
    tested.check();
    assert!(tested.model.sealed.is_empty());
    tested.spool.close().await;
    assert!(segments(tested.folder.path()).is_empty());
}

proptest! {
    // Each step writes to a real disk and waits for it.
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_spool_is_a_list(ops in proptest::collection::vec(op(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(&ops));
    }
}
