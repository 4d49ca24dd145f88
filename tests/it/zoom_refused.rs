//! What Zoom refuses, and what is no answer of Zoom's: limits, scopes, plans, reports that are too old.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use readback::sources;
use serde_json::json;

use super::polled_forge::{Asked, Forge, NOW, Reply, TOKEN, WORDS, gone, ok};
use super::zoom_api::{
    ADA, CAME, CAROL, FEBRUARY, IN_ADDRESS, NUMBER, SCOPES, SECRET, numbers, params, past, refusal,
    secret, source, stay, token, who, zoom,
};

#[test]
fn what_is_cut_off_goes_on_where_it_stood() {
    let daily = || vec![("x-ratelimit-type", "Daily-limit".to_owned())];
    let wait = |value: &str| vec![("retry-after", value.to_owned())];
    for (headers, words, until) in [
        (wait("120"), "Rate limit", NOW + 120_000),
        (
            wait("2026-03-02T10:00:00Z"),
            "Rate limit",
            NOW + 45 * 60_000,
        ),
        (
            vec![],
            "You have reached the maximum per-second rate limit",
            NOW + 2_000,
        ),
        // At midnight.
        (daily(), "Rate limit", NOW + (14 * 60 + 45) * 60_000),
        (
            vec![],
            "You have reached the maximum daily rate limit",
            NOW + (14 * 60 + 45) * 60_000,
        ),
    ] {
        let mut left = 7;
        let forge = Forge::new(move |asked, _| {
            left -= 1;
            match left {
                0 => {
                    let (_, _, body) = refusal(429, 429, words);
                    (429, headers.clone(), body)
                }
                _ => two(asked),
            }
        });
        let secret = secret();
        let mut source = source(&params(&forge.address, secret.path(), &numbers()));
        // The first report is whole, and the second one is not begun.
        let heard = source.pull(NOW).expect("what there was");
        assert_eq!(who(&heard), CAME);
        let note = heard.notes.join("\n");
        assert!(
            note.contains("429") && note.contains("the next pull goes on"),
            "{note}"
        );
        forge.asked();
        let alone = source.pull(until - 1000).expect("left alone");
        assert!(
            alone.events.is_empty() && forge.asked().is_empty(),
            "{words}"
        );
        assert!(alone.notes[0].starts_with("Zoom is left alone until 2026-"));
        let rest = source.pull(until).expect("the rest");
        assert_eq!(who(&rest), ["carol 1800"], "{words}");
        // The first one was not asked for again.
        let targets = forge.targets();
        assert!(
            !targets.iter().any(|one| one.contains(IN_ADDRESS)),
            "{targets:?}"
        );
    }
    // The day's last question was answered.
    let forge = Forge::new(move |asked, _| {
        let (status, mut headers, body) = two(asked);
        if asked.target.contains("next_page_token") {
            headers.push(("x-ratelimit-remaining", "0".to_owned()));
            headers.push(("x-ratelimit-type", "Daily-limit".to_owned()));
        }
        (status, headers, body)
    });
    let secret = secret();
    let mut source = source(&params(&forge.address, secret.path(), &numbers()));
    assert_eq!(who(&source.pull(NOW).expect("a part")), CAME);
    let alone = source.pull(NOW + 60_000).expect("left alone");
    assert!(
        alone.notes[0].contains("until 2026-03-03T00:00:00Z"),
        "{:?}",
        alone.notes
    );
}

/// Zoom, where two reviews took place.
fn two(asked: &Asked) -> Reply {
    match asked.path() {
        "/v2/past_meetings/81234567890/instances" => ok(json!({ "meetings": [
            { "uuid": "second", "start_time": "2026-02-26T14:00:00Z" },
            { "uuid": FEBRUARY, "start_time": "2026-02-24T14:02:11Z" }] })),
        "/v2/past_meetings/second" => ok(past(
            "second",
            "Review",
            "2026-02-26T14:00:00Z",
            "2026-02-26T15:00:00Z",
        )),
        "/v2/report/meetings/second/participants" => {
            let mut carol = stay("Carol Zz", CAROL, "U3", "00:00:00", "00:00:00");
            carol["join_time"] = json!("2026-02-26T14:10:00Z");
            carol["leave_time"] = json!("2026-02-26T14:40:00Z");
            ok(json!({ "participants": [carol] }))
        }
        _ => zoom(asked),
    }
}

/// What a pull says of a Zoom that answers some paths otherwise.
fn words(answer: impl Fn(&str) -> Option<Reply> + Send + 'static) -> String {
    let forge = Forge::new(move |asked, _| answer(asked.path()).unwrap_or_else(|| zoom(asked)));
    let secret = secret();
    let mut source = source(&params(&forge.address, secret.path(), &numbers()));
    let said = match source.pull(NOW) {
        Ok(heard) => {
            assert!(heard.events.is_empty());
            heard.notes.join("\n")
        }
        Err(error) => error.to_string(),
    };
    for text in [WORDS, TOKEN, SECRET, "zzaccount", "zzclient", ADA] {
        assert!(!said.contains(text), "{text} in {said}");
    }
    said
}

