//! Observed time (DESIGN 5.11): when which write-up was being watched. A source watches in the
//! windows it states by `coverage` events, else from its first event of the kind on. A write-up is
//! watched by the sources that deliver a good part of its events, and only while all of them watch:
//! one more source brings more reads, and that must not look like learning, nor an outage like its
//! loss. A write-up without events is watched by who states its prefix, else by those that watch its
//! host, else by all.

use std::collections::{BTreeMap, BTreeSet};

use crate::indicators::Windows;
use crate::model::Millis;
use crate::model::target::{canonical, host};
use crate::store::{CoverageRow, ObservedRow, RegistryWriteup};

/// A source that delivers less than one in so many of a write-up's events does not decide when it
/// was watched: a stray read must neither hide an outage nor end a history.
const GOOD_PART: u64 = 10;

/// Who watched what, of one family of kinds.
pub struct Watch<'a> {
    sources: BTreeMap<&'a str, Source>,
    watchers: BTreeMap<u32, BTreeSet<&'a str>>,
    hosts: BTreeMap<String, BTreeSet<&'a str>>,
    counted: BTreeSet<u32>,
    as_of: Millis,
}

#[derive(Default)]
struct Source {
    first_at: Millis,
    names_people: bool,
    stated: Vec<(Millis, Millis)>,
    by_prefix: Vec<(String, Millis, Millis)>,
}

