//! Webhooks of Zoom: who sent one, and what it says. A delivery knows nothing of the others, and Zoom tells
//! of a departure without the arrival: that somebody came is all that can be said for certain. It is said
//! once for each person and meeting, by the id that the report gives them, in the lowest version there is;
//! so deliveries may come twice and in any order, and a report's seconds take their place.

use serde_json::{Value, json};

use crate::model::{Body, Event, Meeting, Millis, Occurrence, Venue};
use crate::sources::forge::{self, instant, recent, value, wrong};
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
        let taken = match event {
            CHALLENGE => Ok(()),
            "meeting.participant_joined" | "meeting.participant_left" => self.came(object, sink),
            "meeting.ended" => self.ended(object, sink),
            "meeting.participant_joined_waiting_room"
            | "meeting.participant_left_waiting_room"
            | "meeting.participant_put_in_waiting_room"
            | "meeting.participant_admitted" => Err(Untaken::LeftOut("waiting room")),
            "meeting.participant_joined_breakout_room"
            | "meeting.participant_left_breakout_room" => {
                Err(Untaken::LeftOut("breakout room of who joined the meeting"))
            }
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
        match self.reviews.name(&self.desk, &number, start) {
            Name::Known(id) => Ok(Spoken {
                object,
                topic,
                number,
                start,
                id,
            }),
            // Nobody else tells of it.
            Name::Scheduled(_) if !self.is_pulled => Ok(Spoken {
                object,
                topic,
                start,
                id: numbers::own(&self.desk, &number, start),
                number,
            }),
            Name::Scheduled(_) => Err(Untaken::LeftOut(
                "meeting of a series without `at`, which the API tells",
            )),
        }
    }

    /// Somebody is there, or was.
    fn came(&self, object: &Value, sink: &mut dyn Sink) -> Result<(), Untaken> {
        let spoken = self.spoken(object)?;
        let who = &spoken.object["participant"];
        if !who.is_object() {
            return Err(Untaken::Fault("participant"));
        }
        let name = who["user_name"].as_str().unwrap_or_default().trim();
        let mut people = People::default();
        people.of(name, answer::email(&who["email"]));
        let bounds = Bounds {
            start: Some(spoken.start),
            end: None,
        };
        let meeting = self
            .desk
            .occurrence(spoken.id, spoken.topic, spoken.start, bounds);
        self.desk.tell(&meeting, &people.into_all(), sink);
        Ok(())
    }

    /// How long it was.
    fn ended(&self, object: &Value, sink: &mut dyn Sink) -> Result<(), Untaken> {
        let spoken = self.spoken(object)?;
        let end = instant(&spoken.object["end_time"]).ok_or(Untaken::Fault("end_time"))?;
        let bounds = Bounds {
            start: Some(spoken.start),
            end: Some(end),
        };
        let length = bounds.length().ok_or(Untaken::Fault("end_time"))?;
        let is_own = spoken.id == numbers::own(&self.desk, &spoken.number, spoken.start);
        let venue = venue::zoom(&spoken.number).filter(|_| is_own);
        let venue = venue.map(|name| Venue::new(name, false));
        let meeting = self
            .desk
            .occurrence(spoken.id, spoken.topic, spoken.start, bounds);
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
