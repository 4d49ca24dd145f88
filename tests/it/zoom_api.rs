//! Zoom, as its API describes itself: a listener's answers, and what a source makes of them in few words.

use std::io::Write as _;

use readback::model::{Attendance, Body, Millis, to_rfc3339};
use readback::sources::KnownWriteup;
use readback::sources::collected::Collected;
use serde_json::{Value, json};

use super::polled_forge::{Asked, Reply, TOKEN, WORDS, gone, ok};
use super::wikis::Source;

pub(crate) const NUMBER: &str = "812 3456 7890";
pub(crate) const ADA: &str = "ada.zz@example.org";
pub(crate) const BOB: &str = "bob.zz@example.org";
pub(crate) const CAROL: &str = "carol.zz@example.org";
/// What names the review of February; Zoom's own way to write such names.
pub(crate) const FEBRUARY: &str = "/AbC+d//eF==";
/// The same in an address.
pub(crate) const IN_ADDRESS: &str = "%252FAbC%252Bd%252F%252FeF%253D%253D";
pub(crate) const SECRET: &str = "zzclient-secret";
pub(crate) const SCOPES: &str = "meeting:read:list_past_instances:admin meeting:read:past_meeting:admin \
                                 report:read:list_meeting_participants:admin report:read:user:admin \
                                 meeting:read:meeting:admin";

/// Somebody's stay in a review of February, by times of its day.
pub(crate) fn stay(name: &str, email: &str, user: &str, from: &str, until: &str) -> Value {
    let at = |time: &str| json!(format!("2026-02-24T{time}Z"));
    json!({ "id": user, "user_id": "16778240", "participant_user_id": user, "name": name, "user_email": email,
        "join_time": at(from), "leave_time": at(until), "duration": 1, "failover": false,
        "status": "in_meeting", "registrant_id": "", "customer_key": "" })
}

/// The pages of the report of February.
pub(crate) fn report() -> [Vec<Value>; 2] {
    let mut waits = stay("Adaline Zz", ADA, "U1", "13:58:00", "14:02:11");
    waits["status"] = json!("in_waiting_room");
    let mut breakout = stay("Bob Zz", BOB, "U2", "14:10:00", "14:35:00");
    breakout["bo_mtg_id"] = json!("Bre+ak/out==");
    let mut open = stay("Carol Zz", CAROL, "U3", "14:30:00", "00:00:00");
    open["leave_time"] = json!("");
    open["duration"] = json!(600);
    let mut timeless = stay("Dan Zz", "dan.zz@example.org", "U4", "14:30:00", "14:31:00");
    timeless["join_time"] = json!(WORDS);
    timeless["leave_time"] = json!(null);
    [
        vec![
            waits,
            stay("Adaline Zz", ADA, "U1", "14:02:11", "14:20:00"),
            // Another device, which shows no address.
            stay("Telephone of Adaline Zz", "", "U1", "14:15:00", "14:30:00"),
            stay("Bob Zz", BOB, "U2", "14:05:00", "14:06:00"),
        ],
        vec![
            stay("Bob Zz", "Bob.Zz@example.org", "U2", "14:40:00", "15:05:00"),
            breakout,
            stay("Nick Zz", "", "", "14:10:00", "14:20:00"),
            stay("Nick Zz", "", "", "14:50:00", "14:55:00"),
            stay("49301***517", "", "", "14:00:00", "15:00:00"),
            stay("Otter.ai (Adaline Zz)", "", "", "14:00:00", "15:00:00"),
            stay(
                "Conference room 2",
                "room-2@example.org",
                "U9",
                "14:00:00",
                "15:00:00",
            ),
            open,
            timeless,
        ],
    ]
}

/// The token for a question, asked for as an app does.
pub(crate) fn token(asked: &Asked, scopes: &str) -> Reply {
    // zzclient:zzclient-secret
    let basic = "Basic enpjbGllbnQ6enpjbGllbnQtc2VjcmV0";
    assert_eq!(asked.header("authorization"), basic);
    assert_eq!(
        asked.text,
        "grant_type=account_credentials&account_id=zzaccount"
    );
    ok(
        json!({ "access_token": TOKEN, "token_type": "bearer", "expires_in": 3599, "scope": scopes,
        "api_url": "https://api.zoom.us" }),
    )
}

pub(crate) fn past(uuid: &str, topic: &str, start: &str, end: &str) -> Value {
    json!({ "uuid": uuid, "id": 81234567890_u64, "host_id": "zzhost", "type": 8, "topic": topic,
        "user_name": "Adaline Zz", "user_email": ADA, "start_time": start, "end_time": end, "duration": 60,
        "total_minutes": 200, "participants_count": 6 })
}

