//! What was said in reviews, at snippets and in activities, and goes away; what time a pull says that it has
//! seen; lists that shrink, lead in a circle or are no lists.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::polled_forge::{Forge, LOGIN, NOW, Reply, Source, covered, gone, ok, short, user};

const OLD: &str = "2026-03-01T10:00:00Z";
const SHOP: &str = "/repos/example/shop";
const HOME: &str = "https://github.com/example/shop";

/// What a forge answers by path; nothing else is there but empty lists at `lists`.
type Shelf = BTreeMap<String, Value>;

/// A forge of such answers, and what changes them. One that is taken away is answered with 404.
fn shelf(root: &'static str, answers: &[(&str, Value)]) -> (Forge, Arc<Mutex<Shelf>>) {
    let all = answers
        .iter()
        .map(|(path, value)| ((*path).to_owned(), value.clone()));
    let shelf: Arc<Mutex<Shelf>> = Arc::new(Mutex::new(all.collect()));
    let told = Arc::clone(&shelf);
    let forge = Forge::new(move |asked, _| {
        let shelf = told.lock().expect("no panic");
        let path = asked.path().strip_prefix(root).unwrap_or_default();
        match shelf.get(path) {
            Some(Value::Null) => (204, Vec::new(), Value::Null),
            Some(value) => ok(value.clone()),
            None => gone(),
        }
    });
    (forge, shelf)
}

/// Pulls until the text at a path is told to be gone, which takes two pulls that do not find it.
fn ends(source: &mut Source, shelf: &Mutex<Shelf>, (list, path): (&str, &str), id: &str) {
    assert_eq!(
        short(&source.pull(NOW).expect("a pull")),
        [format!("link {id}:link:w1")]
    );
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    {
        let mut shelf = shelf.lock().expect("no panic");
        assert!(shelf.remove(path).is_some(), "{path}");
        let list = shelf.get_mut(list).expect("a list");
        match list.is_array() {
            true => *list = json!([]),
            false => list["values"] = json!([]),
        }
    }
    assert_eq!(
        short(&source.pull(NOW).expect("a pull")),
        [""; 0],
        "once is no proof"
    );
    assert_eq!(
        short(&source.pull(NOW).expect("a pull")),
        [format!("-link {id}:link:w1")]
    );
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
}

#[test]
fn a_comment_at_a_line_ends_on_github() {
    let said = json!({ "id": 5, "user": user(), "body": "INC-12", "path": "a.md", "created_at": OLD,
        "updated_at": OLD, "html_url": format!("{HOME}/pull/8#discussion_r5") });
    let (forge, shelf) = shelf(
        SHOP,
        &[
            ("/issues", json!([])),
            ("/issues/comments", json!([])),
            ("/comments", json!([])),
            ("/pulls/comments", json!([said])),
            ("/pulls/comments/5", said.clone()),
        ],
    );
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    ends(
        &mut source,
        &shelf,
        ("/pulls/comments", "/pulls/comments/5"),
        "pull_request_review_comment:5",
    );
}

#[test]
fn notes_of_discussions_end_on_gitlab() {
    let root = "/api/v4/projects/example%2Fshop";
    let site = "https://gitlab.example.org/example/shop/-";
    for (list, id, folder, noteable) in [
        ("/issues", "iid", "issues", "Issue"),
        ("/merge_requests", "iid", "merge_requests", "MergeRequest"),
        ("/snippets", "id", "snippets", "Snippet"),
    ] {
        let author = json!({ "id": 3, "username": LOGIN });
        let mut item = json!({ "id": 70, "title": "Disk", "description": "", "author": author,
            "web_url": format!("{site}/{folder}/7"), "created_at": OLD, "updated_at": OLD });
        item[id] = json!(7);
        let note = json!({ "id": 901, "body": "INC-12", "author": author, "system": false,
            "noteable_type": noteable, "type": "DiscussionNote", "created_at": OLD, "updated_at": OLD });
        let notes = format!("{list}/7/notes");
        let one = format!("{list}/7/notes/901");
        let mut answers = vec![
            ("/issues", json!([])),
            ("/merge_requests", json!([])),
            ("/snippets", json!([])),
            ("/events", json!([])),
            (&*notes, json!([note])),
            (&*one, note.clone()),
        ];
        answers.retain(|(path, _)| *path != list);
        answers.push((list, json!([item])));
        let (forge, shelf) = shelf(root, &answers);
        let api = format!("{}/api/v4", forge.address);
        let mut source = Source::new("gitlab", &api, &["INC-12"]);
        ends(&mut source, &shelf, (&notes, &one), "note:901");
    }
}

