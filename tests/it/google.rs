//! Google, as its APIs describe themselves: the answers of a listener about tokens, whose signed questions it
//! checks, and about Drive.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey as _, JsonWebKeyId};
use readback::model::{DAY_MS, to_rfc3339};
use serde_json::{Value, json};

use super::polled_forge::{Asked, NOW, Reply, TOKEN, WORDS, gone, ok};

/// A key of nobody, made for these tests.
pub(crate) const KEY: &str = include_str!("../fixtures/drive/key.pem");
/// The number that it signs with, as tokens write it.
pub(crate) const MODULUS: &str = include_str!("../fixtures/drive/modulus.txt");

pub(crate) const TOP: &str = "1Folder00000000000000000000000top";
pub(crate) const BELOW: &str = "1Folder000000000000000000000below";
pub(crate) const SHARED: &str = "0ADriveUk9PVA1234";
pub(crate) const DISK: &str = "1Document0000000000000000000disk";
pub(crate) const DNS: &str = "1Document00000000000000000000dns";
pub(crate) const GUIDE: &str = "1Document000000000000000000guide";
pub(crate) const DEPLOY: &str = "1Document00000000000000000deploy";
pub(crate) const HOME: &str = "1Document0000000000000000000home";

pub(crate) const DOCUMENT: &str = "application/vnd.google-apps.document";
pub(crate) const FOLDER: &str = "application/vnd.google-apps.folder";
pub(crate) const SHORTCUT: &str = "application/vnd.google-apps.shortcut";

pub(crate) const MAIL: &str = "ada.zz@example.org";
pub(crate) const BOT: &str = "zzbot@p.iam.gserviceaccount.com";
pub(crate) const NAME: &str = "Adaline Zz";

pub(crate) fn file(id: &str, title: &str, kind: &str, updated: &str) -> Value {
    json!({ "id": id, "name": title, "mimeType": kind, "createdTime": "2026-01-02T09:00:00.000Z",
        "modifiedTime": updated, "trashed": false,
        "owners": [{ "emailAddress": MAIL, "permissionId": "12345678901234567890" }],
        "lastModifyingUser": { "permissionId": "09876543210987654321" } })
}

pub(crate) fn shortcut(id: &str, to: &str, kind: &str) -> Value {
    let mut value = file(id, "A shortcut", SHORTCUT, "2026-01-03T09:00:00.000Z");
    value["shortcutDetails"] = json!({ "targetId": to, "targetMimeType": kind });
    value
}

pub(crate) fn files(files: &[Value], next: Option<&str>) -> Reply {
    ok(json!({ "incompleteSearch": false, "files": files, "nextPageToken": next }))
}

pub(crate) fn comment(id: &str, updated: &str, replies: &[Value]) -> Value {
    json!({ "id": id, "createdTime": "2026-02-01T10:00:00.000Z", "modifiedTime": updated, "deleted": false,
        "content": format!("{WORDS} indeed"), "author": { "displayName": NAME }, "replies": replies })
}

pub(crate) fn activity(qualifier: &str, at: &str, actor: &Value, document: &str) -> Value {
    json!({ "kind": "admin#reports#activity",
        "id": { "time": at, "uniqueQualifier": qualifier, "applicationName": "drive", "customerId": "C1" },
        "actor": actor, "ipAddress": "203.0.113.77",
        "events": [{ "type": "access", "name": "view", "parameters": [
            { "name": "primary_event", "boolValue": true }, { "name": "doc_id", "value": document },
            { "name": "doc_title", "value": WORDS }, { "name": "owner", "value": MAIL }] }] })
}

pub(crate) fn page(html: &str) -> Reply {
    let headers = vec![("content-type", "text/html".to_owned())];
    (200, headers, json!(html))
}

/// The key of a service account.
pub(crate) fn key(own: &str) -> String {
    json!({ "type": "service_account", "client_email": BOT, "private_key_id": "k1", "private_key": KEY,
        "token_uri": format!("{own}/token") })
    .to_string()
}

