//! Four readers and k = 5: nothing about them can be read from a report, nor computed.

use serde_json::{Value, json};

use super::binary::{Home, contents};
use super::way::event;

/// So many reads by the four that the number stands nowhere by chance.
const READS: usize = 1_237;

/// Three write-ups: many read one, some another, four the third, months after its publication.
fn events() -> String {
    let mut lines = Vec::new();
    for id in ["many", "some", "few"] {
        let data = json!({ "title": id, "words": 500, "published_at": "2025-01-06T08:00:00Z" });
        lines.push(event("writeup", id, id, "2025-01-06T08:00:00Z", data));
    }
    let mut read = |id: &str, n: usize, person: usize| {
        // A click a minute, none of them double; from May on all are late.
        let minute = n % 60;
        let (day, hour) = (1 + n / 60 / 24 % 28, n / 60 % 24);
        let time = format!("2025-05-{day:02}T{hour:02}:{minute:02}:00Z");
        let data = json!({ "person": format!("{id}-{person}"), "engaged_s": 100, "scroll": 0.9 });
        lines.push(event("read", &format!("{id} {n}"), id, &time, data));
    };
    for n in 0..300 {
        read("many", n, n % 30);
    }
    for n in 0..90 {
        read("some", n, n % 9);
    }
    for n in 0..READS {
        read("few", n, n % 4);
    }
    let comment = |n: usize| {
        let data = json!({ "person": format!("few-{n}"), "words": 3 });
        event(
            "comment",
            &format!("comment {n}"),
            "few",
            "2025-05-10T10:00:00Z",
            data,
        )
    };
    lines.extend((0..4).map(comment));
    lines.join("\n") + "\n"
}

#[test]
fn four_readers_stay_unseen() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let path = home.file("events.ndjson", events());
    home.done(&["import", "events", &path]);
    home.done(&["report", "--as-of", "2025-05-20"]);
    let folder = home.path("readback-report");
    let bytes = std::fs::read(folder.join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&bytes).expect("JSON");
    let of = |id: &str| {
        let list = summary["writeups"].as_array().expect("a list").iter();
        list.clone()
            .find(|writeup| writeup["id"] == id)
            .expect("a write-up")
    };
    let few = of("few");
    for field in [
        "reads",
        "readers",
        "late_reads",
        "late_readers",
        "readers_trailing",
        "last_read_week",
        "still_read",
    ] {
        assert!(few[field].is_null(), "{field}: {few:#}");
    }
    assert_eq!(few["suppressed"], true);
    assert_eq!(of("many")["reads"], 300);
    // The total is shown: what is hidden in it must not be one write-up alone.
    for (total, field) in [
        ("/indicators/R1/results/total_reads", "reads"),
        ("/indicators/R3/results/readers", "readers"),
    ] {
        let total = summary
            .pointer(total)
            .and_then(Value::as_u64)
            .expect("a total");
        let shown = ["many", "some", "few"].map(|id| of(id)[field].as_u64());
        let hidden = total - shown.into_iter().flatten().sum::<u64>();
        let cells = shown.iter().filter(|shown| shown.is_none()).count();
        assert!(
            cells >= 2,
            "{field}: {hidden} of {total} are those of one write-up"
        );
    }
    // Neither the number itself nor its usual spellings stand anywhere.
    let number =
        regex::Regex::new(r"(^|[^0-9.])1[,. \u{a0}\u{202f}]?237([^0-9]|$)").expect("a pattern");
    for (path, bytes) in contents(&folder) {
        let text = String::from_utf8_lossy(&bytes);
        if path.extension().is_some_and(|ending| ending != "png") {
            let found = number.find(&text).map(|found| found.start());
            let around =
                found.and_then(|at| text.get(at.saturating_sub(60)..(at + 40).min(text.len())));
            assert_eq!(around, None, "{}", path.display());
        }
    }
}
