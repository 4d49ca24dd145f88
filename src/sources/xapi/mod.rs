//! `xapi`: statements of xAPI 1.0.3 and 2.0, as learning systems send them. Reads, attendance and
//! comments.
//!
//! `statement` checks a statement and `actor` who did it, `events` makes events of it, `duration`
//! reads durations. Neither names to show nor responses are kept.

mod actor;
mod duration;
mod events;
mod statement;

use std::io::{BufRead, Cursor, Read};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::model::Millis;

use super::{
    Delivery, File, Kind, MAX_ENTRIES, Problem, Push, Setting, Sink, SourceError, decode, is_dense,
};

use events::{Reader, Taken};
use statement::{Fault, Faults, Statement, id_of, present, uuid};

/// The kind.
pub static KIND: Kind = Kind {
    name: "xapi",
    summary: "reads, attendance and comments, from xAPI statements of learning systems",
    documentation: include_str!("documentation.md"),
    sample: "[[source]]\nid = \"lms\"\nkind = \"xapi\"\n",
    file: Some(build_file),
    push: Some(build_push),
    ..Kind::NOTHING
};

/// There is nothing to set: statements say all that is needed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {}

fn build_file(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    Ok(Box::new(XApi::new(params, setting)?))
}

fn build_push(params: toml::Table, setting: &Setting) -> Result<Box<dyn Push>, SourceError> {
    Ok(Box::new(XApi::new(params, setting)?))
}

struct XApi {
    source: String,
    /// When the file was last changed: when statements came that don't say when.
    changed: Option<Millis>,
}

impl XApi {
    fn new(params: toml::Table, setting: &Setting) -> Result<XApi, SourceError> {
        let Params {} = decode(params)?;
        Ok(XApi {
            source: setting.source.clone(),
            changed: None,
        })
    }
}

/// The ids that the statements of a delivery have or get, in their order: the ids of their events,
/// but for comments of forums, whose events are named as the comments. Of what is no JSON, none.
pub fn ids(body: &[u8], now: Millis) -> Vec<String> {
    if is_too_many(body) {
        return Vec::new();
    }
    match serde_json::from_slice::<Value>(without_mark(body)) {
        Ok(value) => one_or_many(&value)
            .iter()
            .map(|value| id_of(value, Some(now)))
            .collect(),
        Err(_) => Vec::new(),
    }
}

/// The one statement of a delivery with an id that was given beside it.
///
/// # Errors
/// Where the id is no UUID, the delivery is not one statement, or the statement has another id.
pub fn with_id(body: &[u8], id: &str) -> Result<Vec<u8>, SourceError> {
    let id = uuid(id).ok_or_else(|| wrong("the id given for it is no UUID"))?;
    if is_dense(body) {
        return Err(SourceError::TooMany);
    }
    let mut value: Value =
        serde_json::from_slice(without_mark(body)).map_err(|error| wrong(&not_json(&error)))?;
    let fields = value
        .as_object_mut()
        .ok_or_else(|| wrong("an id can be given for one statement, an object, only"))?;
    let same = match present(fields, "id") {
        Some(own) => own.as_str().and_then(uuid).is_some_and(|own| own == id),
        None => true,
    };
    if !same {
        return Err(wrong("has another id than the one given for it"));
    }
    fields.insert("id".to_owned(), Value::String(id));
    Ok(value.to_string().into_bytes())
}

impl Push for XApi {
    fn receive(&self, delivery: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        // Attachments come so; nothing of them is wanted, but the statements stand among them.
        if let Some(given) = delivery.header("content-type")
            && given
                .get(..10)
                .is_some_and(|start| start.eq_ignore_ascii_case("multipart/"))
        {
            return Err(SourceError::Media {
                // Without what follows: a file's or a person's name may stand there.
                given: "multipart/…".to_owned(),
                valid: "application/json",
            });
        }
        if is_too_many(delivery.body) {
            return Err(SourceError::TooMany);
        }
        let value: Value = serde_json::from_slice(without_mark(delivery.body))
            .map_err(|error| wrong(&not_json(&error)))?;
        let mut number = 0;
        let mut reader = Reader::new(&self.source);
        let now = Some(delivery.now);
        take(one_or_many(&value), now, &mut number, &mut reader, sink);
        Ok(())
    }
}

