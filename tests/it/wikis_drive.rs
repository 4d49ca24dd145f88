//! Google Docs: the source that asks, against a listener that answers as Google does (`google`).

use std::sync::{Arc, Mutex};

use readback::model::{Body, DAY_MS, Millis, to_rfc3339};
use readback::sources;
use serde_json::{Value, json};

use super::binary::{Home, contents};
use super::google::{
    BELOW, BOT, DEPLOY, DISK, DNS, DOCUMENT, GUIDE, HOME, MAIL, NAME, SHARED, TOP, activity, files,
    google, key, parameter,
};
use super::polled_forge::{Forge, NOW, TOKEN, WORDS, covered, ok};
use super::wikis::{Source, short, told};

fn params(own: &str, key: &std::path::Path) -> String {
    format!(
        "api = \"{own}/drive\"\nreports_api = \"{own}/reports\"\nkey_file = {key:?}\n\
         folders = [\"https://drive.google.com/drive/u/0/folders/{TOP}\"]\ndrives = [\"{SHARED}\"]\n\
         query = \"name contains 'x'\"\nsubject = \"readback@example.org\"\n\
         audit_subject = \"auditor@example.org\"\nincident_keys = [\"INC-[0-9]+\"]"
    )
}

fn drive(forge: &Forge, file: &tempfile::NamedTempFile) -> Source {
    std::fs::write(file.path(), key(&forge.address)).expect("written");
    let mut source = Source::new("drive", &params(&forge.address, file.path()));
    source.known.push(sources::KnownWriteup {
        id: "code:inc-9".to_owned(),
        title: None,
        aliases: vec!["https://code.example.org/INC-9".to_owned()],
    });
    source
}

fn secret() -> tempfile::NamedTempFile {
    tempfile::NamedTempFile::new().expect("a file")
}

/// With short names for documents, and without what says when something was watched.
fn named(heard: &sources::collected::Collected) -> Vec<String> {
    let texts = short(heard).into_iter().map(|text| {
        [
            (DISK, "disk"),
            (DNS, "dns"),
            (GUIDE, "guide"),
            (DEPLOY, "deploy"),
            (HOME, "home"),
        ]
        .into_iter()
        .fold(text, |text, (id, name)| text.replace(id, name))
    });
    let mut texts: Vec<String> = texts.filter(|text| !text.starts_with("coverage")).collect();
    texts.sort();
    texts
}

