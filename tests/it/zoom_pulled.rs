//! Zoom's API: the source that asks, against a listener that answers as Zoom does (`zoom_api`).

use std::sync::{Arc, Mutex};

use readback::model::{Millis, to_rfc3339};
use serde_json::{Value, json};

use super::binary::{Home, contents};
use super::polled_forge::{Asked, Forge, NOW, Reply, TOKEN, WORDS, gone, ok};
use super::zoom_api::{
    ADA, BOB, CAME, FEBRUARY, IN_ADDRESS, NUMBER, SCOPES, SECRET, attendance, february, is_venue,
    later, meetings, numbers, params, past, refusal, report, secret, source, stay, token, who,
    zoom,
};

#[test]
fn a_report_of_several_pages_becomes_people() {
    let forge = Forge::new(|asked, _| zoom(asked));
    let secret = secret();
    let mut source = source(&params(&forge.address, secret.path(), &numbers()));
    let heard = source.pull(NOW).expect("a pull");
    // Two devices at once and in turn, a breakout room, somebody who left and came back, the end of the
    // meeting, somebody without an address.
    assert_eq!(who(&heard), CAME);
    let [(meeting, start)] = &meetings(&heard)[..] else {
        panic!("one meeting");
    };
    assert!(meeting.starts_with("zoom-") && meeting.ends_with("/2026-02-24T14:02:11Z"));
    assert!(!meeting.contains("812"), "{meeting}");
    assert_eq!(start, "2026-02-24T14:02:11Z");
    for event in heard.events.iter().filter(|event| !is_venue(event)) {
        assert_eq!(event.subject, "pm-12");
        assert_eq!(attendance(event).meeting_ms, Some(3_569_000));
        assert_eq!(attendance(event).attended, None);
        assert!(event.version > 1);
    }
    let left: Vec<_> = heard.left_out.iter().collect();
    assert_eq!(
        left,
        [
            (&"note-taker", &1),
            (&"room", &1),
            (&"telephone", &1),
            (&"waiting room", &1)
        ]
    );
    let notes = heard.notes.join("\n");
    for words in [
        "behind which may sit nobody new, one, or ten: 2",
        "without any time",
    ] {
        assert!(notes.contains(words), "{notes}");
    }
    let targets = forge.targets();
    assert_eq!(targets.len(), 5, "{targets:?}");
    assert!(targets[2].ends_with(IN_ADDRESS), "{targets:?}");
    // What is settled is not asked for again.
    let again = source.pull(NOW + 1000).expect("a pull");
    assert!(
        again.events.is_empty() && again.notes.is_empty(),
        "{:?}",
        again.notes
    );
    assert_eq!(forge.targets().len(), 2);
    let kept = source.checkpoint.expect("a checkpoint");
    for text in [ADA, "Zz", FEBRUARY, "81234567890", SECRET, "zzaccount"] {
        assert!(!kept.contains(text), "{text} in {kept}");
    }
}

#[test]
fn a_token_that_runs_out_is_asked_for_again() {
    let mut refused = 0;
    let forge = Forge::new(move |asked, _| {
        // In the middle of the report, once.
        if asked.target.contains("next_page_token") && refused == 0 {
            refused += 1;
            return refusal(401, 124, "Access token is expired.");
        }
        zoom(asked)
    });
    let secret = secret();
    let mut source = source(&params(&forge.address, secret.path(), &numbers()));
    assert_eq!(who(&source.pull(NOW).expect("a pull")), CAME);
    let tokens = forge
        .targets()
        .iter()
        .filter(|one| one.contains("oauth"))
        .count();
    assert_eq!(tokens, 2);
}

#[test]
fn a_page_that_is_kept_no_more_begins_the_report_anew() {
    let mut refused = 0;
    let forge = Forge::new(move |asked, _| {
        if asked.target.contains("next_page_token") && refused == 0 {
            refused += 1;
            return refusal(
                400,
                300,
                "The next page token is either invalid or expired.",
            );
        }
        zoom(asked)
    });
    let secret = secret();
    let mut source = source(&params(&forge.address, secret.path(), &numbers()));
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(who(&heard), CAME);
    assert_eq!(heard.left_out["waiting room"], 1);
}

