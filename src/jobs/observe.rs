//! Observed time (DESIGN 5.11): when which write-up was being watched. A source watches in the
//! windows it states by `coverage` events, else from its first event of the kind on.
//!
//! Who watches a write-up must not depend on whether it is read: were it each write-up's own affair,
//! a source that is added would take the histories of just those away that live on. So it is settled
//! for all write-ups together that have the same main source, the one that delivers most of a
//! write-up's events: they are watched by every source that delivers a good part of the events of
//! all of them. Without events:
//!
//! | what is known of the write-up | watched by |
//! | --- | --- |
//! | a source states a prefix of one of its names | those sources |
//! | write-ups of the same host have events | those that watch them |
//! | nothing | whoever watches anything |
//!
//! One more source brings more reads, and that must not look like learning, nor an outage like its
//! loss. So rates of different times are compared only while all of them watch ([`Watch::windows`]),
//! and what is followed from publication on is followed only as long as the same ones watch
//! ([`Watch::steady`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::indicators::Windows;
use crate::model::Millis;
use crate::model::target::{canonical, host};
use crate::store::{CoverageRow, ObservedRow, RegistryWriteup};

/// A source that delivers less than one in so many of the events does not decide when they were
/// watched: stray reads must neither hide an outage nor end histories.
const GOOD_PART: u64 = 10;

/// Who watched what, of one family of kinds.
pub struct Watch<'a> {
    sources: BTreeMap<&'a str, Source>,
    /// Of each write-up with events, the source that delivers most of them.
    mains: BTreeMap<u32, &'a str>,
    /// Who watches the write-ups of a main source.
    watchers: BTreeMap<&'a str, BTreeSet<&'a str>>,
    hosts: BTreeMap<String, BTreeSet<&'a str>>,
    /// Events of each source, of whatever write-up.
    events: BTreeMap<&'a str, u64>,
    as_of: Millis,
}

#[derive(Default)]
struct Source {
    first_at: Millis,
    names_people: bool,
    stated: Vec<(Millis, Millis)>,
    by_prefix: Vec<(String, Millis, Millis)>,
}

