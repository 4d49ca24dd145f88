//! Calendars at an address: a listener stands in for who serves them, the client is the real one.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use readback::sources::SourceError;
use readback::summary::document::Document;
use serde_json::{Value, json};

use super::calendar_server::{NOW, Reply, Server, Source, calendar, event, reply};
use super::way::{self, Way};

/// A feed whose answer the test changes, with a tag for each answer.
struct Feed {
    server: Server,
    text: Arc<Mutex<String>>,
}

impl Feed {
    fn new() -> Feed {
        let text = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&text);
        let server = Server::new(move |asked| {
            let text = shown.lock().expect("no panic").clone();
            let sum: u64 = text.bytes().map(u64::from).sum();
            let tag = format!("\"{} {sum}\"", text.len());
            let modified = "Tue, 04 Mar 2025 10:00:00 GMT";
            if asked.header("if-none-match") == tag {
                assert_eq!(asked.header("if-modified-since"), modified);
                return reply(304, "");
            }
            let headers = vec![("etag", tag), ("last-modified", modified.to_owned())];
            (200, headers, text.into_bytes())
        });
        Feed { server, text }
    }

    fn holds(&self, events: &[String]) {
        *self.text.lock().expect("no panic") = calendar(events);
    }

    fn source(&self) -> Source {
        let url = format!(
            "url = \"{}/basic.ics\"\nkey = 'INC-\\d+'",
            self.server.address
        );
        Source::new("icalendar", url)
    }

    fn statuses(&self) -> usize {
        self.server.asked().len()
    }
}

const WEEKLY: &str = "RRULE:FREQ=WEEKLY;COUNT=4\n";

#[test]
fn what_changes_between_pulls_is_told_and_taken_back() {
    let feed = Feed::new();
    let mut source = feed.source();
    let first = event("first", "20250101T090000Z", "", &["zoe"]);
    feed.holds(&[
        first.clone(),
        event("series", "20250304T140000Z", WEEKLY, &["zoe", "uwe"]),
        event("single", "20250305T140000Z", "", &["uwe"]),
    ]);
    assert_eq!(source.pull(NOW), 10);
    assert_eq!(source.rows().len(), 10);
    // The same is not even sent again.
    assert_eq!(source.pull(NOW), 0);
    let asked = feed.server.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].header("if-none-match"), "");
    assert_ne!(asked[1].header("if-none-match"), "");
    // One less is invited, one occurrence is off, one excluded, the single meeting is moved.
    let off = event(
        "series",
        "20250311T140000Z",
        "RECURRENCE-ID:20250311T140000Z\nSTATUS:CANCELLED\n",
        &[],
    );
    let except = format!("{WEEKLY}EXDATE:20250318T140000Z\n");
    feed.holds(&[
        first.clone(),
        event("series", "20250304T140000Z", &except, &["zoe"]),
        off,
        event("single", "20250306T100000Z", "", &["uwe"]),
    ]);
    source.pull(NOW);
    let series = [
        "first 2025-01-01T09:00:00Z zoe",
        "series/2025-03-04T14:00:00Z 2025-03-04T14:00:00Z zoe",
        "series/2025-03-25T14:00:00Z 2025-03-25T14:00:00Z zoe",
        "single 2025-03-06T10:00:00Z uwe",
    ];
    assert_eq!(source.rows().iter().collect::<Vec<_>>(), series);
    // Another hour for the whole series, which is past: it was as it was planned then. And one meeting is no more.
    feed.holds(&[
        first,
        event(
            "series",
            "20250304T150000Z",
            "RRULE:FREQ=WEEKLY;COUNT=2\n",
            &["zoe"],
        ),
    ]);
    source.pull(NOW);
    let series = [
        "first 2025-01-01T09:00:00Z zoe",
        "series/2025-03-04T14:00:00Z 2025-03-04T14:00:00Z zoe",
        "series/2025-03-25T14:00:00Z 2025-03-25T14:00:00Z zoe",
    ];
    assert_eq!(source.rows().iter().collect::<Vec<_>>(), series);
}

