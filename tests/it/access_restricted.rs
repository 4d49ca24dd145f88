//! A restricted write-up, through the real program: whoever may not see it finds it on no page, in no
//! list, chart, search or file; whoever may finds it marked.

use std::collections::BTreeSet;

use readback::web::routes;
use regex::Regex;
use serde_json::json;

use super::access_commands::typed;
use super::binary::Home;
use super::served::{Reply, Served};
use super::visitor::{Visitor, header};
use super::way::event;

/// Stand in the restricted write-up alone: in id and address, in its title, in its team, and on a page
/// whose coverage is told by its address.
const MARKERS: [&str; 4] = ["zzrestricted", "zzoutage", "zzteam", "zzbelow"];
const TAG: &str = "zztag";
const PASSWORD: &str = "correct horse battery";
const BASE: &str = "https://wiki.example.org/pm";

fn events() -> String {
    let mut lines = Vec::new();
    let mut say = |kind: &str, subject: &str, time: &str, data| {
        let id = format!("e{}", lines.len());
        lines.push(event(kind, &id, subject, time, data));
    };
    let of_hidden = format!("{BASE}/zzrestricted");
    for (id, url, title, restricted) in [
        ("INC-1", format!("{BASE}/1"), "Queue overflow", false),
        ("INC-2", format!("{BASE}/2"), "Expired certificate", false),
        (
            "zzrestricted-9",
            of_hidden.clone(),
            "The zzoutage of the vault",
            true,
        ),
    ] {
        let team = if restricted { "zzteam" } else { "payments" };
        let data = json!({
            "id": id, "url": url, "title": title, "published_at": "2026-01-05T09:00:00Z", "words": 900,
            "owner_team": team, "tags": [TAG], "restricted": restricted,
        });
        say("writeup", id, "2026-01-05T09:00:00Z", data);
        for reader in 0..9 {
            for day in ["2026-01-09", "2026-03-12", "2026-06-20"] {
                let data = json!({ "person": format!("{reader}@example.org"), "engaged_s": 200 });
                say("read", &url, &format!("{day}T10:0{reader}:00Z"), data);
            }
            let data = json!({
                "meeting": format!("review of {id}"), "person": format!("{reader}@example.org"),
                "role": "OPT-PARTICIPANT", "invited": true, "present_s": 3000,
            });
            say("attendance", &url, "2026-01-12T14:00:00Z", data);
            let data = json!({ "person": format!("{reader}@example.org") });
            say(
                "comment",
                &url,
                &format!("2026-05-0{}T10:00:00Z", reader + 1),
                data,
            );
        }
    }
    // Open ones are linked from the restricted one, and the other way round.
    for (target, from) in [("1", "zzrestricted"), ("zzrestricted", "1"), ("2", "1")] {
        let data = json!({ "place": "writeup", "source": format!("{BASE}/{from}") });
        say(
            "link",
            &format!("{BASE}/{target}"),
            "2026-02-01T10:00:00Z",
            data,
        );
    }
    let data = json!({ "scope": format!("{of_hidden}/zzbelow"), "kind": "read", "from": "2026-01-01T00:00:00Z" });
    say("coverage", &of_hidden, "2026-01-01T00:00:00Z", data);
    lines.join("\n") + "\n"
}

fn clean(what: &str, reply: &Reply) {
    for marker in MARKERS {
        assert!(
            !reply.text.contains(marker),
            "{marker} in {what}: {}",
            around(&reply.text, marker)
        );
        assert!(
            !reply.head.contains(marker),
            "{marker} in the head of {what}"
        );
    }
}

fn around<'a>(text: &'a str, marker: &str) -> &'a str {
    let at = text.find(marker).unwrap_or(0);
    text.get(at.saturating_sub(120)..(at + 60).min(text.len()))
        .unwrap_or_default()
}

/// Every address that a page leads to.
fn links(page: &str) -> Vec<String> {
    let href = Regex::new("(?:href|src|action)=\"(/[^\"]*)\"").expect("a pattern");
    let plain = |link: &str| {
        link.replace("&amp;", "&")
            .replace("&#x2f;", "/")
            .replace("&#x3d;", "=")
    };
    href.captures_iter(page)
        .map(|found| plain(&found[1]))
        .collect()
}

