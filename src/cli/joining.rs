//! Which meeting a file on the command line is of: the one that `--meeting` names; without it, of a list, the one
//! that it must be of, by the rule of the page.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::meetings::planned;
use crate::app::House;
use crate::collect::input;
use crate::jobs::ingest::NotRead;
use crate::jobs::meetings::known_as;
use crate::jobs::order::Order;
use crate::jobs::preview::{self, Chosen, Fit, Known, Look, Planned, Reading, Way, said_as};

/// What `--meeting` says of a list that is of no planned meeting.
pub(super) const OWN: &str = "own";

/// What is known of the meetings that files may be of.
pub(super) struct Joining {
    planned: Vec<Planned>,
    chosen: Chosen,
}

/// How a file is to be brought in.
pub(super) struct Joined {
    pub(super) order: Order,
    /// The hash of the meeting that all of it is of; nothing where the file says that itself.
    pub(super) meeting: Option<u64>,
    /// What was found out.
    pub(super) notes: Vec<String>,
}

impl Joining {
    /// What is to be found out; nothing where a file says itself what it is of, or somebody typed that.
    ///
    /// # Errors
    /// No meeting is called so, or what the store says.
    pub(super) async fn of(
        house: &House,
        order: &Order,
        meeting: Option<&str>,
    ) -> anyhow::Result<Option<Joining>> {
        let is_open = preview::is_list(order.kind.name) && !order.params.contains_key("meeting");
        if meeting == Some(OWN) || (meeting.is_none() && !is_open) {
            return Ok(None);
        }
        let planned = planned(house).await?;
        let chosen = match meeting {
            None => Chosen::FindOut,
            Some(id) => match planned.iter().find(|one| one.id == id) {
                Some(one) => Chosen::This(one.clone()),
                None => bail!(
                    "no meeting is called {id:?}; `readback meetings list` shows those there are, and {OWN:?} stands \
                     for a meeting of its own"
                ),
            },
        };
        Ok(Some(Joining { planned, chosen }))
    }

    /// Reads a file as what it is of.
    ///
    /// # Errors
    /// [`NotRead`], or what the store says.
    pub(super) async fn read(
        &self,
        house: &House,
        order: &Order,
        path: &Path,
    ) -> anyhow::Result<Reading> {
        let look = look(house, order, path)?;
        let known = Known {
            planned: &self.planned,
            assumes: false,
        };
        preview::joined(
            (&house.store, &house.keys),
            look,
            known,
            self.chosen.clone(),
        )
        .await
    }

    /// How a file is to be brought in.
    ///
    /// # Errors
    /// [`NotRead`], also where it may be of several meetings; or what the store says.
    pub(super) async fn joined(
        &self,
        house: &House,
        order: &Order,
        path: &Path,
    ) -> anyhow::Result<Joined> {
        if path.as_os_str() == "-" {
            return Ok(self.unseen(order));
        }
        let reading = self.read(house, order, path).await?;
        if let Some(words) = several(&reading.fit) {
            return Err(NotRead(words).into());
        }
        let notes = self.told(&reading, house);
        Ok(Joined {
            order: reading.order,
            meeting: reading.meeting.map(|one| one.hash),
            notes,
        })
    }

    /// Standard input is read once, so nothing is found out of it.
    fn unseen(&self, order: &Order) -> Joined {
        let mut order = order.clone();
        let Chosen::This(one) = &self.chosen else {
            let words = format!(
                "which meeting standard input is of is not looked for: it is one of its own, unless --meeting names it \
                 ({OWN:?} says so, too)"
            );
            return Joined {
                order,
                meeting: None,
                notes: vec![words],
            };
        };
        let name = known_as(one.hash);
        order.params.insert("meeting".to_owned(), name.into());
        Joined {
            order,
            meeting: Some(one.hash),
            notes: Vec::new(),
        }
    }

    /// What was found out of a file, in words.
    pub(super) fn told(&self, reading: &Reading, house: &House) -> Vec<String> {
        let calendar = &house.config.organisation.calendar;
        let called = |one: &Planned| {
            let begun = calendar.clock(one.at).format("%Y-%m-%d %H:%M");
            format!("{}, {}, begun on {begun}", one.id, titled(one))
        };
        let fit = match &reading.fit {
            Fit::Joined(one) => Some(format!(
                "it is taken for the meeting {}; `--meeting {OWN}` makes it one of its own",
                called(one)
            )),
            Fit::Named(one) => Some(format!("it names the meeting {}", called(one))),
            Fit::Others => Some(
                "the meetings of that hour are about another write-up, so it is one of its own; --meeting MEETING takes \
                 it for one of them"
                    .to_owned(),
            ),
            Fit::Nothing if !self.planned.is_empty() => Some(
                "no meeting of that hour is known, so it is one of its own; `readback meetings list` shows those there \
                 are, and --meeting MEETING takes it for one of them"
                    .to_owned(),
            ),
            Fit::Nothing | Fit::Said | Fit::Unknown => None,
            Fit::Several(_) => several(&reading.fit),
        };
        let dates = reading.dates.map(|dates| {
            let at = |at| calendar.clock(at).format("%-d %B %Y");
            format!(
                "its dates may be {} or {}; they are read as the first, since a meeting is known at that hour (--param \
                 date_order=… sets another)",
                at(dates.at),
                at(dates.other)
            )
        });
        fit.into_iter().chain(dates).collect()
    }
}

fn titled(one: &Planned) -> &str {
    one.title.as_deref().unwrap_or(crate::pages::UNTITLED)
}

/// That a file may be of several meetings.
fn several(fit: &Fit) -> Option<String> {
    let Fit::Several(all) = fit else { return None };
    let each = all
        .iter()
        .map(|one| format!("{} ({})", one.id, titled(one)));
    let each: Vec<String> = each.collect();
    Some(format!(
        "may be of more than one meeting: {}; say --meeting with one of these, or --meeting {OWN}",
        each.join(", ")
    ))
}

/// A file of meetings, to be looked at.
pub(super) fn look(house: &House, order: &Order, path: &Path) -> anyhow::Result<Look> {
    let name = || path.display().to_string();
    let mut opened = input::open(path, |_| ()).with_context(name)?;
    let mut bytes = Vec::new();
    opened.reader.read_to_end(&mut bytes).with_context(name)?;
    Ok(Look {
        order: order.clone(),
        name: opened.name,
        bytes: std::sync::Arc::new(bytes),
        timezone: house.config.organisation.calendar.timezone,
        now: super::now(),
        meeting: None,
    })
}

/// Why a file was not read, in the words of the command line.
pub(super) fn in_words(error: anyhow::Error, path: &Path) -> anyhow::Error {
    match error.downcast_ref::<NotRead>() {
        Some(NotRead(reason)) => {
            let reason = said_as(Way::CommandLine, reason);
            anyhow::Error::new(NotRead(reason)).context(path.display().to_string())
        }
        None => error,
    }
}
