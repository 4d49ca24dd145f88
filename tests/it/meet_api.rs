//! Google Meet's API: a listener that keeps conferences as Google describes them stands in for it
//! (`meet_house`).

use std::collections::BTreeSet;

use readback::model::{Body, Event, Millis, parse_rfc3339};
use readback::sources::collected::Collected;
use serde_json::{Value, json};

use super::binary::{Home, contents};
use super::calendar_server::{NOW, Source};
use super::google_shelves::{one_of, single};
use super::meet_house::{CODE, HOUR, House, REVIEWS, house, params, user};
use super::polled_forge::{TOKEN, ok};
use super::privacy::PAGE;
use super::way;

/// What was told, as `meeting start subject`, then who was there for how many minutes.
fn told(heard: &Collected) -> Vec<String> {
    let row = |event: &Event| match &event.body {
        Body::Attendance(said) => {
            let who = said.person.as_ref().map_or_else(
                || "?".to_owned(),
                |one| {
                    format!(
                        "{}{}",
                        one.source,
                        one.value.trim_end_matches("@example.org")
                    )
                },
            );
            let minutes =
                |ms: Option<u64>| ms.map_or(-1, |ms| i64::try_from(ms / 60_000).expect("short"));
            format!(
                "{} {} {who} {} of {}",
                said.meeting,
                event.subject,
                minutes(said.present_ms),
                minutes(said.meeting_ms)
            )
        }
        Body::Meeting(said) => format!(
            "{:?} spoke {:?} led {:?} for {:?} s",
            said.meeting,
            said.spoke,
            said.facilitators_spoke,
            said.speaking_ms.map(|ms| ms / 1000)
        ),
        _ => panic!("something else"),
    };
    let mut rows: Vec<String> = heard.events.iter().map(row).collect();
    rows.sort();
    rows
}

fn with_code(mut item: Value) -> Value {
    item["conferenceData"] = json!({ "conferenceId": CODE });
    item
}

const CALENDAR: &str =
    "calendars = [\"c_zoe1@group.calendar.google.com\"]\nmatch = [\"review\"]\nkey = 'INC-\\d+'";

