//! What a wiki's answers mean, as events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::model::{
    Body, Comment, Edit, Event, Identity, Link, LinkForm, Millis, Person, PersonKind, Place,
    Writeup,
};
use crate::sources::Sink;

use super::answer::{Page, Revision, identity};
use super::wikitext::Measured;
use super::{Deletion, Linked};

/// A page of which only its counts are known, if they are.
fn counted(id: String, measured: Option<Measured>) -> Writeup {
    Writeup {
        words: measured.map(|page| page.words),
        hyperlinks: measured.map(|page| page.links),
        acronyms: measured.map(|page| page.counts.acronyms),
        acronyms_unexplained: measured.map(|page| page.counts.unexplained),
        data_sources: measured.map(|page| page.counts.data_sources),
        quotations: measured.map(|page| page.quotations),
        ..Writeup::new(id)
    }
}

/// Makes events of one wiki.
pub(super) struct Maker {
    /// The `source` of the events.
    pub(super) source: Arc<str>,
    /// The address of api.php.
    pub(super) api: Url,
}

impl Maker {
    /// A page as a write-up, with its words and links if its text could be had.
    pub(super) fn writeup(
        &self,
        page: &Page,
        history: &[Revision],
        measured: Option<Measured>,
        version: u32,
    ) -> Event {
        let mut contributors: Vec<Identity> = Vec::new();
        let edits = history
            .iter()
            .filter(|revision| !revision.minor || revision.parent == 0);
        for user in edits.filter_map(|revision| revision.user.as_deref()) {
            let user = identity(user);
            if !contributors.contains(&user) {
                contributors.push(user);
            }
        }
        let first = history
            .iter()
            .find(|revision| revision.parent == 0)
            .or(history.first());
        let mut aliases: Vec<String> = page.url.iter().cloned().collect();
        let scripts = self.scripts(page);
        aliases.extend(scripts.iter().map(|script| numbered(script, page.id)));
        aliases.extend(scripts.iter().map(|script| titled(script, &page.title)));
        aliases.push(page.title.clone());
        for title in &page.redirects {
            aliases.extend(self.also(page, title));
        }
        // A title that ends in a star stands for no others.
        aliases.retain(|alias| !alias.ends_with('*'));
        let published_at = first.map(|revision| revision.at);
        let id = self.id(page.id);
        Event {
            source: Arc::clone(&self.source),
            id: format!("page:{}", page.id),
            subject: id.clone(),
            time: published_at.unwrap_or_default(),
            version,
            body: Body::Writeup(Box::new(Writeup {
                title: Some(page.title.clone()),
                url: page.url.clone().filter(|url| !url.ends_with('*')),
                aliases,
                published_at,
                contributors,
                ..counted(id, measured)
            })),
        }
    }

    /// What was counted of a page at one time of two.
    pub(super) fn revised(
        &self,
        page: &Page,
        which: &str,
        revision: &Revision,
        measured: Measured,
    ) -> Event {
        let id = self.id(page.id);
        Event {
            source: Arc::clone(&self.source),
            id: format!("{which}:{}", page.id),
            subject: id.clone(),
            time: revision.at,
            version: u32::try_from(revision.id).unwrap_or(u32::MAX),
            body: Body::Writeup(Box::new(counted(id, Some(measured)))),
        }
    }

    /// A page that is gone, or that came back. A description of its own: all else that is known of
    /// the page stays.
    pub(super) fn deletion(&self, page: u64, deleted: &Deletion) -> Event {
        let id = self.id(page);
        Event {
            source: Arc::clone(&self.source),
            id: format!("deleted:{page}"),
            subject: id.clone(),
            time: deleted.at.unwrap_or_default(),
            version: deleted.version,
            body: Body::Writeup(Box::new(Writeup {
                deleted_at: deleted.at,
                ..Writeup::new(id)
            })),
        }
    }

    /// A revision of a page. How many words it changed is not known, only bytes.
    fn edit(&self, page: &Page, revision: &Revision) -> Event {
        let body = Body::Edit(Edit {
            person: revision.user.as_deref().map(identity),
            team: None,
            words_added: None,
            words_removed: None,
            sections: None,
            minor: revision.minor,
        });
        self.of_revision("revision", page, revision, body)
    }

    /// The revisions of a page after `seen` that changed it.
    pub(super) fn edits(&self, page: &Page, history: &[Revision], seen: u64, sink: &mut dyn Sink) {
        for revision in history.iter().filter(|r| r.id > seen && r.parent != 0) {
            let before = history.iter().find(|other| other.id == revision.parent);
            let before = before.and_then(|before| before.hash.as_ref());
            // Moving and protecting a page make such revisions.
            if before.is_some() && before == revision.hash.as_ref() {
                sink.left_out("revision that changes nothing");
            } else {
                sink.event(self.edit(page, revision));
            }
        }
    }

