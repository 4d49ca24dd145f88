//! The intake: every event crosses the same named steps, each of which keeps it, changes it, or
//! rejects it with a reason that the sender sees. Raw identities end here.

use std::collections::HashMap;
use std::fmt;

use super::keys::Keys;
use super::names::{forget_names, misplaced};
use super::stamp::Stamp;
use crate::model::target::canonical;
use crate::model::{
    Attendance, Body, Comment, Edit, Event, Identity, Link, Person, Pseudonym, Read, Record,
    Writeup,
};

/// Turns events into records.
pub struct Intake {
    keys: Keys,
    // An import names the same few thousand people millions of times; an HMAC each is not free.
    seen: HashMap<Identity, Pseudonym>,
    /// How many of them are remembered.
    most: usize,
    stamp: Stamp,
}

/// The longest text that an event may carry in one field, bytes. Longer ones are an accident or an
/// attack; ids, URLs and titles are far below.
pub const MAX_TEXT: usize = 8192;

/// Bounds the memory of the pseudonym cache; an organisation has fewer people.
const MAX_SEEN: usize = 1 << 20;

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
        Intake {
            keys,
            seen: HashMap::new(),
            most,
            stamp: Stamp::default(),
        }
    }

    /// The steps, in order: validate, drop what names somebody and is no name of a person,
    /// canonicalise the target, pseudonymise, stamp.
    pub fn accept(&mut self, mut event: Event<Identity>) -> Result<Record, Rejection> {
        validate(&event)?;
        forget_names(&mut event);
        let key = self.keys.event(&event.source, &event.id);
        if let Body::Person(_) = event.body {
            // The subject and id of a roster entry are the person; they go no further than the key.
            event.subject.clear();
            event.id.clear();
        }
        let target = canonical(&event.subject).into_owned();
        let reference = self.take_reference(&mut event);
        let page = page_of(&event.body);
        let event = self.pseudonymise(event);
        let version = self.stamp.of(&event, reference);
        Ok(Record {
            key,
            version,
            canonical: target,
            reference,
            page,
            event,
        })
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
            Body::Attendance(a) => self.keys.hash("meeting", &std::mem::take(&mut a.meeting)),
            Body::Comment(comment) => comment
                .parent
                .take()
                .map_or(0, |parent| self.keys.event(source, &parent)),
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
            }) => {
                let person = self.one(person);
                Body::Link(Link {
                    person,
                    team,
                    place,
                    stands_in,
                    removed_at,
                    role,
                })
            }
            Body::Writeup(writeup) => Body::Writeup(Box::new(self.writeup(*writeup))),
            Body::Person(Person {
                person,
                aliases,
                team,
                joined_at,
                left_at,
                kind,
            }) => {
                let person = self.pseudonym(person);
                let aliases = self.all(aliases);
                Body::Person(Person {
                    person,
                    aliases,
                    team,
                    joined_at,
                    left_at,
                    kind,
                })
            }
            Body::Coverage(coverage) => Body::Coverage(coverage),
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

    fn writeup(&mut self, w: Writeup<Identity>) -> Writeup<Pseudonym> {
        Writeup {
            contributors: self.all(w.contributors),
            responders: self.all(w.responders),
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
        if let Some(known) = self.seen.get(&identity) {
            return *known;
        }
        let pseudonym = self.keys.pseudonym(&identity);
        if self.seen.len() < self.most {
            self.seen.insert(identity, pseudonym);
        }
        pseudonym
    }

    /// A list's address may be a person's; its keyed hash tells lists apart as well.
    fn list_name(&self, via: String) -> String {
        format!("{:016x}", self.keys.hash("list", &via))
    }
}

