//! One evidence is one link: what a line, a commit or a page says of two write-ups says it once when
//! they are merged, from the first time until the last is gone.

use std::collections::BTreeMap;

use readback::indicators::Context;
use readback::jobs::compute;
use readback::model::{Calendar, DAY_MS, Millis, Parameters, to_rfc3339};
use readback::store::LinksAsked;
use serde_json::{Value, json};

use super::binary::Home;
use super::links::Dice;
use super::merging::merge;
use super::repositories::Repository;
use super::way::{Way, event, instant};

const START: &str = "2025-01-01T00:00:00Z";
const AS_OF: &str = "2026-01-01T00:00:00Z";

/// Two write-ups of one night, and code that names both.
fn house() -> Option<Home> {
    let home = Home::with_engine()?;
    let papers = Repository::new(home.path("papers"));
    for (name, key, at) in [
        ("disk", "INC-7", "2024-03-01T09:00:00Z"),
        ("dns", "INC-8", "2024-03-02T09:00:00Z"),
    ] {
        let text = format!("# {key}: the {name} story\n\nWhat happened, and why.\n");
        papers.write(&format!("postmortems/{name}.md"), text);
        papers.commit(at, "Tell it");
    }
    let code = Repository::new(home.path("code"));
    code.write(
        "a.py",
        "# see INC-7 and INC-8\nretry()\n\n# as INC-7 has it\nwait()\n",
    );
    code.commit(
        "2024-05-01T09:00:00Z",
        "Retry\n\nAs INC-7 and INC-8 taught.",
    );
    code.write(
        "a.py",
        "# see INC-7\nretry()\n\n# as INC-7 has it\nwait()\n",
    );
    code.commit("2024-06-01T09:00:00Z", "Say less");
    code.write("a.py", "retry()\n\n# as INC-7 has it\nwait()\n");
    code.commit("2024-07-01T09:00:00Z", "Say nothing");
    home.file(
        "readback.toml",
        "[[source]]\nid = \"papers\"\nkind = \"git\"\npath = \"papers\"\nwriteups = [\"postmortems/*.md\"]\n\
         incident_keys = [\"INC-[0-9]+\"]\n\n[[source]]\nid = \"code\"\nkind = \"git\"\npath = \"code\"\n",
    );
    home.done(&["scan"]);
    Some(home)
}

