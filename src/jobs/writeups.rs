//! The list of write-ups in the summary: of each, what is seen of it months later.

use std::collections::HashMap;

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use super::arrivals::Arrivals;
use super::assigned;
use super::beside::Beside;
use super::columns::ints;
use super::compute::{Computed, renumber};
use super::described::descriptors;
use super::few::{Counted, Shown, judge, still_read_tells};
use super::linked::{self, Linked, Links};
use super::outside::{self, Outside};
use crate::indicators::{Context, WriteupFact};
use crate::model::forge::Forges;
use crate::model::time::to_rfc3339;
use crate::model::{DAY_MS, Millis, Results, Value};
use crate::store::{RegistryWriteup, Store};
use crate::summary::publish;

/// Reads by age are told for every four weeks, as the store sums them up.
const BIN_MS: Millis = 28 * DAY_MS;

/// What is gathered of one write-up.
#[derive(Default)]
struct Signs {
    reads: u64,
    late_reads: u64,
    last_read: Option<Millis>,
    readers: u64,
    late_readers: u64,
    readers_trailing: u64,
    curve: Vec<(u64, u64)>,
    comments: u64,
    late_comments: u64,
    last_comment: Option<Millis>,
    linked: Linked,
    nobody_named: bool,
    watched_lately: bool,
    /// Of each bin of `curve`, the share in which somebody watched.
    watched: Vec<f64>,
}

/// What two kinds of readers see: everybody, and those who may see restricted write-ups.
pub(super) struct Both {
    /// For everybody.
    pub(super) open: Vec<Json>,
    /// For those who may see what is restricted.
    pub(super) full: Vec<Json>,
}

/// What the summary tells of write-ups.
pub(super) struct Lists {
    /// The list, by id.
    pub(super) writeups: Both,
    /// Numbers of indicators that would tell what is withheld in the list: code and place.
    pub(super) betrayed: Vec<(&'static str, &'static str)>,
    /// Blocks of four weeks of age whose reads L1 would tell too much by.
    pub(super) blocks: Vec<usize>,
    /// What both lists tell of each write-up of the registry.
    pub(super) shown: Vec<Shown>,
    /// Where the readers of all write-ups came from.
    pub(super) arrivals: Vec<Json>,
}

/// The list, by id; write-ups deleted or not yet published as of then are not in it, nor, for
/// everybody, those that are restricted. `weeks` are those whose reads L1 tells, `forges` where evidence
/// opens, `beside` what is told beside the reads of people.
pub(super) async fn lists(
    store: &Store,
    context: &Context,
    computed: &Computed,
    (k, weeks, forges, beside): (u32, &[bool], &Forges, &Beside),
) -> anyhow::Result<Lists> {
    let signs = gather(store, context, computed, forges)
        .await
        .context("the list of write-ups")?;
    let entries = || computed.registry.iter().zip(&signs);
    let judged = |is_listed: fn(&RegistryWriteup, Millis) -> bool| {
        let counted = entries().map(|(writeup, signs)| Counted {
            readers: signs.readers,
            late: signs.late_readers,
            by_age: signs.curve.iter().map(|(_, people)| *people).collect(),
            listed: is_listed(writeup, context.as_of),
        });
        judge(&counted.collect::<Vec<_>>(), weeks, k.into())
    };
    let (open, full) = (judged(is_listed), judged(is_there));
    let arrivals = Arrivals::of(store, computed).await?;
    let ways = [&open, &full].map(|judged| {
        let readers = judged.shown.iter().map(|shown| shown.readers);
        arrivals.judge(&readers.collect::<Vec<_>>(), k.into())
    });
    let outside = Outside::of(computed)?;
    let teams = [(&open, is_listed as IsListed), (&full, is_there)].map(|(judged, is_listed)| {
        let listed = outside::listed(&computed.registry, context, is_listed);
        let readers: Vec<bool> = judged.shown.iter().map(|shown| shown.readers).collect();
        outside.judge(&listed, &readers, k)
    });
    let told = |(at, writeup): (usize, &RegistryWriteup), readers: &Readers<'_>, sees_all: bool| {
        let mut json = entry(writeup, readers, context, k);
        let is_told = teams[1].shown[at] && (sees_all || teams[0].shown[at]);
        if let Some(teams) = outside.told(at, is_told) {
            json["outside_team"] = teams;
        }
        if let Some(agents) = beside.told(at, sees_all) {
            json["agents"] = agents;
        }
        let least = if sees_all { &ways[1] } else { &ways[0] };
        if let Some(arrivals) = arrivals.told(at, least, &ways[1]) {
            json["arrivals"] = arrivals;
        }
        let assigned = assigned::told(&computed.assignments, writeup.number);
        if !assigned.is_empty() {
            json["assigned"] = Json::Array(assigned);
        }
        json
    };
    // Whoever sees the fuller list has the other one, too: what it withholds must not stand there.
    let of_open = entries()
        .zip(open.shown.iter().zip(&full.shown))
        .enumerate()
        .filter(|(_, ((writeup, _), _))| is_listed(writeup, context.as_of))
        .map(|(at, ((writeup, signs), (open, full)))| {
            let readers = Readers {
                signs,
                shown: &open.and(full),
                links: &signs.linked.open,
            };
            told((at, writeup), &readers, false)
        });
    let of_full = entries()
        .zip(&full.shown)
        .enumerate()
        .filter(|(_, ((writeup, _), _))| is_there(writeup, context.as_of))
        .map(|(at, ((writeup, signs), full))| {
            let readers = Readers {
                signs,
                shown: full,
                links: &signs.linked.all,
            };
            let mut entry = told((at, writeup), &readers, true);
            if writeup.restricted {
                entry["restricted"] = true.into();
            }
            entry
        });
    let lately = signs
        .iter()
        .filter(|signs| signs.watched_lately && !signs.nobody_named);
    let mut betrayed = [open.betrayed, full.betrayed].concat();
    betrayed.extend(teams.iter().flat_map(|teams| &teams.betrayed));
    betrayed.extend(still_read_tells(
        lately.map(|signs| signs.readers_trailing),
        context.parameters.min_readers.into(),
        k.into(),
    ));
    Ok(Lists {
        writeups: Both {
            open: of_open.collect(),
            full: of_full.collect(),
        },
        betrayed,
        shown: open
            .shown
            .iter()
            .zip(&full.shown)
            .map(|(open, full)| open.and(full))
            .collect(),
        blocks: [open.blocks, full.blocks].concat(),
        arrivals: arrivals.all(&ways[0], &ways[1]),
    })
}

