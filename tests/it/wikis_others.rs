//! Wikis that are asked, and are not Outline: BookStack.

use std::sync::{Arc, Mutex};

use readback::model::Body;
use serde_json::{Value, json};

use super::polled_forge::{Asked, Forge, NOW, Reply, WORDS, gone, ok};
use super::wikis::{Source, short, told};

/// Somebody is a number here, and their name must not be kept.
const PAIR: &str = "tokenid:tokensecret";

fn who(id: u64) -> Value {
    json!({ "id": id, "name": "Ada", "slug": "ada" })
}

fn page(id: u64, book: u64, name: &str, updated: &str) -> Value {
    json!({ "id": id, "book_id": book, "chapter_id": 0, "name": name, "slug": name.to_lowercase().replace(' ', "-"),
        "draft": false, "template": false, "created_at": "2026-01-02T09:00:00.000000Z", "updated_at": updated,
        "created_by": 7, "updated_by": 8, "owned_by": 7, "revision_count": 2 })
}

/// A page by itself: people are objects there.
fn whole(listed: &Value, html: &str) -> Value {
    let mut page = listed.clone();
    page["created_by"] = who(7);
    page["updated_by"] = who(8);
    page["html"] = json!(format!("{html}<p>{WORDS}</p>"));
    page["tags"] = json!([{ "name": "sev", "value": "1", "order": 0 }]);
    page
}

fn comment(id: u64, local: u64, parent: Option<u64>, created: &str, updated: &str) -> Value {
    json!({ "id": id, "commentable_id": 20, "commentable_type": "page", "local_id": local, "parent_id": parent,
        "created_by": 9, "updated_by": 9, "created_at": created, "updated_at": updated, "html": WORDS })
}

fn done(id: u64, kind: &str, at: &str) -> Value {
    json!({ "id": id, "type": kind, "detail": "(20) Disk full", "user_id": 8, "loggable_id": 20, "loggable_type": "page",
        "ip": "203.0.113.7", "created_at": at, "user": who(8) })
}

/// What an installation has: its list of comments and its audit log.
#[derive(Clone, Copy)]
struct Has {
    comments: bool,
    log: bool,
}

const ALL: Has = Has {
    comments: true,
    log: true,
};

