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

/// Three reads of one new person come late: that they came is told, on standard error and on the pages, and not
/// what that person read. What was found stays on record when the report is made once more.
#[test]
fn what_one_person_read_is_not_told_by_a_second_report() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let of = |id: &str, day: u32| {
        let data = json!({ "id": id, "published_at": format!("2026-02-{day:02}T00:00:00Z") });
        event("writeup", id, id, "2026-02-01T00:00:00Z", data)
    };
    let by = |person: u32, id: &str| {
        let data = json!({ "person": format!("p{person}@example.org"), "engaged_s": 30 });
        event(
            "read",
            &format!("{id} {person}"),
            id,
            "2026-03-02T14:00:00Z",
            data,
        )
    };
    let ids = ["INC-1", "INC-2", "INC-3"];
    let reads = (1..=8).flat_map(|person| ids.map(|id| by(person, id)));
    let some: Vec<String> = reads
        .chain(ids.iter().zip(1..).map(|(id, day)| of(id, day)))
        .collect();
    let report = || {
        home.done(&["report", "--out", "rep", "--as-of", "2026-06-01"])
            .err
    };
    let import = |name: &str, lines: &[String]| {
        home.file(name, lines.join("\n"));
        home.done(&["import", "events", name]);
    };
    import("some.ndjson", &some);
    let first = report();
    assert!(!first.contains("would say"), "{first}");
    import("late.ndjson", &ids.map(|id| by(77, id)));
    let second = report();
    let said = "The report as of 1 Jun 2026 would say other numbers";
    assert!(
        second.contains(said) && second.contains("a few events that came later"),
        "{second}"
    );
    let told = file(&home, "rep/restatements.json").expect("restatements");
    let changes = told["changes"].as_array().expect("changes");
    let paths: Vec<&str> = changes
        .iter()
        .filter_map(|one| one["path"].as_str())
        .collect();
    for path in [
        "indicators.R3.results.readers",
        "indicators.R1.results.total_reads",
        "writeups",
    ] {
        assert!(paths.contains(&path), "{path}: {told:#}");
    }
    for one in changes {
        let values = (&one["before"], &one["after"], &one["suppressed"]);
        assert_eq!(values, (&Value::Null, &Value::Null, &json!(true)), "{one}");
    }
    assert!(!told.to_string().contains("INC-"), "{told:#}");
    assert_eq!(told["causes"][0]["after"], Value::Null, "{told:#}");
    for page in ["index.html", "digest.md"] {
        let page = std::fs::read_to_string(home.path("rep").join(page)).expect("a page");
        assert!(page.contains(said), "{page}");
    }
    let page = std::fs::read_to_string(home.path("rep/definitions.html")).expect("a page");
    assert!(
        page.contains("Since the report as of 2026-06-01: it says other numbers by now."),
        "{page}"
    );
    let page = std::fs::read_to_string(home.path("rep/privacy.html")).expect("a page");
    assert!(page.contains("two reports that he has"), "{page}");

    let third = report();
    assert!(third.contains("would say the same numbers now"), "{third}");
    let again = file(&home, "rep/restatements.json").expect("restatements");
    assert_eq!(
        (&again["changes"], &again["causes"]),
        (&json!([]), &json!([]))
    );
    let before = &again["before"][0];
    assert_eq!(before["found_at"], told["found_at"]);
    assert_eq!(before["entries"], changes.len());
    assert!(
        before["changed"]["R3"].as_u64().is_some_and(|n| n > 0),
        "{again:#}"
    );
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
        "The report as of 1 Jun 2026 would say other numbers",
        "What an earlier report would say now",
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
