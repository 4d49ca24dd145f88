//! Deliveries: webhooks of Data Center, and events of Cloud that a Forge app passes on. Each says what
//! happened by a name in `event` or `eventType`; ids and versions are those that a pull has.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::model::{Body, Event, Millis, Read};
use crate::sources::forge::{Secrets, hex, instant, json, of_millis, sha256, value};
use crate::sources::{Delivery, Problem, Push, Setting, Sink, SourceError};

use super::answer::{self, Comment, Version, Who};
use super::checkpoint::second;
use super::events::Maker;
use super::params::Checked;
use super::storage;

/// Takes deliveries.
pub(super) struct Receiver {
    secrets: Secrets,
    maker: Maker,
    /// The keys of the spaces that matter; empty: all.
    spaces: Vec<String>,
    /// The ids of the registered write-ups.
    ids: HashSet<String>,
}

/// What a delivery tells, whichever edition it comes from.
struct Told<'v> {
    /// The page or comment.
    content: &'v Value,
    /// Who did it.
    who: Option<Who>,
    /// When it happened, or came.
    at: Millis,
}

/// What happened.
#[derive(Clone, Copy)]
enum Deed {
    Viewed,
    Edited,
    PageGone,
    PageBack,
    Commented,
    CommentGone,
}

impl Receiver {
    /// From the parameters of a source.
    pub(super) fn new(params: Checked, setting: &Setting) -> Receiver {
        let ids = setting.writeups.iter().map(|writeup| writeup.id.clone());
        Receiver {
            secrets: params.secrets,
            maker: Maker {
                source: setting.source.as_str().into(),
                site: params.site.or(params.own),
            },
            spaces: params.spaces,
            ids: ids.collect(),
        }
    }

    fn take(&self, delivery: &Value, now: Millis, sink: &mut dyn Sink) {
        let name = ["eventType", "event", "webhookEvent"]
            .iter()
            .find_map(|field| delivery[*field].as_str());
        let Some(name) = name else {
            return sink.problem(problem(
                "event",
                "is missing; a webhook of Data Center has `event`, an event of a Forge app `eventType`",
            ));
        };
        let Some(deed) = deed(name) else {
            return sink.left_out("event that says nothing of reading, editing or comments");
        };
        let time = &delivery["timestamp"];
        let at = of_millis(time)
            .or_else(|| instant(time))
            .unwrap_or(now)
            .min(now);
        let contents = ["content", "comment", "page", "blog", "blogpost"];
        let is_comment = matches!(deed, Deed::Commented | Deed::CommentGone);
        let content = contents
            .iter()
            .filter(|field| is_comment || **field != "comment")
            .find_map(|field| delivery.get(*field).filter(|content| content.is_object()));
        let Some(content) = content else {
            return sink.problem(problem("content", "is missing; it is the page or comment"));
        };
        let who = answer::account(&delivery["atlassianId"])
            .or_else(|| answer::account(&delivery["userAccountId"]))
            .or_else(|| answer::keyed(&delivery["userKey"]));
        let told = Told { content, who, at };
        let space = space(content).or_else(|| space(&content["parent"]));
        if space
            .is_some_and(|key| !self.spaces.is_empty() && !self.spaces.iter().any(|one| one == key))
        {
            return sink.left_out("event in another space");
        }
        let taken = match deed {
            Deed::Viewed => self.viewed(&told),
            Deed::Edited => self.edited(&told),
            Deed::PageGone | Deed::PageBack => self.deleted(&told, matches!(deed, Deed::PageGone)),
            Deed::Commented => self.commented(&told),
            Deed::CommentGone => self.uncommented(&told),
        };
        match taken {
            Ok(event) => sink.event(event),
            Err(Untaken::LeftOut(reason)) => sink.left_out(reason),
            Err(Untaken::Fault(field)) => sink.problem(problem(field, "is missing, or no number")),
        }
    }

    /// Where the events of a page lead to: a registered write-up by its id, else the address, so that a
    /// write-up that is registered later has them, too.
    fn subject(&self, page: u64) -> String {
        let id = self.maker.id(page);
        match self.ids.contains(&id) {
            true => id,
            false => self.maker.address(page).unwrap_or(id),
        }
    }

