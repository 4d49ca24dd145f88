//! What an earlier report would say now is told without being asked: beside a new report in the same folder, and
//! on the pages.

use serde_json::{Value, json};

use super::binary::Home;
use super::served::Served;
use super::way::event;

fn read(id: u32) -> String {
    let data = json!({ "person": format!("p{id}@example.org"), "engaged_s": 30 });
    event(
        "read",
        &id.to_string(),
        "INC-1",
        "2026-03-02T14:00:00Z",
        data,
    )
}

fn writeup() -> String {
    let data = json!({ "id": "INC-1", "published_at": "2026-02-01T00:00:00Z" });
    event("writeup", "w", "INC-1", "2026-02-01T00:00:00Z", data)
}

fn file(home: &Home, path: &str) -> Option<Value> {
    let text = std::fs::read_to_string(home.path(path)).ok()?;
    Some(serde_json::from_str(&text).expect("JSON"))
}

#[test]
fn a_report_says_what_the_one_before_would_say_now() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let some: Vec<String> = (1..=8).map(read).chain([writeup()]).collect();
    home.file("some.ndjson", some.join("\n"));
    home.done(&["import", "events", "some.ndjson"]);
    home.done(&["report", "--out", "rep", "--as-of", "2026-06-01"]);
    assert_eq!(file(&home, "rep/restatements.json"), None);
    let first = file(&home, "rep/summary.json").expect("a summary");
    let late: Vec<String> = (20..=39).map(read).collect();
    home.file("late.ndjson", late.join("\n"));
    home.done(&["import", "events", "late.ndjson"]);
    home.done(&["report", "--out", "rep", "--as-of", "2026-07-01"]);
    let told = file(&home, "rep/restatements.json").expect("restatements");
    assert_eq!(told["as_of"], first["as_of"]);
    let changed = |path: &str| {
        let changes = told["changes"].as_array().expect("changes");
        changes.iter().any(|change| change["path"] == path)
    };
    assert!(changed("indicators.R1.results.total_reads"), "{told:#}");
    assert_eq!(told["causes"][0]["kind"], "events", "{told:#}");
    // The summary itself speaks of no other one.
    let second = file(&home, "rep/summary.json").expect("a summary");
    assert_eq!(second["restated"], Value::Null);

    // Pages: of the first report that an earlier day kept.
    let kept = json!({ "format": 1, "report": first, "told": null });
    let path = home.data().join("restated.json");
    std::fs::write(&path, kept.to_string()).expect("a file");
    let served = Served::start(&home, &[], &[]);
    served.until("/definitions/R1", 200);
    let since = std::time::Instant::now();
    let page = loop {
        let page = served.get("/definitions/R1").text;
        if page.contains("Since the report as of") || since.elapsed().as_secs() > 60 {
            break page;
        }
    };
    for words in [
        "Since the report as of 2026-06-01",
        "by now",
        "events that came later (lines received: 9, now 29)",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let still = served.get("/definitions/K1").text;
    assert!(
        still.contains("all of its numbers are the same still"),
        "{still}"
    );
    let overview = served.get("/").text;
    for words in [
        "Of the report as of 1 Jun 2026",
        "would be told otherwise now",
    ] {
        assert!(overview.contains(words), "{words}: {overview}");
    }
    served.stop();
    // The report of today is the one that tomorrow's is compared with.
    let kept: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
    assert_ne!(kept["report"]["as_of"], first["as_of"]);
    assert!(
        kept["told"]["changed"]["R1"]
            .as_u64()
            .is_some_and(|n| n > 0),
        "{kept:#}"
    );
}
