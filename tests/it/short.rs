//! The short address of a write-up, through the real program: it leads to where the write-up lies, by
//! every name that it has or had; and the forms that are there to be copied are found again as links.

use std::process::Command;

use serde_json::json;

use super::binary::Home;
use super::served::{Reply, Served};
use super::visitor::{Visitor, header};
use super::way::event;

const ORIGIN: &str = "https://readback.example.org";
const OLD: &str = "https://wiki.example.org/pm/queue";
const NEW: &str = "https://docs.example.org/queue";

fn to(reply: &Reply) -> (u16, &str) {
    (reply.status, header(reply, "location"))
}

#[test]
fn a_short_address_survives_moves_and_renames() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file(
        "readback.toml",
        format!("[server]\npublic_url = \"{ORIGIN}\"\n"),
    );
    let told = |id: &str, at: &str, data| event("writeup", &format!("{id}{at}"), id, at, data);
    let events = [
        told(
            "INC-1",
            "2026-01-05T09:00:00Z",
            json!({ "url": OLD, "title": "Queue [overflow]", "published_at": "2026-01-05T09:00:00Z" }),
        ),
        told("INC-1", "2026-03-05T09:00:00Z", json!({ "url": NEW })),
        told(
            "INC-2",
            "2026-01-06T09:00:00Z",
            json!({ "id": "INC-2", "title": "Same thing", "published_at": "2026-01-06T09:00:00Z" }),
        ),
        told(
            "docs/own.md",
            "2026-01-06T09:00:00Z",
            json!({ "url": "javascript:alert(1)", "title": "A file" }),
        ),
    ];
    let file = home.file("events.ndjson", events.join("\n") + "\n");
    home.done(&["import", "events", &file]);
    home.done(&["writeups", "alias", "INC-1", "TICKET-77"]);
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/pages", 200);
    let mut reader = Visitor::of(served.address());
    assert_eq!(to(&reader.get("/go/INC-1")), (302, NEW));
    let kept = header(&reader.get("/go/INC-1"), "cache-control").to_owned();
    assert_eq!(kept, "private, no-store");
    for name in ["TICKET-77", "https%3A%2F%2Fwiki.example.org%2Fpm%2Fqueue"] {
        assert_eq!(
            to(&reader.get(&format!("/go/{name}"))),
            (302, NEW),
            "{name}"
        );
    }
    // What lies at no address that a browser should open has a page here.
    assert_eq!(to(&reader.get("/go/INC-2")), (302, "/writeups/INC-2"));
    assert_eq!(
        to(&reader.get("/go/docs/own.md")),
        (302, "/writeups/docs%2Fown.md")
    );
    for unknown in ["/go/INC-3", "/go/", "/go/%00", "/go/%FF"] {
        let status = reader.get(unknown).status;
        assert!([400, 404].contains(&status), "{unknown}: {status}");
    }
    let page = reader.get("/writeups/INC-1").text;
    let short = format!("{ORIGIN}/go/INC-1");
    let form = format!("[Queue \\[overflow\\]]({short})");
    assert!(page.contains(&form.replace('/', "&#x2f;")), "{page}");
    served.stop();

    // Now part of another one: its name leads there.
    home.done(&["writeups", "merge", "INC-2", "INC-1"]);
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/pages", 200);
    let mut reader = Visitor::of(served.address());
    assert_eq!(to(&reader.get("/go/INC-2")), (302, NEW));
    served.stop();

    // Who copies a form makes a link that counts.
    let place = home.path("repository");
    std::fs::create_dir(&place).expect("a folder");
    std::fs::write(
        place.join("queue.py"),
        format!("# Why: Queue [overflow], {short}\nLIMIT = 7\n"),
    )
    .expect("a file");
    std::fs::write(
        place.join("flow.mmd"),
        format!("flowchart TD\nINC_1[\"Queue [overflow]\"]\nclick INC_1 href \"{short}\"\n"),
    )
    .expect("a file");
    let message = format!("Bound the queue\n\nRefs: {short}");
    for words in [
        &["init", "-q", "-b", "main"][..],
        &["add", "."],
        &["commit", "-q", "-m", &message],
    ] {
        let done = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(words)
            .current_dir(&place)
            .env("GIT_AUTHOR_DATE", "2026-04-01T10:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-04-01T10:00:00Z")
            .status();
        assert!(done.expect("git").success(), "{words:?}");
    }
    home.file(
        "readback.toml",
        format!(
            "[[source]]\nid = \"code\"\nkind = \"git\"\npath = \"{}\"\n",
            place.display()
        ),
    );
    home.done(&["scan", "code"]);
    let told = home.done(&["links", "--json"]).out;
    for place in ["code_comment", "commit", "diagram"] {
        assert!(told.contains(place), "{place}: {told}");
    }
}

#[test]
fn other_places_show_pictures_of_a_write_up() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let told = |id: &str, restricted: bool| {
        let data = json!({
            "id": id, "url": format!("https://wiki.example.org/{id}"), "title": "Queue & <overflow>",
            "published_at": "2026-01-05T09:00:00Z", "restricted": restricted,
        });
        event("writeup", id, id, "2026-01-05T09:00:00Z", data)
    };
    let mut events = vec![told("INC-1", false), told("INC-9", true)];
    for reader in 0..9 {
        for day in ["2026-01-09", "2026-06-20"] {
            let data = json!({ "person": format!("{reader}@example.org"), "engaged_s": 200 });
            let at = format!("{day}T10:0{reader}:00Z");
            let id = format!("{day}-{reader}");
            events.push(event(
                "read",
                &id,
                "https://wiki.example.org/INC-1",
                &at,
                data,
            ));
        }
    }
    let file = home.file("events.ndjson", events.join("\n") + "\n");
    home.done(&["import", "events", &file]);
    let pictures = ["badge.svg", "badge.png", "sparkline.svg", "sparkline.png"];
    for (embeds, status) in [(false, 401), (true, 200)] {
        let file = format!("[access]\nmode = \"password\"\nembeds = {embeds}\n");
        home.file("readback.toml", &file);
        let served = Served::start(&home, &[], &[]);
        served.until("/readyz/pages", 200);
        for picture in pictures {
            let reply = served.get(&format!("/embed/INC-1/{picture}"));
            // Who is led to sign in gets no picture.
            assert_eq!(reply.status, status, "{picture}: {reply:?}");
        }
        if embeds {
            let badge = served.get("/embed/INC-1/badge.svg");
            assert_eq!(header(&badge, "content-type"), "image/svg+xml");
            assert_eq!(header(&badge, "cache-control"), "public, max-age=3600");
            assert_eq!(
                header(&badge, "cross-origin-resource-policy"),
                "cross-origin"
            );
            assert!(
                badge.text.contains("read, week of 15 Jun 2026"),
                "{badge:?}"
            );
            assert!(!badge.text.contains("<overflow>"), "{badge:?}");
            let again = served.get("/embed/INC-1/badge.svg");
            assert_eq!(again.text, badge.text);
            for (path, status) in [
                ("/embed/INC-9/badge.svg", 404),
                ("/embed/INC-2/badge.svg", 404),
                ("/embed/INC-1/badge.gif", 404),
                ("/embed/INC-1/other.svg", 404),
                ("/writeups/INC-1", 303),
            ] {
                assert_eq!(served.get(path).status, status, "{path}");
            }
        }
        served.stop();
    }
}