#[test]
fn refusals_say_what_to_do() {
    for (part, scope) in [
        ("/instances", "meeting:read:list_past_instances:admin"),
        (
            "/participants",
            "report:read:list_meeting_participants:admin",
        ),
        (IN_ADDRESS, "meeting:read:past_meeting:admin"),
    ] {
        let said = words(move |path| {
            let text = "Invalid access token, does not contain scopes:";
            path.ends_with(part).then(|| refusal(400, 4711, text))
        });
        let expected = format!("add the scope {scope} to it in Zoom's App Marketplace");
        assert!(said.contains(&expected), "{said}");
    }
    for (status, code, text, expected) in [
        (
            400,
            200,
            "Only available for Paid or ZMP account",
            "need a Pro plan or a higher one",
        ),
        // Whatever Zoom's words are for it.
        (
            400,
            200,
            "No permission.",
            "need a Pro plan or a higher one",
        ),
        (
            401,
            124,
            "Invalid access token.",
            "refuses access (status 401, code 124)",
        ),
        (
            403,
            200,
            "No permission.",
            "has to view reports and meetings",
        ),
        (
            400,
            300,
            "Invalid meeting id.",
            "(status 400, code 300); check api, numbers",
        ),
        (500, 0, "", "answers with status 500"),
    ] {
        let said = words(move |path| {
            path.ends_with("/participants")
                .then(|| refusal(status, code, text))
        });
        assert!(said.contains(expected), "{said}");
    }
    for (status, body, expected) in [
        (
            400,
            json!({ "reason": WORDS, "error": "invalid_client" }),
            "invalid_client",
        ),
        (
            400,
            json!({ "reason": WORDS, "error": "unsupported_grant_type" }),
            "Server-to-Server OAuth, and be activated",
        ),
        (
            401,
            json!({ "error": WORDS }),
            "check account_id, client_id and client_secret_file",
        ),
        (200, json!({ "access_token": "a\nb" }), "gives no token"),
        (503, json!(null), "status 503"),
    ] {
        let said =
            words(move |path| (path == "/oauth/token").then(|| (status, Vec::new(), body.clone())));
        assert!(said.contains(expected), "{said}");
    }
}

/// What was refused is remembered until a pull is whole again, and nobody is named by it.
#[test]
fn the_last_refusal_stays_in_the_checkpoint() {
    let is_shut = Arc::new(AtomicBool::new(true));
    let shut = Arc::clone(&is_shut);
    let forge = Forge::new(move |asked, _| {
        match asked.path().ends_with("/participants") && shut.load(Ordering::Relaxed) {
            true => refusal(400, 200, "Only available for Paid account"),
            false => zoom(asked),
        }
    });
    let secret = secret();
    let mut source = source(&params(&forge.address, secret.path(), &numbers()));
    source.pull(NOW).expect("what there was");
    let checkpoint = source.checkpoint.clone().expect("one");
    let told = sources::unread(&checkpoint);
    assert_eq!(told.len(), 1, "{told:?}");
    for words in ["a part was refused to the last pull", "need a Pro plan"] {
        assert!(told[0].contains(words), "{told:?}");
    }
    assert!(
        !told[0].contains('@') && !told[0].contains(WORDS),
        "{told:?}"
    );
    assert!(!sources::is_whole(&checkpoint));
    is_shut.store(false, Ordering::Relaxed);
    assert_eq!(who(&source.pull(NOW + 60_000).expect("a pull")), CAME);
    let checkpoint = source.checkpoint.clone().expect("one");
    assert_eq!(sources::unread(&checkpoint), [""; 0]);
    assert!(sources::is_whole(&checkpoint));
}

#[test]
fn reports_that_are_too_old_are_counted_once() {
    for (status, code) in [(404, 3001), (400, 12702)] {
        let forge = Forge::new(
            move |asked, _| match asked.path().ends_with("/participants") {
                true => refusal(status, code, "Can not access a meeting info a year ago."),
                false => zoom(asked),
            },
        );
        let secret = secret();
        let mut source = source(&params(&forge.address, secret.path(), &numbers()));
        let heard = source.pull(NOW).expect("nothing");
        assert!(heard.events.is_empty());
        let [note] = &heard.notes[..] else {
            panic!("one note: {:?}", heard.notes);
        };
        assert!(
            note.starts_with("meetings that Zoom has no report of"),
            "{note}"
        );
        assert!(source.pull(NOW + 1000).expect("nothing").notes.is_empty());
    }
    let forge = Forge::new(|asked, _| match asked.path() {
        "/oauth/token" => zoom(asked),
        _ => gone(),
    });
    let secret = secret();
    let heard = source(&params(&forge.address, secret.path(), &numbers())).pull(NOW);
    let notes = heard.expect("nothing").notes;
    assert!(
        notes[0].contains("numbers of meetings that Zoom does not know"),
        "{notes:?}"
    );
}

