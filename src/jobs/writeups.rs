//! The list of write-ups in the summary: of each, what is seen of it months later.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use serde_json::{Map, Value as Json, json};

use super::columns::{ints, texts};
use super::compute::{Computed, renumber};
use crate::indicators::Context;
use crate::model::time::to_rfc3339;
use crate::model::{DAY_MS, Guard, Millis, Results, Value};
use crate::store::{RegistryWriteup, Store};
use crate::summary::publish;

/// Links shown as evidence for one write-up.
const MOST_EVIDENCE: u64 = 50;

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
    created: BTreeMap<String, u64>,
    live: BTreeMap<String, u64>,
    evidence: Vec<Json>,
}

/// The list, by id; write-ups deleted or not yet published as of then are not in it.
pub(super) async fn list(
    store: &Store,
    context: &Context,
    computed: &Computed,
    k: u32,
) -> anyhow::Result<Vec<Json>> {
    let signs = gather(store, context, computed)
        .await
        .context("the list of write-ups")?;
    let listed = computed.registry.iter().zip(signs).filter(|(writeup, _)| {
        writeup.deleted_at.is_none_or(|at| at >= context.as_of)
            && writeup.published_at.is_none_or(|at| at < context.as_of)
    });
    Ok(listed
        .map(|(writeup, signs)| entry(writeup, &signs, context, k))
        .collect())
}

async fn gather(
    store: &Store,
    context: &Context,
    computed: &Computed,
) -> anyhow::Result<Vec<Signs>> {
    let settings = &computed.settings;
    let facts = &computed.facts;
    let index = index(computed);
    let mut all: Vec<Signs> = computed.registry.iter().map(|_| Signs::default()).collect();
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
    links(store, context, computed, &mut all).await?;
    Ok(all)
}

async fn links(
    store: &Store,
    context: &Context,
    computed: &Computed,
    all: &mut [Signs],
) -> anyhow::Result<()> {
    let frame = &computed.facts.links;
    let (places, ended) = (texts(frame, "place")?, ints(frame, "ended_at")?);
    let (own, roles) = (super::columns::flags(frame, "own")?, texts(frame, "role")?);
    each(all, &ints(frame, "writeup")?, |signs, row| {
        let counts = !own[row] && !matches!(roles[row].as_deref(), Some("index" | "template"));
        let Some(place) = places[row].clone().filter(|_| counts) else {
            return;
        };
        if ended[row].is_none() {
            *signs.live.entry(place.clone()).or_default() += 1;
        }
        *signs.created.entry(place).or_default() += 1;
    });
    let frame = renumber(
        store
            .link_evidence(&computed.settings, MOST_EVIDENCE)
            .await?,
        &index(computed),
    )?;
    let (places, stands_in) = (texts(&frame, "place")?, texts(&frame, "stands_in")?);
    let (at, ended) = (ints(&frame, "at")?, ints(&frame, "ended_at")?);
    each(all, &ints(&frame, "writeup")?, |signs, row| {
        signs.evidence.push(json!({
            "place": places[row],
            "stands_in": stands_in[row],
            "since": at[row].map(|at| day(at, context)),
            "removed": ended[row].map(|at| day(at, context)),
        }));
    });
    Ok(())
}

/// The place in the registry of each write-up's number.
fn index(computed: &Computed) -> HashMap<u32, u32> {
    (0..)
        .zip(&computed.registry)
        .map(|(at, writeup)| (writeup.number, at))
        .collect()
}

fn entry(writeup: &RegistryWriteup, signs: &Signs, context: &Context, k: u32) -> Json {
    let age = writeup
        .published_at
        .map(|published| (context.as_of - published) / DAY_MS);
    let parameters = &context.parameters;
    let eligible = age.is_some_and(|age| age >= i64::from(parameters.late_days));
    // One write-up is named as still read only from k readers (INDICATORS section 9).
    let enough = u64::from(parameters.min_readers.max(k));
    let still_read = match signs.readers_trailing {
        _ if !eligible => None,
        0 => Some(false),
        readers if readers >= enough => Some(true),
        _ => None,
    };
    let person_dated =
        |at: Option<Millis>| Value::from(at.map(|at| week(at, context))).of_people(signs.readers);
    let mut curve = Results::new();
    for (bin, (reads, people)) in signs.curve.iter().enumerate() {
        let guard = Guard::Cell {
            group: "curve",
            people: *people,
        };
        curve.0.push((
            bin.to_string(),
            Value::Guarded(guard, Box::new(Value::from(*reads))),
        ));
    }
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
        .with("reads", Value::from(signs.reads).of_people(signs.readers))
        .with(
            "readers",
            Value::from(signs.readers).of_people(signs.readers),
        )
        .with(
            "late_reads",
            Value::from(signs.late_reads).of_people(signs.late_readers),
        )
        .with(
            "late_readers",
            Value::from(signs.late_readers).of_people(signs.late_readers),
        )
        .with(
            "readers_trailing",
            Value::from(signs.readers_trailing).of_people(signs.readers_trailing),
        )
        .with("still_read", still_read)
        .with("last_read_week", person_dated(signs.last_read))
        .with("comments", signs.comments)
        .with("late_comments", signs.late_comments)
        .with(
            "last_comment_week",
            signs.last_comment.map(|at| week(at, context)),
        );
    let mut json = publish(&results, k);
    if let Json::Object(object) = &mut json {
        object.insert(
            "reads_by_age".to_owned(),
            in_order(&publish(&curve, k), signs.curve.len()),
        );
        object.insert(
            "links".to_owned(),
            json!({ "live": signs.live, "created": signs.created }),
        );
        object.insert(
            "link_evidence".to_owned(),
            Json::Array(signs.evidence.clone()),
        );
    }
    json
}

/// The cells of a published curve as a list.
fn in_order(curve: &Json, bins: usize) -> Json {
    let empty = Map::new();
    let cells = curve.as_object().unwrap_or(&empty);
    (0..bins)
        .map(|bin| cells.get(&bin.to_string()).cloned().unwrap_or(Json::Null))
        .collect()
}

/// The ISO week of an instant, local: dates that people leave are no finer than that.
fn week(at: Millis, context: &Context) -> String {
    context.calendar.date(at).format("%G-W%V").to_string()
}

/// The local day of a link.
fn day(at: Millis, context: &Context) -> String {
    context.calendar.date(at).to_string()
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