/// Whether a write-up is in a list as of an instant.
type IsListed = fn(&RegistryWriteup, Millis) -> bool;

/// Whether a write-up is in the list of everybody: published and not deleted by then, and open.
pub(super) fn is_listed(writeup: &RegistryWriteup, as_of: Millis) -> bool {
    !writeup.restricted && is_there(writeup, as_of)
}

/// Whether a write-up is published and not deleted by then, restricted or not.
pub(super) fn is_there(writeup: &RegistryWriteup, as_of: Millis) -> bool {
    writeup.deleted_at.is_none_or(|at| at >= as_of)
        && writeup.published_at.is_none_or(|at| at < as_of)
}

async fn gather(
    store: &Store,
    context: &Context,
    computed: &Computed,
    forges: &Forges,
) -> anyhow::Result<Vec<Signs>> {
    let settings = &computed.settings;
    let facts = &computed.facts;
    let index = index(computed);
    let trailing = i64::from(context.parameters.trailing_days) * DAY_MS;
    let known = facts.writeups.iter().map(|fact| Signs {
        nobody_named: fact.counts_only,
        watched_lately: fact
            .reads_observed
            .covers(context.as_of - trailing, context.as_of),
        ..Signs::default()
    });
    let mut all: Vec<Signs> = known.collect();
    let late_day = i64::from(context.parameters.late_days);

    let frame = &facts.daily;
    let (ages, reads) = (ints(frame, "age_day")?, ints(frame, "reads")?);
    let last = ints(frame, "last_at")?;
    each(&mut all, &ints(frame, "writeup")?, |signs, row| {
        let n = count(reads[row]);
        signs.reads += n;
        if ages[row].is_some_and(|age| age >= late_day) {
            signs.late_reads += n;
        }
        signs.last_read = signs.last_read.max(last[row]);
    });
    let frame = renumber(store.writeup_readers(settings).await?, &index)?;
    let (readers, late) = (ints(&frame, "readers")?, ints(&frame, "late_readers")?);
    each(&mut all, &ints(&frame, "writeup")?, |signs, row| {
        signs.readers = count(readers[row]);
        signs.late_readers = count(late[row]);
    });
    let readers = ints(&facts.trailing, "readers")?;
    each(
        &mut all,
        &ints(&facts.trailing, "writeup")?,
        |signs, row| {
            signs.readers_trailing = count(readers[row]);
        },
    );
    let frame = renumber(store.writeup_curve(settings).await?, &index)?;
    let bins = ints(&frame, "bin")?;
    let (reads, people) = (ints(&frame, "reads")?, ints(&frame, "people")?);
    each(&mut all, &ints(&frame, "writeup")?, |signs, row| {
        let bin = usize::try_from(bins[row].unwrap_or(0)).unwrap_or(0);
        if signs.curve.len() <= bin {
            signs.curve.resize(bin + 1, (0, 0));
        }
        signs.curve[bin] = (count(reads[row]), count(people[row]));
    });
    for (signs, fact) in all.iter_mut().zip(&facts.writeups) {
        signs.watched = watched(fact, signs.curve.len(), context.as_of);
    }
    let at = ints(&facts.comments, "at")?;
    each_with(
        &mut all,
        &ints(&facts.comments, "writeup")?,
        |index, signs, row| {
            signs.comments += 1;
            let published = computed.registry[index].published_at;
            let age = at[row].zip(published).map(|(at, published)| at - published);
            if age.is_some_and(|age| age >= late_day * DAY_MS) {
                signs.late_comments += 1;
            }
            signs.last_comment = signs.last_comment.max(at[row]);
        },
    );
    let linked = linked::of(store, context, (computed, forges), &index).await?;
    for (signs, linked) in all.iter_mut().zip(linked) {
        signs.linked = linked;
    }
    Ok(all)
}

