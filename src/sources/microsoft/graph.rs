//! Asks Microsoft Graph. What it answers is read by the kinds; here it is pages, and what it says where it
//! does not answer.

use serde_json::Value;

use crate::sources::forge::{Client, Reply, Stop};

/// Pages of one list: what never ends is left alone.
const MOST_PAGES: usize = 500;

/// A connection for one pull.
pub(in crate::sources) struct Graph {
    client: Client,
}

/// An answer.
pub(in crate::sources) enum Answer {
    /// What was asked for.
    There(Value),
    /// It is not there, or not any more.
    Gone,
    /// It is not for us.
    Forbidden,
}

impl Graph {
    pub(super) fn new(client: Client) -> Graph {
        Graph { client }
    }

    /// The address of a path of the API.
    pub(in crate::sources) fn address(&self, path: &str) -> String {
        self.client.address(path)
    }

    /// Asks one question.
    pub(in crate::sources) fn get(&mut self, address: &str) -> Result<Answer, Stop> {
        self.client.get(address, None).map(answer)
    }

    /// Makes something at this path, or changes what is there.
    pub(in crate::sources) fn write(
        &mut self,
        path: &str,
        (is_new, body): (bool, &Value),
    ) -> Result<Answer, Stop> {
        let (address, body) = (self.address(path), body.to_string());
        let reply = match is_new {
            true => self.client.post(&address, &body),
            false => self.client.patch(&address, &body),
        };
        reply.map(answer)
    }

    /// Asks for a text; nothing where it is not there, or not for us.
    pub(in crate::sources) fn text(&mut self, path: &str) -> Result<Option<String>, Stop> {
        self.client.text(&self.client.address(path))
    }

    /// Every entry of a list, page by page; nothing where there is no such list.
    pub(in crate::sources) fn list(
        &mut self,
        path: &str,
        needed: &str,
    ) -> Result<Option<Vec<Value>>, Stop> {
        let mut address = self.address(path);
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let mut page = match self.get(&address)? {
                Answer::There(page) => page,
                Answer::Gone => return Ok(None),
                Answer::Forbidden => return Err(self.forbidden(needed)),
            };
            if let Value::Array(entries) = page["value"].take() {
                all.extend(entries);
            }
            match page["@odata.nextLink"].take() {
                Value::String(next) => address = next,
                _ => return Ok(Some(all)),
            }
        }
        Err(self.refused("answers with a list that does not end"))
    }

    /// A question that we may not ask, and what it needs.
    pub(in crate::sources) fn forbidden(&self, needed: &str) -> Stop {
        self.refused(&format!("is forbidden (status 403): {needed}"))
    }

    /// A question that is not answered; others may be.
    pub(in crate::sources) fn refused(&self, reason: &str) -> Stop {
        self.client.refused(reason)
    }
}

fn answer(reply: Reply) -> Answer {
    match reply {
        Reply::Page(page) => Answer::There(page.value),
        Reply::Gone => Answer::Gone,
        Reply::Forbidden => Answer::Forbidden,
        // Nothing was said that it could be the same as.
        Reply::Same => Answer::There(Value::Null),
    }
}