/// A note at a snippet is a comment on it.
#[test]
fn a_snippet_is_a_write_up() {
    let author = json!({ "id": 3, "username": LOGIN });
    let page = "https://gitlab.example.org/example/shop/-/snippets/7";
    let (forge, _) = shelf(
        "/api/v4/projects/example%2Fshop",
        &[
            ("/issues", json!([])),
            ("/merge_requests", json!([])),
            ("/events", json!([])),
            (
                "/snippets",
                json!([{ "id": 7, "title": "Notes", "description": "as INC-12", "author": author,
                "web_url": page, "created_at": OLD, "updated_at": OLD }]),
            ),
            (
                "/snippets/7/notes",
                json!([{ "id": 901, "body": "I see", "author": author, "system": false,
                "noteable_type": "Snippet", "created_at": OLD, "updated_at": OLD }]),
            ),
        ],
    );
    let api = format!("{}/api/v4", forge.address);
    let heard = Source::new("gitlab", &api, &[page, "INC-12"])
        .pull(NOW)
        .expect("a pull");
    assert_eq!(
        short(&heard),
        ["comment note:901", "link snippet:7:link:w1"]
    );
}

/// A list that is the same as last time says nothing of what stands below its objects.
#[test]
fn a_new_note_at_an_old_snippet_is_met() {
    let step = Arc::new(Mutex::new(false));
    let told = Arc::clone(&step);
    let forge = Forge::new(move |asked, _| {
        let author = json!({ "id": 3, "username": LOGIN });
        let root = "/api/v4/projects/example%2Fshop";
        match (
            asked.path().strip_prefix(root),
            asked.header("if-none-match"),
        ) {
            (Some("/snippets"), "\"s\"") => (304, Vec::new(), Value::Null),
            (Some("/snippets"), _) => {
                let snippet = json!({ "id": 7, "title": "Notes", "description": "", "author": author,
                    "web_url": "https://gitlab.example.org/example/shop/-/snippets/7", "created_at": OLD,
                    "updated_at": OLD });
                (200, vec![("etag", "\"s\"".to_owned())], json!([snippet]))
            }
            (Some("/snippets/7/notes"), _) if *told.lock().expect("no panic") => ok(
                json!([{ "id": 901, "body": "INC-12", "author": author, "system": false,
                    "noteable_type": "Snippet", "created_at": OLD, "updated_at": OLD }]),
            ),
            _ => ok(json!([])),
        }
    });
    let api = format!("{}/api/v4", forge.address);
    let mut source = Source::new("gitlab", &api, &["INC-12"]);
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    *step.lock().expect("no panic") = true;
    assert_eq!(
        short(&source.pull(NOW).expect("a pull")),
        ["link note:901:link:w1"]
    );
}

/// A repository that takes all questions of a pull does not keep the others from theirs.
#[test]
fn each_repository_has_its_turn() {
    let forge = Forge::new(move |asked, own| {
        let (greedy, modest) = (
            "/repos/example/shop/issues/comments",
            "/repos/example/till/issues/comments",
        );
        let said = |name: &str, id: u64| {
            json!([{ "id": id, "user": user(), "body": "INC-12", "issue_url": "x", "created_at": OLD, "updated_at": OLD,
                "html_url": format!("https://github.com/example/{name}/issues/7#issuecomment-{id}") }])
        };
        match asked.path() {
            path if path == modest => ok(said("till", 9)),
            path if path == greedy && asked.target.contains("page=2") => {
                (429, vec![("retry-after", "0".to_owned())], json!({}))
            }
            path if path == greedy => {
                let next = format!("<{own}{greedy}?page=2>; rel=\"next\"");
                (200, vec![("link", next)], said("shop", 1))
            }
            path if path.contains("/issues/comments/") => (304, Vec::new(), Value::Null),
            _ => ok(json!([])),
        }
    });
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    // Twice is once.
    let both = ["example/shop", "example/till", "example/shop"]
        .map(|name| toml::Value::from(name.to_owned()));
    source
        .params
        .insert("repositories".to_owned(), both.to_vec().into());
    assert_eq!(
        short(&source.pull(NOW).expect("a pull")),
        ["link issue_comment:1:link:w1"]
    );
    forge.asked();
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(
        short(&heard),
        ["link issue_comment:9:link:w1"],
        "{:?} {:?}",
        heard.notes,
        forge.targets()
    );
}

