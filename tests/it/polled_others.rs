//! GitLab, Gitea and both Bitbuckets are asked, each in its own way; forges that do not answer, and
//! parameters that do not fit.

use readback::model::Body;
use readback::sources::{self, Setting, SourceError};
use serde_json::json;

use super::polled_forge::{Forge, LOGIN, NOW, Source, TOKEN, gone, ok, short, user};

#[test]
fn gitlab_is_asked_for_notes_of_what_changed() {
    let page = "https://gitlab.example.org/example/shop/-/issues/7";
    let forge = Forge::new(move |asked, _| {
        let author = json!({ "id": 3, "username": LOGIN });
        let time = "2026-03-01T10:00:00.000Z";
        match asked.path() {
            "/api/v4/projects/example%2Fshop/issues" => ok(
                json!([{ "id": 70, "iid": 7, "title": "Disk", "description": "",
                "web_url": page, "author": author, "created_at": time, "updated_at": time, "user_notes_count": 2 }]),
            ),
            "/api/v4/projects/example%2Fshop/issues/7/notes" => ok(json!([
                { "id": 901, "body": "see INC-12", "author": author, "system": false, "noteable_type": "Issue",
                  "created_at": time, "updated_at": time },
                { "id": 902, "body": "closed", "author": author, "system": true, "noteable_type": "Issue",
                  "created_at": time, "updated_at": time }])),
            "/api/v4/projects/example%2Fshop/events" => ok(json!([
                { "id": 1, "action_name": "commented on", "created_at": time, "note": { "id": 905, "body": "as INC-12",
                  "author": author, "system": false, "noteable_type": "Commit", "created_at": time, "updated_at": time } },
                { "id": 2, "action_name": "commented on", "created_at": time, "note": { "id": 901, "body": "see INC-12",
                  "author": author, "system": false, "noteable_type": "Issue", "created_at": time } }])),
            "/api/v4/projects/example%2Fshop/merge_requests" => (403, Vec::new(), json!({})),
            _ => gone(),
        }
    });
    let api = format!("{}/api/v4", forge.address);
    let mut source = Source::new("gitlab", &api, &[page, "INC-12"]);
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(heard.left_out["note that GitLab wrote"], 1);
    let notes = ["merge requests", "snippets"]
        .map(|list| format!("example/shop: has no {list}, or not for us"));
    assert_eq!(heard.notes, notes);
    assert_eq!(
        short(&heard),
        [
            "comment note:901",
            "link note:901:link:w1",
            "link note:905:link:w1",
        ]
    );
    let Body::Link(link) = &heard.events[1].body else {
        panic!("a link");
    };
    assert_eq!(
        link.stands_in.as_deref(),
        Some(&*format!("{page}#note_901"))
    );
    // What happened is asked for by days.
    forge.targets();
    // The note is not found where it is looked at again, which is the second time.
    assert_eq!(
        short(&source.pull(NOW).expect("a pull")),
        ["-comment note:901", "-link note:901:link:w1"]
    );
    let asked = forge.targets();
    let events = asked
        .iter()
        .find(|target| target.contains("/events"))
        .expect("asked");
    assert!(events.ends_with("&after=2026-02-28"), "{events}");
}

#[test]
fn gitea_is_asked_for_comments_of_reviews() {
    let forge = Forge::new(|asked, _| {
        assert_eq!(asked.header("authorization"), format!("token {TOKEN}"));
        let time = "2026-03-01T11:00:00+01:00";
        let pull = "https://git.example.org/example/shop/pulls/8";
        match asked.path() {
            "/api/v1/repos/example/shop/issues" => ok(
                json!([{ "id": 5, "number": 8, "title": "Fix", "body": "", "html_url": pull,
                "user": user(), "pull_request": {}, "created_at": time, "updated_at": time }]),
            ),
            "/api/v1/repos/example/shop/pulls/8/reviews" => ok(json!([
                { "id": 3, "body": "", "comments_count": 1, "submitted_at": time },
                { "id": 4, "body": "", "comments_count": 0, "submitted_at": time }])),
            "/api/v1/repos/example/shop/pulls/8/reviews/3/comments" => {
                ok(json!([{ "id": 44, "body": "as in INC-12", "user": user(),
                "path": "a.md", "html_url": format!("{pull}#issuecomment-44"), "pull_request_url": pull,
                "created_at": time, "updated_at": time }]))
            }
            "/api/v1/repos/example/shop/issues/comments" => ok(json!([])),
            // Of a comment at a line it says that it is there.
            "/api/v1/repos/example/shop/issues/comments/44" => (204, Vec::new(), json!(null)),
            other => panic!("{other}"),
        }
    });
    let api = format!("{}/api/v1/", forge.address);
    let mut source = Source::new("gitea", &api, &["INC-12"]);
    assert_eq!(
        short(&source.pull(NOW).expect("a pull")),
        ["link comment:44:link:w1"]
    );
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
}

