//! What the walk found, as events.

use std::collections::HashMap;
use std::sync::Arc;

use chrono_tz::Tz;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::model::forge_wiki;
use crate::model::target::{canonical, host};
use crate::model::{
    Body, Event, Identity, Link, LinkForm, LinkLabel, LinkRole, Millis, Place, Vocabulary, Writeup,
};
use crate::sources::{KnownWriteup, SourceError};

use super::document::{self, Document, Reading};
use super::ledger::Life;
use super::params::Checked;
use super::registry::{Entry, Registry, Standing};
use super::repository::{Commit, Repository, identity};
use super::told;

/// What would end a path or change its meaning in an address.
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'?')
    .add(b'\\');

/// An event, and the bot that made it, if one did.
pub(super) struct Made {
    /// The event.
    pub(super) event: Event,
    /// The author's account.
    pub(super) bot: Option<Identity>,
}

impl Made {
    fn by(commit: &Commit, event: Event) -> Made {
        let bot = commit.author.clone().filter(|_| commit.by_bot);
        Made { event, bot }
    }
}

/// What a text holds, and nothing else of its write-up.
fn measured(id: String, document: &Document) -> Writeup {
    Writeup {
        words: Some(document.words),
        diagrams: document.diagrams,
        hyperlinks: Some(document.hyperlinks),
        acronyms: Some(document.counts.acronyms),
        acronyms_unexplained: Some(document.counts.unexplained),
        data_sources: Some(document.counts.data_sources),
        quotations: document.quotations,
        ..Writeup::new(id)
    }
}

/// Makes events of one source.
pub(super) struct Maker<'a> {
    /// The `source` of the events.
    pub(super) source: Arc<str>,
    /// The source's parameters.
    pub(super) params: &'a Checked,
    /// Where authors are looked up.
    pub(super) repository: &'a Repository,
    /// The repository's address at a forge, canonical.
    pub(super) web: Option<String>,
    /// The branch's name at a forge.
    pub(super) branch: Option<String>,
    /// The zone of dates without one.
    pub(super) zone: Tz,
    /// What words are measured against.
    pub(super) vocabulary: &'a Vocabulary,
}

