//! Forges that are asked: a listener with answers of ours stands in for each, the client is the real one.
//! This is GitHub's; `polled_others` has the rest, `polled_forge` the listener.

use std::sync::{Arc, Mutex};

use readback::model::{Body, Millis};
use serde_json::{Value, json};

use super::binary::Home;
use super::polled_forge::{Forge, LOGIN, NOW, Source, TOKEN, WORDS, gone, ok, short, user};

/// A comment as GitHub replies it; the issue is a write-up.
fn comment(id: u64, updated: &str, body: &str) -> Value {
    json!({ "id": id, "user": user(), "body": format!("{body} {WORDS}"),
        "html_url": format!("https://github.com/example/shop/issues/7#issuecomment-{id}"),
        "issue_url": "https://api.github.com/repos/example/shop/issues/7",
        "created_at": "2026-03-01T10:00:00Z", "updated_at": updated })
}

/// Ten minutes from now.
const RESET: &str = "1772443500";
const ISSUE: &str = "https://github.com/example/shop/issues/7";

#[test]
fn pages_are_followed_and_what_is_known_costs_nothing() {
    let forge = Forge::new(|asked, own| {
        assert_eq!(asked.header("authorization"), format!("Bearer {TOKEN}"));
        let page = asked.target.contains("page=2");
        match asked.path() {
            "/repos/example/shop/issues" if !page && !asked.target.contains("since=") => {
                let next =
                    format!("<{own}/repos/example/shop/issues?state=all&page=2>; rel=\"next\"");
                let issue = json!({ "id": 70, "number": 7, "title": "INC-12", "body": null, "user": user(),
                    "html_url": ISSUE, "created_at": "2026-03-01T09:00:00Z", "updated_at": "2026-03-01T09:00:00Z" });
                (200, vec![("link", next)], json!([issue]))
            }
            "/repos/example/shop/issues" if page => {
                let pull = json!({ "id": 80, "number": 8, "title": "Fix", "body": "of INC-12", "user": user(),
                    "html_url": "https://github.com/example/shop/pull/8", "pull_request": {},
                    "created_at": "2026-03-01T11:00:00Z", "updated_at": "2026-03-01T11:00:00Z" });
                ok(json!([pull]))
            }
            "/repos/example/shop/pulls/8/reviews" => {
                let review = json!({ "id": 5, "user": user(), "body": "as INC-12 taught", "submitted_at": "2026-03-01T12:00:00Z",
                    "html_url": "https://github.com/example/shop/pull/8#pullrequestreview-5" });
                ok(json!([review]))
            }
            "/repos/example/shop/issues/comments" => match asked.header("if-none-match") {
                "\"c2\"" => (304, Vec::new(), Value::Null),
                _ => {
                    let etag = if asked.target.contains("since=") {
                        "\"c2\""
                    } else {
                        "\"c1\""
                    };
                    let body = json!([comment(101, "2026-03-01T10:00:00Z", "I agree.")]);
                    (200, vec![("etag", etag.to_owned())], body)
                }
            },
            "/repos/example/shop/issues/comments/101" => match asked.header("if-none-match") {
                "\"one\"" => (304, Vec::new(), Value::Null),
                _ => (
                    200,
                    vec![("etag", "\"one\"".to_owned())],
                    comment(101, "2026-03-01T10:00:00Z", "I agree."),
                ),
            },
            "/repos/example/shop/issues"
            | "/repos/example/shop/pulls/comments"
            | "/repos/example/shop/comments" => ok(json!([])),
            "/graphql" => {
                ok(json!({ "data": { "repository": { "discussions": { "nodes": [] } } } }))
            }
            // What is looked at again.
            _ => (304, Vec::new(), Value::Null),
        }
    });
    let mut source = Source::new("github", &forge.address, &[ISSUE, "INC-12"]);
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(
        short(&heard),
        [
            "comment issue_comment:101",
            "link github.com/example/shop#7:link:w1",
            "link github.com/example/shop#8:link:w1",
            "link pull_request_review:5:link:w1",
        ]
    );
    assert_eq!(heard.notes, [""; 0]);
    forge.asked();
    // What changed since; the page before is asked for once more, and is the same.
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    let asked = forge.targets();
    assert!(
        asked.contains(&"/repos/example/shop/issues?state=all&sort=updated&direction=asc&per_page=100&since=2026-03-01T10:59:00Z".to_owned()),
        "{asked:?}"
    );
    // From now on nothing is sent twice.
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    let conditions: Vec<String> = forge
        .asked()
        .iter()
        .filter(|asked| asked.path().contains("/issues/comments"))
        .map(|asked| asked.header("if-none-match").to_owned())
        .collect();
    assert_eq!(conditions, ["\"c2\"", "\"one\""]);
}

