//! `mediawiki`: pages of a wiki as write-ups, with their edits, the edits of their talk pages, and
//! the pages that link to them; from api.php.
//!
//! `client` asks, `answer` reads what came, `wikitext` counts, `events` says what it means; `log` looks for
//! deletions and moves, `outside` for links to write-ups elsewhere, `threads` for what was said on talk pages,
//! `views` for counts of page views; `checkpoint` is what the next pull needs.

mod addresses;
mod answer;
mod checkpoint;
mod client;
mod events;
mod log;
mod outside;
mod probe;
mod threads;
mod views;
mod wikitext;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use chrono_tz::Tz;
use serde::Deserialize;

use crate::model::{DAY_MS, Millis, Vocabulary};

use super::forge::{is_too_early, remembered, written};
use super::sight::counted;
use super::wiki;
use super::{Kind, KnownWriteup, Memory, Probe, Problem, Pull, Setting, Sink, SourceError, decode};

use addresses::sites;

use answer::{Page, Revision};
use checkpoint::{Checkpoint, Deletion, Linked};
use client::Client;
use events::Maker;
use wikitext::Measured;

/// The kind.
pub static KIND: Kind = Kind {
    name: "mediawiki",
    summary: "MediaWiki: pages as write-ups, their edits, talk and links, from api.php",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "wiki"
kind = "mediawiki"
api = "https://wiki.example.org/w/api.php"
category = "Category:Postmortems"
"#,
    pull: Some(build),
    probe: Some(Probe::Remote(probe::look)),
    sites: Some(sites),
    memory: Some(Memory {
        what: "page views (PageViewInfo)",
        days: VIEWS_KEPT,
    }),
    links: true,
    ..Kind::NOTHING
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    api: String,
    category: Option<String>,
    prefix: Option<String>,
    titles: Option<Vec<String>>,
    #[serde(default)]
    namespace: u32,
    #[serde(default = "yes")]
    talk: bool,
    #[serde(default = "yes")]
    links: bool,
    #[serde(default = "yes")]
    views: bool,
    token_file: Option<PathBuf>,
}

fn yes() -> bool {
    true
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(MediaWiki::new(decode(params)?, setting)?))
}

