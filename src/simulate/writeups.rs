//! What is written: write-ups come by a Poisson process on working days; the reading of each
//! follows a launch burst plus a power-law tail, times a factor of its own.

use chrono::{Days, NaiveDate};

use crate::model::{Calendar, DAY_MS, Millis};

use super::dice::{Dice, Stream, lot};
use super::people::{People, days};
use super::{Options, names};

/// Where a write-up lives, and so who sees it being read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// The wiki: reads with people from the first day.
    Wiki,
    /// The portal: reads with people, but watched only from the late go-live on.
    Portal,
    /// The handbook: a page counter, nobody is named.
    Handbook,
}

impl Home {
    /// The source of its reads or counts.
    pub(super) const fn source(self) -> &'static str {
        match self {
            Home::Wiki => "wiki",
            Home::Portal => "portal",
            Home::Handbook => "handbook",
        }
    }
}

/// One write-up.
pub(super) struct Paper {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) url: String,
    pub(super) alias: String,
    pub(super) home: Home,
    pub(super) published: Millis,
    /// Its source does not say when it was published.
    pub(super) undated: bool,
    pub(super) deleted: Option<Millis>,
    pub(super) team: usize,
    pub(super) authors: Vec<usize>,
    pub(super) responders: Vec<usize>,
    pub(super) words: u32,
    pub(super) diagrams: u32,
    pub(super) hyperlinks: u32,
    /// Acronyms that nothing explains; the new template asks to explain them.
    pub(super) unexplained: u32,
    pub(super) data_sources: u32,
    pub(super) new_template: bool,
    pub(super) tags: Vec<&'static str>,
    /// Its place among all of them, by publication.
    number: usize,
    /// The share of other teams' people whom it concerns.
    breadth: f64,
    /// Expected reads over all time, before the organisation-wide scale.
    level: f64,
    tail: f64,
    /// Days until it is read like a new one; before it is hardly read.
    asleep: Option<f64>,
}

/// The share of the own team's people whom a write-up concerns.
const OWN_TEAM: f64 = 0.9;
const LAUNCH_DAYS: f64 = 3.0;
const TAIL_DAYS: f64 = 60.0;
const TAIL_POWER: f64 = 0.5;
/// The lot that says whether a write-up sleeps; the next one says for how long.
const SLEEP_LOT: usize = 4_000_000_000;
/// For what the lots of tags are drawn.
const TAG_LOT: usize = 4_100_000_000;
/// What write-ups are about, as somebody tags them; of each half.
const TAGS: [&str; 3] = ["database", "deploy", "network"];
/// A tag that says how bad it was, which Readback refuses; of a third.
const REFUSED_TAG: &str = "severity:high";
/// What is read of a sleeping one, as a share of what would be.
const ASLEEP: f64 = 0.03;
/// Reading on a day off, as a share of a working day's.
const DAY_OFF: f64 = 0.12;

impl Paper {
    /// Expected reads in `[from, to)`, before scale and calendar.
    pub(super) fn mass(&self, from: Millis, to: Millis) -> f64 {
        let (a, b) = (self.age(from), self.age(to));
        if b <= 0.0 {
            return 0.0;
        }
        let launch = |age: f64| 1.0 - (-age / LAUNCH_DAYS).exp();
        let tail = |age: f64| 1.0 - (1.0 + age / TAIL_DAYS).powf(-TAIL_POWER);
        let share = |a: f64, b: f64| {
            (1.0 - self.tail) * (launch(b) - launch(a)) + self.tail * (tail(b) - tail(a))
        };
        self.level
            * match self.asleep {
                None => share(a, b),
                Some(days) => {
                    ASLEEP * share(a, b) + share((a - days).max(0.0), (b - days).max(0.0))
                }
            }
    }

    fn age(&self, at: Millis) -> f64 {
        ((at - self.published) as f64 / DAY_MS as f64).max(0.0)
    }

    /// Whether it concerns this person of this team; that is settled once for each two.
    pub(super) fn concerns(&self, worker: usize, team: usize, seed: u64) -> bool {
        let share = if team == self.team {
            OWN_TEAM
        } else {
            self.breadth
        };
        lot(seed, worker, self.number) < share
    }

    pub(super) fn deleted_by(&self, at: Millis) -> bool {
        self.deleted.is_some_and(|deleted| deleted <= at)
    }
}

