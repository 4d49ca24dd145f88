//! Forges over many pulls: what comes and goes, moves, fails or lies while it is asked.

use std::sync::{Arc, Mutex};

use readback::model::Body;
use readback::sources::collected::Collected;
use serde_json::{Value, json};

use super::polled_forge::{Asked, Forge, LOGIN, NOW, Reply, Source, TOKEN, gone, ok, short, user};

const SHOP: &str = "/repos/example/shop";
const HOME: &str = "https://github.com/example/shop";
const OLD: &str = "2026-03-01T10:00:00Z";

/// A forge that tells its answers by the pull it is in, counted from 0, and what sets that.
fn staged(
    mut answer: impl FnMut(&Asked, &str, usize) -> Reply + Send + 'static,
) -> (Forge, impl FnMut(usize)) {
    let stage = Arc::new(Mutex::new(0));
    let set = Arc::clone(&stage);
    let forge = Forge::new(move |asked, own| {
        let step = *stage.lock().expect("no panic");
        answer(asked, own, step)
    });
    (forge, move |step| *set.lock().expect("no panic") = step)
}

fn github(forge: &Forge) -> Source {
    Source::new("github", &forge.address, &["INC-12"])
}

fn pulled(source: &mut Source) -> Collected {
    source.pull(NOW).expect("a pull")
}

fn sent(source: &mut Source) -> Vec<String> {
    short(&pulled(source))
}

/// An issue of GitHub that links to the write-up.
fn issue(number: u64, updated: &str) -> Value {
    json!({ "id": number, "number": number, "title": "INC-12", "body": "", "user": user(),
        "html_url": format!("{HOME}/issues/{number}"), "created_at": OLD, "updated_at": updated })
}

fn pull_request(number: u64, updated: &str) -> Value {
    let mut pull = issue(number, updated);
    pull["title"] = json!("Fix");
    pull["pull_request"] = json!({});
    pull["html_url"] = json!(format!("{HOME}/pull/{number}"));
    pull
}

fn review(id: u64, body: &str) -> Value {
    json!({ "id": id, "user": user(), "body": body, "submitted_at": OLD,
        "html_url": format!("{HOME}/pull/8#pullrequestreview-{id}") })
}

fn said(id: u64, login: &str, updated: &str) -> Value {
    json!({ "id": id, "user": { "login": login }, "body": "see INC-12", "issue_url": "x",
        "html_url": format!("{HOME}/issues/7#issuecomment-{id}"), "created_at": OLD, "updated_at": updated })
}

fn under<'a>(asked: &'a Asked, root: &str) -> &'a str {
    asked.path().strip_prefix(root).unwrap_or_default()
}

#[test]
fn lists_below_lists_end() {
    let forge = Forge::new(|asked, _| match under(asked, SHOP) {
        "/issues" => ok(json!([pull_request(8, OLD)])),
        "/pulls/8/reviews" => ok(json!([pull_request(8, OLD)])),
        _ => ok(json!([])),
    });
    assert_eq!(sent(&mut github(&forge)), [""; 0]);
    let asked = forge.targets();
    let reviews = asked.iter().filter(|target| target.contains("/reviews"));
    assert_eq!(reviews.count(), 1);
}

