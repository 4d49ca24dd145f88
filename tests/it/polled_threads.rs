//! Discussions of GitHub, thread by thread, as far as they go.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::polled_forge::{Asked, Forge, LOGIN, NOW, Reply, Source, ok, short};

const OLD: &str = "2026-03-01T10:00:00Z";
const PAGE: &str = "https://github.com/example/shop/discussions/4";

/// What a forge of discussions does.
#[derive(Default)]
struct Mood {
    /// Questions until it has had enough.
    left: Option<usize>,
    /// The comment that it cannot tell.
    bad: Option<u64>,
    /// What was deleted.
    gone: BTreeSet<String>,
}

/// One discussion with 130 comments, the 40th of which has 65 answers; each links to the write-up.
fn threads(mood: &Arc<Mutex<Mood>>) -> Forge {
    let mood = Arc::clone(mood);
    Forge::new(move |asked, _| {
        if asked.path() != "/graphql" {
            return ok(json!([]));
        }
        let mut mood = mood.lock().expect("no panic");
        if mood.left == Some(0) {
            mood.left = None;
            let error = json!({ "type": "RATE_LIMITED", "message": "API rate limit exceeded" });
            return ok(json!({ "data": null, "errors": [error] }));
        }
        mood.left = mood.left.map(|left| left - 1);
        told(asked, &mood)
    })
}

fn told(asked: &Asked, mood: &Mood) -> Reply {
    let query = asked.body["query"].as_str().expect("a query");
    let variables = &asked.body["variables"];
    let id = variables["id"].as_str().unwrap_or_default();
    if mood.gone.contains(id) {
        let error = json!({ "type": "NOT_FOUND", "message": "Could not resolve to a node" });
        return ok(json!({ "data": { "node": null }, "errors": [error] }));
    }
    if query.starts_with("query($id: ID!) {") {
        return ok(json!({ "data": { "node": { "id": id } } }));
    }
    let author = json!({ "login": LOGIN, "__typename": "User" });
    let blind = !query.contains("nodes");
    let failed = std::cell::Cell::new(false);
    let said = |number: u64| {
        failed.set(failed.get() || (mood.bad == Some(number) && !blind));
        json!({ "id": format!("N{number}"), "databaseId": number, "body": "INC-12", "author": author,
            "url": format!("{PAGE}#discussioncomment-{number}"), "createdAt": OLD, "updatedAt": OLD })
    };
    let list = |all: Vec<u64>, first: u64, after: &Value, deep: bool| {
        let start = after
            .as_str()
            .map_or(0, |after| after.parse().expect("a place"));
        let stop = all
            .len()
            .min(start + usize::try_from(first).expect("small"));
        let nodes = all[start..stop].iter().map(|number| {
            let mut node = said(*number);
            if deep {
                let answers = if *number == 40 { 20 } else { 0 };
                node["replies"] = json!({ "nodes": (1001..1001 + answers).map(said).collect::<Vec<_>>(),
                    "pageInfo": { "hasNextPage": answers > 0, "endCursor": "20" } });
            }
            node
        });
        // What is not asked for is not told.
        let nodes: Vec<Value> = if blind { Vec::new() } else { nodes.collect() };
        json!({ "nodes": nodes,
            "pageInfo": { "hasNextPage": stop < all.len(), "endCursor": stop.to_string() } })
    };
    let first = variables["first"].as_u64().expect("a size");
    let after = &variables["after"];
    let data = match id {
        "" => {
            let mut discussion = said(9);
            discussion["number"] = json!(4);
            discussion["title"] = json!("Disk");
            discussion["url"] = json!(PAGE);
            discussion["comments"] = list((1..=130).collect(), 25, &Value::Null, true);
            json!({ "repository": { "discussions": { "nodes": [discussion], "pageInfo": { "hasNextPage": false } } } })
        }
        "N9" => json!({ "node": { "comments": list((1..=130).collect(), first, after, true) } }),
        "N40" => {
            json!({ "node": { "replies": list((1001..=1065).collect(), first, after, false) } })
        }
        other => panic!("{other}"),
    };
    match failed.get() {
        true => (502, Vec::new(), json!({})),
        false => ok(json!({ "data": data })),
    }
}

