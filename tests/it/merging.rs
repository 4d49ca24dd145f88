//! Late binding of write-ups: parts that count for another, and names that change hands. Landed events
//! are never touched, and what is undone leaves no trace in the report.

use readback::jobs::registry::{Hand, Registry};
use readback::jobs::report::to_json;
use readback::model::Writeup;
use serde_json::{Value, json};

use super::way::{Way, event, lines, small};

const AS_OF: &str = "2026-01-01T00:00:00Z";

/// Everything that landed and describes no write-up, in one number.
async fn landed(way: &Way) -> u64 {
    let mut sum = 0u64;
    for table in [
        "read",
        "read_count",
        "attendance",
        "comment",
        "edit",
        "link",
        "person",
        "coverage",
    ] {
        let sql =
            format!("SELECT count() + sum(cityHash64(toString(tuple(*)))) FROM landing_{table}");
        sum = sum.wrapping_add(way.count(&sql).await);
    }
    sum
}

async fn bytes(way: &Way) -> Vec<u8> {
    to_json(&way.document(AS_OF).await).expect("JSON")
}

async fn say(way: &Way, said: impl FnOnce(&Registry) -> Writeup) {
    let registry = Registry::now(&way.store).await.expect("a registry");
    let hand = Hand {
        store: &way.store,
        keys: &way.keys,
        gate: way.gate.clone(),
        now: 1_760_000_000_000,
    };
    let writeup = said(&registry);
    registry.say(&hand, writeup).await.expect("said");
}

pub(crate) async fn merge(way: &Way, part: &str, into: &str) {
    say(way, |registry| {
        let entry = |id: &str| registry.entry(id).expect("a write-up");
        registry.merging(entry(part), entry(into)).expect("two")
    })
    .await;
}

async fn split(way: &Way, part: &str) {
    say(way, |registry| {
        let part = registry.entry(part).expect("a write-up");
        registry.splitting(part).expect("a part")
    })
    .await;
}

fn writeup<'a>(report: &'a Value, id: &str) -> Option<&'a Value> {
    let list = report["writeups"].as_array().expect("a list");
    list.iter().find(|one| one["id"] == id)
}

#[tokio::test]
async fn what_is_merged_and_split_is_as_before() {
    let Some(way) = Way::fresh("merging").await else {
        return;
    };
    way.events(&lines(&small())).await;
    let before = bytes(&way).await;
    let events = landed(&way).await;
    let json: Value = serde_json::from_slice(&before).expect("JSON");
    let mut listed: Vec<(u64, String)> = json["writeups"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let id = one["id"].as_str().expect("an id").to_owned();
            (one["reads"].as_u64().unwrap_or(0), id)
        })
        .collect();
    listed.sort();
    let [.., (third, c), (second, b), (first, a)] = &listed[..] else {
        panic!("{listed:?}");
    };
    assert!(*third > 0);

    // A chain: what counts for a part counts for the whole.
    merge(&way, c, b).await;
    merge(&way, b, a).await;
    let merged: Value = serde_json::from_slice(&bytes(&way).await).expect("JSON");
    assert_eq!(writeup(&merged, b), None);
    assert_eq!(writeup(&merged, c), None);
    let reads = writeup(&merged, a).expect("the whole")["reads"].as_u64();
    // Drafts, deletions and authors are those of the whole, so a few more or fewer are counted.
    let all = first + second + third;
    let reads = reads.expect("a number");
    assert!(
        reads > *first && reads.abs_diff(all) < all / 2,
        "{reads} of {all}"
    );
    assert_eq!(landed(&way).await, events);
    let registry = Registry::now(&way.store).await.expect("a registry");
    let entry = |id: &str| registry.entry(id).expect("a write-up");
    let circle = registry.merging(entry(a), entry(c)).expect_err("a circle");
    assert!(circle.to_string().contains("is part of"), "{circle}");
    assert!(registry.merging(entry(b), entry(c)).is_err());
    assert!(registry.merging(entry(a), entry(a)).is_err());
    assert!(registry.merging(entry(c), entry(a)).is_ok());
    assert!(registry.splitting(entry(a)).is_err());

    split(&way, b).await;
    split(&way, c).await;
    let after = bytes(&way).await;
    assert!(before == after, "the report is another one");
    assert_eq!(landed(&way).await, events);
}

