//! What coordinators and admins may do beside looking, through the real program: the registry over the
//! API and by forms, files, the audit log. A viewer may nothing of it, and a page of elsewhere neither.

use std::io::Write as _;

use serde_json::{Value, json};

use super::access_commands::typed;
use super::binary::Home;
use super::doorway::{MAIL, nobody_in};
use super::served::{PATIENCE, Reply, Served};
use super::visitor::{Visitor, field, header, unscripted};
use super::way::event;

const PASSWORD: &str = "correct horse battery";
const EVIL: &str = "Origin: http://evil.example.org\r\n";

fn home() -> Option<Home> {
    let home = Home::with_engine()?;
    home.file(
        "readback.toml",
        "[access]\nmode = \"password\"\n[organisation]\nname = \"Example\"\n",
    );
    Some(home)
}

fn account(home: &Home, served: &Served, name: &str, role: &str) -> Visitor {
    typed(home, &["add", name, "--role", role], PASSWORD);
    let mut visitor = Visitor::of(served.address());
    assert_eq!(visitor.sign_in(name, PASSWORD).status, 303, "{name}");
    visitor
}

/// Sends JSON as a script of a page of this server would, or from elsewhere.
fn says(visitor: &mut Visitor, from: &str, path: &str, body: &Value) -> Reply {
    let head = format!("{from}Content-Type: application/json\r\n");
    visitor.ask("POST", path, &head, body.to_string().as_bytes())
}

fn own(served: &Served) -> String {
    format!("Origin: http://{}\r\n", served.address())
}

