//! Calendars of a real CalDAV server, Radicale.

use super::calendar_server::{NOW, Server, Source, event, reply};
use super::radicale::Radicale;

const WEEKLY: &str = "RRULE:FREQ=WEEKLY;COUNT=3\n";

fn series(people: &[&str]) -> String {
    event("series", "20250304T140000Z", WEEKLY, people)
}

fn single(uid: &str, day: &str, people: &[&str]) -> String {
    event(uid, &format!("{day}T140000Z"), "", people)
}

fn rows(source: &Source) -> Vec<String> {
    source.rows().into_iter().collect()
}

#[test]
fn what_is_new_changed_moved_and_deleted_is_told() {
    let Some(server) = Radicale::start() else {
        return;
    };
    server.put("reviews", "one", &[series(&["zoe", "uwe"])]);
    server.put("reviews", "two", &[single("two", "20250305", &["uwe"])]);
    server.put("reviews", "old", &[single("old", "20200305", &["uwe"])]);
    server.put("private", "own", &[single("own", "20250306", &["zoe"])]);
    // The server, the principal, the home, the calendar itself.
    for (path, calendars) in [
        ("/", &["Incident reviews"][..]),
        ("/zoe/", &["/zoe/reviews"]),
        ("/zoe/reviews/", &[]),
    ] {
        let mut source = server.source(path, calendars);
        assert_eq!(source.look().expect("a calendar"), "1 calendar answers");
        assert_eq!(source.pull(NOW), 7, "{path}");
    }
    let mut source = server.source("/", &["Incident reviews"]);
    assert_eq!(source.pull(NOW), 7);
    assert_eq!(source.pull(NOW), 0);
    // One who is invited no more, one occurrence that is off, a new meeting, a deleted one.
    let off = event(
        "series",
        "20250311T140000Z",
        "RECURRENCE-ID:20250311T140000Z\nSTATUS:CANCELLED\n",
        &[],
    );
    server.put("reviews", "one", &[series(&["zoe"]), off]);
    server.put("reviews", "three", &[single("three", "20250307", &["uwe"])]);
    server.delete("reviews/two.ics");
    source.pull(NOW);
    let now = [
        "series/2025-03-04T14:00:00Z 2025-03-04T14:00:00Z zoe",
        "series/2025-03-18T14:00:00Z 2025-03-18T14:00:00Z zoe",
        "three 2025-03-07T14:00:00Z uwe",
    ];
    assert_eq!(rows(&source), now);
    assert_eq!(source.pull(NOW), 0);
    // The server forgets what it said: all is listed once more.
    server.forget_tokens();
    server.put("reviews", "four", &[single("four", "20250308", &["zoe"])]);
    server.delete("reviews/three.ics");
    assert_eq!(source.pull(NOW), 2);
    assert_eq!(rows(&source)[0], "four 2025-03-08T14:00:00Z zoe");
    assert_eq!(source.rows().len(), 3);
    // Out of the calendar that is read, and back.
    server.shift("four", "reviews", "private");
    assert_eq!((source.pull(NOW), source.rows().len()), (1, 2));
    server.shift("four", "private", "reviews");
    assert_eq!((source.pull(NOW), source.rows().len()), (1, 3));
}

#[test]
fn a_meeting_that_changes_calendars_stays_one() {
    let Some(server) = Radicale::start() else {
        return;
    };
    server.put(
        "reviews",
        "one",
        &[single("one", "20250305", &["uwe", "zoe"])],
    );
    let mut source = server.source("/zoe/", &["/zoe/reviews/", "/zoe/private/"]);
    source.pull(NOW);
    let before = rows(&source);
    assert_eq!(before.len(), 2);
    for (from, to) in [("reviews", "private"), ("private", "reviews")] {
        server.shift("one", from, to);
        source.pull(NOW);
        assert_eq!(rows(&source), before, "to {to}");
        assert_eq!(source.pull(NOW), 0);
    }
    // In both of them; the other one's word counts once it is alone.
    server.put("private", "copy", &[single("one", "20250305", &["uwe"])]);
    source.pull(NOW);
    server.delete("private/copy.ics");
    source.pull(NOW);
    source.pull(NOW);
    assert_eq!(rows(&source), before);
    server.delete("reviews/one.ics");
    source.pull(NOW);
    assert_eq!(rows(&source), [""; 0]);
}

