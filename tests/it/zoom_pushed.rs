//! Zoom's webhooks: at the door, signed in the test itself, and beside what the API and a downloaded report
//! say of the same meeting.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use readback::model::{Body, Edge, Event, to_rfc3339};
use readback::sources::collected::Collected;
use readback::sources::{self, Delivery, KnownWriteup, SourceError};
use serde_json::{Value, json};

use super::doorway::{ACCOUNT, Answer, Doorway, MAIL, NAME, open};
use super::forges::{hex, mac};
use super::polled_forge::{Forge, NOW};
use super::wikis::Source;
use super::zoom_api::{
    ADA, BOB, FEBRUARY, NUMBER, attendance, is_venue, later, meetings, params, secret, source, who,
    zoom,
};

const TOKEN: &str = "zzhook-secret";

/// A delivery about a review of February, as Zoom makes it.
pub(crate) fn event(name: &str, more: Value) -> Value {
    let mut object = json!({ "uuid": FEBRUARY, "id": "81234567890", "host_id": "zzhost", "type": 8,
        "topic": "Review of INC-12", "start_time": "2026-02-24T14:02:11Z", "timezone": "Europe/Berlin",
        "duration": 60 });
    if let (Some(object), Some(more)) = (object.as_object_mut(), more.as_object()) {
        object.extend(more.clone());
    }
    json!({ "event": name, "event_ts": 1771941800000_u64,
        "payload": { "account_id": "zzaccount", "object": object } })
}

pub(crate) fn came(name: &str, email: &str) -> Value {
    event(
        "meeting.participant_joined",
        json!({ "participant": { "user_id": "16778240", "user_name": name, "id": "U1", "email": email,
            "participant_uuid": "P1", "join_time": "2026-02-24T14:05:00Z", "phone_number": "" } }),
    )
}

pub(crate) fn left(name: &str, email: &str) -> Value {
    event(
        "meeting.participant_left",
        json!({ "participant": { "user_id": "16778240", "user_name": name, "id": "U1", "email": email,
            "leave_time": "2026-02-24T14:50:00Z", "leave_reason": format!("{name} left the meeting.") } }),
    )
}

pub(crate) fn delivered(source: &Source, body: &Value) -> Result<Collected, SourceError> {
    let build = sources::find("zoom")
        .and_then(|kind| kind.push)
        .expect("a kind");
    let push = build(source.params.clone(), &source.setting()).expect("parameters");
    assert!(push.knows_writeups() && !push.is_signed());
    let body = body.to_string();
    let mut heard = Collected::default();
    let delivery = Delivery {
        headers: &[],
        body: body.as_bytes(),
        now: NOW,
    };
    push.receive(&delivery, &mut heard)?;
    Ok(heard)
}

fn door(folder: &Path) -> Doorway {
    let sources = format!(
        "[[source]]\nid = \"zoom\"\nkind = \"zoom\"\nsecret = \"{TOKEN}\"\nnumbers = [\"{NUMBER}\"]\n"
    );
    let door = open(folder, &sources, 1 << 30);
    let writeup = KnownWriteup {
        id: "pm-12".to_owned(),
        title: None,
        aliases: vec!["INC-12".to_owned()],
    };
    door.hooks
        .know(&[writeup])
        .unwrap_or_else(|(id, error)| panic!("{id}: {error}"));
    door
}

fn signature(secret: &str, time: &str, body: &str) -> String {
    let signed = [b"v0:", time.as_bytes(), b":", body.as_bytes()];
    format!("v0={}", hex(&mac(secret.as_bytes(), &signed)))
}

async fn send(door: &Doorway, headers: &[(&str, &str)], body: &Value) -> Answer {
    let all = [&[("content-type", "application/json")], headers].concat();
    door.send("POST /v1/hooks/zoom", &all, body.to_string())
        .await
}

/// Signed so many seconds ago.
async fn signed(door: &Doorway, age: i64, body: &Value) -> Answer {
    let time = (NOW / 1000 - age).to_string();
    let signature = signature(TOKEN, &time, &body.to_string());
    let headers = [
        ("x-zm-signature", &*signature),
        ("x-zm-request-timestamp", &*time),
    ];
    send(door, &headers, body).await
}