/// Asks until something is there: what is said counts when it is loaded.
pub(crate) fn until(visitor: &mut Visitor, path: &str, done: impl Fn(&Reply) -> bool) -> Reply {
    let since = std::time::Instant::now();
    loop {
        let reply = visitor.get(path);
        if done(&reply) {
            return reply;
        }
        assert!(since.elapsed() < PATIENCE, "{path}: {reply:?}");
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
}

#[test]
fn each_role_may_what_it_may() {
    let Some(home) = home() else { return };
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/engine", 200);
    let mut vera = account(&home, &served, "vera", "viewer");
    let mut cleo = account(&home, &served, "cleo", "coordinator");
    let mut lea = account(&home, &served, "lea", "admin");
    let here = own(&served);

    // Nobody who has not signed in, no viewer.
    let mut nobody = vera.anew();
    for (method, path) in [
        ("GET", "/v1/writeups"),
        ("GET", "/v1/writeups/unregistered"),
        ("GET", "/v1/writeups/INC-1"),
        ("POST", "/v1/writeups/INC-1"),
        ("POST", "/v1/writeups/INC-1/merge"),
        ("POST", "/v1/writeups/INC-1/split"),
        ("POST", "/v1/writeups/INC-1/retire"),
        ("POST", "/v1/imports/events"),
    ] {
        let reply = nobody.ask(method, path, &here, b"{}");
        assert_eq!(reply.status, 401, "{method} {path}: {reply:?}");
        let reply = vera.ask(method, path, &here, b"{}");
        assert_eq!(reply.status, 403, "{method} {path}: {reply:?}");
        assert_eq!(header(&reply, "content-type"), "application/problem+json");
        assert!(reply.text.contains("the role coordinator"), "{reply:?}");
    }
    for path in ["/registry", "/audit"] {
        assert_eq!(nobody.get(path).status, 303, "{path}");
        let reply = vera.get(path);
        assert_eq!(reply.status, 403, "{path}");
        assert!(reply.text.contains("this takes the role"), "{reply:?}");
    }
    // Whoever sent a form is told by a page.
    for path in ["/registry", "/registry/import"] {
        let fields = [("do", "register")];
        for (reply, status, words) in [
            (vera.send(path, &fields), 403, "this takes the role"),
            (nobody.send(path, &fields), 401, "href=\"/signin\""),
            (
                cleo.send_from(EVIL, path, &fields),
                403,
                "not sent from a page of this server",
            ),
        ] {
            assert_eq!(reply.status, status, "{path}: {reply:?}");
            assert!(header(&reply, "content-type").starts_with("text/html"));
            assert!(
                reply.text.contains("<h1>This was not done</h1>"),
                "{reply:?}"
            );
            assert!(reply.text.contains(words), "{reply:?}");
        }
    }
    for path in [
        "/registry?q=a&q=b",
        "/registry?page=1&page=2",
        "/writeups?q=a&q=b",
    ] {
        let reply = cleo.get(path);
        assert_eq!(reply.status, 400, "{path}: {reply:?}");
        assert!(
            reply.text.contains("<h1>This was not done</h1>"),
            "{reply:?}"
        );
        assert!(
            reply.text.contains("each name stands there once"),
            "{reply:?}"
        );
    }

    // A coordinator over the API, but not led there by somebody else's page.
    let body = json!({ "title": "Disk full", "published_at": "2026-03-01T00:00:00Z" });
    for from in [EVIL, "", "Sec-Fetch-Site: cross-site\r\n"] {
        let reply = says(&mut cleo, from, "/v1/writeups/INC-1", &body);
        assert_eq!(reply.status, 403, "{from}: {reply:?}");
    }
    let reply = says(&mut cleo, &here, "/v1/writeups/INC-1", &body);
    assert_eq!(
        (reply.status, reply.json()["accepted"].clone()),
        (202, json!(1))
    );
    let one = until(&mut cleo, "/v1/writeups/INC-1", |reply| reply.status == 200);
    assert_eq!(one.json()["title"], "Disk full");

    // The same by forms.
    let page = cleo.get("/registry");
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("Disk full") && page.text.contains("2026-03-01"));
    assert_eq!(header(&page, "referrer-policy"), "same-origin");
    let form = field(&page.text, "form");
    let fill = |form: &str, fields: &[(&str, &str)]| {
        let mut all = vec![("form".to_owned(), form.to_owned())];
        all.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        all
    };
    let send = |visitor: &mut Visitor, from: &str, form: &str, fields: &[(&str, &str)]| {
        let all = fill(form, fields);
        let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        visitor.send_from(from, "/registry", &all)
    };
    let register = [
        ("do", "register"),
        ("id", "INC-2"),
        ("title", "<b>Queue</b>"),
        ("published", "2026-03-02"),
        ("target", "https://wiki.example.org/2"),
        ("team", "payments"),
    ];
    for (from, form) in [(EVIL, &*form), (&*here, "x"), (&*here, "")] {
        assert_eq!(send(&mut cleo, from, form, &register).status, 403);
    }
    let done = send(&mut cleo, &here, &form, &register);
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(header(&done, "location"), "/registry?said=INC%2D2");
    // It is there when the browser asks.
    let page = cleo.get("/registry?said=INC%2D2");
    assert!(page.text.contains("&lt;b&gt;Queue"), "{page:?}");
    assert!(
        page.text.contains("What you said of INC-2 stands"),
        "{page:?}"
    );
    // Not what somebody wrote into a link.
    for other in ["zzanything", "INC-2%20and%20your%20password", "inc-2"] {
        let page = cleo.get(&format!("/registry?said={other}"));
        assert!(
            page.status == 200 && !page.text.contains("What you said"),
            "{page:?}"
        );
    }
    assert!(!page.text.contains("<b>Queue") && page.text.contains("payments"));
    for (fields, status, words) in [
        (
            &[("do", "alias"), ("id", "INC-2"), ("target", "queue.md")][..],
            303,
            "",
        ),
        (
            &[("do", "retire"), ("id", "INC-2"), ("at", "2026-04-01")],
            303,
            "",
        ),
        (&[("do", "restrict"), ("id", "INC-2")], 303, ""),
        (&register, 409, "registered already"),
        (
            &[("do", "alias"), ("id", "INC-1"), ("target", " * ")],
            422,
            "is empty",
        ),
        (
            &[("do", "alias"), ("id", "INC-1"), ("target", "https://*")],
            422,
            "stands for too much",
        ),
        (
            &[("do", "retire"), ("id", "INC-1"), ("at", "2199-01-01")],
            422,
            "in the future",
        ),
        (
            &[("do", "unalias"), ("id", "INC-1"), ("target", "nothing")],
            400,
            "no name of it",
        ),
        (
            &[("do", "merge"), ("id", "INC-1"), ("into", "INC-9")],
            404,
            "no write-up",
        ),
        (&[("do", "split"), ("id", "INC-1")], 409, "nothing to split"),
        (&[("do", "unretire"), ("id", "INC-1")], 409, "not retired"),
        (
            &[("do", "retire"), ("id", "INC-1"), ("at", "soon")],
            400,
            "no date",
        ),
        (
            &[("do", "retire"), ("id", "INC-1"), ("at", "2025-01-01")],
            422,
            "before",
        ),
        (
            &[("do", "open"), ("id", "INC-9")],
            404,
            "no write-up has this name",
        ),
        (&[("do", "dance"), ("id", "INC-1")], 400, "valid are"),
        (&[("do", "register"), ("id", MAIL)], 400, "mail address"),
    ] {
        let reply = send(&mut cleo, &here, &form, fields);
        assert_eq!(reply.status, status, "{fields:?}: {reply:?}");
        assert!(reply.text.contains(words), "{fields:?}: {reply:?}");
        nobody_in("an answer", reply.text.as_bytes());
    }
    // Whatever is typed is refused or a text.
    for typed in [
        "<script>zzx7</script>",
        "\"><svg onload=zzx7>",
        "'; DROP TABLE landing_writeup; --",
        "../../../etc/passwd",
        "\u{0}",
        "x\r\nX-Injected: zzx7",
        "javascript:zzx7",
        "\u{202e}\u{feff}",
        &"A".repeat(70_000),
    ] {
        for act in ["register", "alias", "retire", "restrict", "open", typed] {
            let fields = [
                ("do", act),
                ("id", typed),
                ("title", typed),
                ("target", typed),
                ("at", typed),
                ("published", "2026-03-02"),
            ];
            let reply = send(&mut cleo, &here, &form, &fields);
            let expected = [303, 400, 404, 409, 413, 422];
            assert!(expected.contains(&reply.status), "{fields:?}: {reply:?}");
            assert!(header(&reply, "x-injected").is_empty(), "{reply:?}");
            let said = header(&reply, "location").to_owned();
            let page = if said.is_empty() {
                reply
            } else {
                cleo.get(&said)
            };
            for raw in ["<script", "<svg", "href=\"javascript:"] {
                assert!(!unscripted(&page.text).contains(raw), "{raw}: {page:?}");
            }
        }
    }
    let page = cleo.get("/registry?q=QUEUE.md").text;
    assert!(page.contains("retired 2026-04-01") && page.contains(">restricted</span>"));
    assert!(page.contains("queue.md") && !page.contains("Disk full"));
    // What can be said can be taken back, by forms that stand there.
    for (fields, words, gone) in [
        (
            &[("do", "unretire"), ("id", "INC-2")][..],
            "value=\"retire\"",
            "retired 2026-04-01",
        ),
        (
            &[("do", "unalias"), ("id", "INC-2"), ("target", "queue.md")],
            "Take the name away",
            "<option value=\"queue.md\"",
        ),
        (
            &[("do", "merge"), ("id", "INC-2"), ("into", "INC-1")],
            "Split off INC-2",
            "<span class=\"id\">INC-2",
        ),
        (
            &[("do", "split"), ("id", "INC-2")],
            "<span class=\"id\">INC-2",
            "Split off INC-2",
        ),
    ] {
        let done = send(&mut cleo, &here, &form, fields);
        assert_eq!(done.status, 303, "{fields:?}: {done:?}");
        let page = cleo.get("/registry?q=INC-").text;
        assert!(
            page.contains(words) && !page.contains(gone),
            "{fields:?}: {page}"
        );
    }

    // A wiki may say that a page goes on a day to come.
    let data = json!({ "title": "Later", "deleted_at": "2199-01-02T00:00:00Z" });
    let later = event("writeup", "later", "INC-8", "2026-03-02T09:00:00Z", data);
    let taken = cleo.ask("POST", "/v1/imports/events", &here, later.as_bytes());
    assert_eq!(taken.status, 200, "{taken:?}");
    let page = cleo.get("/registry?q=INC-8").text;
    assert!(page.contains("retires on 2199-01-02"), "{page}");

    // Only admins see what was done, and nobody's name.
    assert_eq!(cleo.get("/audit").status, 403);
    let log = lea.get("/audit");
    assert_eq!(log.status, 200);
    for words in [
        "registry changed",
        "signed in",
        "account added",
        "registered INC-2",
        "more names of INC-2",
        "fewer names of INC-2",
        "retired INC-2",
        "took back the retirement of INC-2",
        "restricted INC-2",
        "merged INC-2 into INC-1",
        "split off INC-2",
    ] {
        assert!(log.text.contains(words), "{words}: {log:?}");
    }
    // What is told by the day stands behind all with an hour, and not in the order of hours.
    let rows = log.text.split("<tr><td>").skip(1);
    let at = rows.map(|row| row.split("</td>").next().expect("when"));
    let at: Vec<_> = at
        .map(|at| (std::cmp::Reverse(&at[..10]), !at.contains('T')))
        .collect();
    assert!(!at[0].1 && at.is_sorted(), "{at:?}");
    for name in ["vera", "cleo", "lea<", "127.0.0.1"] {
        assert!(!log.text.contains(name), "{name}: {log:?}");
    }
    let shown = home.done(&["audit", "show", "--json"]);
    let shown: Value = serde_json::from_str(&shown.out).expect("JSON");
    let changes = shown["changes"].as_array().expect("a list").iter();
    let by_cleo: Vec<&Value> = changes
        .filter(|one| one["act"] == "registry-changed")
        .collect();
    assert!(by_cleo.len() >= 5, "{shown}");
    let marks = by_cleo.iter().map(|one| one["who"].as_str().map(str::len));
    assert!(
        marks.into_iter().all(|length| length == Some(32)),
        "{shown}"
    );

    // The navigation leads where each may go.
    served.until("/readyz/pages", 200);
    let nav = |visitor: &mut Visitor| {
        let page = visitor.get("/definitions").text.replace("&#x2f;", "/");
        assert!(page.contains("not logged, but for looks at restricted write-ups"));
        [
            page.contains("href=\"/registry\""),
            page.contains("href=\"/audit\""),
        ]
    };
    assert_eq!(nav(&mut vera), [false, false]);
    assert_eq!(nav(&mut cleo), [true, false]);
    assert_eq!(nav(&mut lea), [true, true]);
    let privacy = vera.get("/privacy").text;
    for words in [
        "access.json",
        "looks at restricted write-ups",
        "kept for 365 days",
    ] {
        assert!(privacy.contains(words), "{words}: {privacy}");
    }
    served.stop();
}

