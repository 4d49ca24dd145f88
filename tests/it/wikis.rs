//! Wikis that are asked: a listener with answers of ours stands in for each, the client is the real one.
//! This is Outline's; `wikis_pushed` has its deliveries, `wikis_others` the rest.

use std::sync::{Arc, Mutex};

use readback::model::{Body, Millis};
use readback::sources::collected::Collected;
use readback::sources::{self, KnownWriteup, Setting, SourceError};
use serde_json::{Value, json};

use super::polled_forge::{Asked, Forge, NOW, Reply, TOKEN, WORDS, gone, ok};

/// Somebody's id, which must not be kept anywhere but in identities.
pub(crate) const ADA: &str = "aaaaaaaa-0000-4000-8000-00000000ada0";
pub(crate) const BOB: &str = "bbbbbbbb-0000-4000-8000-00000000b0b0";
pub(crate) const COLLECTION: &str = "cccccccc-0000-4000-8000-000000000001";
pub(crate) const DISK: &str = "dddddddd-0000-4000-8000-000000000001";
pub(crate) const DNS: &str = "dddddddd-0000-4000-8000-000000000002";
pub(crate) const GUIDE: &str = "dddddddd-0000-4000-8000-000000000003";
pub(crate) const SECRET: &str = "ol_whs_ours";

/// A source of ours, pulled several times.
pub(crate) struct Source {
    kind: &'static str,
    pub(crate) params: toml::Table,
    pub(crate) known: Vec<KnownWriteup>,
    pub(crate) checkpoint: Option<String>,
}

impl Source {
    pub(crate) fn new(kind: &'static str, params: &str) -> Source {
        Source {
            kind,
            params: params.parse().expect("TOML"),
            known: Vec::new(),
            checkpoint: None,
        }
    }

    pub(crate) fn setting(&self) -> Setting {
        Setting {
            source: "wiki".to_owned(),
            vocabulary: readback::model::Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: self.known.clone(),
        }
    }

    pub(crate) fn pull(&mut self, now: Millis) -> Result<Collected, SourceError> {
        let build = sources::find(self.kind)
            .and_then(|kind| kind.pull)
            .expect("a kind");
        let mut pull = build(self.params.clone(), &self.setting())?;
        let mut heard = Collected::default();
        let next = pull.pull(self.checkpoint.as_deref(), now, &mut heard)?;
        for text in [TOKEN, ADA, BOB, WORDS, "Ada"] {
            assert!(!next.contains(text), "{text} in {next}");
            assert!(
                !heard.notes.iter().any(|note| note.contains(text)),
                "{text}"
            );
        }
        self.checkpoint = Some(next);
        Ok(heard)
    }
}

/// What came, as short texts: `kind id vN`, with `-` before what ended.
pub(crate) fn short(heard: &Collected) -> Vec<String> {
    let texts = heard.events.iter().map(|event| {
        let ended = match &event.body {
            Body::Comment(comment) => comment.deleted_at.is_some(),
            Body::Link(link) => link.removed_at.is_some(),
            Body::Writeup(writeup) => writeup.deleted_at.is_some(),
            _ => false,
        };
        let sign = if ended { "-" } else { "" };
        let mut id = event.id.replace("dddddddd-0000-4000-8000-00000000000", "d");
        // What follows is a hash of an address, which is another one every time.
        if let (true, Some(at)) = (id.starts_with("called:"), id.rfind(':')) {
            id.truncate(at);
        }
        format!("{sign}{} {id}", event.body.kind().name())
    });
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts
}

/// Everything of the events but who, for a snapshot.
pub(crate) fn told(heard: &Collected) -> String {
    let mut lines: Vec<String> = heard
        .events
        .iter()
        .map(|event| {
            let line = format!(
                "{} of {:?} at {} v{}\n    {:?}\n",
                event.id,
                event.subject,
                readback::model::to_rfc3339(event.time),
                event.version,
                event.body
            );
            line
        })
        .collect();
    lines.sort();
    lines.concat()
}

pub(crate) fn document(id: &str, title: &str, end: &str, updated: &str, text: &str) -> Value {
    json!({ "id": id, "urlId": end, "url": format!("/doc/{}-{end}", title.to_lowercase().replace(' ', "-")),
        "title": title, "text": format!("{text}\n\n{WORDS}"), "collectionId": COLLECTION,
        "parentDocumentId": null, "createdAt": "2026-01-01T09:00:00.000Z", "updatedAt": updated,
        "publishedAt": "2026-01-02T09:00:00.000Z", "archivedAt": null, "deletedAt": null,
        "createdBy": { "id": ADA, "name": "Ada" }, "updatedBy": { "id": BOB, "name": "Bob" },
        "collaboratorIds": [ADA, BOB], "revision": 3 })
}