/// A text is gone where two pulls did not find it in a list that is there, and may come back.
#[test]
fn what_is_gone_comes_back() {
    let (forge, mut set) = staged(|asked, _, step| match (under(asked, SHOP), step) {
        // Issues are switched off for a while.
        ("/issues" | "/issues/2", 1) => (410, Vec::new(), json!({})),
        ("/issues/2", 3) => gone(),
        ("/issues", 0) => ok(json!([issue(2, OLD)])),
        ("/issues/2", _) if asked.header("if-none-match") == "\"e\"" => {
            (304, Vec::new(), Value::Null)
        }
        ("/issues/2", _) => (200, vec![("etag", "\"e\"".to_owned())], issue(2, OLD)),
        _ => ok(json!([])),
    });
    let mut source = github(&forge);
    let link = "link github.com/example/shop#2:link:w1";
    assert_eq!(sent(&mut source), [link]);
    for step in [1, 1, 1, 2, 3, 2, 3] {
        set(step);
        assert_eq!(sent(&mut source), [""; 0], "{step}");
    }
    let ended = pulled(&mut source);
    assert_eq!(short(&ended), [format!("-{link}")]);
    assert_eq!(sent(&mut source), [""; 0], "told once");
    set(2);
    let back = pulled(&mut source);
    assert_eq!(short(&back), [link]);
    assert!(back.events[0].version > ended.events[0].version);
    let Body::Link(found) = &back.events[0].body else {
        panic!("a link");
    };
    assert!(found.person.is_some());
    assert_eq!(sent(&mut source), [""; 0]);
}

#[test]
fn a_comment_of_a_bot_ends_without_becoming_a_persons() {
    let (forge, mut set) = staged(|asked, _, step| match (under(asked, SHOP), step) {
        ("/issues/comments", 0) => ok(json!([said(5, "zz[bot]", OLD), said(6, LOGIN, OLD)])),
        ("/issues/comments/5" | "/issues/comments/6", _) => gone(),
        _ => ok(json!([])),
    });
    let mut source = github(&forge);
    pulled(&mut source);
    set(1);
    assert_eq!(sent(&mut source), ["-link issue_comment:6:link:w1"]);
    assert_eq!(sent(&mut source), [""; 0]);
}

#[test]
fn a_review_of_gitea_is_no_comment() {
    let forge = Forge::new(|asked, _| {
        let page = "https://git.example.org/example/shop/pulls/8";
        match under(asked, "/api/v1/repos/example/shop") {
            "/issues" => ok(
                json!([{ "id": 5, "number": 8, "title": "Fix", "body": "", "html_url": page,
                "user": user(), "pull_request": {}, "created_at": OLD, "updated_at": OLD }]),
            ),
            "/pulls/8/reviews" => ok(json!([
                { "id": 3, "user": user(), "body": "as in INC-12", "comments_count": 0, "state": "COMMENT",
                  "submitted_at": OLD, "updated_at": OLD, "html_url": format!("{page}#issuecomment-44") },
                { "id": 4, "user": user(), "body": "", "comments_count": 0, "state": "APPROVED",
                  "submitted_at": OLD, "updated_at": OLD, "html_url": format!("{page}#issuecomment-45") }])),
            "/issues/comments" => ok(json!([])),
            // What is looked at again.
            "/pulls/8/reviews/3" => (304, Vec::new(), Value::Null),
            other => panic!("{other}"),
        }
    });
    let mut source = Source::new("gitea", &format!("{}/api/v1", forge.address), &["INC-12"]);
    let heard = pulled(&mut source);
    assert_eq!(short(&heard), ["link review:3:link:w1"]);
    assert_eq!(heard.left_out["review without a text"], 1);
    assert_eq!(sent(&mut source), [""; 0]);
}

#[test]
fn a_review_without_words_takes_its_link_along() {
    let (forge, mut set) = staged(|asked, _, step| {
        let body = if step == 1 { "" } else { "as INC-12 taught" };
        match under(asked, SHOP) {
            "/issues" if step == 0 => ok(json!([pull_request(8, OLD)])),
            "/pulls/8/reviews" => ok(json!([review(5, body), review(6, "")])),
            "/pulls/8/reviews/5" => ok(review(5, body)),
            _ => ok(json!([])),
        }
    });
    let mut source = github(&forge);
    let link = "link pull_request_review:5:link:w1";
    let heard = pulled(&mut source);
    assert_eq!(short(&heard), [link]);
    assert_eq!(heard.left_out["review without a text"], 1);
    for (step, expected) in [(1, format!("-{link}")), (2, link.to_owned())] {
        set(step);
        assert_eq!(sent(&mut source), [expected]);
        assert_eq!(sent(&mut source), [""; 0]);
    }
}

