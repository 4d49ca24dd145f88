//! Deliveries written for this purpose, and GitHub's own samples if they are at hand.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use crate::model::{Body, Event, Millis, PersonKind};
use crate::sources::collected::Collected;
use crate::sources::forge::{Forge, Params};
use crate::sources::{File as _, KnownWriteup, Push as _, Setting};

use super::*;

impl Collected {
    /// Kind, id, subject, version, and the end if there is one.
    fn summary(&self) -> Vec<(&'static str, &str, &str, u32, Option<Millis>)> {
        let line = |event: &'_ Event| match &event.body {
            Body::Comment(comment) => ("comment", comment.deleted_at),
            Body::Link(link) => ("link", link.removed_at),
            _ => ("other", None),
        };
        let with = |e| {
            let (kind, end) = line(e);
            (kind, e.id.as_str(), e.subject.as_str(), e.version, end)
        };
        self.events.iter().map(with).collect()
    }
}

fn setting(aliases: &[&str]) -> Setting {
    let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
    let writeups = vec![KnownWriteup {
        id: "w1".to_owned(),
        title: None,
        aliases,
    }];
    Setting {
        source: "github".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: Tz::UTC,
        writeups,
    }
}

fn github(aliases: &[&str]) -> Forge<GitHub> {
    Forge::new(&Params::default(), &setting(aliases)).expect("valid")
}

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sources/github");
const FILE: &str = "https://github.com/example/shop/blob/HEAD/postmortems/0012-disk.md";
const ISSUE: &str = "https://github.com/example/shop/issues/7";

fn delivery<'a>(headers: &'a [(String, String)], body: &'a [u8]) -> Delivery<'a> {
    Delivery {
        headers,
        body,
        now: 2_000_000_000_000,
    }
}

fn delivered(case: &str, aliases: &[&str]) -> Collected {
    let body = std::fs::read(Path::new(CASES).join(case).join("delivery.json"))
        .expect("the case is there");
    let mut heard = Collected::default();
    let value: Value = serde_json::from_slice(&body).expect("JSON");
    let headers: Vec<(String, String)> = value["headers"]
        .as_object()
        .expect("a table")
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned()))
        .collect();
    let body = serde_json::to_vec(&value["body"]).expect("JSON");
    github(aliases)
        .receive(&delivery(&headers, &body), &mut heard)
        .expect("taken");
    heard
}

#[test]
fn comments_and_links() {
    let heard = delivered("issue_comment_created", &[ISSUE, "INC-12"]);
    assert_eq!(
        heard.summary(),
        [
            ("comment", "issue_comment:101", "w1", 1_709_632_800, None),
            ("link", "issue_comment:101:link:w1", "w1", 0, None)
        ]
    );
    let heard = delivered("issue_comment_created", &["https://elsewhere.example.org"]);
    assert_eq!(
        heard.left_out,
        BTreeMap::from([("comment on something that is no write-up", 1)])
    );
    let heard = delivered("issue_comment_edited", &["INC-12"]);
    assert_eq!(
        heard.summary(),
        [(
            "link",
            "issue_comment:101:link:w1",
            "w1",
            1_709_719_200,
            Some(1_709_719_200_000)
        )]
    );
    let heard = delivered("issue_comment_deleted", &[ISSUE]);
    assert_eq!(
        heard.summary(),
        [(
            "comment",
            "issue_comment:101",
            "w1",
            u32::MAX,
            Some(2_000_000_000_000)
        )]
    );
    let heard = delivered("review_comment_on_file", &[FILE]);
    assert_eq!(
        heard.summary(),
        [(
            "comment",
            "pull_request_review_comment:55",
            "w1",
            1_709_632_800,
            None
        )]
    );
    let Body::Comment(comment) = &heard.events[0].body else {
        panic!("a comment")
    };
    assert!(comment.person.is_none(), "a deleted account is nobody");
    assert_eq!(
        (comment.parent.as_deref(), comment.words),
        (Some("pull_request_review_comment:54"), Some(3))
    );
    assert!(!format!("{heard:?}", heard = heard.events).contains("three short words"));
}