#[tokio::test]
async fn only_signed_deliveries_of_now_are_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = door(folder.path());
    let body = came(NAME, MAIL);
    let (time, text) = ((NOW / 1000).to_string(), body.to_string());
    let right = signature(TOKEN, &time, &text);
    let swapped = (NOW / 1000 + 1).to_string();
    let another = signature("another", &time, &text);
    let other = signature(TOKEN, &time, "{}");
    let (sign, stamp) = ("x-zm-signature", "x-zm-request-timestamp");
    let bearer = format!("Bearer {}", door.token(&[], &[]));
    for headers in [
        vec![],
        vec![(stamp, &*time)],
        vec![(sign, &*right)],
        vec![(sign, ""), (stamp, &time)],
        vec![(sign, &right[3..]), (stamp, &time)],
        vec![(sign, &another), (stamp, &time)],
        vec![(sign, &other), (stamp, &time)],
        vec![(sign, &right), (stamp, &swapped)],
        // A token is no signature.
        vec![("authorization", &bearer)],
    ] {
        assert_eq!(
            send(&door, &headers, &body).await.status,
            401,
            "{headers:?}"
        );
    }
    for age in [301, -301] {
        let answer = signed(&door, age, &body).await;
        assert_eq!(answer.status, 401);
        let words = answer.json()["detail"].to_string();
        let side = if age > 0 { "301 s ago" } else { "301 s ahead" };
        assert!(words.contains(side) && words.contains("clock"), "{words}");
    }
    assert_eq!(door.taken().await.requests, 0);

    let mut unknown = came(ACCOUNT, "");
    unknown["payload"]["object"]["participant"]["user_id"] = json!("7");
    // Zoom takes 200 alone for taken.
    for (age, body) in [
        (300, &body),
        // Again.
        (7, &body),
        (0, &left(NAME, MAIL)),
        // Somebody unknown; the name is kept nowhere.
        (0, &unknown),
        (0, &event("meeting.started", json!({}))),
    ] {
        let answer = signed(&door, age, body).await;
        assert_eq!((answer.status, answer.json()), (200, json!({})));
    }
    let taken = door.taken().await;
    let keys: BTreeSet<u64> = taken.attendance.iter().map(|row| row.key).collect();
    assert_eq!((taken.attendance.len(), keys.len(), taken.rows), (3, 3, 3));
    assert!(
        taken
            .attendance
            .iter()
            .all(|row| row.target == "pm-12" && row.source == "zoom")
    );
    let people: BTreeSet<u128> = taken.attendance.iter().map(|row| row.person).collect();
    assert!(people.len() == 2 && people.contains(&0));
}

#[tokio::test]
async fn the_challenge_is_answered_to_who_signed_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = door(folder.path());
    let challenge = |token: Value| {
        json!({ "event": "endpoint.url_validation", "event_ts": 1654503849680_u64,
            "payload": { "plainToken": token } })
    };
    let plain = "qgg8vlvZRS6UYooatFL8Aw";
    let answer = signed(&door, 0, &challenge(json!(plain))).await;
    let proof = hex(&mac(TOKEN.as_bytes(), &[plain.as_bytes()]));
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "plainToken": plain, "encryptedToken": proof }))
    );
    assert_eq!(send(&door, &[], &challenge(json!(plain))).await.status, 401);
    // Nothing is signed for anybody that could be a delivery's signature.
    for odd in [json!("v0:1772442900:{}"), json!(7), json!("x".repeat(257))] {
        let answer = signed(&door, 0, &challenge(odd)).await;
        assert!(!answer.text.contains("encryptedToken"), "{answer:?}");
    }
    assert_eq!(door.taken().await.requests, 0);
}

