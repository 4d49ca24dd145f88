//! One statement, checked: who, which verb, what, when, and its id.

use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_128;

use crate::model::{Millis, parse_rfc3339, to_rfc3339};

use super::actor::{Actor, actor};

/// A statement that is one.
pub(super) struct Statement<'a> {
    pub(super) id: String,
    pub(super) actor: Actor,
    /// The last part of the verb's address, lower case.
    pub(super) verb: String,
    pub(super) object: Object<'a>,
    pub(super) time: Millis,
    fields: &'a Map<String, Value>,
}

/// What it is about.
pub(super) enum Object<'a> {
    /// A page, a meeting, a comment, …
    Activity {
        id: &'a str,
        fields: &'a Map<String, Value>,
    },
    /// An agent, a group, a statement or a sub-statement.
    Other,
}

/// One thing wrong with a statement.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) field: String,
    /// Never an identity: texts of a statement are not repeated, unless they are nothing but a time.
    pub(super) reason: String,
}

/// All that is wrong with a statement.
#[derive(Debug, Default)]
pub(super) struct Faults(pub(super) Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, field: impl Into<String>, reason: impl Into<String>) {
        self.0.push(fault(field, reason));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

pub(super) fn fault(field: impl Into<String>, reason: impl Into<String>) -> Fault {
    Fault {
        field: field.into(),
        reason: reason.into(),
    }
}

impl<'a> Statement<'a> {
    /// Checks a value. `arrival` is when it came, for statements that don't say when.
    pub(super) fn read(value: &'a Value, arrival: Option<Millis>) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let Value::Object(fields) = value else {
            let reason = format!(
                "{} is no statement; a statement is an object",
                type_of(value)
            );
            faults.add("", reason);
            return Err(faults);
        };
        let id = match present(fields, "id") {
            None => Some(derived(value, arrival)),
            Some(id) => {
                let found = id.as_str().and_then(uuid);
                if found.is_none() {
                    faults.add(
                        "id",
                        format!("{} is no UUID; {UUID} is valid", described(id)),
                    );
                }
                found
            }
        };
        let time = time(fields, arrival, &mut faults);
        let core = Core::read(fields, "", &mut faults);
        match (id, time, core) {
            (Some(id), Some(time), Some(core)) if faults.len() == 0 => Ok(Statement {
                id,
                actor: core.actor,
                verb: core.verb,
                object: core.object,
                time,
                fields,
            }),
            _ => Err(faults),
        }
    }

    /// A part that has parts itself, `context` or `result`; empty where it is absent.
    pub(super) fn part(&self, name: &'static str) -> Result<Part<'a>, Fault> {
        let fields = inside(self.fields, name, name)?;
        Ok(Part { name, fields })
    }
}

/// A part of a statement, or nothing.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    name: &'static str,
    fields: Option<&'a Map<String, Value>>,
}

impl<'a> Part<'a> {
    /// The field, if it is there.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        present(self.fields?, name)
    }

    /// A text, if it is there.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => {
                let field = format!("{}.{name}", self.name);
                Err(fault(field, format!("{} is not text", type_of(other))))
            }
        }
    }

    /// An object, if it is there.
    pub(super) fn object(&self, name: &str) -> Result<Option<&'a Map<String, Value>>, Fault> {
        match self.fields {
            Some(fields) => inside(fields, name, &format!("{}.{name}", self.name)),
            None => Ok(None),
        }
    }
}

fn inside<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
    at: &str,
) -> Result<Option<&'a Map<String, Value>>, Fault> {
    match present(fields, name) {
        None => Ok(None),
        Some(Value::Object(inside)) => Ok(Some(inside)),
        Some(other) => Err(fault(at, format!("{} is no object", type_of(other)))),
    }
}

/// Actor, verb and object: what a sub-statement has, too.
struct Core<'a> {
    actor: Actor,
    verb: String,
    object: Object<'a>,
}

