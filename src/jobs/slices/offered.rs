//! Which slices are offered.

use std::collections::BTreeMap;

use chrono::Datelike as _;

use crate::indicators::Context;
use crate::jobs::writeups::is_listed;
use crate::store::RegistryWriteup;

/// A slice has so many write-ups at least: one of fewer is a write-up or two, which the list tells of.
const LEAST_WRITEUPS: usize = 3;
/// So many slices of one kind at most, those with most write-ups first.
const MOST_OF_A_KIND: usize = 40;

/// What write-ups are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::jobs) enum By {
    /// The team that owns them.
    Team,
    /// Their template.
    Template,
    /// One of their tags.
    Tag,
    /// The local year of their publication.
    Cohort,
}

impl By {
    /// As the summary names it.
    pub(in crate::jobs) const fn name(self) -> &'static str {
        match self {
            By::Team => "team",
            By::Template => "template",
            By::Tag => "tag",
            By::Cohort => "cohort",
        }
    }
}

/// Some of the write-ups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jobs) struct Slice {
    /// What they have in common.
    pub(in crate::jobs) by: By,
    /// Which one.
    pub(in crate::jobs) name: String,
    /// Their places in the registry, ascending.
    pub(in crate::jobs) writeups: Vec<usize>,
}

impl Slice {
    /// Of each write-up of the registry, whether it is in here.
    pub(in crate::jobs) fn members(&self, registry: usize) -> Vec<bool> {
        let mut members = vec![false; registry];
        for &at in &self.writeups {
            members[at] = true;
        }
        members
    }

    /// Whether no write-up is in both.
    pub(in crate::jobs) fn is_apart_from(&self, other: &Slice) -> bool {
        !self
            .writeups
            .iter()
            .any(|at| other.writeups.binary_search(at).is_ok())
    }
}

/// Every slice of listed write-ups, by kind and name.
pub(in crate::jobs) fn offered(registry: &[RegistryWriteup], context: &Context) -> Vec<Slice> {
    let mut all: BTreeMap<(By, String), Vec<usize>> = BTreeMap::new();
    for (at, writeup) in registry.iter().enumerate() {
        if !is_listed(writeup, context.as_of) {
            continue;
        }
        let year = writeup
            .published_at
            .map(|at| context.calendar.date(at).year().to_string());
        let tags = writeup
            .tags
            .iter()
            .filter(|tag| !tells_of_the_incident(tag))
            .cloned();
        let mut names: Vec<(By, String)> = tags.map(|tag| (By::Tag, tag)).collect();
        names.extend(writeup.owner_team.clone().map(|team| (By::Team, team)));
        names.extend(
            writeup
                .template
                .clone()
                .map(|template| (By::Template, template)),
        );
        names.extend(year.map(|year| (By::Cohort, year)));
        names.sort_unstable();
        names.dedup();
        for name in names {
            all.entry(name).or_default().push(at);
        }
    }
    all.retain(|_, writeups| writeups.len() >= LEAST_WRITEUPS);
    let mut slices: Vec<Slice> = all
        .into_iter()
        .map(|((by, name), writeups)| Slice { by, name, writeups })
        .collect();
    // The largest of each kind; among equals the first by name.
    slices.sort_by(|one, other| {
        let size = |slice: &Slice| std::cmp::Reverse(slice.writeups.len());
        (one.by, size(one), &one.name).cmp(&(other.by, size(other), &other.name))
    });
    let mut taken = [0; 4];
    slices.retain(|slice| {
        let taken = &mut taken[slice.by as usize];
        *taken += 1;
        *taken <= MOST_OF_A_KIND
    });
    slices.sort_by(|one, other| (one.by, &one.name).cmp(&(other.by, &other.name)));
    slices
}

/// Whether a tag says how bad, how urgent or how long it was: numbers by these would be read as a verdict on
/// incidents (INDICATORS section 9), so they are refused.
fn tells_of_the_incident(tag: &str) -> bool {
    let tag = tag.to_lowercase();
    let mut words = tag
        .split(|sign: char| !sign.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let numbered = |word: &str, begin: &str| {
        let rest = word.strip_prefix(begin);
        rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|sign| sign.is_ascii_digit()))
    };
    words.any(|word| {
        WORDS.iter().any(|begin| word.starts_with(begin))
            || LEVELS.iter().any(|begin| numbered(word, begin))
            || EXACT.contains(&word)
    })
}

/// A word that begins so tells of it.
const WORDS: [&str; 12] = [
    "sever", "priorit", "durat", "impact", "urgen", "critical", "mttr", "mttd", "mttf", "downtime",
    "schwere", "dauer",
];
/// A word that is one of these and a number is a level: `sev1`, `p2`.
const LEVELS: [&str; 4] = ["sev", "p", "prio", "pri"];
/// Words that are levels by themselves.
const EXACT: [&str; 8] = [
    "sev",
    "prio",
    "major",
    "minor",
    "blocker",
    "customers",
    "minutes",
    "hours",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_rank_incidents_are_refused() {
        for tag in [
            "sev1",
            "SEV-2",
            "severity:high",
            "P1",
            "priority/low",
            "impact: customers",
            "duration>60",
            "major",
            "mttr",
            "s3-outage p0",
            "urgent",
        ] {
            assert!(tells_of_the_incident(tag), "{tag}");
        }
        for tag in [
            "database",
            "dns",
            "postgres",
            "pipeline",
            "service-mesh",
            "s3",
            "sevilla",
            "minority",
        ] {
            assert!(!tells_of_the_incident(tag), "{tag}");
        }
    }
}
