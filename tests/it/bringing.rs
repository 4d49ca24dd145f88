//! A coordinator drops files of meetings: sees what was understood, says who is who and which meeting it was,
//! confirms, takes back. By forms, on the command line, and in a browser.

use std::io::Write as _;
use std::path::Path;

use readback::jobs::undo;
use serde_json::{Value, json};

use super::access_commands::typed;
use super::access_roles::until;
use super::binary::{Home, Said, contents};
use super::privacy::{EMAIL, clean};
use super::served::{Reply, Served};
use super::visitor::{Visitor, field, header};
use super::way::{Way, event};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A weekly review, planned for seven; without an end.
pub(crate) fn calendar() -> String {
    let people = (1..=6).map(|n| format!("p{n}@people.example.org"));
    let people = people.chain([EMAIL.to_owned()]);
    let lines: Vec<String> = people
        .map(|who| format!("ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:{who}\r\n"))
        .collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:reviews-1\r\nDTSTAMP:20260301T000000Z\r\n\
         DTSTART:20260310T140000Z\r\nDTEND:20260310T150000Z\r\nRRULE:FREQ=WEEKLY\r\n\
         SUMMARY:Review of INC-1\r\n{}END:VEVENT\r\nEND:VCALENDAR\r\n",
        lines.concat()
    )
}

/// Who came to the first, as Zoom tells it: five by their addresses, the sixth by name, a phone of the
/// first, a program that takes notes, a screen that nobody knows, and somebody who waited outside.
pub(crate) const ZOOM: &str = "\
Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants
812 3456 7890,Weekly,2026-03-10 14:03:00,2026-03-10 15:00:00,p1@people.example.org,57,9

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room
Pia One,p1@people.example.org,2026-03-10 14:03:00,2026-03-10 14:33:00,30,No,No
Pia's phone,,2026-03-10 14:20:00,2026-03-10 14:58:00,38,Yes,No
Per Two,p2@people.example.org,2026-03-10 14:04:00,2026-03-10 15:00:00,56,No,No
Pol Three,p3@people.example.org,2026-03-10 14:04:00,2026-03-10 15:00:00,56,No,No
Pam Four,p4@people.example.org,2026-03-10 14:04:00,2026-03-10 15:00:00,56,No,No
Pat Five,p5@people.example.org,2026-03-10 14:04:00,2026-03-10 15:00:00,56,No,No
Zzmail Marker,,2026-03-10 14:05:00,2026-03-10 15:00:00,55,Yes,No
Otter.ai Notetaker,,2026-03-10 14:03:00,2026-03-10 15:00:00,57,Yes,No
Zzfull screen,,2026-03-10 14:03:00,2026-03-10 15:00:00,57,Yes,No
Zzuser outside,,2026-03-10 14:10:00,2026-03-10 14:11:00,1,Yes,Yes
";

pub(crate) fn home() -> Option<Home> {
    let home = Home::with_engine()?;
    home.file(
        "readback.toml",
        "[access]\nmode = \"password\"\n[organisation]\ntimezone = \"UTC\"\n[privacy]\nk = 5\n",
    );
    let published = "2026-03-01T00:00:00Z";
    let data =
        json!({ "id": "INC-1", "title": "The queue that overflowed", "published_at": published });
    let writeup = event("writeup", "INC-1", "INC-1", published, data);
    let path = home.file("events.ndjson", writeup + "\n");
    home.done(&["import", "events", &path]);
    let path = home.file("reviews.ics", calendar());
    home.done(&["import", "icalendar", &path]);
    Some(home)
}

fn listed(home: &Home, rest: &[&str]) -> Value {
    let said = home.done(&[rest, &["--json"]].concat());
    serde_json::from_str(&said.out).expect("JSON")
}