#[test]
fn documents_are_read_and_read_on() {
    let step = Arc::new(Mutex::new(0));
    let stage = Arc::clone(&step);
    let forge = Forge::new(move |asked, own| google(asked, own, *stage.lock().expect("no panic")));
    let secret = secret();
    let mut source = drive(&forge, &secret);
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(
        named(&heard),
        [
            "comment comment:c1",
            "comment comment:c1/r1",
            "comment comment:s1/r3",
            "edit revision:disk:9",
            "link link:disk:wiki:dns",
            "link link:guide:code:inc-9",
            "link link:guide:wiki:disk",
            "read view:disk:-1@1771578000500",
            "read view:disk:2@1771578000500",
            "read view:disk:3@1771491600000",
            "read view:disk:4@1771405200000",
            "writeup page:deploy",
            "writeup page:disk",
            "writeup page:dns",
            "writeup page:home",
        ]
    );
    let notes = heard.notes.join("\n");
    for words in [
        "shortcuts to documents that are gone, or not shared with the account, and are left out: 1",
        "documents whose text is not given, and is neither counted nor looked through for links: 1",
        "does not give the comments of a document",
    ] {
        assert!(notes.contains(words), "{words} in {notes}");
    }
    assert_eq!(heard.notes.len(), 3, "{notes}");
    assert_eq!(
        covered(&heard),
        ["read wiki 2026-02-18T09:00:00Z 2026-02-27T06:15:00Z"]
    );
    let words = told(&heard);
    for text in [WORDS, NAME, MAIL, BOT, "203.0.113", "0987654321"] {
        assert!(!words.contains(text), "{text}");
    }
    for event in &heard.events {
        match &event.body {
            Body::Writeup(writeup) if writeup.id.ends_with(DISK) => {
                assert_eq!(writeup.title.as_deref(), Some("INC-7 Disk full"));
                let url = format!("https://docs.google.com/document/d/{DISK}/edit");
                assert_eq!(writeup.url, Some(url));
                for name in [
                    format!("https://drive.google.com/open?id={DISK}"),
                    "INC-7".to_owned(),
                ] {
                    assert!(writeup.aliases.contains(&name), "{name}");
                }
                assert_eq!((writeup.words, writeup.hyperlinks), (Some(4), Some(1)));
                assert_eq!(writeup.contributors.len(), 2);
            }
            Body::Writeup(writeup) if writeup.id.ends_with(DEPLOY) => {
                assert_eq!(writeup.words, None, "its text is not given");
            }
            Body::Comment(comment) => {
                let words = [("c1", 3), ("c1/r1", 2), ("s1/r3", 1)];
                let (_, count) = words
                    .into_iter()
                    .find(|(id, _)| event.id.ends_with(&format!(":{id}")))
                    .expect("one of them");
                assert_eq!(comment.words, Some(count));
                let parent = (event.id == "comment:c1/r1").then(|| "comment:c1".to_owned());
                assert_eq!(comment.parent, parent);
                assert!(comment.person.as_ref().is_some_and(|one| one.value == NAME));
            }
            Body::Read(read) => {
                let of = (read.person.is_some(), read.bot, read.agent.as_deref());
                let expected = match event
                    .id
                    .split(':')
                    .nth(2)
                    .and_then(|id| id.split('@').next())
                {
                    Some("-1") => (true, false, None),
                    Some("2") => (false, false, None),
                    Some("3") => (false, true, None),
                    _ => (false, false, Some("an app of Google Workspace")),
                };
                assert_eq!(of, expected, "{}", event.id);
            }
            Body::Link(link) => {
                let is_guide = event.id.contains(GUIDE);
                let place = if is_guide { "onboarding" } else { "writeup" };
                assert_eq!(link.place.name(), place);
            }
            _ => {}
        }
    }
    forge.asked();
    assert_eq!(
        named(&source.pull(NOW + 1000).expect("a pull")),
        [""; 0],
        "nothing is new"
    );
    let again = forge.targets();
    assert!(
        !again.iter().any(|target| target.contains("/reports/")),
        "the audit log is not asked every minute: {again:?}"
    );

    *step.lock().expect("no panic") = 1;
    let heard = source.pull(NOW + 4 * 3_600_000).expect("a pull");
    assert_eq!(
        named(&heard),
        [
            "-comment comment:c1",
            "-link link:guide:wiki:disk",
            "comment comment:c4",
            "edit revision:disk:12",
            "read view:disk:3@1771491600000",
            "read view:disk:4@1771405200000",
            "read view:disk:7@1772269200000",
            "writeup page:disk",
        ]
    );
    assert_eq!(
        covered(&heard),
        ["read wiki 2026-02-18T09:00:00Z 2026-02-27T10:15:00Z"]
    );

    *step.lock().expect("no panic") = 2;
    let heard = source.pull(NOW + 5 * 3_600_000).expect("a pull");
    // One answer without a reply is no proof that it is gone, two are.
    assert_eq!(
        named(&heard),
        ["-comment comment:s1/r3", "-writeup deleted:dns"]
    );
    for event in &heard.events {
        if let Body::Writeup(writeup) = &event.body {
            let at = writeup.deleted_at.map(to_rfc3339);
            assert_eq!(at.as_deref(), Some("2026-03-02T11:00:00Z"));
        }
    }
}

