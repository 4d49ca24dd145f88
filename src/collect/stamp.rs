//! The stamp of an event: its version and a hash of its content in one number, so that of two
//! deliveries under one id the same one wins wherever and whenever they arrive.

use std::fmt;
use std::io::Write as _;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::{Attendance, Body, Comment, Edit, Event, Link, Pseudonym, Read};

/// Makes stamps; its buffer is used again for every event.
#[derive(Default)]
pub(super) struct Stamp {
    content: Vec<u8>,
}

impl Stamp {
    /// Version in the upper half, hash of everything that is stored in the lower: twenty bits of
    /// what is plain, then twelve of what only this folder's key gives (people, sessions, lists).
    /// So which of two contents wins is the same in every data folder, unless they differ in nothing
    /// but names; and nobody can try names against a hash that is stored.
    ///
    /// The way contents are written down is stable within a release of Readback, which is all that a
    /// tie between equal versions asks for. Reads, nearly all of the events, are written field by
    /// field; the others in their debug form, which hides pseudonyms.
    pub(super) fn of(&mut self, event: &Event<Pseudonym>, reference: u64) -> u64 {
        self.content.clear();
        self.text(&event.subject);
        self.content.extend_from_slice(&event.time.to_le_bytes());
        match &event.body {
            Body::Read(read) => self.read(read),
            Body::Attendance(attendance) => {
                self.debug(&Attendance {
                    via: None,
                    stay: None,
                    ..(**attendance).clone()
                });
                let flags = [attendance.via.is_some(), attendance.stay.is_some()];
                self.content.extend(flags.map(u8::from));
            }
            body => self.debug(body),
        }
        let plain = xxh3_64(&self.content) & 0xf_ffff;
        self.content.clear();
        self.content.extend_from_slice(&reference.to_le_bytes());
        match &event.body {
            Body::Read(read) => self.maybe(read.person.as_ref().map(|person| &person.0[..])),
            body => {
                if let Body::Attendance(attendance) = body {
                    self.maybe(attendance.via.as_deref().map(str::as_bytes));
                    // When it was is in the event's own id.
                    for mark in attendance.stay.iter().flat_map(|stay| stay.marks()) {
                        self.content.extend_from_slice(&mark.hash.to_le_bytes());
                    }
                }
                // Writing into a vector can't fail.
                let _ = write!(self.content, "{}", People(body));
            }
        }
        let keyed = xxh3_64(&self.content) & 0xfff;
        (u64::from(event.version) << 32) | (plain << 12) | keyed
    }

    fn debug(&mut self, body: &dyn fmt::Debug) {
        let _ = write!(self.content, "{body:?}");
    }

    fn read(&mut self, read: &Read<Pseudonym>) {
        // Taken apart by name: a new field can't be forgotten here. The session is in `reference`; that somebody is
        // named, and a session, is no secret.
        let Read {
            person,
            team,
            session,
            engaged_ms,
            scroll_milli,
            bot,
            agent,
            arrival,
            assigned,
        } = read;
        self.maybe(engaged_ms.map(u32::to_le_bytes).as_ref().map(|b| &b[..]));
        self.maybe(scroll_milli.map(u16::to_le_bytes).as_ref().map(|b| &b[..]));
        for text in [team, agent, arrival] {
            self.maybe(text.as_deref().map(str::as_bytes));
        }
        let flags = [*bot, *assigned, person.is_some(), session.is_some()];
        self.content.extend(flags.map(u8::from));
    }

    fn text(&mut self, text: &str) {
        self.maybe(Some(text.as_bytes()));
    }

    /// With its length in front (0: nothing there), so that no two contents are written alike.
    fn maybe(&mut self, bytes: Option<&[u8]>) {
        let length = bytes.map_or(0, |bytes| bytes.len() as u64 + 1);
        self.content.extend_from_slice(&length.to_le_bytes());
        self.content.extend_from_slice(bytes.unwrap_or_default());
    }
}

/// The pseudonyms in a body, which its `Debug` hides.
struct People<'a>(&'a Body<Pseudonym>);

impl fmt::Display for People<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut each = |people: &[Pseudonym]| {
            people
                .iter()
                .try_for_each(|person| write!(f, "{person},"))
                .and_then(|()| write!(f, ";"))
        };
        match self.0 {
            Body::Read(Read { person, .. })
            | Body::Comment(Comment { person, .. })
            | Body::Edit(Edit { person, .. })
            | Body::Link(Link { person, .. }) => each(person.as_slice()),
            Body::Attendance(attendance) => each(attendance.person.as_slice()),
            Body::Writeup(writeup) => {
                each(&writeup.contributors)?;
                each(&writeup.responders)?;
                each(&writeup.reviewers)?;
                each(&writeup.facilitators)
            }
            Body::Person(person) => {
                each(&[person.person])?;
                each(&person.aliases)?;
                each(&person.apart)
            }
            Body::ReadCount(_)
            | Body::Coverage(_)
            | Body::Meeting(_)
            | Body::Story(_)
            | Body::Annotation(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(read: Read<Pseudonym>) -> u64 {
        let event = Event {
            source: "wiki".into(),
            id: "1".to_owned(),
            subject: "INC-1".to_owned(),
            time: 1,
            version: 3,
            body: Body::Read(read),
        };
        Stamp::default().of(&event, 7)
    }

    #[test]
    fn every_field_of_a_read_counts() {
        let plain = Read::default;
        let text = || Some("a".to_owned());
        let mut stamps = vec![
            of(plain()),
            of(Read {
                person: Some(Pseudonym([1; 16])),
                ..plain()
            }),
            of(Read {
                team: text(),
                ..plain()
            }),
            of(Read {
                agent: text(),
                ..plain()
            }),
            of(Read {
                arrival: text(),
                ..plain()
            }),
            of(Read {
                engaged_ms: Some(0),
                ..plain()
            }),
            of(Read {
                scroll_milli: Some(0),
                ..plain()
            }),
            of(Read {
                bot: true,
                ..plain()
            }),
            of(Read {
                assigned: true,
                ..plain()
            }),
        ];
        assert!(stamps.iter().all(|stamp| stamp >> 32 == 3));
        let count = stamps.len();
        stamps.sort_unstable();
        stamps.dedup();
        assert_eq!(stamps.len(), count);
    }
}
