//! Readback's own format: CloudEvents 1.0 as JSON, one event a line (CONTRACT, "In: events").
//! Every other system can feed Readback by writing these.

mod assigned;
mod binary;
mod decode;
mod explain;
mod fill;
mod http;
#[cfg(test)]
mod http_tests;
mod media;
mod members;
#[cfg(test)]
mod modes_tests;
#[cfg(test)]
mod packed_tests;
mod schema;
#[cfg(test)]
mod tests;
mod unknown;
#[cfg(test)]
mod vectors_tests;
mod wire;

use std::io::BufRead;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{File, Kind, Problem, Push, Setting, Sink, SourceError};

pub use decode::{Fault, MAX_LINE, decode};
pub use schema::schemas;
pub use unknown::unknown;

/// Files of events, and events sent over HTTP.
pub static KIND: Kind = Kind {
    name: "events",
    summary: "Readback's own events: CloudEvents 1.0, one JSON object a line",
    documentation: "Each line is one event, or a JSON array of events. `type` is \
        org.readback.KIND.v1; `source` and `id` name the event for ever, so the same file may be \
        imported any number of times; a correction has a greater `data.version` and the same `type`. A \
        field that is null or an empty text counts as absent, a field that Readback does not know is \
        ignored. A line that is no event is refused with its \
        number, field and reason, and the rest goes on; it counts as one, however much is wrong with \
        it. Lines and events have at most 1 MiB, a page counter's count and uniques at most \
        1000000000000.\n\
        Names of people have their place: `person`, `contributors`, `responders`, `reviewers`, \
        `facilitators`, `aliases` of a person. Elsewhere they are taken out (the user of an address, a team that is a mail address), and where \
        nothing would be left the event is refused: anything with an @ as `source`, a mail address as \
        `subject`, id of a write-up or `scope`.\n\
        Over HTTP events go to POST /v1/events. By the content type that is one event \
        (application/cloudevents+json), a JSON array of them (application/cloudevents-batch+json), \
        one a line (application/x-ndjson), or one event as ce-* headers with its data as the body \
        (application/json). Bodies of application/json or text/plain without ce-* headers are \
        looked at: an object is one event, an array a batch, several values are lines. Data is \
        JSON, as `data` or packed as `data_base64`.\n\
        What it cannot see: whatever the system that wrote the events did not. Say in `coverage` \
        events when it was watching.",
    sample: "[[source]]\nid = \"events\"\nkind = \"events\"\n",
    file: Some(build),
    push: Some(build_push),
    ..Kind::NOTHING
};

/// There is nothing to set: events carry all that they need.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {}

fn build(params: toml::Table, _: &Setting) -> Result<Box<dyn File>, SourceError> {
    let Params {} = super::decode(params)?;
    Ok(Box::new(Events))
}

fn build_push(params: toml::Table, _: &Setting) -> Result<Box<dyn Push>, SourceError> {
    let Params {} = super::decode(params)?;
    Ok(Box::new(Events))
}

struct Events;

impl File for Events {
    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        lines(name, input, sink)
    }
}

/// One event a line, or an array of them.
fn lines(name: &str, input: &mut dyn BufRead, sink: &mut dyn Sink) -> Result<(), SourceError> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        let length = next_line(input, &mut line).map_err(|cause| SourceError::Io {
            name: name.to_owned(),
            cause,
        })?;
        match length {
            0 => break,
            length if length > MAX_LINE => {
                let reason = format!("{length} bytes long; a line has at most {MAX_LINE}");
                report(
                    sink,
                    &format!("line {number}"),
                    vec![Fault::new("", reason)],
                );
            }
            _ => take(without_mark(&line, number), number, sink),
        }
        if !sink.takes_more() {
            return Err(SourceError::TooMany);
        }
    }
    Ok(())
}

/// Reads a line without its end into `line` and returns its length with the end, 0 at the end of
/// the input. Of a line that is too long only the length is kept.
fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<usize> {
    line.clear();
    let mut length = 0;
    loop {
        let available = match input.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = memchr::memchr(b'\n', available);
        let used = end.map_or(available.len(), |at| at + 1);
        let content = &available[..end.unwrap_or(used)];
        if line.len() + content.len() <= MAX_LINE {
            line.extend_from_slice(content);
        }
        length += used;
        let finished = end.is_some() || used == 0;
        input.consume(used);
        if finished {
            return Ok(length);
        }
    }
}

/// Editors on some systems begin a file with a byte order mark.
fn without_mark(line: &[u8], number: u64) -> &[u8] {
    match number {
        1 => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
        _ => line,
    }
}

fn take(line: &[u8], number: u64, sink: &mut dyn Sink) {
    sink.line(number);
    match line.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => {}
        Some(b'[') => take_batch(line, number, sink),
        Some(_) => match decode(line) {
            Ok(event) => sink.event(event),
            Err(faults) => report(sink, &format!("line {number}"), faults),
        },
    }
}

fn take_batch(line: &[u8], number: u64, sink: &mut dyn Sink) {
    match serde_json::from_slice::<Vec<&RawValue>>(line) {
        Ok(items) => {
            for (index, item) in items.iter().enumerate() {
                if !sink.takes_more() {
                    return;
                }
                match decode(item.get().as_bytes()) {
                    Ok(event) => sink.event(event),
                    Err(faults) => {
                        report(sink, &format!("line {number}, event {}", index + 1), faults);
                    }
                }
            }
        }
        Err(error) => {
            let fault = Fault::new("", format!("not a JSON array of events: {error}"));
            report(sink, &format!("line {number}"), vec![fault]);
        }
    }
}

fn report(sink: &mut dyn Sink, place: &str, faults: Vec<Fault>) {
    let problem = |Fault { field, reason }| Problem {
        place: place.to_owned(),
        field,
        reason,
    };
    sink.rejected(faults.into_iter().map(problem).collect());
}