#[test]
fn who_was_there_is_told_of_the_occurrence_in_the_calendar() {
    let mut house = house(CALENDAR, |_| None);
    let mut item = with_code(one_of("s", "2025-03-25T14:00:00Z", &["uwe"]));
    item["description"] = json!("of INC-7");
    house.shelves.put(REVIEWS, item);
    house.shelves.put(
        REVIEWS,
        with_code(one_of("s", "2025-03-18T14:00:00Z", &["uwe"])),
    );
    let mut lunch = with_code(single("lunch", "2025-03-26T12:00:00Z", &["uwe"]));
    lunch["summary"] = json!("Lunch");
    lunch["conferenceData"]["conferenceId"] = json!("lun-chhh-hhh");
    house.shelves.put(REVIEWS, lunch);
    house.conference(
        "lunch",
        "lun-chhh-hhh",
        "2025-03-26T12:00:00Z",
        Some("2025-03-26T13:00:00Z"),
    );
    // A call that broke off and was taken up again.
    house.conference(
        "a",
        CODE,
        "2025-03-25T13:50:00Z",
        Some("2025-03-25T14:20:00Z"),
    );
    house.conference(
        "b",
        CODE,
        "2025-03-25T14:25:00Z",
        Some("2025-03-25T15:00:00Z"),
    );
    // Two devices at once, a re-join, and more than the conference.
    house.there(
        "a",
        "1",
        user("101"),
        &[
            ("2025-03-25T13:00:00Z", Some("2025-03-25T14:00:00Z")),
            ("2025-03-25T13:55:00Z", Some("2025-03-25T14:05:00Z")),
        ],
    );
    house.there(
        "a",
        "2",
        user("101"),
        &[("2025-03-25T14:00:00Z", Some("2025-03-25T14:10:00Z"))],
    );
    house.there("b", "1", user("101"), &[("2025-03-25T14:30:00Z", None)]);
    house.there(
        "b",
        "2",
        user("102"),
        &[
            ("2025-03-25T14:25:00Z", Some("2025-03-25T14:35:00Z")),
            ("2025-03-25T14:40:00Z", Some("2025-03-25T14:45:00Z")),
        ],
    );
    // Of another organisation, nobody knows who, a telephone, a program.
    house.there(
        "b",
        "3",
        user("999"),
        &[("2025-03-25T14:30:00Z", Some("2025-03-25T14:40:00Z"))],
    );
    house.there(
        "b",
        "4",
        json!({ "anonymousUser": { "displayName": "zzsecret Guest" } }),
        &[("2025-03-25T14:30:00Z", Some("2025-03-25T14:31:00Z"))],
    );
    house.there(
        "b",
        "5",
        json!({ "phoneUser": { "displayName": "+49 30 *****17" } }),
        &[("2025-03-25T14:30:00Z", Some("2025-03-25T14:31:00Z"))],
    );
    house.there(
        "b",
        "6",
        json!({ "anonymousUser": { "displayName": "zoe's Notetaker" } }),
        &[("2025-03-25T14:30:00Z", Some("2025-03-25T14:31:00Z"))],
    );
    // It is held again at a time of its own.
    house.conference(
        "c",
        CODE,
        "2025-03-27T09:00:00Z",
        Some("2025-03-27T09:10:00Z"),
    );
    let now = parse_rfc3339("2025-03-25T16:00:00Z").expect("a time");
    let heard = house.source.heard(now).expect("a pull");
    let meeting = "s@google.com/2025-03-25T14:00:00Z INC-7";
    assert_eq!(
        told(&heard),
        [
            "Named(\"s@google.com/2025-03-25T14:00:00Z\") spoke None led None for None s"
                .to_owned(),
            format!("{meeting} ? 1 of 70"),
            format!("{meeting} google999 10 of 70"),
            format!("{meeting} uwe 15 of 70"),
            format!("{meeting} zoe 50 of 70"),
        ]
    );
    let left: Vec<_> = heard.left_out.into_iter().collect();
    assert_eq!(
        left,
        [
            ("conference at another time than its meetings", 1),
            ("note-taker", 1),
            ("telephone", 1)
        ]
    );
    assert_eq!(heard.notes.len(), 1, "{:?}", heard.notes);
    assert!(
        heard.notes[0].starts_with("left out as rooms or telephones: 1;"),
        "{:?}",
        heard.notes
    );
    let asked = house.forge.targets();
    assert!(
        !asked.iter().any(|target| target.contains("lun-chhh")),
        "nobody else's conference is asked for"
    );
    assert!(
        !asked.iter().any(|target| target.contains("transcripts")),
        "{asked:?}"
    );
    let once = asked.iter().filter(|target| target.contains("/users/101"));
    assert_eq!(once.count(), 1);
    // Nothing is new, and nothing of it is asked for again.
    assert_eq!(house.source.pull(now), 0);
    assert!(
        !house
            .forge
            .targets()
            .iter()
            .any(|target| target.contains("participants"))
    );
    // Days later what is listed begins in the midst of it.
    let later = parse_rfc3339("2025-03-28T02:00:00Z").expect("a time");
    for now in [later, later + HOUR] {
        assert_eq!(house.source.pull(now), 0);
    }
    // What it is about turns out: all that Meet still has is told with that.
    house.source.aliases = vec!["INC-7".to_owned()];
    let heard = house.source.heard(later + 2 * HOUR).expect("a pull");
    let (rooms, people): (Vec<String>, Vec<String>) = told(&heard)
        .into_iter()
        .partition(|row| row.starts_with("Named"));
    assert!(people.iter().all(|row| row.contains(" w1 ")), "{people:?}");
    assert_eq!((people.len(), rooms.len()), (4, 1));
}

