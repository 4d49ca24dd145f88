//! The report: the summary as of an instant, complete and fit to leave the house.

use anyhow::Context as _;
use serde_json::{Map, Value as Json, json};

use super::{compute, health, reviews, writeups};
use crate::indicators::{Context, Spec, beside};
use crate::model::time::to_rfc3339;
use crate::model::{Parameters, Results};
use crate::store::Store;
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

/// Computes the summary. The derive job has run.
pub async fn summary(
    store: &Store,
    context: &Context,
    reported: &Reported,
) -> anyhow::Result<Document> {
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
    let undated = computed
        .registry
        .iter()
        .filter(|w| w.published_at.is_none())
        .count();
    Ok(Document {
        schema: SCHEMA.to_owned(),
        as_of: to_rfc3339(context.as_of),
        organisation: Organisation {
            name: reported.name.clone(),
            timezone: context.calendar.timezone.name().to_owned(),
            simulated: reported.simulated,
            k,
            writeups: computed.registry.len() as u64,
            undated: undated as u64,
        },
        parameters: parameters(&context.parameters, k),
        indicators,
        writeups: writeups::list(store, context, &computed, k).await?,
        reviews,
        attendance_by_quarter,
        health,
    })
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
        // Only where something was assigned: otherwise the summary is what it always was.
        "definition": told.definition + beside(results).unwrap_or_default(),
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
