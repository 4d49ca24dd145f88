//! Statements to events: reads, attendance, comments.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::model::{Attendance, Body, Comment, Event, Identity, Millis, Read};

use super::actor::Actor;
use super::duration;
use super::statement::{Fault, Object, Part, Statement, described, fault, present, type_of, uuid};

/// What a statement gives.
pub(super) enum Taken {
    /// These, at least one.
    Events(Vec<Event>),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// What a statement does to a comment of a forum.
#[derive(Clone, Copy)]
enum Forum {
    Posted,
    Edited,
    Deleted,
}

/// Turns the statements of one input into events.
pub(super) struct Reader {
    source: Arc<str>,
    /// The comments of forums posted in this input, by the object's id.
    postings: HashMap<String, Posting>,
    /// The first deletion of each of them in this input: when it was, and the statement's id.
    deletions: HashMap<String, (Millis, String)>,
}

/// A comment as it was posted.
#[derive(Clone)]
struct Posting {
    time: Millis,
    subject: String,
    comment: Comment,
}

/// Bounds the memory that postings take. A deletion of one that is not among them is still a deletion.
const MAX_POSTINGS: usize = 1 << 20;

/// Nothing comes after a deletion, whatever its clock says: a posting that is sent again later stays
/// deleted. The one that knows when the comment was written replaces the one that does not.
const DELETED: u32 = u32::MAX - 1;
const DELETED_AND_KNOWN: u32 = u32::MAX;

/// Bytes of text that the events of one statement may hold: each member of a group gets an event with
/// all of its texts, so that a small statement could make gigabytes.
const MOST_TEXT: usize = 16 << 20;

/// 2000-01-01T00:00:00Z.
const EPOCH: Millis = 946_684_800_000;

impl Reader {
    pub(super) fn new(source: &str) -> Reader {
        Reader {
            source: Arc::from(source),
            postings: HashMap::new(),
            deletions: HashMap::new(),
        }
    }

    /// Remembers a posting, so that its deletion knows when it was written and by whom: learning
    /// record stores answer with the latest statement first. Of several deletions it remembers the
    /// first: what is gone can't go again.
    pub(super) fn meet(&mut self, statement: &Statement<'_>) {
        let Object::Activity { id, fields } = statement.object else {
            return;
        };
        match forum(&statement.verb, fields) {
            Some(Forum::Posted) => {}
            Some(Forum::Deleted) => return self.meet_deletion(statement, id),
            Some(Forum::Edited) | None => return,
        }
        let Ok(posting) = posting(statement, id) else {
            return;
        };
        let room = self.postings.len() < MAX_POSTINGS;
        match self.postings.get_mut(id) {
            // As in the store: of two the later one counts.
            Some(known) if known.time <= posting.time => *known = posting,
            Some(_) => {}
            None if room => {
                self.postings.insert(id.to_owned(), posting);
            }
            None => {}
        }
    }

    fn meet_deletion(&mut self, statement: &Statement<'_>, id: &str) {
        // One that will be refused stands for no other.
        if Surroundings::of(statement).is_err() {
            return;
        }
        let room = self.deletions.len() < MAX_POSTINGS;
        let this = (statement.time, statement.id.clone());
        match self.deletions.get_mut(id) {
            Some(first) if *first > this => *first = this,
            Some(_) => {}
            None if room => {
                self.deletions.insert(id.to_owned(), this);
            }
            None => {}
        }
    }

    /// What a statement gives.
    pub(super) fn take(&self, statement: &Statement<'_>) -> Result<Taken, Fault> {
        let Object::Activity { id, fields } = statement.object else {
            return Ok(Taken::Nothing(match statement.verb.as_str() {
                "voided" => "voiding: what it takes back stays",
                _ => "object that is no activity",
            }));
        };
        // A person in the clothes of an activity; the statements beside it are none the worse.
        let scheme = id.trim().get(..7);
        if scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:")) {
            return Ok(Taken::Nothing("object that is a mail address"));
        }
        match statement.verb.as_str() {
            "viewed" | "experienced" | "read" => self.read(statement, id),
            "attended" => self.attendance(statement, id),
            "commented" | "responded" => self.comment(statement, id),
            "voided" => Ok(Taken::Nothing("voiding: what it takes back stays")),
            verb => match forum(verb, fields) {
                Some(Forum::Posted) => self.posted(statement, id),
                Some(Forum::Deleted) => self.deleted(statement, id),
                Some(Forum::Edited) => Ok(Taken::Nothing(
                    "edit of a comment: it does not say when the comment was written",
                )),
                None => Ok(Taken::Nothing("another verb")),
            },
        }
    }

    fn read(&self, statement: &Statement<'_>, id: &str) -> Result<Taken, Fault> {
        let engaged_ms = match lasted(statement)? {
            Some(millis) => Some(u32::try_from(millis).map_err(|_| {
                let reason = "too long; valid are at most 4294967 seconds of reading";
                fault("result.duration", reason)
            })?),
            None => None,
        };
        let session = session(statement.part("context")?)?;
        self.each(statement, id, |person| {
            Body::Read(Read {
                person,
                session: session.clone(),
                engaged_ms,
                ..Read::default()
            })
        })
    }

