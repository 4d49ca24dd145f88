//! The intake: every event crosses the same named steps, each of which keeps it, changes it, or
//! rejects it with a reason that the sender sees. Raw identities end here.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::keys::Keys;
use super::names::{forget_names, forget_subject, misplaced, named_after_somebody};
use super::stamp::Stamp;
use crate::model::target::canonical;
use crate::model::{
    Attendance, Body, Comment, Edit, Event, Identity, Link, Occurrence, Person, Pseudonym, Read,
    Record, Writeup,
};

/// Turns events into records.
pub struct Intake {
    keys: Keys,
    // An import names the same few thousand people millions of times; an HMAC each is not free. They
    // are known by a keyed hash: the names themselves are not kept.
    seen: HashMap<u128, Pseudonym, foldhash::fast::RandomState>,
    /// How many of them are remembered.
    most: usize,
    /// The canonical spelling of subjects that name nobody: an import names the same pages millions of
    /// times.
    spelled: HashMap<Arc<str>, Arc<str>, foldhash::fast::RandomState>,
    /// The source that was looked at last and found good: nearly always that of the next event.
    good: Option<Arc<str>>,
    stamp: Stamp,
}

/// The longest text that an event may carry in one field, bytes. Longer ones are an accident or an
/// attack; ids, URLs and titles are far below.
pub const MAX_TEXT: usize = 8192;

/// Bounds the memory of the pseudonym cache; an organisation has fewer people.
const MAX_SEEN: usize = 1 << 20;

/// How many subjects are remembered, each of at most [`MAX_TEXT`]; then all are forgotten.
const MAX_SPELLED: usize = 1 << 14;

/// Why an event does not enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it and what would be valid. Never an identity.
    pub reason: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}

impl Intake {
    /// An intake with the keys of a data folder.
    pub fn new(keys: Keys) -> Self {
        Intake::remembering(keys, MAX_SEEN)
    }

    /// An intake that remembers the pseudonyms of at most so many names.
    pub fn remembering(keys: Keys, most: usize) -> Self {
        keys.left_out().refresh();
        Intake {
            keys,
            seen: HashMap::default(),
            most,
            spelled: HashMap::default(),
            good: None,
            stamp: Stamp::default(),
        }
    }

    /// The steps, in order: validate, drop what names somebody and is no name of a person,
    /// canonicalise the target, pseudonymise, leave people out, stamp.
    pub fn accept(&mut self, mut event: Event<Identity>) -> Result<Record, Rejection> {
        self.look_at_source(&event.source)?;
        validate(&event, self.spelled.contains_key(event.subject.as_str()))?;
        forget_names(&mut event);
        let key = self.keys.event(&event.source, &event.id);
        if let Body::Person(_) = event.body {
            // The subject and id of a roster entry are the person; they go no further than the key.
            event.subject.clear();
            event.id.clear();
        }
        let (target, canonical) = self.target(&mut event.subject);
        let mut reference = self.take_reference(&mut event);
        let page = page_of(&event.body);
        let mut event = self.pseudonymise(event);
        self.leave_out(&mut event.body, &mut reference)?;
        let version = self.stamp.of(&event, reference);
        event.subject.clear();
        Ok(Record {
            key,
            version,
            target,
            canonical,
            reference,
            page,
            event,
        })
    }

    /// A statement of people who are pseudonyms already, said by hand: nothing in it names anybody, and
    /// its id goes no further than its key.
    pub fn statement(&mut self, event: Event<Pseudonym>) -> Record {
        let key = self.keys.event(&event.source, &event.id);
        let event = Event {
            id: String::new(),
            subject: String::new(),
            ..event
        };
        Record {
            key,
            version: self.stamp.of(&event, 0),
            target: Arc::default(),
            canonical: Arc::default(),
            reference: 0,
            page: String::new(),
            event,
        }
    }

    /// A subject as it is kept, which loses what names somebody, and its canonical spelling.
    fn target(&mut self, subject: &mut String) -> (Arc<str>, Arc<str>) {
        if let Some((written, spelled)) = self.spelled.get_key_value(subject.as_str()) {
            return (Arc::clone(written), Arc::clone(spelled));
        }
        let sent = subject.clone();
        let spelled: Arc<str> = forget_subject(subject).into();
        let written: Arc<str> = subject.as_str().into();
        // What names somebody is not kept.
        if *subject == sent {
            if self.spelled.len() >= MAX_SPELLED {
                self.spelled.clear();
            }
            self.spelled
                .insert(Arc::clone(&written), Arc::clone(&spelled));
        }
        (written, spelled)
    }

