//! Calendars of Google: a listener that keeps calendars as Google describes it stands in for the API
//! (`google_shelves`).

use std::sync::{Arc, Mutex};

use readback::model::{Body, Event, Millis, to_rfc3339};
use readback::sources::{self, Setting};
use serde_json::{Value, json};

use super::binary::{Home, contents};
use super::calendar_server::{NOW, Source, calendar, event};
use super::google::{key, parameter};
use super::google_shelves::{house, house_of, one_of, params, single};
use super::polled_forge::{TOKEN, ok};

const REVIEWS: &str = "c_zoe1@group.calendar.google.com";
const OTHERS: &str = "uwe@example.org";
const DAY: Millis = 86_400_000;

fn rows(source: &Source) -> Vec<String> {
    source.rows().into_iter().collect()
}

#[test]
fn what_is_new_changed_cancelled_and_deleted_is_told() {
    let mut house = house(&[REVIEWS]);
    for start in [
        "2025-03-04T14:00:00Z",
        "2025-03-11T14:00:00Z",
        "2025-03-18T14:00:00Z",
    ] {
        house
            .shelves
            .put(REVIEWS, one_of("series", start, &["zoe", "uwe"]));
    }
    house.shelves.put(
        REVIEWS,
        single("two", "2025-03-05T15:00:00+01:00", &["uwe"]),
    );
    house
        .shelves
        .put(REVIEWS, single("old", "2020-03-05T15:00:00Z", &["uwe"]));
    let mut lunch = single("lunch", "2025-03-06T12:00:00Z", &["uwe", "zoe"]);
    lunch["summary"] = json!("Lunch");
    house.shelves.put(REVIEWS, lunch);
    let mut focus = single("focus", "2025-03-06T12:00:00Z", &["uwe"]);
    focus["eventType"] = json!("focusTime");
    house.shelves.put(REVIEWS, focus);
    let heard = house.source.heard(NOW).expect("a pull");
    assert_eq!(heard.events.len(), 7);
    let left: Vec<_> = heard.left_out.into_iter().collect();
    assert_eq!(
        left,
        [
            ("neither title, category, link nor key fits", 1),
            ("no meeting (eventType)", 1)
        ]
    );
    assert_eq!(house.source.pull(NOW), 0);
    // One who is invited no more; one occurrence is off, another meeting deleted, of both no more is told
    // than that; one is moved, and what was no review is one.
    let shelves = &house.shelves;
    shelves.put(REVIEWS, one_of("series", "2025-03-04T14:00:00Z", &["zoe"]));
    shelves.delete(REVIEWS, "series_20250311T140000Z", false);
    shelves.delete(REVIEWS, "two", true);
    let mut moved = one_of("series", "2025-03-18T14:00:00Z", &["zoe", "uwe"]);
    moved["start"] = json!({ "dateTime": "2025-03-19T09:00:00-03:00", "timeZone": "UTC" });
    shelves.put(REVIEWS, moved);
    shelves.put(REVIEWS, single("lunch", "2025-03-06T12:00:00Z", &["uwe"]));
    house.source.pull(NOW);
    let now = [
        "lunch@google.com 2025-03-06T12:00:00Z uwe",
        "series@google.com/2025-03-04T14:00:00Z 2025-03-04T14:00:00Z zoe",
        "series@google.com/2025-03-18T14:00:00Z 2025-03-19T12:00:00Z uwe",
        "series@google.com/2025-03-18T14:00:00Z 2025-03-19T12:00:00Z zoe",
    ];
    assert_eq!(rows(&house.source), now);
    assert_eq!(house.source.pull(NOW), 0);
    // All that stays of an occurrence is its own id; and what matched does so no more.
    house
        .shelves
        .delete(REVIEWS, "series_20250304T140000Z", true);
    let mut lunch = single("lunch", "2025-03-06T12:00:00Z", &["uwe"]);
    lunch["summary"] = json!("Lunch");
    house.shelves.put(REVIEWS, lunch);
    house.source.pull(NOW);
    assert_eq!(rows(&house.source), now[2..]);
    // It comes back.
    house
        .shelves
        .put(REVIEWS, one_of("series", "2025-03-04T14:00:00Z", &["zoe"]));
    house.source.pull(NOW);
    assert_eq!(rows(&house.source), now[1..]);
    // A series is made of a single meeting, and the other way round, and nobody says so.
    house
        .shelves
        .put(REVIEWS, single("series", "2025-03-04T14:00:00Z", &["zoe"]));
    house.source.pull(NOW);
    assert_eq!(
        rows(&house.source),
        ["series@google.com 2025-03-04T14:00:00Z zoe"]
    );
    house
        .shelves
        .put(REVIEWS, one_of("series", "2025-03-04T14:00:00Z", &["zoe"]));
    house.source.pull(NOW);
    assert_eq!(rows(&house.source), now[1..2]);
}

