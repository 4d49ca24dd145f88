//! What forges have in common: deliveries signed with a secret, texts that people wrote at issues, pull
//! requests and commits, pages of wikis. Shared by sources; it is no kind of source.
//!
//! A kind says in its [`Dialect`] who signed a delivery and what its values mean. `signature` checks
//! secrets, `input` finds the JSON, `texts` makes events of what somebody wrote; `poll` asks the API by
//! its `client` for what no delivery brought, from its `checkpoint` on, `steps` over what cannot be read,
//! `again` looks for what went, and `cover` tells what time was seen.
//! Nothing anybody wrote is kept.

mod again;
mod checkpoint;
mod client;
mod cover;
mod exchange;
mod graph;
mod input;
mod params;
mod poll;
mod pulled;
mod run;
mod signature;
mod spot;
mod steps;
mod taken;
mod texts;
mod time;

use std::io::BufRead;
use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::Value;

use crate::model::{Millis, Place};

use super::links::Finder;
use super::{Delivery, File, Problem, Push, Setting, Sink, SourceError, decode};

pub(super) use checkpoint::{OVERLAP, Task, unread};
pub(super) use client::{Blame, Client, Reply, Stop, authorization};
pub(super) use exchange::exchanged;
pub(super) use input::{json, value, values, wrong};
pub(super) use params::{Params, address, shown, token};
pub(super) use poll::{Covered, Graph, List, NODE, Objects, Order, Part, Polled, look, pull};
pub(super) use pulled::{
    concluded, is_too_early, is_whole, refusal, remembered, waits_until, written,
};
pub(super) use signature::{Secret, Secrets, hex, recent, sha256};
pub(super) use texts::{Action, Author, Bots, Hand, Page, Reader, Text, is_bot, second};
pub(super) use time::{instant, of_millis, wait};

/// How one kind of forge speaks.
pub(super) trait Dialect: Send + Sync + 'static {
    /// Whether the signature of a form is over the JSON in it, not over the form.
    const SIGNS_JSON: bool = false;

    /// Checks who sent a delivery. `signed` is what the signature is over.
    fn prove(secrets: &Secrets, delivery: &Delivery<'_>, signed: &[u8]) -> Result<(), SourceError>;

    /// Why a delivery is another forge's, if it is.
    fn foreign(_delivery: &Delivery<'_>) -> Option<&'static str> {
        None
    }

    /// What the headers call the event.
    fn event<'h>(delivery: &Delivery<'h>) -> Option<&'h str>;

    /// What the sender calls the delivery.
    fn delivery_id<'h>(delivery: &Delivery<'h>) -> Option<&'h str>;

    /// What a delivery or an object of a reply holds.
    fn look<'v>(value: &'v Value, at: &At<'_>) -> Vec<Seen<'v>>;
}

/// Where a value was met.
#[derive(Clone, Copy, Default)]
pub(super) struct At<'a> {
    /// What the headers of its delivery call it.
    pub(super) event: Option<&'a str>,
    /// When its delivery came; a saved one does not say.
    pub(super) now: Option<Millis>,
    /// The address of the page that it belongs to, for objects of replies that don't say.
    pub(super) page: Option<&'a str>,
    /// The address of the repository, likewise.
    pub(super) home: Option<&'a str>,
}

/// What a value holds.
pub(super) enum Seen<'a> {
    /// A text that somebody wrote.
    Text(Box<Text<'a>>),
    /// A page of a wiki that was edited.
    Page(Page),
    /// A text without words, which only says something where it had some before, and why.
    Emptied(Box<Text<'a>>, &'static str),
    /// Nothing to take, and why.
    Nothing(&'static str),
    /// A field that is missing or wrong, and what would be valid.
    Fault(&'static str, &'static str),
}

/// Builds what reads files of a kind.
pub(super) fn file<D: Dialect>(
    params: toml::Table,
    setting: &Setting,
) -> Result<Box<dyn File>, SourceError> {
    Ok(Box::new(Forge::<D>::new(&decode(params)?, setting)?))
}

/// Builds what takes deliveries of a kind.
pub(super) fn push<D: Dialect>(
    params: toml::Table,
    setting: &Setting,
) -> Result<Box<dyn Push>, SourceError> {
    Ok(Box::new(Forge::<D>::new(&decode(params)?, setting)?))
}

/// Takes deliveries and reads files of one forge.
pub(super) struct Forge<D> {
    secrets: Secrets,
    pub(super) reader: Reader,
    dialect: PhantomData<D>,
}

impl<D: Dialect> Forge<D> {
    /// From the parameters of a source.
    pub(super) fn new(params: &Params, setting: &Setting) -> Result<Forge<D>, SourceError> {
        Ok(Forge {
            secrets: params.secrets()?,
            reader: reader(setting, Place::Ticket),
            dialect: PhantomData,
        })
    }

    fn take(&self, value: &Value, at: &At<'_>, place: &str, bots: &mut Bots, sink: &mut dyn Sink) {
        for seen in D::look(value, at) {
            match seen {
                Seen::Text(text) => {
                    self.reader.read(&text, at.now, None, bots, sink);
                }
                Seen::Page(page) => self.reader.page(&page, at.now, bots, sink),
                Seen::Emptied(_, reason) | Seen::Nothing(reason) => sink.left_out(reason),
                Seen::Fault(field, reason) => sink.problem(Problem {
                    place: place.to_owned(),
                    field: field.to_owned(),
                    reason: reason.to_owned(),
                }),
            }
        }
    }
}

/// What makes events of texts, for a source.
pub(super) fn reader(setting: &Setting, place: Place) -> Reader {
    let ids = setting.writeups.iter().map(|writeup| writeup.id.clone());
    Reader {
        source: Arc::from(setting.source.as_str()),
        finder: Finder::new(&setting.writeups),
        ids: ids.collect(),
        place,
    }
}

impl<D: Dialect> Push for Forge<D> {
    fn receive(&self, delivery: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let prove = |signed: &[u8]| match self.secrets.is_empty() {
            true => Ok(()),
            false => D::prove(&self.secrets, delivery, signed),
        };
        if !D::SIGNS_JSON {
            prove(delivery.body)?;
        }
        let json = match json(delivery) {
            Ok(json) => json,
            // Who did not sign is told nothing else.
            Err(error) => {
                if D::SIGNS_JSON {
                    prove(delivery.body)?;
                }
                return Err(error);
            }
        };
        if D::SIGNS_JSON {
            prove(&json)?;
        }
        if let Some(reason) = D::foreign(delivery) {
            return Err(wrong(reason));
        }
        let value = value(&json)?;
        let at = At {
            event: D::event(delivery),
            now: Some(delivery.now),
            ..At::default()
        };
        let mut bots = Bots::default();
        self.take(&value, &at, "delivery", &mut bots, sink);
        bots.tell("delivery", sink);
        Ok(())
    }

    fn is_signed(&self) -> bool {
        !self.secrets.is_empty()
    }

    fn delivery_id<'h>(&self, delivery: &Delivery<'h>) -> Option<&'h str> {
        D::delivery_id(delivery)
    }

    fn knows_writeups(&self) -> bool {
        true
    }
}

impl<D: Dialect> File for Forge<D> {
    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let mut bots = Bots::default();
        let at = At::default();
        values(name, input, sink, &mut |value, place, sink| {
            self.take(value, &at, place, &mut bots, sink);
        })?;
        bots.tell(name, sink);
        Ok(())
    }
}