#[test]
fn who_is_not_let_in_is_told_why() {
    let Some(server) = Radicale::start() else {
        return;
    };
    server.put("reviews", "one", &[series(&["uwe"])]);
    let mut source = server.source("/", &["Incident reviews"]);
    assert_eq!(source.pull(NOW), 3);
    let fine = source.params.clone();
    let wrong = server.token("zzsecret2");
    let url = format!(
        "url = \"{}/\"\ncalendars = [\"Incident reviews\"]",
        server.address
    );
    source.params = format!("{url}\ntoken_file = {wrong:?}");
    let words = "refuses access (status 401): the password or token in token_file is wrong";
    let said = source.refused(NOW);
    assert!(said.contains(words), "{said}");
    assert!(source.look().is_err_and(|error| error.to_string() == said));
    // Names of calendars are for the one who checks, and for no log.
    source.params = fine.replace("Incident reviews", "Reviews");
    let said = source.refused(NOW);
    assert!(
        said.ends_with("calendars: \"Reviews\" is not there; `readback check` tells which are"),
        "{said}"
    );
    let said = source.look().expect_err("no such calendar").to_string();
    assert!(
        said.contains("\"Incident reviews\" (/zoe/reviews/)"),
        "{said}"
    );
    // A calendar that went takes nothing back.
    server.delete("reviews/");
    source.params = fine;
    source.refused(NOW);
    assert_eq!(source.rows().len(), 3);
}

/// Cuts the wire after some answers: in front of the server stands one that hands on what it is asked.
#[test]
fn a_pull_that_is_cut_off_goes_on() {
    let Some(server) = Radicale::start() else {
        return;
    };
    let many = 120;
    for n in 0..many {
        let uid = format!("uid{n:03}");
        server.put("reviews", &uid, &[single(&uid, "20250305", &["uwe"])]);
    }
    let behind = server.address.clone();
    let mut left = 2;
    let front = Server::new(move |asked| {
        let is_multiget = asked.body.contains("calendar-multiget");
        left -= i32::from(is_multiget);
        if is_multiget && left < 0 && left > -2 {
            return reply(503, "");
        }
        handed_on(&behind, asked)
    });
    let mut source = server.source("/", &["Incident reviews"]);
    source.params = source.params.replace(&server.address, &front.address);
    let heard = source.heard(NOW).expect("a part of it");
    assert_eq!(heard.events.len(), 100);
    assert!(
        heard.notes[0].ends_with("answers with status 503; the next pull goes on from there"),
        "{:?}",
        heard.notes
    );
    front.asked();
    assert_eq!(source.pull(NOW), 20);
    let multigets = front.asked();
    let multigets = multigets
        .iter()
        .filter(|asked| asked.body.contains("calendar-multiget"));
    assert_eq!(multigets.count(), 1, "what was read is not asked for again");
    assert_eq!((source.pull(NOW), source.rows().len()), (0, many));
}

/// What a server behind answers.
fn handed_on(behind: &str, asked: &super::calendar_server::Asked) -> super::calendar_server::Reply {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .allow_non_standard_methods(true)
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let mut request = ureq::http::Request::builder()
        .method(asked.method.as_str())
        .uri(format!("{behind}{}", asked.target));
    for name in ["authorization", "depth", "content-type"] {
        request = request.header(name, asked.header(name));
    }
    let request = request.body(asked.body.as_str()).expect("a request");
    let mut answer = agent.run(request).expect("an answer");
    let body = answer.body_mut().read_to_vec().expect("a body");
    let location = answer.headers().get("location");
    let location = location.map(|place| ("location", place.to_str().expect("text").to_owned()));
    let status = answer.status().as_u16();
    (status, location.into_iter().collect(), body)
}