/// A review that ended a while ago: its report is there later, and corrected after that.
#[test]
fn what_changed_is_told_again_and_nothing_else() {
    let step = Arc::new(Mutex::new(0));
    let stage = Arc::clone(&step);
    let forge = Forge::new(move |asked, _| {
        let bob = |email: &str| {
            let mut bob = stay("Bob Zz", email, "", "00:00:00", "00:00:00");
            bob["join_time"] = json!("2026-03-02T08:05:00Z");
            bob["leave_time"] = json!("2026-03-02T08:35:00Z");
            bob
        };
        let people = match *stage.lock().expect("no panic") {
            0 => {
                return match asked.path().ends_with("/participants") {
                    true => refusal(404, 3001, "Meeting does not exist."),
                    false => recent(asked),
                };
            }
            1 => vec![],
            2 | 3 => vec![bob("")],
            _ => vec![bob(BOB)],
        };
        if asked.path().contains("is%2Don/") {
            return gone();
        }
        match asked.path().ends_with("/participants") {
            true => ok(json!({ "next_page_token": "", "participants": people })),
            false => recent(asked),
        }
    });
    let secret = secret();
    let mut source = source(&params(&forge.address, secret.path(), &numbers()));
    let mut at = |stage: usize, now: Millis| {
        *step.lock().expect("no panic") = stage;
        who(&source.pull(now).expect("a pull"))
    };
    for stage in [0, 1] {
        assert_eq!(at(stage, NOW), [""; 0], "the report is not made yet");
    }
    assert_eq!(at(2, NOW + 60_000), ["somebody 1800"]);
    assert_eq!(at(3, NOW + 120_000), [""; 0]);
    // Whom it knew by name alone it knows by an address: they were there once.
    assert_eq!(at(4, NOW + 180_000), ["-somebody ?", "bob 1800"]);
    assert_eq!(at(4, NOW + 240_000), [""; 0]);
    // Days later it is looked at for the last time.
    assert_eq!(at(4, later(NOW, 4)), [""; 0]);
    forge.asked();
    assert_eq!(at(4, later(NOW, 5)), [""; 0]);
    assert_eq!(forge.targets().len(), 2);
}

/// Zoom, where a review was held an hour ago, and one is on.
fn recent(asked: &Asked) -> Reply {
    match asked.path() {
        "/oauth/token" => token(asked, SCOPES),
        "/v2/past_meetings/81234567890/instances" => ok(json!({ "meetings": [
            { "uuid": "recent==", "start_time": "2026-03-02T08:00:00Z" },
            { "uuid": "is-on", "start_time": "2026-03-02T09:10:00Z" },
            // Nobody asks for what reports do not reach.
            { "uuid": "old", "start_time": "2024-12-02T08:00:00Z" }, {}, 7] })),
        "/v2/past_meetings/recent%3D%3D" => ok(past(
            "recent==",
            "Review",
            "2026-03-02T08:00:00Z",
            "2026-03-02T09:00:00Z",
        )),
        "/v2/past_meetings/is%2Don" => ok(past("is-on", "Review", "2026-03-02T09:10:00Z", "")),
        other => panic!("unexpected question {other}"),
    }
}

