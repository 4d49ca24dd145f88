//! Which links are followed: where readers came from, of each write-up and of all, with few people withheld.

use serde_json::{Value, json};

use super::binary::Home;
use super::way::{Way, event, instant};

const AS_OF: &str = "2026-04-01T00:00:00Z";

/// A read by somebody of a write-up, so many minutes after noon.
fn read(id: &str, writeup: &str, minute: u32, who: u32, arrival: Value) -> String {
    let at = format!("2026-03-02T{:02}:{:02}:00Z", 12 + minute / 60, minute % 60);
    let data = json!({ "person": format!("r{who}@example.org"), "arrival": arrival });
    event("read", id, writeup, &at, data)
}

fn told(of: &Value) -> Vec<(String, Option<u64>)> {
    let list = of["arrivals"].as_array().cloned().unwrap_or_default();
    let one = |one: &Value| {
        let class = one["class"].as_str().expect("a class").to_owned();
        assert_eq!(one["reads"].is_null(), one["suppressed"] == true, "{one}");
        (class, one["reads"].as_u64())
    };
    list.iter().map(one).collect()
}

fn pairs(expected: &[(&str, Option<u64>)]) -> Vec<(String, Option<u64>)> {
    expected
        .iter()
        .map(|(class, n)| ((*class).to_owned(), *n))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_come_from_somewhere() {
    let Some(way) = Way::within("arrivals", chrono_tz::UTC).await else {
        return;
    };
    let day = "2026-03-01T00:00:00Z";
    way.register(&[
        ("INC-1", &[], day),
        ("INC-2", &[], day),
        ("INC-3", &[], day),
    ])
    .await;
    let mut lines = Vec::new();
    for who in 0..8 {
        lines.push(read(&format!("a{who}"), "INC-1", who, who, json!("chat")));
        lines.push(read(&format!("b{who}"), "INC-2", who, who, json!("code")));
    }
    // Two came by mail, one of them from a kind of place that nobody knows, one is not told.
    lines.push(read("m1", "INC-1", 30, 1, json!("mail")));
    lines.push(read("m2", "INC-1", 31, 2, json!("mail")));
    lines.push(read("n", "INC-2", 40, 3, json!("newsletter")));
    lines.push(read("u", "INC-2", 41, 4, json!(null)));
    // A source that never tells: its write-up is left out.
    lines.push(event(
        "read",
        "s",
        "INC-3",
        "2026-03-02T13:00:00Z",
        json!({}),
    ));
    // A double click: the second one comes from the page itself.
    lines.push(read("d1", "INC-2", 59, 6, json!("search")));
    let again = read("d2", "INC-2", 59, 6, json!("direct"));
    lines.push(again.replace(":59:00Z", ":59:20Z"));
    way.events(&lines).await;
    let all = way.report(instant(AS_OF)).await.json();
    let expected = [
        ("chat", Some(8)),
        ("mail", Some(2)),
        ("code", Some(8)),
        ("search", Some(1)),
        ("other", Some(1)),
        ("unknown", Some(1)),
    ];
    assert_eq!(told(&all), pairs(&expected));
    assert_eq!(
        told(&all["writeups"][0]),
        pairs(&[("chat", Some(8)), ("mail", Some(2))])
    );
    assert!(all["writeups"][2].get("arrivals").is_none());

    // Fewer than five came by mail; with the eight of the chat told, it could be had.
    let few = way.report_only(instant(AS_OF), 5).await.json();
    assert_eq!(
        told(&few["writeups"][0]),
        pairs(&[("chat", None), ("mail", None)])
    );
    let shown: Vec<_> = told(&few)
        .into_iter()
        .filter(|(_, n)| n.is_some())
        .collect();
    assert!(
        shown
            .iter()
            .all(|(class, _)| class == "chat" || class == "code"),
        "{shown:?}"
    );
    // Before the second mail one had come.
    let before = way
        .report_only(instant("2026-03-02T12:31:00Z"), 1)
        .await
        .json();
    assert_eq!(
        told(&before["writeups"][0]),
        pairs(&[("chat", Some(8)), ("mail", Some(1))])
    );
}

#[test]
fn the_program_and_its_pages_tell_which_links_are_followed() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let mut lines = vec![event(
        "writeup",
        "w",
        "INC-1",
        "2026-03-01T00:00:00Z",
        json!({ "id": "INC-1", "published_at": "2026-03-01T00:00:00Z" }),
    )];
    for who in 0..7 {
        lines.push(read(
            &format!("a{who}"),
            "INC-1",
            who,
            who,
            json!("onboarding"),
        ));
        lines.push(read(
            &format!("b{who}"),
            "INC-1",
            30 + who,
            who,
            json!("code"),
        ));
    }
    let agent = json!({ "agent": "assistant" });
    lines.push(event("read", "g", "INC-1", "2026-03-03T00:00:00Z", agent));
    let file = home.file("events.ndjson", lines.join("\n"));
    home.done(&["import", "events", &file]);
    let said = home.done(&["reads", "--as-of", AS_OF]);
    let words: Vec<Vec<&str>> = said
        .out
        .lines()
        .map(|line| line.split("  ").collect())
        .collect();
    let value = |name: &str| {
        words
            .iter()
            .find(|line| line[0] == name)
            .and_then(|line| line.last())
    };
    assert_eq!(value("reads").map(|n| n.trim()), Some("14"), "{}", said.out);
    assert_eq!(
        value("by AI agents").map(|n| n.trim()),
        Some("1"),
        "{}",
        said.out
    );
    assert_eq!(
        value("from a code host").map(|n| n.trim()),
        Some("7"),
        "{}",
        said.out
    );
    let one = home.done(&["reads", "--as-of", AS_OF, "--writeup", "INC-1", "--json"]);
    let one: Value = serde_json::from_str(&one.out).expect("JSON");
    assert_eq!((&one["reads"], &one["agents"]), (&json!(14), &json!(1)));
    assert_eq!(
        told(&one),
        pairs(&[("onboarding", Some(7)), ("code", Some(7))])
    );
    let missing = home.run(&["reads", "--writeup", "INC-9"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.err.contains("INC-9"), "{}", missing.err);

    home.done(&["report", "--as-of", AS_OF, "--out", "report"]);
    let page = |path: &str| std::fs::read_to_string(home.path("report").join(path)).expect(path);
    assert!(page("index.html").contains("Which links are followed"));
    let writeup = page("writeups/INC-1.html");
    assert!(writeup.contains("an onboarding page") && writeup.contains("Reads by AI agents"));
}
