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
    Some(format!(
        "Half of the «{}» {} that {} made more than «{}» days ago.",
        count(many),
        plural(many, "link", "links"),
        plural(many, "stands was", "stand were"),
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
        "«{}» of «{}» write-ups link to another or are linked from one, by «{}» {}.{}",
        count(linked),
        count(number("nodes")?),
        count(edges),
        plural(edges, "link", "links"),
        hub.unwrap_or_default()
    ))
}

/// K5, of uptake where it is told apart.
pub(super) fn half_life(summary: &Value, results: &Value) -> Option<String> {
    let told = results.get("uptake").unwrap_or(results);
    let days = cell(told, "cited_half_life_days").get()?;
    Some(format!(
        "Half of the links made in the last {} lead to write-ups that were older than «{}».",
        window(summary),
        age(days)
    ))
}

/// K6, of uptake where it is told apart.
pub(super) fn late(summary: &Value, results: &Value) -> Option<String> {
    let told = ["uptake", "late_links"].map(|key| share(results, key));
    let late = told.into_iter().find(|share| share.value.get().is_some())?;
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
        let of_all = json!({"late_links": share, "uptake": null});
        assert_eq!(
            late(&summary, &of_all).unwrap(),
            "«80» of «152» links made in the last year, «53 %» (95 % interval 45 to 60), lead to \
             write-ups that were older than three months."
        );
        assert!(late(&summary, &json!({"late_links": null})).is_none());
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
            "«4» of «10» write-ups link to another or are linked from one, by «3» links. First by \
             rank is “Queue overflow”, linked from «2» others."
        );
        assert!(graph(&summary, &json!({"graph": {"edges": 0}})).is_none());
    }
}