#[test]
fn what_goes_on_is_told_at_the_next_pull_and_what_follows_is_of_it() {
    let mut house = house(
        "meetings = { \"ABC-mnop-xyz\" = \"s@google.com/*\", \"one-once-one\" = \"once@google.com\" }",
        |_| None,
    );
    house.conference("a", CODE, "2025-03-31T14:07:00Z", None);
    house.there("a", "1", user("101"), &[("2025-03-31T14:07:00Z", None)]);
    let heard = house.source.heard(NOW).expect("a pull");
    assert_eq!(
        (
            heard.events.len(),
            heard.left_out["conference that goes on"]
        ),
        (0, 1)
    );
    house.end("a", "2025-03-31T14:47:00Z");
    let meeting = "s@google.com/2025-03-31T14:00:00Z ";
    let heard = house.source.heard(NOW + 4 * 24 * HOUR).expect("a pull");
    assert_eq!(told(&heard), [format!("{meeting} zoe 40 of 40")]);
    house.conference(
        "b",
        CODE,
        "2025-03-31T14:57:00Z",
        Some("2025-03-31T15:07:00Z"),
    );
    house.there(
        "b",
        "1",
        user("101"),
        &[("2025-03-31T14:57:00Z", Some("2025-03-31T15:07:00Z"))],
    );
    house.there(
        "b",
        "2",
        user("103"),
        &[("2025-03-31T14:57:00Z", Some("2025-03-31T15:07:00Z"))],
    );
    // It lies further back than is looked at again.
    assert_eq!(house.source.pull(NOW + 4 * 24 * HOUR + HOUR), 0);
    house.source.checkpoint = house.source.checkpoint.map(|text| {
        let mut state: Value = serde_json::from_str(&text).expect("JSON");
        state["since"] = json!(NOW - 2 * 24 * HOUR);
        state.to_string()
    });
    let heard = house
        .source
        .heard(NOW + 4 * 24 * HOUR + 2 * HOUR)
        .expect("a pull");
    assert_eq!(
        told(&heard),
        [
            format!("{meeting} ida 10 of 60"),
            format!("{meeting} zoe 50 of 60")
        ]
    );
    // A meeting that is one has conferences of several days.
    house.conference(
        "c",
        "one-once-one",
        "2025-04-03T14:00:00Z",
        Some("2025-04-03T15:00:00Z"),
    );
    house.there(
        "c",
        "1",
        user("102"),
        &[("2025-04-03T14:00:00Z", Some("2025-04-03T14:30:00Z"))],
    );
    let heard = house
        .source
        .heard(NOW + 4 * 24 * HOUR + 3 * HOUR)
        .expect("a pull");
    assert_eq!(told(&heard), ["once@google.com  uwe 30 of 60"]);
    house.conference(
        "d",
        "one-once-one",
        "2025-04-10T14:00:00Z",
        Some("2025-04-10T15:00:00Z"),
    );
    let heard = house.source.heard(NOW + 11 * 24 * HOUR).expect("a pull");
    assert_eq!(
        (
            heard.events.len(),
            heard.left_out["conference of another day than its meeting"]
        ),
        (0, 1)
    );
    assert!(heard.notes[0].ends_with("write UID/*"), "{:?}", heard.notes);
}