#[test]
fn after_half_a_year_there_is_a_gap() {
    let forge = Forge::new(|asked, own| {
        let ada = json!({ "callerType": "USER", "email": MAIL });
        match asked.path() {
            "/reports/activity/users/all/applications/drive" => {
                let since = parameter(asked, "startTime");
                let since = readback::model::parse_rfc3339(&since).expect("a time");
                let at = to_rfc3339(since + 10 * DAY_MS);
                let document = parameter(asked, "filters").split_off("doc_id==".len());
                ok(json!({ "items": [activity("1", &at, &ada, &document)] }))
            }
            _ => google(asked, own, 0),
        }
    });
    let secret = secret();
    let mut source = drive(&forge, &secret);
    let seen = |source: &mut Source, now: Millis| covered(&source.pull(now).expect("a pull"));
    let late = 3 * DAY_MS + 3 * 3_600_000;
    let window = |from: Millis, to: Millis| {
        vec![format!("read wiki {} {}", to_rfc3339(from), to_rfc3339(to))]
    };
    let first = NOW - 170 * DAY_MS;
    assert_eq!(seen(&mut source, NOW), window(first, NOW - late));
    let soon = NOW + 100 * DAY_MS;
    assert_eq!(seen(&mut source, soon), window(first, soon - late));
    // What was written meanwhile and is kept no more was never seen.
    let then = soon + 200 * DAY_MS;
    assert_eq!(
        seen(&mut source, then),
        window(then - 170 * DAY_MS, then - late)
    );
}

#[test]
fn without_the_audit_log_all_else_is_told() {
    let by_log = Forge::new(|asked, own| match asked.path().starts_with("/reports/") {
        true => (
            403,
            Vec::new(),
            json!({ "error": { "code": 403, "message": WORDS } }),
        ),
        false => google(asked, own, 0),
    });
    // An administrator gave the other scope alone.
    let mut tokens = 0;
    let by_token = Forge::new(move |asked, own| match asked.path() {
        "/token" => {
            tokens += 1;
            match tokens {
                2 => (
                    401,
                    Vec::new(),
                    json!({ "error": "unauthorized_client", "error_description": WORDS }),
                ),
                _ => google(asked, own, 0),
            }
        }
        _ => google(asked, own, 0),
    });
    for (forge, words) in [
        (&by_log, "the audit log is not for this account"),
        (&by_token, "unauthorized_client"),
    ] {
        let secret = secret();
        let heard = drive(forge, &secret).pull(NOW).expect("a pull");
        assert_eq!(named(&heard).len(), 11, "{:?}", named(&heard));
        assert!(covered(&heard).is_empty());
        let said = |note: &&String| note.contains(words) && note.contains("nobody's reads");
        assert_eq!(
            heard.notes.iter().filter(said).count(),
            1,
            "{:?}",
            heard.notes
        );
        let asked = forge.targets();
        let asked = asked.iter().filter(|target| target.contains("/reports/"));
        assert!(asked.count() <= 1, "once is enough");
    }
}

#[test]
fn what_is_cut_off_goes_on_and_what_refuses_is_said() {
    // Google's way to say that too much was asked.
    let limit = || {
        json!({ "error": { "code": 403, "message": WORDS,
            "errors": [{ "domain": "usageLimits", "reason": "userRateLimitExceeded" }] } })
    };
    for (status, headers, wait) in [
        (429, vec![("retry-after", "120".to_owned())], 120_000),
        (403, Vec::new(), 60_000),
    ] {
        let mut left = 11;
        let forge = Forge::new(move |asked, own| {
            left -= 1;
            match left {
                0 => (status, headers.clone(), limit()),
                _ => google(asked, own, 0),
            }
        });
        let secret = secret();
        let mut source = drive(&forge, &secret);
        let mut all = named(&source.pull(NOW).expect("what there was"));
        assert!(all.len() < 15, "{all:?}");
        forge.asked();
        let alone = source.pull(NOW + wait - 1000).expect("left alone");
        assert!(alone.events.is_empty() && forge.asked().is_empty());
        assert!(
            alone.notes[0].starts_with("Google Drive is left alone until 2026-"),
            "{:?}",
            alone.notes
        );
        all.extend(named(&source.pull(NOW + wait).expect("the rest")));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 15, "{all:?}");
    }

    for (status, words) in [
        (401, "check key_file"),
        (403, "is not there, or not shared with the account"),
        (404, "is not there"),
        (400, "query may be wrong"),
        (503, "status 503"),
    ] {
        let forge = Forge::new(move |asked, own| match asked.path() {
            "/token" => google(asked, own, 0),
            _ => (status, Vec::new(), json!({ "error": { "message": WORDS } })),
        });
        let secret = secret();
        let refused = drive(&forge, &secret).pull(NOW).map(drop);
        let said = refused.expect_err("refused").to_string();
        assert!(
            said.contains(words) && !said.contains(WORDS) && !said.contains(TOKEN),
            "{said}"
        );
    }
    for (status, body, words) in [
        (
            400,
            json!({ "error": "invalid_grant", "error_description": WORDS }),
            "invalid_grant",
        ),
        (400, json!({ "error": WORDS }), "check key_file"),
        (200, json!({ "access_token": "a b\nc" }), "gives no token"),
        (200, json!(null), "gives no token"),
        (503, json!(null), "status 503"),
    ] {
        let forge = Forge::new(move |_, _| (status, Vec::new(), body.clone()));
        let secret = secret();
        let refused = drive(&forge, &secret).pull(NOW).map(drop);
        let said = refused.expect_err("refused").to_string();
        assert!(said.contains(words) && !said.contains(WORDS), "{said}");
    }
}

