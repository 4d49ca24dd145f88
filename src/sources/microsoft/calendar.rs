//! What is asked of a mailbox: which calendar, what lies in it, what changed, one event, the occurrences of a
//! series.

use serde_json::Value;

use crate::model::{Millis, to_rfc3339};
use crate::sources::forge::{Blame, Stop};

use super::graph::{Answer, Graph};
use super::{Place, escaped};

/// What the application needs.
const NEEDED: &str = "the application permission Calendars.Read with an administrator's consent, and, where \
     the application may read some mailboxes alone (RBAC for Applications, an application access policy), this \
     mailbox among them";

/// A calendar that was found.
pub(in crate::sources) struct Found {
    /// The mailbox's path.
    mailbox: String,
    /// The calendar's path.
    calendar: String,
    shown: String,
}

impl Found {
    /// What notifications are about: its events, below the API's address.
    pub(in crate::sources) fn resource(&self) -> String {
        format!("{}/events", self.calendar.trim_start_matches('/'))
    }
}

/// A part of what changed.
pub(in crate::sources) struct Part {
    pub(in crate::sources) items: Vec<Value>,
    pub(in crate::sources) next: Next,
}

/// What is asked for after a part.
pub(in crate::sources) enum Next {
    /// The next part.
    Part(String),
    /// What changes from now on.
    Changes(String),
}

/// Microsoft Graph, asked about calendars.
pub(in crate::sources) struct Site {
    pub(in crate::sources) graph: Graph,
}

impl Site {
    pub(in crate::sources) fn new(graph: Graph) -> Site {
        Site { graph }
    }

    fn forbidden(&self, shown: &str) -> Stop {
        self.graph.refused(&format!(
            "does not let us read a calendar ({shown}; status 403): it needs {NEEDED}"
        ))
    }

    fn away(&self, shown: &str) -> Stop {
        self.graph.refused(&format!(
            "has no such mailbox ({shown}; status 404): it should be an address or id of a mailbox in Exchange \
             Online; mailboxes on a server of one's own can't be asked, nor can calendars of groups by an \
             application"
        ))
    }

    /// A list whose pages are forgotten before they are asked for.
    pub(in crate::sources) fn lost(&self) -> Stop {
        self.graph
            .refused("does not know the pages of a list that it has just begun")
    }

    /// Looks whether a calendar may be read.
    pub(in crate::sources) fn look(&mut self, place: &Place) -> Result<(), Stop> {
        let found = self.find(place, true)?;
        let query = "$select=id&$top=1";
        let address = match place.calendar {
            Some(_) => return Ok(()),
            None => self
                .graph
                .address(&format!("{}/calendar/events?{query}", found.mailbox)),
        };
        match self.graph.get(&address)? {
            Answer::There(_) => Ok(()),
            Answer::Gone => Err(self.away(&place.shown)),
            Answer::Forbidden => Err(self.forbidden(&place.shown)),
        }
    }

    /// Finds a calendar. `is_told` says whether a message may name what is there.
    pub(in crate::sources) fn find(&mut self, place: &Place, is_told: bool) -> Result<Found, Stop> {
        let mailbox = place.path();
        let Some(wanted) = &place.calendar else {
            return Ok(Found {
                calendar: mailbox.clone(),
                mailbox,
                shown: place.shown.clone(),
            });
        };
        let mut address = self
            .graph
            .address(&format!("{mailbox}/calendars?$select=id,name&$top=100"));
        let mut names = Vec::new();
        loop {
            let page = match self.graph.get(&address)? {
                Answer::There(page) => page,
                Answer::Gone => return Err(self.away(&place.shown)),
                Answer::Forbidden => return Err(self.forbidden(&place.shown)),
            };
            for calendar in page["value"].as_array().into_iter().flatten() {
                let text = |name: &str| calendar[name].as_str().unwrap_or_default();
                if text("name") == wanted || text("id") == wanted {
                    return Ok(Found {
                        calendar: format!("{mailbox}/calendars/{}", escaped(text("id"))),
                        mailbox,
                        shown: place.shown.clone(),
                    });
                }
                names.push(format!("{:?}", text("name")));
            }
            match page["@odata.nextLink"].as_str() {
                Some(next) if names.len() < 1_000 => address = next.to_owned(),
                _ => break,
            }
        }
        // Calendars are called by people's names; a log is not the place for them.
        let there = match is_told {
            true => format!("there are {}", names.join(", ")),
            false => "`readback check` tells which are there".to_owned(),
        };
        let shown = &place.shown;
        Err(self.graph.refused(&format!(
            "has no calendar of this name in the mailbox ({shown}); {there}"
        )))
    }