    /// The revisions of a talk page after `seen` that say something.
    pub(super) fn comments(
        &self,
        page: &Page,
        history: &[Revision],
        seen: u64,
        sink: &mut dyn Sink,
    ) {
        let sizes: BTreeMap<u64, u64> = history
            .iter()
            .filter_map(|r| Some((r.id, r.size?)))
            .collect();
        for revision in history.iter().filter(|revision| revision.id > seen) {
            let before = if revision.parent == 0 {
                Some(0)
            } else {
                sizes.get(&revision.parent).copied()
            };
            let longer = revision
                .size
                .zip(before)
                .is_some_and(|(now, before)| now > before);
            if revision.minor {
                sink.left_out("minor edit of a talk page");
            } else if revision.reverts {
                sink.left_out("edit of a talk page that undoes another");
            } else if !longer {
                sink.left_out("edit of a talk page that adds nothing");
            } else {
                let body = Body::Comment(Comment {
                    person: revision.user.as_deref().map(identity),
                    team: None,
                    parent: None,
                    words: None,
                    deleted_at: None,
                });
                sink.event(self.of_revision("talk", page, revision, body));
            }
        }
    }

    /// A user who is a bot.
    pub(super) fn bot(&self, user: &str) -> Event {
        let person = Person {
            kind: PersonKind::Bot,
            ..Person::new(identity(user))
        };
        Event {
            source: Arc::clone(&self.source),
            id: user.to_owned(),
            subject: String::new(),
            time: 0,
            version: 0,
            body: Body::Person(Box::new(person)),
        }
    }

    /// Links that came and went since the last pull. `known` is brought up to date.
    pub(super) fn links(
        &self,
        pages: &BTreeMap<u64, Page>,
        known: &mut BTreeMap<String, Linked>,
        now: Millis,
        sink: &mut dyn Sink,
    ) {
        let mut standing = BTreeSet::new();
        for page in pages.values() {
            for from in &page.linked_from {
                if from.redirect {
                    sink.left_out("redirect");
                } else if Some(from.id) == page.talk || from.id == page.id {
                    sink.left_out("link from the page itself or its talk page");
                } else {
                    standing.insert((page.id, from.id));
                }
            }
        }
        for &(page, from) in &standing {
            let Some(next) = Linked::standing(known.get(&key(page, from)), now) else {
                continue;
            };
            sink.event(self.link(pages, page, from, &next));
            known.insert(key(page, from), next);
        }
        for (name, linked) in known
            .iter_mut()
            .filter(|(_, linked)| linked.removed_at.is_none())
        {
            let Some((page, from)) = numbers(name) else {
                continue;
            };
            // A page that is no longer listed says nothing of its links.
            if pages.contains_key(&page) && !standing.contains(&(page, from)) {
                linked.remove(now);
                sink.event(self.link(pages, page, from, linked));
            }
        }
    }

    fn link(&self, pages: &BTreeMap<u64, Page>, page: u64, from: u64, linked: &Linked) -> Event {
        let writeup = pages.contains_key(&from);
        Event {
            source: Arc::clone(&self.source),
            id: format!("link:{}", key(page, from)),
            subject: self.id(page),
            time: linked.at,
            version: linked.version,
            body: Body::Link(Link {
                person: None,
                team: None,
                place: if writeup { Place::Writeup } else { Place::Docs },
                stands_in: if writeup {
                    Some(self.id(from))
                } else {
                    self.address(from)
                },
                removed_at: linked.removed_at,
                role: None,
                form: Some(LinkForm::Link),
                label: None,
            }),
        }
    }

    fn of_revision(&self, kind: &str, page: &Page, revision: &Revision, body: Body) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: format!("{kind}:{}", revision.id),
            subject: self.id(page.id),
            time: revision.at,
            version: 0,
            body,
        }
    }

    /// The registry's id of a page.
    pub(super) fn id(&self, page: u64) -> String {
        format!("{}:{page}", self.source)
    }

    /// Another title of a page, and the addresses of the page under it.
    pub(super) fn also(&self, page: &Page, title: &str) -> Vec<String> {
        let url = page.url.as_deref();
        let mut names = vec![title.to_owned()];
        names.extend(url.and_then(|url| sibling(url, &page.title, title)));
        let scripts = self.scripts(page);
        names.extend(scripts.iter().map(|script| titled(script, title)));
        names
    }

    /// The script beside api.php, and the same where the wiki says that it has its pages: api.php may be
    /// asked at a name that no reader uses.
    fn scripts(&self, page: &Page) -> Vec<Url> {
        let mut scripts: Vec<Url> = self.api.join("index.php").into_iter().collect();
        let public = page.url.as_deref().and_then(|url| Url::parse(url).ok());
        let public = public.zip(scripts.first()).and_then(|(public, own)| {
            let is_other = public.origin() != own.origin();
            is_other.then(|| public.join(own.path()).ok()).flatten()
        });
        scripts.extend(public);
        scripts
    }

    /// The address of a page by its number; it stays when the page is moved.
    pub(super) fn address(&self, page: u64) -> Option<String> {
        let script = self.api.join("index.php").ok()?;
        Some(numbered(&script, page))
    }
}