#[test]
fn both_bitbuckets_are_asked() {
    let cloud = Forge::new(|asked, own| {
        let (time, html) = (
            "2026-03-01T10:00:00.123456+00:00",
            "https://bitbucket.org/example/shop/pull-requests/8",
        );
        let who = json!({ "account_id": LOGIN, "type": "user" });
        let comment = |id: u64, raw: &str, deleted: bool| {
            json!({ "id": id, "type": "pullrequest_comment", "content": { "raw": raw }, "user": who, "deleted": deleted,
                "created_on": time, "updated_on": time, "links": { "html": { "href": format!("{html}#comment-{id}") } } })
        };
        match asked.path() {
            "/2.0/repositories/example/shop/pullrequests" => ok(
                json!({ "values": [{ "id": 8, "type": "pullrequest", "title": "Fix",
                "description": "", "author": who, "created_on": time, "updated_on": time, "comment_count": 3,
                "links": { "html": { "href": html } } }] }),
            ),
            "/2.0/repositories/example/shop/pullrequests/8/comments" => {
                match asked.target.contains("page=2") {
                    false => ok(json!({ "values": [comment(1, "INC-12", false)],
                    "next": format!("{own}{}?page=2", asked.path()) })),
                    true => ok(json!({ "values": [comment(2, "", true)] })),
                }
            }
            "/2.0/repositories/example/shop/pullrequests/8/comments/1" => ok(comment(1, "", true)),
            _ => gone(),
        }
    });
    let page = "https://bitbucket.org/example/shop/pull-requests/8";
    let mut source = Source::new(
        "bitbucket",
        &format!("{}/2.0", cloud.address),
        &[page, "INC-12"],
    );
    let heard = source.pull(NOW).expect("a pull");
    // The first was deleted by the time when it was looked at again, and its text was gone with it.
    assert_eq!(
        short(&heard),
        [
            "-comment pullrequest_comment:1",
            "-comment pullrequest_comment:2",
            "-link pullrequest_comment:1:link:w1",
            "comment pullrequest_comment:1",
            "link pullrequest_comment:1:link:w1",
        ]
    );

    let center = Forge::new(|asked, _| {
        let root = "/rest/api/1.0/projects/example/repos/shop/pull-requests";
        let who = json!({ "name": LOGIN, "type": "NORMAL" });
        let at = 1_772_359_200_000_i64;
        let pull = |id: u64, open: bool| {
            json!({ "id": id, "title": "Fix", "description": "", "open": open, "createdDate": at, "updatedDate": at,
                "toRef": { "repository": { "id": 4 } }, "author": { "user": who },
                "links": { "self": [{ "href": format!("https://b.example.org/projects/SHOP/repos/shop/pull-requests/{id}") }] } })
        };
        let comment = |id: u64| json!({ "id": id, "text": "INC-12", "author": who, "createdDate": at, "updatedDate": at, "comments": [] });
        match asked.path().strip_prefix(root) {
            Some("") if asked.target.contains("start=1") => {
                ok(json!({ "values": [pull(9, false)], "isLastPage": true }))
            }
            Some("") => {
                ok(json!({ "values": [pull(8, true)], "isLastPage": false, "nextPageStart": 1 }))
            }
            Some("/8/activities") => {
                let mut first = comment(165);
                first["comments"] = json!([comment(166)]);
                ok(
                    json!({ "values": [{ "id": 1, "action": "COMMENTED", "createdDate": at, "comment": first }], "isLastPage": true }),
                )
            }
            Some("/9/activities") => ok(json!({ "values": [], "isLastPage": true })),
            Some("/8/comments/165") => ok(comment(165)),
            Some("/8/comments/166") => gone(),
            _ => panic!("{}", asked.target),
        }
    });
    let mut source = Source::new(
        "bitbucket",
        &format!("{}/rest/api/1.0", center.address),
        &["INC-12"],
    );
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(
        short(&heard),
        ["link comment:165:link:w1", "link comment:166:link:w1"]
    );
    let Body::Link(link) = &heard.events[0].body else {
        panic!("a link");
    };
    let place =
        "https://b.example.org/projects/SHOP/repos/shop/pull-requests/8/overview?commentId=165";
    assert_eq!(link.stands_in.as_deref(), Some(place));
    assert_eq!(
        short(&source.pull(NOW).expect("a pull")),
        ["-link comment:166:link:w1"]
    );
}