#[test]
fn speaking_is_told_of_series_that_are_enabled_alone() {
    let codes = "meetings = { \"abc-mnop-xyz\" = \"s@google.com/*\", \"oth-errr-one\" = \"other@google.com/*\" }";
    let more =
        format!("{codes}\nenabled_series = [\"s@google.com\"]\nfacilitator = \"Uwe@example.org\"");
    let mut house = house(&more, |_| None);
    for (id, code) in [("a", CODE), ("o", "oth-errr-one")] {
        house.conference(
            id,
            code,
            "2025-03-31T14:00:00Z",
            Some("2025-03-31T15:00:00Z"),
        );
        for (number, who) in [
            user("101"),
            user("102"),
            user("103"),
            json!({ "phoneUser": {} }),
        ]
        .into_iter()
        .enumerate()
        {
            house.there(
                id,
                &number.to_string(),
                who,
                &[("2025-03-31T14:00:00Z", Some("2025-03-31T15:00:00Z"))],
            );
        }
    }
    let heard = house.source.heard(NOW).expect("a pull");
    // Six who came, and two meetings at which rooms or telephones were.
    assert_eq!(heard.events.len(), 8);
    assert!(
        !house
            .forge
            .targets()
            .iter()
            .any(|target| target.contains("/o/transcripts"))
    );
    // It is made, and then it is there: people are not told again.
    house.add(
        "conferenceRecords/a/transcripts",
        json!({ "name": "conferenceRecords/a/transcripts/t", "state": "STARTED" }),
    );
    assert_eq!(house.source.pull(NOW + HOUR), 0);
    house
        .lists
        .lock()
        .expect("no panic")
        .get_mut("conferenceRecords/a/transcripts")
        .expect("one")[0]["state"] = json!("FILE_GENERATED");
    let say = |who: usize, from: &str, until: &str| {
        house.add("conferenceRecords/a/transcripts/t/entries", json!({ "text": "zzsecret words",
            "participant": format!("conferenceRecords/a/participants/{who}"),
            "startTime": format!("2025-03-31T14:{from}Z"), "endTime": format!("2025-03-31T14:{until}Z") }));
    };
    say(0, "01:00", "01:08");
    say(0, "02:00", "02:08");
    say(1, "03:00", "05:00");
    say(1, "04:00", "05:00");
    // Not for long, and by telephone.
    say(2, "06:00", "06:05");
    say(3, "06:00", "06:30");
    let heard = house.source.heard(NOW + 2 * HOUR).expect("a pull");
    assert_eq!(
        told(&heard),
        ["Named(\"s@google.com/2025-03-31T14:00:00Z\") spoke Some(2) led Some(1) for Some(166) s"]
    );
    house.forge.asked();
    assert_eq!(house.source.pull(NOW + 3 * HOUR), 0);
    assert!(
        !house
            .forge
            .targets()
            .iter()
            .any(|target| target.contains("transcripts"))
    );
    // What does not come is not waited for.
    house.conference(
        "n",
        CODE,
        "2025-04-07T14:00:00Z",
        Some("2025-04-07T15:00:00Z"),
    );
    let then = parse_rfc3339("2025-04-07T16:00:00Z").expect("a time");
    let asks = |house: &mut House, now: Millis| {
        house.source.pull(now);
        house
            .forge
            .targets()
            .iter()
            .filter(|target| target.contains("transcripts"))
            .count()
    };
    assert_eq!(asks(&mut house, then), 1);
    assert_eq!(asks(&mut house, then + 72 * HOUR), 1);
    assert_eq!(asks(&mut house, then + 73 * HOUR), 0);
    house.source.params = house.source.params.replace("[\"s@google.com\"]", "[\"*\"]");
    assert!(
        house
            .source
            .refused(NOW)
            .contains("each series has to be named")
    );
}

#[test]
fn without_the_directory_people_are_known_by_their_numbers() {
    for (more, reply, words) in [
        ("directory = false\n", None, ""),
        (
            "",
            Some((
                403,
                Vec::new(),
                json!({ "error": { "message": "zzsecret" } }),
            )),
            "known by their numbers alone",
        ),
        (
            "",
            Some((401, Vec::new(), json!({}))),
            "known by their numbers alone",
        ),
    ] {
        let is_asked = reply.is_some();
        let codes = format!("{more}meetings = {{ \"abc-mnop-xyz\" = \"s@google.com/*\" }}");
        let mut house = house(&codes, move |asked| {
            let is_directory = asked.path().starts_with("/directory/");
            reply.clone().filter(|_| is_directory)
        });
        house.conference(
            "a",
            CODE,
            "2025-03-31T14:00:00Z",
            Some("2025-03-31T15:00:00Z"),
        );
        for number in ["101", "102"] {
            house.there(
                "a",
                number,
                user(number),
                &[("2025-03-31T14:00:00Z", Some("2025-03-31T15:00:00Z"))],
            );
        }
        let heard = house.source.heard(NOW).expect("a pull");
        let meeting = "s@google.com/2025-03-31T14:00:00Z ";
        assert_eq!(
            told(&heard),
            ["101", "102"].map(|id| format!("{meeting} google{id} 60 of 60"))
        );
        assert_eq!(
            heard.notes.len(),
            usize::from(is_asked),
            "{:?}",
            heard.notes
        );
        assert!(
            heard.notes.iter().all(|note| note.contains(words)),
            "{:?}",
            heard.notes
        );
        let asked = house.forge.targets();
        let asked = asked.iter().filter(|target| target.contains("/users/"));
        assert_eq!(asked.count(), usize::from(is_asked), "once is enough");
    }
    // Whom it can't tell for now is not somebody else for that.
    let mut is_down = true;
    let mut house = house(
        "meetings = { \"abc-mnop-xyz\" = \"s@google.com/*\" }",
        move |asked| {
            let is_first = asked.path().starts_with("/directory/") && std::mem::take(&mut is_down);
            is_first.then(|| (503, Vec::new(), json!({})))
        },
    );
    house.conference(
        "a",
        CODE,
        "2025-03-31T14:00:00Z",
        Some("2025-03-31T15:00:00Z"),
    );
    house.there(
        "a",
        "1",
        user("101"),
        &[("2025-03-31T14:00:00Z", Some("2025-03-31T15:00:00Z"))],
    );
    assert!(house.source.refused(NOW).contains("status 503"));
    assert_eq!(house.source.pull(NOW), 1);
}

