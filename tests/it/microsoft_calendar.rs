//! Calendars of Exchange Online: what is told, taken back and remembered, and that all of it is the same as
//! read from iCalendar.

use std::collections::BTreeSet;

use readback::model::{Attendance, Body, DAY_MS, Vocabulary};
use readback::sources::collected::Collected;
use readback::sources::{self, Setting};
use serde_json::json;

use super::calendar_server::{NOW, Source, calendar, reply};
use super::outlook::{Tenant, meeting, occurrence, ok, uid};
use super::way::Way;

const BOX: &str = "mailboxes = [\"reviews@example.org\"]";
const MAIL: &str = "reviews@example.org";

const ZOE: (&str, &str, &str) = ("zoe", "required", "accepted");
const UWE: (&str, &str, &str) = ("uwe", "optional", "none");

const WEEKS: &[(&str, &str)] = &[
    ("2025-03-04T14:00:00", "2025-03-04T14:00:00"),
    ("2025-03-11T14:00:00", "2025-03-11T14:00:00"),
    ("2025-03-18T14:00:00", "2025-03-19T09:00:00"),
];

/// `meeting start person` with the part of the UID that tells meetings apart.
fn short(source: &Source) -> Vec<String> {
    let tail = |row: &String| row.split_once("867B3").expect("a UID").1.to_owned();
    source.rows().iter().map(tail).collect()
}

#[test]
fn an_occurrence_is_the_same_as_in_icalendar() {
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |calendar| {
        let people = [
            ("zoe", "required", "accepted"),
            ("ulla", "optional", "tentativelyAccepted"),
            ("room-4", "resource", "accepted"),
            ("ben", "required", "notResponded"),
        ];
        calendar.series(1, "Review of INC-7", &people, WEEKS);
        let mut packed = meeting(2, "2025-03-05T14:00:00", "DNS", &[ZOE]);
        packed["iCalUId"] = json!(format!(
            "040000008200E00074C5B7101A82E008{}1B0000007643616C2D55696401000000{}00",
            "0".repeat(40),
            "756964406578616D706C65".to_owned()
        ));
        packed["body"] = json!({ "contentType": "text", "content": "see INC-8" });
        calendar.set(packed);
    });
    let mut source = tenant.source(&format!("{BOX}\nkey = 'INC-\\d+'"));
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!(heard.left_out["resource"], 3);
    let one = uid(1);
    let event = |start: &str, more: &str| {
        format!(
            "BEGIN:VEVENT\nUID:{one}\nDTSTAMP:20250101T000000Z\nDTSTART;TZID=Europe/Berlin:{start}\n\
             DURATION:PT1H\nSUMMARY:Review of INC-7\nORGANIZER:mailto:uwe@example.org\n\
             ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:zoe@example.org\n\
             ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=TENTATIVE:mailto:ulla@example.org\n\
             ATTENDEE;CUTYPE=ROOM;ROLE=NON-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:room-4@example.org\n\
             ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION:mailto:ben@example.org\n{more}END:VEVENT\n"
        )
    };
    let file = calendar(&[
        event("20250304T150000", "RRULE:FREQ=WEEKLY;COUNT=3\n"),
        event(
            "20250319T100000",
            "RECURRENCE-ID;TZID=Europe/Berlin:20250318T150000\n",
        ),
        "BEGIN:VEVENT\nUID:uid@example\nDTSTART:20250305T140000Z\nDURATION:PT1H\nSUMMARY:INC-8\n\
         ORGANIZER:mailto:uwe@example.org\n\
         ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:zoe@example.org\nEND:VEVENT\n"
            .to_owned(),
    ]);
    let build = sources::find("icalendar")
        .and_then(|kind| kind.file)
        .expect("a kind");
    let setting = Setting {
        source: "reviews".to_owned(),
        vocabulary: Vocabulary::default(),
        timezone: chrono_tz::UTC,
        writeups: Vec::new(),
    };
    let params = "key = 'INC-\\d+'".parse().expect("TOML");
    let mut read = Collected::default();
    let mut reader = build(params, &setting).expect("parameters");
    reader
        .read("a.ics", &mut file.as_bytes(), &mut read)
        .expect("a calendar");
    let said = |heard: &Collected| -> BTreeSet<String> {
        let each = heard.events.iter().map(|event| {
            let Body::Attendance(said) = &event.body else {
                panic!("no attendance");
            };
            let Attendance { meeting, person, role, role_stated, partstat, via, meeting_ms, .. } = &**said;
            let person = person.as_ref().map(|person| person.value.clone());
            format!(
                "{} {} {meeting} {person:?} {role:?} {role_stated} {partstat:?} {via:?} {meeting_ms:?}",
                event.subject, event.time
            )
        });
        each.collect()
    };
    assert_eq!(said(&heard), said(&read));
    assert_eq!(heard.events.len(), 14);
}

