//! A wiki made of a listener and a table of answers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread::{self, JoinHandle};

use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::model::{Body, Event, Place};

use super::*;
use crate::sources::collected::Collected;

impl Collected {
    pub(super) fn ids(&self) -> Vec<String> {
        self.events
            .iter()
            .map(|e| format!("{} {} v{}", e.body.kind().name(), e.id, e.version))
            .collect()
    }
}

/// A reply: status, extra header, body.
pub(super) type Reply = (u16, &'static str, String);

/// Serves on a port of its own until the first question that has no answer.
pub(super) struct Wiki {
    api: String,
    asked: Arc<Mutex<Vec<String>>>,
    server: Option<JoinHandle<()>>,
}

impl Wiki {
    pub(super) fn new(
        mut answer: impl FnMut(&BTreeMap<String, String>) -> Option<Reply> + Send + 'static,
    ) -> Wiki {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let api = format!(
            "http://{}/w/api.php",
            listener.local_addr().expect("an address")
        );
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let server = thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let Some(target) = target(&stream) else {
                    return;
                };
                let address = url::Url::parse(&format!("http://x{target}")).expect("an address");
                let question: BTreeMap<String, String> =
                    address.query_pairs().into_owned().collect();
                log.lock().expect("no panic").push(target);
                let Some((status, header, body)) = answer(&question) else {
                    return;
                };
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{header}\r\n",
                    body.len()
                );
                stream
                    .write_all(format!("{head}{body}").as_bytes())
                    .expect("sent");
            }
        });
        Wiki {
            api,
            asked,
            server: Some(server),
        }
    }

    pub(super) fn source(&self, more: &str) -> MediaWiki {
        self.knowing(more, Vec::new())
    }

    pub(super) fn knowing(&self, more: &str, writeups: Vec<KnownWriteup>) -> MediaWiki {
        let text = format!("api = \"{}\"\n{more}", self.api);
        let params = decode(toml::from_str(&text).expect("TOML")).expect("valid");
        let setting = Setting {
            source: "wiki".to_owned(),
            vocabulary: crate::model::Vocabulary::default(),
            timezone: Tz::UTC,
            writeups,
        };
        MediaWiki::new(params, &setting).expect("valid")
    }
}

impl Drop for Wiki {
    fn drop(&mut self) {
        // An empty request lets the server go.
        let address = self
            .api
            .trim_start_matches("http://")
            .trim_end_matches("/w/api.php")
            .to_owned();
        drop(TcpStream::connect(address));
        if let Some(server) = self.server.take() {
            server.join().ok();
        }
    }
}

fn target(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    for line in lines {
        if line.ok()?.is_empty() {
            break;
        }
    }
    first.split(' ').nth(1).map(str::to_owned)
}

/// What a move leaves in the history of a page: the same text once more.
fn moved(id: u64, parent: u64) -> Value {
    let mut moved = revision(id, parent, "2024-01-01T12:00:00Z", "Ada", 100);
    moved["sha1"] = json!(parent.to_string());
    moved
}

fn revision(id: u64, parent: u64, at: &str, user: &str, size: u64) -> Value {
    json!({"revid": id, "parentid": parent, "timestamp": at, "user": user, "size": size, "minor": false, "tags": [],
        "sha1": id.to_string()})
}