#[test]
fn a_pull_that_is_cut_off_goes_on_with_what_was_not_told() {
    let mut left = 14;
    let mut house = house(
        "meetings = { \"abc-mnop-xyz\" = \"s@google.com/*\" }",
        move |asked| {
            left -= i32::from(asked.path().starts_with("/meet/"));
            (left == 0).then(|| (429, vec![("retry-after", "120".to_owned())], json!({})))
        },
    );
    for day in 1..8 {
        let id = format!("d{day}");
        let (from, until) = (
            format!("2025-03-2{day}T14:00:00Z"),
            format!("2025-03-2{day}T15:00:00Z"),
        );
        house.conference(&id, CODE, &from, Some(&until));
        house.there(&id, "1", user("101"), &[(&from, Some(&until))]);
    }
    let heard = house.source.heard(NOW).expect("a part");
    assert_eq!(heard.events.len(), 4);
    assert!(
        heard.notes[0].ends_with("the next pull goes on from there"),
        "{:?}",
        heard.notes
    );
    let alone = house.source.heard(NOW + 60_000).expect("left alone");
    assert!(
        alone.notes[0].starts_with("Google Meet is left alone until"),
        "{:?}",
        alone.notes
    );
    assert_eq!(
        (
            house.source.pull(NOW + 120_000),
            house.source.pull(NOW + 120_000)
        ),
        (3, 0)
    );
}