#[test]
fn what_changes_is_told_and_taken_back() {
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |calendar| {
        calendar.series(1, "Review", &[ZOE, UWE], WEEKS);
        calendar.set(meeting(2, "2025-03-05T14:00:00", "Review", &[ZOE]));
        calendar.set(meeting(3, "2025-03-06T14:00:00", "Lunch", &[ZOE]));
        calendar.series(4, "Standup", &[ZOE], WEEKS);
    });
    let mut source = tenant.source(&format!("{BOX}\nmatch = [\"Review\"]"));
    assert_eq!(source.pull(NOW), 8);
    let rows = [
        "00001/2025-03-04T14:00:00Z 2025-03-04T14:00:00Z uwe",
        "00001/2025-03-04T14:00:00Z 2025-03-04T14:00:00Z zoe",
        "00001/2025-03-11T14:00:00Z 2025-03-11T14:00:00Z uwe",
        "00001/2025-03-11T14:00:00Z 2025-03-11T14:00:00Z zoe",
        "00001/2025-03-18T14:00:00Z 2025-03-19T09:00:00Z uwe",
        "00001/2025-03-18T14:00:00Z 2025-03-19T09:00:00Z zoe",
        "00002 2025-03-05T14:00:00Z uwe",
        "00002 2025-03-05T14:00:00Z zoe",
    ];
    assert_eq!(short(&source), rows);
    let asked = tenant.targets();
    assert_eq!(
        asked.len(),
        2,
        "a series that nobody wants is not asked for: {asked:?}"
    );
    assert_eq!(source.pull(NOW), 0);
    assert_eq!(tenant.targets().len(), 1);
    // One of the series is deleted, of which Graph says no more than that something changed; a moved one is
    // off; the single meeting is moved, the other one becomes a review.
    tenant.calendar(MAIL, |calendar| {
        calendar.change(1, |_, all| {
            all.remove(1);
            all[1]["isCancelled"] = json!(true);
        });
        calendar.change(2, |one, _| {
            one["start"] = json!({ "dateTime": "2025-03-07T14:00:00", "timeZone": "UTC" })
        });
        calendar.change(3, |one, _| one["subject"] = json!("Review after all"));
    });
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!(heard.left_out["cancelled"], 1);
    let rows = [
        rows[0],
        rows[1],
        "00002 2025-03-07T14:00:00Z uwe",
        "00002 2025-03-07T14:00:00Z zoe",
        "00003 2025-03-06T14:00:00Z uwe",
        "00003 2025-03-06T14:00:00Z zoe",
    ];
    assert_eq!(short(&source), rows);
    // Somebody is not invited any more, a meeting is deleted, one is a review no more.
    tenant.calendar(MAIL, |calendar| {
        calendar.change(1, |_, all| all[0]["attendees"] = json!([]));
        calendar.remove(2);
        calendar.change(3, |one, _| one["subject"] = json!("Lunch"));
    });
    source.heard(NOW).expect("a pull");
    assert_eq!(short(&source), rows[..1]);
    // A series that is deleted took place before.
    tenant.calendar(MAIL, |calendar| calendar.remove(1));
    source.heard(NOW).expect("a pull");
    assert_eq!(short(&source), rows[..1]);
    assert_eq!(source.pull(NOW), 0);
}