/// A wiki with two write-ups, one talk page and a bot; `later` adds a comment and removes a link.
fn answers(later: bool) -> impl FnMut(&BTreeMap<String, String>) -> Option<Reply> {
    let mut busy = 2;
    move |question: &BTreeMap<String, String>| {
        let get = |name: &str| question.get(name).map_or("", String::as_str);
        assert_eq!(
            (get("action"), get("formatversion"), get("maxlag")),
            ("query", "2", "5")
        );
        if busy > 0 {
            busy -= 1;
            let lag = json!({"error": {"code": "maxlag", "info": "Waiting", "lag": 7}}).to_string();
            let answer = if busy == 1 {
                (200, "retry-after: 0\r\n", lag)
            } else {
                (503, "retry-after: 0\r\n", String::new())
            };
            return Some(answer);
        }
        let answer = match (get("generator"), get("prop"), get("pageids"), get("list")) {
            ("categorymembers", ..) if get("lhcontinue").is_empty() => json!({
                "continue": {"lhcontinue": "11|5", "continue": "||info"},
                "query": {"pages": [
                    {"pageid": 10, "ns": 0, "title": "Disk full", "lastrevid": 103, "talkid": 20,
                     "canonicalurl": "https://wiki.example.org/wiki/Disk_full",
                     "redirects": [{"title": "Full disk"}],
                     "linkshere": [{"pageid": 11, "redirect": false}, {"pageid": 20}, {"pageid": 30, "redirect": true}]},
                    {"pageid": 11, "ns": 0, "title": "DNS", "lastrevid": 110,
                     "canonicalurl": "https://wiki.example.org/wiki/DNS"}]}}),
            ("categorymembers", ..) => {
                assert_eq!(
                    (get("lhcontinue"), get("continue"), get("gcmlimit")),
                    ("11|5", "||info", "50")
                );
                let from = if later {
                    json!([])
                } else {
                    json!([{"pageid": 40}])
                };
                json!({"query": {"pages": [{"pageid": 11, "ns": 0, "title": "DNS", "lastrevid": 110, "linkshere": from}]}})
            }
            (_, "info", "20", _) => {
                json!({"query": {"pages": [{"pageid": 20, "ns": 1, "title": "Talk:Disk full", "lastrevid": if later { 205 } else { 204 }}]}})
            }
            (_, "revisions", id, _) if get("rvprop") == "content" => {
                let text = match (id, get("revids")) {
                    ("10", _) => "One [[two]] three",
                    ("", "102") => "One",
                    _ => "",
                };
                json!({"query": {"pages": [{"pageid": 1, "revisions": [{"slots": {"main": {"content": text}}}]}]}})
            }
            (_, "revisions", "10", _) => json!({"query": {"pages": [{"pageid": 10, "revisions": [
                revision(101, 0, "2024-01-01T00:00:00Z", "Ada", 100),
                moved(105, 101),
                revision(102, 101, "2024-01-02T00:00:00Z", "192.0.2.1", 120),
                revision(103, 102, "2024-01-20T00:00:00Z", "CleanerBot", 119)]}]}}),
            (_, "revisions", "11", _) => json!({"query": {"pages": [{"pageid": 11, "revisions": [
                revision(110, 0, "2024-02-01T00:00:00Z", "~2024-77", 100), {"revid": 111}]}]}}),
            (_, "revisions", "20", _) => {
                let mut talk = vec![
                    revision(201, 0, "2024-01-04T00:00:00Z", "Ada", 50),
                    revision(202, 201, "2024-01-05T00:00:00Z", "Bob", 90),
                    revision(203, 202, "2024-01-06T00:00:00Z", "Bob", 80),
                    revision(204, 203, "2024-01-07T00:00:00Z", "198.51.100.2", 95),
                ];
                if later {
                    talk.push(revision(205, 204, "2024-06-01T00:00:00Z", "Cem", 140));
                }
                json!({"query": {"pages": [{"pageid": 20, "revisions": talk}]}})
            }
            (.., "logevents") => {
                assert_eq!(
                    (get("letype"), get("leend")),
                    ("move", "1970-01-01T00:00:00Z")
                );
                json!({"query": {"logevents": []}})
            }
            (_, "pageviews", ids, _) => {
                assert_eq!((ids, get("pvipdays")), ("10|11", "60"));
                json!({"query": {"pages": [{"pageid": 10}, {"pageid": 11}]}})
            }
            _ if get("meta") == "siteinfo" => json!({"query": {"extensions": []}}),
            (.., "users") => json!({"query": {"users": [
                {"name": "Ada", "groups": ["user"]}, {"name": "CleanerBot", "groups": ["bot", "user"]}]}}),
            other => panic!("unexpected question {other:?}"),
        };
        Some((200, "", answer.to_string()))
    }
}

const CATEGORY: &str = "category = \"Category:Postmortems\"";

