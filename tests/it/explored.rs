//! What is told for exploring stays there, and notes stand where leaders look.

use readback::pages::{self, Links, Page};
use serde_json::{Value, json};

use super::pages::{assert_accessible, assert_well_formed, fixture, terms, text_of};

/// INDICATORS 0.2: layer X is for the page of exploring and for summary.json.
#[test]
fn leaders_pages_tell_nothing_that_is_for_exploring() {
    let summary = fixture("full");
    let mut without = summary.clone();
    let all = without["indicators"].as_object_mut().unwrap();
    let x: Vec<String> = all
        .iter()
        .filter(|(_, indicator)| indicator["layer"] == "X")
        .map(|(code, _)| code.clone())
        .collect();
    for code in ["L7", "L8", "L9", "L10", "T4", "T5", "D1", "D2"] {
        assert!(
            x.iter().any(|known| known == code),
            "{code} is in the fixture"
        );
    }
    for code in &x {
        all.remove(code);
    }
    let pages = |summary: &Value| {
        let overview = pages::render(&Page::Overview, summary, Links::Server).unwrap();
        let report = pages::report(summary, &terms(), &Value::Null).unwrap();
        let index = report.into_iter().find(|(path, _)| path == "index.html");
        (overview, index, pages::digest(summary))
    };
    assert_eq!(pages(&summary), pages(&without));
    let explore = pages::render(&Page::Explore, &summary, Links::Server).unwrap();
    assert!(explore.contains("No digest and no verdict uses what stands here."));
    for code in ["L7", "L10", "T4", "D2"] {
        assert!(explore.contains(&format!("id=\"sign-{code}\"")), "{code}");
    }
}

#[test]
fn notes_stand_on_the_overview_with_what_they_rest_on() {
    let mut summary = fixture("full");
    let plain = pages::render(&Page::Overview, &summary, Links::Server).unwrap();
    assert!(!plain.contains("Read with care"));
    summary["notes"] = json!([
        {"code": "bunched_reads", "text": "Of one older write-up <half>.", "rests_on": ["R3"]},
    ]);
    let noted = pages::render(&Page::Overview, &summary, Links::Server).unwrap();
    assert!(noted.contains("Read with care") && noted.contains("&lt;half&gt;"));
    assert!(noted.contains("definitions#R3"));
    assert_well_formed("overview", &noted);
    assert_accessible("overview", &noted);
}

/// A part says what is told of it, and that the rest is withheld.
#[test]
fn text_of_parts_is_golden() {
    let summary = fixture("full");
    for (by, name) in [("template", "narrative"), ("team", "payments")] {
        let page = Page::Slice(by.to_owned(), name.to_owned());
        let html = pages::render(&page, &summary, Links::Server).unwrap();
        insta::assert_snapshot!(format!("full_slice_{by}"), text_of(&html));
    }
}