#[test]
fn an_occurrence_is_called_as_in_a_file_of_the_same_calendar() {
    let mut house = house(&[REVIEWS]);
    let local = [
        "2025-03-26T15:00:00+01:00",
        "2025-04-02T15:00:00+02:00",
        "2025-04-09T15:00:00+02:00",
    ];
    for (index, start) in local.into_iter().enumerate() {
        let mut item = one_of("s", start, &["uwe", "zoe"]);
        item["id"] = json!(format!("s_{index}"));
        if index == 1 {
            item["start"] = json!({ "dateTime": "2025-04-03T10:00:00+02:00" });
        }
        house.shelves.put(REVIEWS, item);
    }
    house
        .shelves
        .put(REVIEWS, single("one", "2025-03-05T14:00:00Z", &["uwe"]));
    assert_eq!(house.source.pull(NOW), 7);
    let weekly = event(
        "s@google.com",
        "20250326T150000",
        "RRULE:FREQ=WEEKLY;COUNT=3\n",
        &["uwe", "zoe"],
    );
    let moved = event(
        "s@google.com",
        "20250403T100000",
        "RECURRENCE-ID;TZID=Europe/Berlin:20250402T150000\n",
        &["uwe", "zoe"],
    );
    let berlin = |text: String| text.replace("DTSTART:", "DTSTART;TZID=Europe/Berlin:");
    let once = event("one@google.com", "20250305T140000Z", "", &["uwe"]);
    let text = calendar(&[berlin(weekly), berlin(moved), once]);
    let setting = Setting {
        source: "reviews".to_owned(),
        vocabulary: readback::model::Vocabulary::default(),
        timezone: chrono_tz::UTC,
        writeups: Vec::new(),
    };
    let build = sources::find("icalendar").and_then(|kind| kind.file);
    let mut file = build.expect("files")(toml::Table::new(), &setting).expect("a reader");
    let mut heard = sources::collected::Collected::default();
    file.read("calendar.ics", &mut text.as_bytes(), &mut heard)
        .expect("a calendar");
    let mut of_file: Vec<String> = heard
        .events
        .iter()
        .map(|event| {
            let Body::Attendance(said) = &event.body else {
                panic!("no attendance");
            };
            let person = said.person.as_ref().expect("somebody").value.clone();
            let person = person.trim_end_matches("@example.org").to_owned();
            format!("{} {} {person}", said.meeting, to_rfc3339(event.time))
        })
        .collect();
    of_file.sort();
    assert_eq!(rows(&house.source), of_file);
}

