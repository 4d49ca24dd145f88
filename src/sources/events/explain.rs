//! Says what is wrong with an event that the fast decoder refused: every field, its value, and
//! what would be valid. Values of fields that name people are never repeated, only their type; nor
//! is any other text that holds an address, because names slip into the wrong column.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::model::{
    ActsOn, EventKind, Identity, LinkForm, LinkLabel, LinkRole, Marks, MeetingForm, PersonKind,
    Place, parse_rfc3339,
};
use crate::sources::machine::holds_address;

use super::decode::{
    Fault, MAX_COUNT, MAX_ENGAGED_S, MAX_SECONDS, Refusal, day, kind_of, needs_subject, needs_time,
};
use super::wire::Whole;
use super::{assigned, media, members};

/// Everything that is wrong with it; never empty.
pub(super) fn explain(text: &str, refusal: &Refusal) -> Vec<Fault> {
    let mut faults = Vec::new();
    let fields = match members::of(text) {
        Ok(members) => members::values(members, &mut faults),
        // Not the error itself: it may repeat what stands in the place of an object.
        Err(_) => {
            let reason = match serde_json::from_str::<Value>(text) {
                Ok(other) => {
                    format!("{} is not an event; an event is an object", type_of(&other))
                }
                Err(error) => format!("not JSON: {}", members::words(&error, text)),
            };
            return vec![Fault::new("", reason)];
        }
    };
    let kind = envelope(&fields, &mut faults);
    let is_json = media::declared(&fields, &mut faults);
    if let Some(kind) = kind {
        match media::data(&fields) {
            Ok(Some(data)) => body(kind, &data, &fields, &mut faults),
            Ok(None) => body(kind, &Map::new(), &fields, &mut faults),
            // What says of itself that it is no JSON need not be told so.
            Err(fault) => faults.extend(Some(fault).filter(|_| is_json)),
        }
    }
    if faults.is_empty() {
        faults.push(Fault::new("", unexplained(refusal)));
    }
    // What can't be read is not missing besides.
    let mut told = HashSet::new();
    faults.retain(|fault| told.insert(fault.field.clone()));
    faults
}

/// What is left when every field is right by itself.
fn unexplained(refusal: &Refusal) -> String {
    match refusal {
        // serde's message names the field alone.
        Refusal::Json(error) if error.to_string().starts_with("duplicate field") => {
            error.to_string()
        }
        _ => "not an event of its type".to_owned(),
    }
}

fn envelope(fields: &Map<String, Value>, faults: &mut Vec<Fault>) -> Option<EventKind> {
    match present(fields, "specversion") {
        Some(Value::String(version)) if version == "1.0" => {}
        Some(other) => {
            faults.push(Fault::new(
                "specversion",
                format!("{} is unknown; known is \"1.0\"", shown(other)),
            ));
        }
        None => faults.push(Fault::new("specversion", "missing; \"1.0\" is valid")),
    }
    let kind = event_type(present(fields, "type"), faults);
    for name in ["source", "id"] {
        match present(fields, name) {
            Some(Value::String(text)) if !text.is_empty() => {}
            Some(Value::String(_)) => faults.push(Fault::new(name, "empty")),
            Some(other) => {
                let reason = format!("{} is not text", type_of(other));
                faults.push(Fault::new(name, reason));
            }
            None => faults.push(Fault::new(name, "missing")),
        }
    }
    match present(fields, "subject") {
        Some(Value::String(text)) if text.trim().is_empty() && kind.is_some_and(needs_subject) => {
            faults.push(Fault::new("subject", "empty; it names the write-up"));
        }
        Some(Value::String(_)) => {}
        Some(other) => {
            faults.push(Fault::new(
                "subject",
                format!("{} is not text", type_of(other)),
            ));
        }
        None if kind.is_some_and(needs_subject) => {
            faults.push(Fault::new("subject", "missing; it names the write-up"));
        }
        None => {}
    }
    match present(fields, "time").filter(|time| time.as_str() != Some("")) {
        Some(time) => faults.extend(instant(time).map(|reason| Fault::new("time", reason))),
        None if kind.is_some_and(needs_time) => {
            faults.push(Fault::new("time", "missing; an RFC 3339 instant is valid"));
        }
        None => {}
    }
    kind
}

