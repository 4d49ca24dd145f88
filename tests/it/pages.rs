//! Pages and reports from fixtures, as a reader gets them: every route answers, every page is
//! sound HTML with its statement, every number leads to its definition, nothing withheld is shown.

use std::path::PathBuf;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use readback::jobs::explain::explanation;
use readback::pages::{self, Links, ListQuery, Page, STATEMENT, Sort};
use readback::web::{AppState, Published, router};
use serde_json::{Value, json};
use tower::ServiceExt;

const FIXTURES: [&str; 3] = ["full", "small", "empty"];

pub(crate) fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/tests/fixtures/pages/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Terms that were agreed to and have changed since.
pub(crate) fn terms() -> Value {
    json!({
        "terms": [
            { "name": "smallest number of people", "value": "5" },
            { "name": "key holder", "value": "data <protection>" },
            { "name": "source wiki", "value": "mediawiki: a wiki & its pages" },
        ],
        "fingerprint": "f2",
        "agreed": { "date": "2026-01-05", "by": "works council", "fingerprint": "f1" },
        "changes": [{ "date": "2026-02-01", "name": "source wiki", "old": null, "new": "mediawiki" }],
    })
}

/// Every page of a summary, with a name for messages.
fn every_page(summary: &Value) -> Vec<(String, String)> {
    let mut asked = vec![
        Page::Overview,
        Page::LongTail(ListQuery::default()),
        Page::LongTail(ListQuery {
            search: "dns".into(),
            sort: Sort::Title,
            page: 9,
        }),
        Page::Reviews(1),
        Page::Links,
        Page::Slices,
        Page::Explore,
        Page::Definitions,
        Page::Privacy(terms()),
        Page::Privacy(Value::Null),
        Page::NotFound,
    ];
    for writeup in summary["writeups"].as_array().unwrap() {
        asked.push(Page::Writeup(writeup["id"].as_str().unwrap().to_owned()));
    }
    for slice in summary["slices"].as_array().into_iter().flatten() {
        let text = |name: &str| slice[name].as_str().unwrap().to_owned();
        asked.push(Page::Slice(text("by"), text("name")));
    }
    for code in summary["indicators"].as_object().unwrap().keys() {
        let told = explanation(summary, code, None).expect("it is in the summary");
        let told = serde_json::to_value(told).expect("JSON");
        asked.push(Page::Definition(code.clone(), Box::new(told)));
    }
    asked
        .into_iter()
        .map(|page| {
            let html = pages::render(&page, summary, Links::Server)
                .unwrap_or_else(|error| panic!("{page:?}: {error:?}"));
            (format!("{page:?}"), html)
        })
        .collect()
}

#[test]
fn pages_are_sound() {
    for name in FIXTURES {
        let summary = fixture(name);
        for (page, html) in every_page(&summary) {
            let page = format!("{name} {page}");
            assert!(html.contains(STATEMENT), "{page} lacks the statement");
            assert_eq!(html.matches("<h1").count(), 1, "{page}: one h1");
            assert!(html.contains("<html lang=\"en\">"), "{page}: language");
            assert_eq!(
                html.contains("Simulated data"),
                summary["organisation"]["simulated"] == true,
                "{page}: banner"
            );
            assert!(!html.contains("<script>"), "{page}: no script");
            assert!(!html.contains(" style=\""), "{page}: no inline style");
            assert!(
                !html.contains("href=\"javascript:"),
                "{page}: address from outside"
            );
            assert_well_formed(&page, &html);
            assert_accessible(&page, &html);
        }
    }
}

#[test]
fn k_of_one_is_said_on_every_page() {
    let mut summary = fixture("full");
    summary["organisation"]["k"] = json!(1);
    for (page, html) in every_page(&summary) {
        assert!(html.contains("(k = 1)"), "{page}");
    }
}