impl<'a> Watch<'a> {
    /// From what landed and what sources stated, for events of `kinds`.
    pub fn new(
        kinds: &[&str],
        observed: &'a [ObservedRow],
        coverage: &'a [CoverageRow],
        writeups: &[RegistryWriteup],
        as_of: Millis,
    ) -> Self {
        let known: BTreeSet<&str> = observed
            .iter()
            .map(|row| row.source.as_str())
            .chain(coverage.iter().map(|row| row.source.as_str()))
            .collect();
        let mut sources: BTreeMap<&str, Source> = BTreeMap::new();
        let mut delivered: BTreeMap<u32, BTreeMap<&str, u64>> = BTreeMap::new();
        for row in observed
            .iter()
            // What first came after `as_of` was not known then.
            .filter(|row| kinds.contains(&row.kind.as_str()) && row.first_at < as_of)
        {
            let source = sources.entry(&row.source).or_insert_with(|| Source {
                first_at: row.first_at,
                ..Source::default()
            });
            source.first_at = source.first_at.min(row.first_at);
            source.names_people |= row.named > 0;
            if row.writeup != 0 {
                let from = delivered.entry(row.writeup).or_default();
                *from.entry(&row.source).or_default() += row.events;
            }
        }
        let watchers: BTreeMap<u32, BTreeSet<&str>> = delivered
            .into_iter()
            .map(|(writeup, from)| {
                let all: u64 = from.values().sum();
                let good = from
                    .into_iter()
                    .filter(|(_, events)| events * GOOD_PART >= all);
                (writeup, good.map(|(source, _)| source).collect())
            })
            .collect();
        for row in coverage
            .iter()
            .filter(|row| kinds.contains(&row.kind.as_str()))
        {
            let window = (row.from_at, row.to_at.unwrap_or(as_of).min(as_of));
            // A scope that is a source's name speaks of that source, whoever says it.
            if known.contains(row.scope.as_str()) {
                let source = sources.entry(&row.scope).or_insert_with(unseen);
                source.stated.push(window);
            } else {
                let source = sources.entry(&row.source).or_insert_with(unseen);
                source
                    .by_prefix
                    .push((row.scope.clone(), window.0, window.1));
            }
        }
        let came = |kind: &'static str| {
            let rows = observed
                .iter()
                .filter(move |row| row.kind == kind && row.first_at < as_of);
            rows.map(|row| row.writeup).collect::<BTreeSet<u32>>()
        };
        let counted = &came("read_count") - &came("read");
        let mut hosts: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for writeup in writeups {
            let Some(host) = writeup.url.as_deref().and_then(host) else {
                continue;
            };
            if let Some(names) = watchers.get(&writeup.number) {
                hosts.entry(host).or_default().extend(names);
            }
        }
        Watch {
            sources,
            watchers,
            hosts,
            counted,
            as_of,
        }
    }

    /// When a write-up was being watched.
    pub fn windows(&self, writeup: &RegistryWriteup) -> Windows {
        let each = |names: &BTreeSet<&str>| -> Vec<Windows> {
            let sources = names.iter().filter_map(|name| self.sources.get(name));
            let watching = sources.map(|source| source.watching(writeup, self.as_of));
            watching.map(Windows::union).collect()
        };
        match self.watchers.get(&writeup.number) {
            Some(names) => each(names)
                .into_iter()
                .reduce(|all, one| all.intersection(&one))
                .unwrap_or_default(),
            None => {
                let all = each(&self.presumed(writeup));
                Windows::union(all.into_iter().flat_map(|windows| windows.0).collect())
            }
        }
    }

    /// Whether a source that watches a write-up ever names a person: without one, that nobody is
    /// seen to read it says nothing. A write-up of which only page counts come is never told.
    pub fn names_people(&self, writeup: &RegistryWriteup) -> bool {
        if self.counted.contains(&writeup.number) {
            return false;
        }
        let watching = self.watchers.get(&writeup.number).cloned();
        let names = watching.unwrap_or_else(|| self.presumed(writeup));
        let mut sources = names.iter().filter_map(|name| self.sources.get(name));
        sources.any(|source| source.names_people)
    }

    /// Who presumably watches a write-up of which no event has come.
    fn presumed(&self, writeup: &RegistryWriteup) -> BTreeSet<&'a str> {
        let stated: BTreeSet<&str> = self
            .sources
            .iter()
            .filter(|(_, source)| source.states(writeup))
            .map(|(name, _)| *name)
            .collect();
        if !stated.is_empty() {
            return stated;
        }
        let same_host = writeup.url.as_deref().and_then(host);
        same_host
            .and_then(|host| self.hosts.get(&host).cloned())
            .unwrap_or_else(|| self.sources.keys().copied().collect())
    }
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
            title: None,
            url: Some(url.to_owned()),
            published_at: Some(0),
            deleted_at: None,
            owner_team: None,
            contributors: Vec::new(),
            responders: Vec::new(),
            words: None,
            template: None,
            tags: Vec::new(),
            restricted: false,
        }
    }

    fn saw(source: &str, writeup: u32, first_at: i64) -> ObservedRow {
        ObservedRow {
            kind: "read".to_owned(),
            source: source.to_owned(),
            writeup,
            first_at,
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
        let writeups = [
            writeup(1, "https://a.example.org/1"),
            writeup(2, "https://b.example.org/2"),
            writeup(3, "https://a.example.org/3"),
        ];
        let watch = Watch::new(&["read"], observed, coverage, &writeups, 1000);
        watch.windows(&writeups[of as usize - 1]).0
    }

    #[test]
    fn a_source_watches_from_its_first_event_or_as_it_says() {
        let observed = [saw("a", 1, 50), saw("b", 2, 400)];
        assert_eq!(windows(&observed, &[], 1), [(50, 1000)]);
        assert_eq!(windows(&observed, &[], 2), [(400, 1000)]);
        let gap = [said("a", 0, Some(100)), said("a", 200, None)];
        assert_eq!(windows(&observed, &gap, 1), [(0, 100), (200, 1000)]);
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
    fn one_more_source_begins_no_learning_and_a_stray_read_ends_no_history() {
        let outage = [said("a", 0, Some(100)), said("a", 200, None)];
        let both = [saw("a", 1, 50), saw("b", 1, 400)];
        assert_eq!(windows(&both, &outage, 1), [(400, 1000)]);
        let mut stray = [saw("a", 1, 50), saw("b", 1, 400)];
        stray[0].events = 1000;
        assert_eq!(windows(&stray, &outage, 1), [(0, 100), (200, 1000)]);
    }

    #[test]
    fn what_came_later_was_not_known_then() {
        let observed = [saw("a", 1, 50), saw("b", 1, 5000)];
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