/// Who is taken to watch a write-up.
enum Watchers<'a> {
    /// These, each of them.
    All(BTreeSet<&'a str>),
    /// Any of these: nothing tells which.
    Any(BTreeSet<&'a str>),
}

impl<'a> Watch<'a> {
    /// From what landed of what happened before `as_of`, and what sources stated, for events of
    /// `kinds`.
    pub fn new(
        kinds: &[&str],
        observed: &'a [ObservedRow],
        coverage: &'a [CoverageRow],
        writeups: &[RegistryWriteup],
        as_of: Millis,
    ) -> Self {
        let rows: Vec<&ObservedRow> = observed
            .iter()
            .filter(|row| kinds.contains(&row.kind.as_str()))
            .collect();
        let mut sources = sources(&rows);
        state(&mut sources, kinds, observed, coverage, as_of);
        let mut delivered: BTreeMap<u32, BTreeMap<&str, u64>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.writeup != 0) {
            let from = delivered.entry(row.writeup).or_default();
            *from.entry(&row.source).or_default() += row.events;
        }
        let mains: BTreeMap<u32, &str> = delivered
            .iter()
            .filter_map(|(writeup, from)| Some((*writeup, main_of(from)?)))
            .collect();
        let watchers = watchers(&delivered, &mains);
        let mut hosts: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for writeup in writeups {
            let main = mains.get(&writeup.number);
            if let Some(names) = main.and_then(|main| watchers.get(main))
                && let Some(host) = writeup.url.as_deref().and_then(host)
            {
                hosts.entry(host).or_default().extend(names);
            }
        }
        let mut events: BTreeMap<&str, u64> = BTreeMap::new();
        for row in &rows {
            *events.entry(&row.source).or_default() += row.events;
        }
        Watch {
            sources,
            mains,
            watchers,
            hosts,
            events,
            as_of,
        }
    }

    /// When all of these kinds was being watched, whatever it is about: by every source that delivers a
    /// good part of the events.
    pub fn together(&self) -> Windows {
        let all: u64 = self.events.values().sum();
        let main = main_of(&self.events);
        let good = self
            .events
            .iter()
            .filter(|(name, events)| Some(**name) == main || *events * GOOD_PART >= all);
        let each = good.filter_map(|(name, _)| self.sources.get(name));
        each.map(|source| Windows::union(source.watched(self.as_of)))
            .reduce(|all, one| all.intersection(&one))
            .unwrap_or_default()
    }

    /// When a write-up was being watched by all that watch it.
    pub fn windows(&self, writeup: &RegistryWriteup) -> Windows {
        match self.watching(writeup) {
            Watchers::All(names) => {
                let each = self.windows_of(&names, writeup).into_iter();
                each.reduce(|all, one| all.intersection(&one))
                    .unwrap_or_default()
            }
            Watchers::Any(names) => self.any(&names, writeup),
        }
    }

    /// When a write-up was being watched, with a new window wherever another set of sources watches.
    pub fn steady(&self, writeup: &RegistryWriteup) -> Windows {
        let names = match self.watching(writeup) {
            Watchers::All(names) => names,
            Watchers::Any(names) => return self.any(&names, writeup),
        };
        let each = self.windows_of(&names, writeup);
        let ends = each.iter().flat_map(|one| one.0.iter());
        let cuts: BTreeSet<Millis> = ends.flat_map(|&(from, to)| [from, to]).collect();
        let cuts: Vec<Millis> = cuts.into_iter().collect();
        let parts = cuts.windows(2).map(|cut| (cut[0], cut[1]));
        let watched = parts.filter(|&(from, to)| each.iter().any(|one| one.covers(from, to)));
        Windows(watched.collect())
    }

    /// Whether a source that watches a write-up ever names a person: without one, that nobody is
    /// seen to read it says nothing.
    pub fn names_people(&self, writeup: &RegistryWriteup) -> bool {
        let (Watchers::All(names) | Watchers::Any(names)) = self.watching(writeup);
        let mut sources = names.iter().filter_map(|name| self.sources.get(name));
        sources.any(|source| source.names_people)
    }

    /// The source that delivers most of the events of a write-up, if any does.
    pub fn main(&self, writeup: &RegistryWriteup) -> Option<&'a str> {
        self.mains.get(&writeup.number).copied()
    }

    fn watching(&self, writeup: &RegistryWriteup) -> Watchers<'a> {
        let main = self.mains.get(&writeup.number);
        if let Some(names) = main.and_then(|main| self.watchers.get(main)) {
            return Watchers::All(names.clone());
        }
        let stating = self.sources.iter().filter(|(_, s)| s.states(writeup));
        let stating: BTreeSet<&str> = stating.map(|(name, _)| *name).collect();
        if !stating.is_empty() {
            return Watchers::All(stating);
        }
        let same_host = writeup.url.as_deref().and_then(host);
        match same_host.and_then(|host| self.hosts.get(&host)) {
            Some(names) => Watchers::All(names.clone()),
            None => Watchers::Any(self.sources.keys().copied().collect()),
        }
    }

    /// When each of some sources watched a write-up.
    fn windows_of(&self, names: &BTreeSet<&str>, writeup: &RegistryWriteup) -> Vec<Windows> {
        let sources = names.iter().filter_map(|name| self.sources.get(name));
        let watching = sources.map(|source| source.watching(writeup, self.as_of));
        watching.map(Windows::union).collect()
    }

    fn any(&self, names: &BTreeSet<&str>, writeup: &RegistryWriteup) -> Windows {
        let each = self.windows_of(names, writeup).into_iter();
        Windows::union(each.flat_map(|windows| windows.0).collect())
    }
}

/// The sources that delivered something, and since when.
fn sources<'a>(rows: &[&'a ObservedRow]) -> BTreeMap<&'a str, Source> {
    let mut sources: BTreeMap<&str, Source> = BTreeMap::new();
    for row in rows {
        let source = sources.entry(&row.source).or_insert_with(|| Source {
            first_at: row.first_at,
            ..Source::default()
        });
        source.first_at = source.first_at.min(row.first_at);
        source.names_people |= row.named > 0;
    }
    sources
}

/// Adds what sources said of when they watched.
fn state<'a>(
    sources: &mut BTreeMap<&'a str, Source>,
    kinds: &[&str],
    observed: &'a [ObservedRow],
    coverage: &'a [CoverageRow],
    as_of: Millis,
) {
    let delivering = observed.iter().map(|row| row.source.as_str());
    let stating = coverage.iter().map(|row| row.source.as_str());
    let known: BTreeSet<&str> = delivering.chain(stating).collect();
    let of_kind = coverage
        .iter()
        .filter(|row| kinds.contains(&row.kind.as_str()));
    for row in of_kind {
        let window = (row.from_at, row.to_at.unwrap_or(as_of).min(as_of));
        // A scope that is a source's name speaks of that source, whoever says it.
        if known.contains(row.scope.as_str()) {
            let source = sources.entry(&row.scope).or_insert_with(unseen);
            source.stated.push(window);
        } else {
            let source = sources.entry(&row.source).or_insert_with(unseen);
            let prefix = (row.scope.clone(), window.0, window.1);
            source.by_prefix.push(prefix);
        }
    }
}

