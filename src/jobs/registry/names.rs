//! Which name is which write-up, and when. A name is a write-up's for all time, or from one instant to
//! another; one that ends in `*` stands for all that begin like it.
//!
//! Of several that claim a target at one time an id comes first: no other write-up takes it away. Then
//! come names with a time, which say more than names without; then, of equals, the verbatim one, and the
//! first id. A pattern decides only where no name does, and the longest wins.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::fit;
use crate::model::Millis;
use crate::model::target::canonical;
use crate::store::RegistryWriteup;

/// The first instant there is.
pub(super) const EVER: Millis = Millis::MIN;

/// Behind the last instant.
pub(super) const NEVER: Millis = Millis::MAX;

/// The last instant there is.
pub(in crate::jobs) const LATEST: Millis = NEVER - 1;

/// How strong a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Id,
    Dated,
    Plain,
}

/// A write-up has a name from one instant to another.
#[derive(Clone, Copy, Debug)]
struct Claim {
    rank: Rank,
    from: Millis,
    to: Millis,
    number: u32,
}

impl Claim {
    fn holds(&self, at: Millis) -> bool {
        self.from <= at && at < self.to
    }
}

/// All names.
pub(in crate::jobs) struct Names {
    verbatim: HashMap<String, Vec<Claim>>,
    canonical: HashMap<String, Vec<Claim>>,
    /// What a target begins with, the longest first.
    patterns: Vec<(String, Vec<Claim>)>,
    /// Instants at which any name changes hands.
    bounds: Vec<Millis>,
}

impl Names {
    /// The number of the write-up that a target belongs to at an instant.
    pub(in crate::jobs) fn number(&self, target: &str, canonical: &str, at: Millis) -> Option<u32> {
        self.claims(target, canonical)
            .into_iter()
            .find_map(|claims| best(claims.iter().copied().filter(|claim| claim.holds(at))))
    }

    /// The number of the write-up that a target belonged to at any time.
    pub(super) fn ever(&self, target: &str, canonical: &str) -> Option<u32> {
        self.claims(target, canonical)
            .into_iter()
            .find_map(|claims| best(claims.into_iter().filter(|claim| claim.from < claim.to)))
    }

    /// Since when a target is which write-up's, 0 for none: all of time, in order.
    pub(in crate::jobs) fn parts(&self, target: &str, canonical: &str) -> Vec<(Millis, u32)> {
        let claims = self.claims(target, canonical);
        let mut bounds = BTreeSet::from([EVER]);
        for claim in claims.iter().flatten() {
            bounds.extend([claim.from, claim.to].into_iter().filter(|at| *at != NEVER));
        }
        let mut parts: Vec<(Millis, u32)> = Vec::with_capacity(1);
        for from in bounds {
            let number = claims
                .iter()
                .find_map(|claims| best(claims.iter().copied().filter(|claim| claim.holds(from))))
                .unwrap_or(0);
            if parts.last().is_none_or(|(_, last)| *last != number) {
                parts.push((from, number));
            }
        }
        parts
    }

    /// Instants at which any name changes hands, in order.
    pub(super) fn bounds(&self) -> &[Millis] {
        &self.bounds
    }

    /// Which other write-up than `own` has a name: at any time, or in a part of a span that is no less
    /// said of it than of the one that asks.
    pub(super) fn holder(
        &self,
        own: u32,
        name: &str,
        span: Option<(Millis, Millis)>,
    ) -> Option<u32> {
        if let Some(prefix) = prefix(name) {
            let same = self.patterns.iter().find(|(known, _)| *known == prefix);
            return same.and_then(|(_, claims)| taken(own, claims.iter().copied(), span));
        }
        let spelled = canonical(name);
        let exact = [self.verbatim.get(name), self.canonical.get(&*spelled)];
        taken(own, exact.into_iter().flatten().flatten().copied(), span)
    }

    /// Who claims a target: those that name it, then each pattern.
    fn claims(&self, target: &str, canonical: &str) -> Vec<Vec<Claim>> {
        let named = [self.verbatim.get(target), self.canonical.get(canonical)];
        let mut claims: Vec<Vec<Claim>> = Vec::new();
        let exact: Vec<Claim> = named.into_iter().flatten().flatten().copied().collect();
        if !exact.is_empty() {
            claims.push(exact);
        }
        let fitting = self
            .patterns
            .iter()
            .filter(|(prefix, _)| canonical.starts_with(prefix.as_str()));
        claims.extend(fitting.map(|(_, claims)| claims.clone()));
        claims
    }
}

fn taken(
    own: u32,
    claims: impl Iterator<Item = Claim>,
    span: Option<(Millis, Millis)>,
) -> Option<u32> {
    let mut others = claims.filter(|claim| claim.number != own && claim.from < claim.to);
    let found = others.find(|claim| match span {
        None => true,
        Some((from, to)) => claim.rank != Rank::Plain && claim.from < to && from < claim.to,
    });
    found.map(|claim| claim.number)
}