/// How many came to the review, of those who need not; as of the summer after it.
pub(crate) fn review(home: &Home) -> (Value, Value) {
    let out = home.path("out");
    let out = out.to_str().expect("a path");
    home.done(&["report", "--as-of", "2026-03-12T00:00:00Z", "--out", out]);
    let summary = std::fs::read(home.path("out/summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    let reviews = summary["reviews"].as_array().expect("reviews");
    assert_eq!(reviews.len(), 1, "{reviews:?}");
    (
        reviews[0]["attendees"].clone(),
        reviews[0]["need_not_have_come"].clone(),
    )
}

/// What is kept names nobody; what a command says may, to whoever has the file.
fn kept_clean(home: &Home) {
    let key = home.data().join("key");
    for (path, bytes) in contents(&home.data()) {
        if path != key {
            clean(&path.display().to_string(), &bytes);
        }
    }
}

fn plain(said: &Said) -> String {
    said.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_list_is_looked_at_matched_brought_in_and_taken_back() {
    let Some(home) = home() else { return };
    let list = home.file("participants.csv", ZOOM);
    let look = |more: &[&str]| home.done(&[&["import", "zoom", &list, "--look"], more].concat());
    let seen = plain(&look(&["--meeting", "2026-03-10T14:00"]));
    for words in [
        "1 meeting",
        "2026-03-10 14:03 (UTC), 57 minutes, about The queue that overflowed, as the meeting",
        "Pia One: p1@people.example.org, there for 30 minutes, was invited",
        "Zzmail Marker: nobody knows who, there for 55 minutes; may be \
         zzmail.marker@people.example.org",
        "Zzfull screen: nobody knows who",
        "left out 1: note-taker, Otter.ai Notetaker",
        "left out 1: waiting room, Zzuser outside",
        "invited, and not in this list: 2",
    ] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    let who = [
        "--meeting",
        "2026-03-10T14:00",
        "--match",
        "zzmail marker=zzmail.marker@people.example.org",
        "--match",
        "Pia's phone=P1@people.example.org",
        "--nobody",
        "Zzfull screen",
    ];
    let seen = plain(&look(&who));
    for words in [
        "Pia One: p1@people.example.org, there for 55 minutes, was invited",
        "Zzmail Marker: zzmail.marker@people.example.org, there for 55 minutes, was invited",
        "left out 1: said to be no person, Zzfull screen",
        "invited, and not in this list: 1",
    ] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    assert_eq!(listed(&home, &["undo"]).as_array().map(Vec::len), Some(1));

    // The list as it is, as a meeting of its own: two meetings. Taken back, it was never there.
    // Eight who were there, and the number under which it was held.
    let taken = home.done(&["import", "zoom", &list, "--meeting", "own"]);
    assert!(taken.err.contains("takes it back"), "{}", taken.err);
    let one = listed(&home, &["undo"])[0].clone();
    assert_eq!(
        (&one["kind"], &one["events"], &one["meetings"]),
        (&json!("zoom"), &json!(9), &json!(1))
    );
    assert!(
        listed(&home, &["meetings", "list"])
            .to_string()
            .contains("2026-03-10T14:00/2")
    );
    let name = one["import"].as_str().expect("a name");
    home.done(&["undo", name]);
    assert!(
        !listed(&home, &["meetings", "list"])
            .to_string()
            .contains("2026-03-10T14:00/2")
    );
    let again = home.run(&["undo", name]);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("can be taken back"), "{}", again.err);

    // The same file again, as what it is: the earlier one does not stand in its way.
    assert_eq!(
        review(&home),
        (Value::Null, Value::Null),
        "planned, and nobody is known to have come"
    );
    home.done(&[&["import", "zoom", &list], &who[..]].concat());
    assert_eq!(review(&home), (json!(6), json!(6)));

    // A wrong list over it, and what it replaced stands again.
    let wrong = home.file("wrong.csv", ZOOM.replace("15:00:00", "14:04:30"));
    home.done(&[&["import", "zoom", &wrong], &who[..]].concat());
    assert_eq!(review(&home).0, 0, "nobody came for long enough");
    let one = listed(&home, &["undo"])[0].clone();
    home.done(&["undo", one["import"].as_str().expect("a name")]);
    assert_eq!(review(&home), (json!(6), json!(6)));
    // The middle one of three goes first: what it had replaced stands under the last, and comes back with it.
    home.done(&[&["import", "zoom", &wrong], &who[..]].concat());
    home.done(&[&["import", "zoom", &list], &who[..]].concat());
    let imports = listed(&home, &["undo"]);
    for one in [&imports[1], &imports[0]] {
        home.done(&["undo", one["import"].as_str().expect("a name")]);
    }
    assert_eq!(review(&home), (json!(6), json!(6)));
    // Whoever is forgotten is forgotten in what was replaced, too.
    home.done(&[&["import", "zoom", &wrong], &who[..]].concat());
    home.done(&["forget", EMAIL]);
    let one = listed(&home, &["undo"])[0].clone();
    home.done(&["undo", one["import"].as_str().expect("a name")]);
    let alone = review(&home);
    assert_eq!(
        alone,
        (Value::Null, Value::Null),
        "one of them has no name now"
    );
    // Undone in the other order, nothing of the first comes back with the second.
    home.done(&[&["import", "zoom", &wrong], &who[..]].concat());
    let both = listed(&home, &["undo"]);
    for one in [&both[1], &both[0]] {
        home.done(&["undo", one["import"].as_str().expect("a name")]);
    }
    assert_eq!(review(&home), (Value::Null, Value::Null), "a plan again");
    kept_clean(&home);
    let audit = home.done(&["audit", "show"]).out;
    assert!(audit.contains("zoom of the source zoom"), "{audit}");
    for (arguments, words) in [
        (&["--match", "Ada"][..], "NAME=ADDRESS"),
        (&["--meeting", "2020-01-01T14:00"], "no meeting is called"),
        (
            &["--match", "Nobody Here=p1@people.example.org"],
            "nobody in the list is called \"Nobody Here\"; `--look` shows",
        ),
        (
            &["--match", "Pias phone=p1@people.example.org", "--look"],
            "nobody in the list is called \"Pias phone\"; near it are Pia One, Pia's phone",
        ),
        (
            &["--nobody", "Zzful", "--dry-run"],
            "near it are Zzfull screen",
        ),
        (
            &["-p", "people={ a = \"b c\" }"],
            "should have a mail address",
        ),
    ] {
        let refused = home.run(&[&["import", "zoom", &list], arguments].concat());
        assert!(
            refused.code != Some(0) && refused.err.contains(words),
            "{arguments:?}: {}",
            refused.err
        );
    }
}

/// Sends a file as the page does.
pub(crate) fn dropped(visitor: &mut Visitor, name: &str, file: &str) -> Reply {
    let form = field(&visitor.get("/reviews/import").text, "form");
    let part = |head: &str, value: &str| {
        format!("--zzb\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n")
    };
    let body = part("name=\"form\"", &form)
        + &part(&format!("name=\"file\"; filename=\"{name}\""), file)
        + "--zzb--\r\n";
    let origin = visitor.origin();
    let head = format!("Origin: {origin}\r\nContent-Type: multipart/form-data; boundary=zzb\r\n");
    let sent = visitor.ask("POST", "/reviews/import", &head, body.as_bytes());
    followed(visitor, sent)
}

/// The page of the file, where an answer sends there: whoever goes back finds a page, and no form that was sent.
pub(crate) fn followed(visitor: &mut Visitor, answer: Reply) -> Reply {
    let to = match answer.status {
        303 => header(&answer, "location").to_owned(),
        _ => String::new(),
    };
    match to.starts_with("/reviews/import?file=") {
        true => visitor.get(&to),
        false => answer,
    }
}

/// The fields of the form of a page, as a browser sends them.
pub(crate) fn fields(html: &str) -> Vec<(String, String)> {
    let form = html.split("id=\"file\"").nth(1).expect("a form");
    let mut fields = Vec::new();
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
        let value = rest.split('"').next()?;
        Some(
            value
                .replace("&#x27;", "'")
                .replace("&#x2f;", "/")
                .replace("&amp;", "&"),
        )
    };
    for piece in form.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        let is_box = tag.contains("type=\"checkbox\"");
        if tag.starts_with("input") && (!is_box || tag.contains(" checked")) {
            let name = attribute(tag, "name").expect("a name");
            fields.push((name, attribute(tag, "value").unwrap_or_default()));
        }
        if tag.starts_with("select") {
            let name = attribute(tag, "name").expect("a name");
            let own = piece.len();
            let rest = &form[form.find(piece).expect("itself") + own..];
            let rest = rest.split("</select>").next().unwrap_or_default();
            let chosen = rest.split('<').find(|option| option.contains(" selected"));
            let first = rest.split('<').find(|option| option.starts_with("option"));
            let value = chosen.or(first).and_then(|tag| attribute(tag, "value"));
            fields.push((name, value.unwrap_or_default()));
        }
    }
    fields
}