/// Of each four weeks of age that have begun, the share in which its reads were observed.
fn watched(fact: &WriteupFact, bins: usize, as_of: Millis) -> Vec<f64> {
    let (Some(published), Some(age)) = (fact.published_at, fact.observed_age(as_of)) else {
        return Vec::new();
    };
    let end = published + age;
    let starts = (0..bins as i64).map(|bin| published + bin * BIN_MS);
    let lived = starts.map(|from| (from, end.min(from + BIN_MS)));
    lived
        .take_while(|(from, to)| from < to)
        .map(|(from, to)| fact.reads_steady.overlap(from, to) as f64 / (to - from) as f64)
        .collect()
}

/// The place in the registry of each write-up's number.
pub(super) fn index(computed: &Computed) -> HashMap<u32, u32> {
    (0..)
        .zip(&computed.registry)
        .map(|(at, writeup)| (writeup.number, at))
        .collect()
}

fn entry(writeup: &RegistryWriteup, readers: &Readers<'_>, context: &Context, k: u32) -> Json {
    let signs = readers.signs;
    // Where nobody is ever named, or nobody was watching, no reader seen says nothing.
    let named = |people: u64| (!signs.nobody_named).then_some(people);
    let age = writeup
        .published_at
        .map(|published| (context.as_of - published) / DAY_MS);
    let parameters = &context.parameters;
    let eligible = age.is_some_and(|age| age >= i64::from(parameters.late_days));
    // One write-up is named as still read only from k readers (INDICATORS section 9).
    let enough = u64::from(parameters.min_readers.max(k));
    let still_read = match signs.readers_trailing {
        _ if !eligible || signs.nobody_named || !signs.watched_lately => None,
        0 => Some(false),
        readers if readers >= enough => Some(true),
        _ => None,
    };
    let results = Results::new()
        .with("id", writeup.id.as_str())
        .with(
            "title",
            writeup.title.clone().unwrap_or_else(|| writeup.id.clone()),
        )
        .with("url", writeup.url.clone())
        .with("published_at", writeup.published_at.map(to_rfc3339))
        .with("owner_team", writeup.owner_team.clone())
        .with("template", writeup.template.clone())
        .with("tags", writeup.tags.clone())
        .with("age_days", age)
        .with("words", writeup.words)
        .with("reads", readers.all(signs.reads))
        .with("readers", readers.all(named(signs.readers)))
        .with("late_reads", readers.late(signs.late_reads))
        .with("late_readers", readers.late(named(signs.late_readers)))
        .with(
            "readers_trailing",
            readers.all(
                Value::from(named(signs.readers_trailing))
                    .share_of_people(signs.readers_trailing, signs.readers),
            ),
        )
        .with("still_read", still_read)
        .with(
            "last_read_week",
            readers.all(signs.last_read.map(|at| week(at, context))),
        )
        .with("comments", signs.comments)
        .with("late_comments", signs.late_comments)
        .with(
            "last_comment_week",
            signs.last_comment.map(|at| week(at, context)),
        )
        .with("descriptors", descriptors(writeup));
    let mut json = publish(&results, k);
    if let Json::Object(object) = &mut json {
        object.insert("reads_by_age".to_owned(), readers.curve());
        object.insert("watched_by_age".to_owned(), json!(signs.watched));
        object.insert("links".to_owned(), readers.links.told());
        object.insert(
            "link_evidence".to_owned(),
            Json::Array(signs.linked.evidence.clone()),
        );
        if signs.linked.unreachable > 0 {
            let links = signs.linked.unreachable;
            object.insert("links_unreachable".to_owned(), links.into());
        }
    }
    json
}

