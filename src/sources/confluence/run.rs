//! One pull: finds the write-ups, tells what changed of each, and what is gone. What can't be answered is
//! left for the next pull, which goes on where this one ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DAY_MS, Millis};
use crate::sources::forge::{Stop, address, hex, sha256};
use crate::sources::{Problem, Setting, Sink, SourceError};

use super::Edition;
use super::answer::{Page, Version, Who};
use super::checkpoint::{Checkpoint, Known, Told, second};
use super::events::{Description, HOUR, Maker};
use super::params::Checked;
use super::site::{Site, TOGETHER};
use super::storage::{self, Measured};

/// How long after its first version a page is taken as it was published (INDICATORS section 8).
const PUBLICATION: Millis = 14 * DAY_MS;

/// Pulls that do not find something before it is taken to be gone.
pub(super) const MISSED: u8 = 2;

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
    /// Who was introduced.
    met: Vec<Who>,
    /// What is not for us, and is asked for no more.
    denied: BTreeSet<&'static str>,
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
            denied: BTreeSet::new(),
            found: false,
            refused: None,
        }
    }

    /// All of it.
    pub(super) fn pull(&mut self, state: &mut Checkpoint) -> Result<(), Stop> {
        let writeups = self.find()?;
        self.found = true;
        self.writeups(&writeups, state)?;
        self.gone(&writeups, state)?;
        if self.params.links && !self.params.spaces.is_empty() {
            self.links(&writeups, state)?;
        }
        Ok(())
    }

    /// Tells of what was answered and could not be read.
    pub(super) fn tell(&mut self) {
        if self.site.unread > 0 {
            self.sink.problem(Problem {
                place: "pull".to_owned(),
                field: "results".to_owned(),
                reason: format!(
                    "{} pages or comments say neither number nor version; valid are those of the API",
                    self.site.unread
                ),
            });
        }
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
        // What the site calls itself is what people see, also where it is asked at another address.
        let mut pages = found.values().chain(self.listing.values());
        let based = pages.find_map(|page| page.base.clone());
        let based = based.filter(|base| address("base", base, false).is_ok());
        let own = self.params.own.clone();
        self.maker.site = self.maker.site.take().or(based).or(own);
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
            Err(Stop::Refused(error, _)) => {
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
        if self.params.counters && self.site.edition() == Edition::Cloud {
            self.counters(page.id, known)?;
        }
        Ok(())
    }

    /// Tells of a write-up where something of it changed.
    fn describe(&mut self, page: &Page, known: &mut Known) -> Result<(), Stop> {
        let labels = self.site.labels(page)?.unwrap_or_default();
        let told = self.asked(RESTRICTIONS, |site| site.restricted(page))?;
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
        let (two, are_two) = self.two_times(page, &mut history)?;
        self.introduce(history.iter().filter_map(|version| version.who.as_ref()))?;
        let whole = |measured| Description {
            page,
            history: &history,
            labels,
            restricted,
            opened,
            measured,
        };
        // What was measured at two times is told apart.
        let measured = two.first().map(|(_, _, measured)| *measured);
        let measured = measured.filter(|_| !are_two);
        self.sink
            .event(self.maker.writeup(&whole(measured), self.now));
        for (which, version, measured) in two.iter().filter(|_| are_two) {
            let event = self.maker.revised(page.id, which, version, *measured);
            self.sink.event(event);
        }
        for version in history
            .iter()
            .filter(|version| version.number > before.max(1))
        {
            let words = words.get(&version.number).copied();
            self.sink.event(self.maker.edit(page.id, version, words));
        }
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

    /// What is counted of a page as it was published, and as it is, and whether these are two versions.
    fn two_times(
        &mut self,
        page: &Page,
        history: &mut [Version],
    ) -> Result<(Vec<Counted>, bool), Stop> {
        let (Some(first), Some(last)) = (history.first(), history.last()) else {
            return Ok((Vec::new(), false));
        };
        let (until, latest) = (first.at + PUBLICATION, last.number);
        let early = history.iter().rfind(|version| version.at <= until);
        let early = early.map_or(latest, |version| version.number);
        let mut two = Vec::new();
        for version in history.iter_mut() {
            let which = match version.number {
                number if number == latest => "latest",
                number if number == early => "early",
                _ => continue,
            };
            self.fill(page, version)?;
            let body = version.body.as_deref();
            let measured = body.map(|body| storage::measure(body, &self.setting.vocabulary));
            two.extend(measured.map(|measured| (which, version.clone(), measured)));
        }
        Ok((two, early != latest))
    }

    /// Tells of comments that are new or changed, and of those that are gone.
    fn comments(&mut self, page: &Page, known: &mut Known) -> Result<(), Stop> {
        let (listed, is_whole) = self.site.comments(page)?;
        let mut there = BTreeSet::new();
        let mut fresh = Vec::new();
        for mut comment in listed {
            there.insert(comment.id);
            let told = known.comments.get_mut(&comment.id);
            if let Some(told) =
                told.filter(|told| !told.gone && told.version == comment.version.number)
            {
                told.missed = 0;
                continue;
            }
            self.site.written(&mut comment)?;
            match comment.written.take() {
                Some(written) => fresh.push((comment, written)),
                None => self
                    .sink
                    .left_out("comment whose first version is not told"),
            }
        }
        self.introduce(fresh.iter().filter_map(|(_, (_, who))| who.as_ref()))?;
        for (comment, (at, who)) in fresh {
            let is_back = known
                .comments
                .get(&comment.id)
                .is_some_and(|told| told.gone);
            let version = second(if is_back {
                self.now
            } else {
                comment.version.at
            });
            let words = comment
                .body
                .as_deref()
                .map(|body| storage::take(body).words.len());
            let words = words.map(|words| u32::try_from(words).unwrap_or(u32::MAX));
            let written = (at, who.as_ref());
            self.sink.event(
                self.maker
                    .comment(page.id, &comment, written, words, version),
            );
            let told = Told {
                version: comment.version.number,
                at,
                ..Told::default()
            };
            known.comments.insert(comment.id, told);
        }
        // What is not shown says nothing of what is gone.
        for (id, told) in known.comments.iter_mut().filter(|_| is_whole) {
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
        if let Some(counters) = self.asked(COUNTERS, |site| site.counters(page))? {
            known.counted = Some(self.now);
            self.sink
                .event(self.maker.counters(page, counters, self.now));
        }
        Ok(())
    }

    /// Asks for something that a token may have no right to, or a site not have: without it the rest is
    /// told all the same.
    fn asked<T>(
        &mut self,
        what: &'static str,
        ask: impl FnOnce(&mut Site) -> Result<Option<T>, Stop>,
    ) -> Result<Option<T>, Stop> {
        if self.denied.contains(what) {
            return Ok(None);
        }
        match ask(&mut self.site) {
            Ok(Some(answer)) => return Ok(Some(answer)),
            Err(
                stop @ (Stop::Later(..)
                | Stop::Refused(
                    SourceError::Remote {
                        retryable: true, ..
                    },
                    _,
                )
                | Stop::Failed(SourceError::Remote {
                    retryable: true, ..
                })),
            ) => return Err(stop),
            Ok(None) | Err(_) => {}
        }
        self.denied.insert(what);
        self.sink
            .note(format!("{what} are not told to this token, or not at all"));
        Ok(None)
    }

    /// Looks for write-ups that are listed no more. Those that only left the list stay.
    fn gone(&mut self, found: &BTreeMap<u64, Page>, state: &mut Checkpoint) -> Result<(), Stop> {
        for (id, known) in &mut state.writeups {
            if found.contains_key(id) || known.gone {
                continue;
            }
            let looked = self.site.is_trashed(*id, known.blog);
            let looked = match looked {
                Err(Stop::Refused(error, _)) => {
                    self.refused.get_or_insert(error);
                    continue;
                }
                looked => looked?,
            };
            known.missed = match &looked {
                Some(true) => MISSED,
                Some(false) => 0,
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

    /// Describes people before they are named in events: which of them are programs, and the names of
    /// accounts. Each once a pull.
    pub(super) fn introduce<'w>(&mut self, all: impl Iterator<Item = &'w Who>) -> Result<(), Stop> {
        let mut fresh: Vec<Who> = Vec::new();
        for who in all {
            if !self.met.contains(who) && !fresh.contains(who) {
                fresh.push(who.clone());
            }
        }
        let accounts = fresh.iter().filter(|who| who.identity.kind == "account");
        let accounts: Vec<String> = accounts.map(|who| who.identity.value.clone()).collect();
        for some in accounts.chunks(100) {
            let programs = self.asked(ACCOUNTS, |site| site.programs(some).map(Some))?;
            for program in programs.unwrap_or_default() {
                self.sink.event(self.maker.program(&program));
            }
        }
        for who in &fresh {
            if let Some(name) = &who.name {
                let in_logs = self.params.log_names;
                self.sink
                    .event(self.maker.same(name, &who.identity, in_logs));
            }
        }
        self.met.extend(fresh);
        Ok(())
    }
}

/// What a token may have no right to.
const RESTRICTIONS: &str = "restrictions of pages";
const COUNTERS: &str = "counters of views";
const ACCOUNTS: &str = "kinds of accounts";

/// Which of two times, the version, and what was counted of it.
type Counted = (&'static str, Version, Measured);