#[test]
fn deliveries_tell_the_ends_of_stays() {
    let source = source(&format!("numbers = [\"{NUMBER}\"]\nrooms = [\"turing\"]"));
    let take = |body: &Value| delivered(&source, body).expect("taken");
    let heard = take(&came("Adaline Zz", ADA));
    assert_eq!(who(&heard), ["ada ?"]);
    let one = attendance(&heard.events[0]);
    assert_eq!(
        (one.attended, one.present_ms, one.meeting_ms),
        (None, None, None)
    );
    assert_eq!(
        (heard.events[0].version, &*heard.events[0].subject),
        (3, "pm-12")
    );
    let stay = |event: &Event| attendance(event).stay.clone().expect("a stay");
    let first = stay(&heard.events[0]);
    assert_eq!(to_rfc3339(first.at), "2026-02-24T14:05:00Z");
    // However often it is told, and whatever the device shows then.
    let again = take(&came("Ada", "Ada.Zz@example.org"));
    assert_eq!(again.events[0].id, heard.events[0].id);
    assert_eq!(*stay(&again.events[0]), *first);
    let gone = take(&left("Adaline Zz", ADA));
    let last = stay(&gone.events[0]);
    assert_ne!(gone.events[0].id, heard.events[0].id);
    assert_eq!(
        (
            first.edge,
            last.edge,
            &last.device,
            &last.opening,
            &last.attendee
        ),
        (
            Edge::Joined,
            Edge::Left,
            &first.device,
            &first.opening,
            &first.attendee
        )
    );
    // Without an address the same end counts less.
    assert_eq!(take(&came("Adaline Zz", "")).events[0].version, 1);
    for (body, reason) in [
        (came("Otter.ai (Adaline Zz)", ""), "note-taker"),
        (came("Turing", ""), "room"),
        (came("49301***517", ""), "telephone"),
        (came("", ""), "telephone"),
        (
            event("meeting.participant_joined_waiting_room", json!({})),
            "waiting room",
        ),
        (
            event("meeting.participant_admitted", json!({})),
            "waiting room",
        ),
        (
            event("meeting.started", json!({})),
            "event that says nothing of who came",
        ),
        (
            event(
                "meeting.participant_joined",
                json!({ "id": 99999999999_u64, "topic": "One to one" }),
            ),
            "meeting that is no review",
        ),
    ] {
        let heard = take(&body);
        assert!(
            heard.events.iter().all(is_venue) && heard.problems.is_empty(),
            "{reason}"
        );
        assert_eq!(heard.left_out.get(reason), Some(&1), "{:?}", heard.left_out);
    }
    // A meeting of another number whose topic mentions a write-up.
    let mut other = came("Adaline Zz", ADA);
    other["payload"]["object"]["id"] = json!(99999999999_u64);
    assert_eq!(who(&take(&other)), ["ada ?"]);

    let ended = take(&event(
        "meeting.ended",
        json!({ "end_time": "2026-02-24T15:01:40Z" }),
    ));
    let closed = stay(&ended.events[0]);
    assert_eq!(to_rfc3339(closed.at), "2026-02-24T15:01:40Z");
    assert_eq!(
        (
            closed.edge,
            closed.device.name.as_str(),
            closed.attendee.name.as_str()
        ),
        (Edge::Left, "", "")
    );
    let Body::Meeting(meeting) = &ended.events[1].body else {
        panic!("a meeting");
    };
    assert_eq!(meeting.meeting_ms, Some(3_569_000));

    for (field, value) in [
        ("start_time", json!("soon")),
        ("id", json!(null)),
        ("participant", json!("Adaline Zz")),
    ] {
        let mut wrong = came("Adaline Zz", ADA);
        wrong["payload"]["object"][field] = value;
        let heard = take(&wrong);
        let problem = heard.problems[0].to_string();
        assert!(
            problem.contains(field) && !problem.contains("Zz"),
            "{problem}"
        );
    }
    for rubbish in [json!([]), json!({ "event": 5 }), json!("x"), json!(null)] {
        assert!(delivered(&source, &rubbish).is_err());
    }
    for none in [
        json!({ "event": "meeting.ended" }),
        json!({ "event": "meeting.participant_left", "payload": [] }),
    ] {
        assert_eq!(take(&none).problems.len(), 1);
    }
}

