//! Which slices are offered.

use std::collections::BTreeMap;

use chrono::Datelike as _;

use crate::indicators::Context;
use crate::jobs::observe::Watch;
use crate::model::Millis;
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
    /// The source that tells most of their reads: the wiki that they stand in, or who counts its pages.
    Source,
}

/// How many kinds there are.
const KINDS: usize = 5;

impl By {
    /// As the summary names it.
    pub(in crate::jobs) const fn name(self) -> &'static str {
        match self {
            By::Team => "team",
            By::Template => "template",
            By::Tag => "tag",
            By::Cohort => "cohort",
            By::Source => "source",
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

/// Whether a write-up is in slices: published by then and open to everybody. What was deleted since stays
/// with what was read of it, as in the numbers of all.
pub(in crate::jobs) fn is_counted(writeup: &RegistryWriteup, as_of: Millis) -> bool {
    !writeup.restricted && writeup.published_at.is_none_or(|at| at < as_of)
}

/// Every slice of these write-ups, by kind and name. `watch` is who watches reads.
pub(in crate::jobs) fn offered(
    registry: &[RegistryWriteup],
    watch: &Watch<'_>,
    context: &Context,
) -> Vec<Slice> {
    let mut all: BTreeMap<(By, String), Vec<usize>> = BTreeMap::new();
    let mut counted = 0;
    for (at, writeup) in registry.iter().enumerate() {
        if !is_counted(writeup, context.as_of) {
            continue;
        }
        counted += 1;
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
        names.extend(
            watch
                .main(writeup)
                .map(|source| (By::Source, source.to_owned())),
        );
        names.sort_unstable();
        names.dedup();
        for name in names {
            all.entry(name).or_default().push(at);
        }
    }
    // Where one source tells of everything it is no part.
    all.retain(|(by, _), writeups| {
        writeups.len() >= LEAST_WRITEUPS && (*by != By::Source || writeups.len() < counted)
    });
    let mut slices: Vec<Slice> = all
        .into_iter()
        .map(|((by, name), writeups)| Slice { by, name, writeups })
        .collect();
    // The largest of each kind; among equals the first by name.
    slices.sort_by(|one, other| {
        let size = |slice: &Slice| std::cmp::Reverse(slice.writeups.len());
        (one.by, size(one), &one.name).cmp(&(other.by, size(other), &other.name))
    });
    let mut taken = [0; KINDS];
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
    let words: Vec<&str> = tag
        .split(|sign: char| !sign.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let is_number = |word: &str| word.chars().all(|sign| sign.is_ascii_digit());
    let numbered = |word: &str, begin: &str| {
        let rest = word.strip_prefix(begin);
        rest.is_some_and(|rest| !rest.is_empty() && is_number(rest))
    };
    let lasts = |word: &str| {
        let unit = word.trim_start_matches(|sign: char| sign.is_ascii_digit());
        unit.len() < word.len() && UNITS.contains(&unit)
    };
    // `P-1` and `tier 2` are cut before their number.
    let cut = words.windows(2).any(|pair| match pair {
        [level, number] => LEVELS.contains(level) && is_number(number),
        _ => false,
    });
    cut || words.iter().any(|word| {
        WORDS.iter().any(|begin| word.starts_with(begin))
            || LEVELS.iter().any(|begin| numbered(word, begin))
            || EXACT.contains(word)
            || lasts(word)
    })
}

/// A word that begins so tells of it, in English and German.
const WORDS: [&str; 20] = [
    "sever",
    "priorit",
    "durat",
    "impact",
    "urgen",
    "critical",
    "mttr",
    "mttd",
    "mttf",
    "mtbf",
    "mtta",
    "downtime",
    "schwere",
    "dauer",
    "kritisch",
    "dringend",
    "dringlich",
    "auswirkung",
    "ausfallzeit",
    "ausfalldauer",
];
/// A word that is one of these and a number is a level: `sev1`, `p2`, `tier1`. So is it with the number apart.
const LEVELS: [&str; 7] = ["sev", "p", "prio", "pri", "tier", "level", "stufe"];
/// Words that are levels, or times to something, by themselves.
const EXACT: [&str; 29] = [
    "sev",
    "prio",
    "pri",
    "major",
    "minor",
    "blocker",
    "trivial",
    "high",
    "higher",
    "highest",
    "medium",
    "low",
    "lower",
    "lowest",
    "hoch",
    "hohe",
    "mittel",
    "niedrig",
    "gering",
    "customers",
    "kunden",
    "minutes",
    "hours",
    "minuten",
    "stunden",
    "ttr",
    "ttd",
    "ttm",
    "mttx",
];
/// A number with one of these is how long something took.
const UNITS: [&str; 7] = ["h", "hr", "hrs", "hours", "min", "mins", "std"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Calendar, DAY_MS, Parameters};
    use crate::store::ObservedRow;

    #[test]
    fn parts_by_source_are_of_several_sources() {
        let registry: Vec<RegistryWriteup> = (1..=7)
            .map(|number| RegistryWriteup {
                number,
                id: format!("w{number}"),
                published_at: Some(0),
                ..RegistryWriteup::default()
            })
            .collect();
        let saw = |source: &str, writeup, events| ObservedRow {
            kind: "read".to_owned(),
            source: source.to_owned(),
            writeup,
            first_at: 0,
            last_at: 0,
            events,
            named: 0,
        };
        let context = Context {
            as_of: 400 * DAY_MS,
            calendar: Calendar::new(chrono_tz::UTC),
            parameters: Parameters::default(),
            k: 5,
        };
        let found = |observed: &[ObservedRow]| -> Vec<(String, Vec<usize>)> {
            let watch = Watch::new(&["read"], observed, &[], &registry, context.as_of);
            let slices = offered(&registry, &watch, &context).into_iter();
            let own = slices.filter(|slice| slice.by == By::Source);
            own.map(|slice| (slice.name, slice.writeups)).collect()
        };
        let mut observed: Vec<ObservedRow> = (1..=4).map(|n| saw("wiki", n, 9)).collect();
        observed.extend((4..=7).map(|n| saw("counter", n, 5)));
        let expected = [("counter", vec![4, 5, 6]), ("wiki", vec![0, 1, 2, 3])];
        let expected = expected.map(|(name, writeups)| (name.to_owned(), writeups));
        assert_eq!(found(&observed), expected);
        let all: Vec<ObservedRow> = (1..=7).map(|n| saw("wiki", n, 9)).collect();
        assert_eq!(found(&all), []);
    }

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
            "P-1",
            "p 2",
            "pri:high",
            "high",
            "kritisch",
            "tier1",
            "tier-2",
            "mtbf-4h",
            "ttr",
            "Schweregrad 2",
            "4h",
            "30min",
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
            "p-value",
            "http-2",
            "level-db",
            "multi-tier",
            "hochverfügbarkeit",
            "highload",
            "2026-q1",
        ] {
            assert!(!tells_of_the_incident(tag), "{tag}");
        }
    }
}