#[tokio::test]
async fn all_that_is_said_stands_in_the_registry() {
    let Some(way) = Way::fresh("said_in_full").await else {
        return;
    };
    let said = |at: &str, data: Value| event("writeup", at, "INC-1", at, data);
    way.events(&[
        said(
            "2025-03-01T00:00:00Z",
            json!({
                "published_at": "2025-03-01T00:00:00Z",
                "reviewers": ["r@example.org", "s@example.org"],
                "facilitators": ["f@example.org"],
                "contributors": ["a@example.org"],
                "words": 100, "quotations": 1, "acronyms_unexplained": 9,
                "marks": { "surprised": true, "unclear": false },
            }),
        ),
        said(
            "2025-06-01T00:00:00Z",
            json!({ "words": 300, "quotations": 4, "data_sources": 2, "contributors":
                ["a@example.org", "b@example.org"], "marks": { "difficult": true } }),
        ),
    ])
    .await;
    way.derive().await;
    for (what, value) in [
        ("length(reviewers)", 2),
        ("length(facilitators)", 1),
        ("length(contributors)", 2),
        ("assumeNotNull(first_contributors)", 1),
        ("assumeNotNull(first_words)", 100),
        ("assumeNotNull(words)", 300),
        ("assumeNotNull(first_quotations)", 1),
        ("assumeNotNull(quotations)", 4),
        ("assumeNotNull(first_data_sources)", 2),
        ("assumeNotNull(acronyms_unexplained)", 9),
        (
            "surprised AND difficult AND NOT unclear AND several_accounts IS NULL",
            1,
        ),
    ] {
        let sql = format!(
            "SELECT assumeNotNull(toUInt64({what})) FROM registry_writeup WHERE id = 'INC-1'"
        );
        assert_eq!(way.count(&sql).await, value, "{what}");
    }
}

/// Everything that can happen to a target, in February and in April.
fn happened() -> Vec<String> {
    let mut lines = Vec::new();
    for (month, people) in [("02", 0..3), ("04", 3..8)] {
        let at = format!("2025-{month}-10T09:00:00Z");
        for n in people {
            let person = format!("p{n}@example.org");
            let mut one = |kind: &str, more: Value| {
                let mut data = json!({ "person": person });
                let fields = more.as_object().expect("fields").clone();
                data.as_object_mut().expect("an object").extend(fields);
                let id = format!("{kind} {n}");
                lines.push(event(kind, &id, "docs/a.md", &at, data));
            };
            one("read", json!({ "engaged_s": 90 }));
            one("comment", json!({ "words": 3 }));
            one("edit", json!({}));
            one(
                "link",
                json!({ "place": "docs", "source": format!("docs/{n}.md") }),
            );
            one(
                "attendance",
                json!({ "meeting": format!("m{month}"), "attended": true }),
            );
        }
        let data = json!({ "granularity": "day", "count": 7 });
        lines.push(event("read_count", &at, "docs/a.md", &at, data));
    }
    lines
}

fn owners() -> Vec<String> {
    let said = |id: &str, more: Value| {
        let mut data = json!({ "id": id, "published_at": "2025-01-01T00:00:00Z" });
        let fields = more.as_object().expect("fields").clone();
        data.as_object_mut().expect("an object").extend(fields);
        event("writeup", id, id, "2025-01-01T00:00:00Z", data)
    };
    let since = json!([{ "alias": "docs/a.md", "from": "2025-03-01T00:00:00Z" }]);
    vec![
        said("old", json!({ "aliases": ["docs/a.md"] })),
        said("new", json!({ "alias_validity": since })),
    ]
}

