//! What people leave behind: comments in threads, edits, and links that come and go.

use crate::model::{DAY_MS, EventKind, LinkForm, Millis, Place};

use super::dice::{Dice, Stream};
use super::people::{People, days};
use super::planned::Plan;
use super::reads::ROBOTS;
use super::writeups::{Home, Paper};
use super::{Options, names};

/// Where links stand: place, source, expected links to a write-up, days between publication and
/// link, mean life in days (none: it stays for ever).
const PLACES: [(Place, &str, f64, f64, Option<f64>); 8] = [
    (Place::Commit, "git", 2.0, 90.0, None),
    (Place::CodeComment, "git", 1.2, 120.0, Some(600.0)),
    (Place::Diagram, "drawings", 0.5, 150.0, Some(350.0)),
    (Place::Onboarding, "wiki", 0.35, 200.0, Some(500.0)),
    (Place::Writeup, "wiki", 1.3, 250.0, Some(2_000.0)),
    (Place::Runbook, "wiki", 0.6, 60.0, Some(700.0)),
    (Place::Ticket, "tracker", 1.5, 40.0, None),
    (Place::Docs, "git", 0.3, 150.0, Some(800.0)),
];

/// Plans them.
pub(super) fn plan(
    options: &Options,
    papers: &[Paper],
    people: &mut People,
    end: Millis,
    plan: &mut Plan,
) {
    let mut traces = Traces {
        dice: Dice::new(options.seed, Stream::Traces),
        papers,
        people,
        end,
        plan,
        number: 0,
    };
    for (n, paper) in papers.iter().enumerate() {
        if paper.home == Home::Wiki {
            traces.comments(paper);
            traces.edits(paper);
        }
        traces.links(n, paper);
    }
    if let Some(paper) = papers.iter().find(|paper| paper.home == Home::Wiki) {
        traces.imported(paper);
    }
}

struct Traces<'a> {
    dice: Dice,
    papers: &'a [Paper],
    people: &'a mut People,
    end: Millis,
    plan: &'a mut Plan,
    number: u64,
}

