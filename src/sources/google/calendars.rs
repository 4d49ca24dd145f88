//! The calendars that a source names, and what it means when Google does not answer about one. A calendar's id
//! may be somebody's address: messages say where it stands in the list.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use super::form;
use crate::sources::SourceError;
use crate::sources::forge::{self, Blame, Client, Reply, Stop};

/// Where the API is.
pub(in crate::sources) const API: &str = "https://www.googleapis.com/calendar/v3";

/// The role of an account that sees nothing of a calendar but when somebody is busy.
const BUSY: &str = "freeBusyReader";

/// Calendars, in the order of the configuration.
pub(in crate::sources) struct Calendars {
    /// The API's address.
    pub(in crate::sources) api: Url,
    ids: Vec<String>,
}

impl Calendars {
    /// Calendars with these ids.
    ///
    /// # Errors
    /// One of them is empty.
    pub(in crate::sources) fn new(api: Url, ids: &[String]) -> Result<Calendars, SourceError> {
        let ids: Vec<String> = ids.iter().map(|id| id.trim().to_owned()).collect();
        if ids.iter().any(String::is_empty) {
            return Err(SourceError::Params(
                "calendars: \"\" should be an id, such as c_1a2b3c@group.calendar.google.com"
                    .to_owned(),
            ));
        }
        Ok(Calendars { api, ids })
    }

    /// Their ids.
    pub(in crate::sources) fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Asks for events of the calendar in this place, counted from 0. Nothing where that is not there, or what
    /// the question speaks of is known no more.
    pub(in crate::sources) fn events(
        &self,
        client: &mut Client,
        place: usize,
        query: &[(&str, &str)],
    ) -> Result<Option<Value>, Stop> {
        let id = self.ids.get(place).map_or("", String::as_str);
        let id = utf8_percent_encode(id, NON_ALPHANUMERIC);
        let address = client.address(&format!("/calendars/{id}/events?{}", form(query)));
        match client.get(&address, None)? {
            Reply::Page(page) if page.value["accessRole"] == BUSY => Err(self.refused(
                place,
                "tells the account of key_file only when somebody is busy: share it with \"See all event \
                 details\"",
            )),
            Reply::Page(page) => Ok(Some(page.value)),
            // Nobody asked whether it is the same.
            Reply::Same => Ok(Some(Value::Null)),
            Reply::Gone => Ok(None),
            Reply::Forbidden => Err(self.refused(
                place,
                "is not for the account of key_file (status 403): share it with that account, with \"See all \
                 event details\"",
            )),
        }
    }

    /// Asks for one event of each, to see whether they are there.
    pub(in crate::sources) fn look(&self, client: &mut Client) -> Result<(), Stop> {
        let query = [("maxResults", "1"), ("fields", "accessRole")];
        for place in 0..self.ids.len() {
            if self.events(client, place, &query)?.is_none() {
                return Err(self.absent(place));
            }
        }
        Ok(())
    }

    /// It is not there.
    pub(in crate::sources) fn absent(&self, place: usize) -> Stop {
        self.refused(
            place,
            "is not there, or not shared with the account of key_file (status 404): calendars should hold its \
             id, as its settings show it",
        )
    }

    /// It is never answered to its end.
    pub(in crate::sources) fn endless(&self, place: usize) -> Stop {
        self.refused(
            place,
            "forgets its own pages again and again; the next pull asks once more",
        )
    }

    /// What it answers is not believed yet, and why.
    pub(in crate::sources) fn unlikely(&self, place: usize, reason: &str) -> Stop {
        self.refused(place, reason)
    }

    fn refused(&self, place: usize, reason: &str) -> Stop {
        let error = SourceError::Remote {
            name: forge::shown(&self.api),
            reason: format!("number {} of calendars {reason}", place + 1),
            retryable: false,
        };
        // Another one may be.
        Stop::Refused(error, Blame::Question)
    }
}
