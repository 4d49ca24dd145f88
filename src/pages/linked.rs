//! Where write-ups are linked from, in words. Linked means one thing on all pages, that of K1: a
//! link that still stands in one of five places.

use std::collections::HashMap;

use serde_json::Value;

use super::links::outside;
use super::words::{self, count, plural};
use super::{Links, list, view};
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

/// The places of a write-up with links that stand, and how many: those that others made, or all where a
/// summary does not tell them apart.
pub(super) fn live(writeup: &Value) -> Vec<(&str, f64)> {
    let links = writeup.get("links").unwrap_or(&Value::Null);
    let told = links.get("uptake").or_else(|| links.get("live"));
    standing(told.unwrap_or(&Value::Null))
}

/// What leaders see of K1: uptake, or all links where a summary does not tell it apart.
fn uptake(summary: &Value) -> Option<&Value> {
    let links = reading::results(summary, "K1").get("links")?;
    Some(links.get("uptake").unwrap_or(links))
}

/// Whether others made a link, as far as that is told.
pub(super) fn is_uptake(link: &Value) -> bool {
    matches!(reading::text(link, "part"), "" | "uptake")
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

/// Evidence as a reader sees it.
pub(super) struct Evidence {
    /// The title of a write-up, or where the link stands.
    pub(super) words: String,
    /// Whether it is the title of another write-up.
    pub(super) titled: bool,
    /// Where it opens.
    pub(super) href: Option<String>,
    /// What is to be said beside it.
    pub(super) note: &'static str,
}

/// Where a link stands: a page of ours, a page at the forge, an address, or words alone.
pub(super) fn evidence((summary, index): (&Value, &Index), links: Links, link: &Value) -> Evidence {
    let stands_in = reading::text(link, "stands_in");
    let note = match reading::text(link, "part") {
        "follow_up" => "follow-up",
        "index" => "on a list of write-ups",
        _ => "",
    };
    if let Some(other) = index.writeup_at(stands_in) {
        return Evidence {
            words: list::title(other),
            titled: true,
            href: Some(links.writeup(reading::text(other, "id"))),
            note,
        };
    }
    let simulated = view::simulated(summary);
    let address = outside(reading::text(link, "href")).or_else(|| outside(stands_in));
    Evidence {
        words: stands_in.to_owned(),
        titled: false,
        note: match address {
            Some(_) if simulated && note.is_empty() => "(simulated, leads nowhere)",
            _ => note,
        },
        href: address.filter(|_| !simulated).map(str::to_owned),
    }
}

/// K1, place by place, never added up (INDICATORS K1).
pub(super) fn links(summary: &Value) -> Option<String> {
    let apart = apart(summary).unwrap_or_default();
    let links = uptake(summary)?;
    let linked = cell(links, "writeups_linked").get()?;
    if linked == 0.0 {
        // What was linked once is not the same as nothing.
        return match standing(links.get("created")?).is_empty() {
            false => Some(format!("None of the links seen still stands.{apart}")),
            true => (!apart.is_empty()).then(|| format!("No uptake yet.{apart}")),
        };
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
    // What stands under a commit stays: only the deletion of its write-up ends it.
    let gone = ["created", "live"].map(|key| {
        let of = links.get(key).unwrap_or(&Value::Null);
        cell(of, "commit").get().unwrap_or(0.0)
    });
    let gone = match gone[0] - gone[1] {
        n if n > 0.0 => format!(
            " «{}» more in commits {}.",
            count(n),
            plural(
                n,
                "leads to a write-up that was deleted",
                "lead to write-ups that were deleted"
            )
        ),
        _ => String::new(),
    };
    Some(format!(
        "{} {} to «{}» {}.{gone}{apart}",
        words::row(&named, "and"),
        plural(many, "leads", "lead"),
        count(linked),
        plural(linked, "write-up", "write-ups")
    ))
}

/// Links of those who had the incident and those on lists are no uptake: they are told apart and never
/// added.
pub(super) fn apart(summary: &Value) -> Option<String> {
    let links = reading::results(summary, "K1").get("links")?;
    let places = |part: &str| {
        let live = links.get(part)?.get("live")?;
        let places: Vec<String> = standing(live)
            .iter()
            .map(|(place, n)| format!("«{}» in {}", count(*n), words::places(place)))
            .collect();
        (!places.is_empty()).then(|| words::row(&places, "and"))
    };
    let until = super::signals::days(summary, "follow_up", 30.0);
    let follow_up = places("follow_up").map(|places| {
        format!(
            "links that the people and teams of the incident made until {until:.0} days after the \
             write-up ({places})"
        )
    });
    let on_lists =
        places("index").map(|places| format!("links on pages that list write-ups ({places})"));
    let told: Vec<String> = follow_up.into_iter().chain(on_lists).collect();
    (!told.is_empty()).then(|| format!(" Not counted here: {}.", told.join(", and ")))
}

/// What is said of uptake where an indicator of links has nothing: that there is none, if links of another
/// part are known.
pub(super) fn none_yet(summary: &Value) -> Option<String> {
    let links = reading::results(summary, "K1").get("links")?;
    let created = links.get("uptake")?.get("created")?;
    match standing(created).is_empty() {
        false => None,
        true => apart(summary).map(|apart| format!("No uptake yet.{apart}")),
    }
}

/// How many write-ups are linked, and `«94» of «98» write-ups`: both of those that the reader may see,
/// since one more than they see would tell of what is kept from them.
pub(super) fn of_all(summary: &Value) -> Option<(f64, String)> {
    uptake(summary)?;
    let seen = reading::list(summary, "writeups");
    let linked = seen.iter().filter(|writeup| is_linked(writeup)).count() as f64;
    if linked == 0.0 {
        return None;
    }
    let all = seen.len() as f64;
    let writeups = plural(all, "write-up", "write-ups");
    Some((
        linked,
        format!("«{}» of «{}» {writeups}", count(linked), count(all)),
    ))
}

/// Whether uptake stands, but none of it at a write-up that the reader may see.
pub(super) fn only_unlisted(summary: &Value) -> bool {
    let live = uptake(summary).and_then(|links| links.get("live"));
    live.is_some_and(|live| !standing(live).is_empty()) && of_all(summary).is_none()
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
             in commits lead to write-ups that were deleted."
        );
    }

    #[test]
    fn one_is_one() {
        let summary = json!({"indicators": {"K1": {"results": {"links": {
            "created": {"commit": 3}, "live": {"commit": 2}, "writeups_linked": 1,
        }}}}});
        assert_eq!(
            links(&summary).unwrap(),
            "«2» links in commits lead to «1» write-up. «1» more in commits leads to a write-up that \
             was deleted."
        );
    }

    #[test]
    fn what_is_no_uptake_is_told_apart() {
        let mut summary = json!({"indicators": {"K1": {"results": {"links": {
            "created": {"commit": 9}, "live": {"commit": 9}, "writeups_linked": 2,
            "uptake": {"created": {"commit": 0}, "live": {"commit": 0}, "writeups_linked": 0},
            "follow_up": {"live": {"commit": 3}},
            "index": {"live": {"onboarding": 4, "diagram": 0}},
        }}}}});
        let said = "No uptake yet. Not counted here: links that the people and teams of the incident \
            made until 30 days after the write-up («3» in commits), and links on pages that list \
            write-ups («4» in onboarding pages).";
        assert_eq!(links(&summary).unwrap(), said);
        assert_eq!(none_yet(&summary).unwrap(), said);
        let told = summary.pointer_mut("/indicators/K1/results/links").unwrap();
        told["follow_up"]["live"]["commit"] = json!(0);
        told["index"]["live"]["onboarding"] = json!(0);
        assert!(links(&summary).is_none());
        assert!(none_yet(&summary).is_none());
    }

    #[test]
    fn of_all_counts_what_the_reader_may_see() {
        let of_two = |first: u32| {
            json!({
                "indicators": {"K1": {"results": {"links": {"uptake": {"writeups_linked": 3}}}}},
                "writeups": [
                    {"links": {"uptake": {"diagram": first}}},
                    {"links": {"uptake": {"diagram": 0, "ticket": 2}}},
                ],
            })
        };
        let (linked, said) = of_all(&of_two(1)).unwrap();
        assert_eq!((linked, said.as_str()), (1.0, "«1» of «2» write-ups"));
        // What is restricted may be linked; that is not told here.
        assert!(of_all(&of_two(0)).is_none());
        let standing = |n: u32| json!({"indicators": {"K1": {"results": {"links": {"uptake": {"live": {"diagram": n}}}}}}});
        assert!(only_unlisted(&standing(2)));
        assert!(!only_unlisted(&standing(0)));
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
