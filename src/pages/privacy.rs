//! What is collected of people, and on which terms: for those whom it concerns and for works councils,
//! in plain words, made from the running configuration and its record.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::view::Frame;
use super::{Links, PageError, templates};
use crate::charts::reading;

/// What a kind of event holds of people.
const KINDS: [(&str, &str); 11] = [
    (
        "read",
        "that somebody opened a write-up, when, and where the source knows it for how long and how far",
    ),
    (
        "read_count",
        "how often a write-up was opened on a day; nobody is known",
    ),
    (
        "attendance",
        "that somebody was invited to a review or came, in which role, and for how long",
    ),
    (
        "comment",
        "that somebody commented on a write-up, when, and how many words; never the words",
    ),
    ("edit", "that somebody changed a write-up, and when"),
    (
        "link",
        "that a page, a commit or a diagram links to a write-up, and who put the link there",
    ),
    (
        "writeup",
        "that a write-up exists, its title and dates, and who contributed or responded",
    ),
    (
        "person",
        "which team somebody belongs to, and which accounts are the same person's",
    ),
    (
        "meeting",
        "of a review how many spoke, gave their own account or watched the recording, and for how long was \
         spoken in all; nobody is known, and a transcript is read for these sums and not kept",
    ),
    (
        "story",
        "how many named an incident when they were asked for a story; nobody is known",
    ),
    (
        "annotation",
        "that something changed, such as the template of write-ups, and on which day; nobody is named",
    ),
];

#[derive(Serialize)]
struct View {
    frame: Frame,
    k: u64,
    sources: Vec<Source>,
    kinds: Vec<(&'static str, &'static str)>,
    key_holder: String,
    counts_only: bool,
    readers: Readers,
    terms: Vec<(String, String)>,
    fingerprint: String,
    agreed: Option<Agreed>,
    changes: Vec<Change>,
    changes_title: &'static str,
}

/// What is kept of those who look at the pages.
#[derive(Serialize)]
struct Readers {
    /// Looks at restricted write-ups, sign-ins and sign-outs.
    noted: bool,
    /// How long, in words.
    kept: String,
    /// They have accounts here.
    accounts: bool,
}

impl Readers {
    /// As the terms say; where they are not known nobody signs in.
    fn of(terms: &[(String, String)]) -> Readers {
        let term = |wanted: &str| {
            let term = terms.iter().find(|(name, _)| name == wanted);
            term.map_or("", |(_, value)| value.as_str())
        };
        let way = term("readers sign in");
        Readers {
            noted: !way.is_empty() && !way.starts_with("not at all"),
            kept: term("audit log").to_owned(),
            accounts: way == "with a password of their own",
        }
    }
}

/// A source: what is configured, and what it has delivered.
#[derive(Serialize)]
struct Source {
    name: String,
    what: String,
    kinds: String,
}

#[derive(Serialize)]
struct Agreed {
    date: String,
    by: String,
    fingerprint: String,
    same: bool,
}

#[derive(Serialize)]
struct Change {
    date: String,
    name: String,
    old: String,
    new: String,
}

/// The page.
pub(super) fn render(summary: &Value, links: Links, terms: &Value) -> Result<String, PageError> {
    let list = reading::list(terms, "terms");
    let all = list.iter().map(|term| {
        let text = |key| reading::text(term, key).to_owned();
        (text("name"), text("value"))
    });
    let all: Vec<(String, String)> = all.collect();
    let fingerprint = reading::text(terms, "fingerprint").to_owned();
    let agreed = terms.get("agreed").filter(|agreed| agreed.is_object());
    let agreed = agreed.map(|agreed| {
        let text = |key| reading::text(agreed, key).to_owned();
        Agreed {
            date: text("date"),
            by: text("by"),
            same: text("fingerprint") == fingerprint,
            fingerprint: text("fingerprint"),
        }
    });
    let changes = reading::list(terms, "changes");
    let view = View {
        k: super::view::k(summary),
        sources: sources(summary, &all),
        kinds: KINDS.to_vec(),
        key_holder: all
            .iter()
            .find(|(name, _)| name == "key holder")
            .map_or_else(|| "not told".to_owned(), |(_, holder)| holder.clone()),
        readers: Readers::of(&all),
        counts_only: all.contains(&("mode".to_owned(), "counts-only".to_owned())),
        changes: changes.iter().map(change).collect(),
        changes_title: match agreed {
            Some(_) => "Changes since then",
            None => "Since the record began",
        },
        terms: all,
        fingerprint,
        agreed,
        frame: Frame::new(
            summary,
            links,
            "privacy",
            "What is kept of people, and on which terms",
        ),
    };
    templates::render("privacy.html", &view)
}

fn change(entry: &Value) -> Change {
    let or = |key: &str, missing: &str| match reading::text(entry, key) {
        "" => missing.to_owned(),
        text => text.to_owned(),
    };
    Change {
        date: or("date", ""),
        name: or("name", ""),
        old: or("old", "nothing"),
        new: or("new", "nothing"),
    }
}

/// Configured sources, and those that delivered without being configured: files that were imported,
/// senders with a token.
fn sources(summary: &Value, terms: &[(String, String)]) -> Vec<Source> {
    let configured = terms
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("source ")?, value.as_str())));
    let configured: BTreeMap<&str, &str> = configured.collect();
    let mut delivered: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let coverage = summary.get("health").unwrap_or(&Value::Null);
    for row in reading::list(coverage, "coverage") {
        let kinds = delivered.entry(reading::text(row, "scope")).or_default();
        kinds.insert(reading::text(row, "kind"));
    }
    let names: BTreeSet<&str> = configured.keys().chain(delivered.keys()).copied().collect();
    let each = names.into_iter().map(|name| {
        let what = configured.get(name).copied();
        let what = what.unwrap_or("files that were imported, or a sender with a token");
        let kinds = delivered.get(name).map(|kinds| {
            let kinds: Vec<String> = kinds.iter().map(|kind| kind.replace('_', " ")).collect();
            kinds.join(", ")
        });
        Source {
            name: name.to_owned(),
            what: what.to_owned(),
            kinds: kinds.unwrap_or_else(|| "nothing yet".to_owned()),
        }
    });
    each.collect()
}