pub(crate) fn sent(visitor: &mut Visitor, fields: &[(String, String)], act: &str) -> Reply {
    let mut all: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    all.push(("do", act));
    let sent = visitor.send("/reviews/import", &all);
    followed(visitor, sent)
}

pub(crate) fn set(fields: &mut Vec<(String, String)>, name: &str, value: &str) {
    fields.retain(|(known, _)| known != name);
    fields.push((name.to_owned(), value.to_owned()));
}

/// The number of the row with this name.
fn row(fields: &[(String, String)], name: &str) -> String {
    let found = fields
        .iter()
        .find(|(field, value)| field.starts_with("name-") && value == name);
    let (field, _) = found.unwrap_or_else(|| panic!("{name} in {fields:?}"));
    field.trim_start_matches("name-").to_owned()
}

#[test]
fn a_coordinator_drops_a_list_onto_the_page() {
    let Some(home) = home() else { return };
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/engine", 200);
    let account = |name: &str, role: &str| {
        typed(&home, &["add", name, "--role", role], PASSWORD);
        let mut visitor = Visitor::of(served.address());
        assert_eq!(visitor.sign_in(name, PASSWORD).status, 303, "{name}");
        visitor
    };
    let mut cleo = account("cleo", "coordinator");
    let (mut cora, mut vic) = (account("cora", "coordinator"), account("vic", "viewer"));
    until(&mut vic, "/reviews", |page| page.status == 200);
    assert_eq!(vic.get("/reviews/import").status, 403);
    let table = vic.get("/reviews.csv");
    assert!(table.text.starts_with("date,write_up,title,"), "{table:?}");
    let page = until(&mut cleo, "/reviews", |page| {
        page.text.contains("<h2>Planned</h2>")
    });
    assert!(page.text.contains("href=\"/reviews/import\""), "{page:?}");

    let seen = dropped(&mut cleo, "participants.csv", ZOOM);
    assert_ne!(seen.status, 500, "{}", served.log());
    assert_eq!(
        (seen.status, header(&seen, "cache-control")),
        (200, "no-store"),
        "{seen:?}"
    );
    for words in [
        "Nothing is stored yet",
        "Tue 10 Mar 2026, 14:03 to 15:00",
        "About The queue that overflowed, as the meeting that was chosen.",
        "perhaps zzmail.marker@people.example.org",
        "Otter.ai Notetaker",
        "note-taker",
        "Zzuser outside",
        "waiting room",
        "not known",
        "zoom: attendance",
        "2026-03-10T14:00@",
    ] {
        assert!(seen.text.contains(words), "{words}: {}", seen.text);
    }
    let mut asked = fields(&seen.text);
    // A planned meeting is so near that it must be this one.
    let meeting = asked
        .iter()
        .find(|(name, _)| name == "meeting")
        .expect("a meeting");
    assert!(meeting.1.starts_with("2026-03-10T14:00@"), "{meeting:?}");
    let marker = row(&asked, "Zzmail Marker");
    set(
        &mut asked,
        &format!("is-{marker}"),
        "zzmail.marker@people.example.org",
    );
    let screen = row(&asked, "Zzfull screen");
    set(&mut asked, &format!("nobody-{screen}"), "true");
    let seen = sent(&mut cleo, &asked, "look");
    assert_eq!(seen.status, 200, "{seen:?}");
    assert!(seen.text.contains("said to be no person"), "{}", seen.text);
    let asked = fields(&seen.text);
    row(&asked, "Zzfull screen");
    let marker = row(&asked, "Zzmail Marker");
    assert!(asked.contains(&(
        format!("is-{marker}"),
        "zzmail.marker@people.example.org".to_owned()
    )));

    // Nobody else gets at the file, and none comes by another page.
    assert_eq!(cora.get("/reviews/import").status, 200);
    let mut foreign = asked.clone();
    set(
        &mut foreign,
        "form",
        &field(&cora.get("/reviews/import").text, "form"),
    );
    assert_eq!(sent(&mut cora, &foreign, "confirm").status, 409);
    assert_eq!(sent(&mut vic, &asked, "confirm").status, 403);
    set(&mut foreign, "form", "x");
    assert_eq!(sent(&mut cleo, &foreign, "confirm").status, 403);
    let mut wrong = asked.clone();
    set(&mut wrong, "meeting", "2026-03-10T14:00@5");
    assert_eq!(sent(&mut cleo, &wrong, "confirm").status, 409);
    set(&mut wrong, "timezone", "Mars/Olympus");
    set(&mut wrong, "meeting", "");
    let seen = sent(&mut cleo, &wrong, "look");
    assert!(
        seen.status == 400 && seen.text.contains("is no IANA zone"),
        "{seen:?}"
    );
    assert!(seen.text.contains("Look again"), "the file is still there");

    let done = sent(&mut cleo, &asked, "confirm");
    assert_eq!(done.status, 303, "{done:?}");
    let to = header(&done, "location").to_owned();
    let page = cleo.get(&to).text;
    assert!(page.contains("The file was brought in."), "{page}");
    assert_eq!(
        sent(&mut cleo, &asked, "confirm").status,
        409,
        "it is not kept any more"
    );
    clean("the page", page.as_bytes());

    // Dropped again with one more match: it takes the place of the first.
    let seen = dropped(&mut cleo, "participants.csv", ZOOM);
    assert!(
        seen.text.contains("this file takes its place"),
        "{}",
        seen.text
    );
    let mut asked = fields(&seen.text);
    for (name, address) in [
        ("Zzmail Marker", "zzmail.marker@people.example.org"),
        ("Pia's phone", "p1@people.example.org"),
    ] {
        let number = row(&asked, name);
        set(&mut asked, &format!("is-{number}"), address);
    }
    let screen = row(&asked, "Zzfull screen");
    set(&mut asked, &format!("nobody-{screen}"), "true");
    // What was said of a name that stands in no row any more is said again with the next form.
    let again = sent(&mut cleo, &asked, "look").text;
    assert!(
        again.contains("<td data-name=\"There\">55 minutes</td>"),
        "{again}"
    );
    // The first goes as a whole, so nothing adds up.
    assert!(
        !again.contains("Who came to this meeting was told before"),
        "{again}"
    );
    let mut asked = fields(&again);
    let phone = row(&asked, "Pia's phone");
    assert!(asked.contains(&(format!("is-{phone}"), "p1@people.example.org".to_owned())));
    set(&mut asked, "nobody-0", "");
    let done = sent(&mut cleo, &asked, "confirm");
    assert_eq!(done.status, 303, "{done:?}");
    let page = cleo.get("/reviews/import").text;
    assert_eq!(
        page.matches("Take back</button>").count(),
        2,
        "the calendar and this: {page}"
    );

    // Taken back, what it took the place of stands again; and once more the other way round.
    let stand = || -> Vec<(Value, Value)> {
        let all = listed(&home, &["undo"]);
        let all = all.as_array().expect("imports").iter();
        let zoom = all.filter(|one| one["kind"] == "zoom");
        zoom.map(|one| (one["import"].clone(), one["standing"].clone()))
            .collect()
    };
    let before = stand();
    assert_eq!((&before[0].1, &before[1].1), (&json!(6), &json!(0)));
    let form = field(&cleo.get("/reviews/import").text, "form");
    let undo = [
        ("form", form.as_str()),
        ("do", "undo"),
        ("import", before[0].0.as_str().expect("a name")),
    ];
    assert_eq!(cleo.send("/reviews/import", &undo).status, 303);
    assert_eq!(stand(), [(before[1].0.clone(), json!(7))]);
    assert_eq!(cleo.send("/reviews/import", &undo).status, 404);
    let text = dropped(&mut cleo, "participants.csv", ZOOM).text;
    let mut asked: Vec<_> = fields(&text);
    for (name, address) in [
        ("Zzmail Marker", "zzmail.marker@people.example.org"),
        ("Pia's phone", "p1@people.example.org"),
    ] {
        let number = row(&asked, name);
        set(&mut asked, &format!("is-{number}"), address);
    }
    let screen = row(&asked, "Zzfull screen");
    set(&mut asked, &format!("nobody-{screen}"), "true");
    // A slip of the hand loses no match.
    let right = asked.clone();
    set(&mut asked, "timezone", "Berlin");
    let slipped = sent(&mut cleo, &asked, "look");
    assert_eq!(slipped.status, 400);
    let kept = fields(&slipped.text);
    let phone = row(&kept, "Pia's phone");
    assert!(kept.contains(&(format!("is-{phone}"), "p1@people.example.org".to_owned())));
    let done = sent(&mut cleo, &right, "confirm");
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(
        sent(&mut cleo, &right, "confirm").status,
        409,
        "twice is once"
    );

    // As in America, and as another day's.
    let american = ZOOM.replace("2026-03-10 ", "03/24/2026 ");
    let seen = dropped(&mut cleo, "us.csv", &american);
    assert!(
        seen.text.contains("Tue 24 Mar 2026, 14:03 to 15:00"),
        "{}",
        seen.text
    );
    let mut asked = fields(&seen.text);
    let meetings = seen
        .text
        .split("<option value=\"2026-03-17T14:00@")
        .nth(1)
        .expect("a meeting");
    let at = meetings.split('"').next().expect("its beginning");
    set(&mut asked, "meeting", &format!("2026-03-17T14:00@{at}"));
    let seen = sent(&mut cleo, &asked, "look").text;
    assert!(
        seen.contains("Is it another meeting, another zone"),
        "{seen}"
    );

    // Rubbish.
    for (name, file, status, words) in [
        (
            "a.bin",
            "\u{0}\u{1}zzfull",
            422,
            "Nobody can tell what this file is",
        ),
        (
            "a.ics",
            "zzfull",
            422,
            "The file can't be read as icalendar",
        ),
        (
            "a.vtt",
            "WEBVTT\n",
            422,
            "does not say which meeting it is of",
        ),
        ("a.csv", "", 400, "it is empty"),
    ] {
        let seen = dropped(&mut cleo, name, file);
        assert_eq!(seen.status, status, "{name}: {seen:?}");
        let text = seen.text.replace("&#x27;", "'");
        assert!(text.contains(words), "{name}: {text}");
    }
    in_a_browser(&home, &served);

    let log = {
        typed(&home, &["add", "ann", "--role", "admin"], PASSWORD);
        let mut ann = Visitor::of(served.address());
        ann.sign_in("ann", PASSWORD);
        ann.get("/audit").text
    };
    assert!(
        log.contains("file imported") && log.contains("import undone"),
        "{log}"
    );
    clean("the log of the server", served.log().as_bytes());
    served.stop();
    assert_eq!(review(&home), (json!(6), json!(6)));
    kept_clean(&home);
}