/// An issue of the first page is changed while the second is asked for: it moves to the end, and the
/// others move up.
#[test]
fn what_moves_meanwhile_is_met() {
    let forge = Forge::new(|asked, own| {
        if under(asked, SHOP) != "/issues" {
            return ok(json!([]));
        }
        let next = format!("<{own}{SHOP}/issues?state=all&page=2>; rel=\"next\"");
        if asked.target.contains("since=2026-03-01T11:59:00Z") {
            let moved = [(2, "12:00"), (3, "13:00"), (1, "14:00")];
            return ok(moved
                .iter()
                .map(|(number, at)| issue(*number, &format!("2026-03-01T{at}:00Z")))
                .collect());
        }
        // Where the second page is asked for by its number, the third issue stands on the first by now.
        match asked.target.contains("page=2") {
            true => ok(json!([issue(1, "2026-03-01T14:00:00Z")])),
            false => (
                200,
                vec![("link", next)],
                json!([issue(1, OLD), issue(2, "2026-03-01T12:00:00Z")]),
            ),
        }
    });
    let heard = pulled(&mut github(&forge));
    let met = short(&heard);
    assert!(
        met.contains(&"link github.com/example/shop#3:link:w1".to_owned()),
        "{met:?}"
    );
}

/// What is not sorted by change is asked for from when it was begun on; a time to come hides nothing.
#[test]
fn times_that_mislead() {
    let begun = NOW - 3_600_000;
    let (forge, mut set) =
        staged(
            |asked, own, step| match under(asked, "/api/v1/repos/example/shop") {
                "/issues" if asked.target.contains("page=2") && step == 0 => {
                    (502, Vec::new(), json!({}))
                }
                "/issues" if asked.target.contains("page=2") => {
                    ok(json!([issue(2, "2026-03-02T09:00:00Z")]))
                }
                "/issues" => {
                    let next = format!("<{own}/api/v1{SHOP}/issues?page=2>; rel=\"next\"");
                    (200, vec![("link", next)], json!([issue(1, OLD)]))
                }
                "/issues/comments" => ok(json!([said(5, LOGIN, "2099-01-01T00:00:00Z")])),
                _ => (304, Vec::new(), Value::Null),
            },
        );
    let mut source = Source::new("gitea", &format!("{}/api/v1", forge.address), &["INC-12"]);
    source.pull(begun).expect("a pull");
    set(1);
    pulled(&mut source);
    forge.targets();
    pulled(&mut source);
    let asked = forge.targets();
    let since = |list: &str| {
        let target = asked
            .iter()
            .find(|target| target.contains(list))
            .expect("asked");
        target.split("since=").nth(1).unwrap_or_default().to_owned()
    };
    // An hour and a minute before now, and a minute before it.
    assert_eq!(since("/issues?state"), "2026-03-02T08:14:00Z");
    assert_eq!(since("/issues/comments?"), "2026-03-02T09:14:00Z");
}

#[test]
fn one_failure_does_not_keep_the_others() {
    let forge = Forge::new(|asked, _| match under(asked, SHOP) {
        "" => ok(json!({ "data": { "repository": { "discussions": { "nodes": [] } } } })),
        "/issues" => ok(json!([
            pull_request(8, OLD),
            pull_request(9, OLD),
            issue(2, OLD)
        ])),
        "/pulls/8/reviews" => (500, Vec::new(), json!({})),
        "/pulls/9/reviews" => ok(json!([review(5, "INC-12")])),
        "/issues/comments" => (422, Vec::new(), json!({})),
        "/pulls/comments" => ok(json!(vec![0; 1_000_001])),
        "/comments" => ok(json!([])),
        "/issues/2" => (451, Vec::new(), json!({})),
        _ => (304, Vec::new(), Value::Null),
    });
    let mut source = github(&forge);
    let heard = pulled(&mut source);
    let expected = [
        "link github.com/example/shop#2:link:w1",
        "link pull_request_review:5:link:w1",
    ];
    assert_eq!(short(&heard), expected);
    for (note, words) in heard.notes.iter().zip([
        "issues: what stands at ",
        "issue comments: ",
        "review comments: ",
        "left out: 2 (",
    ]) {
        assert!(note.contains(words), "{note}");
    }
    assert!(
        heard.notes[2].contains("more than 1000000 values"),
        "{:?}",
        heard.notes
    );
    assert_eq!(heard.notes.len(), 4);
}