#[test]
fn edits_and_deletions_update() {
    let step = Arc::new(Mutex::new(0));
    let stage = Arc::clone(&step);
    let forge = Forge::new(move |asked, _| {
        let step = *stage.lock().expect("no panic");
        let (old, new) = ("2026-03-01T10:00:00Z", "2026-03-02T08:00:00Z");
        match (asked.path(), step) {
            ("/repos/example/shop/issues/comments", 0) => ok(json!([
                comment(101, old, "see INC-12"),
                comment(102, old, "see INC-12")
            ])),
            ("/repos/example/shop/issues/comments", _) => {
                ok(json!([comment(101, new, "never mind")]))
            }
            ("/repos/example/shop/issues/comments/102", 2) => gone(),
            ("/repos/example/shop/issues/comments/102", _) => ok(comment(102, old, "see INC-12")),
            ("/repos/example/shop/issues/comments/101", _) => ok(comment(101, new, "never mind")),
            _ => ok(json!([])),
        }
    });
    let mut source = Source::new("github", &forge.address, &[ISSUE, "INC-12"]);
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(
        short(&heard).len(),
        6,
        "with the edit that was seen when it was looked at again"
    );
    *step.lock().expect("no panic") = 1;
    let mut other = Source::new("github", &forge.address, &[ISSUE, "INC-12"]);
    other.checkpoint.clone_from(&source.checkpoint);
    assert_eq!(short(&other.pull(NOW).expect("a pull")), [""; 0]);
    // The same link, ended: under the id and with a greater version than before.
    let ended = heard
        .events
        .iter()
        .find(|event| matches!(&event.body, Body::Link(link) if link.removed_at.is_some()))
        .expect("a link that ended");
    assert_eq!(
        (ended.id.as_str(), ended.version),
        ("issue_comment:101:link:w1", 1_772_438_400)
    );
    *step.lock().expect("no panic") = 2;
    // Once is no proof.
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    let heard = source.pull(NOW).expect("a pull");
    let ended = [
        "-comment issue_comment:102",
        "-link issue_comment:102:link:w1",
    ];
    assert_eq!(short(&heard), ended);
    for event in &heard.events {
        let now = u32::try_from(NOW / 1000).expect("seconds");
        assert_eq!((event.version, event.time), (now, 1_772_359_200_000));
    }
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
}

/// A link that was taken out and comes back: each time with a greater version.
#[test]
fn a_link_can_come_back() {
    let mut step = 0;
    let forge = Forge::new(move |asked, _| {
        let texts = ["see INC-12", "never mind", "no, do see INC-12"];
        if asked.path() == "/repos/example/shop/issues/comments" {
            step += 1;
        }
        let said = comment(
            101,
            &format!("2026-03-02T08:0{step}:00Z"),
            texts[step.max(1) - 1],
        );
        match asked.path() {
            "/repos/example/shop/issues/comments" => ok(json!([said])),
            "/repos/example/shop/issues/comments/101" => ok(said),
            _ => ok(json!([])),
        }
    });
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    let mut versions = Vec::new();
    for expected in ["link", "-link", "link"] {
        let heard = source.pull(NOW).expect("a pull");
        assert_eq!(
            short(&heard),
            [format!("{expected} issue_comment:101:link:w1")]
        );
        versions.push(heard.events[0].version);
    }
    assert!(
        versions.is_sorted() && versions[1] < versions[2],
        "{versions:?}"
    );
}

/// A forge that has had enough after the first page of comments, in one of the ways to say so.
fn tired(say: &'static [(&'static str, &'static str)], status: u16, on_page: bool) -> Forge {
    let mut refused = false;
    Forge::new(move |asked, own| {
        let said = || {
            say.iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect::<Vec<_>>()
        };
        if asked.path() == "/graphql" {
            return ok(json!({ "data": { "repository": { "discussions": { "nodes": [] } } } }));
        }
        if asked.path() != "/repos/example/shop/issues/comments" {
            return ok(json!([]));
        }
        if asked.target.contains("page=2") {
            if !std::mem::replace(&mut refused, true) && !on_page {
                return (status, said(), json!({}));
            }
            return ok(json!([comment(102, "2026-03-01T11:00:00Z", "INC-12")]));
        }
        let next = format!("<{own}/repos/example/shop/issues/comments?page=2>; rel=\"next\"");
        let mut headers = vec![("link", next)];
        headers.extend(on_page.then(said).into_iter().flatten());
        (
            200,
            headers,
            json!([comment(101, "2026-03-01T10:00:00Z", "INC-12")]),
        )
    })
}

