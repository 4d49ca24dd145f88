//! A wiki in memory, for tests: what is there, what it does not answer, and what its events come to.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Body, Event, Millis, Place, Vocabulary};
use crate::sources::collected::Collected;
use crate::sources::forge::{Blame, Stop};
use crate::sources::{KnownWriteup, Setting, SourceError};

use super::events::print;
use super::{
    Fate, Hearing, House, Links, Measured, Page, Run, Said, Seen, Stands, Targets, Turn, Wiki, pull,
};

/// 2026-01-01.
pub(super) const BEGIN: Millis = 1_767_225_600_000;

/// A page of the wiki.
#[derive(Clone, Debug, Default)]
pub(super) struct There {
    pub(super) is_there: bool,
    pub(super) is_writeup: bool,
    pub(super) updated: Millis,
    pub(super) label: u32,
    /// What only the page itself says.
    pub(super) words: u32,
    pub(super) comments: BTreeMap<String, Remark>,
    pub(super) leads_to: BTreeSet<String>,
    /// It was told of, or links on it stood, when it went: it is looked for.
    pub(super) is_sought: bool,
}

/// A comment in the wiki.
#[derive(Clone, Debug)]
pub(super) struct Remark {
    pub(super) is_there: bool,
    pub(super) created: Millis,
    pub(super) updated: Millis,
}

/// What may be refused of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    Whole,
    Belongings,
    Fate,
    Links,
}

/// The wiki, and who listens to it.
pub(super) struct Scripted {
    pub(super) now: Millis,
    pub(super) pages: BTreeMap<String, There>,
    /// Missed by the next pull, though they are there.
    pub(super) hidden: BTreeSet<String>,
    /// Refused by the next pull.
    pub(super) refused: BTreeSet<(Question, String)>,
    /// Write-ups that are called another way than where pages lead to them.
    pub(super) renamed: BTreeSet<String>,
    /// The question of the next pull that is one too many.
    pub(super) left: Option<u32>,
    pub(super) known: Vec<KnownWriteup>,
    pub(super) checkpoint: Option<String>,
    /// The winning event of each name.
    pub(super) ledger: BTreeMap<String, Event>,
}

impl Scripted {
    pub(super) fn new() -> Scripted {
        Scripted {
            now: BEGIN,
            pages: BTreeMap::new(),
            hidden: BTreeSet::new(),
            refused: BTreeSet::new(),
            renamed: BTreeSet::new(),
            left: None,
            known: Vec::new(),
            checkpoint: None,
            ledger: BTreeMap::new(),
        }
    }

    /// The same with a page that is changed now.
    pub(super) fn with(mut self, id: &str, is_writeup: bool, leads_to: &[&str]) -> Scripted {
        let leads_to = leads_to.iter().map(|to| (*to).to_owned()).collect();
        let page = There {
            is_there: true,
            is_writeup,
            updated: self.now,
            words: 1,
            leads_to,
            ..There::default()
        };
        self.pages.insert(id.to_owned(), page);
        self
    }

    pub(super) fn page(&mut self, id: &str) -> &mut There {
        self.pages.get_mut(id).expect("a page")
    }

    pub(super) fn register(&mut self, id: &str) {
        self.known.push(KnownWriteup {
            id: id.to_owned(),
            title: None,
            aliases: Vec::new(),
        });
    }

    fn setting(&self) -> Setting {
        Setting {
            source: "wiki".to_owned(),
            vocabulary: Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: self.known.clone(),
        }
    }

    /// One pull, an hour later.
    pub(super) fn pull(&mut self) -> Collected {
        self.now += 3_600_000;
        let mut heard = Collected::default();
        let house = House::new(&self.setting());
        let (checkpoint, now) = (self.checkpoint.take(), self.now);
        let next = pull(self, &house, checkpoint.as_deref(), now, &mut heard);
        self.checkpoint = Some(next.expect("a pull"));
        self.hidden.clear();
        self.refused.clear();
        self.left = None;
        for event in &heard.events {
            let rank = |event: &Event| (event.version, print(&(event.time, &event.body)));
            let known = self.ledger.get(&event.id);
            if known.is_none_or(|known| rank(known) < rank(event)) {
                self.ledger.insert(event.id.clone(), event.clone());
            }
        }
        heard
    }

    /// Whether this link stands by what was told.
    pub(super) fn links(&self, page: &str, to: &str) -> bool {
        self.stands(&format!("link:{page}:{to}"))
    }

    /// Whether what has this name was told and did not end.
    pub(super) fn stands(&self, event: &str) -> bool {
        self.ledger
            .get(event)
            .is_some_and(|event| !has_ended(event))
    }

    fn is_listed(&self, id: &str) -> bool {
        self.pages
            .get(id)
            .is_some_and(|page| page.is_there && page.is_writeup)
    }