#[test]
fn a_wiki_is_read_and_read_on() {
    let wiki = Wiki::new(answers(false));
    let mut heard = Collected::default();
    let first = wiki
        .source(CATEGORY)
        .pull(None, 1_000, &mut heard)
        .expect("answers");
    assert_eq!(
        heard.ids(),
        [
            "writeup page:10 v103",
            "writeup early:10 v102",
            "writeup latest:10 v103",
            "edit revision:102 v0",
            "edit revision:103 v0",
            "comment talk:201 v0",
            "comment talk:202 v0",
            "comment talk:204 v0",
            "writeup page:11 v110",
            "person CleanerBot v0",
            "link link:10:11 v1",
            "link link:11:40 v1",
        ]
    );
    let Body::Writeup(writeup) = &heard.events[0].body else {
        panic!("a write-up")
    };
    assert_eq!(writeup.id, "wiki:10");
    assert_eq!(
        writeup.aliases[0],
        "https://wiki.example.org/wiki/Disk_full"
    );
    // At the name that api.php was asked at, and at the one that readers know.
    let own = |end: &str| format!("{}{end}", wiki.api.replace("api.php", "index.php"));
    let public = |end: &str| format!("https://wiki.example.org/w/index.php{end}");
    let expected = [
        own("?curid=10"),
        public("?curid=10"),
        own("?title=Disk_full"),
        public("?title=Disk_full"),
        "Disk full".to_owned(),
        "Full disk".to_owned(),
        "https://wiki.example.org/wiki/Full_disk".to_owned(),
        own("?title=Full_disk"),
        public("?title=Full_disk"),
    ];
    assert_eq!(writeup.aliases[1..], expected);
    assert_eq!(
        (writeup.published_at, writeup.words),
        (Some(1_704_067_200_000), None)
    );
    // As it stood two weeks after, and now.
    let counts = |event: &Event| match &event.body {
        Body::Writeup(writeup) => (event.time, writeup.words, writeup.hyperlinks),
        _ => panic!("a write-up"),
    };
    assert_eq!(
        (counts(&heard.events[1]), counts(&heard.events[2])),
        (
            (1_704_153_600_000, Some(1), Some(0)),
            (1_705_708_800_000, Some(3), Some(1))
        )
    );
    assert_eq!(
        writeup.contributors.len(),
        2,
        "an address in place of a name is nobody"
    );
    let nobody = |event: &Event| matches!(&event.body, Body::Edit(edit) if edit.person.is_none());
    assert!(nobody(&heard.events[3]) && !nobody(&heard.events[4]));
    let Body::Link(link) = &heard.events[10].body else {
        panic!("a link")
    };
    assert_eq!(
        (link.place, link.stands_in.as_deref()),
        (Place::Writeup, Some("wiki:11"))
    );
    let Body::Link(link) = &heard.events[11].body else {
        panic!("a link")
    };
    assert_eq!(link.place, Place::Docs);
    assert_eq!(
        heard.left_out.into_keys().collect::<Vec<_>>(),
        [
            "edit of a talk page that adds nothing",
            "link from the page itself or its talk page",
            "redirect",
            "revision that changes nothing"
        ]
    );
    assert_eq!(heard.problems.len(), 1);
    assert!(
        !first.contains("Ada") && !first.contains("192.0.2.1"),
        "a checkpoint holds no identity"
    );

    let mut heard = Collected::default();
    let same = wiki
        .source(CATEGORY)
        .pull(Some(&first), 2_000, &mut heard)
        .expect("answers");
    let later = first.replace("\"pulled_at\":1000", "\"pulled_at\":2000");
    assert_eq!((heard.ids().len(), same), (0, later));

    let wiki = Wiki::new(answers(true));
    let mut heard = Collected::default();
    wiki.source(CATEGORY)
        .pull(Some(&first), 3_000, &mut heard)
        .expect("answers");
    assert_eq!(
        heard.ids(),
        [
            "comment talk:205 v0",
            "person CleanerBot v0",
            "link link:11:40 v3"
        ]
    );
    let Body::Link(link) = &heard.events[2].body else {
        panic!("a link")
    };
    assert_eq!(
        (link.removed_at, heard.events[2].time),
        (Some(3_000), 1_000)
    );
}

