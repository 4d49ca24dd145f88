//! Reads, day by day: of each write-up a Poisson number, each by somebody who works there that
//! day and whom it concerns, at an hour at which people work, for as long as people stay.

use std::io::{self, Write};

use chrono::NaiveDate;

use crate::model::{Calendar, DAY_MS, EventKind, Millis};

use super::Options;
use super::dice::{Dice, Stream};
use super::line::Line;
use super::out::Out;
use super::people::{People, days};
use super::watch::Watch;
use super::writeups::{Home, Paper, pace};

/// The weight of each hour of a working day.
const HOURS: [f64; 24] = [
    0.2, 0.1, 0.1, 0.1, 0.1, 0.3, 0.8, 2.5, 6.0, 10.0, 11.0, 9.5, 5.0, 7.5, 10.0, 9.5, 8.0, 5.5,
    3.0, 2.0, 1.8, 1.5, 1.0, 0.5,
];
/// How often a reader is looked for whom a write-up concerns; a small organisation may have none.
const MOST_TRIES: u32 = 30;
/// The agent that reads for people.
const AGENT: &str = "assistant";
/// The robot and the service account of the roster.
pub(super) const ROBOTS: [&str; 2] = ["link-checker@example.org", "svc-search-indexer"];

/// The reads of a simulated organisation.
pub(super) struct Reads<'a> {
    options: &'a Options,
    calendar: &'a Calendar,
    watch: &'a Watch,
    /// Expected reads a unit of mass.
    scale: f64,
    dice: Dice,
    counts: Dice,
    line: Line,
    number: u64,
    hours: [f64; 24],
    cumulative: Vec<u64>,
    /// How many of the latest write-ups new people are shown.
    shown: usize,
}

impl<'a> Reads<'a> {
    /// `mass` is the expected number of reads before scale, over the whole time.
    pub(super) fn new(
        options: &'a Options,
        calendar: &'a Calendar,
        watch: &'a Watch,
        mass: f64,
        papers: usize,
    ) -> Self {
        let mut hours = HOURS;
        let total: f64 = hours.iter().sum();
        let mut sum = 0.0;
        for hour in &mut hours {
            sum += *hour / total;
            *hour = sum;
        }
        Reads {
            options,
            calendar,
            watch,
            scale: if mass > 0.0 {
                options.reads as f64 / mass
            } else {
                0.0
            },
            dice: Dice::new(options.seed, Stream::Reads),
            counts: Dice::new(options.seed, Stream::Counts),
            line: Line::new(),
            number: 0,
            hours,
            cumulative: vec![0; papers],
            shown: (papers * 365 / options.days.max(1) as usize).max(1),
        }
    }

    /// All reads of one local day.
    pub(super) fn day<W: Write>(
        &mut self,
        date: NaiveDate,
        papers: &[Paper],
        people: &People,
        out: &mut Out<'_, W>,
    ) -> io::Result<()> {
        let from = self.calendar.midnight(date);
        let to = date
            .succ_opt()
            .map_or(from + DAY_MS, |next| self.calendar.midnight(next));
        let pace = pace(self.calendar, date) * self.scale;
        for (index, paper) in papers.iter().enumerate() {
            // Those who read over the draft come within three days before.
            let draft = from < paper.published && paper.published - from < 3 * DAY_MS;
            let mean = paper.mass(from, to) * pace;
            if paper.home == Home::Handbook {
                self.count(index, paper, (from, to), mean, out)?;
                continue;
            }
            // After deletion a cached copy is still opened now and then.
            let mean = if paper.deleted_by(from) {
                mean * 0.05
            } else {
                mean
            };
            for _ in 0..self.dice.poisson(mean) {
                self.single(paper, (from, to), people, out)?;
            }
            if draft && self.dice.chance(0.4) {
                let at = from + days(self.dice.between(9.0, 17.0) / 24.0);
                let reader = *self.dice.pick(&paper.authors);
                self.visit(
                    paper,
                    at.min(paper.published - 1),
                    Some(reader),
                    people,
                    out,
                )?;
            }
        }
        self.newcomers((from, to), papers, people, out)
    }

    /// Reads after the end: clocks that run ahead.
    pub(super) fn future<W: Write>(
        &mut self,
        end: Millis,
        papers: &[Paper],
        people: &People,
        out: &mut Out<'_, W>,
    ) -> io::Result<()> {
        for n in 0..20 {
            let Some(paper) = papers
                .iter()
                .rev()
                .filter(|p| p.home == Home::Wiki)
                .nth(n % 5)
            else {
                return Ok(());
            };
            let at = end + days(self.dice.between(0.0, 400.0));
            self.visit(paper, at, None, people, out)?;
        }
        Ok(())
    }

