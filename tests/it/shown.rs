//! What a source handed over, as lines of JSON that people can read and compare. People appear as
//! short tags: equal tags are equal identities, and no name can be read from them.

use readback::model::{Body, Event, Granularity, Identity, Millis, Occurrence, to_rfc3339};
use readback::sources::{Problem, Sink};
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

/// Writes down all that a source hands over, in its order.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) lines: Vec<Value>,
}

impl Sink for Shown {
    fn event(&mut self, event: Event) {
        self.lines.push(shown(&event));
    }

    fn problem(&mut self, problem: Problem) {
        let Problem {
            place,
            field,
            reason,
        } = problem;
        self.lines
            .push(json!({ "problem": { "place": place, "field": field, "reason": reason } }));
    }

    fn left_out(&mut self, reason: &'static str) {
        self.lines.push(json!({ "left_out": reason }));
    }

    fn note(&mut self, text: String) {
        self.lines.push(json!({ "note": text }));
    }
}

impl Shown {
    /// One line each.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

fn shown(event: &Event) -> Value {
    let mut line = Map::new();
    line.insert(event.body.kind().name().to_owned(), json!(event.id));
    line.insert("source".to_owned(), json!(&*event.source));
    line.insert("subject".to_owned(), json!(event.subject));
    line.insert("time".to_owned(), json!(to_rfc3339(event.time)));
    line.insert("version".to_owned(), json!(event.version));
    let said = body(&event.body);
    // What is absent, empty or false is not shown.
    let said = said
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Array(list) => !list.is_empty(),
            _ => true,
        });
    line.extend(said.map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(line)
}

fn body(body: &Body) -> Value {
    match body {
        Body::Read(b) => json!({
            "person": b.person.as_ref().map(tag), "team": b.team, "session": b.session,
            "engaged_ms": b.engaged_ms, "scroll_milli": b.scroll_milli, "bot": b.bot,
            "agent": b.agent, "arrival": b.arrival, "assigned": b.assigned,
        }),
        Body::ReadCount(b) => json!({
            "granularity": match b.granularity {
                Granularity::Day => "day",
                Granularity::Cumulative => "cumulative",
            },
            "count": b.count, "uniques": b.uniques,
        }),
        Body::Attendance(b) => json!({
            "meeting": b.meeting, "person": b.person.as_ref().map(tag), "team": b.team,
            "role": b.role, "partstat": b.partstat, "role_stated": b.role_stated, "via": b.via,
            "meeting_ms": b.meeting_ms, "attended": b.attended.map(|flag| flag.to_string()),
            "present_ms": b.present_ms, "spoke_ms": b.spoke_ms, "mandatory": b.mandatory,
        }),
        Body::Comment(b) => json!({
            "person": b.person.as_ref().map(tag), "team": b.team, "parent": b.parent,
            "words": b.words, "deleted_at": at(b.deleted_at),
        }),
        Body::Edit(b) => json!({
            "person": b.person.as_ref().map(tag), "team": b.team, "words_added": b.words_added,
            "words_removed": b.words_removed, "sections": b.sections, "minor": b.minor,
        }),
        Body::Link(b) => json!({
            "person": b.person.as_ref().map(tag), "team": b.team, "place": b.place.name(),
            "stands_in": b.stands_in, "removed_at": at(b.removed_at),
            "role": b.role.map(|role| role.name()),
            "form": b.form.map(|form| form.name()), "label": b.label.map(|label| label.name()),
        }),
        Body::Writeup(b) => json!({
            "id": b.id, "title": b.title, "url": b.url, "aliases": b.aliases,
            "published_at": at(b.published_at), "deleted_at": at(b.deleted_at),
            "owner_team": b.owner_team, "contributors": tags(&b.contributors),
            "contributor_teams": b.contributor_teams, "responders": tags(&b.responders),
            "words": b.words, "diagrams": b.diagrams, "hyperlinks": b.hyperlinks,
            "acronyms": b.acronyms, "acronyms_unexplained": b.acronyms_unexplained,
            "template": b.template, "tags": b.tags, "restricted": b.restricted,
            "assignments": b.assignments.as_ref().map(|list| format!("{list:?}")),
        }),
        Body::Person(b) => json!({
            "person": tag(&b.person), "aliases": tags(&b.aliases), "team": b.team,
            "joined_at": at(b.joined_at), "left_at": at(b.left_at), "kind": b.kind.name(),
            "team_from": at(b.team_from), "team_to": at(b.team_to), "apart": tags(&b.apart),
            "excluded": b.excluded.map(|flag| flag.to_string()),
        }),
        Body::Coverage(b) => json!({
            "kind": b.kind.name(), "scope": b.scope, "from": at(Some(b.from)), "to": at(b.to),
        }),
        Body::Meeting(b) => json!({
            "meeting": match &b.meeting {
                Occurrence::Named(name) => name,
                Occurrence::Known(_) => "known by its hash",
            },
            "spoke": b.spoke, "facilitators_spoke": b.facilitators_spoke, "watched": b.watched, "rooms": b.rooms,
            "speaking_ms": b.speaking_ms, "meeting_ms": b.meeting_ms, "accounts": b.accounts,
            "changes": b.changes, "form": b.form.map(|form| form.name()),
            "open": b.open.map(|flag| flag.to_string()),
            "mandatory": b.mandatory.map(|flag| flag.to_string()),
        }),
        Body::Story(b) => json!({ "round": b.round, "count": b.count, "label": b.label }),
        Body::Annotation(b) => json!({
            "on": b.on.to_string(), "text": b.text, "acts_on": b.acts_on.name(), "removed": b.removed,
        }),
    }
}

fn at(instant: Option<Millis>) -> Option<String> {
    instant.map(to_rfc3339)
}

fn tags(people: &[Identity]) -> Vec<String> {
    people.iter().map(tag).collect()
}

fn tag(person: &Identity) -> String {
    let hash = xxh3_64(person.value.as_bytes()) >> 40;
    format!("{}:{}:{hash:06x}", person.source, person.kind)
}