#[test]
fn a_page_that_is_gone_is_deleted_and_may_come_back() {
    let known = r#"{"pages":{"10":{"page":103,"talk":0},"11":{"page":1,"talk":0},"12":{"page":1,"talk":0}},"links":{}}"#;
    let pull = |listed: &'static [u64], checkpoint: &str, now| {
        let wiki = Wiki::new(move |question| {
            let get = |name: &str| question.get(name).map_or("", String::as_str);
            let page =
                |id: &u64| json!({"pageid": id, "title": format!("P{id}"), "lastrevid": 103});
            let pages: Vec<Value> = match get("generator") {
                "" => vec![json!({"pageid": 11, "missing": true}), page(&12)],
                _ => listed.iter().map(page).collect(),
            };
            Some((200, "", json!({"query": {"pages": pages}}).to_string()))
        });
        let mut heard = Collected::default();
        let next = wiki
            .source(&format!("{CATEGORY}\ntalk = false\nlinks = false"))
            .pull(Some(checkpoint), now, &mut heard)
            .expect("answers");
        let deleted: Vec<_> = heard
            .events
            .iter()
            .filter_map(|event| match &event.body {
                Body::Writeup(writeup) if event.id.starts_with("deleted:") => {
                    Some((event.id.clone(), event.version, writeup.deleted_at))
                }
                _ => None,
            })
            .collect();
        (deleted, next)
    };
    let id = || "deleted:11".to_owned();
    let (deleted, next) = pull(&[10], known, 5_000);
    assert_eq!(deleted, [], "no log says so, and one pull is no proof");
    let (deleted, next) = pull(&[10], &next, 6_000);
    assert_eq!(deleted, [(id(), 6, Some(6_000))]);
    let (deleted, next) = pull(&[10], &next, 7_000);
    assert_eq!(deleted, [], "told once");
    let (deleted, _) = pull(&[10, 11], &next, 8_000);
    assert_eq!(deleted, [(id(), 8, None)]);
}

#[test]
fn a_wiki_that_goes_on_for_ever_is_left() {
    let mut number = 0;
    let wiki = Wiki::new(move |_| {
        number += 1;
        let answer = json!({"continue": {"continue": "x", "gcmcontinue": number}});
        Some((200, "", answer.to_string()))
    });
    let refused = wiki
        .source(CATEGORY)
        .pull(None, 0, &mut Collected::default())
        .expect_err("endless");
    assert!(
        refused.to_string().contains("answers to one question"),
        "{refused}"
    );
}

#[test]
fn a_wiki_that_refuses() {
    let reply = |status, header: &'static str, body: &'static str| {
        let wiki = Wiki::new(move |_| Some((status, header, body.to_owned())));
        let error = wiki
            .source("titles = [\"A\", \"B\"]")
            .pull(None, 0, &mut Collected::default())
            .expect_err("refused");
        let asked = wiki.asked.lock().expect("no panic").len();
        match error {
            SourceError::Remote {
                reason, retryable, ..
            } => (reason, retryable, asked),
            other => panic!("{other}"),
        }
    };
    let busy = "{\"error\":{\"code\":\"readonly\"}}";
    assert_eq!(
        reply(200, "retry-after: 0\r\n", busy),
        ("is busy (readonly)".to_owned(), true, 4)
    );
    let (reason, retryable, asked) = reply(200, "", "{\"error\":{\"code\":\"badcategory\"}}");
    assert_eq!(
        (reason.as_str(), retryable, asked),
        ("refuses the question (badcategory)", false, 1)
    );
    assert!(reply(200, "", "<html>").0.contains("JSON"));
    assert!(reply(404, "", "").0.contains("api.php"));
    assert!(
        reply(200, "", "{\"continue\":{\"continue\":\"x\"}}")
            .0
            .contains("again and again")
    );
}

#[test]
fn parameters_are_checked() {
    let setting = Setting {
        source: "wiki".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: Tz::UTC,
        writeups: Vec::new(),
    };
    let built = |text: &str| build(toml::from_str(text).expect("TOML"), &setting).map(drop);
    assert!(built("api = \"https://w/api.php\"\nprefix = \"Incident\"").is_ok());
    for text in [
        "api = \"https://w/api.php\"",
        "api = \"w/api.php\"\nprefix = \"a\"",
        "api = \"https://w/api.php\"\nprefix = \"a\"\ntitles = [\"b\"]",
        "api = \"https://w/api.php\"\ntitles = []",
        "api = \"https://w/api.php\"\nprefix = \"a\"\nwrong = 1",
    ] {
        assert!(built(text).is_err(), "{text}");
    }
}