    fn attendance(&self, statement: &Statement<'_>, id: &str) -> Result<Taken, Fault> {
        if matches!(&statement.actor, Actor::Group(members) if members.is_empty()) {
            return Ok(Taken::Nothing("group without its members"));
        }
        let context = statement.part("context")?;
        let subject = match activity(context, "parent")? {
            Some(parent) => Some(parent),
            None => activity(context, "grouping")?,
        };
        let subject = subject.map_or(id, |activity| activity.id);
        let meeting = match registration(context)? {
            Some(registration) => format!("{id}/{registration}"),
            None => id.to_owned(),
        };
        let present_ms = lasted(statement)?;
        self.each(statement, subject, |person| {
            Body::Attendance(Box::new(Attendance {
                meeting: meeting.clone(),
                person,
                team: None,
                role: None,
                partstat: None,
                role_stated: true,
                via: None,
                meeting_ms: None,
                attended: Some(true),
                present_ms,
                spoke_ms: None,
                mandatory: false,
                stay: None,
            }))
        })
    }

    fn comment(&self, statement: &Statement<'_>, id: &str) -> Result<Taken, Fault> {
        let words = words(statement)?;
        let parent = match statement.part("context")?.object("statement")? {
            Some(reference) => {
                let id = present(reference, "id");
                let parent = id.and_then(Value::as_str).and_then(uuid);
                Some(parent.ok_or_else(|| {
                    let given = id.map_or("missing".to_owned(), described);
                    let reason = format!("{given}; the id of a statement, a UUID, is valid");
                    fault("context.statement.id", reason)
                })?)
            }
            None => None,
        };
        self.each(statement, id, |person| {
            Body::Comment(Comment {
                person,
                team: None,
                parent: parent.clone(),
                words,
                deleted_at: None,
            })
        })
    }

    fn posted(&self, statement: &Statement<'_>, id: &str) -> Result<Taken, Fault> {
        let posting = posting(statement, id)?;
        // Seconds until the year 2136.
        let seconds = u32::try_from(((posting.time - EPOCH) / 1000).max(0)).unwrap_or(u32::MAX);
        Ok(self.forum_event(id, seconds.min(DELETED - 1), posting))
    }

    /// A comment that is gone. Where the posting is not known, neither is when it was written: the
    /// comment then stands at the instant at which it is gone, and so in no report. Who deletes it
    /// need not be who wrote it.
    fn deleted(&self, statement: &Statement<'_>, id: &str) -> Result<Taken, Fault> {
        let around = Surroundings::of(statement)?;
        let first = self.deletions.get(id);
        if first.is_some_and(|(time, by)| (*time, by) != (statement.time, &statement.id)) {
            return Ok(Taken::Nothing(
                "deletion of a comment that was deleted before",
            ));
        }
        let (mut posting, version) = match self.postings.get(id) {
            Some(known) => (known.clone(), DELETED_AND_KNOWN),
            None => {
                let unknown = Posting {
                    time: statement.time,
                    subject: around.subject(id).to_owned(),
                    comment: Comment {
                        person: None,
                        team: None,
                        parent: None,
                        words: None,
                        deleted_at: None,
                    },
                };
                (unknown, DELETED)
            }
        };
        posting.comment.deleted_at = Some(statement.time.max(posting.time));
        Ok(self.forum_event(id, version, posting))
    }

    fn forum_event(&self, id: &str, version: u32, posting: Posting) -> Taken {
        Taken::Events(vec![Event {
            source: Arc::clone(&self.source),
            id: id.to_owned(),
            subject: posting.subject,
            time: posting.time,
            version,
            body: Body::Comment(posting.comment),
        }])
    }

    /// One event for each person.
    fn each(
        &self,
        statement: &Statement<'_>,
        subject: &str,
        body: impl Fn(Option<Identity>) -> Body,
    ) -> Result<Taken, Fault> {
        if let Actor::Group(members) = &statement.actor {
            let text = subject.len() + text_of(&body(None));
            if members.len().saturating_mul(text) > MOST_TEXT {
                let reason = format!(
                    "{} members, with {text} bytes of text for each; valid are at most {MOST_TEXT} \
                     bytes in all",
                    members.len()
                );
                return Err(fault("actor.member", reason));
            }
        }
        let event = |id: String, person: Option<Identity>| Event {
            source: Arc::clone(&self.source),
            id,
            subject: subject.to_owned(),
            time: statement.time,
            version: 0,
            body: body(person),
        };
        Ok(Taken::Events(match &statement.actor {
            Actor::Agent(person) => vec![event(statement.id.clone(), Some(person.clone()))],
            Actor::Group(members) if members.is_empty() => vec![event(statement.id.clone(), None)],
            Actor::Group(members) => (1..)
                .zip(members)
                .map(|(number, person)| {
                    event(format!("{}#{number}", statement.id), Some(person.clone()))
                })
                .collect(),
        }))
    }
}