#[test]
fn who_is_invited_and_how_is_told_as_far_as_google_says_it() {
    let mut house = house(&[REVIEWS]);
    let mut item = single("one", "2025-03-05T14:00:00Z", &[]);
    item["organizer"] = json!({ "email": "zoe@example.org", "displayName": "zzsecret Zoe" });
    item["attendees"] = json!([
        { "email": "zoe@example.org", "organizer": true, "responseStatus": "accepted" },
        { "email": "uwe@example.org", "responseStatus": "declined", "additionalGuests": 2 },
        { "email": "ida@example.org", "optional": true, "responseStatus": "needsAction" },
        { "email": "c_9@resource.calendar.google.com", "resource": true, "responseStatus": "accepted" },
        { "email": "sre@example.org", "responseStatus": "needsAction" },
        { "displayName": "zzsecret Nobody" }]);
    item["attendeesOmitted"] = json!(true);
    item["description"] = json!(
        "<a href=\"https://www.google.com/url?q=https://wiki.example.org/pm/7&amp;sa=D\">notes</a>"
    );
    house.shelves.put(REVIEWS, item);
    house.source.aliases = vec!["https://wiki.example.org/pm/7".to_owned()];
    let heard = house.source.heard(NOW).expect("a pull");
    let told = |event: &Event| {
        let Body::Attendance(said) = &event.body else {
            panic!("no attendance");
        };
        assert_eq!(
            (event.subject.as_str(), said.meeting_ms),
            ("w1", Some(3_600_000))
        );
        assert_eq!(
            (said.attended, said.present_ms),
            (None, None),
            "it is the plan alone"
        );
        let person = said.person.as_ref().map(|person| person.value.clone());
        let group = || said.via.as_ref().map(|via| format!("group {via}"));
        let who = person.or_else(group).expect("somebody");
        let role = said.role.clone().unwrap_or_default();
        let answer = said.partstat.clone().unwrap_or_default();
        format!("{who} {role} {} {answer}", said.role_stated)
    };
    assert_eq!(
        heard.events.iter().map(told).collect::<Vec<_>>(),
        [
            "group sre@example.org REQ-PARTICIPANT false ",
            "ida@example.org OPT-PARTICIPANT true NEEDS-ACTION",
            "uwe@example.org REQ-PARTICIPANT false DECLINED",
            "zoe@example.org CHAIR false ACCEPTED",
        ]
    );
    let left: Vec<_> = heard.left_out.into_iter().collect();
    assert_eq!(
        left,
        [
            ("attendee without address or name", 1),
            ("group", 1),
            ("resource", 1)
        ]
    );
    assert_eq!(heard.notes.len(), 2, "{:?}", heard.notes);
    assert!(
        heard.notes[0].contains("does not tell all guests: 1"),
        "{:?}",
        heard.notes
    );
    assert!(
        heard.notes[1].ends_with("nobody names: 2"),
        "{:?}",
        heard.notes
    );
}

#[test]
fn where_changes_are_told_no_more_all_is_compared() {
    let mut house = house(&[REVIEWS]);
    house
        .shelves
        .put(REVIEWS, single("one", "2025-03-05T14:00:00Z", &["uwe"]));
    house.shelves.put(
        REVIEWS,
        single("two", "2025-03-06T14:00:00Z", &["uwe", "zoe"]),
    );
    house
        .shelves
        .put(REVIEWS, single("three", "2025-03-07T14:00:00Z", &["zoe"]));
    assert_eq!(house.source.pull(NOW), 4);
    house.shelves.lose(REVIEWS, "two");
    house
        .shelves
        .put(REVIEWS, single("four", "2025-03-08T14:00:00Z", &["zoe"]));
    house.forge.asked();
    assert_eq!(house.source.pull(NOW), 3, "two seats are empty, one is new");
    let asked = house.forge.targets();
    assert!(
        asked[1].contains("syncToken=") && asked[2].contains("timeMin="),
        "{asked:?}"
    );
    let names = ["four", "one", "three"].map(|name| format!("{name}@google.com"));
    let standing: Vec<String> = rows(&house.source);
    assert!(
        standing
            .iter()
            .zip(&names)
            .all(|(row, name)| row.starts_with(name.as_str())),
        "{standing:?}"
    );
    assert_eq!((standing.len(), house.source.pull(NOW)), (3, 0));
    // What the window left behind stays as it was told: it isn't listed any more.
    let later = NOW + 730 * DAY;
    house.shelves.lose(REVIEWS, "one");
    house.source.pull(later);
    assert_eq!(house.source.rows().len(), 3);
    assert!(
        house
            .source
            .checkpoint
            .as_ref()
            .is_some_and(|text| !text.contains("\"meetings\":{\""))
    );
    // Another configuration reads all anew, by what was told.
    let mut house = super::google_shelves::house(&[REVIEWS]);
    house
        .shelves
        .put(REVIEWS, single("one", "2025-03-05T14:00:00Z", &["uwe"]));
    assert_eq!(house.source.pull(NOW), 1);
    house.source.params = house.source.params.replace("(?i)review", "(?i)post-mortem");
    house.source.pull(NOW);
    assert_eq!(rows(&house.source), [""; 0]);
}