fn reads(n: usize) -> String {
    let each = (0..n).map(|n| {
        let data = json!({ "person": format!("{n}.{MAIL}") });
        let time = "2026-03-02T09:00:00Z";
        event(
            "read",
            &format!("r{n}"),
            "https://wiki.example.org/new",
            time,
            data,
        )
    });
    each.collect::<Vec<_>>().join("\n") + "\n"
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text.as_bytes()).expect("a vector");
    packer.finish().expect("a vector")
}

#[test]
fn files_come_by_coordinators_and_tokens() {
    let Some(home) = home() else { return };
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/engine", 200);
    let mut cleo = account(&home, &served, "cleo", "coordinator");
    let mut lea = account(&home, &served, "lea", "admin");
    let here = own(&served);
    let mut brings = |path: &str, head: &str, body: &[u8]| {
        let reply = cleo.ask("POST", path, &format!("{here}{head}"), body);
        nobody_in(path, reply.text.as_bytes());
        reply
    };

    let file = reads(7);
    let dry = brings("/v1/imports/events?dry_run=true", "", file.as_bytes());
    assert_eq!(
        (dry.status, dry.json()["accepted"].clone()),
        (200, json!(7))
    );
    let packed = "Content-Encoding: gzip\r\n";
    let wrong = format!("{{\"no\": 1}}\n{file}");
    for (head, body) in [
        ("", file.clone().into_bytes()),
        ("", gzip(&file)),
        (packed, gzip(&wrong)),
    ] {
        let receipt = brings("/v1/imports/events", head, &body);
        assert_eq!(receipt.status, 200, "{receipt:?}");
        let receipt = receipt.json();
        assert_eq!(receipt["events"], json!({ "read": 7 }), "{receipt}");
        assert_eq!(receipt["rejected"], u64::from(head == packed));
        let told = receipt["problems"].as_array().expect("a list");
        assert_eq!(
            told.first().map(|one| one["place"].clone()),
            (head == packed).then(|| json!("line 1"))
        );
    }
    // Seven reads once, whatever was sent again; nothing of the dry run was.
    let targets = brings("/v1/imports/events", "", b"");
    assert_eq!(targets.json()["accepted"], 0);
    let unknown = until(&mut lea, "/v1/writeups/unregistered", |reply| {
        reply.json()["total"] == 1
    });
    assert_eq!(unknown.json()["targets"][0]["events"], json!({ "read": 7 }));

    let csv = format!("meeting,person,start\nm1,{MAIL},2026-03-02T09:00\n");
    for (path, body, status, words) in [
        ("/v1/imports/nothing", &*file, 404, "attendance-csv"),
        ("/v1/imports/mediawiki", &file, 404, "no such kind of file"),
        ("/v1/imports/access-log", &file, 400, "base"),
        ("/v1/imports/events?zzparam=1", &file, 400, "zzparam"),
        ("/v1/imports/events?dry_run=2", &file, 400, "dry_run"),
        (
            "/v1/imports/github?secret_file=%2Fetc%2Fpasswd",
            &file,
            400,
            "secret_file",
        ),
        (
            "/v1/imports/events?source=zzmail.marker%40people.example.org",
            &file,
            400,
            "source: ",
        ),
        ("/v1/imports/events", "{}\n", 400, "nothing was taken"),
        (
            "/v1/imports/icalendar",
            &file,
            400,
            "can't be read as icalendar",
        ),
        (
            "/v1/imports/attendance-csv?timezone=UTC&file=zzmail.marker%40people.example.org.csv",
            &csv,
            200,
            "\"attendance\":1",
        ),
    ] {
        let reply = brings(path, "", body.as_bytes());
        assert_eq!(reply.status, status, "{path}: {reply:?}");
        assert!(reply.text.contains(words), "{path}: {reply:?}");
    }
    let reply = brings("/v1/imports/events", "", &vec![b' '; (16 << 20) + 1]);
    assert_eq!(reply.status, 413, "{reply:?}");
    let bomb = gzip(&" ".repeat((16 << 20) + 1));
    assert_eq!(brings("/v1/imports/events", "", &bomb).status, 413);

    // A token brings what it is for, whatever the file says.
    let token = home.done(&["token", "add", "wiki", "--source", "wiki"]);
    let token = format!("Authorization: Bearer {}\r\n", token.out.trim());
    let mut program = lea.anew();
    let mut sends = |path: &str, body: &str| {
        let reply = program.ask("POST", path, &token, body.as_bytes());
        nobody_in(path, reply.text.as_bytes());
        reply
    };
    assert_eq!(sends("/v1/imports/events", &file).status, 403);
    let others = sends("/v1/imports/events?source=wiki", &file);
    assert_eq!(others.status, 400, "events of another source: {others:?}");
    assert!(others.text.contains("the token may not send"), "{others:?}");
    let own_events = file.replace("\"source\":\"test\"", "\"source\":\"wiki\"");
    let taken = sends("/v1/imports/events?source=wiki", &own_events);
    assert_eq!(taken.status, 200, "{taken:?}");

    // By a form, and the receipt as a page.
    let form = field(&cleo.get("/registry").text, "form");
    let part = |name: &str, value: &str| {
        let more = if name == "file" {
            "; filename=\"a.ndjson\""
        } else {
            ""
        };
        format!("--zzb\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let body = |form: &str, file: &str| {
        let parts = [
            part("form", form),
            part("kind", "events"),
            part("source", ""),
            part("file", file),
        ];
        parts.concat() + "--zzb--\r\n"
    };
    let head = format!("{here}Content-Type: multipart/form-data; boundary=zzb\r\n");
    let mut hands = |form: &str, file: &str| {
        let reply = cleo.ask(
            "POST",
            "/registry/import",
            &head,
            body(form, file).as_bytes(),
        );
        nobody_in("a receipt", reply.text.as_bytes());
        (reply.status, reply.text)
    };
    let (status, page) = hands(&form, &wrong);
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("7 events of the kind events") && page.contains("line 1"),
        "{page}"
    );
    let (status, page) = hands(&form, "{}\n");
    assert!(
        status == 400 && page.contains("0 events of the kind events"),
        "{page}"
    );
    assert_eq!(hands("x", &file).0, 403);
    assert_eq!(hands(&form, &file).0, 200);

    let log = lea.get("/audit").text;
    assert!(
        log.contains("file imported") && log.contains("attendance-csv as attendance-csv"),
        "{log}"
    );
    assert!(log.contains("events as wiki, by the token wiki"), "{log}");
    served.stop();
    nobody_in("the log", served_log(&home).as_bytes());
    for (path, bytes) in super::binary::contents(&home.data()) {
        // The engine's own files are looked through elsewhere, by query.
        if !path.components().any(|part| part.as_os_str() == "engine") {
            nobody_in(&path.display().to_string(), &bytes);
        }
    }
}