#[test]
fn rubbish_is_read_and_gives_nothing() {
    for rubbish in [
        json!({}),
        json!([]),
        json!({ "files": 7, "comments": "x", "items": [1, null, {}], "nextPageToken": 7 }),
        json!({ "files": [{ "id": DISK }, { "mimeType": DOCUMENT, "createdTime": "x" }, [], null] }),
    ] {
        let forge = Forge::new(move |asked, own| match asked.path() {
            "/token" => google(asked, own, 0),
            _ => ok(rubbish.clone()),
        });
        let secret = secret();
        let heard = drive(&forge, &secret).pull(NOW).expect("nothing to say");
        assert_eq!(named(&heard), [""; 0]);
    }
    // Documents whose other parts are rubbish.
    let forge = Forge::new(|asked, own| {
        let is_part = ["/comments", "/revisions", "/export", "/applications/drive"];
        match is_part.iter().any(|part| asked.path().ends_with(part)) {
            true => ok(
                json!({ "comments": [1, {}, { "id": "c" }], "revisions": [null, { "id": 1 }],
                "items": [{ "id": { "time": "x", "uniqueQualifier": 1 } }, []] }),
            ),
            false => google(asked, own, 0),
        }
    });
    let secret = secret();
    let heard = drive(&forge, &secret).pull(NOW).expect("documents");
    assert_eq!(named(&heard).len(), 4, "{:?}", named(&heard));
}

#[test]
fn a_list_that_never_ends_is_left() {
    let forge = Forge::new(|asked, own| match asked.path() {
        "/drive/files" => files(&[], Some("again")),
        _ => google(asked, own, 0),
    });
    let secret = secret();
    let mut source = drive(&forge, &secret);
    let refused = source.pull(NOW);
    let said = match refused {
        Ok(heard) => heard.notes.join("\n"),
        Err(error) => error.to_string(),
    };
    assert!(said.contains("2000 questions are enough"), "{said}");
}

#[test]
fn a_person_lends_a_token() {
    let forge = Forge::new(|asked, own| google(asked, own, 0));
    let secret = secret();
    let mut source = drive(&forge, &secret);
    let file = json!({ "type": "authorized_user", "client_id": "zzclient", "client_secret": "zzsecret",
        "refresh_token": "zzrefresh", "token_uri": format!("{}/token", forge.address) });
    std::fs::write(secret.path(), file.to_string()).expect("written");
    source
        .params
        .insert("reads".to_owned(), toml::Value::Array(Vec::new()));
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(named(&heard).len(), 11, "{:?}", named(&heard));
    assert!(
        !heard.notes.iter().any(|note| note.contains("reads")),
        "{:?}",
        heard.notes
    );
}