fn event_type(value: Option<&Value>, faults: &mut Vec<Fault>) -> Option<EventKind> {
    let reason = match value {
        Some(Value::String(text)) => match kind_of(text) {
            Some(kind) => return Some(kind),
            None => {
                let known: Vec<_> = EventKind::ALL
                    .iter()
                    .map(|kind| format!("org.readback.{}.v1", kind.name()))
                    .collect();
                format!(
                    "{} is unknown; known are {}",
                    quoted(text),
                    known.join(", ")
                )
            }
        },
        Some(other) => format!("{} is not text", type_of(other)),
        None => "missing; org.readback.read.v1 is one that is valid".to_owned(),
    };
    faults.push(Fault::new("type", reason));
    None
}

fn body(
    kind: EventKind,
    data: &Map<String, Value>,
    event: &Map<String, Value>,
    faults: &mut Vec<Fault>,
) {
    for (name, shape) in rules(kind) {
        let reason = match present(data, name) {
            Some(value) => shape.fault(value),
            None => None,
        };
        faults.extend(reason.map(|reason| Fault::new(format!("data.{name}"), reason)));
    }
    for (begin, end) in spans(kind) {
        let at = |name: &str| present(data, name)?.as_str().and_then(parse_rfc3339);
        if at(begin)
            .zip(at(end))
            .is_some_and(|(begin, end)| end < begin)
        {
            faults.push(Fault::new(
                format!("data.{end}"),
                format!("before {begin}; it should be the later of the two"),
            ));
        }
    }
    let subject = present(event, "subject")
        .and_then(Value::as_str)
        .unwrap_or("");
    let by_subject = matches!(kind, EventKind::Writeup | EventKind::Person);
    let in_subject = by_subject && !Identity::bare(subject).value.is_empty();
    for (name, hint) in required(kind) {
        let in_subject = match kind {
            // A blank subject names nothing; the label stands for it, and for nothing else.
            EventKind::Story => *name == "label" && !subject.trim().is_empty(),
            _ => in_subject,
        };
        let stated = match present(data, name) {
            Some(Value::String(text)) => !text.is_empty(),
            other => other.is_some(),
        };
        if !stated && !in_subject {
            faults.push(Fault::new(
                format!("data.{name}"),
                format!("missing; {hint}"),
            ));
        }
    }
}

/// Fields of which the second is never before the first.
fn spans(kind: EventKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        EventKind::Person => &[("joined_at", "left_at"), ("team_from", "team_to")],
        EventKind::Coverage => &[("from", "to")],
        _ => &[],
    }
}

/// Whether the data of any kind has a field of this name.
pub(super) fn is_field(name: &str) -> bool {
    let rules = EventKind::ALL.into_iter().flat_map(rules);
    rules.into_iter().any(|(known, _)| *known == name)
}

/// What a field may hold.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Texts,
    Who,
    Everybody,
    Flag,
    Marks,
    Dated,
    Seconds(f64),
    Share,
    Whole(u64),
    Instant,
    Day,
    OneOf(fn() -> Vec<&'static str>),
    Assignments,
}

const COUNT: Shape = Shape::Whole(u32::MAX as u64);
const VERSION: (&str, Shape) = ("version", COUNT);

/// The fields that data of a kind may have.
pub(super) fn fields(kind: EventKind) -> impl Iterator<Item = &'static str> {
    rules(kind).iter().map(|(name, _)| *name)
}

