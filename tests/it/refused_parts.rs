//! What a pull is refused for good: it is told by the running program's log, by its health, by `check`, and by
//! the age of the last whole pull; and it is asked for again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use readback::jobs::ingest::{self, Scan};
use readback::model::{Body, DAY_MS, Millis, Vocabulary};
use readback::sources::collected::Collected;
use readback::sources::{self, Setting};
use serde_json::json;

use super::binary::Home;
use super::calendar_server::{NOW, Source, reply};
use super::meet_house::{house, user};
use super::outlook::{Online, Tenant, meeting};
use super::served::Served;
use super::teams_pulled::{MAIL, OID, Pulls, ZOE, join_url, rows, session, with_series};
use super::way::Way;

fn known(tenant: &Tenant) {
    let online = Online {
        name: "a",
        user: OID,
        join_url: join_url("a"),
        reports: vec![session("r1", "2025-03-04T14:00:00Z", 60, &[("zoe", 0, 40)])],
        ..Online::default()
    };
    tenant.outlook.lock().expect("no panic").online.push(online);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_was_refused_a_part_is_not_whole() {
    let Some(way) = Way::fresh("refused_parts").await else {
        return;
    };
    let tenant = Tenant::new();
    with_series(&tenant);
    known(&tenant);
    tenant.calendar("more@example.org", |_| {});
    let both = format!("mailboxes = [{MAIL:?}, \"more@example.org\"]");
    let params = tenant.params(&format!("{both}\nmatch = [\"Review\"]"));
    let scan = async |now: Millis| {
        let scan = Scan {
            kind: sources::find("teams").expect("a kind"),
            source: "teams".to_owned(),
            params: toml::from_str(&params).expect("TOML"),
            timezone: chrono_tz::UTC,
            vocabulary: Vocabulary::default(),
            now,
            gate: way.gate.clone(),
        };
        let done = ingest::scan(&way.store, &way.keys, scan).await;
        done.expect("a scan").unread
    };
    let whole = async || way.store.last_pulls().await.expect("an answer");
    let refuse = || tenant.odd("users/more", reply(403, "{}"));
    // None was whole yet: what grows is the time since the first.
    for pull in 0..2 {
        refuse();
        let told = scan(NOW + pull * DAY_MS).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("Calendars.Read"), "{told:?}");
        assert_eq!(whole().await, [("teams".to_owned(), NOW)]);
    }
    assert_eq!(scan(NOW + 2 * DAY_MS).await, [""; 0]);
    assert_eq!(whole().await, [("teams".to_owned(), NOW + 2 * DAY_MS)]);
    refuse();
    assert_eq!(scan(NOW + 3 * DAY_MS).await.len(), 1);
    assert_eq!(whole().await, [("teams".to_owned(), NOW + 2 * DAY_MS)]);
    // Told to wait, nothing is asked the next time, and that is no whole pull either.
    let wait = (429, vec![("retry-after", "3600".to_owned())], Vec::new());
    tenant.odd("calendarView", wait);
    for minutes in [0, 1] {
        scan(NOW + 4 * DAY_MS + minutes * 60_000).await;
        assert_eq!(whole().await, [("teams".to_owned(), NOW + 2 * DAY_MS)]);
    }
}

#[test]
fn a_refusal_is_told_by_log_health_and_check() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |_| {});
    let params = tenant.params(&format!("mailboxes = [{MAIL:?}, \"zoe@example.org\"]"));
    home.file(
        "readback.toml",
        format!("[[source]]\nid = \"reviews\"\nkind = \"teams\"\n{params}\n"),
    );
    tenant.odd("users/zoe", reply(403, "{}"));
    let served = Served::start(&home, &[], &[]);
    let since = std::time::Instant::now();
    while served.get("/readyz").json()["parts"]["unread"] != 1 {
        assert!(since.elapsed().as_secs() < 60, "{}", served.log());
    }
    let log = served.log();
    for words in ["a part of a source can't be read", "Calendars.Read"] {
        assert!(log.contains(words), "{words}: {log}");
    }
    assert!(!log.contains("example.org"), "{log}");
    let said = home.done(&["check", "--offline"]);
    assert!(
        said.out
            .contains("source reviews: a part was refused to the last pull"),
        "{}",
        said.out
    );
    served.stop();
}

#[test]
fn a_mailbox_that_is_named_later_is_read_as_far_back() {
    let tenant = Tenant::new();
    with_series(&tenant);
    known(&tenant);
    tenant.calendar("more@example.org", |calendar| {
        let mut one = meeting(9, "2025-01-09T14:00:00", "Review of INC-7", &[ZOE]);
        one["onlineMeeting"] = json!({ "joinUrl": join_url("m") });
        calendar.set(one);
    });
    let online = Online {
        name: "m",
        user: OID,
        join_url: join_url("m"),
        reports: vec![session("m1", "2025-01-09T14:00:00Z", 60, &[("ben", 0, 30)])],
        ..Online::default()
    };
    tenant.outlook.lock().expect("no panic").online.push(online);
    let mut pulls = Pulls::of(&tenant, "match = [\"Review\"]");
    assert_eq!(pulls.pull(NOW).events.len(), 1);
    let both = format!("mailboxes = [{MAIL:?}, \"more@example.org\"]");
    pulls.params = pulls
        .params
        .replace(&format!("mailboxes = [{MAIL:?}]"), &both);
    assert_eq!(rows(&pulls.pull(NOW + DAY_MS)), ["00009 w1 ben 30"]);
}

