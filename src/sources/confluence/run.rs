//! One pull: finds the write-ups, tells what changed of each, and what is gone. What can't be answered is
//! left for the next pull, which goes on where this one ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DAY_MS, Millis, Vocabulary};
use crate::sources::forge::{Stop, hex, sha256};
use crate::sources::{Setting, Sink, SourceError};

use super::answer::{Page, Version, Who};
use super::checkpoint::{Checkpoint, Known, Told, second};
use super::events::{Description, HOUR, Maker};
use super::params::Checked;
use super::site::{Site, TOGETHER};
use super::storage::{self, Measured};

/// How long after its first version a page is taken as it was published (INDICATORS section 8).
const PUBLICATION: Millis = 14 * DAY_MS;

/// Pulls that do not find something before it is taken to be gone.
const MISSED: u8 = 2;

/// Versions whose words are compared where each has to be asked for.
const COMPARED: usize = 20;

/// One pull.
pub(super) struct Run<'a> {
    /// What was asked for.
    pub(super) params: &'a Checked,
    /// What is known of the house.
    pub(super) setting: &'a Setting,
    /// The site.
    pub(super) site: Site,
    /// Makes its events.
    pub(super) maker: Maker,
    /// When it is.
    pub(super) now: Millis,
    /// Takes what is found.
    pub(super) sink: &'a mut dyn Sink,
    /// Spaces by their numbers.
    pub(super) spaces: BTreeMap<String, String>,
    /// All pages of the spaces, where they are looked through.
    pub(super) listing: BTreeMap<u64, Page>,
    /// Programs that may have been met, and people who were.
    met: Vec<Who>,
    /// Counters are not for us.
    no_counters: bool,
    /// It is known which pages are write-ups.
    pub(super) found: bool,
    /// The first question that was not answered.
    pub(super) refused: Option<SourceError>,
}

