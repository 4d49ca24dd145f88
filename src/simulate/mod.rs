//! A simulated organisation: seeded, documented, streamed as events (CONTRACT, "In: events"), for
//! the demo, for tests, and for loads of any size. The same options give the same bytes.
//!
//! # The process
//! - **Time.** `days` local days that end at local midnight of `end`, which is the `as_of` to
//!   report at. Little happens on weekends and holidays.
//! - **People** sit on a fixed number of seats in teams; tenure is exponential (twelve years), a
//!   seat stays empty for a month, and who comes reads write-ups of the last year in the first
//!   90 days. So with 120 seats some 150 people come and go in three years, and all of them count
//!   as readers; [`Summary::people`] says how many. The keen read more. Two in five have an account
//!   name beside their address (`person.aliases`).
//! - **Write-ups** come by a Poisson process on working days. Each has a level (log-normal), and
//!   its reading falls off as a mixture of an exponential launch (three days) and a power-law
//!   tail; a few are classics with a heavy tail, some are filed and forgotten, and `sleepers` are hardly
//!   read for four to thirteen months and then like new ones. From `template_from` on a new template makes
//!   write-ups `template_effect` times as readable: the truth that trends should find.
//! - **Reads** are Poisson for each write-up and day, scaled so that about `reads` come out. A
//!   write-up concerns nine in ten of its own team and one in ten to nine in twenty of the others;
//!   one visit in fifty is by somebody else. A visit is reading (log-normal around the time that the words take at 238 a minute), skimming
//!   or opening; some have no engaged time, no depth, no person, no session.
//! - **Sources.** `wiki` watches from the first event on. `portal` goes live late, fails for
//!   twelve days, and says so by `coverage`. `handbook` has a page counter only (`read_count` by
//!   day), and `handbook-totals` a running one. Reviews are in `calendar` (invitations) and `meet`
//!   (presence), the roster in `hr`, write-ups in `registry`, links in `git`, `drawings`, `wiki`
//!   and `tracker`.
//! - **Dirt**, all of it marked and counted by Readback: robots, an agent, an importer's batch,
//!   double clicks, lines delivered twice, corrections (a greater `version`), reads of drafts, of
//!   deleted and of unknown write-ups, and clocks that run ahead.
//! - **Reviews** are on working days at working hours. They have a chair, required, optional and informed people, walk-ins, rooms, dial-ins
//!   and reconnects; one in ten is not measured and has the host's list only. Of six in ten there is a
//!   transcript. Some of those who came take notes in the write-up, or comment on it in the days after.
//! - **Links** live for an exponential time that depends on the place; commits keep theirs. Those
//!   in other write-ups stand there since those were published, or were added later.
//!
//! Days are written in order, within a day write-up by write-up. Memory grows with people and
//! write-ups, never with reads.

mod dice;
mod line;
mod names;
mod out;
mod people;
mod planned;
mod reads;
mod reviews;
mod roster;
#[cfg(test)]
mod tests;
mod traces;
mod watch;
mod writeups;

use std::collections::BTreeSet;
use std::io::{self, Write};

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

use crate::model::{Calendar, DAY_MS, EventKind, Millis};

use out::Out;
use people::People;
use planned::Plan;
use reads::Reads;
use watch::Watch;
use writeups::Paper;

pub use out::Summary;

/// What to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The same seed and options give the same bytes.
    pub seed: u64,
    /// Reads, about: the expected number before double clicks and copies.
    pub reads: u64,
    /// Seats.
    pub people: u32,
    /// Teams.
    pub teams: u32,
    /// Write-ups, about.
    pub writeups: u32,
    /// Simulated days.
    pub days: u32,
    /// The day after the last; its local midnight is the `as_of` to report at.
    pub end: NaiveDate,
    /// The organisation's zone.
    pub timezone: Tz,
    /// Days off, apart from weekends.
    pub holidays: BTreeSet<NaiveDate>,
    /// When the new template comes, if it does.
    pub template_from: Option<NaiveDate>,
    /// From when on nothing is published any more, if ever; what is there is read on.
    pub silent_from: Option<NaiveDate>,
    /// How many times as readable it makes write-ups.
    pub template_effect: f64,
    /// Share of write-ups in the handbook, which counts reads and knows nobody.
    pub counted: f64,
    /// Share of write-ups in the portal, whose source goes live late and fails once.
    pub late: f64,
    /// How late: a share of the days.
    pub late_after: f64,
    /// Share of write-ups that hardly anybody reads for months, until they are read like new ones.
    pub sleepers: f64,
    /// Share of write-ups that are deleted some day.
    pub deleted: f64,
    /// Share of visits by self-declared robots.
    pub robots: f64,
    /// Share of visits by an agent for a person.
    pub agents: f64,
    /// Share of lines that are delivered a second time.
    pub redelivered: f64,
    /// Share of reads that are corrected later.
    pub corrected: f64,
    /// Times in which nothing was recorded.
    pub cut: Vec<Cut>,
}