    /// Where what was told is not as it is.
    pub(super) fn odds(&self) -> Vec<String> {
        let mut odds = Vec::new();
        let mut same = |what: String, told: bool, is: bool| {
            if told != is {
                odds.push(format!("{what}: told {told}, is {is}"));
            }
        };
        let own = self.pages.keys().filter(|id| self.is_listed(id));
        let own = own.map(|id| format!("wiki:{id}"));
        let sought: BTreeSet<String> = own
            .chain(self.known.iter().map(|one| one.id.clone()))
            .collect();
        for (id, page) in &self.pages {
            if let Some(gone) = self.ledger.get(&format!("deleted:{id}")) {
                same(format!("{id} is gone"), has_ended(gone), !page.is_there);
            } else if self.ledger.contains_key(&format!("page:{id}")) {
                same(format!("{id} is there"), true, page.is_there);
            }
            for to in &sought {
                let stands =
                    page.is_there && page.leads_to.contains(to) && *to != format!("wiki:{id}");
                same(format!("{id} leads to {to}"), self.links(id, to), stands);
            }
            if !self.is_listed(id) {
                continue;
            }
            match self.ledger.get(&format!("page:{id}")).map(|one| &one.body) {
                Some(Body::Writeup(told)) => {
                    let words = told.words == Some(page.words);
                    let label = told.tags == [page.label.to_string()];
                    same(format!("{id} as described"), words && label, true);
                }
                _ => same(format!("{id} is described"), false, true),
            }
            for (key, remark) in &page.comments {
                let name = format!("comment:{id}.{key}");
                let what = format!("{key} on {id}");
                same(what.clone(), self.stands(&name), remark.is_there);
                if let Some(Body::Comment(told)) = self.ledger.get(&name).map(|one| &one.body)
                    && remark.is_there
                {
                    same(what, told.words == Some(length(remark)), true);
                }
            }
        }
        odds
    }

    /// Asks one question about a page.
    fn ask(&mut self, question: Question, id: &str) -> Result<(), Stop> {
        if let Some(left) = &mut self.left {
            if *left == 0 {
                return Err(Stop::Later("asks to come back later".to_owned(), None));
            }
            *left -= 1;
        }
        match self.refused.contains(&(question, id.to_owned())) {
            false => Ok(()),
            true => Err(Stop::Refused(
                SourceError::Remote {
                    name: "wiki".to_owned(),
                    reason: "answers with status 500".to_owned(),
                    retryable: true,
                },
                Blame::Answer,
            )),
        }
    }

    fn look(
        &mut self,
        (turn, id): (Turn, &str),
        targets: &Targets,
        links: &mut Links,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        let answer = self.ask(Question::Links, id);
        let is_read = run.pass(answer)?.is_some();
        let page = self.pages.get(id).cloned().unwrap_or_default();
        links.turns.looked(turn, id, page.updated, is_read);
        if is_read && page.is_there {
            let stands = Stands {
                page: id,
                is_writeup: targets.is_own(id),
                place: Place::Docs,
                address: Some(format!("https://wiki.example.org/{id}")),
                updated: page.updated,
                editor: None,
                to: page
                    .leads_to
                    .intersection(&targets.sought)
                    .filter(|to| !self.renamed.contains(*to))
                    .cloned()
                    .collect(),
                sought: &targets.sought,
            };
            links.look(stands, run);
        }
        Ok(())
    }
}

/// Stands for what a comment says.
fn length(remark: &Remark) -> u32 {
    u32::try_from((remark.updated - BEGIN) / 1000).expect("small")
}

fn has_ended(event: &Event) -> bool {
    match &event.body {
        Body::Comment(comment) => comment.deleted_at.is_some(),
        Body::Link(link) => link.removed_at.is_some(),
        Body::Writeup(writeup) => writeup.deleted_at.is_some(),
        _ => false,
    }
}

impl Wiki for Scripted {
    fn pages(&mut self, _run: &mut Run<'_>) -> Result<Vec<Page>, Stop> {
        let listed = self.pages.iter();
        let listed = listed
            .filter(|(id, page)| page.is_there && page.is_writeup && !self.hidden.contains(*id));
        let pages = listed.map(|(id, page)| Page {
            id: id.clone(),
            title: id.clone(),
            published: Some(BEGIN),
            updated: page.updated,
            tags: vec![page.label.to_string()],
            ..Page::default()
        });
        Ok(pages.collect())
    }

    fn whole(&mut self, page: &Page) -> Result<Page, Stop> {
        self.ask(Question::Whole, &page.id)?;
        let measured = Measured {
            words: self.page(&page.id).words,
            ..Measured::default()
        };
        Ok(Page {
            measured: Some(measured),
            ..page.clone()
        })
    }

    fn belongings(
        &mut self,
        page: &Page,
        _is_new: bool,
        seen: &mut Seen,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        self.ask(Question::Belongings, &page.id)?;
        let mut hearing = Hearing::new(run, seen);
        let named = |key: &str| format!("{}.{key}", page.id);
        for (key, remark) in &self.page(&page.id).comments {
            if remark.is_there {
                let said = Said {
                    id: &named(key),
                    page: &page.id,
                    person: None,
                    parent: None,
                    words: Some(length(remark)),
                    created: remark.created,
                    updated: remark.updated,
                    deleted: None,
                };
                hearing.said(key, said);
            }
        }
        hearing.whole(&page.id, |key, _| named(key), seen, run);
        Ok(())
    }

    fn fate(&mut self, id: &str) -> Result<Fate, Stop> {
        self.ask(Question::Fate, id)?;
        let is_there = self.pages.get(id).is_some_and(|page| page.is_there);
        Ok(match is_there && !self.hidden.contains(id) {
            true => Fate::Elsewhere,
            false => Fate::Gone(None),
        })
    }

    fn links(&mut self, pages: &[Page], links: &mut Links, run: &mut Run<'_>) -> Result<(), Stop> {
        let targets = Targets::new(&run.maker, &self.setting(), pages);
        let there = self.pages.iter().filter(|(_, page)| page.is_there);
        let there: Vec<(Millis, String)> =
            there.map(|(id, page)| (page.updated, id.clone())).collect();
        for (turn, (_, id)) in links.turns.of(there, 0, Clone::clone) {
            self.look((turn, &id), &targets, links, run)?;
        }
        for id in links.turns.waiting() {
            self.look((Turn::Waited, &id), &targets, links, run)?;
        }
        Ok(())
    }
}
