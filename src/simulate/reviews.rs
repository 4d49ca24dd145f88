//! Reviews: most write-ups are discussed some days after publication. The calendar says who was
//! invited and what they answered, the meeting tool who was there and for how long. Reviews are held on
//! working days at working hours.

use chrono::Days;

use crate::model::{Calendar, EventKind, Millis};

use super::Options;
use super::dice::{Dice, Stream};
use super::people::People;
use super::planned::Plan;
use super::writeups::Paper;

/// Meeting rooms that "attend".
pub(super) const ROOMS: [&str; 2] = ["room-aurora@example.org", "room-lighthouse@example.org"];

const LENGTH_S: u64 = 3_600;

/// Somebody at a review.
struct Guest {
    email: String,
    team: Option<usize>,
    role: Option<&'static str>,
    /// The chance that they come if they accepted, and if they did not.
    comes: (f64, f64),
}

/// Plans the reviews.
pub(super) fn plan(
    options: &Options,
    calendar: &Calendar,
    papers: &[Paper],
    people: &mut People,
    plan: &mut Plan,
) {
    let mut dice = Dice::new(options.seed, Stream::Reviews);
    let end = options.as_of();
    for paper in papers {
        let start = start(calendar, paper.published, &mut dice);
        if dice.chance(0.85) && start < end && !paper.deleted_by(start) {
            people.advance(start);
            review(paper, start, people, &mut dice, plan);
        }
    }
}

/// Some days after publication, on the half-hour, wherever the day leaves room.
fn start(calendar: &Calendar, published: Millis, dice: &mut Dice) -> Millis {
    let after = calendar.date(published) + Days::new(3 + dice.below(7) as u64);
    let mut working = after
        .iter_days()
        .filter(|date| calendar.is_working_day(*date));
    let date = working.next().unwrap_or(after);
    let half_hours = 18 + dice.below(15) as Millis;
    calendar.midnight(date) + half_hours * 1_800_000
}

/// What the lines of one review share.
struct Review<'a> {
    paper: &'a Paper,
    people: &'a People,
    meeting: String,
    start: Millis,
}

fn review(paper: &Paper, start: Millis, people: &People, dice: &mut Dice, plan: &mut Plan) {
    let meeting = format!("review-{}@{}", paper.id, start / 1000);
    let review = Review {
        paper,
        people,
        meeting,
        start,
    };
    // One meeting in ten is held where no tool counts the minutes.
    let measured = dice.chance(0.9);
    for (n, guest) in guests(paper, people, dice).into_iter().enumerate() {
        let accepted = guest.role.is_some() && dice.chance(0.7);
        let comes = dice.chance(if accepted {
            guest.comes.0
        } else {
            guest.comes.1
        });
        let id = format!("{}/{n}", review.meeting);
        let host = (!measured).then_some(comes);
        if guest.role.is_some() || host == Some(true) {
            let answer = match (accepted, dice.chance(0.5)) {
                (true, _) => "ACCEPTED",
                (false, true) => "DECLINED",
                (false, false) => "NEEDS-ACTION",
            };
            review.invited(&id, &guest, answer, host, plan);
        }
        if comes && measured {
            review.present(&id, Some(&guest), dice, plan);
        }
    }
    for n in 0..dice.poisson(0.6) {
        let id = format!("{}/phone-{n}", review.meeting);
        review.present(&id, None, dice, plan);
    }
}

impl Review<'_> {
    /// The calendar's line; `host` is the host's own list where nothing else is known.
    fn invited(&self, id: &str, guest: &Guest, answer: &str, host: Option<bool>, plan: &mut Plan) {
        self.begin("calendar", id, Some(guest), plan);
        if let Some(role) = guest.role {
            plan.line.text("role", role).text("partstat", answer);
            plan.line.flag("mandatory", role == "REQ-PARTICIPANT");
            if role == "OPT-PARTICIPANT" {
                plan.line.text("via", "engineering@example.org");
            }
        }
        if let Some(attended) = host {
            plan.line.flag("attended", attended);
        }
        plan.keep(EventKind::Attendance, self.start);
    }

    /// The meeting tool's lines: one, or two after a lost connection; a few only looked in.
    fn present(&self, id: &str, guest: Option<&Guest>, dice: &mut Dice, plan: &mut Plan) {
        let seconds = match dice.unit() {
            u if u < 0.05 => 20 + dice.below(270),
            u if u < 0.07 => 300,
            u if u < 0.25 => 900 + dice.below(1_800),
            _ => 3_000 + dice.below(700),
        };
        let parts = if guest.is_some() && dice.chance(0.08) {
            2
        } else {
            1
        };
        for part in 0..parts {
            self.begin("meet", &format!("{id}/{part}"), guest, plan);
            plan.line
                .thousandths("present_s", (seconds / parts) as u64 * 1000);
            if dice.chance(0.3) {
                plan.line
                    .thousandths("spoke_s", dice.exponential(60_000.0) as u64);
            }
            plan.keep(EventKind::Attendance, self.start);
        }
    }

    fn begin(&self, source: &str, id: &str, guest: Option<&Guest>, plan: &mut Plan) {
        let subject = &self.paper.id;
        plan.line
            .begin(EventKind::Attendance, source, id, subject, Some(self.start))
            .text("meeting", &self.meeting)
            .whole("meeting_s", LENGTH_S)
            .maybe("person", guest.map(|guest| &*guest.email))
            .maybe(
                "team",
                guest
                    .and_then(|guest| guest.team)
                    .map(|n| &*self.people.teams[n]),
            );
    }
}

fn guests(paper: &Paper, people: &People, dice: &mut Dice) -> Vec<Guest> {
    let mut seen = Vec::new();
    let mut guests = Vec::new();
    let mut invite = |workers: Vec<usize>, role: Option<&'static str>, comes: (f64, f64)| {
        for worker in workers {
            if !seen.contains(&worker) {
                seen.push(worker);
                let who = &people.workers[worker];
                let team = Some(who.team);
                guests.push(Guest {
                    email: who.email.clone(),
                    team,
                    role,
                    comes,
                });
            }
        }
    };
    invite(
        paper.authors.iter().copied().take(1).collect(),
        Some("CHAIR"),
        (1.0, 0.9),
    );
    invite(
        paper.responders.clone(),
        Some("REQ-PARTICIPANT"),
        (0.93, 0.4),
    );
    let size = 4 + dice.below(5);
    invite(
        people.several(Some(paper.team), size, dice),
        Some("REQ-PARTICIPANT"),
        (0.85, 0.2),
    );
    let size = 8 + dice.below(16);
    let optional = people.several(None, size, dice);
    invite(optional, Some("OPT-PARTICIPANT"), (0.7, 0.15));
    let informed = people.several(None, 3, dice);
    invite(informed, Some("NON-PARTICIPANT"), (0.3, 0.1));
    // Walk-ins; a better write-up draws more of them.
    let walk_ins = dice.poisson(if paper.new_template { 6.0 } else { 3.0 });
    let walk_ins = people.several(None, walk_ins as usize, dice);
    invite(walk_ins, None, (1.0, 1.0));
    let room = ROOMS[dice.below(ROOMS.len())].to_owned();
    let role = Some("NON-PARTICIPANT");
    guests.push(Guest {
        email: room,
        team: None,
        role,
        comes: (1.0, 0.5),
    });
    guests
}
