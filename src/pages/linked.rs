//! Where write-ups are linked from, in words. Linked means one thing on all pages, that of K1: a
//! link that still stands in one of five places.

use std::collections::HashMap;

use serde_json::Value;

use super::words::{self, count, plural};
use crate::charts::reading::{self, cell};

/// The places that count; tickets, chat and the like stand apart.
const PLACES: [&str; 5] = ["code_comment", "commit", "diagram", "onboarding", "writeup"];

/// The same in words.
pub(super) const PLACES_SAID: &str =
    "code comments, commits, diagrams, onboarding pages or other write-ups";

/// Whether a write-up is linked.
pub(super) fn is_linked(writeup: &Value) -> bool {
    let live = live(writeup);
    live.iter().any(|(place, _)| PLACES.contains(place))
}

/// The places of a write-up with links that stand, and how many.
pub(super) fn live(writeup: &Value) -> Vec<(&str, f64)> {
    let links = writeup.get("links").unwrap_or(&Value::Null);
    standing(links.get("live").unwrap_or(&Value::Null))
}

/// How many links to a write-up stand, over all places.
pub(super) fn live_links(writeup: &Value) -> f64 {
    live(writeup).iter().map(|(_, n)| n).sum()
}

/// Places by number of links, the most first; ties by name, so that the order is settled.
fn standing(live: &Value) -> Vec<(&str, f64)> {
    let mut places: Vec<(&str, f64)> = live
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(place, n)| Some((place.as_str(), n.as_f64().filter(|n| *n > 0.0)?)))
        .collect();
    places.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    places
}

/// Write-ups by the places where a link may stand: their address and their id.
pub(super) struct Index<'a>(HashMap<&'a str, &'a Value>);

impl<'a> Index<'a> {
    pub(super) fn of(summary: &'a Value) -> Index<'a> {
        let keys = |writeup| ["url", "id"].map(|key| (reading::text(writeup, key), writeup));
        let writeups = reading::list(summary, "writeups").iter();
        Index(
            writeups
                .flat_map(keys)
                .filter(|(key, _)| !key.is_empty())
                .collect(),
        )
    }

    /// The write-up that a link stands in: at this address, or in this file of a repository, such
    /// as `rfcs@3dca596562f6:text/1983-nursery.md#L53`.
    pub(super) fn writeup_at(&self, stands_in: &str) -> Option<&'a Value> {
        let whole = stands_in.split('#').next()?;
        let file = || {
            let (name, rest) = whole.split_once('@')?;
            let (_, path) = rest.split_once(':')?;
            self.0.get(format!("{name}:{path}").as_str())
        };
        self.0.get(whole).or_else(file).copied()
    }
}

/// K1, place by place, never added up (INDICATORS K1).
pub(super) fn links(summary: &Value) -> Option<String> {
    let links = reading::results(summary, "K1").get("links")?;
    let linked = cell(links, "writeups_linked").get()?;
    if linked == 0.0 {
        // What was linked once is not the same as nothing.
        let gone = standing(links.get("created")?);
        return (!gone.is_empty()).then(|| "None of the links seen still stands.".to_owned());
    }
    let places = standing(links.get("live")?);
    let many: f64 = places.iter().map(|(_, n)| n).sum();
    let named: Vec<String> = places
        .iter()
        .enumerate()
        .map(|(i, (place, n))| {
            let what = match i {
                0 => plural(*n, " link", " links"),
                _ => "",
            };
            format!("«{}»{what} in {}", count(*n), words::places(place))
        })
        .collect();
    if named.is_empty() {
        return None;
    }
    // A line under a commit stays; what it led to may have gone.
    let gone = ["created", "live"].map(|key| {
        let of = links.get(key).unwrap_or(&Value::Null);
        cell(of, "commit").get().unwrap_or(0.0)
    });
    let gone = match gone[0] - gone[1] {
        n if n > 0.0 => format!(
            " «{}» more in commits led to a write-up that was deleted since.",
            count(n)
        ),
        _ => String::new(),
    };
    Some(format!(
        "{} {} to «{}» {}.{gone}",
        words::row(&named, "and"),
        plural(many, "leads", "lead"),
        count(linked),
        plural(linked, "write-up", "write-ups")
    ))
}

/// How many write-ups are linked, and `«94» of «98» write-ups`, by the same meaning of linked.
pub(super) fn of_all(summary: &Value) -> Option<(f64, String)> {
    let links = reading::results(summary, "K1").get("links")?;
    let linked = cell(links, "writeups_linked").get().filter(|n| *n > 0.0)?;
    let all = (reading::list(summary, "writeups").len() as f64).max(linked);
    let writeups = plural(all, "write-up", "write-ups");
    Some((
        linked,
        format!("«{}» of «{}» {writeups}", count(linked), count(all)),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn links_are_counted_and_not_commits() {
        let summary = json!({"indicators": {"K1": {"results": {"links": {
            "created": {"commit": 180, "writeup": 91},
            "live": {"commit": 178, "writeup": 75, "diagram": 0},
            "writeups_linked": 94,
        }}}}});
        assert_eq!(
            links(&summary).unwrap(),
            "«178» links in commits and «75» in other write-ups lead to «94» write-ups. «2» more \
             in commits led to a write-up that was deleted since."
        );
    }

    #[test]
    fn a_link_in_a_writeup_leads_to_it() {
        let summary = json!({"writeups": [
            {"id": "INC-1", "url": "https://wiki.example.org/1"},
            {"id": "rfcs:text/2.md", "url": null},
        ]});
        let index = Index::of(&summary);
        let found = |place| index.writeup_at(place).map(|w| reading::text(w, "id"));
        assert_eq!(found("https://wiki.example.org/1#cause"), Some("INC-1"));
        assert_eq!(
            found("rfcs@3dca596562f6:text/2.md#L5"),
            Some("rfcs:text/2.md")
        );
        assert_eq!(found("shop@73df2b1"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn a_ticket_alone_links_nothing() {
        assert!(!is_linked(
            &json!({"links": {"live": {"ticket": 3, "commit": 0}}})
        ));
        assert!(is_linked(&json!({"links": {"live": {"commit": 1}}})));
    }
}