/// The strongest claim; of equals the first.
fn best(claims: impl Iterator<Item = Claim>) -> Option<u32> {
    claims
        .min_by_key(|claim| claim.rank)
        .map(|claim| claim.number)
}

/// What targets begin with that a pattern stands for, in their one spelling; `None` for a plain name,
/// and for a star that would stand for nearly everything, whoever gave it.
pub(super) fn prefix(name: &str) -> Option<String> {
    let begin = name.trim().strip_suffix('*')?;
    fit(name).ok()?;
    let mut spelled = canonical(begin).into_owned();
    // The one spelling has no slash at the end; here it keeps `/a/*` from `/ab`.
    if spelled != begin.trim() && begin.ends_with('/') && !spelled.ends_with('/') {
        spelled.push('/');
    }
    Some(spelled)
}

/// A name that two write-ups claim for the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The name.
    pub name: String,
    /// The id of the write-up that has it; a source's are called after it.
    pub has: String,
    /// The id of the other one.
    pub claims: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Conflict { has, claims, .. } = self;
        write!(
            f,
            "two write-ups claim one name: {has} has it, {claims} does not"
        )
    }
}

/// Which name is which write-up, and the names that two claim for the same time.
pub(in crate::jobs) fn names(writeups: &[RegistryWriteup]) -> (Names, Vec<Conflict>) {
    let mut names = Names {
        verbatim: HashMap::new(),
        canonical: HashMap::new(),
        patterns: Vec::new(),
        bounds: Vec::new(),
    };
    let mut patterns: HashMap<String, Vec<Claim>> = HashMap::new();
    let mut bounds = BTreeSet::new();
    for writeup in writeups {
        let number = match writeup.merged_into {
            0 => writeup.number,
            whole => whole,
        };
        let claim = Claim {
            rank: Rank::Id,
            from: EVER,
            to: NEVER,
            number,
        };
        names
            .verbatim
            .entry(writeup.id.clone())
            .or_default()
            .push(claim);
    }
    let mut conflicts = Vec::new();
    // The names of a part are its whole's.
    for writeup in writeups.iter().filter(|writeup| writeup.merged_into == 0) {
        for name in &writeup.names {
            let spans: Vec<(Millis, Millis)> = writeup
                .spans
                .iter()
                .filter(|(dated, _, _)| dated == name)
                .map(|(_, from, to)| (*from, *to))
                .collect();
            let (rank, spans) = match spans.is_empty() {
                true => (Rank::Plain, vec![(EVER, NEVER)]),
                false => (Rank::Dated, spans),
            };
            let claims: Vec<Claim> = spans
                .into_iter()
                .map(|(from, to)| Claim {
                    rank,
                    from,
                    to,
                    number: writeup.number,
                })
                .collect();
            for claim in &claims {
                let finite = [claim.from, claim.to].into_iter();
                bounds.extend(finite.filter(|at| *at != EVER && *at != NEVER));
            }
            if let Some(prefix) = prefix(name) {
                // A name that ends in a star is itself, too.
                add(patterns.entry(prefix).or_default(), &claims);
            }
            let spelled = canonical(name).into_owned();
            let verbatim = add(names.verbatim.entry(name.clone()).or_default(), &claims);
            let canonical = add(names.canonical.entry(spelled).or_default(), &claims);
            if let Some(number) = verbatim.or(canonical) {
                let mut all = writeups.iter();
                let holder = all.find(|one| one.number == number);
                conflicts.push(Conflict {
                    name: name.clone(),
                    has: holder.map(|one| one.id.clone()).unwrap_or_default(),
                    claims: writeup.id.clone(),
                });
            }
        }
    }
    names.patterns = patterns.into_iter().collect();
    names
        .patterns
        .sort_by(|(a, _), (b, _)| (b.len(), a).cmp(&(a.len(), b)));
    names.bounds = bounds.into_iter().collect();
    (names, conflicts)
}

