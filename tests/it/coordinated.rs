//! What a coordinator does on the command line and at the page with lists that are imported twice, with dates that
//! may be two, with meetings that are called off, and with numbers that can't be.

use readback::indicators::Context;
use readback::jobs::meetings::{Astray, known_and_astray};
use readback::model::{Calendar, Parameters};
use serde_json::{Value, json};

use super::access_commands::typed;
use super::binary::{Home, Said};
use super::bringing::{PASSWORD, dropped, fields, sent};
use super::served::Served;
use super::visitor::Visitor;
use super::way::{Way, event, instant};

fn home(k: u32) -> Option<Home> {
    let home = Home::with_engine()?;
    let configuration = format!(
        "[access]\nmode = \"password\"\n[organisation]\ntimezone = \"UTC\"\n[privacy]\nk = {k}\n\
         [[source]]\nid = \"transcript\"\nkind = \"transcript\"\nenabled_series = [\"plan-1\"]\n"
    );
    home.file("readback.toml", configuration);
    let published = "2026-03-01T00:00:00Z";
    let data = json!({ "id": "INC-1", "title": "The queue", "published_at": published });
    let writeup = event("writeup", "INC-1", "INC-1", published, data);
    let path = home.file("events.ndjson", writeup + "\n");
    home.done(&["import", "events", &path]);
    Some(home)
}