/// Three occurrences are past, three lie ahead.
#[test]
fn what_is_past_of_a_series_stays_as_it_was_planned() {
    let feed = Feed::new();
    let mut source = feed.source();
    let first = event("first", "20250101T090000Z", "", &["zoe"]);
    let series = |hour: &str, more: &str| {
        let start = format!("20250311T{hour}0000Z");
        event(
            "series",
            &start,
            &format!("RRULE:FREQ=WEEKLY;{more}\n"),
            &["zoe"],
        )
    };
    let days = |source: &Source| -> Vec<String> {
        let rows = source.rows().into_iter();
        let rows = rows.filter(|row| row.starts_with("series/"));
        rows.map(|row| row["series/2025-".len()..][..8].to_owned())
            .collect()
    };
    let past = ["03-11T14", "03-18T14", "03-25T14"];
    feed.holds(&[first.clone(), series("14", "COUNT=6")]);
    source.pull(NOW);
    assert_eq!(days(&source)[3..], ["04-01T14", "04-08T14", "04-15T14"]);
    feed.holds(&[first.clone(), series("15", "COUNT=6")]);
    source.pull(NOW);
    let moved = [&past[..], &["04-01T15", "04-08T15", "04-15T15"]].concat();
    assert_eq!(days(&source), moved);
    assert_eq!(source.pull(NOW), 0);
    // It comes to an end, and is deleted.
    feed.holds(&[first.clone(), series("15", "UNTIL=20250402T000000Z")]);
    source.pull(NOW);
    assert_eq!(days(&source), [&past[..], &["04-01T15"]].concat());
    feed.holds(std::slice::from_ref(&first));
    source.pull(NOW);
    assert_eq!(days(&source), past);
    // What took place after all, and one that was called off by itself.
    let again = format!("{}EXDATE:20250318T140000Z\n", "COUNT=6\n");
    feed.holds(&[first.clone(), series("14", again.trim_end())]);
    source.pull(NOW);
    let rest = ["03-11T14", "03-25T14", "04-01T14", "04-08T14", "04-15T14"];
    assert_eq!(days(&source), rest);
    // Another choice is no change of the calendar.
    source.params += "\nmatch = ['lunch']";
    source.pull(NOW);
    assert_eq!(days(&source), [""; 0]);
}

#[test]
fn what_comes_nearer_is_told_though_the_feed_is_the_same() {
    let feed = Feed::new();
    let mut source = feed.source();
    feed.holds(&[event(
        "series",
        "20250304T140000Z",
        "RRULE:FREQ=WEEKLY\n",
        &["zoe"],
    )]);
    let day = 86_400_000;
    let first = source.pull(NOW);
    assert_eq!((source.pull(NOW + day), source.pull(NOW + 8 * day)), (0, 1));
    let asked = feed.server.asked();
    let known: Vec<bool> = asked
        .iter()
        .map(|asked| !asked.header("if-none-match").is_empty())
        .collect();
    assert_eq!(known, [false, true, false], "{first}");
    // A write-up that is registered later is found in what is not sent again otherwise.
    source.aliases = vec!["series".to_owned()];
    assert_eq!(source.pull(NOW + 8 * day), first + 1);
    assert_eq!(source.pull(NOW + 8 * day), 0);
    assert_eq!(feed.statuses(), 2);
}

#[test]
fn what_is_no_whole_calendar_takes_nothing_back() {
    let answers: Arc<Mutex<Reply>> = Arc::new(Mutex::new(reply(200, "")));
    let shown = Arc::clone(&answers);
    let server = Server::new(move |_| shown.lock().expect("no panic").clone());
    let mut source = Source::new("icalendar", format!("url = \"{}/f.ics\"", server.address));
    let whole = calendar(&[
        event("first", "20250101T090000Z", "", &["zoe"]),
        event("later", "20250501T090000Z", "", &["zoe", "uwe"]),
    ]);
    let cut = whole[..whole.len() / 2].to_owned();
    let set = |reply: Reply| *answers.lock().expect("no panic") = reply;
    set(reply(200, whole.clone()));
    assert_eq!(source.pull(NOW), 3);
    let huge = format!("BEGIN:VCALENDAR\r\n{}", "X-A:b\r\n".repeat(10 << 20));
    let bomb = calendar(&[event(
        "first",
        "20250101T090000Z",
        "RRULE:FREQ=SECONDLY\n",
        &["zoe"],
    )]);
    for (answer, words) in [
        (reply(200, cut), "ends in the middle"),
        (reply(200, ""), "holds no whole calendar"),
        (
            reply(200, "<html>Sign in</html>"),
            "holds no whole calendar",
        ),
        (reply(200, vec![0xff; 1000]), "holds no whole calendar"),
        (reply(200, huge), "more than 64 MiB"),
        (reply(204, ""), "holds no whole calendar"),
        (reply(304, ""), "answers with status 304"),
        (
            reply(401, ""),
            "refuses access (status 401): it wants a token or password",
        ),
        (reply(403, ""), "is forbidden (status 403)"),
        (reply(404, ""), "is not there (status 404); check url"),
        (reply(500, whole.clone()), "answers with status 500"),
    ] {
        set(answer);
        let said = source.refused(NOW);
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(
            source.look().map_err(|error| error.to_string()).err(),
            Some(said)
        );
    }
    assert_eq!(source.rows().len(), 3);
    // Nothing of it is waited for here, and the rest of a series without end is left out.
    set(reply(200, bomb));
    let heard = source.heard(NOW).expect("a pull");
    assert!(heard.events.len() <= 2_003, "{}", heard.events.len());
}