#[test]
fn what_comes_nearer_is_told_though_nothing_of_it_changed() {
    let mut house = house(&[REVIEWS]);
    house
        .shelves
        .put(REVIEWS, single("soon", "2025-05-30T14:00:00Z", &["uwe"]));
    house
        .shelves
        .put(REVIEWS, single("later", "2025-06-05T14:00:00Z", &["uwe"]));
    house
        .shelves
        .put(REVIEWS, single("last", "2025-07-05T14:00:00Z", &["uwe"]));
    assert_eq!(house.source.pull(NOW), 1);
    house.forge.asked();
    assert_eq!(house.source.pull(NOW + DAY / 2), 0);
    assert_eq!(house.forge.asked().len(), 2, "a token and the changes");
    assert_eq!(house.source.pull(NOW + 8 * DAY), 1);
    let asked = house.forge.targets();
    assert!(asked[2].contains("timeMax="), "{asked:?}");
    assert_eq!(
        (house.source.pull(NOW + 8 * DAY), house.source.rows().len()),
        (0, 2)
    );
    // It is off before its time comes.
    house.shelves.delete(REVIEWS, "last", true);
    assert_eq!(house.source.pull(NOW + 40 * DAY), 0);
}

#[test]
fn a_pull_that_is_cut_off_goes_on_at_its_page() {
    for (status, by_token, forgets) in [
        (503, false, false),
        (429, false, false),
        (503, true, false),
        (503, false, true),
    ] {
        let cut = Arc::new(Mutex::new(0));
        let stage = Arc::clone(&cut);
        let mut house = house_of(&[REVIEWS], move |asked| {
            let page = parameter(asked, "pageToken");
            let mut stage = stage.lock().expect("no panic");
            match (*stage, page.as_str()) {
                (1, "page4") => {
                    *stage = 2;
                    let headers = match status {
                        429 => vec![("retry-after", "120".to_owned())],
                        _ => Vec::new(),
                    };
                    Some((status, headers, json!({})))
                }
                (2, "page4") if forgets => {
                    *stage = 3;
                    Some((
                        400,
                        Vec::new(),
                        json!({ "error": { "message": "zzsecret" } }),
                    ))
                }
                _ => None,
            }
        });
        if by_token {
            assert_eq!(house.source.pull(NOW), 0);
        }
        for day in 1..8 {
            let start = format!("2025-03-0{day}T14:00:00Z");
            house
                .shelves
                .put(REVIEWS, single(&format!("m{day}"), &start, &["uwe"]));
        }
        *cut.lock().expect("no panic") = 1;
        let heard = house.source.heard(NOW).expect("a part of it");
        assert_eq!(heard.events.len(), 4);
        assert!(
            heard.notes[0].ends_with("the next pull goes on from there"),
            "{:?}",
            heard.notes
        );
        house.forge.asked();
        let mut now = NOW;
        if status == 429 {
            let heard = house.source.heard(NOW + 60_000).expect("left alone");
            assert!(
                heard.notes[0].contains("is left alone until 2025-04-01T00:02:00Z"),
                "{:?}",
                heard.notes
            );
            assert_eq!(house.forge.asked().len(), 0);
            now += 120_000;
        }
        assert_eq!(house.source.pull(now), 3, "what was told is not told again");
        let asked = house.forge.targets();
        let lists: Vec<&String> = asked
            .iter()
            .filter(|target| target.contains("/events?"))
            .collect();
        assert!(lists[0].contains("pageToken=page4"), "{lists:?}");
        assert_eq!(lists.len(), if forgets { 5 } else { 2 }, "{lists:?}");
        assert_eq!((house.source.pull(now), house.source.rows().len()), (0, 7));
    }
}