#[test]
fn of_a_hosts_meetings_reviews_are_taken() {
    let is_ill = Arc::new(Mutex::new(false));
    let ill = Arc::clone(&is_ill);
    let forge = Forge::new(move |asked, _| {
        if asked.path().ends_with("/participants") && *ill.lock().expect("no panic") {
            return (500, Vec::new(), json!({}));
        }
        if !asked.path().starts_with("/v2/report/users/") {
            return zoom(asked);
        }
        assert_eq!(
            asked.path(),
            "/v2/report/users/reviews%40example%2Eorg/meetings"
        );
        let holds = asked.target.contains("from=2026-01-31&to=2026-03-02");
        let mut other = past(
            "other",
            "One to one with Bob Zz",
            "2026-02-25T14:00:00Z",
            "2026-02-25T15:00:00Z",
        );
        other["id"] = json!("99999999999");
        let mut named = february();
        named["id"] = json!(99_999_999_998_u64);
        match (holds, asked.target.contains("next_page_token=p2")) {
            (true, false) => ok(json!({ "next_page_token": "p2", "meetings": [other] })),
            (true, true) => ok(json!({ "next_page_token": "", "meetings": [named, {}] })),
            _ => ok(json!({ "meetings": [] })),
        }
    });
    let secret = secret();
    let hosts = "hosts = [\"reviews@example.org\"]";
    // A topic that mentions a write-up, or that fits.
    for (more, is_known) in [("", true), ("match = [\"^Review of\"]", false)] {
        let mut source = source(&params(
            &forge.address,
            secret.path(),
            &format!("{hosts}\n{more}"),
        ));
        if !is_known {
            source.known.clear();
        }
        let heard = source.pull(NOW).expect("a pull");
        assert_eq!(who(&heard), CAME, "{more}");
        assert_eq!(heard.left_out["meeting that is no review"], 1);
        let targets = forge.targets();
        // Six months, month by month, one of two pages; the list says when a meeting was.
        let lists = targets.iter().filter(|one| one.contains("/users/")).count();
        assert_eq!(lists, 7, "{targets:?}");
        assert!(
            !targets.iter().any(|one| one.contains("/past_meetings/")),
            "{targets:?}"
        );
        let again = source.pull(NOW + 1000).expect("a pull");
        assert!(again.events.is_empty());
        assert!(forge.targets().len() <= 4, "the last days alone");
    }
    // A report that is not answered is asked for again, however long ago that was.
    let mut source = source(&params(&forge.address, secret.path(), hosts));
    *is_ill.lock().expect("no panic") = true;
    let heard = source.pull(NOW).expect("a pull");
    assert!(heard.events.is_empty() && heard.notes.concat().contains("status 500"));
    *is_ill.lock().expect("no panic") = false;
    assert_eq!(
        who(&source.pull(later(NOW, 40)).expect("a pull")),
        CAME,
        "listed again"
    );
    // A write-up that comes to be known is looked for in what was passed over.
    source.checkpoint = None;
    let known = std::mem::take(&mut source.known);
    assert!(source.pull(NOW).expect("a pull").events.is_empty());
    source.known = known;
    assert_eq!(who(&source.pull(NOW + 1000).expect("a pull")), CAME);
}

