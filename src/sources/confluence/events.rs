//! What a site's answers and deliveries mean, as events.

use std::sync::Arc;

use crate::model::{
    Body, Comment, Edit, Event, Granularity, Identity, Link, LinkForm, Millis, Person, PersonKind,
    Place, ReadCount, Writeup,
};

use super::answer::{self, Page, Version, Who};
use super::checkpoint::{Linked, second};
use super::storage::Measured;

/// Makes events of one site.
pub(super) struct Maker {
    /// The `source` of the events.
    pub(super) source: Arc<str>,
    /// What all addresses of the site begin with, where that is known.
    pub(super) site: Option<String>,
}

/// What is known of a write-up beside its page.
pub(super) struct Description<'a> {
    /// Its page.
    pub(super) page: &'a Page,
    /// Its versions, the first first.
    pub(super) history: &'a [Version],
    /// Its labels.
    pub(super) labels: Vec<String>,
    /// Whether it is restricted by itself.
    pub(super) restricted: bool,
    /// It was restricted by itself and is not any more.
    pub(super) opened: bool,
    /// What was counted, if it is told here.
    pub(super) measured: Option<Measured>,
}

/// A page of which only its counts are known, if they are.
fn counted(id: String, measured: Option<Measured>) -> Writeup {
    Writeup {
        words: measured.map(|page| page.words),
        diagrams: measured.map(|page| page.diagrams),
        hyperlinks: measured.map(|page| page.links),
        acronyms: measured.map(|page| page.counts.acronyms),
        acronyms_unexplained: measured.map(|page| page.counts.unexplained),
        data_sources: measured.map(|page| page.counts.data_sources),
        quotations: measured.map(|page| page.quotations),
        ..Writeup::new(id)
    }
}

impl Maker {
    /// The registry's id of a page.
    pub(super) fn id(&self, page: u64) -> String {
        format!("{}:{page}", self.source)
    }

    /// The address of a page by its number, which stays when it is moved or renamed.
    pub(super) fn address(&self, page: u64) -> Option<String> {
        let site = self.site.as_deref()?;
        Some(format!("{site}/pages/viewpage.action?pageId={page}"))
    }

    /// All addresses of a page, the one that people see first.
    pub(super) fn addresses(&self, page: &Page) -> Vec<String> {
        let site = self.site.as_deref().or(page.base.as_deref());
        let Some(site) = site else {
            return Vec::new();
        };
        let told = page.addresses.iter();
        let mut all: Vec<String> = told.map(|address| format!("{site}{address}")).collect();
        all.push(format!("{site}/pages/viewpage.action?pageId={}", page.id));
        // An address that ends in a star stands for others.
        all.retain(|address| !address.ends_with('*'));
        all
    }

    /// A page as a write-up.
    pub(super) fn writeup(&self, known: &Description<'_>, now: Millis) -> Event {
        let page = known.page;
        let mut contributors: Vec<Identity> = Vec::new();
        for version in known
            .history
            .iter()
            .filter(|one| !one.minor || one.number == 1)
        {
            let who = version.who.as_ref().map(|who| &who.identity);
            if let Some(who) = who.filter(|who| !contributors.contains(who)) {
                contributors.push(who.clone());
            }
        }
        let first = known.history.first().filter(|version| version.number == 1);
        let published_at = page.created.or(first.map(|version| version.at));
        let mut aliases = self.addresses(page);
        let url = (!aliases.is_empty()).then(|| aliases.remove(0));
        let id = self.id(page.id);
        Event {
            source: Arc::clone(&self.source),
            id: format!("page:{}", page.id),
            subject: id.clone(),
            time: published_at.unwrap_or_default(),
            version: second(now),
            body: Body::Writeup(Box::new(Writeup {
                title: Some(page.title.clone()),
                url,
                aliases,
                published_at,
                contributors,
                tags: known.labels.clone(),
                restricted: known.restricted,
                opened: known.opened,
                ..counted(id, known.measured)
            })),
        }
    }

    /// What was counted of a page at one time of two.
    pub(super) fn revised(
        &self,
        page: u64,
        which: &str,
        at: &Version,
        measured: Measured,
    ) -> Event {
        let id = self.id(page);
        Event {
            source: Arc::clone(&self.source),
            id: format!("{which}:{page}"),
            subject: id.clone(),
            time: at.at,
            version: at.number,
            body: Body::Writeup(Box::new(counted(id, Some(measured)))),
        }
    }