impl<'a> Core<'a> {
    /// `at` is empty, or `object.` for a sub-statement.
    fn read(fields: &'a Map<String, Value>, at: &str, faults: &mut Faults) -> Option<Core<'a>> {
        let actor_at = format!("{at}actor");
        let actor = match present(fields, "actor") {
            Some(Value::Object(fields)) => actor(fields, &actor_at, faults),
            None => {
                faults.add(actor_at, "missing; an agent or a group is valid");
                None
            }
            Some(other) => {
                let reason = format!("{} is no agent and no group", type_of(other));
                faults.add(actor_at, reason);
                None
            }
        };
        let verb = verb(fields, at, faults);
        let object = object(fields, at, faults);
        Some(Core {
            actor: actor?,
            verb: verb?,
            object: object?,
        })
    }
}

fn verb(fields: &Map<String, Value>, at: &str, faults: &mut Faults) -> Option<String> {
    const VALID: &str = "http://adlnet.gov/expapi/verbs/experienced is one that is valid";
    let id = match present(fields, "verb") {
        Some(Value::Object(verb)) => present(verb, "id"),
        None => {
            faults.add(
                format!("{at}verb"),
                "missing; an object with an id is valid",
            );
            return None;
        }
        Some(other) => {
            let reason = format!(
                "{} is no verb; an object with an id is valid",
                type_of(other)
            );
            faults.add(format!("{at}verb"), reason);
            return None;
        }
    };
    let reason = match id {
        Some(Value::String(id)) if is_iri(id) => return Some(last_part(id)),
        Some(other) => format!("{} is no IRI; {VALID}", described(other)),
        None => format!("missing; {VALID}"),
    };
    faults.add(format!("{at}verb.id"), reason);
    None
}

/// Verbs are the same whichever profile defines them, as far as Readback goes.
fn last_part(iri: &str) -> String {
    let path = iri.split(['?', '#']).next().unwrap_or(iri);
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase()
}

fn object<'a>(fields: &'a Map<String, Value>, at: &str, faults: &mut Faults) -> Option<Object<'a>> {
    let own = format!("{at}object");
    let object = match present(fields, "object") {
        Some(Value::Object(object)) => object,
        None => {
            faults.add(own, "missing; an activity is valid");
            return None;
        }
        Some(other) => {
            faults.add(own, format!("{} is no activity", type_of(other)));
            return None;
        }
    };
    let before = faults.len();
    let kind = match present(object, "objectType") {
        None => Some("Activity"),
        Some(kind) => kind.as_str(),
    };
    match kind {
        Some("Activity") => {
            let reason = match present(object, "id") {
                Some(Value::String(id)) if is_iri(id) => {
                    return Some(Object::Activity { id, fields: object });
                }
                Some(other) => format!("{} is no IRI; an activity's id is one", described(other)),
                None => "missing; an activity's id is an IRI".to_owned(),
            };
            faults.add(format!("{own}.id"), reason);
        }
        Some("Agent" | "Group") => drop(actor(object, &own, faults)),
        Some("StatementRef") => {
            let id = present(object, "id");
            if id.and_then(Value::as_str).and_then(uuid).is_none() {
                let given = id.map_or("missing".to_owned(), |id| {
                    format!("{} is no UUID", described(id))
                });
                faults.add(
                    format!("{own}.id"),
                    format!("{given}; the id of a statement is valid"),
                );
            }
        }
        // One in another is not allowed, so this ends.
        Some("SubStatement") if at.is_empty() => drop(Core::read(object, "object.", faults)),
        Some("SubStatement") => {
            let reason = "a sub-statement holds no other; an activity is valid";
            faults.add(format!("{own}.objectType"), reason);
        }
        _ => faults.add(
            format!("{own}.objectType"),
            "unknown; valid are \"Activity\", \"Agent\", \"Group\", \"StatementRef\" and \
             \"SubStatement\"",
        ),
    }
    (faults.len() == before).then_some(Object::Other)
}