/// The address of a page by its number.
fn numbered(script: &Url, page: u64) -> String {
    let mut address = script.clone();
    address.set_query(Some(&format!("curid={page}")));
    address.into()
}

/// The address of a page by its title, as the wiki itself writes it where it is given more to do.
fn titled(script: &Url, title: &str) -> String {
    let mut address = script.clone();
    let title = title.replace(' ', "_");
    address.query_pairs_mut().append_pair("title", &title);
    address.into()
}

fn key(page: u64, from: u64) -> String {
    format!("{page}:{from}")
}

fn numbers(key: &str) -> Option<(u64, u64)> {
    let (page, from) = key.split_once(':')?;
    Some((page.parse().ok()?, from.parse().ok()?))
}

/// What wikis write plainly in the addresses of their pages.
const TITLE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b'$')
    .remove(b'!')
    .remove(b'*')
    .remove(b'(')
    .remove(b')')
    .remove(b';')
    .remove(b',');

/// The address of another title, made after the address of this one.
fn sibling(url: &str, title: &str, other: &str) -> Option<String> {
    let written = title.replace(' ', "_");
    let starts = url.match_indices(['/', '=']).map(|(at, _)| at + 1);
    let fits = |at: &usize| {
        percent_decode_str(&url[*at..])
            .decode_utf8()
            .is_ok_and(|tail| tail == written)
    };
    let at = starts.into_iter().find(fits)?;
    let other = other.replace(' ', "_");
    let other = utf8_percent_encode(&other, TITLE);
    Some(format!("{}{other}", &url[..at]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::target::canonical;
    use crate::sources::visited::{Given, Visited, Wiki};

    fn maker() -> Maker {
        Maker {
            source: "wiki".into(),
            api: Url::parse("https://h/w/api.php").expect("valid"),
        }
    }

    /// As a wiki writes the address of a page.
    fn address(title: &str) -> String {
        let title = title.replace(' ', "_");
        format!("https://h/wiki/{}", utf8_percent_encode(&title, TITLE))
    }

    /// The names of a page that another title leads to, in their one spelling.
    fn names(title: &str, other: &str) -> Vec<String> {
        let page = Page {
            id: 7,
            title: title.to_owned(),
            url: Some(address(title)),
            talk: None,
            last_revision: 1,
            redirects: vec![other.to_owned()],
            linked_from: Vec::new(),
        };
        let event = maker().writeup(&page, &[], None, 1);
        let Body::Writeup(writeup) = event.body else {
            panic!("a write-up");
        };
        let aliases = writeup.aliases.iter();
        aliases.map(|alias| canonical(alias).into_owned()).collect()
    }

    #[test]
    fn a_title_that_leads_to_a_page_has_both_addresses() {
        let names = names("Queue?", "DNS: what, again? (R&D)");
        for address in [
            "https://h/wiki/Queue%3F",
            "https://h/w/index.php?title=Queue?",
            "https://h/w/index.php?curid=7",
            "https://h/wiki/DNS:_what,_again%3F_(R&D)",
            "https://h/w/index.php?title=DNS:_what,_again?_(R%26D)",
        ] {
            assert!(names.iter().any(|name| name == address), "{names:?}");
        }
    }

    /// What browsers and programs leave plain in a part of an address, the least first.
    const LEFT: [&[u8]; 3] = [b"-_.", b"-_.~!'()*", b"-_.~!$'()*,;:@/"];

    proptest! {
        /// However a page is asked for, by its title or by one that leads to it, it is asked for by a name of it.
        #[test]
        fn a_page_is_known_by_every_spelling_of_its_titles(
            titles in prop::array::uniform2("[A-Z0-9][a-z0-9/:()',?!&=+;$~\u{e4}\u{4e16} -]{0,12}[a-z0-9)?!']"),
            way in 0usize..3,
            spaced in any::<bool>(),
        ) {
            let given = Given { wiki: Some(Wiki::Media), ..Given::default() };
            let visited = Visited::new(given).expect("valid");
            let names = names(&titles[0], &titles[1]);
            for title in &titles {
                let asked = match spaced {
                    true => title.clone(),
                    false => title.replace(' ', "_"),
                };
                // Several in a row are one to the wiki.
                prop_assume!(!title.contains("  ") && !title.contains("//"));
                let mut spelled = String::new();
                for byte in asked.bytes() {
                    match byte.is_ascii_alphanumeric() || LEFT[way].contains(&byte) {
                        true => spelled.push(char::from(byte)),
                        false => spelled.push_str(&format!("%{byte:02x}")),
                    }
                }
                let mut requests = vec![
                    format!("/w/index.php?title={spelled}"),
                    format!("/w/index.php?action=view&oldid=70&title={spelled}"),
                ];
                // A browser is sent on from the others.
                if !spaced {
                    requests.push(format!("/wiki/{spelled}?oldid=70"));
                }
                for request in requests {
                    let Some(page) = visited.page(&request) else { continue };
                    let page = canonical(&format!("https://h{page}")).into_owned();
                    prop_assert!(names.contains(&page), "{request}: {page} in {names:?}");
                }
            }
        }
    }
}