#[test]
fn rubbish_is_read_and_gives_nothing() {
    for rubbish in [
        json!({}),
        json!([]),
        json!("x"),
        json!({ "meetings": 7, "participants": [1, null, {}, { "join_time": 5 }], "next_page_token": 7 }),
        json!({ "uuid": "", "id": null, "start_time": "2026-02-24T14:00:00Z", "meetings": [[]] }),
    ] {
        for all in [true, false] {
            let rubbish = rubbish.clone();
            let forge = Forge::new(move |asked, _| match asked.path() {
                "/oauth/token" => zoom(asked),
                path if all || path.ends_with("/participants") => ok(rubbish.clone()),
                _ => zoom(asked),
            });
            let secret = secret();
            let mut source = source(&params(&forge.address, secret.path(), &numbers()));
            assert!(source.pull(NOW).expect("nothing").events.is_empty());
        }
    }
    // A list that never ends.
    let forge = Forge::new(|asked, _| match asked.path().ends_with("/participants") {
        true => ok(json!({ "next_page_token": "again", "participants": [] })),
        false => zoom(asked),
    });
    let secret = secret();
    let mut source = source(&params(&forge.address, secret.path(), &numbers()));
    assert!(source.pull(NOW).expect("nothing").events.is_empty());
    assert!(forge.asked().len() < 200);
}

#[test]
fn a_look_says_what_the_app_may_not_read() {
    let Some(sources::Probe::Remote(look)) = sources::find("zoom").and_then(|kind| kind.probe)
    else {
        panic!("it is asked");
    };
    let secret = secret();
    let looked = |scopes: &'static str, more: &str| {
        let forge = Forge::new(move |asked, _| match asked.path() {
            "/oauth/token" => token(asked, scopes),
            path if path.starts_with("/v2/report/users/") => gone(),
            _ => zoom(asked),
        });
        let source = source(&params(&forge.address, secret.path(), more));
        look(source.params.clone(), &source.setting()).expect("an answer")
    };
    let sight = looked(SCOPES, &numbers());
    assert_eq!(
        (sight.said.as_str(), sight.doubts.len()),
        ("1 meeting answers", 0)
    );
    // An app of before 2024.
    assert!(
        looked("meeting:read:admin report:read:admin", &numbers())
            .doubts
            .is_empty()
    );
    let sight = looked(
        "meeting:read:list_past_instances:admin",
        "numbers = [\"812 3456 7890\", \"999 9999 9999\"]\nhosts = [\"h@example.org\"]",
    );
    let doubts = sight.doubts.join("\n");
    for words in [
        "does not know, or that never took place: 1",
        "hosts that are no users of the account: 1",
        "add the scope report:read:list_meeting_participants:admin",
        "add the scope meeting:read:past_meeting:admin",
    ] {
        assert!(doubts.contains(words), "{doubts}");
    }
    let idle = source("secret = \"zzhook\"");
    let sight = look(idle.params.clone(), &idle.setting()).expect("an answer");
    assert_eq!(sight.said, "nothing is pulled");
}

#[test]
fn parameters_are_checked() {
    let secret = secret();
    let base = params("http://127.0.0.1:9", secret.path(), "");
    for (text, words) in [
        (base.clone(), "numbers or hosts should say which"),
        (
            format!("{base}numbers = [\"Review\"]"),
            "should be the number of a meeting",
        ),
        (
            format!("{base}hosts = [\"h\"]\nmatch = [\"(\"]"),
            "match: is no regular expression",
        ),
        (
            format!("{base}hosts = [\"h\"]\nmeeting = \"m\""),
            "meeting: is of one meeting",
        ),
        (
            format!("{base}meetings = {{ \"{NUMBER}\" = {{ series = \"u\", at = \"3pm\" }} }}"),
            "should be a time of day",
        ),
        (numbers(), "account_id: give it"),
        (
            "account_id = \"a\"\nnumbers = []".to_owned(),
            "client_secret_file",
        ),
        (
            base.replace("http://127.0.0.1:9/v2", "http://zoom.example.org"),
            "https address",
        ),
    ] {
        let Err(refused) = source(&text).pull(NOW) else {
            panic!("{text}");
        };
        assert!(refused.to_string().contains(words), "{refused}");
    }
    let is_pulled = |text: &str| {
        let params = text.parse().expect("TOML");
        sources::find("zoom").expect("a kind").is_pulled(&params)
    };
    assert!(is_pulled(&base) && !is_pulled("secret = \"s\"") && !is_pulled("meeting = \"m\""));
}