#[test]
fn an_occurrence_is_called_as_the_calendar_calls_it() {
    let schedule = Arc::new(Mutex::new(Value::Null));
    let plan = Arc::clone(&schedule);
    let forge = Forge::new(move |asked, _| match asked.path() {
        "/v2/meetings/81234567890" => {
            assert!(asked.target.ends_with("?show_previous_occurrences=true"));
            ok(plan.lock().expect("no panic").clone())
        }
        _ => zoom(asked),
    });
    let secret = secret();
    let timed = format!(
        "meetings = {{ \"{NUMBER}\" = {{ series = \"r@cal.example.org\", at = \"15:00\" }} }}\n\
                         timezone = \"Europe/Berlin\""
    );
    let plain = format!("meetings = {{ \"{NUMBER}\" = \"r@cal.example.org\" }}");
    let told = |more: &str, value: Value| {
        *schedule.lock().expect("no panic") = value;
        let mut source = source(&params(&forge.address, secret.path(), more));
        let heard = source.pull(NOW).expect("a pull");
        assert_eq!(who(&heard), CAME);
        (meetings(&heard).remove(0).0, heard.notes.join("\n"))
    };
    let expected = "r@cal.example.org/2026-02-24T14:00:00Z";
    // Two minutes late by the time of day, as Zoom planned it, and where it was moved within Zoom.
    assert_eq!(told(&timed, Value::Null).0, expected);
    let occurrences = json!({ "type": 8, "occurrences": [
        { "occurrence_id": "1771336800000", "start_time": "2026-02-17T14:00:00Z" },
        { "occurrence_id": "1771941600000", "start_time": "2026-02-24T14:00:00Z" }] });
    assert_eq!(told(&plain, occurrences.clone()).0, expected);
    let mut moved = occurrences;
    moved["occurrences"][1]["start_time"] = json!("2026-02-24T14:30:00Z");
    assert_eq!(told(&plain, moved).0, expected);
    // What is no series has no start in its name.
    assert_eq!(told(&plain, json!({ "type": 2 })).0, "r@cal.example.org");
    // Zoom plans nothing: it is told by the name that the report has, and that is said.
    let (meeting, notes) = told(&plain, json!({ "type": 3 }));
    assert!(meeting.starts_with("zoom-"), "{meeting}");
    assert!(
        notes.contains("say at what time the series begins (`at`)"),
        "{notes}"
    );

    // Once the time is said, what was told by that name is taken back.
    *schedule.lock().expect("no panic") = json!({ "type": 3 });
    let mut source = source(&params(&forge.address, secret.path(), &plain));
    source.pull(NOW).expect("a pull");
    source.params = params(&forge.address, secret.path(), &timed)
        .parse()
        .expect("TOML");
    let heard = source.pull(NOW + 1000).expect("a pull");
    let back = who(&heard)
        .iter()
        .filter(|one| one.starts_with('-'))
        .count();
    // Of seven lines about somebody; also of what is no person, and was never told.
    assert!(back >= 4, "{:?}", who(&heard));
    assert_eq!(meetings(&heard).remove(0).0, expected);
}

/// Somebody tried the room, the meeting broke off, and was opened again.
#[test]
fn an_occurrence_that_was_opened_again_is_one() {
    let forge = Forge::new(|asked, _| {
        let opened = |uuid: &str, start: &str, end: &str| {
            let at = |time: &str| format!("2026-02-24T{time}Z");
            past(uuid, "Review", &at(start), &at(end))
        };
        let of = |people: &[Value]| ok(json!({ "participants": people }));
        match asked.path() {
            "/v2/past_meetings/81234567890/instances" => ok(json!({ "meetings": [
                { "uuid": "c", "start_time": "2026-02-24T14:30:00Z" },
                { "uuid": "a", "start_time": "2026-02-24T09:00:00Z" },
                { "uuid": "b", "start_time": "2026-02-24T14:00:00Z" }] })),
            "/v2/past_meetings/a" => ok(opened("a", "09:00:00", "09:05:00")),
            "/v2/past_meetings/b" => ok(opened("b", "14:00:00", "14:20:00")),
            "/v2/past_meetings/c" => ok(opened("c", "14:30:00", "15:00:00")),
            "/v2/report/meetings/a/participants" => {
                of(&[stay("Adaline Zz", ADA, "U1", "09:00:00", "09:05:00")])
            }
            "/v2/report/meetings/b/participants" => of(&[
                stay("Adaline Zz", ADA, "U1", "13:59:00", "14:21:00"),
                stay("Nick Zz", "", "", "14:10:00", "14:20:00"),
            ]),
            "/v2/report/meetings/c/participants" => of(&[
                stay("Adaline Zz", ADA, "U1", "14:30:00", "14:40:00"),
                stay("Nick Zz", "", "", "14:30:00", "15:00:00"),
                stay("Bob Zz", BOB, "U2", "14:50:00", "15:00:00"),
            ]),
            _ => zoom(asked),
        }
    });
    let secret = secret();
    let series = format!(
        "meetings = {{ \"{NUMBER}\" = {{ series = \"r@cal.example.org\", at = \"14:00\" }} }}"
    );
    let mut source = source(&params(&forge.address, secret.path(), &series));
    let heard = source.pull(NOW).expect("a pull");
    // Hours before it is another meeting.
    assert_eq!(
        who(&heard),
        ["ada 1800", "ada 300", "bob 600", "somebody 2400"]
    );
    let [(review, _), (room, _)] = &meetings(&heard)[..] else {
        panic!("two meetings: {:?}", meetings(&heard));
    };
    assert_eq!(review, "r@cal.example.org/2026-02-24T14:00:00Z");
    assert!(room.starts_with("zoom-"), "{room}");
    let of_review = heard.events.iter().filter(|event| !is_venue(event));
    let of_review = of_review.map(attendance);
    let lengths = of_review.filter(|one| one.meeting == *review);
    // Without the ten minutes between.
    assert!(
        lengths
            .into_iter()
            .all(|one| one.meeting_ms == Some(3_000_000))
    );
    assert!(source.pull(NOW + 1000).expect("a pull").events.is_empty());
}