/// Three occurrences are past, two lie ahead.
#[test]
fn what_is_past_of_a_series_stays_as_it_was_planned() {
    let tenant = Tenant::new();
    let at = |hour: u32, days: &[&str]| -> Vec<String> {
        days.iter()
            .map(|day| format!("2025-{day}T{hour}:00:00"))
            .collect()
    };
    let put = |hour: u32, days: &[&str]| {
        let at = at(hour, days);
        let all: Vec<(&str, &str)> = at.iter().map(|at| (&**at, &**at)).collect();
        tenant.calendar(MAIL, |calendar| calendar.series(1, "Review", &[ZOE], &all));
    };
    let days = |source: &Source| -> BTreeSet<String> {
        let tail = |row: &String| {
            row.split_once('/').expect("a series").1["2025-".len()..][..8].to_owned()
        };
        source.rows().iter().map(tail).collect()
    };
    let all = ["03-11", "03-18", "03-25", "04-01", "04-08"];
    put(14, &all);
    let mut source = tenant.source(&format!("{BOX}\nmatch = [\"Review\"]"));
    assert_eq!(source.pull(NOW), 10);
    put(15, &all);
    source.heard(NOW).expect("a pull");
    let set =
        |days: &[&str]| -> BTreeSet<String> { days.iter().map(|day| (*day).to_owned()).collect() };
    let past = ["03-11T14", "03-18T14", "03-25T14"];
    assert_eq!(
        days(&source),
        set(&[&past[..], &["04-01T15", "04-08T15"]].concat())
    );
    assert_eq!(source.pull(NOW), 0);
    // One ahead is off by itself; then the series ends, and is deleted.
    put(15, &["03-11", "03-18", "03-25", "04-08"]);
    source.heard(NOW).expect("a pull");
    assert_eq!(days(&source), set(&[&past[..], &["04-08T15"]].concat()));
    put(15, &["03-11", "03-18", "03-25"]);
    source.heard(NOW).expect("a pull");
    assert_eq!(days(&source), set(&past));
    tenant.calendar(MAIL, |calendar| calendar.remove(1));
    source.heard(NOW).expect("a pull");
    assert_eq!(days(&source), set(&past));
    // Another choice is no change of the calendar.
    source.params = source.params.replace("Review", "Lunch");
    source.heard(NOW).expect("a pull");
    assert_eq!(days(&source), set(&[]));
}

#[test]
fn links_that_are_not_known_any_more_lead_to_the_beginning() {
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |calendar| {
        for number in 1..5 {
            calendar.set(meeting(number, "2025-03-05T14:00:00", "Review", &[ZOE]));
        }
    });
    let mut source = tenant.source(BOX);
    assert_eq!(source.pull(NOW), 8);
    tenant.calendar(MAIL, |calendar| {
        calendar.remove(1);
        calendar.set(meeting(2, "2025-03-05T15:00:00", "Review", &[ZOE]));
    });
    tenant.outlook.lock().expect("no panic").known_from = 99;
    tenant.targets();
    assert_eq!(source.pull(NOW), 4);
    let asked = tenant.targets();
    assert!(
        asked[0].contains("deltatoken") && asked[1].contains("startDateTime"),
        "{asked:?}"
    );
    assert_eq!(source.rows().len(), 6);
    // Some servers say so with another status.
    let error = json!({ "error": { "code": "SyncStateInvalid" } }).to_string();
    tenant.odd("deltatoken", reply(400, error));
    tenant.outlook.lock().expect("no panic").known_from = 0;
    assert_eq!(source.pull(NOW), 0);
    assert_eq!(source.pull(NOW), 0);
    assert_eq!(tenant.targets().len(), 3);
}

#[test]
fn a_pull_that_is_cut_off_goes_on() {
    let tenant = Tenant::new();
    tenant.outlook.lock().expect("no panic").most = 2;
    tenant.calendar(MAIL, |calendar| {
        for number in 1..6 {
            calendar.set(meeting(number, "2025-03-05T14:00:00", "Review", &[ZOE]));
        }
    });
    let mut source = tenant.source(BOX);
    let wait = (429, vec![("retry-after", "30".to_owned())], Vec::new());
    tenant.odd("skiptoken=4", wait);
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!(heard.events.len(), 8);
    assert_eq!(
        heard.notes,
        ["asks to come back later (status 429); the next pull goes on from there"]
    );
    tenant.targets();
    let heard = source.heard(NOW + 1_000).expect("a pull");
    assert_eq!(
        heard.notes,
        ["Microsoft Graph is left alone until 2025-04-01T00:00:30Z"]
    );
    assert_eq!(tenant.targets(), [""; 0]);
    assert_eq!(source.pull(NOW + 60_000), 2);
    let asked = tenant.targets();
    assert!(
        asked.len() == 1 && asked[0].contains("skiptoken=4"),
        "{asked:?}"
    );
    // What was listed before it was cut off is not taken for gone.
    assert_eq!(source.rows().len(), 10);
    // So with changes.
    tenant.calendar(MAIL, |calendar| {
        for number in 1..6 {
            calendar.set(meeting(number, "2025-03-05T15:00:00", "Review", &[ZOE]));
        }
    });
    tenant.odd("skiptoken=2", reply(503, ""));
    assert_eq!(source.heard(NOW + 60_000).expect("a pull").events.len(), 4);
    assert_eq!(source.pull(NOW + 60_000), 6);
    assert_eq!(source.pull(NOW + 60_000), 0);
}

