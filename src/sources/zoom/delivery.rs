//! Webhooks of Zoom: who sent one, and what it says. A delivery knows nothing of the others: that somebody came,
//! that they left and that the meeting ended are told as ends of stays, which are put together where all are
//! known. So deliveries may come twice and in any order, and a report of the same meeting takes their place.

use serde_json::{Value, json};

use crate::model::{
    Attendance, Body, Edge, Event, Mark, Meeting, Millis, Occurrence, StayEnd, Venue,
};
use crate::sources::collected::Collected;
use crate::sources::forge::{self, instant, of_millis, recent, value, wrong};
use crate::sources::presence;
use crate::sources::presence::event_id;
use crate::sources::presence::people::People;
use crate::sources::presence::stays::Bounds;
use crate::sources::{Delivery, Problem, Push, Sink, SourceError, venue};

use super::Zoom;
use super::answer;
use super::numbers::{self, Name};

/// What Zoom calls the delivery that asks whether we have the secret.
const CHALLENGE: &str = "endpoint.url_validation";

/// The longest text that a challenge may hold, bytes.
const LONGEST: usize = 256;

/// Which meeting a delivery speaks of.
struct Spoken<'v> {
    object: &'v Value,
    topic: &'v str,
    number: String,
    start: Millis,
    id: String,
    /// What Zoom calls it from this opening to its end.
    opening: String,
}

/// An end of a stay as a delivery tells it.
struct Told {
    edge: Edge,
    /// The field of the participant that says when it was.
    field: &'static str,
    /// When it was sent, where the field is missing.
    sent: Option<Millis>,
    /// Whether it also says that they were there.
    is_of_presence: bool,
}

impl Push for Zoom {
    fn receive(&self, delivery: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        if self.is_signed() {
            self.prove(delivery)?;
        }
        let value = value(&forge::json(delivery)?)?;
        let Some(event) = value["event"].as_str() else {
            return Err(wrong(
                "is no delivery of Zoom: its field `event` is missing",
            ));
        };
        let object = &value["payload"]["object"];
        let told = |edge, field| Told {
            edge,
            field,
            sent: of_millis(&value["event_ts"]),
            is_of_presence: true,
        };
        let taken = match event {
            CHALLENGE => Ok(()),
            "meeting.participant_joined" | "meeting.participant_joined_breakout_room" => {
                self.came(object, &told(Edge::Joined, "join_time"), sink)
            }
            "meeting.participant_left" | "meeting.participant_left_breakout_room" => {
                self.came(object, &told(Edge::Left, "leave_time"), sink)
            }
            // Whoever is sent there was in the meeting until then, or not at all.
            "meeting.participant_put_in_waiting_room" => {
                let told = Told {
                    is_of_presence: false,
                    ..told(Edge::Left, "date_time")
                };
                self.came(object, &told, sink)
            }
            "meeting.ended" => self.ended(object, sink),
            "meeting.participant_joined_waiting_room"
            | "meeting.participant_left_waiting_room"
            | "meeting.participant_admitted" => Err(Untaken::LeftOut("waiting room")),
            _ => Err(Untaken::LeftOut("event that says nothing of who came")),
        };
        match taken {
            Ok(()) => {}
            Err(Untaken::LeftOut(reason)) => sink.left_out(reason),
            Err(Untaken::Fault(field)) => sink.problem(Problem {
                place: "delivery".to_owned(),
                field: format!("payload.object.{field}"),
                reason: "is missing or not understood; it should be as Zoom makes it".to_owned(),
            }),
        }
        Ok(())
    }

    fn is_signed(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Zoom takes 200 alone for an answer that says taken, and sends again what is answered otherwise.
    fn answer(&self, delivery: &Delivery<'_>) -> Option<Value> {
        let value: Value = serde_json::from_slice(delivery.body).ok()?;
        if value["event"] != CHALLENGE {
            return Some(json!({}));
        }
        let given = value["payload"]["plainToken"].as_str()?;
        // What is signed in deliveries holds a colon: no answer of ours can pass for a signature.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+/=".contains(&byte);
        if given.len() > LONGEST || !given.bytes().all(is_plain) {
            return None;
        }
        let proof = self.secrets.proof(given.as_bytes())?;
        Some(json!({ "plainToken": given, "encryptedToken": proof }))
    }

    fn knows_writeups(&self) -> bool {
        true
    }
}

/// Why a delivery gives no event.
enum Untaken {
    /// It says nothing that counts.
    LeftOut(&'static str),
    /// This field is missing or not understood.
    Fault(&'static str),
}

impl Zoom {
    /// Checks who sent a delivery, and that it was sent just now.
    fn prove(&self, delivery: &Delivery<'_>) -> Result<(), SourceError> {
        const HEADER: &str = "x-zm-signature";
        let header = delivery.header(HEADER);
        let header = header.ok_or(SourceError::Unsigned(HEADER))?;
        let time = delivery.header("x-zm-request-timestamp");
        let time = time.ok_or(SourceError::Unsigned("x-zm-request-timestamp"))?;
        let signed = [b"v0:", time.as_bytes(), b":", delivery.body];
        self.secrets.hex(header.strip_prefix("v0="), &signed)?;
        recent(time, delivery.now)
    }

    /// The meeting, if it is a review.
    fn spoken<'v>(&self, object: &'v Value) -> Result<Spoken<'v>, Untaken> {
        let number = answer::number(&object["id"]).ok_or(Untaken::Fault("id"))?;
        let topic = object["topic"].as_str().unwrap_or_default();
        if !self.reviews.holds(&self.desk, &number, topic) {
            return Err(Untaken::LeftOut("meeting that is no review"));
        }
        let start = instant(&object["start_time"]).ok_or(Untaken::Fault("start_time"))?;
        let opening = answer::number(&object["uuid"]);
        let opening = opening.unwrap_or_else(|| format!("{number}/{start}"));
        match self.reviews.name(&self.desk, &number, start) {
            Name::Known(id) => Ok(Spoken {
                object,
                topic,
                number,
                start,
                id,
                opening,
            }),
            // Nobody else tells of it.
            Name::Scheduled(_) if !self.is_pulled => Ok(Spoken {
                object,
                topic,
                start,
                id: numbers::own(&self.desk, &number, start),
                number,
                opening,
            }),
            Name::Scheduled(_) => Err(Untaken::LeftOut(
                "meeting of a series without `at`, which the API tells",
            )),
        }
    }