    /// Takes the session, meeting or parent out of the event; what stays is its keyed hash.
    fn take_reference(&self, event: &mut Event<Identity>) -> u64 {
        let source = &event.source;
        match &mut event.body {
            Body::Read(read) => read
                .session
                .take()
                .map_or(0, |session| self.keys.hash(source, &session)),
            // One occurrence is one meeting, whichever source speaks of it.
            Body::Attendance(a) => {
                if let Some(stay) = &mut a.stay {
                    stay.opening.hide(|name| self.keys.hash("opening", name));
                    stay.device.hide(|name| self.keys.hash("device", name));
                    stay.account.hide(|name| self.keys.hash("account", name));
                    stay.attendee.hide(|id| self.keys.event(source, id));
                }
                self.keys.hash("meeting", &std::mem::take(&mut a.meeting))
            }
            Body::Comment(comment) => comment
                .parent
                .take()
                .map_or(0, |parent| self.keys.event(source, &parent)),
            Body::Meeting(meeting) => {
                if let Some(venue) = &mut meeting.venue {
                    venue.hash = self.keys.hash("venue", &std::mem::take(&mut venue.name));
                }
                let blank = Occurrence::Named(String::new());
                match std::mem::replace(&mut meeting.meeting, blank) {
                    Occurrence::Named(name) => self.keys.hash("meeting", &name),
                    Occurrence::Known(hash) => hash,
                }
            }
            _ => 0,
        }
    }

    fn pseudonymise(&mut self, event: Event<Identity>) -> Event<Pseudonym> {
        let Event {
            source,
            id,
            subject,
            time,
            version,
            body,
        } = event;
        let body = match body {
            Body::Read(Read {
                person,
                team,
                session,
                engaged_ms,
                scroll_milli,
                bot,
                agent,
                arrival,
                assigned,
            }) => Body::Read(Read {
                person: self.one(person),
                team,
                session,
                engaged_ms,
                scroll_milli,
                bot,
                agent,
                arrival,
                assigned,
            }),
            Body::ReadCount(count) => Body::ReadCount(count),
            Body::Attendance(a) => Body::Attendance(Box::new(Attendance {
                person: self.one(a.person),
                via: a.via.map(|via| self.list_name(via)),
                meeting: a.meeting,
                team: a.team,
                role: a.role,
                partstat: a.partstat,
                role_stated: a.role_stated,
                meeting_ms: a.meeting_ms,
                attended: a.attended,
                present_ms: a.present_ms,
                spoke_ms: a.spoke_ms,
                mandatory: a.mandatory,
                stay: a.stay,
            })),
            Body::Comment(Comment {
                person,
                team,
                parent,
                words,
                deleted_at,
            }) => Body::Comment(Comment {
                person: self.one(person),
                team,
                parent,
                words,
                deleted_at,
            }),
            Body::Edit(Edit {
                person,
                team,
                words_added,
                words_removed,
                sections,
                minor,
            }) => {
                let person = self.one(person);
                Body::Edit(Edit {
                    person,
                    team,
                    words_added,
                    words_removed,
                    sections,
                    minor,
                })
            }
            Body::Link(Link {
                person,
                team,
                place,
                stands_in,
                removed_at,
                role,
                form,
                label,
            }) => {
                let person = self.one(person);
                Body::Link(Link {
                    person,
                    team,
                    place,
                    stands_in,
                    removed_at,
                    role,
                    form,
                    label,
                })
            }
            Body::Writeup(writeup) => Body::Writeup(Box::new(self.writeup(*writeup))),
            Body::Person(person) => Body::Person(Box::new(self.person(*person))),
            Body::Coverage(coverage) => Body::Coverage(coverage),
            Body::Meeting(meeting) => Body::Meeting(meeting),
            Body::Story(story) => Body::Story(story),
            Body::Annotation(annotation) => Body::Annotation(annotation),
        };
        Event {
            source,
            id,
            subject,
            time,
            version,
            body,
        }
    }

    fn person(&mut self, p: Person<Identity>) -> Person<Pseudonym> {
        Person {
            person: self.pseudonym(p.person),
            aliases: self.all(p.aliases),
            team: p.team,
            joined_at: p.joined_at,
            left_at: p.left_at,
            kind: p.kind,
            team_from: p.team_from,
            team_to: p.team_to,
            apart: self.all(p.apart),
            excluded: p.excluded,
        }
    }

    fn writeup(&mut self, w: Writeup<Identity>) -> Writeup<Pseudonym> {
        Writeup {
            contributors: self.all(w.contributors),
            responders: self.all(w.responders),
            reviewers: self.all(w.reviewers),
            facilitators: self.all(w.facilitators),
            id: w.id,
            title: w.title,
            url: w.url,
            aliases: w.aliases,
            published_at: w.published_at,
            deleted_at: w.deleted_at,
            owner_team: w.owner_team,
            contributor_teams: w.contributor_teams,
            words: w.words,
            diagrams: w.diagrams,
            hyperlinks: w.hyperlinks,
            acronyms: w.acronyms,
            acronyms_unexplained: w.acronyms_unexplained,
            template: w.template,
            tags: w.tags,
            restricted: w.restricted,
            opened: w.opened,
            assignments: w.assignments,
            data_sources: w.data_sources,
            quotations: w.quotations,
            marks: w.marks,
            merged_into: w.merged_into,
            dated_aliases: w.dated_aliases,
        }
    }