#[test]
fn reviews_and_their_comments_end_on_gitea() {
    let pull = "https://git.example.org/example/shop/pulls/8";
    let review = |body: &str, count: u64| {
        json!({ "id": 3, "user": user(), "body": body, "comments_count": count, "state": "COMMENT",
            "submitted_at": OLD, "updated_at": OLD, "html_url": format!("{pull}#issuecomment-43") })
    };
    let comment = json!({ "id": 44, "body": "as in INC-12", "user": user(), "path": "a.md",
        "html_url": format!("{pull}#issuecomment-44"), "pull_request_url": pull, "created_at": OLD, "updated_at": OLD });
    for (review, one, id) in [
        (review("INC-12", 0), "/pulls/8/reviews/3", "review:3"),
        (review("", 1), "/issues/comments/44", "comment:44"),
    ] {
        let is_review = id == "review:3";
        let (forge, shelf) = shelf(
            "/api/v1/repos/example/shop",
            &[
                (
                    "/issues",
                    json!([{ "id": 5, "number": 8, "title": "Fix", "body": "", "html_url": pull,
                    "user": user(), "pull_request": {}, "created_at": OLD, "updated_at": OLD }]),
                ),
                ("/issues/comments", json!([])),
                ("/pulls/8/reviews", json!([review])),
                ("/pulls/8/reviews/3/comments", json!([comment])),
                // Of a comment at a line Gitea says that it is there, and no more.
                (
                    one,
                    if is_review {
                        review.clone()
                    } else {
                        Value::Null
                    },
                ),
            ],
        );
        let api = format!("{}/api/v1", forge.address);
        let mut source = Source::new("gitea", &api, &["INC-12"]);
        let list = if is_review {
            "/pulls/8/reviews"
        } else {
            "/pulls/8/reviews/3/comments"
        };
        ends(&mut source, &shelf, (list, one), id);
    }
}

#[test]
fn a_comment_among_activities_ends_in_a_data_centre() {
    let at = 1_772_359_200_000_i64;
    let who = json!({ "name": LOGIN, "type": "NORMAL" });
    let page = |values: Value| json!({ "values": values, "isLastPage": true });
    let comment = json!({ "id": 165, "text": "INC-12", "author": who, "createdDate": at, "updatedDate": at, "comments": [] });
    let (forge, shelf) = shelf(
        "/rest/api/1.0/projects/example/repos/shop/pull-requests",
        &[
            (
                "",
                page(
                    json!([{ "id": 8, "title": "Fix", "open": true, "createdDate": at, "updatedDate": at,
                "toRef": { "repository": { "id": 4 } }, "author": { "user": who },
                "links": { "self": [{ "href": "https://b.example.org/projects/SHOP/repos/shop/pull-requests/8" }] } }]),
                ),
            ),
            (
                "/8/activities",
                page(
                    json!([{ "id": 1, "action": "COMMENTED", "createdDate": at, "comment": comment }]),
                ),
            ),
            ("/8/comments/165", comment.clone()),
        ],
    );
    let api = format!("{}/rest/api/1.0", forge.address);
    let mut source = Source::new("bitbucket", &api, &["INC-12"]);
    ends(
        &mut source,
        &shelf,
        ("/8/activities", "/8/comments/165"),
        "comment:165",
    );
}

/// A repository that was renamed answers under its old name, with the new one in every address.
#[test]
fn what_was_moved_is_another_text() {
    let moved = Arc::new(Mutex::new(false));
    let told = Arc::clone(&moved);
    let issue = |home: &str| {
        json!({ "id": 7, "number": 7, "title": "INC-12", "body": "", "user": user(), "created_at": OLD,
            "updated_at": OLD, "html_url": format!("{home}/issues/7") })
    };
    let forge = Forge::new(move |asked, _| {
        let home = match *told.lock().expect("no panic") {
            true => "https://github.com/example/store",
            false => HOME,
        };
        match asked.path().strip_prefix(SHOP) {
            Some("/issues") => ok(json!([issue(home)])),
            Some("/issues/7") => ok(issue(home)),
            _ => ok(json!([])),
        }
    });
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    let mut pulled = || short(&source.pull(NOW).expect("a pull"));
    assert_eq!(pulled(), ["link github.com/example/shop#7:link:w1"]);
    *moved.lock().expect("no panic") = true;
    let mut all = Vec::new();
    for _ in 0..4 {
        all.extend(pulled());
    }
    assert_eq!(
        all,
        [
            "link github.com/example/store#7:link:w1",
            "-link github.com/example/shop#7:link:w1",
        ]
    );
}

