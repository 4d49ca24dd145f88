//! `readback links`: those that do not count, told with their reasons, and the ledger as of a day.

use serde_json::{Value, json};

use super::binary::Home;
use super::repositories::Repository;
use super::way::event;

const MADE: &str = "2025-05-01T09:00:00Z";

/// Two write-ups (one deleted) and a link for each reason not to count, beside two that do.
fn story() -> String {
    let mut lines = Vec::new();
    let mut say = |kind: &str, subject: &str, time: &str, data: Value| {
        let id = format!("e{}", lines.len());
        lines.push(event(kind, &id, subject, time, data));
    };
    for (id, deleted) in [("INC-1", None), ("INC-2", Some("2025-09-01T00:00:00Z"))] {
        let data = json!({
            "id": id, "title": format!("The story of {id}"),
            "url": format!("https://wiki.example.org/pm/{id}"),
            "published_at": "2025-03-01T09:00:00Z", "deleted_at": deleted,
        });
        say("writeup", id, "2025-03-01T09:00:00Z", data);
    }
    let robot = json!({ "person": "robot@example.org", "kind": "bot" });
    say("person", "robot@example.org", MADE, robot);
    for (subject, at, source, more) in [
        ("INC-1", MADE, "shop@0af3c1d:src/pay.rs#L7", json!({})),
        (
            "INC-1",
            "2025-06-01T09:00:00Z",
            "shop@1af3c1d:src/queue.rs#L2",
            json!({"removed_at": "2025-08-01T09:00:00Z"}),
        ),
        (
            "INC-1",
            MADE,
            "https://wiki.example.org/pm/INC-1#cause",
            json!({"place": "writeup"}),
        ),
        (
            "INC-1",
            MADE,
            "shop@2af3c1d:deps.txt#L9",
            json!({"person": "robot@example.org"}),
        ),
        (
            "INC-1",
            MADE,
            "shop@3af3c1d:api.pb.go#L9",
            json!({"label": "generated"}),
        ),
        (
            "INC-1",
            MADE,
            "shop@4af3c1d:vendor/a.go#L9",
            json!({"label": "vendored"}),
        ),
        (
            "INC-1",
            "2025-05-02T09:00:00Z",
            "shop@5af3c1d:vendor/b.go#L3",
            json!({"label": "vendored", "removed_at": "2025-07-01T09:00:00Z"}),
        ),
        (
            "INC-1",
            MADE,
            "shop@6af3c1d:src/old.rs#L4",
            json!({"label": "unreachable"}),
        ),
        // It was taken out before: nothing more stands there.
        (
            "INC-1",
            MADE,
            "shop@6bf3c1d:src/older.rs#L4",
            json!({"label": "unreachable", "removed_at": "2025-06-01T09:00:00Z"}),
        ),
        (
            "INC-1",
            MADE,
            "shop@7af3c1d:docs/template.md#L4",
            json!({"role": "template"}),
        ),
        (
            "INC-1",
            MADE,
            "shop@8af3c1d:docs/all.md#L4",
            json!({"role": "index"}),
        ),
        (
            "INC-2",
            "2025-10-01T09:00:00Z",
            "shop@9af3c1d:src/late.rs#L4",
            json!({}),
        ),
    ] {
        let mut data = json!({ "place": "code_comment", "source": source });
        for (name, value) in more.as_object().expect("fields") {
            data[name] = value.clone();
        }
        say("link", subject, at, data);
    }
    lines.join("\n") + "\n"
}

fn house() -> Option<Home> {
    let home = Home::with_engine()?;
    home.file(
        "readback.toml",
        "[privacy]\nk = 1\n[[source]]\nid = \"shop\"\nkind = \"git\"\npath = \"/srv/git/shop.git\"\n\
         web = \"https://github.com/example/shop\"\n",
    );
    let file = home.file("events.ndjson", story());
    home.done(&["import", "events", &file]);
    Some(home)
}

fn rows(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let said = home.done(&[&["links", "--json"], arguments].concat());
    serde_json::from_str(&said.out).expect("JSON")
}

fn told(rows: &[Value], name: &str) -> Vec<String> {
    let text = |row: &Value| row[name].as_str().unwrap_or("-").to_owned();
    rows.iter().map(text).collect()
}