    fn single<W: Write>(
        &mut self,
        paper: &Paper,
        (from, to): (Millis, Millis),
        people: &People,
        out: &mut Out<'_, W>,
    ) -> io::Result<()> {
        let mut at = self.instant(from);
        if at < paper.published {
            at = paper.published + days(self.dice.between(0.0, 0.2));
        }
        self.visit(paper, at.min(to - 1), None, people, out)
    }

    /// An instant of the day that begins at `from`, at an hour at which people work.
    fn instant(&mut self, from: Millis) -> Millis {
        let u = self.dice.unit();
        let hour = self.hours.iter().position(|&share| u < share).unwrap_or(23);
        let within = self.dice.below(3_600_000);
        from + hour as Millis * 3_600_000 + within as Millis
    }

    /// People who are new read the write-ups of about the last year, now and then because they were
    /// told to. Were it any write-up, each would get less and less of it as more are written: a
    /// trend that nobody meant.
    fn newcomers<W: Write>(
        &mut self,
        (from, to): (Millis, Millis),
        papers: &[Paper],
        people: &People,
        out: &mut Out<'_, W>,
    ) -> io::Result<()> {
        let published = papers.partition_point(|paper| paper.published < from);
        for &worker in people.newcomers() {
            let shown = published.min(self.shown);
            if shown == 0 || !self.dice.chance(0.06 * shown as f64 / self.shown as f64) {
                continue;
            }
            let paper = &papers[published - 1 - self.dice.below(shown)];
            if paper.home != Home::Handbook && !paper.deleted_by(from) {
                let at = self.instant(from).min(to - 1);
                self.visit(paper, at, Some(worker), people, out)?;
            }
        }
        Ok(())
    }

    /// One opening of a page, sometimes clicked twice, sometimes corrected later.
    fn visit<W: Write>(
        &mut self,
        paper: &Paper,
        at: Millis,
        reader: Option<usize>,
        people: &People,
        out: &mut Out<'_, W>,
    ) -> io::Result<()> {
        if !self.watch.sees(paper.home, at) {
            return Ok(());
        }
        let worker = reader.unwrap_or_else(|| self.reader(paper, people));
        let click = Click {
            source: paper.home.source(),
            subject: self.subject(paper),
            who: self.who(worker, people),
            team: self
                .dice
                .chance(0.7)
                .then(|| &*people.teams[people.workers[worker].team]),
            session: self
                .dice
                .chance(0.8)
                .then(|| format!("s{worker}-{}", at / 1_800_000)),
            robot: self.dice.chance(self.options.robots),
            agent: self.dice.chance(self.options.agents),
            assigned: reader.is_some() && self.dice.chance(0.2),
        };
        let again = self.dice.chance(0.03).then(|| match self.dice.below(8) {
            0 => at + 30_000,
            _ => at + 1_000 + self.dice.below(29_000) as Millis,
        });
        self.click(&click, at, paper.words, out)?;
        match again {
            Some(at) => self.click(&click, at, paper.words, out),
            None => Ok(()),
        }
    }

    /// Somebody whom the write-up concerns; one visit in fifty is somebody else's, who searched for
    /// something and came upon it.
    fn reader(&mut self, paper: &Paper, people: &People) -> usize {
        let own = self.dice.chance(0.3).then_some(paper.team);
        let mut worker = people.anybody(own, &mut self.dice);
        let mut tries = 0;
        while !self.dice.chance(0.02) && tries < MOST_TRIES {
            if paper.concerns(worker, people.workers[worker].team, self.options.seed) {
                break;
            }
            worker = people.anybody(own, &mut self.dice);
            tries += 1;
        }
        worker
    }