#[test]
fn who_wants_to_be_left_alone_is() {
    let mut busy = true;
    let text = calendar(&[event("first", "20250101T090000Z", "", &["zoe"])]);
    let server = Server::new(move |_| match std::mem::replace(&mut busy, false) {
        true => (429, vec![("retry-after", "120".to_owned())], Vec::new()),
        false => reply(200, text.clone()),
    });
    let mut source = Source::new("icalendar", format!("url = \"{}/f.ics\"", server.address));
    let heard = source.heard(NOW).expect("a pull");
    assert!(heard.notes[0].contains("asks to come back later (status 429)"));
    let heard = source.heard(NOW + 119_000).expect("a pull");
    assert!(heard.notes[0].contains("is left alone until 2025-04-01T00:02:00Z"));
    assert_eq!(server.asked().len(), 1);
    assert_eq!(source.pull(NOW + 120_000), 1);
}

#[test]
fn a_secret_address_is_told_to_nobody() {
    let text = calendar(&[event("first", "20250101T090000Z", "", &["zoe"])]);
    let mut status = 200;
    let server = Server::new(move |asked| {
        assert_eq!(
            asked.target,
            "/ical/zoe%40example.org/private-zzsecret/basic.ics"
        );
        let answer = reply(status, text.clone());
        status = 404;
        answer
    });
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let secret = format!(
        "{}/ical/zoe%40example.org/private-zzsecret/basic.ics",
        server.address
    );
    writeln!(file, "{secret}").expect("written");
    let mut source = Source::new("icalendar", format!("url_file = {:?}", file.path()));
    let looked = source.look().expect("a calendar");
    assert_eq!(
        looked,
        "a calendar of 1 meetings and series, 1 of which fit match"
    );
    let said = source.refused(NOW);
    let words = format!(
        "{}/…: is not there (status 404): the secret address was reset or has expired; copy it anew into \
         url_file",
        server.address
    );
    assert_eq!(said, words);
    // In the configuration it is no secret any more.
    source.params = format!("url = {secret:?}");
    let said = source.refused(NOW);
    assert!(said.contains("write it into a file"), "{said}");
    // Nor over a wire that everybody reads.
    for (text, words) in [
        ("http://calendar.example.com/zzsecret.ics", "https address"),
        (
            "ftp://calendar.example.com/zzsecret.ics",
            "begins with https://",
        ),
        ("https://u:zzsecret@calendar.example.com/", "without user"),
        ("zzsecret", "begins with https://"),
        ("", "an address on one line"),
    ] {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        writeln!(file, "{text}").expect("written");
        source.params = format!("url_file = {:?}", file.path());
        let said = source.refused(NOW);
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_password_is_for_one_place_alone() {
    let text = calendar(&[event("first", "20250101T090000Z", "", &["zoe"])]);
    let other = Server::new(move |asked| {
        assert_eq!(asked.header("authorization"), "");
        reply(200, text.clone())
    });
    let elsewhere = format!("{}/f.ics", other.address);
    let server = Server::new(move |asked| match asked.target.as_str() {
        "/moved.ics" => (301, vec![("location", "/here.ics".to_owned())], Vec::new()),
        "/circle.ics" => (
            302,
            vec![("location", "/circle.ics".to_owned())],
            Vec::new(),
        ),
        "/away.ics" => (302, vec![("location", elsewhere.clone())], Vec::new()),
        _ if asked.header("authorization") != "Basic em9lOnp6c2VjcmV0" => reply(401, ""),
        _ => reply(
            200,
            calendar(&[event("mine", "20250101T090000Z", "", &["zoe"])]),
        ),
    });
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(file, "zoe:zzsecret").expect("written");
    let params = |path: &str, file: &std::path::Path| {
        format!("url = \"{}/{path}\"\ntoken_file = {file:?}", server.address)
    };
    let mut source = Source::new("icalendar", params("moved.ics", file.path()));
    assert_eq!(source.pull(NOW), 1);
    for (path, words) in [
        ("circle.ics", "leads from place to place"),
        ("away.ics", "leads to a place that is elsewhere"),
    ] {
        source.params = params(path, file.path());
        let said = source.refused(NOW);
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(other.asked().len(), 0);
    let mut wrong = tempfile::NamedTempFile::new().expect("a file");
    writeln!(wrong, "zoe:zzsecret2").expect("written");
    source.params = params("moved.ics", wrong.path());
    let said = source.refused(NOW);
    let words =
        "refuses access (status 401): the password or token in token_file is wrong, expired";
    assert!(said.contains(words), "{said}");
    let looked = source
        .look()
        .map_err(|error: SourceError| error.to_string());
    assert_eq!(looked.err(), Some(said));
    // Without one there is nothing to keep back.
    source.params = format!("url = \"{}/away.ics\"", server.address);
    source.heard(NOW).expect("a pull");
}

#[test]
fn it_is_pulled_where_an_address_is_given() {
    let kind = readback::sources::find("icalendar").expect("a kind");
    for (params, is_pulled) in [
        ("", false),
        ("match = ['a']", false),
        ("url = 'https://calendar.test/'", true),
        ("url_file = '/run/secrets/calendar'", true),
    ] {
        let params = params.parse().expect("TOML");
        assert_eq!(kind.is_pulled(&params), is_pulled, "{params}");
    }
}

/// The indicators of attendance.
fn results(document: &Document) -> Vec<&Value> {
    let names = ["A1", "A2", "A3"];
    let all = names
        .iter()
        .map(|name| &document.indicators[*name]["results"]);
    all.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_is_in_no_indicator() {
    let Some(pulled) = Way::within("feeds_pulled", chrono_tz::UTC).await else {
        return;
    };
    let Some(imported) = Way::within("feeds_imported", chrono_tz::UTC).await else {
        return;
    };
    let all = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];
    let answer = |text: String| {
        text.replace(
            "ATTENDEE:",
            "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:",
        )
    };
    let first = event("first", "20250101T090000Z", "SUMMARY:INC-1\n", &["p0"]);
    let series = |more: &str, people: &[&str]| {
        let more = format!("SUMMARY:INC-1\nDTEND:20250304T150000Z\n{more}");
        answer(event("series", "20250304T140000Z", &more, people))
    };
    let feed = Feed::new();
    let params = format!(
        "url = \"{}/basic.ics\"\nkey = 'INC-\\d+'",
        feed.server.address
    );
    let rows =
        "SELECT count() FROM landing_attendance FINAL WHERE NOT endsWith(target, ':retracted')";
    feed.holds(&[
        first.clone(),
        series(WEEKLY, &all),
        answer(event("single", "20250305T140000Z", "SUMMARY:INC-1\n", &all)),
    ]);
    let scanned = async || {
        let done = pulled
            .scan("icalendar", "reviews", &params)
            .await
            .expect("a scan");
        (done.total(), pulled.count(rows).await)
    };
    assert_eq!(scanned().await, (41, 41));
    // The single meeting is off, an occurrence is excluded, half of the people are not invited any more.
    let last = [
        first,
        series(&format!("{WEEKLY}EXDATE:20250311T140000Z\n"), &all[..4]),
    ];
    feed.holds(&last);
    assert_eq!(scanned().await, (40, 13));
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), calendar(&last)).expect("written");
    imported
        .import("icalendar", "reviews", "key = 'INC-\\d+'", file.path())
        .await
        .expect("an import");
    let came = |n: usize, uid: &str| {
        let data = json!({ "meeting": uid, "person": format!("p{n}@example.org"), "attended": true,
            "present_s": 3000, "meeting_s": 3600 });
        way::event(
            "attendance",
            &format!("{uid}{n}"),
            "w1",
            "2025-03-04T14:00:00Z",
            data,
        )
    };
    let uids = ["series/2025-03-04T14:00:00Z", "series/2025-03-18T14:00:00Z"];
    let lines: Vec<String> = uids
        .iter()
        .flat_map(|uid| (1..6).map(|n| came(n, uid)))
        .collect();
    let mut documents = Vec::new();
    for way in [&pulled, &imported] {
        way.register(&[("w1", &["INC-1"], "2025-01-01T00:00:00Z")])
            .await;
        way.events(&lines).await;
        documents.push(way.document("2025-06-01T00:00:00Z").await);
    }
    assert_eq!(results(&documents[0]), results(&documents[1]));
    // Of two times somebody recorded who came: four had accepted each of them, and three of these came.
    let show = &documents[0].indicators["A3"]["results"]["show_rate"];
    assert_eq!((&show["k"], &show["n"]), (&json!(6), &json!(8)), "{show}");
}

/// A list was brought in as that of an occurrence, which is the only one that knows who had to come.
#[tokio::test(flavor = "multi_thread")]
async fn another_hour_for_a_series_changes_no_number_of_past_reviews() {
    let Some(way) = Way::within("feeds_hours", chrono_tz::UTC).await else {
        return;
    };
    way.register(&[("w1", &["INC-1"], "2025-01-01T00:00:00Z")])
        .await;
    let feed = Feed::new();
    let params = format!(
        "url = \"{}/basic.ics\"\nkey = 'INC-\\d+'",
        feed.server.address
    );
    let mut documents = Vec::new();
    for hour in ["14", "15"] {
        let start = format!("20250304T{hour}0000Z");
        let more = format!("SUMMARY:INC-1\n{WEEKLY}");
        feed.holds(&[event("series", &start, &more, &["p0", "p1"])]);
        way.scan("icalendar", "reviews", &params)
            .await
            .expect("a scan");
        let came = (0..3).map(|n| {
            let data = json!({ "meeting": "series/2025-03-11T14:00:00Z",
                "person": format!("p{n}@example.org"), "present_s": 3000, "meeting_s": 3600 });
            way::event(
                "attendance",
                &format!("{n}"),
                "",
                "2025-03-11T14:00:00Z",
                data,
            )
        });
        way.events(&came.collect::<Vec<_>>()).await;
        documents.push(way.document("2025-06-01T00:00:00Z").await);
    }
    assert_eq!(results(&documents[0]), results(&documents[1]));
    let need_not = &documents[1].indicators["A2"]["results"]["need_not"];
    assert_eq!(
        [&need_not["had_to_come"], &need_not["uninvited"]],
        [&json!(2), &json!(1)]
    );
}

#[test]
fn an_empty_calendar_takes_much_back_only_the_second_time() {
    let feed = Feed::new();
    let mut source = feed.source();
    let all: Vec<String> = (0..8)
        .map(|n| {
            event(
                &format!("m{n}"),
                &format!("2025030{}T140000Z", n + 1),
                "",
                &["uwe"],
            )
        })
        .collect();
    feed.holds(&all);
    assert_eq!(source.pull(NOW), 8);
    // What lies ahead is gone, and an older one says that the feed has not forgotten it.
    feed.holds(&all[..1]);
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!((heard.events.len(), source.rows().len()), (0, 8));
    assert!(
        heard.notes[0].contains("lists 7 of the 8 meetings no more"),
        "{:?}",
        heard.notes
    );
    let unread =
        |source: &Source| readback::sources::unread(source.checkpoint.as_deref().expect("one"));
    assert_eq!(unread(&source).len(), 1);
    // The same answer once more, though its tag is the same.
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!((heard.events.len(), source.rows().len()), (7, 1));
    assert_eq!(unread(&source), [""; 0]);
    // What the feed says itself is believed: another hour for a whole series.
    feed.holds(&[event(
        "s",
        "20250304T140000Z",
        "RRULE:FREQ=DAILY;COUNT=9\n",
        &["uwe"],
    )]);
    source.heard(NOW).expect("a pull");
    let before = source.rows().len();
    feed.holds(&[event(
        "s",
        "20250304T150000Z",
        "RRULE:FREQ=DAILY;COUNT=9\n",
        &["uwe"],
    )]);
    assert_eq!(source.heard(NOW).expect("a pull").notes, [""; 0]);
    assert_eq!(source.rows().len(), before);
}