#[test]
fn a_meeting_in_two_calendars_is_one() {
    let mut house = house(&[REVIEWS, OTHERS]);
    house.shelves.put(
        REVIEWS,
        single("one", "2025-03-05T14:00:00Z", &["uwe", "zoe"]),
    );
    house.shelves.put(
        OTHERS,
        single("one", "2025-03-05T14:00:00Z", &["uwe", "zoe"]),
    );
    assert_eq!(house.source.pull(NOW), 2);
    let before = rows(&house.source);
    house.shelves.delete(REVIEWS, "one", true);
    house.source.pull(NOW);
    assert_eq!(rows(&house.source), before);
    // The other one's word counts now.
    house
        .shelves
        .put(OTHERS, single("one", "2025-03-05T14:00:00Z", &["uwe"]));
    house.source.pull(NOW);
    assert_eq!(
        rows(&house.source),
        ["one@google.com 2025-03-05T14:00:00Z uwe"]
    );
    // What it said before the other did counts again once it is alone.
    house.shelves.put(
        REVIEWS,
        single("three", "2025-03-07T14:00:00Z", &["uwe", "zoe"]),
    );
    house
        .shelves
        .put(OTHERS, single("three", "2025-03-07T14:00:00Z", &["uwe"]));
    house.source.pull(NOW);
    assert_eq!(house.source.rows().len(), 2);
    house.shelves.delete(OTHERS, "three", true);
    house.source.pull(NOW);
    house.source.pull(NOW);
    assert_eq!(house.source.rows().len(), 3);
    house.shelves.delete(REVIEWS, "three", true);
    // A calendar that is read no more has nothing to say.
    house
        .shelves
        .put(REVIEWS, single("two", "2025-03-06T14:00:00Z", &["uwe"]));
    house.source.pull(NOW);
    house.source.params = house.source.params.replace(&format!(", {OTHERS:?}"), "");
    house.source.pull(NOW);
    assert_eq!(
        rows(&house.source),
        ["two@google.com 2025-03-06T14:00:00Z uwe"]
    );
}