#[test]
fn links_that_do_not_count_are_told_with_their_reasons() {
    let Some(home) = house() else {
        return;
    };
    let all = home.done(&["links"]);
    for words in [
        "4 links\n",
        "of these, 2 do not count (1 template, 1 index); beside these, 8 do not count (1 own, 1 robot, \
         1 generated, 2 vendored, 2 unreachable, 1 after-deletion); --uncounted lists them\n",
    ] {
        assert!(all.err.contains(words), "{words}: {}", all.err);
    }
    let listed = home.done(&["links", "--uncounted"]);
    insta::assert_snapshot!("links_uncounted", format!("{}{}", listed.out, listed.err));
    let vendored = rows(&home, &["--uncounted", "vendored"]);
    assert_eq!(
        told(&vendored, "address"),
        [
            "https://github.com/example/shop/blob/5af3c1d/vendor/b.go#L3",
            "https://github.com/example/shop/blob/4af3c1d/vendor/a.go#L9"
        ]
    );
    assert_eq!(told(&vendored, "reason"), ["vendored", "vendored"]);
    assert_eq!(told(&vendored, "removed"), ["2025-07-01", "-"]);
    let live = rows(&home, &["--uncounted=vendored", "--live"]);
    assert_eq!(told(&live, "stands_in"), ["shop@4af3c1d:vendor/a.go#L9"]);
    let late = rows(&home, &["--uncounted", "after-deletion"]);
    assert_eq!(told(&late, "writeup"), ["INC-2"]);
    let of_two = home.done(&["links", "--writeup", "INC-2"]);
    let words = "\nbeside these, 1 does not count (1 after-deletion); --uncounted lists them\n";
    assert!(of_two.err.contains(words), "{}", of_two.err);
    let some = home.done(&["links", "--limit", "1"]);
    let words = "of all of them, 2 do not count (1 template, 1 index); beside these, 8";
    assert!(some.err.contains(words), "{}", some.err);
    let some = home.done(&["links", "--uncounted", "--limit", "2"]);
    assert_eq!(some.out.lines().count(), 2);
    let words = "the newest 2 are shown; --limit 0 shows all";
    assert!(some.err.contains(words), "{}", some.err);
    let none = home.done(&["links", "--uncounted", "robot", "--writeup", "INC-2"]);
    assert!(
        none.out.is_empty() && none.err.contains("no such link that does not count"),
        "{none:?}"
    );
    // The page of a write-up says it, too, below its links.
    home.done(&["report", "--out", "out"]);
    let page = |id: &str| {
        let path = home.path(&format!("out/writeups/{id}.html"));
        std::fs::read_to_string(path).expect("a page")
    };
    let words = "1 more stands in commits that the branch no longer leads to.";
    assert!(page("INC-1").contains(words), "{}", page("INC-1"));
    let odd = home.run(&["links", "--uncounted", "old"]);
    assert_eq!(odd.code, Some(2));
    assert!(odd.err.contains("own, robot, generated"), "{}", odd.err);
    assert_eq!(home.run(&["links", "--uncounted", "--gone"]).code, Some(2));
}

#[test]
fn the_ledger_tells_what_stood_on_an_earlier_day() {
    let Some(home) = house() else {
        return;
    };
    let standing = |day: &str| {
        let rows = rows(&home, &["--as-of", day, "--live", "--uptake"]);
        told(&rows, "stands_in")
    };
    let (first, second) = ("shop@0af3c1d:src/pay.rs#L7", "shop@1af3c1d:src/queue.rs#L2");
    assert!(standing("2025-05-01").is_empty());
    assert_eq!(standing("2025-05-02"), [first]);
    // Removed later, so it stands; the day after its removal it does not.
    assert_eq!(standing("2025-08-01"), [second, first]);
    assert_eq!(standing("2025-08-01T09:00:01Z"), [first]);
    let then = rows(&home, &["--as-of", "2025-07-15", "--removed"]);
    assert!(then.is_empty(), "{then:?}");
    let now = rows(&home, &["--removed"]);
    assert_eq!(told(&now, "stands_in"), [second]);
    // So do those that do not count, and those whose write-up is gone now.
    let then = rows(
        &home,
        &["--as-of", "2025-06-15", "--uncounted", "vendored", "--live"],
    );
    assert_eq!(then.len(), 2);
    assert!(
        rows(
            &home,
            &["--as-of", "2025-09-15", "--uncounted", "after-deletion"]
        )
        .is_empty()
    );
    for odd in ["yesterday", "1066-10-14", "2199-12-31"] {
        let said = home.run(&["links", "--as-of", odd]);
        assert_eq!(said.code, Some(1));
        assert!(
            said.err.contains(&format!("--as-of \"{odd}\"")),
            "{}",
            said.err
        );
    }
}

