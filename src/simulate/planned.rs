//! Everything but reads: few enough (some dozens for each write-up) to be thought out beforehand
//! and then written on the day on which it happens.

use crate::model::{EventKind, Millis};

use super::line::Line;

/// Lines with the instant at which they are written.
pub(super) struct Plan {
    lines: Vec<Planned>,
    next: usize,
    /// Where lines are put together.
    pub(super) line: Line,
}

/// One line.
pub(super) struct Planned {
    /// When it happens, or becomes known.
    pub(super) at: Millis,
    pub(super) kind: EventKind,
    pub(super) line: Vec<u8>,
    /// It replaces an earlier one.
    pub(super) correction: bool,
}

impl Plan {
    pub(super) fn new() -> Self {
        Plan {
            lines: Vec::new(),
            next: 0,
            line: Line::new(),
        }
    }

    /// Takes the event that stands in `line`.
    pub(super) fn keep(&mut self, kind: EventKind, at: Millis) {
        let line = self.line.end().to_vec();
        self.lines.push(Planned {
            at,
            kind,
            line,
            correction: false,
        });
    }

    /// Takes the correction that stands in `line` and becomes known at `at`.
    pub(super) fn correct(&mut self, kind: EventKind, at: Millis) {
        let line = self.line.end().to_vec();
        self.lines.push(Planned {
            at,
            kind,
            line,
            correction: true,
        });
    }

    /// Puts the lines into their order.
    pub(super) fn arrange(&mut self) {
        self.lines.sort_by_key(|planned| planned.at);
    }

    /// The lines before an instant that were not yet taken.
    pub(super) fn until(&mut self, to: Millis) -> &[Planned] {
        let from = self.next;
        self.next += self.lines[from..].partition_point(|planned| planned.at < to);
        &self.lines[from..self.next]
    }
}