/// Place, line, write-up, begin and end of the links in code.
fn rows(home: &Home, arguments: &[&str]) -> Vec<[String; 5]> {
    let said = home.done(&[&["links", "--json", "--limit", "0"], arguments].concat());
    let links: Vec<Value> = serde_json::from_str(&said.out).expect("JSON");
    let text = |link: &Value, name: &str| link[name].as_str().unwrap_or("-").to_owned();
    let mut rows: Vec<[String; 5]> = links
        .iter()
        .map(|link| {
            let line = text(link, "stands_in");
            let line = line.split_once('#').map_or("", |(_, line)| line).to_owned();
            let [writeup, place, first_seen, removed] =
                ["writeup", "place", "first_seen", "removed"].map(|name| text(link, name));
            [place, line, writeup, first_seen, removed]
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn what_names_two_write_ups_is_one_link_once_they_are_one() {
    let Some(home) = house() else {
        return;
    };
    let (seven, eight) = ("papers:postmortems/disk.md", "papers:postmortems/dns.md");
    let before = rows(&home, &[]);
    let row = |place: &str, line: &str, writeup: &str, removed: &str| {
        [place, line, writeup, "2024-05-01", removed].map(str::to_owned)
    };
    assert_eq!(
        before,
        [
            row("code_comment", "L1", seven, "2024-07-01"),
            row("code_comment", "L1", eight, "2024-06-01"),
            row("code_comment", "L4", seven, "-"),
            row("commit", "", seven, "-"),
            row("commit", "", eight, "-"),
        ]
    );
    home.done(&["writeups", "merge", "INC-8", "INC-7"]);
    assert_eq!(
        rows(&home, &[]),
        [
            row("code_comment", "L1", seven, "2024-07-01"),
            row("code_comment", "L4", seven, "-"),
            row("commit", "", seven, "-"),
        ]
    );
    let doubled = home.done(&["links", "--uncounted", "doubled"]);
    assert!(
        doubled.err.contains("2 links do not count: 2 doubled"),
        "{doubled:?}"
    );
    // The other way round the line goes on as long as either stands, and its beginning is the same.
    home.done(&["writeups", "split", eight]);
    assert_eq!(rows(&home, &[]), before);
    home.done(&["writeups", "merge", "INC-7", "INC-8"]);
    assert_eq!(
        rows(&home, &[]),
        [
            row("code_comment", "L1", eight, "2024-07-01"),
            row("code_comment", "L4", eight, "-"),
            row("commit", "", eight, "-"),
        ]
    );
    home.done(&["report", "--out", "out"]);
    let summary = std::fs::read(home.path("out/summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    let links = &summary["indicators"]["K1"]["results"]["links"];
    assert_eq!(
        (
            &links["created"]["code_comment"],
            &links["live"]["code_comment"]
        ),
        (&json!(2), &json!(1))
    );
    assert_eq!(links["live"]["commit"], 1);
    assert_eq!(summary["health"]["received"]["doubled"], 2);
}

#[test]
fn a_scan_says_as_a_check_does_that_two_sources_hold_one_history() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let shop = Repository::new(home.path("shop"));
    shop.write("a.txt", "INC-1\n");
    shop.commit("2024-05-01T09:00:00Z", "First");
    let other = Repository::new(home.path("other"));
    other.write("a.txt", "INC-2\n");
    other.commit("2024-05-01T09:00:00Z", "Another");
    // The second is cloned by the scan itself: before it there is nothing to look at.
    let url = shop.path().display().to_string();
    home.file(
        "readback.toml",
        format!(
            "[[source]]\nid = \"a\"\nkind = \"git\"\npath = \"shop\"\n\n\
             [[source]]\nid = \"b\"\nkind = \"git\"\npath = \"clones/b.git\"\nname = \"b\"\nurl = {url:?}\n\n\
             [[source]]\nid = \"c\"\nkind = \"git\"\npath = \"other\"\n"
        ),
    );
    let words = "sources a and b hold one history, which begins at ";
    let said = home.done(&["scan", "--json"]);
    assert_eq!(said.err.matches(words).count(), 1, "{said:?}");
    let told: Vec<Value> = serde_json::from_str(&said.out).expect("JSON");
    let notes = |at: usize| told[at]["notes"].to_string();
    assert!(notes(1).contains(words), "{told:?}");
    assert!(!notes(2).contains("hold one history"), "{told:?}");
    // One of them alone is told, too, and a check says the same.
    for arguments in [&["scan", "a"][..], &["check", "--no-engine"]] {
        let said = home.done(arguments);
        let all = format!("{}{}", said.out, said.err);
        assert_eq!(all.matches(words).count(), 1, "{said:?}");
        assert!(all.contains("each of its links counts twice; keep one of them"));
    }
    let said = home.done(&["scan", "c"]);
    assert!(!said.err.contains("hold one history"), "{said:?}");
}

/// Stretches of days at which something stands; those that overlap or touch are one.
fn joined(mut stretches: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    stretches.sort_unstable();
    let mut all: Vec<(i64, i64)> = Vec::new();
    for (from, to) in stretches {
        match all.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => all.push((from, to)),
        }
    }
    all
}

/// Still there.
const STANDS: i64 = 1_000;

#[tokio::test]
async fn lives_of_merged_links_are_those_of_a_naive_model() {
    let Some(way) = Way::fresh("doubled").await else {
        return;
    };
    let start = instant(START);
    let day = |n: i64| to_rfc3339(start + n * DAY_MS);
    let names = ["INC-1", "INC-2", "INC-3", "INC-4"];
    let mut lines: Vec<String> = names
        .iter()
        .map(|id| {
            event(
                "writeup",
                id,
                id,
                START,
                json!({ "id": id, "published_at": START }),
            )
        })
        .collect();
    let mut dice = Dice(0x5eed_0000_1234_4321);
    // By where it stands and its place; INC-4 stays a write-up of its own.
    let mut expected: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    let mut alone = Vec::new();
    for number in 0..120 {
        // A page that shares its name with another place is another evidence.
        let place = if number % 5 == 0 {
            "docs"
        } else {
            "code_comment"
        };
        let stands_in = format!("shop@0af3c1d:src/{}.rs#L{}", number / 2, number % 2);
        let mut stretches = Vec::new();
        for id in names {
            let mut at = 1 + dice.below(40) as i64;
            // Each name is there at most once at a time, and what is gone stays so for a while.
            for life in 0..dice.below(4) {
                let to = match dice.below(5) {
                    0 => STANDS,
                    _ => at + 1 + dice.below(30) as i64,
                };
                let mut data = json!({ "place": place, "source": stands_in });
                if to != STANDS {
                    data["removed_at"] = json!(day(to));
                }
                let key = format!("{number} {id} {life}");
                lines.push(event("link", &key, id, &day(at), data));
                match id {
                    "INC-4" => alone.push((at, to)),
                    _ => stretches.push((at, to)),
                }
                if to == STANDS {
                    break;
                }
                at = to + 1 + dice.below(10) as i64;
            }
        }
        expected.insert(format!("{place} {stands_in}"), joined(stretches));
    }
    way.events(&lines).await;
    merge(&way, "INC-2", "INC-1").await;
    merge(&way, "INC-3", "INC-2").await;
    let derived = way.derive().await;
    let context = Context {
        as_of: instant(AS_OF),
        calendar: Calendar::new(chrono_tz::Tz::UTC),
        parameters: Parameters::default(),
        k: 1,
    };
    let settings = compute::settings(&context, derived.generation);
    let asked = LinksAsked {
        most: u64::from(u32::MAX),
        ..LinksAsked::default()
    };
    let listed = way
        .store
        .list_links(&settings, &asked)
        .await
        .expect("links");
    let of = |at: Millis| (at - start) / DAY_MS;
    let writeups = way.store.registry_writeups(derived.generation).await;
    let writeups = writeups.expect("write-ups");
    let own = writeups.iter().find(|one| one.id == "INC-4").expect("one");
    let mut found: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    let mut found_alone = Vec::new();
    for link in &listed {
        let life = (of(link.at), link.ended_at.map_or(STANDS, of));
        match link.writeup == own.number {
            true => found_alone.push(life),
            false => found
                .entry(format!("{} {}", link.place, link.stands_in))
                .or_default()
                .push(life),
        }
    }
    found.values_mut().for_each(|lives| lives.sort_unstable());
    expected.retain(|_, lives| !lives.is_empty());
    assert_eq!(found, expected);
    found_alone.sort_unstable();
    alone.sort_unstable();
    assert_eq!(found_alone, alone);
}

/// A channel is no evidence: who shares two write-ups in one does so twice, with one message once.
#[tokio::test]
async fn a_message_is_one_link_and_a_channel_is_not() {
    let Some(way) = Way::fresh("doubled_chat").await else {
        return;
    };
    let said = |id: &str| {
        event(
            "writeup",
            id,
            id,
            START,
            json!({ "id": id, "published_at": START }),
        )
    };
    let shared = |id: &str, at: &str| {
        let data = json!({ "place": "chat", "source": "channel-1" });
        event("link", &format!("{id} {at}"), id, at, data)
    };
    let (noon, later) = ("2025-02-01T12:00:00Z", "2025-02-01T13:00:00Z");
    way.events(&[
        said("INC-1"),
        said("INC-2"),
        shared("INC-1", noon),
        shared("INC-2", noon),
        shared("INC-2", later),
    ])
    .await;
    merge(&way, "INC-2", "INC-1").await;
    let document = way.document(AS_OF).await;
    assert_eq!(document.health.received.doubled, 1);
    let counted = way
        .count(
            "SELECT count() FROM resolved_link(registry = (SELECT max(generation) FROM derive_run)) \
             WHERE label = 0",
        )
        .await;
    assert_eq!(counted, 2);
}