#[test]
fn what_lies_ahead_is_told_when_its_time_comes() {
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |calendar| {
        // 60 days ahead of the pull is 2025-05-31.
        calendar.set(meeting(1, "2025-06-20T14:00:00", "Review", &[ZOE]));
        let weeks = [
            ("2025-05-20T14:00:00", "2025-05-20T14:00:00"),
            ("2025-06-24T14:00:00", "2025-06-24T14:00:00"),
        ];
        calendar.series(2, "Review", &[ZOE], &weeks);
    });
    let mut source = tenant.source(BOX);
    assert_eq!(source.pull(NOW), 2);
    let begun = tenant.targets();
    assert!(
        begun[0].contains("endDateTime=2025%2D08%2D31T"),
        "{begun:?}"
    );
    assert_eq!(source.pull(NOW + DAY_MS), 0);
    assert_eq!(tenant.targets().len(), 1);
    // Nothing changed, but now it is in the window.
    assert_eq!(source.pull(NOW + 25 * DAY_MS), 4);
    assert_eq!(source.rows().len(), 6);
    assert_eq!(source.pull(NOW + 26 * DAY_MS), 0);
    tenant.targets();
    // The window reaches the end of the stretch that was asked about: all is listed anew.
    assert_eq!(source.pull(NOW + 93 * DAY_MS), 0);
    let asked = tenant.targets();
    assert!(
        asked[0].contains("endDateTime=2025%2D12%2D02T"),
        "{asked:?}"
    );
    assert_eq!(source.rows().len(), 6);
}

#[test]
fn of_several_copies_the_organiser_s_counts() {
    let tenant = Tenant::new();
    let copy = |is_own: bool| {
        let mut copy = meeting(1, "2025-03-05T14:00:00", "Review", &[ZOE]);
        copy["isOrganizer"] = json!(is_own);
        if !is_own {
            copy["id"] = json!("AAMk9=");
            copy["attendees"][0]["status"]["response"] = json!("none");
        }
        copy
    };
    tenant.calendar("ada@example.org", |calendar| calendar.set(copy(false)));
    tenant.calendar(MAIL, |calendar| calendar.set(copy(true)));
    let mut source = tenant.source("mailboxes = [\"reviews@example.org\", \"ada@example.org\"]");
    let answer = |heard: &Collected| -> Vec<Option<String>> {
        let each = heard.events.iter().filter_map(|event| match &event.body {
            Body::Attendance(said) => said.person.as_ref().map(|_| said.partstat.clone()),
            _ => None,
        });
        each.collect()
    };
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!(answer(&heard), [None, Some("ACCEPTED".to_owned())]);
    tenant.calendar("ada@example.org", |calendar| calendar.set(copy(false)));
    assert_eq!(source.pull(NOW), 0);
    // The organiser's is deleted: the other is asked, and says less.
    tenant.calendar(MAIL, |calendar| calendar.remove(1));
    assert_eq!(source.pull(NOW), 2);
    assert_eq!(source.rows().len(), 2);
    tenant.calendar("ada@example.org", |calendar| calendar.remove(9));
    assert_eq!(source.pull(NOW), 2);
    assert_eq!(source.rows().len(), 0);
}

