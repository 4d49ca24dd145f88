//! The report: the summary as of an instant, complete and fit to leave the house.

use anyhow::Context as _;
use serde_json::{Map, Value as Json, json};

use super::{compute, health, reviews, writeups};
use crate::indicators::{Context, Spec};
use crate::model::time::to_rfc3339;
use crate::model::{Parameters, Results, target};
use crate::store::{RegistryWriteup, Store};
use crate::summary::document::{Document, Organisation, SCHEMA};
use crate::summary::publish;

/// Whose report it is.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The organisation's name.
    pub name: String,
    /// Its events are simulated.
    pub simulated: bool,
    /// The smallest number of people that is shown.
    pub k: u32,
}

/// What two kinds of readers see.
#[derive(Debug)]
pub struct Reports {
    /// For everybody: restricted write-ups are in numbers over the whole organisation, and nowhere
    /// else.
    pub open: Document,
    /// For those who may see restricted write-ups; nothing where there are none.
    pub full: Option<Document>,
}

/// Computes the summary for everybody. The derive job has run.
pub async fn summary(
    store: &Store,
    context: &Context,
    reported: &Reported,
) -> anyhow::Result<Document> {
    Ok(summaries(store, context, reported).await?.open)
}

/// Computes the summary for everybody and, where write-ups are restricted, the fuller one.
pub async fn summaries(
    store: &Store,
    context: &Context,
    reported: &Reported,
) -> anyhow::Result<Reports> {
    let computed = compute::run(store, context).await?;
    let k = reported.k;
    let health = health::health(store, &computed, k)
        .await
        .context("health of the measurement")?;
    let mut indicators = Map::new();
    for (spec, results) in &computed.results {
        indicators.insert(
            spec.code.to_owned(),
            indicator(spec, &context.parameters, results, k),
        );
    }
    let (reviews, attendance_by_quarter) = reviews::lists(context, &computed, k)?;
    let writeups = writeups::list(store, context, &computed, k).await?;
    let organisation = |seen: fn(&RegistryWriteup) -> bool| {
        let seen = || computed.registry.iter().filter(|writeup| seen(writeup));
        let undated = seen().filter(|writeup| writeup.published_at.is_none());
        Organisation {
            name: reported.name.clone(),
            timezone: context.calendar.timezone.name().to_owned(),
            simulated: reported.simulated,
            k,
            undated: undated.count() as u64,
            writeups: seen().count() as u64,
        }
    };
    let has_restricted = computed.registry.iter().any(|writeup| writeup.restricted);
    let mut open = Document {
        schema: SCHEMA.to_owned(),
        as_of: to_rfc3339(context.as_of),
        organisation: organisation(|writeup| !writeup.restricted),
        parameters: parameters(&context.parameters, k),
        indicators,
        writeups: writeups.open,
        reviews: reviews.open,
        attendance_by_quarter,
        health,
    };
    let full = has_restricted.then(|| Document {
        organisation: organisation(|_| true),
        writeups: writeups.full,
        reviews: reviews.full,
        ..open.clone()
    });
    // Who watches a single page names it.
    let registry = || {
        computed
            .registry
            .iter()
            .filter(|writeup| writeup.restricted)
    };
    let names = |scope: &str| registry().any(|writeup| is_named(scope, writeup));
    open.health.coverage.retain(|row| !names(&row.scope));
    Ok(Reports { open, full })
}

/// Whether a scope of coverage is one of a write-up's names, or lies below one.
fn is_named(scope: &str, writeup: &RegistryWriteup) -> bool {
    let url = writeup.url.as_deref().map(target::canonical);
    let mut names = writeup
        .names
        .iter()
        .map(String::as_str)
        .chain(url.as_deref());
    names.any(|name| {
        let rest = scope.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    })
}

impl Reports {
    /// Takes out of an earlier summary what is restricted by now.
    pub fn clean(&self, earlier: &mut Json) {
        let Some(full) = &self.full else { return };
        let is_restricted = |entry: &&Json| entry["restricted"] == true;
        let ids: Vec<&Json> = full
            .writeups
            .iter()
            .filter(is_restricted)
            .map(|w| &w["id"])
            .collect();
        let open = &self.open.health.coverage;
        let hidden = full.health.coverage.iter().map(|row| row.scope.as_str());
        let hidden: Vec<&str> = hidden
            .filter(|scope| !open.iter().any(|row| row.scope == *scope))
            .collect();
        keep(&mut earlier["writeups"], |entry| {
            !ids.contains(&&entry["id"])
        });
        keep(&mut earlier["reviews"], |entry| {
            !ids.contains(&&entry["writeup"])
        });
        keep(&mut earlier["health"]["coverage"], |row| {
            row["scope"]
                .as_str()
                .is_none_or(|scope| !hidden.contains(&scope))
        });
    }
}

fn keep(list: &mut Json, wanted: impl Fn(&Json) -> bool) {
    if let Some(list) = list.as_array_mut() {
        list.retain(wanted);
    }
}

/// The document as the bytes of `summary.json`.
pub fn to_json(document: &Document) -> anyhow::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(document).context("writing summary.json")?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn indicator(spec: &Spec, parameters: &Parameters, results: &Results, k: u32) -> Json {
    let told = spec.told(parameters);
    json!({
        "title": told.title,
        "unit": spec.unit,
        "says": told.says,
        "definition": told.definition,
        "caveat": told.caveat,
        "version": spec.version,
        "layer": spec.layer.name(),
        "state": spec.state,
        "results": publish(results, k),
    })
}

fn parameters(p: &Parameters, k: u32) -> Map<String, Json> {
    let mut values = p.by_name();
    values.insert("k".to_owned(), k.into());
    values
}