/// The same in Chromium: the file is dropped, looked at, corrected, brought in, taken back.
fn in_a_browser(home: &Home, served: &Served) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let chromium = std::env::var_os("CHROMIUM").unwrap_or("/usr/bin/chromium".into());
    if !Path::new(&chromium).is_file() || !tests.join("node_modules/playwright-core").is_dir() {
        let words = "skipped: no Chromium, or tests/browser/node_modules is missing";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
        // What the browser would have done.
        let one = listed(home, &["undo"])[0].clone();
        assert_eq!(one["kind"], "zoom");
        return;
    }
    let list = home.file("second.csv", ZOOM.replace("2026-03-10", "2026-03-17"));
    let looked = std::process::Command::new("node")
        .arg(tests.join("bring.mjs"))
        .args([served.address(), "cleo", PASSWORD, &list])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser"))
        .env("CHROMIUM", chromium)
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&looked.stdout);
    let errors = String::from_utf8_lossy(&looked.stderr);
    assert!(looked.status.success(), "{said}\n{errors}");
    assert!(said.contains("all is well"), "{said}\n{errors}");
}

/// All that is known of who came, as one number.
async fn standing(way: &Way) -> u64 {
    let sql = "SELECT sum(cityHash64(key, version, meeting, ifNull(present_ms, 0))) FROM landing_attendance FINAL";
    way.count(sql).await
}