fn read(text: &[u8]) -> Collected {
    let mut heard = Collected::default();
    github(&[ISSUE, "INC-12"])
        .read("a.json", &mut &text[..], &mut heard)
        .expect("JSON");
    heard
}

#[test]
fn one_pull_request_is_one_text_wherever_it_is_read() {
    let of_hook = r#"{"action":"opened","sender":{},"pull_request":{"id":999,"number":8,
        "html_url":"https://github.com/Example/Shop/pull/8","title":"Fix of INC-12","body":null,
        "created_at":"2024-03-05T10:00:00Z","user":{"login":"ada","type":"User"}}}"#;
    let of_reply = r#"{"id":1234,"number":8,"html_url":"https://github.com/example/shop/pull/8",
        "title":"Fix of INC-12","body":null,"created_at":"2024-03-05T10:00:00Z","pull_request":{},
        "user":{"login":"ada","type":"User"}}"#;
    let heard = read(format!("\u{feff}{of_hook}\n{of_reply}").as_bytes());
    let id = "github.com/example/shop#8:link:w1";
    assert_eq!(
        heard.summary(),
        [("link", id, "w1", 0, None), ("link", id, "w1", 0, None)],
        "found in the title, and under one id"
    );
    let renamed = of_hook
        .replace("opened", "edited")
        .replace(
            "\"sender\"",
            "\"changes\":{\"title\":{\"from\":\"Fix of INC-12\"}},\"sender\"",
        )
        .replace("\"Fix of INC-12\",\"body\"", "\"Fix\",\"body\"");
    let heard = read(renamed.as_bytes());
    let at = 1_709_632_800_000;
    assert_eq!(
        heard.summary(),
        [("link", id, "w1", 1_709_632_800, Some(at))]
    );
}

#[test]
fn a_bot_is_described_once() {
    let comment = |id: u32, login: &str, kind: &str| {
        format!(
            r#"{{"id":{id},"issue_url":"x","html_url":"{ISSUE}#issuecomment-{id}","body":"see INC-12",
            "created_at":"2024-03-05T10:00:00Z","user":{{"login":"{login}","type":"{kind}"}}}}"#
        )
    };
    let all = [
        comment(1, "tidy[bot]", "Bot"),
        comment(2, "tidy[bot]", "Bot"),
        comment(3, "old-robot[bot]", "User"),
        comment(4, "ada", "User"),
    ];
    let heard = read(all.join("\n").as_bytes());
    let bots: Vec<&str> = heard
        .events
        .iter()
        .filter(|event| matches!(&event.body, Body::Person(one) if one.kind == PersonKind::Bot))
        .map(|event| event.id.as_str())
        .collect();
    assert_eq!(bots, ["tidy[bot]", "old-robot[bot]"]);
    assert_eq!(
        heard.notes,
        ["a.json: texts written by bots, which are no people: 3 by 2"]
    );
}

#[test]
fn doors() {
    let with_secret = Forge::<GitHub>::new(
        &Params {
            secret: Some("It's a Secret to Everybody".to_owned()),
            ..Params::default()
        },
        &setting(&[]),
    )
    .expect("valid");
    // The example of GitHub's documentation.
    let headers = [(
        "x-hub-signature-256".to_owned(),
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17".to_owned(),
    )];
    let mut heard = Collected::default();
    let right = with_secret.receive(&delivery(&headers, b"Hello, World!"), &mut heard);
    assert!(
        matches!(right, Err(SourceError::Format { .. })),
        "signed, but no JSON"
    );
    assert!(matches!(
        with_secret.receive(&delivery(&headers, b"Hello, World?"), &mut heard),
        Err(SourceError::Signature)
    ));
    assert!(matches!(
        with_secret.receive(&delivery(&[], b"{}"), &mut heard),
        Err(SourceError::Unsigned("X-Hub-Signature-256"))
    ));
    let gitea = [
        ("x-gitea-event".to_owned(), "push".to_owned()),
        ("x-github-event".to_owned(), "push".to_owned()),
    ];
    let refused = github(&[]).receive(&delivery(&gitea, b"{}"), &mut heard);
    assert!(refused.is_err());
    let ping = [("x-github-event".to_owned(), "ping".to_owned())];
    github(&[])
        .receive(
            &delivery(&ping, b"payload=%7B%22zen%22%3A%22x%22%7D"),
            &mut heard,
        )
        .expect("a form");
    assert_eq!(heard.left_out, BTreeMap::from([("ping", 1)]));
    // However its commas are written.
    for comma in [",", "%2C"] {
        let many = format!("payload=%5B1{}%5D", format!("{comma}1").repeat(1_000_001));
        assert!(matches!(
            github(&[]).receive(&delivery(&ping, many.as_bytes()), &mut heard),
            Err(SourceError::TooMany)
        ));
    }
}

