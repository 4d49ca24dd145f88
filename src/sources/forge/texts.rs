//! Texts to events: a comment on a write-up, links to write-ups, edits of pages.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{
    Body, Comment, Edit, Event, Identity, Link, LinkForm, Millis, Person, PersonKind, Place,
};
use crate::sources::Sink;
use crate::sources::links::Finder;

/// Turns texts into events.
pub(in crate::sources) struct Reader {
    /// The `source` of the events.
    pub(in crate::sources) source: Arc<str>,
    /// Finds references to the registered write-ups.
    pub(in crate::sources) finder: Finder,
    /// Their ids.
    pub(in crate::sources) ids: Vec<String>,
    /// What kind of place the texts are.
    pub(in crate::sources) place: Place,
}

/// The last word on a text: nothing comes after its deletion.
pub(super) const DELETED: u32 = u32::MAX;

/// A text: the body of an issue, a comment, …
pub(in crate::sources) struct Text<'a> {
    /// Names it for ever, the same in deliveries and replies.
    pub(in crate::sources) id: String,
    /// Its address, where it is known.
    pub(in crate::sources) address: Option<String>,
    /// Of a comment: the pages and files that it may be about, the likeliest first.
    pub(in crate::sources) on: Option<Vec<String>>,
    /// The id of the comment that it answers.
    pub(in crate::sources) answers: Option<String>,
    /// Empty for a comment.
    pub(in crate::sources) title: &'a str,
    /// What was written.
    pub(in crate::sources) body: Cow<'a, str>,
    /// Whose it is.
    pub(in crate::sources) hand: Hand,
    /// When it was written.
    pub(in crate::sources) created: Millis,
    /// When it was changed last.
    pub(in crate::sources) updated: Millis,
    /// What happened to it.
    pub(in crate::sources) action: Action<'a>,
}

/// Who is named beside a text.
pub(in crate::sources) enum Hand {
    /// Its author; nobody for an account that was deleted.
    Author(Option<Author>),
    /// Somebody else who edited it; the author is not named.
    Editor(Option<Author>),
}

/// Somebody who writes.
#[derive(Clone)]
pub(in crate::sources) struct Author {
    /// As the store will know them.
    pub(in crate::sources) identity: Identity,
    /// A program.
    pub(in crate::sources) bot: bool,
}

impl Author {
    /// By a name at a kind of forge.
    pub(in crate::sources) fn new(
        source: &'static str,
        kind: &'static str,
        name: &str,
        bot: bool,
    ) -> Author {
        Author {
            identity: Identity::of_source(source, kind, name),
            bot,
        }
    }
}

/// Whether an account calls itself a bot.
pub(in crate::sources) fn is_bot(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["[bot]", "-bot", "_bot", "-actions"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// What happened to a text.
#[derive(Clone, Copy)]
pub(in crate::sources) enum Action<'a> {
    /// It is there, as given.
    Stands,
    /// It was edited; what title and body were before, where the edit was of them.
    Edited {
        title: Option<&'a str>,
        body: Option<&'a str>,
    },
    /// It is gone.
    Deleted,
}

/// A page of a wiki that was edited.
pub(in crate::sources) struct Page {
    /// Its address.
    pub(in crate::sources) address: String,
    /// What the wiki calls this edit.
    pub(in crate::sources) revision: Option<String>,
    /// Who edited it.
    pub(in crate::sources) author: Option<Author>,
}

/// A link to a write-up (its index), and how it is written.
pub(in crate::sources) type Found = (usize, LinkForm);

impl Text<'_> {
    /// Seconds of the last change: they grow with every edit and fit until 2106.
    fn version(&self) -> u32 {
        second(self.updated)
    }

    pub(super) fn author(&self) -> Option<&Author> {
        match &self.hand {
            Hand::Author(author) => author.as_ref(),
            Hand::Editor(_) => None,
        }
    }

    fn writer(&self) -> Option<&Author> {
        match &self.hand {
            Hand::Author(author) | Hand::Editor(author) => author.as_ref(),
        }
    }
}

/// The version of what happened at a time.
pub(in crate::sources) fn second(at: Millis) -> u32 {
    u32::try_from(at / 1000).unwrap_or(DELETED - 1)
}