/// Each import replaces what stood at it, and with it gone exactly that stands again.
#[tokio::test]
async fn an_import_is_taken_back_to_what_stood_before_it() {
    let Some(way) = Way::fresh("imports_undone").await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut changed = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_780_000_000);
    let mut bring = async |people: &[(&str, u32)]| {
        let rows = people
            .iter()
            .map(|(who, minutes)| format!("m1,{who}@example.org,2026-03-10T14:00,{minutes}\n"));
        let path = folder.path().join("list.csv");
        let list = "meeting,person,start,present_minutes\n".to_owned() + &rows.collect::<String>();
        std::fs::write(&path, list).expect("a file");
        changed += std::time::Duration::from_secs(60);
        let file = std::fs::File::options().append(true).open(&path);
        file.expect("a file").set_modified(changed).expect("a time");
        let done = way.import("attendance-csv", "hand", "", &path).await;
        done.expect("an import")
            .import
            .expect("it can be taken back")
    };
    let take_back = async |import: u64| {
        let name = undo::called(import);
        undo::run(&way.store, &way.gate, &name, 0).await
    };
    let supersede = async |import: u64, by: u64| {
        let name = undo::called(import);
        let done = undo::supersede(&way.store, &way.gate, (&name, by)).await;
        done.expect("it takes its place")
    };
    // Four lists of one meeting, each in the place of the one before.
    let mut before = vec![standing(&way).await];
    let mut imports: Vec<u64> = Vec::new();
    for people in [
        &[("a", 10)][..],
        &[("a", 20), ("b", 20)],
        &[("b", 30), ("c", 30)],
        &[("d", 40)],
    ] {
        let import = bring(people).await;
        if let Some(last) = imports.last() {
            supersede(*last, import).await;
        }
        let rows = way
            .count("SELECT count() FROM landing_attendance FINAL")
            .await;
        assert_eq!(
            rows,
            people.len() as u64,
            "nobody of an earlier list stands"
        );
        before.push(standing(&way).await);
        imports.push(import);
    }
    for covered in &imports[..3] {
        let refused = take_back(*covered).await.expect_err("a later one stands");
        assert!(
            refused
                .to_string()
                .contains("took its place; take that one back first"),
            "{refused}"
        );
    }
    for import in imports.iter().rev() {
        assert_eq!(Some(standing(&way).await), before.pop());
        take_back(*import).await.expect("taken back");
    }
    assert_eq!(standing(&way).await, before[0]);

    // Written over without a word, they go in any order.
    for newest_first in [true, false] {
        let first = bring(&[("a", 10), ("b", 10)]).await;
        let alone = standing(&way).await;
        let second = bring(&[("b", 20), ("c", 20)]).await;
        match newest_first {
            true => {
                take_back(second).await.expect("taken back");
                assert_eq!(standing(&way).await, alone);
                take_back(first).await.expect("taken back");
            }
            false => {
                take_back(first).await.expect("taken back");
                let rows = way
                    .count("SELECT count() FROM landing_attendance FINAL")
                    .await;
                assert_eq!(rows, 2);
                take_back(second).await.expect("taken back");
            }
        }
        assert_eq!(
            standing(&way).await,
            before[0],
            "newest first: {newest_first}"
        );
    }
    // One that was written over by one whose place a third took.
    let first = bring(&[("a", 10), ("b", 10)]).await;
    let alone = standing(&way).await;
    let second = bring(&[("b", 20)]).await;
    let third = bring(&[("c", 30)]).await;
    supersede(first, third).await;
    take_back(second).await.expect("taken back");
    let rows = way
        .count("SELECT count() FROM landing_attendance FINAL")
        .await;
    assert_eq!(rows, 1, "the first waits until the third is taken back");
    take_back(third).await.expect("taken back");
    assert_eq!(standing(&way).await, alone);
    take_back(first).await.expect("taken back");
    assert_eq!(standing(&way).await, before[0]);
    for table in ["superseded_import", "imported_event", "replaced_attendance"] {
        let left = way.count(&format!("SELECT count() FROM {table}")).await;
        assert_eq!(left, 0, "{table}");
    }
}

