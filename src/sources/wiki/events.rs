//! What was found in a wiki, as events.

use std::sync::Arc;

use crate::model::{
    Body, Comment, Coverage, Edit, Event, EventKind, Identity, Link, LinkForm, Millis, Place, Read,
    Writeup,
};
use crate::sources::forge::{hex, second, sha256};

use super::{Measured, Page, Watched};

/// The version of what is told now of something that was changed then: greater than the last, and not
/// below the second in which it is told, for the last one may have been forgotten.
pub(in crate::sources) fn next(last: u32, updated: Millis, now: Millis) -> u32 {
    let floor = second(updated).max(second(now));
    floor.max(last.saturating_add(1))
}

/// Tells whether something is told as it was.
pub(in crate::sources) fn print(what: &impl std::fmt::Debug) -> String {
    hex(&sha256(format!("{what:?}").as_bytes())[..8])
}

/// Makes events of one wiki.
#[derive(Clone)]
pub(in crate::sources) struct Maker {
    /// The `source` of the events.
    pub(in crate::sources) source: Arc<str>,
}

/// A comment on a page.
pub(in crate::sources) struct Said<'a> {
    /// The wiki's name of it.
    pub(in crate::sources) id: &'a str,
    /// The page.
    pub(in crate::sources) page: &'a str,
    /// Who wrote it.
    pub(in crate::sources) person: Option<Identity>,
    /// The comment that it answers.
    pub(in crate::sources) parent: Option<&'a str>,
    /// Its length.
    pub(in crate::sources) words: Option<u32>,
    /// When it was written.
    pub(in crate::sources) created: Millis,
    /// When it was changed last.
    pub(in crate::sources) updated: Millis,
    /// When it was deleted.
    pub(in crate::sources) deleted: Option<Millis>,
}

/// A link from a page to a write-up.
pub(super) struct Stood<'a> {
    /// The page that it stands on.
    pub(super) page: &'a str,
    /// What kind of place that is.
    pub(super) place: Place,
    /// Its address.
    pub(super) stands_in: Option<String>,
    /// The write-up.
    pub(super) writeup: &'a str,
    /// Whose it is.
    pub(super) person: Option<Identity>,
    /// Since when it stands.
    pub(super) at: Millis,
    /// Until when it stood.
    pub(super) removed: Option<Millis>,
    /// Grows with every change.
    pub(super) version: u32,
}

impl Maker {
    /// The registry's id of a page.
    pub(in crate::sources) fn id(&self, page: &str) -> String {
        format!("{}:{page}", self.source)
    }

    /// A page as a write-up.
    pub(super) fn writeup(&self, page: &Page, version: u32) -> Event {
        self.described(page, ("page", version), page.measured)
    }

    /// The same, from a delivery of then that says nothing of what is counted.
    pub(in crate::sources) fn told(&self, page: &Page, said: Millis) -> Event {
        self.described(page, ("told", next(0, page.updated, said)), None)
    }

    fn described(
        &self,
        page: &Page,
        (name, version): (&str, u32),
        measured: Option<Measured>,
    ) -> Event {
        let id = self.id(&page.id);
        let mut aliases: Vec<String> = page.url.iter().cloned().collect();
        for name in &page.names {
            // A name that ends in a star stands for no others.
            if !name.is_empty() && !name.ends_with('*') && !aliases.contains(name) {
                aliases.push(name.clone());
            }
        }
        let mut contributors: Vec<Identity> = Vec::new();
        for person in &page.contributors {
            if !contributors.contains(person) {
                contributors.push(person.clone());
            }
        }
        let body = Writeup {
            title: Some(page.title.clone()).filter(|title| !title.is_empty()),
            url: page.url.clone(),
            aliases,
            published_at: page.published,
            contributors,
            tags: page.tags.clone(),
            template: page.template.clone(),
            words: measured.map(|page| page.words),
            diagrams: measured.and_then(|page| page.diagrams),
            hyperlinks: measured.map(|page| page.hyperlinks),
            quotations: measured.and_then(|page| page.quotations),
            acronyms: measured.map(|page| page.counts.acronyms),
            acronyms_unexplained: measured.map(|page| page.counts.unexplained),
            data_sources: measured.map(|page| page.counts.data_sources),
            ..Writeup::new(id)
        };
        let time = page.published.unwrap_or(page.updated);
        let body = Body::Writeup(Box::new(body));
        self.event(
            format!("{name}:{}", page.id),
            &page.id,
            (time, version),
            body,
        )
    }