/// What stood on the last page was deleted; what is new stands on the one before.
#[test]
fn a_list_that_shrank_is_met_where_it_ends() {
    let step = Arc::new(Mutex::new(0));
    let told = Arc::clone(&step);
    let said = |id: usize, body: &str| {
        json!({ "id": id, "body": body, "user": user(), "created_at": OLD, "updated_at": OLD,
            "html_url": format!("{HOME}/commit/abc#commitcomment-{id}") })
    };
    let forge = Forge::new(move |asked, own| -> Reply {
        if asked.path() != "/repos/example/shop/comments" {
            return ok(json!([]));
        }
        let step = *told.lock().expect("no panic");
        let is_second = asked.target.contains("page=2");
        let next = format!("<{own}{SHOP}/comments?per_page=100&page=2>; rel=\"next\"");
        match (is_second, step) {
            (false, 0) => (
                200,
                vec![("link", next)],
                (1..=100).map(|id| said(id, "x")).collect(),
            ),
            (true, 0) => ok(json!([said(101, "x")])),
            (false, _) => ok((1..=98)
                .map(|id| said(id, "x"))
                .chain([said(102, "INC-12")])
                .collect()),
            (true, _) => ok(json!([])),
        }
    });
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
    *step.lock().expect("no panic") = 1;
    assert_eq!(
        short(&source.pull(NOW).expect("a pull")),
        ["link commit_comment:102:link:w1"]
    );
}

/// Pages that lead to each other end, and so do those of a list below an object.
#[test]
fn a_circle_has_an_end() {
    let forge = Forge::new(move |asked, own| {
        let other = if asked.target.contains("page=2") {
            1
        } else {
            2
        };
        let next = |path: &str| {
            vec![(
                "link",
                format!("<{own}{SHOP}{path}?page={other}>; rel=\"next\""),
            )]
        };
        match asked.path().strip_prefix(SHOP) {
            Some("/issues") => ok(
                json!([{ "id": 8, "number": 8, "title": "Fix", "body": "", "user": user(),
                "html_url": format!("{HOME}/pull/8"), "pull_request": {}, "created_at": OLD, "updated_at": OLD }]),
            ),
            Some("/pulls/8/reviews") => (200, next("/pulls/8/reviews"), json!([])),
            Some("/issues/comments") => (
                200,
                next("/issues/comments"),
                json!([{ "id": other, "user": user(), "body": "INC-12", "issue_url": "x", "created_at": OLD,
                    "updated_at": OLD, "html_url": format!("{HOME}/issues/7#issuecomment-{other}") }]),
            ),
            Some("/issues/comments/1" | "/issues/comments/2") => (304, Vec::new(), Value::Null),
            _ => ok(json!([])),
        }
    });
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(short(&heard).len(), 2);
    // And it has no discussions.
    assert_eq!(heard.notes.len(), 2, "{:?}", heard.notes);
    assert!(heard.notes[0].contains("read before"), "{:?}", heard.notes);
    assert!(forge.asked().len() < 20);
    assert_eq!(short(&source.pull(NOW).expect("a pull")), [""; 0]);
}

/// Each place by itself, until when the lists with its comments were begun to be read; links once all was.
#[test]
fn a_pull_tells_what_time_it_has_seen() {
    let hour = 3_600_000;
    let later = Arc::new(Mutex::new(false));
    let told = Arc::clone(&later);
    let forge = Forge::new(move |asked, _| match asked.path().strip_prefix(SHOP) {
        Some("/issues/comments") => ok(
            json!([{ "id": 5, "user": user(), "body": "x", "issue_url": "x",
            "created_at": OLD, "updated_at": OLD, "html_url": format!("{HOME}/issues/7#issuecomment-5") }]),
        ),
        Some("/comments") if *told.lock().expect("no panic") => (500, Vec::new(), json!({})),
        // There are none, and no review comments for us.
        Some("/pulls/comments") => (403, Vec::new(), json!({})),
        Some(_) => ok(
            json!([{ "id": 1, "number": 1, "title": "x", "user": user(), "created_at": "2026-02-01T00:00:00Z",
            "updated_at": OLD, "html_url": format!("{HOME}/issues/1") }]),
        ),
        None => gone(),
    });
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    let at = |kind: &str, scope: &str, to: &str| format!("{kind} {scope} {OLD} {to}");
    let mut told_at = |now| {
        let heard = source.pull(now).expect("a pull");
        let mut told = covered(&heard);
        told.sort();
        told
    };
    let home = format!("{}/example/shop", forge.address);
    let to = "2026-03-02T09:15:00Z";
    assert_eq!(
        told_at(NOW),
        [
            at("comment", &format!("{home}/commit"), to),
            at("comment", &format!("{home}/issues"), to),
            at("link", "forge", to),
        ]
    );
    // Not more often than each hour.
    assert_eq!(told_at(NOW + hour - 1), [""; 0]);
    *later.lock().expect("no panic") = true;
    let to = "2026-03-02T11:15:00Z";
    let told = told_at(NOW + 2 * hour);
    // Comments on commits and links were seen until the pull before.
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0], at("comment", &format!("{home}/issues"), to));
}