impl Maker<'_> {
    /// The registry's id of a write-up of this repository.
    pub(super) fn id(&self, path: &str) -> String {
        format!("{}:{path}", self.params.name)
    }

    /// Reads a write-up's present text.
    pub(super) fn document(&self, entry: &Entry) -> Result<Document, SourceError> {
        self.text(entry, &entry.blob)
    }

    fn text(&self, entry: &Entry, blob: &str) -> Result<Document, SourceError> {
        let blob =
            gix::ObjectId::from_hex(blob.as_bytes()).map_err(|e| self.repository.failed(e))?;
        let content = self.repository.content(blob)?;
        let text = String::from_utf8_lossy(&content);
        let reading = Reading {
            incident_keys: &self.params.incident_keys,
            zone: self.zone,
            vocabulary: self.vocabulary,
        };
        Ok(document::read(entry.path(), &text, &reading))
    }

    /// Names of a write-up besides its paths: keys in the text, names made of the file's name.
    pub(super) fn names(&self, entry: &Entry, document: &Document) -> Vec<String> {
        let mut names = document.keys.clone();
        if let Some((pattern, templates)) = &self.params.made_names {
            let file_name = entry.path().rsplit('/').next().unwrap_or_default();
            if let Some(captures) = pattern.captures(file_name) {
                for template in templates {
                    let mut name = template.clone();
                    for (number, group) in captures.iter().enumerate() {
                        name = name
                            .replace(&format!("{{{number}}}"), group.map_or("", |g| g.as_str()));
                    }
                    names.push(name);
                }
            }
        }
        names.dedup();
        names
    }

    /// The registry's id of this write-up. One that is gone and whose path is another's now goes by
    /// its key.
    pub(super) fn id_of(&self, entry: &Entry, standing: &Standing<'_>) -> String {
        match standing.paths.get(entry.path()) {
            Some(holder) if *holder != entry.key => self.id(&entry.key),
            _ => self.id(entry.path()),
        }
    }

    /// Every name of a write-up but its id. A path it has left to another one is that one's, and so
    /// is a key once it is gone itself.
    pub(super) fn aliases(&self, entry: &Entry, standing: &Standing<'_>) -> Vec<String> {
        let taken = |path: &&String| {
            standing
                .paths
                .get(path.as_str())
                .is_some_and(|holder| *holder != entry.key)
        };
        let mut aliases = Vec::new();
        for path in entry.paths.iter().rev().filter(|path| !taken(path)) {
            aliases.push(path.clone());
            if path != entry.path() {
                aliases.push(self.id(path));
            }
            if let Some(wiki) = self.wiki() {
                aliases.extend(forge_wiki::addresses(wiki, path, IN_PATH));
                continue;
            }
            for version in ["HEAD"].into_iter().chain(self.branch.as_deref()) {
                aliases.extend(self.address(version, path));
            }
        }
        let names = entry.names.iter();
        aliases.extend(names.filter(|name| !standing.takes(entry, name)).cloned());
        aliases
    }

    /// The `writeup` event of an entry.
    pub(super) fn writeup(
        &self,
        entry: &Entry,
        standing: &Standing<'_>,
        document: Document,
    ) -> Result<Made, SourceError> {
        let commit = self.commit(&entry.commit)?;
        let author = commit.author.clone().filter(|_| !commit.at_edge);
        let mut contributors: Vec<Identity> = author.into_iter().collect();
        for author in &document.authors {
            let author = self.named(author);
            if !contributors.contains(&author) {
                contributors.push(author);
            }
        }
        let all = |names: &[String]| names.iter().map(|name| self.named(name)).collect();
        let id = self.id_of(entry, standing);
        // What was measured at two times is told apart.
        let measured = match entry.is_revised() {
            true => Writeup::new(id),
            false => measured(id, &document),
        };
        let body = Writeup {
            title: document
                .title
                .or_else(|| document::title_of(entry.path()))
                .or_else(|| Some(entry.path().to_owned())),
            url: self
                .branch
                .as_deref()
                .and_then(|branch| self.address(branch, entry.path())),
            aliases: self.aliases(entry, standing),
            published_at: document.published_at.or(Some(entry.added_at)),
            deleted_at: entry.deleted_at,
            owner_team: document.owner_team,
            contributors,
            responders: all(&document.responders),
            reviewers: all(&document.reviewers),
            facilitators: all(&document.facilitators),
            template: document.template,
            restricted: document.restricted,
            tags: document.tags,
            ..measured
        };
        let event = Event {
            source: Arc::clone(&self.source),
            id: format!("{}:writeup:{}", self.params.name, entry.key),
            subject: body.id.clone(),
            time: entry.added_at,
            version: 0,
            body: Body::Writeup(Box::new(body)),
        };
        Ok(Made::by(&commit, event))
    }

    /// What was measured of an entry that was revised: two weeks after it was added, and now.
    pub(super) fn revisions(
        &self,
        entry: &Entry,
        standing: &Standing<'_>,
        document: &Document,
    ) -> Result<Vec<Made>, SourceError> {
        if !entry.is_revised() {
            return Ok(Vec::new());
        }
        let early = self.text(entry, &entry.early_blob)?;
        let revision = |which: &str, time: Millis, document: &Document| {
            let body = measured(self.id_of(entry, standing), document);
            let event = Event {
                source: Arc::clone(&self.source),
                id: format!("{}:{which}:{}", self.params.name, entry.key),
                subject: body.id.clone(),
                time,
                version: 0,
                body: Body::Writeup(Box::new(body)),
            };
            Made { event, bot: None }
        };
        Ok(vec![
            revision("early", entry.early_at, &early),
            revision("latest", entry.last_at, document),
        ])
    }

    /// The `link` event of a link in a file.
    pub(super) fn life(&self, life: &Life, subject: &str) -> Result<Made, SourceError> {
        let commit = self.commit(&life.origin.commit)?;
        let name = &self.params.name;
        let authored = life.origin.authored / 1000;
        // The path tells apart equal lines that a series of commits brought in the same second.
        let line = format!("{:016x} {}", life.born_hash, life.origin.path);
        let line = xxhash_rust::xxh3::xxh3_64(line.as_bytes());
        let twin = if life.twin == 0 {
            String::new()
        } else {
            format!(".{}", life.twin)
        };
        let place = life.place.parse().unwrap_or(Place::Other);
        let event = Event {
            source: Arc::clone(&self.source),
            id: format!(
                "{name}:{place}:{}:{line:016x}-{authored:x}{twin}",
                life.target
            ),
            subject: subject.to_owned(),
            time: life.origin.at,
            version: 0,
            body: Body::Link(Link {
                // Who wrote what a shallow clone begins with, nobody knows.
                person: commit.author.clone().filter(|_| !commit.at_edge),
                team: None,
                place,
                stands_in: Some(format!(
                    "{name}@{}:{}#L{}",
                    commit.short(),
                    life.origin.path,
                    life.origin.line
                )),
                removed_at: life.removed_at,
                role: life.template.then_some(LinkRole::Template),
                form: LinkForm::ALL
                    .into_iter()
                    .find(|form| form.name() == life.form),
                label: LinkLabel::ALL
                    .into_iter()
                    .find(|label| label.name() == life.label),
            }),
        };
        Ok(Made::by(&commit, event))
    }

    /// The `link` event of a commit message. Commits that a rebase or cherry-pick made of one share
    /// author, author's time and message, and with them the id.
    pub(super) fn message(
        &self,
        commit: &Commit,
        target: &str,
        form: LinkForm,
        subject: &str,
    ) -> Made {
        let mut hash = Sha256::new();
        if let Some(author) = &commit.author {
            hash.update(author.value.as_bytes());
        }
        hash.update([0]);
        hash.update(commit.authored.to_le_bytes());
        hash.update(commit.message.trim_ascii());
        let hash: String = hash
            .finalize()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let name = &self.params.name;
        let event = Event {
            source: Arc::clone(&self.source),
            id: format!("{name}:commit:{target}:{hash}"),
            subject: subject.to_owned(),
            time: commit.committed,
            version: 0,
            body: Body::Link(Link {
                person: commit.author.clone(),
                team: None,
                place: Place::Commit,
                stands_in: Some(format!("{name}@{}", commit.short())),
                removed_at: None,
                role: None,
                form: Some(form),
                label: None,
            }),
        };
        Made::by(commit, event)
    }

    /// The known write-ups with their lasting keys: those of this repository first. Paths of other
    /// repositories mean nothing here.
    pub(super) fn known(
        &self,
        registry: &Registry,
        others: &[KnownWriteup],
    ) -> Vec<(String, KnownWriteup)> {
        let mut known: Vec<(String, KnownWriteup)> = Vec::new();
        let mut ours = HashMap::new();
        let standing = registry.standing();
        for entry in &registry.entries {
            let mut aliases = self.aliases(entry, &standing);
            let id = self.id_of(entry, &standing);
            if self.wiki().is_some() {
                let linked = entry
                    .paths
                    .iter()
                    .filter_map(|path| forge_wiki::as_linked(path));
                aliases.extend(linked);
            }
            ours.insert(id.clone(), known.len());
            let earlier = aliases
                .iter()
                .filter(|alias| alias.starts_with(&self.id("")));
            ours.extend(earlier.map(|alias| (alias.clone(), known.len())));
            known.push((
                entry.key.clone(),
                KnownWriteup {
                    id,
                    title: entry.title.clone().filter(|_| self.params.titles),
                    aliases,
                },
            ));
        }
        let retracted = told::retracted(&self.params.name);
        for other in others {
            let names = other
                .aliases
                .iter()
                .filter(|alias| !crate::sources::links::is_path(alias));
            match ours.get(&other.id) {
                _ if other.id == retracted => {}
                Some(&at) => {
                    let (_, mine) = &mut known[at];
                    let new: Vec<String> = names
                        .filter(|name| !mine.aliases.contains(name))
                        .cloned()
                        .collect();
                    mine.aliases.extend(new);
                }
                None => {
                    let aliases = names.cloned().collect();
                    let writeup = KnownWriteup {
                        id: other.id.clone(),
                        title: other.title.clone().filter(|_| self.params.titles),
                        aliases,
                    };
                    known.push((other.id.clone(), writeup));
                }
            }
        }
        known
    }

    /// A commit by its full hexadecimal id.
    fn commit(&self, id: &str) -> Result<Commit, SourceError> {
        let id = gix::ObjectId::from_hex(id.as_bytes()).map_err(|e| self.repository.failed(e))?;
        self.repository.commit(id)
    }

    /// The forge's wiki, where the repository is one.
    fn wiki(&self) -> Option<&str> {
        self.web.as_deref().filter(|web| forge_wiki::is_wiki(web))
    }

    /// A file's address at the forge.
    fn address(&self, version: &str, path: &str) -> Option<String> {
        let web = self.web.as_deref()?;
        if let Some(wiki) = self.wiki() {
            return forge_wiki::addresses(wiki, path, IN_PATH)
                .into_iter()
                .next();
        }
        let host = host(web)?;
        let view = match host.as_str() {
            host if host.contains("gitlab") => "/-/blob/",
            "bitbucket.org" => "/src/",
            _ => "/blob/",
        };
        let path = utf8_percent_encode(path, IN_PATH);
        Some(canonical(&format!("{web}{view}{version}/{path}")).into_owned())
    }

    /// A person as a write-up's header names them: `Ada <ada@example.org>`, an address, a login at
    /// GitHub, or a name that means something in this repository only.
    fn named(&self, text: &str) -> Identity {
        let inside = text
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map(|(inside, _)| inside);
        let text = inside.unwrap_or(text).trim();
        match (text.strip_prefix('@'), &self.web) {
            (Some(login), Some(web)) if host(web).as_deref() == Some("github.com") => {
                Identity::of_source("github", "login", login)
            }
            _ if text.contains('@') => identity(text).unwrap_or_else(|| Identity::bare(text)),
            _ => Identity::of_source("git", "name", text),
        }
    }
}