    /// A page that is gone, or that came back. A description of its own: all else that is known of the
    /// page stays.
    pub(super) fn deletion(&self, page: u64, deleted_at: Option<Millis>, now: Millis) -> Event {
        let id = self.id(page);
        Event {
            source: Arc::clone(&self.source),
            id: format!("deleted:{page}"),
            subject: id.clone(),
            time: deleted_at.unwrap_or_default(),
            version: second(now),
            body: Body::Writeup(Box::new(Writeup {
                deleted_at,
                ..Writeup::new(id)
            })),
        }
    }

    /// A later version of a page; how many words came and went, where that is known.
    pub(super) fn edit(&self, page: u64, version: &Version, words: Option<(u32, u32)>) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: format!("version:{page}:{}", version.number),
            subject: self.id(page),
            time: version.at,
            version: 0,
            body: Body::Edit(Edit {
                person: identity(version.who.as_ref()),
                team: None,
                words_added: words.map(|(added, _)| added),
                words_removed: words.map(|(_, removed)| removed),
                sections: None,
                minor: version.minor,
            }),
        }
    }

    /// A comment as it stands.
    pub(super) fn comment(
        &self,
        page: u64,
        comment: &answer::Comment,
        (at, who): (Millis, Option<&Who>),
        words: Option<u32>,
        version: u32,
    ) -> Event {
        let body = Comment {
            person: identity(who),
            team: None,
            parent: comment.parent.map(|parent| format!("comment:{parent}")),
            words,
            deleted_at: None,
        };
        self.commented(page, comment.id, (at, version), body)
    }

    /// A comment that is gone; whose it was is not known any more.
    pub(super) fn uncommented(
        &self,
        page: u64,
        comment: u64,
        at: Millis,
        deleted_at: Millis,
    ) -> Event {
        let body = Comment {
            person: None,
            team: None,
            parent: None,
            words: None,
            deleted_at: Some(deleted_at.max(at)),
        };
        self.commented(
            page,
            comment,
            (at, second(deleted_at).saturating_add(1)),
            body,
        )
    }

    fn commented(
        &self,
        page: u64,
        comment: u64,
        (time, version): (Millis, u32),
        body: Comment,
    ) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: format!("comment:{comment}"),
            subject: self.id(page),
            time,
            version,
            body: Body::Comment(body),
        }
    }

    /// A page's counters as they stand now: one figure an hour, however often they are read.
    pub(super) fn counters(
        &self,
        page: u64,
        (views, viewers): (u64, Option<u64>),
        now: Millis,
    ) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: format!("views:{page}:{}", now / HOUR),
            subject: self.id(page),
            time: now,
            version: 0,
            body: Body::ReadCount(ReadCount {
                granularity: Granularity::Cumulative,
                count: views,
                uniques: viewers,
            }),
        }
    }

    /// A link from a page to a write-up.
    pub(super) fn link(
        &self,
        (from, to): (u64, &str),
        stands_in: Option<String>,
        (place, form): (Place, LinkForm),
        linked: &Linked,
        who: Option<&Who>,
    ) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: format!("link:{from}:{to}"),
            subject: to.to_owned(),
            time: linked.at,
            version: linked.version,
            body: Body::Link(Link {
                person: identity(who),
                team: None,
                place,
                stands_in,
                removed_at: linked.removed_at,
                role: None,
                form: Some(form),
                label: None,
            }),
        }
    }

    /// An account that is a program.
    pub(super) fn program(&self, account: &str) -> Event {
        let identity = Identity::of_source("confluence", "account", account);
        self.person(
            account,
            Person {
                kind: PersonKind::Bot,
                ..Person::new(identity)
            },
        )
    }

    /// The account of a name that somebody signs in with.
    pub(super) fn same(&self, name: &str, account: &Identity, in_logs: bool) -> Event {
        let mut aliases = vec![account.clone()];
        if in_logs {
            aliases.push(Identity::of_source("access-log", "user", name));
        }
        self.person(
            name,
            Person {
                aliases,
                ..Person::new(answer::named(name))
            },
        )
    }

    fn person(&self, id: &str, person: Person) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: id.to_owned(),
            subject: String::new(),
            time: 0,
            version: 0,
            body: Body::Person(Box::new(person)),
        }
    }
}

/// What counters are read once of, ms.
pub(super) const HOUR: Millis = 3_600_000;

fn identity(who: Option<&Who>) -> Option<Identity> {
    who.map(|who| who.identity.clone())
}