#[tokio::test]
async fn imports_are_forgotten_in_time() {
    let Some(way) = Way::fresh("imports_forgotten").await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("list.csv");
    let header = "meeting,person,start,present_minutes\n";
    std::fs::write(&path, format!("{header}m1,{EMAIL},2026-03-10T14:00,30\n")).expect("a file");
    let kept = async || {
        let mut rows = Vec::new();
        for table in [
            "imported_event",
            "replaced_attendance",
            "landing_attendance FINAL",
        ] {
            rows.push(way.count(&format!("SELECT count() FROM {table}")).await);
        }
        rows
    };
    let mut last = None;
    for _ in 0..2 {
        let done = way.import("attendance-csv", "hand", "", &path).await;
        last = done.expect("an import").import;
    }
    assert_eq!(kept().await, [2, 1, 1]);
    let last = last.expect("it can be taken back");
    // Of what is no meeting nothing is remembered.
    way.register(&[("INC-1", &[], "2026-03-01T00:00:00Z")])
        .await;
    assert_eq!(kept().await, [2, 1, 1]);
    let day = 86_400_000;
    let told = undo::list(&way.store, 90 * day).await.expect("a list");
    assert!(told.iter().any(|one| one.import == last), "{told:?}");
    assert_eq!(
        undo::list(&way.store, 400 * day * 365)
            .await
            .expect("a list"),
        []
    );
    assert_eq!(kept().await, [0, 0, 1]);
    let gone = undo::run(&way.store, &way.gate, &undo::called(last), 400 * day * 365).await;
    assert!(
        gone.expect_err("forgotten")
            .to_string()
            .contains("can be taken back")
    );
}