pub(crate) fn comment(id: &str, updated: &str) -> Value {
    json!({ "id": id, "documentId": DISK, "createdAt": "2026-02-01T10:00:00.000Z", "updatedAt": updated,
        "createdBy": { "id": BOB, "name": "Bob" }, "createdById": BOB,
        "data": { "type": "doc", "content": [{ "type": "paragraph", "content": [
            { "type": "text", "text": format!("{WORDS} indeed") }] }] } })
}

pub(crate) fn view(id: &str, person: &str, count: u64, first: &str, last: &str) -> Value {
    json!({ "id": id, "documentId": DISK, "userId": person, "count": count, "firstViewedAt": first,
        "lastViewedAt": last, "user": { "id": person, "name": "Ada" } })
}

pub(crate) fn revision(id: &str, title: &str, at: &str) -> Value {
    json!({ "id": id, "documentId": DISK, "title": title, "createdAt": at, "createdById": BOB,
        "createdBy": { "id": BOB, "name": "Bob" } })
}

/// A workspace as it is at a step: 0 at first, 1 with one thing more of each, 2 with things gone.
fn workspace(asked: &Asked, step: usize) -> Reply {
    assert_eq!(asked.header("authorization"), format!("Bearer {TOKEN}"));
    let of = |name: &str| asked.body[name].as_str().unwrap_or_default().to_owned();
    let list = |values: Vec<Value>| {
        let from =
            usize::try_from(asked.body["offset"].as_u64().expect("an offset")).expect("small");
        let part: Vec<Value> = values.into_iter().skip(from).collect();
        ok(json!({ "data": part, "pagination": { "offset": from, "limit": 100 }, "policies": [] }))
    };
    let disk = match step {
        0 => document(
            DISK,
            "Disk full",
            "DiskFull01",
            "2026-02-02T09:00:00.000Z",
            "# INC-7 story",
        ),
        _ => document(
            DISK,
            "Disks full",
            "DiskFull01",
            "2026-03-01T09:00:00.000Z",
            "# INC-7 story\n\nMore.",
        ),
    };
    let dns = document(
        DNS,
        "DNS",
        "DnsDown001",
        "2026-02-03T09:00:00.000Z",
        "As [before](/doc/disk-full-DiskFull01).",
    );
    let mut draft = document(
        "dddddddd-0000-4000-8000-000000000009",
        "Draft",
        "Draft00001",
        "2026-02-05T09:00:00.000Z",
        "/doc/disk-full-DiskFull01",
    );
    draft["publishedAt"] = Value::Null;
    let led = match step {
        0 => "see https://code.example.org/INC-9",
        1 => "see <https://code.example.org/INC-9> and [disks](/doc/old-name-DiskFull01)",
        _ => "nothing",
    };
    let at = [
        "2026-02-20T09:00:00Z",
        "2026-03-02T10:00:00Z",
        "2026-03-02T11:00:00Z",
    ][step];
    let mut guide = document(GUIDE, "Week one", "WeekOne001", at, led);
    guide["collectionId"] = json!("cccccccc-0000-4000-8000-000000000002");
    match asked.path() {
        "/api/documents.list" if of("collectionId") == COLLECTION => match step {
            2 => list(vec![disk, draft]),
            _ => list(vec![disk, dns, draft]),
        },
        "/api/documents.list" => {
            assert_eq!(
                (of("sort").as_str(), of("direction").as_str()),
                ("updatedAt", "DESC")
            );
            // What lies in the archive is in no list.
            let dns = Some(dns).filter(|_| step < 2);
            list(
                [guide, draft]
                    .into_iter()
                    .chain(dns)
                    .chain([disk])
                    .collect(),
            )
        }
        "/api/documents.info" => match of("id").as_str() {
            DNS => {
                let mut gone = dns;
                gone["archivedAt"] = json!("2026-03-01T12:00:00.000Z");
                ok(json!({ "data": gone }))
            }
            _ => ok(json!({ "data": { "document": guide } })),
        },
        "/api/collections.info" => ok(json!({ "data": { "id": of("id") } })),
        "/api/collections.list" => list(vec![
            json!({ "id": COLLECTION, "name": "Postmortems" }),
            json!({ "id": "cccccccc-0000-4000-8000-000000000002", "name": "Onboarding" }),
        ]),
        "/api/revisions.list" if of("documentId") == DISK => {
            let mut all = vec![
                revision("r2", "Disk full", "2026-02-02T09:00:00.000Z"),
                revision("r1", "Disk fulll", "2026-01-02T09:00:00.000Z"),
            ];
            if step > 0 {
                all.insert(0, revision("r3", "Disks full", "2026-03-01T09:00:00.000Z"));
            }
            list(all)
        }
        "/api/comments.list" if of("documentId") == DISK => match step {
            0 => list(vec![
                comment("c1", "2026-02-01T10:00:00.000Z"),
                comment("c2", "2026-02-01T10:00:00.000Z"),
            ]),
            _ => list(vec![comment("c2", "2026-02-20T10:00:00.000Z")]),
        },
        "/api/views.list" if of("documentId") == DISK => {
            let (count, last) = match step {
                0 => (4, "2026-02-10T10:00:00.000Z"),
                _ => (6, "2026-03-02T10:00:00.000Z"),
            };
            ok(json!({ "data": [
                view("v-bob", BOB, count, "2026-01-03T10:00:00.000Z", last),
                view("v-ada", ADA, 1, "2026-01-04T10:00:00.000Z", "2026-01-04T10:00:00.000Z")] }))
        }
        // Insights are off there.
        "/api/views.list" => (
            400,
            Vec::new(),
            json!({ "error": "validation_error", "message": WORDS }),
        ),
        _ => list(Vec::new()),
    }
}