fn rules(kind: EventKind) -> &'static [(&'static str, Shape)] {
    match kind {
        EventKind::Read => &[
            VERSION,
            ("person", Shape::Who),
            ("team", Shape::Text),
            ("session", Shape::Text),
            ("engaged_s", Shape::Seconds(MAX_ENGAGED_S)),
            ("scroll", Shape::Share),
            ("bot", Shape::Flag),
            ("agent", Shape::Text),
            ("arrival", Shape::Text),
            ("assigned", Shape::Flag),
        ],
        EventKind::ReadCount => &[
            VERSION,
            ("granularity", Shape::OneOf(|| vec!["day", "cumulative"])),
            ("count", Shape::Whole(MAX_COUNT)),
            ("uniques", Shape::Whole(MAX_COUNT)),
        ],
        EventKind::Attendance => &[
            VERSION,
            ("meeting", Shape::Text),
            ("person", Shape::Who),
            ("team", Shape::Text),
            ("role", Shape::Text),
            ("partstat", Shape::Text),
            ("role_stated", Shape::Flag),
            ("via", Shape::Text),
            ("meeting_s", Shape::Seconds(MAX_SECONDS)),
            ("attended", Shape::Flag),
            ("present_s", Shape::Seconds(MAX_SECONDS)),
            ("spoke_s", Shape::Seconds(MAX_SECONDS)),
            ("mandatory", Shape::Flag),
        ],
        EventKind::Comment => &[
            VERSION,
            ("person", Shape::Who),
            ("team", Shape::Text),
            ("parent", Shape::Text),
            ("words", COUNT),
            ("deleted_at", Shape::Instant),
        ],
        EventKind::Edit => &[
            VERSION,
            ("person", Shape::Who),
            ("team", Shape::Text),
            ("words_added", COUNT),
            ("words_removed", COUNT),
            ("sections", COUNT),
            ("minor", Shape::Flag),
        ],
        EventKind::Link => &[
            VERSION,
            ("person", Shape::Who),
            ("team", Shape::Text),
            (
                "place",
                Shape::OneOf(|| Place::ALL.iter().map(|place| place.name()).collect()),
            ),
            ("source", Shape::Text),
            ("removed_at", Shape::Instant),
            (
                "role",
                Shape::OneOf(|| LinkRole::ALL.iter().map(|role| role.name()).collect()),
            ),
            (
                "form",
                Shape::OneOf(|| LinkForm::ALL.iter().map(|form| form.name()).collect()),
            ),
            (
                "label",
                Shape::OneOf(|| LinkLabel::ALL.iter().map(|label| label.name()).collect()),
            ),
        ],
        EventKind::Writeup => &[
            VERSION,
            ("id", Shape::Text),
            ("title", Shape::Text),
            ("url", Shape::Text),
            ("aliases", Shape::Texts),
            ("published_at", Shape::Instant),
            ("deleted_at", Shape::Instant),
            ("owner_team", Shape::Text),
            ("contributors", Shape::Everybody),
            ("contributor_teams", Shape::Texts),
            ("responders", Shape::Everybody),
            ("words", COUNT),
            ("diagrams", COUNT),
            ("hyperlinks", COUNT),
            ("acronyms", COUNT),
            ("acronyms_unexplained", COUNT),
            ("template", Shape::Text),
            ("tags", Shape::Texts),
            ("restricted", Shape::Flag),
            ("assignments", Shape::Assignments),
            ("reviewers", Shape::Everybody),
            ("facilitators", Shape::Everybody),
            ("data_sources", COUNT),
            ("quotations", COUNT),
            ("marks", Shape::Marks),
            ("merged_into", Shape::Text),
            ("alias_validity", Shape::Dated),
        ],
        EventKind::Person => &[
            VERSION,
            ("person", Shape::Who),
            ("aliases", Shape::Everybody),
            ("team", Shape::Text),
            ("joined_at", Shape::Instant),
            ("left_at", Shape::Instant),
            (
                "kind",
                Shape::OneOf(|| PersonKind::ALL.iter().map(|kind| kind.name()).collect()),
            ),
            ("team_from", Shape::Instant),
            ("team_to", Shape::Instant),
            ("apart", Shape::Everybody),
            ("excluded", Shape::Flag),
        ],
        EventKind::Coverage => &[
            VERSION,
            (
                "kind",
                Shape::OneOf(|| EventKind::ALL.iter().map(|kind| kind.name()).collect()),
            ),
            ("scope", Shape::Text),
            ("from", Shape::Instant),
            ("to", Shape::Instant),
        ],
        EventKind::Meeting => &[
            VERSION,
            ("meeting", Shape::Text),
            ("spoke", COUNT),
            ("facilitators_spoke", COUNT),
            ("speaking_s", Shape::Seconds(MAX_SECONDS)),
            ("meeting_s", Shape::Seconds(MAX_SECONDS)),
            ("accounts", COUNT),
            ("changes", COUNT),
            ("watched", COUNT),
            (
                "form",
                Shape::OneOf(|| MeetingForm::ALL.iter().map(|form| form.name()).collect()),
            ),
            ("open", Shape::Flag),
            ("mandatory", Shape::Flag),
        ],
        EventKind::Story => &[
            VERSION,
            ("round", Shape::Text),
            ("count", COUNT),
            ("label", Shape::Text),
        ],
        EventKind::Annotation => &[
            VERSION,
            ("on", Shape::Day),
            ("text", Shape::Text),
            (
                "acts_on",
                Shape::OneOf(|| ActsOn::ALL.iter().map(|one| one.name()).collect()),
            ),
            ("removed", Shape::Flag),
        ],
    }
}