/// What rests on the readers of one write-up.
struct Readers<'a> {
    signs: &'a Signs,
    /// What may be told of them; judged over the list.
    shown: &'a Shown,
    /// The links that may be told.
    links: &'a Links,
}

impl Readers<'_> {
    /// A value that tells how many there are, or what all of them did.
    fn all(&self, value: impl Into<Value>) -> Value {
        told(self.shown.readers, value)
    }

    /// A value that tells how many of them came late, and so how many did not.
    fn late(&self, value: impl Into<Value>) -> Value {
        let (late, all) = (self.signs.late_readers, self.signs.readers);
        told(self.shown.late, value.into().share_of_people(late, all))
    }

    /// Reads by age.
    fn curve(&self) -> Json {
        let bins = self.signs.curve.iter().zip(&self.shown.curve);
        bins.map(|((reads, _), shown)| json!(shown.then_some(*reads)))
            .collect()
    }
}

/// A value, or what is withheld for any k.
fn told(shown: bool, value: impl Into<Value>) -> Value {
    match shown {
        true => value.into(),
        // Nobody is enough for any k.
        false => value.into().of_at_least(0),
    }
}

/// The ISO week of an instant, local: dates that people leave are no finer than that.
fn week(at: Millis, context: &Context) -> String {
    context.calendar.date(at).format("%G-W%V").to_string()
}

fn count(n: Option<i64>) -> u64 {
    n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}

fn each(all: &mut [Signs], writeups: &[Option<i64>], mut visit: impl FnMut(&mut Signs, usize)) {
    each_with(all, writeups, |_, signs, row| visit(signs, row));
}

fn each_with(
    all: &mut [Signs],
    writeups: &[Option<i64>],
    mut visit: impl FnMut(usize, &mut Signs, usize),
) {
    for (row, writeup) in writeups.iter().enumerate() {
        let Some(at) = writeup.and_then(|at| usize::try_from(at).ok()) else {
            continue;
        };
        if let Some(signs) = all.get_mut(at) {
            visit(at, signs, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(readers: u64, late_readers: u64) -> Signs {
        Signs {
            readers,
            late_readers,
            reads: 40,
            late_reads: 9,
            curve: vec![(31, 6), (0, 0), (9, 6)],
            ..Signs::default()
        }
    }

    #[test]
    fn what_is_hidden_in_the_list_is_hidden_in_all_forms() {
        let signs = signs(12, 6);
        for readers in [true, false] {
            let shown = Shown {
                readers,
                late: readers,
                curve: vec![readers, true, readers],
            };
            let readers = Readers {
                signs: &signs,
                shown: &shown,
                links: &signs.linked.all,
            };
            let values = Results::new()
                .with("reads", readers.all(signs.reads))
                .with("late_reads", readers.late(signs.late_reads));
            let published = publish(&values, 5);
            assert_eq!(published["reads"].is_null(), !shown.readers);
            assert_eq!(published["late_reads"].is_null(), !shown.readers);
            assert_eq!(readers.curve()[0].is_null(), !shown.readers);
            assert_eq!(readers.curve()[1], 0);
        }
    }

    #[test]
    fn late_readers_give_away_neither_side() {
        let late = |all, late| {
            let signs = signs(all, late);
            let shown = Shown {
                readers: true,
                late: true,
                curve: Vec::new(),
            };
            let readers = Readers {
                signs: &signs,
                shown: &shown,
                links: &signs.linked.all,
            };
            let values = Results::new().with("late", readers.late(signs.late_readers));
            publish(&values, 5)["late"].clone()
        };
        assert_eq!(late(12, 6), 6);
        assert_eq!(late(12, 0), 0);
        assert!(late(12, 10).is_null());
        assert!(late(12, 3).is_null());
    }
}