    /// A part of all that lies in this stretch of time, or of what changed in it. Nothing where the server
    /// knows no more what it was asked for.
    pub(in crate::sources) fn part(
        &mut self,
        found: &Found,
        link: Option<&str>,
        (from, until): (Millis, Millis),
    ) -> Result<Option<Part>, Stop> {
        let query = match link {
            Some(query) => query.to_owned(),
            None => stretch(from, until),
        };
        let address = self
            .graph
            .address(&format!("{}/calendarView/delta?{query}", found.calendar));
        let mut page = match self.graph.get(&address) {
            Ok(Answer::There(page)) => page,
            // 410, or another answer to a question that was answered before: SyncStateNotFound.
            Ok(Answer::Gone) | Err(Stop::Refused(_, Blame::Question)) if link.is_some() => {
                return Ok(None);
            }
            Ok(Answer::Gone) => return Err(self.away(&found.shown)),
            Ok(Answer::Forbidden) => return Err(self.forbidden(&found.shown)),
            Err(stop) => return Err(stop),
        };
        let query = |link: &str| link.split_once('?').map(|(_, query)| query.to_owned());
        let next = page["@odata.nextLink"]
            .as_str()
            .and_then(query)
            .map(Next::Part);
        let changes = || {
            page["@odata.deltaLink"]
                .as_str()
                .and_then(query)
                .map(Next::Changes)
        };
        let Some(next) = next.or_else(changes) else {
            return Err(self
                .graph
                .refused("answers without saying how the changes go on; check graph"));
        };
        let items = match page["value"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        Ok(Some(Part { items, next }))
    }

    /// Every occurrence and single meeting in this stretch of time, whole.
    pub(in crate::sources) fn view(
        &mut self,
        found: &Found,
        (from, until): (Millis, Millis),
    ) -> Result<Vec<Value>, Stop> {
        let query = stretch(from, until);
        let path = format!("{}/calendarView?{query}&$top=100", found.calendar);
        match self.graph.list(&path, NEEDED)? {
            Some(all) => Ok(all),
            None => Err(self.away(&found.shown)),
        }
    }

    /// One event; nothing where it is gone.
    pub(in crate::sources) fn event(
        &mut self,
        found: &Found,
        id: &str,
    ) -> Result<Option<Value>, Stop> {
        let address = self
            .graph
            .address(&format!("{}/events/{}", found.mailbox, escaped(id)));
        match self.graph.get(&address)? {
            Answer::There(event) => Ok(Some(event)),
            Answer::Gone => Ok(None),
            Answer::Forbidden => Err(self.forbidden(&found.shown)),
        }
    }

    /// The occurrences of a series in this stretch of time; nothing where the series is gone.
    pub(in crate::sources) fn occurrences(
        &mut self,
        found: &Found,
        series: &str,
        (from, until): (Millis, Millis),
    ) -> Result<Option<Vec<Value>>, Stop> {
        let path = format!(
            "{}/events/{}/instances?{}&$top=100",
            found.mailbox,
            escaped(series),
            stretch(from, until)
        );
        self.graph.list(&path, NEEDED)
    }
}

fn stretch(from: Millis, until: Millis) -> String {
    format!(
        "startDateTime={}&endDateTime={}",
        escaped(&to_rfc3339(from)),
        escaped(&to_rfc3339(until))
    )
}
