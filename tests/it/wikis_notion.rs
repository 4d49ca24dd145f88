//! Notion: a listener that answers as its API does, and the source that asks.

use std::sync::{Arc, Mutex};

use readback::model::Body;
use readback::sources;
use serde_json::{Value, json};

use super::polled_forge::{Asked, Forge, NOW, Reply, TOKEN, WORDS, gone, ok};
use super::wikis::{ADA, BOB, Source, short, told};

const BASE: &str = "11111111-1111-4111-8111-111111111111";
const DISK: &str = "dddddddd00004000800000000000000d";
const DNS: &str = "dddddddd00004000800000000000000e";
const GUIDE: &str = "dddddddd00004000800000000000000f";

/// An id as answers have it.
fn dashed(id: &str) -> String {
    format!(
        "{}-{}-{}-{}-{}",
        &id[..8],
        &id[8..12],
        &id[12..16],
        &id[16..20],
        &id[20..]
    )
}

fn page(id: &str, title: &str, updated: &str, kind: &str) -> Value {
    json!({ "object": "page", "id": dashed(id), "created_time": "2026-01-02T09:00:00.000Z", "last_edited_time": updated,
        "created_by": { "object": "user", "id": ADA }, "last_edited_by": { "object": "user", "id": BOB },
        "archived": false, "in_trash": false, "public_url": null,
        "url": format!("https://www.notion.so/{}-{id}", title.replace(' ', "-")),
        "properties": {
            "Name": { "id": "title", "type": "title", "title": [{ "plain_text": title }] },
            "Kind": { "type": "select", "select": { "name": kind } },
            "Tags": { "type": "multi_select", "multi_select": [{ "name": "sev1" }] },
            "Who": { "type": "people", "people": [{ "id": ADA, "name": "Ada" }] },
            "State": { "type": "status", "status": null } } })
}

fn paragraph(words: &str, href: Option<String>) -> Value {
    json!({ "object": "block", "id": dashed("eeeeeeee00004000800000000000000a"), "type": "paragraph", "has_children": false,
        "paragraph": { "rich_text": [{ "plain_text": words, "href": href }] } })
}

fn comment(id: &str, discussion: &str, who: &str, updated: &str) -> Value {
    json!({ "object": "comment", "id": dashed(&format!("cccccccc0000400080000000000000{id}")), "discussion_id": discussion,
        "created_time": format!("2026-02-01T1{}:00:00.000Z", &id[1..]), "last_edited_time": updated,
        "created_by": { "id": who }, "rich_text": [{ "plain_text": WORDS }, { "plain_text": " indeed" }] })
}

fn list(results: &[Value], next: Option<&str>) -> Reply {
    ok(
        json!({ "object": "list", "results": results, "next_cursor": next, "has_more": next.is_some() }),
    )
}

