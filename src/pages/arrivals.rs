//! Which links are followed: where readers came from, in words.

use serde::Serialize;
use serde_json::Value;

use super::words;
use crate::charts::reading::{self, cell};

/// One kind of place.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Way {
    /// Such as `a code host`.
    pub(crate) from: &'static str,
    /// How many reads.
    pub(crate) reads: String,
}

/// The kinds of places in the `arrivals` of a summary or of one of its write-ups, the most frequent first.
pub(crate) fn ways(of: &Value) -> Vec<Way> {
    let mut list: Vec<&Value> = reading::list(of, "arrivals").iter().collect();
    // What is withheld comes last, in the order of the summary; ties keep it as well.
    let reads = |one: &&Value| cell(one, "reads").get().unwrap_or(-1.0);
    list.sort_by(|a, b| reads(b).total_cmp(&reads(a)));
    let way = |one: &Value| Way {
        from: from(reading::text(one, "class")),
        reads: words::counted(cell(one, "reads")),
    };
    list.into_iter().map(way).collect()
}

fn from(class: &str) -> &'static str {
    match class {
        "direct" => "by address, or nobody knows",
        "onboarding" => "an onboarding page",
        "writeup" => "another write-up",
        "chat" => "chat",
        "mail" => "mail",
        "code" => "a code host",
        "search" => "a search",
        "wiki" => "elsewhere in the wiki",
        "unknown" => "not told by the source",
        _ => "another place",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{ARRIVALS, UNKNOWN_ARRIVAL};

    #[test]
    fn every_kind_has_its_words() {
        let all = ARRIVALS.into_iter().chain([UNKNOWN_ARRIVAL]);
        let words: std::collections::BTreeSet<&str> = all.map(from).collect();
        assert_eq!(words.len(), ARRIVALS.len() + 1);
    }

    #[test]
    fn the_most_frequent_comes_first_and_what_is_withheld_last() {
        let summary = json!({ "arrivals": [
            { "class": "direct", "reads": null, "suppressed": true },
            { "class": "chat", "reads": 7 },
            { "class": "code", "reads": 1200 },
        ] });
        let told: Vec<(&str, String)> = ways(&summary)
            .into_iter()
            .map(|way| (way.from, way.reads))
            .collect();
        let expected = [
            ("a code host", "1,200"),
            ("chat", "7"),
            ("by address, or nobody knows", "withheld"),
        ];
        assert_eq!(told, expected.map(|(from, reads)| (from, reads.to_owned())));
        assert!(ways(&json!({})).is_empty());
    }
}
