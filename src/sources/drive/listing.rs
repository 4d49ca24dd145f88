//! Which documents are write-ups: those in folders, at any depth, in shared drives, and those that a query
//! of Drive's own finds. Shortcuts are what they lead to.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::sources::SourceError;
use crate::sources::forge::{Blame, Reply, Stop};
use crate::sources::google::{form, next};

use super::Drive;
use super::absent;
use super::answer::{self, DOCUMENT, FILE, FOLDER, File, SHORTCUT, What};
use super::api::Asking;

/// Folders that are looked into with one question; its address stays below what servers take.
const FOLDERS_AT_ONCE: usize = 20;

/// Most files that are given at once.
const AT_ONCE: u32 = 1_000;

/// Where a list looks.
pub(super) enum Within<'a> {
    /// In all that the account sees.
    Everything,
    /// In a shared drive.
    Drive(&'a str),
}

impl Asking<'_> {
    /// The documents that are write-ups now.
    pub(super) fn documents(&mut self) -> Result<Vec<File>, Stop> {
        let drive = self.drive;
        let wanted = wanted(drive.query.as_deref());
        let mut found = Vec::new();
        for id in &drive.drives {
            let query = format!("trashed = false and {wanted}");
            let is_there = self.files(&query, None, &Within::Drive(id), &mut |file| {
                found.push(file);
                Ok(())
            })?;
            if !is_there {
                return Err(missing(drive, &format!("the shared drive {id}")));
            }
        }
        if !drive.folders.is_empty() {
            self.below(&wanted, &mut found)?;
        } else if drive.drives.is_empty() {
            let query = format!("trashed = false and {wanted}");
            let is_there = self.files(&query, None, &Within::Everything, &mut |file| {
                found.push(file);
                Ok(())
            })?;
            if !is_there {
                return Err(missing(drive, "the list of files"));
            }
        }
        self.resolved(found)
    }

    /// The files in the folders and in those below them. Folders can be reached by several ways, and by
    /// shortcuts lie in themselves: each is looked into once.
    fn below(&mut self, wanted: &str, found: &mut Vec<File>) -> Result<(), Stop> {
        let drive = self.drive;
        for id in &drive.folders {
            // A folder that is not there has no files, and nothing would say so.
            let path = format!("/files/{id}?fields=id,trashed&supportsAllDrives=true");
            let folder = self.get(&path)?;
            if folder.is_none_or(|folder| folder["trashed"] == true) {
                return Err(missing(drive, &format!("the folder {id}")));
            }
        }
        let mut known: BTreeSet<String> = drive.folders.iter().cloned().collect();
        let mut open: Vec<String> = known.iter().cloned().collect();
        while !open.is_empty() {
            let some: Vec<String> = open.drain(..open.len().min(FOLDERS_AT_ONCE)).collect();
            let parents: Vec<String> = some.iter().map(|id| format!("'{id}' in parents")).collect();
            let query = format!(
                "trashed = false and ({}) and (mimeType = '{FOLDER}' or {wanted})",
                parents.join(" or ")
            );
            self.files(&query, None, &Within::Everything, &mut |file| {
                match &file.what {
                    What::Folder => {
                        if known.insert(file.id.clone()) {
                            open.push(file.id);
                        }
                    }
                    What::ShortcutInto(folder) => {
                        if known.insert(folder.clone()) {
                            open.push(folder.clone());
                        }
                    }
                    _ => found.push(file),
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Documents, and what shortcuts to documents lead to.
    fn resolved(&mut self, found: Vec<File>) -> Result<Vec<File>, Stop> {
        let mut known = BTreeSet::new();
        let mut documents = Vec::new();
        let mut shortcuts = BTreeSet::new();
        for file in found {
            match file.what {
                What::Document if known.insert(file.id.clone()) => documents.push(file),
                What::ShortcutTo(target) => {
                    shortcuts.insert(target);
                }
                _ => {}
            }
        }
        for id in shortcuts {
            if known.contains(&id) {
                continue;
            }
            let path = format!("/files/{id}?fields={FILE}&supportsAllDrives=true");
            let target = self.get(&path)?;
            let target = target.as_ref().and_then(answer::file);
            let there = target.filter(|file| file.what == What::Document && file.trashed.is_none());
            match there {
                Some(file) => documents.push(file),
                None => self.unresolved += 1,
            }
        }
        Ok(documents)
    }

    /// Goes through the files that a query finds. False where the list is not there, or not for us.
    pub(super) fn files(
        &mut self,
        query: &str,
        order: Option<&str>,
        within: &Within<'_>,
        take: &mut dyn FnMut(File) -> Result<(), Stop>,
    ) -> Result<bool, Stop> {
        let mut path = format!(
            "/files?{}",
            form(&[
                ("q", query),
                ("pageSize", &AT_ONCE.to_string()),
                (
                    "fields",
                    &format!("nextPageToken,incompleteSearch,files({FILE})")
                ),
                ("supportsAllDrives", "true"),
                ("includeItemsFromAllDrives", "true"),
            ])
        );
        if let Some(order) = order {
            path.push_str(&format!("&orderBy={order}"));
        }
        match within {
            Within::Everything => path.push_str("&corpora=allDrives"),
            Within::Drive(id) => path.push_str(&format!("&corpora=drive&driveId={id}")),
        }
        let mut is_incomplete = false;
        let listed = self.listed(&path, "files", &mut |value, list| {
            is_incomplete |= list["incompleteSearch"] == true;
            answer::file(value).map_or(Ok(()), &mut *take)
        });
        self.is_incomplete |= is_incomplete;
        listed.map_err(|stop| match stop {
            // What is wrong with a question is its query: the rest of it is ours.
            Stop::Refused(error, Blame::Question) if self.drive.query.is_some() => {
                let reason = SourceError::Params(format!("{error}; query may be wrong"));
                Stop::Refused(reason, Blame::Question)
            }
            stop => stop,
        })
    }

    /// Goes through a list, whose pages are each known by a token. False where it is not there, or not for
    /// us. The client's own bound on questions ends one that never ends.
    pub(super) fn listed(
        &mut self,
        path: &str,
        name: &str,
        take: &mut dyn FnMut(&Value, &Value) -> Result<(), Stop>,
    ) -> Result<bool, Stop> {
        let mut page = String::new();
        loop {
            let Some(list) = self.get(&format!("{path}{page}"))? else {
                return Ok(false);
            };
            for value in list[name].as_array().into_iter().flatten() {
                take(value, &list)?;
            }
            match next(&list) {
                Some(token) => page = token,
                None => return Ok(true),
            }
        }
    }

    /// An answer of Drive; nothing where it is not there, or not for us.
    pub(super) fn get(&mut self, path: &str) -> Result<Option<Value>, Stop> {
        let client = self.client()?;
        let address = client.address(path);
        Ok(of(client.get(&address, None)?))
    }
}

/// What an answer holds.
pub(super) fn of(reply: Reply) -> Option<Value> {
    match reply {
        Reply::Page(page) => Some(page.value),
        Reply::Same | Reply::Gone | Reply::Forbidden => None,
    }
}

/// The documents and shortcuts that may be write-ups.
fn wanted(query: Option<&str>) -> String {
    let documents = format!("(mimeType = '{DOCUMENT}' or mimeType = '{SHORTCUT}')");
    match query {
        Some(query) => format!("({documents} and ({query}))"),
        None => documents,
    }
}

/// See [`absent`].
fn missing(drive: &Drive, part: &str) -> Stop {
    Stop::Refused(absent(drive, part), Blame::Question)
}