impl<'a> Run<'a> {
    /// Begins a pull.
    pub(super) fn new(
        params: &'a Checked,
        setting: &'a Setting,
        site: Site,
        now: Millis,
        sink: &'a mut dyn Sink,
    ) -> Run<'a> {
        let maker = Maker {
            source: setting.source.as_str().into(),
            site: params.site.clone(),
        };
        Run {
            params,
            setting,
            site,
            maker,
            now,
            sink,
            spaces: BTreeMap::new(),
            listing: BTreeMap::new(),
            met: Vec::new(),
            no_counters: false,
            found: false,
            refused: None,
        }
    }

    /// All of it.
    pub(super) fn pull(&mut self, state: &mut Checkpoint) -> Result<(), Stop> {
        let writeups = self.find()?;
        self.found = true;
        let told = self.writeups(&writeups, state);
        // Whoever was met is described, however it ended.
        let described = self.people();
        told?;
        described?;
        self.gone(&writeups, state)?;
        if self.params.links && !self.params.spaces.is_empty() {
            let linked = self.links(&writeups, state);
            let described = self.people();
            linked?;
            described?;
        }
        Ok(())
    }

    /// The write-ups as they are listed now.
    fn find(&mut self) -> Result<BTreeMap<u64, Page>, Stop> {
        let keys = &self.params.spaces;
        if !keys.is_empty() {
            self.spaces = self.site.spaces(keys)?;
            if self.params.links || self.params.chosen.is_none() {
                self.listing = self.site.listing(keys, &self.spaces)?;
            }
        }
        let mut found = match &self.params.chosen {
            None => self.listing.clone(),
            Some(cql) => {
                let chosen = self.site.search(cql)?;
                let mut found = BTreeMap::new();
                let mut others = Vec::new();
                for (id, blog) in chosen {
                    if let Some(page) = self.listing.get(&id) {
                        found.insert(id, page.clone());
                    } else {
                        others.push((id, blog));
                    }
                }
                for some in others.chunks(TOGETHER) {
                    let pages = self.site.pages(some, false, &self.spaces)?;
                    found.extend(pages.into_iter().map(|(page, _)| (page.id, page)));
                }
                found
            }
        };
        found.retain(|_, page| !page.trashed);
        let based = found.values().find_map(|page| page.base.clone());
        self.maker.site = self.maker.site.take().or(based);
        Ok(found)
    }

    /// Looks at one write-up after the other, from where the last pull ended.
    fn writeups(
        &mut self,
        found: &BTreeMap<u64, Page>,
        state: &mut Checkpoint,
    ) -> Result<(), Stop> {
        let after = state.at.unwrap_or(0);
        let late = found.range(after.saturating_add(1)..);
        // Those before were looked at in the pull that was cut off.
        for (id, page) in late {
            let known = state.writeups.entry(*id).or_default();
            known.blog = page.blog;
            known.missed = 0;
            if std::mem::take(&mut known.gone) {
                self.sink.event(self.maker.deletion(*id, None, self.now));
            }
            let looked = self.look_at(page, known);
            self.passes(looked)?;
            state.at = Some(*id);
        }
        state.at = None;
        Ok(())
    }

    /// Whether something was answered; that one question was not is kept for the end.
    pub(super) fn passes(&mut self, looked: Result<(), Stop>) -> Result<bool, Stop> {
        match looked {
            Ok(()) => Ok(true),
            Err(Stop::Refused(error)) => {
                self.refused.get_or_insert(error);
                Ok(false)
            }
            Err(stop) => Err(stop),
        }
    }

    fn look_at(&mut self, page: &Page, known: &mut Known) -> Result<(), Stop> {
        self.describe(page, known)?;
        if self.params.comments {
            self.comments(page, known)?;
        }
        if self.params.counters && !self.no_counters {
            self.counters(page.id, known)?;
        }
        Ok(())
    }

    /// Tells of a write-up where something of it changed.
    fn describe(&mut self, page: &Page, known: &mut Known) -> Result<(), Stop> {
        let labels = self.site.labels(page)?.unwrap_or_default();
        let told = self.site.restricted(page)?;
        let restricted = told.unwrap_or(known.restricted);
        let opened = known.restricted && !restricted;
        let addresses = self.maker.addresses(page);
        let facts = format!(
            "{:?}",
            (
                page.version.number,
                &page.title,
                &addresses,
                &labels,
                restricted
            )
        );
        let facts = hex(&sha256(facts.as_bytes())[..8]);
        if known.facts == facts {
            return Ok(());
        }
        let mut history = self.site.history(page)?;
        let before = known.version;
        let words = self.words_changed(page, &mut history, before)?;
        let two = self.two_times(page, &mut history)?;
        let whole = |measured| Description {
            page,
            history: &history,
            labels,
            restricted,
            opened,
            measured,
        };
        match two {
            Two::One(measured) => self
                .sink
                .event(self.maker.writeup(&whole(measured), self.now)),
            Two::Both(early, latest) => {
                self.sink.event(self.maker.writeup(&whole(None), self.now));
                for (which, told) in [("early", early), ("latest", latest)] {
                    if let Some((version, measured)) = told {
                        self.sink
                            .event(self.maker.revised(page.id, which, &version, measured));
                    }
                }
            }
        }
        for version in history
            .iter()
            .filter(|version| version.number > before.max(1))
        {
            let words = words.get(&version.number).copied();
            self.sink.event(self.maker.edit(page.id, version, words));
        }
        self.meet(history.iter().filter_map(|version| version.who.as_ref()));
        known.facts = facts;
        known.restricted = restricted;
        known.version = page.version.number;
        Ok(())
    }

    /// How many words came and went with each version after `told`.
    fn words_changed(
        &mut self,
        page: &Page,
        history: &mut [Version],
        told: u32,
    ) -> Result<BTreeMap<u32, (u32, u32)>, Stop> {
        let mut changed = BTreeMap::new();
        let fresh = history
            .iter()
            .filter(|version| version.number > told)
            .count();
        let missing = history.iter().any(|version| version.body.is_none());
        if missing && (fresh > COMPARED || fresh == 0) {
            return Ok(changed);
        }
        let from = history.len().saturating_sub(fresh + 1);
        let mut before: Option<(u32, Vec<String>)> = None;
        for version in &mut history[from..] {
            self.fill(page, version)?;
            let words = version
                .body
                .as_deref()
                .map(|body| storage::take(body).words);
            if let (Some((number, before)), Some(words)) = (&before, &words) {
                // Versions between them were removed: then it is not known whose words these are.
                if number + 1 == version.number && version.number > told {
                    changed.insert(version.number, storage::changed(before, words));
                }
            }
            before = words.map(|words| (version.number, words));
        }
        Ok(changed)
    }

    /// Asks for what a version says, if that is not known.
    fn fill(&mut self, page: &Page, version: &mut Version) -> Result<(), Stop> {
        if version.body.is_none() {
            let told = self.site.version(page, version.number)?;
            version.body = told.and_then(|told| told.body);
        }
        Ok(())
    }

    /// What is counted of a page as it was published, and as it is.
    fn two_times(&mut self, page: &Page, history: &mut [Version]) -> Result<Two, Stop> {
        let Some(first) = history.first().map(|version| version.at) else {
            return Ok(Two::One(None));
        };
        let vocabulary = &self.setting.vocabulary;
        let until = first + PUBLICATION;
        let early = history.iter().rposition(|version| version.at <= until);
        let latest = history.len() - 1;
        if let Some(version) = history.get_mut(latest) {
            self.fill(page, version)?;
        }
        let now = history
            .get(latest)
            .and_then(|version| counted(version, vocabulary));
        let early = early.filter(|early| *early != latest);
        let Some(version) = early.and_then(|early| history.get_mut(early)) else {
            return Ok(Two::One(now.map(|(_, measured)| measured)));
        };
        self.fill(page, version)?;
        Ok(Two::Both(counted(version, vocabulary), now))
    }

    /// Tells of comments that are new or changed, and of those that are gone.
    fn comments(&mut self, page: &Page, known: &mut Known) -> Result<(), Stop> {
        let listed = self.site.comments(page)?;
        let mut there = BTreeSet::new();
        for mut comment in listed {
            there.insert(comment.id);
            let told = known.comments.get(&comment.id);
            let same =
                told.is_some_and(|told| !told.gone && told.version == comment.version.number);
            let back = told.is_some_and(|told| told.gone);
            if !same {
                self.site.written(&mut comment)?;
                let Some((at, who)) = comment.written.clone() else {
                    self.sink
                        .left_out("comment whose first version is not told");
                    continue;
                };
                let measured = comment
                    .body
                    .as_deref()
                    .map(|body| storage::take(body).words.len());
                let words = measured.map(|words| u32::try_from(words).unwrap_or(u32::MAX));
                let version = second(if back { self.now } else { comment.version.at });
                let written = (at, who.as_ref());
                let event = self
                    .maker
                    .comment(page.id, &comment, written, words, version);
                self.sink.event(event);
                self.meet(who.iter());
                let told = Told {
                    version: comment.version.number,
                    at,
                    ..Told::default()
                };
                known.comments.insert(comment.id, told);
            } else if let Some(told) = known.comments.get_mut(&comment.id) {
                told.missed = 0;
            }
        }
        for (id, told) in &mut known.comments {
            if there.contains(id) || told.gone {
                continue;
            }
            told.missed = told.missed.saturating_add(1);
            if told.missed >= MISSED {
                told.gone = true;
                let event = self.maker.uncommented(page.id, *id, told.at, self.now);
                self.sink.event(event);
            }
        }
        Ok(())
    }

    fn counters(&mut self, page: u64, known: &mut Known) -> Result<(), Stop> {
        if known.counted.is_some_and(|at| at / HOUR == self.now / HOUR) {
            return Ok(());
        }
        let Some(counters) = self.site.counters(page)? else {
            self.no_counters = true;
            self.sink.note(
                "counters of views are not to be had: only Cloud has them, in its paid plans"
                    .to_owned(),
            );
            return Ok(());
        };
        known.counted = Some(self.now);
        self.sink
            .event(self.maker.counters(page, counters, self.now));
        Ok(())
    }

    /// Looks for write-ups that are listed no more. Those that only left the list stay.
    fn gone(&mut self, found: &BTreeMap<u64, Page>, state: &mut Checkpoint) -> Result<(), Stop> {
        for (id, known) in &mut state.writeups {
            if found.contains_key(id) || known.gone {
                continue;
            }
            let looked = self.site.anywhere(*id, known.blog);
            let looked = match looked {
                Err(Stop::Refused(error)) => {
                    self.refused.get_or_insert(error);
                    continue;
                }
                looked => looked?,
            };
            known.missed = match &looked {
                Some(page) if page.trashed => MISSED,
                Some(_) => 0,
                None => known.missed.saturating_add(1),
            };
            if known.missed >= MISSED {
                known.gone = true;
                let now = self.now;
                self.sink.event(self.maker.deletion(*id, Some(now), now));
            }
        }
        Ok(())
    }

    /// Meets somebody who is named in events.
    pub(super) fn meet<'w>(&mut self, all: impl Iterator<Item = &'w Who>) {
        for who in all {
            if !self.met.contains(who) {
                self.met.push(who.clone());
            }
        }
    }

    /// Describes who was met: accounts that are programs, and the names of accounts.
    fn people(&mut self) -> Result<(), Stop> {
        let met = std::mem::take(&mut self.met);
        let mut accounts = Vec::new();
        for who in met {
            match &who.name {
                Some(name) => {
                    let in_logs = self.params.log_names;
                    self.sink
                        .event(self.maker.same(name, &who.identity, in_logs));
                }
                None if who.identity.kind == "account" => accounts.push(who.identity.value),
                None => {}
            }
        }
        for some in accounts.chunks(100) {
            for program in self.site.programs(some)? {
                self.sink.event(self.maker.program(&program));
            }
        }
        Ok(())
    }
}

/// See [`Run::two_times`].
enum Two {
    /// They are one.
    One(Option<Measured>),
    /// They are two.
    Both(Option<(Version, Measured)>, Option<(Version, Measured)>),
}

fn counted(version: &Version, vocabulary: &Vocabulary) -> Option<(Version, Measured)> {
    let measured = storage::measure(version.body.as_deref()?, vocabulary);
    Some((version.clone(), measured))
}