/// Bytes of text in what a statement gives for each member of a group.
fn text_of(body: &Body) -> usize {
    match body {
        Body::Read(read) => read.session.as_ref().map_or(0, String::len),
        Body::Attendance(attendance) => attendance.meeting.len(),
        Body::Comment(comment) => comment.parent.as_ref().map_or(0, String::len),
        _ => 0,
    }
}

/// What a verb does to a comment of a forum, if the object is one.
fn forum(verb: &str, object: &Map<String, Value>) -> Option<Forum> {
    let action = match verb {
        "posted" => Forum::Posted,
        "edited" => Forum::Edited,
        "deleted" => Forum::Deleted,
        _ => return None,
    };
    is_discussion(object).then_some(action)
}

fn is_discussion(activity: &Map<String, Value>) -> bool {
    let kind = present(activity, "definition").and_then(|definition| definition.get("type"));
    kind.and_then(Value::as_str)
        .is_some_and(|kind| kind.ends_with("/discussion"))
}

fn posting(statement: &Statement<'_>, id: &str) -> Result<Posting, Fault> {
    let around = Surroundings::of(statement)?;
    Ok(Posting {
        time: statement.time,
        subject: around.subject(id).to_owned(),
        comment: Comment {
            person: match &statement.actor {
                Actor::Agent(person) => Some(person.clone()),
                Actor::Group(members) => match &members[..] {
                    [person] => Some(person.clone()),
                    // One comment of several people: whose, nobody can say.
                    _ => None,
                },
            },
            team: None,
            parent: around.answered().map(str::to_owned),
            words: words(statement)?,
            deleted_at: None,
        },
    })
}

/// What a comment of a forum belongs to.
struct Surroundings<'a>([Option<Around<'a>>; 2]);

impl<'a> Surroundings<'a> {
    fn of(statement: &Statement<'a>) -> Result<Self, Fault> {
        let context = statement.part("context")?;
        Ok(Surroundings([
            activity(context, "grouping")?,
            activity(context, "parent")?,
        ]))
    }

    fn subject<'s>(&'s self, id: &'s str) -> &'s str {
        self.0
            .iter()
            .flatten()
            .next()
            .map_or(id, |around| around.id)
    }

    /// The comment that it answers, by the id of its event.
    fn answered(&self) -> Option<&str> {
        let mut around = self.0.iter().flatten();
        around
            .find(|activity| activity.discussion)
            .map(|activity| activity.id)
    }
}

/// An activity of the context.
#[derive(Clone, Copy)]
struct Around<'a> {
    id: &'a str,
    discussion: bool,
}

/// The first of the context's activities of a sort. Before xAPI 1.0 one stood without a list.
fn activity<'a>(context: Part<'a>, sort: &str) -> Result<Option<Around<'a>>, Fault> {
    let Some(activities) = context.object("contextActivities")? else {
        return Ok(None);
    };
    let first = match present(activities, sort) {
        Some(Value::Array(list)) => list.first(),
        other => other,
    };
    let Some(first) = first else {
        return Ok(None);
    };
    let at = format!("context.contextActivities.{sort}");
    let Value::Object(fields) = first else {
        return Err(fault(at, format!("{} is no activity", type_of(first))));
    };
    match present(fields, "id") {
        Some(Value::String(id)) if !id.trim().is_empty() => Ok(Some(Around {
            id,
            discussion: is_discussion(fields),
        })),
        _ => {
            let reason = "missing or no text; an activity's id is an IRI";
            Err(fault(format!("{at}.id"), reason))
        }
    }
}

/// What the context says of the sitting. A registration may last for a whole course: it stands in only
/// where nothing nearer is said.
fn session(context: Part<'_>) -> Result<Option<String>, Fault> {
    let extensions = context.object("extensions")?;
    let said = extensions.into_iter().flatten().find_map(|(key, value)| {
        let named = key.ends_with("session-id") || key.ends_with("sessionid");
        match value {
            Value::String(text) if named && !text.is_empty() => Some(text.clone()),
            Value::Number(number) if named => Some(number.to_string()),
            _ => None,
        }
    });
    match said {
        Some(session) => Ok(Some(session)),
        None => registration(context),
    }
}

fn registration(context: Part<'_>) -> Result<Option<String>, Fault> {
    let Some(text) = context
        .text("registration")?
        .filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    Ok(Some(uuid(text).unwrap_or_else(|| text.to_owned())))
}

fn lasted(statement: &Statement<'_>) -> Result<Option<u64>, Fault> {
    let result = statement.part("result")?;
    let Some(text) = result.text("duration")? else {
        return Ok(None);
    };
    let millis = duration::parse(text).map_err(|reason| {
        let given = described(&Value::String(text.to_owned()));
        fault("result.duration", format!("{given} is {reason}"))
    })?;
    Ok(Some(millis))
}

/// The length of the response; the response itself goes no further.
fn words(statement: &Statement<'_>) -> Result<Option<u32>, Fault> {
    let response = statement.part("result")?.text("response")?;
    Ok(response.map(|text| u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX)))
}