fn all() -> Vec<String> {
    let numbers = (1..=130).filter(|number| *number != 9).chain(1001..=1065);
    let mut all: Vec<String> = numbers
        .map(|number| format!("link discussion_comment:{number}:link:w1"))
        .chain(
            [
                "link discussion:9:link:w1",
                "link discussion_comment:9:link:w1",
            ]
            .map(str::to_owned),
        )
        .collect();
    all.sort();
    all
}

#[test]
fn threads_are_read_to_their_ends() {
    let mood = Arc::default();
    let forge = threads(&mood);
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    assert_eq!(short(&source.pull(NOW).expect("a pull")), all());
    let asked = forge.asked();
    let lists = asked
        .iter()
        .filter(|asked| asked.body["variables"]["first"].is_u64());
    assert_eq!(
        lists.count(),
        4,
        "the beginning, two more pages, the rest of the answers"
    );
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
}

/// Wherever the limit is reached, the next pull goes on there, and asks nothing twice.
#[test]
fn a_thread_that_was_interrupted_goes_on() {
    for left in 0..4 {
        let mood = Arc::new(Mutex::new(Mood {
            left: Some(left),
            ..Mood::default()
        }));
        let forge = threads(&mood);
        let mut source = Source::new("github", &forge.address, &["INC-12"]);
        let heard = source.pull(NOW).expect("a pull");
        assert!(
            heard.notes[0].contains("limit of questions"),
            "{:?}",
            heard.notes
        );
        let mut met = short(&heard);
        assert!(source.pull(NOW + 1).expect("nothing").events.is_empty());
        let heard = source.pull(NOW + 60_000).expect("a pull");
        met.extend(short(&heard));
        met.sort();
        assert_eq!(met, all(), "{left}");
        let asked = forge.asked();
        let lists = asked
            .iter()
            .filter(|asked| asked.body["variables"]["first"].is_u64());
        assert_eq!(lists.count(), 5, "{left}");
    }
}

/// A comment that the forge cannot tell keeps back itself and what it brings along, nothing else.
#[test]
fn a_thread_is_read_around_what_cannot_be_told() {
    let mood = Arc::new(Mutex::new(Mood {
        bad: Some(77),
        ..Mood::default()
    }));
    let forge = threads(&mood);
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    let mut met = Vec::new();
    for _ in 0..3 {
        met.extend(short(&source.pull(NOW).expect("a pull")));
    }
    let bad = "link discussion_comment:77:link:w1".to_owned();
    let mut without = all();
    without.retain(|one| *one != bad);
    let missing: Vec<&String> = without.iter().filter(|one| !met.contains(one)).collect();
    assert_eq!(missing, [""; 0]);
    met.retain(|one| !without.contains(one));
    assert_eq!(met, [""; 0]);
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(heard.notes.len(), 1, "{:?}", heard.notes);
    assert!(
        heard.notes[0].contains("discussions N9 after 76"),
        "{:?}",
        heard.notes
    );
    mood.lock().expect("no panic").bad = None;
    let mut met = Vec::new();
    for _ in 0..4 {
        met.extend(short(&source.pull(NOW).expect("a pull")));
    }
    assert_eq!(met, [bad]);
    assert!(source.pull(NOW).expect("a pull").notes.is_empty());
}

#[test]
fn what_was_said_in_a_discussion_and_deleted_ends() {
    let mood = Arc::default();
    let forge = threads(&mood);
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    source.pull(NOW).expect("a pull");
    mood.lock().expect("no panic").gone.insert("N12".to_owned());
    let mut ended = Vec::new();
    // Fifty are looked at in each pull.
    for _ in 0..10 {
        ended.extend(short(&source.pull(NOW).expect("a pull")));
    }
    assert_eq!(ended[0], "-link discussion_comment:12:link:w1");
}