impl Reader {
    /// Sends the events of a text. `now` is when a delivery came; a saved one does not say when
    /// something was deleted, so the last change stands in for it. `before` are the links that were
    /// found in it earlier, where that is known. Says whether there were events.
    pub(in crate::sources) fn read(
        &self,
        text: &Text<'_>,
        now: Option<Millis>,
        before: Option<&[Found]>,
        bots: &mut Bots,
        sink: &mut dyn Sink,
    ) -> bool {
        let deleted_at = match text.action {
            Action::Deleted => Some(now.unwrap_or(text.updated).max(text.created)),
            _ => None,
        };
        let commented = self.comment(text, deleted_at, sink);
        let linked = self.links(text, before, deleted_at, sink);
        if commented || linked {
            bots.meet(&self.source, text.writer(), sink);
        } else {
            sink.left_out(match text.on {
                _ if matches!(text.hand, Hand::Editor(_)) => {
                    "edit by somebody else that brought no link"
                }
                Some(_) => "comment on something that is no write-up",
                None => "text without a link to a write-up",
            });
        }
        commented || linked
    }

    /// Sends the edit of a page.
    pub(in crate::sources) fn page(
        &self,
        page: &Page,
        now: Option<Millis>,
        bots: &mut Bots,
        sink: &mut dyn Sink,
    ) {
        let Some(writeup) = self.writeup_at(&page.address) else {
            return sink.left_out("wiki page that is no write-up");
        };
        let Some(now) = now else {
            return sink.left_out("wiki page: a saved delivery does not say when it was edited");
        };
        let revision = match &page.revision {
            Some(revision) => format!("wiki:{}:{revision}", page.address),
            None => format!("wiki:{}@{now}", page.address),
        };
        sink.event(Event {
            source: Arc::clone(&self.source),
            id: revision,
            subject: self.ids[writeup].clone(),
            time: now,
            version: 0,
            body: Body::Edit(Edit {
                person: page.author.as_ref().map(|author| author.identity.clone()),
                team: None,
                words_added: None,
                words_removed: None,
                sections: None,
                minor: false,
            }),
        });
        bots.meet(&self.source, page.author.as_ref(), sink);
    }

    /// Sends the end of a text of which no more is known than when it was written, where it stood, the
    /// write-up that it was a comment on, and its links. It may turn up again: that has a greater version.
    pub(super) fn gone(
        &self,
        (id, created): (&str, Millis),
        address: Option<&str>,
        (at, version): (Millis, u32),
        (on, links): (Option<usize>, &[Found]),
        sink: &mut dyn Sink,
    ) {
        let text = Text {
            id: id.to_owned(),
            address: address.map(str::to_owned),
            on: None,
            answers: None,
            title: "",
            body: Cow::Borrowed(""),
            hand: Hand::Author(None),
            created,
            updated: created,
            action: Action::Deleted,
        };
        let at = at.max(created);
        if let Some(writeup) = on {
            sink.event(Event {
                version,
                ..self.commented(&text, writeup, Some(at), None)
            });
        }
        for found in links {
            sink.event(self.link(&text, *found, None, (created, version, Some(at))));
        }
    }

    /// Sends a text that turned up again after its end was sent.
    pub(super) fn back(&self, text: &Text<'_>, version: u32, bots: &mut Bots, sink: &mut dyn Sink) {
        if let Some(writeup) = self.commented_on(text) {
            sink.event(Event {
                version,
                ..self.commented(text, writeup, None, Some(words(&text.body)))
            });
        }
        for found in self.links_in(text.title, &text.body) {
            sink.event(self.link(text, found, text.author(), (text.created, version, None)));
        }
        bots.meet(&self.source, text.author(), sink);
    }

    fn comment(&self, text: &Text<'_>, deleted_at: Option<Millis>, sink: &mut dyn Sink) -> bool {
        let Some(writeup) = self.commented_on(text) else {
            return false;
        };
        // What another hand changed is still its author's, whom nobody names here.
        if matches!(text.hand, Hand::Editor(_)) {
            return false;
        }
        let words = Some(words(&text.body));
        sink.event(self.commented(text, writeup, deleted_at, words));
        true
    }