/// Fields that must be there, and what they are for.
fn required(kind: EventKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        EventKind::ReadCount => &[
            ("granularity", "known are day, cumulative"),
            ("count", "a whole number is valid"),
        ],
        EventKind::Attendance => &[("meeting", "it names one occurrence of a meeting")],
        EventKind::Link => &[("place", "it says where the link stands")],
        EventKind::Writeup => &[("id", "the id stands here or in subject")],
        EventKind::Person => &[("person", "the person stands here or in subject")],
        EventKind::Coverage => &[
            ("kind", "it says what was observed"),
            (
                "scope",
                "a source, or the prefix of the targets that it watches",
            ),
            ("from", "an RFC 3339 instant is valid"),
        ],
        EventKind::Meeting => &[("meeting", "it names one occurrence of a meeting")],
        EventKind::Story => &[
            ("round", "it names the round, such as 2026-H2"),
            ("count", "a whole number is valid"),
            ("label", "what is told stands here or in subject"),
        ],
        EventKind::Annotation => &[
            ("on", "a date such as 2026-03-01 is valid"),
            ("text", "it says in a few words what changed"),
            ("acts_on", "it says what it is expected to act on"),
        ],
        EventKind::Read | EventKind::Comment | EventKind::Edit => &[],
    }
}

impl Shape {
    /// What is wrong with a value that is there.
    fn fault(self, value: &Value) -> Option<String> {
        match self {
            Shape::Text => (!value.is_string()).then(|| format!("{} is not text", shown(value))),
            Shape::Flag => {
                (!value.is_boolean()).then(|| format!("{} is not true or false", shown(value)))
            }
            Shape::Marks => marks(value),
            Shape::Dated => each(value, dated),
            Shape::Texts => each(value, |item| {
                (!item.is_string()).then(|| format!("{} is not text", shown(item)))
            }),
            Shape::Who => name(value),
            Shape::Everybody => match value {
                Value::Array(_) => each(value, name),
                other => Some(format!("{} is not a list of names", type_of(other))),
            },
            Shape::Seconds(most) => between(value, most),
            Shape::Share => between(value, 1.0),
            Shape::Whole(most) => whole(value, most),
            Shape::Assignments => each(value, assigned::explain),
            // An empty text says as much as an absent one.
            Shape::Instant | Shape::OneOf(_) if value.as_str() == Some("") => None,
            Shape::Instant => instant(value),
            Shape::Day => {
                let is_day = value.as_str().is_some_and(|text| day(text).is_some());
                let words = || {
                    format!(
                        "{} is no date; valid is one such as 2026-03-01",
                        word(value)
                    )
                };
                (!is_day).then(words)
            }
            Shape::OneOf(known) => match value.as_str() {
                Some(text) if known().contains(&text) => None,
                _ => Some(format!(
                    "{} is unknown; known are {}",
                    word(value),
                    known().join(", ")
                )),
            },
        }
    }
}

