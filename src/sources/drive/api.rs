//! Asks Google's API of Drive for what belongs to documents.

use std::collections::BTreeMap;

use crate::model::{Identity, Millis, to_rfc3339};
use crate::sources::forge::{Client, OVERLAP, Reply, Stop, second};
use crate::sources::google::form;
use crate::sources::wiki::{
    self, Fate, Hearing, Links, Measured, Page, Run, Said, Seen, Stands, Targets, Turn, Watched,
    Wiki,
};

use super::Drive;
use super::answer::{self, COMMENTS, DOCUMENT, File, REVISIONS, What};
use super::listing::Within;
use super::text;

/// One pull.
pub(super) struct Asking<'a> {
    pub(super) drive: &'a Drive,
    now: Millis,
    client: Option<Client>,
    auditor: Option<Client>,
    /// Why the audit log is not asked.
    pub(super) blind: Option<String>,
    /// The first time that somebody opened something, as far as was met.
    pub(super) first: Option<Millis>,
    /// A list was not complete.
    pub(super) is_incomplete: bool,
    /// Shortcuts that lead to nothing that we see.
    pub(super) unresolved: u32,
    /// Documents whose text is not given.
    untold: u32,
    /// What was read of documents, each asked for once.
    texts: BTreeMap<String, Option<(Measured, String)>>,
    /// Who changed write-ups last, where it was a person.
    editors: BTreeMap<String, Identity>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(drive: &'a Drive, now: Millis) -> Asking<'a> {
        Asking {
            drive,
            now,
            client: None,
            auditor: None,
            blind: None,
            first: None,
            is_incomplete: false,
            unresolved: 0,
            untold: 0,
            texts: BTreeMap::new(),
            editors: BTreeMap::new(),
        }
    }

    /// What asks Drive. Its token is good for an hour, longer than a pull takes.
    pub(super) fn client(&mut self) -> Result<&mut Client, Stop> {
        let client = match self.client.take() {
            Some(client) => client,
            None => self.drive.client(self.now)?,
        };
        Ok(self.client.insert(client))
    }

    /// What asks the audit log.
    pub(super) fn auditor(&mut self) -> Result<&mut Client, Stop> {
        let client = match self.auditor.take() {
            Some(client) => client,
            None => self.drive.auditor(self.now)?,
        };
        Ok(self.auditor.insert(client))
    }

    /// What is counted in a document, and where it leads; `None` where it is too long for Google to give
    /// it, or not for us.
    fn text(&mut self, id: &str) -> Result<Option<(Measured, String)>, Stop> {
        if let Some(read) = self.texts.get(id) {
            return Ok(read.clone());
        }
        let client = self.client()?;
        let address = client.address(&format!("/files/{id}/export?mimeType=text/html"));
        let html = client.text(&address)?;
        self.untold += u32::from(html.is_none());
        let vocabulary = &self.drive.house.setting.vocabulary;
        let read = html.map(|html| text::of(&html, vocabulary));
        self.texts.insert(id.to_owned(), read.clone());
        Ok(read)
    }

    /// A document as a write-up, as far as a list says it.
    fn described(&self, file: &File) -> Page {
        let mut names = text::names(&file.id);
        // The text of a document is not asked for again to look for keys.
        let keys = &self.drive.house.keys;
        let vocabulary = &self.drive.house.setting.vocabulary;
        names.extend(wiki::of_markdown(&file.title, "", keys, vocabulary).1);
        Page {
            id: file.id.clone(),
            title: file.title.clone(),
            url: Some(text::lasting(&file.id)),
            names,
            published: Some(file.created),
            updated: file.updated,
            contributors: file.owners.iter().chain(&file.editor).cloned().collect(),
            ..Page::default()
        }
    }

    /// Edits since the last pull. Whoever may only read a document is told of no revision: then it is the
    /// last change.
    fn edits(&mut self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
        let path = format!(
            "/files/{}/revisions?{}",
            page.id,
            form(&[("pageSize", "1000"), ("fields", REVISIONS)])
        );
        let mut all = Vec::new();
        let is_there = self.listed(&path, "revisions", &mut |value, _| {
            all.extend(answer::revision(value));
            Ok(())
        })?;
        if !is_there {
            let is_edited = page.published.is_some_and(|made| page.updated > made);
            if is_edited && seen.mark.is_none_or(|mark| page.updated > mark) {
                let id = format!("edit:{}@{}", page.id, second(page.updated));
                let editor = self.editors.get(&page.id).cloned();
                let edit = run.maker.edit(id, &page.id, editor, page.updated, false);
                run.sink.event(edit);
            }
            seen.mark = seen.mark.max(Some(page.updated));
            return Ok(());
        }
        all.sort_by_key(|revision| revision.at);
        if seen.mark.is_none() && !all.is_empty() {
            // The first is the document itself.
            let first = all.remove(0);
            seen.mark = Some(first.at);
        }
        for revision in all {
            if seen.mark.is_some_and(|mark| revision.at <= mark) {
                continue;
            }
            seen.mark = Some(revision.at);
            let id = format!("revision:{}:{}", page.id, revision.id);
            let edit = run
                .maker
                .edit(id, &page.id, revision.author, revision.at, false);
            run.sink.event(edit);
        }
        Ok(())
    }

    fn comments(&mut self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
        let path = format!(
            "/files/{}/comments?{}",
            page.id,
            form(&[
                ("pageSize", "100"),
                ("includeDeleted", "true"),
                ("fields", COMMENTS)
            ])
        );
        let mut all = Vec::new();
        let is_there = self.listed(&path, "comments", &mut |value, _| {
            all.extend(answer::comments(value));
            Ok(())
        })?;
        if !is_there {
            let client = self.client()?;
            return Err(client.refused("does not give the comments of a document (status 403)"));
        }
        let mut hearing = Hearing::new(run, seen);
        for comment in all {
            let said = Said {
                id: &comment.id,
                page: &page.id,
                person: comment.author,
                parent: comment.parent.as_deref(),
                words: comment.words,
                created: comment.created,
                updated: comment.updated,
                deleted: comment.is_deleted.then_some(comment.updated),
            };
            hearing.said(&comment.id, said);
        }
        hearing.whole(&page.id, |id, _| id.to_owned(), seen, run);
        Ok(())
    }

    /// What could not be had, in sentences.
    fn tell(&self, run: &mut Run<'_>) {
        if let Some(reason) = &self.blind {
            run.sink.note(reason.clone());
        }
        if self.is_incomplete {
            run.sink.note(
                "Drive did not look through all shared drives for a list: what is missing from it is looked \
                 for by itself, and what is new is found later; name folders or drives instead of a query"
                    .to_owned(),
            );
        }
        if self.unresolved > 0 {
            run.sink.note(format!(
                "shortcuts to documents that are gone, or not shared with the account, and are left out: {}",
                self.unresolved
            ));
        }
        if self.untold > 0 {
            run.sink.note(format!(
                "documents whose text is not given, and is neither counted nor looked through for links: {} \
                 (Google gives no more than 10 MB, and nothing where an owner forbids downloads)",
                self.untold
            ));
        }
    }
}