    fn subject<'p>(&mut self, paper: &'p Paper) -> &'p str {
        match self.dice.unit() {
            u if u < 0.004 => "https://wiki.example.org/incidents/never-registered",
            u if u < 0.5 => &paper.url,
            u if u < 0.8 => &paper.id,
            _ => &paper.alias,
        }
    }

    fn who<'p>(&mut self, worker: usize, people: &'p People) -> Option<&'p str> {
        let worker = &people.workers[worker];
        match self.dice.unit() {
            u if u < 0.04 => None,
            u if u < 0.05 => Some(*self.dice.pick(&ROBOTS)),
            u if u < 0.4 => Some(worker.account.as_deref().unwrap_or(&worker.email)),
            _ => Some(&worker.email),
        }
    }

    fn click<W: Write>(
        &mut self,
        click: &Click<'_>,
        at: Millis,
        words: u32,
        out: &mut Out<'_, W>,
    ) -> io::Result<()> {
        self.number += 1;
        let id = format!("r{}", self.number);
        let stay = self.stay(words);
        self.write(click, &id, at, stay, None);
        out.line(EventKind::Read, at, self.line.end())?;
        if self.dice.chance(self.options.corrected) {
            // The tracker sends the final engaged time once the tab is closed.
            let more = stay.map(|(ms, depth)| (ms + 20_000, depth.max(600)));
            self.write(click, &id, at, more, Some(1));
            let line = self.line.end().to_vec();
            out.correction(EventKind::Read, at, line);
        }
        Ok(())
    }

    fn write(
        &mut self,
        click: &Click<'_>,
        id: &str,
        at: Millis,
        stay: Option<(u64, u64)>,
        version: Option<u64>,
    ) {
        let line = self
            .line
            .begin(EventKind::Read, click.source, id, click.subject, Some(at));
        line.maybe("person", click.who).maybe("team", click.team);
        line.maybe("session", click.session.as_deref());
        if let Some((engaged_ms, depth)) = stay {
            line.thousandths("engaged_s", engaged_ms);
            if depth > 0 {
                line.thousandths("scroll", depth);
            }
        }
        if click.robot {
            line.flag("bot", true);
        }
        if click.agent {
            line.text("agent", AGENT);
        }
        if click.assigned {
            line.flag("assigned", true);
        }
        if let Some(version) = version {
            line.whole("version", version);
        }
    }

    /// Engaged time, ms, and depth, thousandths (0: not known): reading, skimming, opening only,
    /// or not known.
    fn stay(&mut self, words: u32) -> Option<(u64, u64)> {
        let u = self.dice.unit();
        let (seconds, low, high) = match u {
            u if u < 0.38 => {
                let typical = f64::from(words) * 60.0 / 238.0;
                (self.dice.lognormal(typical, 0.35), 0.75, 1.0)
            }
            u if u < 0.72 => (self.dice.lognormal(35.0, 0.6), 0.2, 0.95),
            u if u < 0.95 => (self.dice.lognormal(4.0, 0.7), 0.05, 0.5),
            _ => return None,
        };
        let depth = match self.dice.chance(0.1) {
            true => 0.0,
            false => self.dice.between(low, high),
        };
        Some((
            (seconds.min(7_200.0) * 10.0).round() as u64 * 100,
            (depth * 1000.0) as u64,
        ))
    }

    /// The handbook's counters: reads of the day, and for every third page a running total.
    fn count<W: Write>(
        &mut self,
        index: usize,
        paper: &Paper,
        (from, to): (Millis, Millis),
        mean: f64,
        out: &mut Out<'_, W>,
    ) -> io::Result<()> {
        let count = self.counts.poisson(mean);
        // On the day of deletion the counter is gone before it is read.
        if to <= paper.published || paper.deleted_by(to) {
            return Ok(());
        }
        let source = paper.home.source();
        if count > 0 {
            let id = format!("{}-{}", paper.id, from / 3_600_000);
            let uniques = count - count / 5;
            self.line
                .begin(EventKind::ReadCount, source, &id, &paper.url, Some(from))
                .text("granularity", "day")
                .whole("count", count)
                .whole("uniques", uniques);
            out.line(EventKind::ReadCount, from, self.line.end())?;
        }
        self.cumulative[index] += count;
        if index.is_multiple_of(3) {
            let id = format!("{}-total-{}", paper.id, to / 3_600_000);
            self.line
                .begin(
                    EventKind::ReadCount,
                    "handbook-totals",
                    &id,
                    &paper.url,
                    Some(to - 60_000),
                )
                .text("granularity", "cumulative")
                .whole("count", self.cumulative[index]);
            out.line(EventKind::ReadCount, to - 60_000, self.line.end())?;
        }
        Ok(())
    }
}

/// What the clicks of one visit share.
struct Click<'a> {
    source: &'static str,
    subject: &'a str,
    who: Option<&'a str>,
    team: Option<&'a str>,
    session: Option<String>,
    robot: bool,
    agent: bool,
    assigned: bool,
}