/// What was asked with a question's parameter.
pub(crate) fn parameter(asked: &Asked, name: &str) -> String {
    let url = url::Url::parse(&format!("http://h{}", asked.target)).expect("a target");
    let mut pairs = url.query_pairs();
    let found = pairs.find_map(|(one, value)| (one == name).then(|| value.into_owned()));
    found.unwrap_or_default()
}

/// The token for a signed question: one for each scope.
pub(crate) fn token(asked: &Asked, own: &str) -> Reply {
    let form: std::collections::BTreeMap<String, String> =
        url::form_urlencoded::parse(asked.text.as_bytes())
            .into_owned()
            .collect();
    if form["grant_type"] == "refresh_token" {
        let given = (&*form["client_id"], &*form["refresh_token"]);
        assert_eq!(given, ("zzclient", "zzrefresh"));
        return ok(json!({ "access_token": format!("{TOKEN}-drive"), "expires_in": 3599 }));
    }
    assert_eq!(
        form["grant_type"],
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    let (message, signature) = form["assertion"].rsplit_once('.').expect("a signature");
    let number = URL_SAFE_NO_PAD.decode(MODULUS.trim()).expect("a number");
    let id = JsonWebKeyId::new("k1".to_owned());
    let key = CoreJsonWebKey::new_rsa(number, vec![1, 0, 1], Some(id));
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    let alg = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    key.verify_signature(&alg, message.as_bytes(), &signature)
        .expect("signed by the key");
    let part = |index: usize| -> Value {
        let part = message.split('.').nth(index).expect("a part");
        let part = URL_SAFE_NO_PAD.decode(part).expect("base64");
        serde_json::from_slice(&part).expect("JSON")
    };
    assert_eq!(
        part(0),
        json!({ "alg": "RS256", "typ": "JWT", "kid": "k1" })
    );
    let claims = part(1);
    assert_eq!(claims["iss"], BOT);
    assert_eq!(claims["aud"], json!(format!("{own}/token")));
    let life = claims["exp"].as_i64().zip(claims["iat"].as_i64());
    assert_eq!(life.map(|(end, begin)| end - begin), Some(3600));
    let name = match claims["scope"].as_str().expect("a scope") {
        "https://www.googleapis.com/auth/drive.readonly" => "drive",
        "https://www.googleapis.com/auth/admin.reports.audit.readonly" => "audit",
        "https://www.googleapis.com/auth/calendar.events.readonly" => "calendar",
        "https://www.googleapis.com/auth/meetings.space.readonly" => "meet",
        "https://www.googleapis.com/auth/admin.directory.user.readonly" => "directory",
        other => panic!("unexpected scope {other}"),
    };
    let subject = ["readback@example.org", "auditor@example.org"];
    // Meet is asked by a service account in nobody's name, too: it sees nothing of anybody.
    let is_alone = claims["sub"].is_null() && matches!(name, "meet" | "directory");
    assert!(is_alone || claims["sub"] == subject[usize::from(name == "audit")]);
    ok(
        json!({ "access_token": format!("{TOKEN}-{name}"), "expires_in": 3599, "token_type": "Bearer" }),
    )
}

/// Google at a step: 0 at first, 1 with more, 2 with things gone.
pub(crate) fn google(asked: &Asked, own: &str, step: usize) -> Reply {
    if asked.path() == "/token" {
        return token(asked, own);
    }
    let is_audit = asked.path().starts_with("/reports/");
    let name = if is_audit { "audit" } else { "drive" };
    assert_eq!(
        asked.header("authorization"),
        format!("Bearer {TOKEN}-{name}"),
        "{}",
        asked.target
    );
    let (early, later) = ("2026-01-02T09:00:00.000Z", "2026-03-02T10:00:00.000Z");
    let changed = ["2026-02-02T09:00:00.000Z", later, later][step];
    let disk = file(DISK, "INC-7 Disk full", DOCUMENT, changed);
    let dns = file(DNS, "DNS", DOCUMENT, early);
    let deploy = file(DEPLOY, "Deploy", DOCUMENT, early);
    let home = file(HOME, "In a shared drive", DOCUMENT, early);
    let week = ["2026-02-20T09:00:00.000Z", later, later][step];
    let guide = file(GUIDE, "Onboarding: week one", DOCUMENT, week);
    let (query, token) = (parameter(asked, "q"), parameter(asked, "pageToken"));
    let is_list = asked.path() == "/drive/files";
    if is_list {
        assert!(query.starts_with("trashed = false and "), "{query}");
        assert_eq!(parameter(asked, "supportsAllDrives"), "true");
        assert_eq!(parameter(asked, "includeItemsFromAllDrives"), "true");
    }
    match asked.path() {
        path if path == format!("/drive/files/{TOP}") => ok(json!({ "id": TOP, "trashed": false })),
        "/drive/files" if query.contains(&format!("'{TOP}' in parents")) => {
            let wanted = format!(
                "(mimeType = '{FOLDER}' or ((mimeType = '{DOCUMENT}' or mimeType = '{SHORTCUT}') \
                 and (name contains 'x')))"
            );
            assert!(query.ends_with(&wanted), "{query}");
            match &*token {
                "" => files(
                    &[
                        disk,
                        file(BELOW, "2026", FOLDER, early),
                        json!({ "id": 7 }),
                        json!(null),
                    ],
                    Some("next/1+="),
                ),
                "next/1+=" => files(
                    &[
                        // It leads to where we are, and to a document from outside.
                        shortcut("1Shortcut0000000000000000000top", TOP, FOLDER),
                        shortcut("1Shortcut00000000000000000deploy", DEPLOY, DOCUMENT),
                        shortcut(
                            "1Shortcut000000000000000000lost",
                            "1Document00000lost",
                            DOCUMENT,
                        ),
                    ],
                    None,
                ),
                other => panic!("unexpected token {other}"),
            }
        }
        "/drive/files" if query.contains(&format!("'{BELOW}' in parents")) => match step {
            2 => files(&[], None),
            _ => files(&[dns, file(TOP, "Top", FOLDER, early)], None),
        },
        "/drive/files" if parameter(asked, "corpora") == "drive" => {
            assert_eq!(parameter(asked, "driveId"), SHARED);
            files(&[home], None)
        }
        "/drive/files" => {
            assert_eq!(parameter(asked, "orderBy"), "modifiedTime");
            assert_eq!(parameter(asked, "corpora"), "allDrives");
            let since = query
                .split("modifiedTime >= ")
                .nth(1)
                .map(|since| since.trim_matches('\''));
            let mut all = vec![dns, deploy, home, disk, guide];
            all.retain(|file| {
                let at =
                    readback::model::parse_rfc3339(file["modifiedTime"].as_str().expect("a time"));
                since.is_none_or(|since| at >= readback::model::parse_rfc3339(since))
            });
            files(&all, None)
        }
        path if path == format!("/drive/files/{DEPLOY}") => ok(deploy),
        path if path == format!("/drive/files/{GUIDE}") => ok(guide),
        path if path == format!("/drive/files/{DNS}") && step == 2 => {
            let mut dns = dns;
            dns["trashed"] = json!(true);
            dns["trashedTime"] = json!("2026-03-02T11:00:00.000Z");
            ok(dns)
        }
        path if path == format!("/drive/files/{DISK}/export") => page(&format!(
            "<p>See <a href=\"https://www.google.com/url?q=https://docs.google.com/document/u/0/d/{DNS}/edit?tab%3Dt.0&amp;sa=D\">it</a>. {WORDS}</p>"
        )),
        path if path == format!("/drive/files/{DEPLOY}/export") => (
            403,
            Vec::new(),
            json!({ "error": { "code": 403, "message": "This file is too large to be exported.",
                "errors": [{ "domain": "global", "reason": "exportSizeLimitExceeded" }] } }),
        ),
        path if path == format!("/drive/files/{GUIDE}/export") => match step {
            0 => page(&format!(
                "<a href=\"https://drive.google.com/file/d/{DISK}/view?usp=sharing\">a</a> \
                 <a href=\"https://code.example.org/INC-9\">b</a>"
            )),
            _ => page("<a href=\"https://code.example.org/INC-9\">b</a>"),
        },
        path if path.ends_with("/export") => page("<p>nothing</p>"),
        path if path == format!("/drive/files/{DISK}/revisions") => {
            let by = |id: &str, at: &str, who: Value| json!({ "id": id, "modifiedTime": at, "lastModifyingUser": who });
            let mut all = vec![
                by("1", early, json!({ "emailAddress": MAIL })),
                by(
                    "5",
                    "2026-01-09T09:00:00.000Z",
                    json!({ "emailAddress": BOT }),
                ),
                by(
                    "9",
                    "2026-02-02T09:00:00.000Z",
                    json!({ "emailAddress": MAIL }),
                ),
            ];
            if step > 0 {
                all.push(by(
                    "12",
                    later,
                    json!({ "permissionId": "09876543210987654321" }),
                ));
            }
            ok(json!({ "revisions": all }))
        }
        // It may only be read.
        path if path.ends_with("/revisions") => (403, Vec::new(), json!({})),
        path if path == format!("/drive/files/{DISK}/comments") => {
            assert_eq!(parameter(asked, "includeDeleted"), "true");
            let reply = |id: &str, words: &str| {
                json!({ "id": id, "createdTime": "2026-02-01T11:00:00.000Z", "modifiedTime": "2026-02-01T11:00:00.000Z",
                    "content": words, "author": { "displayName": NAME }, "deleted": false, "action": "resolve" })
            };
            let at = "2026-02-01T11:00:00.000Z";
            match (step, &*token) {
                (0, "") => ok(json!({ "nextPageToken": "c2",
                    "comments": [comment("c1", at, &[reply("r1", "one two"), reply("r2", "")])] })),
                (0, _) => ok(json!({ "comments": [
                    { "id": "s1", "createdTime": at, "content": "", "replies": [reply("r3", "why")] }] })),
                _ => {
                    let mut deleted =
                        comment("c1", "2026-02-03T11:00:00.000Z", &[reply("r1", "one two")]);
                    deleted["deleted"] = json!(true);
                    deleted["content"] = Value::Null;
                    // The discussion of a suggestion is gone as a whole.
                    ok(json!({ "comments": [deleted, comment("c4", at, &[])] }))
                }
            }
        }
        path if path == format!("/drive/files/{HOME}/comments") => {
            (403, Vec::new(), json!({ "error": { "code": 403 } }))
        }
        path if path.ends_with("/comments") => ok(json!({ "comments": [] })),
        "/reports/activity/users/all/applications/drive" => {
            assert!(!asked.target.contains("ipAddress"));
            let document = parameter(asked, "filters");
            let document = document.strip_prefix("doc_id==").expect("a document");
            let ada = json!({ "callerType": "USER", "email": MAIL, "profileId": "11" });
            let nobody = json!({ "email": "", "profileId": "105250506097979753968" });
            let robot = json!({ "callerType": "USER", "email": BOT });
            let app = json!({ "callerType": "USER", "email": MAIL,
                "applicationInfo": { "applicationName": "Search of ours", "impersonation": true } });
            let event = parameter(asked, "eventName");
            let since = parameter(asked, "startTime");
            match (document, &*event, &*token) {
                (DISK, "view", "") => {
                    let mut items = vec![
                        activity("-1", "2026-02-20T09:00:00.500Z", &ada, DISK),
                        activity("2", "2026-02-20T09:00:00.500Z", &nobody, DISK),
                        activity("9", "2026-02-20T09:00:00Z", &ada, DNS),
                        json!({ "id": 7 }),
                    ];
                    if step == 0 {
                        // A pull that was cut off asks a little later.
                        assert!(since.starts_with("2025-09-03T09:1"), "{since}");
                    } else {
                        assert_eq!(since, to_rfc3339(NOW - 3 * DAY_MS));
                        // It came late.
                        items = vec![activity("7", "2026-02-28T09:00:00Z", &ada, DISK)];
                    }
                    ok(json!({ "items": items, "nextPageToken": "p2" }))
                }
                (DISK, "view", _) => ok(json!({ "items": [
                    activity("3", "2026-02-19T09:00:00Z", &robot, DISK),
                    activity("4", "2026-02-18T09:00:00Z", &app, DISK)] })),
                _ => ok(json!({ "kind": "admin#reports#activities" })),
            }
        }
        // The shortcut that leads to nothing.
        _ => gone(),
    }
}
