//! Takes what is restricted out of a summary that was made before it was: what pages show at once, and
//! what restatements compare with.

use serde_json::Value as Json;

use crate::model::target;
use crate::store::RegistryWriteup;

/// Every name of a write-up, its id and its address among them.
pub(super) fn names(writeup: &RegistryWriteup) -> impl Iterator<Item = String> {
    let url = writeup.url.as_deref().map(target::canonical);
    let url = url.map(std::borrow::Cow::into_owned);
    let all = writeup.names.iter().cloned();
    let all = all.chain(writeup.url.clone()).chain(url);
    all.filter(|name| !name.is_empty())
}

/// Whether this is the id of one of these write-ups.
fn is_one(id: &str, names: &[String]) -> bool {
    names.iter().any(|name| name == id)
}

/// Whether a place is one of these names, or lies below one. A name that ends in a star stands for all that
/// begins like it; what is another write-up's by a longer name is hidden with it, to be sure.
pub(super) fn is_named(text: &str, names: &[String]) -> bool {
    let canonical = target::canonical(text);
    names.iter().any(|name| {
        let below = |text: &str| match name.strip_suffix('*') {
            Some(begin) => begins(text, begin),
            None => {
                let rest = text.strip_prefix(name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
            }
        };
        below(text) || below(&canonical)
    })
}

/// Whether a place begins so, in either spelling. A folder itself is among what begins like it.
fn begins(text: &str, begin: &str) -> bool {
    let spelled = target::canonical(begin);
    let folder = |begin: &str| begin.strip_suffix('/').is_some_and(|folder| text == folder);
    text.starts_with(begin) || folder(begin) || (!spelled.is_empty() && text.starts_with(&*spelled))
}

/// Takes everything out of a summary that has one of these names: write-ups, their reviews, links that
/// stand in them, coverage of their pages. Numbers over the whole organisation stay: they count
/// restricted write-ups, too.
pub(super) fn hide(summary: &mut Json, names: &[String]) {
    if names.is_empty() {
        return;
    }
    let is_open = |text: &Json| text.as_str().is_none_or(|text| !is_named(text, names));
    let is_other = |id: &Json| id.as_str().is_none_or(|id| !is_one(id, names));
    keep(summary.get_mut("writeups"), |entry| is_other(&entry["id"]));
    keep(summary.get_mut("reviews"), |entry| {
        is_other(&entry["writeup"])
    });
    let rounds = summary.get_mut("story_rounds");
    for round in rounds.and_then(Json::as_array_mut).into_iter().flatten() {
        keep(round.get_mut("told"), |told| is_other(&told["writeup"]));
    }
    keep(summary.pointer_mut("/health/coverage"), |row| {
        is_open(&row["scope"])
    });
    for list in ["L8/results/beauty_top", "L9/results/bursts"] {
        keep(summary.pointer_mut(&format!("/indicators/{list}")), |one| {
            is_other(&one["writeup"])
        });
    }
    hide_links(summary, names);
    let writeups = summary.get_mut("writeups");
    let writeups = writeups.and_then(Json::as_array_mut);
    for entry in writeups.into_iter().flatten() {
        // Nothing stands below it that would tell which of them are hidden; the next summary has it again.
        if let Some(entry) = entry.as_object_mut() {
            entry.remove("links_unreachable");
        }
        let evidence = entry["link_evidence"].as_array().cloned();
        let mut gone = evidence.unwrap_or_default();
        gone.retain(|link| !is_open(&link["stands_in"]));
        keep(entry.get_mut("link_evidence"), |link| {
            is_open(&link["stands_in"])
        });
        // A number that is greater than what stands below it would tell that one is hidden.
        for link in &gone {
            let place = link["place"].as_str().unwrap_or_default();
            let live = link["removed"].is_null();
            let part = link["part"].as_str().filter(|_| live);
            for list in live
                .then_some("live")
                .into_iter()
                .chain(["created"])
                .chain(part)
            {
                less(entry["links"].get_mut(list), place);
            }
        }
    }
}

/// The same of deleted write-ups that are still linked, and of what K4 names.
fn hide_links(summary: &mut Json, names: &[String]) {
    let is_other = |id: &Json| id.as_str().is_none_or(|id| !is_one(id, names));
    let is_open = |text: &Json| text.as_str().is_none_or(|text| !is_named(text, names));
    keep(summary.pointer_mut("/linked_but_gone/deleted"), |entry| {
        is_other(&entry["id"])
    });
    let deleted = summary.pointer_mut("/linked_but_gone/deleted");
    for entry in deleted.and_then(Json::as_array_mut).into_iter().flatten() {
        keep(entry.get_mut("link_evidence"), |link| {
            is_open(&link["stands_in"])
        });
    }
    let Some(graph) = summary.pointer_mut("/indicators/K4/results/graph") else {
        return;
    };
    keep(graph.get_mut("pagerank_top"), |one| {
        is_other(&one["writeup"])
    });
    keep(graph.get_mut("co_citation_top"), |pair| {
        is_other(&pair["a"]) && is_other(&pair["b"])
    });
    let halves = graph.get_mut("by_half_year").and_then(Json::as_array_mut);
    for half in halves.into_iter().flatten() {
        keep(half.get_mut("top"), |one| is_other(&one["writeup"]));
    }
    // Edges tell places in the list of nodes: with a hidden one there is no picture until the next report.
    let nodes = graph.pointer("/drawn/nodes").and_then(Json::as_array);
    if nodes.is_some_and(|nodes| nodes.iter().any(|node| !is_other(&node["writeup"]))) {
        graph["drawn"] = Json::Null;
    }
}

/// One less at a place; a place without any is not told.
fn less(counts: Option<&mut Json>, place: &str) {
    let Some(counts) = counts.and_then(Json::as_object_mut) else {
        return;
    };
    match counts.get(place).and_then(Json::as_u64) {
        Some(count) if count > 1 => counts.insert(place.to_owned(), (count - 1).into()),
        _ => counts.remove(place),
    };
}

/// Marks write-ups with one of these names and their reviews as restricted.
pub(super) fn mark(summary: &mut Json, names: &[String]) {
    for (list, field) in [("writeups", "id"), ("reviews", "writeup")] {
        let entries = summary.get_mut(list).and_then(Json::as_array_mut);
        for entry in entries.into_iter().flatten() {
            let named = entry[field]
                .as_str()
                .is_some_and(|name| is_one(name, names));
            if named {
                entry["restricted"] = true.into();
            }
        }
    }
}

fn keep(list: Option<&mut Json>, wanted: impl Fn(&Json) -> bool) {
    if let Some(list) = list.and_then(Json::as_array_mut) {
        list.retain(wanted);
    }
}