    fn viewed(&self, told: &Told<'_>) -> Result<Event, Untaken> {
        let page = answer::number(&told.content["id"]).ok_or(Untaken::Fault("content.id"))?;
        let who = told.who.as_ref().map(|who| &who.identity);
        // One person, one page, one moment: sent twice it is one read.
        let whose = who.map_or("", |who| who.value.as_str());
        let whose = hex(&sha256(whose.as_bytes())[..8]);
        Ok(Event {
            source: Arc::clone(&self.maker.source),
            id: format!("view:{page}:{}:{whose}", told.at),
            subject: self.subject(page),
            time: told.at,
            version: 0,
            body: Body::Read(Read {
                person: who.cloned(),
                ..Read::default()
            }),
        })
    }

    fn edited(&self, told: &Told<'_>) -> Result<Event, Untaken> {
        let page = answer::number(&told.content["id"]).ok_or(Untaken::Fault("content.id"))?;
        let version = &told.content["version"];
        let number = answer::number(&version["number"]).or_else(|| answer::number(version));
        let number = number.and_then(|number| u32::try_from(number).ok());
        let number = number.ok_or(Untaken::Fault("content.version"))?;
        if number < 2 {
            return Err(Untaken::LeftOut("page that was made, which is no edit"));
        }
        let at = instant(&version["when"])
            .or_else(|| of_millis(&told.content["modificationDate"]))
            .unwrap_or(told.at);
        let version = Version {
            number,
            at,
            who: answer::user(&version["by"]).or_else(|| told.who.clone()),
            minor: version["minorEdit"] == true,
            body: None,
        };
        Ok(Event {
            subject: self.subject(page),
            ..self.maker.edit(page, &version, None)
        })
    }

    /// A description registers what it describes: only what is a write-up already is told to be gone.
    fn deleted(&self, told: &Told<'_>, gone: bool) -> Result<Event, Untaken> {
        let page = answer::number(&told.content["id"]).ok_or(Untaken::Fault("content.id"))?;
        match self.ids.contains(&self.maker.id(page)) {
            true => Ok(self.maker.deletion(page, gone.then_some(told.at), told.at)),
            false => Err(Untaken::LeftOut("page that is no write-up")),
        }
    }

    fn commented(&self, told: &Told<'_>) -> Result<Event, Untaken> {
        let content = told.content;
        let id = answer::number(&content["id"]).ok_or(Untaken::Fault("comment.id"))?;
        let page = page_of(content).ok_or(Untaken::Fault("the page of the comment"))?;
        let written = created(content).unwrap_or(told.at);
        let changed = changed(content).unwrap_or(told.at);
        let is_first = changed == written || first(content);
        let author = answer::user(&content["history"]["createdBy"])
            .or_else(|| answer::keyed(&content["creatorKey"]))
            .or_else(|| answer::account(&content["creatorAccountId"]))
            .or_else(|| told.who.clone().filter(|_| is_first));
        if author.is_none() && !is_first {
            return Err(Untaken::LeftOut(
                "edit of a comment that does not say whose it is",
            ));
        }
        let body = answer::body(content);
        let words = body.map(|body| storage::take(body).words.len());
        let words = words.map(|words| u32::try_from(words).unwrap_or(u32::MAX));
        let comment = Comment {
            id,
            parent: answers(content),
            version: Version {
                number: 1,
                at: changed,
                who: None,
                minor: false,
                body: None,
            },
            written: None,
            body: None,
            inline: false,
        };
        let event = self.maker.comment(
            page,
            &comment,
            (written, author.as_ref()),
            words,
            second(changed),
        );
        Ok(Event {
            subject: self.subject(page),
            ..event
        })
    }

    fn uncommented(&self, told: &Told<'_>) -> Result<Event, Untaken> {
        let content = told.content;
        let id = answer::number(&content["id"]).ok_or(Untaken::Fault("comment.id"))?;
        let page = page_of(content).ok_or(Untaken::Fault("the page of the comment"))?;
        let Some(written) = created(content) else {
            return Err(Untaken::LeftOut(
                "deleted comment that does not say when it was written",
            ));
        };
        // It is the last word, also where clocks differ.
        let at = told.at.max(changed(content).unwrap_or(written));
        Ok(Event {
            subject: self.subject(page),
            ..self.maker.uncommented(page, id, written, at)
        })
    }
}