/// An installation at a step: 0 at first, 1 with more, 2 with things gone.
fn installation(asked: &Asked, step: usize, has: Has) -> Reply {
    assert_eq!(asked.header("authorization"), format!("Token {PAIR}"));
    let list = |values: Vec<Value>| {
        let total = values.len();
        let from = asked
            .target
            .rsplit("offset=")
            .next()
            .and_then(|from| from.parse().ok())
            .unwrap_or(0);
        let part: Vec<Value> = values.into_iter().skip(from).collect();
        ok(json!({ "data": part, "total": total }))
    };
    let is = |part: &str| asked.target.contains(part);
    let disk = match step {
        0 => page(20, 13, "Disk full", "2026-02-02T09:00:00.000000Z"),
        _ => page(20, 13, "Disk full", "2026-03-02T10:00:00.000000Z"),
    };
    let dns = page(21, 13, "DNS", "2026-01-02T09:00:00.000000Z");
    let guide = page(
        30,
        14,
        "Week one",
        [
            "2026-02-20T09:00:00Z",
            "2026-02-20T09:00:00Z",
            "2026-03-02T11:00:00Z",
        ][step],
    );
    let mut draft = page(22, 13, "Draft", "2026-01-02T09:00:00.000000Z");
    draft["draft"] = json!(true);
    match asked.path() {
        "/api/shelves/2" => {
            ok(json!({ "id": 2, "name": "S", "books": [{ "id": 13, "name": "Postmortems" }] }))
        }
        "/api/books/13" => ok(json!({ "id": 13, "name": "Postmortems", "slug": "pm" })),
        "/api/books/14" => ok(json!({ "id": 14, "name": "Onboarding", "slug": "on" })),
        "/api/pages" if is("filter[book_id]=13") => match step {
            2 => list(vec![disk, draft]),
            _ => list(vec![disk, dns, draft]),
        },
        "/api/pages" => {
            assert!(is("sort=%2Bupdated_at"), "{}", asked.target);
            let mut all = vec![dns, disk, guide];
            all.sort_by_key(|page| page["updated_at"].to_string());
            // Times of the filter have seconds and no `T`.
            let since = asked
                .target
                .split("updated_at:gte]=")
                .nth(1)
                .and_then(|rest| rest.split('&').next());
            let since = since.map(|since| since.replace("%20", "T"));
            all.retain(|page| {
                since
                    .as_ref()
                    .is_none_or(|since| page["updated_at"].as_str() >= Some(since.as_str()))
            });
            list(all)
        }
        "/api/pages/20" => ok(whole(
            &disk,
            "<p>See <a href=\"/books/pm/page/dns\">it</a>.</p>",
        )),
        "/api/pages/21" if step == 2 => gone(),
        "/api/pages/21" => ok(whole(&dns, "<p>One two.</p>")),
        "/api/pages/30" => ok(whole(
            &guide,
            match step {
                2 => "<p>Nothing.</p>",
                _ => {
                    "<a href='../../../link/20'>a</a> <a href=\"https://code.example.org/INC-9\">b</a>"
                }
            },
        )),
        "/api/comments" if has.comments => {
            let at = "2026-02-01T10:00:00.000000Z";
            let first = comment(1, 1, None, at, at);
            let second = comment(
                2,
                2,
                Some(1),
                "2026-02-01T11:00:00.000000Z",
                "2026-02-01T11:00:00.000000Z",
            );
            match step {
                0 => list(vec![first, second]),
                _ => list(vec![comment(
                    2,
                    2,
                    Some(1),
                    "2026-02-01T11:00:00.000000Z",
                    "2026-02-03T11:00:00.000000Z",
                )]),
            }
        }
        "/api/comments" => gone(),
        "/api/audit-log" if !has.log => (403, Vec::new(), json!({ "error": { "message": WORDS } })),
        "/api/audit-log" if is("filter[type]=page_delete") && is("(21)%25") => {
            list(vec![done(9, "page_delete", "2026-03-02T10:30:00.000000Z")])
        }
        "/api/audit-log" if is("filter[type]=page_update") && is("filter[loggable_id]=20") => {
            let first = done(3, "page_update", "2026-02-02T09:00:00.000000Z");
            match step {
                0 => list(vec![first]),
                _ => list(vec![
                    first,
                    done(4, "page_update", "2026-03-02T10:00:00.000000Z"),
                ]),
            }
        }
        "/api/audit-log" if is("filter[type]=commented_on") && is("filter[loggable_id]=20") => {
            list(vec![done(5, "commented_on", "2026-02-01T10:00:00.000000Z")])
        }
        "/api/audit-log" => list(Vec::new()),
        other => panic!("unexpected question {other}"),
    }
}