/// How the write-ups are listed: questions, each asked to its end.
type Listing = Vec<Vec<(&'static str, String)>>;

struct MediaWiki {
    client: Client,
    listing: Listing,
    /// What the listing is of, for people.
    listed: String,
    maker: Maker,
    talk: bool,
    links: bool,
    views: bool,
    vocabulary: Vocabulary,
    zone: Tz,
    writeups: Vec<KnownWriteup>,
    /// Whether the wiki knows threads, once it was asked.
    knows_threads: Option<bool>,
}

/// Days that the extension PageViewInfo keeps.
const VIEWS_KEPT: u32 = 60;

/// How long after its first revision a page is taken as it was published (INDICATORS section 8).
const PUBLICATION: Millis = 14 * DAY_MS;

/// Raised whenever a page of the same title, address and redirects gets other names: all are told once more.
const NAMES: u8 = 1;

/// Most that may be asked for in one question.
const BATCH: usize = 50;

impl MediaWiki {
    fn new(params: Params, setting: &Setting) -> Result<MediaWiki, SourceError> {
        let api = url::Url::parse(&params.api)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let api = api.ok_or_else(|| {
            SourceError::Params("api should be the address of the wiki's api.php".to_owned())
        })?;
        let (listed, listing): (String, Listing) =
            match (params.category, params.prefix, params.titles) {
                (Some(category), None, None) => {
                    let category = in_namespace(&category);
                    let question = vec![
                        ("generator", "categorymembers".to_owned()),
                        ("gcmtitle", category.clone()),
                        ("gcmtype", "page".to_owned()),
                        ("gcmlimit", BATCH.to_string()),
                    ];
                    (format!("in the category {category:?}"), vec![question])
                }
                (None, Some(prefix), None) => {
                    let question = vec![
                        ("generator", "allpages".to_owned()),
                        ("gapprefix", prefix.clone()),
                        ("gapnamespace", params.namespace.to_string()),
                        ("gapfilterredir", "nonredirects".to_owned()),
                        ("gaplimit", BATCH.to_string()),
                    ];
                    let namespace = match params.namespace {
                        0 => String::new(),
                        number => format!(" in namespace {number}"),
                    };
                    (
                        format!("whose titles begin with {prefix:?}{namespace}"),
                        vec![question],
                    )
                }
                (None, None, Some(titles)) if !titles.is_empty() => {
                    let questions = titles.chunks(BATCH);
                    (
                        format!("of {}", counted(titles.len(), "title", "titles")),
                        questions
                            .map(|some| vec![("titles", some.join("|"))])
                            .collect(),
                    )
                }
                _ => {
                    return Err(SourceError::Params(
                        "give one of category, prefix and titles".to_owned(),
                    ));
                }
            };
        let token = match params.token_file {
            None => None,
            Some(path) => {
                let failed = |cause| SourceError::Io {
                    name: path.display().to_string(),
                    cause,
                };
                Some(
                    std::fs::read_to_string(&path)
                        .map_err(failed)?
                        .trim()
                        .to_owned(),
                )
            }
        };
        let maker = Maker {
            source: Arc::from(setting.source.as_str()),
            api: api.clone(),
        };
        Ok(MediaWiki {
            client: Client::new(api, token),
            listing,
            listed,
            maker,
            talk: params.talk,
            links: params.links,
            views: params.views,
            zone: setting.timezone,
            writeups: setting.writeups.clone(),
            vocabulary: setting.vocabulary.clone(),
            knows_threads: None,
        })
    }

    /// The write-ups. A page's lists can come in several answers.
    fn pages(&self) -> Result<BTreeMap<u64, Page>, SourceError> {
        let mut pages: BTreeMap<u64, Page> = BTreeMap::new();
        let properties = if self.links {
            "info|redirects|linkshere"
        } else {
            "info|redirects"
        };
        for listing in &self.listing {
            let mut question: Vec<(&str, &str)> = listing
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            question.extend([
                ("prop", properties),
                ("inprop", "url|talkid"),
                ("rdprop", "title"),
                ("rdlimit", "max"),
            ]);
            if self.links {
                question.extend([("lhprop", "pageid|redirect"), ("lhlimit", "max")]);
            }
            self.client.all(&question, |answer| {
                for page in answer::pages(answer) {
                    match pages.get_mut(&page.id) {
                        Some(known) => {
                            known.redirects.extend(page.redirects);
                            known.linked_from.extend(page.linked_from);
                        }
                        None => {
                            pages.insert(page.id, page);
                        }
                    }
                }
            })?;
        }
        Ok(pages)
    }

    /// Numbers of the last revisions of pages.
    fn last_revisions(&self, ids: &[u64]) -> Result<BTreeMap<u64, u64>, SourceError> {
        let mut last = BTreeMap::new();
        for some in ids.chunks(BATCH) {
            let some = joined(some);
            self.client
                .all(&[("pageids", &some), ("prop", "info")], |answer| {
                    last.extend(
                        answer::pages(answer)
                            .iter()
                            .map(|page| (page.id, page.last_revision)),
                    );
                })?;
        }
        Ok(last)
    }

    /// All revisions of a page, oldest first.
    fn history(&self, page: u64, sink: &mut dyn Sink) -> Result<Vec<Revision>, SourceError> {
        let id = page.to_string();
        let mut history = Vec::new();
        let mut unread = 0;
        let question = [
            ("pageids", id.as_str()),
            ("prop", "revisions"),
            ("rvprop", "ids|timestamp|user|userid|size|sha1|flags|tags"),
            ("rvlimit", "max"),
            ("rvdir", "newer"),
        ];
        self.client.all(&question, |answer| {
            let (found, bad) = answer::revisions(answer);
            history.extend(found);
            unread += bad;
        })?;
        for _ in 0..unread {
            sink.problem(Problem {
                place: format!("page {page}"),
                field: "revisions".to_owned(),
                reason: "one has no number or no RFC 3339 time".to_owned(),
            });
        }
        Ok(history)
    }

    /// What is counted of a page as it stands now.
    fn measured(&self, page: u64) -> Result<Option<Measured>, SourceError> {
        self.counts(&[("pageids", &page.to_string()), ("rvlimit", "1")])
    }

    /// What is counted of one revision; nothing of a hidden one.
    fn measured_at(&self, revision: u64) -> Result<Option<Measured>, SourceError> {
        self.counts(&[("revids", &revision.to_string())])
    }

    fn counts(&self, which: &[(&str, &str)]) -> Result<Option<Measured>, SourceError> {
        let mut question = which.to_vec();
        question.extend([
            ("prop", "revisions"),
            ("rvprop", "content"),
            ("rvslots", "main"),
        ]);
        let mut measured = None;
        self.client.all(&question, |answer| {
            if measured.is_none() {
                let text = answer::content(answer);
                measured = text.map(|text| wikitext::measure(text, &self.vocabulary));
            }
        })?;
        Ok(measured)
    }

    /// Tells of a page, and what is counted of it.
    fn describe(
        &self,
        page: &Page,
        history: &[Revision],
        version: u32,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let now = self.measured(page.id)?;
        let Some((early, latest)) = two_times(history) else {
            sink.event(self.maker.writeup(page, history, now, version));
            return Ok(());
        };
        // What was measured at two times is told apart.
        sink.event(self.maker.writeup(page, history, None, version));
        let then = self.measured_at(early.id)?;
        for (which, revision, measured) in [("early", early, then), ("latest", latest, now)] {
            if let Some(measured) = measured {
                sink.event(self.maker.revised(page, which, revision, measured));
            }
        }
        Ok(())
    }

    /// Describes the bots among these users.
    fn bots(&self, users: &BTreeSet<String>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        for some in users.chunks(BATCH) {
            let some = some.join("|");
            let mut bots = Vec::new();
            self.client.all(
                &[("list", "users"), ("ususers", &some), ("usprop", "groups")],
                |answer| {
                    bots.extend(answer::bots(answer).into_iter().map(str::to_owned));
                },
            )?;
            for bot in bots {
                sink.event(self.maker.bot(&bot));
            }
        }
        Ok(())
    }
}

/// A category with its namespace; every wiki knows it by this word as well as by its own.
fn in_namespace(category: &str) -> String {
    let category = category.trim();
    match category.contains(':') {
        true => category.to_owned(),
        false => format!("Category:{category}"),
    }
}

/// The last revision of a page's first two weeks, and the last of all where that is another one.
fn two_times(history: &[Revision]) -> Option<(&Revision, &Revision)> {
    let (first, latest) = (history.first()?, history.last()?);
    let early = history
        .iter()
        .rfind(|revision| revision.at <= first.at + PUBLICATION)?;
    (early.id != latest.id).then_some((early, latest))
}

impl Pull for MediaWiki {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let mut state: Checkpoint = remembered(checkpoint, sink);
        if is_too_early(state.not_before.take(), now, "the wiki", sink) {
            return Ok(checkpoint.unwrap_or_default().to_owned());
        }
        if checkpoint.is_none() && self.links {
            sink.note(
                "links of a wiki have no date; those that stand now count from this pull"
                    .to_owned(),
            );
        }
        let ended = self.take(&mut state, now, sink);
        match (ended, self.client.asked_to_wait()) {
            (Err(error), Some(wait)) => {
                sink.note(format!("{error}; the next pull goes on from there"));
                state.not_before = Some(now.saturating_add(wait));
            }
            (ended, _) => ended?,
        }
        written(&state)
    }
}