#[test]
fn copies_of_attendees_take_back_what_none_of_them_holds() {
    let tenant = Tenant::new();
    let series = |number: u32, weeks: &[(&str, &str)]| {
        let mut master = meeting(1, weeks[0].0, "Review", &[ZOE]);
        master["type"] = json!("seriesMaster");
        master["isOrganizer"] = json!(false);
        master["id"] = json!(format!("AAMk{number}="));
        let all = weeks
            .iter()
            .map(|(original, start)| occurrence(&master, 1, original, start));
        let all = all.collect();
        (master, all)
    };
    let both = ["ada@example.org", MAIL];
    let set = |mailbox: &str, weeks| {
        let (master, all) = series(if mailbox == MAIL { 7 } else { 8 }, weeks);
        tenant.calendar(mailbox, |calendar| calendar.put(master, all));
    };
    both.iter().for_each(|mailbox| set(mailbox, WEEKS));
    let mut source = tenant.source("mailboxes = [\"reviews@example.org\", \"ada@example.org\"]");
    source.heard(NOW).expect("a pull");
    assert_eq!(source.rows().len(), 6);
    // The last one still stands: the one before is off by itself.
    let rest = [WEEKS[0], WEEKS[2]];
    set(MAIL, &rest);
    source.heard(NOW).expect("a pull");
    assert_eq!(source.rows().len(), 6, "the other one may hold it");
    both.iter().for_each(|mailbox| set(mailbox, &rest));
    source.heard(NOW).expect("a pull");
    assert_eq!(source.rows().len(), 4);
}

#[test]
fn invitations_of_groups_are_their_members() {
    let tenant = Tenant::new();
    tenant.calendar("reviews@example.org/Incident reviews", |calendar| {
        let people = [("all", "optional", "none"), ("zoe", "required", "accepted")];
        calendar.set(meeting(1, "2025-03-05T14:00:00", "Review", &people));
    });
    let members = ["zoe", "ben", "eva"].map(|who| format!("{who}@example.org"));
    let mut outlook = tenant.outlook.lock().expect("no panic");
    outlook
        .groups
        .insert("all@example.org".to_owned(), members.to_vec());
    drop(outlook);
    let place = "mailboxes = [\"reviews@example.org/Incident reviews\"]";
    let mut source = tenant.source(&format!("{place}\nexpand_groups = true"));
    let heard = source.heard(NOW).expect("a pull");
    let said = heard.events.iter().map(|event| match &event.body {
        Body::Attendance(said) => {
            let person = said.person.as_ref().map_or("", |person| &person.value);
            let via = said.via.as_deref().unwrap_or("");
            format!("{person} {} {via}", said.role.as_deref().unwrap_or(""))
        }
        _ => panic!("no attendance"),
    });
    let expected = [
        "ben@example.org OPT-PARTICIPANT all@example.org",
        "eva@example.org OPT-PARTICIPANT all@example.org",
        "uwe@example.org CHAIR ",
        "zoe@example.org REQ-PARTICIPANT ",
    ];
    assert_eq!(said.collect::<Vec<_>>(), expected);
    assert_eq!(heard.left_out["group"], 1);
    assert_eq!(source.look().expect("a look"), "1 calendar answers");
    tenant.odd("/groups?", reply(403, "{}"));
    let refused = source.look().expect_err("a refusal").to_string();
    assert!(refused.contains("GroupMember.Read.All"), "{refused}");
}

