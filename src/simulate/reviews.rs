//! Reviews: most write-ups are discussed some days after publication. The calendar says who was
//! invited and what they answered, the meeting tool who was there and for how long, and in six of ten how
//! long they spoke. Reviews are held on working days at working hours. Of those who came some add to the
//! write-up: a few take notes in it at once, others comment in the days after.

use chrono::Days;

use crate::model::{Calendar, DAY_MS, EventKind, Millis};

use super::Options;
use super::dice::{Dice, Stream, lot};
use super::people::People;
use super::planned::Plan;
use super::writeups::{Home, Paper};

/// Meeting rooms that "attend".
pub(super) const ROOMS: [&str; 2] = ["room-aurora@example.org", "room-lighthouse@example.org"];

const LENGTH_S: u64 = 3_600;

/// The share of reviews of which the meeting tool writes a transcript.
const TRANSCRIBED: f64 = 0.6;
/// Tells the lots of transcripts from others that the same seed draws.
const OF_TRANSCRIPT: usize = 0x7A1C;
/// The shares of those who came who type into the write-up during the review, and who comment on it later.
const NOTES: f64 = 0.04;
const COMMENTS: f64 = 0.16;

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
    let mut later = Dice::new(options.seed, Stream::Contributions);
    let end = options.as_of();
    for (n, paper) in papers.iter().enumerate() {
        let start = start(calendar, paper.published, &mut dice);
        if dice.chance(0.85) && start < end && !paper.deleted_by(start) {
            people.advance(start);
            let review = Review {
                paper,
                people,
                meeting: format!("review-{}@{}", paper.id, start / 1000),
                start,
                transcribed: lot(options.seed, n, OF_TRANSCRIPT) < TRANSCRIBED,
            };
            let came = review.hold(&mut dice, plan);
            if paper.home == Home::Wiki {
                review.contributions(&came, end, &mut later, plan);
            }
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
    transcribed: bool,
}

impl Review<'_> {
    /// Invites and lets come; the addresses of those who came.
    fn hold(&self, dice: &mut Dice, plan: &mut Plan) -> Vec<String> {
        // One meeting in ten is held where no tool counts the minutes.
        let measured = dice.chance(0.9);
        let mut came = Vec::new();
        for (n, guest) in guests(self.paper, self.people, dice)
            .into_iter()
            .enumerate()
        {
            let accepted = guest.role.is_some() && dice.chance(0.7);
            let comes = dice.chance(if accepted {
                guest.comes.0
            } else {
                guest.comes.1
            });
            let id = format!("{}/{n}", self.meeting);
            let host = (!measured).then_some(comes);
            if guest.role.is_some() || host == Some(true) {
                let answer = match (accepted, dice.chance(0.5)) {
                    (true, _) => "ACCEPTED",
                    (false, true) => "DECLINED",
                    (false, false) => "NEEDS-ACTION",
                };
                self.invited(&id, &guest, answer, host, plan);
            }
            if comes && measured {
                self.present(&id, Some(&guest), dice, plan);
            }
            if comes && guest.team.is_some() {
                came.push(guest.email);
            }
        }
        for n in 0..dice.poisson(0.6) {
            let id = format!("{}/phone-{n}", self.meeting);
            self.present(&id, None, dice, plan);
        }
        came
    }

    /// What those who came add to the write-up.
    fn contributions(&self, came: &[String], end: Millis, dice: &mut Dice, plan: &mut Plan) {
        for (n, email) in came.iter().enumerate() {
            let (notes, comments) = (dice.chance(NOTES), dice.chance(COMMENTS));
            let typed = self.start + 60_000 + dice.below(3_000_000) as Millis;
            let said = self.start + (dice.exponential(4.0) * DAY_MS as f64) as Millis + 1;
            let words = dice.lognormal(28.0, 0.8) as u64 + 1;
            for (kind, is_so, at, count) in [
                (EventKind::Edit, notes, typed, "words_added"),
                (EventKind::Comment, comments, said, "words"),
            ] {
                if is_so && at < end && !self.paper.deleted_by(at) {
                    let id = format!("{}/{}-{n}", self.meeting, kind.name());
                    plan.line
                        .begin(kind, "wiki", &id, &self.paper.url, Some(at))
                        .text("person", email)
                        .whole(count, words);
                    plan.keep(kind, at);
                }
            }
        }
    }

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
            // Drawn in any case: a transcript changes nothing else.
            let (speaks, time) = (dice.chance(0.3), dice.exponential(60_000.0) as u64);
            if speaks && self.transcribed {
                plan.line.thousandths("spoke_s", time);
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