#[test]
fn a_pull_that_was_interrupted_goes_on() {
    type Case = (
        &'static [(&'static str, &'static str)],
        u16,
        bool,
        Option<Millis>,
    );
    let cases: [Case; 6] = [
        (&[("retry-after", "120")], 429, false, Some(NOW + 120_000)),
        (&[], 429, false, Some(NOW + 60_000)),
        (
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", RESET)],
            403,
            false,
            Some(NOW + 600_000),
        ),
        (
            &[("ratelimit-remaining", "0"), ("ratelimit-reset", RESET)],
            200,
            true,
            Some(NOW + 600_000),
        ),
        (
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", RESET)],
            200,
            true,
            Some(NOW + 600_000),
        ),
        (&[], 502, false, None),
    ];
    for (say, status, on_page, until) in cases {
        let forge = tired(say, status, on_page);
        let mut source = Source::new("github", &forge.address, &["INC-12"]);
        let heard = source.pull(NOW).expect("what there was");
        assert_eq!(short(&heard), ["link issue_comment:101:link:w1"], "{say:?}");
        assert_eq!(heard.notes.len(), 1, "{:?}", heard.notes);
        assert!(
            heard.notes[0].ends_with("goes on from there"),
            "{:?}",
            heard.notes
        );
        forge.asked();
        let now = match until {
            Some(until) => {
                // Left alone until then.
                let heard = source.pull(until - 1).expect("nothing");
                assert!(heard.events.is_empty() && heard.notes.len() == 1);
                assert!(forge.asked().is_empty(), "{say:?}");
                until
            }
            None => NOW,
        };
        let heard = source.pull(now).expect("the rest");
        assert_eq!(short(&heard), ["link issue_comment:102:link:w1"], "{say:?}");
        let targets = forge.targets();
        let pages: Vec<&String> = targets
            .iter()
            .filter(|target| target.starts_with("/repos/example/shop/issues/comments?"))
            .collect();
        assert_eq!(pages, ["/repos/example/shop/issues/comments?page=2"]);
    }
}

/// In GraphQL, what was changed last first; by the same names as webhooks have.
#[test]
fn discussions_are_asked_for_with_a_token() {
    let page = "https://github.com/example/shop/discussions/4";
    let forge = Forge::new(move |asked, _| {
        if asked.path() != "/graphql" {
            return ok(json!([]));
        }
        let author = json!({ "login": LOGIN, "__typename": "User" });
        let said = |id: u64, at: &str, body: &str| {
            json!({ "databaseId": id, "body": body, "url": format!("{page}#discussioncomment-{id}"), "createdAt": at,
                "updatedAt": at, "author": author, "replies": { "nodes": [] } })
        };
        let discussion = |id: u64, at: &str, comments: Value| {
            json!({ "databaseId": id, "number": 4, "title": "Disk", "body": WORDS, "url": page, "createdAt": at,
                "updatedAt": at, "author": author, "comments": { "nodes": comments } })
        };
        let variables = &asked.body["variables"];
        assert_eq!(
            (&variables["owner"], &variables["name"]),
            (&json!("example"), &json!("shop"))
        );
        let (nodes, more) = match variables["after"].as_str() {
            None => {
                let mut first = said(31, "2026-02-20T10:00:00Z", "see INC-12");
                first["replies"]["nodes"] = json!([said(32, "2026-03-01T10:00:00Z", "thanks")]);
                (
                    json!([discussion(9, "2026-03-01T10:00:00Z", json!([first]))]),
                    true,
                )
            }
            Some(after) => {
                assert_eq!(after, "next");
                (
                    json!([discussion(8, "2026-02-01T10:00:00Z", json!([]))]),
                    false,
                )
            }
        };
        let info = json!({ "hasNextPage": more, "endCursor": "next" });
        ok(
            json!({ "data": { "repository": { "discussions": { "pageInfo": info, "nodes": nodes } } } }),
        )
    });
    let mut source = Source::new("github", &forge.address, &[page, "INC-12"]);
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(
        short(&heard),
        [
            "comment discussion_comment:31",
            "comment discussion_comment:32",
            "link discussion_comment:31:link:w1",
        ]
    );
    let answer = heard
        .events
        .iter()
        .find(|event| event.id == "discussion_comment:32");
    let Some(Body::Comment(comment)) = answer.map(|event| &event.body) else {
        panic!("a comment");
    };
    assert_eq!(comment.parent.as_deref(), Some("discussion_comment:31"));
    let count = || {
        forge
            .targets()
            .iter()
            .filter(|target| *target == "/graphql")
            .count()
    };
    assert_eq!(count(), 2);
    // The second page is old by now.
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    assert_eq!(count(), 2);
    // Without a token nobody is asked.
    source.params.remove("token_file");
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    assert_eq!(count(), 0);
}

