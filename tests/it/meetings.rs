//! What is known of meetings beside their attendees: put together field by field, told of reviews to which
//! enough people came, said by hand on the command line and by forms; retellings apart from reviews; story
//! rounds.

use readback::model::Millis;
use serde_json::{Value, json};

use super::access_commands::typed;
use super::access_roles::until;
use super::binary::Home;
use super::privacy::{EMAIL, NAME, clean};
use super::served::Served;
use super::visitor::{Visitor, field, header};
use super::way::{Way, event, instant};

/// A meeting to which so many people came.
fn came(meeting: &str, subject: &str, time: &str, people: u32) -> Vec<String> {
    let each = (1..=people).map(|person| {
        let data = json!({
            "meeting": meeting, "person": format!("p{person}@example.org"), "role": "OPT-PARTICIPANT",
            "partstat": "ACCEPTED", "present_s": 3000, "meeting_s": 3600, "spoke_s": 20, "team": "web",
        });
        event("attendance", &format!("{meeting} {person}"), subject, time, data)
    });
    each.collect()
}

fn said(id: &str, subject: &str, time: &str, data: Value) -> String {
    event("meeting", id, subject, time, data)
}

const MARCH: &str = "2026-03-10T14:00:00Z";

fn as_of() -> Millis {
    instant("2026-06-01T00:00:00Z")
}

async fn house(database: &str, reversed: bool) -> Option<Way> {
    let way = Way::fresh(database).await?;
    way.register(&[
        ("INC-1", &[], "2026-03-01T00:00:00Z"),
        ("INC-2", &[], "2025-03-01T00:00:00Z"),
    ])
    .await;
    let mut lines = Vec::new();
    lines.extend(came("m1", "INC-1", MARCH, 6));
    lines.extend(came("m2", "INC-1", "2026-03-11T14:00:00Z", 2));
    lines.extend(came("m3", "INC-2", "2026-03-12T14:00:00Z", 7));
    lines.extend(came("m4", "INC-1", "2026-03-13T14:00:00Z", 6));
    lines.extend(came("m5", "INC-1", "2026-03-14T14:00:00Z", 8));
    lines.extend(came("m6", "INC-1", "2026-03-15T14:00:00Z", 9));
    lines.extend([
        said(
            "a",
            "INC-1",
            MARCH,
            json!({ "meeting": "m1", "accounts": 4, "changes": 3, "watched": 3 }),
        ),
        // A greater version says no more of the changes.
        said(
            "b",
            "INC-1",
            MARCH,
            json!({ "meeting": "m1", "accounts": 5, "version": 2 }),
        ),
        said(
            "c",
            "",
            MARCH,
            json!({ "meeting": "m1", "accounts": 9, "version": 1, "open": true }),
        ),
        said(
            "d",
            "INC-1",
            MARCH,
            json!({ "meeting": "m2", "accounts": 2 }),
        ),
        said(
            "e",
            "INC-1",
            MARCH,
            json!({ "meeting": "m4", "form": "onboarding_talk" }),
        ),
        said(
            "f",
            "INC-1",
            MARCH,
            json!({ "meeting": "m6", "accounts": 7, "changes": 1, "watched": 12, "mandatory": true }),
        ),
        said(
            "i",
            "INC-2",
            MARCH,
            json!({ "meeting": "m3", "form": "story_session" }),
        ),
        event(
            "writeup",
            "w",
            "INC-1",
            MARCH,
            json!({ "id": "INC-1", "owner_team": "shop" }),
        ),
        event(
            "writeup",
            "w2",
            "INC-2",
            MARCH,
            json!({ "id": "INC-2", "owner_team": "shop" }),
        ),
        // Who adds to write-ups is watched.
        event(
            "coverage",
            "watched",
            "",
            MARCH,
            json!({ "kind": "comment", "scope": "test", "from": "2025-01-01T00:00:00Z" }),
        ),
        // Of an unknown write-up, and of a meeting that nobody came to.
        said(
            "g",
            "INC-9",
            MARCH,
            json!({ "meeting": "m6", "accounts": 90, "version": 9 }),
        ),
        said(
            "h",
            "INC-1",
            MARCH,
            json!({ "meeting": "m9", "accounts": 90 }),
        ),
    ]);
    if reversed {
        lines.reverse();
    }
    let taken = way.events(&lines).await;
    assert_eq!((taken.total(), taken.rejected), (lines.len() as u64, 0));
    Some(way)
}

