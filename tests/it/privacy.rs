//! Nobody's name gets through: markers go in by every source, and are looked for in every column,
//! every file of the data folder, every word and log line, and everything that a report writes.

use std::path::Path;
use std::process::Command;

use readback::engine::{self, Engine};
use serde_json::json;

use super::binary::{Home, Said, contents};
use super::engine::{library, settings};
use super::way::event;

/// An address, an account, a name and a machine that stand nowhere else.
const MARKERS: [&str; 4] = ["zzmail", "zzuser", "zzfull", "203.0.113.77"];
pub(crate) const EMAIL: &str = "ZZmail.Marker@people.example.org";
pub(crate) const ACCOUNT: &str = "zzuser";
pub(crate) const NAME: &str = "Zzfull Marker";
pub(crate) const IP: &str = "203.0.113.77";
pub(crate) const PAGE: &str = "https://wiki.example.org/pm/a";
pub(crate) const TIME: &str = "2025-03-04T15:00:00Z";

pub(crate) fn clean(what: &str, text: &[u8]) {
    let text = String::from_utf8_lossy(text).to_lowercase();
    for marker in MARKERS {
        if let Some(at) = text.find(marker) {
            let around = text.get(at.saturating_sub(80)..(at + 40).min(text.len()));
            panic!("{marker} in {what}: {around:?}");
        }
    }
}

fn quiet(said: &Said, what: &str) {
    clean(what, said.out.as_bytes());
    clean(what, said.err.as_bytes());
}

/// Events of every kind that can name somebody, and lines that are refused.
pub(crate) fn events() -> String {
    let of = |kind: &str, id: &str, data| event(kind, id, PAGE, TIME, data);
    let about = |target: &str| event("read", target, target, TIME, json!({}));
    let good = [
        of(
            "writeup",
            "w",
            json!({ "id": "a", "url": PAGE, "title": "A", "published_at": "2025-01-01T00:00:00Z",
            "words": 100, "contributors": [EMAIL], "responders": [ACCOUNT, NAME],
            "reviewers": [EMAIL], "facilitators": [NAME, ACCOUNT], "merged_into": EMAIL,
            "alias_validity": [{ "alias": EMAIL, "from": TIME },
                { "alias": format!("https://{ACCOUNT}:pw@wiki.example.org/pm/old"), "to": TIME }] }),
        ),
        of(
            "writeup",
            "w2",
            json!({ "id": format!("https://{ACCOUNT}:pw@wiki.example.org/pm/c"), "title": "C",
            "published_at": "2025-01-01T00:00:00Z", "template": EMAIL, "owner_team": IP,
            "tags": ["dns", EMAIL, IP, EMAIL.replace('@', "%40"), EMAIL.replace('@', "\u{ff20}")] }),
        ),
        of(
            "read",
            &format!("read by {EMAIL}"),
            json!({ "person": EMAIL, "session": EMAIL }),
        ),
        of(
            "read",
            "r1",
            json!({ "team": IP, "agent": IP, "arrival": EMAIL.replace('@', "%40") }),
        ),
        of("read", "r2", json!({ "person": ACCOUNT })),
        of("read", "r3", json!({ "person": NAME })),
        of("read", "r4", json!({ "person": IP })),
        of(
            "attendance",
            "a1",
            json!({ "meeting": format!("1:1 with {NAME}"), "person": EMAIL, "via": EMAIL, "present_s": 900 }),
        ),
        of("comment", "c1", json!({ "person": NAME, "parent": EMAIL })),
        of("edit", "e1", json!({ "person": ACCOUNT })),
        of("link", "l1", json!({ "person": EMAIL, "place": "chat" })),
        of(
            "writeup",
            "w3",
            json!({ "id": "d", "url": format!("https://wiki.example.org/display/~{ACCOUNT}/d"),
            "aliases": [format!("https://wiki.example.org/users/{EMAIL}"), format!("shop:{EMAIL}/d.md")],
            "alias_validity": [
                { "alias": format!("https://wiki.example.org/wiki/User:{ACCOUNT}/d"), "from": TIME }] }),
        ),
        of(
            "link",
            "l2",
            json!({ "place": "docs", "source": format!("https://wiki.example.org/a?author={ACCOUNT}") }),
        ),
        event(
            "person",
            EMAIL,
            EMAIL,
            TIME,
            json!({ "aliases": [ACCOUNT, NAME] }),
        ),
        about(&format!("https://wiki.example.org/user/{ACCOUNT}#{EMAIL}")),
        about(&format!("https://wiki.example.org/pm/a#{EMAIL}")),
        about(&format!(
            "https://wiki.example.org/a/{}/b?q=1",
            EMAIL.replace('@', "%40")
        )),
        about(&format!("https://wiki.example.org/%75ser/{ACCOUNT}")),
        about(&format!(
            "https://wiki.example.org/display/~{ACCOUNT}/Overflow"
        )),
        about(&format!(
            "https://wiki.example.org/index.php?title=User_talk:{ACCOUNT}"
        )),
        about(&format!(
            "https://wiki.example.org/x?back=%2F~{ACCOUNT}&login={ACCOUNT}"
        )),
        about(&format!("shop:people/{EMAIL}/a.md")),
        event(
            "person",
            ACCOUNT,
            "",
            TIME,
            json!({ "person": NAME, "kind": "person" }),
        ),
    ];
    let by_mail = format!("mailto:{EMAIL}");
    let sent_by = |source: &str| {
        let read = of("read", "x5", json!({}));
        let mut read: serde_json::Value = serde_json::from_str(&read).expect("JSON");
        read["source"] = json!(source);
        read.to_string()
    };
    let bad = [
        sent_by(EMAIL),
        sent_by(&by_mail),
        sent_by(&format!("https://{ACCOUNT}@feeds.example.org/")),
        event("read", "x6", EMAIL, TIME, json!({})),
        event("comment", "x7", &by_mail, TIME, json!({})),
        of("writeup", "x8", json!({ "id": EMAIL })),
        of(
            "coverage",
            "x9",
            json!({ "kind": "read", "scope": EMAIL, "from": TIME }),
        ),
        of("read", "x1", json!({ "person": EMAIL, "scroll": 7 })),
        of("read", "x2", json!({ "person": { "name": NAME } })),
        of(
            "writeup",
            "x3",
            json!({ "contributors": [[EMAIL]], "responders": NAME, "reviewers": NAME,
                "facilitators": [{ "name": NAME }], "marks": EMAIL, "alias_validity": [EMAIL],
                "merged_into": [EMAIL] }),
        ),
        event(
            "person",
            EMAIL,
            EMAIL,
            TIME,
            json!({ "kind": "ghost", "aliases": { "a": ACCOUNT } }),
        ),
        of("comment", EMAIL, json!({ "person": NAME, "words": -1 })),
        format!("{{\"specversion\": \"1.0\", \"data\": {{\"person\": \"{EMAIL}\""),
    ];
    let lines: Vec<String> = good.into_iter().chain(bad).collect();
    lines.join("\n") + "\n"
}