impl Traces<'_> {
    /// Some at once, some months later; half of them are answered, some of those again.
    fn comments(&mut self, paper: &Paper) {
        let readable = if paper.new_template { 1.5 } else { 1.0 };
        for _ in 0..self.dice.poisson(3.5 * readable) {
            let late = self.dice.chance(0.25);
            let mut at = paper.published
                + match late {
                    true => days(90.0 + self.dice.exponential(220.0)),
                    false => days(self.dice.exponential(4.0)),
                };
            let mut parent = None;
            while at < self.end && !paper.deleted_by(at) {
                parent = Some(self.comment(paper, at, parent.as_deref()));
                if !self.dice.chance(0.5) {
                    break;
                }
                at += days(self.dice.exponential(1.5)) + 60_000;
            }
        }
        if self.dice.chance(0.1) {
            // Somebody comments on the draft.
            self.comment(paper, paper.published - DAY_MS, None);
        }
    }

    fn comment(&mut self, paper: &Paper, at: Millis, parent: Option<&str>) -> String {
        self.number += 1;
        let id = format!("c{}", self.number);
        let worker = self.somebody(paper, at);
        let (person, team) = match self.dice.unit() {
            u if u < 0.03 => (Some(ROBOTS[0]), None),
            u if u < 0.06 => (None, None),
            _ => {
                let worker = &self.people.workers[worker];
                (Some(&*worker.email), Some(&*self.people.teams[worker.team]))
            }
        };
        let words = self.dice.lognormal(28.0, 0.8) as u64 + 1;
        let deleted = self
            .dice
            .chance(0.03)
            .then(|| at + days(self.dice.exponential(20.0)));
        let deleted = deleted.filter(|&deleted| deleted < self.end);
        for version in 0..if deleted.is_some() { 2 } else { 1 } {
            self.plan
                .line
                .begin(EventKind::Comment, "wiki", &id, &paper.url, Some(at))
                .maybe("person", person)
                .maybe("team", team)
                .maybe("parent", parent)
                .whole("words", words);
            match version {
                0 => self.plan.keep(EventKind::Comment, at),
                _ => {
                    self.plan
                        .line
                        .time("deleted_at", deleted)
                        .whole("version", 1);
                    self.plan.correct(EventKind::Comment, at);
                }
            }
        }
        id
    }

    /// A batch of old comments that an importer wrote at one instant.
    fn imported(&mut self, paper: &Paper) {
        let at = paper.published + 40 * DAY_MS;
        if at >= self.end || paper.deleted_by(at) {
            return;
        }
        for n in 0..25 {
            let worker = self.somebody(paper, at);
            let email = &self.people.workers[worker].email;
            self.plan
                .line
                .begin(
                    EventKind::Comment,
                    "importer",
                    &format!("old-{n}"),
                    &paper.id,
                    Some(at),
                )
                .text("person", email);
            self.plan.keep(EventKind::Comment, at);
        }
    }

    fn edits(&mut self, paper: &Paper) {
        for n in 0..self.dice.poisson(2.5) {
            let at = paper.published + days(self.dice.exponential(60.0));
            if at >= self.end || paper.deleted_by(at) {
                continue;
            }
            let worker = self.somebody(paper, at);
            let minor = self.dice.chance(0.4);
            let added = self.dice.exponential(if minor { 4.0 } else { 90.0 }) as u64;
            let person = &self.people.workers[worker].email;
            self.plan
                .line
                .begin(
                    EventKind::Edit,
                    "wiki",
                    &format!("{}-e{n}", paper.id),
                    &paper.url,
                    Some(at),
                )
                .text("person", person)
                .whole("words_added", added)
                .whole("words_removed", added / 3)
                .whole("sections", 1 + added / 80)
                .flag("minor", minor);
            self.plan.keep(EventKind::Edit, at);
        }
    }

    fn links(&mut self, n: usize, paper: &Paper) {
        for (place, source, expected, delay, life) in PLACES {
            for m in 0..self.dice.poisson(expected) {
                let at = paper.published + days(self.dice.exponential(delay));
                let Some((stands_in, at)) = self.stands_in(place, (n, m), at) else {
                    continue;
                };
                let gone = life.map(|life| at + days(self.dice.exponential(life)) + 60_000);
                let gone = gone.filter(|&gone| gone < self.end);
                let role = match self.dice.unit() {
                    u if u < 0.05 && place == Place::Writeup => Some("index"),
                    u if u < 0.04 => Some("template"),
                    u if u < 0.4 => Some("uptake"),
                    _ => None,
                };
                let worker = self.somebody(paper, at);
                if at < self.end && !paper.deleted_by(at) {
                    let id = format!("{}-{}-{m}", paper.id, place.name());
                    let link = LinkLine {
                        place,
                        source,
                        id,
                        stands_in,
                        role,
                        worker,
                        at,
                    };
                    self.link(paper, &link, None);
                    if gone.is_some() {
                        self.link(paper, &link, gone);
                    }
                }
            }
        }
    }

    fn link(&mut self, paper: &Paper, link: &LinkLine<'_>, gone: Option<Millis>) {
        let subject = if link.source == "git" {
            &paper.id
        } else {
            &paper.url
        };
        let person = &self.people.workers[link.worker].email;
        self.plan
            .line
            .begin(
                EventKind::Link,
                link.source,
                &link.id,
                subject,
                Some(link.at),
            )
            .text("person", person)
            .text("place", link.place.name())
            .text("form", form(link).name())
            .text("source", &link.stands_in)
            .maybe("role", link.role);
        match gone {
            None => self.plan.keep(EventKind::Link, link.at),
            Some(gone) => {
                self.plan
                    .line
                    .time("removed_at", Some(gone))
                    .whole("version", 1);
                self.plan.correct(EventKind::Link, gone);
            }
        }
    }

    /// Where the `m`-th link of this place to the `n`-th write-up stands, and since when if it was
    /// wanted at `at`; none where nothing is written any more that it could stand in.
    fn stands_in(
        &mut self,
        place: Place,
        (n, m): (usize, u64),
        at: Millis,
    ) -> Option<(String, Millis)> {
        let name = match place {
            Place::Commit => format!("shop@{:07x}", self.dice.below(1 << 28)),
            Place::CodeComment => format!("shop@main:{}#L{}", names::code(n), 10 + m),
            Place::Docs => format!("shop@main:{}#L{}", names::page(n), 10 + 4 * n as u64 + m),
            Place::Diagram => format!("landscape.drawio#{n}-{m}"),
            Place::Ticket => format!("TASK-{}", 4_000 + self.dice.below(9_000)),
            // One link in fifteen between write-ups is a link to itself.
            Place::Writeup if self.dice.chance(1.0 / 15.0) => self.papers[n].url.clone(),
            Place::Writeup => return self.other_writeup(n, at),
            _ => format!("https://wiki.example.org/{}/{}", place.name(), n % 12),
        };
        Some((name, at))
    }

    /// The next write-up that comes after `at`, which has the link from the beginning on; one in
    /// five gets it later.
    fn other_writeup(&mut self, n: usize, at: Millis) -> Option<(String, Millis)> {
        let next = self.papers.partition_point(|paper| paper.published < at);
        let other = self.papers.get(next.max(n + 1))?;
        let later = match self.dice.chance(0.2) {
            true => days(self.dice.exponential(30.0)),
            false => 0,
        };
        Some((other.url.clone(), other.published + later))
    }

    fn somebody(&mut self, paper: &Paper, at: Millis) -> usize {
        self.people.advance_to(at);
        let own = self.dice.chance(0.45).then_some(paper.team);
        match self.dice.chance(0.15) {
            true => *self.dice.pick(&paper.authors),
            false => self.people.anybody(own, &mut self.dice),
        }
    }
}

/// How a link is written: who is short of room mostly names the key.
fn form(link: &LinkLine<'_>) -> LinkForm {
    let short = matches!(
        link.place,
        Place::Commit | Place::Ticket | Place::CodeComment
    );
    match short && !link.worker.is_multiple_of(3) {
        true => LinkForm::Key,
        false => LinkForm::Link,
    }
}

/// What the versions of one link share.
struct LinkLine<'a> {
    place: Place,
    source: &'a str,
    id: String,
    stands_in: String,
    role: Option<&'a str>,
    worker: usize,
    at: Millis,
}
