//! Write-ups by hand, with the real program: looked at, registered late, given names, retired. What
//! people do to the registry restates history and touches no event.

use serde_json::{Value, json};

use super::binary::{Home, Said};
use super::way::event;

const PAGE: &str = "https://wiki.example.org/Queue-Overflow";

/// Seven people read one page in two spellings; nobody has registered it.
fn reads() -> String {
    let read = |n: usize| {
        let data = json!({ "person": format!("p{n}@example.org"), "engaged_s": 60 });
        let page = match n % 2 {
            0 => PAGE.to_owned(),
            _ => format!("{PAGE}/?utm_source=mail"),
        };
        event(
            "read",
            &format!("r{n}"),
            &page,
            "2025-03-02T09:00:00Z",
            data,
        )
    };
    let other = event(
        "comment",
        "c1",
        "INC-77",
        "2025-03-03T09:00:00Z",
        json!({ "person": "p1@example.org" }),
    );
    let mut lines: Vec<String> = (0..7).map(read).collect();
    lines.push(other);
    lines.join("\n")
}

fn json_of(said: &Said) -> Value {
    serde_json::from_str(&said.out).expect("JSON")
}

/// Reads that count for the first write-up of a report.
fn counted(home: &Home, out: &str) -> Value {
    home.done(&["report", "--as-of", "2025-07-01", "--out", out]);
    let bytes = std::fs::read(home.path(out).join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&bytes).expect("JSON");
    summary["health"]["received"].clone()
}

#[test]
fn what_is_registered_late_counts_from_the_first() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let file = home.file("events.ndjson", reads());
    home.done(&["import", "events", &file]);
    assert_eq!(counted(&home, "before")["unknown_writeup"], 8);

    let listed = home.done(&["writeups", "list", "--unregistered"]);
    insta::assert_snapshot!("unregistered", listed.out + &listed.err);
    let listed = home.done(&["writeups", "list", "--unregistered", "--json"]);
    assert_eq!(json_of(&listed)[0]["events"], json!({ "read": 7 }));

    let title = ["--title", "Queue overflow", "--published", "2025-03-01"];
    let mut add = vec![
        "writeups", "add", "INC-76", "--url", PAGE, "--team", "payments",
    ];
    add.extend(title);
    let said = home.done(&add);
    assert_eq!(said.err, "INC-76: registered\n");
    assert_eq!(counted(&home, "after")["unknown_writeup"], 1);

    home.done(&["writeups", "alias", "INC-76", "INC-77"]);
    let received = counted(&home, "named");
    assert_eq!(
        (&received["unknown_writeup"], &received["kept"]["comment"]),
        (&json!(0), &json!(1))
    );
    let listed = home.done(&["writeups", "list", "--unregistered"]);
    assert_eq!(
        (&*listed.out, &*listed.err),
        ("", "every event speaks of a registered write-up\n")
    );

    let said = home.done(&["writeups", "retire", "INC-77", "--at", "2025-03-02"]);
    assert_eq!(said.err, "INC-76: retired 2025-03-02\n");
    assert_eq!(counted(&home, "retired")["after_delete"], 8);
    let listed = home.done(&["writeups", "list"]);
    let shown = home.done(&["writeups", "show", &format!("{PAGE}/#top")]);
    insta::assert_snapshot!("listed", listed.out + &shown.out);
}

#[test]
fn what_is_said_later_leaves_the_rest() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let said = home.done(&[
        "writeups",
        "add",
        "INC-1",
        "--restricted",
        "--tag",
        "db",
        "--author",
        "ada@example.org",
    ]);
    assert!(said.err.contains("--published says it"), "{}", said.err);
    let said = home.done(&["writeups", "add", "INC-1", "--title", "Disk"]);
    assert_eq!(said.err.lines().next(), Some("INC-1: more is known"));
    let value = json_of(&home.done(&["writeups", "show", "INC-1", "--json"]));
    assert_eq!(value["title"], "Disk");
    assert_eq!(
        (&value["restricted"], &value["tags"]),
        (&json!(true), &json!(["db"]))
    );
    assert_eq!(value["said_by"], json!({ "registry": 2 }));
    home.done(&["writeups", "add", "INC-1", "--restricted", "false"]);
    let value = json_of(&home.done(&["writeups", "show", "INC-1", "--json"]));
    assert_eq!(value["restricted"], false);
    assert!(!value.to_string().contains("ada"));
}

#[test]
fn what_can_t_be_is_said() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.done(&[
        "writeups",
        "add",
        "INC-1",
        "--alias",
        "page 7",
        "--published",
        "2025-03-01",
    ]);
    home.done(&["writeups", "add", "INC-2"]);
    for (arguments, words) in [
        (vec!["show", "INC-3"], "no write-up is called \"INC-3\""),
        (
            vec!["alias", "INC-2", "page 7"],
            "\"page 7\" is a name of the write-up \"INC-1\" already",
        ),
        (vec!["alias", "INC-2", " "], "a name is empty"),
        (
            vec!["add", "page 7"],
            "\"page 7\" is a name of the write-up \"INC-1\"",
        ),
        (vec!["add", ""], "\"\" is no id"),
        (
            vec!["add", "INC-3", "--published", "soon"],
            "--published \"soon\": valid are",
        ),
        (
            vec!["add", "ada@example.org"],
            "is a mail address; it names a write-up",
        ),
        (
            vec!["retire", "INC-1", "--at", "2025-02-01"],
            "--at: lies before",
        ),
    ] {
        let mut whole = vec!["writeups"];
        whole.extend(arguments);
        let said = home.run(&whole);
        assert_eq!(said.code, Some(1), "{whole:?}: {}", said.err);
        assert!(said.err.contains(words), "{whole:?}: {}", said.err);
    }
}
