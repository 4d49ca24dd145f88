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

    let said = home.done(&["writeups", "alias", "INC-76", "INC-77"]);
    assert!(
        said.err.contains("  1 event that belonged to no write-up"),
        "{}",
        said.err
    );
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
fn what_was_said_is_taken_back() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let file = home.file("events.ndjson", reads());
    home.done(&["import", "events", &file]);
    home.done(&["writeups", "add", "INC-76", "--url", PAGE]);
    home.done(&["writeups", "alias", "INC-76", "INC-77", "wiki:*"]);
    assert_eq!(counted(&home, "named")["unknown_writeup"], 0);
    let refused = home.run(&["writeups", "unalias", "INC-76", "INC-78"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("\"INC-78\" is no name of it"),
        "{}",
        refused.err
    );
    let refused = home.run(&["writeups", "unalias", "INC-76", "INC-76"]);
    assert!(
        refused.err.contains("is its id, which stays"),
        "{}",
        refused.err
    );
    home.done(&["writeups", "unalias", "INC-77", "INC-77", "wiki:*"]);
    assert_eq!(counted(&home, "fewer")["unknown_writeup"], 1);
    let value = json_of(&home.done(&["writeups", "show", "INC-76", "--json"]));
    assert_eq!(value["names"], json!(["INC-76", PAGE]), "{value}");
    home.done(&["writeups", "alias", "INC-76", "INC-77"]);
    assert_eq!(counted(&home, "again")["unknown_writeup"], 0);

    let refused = home.run(&["writeups", "retire", "INC-76", "--undo"]);
    assert!(refused.err.contains("is not retired"), "{}", refused.err);
    home.done(&["writeups", "retire", "INC-76", "--at", "2025-03-02"]);
    assert_eq!(counted(&home, "retired")["after_delete"], 8);
    home.done(&["writeups", "retire", "INC-76", "--undo"]);
    assert_eq!(counted(&home, "there")["after_delete"], 0);
}

#[test]
fn names_of_people_are_not_dropped_in_silence() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    for (flag, value, valid) in [
        ("--title", "By ada@example.org", "a title without it"),
        ("--team", "ada@example.org", "the name of a group"),
        ("--tag", "@ada", "the name of a group"),
    ] {
        let said = home.run(&["writeups", "add", "INC-1", flag, value]);
        assert_eq!(said.code, Some(1), "{flag}");
        assert!(
            said.err.contains(valid) && !said.err.contains("ada"),
            "{}",
            said.err
        );
    }
    // The address of a page in somebody's space says which page it is, and not whose.
    let page = "https://wiki.example.org/display/~ada/Queue";
    let said = home.done(&["writeups", "add", "INC-1", "--url", page]);
    assert!(
        said.err.contains("names somebody") && !said.err.contains("ada"),
        "{}",
        said.err
    );
    let shown = home.done(&["writeups", "show", page, "--json"]);
    assert_eq!(json_of(&shown)["id"], "INC-1");
    assert!(!shown.out.contains("~ada"), "{}", shown.out);
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

const TABLE: &str = "\
id,title,published,authors,responders,aliases,surprised,words
INC-1,\"Disk, full\",2025-03-01,a@x.org;b@x.org;c@x.org;d@x.org;e@x.org,a@x.org,page 1;pg-*,yes,1200
INC-2,Queue,soon,,,,,
INC-3,,2025-03-02,ada@example.org,,page 1,,
ada@example.org,,,,,,,
INC-4,Cache,2025-03-04,,,,,
";

#[test]
fn a_table_is_imported_once() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let file = home.file("writeups.csv", TABLE);
    let tried = home.done(&["writeups", "import", &file, "--dry-run"]);
    let said = home.done(&["writeups", "import", &file]);
    let told = (tried.err + &said.err).replace(&file, "FILE");
    insta::assert_snapshot!("imported", told);
    assert!(!told.contains("ada"), "{told}");
    let shown = home.done(&["writeups", "show", "page 1"]);
    insta::assert_snapshot!("imported_one", shown.out);
    let again = home.done(&["writeups", "import", &file]);
    assert!(again.err.contains("2 unchanged"), "{}", again.err);
    let wide = home.file("wide.csv", "id,aliases\nINC-7,htt*\n");
    let said = home.run(&["writeups", "import", &wide]);
    assert!(said.err.contains("stands for too much"), "{}", said.err);
    // Once, and not for what changed nothing.
    let log = home.done(&["audit", "show"]).out;
    assert_eq!(log.matches("registry-changed").count(), 1, "{log}");
    assert!(log.contains("2 write-ups from a table"), "{log}");
    let value = json_of(&home.done(&["writeups", "show", "INC-1", "--json"]));
    assert_eq!(value["said_by"], json!({ "registry": 1 }));
    assert_eq!(
        value["people"],
        json!({
            "contributors": 5, "responders": "fewer than 5", "reviewers": 0, "facilitators": 0,
        })
    );

    // Another value and back again are two more statements; what hands say in between stays.
    let changed = home.file("changed.csv", TABLE.replace("Cache", "Caches"));
    let title = |home: &Home| {
        json_of(&home.done(&["writeups", "show", "INC-4", "--json"]))["title"].clone()
    };
    home.done(&["writeups", "import", &changed]);
    assert_eq!(title(&home), "Caches");
    home.done(&["writeups", "import", &file]);
    assert_eq!(title(&home), "Cache");
    home.done(&["writeups", "add", "INC-4", "--title", "A cache"]);
    home.done(&["writeups", "import", &file]);
    assert_eq!(title(&home), "A cache");

    let odd = home.file("odd.csv", "id,colour\n");
    let said = home.run(&["writeups", "import", &odd]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("unknown column \"colour\"; known are id"));
}

