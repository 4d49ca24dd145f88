//! What stands on the leader's page beside the signals: what was undertaken and how that is going, what is told
//! in the first months, and from when the rest can be; and a quarter on one sheet of paper.

use std::path::PathBuf;
use std::process::Command;

use readback::pages::{self, Annotated, Links, Page, Seat};
use serde_json::{Value, json};

use super::pages::{assert_accessible, assert_well_formed, fixture, terms, text_of};

fn overview(summary: &Value, links: Links) -> String {
    let html = pages::render(&Page::Overview, summary, links).expect("a page");
    assert_well_formed("overview", &html);
    assert_accessible("overview", &html);
    html
}

#[test]
fn what_was_undertaken_has_both_sides_and_its_picture() {
    let summary = fixture("full");
    let html = overview(&summary, Links::Server);
    let text = text_of(&html);
    for words in [
        "How is that going?",
        "A new template, from 10 Apr 2025",
        "Reviews open to everybody, from 1 Mar 2026",
        "be told apart: 1.33 times what it was",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // Only who may enter something is led there.
    assert!(!html.contains("annotations\""), "{html}");
    let seat = Seat {
        registry: true,
        ..Seat::default()
    };
    assert!(overview(&summary, Links::Seated(seat)).contains("annotations\">Enter"));
    // Without any there is no section for those who only read.
    let mut without = summary.clone();
    without["indicators"]["T6"]["results"] = json!({"its": null, "annotations": []});
    assert!(!overview(&without, Links::Server).contains("How is that going?"));
}

#[test]
fn the_page_of_changes_shows_what_is_seen_of_each() {
    let summary = fixture("full");
    let annotated = Annotated {
        rows: vec![json!({"on": "2025-04-10", "text": "A new template", "acts_on": "writeups"})],
        choices: vec!["writeups"],
        ..Annotated::default()
    };
    let page = Page::Annotations(Box::new(annotated));
    let html = pages::render(&page, &summary, Links::Server).expect("a page");
    assert_well_formed("annotations", &html);
    assert_accessible("annotations", &html);
    assert_eq!(html.matches("<figure").count(), 2, "a picture of each");
    let text = text_of(&html);
    assert!(text.contains("1.75 times"), "{text}");
}

#[test]
fn the_first_months_tell_from_when_the_rest_can_be_told() {
    let early = text_of(&overview(&fixture("small"), Links::Server));
    for words in [
        "The first months",
        "Write-ups go back to",
        "What can't be told yet, and when it first can",
        "if every month until then is watched",
    ] {
        assert!(early.contains(words), "{words}: {early}");
    }
    for name in ["full", "empty"] {
        let text = text_of(&overview(&fixture(name), Links::Server));
        assert!(!text.contains("The first months"), "{name}: {text}");
    }
}

/// Nothing that is withheld of a summary comes back in what stands side by side.
#[test]
fn where_all_is_withheld_nothing_is_compared() {
    let mut summary = fixture("full");
    let withhold = |one: &mut Value, keys: &[&str]| {
        for key in keys {
            one[*key] = Value::Null;
        }
        one["suppressed"] = json!(true);
    };
    let each = |summary: &mut Value, path: &str, keys: &[&str]| {
        for one in summary
            .pointer_mut(path)
            .and_then(Value::as_array_mut)
            .expect(path)
        {
            withhold(one, keys);
        }
    };
    let t0 = "/indicators/T0/results";
    each(
        &mut summary,
        &format!("{t0}/cohorts"),
        &["per_writeup", "reads_90_180"],
    );
    each(
        &mut summary,
        &format!("{t0}/series"),
        &["window_reads", "window_per_100"],
    );
    each(
        &mut summary,
        "/reviews",
        &["attendees", "need_not_have_come"],
    );
    summary["indicators"]["R4"]["results"]["months"] = json!([]);
    let html = overview(&summary, Links::Server);
    let section = html.split("id=\"undertaken\"").nth(1).expect("the section");
    let section = section.split("</section>").next().expect("its end");
    assert!(!section.contains("95 % interval"), "{section}");
    assert!(section.contains("nothing to compare"), "{section}");
}

#[test]
fn a_quarter_is_a_page_of_its_own() {
    let summary = fixture("full");
    let page = |name: &str| {
        let html = pages::render(&Page::Quarter(name.to_owned()), &summary, Links::Server)?;
        assert_well_formed(name, &html);
        assert_accessible(name, &html);
        Ok::<_, pages::PageError>(html)
    };
    let html = page("2026-Q1").expect("a page");
    insta::assert_snapshot!("full_quarter", text_of(&html));
    for neighbour in ["/quarters/2025-Q4", "/quarters/2026-Q2"] {
        let escaped = neighbour.replace('/', "&#x2f;");
        assert!(
            html.contains(neighbour) || html.contains(&escaped),
            "{neighbour}"
        );
    }
    for unknown in ["2026-Q3", "2019-Q1", "spring"] {
        assert!(
            page(unknown).expect_err(unknown).is_not_found(),
            "{unknown}"
        );
    }
    // The first page leads to it.
    let first = text_of(&overview(&summary, Links::Server));
    assert!(first.contains("A quarter on one page: Q2 2026"), "{first}");
    let few = fixture("small");
    let html = pages::render(&Page::Quarter("2026-Q1".to_owned()), &few, Links::Server);
    assert!(text_of(&html.expect("a page")).contains("withheld"));
}

/// What a browser prints of it is one sheet.
#[test]
fn a_quarter_fits_on_one_sheet() {
    let chromium = std::env::var_os("CHROMIUM").unwrap_or("/usr/bin/chromium".into());
    let chromium = PathBuf::from(chromium);
    // As the other tests of browsers: without one there is nothing to see.
    if !chromium.is_file() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let wanted = ["quarter-2026-Q1.html", "assets/style.css"];
    for (path, bytes) in
        pages::report(&fixture("full"), &terms(), &serde_json::Value::Null).expect("a report")
    {
        if wanted.contains(&path.as_str()) {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, bytes).expect("a file");
        }
    }
    let pdf = folder.path().join("quarter.pdf");
    let printed = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-pdf-header-footer",
        ])
        .arg(format!("--print-to-pdf={}", pdf.display()))
        .arg(format!(
            "file://{}",
            folder.path().join(wanted[0]).display()
        ))
        .output()
        .expect("Chromium runs");
    let bytes = std::fs::read(&pdf).unwrap_or_else(|error| panic!("{error}: {printed:?}"));
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        text.contains("/Count 1\n") || text.contains("/Count 1 "),
        "more than one sheet"
    );
}