fn bookstack(forge: &Forge, token: &tempfile::NamedTempFile) -> Source {
    std::fs::write(token.path(), PAIR).expect("written");
    let params = format!(
        "api = \"{}/api\"\nshelves = [2]\ntoken_file = {:?}",
        forge.address,
        token.path()
    );
    let mut source = Source::new("bookstack", &params);
    source.known.push(readback::sources::KnownWriteup {
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
fn an_installation_is_read_and_read_on() {
    let step = Arc::new(Mutex::new(0));
    let stage = Arc::clone(&step);
    let forge =
        Forge::new(move |asked, _| installation(asked, *stage.lock().expect("no panic"), ALL));
    let token = token();
    let mut source = bookstack(&forge, &token);
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(heard.notes, [""; 0]);
    assert_eq!(
        short(&heard),
        [
            "comment comment:20@1769940000",
            "comment comment:20@1769943600",
            "edit edit:20@1770022800",
            "link link:20:wiki:21",
            "link link:30:code:inc-9",
            "link link:30:wiki:20",
            "writeup page:20",
            "writeup page:21",
        ]
    );
    let told = told(&heard);
    assert!(!told.contains("203.0.113.7") && !told.contains(WORDS) && !told.contains("Ada"));
    for event in &heard.events {
        match &event.body {
            Body::Comment(comment) if event.id.ends_with("943600") => {
                assert_eq!(comment.parent.as_deref(), Some("comment:20@1769940000"));
            }
            Body::Link(link) => {
                let place = if event.id.starts_with("link:30") {
                    "onboarding"
                } else {
                    "writeup"
                };
                assert_eq!(link.place.name(), place, "{}", event.id);
            }
            Body::Writeup(writeup) if writeup.id == "wiki:20" => {
                assert_eq!(
                    writeup.url,
                    Some(format!("{}/books/pm/page/disk-full", forge.address))
                );
                assert_eq!(
                    (writeup.tags.as_slice(), writeup.words),
                    (&["sev: 1".to_owned()][..], Some(4))
                );
                assert_eq!(writeup.contributors.len(), 2);
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
            "comment comment:20@1769943600",
            "edit edit:20@1770022800",
            "edit edit:20@1772445600",
            "writeup page:20"
        ],
        "what was logged in the second of the last change is told again by its name"
    );
    *step.lock().expect("no panic") = 2;
    let heard = source.pull(NOW + 7_200_000).expect("a pull");
    assert_eq!(
        short(&heard),
        [
            "-comment comment:20@1769940000",
            "-link link:30:code:inc-9",
            "-link link:30:wiki:20",
            "-writeup deleted:21"
        ]
    );
    let deleted = heard.events.iter().find(|event| event.id == "deleted:21");
    assert_eq!(
        deleted.map(|event| event.time),
        Some(1_772_447_400_000),
        "as the log says"
    );
}

#[test]
fn older_versions_and_closed_logs() {
    let names = |has: Has| {
        let forge = Forge::new(move |asked, _| installation(asked, 0, has));
        let token = token();
        let mut source = bookstack(&forge, &token);
        let all = short(&source.pull(NOW).expect("a pull"));
        assert_eq!(short(&source.pull(NOW + 1000).expect("a pull")), [""; 0]);
        all.into_iter()
            .filter(|one| !one.contains("link") && !one.contains("writeup"))
            .collect::<Vec<_>>()
    };
    // By the log: the same names as by the lists.
    assert_eq!(
        names(Has {
            comments: false,
            log: true
        }),
        ["comment comment:20@1769940000", "edit edit:20@1770022800"]
    );
    assert_eq!(
        names(Has {
            comments: true,
            log: false
        }),
        [
            "comment comment:20@1769940000",
            "comment comment:20@1769943600",
            "edit edit:20@1770022800"
        ]
    );
    assert_eq!(
        names(Has {
            comments: false,
            log: false
        }),
        ["edit edit:20@1770022800"]
    );
}

#[test]
fn what_is_cut_off_goes_on_and_what_refuses_is_said() {
    let mut left = 9;
    let forge = Forge::new(move |asked, _| {
        left -= 1;
        match left {
            0 => (429, vec![("retry-after", "60".to_owned())], json!({})),
            _ => installation(asked, 0, ALL),
        }
    });
    let token = token();
    let mut source = bookstack(&forge, &token);
    let mut all = short(&source.pull(NOW).expect("what there was"));
    assert!(!all.is_empty() && all.len() < 8, "{all:?}");
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
    assert_eq!(all.len(), 8, "{all:?}");
    for (status, words) in [
        (401, "token_file"),
        (403, "is not there, or not for the token"),
        (404, "is not there"),
        (503, "status 503"),
    ] {
        let forge = Forge::new(move |_, _| (status, Vec::new(), json!({ "error": WORDS })));
        let refused = bookstack(&forge, &token).pull(NOW).map(drop);
        let said = refused.expect_err("refused").to_string();
        assert!(
            said.contains(words) && !said.contains(WORDS) && !said.contains("tokensecret"),
            "{said}"
        );
    }
    let forge = Forge::new(|_, _| {
        ok(json!({ "data": [1, null, {}, { "id": 3 }], "books": [{ "id": 13 }, 5] }))
    });
    let heard = bookstack(&forge, &token).pull(NOW).expect("nothing to say");
    assert_eq!(short(&heard), [""; 0]);
}