#[test]
fn a_meeting_that_was_unknown_is_asked_for_again() {
    let tenant = Tenant::new();
    with_series(&tenant);
    let mut pulls = Pulls::of(&tenant, "match = [\"Review\"]");
    assert_eq!(pulls.pull(NOW).events.len(), 0);
    // Not at every pull: there may be many that never come.
    tenant.targets();
    pulls.pull(NOW + 60_000);
    let asked = tenant.targets();
    assert!(
        !asked.iter().any(|one| one.contains("onlineMeetings")),
        "{asked:?}"
    );
    known(&tenant);
    let told = rows(&pulls.pull(NOW + 30 * DAY_MS));
    assert_eq!(told, ["00001/2025-03-04T14:00:00Z w1 zoe 40"]);
    // Then it is known, and the past rests.
    tenant.targets();
    pulls.pull(NOW + 32 * DAY_MS);
    let asked = tenant.targets();
    assert!(
        !asked.iter().any(|one| one.contains("onlineMeetings")),
        "{asked:?}"
    );
}

#[test]
fn who_was_known_by_a_number_is_told_by_the_address_once_the_directory_answers() {
    let is_open = Arc::new(AtomicBool::new(false));
    let shown = Arc::clone(&is_open);
    let mut house = house(
        "meetings = { \"abc-mnop-xyz\" = \"s@google.com/*\" }",
        move |asked| {
            let is_refused =
                asked.path().starts_with("/directory/") && !shown.load(Ordering::Relaxed);
            is_refused.then(|| (403, Vec::new(), json!({})))
        },
    );
    for (id, day) in [("a", 30), ("b", 31)] {
        let at = |hour: u32| format!("2025-03-{day}T{hour}:00:00Z");
        house.conference(id, "abc-mnop-xyz", &at(14), Some(&at(15)));
        house.there(id, "101", user("101"), &[(&at(14), Some(&at(15)))]);
    }
    let people = |heard: &Collected| -> BTreeMap<String, (String, u32)> {
        let each = heard.events.iter().filter_map(|event| match &event.body {
            Body::Attendance(said) => {
                let person = said.person.as_ref().map(|one| one.source.to_string());
                Some((
                    event.id.clone(),
                    (person.unwrap_or_default(), event.version),
                ))
            }
            _ => None,
        });
        each.collect()
    };
    let before = people(&house.source.heard(NOW).expect("a pull"));
    assert_eq!(before.len(), 2);
    assert!(before.values().all(|(source, _)| source == "google"));
    let told = sources::unread(house.source.checkpoint.as_deref().expect("one"));
    assert!(told[0].contains("directory.user.readonly"), "{told:?}");
    // It is asked once, and nothing is told again.
    house.forge.targets();
    assert_eq!(
        house
            .source
            .heard(NOW + 10 * DAY_MS)
            .expect("a pull")
            .events
            .len(),
        0
    );
    let asked = house.forge.targets();
    let asked = asked.iter().filter(|one| one.contains("/users/")).count();
    assert_eq!(asked, 1);
    is_open.store(true, Ordering::Relaxed);
    let after = people(&house.source.heard(NOW + 20 * DAY_MS).expect("a pull"));
    assert!(after.keys().eq(before.keys()), "{after:?}");
    for (id, (source, version)) in &after {
        assert!(source != "google" && *version > before[id].1, "{after:?}");
    }
    let checkpoint = house.source.checkpoint.clone().expect("one");
    assert_eq!(sources::unread(&checkpoint), [""; 0]);
    assert_eq!(
        house
            .source
            .heard(NOW + 21 * DAY_MS)
            .expect("a pull")
            .events
            .len(),
        0
    );
}

#[test]
fn a_look_doubts_what_can_t_do_its_work() {
    let doubts = |source: &Source, words: &str| {
        let told = source.doubts();
        assert!(
            told.iter().any(|one| one.contains(words)),
            "{words}: {told:?}"
        );
    };
    let meetings = "meetings = { \"abc-mnop-xyz\" = \"s@google.com/*\" }";
    let mut alone = house(meetings, |_| None);
    assert_eq!(alone.source.doubts(), [""; 0]);
    let params = alone
        .source
        .params
        .replace("subject = \"readback@example.org\"\n", "");
    alone.source.params = params;
    doubts(&alone.source, "subject is missing");
    let shut = house(meetings, |asked| {
        let is_directory = asked.path().starts_with("/directory/");
        is_directory.then(|| (403, Vec::new(), json!({})))
    });
    doubts(&shut.source, "the Directory API is not for this account");
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |_| {});
    let url = "notify_url = \"https://readback.test/v1/hooks/reviews\"";
    let source = tenant.source(&format!("mailboxes = [{MAIL:?}]\n{url}"));
    doubts(&source, "notify_url is set without secret_file");
    let series = "meetings = { \"812 3456 7890\" = \"r@cal.example.org\" }".to_owned();
    doubts(
        &Source::new("zoom", series),
        "say at what time the series begins",
    );
}

#[test]
fn an_unknown_parameter_is_told_with_all_that_there_are() {
    let setting = Setting {
        source: "reviews".to_owned(),
        vocabulary: Vocabulary::default(),
        timezone: chrono_tz::UTC,
        writeups: Vec::new(),
    };
    for (kind, words) in [
        ("meet", "`calendars`"),
        ("teams", "`mailboxes`"),
        ("zoom", "`hosts`"),
    ] {
        let kind = sources::find(kind).expect("a kind");
        let params = "calendar = \"a\"".parse().expect("TOML");
        let refused = kind
            .check(params, &setting)
            .expect_err("refused")
            .to_string();
        for words in ["`calendar`", "`rooms`", words] {
            assert!(refused.contains(words), "{words}: {refused}");
        }
    }
}