/// Adds claims. Gives the number of the write-up that has the stronger one in a part of their time.
fn add(known: &mut Vec<Claim>, claims: &[Claim]) -> Option<u32> {
    let stronger = claims.iter().find_map(|claim| {
        let stronger = |other: &&Claim| {
            let at_once = other.from < claim.to && claim.from < other.to;
            other.number != claim.number && other.rank <= claim.rank && at_once
        };
        known.iter().find(stronger).map(|other| other.number)
    });
    known.extend(claims);
    stronger
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn writeup(number: u32, names: &[&str], spans: &[(&str, Millis, Millis)]) -> RegistryWriteup {
        let id = format!("w{number}");
        let mut all: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        all.extend(spans.iter().map(|(name, _, _)| (*name).to_owned()));
        all.push(id.clone());
        RegistryWriteup {
            number,
            id,
            names: all,
            spans: spans
                .iter()
                .map(|(name, from, to)| ((*name).to_owned(), *from, *to))
                .collect(),
            ..RegistryWriteup::default()
        }
    }

    fn number(names: &Names, target: &str, at: Millis) -> Option<u32> {
        names.number(target, &canonical(target), at)
    }

    #[test]
    fn an_id_belongs_to_its_write_up_whatever_others_claim() {
        let writeups = [
            writeup(1, &["w2"], &[("w2", 5, NEVER)]),
            writeup(2, &[], &[]),
        ];
        let (names, conflicts) = names(&writeups);
        assert_eq!(number(&names, "w2", 9), Some(2));
        let told = Conflict {
            name: "w2".to_owned(),
            has: "w2".to_owned(),
            claims: "w1".to_owned(),
        };
        assert!(conflicts.contains(&told), "{conflicts:?}");
        assert_eq!(
            told.to_string(),
            "two write-ups claim one name: w2 has it, w1 does not"
        );
    }

    #[test]
    fn two_spellings_of_one_page_meet() {
        let writeups = [writeup(1, &["https://Wiki.example.org/A/"], &[])];
        let (names, conflicts) = names(&writeups);
        assert!(conflicts.is_empty());
        let other = "http://wiki.example.org/A?utm_source=x";
        assert_eq!(number(&names, other, 0), Some(1));
    }

    #[test]
    fn a_name_that_changed_hands_is_whose_it_was() {
        let writeups = [
            writeup(1, &["docs/a.md"], &[]),
            writeup(2, &[], &[("docs/a.md", 100, 200)]),
        ];
        let (names, conflicts) = names(&writeups);
        assert!(conflicts.is_empty(), "{conflicts:?}");
        let parts = names.parts("docs/a.md", "docs/a.md");
        assert_eq!(parts, [(EVER, 1), (100, 2), (200, 1)]);
        assert_eq!(number(&names, "docs/a.md", 99), Some(1));
        assert_eq!(number(&names, "docs/a.md", 100), Some(2));
        assert_eq!(names.bounds(), [100, 200]);
        // Only what is said with a time, too, is in the way of a name with a time.
        assert_eq!(names.holder(3, "docs/a.md", Some((0, 100))), None);
        assert_eq!(names.holder(3, "docs/a.md", Some((0, 101))), Some(2));
        assert_eq!(names.holder(2, "docs/a.md", None), Some(1));
    }

    #[test]
    fn a_name_that_was_given_up_is_nobodys() {
        let writeups = [writeup(1, &[], &[("x", 10, 20)])];
        let (names, _) = names(&writeups);
        assert_eq!(names.parts("x", "x"), [(EVER, 0), (10, 1), (20, 0)]);
        assert_eq!(number(&names, "x", LATEST), None);
        assert_eq!(names.ever("x", "x"), Some(1));
    }

    #[test]
    fn the_longest_pattern_wins_and_a_name_before_all() {
        let writeups = [
            writeup(1, &["https://Wiki.example.org/space/*"], &[]),
            writeup(2, &["http://wiki.example.org/space/7*"], &[]),
            writeup(3, &["https://wiki.example.org/space/77/"], &[]),
            writeup(4, &["*", "INC-4*"], &[]),
        ];
        let (names, conflicts) = names(&writeups);
        assert!(conflicts.is_empty(), "{conflicts:?}");
        let of = |path: &str| number(&names, &format!("https://wiki.example.org/{path}"), 0);
        assert_eq!(of("space/6"), Some(1));
        assert_eq!(of("space/78"), Some(2));
        assert_eq!(of("space/77?utm_source=x"), Some(3));
        assert_eq!(of("spaces"), None);
        assert_eq!(number(&names, "INC-42", 0), Some(4));
        assert_eq!(number(&names, "*", 0), Some(4));
        assert_eq!(number(&names, "anything", 0), None);
    }

    proptest! {
        /// The parts of a target's time say at every instant what the names say.
        #[test]
        fn parts_say_what_names_say(
            spans in prop::collection::vec((0u32..3, 0i64..20, 0i64..20), 0..6),
            plain in prop::option::of(0u32..3),
            at in -2i64..22,
        ) {
            let writeups: Vec<RegistryWriteup> = (0..3)
                .map(|n| {
                    let own: Vec<(&str, Millis, Millis)> = spans
                        .iter()
                        .filter(|(of, _, _)| *of == n)
                        .map(|(_, from, to)| ("x", *from, *to))
                        .collect();
                    let names: &[&str] = if plain == Some(n) { &["x"] } else { &[] };
                    writeup(n + 1, names, &own)
                })
                .collect();
            let (names, _) = names(&writeups);
            let parts = names.parts("x", "x");
            prop_assert_eq!(parts[0].0, EVER);
            let part = parts.iter().rev().find(|(from, _)| *from <= at).map(|(_, n)| *n);
            prop_assert_eq!(part, Some(names.number("x", "x", at).unwrap_or(0)));
        }
    }
}