#[test]
fn who_is_not_let_in_is_told_why() {
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |calendar| {
        calendar.set(meeting(1, "2025-03-05T14:00:00", "Review", &[ZOE]));
    });
    let mut source = tenant.source(BOX);
    assert_eq!(source.look().expect("a look"), "1 calendar answers");
    let no_token = |code: u32| {
        let error = json!({ "error": "invalid_client", "error_codes": [code], "error_description": "zzsecret" });
        reply(401, error.to_string())
    };
    for (part, answer, words) in [
        (
            "oauth2",
            no_token(7_000_215),
            "the secret's value, not its id",
        ),
        ("oauth2", no_token(7_000_222), "has expired"),
        (
            "oauth2",
            no_token(700_016),
            "client_id is no application of this tenant",
        ),
        (
            "oauth2",
            no_token(1),
            "check tenant, client_id and client_secret_file",
        ),
        ("oauth2", reply(200, "{}"), "gives no token"),
        ("oauth2", reply(502, ""), "status 502"),
        ("delta", reply(401, ""), "check client_secret_file"),
        (
            "delta",
            reply(403, "{}"),
            "number 1 of mailboxes; status 403): it needs the application permission \
                                     Calendars.Read",
        ),
        (
            "delta",
            reply(404, "{}"),
            "no such mailbox (number 1 of mailboxes",
        ),
        (
            "delta",
            reply(200, "<html>"),
            "something else than JSON; check graph",
        ),
        (
            "delta",
            ok(&json!({ "value": [] })),
            "without saying how the changes go on",
        ),
    ] {
        tenant.odd(part, answer);
        let refused = source.refused(NOW);
        assert!(refused.contains(words), "{words}: {refused}");
        assert_eq!(source.checkpoint, None);
    }
    assert_eq!(source.pull(NOW), 2);
    // What can't be read any more takes nothing back.
    tenant.odd("delta", reply(403, "{}"));
    source.refused(NOW);
    assert_eq!(source.rows().len(), 2);
    // Of two mailboxes the one that can be read is.
    let both = "mailboxes = [\"gone@example.org\", \"reviews@example.org\"]";
    let mut source = tenant.source(both);
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!((heard.events.len(), heard.notes.len()), (2, 1));
    assert!(
        heard.notes[0].contains("number 1 of mailboxes"),
        "{:?}",
        heard.notes
    );
    assert!(source.look().is_err());
    let mut source = tenant.source("mailboxes = [\"reviews@example.org/Other\"]");
    assert!(source.refused(NOW).contains("no calendar of this name"));
    for (params, words) in [
        ("mailboxes = []", "at least one mailbox"),
        ("mailboxes = [\"a/\"]", "should be an address"),
        (
            "mailboxes = [\"a\"]\ngraph = \"http://graph.example.org\"",
            "https",
        ),
    ] {
        let mut source = Source::new(
            "microsoft-calendar",
            format!("tenant = \"t\"\nclient_id = \"c\"\n{params}"),
        );
        assert!(source.refused(NOW).contains(words), "{params}");
    }
}

#[test]
fn graph_is_asked_to_tell_and_asked_again() {
    const HOUR: i64 = 3_600_000;
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |_| {});
    tenant.calendar("reviews@example.org/Reviews", |_| {});
    let with = |secret: &str| {
        format!(
            "mailboxes = [{MAIL:?}, \"reviews@example.org/Reviews\"]\nsecret = {secret:?}\n\
             notify_url = \"https://readback.test/v1/hooks/reviews\""
        )
    };
    let mut source = tenant.source(&with("zzsecret-one"));
    let state = || {
        tenant
            .outlook
            .lock()
            .expect("no panic")
            .subscriptions
            .clone()
    };
    assert_eq!(source.pull(NOW), 0);
    let made = state();
    assert_eq!(made.len(), 2);
    let expected = json!({ "id": "s1", "changeType": "created,updated,deleted", "clientState": "zzsecret-one",
        "resource": "users/reviews%40example%2Eorg/events", "expirationDateTime": "2025-04-03T22:00:00Z",
        "notificationUrl": "https://readback.test/v1/hooks/reviews",
        "lifecycleNotificationUrl": "https://readback.test/v1/hooks/reviews" });
    assert_eq!(made[0], expected);
    assert_eq!(
        made[1]["resource"],
        "users/reviews%40example%2Eorg/calendars/c%2BReviews%3D/events"
    );
    // Not at every pull; an hour later it is renewed, and what is gone is made again.
    tenant.targets();
    source.pull(NOW + 1_000);
    assert!(
        !tenant
            .targets()
            .iter()
            .any(|target| target.contains("subscriptions"))
    );
    tenant
        .outlook
        .lock()
        .expect("no panic")
        .subscriptions
        .truncate(1);
    source.pull(NOW + HOUR);
    let renewed = state();
    let until = |one: &serde_json::Value| {
        one["expirationDateTime"]
            .as_str()
            .expect("a time")
            .to_owned()
    };
    assert_eq!(
        renewed.iter().map(until).collect::<Vec<_>>(),
        ["2025-04-03T23:00:00Z"; 2]
    );
    // A checkpoint that was lost is no reason for a second one of the same.
    let mut forgetful = tenant.source(&with("zzsecret-one"));
    assert_eq!(forgetful.pull(NOW + 2 * HOUR), 0);
    assert_eq!(
        state().iter().map(until).collect::<Vec<_>>(),
        ["2025-04-04T00:00:00Z"; 2]
    );
    // With another secret the old one has to end first: it is not renewed.
    source.params = tenant.params(&with("zzsecret-two"));
    let heard = source.heard(NOW + 3 * HOUR).expect("a pull");
    assert_eq!(heard.notes.len(), 2);
    assert!(
        heard.notes[0].starts_with("Graph was not won to tell of changes (number 1 of mailboxes)")
    );
    assert_eq!(
        state().iter().map(until).collect::<Vec<_>>(),
        ["2025-04-04T00:00:00Z"; 2]
    );
    tenant
        .outlook
        .lock()
        .expect("no panic")
        .subscriptions
        .clear();
    assert_eq!(source.pull(NOW + 73 * HOUR), 0);
    assert_eq!(state()[0]["clientState"], "zzsecret-two");
    for (more, words) in [
        (
            "notify_url = \"http://readback.test/\"\nsecret = \"a\"",
            "should be the https address",
        ),
        (
            &*format!(
                "notify_url = \"https://readback.test/\"\nsecret = \"{}\"",
                "a".repeat(129)
            ),
            "at most 128",
        ),
    ] {
        assert!(
            tenant
                .source(&format!("{BOX}\n{more}"))
                .refused(NOW)
                .contains(words),
            "{words}"
        );
    }
}

