//! Texts to events: a comment on a write-up, links to write-ups.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::model::{
    Body, Comment, Event, Identity, Link, Millis, Person, PersonKind, Place, parse_rfc3339,
};
use crate::sources::Sink;
use crate::sources::links::Finder;

use super::payload::{Action, Text};

/// Turns texts into events.
pub(super) struct Reader {
    /// The `source` of the events.
    pub(super) source: Arc<str>,
    /// Finds references to the registered write-ups.
    pub(super) finder: Finder,
    /// Their ids.
    pub(super) ids: Vec<String>,
}

/// The last word on a text: nothing comes after its deletion.
const DELETED: u32 = u32::MAX;

/// The field that is missing or wrong, and what would be valid.
type Fault = (&'static str, &'static str);

impl Reader {
    /// Sends the events of a text. `now` is when a delivery came; a saved one does not say when
    /// something was deleted, so the last change stands in for it.
    pub(super) fn read(
        &self,
        text: &Text<'_>,
        now: Option<Millis>,
        bots: &mut Bots,
        sink: &mut dyn Sink,
    ) -> Result<(), Fault> {
        // An approval by a click says nothing.
        if text.kind == "pull_request_review"
            && text.fields["body"].as_str().is_none_or(str::is_empty)
        {
            sink.left_out("review without a text");
            return Ok(());
        }
        let known = Known::of(text)?;
        let deleted_at = match text.action {
            Action::Deleted => Some(now.unwrap_or(known.updated).max(known.created)),
            _ => None,
        };
        let commented = text.comment && self.comment(text, &known, deleted_at, sink);
        let linked = self.links(text, &known, deleted_at, sink);
        if commented || linked {
            bots.meet(&self.source, &text.fields["user"], sink);
        } else {
            sink.left_out(if text.comment {
                "comment on something that is no write-up"
            } else {
                "text without a link to a write-up"
            });
        }
        Ok(())
    }

    fn comment(
        &self,
        text: &Text<'_>,
        known: &Known<'_>,
        deleted_at: Option<Millis>,
        sink: &mut dyn Sink,
    ) -> bool {
        let Some(subject) = self.commented_on(text, known) else {
            return false;
        };
        let answers = ["in_reply_to_id", "parent_id"]
            .iter()
            .find_map(|field| text.fields[field].as_u64());
        sink.event(Event {
            source: Arc::clone(&self.source),
            id: known.id.clone(),
            subject,
            time: known.created,
            version: if deleted_at.is_some() {
                DELETED
            } else {
                known.version()
            },
            body: Body::Comment(Comment {
                person: known.person.clone(),
                team: None,
                parent: answers.map(|number| format!("{}:{number}", text.kind)),
                words: Some(words(known.body)),
                deleted_at,
            }),
        });
        true
    }

    /// The write-up that a comment is about: the file it stands at, or the page it stands on.
    fn commented_on(&self, text: &Text<'_>, known: &Known<'_>) -> Option<String> {
        let page = known.address.split('#').next()?;
        let at = |address: &str| {
            let found = self.finder.find(address.as_bytes(), None);
            found.first().map(|found| self.ids[found.writeup].clone())
        };
        let file = || {
            let path = text.fields["path"].as_str()?;
            at(&format!("{}/blob/HEAD/{path}", repository(page)?))
        };
        // GitHub shows a pull request under both addresses.
        let other = || Some(page.replacen("/pull/", "/issues/", 1)).filter(|other| other != page);
        file().or_else(|| at(page)).or_else(|| at(&other()?))
    }

    /// A link found where it stands has version 0 and the text's own time. An edit that brings or
    /// removes one has a greater version, so what was saved earlier cannot undo it.
    fn links(
        &self,
        text: &Text<'_>,
        known: &Known<'_>,
        deleted_at: Option<Millis>,
        sink: &mut dyn Sink,
    ) -> bool {
        let now = self.writeups(known.title, known.body);
        let mut found = !now.is_empty();
        let link = |writeup: usize, time, version, removed_at| Event {
            source: Arc::clone(&self.source),
            id: format!("{}:link:{}", known.id, self.ids[writeup]),
            subject: self.ids[writeup].clone(),
            time,
            version,
            body: Body::Link(Link {
                person: known.person.clone(),
                team: None,
                place: Place::Ticket,
                stands_in: Some(known.address.to_owned()),
                removed_at,
                role: None,
                form: None,
                label: None,
            }),
        };
        match text.action {
            Action::Deleted => {
                for writeup in now {
                    sink.event(link(writeup, known.created, DELETED, deleted_at));
                }
            }
            Action::Edited { title, body } if title.is_some() || body.is_some() => {
                let before =
                    self.writeups(title.unwrap_or(known.title), body.unwrap_or(known.body));
                found |= !before.is_empty();
                for writeup in &now {
                    let (time, version) = match before.contains(writeup) {
                        true => (known.created, 0),
                        false => (known.updated, known.version()),
                    };
                    sink.event(link(*writeup, time, version, None));
                }
                for writeup in before.into_iter().filter(|writeup| !now.contains(writeup)) {
                    sink.event(link(
                        writeup,
                        known.created,
                        known.version(),
                        Some(known.updated),
                    ));
                }
            }
            Action::Edited { .. } | Action::Stands => {
                for writeup in now {
                    sink.event(link(writeup, known.created, 0, None));
                }
            }
        }
        found
    }