impl MediaWiki {
    /// Tells of all that is new. Where it ends early, what was told is remembered.
    fn take(
        &mut self,
        state: &mut Checkpoint,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let pages = self.pages()?;
        let talks: Vec<u64> = if self.talk {
            pages.values().filter_map(|page| page.talk).collect()
        } else {
            Vec::new()
        };
        let talk_revisions = self.last_revisions(&talks)?;
        let mut users = BTreeSet::new();
        for page in pages.values() {
            let mut seen = state.pages.get(&page.id).cloned().unwrap_or_default();
            // Redirects come and go without a revision of the page.
            let names = wiki::print(&(NAMES, &page.title, &page.url, &page.redirects));
            let is_renamed = names != seen.names && !seen.names.is_empty();
            if page.last_revision != seen.page || is_renamed {
                let history = self.history(page.id, sink)?;
                users.extend(history.iter().filter_map(|revision| revision.user.clone()));
                let revision = |id: u64| u32::try_from(id).unwrap_or(u32::MAX);
                let last = seen.version.max(revision(seen.page));
                let version = wiki::next(last, 0, now).max(revision(page.last_revision));
                self.describe(page, &history, version, sink)?;
                self.maker.edits(page, &history, seen.page, sink);
                seen.page = page.last_revision;
                seen.version = version;
            }
            seen.names = names;
            state.pages.insert(page.id, seen.clone());
            let talk = page
                .talk
                .and_then(|talk| Some((talk, *talk_revisions.get(&talk)?)));
            if let Some((talk, last)) = talk.filter(|(_, last)| *last != seen.talk) {
                let history = self.history(talk, sink)?;
                users.extend(history.iter().filter_map(|revision| revision.user.clone()));
                let told = state.threads.entry(page.id).or_default();
                if !self.threads(page, (last, &history), told, sink)? {
                    self.maker.comments(page, &history, seen.talk, sink);
                }
                state.pages.entry(page.id).or_default().talk = last;
            }
        }
        self.deletions(&pages, state, now, sink)?;
        self.moves(&pages, state, sink)?;
        self.bots(&users, sink)?;
        if self.links {
            self.maker.links(&pages, &mut state.links, now, sink);
            self.outside(&pages, &mut state.outside, now, sink)?;
        }
        if self.views {
            let ids: Vec<u64> = pages.keys().copied().collect();
            self.views(&ids, state, now, sink)?;
        }
        state.pulled_at = Some(now);
        Ok(())
    }
}

fn joined(ids: &[u64]) -> String {
    ids.iter().map(u64::to_string).collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod gaps_tests;
#[cfg(test)]
mod log_tests;
#[cfg(test)]
mod tests;