#[test]
fn a_look_asks_for_folders_drives_and_the_log() {
    let forge = Forge::new(|asked, own| match asked.path() {
        path if path == format!("/drive/drives/{SHARED}") => ok(json!({ "id": SHARED })),
        _ => google(asked, own, 1),
    });
    let blind = Forge::new(|asked, own| match asked.path() {
        path if path == format!("/drive/drives/{SHARED}") => ok(json!({ "id": SHARED })),
        path if path.starts_with("/reports/") => (403, Vec::new(), json!({})),
        _ => google(asked, own, 0),
    });
    let Some(sources::Probe::Remote(look)) = sources::find("drive").and_then(|kind| kind.probe)
    else {
        panic!("it is asked");
    };
    let secret = secret();
    let source = drive(&blind, &secret);
    let said = look(source.params.clone(), &source.setting()).expect("an answer");
    assert_eq!(said.said, "1 folder and 1 shared drive answer");
    let [doubt] = &said.doubts[..] else {
        panic!("one doubt: {said:?}");
    };
    assert!(
        doubt.starts_with("the audit log is not for this account, so nobody's reads are told"),
        "{doubt}"
    );
    // The project has the key, and nobody switched the API on.
    let off = json!({ "error": { "code": 403, "message": WORDS, "status": "PERMISSION_DENIED",
        "errors": [{ "domain": "usageLimits", "reason": "accessNotConfigured" }],
        "details": [{ "reason": "SERVICE_DISABLED" }] } });
    for (part, is_drive) in [("/drive/", true), ("/reports/", false)] {
        let off = off.clone();
        let forge = Forge::new(move |asked, own| match asked.path() {
            path if path.starts_with(part) => (403, Vec::new(), off.clone()),
            path if path == format!("/drive/drives/{SHARED}") => ok(json!({ "id": SHARED })),
            _ => google(asked, own, 0),
        });
        let source = drive(&forge, &secret);
        let words = match look(source.params.clone(), &source.setting()) {
            Ok(said) if !is_drive => said.doubts.concat(),
            Err(error) if is_drive => error.to_string(),
            other => panic!("{part}: {other:?}"),
        };
        let switch = "is not switched on (status 403, SERVICE_DISABLED); the project of key_file";
        assert!(words.contains(switch), "{words}");
        assert!(!words.contains(WORDS), "{words}");
    }
    let source = drive(&forge, &secret);
    let mut params = source.params.clone();
    params.insert("folders".to_owned(), vec![BELOW.to_owned()].into());
    let said = look(params, &source.setting())
        .expect_err("not there")
        .to_string();
    assert!(
        said.contains(&format!("the folder {BELOW} is not there")),
        "{said}"
    );
}

#[test]
fn a_scan_stores_what_was_read_and_nobody() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let forge = Forge::new(|asked, own| match asked.path() {
        "/reports/activity/users/all/applications/drive" => {
            let document = parameter(asked, "filters").split_off("doc_id==".len());
            // Whose document it is reads it, too, and that says nothing.
            let bob = json!({ "callerType": "USER", "email": "bob.zz@example.org" });
            match &*document {
                DISK if parameter(asked, "eventName") == "view" => ok(json!({ "items": [
                    activity("-1", "2026-02-20T09:00:00Z", &bob, DISK),
                    activity("-1", "2026-02-20T09:00:00Z", &bob, DISK)] })),
                _ => ok(json!({})),
            }
        }
        _ => google(asked, own, 0),
    });
    let secret = home.file("key.json", key(&forge.address));
    home.file(
        "readback.toml",
        format!(
            "[[source]]\nid = \"docs\"\nkind = \"drive\"\n{}\n",
            params(&forge.address, std::path::Path::new(&secret))
        ),
    );
    let scan = || -> Value {
        let said = home.done(&["scan", "--json"]);
        serde_json::from_str(&said.out).expect("JSON")
    };
    let found = scan();
    let events = &found[0]["events"];
    assert_eq!(events["writeup"], 4, "{found}");
    assert_eq!(events["comment"], 3, "{found}");
    let reads = home.done(&["reads", "--json"]);
    let reads: Value = serde_json::from_str(&reads.out).expect("JSON");
    // It is counted, and one reader is fewer than are told.
    assert_eq!(reads["suppressed"], true, "{reads}");
    let known = home.done(&["writeups", "list", "--json"]);
    assert!(known.out.contains(&format!("docs:{DISK}")), "{}", known.out);
    for (path, bytes) in contents(&home.data()) {
        let held = String::from_utf8_lossy(&bytes);
        for text in [MAIL, "bob.zz", BOT, NAME, WORDS, TOKEN, "203.0.113.77"] {
            assert!(!held.contains(text), "{text} in {}", path.display());
        }
    }
}