/// One meeting by its three ways: what a delivery and a downloaded report say is what the API replaces.
#[test]
fn three_ways_give_one_meeting_and_nobody_twice() {
    let forge = Forge::new(|asked, _| zoom(asked));
    let secret = secret();
    for names in [
        format!("numbers = [\"{NUMBER}\"]"),
        format!(
            "meetings = {{ \"{NUMBER}\" = {{ series = \"r@cal.example.org\", at = \"14:00\" }} }}"
        ),
    ] {
        let mut source = source(&params(&forge.address, secret.path(), &names));
        // Deliveries need not know the secret that the API is asked with.
        let hooked = {
            let mut hooked = super::zoom_api::source(&names);
            hooked.known.clone_from(&source.known);
            hooked
        };
        let mut pushed = Collected::default();
        let told = [
            came("Adaline Zz", ADA),
            // Another device of hers, which shows no address.
            came("Telephone of Adaline Zz", ""),
            left("Bob Zz", BOB),
            came("Nick Zz", ""),
            // Their address was not told yet.
            came("Carol Zz", ""),
        ];
        for (device, mut body) in told.into_iter().enumerate() {
            body["payload"]["object"]["participant"]["user_id"] = json!(device.to_string());
            pushed
                .events
                .extend(delivered(&hooked, &body).expect("taken").events);
        }
        let mut file = Collected::default();
        let build = sources::find("zoom")
            .and_then(|kind| kind.file)
            .expect("a kind");
        let mut reader = build(source.params.clone(), &source.setting()).expect("parameters");
        reader.dated(later(NOW, -1));
        let list = format!(
            "Meeting ID,Topic,Start Time,End Time\n\
             {NUMBER},Review of INC-12,02/24/2026 02:02:11 PM,02/24/2026 03:01:40 PM\n\n\
             Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes)\n\
             Adaline Zz,{ADA},02/24/2026 02:02:11 PM,02/24/2026 02:20:00 PM,18\n\
             Nick Zz,,02/24/2026 02:10:00 PM,02/24/2026 02:20:00 PM,10\n"
        );
        reader
            .read("report.csv", &mut list.as_bytes(), &mut file)
            .expect("a report");
        // The API may be asked by the source that takes deliveries.
        source.params.insert("secret".to_owned(), TOKEN.into());
        let pulled = source.pull(NOW).expect("a pull");

        let told = meetings(&pulled);
        assert_eq!(told.len(), 1);
        assert_eq!(meetings(&pushed)[0].0, told[0].0);
        assert_eq!(meetings(&file), told);
        let mut last: BTreeMap<&str, &Event> = BTreeMap::new();
        for event in pushed
            .events
            .iter()
            .chain(&file.events)
            .chain(&pulled.events)
        {
            let known = last.entry(&event.id).or_insert(event);
            assert!(known.version <= event.version, "later is newer");
            *known = event;
        }
        let stand = Collected {
            events: last.into_values().cloned().collect(),
            ..Collected::default()
        };
        // Ends of stays are put together, and left aside, where all are known (`zoom_stays`).
        let is_end =
            |event: &Event| matches!(&event.body, Body::Attendance(one) if one.stay.is_some());
        let stand = Collected {
            events: stand
                .events
                .into_iter()
                .filter(|one| !is_end(one))
                .collect(),
            ..Collected::default()
        };
        let stand: Vec<String> = who(&stand)
            .into_iter()
            .filter(|one| !one.starts_with('-'))
            .collect();
        assert_eq!(stand, ["ada 1669", "bob 2860", "carol 600", "somebody 900"]);
    }
}

#[test]
fn a_series_without_a_time_waits_for_the_api() {
    let mut source = source(&format!(
        "meetings = {{ \"{NUMBER}\" = \"r@cal.example.org\" }}"
    ));
    // Where nothing is pulled nobody else tells of it: it keeps Zoom's own name.
    let own = super::zoom_api::source(&format!("numbers = [\"{NUMBER}\"]"));
    let ids = |source: &Source| -> Vec<String> {
        let heard = delivered(source, &came("Adaline Zz", ADA)).expect("taken");
        heard.events.into_iter().map(|event| event.id).collect()
    };
    assert_eq!(ids(&source).len(), 1);
    assert_eq!(ids(&source), ids(&own));
    source.params.insert("account_id".to_owned(), "a".into());
    let heard = delivered(&source, &came("Adaline Zz", ADA)).expect("taken");
    assert!(heard.events.is_empty());
    assert_eq!(
        heard.left_out["meeting of a series without `at`, which the API tells"],
        1
    );
    let build = sources::find("zoom")
        .and_then(|kind| kind.file)
        .expect("a kind");
    let mut reader = build(source.params.clone(), &source.setting()).expect("parameters");
    let list = format!(
        "Meeting ID,Topic,Start Time\n{NUMBER},Review,02/24/2026 02:02:11 PM\n\n\
         Name,Join Time,Leave Time\nNick,02/24/2026 02:10:00 PM,02/24/2026 02:20:00 PM\n"
    );
    let refused = reader.read(
        "report.csv",
        &mut list.as_bytes(),
        &mut Collected::default(),
    );
    let words = refused.expect_err("refused").to_string();
    assert!(words.contains("set `meeting`, as UID/start"), "{words}");
}