fn served_log(home: &Home) -> String {
    std::fs::read_to_string(home.path("serve.log")).expect("a log")
}

#[test]
fn where_nobody_signs_in_nobody_changes_anything() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file("readback.toml", "[schedule]\nreport_minutes = 0\n");
    // What stands in a title does nothing to a terminal.
    let title = "Queue\u{1b}[2J\u{9b}31m\u{202e}";
    let told = super::way::event(
        "writeup",
        "w",
        "INC-0",
        "2025-01-06T08:00:00Z",
        json!({ "title": title }),
    );
    let file = home.file("told.ndjson", told);
    home.done(&["import", "events", &file]);
    for command in [&["list"][..], &["list", "--json"], &["show", "INC-0"]] {
        let said = home.done(&[&["writeups"], command].concat());
        assert!(said.out.contains("Queue"), "{said:?}");
        let acts = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!said.out.contains(acts), "{said:?}");
    }
    home.done(&["writeups", "add", "INC-1", "--restricted"]);
    let log = home.done(&["audit", "show"]).out;
    let words = "registered INC-1, restricted INC-1  (command line)";
    assert!(log.contains(words), "{log}");
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/engine", 200);
    let mut visitor = Visitor::of(served.address());
    for path in ["/registry", "/audit"] {
        assert_eq!(visitor.get(path).status, 403, "{path}");
    }
    assert_eq!(visitor.get("/v1/writeups").status, 401);
    let here = own(&served);
    let body = json!({ "title": "x" });
    let taken = says(&mut visitor, &here, "/v1/writeups/INC-2", &body);
    assert_eq!(taken.status, 401, "{taken:?}");
    let fields = [("do", "register"), ("id", "INC-3"), ("form", "")];
    assert_eq!(visitor.send("/registry", &fields).status, 403);
    // Nothing is computed here, and the pages say so.
    for path in ["/", "/writeups", "/summary.json"] {
        let reply = visitor.get(path);
        assert_eq!(reply.status, 503, "{path}");
        assert!(reply.text.contains("readback report --out"), "{reply:?}");
        assert!(!reply.text.contains("http-equiv"), "{reply:?}");
        assert!(!reply.text.contains("/registry"), "{reply:?}");
    }
    served.stop();
}