/// A workspace at a step: 0 at first, 1 with more, 2 with things gone.
fn workspace(asked: &Asked, step: usize, has_comments: bool) -> Reply {
    assert_eq!(asked.header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(asked.header("notion-version"), "2025-09-03");
    let later = "2026-03-02T10:00:00.000Z";
    let disk = page(
        DISK,
        "INC-7 Disk full",
        ["2026-02-02T09:00:00.000Z", later, later][step],
        "Postmortem",
    );
    let dns = page(DNS, "DNS", "2026-01-02T09:00:00.000Z", "postmortem");
    let plan = page(
        "dddddddd000040008000000000000010",
        "Plan",
        "2026-01-05T09:00:00.000Z",
        "Plan",
    );
    let guide = page(
        GUIDE,
        "Onboarding: week one",
        ["2026-02-20T09:00:00.000Z", later, later][step],
        "Guide",
    );
    let is = |part: &str| asked.target.contains(part);
    let cursor = asked.body["start_cursor"].as_str();
    match asked.path() {
        "/v1/databases/11111111111141118111111111111111" => ok(
            json!({ "object": "database", "id": BASE, "data_sources": [{ "id": BASE, "name": WORDS }] }),
        ),
        "/v1/data_sources/11111111111141118111111111111111/query" => match (cursor, step) {
            (None, _) => list(&[disk, plan], Some("next-1")),
            (Some("next-1"), 2) => list(&[], None),
            (Some("next-1"), _) => list(&[dns, json!({ "object": "page" }), json!(7)], None),
            other => panic!("unexpected cursor {other:?}"),
        },
        "/v1/search" => {
            assert_eq!(asked.body["sort"]["direction"], "descending");
            let mut all = vec![disk, guide, plan, dns];
            all.sort_by_key(|page| std::cmp::Reverse(page["last_edited_time"].to_string()));
            list(&all, None)
        }
        // Whether a page is there on which links stand.
        path if path == format!("/v1/pages/{GUIDE}") => ok(guide),
        path if path == format!("/v1/pages/{DNS}") && step == 2 => {
            let mut page = dns;
            page["in_trash"] = json!(true);
            ok(page)
        }
        path if path == format!("/v1/blocks/{DISK}/children") && !is("start_cursor") => {
            let toggle = json!({ "id": dashed("eeeeeeee00004000800000000000000b"), "type": "toggle", "has_children": true,
                "toggle": { "rich_text": [{ "plain_text": "Why" }] } });
            list(
                &[paragraph("See it.", Some(format!("/{DNS}?pvs=4"))), toggle],
                Some("b"),
            )
        }
        path if path == format!("/v1/blocks/{DISK}/children") => {
            list(&[paragraph(WORDS, None)], None)
        }
        "/v1/blocks/eeeeeeee00004000800000000000000b/children" => {
            list(&[paragraph("One more", None)], None)
        }
        path if path == format!("/v1/blocks/{GUIDE}/children") => match step {
            0 => list(
                &[
                    paragraph(
                        "a",
                        Some(format!("https://www.notion.so/x/Old-title-{DISK}")),
                    ),
                    paragraph("b", Some("https://code.example.org/INC-9".to_owned())),
                ],
                None,
            ),
            _ => list(
                &[paragraph(
                    "b",
                    Some("https://code.example.org/INC-9".to_owned()),
                )],
                None,
            ),
        },
        path if path.starts_with("/v1/blocks/") => list(&[], None),
        "/v1/comments" if !has_comments => (
            403,
            Vec::new(),
            json!({ "code": "restricted_resource", "message": WORDS }),
        ),
        "/v1/comments" if is(DISK) => {
            let at = "2026-02-01T11:00:00.000Z";
            match step {
                0 => list(
                    &[comment("01", "d1", ADA, at), comment("02", "d1", BOB, at)],
                    None,
                ),
                _ => list(
                    &[
                        comment("02", "d1", BOB, "2026-02-03T11:00:00.000Z"),
                        comment("03", "d2", BOB, at),
                    ],
                    None,
                ),
            }
        }
        "/v1/comments" => list(&[], None),
        other => panic!("unexpected question {other}"),
    }
}

fn notion(forge: &Forge, token: &tempfile::NamedTempFile) -> Source {
    std::fs::write(token.path(), TOKEN).expect("written");
    let params = format!(
        "api = \"{}/v1\"\ndatabases = [\"https://www.notion.so/x/{BASE}?v=1\"]\ntags = [\"Postmortem\"]\n\
         token_file = {:?}\nincident_keys = [\"INC-[0-9]+\"]",
        forge.address,
        token.path()
    );
    let mut source = Source::new("notion", &params);
    source.known.push(sources::KnownWriteup {
        id: "code:inc-9".to_owned(),
        title: None,
        aliases: vec!["https://code.example.org/INC-9".to_owned()],
    });
    source
}

fn token() -> tempfile::NamedTempFile {
    tempfile::NamedTempFile::new().expect("a file")
}

/// With short names for pages and comments.
fn named(heard: &sources::collected::Collected) -> Vec<String> {
    let texts = short(heard).into_iter().map(|text| {
        let text = text
            .replace(DISK, "disk")
            .replace(DNS, "dns")
            .replace(GUIDE, "guide");
        text.replace("cccccccc0000400080000000000000", "c")
    });
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts
}

#[test]
fn a_workspace_is_read_and_read_on() {
    let step = Arc::new(Mutex::new(0));
    let stage = Arc::clone(&step);
    let forge =
        Forge::new(move |asked, _| workspace(asked, *stage.lock().expect("no panic"), true));
    let token = token();
    let mut source = notion(&forge, &token);
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(heard.notes, [""; 0]);
    assert_eq!(
        named(&heard),
        [
            "comment comment:c01",
            "comment comment:c02",
            "edit edit:disk@1770022800",
            "link link:disk:wiki:dns",
            "link link:guide:code:inc-9",
            "link link:guide:wiki:disk",
            "writeup page:disk",
            "writeup page:dns",
        ]
    );
    let words = told(&heard);
    assert!(!words.contains(WORDS) && !words.contains("Ada") && !words.contains("One more"));
    for event in &heard.events {
        match &event.body {
            Body::Writeup(writeup) if writeup.id.ends_with(DISK) => {
                assert_eq!(writeup.title.as_deref(), Some("INC-7 Disk full"));
                for name in [format!("https://www.notion.so/{DISK}"), "INC-7".to_owned()] {
                    assert!(writeup.aliases.contains(&name), "{name}");
                }
                assert_eq!(writeup.tags, ["Postmortem", "sev1"]);
                // See it. Why, one more, and two words that are nobody's business.
                assert_eq!((writeup.words, writeup.hyperlinks), (Some(7), Some(1)));
                assert_eq!(writeup.contributors.len(), 2);
            }
            Body::Comment(comment) => {
                assert_eq!(comment.words, Some(3));
                let answers = comment
                    .parent
                    .as_deref()
                    .map(|parent| parent.ends_with("01"));
                assert_eq!(answers, event.id.ends_with("02").then_some(true));
            }
            Body::Link(link) => {
                let place = if event.id.contains(&format!("link:{GUIDE}")) {
                    "onboarding"
                } else {
                    "writeup"
                };
                assert_eq!(link.place.name(), place);
            }
            _ => {}
        }
    }
    assert_eq!(
        named(&source.pull(NOW + 1000).expect("a pull")),
        [""; 0],
        "nothing is new"
    );

    *step.lock().expect("no panic") = 1;
    let heard = source.pull(NOW + 3_600_000).expect("a pull");
    assert_eq!(
        named(&heard),
        [
            "-link link:guide:wiki:disk",
            "comment comment:c02",
            "comment comment:c03",
            "edit edit:disk@1772445600",
            "writeup page:disk",
        ],
        "a comment that is open no more may be resolved: it stays"
    );

    *step.lock().expect("no panic") = 2;
    let heard = source.pull(NOW + 7_200_000).expect("a pull");
    assert_eq!(named(&heard), ["-writeup deleted:dns"]);
}

#[test]
fn without_the_capability_comments_are_missing_and_it_is_said() {
    let forge = Forge::new(|asked, _| workspace(asked, 0, false));
    let token = token();
    let heard = notion(&forge, &token).pull(NOW).expect("a pull");
    assert_eq!(heard.events.len(), 6);
    assert!(
        heard.notes.len() == 1 && heard.notes[0].contains("capability to read comments"),
        "{:?}",
        heard.notes
    );
    let asked = forge.targets();
    assert_eq!(
        asked
            .iter()
            .filter(|target| target.contains("/comments"))
            .count(),
        1,
        "once is enough"
    );
}

#[test]
fn what_is_cut_off_goes_on_and_what_refuses_is_said() {
    let mut left = 7;
    let forge = Forge::new(move |asked, _| {
        left -= 1;
        match left {
            0 => (429, vec![("retry-after", "60".to_owned())], json!({})),
            _ => workspace(asked, 0, true),
        }
    });
    let token = token();
    let mut source = notion(&forge, &token);
    let mut all = named(&source.pull(NOW).expect("what there was"));
    assert!(!all.is_empty() && all.len() < 8, "{all:?}");
    assert!(
        source
            .pull(NOW + 59_000)
            .expect("left alone")
            .events
            .is_empty()
    );
    all.extend(named(&source.pull(NOW + 60_000).expect("the rest")));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8, "{all:?}");

    for (status, words) in [
        (401, "token_file"),
        (403, "is not there, or not for the token"),
        (404, "is not there"),
        (400, "check api"),
        (503, "status 503"),
    ] {
        let forge = Forge::new(move |_, _| (status, Vec::new(), json!({ "message": WORDS })));
        let refused = notion(&forge, &token).pull(NOW).map(drop);
        let said = refused.expect_err("refused").to_string();
        assert!(
            said.contains(words) && !said.contains(WORDS) && !said.contains(TOKEN),
            "{said}"
        );
    }
    let forge = Forge::new(|_, _| {
        ok(
            json!({ "data_sources": [{ "id": BASE }, 7], "results": [1, null, {}, { "object": "page", "id": "x" }],
            "has_more": true, "next_cursor": null }),
        )
    });
    let heard = notion(&forge, &token).pull(NOW).expect("nothing to say");
    assert_eq!(named(&heard), [""; 0]);
}

#[test]
fn a_look_asks_for_the_databases() {
    let forge = Forge::new(|asked, _| match asked.path() {
        "/v1/databases/11111111111141118111111111111111" => workspace(asked, 0, true),
        _ => gone(),
    });
    let token = token();
    let source = notion(&forge, &token);
    let Some(sources::Probe::Remote(look)) = sources::find("notion").and_then(|kind| kind.probe)
    else {
        panic!("it is asked");
    };
    let said = look(source.params.clone(), &source.setting()).expect("an answer");
    assert_eq!(said.said, "1 database answers");
    let mut params = source.params.clone();
    params.insert("databases".to_owned(), vec![DISK.to_owned()].into());
    let said = look(params.clone(), &source.setting())
        .expect_err("not there")
        .to_string();
    assert!(
        said.contains("is not there, or not for the token"),
        "{said}"
    );
    params.insert("databases".to_owned(), vec!["Incidents".to_owned()].into());
    let said = look(params, &source.setting())
        .expect_err("no id")
        .to_string();
    assert!(said.contains("32 hexadecimal digits"), "{said}");
}