    fn one(&mut self, identity: Option<Identity>) -> Option<Pseudonym> {
        identity.map(|identity| self.pseudonym(identity))
    }

    fn all(&mut self, identities: Vec<Identity>) -> Vec<Pseudonym> {
        identities
            .into_iter()
            .map(|identity| self.pseudonym(identity))
            .collect()
    }

    fn pseudonym(&mut self, identity: Identity) -> Pseudonym {
        let name = self.keys.recall(&identity);
        if let Some(known) = self.seen.get(&name) {
            return *known;
        }
        let pseudonym = self.keys.pseudonym(&identity);
        if self.seen.len() < self.most {
            self.seen.insert(name, pseudonym);
        }
        pseudonym
    }

    /// Takes those out whom the data folder leaves out, and what else would tell their events from
    /// others: session and team.
    fn leave_out(&self, body: &mut Body<Pseudonym>, reference: &mut u64) -> Result<(), Rejection> {
        let left_out = self.keys.left_out();
        let goes = |person: &Pseudonym| left_out.holds(*person);
        let (person, team) = match body {
            Body::Read(read) => {
                // In counts only, a session without a person is one as well.
                if left_out.everybody() || read.person.as_ref().is_some_and(goes) {
                    *reference = 0;
                }
                (&mut read.person, &mut read.team)
            }
            Body::Attendance(attendance) => (&mut attendance.person, &mut attendance.team),
            Body::Comment(comment) => (&mut comment.person, &mut comment.team),
            Body::Edit(edit) => (&mut edit.person, &mut edit.team),
            Body::Link(link) => (&mut link.person, &mut link.team),
            Body::Writeup(writeup) => {
                for role in [
                    &mut writeup.contributors,
                    &mut writeup.responders,
                    &mut writeup.reviewers,
                    &mut writeup.facilitators,
                ] {
                    role.retain(|person| !goes(person));
                }
                return Ok(());
            }
            Body::Person(entry) => {
                // One name of somebody who is left out is enough: the others are the same person's.
                if goes(&entry.person) || entry.aliases.iter().any(goes) {
                    let reason = match left_out.everybody() {
                        true => {
                            "this data folder keeps counts only (privacy.mode): nobody is registered"
                        }
                        false => "opted out: nothing is kept of this person (`readback opt-out`)",
                    };
                    let field = "person";
                    return Err(Rejection {
                        field,
                        reason: reason.to_owned(),
                    });
                }
                entry.apart.retain(|person| !goes(person));
                return Ok(());
            }
            Body::ReadCount(_)
            | Body::Coverage(_)
            | Body::Meeting(_)
            | Body::Story(_)
            | Body::Annotation(_) => {
                return Ok(());
            }
        };
        if person.as_ref().is_some_and(goes) {
            *person = None;
            *team = None;
        }
        Ok(())
    }

    fn look_at_source(&mut self, source: &Arc<str>) -> Result<(), Rejection> {
        if self.good.as_ref() == Some(source) {
            return Ok(());
        }
        bounded("source", source)?;
        stated("source", source)?;
        named_after_somebody(source).map_or(Ok(()), Err)?;
        self.good = Some(Arc::clone(source));
        Ok(())
    }

    /// A list's address may be a person's; its keyed hash tells lists apart as well.
    fn list_name(&self, via: String) -> String {
        format!("{:016x}", self.keys.hash("list", &via))
    }
}

/// Says what is wrong with an event. `known` where its subject was found good before.
fn validate(event: &Event<Identity>, known: bool) -> Result<(), Rejection> {
    bounded("id", &event.id)?;
    bounded("subject", &event.subject)?;
    stated("id", &event.id)?;
    misplaced(event, known).map_or(Ok(()), Err)
}

fn bounded(field: &'static str, text: &str) -> Result<(), Rejection> {
    match text.len() {
        0..=MAX_TEXT => Ok(()),
        length => {
            let reason = format!("has {length} bytes; valid are at most {MAX_TEXT}");
            Err(Rejection { field, reason })
        }
    }
}

fn stated(field: &'static str, text: &str) -> Result<(), Rejection> {
    match text.trim().is_empty() {
        true => Err(Rejection {
            field,
            reason: "is empty".to_owned(),
        }),
        false => Ok(()),
    }
}

/// What page a link stands in, in the spelling of targets: `repo@commit:path#L12` is the file
/// `repo:path`, an address is its canonical form.
fn page_of(body: &Body<Identity>) -> String {
    let Body::Link(Link {
        stands_in: Some(stands_in),
        ..
    }) = body
    else {
        return String::new();
    };
    // A path can hold the sign, too.
    let without_line = match stands_in.rsplit_once("#L") {
        Some((page, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => page,
        _ => stands_in,
    };
    match without_line
        .split_once('@')
        .and_then(|(repo, rest)| Some((repo, rest.split_once(':')?.1)))
    {
        Some((repo, path)) if !repo.contains("://") => format!("{repo}:{path}"),
        _ => canonical(stands_in).into_owned(),
    }
}

#[cfg(test)]
mod tests;
