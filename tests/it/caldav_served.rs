//! What CalDAV servers answer that Radicale does not: in parts, without tokens, elsewhere, rubbish. A listener
//! stands in for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::calendar_server::{Asked, NOW, Reply, Server, Source, calendar, event, reply};

const HEAD: &str = "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\" \
    xmlns:C=\"urn:ietf:params:xml:ns:caldav\">";

/// A store of one calendar.
#[derive(Default)]
struct Store {
    /// Texts by names, with their versions.
    meetings: BTreeMap<String, (u32, String)>,
    /// Changes in their order; a token is how many there were.
    changes: Vec<String>,
    /// The server has tokens.
    syncs: bool,
    /// Tokens from before this one are not known any more.
    known_from: usize,
    /// Changes that it tells at once.
    most: usize,
}

impl Store {
    fn set(&mut self, name: &str, text: Option<String>) {
        let version = self
            .meetings
            .get(name)
            .map_or(1, |(version, _)| version + 1);
        match text {
            Some(text) => self.meetings.insert(name.to_owned(), (version, text)),
            None => self.meetings.remove(name),
        };
        self.changes.push(name.to_owned());
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let body = match asked.method.as_str() {
            "PROPFIND" => self.place(),
            _ if asked.body.contains("sync-collection") => return self.since(asked),
            _ if asked.body.contains("calendar-multiget") => self.all(Some(&asked.body)),
            _ if asked.body.contains("time-range start=\"20230402T000000Z\"") => self.all(None),
            _ => return reply(400, ""),
        };
        reply(207, format!("{HEAD}{body}</D:multistatus>"))
    }

