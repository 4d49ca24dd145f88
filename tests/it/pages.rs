//! Pages and reports from fixtures, as a reader gets them: every route answers, every page is
//! sound HTML with its statement, every number leads to its definition, nothing withheld is shown.

use std::path::PathBuf;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use readback::pages::{self, Links, ListQuery, Page, STATEMENT, Sort};
use readback::web::{AppState, Published, router};
use serde_json::{Value, json};
use tower::ServiceExt;

const FIXTURES: [&str; 3] = ["full", "small", "empty"];

fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/tests/fixtures/pages/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
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
        Page::Definitions,
        Page::NotFound,
    ];
    for writeup in summary["writeups"].as_array().unwrap() {
        asked.push(Page::Writeup(writeup["id"].as_str().unwrap().to_owned()));
    }
    for code in summary["indicators"].as_object().unwrap().keys() {
        asked.push(Page::Definition(code.clone()));
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
            assert!(!html.contains("<script"), "{page}: no script");
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
        let files = pages::report(&summary).unwrap();
        assert_eq!(
            files,
            pages::report(&summary).unwrap(),
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
        "/definitions",
        "/definitions/l4",
        "/assets/style.css",
        "/assets/icon.svg",
        "/summary.json",
        "/charts/l1-read-curve.svg",
        "/charts/a1-by-quarter.png",
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

/// The words of a page without its tags, one line for each stretch, tables and pictures left out.
fn text_of(html: &str) -> String {
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
fn assert_well_formed(page: &str, html: &str) {
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
fn assert_accessible(page: &str, html: &str) {
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