/// What belongs to an object that could not be told about is asked for again.
#[test]
fn a_failure_that_passes_loses_nothing() {
    let (forge, mut set) = staged(|asked, _, step| match (under(asked, SHOP), step) {
        ("/issues", 0) => ok(json!([issue(7, OLD)])),
        ("/issues", _) => ok(json!([pull_request(8, "2026-03-01T12:00:00Z")])),
        ("/pulls/8/reviews", 1) => (503, Vec::new(), json!({})),
        ("/pulls/8/reviews", _) => ok(json!([review(5, "INC-12")])),
        ("/issues/7", _) => ok(issue(7, OLD)),
        _ => ok(json!([])),
    });
    let mut source = github(&forge);
    pulled(&mut source);
    set(1);
    // When the stretch is asked for again: each time after twice as many pulls.
    let words = "is left out for now";
    let is_told = |heard: &Collected| heard.notes.iter().any(|note| note.contains(words));
    let mut again = Vec::new();
    let mut kept = None;
    for pull in 0..8 {
        forge.targets();
        let heard = pulled(&mut source);
        assert_eq!(short(&heard), [""; 0]);
        assert!(is_told(&heard), "{:?}", heard.notes);
        kept = kept.or_else(|| source.checkpoint.clone());
        let asked = forge.targets();
        let is_asked = |since: &str| {
            let mut issues = asked.iter().filter(|target| target.contains("/issues?"));
            issues.any(|target| target.ends_with(since))
        };
        assert_eq!(is_asked("since=2026-03-01T11:59:00Z"), pull > 0);
        if pull > 0 && is_asked("since=2026-03-01T09:59:00Z") {
            again.push(pull);
        }
    }
    assert_eq!(again, [2, 5]);
    source.checkpoint = kept;
    set(2);
    assert_eq!(sent(&mut source), ["link pull_request_review:5:link:w1"]);
    assert_eq!(sent(&mut source), [""; 0]);
    assert!(!is_told(&pulled(&mut source)));
}

/// A limit that no header tells of.
#[test]
fn a_limit_in_the_middle_of_a_list() {
    for by_word in [true, false] {
        let (forge, mut set) = staged(move |asked, own, step| {
            let next = format!("<{own}{SHOP}/issues/comments?page=2>; rel=\"next\"");
            match under(asked, SHOP) {
                "/issues" if by_word && step == 0 => (
                    403,
                    Vec::new(),
                    json!({ "message": "You have exceeded a secondary rate limit." }),
                ),
                "/issues/comments" if !asked.target.contains("page=2") => {
                    (200, vec![("link", next)], json!([said(5, LOGIN, OLD)]))
                }
                "/issues/comments" if step == 0 => (403, Vec::new(), json!({})),
                "/issues/comments" => ok(json!([said(6, LOGIN, OLD)])),
                _ => ok(json!([])),
            }
        });
        let mut source = github(&forge);
        let first = source.pull(NOW);
        if !by_word {
            let heard = first.expect("a pull");
            assert!(
                heard.notes[0].contains("goes on from there"),
                "{:?}",
                heard.notes
            );
        }
        set(1);
        forge.targets();
        let heard = source.pull(NOW + 60_000).expect("a pull");
        assert!(short(&heard).contains(&"link issue_comment:6:link:w1".to_owned()));
        let asked = forge.targets();
        let firsts = asked
            .iter()
            .filter(|target| target.contains("/issues/comments?sort"));
        assert_eq!(firsts.count(), usize::from(by_word));
    }
}