#[test]
fn every_number_leads_to_its_definition() {
    let summary = fixture("full");
    let definitions = pages::render(&Page::Definitions, &summary, Links::Server).unwrap();
    for (page, html) in every_page(&summary) {
        for link in html.split("class=\"num\" href=\"").skip(1) {
            let href = link.split('"').next().unwrap();
            let code = href.strip_prefix("&#x2f;definitions#").unwrap_or_else(|| {
                href.strip_prefix("/definitions#")
                    .unwrap_or_else(|| panic!("{page}: {href}"))
            });
            assert!(
                definitions.contains(&format!("id=\"{code}\"")),
                "{page}: {code}"
            );
        }
    }
    // In the sentence that opens the page, no figure stands without its link.
    let overview = pages::render(&Page::Overview, &summary, Links::Server).unwrap();
    let opening = overview.split("class=\"opening\">").nth(1).unwrap();
    assert!(
        opening
            .split("</p>")
            .next()
            .unwrap()
            .matches("class=\"num\"")
            .count()
            >= 3
    );
}

#[test]
fn nothing_forbidden_is_shown() {
    for name in FIXTURES {
        for (page, html) in every_page(&fixture(name)) {
            let text = text_of(&html).to_lowercase();
            // A definition must say whose reads it leaves out.
            if page.starts_with("Definition") {
                continue;
            }
            for word in [
                "mttr",
                "learning score",
                "author",
                "leaderboard",
                "top reader",
            ] {
                assert!(!text.contains(word), "{name} {page} says {word:?}");
            }
            assert!(
                !text.contains("nan") || !text.contains("nan %"),
                "{name} {page}"
            );
            assert!(!text.contains("null"), "{name} {page}: null");
        }
    }
}

#[test]
fn a_missing_writeup_is_an_error_that_says_so() {
    let error = pages::render(&Page::Writeup("x".into()), &Value::Null, Links::Server).unwrap_err();
    assert!(error.is_not_found());
    assert!(pages::render(&Page::Overview, &Value::Null, Links::Server).is_ok());
    assert!(pages::render(&Page::Overview, &json!([1, "x"]), Links::Server).is_ok());
}

#[test]
fn text_of_pages_is_golden() {
    for name in FIXTURES {
        let summary = fixture(name);
        for (page, key) in [
            (Page::Overview, "overview"),
            (Page::LongTail(ListQuery::default()), "writeups"),
            (Page::Reviews(1), "reviews"),
            (Page::Links, "links"),
            (Page::Slices, "slices"),
            (Page::Explore, "explore"),
            (Page::Privacy(terms()), "privacy"),
        ] {
            let html = pages::render(&page, &summary, Links::Server).unwrap();
            insta::assert_snapshot!(format!("{name}_{key}"), text_of(&html));
        }
        insta::assert_snapshot!(format!("{name}_digest"), pages::digest(&summary));
    }
}

#[test]
fn the_report_is_a_folder_that_hangs_together() {
    for name in FIXTURES {
        let summary = fixture(name);
        let files = pages::report(&summary, &terms(), &Value::Null).unwrap();
        assert_eq!(
            files,
            pages::report(&summary, &terms(), &Value::Null).unwrap(),
            "same summary, same bytes"
        );
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}"));
        for (path, bytes) in &files {
            let file = folder.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
        }
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
            let html = std::str::from_utf8(bytes).unwrap();
            for link in html.split("href=\"").skip(1) {
                let href = link.split('"').next().unwrap().replace("&#x2f;", "/");
                let target = href.split('#').next().unwrap();
                if target.is_empty()
                    || target.starts_with("http")
                    || target.ends_with("summary.json")
                {
                    continue;
                }
                let target = if path.contains('/') {
                    target.strip_prefix("../").unwrap_or(target).to_owned()
                } else {
                    target.to_owned()
                };
                assert!(
                    paths.contains(&target.as_str()),
                    "{name}: {path} leads to {target}"
                );
            }
        }
        let index = files.iter().find(|(path, _)| path == "index.html").unwrap();
        assert!(
            index.1.len() < 150_000,
            "{name}: index.html has {} bytes",
            index.1.len()
        );
    }
}