/// The source of most events; of equals the first by name.
fn main_of<'a>(from: &BTreeMap<&'a str, u64>) -> Option<&'a str> {
    let most = from.values().max()?;
    from.iter()
        .find(|(_, events)| *events == most)
        .map(|(name, _)| *name)
}

/// Who delivers a good part of the events of each main source's write-ups; the main source itself
/// in any case.
fn watchers<'a>(
    delivered: &BTreeMap<u32, BTreeMap<&'a str, u64>>,
    mains: &BTreeMap<u32, &'a str>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut sums: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for (writeup, from) in delivered {
        let Some(main) = mains.get(writeup) else {
            continue;
        };
        let of_main = sums.entry(main).or_default();
        for (source, events) in from {
            *of_main.entry(source).or_default() += events;
        }
    }
    sums.into_iter()
        .map(|(main, from)| {
            let all: u64 = from.values().sum();
            let good = from
                .into_iter()
                .filter(|(name, events)| *name == main || events * GOOD_PART >= all);
            (main, good.map(|(name, _)| name).collect())
        })
        .collect()
}

/// A source that stated coverage and delivered nothing: it watched as stated, never by default.
fn unseen() -> Source {
    Source {
        first_at: Millis::MAX,
        ..Source::default()
    }
}

impl Source {
    fn states(&self, writeup: &RegistryWriteup) -> bool {
        let mut prefixes = self.by_prefix.iter();
        prefixes.any(|(prefix, ..)| names_begin_with(writeup, prefix))
    }

    fn watching(&self, writeup: &RegistryWriteup, as_of: Millis) -> Vec<(Millis, Millis)> {
        let by_prefix: Vec<_> = self
            .by_prefix
            .iter()
            .filter(|(prefix, ..)| names_begin_with(writeup, prefix))
            .map(|&(_, from, to)| (from, to))
            .collect();
        if !by_prefix.is_empty() {
            return by_prefix;
        }
        if !self.stated.is_empty() {
            return self.stated.clone();
        }
        vec![(self.first_at, as_of)]
    }

    /// When it watched anything.
    fn watched(&self, as_of: Millis) -> Vec<(Millis, Millis)> {
        let by_prefix = self.by_prefix.iter().map(|&(_, from, to)| (from, to));
        let said: Vec<_> = by_prefix.chain(self.stated.iter().copied()).collect();
        match said.is_empty() {
            true => vec![(self.first_at, as_of)],
            false => said,
        }
    }
}