#[tokio::test]
async fn how_many_spoke_is_enough() {
    let Some(way) = Way::fresh("meetings_spoke").await else {
        return;
    };
    way.register(&[("INC-1", &[], "2026-03-01T00:00:00Z")])
        .await;
    let mut lines = Vec::new();
    for (meeting, spoke) in [("m1", 6), ("m2", 5)] {
        for person in 1..=12 {
            let data = json!({
                "meeting": meeting, "person": format!("p{person}@example.org"), "role": "OPT-PARTICIPANT",
                "present_s": 3000, "meeting_s": 3600,
            });
            lines.push(event(
                "attendance",
                &format!("{meeting} {person}"),
                "INC-1",
                MARCH,
                data,
            ));
        }
        let data = json!({ "meeting": meeting, "spoke": spoke, "facilitators_spoke": 1 });
        lines.push(said(meeting, "INC-1", MARCH, data));
    }
    let taken = way.events(&lines).await;
    assert_eq!(taken.rejected, 0, "{:?}", taken.problems);
    let summary = way.report(as_of()).await.json();
    let share = &summary["indicators"]["A5"]["results"]["spoke_share"];
    assert_eq!(
        (&share["k"], &share["n"]),
        (&json!(13), &json!(24)),
        "{share}"
    );
}