fn access_log() -> String {
    let line = |host: &str, user: &str, rest: &str| {
        format!("{host} - {user} [04/Mar/2025:15:00:00 +0000] {rest}\n")
    };
    [
        line(
            IP,
            ACCOUNT,
            "\"GET /pm/a HTTP/1.1\" 200 12 \"-\" \"Mozilla/5.0\"",
        ),
        line(
            IP,
            EMAIL,
            "\"GET /pm/a HTTP/1.1\" 200 12 \"https://mail.example.org/?to=zzmail\" \"Mozilla/5.0\"",
        ),
        line(
            IP,
            "-",
            &format!(
                "\"GET /display/~{ACCOUNT}/a?user={EMAIL} HTTP/1.1\" 200 12 \"-\" \"Mozilla/5.0\""
            ),
        ),
        line(IP, ACCOUNT, "\"GET /pm/a HTTP/1.1\" two hundred"),
        line(IP, EMAIL, "\"GET /pm/a"),
        format!("{IP} {EMAIL} {NAME}\n"),
    ]
    .concat()
}

fn attendance() -> String {
    format!(
        "meeting,writeup,person,role,start,meeting_minutes,present_minutes\n\
         m1,{PAGE},{EMAIL},CHAIR,2025-03-04T15:00:00Z,60,60\n\
         m1,{PAGE},{NAME},REQ-PARTICIPANT,2025-03-04T15:00:00Z,60,60\n\
         m1,{PAGE},{ACCOUNT},{NAME},2025-03-04T15:00:00Z,60,60\n\
         m1,{PAGE},{ACCOUNT},,2025-03-04T15:00:00Z,{EMAIL},60\n\
         m1,{PAGE},{ACCOUNT},,{NAME},60,60\n"
    )
}