#[test]
fn what_is_part_of_another_is_seen_there() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let date = ["--published", "2025-03-01"];
    home.done(&[&["writeups", "add", "INC-76", "--url", PAGE], &date[..]].concat());
    home.done(
        &[
            &["writeups", "add", "INC-77", "--mark", "surprised", "--mark"],
            &["several-accounts=no", "--reviewer", "ada@example.org"][..],
            &date[..],
        ]
        .concat(),
    );
    let file = home.file("events.ndjson", reads());
    home.done(&["import", "events", &file]);
    assert_eq!(counted(&home, "apart")["unknown_writeup"], 0);
    let before = home.path("apart").join("summary.json");
    let before = std::fs::read(before).expect("a summary");

    let said = home.done(&["writeups", "merge", "INC-77", "INC-76"]);
    assert_eq!(said.err, "INC-77: counts for INC-76 now\n");
    let said = home.done(&["writeups", "merge", "INC-77", "INC-76"]);
    assert_eq!(said.err, "INC-77: is part of INC-76 already\n");
    let listed = home.done(&["writeups", "list"]);
    let part = home.done(&["writeups", "show", "INC-77"]);
    let whole = home.done(&["writeups", "show", PAGE]);
    insta::assert_snapshot!("merged", listed.out + &part.out + &whole.out);
    counted(&home, "together");
    let together = std::fs::read(home.path("together").join("summary.json"));
    let together: Value = serde_json::from_slice(&together.expect("a summary")).expect("JSON");
    let listed = together["writeups"].as_array().expect("a list");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["comments"], 1);

    for (arguments, words) in [
        (
            ["merge", "INC-76", "INC-77"],
            "\"INC-77\" is part of \"INC-76\"",
        ),
        (["merge", "INC-76", PAGE], "is the same write-up"),
        (["split", "INC-76", ""], "is part of no other write-up"),
        (["add", "INC-77", "--alias=page 9"], "INC-77"),
    ] {
        let arguments = arguments.iter().filter(|word| !word.is_empty());
        let whole: Vec<&str> = ["writeups"].iter().chain(arguments).copied().collect();
        let said = home.run(&whole);
        assert!(said.err.contains(words), "{whole:?}: {}", said.err);
        assert_eq!(said.code == Some(0), whole.contains(&"add"), "{whole:?}");
    }
    let said = home.done(&["writeups", "split", "INC-77"]);
    assert_eq!(said.err, "INC-77: is a write-up of its own again\n");
    counted(&home, "again");
    let again = std::fs::read(home.path("again").join("summary.json")).expect("a summary");
    let lines = |bytes: &[u8]| {
        let summary: Value = serde_json::from_slice(bytes).expect("JSON");
        summary["health"]["received"]["lines"].as_u64()
    };
    // What was said by `add` meanwhile is one more description; merging and splitting are none.
    assert_eq!(lines(&again), lines(&before).map(|lines| lines + 1));
}

#[test]
fn a_name_has_a_time_and_a_star() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.done(&["writeups", "add", "INC-1", "--alias", "docs/a.md"]);
    home.done(&["writeups", "add", "INC-2"]);
    let said = home.run(&["writeups", "alias", "INC-2", "docs/a.md"]);
    assert_eq!(said.code, Some(1));
    let since = ["--from", "2025-03-01"];
    home.done(&[&["writeups", "alias", "INC-2", "docs/a.md"], &since[..]].concat());
    home.done(&["writeups", "alias", "INC-2", "https://h.example/space/*"]);
    home.done(&["writeups", "add", "INC-3"]);
    for (arguments, words) in [
        (vec!["docs/a.md", "--from", "2025-04-01"], "already"),
        (
            vec!["x", "--from", "2025-04-01", "--to", "2025-03-01"],
            "--to: lies before",
        ),
        (vec!["x", "--from", "soon"], "--from \"soon\": valid are"),
        (vec!["*"], "a name is empty"),
        (vec!["http://H.example/space/*"], "already"),
    ] {
        let whole = [&["writeups", "alias", "INC-3"], &arguments[..]].concat();
        let said = home.run(&whole);
        assert_eq!(said.code, Some(1), "{whole:?}: {}", said.err);
        assert!(said.err.contains(words), "{whole:?}: {}", said.err);
    }
    home.done(&[
        "writeups",
        "alias",
        "INC-3",
        "docs/a.md",
        "--to",
        "2025-03-01",
    ]);
    let shown = home.done(&["writeups", "show", "INC-3"]);
    assert!(
        shown.out.contains("docs/a.md until 2025-03-01"),
        "{}",
        shown.out
    );
    let shown = home.done(&["writeups", "show", "docs/a.md"]);
    assert!(shown.out.starts_with("INC-2\n"), "{}", shown.out);
    let shown = home.done(&["writeups", "show", "https://h.example/space/7"]);
    assert!(shown.out.starts_with("INC-2\n"), "{}", shown.out);
}

#[test]
fn addresses_are_spelled_without_a_data_folder() {
    let home = Home::new();
    let said = home.done(&[
        "writeups",
        "canonical",
        "http://ada@H.example:80/a/?utm_source=x#b",
        "INC-7",
        "https://h.example/x/AbC",
    ]);
    assert_eq!(
        said.out,
        "https://h.example/a\nINC-7\nhttps://h.example/pages/viewpage.action?pageId=8433665\n"
    );
    let help = home.done(&["writeups", "canonical", "--help"]);
    assert!(help.out.contains("upper-case %XX"), "{}", help.out);
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
