//! Where the lines go: counted, cut, delivered twice, corrected later, in constant memory.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};

use crate::model::{EventKind, Millis};

use super::dice::{Dice, Stream};
use super::{Cut, Options};

/// How many lines later a copy or a correction comes.
const LATER: u64 = 2_000;
const BUFFER: usize = 1 << 16;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines in all.
    pub lines: u64,
    /// Lines by kind, copies and corrections included.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Lines that were written a second time.
    pub redelivered: u64,
    /// Lines that correct an earlier one (a greater `version`).
    pub corrected: u64,
    /// Events left out because they fell into a cut.
    pub cut: u64,
    /// Write-ups, deleted ones included.
    pub writeups: u64,
    /// People who ever worked there.
    pub people: u64,
    /// The first instant of the simulated time.
    pub from: Millis,
    /// Its end, which is the `as_of` to report at: the few events after it are in the future.
    pub to: Millis,
}

/// Writes lines.
pub(super) struct Out<'o, W: Write> {
    to: &'o mut W,
    buffer: Vec<u8>,
    later: VecDeque<(u64, EventKind, Vec<u8>)>,
    cut: &'o [Cut],
    redelivered: f64,
    dice: Dice,
    pub(super) summary: Summary,
    kinds: [u64; EventKind::ALL.len()],
}

impl<'o, W: Write> Out<'o, W> {
    pub(super) fn new(options: &'o Options, to: &'o mut W) -> Self {
        Out {
            to,
            buffer: Vec::with_capacity(BUFFER * 2),
            later: VecDeque::new(),
            cut: &options.cut,
            redelivered: options.redelivered,
            dice: Dice::new(options.seed, Stream::Deliveries),
            summary: Summary::default(),
            kinds: [0; EventKind::ALL.len()],
        }
    }

    /// One line; one in many comes again later.
    pub(super) fn line(&mut self, kind: EventKind, at: Millis, line: &[u8]) -> io::Result<()> {
        let again = self.dice.chance(self.redelivered);
        if self.in_a_cut(kind, at) {
            return Ok(());
        }
        if again {
            self.summary.redelivered += 1;
            self.later
                .push_back((self.summary.lines + LATER, kind, line.to_vec()));
        }
        self.append(kind, line)?;
        while let Some((due, ..)) = self.later.front()
            && *due <= self.summary.lines
            && let Some((_, kind, line)) = self.later.pop_front()
        {
            self.append(kind, &line)?;
        }
        Ok(())
    }

    /// A line that replaces an earlier one; it comes a while after it.
    pub(super) fn correction(&mut self, kind: EventKind, at: Millis, line: Vec<u8>) {
        if !self.in_a_cut(kind, at) {
            self.summary.corrected += 1;
            self.later
                .push_back((self.summary.lines + LATER, kind, line));
        }
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> io::Result<Summary> {
        while let Some((_, kind, line)) = self.later.pop_front() {
            self.append(kind, &line)?;
        }
        self.to.write_all(&self.buffer)?;
        self.to.flush()?;
        for (kind, count) in EventKind::ALL.iter().zip(self.kinds) {
            self.summary.kinds.insert(kind.name(), count);
        }
        Ok(self.summary)
    }

    fn in_a_cut(&mut self, kind: EventKind, at: Millis) -> bool {
        let cut = Cut::KINDS.contains(&kind) && self.cut.iter().any(|c| c.from <= at && at < c.to);
        self.summary.cut += u64::from(cut);
        cut
    }

    fn append(&mut self, kind: EventKind, line: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(line);
        self.buffer.push(b'\n');
        self.summary.lines += 1;
        self.kinds[kind as usize] += 1;
        if self.buffer.len() >= BUFFER {
            self.to.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }
}