/// Looks at everything that pages lead to, from these on.
fn walk(visitor: &mut Visitor, first: Vec<String>, mut look: impl FnMut(&str, &Reply)) -> usize {
    let mut seen = BTreeSet::new();
    let mut next = first;
    while let Some(path) = next.pop() {
        let bare = path.split('#').next().unwrap_or_default().to_owned();
        if bare.starts_with("/sign") || !seen.insert(bare.clone()) {
            continue;
        }
        let reply = visitor.get(&bare);
        look(&bare, &reply);
        if header(&reply, "content-type").starts_with("text/html") {
            next.extend(links(&reply.text));
        }
    }
    seen.len()
}

/// Everything that the router knows, with what could stand in its addresses, and what readers may ask.
fn addresses() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (path, _) in routes().filter(|(path, _)| !path.starts_with("/sign")) {
        let names = [
            "zzrestricted-9",
            "zzrestricted",
            "INC-1",
            "L1",
            "K1",
            "A2",
            "zzrestricted-9.svg",
            "l1-read-curve.svg",
            "l1-read-curve.png",
            "door",
            "cloudevent",
            "ZZRESTRICTED-9",
            "%7Azrestricted-9",
            "https%3A%2F%2Fwiki.example.org%2Fpm%2Fzzrestricted",
            "..%2Fsummary.json",
        ];
        match path.split_once('{') {
            None => all.push(path.to_owned()),
            Some((before, _)) => all.extend(names.iter().map(|name| format!("{before}{name}"))),
        }
    }
    for sort in ["sign", "newest", "oldest", "links", "title"] {
        for page in ["1", "2", "999"] {
            for q in ["", TAG, "vault"] {
                all.push(format!("/writeups?q={q}&sort={sort}&page={page}"));
            }
        }
    }
    all.push("/reviews?page=2".to_owned());
    for table in [
        "writeups", "reviews", "numbers", "series", "slices", "health",
    ] {
        for form in ["json", "csv", "parquet"] {
            all.push(format!("/api/v1/{table}?format={form}"));
        }
    }
    all
}