/// Every write-up, by publication.
pub(super) fn papers(
    options: &Options,
    calendar: &Calendar,
    people: &mut People,
    first: NaiveDate,
) -> Vec<Paper> {
    let mut dice = Dice::new(options.seed, Stream::Writeups);
    let dates: Vec<_> = (0..u64::from(options.days))
        .filter_map(|n| first.checked_add_days(Days::new(n)))
        .collect();
    let working = dates
        .iter()
        .filter(|date| calendar.is_working_day(**date))
        .count()
        .max(1);
    let per_day = f64::from(options.writeups) / working as f64;
    let end = calendar.midnight(options.end);
    let mut papers = Vec::with_capacity(options.writeups as usize);
    for date in dates
        .into_iter()
        .filter(|date| calendar.is_working_day(*date))
        .filter(|date| options.silent_from.is_none_or(|silent| *date < silent))
    {
        let midnight = calendar.midnight(date);
        people.advance(midnight);
        for _ in 0..dice.poisson(per_day) {
            let published = midnight + days(dice.between(9.0, 17.5) / 24.0);
            let new_template = options.template_from.is_some_and(|from| date >= from);
            papers.push(paper(
                papers.len(),
                published,
                new_template,
                people,
                options,
                &mut dice,
            ));
        }
    }
    for paper in &mut papers {
        if dice.chance(options.deleted) {
            let deleted = paper.published + days(30.0 + dice.exponential(200.0));
            paper.deleted = (deleted < end).then_some(deleted);
        }
        // No stream is asked: the others are as they are without sleepers.
        let sleeps = lot(options.seed, paper.number, SLEEP_LOT) < options.sleepers;
        let days = 120.0 + 280.0 * lot(options.seed, paper.number, SLEEP_LOT + 1);
        paper.asleep = sleeps.then_some(days);
    }
    papers
}

/// By lots of their own: a tag changes nobody's reading.
fn tags(seed: u64, n: usize) -> Vec<&'static str> {
    let chances = TAGS.iter().map(|tag| (*tag, 0.5));
    let chances = chances.chain([(REFUSED_TAG, 0.33)]).zip(0..);
    let drawn = chances.filter(|((_, chance), at)| lot(seed, n, TAG_LOT + at) < *chance);
    drawn.map(|((tag, _), _)| tag).collect()
}

fn paper(
    n: usize,
    published: Millis,
    new_template: bool,
    people: &People,
    options: &Options,
    dice: &mut Dice,
) -> Paper {
    let team = dice.below(people.teams.len());
    let home = match dice.unit() {
        u if u < options.counted => Home::Handbook,
        u if u < options.counted + options.late => Home::Portal,
        _ => Home::Wiki,
    };
    let id = format!("INC-{}", 1001 + n);
    let (authors, responders) = (1 + dice.below(3), 2 + dice.below(4));
    let readable = if new_template {
        options.template_effect
    } else {
        1.0
    };
    // A few become classics that people keep coming back to, some are filed and forgotten.
    let tail = match dice.unit() {
        u if u < 0.05 => 0.85,
        u if u < 0.15 => 0.03,
        _ => dice.between(0.4, 0.7),
    };
    let undated = dice.chance(0.02);
    let authors = people.several(Some(team), authors, dice);
    let responders = people.several(Some(team), responders, dice);
    let words = (dice.lognormal(1_400.0, 0.5) as u32).clamp(200, 9_000);
    // Of chance of their own: what a text holds changes nobody's reading.
    let upto = |purpose: usize, most: u32| {
        (lot(options.seed, n, usize::MAX - purpose) * f64::from(most + 1)) as u32
    };
    Paper {
        diagrams: upto(1, 1 + words / 500),
        hyperlinks: upto(2, 4 + words / 90),
        unexplained: upto(
            3,
            if new_template {
                words / 500
            } else {
                words / 100
            },
        ),
        data_sources: upto(4, 6),
        title: names::title(n),
        url: format!(
            "https://{}.example.org/incidents/{}",
            home.source(),
            1001 + n
        ),
        alias: format!("page:{}", 88_000 + n * 3),
        home,
        published,
        undated,
        deleted: None,
        team,
        authors,
        responders,
        words,
        new_template,
        tags: tags(options.seed, n),
        number: n,
        breadth: dice.between(0.1, 0.45),
        level: dice.lognormal(1.0, 0.25) * readable,
        tail,
        asleep: None,
        id,
    }
}

/// How much is read on a date, as a share of a working day.
pub(super) fn pace(calendar: &Calendar, date: NaiveDate) -> f64 {
    if calendar.is_working_day(date) {
        1.0
    } else {
        DAY_OFF
    }
}