/// The token is for one scheme, host and port.
#[test]
fn the_token_is_not_led_away() {
    let other = Forge::new(|_, _| ok(json!([])));
    let elsewhere = other.address.clone();
    let forge = Forge::new(move |asked, _| match asked.path() {
        "/repos/example/shop/issues" => (
            301,
            vec![("location", "/repositories/7/issues?state=all".to_owned())],
            json!({}),
        ),
        "/repositories/7/issues" => {
            assert_eq!(asked.header("authorization"), format!("Bearer {TOKEN}"));
            ok(json!([issue(2, OLD)]))
        }
        "/repos/example/shop/issues/2" => (304, Vec::new(), Value::Null),
        "/repos/example/shop/comments" => {
            (302, vec![("location", asked.target.clone())], json!({}))
        }
        path => (
            302,
            vec![("location", format!("{elsewhere}{path}"))],
            json!({}),
        ),
    });
    let heard = pulled(&mut github(&forge));
    assert_eq!(short(&heard), ["link github.com/example/shop#2:link:w1"]);
    let told = |words: &str| {
        heard
            .notes
            .iter()
            .filter(|note| note.contains(words))
            .count()
    };
    assert_eq!(
        (told("elsewhere"), told("from place to place")),
        (2, 1),
        "{:?}",
        heard.notes
    );
    assert!(other.targets().is_empty());
}

/// A full page is the same, and another one follows it.
#[test]
fn a_list_grows_behind_a_full_page() {
    let (forge, mut set) = staged(|asked, own, step| {
        if under(asked, SHOP) != "/comments" {
            return ok(json!([]));
        }
        let said = |id: u64, body: &str| {
            json!({ "id": id, "body": body, "user": user(), "created_at": OLD, "updated_at": OLD,
                "html_url": format!("{HOME}/commit/abc#commitcomment-{id}") })
        };
        let next = format!("<{own}{SHOP}/comments?per_page=100&page=2>; rel=\"next\"");
        match (
            asked.target.contains("page=2"),
            asked.header("if-none-match"),
        ) {
            (true, _) => ok(json!([said(101, "INC-12")])),
            (false, "\"full\"") => (304, Vec::new(), Value::Null),
            (false, _) => {
                let mut headers = vec![("etag", "\"full\"".to_owned())];
                headers.extend((step == 1).then_some(("link", next)));
                (200, headers, (1..=100).map(|id| said(id, "x")).collect())
            }
        }
    });
    let mut source = github(&forge);
    assert_eq!(sent(&mut source), [""; 0]);
    set(1);
    assert_eq!(sent(&mut source), ["link commit_comment:101:link:w1"]);
}

/// A first read that takes many pulls comes to its end though write-ups are registered all the time.
#[test]
fn write_ups_that_come_do_not_starve_a_first_read() {
    let (forge, mut set) = staged(|asked, own, step| {
        if under(asked, SHOP) != "/issues/comments" {
            return ok(json!([]));
        }
        let page: usize = asked
            .target
            .split("?page=")
            .nth(1)
            .map_or(0, |page| page.parse().expect("a number"));
        let next = format!(
            "<{own}{SHOP}/issues/comments?page={}>; rel=\"next\"",
            page + 1
        );
        match page {
            _ if page > step => (429, vec![("retry-after", "0".to_owned())], json!({})),
            3 => ok(json!([said(9, LOGIN, OLD)])),
            _ => (200, vec![("link", next)], json!([said(1, LOGIN, OLD)])),
        }
    });
    let mut source = github(&forge);
    for step in 0..4 {
        set(step);
        source.aliases.push(format!("INC-{}", 100 + step));
        let heard = pulled(&mut source);
        assert_eq!(
            short(&heard).contains(&"link issue_comment:9:link:w1".to_owned()),
            step == 3
        );
    }
    forge.targets();
    pulled(&mut source);
    // Then ninety days back.
    let asked = forge.targets();
    assert!(
        asked
            .iter()
            .any(|target| target.contains("/issues/comments?")
                && target.contains("since=2025-12-02")),
        "{asked:?}"
    );
}