impl Wiki for Asking<'_> {
    fn pages(&mut self, _run: &mut Run<'_>) -> Result<Vec<Page>, Stop> {
        let documents = self.documents()?;
        let editors = documents.iter();
        let editors = editors.filter_map(|file| Some((file.id.clone(), file.editor.clone()?)));
        self.editors = editors.collect();
        Ok(documents.iter().map(|file| self.described(file)).collect())
    }

    fn whole(&mut self, page: &Page) -> Result<Page, Stop> {
        let read = self.text(&page.id)?;
        Ok(Page {
            measured: read.map(|(measured, _)| measured),
            ..page.clone()
        })
    }

    fn belongings(
        &mut self,
        page: &Page,
        is_new: bool,
        seen: &mut Seen,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        if is_new {
            let answer = self.edits(page, seen, run);
            run.pass(answer)?;
        }
        if self.drive.house.comments {
            let answer = self.comments(page, seen, run);
            run.pass(answer)?;
        }
        self.opened(page, seen, run)
    }

    fn watched(&mut self, watched: &mut Option<Watched>, run: &mut Run<'_>) {
        self.seen_until(watched, run);
    }

    fn fate(&mut self, id: &str) -> Result<Fate, Stop> {
        let file = match self.document(id)? {
            Reply::Page(answer) => answer::file(&answer.value),
            // So Drive speaks of what is not shared with us any more, too.
            Reply::Gone => return Ok(Fate::Gone(None)),
            Reply::Same | Reply::Forbidden => None,
        };
        Ok(match file.and_then(|file| file.trashed) {
            Some(at) => Fate::Gone(Some(at.unwrap_or(self.now))),
            None => Fate::Elsewhere,
        })
    }

    fn links(&mut self, pages: &[Page], links: &mut Links, run: &mut Run<'_>) -> Result<(), Stop> {
        let found = match self.drive.house.links {
            true => self.linking(pages, links, run),
            false => Ok(()),
        };
        self.tell(run);
        found
    }
}