    fn writeups(&self, title: &str, body: &str) -> Vec<usize> {
        let found = |text: &str| self.finder.find(text.as_bytes(), None);
        let mut writeups: Vec<usize> = [title, body]
            .into_iter()
            .flat_map(found)
            .map(|found| found.writeup)
            .collect();
        writeups.sort_unstable();
        writeups.dedup();
        writeups
    }
}

/// The bots met while reading, each of which is described once.
#[derive(Default)]
pub(super) struct Bots {
    known: BTreeSet<String>,
    texts: u64,
}

impl Bots {
    /// Looks at the author of a text that was taken.
    fn meet(&mut self, source: &Arc<str>, user: &Value, sink: &mut dyn Sink) {
        let login = user["login"].as_str().unwrap_or_default();
        let is_bot = user["type"] == "Bot" || login.ends_with("[bot]");
        let Some(bot) = person(user).filter(|_| is_bot) else {
            return;
        };
        self.texts += 1;
        if !self.known.insert(login.to_owned()) {
            return;
        }
        sink.event(Event {
            source: Arc::clone(source),
            id: login.to_owned(),
            subject: String::new(),
            time: 0,
            version: 0,
            body: Body::Person(Box::new(Person {
                kind: PersonKind::Bot,
                ..Person::new(bot)
            })),
        });
    }

    /// Tells how many texts were theirs.
    pub(super) fn tell(&self, name: &str, sink: &mut dyn Sink) {
        if self.texts > 0 {
            sink.note(format!(
                "{name}: texts written by bots, which are no people: {} by {}",
                self.texts,
                self.known.len()
            ));
        }
    }
}

/// The fields that every text has.
struct Known<'a> {
    id: String,
    address: &'a str,
    /// Empty for a comment.
    title: &'a str,
    body: &'a str,
    person: Option<Identity>,
    created: Millis,
    updated: Millis,
}

impl<'a> Known<'a> {
    fn of(text: &Text<'a>) -> Result<Known<'a>, Fault> {
        let fields = text.fields;
        let number = fields["id"].as_u64().ok_or(("id", "should be a number"))?;
        let time = |field: &str| fields[field].as_str().and_then(parse_rfc3339);
        let created = time("created_at").or_else(|| time("submitted_at"));
        let created = created.ok_or(("created_at", "should be an RFC 3339 instant"))?;
        let address = fields["html_url"]
            .as_str()
            .ok_or(("html_url", "should be an address"))?;
        Ok(Known {
            id: common_id(text.kind, address).unwrap_or_else(|| format!("{}:{number}", text.kind)),
            address,
            title: fields["title"].as_str().unwrap_or_default(),
            // Empty bodies are null.
            body: fields["body"].as_str().unwrap_or_default(),
            person: person(&fields["user"]),
            created,
            updated: time("updated_at").unwrap_or(created).max(created),
        })
    }

    /// Seconds of the last change: they grow with every edit and fit until 2106.
    fn version(&self) -> u32 {
        u32::try_from(self.updated / 1000).unwrap_or(DELETED - 1)
    }
}

/// `github.com/owner/name#7` of an issue or a pull request. A pull request is an issue too, with another
/// id there, but the number within the repository is one. The repository's name counts without case.
fn common_id(kind: &str, address: &str) -> Option<String> {
    if !matches!(kind, "issue" | "pull_request") {
        return None;
    }
    let repository = repository(address)?;
    let (_, place) = repository.split_once("://")?;
    let rest = address[repository.len()..].trim_start_matches('/');
    let (_, number) = rest.split_once('/')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("{}#{number}", place.to_ascii_lowercase()))
}

/// `None` for an account that was deleted, which GitHub shows as null or as `ghost`.
fn person(user: &Value) -> Option<Identity> {
    let login = user["login"]
        .as_str()
        .filter(|login| !login.is_empty() && *login != "ghost")?;
    Some(Identity::of_source("github", "login", login))
}

/// `https://host/owner/name` of any page of a repository.
fn repository(page: &str) -> Option<&str> {
    let end = page
        .match_indices('/')
        .nth(4)
        .map_or(page.len(), |(at, _)| at);
    page.starts_with("http").then(|| &page[..end])
}

fn words(text: &str) -> u32 {
    u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX)
}