#[test]
fn who_is_not_let_in_is_told_why_and_a_look_sees_it() {
    for (part, status, words) in [
        ("/meet/", 401, "check key_file"),
        (
            "/meet/",
            403,
            "subject should be somebody who organises the meetings",
        ),
        ("/meet/", 503, "status 503"),
        ("/calendar/", 404, "number 1 of calendars is not there"),
        (
            "/calendar/",
            403,
            "number 1 of calendars is not for the account",
        ),
    ] {
        let more = format!("{CALENDAR}\nmeetings = {{ \"abc-mnop-xyz\" = \"s@google.com/*\" }}");
        let mut house = house(&more, move |asked| {
            asked.path().starts_with(part).then(|| {
                (
                    status,
                    Vec::new(),
                    json!({ "error": { "message": "zzsecret" } }),
                )
            })
        });
        let said = house.source.refused(NOW);
        assert!(said.contains(words), "{said}");
        let said = house.source.look().expect_err("the same").to_string();
        assert!(said.contains(words), "{said}");
    }
    let house = house(CALENDAR, |_| None);
    let said = house.source.look().expect("an answer");
    assert_eq!(
        said,
        "the list of conferences answers, and so does 1 calendar"
    );
    let mut source = Source::new("meet", "timezone = \"UTC\"".to_owned());
    assert_eq!(
        source.look().expect("nothing"),
        "nothing is asked: reports are imported"
    );
    assert!(
        source
            .refused(NOW)
            .contains("calendars or meetings should say")
    );
    for (params, words) in [
        (
            "meetings = { abc = \"u\" }",
            "should be a code of Google Meet",
        ),
        (
            "meetings = { \"abc-mnop-xyz\" = \"/*\" }",
            "should have the id of a meeting",
        ),
        ("calendars = [\" \"]", "should be an id"),
        ("no_such = 1", "no_such"),
    ] {
        source.params = params.to_owned();
        let said = source.refused(NOW);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn rubbish_gives_nothing() {
    for rubbish in [
        json!(null),
        json!({ "conferenceRecords": 7, "items": "x" }),
        json!({ "conferenceRecords": [1, null, { "name": "conferenceRecords/../x", "startTime": "2025-03-31T14:00:00Z" }] }),
        json!({ "conferenceRecords": [{ "name": "conferenceRecords/a", "startTime": "2025-03-31T14:00:00Z",
            "endTime": "2025-03-31T13:00:00Z" }], "participants": [{}, 7], "nextPageToken": 7 }),
    ] {
        let more = format!("{CALENDAR}\nmeetings = {{ \"abc-mnop-xyz\" = \"s@google.com/*\" }}");
        let mut house = house(&more, move |_| Some(ok(rubbish.clone())));
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

#[test]
fn a_scan_of_plan_and_presence_meets_and_stores_nobody() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let home = home.with("READBACK_LOG", "trace");
    let house = house(CALENDAR, |_| None);
    // Meet forgets: this is of the last days.
    let start = chrono::Utc::now().timestamp_millis() / HOUR * HOUR - 24 * HOUR;
    let at = |minutes: i64| readback::model::to_rfc3339(start + minutes * 60_000);
    let mut item = with_code(single("one", &at(0), &["uwe", "zoe", "ida"]));
    item["attachments"] = json!([{ "fileUrl": PAGE }]);
    house.shelves.put(REVIEWS, item);
    house.conference("a", CODE, &at(0), Some(&at(60)));
    for number in ["101", "102"] {
        house.there("a", number, user(number), &[(&at(0), Some(&at(30)))]);
    }
    let secret = home.file("key.json", std::fs::read(house.key.path()).expect("a key"));
    let meet = params(
        &house.forge.address,
        std::path::Path::new(&secret),
        CALENDAR,
    );
    let own = &house.forge.address;
    let plan = format!(
        "api = \"{own}/calendar\"\nkey_file = {secret:?}\nsubject = \"readback@example.org\"\n{CALENDAR}"
    );
    let sources = format!(
        "[privacy]\nk = 1\n[[source]]\nid = \"plan\"\nkind = \"google-calendar\"\n{plan}\n\
         [[source]]\nid = \"came\"\nkind = \"meet\"\n{meet}\n"
    );
    home.file("readback.toml", sources);
    let writeup = way::event(
        "writeup",
        "w",
        PAGE,
        "2025-01-02T00:00:00Z",
        json!({ "id": "a", "url": PAGE, "title": "A" }),
    );
    home.done(&["import", "events", &home.file("writeups.ndjson", &writeup)]);
    let said = home.done(&["scan", "--json"]);
    let found: Value = serde_json::from_str(&said.out).expect("JSON");
    let counts: BTreeSet<String> = found
        .as_array()
        .expect("two")
        .iter()
        .map(|one| one["events"]["attendance"].to_string())
        .collect();
    assert_eq!(counts, ["2", "3"].map(str::to_owned).into(), "{found}");
    home.done(&["report"]);
    let summary =
        std::fs::read(home.path("readback-report").join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    let attendance = &summary["indicators"]["A1"]["results"]["attendance"];
    assert_eq!(attendance["meetings"], 1, "{attendance:#}");
    assert_eq!(attendance["attendees"], 2, "{attendance:#}");
    let secrets = [
        "uwe",
        "zoe",
        "ida@",
        "zzsecret",
        "users/101",
        TOKEN,
        "one@google.com",
        "@example.org",
    ];
    let told = format!("{}{}", said.out, said.err);
    assert!(secrets.iter().all(|text| !told.contains(text)), "{told}");
    for (path, bytes) in contents(&home.data()) {
        let held = String::from_utf8_lossy(&bytes);
        for text in &secrets[2..] {
            assert!(!held.contains(text), "{text} in {}", path.display());
        }
    }
}