/// When it happened: `timestamp`, else `stored`, else when it came.
fn time(
    fields: &Map<String, Value>,
    arrival: Option<Millis>,
    faults: &mut Faults,
) -> Option<Millis> {
    for name in ["timestamp", "stored"] {
        let Some(value) = present(fields, name) else {
            continue;
        };
        let time = value.as_str().and_then(instant);
        if time.is_none() {
            let reason = format!(
                "{} is no RFC 3339 instant; 2025-03-04T14:00:00Z is one",
                described(value)
            );
            faults.add(name, reason);
        }
        return time;
    }
    if arrival.is_none() {
        faults.add(
            "timestamp",
            "missing, and nobody says when the statement came",
        );
    }
    arrival
}

/// RFC 3339, and ISO 8601's shorter offsets `+0100` and `+01`, which xAPI allows.
fn instant(text: &str) -> Option<Millis> {
    let longer = || {
        let sign = text.rfind(['+', '-']).filter(|at| *at > 10)?;
        let (clock, offset) = text.split_at(sign);
        let digits = offset[1..].bytes().all(|byte| byte.is_ascii_digit());
        match offset.len() {
            5 if digits => parse_rfc3339(&format!("{clock}{}:{}", &offset[..3], &offset[3..])),
            3 if digits => parse_rfc3339(&format!("{clock}{offset}:00")),
            _ => None,
        }
    };
    parse_rfc3339(text).or_else(longer)
}

/// The id that a statement has, or gets.
pub(super) fn id_of(value: &Value, arrival: Option<Millis>) -> String {
    let own = value.get("id").and_then(Value::as_str).and_then(uuid);
    own.unwrap_or_else(|| derived(value, arrival))
}

/// An id made of the content, the same whenever the same statement comes. Of one that doesn't say
/// when, the arrival is part: the same may happen twice.
fn derived(value: &Value, arrival: Option<Millis>) -> String {
    let mut content = value.to_string();
    let timed = |name| value.get(name).is_some_and(|time| !time.is_null());
    if let (false, Some(arrival)) = (timed("timestamp") || timed("stored"), arrival) {
        content.push_str(&to_rfc3339(arrival));
    }
    let mut hash = xxh3_128(content.as_bytes());
    // RFC 9562: version 8 (an application's own), variant 10.
    hash = (hash & !(0xf << 76)) | (8 << 76);
    hash = (hash & !(0b11 << 62)) | (0b10 << 62);
    let hex = format!("{hash:032x}");
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

const UUID: &str = "12345678-1234-5678-1234-567812345678";

/// A UUID in lower case.
pub(super) fn uuid(text: &str) -> Option<String> {
    let fits = text.len() == UUID.len()
        && text
            .bytes()
            .zip(UUID.bytes())
            .all(|(byte, like)| match like {
                b'-' => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
    fits.then(|| text.to_ascii_lowercase())
}

/// Whether a text is an absolute IRI, as far as it matters: a scheme and something after it, without
/// blanks and what never stands in one.
pub(super) fn is_iri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.bytes();
    letters
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic())
        && letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !rest.is_empty()
        && !rest.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c))
}

/// The field, unless it is absent or null.
pub(super) fn present<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// What a value is, without saying it.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A value as far as it can be repeated: names of people slip into any field, so texts are told by
/// their length unless they are nothing but a date or a duration.
pub(super) fn described(value: &Value) -> String {
    match value {
        Value::String(text) if is_date(text) || is_duration(text) => format!("\"{text}\""),
        Value::String(text) => format!("a text of {} characters", text.chars().count()),
        other => type_of(other).to_owned(),
    }
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let like = |at: usize, byte: &u8| match at {
        4 | 7 => *byte == b'-',
        0..10 => byte.is_ascii_digit(),
        _ => byte.is_ascii_digit() || b"TZtz:.+- ".contains(byte),
    };
    (10..40).contains(&bytes.len()) && bytes.iter().enumerate().all(|(at, byte)| like(at, byte))
}

fn is_duration(text: &str) -> bool {
    let like = |byte: u8| byte.is_ascii_digit() || b"PYMWDTHS.,-".contains(&byte);
    text.len() < 40
        && text.trim_start_matches('-').starts_with('P')
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(like)
}