impl Asking<'_> {
    /// Looks through documents that were changed since the last pull, wherever they lie.
    fn linking(
        &mut self,
        pages: &[Page],
        links: &mut Links,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        let targets = Targets::new(&run.maker, &self.drive.house.setting, pages);
        let since = links.turns.since.filter(|_| !links.turns.is_again());
        let since = since.map(|since| {
            let since = to_rfc3339(since - OVERLAP);
            format!(" and modifiedTime >= '{since}'")
        });
        let query = format!(
            "trashed = false and mimeType = '{DOCUMENT}'{}",
            since.unwrap_or_default()
        );
        // The oldest first: a pull that is cut off goes on where it stood.
        let mut changed: Vec<File> = Vec::new();
        let order = Some("modifiedTime");
        self.files(&query, order, &Within::Everything, &mut |file| {
            changed.extend(Some(file).filter(|file| file.what == What::Document));
            Ok(())
        })?;
        let turns = links
            .turns
            .of(changed, OVERLAP, |file| (file.updated, file.id.clone()));
        for (turn, file) in turns {
            let is_read = self.look(&file, &targets, links, run)?;
            links.turns.looked(turn, &file.id, file.updated, is_read);
        }
        for id in links.turns.waiting() {
            let answer = self.document(&id);
            let is_read = match run.pass(answer)? {
                Some(Reply::Page(answer)) => {
                    let file = answer::file(&answer.value);
                    match file.filter(|file| file.trashed.is_none()) {
                        Some(file) => self.look(&file, &targets, links, run)?,
                        None => true,
                    }
                }
                Some(Reply::Gone | Reply::Same | Reply::Forbidden) => true,
                None => false,
            };
            links.turns.looked(Turn::Waited, &id, 0, is_read);
        }
        Ok(())
    }

    /// Looks at a document as it stands. Says whether its text was answered.
    fn look(
        &mut self,
        file: &File,
        targets: &Targets,
        links: &mut Links,
        run: &mut Run<'_>,
    ) -> Result<bool, Stop> {
        let read = self.text(&file.id);
        let Some(read) = run.pass(read)? else {
            return Ok(false);
        };
        if let Some((_, led)) = read {
            let stands = Stands {
                page: &file.id,
                is_writeup: targets.is_own(&file.id),
                place: self.drive.house.places.of(&file.title, &[]),
                address: Some(text::lasting(&file.id)),
                updated: file.updated,
                editor: file.editor.clone(),
                to: targets.of(&led),
                sought: &targets.sought,
            };
            links.look(stands, run);
        }
        Ok(true)
    }

    /// What is answered of a document by its id.
    fn document(&mut self, id: &str) -> Result<Reply, Stop> {
        let path = format!("/files/{id}?fields={}&supportsAllDrives=true", answer::FILE);
        let client = self.client()?;
        let address = client.address(&path);
        client.get(&address, None)
    }
}