#[tokio::test]
async fn every_route_answers() {
    let summary = fixture("full");
    let app = router(AppState::new(Published::new(summary.clone())));
    let get = |path: String| {
        let app = app.clone();
        async move {
            let request = Request::get(&path).body(Body::empty()).unwrap();
            let response = app.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            (parts, body.collect().await.unwrap().to_bytes())
        }
    };
    for path in [
        "/",
        "/writeups",
        "/writeups?q=certificate&sort=links&page=2",
        "/writeups?page=many",
        "/writeups/INC-1400",
        "/reviews",
        "/reviews?page=2",
        "/links",
        "/slices/template/narrative",
        "/explore",
        "/definitions",
        "/definitions/l4",
        "/privacy",
        "/api",
        "/assets/style.css",
        "/assets/icon.svg",
        "/summary.json",
        "/charts/l1-read-curve.svg",
        "/charts/a1-by-quarter.csv",
        "/charts/k1-by-month.svg",
        "/charts/k4-citations.png",
    ] {
        let (parts, body) = get(path.to_owned()).await;
        assert_eq!(parts.status, StatusCode::OK, "{path}");
        assert!(!body.is_empty(), "{path}");
        let policy = parts.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(parts.headers.contains_key("etag"), "{path}");
    }
    for path in [
        "/nowhere",
        "/writeups/none",
        "/charts/none.svg",
        "/definitions/Z9",
        "/assets/../x",
    ] {
        assert_eq!(
            get(path.to_owned()).await.0.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let (parts, _) = get("/assets/style.css".to_owned()).await;
    let again = Request::get("/assets/style.css")
        .header("if-none-match", parts.headers["etag"].clone())
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        app.clone().oneshot(again).await.unwrap().status(),
        StatusCode::NOT_MODIFIED
    );
}

/// A summary with sources of these kinds, and the rest of it.
fn seen_by(kinds: &[&str], rest: Value) -> Value {
    let coverage: Vec<Value> = kinds
        .iter()
        .map(|kind| json!({"scope": "wiki", "kind": kind, "from": "2025-01-01T00:00:00Z", "to": null}))
        .collect();
    let mut summary = json!({
        "as_of": "2026-06-30T22:00:00Z",
        "organisation": {"name": "Example", "timezone": "UTC", "k": 5},
        "health": {"received": {"lines": 9}, "reads": {}, "coverage": coverage},
        "writeups": [],
        "reviews": [],
        "indicators": {},
    });
    for (key, value) in rest.as_object().unwrap() {
        summary[key] = value.clone();
    }
    summary
}

/// A write-up that is a year old, of which nothing was seen.
fn silent(id: &str) -> Value {
    json!({
        "id": id, "title": id, "published_at": "2025-06-30T00:00:00Z", "age_days": 365,
        "reads": 0, "late_reads": 0, "comments": 0, "late_comments": 0,
        "links": {"live": {}}, "link_evidence": [],
    })
}

fn text(summary: &Value, page: Page) -> String {
    words_of(&pages::render(&page, summary, Links::Server).unwrap())
}

/// The same as a reader sees them.
fn words_of(html: &str) -> String {
    text_of(html).replace("&#x27;", "'").replace("&#x2f;", "/")
}

fn first_words(summary: &Value) -> String {
    let html = pages::render(&Page::Overview, summary, Links::Server).unwrap();
    let opening = html.split("class=\"opening\">").nth(1).unwrap();
    words_of(&format!("<p>{}", opening.split("</p>").next().unwrap()))
}

#[test]
fn first_words_speak_of_what_there_is() {
    let old = json!([silent("a"), silent("b")]);
    let mut linked = old.clone();
    linked[0]["links"] = json!({"live": {"commit": 4}});
    let share = |k: u32, n: u32| json!({"k": k, "n": n, "p": f64::from(k) / f64::from(n), "lo": 0.1, "hi": 0.9});
    let reviews = json!([{"date": "2026-06-12", "attendees": 14, "need_not_have_come": 9}]);
    let cases = [
        (
            vec!["attendance"],
            json!({"writeups": old, "reviews": reviews, "indicators": {
                "A2": {"results": {"voluntary": share(9, 14)}},
                "A3": {"results": {"walk_in_share": share(3, 14)}},
                "L4": {"results": {}},
            }}),
            "64 % of those who came to 1 review came freely, by the marks of the calendar alone. Reads, \
             links and comments are not measured yet.",
        ),
        (
            vec!["comment"],
            json!({"writeups": old, "indicators": {
                "C1": {"results": {"comments": {"late_share": share(102, 468)}}},
            }}),
            "102 of 468 comments came more than three months after the write-up. Reads, reviews \
             and links are not measured yet.",
        ),
        (
            vec!["link"],
            json!({"writeups": linked, "indicators": {
                "K1": {"results": {"links": {"writeups_linked": 1, "live": {"commit": 4}}}},
            }}),
            "1 of 2 write-ups is linked from code comments, commits, diagrams, onboarding pages \
             or other write-ups. Reads, reviews and comments are not measured yet.",
        ),
        (
            vec!["read_count"],
            json!({"writeups": old, "indicators": {
                "L4": {"results": {"still_read": null, "unknown": 2, "not_observed": 0}},
                "R1": {"results": {"total_reads": 7171}},
            }}),
            "2 write-ups are known, and were opened 7,171 times. Reads are counted, readers are \
             not known.",
        ),
        (
            vec!["read"],
            json!({"writeups": old, "indicators": {
                "L4": {"results": {"still_read": null, "unknown": 2, "not_observed": 0}},
                "R1": {"results": {"total_reads": 0}},
            }}),
            "2 write-ups are known. No read of these write-ups has been seen, by these sources.",
        ),
    ];
    for (kinds, rest, words) in cases {
        let summary = seen_by(&kinds, rest);
        assert_eq!(first_words(&summary), words, "{kinds:?}");
        // What can be told stands before what can't.
        let page = text(&summary, Page::Overview);
        let glance = page.split("| changing?").nth(1).unwrap();
        if kinds == ["attendance"] {
            assert!(
                glance
                    .trim_start()
                    .starts_with("| Came to reviews, and need not have"),
                "{page}"
            );
            let at = |heading: &str| page.find(heading).unwrap();
            assert!(at("How many come freely?") < at("Still read, months later"));
        }
    }
}

#[test]
fn first_words_name_the_log_that_ended() {
    let mut summary = seen_by(
        &["read"],
        json!({"writeups": [silent("a")], "indicators": {
            "L4": {"results": {"still_read": null, "unknown": 0, "not_observed": 1}},
            "R1": {"results": {"total_reads": 89}},
        }}),
    );
    summary["health"]["coverage"][0]["to"] = json!("2026-06-21T12:00:00Z");
    assert_eq!(
        first_words(&summary),
        "1 write-up is known, and was opened 89 times. How many older write-ups are still read \
         can't be told: the last 28 days must be watched whole, and the last read seen is of 21 \
         Jun 2026."
    );
}

#[test]
fn first_words_of_young_writeups_name_their_readers() {
    let mut young = silent("a");
    young["published_at"] = json!("2026-06-24T00:00:00Z");
    young["age_days"] = json!(6);
    let summary = seen_by(
        &["read"],
        json!({"writeups": [young], "indicators": {"R3": {"results": {"readers": 7}}}}),
    );
    assert_eq!(
        first_words(&summary),
        "1 write-up is known, younger than three months: the long tail is still to come. So far 7 \
         people have read it. The oldest turns three months old on 22 Sep 2026."
    );
}

#[test]
fn what_nobody_watches_is_not_nought() {
    let summary = seen_by(&["attendance"], json!({"writeups": [silent("a")]}));
    let list = text(&summary, Page::LongTail(ListQuery::default()));
    assert!(
        list.contains("11 months | no review seen | – | – | –"),
        "{list}"
    );
    let page = text(&summary, Page::Writeup("a".into()));
    assert_eq!(page.matches(" | –\n").count(), 6, "{page}");
    assert!(
        page.contains("11 months old; reads are not measured yet."),
        "{page}"
    );
}

#[test]
fn without_a_date_nothing_comes_later() {
    let mut undated = silent("a");
    undated["published_at"] = Value::Null;
    undated["age_days"] = Value::Null;
    undated["reads"] = json!(637);
    undated["readers_trailing"] = json!(9);
    let summary = seen_by(&["read", "comment"], json!({"writeups": [undated]}));
    let page = text(&summary, Page::Writeup("a".into()));
    assert_eq!(
        page.matches("Its date is not known, so reads can't be placed by age")
            .count(),
        2,
        "{page}"
    );
    assert!(page.contains("reads months later | –"), "{page}");
    assert!(!page.contains("no read seen here yet"), "{page}");
}

#[test]
fn what_is_withheld_is_called_so() {
    let summary = fixture("small");
    for page in [
        Page::LongTail(ListQuery::default()),
        Page::Writeup("INC-1400".into()),
        Page::Reviews(1),
    ] {
        let page = text(&summary, page);
        // How many are too few is said in small print, and of no number.
        let rows = page.lines().filter(|line| line.starts_with('|'));
        for row in rows {
            assert!(!row.contains("fewer than"), "{row}");
        }
    }
}

#[test]
fn without_a_calendar_nobody_came_freely() {
    let mut summary = fixture("full");
    summary["indicators"]["A3"]["results"]["walk_in_share"] =
        json!({"k": 644, "n": 644, "p": 1.0, "lo": 0.99, "hi": 1.0});
    for said in [
        text(&summary, Page::Overview),
        text(&summary, Page::Reviews(1)),
        pages::digest(&summary),
    ] {
        assert!(said.contains("644 came to 48 reviews."), "{said}");
        assert!(
            said.contains("no calendar was imported for these meetings"),
            "{said}"
        );
        assert!(!said.contains("those who came, came freely"), "{said}");
    }
    let html = pages::render(&Page::Reviews(1), &summary, Links::Server).unwrap();
    let freely = html.split("id=\"sign-A2\"").nth(1).unwrap();
    let freely = freely.split("</article>").next().unwrap();
    assert!(!freely.contains("<figure>"), "no picture of walk-ins");
}

#[test]
fn a_plan_is_not_an_empty_review() {
    let mut summary = fixture("full");
    let plan = json!({
        "meeting": "p", "date": "2026-06-29", "attendees": null, "need_not_have_come": null, "not_recorded": true,
        "writeup": "INC-1400", "title": "Planned",
    });
    summary["reviews"].as_array_mut().unwrap().push(plan);
    summary["indicators"]["A1"]["results"]["attendance"]["not_recorded"] = json!(1);
    summary["indicators"]["A3"]["results"]["not_recorded"] = json!(1);
    let page = text(&summary, Page::Reviews(1));
    assert!(
        page.contains("To the latest review, on 17 Jun 2026, 10 came"),
        "{page}"
    );
    assert!(
        page.contains("29 Jun 2026planned, nobody recorded who came | – | –"),
        "{page}"
    );
    assert!(
        page.contains("To 1 more nobody recorded who came.")
            && page.contains("1 review is left out: nobody recorded who came."),
        "{page}"
    );
    // Somebody says that nobody came: that is a review, and the number is known.
    let last = summary["reviews"]
        .as_array_mut()
        .unwrap()
        .last_mut()
        .unwrap();
    (last["attendees"], last["not_recorded"]) = (json!(0), Value::Null);
    let page = text(&summary, Page::Reviews(1));
    assert!(
        page.contains("To the latest review, on 29 Jun 2026, 0 came"),
        "{page}"
    );
}

#[test]
fn linked_means_one_thing() {
    let linked = |id: &str, place: &str| {
        let mut writeup = silent(id);
        writeup["links"] = json!({"live": {place: 1}});
        writeup
    };
    let mut marked = linked("a", "commit");
    marked["still_read"] = json!(true);
    marked["readers_trailing"] = json!(9);
    let summary = seen_by(
        &["link", "read"],
        json!({"writeups": [marked, linked("b", "ticket"), silent("c")], "indicators": {
            "L4": {"results": {"still_read": {"k": 3, "n": 3, "p": 1.0, "lo": 0.4, "hi": 1.0}}},
            "K1": {"results": {"links": {"writeups_linked": 1, "live": {"commit": 1}}}},
        }}),
    );
    let overview = text(&summary, Page::Overview);
    assert!(
        overview.contains("Linked from the work | 1 of 3 write-ups."),
        "{overview}"
    );
    let list = text(&summary, Page::LongTail(ListQuery::default()));
    for words in [
        "1 of 3 write-ups older than three months is linked from the work. Of the 3 whose readers \
         are known, 3 were read by others in the last four weeks.",
        "2 of the 3 are not marked as still read, so as not to speak of fewer than 5 people.",
    ] {
        assert!(list.contains(words), "{list}");
    }
}

#[test]
fn a_search_speaks_of_what_it_found() {
    let summary = fixture("full");
    let found = |search: &str| {
        text(
            &summary,
            Page::LongTail(ListQuery {
                search: search.into(),
                ..ListQuery::default()
            }),
        )
    };
    assert!(found("payments").contains("“payments”: 11 of 64 write-ups."));
    assert!(found("narrative").contains("“narrative”: "), "by template");
    assert!(found("nothing«»like`this").contains("“nothinglikethis”: 0 of 64 write-ups."));
}

#[test]
fn links_of_a_simulation_lead_nowhere() {
    let mut from = silent("b");
    from["title"] = json!("Another one");
    from["url"] = json!("https://wiki.example.org/b");
    let mut to = silent("a");
    to["url"] = json!("https://wiki.example.org/a");
    to["links"] = json!({"live": {"commit": 1, "runbook": 1, "writeup": 1}});
    to["link_evidence"] = json!([
        {"place": "writeup", "stands_in": "https://wiki.example.org/b", "since": "2026-01-02"},
        {"place": "runbook", "stands_in": "https://wiki.example.org/runbook/1", "since": "2026-01-01"},
        {"place": "commit", "stands_in": "shop@73df2b1", "since": "2026-01-01"},
    ]);
    let mut summary = seen_by(&["link"], json!({"writeups": [to, from]}));
    let page = |summary: &Value| {
        pages::render(&Page::Writeup("a".into()), summary, Links::Server)
            .unwrap()
            .replace("&#x2f;", "/")
    };
    let real = page(&summary);
    assert!(real.contains("<a href=\"/writeups/b\">Another one</a>"));
    assert!(real.contains("href=\"https://wiki.example.org/runbook/1\""));
    assert!(real.contains("linked from commits (<a class=\"num\" href=\"/definitions#K1\""));
    summary["organisation"]["simulated"] = json!(true);
    let simulated = page(&summary);
    assert!(!simulated.contains("href=\"https://"));
    assert!(simulated.contains("(simulated, leads nowhere)"));
    assert!(simulated.contains("<a href=\"/writeups/b\">Another one</a>"));
}

#[test]
fn the_digest_gives_a_reason_once() {
    let summary = fixture("full");
    let mut few = summary.clone();
    few["health"]["coverage"] =
        json!([{"scope": "git", "kind": "link", "from": "2025-01-01T00:00:00Z"}]);
    for code in [
        "R1", "L1", "L2", "L3", "L4", "L5", "L6", "A1", "A2", "A3", "C1",
    ] {
        few["indicators"][code]["results"] = json!({});
    }
    let digest = pages::digest(&few);
    let reason = "Not measured yet: no source has delivered reads.";
    assert_eq!(digest.matches(reason).count(), 1, "{digest}");
    for code in summary["indicators"].as_object().unwrap().keys() {
        assert!(!digest.contains(&format!("({code})")), "{digest}");
    }
}

/// The words of a page without its tags, one line for each stretch, tables and pictures left out.
pub(super) fn text_of(html: &str) -> String {
    let body = html.split("<body>").nth(1).unwrap_or(html);
    let mut text = String::new();
    let mut skip = 0usize;
    for piece in body.split('<').skip(1) {
        let (tag, words) = piece.split_once('>').unwrap_or((piece, ""));
        let name = tag.split_whitespace().next().unwrap_or_default();
        match name {
            "svg" | "details" => skip += 1,
            "/svg" | "/details" => skip = skip.saturating_sub(1),
            "p" | "h1" | "h2" | "h3" | "li" | "tr" | "dt" | "caption" | "div" => text.push('\n'),
            "td" | "th" | "dd" => text.push_str(" | "),
            _ => {}
        }
        if skip == 0 {
            text.push_str(&words.replace('\n', " "));
        }
    }
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every element is closed, in order; attributes hold no bare `<`.
pub(crate) fn assert_well_formed(page: &str, html: &str) {
    const VOID: [&str; 6] = ["meta", "link", "br", "input", "img", "!doctype"];
    let mut open: Vec<&str> = Vec::new();
    for piece in html.split('<').skip(1) {
        let (tag, _) = piece
            .split_once('>')
            .unwrap_or_else(|| panic!("{page}: open tag {piece:?}"));
        assert!(
            tag.matches('"').count() % 2 == 0,
            "{page}: quotes in <{tag}>"
        );
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{page}: </{name}>");
        } else {
            let name = tag.split([' ', '\n']).next().unwrap();
            if !VOID.contains(&name) && !tag.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{page}: unclosed {open:?}");
}

/// What can be told of accessibility without a browser.
pub(crate) fn assert_accessible(page: &str, html: &str) {
    for svg in html.split("<svg ").skip(1) {
        let tag = svg.split('>').next().unwrap();
        assert!(tag.contains("role=\"img\""), "{page}: role of a picture");
        let label = tag
            .split("aria-label=\"")
            .nth(1)
            .and_then(|l| l.split('"').next());
        assert!(
            label.is_some_and(|label| label.len() > 8),
            "{page}: words for a picture"
        );
    }
    for table in html.split("<table").skip(1) {
        let head = table.split("</table>").next().unwrap();
        assert!(head.contains("scope=\"col\""), "{page}: heads of a table");
    }
    let mut ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{page}: an id stands twice");
}

#[test]
fn colours_of_the_sheet_have_contrast() {
    let sheet = std::str::from_utf8(pages::assets::find("style.css").unwrap().0).unwrap();
    let dark = sheet.split("prefers-color-scheme: dark").nth(1).unwrap();
    for (name, part) in [("light", sheet), ("dark", dark)] {
        let paper = luminance(colour(part, "--paper"));
        for ink in ["--ink", "--muted", "--c1", "--c2", "--c3", "--c4"] {
            let ratio = contrast(luminance(colour(part, ink)), paper);
            assert!(ratio >= 4.5, "{name} {ink}: {ratio:.2}");
        }
        let wash = contrast(
            luminance(colour(part, "--muted")),
            luminance(colour(part, "--wash")),
        );
        assert!(wash >= 4.5, "{name} statement: {wash:.2}");
        let banner = contrast(
            luminance(colour(part, "--on-fill")),
            luminance(colour(part, "--c2")),
        );
        assert!(banner >= 4.5, "{name} banner: {banner:.2}");
    }
}

fn colour(sheet: &str, name: &str) -> u32 {
    let value = sheet.split(&format!("{name}: #")).nth(1).unwrap();
    u32::from_str_radix(&value[..6], 16).unwrap()
}

fn luminance(colour: u32) -> f64 {
    let part = |shift: u32| {
        let value = f64::from((colour >> shift) & 255) / 255.0;
        if value <= 0.03928 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
}

fn contrast(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}
