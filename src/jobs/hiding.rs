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

/// Whether something is one of these names, or lies below one.
pub(super) fn is_named(text: &str, names: &[String]) -> bool {
    let canonical = target::canonical(text);
    names.iter().any(|name| {
        let below = |text: &str| {
            let rest = text.strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        };
        below(text) || below(&canonical)
    })
}

/// Takes everything out of a summary that has one of these names: write-ups, their reviews, links that
/// stand in them, coverage of their pages. Numbers over the whole organisation stay: they count
/// restricted write-ups, too.
pub(super) fn hide(summary: &mut Json, names: &[String]) {
    if names.is_empty() {
        return;
    }
    let is_open = |text: &Json| text.as_str().is_none_or(|text| !is_named(text, names));
    keep(summary.get_mut("writeups"), |entry| is_open(&entry["id"]));
    keep(summary.get_mut("reviews"), |entry| {
        is_open(&entry["writeup"])
    });
    keep(summary.pointer_mut("/health/coverage"), |row| {
        is_open(&row["scope"])
    });
    let writeups = summary.get_mut("writeups");
    let writeups = writeups.and_then(Json::as_array_mut);
    for entry in writeups.into_iter().flatten() {
        keep(entry.get_mut("link_evidence"), |link| {
            is_open(&link["stands_in"])
        });
    }
}

/// Marks write-ups with one of these names and their reviews as restricted.
pub(super) fn mark(summary: &mut Json, names: &[String]) {
    for (list, field) in [("writeups", "id"), ("reviews", "writeup")] {
        let entries = summary.get_mut(list).and_then(Json::as_array_mut);
        for entry in entries.into_iter().flatten() {
            let named = entry[field]
                .as_str()
                .is_some_and(|name| is_named(name, names));
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
