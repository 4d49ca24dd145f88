//! Of each write-up: where it is linked from, in counts and with evidence.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};

use super::columns::{flags, ints, texts};
use super::compute::{Computed, renumber};
use crate::indicators::Context;
use crate::model::forge::Forges;
use crate::store::Store;

/// Links shown as evidence for one write-up.
const MOST_EVIDENCE: u64 = 50;

/// What links lead to a write-up.
#[derive(Default)]
pub(super) struct Linked {
    pub(super) all: Links,
    /// Those of them that do not stand on the page of a restricted write-up.
    pub(super) open: Links,
    pub(super) evidence: Vec<Json>,
    /// Those in commits that the branch no longer leads to; they count nowhere.
    pub(super) unreachable: u64,
}

/// Links by place.
#[derive(Default)]
pub(super) struct Links {
    created: BTreeMap<String, u64>,
    live: BTreeMap<String, u64>,
    /// The live ones that are uptake.
    uptake: BTreeMap<String, u64>,
    /// The live ones that are follow-up.
    follow_up: BTreeMap<String, u64>,
}

impl Links {
    fn add(&mut self, place: &str, is_live: bool, part: &str) {
        let one_more = |counts: &mut BTreeMap<String, u64>| {
            *counts.entry(place.to_owned()).or_default() += 1;
        };
        one_more(&mut self.created);
        if !is_live {
            return;
        }
        one_more(&mut self.live);
        match part {
            "uptake" => one_more(&mut self.uptake),
            "follow_up" => one_more(&mut self.follow_up),
            _ => {}
        }
    }

    /// As the summary tells them.
    pub(super) fn told(&self) -> Json {
        json!({
            "live": self.live,
            "created": self.created,
            "uptake": self.uptake,
            "follow_up": self.follow_up,
        })
    }
}

/// Of all write-ups, in the order of the registry. `index` is the place in it of each number.
pub(super) async fn of(
    store: &Store,
    context: &Context,
    (computed, forges): (&Computed, &Forges),
    index: &HashMap<u32, u32>,
) -> anyhow::Result<Vec<Linked>> {
    let mut all: Vec<Linked> = Vec::new();
    all.resize_with(computed.registry.len(), Linked::default);
    let day = |at: i64| context.calendar.date(at).to_string();
    let frame = &computed.facts.links;
    let (places, ended) = (texts(frame, "place")?, ints(frame, "ended_at")?);
    let (own, roles) = (flags(frame, "own")?, texts(frame, "role")?);
    let in_restricted = flags(frame, "in_restricted")?;
    let parts = texts(frame, "part")?;
    for (row, writeup) in ints(frame, "writeup")?.into_iter().enumerate() {
        let counts = !own[row] && !matches!(roles[row].as_deref(), Some("index" | "template"));
        let Some(linked) = one(&mut all, writeup).filter(|_| counts) else {
            continue;
        };
        let Some(place) = places[row].as_deref() else {
            continue;
        };
        let part = parts[row].as_deref().unwrap_or_default();
        linked.all.add(place, ended[row].is_none(), part);
        if !in_restricted[row] {
            linked.open.add(place, ended[row].is_none(), part);
        }
    }
    let evidence = store.link_evidence(&computed.settings, MOST_EVIDENCE);
    let frame = renumber(evidence.await?, index)?;
    let (places, stands_in) = (texts(&frame, "place")?, texts(&frame, "stands_in")?);
    let (at, ended) = (ints(&frame, "at")?, ints(&frame, "ended_at")?);
    let (parts, forms) = (texts(&frame, "part")?, texts(&frame, "form")?);
    for (row, writeup) in ints(&frame, "writeup")?.into_iter().enumerate() {
        let Some(linked) = one(&mut all, writeup) else {
            continue;
        };
        let mut link = json!({
            "place": places[row],
            "part": parts[row],
            "stands_in": stands_in[row],
            "since": at[row].map(day),
            "removed": ended[row].map(day),
        });
        if let Some(form) = &forms[row] {
            link["form"] = form.as_str().into();
        }
        let stands_in = stands_in[row].as_deref();
        if let Some(address) = stands_in.and_then(|text| forges.address(text)) {
            link["href"] = address.into();
        }
        linked.evidence.push(link);
    }
    for (writeup, links) in store.unreachable_links(&computed.settings).await? {
        let at = index.get(&writeup).map(|at| i64::from(*at));
        if let Some(linked) = one(&mut all, at) {
            linked.unreachable = links;
        }
    }
    Ok(all)
}

fn one(all: &mut [Linked], writeup: Option<i64>) -> Option<&mut Linked> {
    all.get_mut(usize::try_from(writeup?).ok()?)
}
