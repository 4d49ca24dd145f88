//! Which write-ups are restricted now, whatever the last report said: pages ask at every request, and a
//! command may have said it in another process a moment ago.

use std::collections::{HashMap, HashSet};

use serde_json::{Value as Json, json};

use super::merge;
use crate::jobs::hiding;
use crate::model::Millis;
use crate::store::{RegistryWriteup, Store, StoreError, WriteupsPrint};

/// The restricted write-ups of one moment.
#[derive(Default)]
pub struct Closed {
    print: Option<WriteupsPrint>,
    /// Every name of them.
    names: Vec<String>,
    /// Every name of each write-up, with those of the one that it is part of.
    all: HashMap<String, Vec<String>>,
    /// When each write-up was spoken of.
    spoken: HashMap<String, HashSet<Millis>>,
}

impl Closed {
    /// What is restricted now, if anything has been said since this; else nothing.
    pub async fn newer(&self, store: &Store) -> Result<Option<Closed>, StoreError> {
        let print = store.writeups_print().await?;
        if self.print.as_ref() == Some(&print) {
            return Ok(None);
        }
        let landed = store.landed_writeups().await?;
        let entries = merge(0, &landed, &HashMap::new(), &HashMap::new());
        let restricted = entries.iter().filter(|entry| entry.restricted);
        let names = restricted.flat_map(hiding::names).collect();
        // Numbered from 1 in their order.
        let whole = |entry: &RegistryWriteup| {
            let at = usize::try_from(entry.merged_into).ok()?.checked_sub(1)?;
            entries.get(at)
        };
        let all = entries.iter().map(|entry| {
            let names = [entry].into_iter().chain(whole(entry));
            (entry.id.clone(), names.flat_map(hiding::names).collect())
        });
        let all = all.collect();
        let mut spoken: HashMap<String, HashSet<Millis>> = HashMap::new();
        for row in landed {
            spoken.entry(row.id).or_default().insert(row.at);
        }
        Ok(Some(Closed {
            print: Some(print),
            names,
            all,
            spoken,
        }))
    }

    /// Every name of the restricted write-ups.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Every name of a write-up; none where it is not known.
    pub fn names_of(&self, id: &str) -> &[String] {
        self.all.get(id).map_or(&[], Vec::as_slice)
    }

    /// Whether what was said of a write-up at that time is known here. What is known may be later, and
    /// say nothing of who may see it.
    pub fn has_heard(&self, id: &str, at: Millis) -> bool {
        self.spoken
            .get(id)
            .is_some_and(|spoken| spoken.contains(&at))
    }
}

/// Every name of a write-up, its id and its address among them.
pub fn names_of(writeup: &RegistryWriteup) -> Vec<String> {
    hiding::names(writeup).collect()
}

/// A summary for those who may not see what has one of these names: as if it stood in no list. Numbers
/// over the whole organisation stay as they are.
pub fn without(summary: &Json, names: &[String]) -> Json {
    let mut open = summary.clone();
    hiding::hide(&mut open, names);
    // How many there are says how many are hidden.
    let undated = |summary: &Json| {
        let list = summary["writeups"].as_array();
        let list = list.map(Vec::as_slice).unwrap_or_default();
        let undated = list.iter().filter(|one| one["published_at"].is_null());
        (list.len() as u64, undated.count() as u64)
    };
    let (before, after) = (undated(summary), undated(&open));
    for (field, gone) in [
        ("writeups", before.0.saturating_sub(after.0)),
        ("undated", before.1.saturating_sub(after.1)),
    ] {
        if let Some(count) = summary["organisation"][field].as_u64() {
            open["organisation"][field] = json!(count.saturating_sub(gone));
        }
    }
    open
}

/// A summary for those who may: what has one of these names is marked.
pub fn marked(summary: &Json, names: &[String]) -> Json {
    let mut full = summary.clone();
    hiding::mark(&mut full, names);
    full
}

/// Whether a summary lists something with one of these names, or tells of its pages.
pub fn tells(summary: &Json, names: &[String]) -> bool {
    let links = entries(&summary["writeups"]).flat_map(|entry| entries(&entry["link_evidence"]));
    let links = links.map(|link| &link["stands_in"]);
    let coverage = entries(&summary["health"]["coverage"]).map(|row| &row["scope"]);
    let gone = || entries(&summary["linked_but_gone"]["deleted"]);
    let of_gone = gone().flat_map(|entry| entries(&entry["link_evidence"]));
    let of_gone = of_gone.map(|link| &link["stands_in"]);
    let ids = gone().map(|entry| &entry["id"]);
    let places = links.chain(coverage).chain(of_gone).chain(ids);
    let mut places = places.filter_map(Json::as_str);
    lists(summary, names) || places.any(|place| hiding::is_named(place, names))
}