/// A data centre does not say that a closed pull request was commented on.
#[test]
fn a_closed_pull_request_is_asked_for_a_while() {
    let root = "/rest/api/1.0/projects/example/repos/shop/pull-requests";
    let forge = Forge::new(move |asked, _| {
        let day = 86_400_000;
        let pull = |id: u64, closed: i64| {
            let mut pull = json!({ "id": id, "title": "Fix", "open": closed == 0, "createdDate": NOW - 90 * day,
                "updatedDate": NOW - closed * day, "toRef": { "repository": { "id": 4 } } });
            if closed > 0 {
                pull["closedDate"] = json!(NOW - closed * day);
            }
            pull
        };
        match asked.path() == root {
            true => {
                ok(json!({ "values": [pull(1, 0), pull(2, 27), pull(3, 29)], "isLastPage": true }))
            }
            false => ok(json!({ "values": [], "isLastPage": true })),
        }
    });
    let mut source = Source::new(
        "bitbucket",
        &format!("{}/rest/api/1.0", forge.address),
        &["INC-12"],
    );
    source.pull(NOW).expect("a pull");
    forge.targets();
    source.pull(NOW).expect("a pull");
    let asked = forge.targets();
    let is_asked = |id: u64| {
        asked
            .iter()
            .any(|target| target.contains(&format!("/{id}/activities")))
    };
    assert_eq!([1, 2, 3].map(is_asked), [true, true, false]);
}

#[test]
fn a_forge_that_does_not_answer_is_an_error() {
    for (status, retryable) in [(500, true), (401, false), (404, false), (403, false)] {
        let forge = Forge::new(move |_, _| (status, Vec::new(), json!({})));
        let mut source = Source::new("github", &forge.address, &["INC-12"]);
        let refused = source.pull(NOW).err().expect("nothing came");
        let SourceError::Remote {
            retryable: told,
            ref reason,
            ..
        } = refused
        else {
            panic!("{refused}");
        };
        assert_eq!(told, retryable, "{status} {reason}");
        assert!(!refused.to_string().contains(TOKEN));
    }
    // The token is for one host.
    let forge = Forge::new(|_, _| {
        let next = "<http://127.0.0.1:9/repos/example/shop/issues?page=2>; rel=\"next\"".to_owned();
        (200, vec![("link", next)], json!([]))
    });
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    let heard = source.pull(NOW).expect("the first page");
    assert!(heard.notes[0].contains("elsewhere"), "{:?}", heard.notes);
}

#[test]
fn parameters_say_what_is_wrong() {
    for (kind, params, words) in [
        (
            "gitea",
            "repositories = [\"a/b\"]",
            "give its address as api",
        ),
        (
            "github",
            "repositories = [\"shop\"]",
            "should be OWNER/NAME",
        ),
        (
            "github",
            "repositories = [\"a/../b\"]",
            "should be OWNER/NAME",
        ),
        (
            "gitlab",
            "api = \"gitlab\"",
            "should be the http(s) address",
        ),
        (
            "gitlab",
            "api = \"http://gitlab.example.org\"\ntoken_file = \"nowhere\"",
            "http is for this machine alone",
        ),
        (
            "gitlab",
            "api = \"https://ada:zzpassword@gitlab.example.org\"",
            "without user and password",
        ),
    ] {
        let build = sources::find(kind)
            .and_then(|kind| kind.pull)
            .expect("a kind");
        let setting = Setting {
            source: "a".to_owned(),
            vocabulary: readback::model::Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: Vec::new(),
        };
        let refused = build(params.parse().expect("TOML"), &setting)
            .err()
            .expect(params);
        let told = refused.to_string();
        assert!(
            told.contains(words) && !told.contains("zzpassword"),
            "{told}"
        );
    }
}
