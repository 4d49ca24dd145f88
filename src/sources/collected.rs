//! A sink that keeps everything it is given in memory: for dry runs, small files and tests.

use std::collections::BTreeMap;

use super::{Problem, Sink};
use crate::model::Event;

/// What a source handed over, in its order.
#[derive(Default)]
pub struct Collected {
    /// The events.
    pub events: Vec<Event>,
    /// What was wrong with the input.
    pub problems: Vec<Problem>,
    /// How many entries that was; one may have several things wrong with it.
    pub rejected: u64,
    /// How often something was left out, by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// Sentences for the person at the terminal.
    pub notes: Vec<String>,
}

impl Sink for Collected {
    fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    fn restart(&mut self) -> bool {
        *self = Collected::default();
        true
    }

    fn problem(&mut self, problem: Problem) {
        self.rejected(vec![problem]);
    }

    fn rejected(&mut self, problems: Vec<Problem>) {
        self.rejected += 1;
        self.problems.extend(problems);
    }

    fn left_out(&mut self, reason: &'static str) {
        *self.left_out.entry(reason).or_default() += 1;
    }

    fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

/// Says loudly that a test could not run.
#[cfg(test)]
pub(super) fn skipped(why: &str) {
    use std::io::Write;
    // Not `eprintln!`: the test harness would swallow it.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