fn token() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), TOKEN).expect("written");
    file
}

fn outline(forge: &Forge, token: &tempfile::NamedTempFile) -> Source {
    Source::new(
        "outline",
        &format!(
            "api = \"{}/api\"\ncollections = [\"{COLLECTION}\"]\ntoken_file = {:?}\nincident_keys = [\"INC-[0-9]+\"]",
            forge.address,
            token.path()
        ),
    )
}

/// Also what another source registered.
fn elsewhere() -> KnownWriteup {
    KnownWriteup {
        id: "code:inc-9".to_owned(),
        title: None,
        aliases: vec!["https://code.example.org/INC-9".to_owned()],
    }
}

#[test]
fn a_workspace_is_read_and_read_on() {
    let step = Arc::new(Mutex::new(0));
    let stage = Arc::clone(&step);
    let forge = Forge::new(move |asked, _| workspace(asked, *stage.lock().expect("no panic")));
    let token = token();
    let mut source = outline(&forge, &token);
    source.known.push(elsewhere());
    let heard = source.pull(NOW).expect("a pull");
    let own = forge.address.clone();
    insta::assert_snapshot!(
        "outline_pull",
        told(&heard).replace(&own, "https://outline.example.org")
    );
    assert_eq!(heard.problems, []);
    assert_eq!(heard.notes.len(), 1, "{:?}", heard.notes);
    assert!(
        heard.notes[0].contains("asked again: 1 "),
        "{:?}",
        heard.notes
    );
    // Whoever is named is named as an identity alone.
    let people: Vec<&str> = heard
        .events
        .iter()
        .filter_map(|event| match &event.body {
            Body::Read(read) => read.person.as_ref().map(|person| person.value.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(people, [BOB, BOB, ADA]);

    assert_eq!(
        short(&source.pull(NOW + 1000).expect("a pull")),
        [""; 0],
        "nothing is new"
    );

    *step.lock().expect("no panic") = 1;
    let heard = source.pull(NOW + 3_600_000).expect("a pull");
    assert_eq!(
        short(&heard),
        [
            "comment comment:c2",
            "edit revision:r3",
            "link link:d3:wiki:d1",
            "read view:v-bob:6",
            "writeup called:d1",
            "writeup called:d1",
            "writeup deleted:d1",
            "writeup page:d1",
        ],
        "a comment that one answer misses stays"
    );

    *step.lock().expect("no panic") = 2;
    let heard = source.pull(NOW + 7_200_000).expect("a pull");
    assert_eq!(
        short(&heard),
        [
            "-comment comment:c1",
            "-link link:d2:wiki:d1",
            "-link link:d3:code:inc-9",
            "-link link:d3:wiki:d1",
            "-writeup deleted:d2"
        ]
    );
    let gone = heard
        .events
        .iter()
        .find(|event| event.id.starts_with("deleted:"));
    assert_eq!(
        gone.map(|event| event.time),
        Some(1_772_366_400_000),
        "when it was archived"
    );
    // And back.
    *step.lock().expect("no panic") = 1;
    let heard = source.pull(NOW + 9_000_000).expect("a pull");
    for back in ["writeup deleted:d2", "link link:d2:wiki:d1"] {
        let told = short(&heard);
        assert!(told.contains(&back.to_owned()), "{told:?}");
    }
}

#[test]
fn a_pull_that_was_cut_off_goes_on() {
    let mut left = 6;
    let forge = Forge::new(move |asked, _| {
        left -= 1;
        match left {
            0 => (429, vec![("retry-after", "120".to_owned())], json!({})),
            _ => workspace(asked, 0),
        }
    });
    let token = token();
    let mut source = outline(&forge, &token);
    let first = source.pull(NOW).expect("what there was");
    assert_eq!(first.notes.len(), 1, "{:?}", first.notes);
    assert!(
        first.notes[0].ends_with("goes on from there"),
        "{:?}",
        first.notes
    );
    let early = source.pull(NOW + 119_000).expect("nothing");
    assert!(early.events.is_empty() && early.notes.len() == 1);
    let rest = source.pull(NOW + 120_000).expect("the rest");
    let mut all = short(&first);
    all.extend(short(&rest));
    all.sort();
    all.dedup();
    let mut whole = outline(&forge, &token);
    assert_eq!(all, short(&whole.pull(NOW).expect("a pull")));
    assert!(
        !short(&rest)
            .iter()
            .any(|event| event.contains("revision:r2")),
        "told before"
    );
}

#[test]
fn what_is_no_workspace_is_said() {
    for (status, body, words) in [
        (
            401,
            json!({ "error": "authentication_required", "message": WORDS }),
            "token_file",
        ),
        (
            403,
            json!({ "error": "authorization_error" }),
            "is not there, or not for the token",
        ),
        (
            404,
            json!({ "error": "not_found" }),
            "is not there, or not for the token",
        ),
        (500, json!({ "error": WORDS }), "status 500"),
    ] {
        let forge = Forge::new(move |_, _| (status, Vec::new(), body.clone()));
        let token = token();
        let refused = outline(&forge, &token).pull(NOW);
        let said = refused.map(drop).expect_err("refused").to_string();
        assert!(said.contains(words), "{said}");
        assert!(!said.contains(WORDS) && !said.contains(TOKEN), "{said}");
    }
    // Answers that are JSON and nothing that was asked for.
    for body in [
        json!([]),
        json!({ "data": 5 }),
        json!({ "data": [1, null, { "id": 5 }, { "id": "x" }] }),
    ] {
        let forge = Forge::new(move |_, _| ok(body.clone()));
        let token = token();
        let heard = outline(&forge, &token).pull(NOW).expect("nothing to say");
        assert_eq!(short(&heard), [""; 0]);
    }
    let forge = Forge::new(|_, _| gone());
    let token = token();
    assert!(outline(&forge, &token).pull(NOW).is_err());
}

/// The real program: what is pulled stands in the tables, the checkpoint beside it; the next scan goes on.
#[test]
fn a_scan_asks_the_workspace() {
    let Some(home) = super::binary::Home::with_engine() else {
        return;
    };
    let forge = Forge::new(|asked, _| workspace(asked, 0));
    let token = token();
    let source = |more: &str| {
        format!(
            "[[source]]\nid = \"wiki\"\nkind = \"outline\"\nsecret = \"{SECRET}\"\n\
             api = \"{}/api\"\ntoken_file = {:?}\n{more}",
            forge.address,
            token.path()
        )
    };
    // One that only takes deliveries is not scanned.
    home.file("readback.toml", source(""));
    let said = home.run(&["scan"]);
    assert!(
        said.err.contains("no source that can be scanned"),
        "{}",
        said.err
    );
    home.file(
        "readback.toml",
        source(&format!("collections = [\"{COLLECTION}\"]\n")),
    );
    let said = home.done(&["check"]);
    let words = format!("{}{}", said.out, said.err);
    assert!(words.contains("1 collection answers"), "{words}");
    let scan = || {
        let said = home.done(&["scan", "--json"]);
        assert!(!said.out.contains(ADA) && !said.err.contains(ADA));
        let all: Value = serde_json::from_str(&said.out).expect("JSON");
        all[0]["events"].clone()
    };
    assert_eq!(
        scan(),
        json!({ "comment": 2, "edit": 1, "link": 1, "read": 3, "writeup": 3 })
    );
    assert_eq!(scan(), json!({}), "nothing is new");
}