/// The review of February.
pub(crate) fn february() -> Value {
    let topic = "Review of INC-12 with Adaline Zz";
    past(
        FEBRUARY,
        topic,
        "2026-02-24T14:02:11Z",
        "2026-02-24T15:01:40Z",
    )
}

pub(crate) fn refusal(status: u16, code: i64, words: &str) -> Reply {
    let body = json!({ "code": code, "message": format!("{words} {WORDS}") });
    (status, Vec::new(), body)
}

/// Zoom, where one review took place, in February.
pub(crate) fn zoom(asked: &Asked) -> Reply {
    if asked.path() == "/oauth/token" {
        return token(asked, SCOPES);
    }
    assert_eq!(asked.header("authorization"), format!("Bearer {TOKEN}"));
    let [first, second] = report();
    let path = asked.path().strip_prefix("/v2").expect("the API");
    if path == "/past_meetings/81234567890/instances" {
        return ok(
            json!({ "meetings": [{ "uuid": FEBRUARY, "start_time": "2026-02-24T14:02:11Z" }] }),
        );
    }
    if path == format!("/past_meetings/{IN_ADDRESS}") {
        return ok(february());
    }
    if path == format!("/report/meetings/{IN_ADDRESS}/participants") {
        assert!(asked.target.contains("page_size=300"), "{}", asked.target);
        return match asked.target.contains("next_page_token=zz%20page%2F2") {
            false => ok(
                json!({ "page_size": 300, "total_records": 13, "next_page_token": "zz page/2",
                "participants": first }),
            ),
            true => ok(
                json!({ "page_size": 300, "total_records": 13, "next_page_token": "",
                "participants": second }),
            ),
        };
    }
    gone()
}

/// The parameters of a source that asks there. The file of the secret has to live as long.
pub(crate) fn params(own: &str, secret: &std::path::Path, more: &str) -> String {
    format!(
        "account_id = \"zzaccount\"\nclient_id = \"zzclient\"\nclient_secret_file = {secret:?}\n\
         api = \"{own}/v2\"\ntoken_url = \"{own}/oauth/token\"\n{more}\n"
    )
}

/// A file of the app's secret.
pub(crate) fn secret() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(file, "{SECRET}").expect("written");
    file
}

/// A source of ours that knows the write-up `pm-12`, also called `INC-12`.
pub(crate) fn source(params: &str) -> Source {
    let mut source = Source::new("zoom", params);
    source.known.push(KnownWriteup {
        id: "pm-12".to_owned(),
        title: None,
        aliases: vec!["INC-12".to_owned()],
    });
    source
}

pub(crate) fn attendance(event: &readback::model::Event) -> &Attendance {
    match &event.body {
        Body::Attendance(attendance) => attendance,
        _ => panic!("no attendance"),
    }
}

/// Whether it says only where a meeting was held, or that rooms or telephones were there.
pub(crate) fn is_venue(event: &readback::model::Event) -> bool {
    matches!(&event.body, Body::Meeting(meeting) if meeting.venue.is_some() || meeting.rooms.is_some())
}

/// Who was there and for how many seconds, `?` where that is not known; with `-` before what is taken back.
pub(crate) fn who(heard: &Collected) -> Vec<String> {
    let of_people = heard.events.iter().filter(|event| !is_venue(event));
    let each = of_people.map(|event| {
        let one = attendance(event);
        let sign = if event.subject.ends_with(":retracted") {
            "-"
        } else {
            ""
        };
        let person = one.person.as_ref();
        let person = person.map_or_else(|| "somebody".to_owned(), |one| one.value.to_lowercase());
        let person = person.trim_end_matches(".zz@example.org").to_owned();
        let seconds = one.present_ms.map(|ms| (ms / 1000).to_string());
        format!(
            "{sign}{person} {}",
            seconds.unwrap_or_else(|| "?".to_owned())
        )
    });
    let mut all: Vec<String> = each.collect();
    all.sort();
    all
}

/// The meetings that were told, each once, with when they began.
pub(crate) fn meetings(heard: &Collected) -> Vec<(String, String)> {
    let each = heard.events.iter();
    let each = each.filter(|event| !event.subject.ends_with(":retracted") && !is_venue(event));
    let mut all: Vec<_> = each
        .map(|event| (attendance(event).meeting.clone(), to_rfc3339(event.time)))
        .collect();
    all.sort();
    all.dedup();
    all
}

/// Days after an instant.
pub(crate) fn later(at: Millis, days: i64) -> Millis {
    at + days * readback::model::DAY_MS
}

/// All who came in February.
pub(crate) const CAME: [&str; 4] = ["ada 1669", "bob 2860", "carol 600", "somebody 900"];

/// That the meeting is asked for.
pub(crate) fn numbers() -> String {
    format!("numbers = [\"{NUMBER}\"]")
}