fn names_begin_with(writeup: &RegistryWriteup, prefix: &str) -> bool {
    let spelled = canonical(prefix);
    let begins = |name: &String| name.starts_with(prefix) || canonical(name).starts_with(&*spelled);
    !prefix.is_empty() && writeup.names.iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writeup(number: u32, url: &str) -> RegistryWriteup {
        RegistryWriteup {
            generation: 1,
            number,
            id: format!("w{number}"),
            names: vec![url.to_owned(), format!("w{number}")],
            url: Some(url.to_owned()),
            published_at: Some(0),
            ..RegistryWriteup::default()
        }
    }

    fn saw(source: &str, writeup: u32, first_at: i64) -> ObservedRow {
        ObservedRow {
            kind: "read".to_owned(),
            source: source.to_owned(),
            writeup,
            first_at,
            last_at: first_at,
            events: 10,
            named: 10,
        }
    }

    fn said(scope: &str, from_at: i64, to_at: Option<i64>) -> CoverageRow {
        CoverageRow {
            key: 0,
            version: 0,
            at: 0,
            source: "a".to_owned(),
            kind: "read".to_owned(),
            scope: scope.to_owned(),
            from_at,
            to_at,
        }
    }

    fn windows(observed: &[ObservedRow], coverage: &[CoverageRow], of: u32) -> Vec<(i64, i64)> {
        asked(observed, coverage, of, |watch, of| watch.windows(of))
    }

    fn steady(observed: &[ObservedRow], coverage: &[CoverageRow], of: u32) -> Vec<(i64, i64)> {
        asked(observed, coverage, of, |watch, of| watch.steady(of))
    }

    fn asked(
        observed: &[ObservedRow],
        coverage: &[CoverageRow],
        of: u32,
        what: impl Fn(&Watch<'_>, &RegistryWriteup) -> Windows,
    ) -> Vec<(i64, i64)> {
        let writeups = [
            writeup(1, "https://a.example.org/1"),
            writeup(2, "https://b.example.org/2"),
            writeup(3, "https://a.example.org/3"),
        ];
        let watch = Watch::new(&["read"], observed, coverage, &writeups, 1000);
        what(&watch, &writeups[of as usize - 1]).0
    }

    #[test]
    fn a_source_watches_from_its_first_event_or_as_it_says() {
        let observed = [saw("a", 1, 50), saw("b", 2, 400)];
        assert_eq!(windows(&observed, &[], 1), [(50, 1000)]);
        assert_eq!(windows(&observed, &[], 2), [(400, 1000)]);
        let gap = [said("a", 0, Some(100)), said("a", 200, None)];
        assert_eq!(windows(&observed, &gap, 1), [(0, 100), (200, 1000)]);
    }

    /// Who brings a tenth has to watch; who brings less, or watches something else, has not.
    #[test]
    fn all_of_a_kind_is_watched_by_those_who_bring_a_good_part_of_it() {
        let together = |observed: &[ObservedRow], coverage: &[CoverageRow]| {
            Watch::new(&["read"], observed, coverage, &[], 1000)
                .together()
                .0
        };
        let stray = ObservedRow {
            events: 1,
            ..saw("c", 0, 700)
        };
        let other = ObservedRow {
            kind: "comment".to_owned(),
            ..saw("d", 1, 900)
        };
        let observed = [saw("a", 1, 50), saw("b", 0, 400), stray, other];
        assert_eq!(together(&observed, &[]), [(400, 1000)]);
        let gap = [said("a", 0, Some(500)), said("a", 600, None)];
        assert_eq!(together(&observed, &gap), [(400, 500), (600, 1000)]);
        assert!(together(&[], &[]).is_empty());
    }

    #[test]
    fn a_write_up_that_nobody_read_is_watched_by_its_neighbours_source() {
        let observed = [saw("a", 1, 50), saw("b", 2, 400)];
        assert_eq!(windows(&observed, &[], 3), [(50, 1000)]);
    }

    #[test]
    fn a_prefix_speaks_of_its_targets_only() {
        let observed = [saw("a", 1, 50), saw("a", 2, 60)];
        let coverage = [said("https://b.example.org/", 500, None)];
        assert_eq!(windows(&observed, &coverage, 1), [(50, 1000)]);
        assert_eq!(windows(&observed, &coverage, 2), [(500, 1000)]);
    }

    #[test]
    fn one_more_source_begins_no_learning_and_stray_reads_end_no_history() {
        let outage = [said("a", 0, Some(100)), said("a", 200, None)];
        let both = [saw("a", 1, 50), saw("b", 1, 400)];
        assert_eq!(windows(&both, &outage, 1), [(400, 1000)]);
        let mut stray = [saw("a", 1, 50), saw("b", 1, 400)];
        stray[0].events = 1000;
        assert_eq!(windows(&stray, &outage, 1), [(0, 100), (200, 1000)]);
    }

    #[test]
    fn a_source_that_is_added_speaks_of_read_and_unread_write_ups_alike() {
        // Both belong to `a`; only the first is still read when `b` comes.
        let observed = [saw("a", 1, 50), saw("a", 3, 60), saw("b", 1, 400)];
        for writeup in [1, 3] {
            assert_eq!(windows(&observed, &[], writeup), [(400, 1000)]);
            assert_eq!(steady(&observed, &[], writeup), [(50, 400), (400, 1000)]);
        }
        let outage = [said("b", 400, Some(500)), said("b", 600, None)];
        assert_eq!(
            steady(&observed, &outage, 3),
            [(50, 400), (400, 500), (500, 600), (600, 1000)]
        );
        let alone = [saw("a", 1, 50)];
        assert_eq!(steady(&alone, &[said("a", 0, Some(100))], 1), [(0, 100)]);
    }

    #[test]
    fn eleven_sources_of_equal_weight_watch_all_the_same() {
        let names: Vec<String> = (0..11).map(|n| format!("s{n:02}")).collect();
        let observed: Vec<_> = names.iter().map(|name| saw(name, 1, 50)).collect();
        assert_eq!(windows(&observed, &[], 1), [(50, 1000)]);
    }

    #[test]
    fn nobody_is_named_where_no_source_names_anybody() {
        let writeups = [writeup(1, "https://a.example.org/1")];
        let mut observed = [saw("a", 1, 50)];
        let names = |observed: &[ObservedRow]| {
            Watch::new(&["read"], observed, &[], &writeups, 1000).names_people(&writeups[0])
        };
        assert!(names(&observed));
        observed[0].named = 0;
        assert!(!names(&observed));
    }
}
