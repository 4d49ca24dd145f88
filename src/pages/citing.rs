//! What K2, K4, K5 and K6 say, in words: how old links are, and how old is what they lead to.

use serde_json::Value;

use super::words::{age, count, interval, percent, plural};
use super::{list, signals};
use crate::charts::reading::{self, cell, share};

/// K2, of uptake where it is told apart.
pub(super) fn ages(results: &Value) -> Option<String> {
    let ages = ["uptake", "live_age_days"]
        .iter()
        .find_map(|key| results.get(key))?;
    let many = cell(ages, "n").get().filter(|n| *n > 0.0)?;
    let half = cell(ages, "median").get()?;
    if many == 1.0 {
        return Some(format!(
            "The one link that stands was made «{}» {} ago.",
            count(half),
            plural(half, "day", "days")
        ));
    }
    Some(format!(
        "Half of the «{}» links that stand were made more than «{}» days ago.",
        count(many),
        count(half)
    ))
}

/// K4: how many are part of the graph, and the first by rank.
pub(super) fn graph(summary: &Value, results: &Value) -> Option<String> {
    let graph = results.get("graph")?;
    let number = |key: &str| cell(graph, key).get();
    let edges = number("edges").filter(|edges| *edges > 0.0)?;
    let linked = number("nodes")? - number("isolated")?;
    let first = reading::list(graph, "pagerank_top").first();
    let hub = first.and_then(|first| {
        let mut all = reading::list(summary, "writeups").iter();
        let id = reading::text(first, "writeup");
        let writeup = all.find(|writeup| reading::text(writeup, "id") == id)?;
        let many = cell(first, "in_degree").get()?;
        Some(format!(
            " First by rank is “{}”, linked from «{}» {}.",
            list::title(writeup).replace(['«', '»', '`'], "'"),
            count(many),
            plural(many, "other", "others")
        ))
    });
    Some(format!(
        "«{}» of «{}» write-ups link to another or are linked from one, in «{}» {}.{}",
        count(linked),
        count(number("nodes")?),
        count(edges),
        plural(edges, "pair", "pairs"),
        hub.unwrap_or_default()
    ))
}

/// K5, of uptake where it is told apart.
pub(super) fn half_life(summary: &Value, results: &Value) -> Option<String> {
    let told = results.get("uptake").unwrap_or(results);
    let days = cell(told, "cited_half_life_days").get()?;
    let number = |key: &str| cell(told, key).get().unwrap_or(0.0);
    if number("n") - number("draft_links") == 1.0 {
        return Some(format!(
            "The one link made in the last {} leads to a write-up that was «{}» old.",
            window(summary),
            age(days)
        ));
    }
    Some(format!(
        "Half of the links made in the last {} lead to write-ups that were older than «{}».",
        window(summary),
        age(days)
    ))
}

/// K6, of uptake where it is told apart.
pub(super) fn late(summary: &Value, results: &Value) -> Option<String> {
    // None is not the same as not told: what is no uptake must not stand in for it.
    let told = ["uptake", "late_links"];
    let told = told.into_iter().find(|key| results.get(key).is_some())?;
    let late = share(results, told);
    let (k, n) = (late.num.get()?, late.den.get()?);
    Some(format!(
        "«{}» of «{}» {} made in the last {}, «{}» ({}), {} to write-ups that were older than {}.",
        count(k),
        count(n),
        plural(n, "link", "links"),
        window(summary),
        percent(late.value.get()?),
        interval(&late),
        plural(k, "leads", "lead"),
        signals::age_words(signals::days(summary, "late", 90.0))
    ))
}

/// The time of which links are asked.
fn window(summary: &Value) -> String {
    let days = signals::days(summary, "horizon", 365.0);
    match (days - 365.0).abs() < 0.5 {
        true => "year".to_owned(),
        false => format!("{days:.0} days"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn links_and_their_targets_have_ages() {
        let ages_of = json!({"live_age_days": {"n": 40, "median": 212.4}});
        assert_eq!(
            ages(&ages_of).unwrap(),
            "Half of the «40» links that stand were made more than «212» days ago."
        );
        let summary = json!({});
        let cited =
            json!({"cited_half_life_days": 30.0, "uptake": {"cited_half_life_days": 105.2}});
        assert_eq!(
            half_life(&summary, &cited).unwrap(),
            "Half of the links made in the last year lead to write-ups that were older than «3 months»."
        );
        let share = json!({"k": 80, "n": 152, "p": 0.526, "lo": 0.447, "hi": 0.604});
        let of_all = json!({"late_links": share});
        assert_eq!(
            late(&summary, &of_all).unwrap(),
            "«80» of «152» links made in the last year, «53 %» (95 % interval 45 to 60), lead to \
             write-ups that were older than three months."
        );
        let follow_up_alone = json!({"late_links": share, "uptake": null});
        assert!(late(&summary, &follow_up_alone).is_none());
        assert!(late(&summary, &json!({"late_links": null})).is_none());
    }

    #[test]
    fn one_link_has_no_half() {
        let one = json!({"uptake": {"n": 1, "median": 12.0}});
        assert_eq!(
            ages(&one).unwrap(),
            "The one link that stands was made «12» days ago."
        );
        let one = json!({"uptake": {"cited_half_life_days": 105.2, "n": 2, "draft_links": 1}});
        assert_eq!(
            half_life(&json!({}), &one).unwrap(),
            "The one link made in the last year leads to a write-up that was «3 months» old."
        );
    }

    #[test]
    fn the_first_by_rank_is_named() {
        let summary = json!({"writeups": [{"id": "INC-1", "title": "Queue overflow"}]});
        let results = json!({"graph": {
            "nodes": 10, "isolated": 6, "edges": 3,
            "pagerank_top": [{"writeup": "INC-1", "in_degree": 2}],
        }});
        assert_eq!(
            graph(&summary, &results).unwrap(),
            "«4» of «10» write-ups link to another or are linked from one, in «3» pairs. First by \
             rank is “Queue overflow”, linked from «2» others."
        );
        assert!(graph(&summary, &json!({"graph": {"edges": 0}})).is_none());
    }
}