/// Through the intake into the tables: pseudonyms alone, and the rows of a file of the same meeting join.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_s_name_gets_into_the_tables() {
    let Some(way) = Way::fresh("microsoft_calendar").await else {
        return;
    };
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |calendar| {
        calendar.series(1, "Review of INC-1", &[ZOE, UWE], WEEKS);
    });
    let params = tenant.params(&format!("{BOX}\nkey = 'INC-\\d+'"));
    let done = way
        .scan("microsoft-calendar", "reviews", &params)
        .await
        .expect("a scan");
    assert_eq!(done.total(), 6);
    let rows = "SELECT count() FROM landing_attendance FINAL WHERE target = 'INC-1'";
    assert_eq!(way.count(rows).await, 6);
    for secret in ["zoe", "uwe", "example.org", "zzsecret", "AAMk9"] {
        for table in ["landing_attendance", "checkpoint"] {
            let sql = format!(
                "SELECT count() FROM {table} WHERE position(formatRow('JSONEachRow', *), '{secret}') > 0"
            );
            assert_eq!(way.count(&sql).await, 0, "{secret} in {table}");
        }
    }
    let done = way
        .scan("microsoft-calendar", "reviews", &params)
        .await
        .expect("a scan");
    assert_eq!(done.total(), 0);
}

/// A series counts by its occurrences: an empty answer is not a few entries.
#[test]
fn an_empty_list_takes_much_back_only_the_second_time() {
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |calendar| {
        for number in 1..=9 {
            calendar.set(meeting(number, "2025-03-05T14:00:00", "Review", &[ZOE]));
        }
    });
    let mut source = tenant.source(BOX);
    // The organiser comes, too.
    assert_eq!(source.pull(NOW), 18);
    tenant.calendar(MAIL, |calendar| {
        (1..=9).for_each(|one| calendar.remove(one))
    });
    tenant.outlook.lock().expect("no panic").known_from = 99;
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!((heard.events.len(), source.rows().len()), (0, 18));
    let unread = |source: &Source| sources::unread(source.checkpoint.as_deref().expect("one"));
    let told = unread(&source);
    assert!(
        told[0].contains("lists 9 of the 9 meetings no more"),
        "{told:?}"
    );
    tenant.outlook.lock().expect("no panic").known_from = 0;
    let heard = source.heard(NOW).expect("a pull");
    assert_eq!((heard.events.len(), source.rows().len()), (18, 0));
    assert_eq!(unread(&source), [""; 0]);
    assert_eq!(source.pull(NOW), 0);
}

/// Graph says how long to wait in seconds, or until when.
#[test]
fn a_date_says_how_long_graph_is_left_alone() {
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |_| {});
    let mut source = tenant.source(BOX);
    let until = NOW - NOW % 1000 + 7_200_000;
    let date = chrono::DateTime::from_timestamp_millis(until).expect("a time");
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    tenant.odd(
        "calendarView",
        (429, vec![("retry-after", date)], Vec::new()),
    );
    source.heard(NOW).expect("a pull");
    let checkpoint = source.checkpoint.clone().expect("one");
    assert_eq!(sources::waits_until(&checkpoint), Some(until));
    assert_eq!(sources::unread(&checkpoint), [""; 0]);
}
