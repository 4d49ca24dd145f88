//! Wiki.js: a listener that answers questions of GraphQL as its API does, and the source that asks.

use std::sync::{Arc, Mutex};

use readback::model::Body;
use readback::sources;
use serde_json::{Value, json};

use super::polled_forge::{Asked, Forge, NOW, Reply, TOKEN, WORDS, ok};
use super::wikis::{Source, short, told};

fn page(id: u64, path: &str, title: &str, updated: &str, tags: &[&str]) -> Value {
    json!({ "id": id, "path": path, "locale": "en", "title": title, "isPublished": true, "isPrivate": false,
        "createdAt": "2026-01-02T09:00:00.000Z", "updatedAt": updated, "tags": tags })
}

fn version(id: u64, author: u64, action: &str, before: Option<&str>) -> Value {
    json!({ "versionId": id, "authorId": author, "authorName": "Ada", "actionType": action, "valueBefore": before })
}

fn comment(id: u64, author: u64, updated: &str) -> Value {
    json!({ "id": id, "authorId": author, "authorName": "Ada", "createdAt": "2026-02-01T10:00:00.000Z",
        "updatedAt": updated, "render": format!("<p>{WORDS} <b>indeed</b></p>") })
}

/// What a key may see.
#[derive(Clone, Copy, PartialEq)]
enum Key {
    Whole,
    Reading,
}

/// A wiki at a step: 0 at first, 1 with more, 2 with things gone.
fn wiki(asked: &Asked, step: usize, key: Key) -> Reply {
    assert_eq!(asked.path(), "/graphql");
    assert_eq!(asked.header("authorization"), format!("Bearer {TOKEN}"));
    let query = asked.body["query"].as_str().expect("a query");
    let id = asked.body["variables"]["id"].as_u64();
    let is = |part: &str| query.contains(part);
    assert!(!is("Email") && !is("Name") && !is("IP"), "{query}");
    let later = "2026-03-02T10:00:00.000Z";
    if is("list(orderBy") {
        let disk = match step {
            0 => page(
                20,
                "pm/disk",
                "INC-7 Disk full",
                "2026-02-02T09:00:00.000Z",
                &["sev1"],
            ),
            _ => page(20, "pm/disks", "INC-7 Disk full", later, &["sev1"]),
        };
        let dns = page(
            21,
            "ops/dns",
            "DNS",
            "2026-01-03T09:00:00.000Z",
            &["Postmortem"],
        );
        let mut draft = page(22, "pm/draft", "Draft", "2026-01-02T09:00:00.000Z", &[]);
        draft["isPublished"] = json!(false);
        let index = page(23, "pm", "Post-mortems", "2026-01-02T09:00:00.000Z", &[]);
        let mut guide = page(
            30,
            "onboarding/week-one",
            "Week one",
            ["2026-02-20T09:00:00.000Z", later, later][step],
            &[],
        );
        guide["locale"] = json!("de");
        let mut all = vec![disk, dns, draft, index, guide];
        if step == 2 {
            all.remove(1);
        }
        return ok(json!({ "data": {
            "localization": { "config": { "locale": "en", "namespacing": false } },
            "pages": { "list": all } } }));
    }
    if is("single(") {
        let html = match (id, step) {
            (Some(20), _) => {
                "<h1 id=\"a\"><a href=\"#a\" class=\"toc-anchor\">¶</a> Why</h1><p>As <a href=\"/ops/dns\">before</a>.</p>"
            }
            (Some(21), _) => "<p>One two.</p>",
            (Some(30), 0) => {
                "<a href=\"/i/20\">a</a> <a href=\"https://code.example.org/INC-9\">b</a>"
            }
            (Some(30), _) => "<a href=\"/en/pm/disks\">a</a>",
            (Some(23), _) => "<a href=\"/pm/disk\">a</a>",
            other => panic!("unexpected page {other:?}"),
        };
        if key == Key::Reading {
            return ok(
                json!({ "errors": [{ "message": WORDS }], "data": { "pages": { "shown": null, "people": null } } }),
            );
        }
        let people = json!({ "authorId": 8, "creatorId": 7 });
        return ok(
            json!({ "data": { "pages": { "shown": { "render": html }, "people": people } } }),
        );
    }
    if is("history(") {
        let all = match (id, step) {
            (Some(20), 0) => vec![version(1, 7, "initial", None)],
            (Some(20), _) => vec![
                version(3, 9, "move", Some("pm/disk")),
                version(2, 8, "edit", None),
                version(1, 7, "initial", None),
            ],
            _ => Vec::new(),
        };
        return ok(
            json!({ "data": { "pages": { "history": { "trail": all, "total": all.len() } } } }),
        );
    }
    if is("version(") {
        let mut all = serde_json::Map::new();
        for (id, action, at) in [
            (1, "updated", "2026-02-02T09:00:00.000Z"),
            (2, "moved", later),
            (3, "updated", later),
        ] {
            if is(&format!("v{id}: version(pageId: 20, versionId: {id})")) {
                all.insert(
                    format!("v{id}"),
                    json!({ "action": action, "createdAt": at }),
                );
            }
        }
        return ok(json!({ "data": { "pages": all } }));
    }
    assert!(is("comments { list("), "{query}");
    if key == Key::Reading {
        return ok(json!({ "errors": [{ "message": WORDS }], "data": { "comments": null } }));
    }
    let path = asked.body["variables"]["path"].as_str().expect("a path");
    let at = "2026-02-01T10:00:00.000Z";
    let all = match (path, step) {
        ("pm/disk", _) => vec![comment(1, 9, at), comment(2, 2, at)],
        ("pm/disks", _) => vec![comment(2, 2, "2026-02-03T10:00:00.000Z")],
        _ => Vec::new(),
    };
    ok(json!({ "data": { "comments": { "list": all } } }))
}