#[test]
fn whoever_may_not_see_it_finds_it_nowhere() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file(
        "readback.toml",
        "[access]\nmode = \"password\"\n[organisation]\nname = \"Example\"\n",
    );
    let file = home.file("events.ndjson", events());
    home.done(&["import", "events", &file]);
    typed(&home, &["add", "vera", "--role", "viewer"], PASSWORD);
    typed(
        &home,
        &["add", "lou", "--role", "viewer", "--restricted"],
        PASSWORD,
    );
    typed(&home, &["add", "cleo", "--role", "coordinator"], PASSWORD);
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/pages", 200);
    let mut vera = Visitor::of(served.address());
    let mut cleo = vera.anew();
    let mut lou = vera.anew();
    for (visitor, name) in [(&mut vera, "vera"), (&mut cleo, "cleo"), (&mut lou, "lou")] {
        assert_eq!(
            visitor.sign_in(name, PASSWORD).status,
            303,
            "{name}: {}",
            served.log()
        );
    }

    let mut pages = 0;
    let looked = walk(&mut vera, addresses(), |path, reply| {
        clean(path, reply);
        assert!(reply.status < 500, "{path}: {reply:?}");
        pages += usize::from(reply.status == 200);
    });
    assert!(looked > 150 && pages > 60, "{looked}, {pages}");
    // What is hidden answers like what is not there.
    let of = |visitor: &mut Visitor, id: &str| {
        let reply = visitor.get(&format!("/writeups/{id}"));
        (reply.status, reply.text)
    };
    assert_eq!(
        of(&mut vera, "zzrestricted-9"),
        of(&mut vera, "zznothing-9")
    );
    let found = |visitor: &mut Visitor, word: &str| {
        let reply = visitor.get(&format!("/writeups?q={word}"));
        reply.text.replace(word, "WORD")
    };
    assert_eq!(
        found(&mut vera, "zzrestricted"),
        found(&mut vera, "zznothing")
    );
    let summary = |visitor: &mut Visitor| {
        let reply = visitor.get("/summary.json");
        serde_json::from_str::<serde_json::Value>(&reply.text).expect("JSON")
    };
    let (open, full) = (summary(&mut vera), summary(&mut cleo));
    let count =
        |summary: &serde_json::Value, list: &str| summary[list].as_array().expect("a list").len();
    assert_eq!(open["organisation"]["writeups"], 2);
    assert_eq!(full["organisation"]["writeups"], 3);
    assert_eq!((count(&open, "writeups"), count(&full, "writeups")), (2, 3));
    assert_eq!((count(&open, "reviews"), count(&full, "reviews")), (2, 3));
    // Numbers over everything are the same for both, and the page of definitions says so.
    assert_eq!(open["indicators"], full["indicators"]);
    let said = vera.get("/definitions").text;
    assert!(said.contains("count restricted write-ups, too"), "{said}");

    for (visitor, name) in [(&mut cleo, "cleo"), (&mut lou, "lou")] {
        let list = visitor.get("/writeups").text;
        assert!(
            list.contains("zzoutage") && list.contains(">restricted</span>"),
            "{name}: {list}"
        );
        let page = visitor.get("/writeups/zzrestricted-9");
        assert!(
            page.status == 200 && page.text.contains(">restricted</span>"),
            "{name}: {page:?}"
        );
        let reviews = visitor.get("/reviews").text;
        assert!(reviews.contains("zzoutage"), "{name}: {reviews}");
    }
    // A report is for everybody.
    served.stop();
    home.done(&["report", "--out", "out"]);
    for (path, bytes) in super::binary::contents(&home.path("out")) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for marker in MARKERS {
            assert!(!text.contains(marker), "{marker} in {}", path.display());
        }
    }
    let shown = home.done(&["audit", "show"]);
    assert!(
        shown.out.contains("account-added") && shown.out.contains("signed-in  3 times"),
        "{shown:?}"
    );
    assert!(
        shown.out.contains("restricted-seen  3 times"),
        "two pages, one summary: {shown:?}"
    );
    for name in ["vera", "lou", "cleo", "127.0.0.1"] {
        assert!(!shown.out.contains(name), "{shown:?}");
    }
    let shown = home.done(&["audit", "show", "--json", "--since", "2100-01-01"]);
    assert_eq!(shown.out, "{\n  \"changes\": [],\n  \"days\": []\n}\n");
}

/// Looks at everything as somebody who may not see it, and at what leads there.
fn hidden(visitor: &mut Visitor) {
    let mut pages = 0;
    walk(visitor, addresses(), |path, reply| {
        clean(path, reply);
        pages += usize::from(reply.status == 200);
    });
    assert!(pages > 60, "{pages}");
}

/// Whether the list, the reviews, the numbers, its own page and that of links show it.
fn seen(visitor: &mut Visitor) -> [bool; 5] {
    let paths = [
        "/writeups",
        "/reviews",
        "/summary.json",
        "/writeups/zzrestricted-9",
        "/links",
    ];
    paths.map(|path| visitor.get(path).text.contains("zzoutage"))
}

