//! The report: the summary as of an instant, complete and fit to leave the house.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde_json::{Map, Value as Json, json};

use super::beside::Beside;
use super::coarse::coarsen;
use super::hiding::{hide, is_named, names};
use super::{cohorts, compute, few, forges, gone, health, meetings, reviews, slices, writeups};
use crate::indicators::{Context, Spec, Windows, beside, in_tail_share};
use crate::model::forge::Forges;
use crate::model::time::to_rfc3339;
use crate::model::{Parameters, Results};
use crate::sources::robots::LISTS;
use crate::store::{RegistryWriteup, Store};
use crate::summary::document::{Document, Organisation, SCHEMA};
use crate::summary::notes::notes;
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
    /// Which repository is shown where.
    pub forges: Forges,
    /// One number for the accounts that the configuration calls programs; nothing where there are none.
    pub accounts: Option<u64>,
    /// Sources that see all reads of what they watch.
    pub wholes: Vec<String>,
}

/// What two kinds of readers see.
#[derive(Debug)]
pub struct Reports {
    /// For everybody: restricted write-ups are in numbers over the whole organisation, and nowhere
    /// else.
    pub open: Document,
    /// For those who may see restricted write-ups; nothing where there are none.
    pub full: Option<Document>,
    /// Every name of restricted write-ups.
    hidden: Vec<String>,
    /// The write-ups that L3 sums over, by id.
    tail: BTreeSet<String>,
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
    let beside = Beside::of(store, context, &computed, k).await?;
    let health = health::health(store, &computed, &context.calendar, (k, &beside))
        .await
        .context("health of the measurement")?;
    let mut indicators = Map::new();
    for (spec, results) in &computed.results {
        indicators.insert(
            spec.code.to_owned(),
            indicator(spec, &context.parameters, results, k),
        );
    }
    let observed = computed.facts.writeups.iter();
    let observed: Vec<Windows> = observed
        .map(|writeup| writeup.contributions_observed.clone())
        .collect();
    let known = (computed.registry.as_slice(), observed.as_slice());
    let reviews = reviews::lists(context, &computed.meetings, known, k)?;
    let stories = meetings::rounds(&computed.stories, &computed.registry, context.as_of, k);
    let weeks = indicators.get("L1").map(told_weeks).unwrap_or_default();
    let shown = forges::with_registry(reported.forges.clone(), &computed.registry);
    let writeups = writeups::lists(store, context, &computed, (k, &weeks, &shown, &beside)).await?;
    let slices = slices::told(
        store,
        context,
        &computed,
        (&writeups.shown, indicators.get("T0"), k),
    )
    .await?;
    let gone = gone::lists(store, context, &computed, &shown)
        .await
        .context("links that lead to nothing")?;
    let returning = computed.results.iter().find(|(spec, _)| spec.code == "A7");
    if let (Some((_, results)), Some(indicator)) = (returning, indicators.get_mut("A7")) {
        for place in cohorts::withheld(results, &reviews.months, k) {
            withhold(&mut indicator["results"], &place);
        }
    }
    for (code, place) in reviews.betrayed.iter().chain(&writeups.betrayed) {
        if let Some(indicator) = indicators.get_mut(*code) {
            withhold(&mut indicator["results"], place);
        }
    }
    if let Some(l1) = indicators.get_mut("L1") {
        withhold_blocks(&mut l1["results"]["curve"], &writeups.blocks);
    }
    coarsen(&mut indicators);
    let organisation = |seen: fn(&RegistryWriteup) -> bool| {
        let seen = || computed.registry.iter().filter(|writeup| seen(writeup));
        let undated = seen().filter(|writeup| writeup.published_at.is_none());
        Organisation {
            name: reported.name.clone(),
            timezone: context.calendar.timezone.name().to_owned(),
            simulated: reported.simulated,
            k,
            holidays: context
                .calendar
                .holidays
                .iter()
                .map(ToString::to_string)
                .collect(),
            undated: undated.count() as u64,
            writeups: seen().count() as u64,
        }
    };
    let has_restricted = computed.registry.iter().any(|writeup| writeup.restricted);
    let mut open = Document {
        schema: SCHEMA.to_owned(),
        as_of: to_rfc3339(context.as_of),
        organisation: organisation(|writeup| !writeup.restricted),
        parameters: parameters(&context.parameters, reported),
        // For everybody the same: made of what everybody sees.
        notes: notes(&indicators, &reviews.reviews.open),
        indicators,
        writeups: writeups.writeups.open,
        reviews: reviews.reviews.open,
        attendance_by_quarter: reviews.quarters,
        retellings: reviews.retellings,
        story_rounds: stories.open,
        linked_but_gone: gone.open,
        slices,
        arrivals: writeups.arrivals,
        health,
    };
    let full = has_restricted.then(|| Document {
        organisation: organisation(|_| true),
        writeups: writeups.writeups.full,
        reviews: reviews.reviews.full,
        story_rounds: stories.full,
        linked_but_gone: gone.full,
        ..open.clone()
    });
    let restricted = computed
        .registry
        .iter()
        .filter(|writeup| writeup.restricted);
    let hidden: Vec<String> = restricted.flat_map(names).collect();
    // Who watches a single page names it.
    let coverage = &mut open.health.coverage;
    coverage.retain(|row| !is_named(&row.scope, &hidden));
    // A link may stand below a page that is restricted, in a place that nobody registered.
    let mut lists = json!({
        "writeups": std::mem::take(&mut open.writeups),
        "linked_but_gone": { "deleted": std::mem::take(&mut open.linked_but_gone.deleted) },
    });
    hide(&mut lists, &hidden);
    if let Json::Array(writeups) = lists["writeups"].take() {
        open.writeups = writeups;
    }
    if let Json::Array(deleted) = lists["linked_but_gone"]["deleted"].take() {
        open.linked_but_gone.deleted = deleted;
    }
    let tail = in_tail_share(&computed.facts, context).into_iter();
    let tail = tail.filter_map(|at| Some(computed.registry.get(at)?.id.clone()));
    Ok(Reports {
        open,
        full,
        hidden,
        tail: tail.collect(),
    })
}