#[test]
fn names_that_nobody_has_are_told() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let papers = Repository::new(home.path("papers"));
    papers.write("postmortems/disk.md", "# INC-7: the disk story\n\nText.\n");
    papers.write("postmortems/dns.md", "# INC-8: the dns story\n\nText.\n");
    papers.commit("2024-03-01T09:00:00Z", "Tell them");
    papers.write(
        "postmortems/disk.md",
        "# INC-7: the disk story\n\nAs [then](old.md), see [dns](dns.md) and [a list](../list.md).\n",
    );
    papers.git(&["rm", "-q", "postmortems/dns.md"]);
    papers.commit("2024-04-01T09:00:00Z", "Revise");
    let code = Repository::new(home.path("code"));
    code.write(
        "disk.py",
        "# INC-7, INC-99 and again INC-99\n# like INC-0000 or XINC-98\nretry(\"INC-97\")\n",
    );
    code.write("vendor/x.py", "# INC-96\n");
    code.write("testdata/x.py", "# INC-95\n");
    code.write("ada@example.org/x.py", "# INC-94\n");
    code.commit("2024-05-01T09:00:00Z", "Retry, as INC-93 says");
    home.file(
        "readback.toml",
        "[privacy]\nk = 1\n\
         [[source]]\nid = \"papers\"\nkind = \"git\"\npath = \"papers\"\n\
         writeups = [\"postmortems/*.md\"]\nincident_keys = [\"INC-[0-9]+\"]\n\
         [[source]]\nid = \"code\"\nkind = \"git\"\npath = \"code\"\n\
         web = \"https://github.com/example/code\"\n",
    );
    home.done(&["scan"]);
    let gone = rows(&home, &["--gone"]);
    let targets: Vec<&str> = gone
        .iter()
        .filter_map(|one| one["target"].as_str().or_else(|| one["writeup"].as_str()))
        .collect();
    // A write-up that is gone is told as what it was; the others nobody ever had.
    assert_eq!(
        targets,
        [
            "papers:postmortems/dns.md",
            "INC-97",
            "INC-99",
            "papers:postmortems/old.md"
        ]
    );
    let head = &code.git(&["rev-parse", "HEAD"])[..12];
    let key = json!({
        "writeup": null, "target": "INC-99", "deleted": null, "to_mend": 1,
        "links": [{
            "place": "code_comment", "first_seen": null,
            "stands_in": format!("code@{head}:disk.py#L1"),
            "address": format!("https://github.com/example/code/blob/{head}/disk.py#L1"),
        }],
    });
    assert_eq!(gone[2], key);
    let in_code = rows(&home, &["--gone", "--place", "code"]);
    assert_eq!(told(&in_code, "target"), ["INC-97"]);
    // Another day's state is not looked at, and one write-up's links are its own.
    let then = rows(&home, &["--gone", "--as-of", "2024-06-01"]);
    assert_eq!(told(&then, "writeup"), ["papers:postmortems/dns.md"]);
    // Once somebody has the name, it is a link like others.
    papers.write(
        "postmortems/later.md",
        "# INC-99: the later story\n\nText.\n",
    );
    papers.commit("2024-06-01T09:00:00Z", "Tell it");
    home.done(&["scan"]);
    let gone = rows(&home, &["--gone"]);
    assert!(
        !told(&gone, "target").contains(&"INC-99".to_owned()),
        "{gone:?}"
    );
    // A repository that is not there is said, and the others are looked at.
    std::fs::remove_dir_all(home.path("code")).expect("a folder of mine");
    let said = home.done(&["links", "--gone"]);
    let words = "source code was not looked at: ";
    assert!(said.err.contains(words), "{}", said.err);
    assert!(
        said.out.contains("papers:postmortems/old.md"),
        "{}",
        said.out
    );
}