    fn commented(
        &self,
        text: &Text<'_>,
        writeup: usize,
        deleted_at: Option<Millis>,
        words: Option<u32>,
    ) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: text.id.clone(),
            subject: self.ids[writeup].clone(),
            time: text.created,
            version: match deleted_at {
                Some(_) => DELETED,
                None => text.version(),
            },
            body: Body::Comment(Comment {
                person: text.author().map(|author| author.identity.clone()),
                team: None,
                parent: text.answers.clone(),
                words,
                deleted_at,
            }),
        }
    }

    /// The write-up that a comment is about: the file it stands at, or the page it stands on.
    pub(super) fn commented_on(&self, text: &Text<'_>) -> Option<usize> {
        let pages = text.on.as_ref()?;
        pages.iter().find_map(|page| self.writeup_at(page))
    }

    /// The write-up of this address.
    fn writeup_at(&self, address: &str) -> Option<usize> {
        let found = self.finder.find(address.as_bytes(), None);
        found.first().map(|found| found.writeup)
    }

    /// A link found where it stands has version 0 and the text's own time. An edit that brings or
    /// removes one has a greater version, so what was saved earlier cannot undo it.
    fn links(
        &self,
        text: &Text<'_>,
        before: Option<&[Found]>,
        deleted_at: Option<Millis>,
        sink: &mut dyn Sink,
    ) -> bool {
        let now = self.links_in(text.title, &text.body);
        let stood = match text.action {
            Action::Edited { title, body } if title.is_some() || body.is_some() => {
                Some(self.links_in(title.unwrap_or(text.title), body.unwrap_or(&text.body)))
            }
            _ => before.map(<[Found]>::to_vec),
        };
        let mut link = |found: Found, person: Option<&Author>, when: When| {
            sink.event(self.link(text, found, person, when));
        };
        let author = text.author();
        if let Some(at) = deleted_at {
            let mut all = now;
            all.extend(stood.into_iter().flatten());
            one_each(&mut all);
            for found in &all {
                link(*found, author, (text.created, DELETED, Some(at)));
            }
            return !all.is_empty();
        }
        let Some(stood) = stood else {
            if matches!(text.hand, Hand::Author(_)) {
                for found in &now {
                    link(*found, author, (text.created, 0, None));
                }
                return !now.is_empty();
            }
            return false;
        };
        for found in &now {
            let earlier = stood.iter().find(|(writeup, _)| *writeup == found.0);
            match earlier {
                // Nothing new, and whose it is was said before.
                Some(_) if matches!(text.hand, Hand::Editor(_)) => {}
                Some(earlier) if earlier == found => link(*found, author, (text.created, 0, None)),
                Some(_) => link(*found, author, (text.created, text.version(), None)),
                None => {
                    let when = (text.updated, text.version(), None);
                    link(*found, text.writer(), when);
                }
            }
        }
        let gone = |found: &&Found| now.iter().all(|(writeup, _)| *writeup != found.0);
        for found in stood.iter().filter(gone) {
            let when = (text.created, text.version(), Some(text.updated));
            link(*found, author, when);
        }
        !now.is_empty() || !stood.is_empty()
    }

    fn link(
        &self,
        text: &Text<'_>,
        (writeup, form): Found,
        person: Option<&Author>,
        (time, version, removed_at): When,
    ) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: format!("{}:link:{}", text.id, self.ids[writeup]),
            subject: self.ids[writeup].clone(),
            time,
            version,
            body: Body::Link(Link {
                person: person.map(|author| author.identity.clone()),
                team: None,
                place: self.place,
                stands_in: text.address.clone(),
                removed_at,
                role: None,
                form: Some(form),
                label: None,
            }),
        }
    }

    /// The write-ups that a title and a body refer to, each once.
    pub(in crate::sources) fn links_in(&self, title: &str, body: &str) -> Vec<Found> {
        let found = |text: &str| self.finder.find(text.as_bytes(), None);
        let mut links: Vec<Found> = [title, body]
            .into_iter()
            .flat_map(found)
            .map(|found| (found.writeup, found.form.of_link()))
            .collect();
        one_each(&mut links);
        links
    }
}

/// Time and version of a link, and when it was removed.
type When = (Millis, u32, Option<Millis>);

/// A text that refers to a write-up in several ways does so in the plainest.
fn one_each(links: &mut Vec<Found>) {
    links.sort_unstable();
    links.dedup_by_key(|(writeup, _)| *writeup);
}

fn words(text: &str) -> u32 {
    u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX)
}

/// The bots met while reading, each of which is described once.
#[derive(Default)]
pub(in crate::sources) struct Bots {
    known: BTreeSet<String>,
    texts: u64,
}

impl Bots {
    /// Looks at the author of a text that was taken.
    pub(in crate::sources) fn meet(
        &mut self,
        source: &Arc<str>,
        author: Option<&Author>,
        sink: &mut dyn Sink,
    ) {
        let Some(author) = author.filter(|author| author.bot) else {
            return;
        };
        self.texts += 1;
        let name = author.identity.value.clone();
        if !self.known.insert(name.clone()) {
            return;
        }
        sink.event(Event {
            source: Arc::clone(source),
            id: name,
            subject: String::new(),
            time: 0,
            version: 0,
            body: Body::Person(Box::new(Person {
                kind: PersonKind::Bot,
                ..Person::new(author.identity.clone())
            })),
        });
    }

    /// Tells how many texts were theirs.
    pub(in crate::sources) fn tell(&self, name: &str, sink: &mut dyn Sink) {
        if self.texts > 0 {
            sink.note(format!(
                "{name}: texts written by bots, which are no people: {} by {}",
                self.texts,
                self.known.len()
            ));
        }
    }
}