/// Whether a summary lists something with one of these names that is not marked.
pub fn lists(summary: &Json, names: &[String]) -> bool {
    let unmarked = |entry: &&Json| entry["restricted"] != true;
    let writeups = entries(&summary["writeups"]).filter(unmarked);
    let reviews = entries(&summary["reviews"]).filter(unmarked);
    let named = writeups.map(|entry| &entry["id"]);
    let mut named = named
        .chain(reviews.map(|entry| &entry["writeup"]))
        .filter_map(Json::as_str);
    named.any(|name| hiding::is_named(name, names))
}

fn entries(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Json {
        json!({
            "organisation": { "writeups": 3, "undated": 1 },
            "writeups": [
                { "id": "INC-1", "published_at": "2026-01-01T00:00:00Z",
                  "links": { "live": { "docs": 2 }, "created": { "docs": 2 }, "uptake": { "docs": 1 },
                             "follow_up": { "docs": 1 } },
                  "link_evidence": [{ "stands_in": "https://w.example.org/2?x=1", "place": "docs",
                                      "part": "uptake" }] },
                { "id": "INC-2", "published_at": null, "link_evidence": [] },
            ],
            "reviews": [{ "writeup": "INC-2" }, { "writeup": null }],
            "indicators": { "L8": { "results": { "beauty_top": [{ "writeup": "INC-2" }] } },
                "L9": { "results": { "bursts": [{ "writeup": "INC-2" }, { "writeup": "INC-1" }] } },
                "K4": { "results": { "graph": {
                "nodes": 2,
                "pagerank_top": [{ "writeup": "INC-2" }, { "writeup": "INC-1" }],
                "co_citation_top": [{ "a": "INC-1", "b": "INC-2", "n": 1 }],
                "by_half_year": [{ "half_year": "2026-H1", "top": [{ "writeup": "INC-2" }] }],
                "drawn": { "nodes": [{ "writeup": "INC-1" }, { "writeup": "INC-2" }], "edges": [[0, 1]] },
            } } } },
            "linked_but_gone": { "deleted": [
                { "id": "INC-2", "link_evidence": [] },
                { "id": "INC-3", "link_evidence": [{ "stands_in": "https://w.example.org/2" }] },
            ] },
            "health": { "coverage": [{ "scope": "https://w.example.org/2" }, { "scope": "wiki" }] },
        })
    }

    #[test]
    fn what_is_hidden_leaves_no_trace_and_no_count() {
        let names = ["INC-2".to_owned(), "https://w.example.org/2".to_owned()];
        let open = without(&summary(), &names);
        let text = open.to_string();
        assert!(
            !text.contains("INC-2") && !text.contains("w.example.org"),
            "{text}"
        );
        assert_eq!(open["organisation"], json!({ "writeups": 2, "undated": 0 }));
        assert_eq!(open["reviews"], json!([{ "writeup": null }]));
        let bursts = &open["indicators"]["L9"]["results"]["bursts"];
        assert_eq!(bursts, &json!([{ "writeup": "INC-1" }]));
        assert!(tells(&summary(), &names) && !tells(&open, &names));
        let links = json!({ "live": { "docs": 1 }, "created": { "docs": 1 }, "uptake": {},
                            "follow_up": { "docs": 1 } });
        assert_eq!(open["writeups"][0]["links"], links);
        let graph = &open["indicators"]["K4"]["results"]["graph"];
        assert_eq!(graph["pagerank_top"], json!([{ "writeup": "INC-1" }]));
        assert_eq!(graph["nodes"], 2);
        let gone = json!([{ "id": "INC-3", "link_evidence": [] }]);
        assert_eq!(open["linked_but_gone"]["deleted"], gone);
        let other = json!({ "linked_but_gone": { "deleted": [{ "id": "INC-2" }] } });
        assert!(tells(&other, &names));
        assert!(!tells(&summary(), &["INC-4".to_owned()]));
    }

    #[test]
    fn whoever_may_see_it_sees_the_mark() {
        let full = marked(&summary(), &["INC-2".to_owned()]);
        assert_eq!(full["writeups"][1]["restricted"], true);
        assert_eq!(full["writeups"][0].get("restricted"), None);
        assert_eq!(full["reviews"][0]["restricted"], true);
        assert!(lists(&summary(), &["INC-2".to_owned()]) && !lists(&full, &["INC-2".to_owned()]));
    }
}