fn calendar() -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\nBEGIN:VEVENT\r\nUID:u1@example.org\r\n\
         DTSTAMP:20250301T000000Z\r\nDTSTART:20250304T150000Z\r\nDTEND:20250304T160000Z\r\n\
         SUMMARY:Incident review with {NAME}\r\nDESCRIPTION:{PAGE}\\nAsk {EMAIL}\r\n\
         ORGANIZER;CN=\"{NAME}\":mailto:{EMAIL}\r\n\
         ATTENDEE;CN=\"{NAME}\";PARTSTAT=ACCEPTED:mailto:{EMAIL}\r\n\
         ATTENDEE;CN=\"{NAME}\";ROLE=OPT-PARTICIPANT:urn:{ACCOUNT}\r\n\
         END:VEVENT\r\nBEGIN:VEVENT\r\nUID:{EMAIL}\r\nDTSTART:{NAME}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

pub(crate) fn comment() -> String {
    let user = json!({ "login": ACCOUNT, "type": "User", "name": NAME, "email": EMAIL });
    let payload = json!({
        "action": "created",
        "issue": { "id": 7, "number": 7, "html_url": "https://github.com/example/shop/issues/7", "user": user },
        "comment": {
            "id": 101,
            "html_url": "https://github.com/example/shop/issues/7#issuecomment-101",
            "issue_url": "https://api.github.com/repos/example/shop/issues/7",
            "user": user,
            "created_at": TIME,
            "updated_at": TIME,
            "body": format!("{NAME} <{EMAIL}> at {IP} wrote {PAGE}"),
        },
        "repository": { "full_name": "example/shop", "html_url": "https://github.com/example/shop" },
        "sender": user,
    });
    payload.to_string() + "\n"
}

/// Messages that name the marker in every field.
fn chat() -> String {
    let line = json!({ "time": TIME, "channel": NAME, "text": format!("{PAGE} by {NAME}"), "person": ACCOUNT });
    let other =
        json!({ "time": TIME, "channel": EMAIL, "url": PAGE, "person": EMAIL, "id": EMAIL });
    format!("{line}\n{other}\n{{\"time\":\"{NAME}\",\"channel\":\"{IP}\"}}\n")
}