/// Why a delivery gives no event.
enum Untaken {
    /// It says nothing that counts.
    LeftOut(&'static str),
    /// This field is missing.
    Fault(&'static str),
}

/// What an event's name says: `avi:confluence:viewed:page`, `comment_created`, …
fn deed(name: &str) -> Option<Deed> {
    let (what, done) = match name.strip_prefix("avi:confluence:") {
        Some(rest) => {
            let (done, what) = rest.split_once(':')?;
            (what, done)
        }
        None => name.split_once('_')?,
    };
    let is_page = matches!(what, "page" | "blogpost" | "blog");
    Some(match done {
        "viewed" if is_page => Deed::Viewed,
        "created" | "updated" if is_page => Deed::Edited,
        "trashed" | "removed" | "deleted" if is_page => Deed::PageGone,
        "restored" if is_page => Deed::PageBack,
        "created" | "updated" if what == "comment" => Deed::Commented,
        "removed" | "deleted" | "trashed" if what == "comment" => Deed::CommentGone,
        _ => return None,
    })
}

fn space(content: &Value) -> Option<&str> {
    content["space"]["key"]
        .as_str()
        .or_else(|| content["spaceKey"].as_str())
}

/// The page that a comment is on.
fn page_of(comment: &Value) -> Option<u64> {
    let is_page = |value: &&Value| {
        let kind = value["type"]
            .as_str()
            .or_else(|| value["contentType"].as_str());
        kind.is_none_or(|kind| kind != "comment")
    };
    ["container", "parent"]
        .iter()
        .map(|field| &comment[*field])
        .filter(is_page)
        .find_map(|value| answer::number(&value["id"]))
        .or_else(|| answer::number(&comment["pageId"]))
        .or_else(|| answer::number(&comment["blogPostId"]))
}

/// The comment that a comment answers.
fn answers(comment: &Value) -> Option<u64> {
    let above = comment["ancestors"].as_array().and_then(|all| all.last());
    let above = above.filter(|above| above["type"] == "comment");
    let parent = Some(&comment["parent"])
        .filter(|parent| parent["type"] == "comment" || parent["contentType"] == "comment");
    answer::number(&comment["inReplyTo"]["id"])
        .or_else(|| answer::number(&above?["id"]))
        .or_else(|| answer::number(&parent?["id"]))
}

fn created(content: &Value) -> Option<Millis> {
    instant(&content["history"]["createdDate"]).or_else(|| of_millis(&content["creationDate"]))
}

fn changed(content: &Value) -> Option<Millis> {
    instant(&content["version"]["when"]).or_else(|| of_millis(&content["modificationDate"]))
}

/// Whether it is as it was written first.
fn first(content: &Value) -> bool {
    let version = &content["version"];
    let number = answer::number(&version["number"]).or_else(|| answer::number(version));
    number.is_none_or(|number| number == 1)
}

fn problem(field: &str, reason: &str) -> Problem {
    Problem {
        place: "delivery".to_owned(),
        field: field.to_owned(),
        reason: reason.to_owned(),
    }
}

impl Push for Receiver {
    fn receive(&self, delivery: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        if !self.secrets.is_empty() {
            let header = delivery.header("x-hub-signature-256");
            let header = header.or_else(|| delivery.header("x-hub-signature"));
            let header = header.ok_or(SourceError::Unsigned("X-Hub-Signature"))?;
            self.secrets
                .hex(header.strip_prefix("sha256="), &[delivery.body])?;
        }
        let json = json(delivery)?;
        match value(&json)? {
            // An app may pass on several at once.
            Value::Array(all) => {
                for one in &all {
                    self.take(one, delivery.now, sink);
                }
            }
            one => self.take(&one, delivery.now, sink),
        }
        Ok(())
    }

    fn is_signed(&self) -> bool {
        !self.secrets.is_empty()
    }

    fn knows_writeups(&self) -> bool {
        true
    }
}