    /// More names of a page: those of earlier times.
    pub(in crate::sources) fn also(&self, page: &str, names: Vec<String>, said: Millis) -> Event {
        let body = Writeup {
            aliases: names,
            ..Writeup::new(self.id(page))
        };
        let body = Body::Writeup(Box::new(body));
        let version = second(said);
        self.event(
            format!("names:{page}@{version}"),
            page,
            (said, version),
            body,
        )
    }

    /// A page that is gone, or that came back. A description of its own: all else that is known of it stays.
    pub(in crate::sources) fn gone(
        &self,
        page: &str,
        at: Option<Millis>,
        (said, version): (Millis, u32),
    ) -> Event {
        let body = Writeup {
            deleted_at: at,
            ..Writeup::new(self.id(page))
        };
        let when = (at.unwrap_or(said), version);
        self.event(
            format!("deleted:{page}"),
            page,
            when,
            Body::Writeup(Box::new(body)),
        )
    }

    /// An edit of a page. How many words it changed is not known.
    pub(in crate::sources) fn edit(
        &self,
        id: String,
        page: &str,
        person: Option<Identity>,
        at: Millis,
        minor: bool,
    ) -> Event {
        let body = Body::Edit(Edit {
            person,
            team: None,
            words_added: None,
            words_removed: None,
            sections: None,
            minor,
        });
        self.event(id, page, (at, 0), body)
    }

    /// A comment on a page, as a delivery or a log tells it. What happened to it later stands above that.
    pub(in crate::sources) fn comment(&self, said: Said<'_>) -> Event {
        let changed = second(said.updated);
        let version = match said.deleted {
            Some(at) => second(at).max(changed.saturating_add(1)),
            None => changed,
        };
        self.commented(said, version)
    }

    /// A comment on a page.
    pub(super) fn commented(&self, said: Said<'_>, version: u32) -> Event {
        let body = Body::Comment(Comment {
            person: said.person,
            team: None,
            parent: said.parent.map(|parent| format!("comment:{parent}")),
            words: said.words,
            deleted_at: said.deleted.map(|at| at.max(said.created)),
        });
        self.event(
            format!("comment:{}", said.id),
            said.page,
            (said.created, version),
            body,
        )
    }

    /// A read of a page.
    pub(in crate::sources) fn read(
        &self,
        id: String,
        page: &str,
        person: Option<Identity>,
        when: (Millis, u32),
    ) -> Event {
        let read = Read {
            person,
            ..Read::default()
        };
        self.opened(id, page, read, when)
    }

    /// The same, where more is known of it.
    pub(in crate::sources) fn opened(
        &self,
        id: String,
        page: &str,
        read: Read,
        when: (Millis, u32),
    ) -> Event {
        self.event(id, page, when, Body::Read(read))
    }

    /// The time in which reads were seen.
    pub(in crate::sources) fn watched(&self, watched: Watched, said: Millis) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: format!("coverage:read:{}", second(watched.from)),
            subject: String::new(),
            time: watched.from,
            version: second(said),
            body: Body::Coverage(Coverage {
                kind: EventKind::Read,
                scope: self.source.to_string(),
                from: watched.from,
                to: Some(watched.to),
            }),
        }
    }

    pub(super) fn link(&self, stood: Stood<'_>) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: format!("link:{}:{}", stood.page, stood.writeup),
            subject: stood.writeup.to_owned(),
            time: stood.at,
            version: stood.version,
            body: Body::Link(Link {
                person: stood.person,
                team: None,
                place: stood.place,
                stands_in: stood.stands_in,
                removed_at: stood.removed,
                role: None,
                form: Some(LinkForm::Link),
                label: None,
            }),
        }
    }

    fn event(&self, id: String, page: &str, (time, version): (Millis, u32), body: Body) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id,
            subject: self.id(page),
            time,
            version,
            body,
        }
    }
}