#[test]
fn who_is_not_let_in_is_told_why() {
    let scope = json!({ "error": { "code": 403, "message": "Request had insufficient authentication scopes.",
        "errors": [{ "message": "zzsecret", "reason": "insufficientPermissions" }],
        "details": [{ "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT" }] } });
    let limit = json!({ "error": { "code": 403, "errors": [{ "reason": "rateLimitExceeded" }] } });
    for (status, body, words) in [
        (401, json!({}), "check key_file"),
        (403, scope, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        (
            403,
            json!({ "error": { "message": "zzsecret" } }),
            "share it with that account",
        ),
        (
            404,
            json!({ "error": { "message": "zzsecret" } }),
            "number 1 of calendars is not there",
        ),
        (400, json!({}), "status 400"),
        (503, json!({}), "status 503"),
        (403, limit, ""),
    ] {
        let mut house = house_of(&[REVIEWS], move |_| {
            Some((status, Vec::new(), body.clone()))
        });
        let heard = house.source.heard(NOW);
        let said = match heard {
            Ok(heard) => {
                let waits = "the limit of questions is used up (status 403); the next pull goes on from there";
                assert_eq!((words, heard.notes), ("", vec![waits.to_owned()]));
                continue;
            }
            Err(error) => error.to_string(),
        };
        assert!(said.contains(words) && !words.is_empty(), "{said}");
        let looked = house.source.look().expect_err("the same").to_string();
        assert!(looked.contains(words), "{looked}");
    }
    let mut house = house(&[REVIEWS, OTHERS]);
    house
        .shelves
        .put(REVIEWS, single("one", "2025-03-05T14:00:00Z", &["uwe"]));
    assert_eq!(house.source.pull(NOW), 1);
    assert_eq!(house.source.look().expect("both"), "2 calendars answer");
    // It is shared less, or not at all any more: nothing is taken back, and the other one is read.
    for (busy, words) in [
        (
            true,
            "number 1 of calendars tells the account of key_file only when",
        ),
        (false, "number 1 of calendars is not there, or not shared"),
    ] {
        match busy {
            true => house.shelves.with(REVIEWS, |shelf| shelf.is_busy = true),
            false => drop(house.shelves.0.lock().expect("no panic").remove(REVIEWS)),
        }
        let id = format!("other-{busy}");
        house
            .shelves
            .put(OTHERS, single(&id, "2025-03-06T14:00:00Z", &["zoe"]));
        let heard = house.source.heard(NOW).expect("the other one");
        assert_eq!((heard.events.len(), heard.notes.len()), (1, 1));
        assert!(heard.notes[0].contains(words), "{:?}", heard.notes);
        let said = house.source.look().expect_err("the same").to_string();
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(house.source.rows().len(), 3);
    house.source.params = house.source.params.replace(&format!(", {OTHERS:?}"), "");
    assert!(house.source.refused(NOW).contains("number 1 of calendars"));
}

#[test]
fn rubbish_gives_nothing() {
    for rubbish in [
        json!(null),
        json!([]),
        json!({ "items": 7, "nextSyncToken": 7, "timeZone": "Nowhere" }),
        json!({ "items": [1, null, {}, { "id": "a", "status": "cancelled" }], "nextSyncToken": "uwe@example.org" }),
    ] {
        let mut house = house_of(&[REVIEWS], move |_| Some(ok(rubbish.clone())));
        for _ in 0..2 {
            assert_eq!(
                house
                    .source
                    .heard(NOW)
                    .expect("nothing to say")
                    .events
                    .len(),
                0
            );
        }
    }
    let mut house = house(&[REVIEWS]);
    house.shelves.put(
        REVIEWS,
        json!({ "id": "a", "status": "confirmed", "iCalUID": "zoe@example.org", "start": "uwe" }),
    );
    let heard = house.source.heard(NOW).expect("the rest");
    assert_eq!((heard.events.len(), heard.problems.len()), (0, 1));
    assert!(
        heard.problems[0]
            .to_string()
            .starts_with("an event: start: should be there")
    );
}

#[test]
fn a_scan_stores_the_plan_and_nobody() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let home = home.with("READBACK_LOG", "trace");
    let house = house(&[OTHERS]);
    let item = single("one", "2025-03-05T14:00:00Z", &["uwe.zz", "zoe.zz"]);
    house.shelves.put(OTHERS, item);
    let secret = home.file("key.json", key(&house.forge.address));
    let params = params(
        &house.forge.address,
        std::path::Path::new(&secret),
        &[OTHERS],
    );
    let source = format!(
        "[[source]]\nid = \"plan\"\nkind = \"google-calendar\"\nfrom = \"2025-01-01\"\nto = \"2026-01-01\"\n{params}\n"
    );
    home.file("readback.toml", source);
    let scan = |attendance: Value| {
        let said = home.done(&["scan", "--json"]);
        let found: Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(found[0]["events"]["attendance"], attendance, "{found}");
        format!("{}{}", said.out, said.err)
    };
    let mut said = scan(json!(2));
    house.shelves.delete(OTHERS, "one", true);
    said.push_str(&scan(json!(2)));
    said.push_str(&scan(json!(null)));
    let checked = home.done(&["check"]);
    said.push_str(&format!("{}{}", checked.out, checked.err));
    assert!(said.contains("1 calendar answers"), "{said}");
    let secrets = [
        "uwe.zz",
        "zoe.zz",
        "uwe@example.org",
        "uwe%40",
        TOKEN,
        "one@google.com",
    ];
    for text in secrets {
        assert!(!said.contains(text), "{text} in {said}");
    }
    for (path, bytes) in contents(&home.data()) {
        let held = String::from_utf8_lossy(&bytes);
        for text in secrets {
            assert!(!held.contains(text), "{text} in {}", path.display());
        }
    }
}

/// Google forgets its token, and what it lists then is empty: a share that was withdrawn looks like that, too.
#[test]
fn an_empty_list_takes_much_back_only_the_second_time() {
    let mut house = house(&[REVIEWS]);
    let ids: Vec<String> = (1..=8).map(|day| format!("m{day}")).collect();
    let put = |shelves: &super::google_shelves::Shelves| {
        for (day, id) in (1..).zip(&ids) {
            shelves.put(
                REVIEWS,
                single(id, &format!("2025-03-0{day}T14:00:00Z"), &["uwe"]),
            );
        }
    };
    put(&house.shelves);
    assert_eq!(house.source.pull(NOW), 8);
    let lose = |shelves: &super::google_shelves::Shelves| {
        ids.iter().for_each(|id| shelves.lose(REVIEWS, id));
    };
    let unread = |source: &Source| sources::unread(source.checkpoint.as_deref().expect("one"));
    lose(&house.shelves);
    let heard = house.source.heard(NOW).expect("a pull");
    assert_eq!(heard.events.len(), 0);
    let told = unread(&house.source);
    for words in [
        "number 1 of calendars lists 8 of the 8 meetings no more",
        "if the next scan does not find them either",
    ] {
        assert!(heard.notes[0].contains(words), "{:?}", heard.notes);
        assert!(told[0].contains(words), "{told:?}");
    }
    assert_eq!(rows(&house.source).len(), 8);
    // They are there again: nothing was lost, and nothing is told.
    put(&house.shelves);
    assert_eq!(house.source.pull(NOW), 0);
    assert_eq!(unread(&house.source), [""; 0]);
    lose(&house.shelves);
    assert_eq!(house.source.heard(NOW).expect("a pull").events.len(), 0);
    let heard = house.source.heard(NOW).expect("a pull");
    assert_eq!(heard.events.len(), 8);
    assert!(
        heard.notes[0].contains("8 of the 8 meetings that were told of"),
        "{:?}",
        heard.notes
    );
    assert_eq!(rows(&house.source), [""; 0]);
    assert_eq!(unread(&house.source), [""; 0]);
    // A few are taken back at once.
    for id in &ids[..5] {
        house
            .shelves
            .put(REVIEWS, single(id, "2025-03-05T14:00:00Z", &["uwe"]));
    }
    assert_eq!(house.source.pull(NOW), 5);
    ids[..5]
        .iter()
        .for_each(|id| house.shelves.lose(REVIEWS, id));
    assert_eq!(house.source.pull(NOW), 5);
    assert_eq!(rows(&house.source), [""; 0]);
}

/// Three occurrences are past, two lie ahead.
#[test]
fn what_is_past_of_a_series_stays_as_it_was_planned() {
    const DAYS: [&str; 5] = [
        "2025-03-11",
        "2025-03-18",
        "2025-03-25",
        "2025-04-01",
        "2025-04-08",
    ];
    let days = |source: &Source| -> Vec<String> {
        let rows = source.rows().into_iter();
        let tail = |row: &String| {
            row.split_once('/').expect("a series").1["2025-".len()..][..8].to_owned()
        };
        rows.map(|row| tail(&row)).collect()
    };
    for is_forgotten in [false, true] {
        let mut house = house(&[REVIEWS]);
        let at = |day: &str, hour: u32| format!("{day}T{hour}:00:00Z");
        let id = |day: &str, hour: u32| format!("series_{}", at(day, hour).replace([':', '-'], ""));
        for day in DAYS {
            house
                .shelves
                .put(REVIEWS, one_of("series", &at(day, 14), &["zoe"]));
        }
        assert_eq!(house.source.pull(NOW), 5);
        let past = ["03-11T14", "03-18T14", "03-25T14"];
        // Another hour: each is another one, whether Google says so or has forgotten what was.
        for day in DAYS {
            match is_forgotten {
                true => house.shelves.lose(REVIEWS, &id(day, 14)),
                false => house.shelves.delete(REVIEWS, &id(day, 14), false),
            }
            house
                .shelves
                .put(REVIEWS, one_of("series", &at(day, 15), &["zoe"]));
        }
        house.source.pull(NOW);
        let moved = [&past[..], &["04-01T15", "04-08T15"]].concat();
        assert_eq!(days(&house.source), moved, "{is_forgotten}");
        assert_eq!(house.source.pull(NOW), 0);
        // One of those ahead is off by itself, and one that stayed is called off again.
        house.shelves.delete(REVIEWS, &id(DAYS[3], 15), false);
        house.source.pull(NOW);
        let rest = [&past[..], &["04-08T15"]].concat();
        assert_eq!(days(&house.source), rest);
        // A week later the series is deleted.
        let later = NOW + 10 * DAY;
        for day in [DAYS[0], DAYS[1], DAYS[2], DAYS[4]] {
            house.shelves.delete(REVIEWS, &id(day, 15), true);
        }
        house.source.pull(later);
        assert_eq!(days(&house.source), rest);
        assert_eq!(house.source.pull(later), 0);
        // Another choice is no change of the calendar.
        house.source.params = house.source.params.replace("(?i)review", "(?i)lunch");
        house.source.pull(later);
        assert_eq!(days(&house.source), [""; 0]);
    }
}

#[test]
fn a_list_is_its_members() {
    let mut house = house(&[REVIEWS]);
    house.source.params += "\nlists = { \"SRE@example.org\" = [\"zoe@example.org\", \"ben@example.org\", \
                            \"more@example.org\"], \"more@example.org\" = [\"eva@example.org\", \"sre@example.org\"] }";
    let mut item = single("one", "2025-03-05T14:00:00Z", &["zoe"]);
    let sre = json!({ "email": "sre@example.org", "optional": true });
    item["attendees"].as_array_mut().expect("a list").push(sre);
    house.shelves.put(REVIEWS, item);
    house.source.pull(NOW);
    let tails = |rows: Vec<String>| -> Vec<String> {
        let tail = |row: String| row.rsplit_once(' ').expect("words").1.to_owned();
        rows.into_iter().map(tail).collect()
    };
    assert_eq!(tails(rows(&house.source)), ["ben", "eva", "zoe"]);
    // Who joins the list later was not invited to what is past.
    house.source.params = house.source.params.replace(
        "\"eva@example.org\"",
        "\"eva@example.org\", \"new@example.org\"",
    );
    assert_eq!(house.source.pull(NOW), 0);
    let ahead = single("two", "2025-04-05T14:00:00Z", &[]);
    let mut ahead = ahead;
    ahead["attendees"] = json!([{ "email": "more@example.org" }]);
    house.shelves.put(REVIEWS, ahead);
    house.source.pull(NOW);
    assert_eq!(
        tails(rows(&house.source)),
        ["ben", "eva", "zoe", "ben", "eva", "new", "zoe"]
    );
    for (lists, words) in [
        (
            "{ sre = [\"ada@example.org\"] }",
            "\"sre\" should be the address of a list",
        ),
        (
            "{ \"sre@example.org\" = [] }",
            "\"sre@example.org\" names nobody",
        ),
        (
            "{ \"sre@example.org\" = [\"ada@example.org\", \"Zz Ada\"] }",
            "entry 2 should be an address",
        ),
        (
            "{ \"sre@example.org\" = \"/nowhere/sre.txt\" }",
            "/nowhere/sre.txt",
        ),
        (
            "{ \"sre@example.org\" = [\"ada@example.org\"], \"SRE@example.org\" = [\"ada@example.org\"] }",
            "is there twice",
        ),
    ] {
        let mut wrong = Source::new("google-calendar", house.source.params.clone());
        let before = wrong
            .params
            .split("\nlists")
            .next()
            .expect("text")
            .to_owned();
        wrong.params = format!("{before}\nlists = {lists}");
        let error = wrong.look().expect_err("refused").to_string();
        assert!(error.contains(words) && !error.contains("Zz"), "{error}");
    }
}