#[test]
fn readiness_tells_of_sign_in_and_published_tables() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file(
        "readback.toml",
        "[access]\nmode = \"password\"\n[reporting]\ntables = true\n",
    );
    typed(&home, &["add", "vera", "--role", "viewer"], PASSWORD);
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/tables", 200);
    served.until("/readyz/pages", 200);
    let ready = served.until("/readyz", 200).json();
    assert_eq!(
        ready["parts"]["access"],
        json!({ "ok": true, "mode": "password" })
    );
    let accounts = home.data().join("access.json");
    let good = std::fs::read(&accounts).expect("accounts");
    std::fs::write(&accounts, "{").expect("a file");
    assert!(served.why("access").contains("can't be read"));
    assert_eq!(served.get("/readyz").status, 503);
    std::fs::write(&accounts, good).expect("a file");
    served.until("/readyz", 200);
    served.stop();

    // A provider that nobody reaches.
    let home = Home::with_engine().expect("as before");
    home.file(
        "readback.toml",
        "[server]\npublic_url = \"http://localhost:8080\"\n[access]\nmode = \"oidc\"\n\
         issuer = \"http://127.0.0.1:1\"\nclient_id = \"readback\"\nviewer = [\"*\"]\n",
    );
    let served = Served::start(&home, &[], &[]);
    assert_eq!(
        served.why("access"),
        "the OpenID provider does not describe itself"
    );
    let none = served.get("/readyz/tables");
    assert!(
        none.status == 404 && !none.text.contains("tables"),
        "{none:?}"
    );
    served.stop();
}