#[tokio::test]
async fn a_name_that_changed_hands_is_whose_it_was_then() {
    let Some(way) = Way::fresh("changed_hands").await else {
        return;
    };
    let owners = owners();
    // Known late: what was derived before is restated.
    way.events(&happened()).await;
    way.events(&owners[..1]).await;
    let before = way.document(AS_OF).await;
    let json = |document| -> Value {
        serde_json::from_slice(&to_json(&document).expect("JSON")).expect("JSON")
    };
    let before = json(before);
    assert_eq!(writeup(&before, "old").expect("listed")["reads"], 22);
    way.events(&owners[1..]).await;
    let after = json(way.document(AS_OF).await);
    for (id, reads, people) in [("old", 10, 3), ("new", 12, 5)] {
        let one = writeup(&after, id).expect("listed");
        let seen = [&one["reads"], &one["readers"], &one["comments"]];
        assert_eq!(
            seen,
            [&json!(reads), &json!(people), &json!(people)],
            "{id}"
        );
        assert_eq!(one["links"]["live"]["docs"], people, "{id}");
        for view in ["attendance", "edit"] {
            let sql = format!(
                "SELECT count() FROM resolved_{view}(registry = (SELECT max(generation) FROM derive_run)) \
                 WHERE writeup = (SELECT any(number) FROM registry_writeup WHERE id = '{id}')"
            );
            assert_eq!(way.count(&sql).await, people, "{id} {view}");
        }
    }
    assert_eq!(after["health"]["received"]["unknown_writeup"], 0);

    let Some(other) = Way::fresh("changed_hands_at_once").await else {
        return;
    };
    other.events(&owners).await;
    other.events(&happened()).await;
    assert_eq!(json(other.document(AS_OF).await), after);
}

#[tokio::test]
async fn what_a_name_gathered_before_it_was_anybodys_is_unregistered() {
    let Some(way) = Way::fresh("before_anybodys").await else {
        return;
    };
    way.events(&happened()).await;
    way.events(&owners()[1..]).await;
    let report = way.document(AS_OF).await;
    // Three people did five things each, and a counter counted.
    assert_eq!(report.health.received.unknown_writeup, 16);
    let registry = Registry::now(&way.store).await.expect("a registry");
    let found = registry.unregistered(&way.store).await.expect("a list");
    let [one] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((&*one.target, one.total()), ("docs/a.md", 16));
    assert_eq!(registry.find("docs/a.md").expect("its holder").id, "new");
}

/// What a scan finds keeps a name that changed hands: the time of each link decides.
#[tokio::test]
async fn link_finders_leave_a_dated_name_to_its_time() {
    let Some(way) = Way::fresh("dated_links").await else {
        return;
    };
    let page = "https://wiki.example.org/weekly";
    let said = |id: &str, validity: Value| {
        let data =
            json!({ "id": id, "aliases": [format!("page:{id}")], "alias_validity": [validity] });
        event("writeup", id, id, "2025-01-01T00:00:00Z", data)
    };
    let change = "2025-03-01T00:00:00Z";
    way.events(&[
        said("INC-1", json!({ "alias": page, "to": change })),
        said("INC-2", json!({ "alias": page, "from": change })),
    ])
    .await;
    let known = readback::jobs::ingest::known_writeups(&way.store).await;
    let known = known.expect("write-ups");
    let told: Vec<(&str, Vec<&str>)> = known
        .iter()
        .map(|one| (&*one.id, one.aliases.iter().map(String::as_str).collect()))
        .collect();
    let expected = [
        ("INC-1", vec!["page:INC-1"]),
        ("INC-2", vec!["page:INC-2"]),
        (page, vec![]),
    ];
    assert_eq!(told, expected);
}
