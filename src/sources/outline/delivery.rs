//! Webhook deliveries of Outline: who sent one, and what it says.

use serde::Deserialize;
use serde_json::Value;

use crate::model::Millis;
use crate::sources::forge::{Secrets, instant, json, recent, second, value, wrong};
use crate::sources::wiki::Said;
use crate::sources::{Delivery, Problem, Push, Sink, SourceError};

use super::Outline;
use super::answer;

/// A webhook's number of a view stands above what a list says of it: it knows the time.
const OF_DELIVERY: u32 = u32::MAX;

/// Checks who sent a delivery: the signature is over its time and its body.
fn prove(secrets: &Secrets, delivery: &Delivery<'_>) -> Result<(), SourceError> {
    let header = delivery.header("outline-signature");
    let header = header.ok_or(SourceError::Unsigned("Outline-Signature"))?;
    let part = |name: &str| {
        let mut parts = header.split(',').map(str::trim);
        parts.find_map(|part| part.strip_prefix(name))
    };
    let (Some(time), Some(digits)) = (part("t="), part("s=")) else {
        return Err(SourceError::Signature);
    };
    secrets.hex(Some(digits), &[time.as_bytes(), b".", delivery.body])?;
    let seconds = time.parse::<Millis>().map(|at| (at / 1000).to_string());
    let seconds = seconds.map_err(|_| SourceError::Signature)?;
    recent(&seconds, delivery.now)
}

/// What is read of a delivery without the rest.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a str>,
}

impl Push for Outline {
    fn receive(&self, delivery: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        if !self.secrets.is_empty() {
            prove(&self.secrets, delivery)?;
        }
        let value = value(&json(delivery)?)?;
        let Some(event) = value["event"].as_str() else {
            return Err(wrong(
                "is no delivery of Outline: its field `event` is missing",
            ));
        };
        let model = &value["payload"]["model"];
        let at = instant(&value["createdAt"]).unwrap_or(delivery.now);
        self.take(event, model, at, sink);
        Ok(())
    }

    fn is_signed(&self) -> bool {
        !self.secrets.is_empty()
    }

    fn delivery_id<'h>(&self, delivery: &Delivery<'h>) -> Option<&'h str> {
        let envelope: Envelope<'h> = serde_json::from_slice(delivery.body).ok()?;
        envelope.id
    }

    fn knows_writeups(&self) -> bool {
        true
    }
}

impl Outline {
    fn take(&self, event: &str, model: &Value, at: Millis, sink: &mut dyn Sink) {
        if model.is_null() {
            return sink.left_out("event about something that is gone already");
        }
        let is_read = match event {
            "views.create" if !self.views => return sink.left_out("views = false"),
            "views.create" => self.viewed(model, at, sink),
            "comments.create" | "comments.update" | "comments.delete" if !self.house.comments => {
                return sink.left_out("comments = false");
            }
            "comments.create" | "comments.update" => self.commented(model, None, sink),
            "comments.delete" => self.commented(model, Some(at), sink),
            "revisions.create" => self.revised(model, sink),
            "documents.publish"
            | "documents.update"
            | "documents.title_change"
            | "documents.move"
            | "documents.unarchive"
            | "documents.restore"
            | "documents.archive"
            | "documents.delete"
            | "documents.permanent_delete" => self.changed(event, model, at, sink),
            _ => return sink.left_out("event that says nothing of reads, comments or edits"),
        };
        if is_read.is_none() {
            sink.problem(Problem {
                place: "delivery".to_owned(),
                field: "payload.model".to_owned(),
                reason: format!(
                    "{event}: has no id, no document or no RFC 3339 time; it should be as Outline makes it"
                ),
            });
        }
    }

    /// The name under which a document is a write-up.
    fn known(&self, document: &str) -> Option<String> {
        let id = self.house.maker.id(document);
        let is = |name: &str| {
            let mut writeups = self.house.setting.writeups.iter();
            writeups.any(|one| one.id == name || one.aliases.iter().any(|alias| alias == name))
        };
        if is(&id) {
            return Some(id);
        }
        is(document).then(|| document.to_owned())
    }

    fn viewed(&self, model: &Value, at: Millis, sink: &mut dyn Sink) -> Option<()> {
        let view = answer::view(model)?;
        let Some(subject) = self.known(view.document) else {
            sink.left_out("view of a document that is no write-up");
            return Some(());
        };
        let id = format!("view:{}:{}", view.id, view.count);
        let mut read = self
            .house
            .maker
            .read(id, view.document, view.person, (at, OF_DELIVERY));
        read.subject = subject;
        sink.event(read);
        Some(())
    }

    fn commented(&self, model: &Value, deleted: Option<Millis>, sink: &mut dyn Sink) -> Option<()> {
        let comment = answer::comment(model)?;
        let Some(subject) = self.known(comment.document) else {
            sink.left_out("comment on a document that is no write-up");
            return Some(());
        };
        let mut said = self.house.maker.comment(Said {
            id: comment.id,
            page: comment.document,
            person: comment.author,
            parent: comment.parent,
            words: comment.words,
            created: comment.created,
            updated: comment.updated,
            deleted,
        });
        said.subject = subject;
        sink.event(said);
        Some(())
    }

    fn revised(&self, model: &Value, sink: &mut dyn Sink) -> Option<()> {
        let revision = answer::revision(model)?;
        let Some(subject) = self.known(revision.document) else {
            sink.left_out("edit of a document that is no write-up");
            return Some(());
        };
        let id = format!("revision:{}", revision.id);
        let (page, at) = (revision.document, revision.created);
        let mut edit = self.house.maker.edit(id, page, revision.author, at, false);
        edit.subject = subject;
        sink.event(edit);
        Some(())
    }

    /// A document that came, went or is called another way.
    fn changed(&self, event: &str, model: &Value, at: Millis, sink: &mut dyn Sink) -> Option<()> {
        let document = answer::document(model)?;
        let is_own =
            |ids: &[String], id: Option<&str>| id.is_some_and(|id| ids.iter().any(|own| own == id));
        let is_asked_for = is_own(&self.collections, document.collection)
            || is_own(&self.parents, document.parent);
        let known = self.known(document.id);
        if known.is_none() && !is_asked_for {
            sink.left_out("document that is no write-up");
            return Some(());
        }
        let when = (at, second(at));
        match event {
            "documents.archive" | "documents.delete" | "documents.permanent_delete" => {
                let gone = document.gone.unwrap_or(at);
                // Only what was told of can go.
                match known {
                    Some(_) => sink.event(self.house.maker.gone(document.id, Some(gone), when)),
                    None => sink.left_out("document that is no write-up"),
                }
            }
            "documents.unarchive" | "documents.restore" => {
                sink.event(self.house.maker.gone(document.id, None, when));
            }
            _ if !is_asked_for => sink.left_out("document that was moved elsewhere"),
            _ if document.published.is_none() => sink.left_out("draft"),
            _ => sink.event(
                self.house
                    .maker
                    .told(&document.page(self.origin().as_deref()), at),
            ),
        }
        Some(())
    }
}