#[test]
fn what_becomes_restricted_is_hidden_from_the_next_request_on() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file(
        "readback.toml",
        "[access]\nmode = \"password\"\n[organisation]\nname = \"Example\"\n",
    );
    let open = events().replace("\"restricted\":true", "\"restricted\":false");
    let file = home.file("events.ndjson", open);
    home.done(&["import", "events", &file]);
    for (name, role) in [("vera", "viewer"), ("cleo", "coordinator")] {
        typed(&home, &["add", name, "--role", role], PASSWORD);
    }
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/pages", 200);
    let mut vera = Visitor::of(served.address());
    let mut cleo = vera.anew();
    for (visitor, name) in [(&mut vera, "vera"), (&mut cleo, "cleo")] {
        assert_eq!(visitor.sign_in(name, PASSWORD).status, 303, "{name}");
    }
    let summary = |visitor: &mut Visitor| visitor.get("/summary.json").json();
    let before = summary(&mut vera);
    assert_eq!(seen(&mut vera), [true; 5]);

    // Another process says it; the next request knows, and no report was made meanwhile.
    let said = home.done(&["writeups", "add", "zzrestricted-9", "--restricted"]);
    assert!(said.err.contains("hide it from now on"), "{said:?}");
    let after = summary(&mut vera);
    assert_eq!(seen(&mut vera), [false; 5]);
    hidden(&mut vera);
    assert_eq!(after["as_of"], before["as_of"]);
    assert_eq!(after["organisation"]["writeups"], 2);
    // Numbers over everything are what they were: no two looks differ by this write-up alone.
    // K4 names its nodes, and so one less.
    let numbers = |summary: &serde_json::Value| {
        let mut all = summary["indicators"].clone();
        all["K4"].take();
        all
    };
    assert_eq!(numbers(&after), numbers(&before));
    let graph = &after["indicators"]["K4"]["results"]["graph"];
    assert_eq!(
        graph["nodes"],
        before["indicators"]["K4"]["results"]["graph"]["nodes"]
    );
    // What leaves by other ways is as old as the last report, so that the next does not wait.
    served.until("/readyz/pages", 200);
    let since = std::time::Instant::now();
    while summary(&mut vera)["as_of"] == before["as_of"] {
        assert!(
            since.elapsed() < super::served::PATIENCE,
            "{}",
            served.log()
        );
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    hidden(&mut vera);
    // Whoever may see it sees the mark, and that is written down.
    let page = cleo.get("/writeups/zzrestricted-9");
    assert!(
        page.status == 200 && page.text.contains(">restricted</span>"),
        "{page:?}"
    );
    let shown = home.done(&["audit", "show"]);
    assert!(shown.out.contains("restricted-seen  1 times"), "{shown:?}");

    // Opened again it is there, and closed over the API it is gone before it is loaded.
    home.done(&["writeups", "add", "zzrestricted-9", "--restricted", "false"]);
    served.stop();
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/pages", 200);
    let (mut vera, mut cleo) = (Visitor::of(served.address()), Visitor::of(served.address()));
    for (visitor, name) in [(&mut vera, "vera"), (&mut cleo, "cleo")] {
        assert_eq!(visitor.sign_in(name, PASSWORD).status, 303, "{name}");
    }
    assert_eq!(seen(&mut vera), [true; 5]);
    let head = format!("Origin: http://{}\r\n", served.address());
    let mut say = |restricted: bool| {
        let body = json!({ "restricted": restricted }).to_string();
        let reply = cleo.ask(
            "POST",
            "/v1/writeups/zzrestricted-9",
            &head,
            body.as_bytes(),
        );
        assert_eq!(reply.status, 202, "{reply:?}");
    };
    say(true);
    assert_eq!(seen(&mut vera), [false; 5]);
    hidden(&mut vera);
    served.stop();
}

#[test]
fn what_becomes_restricted_leaves_the_pages() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let open = events().replace("\"restricted\":true", "\"restricted\":false");
    let file = home.file("events.ndjson", open);
    home.done(&["import", "events", &file]);
    home.done(&["report", "--out", "out", "--as-of", "2026-07-01"]);
    let before = std::fs::read_to_string(home.path("out/summary.json")).expect("a summary");
    assert!(before.contains("zzoutage"));
    std::fs::write(home.path("before.json"), before).expect("a file");
    home.done(&["writeups", "add", "zzrestricted-9", "--restricted"]);
    home.done(&[
        "report",
        "--out",
        "out",
        "--as-of",
        "2026-07-02",
        "--since",
        "before.json",
    ]);
    for (path, bytes) in super::binary::contents(&home.path("out")) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for marker in MARKERS {
            assert!(
                !text.contains(marker),
                "{marker} in {}: {}",
                path.display(),
                around(&text, marker)
            );
        }
    }
}