fn validate(event: &Event<Identity>) -> Result<(), Rejection> {
    for (field, text) in [
        ("source", &*event.source),
        ("id", event.id.as_str()),
        ("subject", event.subject.as_str()),
    ] {
        if text.len() > MAX_TEXT {
            let reason = format!("has {} bytes; valid are at most {MAX_TEXT}", text.len());
            return Err(Rejection { field, reason });
        }
    }
    for (field, text) in [("source", &*event.source), ("id", event.id.as_str())] {
        if text.trim().is_empty() {
            return Err(Rejection {
                field,
                reason: "is empty".to_owned(),
            });
        }
    }
    misplaced(event).map_or(Ok(()), Err)
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
    let without_line = stands_in.split('#').next().unwrap_or(stands_in);
    match without_line
        .split_once('@')
        .and_then(|(repo, rest)| Some((repo, rest.split_once(':')?.1)))
    {
        Some((repo, path)) if !repo.contains("://") => format!("{repo}:{path}"),
        _ => canonical(stands_in).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Place;

    fn intake() -> Intake {
        Intake::new(Keys::new([1; 32]))
    }

    fn read(id: &str, person: &str) -> Event {
        Event {
            source: "wiki".into(),
            id: id.to_owned(),
            subject: "https://Wiki.example.org/a?utm_source=mail".to_owned(),
            time: 1,
            version: 0,
            body: Body::Read(Read {
                person: Some(Identity::bare(person)),
                session: Some("s1".to_owned()),
                ..Read::default()
            }),
        }
    }

    #[test]
    fn the_same_event_gets_the_same_stamp_and_another_content_another() {
        let (a, b) = (
            intake().accept(read("1", "ada@example.org")).unwrap(),
            intake().accept(read("1", "ada@example.org")).unwrap(),
        );
        assert_eq!(a, b);
        let other = intake().accept(read("1", "bob@example.org")).unwrap();
        assert_eq!(a.key, other.key);
        assert_ne!(a.version, other.version);
    }

    #[test]
    fn nothing_raw_is_left() {
        let record = intake().accept(read("1", "ada@example.org")).unwrap();
        let shown = format!("{record:?}");
        assert!(!shown.contains("ada"), "{shown}");
        assert_eq!(record.canonical, "https://wiki.example.org/a");
        assert_ne!(record.reference, 0);
    }

    #[test]
    fn a_roster_entry_is_known_by_its_key_alone() {
        let event = |id: &str| Event {
            id: id.to_owned(),
            subject: "mailto:ada@example.org".to_owned(),
            source: "https://hr.example.org".into(),
            body: Body::Person(Person {
                person: Identity::bare("ada@example.org"),
                aliases: Vec::new(),
                team: Some("ada@example.org".to_owned()),
                joined_at: None,
                left_at: None,
                kind: crate::model::PersonKind::Person,
            }),
            ..read(id, "ada@example.org")
        };
        let record = intake().accept(event("ada@example.org")).unwrap();
        let shown = format!("{record:?}");
        assert!(!shown.contains("ada"), "{shown}");
        let other = intake().accept(event("bob@example.org")).unwrap();
        assert_ne!(record.key, other.key);
    }

    #[test]
    fn a_name_in_the_wrong_field_is_not_stored() {
        let mut event = read("1", "x");
        let Body::Read(fields) = &mut event.body else {
            panic!("a read")
        };
        let address = || Some("ada@example.org".to_owned());
        (fields.team, fields.agent, fields.arrival) = (address(), address(), address());
        event.subject = "//ada:secret@wiki.example.org/a?to=https%3A%2F%2Fada%40h%2Fx".to_owned();
        let shown = format!("{:?}", intake().accept(event).unwrap());
        assert!(!shown.contains("ada"), "{shown}");
        assert!(shown.contains("unnamed"), "an agent's read stays one");
    }

    #[test]
    fn a_writeup_is_known_without_who_copied_its_address() {
        let text = |text: &str| text.to_owned();
        let event = Event {
            subject: text("https://ada:pw@wiki.example.org/INC-9"),
            body: Body::Writeup(Box::new(Writeup {
                aliases: vec![text("https://ada@wiki.example.org/9")],
                template: Some(text("made by ada%40example.org")),
                tags: vec![
                    text("dns"),
                    text("ada\u{ff20}example.org"),
                    text("10.20.30.40"),
                ],
                contributor_teams: vec![text("storage"), text("10.20.30.40")],
                ..Writeup::new("https://ada:pw@wiki.example.org/INC-9")
            })),
            ..read("1", "x")
        };
        let record = intake().accept(event).unwrap();
        let shown = format!("{record:?}");
        for hidden in ["ada", "pw", "10.20.30.40"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        let Body::Writeup(writeup) = &record.event.body else {
            panic!("a write-up")
        };
        assert_eq!(writeup.id, "https://wiki.example.org/INC-9");
        assert_eq!(record.canonical, canonical(&writeup.id));
        assert_eq!(
            (&writeup.tags[..], &writeup.template),
            (&[text("dns")][..], &None)
        );
        assert_eq!(writeup.contributor_teams, ["storage"]);
    }

    #[test]
    fn a_person_is_no_source_and_no_writeup() {
        let refused = |source: &str, subject: &str, body: Option<Body<Identity>>| {
            let mut event = read("1", "x");
            event.source = source.into();
            event.subject = subject.to_owned();
            event.body = body.unwrap_or(event.body);
            intake().accept(event).err().map(|rejection| {
                let shown = rejection.to_string();
                assert!(!shown.contains("ada") && !shown.contains("pw"), "{shown}");
                rejection.field
            })
        };
        for address in [
            "ada@example.org",
            "mailto:ada@example.org",
            "ada%40example.org",
        ] {
            assert_eq!(refused(address, "INC-9", None), Some("source"), "{address}");
            assert_eq!(refused("wiki", address, None), Some("subject"), "{address}");
            let writeup = Body::Writeup(Box::new(Writeup::new(address)));
            assert_eq!(refused("wiki", "INC-9", Some(writeup)), Some("data.id"));
            let coverage = Body::Coverage(crate::model::Coverage {
                kind: crate::model::EventKind::Read,
                scope: address.to_owned(),
                from: 0,
                to: None,
            });
            assert_eq!(refused("wiki", "", Some(coverage)), Some("data.scope"));
        }
        for source in [
            "https://ada@feeds.example.org/",
            "https://ada:pw@feeds.example.org/",
            "//ada@feeds.example.org/",
        ] {
            assert_eq!(refused(source, "INC-9", None), Some("source"), "{source}");
        }
        assert_eq!(refused("https://wiki.example.org", "", None), None);
    }

    #[test]
    fn a_line_of_a_repository_stands_in_its_file() {
        let link = |stands_in: &str| {
            page_of(&Body::Link(Link {
                person: None,
                team: None,
                place: Place::Docs,
                stands_in: Some(stands_in.to_owned()),
                removed_at: None,
                role: None,
            }))
        };
        assert_eq!(
            link("rfcs@0123456789ab:text/0001-x.md#L3"),
            "rfcs:text/0001-x.md"
        );
        assert_eq!(
            link("https://wiki.example.org/a/"),
            canonical("https://wiki.example.org/a/")
        );
    }

    #[test]
    fn an_empty_id_is_refused() {
        let rejection = intake().accept(read(" ", "x")).unwrap_err();
        assert_eq!(rejection.to_string(), "id: is empty");
    }
}