    /// Somebody comes, or leaves.
    fn came(&self, object: &Value, told: &Told, sink: &mut dyn Sink) -> Result<(), Untaken> {
        let spoken = self.spoken(object)?;
        let who = &spoken.object["participant"];
        if !who.is_object() {
            return Err(Untaken::Fault("participant"));
        }
        let at = instant(&who[told.field]).or(told.sent);
        let at = at.ok_or(Untaken::Fault("participant.join_time or leave_time"))?;
        let name = who["user_name"].as_str().unwrap_or_default().trim();
        let mut people = People::default();
        let key = people.of(name, answer::email(&who["email"])).key.clone();
        let first = |fields: &[&str]| fields.iter().find_map(|field| answer::number(&who[*field]));
        // One for each time that a device comes.
        let device = first(&["user_id", "participant_uuid"]).unwrap_or(key);
        let room = answer::number(&spoken.object["breakout_room_uuid"]).unwrap_or_default();
        let account = first(&["participant_user_id", "id", "participant_uuid"]);
        let account = account.map(|account| joined(&[&spoken.id, &account]));
        let meeting = self.meeting(&spoken, None);
        let stay = StayEnd {
            edge: told.edge,
            at,
            device: Mark::new(joined(&[&spoken.opening, &room, &device])),
            account: Mark::new(account.unwrap_or_default()),
            opening: Mark::new(spoken.opening),
            attendee: Mark::default(),
        };
        if !told.is_of_presence {
            sink.left_out("waiting room");
            sink.event(self.end(&meeting, stay));
            return Ok(());
        }
        let mut all = Collected::default();
        self.desk.tell(&meeting, &people.into_all(), &mut all);
        for (reason, count) in &all.left_out {
            (0..*count).for_each(|_| sink.left_out(reason));
        }
        for event in all.events {
            let Body::Attendance(attendance) = event.body else {
                sink.event(event);
                continue;
            };
            let mut stay = stay.clone();
            stay.attendee = Mark::new(event.id);
            let mut end = self.end(&meeting, stay);
            // Of two deliveries that tell the same the one counts that knows who it is.
            end.version |= u32::from(attendance.person.is_some()) << 1;
            if let Body::Attendance(own) = &mut end.body {
                own.person = attendance.person;
            }
            sink.event(end);
        }
        Ok(())
    }

    /// The meeting as it is known to have been.
    fn meeting(&self, spoken: &Spoken<'_>, end: Option<Millis>) -> presence::Meeting {
        let start = Some(spoken.start);
        let id = spoken.id.clone();
        self.desk
            .occurrence(id, spoken.topic, spoken.start, Bounds { start, end })
    }

    /// One end of a stay of nobody who is named yet.
    fn end(&self, meeting: &presence::Meeting, stay: StayEnd) -> Event {
        let edge = match stay.edge {
            Edge::Joined => "joined",
            Edge::Left => "left",
        };
        let at = stay.at.to_string();
        let names = [edge, &stay.opening.name, &stay.device.name, &at];
        Event {
            source: self.desk.setting.source.as_str().into(),
            id: event_id(&meeting.id, &joined(&names)),
            subject: meeting.subject.clone(),
            time: meeting.at,
            version: self.desk.version(&meeting.subject),
            body: Body::Attendance(Box::new(Attendance {
                meeting: meeting.id.clone(),
                person: None,
                team: None,
                role: None,
                partstat: None,
                role_stated: true,
                via: None,
                meeting_ms: None,
                attended: None,
                present_ms: None,
                spoke_ms: None,
                mandatory: false,
                stay: Some(Box::new(stay)),
            })),
        }
    }

    /// How long it was.
    fn ended(&self, object: &Value, sink: &mut dyn Sink) -> Result<(), Untaken> {
        let spoken = self.spoken(object)?;
        let end = instant(&spoken.object["end_time"]).ok_or(Untaken::Fault("end_time"))?;
        let meeting = self.meeting(&spoken, Some(end));
        let length = meeting.bounds.length();
        let length = length.ok_or(Untaken::Fault("end_time"))?;
        let is_own = spoken.id == numbers::own(&self.desk, &spoken.number, spoken.start);
        let venue = venue::zoom(&spoken.number).filter(|_| is_own);
        let venue = venue.map(|name| Venue::new(name, false));
        let closed = StayEnd {
            edge: Edge::Left,
            at: end,
            opening: Mark::new(spoken.opening),
            device: Mark::default(),
            account: Mark::default(),
            attendee: Mark::default(),
        };
        sink.event(self.end(&meeting, closed));
        sink.event(Event {
            source: self.desk.setting.source.as_str().into(),
            id: event_id(&meeting.id, "length"),
            version: self.desk.version(&meeting.subject),
            subject: meeting.subject,
            time: meeting.at,
            body: Body::Meeting(Meeting {
                meeting_ms: Some(length),
                venue,
                ..Meeting::new(Occurrence::Named(meeting.id))
            }),
        });
        Ok(())
    }
}

/// Names as one, which no others make.
fn joined(names: &[&str]) -> String {
    names.join("\u{1f}")
}
