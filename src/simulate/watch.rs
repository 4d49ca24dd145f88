//! When the sources were watching: the portal from its late go-live on and not during its outage,
//! everything outside the cuts. What is not watched leaves no event, and `coverage` says so.

use std::io::{self, Write};

use chrono::Days;

use crate::model::{Calendar, DAY_MS, EventKind, Millis};

use super::line::Line;
use super::out::Out;
use super::writeups::Home;
use super::{Cut, Options};

/// Sources with people or counters behind them, and what they record.
const RECORDED: [(&str, EventKind); 7] = [
    ("wiki", EventKind::Read),
    ("wiki", EventKind::Comment),
    ("portal", EventKind::Read),
    ("handbook", EventKind::ReadCount),
    ("handbook-totals", EventKind::ReadCount),
    ("calendar", EventKind::Attendance),
    ("meet", EventKind::Attendance),
];

/// How long before the first day calendars and meetings were watched, without a review in them: whoever comes
/// for the first time is known not to have come before.
const CALENDARS: Millis = 365 * DAY_MS;

/// When the portal was watching.
pub(super) struct Watch {
    start: Millis,
    portal: Vec<(Millis, Option<Millis>)>,
}

impl Watch {
    /// The portal goes live after `late_after` of the days and fails for twelve days half-way on.
    pub(super) fn new(options: &Options, calendar: &Calendar, start: Millis, end: Millis) -> Self {
        let span = (end - start) as f64;
        let day = |share: f64| {
            let date = calendar.date(start + (span * share) as Millis);
            calendar.midnight(date)
        };
        let live = day(options.late_after);
        let fails = day((1.0 + options.late_after) / 2.0);
        let back = calendar.date(fails).checked_add_days(Days::new(12));
        let back = back.map_or(fails + 12 * DAY_MS, |date| calendar.midnight(date));
        Watch {
            start,
            portal: vec![(live, Some(fails)), (back, None)],
        }
    }

    /// Whether the source of this home was watching.
    pub(super) fn sees(&self, home: Home, at: Millis) -> bool {
        home != Home::Portal
            || self
                .portal
                .iter()
                .any(|&(a, b)| a <= at && b.is_none_or(|b| at < b))
    }

    /// The coverage of every source that does not simply observe from its first event on. A counter
    /// was there before it had anything to count, and what it tells of its first day is whole.
    pub(super) fn report<W: Write>(&self, cut: &[Cut], out: &mut Out<'_, W>) -> io::Result<()> {
        let mut line = Line::new();
        for (source, kind) in RECORDED {
            let windows = match source {
                "portal" => self.portal.clone(),
                "handbook" | "handbook-totals" => vec![(self.start, None)],
                _ if kind == EventKind::Attendance => vec![(self.start - CALENDARS, None)],
                _ if cut.is_empty() => continue,
                _ => vec![(self.start, None)],
            };
            for (n, (from, to)) in without(windows, cut).into_iter().enumerate() {
                let id = format!("coverage-{}-{n}", kind.name());
                line.begin(EventKind::Coverage, source, &id, "", None)
                    .text("kind", kind.name())
                    .text("scope", source)
                    .time("from", Some(from))
                    .time("to", to);
                out.line(EventKind::Coverage, from, line.end())?;
            }
        }
        Ok(())
    }
}

/// Windows with the cuts taken out.
fn without(
    mut windows: Vec<(Millis, Option<Millis>)>,
    cut: &[Cut],
) -> Vec<(Millis, Option<Millis>)> {
    for &Cut { from: a, to: b } in cut {
        windows = windows
            .into_iter()
            .flat_map(|(from, to)| {
                let before = (from, Some(to.map_or(a, |to| to.min(a))));
                let after = (from.max(b), to);
                [before, after]
            })
            .filter(|&(from, to)| to.is_none_or(|to| from < to))
            .collect();
    }
    windows
}
