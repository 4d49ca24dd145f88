//! Files that were dropped and wait for somebody to look at what they would come to. They name people: they
//! are in memory alone, for a short while, and only whoever dropped one gets at it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::forms::Form;
use crate::model::Millis;

/// So long a file waits, ms.
const PATIENCE: Millis = 30 * 60 * 1000;
/// So many wait at once, and so many bytes of them; the oldest goes for a new one.
const MOST: usize = 16;
const MOST_BYTES: usize = 48 << 20;

/// Files that wait.
#[derive(Default)]
pub(super) struct Tray(Mutex<BTreeMap<String, Dropped>>);

/// A file that waits. No `Debug`: it holds names.
#[derive(Clone)]
pub(super) struct Dropped {
    /// What is in it, unpacked.
    pub(super) bytes: Arc<Vec<u8>>,
    /// What its sender calls it.
    pub(super) name: String,
    /// When it was dropped.
    pub(super) at: Millis,
    /// What the forms of whoever dropped it bring along.
    pub(super) owner: String,
    /// What was said of it last.
    pub(super) said: Arc<Form>,
    /// Why it was not brought in, where somebody tried.
    pub(super) doubt: &'static str,
}

impl Tray {
    /// Keeps a file for a while; returns what it is asked for by.
    ///
    /// # Errors
    /// No randomness.
    pub(super) fn keep(&self, file: Dropped) -> Result<String, getrandom::Error> {
        let mut ticket = [0; 16];
        getrandom::fill(&mut ticket)?;
        let ticket = format!("{:032x}", u128::from_be_bytes(ticket));
        let mut files = self.files();
        forget(&mut files, file.at);
        let bytes = |files: &BTreeMap<String, Dropped>| -> usize {
            files.values().map(|file| file.bytes.len()).sum()
        };
        while files.len() >= MOST
            || (bytes(&files) + file.bytes.len() > MOST_BYTES && !files.is_empty())
        {
            let oldest = files.iter().min_by_key(|(_, file)| file.at);
            let Some(oldest) = oldest.map(|(ticket, _)| ticket.clone()) else {
                break;
            };
            files.remove(&oldest);
        }
        files.insert(ticket.clone(), file);
        Ok(ticket)
    }

    /// A file that waits for this one.
    pub(super) fn of(&self, ticket: &str, owner: &str, now: Millis) -> Option<Dropped> {
        let mut files = self.files();
        forget(&mut files, now);
        let file = files.get(ticket)?;
        (file.owner == owner).then(|| file.clone())
    }

    /// Keeps what was said of a file that waits for this one; whether it does.
    pub(super) fn say(&self, (ticket, owner): (&str, &str), said: Form, now: Millis) -> bool {
        let mut files = self.files();
        forget(&mut files, now);
        let Some(file) = files.get_mut(ticket).filter(|file| file.owner == owner) else {
            return false;
        };
        file.said = Arc::new(said);
        file.doubt = "";
        true
    }

    /// A file that waits for this one; it waits no longer.
    pub(super) fn take(&self, ticket: &str, owner: &str, now: Millis) -> Option<Dropped> {
        let mut files = self.files();
        forget(&mut files, now);
        files.get(ticket).filter(|file| file.owner == owner)?;
        files.remove(ticket)
    }

    /// A file that was taken waits again.
    pub(super) fn back(&self, ticket: String, file: Dropped) {
        self.files().insert(ticket, file);
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Dropped>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget(files: &mut BTreeMap<String, Dropped>, now: Millis) {
    files.retain(|_, file| now - file.at < PATIENCE);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(owner: &str, at: Millis, bytes: usize) -> Dropped {
        Dropped {
            bytes: Arc::new(vec![0; bytes]),
            name: String::new(),
            at,
            owner: owner.to_owned(),
            said: Arc::new(Form::new(Vec::new())),
            doubt: "",
        }
    }

    #[test]
    fn a_file_waits_for_whoever_dropped_it_and_not_for_long() {
        let tray = Tray::default();
        let ticket = tray.keep(file("ada", 1, 10)).unwrap();
        assert!(tray.of(&ticket, "grace", 2).is_none());
        assert!(tray.of(&ticket, "ada", 2).is_some());
        let form = || Form::new(vec![("kind".to_owned(), "zoom".to_owned())]);
        assert!(!tray.say((&ticket, "grace"), form(), 2));
        assert!(tray.say((&ticket, "ada"), form(), 2));
        let said = tray.of(&ticket, "ada", 2).unwrap().said;
        assert_eq!(said.get("kind"), "zoom");
        assert!(tray.of(&ticket, "ada", 1 + PATIENCE).is_none());
        let first = tray.keep(file("ada", 1, 10)).unwrap();
        for at in 2..2 + MOST as Millis {
            tray.keep(file("ada", at, 10)).unwrap();
        }
        assert!(tray.of(&first, "ada", 9).is_none());
        let large = tray.keep(file("ada", 100, MOST_BYTES)).unwrap();
        assert_eq!(tray.files().len(), 1);
        assert!(tray.take(&large, "grace", 101).is_none());
        let file = tray.take(&large, "ada", 101).unwrap();
        assert!(tray.take(&large, "ada", 101).is_none(), "once");
        tray.back(large.clone(), file);
        assert!(tray.take(&large, "ada", 101).is_some());
        assert!(tray.files().is_empty());
    }
}
