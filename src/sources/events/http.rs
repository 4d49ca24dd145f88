//! Events over HTTP (CloudEvents 1.0.2, HTTP protocol binding): one event, a batch, one event a
//! line, or an event in the headers. The content type says which; senders that name a general one
//! are told apart by their body.

use std::fmt;

use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::decode::decode_all;
use super::media::{self, Media};
use super::{Events, MAX_LINE, binary, decode, lines, report};
use crate::sources::{Delivery, Push, Sink, SourceError};

/// The content types that are taken.
const VALID: &str = "application/cloudevents+json, application/cloudevents-batch+json, \
    application/x-ndjson and application/json, all in UTF-8; or ce-* headers and a body of \
    application/json";

/// A body's name in messages.
const BODY: &str = "body";

impl Push for Events {
    fn receive(&self, delivery: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        // Some systems begin a text with a byte order mark.
        let mark: &[u8] = b"\xef\xbb\xbf";
        let body = delivery.body.strip_prefix(mark).unwrap_or(delivery.body);
        let mode = mode(delivery)?;
        if mode != Mode::Binary && body.trim_ascii().is_empty() {
            return Err(wrong("empty; an event is a JSON object"));
        }
        match mode {
            Mode::Structured => take(1, whole(body).map_err(wrong)?, sink),
            Mode::Batch if take_good(body, sink) => {}
            Mode::Batch => take_batch(whole(body).map_err(wrong)?, sink)?,
            Mode::Lines => lines(BODY, &mut &*body, sink)?,
            Mode::Binary => binary::take(delivery, body, sink),
            Mode::Unsaid => match look(body)? {
                Seen::One(event) => take(1, event, sink),
                Seen::Batch(events) => take_batch(events, sink)?,
                Seen::Lines => lines(BODY, &mut &*body, sink)?,
            },
        }
        Ok(())
    }
}

/// How a request carries its events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// One event, all of it in the body.
    Structured,
    /// A JSON array of events.
    Batch,
    /// One event a line.
    Lines,
    /// One event: attributes in the headers, data in the body.
    Binary,
    /// The content type does not tell.
    Unsaid,
}

fn mode(delivery: &Delivery<'_>) -> Result<Mode, SourceError> {
    let given = delivery.header("content-type").map_or("", str::trim);
    let refused = || SourceError::Media {
        given: media::told(given),
        valid: VALID,
    };
    let media = Media::parse(given);
    if media.as_ref().is_some_and(|media| media.foreign.is_some()) {
        return Err(refused());
    }
    let essence = media.as_ref().map_or("", |media| &media.essence);
    match essence {
        "application/cloudevents+json" => Ok(Mode::Structured),
        "application/cloudevents-batch+json" => Ok(Mode::Batch),
        other if other.starts_with("application/cloudevents") => Err(refused()),
        // What it says of the data is looked at with the event's other attributes.
        _ if binary::is_binary(delivery) => Ok(Mode::Binary),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines" => Ok(Mode::Lines),
        "application/json" | "text/json" | "text/plain" | "application/octet-stream" => {
            Ok(Mode::Unsaid)
        }
        _ if given.is_empty() => Ok(Mode::Unsaid),
        _ => Err(refused()),
    }
}

/// What a body turned out to be.
enum Seen<'a> {
    One(&'a RawValue),
    Batch(&'a RawValue),
    Lines,
}

fn look(body: &[u8]) -> Result<Seen<'_>, SourceError> {
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<&RawValue>();
    let first = match values.next() {
        Some(Ok(first)) => first,
        Some(Err(error)) => {
            return Err(wrong(format!(
                "not JSON: {error}; one event a line is application/x-ndjson"
            )));
        }
        None => return Err(wrong("empty; an event is a JSON object")),
    };
    let rest = body.get(values.byte_offset()..).unwrap_or_default();
    match rest.trim_ascii().is_empty() {
        true if first.get().starts_with('[') => Ok(Seen::Batch(first)),
        true => Ok(Seen::One(first)),
        false if !first.get().contains('\n') => Ok(Seen::Lines),
        // Line by line every one of them would be refused.
        false => Err(wrong(
            "several values, and the first has several lines; an event has one line, a batch is \
             an array",
        )),
    }
}

/// The one JSON value that a body is, or what is wrong with it.
pub(super) fn whole(body: &[u8]) -> Result<&RawValue, String> {
    let text = std::str::from_utf8(body)
        .map_err(|error| format!("not UTF-8 from byte {} on", error.valid_up_to() + 1))?;
    serde_json::from_str(text).map_err(|error| format!("not one JSON value: {error}"))
}

fn take(number: u64, event: &RawValue, sink: &mut dyn Sink) {
    match decode(event.get().as_bytes()) {
        Ok(event) => sink.event(event),
        Err(faults) => report(sink, &format!("event {number}"), faults),
    }
}

/// Takes a batch of which every event is good, in one pass, or nothing.
fn take_good(body: &[u8], sink: &mut dyn Sink) -> bool {
    let text = std::str::from_utf8(body)
        .ok()
        .filter(|text| text.len() <= MAX_LINE);
    let Some(text) = text.filter(|_| sink.restart()) else {
        return false;
    };
    let good = decode_all(text, &mut |event| sink.event(event));
    if !good {
        sink.restart();
    }
    good
}

/// `events` is known to be JSON, so all of it is taken or nothing.
fn take_batch(events: &RawValue, sink: &mut dyn Sink) -> Result<(), SourceError> {
    if !events.get().starts_with('[') {
        return Err(wrong(
            "not a JSON array; one event alone is application/cloudevents+json",
        ));
    }
    serde_json::Deserializer::from_str(events.get())
        .deserialize_seq(Batch { sink: &mut *sink })
        .map_err(|error| match sink.takes_more() {
            true => wrong(format!("not a JSON array of events: {error}")),
            false => SourceError::TooMany,
        })
}

/// Takes events one after the other out of the body where they stand: a list of millions of tiny
/// ones would be larger than the body.
struct Batch<'s> {
    sink: &'s mut dyn Sink,
}

impl<'de> Visitor<'de> for Batch<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        let mut number = 1;
        while let Some(event) = events.next_element::<&RawValue>()? {
            take(number, event, self.sink);
            number += 1;
            if !self.sink.takes_more() {
                // Ends it; the words are told by whoever asks the sink.
                return Err(A::Error::custom("too many"));
            }
        }
        Ok(())
    }
}

/// The body is not what its sender says.
fn wrong(reason: impl Into<String>) -> SourceError {
    SourceError::Format {
        name: BODY.to_owned(),
        reason: reason.into(),
    }
}