impl Reports {
    /// How an indicator takes in one write-up, where that is told: of L3 whether it is one of those that are
    /// summed over. What each adds stands nowhere: beside the reads by age it would tell those of few people.
    pub fn part(&self, code: &str, writeup: &str) -> Option<String> {
        let days = &self.open.parameters["horizon_days"];
        (code == "L3").then(|| match self.tail.contains(writeup) {
            true => format!(
                "{writeup} is one of those that L3 sums over: its first {days} days were watched whole. What it \
                 adds to x and y is not told by itself; its reads by age are, from so many people on as are shown."
            ),
            false => format!(
                "{writeup} is in no sum of L3: it is younger than {days} days, or they were not watched whole."
            ),
        })
    }

    /// Takes out of an earlier summary what is restricted by now.
    pub fn clean(&self, earlier: &mut Json) {
        hide(earlier, &self.hidden);
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
        // Only where something was assigned: otherwise the summary is what it always was.
        "definition": told.definition + beside(results).unwrap_or_default(),
        "caveat": told.caveat,
        "version": spec.version,
        "layer": spec.layer.name(),
        "state": spec.state,
        "results": publish(results, k),
    })
}

/// The age weeks whose reads L1 tells, or tells to be none by leaving them out.
fn told_weeks(l1: &Json) -> Vec<bool> {
    let mut told = vec![true; WEEKS_OF_L1];
    for point in l1["results"]["curve"].as_array().into_iter().flatten() {
        let week = point["week"]
            .as_u64()
            .and_then(|week| usize::try_from(week).ok());
        if let Some(week) = week.and_then(|week| told.get_mut(week)) {
            *week = !point["k"].is_null();
        }
    }
    told
}

/// L1 tells of the first year.
const WEEKS_OF_L1: usize = 52;

/// Withholds the weeks of blocks whose reads would tell those of one write-up, and all that is made of them.
fn withhold_blocks(curve: &mut Json, blocks: &[usize]) {
    for point in curve.as_array_mut().into_iter().flatten() {
        let week = point["week"]
            .as_u64()
            .and_then(|week| usize::try_from(week).ok());
        let is_in = week.is_some_and(|week| blocks.contains(&(week / few::WEEKS_OF_A_BIN)));
        for name in ["k", "rate", "lo", "hi", "between_lo", "between_hi"] {
            if is_in {
                withhold(point, &format!("/{name}"));
            }
        }
    }
}

/// Withholds a number of an indicator that would tell what is withheld in a list, and with it all that
/// is made of it. Denominators stay.
fn withhold(results: &mut Json, place: &str) {
    match results.pointer_mut(place) {
        Some(Json::Object(values)) => {
            for (name, value) in values.iter_mut() {
                if !matches!(name.as_str(), "n" | "den" | "clusters") {
                    *value = Json::Null;
                }
            }
            values.insert("suppressed".to_owned(), Json::Bool(true));
        }
        Some(value) if !value.is_null() => {
            *value = Json::Null;
            let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
            if let Some(Json::Object(parent)) = results.pointer_mut(parent) {
                parent.insert("suppressed".to_owned(), Json::Bool(true));
            }
        }
        _ => {}
    }
}

fn parameters(p: &Parameters, reported: &Reported) -> Map<String, Json> {
    let mut values = p.by_name();
    values.insert("k".to_owned(), reported.k.into());
    values.insert("robot_lists".to_owned(), LISTS.into());
    // Whose accounts they are is not told, but that they are others.
    if let Some(accounts) = reported.accounts {
        values.insert("accounts".to_owned(), format!("{accounts:016x}").into());
    }
    if !reported.wholes.is_empty() {
        values.insert("sees_whole".to_owned(), json!(reported.wholes));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_a_list_is_withheld_with_all_that_is_made_of_it() {
        let mut results = json!({
            "share": { "k": 3, "n": 30, "p": 0.1 },
            "walk_ins": 5,
            "nothing": null,
        });
        withhold(&mut results, "/share");
        withhold(&mut results, "/nothing");
        withhold(&mut results, "/nowhere");
        assert!(results.get("suppressed").is_none());
        withhold(&mut results, "/walk_ins");
        let share = json!({ "k": null, "n": 30, "p": null, "suppressed": true });
        let expected =
            json!({ "share": share, "walk_ins": null, "nothing": null, "suppressed": true });
        assert_eq!(results, expected);
    }

    #[test]
    fn a_block_is_withheld_week_by_week() {
        let mut curve = json!([
            { "week": 3, "k": 9, "rate": 0.5, "exposure": 18.0 },
            { "week": 4, "k": 8, "rate": 0.4, "exposure": 20.0, "between_lo": null },
        ]);
        withhold_blocks(&mut curve, &[1]);
        let expected = json!([
            { "week": 3, "k": 9, "rate": 0.5, "exposure": 18.0 },
            { "week": 4, "k": null, "rate": null, "exposure": 20.0, "between_lo": null, "suppressed": true },
        ]);
        assert_eq!(curve, expected);
    }

    #[test]
    fn a_week_that_is_left_out_had_no_reads() {
        let l1 =
            json!({ "results": { "curve": [{ "week": 0, "k": 3 }, { "week": 2, "k": null }] } });
        let told = told_weeks(&l1);
        assert_eq!(told[..4], [true, true, false, true]);
    }
}