/// A person's name: only its type is ever told.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if Identity::bare(text).value.is_empty() => {
            Some("empty; leave it out where nobody is known".to_owned())
        }
        Value::String(_) => None,
        other => Some(format!("{} is not text", type_of(other))),
    }
}

fn marks(value: &Value) -> Option<String> {
    let Value::Object(marks) = value else {
        return Some(format!("{} is not an object of marks", shown(value)));
    };
    Marks::NAMES.into_iter().find_map(|name| {
        let mark = present(marks, name)?;
        (!mark.is_boolean()).then(|| format!("{name}: {} is not true or false", shown(mark)))
    })
}

/// A name with its time.
fn dated(value: &Value) -> Option<String> {
    let Value::Object(one) = value else {
        return Some(format!("{} is not an object", shown(value)));
    };
    match present(one, "alias") {
        Some(Value::String(alias)) if !alias.is_empty() => {}
        Some(Value::String(_)) | None => return Some("alias: missing; it is the name".to_owned()),
        Some(other) => return Some(format!("alias: {} is not text", shown(other))),
    }
    let stated = |name: &str| present(one, name).filter(|at| at.as_str() != Some(""));
    for name in ["from", "to"] {
        if let Some(reason) = stated(name).and_then(instant) {
            return Some(format!("{name}: {reason}"));
        }
    }
    let at = |name: &str| stated(name)?.as_str().and_then(parse_rfc3339);
    let is_reversed = at("from").zip(at("to")).is_some_and(|(from, to)| to < from);
    is_reversed.then(|| "to: before from; it should be the later of the two".to_owned())
}

fn each(value: &Value, fault: impl Fn(&Value) -> Option<String>) -> Option<String> {
    match value {
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            fault(item).map(|reason| format!("item {}: {reason}", index + 1))
        }),
        other => Some(format!("{} is not a list", shown(other))),
    }
}

fn between(value: &Value, most: f64) -> Option<String> {
    match value.as_f64() {
        Some(number) if (0.0..=most).contains(&number) => None,
        Some(_) => Some(format!("{} is not between 0 and {most}", shown(value))),
        None => Some(format!("{} is not a number", shown(value))),
    }
}

fn whole(value: &Value, most: u64) -> Option<String> {
    let number = match value.as_u64() {
        Some(number) => Some(number),
        None => value
            .as_f64()
            .filter(|n| n.fract() == 0.0 && (0.0..Whole::MAX_EXACT).contains(n))
            .map(|n| n as u64),
    };
    match number {
        Some(number) if number <= most => None,
        _ => Some(format!(
            "{} is not a whole number between 0 and {most}",
            shown(value)
        )),
    }
}

pub(super) fn instant(value: &Value) -> Option<String> {
    match value.as_str().and_then(parse_rfc3339) {
        Some(_) => None,
        None => Some(format!(
            "{} is not an RFC 3339 instant between 1900 and 2299 (2025-03-30T21:59:30Z is one)",
            shown(value)
        )),
    }
}

pub(super) fn present<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// The value itself, cut to a readable length; of one that may name somebody only the type.
/// The same where a word was expected: the address of a page may name somebody.
fn word(value: &Value) -> String {
    match value.as_str() {
        Some(text) if text.contains(['/', ':', '\\', '~']) => "text".to_owned(),
        _ => shown(value),
    }
}

pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(_) | Value::Object(_) => type_of(value).to_owned(),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    if holds_address(text) {
        return "text".to_owned();
    }
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{:?}…", &text[..cut]),
        None => format!("{text:?}"),
    }
}

pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