/// A repository whose history names the marker in every place that git has for people.
fn repository(home: &Home) {
    home.file("shop/docs/handbook.md", format!("See {PAGE}\n"));
    home.file(
        "shop/pm/b.md",
        "---\nauthor: Zzfull Marker\nreviewers: [ZZmail.Marker@people.example.org]\n---\n# B\n",
    );
    let message =
        format!("Handbook, for {PAGE}\n\nCo-authored-by: {NAME} <{EMAIL}>\nReported-by: {ACCOUNT}");
    for arguments in [
        &["init", "-q", "-b", "main"][..],
        &["add", "."],
        &["commit", "-q", "-m", &message],
    ] {
        let done = Command::new("git")
            .args(arguments)
            .current_dir(home.path("shop"))
            .env("HOME", home.path("."))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([
                ("GIT_AUTHOR_NAME", NAME),
                ("GIT_AUTHOR_EMAIL", EMAIL),
                ("GIT_AUTHOR_DATE", TIME),
            ])
            .envs([
                ("GIT_COMMITTER_NAME", ACCOUNT),
                ("GIT_COMMITTER_EMAIL", EMAIL),
                ("GIT_COMMITTER_DATE", TIME),
            ])
            .status()
            .expect("git");
        assert!(done.success(), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marker_is_found_nowhere() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let home = home.with("READBACK_LOG", "trace");
    let config = "[privacy]\nk = 1\n\n[[source]]\nid = \"shop\"\nkind = \"git\"\npath = \"shop\"\nwriteups = [\"pm/*.md\"]\n";
    home.file("readback.toml", config);
    repository(&home);
    for (kind, name, text, more) in [
        ("events", "events.ndjson", events(), &[][..]),
        (
            "access-log",
            "access.log",
            access_log(),
            &["-p", "base=https://wiki.example.org"],
        ),
        ("attendance-csv", "attendance.csv", attendance(), &[]),
        ("icalendar", "calendar.ics", calendar(), &[]),
        ("github", "comment.json", comment(), &[]),
        ("chat", "chat.ndjson", chat(), &[]),
    ] {
        let path = home.file(name, text);
        let said = home.done(&[&["import", kind, path.as_str(), "--json"], more].concat());
        quiet(&said, kind);
        let taken: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        let events = taken[0]["events"].as_object().expect("events");
        assert!(!events.is_empty(), "{kind}: {taken:#}");
        if kind == "events" {
            assert_eq!(taken[0]["rejected"], json!(13), "{taken:#}");
        }
    }
    people(&home);
    let said = home.done(&["scan", "--json"]);
    quiet(&said, "scan");
    assert!(said.out.contains("\"link\""), "{}", said.out);
    quiet(
        &home.done(&["report", "--as-of", "2025-12-01", "--json"]),
        "report",
    );
    for (path, bytes) in contents(&home.path("readback-report")) {
        clean(&path.display().to_string(), &bytes);
    }
    let key = home.data().join("key");
    for (path, bytes) in contents(&home.data())
        .iter()
        .filter(|(path, _)| *path != key)
    {
        clean(&path.display().to_string(), bytes);
        clean(
            "a name",
            path.strip_prefix(home.data())
                .expect("below")
                .as_os_str()
                .as_encoded_bytes(),
        );
    }
    columns(&home.data()).await;
}

/// Rosters in every format, right and wrong, and what is said by hand of the people in them.
fn people(home: &Home) {
    let rows = format!(
        "email,github,git,team,from,name\n{EMAIL},{ACCOUNT},{NAME},{EMAIL},,{NAME}\n\
         {EMAIL},,,sre,2025-01-01,\n{NAME},{EMAIL},,,{NAME},\n,,,,,{NAME}\n"
    );
    let ldif = format!(
        "dn: uid={ACCOUNT}\nuid: {ACCOUNT}\nmail: {EMAIL}\ncn: {NAME}\n\ndn: uid={ACCOUNT}\nmail: {NAME}\n{NAME}\n"
    );
    let scim = json!([
        { "userName": ACCOUNT, "displayName": NAME, "emails": [{ "value": EMAIL }] },
        { "userName": ACCOUNT, "active": false, "meta": { "created": NAME } },
        NAME,
    ]);
    let mailmap = format!("{NAME} <{EMAIL}> <{ACCOUNT}@laptop>\n{NAME} <{EMAIL}\n");
    for (name, text) in [
        ("people.csv", rows),
        ("people.ldif", ldif),
        ("people.json", scim.to_string()),
        ("none.csv", format!("{NAME},{EMAIL}\n{ACCOUNT},{IP}\n")),
        ("broken.json", format!("{{ {NAME}")),
        ("people.mailmap", mailmap),
    ] {
        let path = home.file(name, text);
        for more in [&[][..], &["--dry-run", "--json"]] {
            let words = [&["people", "import", path.as_str()], more].concat();
            quiet(&home.run(&words), name);
        }
        quiet(&home.run(&["people", "suggest", "--roster", &path]), name);
    }
    for words in [
        &["merge", EMAIL, ACCOUNT][..],
        &["merge", EMAIL, "zzuser-of-nobody"],
        &["merge", "zzuser:", EMAIL],
        &["split", "github:zzuser", EMAIL],
        &["exclude", ACCOUNT],
        &["include", EMAIL],
        &["list"],
        &["list", "--json"],
    ] {
        quiet(&home.run(&[&["people"], words].concat()), words[0]);
    }
}

/// Every column of every table, as text.
pub(crate) async fn columns(data: &Path) {
    let library = library().expect("a library");
    let engine = Engine::start(settings(data, &library))
        .await
        .expect("an engine");
    let client = engine::client(engine.endpoint());
    let list = "SELECT c.database, c.table, c.name FROM system.columns AS c \
        INNER JOIN system.tables AS t ON c.database = t.database AND c.table = t.name \
        WHERE c.database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA') AND t.engine NOT LIKE '%View'";
    let all: Vec<(String, String, String)> = client.query(list).fetch_all().await.expect("columns");
    assert!(
        all.iter()
            .any(|(_, table, column)| table == "landing_read" && column == "person")
    );
    let mut rows = 0;
    for (database, table, column) in all {
        let sql = format!(
            "SELECT count(), countIf(multiSearchAnyCaseInsensitive(toString(`{column}`), {MARKERS:?})) \
             FROM `{database}`.`{table}`"
        )
        .replace('"', "'");
        let (n, found): (u64, u64) = client.query_raw(&sql).fetch_one().await.expect(&sql);
        assert_eq!(found, 0, "{database}.{table}.{column}");
        rows += n;
    }
    assert!(rows > 100, "{rows}");
    engine.stop().await;
}