fn plain(said: &Said) -> String {
    let all = format!("{} {}", said.out, said.err);
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many came to the reviews, as of a day.
fn came(home: &Home, day: &str) -> Vec<Value> {
    let out = home.path("out");
    let out = out.to_str().expect("a path");
    home.done(&[
        "report",
        "--as-of",
        &format!("{day}T00:00:00Z"),
        "--out",
        out,
    ]);
    let summary = std::fs::read(home.path("out/summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    let reviews = summary["reviews"].as_array().expect("reviews");
    reviews.iter().map(|one| one["attendees"].clone()).collect()
}

const TABLE: &str = "meeting,person,start,present_minutes\n\
    m1,Hana Horn,2026-03-10T14:00,50\nm1,zz@people.example.org,2026-03-10T14:00,40\n\
    m1,Ivo Ilg,2026-03-10T14:00,10\n";

const ZOOM: &str = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n\
    Hana Horn,hana@people.example.org,2026-04-14 14:03:00,2026-04-14 14:53:00,50,No\n\
    Pixel 8,,2026-04-14 14:03:00,2026-04-14 14:53:00,50,Yes\n";

/// Its dates may be two.
const OPEN: &str = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n\
    Lea L (Lea Lang),,11/05/2026 14:03:00,11/05/2026 14:53:00,50,Yes\n";

#[test]
fn a_list_is_imported_again_with_who_is_who() {
    let Some(home) = home(1) else { return };
    let table = home.file("table.csv", TABLE);
    let seen = plain(&home.done(&["import", "attendance-csv", &table, "--look"]));
    for words in [
        "Hana Horn, there for 50 minutes",
        "zz@people.example.org, there for 40 minutes",
        "Ivo Ilg, there for 10 minutes",
    ] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    assert!(!seen.contains("Ilg: "), "{seen}");

    // The phone is somebody: the second time that is said, and the first still counts it for another.
    let list = home.file("zoom.csv", ZOOM);
    let import = |more: &[&str]| {
        let own = [
            "import",
            "zoom",
            &list,
            "-p",
            "meeting=q1@x",
            "-p",
            "writeup=INC-1",
        ];
        plain(&home.done(&[&own[..], more].concat()))
    };
    let said = import(&[]);
    assert!(!said.contains("beside"), "{said}");
    assert_eq!(came(&home, "2026-05-01"), [json!(2)]);
    // The very same once more is no second list; but both have to give way.
    import(&[]);
    let matched = ["--match", "Pixel 8=mio@people.example.org"];
    let said = import(&matched);
    for words in [
        "and 1 event of it stand beside this list's",
        "--replace lets a list take",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(came(&home, "2026-05-01"), [json!(3)], "as it was said");
    let said = import(&[&matched[..], &["--replace"]].concat());
    assert!(said.contains("it takes the place of the import"), "{said}");
    assert_eq!(came(&home, "2026-05-01"), [json!(2)]);
    let said = import(&matched);
    assert!(!said.contains("beside"), "the very same: {said}");

    // A name that stands in no list is refused, whenever the list was.
    let open = home.file("open.csv", OPEN);
    let wrong = home.run(&[
        "import",
        "zoom",
        &open,
        "--match",
        "Lea L=lea@people.example.org",
    ]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(
        wrong.err.contains("nobody in the list is called \"Lea L\""),
        "{}",
        wrong.err
    );

    let round = home.run(&["stories", "add", "2026-H3", "INC-1", "3"]);
    assert!(
        round.err.contains("round: \"2026-H3\" is no name"),
        "{}",
        round.err
    );
}

/// A meeting that is planned, or called off.
fn calendar(status: &str) -> String {
    let people = (1..=6)
        .map(|n| format!("ATTENDEE;ROLE=OPT-PARTICIPANT:mailto:p{n}@people.example.org\r\n"));
    let people: String = people.collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:plan-1\r\nDTSTAMP:20260301T000000Z\r\n\
         DTSTART:20260310T140000Z\r\nDTEND:20260310T150000Z\r\n{status}SUMMARY:Review of INC-1\r\n{people}\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

const VTT: &str = "WEBVTT\n\n00:00:00.000 --> 00:00:12.000\n<v Pia One>one</v>\n";

#[test]
fn a_meeting_is_called_off_at_the_page() {
    let Some(home) = home(5) else { return };
    let planned = home.file("planned.ics", calendar(""));
    home.done(&["import", "icalendar", &planned]);
    assert_eq!(came(&home, "2026-03-12"), [Value::Null]);
    let few = home.run(&["meetings", "set", "2026-03-10T14:00", "--accounts", "900"]);
    assert_eq!(few.code, Some(0), "nobody says who came: {few:?}");

    // A transcript names nobody: it is no list in which somebody is missing.
    let talk = home.file("talk.vtt", VTT);
    let talk = [
        "import",
        "transcript",
        &talk,
        "--meeting",
        "2026-03-10T14:00",
        "--look",
    ];
    let seen = plain(&home.done(&talk));
    assert!(
        seen.contains("1 meeting") && !seen.contains("not in this list"),
        "{seen}"
    );

    let off = home.file("off.ics", calendar("SEQUENCE:1\r\nSTATUS:CANCELLED\r\n"));
    let seen = plain(&home.done(&["import", "icalendar", &off, "--look"]));
    assert!(
        seen.contains("called off 2026-03-10 14:00 (UTC): takes 6 invitations back"),
        "{seen}"
    );
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/pages", 200);
    typed(&home, &["add", "cleo", "--role", "coordinator"], PASSWORD);
    let mut cleo = Visitor::of(served.address());
    assert_eq!(cleo.sign_in("cleo", PASSWORD).status, 303);
    let called_off = calendar("SEQUENCE:1\r\nSTATUS:CANCELLED\r\n");
    let page = dropped(&mut cleo, "off.ics", &called_off);
    assert_eq!(page.status, 200, "{page:?}");
    assert!(
        page.text.contains("Called off") && page.text.contains("Tue 10 Mar 2026, 14:00"),
        "{}",
        page.text
    );
    assert!(page.text.contains("Bring it in") && !page.text.contains("There is no meeting"));
    let done = sent(&mut cleo, &fields(&page.text), "confirm");
    assert_eq!(done.status, 303, "{done:?}");
    served.stop();
    assert_eq!(
        came(&home, "2026-03-12"),
        [] as [Value; 0],
        "it is called off"
    );
}

/// The series was moved after somebody had said who has to come.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_meeting_that_nobody_plans_is_told() {
    let Some(way) = Way::fresh("coordinated_astray").await else {
        return;
    };
    let said = |id: &str, meeting: &str, time: &str, mut data: Value| {
        data["meeting"] = json!(meeting);
        event("meeting", id, "", time, data)
    };
    let invited = json!({ "meeting": "series/2", "person": "p1", "role": "OPT-PARTICIPANT" });
    let mandatory = json!({ "mandatory": true });
    way.events(&[
        event("attendance", "i", "", "2026-03-20T15:30:00Z", invited),
        said(
            "new",
            "series/2",
            "2026-03-20T15:30:00Z",
            json!({ "open": true }),
        ),
        said("old", "series/1", "2026-03-20T14:00:00Z", mandatory.clone()),
        // What is over has no other meeting in its place.
        said("over", "series/0", "2026-03-13T14:00:00Z", mandatory),
        said(
            "length",
            "series/3",
            "2026-03-27T14:00:00Z",
            json!({ "meeting_s": 3600 }),
        ),
    ])
    .await;
    way.derive().await;
    let context = Context {
        as_of: instant("2026-09-01T00:00:00Z"),
        calendar: Calendar::new(chrono_tz::Europe::Berlin),
        parameters: Parameters::default(),
        k: 5,
    };
    let now = instant("2026-03-15T00:00:00Z");
    let (known, astray) = known_and_astray(&way.store, &context, now)
        .await
        .expect("meetings");
    assert_eq!(known.len(), 1);
    let expected = Astray {
        at: instant("2026-03-20T14:00:00Z"),
        id: "2026-03-20T15:00".to_owned(),
        said: "mandatory true".to_owned(),
    };
    assert_eq!(astray, [expected]);
}

/// Whoever is named beside a list makes it no smaller.
#[test]
fn a_large_list_stays_large_where_one_of_it_is_named() {
    let Some(home) = home(1) else { return };
    let members: Vec<String> = (0..16)
        .map(|n| format!("\"m{n}@people.example.org\""))
        .collect();
    let lists = format!(
        "lists={{ \"all@people.example.org\" = [{}] }}",
        members.join(", ")
    );
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:all-1\r\nDTSTAMP:20260301T000000Z\r\n\
        DTSTART:20260310T140000Z\r\nDTEND:20260310T150000Z\r\nSUMMARY:Review\r\n\
        ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:all@people.example.org\r\n\
        ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:m0@people.example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let path = home.file("all.ics", text);
    let import = ["import", "icalendar", &path, "-p", &lists];
    let seen = plain(&home.done(&[&import[..], &["--look"]].concat()));
    assert_eq!(seen.matches("m0@people.example.org").count(), 1, "{seen}");
    home.done(&import);
    let table = "meeting,person,start,attended,writeup\n\
        all-1,m0@people.example.org,2026-03-10T14:00,yes,INC-1\n\
        all-1,m1@people.example.org,2026-03-10T14:00,yes,INC-1\n";
    let table = home.file("came.csv", table);
    home.done(&["import", "attendance-csv", &table]);
    assert_eq!(came(&home, "2026-05-01"), [json!(2)]);
    let summary = std::fs::read(home.path("out/summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    let need_not = &summary["indicators"]["A2"]["results"]["need_not"];
    assert_eq!(
        [&need_not["had_to_come"], &need_not["open_invitation"]],
        [&json!(1), &json!(1)],
        "{need_not}"
    );
}