impl Default for Options {
    /// Three years of an engineering organisation of 120 people, for a demo.
    fn default() -> Self {
        let end = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap_or_default();
        Options {
            seed: 2,
            reads: 60_000,
            people: 120,
            teams: 8,
            writeups: 90,
            days: 1_096,
            end,
            timezone: chrono_tz::Europe::Berlin,
            holidays: BTreeSet::new(),
            template_from: end.checked_sub_days(Days::new(550)),
            silent_from: None,
            template_effect: 2.0,
            counted: 0.1,
            late: 0.15,
            late_after: 0.3,
            sleepers: 0.0,
            deleted: 0.05,
            robots: 0.03,
            agents: 0.015,
            redelivered: 0.01,
            corrected: 0.01,
            cut: Vec::new(),
        }
    }
}

impl Options {
    /// The instant at which the simulated time ends: the `as_of` to report at.
    pub fn as_of(&self) -> Millis {
        self.calendar().midnight(self.end)
    }

    fn calendar(&self) -> Calendar {
        Calendar {
            timezone: self.timezone,
            holidays: self.holidays.clone(),
        }
    }
}

/// A time in which the sources of [`Cut::KINDS`] recorded nothing: their events are left out and
/// `coverage` events say when they were watching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// From when, included.
    pub from: Millis,
    /// Until when, excluded.
    pub to: Millis,
}

impl Cut {
    /// What somebody has to be watching for; links, edits and the registry can be read later.
    pub const KINDS: [EventKind; 4] = [
        EventKind::Read,
        EventKind::ReadCount,
        EventKind::Comment,
        EventKind::Attendance,
    ];
}

/// Writes the events of a simulated organisation, one a line.
///
/// # Errors
/// Only those of the writer.
pub fn write(options: &Options, to: &mut impl Write) -> io::Result<Summary> {
    let calendar = options.calendar();
    let end = options.as_of();
    let first = options
        .end
        .checked_sub_days(Days::new(u64::from(options.days)))
        .unwrap_or(NaiveDate::MIN);
    let start = calendar.midnight(first);
    let mut people = People::new(options, start, end);
    let papers = writeups::papers(options, &calendar, &mut people, first);
    let watch = Watch::new(options, &calendar, start, end);
    let mut plan = Plan::new();
    roster::plan(&people, &papers, start, &mut plan);
    roster::annotate(options, &calendar, &mut plan);
    reviews::plan(options, &calendar, &papers, &mut people, &mut plan);
    traces::plan(options, &papers, &mut people, end, &mut plan);
    plan.arrange();

    let mut out = Out::new(options, to);
    watch.report(&options.cut, &mut out)?;
    let mass = mass(&calendar, &papers, first, options.end);
    let mut reads = Reads::new(options, &calendar, &watch, mass, papers.len());
    for date in first.iter_days().take_while(|date| *date < options.end) {
        let next = calendar.midnight(date) + DAY_MS;
        deliver(plan.until(next), &mut out)?;
        people.advance(calendar.midnight(date));
        reads.day(date, &papers, &people, &mut out)?;
    }
    deliver(plan.until(Millis::MAX), &mut out)?;
    reads.future(end, &papers, &people, &mut out)?;
    let mut summary = out.finish()?;
    summary.writeups = papers.len() as u64;
    summary.people = people.workers.len() as u64;
    (summary.from, summary.to) = (start, end);
    Ok(summary)
}

fn deliver<W: Write>(lines: &[planned::Planned], out: &mut Out<'_, W>) -> io::Result<()> {
    for planned in lines {
        match planned.correction {
            true => out.correction(planned.kind, planned.at, planned.line.clone()),
            false => out.line(planned.kind, planned.at, &planned.line)?,
        }
    }
    Ok(())
}

/// Expected reads over the whole time before scale; what the counter sees counts too.
fn mass(calendar: &Calendar, papers: &[Paper], first: NaiveDate, end: NaiveDate) -> f64 {
    let mut mass = 0.0;
    for date in first.iter_days().take_while(|date| *date < end) {
        let from = calendar.midnight(date);
        let pace = writeups::pace(calendar, date);
        let sum: f64 = papers
            .iter()
            .map(|paper| paper.mass(from, from + DAY_MS))
            .sum();
        mass += sum * pace;
    }
    mass
}
