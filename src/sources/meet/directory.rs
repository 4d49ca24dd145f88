//! Who an account is that Meet knows by a number alone: the directory of Google Workspace has the address. Each
//! is asked for once in a pull; nothing of it is kept.

use std::collections::HashMap;

use super::Meet;
use crate::model::Millis;
use crate::sources::forge::{Client, Reply, Stop};

/// What is said where the directory is not for us.
pub(super) const BLIND: &str = "the Directory API is not for this account, so people are known by their numbers alone: give \
                     the scope admin.directory.user.readonly, or set directory = false";

/// The directory, for one pull.
pub(super) struct Directory<'a> {
    meet: &'a Meet,
    now: Millis,
    client: Option<Client>,
    known: HashMap<String, Option<String>>,
    /// Why it is not asked any more.
    blind: Option<String>,
}

impl<'a> Directory<'a> {
    pub(super) fn new(meet: &'a Meet, now: Millis) -> Directory<'a> {
        Directory {
            meet,
            now,
            client: None,
            known: HashMap::new(),
            blind: None,
        }
    }

    /// Whether it should be asked.
    pub(super) fn is_asked(&self) -> bool {
        self.meet.looks_up
    }

    /// Why it could not be asked.
    pub(super) fn blind(&self) -> Option<&str> {
        self.blind.as_deref()
    }

    /// The address of an account; nothing where it is not told.
    pub(super) fn address(&mut self, id: &str) -> Result<Option<String>, Stop> {
        if let Some(known) = self.known.get(id) {
            return Ok(known.clone());
        }
        if self.blind.is_some() || !self.is_asked() {
            return Ok(None);
        }
        let found = match self.ask(id) {
            Ok(Reply::Page(page)) => {
                let address = page.value["primaryEmail"].as_str();
                address
                    .filter(|address| address.contains('@'))
                    .map(str::to_owned)
            }
            // Whoever is of another organisation.
            Ok(Reply::Gone | Reply::Same) => None,
            Ok(Reply::Forbidden) => {
                self.blind = Some(BLIND.to_owned());
                return Ok(None);
            }
            // Who is known by a number today should not be somebody else tomorrow.
            Err(stop) if stop.is_passing() => return Err(stop),
            Err(Stop::Refused(error, _) | Stop::Failed(error)) => {
                self.blind = Some(format!("{BLIND} ({error})"));
                return Ok(None);
            }
            Err(stop) => return Err(stop),
        };
        self.known.insert(id.to_owned(), found.clone());
        Ok(found)
    }

    fn ask(&mut self, id: &str) -> Result<Reply, Stop> {
        let client = match self.client.take() {
            Some(client) => client,
            None => self.meet.directory(self.now)?,
        };
        let client = self.client.insert(client);
        let address = client.address(&format!(
            "/users/{id}?viewType=domain_public&fields=primaryEmail"
        ));
        client.get(&address, None)
    }
}