impl File for XApi {
    fn dated(&mut self, changed: Millis) {
        self.changed = Some(changed);
    }

    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let failed = |cause| SourceError::Io {
            name: name.to_owned(),
            cause,
        };
        let mut start = Vec::new();
        let mut head = Read::take(&mut *input, MARK.len() as u64);
        head.read_to_end(&mut start).map_err(failed)?;
        let input = Cursor::new(without_mark(&start)).chain(input);
        let mut number = 0;
        let mut values = 0;
        let mut reader = Reader::new(&self.source);
        for value in serde_json::Deserializer::from_reader(input).into_iter::<Value>() {
            values += 1;
            let value = match value {
                Ok(value) => value,
                // What could not be read, a packed file that was cut for instance, is not bad JSON.
                Err(error) if error.is_io() => return Err(failed(error.into())),
                Err(error) if values == 1 => {
                    return Err(SourceError::Format {
                        name: name.to_owned(),
                        reason: not_json(&error),
                    });
                }
                Err(error) => {
                    sink.problem(Problem {
                        place: format!("statement {}", number + 1),
                        field: String::new(),
                        reason: format!("{}; the rest was not read", not_json(&error)),
                    });
                    break;
                }
            };
            let statements = match answer(&value) {
                Some(statements) => statements,
                None => one_or_many(&value),
            };
            take(statements, self.changed, &mut number, &mut reader, sink);
            let more = value.get("more").and_then(Value::as_str);
            if answer(&value).is_some() && more.is_some_and(|more| !more.is_empty()) {
                sink.note(format!(
                    "{name}: the answer is not whole; its `more` leads to the rest"
                ));
            }
        }
        Ok(())
    }
}

/// Whether a delivery has more statements than are taken of one. They are counted before anything is
/// made of them.
fn is_too_many(body: &[u8]) -> bool {
    if is_dense(body) {
        return true;
    }
    let counted = serde_json::from_slice::<Vec<IgnoredAny>>(without_mark(body));
    counted.is_ok_and(|statements| statements.len() as u64 > MAX_ENTRIES)
}

/// The statements in the answer of a learning record store.
fn answer(value: &Value) -> Option<&[Value]> {
    let statements = value.get("statements")?.as_array()?;
    // With a verb it is a statement, whatever else it holds.
    value.get("verb").is_none().then_some(statements)
}

fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) => list,
        one => std::slice::from_ref(one),
    }
}

/// Hands over statements, each as one entry.
fn take(
    values: &[Value],
    arrival: Option<Millis>,
    number: &mut u64,
    reader: &mut Reader,
    sink: &mut dyn Sink,
) {
    let statements: Vec<_> = values
        .iter()
        .map(|value| Statement::read(value, arrival))
        .collect();
    for statement in statements.iter().flatten() {
        reader.meet(statement);
    }
    for statement in statements {
        sink.entry(*number);
        *number += 1;
        let taken = statement
            .and_then(|statement| reader.take(&statement).map_err(|fault| Faults(vec![fault])));
        match taken {
            Ok(Taken::Events(events)) => events.into_iter().for_each(|event| sink.event(event)),
            Ok(Taken::Nothing(reason)) => sink.left_out(reason),
            Err(Faults(faults)) => {
                let place = format!("statement {number}");
                let problem = |Fault { field, reason }| Problem {
                    place: place.clone(),
                    field,
                    reason,
                };
                sink.rejected(faults.into_iter().map(problem).collect());
            }
        }
    }
}

/// The byte order mark that some editors and shells begin a file with.
const MARK: &[u8] = b"\xef\xbb\xbf";

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

/// Where JSON ends to be JSON, without the words found there.
fn not_json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    format!("is not JSON from line {line} column {column} on")
}

fn wrong(reason: &str) -> SourceError {
    SourceError::Format {
        name: "statement".to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod input_tests;
#[cfg(test)]
mod people_tests;
#[cfg(test)]
mod tests;