#[test]
fn files_of_any_shape() {
    let mut heard = Collected::default();
    let text = b"[{\"id\":1}, 5, []]\n{\"zen\":\"x\"}\n{\"id\":2,\"number\":2,\"title\":\"t\",\"html_url\":\"h\"}\n{nonsense";
    github(&[])
        .read("a.json", &mut &text[..], &mut heard)
        .expect("read as far as it goes");
    assert_eq!(
        heard.left_out,
        BTreeMap::from([
            ("not an object", 2),
            ("ping", 1),
            ("reply without a text", 1)
        ])
    );
    let fields: Vec<&str> = heard
        .problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(fields, ["created_at", ""]);
    assert!(
        github(&[])
            .read("a.json", &mut &b"nonsense"[..], &mut heard)
            .is_err()
    );
    assert!(
        github(&[])
            .read("a.json", &mut &b""[..], &mut heard)
            .is_ok()
    );
}

/// Everything GitHub sends is an event or left out for a reason.
#[test]
fn published_samples_go_through() {
    let Some(fixtures) = std::env::var_os("READBACK_FIXTURES") else {
        writeln!(std::io::stderr(), "skipped: READBACK_FIXTURES is not set").expect("a terminal");
        return;
    };
    let fixtures = PathBuf::from(fixtures);
    // Every page of the samples' repository is a write-up, so that all comments count.
    let pages = [
        "https://github.com/Codertocat/Hello-World/issues/1",
        "https://github.com/Codertocat/Hello-World/pull/2",
        "https://github.com/Codertocat/Hello-World/discussions/4",
        "https://github.com/Codertocat/Hello-World/commit/6113728f27ae82c7b1a177c8d03f9e96e0adf246",
        "https://github.com/zhquan_example/repo/issues/2",
        "https://github.com/zhquan_example/repo/pull/1",
    ];
    let mut kinds: Vec<String> = Vec::new();
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for folder in ["github_webhooks", "github_api"] {
        for file in std::fs::read_dir(fixtures.join(folder)).expect("the folder is there") {
            let path = file.expect("readable").path();
            let bytes = std::fs::read(&path).expect("readable");
            let mut heard = Collected::default();
            github(&pages)
                .read("a", &mut &bytes[..], &mut heard)
                .expect("JSON");
            assert!(heard.problems.is_empty(), "{path:?}: {:?}", heard.problems);
            assert!(heard.events.len() + heard.left_out.len() > 0, "{path:?}");
            kinds.extend(
                heard
                    .events
                    .iter()
                    .map(|e| e.id.split(':').next().unwrap_or_default().to_owned()),
            );
            for (reason, count) in heard.left_out {
                *reasons.entry(reason).or_default() += count;
            }
        }
    }
    let count = |kind: &str| kinds.iter().filter(|known| *known == kind).count();
    assert_eq!(
        [
            count("issue_comment"),
            count("pull_request_review_comment"),
            count("commit_comment"),
            count("discussion_comment")
        ],
        [5, 6, 2, 2]
    );
    assert_eq!(kinds.len(), 15, "reviews without a text are no comments");
    // Three comments are in another repository; the rest are pushes, bodies without links and so on.
    let elsewhere = reasons["comment on something that is no write-up"];
    assert_eq!((reasons.values().sum::<u64>(), elsewhere), (28, 3));
}