#[tokio::test]
async fn sources_words_are_put_together_and_retellings_stand_apart() {
    let Some(way) = house("meetings_together", false).await else {
        return;
    };
    let report = way.report(as_of()).await;
    let other = house("meetings_reversed", true).await.expect("an engine");
    report.assert_same(&other.report(as_of()).await, "the order of arrival");
    let summary = report.json();
    let reviews = summary["reviews"].as_array().expect("a list");
    let told: Vec<_> = reviews
        .iter()
        .map(|one| {
            (
                one["meeting"].as_str().unwrap(),
                &one["accounts"],
                &one["changes"],
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("2026-03-15T15:00", &json!(7), &json!(1)),
            ("2026-03-14T15:00", &Value::Null, &Value::Null),
            ("2026-03-11T15:00", &json!(2), &Value::Null),
            ("2026-03-10T15:00", &json!(5), &json!(3)),
        ]
    );
    assert_eq!(
        (
            &reviews[3]["open"],
            &reviews[0]["mandatory"],
            &reviews[0]["need_not_have_come"]
        ),
        (&json!(true), &json!(true), &json!(0))
    );
    let quarter = &summary["attendance_by_quarter"][0];
    assert_eq!(
        [
            &quarter["reviews"],
            &quarter["accounts"],
            &quarter["changes"],
            &quarter["reviews_with_acts"],
            &quarter["watched"]
        ],
        [&json!(4), &json!(14), &json!(4), &json!(3), &json!(15)]
    );
    assert_eq!(
        (&reviews[0]["watched"], &reviews[3]["watched"]),
        (&json!(12), &json!(3))
    );
    // A story session and a talk; seven people came to both.
    assert_eq!(summary["retellings"], json!({ "meetings": 2, "people": 7 }));
    let attendance = &summary["indicators"]["A1"]["results"]["attendance"];
    assert_eq!(
        (&attendance["meetings"], &attendance["attendees"]),
        (&json!(4), &json!(25))
    );
    // Nor are they in any other indicator of attendance.
    for (code, place) in [
        ("A2", "/voluntary/n"),
        ("A3", "/walk_in_share/n"),
        ("A4", "/presences"),
        ("A5", "/spoke_share/n"),
        ("A6", "/contribution_after/n"),
        ("A7", "/reviews_held/0/reviews"),
        ("A8", "/outside_share/n"),
    ] {
        let found = summary["indicators"][code]["results"].pointer(place);
        let expected = if code == "A7" { 4 } else { 25 };
        assert_eq!(found, Some(&json!(expected)), "{code}");
    }
    // Unknown: m6 by INC-9. The others were received well.
    let received = &summary["health"]["received"];
    assert_eq!(
        (&received["kept"]["meeting"], &received["unknown_writeup"]),
        (&json!(8), &json!(1))
    );
}

#[tokio::test]
async fn what_came_of_a_small_review_is_not_told() {
    let Some(way) = house("meetings_small", false).await else {
        return;
    };
    way.derive().await;
    let summary = way.report_only(as_of(), 5).await.json();
    let reviews = summary["reviews"].as_array().expect("a list");
    let few = reviews
        .iter()
        .find(|one| one["meeting"] == "2026-03-11T15:00")
        .expect("a review");
    assert!(
        few["accounts"].is_null() && few["suppressed"] == true,
        "{few}"
    );
    // Those who watched are people: three are too few, of whatever review.
    let watched: Vec<&Value> = reviews.iter().map(|one| &one["watched"]).collect();
    assert_eq!(
        watched,
        [&json!(12), &Value::Null, &Value::Null, &Value::Null]
    );
    assert_eq!(summary["attendance_by_quarter"][0]["watched"], 12);
    for one in reviews.iter().filter(|one| !one["accounts"].is_null()) {
        assert!(one["attendees"].as_u64() >= Some(5), "{one}");
    }
    let sum = |name: &str| -> u64 { reviews.iter().filter_map(|one| one[name].as_u64()).sum() };
    let quarter = &summary["attendance_by_quarter"][0];
    assert_eq!(quarter["accounts"], sum("accounts"));
    assert_eq!(quarter["changes"], sum("changes"));
    assert!(sum("accounts") >= 7, "{reviews:#?}");
    assert_eq!(reviews[0]["all_had_to_come"], true);
}

const SERIES: &str = "[privacy]\nk = 5\n[[source]]\nid = \"transcript\"\nkind = \"transcript\"\n\
    enabled_series = [\"review-*\"]\n";

/// A house with one review and one old write-up, which is still read.
fn home(configuration: &str) -> Option<Home> {
    let home = Home::with_engine()?;
    home.file("readback.toml", configuration);
    let writeup = |id: &str, published: &str| {
        let data =
            json!({ "id": id, "title": format!("Title of {id}"), "published_at": published });
        event("writeup", id, id, published, data)
    };
    let mut lines = vec![
        writeup("INC-1", "2026-03-01T00:00:00Z"),
        writeup("INC-2", "2025-03-01T00:00:00Z"),
    ];
    lines.extend(came("review-1", "INC-1", MARCH, 7));
    let path = home.file("events.ndjson", lines.join("\n") + "\n");
    home.done(&["import", "events", &path]);
    Some(home)
}

fn listed(home: &Home, what: &str) -> Value {
    let said = home.done(&[what, "list", "--json"]);
    serde_json::from_str(&said.out).expect("JSON")
}

#[test]
fn the_coordinator_says_what_came_of_it() {
    let Some(home) = home(SERIES) else { return };
    let set = |rest: &[&str]| home.run(&[&["meetings", "set"], rest].concat());
    assert_eq!(listed(&home, "meetings")[0]["form_said"], false);
    home.done(&[
        "meetings",
        "set",
        "2026-03-10T14:00",
        "--accounts",
        "4",
        "--open",
        "true",
    ]);
    home.done(&["meetings", "set", "2026-03-10T14:00", "--accounts", "5"]);
    home.done(&[
        "meetings",
        "set",
        "2026-03-10T14:00",
        "--changes",
        "2",
        "--watched",
        "30",
    ]);
    let meeting = &listed(&home, "meetings")[0];
    assert_eq!(
        *meeting,
        json!({
            "id": "2026-03-10T14:00", "title": "Title of INC-1", "form": "review", "form_said": false,
            "planned": false, "told_again": false,
            "accounts": 5, "changes": 2, "watched": 30, "open": true, "mandatory": null,
        })
    );
    let told = home.done(&["meetings", "list"]).out;
    assert!(
        told.contains("review, accounts 5, changes 2, watched 30, open true"),
        "{told}"
    );
    // What was said by mistake is not said any more.
    home.done(&["meetings", "set", "2026-03-10T14:00", "--watched", "none"]);
    assert_eq!(listed(&home, "meetings")[0]["watched"], Value::Null);
    home.done(&["meetings", "set", "2026-03-10T14:00", "--watched", "30"]);
    for (rest, words) in [
        (
            &["2026-03-10T14:00/2", "--accounts", "4"][..],
            "meetings list",
        ),
        (&["2026-03-10T14:00"][..], "--accounts"),
        (
            &["2026-03-10T14:00", "--form", "party"][..],
            "story_session",
        ),
        (
            &["2026-03-10T14:00", "--accounts", "8"][..],
            "valid are 0 to 7",
        ),
        (&["2026-03-10T14:00", "--accounts", "some"][..], "and none"),
        (
            &["2026-03-10T14:00", "--mandatory", "true"][..],
            "where everybody may come",
        ),
    ] {
        let refused = set(rest);
        assert_ne!(refused.code, Some(0), "{rest:?}");
        assert!(refused.err.contains(words), "{}", refused.err);
    }

    let add = |rest: &[&str]| home.run(&[&["stories", "add", "2026-H1"], rest].concat());
    for rest in [
        &["INC-1", "6"][..],
        &["INC-1", "8"],
        &["title of  INC-1", "8"],
        &["The two clocks", "3"],
        &["Out of date", "9"],
    ] {
        assert_eq!(add(rest).code, Some(0), "{rest:?}");
    }
    assert_eq!(add(&["Out of date", "0"]).code, Some(0));
    let refused = home.run(&["stories", "add", "spring", "INC-1", "6"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("such as 2026-H1 or 2026-H2"),
        "{}",
        refused.err
    );
    let refused = home.run(&["stories", "add", "2099-H2", "INC-1", "6"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("has not begun"), "{}", refused.err);
    for (rest, words) in [
        (&["INC-7", "6"][..], "--not-written-up"),
        (&[&format!("The night of {EMAIL}"), "6"][..], "mail address"),
    ] {
        let refused = add(rest);
        assert_ne!(refused.code, Some(0), "{rest:?}");
        assert!(refused.err.contains(words), "{}", refused.err);
    }
    assert_eq!(
        listed(&home, "stories"),
        json!([
            { "round": "2026-H1", "writeup": null, "label": "The two clocks", "count": 3 },
            { "round": "2026-H1", "writeup": "INC-1", "label": null, "count": 8 },
        ])
    );

    home.done(&["report"]);
    let page = std::fs::read_to_string(home.path("readback-report/reviews.html")).expect("a page");
    for words in [
        "own accounts: 5",
        "What came of reviews",
        "Told, and not known to be read any more",
        "Told, but not written up",
        "The two clocks",
        "few",
        "open to everybody",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Out of"), "a count of nought takes it back");
    let audit = home.done(&["audit", "show"]).out;
    assert!(
        audit.contains("said accounts, open of the meeting 2026-03-10T14:00")
            && audit.contains("counted INC-1 in the story round 2026-H1"),
        "{audit}"
    );

    // What it was about, whatever the calendar says.
    let set_about = |name: &str| {
        home.done(&["meetings", "set", "2026-03-10T14:00", "--writeup", name]);
        listed(&home, "meetings")[0]["title"].clone()
    };
    assert_eq!(set_about("INC-2"), "Title of INC-2");
    assert_eq!(set_about("INC-1"), "Title of INC-1");
    let refused = set(&["2026-03-10T14:00", "--writeup", "INC-9"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("no write-up is called"),
        "{}",
        refused.err
    );

    // What it was: no review any more.
    home.done(&[
        "meetings",
        "set",
        "2026-03-10T14:00",
        "--form",
        "story_session",
    ]);
    let meeting = &listed(&home, "meetings")[0];
    assert_eq!(
        (&meeting["id"], &meeting["accounts"]),
        (&json!("2026-03-10T14:00"), &json!(5))
    );
    home.done(&["meetings", "set", "2026-03-10T14:00", "--form", "review"]);
    assert_eq!(listed(&home, "meetings")[0]["id"], "2026-03-10T14:00");
}

/// A calendar's meeting that nobody recorded, and one of its day that only a list knows.
#[test]
fn a_meeting_keeps_its_name_and_what_is_said_of_it_without_a_list() {
    let Some(home) = home("[privacy]\nk = 1\n") else {
        return;
    };
    let invited = |n: u32| {
        let data = json!({
            "meeting": "plan", "person": format!("p{n}@example.org"), "role": "REQ-PARTICIPANT",
        });
        let id = format!("plan {n}");
        event("attendance", &id, "INC-1", "2026-04-14T13:00:00Z", data)
    };
    let plan: Vec<String> = (1..4).map(invited).collect();
    let path = home.file("plan.ndjson", plan.join("\n") + "\n");
    home.done(&["import", "events", &path]);
    let set = ["meetings", "set", "2026-04-14T13:00", "--accounts"];
    home.done(&[&set[..], &["7"]].concat());
    let told = || {
        let out = home.path("out");
        let out = out.to_str().expect("a path");
        home.done(&["report", "--as-of", "2026-06-01", "--out", out]);
        let summary = std::fs::read(home.path("out/summary.json")).expect("a summary");
        let summary: Value = serde_json::from_slice(&summary).expect("JSON");
        let reviews = summary["reviews"].as_array().expect("reviews").clone();
        let named = reviews.into_iter().map(|one| {
            let name = one["meeting"].as_str().expect("a name").to_owned();
            (name, one["accounts"].clone(), one["suppressed"].clone())
        });
        named.collect::<Vec<_>>()
    };
    let own = |name: &str, accounts: Value| (name.to_owned(), accounts, Value::Null);
    let march = own("2026-03-10T14:00", Value::Null);
    assert_eq!(told(), [own("2026-04-14T13:00", json!(7)), march.clone()]);
    // In the morning of that day some met whom nobody had invited, the first a little early.
    let early = came("early", "INC-1", "2026-04-14T08:57:00Z", 2);
    let early: Vec<String> = early
        .into_iter()
        .map(|line| line.replace("OPT-PARTICIPANT", "").replace("ACCEPTED", ""))
        .collect();
    let path = home.file("early.ndjson", early.join("\n") + "\n");
    home.done(&["import", "events", &path]);
    home.done(&[&set[..], &["6"]].concat());
    assert_eq!(
        told(),
        [
            own("2026-04-14T13:00", json!(6)),
            own("2026-04-14T09:00", Value::Null),
            march
        ]
    );
}

#[test]
fn a_transcript_ends_as_three_numbers() {
    let Some(home) = home(SERIES) else { return };
    let vtt = format!(
        "WEBVTT\n\n00:00:00.000 --> 00:00:12.000\n<v {NAME}>zzword one</v>\n\n\
         00:00:12.000 --> 00:00:40.000\n<v {EMAIL}>two</v>\n"
    );
    let path = home.file("review.vtt", &vtt);
    let import = |meeting: &str, more: &[&str]| {
        let meeting = format!("meeting={meeting}");
        let all = [
            "import",
            "transcript",
            &path,
            "-p",
            &meeting,
            "-p",
            "start=2026-03-10T15:00",
        ];
        home.run(&[&all[..], more].concat())
    };
    let refused = import("other-1", &[]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("is transcribed"), "{}", refused.err);
    let forced = import("other-1", &["-p", "enabled_series=[\"other-1\"]"]);
    assert_eq!(forced.code, Some(1));
    assert!(forced.err.contains("configuration"), "{}", forced.err);
    let facilitator = format!("facilitator={NAME}");
    let taken = import("review-1", &["-p", &facilitator, "--json"]);
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    for said in [&refused, &forced, &taken] {
        clean("words", said.out.as_bytes());
        clean("words", said.err.as_bytes());
    }
    home.done(&["meetings", "set", "2026-03-10T14:00", "--accounts", "4"]);
    home.done(&["report"]);
    let key = home.data().join("key");
    for (path, bytes) in super::binary::contents(&home.data()) {
        if path != key {
            clean(&path.display().to_string(), &bytes);
            assert!(
                !bytes.windows(6).any(|part| part == b"zzword"),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn forms_say_it_for_coordinators_alone() {
    let configuration = "[access]\nmode = \"password\"\n[privacy]\nk = 5\n";
    let Some(home) = home(configuration) else {
        return;
    };
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/engine", 200);
    let account = |name: &str, role: &str| {
        typed(
            &home,
            &["add", name, "--role", role],
            "correct horse battery",
        );
        let mut visitor = Visitor::of(served.address());
        assert_eq!(
            visitor.sign_in(name, "correct horse battery").status,
            303,
            "{name}"
        );
        visitor
    };
    let (mut cleo, mut vic) = (account("cleo", "coordinator"), account("vic", "viewer"));
    let plain = until(&mut vic, "/reviews", |page| page.status == 200);
    assert!(
        plain.status == 200 && !plain.text.contains("<form action=\"/reviews"),
        "{plain:?}"
    );
    let page = cleo.get("/reviews");
    assert_eq!(
        (page.status, header(&page, "cache-control")),
        (200, "no-store")
    );
    let form = field(&page.text, "form");
    let of = |form: &str, fields: &[(&'static str, &'static str)]| {
        let mut all = vec![("form".to_owned(), form.to_owned())];
        all.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        all
    };
    let send = |visitor: &mut Visitor, path: &str, all: &[(String, String)]| {
        let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        visitor.send(path, &all)
    };
    let meeting = [
        ("meeting", "2026-03-10T14:00"),
        ("title", "Title of INC-1"),
        ("accounts", "4"),
        ("open", "true"),
    ];
    assert_eq!(
        send(&mut vic, "/reviews/meeting", &of(&form, &meeting)).status,
        403
    );
    assert_eq!(
        send(&mut cleo, "/reviews/meeting", &of("x", &meeting)).status,
        403
    );
    let done = send(&mut cleo, "/reviews/meeting", &of(&form, &meeting));
    assert_eq!(
        (done.status, header(&done, "location")),
        (303, "/reviews?said=meeting")
    );
    let page = cleo.get("/reviews?said=meeting").text;
    assert!(
        page.contains("What you said of the meeting stands"),
        "{page}"
    );
    for (path, fields, status, words) in [
        (
            "meeting",
            &[("meeting", "2026-03-10T14:00"), ("title", "Another")][..],
            400,
            "says nothing",
        ),
        (
            "meeting",
            &[
                ("meeting", "2026-03-10T14:00"),
                ("title", "Another"),
                ("changes", "1"),
            ],
            409,
            "open the page",
        ),
        (
            "meeting",
            &[("meeting", "2026-03-10T14:00"), ("accounts", "-1")],
            400,
            "accounts",
        ),
        (
            "meeting",
            &[("meeting_form", "party")],
            400,
            "story_session",
        ),
        (
            "story",
            &[("round", "2026-H1"), ("writeup", "INC-1"), ("count", "6")],
            303,
            "",
        ),
        (
            "story",
            &[("round", "2026-H1"), ("writeup", "INC-1"), ("count", "9")],
            303,
            "",
        ),
        (
            "story",
            &[
                ("round", "2026-H1"),
                ("label", "The two clocks"),
                ("count", "5"),
            ],
            303,
            "",
        ),
        (
            "story",
            &[("round", "2026-H1"), ("count", "5")],
            400,
            "short title",
        ),
        (
            "story",
            &[("round", "2026-H1"), ("writeup", "INC-7"), ("count", "5")],
            404,
            "no write-up",
        ),
        (
            "story",
            &[
                ("round", "2026-H1"),
                ("label", "by zz@example.org"),
                ("count", "5"),
            ],
            422,
            "mail address",
        ),
        (
            "story",
            &[("round", ""), ("label", "The two clocks"), ("count", "5")],
            422,
            "round",
        ),
        (
            "story",
            &[("round", "spring"), ("writeup", "INC-1"), ("count", "5")],
            422,
            "such as 2026-H1",
        ),
    ] {
        let done = send(&mut cleo, &format!("/reviews/{path}"), &of(&form, fields));
        assert_eq!(done.status, status, "{fields:?}: {done:?}");
        assert!(done.text.contains(words), "{fields:?}: {done:?}");
    }
    // The form opens with what was said, and says no more than what is changed in it.
    let said = until(&mut cleo, "/reviews", |page| {
        page.text
            .contains("name=\"accounts\" inputmode=\"numeric\" maxlength=\"6\" value=\"4\"")
    });
    assert!(
        said.text
            .contains("<option value=\"true\" selected>yes</option>"),
        "{said:?}"
    );
    let same = send(&mut cleo, "/reviews/meeting", &of(&form, &meeting));
    assert!(
        same.status == 400 && same.text.contains("says nothing new"),
        "{same:?}"
    );
    let changed = [&meeting[..], &[("meeting_form", "review")]].concat();
    let changed = send(&mut cleo, "/reviews/meeting", &of(&form, &changed));
    assert_eq!(changed.status, 303, "{changed:?}");
    until(&mut cleo, "/reviews", |page| {
        page.text
            .contains("<option value=\"review\" selected>a review</option>")
    });
    served.stop();
    let meeting = &listed(&home, "meetings")[0];
    assert_eq!(
        (
            &meeting["accounts"],
            &meeting["open"],
            &meeting["form_said"]
        ),
        (&json!(4), &json!(true), &json!(true))
    );
    let counted: Vec<u64> = listed(&home, "stories")
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["count"].as_u64())
        .collect();
    assert_eq!(counted, [5, 9]);
    let audit = home.done(&["audit", "show"]).out;
    assert!(
        audit.contains("said accounts, open of the meeting 2026-03-10T14:00")
            && audit.contains("said form of the meeting 2026-03-10T14:00"),
        "{audit}"
    );
}