fn wikijs(forge: &Forge, token: &tempfile::NamedTempFile) -> Source {
    std::fs::write(token.path(), TOKEN).expect("written");
    let params = format!(
        "api = \"{}/graphql\"\npaths = [\"/PM/\"]\ntags = [\"postmortem\"]\ntoken_file = {:?}\n\
         incident_keys = [\"INC-[0-9]+\"]",
        forge.address,
        token.path()
    );
    let mut source = Source::new("wikijs", &params);
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

#[test]
fn a_wiki_is_read_and_read_on() {
    let step = Arc::new(Mutex::new(0));
    let stage = Arc::clone(&step);
    let forge =
        Forge::new(move |asked, _| wiki(asked, *stage.lock().expect("no panic"), Key::Whole));
    let token = token();
    let mut source = wikijs(&forge, &token);
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(heard.notes, [""; 0]);
    assert_eq!(
        short(&heard),
        [
            "comment comment:1",
            "comment comment:2",
            "edit edit:20:1",
            "link link:20:wiki:21",
            "link link:23:wiki:20",
            "link link:30:code:inc-9",
            "link link:30:wiki:20",
            "writeup page:20",
            "writeup page:21",
        ]
    );
    let words = told(&heard);
    assert!(!words.contains(WORDS) && !words.contains("Ada"));
    for event in &heard.events {
        match &event.body {
            Body::Writeup(writeup) if writeup.id == "wiki:20" => {
                let at = |path: &str| format!("{}{path}", forge.address);
                assert_eq!(writeup.url, Some(at("/pm/disk")));
                for name in [at("/en/pm/disk"), at("/i/20"), "INC-7".to_owned()] {
                    assert!(writeup.aliases.contains(&name), "{name}");
                }
                assert_eq!((writeup.words, writeup.hyperlinks), (Some(3), Some(1)));
                let people: Vec<_> = writeup
                    .contributors
                    .iter()
                    .map(|one| one.value.as_str())
                    .collect();
                assert_eq!(people, ["7", "8"]);
                assert_eq!(writeup.tags, ["sev1"]);
            }
            Body::Edit(edit) => {
                assert_eq!(event.time, 1_770_022_800_000);
                assert_eq!(
                    edit.person.as_ref().map(|one| one.value.as_str()),
                    Some("8")
                );
            }
            Body::Comment(comment) => {
                assert_eq!(comment.words, Some(3));
                // A guest is nobody.
                assert_eq!(comment.person.is_some(), event.id == "comment:1");
            }
            Body::Link(link) => {
                let place = match event.id.as_bytes()[5..7] {
                    [b'3', b'0'] => "onboarding",
                    [b'2', b'0'] => "writeup",
                    _ => "docs",
                };
                assert_eq!(link.place.name(), place, "{}", event.id);
            }
            _ => {}
        }
    }
    assert_eq!(
        short(&source.pull(NOW + 1000).expect("a pull")),
        [""; 0],
        "nothing is new"
    );

    *step.lock().expect("no panic") = 1;
    let heard = source.pull(NOW + 3_600_000).expect("a pull");
    assert_eq!(
        short(&heard),
        [
            "-link link:30:code:inc-9",
            "comment comment:2",
            "edit edit:20:3",
            "writeup called:20",
            "writeup called:20",
            "writeup called:20",
            "writeup called:20",
            "writeup names:20@1772445600",
            "writeup page:20",
        ],
        "a move is no edit"
    );
    let names = heard.events.iter().find_map(|event| match &event.body {
        Body::Writeup(writeup) if event.id.starts_with("names") => Some(writeup.aliases.clone()),
        _ => None,
    });
    let names = names.expect("earlier names");
    assert_eq!(
        names,
        [
            format!("{}/pm/disk", forge.address),
            format!("{}/en/pm/disk", forge.address)
        ]
    );

    *step.lock().expect("no panic") = 2;
    assert_eq!(
        short(&source.pull(NOW + 7_200_000).expect("a pull")),
        ["-comment comment:1"],
        "missed twice; that a page is missed once may be a mistake"
    );
    let heard = source.pull(NOW + 10_800_000).expect("a pull");
    assert_eq!(short(&heard), ["-writeup deleted:21"]);
}

#[test]
fn a_key_that_only_reads_gives_less_and_says_so() {
    let forge = Forge::new(|asked, _| wiki(asked, 0, Key::Reading));
    let token = token();
    let heard = wikijs(&forge, &token).pull(NOW).expect("a pull");
    assert_eq!(
        short(&heard),
        ["edit edit:20:1", "writeup page:20", "writeup page:21"]
    );
    assert!(
        heard.notes.len() == 1 && heard.notes[0].contains("needs read:pages"),
        "{:?}",
        heard.notes
    );
    assert!(!heard.notes[0].contains(WORDS));
}

#[test]
fn what_is_cut_off_goes_on_and_what_refuses_is_said() {
    let mut left = 5;
    let forge = Forge::new(move |asked, _| {
        left -= 1;
        match left {
            0 => (429, vec![("retry-after", "60".to_owned())], json!({})),
            _ => wiki(asked, 0, Key::Whole),
        }
    });
    let token = token();
    let mut source = wikijs(&forge, &token);
    let mut all = short(&source.pull(NOW).expect("what there was"));
    assert!(!all.is_empty() && all.len() < 9, "{all:?}");
    assert!(
        source
            .pull(NOW + 59_000)
            .expect("left alone")
            .events
            .is_empty()
    );
    all.extend(short(&source.pull(NOW + 60_000).expect("the rest")));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 9, "{all:?}");

    let error = json!({ "data": {}, "errors": [{ "message": WORDS, "path": [] }] });
    for (status, body, words) in [
        (401, error.clone(), "token_file"),
        (404, error.clone(), "check api"),
        (500, error.clone(), "a key that is wrong"),
        (503, error.clone(), "status 503"),
        (200, error, "should have read:pages"),
        (200, json!([1, 2]), "should have read:pages"),
    ] {
        let answer = body.clone();
        let forge = Forge::new(move |_, _| (status, Vec::new(), answer.clone()));
        let refused = wikijs(&forge, &token).pull(NOW).map(drop);
        let said = refused.expect_err("refused").to_string();
        assert!(
            said.contains(words) && !said.contains(WORDS) && !said.contains(TOKEN),
            "{said}"
        );
    }
    let forge = Forge::new(|_, _| {
        ok(
            json!({ "data": { "pages": { "list": [1, null, {}, { "id": 3 }, page(4, "pm/x", "X", "never", &[])],
            "shown": 5, "people": [], "history": { "trail": [null, 7, {}] }, "v1": 3 }, "comments": { "list": [{}, 1] } } }),
        )
    });
    let heard = wikijs(&forge, &token).pull(NOW).expect("what there is");
    assert_eq!(short(&heard), ["writeup page:4"]);
}

#[test]
fn a_look_counts_the_pages() {
    let forge = Forge::new(|asked, _| wiki(asked, 0, Key::Whole));
    let token = token();
    let source = wikijs(&forge, &token);
    let kind = sources::find("wikijs").expect("a kind");
    let Some(sources::Probe::Remote(look)) = kind.probe else {
        panic!("it is asked");
    };
    let said = look(source.params.clone(), &source.setting()).expect("an answer");
    assert_eq!(said.said, "5 pages answer, 2 of them write-ups");
    assert_eq!(forge.targets(), ["/graphql"]);
    let mut params = source.params.clone();
    params.remove("paths");
    params.remove("tags");
    let said = look(params, &source.setting())
        .expect_err("refused")
        .to_string();
    assert!(said.contains("give paths or tags"), "{said}");
}