    fn place(&self) -> String {
        let token = match self.syncs {
            true => format!("<D:sync-token>{}</D:sync-token>", self.changes.len()),
            false => String::new(),
        };
        format!(
            "<D:response><D:href>/cal/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/><C:calendar/>\
             </D:resourcetype><D:displayname>Reviews</D:displayname>{token}</D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        )
    }

    fn since(&self, asked: &Asked) -> Reply {
        assert_eq!(asked.header("depth"), "0");
        let token = asked.body.split("sync-token>").nth(1).expect("a token");
        let token: usize = token.trim_end_matches("</d:").parse().expect("a number");
        if token < self.known_from {
            let error = "<D:error xmlns:D=\"DAV:\"><D:valid-sync-token/></D:error>";
            return reply(403, error);
        }
        let end = self.changes.len().min(token + self.most);
        let mut body = String::new();
        for name in &self.changes[token..end] {
            body.push_str(&match self.meetings.get(name) {
                Some((version, _)) => found(name, *version, ""),
                None => format!(
                    "<D:response><D:href>/cal/{name}</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>"
                ),
            });
        }
        if end < self.changes.len() {
            body.push_str(
                "<D:response><D:href>/cal/</D:href><D:status>HTTP/1.1 507 Insufficient Storage</D:status>\
                 </D:response>",
            );
        }
        let token = format!("<D:sync-token>{end}</D:sync-token>");
        reply(207, format!("{HEAD}{body}{token}</D:multistatus>"))
    }

    fn all(&self, among: Option<&str>) -> String {
        let mut body = String::new();
        for (name, (version, text)) in &self.meetings {
            let data = match among {
                None => String::new(),
                Some(hrefs) if hrefs.contains(&format!("<d:href>/cal/{name}</d:href>")) => {
                    format!("<C:calendar-data><![CDATA[{text}]]></C:calendar-data>")
                }
                Some(_) => continue,
            };
            body.push_str(&found(name, *version, &data));
        }
        body
    }
}

fn found(name: &str, version: u32, data: &str) -> String {
    format!(
        "<D:response><D:href>/cal/{name}</D:href><D:propstat><D:prop><D:getetag>\"{version}\"</D:getetag>{data}\
         </D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
}

fn meeting(uid: &str, people: &[&str]) -> Option<String> {
    Some(calendar(&[event(uid, "20250305T140000Z", "", people)]))
}

/// A server of a store, and a source that reads it.
fn served(syncs: bool) -> (Arc<Mutex<Store>>, Server, Source) {
    let store = Arc::new(Mutex::new(Store {
        syncs,
        most: 2,
        ..Store::default()
    }));
    let shown = Arc::clone(&store);
    let server = Server::new(move |asked| shown.lock().expect("no panic").answer(asked));
    let source = Source::new("caldav", format!("url = \"{}/cal\"", server.address));
    (store, server, source)
}

#[test]
fn changes_come_in_parts_and_tokens_end() {
    let (store, server, mut source) = served(true);
    let set = |name: &str, text: Option<String>| store.lock().expect("no panic").set(name, text);
    for n in 0..5 {
        set(&n.to_string(), meeting(&format!("m{n}"), &["uwe"]));
    }
    assert_eq!(source.pull(NOW), 5);
    server.asked();
    for n in 5..8 {
        set(&n.to_string(), meeting(&format!("m{n}"), &["uwe"]));
    }
    set("0", None);
    set("1", meeting("m1", &["zoe"]));
    assert_eq!(source.pull(NOW), 5);
    let reports = server.asked().into_iter().map(|asked| asked.body);
    let reports: Vec<String> = reports.filter(|body| body.contains("sync-coll")).collect();
    assert_eq!(reports.len(), 3, "5 changes, 2 at once");
    assert_eq!(source.rows().len(), 7);
    // The server has forgotten what it said.
    set("2", None);
    set("3", meeting("m3", &["zoe", "uwe"]));
    store.lock().expect("no panic").known_from = 12;
    assert_eq!(source.pull(NOW), 3);
    assert_eq!(source.rows().len(), 7);
    assert_eq!(source.pull(NOW), 0);
}

#[test]
fn tags_are_compared_where_there_are_no_tokens() {
    let (store, server, mut source) = served(false);
    let set = |name: &str, text: Option<String>| store.lock().expect("no panic").set(name, text);
    for n in 0..3 {
        set(&n.to_string(), meeting(&format!("m{n}"), &["uwe"]));
    }
    assert_eq!((source.pull(NOW), source.pull(NOW)), (3, 0));
    set("0", None);
    set("1", meeting("m1", &["zoe"]));
    // A meeting under another name is the same meeting.
    set("2", None);
    set("9", meeting("m2", &["uwe"]));
    server.asked();
    source.pull(NOW);
    let asked = server.asked();
    let last = &asked.last().expect("a question").body;
    assert!(!last.contains("/cal/2<") && last.contains("/cal/9<") && last.contains("/cal/1<"));
    let rows = ["m1 2025-03-05T14:00:00Z zoe", "m2 2025-03-05T14:00:00Z uwe"];
    assert_eq!(source.rows().iter().collect::<Vec<_>>(), rows);
}

#[test]
fn what_can_not_be_read_stays_as_it_was_told() {
    let (store, _server, mut source) = served(true);
    let set = |name: &str, text: Option<String>| store.lock().expect("no panic").set(name, text);
    set("1", meeting("m1", &["uwe"]));
    set("2", meeting("m2", &["uwe"]));
    assert_eq!(source.pull(NOW), 2);
    set(
        "1",
        Some("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:m1".to_owned()),
    );
    set("2", meeting("m2", &["zoe"]));
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!(heard.events.len(), 1);
    assert_eq!(
        heard.notes,
        ["meetings that can't be read, and stay as they were told before: 1"]
    );
    assert_eq!(source.rows().len(), 2);
    assert_eq!(source.pull(NOW), 0);
    set("1", meeting("m1", &["zoe"]));
    assert_eq!(source.pull(NOW), 1);
}

#[test]
fn rubbish_takes_nothing_back() {
    let answers: Arc<Mutex<Option<Reply>>> = Arc::default();
    let (store, _inner, _source) = served(true);
    let shown = Arc::clone(&store);
    store
        .lock()
        .expect("no panic")
        .set("1", meeting("m1", &["uwe"]));
    let wrong = Arc::clone(&answers);
    let server = Server::new(move |asked| match &*wrong.lock().expect("no panic") {
        Some(reply) => reply.clone(),
        None => shown.lock().expect("no panic").answer(asked),
    });
    let mut source = Source::new("caldav", format!("url = \"{}/cal\"", server.address));
    assert_eq!(source.pull(NOW), 1);
    let dav = |text: &str| reply(207, text.replace("^", HEAD));
    let elsewhere = "^<D:response><D:href>https://calendar.test/cal/</D:href><D:propstat><D:prop><D:resourcetype>\
        <C:calendar/></D:resourcetype></D:prop></D:propstat></D:response></D:multistatus>";
    for (answer, words) in [
        (dav("<html>Sign in</html>"), "something else than WebDAV"),
        (dav("Sign in"), "something else than XML"),
        (dav("^<D:response>"), "something else than XML"),
        (
            dav("<!DOCTYPE x [<!ENTITY a \"b\">]>^&a;</D:multistatus>"),
            "has entities of its own",
        ),
        (dav(&"<a>".repeat(1000)), "more XML than a calendar needs"),
        (reply(207, vec![b'<'; 65 << 20]), "more than 64 MiB"),
        (dav("^</D:multistatus>"), "no calendar is there"),
        (
            dav(elsewhere),
            "names a place that is elsewhere (https://calendar.test)",
        ),
        (
            reply(200, "<html></html>"),
            "answers, but not as a CalDAV server",
        ),
        (reply(404, ""), "answers, but not as a CalDAV server"),
        (reply(403, ""), "is forbidden (status 403)"),
        (
            reply(401, ""),
            "it wants a token or password; give token_file",
        ),
        (reply(502, ""), "answers with status 502"),
    ] {
        *answers.lock().expect("no panic") = Some(answer);
        let said = source.refused(NOW);
        assert!(said.contains(words), "{words}: {said}");
    }
    *answers.lock().expect("no panic") = None;
    assert_eq!((source.pull(NOW), source.rows().len()), (0, 1));
}

#[test]
fn an_empty_list_takes_much_back_only_the_second_time() {
    let (store, _server, mut source) = served(true);
    let set = |name: &str, text: Option<String>| store.lock().expect("no panic").set(name, text);
    let names: Vec<String> = (0..6).map(|n| n.to_string()).collect();
    for name in &names {
        set(name, meeting(&format!("m{name}"), &["uwe"]));
    }
    assert_eq!(source.pull(NOW), 6);
    names.iter().for_each(|name| set(name, None));
    store.lock().expect("no panic").known_from = 99;
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!((heard.events.len(), source.rows().len()), (0, 6));
    let unread =
        |source: &Source| readback::sources::unread(source.checkpoint.as_deref().expect("one"));
    let told = unread(&source);
    assert!(
        told[0].contains("lists 6 of the 6 meetings no more"),
        "{told:?}"
    );
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!((heard.events.len(), source.rows().len()), (6, 0));
    assert_eq!(unread(&source), [""; 0]);
}