/// The same review by the report that a host downloaded, and by the API, in the store.
#[test]
fn a_report_and_the_api_speak_of_the_same_people() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let home = home.with("READBACK_LOG", "trace");
    // The program has a clock of its own, and reports reach back a year from now.
    let now = chrono::Utc::now().timestamp_millis();
    let day = |days: i64| to_rfc3339(later(now, days))[..10].to_owned();
    let (held, today) = (day(-10), day(0));
    let of = held.clone();
    let forge = Forge::new(move |asked, _| {
        let (status, headers, body) = zoom(asked);
        let body = body.to_string().replace("2026-02-24", &of);
        (status, headers, serde_json::from_str(&body).expect("JSON"))
    });
    let secret = home.file("secret", SECRET);
    let configured = params(&forge.address, std::path::Path::new(&secret), &numbers());
    home.file(
        "readback.toml",
        format!("[privacy]\nk = 1\n[[source]]\nid = \"zoom\"\nkind = \"zoom\"\ntimezone = \"UTC\"\n{configured}"),
    );
    let mut list = format!(
        "Meeting ID,Topic,Start Time,End Time\n\
        81234567890,Review of INC-12,{held} 14:02:11,{held} 15:01:40\n\n\
        Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),In Waiting Room\n"
    );
    for one in report().concat() {
        let field = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let time = |name: &str| {
            let time = field(name).replace('Z', "");
            time.replace("2026-02-24T", &format!("{held} "))
        };
        if !field("leave_time").starts_with("2026") {
            continue;
        }
        let waits = if one["status"] == "in_waiting_room" {
            "Yes"
        } else {
            "No"
        };
        let (name, email) = (field("name"), field("user_email"));
        let (from, until) = (time("join_time"), time("leave_time"));
        list.push_str(&format!("\"{name}\",{email},{from},{until},1,{waits}\n"));
    }
    let path = home.file("report.csv", &list);
    home.done(&["import", "zoom", &path, "--json"]);
    let scanned = home.done(&["scan", "--json"]);
    let found: Value = serde_json::from_str(&scanned.out).expect("JSON");
    assert_eq!(found[0]["events"]["attendance"], 4, "{found:#}");
    home.done(&["report", "--as-of", &today]);
    let summary = std::fs::read(home.path("readback-report").join("summary.json"));
    let summary: Value = serde_json::from_slice(&summary.expect("a summary")).expect("JSON");
    let attendance = &summary["indicators"]["A1"]["results"]["attendance"];
    assert_eq!(attendance["meetings"], 1, "{attendance:#}");
    // The device without an address is somebody else in the report that was downloaded.
    assert_eq!(attendance["attendees"], 5, "{attendance:#}");
    assert_eq!(attendance["people"], 3, "{attendance:#}");
    for (path, bytes) in contents(&home.data()) {
        let held = String::from_utf8_lossy(&bytes);
        for text in [
            "ada.zz",
            "bob.zz",
            "Adaline",
            "Nick Zz",
            WORDS,
            TOKEN,
            SECRET,
            FEBRUARY,
            "81234567890",
        ] {
            assert!(!held.contains(text), "{text} in {}", path.display());
        }
    }
    for text in ["ada.zz", "bob.zz", "Adaline", TOKEN, SECRET] {
        assert!(!scanned.err.contains(text), "{text} in {}", scanned.err);
    }
}