/// What was written before a write-up was registered is found as far as a pull looks back.
#[test]
fn a_writeup_that_is_registered_later_is_looked_for() {
    let forge = Forge::new(|asked, _| match asked.path() {
        "/repos/example/shop/issues/comments" => {
            ok(json!([comment(101, "2026-03-01T10:00:00Z", "INC-12")]))
        }
        "/repos/example/shop/issues/comments/101" => {
            ok(comment(101, "2026-03-01T10:00:00Z", "INC-12"))
        }
        _ => ok(json!([])),
    });
    let since = || -> Vec<String> {
        let targets = forge.targets().into_iter();
        let comments = targets.filter(|target| target.contains("/issues/comments?"));
        comments
            .map(|target| target.split("since=").nth(1).unwrap_or_default().to_owned())
            .collect()
    };
    let mut source = Source::new("github", &forge.address, &["INC-9"]);
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    assert_eq!(since(), ["", "2026-03-01T09:59:00Z"]);
    source.aliases.push("INC-12".to_owned());
    assert_eq!(
        short(&source.pull(NOW).expect("a pull")),
        ["link issue_comment:101:link:w1"]
    );
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    // Ninety days before now.
    assert_eq!(since(), ["2025-12-02T09:15:00Z", "2026-03-01T09:59:00Z"]);
}

/// The real program: what is pulled stands in the tables, the checkpoint beside it; the next scan goes on.
#[test]
fn a_scan_asks_the_forge() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let forge = Forge::new(
        |asked, _| match (asked.path(), asked.header("if-none-match")) {
            ("/repos/example/shop/issues/comments", "\"c\"") => (304, Vec::new(), Value::Null),
            ("/repos/example/shop/issues/comments", _) => {
                let body = json!([comment(101, "2026-03-01T10:00:00Z", "see INC-12")]);
                (200, vec![("etag", "\"c\"".to_owned())], body)
            }
            ("/repos/example/shop/issues/comments/101", _) => {
                ok(comment(101, "2026-03-01T10:00:00Z", "see INC-12"))
            }
            _ => ok(json!([])),
        },
    );
    let source = |more: &str| {
        format!(
            "[[source]]\nid = \"forge\"\nkind = \"github\"\napi = \"{}\"\n{more}",
            forge.address
        )
    };
    // One that only takes deliveries is not scanned.
    home.file("readback.toml", source("secret = \"x\"\n"));
    let said = home.run(&["scan"]);
    assert!(
        said.err.contains("no source that can be scanned"),
        "{}",
        said.err
    );
    home.file(
        "readback.toml",
        source("repositories = [\"example/shop\"]\n"),
    );
    let said = home.done(&["check"]);
    assert!(said.out.contains("1 repository answers"), "{said:?}");
    home.done(&[
        "writeups",
        "add",
        "INC-12",
        "--published",
        "2026-02-01",
        "--alias",
        ISSUE,
    ]);
    let scan = || {
        let said = home.done(&["scan", "--json"]);
        let all: Value = serde_json::from_str(&said.out).expect("JSON");
        let mut events = all[0]["events"].clone();
        // What was seen when is told beside it.
        let told = events
            .as_object_mut()
            .and_then(|events| events.remove("coverage"));
        (events, told.is_some())
    };
    assert_eq!(scan(), (json!({ "comment": 1, "link": 1 }), true));
    assert_eq!(scan().0, json!({}), "nothing is new");
}
